/**
 * HMAC-SHA256 (RFC 2104) de textos, para quem o faz a cada linha ou a cada pedido: o selo da trilha, o disfarce dos endereços no
 * diário, e o código que as páginas deduzem de um sorteio.
 *
 * @module
 */

import { createHash, hash } from "node:crypto";

const BLOCO = 64;

const RESUMO = 32;

/**
 * O de uma chave de até 64 bytes, em hexadecimal. O de `node:crypto` custa aqui mais do dobro; e o que mais pesa é pedir-lhe
 * bytes.
 */
export function hmacDe(chave: Uint8Array): (texto: string) => string {
  const mascara = (byte: number, mais = 0): Uint8Array =>
    Uint8Array.from({ length: BLOCO + mais }, (_, i) => i < BLOCO ? byte ^ (chave[i] ?? 0) : 0);
  const [dentro, fora] = [mascara(0x36), mascara(0x5c, RESUMO)];
  const resumo = fora.subarray(BLOCO);
  return (texto) => {
    resumo.setFromHex(createHash("sha256").update(dentro).update(texto).digest("hex"));
    return hash("sha256", fora);
  };
}
