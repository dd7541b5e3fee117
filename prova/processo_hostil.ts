/**
 * Um hostil visto de quem o iniciou: um `prova/atacante.ts` em processo próprio e o que ele conta de si. `prova/hostis.ts`,
 * `prova/abusos.ts` e `bench/hostil.ts` os iniciam.
 *
 * @module
 */

import { delay } from "@std/async";
import { comandoDeno, leLinhas, mata, type Oficina, PACIENCIA } from "../testes/apoio.ts";
import type { Contadores } from "./atacante.ts";

/** O que um hostil faz, e a quem. */
export interface OpcoesDoHostil {
  /** O que faz, como `prova/atacante.ts` o chama. */
  tipo: string;
  /** A porta do servidor. */
  porta: number;
  /** A das suas escolhas. */
  semente: number;
  /** Quantas conexões. */
  quantas: number;
  /** Um comando diante de `deno`, como `["nice"]`. */
  diante?: readonly string[];
}

/** Um hostil em processo próprio, até que se disponha dele. */
export class Hostil implements AsyncDisposable {
  /** O que faz. */
  readonly tipo: string;
  /** O que fez até há meio segundo; `undefined` se ainda não começou. */
  ultimo: Contadores | undefined;
  #quantas: number;
  #processo: Deno.ChildProcess;
  #fim: Promise<void>;

  /** Inicia o processo, que a oficina mata se for preciso. */
  constructor(oficina: Oficina, { tipo, porta, semente, quantas, diante = [] }: OpcoesDoHostil) {
    this.tipo = tipo;
    this.#quantas = quantas;
    const args = [tipo, `${porta}`, `${semente}`, `${quantas}`];
    const [comando, ...resto] = [...diante, ...comandoDeno("prova/atacante.ts"), ...args];
    this.#processo = new Deno.Command(comando, { args: resto, stdout: "piped", stderr: "inherit" }).spawn();
    oficina.adota(this.#processo);
    this.#fim = leLinhas(this.#processo.stdout, (linha) => this.ultimo = JSON.parse(linha));
  }

  /** Espera que tenha aberto as suas conexões e mandado alguma coisa. */
  async comecou(): Promise<void> {
    const prazo = performance.now() + PACIENCIA;
    while (this.ultimo === undefined || this.ultimo.conexoes < this.#quantas || this.ultimo.mandados === 0) {
      if (performance.now() > prazo) throw new Error(`o hostil "${this.tipo}" não começou`);
      await delay(50);
    }
  }

  /** Para o processo, com as conexões abertas. */
  congela(): void {
    this.#processo.kill("SIGSTOP");
  }

  /** Mata o processo. */
  async [Symbol.asyncDispose](): Promise<void> {
    mata(this.#processo);
    await this.#processo.status;
    await this.#fim;
  }
}
