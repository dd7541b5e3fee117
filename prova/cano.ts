/**
 * Um cano entre um cliente e um servidor: mostra, ou corta, o que o cliente manda. `prova/acesso.ts` grava com ele uma sessão, e
 * `prova/intruso.ts` corta outras.
 *
 * @module
 */

import { ehDaRede } from "../testes/apoio.ts";

/** Escreve tudo. */
export async function escreve(conn: Deno.TcpConn, bytes: Uint8Array): Promise<void> {
  for (let feito = 0; feito < bytes.length;) feito += await conn.write(bytes.subarray(feito));
}

/** Um cano de uma conexão só, nesta máquina. */
export class Cano implements Disposable {
  /** Cumpre-se quando os dois lados estão fechados. */
  readonly fim: Promise<void>;
  #entrada = Deno.listen({ hostname: "127.0.0.1", port: 0 });

  /** Um cano até esta porta. @param filtra O que passa de cada bloco do cliente; se não é o bloco inteiro, corta-se a seguir. */
  constructor(porta: number, filtra: (bloco: Uint8Array) => Uint8Array) {
    this.fim = this.#passa(porta, filtra).catch((erro) => {
      if (!ehDaRede(erro)) throw erro;
    });
  }

  /** A porta em que o cliente entra. */
  get porta(): number {
    return this.#entrada.addr.port;
  }

  async #passa(porta: number, filtra: (bloco: Uint8Array) => Uint8Array): Promise<void> {
    using cliente = await this.#entrada.accept();
    using servidor = await Deno.connect({ hostname: "127.0.0.1", port: porta });
    const volta = copia(servidor, cliente);
    const bloco = new Uint8Array(4096);
    for (let lidos; (lidos = await cliente.read(bloco)) !== null;) {
      const passam = filtra(bloco.subarray(0, lidos));
      await escreve(servidor, passam);
      if (passam.length < lidos) break;
    }
    void volta;
  }

  /** Não deixa entrar mais ninguém. */
  [Symbol.dispose](): void {
    this.#entrada[Symbol.dispose]();
  }
}

/** Até que um dos lados feche. */
async function copia(de: Deno.TcpConn, para: Deno.TcpConn): Promise<void> {
  const bloco = new Uint8Array(4096);
  try {
    for (let lidos; (lidos = await de.read(bloco)) !== null;) await escreve(para, bloco.subarray(0, lidos));
  } catch {
    // um dos lados fechou-se
  }
}
