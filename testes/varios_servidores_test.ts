/**
 * Vários servidores, em processos próprios, sobre um livro só em PostgreSQL: o que se promete quando um servidor, o
 * principal ou a rede falha, visto de fora, pelo fio. O livro e o que os clientes viram são conferidos por `prova/historia/clinica1.ts`.
 *
 * @module
 */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { delay } from "@std/async";
import { ate, cpfDeExemplo, ehDaRede, Fio, PACIENCIA, Pasta, roda, Servidor } from "./apoio.ts";
import { ArmazemPostgres } from "../armazem/postgres.ts";
import { type Celula, Cluster, clusterDoArquivo, SENHA, testeComPostgres } from "./cluster.ts";
import { alcance, desmarca, grava, marca, QUANDO } from "./mudancas.ts";
import { type LinhaGravada, verifica } from "../prova/historia/clinica1.ts";
import type { Grade } from "../prova/historia/clinica1_passos.ts";
import { Historia, type Operacao } from "../prova/historia/registro.ts";
import { Calendario } from "../clinica/calendario.ts";
import { lerOferta, nomeDoDia } from "../clinica/oferta.ts";
import { codificarPedido, dataNoFio, decodificarResposta, type PedidoNoFio, type Resposta } from "../protocolo.ts";

let cluster: Cluster;
clusterDoArquivo((novo) => cluster = novo);

let bancos = 0;

async function novoBanco(): Promise<string> {
  const nome = `varios${++bancos}`;
  await cluster.banco(nome);
  return nome;
}

function teste(nome: string, fn: () => Promise<void>): void {
  testeComPostgres(`vários servidores: ${nome}`, fn);
}

// ------------------------------------------------------------------------------------------------------ a clínica

const ESPECIALIDADES = ["CARDIOLOGISTA", "DERMATOLOGISTA"];
const CPFS = Array.from({ length: 30 }, (_, n) => cpfDeExemplo(n));

/** Poucas horas e poucas datas, para que haja disputa; nenhuma data começa nem acaba durante o teste. */
function montaClinica(pasta: Pasta, vagas: number = 4): Grade {
  const atendimentos = lerOferta().diasDaSemana.flatMap((dia) =>
    ESPECIALIDADES.map((especialidade) => ({ especialidade, dia, inicio: "08:00", vagas, minutos: 30 }))
  );
  const fuso = "America/Sao_Paulo";
  const hoje = Temporal.Now.plainDateISO(fuso);
  const fechado = Array.from({ length: 40 }, (_, i) => i).filter((i) => i < 2 || i > 4)
    .map((i) => hoje.add({ days: i }).toString());
  const configuracao = { fuso, fechado, atendimentos };
  Deno.writeTextFileSync(pasta.arquivo("clinica.json"), JSON.stringify(configuracao));
  const oferta = lerOferta(configuracao);
  const { dias } = new Calendario(oferta).janela(Date.now());
  return [...dias.values()].flatMap(({ iso, atendimentos }) =>
    ESPECIALIDADES.map((especialidade) => ({
      especialidade,
      data: dataNoFio(iso),
      dia: nomeDoDia(oferta, iso),
      horarios: (atendimentos.get(especialidade) ?? []).flatMap(({ horarios }) => horarios.map(({ hora }) => hora)),
    }))
  );
}

/** Servidores sobre um livro. */
async function servidores(quantos: number, pasta: Pasta, url: string): Promise<Servidor[]> {
  return await Promise.all(
    Array.from({ length: quantos }, () => Servidor.inicia({ pasta: pasta.caminho, env: { CLINICA_BANCO: url } })),
  );
}

async function encerra(todos: readonly Servidor[]): Promise<void> {
  for (const servidor of todos) await servidor[Symbol.asyncDispose]();
}

