/**
 * Testes de `importar` entre um livro em arquivo e um em PostgreSQL, contra um de verdade.
 *
 * @module
 */

import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { type Armazem, ErroDoArmazem } from "../clinica/livro.ts";
import { cpfDeExemplo, Pasta, roda } from "../testes/apoio.ts";
import { type Cluster, clusterDoArquivo, testeComPostgres } from "../testes/cluster.ts";
import {
  arquiva,
  ativosDe,
  CLINICO,
  comEspera,
  comExcecoes,
  conta,
  contata,
  convida,
  desmarca,
  DIA,
  entra,
  fecha,
  grava,
  marca,
  mudaEspera,
  QUANDO,
} from "../testes/mudancas.ts";
import { importa } from "./importacao.ts";
import { ArmazemPostgres } from "./postgres.ts";
import { excecoesDoPostgres, listaDoPostgres } from "./postgres_copia.ts";
import { excecoesDoLivro } from "./sqlite_copia.ts";
import { ArmazemSqlite } from "./sqlite.ts";
import { COLUNAS } from "./tabelas.ts";

/** Um cluster serve a todos os testes deste arquivo; cada um tem um banco seu. */
let cluster: Cluster;
clusterDoArquivo((novo) => cluster = novo);

let bancos = 0;

/** Registra um teste que tem um banco vazio. */
function teste(nome: string, fn: (url: string, banco: string) => Promise<void>): void {
  testeComPostgres(`cópia do PostgreSQL: ${nome}`, async () => {
    const banco = `copia${++bancos}`;
    await fn(await cluster.banco(banco), banco);
  });
}

/** Um livro com ativos, cancelados e arquivados. */
async function enche(armazem: Armazem): Promise<void> {
  await grava(armazem, (vista) => [
    marca(vista, { cpf: cpfDeExemplo(1), nome: 'JOÃO 𝒜 D\'ÁVILA \\ "Ç" {NULL}' }, "10.0.0.7"),
    marca(vista, { cpf: cpfDeExemplo(2), hora: "08:30" }, "[::1]"),
    marca(vista, { cpf: cpfDeExemplo(3), hora: "09:00", nome: "NULL" }),
  ]);
  const [cancelado] = await ativosDe(armazem, 2);
  const [arquivado] = await ativosDe(armazem, 3);
  await grava(armazem, (vista) => [
    desmarca(cancelado),
    arquiva(arquivado),
    marca(vista, { cpf: cpfDeExemplo(3), data: "2026-12-07" }),
  ], { quando: QUANDO + 1500 });
  await grava(armazem, (vista) => [
    fecha(vista, { motivo: "feriado" }),
    contata({ cpf: cpfDeExemplo(1), email: "maria@exemplo.br", telefone: "" }),
    conta(cpfDeExemplo(1), "2001:db8:0:1::/64", { recentes: [QUANDO, QUANDO + 1], dia: DIA, acertou: QUANDO }),
    conta("", "10.0.0.7", { recentes: [QUANDO] }),
    marca(vista, {
      cpf: cpfDeExemplo(5),
      hora: "09:30",
      encaixe: true,
      senha: "P001",
      situacao: "CHEGOU",
      prioridade: 2,
    }),
  ], { pede: comExcecoes() });
}

teste("importar leva o livro inteiro para o PostgreSQL e de volta, com a história e os números", async (url, banco) => {
  using pasta = new Pasta();
  const [ida, volta] = [pasta.arquivo("ida.db"), pasta.arquivo("volta.db")];
  {
    await using armazem = ArmazemSqlite.abre(ida);
    await enche(armazem);
  }
  const { codigo, stdout, stderr } = await roda("servidor.ts", ["importar", "--de", ida, "--para", url], {
    cwd: pasta.caminho,
  });
  assertEquals([codigo, stderr], [0, ""]);
  assertMatch(stdout, /copiado para postgres:\/\/clinica@127\.0\.0\.1:\d+\/\w+ \(13 linhas, conferidas\)/);
  {
    await using armazem = await ArmazemPostgres.abre(url);
    // O número seguinte é mesmo seguinte.
    await grava(armazem, (vista) => [marca(vista, { cpf: cpfDeExemplo(4), hora: "10:00" })]);
    assertEquals((await ativosDe(armazem, 4)).map(({ numero }) => numero), [6]);
    await assertRejects(() => importa({ de: ida, para: url }), ErroDoArmazem, "há servidores ligados");
    await assertRejects(() => importa({ de: url, para: volta }), ErroDoArmazem, "há servidores ligados");
  }
  // O que se marcou, com a linha do diário, e a da trilha que diz que se importou.
  assertEquals(await importa({ de: url, para: volta }), 16);
  const { DatabaseSync } = await import("node:sqlite");
  using db = new DatabaseSync(volta, { readOnly: true });
  for (const [tabela, tipos] of Object.entries(COLUNAS)) {
    const colunas = Object.entries(tipos);
    const sql = `SELECT ${colunas.map(([nome]) => nome)} FROM ${tabela} ORDER BY 1`;
    const doSqlite = db.prepare(sql).all().map((linha) =>
      colunas.map(([nome, tipo]) => tipo === "logico" ? (linha[nome] === 1 ? "t" : "f") : String(linha[nome]))
    );
    assertEquals(doSqlite, await cluster.executa(sql, banco), tabela);
  }
  assertEquals((await listaDoPostgres(url, DIA)).length, 4);
  const deLa = await excecoesDoPostgres(url);
  assertEquals(deLa, excecoesDoLivro(volta));
  assert(deLa.length > 0);
});

