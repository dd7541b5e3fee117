/**
 * O que um cliente de CLINICA/2 faz e vê, na história: os pedidos e as respostas, como a prova os entende, e como se escrevem e
 * leem no fio. Lê o fio por si, e não com o leitor do produto: um engano dele apareceria dos dois lados.
 *
 * @module
 */

import type { Operacao } from "./registro.ts";
import type { Situacao } from "./tabela.ts";

/** De que agendamento se fala. */
export interface Alvo {
  /** 11 dígitos. */
  readonly cpf: string;
  /** A especialidade. */
  readonly especialidade: string;
  /** Exatamente este. */
  readonly numero?: number;
  /** Só se ainda é esta. */
  readonly versao?: number;
}

/** O que um cliente de CLINICA/2 fez. As datas são `"aaaa-mm-dd"`; as horas de um FECHA e de um EXTRA, `"HH:MM"`. */
export type FeitoNoDia =
  | { readonly comando: "OLA" }
  | {
    readonly comando: "AGEND";
    readonly cpf: string;
    readonly nome: string;
    readonly especialidade: string;
    readonly data: string;
    readonly hora?: string;
    readonly profissional?: string;
    readonly encaixe?: boolean;
    /** Com um, as regras da clínica não valem; também nos outros pedidos. */
    readonly motivo?: string;
  }
  | Alvo & {
    readonly comando: "REMARC";
    readonly data: string;
    readonly hora?: string;
    readonly profissional?: string;
    readonly motivo?: string;
  }
  | Alvo & { readonly comando: "CANCEL"; readonly motivo?: string }
  | Alvo & { readonly comando: "CORRIGE"; readonly nome?: string; readonly nota?: string }
  | Alvo & {
    readonly comando: "SITUA";
    readonly situacao: Situacao | "DESFAZ";
    readonly prioridade?: number;
    readonly local?: string;
  }
  | { readonly comando: "BUSCA" | "HISTORIA"; readonly cpf: string }
  | {
    readonly comando: "LISTA";
    readonly data: string;
    readonly especialidade?: string;
    readonly profissional?: string;
  }
  | { readonly comando: "VAGAS"; readonly especialidade: string; readonly data: string; readonly profissional?: string }
  | {
    readonly comando: "FECHA";
    readonly data: string;
    readonly ate?: string;
    readonly inicio?: string;
    readonly fim?: string;
    readonly especialidade?: string;
    readonly profissional?: string;
    /** O que o identifica: cada FECHA diferente tem um só seu. */
    readonly motivo: string;
  }
  | {
    readonly comando: "EXTRA";
    readonly especialidade: string;
    readonly data: string;
    readonly inicio: string;
    readonly vagas: number;
    readonly minutos: number;
    readonly profissional?: string;
    /** O que o identifica: cada EXTRA diferente tem um só seu. */
    readonly local: string;
    readonly encaixes?: number;
  }
  | { readonly comando: "REABRE"; readonly numero: number }
  | DeEspera & {
    readonly comando: "ESPERA";
    /** O que a identifica: cada `ESPERA` tem um só seu. */
    readonly nome: string;
    readonly profissional?: string;
    readonly de?: string;
    readonly ate?: string;
    readonly turno?: "MANHÃ" | "TARDE";
    readonly antecedencia?: number;
    readonly marca?: boolean;
    readonly prioridade?: number;
    readonly motivo?: string;
  }
  | DeEspera & { readonly comando: "DESISTE" | "ACEITA" | "RECUSA" }
  | { readonly comando: "FILA"; readonly especialidade: string };

/** De que entrada da lista de espera se fala. */
export interface DeEspera {
  /** 11 dígitos. */
  readonly cpf: string;
  /** A especialidade. */
  readonly especialidade: string;
}

/** Um comando da história. */
export type ComandoDoDia = FeitoNoDia["comando"];

/** Um agendamento como uma resposta o mostrou; o que ela não traz não se sabe. */
export interface Visto {
  /** O número. */
  readonly numero: number;
  /** A versão. */
  readonly versao: number;
  /** 11 dígitos. */
  readonly cpf: string;
  /** O nome; as duas primeiras palavras identificam quem o marcou. */
  readonly nome: string;
  /** A especialidade. */
  readonly especialidade: string;
  /** O profissional; `""` se não há. */
  readonly profissional: string;
  /** `"aaaa-mm-dd"`. */
  readonly data: string;
  /** `"HH:MM"`. */
  readonly hora: string;
  /** Quanto dura. */
  readonly minutos: number;
  /** A situação. */
  readonly situacao: Situacao;
  /** Foi encaixado. */
  readonly encaixe: boolean;
  /** O código. */
  readonly codigo?: string;
  /** A senha do dia. */
  readonly senha?: string;
  /** A prioridade. */
  readonly prioridade?: number;
  /** Quantas vezes foi chamado. */
  readonly chamadas?: number;
  /** A nota. */
  readonly nota?: string;
  /** Onde. */
  readonly local?: string;
}

