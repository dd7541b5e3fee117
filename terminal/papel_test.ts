/**
 * Testes de `terminal/papel.ts` e das frases de quem não pode, todos puros.
 *
 * @module
 */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { frasesDe } from "./frases.ts";
import { type Apresentada, comoEntrar, deQuemAtende, pedeCodigo, pode, porqueNao, quemE, semChave } from "./papel.ts";

function teste(nome: string, fn: () => void): void {
  Deno.test(nome, { permissions: "none" }, fn);
}

function com(papel: string, nome = ""): Apresentada {
  return {
    endereco: { host: "10.0.0.30", porta: 9000 },
    apresentacao: { clinica: "Clínica", versao: "1.1.0", fuso: "America/Sao_Paulo", papel, nome },
  };
}

teste("o que se pode é o que o papel pode; do que não se conhece não se esconde nada", () => {
  assertEquals(pode(com("anonimo"), "AGEND"), false);
  assertEquals(pode(com("anonimo"), "VAGAS"), true);
  assertEquals([pode(com("balcao"), "FECHA"), pode(com("gerente"), "FECHA")], [false, true]);
  assertEquals(pedeCodigo(com("quiosque"), "BUSCA"), true);
  for (const papel of ["profissional", "balcao", "anonimo", "chefe", "toString"]) {
    assertEquals(pedeCodigo(com(papel), "BUSCA"), false, papel);
  }
  for (const desconhecido of [com("chefe"), com("toString"), { apresentacao: undefined }]) {
    assertEquals(pode(desconhecido, "FECHA"), true);
  }
  assertEquals([deQuemAtende(com("profissional")), deQuemAtende(com("balcao"))], [true, false]);
});

teste("entra com uma chave quem não trouxe nenhuma e podia mais com uma", () => {
  const casos = [
    com("anonimo"),
    com("quiosque"),
    com("gerente"),
    com("quiosque", "Entrada"),
    com("balcao", "Balcão 1"),
  ];
  assertEquals(casos.map(semChave), [true, true, false, false, false]);
  assertEquals(semChave({ apresentacao: undefined }), false);
});

teste("a quem não pode diz-se quem é e quem pode, ou como se entra", () => {
  const sem = porqueNao(com("anonimo"), "FECHA");
  assertStringIncludes(sem, "É preciso uma chave");
  assertStringIncludes(sem, "cliente.ts 10.0.0.30:9000 entra");
  assertEquals(
    porqueNao(com("balcao", "Balcão 1"), "FECHA"),
    "Este terminal entrou como Balcão 1 (balcão), que não pode isto. Quem pode: a gerência.",
  );
  assertEquals(
    porqueNao(com("quiosque", "Q"), "LISTA").endsWith("Quem pode: quem atende, o balcão e a gerência."),
    true,
  );
  // Pode o comando, e não o que se pediu dele: quem o pode não se sabe.
  assertEquals(porqueNao(com("profissional", "Ana"), "SITUA").endsWith("não pode isto."), true);
  assertEquals(quemE(com("chefe", "X\x1b[2J")), "X\ufffd[2J (chefe)");
  assertEquals(comoEntrar({ host: "localhost", porta: 9000 }), "cliente.ts entra");
  assertEquals(comoEntrar({ host: "::1", porta: 9000 }), "cliente.ts [::1]:9000 entra");
});

teste("a recusa que não diz por quê não conta nada do CPF", () => {
  const [frase, ...mais] = frasesDe({ codigo: "ERRO-116", regra: "" });
  assertEquals(mais, []);
  assertEquals(/cpf|já|agendamento|falt|espera|motivo/i.test(frase), false, frase);
  assertStringIncludes(frase, "Fale com a recepção");
});
