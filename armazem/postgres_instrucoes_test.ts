/**
 * Testes das instruções do livro num PostgreSQL, contra um de verdade: por onde vão os planos delas. O que fazem está em
 * `postgres_test.ts`.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { type Cluster, clusterDoArquivo, testeComPostgres } from "../testes/cluster.ts";
import { ArmazemPostgres } from "./postgres.ts";
import { lerEndereco } from "./postgres_endereco.ts";
import { restricoesDe } from "./postgres_esquema.ts";
import { type Preparada, preparadas } from "./postgres_instrucoes.ts";
import { daquiA } from "./postgres_ligacao.ts";
import { PRAZO_LONGO } from "./postgres_migracao.ts";
import { Principal } from "./postgres_principal.ts";

let cluster: Cluster;
clusterDoArquivo((novo) => cluster = novo);

/** O que vai ao livro, com quantos parâmetros, e quantas vezes vai aos agendamentos. */
const VAO_AO_LIVRO: Partial<Record<Preparada, readonly [parametros: number, vezes: number]>> = {
  trava_listas: [3, 1],
  tenta_listas: [3, 1],
  trava_dias: [4, 1],
  tenta_dias: [4, 1],
  trava_dias_que_voltam: [6, 3],
  ativos: [1, 1],
  acabados: [1, 1],
  dias: [2, 2],
  dias_que_mudam: [1, 3],
  dias_que_voltam: [2, 4],
  filas: [7, 2],
  confere_livres: [1, 1],
  periodos: [3, 2],
  cancelados: [1, 1],
  acaba: [8, 3],
  atualiza: [29, 3],
};

testeComPostgres(
  "instruções do PostgreSQL: cada uma vai por um índice até ao que pede, seja qual for o livro",
  async () => {
    const url = await cluster.banco("planos");
    await (await ArmazemPostgres.abre(url))[Symbol.asyncDispose]();
    // Um livro contado quando ainda não tem encaixes nem cancelados, como é o de uma clínica que começa.
    await cluster.executa(
      `INSERT INTO agendamento (cpf, nome, especialidade, profissional, agenda, data, hora, minutos, criado_em, origem, ativo)
     SELECT lpad((n % 1000)::text, 11, '0'), 'ANA', 'E', '', 'E:' || n, '2026-11-30', '08:00', 30, '', '', false FROM generate_series(1, 5000) n;
     ANALYZE agendamento`,
      "planos",
    );
    const ate = daquiA(PRAZO_LONGO);
    const ligacao = await new Principal(lerEndereco(url)).acha({ instrucao: PRAZO_LONGO, parada: PRAZO_LONGO }, ate);
    try {
      const textos = preparadas(await restricoesDe(ligacao, ate));
      for (const [nome, [parametros, vezes]] of Object.entries(VAO_AO_LIVRO)) {
        const texto = new Map<string, string>(Object.entries(textos)).get(nome);
        await ligacao.consulta(`PREPARE ${nome} AS ${texto}`, ate);
        const valores = Array(parametros).fill("NULL").join(", ");
        const [{ rows }] = await ligacao.consulta(`EXPLAIN (COSTS OFF) EXECUTE ${nome} (${valores})`, ate);
        const linhas = rows.map(([linha]) => linha ?? "");
        const idas = linhas.flatMap((linha, i) => / Scan .*on agendamento/.test(linha) ? [linhas[i + 1]] : []);
        assertEquals(
          idas.map((linha) => /(Index|Recheck) Cond/.test(linha)),
          Array(vezes).fill(true),
          linhas.join("\n"),
        );
      }
    } finally {
      await ligacao.fecha();
    }
  },
);
