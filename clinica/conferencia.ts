/**
 * Como se confere um valor de `clinica.json`: o que não serve é recusado com o campo e a razão.
 *
 * Usam-no `oferta.ts` e `politica.ts`.
 *
 * @module
 */

import { chave, lerNome, NOME_MAXIMO } from "./texto.ts";

/** A configuração tem um campo que não serve; a mensagem diz qual e por quê. */
export class ErroDeConfiguracao extends Error {
  /** O campo, como `"atendimentos[2].inicio"`, e a razão: o que se esperava e o que veio. */
  constructor(campo: string, razao: string) {
    super(`${campo}: ${razao}`);
    this.name = "ErroDeConfiguracao";
  }
}

/** Um objeto que só tem estas chaves. */
export function objeto(campo: string, valor: unknown, chaves: readonly string[]): Record<string, unknown> {
  if (typeof valor !== "object" || valor === null || Array.isArray(valor)) {
    throw new ErroDeConfiguracao(campo, `esperava um objeto {…}; veio ${mostra(valor)}`);
  }
  const estranha = Object.keys(valor).find((nome) => !chaves.includes(nome));
  if (estranha !== undefined) {
    throw new ErroDeConfiguracao(campo, `não conhece a chave "${estranha}"; conhece ${chaves.join(", ")}`);
  }
  return Object.fromEntries(Object.entries(valor));
}

/** Uma lista. */
export function lista(campo: string, valor: unknown): unknown[] {
  if (!Array.isArray(valor)) throw new ErroDeConfiguracao(campo, `esperava uma lista […]; veio ${mostra(valor)}`);
  return valor;
}

/** Um texto que se mostra numa linha, com alguma letra, sem espaços à volta. */
export function texto(campo: string, valor: unknown, maximo = NOME_MAXIMO): string {
  const nome = typeof valor === "string" ? lerNome(valor) : undefined;
  if (typeof valor !== "string" || nome === undefined || chave(valor) === "" || [...nome].length > maximo) {
    throw new ErroDeConfiguracao(campo, `esperava um texto de 1 a ${maximo} caracteres; veio ${mostra(valor)}`);
  }
  return valor.normalize("NFC").trim();
}

/** Um inteiro dentro de limites, incluídos. */
export function inteiro(campo: string, valor: unknown, { de, ate }: { de: number; ate: number }): number {
  if (typeof valor !== "number" || !Number.isInteger(valor) || valor < de || valor > ate) {
    throw new ErroDeConfiguracao(campo, `esperava um inteiro de ${de} a ${ate}; veio ${mostra(valor)}`);
  }
  return valor;
}

/** Como se mostra o que veio, numa recusa. */
export function mostra(valor: unknown): string {
  return valor === undefined ? "nada" : JSON.stringify(valor);
}

/** Verdadeiro ou falso. */
export function logico(campo: string, valor: unknown): boolean {
  if (typeof valor !== "boolean") throw new ErroDeConfiguracao(campo, `esperava true ou false; veio ${mostra(valor)}`);
  return valor;
}
