/**
 * Relê de tempos em tempos o que também muda noutro processo, um comando ou outro servidor do livro: as chaves (`chaveiro.ts`) e
 * as pessoas (`saidas.ts`).
 *
 * @module
 */

/** Entre duas leituras, em ms: o que deixa de valer deixa dentro de um segundo. */
const ENTRE_LEITURAS = 500;

/** Relê até que se desfaça, uma leitura de cada vez. */
export class Releitura implements AsyncDisposable {
  #lendo: Promise<void> | undefined;
  #alarme: ReturnType<typeof setInterval>;

  /** `rele` não rejeita. */
  constructor(rele: () => Promise<void>, intervalo: number = ENTRE_LEITURAS) {
    this.#alarme = setInterval(() => {
      this.#lendo ??= rele().finally(() => this.#lendo = undefined);
    }, intervalo);
  }

  /** Deixa de reler. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#alarme);
    await this.#lendo;
  }
}
