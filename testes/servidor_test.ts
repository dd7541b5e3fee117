/**
 * Testes do servidor como processo, por sockets de verdade: o fio, as disputas, os limites, os sinais, `kill -9`, discos
 * que falham, os erros ao iniciar, `copia` e `lista`. Precisam de permissão.
 *
 * @module
 */

import { assert, assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { deadline, retry } from "@std/async";
import { DatabaseSync } from "node:sqlite";
import {
  comandoDeno,
  cpfDeExemplo,
  enche,
  Fio,
  leLinhas,
  PACIENCIA,
  Pasta,
  permitido,
  roda,
  Sabotagem,
  Servidor,
  testeComSistema,
} from "./apoio.ts";
import configuracaoDoDeno from "../deno.json" with { type: "json" };
import { ESQUEMA_1, ID_DA_APLICACAO } from "../armazem/sqlite_esquema.ts";
import { DIAS_DA_SEMANA } from "../clinica/oferta.ts";
import { JA, PARA_NINGUEM } from "../clinica/promover.ts";
import { ArmazemSqlite } from "../armazem/sqlite.ts";
import { CLINICO, entra, grava, segura, tica } from "./mudancas.ts";
import { codificarPedido, decodificarResposta, type PedidoNoFio, TEXTOS, type Tupla, type Vaga } from "../protocolo.ts";

/** Registra um teste que tem uma pasta só sua. */
function teste(nome: string, fn: (pasta: Pasta) => Promise<void>): void {
  testeComSistema(`servidor: ${nome}`, async () => {
    using pasta = new Pasta();
    await fn(pasta);
  });
}

/** O mesmo, para o que nem todo sistema deixa fazer; `motivo` diz o que falta, quando falta. */
function testeSe(motivo: string | undefined, nome: string, fn: (pasta: Pasta) => Promise<void>): void {
  if (motivo === undefined) teste(nome, fn);
  else Deno.test({ name: `servidor: ${nome} (ignorado: ${motivo})`, ignore: true, fn: () => {} });
}

/** Se o comando roda e acaba bem; sem permissão de rodar, não. */
function funciona(comando: string, ...args: string[]): boolean {
  if (!permitido("run", "env", "read", "write")) return false;
  try {
    return new Deno.Command(comando, { args, stdout: "null", stderr: "null" }).outputSync().success;
  } catch {
    return false;
  }
}

const SEM_PRLIMIT = funciona("prlimit", "--version") ? undefined : "falta prlimit, de util-linux";
const SEM_SH = funciona("sh", "-c", "ulimit -n 200") ? undefined : "falta um sh com ulimit";
const SEM_TMPFS = funciona("unshare", "-rm", "mount", "-t", "tmpfs", "none", "/mnt")
  ? undefined
  : "o sistema não deixa montar um tmpfs com unshare";
const SEM_STRACE = funciona("sh", "-c", "sleep 0.3 & strace -o /dev/null -p $!")
  ? undefined
  : "falta strace, ou o sistema não o deixa acompanhar um processo";

/** Escreve uma semana que atende todo dia: 90 vagas de 15 minutos a partir de 00:00. */
function semanaGrande(pasta: Pasta, trocas: Record<string, unknown> = {}): void {
  const atendimentos = DIAS_DA_SEMANA.map((dia) => ({
    especialidade: "PLANTÃO",
    dia,
    inicio: "00:00",
    vagas: 90,
    minutos: 15,
  }));
  Deno.writeTextFileSync(pasta.arquivo("clinica.json"), JSON.stringify({ atendimentos, ...trocas }));
}

/** As vagas de agora, sem as de hoje e de amanhã: nenhuma começa durante um teste, nem à meia-noite. */
async function vagas(fio: Fio, especialista?: string): Promise<readonly Vaga[]> {
  const resposta = await fio.pede({ comando: "VAGAS", especialista });
  if (resposta.codigo !== "OK-304") throw new Error(`veio ${resposta.codigo}`);
  const depois = Temporal.Now.plainDateISO("America/Sao_Paulo").add({ days: 2 });
  return resposta.vagas.filter(([data]) =>
    Temporal.PlainDate.compare(data.split("/").toReversed().join("-"), depois) >= 0
  );
}

/** Um pedido de marcação na enésima vaga, ou sem hora se a vaga é só a data. */
function agend(n: number, [data, dia, especialista]: Vaga, horario?: string): PedidoNoFio & { comando: "AGEND" } {
  return { comando: "AGEND", cpf: cpfDeExemplo(n), nome: "Maria da Silva", especialista, data, dia, horario };
}

async function codigo(fio: Fio, pedido: PedidoNoFio): Promise<string> {
  return (await fio.pede(pedido)).codigo;
}

function busca(n: number): PedidoNoFio {
  return { comando: "BUSCA", cpf: cpfDeExemplo(n) };
}

/** As linhas do livro que um `SELECT` acha. */
function consulta(livro: string, sql: string): Record<string, unknown>[] {
  using db = new DatabaseSync(livro);
  return db.prepare(sql).all().map((linha) => ({ ...linha }));
}

function integro(livro: string): void {
  assertEquals(consulta(livro, "PRAGMA integrity_check"), [{ integrity_check: "ok" }]);
}

/** As chaves `cpf data hora` dos ativos do livro. */
function ativosDoLivro(livro: string): string[] {
  return consulta(livro, "SELECT cpf, data, hora FROM agendamento WHERE ativo = 1")
    .map(({ cpf, data, hora }) => `${cpf} ${data} ${hora}`);
}

/** A mesma chave, de uma tupla do fio. */
function chaveDe([, cpf, , , data, , horario]: Tupla): string {
  return `${cpf} ${data.split("/").toReversed().join("-")} ${horario}`;
}

teste("cada código da tabela, pelo fio", async (pasta) => {
  await using servidor = await Servidor.inicia({ pasta: pasta.caminho });
  using fio = await Fio.conecta(servidor.porta);
  const saudacao = await fio.resposta();
  if (saudacao.codigo !== "OK-200") throw new Error(`veio ${saudacao.codigo}`);
  assertEquals(saudacao.primeiras?.map(([, , , especialista]) => especialista), [
    "CLINICO GERAL",
    "DERMATOLOGISTA",
    "NUTRICIONISTA",
  ]);

  const vistos = new Set<string>(["OK-200"]);
  /** Manda a linha tal como é e exige a resposta, tal como é. */
  const troca = async (pedido: unknown, ...resposta: unknown[]): Promise<void> => {
    await fio.manda((typeof pedido === "string" ? pedido : JSON.stringify(pedido)) + "\n");
    assertEquals(JSON.parse(await fio.linha() ?? "null"), resposta, JSON.stringify(pedido));
    vistos.add(String(resposta[0]));
  };
  const erro = (codigo: keyof typeof TEXTOS, ...resto: unknown[]): unknown[] => [codigo, TEXTOS[codigo], ...resto];

  const [clinico, clinico2] = await vagas(fio, "CLINICO GERAL");
  const [dermato] = await vagas(fio, "DERMATOLOGISTA");
  const [data, dia] = clinico;
  const [A, B] = [cpfDeExemplo(1), cpfDeExemplo(2)];
  const tupla = ["AGEND", A, "JOSÉ DA SILVA", "CLINICO GERAL", data, dia, "08:00"];
  const pontuado = A.replace(/(...)(...)(...)(..)/, "$1.$2.$3-$4");

  await troca(["PING"], "OK-200", "CLINICA/1");
  await troca(["BUSCA", A], ...erro("ERRO-112"));
  await troca(["CANCEL", A], ...erro("ERRO-113"));
  await troca(["AGEND", pontuado, " José  da silva ", "clínico geral", data, dia.toLowerCase()], "OK-300", tupla);
  await troca(["AGEND", A, "OUTRO NOME", "CLINICO GERAL", clinico2[0], clinico2[1]], ...erro("ERRO-111", tupla));
  await troca(["BUSCA", A], "OK-302", tupla);
  await troca(["AGEND", B, "ANA", "CLINICO GERAL", data, dia, "08:00"], ...erro("ERRO-110"));
  await troca(["VAGAS", "CLINICO GERAL", data], "OK-304", [data, dia, "CLINICO GERAL", [
    "08:30",
    "09:00",
    "09:30",
    "10:00",
  ]]);
  const tupla2 = ["AGEND", A, "JOSÉ DA SILVA", "DERMATOLOGISTA", dermato[0], dermato[1], "09:30"];
  await troca(["AGEND", A, "JOSÉ DA SILVA", "DERMATOLOGISTA", dermato[0], dermato[1], "09:30"], "OK-300", tupla2);
  const emOrdem = chaveDe(tupla as unknown as Tupla) < chaveDe(tupla2 as unknown as Tupla)
    ? [tupla, tupla2]
    : [tupla2, tupla];
  await troca(["BUSCA", A], "OK-302", ...emOrdem);
  await troca(["CANCEL", A], ...erro("ERRO-114", ...emOrdem));
  await troca(["CANCEL", A, "NUTRICIONISTA"], ...erro("ERRO-113"));
  await troca(["CANCEL", A, "dermatologista"], "OK-301", tupla2);
  await troca(["CANCEL", A], "OK-301", tupla);

  for (let n = 10; n < 15; n++) {
    await fio.manda(JSON.stringify(["AGEND", cpfDeExemplo(n), "X", "CLINICO GERAL", data, dia]) + "\n");
    assertEquals(JSON.parse(await fio.linha() ?? "")[0], "OK-300");
  }
  await troca(["AGEND", B, "ANA", "CLINICO GERAL", data, dia], ...erro("ERRO-110"));
  await troca(["VAGAS", "CLINICO GERAL", data], "OK-304");

  for (
    const malformada of [
      "",
      "oi",
      "[]",
      "{}",
      '"PING"',
      "[1]",
      '["PING",null]',
      '["PING","A"]',
      '["BUSCA"]',
      ["AGEND", A],
      '["BUSCA","\\ud800"]',
      "[".repeat(4000),
    ]
  ) {
    await troca(malformada, ...erro("ERRO-100"));
    await troca(["PING"], "OK-200", "CLINICA/1");
  }
  for (const desconhecido of [["REMARC", A], ["ping"], [""], ["agend"]]) {
    await troca(desconhecido, ...erro("ERRO-101"));
  }
  for (const cpf of ["123", "11111111111", A.slice(0, 10) + (Number(A[10]) + 1) % 10, "", "abcdefghijk"]) {
    await troca(["BUSCA", cpf], ...erro("ERRO-102"));
  }
  for (const nome of ["", "   ", "A\tB", "A\u200bB", "N".repeat(121)]) {
    await troca(["AGEND", B, nome, "CLINICO GERAL", data, dia], ...erro("ERRO-104"));
  }
  for (
    const [especialista, quando, diaDaSemana] of [
      ["CARDIOLOGISTA", data, dia],
      ["CLINICO GERAL", "amanhã", dia],
      ["CLINICO GERAL", "31/02/2027", dia],
      ["CLINICO GERAL", data, "DOMINGO"],
      ["CLINICO GERAL", dermato[0], dermato[1]],
      ["CLINICO GERAL", "30/11/2020", dia],
      ["CLINICO GERAL", "30/11/2099", dia],
    ]
  ) {
    await troca(["AGEND", B, "ANA", especialista, quando, diaDaSemana], ...erro("ERRO-103"));
  }
  await troca(["VAGAS", "CARDIOLOGISTA"], ...erro("ERRO-103"));
  await troca(["VAGAS", "CLINICO GERAL", dermato[0]], ...erro("ERRO-103"));
  for (const horario of ["", "07:59", "8:00", "10:30"]) {
    await troca(["AGEND", B, "ANA", "CLINICO GERAL", data, dia, horario], ...erro("ERRO-105"));
  }
  await troca(["SAIR"], "OK-201", TEXTOS["OK-201"]);
  assertEquals(await fio.linha(), undefined);

  // ERRO-130 e ERRO-131 têm testes seus.
  assertEquals(Object.keys(TEXTOS).filter((codigo) => !vistos.has(codigo)), ["ERRO-130", "ERRO-131"]);
});

teste("256 pedidos num só envio são respondidos na ordem", async (pasta) => {
  semanaGrande(pasta);
  await using servidor = await Servidor.inicia({ pasta: pasta.caminho });
  using fio = await Fio.saudado(servidor.porta);
  const [vaga] = await vagas(fio);
  const pedidos = Array.from({ length: 64 }, (_, n): PedidoNoFio[] => [
    agend(n, vaga),
    busca(n),
    { comando: "CANCEL", cpf: cpfDeExemplo(n) },
    { comando: "PING" },
  ]).flat();
  await fio.manda(pedidos.map(codificarPedido).join(""));
  for (let n = 0; n < 64; n++) {
    for (const esperado of ["OK-300", "OK-302", "OK-301"] as const) {
      const resposta = await fio.resposta();
      if (resposta.codigo !== esperado) throw new Error(`${n}: ${resposta.codigo} em vez de ${esperado}`);
      assertEquals(resposta.agendamentos.map(([, cpf, , , , , horario]) => [cpf, horario]), [[
        cpfDeExemplo(n),
        "00:00",
      ]]);
    }
    assertEquals(await fio.resposta(), { codigo: "OK-200" });
  }
});

teste("300 conexões disputam as cinco vagas de um dia: cinco ganham, com cinco horas", async (pasta) => {
  await using servidor = await Servidor.inicia({ pasta: pasta.caminho });
  using primeiro = await Fio.saudado(servidor.porta);
  const [vaga] = await vagas(primeiro);
  const fios = await Promise.all(Array.from({ length: 300 }, () => Fio.saudado(servidor.porta)));
  try {
    const respostas = await Promise.all(fios.map((fio, n) => fio.pede(agend(n, vaga))));
    const horas = respostas.flatMap((resposta) => resposta.codigo === "OK-300" ? [resposta.agendamentos[0][6]] : []);
    assertEquals(horas.toSorted(), ["08:00", "08:30", "09:00", "09:30", "10:00"]);
    assertEquals(respostas.filter(({ codigo }) => codigo === "ERRO-110").length, 295);
  } finally {
    for (const fio of fios) fio[Symbol.dispose]();
  }
  assertEquals(consulta(pasta.arquivo("clinica.db"), "SELECT count(*) AS n FROM agendamento"), [{ n: 5 }]);
});

teste("além de --conexoes, ERRO-130 no lugar da saudação; quem sai dá o lugar", async (pasta) => {
  await using servidor = await Servidor.inicia({ pasta: pasta.caminho, args: ["--conexoes", "2"] });
  using primeiro = await Fio.saudado(servidor.porta);
  using segundo = await Fio.saudado(servidor.porta);
  for (let i = 0; i < 3; i++) {
    using terceiro = await Fio.conecta(servidor.porta);
    assertEquals(await terceiro.linha(), '["ERRO-130","SERVIDOR OCUPADO"]');
    assertEquals(await terceiro.linha(), undefined);
  }
  const recusa = await servidor.registrou(({ evento }) => evento === "recusou");
  assertStringIncludes(String(recusa.motivo), "--conexoes");
  assertEquals(await codigo(segundo, { comando: "PING" }), "OK-200");
  assertEquals(await codigo(primeiro, { comando: "SAIR" }), "OK-201");
  primeiro[Symbol.dispose]();
  await servidor.registrou(({ evento }) => evento === "saiu");
  using quarto = await Fio.conecta(servidor.porta);
  assertEquals((await quarto.resposta()).codigo, "OK-200");
});

teste("a própria máquina não tem limite por endereço", async (pasta) => {
  await using servidor = await Servidor.inicia({ pasta: pasta.caminho, args: ["--conexoes-por-endereco", "1"] });
  using _primeiro = await Fio.saudado(servidor.porta);
  using segundo = await Fio.conecta(servidor.porta);
  assertEquals((await segundo.resposta()).codigo, "OK-200");
});

/** Um endereço IPv4 desta máquina que não é o da própria máquina: uma conexão a ele vem dele. */
const NA_REDE = permitido("sys")
  ? Deno.networkInterfaces().find(({ family, address }) => family === "IPv4" && !/^(127|169\.254)\./.test(address))
  : undefined;

testeSe(
  NA_REDE === undefined ? "esta máquina não tem endereço numa rede" : undefined,
  "além de --conexoes-por-endereco, ERRO-130; outro endereço entra, e quem sai dá o lugar",
  async (pasta) => {
    const endereco = NA_REDE?.address;
    await using servidor = await Servidor.inicia({
      pasta: pasta.caminho,
      endereco: "0.0.0.0",
      args: ["--conexoes-por-endereco", "2"],
    });
    using primeiro = await Fio.conecta(servidor.porta, endereco);
    using segundo = await Fio.conecta(servidor.porta, endereco);
    assertEquals([(await primeiro.resposta()).codigo, (await segundo.resposta()).codigo], ["OK-200", "OK-200"]);
    using terceiro = await Fio.conecta(servidor.porta, endereco);
    assertEquals(await terceiro.linha(), '["ERRO-130","SERVIDOR OCUPADO"]');
    assertEquals(await terceiro.linha(), undefined);
    const recusa = await servidor.registrou(({ evento }) => evento === "recusou");
    assertStringIncludes(String(recusa.motivo), "--conexoes-por-endereco");
    using daqui = await Fio.conecta(servidor.porta);
    assertEquals((await daqui.resposta()).codigo, "OK-200");
    primeiro[Symbol.dispose]();
    await servidor.registrou(({ evento }) => evento === "saiu");
    using quarto = await Fio.conecta(servidor.porta, endereco);
    assertEquals((await quarto.resposta()).codigo, "OK-200");
  },
);

teste("uma conexão que abusa ou some só prejudica a si mesma", async (pasta) => {
  await using servidor = await Servidor.inicia({ pasta: pasta.caminho });
  using bom = await Fio.saudado(servidor.porta);
  {
    using longo = await Fio.saudado(servidor.porta);
    await longo.manda("x".repeat(20_000) + "\n");
    assertEquals(await longo.linha(), '["ERRO-100","MENSAGEM MALFORMADA"]');
    assertEquals(await longo.linha(), undefined);
  }
  {
    using surdo = await Fio.saudado(servidor.porta);
    await surdo.manda(new Uint8Array(25).fill(0x0a));
    for (let i = 0; i < 20; i++) assertEquals((await surdo.resposta()).codigo, "ERRO-100");
    assertEquals(await surdo.linha(), undefined);
  }
  {
    // Some com respostas por ler: um RST.
    using sumido = await Fio.saudado(servidor.porta);
    await sumido.manda('["VAGAS"]\n'.repeat(200));
  }
  await servidor.registrou(({ evento, motivo }) => evento === "saiu" && motivo === "linha longa demais");
  await servidor.registrou(({ evento, motivo }) => evento === "saiu" && motivo === "mensagens malformadas demais");
  assertEquals(await codigo(bom, { comando: "PING" }), "OK-200");
  assertEquals((await servidor.encerra()).code, 0);
  assertEquals(servidor.log.filter(({ evento }) => evento === "falha"), []);
});

/** O que o servidor confirmou: as tuplas marcadas, e os CPFs desmarcados depois. */
interface Confirmado {
  marcadas: Tupla[];
  desmarcados: string[];
}

/** Manda mudanças sem parar por uma conexão, 11 de cada vez, até que ela acabe; de cada 6 marcações desfaz 5. */
async function mudaSemParar(
  fio: Fio,
  { vaga, primeiro, aoConfirmar }: { vaga: Vaga; primeiro: number; aoConfirmar: () => void },
): Promise<Confirmado> {
  const confirmado: Confirmado = { marcadas: [], desmarcados: [] };
  for (let n = primeiro;; n += 6) {
    try {
      const passageiros = [1, 2, 3, 4, 5].flatMap((i): PedidoNoFio[] => [
        agend(n + i, vaga),
        { comando: "CANCEL", cpf: cpfDeExemplo(n + i) },
      ]);
      const pedidos = [agend(n, vaga), ...passageiros];
      await fio.manda(pedidos.map(codificarPedido).join(""));
      for (let i = 0; i < pedidos.length; i++) {
        const linha = await fio.linha();
        if (linha === undefined) return confirmado;
        const resposta = decodificarResposta(linha);
        if (resposta?.codigo === "OK-300") confirmado.marcadas.push(...resposta.agendamentos);
        else if (resposta?.codigo === "OK-301") confirmado.desmarcados.push(resposta.agendamentos[0][1]);
        else throw new Error(`veio ${linha}`);
        aoConfirmar();
      }
    } catch (erro) {
      if (erro instanceof Deno.errors.ConnectionReset || erro instanceof Deno.errors.BrokenPipe) return confirmado;
      throw erro;
    }
  }
}

/** Oito conexões mudam o livro sem parar, duas em cada dia; depois de 500 confirmações, `interrompe`. */
async function mudaEInterrompe(servidor: Servidor, interrompe: () => void): Promise<Confirmado> {
  const fios = await Promise.all(Array.from({ length: 8 }, () => Fio.saudado(servidor.porta)));
  try {
    const dias = await vagas(fios[0]);
    let faltam = 500;
    const aoConfirmar = (): void => {
      if (--faltam === 0) interrompe();
    };
    const porFio = fios.map((fio, i) =>
      mudaSemParar(fio, { vaga: dias[Math.floor(i / 2)], primeiro: (i + 1) * 1_000_000, aoConfirmar })
    );
    const todos: Confirmado[] = await deadline(Promise.all(porFio), PACIENCIA);
    assert(faltam <= 0);
    return {
      marcadas: todos.flatMap(({ marcadas }) => marcadas),
      desmarcados: todos.flatMap(({ desmarcados }) => desmarcados),
    };
  } finally {
    for (const fio of fios) fio[Symbol.dispose]();
  }
}

/** As mudanças do livro, na forma das confirmadas: as chaves do que foi marcado e os CPFs desmarcados. */
function mudancasDoLivro(livro: string): { marcadas: Set<string>; desmarcados: Set<string> } {
  const linhas = consulta(livro, "SELECT cpf, data, hora, situacao FROM agendamento");
  return {
    marcadas: new Set(linhas.map(({ cpf, data, hora }) => `${cpf} ${data} ${hora}`)),
    desmarcados: new Set(linhas.filter(({ situacao }) => situacao === "CANCELADO").map(({ cpf }) => String(cpf))),
  };
}

/** Uma semana em que uma rajada não acaba com as vagas: uma por minuto, todo dia. */
const POR_MINUTO = {
  semanas: 2,
  atendimentos: DIAS_DA_SEMANA.map((dia) => ({
    especialidade: "PLANTÃO",
    dia,
    inicio: "00:00",
    vagas: 1440,
    minutos: 1,
  })),
};

teste("kill -9 no meio das mudanças: toda a que foi confirmada está lá, e nada é vendido duas vezes", async (pasta) => {
  semanaGrande(pasta, POR_MINUTO);
  const livro = pasta.arquivo("clinica.db");
  let confirmado: Confirmado;
  {
    await using servidor = await Servidor.inicia({ pasta: pasta.caminho });
    confirmado = await mudaEInterrompe(servidor, () => servidor.sinaliza("SIGKILL"));
    assertEquals((await servidor.acaba()).signal, "SIGKILL");
  }
  await using servidor = await Servidor.inicia({ pasta: pasta.caminho });
  integro(livro);
  const gravados = ativosDoLivro(livro);
  assertEquals(new Set(gravados.map((chave) => chave.slice(12))).size, gravados.length, "uma hora, um paciente");
  const { marcadas, desmarcados } = mudancasDoLivro(livro);
  assertEquals(confirmado.marcadas.map(chaveDe).filter((chave) => !marcadas.has(chave)), []);
  assertEquals(confirmado.desmarcados.filter((cpf) => !desmarcados.has(cpf)), []);

  using fio = await Fio.saudado(servidor.porta);
  const ficaram = confirmado.marcadas.filter(([, cpf]) => !desmarcados.has(cpf));
  for (const tupla of ficaram) {
    assertEquals(await fio.pede({ comando: "BUSCA", cpf: tupla[1] }), { codigo: "OK-302", agendamentos: [tupla] });
  }
  const [, , , , data, dia, horario] = ficaram[0];
  assertEquals(await codigo(fio, agend(1, [data, dia, "PLANTÃO", []], horario)), "ERRO-110");
});

teste(
  "ao iniciar, o que um servidor que caiu segurou para ninguém dá-se logo, sem esperar pelo relógio",
  async (pasta) => {
    const hoje = Temporal.Now.plainDateISO("America/Sao_Paulo");
    const data = hoje.add({ days: 7 + 8 - hoje.dayOfWeek }).toString();
    {
      await using armazem = ArmazemSqlite.abre(pasta.arquivo("clinica.db"));
      const ninguem = { cpf: PARA_NINGUEM, nome: "SEGURADA", data, ate: JA };
      await grava(armazem, (vista) => [
        entra(vista, { cpf: cpfDeExemplo(1), especialidade: CLINICO, marca: true }),
        segura(vista, ninguem),
        // O relógio bateu agora mesmo: só daqui a um minuto outra vez.
        tica(new Date().toISOString()),
      ]);
    }
    await using servidor = await Servidor.inicia({ pasta: pasta.caminho });
    const { o_que, numero } = await servidor.registrou(({ evento }) => evento === "promocao");
    assertEquals([o_que, numero], ["marcou", 2]);
  },
);

teste("SIGTERM no meio das mudanças: cada uma das feitas foi respondida, e a saída é 0", async (pasta) => {
  semanaGrande(pasta, POR_MINUTO);
  await using servidor = await Servidor.inicia({ pasta: pasta.caminho });
  const confirmado = await mudaEInterrompe(servidor, () => servidor.sinaliza("SIGTERM"));
  assertEquals((await servidor.acaba()).code, 0);
  const livro = pasta.arquivo("clinica.db");
  integro(livro);
  const { marcadas, desmarcados } = mudancasDoLivro(livro);
  assertEquals(new Set(confirmado.marcadas.map(chaveDe)), marcadas);
  assertEquals(new Set(confirmado.desmarcados), desmarcados);
  assertEquals(servidor.log.slice(-1).map(({ evento }) => evento), ["encerrado"]);
  assertEquals(servidor.log.filter(({ evento }) => evento === "falha"), []);
});

teste("SIGTERM: o que já tinha chegado é respondido, e quem estava parado é fechado", async (pasta) => {
  semanaGrande(pasta);
  await using servidor = await Servidor.inicia({ pasta: pasta.caminho });
  using parado = await Fio.saudado(servidor.porta);
  using fio = await Fio.saudado(servidor.porta);
  const [vaga] = await vagas(fio);
  await fio.manda(Array.from({ length: 80 }, (_, n) => codificarPedido(agend(n, vaga))).join(""));
  servidor.sinaliza("SIGTERM");
  for (let n = 0; n < 80; n++) assertEquals((await fio.resposta()).codigo, "OK-300");
  assertEquals(await fio.linha(), undefined);
  assertEquals(await parado.linha(), undefined);
  fio[Symbol.dispose]();
  assertEquals((await servidor.acaba()).code, 0);
  const encerrando = servidor.log.find(({ evento }) => evento === "encerrando");
  assertEquals([encerrando?.sinal, encerrando?.conexoes], ["SIGTERM", 2]);

  await using outro = await Servidor.inicia({ pasta: pasta.caminho });
  using depois = await Fio.saudado(outro.porta);
  assertEquals(await codigo(depois, busca(79)), "OK-302");
  assertEquals((await outro.encerra("SIGINT")).code, 0);
  assertEquals(outro.log.find(({ evento }) => evento === "encerrando")?.sinal, "SIGINT");
});

testeSe(
  Deno.build.os === "linux" ? SEM_SH : "só o Linux diz que sinais um processo ignora",
  "nohup: SIGHUP não encerra um servidor cujo pai o mandou ignorar, e SIGTERM sim; sem nohup, SIGHUP encerra",
  async (pasta) => {
    {
      await using servidor = await Servidor.inicia({
        pasta: pasta.caminho,
        diante: ["sh", "-c", 'trap "" HUP; exec "$@"', "sh"],
      });
      using fio = await Fio.saudado(servidor.porta);
      servidor.sinaliza("SIGHUP");
      assertEquals(await codigo(fio, { comando: "PING" }), "OK-200");
      servidor.sinaliza("SIGHUP");
      using outro = await Fio.saudado(servidor.porta);
      assertEquals(await codigo(outro, { comando: "PING" }), "OK-200");
      assertEquals((await servidor.encerra("SIGTERM")).code, 0);
      assertEquals(servidor.log.filter(({ evento }) => evento === "encerrando").map(({ sinal }) => sinal), ["SIGTERM"]);
    }
    await using servidor = await Servidor.inicia({ pasta: pasta.caminho });
    assertEquals((await servidor.encerra("SIGHUP")).code, 0);
    assertEquals(servidor.log.find(({ evento }) => evento === "encerrando")?.sinal, "SIGHUP");
  },
);

testeSe(SEM_SH, "um segundo sinal sai na hora, sem esperar por quem não lê", async (pasta) => {
  semanaGrande(pasta, { semanas: 53 });
  await using servidor = await Servidor.inicia({
    pasta: pasta.caminho,
    args: ["--detalhado"],
    diante: ["sh", "-c", 'exec "$@" 2>erros', "sh"],
  });
  using surdo = await Fio.saudado(servidor.porta);
  await surdo.manda('["VAGAS"]\n'.repeat(100));
  await servidor.registrou(({ evento }) => evento === "pedido");
  servidor.sinaliza("SIGTERM");
  await servidor.registrou(({ evento }) => evento === "encerrando");
  assertEquals((await servidor.encerra("SIGINT")).code, 1);
  assertEquals(servidor.log.filter(({ evento }) => evento === "encerrado"), []);
  assertEquals(Deno.readTextFileSync(pasta.arquivo("erros")), "");
});

teste("um console que ninguém lê não segura o servidor, nem o fim dele", async (pasta) => {
  const [comando, ...resto] = comandoDeno("servidor.ts");
  const args = [...resto, "--endereco", "127.0.0.1", "--porta", "0", "--detalhado"];
  const processo = new Deno.Command(comando, { args, cwd: pasta.caminho, stdout: "piped", stderr: "inherit" }).spawn();
  const console = processo.stdout.getReader();
  try {
    const { value } = await deadline(console.read(), PACIENCIA);
    const porta = /porta (\d+)/.exec(new TextDecoder().decode(value))?.[1];
    using fio = await Fio.saudado(Number(porta));
    for (let i = 0; i < 20; i++) {
      await fio.manda('["PING"]\n'.repeat(200));
      for (let k = 0; k < 200; k++) assertEquals((await fio.resposta()).codigo, "OK-200");
    }
    processo.kill("SIGTERM");
    assertEquals((await deadline(processo.status, PACIENCIA)).code, 0);
  } finally {
    try {
      processo.kill("SIGKILL");
    } catch {
      // já acabou
    }
    await processo.status;
    await console.cancel();
  }
});

/** Muda o maior tamanho de arquivo que um processo pode escrever, em bytes, ou `"unlimited"`. */
async function limitaTamanho(pid: number, tamanho: number | "unlimited"): Promise<void> {
  const { success } = await new Deno.Command("prlimit", { args: ["--pid", `${pid}`, `--fsize=${tamanho}:`] }).output();
  assert(success);
}

/** Marca até que venha algo que não seja OK-300; devolve o código e quantas deram certo. */
async function marcaAteFalhar(fio: Fio, vaga: Vaga, primeiro: number): Promise<{ codigo: string; feitas: number }> {
  for (let n = primeiro;; n++) {
    const obtido = await codigo(fio, agend(n, vaga));
    if (obtido !== "OK-300") return { codigo: obtido, feitas: n - primeiro };
  }
}

/** Com o disco cheio: mudanças são ERRO-131, consultas continuam, a memória é a de antes. */
async function semEspaco(
  fio: Fio,
  { vaga, marcado, livre }: { vaga: Vaga; marcado: number; livre: number },
): Promise<void> {
  for (let i = 0; i < 3; i++) {
    assertEquals(await codigo(fio, agend(livre, vaga)), "ERRO-131");
    assertEquals(await codigo(fio, busca(livre)), "ERRO-112");
    assertEquals(await codigo(fio, { comando: "CANCEL", cpf: cpfDeExemplo(marcado) }), "ERRO-131");
    assertEquals(await codigo(fio, busca(marcado)), "OK-302");
    assertEquals(await codigo(fio, agend(marcado, vaga)), "ERRO-111");
    assertEquals(await codigo(fio, { comando: "VAGAS" }), "OK-304");
  }
}

testeSe(
  SEM_PRLIMIT,
  "um limite de tamanho de arquivo: ERRO-131, consultas continuam, e depois tudo volta",
  async (pasta) => {
    semanaGrande(pasta);
    const livro = pasta.arquivo("clinica.db");
    await using servidor = await Servidor.inicia({ pasta: pasta.caminho });
    using fio = await Fio.saudado(servidor.porta);
    const [vaga, , seguinte] = await vagas(fio);
    assertEquals(await codigo(fio, agend(1, seguinte)), "OK-300");
    await limitaTamanho(servidor.pid, 40_000);
    const { codigo: falha } = await marcaAteFalhar(fio, vaga, 100);
    assertEquals(falha, "ERRO-131");
    await semEspaco(fio, { vaga, marcado: 1, livre: 2 });
    using outro = await Fio.saudado(servidor.porta);
    assertEquals(await codigo(outro, busca(1)), "OK-302");
    await limitaTamanho(servidor.pid, "unlimited");
    assertEquals(await codigo(fio, agend(2, vaga)), "OK-300");
    assertEquals(await codigo(fio, { comando: "CANCEL", cpf: cpfDeExemplo(1) }), "OK-301");
    const registrada = await servidor.registrou(({ evento }) => evento === "falha");
    assertStringIncludes(String(registrada.o_que), "nada foi alterado");
    assertEquals((await servidor.encerra("SIGKILL")).signal, "SIGKILL");

    await using depois = await Servidor.inicia({ pasta: pasta.caminho });
    using denovo = await Fio.saudado(depois.porta);
    integro(livro);
    assertEquals(await codigo(denovo, busca(2)), "OK-302");
    assertEquals(await codigo(denovo, busca(1)), "ERRO-112");
  },
);

testeSe(SEM_TMPFS, "um disco cheio: ERRO-131, consultas continuam, e com espaço tudo volta", async (pasta) => {
  semanaGrande(pasta);
  const disco = pasta.arquivo("disco");
  Deno.mkdirSync(disco);
  // O tmpfs só existe para o servidor, e some com ele; daqui se chega a ele por /proc.
  await using servidor = await Servidor.inicia({
    pasta: pasta.caminho,
    args: ["--banco", `${disco}/clinica.db`],
    diante: ["unshare", "-rm", "sh", "-c", `mount -t tmpfs -o size=1m none ${disco} && exec "$@"`, "sh"],
  });
  const porDentro = `/proc/${servidor.pid}/root${disco}`;
  using fio = await Fio.saudado(servidor.porta);
  const [vaga, , seguinte] = await vagas(fio);
  assertEquals(await codigo(fio, agend(1, seguinte)), "OK-300");

  enche(`${porDentro}/enchimento`);
  const { codigo: falha, feitas } = await marcaAteFalhar(fio, vaga, 100);
  assertEquals(falha, "ERRO-131");
  await semEspaco(fio, { vaga: seguinte, marcado: 1, livre: 2 });
  Deno.removeSync(`${porDentro}/enchimento`);
  assertEquals(await codigo(fio, agend(2, seguinte)), "OK-300");
  assertEquals(await codigo(fio, { comando: "CANCEL", cpf: cpfDeExemplo(1) }), "OK-301");

  const copia = pasta.arquivo("copia.db");
  for (const sufixo of ["", "-wal"]) Deno.copyFileSync(`${porDentro}/clinica.db${sufixo}`, copia + sufixo);
  integro(copia);
  assertEquals(ativosDoLivro(copia).length, feitas + 1);
});

testeSe(SEM_STRACE, "um fsync que falha: a resposta dada é a verdade, antes e depois de um kill -9", async (pasta) => {
  semanaGrande(pasta);
  const respostas: string[] = [];
  const pedidos = (vaga: Vaga): PedidoNoFio[] => [
    agend(1, vaga),
    { comando: "CANCEL", cpf: cpfDeExemplo(0) },
    agend(2, vaga),
    busca(0),
    busca(1),
    busca(2),
  ];
  let vistas: string[];
  {
    await using servidor = await Servidor.inicia({ pasta: pasta.caminho });
    using fio = await Fio.saudado(servidor.porta);
    const [vaga] = await vagas(fio);
    assertEquals(await codigo(fio, agend(0, vaga)), "OK-300");
    for (const pedido of pedidos(vaga).slice(0, 3)) {
      await using _sabotagem = await Sabotagem.comeca(servidor.pid, "1");
      respostas.push(await codigo(fio, pedido));
    }
    vistas = [await codigo(fio, busca(0)), await codigo(fio, busca(1)), await codigo(fio, busca(2))];
    assertEquals(vistas, [
      respostas[1] === "OK-301" ? "ERRO-112" : "OK-302",
      respostas[0] === "OK-300" ? "OK-302" : "ERRO-112",
      respostas[2] === "OK-300" ? "OK-302" : "ERRO-112",
    ]);
    assertEquals(await codigo(fio, agend(3, vaga)), "OK-300");
    await servidor.encerra("SIGKILL");
  }
  for (const resposta of respostas) assertMatch(resposta, /^(OK-30[01]|ERRO-131)$/);
  await using servidor = await Servidor.inicia({ pasta: pasta.caminho });
  using fio = await Fio.saudado(servidor.porta);
  integro(pasta.arquivo("clinica.db"));
  assertEquals([await codigo(fio, busca(0)), await codigo(fio, busca(1)), await codigo(fio, busca(2))], vistas);
  assertEquals(await codigo(fio, busca(3)), "OK-302");
});

testeSe(
  SEM_STRACE,
  "fsyncs que não param de falhar: sem resposta, sem palpite; quando o disco volta, o livro é o que está lá",
  async (pasta) => {
    semanaGrande(pasta);
    let verdade: string[];
    {
      await using servidor = await Servidor.inicia({ pasta: pasta.caminho });
      using fio = await Fio.saudado(servidor.porta);
      using outro = await Fio.saudado(servidor.porta);
      const [vaga] = await vagas(fio);
      assertEquals(await codigo(fio, agend(0, vaga)), "OK-300");
      {
        await using _sabotagem = await Sabotagem.comeca(servidor.pid, "1+");
        await fio.manda(codificarPedido(agend(1, vaga)));
        assertEquals(await fio.linha(), undefined, "ninguém sabe se foi gravado");
        for (const n of [0, 1]) assertEquals(await codigo(outro, busca(n)), "ERRO-131");
        assertEquals(await codigo(outro, agend(2, vaga)), "ERRO-131");
        assertEquals(await codigo(outro, { comando: "PING" }), "OK-200");
      }
      await retry(async () => assertEquals(await codigo(outro, busca(0)), "OK-302"), {
        minTimeout: 50,
        multiplier: 1,
        maxAttempts: 100,
      });
      verdade = [await codigo(outro, busca(0)), await codigo(outro, busca(1))];
      assertEquals(verdade[0], "OK-302");
      assertEquals(await codigo(outro, agend(2, vaga)), "OK-300");
      await servidor.encerra("SIGKILL");
    }
    await using servidor = await Servidor.inicia({ pasta: pasta.caminho });
    using fio = await Fio.saudado(servidor.porta);
    integro(pasta.arquivo("clinica.db"));
    assertEquals([await codigo(fio, busca(0)), await codigo(fio, busca(1))], verdade);
    assertEquals(await codigo(fio, busca(2)), "OK-302");
  },
);

teste("dois servidores no mesmo livro: o segundo é recusado, e o primeiro nem nota", async (pasta) => {
  await using servidor = await Servidor.inicia({ pasta: pasta.caminho });
  using fio = await Fio.saudado(servidor.porta);
  const { codigo: saida, stderr, stdout } = await roda("servidor.ts", ["--porta", "0"], { cwd: pasta.caminho });
  assertEquals([saida, stdout], [1, ""]);
  assertMatch(stderr, /^servidor: .*clinica\.db: outro servidor já usa este livro; .*--banco\n$/);
  const [vaga] = await vagas(fio);
  assertEquals(await codigo(fio, agend(1, vaga)), "OK-300");
});

/** Roda o servidor, que tem de recusar: código de saída e um stderr de uma linha, ou duas quando é erro de uso. */
async function naoInicia(
  pasta: Pasta,
  args: string[],
  { codigo: esperado, partes, diante }: { codigo: 1 | 2; partes: string[]; diante?: string[] },
): Promise<void> {
  const { codigo, stdout, stderr } = await roda("servidor.ts", args, { cwd: pasta.caminho, diante });
  const caso = `${args.join(" ")}\n${stderr}`;
  assertEquals([codigo, stdout], [esperado, ""], caso);
  const linhas = stderr.trimEnd().split("\n");
  assertMatch(linhas[0], /^servidor: /, caso);
  assertEquals(linhas.slice(1), esperado === 2 ? ["servidor.ts --help mostra as opções"] : [], caso);
  assert(!/\bat \S+:\d+|Error:|erro inesperado/.test(stderr), caso);
  for (const parte of partes) assertStringIncludes(linhas[0], parte, caso);
}

teste("um comando errado é recusado numa linha que diz o que está errado", async (pasta) => {
  const casos: [args: string[], ...partes: string[]][] = [
    [["--prota", "9100"], "opção desconhecida: --prota"],
    [["-x"], "opção desconhecida: -x"],
    [["--porta", "70000"], "--porta", "0 a 65535", "70000"],
    [["--porta", "abc"], "--porta", "abc"],
    [["--porta=-1"], "--porta", "-1"],
    [["--banco"], "--banco precisa de um valor"],
    [["--endereco", "999.1.1.1", "--porta", "0"], "999.1.1.1", "--endereco"],
    [["--conexoes", "0"], "--conexoes", "1 a"],
    [["--conexoes-por-endereco", "x"], "--conexoes-por-endereco"],
    [["--log", "xml"], "--log", "texto ou json", "xml"],
    [["--quieto", "--detalhado"], "--detalhado e --quieto"],
    [["--csv"], "--csv", "o servidor"],
    [["inicia"], "comando desconhecido: inicia", "copia e lista"],
    [["copia"], "copia espera um destino"],
    [["lista", "31/02/2026"], "31/02/2026", "dd/mm/aaaa"],
    [["lista", "--csv", "--json"], "--csv e --json"],
    [["lista", "--porta", "1"], "--porta", "lista"],
    [["lista", "--csv=ods"], "--csv espera excel", "ods"],
    [["--adota-semana", "--banco", ":memory:"], "--adota-semana", "PostgreSQL"],
  ];
  for (const [args, ...partes] of casos) await naoInicia(pasta, args, { codigo: 2, partes });
  assertEquals(
    [...Deno.readDirSync(pasta.caminho)].map(({ name }) => name).filter((nome) => nome === "clinica.json"),
    [],
  );
});

teste("uma configuração com a marca de ordem de bytes é lida; uma que não é UTF-8 é recusada", async (pasta) => {
  const config = JSON.stringify({ nome: "Clínica São José" });
  Deno.writeTextFileSync(pasta.arquivo("marca.json"), `\ufeff${config}`);
  {
    await using servidor = await Servidor.inicia({ pasta: pasta.caminho, args: ["--config", "marca.json"] });
    assertEquals(servidor.log[0].clinica, "Clínica São José");
  }
  const latin1 = Uint8Array.from(config, (caractere) => caractere.charCodeAt(0));
  Deno.writeFileSync(pasta.arquivo("ansi.json"), latin1);
  await naoInicia(pasta, ["--config", "ansi.json"], { codigo: 1, partes: ["ansi.json", "não é UTF-8"] });
});

teste("uma semana em que a resposta a VAGAS é grande demais é avisada ao começar, com o tamanho", async (pasta) => {
  semanaGrande(pasta, { ...POR_MINUTO, semanas: 20 });
  await using servidor = await Servidor.inicia({ pasta: pasta.caminho, args: ["--quieto"] });
  const { o_que } = await servidor.registrou(({ evento }) => evento === "aviso");
  assertMatch(String(o_que), /VAGAS pode ter 1,5 MiB/);
});

teste("uma conexão que pede centenas de listas de vagas não faz as outras esperar por todas", async (pasta) => {
  // Tantos quantos cabem num bloco de leitura.
  const PEDIDOS = 800;
  semanaGrande(pasta, { semanas: 12 });
  await using servidor = await Servidor.inicia({ pasta: pasta.caminho });
  using gulosa = await Fio.saudado(servidor.porta);
  using outra = await Fio.saudado(servidor.porta);
  let recebidas = 0;
  const primeira = Promise.withResolvers<void>();
  await gulosa.manda(codificarPedido({ comando: "VAGAS" }).repeat(PEDIDOS));
  const todas = (async (): Promise<void> => {
    for (; recebidas < PEDIDOS; recebidas++) {
      await gulosa.linha();
      primeira.resolve();
    }
  })();
  await deadline(primeira.promise, PACIENCIA);
  assertEquals(await codigo(outra, { comando: "PING" }), "OK-200");
  assert(recebidas < PEDIDOS, "o PING esperou por todas as listas");
  await todas;
});

teste("uma porta em uso é recusada pelo número", async (pasta) => {
  using ouvinte = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const porta = String(ouvinte.addr.port);
  await naoInicia(pasta, ["--endereco", "127.0.0.1", "--porta", porta], {
    codigo: 2,
    partes: [`a porta ${porta} já está em uso`, "--porta"],
  });
});

teste("um arquivo que não é o livro é recusado pelo nome", async (pasta) => {
  const compras = pasta.arquivo("compras.txt");
  Deno.writeTextFileSync(compras, "pão, leite\n".repeat(100));
  await naoInicia(pasta, ["--porta", "0", "--banco", compras], {
    codigo: 1,
    partes: [compras, "não é um banco de dados", "--banco"],
  });
  const novo = pasta.arquivo("novo.db");
  await using servidor = await Servidor.inicia({ pasta: pasta.caminho, args: ["--banco", novo] });
  assertEquals((await servidor.encerra()).code, 0);
  {
    using db = new DatabaseSync(novo);
    db.exec("PRAGMA user_version = 99");
  }
  await naoInicia(pasta, ["--porta", "0", "--banco", novo], { codigo: 1, partes: [novo, "versão 99", "atualize"] });
  await naoInicia(pasta, ["--porta", "0", "--banco", pasta.arquivo("nada/livro.db")], {
    codigo: 1,
    partes: ["nada/livro.db", "--banco"],
  });
  await naoInicia(pasta, ["lista", "--banco", pasta.arquivo("outro.db")], {
    codigo: 1,
    partes: ["outro.db", "não há livro aqui"],
  });
});

teste("uma configuração que não serve é recusada pelo arquivo, pelo campo e pela razão", async (pasta) => {
  const config = pasta.arquivo("clinica.json");
  const casos: [conteudo: string, ...partes: string[]][] = [
    ['{"semanas": 0}', "servidor: clinica.json: semanas: ", "1 a 53"],
    ['{"atendimento": []}', "servidor: clinica.json: configuração: ", '"atendimento"'],
    [
      '{"atendimentos": [{"especialidade": "A", "dia": "SEGUNDA"}]}',
      "servidor: clinica.json: atendimentos[0].dia: ",
      "SEGUNDA-FEIRA",
    ],
    ['{"fuso": "Brasil"}', "servidor: clinica.json: fuso: ", "America/Sao_Paulo"],
    ["{", "servidor: clinica.json: não é JSON"],
  ];
  for (const [conteudo, ...partes] of casos) {
    Deno.writeTextFileSync(config, conteudo);
    await naoInicia(pasta, ["--porta", "0"], { codigo: 1, partes });
  }
  Deno.removeSync(config);
  Deno.mkdirSync(config);
  await naoInicia(pasta, ["--porta", "0"], { codigo: 1, partes: ["clinica.json", "não pôde ser lido"] });
  await naoInicia(pasta, ["--porta", "0", "--config", "outra.json"], {
    codigo: 1,
    partes: ["outra.json", "não pôde ser lido"],
  });
});

testeSe(SEM_SH, "um --conexoes que o sistema não deixa abrir é recusado com os dois números", async (pasta) => {
  await naoInicia(pasta, ["--porta", "0", "--conexoes", "500"], {
    codigo: 2,
    diante: ["sh", "-c", 'ulimit -n 300; exec "$@"', "sh"],
    partes: ["--conexoes 500", "limite de 300 arquivos", "ulimit -n"],
  });
});

teste("--help e --versao", async (pasta) => {
  const ajuda = await roda("servidor.ts", ["--help"], { cwd: pasta.caminho });
  assertEquals([ajuda.codigo, ajuda.stderr], [0, ""]);
  for (
    const opcao of [
      "--porta",
      "--endereco",
      "--banco",
      "--config",
      "--conexoes ",
      "--conexoes-por-endereco",
      "--log",
      "--detalhado",
      "--quieto",
      "--help",
      "--versao",
      "copia",
      "lista",
    ]
  ) assertStringIncludes(ajuda.stdout, opcao);
  const versao = await roda("servidor.ts", ["--versao"], { cwd: pasta.caminho });
  assertEquals(versao, { codigo: 0, stdout: `${configuracaoDoDeno.version}\n`, stderr: "" });
  assertEquals([...Deno.readDirSync(pasta.caminho)], []);
});

teste("copia e lista trabalham ao lado do servidor", async (pasta) => {
  await using servidor = await Servidor.inicia({ pasta: pasta.caminho });
  using fio = await Fio.saudado(servidor.porta);
  const [vaga] = await vagas(fio, "CLINICO GERAL");
  const [data, dia] = vaga;
  const formula = '=cmd|"/c calc"!A1';
  assertEquals(await codigo(fio, { ...agend(2, vaga, "09:00"), nome: formula }), "OK-300");
  assertEquals(await codigo(fio, agend(1, vaga, "08:00")), "OK-300");
  assertEquals(await codigo(fio, agend(3, vaga, "08:30")), "OK-300");
  assertEquals(await codigo(fio, { comando: "CANCEL", cpf: cpfDeExemplo(3) }), "OK-301");
  const [A, B] = [1, 2].map((n) => cpfDeExemplo(n).replace(/(...)(...)(...)(..)/, "$1.$2.$3-$4"));

  const tabela = await roda("servidor.ts", ["lista", data], { cwd: pasta.caminho });
  assertEquals(tabela, {
    codigo: 0,
    stderr: "",
    stdout: [
      `Clínica de Saúde: ${dia} ${data}`,
      "",
      "CLINICO GERAL (2)",
      `  [ ] 08:00  ${A}  MARIA DA SILVA`,
      `  [ ] 09:00  ${B}  ${formula.toUpperCase()}`,
      "",
    ].join("\n"),
  });
  const csv = await roda("servidor.ts", ["lista", data, "--csv"], { cwd: pasta.caminho });
  assertEquals(csv.stdout.trimEnd().split("\r\n"), [
    '"data","especialista","horario","nome","cpf","profissional","local","situacao","senha","encaixe","espera"',
    `"${data}","CLINICO GERAL","08:00","MARIA DA SILVA","${A}","","","MARCADO","","",""`,
    `"${data}","CLINICO GERAL","09:00","'=CMD|""/C CALC""!A1","${B}","","","MARCADO","","",""`,
  ]);
  const excel = await roda("servidor.ts", ["lista", data, "--csv=excel"], { cwd: pasta.caminho });
  // `roda` lê o texto sem a marca de ordem de bytes.
  assertEquals(excel.stdout, csv.stdout.replaceAll('","', '";"'));
  const iso = data.split("/").toReversed().join("-");
  const json = await roda("servidor.ts", ["lista", iso, "--json"], { cwd: pasta.caminho });
  assertEquals(JSON.parse(json.stdout), {
    data,
    agendamentos: [
      { horario: "08:00", nome: "MARIA DA SILVA", cpf: cpfDeExemplo(1), numero: 2 },
      { horario: "09:00", nome: formula.toUpperCase(), cpf: cpfDeExemplo(2), numero: 1 },
    ].map((um) => ({
      ...{ especialista: "CLINICO GERAL", profissional: "", local: "", situacao: "MARCADO", senha: "", encaixe: false },
      espera: false,
      ...um,
    })),
  });
  const hoje = await roda("servidor.ts", ["lista"], { cwd: pasta.caminho });
  assertStringIncludes(hoje.stdout, "Ninguém agendado.");

  const destino = pasta.arquivo("copia.db");
  const copia = await roda("servidor.ts", ["copia", destino], { cwd: pasta.caminho });
  assertEquals([copia.codigo, copia.stderr], [0, ""]);
  assertMatch(copia.stdout, /copiado para .*copia\.db \(\d+ bytes\)\n$/);
  integro(destino);
  assertEquals(ativosDoLivro(destino).length, 2);
  await naoInicia(pasta, ["copia", destino], { codigo: 1, partes: ["copia.db", "já existe"] });
  assertEquals(await codigo(fio, busca(1)), "OK-302");
});

teste("um dia com profissionais, um atendimento a mais e um encaixe, na lista e no console", async (pasta) => {
  const atendimentos = DIAS_DA_SEMANA.map((dia) => ({
    ...{ especialidade: "Clínico Geral", dia, profissional: "Dra. Ana Lima", local: "Sala 1" },
  }));
  Deno.writeTextFileSync(pasta.arquivo("clinica.json"), JSON.stringify({ atendimentos }));
  await using servidor = await Servidor.inicia({ pasta: pasta.caminho });
  using fio = await Fio.saudado(servidor.porta);
  const [[data, dia]] = await vagas(fio, "Clínico Geral");
  const marca = (n: number, horario: string, opcoes: Record<string, unknown> = {}): unknown[] => [
    ...["AGEND", cpfDeExemplo(n), "Maria da Silva", "Clínico Geral", data, dia, horario, opcoes],
  ];
  for (
    const [pedido, esperado] of [
      [["OLA", "CLINICA/2"], "OK-200"],
      [["EXTRA", "Clínico Geral", data, "14:00", 2, 30, { local: "Sala 9" }], "OK-313"],
      [marca(1, "14:30"), "OK-300"],
      [marca(2, "08:00"), "OK-300"],
      [marca(3, "08:10", { encaixe: true, motivo: "SEGREDO", nota: "SEGREDO" }), "OK-300"],
      [["SITUA", cpfDeExemplo(2), "Clínico Geral", "CONFIRMADO"], "OK-306"],
      [["FECHA", data, { inicio: "16:00", motivo: "SEGREDO" }], "OK-312"],
      [["REABRE", 2], "OK-314"],
      [["REABRE", 2], "ERRO-113"],
    ] as const
  ) {
    await fio.manda(`${JSON.stringify(pedido)}\n`);
    assertEquals(JSON.parse(await fio.linha() ?? "[]")[0], esperado, JSON.stringify(pedido));
  }
  const tabela = await roda("servidor.ts", ["lista", data], { cwd: pasta.caminho });
  const [A, B, C] = [1, 2, 3].map((n) => cpfDeExemplo(n).replace(/(...)(...)(...)(..)/, "$1.$2.$3-$4"));
  assertEquals(tabela.stdout.split("\n").slice(2), [
    "Dra. Ana Lima, Clínico Geral (3)",
    `  [ ] 08:00  ${B}  MARIA DA SILVA  Sala 1  CONFIRMADO`,
    `  [ ] 08:10  ${C}  MARIA DA SILVA  Sala 1  encaixe`,
    `  [ ] 14:30  ${A}  MARIA DA SILVA  Sala 9`,
    "",
  ]);
  const contado = ({ agendados }: Record<string, unknown>): boolean =>
    Array.isArray(agendados) && agendados.length === 3;
  const { profissional, agendados } = await servidor.registrou(contado);
  assertEquals(profissional, "Dra. Ana Lima");
  const lista: Record<string, unknown>[] = JSON.parse(JSON.stringify(agendados));
  assertEquals(lista.map(({ horario, local, encaixe }) => [horario, local, encaixe]), [
    ["08:00", "Sala 1", undefined],
    ["08:10", "Sala 1", true],
    ["14:30", "Sala 9", undefined],
  ]);
  assertEquals(
    servidor.log.filter(({ evento }) => evento === "pedido").map((
      { comando, codigo, numero },
    ) => [comando, codigo, numero]),
    [
      ["EXTRA", "OK-313", 1],
      ["AGEND", "OK-300", 1],
      ["AGEND", "OK-300", 2],
      ["AGEND", "OK-300", 3],
      ["SITUA", "OK-306", 2],
      ["FECHA", "OK-312", 2],
      ["REABRE", "OK-314", 2],
      ["REABRE", "ERRO-113", 2],
    ],
  );
  assert(!servidor.linhas.join("\n").includes("SEGREDO"));
});

teste(
  "o que um livro antigo guarda sai inofensivo no console, na tabela e no CSV, e como está no JSON",
  async (pasta) => {
    const nome = "ANA\u2028FALSA\u202e\u2029\u3164 \x9bX";
    const data = Temporal.Now.plainDateISO("America/Sao_Paulo").add({ days: 2 }).toString();
    {
      using db = new DatabaseSync(pasta.arquivo("clinica.db"));
      db.exec(`${ESQUEMA_1}; PRAGMA application_id = ${ID_DA_APLICACAO}; PRAGMA user_version = 1`);
      db.prepare(
        `INSERT INTO agendamento
         (cpf, nome, especialidade, profissional, data, hora, minutos, criado_em, origem, ativo)
       VALUES (?, ?, 'DENTISTA\u2028', '', ?, '08:00', 30, '2026-11-23T10:00:00Z', '127.0.0.1', 1)`,
      ).run(cpfDeExemplo(1), nome, data);
    }
    await using servidor = await Servidor.inicia({ pasta: pasta.caminho });
    const andamento = servidor.log.map(({ evento, o_que }) => `${evento} ${o_que ?? ""}`);
    assertMatch(andamento[0], /^andamento .*versão 1.*copiado para/);
    // Depois de pronto já se pode ter contado quem ficou fora da semana.
    const ate = andamento.findIndex((linha) => !linha.startsWith("andamento "));
    assertEquals(andamento[ate], "pronto ", andamento.join("\n"));
    const lista = async (...args: string[]): Promise<string> =>
      (await roda("servidor.ts", ["lista", data, ...args], { cwd: pasta.caminho })).stdout;
    const tabela = await lista();
    const csv = await lista("--csv");
    const fora = /[\u2028\u2029\u202e\u3164\x9b]/;
    for (const texto of [tabela, csv]) {
      assert(!fora.test(texto), JSON.stringify(texto));
      assertStringIncludes(texto, "ANA�FALSA��� �X");
      assertStringIncludes(texto, "DENTISTA�");
    }
    assertEquals(JSON.parse(await lista("--json")).agendamentos[0].nome, nome);

    using fio = await Fio.saudado(servidor.porta);
    await servidor.registrou(({ evento }) => evento === "orfao");
    assertEquals(await codigo(fio, { comando: "CANCEL", cpf: cpfDeExemplo(1) }), "OK-301");
    await servidor.registrou(({ codigo }) => codigo === "OK-301");
    for (const linha of servidor.linhas) assert(!fora.test(linha), JSON.stringify(linha));
  },
);

teste("uma mudança da semana não desmarca ninguém: os que ficaram de fora são nomeados ao iniciar", async (pasta) => {
  let antes: { clinico: Vaga; dermato: Vaga };
  {
    await using servidor = await Servidor.inicia({ pasta: pasta.caminho });
    using fio = await Fio.saudado(servidor.porta);
    const [clinico, fechara] = await vagas(fio, "CLINICO GERAL");
    const [dermato] = await vagas(fio, "DERMATOLOGISTA");
    antes = { clinico, dermato };
    assertEquals(await codigo(fio, agend(1, clinico, "08:30")), "OK-300");
    assertEquals(await codigo(fio, agend(2, fechara, "08:00")), "OK-300");
    assertEquals(await codigo(fio, agend(3, dermato, "10:00")), "OK-300");
    assertEquals(await codigo(fio, agend(4, dermato, "08:00")), "OK-300");
    const fechado = [fechara[0].split("/").toReversed().join("-")];
    const atendimentos = [
      // As horas das 08:15 em diante batem de frente com as das 08:00.
      { especialidade: "Clínico Geral", dia: "SEGUNDA-FEIRA", inicio: "08:15", vagas: 2, minutos: 30 },
      { especialidade: "DERMATOLOGISTA", dia: "QUARTA-FEIRA", inicio: "08:00", vagas: 2, minutos: 30 },
    ];
    Deno.writeTextFileSync(pasta.arquivo("clinica.json"), JSON.stringify({ fechado, atendimentos }));
    assertEquals((await servidor.encerra()).code, 0);
  }
  await using servidor = await Servidor.inicia({ pasta: pasta.caminho });
  using fio = await Fio.saudado(servidor.porta);
  await servidor.registrou(() => servidor.log.filter(({ evento }) => evento === "orfao").length === 3);
  const orfaos = servidor.log.filter(({ evento }) => evento === "orfao");
  assertEquals(
    orfaos.map(({ especialista, horario }) => `${especialista} ${horario}`).toSorted(),
    ["Clínico Geral 08:00", "Clínico Geral 08:30", "DERMATOLOGISTA 10:00"],
  );
  for (const { cpf, nome } of orfaos) {
    assertMatch(String(cpf), /^\*{3}\.\d{3}\.\d{3}-\*{2}$/);
    assertEquals(nome, "M. D. S.");
  }
  // 08:30 a 09:00 está tomado: nem 08:15 nem 08:45 são livres.
  const resposta = await fio.pede({ comando: "VAGAS", especialista: "CLINICO GERAL", data: antes.clinico[0] });
  assertEquals(resposta, { codigo: "OK-304", vagas: [] });
  assertEquals(await codigo(fio, agend(9, antes.clinico)), "ERRO-110");
  for (const n of [1, 2, 3, 4]) assertEquals(await codigo(fio, { comando: "CANCEL", cpf: cpfDeExemplo(n) }), "OK-301");
});

teste(
  "o livro continua depois de um fim em ordem, também por um caminho relativo e com :memory: nada fica",
  async (pasta) => {
    for (const [banco, esperado] of [["livro.db", "OK-302"], [":memory:", "ERRO-112"]] as const) {
      {
        await using servidor = await Servidor.inicia({ pasta: pasta.caminho, args: ["--banco", banco] });
        using fio = await Fio.saudado(servidor.porta);
        const [vaga] = await vagas(fio);
        assertEquals(await codigo(fio, agend(1, vaga)), "OK-300");
        assertEquals((await servidor.encerra()).code, 0);
      }
      await using servidor = await Servidor.inicia({ pasta: pasta.caminho, args: ["--banco", banco] });
      using fio = await Fio.saudado(servidor.porta);
      assertEquals(await codigo(fio, busca(1)), esperado);
    }
    const nomes = [...Deno.readDirSync(pasta.caminho)].map(({ name }) => name).toSorted();
    assertEquals(nomes.filter((nome) => !/^livro\.db(-wal|-shm|\.trava|\.trilha)?$/.test(nome)), []);
  },
);

/** Pedidos que passam por todos os caminhos do log, com CPFs em todos os campos em que alguém os escreveria. */
async function pedeDeTudo(fio: Fio): Promise<void> {
  const [vaga] = await vagas(fio);
  const [data, dia, especialista] = vaga;
  const [A, B] = [cpfDeExemplo(1), cpfDeExemplo(2)];
  const linhas = [
    ["AGEND", A, "MARIA DA SILVA", especialista, data, dia],
    ["AGEND", A, "MARIA DA SILVA", especialista, data, dia],
    ["AGEND", B, "MARIA DA SILVA", A, data, dia],
    ["AGEND", B, A, especialista, B, A, B],
    ["BUSCA", A],
    ["CANCEL", B],
    ["CANCEL", A, B],
    ["VAGAS", A, B],
    [A],
    ["CANCEL", A],
    ["AGEND", B, "JOÃO", especialista, data, dia],
    ["PING"],
    ["SAIR"],
  ];
  await fio.manda(`${A}\n` + linhas.map((linha) => JSON.stringify(linha) + "\n").join(""));
  while (await fio.linha() !== undefined);
}

function semSegredos(texto: string): void {
  for (const n of [1, 2]) {
    const cpf = cpfDeExemplo(n);
    const aberto = new RegExp(cpf.replace(/(...)(...)(...)(..)/, "$1\\D{0,2}$2\\D{0,2}$3\\D{0,2}$4"));
    assert(!aberto.test(texto), `${cpf} aparece em:\n${texto}`);
  }
  for (const nome of ["MARIA", "SILVA", "JOÃO"]) assert(!texto.includes(nome), `${nome} aparece em:\n${texto}`);
}

teste("no log json cada linha é um objeto, e nenhuma mostra um CPF ou um nome inteiro", async (pasta) => {
  await using servidor = await Servidor.inicia({ pasta: pasta.caminho, args: ["--detalhado"] });
  {
    using fio = await Fio.saudado(servidor.porta);
    await pedeDeTudo(fio);
  }
  const dia = await servidor.registrou(({ evento }) => evento === "dia");
  assertEquals(dia.agendados, [{ horario: "08:00", cpf: mascarado(2), nome: "J.", situacao: "MARCADO" }]);
  assertEquals((await servidor.encerra()).code, 0);
  const eventos = servidor.log.map(({ evento }) => evento);
  assertEquals(
    [...new Set(eventos)].toSorted(),
    ["conectou", "dia", "encerrado", "encerrando", "paginas", "pedido", "primeiro", "pronto", "saiu", "trilha"],
  );
  const marcada = servidor.log.find(({ codigo }) => codigo === "OK-300");
  assertEquals([marcada?.cpf, marcada?.nome], [mascarado(1), "M. D. S."]);
  for (const linha of servidor.log) Temporal.Instant.from(String(linha.quando));
  semSegredos(servidor.linhas.join("\n"));
});

function mascarado(n: number): string {
  return cpfDeExemplo(n).replace(/...(...)(...)../, "***.$1.$2-**");
}

teste("sem --detalhado só as mudanças são contadas; com --quieto, nem elas", async (pasta) => {
  for (const [args, esperados] of [[[], ["AGEND", "CANCEL"]], [["--quieto"], []]] as const) {
    await using servidor = await Servidor.inicia({ pasta: pasta.caminho, args: [...args, "--banco", ":memory:"] });
    using fio = await Fio.saudado(servidor.porta);
    await pedeDeTudo(fio);
    assertEquals((await servidor.encerra()).code, 0);
    const comandos = servidor.log.filter(({ evento }) => evento === "pedido").map(({ comando }) => String(comando));
    assertEquals([...new Set(comandos)].toSorted(), [...esperados]);
    assertEquals(servidor.log.at(-1)?.evento, "encerrado");
    semSegredos(servidor.linhas.join("\n"));
  }
});

teste("o console em texto conta quem entra, o que muda, a lista do dia e quem sai, sem segredos", async (pasta) => {
  const [comando, ...resto] = comandoDeno("servidor.ts");
  const args = [...resto, "--porta", "0", "--detalhado"];
  await using processo = new Deno.Command(comando, { args, cwd: pasta.caminho, stdout: "piped", stderr: "inherit" })
    .spawn();
  const linhas: string[] = [];
  const porta = Promise.withResolvers<number>();
  const dia = Promise.withResolvers<void>();
  const fim = leLinhas(processo.stdout, (linha) => {
    linhas.push(linha);
    const achada = /porta (\d+)/.exec(linha)?.[1];
    if (achada !== undefined) porta.resolve(Number(achada));
    if (linha.includes(": 1 agendado")) dia.resolve();
  });
  {
    using fio = await Fio.saudado(await deadline(porta.promise, PACIENCIA));
    await pedeDeTudo(fio);
  }
  await deadline(dia.promise, PACIENCIA);
  processo.kill("SIGTERM");
  assertEquals((await deadline(processo.status, PACIENCIA)).code, 0);
  await fim;
  const texto = linhas.join("\n");
  for (
    const [forma, quando] of [
      [/^\d\d:\d\d:\d\d {2}Clínica de Saúde \S+: servidor no ar, porta \d+, livro clinica\.db$/m, "início"],
      [/nesta máquina: +deno run -A cliente\.ts localhost \d+$/m, "como alcançar"],
      [/127\.0\.0\.1:\d+ conectou$/m, "entrada"],
      [/127\.0\.0\.1:\d+ AGEND \*{3}\.\d{3}\.\d{3}-\*\* M\. D\. S\. \S.* -> OK-300$/m, "mudança"],
      [/, \S+ \d\d\/\d\d\/\d{4}: 1 agendado$/m, "lista do dia"],
      [/^ +\d\d:\d\d {2}\*{3}\.\d{3}\.\d{3}-\*\* {2}J\.$/m, "linha da lista"],
      [/127\.0\.0\.1:\d+ saiu depois de \d+ pedidos$/m, "saída"],
      [/SIGTERM: encerrando; \d conex/m, "sinal"],
      [/encerrado; o livro está fechado$/m, "fim"],
    ] as const
  ) assertMatch(texto, forma, quando);
  if (NA_REDE !== undefined) assertStringIncludes(texto, `cliente.ts ${NA_REDE.address} `);
  semSegredos(texto);
});

teste("o que uma página da Web manda a esta porta não é executado, e a conexão é fechada", async (pasta) => {
  await using servidor = await Servidor.inicia({ pasta: pasta.caminho });
  using fio = await Fio.saudado(servidor.porta);
  const [[data, dia, especialista]] = await vagas(fio);
  const cpf = cpfDeExemplo(1);
  await fio.pede({ comando: "AGEND", cpf, nome: "MARIA", especialista, data, dia });
  const body = `\n${codificarPedido({ comando: "CANCEL", cpf })}`;
  // O `fetch` daqui pode desistir ao ver a saudação, antes de mandar o que seja; um navegador manda sempre.
  for (const method of ["POST", "PUT", "cancela"]) {
    await assertRejects(() => fetch(`http://127.0.0.1:${servidor.porta}/`, { method, body }), TypeError);
  }
  using navegador = await Fio.saudado(servidor.porta);
  await navegador.manda(`POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
  assertEquals((await navegador.resposta()).codigo, "ERRO-100");
  assertEquals(await navegador.linha(), undefined);
  assertEquals((await fio.pede({ comando: "BUSCA", cpf })).codigo, "OK-302");
});
