/**
 * Testes da trilha num livro em arquivo e num PostgreSQL de verdade: as mesmas palavras, com um servidor e ao lado dele, o que se
 * muda por fora, as tentativas de que não se sabe o fim, a cópia e a importação.
 *
 * @module
 */

import { assert, assertEquals, assertMatch, assertNotEquals, assertRejects, assertThrows } from "@std/assert";
import { createHmac, randomBytes } from "node:crypto";
import { type Armazem, ErroDoArmazem, NENHUM_ALCANCE } from "../clinica/livro.ts";
import {
  type Acesso,
  type Cabeca,
  Conferencia,
  type Defeito,
  escreveCabeca,
  type EscritaDaTrilha,
  type LivroDaTrilha,
  type TabelaDaTrilha,
  TABELAS_DA_TRILHA,
} from "../clinica/trilha.ts";
import { ate, cpfDeExemplo, Pasta, testeComSistema } from "../testes/apoio.ts";
import { type Cluster, clusterDoArquivo, Intermediario, testeComPostgres } from "../testes/cluster.ts";
import { executa, modo } from "../testes/livro_sqlite.ts";
import { AGENDA, alcance, ativosDe, DIA, grava, marca, muda, QUANDO, tenta } from "../testes/mudancas.ts";
import { abreChaveDaTrilha, abreOuFazChave, arquivoDoSelo, guardaChave, seloDe } from "./arquivo_do_selo.ts";
import { importa } from "./importacao.ts";
import { ArmazemPostgres } from "./postgres.ts";
import { daCadeia } from "./postgres_travas.ts";
import { abreTrilhaDoPostgres } from "./postgres_trilha.ts";
import { Acessos, BYTES_DO_SELO, Selo } from "./selo.ts";
import { ArmazemSqlite } from "./sqlite.ts";
import { copiaLivro } from "./sqlite_copia.ts";
import { abreTrilhaDoArquivo } from "./sqlite_trilha.ts";
import { COLUNAS } from "./tabelas.ts";

let cluster: Cluster;
clusterDoArquivo((novo) => cluster = novo);
let bancos = 0;

const CHAVE = randomBytes(BYTES_DO_SELO);
const SELO = new Selo(CHAVE, "recepcao");

type ComTrilha = Armazem & EscritaDaTrilha & { cabecas(...servidores: readonly string[]): Promise<Cabeca[]> };

/** Um livro, e como se abre. */
interface Livro {
  readonly onde: string;
  /** Para um servidor, criando-o se não há. */
  abre(selo?: Selo): Promise<ComTrilha>;
  /** Só a trilha. */
  trilha(selo?: Selo): Promise<LivroDaTrilha>;
  /** Muda-o por fora. */
  manda(sql: string): Promise<void>;
}

/** O mesmo teste nos dois armazéns. */
function teste(nome: string, fn: (livro: Livro, pasta: Pasta) => Promise<void>): void {
  testeComSistema(`trilha em arquivo: ${nome}`, async () => {
    using pasta = new Pasta();
    await fn(doArquivo(pasta.arquivo("clinica.db")), pasta);
  });
  testeComPostgres(`trilha em PostgreSQL: ${nome}`, async () => {
    using pasta = new Pasta();
    await fn(await doPostgres(), pasta);
  });
}

function doArquivo(onde: string): Livro {
  return {
    onde,
    abre: (selo = SELO) => Promise.resolve(ArmazemSqlite.abre(onde, { selo })),
    trilha: (selo = SELO) => Promise.resolve(abreTrilhaDoArquivo(onde, selo)),
    manda: (sql) => Promise.resolve(executa(onde, sql)),
  };
}

async function doPostgres(): Promise<Livro> {
  const banco = `trilha${++bancos}`;
  const onde = await cluster.banco(banco);
  return {
    onde,
    abre: (selo = SELO) => ArmazemPostgres.abre(onde, { selo }),
    trilha: (selo = SELO) => abreTrilhaDoPostgres(onde, selo),
    manda: async (sql) => void await cluster.executa(sql, banco),
  };
}

/** Acessos diferentes uns dos outros. */
function acessos(...quais: number[]): Acesso[] {
  return quais.map((n): Acesso => ({
    ...{
      quando: `2026-11-23T10:00:${String(n % 60).padStart(2, "0")}Z`,
      papel: "balcao",
      quem: "k:3",
      especie: "BUSCA",
    },
    ...{ cpf: SELO.cpf(cpfDeExemplo(n)), numeros: `${n}`, vezes: 1 + n },
  }));
}

