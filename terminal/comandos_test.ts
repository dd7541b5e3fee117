/**
 * Testes de `terminal/comandos.ts`: o que se diz quando o servidor não volta; os comandos inteiros estão em
 * `testes/cliente_test.ts`.
 *
 * @module
 */

import { assertRejects, assertStringIncludes } from "@std/assert";
import { DestinoAdverso, executa } from "./comandos.ts";
import { Conexao } from "./conexao.ts";
import { testeComSistema } from "../testes/apoio.ts";
import { CPF, SAUDACAO, ServidorFalso, vagasDe } from "../testes/servidor_falso.ts";

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
