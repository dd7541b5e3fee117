/**
 * As conexões que estão prontas antes de alguém as pedir, ou que se pedem antes de estarem: o que `porta_tls.ts` e
 * `porta_proxy.ts`, que fazem algo com várias antes de as entregar, dão a `accept`.
 *
 * @module
 */

import type { Chegada } from "./ouvinte.ts";

/** Uma fila de conexões prontas, com um só que as pede. */
export class Chegadas {
  #prontas: (Chegada | Error)[] = [];
  #aEspera: PromiseWithResolvers<Chegada> | undefined;
  #fechada = false;

  /** Uma conexão pronta, ou o que correu mal ao recebê-la. */
  entrega(chegada: Chegada | Error): void {
    if (this.#fechada) return chegada instanceof Error ? undefined : chegada.close();
    const aEspera = this.#aEspera;
    this.#aEspera = undefined;
    if (aEspera === undefined) this.#guarda(chegada);
    else if (chegada instanceof Error) aEspera.reject(chegada);
    else aEspera.resolve(chegada);
  }

  /** Do mesmo mal basta saber uma vez: enquanto dura, repete-se mais depressa do que se conta. */
  #guarda(chegada: Chegada | Error): void {
    if (!(chegada instanceof Error && this.#prontas.at(-1) instanceof Error)) this.#prontas.push(chegada);
  }

  /** A próxima. */
  proxima(): Promise<Chegada> {
    if (this.#fechada) return Promise.reject(new Deno.errors.BadResource("a porta foi fechada"));
    const pronta = this.#prontas.shift();
    if (pronta instanceof Error) return Promise.reject(pronta);
    if (pronta !== undefined) return Promise.resolve(pronta);
    return (this.#aEspera = Promise.withResolvers<Chegada>()).promise;
  }

  /** As que ninguém pediu fecham-se; quem pedia deixa de esperar. */
  fecha(): void {
    this.#fechada = true;
    for (const pronta of this.#prontas.splice(0)) if (!(pronta instanceof Error)) pronta.close();
    this.#aEspera?.reject(new Deno.errors.BadResource("a porta foi fechada"));
  }
}