interface Conferida {
  readonly defeitos: Defeito[];
  readonly cabecas: string[];
  readonly linhas: number;
}

async function confere(livro: Livro, { selo = SELO, cabecas = [] as Cabeca[] } = {}): Promise<Conferida> {
  await using trilha = await livro.trilha(selo);
  const conferida: Conferida & { linhas: number } = { defeitos: [], cabecas: [], linhas: 0 };
  for (const tabela of TABELAS_DA_TRILHA) {
    const conferencia = new Conferencia(tabela, (servidor) => selo.seladorDe(servidor), cabecas);
    for await (const pedaco of trilha.pedacos(tabela)) {
      conferida.linhas += pedaco.length;
      for (const linha of pedaco) conferida.defeitos.push(...conferencia.recebe(linha));
    }
    conferida.defeitos.push(...conferencia.fim());
    conferida.cabecas.push(...conferencia.cadeias().map(escreveCabeca));
  }
  return conferida;
}

/** As colunas de uma tabela da trilha, de todas as linhas. */
async function colunas(livro: Livro, tabela: TabelaDaTrilha, ...nomes: string[]): Promise<unknown[][]> {
  await using trilha = await livro.trilha();
  const indices = nomes.map((nome) => Object.keys(COLUNAS[tabela]).indexOf(nome));
  const linhas: unknown[][] = [];
  for await (const pedaco of trilha.pedacos(tabela)) {
    linhas.push(...pedaco.map((linha) => indices.map((i) => linha[i])));
  }
  return linhas;
}

/** Uma trilha com cinco lotes e cinco acessos. */
async function enche(livro: Livro): Promise<void> {
  await using armazem = await livro.abre();
  for (let n = 1; n <= 5; n++) {
    await grava(armazem, (vista) => [marca(vista, { cpf: cpfDeExemplo(n), hora: `0${n}:00` })]);
    await armazem.acrescenta(acessos(n));
  }
}

// ------------------------------------------------------------------------------------------------------ a chave e o selo

Deno.test({
  name: "selo: é o HMAC-SHA256 de uma chave por fim, e muda com a chave, com a linha e com a anterior",
  permissions: "none",
  fn(): void {
    const cpf = createHmac("sha256", createHmac("sha256", CHAVE).update("cpf").digest()).update("01234567890");
    assertEquals(SELO.cpf("01234567890"), cpf.digest("hex").slice(0, 32));
    const outro = new Selo(randomBytes(BYTES_DO_SELO), "recepcao");
    assertNotEquals(outro.cpf("01234567890"), SELO.cpf("01234567890"));
    assertMatch(SELO.servidor, /^recepcao\.[0-9a-f]{8}$/);
    assertEquals(new Selo(CHAVE, "a b:c/ç".repeat(9)).servidor.split(".")[0], "a-b-c--a-b-c--a-b-c--a-b");
    assertEquals(new Selo(CHAVE, "outra").servidor.split(".")[1], SELO.servidor.split(".")[1]);
    assertEquals([SELO.seladorDe(SELO.servidor) === undefined, outro.seladorDe(SELO.servidor)], [false, undefined]);
    const linha = [1, "a", "b", "[]", SELO.servidor, 1];
    const selos = [
      SELO.sela("diario", linha, ""),
      SELO.sela("acesso", linha, ""),
      SELO.sela("diario", linha, "0"),
      SELO.sela("diario", linha.with(1, "b"), ""),
      outro.sela("diario", linha, ""),
    ];
    assertEquals(new Set(selos).size, 5);
    assertMatch(selos[0], /^[0-9a-f]{32}$/);
  },
});

