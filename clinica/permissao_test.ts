/**
 * Testes da tabela de quem pode o quê, linha por linha, e do que dela se deduz. Sem nenhuma permissão.
 *
 * @module
 */

import { assertEquals, assertStrictEquals } from "@std/assert";
import { codigoDeTeste, teste } from "../testes/balcao.ts";
import { nasce, type Papel, type Situacao } from "./agendamento.ts";
import type { Quem } from "./livro.ts";
import type { Comando, Pedido, PedidoDe, Resultado } from "./pedido.ts";
import { alcanca, alcancaTodos, daCasa, type Permissao, PERMISSOES, pode, podePedir, semContar } from "./permissao.ts";

const PAPEIS: readonly Papel[] = [
  ...["ninguem", "anonimo", "quiosque", "paciente", "integracao", "profissional", "balcao", "gerente"] as const,
  "servidor",
];

/** O que cada linha da tabela dá a cada papel, na ordem de `PAPEIS`: nunca, tudo, com o código, os que atende. */
const LINHAS: { readonly [C in Comando]: string } = {
  OLA: "ttttttttt",
  PING: "ttttttttt",
  SAIR: "ttttttttt",
  VAGAS: "-tttttttt",
  AGEND: "--tt--ttt",
  ESPERA: "--tt--ttt",
  BUSCA: "--cc-attt",
  SITUA: "--cc-attt",
  CANCEL: "--cc--ttt",
  REMARC: "--cc--ttt",
  DESISTE: "--cc--ttt",
  ACEITA: "--cc--ttt",
  RECUSA: "--cc--ttt",
  LISTA: "-----attt",
  CORRIGE: "------ttt",
  FILA: "------ttt",
  HISTORIA: "------ttt",
  EXCECOES: "-----tttt",
  FECHA: "-------tt",
  EXTRA: "-------tt",
  REABRE: "-------tt",
  TITULAR: "-------tt",
  TICK: "--------t",
  PROSSEGUE: "--------t",
};

const LETRAS: { readonly [P in Permissao]: string } = { nunca: "-", tudo: "t", codigo: "c", atende: "a" };
const COMANDOS = Object.keys(LINHAS) as Comando[];
const CPF = "52998224725";
const CODIGO = codigoDeTeste(1);
const DELA = nasce({
  ...{ numero: 1, codigo: CODIGO, cpf: CPF, nome: "MARIA", especialidade: "CLINICO GERAL", profissional: "DRA. LIMA" },
  ...{ data: "2026-11-30", hora: "08:00", minutos: 30 },
});

teste("cada comando dá a cada papel o que a sua linha diz", () => {
  const escritas = Object.entries(PERMISSOES).map(([comando, linha]) => {
    return [comando, PAPEIS.map((papel) => LETRAS[linha[papel]]).join("")];
  });
  assertEquals(Object.fromEntries(escritas), LINHAS);
  for (const comando of COMANDOS) {
    assertEquals(Object.keys(PERMISSOES[comando]).sort(), PAPEIS.toSorted());
    for (const [i, papel] of PAPEIS.entries()) {
      assertEquals(pode({ papel }, comando), LINHAS[comando][i] !== "-", `${comando}, ${papel}`);
      assertEquals(alcancaTodos({ papel }, comando), LINHAS[comando][i] === "t", `${comando}, ${papel}`);
    }
  }
});

teste("a que agendamento se chega: a nenhum, ao de que se dá o código, ao que se atende, a qualquer", () => {
  const quem = (papel: Papel, profissional?: string): Pick<Quem, "papel" | "profissional"> => ({ papel, profissional });
  for (const comando of COMANDOS) {
    for (const [i, papel] of PAPEIS.entries()) {
      const letra = LINHAS[comando][i];
      const diz = `${comando}, ${papel}`;
      const chega = (codigo?: string, profissional?: string): boolean =>
        alcanca(quem(papel, profissional), { comando, codigo }, DELA);
      assertEquals(chega(), letra === "t", diz);
      assertEquals(chega(CODIGO), letra === "t" || letra === "c", diz);
      // Um código errado não chega a nada, seja quem for que o diga.
      for (const errado of ["", codigoDeTeste(2), CODIGO.slice(1)]) {
        assertEquals(chega(errado), false, diz);
        assertEquals(chega(errado, "DRA. LIMA"), false, diz);
      }
      assertEquals(chega(undefined, "DRA. LIMA"), letra === "t" || letra === "a", diz);
      assertEquals(chega(CODIGO, "DRA. LIMA"), letra !== "-", diz);
      for (const outro of ["DR. REIS", ""]) assertEquals(chega(undefined, outro), letra === "t", diz);
    }
  }
});

