/**
 * Testes do verificador do dia: histórias possíveis, que ele tem de aceitar, a tabela das situações, e as que um livro bom
 * gera ao acaso, inteiras e estragadas.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  agend,
  AGORA,
  AMANHA,
  BUSCA,
  CANCEL,
  Caso,
  CHEGADO,
  com,
  cpf,
  DEPOIS,
  DIAS,
  entreMovimento,
  EXTRA,
  FECHA,
  HOJE,
  lista,
  move,
  situa,
  UM,
} from "./caso.ts";
import { verificaDia } from "./dia.ts";
import type { FeitoNoDia, OperacaoDoDia, RespostaDoDia } from "./feitos.ts";
import { LivroModelo } from "./livro_modelo.ts";
import { Historia, nomeUnico } from "./registro.ts";
import { permite, type Situacao } from "./tabela.ts";
import type { LivroDoDia } from "./vidas.ts";

const PURO = { permissions: "none" } as const;

const POSSIVEIS: [nome: string, caso: () => Caso][] = [
  ["nada", () => new Caso()],
  ["um dia inteiro", () =>
    new Caso([
      ...CHEGADO,
      ...[situa("CHAMADO"), situa("CHAMADO"), situa("CHEGOU"), situa("CHAMADO"), situa("ATENDIDO"), situa("DESFAZ")],
      ...[situa("SAIU"), situa("ATENDIDO"), situa("DESFAZ"), lista(HOJE), BUSCA],
    ])],
  [
    "uma falta, de um encaixe que passou da hora, desfeita",
    () =>
      new Caso([
        agend(1, { data: HOJE, hora: "09:40", encaixe: true }),
        situa("FALTOU"),
        BUSCA,
        situa("DESFAZ"),
        BUSCA,
      ]),
  ],
  [
    "um EXTRA que não cabe depois de um encaixe que acaba mais tarde que o atendimento",
    () =>
      new Caso([agend(1, { especialidade: "DERMA", hora: "08:50", encaixe: true })])
        .ve({ ...EXTRA, inicio: "09:00" }, com("ERRO-121")),
  ],
  [
    "um movimento, e a hora antiga de outro",
    () =>
      new Caso([
        ...UM,
        move(DEPOIS),
        agend(2, { hora: "08:00", profissional: "ANA" }),
        lista(AMANHA),
        lista(DEPOIS),
        BUSCA,
      ]),
  ],
  ["um movimento para onde já se está", () => new Caso([...UM, move(AMANHA, { hora: "08:00" }), BUSCA])],
  [
    "um movimento de um encaixe, que passa a tomar a hora",
    () => new Caso([agend(1, { hora: "08:10", encaixe: true }), move(AMANHA, { hora: "08:00" }), lista(AMANHA)]),
  ],
  ["um dia fechado, recusado, reaberto e marcado", () =>
    new Caso([
      ...[...UM, FECHA, FECHA, agend(2), agend(3, { hora: "08:30" }), { comando: "REABRE", numero: 1 } as const],
      ...[agend(4), { comando: "REABRE", numero: 1 } as const, lista(AMANHA)],
    ])],
  ["um cancelado que não volta ao que se fechou, e volta ao que se reabriu", () => {
    const caso = new Caso([...UM, CANCEL, FECHA]);
    const { numero, data, especialidade, profissional, hora } = caso.linha(1);
    const volta = situa("DESFAZ", { numero });
    assertEquals(caso.faz(volta).resposta?.codigo, "ERRO-115");
    caso.faz({ ...EXTRA, data, especialidade, profissional, inicio: hora, vagas: 1, minutos: 30 });
    assertEquals(caso.faz(volta).resposta?.codigo, "OK-306");
    return caso;
  }],
  ["parte de um dia fechada, com um atendimento a mais por cima", () =>
    new Caso([
      { ...FECHA, especialidade: "DERMA", inicio: "08:00", fim: "08:30" },
      agend(1, { especialidade: "DERMA", hora: "08:00" }),
      { ...EXTRA, inicio: "08:00", vagas: 1 },
      agend(2, { especialidade: "DERMA", hora: "08:00" }),
      EXTRA,
      { comando: "VAGAS", data: AMANHA, especialidade: "DERMA" },
    ])],
  [
    "um profissional de duas especialidades, em horas que não se tocam",
    () => new Caso([agend(1), agend(1, { nome: nomeUnico(9), especialidade: "PEDIATRA" }), BUSCA, lista(AMANHA)]),
  ],
  ["um atendimento a mais no que estava fechado, que se reabre: fica no lugar do que lá havia", () => {
    const caso = new Caso([{ ...FECHA, especialidade: "DERMA" }, { ...EXTRA, inicio: "08:15", vagas: 1 }]);
    caso.faz({ comando: "REABRE", numero: 1 });
    const vagas = caso.faz({ comando: "VAGAS", data: AMANHA, especialidade: "DERMA" });
    assertEquals(vagas.resposta?.vagas?.map(({ horas }) => horas), [["08:15"]]);
    return caso;
  }],
  ["sem resposta, e nunca aconteceu", () => new Caso(UM).perde(move(DEPOIS), false).perde(CANCEL, false)],
  ["sem resposta, e aconteceu", () => new Caso(UM).perde(move(DEPOIS), true)],
  [
    "três sem resposta, e todos aconteceram",
    () => new Caso(CHEGADO).perde(situa("CHAMADO"), true).perde(situa("CHAMADO"), true).perde(situa("ATENDIDO"), true),
  ],
  [
    "um FECHA sem resposta, que aconteceu, e um REABRE",
    () => new Caso(UM).perde(FECHA, true).perde({ comando: "REABRE", numero: 1 }, true),
  ],
  ["um movimento sem resposta, visto a meio", () =>
    entreMovimento((antes, depois) => [
      [lista(AMANHA), com("OK-310", antes)],
      [lista(DEPOIS), com("OK-310", depois)],
      [lista(AMANHA), com("OK-310")],
    ])],
  [
    "um movimento que nenhuma das duas listas mostra, a nova primeiro",
    () => entreMovimento(() => [[lista(DEPOIS), com("OK-310")], [lista(AMANHA), com("OK-310")]]),
  ],
  ["o disco cheio: nada mudou", () => new Caso(UM).ve(CANCEL, com("ERRO-131")).ve(BUSCA, com("ERRO-131"))],
];

for (const [nome, caso] of POSSIVEIS) {
  Deno.test(`dia: possível: ${nome}`, PURO, () => assertEquals(caso().violacoes(), []));
}

Deno.test("dia: de cada situação para cada outra, só o que a tabela diz", PURO, () => {
  const situacoes: Situacao[] = [
    ...["MARCADO", "CONFIRMADO", "CHEGOU", "CHAMADO", "ATENDIDO", "SAIU", "FALTOU", "CANCELADO"] as const,
  ];
  const daqui = (data: string, hora: string): string[] =>
    situacoes.flatMap((de) =>
      situacoes.filter((para) => permite(de, para, { data, hora, agora: AGORA })).map((para) => `${de} ${para}`)
    );
  const sempre = [
    ...["MARCADO CANCELADO", "CONFIRMADO CANCELADO", "CHEGOU CHAMADO", "CHEGOU SAIU"],
    ...["CHAMADO CHEGOU", "CHAMADO CHAMADO", "CHAMADO ATENDIDO", "CHAMADO SAIU"],
  ];
  const chegadas = ["MARCADO CHEGOU", "CONFIRMADO CHEGOU"];
  const faltas = ["MARCADO FALTOU", "CONFIRMADO FALTOU"];
  assertEquals(daqui(AMANHA, "08:00").sort(), [...sempre, "MARCADO CONFIRMADO"].sort());
  assertEquals(daqui(HOJE, "11:00").sort(), [...sempre, ...chegadas, "MARCADO CONFIRMADO"].sort());
  assertEquals(daqui(HOJE, "09:00").sort(), [...sempre, ...chegadas, ...faltas].sort());
  assertEquals(daqui("2026-11-29", "09:00").sort(), [...sempre, ...faltas].sort());
});

// ---------------------------------------------------------------------------------------- histórias de um livro bom

/** O que acontece num instante: um cliente pede, o livro executa o próximo pedido de uma conexão, ou a resposta chega. */
interface Acaso {
  cliente: number;
  oQue: "pede" | "executa" | "chega" | "cai";
  feito: FeitoNoDia;
}

