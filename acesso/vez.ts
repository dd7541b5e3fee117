/**
 * A vez de quem faz uma conta cara: tantas ao mesmo tempo, tantas à espera, e o que passa disso nem começa. Sem isto, mil
 * tentativas de entrar ao mesmo tempo pediam 19 GiB.
 *
 * @module
 */

/** Quantas cabem. */
export interface Lotacao {
  /** Contas ao mesmo tempo. */
  readonly aoMesmoTempo: number;
  /** As que podem esperar pela vez. */
  readonly aEspera: number;
}

/** Reparte a vez, por ordem de chegada. */
export class Vez {
  #lotacao: Lotacao;
  #dentro = 0;
  #ocupadas = 0;
  #fila: (() => void)[] = [];

  /** Ninguém está dentro. */
  constructor(lotacao: Lotacao) {
    this.#lotacao = lotacao;
  }

  /** Um lugar, até que se desfaça; nada, se não há. */
  toma(): Disposable | undefined {
    if (this.#dentro >= this.#lotacao.aoMesmoTempo + this.#lotacao.aEspera) return undefined;
    this.#dentro++;
    let tem = true;
    return {
      [Symbol.dispose]: () => {
        if (tem) this.#dentro--;
        tem = false;
      },
    };
  }

  /** Espera pela vez e faz a conta. */
  async faz<T>(conta: () => Promise<T>): Promise<T> {
    if (this.#ocupadas >= this.#lotacao.aoMesmoTempo) await new Promise<void>((chama) => this.#fila.push(chama));
    else this.#ocupadas++;
    try {
      return await conta();
    } finally {
      // Passa a vez sem a largar: quem chegasse agora não a toma a quem já espera.
      const seguinte = this.#fila.shift();
      if (seguinte === undefined) this.#ocupadas--;
      else seguinte();
    }
  }
}