testeComSistema("chave da trilha: faz-se uma vez, só o dono a lê, e a mesma serve sempre", () => {
  using pasta = new Pasta();
  const arquivo = arquivoDoSelo(pasta.arquivo("clinica.db"));
  const nova = abreChaveDaTrilha(arquivo);
  assertEquals([nova.nova, [...Deno.readDirSync(pasta.caminho)]], [true, []], "só se guarda quando há livro");
  guardaChave(nova);
  assertEquals(modo(arquivo), 0o600);
  const outraVez = abreChaveDaTrilha(arquivo);
  assertEquals([outraVez.nova, outraVez.exposta, outraVez.bytes], [false, false, Uint8Array.from(nova.bytes)]);
  guardaChave(outraVez);
  assertThrows(() => guardaChave({ ...outraVez, nova: true }), Deno.errors.AlreadyExists);
  assertEquals(abreOuFazChave(arquivo).bytes, outraVez.bytes);
  assertEquals([...Deno.readDirSync(pasta.caminho)].length, 1);
  assertEquals(abreOuFazChave(pasta.arquivo("outra.trilha")).bytes.length, BYTES_DO_SELO);
  Deno.chmodSync(arquivo, 0o640);
  assert(abreChaveDaTrilha(arquivo).exposta);
  for (const errada of ["", "x".repeat(64), "0".repeat(63)]) {
    Deno.writeTextFileSync(arquivo, errada);
    assertThrows(() => abreChaveDaTrilha(arquivo), ErroDoArmazem, "não é uma chave da trilha");
  }
  assertThrows(() => abreOuFazChave(pasta.arquivo("não há/x.trilha")), ErroDoArmazem, "não pôde ser feita");
  assertMatch(seloDe(nova).servidor, /^[\w-]+\.[0-9a-f]{8}$/);
  assertNotEquals(seloDe(nova, "9000").servidor, seloDe(nova, "9001").servidor);
});

// ------------------------------------------------------------------------------------------------------ a cadeia

teste("cada lote e cada acesso seguem-se ao anterior, também depois de reiniciar, e o livro confere", async (livro) => {
  await enche(livro);
  const { cabecas: [diario, acesso], ...resto } = await confere(livro);
  assertEquals(resto, { defeitos: [], linhas: 10 });
  assertMatch(diario, /^diario:recepcao\.[0-9a-f]{8}:5:[0-9a-f]{32}$/);
  assertMatch(acesso, /^acesso:recepcao\.[0-9a-f]{8}:5:[0-9a-f]{32}$/);
  await using armazem = await livro.abre();
  assertEquals(
    (await armazem.cabecas(SELO.servidor, "outra.00000000")).map(escreveCabeca),
    (await confere(livro)).cabecas,
  );
  await armazem.acrescenta([]);
  await armazem.acrescenta(acessos(6, 7, 8));
  assertEquals((await confere(livro)).defeitos, []);
  assertEquals((await colunas(livro, "acesso", "numeros", "vezes", "especie", "quem")).slice(-2), [
    ["7", 8, "BUSCA", "k:3"],
    ["8", 9, "BUSCA", "k:3"],
  ]);
});

teste("um lote recusado, ou sem mudanças, não deixa linha nem parte a cadeia", async (livro) => {
  await using armazem = await livro.abre();
  await grava(armazem, (vista) => [marca(vista, { cpf: cpfDeExemplo(1) })]);
  assertEquals(await tenta(armazem, (vista) => [marca(vista, { cpf: cpfDeExemplo(2) })]), "recusado");
  await grava(armazem, () => []);
  const [um] = await ativosDe(armazem, 1);
  await grava(armazem, () => [muda(um, { situacao: "CONFIRMADO" })]);
  assertEquals((await confere(livro)).defeitos, []);
  assertEquals((await colunas(livro, "diario", "ordem")).flat(), [1, 2]);
});

teste("ao lado de um servidor escreve-se noutra cadeia, e as duas conferem", async (livro) => {
  await using armazem = await livro.abre();
  const comandos = new Selo(CHAVE, "recepcao-comandos");
  {
    await using trilha = await livro.trilha(comandos);
    await armazem.acrescenta(acessos(1));
    await trilha.acrescenta(acessos(2));
    await armazem.acrescenta(acessos(3));
    await trilha.acrescenta(acessos(4));
  }
  await using outraVez = await livro.trilha(comandos);
  await outraVez.acrescenta(acessos(5));
  await grava(armazem, (vista) => [marca(vista, { cpf: cpfDeExemplo(1) })]);
  const { defeitos, cabecas } = await confere(livro);
  assertEquals(defeitos, []);
  assertEquals(cabecas.map((uma) => uma.split(/[.:]/).toSpliced(2, 1).slice(0, 3)), [
    ["diario", "recepcao", "1"],
    ["acesso", "recepcao", "2"],
    ["acesso", "recepcao-comandos", "3"],
  ]);
});

