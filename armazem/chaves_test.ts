/**
 * Testes das chaves de acesso, num livro em arquivo e num PostgreSQL de verdade: as mesmas palavras, ao lado de um servidor e
 * sem nenhum, e por cópias e importações.
 *
 * @module
 */

import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import type { Chave, ChaveNova, LivroDasChaves } from "../clinica/chave.ts";
import { type Armazem, ErroDoArmazem } from "../clinica/livro.ts";
import { cpfDeExemplo, Pasta, testeComSistema } from "../testes/apoio.ts";
import { type Cluster, clusterDoArquivo, testeComPostgres } from "../testes/cluster.ts";
import { consulta, executa, modo } from "../testes/livro_sqlite.ts";
import { grava, marca } from "../testes/mudancas.ts";
import { importa } from "./importacao.ts";
import { ArmazemPostgres } from "./postgres.ts";
import { abreChavesDoPostgres } from "./postgres_chaves.ts";
import { ArmazemSqlite } from "./sqlite.ts";
import { abreChavesDoArquivo } from "./sqlite_chaves.ts";
import { copiaLivro } from "./sqlite_copia.ts";
import { VERSAO } from "./sqlite_esquema.ts";

let cluster: Cluster;
clusterDoArquivo((novo) => cluster = novo);
let bancos = 0;

const EM = "2026-11-30T10:00:00Z";
const DEPOIS = "2026-12-01T11:00:00Z";

/** Uma chave por gravar. */
function nova(n: number, parte: Partial<ChaveNova> = {}): ChaveNova {
  return {
    ...{ resumo: String(n).padStart(64, "0"), papel: "balcao", nome: `Balcão ${n}`, profissional: "", ate: "" },
    ...{ criadaEm: EM, ...parte },
  };
}

/** Um livro, e como se abre. */
interface Livro {
  readonly onde: string;
  /** Para um servidor, criando-o se não há. */
  abre(): Promise<Armazem & { readonly chaves: LivroDasChaves }>;
  /** Só as chaves. */
  chaves(): Promise<LivroDasChaves & AsyncDisposable>;
}

/** O mesmo teste nos dois armazéns. */
function teste(nome: string, fn: (livro: Livro, pasta: Pasta) => Promise<void>): void {
  testeComSistema(`chaves em arquivo: ${nome}`, async () => {
    using pasta = new Pasta();
    await fn(doArquivo(pasta.arquivo("clinica.db")), pasta);
  });
  testeComPostgres(`chaves em PostgreSQL: ${nome}`, async () => {
    using pasta = new Pasta();
    await fn(await doPostgres(), pasta);
  });
}

function doArquivo(onde: string): Livro {
  return {
    onde,
    abre: () => Promise.resolve(ArmazemSqlite.abre(onde)),
    chaves: () => Promise.resolve(abreChavesDoArquivo(onde)),
  };
}

async function doPostgres(): Promise<Livro> {
  const onde = await cluster.banco(`chaves${++bancos}`);
  return { onde, abre: () => ArmazemPostgres.abre(onde), chaves: () => abreChavesDoPostgres(onde) };
}

async function cria(livro: Livro): Promise<void> {
  await using _criado = await livro.abre();
}

teste("cria-se, lista-se por número e revoga-se uma vez só", async (livro) => {
  await cria(livro);
  await using chaves = await livro.chaves();
  assertEquals(await chaves.todas(), []);
  const um = await chaves.cria(nova(1, { ate: "2027-12-31", nome: "Balcão \"Ç\" \\ '1'" }));
  assertEquals(um, { ...nova(1, { ate: "2027-12-31", nome: "Balcão \"Ç\" \\ '1'" }), numero: 1, revogadaEm: "" });
  const dois = await chaves.cria(nova(2, { papel: "profissional", profissional: "DRA. LIMA" }));
  assertEquals(dois.numero, 2);
  assertEquals(await chaves.todas(), [um, dois]);
  assertEquals(await chaves.revoga(1, DEPOIS), true);
  assertEquals(await chaves.revoga(1, EM), false, "já revogada");
  assertEquals(await chaves.revoga(3, DEPOIS), false, "não há");
  assertEquals(await chaves.todas(), [{ ...um, revogadaEm: DEPOIS }, dois], "a primeira revogação é que fica");
  // Nunca se apaga, e o número não se usa outra vez.
  assertEquals((await chaves.cria(nova(3))).numero, 3);
});

