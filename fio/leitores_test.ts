/**
 * Testes de como se lê cada valor de um pedido de CLINICA/2. Sem nenhuma permissão.
 *
 * @module
 */

import { assertEquals, assertStrictEquals } from "@std/assert";
import { TEXTO_MAXIMO } from "../clinica/texto.ts";
import {
  CODIGO,
  CPF,
  DATA,
  DATA_CERTA,
  digitos,
  EMAIL,
  EMAIL_MAXIMO,
  type Escalar,
  inteiro,
  type Leitor,
  livre,
  LOGICO,
  MINUTO,
  MINUTO_FINAL,
  NOME,
  palavra,
  PROCURADO,
  TELEFONE,
} from "./leitores.ts";

function teste(name: string, fn: () => void): void {
  Deno.test({ name: `leitores: ${name}`, permissions: "none", fn });
}

/** O que de cada valor se lê. */
function leem(leitor: Leitor<unknown>, casos: readonly (readonly [Escalar, unknown])[]): void {
  for (const [valor, lido] of casos) assertEquals(leitor(valor), lido, JSON.stringify(valor));
}

function recusam(leitor: Leitor<unknown>, ...valores: Escalar[]): void {
  leem(leitor, valores.map((valor) => [valor, { codigo: "ERRO-100" }] as const));
}

teste("um telefone como se digita no Brasil vira E.164", () => {
  leem(TELEFONE, [
    ["(11) 98765-4321", "+5511987654321"],
    ["11987654321", "+5511987654321"],
    ["011 98765.4321", "+5511987654321"],
    ["55 11 98765-4321", "+5511987654321"],
    ["+55 (11) 98765-4321", "+5511987654321"],
    ["(11) 3765-4321", "+551137654321"],
    // 55 é também o código de área de Santa Maria.
    ["(55) 98765-4321", "+5555987654321"],
    ["(55) 3222-1111", "+555532221111"],
    ["55 55 3222-1111", "+555532221111"],
    ["+1 415 555 2671", "+14155552671"],
    ["+351 912 345 678", "+351912345678"],
    ["", ""],
    ["  ", ""],
  ]);
  recusam(TELEFONE, "98765-4321", "190", "+", "+0123456789", "(01) 98765-4321", "(10) 98765-4321", "(11) 88765-43210");
  recusam(TELEFONE, "+55 3222-1111", "+5511", "+123456", "+1234567890123456", "11 9 8765 432a", "٩١١٩٨٧٦٥٤٣٢");
  recusam(TELEFONE, "1".repeat(4000), "+1\u202e4155552671", 11987654321, true);
});

teste("um e-mail de forma simples, sem espaços em volta", () => {
  const longo = `${"a".repeat(64)}@${"b".repeat(63)}.${"c".repeat(63)}.${"d".repeat(EMAIL_MAXIMO - 64 - 3 - 63 - 63)}`;
  assertStrictEquals(longo.length, EMAIL_MAXIMO);
  leem(EMAIL, [
    ...["maria@exemplo.com.br", "Maria.Silva+clinica@EXEMPLO.com", "o'brien@a-b.co", longo].map((um) =>
      [um, um] as const
    ),
    [" maria@exemplo.com.br\n", "maria@exemplo.com.br"],
    ["", ""],
    [" ", ""],
  ]);
  recusam(EMAIL, "maria", "maria@", "@exemplo.com", "maria@exemplo", "maria@@exemplo.com", "a@b.c@d.com", "a b@c.com");
  recusam(EMAIL, "Maria <maria@exemplo.com>", "a@b.com,c@d.com", "a@b.com\nBcc: c@d.com", "a@[10.0.0.1]", '"a"@b.com');
  recusam(
    EMAIL,
    "a@-b.com",
    "a@b-.com",
    "a@b..com",
    "a@b.com.",
    "a@10.0.0.1",
    "joão@exemplo.com",
    `x${longo}`,
    1,
    false,
  );
  recusam(EMAIL, longo.replace("@", "@e."), `${"a".repeat(65)}@b.com`, `a@${"b".repeat(64)}.com`);
});

