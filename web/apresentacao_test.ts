/**
 * De quem são as ligações que o túnel traz, e quem não sabe o segredo. Sem nenhuma permissão.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { apresenta, apresentado, BYTES_DA_APRESENTACAO, BYTES_DO_SEGREDO } from "./apresentacao.ts";

Deno.test("apresentação: diz de quem é, e só a quem sabe o segredo", { permissions: "none" }, () => {
  const [segredo, outro] = [1, 2].map((um) => new Uint8Array(BYTES_DO_SEGREDO).fill(um));
  for (
    const de of [
      { hostname: "10.0.0.7", port: 65535 },
      { hostname: "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255", port: 0 },
    ]
  ) {
    const bytes = apresenta(segredo, de);
    assertEquals(bytes.length, BYTES_DA_APRESENTACAO);
    assertEquals(apresentado(segredo, bytes), de);
    assertEquals(apresentado(outro, bytes), undefined);
    assertEquals(apresentado(segredo, bytes.fill(0, BYTES_DO_SEGREDO - 1, BYTES_DO_SEGREDO)), undefined);
  }
});
