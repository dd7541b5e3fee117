/**
 * Uma frase-senha: como se lê o que alguém digitou, que frases não servem, e como se sorteia uma que se possa ditar.
 *
 * @module
 */

import { PALAVRAS } from "./palavras.ts";

/** Caracteres de uma frase-senha, no mínimo: os que o NIST SP 800-63B-4 pede a quem entra só com ela. Sem regras de composição. */
export const LETRAS_MINIMAS = 15;

/** Unidades de UTF-16 de uma, no máximo, contadas antes de normalizar, que custa o quadrado das marcas seguidas. */
export const LETRAS_MAXIMAS = 256;

/** Palavras das que se sorteiam: seis, de 256, são 48 bits. */
const SORTEADAS = 6;

/**
 * A frase-senha como se confere, igual em qualquer teclado e sistema (RFC 8265, OpaqueString): todo espaço é um espaço, em NFC.
 * Nada, se é longa demais ou tem caracteres de controle.
 */
export function lerFrase(digitada: string): string | undefined {
  if (digitada.length > LETRAS_MAXIMAS || /\p{Cc}/u.test(digitada)) return undefined;
  return digitada.replace(/\p{Zs}/gu, " ").normalize("NFC");
}

/** Por que uma frase-senha não serve: passa de `LETRAS_MAXIMAS` ou tem o que não se escreve; não chega a `LETRAS_MINIMAS`. */
export type DefeitoDaFrase = "longa" | "curta" | "previsível";

/** Por que uma frase-senha não serve a alguém; nada, se serve. */
export function defeitoDaFrase(digitada: string, quem: string): DefeitoDaFrase | undefined {
  const frase = lerFrase(digitada);
  if (frase === undefined) return "longa";
  if ([...frase].length < LETRAS_MINIMAS) return "curta";
  return ehPrevisivel(frase, quem) ? "previsível" : undefined;
}

/** O que se tenta primeiro, além do próprio nome. */
const TENTADAS = [
  "123456789",
  "987654321",
  "qwertyuiop",
  "asdfghjkl",
  "abcdefghij",
  "password",
  "senha",
  "clinica",
  "saude",
];

/** Letras diferentes que têm de sobrar. */
const DIFERENTES = 6;

/** Tirado o que se tenta primeiro, não sobra o bastante que seja diferente. */
function ehPrevisivel(frase: string, quem: string): boolean {
  let resto = frase.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  const dele = quem.split(/[^a-z0-9]+/).filter((parte) => parte.length > 2);
  for (const tentada of [quem, ...dele, ...TENTADAS]) resto = resto.replaceAll(tentada, "");
  return new Set(resto.replaceAll(" ", "")).size < DIFERENTES;
}

/** Uma frase-senha ao acaso, de um gerador criptográfico: palavras comuns, sem acentos, que se ditam ao telefone. */
export function sorteiaFrase(): string {
  // São 256: cada byte é uma, e nenhuma é mais provável.
  return Array.from(crypto.getRandomValues(new Uint8Array(SORTEADAS)), (byte) => PALAVRAS[byte]).join(" ");
}
