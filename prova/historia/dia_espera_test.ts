/**
 * Testes do verificador do dia: a lista de espera. Histórias possíveis, que ele tem de aceitar, e as que um livro bom gera ao
 * acaso. O que nunca pode acontecer está em `dia_espera_nunca_test.ts`.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  agend,
  AGORA,
  AMANHA,
  CANCEL,
  Caso,
  cpf,
  DEPOIS,
  DIAS,
  type Do,
  EXTRA,
  FECHA,
  HOJE,
  lista,
  move,
  situa,
} from "./caso.ts";
import {
  CHEIO,
  COM_REGRAS,
  CONVIDADO,
  DERMA,
  desmarca,
  espera,
  FILA,
  marca,
  QUATRO,
  responde,
  VAGAS,
} from "./caso_espera.ts";
import { verificaDia } from "./dia.ts";
import type { RegrasDaEspera } from "./espera.ts";
import type { FeitoNoDia, OperacaoDoDia, RespostaDoDia } from "./feitos.ts";
import { LivroModelo, REGRAS } from "./livro_modelo.ts";
import { Historia } from "./registro.ts";
import type { LivroDoDia } from "./vidas.ts";

const PURO = { permissions: "none" } as const;

const ISENTO = { motivo: "a casa quer" };
const SITUA = (situacao: Do<"SITUA">["situacao"]): FeitoNoDia => situa(situacao, { ...DERMA, cpf: cpf(3) });

const POSSIVEIS: [nome: string, caso: () => Caso][] = [
  [
    "entrar, ver, sair, e entrar outra vez",
    () => new Caso([espera(3), espera(3), FILA, responde("DESISTE", 3), FILA, responde("DESISTE", 3), espera(3), FILA]),
  ],
  [
    "convidado, que aceita",
    () =>
      new Caso([
        ...CONVIDADO,
        FILA,
        VAGAS,
        lista(AMANHA),
        marca(4, { hora: "08:00" }),
        responde("ACEITA", 3),
        VAGAS,
        FILA,
      ]),
  ],
  ["convidado, que aceita marcando", () => new Caso([...CONVIDADO, marca(3, { hora: "08:00" }), lista(AMANHA), FILA])],
  ["convidado, que recusa: à hora seguinte chama-se o seguinte, e a mesma não volta a quem a recusou", () =>
    new Caso([
      ...[...QUATRO, desmarca(1), FILA, responde("RECUSA", 5), FILA, responde("RECUSA", 3), responde("DESISTE", 4)],
      ...[responde("RECUSA", 6), responde("RECUSA", 6), FILA, VAGAS, marca(7, { hora: "08:00" }), desmarca(7), VAGAS],
    ])],
  ["os prazos vencem, e à terceira vez vai-se para o fim", () => {
    const caso = new Caso([...CHEIO, espera(3), espera(4)]);
    for (const n of [1, 2]) {
      caso.faz(desmarca(n));
      caso.passam(121).faz(FILA);
      caso.passam(121).faz(FILA);
    }
    for (const n of [1, 2]) caso.faz(marca(n, { data: DEPOIS }));
    caso.faz(desmarca(1));
    caso.passam(121).faz(FILA);
    caso.faz(responde("ACEITA", 4));
    caso.faz(FILA);
    return caso;
  }],
  ["uma cadeia: quem se move deixa a sua hora ao seguinte", () =>
    new Caso([
      ...[...CHEIO, marca(3, { data: DEPOIS }), marca(4, { data: DEPOIS })],
      ...[espera(3, { marca: true }), espera(4), espera(5, { marca: true, de: DEPOIS })],
      ...[
        desmarca(1),
        lista(AMANHA),
        lista(DEPOIS),
        FILA,
        desmarca(2),
        FILA,
        responde("ACEITA", 4),
        FILA,
        lista(DEPOIS),
      ],
    ])],
  ["marcar mais cedo dispensa o convite; mais tarde não", () =>
    new Caso([
      ...[...CHEIO, espera(3), desmarca(2), FILA, marca(3, { data: DEPOIS }), FILA, marca(4), desmarca(1), FILA],
      ...[{ ...move(AMANHA, { hora: "08:00" }), ...DERMA, cpf: cpf(3) }, FILA, VAGAS],
    ])],
  ["fechar deixa passar o que se segurava; abrir a mais, e reabrir, dá-se", () =>
    new Caso([
      ...[
        ...CHEIO,
        espera(3),
        espera(4, { marca: true }),
        desmarca(1),
        { ...FECHA, inicio: "08:00", fim: "08:30" },
        FILA,
      ],
      ...[EXTRA, FILA, { comando: "REABRE", numero: 1 } as const, FILA, VAGAS, lista(AMANHA)],
    ])],
  [
    "a quem não serve não se dá: perto demais, outra parte do dia, outros dias, e na mesma hora noutro lugar",
    () =>
      new Caso([
        ...[...CHEIO, espera(3, { antecedencia: 3000 }), espera(4, { turno: "TARDE" }), espera(5, { de: DEPOIS })],
        ...[espera(6), agend(6, { hora: "08:00" }), desmarca(1), FILA, VAGAS, desmarca(2), FILA, VAGAS],
      ]),
  ],
  ["além de dezesseis, segura-se para ninguém, e continua-se depois", () => {
    const caso = new Caso();
    for (let n = 10; n < 30; n++) caso.faz(espera(n, { marca: true }));
    caso.faz({ ...EXTRA, inicio: "14:00", vagas: 20, minutos: 10 });
    assertEquals(caso.livro.agendamentos.filter(({ situacao }) => situacao === "CONVIDADO").length, 4);
    caso.faz(VAGAS);
    caso.passam(1).faz(FILA);
    caso.faz(lista(AMANHA));
    assertEquals(caso.livro.agendamentos.filter(({ situacao }) => situacao === "MARCADO").length, 20);
    return caso;
  }],
  ["com regras: quem já tem um não entra, nem recebe, nem aceita; a quem é isento, não valem", () =>
    new Caso([
      ...[...CHEIO, agend(3), espera(3), espera(3, ISENTO), espera(4), espera(5), agend(4), desmarca(2), FILA],
      ...[responde("RECUSA", 3), FILA, agend(5, { hora: "09:00" }), responde("ACEITA", 5), FILA],
      ...[desmarca(2), { ...CANCEL, cpf: cpf(5) }, responde("ACEITA", 5), FILA],
    ], COM_REGRAS)],
  ["com regras: perto demais não se dá, e o que é para breve não se deixa, senão a quem é isento", () =>
    new Caso([
      ...[...CHEIO, marca(3, { data: DEPOIS }), espera(3, { marca: true }), espera(4), espera(5, ISENTO)],
      ...[desmarca(1), FILA, desmarca(2), FILA, lista(AMANHA)],
    ], COM_REGRAS)],
  ["atendido hoje, já não espera, e o convite é do seguinte", () =>
    new Caso([
      ...[{ ...EXTRA, data: HOJE, inicio: "09:00", vagas: 8 }, ...CHEIO, espera(3), espera(4), desmarca(1)],
      ...[marca(3, { data: HOJE, hora: "09:10", encaixe: true }), FILA, SITUA("CHEGOU"), SITUA("CHAMADO")],
      ...[SITUA("ATENDIDO"), FILA, SITUA("DESFAZ"), FILA, lista(HOJE)],
    ])],
  [
    "sem resposta, e aconteceram",
    () => new Caso(CHEIO).perde(espera(3), true).perde(desmarca(1), true).perde(responde("ACEITA", 3), true),
  ],
  [
    "sem resposta, e nunca aconteceram",
    () =>
      new Caso([...CHEIO, espera(3)]).perde(desmarca(1), false).perde(responde("DESISTE", 3), false).perde(
        espera(4),
        false,
      ),
  ],
  [
    "uma recusa e uma saída sem resposta, que aconteceram",
    () => new Caso(CONVIDADO).perde(responde("RECUSA", 3), true).perde(responde("DESISTE", 3), true),
  ],
];

for (const [nome, caso] of POSSIVEIS) {
  Deno.test(`espera: possível: ${nome}`, PURO, () => assertEquals(caso().violacoes(), []));
}

// ---------------------------------------------------------------------------------------- histórias de um livro bom

/** O que acontece num instante: um cliente pede, o livro executa, a resposta chega, a conexão cai, o tempo passa. */
interface Acaso {
  readonly cliente: number;
  readonly oQue: "pede" | "executa" | "chega" | "cai" | "passa";
  readonly minutos: number;
  readonly feito: FeitoNoDia;
}

