/**
 * Os comandos do cliente e o que cada um leva: as opções que há, as que cada comando pede e aceita, e o que delas resulta.
 * Uma opção ou um comando de que alguém se esqueça não compila.
 *
 * @module
 */

import { PRIORIDADES } from "./frases.ts";
import type { ParteDoDia } from "../clinica/espera.ts";
import { ENCAIXES_MAXIMOS } from "../clinica/oferta.ts";
import { ANTECEDENCIA_MAXIMA, MINUTOS_DO_DIA } from "../fio/leitores.ts";

/** As opções que levam um valor. */
export const BANDEIRAS = [
  ...["cpf", "nome", "especialista", "profissional", "data", "horario", "motivo"],
  ...["email", "telefone", "nota", "numero", "versao", "codigo", "situacao", "prioridade", "local"],
  ...["ate", "inicio", "fim", "vagas", "minutos", "encaixes"],
  ...["de", "turno", "antecedencia"],
] as const;
/** O nome de uma opção que leva um valor. */
export type Bandeira = typeof BANDEIRAS[number];

/** As opções que são números inteiros: o menor e o maior que o servidor entende. */
export const INTEIRAS = {
  numero: [1, Infinity],
  versao: [1, Infinity],
  prioridade: [0, PRIORIDADES.length - 1],
  vagas: [1, MINUTOS_DO_DIA],
  minutos: [1, MINUTOS_DO_DIA],
  encaixes: [0, ENCAIXES_MAXIMOS],
  antecedencia: [0, ANTECEDENCIA_MAXIMA],
} as const satisfies { readonly [B in Bandeira]?: readonly [menor: number, maior: number] };
/** O nome de uma opção que é um número inteiro. */
export type Inteira = keyof typeof INTEIRAS;

/** O que se escreve sem valor. */
export const CHAVES = ["json", "help", "encaixe", "marca"] as const;

/** As que dizem algo a um comando, e a qual. */
export const DE_UM_COMANDO = { encaixe: "agendar", marca: "esperar" } as const satisfies Partial<
  Record<typeof CHAVES[number], NomeDeComando>
>;

/** Os comandos. */
export const NOMES_DE_COMANDO = [
  ...["agendar", "remarcar", "cancelar", "buscar", "vagas"],
  ...["esperar", "desistir", "aceitar", "recusar", "fila"],
  ...["agenda", "situacao", "corrigir", "historia", "fechar", "extra", "reabrir"],
] as const;
/** O nome de um comando. */
export type NomeDeComando = typeof NOMES_DE_COMANDO[number];

/** Os que tratam da chave deste terminal. */
export const DA_CHAVE = ["entra", "esquece"] as const;

/** As opções de um comando; as de `posicoes` podem vir sem nome, nesta ordem, depois dele. */
export interface Forma {
  /** As que o comando precisa. */
  readonly obrigatorias: readonly Bandeira[];
  /** As que aceita. */
  readonly opcionais: readonly Bandeira[];
  /** As que podem vir sem nome. */
  readonly posicoes: readonly Bandeira[];
}

/** As que dizem que agendamento de um CPF. */
const QUAL = ["numero", "versao", "codigo"] as const;
/** As que dizem que entrada da lista de espera. */
const QUAL_ENTRADA = ["numero", "codigo"] as const;
/** As que `corrigir` apaga com um valor vazio. */
export const CONTATO = ["email", "telefone", "nota"] as const;

/** Os que falam de quem está na lista de espera. */
const NA_LISTA: Forma = {
  obrigatorias: ["cpf", "especialista"],
  opcionais: QUAL_ENTRADA,
  posicoes: ["cpf", "especialista"],
};

/** As opções de cada comando. */
export const FORMAS: { readonly [C in NomeDeComando]: Forma } = {
  agendar: {
    obrigatorias: ["cpf", "nome", "especialista"],
    opcionais: ["data", "horario", "profissional", "motivo", ...CONTATO],
    posicoes: [],
  },
  remarcar: {
    obrigatorias: ["cpf", "especialista", "data"],
    opcionais: ["horario", "profissional", "motivo", ...QUAL],
    posicoes: ["cpf", "especialista"],
  },
  cancelar: {
    obrigatorias: ["cpf"],
    opcionais: ["especialista", "motivo", ...QUAL],
    posicoes: ["cpf", "especialista"],
  },
  buscar: { obrigatorias: ["cpf"], opcionais: ["codigo"], posicoes: ["cpf"] },
  vagas: { obrigatorias: [], opcionais: ["especialista", "data", "profissional"], posicoes: [] },
  esperar: {
    obrigatorias: ["cpf", "nome", "especialista"],
    opcionais: [
      ...["codigo", "profissional", "de", "ate", "turno"] as const,
      ...["antecedencia", "prioridade", "motivo", "email", "telefone"] as const,
    ],
    posicoes: ["cpf", "especialista"],
  },
  desistir: NA_LISTA,
  aceitar: { ...NA_LISTA, opcionais: ["motivo", ...QUAL_ENTRADA] },
  recusar: NA_LISTA,
  fila: { obrigatorias: ["especialista"], opcionais: [], posicoes: ["especialista"] },
  agenda: { obrigatorias: [], opcionais: ["data", "especialista", "profissional"], posicoes: ["data"] },
  situacao: {
    obrigatorias: ["cpf", "especialista", "situacao"],
    opcionais: ["prioridade", "local", "motivo", ...QUAL],
    posicoes: ["cpf", "especialista", "situacao"],
  },
  corrigir: {
    obrigatorias: ["cpf", "especialista"],
    opcionais: ["nome", ...CONTATO, ...QUAL],
    posicoes: ["cpf", "especialista"],
  },
  historia: { obrigatorias: ["cpf"], opcionais: [], posicoes: ["cpf"] },
  fechar: {
    obrigatorias: ["data"],
    opcionais: ["ate", "inicio", "fim", "especialista", "profissional", "motivo"],
    posicoes: ["data"],
  },
  extra: {
    obrigatorias: ["especialista", "data", "inicio", "vagas", "minutos"],
    opcionais: ["profissional", "local", "encaixes"],
    posicoes: ["especialista", "data", "inicio", "vagas", "minutos"],
  },
  reabrir: { obrigatorias: ["numero"], opcionais: [], posicoes: ["numero"] },
};

