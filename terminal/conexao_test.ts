/**
 * Testes de `terminal/conexao.ts`, contra servidores de mentira que fazem numa conexão o que o verdadeiro só faz em mau dia.
 *
 * @module
 */

import { assert, assertEquals, assertInstanceOf, assertRejects, assertStringIncludes } from "@std/assert";
import { deadline, delay } from "@std/async";
import { testeComSistema } from "../testes/apoio.ts";
import {
  ACHADO,
  ANTIGO,
  APRESENTADO,
  CPF,
  NADA,
  OCUPADO,
  portaSemNinguem,
  SAUDACAO,
  ServidorFalso,
  TUPLA,
  tuplaCom,
} from "../testes/servidor_falso.ts";
import { Conexao, escreverEndereco, esperaAntesDe, PRAZO_DA_RESPOSTA, RespostaPerdida } from "./conexao.ts";
import { ChaveRecusada, SemConexao, ServidorAntigo, ServidorOcupado, Tubo } from "./tubo.ts";
import type { PedidoNoFio2, PedidoNoFio2De } from "../fio/clinica2.ts";
import { codificarResposta2 } from "../fio/respostas.ts";
import { codificarResposta, LINHA_SEM_ACESSO } from "../protocolo.ts";

const AGEND: PedidoNoFio2De<"AGEND"> = {
  comando: "AGEND",
  cpf: CPF,
  nome: "MARIA",
  especialista: "nutricionista",
  data: "27/11/2026",
  dia: "SEXTA-FEIRA",
};
const BUSCA: PedidoNoFio2 = { comando: "BUSCA", cpf: CPF };
const MARCADO = codificarResposta({ codigo: "OK-300", agendamentos: [TUPLA] });
function ate(falso: ServidorFalso): Conexao {
  return new Conexao({ host: "127.0.0.1", porta: falso.porta });
}

Deno.test("escreverEndereco() põe colchetes em IPv6 e só nele", { permissions: "none" }, () => {
  assertEquals(escreverEndereco({ host: "clinica.local", porta: 9000 }), "clinica.local:9000");
  assertEquals(escreverEndereco({ host: "::1", porta: 9100 }), "[::1]:9100");
});

Deno.test("as esperas crescem, com acaso, e param em 10 s", { permissions: "none" }, () => {
  assertEquals([0, 1, 2].map((tentativa) => esperaAntesDe(tentativa, { sorteio: 0.5 })), [500, 1000, 2000]);
  assert(esperaAntesDe(0, { sorteio: 0 }) < esperaAntesDe(0, { sorteio: 0.99 }));
  for (const tentativa of [5, 50, 5000]) assert(esperaAntesDe(tentativa, { sorteio: 1 }) <= 10_000);
});

testeComSistema("conecta() devolve as primeiras horas da saudação", async () => {
  await using falso = new ServidorFalso([[SAUDACAO, ""]]);
  using conexao = ate(falso);
  assertEquals(await conexao.conecta(), [["27/11/2026", "SEXTA-FEIRA", "08:00", "NUTRICIONISTA"]]);
});

testeComSistema("uma resposta que chega em pedaços vale por inteiro", async () => {
  await using falso = new ServidorFalso([[SAUDACAO.match(/.{1,9}|\n/g) ?? [], ACHADO, ""]]);
  using conexao = ate(falso);
  assertEquals(await conexao.pede(BUSCA), { codigo: "OK-302", agendamentos: [TUPLA] });
});

testeComSistema("sem ninguém na porta, conecta() diz que nenhum servidor atende", async () => {
  const porta = portaSemNinguem();
  using conexao = new Conexao({ host: "localhost", porta });
  const erro = await assertRejects(() => conexao.conecta(), SemConexao);
  assertEquals(erro.message, `nenhum servidor atende em localhost:${porta}`);
});

testeComSistema("um nome que não existe na rede é dito como tal", async () => {
  using conexao = new Conexao({ host: "nao-existe.invalid", porta: 9000 });
  const erro = await assertRejects(() => conexao.conecta(), SemConexao);
  assertStringIncludes(erro.message, "não foi encontrado na rede");
});

testeComSistema("quem não fala CLINICA/1 é recusado, seja o que for que diga", async () => {
  const ditos = [
    "HTTP/1.1 400 Bad Request\r\n",
    "\xff\xfe\n",
    '["OK-200","CLINICA/2",[]]\n',
    '["OK-302"]\n',
    '["OK-200","CLINICA/1"]\n',
    NADA,
  ];
  for (const dito of ditos) {
    await using falso = new ServidorFalso([[dito]]);
    using conexao = ate(falso);
    const erro = await assertRejects(() => conexao.conecta(), SemConexao);
    assertStringIncludes(erro.message, "não fala CLINICA/1", dito);
  }
});

