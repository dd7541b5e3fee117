/**
 * A oferta: o que a clínica atende numa semana (`clinica.json`): especialidades, profissionais, salas e horários.
 *
 * `lerOferta` confere a configuração e diz o campo e a razão do que não serve. Que datas disso resultam, diz o
 * `calendario.ts`; o que as muda, `excecao.ts`.
 *
 * @module
 */

import { agendaDe } from "./agendamento.ts";
import { ErroDeConfiguracao, inteiro, lista, logico, mostra, objeto, texto } from "./conferencia.ts";
import {
  type ComoEsperar,
  type Guarda,
  lerEspera,
  lerGuarda,
  lerRegras,
  lerTv,
  type Regras,
  type Tv,
} from "./politica.ts";
import { chave } from "./texto.ts";

/** Uma hora em que se pode ser atendido. */
export interface Horario {
  /** `"HH:MM"`, hora local da clínica. */
  readonly hora: string;
  /** O mesmo, em minutos desde a meia-noite. */
  readonly inicio: number;
  /** Quanto dura, em minutos. */
  readonly minutos: number;
}

/** Uma especialidade, como se compara (`chave`) e como se mostra (`nome`). */
export interface Especialidade {
  /** Sem acentos, em maiúsculas: o que se guarda e se compara. */
  readonly chave: string;
  /** Como está escrita na configuração. */
  readonly nome: string;
}

/** Quem atende, como se compara e como se mostra. */
export interface Profissional {
  /** Sem acentos, em maiúsculas: o que se guarda e se compara. */
  readonly chave: string;
  /** Como está escrito na configuração. */
  readonly nome: string;
}

/** Um atendimento num dia: uma especialidade, quem atende, onde, e os horários que restam. */
export interface Turno {
  /** A chave da especialidade. */
  readonly especialidade: string;
  /** Quem atende; `undefined` se a especialidade não tem profissionais com nome. */
  readonly profissional: Profissional | undefined;
  /** A agenda que os horários tomam (`agendaDe`). */
  readonly agenda: string;
  /** Onde; `""` se não se disse. */
  readonly local: string;
  /** O primeiro minuto, desde a meia-noite. */
  readonly inicio: number;
  /** O minuto em que acaba. */
  readonly fim: number;
  /** Quanto dura cada horário. */
  readonly minutos: number;
  /** Quantos encaixes cabem. */
  readonly encaixes: number;
  /** Os horários, em ordem. */
  readonly horarios: readonly Horario[];
  /** Os minutos dele que as exceções fecharam, `[inicio, fim]`: em ordem, e nenhum toca o seguinte. */
  readonly fechados: readonly (readonly [inicio: number, fim: number])[];
}

/** O dia de uma agenda numa especialidade: um ou mais turnos. */
export interface AgendaDoDia {
  /** A agenda (`agendaDe`). */
  readonly agenda: string;
  /** Quem atende, se tem nome. */
  readonly profissional: Profissional | undefined;
  /** Os turnos, em ordem. */
  readonly turnos: readonly Turno[];
  /** Os horários de todos eles, em ordem. */
  readonly horarios: readonly Horario[];
  /** Os mesmos, por `"HH:MM"`. */
  readonly porHora: ReadonlyMap<string, Horario>;
}

/** O que se atende num dia: por chave de especialidade, as agendas na ordem da configuração. */
export type Atendimentos = ReadonlyMap<string, readonly AgendaDoDia[]>;

/** A configuração da clínica, conferida. */
export interface Oferta {
  /** O nome da clínica. */
  readonly nome: string;
  /** O fuso horário (IANA) em que as datas e horas valem. */
  readonly fuso: string;
  /** Quantas semanas, a de hoje incluída, estão abertas. */
  readonly semanas: number;
  /** Datas fechadas, `"aaaa-mm-dd"`. */
  readonly fechado: ReadonlySet<string>;
  /** As especialidades, na ordem da configuração. */
  readonly especialidades: readonly Especialidade[];
  /** Os profissionais, na ordem da configuração. */
  readonly profissionais: readonly Profissional[];
  /** Os de cada especialidade, por chave dela, na ordem da configuração; nenhum se ela não os nomeia. */
  readonly quemAtende: ReadonlyMap<string, readonly Profissional[]>;
  /** O que se atende em cada dia da semana (1 segunda … 7 domingo). */
  readonly semana: ReadonlyMap<number, Atendimentos>;
  /** Os nomes dos dias da semana, de segunda a domingo, como se mostram. */
  readonly diasDaSemana: readonly string[];
  /** O que a clínica não deixa marcar ou desmarcar. */
  readonly regras: Regras;
  /** Como se dá o que vaga a quem espera. */
  readonly espera: ComoEsperar;
  /** Passado o dia, quem era esperado e não veio fica como tendo faltado. */
  readonly faltaAutomatica: boolean;
  /** Por quanto tempo se guarda o que é de uma pessoa. */
  readonly guarda: Guarda;
  /** Como é a tela da sala de espera. */
  readonly tv: Tv;
}

