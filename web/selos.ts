/**
 * O que as páginas dão a quem pede para que o traga de volta, sem que o possa ler nem fazer: cifrado com uma chave que sai do
 * segredo do livro, de modo que qualquer servidor dele o entende, também depois de reiniciar. E o que se deduz de um sorteio:
 * o código do agendamento que um formulário faz, seja mandado quantas vezes for.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { createCipheriv, createDecipheriv, hkdfSync } from "node:crypto";
import { BYTES_DO_CODIGO, escreveCodigo } from "../clinica/agendamento.ts";
import { hmacDe } from "../clinica/hmac.ts";

/** Para que serve o que se cifra: o de uma coisa não serve para outra. */
export type Uso = "cartao" | "guardado" | "procura" | "recado" | "totp";

/** O maior que se lê de volta, em caracteres: o que cabe num cookie (RFC 6265, 4.096 bytes com o nome e o resto). */
export const CIFRADO_MAXIMO = 3800;

const BYTES_DO_IV = 12;

const BYTES_DA_MARCA = 16;

const ALGORITMO = "aes-256-gcm";

/**
 * Cifra e decifra. Com `node:crypto`, que o faz na hora: WebCrypto passa cada conta por outra linha de execução, e a 50 pedidos ao
 * mesmo tempo custa dez vezes mais.
 */
export class Selos {
  #cifra: Buffer;
  #deduz: (texto: string) => string;
  #relogio: () => number;

  /** Os de um livro, do segredo dele; `relogio` em ms desde 1970. */
  constructor(segredo: string, relogio: () => number) {
    const chave = (para: string): Buffer => Buffer.from(hkdfSync("sha256", segredo, "", `clinica ${para}`, 32));
    this.#cifra = chave("paginas");
    this.#deduz = hmacDe(chave("codigos"));
    this.#relogio = relogio;
  }

  /** Cifra um valor que se escreve em JSON, para um uso, por um tempo em ms. */
  fecha(uso: Uso, valor: unknown, dura: number): string {
    const iv = crypto.getRandomValues(new Uint8Array(BYTES_DO_IV));
    const cifra = createCipheriv(ALGORITMO, this.#cifra, iv).setAAD(Buffer.from(uso));
    const cifrado = cifra.update(JSON.stringify([this.#relogio() + dura, valor]), "utf8");
    return Buffer.concat([iv, cifrado, cifra.final(), cifra.getAuthTag()]).toString("base64url");
  }

  /** O valor que `fecha` cifrou para esse uso; nada, se não foi, ou se já passou do tempo. */
  abre(uso: Uso, fechado: string | undefined): unknown {
    if (fechado === undefined || fechado.length > CIFRADO_MAXIMO) return undefined;
    const bytes = Buffer.from(fechado, "base64url");
    if (bytes.length < BYTES_DO_IV + BYTES_DA_MARCA) return undefined;
    const [iv, cifrado] = [bytes.subarray(0, BYTES_DO_IV), bytes.subarray(BYTES_DO_IV, -BYTES_DA_MARCA)];
    try {
      const decifra = createDecipheriv(ALGORITMO, this.#cifra, iv).setAAD(Buffer.from(uso));
      decifra.setAuthTag(bytes.subarray(-BYTES_DA_MARCA));
      const claro = Buffer.concat([decifra.update(cifrado), decifra.final()]).toString();
      const [vence, valor]: unknown[] = JSON.parse(claro);
      return typeof vence === "number" && vence > this.#relogio() ? valor : undefined;
    } catch {
      return undefined;
    }
  }

  /** O código que se deduz de um sorteio: sempre o mesmo, e sem o segredo não se adivinha. */
  codigoDe(sorteio: string): string {
    return escreveCodigo(Uint8Array.fromHex(this.#deduz(sorteio).slice(0, 2 * BYTES_DO_CODIGO)));
  }
}
