/**
 * Testes do que se diz, e do que se recusa, quando o relógio do servidor e o do banco discordam. Não precisam de banco.
 *
 * @module
 */

import { assertEquals, assertMatch } from "@std/assert";
import { DiferencaDosRelogios } from "./postgres_relogio.ts";

function teste(nome: string, fn: (diferenca: DiferencaDosRelogios, avisos: string[]) => void): void {
  Deno.test({
    name: `relógio do banco: ${nome}`,
    permissions: "none",
    fn(): void {
      const avisos: string[] = [];
      fn(new DiferencaDosRelogios((aviso) => avisos.push(aviso)), avisos);
    },
  });
}

teste("até 30 s nada se diz; além, uma vez, e outra quando voltam a concordar", (diferenca, avisos) => {
  for (const ms of [0, 29_000, -30_000]) diferenca.recebe(ms, 1);
  assertEquals(avisos, []);
  for (const ms of [42_000, 43_000, 41_000]) diferenca.recebe(ms, 1);
  diferenca.recebe(5, 1);
  diferenca.recebe(3, 1);
  assertEquals(avisos, [
    "o relógio deste servidor está 42 s adiantado em relação ao do banco; acerte-os",
    "o relógio deste servidor voltou a concordar com o do banco",
  ]);
});

teste("diz-se outra vez quando a diferença muda muito", (diferenca, avisos) => {
  for (const ms of [-40_000, -60_000, -80_000, -100_000]) diferenca.recebe(ms, 1);
  assertEquals(avisos.map((aviso) => /está (.*) em relação/.exec(aviso)?.[1]), ["40 s atrasado", "80 s atrasado"]);
});

teste("além de 5 min recusa; ao voltar, deixa de recusar sem que ninguém o diga", (diferenca, avisos) => {
  diferenca.recebe(299_000, 1);
  assertEquals(diferenca.recusa, undefined);
  diferenca.recebe(301_000, 1);
  assertMatch(diferenca.recusa?.message ?? "", /5 min adiantado em relação ao do banco; enquanto isso nada se marca/);
  diferenca.recebe(200_000, 1);
  assertEquals(diferenca.recusa, undefined);
  diferenca.recebe(0, 1);
  assertEquals(avisos.length, 4);
});

teste("uma medida vale menos o erro que pode ter", (diferenca, avisos) => {
  diferenca.recebe(31_000, 2_000);
  diferenca.recebe(-302_000, 3_000);
  assertEquals([diferenca.recusa, avisos.length], [undefined, 1]);
});
