/**
 * Testes do texto de uma chave de acesso. Sem nenhuma permissão.
 *
 * @module
 */

import { assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { LETRAS_DA_CHAVE, novaChave, resumoDe } from "./segredo.ts";

Deno.test({
  name: "uma chave nova tem o prefixo que se reconhece e 200 bits, e nunca é a mesma",
  permissions: "none",
  fn(): void {
    const chaves = Array.from({ length: 1000 }, novaChave);
    for (const chave of chaves) assertMatch(chave, /^clinica_[0-9A-HJKMNP-TV-Z]{40}$/);
    assertEquals(chaves[0].length, LETRAS_DA_CHAVE);
    assertEquals(new Set(chaves).size, 1000);
    // Cada uma das 40 letras varia: nenhuma parte é sempre a mesma, nem é a de outra.
    for (let i = LETRAS_DA_CHAVE - 40; i < LETRAS_DA_CHAVE; i++) {
      assertEquals(new Set(chaves.map((chave) => chave[i])).size, 32, `a letra ${i}`);
    }
    for (const chave of chaves) {
      const partes = chave.slice(-40).match(/.{8}/g) ?? [];
      assertEquals(new Set(partes).size, 5);
    }
  },
});

Deno.test({
  name: "o resumo é o SHA-256 do texto; o que não tem a forma de uma chave não tem nenhum",
  permissions: "none",
  fn(): void {
    const chave = `clinica_${"0123456789".repeat(4)}`;
    // printf '%s' clinica_0123456789012345678901234567890123456789 | sha256sum
    assertEquals(resumoDe(chave), "241e84f29f7790a9c3d8b2f59491adb01521702d912f1c7dd00e9eae12c3038d");
    const nova = novaChave();
    assertNotEquals(resumoDe(nova), resumoDe(novaChave()));
    for (let corte = 0; corte < nova.length; corte++) assertEquals(resumoDe(nova.slice(0, corte)), undefined);
    for (const outra of [`${nova}0`, ` ${nova.slice(1)}`, nova.toUpperCase(), nova.replace("_", "-")]) {
      assertEquals(resumoDe(outra), undefined, outra);
    }
  },
});