teste(
  "importar recusa um destino que não está vazio, uma origem em uso ou que não há, e não deixa nada",
  async (url, banco) => {
    using pasta = new Pasta();
    const livro = pasta.arquivo("clinica.db");
    {
      await using armazem = ArmazemSqlite.abre(livro);
      await enche(armazem);
      await assertRejects(() => importa({ de: livro, para: url }), ErroDoArmazem, "outro servidor já usa este livro");
    }
    await assertRejects(
      () => importa({ de: pasta.arquivo("outro.db"), para: url }),
      ErroDoArmazem,
      "não há livro aqui",
    );
    assertEquals(await importa({ de: livro, para: url }), 13);
    await assertRejects(() => importa({ de: livro, para: url }), ErroDoArmazem, "não está vazio");
    await assertRejects(() => importa({ de: url, para: livro }), ErroDoArmazem, "não está vazio");
    assertEquals(await cluster.executa("SELECT count(*) FROM agendamento", banco), [["5"]]);

    // Uma linha que o destino recusa: nada fica.
    const outro = `${banco}b`;
    await cluster.banco(outro);
    await (await ArmazemPostgres.abre(cluster.url(outro)))[Symbol.asyncDispose]();
    await cluster.executa("ALTER TABLE agendamento ADD CHECK (nome <> 'NULL')", outro);
    await assertRejects(() => importa({ de: livro, para: cluster.url(outro) }), ErroDoArmazem, "nada foi gravado");
    assertEquals(await cluster.executa("SELECT count(*) FROM agendamento", outro), [["0"]]);
  },
);

teste("importada para o PostgreSQL e de volta, a lista de espera fica igual, e a ordem continua", async (url) => {
  using pasta = new Pasta();
  const [ida, volta] = [pasta.arquivo("ida.db"), pasta.arquivo("volta.db")];
  const pede = comEspera();
  const lista = async (armazem: Armazem): Promise<unknown> =>
    await armazem.le(pede, (vista) => vista.listaDeEspera(CLINICO).map((uma) => [uma, vista.conviteDe(uma)]));
  let antes: unknown;
  {
    await using armazem = ArmazemSqlite.abre(ida);
    await grava(armazem, (vista) => [1, 2].map((n) => entra(vista, { cpf: cpfDeExemplo(n), prioridade: n })), { pede });
    const [um, dois] = armazem.le(pede, (vista) => vista.listaDeEspera(CLINICO));
    await grava(armazem, (vista) => [
      mudaEspera(dois, { passou: ['2026-12-02 08:30 "Ç"'], lapsos: 2, ordem: vista.novaEspera() }),
      ...convida(vista, um, { ate: "2026-11-23T12:00:00Z" }),
    ], { pede });
    antes = await lista(armazem);
  }
  await importa({ de: ida, para: url });
  await importa({ de: url, para: volta });
  {
    await using armazem = ArmazemSqlite.abre(volta);
    assertEquals(await lista(armazem), antes);
  }
  await using armazem = await ArmazemPostgres.abre(url);
  assertEquals(await lista(armazem), antes);
  await grava(armazem, (vista) => [entra(vista, { cpf: cpfDeExemplo(3) })], { pede });
  const ordens = await armazem.le(pede, (vista) => vista.listaDeEspera(CLINICO).map(({ ordem }) => ordem));
  assertEquals(Math.max(...ordens), ordens[ordens.length - 1], "quem entra depois é o último");
  assertEquals(new Set(ordens).size, 3);
});
