/**
 * As chaves de acesso de um livro em arquivo: as que o servidor lê, e as que `servidor.ts chave` cria e revoga ao lado dele.
 *
 * @module
 */

import { DatabaseSync } from "node:sqlite";
import type { Chave, ChaveNova, LivroDasChaves } from "../clinica/chave.ts";
import { abreParaLer, explica } from "./sqlite_arquivo.ts";
import { emLinhas, linhasDe } from "./sqlite_leituras.ts";
import { CHAVES, lerChave } from "./tabelas.ts";

/** Quanto se espera por quem está gravando, em ms: um servidor grava em poucos. */
const ESPERA = 5000;

/**
 * As chaves de um livro que existe e está na versão de hoje.
 *
 * @throws {ErroDoArmazem} se não há livro, se é de outra versão, ou se não se pode escrever nele.
 */
export function abreChavesDoArquivo(caminho: string): LivroDasChaves {
  // É um livro, e desta versão? As mensagens são as de quem só lê.
  abreParaLer(caminho).close();
  const db = new DatabaseSync(caminho);
  const faz = <T>(o_que: () => T): Promise<T> => {
    try {
      return Promise.resolve(o_que());
    } catch (causa) {
      return Promise.reject(explica(caminho, causa));
    }
  };
  db.exec(`PRAGMA busy_timeout = ${ESPERA}; PRAGMA synchronous = FULL; PRAGMA fullfsync = ON`);
  return {
    todas: () => faz(() => chavesDe(db)),
    cria: (nova) => faz(() => cria(db, nova)),
    revoga: (numero, quando) =>
      faz(() =>
        db.prepare("UPDATE chave SET revogada_em = ? WHERE numero = ? AND revogada_em = ''").run(quando, numero)
          .changes === 1
      ),
    [Symbol.asyncDispose]: () => faz(() => db.close()),
  };
}

function chavesDe(db: DatabaseSync): Chave[] {
  return linhasDe(emLinhas(db, CHAVES)).map(lerChave);
}

function cria(db: DatabaseSync, nova: ChaveNova): Chave {
  const { resumo, papel, nome, profissional, ate, criadaEm } = nova;
  const { lastInsertRowid } = db.prepare(
    "INSERT INTO chave (resumo, papel, nome, profissional, ate, criada_em) VALUES (?, ?, ?, ?, ?, ?)",
  ).run(resumo, papel, nome, profissional, ate, criadaEm);
  return { ...nova, numero: Number(lastInsertRowid), revogadaEm: "" };
}