teste("o mesmo resumo, um papel que não há, ou um profissional a mais ou a menos não se gravam", async (livro) => {
  await cria(livro);
  await using chaves = await livro.chaves();
  await chaves.cria(nova(1));
  const recusadas: readonly ChaveNova[] = [
    nova(1),
    nova(2, { resumo: "curto" }),
    nova(2, { nome: "" }),
    nova(2, { profissional: "DRA. LIMA" }),
    nova(2, { papel: "profissional" }),
    nova(2, { papel: "servidor" as "balcao" }),
  ];
  for (const uma of recusadas) await assertRejects(() => chaves.cria(uma), ErroDoArmazem);
  assertEquals((await chaves.todas()).length, 1);
});

teste("um servidor no ar vê logo o que ao lado se cria e se revoga, e continua a gravar", async (livro) => {
  await using armazem = await livro.abre();
  assertEquals(await armazem.chaves.todas(), []);
  await using chaves = await livro.chaves();
  const uma = await chaves.cria(nova(1));
  assertEquals(await armazem.chaves.todas(), [uma]);
  await grava(armazem, (vista) => [marca(vista, { cpf: cpfDeExemplo(1) })]);
  await chaves.revoga(1, DEPOIS);
  assertEquals(await armazem.chaves.todas(), [{ ...uma, revogadaEm: DEPOIS }]);
  await grava(armazem, (vista) => [marca(vista, { cpf: cpfDeExemplo(2), hora: "08:30" })]);
});

teste("as chaves ficam, e vão com o livro que se importa, sem que um número se use outra vez", async (livro, pasta) => {
  await cria(livro);
  let antes: readonly Chave[];
  {
    await using chaves = await livro.chaves();
    for (const n of [1, 2, 3]) await chaves.cria(nova(n));
    await chaves.revoga(2, DEPOIS);
    antes = await chaves.todas();
  }
  const outros = [doArquivo(pasta.arquivo("outro.db")), ...livro.onde.includes("://") ? [await doPostgres()] : []];
  for (const outro of outros) {
    await importa({ de: livro.onde, para: outro.onde });
    await using armazem = await outro.abre();
    assertEquals(await armazem.chaves.todas(), antes);
    await using chaves = await outro.chaves();
    assertEquals((await chaves.cria(nova(4))).numero, 4);
  }
  await using armazem = await livro.abre();
  assertEquals(await armazem.chaves.todas(), antes);
});

testeComPostgres("chaves: vão do arquivo para o PostgreSQL", async () => {
  using pasta = new Pasta();
  const [de, para] = [doArquivo(pasta.arquivo("clinica.db")), await doPostgres()];
  await cria(de);
  await using chaves = await de.chaves();
  await chaves.cria(nova(1));
  await importa({ de: de.onde, para: para.onde });
  await using depois = await para.chaves();
  assertEquals(await depois.todas(), await chaves.todas());
  assertEquals((await depois.cria(nova(2))).numero, 2);
});

testeComSistema("chaves: vão na cópia do livro, que só o dono lê", async () => {
  using pasta = new Pasta();
  const livro = doArquivo(pasta.arquivo("clinica.db"));
  await using armazem = await livro.abre();
  await using chaves = await livro.chaves();
  await chaves.cria(nova(1));
  const copia = pasta.arquivo("copia.db");
  copiaLivro(livro.onde, copia);
  await using outro = ArmazemSqlite.abre(copia);
  assertEquals(await outro.chaves.todas(), await armazem.chaves.todas());
  assertEquals(modo(copia), 0o600);
});

testeComSistema("chaves: sem livro, ou com um de outra versão, diz-se o que fazer e nada se cria", async () => {
  using pasta = new Pasta();
  const livro = doArquivo(pasta.arquivo("clinica.db"));
  assertThrows(() => abreChavesDoArquivo(livro.onde), ErroDoArmazem, "não há livro aqui");
  assertEquals([...Deno.readDirSync(pasta.caminho)], []);
  await cria(livro);
  executa(livro.onde, "PRAGMA user_version = 4");
  assertThrows(() => abreChavesDoArquivo(livro.onde), ErroDoArmazem, "versão anterior");
});