/** As horas livres de uma data, especialidade e profissional. */
export interface VagaVista {
  /** `"aaaa-mm-dd"`. */
  readonly data: string;
  /** A especialidade. */
  readonly especialidade: string;
  /** O profissional; `""` se não há. */
  readonly profissional: string;
  /** `"HH:MM"`, em ordem. */
  readonly horas: readonly string[];
}

/** O que veio. */
export interface RespostaDoDia {
  /** `"OK-nnn"` ou `"ERRO-nnn"`. */
  readonly codigo: string;
  /** Os agendamentos que traz; num `OK-303`, o novo e o antigo. */
  readonly vistos: readonly Visto[];
  /** O número da exceção, ou da entrada na lista de espera. */
  readonly numero?: number;
  /** As horas livres. */
  readonly vagas?: readonly VagaVista[];
  /** A regra da clínica que o recusou. */
  readonly regra?: string;
  /** O lugar na lista de espera. */
  readonly posicao?: number;
  /** A lista de espera. */
  readonly fila?: readonly NaFila[];
}

/** Quem está à espera, como a lista o mostra. */
export interface NaFila {
  /** 11 dígitos. */
  readonly cpf: string;
  /** O nome. */
  readonly nome: string;
  /** O lugar, a partir de 1. */
  readonly posicao: number;
  /** A hora que lhe está segurada, `"aaaa-mm-dd HH:MM PROFISSIONAL"`; `""` se nenhuma. */
  readonly convite: string;
}

/** Uma operação de CLINICA/2. */
export type OperacaoDoDia = Operacao<FeitoNoDia, RespostaDoDia>;

/** Um pedido que muda um agendamento que já há. */
export type QueMuda = Extract<FeitoNoDia, { readonly comando: "REMARC" | "CANCEL" | "CORRIGE" | "SITUA" }>;

/** Se um pedido é desses. */
export function mudaUm(feito: FeitoNoDia): feito is QueMuda {
  const { comando } = feito;
  return comando === "REMARC" || comando === "CANCEL" || comando === "CORRIGE" || comando === "SITUA";
}

// ---------------------------------------------------------------------------------------------------------- no fio

const DIAS = ["SEGUNDA-FEIRA", "TERÇA-FEIRA", "QUARTA-FEIRA", "QUINTA-FEIRA", "SEXTA-FEIRA", "SÁBADO", "DOMINGO"];

/** O nome do dia da semana de uma data. */
export function nomeDoDia(data: string): string {
  return DIAS[Temporal.PlainDate.from(data).dayOfWeek - 1];
}

/** O pedido numa linha, LF incluído. */
export function escrevePedido(feito: FeitoNoDia): string {
  return JSON.stringify(camposDe(feito)) + "\n";
}

