/**
 * A peneira das contas: nunca diz que não há uma que se pôs, e quase sempre o diz das outras.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import type { ParDaTentativa } from "../clinica/tentativa.ts";
import { cpfDeExemplo } from "../testes/apoio.ts";
import { Peneira } from "./peneira.ts";

Deno.test({
  name: "peneira: do que se pôs nunca diz que não; do resto, quase sempre",
  permissions: "none",
  fn(): void {
    const peneira = new Peneira();
    const pares = (de: number, ate: number): ParDaTentativa[] =>
      Array.from({ length: ate - de }, (_, i) => [cpfDeExemplo(de + i), `10.0.${(de + i) >> 8}.${(de + i) & 255}`])
        .flatMap(([cpf, rede]): ParDaTentativa[] => [[cpf, rede], [cpf, ""], ["", rede]]);
    const talvez = (pares: readonly ParDaTentativa[]): number =>
      pares.filter(([cpf, rede]) => peneira.talvez(cpf, rede)).length;
    const [postos, outros] = [pares(0, 10_000), pares(10_000, 20_000)];
    assertEquals(talvez(postos), 0);
    for (const [cpf, rede] of postos) peneira.poe(cpf, rede);
    assertEquals(talvez(postos), postos.length);
    // Postos trinta mil num milhão de bits, três em cem.
    const enganos = talvez(outros) / outros.length;
    assert(enganos > 0 && enganos < 0.06, `${enganos}`);
    // Um par não é o outro a que falte ou sobre uma parte.
    const outra = new Peneira();
    outra.poe("1", "2");
    assert(!outra.talvez("12", "") && !outra.talvez("", "12") && !outra.talvez("2", "1"));
  },
});
