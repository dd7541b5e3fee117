/**
 * Como o diário diz quem pediu sem dizer de onde: um resumo do endereço, com uma chave que só o livro tem. O mesmo endereço
 * dá sempre o mesmo resumo; quem lê o diário sem a chave não o desfaz tentando todos.
 *
 * Usam-no os dois armazéns, ao escrever a linha do diário de um lote.
 *
 * @module
 */

import { createHmac, randomBytes } from "node:crypto";
import type { Quem } from "../clinica/livro.ts";

/** Um segredo novo: 32 bytes ao acaso, em hexadecimal. */
export function novoSegredo(): string {
  return randomBytes(32).toString("hex");
}

/** Endereços de que se guarda o resumo: uma clínica tem poucos, e quem traz muitos não toma a memória. */
const RESUMOS_GUARDADOS = 4096;

/** O disfarce com a chave de um livro: `"h:"` e 16 dígitos; `""` para quem não tem endereço. */
export function disfarceDe(segredo: string): (quem: Quem) => string {
  const chave = Uint8Array.fromHex(segredo);
  const resumos = new Map<string, string>();
  return ({ origem }) => {
    if (origem === "") return "";
    let resumo = resumos.get(origem);
    if (resumo === undefined) {
      if (resumos.size >= RESUMOS_GUARDADOS) resumos.clear();
      resumo = `h:${createHmac("sha256", chave).update(origem).digest("hex").slice(0, 16)}`;
      resumos.set(origem, resumo);
    }
    return resumo;
  };
}
