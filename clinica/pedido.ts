/**
 * O que se pede à agenda e o que ela responde, em termos da clínica: datas `"aaaa-mm-dd"`, agendamentos e horas livres.
 *
 * O fio lê pedidos para isto (`protocolo.ts`) e veste o resultado à sua maneira (`rede/redator.ts`); os códigos são o
 * vocabulário comum.
 *
 * @module
 */

import type { Agendamento } from "./livro.ts";
import type { DiaAberto, Especialidade } from "./oferta.ts";

/** O que cada comando traz. CPF e nome já vêm normalizados e válidos. */
export interface Campos {
  /** Marca. O especialista, a data (`""` se não é uma) e o dia podem não existir: recusá-los é da agenda. */
  readonly AGEND: {
    readonly cpf: string;
    readonly nome: string;
    readonly especialista: string;
    readonly data: string;
    readonly dia: string;
    readonly horario?: string;
  };
  /** Os agendamentos ativos de um CPF. */
  readonly BUSCA: { readonly cpf: string };
  /** Desmarca. */
  readonly CANCEL: { readonly cpf: string; readonly especialista?: string };
  /** As horas livres. */
  readonly VAGAS: { readonly especialista?: string; readonly data?: string };
  /** Nada: diz que o servidor ouve. */
  readonly PING: unknown;
  /** O adeus. */
  readonly SAIR: unknown;
}

/** O nome de um comando. */
export type Comando = keyof Campos;

/** Um pedido de um comando, ou de um de vários. */
export type PedidoDe<C extends Comando> = { [K in C]: { readonly comando: K } & Campos[K] }[C];

/** O que se pode pedir à agenda. */
export type Pedido = PedidoDe<Comando>;

/** Os erros que não trazem nada além do código. */
export type CodigoDeErro =
  | "ERRO-100"
  | "ERRO-101"
  | "ERRO-102"
  | "ERRO-103"
  | "ERRO-104"
  | "ERRO-105"
  | "ERRO-110"
  | "ERRO-112"
  | "ERRO-113"
  | "ERRO-130"
  | "ERRO-131";

/** Um erro simples. */
export interface Erro {
  /** Qual. */
  readonly codigo: CodigoDeErro;
}

/** As horas livres de uma especialidade numa data. */
export interface DiaLivre {
  /** A data. */
  readonly dia: DiaAberto;
  /** A especialidade. */
  readonly especialidade: Especialidade;
  /** `"HH:MM"`, em ordem. */
  readonly horas: readonly string[];
}

/** O que a agenda responde. `OK-200` com `primeiras` é a saudação: o primeiro dia com hora livre de cada especialidade. */
export type Resultado =
  | Erro
  | { readonly codigo: "OK-200"; readonly primeiras?: readonly DiaLivre[] }
  | { readonly codigo: "OK-201" }
  | { readonly codigo: "OK-300" | "OK-301" | "ERRO-111"; readonly agendamentos: readonly [Agendamento] }
  | { readonly codigo: "OK-302" | "ERRO-114"; readonly agendamentos: readonly Agendamento[] }
  | { readonly codigo: "OK-304"; readonly vagas: readonly DiaLivre[] };

/** Um código de resposta, `"OK-nnn"` ou `"ERRO-nnn"`. */
export type Codigo = Resultado["codigo"];
