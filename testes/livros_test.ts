/**
 * Os livros das versões que já saíram, abertos por esta: nada se perde, as respostas são as de então, marca-se e
 * cancela-se neles. Como foram feitos está em `livros/README.md`.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { Agenda } from "../agenda.ts";
import { fonteSqlite } from "../armazem/sqlite_copia.ts";
import { ArmazemPostgres } from "../armazem/postgres.ts";
import { fontePostgres } from "../armazem/postgres_copia.ts";
import { ArmazemSqlite } from "../armazem/sqlite.ts";
import { COLUNAS } from "../armazem/tabelas.ts";
import { lerCodigo } from "../clinica/agendamento.ts";
import type { Armazem, Fonte, Quem } from "../clinica/livro.ts";
import { entra } from "../clinica/pessoa.ts";
import { lerOferta } from "../clinica/oferta.ts";
import { decodificarPedido } from "../protocolo.ts";
import { Redator } from "../rede/redator.ts";
import { Pasta, testeComSistema } from "./apoio.ts";
import { Cluster, testeComPostgres } from "./cluster.ts";
import { consulta, executa } from "./livro_sqlite.ts";
import type { Guardada, Livros } from "./livros/faz.ts";

/** As versões de que há livros em `livros/`. */
const VERSOES = ["1.0.0"];

const LIVROS = `${import.meta.dirname}/livros`;

/** Um livro de então, como esta versão o abre. */
interface Livro {
  /** As linhas que aquela versão gravou. */
  readonly gravadas: readonly Guardada[];
  /** Abre-o para o servidor. */
  abre(): Armazem | Promise<Armazem>;
  /** Abre-o para copiar. */
  fonte(): Fonte | Promise<Fonte>;
}

function lerLivros(versao: string): Livros {
  return JSON.parse(Deno.readTextFileSync(`${LIVROS}/${versao}.json`));
}

/** Tudo o que o livro tem, nas colunas da versão 1.0.0, e à parte o que é de hoje. */
async function linhasDe(livro: Livro): Promise<{ linhas: Guardada[]; novas: DeHoje[] }> {
  await using fonte = await livro.fonte();
  const linhas: Guardada[] = [];
  const novas: DeHoje[] = [];
  for await (const pedaco of fonte.pedacos("agendamento")) {
    for (const achada of pedaco) {
      const de = Object.fromEntries(Object.keys(COLUNAS.agendamento).map((coluna, i) => [coluna, achada[i]]));
      const cancelado = de.situacao === "CANCELADO" ? de.terminou_em : null;
      linhas.push([
        ...[de.numero, de.cpf, de.nome, de.especialidade, de.profissional, de.data, de.hora, de.minutos, de.criado_em],
        ...[cancelado, de.origem, de.ativo === 1],
      ]);
      novas.push({ versao: Number(de.versao), codigo: String(de.codigo), agenda: String(de.agenda) });
    }
  }
  return { linhas, novas };
}

/** O que a versão 1.0.0 não tinha. */
interface DeHoje {
  readonly versao: number;
  readonly codigo: string;
  readonly agenda: string;
}

/** Abre o livro, manda-lhe as linhas de pedido uma a uma e devolve as de resposta. */
async function conversa(livro: Livro, { agora, clinica }: Livros, pedidos: readonly string[]): Promise<string[]> {
  await using armazem = await livro.abre();
  const relogio = (): number => Temporal.Instant.from(agora).epochMilliseconds;
  const agenda = new Agenda({ armazem, oferta: lerOferta(clinica), relogio });
  const redator = new Redator(agenda);
  const quem: Quem = { origem: "127.0.0.1", cliente: "127.0.0.1:9", papel: "gerente" };
  const respostas: string[] = [];
  for (const pedido of pedidos) {
    const resultados = await agenda.atende([decodificarPedido(pedido)], quem) ?? [];
    respostas.push(...resultados.map((resultado) => redator.linha(resultado).trimEnd()));
  }
  return respostas;
}