teste("com outra chave começa outra cadeia, e a de antes só se confere com a sua", async (livro) => {
  await enche(livro);
  const outro = new Selo(randomBytes(BYTES_DO_SELO), "recepcao");
  {
    await using armazem = await livro.abre(outro);
    await grava(armazem, (vista) => [marca(vista, { cpf: cpfDeExemplo(9), hora: "09:00" })]);
    await armazem.acrescenta(acessos(9));
  }
  assertEquals((await colunas(livro, "diario", "ordem")).flat(), [1, 2, 3, 4, 5, 1]);
  for (const selo of [SELO, outro]) assertEquals((await confere(livro, { selo })).defeitos, []);
});

teste("os números de um CPF são os dos agendamentos e os das esperas", async (livro) => {
  await enche(livro);
  await using trilha = await livro.trilha();
  const { agendamentos, esperas } = await trilha.numerosDe(cpfDeExemplo(2));
  assertEquals([agendamentos.length, esperas], [1, []]);
});

teste("lê-se entre dois instantes, e aos pedaços", async (livro) => {
  await using armazem = await livro.abre();
  for (let volta = 0; volta < 3; volta++) {
    await armazem.acrescenta(acessos(...Array.from({ length: 900 }, (_, i) => i)));
  }
  await using trilha = await livro.trilha();
  const tamanhos: number[] = [];
  for await (const pedaco of trilha.pedacos("acesso")) tamanhos.push(pedaco.length);
  assertEquals([tamanhos.length > 1, tamanhos.reduce((a, b) => a + b)], [true, 2700]);
  let achadas = 0;
  const entre = { de: "2026-11-23T10:00:30", ate: "2026-11-23T10:00:32" };
  for await (const pedaco of trilha.pedacos("acesso", entre)) achadas += pedaco.length;
  assertEquals(achadas, 3 * 2 * 15);
});

// ------------------------------------------------------------------------------------------------------ mudada por fora

teste("mudar, tirar, pôr ou trocar uma linha acha-se, seja qual for a coluna", async (livro) => {
  await enche(livro);
  const outros: Readonly<Record<string, string>> = {
    id: "id + 1000",
    ordem: "ordem + 1000",
    vezes: "vezes + 1",
    servidor: `replace(servidor, 'recepcao', 'reception')`,
    selo: "'00' || substr(selo, 3)",
  };
  for (const tabela of TABELAS_DA_TRILHA) {
    const ids = (await colunas(livro, tabela, "id")).flat();
    for (const coluna of Object.keys(COLUNAS[tabela])) {
      // Cada conferência de um banco liga-se a ele outra vez.
      for (const id of ids.slice(0, livro.onde.includes("://") ? 1 : 4)) {
        const guarda = await retrato(livro, tabela);
        const novo = outros[coluna] ?? `${coluna} || ' '`;
        await livro.manda(`UPDATE ${tabela} SET ${coluna} = ${novo} WHERE id = ${id}`);
        const { defeitos } = await confere(livro);
        assert(defeitos.length > 0, `${tabela}.${coluna} ${id}`);
        assert(defeitos.every((um) => um.tabela === tabela), `${tabela}.${coluna} ${id}`);
        await guarda.repoe();
      }
    }
    const guarda = await retrato(livro, tabela);
    await livro.manda(`DELETE FROM ${tabela} WHERE id = ${ids[1]}`);
    assertEquals((await confere(livro)).defeitos.map(({ id, o_que }) => [id, o_que]), [[
      ids[2],
      "faltam 1 antes dela",
    ]]);
    await guarda.repoe();
    const nomes = Object.keys(COLUNAS[tabela]).filter((nome) => nome !== "id").join(", ");
    const imita = nomes.replace("servidor", "replace(servidor, '.', '2.') AS servidor");
    await livro.manda(
      `INSERT INTO ${tabela} (id, ${nomes}) SELECT id + 1000, ${imita} FROM ${tabela} WHERE id = ${ids[1]}`,
    );
    assertEquals((await confere(livro)).defeitos.map(({ id }) => id), [Number(ids[1]) + 1000]);
    await guarda.repoe();
    await livro.manda(
      `UPDATE ${tabela} SET id = CASE id WHEN ${ids[1]} THEN -1 WHEN ${ids[2]} THEN ${ids[1]} ELSE id END`,
    );
    await livro.manda(`UPDATE ${tabela} SET id = ${ids[2]} WHERE id = -1`);
    assert((await confere(livro)).defeitos.length > 0);
    await guarda.repoe();
    assertEquals((await confere(livro)).defeitos, []);
  }
});

