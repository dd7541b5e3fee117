/**
 * Testes de `terminal/teclas.ts`, todos puros.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { LeitorDeTeclas } from "./teclas.ts";

function teste(nome: string, fn: () => void): void {
  Deno.test(nome, { permissions: "none" }, fn);
}

/** As teclas de cada bloco, pelo nome ou pelo texto. */
function lidas(...blocos: (string | number[])[]): string[] {
  const leitor = new LeitorDeTeclas();
  return blocos.flatMap((bloco) =>
    leitor.recebe(typeof bloco === "string" ? new TextEncoder().encode(bloco) : new Uint8Array(bloco))
      .map((tecla) => tecla.tipo === "texto" ? tecla.texto : `<${tecla.tipo}>`)
  );
}

teste("setas, páginas e começo e fim têm nome, venham como vierem", () => {
  assertEquals(lidas("\x1b[A\x1b[B\x1b[C\x1b[D"), ["<cima>", "<baixo>", "<direita>", "<esquerda>"]);
  assertEquals(lidas("\x1bOA\x1bOB"), ["<cima>", "<baixo>"]);
  assertEquals(lidas("\x1b[5~\x1b[6~"), ["<paginaAcima>", "<paginaAbaixo>"]);
  assertEquals(lidas("\x1b[H\x1b[F\x1b[1~\x1b[4~"), ["<inicio>", "<fim>", "<inicio>", "<fim>"]);
});

teste("uma sequência ou uma letra que chega em partes é uma tecla só", () => {
  assertEquals(lidas("\x1b", "[", "A"), ["<cima>"]);
  assertEquals(lidas("a\x1b[5", "~b"), ["a", "<paginaAcima>", "b"]);
  assertEquals(lidas([0xc3], [0xa7]), ["ç"]);
});

teste("letras são letras; Enter, Backspace e Ctrl-U têm nome; o que não se conhece não é nada", () => {
  assertEquals(lidas("çé🦷"), ["ç", "é", "🦷"]);
  assertEquals(lidas("\r\n\x7f\b\x15"), ["<enter>", "<enter>", "<apaga>", "<apaga>", "<limpa>"]);
  assertEquals(lidas("\x1b[15~\x1b[1;5A\t\x01x"), ["x"]);
});