/** As situações que se podem pedir, e `DESFAZ`. */
export const SITUACOES_PEDIDAS = [
  ...["MARCADO", "CONFIRMADO", "CHEGOU", "CHAMADO", "ATENDIDO", "SAIU", "FALTOU", "CANCELADO"],
  "DESFAZ",
] as const;
/** Uma situação que se pede, ou `DESFAZ`. */
export type SituacaoPedida = typeof SITUACOES_PEDIDAS[number];

/** Que entrada da lista de espera, quando se diz mais que o CPF e a especialidade. */
export interface QualEntrada {
  /** Exatamente esta. */
  readonly numero?: number;
  /** O segundo fator. */
  readonly codigo?: string;
}

/** Que agendamento do CPF, quando se diz mais que a especialidade: o número e o código são os dele. */
export interface Qual extends QualEntrada {
  /** Só se ainda é esta a versão. */
  readonly versao?: number;
}

/** O que se diz de uma pessoa para avisos, e a nota da recepção; `""` apaga. */
export interface Contato {
  /** O e-mail. */
  readonly email?: string;
  /** O telefone. */
  readonly telefone?: string;
  /** A nota. */
  readonly nota?: string;
}

/** Um comando da linha de comando, com o que ele precisa; os textos vão ao servidor como foram escritos. */
export type ComandoDado =
  | Contato & {
    readonly nome: "agendar";
    readonly cpf: string;
    readonly paciente: string;
    readonly especialista: string;
    readonly data?: string;
    readonly horario?: string;
    readonly profissional?: string;
    readonly encaixe?: true;
    readonly motivo?: string;
  }
  | Qual & {
    readonly nome: "remarcar";
    readonly cpf: string;
    readonly especialista: string;
    readonly data: string;
    readonly horario?: string;
    readonly profissional?: string;
    readonly motivo?: string;
  }
  | Qual & {
    readonly nome: "cancelar";
    readonly cpf: string;
    readonly especialista?: string;
    readonly motivo?: string;
  }
  | Omit<Contato, "nota"> & {
    readonly nome: "esperar";
    readonly cpf: string;
    readonly codigo?: string;
    readonly paciente: string;
    readonly especialista: string;
    readonly profissional?: string;
    readonly de?: string;
    readonly ate?: string;
    readonly turno?: ParteDoDia;
    readonly antecedencia?: number;
    readonly marca?: true;
    readonly prioridade?: number;
    readonly motivo?: string;
  }
  | QualEntrada & { readonly nome: "desistir" | "recusar"; readonly cpf: string; readonly especialista: string }
  | QualEntrada & {
    readonly nome: "aceitar";
    readonly cpf: string;
    readonly especialista: string;
    readonly motivo?: string;
  }
  | { readonly nome: "fila"; readonly especialista: string }
  | { readonly nome: "buscar"; readonly cpf: string; readonly codigo?: string }
  | { readonly nome: "historia"; readonly cpf: string }
  | { readonly nome: "vagas"; readonly especialista?: string; readonly data?: string; readonly profissional?: string }
  | { readonly nome: "agenda"; readonly data?: string; readonly especialista?: string; readonly profissional?: string }
  | Qual & {
    readonly nome: "situacao";
    readonly cpf: string;
    readonly especialista: string;
    readonly situacao: SituacaoPedida;
    readonly prioridade?: number;
    readonly local?: string;
    readonly motivo?: string;
  }
  | Qual & Contato & {
    readonly nome: "corrigir";
    readonly cpf: string;
    readonly especialista: string;
    readonly paciente?: string;
  }
  | {
    readonly nome: "fechar";
    readonly data: string;
    readonly ate?: string;
    readonly inicio?: string;
    readonly fim?: string;
    readonly especialista?: string;
    readonly profissional?: string;
    readonly motivo?: string;
  }
  | {
    readonly nome: "extra";
    readonly especialista: string;
    readonly data: string;
    readonly inicio: string;
    readonly vagas: number;
    readonly minutos: number;
    readonly profissional?: string;
    readonly local?: string;
    readonly encaixes?: number;
  }
  | { readonly nome: "reabrir"; readonly numero: number };
