/**
 * Valores por ordem: o mesmo que uma lista que se ordena a cada vez.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { Ordenada } from "./ordenada.ts";

/** Um valor que se compara só por uma parte. */
interface Valor {
  readonly lugar: number;
  readonly nome: string;
}

function porLugar(a: Pick<Valor, "lugar">, b: Pick<Valor, "lugar">): number {
  return a.lugar - b.lugar;
}

Deno.test({
  name: "ordenada: o que se põe e se tira, seja em que ordem for, fica por ordem e conta-se",
  permissions: "none",
  fn(): void {
    // Muitos lugares seguidos de cada vez, para que haja blocos cheios, partidos e vazios.
    const passos = fc.array(
      fc.record({ poe: fc.boolean(), de: fc.nat(3000), quantos: fc.nat(1500), passo: fc.constantFrom(1, 2, 7) }),
      { minLength: 1, maxLength: 12 },
    );
    fc.assert(
      fc.property(passos, (passos) => {
        const ordenada = new Ordenada<Pick<Valor, "lugar">, Valor>(porLugar);
        const ingenua = new Map<number, Valor>();
        for (const { poe, de, quantos, passo } of passos) {
          for (let i = 0; i < quantos; i++) {
            // Nem sempre por ordem.
            const lugar = de + (i % 2 === 0 ? i : quantos - i) * passo;
            if (!poe) {
              ordenada.tira({ lugar });
              ingenua.delete(lugar);
            } else if (!ingenua.has(lugar)) {
              const valor = { lugar, nome: `${lugar}` };
              ordenada.poe(valor);
              ingenua.set(lugar, valor);
            }
          }
          const esperados = [...ingenua.values()].sort(porLugar);
          assertEquals([...ordenada], esperados);
          for (const lugar of [-1, de, de + quantos, 100_000]) {
            assertEquals(ordenada.quantosAntes({ lugar }), esperados.filter((um) => um.lugar < lugar).length);
            const serve = (um: Valor): boolean => um.lugar < lugar;
            assertEquals(ordenada.enquanto(serve, 10), esperados.filter(serve).slice(0, 10));
          }
        }
      }),
      { numRuns: 30 },
    );
  },
});
