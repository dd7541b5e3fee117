/**
 * Testes de `terminal/conexao.ts`, contra servidores de mentira que fazem numa conexão o que o verdadeiro só faz em mau dia.
 *
 * @module
 */

import { assert, assertEquals, assertInstanceOf, assertRejects, assertStringIncludes } from "@std/assert";
import { deadline, delay } from "@std/async";
import { testeComSistema } from "../testes/apoio.ts";
import {
  Conexao,
  destinoDe,
  escreverEndereco,
  esperaAntesDe,
  type PedidoDeMudanca,
  PRAZO_DA_RESPOSTA,
  RespostaPerdida,
  SemConexao,
  ServidorOcupado,
} from "./conexao.ts";
import { codificarResposta, Enquadrador, type PedidoNoFio, type Tupla } from "../protocolo.ts";

const CPF = "52998224725";
const TUPLA: Tupla = ["AGEND", CPF, "MARIA", "NUTRICIONISTA", "27/11/2026", "SEXTA-FEIRA", "08:00"];
const AGEND: PedidoDeMudanca = {
  comando: "AGEND",
  cpf: CPF,
  nome: "MARIA",
  especialista: "nutricionista",
  data: "27/11/2026",
  dia: "SEXTA-FEIRA",
};
const BUSCA: PedidoNoFio = { comando: "BUSCA", cpf: CPF };
const SAUDACAO = codificarResposta({
  codigo: "OK-200",
  primeiras: [["27/11/2026", "SEXTA-FEIRA", "08:00", "NUTRICIONISTA"]],
});
const OCUPADO = codificarResposta({ codigo: "ERRO-130" });

/** Uma conexão do lado do servidor de mentira. */
class Ponta {
  #conn: Deno.TcpConn;
  #enquadrador = new Enquadrador(Infinity);

  constructor(conn: Deno.TcpConn) {
    this.#conn = conn;
  }

  async manda(texto: string): Promise<void> {
    await this.#conn.write(new TextEncoder().encode(texto));
  }

  /** Espera o próximo pedido chegar; supõe um por bloco. */
  async recebe(): Promise<string | undefined> {
    const bloco = new Uint8Array(8192);
    for (let lidos; (lidos = await this.#conn.read(bloco)) !== null;) {
      const [linha] = this.#enquadrador.recebe(bloco.subarray(0, lidos));
      if (typeof linha === "string") return linha;
    }
    return undefined;
  }
}

/** Um servidor que, na enésima conexão, segue o enésimo roteiro e desliga. */
class Falso implements AsyncDisposable {
  #ouvinte: Deno.TcpListener;
  #fim: Promise<void>;

  constructor(roteiros: ((ponta: Ponta) => Promise<void>)[], { hostname = "127.0.0.1" } = {}) {
    this.#ouvinte = Deno.listen({ hostname, port: 0 });
    this.#fim = this.#atende(roteiros);
  }

  get porta(): number {
    return this.#ouvinte.addr.port;
  }

