/**
 * Como se guarda o que um agendamento tem de composto: a pilha do que se pode desfazer.
 *
 * @module
 */

import { assertEquals, assertStrictEquals } from "@std/assert";
import type { Passo } from "../clinica/agendamento.ts";
import { escrevePilha, lerPilha } from "./tabelas.ts";

const EM = "2026-11-30T11:00:00Z";
const DEPOIS = "2026-11-30T12:00:00Z";

Deno.test({
  name: "uma pilha lê-se como se escreveu, e quem só acabou guarda a situação de que saiu",
  permissions: "none",
  fn(): void {
    const acabou: Passo = { papel: "balcao", em: EM, antes: { situacao: "MARCADO", ativo: true, terminouEm: "" } };
    assertStrictEquals(escrevePilha({ pilha: [acabou], terminouEm: EM }), `[["balcao","","MARCADO"]]`);
    assertStrictEquals(escrevePilha({ pilha: [acabou], terminouEm: DEPOIS }), `[["balcao","${EM}","MARCADO"]]`);
    const quase: Passo[] = [
      { ...acabou, antes: { ...acabou.antes, motivo: "" } },
      { ...acabou, antes: { ...acabou.antes, ativo: false } },
      { ...acabou, antes: { ...acabou.antes, terminouEm: EM } },
      { ...acabou, antes: { situacao: "CHEGOU", chamadas: 0 } },
      { ...acabou, antes: {} },
    ];
    for (const pilha of [[], [acabou], [acabou, ...quase], quase]) {
      for (const terminouEm of [EM, DEPOIS, ""]) {
        assertEquals(lerPilha(escrevePilha({ pilha, terminouEm }), terminouEm), pilha);
      }
    }
  },
});
