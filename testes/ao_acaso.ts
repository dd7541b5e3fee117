/**
 * Sequências ao acaso de pedidos e de relógio, para as propriedades do núcleo. Só os arquivos `_test.ts` o importam.
 *
 * @module
 */

import fc from "fast-check";
import type { Papel, Situacao } from "../clinica/agendamento.ts";
import type { Pedido } from "../clinica/pedido.ts";
import type { Espera } from "../clinica/espera.ts";
import { CONFIGS, SEG } from "./ao_acaso_semanas.ts";
import { cpfDeExemplo } from "./apoio.ts";
import { ANA, BIA, CID, codigoDeTeste, DIA, diaDaSemana, em, MINUTO, nomeDe, SEGUNDA } from "./balcao.ts";
import type { ConfigDoModelo, Linha } from "./modelo_dias.ts";

// ------------------------------------------------------------------------------------------------------ ao acaso

const CPFS = [ANA, BIA, CID, cpfDeExemplo(4)];

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
  /** Quer a hora que está segurada, seja para quem for. */
  readonly segurada?: boolean;
}

/** Um pedido de que ainda não se sabe de que linha fala. */
export interface Ensaio {
  /** O que se pede. */
  readonly pedido: Pedido;
  /** De que linha. */
  readonly dito: Dito;
  /** Por quem. */
  readonly papel: Papel;
  /** De onde; do mesmo balcão, se não se diz. */
  readonly origem?: string;
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
      segurada: fc.constantFrom(true, false, false, false),
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
const arbEspera: fc.Arbitrary<Pedido> = fc.record({
  ...arbContato,
  cpf: arbCpf,
  especialista: arbEspecialista,
  profissional: talvez(arbProfissional, 9),
  de: talvez(fc.constantFrom(SEGUNDA, "2026-12-01", "2026-12-07"), 6),
  ate: talvez(fc.constantFrom(SEGUNDA, "2026-12-01", "2026-12-07", "2026-11-29"), 6),
  turno: talvez(fc.constantFrom("MANHÃ" as const, "TARDE" as const), 8),
  antecedencia: talvez(fc.constantFrom(0, 45, 180), 6),
  marca: talvez(fc.boolean(), 2),
  prioridade: talvez(fc.nat({ max: 4 }), 6),
  motivo: talvez(fc.constant("tosse!"), 6),
}).map(({ de, ate, ...campos }) => ({
  comando: "ESPERA",
  ...campos,
  nome: nomeDe(campos.cpf),
  de,
  ...(de === undefined || ate === undefined || de <= ate ? { ate } : {}),
}));
const arbResposta: fc.Arbitrary<Pedido> = fc.record({
  comando: fc.constantFrom(...(["DESISTE", "ACEITA", "ACEITA", "ACEITA", "RECUSA", "RECUSA"] as const)),
  cpf: arbCpf,
  especialista: arbEspecialista,
  motivo: talvez(fc.constant("porque!"), 6),
}).map(({ comando, motivo, ...campos }) =>
  comando === "ACEITA" ? { comando, motivo, ...campos } : { comando, ...campos }
);
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
  fc.record({ comando: fc.constant("FILA" as const), especialista: arbEspecialista }),
  fc.record({ comando: fc.constant("VAGAS" as const), especialista: talvez(arbEspecialista, 2) }),
  fc.constantFrom<Pedido[]>({ comando: "PING" }, { comando: "OLA" }, { comando: "EXCECOES" }),
);
const arbTitular: fc.Arbitrary<Pedido> = fc.record({
  ...arbContato,
  cpf: arbCpf,
  ato: fc.constantFrom(
    ...(["ANONIMIZA", "ANONIMIZA", "ANONIMIZA", "ANONIMIZA", "ANONIMIZA", "RETIFICA", "RETIFICA"] as const),
    ...(["EXPORTA", "GUARDA", "SOLTA", "SOLTA"] as const),
  ),
  nome: talvez(fc.constantFrom("OUTRA PESSOA"), 2),
  motivo: fc.constantFrom("a pedido!", "a pedido!", undefined),
  quem: fc.nat({ max: 9_999_999_999 }),
}).map(({ ato, cpf, nome, email, telefone, motivo, quem }): Pedido => {
  const comum = { comando: "TITULAR", cpf } as const;
  switch (ato) {
    case "ANONIMIZA":
      return { ...comum, ato, pseudonimo: `X${String(quem).padStart(10, "0")}`, motivo };
    case "RETIFICA":
      return { ...comum, ato, nome, email, telefone };
    case "EXPORTA":
      return { ...comum, ato };
    default:
      return { ...comum, ato, motivo };
  }
});
const arbPedido: fc.Arbitrary<Pedido> = fc.oneof(
  { weight: 12, arbitrary: arbAgend },
  { weight: 5, arbitrary: arbRemarc },
  { weight: 14, arbitrary: arbSitua },
  {
    weight: 7,
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
  { weight: 8, arbitrary: arbEspera },
  { weight: 7, arbitrary: arbResposta },
  { weight: 4, arbitrary: arbTitular },
  {
    weight: 3,
    arbitrary: fc.constantFrom<Pedido[]>(
      ...[{ comando: "TICK" }, { comando: "TICK" }, { comando: "PROSSEGUE" }] as const,
      { comando: "PROSSEGUE", soNinguem: true },
    ),
  },
);
const arbEnsaio: fc.Arbitrary<Ensaio> = fc.record({
  pedido: arbPedido,
  dito: arbDito,
  papel: fc.constantFrom<Papel[]>("gerente", "gerente", "gerente", "balcao", "quiosque", "servidor"),
}).map((ensaio) => doServidor(ensaio.pedido) ? { ...ensaio, papel: "servidor" } : ensaio);

function doServidor({ comando }: Pedido): boolean {
  return comando === "TICK" || comando === "PROSSEGUE";
}

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

function sem(pedido: Pedido, papel: Papel): Ensaio {
  return { pedido, dito: {}, papel };
}

/** Muita gente na lista, e de repente muitas horas: mais do que se dão numa transação. */
const arbMultidao: fc.Arbitrary<Passo[]> = fc.record({
  papel: fc.constantFrom<Papel[]>("gerente", "quiosque"),
  marcam: fc.array(fc.boolean(), { minLength: 18, maxLength: 22 }),
}).map(({ papel, marcam }) => {
  const esperam = marcam.map((marca, i) => {
    const cpf = cpfDeExemplo(100 + i);
    return sem({ comando: "ESPERA", cpf, nome: nomeDe(cpf), especialista: "CLINICO", marca }, papel);
  });
  const abrem = [undefined, "LIMA"].map((profissional) =>
    sem({
      ...{ comando: "EXTRA", especialista: "CLINICO", profissional },
      ...{ data: "2026-12-02", inicio: 600, vagas: 20, minutos: 15 },
    }, "gerente")
  );
  return [{ conexoes: [esperam] }, { conexoes: [abrem] }];
});

/** Alguém espera, e deixa vencer um convite atrás do outro. */
const arbLapsos: fc.Arbitrary<Passo[]> = fc.record({
  quem: arbCpf,
  horas: fc.constantFrom(["08:00", "08:30", "09:00"], ["09:00", "08:15", "08:30", "08:00"]),
}).map(({ quem, horas }) => {
  const outro = cpfDeExemplo(9);
  const comum = { especialista: "CLINICO", data: "2026-12-07" };
  return [
    { conexoes: [[sem({ comando: "ESPERA", cpf: quem, nome: nomeDe(quem), especialista: "CLINICO" }, "gerente")]] },
    ...horas.flatMap((horario): Passo[] => [
      {
        conexoes: [[
          sem({ comando: "AGEND", cpf: outro, nome: nomeDe(outro), dia: SEG, horario, ...comum }, "gerente"),
          sem({ comando: "CANCEL", cpf: outro, motivo: "porque!" }, "gerente"),
        ]],
      },
      { anda: 121 * MINUTO },
      { conexoes: [[sem({ comando: "TICK" }, "servidor")]] },
    ]),
  ];
});

/** Quem tem marcado espera por mais cedo, e a primeira hora vaga; depois, de tudo. */
const arbCadeia: fc.Arbitrary<Ensaio[]> = fc.record({
  quem: fc.shuffledSubarray(CPFS, { minLength: 3 }),
  horas: fc.subarray(["08:00", "08:30", "09:00", "09:30"], { minLength: 2 }),
  marca: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
  data: fc.constantFrom("2026-12-07", "2026-12-07", SEGUNDA),
  fim: fc.array(fc.constantFrom("ACEITA", "ACEITA", "RECUSA", "REMARC", "AGEND", "PEDIATRA", "FECHA"), {
    maxLength: 3,
  }),
  papel: fc.constantFrom<Papel[]>("gerente", "balcao"),
}).map(({ quem, horas, marca, data, fim, papel }) => {
  const comum = (cpf: string): { cpf: string; nome: string; especialista: string } => ({
    ...{ cpf, nome: nomeDe(cpf), especialista: "CLINICO" },
  });
  const para = { data, dia: diaDaSemana(data) };
  const finais = (cpf: string): Record<typeof fim[number], Pedido> => ({
    ACEITA: { comando: "ACEITA", ...comum(cpf) },
    RECUSA: { comando: "RECUSA", ...comum(cpf) },
    REMARC: { comando: "REMARC", ...comum(cpf), ...para },
    AGEND: { comando: "AGEND", ...comum(cpf), ...para },
    PEDIATRA: { comando: "AGEND", ...comum(cpf), ...para, especialista: "PEDIATRA" },
    FECHA: { comando: "FECHA", data },
  });
  return [
    ...horas.map((horario, i): Pedido => ({ comando: "AGEND", ...comum(quem[i % quem.length]), ...para, horario })),
    ...quem.slice(1).map((cpf, i): Pedido => ({ comando: "ESPERA", ...comum(cpf), marca: marca[i] })),
    { comando: "CANCEL", cpf: quem[0], especialista: "CLINICO" } as const,
    ...fim.map((um) => finais(quem[1])[um]),
  ].map((pedido) => sem(pedido, papel));
});

/** Quem espera e já tem marcado vem, ou falta, e quer outra vez. */
const arbVem: fc.Arbitrary<Passo[]> = fc.record({
  cpf: arbCpf,
  situacoes: fc.constantFrom<Situacao[][]>(["CHEGOU", "CHAMADO", "ATENDIDO"], ["FALTOU"]),
  papel: fc.constantFrom<Papel[]>("gerente", "quiosque"),
}).map(({ cpf, situacoes, papel }) => {
  const comum = { cpf, nome: nomeDe(cpf), especialista: "CLINICO" };
  const espera = sem({ comando: "ESPERA", ...comum }, papel);
  const agend = sem({ comando: "AGEND", ...comum, data: SEGUNDA, dia: SEG }, "gerente");
  return [
    { conexoes: [[espera, agend]] },
    { anda: 45 * MINUTO },
    { conexoes: [situacoes.map((situacao) => sem({ comando: "SITUA", ...comum, situacao }, "gerente"))] },
    { conexoes: [[agend, espera]] },
  ];
});

/** Quem espera por uma especialidade marca noutra, e já não pode ter mais um. */
const arbDemais: fc.Arbitrary<Ensaio[]> = fc.tuple(fc.constantFrom(ANA, BIA), fc.constantFrom(undefined, "tosse!")).map(
  ([cpf, motivo]) => {
    const comum = { cpf, nome: nomeDe(cpf), especialista: "CLINICO" };
    const outro = { ...comum, cpf: CID, nome: nomeDe(CID) };
    const para = { data: "2026-12-07", dia: SEG };
    return [
      { comando: "AGEND", ...outro, ...para } as const,
      { comando: "ESPERA", ...comum, motivo } as const,
      // A quem está isento dá-se ainda que já tenha outro.
      ...motivo === undefined ? [] : [{ comando: "AGEND", ...comum, ...para, especialista: "PEDIATRA" } as const],
      { comando: "CANCEL", cpf: CID, especialista: "CLINICO", motivo: "porque!" } as const,
      { comando: "AGEND", ...comum, ...para, especialista: "PEDIATRA" } as const,
      { comando: "ACEITA", ...comum } as const,
    ].map((pedido) => sem(pedido, "gerente"));
  },
);

/** Numa clínica com regras, quem tem uma hora a que elas não valeram quer mudá-la: primeiro para cedo demais, e depois tarde demais. */
const arbTarde: fc.Arbitrary<Passo[]> = fc.constantFrom(ANA, BIA).map((cpf) => {
  const comum = { cpf, especialista: "CLINICO", data: SEGUNDA, dia: SEG };
  const agend = { comando: "AGEND", ...comum, nome: nomeDe(cpf), horario: "08:30", motivo: "tosse!" } as const;
  const remarc = (horario: string): Ensaio => sem({ comando: "REMARC", ...comum, horario }, "gerente");
  return [
    { semana: CONFIGS[CONFIGS.length - 1] },
    { conexoes: [[sem(agend, "gerente"), remarc("08:00")]] },
    { anda: 15 * MINUTO },
    { conexoes: [[remarc("09:30")]] },
  ];
});

/** Quem não é da casa procura um código, ou se alguém está no livro, de duas redes; pelo meio passa tempo. */
const arbAdivinha: fc.Arbitrary<Passo[]> = fc.record({
  cpf: arbCpf,
  linha: fc.nat({ max: 30 }),
  redes: fc.array(fc.constantFrom("10.0.0.7", "10.0.0.7", "2001:db8::1"), { minLength: 9, maxLength: 14 }),
  quais: fc.array(fc.constantFrom("BUSCA", "CANCEL", "SITUA", "ACEITA", "AGEND", "AGEND", "ESPERA"), {
    minLength: 9,
    maxLength: 14,
  }),
  so: fc.constantFrom(undefined, "BUSCA", "ACEITA", "AGEND"),
  certas: fc.array(fc.constantFrom(true, false, false, false, false), { minLength: 9, maxLength: 14 }),
  anda: fc.constantFrom(14, 16, 59, 61, 0).map((n) => n * MINUTO),
}).map(({ cpf, linha, redes, quais, so, certas, anda }) => {
  const comum = { cpf, especialista: "CLINICO" };
  const pedidos = {
    BUSCA: { comando: "BUSCA", cpf },
    CANCEL: { comando: "CANCEL", ...comum },
    SITUA: { comando: "SITUA", ...comum, situacao: "CONFIRMADO" },
    ACEITA: { comando: "ACEITA", ...comum },
    AGEND: { comando: "AGEND", ...comum, nome: nomeDe(cpf), data: "2026-12-07", dia: SEG },
    ESPERA: { comando: "ESPERA", ...comum, nome: nomeDe(cpf) },
  } as const satisfies Record<string, Pedido>;
  const tenta = (origem: string, i: number): Ensaio => {
    const pedido = pedidos[so ?? quais[i % quais.length]];
    const codigo = certas[i % certas.length] ? "certo" : codigoDeTeste(9999);
    return { pedido, dito: { linha, cpfDela: true, codigo }, papel: "quiosque", origem };
  };
  const todas = redes.map(tenta);
  return [{ conexoes: todas.slice(0, 7).map((uma) => [uma]) }, { anda }, {
    conexoes: todas.slice(7).map((uma) => [uma]),
  }];
});

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
        { weight: 6, arbitrary: fc.constantFrom(...[1, 15, 30, 45, 60, 60, 121, -20].map((n) => n * MINUTO)) },
        { weight: 1, arbitrary: fc.constantFrom(16 * 60 * MINUTO, DIA, 6 * DIA, -DIA) },
      ),
    }),
  },
  { weight: 1, arbitrary: fc.record({ semana: fc.constantFrom(...CONFIGS) }) },
);
const arbPassos: fc.Arbitrary<Passo[]> = fc.oneof(
  { weight: 80, arbitrary: arbPasso.map((passo) => [passo]) },
  { weight: 2, arbitrary: arbLapsos },
  { weight: 3, arbitrary: arbVem },
  { weight: 2, arbitrary: arbTarde },
  { weight: 2, arbitrary: arbDemais.map((ensaios) => [{ conexoes: [ensaios] }]) },
  { weight: 8, arbitrary: arbCadeia.map((ensaios) => [{ conexoes: [ensaios] }]) },
  {
    weight: 2,
    arbitrary: fc.constant<Passo[]>([{ anda: DIA }, { conexoes: [[sem({ comando: "TICK" }, "servidor")]] }]),
  },
  { weight: 1, arbitrary: arbMultidao },
  { weight: 5, arbitrary: arbAdivinha },
);
const arbSequencia: fc.Arbitrary<Passo[]> = fc.noBias(
  fc.array(arbPassos, { minLength: 6, maxLength: 24, size: "max" }).map((passos) => passos.flat()),
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

/** O pedido, com o que se sabe da linha, ou da entrada, de que fala. */
export function completa(
  { pedido, dito }: Ensaio,
  { dias: { linhas }, listas: { esperas } }: {
    readonly dias: { readonly linhas: readonly Linha[] };
    readonly listas: { readonly esperas: readonly Espera[] };
  },
): Pedido {
  switch (pedido.comando) {
    case "BUSCA": {
      if (dito.linha === undefined || linhas.length === 0) return pedido;
      const { cpf, codigo } = linhas[dito.linha % linhas.length];
      return { ...pedido, ...(dito.cpfDela ? { cpf } : {}), codigo: dito.codigo === "certo" ? codigo : dito.codigo };
    }
    case "AGEND": {
      const seguradas = linhas.filter(({ situacao }) => situacao === "CONVIDADO");
      if (dito.linha === undefined || !dito.segurada || seguradas.length === 0) return pedido;
      const { cpf, especialidade, data, hora } = seguradas[dito.linha % seguradas.length];
      return {
        ...pedido,
        ...(dito.cpfDela ? { cpf } : {}),
        ...{ especialista: especialidade, data, dia: diaDaSemana(data), horario: hora, encaixe: false },
      };
    }
    case "ESPERA": {
      const ativas = linhas.filter(({ ativo }) => ativo);
      if (dito.linha === undefined || ativas.length === 0) return pedido;
      const { cpf, especialidade, codigo } = ativas[dito.linha % ativas.length];
      return {
        ...pedido,
        ...(dito.cpfDela ? { cpf, especialista: especialidade } : {}),
        codigo: dito.codigo === "certo" ? codigo : dito.codigo,
      };
    }
    case "DESISTE":
    case "ACEITA":
    case "RECUSA": {
      const convidadas = esperas.filter(({ convite }) => convite !== 0);
      const quais = convidadas.length === 0 || dito.numero ? esperas : convidadas;
      if (dito.linha === undefined || quais.length === 0) return pedido;
      const { cpf, especialidade, numero, codigo } = quais[dito.linha % quais.length];
      return {
        ...pedido,
        ...(dito.cpfDela ? { cpf, especialista: especialidade } : {}),
        ...(dito.numero ? { numero } : {}),
        codigo: dito.codigo === "certo" ? codigo : dito.codigo,
      };
    }
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
