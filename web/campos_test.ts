/**
 * Os campos dos formulários, e o que deles se lê. Sem nenhuma permissão.
 *
 * @module
 */

import { assertEquals, assertMatch, assertNotMatch, assertStringIncludes } from "@std/assert";
import { CPF, EMAIL } from "../fio/leitores.ts";
import { campo, type Erros, Leitura, lerDia, preenchido, resumoDeErros } from "./campos.ts";
import { PT } from "./palavras/pt.ts";

/** Dois campos de um formulário, o segundo o que recebe o foco se nada está mal. */
function desenha(erros: Erros, forma = "f"): string {
  const onde = preenchido(forma, { um: '"><script>', outro: "segredo" }, erros);
  return [
    campo(onde, { nome: "um", rotulo: "Um", dica: "Como um." }),
    campo(onde, { nome: "outro", rotulo: "Outro", tipo: "password", foco: true }),
  ].join("");
}

function comFoco(html: string): string | undefined {
  return /<input id="([\w-]*)"[^>]*autofocus/.exec(html)?.[1];
}

Deno.test("campos: o primeiro que está mal recebe o foco; se nenhum, o que se diz", { permissions: "none" }, () => {
  assertEquals(comFoco(desenha({})), "f-outro");
  assertEquals(comFoco(desenha({ um: "Falta." })), "f-um");
  assertEquals(comFoco(desenha({ outro: "Falta.", um: "Falta." })), "f-outro");
  assertEquals(comFoco(desenha({ "": "Não deu." })), undefined);
  assertMatch(String(resumoDeErros(PT, { forma: "f", erros: { "": "Não deu." } })), /^\s*<div[^>]* autofocus>/);
});

Deno.test("campos: o que está mal diz-se ao lado, e o resumo leva lá", { permissions: "none" }, () => {
  const html = desenha({ um: "Falta <um>." });
  assertMatch(html, /<input id="f-um" name="um"[^>]*aria-invalid="true"[^>]*aria-describedby="f-um-dica f-um-erro"/);
  assertStringIncludes(html, '<span class="erro" id="f-um-erro">Falta &lt;um&gt;.</span>');
  assertStringIncludes(
    String(resumoDeErros(PT, { forma: "f", erros: { um: "Falta." } })),
    '<a href="#f-um">Falta.</a>',
  );
  assertStringIncludes(String(resumoDeErros(PT, { forma: "", erros: { um: "Falta." } })), '<a href="#um">Falta.</a>');
  assertEquals(resumoDeErros(PT, { forma: "f", erros: {} }), "");
});

Deno.test("campos: o que se escreveu volta escapado, e uma frase-senha nunca", { permissions: "none" }, () => {
  const html = desenha({ um: "Falta." });
  assertStringIncludes(html, 'value="&quot;&gt;&lt;script&gt;"');
  assertNotMatch(html, /segredo/);
});

Deno.test("campos: lê-se o que serve, e acusa-se o que não", { permissions: "none" }, () => {
  const escrito: Readonly<Record<string, string>> = { cpf: "123", email: "", data: "01/12/2026", branco: " " };
  const lidos = new Leitura((nome) => escrito[nome] ?? "");
  assertEquals([lidos.le("email", EMAIL, "E."), lidos.talvez("email", EMAIL, "E."), lidos.serve], [
    "",
    undefined,
    true,
  ]);
  assertEquals(lidos.talvez("data", lerDia, "D."), "2026-12-01");
  assertEquals([lidos.talvez("branco", CPF, "B."), lidos.exige("cpf", CPF, "C."), lidos.exige("branco", CPF, "B.")], [
    ...[undefined, undefined, undefined],
  ]);
  lidos.acusa("cpf", "Outra coisa.");
  assertEquals([lidos.erros, lidos.serve], [{ cpf: "C.", branco: "B." }, false]);
});
