/**
 * Textos em bytes e bytes em texto, depressa: sem reservar memória para cada um, e por `Buffer`. Só `sessao.ts` o usa.
 *
 * @module
 */

import { Buffer } from "node:buffer";

/**
 * Respostas pequenas são escritas lado a lado numa laje, trocada por outra quando enche: reservar memória para cada uma
 * custa mais que escrevê-la. Nenhum pedaço é usado duas vezes, pois o sistema pode estar lendo dele.
 */
const LAJE = 64 * 1024;
let laje = Buffer.allocUnsafeSlow(LAJE);
let usada = 0;

const CODIFICADOR = new TextEncoder();

/** O texto em UTF-8, em bytes que ninguém muda. */
export function emBytes(texto: string): Uint8Array {
  // Uma unidade de UTF-16 ocupa no máximo três bytes em UTF-8.
  const maximo = texto.length * 3;
  if (maximo > LAJE / 8) return grande(texto);
  if (usada + maximo > LAJE) {
    laje = Buffer.allocUnsafeSlow(LAJE);
    usada = 0;
  }
  const { written } = CODIFICADOR.encodeInto(texto, laje.subarray(usada));
  return laje.subarray(usada, usada += written);
}

/** O último texto grande, e os seus bytes: uma lista de vagas que não mudou não se codifica de novo. */
let ultimo: { readonly texto: string; readonly bytes: Uint8Array } = { texto: "", bytes: new Uint8Array() };

function grande(texto: string): Uint8Array {
  if (texto !== ultimo.texto) ultimo = { texto, bytes: CODIFICADOR.encode(texto) };
  return ultimo.bytes;
}

/** Um bloco de UTF-8 em texto, com U+FFFD no lugar do que não o é. Um bloco pequeno custa um quinto que por `TextDecoder`. */
export function emTexto(bytes: Uint8Array): string {
  const buffer = bytes instanceof Buffer ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return buffer.toString("utf8");
}