/** A semana da primeira versão: o que vale quando não há arquivo, e o que falta em um que há. */
const PADRAO = {
  nome: "Clínica de Saúde",
  fuso: "America/Sao_Paulo",
  semanas: 4,
  fechado: [],
  regras: {},
  espera: {},
  faltaAutomatica: false,
  guarda: {},
  tv: {},
  atendimentos: [
    { especialidade: "CLINICO GERAL", dia: "SEGUNDA-FEIRA" },
    { especialidade: "DERMATOLOGISTA", dia: "QUARTA-FEIRA" },
    { especialidade: "NUTRICIONISTA", dia: "SEXTA-FEIRA" },
  ],
};

/** Encaixes por atendimento e dia, quando não se diz quantos. */
export const ENCAIXES_PADRAO = 2;

/** O que pode faltar num atendimento; a especialidade e o dia não podem. */
const ATENDIMENTO_PADRAO = {
  inicio: "08:00",
  vagas: 5,
  minutos: 30,
  encaixes: ENCAIXES_PADRAO,
  local: undefined,
  profissional: undefined,
};

/** Encaixes por atendimento e dia, no máximo. */
export const ENCAIXES_MAXIMOS = 100;

/** Tamanho máximo do nome de um local, em caracteres. */
export const LOCAL_MAXIMO = 60;

/** Os dias da semana, de segunda a domingo, como se escrevem na configuração. */
export const DIAS_DA_SEMANA: readonly string[] = [
  "SEGUNDA-FEIRA",
  "TERÇA-FEIRA",
  "QUARTA-FEIRA",
  "QUINTA-FEIRA",
  "SEXTA-FEIRA",
  "SÁBADO",
  "DOMINGO",
];

/** Além de um ano ninguém marca, e a janela inteira fica na memória. */
const SEMANAS_MAXIMAS = 53;
/** Os minutos de um dia. */
export const MINUTOS_DO_DIA: number = 24 * 60;

/**
 * Confere a configuração, já lida do JSON. Toda chave é opcional.
 *
 * @throws {ErroDeConfiguracao} com o campo e a razão.
 */
export function lerOferta(valor: unknown = {}): Oferta {
  const config: Record<string, unknown> = { ...PADRAO, ...objeto("configuração", valor, Object.keys(PADRAO)) };
  const nome = texto("nome", config.nome);
  const fuso = lerFuso(config.fuso);
  const semanas = inteiro("semanas", config.semanas, { de: 1, ate: SEMANAS_MAXIMAS });
  const fechado = lista("fechado", config.fechado).map((item, i) => lerData(`fechado[${i}]`, item));
  const profissionais = new Map<string, Profissional>();
  const atendimentos = lista("atendimentos", config.atendimentos)
    .map((item, i) => lerAtendimento(`atendimentos[${i}]`, item, profissionais));
  if (atendimentos.length === 0) {
    throw new ErroDeConfiguracao("atendimentos", "a lista está vazia; informe ao menos um");
  }

  const especialidades = new Map<string, Especialidade>();
  const diasDaSemana = [...DIAS_DA_SEMANA];
  const porDia = new Map<number, Atendimento[]>();
  for (const atendimento of atendimentos) {
    const { especialidade, diaDaSemana, nomeDoDia } = atendimento;
    if (!especialidades.has(especialidade.chave)) especialidades.set(especialidade.chave, especialidade);
    diasDaSemana[diaDaSemana - 1] = nomeDoDia;
    const doDia = porDia.get(diaDaSemana) ?? [];
    porDia.set(diaDaSemana, doDia);
    recusaSobreposicao(atendimento, doDia);
    doDia.push(atendimento);
  }
  recusaNomesPelaMetade(atendimentos);
  const ordem = [...profissionais.keys()];
  const quemAtende = new Map<string, Profissional[]>();
  for (const { especialidade: { chave }, turno: { profissional } } of atendimentos) {
    const dela = quemAtende.get(chave) ?? [];
    quemAtende.set(chave, dela);
    if (profissional !== undefined && !dela.includes(profissional)) dela.push(profissional);
  }
  for (const dela of quemAtende.values()) dela.sort((a, b) => ordem.indexOf(a.chave) - ordem.indexOf(b.chave));
  return {
    nome,
    fuso,
    semanas,
    fechado: new Set(fechado),
    especialidades: [...especialidades.values()],
    profissionais: [...profissionais.values()],
    quemAtende,
    semana: new Map([...porDia].map(([dia, doDia]) => [dia, reune(doDia.map(({ turno }) => turno), quemAtende)])),
    diasDaSemana,
    regras: lerRegras("regras", config.regras),
    espera: lerEspera("espera", config.espera),
    faltaAutomatica: logico("faltaAutomatica", config.faltaAutomatica),
    guarda: lerGuarda("guarda", config.guarda),
    tv: lerTv("tv", config.tv),
  };
}

