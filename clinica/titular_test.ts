/**
 * Testes dos direitos de cada um sobre os seus dados: corrigir, anonimizar, guardar. Sem nenhuma permissão.
 *
 * @module
 */

import { assert, assertEquals, AssertionError, assertMatch, assertNotEquals } from "@std/assert";
import {
  agend,
  ANA,
  type Balcao,
  BIA,
  busca,
  cancel,
  codigoDeTeste,
  como,
  poe,
  regra,
  responde,
  situa,
  teste,
} from "../testes/balcao.ts";
import { espera } from "../testes/espera.ts";
import { lerOferta } from "./oferta.ts";
import type { FeitoPeloTitular, Pedido, PeloTitular } from "./pedido.ts";
import { SERVIDOR } from "./promover.ts";
import { ehPseudonimo, pseudonimo } from "./titular.ts";

const QUEM = "X0123456789";

/** O que se pede de uma pessoa, e o que se responde. */
async function pede(balcao: Balcao, cpf: string, pelo: PeloTitular, quem = como("gerente")): Promise<FeitoPeloTitular> {
  const pedido: Pedido = { comando: "TITULAR", cpf, ...pelo };
  const resultado = await balcao.pede(pedido, quem);
  if ("titular" in resultado && resultado.titular !== undefined) return resultado.titular;
  throw new AssertionError(resultado.codigo);
}

const ANONIMIZA = { ato: "ANONIMIZA", pseudonimo: QUEM } as const;
const JA = { ...ANONIMIZA, motivo: "pediu" } as const;

/** A razão de uma recusa; nada, se não se recusou. */
function razao(feito: FeitoPeloTitular): string | undefined {
  return "recusa" in feito ? feito.recusa : undefined;
}

regra("anonimizar tira tudo o que diz quem era, e deixa a especialidade, quando e como acabou", async (balcao) => {
  await responde(balcao, [
    [agend(ANA, { email: "ana@x.br", telefone: "+5511999990000", nota: "de muletas", motivo: "dor" }), "OK-300"],
    [situa(ANA, "CHEGOU", { prioridade: 2 }), "OK-306"],
    [situa(ANA, "CHAMADO"), "OK-306"],
    [situa(ANA, "ATENDIDO", { motivo: "retorno" }), "OK-306"],
    [agend(BIA, { email: "bia@x.br" }), "OK-300"],
  ]);
  const [antes, dela] = balcao.livro.linhas;
  assertEquals(await pede(balcao, ANA, JA), { feito: 1 });
  const [depois, outra] = balcao.livro.linhas;
  const { especialidade, profissional, data, hora, minutos, situacao, numero, encaixe, chegouEm, terminouEm } = antes;
  assertEquals(depois, {
    ...antes,
    ...{ especialidade, profissional, data, hora, minutos, situacao, numero, encaixe, chegouEm, terminouEm },
    ...{ cpf: QUEM, nome: "ANONIMIZADO", codigo: depois.codigo, versao: antes.versao + 1, ativo: false },
    ...{ motivo: "", nota: "", email: "", telefone: "", senha: "", prioridade: 0, pilha: [] },
  });
  assertNotEquals(depois.codigo, antes.codigo);
  assertEquals(outra, dela, "nada de outra pessoa");
  assertEquals(balcao.livro.contatos.map(({ cpf }) => cpf), [BIA]);
  assertEquals(balcao.livro.titulares, [{ ato: "ANONIMIZA", cpf: QUEM, pseudonimo: QUEM, motivo: "pediu" }]);
  assertEquals(razao(await pede(balcao, ANA, JA)), "nada", "já não há ninguém com este CPF");
});

regra("quem foi anonimizado e volta a marcar é outra pessoa, também no mesmo lote", async (balcao) => {
  await responde(balcao, [
    [agend(ANA, { email: "ana@x.br" }), "OK-300"],
    [cancel(ANA), "OK-301"],
  ]);
  await Promise.all([
    balcao.pede({ comando: "TITULAR", cpf: ANA, ...JA }, como("gerente")),
    balcao.pede(agend(ANA, { telefone: "+5511999990000" })),
  ]);
  assertEquals(balcao.livro.linhas.map(({ cpf, ativo }) => [cpf, ativo]), [[QUEM, false], [ANA, true]]);
  assertEquals(balcao.livro.contatos, [{ cpf: ANA, email: "", telefone: "+5511999990000" }]);
  await responde(balcao, [[{ comando: "HISTORIA", cpf: QUEM }, "OK-315"], [busca(QUEM), "ERRO-112"]]);
  const historia = await balcao.pede({ comando: "HISTORIA", cpf: ANA });
  assert("agendamentos" in historia && historia.agendamentos.length === 1);
});