testeComSistema("ERRO-131 no lugar da saudação é um servidor sem o livro, e nada aconteceu", async () => {
  await using falso = new ServidorFalso([[codificarResposta({ codigo: "ERRO-131" })]]);
  using conexao = ate(falso);
  const erro = await assertRejects(() => conexao.pede(AGEND), SemConexao);
  assertStringIncludes(erro.message, "sem acesso ao livro");
});

testeComSistema("ERRO-130 no lugar da saudação é servidor ocupado", async () => {
  await using falso = new ServidorFalso([[OCUPADO]]);
  using conexao = ate(falso);
  await assertRejects(() => conexao.conecta(), ServidorOcupado);
});

testeComSistema("depois do fechamento por silêncio, o próximo pedido reconecta sem dizer nada", async () => {
  await using falso = new ServidorFalso([[SAUDACAO, ""], [SAUDACAO, MARCADO]], { olas: [ANTIGO + OCUPADO, ANTIGO] });
  using conexao = ate(falso);
  await conexao.conecta();
  while (conexao.ligada) await delay(1);
  assertEquals((await conexao.pede(AGEND)).codigo, "OK-300");
  assertEquals(falso.pedidos.map((pedido) => JSON.parse(pedido)[0]), ["AGEND"]);
});

testeComSistema("um AGEND sem resposta é RespostaPerdida, e a conexão seguinte serve para a BUSCA", async () => {
  await using falso = new ServidorFalso([[SAUDACAO, ""], [SAUDACAO, ACHADO]]);
  using conexao = ate(falso);
  await assertRejects(() => conexao.pede(AGEND), RespostaPerdida);
  assertEquals(await conexao.pede(BUSCA), { codigo: "OK-302", agendamentos: [TUPLA] });
});

testeComSistema("ERRO-130 em resposta a um AGEND deixa o seu destino desconhecido", async () => {
  await using falso = new ServidorFalso([[SAUDACAO, OCUPADO]]);
  using conexao = ate(falso);
  const erro = await assertRejects(() => conexao.pede(AGEND), RespostaPerdida);
  assertInstanceOf(erro.cause, ServidorOcupado);
});

testeComSistema("ERRO-130 com os segundos a esperar diz que nada foi feito, e não se insiste logo", async () => {
  const esperar = codificarResposta2({ codigo: "ERRO-130", segundos: 12 });
  for (const pedido of [AGEND, BUSCA]) {
    await using falso = new ServidorFalso([[SAUDACAO, NADA, esperar], [SAUDACAO, ""]], { olas: [APRESENTADO] });
    using conexao = ate(falso);
    await conexao.pede(BUSCA);
    const erro = await assertRejects(() => conexao.pede(pedido), ServidorOcupado);
    assertEquals([erro.segundos, falso.pedidos.length], [12, 2]);
  }
});

testeComSistema("uma resposta que não é deste pedido não passa por sucesso", async () => {
  await using falso = new ServidorFalso([[
    SAUDACAO,
    codificarResposta({ codigo: "OK-301", agendamentos: [TUPLA] }),
    "",
  ]]);
  using conexao = ate(falso);
  await assertRejects(() => conexao.pede(AGEND), RespostaPerdida);
});

testeComSistema("uma consulta cruzada com o fechamento da conexão reaproveitada é repetida numa nova", async () => {
  await using falso = new ServidorFalso([[SAUDACAO, ""], [SAUDACAO, NADA]]);
  using conexao = ate(falso);
  await conexao.conecta();
  assertEquals(await conexao.pede(BUSCA), { codigo: "ERRO-112" });
});

testeComSistema("o sinal interrompe a espera com o seu motivo, e um AGEND que saiu fica desconhecido", async () => {
  for (const pedido of [BUSCA, AGEND]) {
    const interrupcao = new AbortController();
    await using falso = new ServidorFalso([[SAUDACAO, "", ""]]);
    using conexao = new Conexao({ host: "127.0.0.1", porta: falso.porta }, { sinal: interrupcao.signal });
    falso.recebeu(1).then(() => interrupcao.abort(new Error("Ctrl-C")));
    const erro = await assertRejects(() => deadline(conexao.pede(pedido), PRAZO_DA_RESPOSTA / 2), Error);
    if (pedido === AGEND) assertInstanceOf(erro, RespostaPerdida);
    else assertEquals(erro.message, "Ctrl-C");
  }
});

