/**
 * A conta do que se tentou: os códigos que não abriram nada, e as recusas que dizem que um CPF está no livro. Fica no livro, e
 * por isso vale depois de reiniciar e em todos os servidores dele. O que se faz dela está em `contar.ts`.
 *
 * @module
 */

/** Uma conta: a de um CPF por uma rede; com `rede` vazia, a do CPF por todas as outras; com `cpf` vazio, a da rede. */
export interface Tentativa {
  /** 11 dígitos, ou `""`. */
  readonly cpf: string;
  /** Como em `redeDe`, ou `""`. */
  readonly rede: string;
  /** Os instantes dos últimos códigos errados desse CPF por essa rede; ou das últimas recusas da rede. Em ms desde 1970. */
  readonly recentes: readonly number[];
  /** De que dia são `erros` e `recusas`, `"aaaa-mm-dd"`; `""` se de nenhum. */
  readonly dia: string;
  /** Códigos errados nesse dia. */
  readonly erros: number;
  /** Recusas nesse dia. */
  readonly recusas: number;
  /** Quando se disse um código certo desse CPF por essa rede, ms desde 1970; 0 se nunca. */
  readonly acertou: number;
  /** Até quando diz alguma coisa, ms desde 1970; depois apaga-se. */
  readonly ate: number;
}

/** De que CPF e de que rede é uma conta. */
export type ParDaTentativa = readonly [cpf: string, rede: string];

/** Contas que se apagam de uma vez: poucos milissegundos de gravação. */
export const TENTATIVAS_APAGADAS = 500;
