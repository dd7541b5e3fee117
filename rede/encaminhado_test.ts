/**
 * Testes de de quem é um pedido que vem por um intermediário. Sem nenhuma permissão.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { enderecoDe } from "./encaminhado.ts";

function teste(nome: string, fn: () => void): void {
  Deno.test({ name: `encaminhado: ${nome}`, permissions: "none", fn });
}

const PROXY = "10.0.0.2";
const CONFIADOS = new Set([PROXY, "10.0.0.3"]);

/** De quem é o que o intermediário traz com estes cabeçalhos. */
function de({ f = null, x = null, ligado = PROXY }: { f?: string | null; x?: string | null; ligado?: string }): string {
  return enderecoDe(ligado, { forwarded: f, xForwardedFor: x }, CONFIADOS);
}

teste("de quem não é de confiança não se ouve de quem é o pedido", () => {
  assertEquals(de({ ligado: "10.0.0.9", x: "203.0.113.9", f: "for=203.0.113.9" }), "10.0.0.9");
  assertEquals(enderecoDe("::ffff:10.0.0.2", { forwarded: null, xForwardedFor: "203.0.113.9" }), PROXY);
  assertEquals(de({ ligado: "::ffff:10.0.0.2", x: "203.0.113.9" }), "203.0.113.9");
});

teste("vale o último salto que não é de confiança, e não o que está à esquerda dele", () => {
  const casos: [x: string, endereco: string][] = [
    ["203.0.113.9", "203.0.113.9"],
    ["1.1.1.1, 203.0.113.9", "203.0.113.9"],
    ["10.0.0.3, 203.0.113.9", "203.0.113.9"],
    ["1.1.1.1,203.0.113.9,10.0.0.3", "203.0.113.9"],
    ["1.1.1.1, 203.0.113.9:51234, [::ffff:10.0.0.3]:80", "203.0.113.9"],
    ["2001:db8::1", "2001:db8:0:0:0:0:0:1"],
    ["[2001:DB8::1]:51234", "2001:db8:0:0:0:0:0:1"],
    // Só de confiança, ou um que não se entende: o último que se sabe.
    ["10.0.0.3", "10.0.0.3"],
    ["203.0.113.9, lixo", PROXY],
    ["203.0.113.9, unknown, 10.0.0.3", "10.0.0.3"],
    ["203.0.113.9,", PROXY],
    ["", PROXY],
    ["203.0.113.999", PROXY],
  ];
  for (const [x, endereco] of casos) assertEquals(de({ x }), endereco, x);
});

teste("Forwarded, com aspas, parâmetros e IPv6; o que está estragado à esquerda não chega à direita", () => {
  const casos: [f: string, endereco: string][] = [
    ["for=203.0.113.9", "203.0.113.9"],
    ['For="203.0.113.9:80";proto=https;by=10.0.0.2', "203.0.113.9"],
    ['proto=https; for="[2001:db8::1]:51234"', "2001:db8:0:0:0:0:0:1"],
    ["for=1.1.1.1, for=203.0.113.9, for=10.0.0.3", "203.0.113.9"],
    ['for=1.1.1.1;x="a, for=9.9.9.9, b", for=203.0.113.9', "203.0.113.9"],
    ['for="1.1.1.1, for=203.0.113.9', "203.0.113.9"],
    ['x="for=9.9.9.9", for=203.0.113.9', "203.0.113.9"],
    ['for=203.0.113.9, x=";for=9.9.9.9"', PROXY],
    ['for=203.0.113.9;host="a;for=9.9.9.9;b"', "203.0.113.9"],
    ["for=203.0.113.9, for=1.1.1.1;for=9.9.9.9", PROXY],
    ["for=203.0.113.9, for=1.1.1.1 lixo", PROXY],
    ["for=203.0.113.9, for=1.1.1.1;lixo", PROXY],
    ["for=203.0.113.9, for=_escondido", PROXY],
    ["for=203.0.113.9, for=unknown, for=10.0.0.3", "10.0.0.3"],
    ["for=203.0.113.9, by=10.0.0.2", PROXY],
    ['for=203.0.113.9, for="1.1.1.1\\""', PROXY],
    ["for=[2001:db8::1", PROXY],
  ];
  for (const [f, endereco] of casos) assertEquals(de({ f }), endereco, f);
});

teste("os dois que não concordam não valem: um deles veio de quem pede", () => {
  assertEquals(de({ f: "for=203.0.113.9", x: "203.0.113.9" }), "203.0.113.9");
  assertEquals(de({ f: "for=1.1.1.1", x: "203.0.113.9" }), PROXY);
  assertEquals(de({ f: "for=1.1.1.1", x: "" }), PROXY);
  assertEquals(de({}), PROXY);
});
