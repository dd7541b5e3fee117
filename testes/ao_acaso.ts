/**
 * Sequências ao acaso de pedidos e de relógio, para as propriedades do núcleo. Só os arquivos `_test.ts` o importam.
 *
 * @module
 */

import fc from "fast-check";
import type { Papel, Situacao } from "../clinica/agendamento.ts";
import type { Pedido } from "../clinica/pedido.ts";
import { ANA, BIA, CID, codigoDeTeste, DIA, diaDaSemana, em, MINUTO, nomeDe, SEGUNDA } from "./balcao.ts";
import type { ConfigDoModelo, Linha } from "./modelo_dias.ts";

const [SEG, TER] = ["SEGUNDA-FEIRA", "TERÇA-FEIRA"];

/** Semanas que se trocam umas pelas outras no meio de uma sequência: sem profissionais, com eles, e outras horas. */
const CONFIGS: readonly ConfigDoModelo[] = [
  {
    semanas: 2,
    fechado: ["2026-12-08"],
    atendimentos: [
      { especialidade: "CLINICO", dia: SEG, inicio: "14:00", vagas: 1, minutos: 30, encaixes: 1 },
      { especialidade: "PEDIATRA", dia: SEG, inicio: "08:00", vagas: 2, minutos: 45, encaixes: 0 },
      { especialidade: "CLINICO", dia: SEG, inicio: "08:00", vagas: 2, minutos: 30, encaixes: 1 },
      { especialidade: "CLINICO", dia: TER, inicio: "23:00", vagas: 2, minutos: 30, encaixes: 2 },
    ],
  },
  {
    semanas: 2,
    fechado: [],
    atendimentos: [
      { especialidade: "CLINICO", dia: SEG, profissional: "LIMA", inicio: "08:00", vagas: 2, minutos: 30, encaixes: 1 },
      { especialidade: "CLINICO", dia: SEG, profissional: "REIS", inicio: "08:00", vagas: 2, minutos: 30, encaixes: 2 },
      {
        especialidade: "PEDIATRA",
        dia: SEG,
        profissional: "REIS",
        inicio: "09:00",
        vagas: 2,
        minutos: 25,
        encaixes: 1,
      },
      {
        especialidade: "PEDIATRA",
        dia: TER,
        profissional: "ZECA",
        inicio: "08:00",
        vagas: 1,
        minutos: 20,
        encaixes: 1,
      },
    ],
  },
  {
    semanas: 1,
    fechado: ["2026-12-01"],
    atendimentos: [
      {
        especialidade: "PEDIATRA",
        dia: SEG,
        profissional: "REIS",
        inicio: "08:15",
        vagas: 3,
        minutos: 20,
        encaixes: 1,
      },
      {
        especialidade: "PEDIATRA",
        dia: SEG,
        profissional: "LIMA",
        inicio: "08:00",
        vagas: 1,
        minutos: 60,
        encaixes: 1,
      },
      { especialidade: "CLINICO", dia: SEG, inicio: "08:30", vagas: 2, minutos: 20, encaixes: 1 },
    ],
  },
  {
    semanas: 2,
    fechado: [],
    atendimentos: [
      { especialidade: "CLINICO", dia: SEG, profissional: "LIMA", inicio: "08:00", vagas: 4, minutos: 30, encaixes: 1 },
      { especialidade: "PEDIATRA", dia: SEG, inicio: "08:00", vagas: 3, minutos: 45, encaixes: 1 },
    ],
    regras: { antecedencia: 60, cancelamento: 45, porCpf: 1, faltas: { quantas: 1, meses: 1 } },
  },
];

// ------------------------------------------------------------------------------------------------------ ao acaso

const CPFS = [ANA, BIA, CID];

/** De que linha fala um pedido, dentre as que houver, e quanto diz dela. */
export interface Dito {
  /** A que calhar, ou a do CPF e da especialidade que o pedido já traz. */
  readonly linha?: number;
  /** O CPF e a especialidade são os dela. */
  readonly cpfDela?: boolean;
  /** Diz o número dela. */
  readonly numero?: boolean;
  /** A versão que diz. */
  readonly versao?: "certa" | number;
  /** O código que diz. */
  readonly codigo?: "certo" | string;
}

