/**
 * A oferta: o que a clínica atende (`clinica.json`) e o calendário que disso resulta.
 *
 * `lerOferta` confere a configuração e diz o campo e a razão do que não serve; `Calendario` responde, para um instante,
 * que datas estão abertas e com que horários. Não sabe de agendamentos, de rede nem de disco; o relógio vem de fora.
 *
 * @module
 */

import { chave, lerNome } from "./texto.ts";

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
  /** Os horários de cada dia da semana (1 segunda … 7 domingo), por chave de especialidade, em ordem. */
  readonly semana: ReadonlyMap<number, ReadonlyMap<string, readonly Horario[]>>;
  /** Os nomes dos dias da semana, de segunda a domingo, como se mostram. */
  readonly diasDaSemana: readonly string[];
}

/** A configuração tem um campo que não serve; a mensagem diz qual e por quê. */
export class ErroDeConfiguracao extends Error {
  /** O campo, como `"atendimentos[2].inicio"`, e a razão: o que se esperava e o que veio. */
  constructor(campo: string, razao: string) {
    super(`${campo}: ${razao}`);
    this.name = "ErroDeConfiguracao";
  }
}

/** A semana da primeira versão: o que vale quando não há arquivo, e o que falta em um que há. */
const PADRAO = {
  nome: "Clínica de Saúde",
  fuso: "America/Sao_Paulo",
  semanas: 4,
  fechado: [],
  atendimentos: [
    { especialidade: "CLINICO GERAL", dia: "SEGUNDA-FEIRA" },
    { especialidade: "DERMATOLOGISTA", dia: "QUARTA-FEIRA" },
    { especialidade: "NUTRICIONISTA", dia: "SEXTA-FEIRA" },
  ],
};

/** O que pode faltar num atendimento; a especialidade e o dia não podem. */
const ATENDIMENTO_PADRAO = { inicio: "08:00", vagas: 5, minutos: 30 };

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
const MINUTOS_DO_DIA = 24 * 60;

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
  const atendimentos = lista("atendimentos", config.atendimentos)
    .map((item, i) => lerAtendimento(`atendimentos[${i}]`, item));
  if (atendimentos.length === 0) {
    throw new ErroDeConfiguracao("atendimentos", "a lista está vazia; informe ao menos um");
  }

  const especialidades = new Map<string, Especialidade>();
  const diasDaSemana = [...DIAS_DA_SEMANA];
  const semana = new Map<number, Map<string, Horario[]>>();
  for (const { campo, especialidade, diaDaSemana, nomeDoDia, horarios } of atendimentos) {
    if (!especialidades.has(especialidade.chave)) especialidades.set(especialidade.chave, especialidade);
    diasDaSemana[diaDaSemana - 1] = nomeDoDia;
    const doDia = semana.get(diaDaSemana) ?? new Map<string, Horario[]>();
    semana.set(diaDaSemana, doDia);
    const todos = [...doDia.get(especialidade.chave) ?? [], ...horarios].sort((a, b) => a.inicio - b.inicio);
    recusaSobreposicao(campo, todos);
    doDia.set(especialidade.chave, todos);
  }
  return {
    nome,
    fuso,
    semanas,
    fechado: new Set(fechado),
    especialidades: [...especialidades.values()],
    semana,
    diasDaSemana,
  };
}

interface Atendimento {
  campo: string;
  especialidade: Especialidade;
  diaDaSemana: number;
  nomeDoDia: string;
  horarios: Horario[];
}

function lerAtendimento(campo: string, valor: unknown): Atendimento {
  const chaves = ["especialidade", "dia", "inicio", "vagas", "minutos"];
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
  return {
    campo,
    especialidade: { chave: chave(nome), nome },
    diaDaSemana: indice + 1,
    nomeDoDia: dia.toUpperCase(),
    horarios: Array.from({ length: vagas }, (_, i) => {
      const comeco = inicio + i * minutos;
      return { hora: hora(comeco), inicio: comeco, minutos };
    }),
  };
}

function recusaSobreposicao(campo: string, horarios: readonly Horario[]): void {
  for (let i = 1; i < horarios.length; i++) {
    const [antes, depois] = [horarios[i - 1], horarios[i]];
    if (antes.inicio + antes.minutos > depois.inicio) {
      throw new ErroDeConfiguracao(campo, `sobrepõe-se a outro atendimento da mesma especialidade às ${depois.hora}`);
    }
  }
}

function objeto(campo: string, valor: unknown, chaves: string[]): Record<string, unknown> {
  if (typeof valor !== "object" || valor === null || Array.isArray(valor)) {
    throw new ErroDeConfiguracao(campo, `esperava um objeto {…}; veio ${mostra(valor)}`);
  }
  const estranha = Object.keys(valor).find((nome) => !chaves.includes(nome));
  if (estranha !== undefined) {
    throw new ErroDeConfiguracao(campo, `não conhece a chave "${estranha}"; conhece ${chaves.join(", ")}`);
  }
  return Object.fromEntries(Object.entries(valor));
}

function lista(campo: string, valor: unknown): unknown[] {
  if (!Array.isArray(valor)) throw new ErroDeConfiguracao(campo, `esperava uma lista […]; veio ${mostra(valor)}`);
  return valor;
}

