/**
 * Textos em bytes, sem reservar memória para cada um.
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

/** O texto em UTF-8. Os bytes são de quem pediu: ninguém mais escreve neles. */
export function emBytes(texto: string): Uint8Array {
  // Uma unidade de UTF-16 ocupa no máximo três bytes em UTF-8.
  const maximo = texto.length * 3;
  if (maximo > LAJE / 8) return CODIFICADOR.encode(texto);
  if (usada + maximo > LAJE) {
    laje = Buffer.allocUnsafeSlow(LAJE);
    usada = 0;
  }
  const { written } = CODIFICADOR.encodeInto(texto, laje.subarray(usada));
  return laje.subarray(usada, usada += written);
}