/** Um pedido de que ainda não se sabe de que linha fala. */
export interface Ensaio {
  /** O que se pede. */
  readonly pedido: Pedido;
  /** De que linha. */
  readonly dito: Dito;
  /** Por quem. */
  readonly papel: Papel;
}

/** Uma vez em cada tantas. */
function talvez<T>(arb: fc.Arbitrary<T>, em = 4): fc.Arbitrary<T | undefined> {
  return fc.oneof({ weight: em - 1, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: arb });
}

const arbCpf = fc.constantFrom(...CPFS);
const arbEspecialista = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom("CLINICO", "CLINICO", "Clínico", "PEDIATRA") },
  { weight: 1, arbitrary: fc.constantFrom("DENTISTA", "") },
);
const arbProfissional = fc.constantFrom("LIMA", "REIS", "réis", "ZECA", "OUTRO");
const arbData = fc.oneof(
  { weight: 14, arbitrary: fc.constantFrom(SEGUNDA, SEGUNDA, SEGUNDA, "2026-12-07", "2026-12-01") },
  { weight: 1, arbitrary: fc.constantFrom("2026-12-08", "2026-11-29", "2026-12-02", "") },
);
const arbHorario = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom("08:00", "08:30", "09:00", "09:25", "08:45", "14:00") },
  { weight: 1, arbitrary: fc.constantFrom("08:10", "23:30", "") },
);
const arbEncaixe = fc.constantFrom("08:00", "08:10", "08:59", "09:10", "14:20", "07:00", "23:50");
const arbDito: fc.Arbitrary<Dito> = fc.oneof(
  { weight: 1, arbitrary: fc.constant<Dito>({}) },
  {
    weight: 4,
    arbitrary: fc.record({
      linha: fc.nat({ max: 30 }),
      cpfDela: fc.constantFrom(true, true, true, true, true, true, false),
      numero: fc.boolean(),
      versao: fc.constantFrom(...new Array<undefined>(7), "certa" as const, 1, 2),
      codigo: fc.constantFrom(...new Array<undefined>(9), "certo" as const, "", codigoDeTeste(1)),
    }),
  },
);
const SITUACOES: readonly (Situacao | "DESFAZ")[] = [
  ...(["CONFIRMADO", "CHEGOU", "CHEGOU", "CHEGOU", "CHAMADO", "CHAMADO", "CHAMADO"] as const),
  ...(["ATENDIDO", "SAIU", "FALTOU", "CANCELADO", "DESFAZ", "DESFAZ", "DESFAZ", "MARCADO", "CONVIDADO"] as const),
];

