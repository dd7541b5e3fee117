/**
 * A conta do que ficou fora do registro, por não caber na cota do que os terminais provocam.
 *
 * Só `registro.ts` a usa. Não escreve nada.
 *
 * @module
 */

/** O que pode ficar de fora, de uma origem ou de várias: quantas linhas de cada espécie. */
export interface Omitidas {
  /** Mudanças confirmadas. */
  mudancas?: number;
  /** Pedidos recusados. */
  recusas?: number;
  /** Consultas respondidas. */
  consultas?: number;
  /** Conexões que chegaram, saíram ou foram recusadas. */
  idas_e_vindas?: number;
}

/** Uma espécie de linha que pode ficar de fora. */
export type Especie = keyof Omitidas;

/** Origens contadas uma por uma; além destas, todas numa só conta. */
const ORIGENS_MAXIMAS = 1000;

/** A origem das que passam de `ORIGENS_MAXIMAS`. */
export const OUTRAS_ORIGENS = "outros endereços";

/** A conta do que ficou de fora, por origem. A memória que ocupa é limitada. */
export class Contagem {
  #porOrigem = new Map<string, Omitidas>();

  /** Conta uma linha que ficou de fora. */
  soma(origem: string, especie: Especie): void {
    const cabe = this.#porOrigem.size < ORIGENS_MAXIMAS || this.#porOrigem.has(origem);
    const chave = cabe ? origem : OUTRAS_ORIGENS;
    let omitidas = this.#porOrigem.get(chave);
    if (omitidas === undefined) this.#porOrigem.set(chave, omitidas = {});
    omitidas[especie] = (omitidas[especie] ?? 0) + 1;
  }

  /** Tira da conta as origens há mais tempo nela, `quantas` no máximo. */
  recolhe(quantas: number): [origem: string, omitidas: Omitidas][] {
    const recolhidas = [...this.#porOrigem].slice(0, quantas);
    for (const [origem] of recolhidas) this.#porOrigem.delete(origem);
    return recolhidas;
  }
}
