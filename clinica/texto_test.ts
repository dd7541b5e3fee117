/**
 * Testes dos textos: ler um CPF e um nome, comparar, e mostrar o que vem de fora. Sem nenhuma permissão.
 *
 * @module
 */

import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import {
  chave,
  formatarCpf,
  formatarTelefone,
  inofensivo,
  jsonInofensivo,
  lerCpf,
  lerNome,
  linhasInofensivas,
  mensagem,
  TEXTO_MAXIMO,
} from "./texto.ts";

const CPF = "52998224725";

function teste(name: string, fn: () => void): void {
  Deno.test({ name, permissions: "none", fn });
}

// CPF.

/** O que diz a Receita: dois dígitos, cada um o resto por 11 da soma ponderada dos anteriores. */
function cpfValido(texto: string): boolean {
  const digitos = [...texto].map(Number);
  if (new Set(digitos).size === 1) return false;
  return [9, 10].every((n) => {
    const soma = digitos.slice(0, n).reduce((total, digito, i) => total + digito * (n + 1 - i), 0);
    const resto = soma % 11;
    return digitos[n] === (resto < 2 ? 0 : 11 - resto);
  });
}

/** O CPF de nove dígitos; os nove iguais não têm nenhum, e dão um outro. */
function cpfDe(n: number): string {
  const base = String(n).padStart(9, "0");
  for (let dv = 0; dv < 100; dv++) {
    const cpf = base + String(dv).padStart(2, "0");
    if (cpfValido(cpf)) return cpf;
  }
  return CPF;
}

const arbCpf = fc.integer({ min: 0, max: 999_999_999 }).map(cpfDe);

teste("do CPF caem pontos, hifens e espaços, onde quer que estejam, e nada mais", () => {
  for (const escrito of ["529.982.247-25", "529 982 247 25", " 5-2.9 9.8-2247..25- ", CPF]) {
    assertStrictEquals(lerCpf(escrito), CPF, escrito);
  }
  const outros = ["529/982/247-25", "529.982.247-25x", "\t52998224725", "529_982_247_25", "+52998224725"];
  const digitosDeFora = ["５２９９８２２４７２５", "٥٢٩٩٨٢٢٤٧٢٥", "5299822472\u0665"];
  for (const escrito of [...outros, ...digitosDeFora, "52998224725\n", "52998224725\u00a0"]) {
    assertStrictEquals(lerCpf(escrito), undefined, escrito);
  }
});

teste("um CPF tem 11 dígitos", () => {
  for (const escrito of ["", "-", "5299822472", "529982247250", "052998224725", "1"]) {
    assertStrictEquals(lerCpf(escrito), undefined, escrito);
  }
});

teste("um CPF de dígitos todos iguais não vale, ainda que os de controle confiram", () => {
  for (let digito = 0; digito <= 9; digito++) assertStrictEquals(lerCpf(String(digito).repeat(11)), undefined);
});

teste("um CPF que começa com zeros fica inteiro", () => {
  assertStrictEquals(lerCpf("00000000191"), "00000000191");
  assertStrictEquals(lerCpf("000.000.001-91"), "00000000191");
});

teste("123.456.789-09 é um CPF como outro qualquer", () => {
  assertStrictEquals(lerCpf("123.456.789-09"), "12345678909");
});

teste("um dígito de controle errado não passa", () => {
  for (let dv = 0; dv < 100; dv++) {
    const cpf = CPF.slice(0, 9) + String(dv).padStart(2, "0");
    assertStrictEquals(lerCpf(cpf), cpf === CPF ? CPF : undefined, cpf);
  }
});