/** O primeiro agendamento ativo do livro que serve. */
function ativoDe({ gravadas }: Livro, serve: (linha: Guardada) => boolean): { cpf: string; id: number } {
  const linha = gravadas.find((linha) => linha[11] === true && serve(linha));
  if (linha === undefined) throw new Error("o livro não tem a linha de que o teste precisa");
  return { cpf: String(linha[1]), id: Number(linha[0]) };
}

/** O que todo livro de então tem de continuar a ser. */
async function confere(livro: Livro, livros: Livros): Promise<void> {
  // Quem abre traz o livro à versão de hoje: de um mais velho não se copia.
  await (await livro.abre())[Symbol.asyncDispose]();
  const { linhas, novas } = await linhasDe(livro);
  assertEquals(linhas, livro.gravadas);
  assertEquals(
    novas.map(({ versao, agenda }) => [versao, agenda]),
    livro.gravadas.map((
      [, , , especialidade, , , , , , cancelado],
    ) => [cancelado === null ? 1 : 2, `E:${especialidade}`]),
  );
  assert(novas.every(({ codigo }) => lerCodigo(codigo) === codigo));
  assertEquals(new Set(novas.map(({ codigo }) => codigo)).size, novas.length);

  const { conversas } = livros;
  assertEquals(await conversa(livro, livros, conversas.map(([pedido]) => pedido)), conversas.map(([, dita]) => dita));
  assertEquals((await linhasDe(livro)).linhas, livro.gravadas, "as consultas e as recusas não mudam nada");

  // Cancela-se o que tem um nome que hoje não se aceita e o de quem já não atende; a hora volta a ser de outro.
  const partido = ativoDe(livro, ([, , nome]) => String(nome).includes("\u2028"));
  const orfao = ativoDe(livro, ([, , , especialidade]) => especialidade === "OFTALMOLOGISTA");
  // Quem tem uma consulta que já passou marca de novo: ela sai de ativo e fica.
  const passada = ativoDe(livro, ([, , , , , data]) => String(data) < livros.agora.slice(0, 10));
  const marca = (cpf: string): string[] => ["AGEND", cpf, "BIA REIS", "DERMATOLOGISTA", "18/03/2026", "QUARTA-FEIRA"];
  const codigos = (await conversa(livro, livros, [
    JSON.stringify(["CANCEL", partido.cpf]),
    JSON.stringify(["CANCEL", orfao.cpf]),
    JSON.stringify(marca(passada.cpf)),
    JSON.stringify(marca(partido.cpf)),
  ])).map((resposta) => JSON.parse(resposta)[0]);
  assertEquals(codigos, ["OK-301", "OK-301", "OK-300", "ERRO-110"]);

  const { linhas: depois } = await linhasDe(livro);
  const [nova, ...outras] = depois.slice(livro.gravadas.length);
  assertEquals(nova.slice(1, 8), [
    ...[passada.cpf, "BIA REIS", "DERMATOLOGISTA", "", "2026-03-18", "08:00", 30],
  ]);
  assertEquals(outras, []);
  const quando = String(nova[8]);
  assertEquals(
    depois.slice(0, livro.gravadas.length),
    livro.gravadas.map((linha) => {
      const id = Number(linha[0]);
      if (id === partido.id || id === orfao.id) return linha.toSpliced(9, 1, quando).toSpliced(11, 1, false);
      return id === passada.id ? linha.toSpliced(11, 1, false) : linha;
    }),
  );
}

for (const versao of VERSOES) {
  testeComSistema(`o arquivo da versão ${versao} abre-se, responde como então e continua`, async () => {
    const livros = lerLivros(versao);
    using pasta = new Pasta();
    const arquivo = pasta.arquivo("clinica.db");
    Deno.copyFileSync(`${LIVROS}/${versao}.db`, arquivo);
    await confere({
      gravadas: livros.sqlite,
      abre: () => ArmazemSqlite.abre(arquivo),
      fonte: () => fonteSqlite(arquivo),
    }, livros);
  });

  testeComPostgres(`o PostgreSQL da versão ${versao} abre-se, responde como então e continua`, async () => {
    const livros = lerLivros(versao);
    await using cluster = await Cluster.inicia();
    const url = await cluster.banco("livro");
    await cluster.executa(Deno.readTextFileSync(`${LIVROS}/${versao}.sql`), "livro");
    await confere({
      gravadas: livros.postgres,
      abre: () => ArmazemPostgres.abre(url),
      fonte: () => fontePostgres(url),
    }, livros);
  });
}

