/**
 * As palavras das páginas: nenhuma falta numa língua, nenhuma sobra em todas, e a língua é a que se pede.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { RAIZ, testeComSistema } from "../../testes/apoio.ts";
import { linguaDe, LINGUAS, PALAVRAS } from "./palavras.ts";

/** As palavras de uma língua, pelo caminho de cada uma, `"comum.voltar"`; as de dentro de um mapa, também. */
function caminhos(palavras: object, antes = ""): [caminho: string, palavra: unknown][] {
  return Object.entries(palavras).flatMap(([nome, palavra]): [string, unknown][] =>
    typeof palavra === "object" && palavra !== null
      ? caminhos(palavra, `${antes}${nome}.`)
      : [[`${antes}${nome}`, palavra]]
  );
}

function fontes(pasta: string): string[] {
  return [...Deno.readDirSync(pasta)].flatMap(({ name, isDirectory }) => {
    if (isDirectory) return name === "palavras" ? [] : fontes(`${pasta}/${name}`);
    return name.endsWith(".ts") && !name.endsWith("_test.ts") ? [Deno.readTextFileSync(`${pasta}/${name}`)] : [];
  });
}

/** As que nenhuma página diz: nem por extenso, `secao.nome`, nem por um mapa de que são, `secao.mapa[…]`. */
function semUso(nomes: readonly string[], codigo: string): string[] {
  return nomes.filter((nome) => {
    const partes = nome.split(".");
    return !partes.some((_, i) => {
      if (i === 0) return false;
      const ate = partes.slice(0, i + 1).join("\\s*\\??\\.");
      const mapa = partes.slice(0, i).join("\\s*\\??\\.");
      return (i === partes.length - 1 && new RegExp(`\\b${ate}\\b`).test(codigo)) ||
        new RegExp(`\\b${mapa}\\[`).test(codigo);
    });
  });
}

Deno.test("palavras: nenhuma falta numa língua, nem fica por escrever", { permissions: "none" }, () => {
  const nomes = caminhos(PALAVRAS.pt).map(([nome]) => nome);
  for (const lingua of LINGUAS) {
    const dela = caminhos(PALAVRAS[lingua]);
    assertEquals(dela.map(([nome]) => nome).sort(), nomes.toSorted(), lingua);
    assertEquals(dela.filter(([, palavra]) => palavra === "").map(([nome]) => nome), [], lingua);
  }
});

testeComSistema("palavras: nenhuma sobra", () => {
  const codigo = fontes(`${RAIZ}/web`).join("\n");
  assertEquals(semUso(caminhos(PALAVRAS.pt).map(([nome]) => nome), codigo), []);
});

Deno.test("palavras: o que não se diz acha-se", { permissions: "none" }, () => {
  const codigo = "p.comum.voltar; const { dia } = p; dia.titulo; dia.situacao[situacao]";
  assertEquals(semUso(["comum.voltar", "comum.outra", "dia.titulo", "dia.situacao.CHEGOU"], codigo), ["comum.outra"]);
});

Deno.test("palavras: a língua é a que se escolheu, ou a primeira que o navegador quer", { permissions: "none" }, () => {
  for (
    const [escolhida, aceites, esperada] of [
      [undefined, undefined, "pt"],
      ["es", "en", "es"],
      ["xx", "en", "en"],
      [undefined, "fr, en;q=0.5, es;q=0.8", "es"],
      [undefined, "EN-us", "en"],
      [undefined, "en;q=0, es;q=0.1", "es"],
      [undefined, "fr", "pt"],
      [undefined, `${" ".repeat(300)}en`, "pt"],
    ] as const
  ) assertEquals(linguaDe(escolhida, aceites), esperada, `${escolhida} ${aceites}`);
});
