/**
 * De quem é cada ligação que o túnel (`tunel.ts`) traz para dentro: os primeiros bytes dela, que levam também um segredo, porque
 * à porta de dentro pode bater qualquer programa desta máquina. Puro.
 *
 * @module
 */

import type { Remoto } from "../clinica/endereco.ts";

/** Quantos bytes tem o segredo. */
export const BYTES_DO_SEGREDO = 32;

/** Onde está o tamanho do endereço, e depois ele, em ASCII; e a porta, nos últimos dois. */
const TAMANHO = BYTES_DO_SEGREDO;
const ENDERECO = TAMANHO + 1;

/** Quantos bytes tem uma apresentação. */
export const BYTES_DA_APRESENTACAO = 96;
const PORTA = BYTES_DA_APRESENTACAO - 2;

/** A de uma ligação. */
export function apresenta(segredo: Uint8Array, { hostname, port }: Remoto): Uint8Array {
  const bytes = new Uint8Array(BYTES_DA_APRESENTACAO);
  const endereco = new TextEncoder().encode(hostname).subarray(0, PORTA - ENDERECO);
  bytes.set(segredo);
  bytes[TAMANHO] = endereco.length;
  bytes.set(endereco, ENDERECO);
  bytes[PORTA] = port >> 8;
  bytes[PORTA + 1] = port & 0xff;
  return bytes;
}

/** De quem é a que se apresenta assim; de ninguém, se o segredo não é este. */
export function apresentado(segredo: Uint8Array, bytes: Uint8Array): Remoto | undefined {
  // Sem parar no primeiro que difere, que diria quantos já estavam certos.
  let difere = 0;
  for (let i = 0; i < BYTES_DO_SEGREDO; i++) difere |= segredo[i] ^ bytes[i];
  if (difere !== 0) return undefined;
  const hostname = new TextDecoder().decode(bytes.subarray(ENDERECO, ENDERECO + bytes[TAMANHO]));
  return { hostname, port: bytes[PORTA] << 8 | bytes[PORTA + 1] };
}