function camposDe(feito: FeitoNoDia): unknown[] {
  switch (feito.comando) {
    case "OLA":
      return ["OLA", "CLINICA/2"];
    case "AGEND": {
      const { comando, cpf, nome, especialidade, data, hora, ...opcoes } = feito;
      return [comando, cpf, nome, especialidade, noFio(data), nomeDoDia(data), ...comOpcoes([hora], opcoes)];
    }
    case "REMARC": {
      const { comando, cpf, especialidade, data, hora, ...opcoes } = feito;
      return [comando, cpf, especialidade, noFio(data), nomeDoDia(data), ...comOpcoes([hora], opcoes)];
    }
    case "CANCEL":
    case "CORRIGE": {
      const { comando, cpf, especialidade, ...opcoes } = feito;
      return [comando, cpf, especialidade, ...comOpcoes([], opcoes)];
    }
    case "SITUA": {
      const { comando, cpf, especialidade, situacao, ...opcoes } = feito;
      return [comando, cpf, especialidade, situacao, ...comOpcoes([], opcoes)];
    }
    case "BUSCA":
    case "HISTORIA":
      return [feito.comando, feito.cpf];
    case "LISTA": {
      const { comando, data, especialidade: especialista, profissional } = feito;
      return [comando, noFio(data), ...comOpcoes([], { especialista, profissional })];
    }
    case "VAGAS": {
      const { comando, especialidade, data, ...opcoes } = feito;
      return [comando, especialidade, noFio(data), ...comOpcoes([], opcoes)];
    }
    case "FECHA": {
      const { comando, data, ate, especialidade: especialista, ...opcoes } = feito;
      return [comando, noFio(data), ...comOpcoes([], { ate: ate && noFio(ate), especialista, ...opcoes })];
    }
    case "EXTRA": {
      const { comando, especialidade, data, inicio, vagas, minutos, ...opcoes } = feito;
      return [comando, especialidade, noFio(data), inicio, vagas, minutos, ...comOpcoes([], opcoes)];
    }
    case "REABRE":
      return [feito.comando, feito.numero];
    case "ESPERA": {
      const { comando, cpf, nome, especialidade, de, ate, ...opcoes } = feito;
      const datas = { de: de && noFio(de), ate: ate && noFio(ate) };
      return [comando, cpf, nome, especialidade, ...comOpcoes([], { ...datas, ...opcoes })];
    }
    case "DESISTE":
    case "ACEITA":
    case "RECUSA":
      return [feito.comando, feito.cpf, feito.especialidade];
    case "FILA":
      return [feito.comando, feito.especialidade];
  }
}

function comOpcoes(campos: readonly (string | undefined)[], opcoes: Readonly<Record<string, unknown>>): unknown[] {
  const ditas = Object.entries(opcoes).filter(([, valor]) => valor !== undefined);
  return [
    ...campos.filter((campo) => campo !== undefined),
    ...ditas.length === 0 ? [] : [Object.fromEntries(ditas)],
  ];
}

function noFio(iso: string): string {
  return iso.split("-").reverse().join("/");
}

/** Uma resposta que não se entende. */
export class RespostaIlegivel extends Error {
  /** O nome do erro. */
  override name = "RespostaIlegivel";
}

/** Lê uma linha de resposta. @throws {RespostaIlegivel} se ela não tem a forma que PROTOCOLO.md diz. */
export function leResposta(linha: string): RespostaDoDia {
  const valor: unknown = JSON.parse(linha);
  if (!Array.isArray(valor)) throw new RespostaIlegivel(linha);
  const [codigo, ...resto]: unknown[] = valor;
  const tuplas = (de: number): Visto[] => resto.slice(de).map((tupla) => leTupla(tupla, linha));
  switch (codigo) {
    case "OK-200":
    case "OK-201":
      return { codigo, vistos: [] };
    case "OK-304":
      return { codigo, vistos: [], vagas: resto.map((vaga) => leVaga(vaga, linha)) };
    case "OK-312":
    case "OK-313":
    case "OK-314": {
      const numero = resto[0];
      if (typeof numero !== "number") throw new RespostaIlegivel(linha);
      return { codigo, numero, vistos: tuplas(1) };
    }
    case "OK-307": {
      const [posicao, entrada] = resto;
      const { numero, codigo: segredo } = camposDoObjeto(entrada);
      if (typeof posicao !== "number" || typeof numero !== "number" || !/^[0-9A-HJKMNP-TV-Z]{8}$/.test(`${segredo}`)) {
        throw new RespostaIlegivel(linha);
      }
      return { codigo, posicao, numero, vistos: [] };
    }
    case "OK-308":
    case "OK-309":
      return { codigo, vistos: [] };
    case "ERRO-116": {
      const regra = resto[1];
      if (typeof regra !== "string") throw new RespostaIlegivel(linha);
      return { codigo, regra, vistos: [] };
    }
    case "OK-311":
      return { codigo, vistos: [], fila: resto.map((quem) => leNaFila(quem, linha)) };
    default:
      if (typeof codigo !== "string") throw new RespostaIlegivel(linha);
      return { codigo, vistos: codigo.startsWith("OK-") ? tuplas(0) : tuplas(1) };
  }
}

function leTupla(valor: unknown, linha: string): Visto {
  if (!Array.isArray(valor) || valor.length !== 8) throw new RespostaIlegivel(linha);
  const [agend, cpf, nome, especialidade, data, dia, hora, resto]: unknown[] = valor;
  if (
    agend !== "AGEND" || typeof cpf !== "string" || typeof nome !== "string" || typeof especialidade !== "string" ||
    typeof data !== "string" || typeof hora !== "string" || typeof resto !== "object" || resto === null ||
    nomeDoDia(emIso(data)) !== dia || !ehResto(resto)
  ) throw new RespostaIlegivel(linha);
  return { cpf, nome, especialidade, data: emIso(data), hora, ...resto };
}

