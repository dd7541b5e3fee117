/**
 * CLINICA/2: o que vai e vem numa conexão depois de `["OLA","CLINICA/2"]`. As linhas são as de CLINICA/1 (`protocolo.ts`);
 * um pedido pode acabar num objeto de opções, e um agendamento leva, depois da hora, um objeto de detalhes.
 *
 * Aqui estão os tipos e os textos; `pedidos.ts` lê e escreve os pedidos, com `leitores.ts`, e `respostas.ts` as respostas.
 * Usam-nos `rede/`, de um lado, e `terminal/`, do outro. `PROTOCOLO.md` descreve o mesmo para quem escreve um cliente.
 *
 * @module
 */

import type { Situacao } from "../clinica/agendamento.ts";
import type { ParteDoDia } from "../clinica/espera.ts";
import type { Campos, Codigo, Comando, Erro, PedidoDe } from "../clinica/pedido.ts";
import { dataNoFio, TEXTOS, type Tupla, type Vaga } from "../protocolo.ts";

/** Nome e versão do protocolo, como vão no `OLA` e na resposta a ele. */
export const CLINICA_2 = "CLINICA/2";

/** Os comandos que o servidor dá a si mesmo, e os que só `servidor.ts` ou as páginas pedem: nenhum fio os lê. */
export type Interno = "TICK" | "PROSSEGUE" | "TITULAR" | "EXCECOES";

/** Os comandos deste fio. */
export type ComandoDoFio2 = Exclude<Comando, Interno>;

/** O que se pode ler de um fio, deste ou de CLINICA/1. */
export type PedidoLido = PedidoDe<ComandoDoFio2>;

/** O que um comando traz e não vai neste fio: é o próprio fio que o quer assim, ou só as páginas o dizem. */
export type DoProprioFio = "chegado" | "porProfissional" | "proposto" | "comEsperas";

/** Os campos de um comando como se escrevem: datas `"dd/mm/aaaa"`, horas `"HH:MM"`. */
export type NoFio<T> = {
  readonly [K in keyof T as Exclude<K, DoProprioFio>]: K extends "inicio" | "fim" ? string : T[K];
};

/** Um pedido de um comando, ou de um de vários, como se escreve. */
export type PedidoNoFio2De<C extends ComandoDoFio2> = { [K in C]: { readonly comando: K } & NoFio<Campos[K]> }[C];

/** O que se pode pedir, como se escreve. */
export type PedidoNoFio2 = PedidoNoFio2De<ComandoDoFio2>;

/** O que uma tupla diz além do que dizia em CLINICA/1. */
export interface Detalhes {
  /** O número no livro. */
  readonly numero: number;
  /** Quantas vezes mudou, mais 1. */
  readonly versao: number;
  /** A situação. */
  readonly situacao: Situacao;
  /** O nome de quem atende; `""` se a especialidade não tem profissionais. */
  readonly profissional: string;
  /** Onde; `""` se não se diz. */
  readonly local: string;
  /** Quanto dura, em minutos. */
  readonly minutos: number;
  /** Foi encaixado. */
  readonly encaixe: boolean;
  /** O segundo fator, ao lado do CPF; só para quem o pode ver. */
  readonly codigo?: string;
  /** A senha do dia. Esta e as que seguem, só para quem é da casa, e onde há. */
  readonly senha?: string;
  /** De 0 a 4. */
  readonly prioridade?: number;
  /** A hora da chegada, `"HH:MM"`. */
  readonly chegada?: string;
  /** Quantas vezes foi chamado, se já chegou. */
  readonly chamadas?: number;
  /** Por que se cancelou, faltou… */
  readonly motivo?: string;
  /** Uma nota da recepção. */
  readonly nota?: string;
  /** Para avisos. */
  readonly email?: string;
  /** Para avisos, E.164. */
  readonly telefone?: string;
}

/** Um agendamento como viaja: a tupla de CLINICA/1 e os detalhes. */
export type Tupla2 = readonly [...Tupla, detalhes: Detalhes];

/** As horas livres de uma data, especialidade e profissional: a entrada de CLINICA/1 e o nome dele, `""` onde não há. */
export type Vaga2 = readonly [...Vaga, profissional: string];

/** O que identifica uma entrada da lista de espera, para quem a pôs lá. */
export interface Entrada {
  /** O número dela. */
  readonly numero: number;
  /** O segundo fator, que passa para o agendamento que dela vier. */
  readonly codigo: string;
}

/** Uma hora segurada para alguém. */
export interface Convite {
  /** `"dd/mm/aaaa"`. */
  readonly data: string;
  /** `"HH:MM"`. */
  readonly horario: string;
  /** O nome de quem atende; `""` se a especialidade não tem profissionais. */
  readonly profissional: string;
  /** Até quando se espera pela resposta, `"dd/mm/aaaa HH:MM"`. */
  readonly prazo: string;
}