const arbContato = {
  email: talvez(fc.constantFrom("a@x.br", "b@x.br", ""), 6),
  telefone: talvez(fc.constantFrom("+5511999990000", ""), 9),
};
const arbAgend: fc.Arbitrary<Pedido> = fc.record({
  ...arbContato,
  cpf: arbCpf,
  especialista: arbEspecialista,
  data: arbData,
  engano: fc.constantFrom(...new Array<undefined>(30), "DOMINGO", ""),
  profissional: talvez(arbProfissional, 8),
  horario: talvez(arbHorario, 2),
  encaixe: talvez(arbEncaixe, 2),
  motivo: talvez(fc.constant("retorno!"), 5),
  nota: talvez(fc.constant("muletas!"), 5),
}).map(({ engano, encaixe, horario, ...campos }) => ({
  comando: "AGEND",
  ...campos,
  nome: nomeDe(campos.cpf),
  dia: engano ?? diaDaSemana(campos.data),
  horario: encaixe ?? horario,
  encaixe: encaixe !== undefined,
}));
const arbRemarc: fc.Arbitrary<Pedido> = fc.record({
  cpf: arbCpf,
  especialista: arbEspecialista,
  data: arbData,
  profissional: talvez(arbProfissional, 5),
  horario: talvez(arbHorario, 2),
  motivo: talvez(fc.constant("viagem!"), 5),
}).map((campos) => ({ comando: "REMARC", ...campos, dia: diaDaSemana(campos.data) }));
const arbSitua: fc.Arbitrary<Pedido> = fc.record({
  cpf: arbCpf,
  especialista: arbEspecialista,
  situacao: fc.constantFrom(...SITUACOES),
  prioridade: talvez(fc.nat({ max: 4 })),
  local: talvez(fc.constant("Sala 2")),
  motivo: talvez(fc.constantFrom("porque!", ""), 5),
}).map((campos) => ({ comando: "SITUA", ...campos }));
const arbMinutos = fc.constantFrom(480, 510, 525, 540, 570, 600, 840, 1410);
const arbFecha: fc.Arbitrary<Pedido> = fc.record({
  data: arbData,
  ate: talvez(fc.constantFrom("2026-12-07", "2026-12-02"), 5),
  parte: fc.option(fc.tuple(arbMinutos, fc.constantFrom(15, 30, 60, 400)), { nil: undefined, freq: 6 }),
  especialista: talvez(arbEspecialista, 2),
  profissional: talvez(arbProfissional, 4),
}).map(({ parte, ate, ...campos }) => ({
  comando: "FECHA",
  ...campos,
  ...(ate !== undefined && ate >= campos.data ? { ate } : {}),
  ...(parte === undefined ? {} : { inicio: parte[0], fim: parte[0] + parte[1] }),
}));
const arbExtra: fc.Arbitrary<Pedido> = fc.record({
  especialista: arbEspecialista,
  data: arbData,
  inicio: fc.oneof(arbMinutos, fc.constantFrom(600, 660, 1430)),
  vagas: fc.integer({ min: 1, max: 2 }),
  minutos: fc.constantFrom(15, 30),
  profissional: talvez(arbProfissional, 2),
  encaixes: talvez(fc.nat({ max: 1 })),
}).map((campos) => ({ comando: "EXTRA", ...campos }));
const arbConsulta: fc.Arbitrary<Pedido> = fc.oneof(
  fc.record({ comando: fc.constantFrom("BUSCA" as const, "HISTORIA" as const), cpf: arbCpf }),
  fc.record({
    comando: fc.constant("LISTA" as const),
    data: arbData,
    especialista: talvez(arbEspecialista),
    profissional: talvez(arbProfissional),
  }),
  fc.record({
    comando: fc.constant("VAGAS" as const),
    especialista: talvez(arbEspecialista, 2),
    data: talvez(arbData, 2),
    porProfissional: fc.constant(true),
    profissional: talvez(arbProfissional),
  }),
  fc.record({ comando: fc.constant("VAGAS" as const), especialista: talvez(arbEspecialista, 2) }),
  fc.constantFrom<Pedido[]>({ comando: "PING" }, { comando: "OLA" }),
);
const arbPedido: fc.Arbitrary<Pedido> = fc.oneof(
  { weight: 12, arbitrary: arbAgend },
  { weight: 5, arbitrary: arbRemarc },
  { weight: 14, arbitrary: arbSitua },
  {
    weight: 3,
    arbitrary: fc.record({
      comando: fc.constant("CANCEL" as const),
      cpf: arbCpf,
      especialista: talvez(arbEspecialista, 2),
      motivo: talvez(fc.constant("porque!")),
      chegado: fc.constantFrom(undefined, undefined, true),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      ...arbContato,
      comando: fc.constant("CORRIGE" as const),
      cpf: arbCpf,
      especialista: arbEspecialista,
      nome: talvez(fc.constantFrom("OUTRA PESSOA")),
      nota: talvez(fc.constantFrom("bengala!", "")),
    }),
  },
  { weight: 1, arbitrary: arbFecha },
  { weight: 2, arbitrary: arbExtra },
  {
    weight: 2,
    arbitrary: fc.record({ comando: fc.constant("REABRE" as const), numero: fc.integer({ min: 1, max: 4 }) }),
  },
  { weight: 3, arbitrary: arbConsulta },
);
const arbEnsaio: fc.Arbitrary<Ensaio> = fc.record({
  pedido: arbPedido,
  dito: arbDito,
  papel: fc.constantFrom<Papel[]>("gerente", "gerente", "gerente", "balcao", "quiosque", "servidor"),
});

