/**
 * Uma conexão TLS de `node:tls` lida e escrita como uma de `Deno.TcpConn`: o servidor (`rede/porta_tls.ts`) e o cliente
 * (`terminal/tls.ts`) falam por ela sem saber que há cifra.
 *
 * `node:tls` e não `Deno.listenTls`, por quatro coisas medidas no Deno 2.9.6. Uma conexão de `Deno.listenTls` fechada a meio
 * do aperto de mãos continua aberta até que o outro lado queira: quem cala esgota os arquivos do processo. Não se lhe tira o
 * atraso de Nagle: 44 ms até a saudação. O certificado não muda sem fechar a porta, e fechá-la derruba quem está a chegar. E
 * não diz de quem é o certificado do outro lado. O preço é a CPU: um pedido custa mais que por `Deno.listenTls`.
 *
 * @module
 */

import type { TLSSocket } from "node:tls";

/** Bytes por ler a partir dos quais se deixa de ler do outro lado: o bloco maior de uma sessão. */
export const POR_LER = 8192;

/** Lê e escreve por uma conexão TLS já feita. */
export class SoqueteTls implements Disposable {
  #soquete: TLSSocket;
  #resto: Uint8Array | undefined;
  #acabou = false;
  #erro: Error | undefined;
  #acorda: (() => void) | undefined;

  /** A conexão passa a ser deste; o aperto de mãos já acabou. */
  constructor(soquete: TLSSocket) {
    this.#soquete = soquete;
    const acorda = (): void => this.#acorda?.();
    soquete.on("readable", acorda);
    soquete.on("end", () => {
      this.#acabou = true;
      acorda();
    });
    soquete.on("error", (erro) => {
      this.#erro ??= daRede(erro);
      acorda();
    });
    soquete.on("close", () => {
      this.#erro ??= new Deno.errors.ConnectionReset("a conexão fechou");
      acorda();
    });
  }

  /** Lê para o bloco; quantos bytes vieram, ou `null` no fim. Uma leitura de cada vez. */
  async read(bloco: Uint8Array): Promise<number | null> {
    for (;;) {
      const pedaco: Uint8Array | null = this.#resto ?? this.#soquete.read();
      if (pedaco !== null) {
        const lidos = Math.min(bloco.length, pedaco.length);
        bloco.set(lidos < pedaco.length ? pedaco.subarray(0, lidos) : pedaco);
        this.#resto = lidos < pedaco.length ? pedaco.subarray(lidos) : undefined;
        return lidos;
      }
      if (this.#acabou) return null;
      if (this.#erro !== undefined) throw this.#erro;
      await new Promise<void>((acorda) => this.#acorda = acorda);
      this.#acorda = undefined;
    }
  }

  /** Escreve tudo, e diz quantos bytes foram. */
  write(bytes: Uint8Array): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#soquete.write(bytes, (erro) => erro ? reject(this.#erro ?? daRede(erro)) : resolve(bytes.length));
    });
  }

  /** Diz ao outro lado que não há mais nada a ler. */
  closeWrite(): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#soquete.destroyed) return reject(new Deno.errors.BadResource("a conexão já fechou"));
      this.#soquete.end(resolve);
    });
  }

  /** Fecha, cancelando o que estiver em curso. */
  close(): void {
    this.#soquete.destroy();
  }

  /** Deixa ou não de juntar escritas pequenas. */
  setNoDelay(semDemora: boolean = true): void {
    this.#soquete.setNoDelay(semDemora);
  }

  /** Pergunta ou não, de tempos em tempos, se o outro lado ainda está lá. */
  setKeepAlive(pergunta: boolean = true): void {
    this.#soquete.setKeepAlive(pergunta);
  }

  /** Fecha. */
  [Symbol.dispose](): void {
    this.close();
  }
}

/** O erro, como o Deno o diria. */
function daRede(causa: Error): Error {
  const codigo = "code" in causa ? causa.code : undefined;
  if (codigo === "EPIPE") return new Deno.errors.BrokenPipe(causa.message, { cause: causa });
  // Um registro TLS estragado também é o outro lado que deixou de falar direito.
  return new Deno.errors.ConnectionReset(causa.message, { cause: causa });
}
