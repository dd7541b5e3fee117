/**
 * Quem espera por uma hora: o mesmo que percorrer a lista inteira, na ordem, e perguntar a cada um.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { type Espera, type HoraVaga, naOrdem, quer } from "../clinica/espera.ts";
import { cpfDeExemplo } from "../testes/apoio.ts";
import { ANA, CLINICO, espera } from "../testes/mudancas.ts";
import { Fila } from "./memoria_fila.ts";

/** Poucos desejos, para que muitas entradas tenham o mesmo. */
const DESEJOS: readonly Partial<Espera>[] = [
  {},
  { turno: "MANHÃ" },
  { turno: "TARDE", de: "2026-12-01" },
  { profissional: ANA, ate: "2026-11-30" },
  { profissional: "DR. JOSÉ REIS" },
];

const ENTRADA = fc.record({
  desejo: fc.constantFrom(...DESEJOS),
  prioridade: fc.constantFrom(0, 0, 0, 1, 4),
  convite: fc.constantFrom(0, 0, 0, 7),
}).map(({ desejo, ...resto }) => ({ ...desejo, ...resto }));

const HORAS: readonly HoraVaga[] = ["2026-11-30", "2026-12-01"].flatMap((data) =>
  ["", ANA].flatMap((profissional) =>
    [8 * 60, 14 * 60].map((inicio) => ({
      ...{ especialidade: CLINICO, profissional, data, hora: `${inicio / 60}:00`, inicio, minutos: 30 },
    }))
  )
);

Deno.test({
  name: "fila: quem entra, sai e volta a entrar acha-se na ordem, e só quem quer a hora",
  permissions: "none",
  fn(): void {
    const passos = fc.array(fc.oneof(ENTRADA, fc.nat(60)), { minLength: 1, maxLength: 80 });
    fc.assert(
      fc.property(passos, (passos) => {
        const fila = new Fila();
        const postas = new Map<number, Espera>();
        for (const [i, passo] of passos.entries()) {
          const antes = typeof passo === "number" ? postas.get(passo) : undefined;
          if (typeof passo !== "number") {
            const nova = espera(i, { cpf: cpfDeExemplo(i), ...passo });
            fila.poe(nova);
            postas.set(i, nova);
          } else if (antes !== undefined) {
            fila.tira(antes);
            postas.delete(passo);
          }
          for (const hora of HORAS) {
            const esperadas = [...postas.values()].filter((uma) => uma.convite === 0 && quer(uma, hora)).sort(naOrdem);
            assertEquals([...fila.quemQuer(hora)], esperadas);
          }
        }
      }),
      { numRuns: 40 },
    );
  },
});