teste("lerCpf concorda com a conta feita à mão, para quaisquer 11 dígitos", () => {
  const onzeDigitos = fc.oneof(
    arbCpf,
    fc.tuple(arbCpf, fc.nat({ max: 10 }), fc.nat({ max: 9 })).map(([cpf, onde, digito]) =>
      cpf.slice(0, onde) + digito + cpf.slice(onde + 1)
    ),
    fc.array(fc.nat({ max: 9 }), { minLength: 11, maxLength: 11 }).map((digitos) => digitos.join("")),
  );
  fc.assert(
    fc.property(onzeDigitos, (digitos) => {
      assertStrictEquals(lerCpf(digitos), cpfValido(digitos) ? digitos : undefined);
    }),
    { numRuns: 1000 },
  );
});

teste("formatarTelefone escreve os do Brasil como se leem, e deixa os outros", () => {
  assertStrictEquals(formatarTelefone("+5511987654321"), "(11) 98765-4321");
  assertStrictEquals(formatarTelefone("+551132654321"), "(11) 3265-4321");
  for (const outro of ["+351912345678", ""]) assertStrictEquals(formatarTelefone(outro), outro);
});

teste("formatarCpf escreve o que lerCpf lê de volta", () => {
  assertStrictEquals(formatarCpf(CPF), "529.982.247-25");
  assertStrictEquals(formatarCpf("00000000191"), "000.000.001-91");
  fc.assert(fc.property(arbCpf, (cpf) => assertStrictEquals(lerCpf(formatarCpf(cpf)), cpf)), { numRuns: 200 });
});

// Nomes e chaves.

teste("um nome fica em NFC, em maiúsculas, sem espaços nas pontas e com um só entre palavras", () => {
  const casos: [string, string][] = [
    ["maria da silva", "MARIA DA SILVA"],
    ["  José   Ângelo ", "JOSÉ ÂNGELO"],
    ["Jose\u0301", "JOS\u00c9"],
    ["Groß", "GROSS"],
    ["\u00a0ana\u00a0\u2003 lúcia\u3000", "ANA LÚCIA"],
    ["ﬁlipe", "FILIPE"],
    ["d'ávila-sá", "D'ÁVILA-SÁ"],
    ["\u0390", "\u03aa\u0301"],
    ["𐐨", "𐐀"],
  ];
  for (const [escrito, lido] of casos) assertStrictEquals(lerNome(escrito), lido, escrito);
});

teste("um nome sem nada, ou só de espaços, não vale", () => {
  for (const escrito of ["", " ", "\u00a0\u2003", "\t", "\n"]) assertStrictEquals(lerNome(escrito), undefined);
});

teste("um nome com caractere de controle, de formato, privado ou sem significado não vale", () => {
  const ruins = [
    "\t",
    "\n",
    "\r",
    "\0",
    "\x1e",
    "\x1f",
    "\x7f",
    "\x85",
    "\u200b",
    "\u202e",
    "\u00ad",
    "\ufeff",
    "\ue000",
  ];
  for (const ruim of [...ruins, "\u0378", "\uffff", "\ud800", "\udfff", "\u{10ffff}", "\u{e0001}"]) {
    assertStrictEquals(lerNome(`A${ruim}B`), undefined, `U+${ruim.codePointAt(0)?.toString(16)}`);
  }
});

teste("um nome vai até 120 pontos de código, contados depois de normalizado", () => {
  for (const letra of ["A", "É", "😀", "𐐀", "中"]) {
    assertStrictEquals(lerNome(letra.repeat(120)), letra.repeat(120), letra);
    assertStrictEquals(lerNome(letra.repeat(121)), undefined, letra);
  }
  assertStrictEquals(lerNome("e\u0301".repeat(120)), "É".repeat(120));
  assertStrictEquals(lerNome("ß".repeat(60)), "S".repeat(120));
  assertStrictEquals(lerNome("ß".repeat(61)), undefined);
  assertStrictEquals(lerNome(`${"A".repeat(60)}${" ".repeat(500)}${"B".repeat(59)}`)?.length, 120);
  assertStrictEquals(lerNome(`  ${"A".repeat(120)}  `), "A".repeat(120));
});

