/**
 * As chaves de acesso de um livro em arquivo: as que o servidor relê, e as que `servidor.ts chave` cria e revoga ao lado dele.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import type { Chave, ChaveNova, LivroDasChaves } from "../clinica/chave.ts";
import { emLinhas, linhasDe } from "./sqlite_leituras.ts";
import { type Acesso, acessoAoArquivo } from "./sqlite_pessoas.ts";
import { CHAVES, lerChave } from "./tabelas.ts";

/**
 * As chaves de um livro que existe e está na versão de hoje.
 *
 * @throws {ErroDoArmazem} se não há livro, se é de outra versão, ou se não se pode escrever nele.
 */
export function abreChavesDoArquivo(caminho: string): LivroDasChaves & AsyncDisposable {
  const { acesso, fecha } = acessoAoArquivo(caminho);
  return { ...chavesDoSqlite(acesso), [Symbol.asyncDispose]: fecha };
}

/** As chaves de um banco aberto. */
export function chavesDoSqlite({ le, grava }: Acesso): LivroDasChaves {
  return {
    // deno-lint-ignore require-await
    todas: async () => le((db) => linhasDe(emLinhas(db, CHAVES)).map(lerChave)),
    // deno-lint-ignore require-await
    cria: async (nova) => grava((db) => cria(db, nova)),
    // deno-lint-ignore require-await
    revoga: async (numero, quando) =>
      grava((db) =>
        db.prepare("UPDATE chave SET revogada_em = ? WHERE numero = ? AND revogada_em = ''").run(quando, numero)
          .changes === 1
      ),
  };
}

function cria(db: DatabaseSync, nova: ChaveNova): Chave {
  const { resumo, papel, nome, profissional, ate, criadaEm } = nova;
  const { lastInsertRowid } = db.prepare(
    "INSERT INTO chave (resumo, papel, nome, profissional, ate, criada_em) VALUES (?, ?, ?, ?, ?, ?)",
  ).run(resumo, papel, nome, profissional, ate, criadaEm);
  return { ...nova, numero: Number(lastInsertRowid), revogadaEm: "" };
}