async function livroDe(origem: Cluster, banco: string): Promise<LinhaGravada[]> {
  const linhas = await origem.executa(
    "SELECT cpf, nome, especialidade, data, hora, situacao FROM agendamento ORDER BY numero",
    banco,
  );
  return linhas.map(([cpf, nome, especialidade, data, hora, situacao]) => ({
    cpf: cpf ?? "",
    nome: nome ?? "",
    especialidade: especialidade ?? "",
    data: dataNoFio(data ?? ""),
    hora: hora ?? "",
    cancelada: situacao === "CANCELADO",
  }));
}

// ------------------------------------------------------------------------------------------------------ a carga

/** Muitos clientes, repartidos pelas portas, que pedem ao acaso até `para`. */
class Carga {
  readonly historia = new Historia();
  readonly contagem: Record<string, number> = {};
  #acabou = false;
  #clientes: Promise<void>[];
  #grade: Grade;

  constructor(portas: readonly number[], grade: Grade, clientes: number = 24) {
    this.#grade = grade;
    this.#clientes = Array.from({ length: clientes }, (_, i) => this.#cliente(portas[i % portas.length]));
  }

  async para(): Promise<void> {
    this.#acabou = true;
    await Promise.all(this.#clientes);
  }

  /** Espera que se tenha visto um código mais `vezes` vezes. */
  async viu(codigo: string, vezes: number): Promise<void> {
    const antes = this.contagem[codigo] ?? 0;
    await ate(() => (this.contagem[codigo] ?? 0) >= antes + vezes);
  }

  /** Exige que tudo o que se viu possa ter acontecido num livro só, o que está gravado. */
  confere(livro: readonly LinhaGravada[]): void {
    const { violacoes, indecisas } = verifica(this.historia.operacoes, { livro, grade: this.#grade });
    assertEquals([violacoes.slice(0, 3), indecisas], [[], []]);
  }

  async #cliente(porta: number): Promise<void> {
    while (!this.#acabou) {
      try {
        await this.#conexao(porta);
      } catch (erro) {
        if (!ehDaRede(erro)) throw erro;
        await delay(20);
      }
    }
  }

  async #conexao(porta: number): Promise<void> {
    const { historia } = this;
    const conexao = historia.conexao();
    const saudacao = historia.comeca(conexao, { comando: "SAUDACAO" });
    using fio = await Fio.conecta(porta);
    if (!await this.#recebe(fio, saudacao)) return;
    while (!this.#acabou) {
      const pedidos = Array.from({ length: sorteia(4) === 0 ? 4 : 1 }, () => this.#pedido());
      const operacoes = pedidos.map((pedido) => historia.comeca(conexao, pedido));
      await fio.manda(pedidos.map(codificarPedido).join(""));
      for (const operacao of operacoes) {
        if (!await this.#recebe(fio, operacao)) return;
      }
      // Com o banco fora do alcance as recusas vêm na hora: mil por segundo não dizem mais que dez.
      if (operacoes[0].resposta?.codigo === "ERRO-131") await delay(30);
    }
  }

  async #recebe(fio: Fio, operacao: Operacao): Promise<boolean> {
    const linha = await fio.linha();
    if (linha === undefined) return false;
    const resposta = decodificarResposta(linha);
    if (resposta === undefined) throw new Error(`não é uma resposta: ${linha}`);
    this.historia.acaba(operacao, resposta);
    this.contagem[resposta.codigo] = (this.contagem[resposta.codigo] ?? 0) + 1;
    return true;
  }

  #pedido(): PedidoNoFio {
    const cpf = CPFS[sorteia(CPFS.length)];
    const { especialidade: especialista, data, dia, horarios } = this.#grade[sorteia(this.#grade.length)];
    const acaso = sorteia(100);
    if (acaso < 45) {
      const horario = acaso < 20 ? horarios[sorteia(horarios.length)] : undefined;
      return { comando: "AGEND", cpf, nome: this.historia.nome(), especialista, data, dia, horario };
    }
    if (acaso < 65) return acaso < 60 ? { comando: "CANCEL", cpf, especialista } : { comando: "CANCEL", cpf };
    if (acaso < 85) return { comando: "BUSCA", cpf };
    return acaso < 97 ? { comando: "VAGAS", especialista, data } : { comando: "VAGAS" };
  }
}

function sorteia(ate: number): number {
  return Math.floor(Math.random() * ate);
}

// ------------------------------------------------------------------------------------------------------ juntos

for (const quantos of [2, 4]) {
  teste(`${quantos} deles, e clientes em todos: cada hora tem um dono, e nenhuma leitura é velha`, async () => {
    using pasta = new Pasta();
    const grade = montaClinica(pasta);
    const banco = await novoBanco();
    const todos = await servidores(quantos, pasta, cluster.url(banco));
    try {
      const carga = new Carga(todos.map(({ porta }) => porta), grade);
      await carga.viu("OK-300", 400);
      await carga.para();
      carga.confere(await livroDe(cluster, banco));
      assertEquals(carga.contagem["ERRO-131"] ?? 0, 0);
      assertEquals(
        todos.flatMap(({ log }) => log.filter(({ evento }) => evento === "falha" || evento === "banco")),
        [],
      );
    } finally {
      await encerra(todos);
    }
  });
}

teste("quatro disputam a última vaga, muitas vezes: um só a leva, e todos os outros o veem na hora", async () => {
  using pasta = new Pasta();
  const [{ especialidade: especialista, data, dia }] = montaClinica(pasta, 1);
  const todos = await servidores(4, pasta, cluster.url(await novoBanco()));
  try {
    const fios = await Promise.all(todos.map(({ porta }) => Fio.saudado(porta)));
    for (let vez = 0; vez < 60; vez++) {
      const respostas = await Promise.all(
        fios.map((fio, i) =>
          fio.pede({ comando: "AGEND", cpf: CPFS[i], nome: "MARIA DA SILVA", especialista, data, dia })
        ),
      );
      assertEquals(respostas.map(({ codigo }) => codigo).sort(), ["ERRO-110", "ERRO-110", "ERRO-110", "OK-300"]);
      const cpf = CPFS[respostas.findIndex(({ codigo }) => codigo === "OK-300")];
      const vistos = await Promise.all(fios.map((fio) => fio.pede({ comando: "BUSCA", cpf })));
      assertEquals(vistos.map(({ codigo }) => codigo), Array(4).fill("OK-302"));
      assertEquals((await fios[vez % 4].pede({ comando: "CANCEL", cpf })).codigo, "OK-301");
    }
    for (const fio of fios) fio[Symbol.dispose]();
  } finally {
    await encerra(todos);
  }
});

teste("um morto com kill -9 não leva nada confirmado, nem faz os outros esperar muito", async () => {
  using pasta = new Pasta();
  const grade = montaClinica(pasta);
  const banco = await novoBanco();
  const todos = await servidores(2, pasta, cluster.url(banco));
  try {
    const carga = new Carga(todos.map(({ porta }) => porta), grade);
    await carga.viu("OK-300", 100);
    await todos[0].encerra("SIGKILL");
    await carga.viu("OK-300", 100);
    await carga.para();
    carga.confere(await livroDe(cluster, banco));
  } finally {
    await encerra(todos);
  }
});

// ------------------------------------------------------------------------------------------------------ o banco cai

teste(
  "o PostgreSQL morto com kill -9 e posto no ar outra vez, sob carga: o confirmado está lá, sem reiniciar ninguém",
  async () => {
    using pasta = new Pasta();
    const grade = montaClinica(pasta);
    await using proprio = await Cluster.inicia();
    const todos = await servidores(2, pasta, proprio.url());
    try {
      const carga = new Carga(todos.map(({ porta }) => porta), grade);
      for (let vez = 0; vez < 2; vez++) {
        await carga.viu("OK-300", 100);
        await proprio.mata();
        await carga.viu("ERRO-131", 20);
        await proprio.sobe();
        await carga.viu("OK-301", 20);
      }
      await carga.para();
      carga.confere(await livroDe(proprio, "postgres"));
      for (const { log } of todos) {
        const quedas = log.filter(({ evento }) => evento === "banco").map(({ no_alcance }) => no_alcance);
        assertEquals(quedas.slice(0, 2), [false, true]);
      }
    } finally {
      await encerra(todos);
    }
  },
);

teste(
  "com o banco fora do alcance o servidor recusa, também na saudação, e atende quando ele volta",
  async () => {
    using pasta = new Pasta();
    const [{ especialidade: especialista, data, dia }] = montaClinica(pasta);
    await using proprio = await Cluster.inicia();
    await using servidor = await Servidor.inicia({ pasta: pasta.caminho, args: ["--banco", proprio.url()] });
    using antigo = await Fio.saudado(servidor.porta);
    const marca: PedidoNoFio = { comando: "AGEND", cpf: CPFS[0], nome: "MARIA", especialista, data, dia };
    await proprio.mata();
    for (let vez = 0; vez < 3; vez++) {
      using novo = await Fio.conecta(servidor.porta);
      assertEquals((await novo.resposta()).codigo, "ERRO-131");
      assertEquals((await novo.pede(marca)).codigo, "ERRO-131");
      assertEquals((await antigo.pede({ comando: "BUSCA", cpf: CPFS[0] })).codigo, "ERRO-131");
      assertEquals((await novo.pede({ comando: "PING" })).codigo, "OK-200");
    }
    const { codigo, stderr } = await roda("cliente.ts", ["127.0.0.1", `${servidor.porta}`, "vagas"]);
    assertEquals(codigo, 3);
    assertStringIncludes(stderr, "sem acesso ao livro");
    await proprio.sobe();
    await ate(async () => (await antigo.pede(marca)).codigo === "OK-300");
    assertMatch(servidor.linhas.join("\n"), /"evento":"banco","no_alcance":false/);
    assert(!servidor.linhas.join("\n").includes("s3nh"), "a senha apareceu");
  },
);

// ------------------------------------------------------------------------------------------------------ o reserva

teste("principal morto e reserva síncrono promovido: os servidores acham-no, e nada confirmado se perde", async () => {
  using pasta = new Pasta();
  const grade = montaClinica(pasta);
  await using principal = await Cluster.inicia();
  await using reserva = await principal.reserva();
  await principal.executa(
    "ALTER SYSTEM SET synchronous_standby_names = 'reserva'",
  );
  await principal.executa("ALTER SYSTEM SET synchronous_commit = 'remote_apply'");
  await principal.executa("SELECT pg_reload_conf()");
  const url = principal.url("postgres", { outros: [reserva.porta], consulta: "?target_session_attrs=read-write" });
  const todos = await servidores(2, pasta, url);
  try {
    const carga = new Carga(todos.map(({ porta }) => porta), grade);
    await carga.viu("OK-300", 150);
    await principal.mata();
    // O promovido não tem reserva: sem isto esperaria por um em cada commit.
    await reserva.promove();
    await reserva.executa("ALTER SYSTEM RESET synchronous_standby_names");
    await reserva.executa("SELECT pg_reload_conf()");
    await carga.viu("OK-300", 100);
    // O principal antigo volta sozinho, como se nada fosse, quando o novo não responde: ninguém lhe dá ouvidos.
    await principal.sobe();
    reserva.congela(true);
    try {
      await carga.viu("ERRO-131", 100);
    } finally {
      reserva.congela(false);
    }
    const [[enganados]] = await principal.executa(
      "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'clinica%' AND query LIKE '%agendamento%'",
    );
    assertEquals(enganados, "0");
    await carga.viu("OK-300", 50);
    await carga.para();
    carga.confere(await livroDe(reserva, "postgres"));
  } finally {
    await encerra(todos);
  }
});

teste("um commit que deixou de esperar pelo reserva só é confirmado quando o reserva o tem", async () => {
  await using principal = await Cluster.inicia();
  await using reserva = await principal.reserva();
  await principal.executa("ALTER SYSTEM SET synchronous_standby_names = 'reserva'");
  await principal.executa("SELECT pg_reload_conf()");
  await using armazem = await ArmazemPostgres.abre(principal.url(), { prazos: { desfecho: PACIENCIA } });
  await grava(armazem, (vista) => [marca(vista, { cpf: cpfDeExemplo(1) })]);
  await using algoz = await principal.sessao();
  for (const golpe of ["pg_cancel_backend", "pg_terminate_backend"]) {
    reserva.congela(true);
    let sabido = false;
    const marcando = armazem.lote(alcance, QUANDO, (vista) => ({
      resultado: golpe,
      mudancas: [marca(vista, { cpf: cpfDeExemplo(2), hora: "08:30" })],
    })).then((desfecho) => desfecho.tipo === "pendente" ? desfecho.fim : desfecho).finally(() => sabido = true);
    // Cada um leva um golpe só: um que ainda não acabou de cair continua a dizer que espera.
    const golpeados: Celula[] = ["0"];
    const golpeia = (): Promise<void> =>
      ate(async () => {
        const caidos = await algoz.executa(
          `SELECT pid, ${golpe}(pid) FROM pg_stat_activity
           WHERE application_name LIKE 'clinica%' AND wait_event = 'SyncRep' AND pid NOT IN (${golpeados})`,
        );
        golpeados.push(...caidos.map(([pid]) => pid));
        return caidos.length > 0;
      });
    await golpeia();
    // Está gravado no principal, e à vista; mas só ali. Quem o procura também espera pelo reserva, e leva o mesmo golpe.
    await golpeia();
    assertEquals(await algoz.executa("SELECT hora FROM agendamento WHERE situacao = 'MARCADO' AND hora > '08:00'"), [[
      "08:30",
    ]]);
    await golpeia();
    assertEquals(sabido, false);
    reserva.congela(false);
    assertEquals(await marcando, { tipo: "gravado", resultado: golpe });
    const [marcado] = await armazem.le(alcance, (vista) => vista.ativosDe(cpfDeExemplo(2)));
    await grava(armazem, () => [desmarca(marcado)]);
  }
});

// ------------------------------------------------------------------------------------------------------ o resto

teste("CLINICA_BANCO vale quando não há --banco; lista lê dali; a senha não aparece em lugar nenhum", async () => {
  using pasta = new Pasta();
  const [{ especialidade: especialista, data, dia }] = montaClinica(pasta);
  const banco = await novoBanco();
  const env = { CLINICA_BANCO: cluster.url(banco) };
  const lista = (): ReturnType<typeof roda> =>
    roda("servidor.ts", ["lista", data, "--csv"], { cwd: pasta.caminho, env });
  const antes = await lista();
  assertEquals(antes.codigo, 1);
  assertStringIncludes(antes.stderr, "não há livro aqui");
  await using servidor = await Servidor.inicia({ pasta: pasta.caminho, env });
  assertEquals(servidor.log[0].banco, `postgres://clinica@127.0.0.1:${cluster.porta}/${banco}`);
  using fio = await Fio.saudado(servidor.porta);
  const resposta: Resposta = await fio.pede({ comando: "AGEND", cpf: CPFS[0], nome: "ANA", especialista, data, dia });
  assertEquals(resposta.codigo, "OK-300");
  const listada = await lista();
  assertEquals([listada.codigo, listada.stderr], [0, ""]);
  assertStringIncludes(listada.stdout, '"ANA"');
  const copia = await roda("servidor.ts", ["copia", "x.db"], { cwd: pasta.caminho, env });
  assertEquals(copia.codigo, 2);
  assertStringIncludes(copia.stderr, "pg_dump");
  const daOpcao = await roda("servidor.ts", ["lista", "--banco", "nao-ha.db"], { cwd: pasta.caminho, env });
  assertStringIncludes(daOpcao.stderr, "nao-ha.db");
  const errado = await roda("servidor.ts", ["--banco", `postgre://clinica:${SENHA}@h/d`], { cwd: pasta.caminho });
  assertEquals(errado.codigo, 2);
  const tudo = [antes, listada, copia, daOpcao, errado].flatMap(({ stdout, stderr }) => [stdout, stderr]);
  for (const texto of [...tudo, ...servidor.linhas]) assert(!texto.includes("s3nh"), texto);
});