teste("um texto livre é apertado e normalizado, e não passa do que cabe", () => {
  const leitor = livre(5);
  leem(leitor, [
    ["", ""],
    [" \t\r\n ", ""],
    ["  a\t\n b  ", "a b"],
    ["a\u00a0\u3000b", "a b"],
    ["e\u0301e\u0301e\u0301e\u0301e\u0301", "ééééé"],
    ["😀😀😀😀😀", "😀😀😀😀😀"],
    ["a".repeat(5) + " ".repeat(TEXTO_MAXIMO - 5), "aaaaa"],
  ]);
  recusam(
    leitor,
    "abcdef",
    "😀".repeat(6),
    "a\u0000",
    "a\u001bb",
    "a\u202eb",
    "a\u200bb",
    "a\u2028b",
    "\ue000",
    "\u0378",
  );
  recusam(leitor, " ".repeat(TEXTO_MAXIMO + 1), 1, true);
  recusam(livre(200), "a" + "\u0301".repeat(31));
  assertEquals(livre(40)("a" + "\u0301\u0315".repeat(15)), ("a" + "\u0301\u0315".repeat(15)).normalize("NFC"));
});

teste("números: inteiros num intervalo, e numa posição também em dígitos", () => {
  leem(inteiro(0, 4), [[0, 0], [4, 4]]);
  assertStrictEquals(inteiro(0, 4)(-0), 0, "o JSON tem um -0");
  recusam(inteiro(0, 4), -1, 5, 1.5, NaN, Infinity, "1", true, false);
  leem(digitos(1, 1440), [["1", 1], ["0030", 30], ["1440", 1440], [30, 30]]);
  recusam(digitos(1, 1440), "0", "1441", "", " 1", "+1", "-1", "1.0", "1e2", "٣", "0x1", 0, 1441, 1.5, true);
  leem(digitos(1, Number.MAX_SAFE_INTEGER), [["9007199254740991", Number.MAX_SAFE_INTEGER]]);
  recusam(digitos(1, Number.MAX_SAFE_INTEGER), "9007199254740992", 2 ** 53, "1".repeat(17));
});

teste("datas: a que não existe é da agenda numa posição, e é recusada numa opção", () => {
  for (const [escrita, iso] of [["30/11/2026", "2026-11-30"], ["29/02/2028", "2028-02-29"]]) {
    assertEquals([DATA(escrita), DATA_CERTA(escrita)], [iso, iso]);
  }
  for (const escrita of ["1/1/2026", "2026-11-30", "", "30/11/2026 ", "ontem"]) assertEquals(DATA(escrita), "");
  leem(DATA, [["31/02/2026", "2026-02-31"], ["99/99/9999", "9999-99-99"]]);
  recusam(DATA_CERTA, "31/02/2026", "29/02/2026", "00/01/2026", "99/99/9999", "1/1/2026", "2026-11-30", "", "ontem");
  recusam(DATA, 20261130, true);
});

teste("horas: de 00:00 a 23:59, e 24:00 onde algo acaba", () => {
  leem(MINUTO, [["00:00", 0], ["08:30", 510], ["23:59", 1439]]);
  leem(MINUTO_FINAL, [["00:00", 0], ["24:00", 1440]]);
  for (const leitor of [MINUTO, MINUTO_FINAL]) {
    recusam(leitor, "8:30", "08:60", "24:01", "25:00", "", "08:30 ", "0830", 510);
  }
  recusam(MINUTO, "24:00");
});

teste("códigos, palavras, lógicos e nomes que se procuram", () => {
  leem(CODIGO, [["7k3m-9qxz", "7K3M9QXZ"], ["oil0 0000", "01100000"], ["", ""], ["U0000000", ""], ["7K3M9QX", ""]]);
  leem(LOGICO, [[true, true], [false, false]]);
  recusam(LOGICO, "true", 1, 0, "");
  leem(palavra({ hora: true, chamada: true }), [["hora", "hora"], ["chamada", "chamada"]]);
  recusam(palavra({ hora: true }), "HORA", "", "toString", "__proto__", " hora", 1);
  const justo = "É".repeat(TEXTO_MAXIMO);
  leem(PROCURADO, [[" Clínico ", " Clínico "], [justo, justo], [`${justo}É`, ""]]);
  for (const leitor of [CODIGO, PROCURADO, CPF, NOME]) recusam(leitor, 1, true);
  assertEquals([CPF("1"), NOME("")], [{ codigo: "ERRO-102" }, { codigo: "ERRO-104" }]);
});
