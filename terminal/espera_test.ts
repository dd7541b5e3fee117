/**
 * Testes de `terminal/espera.ts`, todos puros: se já está livre uma hora das que alguém quer.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { livreQueServe } from "./espera.ts";
import type { VagaLida } from "./tubo.ts";

function teste(nome: string, fn: () => void): void {
  Deno.test(nome, { permissions: "none" }, fn);
}

const VAGAS: readonly VagaLida[] = [
  ["27/11/2026", "SEXTA-FEIRA", "Nutrição", ["11:30", "12:00"], "Caio Prado"],
  ["04/12/2026", "SEXTA-FEIRA", "Nutrição", ["09:00"], "Ana Lima"],
];

teste("a primeira hora livre das que se querem, por data, turno e profissional", () => {
  assertEquals(livreQueServe(VAGAS, {}), "27/11/2026 11:30");
  assertEquals(livreQueServe(VAGAS, { turno: "TARDE" }), "27/11/2026 12:00");
  assertEquals(livreQueServe(VAGAS, { de: "28/11/2026" }), "04/12/2026 09:00");
  assertEquals(livreQueServe(VAGAS, { de: "28/11/2026", ate: "03/12/2026" }), undefined);
  assertEquals(livreQueServe(VAGAS, { de: "04/12/2026", ate: "04/12/2026" }), "04/12/2026 09:00");
  assertEquals(livreQueServe(VAGAS, { profissional: "ANA LIMA" }), "04/12/2026 09:00");
  assertEquals(livreQueServe(VAGAS, { profissional: "ANA LIMA", turno: "TARDE" }), undefined);
  assertEquals(livreQueServe([], {}), undefined);
});

teste("a quem está marcado só serve o que for mais cedo, e a ninguém o que já está perto demais", () => {
  const marcado = { data: "04/12/2026", horario: "09:00" };
  assertEquals(livreQueServe(VAGAS, { de: "28/11/2026" }, { marcado }), undefined);
  assertEquals(livreQueServe(VAGAS, {}, { marcado }), "27/11/2026 11:30");
  assertEquals(livreQueServe(VAGAS, {}, { naoAntes: "2026-11-27 11:31" }), "27/11/2026 12:00");
});
