/**
 * As pessoas de um livro em arquivo e as tentativas de entrar: as que o servidor confere, e as que `servidor.ts pessoa` cria e
 * muda ao lado dele.
 *
 * @module
 */

import { DatabaseSync } from "node:sqlite";
import type { Contagem, LivroDasPessoas, Pessoa, PessoaNova, Tentativas } from "../clinica/pessoa.ts";
import { abreParaLer, explica } from "./sqlite_arquivo.ts";
import { emLinhas, linhasDe, SEGREDO, texto } from "./sqlite_leituras.ts";
import { colunasDaPessoa, colunasDe, lerPessoa, PESSOAS, SEM_GERENTE } from "./tabelas.ts";

/** Quanto se espera por quem está gravando, em ms: um servidor grava em poucos. */
const ESPERA = 5000;

/** Como se chega ao livro. */
export interface Acesso {
  /** Lê. */
  le<T>(faz: (db: DatabaseSync) => T): T;
  /** Lê e grava numa transação, que ao acabar está no disco; lança se não. */
  grava<T>(faz: (db: DatabaseSync) => T): T;
}

/**
 * Um livro que existe e está na versão de hoje, aberto ao lado de um servidor.
 *
 * @throws {ErroDoArmazem} se não há livro, se é de outra versão, ou se não se pode escrever nele.
 */
export function acessoAoArquivo(caminho: string): { readonly acesso: Acesso; readonly fecha: () => Promise<void> } {
  // É um livro, e desta versão? As mensagens são as de quem só lê.
  abreParaLer(caminho).close();
  const db = new DatabaseSync(caminho);
  db.exec(`PRAGMA busy_timeout = ${ESPERA}; PRAGMA synchronous = FULL; PRAGMA fullfsync = ON`);
  const explicando = <T>(faz: () => T): T => {
    try {
      return faz();
    } catch (causa) {
      if (db.isTransaction) db.exec("ROLLBACK");
      throw explica(caminho, causa);
    }
  };
  const acesso: Acesso = {
    le: (faz) => explicando(() => faz(db)),
    grava: (faz) =>
      explicando(() => {
        db.prepare("BEGIN IMMEDIATE").run();
        const feito = faz(db);
        db.prepare("COMMIT").run();
        return feito;
      }),
  };
  return { acesso, fecha: () => Promise.resolve(db.close()) };
}

/**
 * As pessoas de um livro que existe e está na versão de hoje.
 *
 * @throws {ErroDoArmazem} se não há livro, se é de outra versão, ou se não se pode escrever nele.
 */
export function abrePessoasDoArquivo(caminho: string): LivroDasPessoas & AsyncDisposable {
  const { acesso, fecha } = acessoAoArquivo(caminho);
  return { ...pessoasDoSqlite(acesso), [Symbol.asyncDispose]: fecha };
}

/** As pessoas de um banco aberto. */
export function pessoasDoSqlite(acesso: Acesso): LivroDasPessoas {
  // deno-lint-ignore require-await
  const le = async <T>(faz: (db: DatabaseSync) => T): Promise<T> => acesso.le(faz);
  // deno-lint-ignore require-await
  const grava = async <T>(faz: (db: DatabaseSync) => T): Promise<T> => acesso.grava(faz);
  return {
    segredo: () => le((db) => linhasDe(emLinhas(db, SEGREDO)).map(([um]) => texto(um))[0]),
    todas: () => le((db) => linhasDe(emLinhas(db, PESSOAS)).map(lerPessoa)),
    cria: (nova) => grava((db) => cria(db, nova, "true")),
    criaPrimeiro: (nova) => grava((db) => cria(db, nova, SEM_GERENTE)),
    muda: (depois) => grava((db) => muda(db, depois)),
    tentativas: (contas) =>
      le((db) =>
        contas.flatMap(({ quem, endereco }) => linhasDe(emLinhas(db, UMA), quem, endereco).map(lerTentativas))
      ),
    conta: (mudancas, velhas) => grava((db) => conta(db, mudancas, velhas)),
    perdoa: (quem) =>
      grava((db) =>
        quem.forEach((um) => db.prepare("UPDATE tentativa_de_entrar SET falhas = 0 WHERE quem = ?").run(um))
      ),
  };
}

const COLUNAS = colunasDe("pessoa").map(([nome]) => nome);

const UMA = "SELECT quem, endereco, falhas, ultima, entrou FROM tentativa_de_entrar WHERE quem = ? AND endereco = ?";

function cria(db: DatabaseSync, nova: PessoaNova, se: string): Pessoa | undefined {
  const { quem, nome, papel, profissional, resumo, criadaEm } = nova;
  const [linha] = linhasDe(
    emLinhas(
      db,
      `INSERT INTO pessoa (quem, nome, papel, profissional, resumo, criada_em, mudada_em)
       SELECT ?, ?, ?, ?, ?, ?, ? WHERE ${se}
       ON CONFLICT (quem) WHERE retirada_em = '' DO NOTHING RETURNING ${COLUNAS.join(", ")}`,
    ),
    ...[quem, nome, papel, profissional, resumo, criadaEm, criadaEm],
  );
  return linha && lerPessoa(linha);
}

function muda(db: DatabaseSync, depois: Pessoa): boolean {
  const colunas = COLUNAS.map((nome) => `${nome} = ?`).join(", ");
  const { changes } = db.prepare(`UPDATE pessoa SET ${colunas} WHERE numero = ? AND versao = ?`)
    .run(...colunasDaPessoa(depois), depois.numero, depois.versao - 1);
  return changes === 1;
}

function conta(db: DatabaseSync, mudancas: readonly Contagem[], velhas: string): boolean {
  const uma = emLinhas(db, UMA);
  const saoIguais = mudancas.every(({ antes }) => {
    const [agora] = linhasDe(uma, antes.quem, antes.endereco).map(lerTentativas);
    return (agora?.falhas ?? 0) === antes.falhas && (agora?.ultima ?? "") === antes.ultima;
  });
  if (!saoIguais) return false;
  const poe = db.prepare(
    "INSERT OR REPLACE INTO tentativa_de_entrar (quem, endereco, falhas, ultima, entrou) VALUES (?, ?, ?, ?, ?)",
  );
  for (const { depois: { quem, endereco, falhas, ultima, entrou } } of mudancas) {
    poe.run(quem, endereco, falhas, ultima, entrou);
  }
  db.prepare("DELETE FROM tentativa_de_entrar WHERE ultima < ?").run(velhas);
  return true;
}

function lerTentativas(linha: readonly unknown[]): Tentativas {
  const [quem, endereco, falhas, ultima, entrou] = linha.map(String);
  return { quem, endereco, falhas: Number(falhas), ultima, entrou };
}
