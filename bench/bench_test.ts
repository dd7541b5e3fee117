/**
 * Testes das contas do bench (mediana, quantil) e de `bench.ts` e `hostil.ts` como comandos.
 *
 * @module
 */

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { roda, testeComSistema } from "../testes/apoio.ts";
import { COMPARAVEIS } from "./contra.ts";
import { mediana, quantil, RAIZ } from "./medidor.ts";

Deno.test("mediana e quantil: entre os dois mais próximos, em qualquer ordem", { permissions: "none" }, () => {
  assertEquals([mediana([3, 1, 2]), mediana([4, 1, 2, 3]), mediana([7])], [2, 2.5, 7]);
  assertEquals([quantil([1, 2, 3, 4, 5], 0.25), quantil([5, 1], 0.75)], [2, 4]);
});

testeComSistema("bench: --help diz as medidas de --so e as de --contra; um comando errado sai com 2", async () => {
  const { codigo, stdout } = await roda("bench/bench.ts", ["--help"]);
  assertEquals(codigo, 0);
  assertStringIncludes(stdout, COMPARAVEIS.join(", "));
  for (
    const [args, dito] of [
      [["--contra", `${RAIZ}/nada`], "não há servidor.ts"],
      [["--contra", RAIZ, "--so", "extras"], "gravacoes"],
      [["--so", "cliente"], "--so espera busca"],
    ] as const
  ) {
    const { codigo, stderr } = await roda("bench/bench.ts", [...args]);
    assertEquals(codigo, 2, stderr);
    assertStringIncludes(stderr, dito);
  }
});

testeComSistema("bench: --contra põe as duas versões lado a lado, com a razão, e diz o que perdeu", async () => {
  const args = ["--contra", RAIZ, "--so", "cliente", "--rodadas", "1", "--segundos", "0.1"];
  const { codigo, stdout, stderr } = await roda("bench/bench.ts", args);
  assertEquals([codigo, stderr], [0, ""]);
  assertMatch(
    stdout,
    /^uma consulta pelo cliente, processo inteiro +[\d.,]+ ms +[\d.,]+ ms +\d,\d\d +\d,\d\d–\d,\d\d/m,
  );
  assertMatch(stdout, /abaixo de 0,97/);
});

testeComSistema("hostil: a tabela de um cenário, as metas, e um comando errado sai com 2", async () => {
  const { codigo, stdout, stderr } = await roda("bench/hostil.ts", ["--so", "so", "--segundos", "0.1"]);
  assertEquals([codigo, stderr], [0, ""]);
  assertStringIncludes(stdout, "p99 ≤ 100 ms, memória ≤ 512 MiB, log ≤ 0,25 MB/s");
  assertMatch(stdout, /^sem ninguém +esta +[\d.,]+ +[\d.,]+ +[\d.,]+ +\d+ +[\d.,]+ +0/m);
  for (
    const [args, dito] of [
      [["--so", "tudo"], "bombas, vagas, log"],
      [["--contra", `${RAIZ}/nada`], "não há servidor.ts"],
    ] as const
  ) {
    const { codigo, stderr } = await roda("bench/hostil.ts", [...args]);
    assertEquals(codigo, 2, stderr);
    assertStringIncludes(stderr, dito);
  }
});
