/**
 * `servidor.ts copia DESTINO`: uma cópia do livro num arquivo novo, com o servidor em funcionamento.
 *
 * @module
 */

import { copiaLivro } from "../armazem/sqlite_copia.ts";
import { ehPostgres } from "../armazem/postgres_endereco.ts";
import {
  type Argumentos,
  ErroDeUso,
  recusaOpcoes,
  SO_DA_CHAVE,
  SO_DA_LISTA,
  SO_DE_IMPORTAR,
  SO_DO_CERTIFICADO,
  SO_DO_SERVIDOR,
} from "./argumentos.ts";
import { lerBanco } from "./opcoes.ts";

/** Copia o livro e diz para onde, e quantos bytes. */
export function copiar(argumentos: Argumentos, palavras: readonly string[]): void {
  recusaOpcoes(argumentos, [
    ...SO_DO_SERVIDOR,
    ...SO_DA_CHAVE,
    ...SO_DA_LISTA,
    ...SO_DE_IMPORTAR,
    ...SO_DO_CERTIFICADO,
    "config",
  ], "copia");
  if (palavras.length !== 1) throw new ErroDeUso("copia espera um destino: servidor.ts copia DESTINO");
  const banco = lerBanco(argumentos);
  if (ehPostgres(banco)) {
    throw new ErroDeUso("copia é de um arquivo; a cópia de um banco PostgreSQL faz-se com pg_dump, ou com importar");
  }
  copiaLivro(banco, palavras[0]);
  console.log(`${banco} copiado para ${palavras[0]} (${Deno.statSync(palavras[0]).size} bytes)`);
}