/** O dia de alguém, do princípio ao fim e de volta: ao acaso, raramente se chegaria lá. */
const JORNADAS: readonly (readonly (Situacao | "DESFAZ")[])[] = [
  ["CHEGOU", "CHAMADO", "ATENDIDO", "DESFAZ", "DESFAZ"],
  ["CHEGOU", "CHAMADO", "CHEGOU", "CHAMADO", "SAIU", "CHAMADO"],
  ["CHEGOU", "SAIU", "DESFAZ"],
  ["CONFIRMADO", "CANCELADO", "CANCELADO", "DESFAZ"],
  ["CHEGOU", "DESFAZ", "CHEGOU"],
  ["FALTOU", "FALTOU", "DESFAZ"],
];
const arbJornada: fc.Arbitrary<Ensaio[]> = fc.record({
  linha: fc.nat({ max: 30 }),
  situacoes: fc.constantFrom(...JORNADAS),
  prioridade: fc.nat({ max: 2 }),
  papel: fc.constantFrom<Papel[]>("gerente", "balcao", "servidor"),
}).map(({ situacoes, papel, linha, prioridade }) =>
  situacoes.map((situacao) => ({
    pedido: { comando: "SITUA", cpf: ANA, especialista: "CLINICO", prioridade, situacao },
    dito: { linha, cpfDela: true, numero: true },
    papel,
  }))
);

/** Uma volta do laço de eventos: os pedidos de cada conexão; ou o relógio que anda; ou a semana que muda. */
export type Passo = { readonly conexoes: Ensaio[][] } | { readonly anda: number } | { readonly semana: ConfigDoModelo };

const arbPasso: fc.Arbitrary<Passo> = fc.oneof(
  {
    weight: 9,
    arbitrary: fc.record({
      conexoes: fc.array(
        fc.oneof(
          { weight: 5, arbitrary: fc.array(arbEnsaio, { minLength: 1, maxLength: 5 }) },
          { weight: 1, arbitrary: arbJornada },
        ),
        { minLength: 1, maxLength: 3 },
      ),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      anda: fc.oneof(
        { weight: 6, arbitrary: fc.constantFrom(...[1, 15, 30, 45, 60, 60, -20].map((n) => n * MINUTO)) },
        { weight: 1, arbitrary: fc.constantFrom(16 * 60 * MINUTO, DIA, 6 * DIA, -DIA) },
      ),
    }),
  },
  { weight: 1, arbitrary: fc.record({ semana: fc.constantFrom(...CONFIGS) }) },
);
const arbSequencia = fc.noBias(
  fc.array(arbPasso, { minLength: 6, maxLength: 24, size: "max" }),
);
const arbInicio = fc.constantFrom("07:45", "07:45", "08:20").map((hora) => em(`${SEGUNDA}T${hora}`));

/** Uma sequência de passos, e com que semana e em que instante começa. */
export interface Sequencia {
  /** A semana. */
  readonly config: ConfigDoModelo;
  /** O instante, ms desde 1970. */
  readonly inicio: number;
  /** Os passos, na ordem. */
  readonly passos: readonly Passo[];
}

/** Confere tantas sequências ao acaso; de uma que falha mostra-se a menor. */
export async function paraCada(
  sequencias: number,
  confere: (sequencia: Sequencia) => void | Promise<void>,
): Promise<void> {
  const arb = fc.record({ config: fc.constantFrom(...CONFIGS), inicio: arbInicio, passos: arbSequencia });
  await fc.assert(fc.asyncProperty(arb, async (sequencia) => await confere(sequencia)), { numRuns: sequencias });
}

/** O pedido, com o que se sabe da linha de que fala. */
export function completa({ pedido, dito }: Ensaio, linhas: readonly Linha[]): Pedido {
  switch (pedido.comando) {
    case "REMARC":
    case "CANCEL":
    case "SITUA":
    case "CORRIGE": {
      if (dito.linha === undefined || linhas.length === 0) return pedido;
      const linha = linhas[dito.linha % linhas.length];
      const { cpf } = linha;
      // CANCEL pode não dizer a especialidade.
      const especialista = pedido.especialista === undefined ? undefined : linha.especialidade;
      return {
        ...pedido,
        ...(dito.cpfDela ? { cpf, especialista } : {}),
        ...(dito.numero ? { numero: linha.numero } : {}),
        versao: dito.versao === "certa" ? linha.versao : dito.versao,
        codigo: dito.codigo === "certo" ? linha.codigo : dito.codigo,
      };
    }
    default:
      return pedido;
  }
}
