/**
 * Como se lê a trilha de um livro em arquivo e a de um num PostgreSQL: as mesmas linhas, para a frente e para trás, entre dois
 * instantes, e a partir de qualquer uma.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { type Entre, type LivroDaTrilha, segundoDe } from "../clinica/trilha.ts";
import { Pasta, testeComSistema } from "../testes/apoio.ts";
import { type Cluster, clusterDoArquivo, testeComPostgres } from "../testes/cluster.ts";
import { ArmazemPostgres } from "./postgres.ts";
import { abreTrilhaDoPostgres } from "./postgres_trilha.ts";
import { Selo } from "./selo.ts";
import { ArmazemSqlite } from "./sqlite.ts";
import { abreTrilhaDoArquivo } from "./sqlite_trilha.ts";

let cluster: Cluster;
clusterDoArquivo((novo) => cluster = novo);

const SELO = Selo.aoAcaso();

/** Cinco acessos, um por segundo, lidos de vários modos. */
async function confere(livro: LivroDaTrilha): Promise<void> {
  await livro.acrescenta(Array.from({ length: 5 }, (_, i) => ({
    ...{ quando: segundoDe(1000 * i), papel: "balcao", quem: "p:1", especie: "BUSCA" } as const,
    ...{ cpf: "", numeros: String(i), vezes: 1 },
  })));
  const lidos = async (entre?: Entre): Promise<unknown[]> => {
    const ids: unknown[] = [];
    for await (const pedaco of livro.pedacos("acesso", entre)) {
      ids.push(...pedaco.map(([, , , , , , numeros]) => numeros));
    }
    return ids;
  };
  const todos: number[] = [];
  for await (const pedaco of livro.pedacos("acesso")) todos.push(...pedaco.map(([id]) => Number(id)));
  assertEquals(await lidos(), ["0", "1", "2", "3", "4"]);
  assertEquals(await lidos({ antesDe: Number.MAX_SAFE_INTEGER }), ["4", "3", "2", "1", "0"]);
  assertEquals(await lidos({ antesDe: todos[3] }), ["2", "1", "0"]);
  assertEquals(await lidos({ antesDe: todos[0] }), []);
  const meio = { de: "1970-01-01T00:00:01", ate: "1970-01-01T00:00:04" };
  assertEquals(await lidos(meio), ["1", "2", "3"]);
  assertEquals(await lidos({ ...meio, antesDe: todos[3] }), ["2", "1"]);
}

testeComSistema("a trilha lê-se para a frente e para trás, num arquivo", async () => {
  using pasta = new Pasta();
  const onde = pasta.arquivo("clinica.db");
  await ArmazemSqlite.abre(onde)[Symbol.asyncDispose]();
  await using livro = abreTrilhaDoArquivo(onde, SELO);
  await confere(livro);
});

testeComPostgres("a trilha lê-se para a frente e para trás, num PostgreSQL", async () => {
  const onde = await cluster.banco("trilha_pedacos");
  await (await ArmazemPostgres.abre(onde))[Symbol.asyncDispose]();
  await using livro = await abreTrilhaDoPostgres(onde, SELO);
  await confere(livro);
});
