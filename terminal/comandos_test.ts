/**
 * Testes de `terminal/comandos.ts`: as datas que se escrevem, e o que se diz quando o servidor não volta; os comandos inteiros
 * estão em `testes/cliente_test.ts`.
 *
 * @module
 */

import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { dataDoFio, DestinoAdverso, executa, lerData } from "./comandos.ts";
import { Conexao } from "./conexao.ts";
import { lerOferta } from "../clinica/oferta.ts";
import { testeComSistema } from "../testes/apoio.ts";
import { CPF, SAUDACAO, ServidorFalso, vagasDe } from "../testes/servidor_falso.ts";

Deno.test("lerData() aceita as duas escritas e só datas do calendário", { permissions: "none" }, () => {
  assertEquals(lerData("27/11/2026")?.toString(), "2026-11-27");
  assertEquals(lerData("7/1/2027")?.toString(), "2027-01-07");
  assertEquals(lerData("2026-11-27")?.toString(), "2026-11-27");
  for (const ruim of ["31/02/2026", "2026-13-01", "27/11/26", "amanhã", "27-11-2026", ""]) {
    assertEquals(lerData(ruim), undefined, ruim);
  }
});

Deno.test("dataDoFio() diz o dia da semana como a clínica o diz", { permissions: "none" }, () => {
  const semana = [23, 24, 25, 26, 27, 28, 29].map((dia) => dataDoFio(`2026-11-${dia}`));
  assertEquals(semana.map(({ dia }) => dia), lerOferta().diasDaSemana);
  assertEquals(semana[0].data, "23/11/2026");
  assertEquals(dataDoFio("31/02/2026"), { data: "31/02/2026", dia: "" });
});

testeComSistema("agendar sem resposta e sem servidor depois diz que não se sabe, num prazo", async () => {
  const comando = { nome: "agendar", cpf: CPF, paciente: "Maria da Silva", especialista: "nutricionista" } as const;
  const falso = new ServidorFalso([[SAUDACAO, vagasDe(), ""]]);
  using conexao = new Conexao({ host: "127.0.0.1", porta: falso.porta });
  const destino = executa(conexao, comando, { prazo: 1000 });
  falso.recebeu(2).then(() => falso[Symbol.asyncDispose]());
  const erro = await assertRejects(() => destino, DestinoAdverso);
  assertStringIncludes(erro.message, "não se sabe se foi marcado");
  assertStringIncludes(erro.message, `cliente.ts 127.0.0.1:${falso.porta} buscar --cpf ${CPF}`);
});
