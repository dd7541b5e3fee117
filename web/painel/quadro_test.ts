/**
 * Testes do quadro de um dia: que células tem, e o que fica em cada uma. Sem nenhuma permissão.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { type Agendamento, nasce } from "../../clinica/agendamento.ts";
import { comExcecoes, type Excecao } from "../../clinica/excecao.ts";
import { atendimentosDe, hora, lerOferta, type Oferta } from "../../clinica/oferta.ts";
import type { DiaLivre } from "../../clinica/pedido.ts";
import { type Celula, type Quadro, quadroDe } from "./quadro.ts";

const PURO = { permissions: "none" } as const;
const SEGUNDA = "2026-11-30";

const OFERTA = lerOferta({
  atendimentos: [
    {
      especialidade: "Clínico",
      profissional: "Dra. Lima",
      dia: "SEGUNDA-FEIRA",
      inicio: "08:00",
      vagas: 4,
      local: "Sala 1",
    },
    {
      especialidade: "Clínico",
      profissional: "Dr. Reis",
      dia: "SEGUNDA-FEIRA",
      inicio: "08:00",
      vagas: 3,
      minutos: 20,
      encaixes: 0,
    },
  ],
});

function marcado(numero: number, em: string, mais: Partial<Agendamento> = {}): Agendamento {
  return nasce({
    ...{
      numero,
      codigo: "",
      cpf: "",
      nome: `N${numero}`,
      especialidade: "CLINICO",
      data: SEGUNDA,
      hora: em,
      minutos: 30,
    },
    ...{ profissional: "DRA. LIMA" },
    ...mais,
  });
}

function fecha(inicio: number, fim: number): Excecao {
  return {
    ...{
      numero: 1,
      tipo: "FECHA",
      de: SEGUNDA,
      ate: SEGUNDA,
      inicio,
      fim,
      especialidade: "",
      profissional: "DRA. LIMA",
    },
    ...{ vagas: 0, minutos: 0, local: "", encaixes: 0, motivo: "", revogada: false },
  };
}

function quadro(lista: readonly Agendamento[], { excecoes = [], livres = [], oferta = OFERTA }: {
  excecoes?: readonly Excecao[];
  livres?: readonly DiaLivre[];
  oferta?: Oferta;
} = {}): Quadro {
  const daSemana = atendimentosDe(oferta, SEGUNDA);
  return quadroDe({
    ...{ lista, livres, seguradas: [], daSemana, atendimentos: comExcecoes(daSemana, excecoes, oferta) },
    ordemDe: (profissional) => oferta.profissionais.findIndex(({ chave }) => chave === profissional),
  });
}

/** Uma célula numa linha: `"08:00-08:30 marcado 1 + 2"`. */
function escrita({ inicio, fim, itens, encaixes }: Celula): string {
  const dentro = itens.map((item) => item.tipo === "marcado" ? String(item.um.numero) : item.tipo);
  return [`${hora(inicio)}-${hora(fim)}`, ...dentro, ...encaixes.map(({ numero }) => `+${numero}`)].join(" ");
}

function coluna({ colunas }: Quadro, i: number): string[] {
  return colunas[i].celulas.map(escrita);
}

Deno.test("quadro: uma coluna por quem atende, uma célula por horário", PURO, () => {
  const feito = quadro([marcado(1, "08:30")]);
  assertEquals(feito.colunas.map(({ profissional, encaixa }) => [profissional, encaixa]), [
    ["DRA. LIMA", true],
    ["DR. REIS", false],
  ]);
  assertEquals(coluna(feito, 0), ["08:00-08:30 vazia", "08:30-09:00 1", "09:00-09:30 vazia", "09:30-10:00 vazia"]);
  assertEquals(coluna(feito, 1), ["08:00-08:20 vazia", "08:20-08:40 vazia", "08:40-09:00 vazia"]);
  assertEquals(feito.minutos.map(hora), ["08:00", "08:20", "08:30", "08:40", "09:00", "09:30", "10:00"]);
});

Deno.test("quadro: o que está livre é o que a agenda diz, e só o desse profissional", PURO, () => {
  const [dia] = [{ iso: SEGUNDA, nome: "SEGUNDA-FEIRA", atendimentos: new Map() }];
  const livre: DiaLivre = {
    ...{ dia, especialidade: { chave: "CLINICO", nome: "Clínico" }, horas: ["08:00", "09:30"] },
    profissional: { chave: "DRA. LIMA", nome: "Dra. Lima" },
  };
  const feito = quadro([], { livres: [livre] });
  assertEquals(coluna(feito, 0), ["08:00-08:30 livre", "08:30-09:00 vazia", "09:00-09:30 vazia", "09:30-10:00 livre"]);
  assertEquals(coluna(feito, 1)[0], "08:00-08:20 vazia");
});

Deno.test("quadro: um encaixe fica na célula da sua hora; onde não há, tem a sua", PURO, () => {
  const feito = quadro([
    marcado(1, "08:30"),
    marcado(2, "08:40", { encaixe: true }),
    marcado(3, "11:00", { encaixe: true, minutos: 20 }),
  ]);
  assertEquals(coluna(feito, 0), [
    ...["08:00-08:30 vazia", "08:30-09:00 1 +2", "09:00-09:30 vazia", "09:30-10:00 vazia", "11:00-11:20 +3"],
  ]);
});

Deno.test("quadro: um cancelado não toma nada; uma falta guarda o seu lugar", PURO, () => {
  const feito = quadro([
    marcado(1, "08:00", { situacao: "CANCELADO", ativo: false }),
    marcado(2, "08:30", { situacao: "FALTOU", ativo: false }),
  ]);
  assertEquals(coluna(feito, 0).slice(0, 2), ["08:00-08:30 vazia", "08:30-09:00 2"]);
});

Deno.test("quadro: o que fecha vê-se, e quem lá ficou também", PURO, () => {
  const feito = quadro([marcado(1, "09:00")], { excecoes: [fecha(8 * 60 + 30, 24 * 60)] });
  assertEquals(coluna(feito, 0), [
    "08:00-08:30 vazia",
    "08:30-09:00 fechada",
    "09:00-09:30 1 fechada",
    "09:30-10:00 fechada",
  ]);
  const todo = quadro([], { excecoes: [fecha(0, 24 * 60)] });
  assertEquals(coluna(todo, 0), ["08:00-10:00 fechada"]);
});

Deno.test("quadro: quem a semana já não tem fica na sua coluna, e dois que se cruzam na mesma célula", PURO, () => {
  const feito = quadro([
    marcado(1, "08:10"),
    marcado(2, "08:00", { profissional: "DR. SOUSA" }),
  ]);
  assertEquals(coluna(feito, 1)[0], "08:10-08:40 1");
  const [deFora, daSemana] = feito.colunas;
  assertEquals([deFora.profissional, deFora.deFora, daSemana.deFora], ["DR. SOUSA", true, false]);
  const cruzados = quadro([marcado(1, "08:00", { minutos: 45 }), marcado(2, "08:30")]);
  assertEquals(coluna(cruzados, 0)[0], "08:00-09:00 1 2");
});
