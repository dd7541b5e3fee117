/**
 * As horas seguradas de um percurso do diário: desde quando, e até quando; nenhuma acaba antes do prazo por ele ter vencido, nem
 * fica para lá dele e de dois `TICK`. `lista.ts` diz quais começam e acabam.
 *
 * @module
 */

import { prazoDe, type RegrasDaEspera } from "./espera.ts";
import { descreveVisto } from "./feitos.ts";
import { daPessoa, type LivroAgora } from "./lista_livro.ts";
import type { Imagem, Viola } from "./vidas.ts";

/** Em quanto tempo um servidor vivo faz de certeza um `TICK`, em ms: bate a cada meio minuto, e o livro aceita um por minuto. */
const UM_TIQUE = 100_000;

/** Diferença entre a hora de um lote e a que nele se escreve, em ms: escrevem-se segundos. */
const ARREDONDADO = 1000;

/** De quando a quando houve um servidor, que acabou em ordem, na hora do livro, ms desde 1970. */
export type Vivo = readonly [de: number, a: number];

/** Com que se confere. */
export interface OpcoesDasSeguradas {
  /** Como a clínica dá o que vaga. */
  readonly regras: RegrasDaEspera;
  /** Os servidores que houve, do primeiro ao último. */
  readonly vivos: readonly Vivo[];
  /** Recebe o que está errado. */
  readonly viola: Viola;
}

/** As que o estão agora. */
export class Seguradas {
  #opcoes: OpcoesDasSeguradas;
  #livro: LivroAgora;
  #prazos = new Map<number, number>();

  /** Nenhuma. */
  constructor(opcoes: OpcoesDasSeguradas, livro: LivroAgora) {
    this.#opcoes = opcoes;
    this.#livro = livro;
  }

  /** Como o livro as tem. */
  get linhas(): Imagem[] {
    return [...this.#prazos.keys()].flatMap((numero) => this.#livro.linha(numero) ?? []);
  }

  /** Segura-se uma, para alguém ou, só por um instante, para ninguém. */
  comeca(convite: Imagem): void {
    const { regras } = this.#opcoes;
    const { agora } = this.#livro;
    const linha = this.#livro.dePe(daPessoa(convite))?.linha;
    const hora = { ...convite, minutos: convite.minutos ?? 1 };
    const prazo = linha === undefined ? undefined : prazoDe(linha, hora, { agora, regras });
    this.#prazos.set(convite.numero, prazo ?? agora);
  }

  /** Uma que deixa de o ser. */
  acaba(ato: string, depois: Imagem): void {
    const prazo = this.#prazos.get(depois.numero) ?? -Infinity;
    if (ato === "VENCE" && this.#livro.agora + ARREDONDADO < prazo) {
      this.#opcoes.viola("promoção indevida", `${descreveVisto(depois)} deixou-se vencer antes do prazo`);
    }
    this.#confere(depois, this.#livro.agora);
    this.#prazos.delete(depois.numero);
  }

  /** O livro acabou assim. */
  fim(): void {
    const fim = this.#opcoes.vivos.at(-1)?.[1] ?? this.#livro.agora;
    for (const linha of this.linhas) this.#confere(linha, fim);
  }

  /** Acaba dentro do prazo e de dois `TICK` de um servidor vivo. */
  #confere(linha: Imagem, quando: number): void {
    const { vivos, viola } = this.#opcoes;
    const prazo = this.#prazos.get(linha.numero) ?? Infinity;
    const tiques = tiquesEm(vivos, prazo, quando);
    if (tiques >= 2) viola("hora segurada para sempre", `${descreveVisto(linha)}: ${tiques} TICK além do prazo`);
  }
}

/**
 * `TICK` de certeza feitos de um instante a outro por quem então viveu, e acabou em ordem: um logo ao começar. Os de vários
 * servidores juntos são um só, e o relógio de quem o faz pode estar atrás do dos outros.
 */
function tiquesEm(vivos: readonly Vivo[], desde: number, ate: number): number {
  const possiveis = vivos.flatMap(([de, a]) => {
    const instantes = de >= desde && a <= ate ? [de] : [];
    for (let um = Math.max(de, desde) + UM_TIQUE; um <= Math.min(a, ate); um += UM_TIQUE) instantes.push(um);
    return instantes;
  });
  let [tiques, ultimo] = [0, -Infinity];
  for (const um of possiveis.sort((a, b) => a - b)) {
    if (um - ultimo < UM_TIQUE) continue;
    tiques++;
    ultimo = um;
  }
  return tiques;
}
