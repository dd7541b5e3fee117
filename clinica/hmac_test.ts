/**
 * O HMAC da casa dá o que dá o de `node:crypto`.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { createHmac } from "node:crypto";
import fc from "fast-check";
import { hmacDe } from "./hmac.ts";

Deno.test({
  name: "hmac: o mesmo que o de node:crypto, seja qual for a chave e o texto",
  permissions: "none",
  fn(): void {
    const chave = fc.uint8Array({ minLength: 1, maxLength: 64 });
    fc.assert(fc.property(chave, fc.array(fc.string({ unit: "binary", maxLength: 300 })), (chave, textos) => {
      const hmac = hmacDe(chave);
      for (const texto of textos) assertEquals(hmac(texto), createHmac("sha256", chave).update(texto).digest("hex"));
    }));
  },
});
