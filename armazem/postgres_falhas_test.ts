/**
 * Testes do armazém em PostgreSQL quando algo falha, contra um de verdade: quanto se espera, o que se diz, e o que o banco
 * escreve no seu log. Os prazos são curtos, para que nenhum teste espere pelos do serviço.
 *
 * @module
 */

import { assert, assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { delay } from "@std/async";
import type { Desfecho, Mudanca, Vista } from "../clinica/livro.ts";
import { ate, cpfDeExemplo, Pasta } from "../testes/apoio.ts";
import { type Cluster, clusterDoArquivo, Intermediario, testeComPostgres } from "../testes/cluster.ts";
import {
  agendamento,
  alcance,
  ativosDe,
  CLINICO,
  contata,
  desmarca,
  DIA,
  grava,
  marca,
  muda,
  QUANDO,
  tenta,
} from "../testes/mudancas.ts";
import { importa } from "./importacao.ts";
import { ArmazemPostgres, type OpcoesDoPostgres } from "./postgres.ts";
import { ArmazemSqlite } from "./sqlite.ts";

/** Um cluster serve a todos os testes deste arquivo; cada um tem um banco seu. */
let cluster: Cluster;
clusterDoArquivo((novo) => cluster = novo, ["log_lock_waits=on", "deadlock_timeout=100ms"]);

let bancos = 0;

function teste(nome: string, fn: (banco: string) => Promise<void>): void {
  testeComPostgres(`falhas do PostgreSQL: ${nome}`, async () => {
    const banco = `falhas${++bancos}`;
    await cluster.banco(banco);
    await fn(banco);
  });
}

const PRAZOS = { lote: 1000, leitura: 500, desfecho: 2000, parada: 800 };

/** Por onde se chega a um banco do cluster, com o que se ponha no caminho. */
function url(banco: string, rede?: Intermediario): string {
  return cluster.url(banco).replace(`:${cluster.porta}`, `:${rede?.porta ?? cluster.porta}`);
}

function abre(endereco: string, opcoes: OpcoesDoPostgres = {}): Promise<ArmazemPostgres> {
  return ArmazemPostgres.abre(endereco, { prazos: PRAZOS, ...opcoes });
}

/** Vinte leituras ao mesmo tempo, e o que houve com cada uma. */
function vinteLeituras(armazem: ArmazemPostgres): Promise<PromiseSettledResult<unknown>[]> {
  return Promise.allSettled(Array.from({ length: 20 }, () => ativosDe(armazem, 1)));
}

// ------------------------------------------------------------------------------------------------------ quanto se espera

/** O que se espera no máximo, com folga para uma máquina ocupada: muito menos que uma espera por pedido. */
const UMA_ESPERA = 4 * (PRAZOS.lote + PRAZOS.leitura);

teste("com a tabela fechada por outro, vinte que leem esperam uma vez só, e a conexão não se perde", async (banco) => {
  const mudancas: unknown[] = [];
  // O banco desiste antes de quem espera por ele, também com a máquina ocupada.
  const prazos = { ...PRAZOS, lote: 2500, leitura: 2500 };
  await using armazem = await abre(url(banco), { prazos, aoMudar: (fora) => mudancas.push(fora) });
  await using alheio = await cluster.sessao(banco);
  await alheio.executa("BEGIN; LOCK TABLE agendamento IN ACCESS EXCLUSIVE MODE");
  const antes = cluster.log.split("due to statement timeout").length;
  assertEquals(await tenta(armazem, (vista) => [marca(vista, { cpf: cpfDeExemplo(1) })]), "nada");
  // Uma lista não vai à frente delas na mesma conexão.
  const listada = assertRejects(() => armazem.lista(DIA, `E:${CLINICO}`), Error, "statement timeout");
  const juntas = vinteLeituras(armazem);
  // Chegam com a leitura a meio, e não começam outra.
  await delay(prazos.leitura / 2);
  const tardias = vinteLeituras(armazem);
  const lidas = [...await juntas, ...await tardias];
  assertEquals(lidas.filter(({ status }) => status === "rejected").length, 40);
  await listada;
  // A do lote, a das leituras e a da lista.
  assertEquals(cluster.log.split("due to statement timeout").length - antes, 3);
  await alheio.executa("ROLLBACK");
  await grava(armazem, (vista) => [marca(vista, { cpf: cpfDeExemplo(1) })]);
  assertEquals((await ativosDe(armazem, 1)).length, 1);
  assertEquals(mudancas, []);
});

teste(
  "com o banco mudo espera-se uma vez; depois sabe-se na hora, e diz-se uma vez que saiu e que voltou",
  async (banco) => {
    const mudancas: boolean[] = [];
    await using rede = new Intermediario(cluster.porta);
    await using armazem = await abre(url(banco, rede), { aoMudar: (fora) => mudancas.push(fora === undefined) });
    rede.mudo = true;
    const inicio = performance.now();
    const [lidas, desfecho] = await Promise.all([vinteLeituras(armazem), tenta(armazem, () => [])]);
    assertEquals([lidas.filter(({ status }) => status === "rejected").length, desfecho], [20, "nada"]);
    // Nem um prazo de cada um: o que se soube serve aos que vêm depois.
    for (let vez = 0; vez < 20; vez++) {
      await assertRejects(() => ativosDe(armazem, 1), Error, "fora do alcance");
      assertEquals(await tenta(armazem, () => []), "nada");
    }
    assert(performance.now() - inicio < UMA_ESPERA);
    assertEquals(mudancas, [false]);
    rede.mudo = false;
    rede.corta();
    await ate(async () => await tenta(armazem, (vista) => [marca(vista, { cpf: cpfDeExemplo(1) })]) === "gravado");
    await ate(() => mudancas.length === 2);
    assertEquals((await ativosDe(armazem, 1)).length, 1);
    assertEquals(mudancas, [false, true]);
  },
);

teste("com connect_timeout longo, e a máquina muda depois de a conexão cair, espera-se uma vez só", async (banco) => {
  await using rede = new Intermediario(cluster.porta);
  await using armazem = await abre(`${url(banco, rede)}?connect_timeout=15`);
  rede.mudo = true;
  rede.corta();
  const inicio = performance.now();
  for (let vez = 0; vez < 20; vez++) {
    assertEquals(await tenta(armazem, () => []), "nada");
    await assertRejects(() => ativosDe(armazem, 1));
  }
  assert(performance.now() - inicio < UMA_ESPERA);
  rede.mudo = false;
  rede.corta();
});

teste(
  "um commit sem resposta, e o banco mudo: procura-se até o prazo, contado desde o começo do lote",
  async (banco) => {
    await using rede = new Intermediario(cluster.porta);
    await using armazem = await abre(url(banco, rede));
    rede.sumico = "perde a resposta";
    const marcando = armazem.lote(alcance, QUANDO, (vista) => ({
      resultado: 0,
      mudancas: [marca(vista, { cpf: cpfDeExemplo(1) })],
    }));
    await ate(() => rede.sumico === undefined);
    rede.mudo = true;
    const inicio = performance.now();
    const desfecho: Desfecho<number> = await marcando;
    assertEquals(desfecho.tipo, "pendente");
    if (desfecho.tipo === "pendente") assertEquals((await desfecho.fim).tipo, "incerto");
    assert(performance.now() - inicio < 3 * PRAZOS.desfecho);
  },
);

// ------------------------------------------------------------------------------------------------------ o log do banco

teste("o log do PostgreSQL não tem CPF nem nome, falhe o que falhar", async (banco) => {
  const nome = "SIGILOSA DE TAL";
  const cpfs = [1, 2, 3, 4, 5].map(cpfDeExemplo);
  const marcas = (vista: Vista, ...partes: Partial<ReturnType<typeof agendamento>>[]): Mudanca[] =>
    partes.map((parte) => marca(vista, { cpf: cpfs[0], nome, ...parte }, parte.hora === "10:00" ? "lenta" : "balcão"));
  await (await abre(url(banco)))[Symbol.asyncDispose]();
  await cluster.executa(
    `ALTER TABLE agendamento ADD CONSTRAINT da_casa CHECK (right(nome, 8) <> 'PROIBIDA');
     CREATE FUNCTION demora() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
       IF NEW.origem = 'lenta' THEN PERFORM pg_sleep(60); END IF;
       IF NEW.origem = 'fura' AND pg_trigger_depth() = 1 THEN
         INSERT INTO agendamento (cpf, nome, especialidade, profissional, agenda, data, hora, minutos, criado_em, origem, ativo)
         VALUES (NEW.cpf, NEW.nome, NEW.especialidade, '', NEW.agenda, NEW.data, '09:30', 30, '', 'mão', true);
       END IF;
       RETURN NEW; END $$;
     CREATE TRIGGER demora BEFORE INSERT ON agendamento FOR EACH ROW EXECUTE FUNCTION demora()`,
    banco,
  );
  await using armazem = await abre(url(banco));
  await grava(armazem, (vista) => [
    ...marcas(vista, {}),
    marca(vista, { cpf: cpfs[0], nome, hora: "11:00", ativo: false }),
    marca(vista, { cpf: cpfs[1], nome, hora: "11:30", especialidade: "OUTRA" }),
  ]);
  const [ativo] = await ativosDe(armazem, 1);
  const [acabado] = (await armazem.lista(DIA)).filter(({ hora }) => hora === "11:00");
  const [outro] = await ativosDe(armazem, 2);

  const recusados: ((vista: Vista) => Mudanca[])[] = [
    (vista) => marcas(vista, { hora: "09:00" }),
    (vista) => marcas(vista, { cpf: cpfs[1] }),
    (vista) => marcas(vista, { cpf: cpfs[1], hora: "8:30" }),
    (vista) => marcas(vista, { cpf: `${cpfs[1]}0`, hora: "08:30" }),
    (vista) => marcas(vista, { cpf: cpfs[1], hora: "08:30", minutos: 0 }),
    (vista) => marcas(vista, { cpf: cpfs[1], hora: "08:30", nome: "SIGILOSA PROIBIDA" }),
    (vista) => [marca(vista, { cpf: cpfs[1], hora: "08:30", nome }, "fura")],
    () => [desmarca(agendamento(999_999, { cpf: cpfs[1], nome }))],
    () => [muda(ativo, { nome: "" })],
    () => [muda(ativo, { nome: "SIGILOSA PROIBIDA" })],
    () => [muda(ativo, { situacao: "CANCELADO" })],
    () => [muda(ativo, { hora: "11:30" }), desmarca({ ...outro, versao: 7 })],
    () => [muda(acabado, { ativo: true })],
    () => [muda(outro, { cpf: cpfs[0], especialidade: ativo.especialidade })],
    () => [muda(outro, { cpf: "" })],
    () => [contata({ cpf: "1", email: nome, telefone: cpfs[0] })],
  ];
  for (const decide of recusados) assertEquals(await tenta(armazem, decide), "recusado", `${decide}`);

  // O que demora além do prazo do banco, e o que é morto a meio, com o nome na instrução.
  assertEquals(await tenta(armazem, (vista) => marcas(vista, { cpf: cpfs[2], hora: "10:00" })), "nada");
  const morrendo = tenta(armazem, (vista) => marcas(vista, { cpf: cpfs[3], hora: "10:00" }));
  await ate(async () =>
    (await cluster.executa(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = '${banco}' AND application_name LIKE 'clinica%' AND wait_event = 'PgSleep'`,
    )).length > 0
  );
  await morrendo;

  await using alheio = await cluster.sessao(banco);
  await alheio.executa("BEGIN; LOCK TABLE agendamento IN ACCESS EXCLUSIVE MODE");
  assertEquals(await tenta(armazem, (vista) => marcas(vista, { cpf: cpfs[4], hora: "08:30" })), "nada");
  await assertRejects(() => ativosDe(armazem, 1));
  await alheio.executa("ROLLBACK");

  using pasta = new Pasta();
  {
    await using origem = ArmazemSqlite.abre(pasta.arquivo("origem.db"));
    await grava(origem, (vista) => marcas(vista, { nome: "SIGILOSA PROIBIDA" }));
  }
  await armazem[Symbol.asyncDispose]();
  await cluster.executa("TRUNCATE agendamento, contato, diario", banco);
  await assertRejects(() => importa({ de: pasta.arquivo("origem.db"), para: url(banco) }), Error, "nada foi gravado");

  const { log } = cluster;
  for (const havido of ["division by zero", "statement timeout", "terminating connection", "uma_vaga_um_agendamento"]) {
    assertStringIncludes(log, havido);
  }
  for (const segredo of ["SIGILOSA", ...cpfs]) assert(!log.includes(segredo), log.slice(log.indexOf(segredo) - 600));
});

// ------------------------------------------------------------------------------------------------------ os relógios

teste(
  "o relógio daqui longe do do banco: avisa; muito longe, nada muda até que se acerte, e tudo se lê",
  async (banco) => {
    const avisos: string[] = [];
    let adiantado = 600_000;
    await using armazem = await abre(url(banco), {
      aoAvisar: (aviso) => avisos.push(aviso),
      relogio: () => Date.now() + adiantado,
      prazos: { ...PRAZOS, entreRelogios: 20 },
    });
    const marcando = (hora: string): Promise<string> =>
      tenta(armazem, (vista) => [marca(vista, { cpf: cpfDeExemplo(1), hora })]);
    assertEquals(avisos.length, 1);
    assertMatch(avisos[0], /10 min adiantado .*; enquanto isso nada se marca nem se cancela$/);
    assertEquals(await marcando("08:00"), "nada");
    assertEquals(await ativosDe(armazem, 1), []);

    adiantado = 0;
    await ate(() => avisos.length === 2);
    assertMatch(avisos[1], /voltou a concordar/);
    assertEquals(await marcando("08:00"), "gravado");

    adiantado = -40_000;
    await ate(() => avisos.length === 3);
    assertMatch(avisos[2], /40 s atrasado/);
    await grava(armazem, (vista) => [marca(vista, { cpf: cpfDeExemplo(2), especialidade: `${CLINICO} 2` })]);

    adiantado = -600_000;
    await ate(() => avisos.length === 4);
    assertEquals(await marcando("08:30"), "nada");
    assertEquals((await ativosDe(armazem, 1)).length, 1);
    // Cada estado, uma vez.
    await delay(100);
    assertEquals(avisos.length, 4);
  },
);
