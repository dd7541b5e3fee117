/**
 * Testes da ocupação de um dia, contra um conjunto de minutos. Sem nenhuma permissão.
 *
 * @module
 */

import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import { Ocupacao, PorDia } from "./ocupacao.ts";

function teste(name: string, fn: () => void): void {
  Deno.test({ name, permissions: "none", fn });
}

function minutosDe(ocupacao: Ocupacao): number[] {
  return Array.from({ length: 1440 }, (_, minuto) => minuto).filter((minuto) => !ocupacao.livre(minuto, 1));
}

teste("a ocupação concorda com um conjunto de minutos", () => {
  const arbIntervalo = fc.nat({ max: 1439 }).chain((inicio) =>
    fc.record({ inicio: fc.constant(inicio), minutos: fc.integer({ min: 1, max: 1440 - inicio }) })
  );
  const arbCurto = fc.record({ inicio: fc.nat({ max: 1340 }), minutos: fc.integer({ min: 1, max: 100 }) });
  const arbPasso = fc.record({
    faz: fc.constantFrom("toma", "libera", "livre", "copia"),
    onde: fc.oneof({ weight: 4, arbitrary: arbCurto }, { weight: 1, arbitrary: arbIntervalo }),
  });
  fc.assert(
    fc.property(fc.array(arbPasso, { maxLength: 30, size: "max" }), (passos) => {
      let ocupacao = Ocupacao.vazia();
      const tomados = new Set<number>();
      for (const { faz, onde: { inicio, minutos } } of passos) {
        const intervalo = Array.from({ length: minutos }, (_, i) => inicio + i);
        if (faz === "toma") {
          ocupacao.toma(inicio, minutos);
          intervalo.forEach((minuto) => tomados.add(minuto));
        } else if (faz === "libera") {
          ocupacao.libera(inicio, minutos);
          intervalo.forEach((minuto) => tomados.delete(minuto));
        } else if (faz === "copia") {
          const original = ocupacao;
          ocupacao = original.copia();
          assert(ocupacao.igual(original) && original.igual(ocupacao));
          original.toma(inicio, minutos);
          original.libera(0, 720);
          assertStrictEquals(
            ocupacao.igual(original),
            minutosDe(original).join() === [...tomados].sort((a, b) => a - b).join(),
          );
        } else {
          assertStrictEquals(ocupacao.livre(inicio, minutos), !intervalo.some((minuto) => tomados.has(minuto)));
        }
      }
      for (let minuto = 0; minuto < 1440; minuto++) {
        assertStrictEquals(ocupacao.livre(minuto, 1), !tomados.has(minuto), `minuto ${minuto}`);
      }
    }),
    { numRuns: 300 },
  );
});

teste("PorDia guarda por especialidade e data, sem confundir uma com outra", () => {
  const porDia = new PorDia<number>();
  porDia.set("A B", "C", 1);
  porDia.set("A", "B C", 2);
  porDia.set("A", "C", 3);
  porDia.set("A", "C", 4);
  assertEquals([porDia.get("A B", "C"), porDia.get("A", "B C"), porDia.get("A", "C")], [1, 2, 4]);
  assertStrictEquals(porDia.get("B", "C"), undefined);
  porDia.clear();
  assertStrictEquals(porDia.get("A", "C"), undefined);
});