teste(
  "sem um profissional, de um papel ou de um agendamento, não se chega a nenhum; nem sem código, ao que não o tem",
  () => {
    const deNinguem = { ...DELA, profissional: "", codigo: "" };
    for (const profissional of [undefined, "", "DRA. LIMA"]) {
      assertEquals(alcanca({ papel: "profissional", profissional }, { comando: "LISTA" }, deNinguem), false);
    }
    assertEquals(alcanca({ papel: "quiosque" }, { comando: "BUSCA", codigo: "" }, deNinguem), false);
  },
);

const SITUACOES: { readonly [S in PedidoDe<"SITUA">["situacao"]]: readonly Papel[] } = {
  CONFIRMADO: ["quiosque", "paciente"],
  CHEGOU: ["quiosque", "paciente"],
  CHAMADO: ["profissional"],
  ATENDIDO: ["profissional"],
  DESFAZ: ["profissional"],
  SAIU: [],
  FALTOU: [],
  CANCELADO: [],
  MARCADO: [],
  CONVIDADO: [],
  PASSOU: [],
};

function situa(situacao: Situacao | "DESFAZ", mais: Partial<PedidoDe<"SITUA">> = {}): Pedido {
  return { comando: "SITUA", cpf: CPF, especialista: "CLINICO GERAL", situacao, ...mais };
}

teste("a cada papel as situações que são dele; à recepção, todas", () => {
  for (const [situacao, deles] of Object.entries(SITUACOES) as [Situacao | "DESFAZ", readonly Papel[]][]) {
    for (const papel of PAPEIS) {
      const todas = papel === "balcao" || papel === "gerente" || papel === "servidor";
      assertEquals(podePedir({ papel }, situa(situacao)), todas || deles.includes(papel), `${situacao}, ${papel}`);
    }
  }
});

teste("a prioridade, a sala e o encaixe só os diz a casa", () => {
  const espera = { comando: "ESPERA", cpf: CPF, nome: "MARIA", especialista: "CLINICO GERAL" } as const;
  const agend = { ...espera, comando: "AGEND", data: "2026-11-30", dia: "SEGUNDA-FEIRA" } as const;
  for (const papel of ["quiosque", "paciente"] as const) {
    for (const mais of [{ prioridade: 1 }, { local: "Sala 2" }, { local: "" }]) {
      assertEquals(podePedir({ papel }, situa("CHEGOU", mais)), false);
    }
    assertEquals(podePedir({ papel }, situa("CHEGOU", { prioridade: 0, motivo: "dor" })), true);
    assertEquals(podePedir({ papel }, { ...espera, prioridade: 2 }), false);
    assertEquals(podePedir({ papel }, { ...espera, prioridade: 0 }), true);
    assertEquals(podePedir({ papel }, { ...agend, encaixe: true }), false);
    assertEquals(podePedir({ papel }, { ...agend, encaixe: false }), true);
  }
  for (const papel of ["balcao", "gerente"] as const) {
    assertEquals(podePedir({ papel }, situa("CHEGOU", { prioridade: 1, local: "Sala 2" })), true);
    assertEquals(podePedir({ papel }, { ...espera, prioridade: 2 }), true);
    assertEquals(podePedir({ papel }, { ...agend, encaixe: true }), true);
  }
  assertEquals(podePedir({ papel: "profissional" }, situa("CHAMADO", { local: "Sala 2" })), true);
});

teste("quem não é da casa tem a mesma recusa, sem mais nada, do que contaria de alguém", () => {
  const contam: readonly Resultado[] = [
    { codigo: "ERRO-111", agendamentos: [DELA] },
    { codigo: "ERRO-118" },
    { codigo: "ERRO-116", regra: "porCpf" },
    { codigo: "ERRO-116", regra: "faltas" },
  ];
  const naoContam: readonly Resultado[] = [
    { codigo: "ERRO-116", regra: "antecedencia" },
    { codigo: "ERRO-116", regra: "cancelamento" },
    { codigo: "ERRO-116", regra: "espera" },
    { codigo: "ERRO-110" },
    { codigo: "ERRO-113" },
    { codigo: "ERRO-115", agendamentos: [DELA] },
    { codigo: "OK-300", agendamentos: [DELA] },
  ];
  for (const papel of PAPEIS) {
    const casa = ["profissional", "balcao", "gerente"].includes(papel);
    assertEquals(daCasa(papel), casa);
    for (const resultado of contam) {
      const dito = semContar({ papel }, resultado);
      if (casa || papel === "servidor") assertStrictEquals(dito, resultado);
      else assertEquals(dito, { codigo: "ERRO-116", regra: "" }, `${resultado.codigo}, ${papel}`);
    }
    for (const resultado of naoContam) assertStrictEquals(semContar({ papel }, resultado), resultado);
  }
});
