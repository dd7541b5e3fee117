/**
 * O laço de eventos, partilhado por trabalho e não por pedidos: quem dá muito que fazer espera a vez, e entre um pouco e
 * o seguinte o servidor volta ao sistema e ouve os demais. Quem pede pouco nunca espera. `sessao.ts` lhe pede a vez; há um
 * por processo, `LACO`.
 *
 * @module
 */

import { paraEOuve } from "../agenda.ts";

/** Trabalho pesado por volta do laço, em ms: o que uma consulta pode ter de esperar. */
const POR_VOLTA = 4;

/** Bytes que se entregam ao sistema num ms. */
const BYTES_POR_MS = 1024 * 1024;

/** O que custa entregá-los, por poucos que sejam, em ms. */
const ENTREGA = 0.02;

/** Reparte o laço entre os trabalhos pesados, na ordem em que pedem. */
export class Laco {
  #cede: () => Promise<void>;
  #relogio: () => number;
  #porVolta: number;
  #gasto = 0;
  #fila: (() => void)[] = [];
  #girando = false;

  /** Um laço; `cede` volta ao sistema, `relogio` diz ms, `porVolta` é o trabalho pesado de cada volta, em ms. */
  constructor({ cede = paraEOuve, relogio = () => performance.now(), porVolta = POR_VOLTA }: {
    cede?: () => Promise<void>;
    relogio?: () => number;
    porVolta?: number;
  } = {}) {
    this.#cede = cede;
    this.#relogio = relogio;
    this.#porVolta = porVolta;
  }

  /**
   * Começa um trabalho pesado: já, ou quando chegar a vez dele. Quem o faz corre até chamar `pausa`, sem esperar por nada
   * no meio; é isso que faz de um trabalho de cada vez um só.
   */
  entra(): Trabalho | Promise<Trabalho> {
    const comeca = (): Trabalho => new Trabalho(this.#relogio, (ms) => this.#conta(ms));
    if (this.#gasto < this.#porVolta && this.#fila.length === 0) return comeca();
    return new Promise<void>((segue) => this.#fila.push(segue)).then(comeca);
  }

  #conta(ms: number): void {
    this.#gasto += ms;
    if (this.#gasto < this.#porVolta) this.#fila.shift()?.();
    else if (!this.#girando) this.#gira();
  }

  /** Enquanto houver quem espere: volta ao sistema, e solta o primeiro da fila; os demais, ao que ele deixar. */
  async #gira(): Promise<void> {
    this.#girando = true;
    do {
      await this.#cede();
      this.#gasto = 0;
      this.#fila.shift()?.();
    } while (this.#fila.length > 0);
    this.#girando = false;
  }
}

/** Um trabalho em andamento. */
export class Trabalho {
  #relogio: () => number;
  #conta: (ms: number) => void;
  #desde: number;

  /** Começa agora. */
  constructor(relogio: () => number, conta: (ms: number) => void) {
    this.#relogio = relogio;
    this.#conta = conta;
    this.#desde = relogio();
  }

  /** Para, e conta o que fez até aqui e os bytes que vai entregar ao sistema. */
  pausa(bytes: number = 0): void {
    this.#conta(this.#relogio() - this.#desde + (bytes > 0 ? ENTREGA + bytes / BYTES_POR_MS : 0));
  }

  /** Segue, depois de uma pausa que não foi para ceder a vez. */
  segue(): void {
    this.#desde = this.#relogio();
  }
}

/** O laço deste processo. */
export const LACO: Laco = new Laco();
