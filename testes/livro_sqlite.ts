/**
 * O que os testes do armazém embutido têm em comum: um livro em arquivo, e quem mexe nele por fora. Só os arquivos
 * `_test.ts` o importam.
 *
 * @module
 */

import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { ArmazemSqlite, type OpcoesDoSqlite } from "../armazem/sqlite.ts";
import { ErroDoArmazem } from "../clinica/livro.ts";
import { cpfDeExemplo, Pasta, permitido, saidaDe, testeComSistema } from "./apoio.ts";
import { CLINICO, DIA, grava, marca } from "./contrato.ts";

/** Registra um teste que tem uma pasta e, nela, o caminho de um livro ainda por criar. */
export function teste(nome: string, fn: (livro: string, pasta: Pasta) => Promise<void> | void): void {
  testeComSistema(`armazém: ${nome}`, async () => {
    using pasta = new Pasta();
    await fn(pasta.arquivo("clinica.db"), pasta);
  });
}

const MONTA = permitido("run", "read", "write", "env") &&
  await saidaDe("unshare", "-rm", "mount", "-t", "tmpfs", "none", "/mnt") !== undefined;

/** Um `teste` que monta discos que só um processo vê; onde o sistema não deixa, é ignorado e diz por quê. */
export function testeComDisco(nome: string, fn: (livro: string, pasta: Pasta) => Promise<void> | void): void {
  if (MONTA) return teste(nome, fn);
  Deno.test.ignore(`armazém: ${nome} (ignorado: o sistema não deixa montar com unshare)`, () => {});
}

/** O modo de um arquivo, só as permissões. */
export function modo(caminho: string): number {
  return (Deno.statSync(caminho).mode ?? 0) & 0o777;
}

/** As linhas que um `SELECT` ou um `PRAGMA` dá. */
export function consulta(livro: string, sql: string): Record<string, unknown>[] {
  using db = new DatabaseSync(livro);
  return db.prepare(sql).all().map((linha) => ({ ...linha }));
}

/** Muda o livro por fora. */
export function executa(livro: string, sql: string): void {
  using db = new DatabaseSync(livro);
  db.exec(sql);
}

/** Um livro com a hora 08:00 de `cpfDeExemplo(1)`, fechado. */
export async function livroComUm(livro: string): Promise<void> {
  await using armazem = ArmazemSqlite.abre(livro);
  await grava(armazem, (vista) => [marca(vista, { cpf: cpfDeExemplo(1) })]);
}

/** Uma linha para `INSERT` à mão; o que não se diz é bom. */
export function linhaSql(trocas: Record<string, string> = {}): string {
  const colunas: Record<string, string> = {
    id: "NULL",
    cpf: `'${cpfDeExemplo(50)}'`,
    nome: "'À MÃO'",
    especialidade: `'${CLINICO}'`,
    profissional: "''",
    data: `'${DIA}'`,
    hora: "'10:00'",
    minutos: "30",
    criado_em: "'2026-11-23T10:00:00Z'",
    cancelado_em: "NULL",
    origem: "'sqlite3'",
    ativo: "1",
    ...trocas,
  };
  return `INSERT INTO agendamento (${Object.keys(colunas)}) VALUES (${Object.values(colunas)})`;
}

/** Exige que o livro seja recusado com uma mensagem de uma linha, que tem o caminho e o resto. */
export function recusado(livro: string, partes: readonly string[], opcoes?: OpcoesDoSqlite): void {
  const erro = assertThrows(() => ArmazemSqlite.abre(livro, opcoes), ErroDoArmazem);
  for (const parte of [livro, ...partes]) assertStringIncludes(erro.message, parte);
  assert(!erro.message.includes("\n"), erro.message);
}

/** Exige que o livro esteja íntegro. */
export function integro(livro: string): void {
  assertEquals(consulta(livro, "PRAGMA integrity_check"), [{ integrity_check: "ok" }]);
}