testeComSistema("localhost alcança também um servidor que só atende em ::1", async () => {
  let falso: ServidorFalso;
  try {
    falso = new ServidorFalso([[SAUDACAO, ""]], { hostname: "::1" });
  } catch {
    return; // esta máquina não tem IPv6
  }
  await using _falso = falso;
  using conexao = new Conexao({ host: "localhost", porta: falso.porta });
  assert((await conexao.conecta()).length > 0);
});

// ---------------------------------------------------------------------------------------------------- o fio

const LISTA: PedidoNoFio2 = { comando: "LISTA", data: "27/11/2026" };
const LISTADO = codificarResposta2({ codigo: "OK-310", agendamentos: [tuplaCom({ situacao: "CHEGOU" })] });

testeComSistema("o primeiro pedido vai na mesma ida que o OLA, e a resposta vem no fio que ele diz", async () => {
  await using falso = new ServidorFalso([[SAUDACAO, LISTADO, LISTADO]], { olas: [APRESENTADO] });
  using conexao = ate(falso);
  assertEquals(await conexao.pede(LISTA), { codigo: "OK-310", agendamentos: [tuplaCom({ situacao: "CHEGOU" })] });
  assertEquals([conexao.apresentacao?.fuso, conexao.soDeUm], ["America/Sao_Paulo", false]);
  await conexao.pede(LISTA);
  assertEquals(falso.idas, 2, "o OLA e o primeiro pedido, numa só; e o segundo");
});

testeComSistema(
  "com um servidor antigo, o que ele conhece se pede como sempre, e o que não conhece é dito",
  async () => {
    for (const primeiro of [BUSCA, LISTA]) {
      await using falso = new ServidorFalso([[SAUDACAO, primeiro === BUSCA ? ACHADO : ANTIGO, ACHADO, MARCADO]]);
      using conexao = ate(falso);
      if (primeiro === LISTA) await assertRejects(() => conexao.pede(LISTA), ServidorAntigo);
      else assertEquals((await conexao.pede(BUSCA)).codigo, "OK-302");
      assertEquals([conexao.soDeUm, conexao.apresentacao], [true, undefined]);
      assertEquals(await conexao.pede(BUSCA), { codigo: "OK-302", agendamentos: [TUPLA] });
      assertEquals([conexao.soDeUm, conexao.apresentacao], [true, undefined]);
      const pedidos = falso.pedidos.length;
      await assertRejects(() => conexao.pede({ ...AGEND, profissional: "Dra. Ana" }), ServidorAntigo);
      assertEquals(falso.pedidos.length, pedidos, "sabe-se que é antigo: nada se manda");
      assertEquals((await conexao.pede(AGEND)).codigo, "OK-300");
    }
  },
);

testeComSistema("ao religar, o fio se combina de novo: o servidor pode ter mudado", async () => {
  await using falso = new ServidorFalso([[SAUDACAO, LISTADO, ""], [SAUDACAO, ACHADO]], {
    olas: [APRESENTADO, ANTIGO],
  });
  using conexao = ate(falso);
  await conexao.pede(LISTA);
  assertEquals((await conexao.pede(BUSCA)).codigo, "OK-302");
  assertEquals(conexao.soDeUm, true);
});

testeComSistema("uma mudança de CLINICA/2 sem resposta é RespostaPerdida; uma consulta não", async () => {
  const mudancas: PedidoNoFio2[] = [
    { comando: "SITUA", cpf: CPF, especialista: "nutricionista", situacao: "CHEGOU" },
    { comando: "FECHA", data: "27/11/2026" },
    { comando: "REABRE", numero: 3 },
  ];
  for (const pedido of [...mudancas, LISTA]) {
    await using falso = new ServidorFalso([[SAUDACAO, ""]], { olas: [APRESENTADO] });
    using conexao = ate(falso);
    await assertRejects(() => conexao.pede(pedido), pedido === LISTA ? SemConexao : RespostaPerdida);
  }
});

testeComSistema("dois pedidos ao mesmo tempo vão por uma conexão só, cada um com a sua resposta", async () => {
  const achado = codificarResposta2({ codigo: "OK-302", agendamentos: [tuplaCom()] });
  await using falso = new ServidorFalso([[SAUDACAO, achado, LISTADO]], { olas: [APRESENTADO] });
  using conexao = ate(falso);
  const respostas = await Promise.all([conexao.pede(BUSCA), conexao.pede(LISTA)]);
  assertEquals(respostas.map(({ codigo }) => codigo), ["OK-302", "OK-310"]);
});