  async #atende(roteiros: ((ponta: Ponta) => Promise<void>)[]): Promise<void> {
    for (const roteiro of roteiros) {
      using conn = await this.#ouvinte.accept();
      await roteiro(new Ponta(conn));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ouvinte.close();
    await this.#fim.catch(() => {});
  }
}

function ate(falso: Falso): Conexao {
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

Deno.test("o destino de um AGEND sem resposta se julga por especialidade, data e horário pedido", {
  permissions: "none",
}, () => {
  assertEquals(destinoDe(AGEND, [TUPLA])?.codigo, "OK-300");
  assertEquals(destinoDe({ ...AGEND, horario: "08:00" }, [TUPLA])?.codigo, "OK-300");
  assertEquals(destinoDe({ ...AGEND, horario: "08:30" }, [TUPLA])?.codigo, "ERRO-111");
  assertEquals(destinoDe({ ...AGEND, data: "04/12/2026" }, [TUPLA])?.codigo, "ERRO-111");
  assertEquals(destinoDe({ ...AGEND, especialista: "DERMATOLOGISTA" }, [TUPLA]), undefined);
  assertEquals(destinoDe(AGEND, []), undefined);
});

Deno.test("o destino de um CANCEL sem resposta se julga pelo que havia antes", { permissions: "none" }, () => {
  const outra: Tupla = ["AGEND", CPF, "MARIA", "DERMATOLOGISTA", "25/11/2026", "QUARTA-FEIRA", "09:00"];
  const pedido: PedidoDeMudanca = { comando: "CANCEL", cpf: CPF, especialista: "nutricionista" };
  assertEquals(destinoDe(pedido, [outra], { antes: [TUPLA, outra] }), { codigo: "OK-301", agendamentos: [TUPLA] });
  assertEquals(destinoDe(pedido, [TUPLA, outra], { antes: [TUPLA, outra] }), undefined);
  assertEquals(destinoDe({ comando: "CANCEL", cpf: CPF }, [], { antes: [TUPLA] })?.codigo, "OK-301");
  assertEquals(destinoDe({ comando: "CANCEL", cpf: CPF }, [], { antes: [] })?.codigo, "ERRO-113");
});

testeComSistema("conecta() devolve as primeiras horas da saudação", async () => {
  await using falso = new Falso([async (ponta) => {
    await ponta.manda(SAUDACAO);
    await ponta.recebe();
  }]);
  using conexao = ate(falso);
  assertEquals(await conexao.conecta(), [["27/11/2026", "SEXTA-FEIRA", "08:00", "NUTRICIONISTA"]]);
});

testeComSistema("uma resposta que chega em pedaços vale por inteiro", async () => {
  await using falso = new Falso([async (ponta) => {
    for (const pedaco of SAUDACAO.match(/.{1,9}|\n/g) ?? []) {
      await ponta.manda(pedaco);
      await delay(2); // sem isto o sistema junta os pedaços num bloco só
    }
    await ponta.recebe();
    await ponta.manda(codificarResposta({ codigo: "OK-302", agendamentos: [TUPLA] }));
    await ponta.recebe();
  }]);
  using conexao = ate(falso);
  assertEquals(await conexao.pede(BUSCA), { codigo: "OK-302", agendamentos: [TUPLA] });
});

testeComSistema("sem ninguém na porta, conecta() diz que nenhum servidor atende", async () => {
  const ouvinte = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const porta = ouvinte.addr.port;
  ouvinte.close();
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
    codificarResposta({ codigo: "ERRO-112" }),
  ];
  for (const dito of ditos) {
    await using falso = new Falso([async (ponta) => await ponta.manda(dito)]);
    using conexao = ate(falso);
    const erro = await assertRejects(() => conexao.conecta(), SemConexao);
    assertStringIncludes(erro.message, "não fala CLINICA/1", dito);
  }
});

testeComSistema("ERRO-131 no lugar da saudação é um servidor sem o livro, e nada aconteceu", async () => {
  await using falso = new Falso([(ponta) => ponta.manda(codificarResposta({ codigo: "ERRO-131" }))]);
  using conexao = ate(falso);
  const erro = await assertRejects(() => conexao.pede(AGEND), SemConexao);
  assertStringIncludes(erro.message, "sem acesso ao livro");
});

testeComSistema("ERRO-130 no lugar da saudação é servidor ocupado", async () => {
  await using falso = new Falso([async (ponta) => await ponta.manda(OCUPADO)]);
  using conexao = ate(falso);
  await assertRejects(() => conexao.conecta(), ServidorOcupado);
});

testeComSistema("depois do fechamento por silêncio, o próximo pedido reconecta sem dizer nada", async () => {
  await using falso = new Falso([
    async (ponta) => {
      await ponta.manda(SAUDACAO);
      await ponta.manda(OCUPADO);
    },
    async (ponta) => {
      await ponta.manda(SAUDACAO);
      assertStringIncludes(await ponta.recebe() ?? "", "AGEND");
      await ponta.manda(codificarResposta({ codigo: "OK-300", agendamentos: [TUPLA] }));
    },
  ]);
  using conexao = ate(falso);
  await conexao.conecta();
  while (conexao.ligada) await delay(1);
  assertEquals((await conexao.pede(AGEND)).codigo, "OK-300");
});

testeComSistema("um AGEND sem resposta é RespostaPerdida, e a conexão seguinte serve para a BUSCA", async () => {
  await using falso = new Falso([
    async (ponta) => {
      await ponta.manda(SAUDACAO);
      await ponta.recebe();
    },
    async (ponta) => {
      await ponta.manda(SAUDACAO);
      await ponta.recebe();
      await ponta.manda(codificarResposta({ codigo: "OK-302", agendamentos: [TUPLA] }));
    },
  ]);
  using conexao = ate(falso);
  await assertRejects(() => conexao.pede(AGEND), RespostaPerdida);
  assertEquals(await conexao.pede(BUSCA), { codigo: "OK-302", agendamentos: [TUPLA] });
});

testeComSistema("ERRO-130 em resposta a um AGEND deixa o seu destino desconhecido", async () => {
  await using falso = new Falso([async (ponta) => {
    await ponta.manda(SAUDACAO);
    await ponta.recebe();
    await ponta.manda(OCUPADO);
  }]);
  using conexao = ate(falso);
  const erro = await assertRejects(() => conexao.pede(AGEND), RespostaPerdida);
  assertInstanceOf(erro.cause, ServidorOcupado);
});

testeComSistema("uma resposta que não é deste pedido não passa por sucesso", async () => {
  await using falso = new Falso([async (ponta) => {
    await ponta.manda(SAUDACAO);
    await ponta.recebe();
    await ponta.manda(codificarResposta({ codigo: "OK-301", agendamentos: [TUPLA] }));
    await ponta.recebe();
  }]);
  using conexao = ate(falso);
  await assertRejects(() => conexao.pede(AGEND), RespostaPerdida);
});

testeComSistema("uma consulta cruzada com o fechamento da conexão reaproveitada é repetida numa nova", async () => {
  await using falso = new Falso([
    async (ponta) => {
      await ponta.manda(SAUDACAO);
      await ponta.recebe();
    },
    async (ponta) => {
      await ponta.manda(SAUDACAO);
      await ponta.recebe();
      await ponta.manda(codificarResposta({ codigo: "ERRO-112" }));
    },
  ]);
  using conexao = ate(falso);
  await conexao.conecta();
  assertEquals(await conexao.pede(BUSCA), { codigo: "ERRO-112" });
});

testeComSistema("o sinal interrompe a espera com o seu motivo, e um AGEND que saiu fica desconhecido", async () => {
  for (const pedido of [BUSCA, AGEND]) {
    const interrupcao = new AbortController();
    await using falso = new Falso([async (ponta) => {
      await ponta.manda(SAUDACAO);
      await ponta.recebe();
      interrupcao.abort(new Error("Ctrl-C"));
      await ponta.recebe();
    }]);
    using conexao = new Conexao({ host: "127.0.0.1", porta: falso.porta }, { sinal: interrupcao.signal });
    const erro = await assertRejects(() => deadline(conexao.pede(pedido), PRAZO_DA_RESPOSTA / 2), Error);
    if (pedido === AGEND) assertInstanceOf(erro, RespostaPerdida);
    else assertEquals(erro.message, "Ctrl-C");
  }
});

testeComSistema("localhost alcança também um servidor que só atende em ::1", async () => {
  let falso: Falso;
  try {
    falso = new Falso([async (ponta) => {
      await ponta.manda(SAUDACAO);
      await ponta.recebe();
    }], { hostname: "::1" });
  } catch {
    return; // esta máquina não tem IPv6
  }
  await using _falso = falso;
  using conexao = new Conexao({ host: "localhost", porta: falso.porta });
  assert((await conexao.conecta()).length > 0);
});