/** As linhas de uma tabela, para as repor. */
async function retrato(livro: Livro, tabela: TabelaDaTrilha): Promise<{ repoe(): Promise<void> }> {
  const nomes = Object.keys(COLUNAS[tabela]);
  const linhas = await colunas(livro, tabela, ...nomes);
  const escreve = (valor: unknown): string => typeof valor === "number" ? `${valor}` : `'${valor}'`;
  return {
    async repoe(): Promise<void> {
      const valores = linhas.map((linha) => `(${linha.map(escreve).join(", ")})`).join(", ");
      await livro.manda(`DELETE FROM ${tabela}; INSERT INTO ${tabela} (${nomes.join(", ")}) VALUES ${valores}`);
    },
  };
}

teste("o fim cortado vê-se contra a cabeça que se guardou", async (livro) => {
  await enche(livro);
  let cabecas: Cabeca[];
  {
    await using armazem = await livro.abre();
    cabecas = await armazem.cabecas(SELO.servidor);
  }
  await livro.manda("DELETE FROM acesso WHERE ordem > 3");
  assertEquals((await confere(livro)).defeitos, []);
  const { defeitos } = await confere(livro, { cabecas });
  assertEquals(defeitos.map(({ tabela, o_que }) => [tabela, o_que]), [
    ["acesso", "a cabeça diz 5 linhas, e há 3: falta o fim"],
  ]);
});

// ------------------------------------------------------------------------------------------------------ o fim que não se sabe

Deno.test({
  name: "acessos: de uma tentativa que ficou sem que se soubesse só se escreve o que se juntou depois",
  permissions: "none",
  fn(): void {
    const deles = new Acessos(SELO);
    const numeros = (quais: readonly Acesso[]): string => quais.map(({ numeros }) => numeros).join();
    const [ponta, ids] = [{ ordem: 7, selo: "a".repeat(32) }, [1, 2, 3, 4, 5]];
    const seladas = deles.sela(deles.falta(acessos(1, 2), ponta), ponta, ids);
    assertEquals(seladas.map((linha) => linha.at(-2)), [8, 9]);
    // Não ficou: a ponta é a mesma, e vai tudo outra vez.
    assertEquals(numeros(deles.falta(acessos(1, 2, 3), ponta)), "1,2,3");
    // Ficou: a ponta é a última delas.
    const depois = { ordem: 9, selo: String(seladas[1].at(-1)) };
    assertEquals(numeros(deles.falta(acessos(1, 2, 3), depois)), "3");
    // E se também disto não se sabe, e ficou, já só falta o que vier a seguir.
    const [outra] = deles.sela(deles.falta(acessos(1, 2, 3), depois), depois, ids);
    assertEquals(numeros(deles.falta(acessos(1, 2, 3, 4), { ordem: 10, selo: String(outra.at(-1)) })), "4");
    // Soube-se que ficou: os que vêm são outros, ainda que iguais.
    deles.ficou();
    assertEquals(numeros(deles.falta(acessos(1, 2), { ordem: 10, selo: String(outra.at(-1)) })), "1,2");
  },
});

testeComSistema(
  "trilha em arquivo: com o livro fechado a outro, repete-se com o que se juntou, e nada fica duas vezes",
  async () => {
    using pasta = new Pasta();
    const livro = doArquivo(pasta.arquivo("clinica.db"));
    await using armazem = await livro.abre();
    await armazem.acrescenta(acessos(1));
    executa(
      livro.onde,
      "CREATE TRIGGER recusa BEFORE INSERT ON acesso WHEN NEW.numeros = '3' BEGIN SELECT RAISE(FAIL, 'x'); END",
    );
    await assertRejects(() => armazem.acrescenta(acessos(2, 3)));
    executa(livro.onde, "DROP TRIGGER recusa");
    await armazem.acrescenta(acessos(2, 3, 4));
    await armazem.acrescenta(acessos(2));
    assertEquals((await colunas(livro, "acesso", "numeros")).flat(), ["1", "2", "3", "4", "2"]);
    assertEquals((await confere(livro)).defeitos, []);
    // Uma leitura que falha não estorva quem marca.
    await grava(armazem, (vista) => [marca(vista, { cpf: cpfDeExemplo(1) })]);
  },
);

