/**
 * Uma chave: o que dela se guarda, e se ainda vale. O texto dela só quem a recebeu o tem (`acesso/segredo.ts`).
 *
 * @module
 */

import type { Papel } from "./agendamento.ts";

/** O papel que uma chave pode dar. */
export type PapelDeChave = Extract<Papel, "quiosque" | "profissional" | "balcao" | "gerente" | "integracao">;

/** Os papéis que uma chave pode dar, do que pode menos ao que pode mais. */
export const PAPEIS_DE_CHAVE: readonly PapelDeChave[] = ["quiosque", "integracao", "profissional", "balcao", "gerente"];

/** Uma chave gravada; nunca se apaga: por ela se sabe que já houve uma, e de quem é o que está no diário. */
export interface Chave {
  /** O número no livro; nunca é usado outra vez. */
  readonly numero: number;
  /** SHA-256 do texto, em hexadecimal: o texto é ao acaso, e o resumo não se adivinha. */
  readonly resumo: string;
  /** O que quem a traz pode. */
  readonly papel: PapelDeChave;
  /** De quem é: `"Balcão 1"`. */
  readonly nome: string;
  /** A chave de quem atende, se é de um profissional; `""` se não. */
  readonly profissional: string;
  /** O último dia em que vale, `"aaaa-mm-dd"`; `""` sempre. */
  readonly ate: string;
  /** Quando se criou (`"2026-11-23T10:00:00Z"`). */
  readonly criadaEm: string;
  /** Quando se revogou; `""` se não. */
  readonly revogadaEm: string;
}

/** Uma chave que se vai gravar. */
export type ChaveNova = Omit<Chave, "numero" | "revogadaEm">;

/** As chaves de um livro: as mesmas palavras dentro de um servidor e ao lado dele. */
export interface LivroDasChaves {
  /** Todas, por número. */
  todas(): Promise<readonly Chave[]>;
  /** Grava uma; devolve-a com o número. */
  cria(nova: ChaveNova): Promise<Chave>;
  /** Revoga uma que ainda não o foi; falso se não há tal. */
  revoga(numero: number, quando: string): Promise<boolean>;
}

/** Verdadeiro se uma chave ainda vale numa data. */
export function vale({ ate, revogadaEm }: Pick<Chave, "ate" | "revogadaEm">, hoje: string): boolean {
  return revogadaEm === "" && (ate === "" || hoje <= ate);
}

/** Uma chave como se mostra a quem gere: sem o resumo. */
export interface ChaveMostrada extends Omit<Chave, "resumo"> {
  /** Se vale hoje. */
  readonly vale: boolean;
}

/** Tira-lhe o resumo. */
export function semResumo({ resumo: _resumo, ...chave }: Chave, hoje: string): ChaveMostrada {
  return { ...chave, vale: vale(chave, hoje) };
}
