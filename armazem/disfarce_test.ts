/**
 * Testes do disfarce dos endereços no diário. Sem nenhuma permissão.
 *
 * @module
 */

import { assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import type { Quem } from "../clinica/livro.ts";
import { disfarceDe, novoSegredo } from "./disfarce.ts";

function quem(origem: string): Quem {
  return { origem, cliente: `${origem}:40000`, papel: "gerente" };
}

Deno.test({
  name: "o disfarce é o mesmo para o mesmo endereço e a mesma chave, e só para eles",
  permissions: "none",
  fn(): void {
    const segredo = novoSegredo();
    assertMatch(segredo, /^[0-9a-f]{64}$/);
    const disfarca = disfarceDe(segredo);
    assertMatch(disfarca(quem("10.0.0.7")), /^h:[0-9a-f]{16}$/);
    assertEquals(disfarca(quem("10.0.0.7")), disfarceDe(segredo)(quem("10.0.0.7")));
    assertNotEquals(disfarca(quem("10.0.0.7")), disfarca(quem("10.0.0.8")));
    assertNotEquals(disfarca(quem("10.0.0.7")), disfarceDe(novoSegredo())(quem("10.0.0.7")));
    assertEquals(disfarca(quem("")), "");
    assertEquals(disfarca({ ...quem("10.0.0.7"), chave: 12 }), "k:12", "de quem traz uma chave, o número dela");
    assertEquals(disfarca({ ...quem("10.0.0.7"), pessoa: 12 }), "p:12", "de uma pessoa que entrou, o número dela");
    // HMAC-SHA256 com a chave de 32 bytes 00…1f.
    const conhecido = Array.from({ length: 32 }, (_, n) => n.toString(16).padStart(2, "0")).join("");
    assertEquals(disfarceDe(conhecido)(quem("10.0.0.7")), "h:b0bf7733a2bde67f");
  },
});

Deno.test({
  name: "o disfarce continua o mesmo depois de muitos endereços",
  permissions: "none",
  fn(): void {
    const disfarca = disfarceDe(novoSegredo());
    const antes = disfarca(quem("10.0.0.7"));
    for (let n = 0; n < 10_000; n++) disfarca(quem(`10.1.${n >> 8}.${n & 255}`));
    assertEquals(disfarca(quem("10.0.0.7")), antes);
  },
});
