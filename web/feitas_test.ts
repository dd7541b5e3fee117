/**
 * As páginas já feitas: a quem se dão outra vez, e quais se guardam. Sem nenhuma permissão.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { Hono } from "hono";
import type { Ambiente } from "./casa.ts";
import { PaginasFeitas } from "./feitas.ts";

/** Pede páginas que dizem de quantas vezes se fizeram; as de `/mal` e de `/cookie` não são para guardar. */
function pedidor(maximo: number): (caminho: string, aceita?: string) => Promise<string> {
  const feitas = new PaginasFeitas<string>(maximo);
  const rotas = new Hono<Ambiente>();
  let vezes = 0;
  rotas.get("*", async (c) => {
    const feita = feitas.acha(c, c.req.path);
    if (feita !== undefined) return feita.resposta.clone();
    const headers = c.req.path === "/cookie" ? { "set-cookie": "de=alguem" } : undefined;
    const resposta = new Response(String(++vezes), { status: c.req.path === "/mal" ? 422 : 200, headers });
    return await feitas.guarda(c, c.req.path, c.req.path, resposta);
  });
  return async (caminho, aceita = "gzip, br") =>
    await (await rotas.request(caminho, { headers: { "accept-encoding": aceita } })).text();
}

Deno.test("feitas: dá-se outra vez a mesma a quem entende o mesmo", { permissions: "none" }, async () => {
  const pede = pedidor(10);
  assertEquals([await pede("/a"), await pede("/a"), await pede("/b"), await pede("/a")], ["1", "1", "2", "1"]);
  assertEquals([await pede("/a", "identity"), await pede("/a", "gzip")], ["3", "1"]);
});

Deno.test("feitas: não se guarda a que saiu mal, nem a que leva um cookie", { permissions: "none" }, async () => {
  const pede = pedidor(10);
  assertEquals([await pede("/mal"), await pede("/mal"), await pede("/cookie"), await pede("/cookie")], [
    ...["1", "2", "3", "4"],
  ]);
});

Deno.test("feitas: quando são demais, sai a mais antiga", { permissions: "none" }, async () => {
  const pede = pedidor(2);
  assertEquals([await pede("/a"), await pede("/b"), await pede("/c"), await pede("/b"), await pede("/a")], [
    ...["1", "2", "3", "2", "4"],
  ]);
});