/** Os turnos de um dia, por especialidade e agenda; dentro da especialidade, na ordem de `quemAtende`. */
export function reune(turnos: readonly Turno[], quemAtende: Oferta["quemAtende"]): Atendimentos {
  const atendimentos = new Map<string, AgendaDoDia[]>();
  const emOrdem = [...turnos].sort((a, b) => a.inicio - b.inicio);
  for (const [especialidade, daEspecialidade] of Map.groupBy(emOrdem, (turno) => turno.especialidade)) {
    const ordem = (quemAtende.get(especialidade) ?? []).map(({ chave }) => chave);
    const agendas = [...Map.groupBy(daEspecialidade, ({ agenda }) => agenda)].map(([agenda, turnos]): AgendaDoDia => {
      const horarios = turnos.flatMap(({ horarios }) => horarios).sort((a, b) => a.inicio - b.inicio);
      const porHora = new Map(horarios.map((horario) => [horario.hora, horario]));
      return { agenda, profissional: turnos[0].profissional, turnos, horarios, porHora };
    });
    const lugar = ({ profissional }: AgendaDoDia): number => ordem.indexOf(profissional?.chave ?? "");
    atendimentos.set(especialidade, agendas.sort((a, b) => lugar(a) - lugar(b)));
  }
  return atendimentos;
}

interface Atendimento {
  campo: string;
  especialidade: Especialidade;
  diaDaSemana: number;
  nomeDoDia: string;
  turno: Turno;
}

/** Um profissional que já apareceu mostra-se como da primeira vez; um novo junta-se a `profissionais`. */
function lerAtendimento(campo: string, valor: unknown, profissionais: Map<string, Profissional>): Atendimento {
  const chaves = ["especialidade", "dia", "inicio", "vagas", "minutos", "profissional", "local", "encaixes"];
  const item: Record<string, unknown> = { ...ATENDIMENTO_PADRAO, ...objeto(campo, valor, chaves) };
  const nome = texto(`${campo}.especialidade`, item.especialidade);
  const dia = texto(`${campo}.dia`, item.dia);
  const indice = DIAS_DA_SEMANA.findIndex((nome) => chave(nome) === chave(dia));
  if (indice < 0) {
    throw new ErroDeConfiguracao(`${campo}.dia`, `esperava um de ${DIAS_DA_SEMANA.join(", ")}; veio "${dia}"`);
  }
  const inicio = lerHora(`${campo}.inicio`, item.inicio);
  const vagas = inteiro(`${campo}.vagas`, item.vagas, { de: 1, ate: MINUTOS_DO_DIA });
  const minutos = inteiro(`${campo}.minutos`, item.minutos, { de: 1, ate: MINUTOS_DO_DIA });
  if (inicio + vagas * minutos > MINUTOS_DO_DIA) {
    throw new ErroDeConfiguracao(
      campo,
      `${vagas} vagas de ${minutos} minutos a partir de ${hora(inicio)} passam da meia-noite`,
    );
  }
  const quem = item.profissional === undefined ? undefined : texto(`${campo}.profissional`, item.profissional);
  const profissional = quem === undefined
    ? undefined
    : profissionais.get(chave(quem)) ?? { chave: chave(quem), nome: quem };
  if (profissional !== undefined) profissionais.set(profissional.chave, profissional);
  const especialidade: Especialidade = { chave: chave(nome), nome };
  return {
    campo,
    especialidade,
    diaDaSemana: indice + 1,
    nomeDoDia: dia.toUpperCase(),
    turno: turno({
      especialidade: especialidade.chave,
      profissional,
      local: item.local === undefined ? "" : texto(`${campo}.local`, item.local, LOCAL_MAXIMO),
      inicio,
      vagas,
      minutos,
      encaixes: inteiro(`${campo}.encaixes`, item.encaixes, { de: 0, ate: ENCAIXES_MAXIMOS }),
    }),
  };
}

