/**
 * O texto de uma chave: como se sorteia, e o resumo que dele se guarda. Fazem chaves `servidor.ts chave` e a página dos acessos.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { BYTES_DO_CODIGO, escreveCodigo } from "../clinica/agendamento.ts";
import type { Chave, ChaveNova, LivroDasChaves } from "../clinica/chave.ts";

/** Por ele quem procura segredos em repositórios e registros sabe que este é um. */
const PREFIXO = "clinica_";

/** Cada parte são oito caracteres da base 32 de Crockford: 40 bits. */
const PARTES = 5;

/** Caracteres do texto de uma chave. */
export const LETRAS_DA_CHAVE: number = PREFIXO.length + 8 * PARTES;

/** Um texto novo, de 200 bits de um gerador criptográfico. */
export function novaChave(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(PARTES * BYTES_DO_CODIGO));
  return PREFIXO + Array.from({ length: PARTES }, (_, i) => escreveCodigo(bytes, i * BYTES_DO_CODIGO)).join("");
}

/** O resumo de um texto; nada, se não tem a forma de uma chave: nem se procura. */
export function resumoDe(texto: string): string | undefined {
  if (texto.length !== LETRAS_DA_CHAVE || !texto.startsWith(PREFIXO)) return undefined;
  return sha256(texto);
}

/** Faz uma chave e grava-a; o texto só aqui se vê. */
export async function criaChave(
  livro: LivroDasChaves,
  nova: Omit<ChaveNova, "resumo">,
): Promise<{ readonly chave: Chave; readonly texto: string }> {
  const texto = novaChave();
  return { texto, chave: await livro.cria({ ...nova, resumo: sha256(texto) }) };
}

function sha256(texto: string): string {
  return createHash("sha256").update(texto).digest("hex");
}
