/**
 * O que os testes do armazém embutido têm em comum: um livro em arquivo, e quem mexe nele por fora. Só os arquivos
 * `_test.ts` o importam.
 *
 * @module
 */

import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { ArmazemSqlite, type OpcoesDoSqlite } from "../armazem/sqlite.ts";
import { ESQUEMA_1, ID_DA_APLICACAO } from "../armazem/sqlite_esquema.ts";
import { ErroDoArmazem } from "../clinica/livro.ts";
import { cpfDeExemplo, Pasta, permitido, saidaDe, testeComSistema } from "./apoio.ts";
import { AGENDA, CLINICO, DIA, grava, marca } from "./mudancas.ts";

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

/**
 * Um livro da primeira versão com tantos agendamentos, um por CPF de exemplo: de cada dez, o primeiro cancelado e o último
 * fora de ativo.
 */
export function livroDaPrimeira(livro: string, agendamentos: number): void {
  using db = new DatabaseSync(livro);
  db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; BEGIN; ${ESQUEMA_1}`);
  const insere = db.prepare(
    `INSERT INTO agendamento VALUES (?, ?, 'MARIA DA SILVA', '${CLINICO}', '', ?, ?, 1, ?, ?, ?, ?)`,
  );
  for (let n = 0; n < agendamentos; n++) {
    const quando = Temporal.PlainDateTime.from(`${DIA}T00:00`).add({ minutes: n });
    const cancelado = n % 10 === 0 ? "2026-11-23T11:00:00Z" : null;
    const ativo = n % 10 > 0 && n % 10 < 9 ? 1 : 0;
    insere.run(
      n + 1,
      cpfDeExemplo(n),
      quando.toPlainDate().toString(),
      quando.toPlainTime().toString().slice(0, 5),
      "2026-11-23T10:00:00Z",
      cancelado,
      "10.0.0.7",
      ativo,
    );
  }
  db.exec(
    `PRAGMA application_id = ${ID_DA_APLICACAO}; PRAGMA user_version = 1; COMMIT; PRAGMA wal_checkpoint(TRUNCATE)`,
  );
}

/** Uma linha para `INSERT` à mão; o que não se diz é bom. */
export function linhaSql(trocas: Record<string, string> = {}): string {
  const colunas: Record<string, string> = {
    numero: "NULL",
    versao: "1",
    codigo: "''",
    cpf: `'${cpfDeExemplo(50)}'`,
    nome: "'À MÃO'",
    especialidade: `'${CLINICO}'`,
    profissional: "''",
    agenda: `'${AGENDA}'`,
    data: `'${DIA}'`,
    hora: "'10:00'",
    minutos: "30",
    situacao: "'MARCADO'",
    ativo: "1",
    encaixe: "0",
    ...Object.fromEntries(["local", "motivo", "nota", "email", "telefone", "senha"].map((coluna) => [coluna, "''"])),
    prioridade: "0",
    chegou_em: "''",
    chamado_em: "''",
    chamadas: "0",
    terminou_em: "''",
    substitui: "0",
    pilha: "'[]'",
    criado_em: "'2026-11-23T10:00:00Z'",
    origem: "'sqlite3'",
    espera: "0",
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