for (const sumico of ["perde o commit", "perde a resposta"] as const) {
  testeComPostgres(`trilha em PostgreSQL: um lote de acessos que ${sumico} não se perde nem se repete`, async () => {
    const livro = await doPostgres();
    await using rede = new Intermediario(cluster.porta);
    const url = livro.onde.replace(`:${cluster.porta}`, `:${rede.porta}`);
    await using armazem = await ArmazemPostgres.abre(url, { selo: SELO });
    await armazem.acrescenta(acessos(1));
    rede.sumico = sumico;
    // Tenta outra vez por si, com outra conexão; se não, quem chama repete.
    await armazem.acrescenta(acessos(2, 3)).catch(() => armazem.acrescenta(acessos(2, 3)));
    await armazem.acrescenta(acessos(4));
    assertEquals((await colunas(livro, "acesso", "numeros")).flat(), ["1", "2", "3", "4"]);
    assertEquals((await confere(livro)).defeitos, []);
  });

  testeComPostgres(`trilha em PostgreSQL: um lote que ${sumico} não parte a cadeia do diário`, async () => {
    const livro = await doPostgres();
    await using rede = new Intermediario(cluster.porta);
    const url = livro.onde.replace(`:${cluster.porta}`, `:${rede.porta}`);
    await using armazem = await ArmazemPostgres.abre(url, { selo: SELO });
    await grava(armazem, (vista) => [marca(vista, { cpf: cpfDeExemplo(1), hora: "08:00" })]);
    rede.sumico = sumico;
    const marcar = (n: number): ReturnType<typeof armazem.lote<number>> =>
      armazem.lote(alcance, QUANDO, (vista) => ({
        resultado: n,
        mudancas: [marca(vista, { cpf: cpfDeExemplo(n + 10), hora: `${n + 10}:30` })],
      }));
    const duvidoso = await marcar(1);
    // O seguinte não espera que se saiba: segue-se ao que o banco tiver.
    const seguintes = [await marcar(2), await marcar(3)];
    const fins = await Promise.all([duvidoso, ...seguintes].map((um) => um.tipo === "pendente" ? um.fim : um));
    const gravados = fins.filter(({ tipo }) => tipo === "gravado").length;
    const { defeitos, linhas } = await confere(livro);
    assertEquals([defeitos, linhas], [[], 1 + gravados]);
    assert(gravados >= 2, JSON.stringify(fins));
  });
}

testeComPostgres(
  "trilha em PostgreSQL: vários servidores têm cada um a sua cadeia, e o mesmo nome não a parte",
  async () => {
    const livro = await doPostgres();
    const selos = [new Selo(CHAVE, "um"), new Selo(CHAVE, "dois"), new Selo(CHAVE, "dois")];
    const armazens = await Promise.all(selos.map((selo) => livro.abre(selo)));
    await Promise.all(armazens.map(async (armazem, qual) => {
      for (let n = 0; n < 10; n++) {
        await marcaSo(armazem, qual * 100 + n, `2026-12-${String(qual * 10 + n + 1).padStart(2, "0")}`);
        await armazem.acrescenta(acessos(qual * 100 + n));
      }
    }));
    for (const armazem of armazens) await armazem[Symbol.asyncDispose]();
    const { defeitos, cabecas, linhas } = await confere(livro);
    assertEquals([defeitos, linhas], [[], 60]);
    assertEquals(cabecas.map((uma) => uma.split(/[.:]/).toSpliced(2, 1).slice(0, 3).join(" ")).sort(), [
      ...["acesso dois 20", "acesso um 10", "diario dois 20", "diario um 10"],
    ]);
  },
);