teste("um nome de mais de 1.000 unidades não vale, ainda que normalizado coubesse", () => {
  assertStrictEquals(lerNome(`A${" ".repeat(TEXTO_MAXIMO - 2)}B`), "A B");
  assertStrictEquals(lerNome(`A${" ".repeat(TEXTO_MAXIMO - 1)}B`), undefined);
});

teste("um nome de que nada se vê, ou que separa linhas, não vale", () => {
  const ruins = [
    "\u3164",
    "\u034f",
    "\u0301",
    "\u0301\u0316",
    "\u200b",
    "\u2800 \u2800",
    "\ufe0f",
    "\u115f\u1160",
    "\uffa0",
  ];
  for (const ruim of [...ruins, "A\u2028B", "A\u2029", "\u2028A"]) {
    assertStrictEquals(lerNome(ruim), undefined, JSON.stringify(ruim));
  }
  assertStrictEquals(lerNome("A\u034f"), "A\u034f", "o resto do que valia continua a valer");
});

teste("compor um nome aos pedaços não muda o que se aceita", () => {
  const antes = (texto: string): string | undefined => {
    const nome = texto.normalize("NFC").toUpperCase().normalize("NFC").replace(/\p{Zs}+/gu, " ").trim();
    return nome === "" || /\p{C}/u.test(nome) || [...nome].length > 120 ? undefined : nome;
  };
  const compoe = [
    "e\u0301",
    "α\u0313\u0300\u0345",
    "\u1100\u1161\u11a8",
    "\u0dd9\u0dcf\u0dca",
    "\u09c7\u09be",
    "ß",
    "𐐨",
    "a",
    " \u2003",
  ];
  const soltas = [..."\u0301\u0316\u0345\u0327", "\u0bc6\u0bbe", "\u{1d15e}"];
  const unidade = fc.oneof(
    { weight: 40, arbitrary: fc.constantFrom(...compoe) },
    { weight: 1, arbitrary: fc.constantFrom(...soltas) },
  );
  const letras = fc.array(unidade, { minLength: 60, maxLength: 160, size: "max" });
  let compridos = 0;
  fc.assert(
    fc.property(letras, fc.array(fc.constantFrom(...soltas), { maxLength: 5 }), (inicio, fim) => {
      const texto = ["A", ...inicio, ...fim].join("").slice(0, TEXTO_MAXIMO).toWellFormed();
      if (texto.length > 120 && antes(texto) !== undefined) compridos++;
      assertStrictEquals(lerNome(texto), antes(texto));
    }),
    { numRuns: 500 },
  );
  assert(compridos > 10, "quase nenhum nome comprido valia: a propriedade confere pouco");
});

teste("a chave é a de quem decompõe primeiro e tira as marcas depois", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 40 }), (texto) => {
      const antes = texto.normalize("NFD").replace(/\p{M}/gu, "").toUpperCase().replace(/\p{Zs}+/gu, " ").trim();
      assertStrictEquals(chave(texto), antes);
    }),
    { numRuns: 2000 },
  );
});

teste("o que não se vê mostra-se trocado, e o resto como está", () => {
  const caso = "A\u200bB\u3164C\u2028D\u2029\x1b[0m\u202e\u034f";
  assertStrictEquals(inofensivo(caso), "A\ufffdB\ufffdC\ufffdD\ufffd\ufffd[0m\ufffd\ufffd");
  assertStrictEquals(inofensivo(caso, "?"), "A?B?C?D??[0m??");
  assertStrictEquals(inofensivo("\u0316\u0345"), "\ufffd");
  assertStrictEquals(inofensivo("A \u0301B e\u0301"), "A \ufffdB e\u0301");
  assertStrictEquals(inofensivo("JOSÉ e\u0301 葛\u{e0100} ☺\ufe0f"), "JOSÉ e\u0301 葛\u{e0100} ☺\ufe0f");
});

