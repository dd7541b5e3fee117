/**
 * O que as opções de `servidor.ts` trazem: o livro e a semana, os de costume quando não se diz quais.
 *
 * @module
 */

import { ehPostgres } from "../armazem/postgres_endereco.ts";
import { ErroDeConfiguracao, lerOferta, type Oferta } from "../clinica/oferta.ts";
import { mensagem } from "../clinica/texto.ts";
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

/**
 * A configuração: o arquivo de `--config`, ou `clinica.json` se existe, ou a semana embutida.
 *
 * @throws {ErroDeConfiguracao} com o arquivo, o campo e a razão.
 */
export function lerConfiguracao(argumentos: Argumentos): Oferta {
  const pedido = argumentos.texto("config");
  const arquivo = pedido ?? "clinica.json";
  let conteudo: string;
  try {
    // Sem a marca de ordem de bytes do Bloco de Notas, e sem pôr "�" no lugar do que não é UTF-8.
    conteudo = new TextDecoder("utf-8", { fatal: true }).decode(Deno.readFileSync(arquivo));
  } catch (causa) {
    if (pedido === undefined && causa instanceof Deno.errors.NotFound) return lerOferta();
    if (causa instanceof TypeError) throw new ErroDeConfiguracao(arquivo, "não é UTF-8; salve-o como UTF-8");
    throw new ErroDeConfiguracao(arquivo, `não pôde ser lido (${mensagem(causa)})`);
  }
  try {
    return lerOferta(JSON.parse(conteudo));
  } catch (causa) {
    if (causa instanceof ErroDeConfiguracao) throw new ErroDeConfiguracao(arquivo, causa.message);
    throw new ErroDeConfiguracao(arquivo, `não é JSON (${mensagem(causa)})`);
  }
}
