/**
 * Um intermediário que traz ligações com o cabeçalho PROXY v2. Só o que testa o importa.
 *
 * @module
 */

/** Os primeiros doze bytes. */
export const ASSINATURA: readonly number[] = [0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a];

/** O cabeçalho de quem liga deste IPv4, e mais estes bytes no fim dele. */
export function cabecalho(
  origem: string,
  porta: number = 40_000,
  mais: readonly number[] = [],
): Uint8Array<ArrayBuffer> {
  const partes = origem.split(".").map(Number);
  const resto = [...partes, 10, 0, 0, 2, porta >> 8, porta & 255, 0x23, 0x28, ...mais];
  return Uint8Array.from([...ASSINATURA, 0x21, 0x11, resto.length >> 8, resto.length & 255, ...resto]);
}
