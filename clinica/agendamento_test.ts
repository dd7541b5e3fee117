/**
 * Testes do agendamento: o que nasce, a agenda, o que toma a hora, e os códigos. Sem nenhuma permissão.
 *
 * @module
 */

import { assert, assertEquals, assertFalse, assertMatch, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import { teste } from "../testes/balcao.ts";
import {
  agendaDe,
  BYTES_DO_CODIGO,
  conta,
  escreveCodigo,
  espera,
  lerCodigo,
  mesmoCodigo,
  type Situacao,
  tomaHora,
} from "./agendamento.ts";

const arbBytes = fc.uint8Array({ minLength: BYTES_DO_CODIGO, maxLength: BYTES_DO_CODIGO });

teste("um código são oito caracteres da base 32 de Crockford, e lê-se o que se escreveu", () => {
  assertEquals(BYTES_DO_CODIGO, 5);
  fc.assert(fc.property(arbBytes, (bytes) => {
    const codigo = escreveCodigo(bytes);
    assertMatch(codigo, /^[0-9A-HJKMNP-TV-Z]{8}$/);
    assertStrictEquals(lerCodigo(codigo), codigo);
    // Os quarenta bits estão todos lá.
    const valor = [...codigo].reduce(
      (soma, letra) => soma * 32n + BigInt("0123456789ABCDEFGHJKMNPQRSTVWXYZ".indexOf(letra)),
      0n,
    );
    assertStrictEquals(valor, bytes.reduce((soma, byte) => soma * 256n + BigInt(byte), 0n));
  }));
  assertStrictEquals(escreveCodigo(new Uint8Array(5)), "00000000");
  assertStrictEquals(escreveCodigo(new Uint8Array(5).fill(255)), "ZZZZZZZZ");
  assertStrictEquals(escreveCodigo(new Uint8Array([9, 9, 0, 0, 0, 0, 1]), 2), "00000001");
});

teste("um código lê-se como uma pessoa o digita: caixa, hifens, espaços, O por 0, I e L por 1", () => {
  const troca = (letra: string): fc.Arbitrary<string> => {
    const formas = letra === "0"
      ? ["0", "O", "o"]
      : letra === "1"
      ? ["1", "I", "i", "L", "l"]
      : [letra, letra.toLowerCase()];
    return fc.tuple(fc.constantFrom("", "", "-", " "), fc.constantFrom(...formas)).map((partes) => partes.join(""));
  };
  const arb = arbBytes.chain((bytes) => {
    const codigo = escreveCodigo(bytes);
    return fc.tuple(fc.constant(codigo), fc.tuple(...[...codigo].map(troca)).map((letras) => letras.join("")));
  });
  fc.assert(fc.property(arb, ([codigo, escrito]) => assertStrictEquals(lerCodigo(escrito), codigo)));
  assertStrictEquals(lerCodigo("oil1-abcd"), "0111ABCD");
});

teste("o que não é um código não se lê", () => {
  for (
    const escrito of ["", "1234567", "123456789", "ABCDEFGU", "ABCD_EFG", "ABCDEFGÉ", "A".repeat(40), "-".repeat(30)]
  ) {
    assertStrictEquals(lerCodigo(escrito), undefined, escrito);
  }
});

teste("dois códigos são o mesmo só se o são em todos os caracteres", () => {
  fc.assert(fc.property(arbBytes, arbBytes, (um, outro) => {
    const [a, b] = [escreveCodigo(um), escreveCodigo(outro)];
    assert(mesmoCodigo(a, a));
    assertStrictEquals(mesmoCodigo(a, b), a === b);
    for (let i = 0; i < 8; i++) {
      assertFalse(mesmoCodigo(a, a.slice(0, i) + (a[i] === "0" ? "1" : "0") + a.slice(i + 1)));
    }
    for (const errado of ["", a.slice(1), `${a}0`, `0${a}`]) assertFalse(mesmoCodigo(errado, a), errado);
    assertFalse(mesmoCodigo("", ""));
  }));
});

teste("a agenda é a de quem atende ou, sem nome, a da especialidade", () => {
  assertEquals(agendaDe({ especialidade: "A", profissional: "" }), "E:A");
  assertEquals(agendaDe({ especialidade: "A", profissional: "B" }), "P:B");
});

teste("o que conta, o que toma a hora e quem ainda se espera", () => {
  const tabela: Record<Situacao, readonly [conta: boolean, espera: boolean]> = {
    MARCADO: [true, true],
    CONFIRMADO: [true, true],
    CHEGOU: [true, true],
    CHAMADO: [true, true],
    ATENDIDO: [true, false],
    SAIU: [true, false],
    FALTOU: [true, false],
    CANCELADO: [false, false],
    CONVIDADO: [true, false],
    PASSOU: [false, false],
  };
  for (const situacao of Object.keys(tabela) as Situacao[]) {
    const [contam, esperam] = tabela[situacao];
    assertEquals([conta({ situacao }), espera({ situacao })], [contam, esperam], situacao);
    assertEquals(tomaHora({ situacao, encaixe: false }), contam, situacao);
    assertEquals(tomaHora({ situacao, encaixe: true }), false, situacao);
  }
});
