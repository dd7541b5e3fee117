/**
 * O cabeçalho PROXY, versão 2 (https://www.haproxy.org/download/1.8/doc/proxy-protocol.txt): os primeiros bytes com que um
 * intermediário diz de quem é a ligação que traz. Lê-se à risca, e nem um byte a mais: o que vem depois é de quem ligou, em claro
 * ou já o aperto de mãos do TLS. `porta_proxy.ts` e `porta_tls.ts` o leem, só de quem se disse que é de confiança.
 *
 * A versão 1, em texto, não se lê: não diz onde acaba antes de se ler a mais.
 *
 * @module
 */

import { canonico, type Remoto } from "../clinica/endereco.ts";

/** O que veio não é um cabeçalho que se aceite; a mensagem diz porquê. */
export class SemCabecalho extends Error {
  /** O nome da classe. */
  override name = "SemCabecalho";
}

/** Um intermediário manda-o com a própria ligação: o que demora não vem. Em ms. */
export const PRAZO_DO_CABECALHO = 5_000;

const ASSINATURA = [0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a];

/** Os bytes até ao tamanho do resto. */
const COMECO = 16;

/** O maior resto que se lê, em bytes: os endereços, e o que alguns acrescentam do TLS que fizeram. */
const RESTO_MAXIMO = 1024;

/**
 * Lê o cabeçalho, e diz de quem é a ligação; nada, se é do próprio intermediário, a ver se aqui se atende.
 *
 * @param le Lê exatamente tantos bytes.
 * @throws {SemCabecalho} se não é um, ou é maior ou de outra rede.
 */
export async function leProxy(le: (bytes: number) => Promise<Uint8Array>): Promise<Remoto | undefined> {
  const comeco = await le(COMECO);
  if (!ASSINATURA.every((byte, i) => comeco[i] === byte)) throw new SemCabecalho("não traz o cabeçalho PROXY v2");
  const [versaoEComando, familia] = comeco.subarray(ASSINATURA.length);
  const tamanho = comeco[14] << 8 | comeco[15];
  if (versaoEComando >> 4 !== 2 || tamanho > RESTO_MAXIMO) {
    throw new SemCabecalho("traz um cabeçalho PROXY que não se entende");
  }
  const resto = tamanho === 0 ? new Uint8Array() : await le(tamanho);
  switch (versaoEComando & 0x0f) {
    case 0:
      return undefined;
    case 1:
      return remotoEm(familia, resto);
    default:
      throw new SemCabecalho("traz um cabeçalho PROXY que não se entende");
  }
}

/** De TCP sobre IPv4, dois endereços de quatro bytes e as portas; sobre IPv6, de dezesseis. */
const FAMILIAS: ReadonlyMap<number, number> = new Map([[0x11, 4], [0x21, 16]]);

function remotoEm(familia: number, resto: Uint8Array): Remoto {
  const bytes = FAMILIAS.get(familia);
  if (bytes === undefined || resto.length < 2 * bytes + 4) {
    throw new SemCabecalho("traz um cabeçalho PROXY que não diz um endereço");
  }
  const endereco = [...resto.subarray(0, bytes)];
  const escrito = bytes === 4 ? endereco.join(".") : Array.from(
    { length: 8 },
    (_, i) => (endereco[2 * i] << 8 | endereco[2 * i + 1]).toString(16),
  ).join(":");
  return { hostname: canonico(escrito) ?? escrito, port: resto[2 * bytes] << 8 | resto[2 * bytes + 1] };
}
