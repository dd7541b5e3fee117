/**
 * Os acessos no painel: chaves e pessoas, o que se mostra uma vez, e o que fica na trilha. Por HTTP, sem rede.
 *
 * @module
 */

import { assert, assertEquals, assertMatch, assertNotEquals, assertStringIncludes } from "@std/assert";
import { Secret, TOTP } from "otpauth";
import { confere } from "../../acesso/argon2.ts";
import { resumoDe } from "../../acesso/segredo.ts";
import { resumoDoCodigo } from "../../acesso/segundo_fator.ts";
import { entra } from "../../clinica/pessoa.ts";
import { testeComSistema } from "../../testes/apoio.ts";
import { EQUIPE } from "../../testes/balcao.ts";
import { Mesa } from "../../testes/mesa.ts";
import { FRASE } from "../../testes/painel.ts";

const CHAVE = { nome: "Balcão 1", papel: "balcao", primeira: "sim" };
const PESSOA = { quem: "dora", nome: "Dora Reis", papel: "balcao" };

testeComSistema("acessos: uma chave cria-se, mostra-se uma vez, lista-se sem o texto e revoga-se", async () => {
  using mesa = await Mesa.abre();
  const { html, texto } = await mesa.faz("/painel/acessos/chave", CHAVE);
  const [chave] = html.match(/clinica_[0-9A-Z]{40}/) ?? [];
  assertEquals(resumoDe(chave ?? ""), mesa.painel.chaves.gravadas[0].resumo);
  assertStringIncludes(texto, "Chave 1, Balcão 1");
  const depois = await mesa.vai("/painel/acessos");
  assertEquals(/clinica_[0-9A-Z]|[0-9a-f]{64}/.test(depois.html), false, "nem o texto nem o resumo");
  assertStringIncludes(depois.texto, "1 Nome Balcão 1 Pode balcão Situação vale");
  const { texto: revogada } = await mesa.faz("/painel/acessos/revoga", { numero: "1" });
  assertStringIncludes(revogada, "A chave 1 está revogada");
  assertStringIncludes(revogada, "revogada em 30/11/2026 07:00");
  assertEquals((await mesa.manda("/painel/acessos/revoga", { numero: "1" })).codigo, 422);
  assertEquals(mesa.painel.trilha, ["p:1 CHAVE CRIA 1", "p:1 CHAVE REVOGA 1"]);
});

testeComSistema("acessos: a primeira chave confirma-se, as outras não; e o que está mal diz-se ao lado", async () => {
  using mesa = await Mesa.abre({ oferta: EQUIPE });
  const casos: [diferente: Record<string, string>, campo: string, dito: string][] = [
    [{ primeira: "" }, "primeira", "Confirme que é a primeira"],
    [{ nome: "" }, "nome", "Escreva um nome"],
    [{ nome: "x".repeat(61) }, "nome", "Escreva um nome"],
    [{ nome: "a\u202eb" }, "nome", "Escreva um nome"],
    [{ papel: "servidor" }, "papel", "Escolha um"],
    [{ papel: "profissional" }, "profissional", "vai com quem atende"],
    [{ profissional: "DRA. LIMA" }, "profissional", "vai com quem atende"],
    [{ papel: "profissional", profissional: "NINGUÉM" }, "profissional", "vai com quem atende"],
    [{ ate: "2026-11-29" }, "ate", "já passou"],
  ];
  for (const [diferente, campo, dito] of casos) {
    const { codigo, html } = await mesa.manda("/painel/acessos/chave", { ...CHAVE, ...diferente });
    assertEquals(codigo, 422, dito);
    assertMatch(html, new RegExp(`id="chave-${campo}-erro">[^<]*${dito}`), dito);
  }
  assertEquals(mesa.painel.chaves.gravadas, []);
  await mesa.faz("/painel/acessos/chave", {
    ...CHAVE,
    papel: "profissional",
    profissional: "DRA. LIMA",
    ate: "2026-12-31",
  });
  const { texto } = await mesa.faz("/painel/acessos/chave", { nome: "Totem", papel: "quiosque" });
  assertStringIncludes(texto, "Pode profissional Dra. Lima Situação vale até 31/12/2026");
});

