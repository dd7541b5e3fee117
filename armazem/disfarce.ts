/**
 * Como o diário diz quem pediu: o número da chave de acesso, ou da pessoa, com que entrou; de quem não trouxe nenhuma, sem dizer
 * de onde, um resumo do endereço, com um segredo que só o livro tem. O mesmo endereço dá sempre o mesmo resumo; quem lê o diário sem o
 * segredo não o desfaz tentando todos.
 *
 * Usam-no os dois armazéns, ao escrever a linha do diário de um lote.
 *
 * @module
 */

import { randomBytes } from "node:crypto";
import { hmacDe } from "../clinica/hmac.ts";
import type { Quem } from "../clinica/livro.ts";

/** Um segredo novo: 32 bytes ao acaso, em hexadecimal. */
export function novoSegredo(): string {
  return randomBytes(32).toString("hex");
}

/** Endereços de que se guarda o resumo: uma clínica tem poucos, e quem traz muitos não toma a memória. */
const RESUMOS_GUARDADOS = 4096;

/** O disfarce com o segredo de um livro: `"k:12"`, a chave de acesso 12; `"p:12"`, a pessoa 12; `"h:"` e 16 dígitos; `""`, o próprio servidor. */
export function disfarceDe(segredo: string): (quem: Quem) => string {
  const hmac = hmacDe(Uint8Array.fromHex(segredo));
  const resumos = new Map<string, string>();
  return ({ origem, chave, pessoa }) => {
    if (chave !== undefined) return `k:${chave}`;
    if (pessoa !== undefined) return `p:${pessoa}`;
    if (origem === "") return "";
    let resumo = resumos.get(origem);
    if (resumo === undefined) {
      if (resumos.size >= RESUMOS_GUARDADOS) resumos.clear();
      resumo = `h:${hmac(origem).slice(0, 16)}`;
      resumos.set(origem, resumo);
    }
    return resumo;
  };
}