const CPF = fc.constantFrom(...[1, 2, 3, 4, 5].map(cpf));
const DATA = fc.constantFrom(HOJE, AMANHA, DEPOIS);
const ESPECIALIDADE = fc.constantFrom("CLINICO", "CLINICO", "PEDIATRA", "DERMA");
const HORA = fc.option(fc.constantFrom("08:00", "08:30", "11:00", "14:00"), { nil: undefined });
const PROFISSIONAL = fc.option(fc.constantFrom("ANA", "BIA"), { nil: undefined, freq: 2 });

const FEITO: fc.Arbitrary<FeitoNoDia> = fc.oneof(
  fc.record({
    ...{ comando: fc.constant("AGEND" as const), cpf: CPF, nome: fc.constant(""), especialidade: ESPECIALIDADE },
    ...{ data: DATA, hora: HORA, profissional: PROFISSIONAL },
  }),
  fc.record({
    ...{ comando: fc.constant("AGEND" as const), cpf: CPF, nome: fc.constant(""), especialidade: ESPECIALIDADE },
    ...{ data: DATA, hora: fc.constantFrom("08:10", "09:40", "14:20"), encaixe: fc.constant(true) },
  }),
  fc.record({
    comando: fc.constant("REMARC" as const),
    cpf: CPF,
    especialidade: ESPECIALIDADE,
    data: DATA,
    hora: HORA,
  }),
  fc.record({ comando: fc.constant("CANCEL" as const), cpf: CPF, especialidade: ESPECIALIDADE }),
  fc.record({ comando: fc.constant("CORRIGE" as const), cpf: CPF, especialidade: ESPECIALIDADE, nota: fc.string() }),
  fc.record({
    ...{ comando: fc.constant("SITUA" as const), cpf: CPF, especialidade: ESPECIALIDADE },
    situacao: fc.constantFrom<Situacao | "DESFAZ">(
      "CONFIRMADO",
      "CHEGOU",
      "CHAMADO",
      "ATENDIDO",
      "SAIU",
      "FALTOU",
      "DESFAZ",
    ),
  }),
  fc.record({ comando: fc.constantFrom("BUSCA" as const, "HISTORIA" as const), cpf: CPF }),
  fc.record({ comando: fc.constant("LISTA" as const), data: DATA }),
  fc.record({ comando: fc.constant("VAGAS" as const), especialidade: ESPECIALIDADE, data: DATA }),
  fc.record({
    ...{ comando: fc.constant("FECHA" as const), data: DATA, motivo: fc.constantFrom("obra", "férias") },
    ...{ inicio: fc.constant("08:00"), fim: fc.constantFrom("08:30", "24:00") },
  }).map((feito) => ({ ...feito, motivo: `${feito.motivo} ${feito.data} ${feito.fim}` })),
  fc.record({ comando: fc.constant("REABRE" as const), numero: fc.integer({ min: 1, max: 3 }) }),
);

