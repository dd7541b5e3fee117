/**
 * Testes dos bytes: o que sai é o UTF-8 de sempre, e nada do que já saiu muda depois. Sem nenhuma permissão.
 *
 * @module
 */

import { assertEquals, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import { emBytes, emTexto } from "./bytes.ts";

function teste(name: string, fn: () => void): void {
  Deno.test({ name: `bytes: ${name}`, permissions: "none", fn });
}

const arbTexto = fc.tuple(
  fc.string({ unit: fc.constantFrom(..."aÇ中😀\n"), maxLength: 60 }),
  fc.constantFrom(0, 1, 200, 3000),
).map(([texto, vezes]) => texto + "Ç".repeat(vezes));

teste("textos pequenos e grandes, muitos de uma vez, e os de antes não mudam com os de depois", () => {
  fc.assert(
    fc.property(fc.array(arbTexto, { maxLength: 40, size: "max" }), (textos) => {
      const todos = [...textos, ...textos];
      const bytes = todos.map(emBytes);
      assertEquals(bytes.map((um) => new TextDecoder().decode(um)), todos);
    }),
    { numRuns: 60 },
  );
});

teste("qualquer bloco se lê como o lê o TextDecoder, a marca de ordem de bytes incluída", () => {
  const decodificador = new TextDecoder("utf-8", { ignoreBOM: true });
  const arbBytes = fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.string({ unit: "binary" }).map(emBytes));
  fc.assert(
    fc.property(arbBytes, fc.nat({ max: 3 }), (bytes, inicio) => {
      for (const bloco of [bytes.subarray(inicio), Uint8Array.of(0xef, 0xbb, 0xbf, ...bytes)]) {
        assertStrictEquals(emTexto(bloco), decodificador.decode(bloco));
      }
    }),
    { numRuns: 500 },
  );
});
