import { ArmazemPostgres } from "./armazem_postgres.ts";
import { Cluster, FALTA, testeComPostgres } from "./cluster.ts";
import { contrato } from "./contrato.ts";

/** Um cluster serve a todos os testes deste arquivo; cada um tem um banco seu. */
let cluster: Cluster;

if (FALTA === undefined) {
  Deno.test.beforeAll(async () => {
    cluster = await Cluster.inicia();
  });
  Deno.test.afterAll(async () => {
    await cluster[Symbol.asyncDispose]();
  });
}

let bancos = 0;

/** O endereço de um banco novo, vazio. */
function novoBanco(): Promise<string> {
  return cluster.banco(`livro${++bancos}`);
}

contrato(
  (nome, fn) => testeComPostgres(`armazém em PostgreSQL: ${nome}`, fn),
  async () => await ArmazemPostgres.abre(await novoBanco()),
);
