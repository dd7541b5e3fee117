/**
 * Muitos painéis abertos: sockets que recebem os eventos de um dia, e o instante em que em cada um aparece o que se espera.
 * `bench/paginas.ts` os abre.
 *
 * @module
 */

import { Buffer } from "node:buffer";

/** Uns painéis. */
export class PaineisAbertos {
  /** Quanto cada coisa que se esperou demorou a chegar a cada painel, em ms. */
  readonly demoras: number[] = [];
  #conexoes: Deno.TcpConn[] = [];
  /** O que se espera, e desde quando. */
  #esperado = new Map<string, number>();

  /** Abre-os, e espera que cada um comece a receber. */
  static async abre(porta: number, quantos: number, pedido: (i: number) => string): Promise<PaineisAbertos> {
    const paineis = new PaineisAbertos();
    for (let i = 0; i < quantos; i += 50) {
      await Promise.all(
        Array.from({ length: Math.min(50, quantos - i) }, (_, j) => paineis.#um(porta, pedido(i + j))),
      );
    }
    return paineis;
  }

  /** Daqui em diante espera-se que isto apareça em todos. */
  espera(texto: string): void {
    this.#esperado.set(texto, performance.now());
  }

  /** Fecha-os. */
  fecha(): void {
    for (const conexao of this.#conexoes) conexao.close();
  }

  async #um(porta: number, pedido: string): Promise<void> {
    const conexao = await Deno.connect({ hostname: "127.0.0.1", port: porta });
    this.#conexoes.push(conexao);
    await conexao.write(new TextEncoder().encode(pedido));
    const bloco = new Uint8Array(64 * 1024);
    const lidos = await conexao.read(bloco) ?? 0;
    const dito = Buffer.from(bloco.subarray(0, lidos)).toString("latin1");
    if (!dito.startsWith("HTTP/1.1 200")) throw new Error(`um painel não se abriu: ${dito.slice(0, 100)}`);
    this.#recebe(conexao, bloco).catch(() => {});
  }

  async #recebe(conexao: Deno.TcpConn, bloco: Uint8Array<ArrayBuffer>): Promise<void> {
    const vistos = new Set<string>();
    for (let resto = "";;) {
      const lidos = await conexao.read(bloco);
      if (lidos === null) return;
      const texto = resto + Buffer.from(bloco.buffer, 0, lidos).toString("latin1");
      for (const [achado] of texto.matchAll(/X\d+X/g)) {
        const desde = this.#esperado.get(achado);
        if (desde === undefined || vistos.has(achado)) continue;
        vistos.add(achado);
        this.demoras.push(performance.now() - desde);
      }
      resto = texto.slice(-10);
    }
  }
}