/** O que se diz de quem espera: as opções com que entrou, onde há, e o que houve desde então. */
export interface DetalhesDaEspera {
  /** O nome de quem tem de atender. */
  readonly profissional?: string;
  /** A primeira data que serve, `"dd/mm/aaaa"`. */
  readonly de?: string;
  /** A última. */
  readonly ate?: string;
  /** A parte do dia. */
  readonly turno?: ParteDoDia;
  /** Minutos que têm de faltar. */
  readonly antecedencia?: number;
  /** Marca-se logo, sem perguntar. */
  readonly marca?: boolean;
  /** De 1 a 4. Esta e os três que seguem, só para quem é da casa. */
  readonly prioridade?: number;
  /** Por que se espera. */
  readonly motivo?: string;
  /** Para avisos. */
  readonly email?: string;
  /** Para avisos, E.164. */
  readonly telefone?: string;
  /** Quando entrou, `"dd/mm/aaaa HH:MM"`. */
  readonly desde: string;
  /** Convites que deixou vencer. */
  readonly lapsos: number;
  /** A hora que lhe está segurada, se há uma. */
  readonly convite?: Convite;
}

/** Quem espera, como viaja. */
export type NaFila2 = readonly [
  cpf: string,
  nome: string,
  especialista: string,
  posicao: number,
  detalhes: DetalhesDaEspera,
];

/** Quem atende, e quem o servidor vê do outro lado. */
export interface Apresentacao {
  /** O nome da clínica. */
  readonly clinica: string;
  /** A versão do servidor. */
  readonly versao: string;
  /** O fuso (IANA) das datas e horas. */
  readonly fuso: string;
  /** O que esta conexão pode. */
  readonly papel: string;
  /** O nome de quem se apresentou; `""` sem chave. */
  readonly nome: string;
}

/** O que o servidor responde. `OK-200` com `apresentacao` responde a `OLA`; sem ela, a `PING`. */
export type Resposta2 =
  | Erro
  | { readonly codigo: "OK-200"; readonly apresentacao?: Apresentacao }
  | { readonly codigo: "OK-201" | "OK-308" | "OK-309" }
  | {
    readonly codigo: "OK-300" | "OK-301" | "OK-306" | "ERRO-111" | "ERRO-115" | "ERRO-117";
    readonly agendamentos: readonly [Tupla2];
  }
  | { readonly codigo: "OK-302" | "OK-310" | "OK-315" | "ERRO-114"; readonly agendamentos: readonly Tupla2[] }
  | { readonly codigo: "OK-303"; readonly agendamentos: readonly [novo: Tupla2, antigo: Tupla2] }
  | { readonly codigo: "OK-304"; readonly vagas: readonly Vaga2[] }
  | { readonly codigo: "OK-307"; readonly posicao: number; readonly entrada: Entrada }
  | { readonly codigo: "OK-311"; readonly fila: readonly NaFila2[] }
  | { readonly codigo: "OK-312" | "OK-314"; readonly numero: number; readonly agendamentos: readonly Tupla2[] }
  | { readonly codigo: "OK-313"; readonly numero: number }
  | { readonly codigo: "ERRO-116"; readonly regra: string };

/** O texto que acompanha cada código; nos `ERRO`, vai no fio, para quem lê com `nc`. */
export const TEXTOS_2 = {
  ...TEXTOS,
  "OK-303": "AGENDAMENTO REMARCADO",
  "OK-306": "AGENDAMENTO ATUALIZADO",
  "OK-307": "NA LISTA DE ESPERA",
  "OK-308": "FORA DA LISTA DE ESPERA",
  "OK-309": "CONVITE RECUSADO",
  "OK-310": "LISTA DO DIA",
  "OK-311": "LISTA DE ESPERA",
  "OK-312": "FECHADO",
  "OK-313": "ATENDIMENTO ACRESCENTADO",
  "OK-314": "REABERTO",
  "OK-315": "HISTÓRIA",
  "ERRO-115": "SITUAÇÃO NÃO PERMITIDA",
  "ERRO-116": "FORA DAS REGRAS DA CLÍNICA",
  "ERRO-117": "O AGENDAMENTO MUDOU",
  "ERRO-118": "JÁ ESTÁ NA ESPERA",
  "ERRO-119": "NÃO ESTÁ NA ESPERA OU NÃO HÁ CONVITE",
  "ERRO-120": "ACESSO NEGADO",
  "ERRO-121": "JÁ HÁ ATENDIMENTO NESSE HORÁRIO",
} as const satisfies Record<Codigo, string>;

/** As situações, por nome. */
export const SITUACOES: { readonly [S in Situacao]: true } = {
  MARCADO: true,
  CONFIRMADO: true,
  CHEGOU: true,
  CHAMADO: true,
  ATENDIDO: true,
  SAIU: true,
  FALTOU: true,
  CANCELADO: true,
  CONVIDADO: true,
  PASSOU: true,
};

/** Um instante (`"2026-11-23T10:00:00Z"`, com segundos ou sem eles) na hora da clínica: `"dd/mm/aaaa HH:MM"`. */
export function instanteNoFio(instante: string, fuso: string): string {
  const aqui = Temporal.Instant.from(instante).toZonedDateTimeISO(fuso).toPlainDateTime().toString();
  return `${dataNoFio(aqui)} ${aqui.slice("aaaa-mm-ddT".length, "aaaa-mm-ddTHH:MM".length)}`;
}