type Resto = Omit<Visto, "cpf" | "nome" | "especialidade" | "data" | "hora">;

/** O tipo de cada campo do oitavo elemento; os que podem faltar acabam em `?`. */
const CAMPOS: Readonly<Record<string, string>> = {
  numero: "number",
  versao: "number",
  situacao: "string",
  profissional: "string",
  local: "string",
  minutos: "number",
  encaixe: "boolean",
  codigo: "string?",
  senha: "string?",
  prioridade: "number?",
  chegada: "string?",
  chamadas: "number?",
  motivo: "string?",
  nota: "string?",
  email: "string?",
  telefone: "string?",
};

function ehResto(resto: object): resto is Resto {
  const dados = Object.entries(resto);
  return dados.every(([campo, valor]) => CAMPOS[campo]?.replace("?", "") === typeof valor) &&
    Object.entries(CAMPOS).every(([campo, tipo]) => tipo.endsWith("?") || campo in resto);
}

function leVaga(valor: unknown, linha: string): VagaVista {
  if (!Array.isArray(valor) || valor.length !== 5) throw new RespostaIlegivel(linha);
  const [data, dia, especialidade, horas, profissional]: unknown[] = valor;
  if (
    typeof data !== "string" || typeof especialidade !== "string" || typeof profissional !== "string" ||
    nomeDoDia(emIso(data)) !== dia || !ehTextos(horas)
  ) throw new RespostaIlegivel(linha);
  return { data: emIso(data), especialidade, profissional, horas };
}

function leNaFila(valor: unknown, linha: string): NaFila {
  if (!Array.isArray(valor) || valor.length !== 5) throw new RespostaIlegivel(linha);
  const [cpf, nome, , posicao, detalhes]: unknown[] = valor;
  const { desde, lapsos, convite } = camposDoObjeto(detalhes);
  if (
    typeof cpf !== "string" || typeof nome !== "string" || typeof posicao !== "number" || typeof desde !== "string" ||
    typeof lapsos !== "number"
  ) throw new RespostaIlegivel(linha);
  if (convite === undefined) return { cpf, nome, posicao, convite: "" };
  const { data, horario, profissional } = camposDoObjeto(convite);
  if (typeof data !== "string") throw new RespostaIlegivel(linha);
  return { cpf, nome, posicao, convite: `${emIso(data)} ${horario} ${profissional}` };
}

/** Os campos de um objeto; nenhum, se não é um. */
function camposDoObjeto(valor: unknown): Readonly<Record<string, unknown>> {
  return typeof valor === "object" && valor !== null ? { ...valor } : {};
}

function ehTextos(valor: unknown): valor is string[] {
  return Array.isArray(valor) && valor.every((item) => typeof item === "string");
}

function emIso(data: string): string {
  return data.split("/").reverse().join("-");
}

/** Uma operação em palavras: o pedido, a resposta, e de quando a quando. */
export function descreve({ conexao, inicio, fim, feito, resposta }: OperacaoDoDia): string {
  const { comando, ...campos } = feito;
  const pedido = Object.entries(campos).flatMap(([nome, valor]) => valor === undefined ? [] : [`${nome}=${valor}`]);
  const vistos = (resposta?.vistos ?? []).map((visto) => ` [${descreveVisto(visto)}]`);
  const numero = resposta?.numero === undefined ? "" : ` ${resposta.numero}`;
  const vagas = (resposta?.vagas ?? []).map(({ profissional, horas }) => ` ${profissional}{${horas.join(" ")}}`);
  const fila = (resposta?.fila ?? []).map(({ cpf, convite }) => ` ${cpf}{${convite}}`);
  return `conexão ${conexao}, de ${inicio} a ${fim}: ${[comando, ...pedido].join(" ")} → ` +
    `${resposta?.codigo ?? "sem resposta"}${numero}${vistos.join("")}${vagas.join("")}${fila.join("")}`;
}

/** Um agendamento em palavras. */
export function descreveVisto(visto: Partial<Visto>): string {
  const { numero, versao, nome, especialidade, profissional, data, hora, situacao, encaixe } = visto;
  return [`${numero}v${versao}`, nome, especialidade, profissional, data, hora, encaixe ? "ENCAIXE" : "", situacao]
    .filter((campo) => campo !== undefined && campo !== "").join(" ");
}