testeComSistema("uma resposta a OLA que não é uma não passa por CLINICA/1", async () => {
  await using falso = new ServidorFalso([[SAUDACAO, ACHADO]], { olas: [NADA] });
  using conexao = ate(falso);
  await assertRejects(() => conexao.pede(BUSCA), SemConexao);
});

// ------------------------------------------------------------------------------------------------------ com uma chave

const CHAVE = "clinica_0123456789";
const NEGADO = codificarResposta2({ codigo: "ERRO-120" });
const ACHADO_2 = codificarResposta2({ codigo: "OK-302", agendamentos: [tuplaCom()] });

/** Aceita qualquer um sem chave, e com ela responde isto. */
function aceita(resposta: string): (linha: string) => string {
  return (linha) => linha.includes(CHAVE) ? resposta : APRESENTADO;
}

function comChave(falso: ServidorFalso): Conexao {
  return new Conexao({ host: "127.0.0.1", porta: falso.porta }, { chave: CHAVE });
}

testeComSistema("a chave vai depois de se saber que o servidor a entende, e antes de qualquer pedido", async () => {
  const ouvido: string[] = [];
  const opcoes = {
    olas: [aceita(APRESENTADO)],
    aoOuvir: (linha: string) => ouvido.push(JSON.parse(linha)[2] ?? linha),
  };
  await using falso = new ServidorFalso([[SAUDACAO, ACHADO_2, ACHADO_2]], opcoes);
  using conexao = comChave(falso);
  const achados = await Promise.all([conexao.pede(BUSCA), conexao.pede(BUSCA)]);
  assertEquals(achados.map(({ codigo }) => codigo), ["OK-302", "OK-302"]);
  const busca = JSON.stringify(["BUSCA", CPF]);
  assertEquals(ouvido, ['["OLA","CLINICA/2"]', { chave: CHAVE }, busca, busca] as unknown[]);
});

testeComSistema("também um tubo novo não pede nada antes de a chave ser aceita", async () => {
  const ouvido: string[] = [];
  const opcoes = { olas: [aceita(APRESENTADO)], aoOuvir: (linha: string) => ouvido.push(JSON.parse(linha)[0]) };
  await using falso = new ServidorFalso([[SAUDACAO, ACHADO_2]], opcoes);
  const conn = await Deno.connect({ hostname: "127.0.0.1", port: falso.porta });
  using tubo = await Tubo.comeca(conn, { sinal: new AbortController().signal, chave: CHAVE });
  await tubo.pede(BUSCA);
  assertEquals(ouvido, ["OLA", "OLA", "BUSCA"]);
});

testeComSistema("uma chave recusada é dita antes de qualquer pedido, e não se manda outra vez", async () => {
  for (const pedido of [BUSCA, AGEND]) {
    await using falso = new ServidorFalso([[SAUDACAO, ACHADO_2], [SAUDACAO, ACHADO_2]], { olas: [aceita(NEGADO)] });
    using conexao = comChave(falso);
    const erro = await assertRejects(() => conexao.pede(pedido), ChaveRecusada);
    assertStringIncludes(erro.message, "não aceita a chave");
    const { idas } = falso;
    assertEquals(await assertRejects(() => conexao.pede(pedido), ChaveRecusada), erro);
    assertEquals([falso.pedidos, falso.idas], [[], idas]);
    // Sem ela, ou com outra, volta-se a perguntar.
    conexao.entraCom(undefined);
    assertEquals((await conexao.pede(BUSCA)).codigo, "OK-302");
  }
});

testeComSistema("uma chave revogada, que corta a conexão, deixou de valer", async () => {
  const olas = [aceita(APRESENTADO), aceita(NEGADO)];
  await using falso = new ServidorFalso([[SAUDACAO, ACHADO_2, ""], [SAUDACAO, ACHADO_2]], { olas });
  using conexao = comChave(falso);
  assertEquals((await conexao.pede(BUSCA)).codigo, "OK-302");
  const erro = await assertRejects(() => conexao.pede(BUSCA), ChaveRecusada);
  assertStringIncludes(erro.message, "deixou de valer");
});

testeComSistema("um servidor que cai ao ouvir a chave não perdeu resposta nenhuma", async () => {
  await using falso = new ServidorFalso([[SAUDACAO, ""]], { olas: [aceita("lixo\n")] });
  using conexao = comChave(falso);
  await assertRejects(() => conexao.pede(AGEND), SemConexao);
});

testeComSistema("o que CLINICA/1 diz a quem não tem chave é um acesso negado", async () => {
  await using falso = new ServidorFalso([[SAUDACAO, LINHA_SEM_ACESSO]]);
  using conexao = ate(falso);
  assertEquals((await conexao.pede(BUSCA)).codigo, "ERRO-120");
});
