/**
 * Testes do anel: o que falta a quem volta, e de quem já não se sabe.
 *
 * @module
 */

import { assertEquals, assertNotEquals } from "@std/assert";
import { NADA_DE_NOVO, type Novidade } from "../clinica/novidade.ts";
import { Anel, SEM_NADA } from "./anel.ts";

const PURO = { permissions: "none" } as const;

/** Uma novidade de que só se sabe uma lista. */
function lista(...listas: string[]): Novidade {
  return { ...NADA_DE_NOVO, listas };
}

/** Uma de tantos agendamentos. */
function mexidos(quantos: number): Novidade {
  const um = {
    versao: 1,
    ato: "AGEND",
    de: "",
    para: "MARCADO",
    datas: ["2026-11-30"],
    autor: { papel: "balcao" },
  } as const;
  return { ...NADA_DE_NOVO, agendamentos: Array.from({ length: quantos }, (_, numero) => ({ numero, ...um })) };
}

Deno.test("o anel dá a quem volta o que mudou depois do seu id, junto, e só isso", PURO, () => {
  const anel = new Anel("00c0ffee");
  assertEquals([anel.sequencia, anel.id(anel.sequencia)], [0, "00c0ffee.0"]);
  anel.guarda(lista("A"));
  anel.guarda(lista("B"));
  anel.guarda(lista("B", "C"));
  const falta = ["00c0ffee.0", "00c0ffee.1", "00c0ffee.2", "00c0ffee.3"].map((id) => anel.depoisDe(anel.le(id)));
  assertEquals(falta, [lista("A", "B", "C"), lista("B", "C"), lista("B", "C"), NADA_DE_NOVO]);
});

Deno.test("o anel não sabe o que falta a quem traz um id de outro arranque, por vir, ou que não é um", PURO, () => {
  const anel = new Anel("00c0ffee");
  anel.guarda(lista("A"));
  const ids = ["00c0ffe0.1", "00c0ffee.2", "00c0ffee.", "00c0ffee.1\n", "00c0ffee.-1", "1", "", "00C0FFEE.1"];
  assertEquals(ids.map((id) => anel.le(id)), ids.map(() => SEM_NADA));
  assertEquals(anel.depoisDe(SEM_NADA).tudo, true);
  assertEquals(anel.id(SEM_NADA), undefined);
  assertNotEquals(new Anel().id(0), new Anel().id(0));
});

Deno.test(
  "o anel esquece o mais antigo, de muitos momentos ou de poucos e grandes, e diz que já não sabe",
  PURO,
  () => {
    for (const [novidade, guardados] of [[lista("A"), 600], [mexidos(1000), 20]] as const) {
      const anel = new Anel("00c0ffee");
      for (let i = 0; i < 1000; i++) anel.guarda(novidade);
      assertEquals(anel.tamanho, guardados);
      const ultimo = 1000 - guardados;
      assertEquals([ultimo - 1, ultimo].map((n) => anel.le(`00c0ffee.${n}`)), [SEM_NADA, ultimo]);
      assertEquals([anel.depoisDe(ultimo - 1).tudo, anel.depoisDe(999)], [true, novidade]);
    }
  },
);

Deno.test("o anel que esquece não cobre quem vem de antes, e cobre quem vem de agora", PURO, () => {
  const anel = new Anel("00c0ffee");
  anel.guarda(lista("A"));
  anel.esquece();
  assertEquals([anel.le("00c0ffee.1"), anel.le("00c0ffee.2"), anel.tamanho], [SEM_NADA, 2, 0]);
  anel.guarda(lista("B"));
  assertEquals([anel.depoisDe(1).tudo, anel.depoisDe(2)], [true, lista("B")]);
});