const CPF = fc.constantFrom(...[1, 2, 3, 4, 5].map(cpf));
const ESPECIALIDADE = fc.constantFrom("CLINICO", "DERMA", "DERMA", "DERMA", "PEDIATRA");
const DATA = fc.constantFrom(AMANHA, AMANHA, DEPOIS);
const DE_QUEM = { cpf: CPF, especialidade: ESPECIALIDADE };
const talvez = <T>(valor: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(valor, { nil: undefined, freq: 1 });
const UMA_HORA = fc.constantFrom("08:00", "08:30", "14:00");

const UMA_ESPERA = fc.record({
  ...{ comando: fc.constant("ESPERA" as const), ...DE_QUEM, nome: fc.constant("") },
  ...{ profissional: fc.constantFrom(undefined, undefined, undefined, "ANA", "BIA"), marca: fc.boolean() },
  ...{ de: fc.constantFrom(undefined, undefined, DEPOIS), prioridade: talvez(fc.integer({ min: 0, max: 2 })) },
  ...{ turno: fc.constantFrom(undefined, undefined, "MANHÃ" as const, "TARDE" as const) },
  ...{ antecedencia: fc.constantFrom(undefined, undefined, 1440) },
  motivo: fc.constantFrom(undefined, undefined, "a casa quer"),
});

const FEITO: fc.Arbitrary<FeitoNoDia> = fc.oneof(
  { weight: 8, arbitrary: UMA_ESPERA },
  {
    weight: 6,
    arbitrary: fc.record({
      ...{
        comando: fc.constant("AGEND" as const),
        ...DE_QUEM,
        nome: fc.constant(""),
        data: DATA,
        hora: talvez(UMA_HORA),
      },
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ comando: fc.constant("REMARC" as const), ...DE_QUEM, data: DATA, hora: talvez(UMA_HORA) }),
  },
  { weight: 7, arbitrary: fc.record({ comando: fc.constant("CANCEL" as const), ...DE_QUEM }) },
  {
    weight: 4,
    arbitrary: fc.record({ comando: fc.constantFrom("ACEITA" as const, "ACEITA", "RECUSA", "DESISTE"), ...DE_QUEM }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      ...{ comando: fc.constant("SITUA" as const), ...DE_QUEM },
      situacao: fc.constantFrom("CONFIRMADO" as const, "DESFAZ"),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      ...{ comando: fc.constant("FECHA" as const), data: DATA, motivo: fc.constantFrom("obra", "férias") },
      ...{ inicio: fc.constant("08:00"), fim: fc.constantFrom("08:30", "24:00") },
    }).map((feito) => ({ ...feito, motivo: `${feito.motivo} ${feito.data} ${feito.fim}` })),
  },
  {
    weight: 2,
    arbitrary: fc.record({ comando: fc.constant("REABRE" as const), numero: fc.integer({ min: 1, max: 3 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.oneof(
      fc.record({ comando: fc.constant("FILA" as const), especialidade: ESPECIALIDADE }),
      fc.record({ comando: fc.constant("VAGAS" as const), especialidade: ESPECIALIDADE, data: DATA }),
      fc.record({ comando: fc.constant("LISTA" as const), data: DATA }),
      fc.record({ comando: fc.constantFrom("BUSCA" as const, "HISTORIA"), cpf: CPF }),
    ),
  },
);

const ACASOS: fc.Arbitrary<Acaso[]> = fc.array(
  fc.record({
    cliente: fc.nat({ max: 3 }),
    oQue: fc.constantFrom(
      ...["pede", "pede", "pede", "pede", "pede", "pede", "passa", "passa", "cai"] as const,
      ...["executa", "executa", "executa", "executa", "executa", "executa", "executa", "executa", "executa"] as const,
      ...["chega", "chega", "chega", "chega", "chega", "chega", "chega"] as const,
    ),
    minutos: fc.constantFrom(0, 1, 130),
    feito: FEITO,
  }),
  { minLength: 100, maxLength: 300, size: "max" },
);

/** O que um livro bom faria de tudo isso. */
function acontece(
  acasos: readonly Acaso[],
  regras: RegrasDaEspera,
): { historia: Historia<FeitoNoDia, RespostaDoDia>; livro: LivroDoDia; fim: number } {
  const historia = new Historia<FeitoNoDia, RespostaDoDia>();
  const modelo = new LivroModelo(DIAS, AGORA, regras);
  // Cheio: o que se desmarca é o que vaga.
  for (const feito of [...CHEIO, marca(3, { data: DEPOIS }), marca(4, { data: DEPOIS })]) {
    historia.acaba(historia.comeca(historia.conexao(), feito), modelo.responde(feito));
  }
  const clientes = Array.from({ length: 4 }, () => ({
    conexao: historia.conexao(),
    porExecutar: [] as OperacaoDoDia[],
    porChegar: [] as [OperacaoDoDia, RespostaDoDia][],
  }));
  let passaram = 0;
  for (const { cliente, oQue, feito, minutos } of acasos) {
    const seu = clientes[cliente];
    switch (oQue) {
      case "pede":
        seu.porExecutar.push(
          historia.comeca(seu.conexao, "nome" in feito ? { ...feito, nome: historia.nome() } as FeitoNoDia : feito),
        );
        break;
      case "executa": {
        const operacao = seu.porExecutar.shift();
        if (operacao !== undefined) seu.porChegar.push([operacao, modelo.responde(operacao.feito)]);
        break;
      }
      case "chega": {
        const chegada = seu.porChegar.shift();
        if (chegada !== undefined) historia.acaba(...chegada);
        break;
      }
      case "cai":
        // O que a conexão pediu e ainda não foi executado não o será.
        seu.porChegar = [];
        seu.porExecutar = [];
        seu.conexao = historia.conexao();
        break;
      case "passa":
        // Menos do que falta para amanhã: hoje é sempre hoje.
        if ((passaram += minutos) < 800) modelo.passam(minutos);
        modelo.bate();
        break;
    }
  }
  historia.morreu();
  return { historia, livro: modelo.livro, fim: modelo.relogio };
}

Deno.test("espera: toda história de um livro bom é possível", PURO, () => {
  const vistas = { convites: 0, marcados: 0, passaram: 0, foraDasRegras: 0 };
  fc.assert(
    fc.property(ACASOS, fc.constantFrom(REGRAS, COM_REGRAS), (acasos, regras) => {
      const { historia, livro, fim } = acontece(acasos, regras);
      const inicio = Date.parse(`${AGORA.hoje}T10:00:00Z`);
      const { violacoes, indecisas } = verificaDia(historia.operacoes, {
        ...{ livro, dias: DIAS, agora: AGORA },
        // O relógio anda aos saltos, e só depois deles bate.
        espera: { umSo: true, regras, vivos: [[inicio, inicio], [fim, fim]] },
      });
      assertEquals([violacoes, indecisas], [[], []]);
      const diario = livro.diario.map(({ mudancas }) => mudancas).join();
      vistas.convites += diario.split("ESPERA CONVITE").length - 1;
      vistas.marcados += livro.esperas.filter(({ acabou }) => acabou).length;
      vistas.foraDasRegras += historia.operacoes.filter(({ resposta }) => resposta?.regra !== undefined).length;
      vistas.passaram += livro.agendamentos.filter(({ situacao }) => situacao === "PASSOU").length;
    }),
    { numRuns: 400 },
  );
  for (const [oQue, vezes] of Object.entries(vistas)) assert(vezes > 50, `${oQue}: ${vezes}`);
});
