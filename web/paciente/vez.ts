/**
 * A vez de um formulário: um sorteio que vai com ele, e de que sai o código do que ele fizer. Mandado outra vez, aqui ou noutro
 * servidor do mesmo livro, e também depois de um reinício, propõe o mesmo código, e a agenda acha o que já fez.
 *
 * Não se sela: quem invente uma vez tem um código que sem o segredo do livro não adivinha, como o de qualquer outra; e a de
 * outra pessoa são 128 bits que só ela tem.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type { Casa } from "../casa.ts";

const BYTES_DO_SORTEIO = 16;

/** Uma vez nova. */
export function novaVez(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(BYTES_DO_SORTEIO))).toString("base64url");
}

/** O código do que um formulário faz a um CPF numa especialidade; nenhum, se não tem forma de ser uma vez. */
export function codigoDaVez(
  { selos }: Casa,
  vez: string,
  { cpf, especialidade }: { readonly cpf: string; readonly especialidade: string },
): string | undefined {
  return /^[\w-]{22}$/.test(vez) ? selos.codigoDe(`${vez} ${cpf} ${especialidade}`) : undefined;
}
