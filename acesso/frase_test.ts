/**
 * Testes de uma frase-senha: como se lê, as que não servem, as que se sorteiam, o resumo dela, e o segundo fator.
 *
 * @module
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { BARATO } from "../testes/pessoas.ts";
import { confere, mudou, PARAMETROS, postico, resume } from "./argon2.ts";
import { defeitoDaFrase, lerFrase, LETRAS_MAXIMAS, sorteiaFrase } from "./frase.ts";
import { PALAVRAS } from "./palavras.ts";
import {
  novosCodigos,
  novoSegredoDoTotp,
  passoDoCodigo,
  resumoDoCodigo,
  uriDoTotp,
  usaCodigo,
} from "./segundo_fator.ts";

function teste(name: string, fn: () => void | Promise<void>): void {
  Deno.test({ name: `frase-senha: ${name}`, permissions: "none", fn });
}

teste("a mesma, composta ou não e com qualquer espaço, lê-se igual; longa ou com controles, não se lê", () => {
  assertEquals(lerFrase("é de manhã"), lerFrase("é\u00a0de manha\u0303".normalize("NFD")));
  assertEquals(lerFrase(" com espaços "), " com espaços ");
  assert(lerFrase("Maiúscula") !== lerFrase("maiúscula"));
  assertEquals(lerFrase("a".repeat(LETRAS_MAXIMAS))?.length, LETRAS_MAXIMAS);
  for (const uma of ["a".repeat(LETRAS_MAXIMAS + 1), "com\u0000nulo", "com\ttab", "a\nb"]) {
    assertEquals(lerFrase(uma), undefined);
  }
});

teste("só o comprimento e o que todos tentam contam: nada se exige dos caracteres", () => {
  for (
    const serve of [
      "balde limpo regra anjo",
      "o gato da Ana dorme",
      "correcthorsebatterystaple",
      "ção é à õ ê ü ñ ß",
      "🐈🐕🐎🐄🐖🐑🐐🐓🦆🦉🐟🐢🐍🐝🐜",
    ]
  ) assertEquals(defeitoDaFrase(serve, "ana@clinica"), undefined, serve);
  for (
    const [naoServe, porque] of [
      ["", "curta"],
      ["curta demais", "curta"],
      ["🐈".repeat(14), "curta"],
      ["a".repeat(LETRAS_MAXIMAS + 1), "longa"],
      ["aaaaaaaaaaaaaaaaaaaa", "previsível"],
      ["123456789123456789", "previsível"],
      ["ana@clinica ana@clinica", "previsível"],
      ["Senha Clínica 123456789", "previsível"],
      ["qwertyuiopasdfghjkl", "previsível"],
    ]
  ) assertEquals(defeitoDaFrase(naoServe, "ana@clinica"), porque, naoServe);
});

teste("as que se sorteiam servem, são todas diferentes, e as palavras não se confundem", () => {
  assertEquals([PALAVRAS.length, new Set(PALAVRAS).size], [256, 256]);
  for (const palavra of PALAVRAS) assert(/^[a-z]{4,7}$/.test(palavra), palavra);
  const perto = (a: string, b: string): boolean => [...a].filter((letra, i) => letra !== b[i]).length < 2;
  assertEquals(PALAVRAS.filter((a) => PALAVRAS.some((b) => a < b && a.length === b.length && perto(a, b))), []);
  const sorteadas = Array.from({ length: 200 }, sorteiaFrase);
  assertEquals(new Set(sorteadas).size, 200);
  for (const uma of sorteadas) assertEquals([uma.split(" ").length, defeitoDaFrase(uma, "ana")], [6, undefined], uma);
});

// O de outra implementação (@noble/hashes 2.4.0), com a frase "senha".
const DE_OUTRA = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$Zzjo2f8Kb3y4UAyZCWf5nINS6MnmeUyHvvWnekdRmW0";

teste("guarda-se com o sal e os parâmetros, que são os da OWASP, e só a mesma frase confere", async () => {
  const um = await resume("balde limpo regra anjo", BARATO);
  assert(/^\$argon2id\$v=19\$m=8,t=1,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/.test(um), um);
  assert(um !== await resume("balde limpo regra anjo", BARATO), "o sal é outro");
  assertEquals(await confere("balde limpo regra anjo", um), true);
  for (const outra of ["balde limpo regra anj", "balde limpo regra anjo ", "Balde limpo regra anjo", ""]) {
    assertEquals(await confere(outra, um), false, outra);
  }
  assertEquals(PARAMETROS, { m: 19456, t: 2, p: 1 });
  assertEquals([mudou(um), mudou(um, BARATO), mudou(postico())], [true, false, false]);
  assertEquals(await confere("", postico(BARATO)), false);
  assertEquals([await confere("senha", DE_OUTRA), mudou(DE_OUTRA)], [true, false]);
});

teste("um resumo que não se lê, ou que tomaria a máquina, é um erro que não o repete", async () => {
  const um = await resume("balde limpo regra anjo", BARATO);
  for (
    const mau of [
      "",
      "x",
      um.replace("argon2id", "argon2i"),
      um.replace("m=8", "m=99999999"),
      um.replace("t=1", "t=999"),
    ]
  ) {
    const erro = await assertRejects(() => confere("x", mau), TypeError, "pessoa senha");
    assert(mau === "" || mau === "x" || !erro.message.includes(mau.slice(-20)));
  }
});

// RFC 6238, apêndice B, com seis algarismos.
const DA_RFC = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

teste("um código do aplicativo é o da RFC 6238, e vale um passo antes e um depois", () => {
  for (
    const [segundos, codigo] of [[59, "287082"], [1111111109, "081804"], [1234567890, "005924"], [
      20000000000,
      "353130",
    ]] as const
  ) {
    const passo = Math.floor(segundos / 30);
    assertEquals(passoDoCodigo(DA_RFC, codigo, segundos * 1000), passo);
    assertEquals(passoDoCodigo(DA_RFC, codigo, (segundos + 30) * 1000), passo);
    assertEquals(passoDoCodigo(DA_RFC, codigo, (segundos - 30) * 1000), passo);
    for (const longe of [-90, -60, 60, 90]) {
      assertEquals(passoDoCodigo(DA_RFC, codigo, (segundos + longe) * 1000), undefined);
    }
  }
  assertEquals(passoDoCodigo(DA_RFC, " 287 082 ", 59_000), 1);
  for (
    const mau of ["", "28708", "2870821", "287083", "28708x", "２８７０８２", "éééééé", "287082".padEnd(5000, "0")]
  ) {
    assertEquals(passoDoCodigo(DA_RFC, mau, 59_000), undefined, mau);
  }
});

teste("o segredo é de 160 bits, e o que o QR diz é só o que um aplicativo precisa", () => {
  assert(/^[A-Z2-7]{32}$/.test(novoSegredoDoTotp()) && novoSegredoDoTotp() !== novoSegredoDoTotp());
  assertEquals(
    uriDoTotp("ABC", { clinica: "Saúde: já", quem: "ana@clinica" }),
    "otpauth://totp/Sa%C3%BAde%20%20j%C3%A1:ana%40clinica?secret=ABC",
  );
});

teste("um código de recuperação lê-se como os outros, serve uma vez, e dele só há o resumo", () => {
  const codigos = novosCodigos();
  assertEquals(new Set(codigos).size, 10);
  for (const um of codigos) assert(/^(?:[0-9A-HJKMNP-TV-Z]{4}-){3}[0-9A-HJKMNP-TV-Z]{4}$/.test(um), um);
  const resumos = codigos.map(resumoDoCodigo);
  const falado = codigos[3].toLowerCase().replaceAll("-", " ").replaceAll("0", "o").replaceAll("1", "l");
  const ficam = usaCodigo(falado, resumos) ?? [];
  assertEquals(ficam, resumos.toSpliced(3, 1));
  for (const mau of [codigos[3], "", resumos[0], "X".repeat(5000)]) assertEquals(usaCodigo(mau, ficam), undefined);
});