const ACASOS: fc.Arbitrary<Acaso[]> = fc.array(
  fc.record({
    cliente: fc.nat({ max: 3 }),
    oQue: fc.constantFrom("pede", "pede", "executa", "executa", "executa", "chega", "chega", "chega", "cai"),
    feito: FEITO,
  }),
  { minLength: 1, maxLength: 120, size: "max" },
);

/** O que um livro bom faria de tudo isso. */
function acontece(acasos: readonly Acaso[]): { historia: Historia<FeitoNoDia, RespostaDoDia>; livro: LivroDoDia } {
  const historia = new Historia<FeitoNoDia, RespostaDoDia>();
  const modelo = new LivroModelo(DIAS, AGORA);
  const clientes = Array.from({ length: 4 }, () => ({
    conexao: historia.conexao(),
    porExecutar: [] as OperacaoDoDia[],
    porChegar: [] as [OperacaoDoDia, RespostaDoDia][],
  }));
  for (const { cliente, oQue, feito } of acasos) {
    const seu = clientes[cliente];
    if (oQue === "pede") {
      const unico = feito.comando === "AGEND" ? { ...feito, nome: historia.nome() } : feito;
      seu.porExecutar.push(historia.comeca(seu.conexao, unico));
    } else if (oQue === "executa") {
      const operacao = seu.porExecutar.shift();
      if (operacao !== undefined) seu.porChegar.push([operacao, modelo.responde(operacao.feito)]);
    } else if (oQue === "chega") {
      const chegada = seu.porChegar.shift();
      if (chegada !== undefined) historia.acaba(...chegada);
    } else {
      // A conexão cai: o que ela pediu e ainda não foi executado não o será.
      seu.porChegar = [];
      seu.porExecutar = [];
      seu.conexao = historia.conexao();
    }
  }
  historia.morreu();
  return { historia, livro: modelo.livro };
}

Deno.test("dia: toda história de um livro bom é possível", PURO, () => {
  fc.assert(
    fc.property(ACASOS, (acasos) => {
      const { historia, livro } = acontece(acasos);
      const { violacoes, indecisas } = verificaDia(historia.operacoes, { livro, dias: DIAS, agora: AGORA });
      assertEquals([violacoes, indecisas], [[], []]);
    }),
    { numRuns: 400 },
  );
});

Deno.test("dia: uma leitura que esquece o que foi confirmado antes dela é descoberta", PURO, () => {
  let esquecidas = 0;
  fc.assert(
    fc.property(ACASOS, (acasos) => {
      const { historia, livro } = acontece(acasos);
      const vista = livro.agendamentos.find(({ numero }) =>
        historia.operacoes.some(({ feito, resposta }) =>
          feito.comando === "AGEND" && resposta?.vistos[0]?.numero === numero
        )
      );
      if (vista === undefined) return;
      esquecidas++;
      const tudo = historia.comeca(historia.conexao(), { comando: "HISTORIA", cpf: vista.cpf });
      historia.acaba(tudo, com("OK-315"));
      const { violacoes } = verificaDia(historia.operacoes, { livro, dias: DIAS, agora: AGORA });
      assertEquals(violacoes.map(({ tipo }) => tipo), ["leitura sem ordem possível"]);
    }),
    { numRuns: 400 },
  );
  assert(esquecidas >= 20, `só ${esquecidas} histórias puderam ser estragadas`);
});
