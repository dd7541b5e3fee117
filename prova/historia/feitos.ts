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
  }
  | Alvo & { readonly comando: "REMARC"; readonly data: string; readonly hora?: string; readonly profissional?: string }
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
  | { readonly comando: "REABRE"; readonly numero: number };

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
  /** O número da exceção. */
  readonly numero?: number;
  /** As horas livres. */
  readonly vagas?: readonly VagaVista[];
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
  return `conexão ${conexao}, de ${inicio} a ${fim}: ${[comando, ...pedido].join(" ")} → ` +
    `${resposta?.codigo ?? "sem resposta"}${numero}${vistos.join("")}${vagas.join("")}`;
}

/** Um agendamento em palavras. */
export function descreveVisto(visto: Partial<Visto>): string {
  const { numero, versao, nome, especialidade, profissional, data, hora, situacao, encaixe } = visto;
  return [`${numero}v${versao}`, nome, especialidade, profissional, data, hora, encaixe ? "ENCAIXE" : "", situacao]
    .filter((campo) => campo !== undefined && campo !== "").join(" ");
}
