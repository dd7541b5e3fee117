/**
 * `servidor.ts copia DESTINO`: uma cópia do livro num arquivo novo, com o servidor em funcionamento.
 *
 * @module
 */

import { copiaLivro } from "../armazem/sqlite_copia.ts";
import { ehPostgres } from "../armazem/postgres_endereco.ts";
import { aceitaSo, type Argumentos, ErroDeUso } from "./argumentos.ts";
import { lerBanco } from "./opcoes.ts";
import { registra } from "./registra.ts";

/** Copia o livro e diz para onde, e quantos bytes. */
export async function copiar(argumentos: Argumentos, palavras: readonly string[]): Promise<void> {
  aceitaSo(argumentos, ["banco", "chave-da-trilha"], "copia");
  if (palavras.length !== 1) throw new ErroDeUso("copia espera um destino: servidor.ts copia DESTINO");
  const banco = lerBanco(argumentos);
  if (ehPostgres(banco)) {
    throw new ErroDeUso("copia é de um arquivo; a cópia de um banco PostgreSQL faz-se com pg_dump, ou com importar");
  }
  copiaLivro(banco, palavras[0]);
  await registra(argumentos, { especie: "COPIA" }, banco);
  console.log(`${banco} copiado para ${palavras[0]} (${Deno.statSync(palavras[0]).size} bytes)`);
}