regra(
  "recusa-se com a guarda legal, com algo por vir, e dentro do prazo; o motivo só passa pelo último",
  async (balcao) => {
    assertEquals(razao(await pede(balcao, ANA, JA)), "nada");
    await responde(balcao, [[agend(ANA), "OK-300"], [espera(ANA, { especialista: "NUTRICIONISTA" }), "OK-307"]]);
    const dePe = await pede(balcao, ANA, JA);

    assertEquals("marcados" in dePe ? [dePe.marcados.length, dePe.esperas.length] : dePe, [1, 1]);
    assertEquals(await pede(balcao, ANA, { ato: "GUARDA", motivo: "processo" }), { feito: 0 });
    assertEquals(razao(await pede(balcao, ANA, { ato: "GUARDA" })), "guarda");
    assertEquals(razao(await pede(balcao, ANA, JA)), "guarda");
    await responde(balcao, [
      [cancel(ANA), "OK-301"],
      [{ comando: "DESISTE", cpf: ANA, especialista: "NUTRICIONISTA" }, "OK-308"],
    ]);
    assertEquals(razao(await pede(balcao, ANA, JA)), "guarda", "nem com motivo");
    assertEquals(await pede(balcao, ANA, { ato: "SOLTA" }), { feito: 0 });
    assertEquals(razao(await pede(balcao, ANA, { ato: "SOLTA" })), "nada");
    const prazo = await pede(balcao, ANA, ANONIMIZA);
    assertEquals(prazo, { recusa: "prazo", ate: "2046-11-30" });
    assertEquals(razao(await pede(balcao, ANA, { ...JA, porPrazo: true }, SERVIDOR)), "prazo", "o relógio não força");
    assertEquals(await pede(balcao, ANA, JA), { feito: 2 });
    assertEquals(balcao.livro.esperas.map(({ cpf, nome, origem }) => [cpf, nome, origem]), [[QUEM, "ANONIMIZADO", ""]]);
    assertEquals(balcao.livro.titulares.map(({ cpf, motivo }) => [cpf, motivo]), [[QUEM, ""], [QUEM, ""], [
      QUEM,
      "pediu",
    ]]);
  },
);

regra(
  "no lote em que se anonimiza, o que se disse antes não fica, e o que vem depois já não acha ninguém",
  async (balcao) => {
    await responde(balcao, [[agend(ANA), "OK-300"], [cancel(ANA), "OK-301"]]);
    const pelo = (mais: PeloTitular): Promise<unknown> =>
      balcao.pede({ comando: "TITULAR", cpf: ANA, ...mais }, como("gerente"));
    const [, , desfeito] = await Promise.all([
      pelo({ ato: "RETIFICA", email: "ana@x.br" }),
      pelo(JA),
      balcao.pede(situa(ANA, "DESFAZ", { numero: 1 }), como("gerente")),
    ]);
    assertEquals(desfeito.codigo, "ERRO-113");
    assertEquals(balcao.livro.contatos, []);
    assertEquals(balcao.livro.linhas.map(({ cpf, situacao }) => [cpf, situacao]), [[QUEM, "CANCELADO"]]);
  },
);

regra("quem está na clínica ainda é de pé, ainda que a hora já tenha acabado", async (balcao) => {
  await responde(balcao, [[agend(ANA), "OK-300"], [situa(ANA, "CHEGOU"), "OK-306"]]);
  balcao.agora += 5 * 3_600_000;
  assertEquals(razao(await pede(balcao, ANA, JA)), "de pé");
  balcao.agora += 24 * 3_600_000;
  assertEquals(await pede(balcao, ANA, JA), { feito: 1 });
});

