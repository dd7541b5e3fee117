/**
 * O motor de HTTP: este Deno tem-no, e de um que o não tenha diz-se. Sem nenhuma permissão.
 *
 * @module
 */

import { assertThrows } from "@std/assert";
import { motorHttp } from "./http.ts";

Deno.test("http: este Deno tem o motor; de um sem ele diz-se qual o tem", { permissions: "none" }, () => {
  motorHttp();
  const internal = Symbol("internas");
  for (
    const outro of [{}, { internal }, { internal, [internal]: {} }, {
      internal,
      [internal]: { serveHttpOnConnection: 1 },
    }]
  ) {
    assertThrows(() => motorHttp(outro), Error, "não serve HTTP numa ligação já aceita");
  }
});
