/**
 * O livro que as opções de `servidor.ts` pedem, ou o de costume. A semana está em `semana.ts`.
 *
 * @module
 */

import { ehPostgres } from "../armazem/postgres_endereco.ts";
import { type Argumentos, ErroDeUso } from "./argumentos.ts";

/** O livro pedido: a opção, a variável de ambiente, o de costume, nesta ordem. */
export function lerBanco(argumentos: Argumentos): string {
  const banco = argumentos.texto("banco") ?? (Deno.env.get("CLINICA_BANCO") || "clinica.db");
  confereBanco("banco", banco);
  return banco;
}

/**
 * Um "postgre://" não é um arquivo; e a mensagem não o repete, pois pode ter uma senha.
 *
 * @throws {ErroDeUso} se é um endereço que não é de um PostgreSQL.
 */
export function confereBanco(opcao: string, banco: string): void {
  if (/^[a-z]+:\/\//i.test(banco) && !ehPostgres(banco)) {
    throw new ErroDeUso(`--${opcao} espera um arquivo, ou um endereço que comece por postgres://`);
  }
}