testeComSistema(
  "acessos: uma pessoa cria-se com uma frase sorteada, que se mostra uma vez, ou com uma escrita",
  async () => {
    using mesa = await Mesa.abre();
    const { html } = await mesa.faz("/painel/acessos/pessoa", PESSOA);
    const [, frase] = /<code>([a-z]+(?: [a-z]+){5})<\/code>/.exec(html) ?? [];
    const dora = mesa.painel.pessoas.gravadas[3];
    assertEquals([dora.quem, dora.nome, dora.papel, dora.profissional], ["dora", "Dora Reis", "balcao", ""]);
    assert(await confere(frase ?? "", dora.resumo));
    assertEquals((await mesa.vai("/painel/acessos")).html.includes(frase), false);
    const escrita = { frase: "quatro palavras que eu sei", repete: "quatro palavras que eu sei" };
    const outra = await mesa.faz("/painel/acessos/pessoa", { ...PESSOA, quem: "eva", ...escrita });
    assertEquals(outra.html.includes("quatro palavras"), false);
    assert(await confere(escrita.frase, mesa.painel.pessoas.gravadas[4].resumo));
    assertEquals(mesa.painel.trilha, ["p:1 PESSOA CRIA 4", "p:1 PESSOA CRIA 5"]);
    const casos: [diferente: Record<string, string>, campo: string, dito: string][] = [
      [{}, "quem", "já entra assim"],
      [{ quem: "Dóra Reis" }, "quem", "letras sem acentos"],
      [{ quem: "fia", frase: "curta", repete: "curta" }, "frase", "15 caracteres"],
      [{ quem: "fia", frase: escrita.frase }, "repete", "Não é igual"],
      [{ quem: "fia", papel: "quiosque" }, "papel", "Escolha um"],
    ];
    for (const [diferente, campo, dito] of casos) {
      const mal = await mesa.manda("/painel/acessos/pessoa", { ...PESSOA, ...diferente });
      assertEquals(mal.codigo, 422, dito);
      assertMatch(mal.html, new RegExp(`id="pessoa-${campo}-erro">[^<]*${dito}`), dito);
      assertEquals(mal.html.includes(escrita.frase), false, "uma frase-senha não volta");
    }
    assertEquals(mesa.painel.pessoas.gravadas.length, 5);
  },
);

testeComSistema(
  "acessos: troca-se a frase de outro, com que ele deixa de estar dentro; a própria só escrita",
  async () => {
    using mesa = await Mesa.abre();
    const doBeto = await mesa.outra("beto");
    assertEquals((await doBeto.vai("/painel")).codigo, 200);
    mesa.painel.agora += 1000;
    const { html } = await mesa.faz("/painel/acessos/pessoa/2/frase", {});
    const [, frase] = /<code>([a-z]+(?: [a-z]+){5})<\/code>/.exec(html) ?? [];
    const { resumo } = mesa.painel.pessoas.gravadas[1];
    assertEquals([await confere(frase ?? "", resumo), await confere(FRASE, resumo)], [true, false]);
    assertEquals((await doBeto.vai("/painel")).codigo, 303, "entra outra vez");
    assertEquals(mesa.painel.trilha.at(-1), "p:1 PESSOA SENHA 2");
    const antes = mesa.painel.pessoas.gravadas[0].resumo;
    const propria = await mesa.manda("/painel/acessos/pessoa/1/frase", {});
    assertStringIncludes(propria.texto, "Escreva a sua frase-senha nova");
    assertEquals([propria.codigo, mesa.painel.pessoas.gravadas[0].resumo], [422, antes]);
    const nova = "outras quatro palavras minhas";
    assertEquals((await mesa.manda("/painel/acessos/pessoa/1/frase", { frase: nova, repete: nova })).codigo, 303);
    mesa.painel.agora += 1000;
    assertEquals((await mesa.vai("/painel/acessos")).codigo, 303, "com a nova entra-se outra vez");
  },
);

