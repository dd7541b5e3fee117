/**
 * De quem é cada pedido que chega ao servidor HTTP: ele só vê a frente, que lhe liga de uma porta desta máquina, e é por essa
 * porta que se sabe. Uma memória que as duas veem, a frente num Worker e o servidor fora dele, sem mensagens entre uma coisa e a
 * outra: o que a frente anota está visto quando o primeiro byte chega.
 *
 * @module
 */

import type { Remoto } from "../clinica/endereco.ts";

/** O que se guarda de uma porta: quantos bytes tem o endereço, ele em ASCII, e a porta de lá. */
const BYTES = 64;
const PORTA = 62;
const PORTAS = 65_536;

/** De quem é a ligação de cada porta. */
export class Remetentes {
  /** A memória, para dar ao Worker; só custa o que se lhe toca. */
  readonly memoria: SharedArrayBuffer;
  #bytes: Uint8Array;

  /** Uns vazios, ou os que outro fez. */
  constructor(memoria: SharedArrayBuffer = new SharedArrayBuffer(BYTES * PORTAS)) {
    this.memoria = memoria;
    this.#bytes = new Uint8Array(memoria);
  }

  /** A ligação dessa porta é desse; ou de ninguém. */
  anota(porta: number, de: Remoto | undefined): void {
    const onde = porta * BYTES;
    if (de === undefined) return void Atomics.store(this.#bytes, onde, 0);
    const endereco = new TextEncoder().encode(de.hostname).subarray(0, PORTA - 1);
    this.#bytes.set(endereco, onde + 1);
    this.#bytes[onde + PORTA] = de.port >> 8;
    this.#bytes[onde + PORTA + 1] = de.port & 0xff;
    Atomics.store(this.#bytes, onde, endereco.length);
  }

  /** De quem é; nada, se não veio pela frente. */
  de(porta: number): Remoto | undefined {
    const onde = porta * BYTES;
    const quantos = Atomics.load(this.#bytes, onde);
    if (quantos === 0) return undefined;
    const hostname = String.fromCharCode(...this.#bytes.subarray(onde + 1, onde + 1 + quantos));
    return { hostname, port: this.#bytes[onde + PORTA] << 8 | this.#bytes[onde + PORTA + 1] };
  }
}