// ------------------------------------------------------------------------------------------------ as que não se lançaram

/** O esquema do livro antes da tabela das sessões. */
const ESQUEMA = 5;

/** As linhas de todas as tabelas que um livro tinha, lidas uma a uma. */
async function conteudo(
  tabelas: readonly string[],
  le: (sql: string) => unknown,
): Promise<Record<string, unknown>> {
  const lidas: Record<string, unknown> = {};
  for (const tabela of tabelas) lidas[tabela] = await le(`SELECT * FROM ${tabela} ORDER BY 1, 2`);
  return lidas;
}

testeComSistema(`o arquivo do esquema ${ESQUEMA} passa inteiro ao de hoje, e entra quem entrava`, async () => {
  using pasta = new Pasta();
  const arquivo = pasta.arquivo("clinica.db");
  executa(arquivo, Deno.readTextFileSync(`${LIVROS}/esquema-${ESQUEMA}.sqlite.sql`));
  // As duas que sobram dizem por onde se acha o que há nas outras, e o armazém é que as enche.
  const nomes =
    "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT IN ('por_cpf', 'por_data') ORDER BY 1";
  const tabelas = consulta(arquivo, nomes).map(({ name }) => String(name));
  const antes = await conteudo(tabelas, (sql) => consulta(arquivo, sql));
  {
    await using armazem = ArmazemSqlite.abre(arquivo);
    assertEquals((await armazem.pessoas.todas()).filter(entra).map(({ quem }) => quem), ["ana@clinica"]);
    assertEquals(await armazem.sessoes.acha(["0".repeat(64)]), []);
  }
  assertEquals(await conteudo(tabelas, (sql) => consulta(arquivo, sql)), antes);
  const novo = pasta.arquivo("novo.db");
  await ArmazemSqlite.abre(novo)[Symbol.asyncDispose]();
  const esquema = "SELECT type, name FROM sqlite_schema ORDER BY 1, 2";
  assertEquals(consulta(arquivo, esquema), consulta(novo, esquema));
  const copias = [...Deno.readDirSync(pasta.caminho)].filter(({ name }) => name.includes(`.versao-${ESQUEMA}.`));
  assertEquals(copias.length, 1);
});

testeComPostgres(`o PostgreSQL do esquema ${ESQUEMA} passa inteiro ao de hoje, e entra quem entrava`, async () => {
  await using cluster = await Cluster.inicia();
  const [url, novo] = [await cluster.banco("livro"), await cluster.banco("novo")];
  await cluster.executa(Deno.readTextFileSync(`${LIVROS}/esquema-${ESQUEMA}.postgres.sql`), "livro");
  const nomes =
    "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'clinica_livro' ORDER BY 1";
  const tabelas = (await cluster.executa(nomes, "livro")).map(([nome]) => String(nome));
  const antes = await conteudo(tabelas, (sql) => cluster.executa(sql, "livro"));
  {
    await using armazem = await ArmazemPostgres.abre(url);
    assertEquals((await armazem.pessoas.todas()).filter(entra).map(({ quem }) => quem), ["ana@clinica"]);
    assertEquals(await armazem.sessoes.acha(["0".repeat(64)]), []);
  }
  assertEquals(await conteudo(tabelas, (sql) => cluster.executa(sql, "livro")), antes);
  await (await ArmazemPostgres.abre(novo))[Symbol.asyncDispose]();
  const esquema =
    `SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_schema = 'public'
    UNION ALL SELECT tablename, indexname, '' FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1, 2`;
  assertEquals(await cluster.executa(esquema, "livro"), await cluster.executa(esquema, "novo"));
});

testeComSistema("de toda versão guardada se conferem os livros", () => {
  const guardadas = [...Deno.readDirSync(LIVROS)].map(({ name }) => name).filter((nome) => /^\d/.test(nome)).sort();
  assertEquals(guardadas, VERSOES.flatMap((versao) => [`${versao}.db`, `${versao}.json`, `${versao}.sql`]));
});