function texto(campo: string, valor: unknown): string {
  if (typeof valor !== "string" || lerNome(valor) === undefined || chave(valor) === "") {
    throw new ErroDeConfiguracao(campo, `esperava um texto de 1 a 120 caracteres; veio ${mostra(valor)}`);
  }
  return valor.normalize("NFC").trim();
}

function inteiro(campo: string, valor: unknown, { de, ate }: { de: number; ate: number }): number {
  if (typeof valor !== "number" || !Number.isInteger(valor) || valor < de || valor > ate) {
    throw new ErroDeConfiguracao(campo, `esperava um inteiro de ${de} a ${ate}; veio ${mostra(valor)}`);
  }
  return valor;
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

function mostra(valor: unknown): string {
  return valor === undefined ? "nada" : JSON.stringify(valor);
}

/** Escreve minutos desde a meia-noite como `"HH:MM"`. */
function hora(minutos: number): string {
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

/** Os horários de uma data, por chave de especialidade; nenhum em data fechada ou sem atendimento. */
export function horariosDe(oferta: Oferta, iso: string): ReadonlyMap<string, readonly Horario[]> {
  if (oferta.fechado.has(iso)) return SEM_HORARIOS;
  return oferta.semana.get(Temporal.PlainDate.from(iso).dayOfWeek) ?? SEM_HORARIOS;
}

const SEM_HORARIOS: ReadonlyMap<string, readonly Horario[]> = new Map();

/** Uma data aberta. */
export interface DiaAberto {
  /** `"aaaa-mm-dd"`. */
  readonly iso: string;
  /** O dia da semana, como se mostra. */
  readonly nome: string;
  /** Os horários de cada especialidade que atende nesta data. */
  readonly horarios: ReadonlyMap<string, readonly Horario[]>;
}

/** O que está aberto num dia do relógio: vale de `inicio` até antes de `fim` (ms desde 1970). */
export interface Janela {
  /** A data de hoje, `"aaaa-mm-dd"`. */
  readonly hoje: string;
  /** O primeiro instante de hoje. */
  readonly inicio: number;
  /** O primeiro instante de amanhã. */
  readonly fim: number;
  /** As datas abertas, por `"aaaa-mm-dd"`, em ordem. */
  readonly dias: ReadonlyMap<string, DiaAberto>;
}

/**
 * As datas abertas e os instantes de hoje, no fuso da clínica. Perguntar ao `Temporal` custa microssegundos; por isso a
 * janela é montada uma vez por dia e os instantes de hoje uma vez por hora perguntada.
 */
export class Calendario {
  /** A oferta que ele segue. */
  readonly oferta: Oferta;
  #janela: Janela | undefined;
  #instantes = new Map<string, number>();

  /** O calendário de uma semana, com as suas datas fechadas e o seu fuso. */
  constructor(oferta: Oferta) {
    this.oferta = oferta;
  }

  /** A janela aberta no instante dado (ms desde 1970). */
  janela(agora: number): Janela {
    const janela = this.#janela;
    if (janela !== undefined && agora >= janela.inicio && agora < janela.fim) return janela;
    this.#instantes.clear();
    return this.#janela = this.#abre(agora);
  }

  #abre(agora: number): Janela {
    const { oferta } = this;
    const meiaNoite = Temporal.Instant.fromEpochMilliseconds(agora).toZonedDateTimeISO(oferta.fuso).startOfDay();
    const hoje = meiaNoite.toPlainDate();
    const dias = new Map<string, DiaAberto>();
    for (let i = 0; i < 7 * oferta.semanas; i++) {
      const iso = hoje.add({ days: i }).toString();
      const horarios = horariosDe(oferta, iso);
      if (horarios.size === 0) continue;
      dias.set(iso, { iso, nome: nomeDoDia(oferta, iso), horarios });
    }
    return {
      hoje: hoje.toString(),
      inicio: meiaNoite.epochMilliseconds,
      fim: hoje.add({ days: 1 }).toZonedDateTime(oferta.fuso).epochMilliseconds,
      dias,
    };
  }

  /** Verdadeiro quando a hora da data já começou no instante dado. */
  comecou(iso: string, hora: string, agora: number): boolean {
    const { hoje } = this.janela(agora);
    return iso === hoje ? this.#instanteDeHoje(hoje, hora) <= agora : iso < hoje;
  }

  /** Verdadeiro quando o atendimento (`hora`, com `minutos` de duração) já acabou no instante dado. */
  terminou(iso: string, hora: string, minutos: number, agora: number): boolean {
    const { hoje } = this.janela(agora);
    // Um atendimento cabe no dia em que começa: o de ontem acabou, o de amanhã não.
    return iso === hoje ? this.#instanteDeHoje(hoje, hora) + minutos * 60_000 <= agora : iso < hoje;
  }

  /** Na mudança de horário, a hora que não existe anda para a frente e a que se repete vale a primeira vez. */
  #instanteDeHoje(hoje: string, hora: string): number {
    let instante = this.#instantes.get(hora);
    if (instante === undefined) {
      instante = Temporal.PlainDateTime.from(`${hoje}T${hora}`).toZonedDateTime(this.oferta.fuso).epochMilliseconds;
      this.#instantes.set(hora, instante);
    }
    return instante;
  }
}
