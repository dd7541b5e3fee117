/**
 * Testes de `CORRIGE` e do contato. Sem nenhuma permissão.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import {
  agend,
  ANA,
  BalcaoPuro,
  BIA,
  type Campos,
  cancel,
  CLINICO,
  codigoDeTeste,
  como,
  marcado,
  regra,
  responde,
  situa,
  teste,
  tupla,
} from "../testes/balcao.ts";
import type { Pedido } from "./pedido.ts";

function corrige(cpf: string, mais: Campos<"CORRIGE"> = {}): Pedido {
  return { comando: "CORRIGE", cpf, especialista: CLINICO, ...mais };
}

const CONTATO = { email: "ana@x.br", telefone: "+5511999990000" };
const NUTRI = { especialista: "NUTRICIONISTA", data: "2026-12-04" };

regra("corrige o que se diz e deixa o resto; o que já está assim não se grava", async (balcao) => {
  await responde(balcao, [[agend(ANA, { ...CONTATO, nota: "de muletas" }), "OK-300"]]);
  const [antes] = balcao.livro.linhas;
  await responde(balcao, [
    [corrige(ANA, { nome: "ANA MARIA" }), `OK-306 ${tupla(ANA, "08:00")}`],
    [corrige(ANA, { nome: "ANA MARIA" }), "OK-306"],
    [corrige(ANA), "OK-306"],
  ]);
  assertEquals(balcao.livro.linhas, [{ ...antes, nome: "ANA MARIA", versao: 2 }]);
  await responde(balcao, [[corrige(ANA, { nota: "", email: "a@b.br", telefone: "" }), "OK-306"]]);
  assertEquals(balcao.livro.linhas, [{
    ...antes,
    nome: "ANA MARIA",
    nota: "",
    email: "a@b.br",
    telefone: "",
    versao: 3,
  }]);
});

regra("é do ativo, ou do número que se diz, em qualquer situação; 113, 117", async (balcao) => {
  await responde(balcao, [
    [corrige(ANA, { nome: "X" }), "ERRO-113"],
    [agend(ANA), "OK-300"],
    [corrige(ANA, { nome: "X", versao: 2, codigo: "" }), "ERRO-113"],
    [corrige(ANA, { nome: "X", especialista: "NUTRICIONISTA" }), "ERRO-113"],
    [corrige(ANA, { nome: "X", versao: 2 }), `ERRO-117 ${tupla(ANA, "08:00")}`],
    [corrige(ANA, { nome: "X", versao: 1, codigo: codigoDeTeste(1) }), "OK-306"],
    [cancel(ANA), "OK-301"],
    [corrige(ANA, { nome: "Y" }), "ERRO-113"],
    [corrige(ANA, { nome: "Y", numero: 1 }), `OK-306 ${tupla(ANA, "08:00", { mais: "CANCELADO" })}`],
    // A versão cresce, e o que se desfaz é a situação.
    [situa(ANA, "DESFAZ"), "OK-306"],
  ]);
  assertEquals(balcao.livro.linhas.map(({ nome, versao }) => [nome, versao]), [["Y", 5]]);
});

regra("o que a casa escreve passa a ser da pessoa, e serve aos agendamentos seguintes", async (balcao) => {
  await responde(balcao, [
    [agend(ANA, CONTATO), "OK-300", como("balcao")],
    [agend(ANA, NUTRI), "OK-300", como("quiosque")],
    [agend(BIA), "OK-300"],
  ]);
  assertEquals(balcao.livro.contatos, [{ cpf: ANA, ...CONTATO }]);
  assertEquals(balcao.livro.linhas.map(({ email }) => email), [CONTATO.email, CONTATO.email, ""]);
  await responde(balcao, [[corrige(ANA, { email: "" }), "OK-306"]]);
  assertEquals(balcao.livro.contatos, [{ cpf: ANA, email: "", telefone: CONTATO.telefone }]);
  assertEquals(balcao.livro.linhas.map(({ email }) => email), ["", CONTATO.email, ""]);
  // Só o que se diz é novo; o resto é o que se sabe.
  await responde(balcao, [[cancel(ANA, CLINICO), "OK-301"], [agend(ANA, { email: "n@x.br" }), "OK-300"]]);
  const { email, telefone } = balcao.livro.linha(4);
  assertEquals([email, telefone], ["n@x.br", CONTATO.telefone]);
});

regra("sem o código, o que não é da casa escreve serve só ao agendamento com que veio", async (balcao) => {
  for (const papel of ["quiosque", "paciente"] as const) {
    await responde(balcao, [
      [agend(ANA, CONTATO), marcado(ANA, "08:00"), como(papel)],
      [agend(ANA, NUTRI), "OK-300", como(papel)],
    ]);
    assertEquals(balcao.livro.linhas.slice(-2).map(({ email }) => email), [CONTATO.email, ""]);
    assertEquals(balcao.livro.contatos, []);
    await responde(balcao, [[cancel(ANA, CLINICO), "OK-301"], [cancel(ANA), "OK-301"]]);
  }
});

regra("com o código, é a pessoa que o diz", async (balcao) => {
  await responde(balcao, [
    [agend(ANA), "OK-300"],
    [corrige(ANA, { ...CONTATO, codigo: codigoDeTeste(2) }), "ERRO-113"],
    [corrige(ANA, { ...CONTATO, codigo: codigoDeTeste(1) }), "OK-306"],
    [corrige(ANA, { email: "outro@x.br", codigo: codigoDeTeste(1) }), "ERRO-120", como("paciente")],
  ]);
  assertEquals(balcao.livro.contatos, [{ cpf: ANA, ...CONTATO }]);
});

regra(
  "o que se sabe da pessoa e não se corrige fica, ainda que o agendamento seja de antes de se saber",
  async (balcao) => {
    await responde(balcao, [
      [agend(ANA), "OK-300"],
      [agend(ANA, { ...NUTRI, ...CONTATO }), "OK-300"],
      [corrige(ANA, { email: "n@x.br" }), "OK-306"],
    ]);
    assertEquals(balcao.livro.contatos, [{ cpf: ANA, email: "n@x.br", telefone: CONTATO.telefone }]);
  },
);

teste("o que já está como se pede não é mudança nenhuma", () => {
  const balcao = new BalcaoPuro();
  assertEquals(balcao.decide(agend(ANA, CONTATO)).mudancas.map(({ sobre }) => sobre), ["agendamento", "contato"]);
  assertEquals(balcao.decide(agend(ANA, { ...NUTRI, ...CONTATO })).mudancas.map(({ sobre }) => sobre), ["agendamento"]);
  assertEquals(balcao.decide(corrige(ANA, CONTATO)).mudancas, []);
});

regra("um contato que já se sabe não se grava outra vez", async (balcao) => {
  await responde(balcao, [[agend(ANA, CONTATO), "OK-300"]]);
  const { contatos, linhas } = balcao.livro;
  await responde(balcao, [[corrige(ANA, CONTATO), "OK-306"]]);
  assertEquals([balcao.livro.contatos, balcao.livro.linhas], [contatos, linhas]);
  // O agendamento já o tem, e a pessoa não.
  balcao.livro.contatos = [];
  await responde(balcao, [[corrige(ANA, CONTATO), "OK-306"]]);
  assertEquals([balcao.livro.contatos, balcao.livro.linhas], [contatos, linhas]);
});