testeComSistema(
  "acessos: o segundo fator liga-se só a quem mostra que o leu; dão-se códigos, e desliga-se",
  async () => {
    using mesa = await Mesa.abre();
    const base = "/painel/acessos/pessoa/2";
    const { html } = await mesa.vai(`${base}/totp`);
    const segredo = /<code>([A-Z2-7 ]{39})<\/code>/.exec(html)?.[1].replaceAll(" ", "") ?? "";
    const fechado = /name="fechado" value="([\w-]+)"/.exec(html)?.[1] ?? "";
    assertStringIncludes(html, "<svg");
    assertEquals(mesa.painel.pessoas.gravadas[1].totp, "", "ver não liga nada");
    const codigo = new TOTP({ secret: Secret.fromBase32(segredo) }).generate({ timestamp: mesa.painel.agora });
    const errado = await mesa.manda(`${base}/totp`, { fechado, codigo: codigo === "000000" ? "000001" : "000000" });
    assertEquals(errado.codigo, 422);
    assertMatch(errado.html, /id="totp-codigo-erro">Não é esse/);
    assertStringIncludes(errado.html, segredo.slice(0, 4), "o mesmo QR");
    // O QR de um não serve a outro, nem o que se inventa.
    for (const [onde, qual] of [["/painel/acessos/pessoa/3", fechado], [base, "x"], [base, ""]]) {
      const recusado = await mesa.manda(`${onde}/totp`, { fechado: qual, codigo });
      assertMatch(recusado.html, /id="totp-codigo-erro">Este QR já não vale/);
    }
    assertEquals(mesa.painel.pessoas.gravadas.map(({ totp }) => totp), ["", "", ""]);
    assertStringIncludes((await mesa.faz(`${base}/totp`, { fechado, codigo })).texto, "entra também com o código");
    assertEquals(mesa.painel.pessoas.gravadas[1].totp, segredo);
    const dados = await mesa.faz(`${base}/codigos`, {});
    const codigos = [...dados.html.matchAll(/<code>([0-9A-Z]{4}(?:-[0-9A-Z]{4}){3})<\/code>/g)].map(([, um]) => um);
    assertEquals(codigos.map(resumoDoCodigo), [...mesa.painel.pessoas.gravadas[1].recuperacao]);
    assertNotEquals(codigos, []);
    assertStringIncludes((await mesa.faz(`${base}/desliga`, {})).texto, "entra só com a frase-senha");
    assertEquals(mesa.painel.pessoas.gravadas[1].totp, "");
    assertEquals((await mesa.manda(`${base}/codigos`, {})).codigo, 422, "já não tem segundo fator");
    assertEquals(mesa.painel.trilha, ["p:1 PESSOA TOTP 2", "p:1 PESSOA RECUPERACAO 2", "p:1 PESSOA TOTP 2"]);
  },
);

testeComSistema("acessos: retira-se uma pessoa, mas não a única da gerência", async () => {
  using mesa = await Mesa.abre();
  const so = await mesa.manda("/painel/acessos/pessoa/1/retira", {});
  assertEquals(so.codigo, 422);
  assertStringIncludes(so.texto, "É a única pessoa da gerência");
  const { texto } = await mesa.faz("/painel/acessos/pessoa/2/retira", {});
  assertStringIncludes(texto, "beto já não entra");
  assertEquals(mesa.painel.pessoas.gravadas.map(entra), [true, false, true]);
  assertEquals((await mesa.vai("/painel/acessos/pessoa/2")).codigo, 404);
  assertEquals((await mesa.manda("/painel/acessos/pessoa/2/retira", {})).codigo, 404);
  assertEquals(mesa.painel.trilha, ["p:1 PESSOA RETIRA 2"]);
  await mesa.faz("/painel/acessos/pessoa", { quem: "zita", nome: "Zita", papel: "gerente" });
  assertEquals((await mesa.manda("/painel/acessos/pessoa/1/retira", {})).codigo, 303, "agora há outra");
});

testeComSistema("acessos: o que mudou entretanto não se grava por cima", async () => {
  using mesa = await Mesa.abre();
  const { pessoas } = mesa.painel;
  pessoas.entretanto = () => {
    pessoas.entretanto = () => {};
    pessoas.gravadas[1] = { ...pessoas.gravadas[1], versao: 9, nome: "OUTRO" };
  };
  const { codigo, texto } = await mesa.manda("/painel/acessos/pessoa/2/frase", {});
  assertEquals([codigo, pessoas.gravadas[1].nome], [422, "OUTRO"]);
  assertStringIncludes(texto, "Mudou entretanto");
  assertEquals(mesa.painel.trilha, []);
});
