/**
 * Uma linha de CSV, como uma planilha a lê sem a tomar por mais do que é. Escrevem-nas os comandos e as páginas.
 *
 * @module
 */

import { inofensivo } from "./texto.ts";

/** Como se separam as células, e o que vem antes da primeira. */
export interface FormaDeCsv {
  /** Entre uma célula e a seguinte. */
  readonly separador: string;
  /** Antes de tudo. */
  readonly marca: string;
}

/** RFC 4180. */
export const COMUM: FormaDeCsv = { separador: ",", marca: "" };

/**
 * O Excel separa as células pelo separador de listas do sistema, que em português é o ponto e vírgula, e sem a marca de ordem
 * de bytes toma o UTF-8 por outra coisa.
 */
export const EXCEL: FormaDeCsv = { separador: ";", marca: "\ufeff" };

/** Uma linha. Uma célula que uma planilha tomaria por fórmula ganha um apóstrofo (OWASP, CSV Injection). */
export function linhaDeCsv(celulas: readonly string[], { separador }: FormaDeCsv = COMUM): string {
  const celula = (texto: string): string =>
    `"${inofensivo(texto).replace(/^[=+\-@＝＋－＠]/, "'$&").replaceAll('"', '""')}"`;
  return celulas.map(celula).join(separador);
}