regra("o prazo conta-se do último registro da pessoa: enquanto esse se guarda, guardam-se todos", async (balcao) => {
  const velho = { situacao: "ATENDIDO", ativo: false } as const;
  poe(balcao, { cpf: ANA, data: "2025-11-29", ...velho });
  poe(balcao, { cpf: BIA, data: "2025-11-29", hora: "09:00", ...velho });
  poe(balcao, { cpf: BIA, data: "2025-11-30", ...velho });
  const porPrazo = { ...ANONIMIZA, porPrazo: true } as const;
  assertEquals(await pede(balcao, BIA, porPrazo, SERVIDOR), { recusa: "prazo", ate: "2026-11-30" });
  assertEquals(await pede(balcao, ANA, porPrazo, SERVIDOR), { feito: 1 });
  balcao.agora += 24 * 3_600_000;
  assertEquals(await pede(balcao, BIA, porPrazo, SERVIDOR), { feito: 2 });
}, { config: { guarda: { meses: 12 } } });

regra("corrige o nome em tudo o que é dela, e o contato onde o há", async (balcao) => {
  await responde(balcao, [
    [agend(ANA, { especialista: "NUTRICIONISTA", data: "2026-12-04", email: "velho@x.br" }), "OK-300"],
    [cancel(ANA), "OK-301"],
    [agend(BIA), "OK-300"],
    [agend(ANA, { email: "velho@x.br" }), "OK-300"],
    [espera(ANA, { especialista: "DERMATOLOGISTA" }), "OK-307"],
  ]);
  const certo = { ato: "RETIFICA", nome: "ANA MARIA", email: "novo@x.br", telefone: "+5511999990000" } as const;
  assertEquals(await pede(balcao, ANA, certo), { feito: 4 });
  assertEquals(balcao.livro.linhas.map(({ nome, email, telefone }) => [nome, email, telefone]), [
    ["ANA MARIA", "novo@x.br", ""],
    ["BIA", "", ""],
    ["ANA MARIA", "novo@x.br", "+5511999990000"],
  ]);
  assertEquals(balcao.livro.esperas[0].nome, "ANA MARIA");
  assertEquals(balcao.livro.contatos, [{ cpf: ANA, email: "novo@x.br", telefone: "+5511999990000" }]);
  assertEquals(await pede(balcao, ANA, certo), { feito: 0 });
  assertEquals(balcao.livro.titulares.length, 1, "o que nada muda não deixa rasto");
});

regra("só a gerência o pede", async (balcao) => {
  await responde(balcao, [[agend(ANA), "OK-300"]]);
  for (const papel of ["balcao", "profissional", "quiosque", "anonimo", "integracao"] as const) {
    const pedido: Pedido = { comando: "TITULAR", cpf: ANA, ato: "EXPORTA" };
    assertEquals((await balcao.pede(pedido, como(papel))).codigo, "ERRO-120", papel);
  }
  assertEquals(await pede(balcao, ANA, { ato: "EXPORTA" }), { feito: 0 });
});

teste("um pseudônimo cabe onde estava o CPF, não é um, e não vem dele", () => {
  let n = 0;
  const um = pseudonimo(() => codigoDeTeste(++n));
  assertMatch(um, /^X[0-9A-HJKMNP-TV-Z]{10}$/);
  assert(ehPseudonimo(um) && !ehPseudonimo(ANA));
  assertNotEquals(pseudonimo(() => codigoDeTeste(++n)), um);
});

teste("a guarda diz-se em meses; o que não serve di-lo com o campo e a razão", () => {
  assertEquals(lerOferta({}).guarda, { meses: 240 });
  assertEquals(lerOferta({ guarda: { meses: 60 } }).guarda, { meses: 60 });
  for (
    const [guarda, razao] of [
      [{ meses: 0 }, "guarda.meses: esperava um inteiro de 1 a 1200; veio 0"],
      [{ meses: 1.5 }, "guarda.meses: esperava um inteiro de 1 a 1200; veio 1.5"],
      [{ anos: 20 }, 'guarda: não conhece a chave "anos"; conhece meses'],
      [20, "guarda: esperava um objeto {…}; veio 20"],
    ] as const
  ) {
    let dito = "";
    try {
      lerOferta({ guarda });
    } catch (causa) {
      dito = causa instanceof Error ? causa.message : "";
    }
    assertEquals(dito, razao);
  }
});