teste("em JSON, o que um terminal obedeceria vai por extenso, e quem o lê tem o mesmo", () => {
  const valor = { nome: "JOSÉ\x1b[2J\x9b2J\u202e\n", mais: ["\x7f"] };
  for (const recuo of [undefined, 2]) {
    const json = jsonInofensivo(valor, recuo);
    for (const linha of json.split("\n")) assertStrictEquals(inofensivo(linha), linha);
    assert(json.includes("JOSÉ"), "o que se vê fica como está");
    assert(json.includes("\\u009b") && json.includes("\\u202e"), json);
    assertEquals(JSON.parse(json), valor);
  }
});

teste("de uma mensagem de várias linhas fica cada linha, sem o que um terminal obedeceria", () => {
  assertStrictEquals(linhasInofensivas("um\x1b[2J\ndois"), "um\ufffd[2J\ndois");
});

/** Letras com acentos soltos e compostos, letras que crescem em maiúsculas, espaços de todo tipo, e o resto. */
const arbTexto = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 30 }),
  fc.string({ unit: "binary", maxLength: 30 }),
  fc.string({ unit: fc.constantFrom(..."aÁeéßŉΐᾳιαǰﬃİı 中😀\u0301\u0327\u0345\u00a0\u2003"), maxLength: 30 }),
);
const arbNome = arbTexto.map(lerNome).filter((nome) => nome !== undefined);

teste("ler um nome já lido não o muda", () => {
  fc.assert(fc.property(arbNome, (nome) => assertStrictEquals(lerNome(nome), nome)), { numRuns: 1000 });
});

teste("nomes que só diferem na composição dos acentos são o mesmo nome", () => {
  assertStrictEquals(lerNome("α\u0345\u0301"), lerNome("\u1fb4"));
  fc.assert(
    fc.property(arbTexto, (texto) => {
      assertStrictEquals(lerNome(texto.normalize("NFD")), lerNome(texto.normalize("NFC")));
      assertStrictEquals(lerNome(texto), lerNome(texto.normalize("NFC")));
    }),
    { numRuns: 1000 },
  );
});

teste("um nome lido não tem caracteres de controle, espaços dobrados ou nas pontas", () => {
  fc.assert(
    fc.property(arbNome, (nome) => {
      assert(nome.length > 0 && [...nome].length <= 120);
      assert(!/\p{C}|\p{Zs}{2}|^\p{Zs}|\p{Zs}$/u.test(nome), nome);
      assertStrictEquals(nome.normalize("NFC"), nome);
    }),
    { numRuns: 500 },
  );
});

teste("a chave não distingue caixa, acentos, composição nem espaços", () => {
  for (const escrito of ["CLINICO GERAL", "clínico geral", " Clínico\u00a0 Geral ", "cli\u0301nico geral"]) {
    assertStrictEquals(chave(escrito), "CLINICO GERAL", escrito);
  }
  assertStrictEquals(chave("Terça-feira"), "TERCA-FEIRA");
  assertStrictEquals(chave("SÁBADO"), chave("sabado"));
  assert(chave("CLINICO") !== chave("CLINICA"));
});

teste("a chave de uma chave é ela mesma, e não depende da composição", () => {
  fc.assert(
    fc.property(arbTexto, (texto) => {
      const lida = chave(texto);
      assertStrictEquals(chave(lida), lida);
      assertStrictEquals(chave(texto.normalize("NFC")), lida);
    }),
    { numRuns: 1000 },
  );
});

teste("a mensagem de um erro, de vários ao mesmo tempo, e do que não é um", () => {
  assertEquals(mensagem(new Error("caiu")), "caiu");
  assertEquals(
    mensagem(new AggregateError([new Error("um"), new AggregateError([new Error("outro"), 3])])),
    "um, outro, 3",
  );
  assertEquals(mensagem(new AggregateError([], "nenhum")), "nenhum");
});