/** Um turno inteiro, com os seus horários. */
export function turno(
  { vagas, ...dados }: Omit<Turno, "agenda" | "fim" | "horarios" | "fechados"> & { vagas: number },
): Turno {
  const { especialidade, profissional, inicio, minutos } = dados;
  return {
    ...dados,
    agenda: agendaDe({ especialidade, profissional: profissional?.chave ?? "" }),
    fim: inicio + vagas * minutos,
    horarios: Array.from({ length: vagas }, (_, i) => {
      const comeco = inicio + i * minutos;
      return { hora: hora(comeco), inicio: comeco, minutos };
    }),
    fechados: [],
  };
}

/** Ninguém está em dois lugares: nem uma especialidade sem nomes, nem um profissional, em qualquer especialidade. */
function recusaSobreposicao({ campo, turno, especialidade }: Atendimento, outros: readonly Atendimento[]): void {
  for (const { turno: outro } of outros) {
    if (outro.agenda !== turno.agenda || outro.fim <= turno.inicio || outro.inicio >= turno.fim) continue;
    const onde = turno.profissional === undefined
      ? `da mesma especialidade`
      : `de ${turno.profissional.nome}, que não pode estar em dois lugares,`;
    const as = hora(Math.max(outro.inicio, turno.inicio));
    throw new ErroDeConfiguracao(
      campo,
      `sobrepõe-se a outro atendimento ${onde} às ${as}` +
        (outro.especialidade === especialidade.chave ? "" : ` (${outro.especialidade})`),
    );
  }
}

/** Uma especialidade nomeia quem atende em todos os atendimentos, ou em nenhum: sem nome, não se saberia de quem é a hora. */
function recusaNomesPelaMetade(atendimentos: readonly Atendimento[]): void {
  for (const dela of Map.groupBy(atendimentos, ({ especialidade }) => especialidade.chave).values()) {
    const semNome = dela.find(({ turno: { profissional } }) => profissional === undefined);
    if (semNome === undefined || dela.every(({ turno: { profissional } }) => profissional === undefined)) continue;
    throw new ErroDeConfiguracao(
      `${semNome.campo}.profissional`,
      `falta, e outros atendimentos de ${semNome.especialidade.nome} dizem quem atende; diga em todos ou em nenhum`,
    );
  }
}

function lerFuso(valor: unknown): string {
  const fuso = texto("fuso", valor);
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(fuso);
  } catch {
    throw new ErroDeConfiguracao("fuso", `esperava um fuso como "America/Sao_Paulo"; veio ${mostra(valor)}`);
  }
  return fuso;
}

function lerData(campo: string, valor: unknown): string {
  try {
    if (typeof valor === "string" && /^\d{4}-\d{2}-\d{2}$/.test(valor)) {
      return Temporal.PlainDate.from(valor).toString();
    }
  } catch {
    // cai na recusa abaixo
  }
  throw new ErroDeConfiguracao(campo, `esperava uma data "aaaa-mm-dd"; veio ${mostra(valor)}`);
}

function lerHora(campo: string, valor: unknown): number {
  const partes = typeof valor === "string" ? /^([01]\d|2[0-3]):([0-5]\d)$/.exec(valor) : null;
  if (partes === null) throw new ErroDeConfiguracao(campo, `esperava uma hora "HH:MM"; veio ${mostra(valor)}`);
  return Number(partes[1]) * 60 + Number(partes[2]);
}

/** Escreve minutos desde a meia-noite como `"HH:MM"`. */
export function hora(minutos: number): string {
  return `${dois(Math.floor(minutos / 60))}:${dois(minutos % 60)}`;
}

function dois(n: number): string {
  return String(n).padStart(2, "0");
}

/** Lê `"HH:MM"` como minutos desde a meia-noite. */
export function minutoDoDia(hora: string): number {
  return Number(hora.slice(0, 2)) * 60 + Number(hora.slice(3, 5));
}

/** O nome do dia da semana de uma data `"aaaa-mm-dd"`, como a clínica o escreve. */
export function nomeDoDia(oferta: Oferta, iso: string): string {
  return oferta.diasDaSemana[Temporal.PlainDate.from(iso).dayOfWeek - 1];
}

/** O que a semana atende numa data; nada em data fechada ou sem atendimento. */
export function atendimentosDe(oferta: Oferta, iso: string): Atendimentos {
  if (oferta.fechado.has(iso)) return SEM_ATENDIMENTOS;
  return oferta.semana.get(Temporal.PlainDate.from(iso).dayOfWeek) ?? SEM_ATENDIMENTOS;
}

const SEM_ATENDIMENTOS: Atendimentos = new Map();
