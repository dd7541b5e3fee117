/**
 * Testes de `terminal/destino.ts`: o que houve com um pedido cuja resposta se perdeu; o que o julga é puro.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { Conexao } from "./conexao.ts";
import {
  consultaDestino,
  destinoDe,
  type DestinoNaLista,
  destinoNaLista,
  type PedidoDeMudanca,
  type PedidoNaLista,
  type VistoNaLista,
} from "./destino.ts";
import type { TuplaLida } from "./tubo.ts";
import type { Detalhes } from "../fio/clinica2.ts";
import { codificarResposta2 } from "../fio/respostas.ts";
import type { Tupla } from "../protocolo.ts";
import { testeComSistema } from "../testes/apoio.ts";
import { APRESENTADO, CPF, SAUDACAO, ServidorFalso, TUPLA, tuplaCom } from "../testes/servidor_falso.ts";

const AGEND: PedidoDeMudanca = {
  comando: "AGEND",
  cpf: CPF,
  nome: "MARIA",
  especialista: "nutricionista",
  data: "27/11/2026",
  dia: "SEXTA-FEIRA",
};

Deno.test("o destino de um AGEND sem resposta se julga por especialidade, data e horário pedido", {
  permissions: "none",
}, () => {
  assertEquals(destinoDe(AGEND, [TUPLA])?.codigo, "OK-300");
  assertEquals(destinoDe({ ...AGEND, horario: "08:00" }, [TUPLA])?.codigo, "OK-300");
  assertEquals(destinoDe({ ...AGEND, horario: "08:30" }, [TUPLA])?.codigo, "ERRO-111");
  assertEquals(destinoDe({ ...AGEND, data: "04/12/2026" }, [TUPLA])?.codigo, "ERRO-111");
  assertEquals(destinoDe({ ...AGEND, especialista: "DERMATOLOGISTA" }, [TUPLA]), undefined);
  assertEquals(destinoDe(AGEND, []), undefined);
});

Deno.test("o destino de um CANCEL sem resposta se julga pelo que havia antes", { permissions: "none" }, () => {
  const outra: Tupla = ["AGEND", CPF, "MARIA", "DERMATOLOGISTA", "25/11/2026", "QUARTA-FEIRA", "09:00"];
  const pedido: PedidoDeMudanca = { comando: "CANCEL", cpf: CPF, especialista: "nutricionista" };
  assertEquals(destinoDe(pedido, [outra], { antes: [TUPLA, outra] }), { codigo: "OK-301", agendamentos: [TUPLA] });
  assertEquals(destinoDe(pedido, [TUPLA, outra], { antes: [TUPLA, outra] }), undefined);
  assertEquals(destinoDe({ comando: "CANCEL", cpf: CPF }, [], { antes: [TUPLA] })?.codigo, "OK-301");
  assertEquals(destinoDe({ comando: "CANCEL", cpf: CPF }, [], { antes: [] })?.codigo, "ERRO-113");
});

function teste(nome: string, fn: () => void): void {
  Deno.test(nome, { permissions: "none" }, fn);
}

const QUEM = { cpf: CPF, especialista: "nutricionista" };

teste("em CLINICA/2, o que foi desmarcado não é o que alguém marcou", () => {
  assertEquals(destinoDe(AGEND, [tuplaCom({ situacao: "CANCELADO" })]), undefined);
  assertEquals(destinoDe(AGEND, [tuplaCom({ situacao: "CHEGOU" })])?.codigo, "OK-300");
  const comAna: PedidoDeMudanca = { ...AGEND, profissional: "Dra. Ana Lima" };
  assertEquals(destinoDe(comAna, [tuplaCom({ profissional: "DRA. ANA LIMA" })])?.codigo, "OK-300");
  assertEquals(destinoDe(comAna, [tuplaCom({ profissional: "DR. BRUNO" })])?.codigo, "ERRO-111");
});

teste("em CLINICA/2, uma mudança se julga pela versão: a de antes, a pedida ou a de outro", () => {
  const destino = (
    pedido: PedidoDeMudanca,
    agora: Partial<Detalhes>,
    { antes = {}, tupla = TUPLA }: { antes?: Partial<Detalhes>; tupla?: Tupla } = {},
  ): string | undefined => destinoDe(pedido, [tuplaCom(agora, tupla)], { antes: [tuplaCom(antes)] })?.codigo;
  const pedidos: [PedidoDeMudanca, Partial<Detalhes>, string][] = [
    [{ comando: "CANCEL", ...QUEM }, { situacao: "CANCELADO" }, "OK-301"],
    [{ comando: "SITUA", ...QUEM, situacao: "CHEGOU" }, { situacao: "CHEGOU" }, "OK-306"],
    [{ comando: "CORRIGE", ...QUEM, nota: "x" }, { nota: "x" }, "OK-306"],
    [{ comando: "CORRIGE", ...QUEM, telefone: "(11) 98765-4321" }, { telefone: "+5511987654321" }, "OK-306"],
  ];
  for (const [pedido, agora, codigo] of pedidos) {
    assertEquals(destino(pedido, { ...agora, versao: 2 }), codigo, pedido.comando);
    assertEquals(destino(pedido, { versao: 1 }), undefined, pedido.comando);
    assertEquals(destino(pedido, { versao: 2, situacao: "FALTOU" }), "ERRO-117", pedido.comando);
  }
});

teste("o que outro fez no meio não passa pelo que se pediu", () => {
  const antes = [tuplaCom({ situacao: "CHAMADO", chamadas: 2 })];
  const desfaz: PedidoDeMudanca = { comando: "SITUA", ...QUEM, situacao: "DESFAZ" };
  const depoisDe = (pedido: PedidoDeMudanca, agora: Partial<Detalhes>): string | undefined =>
    destinoDe(pedido, [tuplaCom(agora)], { antes })?.codigo;
  assertEquals(depoisDe(desfaz, { versao: 2, situacao: "CHEGOU", chamadas: 2 }), "OK-306");
  assertEquals(depoisDe(desfaz, { versao: 2, situacao: "CHAMADO", chamadas: 1 }), "OK-306");
  assertEquals(depoisDe(desfaz, { versao: 2, situacao: "CHAMADO", chamadas: 3 }), "ERRO-117");
  assertEquals(depoisDe(desfaz, { versao: 3, situacao: "ATENDIDO", chamadas: 2 }), "ERRO-117");
  const chegou = { versao: 2, situacao: "CHEGOU" } as const;
  assertEquals(depoisDe({ comando: "CORRIGE", ...QUEM, nota: "x" }, chegou), "ERRO-117");
  const mesmaData: PedidoDeMudanca = { comando: "REMARC", ...QUEM, data: TUPLA[4], dia: TUPLA[5] };
  assertEquals(depoisDe(mesmaData, chegou), "ERRO-117");
});

teste("uma remarcação sem resposta se julga por onde o agendamento está", () => {
  const pedido: PedidoDeMudanca = { comando: "REMARC", ...QUEM, data: "04/12/2026", dia: "SEXTA-FEIRA", numero: 7 };
  const antes: TuplaLida[] = [tuplaCom({ numero: 6, situacao: "ATENDIDO" }), tuplaCom()];
  const la: Tupla = ["AGEND", CPF, "MARIA DA SILVA", "NUTRICIONISTA", "04/12/2026", "SEXTA-FEIRA", "08:30"];
  const movido = tuplaCom({ versao: 2 }, la);
  assertEquals(destinoDe(pedido, [movido], { antes }), { codigo: "OK-303", agendamentos: [movido, antes[1]] });
  assertEquals(destinoDe({ ...pedido, horario: "09:00" }, [movido], { antes })?.codigo, "ERRO-117");
  assertEquals(destinoDe(pedido, [...antes], { antes }), undefined);
  assertEquals(destinoDe({ ...pedido, numero: 9 }, [movido], { antes })?.codigo, "ERRO-113");
});

teste("o destino de um pedido da lista de espera se julga pela entrada, pelo convite e pelo que ficou marcado", () => {
  const convite = { data: TUPLA[4], horario: TUPLA[6], profissional: "", prazo: "25/11/2026 10:30" };
  const entrada = { ...QUEM, nome: "MARIA", posicao: 1, desde: "24/11/2026 09:00", lapsos: 0 };
  const so: VistoNaLista = { entrada, inteira: true, agendamentos: [] };
  const convidada: VistoNaLista = { ...so, entrada: { ...entrada, convite } };
  const comOutro: VistoNaLista = { ...so, entrada: { ...entrada, convite: { ...convite, horario: "09:00" } } };
  const fora: VistoNaLista = { inteira: true, agendamentos: [] };
  const marcada: VistoNaLista = { inteira: true, agendamentos: [TUPLA] };
  const naoSeSabe: VistoNaLista = { inteira: false, agendamentos: [] };
  const casos: [PedidoNaLista["comando"], VistoNaLista, DestinoNaLista | undefined][] = [
    ["ESPERA", so, "feito"],
    ["ESPERA", fora, "por fazer"],
    ["ESPERA", naoSeSabe, undefined],
    ["DESISTE", fora, "feito"],
    ["DESISTE", so, "por fazer"],
    ["RECUSA", convidada, "por fazer"],
    ["RECUSA", so, "feito"],
    ["RECUSA", comOutro, "feito"],
    ["RECUSA", fora, "tarde"],
    ["ACEITA", convidada, "por fazer"],
    ["ACEITA", marcada, "feito"],
    ["ACEITA", so, "tarde"],
    ["ACEITA", fora, "tarde"],
    ["ACEITA", { ...marcada, agendamentos: [["AGEND", CPF, "MARIA", TUPLA[3], TUPLA[4], TUPLA[5], "10:00"]] }, "tarde"],
  ];
  for (const [comando, visto, destino] of casos) {
    const pedido: PedidoNaLista = comando === "ESPERA" ? { comando, ...QUEM, nome: "MARIA" } : { comando, ...QUEM };
    assertEquals(destinoNaLista(pedido, visto, convite), destino, `${comando} ${JSON.stringify(visto)}`);
  }
});

teste("quem só vê os ativos deixa de ver o que desmarcou", () => {
  const antes = [tuplaCom()];
  assertEquals(destinoDe({ comando: "CANCEL", ...QUEM }, [], { antes })?.codigo, "OK-301");
  assertEquals(destinoDe({ comando: "CANCEL", ...QUEM }, antes, { antes }), undefined);
});

testeComSistema("o que houve pergunta-se como o terminal o pode ver, e o que ele não vê não se sabe", async () => {
  const casos = [
    ["gerente", { cpf: CPF }, ["HISTORIA", CPF]],
    ["balcao", { cpf: CPF, codigo: "ABCDEFGH" }, ["HISTORIA", CPF]],
    ["profissional", { cpf: CPF, situacao: "CHAMADO" }, ["BUSCA", CPF]],
    ["profissional", { cpf: CPF, situacao: "ATENDIDO" }, undefined],
    ["quiosque", { cpf: CPF, codigo: "ABCDEFGH" }, ["BUSCA", CPF, { codigo: "ABCDEFGH" }]],
    ["quiosque", { cpf: CPF }, undefined],
  ] as const;
  for (const [papel, pedido, esperado] of casos) {
    const olas = [APRESENTADO.replace("gerente", papel)];
    const achado = codificarResposta2({
      codigo: esperado?.[0] === "HISTORIA" ? "OK-315" : "OK-302",
      agendamentos: [tuplaCom()],
    });
    await using falso = new ServidorFalso([[SAUDACAO, achado]], { olas });
    using conexao = new Conexao({ host: "127.0.0.1", porta: falso.porta });
    const depois = await consultaDestino(conexao, pedido);
    assertEquals(depois, esperado && [tuplaCom()], papel);
    assertEquals(falso.pedidos.map((linha): unknown => JSON.parse(linha)), esperado === undefined ? [] : [esperado]);
  }
});