testeComPostgres(
  "trilha em PostgreSQL: um lote espera pelo anterior da cadeia, e segue-se ao que dele ficou",
  async () => {
    const livro = await doPostgres();
    const banco = `trilha${bancos}`;
    await using armazem = await livro.abre();
    await marcaSo(armazem, 1, "2026-12-01");
    const [[selo]] = await colunas(livro, "diario", "selo");
    await using sessao = await cluster.sessao(banco);
    await sessao.executa(`BEGIN; SELECT pg_advisory_xact_lock(${daCadeia("diario", SELO.servidor)})`);
    const semSelo = [1000, "a".repeat(32), "2026-11-23T10:00:00Z", "[]", SELO.servidor, 2];
    const linha = [...semSelo, SELO.sela("diario", semSelo, String(selo))];
    await sessao.executa(
      `INSERT INTO diario (${Object.keys(COLUNAS.diario)}) VALUES (${linha.map((valor) => `'${valor}'`)});
     SELECT setval('diario_id_seq', 1000)`,
    );
    const marcada = marcaSo(armazem, 2, "2026-12-02");
    await ate(async () => (await sessao.executa("SELECT FROM pg_locks WHERE NOT granted")).length > 0);
    await sessao.executa("COMMIT");
    await marcada;
    assertEquals([(await confere(livro)).defeitos, (await colunas(livro, "diario", "ordem")).flat()], [[], [1, 2, 3]]);
  },
);

/** Marca um, só com as travas dele: as de costume, dos testes, são as de tudo. */
async function marcaSo(armazem: Armazem, n: number, data: string): Promise<void> {
  const cpf = cpfDeExemplo(n);
  const pede = { ...NENHUM_ALCANCE, cpfs: [cpf], dias: [[AGENDA, data]] as const, novos: 1 };
  const desfecho = await armazem.lote(() => pede, QUANDO, (vista) => ({
    resultado: undefined,
    mudancas: [marca(vista, { cpf, data })],
  }));
  assertEquals(desfecho.tipo, "gravado", Deno.inspect(desfecho));
}

// ------------------------------------------------------------------------------------------------------ cópia e migração

teste("a cadeia vai com o livro que se importa ou se copia, confere, e continua", async (livro, pasta) => {
  await enche(livro);
  const antes = await confere(livro);
  const outros = [doArquivo(pasta.arquivo("outro.db")), ...livro.onde.includes("://") ? [await doPostgres()] : []];
  for (const outro of outros) {
    await importa({ de: livro.onde, para: outro.onde });
    assertEquals(await confere(outro), antes);
    await using armazem = await outro.abre();
    await grava(armazem, (vista) => [marca(vista, { cpf: cpfDeExemplo(9), hora: "09:00" })]);
    await armazem.acrescenta(acessos(9));
    const { defeitos, linhas } = await confere(outro);
    assertEquals([defeitos, linhas], [[], 12]);
  }
  if (livro.onde.includes("://")) return;
  copiaLivro(livro.onde, pasta.arquivo("copia.db"));
  assertEquals(await confere(doArquivo(pasta.arquivo("copia.db"))), antes);
});

testeComPostgres("trilha: a cadeia vai do arquivo para o PostgreSQL", async () => {
  using pasta = new Pasta();
  const [de, para] = [doArquivo(pasta.arquivo("clinica.db")), await doPostgres()];
  await enche(de);
  await importa({ de: de.onde, para: para.onde });
  assertEquals(await confere(para), await confere(de));
  await using armazem = await para.abre();
  await armazem.acrescenta(acessos(9));
  await grava(armazem, (vista) => [marca(vista, { cpf: cpfDeExemplo(9), hora: "09:00" })]);
  assertEquals((await confere(para)).defeitos, []);
});

teste("o que o diário tinha antes dos selos fica fora da cadeia, e diz-se quanto é", async (livro) => {
  await enche(livro);
  await livro.manda("UPDATE diario SET servidor = '', ordem = 0, selo = ''; DELETE FROM acesso");
  {
    await using armazem = await livro.abre();
    await grava(armazem, (vista) => [marca(vista, { cpf: cpfDeExemplo(9), hora: "09:00" })]);
  }
  await using trilha = await livro.trilha();
  const conferencia = new Conferencia("diario", (servidor) => SELO.seladorDe(servidor));
  for await (const pedaco of trilha.pedacos("diario")) {
    for (const linha of pedaco) assertEquals(conferencia.recebe(linha), []);
  }
  assertEquals([conferencia.fim(), conferencia.foraDaCadeia, conferencia.cadeias()[0].ordem], [[], 5, 1]);
  await using armazem = await livro.abre();
  assertEquals((await armazem.lista(DIA)).length, 6);
});