testeComPostgres("chaves: sem livro no banco, diz-se o que fazer e nada se cria", async () => {
  const banco = `chaves${++bancos}`;
  const url = await cluster.banco(banco);
  await assertRejects(() => abreChavesDoPostgres(url), ErroDoArmazem);
  assertEquals(await cluster.executa("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'", banco), [["0"]]);
});

/** Desfaz o que a quinta e a sexta trouxeram. */
const DA_QUARTA = [
  ...["chave", "pessoa", "tentativa_de_entrar", "tentativa", "acesso", "titular", "sessao"].map((tabela) =>
    `DROP TABLE ${tabela}`
  ),
  ...["servidor", "ordem", "selo"].map((coluna) => `ALTER TABLE diario DROP COLUMN ${coluna}`),
].join("; ");

testeComSistema("chaves: um livro da quarta versão ganha a tabela delas, e a cópia fica ao lado", async () => {
  using pasta = new Pasta();
  const livro = doArquivo(pasta.arquivo("clinica.db"));
  {
    await using armazem = await livro.abre();
    await grava(armazem, (vista) => [marca(vista, { cpf: cpfDeExemplo(1) })]);
  }
  const esquema = consulta(livro.onde, "SELECT sql FROM sqlite_schema ORDER BY name");
  const linhas = consulta(livro.onde, "SELECT * FROM agendamento");
  executa(
    livro.onde,
    `${DA_QUARTA}; DROP TABLE pedido_de_fora; DROP INDEX esperas_acabadas; ALTER TABLE espera DROP COLUMN move; PRAGMA user_version = 4`,
  );
  await using armazem = await livro.abre();
  assertEquals(await armazem.chaves.todas(), []);
  assertEquals(consulta(livro.onde, "PRAGMA user_version"), [{ user_version: VERSAO }]);
  assertEquals(consulta(livro.onde, "SELECT sql FROM sqlite_schema ORDER BY name"), esquema);
  assertEquals(consulta(livro.onde, "SELECT * FROM agendamento"), linhas);
  const copia = [...Deno.readDirSync(pasta.caminho)].find(({ name }) => name.includes(".versao-4."))?.name ?? "";
  assertEquals(consulta(pasta.arquivo(copia), "PRAGMA user_version"), [{ user_version: 4 }]);
  assertEquals(consulta(pasta.arquivo(copia), "SELECT * FROM agendamento"), linhas);
});

testeComPostgres("chaves: no PostgreSQL um livro da quarta ganha-a, e o servidor de antes é desligado", async () => {
  const banco = `chaves${++bancos}`;
  const url = await cluster.banco(banco);
  const abre = (avisos: string[] = []): Promise<ArmazemPostgres> =>
    ArmazemPostgres.abre(url, { aoAvisar: (aviso) => avisos.push(aviso) });
  {
    await using armazem = await abre();
    await grava(armazem, (vista) => [marca(vista, { cpf: cpfDeExemplo(1) })]);
  }
  await cluster.executa(
    `${DA_QUARTA}; DROP INDEX esperas_acabadas; ALTER TABLE clinica_livro DROP varrido_em; ALTER TABLE espera DROP move; UPDATE clinica_livro SET versao = 4`,
    banco,
  );
  const deAntes = await cluster.sessao(banco);
  await deAntes.executa("SET application_name = 'clinica/4'");
  await using armazem = await abre();
  assertEquals(await armazem.chaves.todas(), []);
  assertEquals(await cluster.executa("SELECT versao FROM clinica_livro", banco), [[String(VERSAO)]]);
  assertEquals(await cluster.executa("SELECT count(*) FROM agendamento", banco), [["1"]]);
  // Um que não conhece as chaves deixaria entrar quem já não pode.
  await assertRejects(() => deAntes.executa("SELECT 1"));
  assert(await grava(armazem, () => []) === undefined);
});
