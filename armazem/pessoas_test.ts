/**
 * Testes das pessoas e das tentativas de entrar, num livro em arquivo e num PostgreSQL de verdade: as mesmas palavras dentro de
 * um servidor e ao lado dele, e por cópias, importações e versões.
 *
 * @module
 */

import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { BARATO } from "../testes/pessoas.ts";
import { resume } from "../acesso/argon2.ts";
import { Portaria } from "../acesso/portaria.ts";
import { type Armazem, ErroDoArmazem } from "../clinica/livro.ts";
import type { Contagem, LivroDasPessoas, Pessoa, PessoaNova, Tentativas } from "../clinica/pessoa.ts";
import { cpfDeExemplo, Pasta, testeComSistema } from "../testes/apoio.ts";
import { type Cluster, clusterDoArquivo, testeComPostgres } from "../testes/cluster.ts";
import { executa } from "../testes/livro_sqlite.ts";
import { grava, marca } from "../testes/mudancas.ts";
import { importa } from "./importacao.ts";
import { ArmazemPostgres } from "./postgres.ts";
import { abrePessoasDoPostgres } from "./postgres_pessoas.ts";
import { ArmazemSqlite } from "./sqlite.ts";
import { copiaLivro } from "./sqlite_copia.ts";
import { abrePessoasDoArquivo } from "./sqlite_pessoas.ts";

let cluster: Cluster;
clusterDoArquivo((novo) => cluster = novo);
let bancos = 0;

const EM = "2026-11-30T10:00:00Z";
const DEPOIS = "2026-12-01T11:00:00Z";
const VELHAS = "2026-09-01T00:00:00.000Z";
const RESUMO = "$argon2id$v=19$m=8,t=1,p=1$c2Fs$cmVzdW1v";
const TOTP = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

/** Uma pessoa por gravar. */
function nova(quem: string, parte: Partial<PessoaNova> = {}): PessoaNova {
  return { quem, nome: "Ana \"Ç\" \\ '1'", papel: "balcao", profissional: "", resumo: RESUMO, criadaEm: EM, ...parte };
}

/** Cria uma, que tem de se poder criar. */
async function criada(pessoas: LivroDasPessoas, uma: PessoaNova): Promise<Pessoa> {
  const pessoa = await pessoas.cria(uma);
  if (pessoa === undefined) throw new Error(`não se criou ${uma.quem}`);
  return pessoa;
}

/** Um livro, e como se abre. */
interface Livro {
  readonly onde: string;
  /** Para um servidor, criando-o se não há. */
  abre(): Promise<Armazem & { readonly pessoas: LivroDasPessoas }>;
  /** Só as pessoas, ao lado dele. */
  pessoas(): Promise<LivroDasPessoas & AsyncDisposable>;
}

function doArquivo(onde: string): Livro {
  return {
    onde,
    abre: () => Promise.resolve(ArmazemSqlite.abre(onde)),
    pessoas: () => Promise.resolve(abrePessoasDoArquivo(onde)),
  };
}

async function doPostgres(): Promise<Livro> {
  const onde = await cluster.banco(`pessoas${++bancos}`);
  return { onde, abre: () => ArmazemPostgres.abre(onde), pessoas: () => abrePessoasDoPostgres(onde) };
}

/** O mesmo teste nos dois armazéns. */
function teste(nome: string, fn: (livro: Livro, pasta: Pasta) => Promise<void>): void {
  testeComSistema(`pessoas em arquivo: ${nome}`, async () => {
    using pasta = new Pasta();
    await fn(doArquivo(pasta.arquivo("clinica.db")), pasta);
  });
  testeComPostgres(`pessoas em PostgreSQL: ${nome}`, async () => {
    using pasta = new Pasta();
    await fn(await doPostgres(), pasta);
  });
}

/** O mesmo teste dentro de um servidor e ao lado dele, e em `:memory:`. */
function testeDasPessoas(nome: string, fn: (pessoas: LivroDasPessoas) => Promise<void>): void {
  teste(`${nome}, no servidor`, async (livro) => {
    await using armazem = await livro.abre();
    await fn(armazem.pessoas);
  });
  teste(`${nome}, ao lado`, async (livro) => {
    await using _armazem = await livro.abre();
    await using pessoas = await livro.pessoas();
    await fn(pessoas);
  });
  testeComSistema(`pessoas na memória: ${nome}`, async () => {
    await using armazem = ArmazemSqlite.abre(":memory:");
    await fn(armazem.pessoas);
  });
}

function conta(quem: string, endereco: string, parte: Partial<Tentativas> = {}): Tentativas {
  return { quem, endereco, falhas: 0, ultima: "", entrou: "", ...parte };
}

testeDasPessoas(
  "criam-se com números que não voltam; de duas que entram, só uma se apresenta assim",
  async (pessoas) => {
    assertEquals(await pessoas.todas(), []);
    const ana = await criada(pessoas, nova("ana@clinica"));
    assertEquals(ana, {
      ...nova("ana@clinica"),
      ...{ numero: 1, versao: 1, totp: "", passo: 0, recuperacao: [], mudadaEm: EM, retiradaEm: "" },
    });
    assertEquals(await pessoas.cria(nova("ana@clinica", { nome: "Outra" })), undefined);
    const bia = await criada(pessoas, nova("bia@clinica", { papel: "profissional", profissional: "DRA. LIMA" }));
    assertEquals(await pessoas.todas(), [ana, bia]);
    assertEquals(await pessoas.muda({ ...ana, versao: 2, retiradaEm: DEPOIS }), true);
    const outra = await pessoas.cria(nova("ana@clinica"));
    assert((outra?.numero ?? 0) > bia.numero, "o nome volta, o número não");
    assertEquals(await pessoas.todas(), [{ ...ana, versao: 2, retiradaEm: DEPOIS }, bia, outra]);
  },
);

testeDasPessoas(
  "o primeiro gerente grava-se se não há nenhum que entre, e de muitos ao mesmo tempo um só",
  async (pessoas) => {
    const primeiros = async (n: number): Promise<Pessoa[]> => {
      const nomes = Array.from({ length: n }, (_, i) => nova(`g${i}@clinica`, { papel: "gerente" }));
      return (await Promise.all(nomes.map((um) => pessoas.criaPrimeiro(um)))).filter((um) => um !== undefined);
    };
    await criada(pessoas, nova("g0@clinica"));
    assertEquals(await pessoas.criaPrimeiro(nova("g0@clinica", { papel: "gerente" })), undefined, "o nome é de outra");
    const [um, ...outros] = await primeiros(8);
    assertEquals(outros, []);
    assertEquals((await pessoas.todas()).filter(({ papel }) => papel === "gerente"), [um]);
    await pessoas.muda({ ...um, versao: 2, retiradaEm: DEPOIS });
    assertEquals((await primeiros(2)).length, 1, "o que se retirou não conta");
  },
);

testeDasPessoas("muda-se só a que não mudou entretanto, e tudo o que se lhe deu fica", async (pessoas) => {
  const ana = await criada(pessoas, nova("ana@clinica"));
  const depois = {
    ...{
      ...ana,
      versao: 2,
      nome: "Ana Lima",
      papel: "gerente" as const,
      resumo: `${RESUMO}x`,
      totp: TOTP,
      passo: 59_000_000,
    },
    ...{ recuperacao: ["a".repeat(64), "b".repeat(64)], mudadaEm: DEPOIS },
  };
  assertEquals(await pessoas.muda(depois), true);
  assertEquals(await pessoas.muda({ ...depois, nome: "Outra" }), false);
  assertEquals(await pessoas.muda({ ...depois, versao: 4 }), false);
  assertEquals(await pessoas.muda({ ...depois, numero: 7, versao: 3 }), false);
  assertEquals(await pessoas.todas(), [depois]);
});

testeDasPessoas("o que não é uma pessoa não se grava, e as outras ficam", async (pessoas) => {
  const ana = await pessoas.cria(nova("ana@clinica"));
  for (
    const uma of [
      nova(""),
      nova("x", { nome: "" }),
      nova("x", { resumo: "em claro" }),
      nova("x", { profissional: "DRA. LIMA" }),
      nova("x", { papel: "profissional" }),
      nova("x", { papel: "quiosque" as "balcao" }),
    ]
  ) await assertRejects(() => pessoas.cria(uma));
  assertEquals(await pessoas.todas(), [ana]);
});

testeDasPessoas(
  "as tentativas gravam-se todas ou nenhuma, sobre o que se leu, e as velhas esquecem-se",
  async (pessoas) => {
    const [a, b] = [conta("aa", ""), conta("", "bb")];
    const [a1, b1] = [{ ...a, falhas: 1, ultima: "2026-11-30T10:00:00.000Z" }, {
      ...b,
      falhas: 3,
      ultima: "2026-08-31T00:00:00.000Z",
    }];
    const todas = [a, b, conta("aa", "bb")];
    assertEquals(await pessoas.tentativas(todas), []);
    assertEquals(await pessoas.conta([{ antes: a, depois: a1 }, { antes: b, depois: b1 }], ""), true);
    const lidas = await pessoas.tentativas(todas);
    assertEquals([...lidas].sort((x, y) => x.quem < y.quem ? 1 : -1), [a1, b1]);
    // Uma já não está como se leu: nem a outra se grava.
    const recusadas: readonly Contagem[][] = [
      [{ antes: a1, depois: { ...a1, falhas: 2 } }, { antes: b, depois: b1 }],
      [{ antes: a, depois: { ...a1, falhas: 2 } }, { antes: b1, depois: { ...b1, falhas: 9 } }],
      [{ antes: { ...a1, ultima: "2026-11-30T10:00:00.001Z" }, depois: { ...a1, falhas: 2 } }],
    ];
    for (const mudancas of recusadas) assertEquals(await pessoas.conta(mudancas, VELHAS), false);
    const c = conta("aa", "bb");
    const c1 = { ...c, ultima: "2026-11-30T11:00:00.000Z", entrou: "2026-11-30T11:00:00.000Z" };
    assertEquals(
      await pessoas.conta([{ antes: a1, depois: { ...a1, falhas: 2 } }, { antes: c, depois: c1 }], VELHAS),
      true,
    );
    const ficam = await pessoas.tentativas(todas);
    assertEquals(
      [...ficam].sort((x, y) => x.endereco > y.endereco ? 1 : -1),
      [{ ...a1, falhas: 2 }, c1],
      "a velha foi-se",
    );
    await pessoas.conta([{ antes: c1, depois: { ...c1, falhas: 5 } }], VELHAS);
    await pessoas.perdoa(["aa", "cc"]);
    const perdoadas = await pessoas.tentativas(todas);
    assertEquals(perdoadas.map(({ falhas }) => falhas), [0, 0]);
    assertEquals(perdoadas.map(({ entrou }) => entrou).sort(), ["", c1.entrou]);
  },
);

teste("um servidor no ar vê logo o que ao lado se cria e se muda, e continua a gravar", async (livro) => {
  await using armazem = await livro.abre();
  await using pessoas = await livro.pessoas();
  assertEquals(await armazem.pessoas.segredo(), await pessoas.segredo());
  const ana = await criada(pessoas, nova("ana@clinica"));
  assertEquals(await armazem.pessoas.todas(), [ana]);
  await grava(armazem, (vista) => [marca(vista, { cpf: cpfDeExemplo(1) })]);
  assertEquals(await armazem.pessoas.muda({ ...ana, versao: 2, passo: 7 }), true);
  assertEquals(await pessoas.muda({ ...ana, versao: 2, retiradaEm: DEPOIS }), false, "o servidor mudou-a antes");
  assertEquals(await pessoas.muda({ ...ana, versao: 3, retiradaEm: DEPOIS }), true);
  assertEquals((await armazem.pessoas.todas())[0].retiradaEm, DEPOIS);
  await grava(armazem, (vista) => [marca(vista, { cpf: cpfDeExemplo(2), hora: "08:30" })]);
});

teste(
  "entra-se, espera-se e reinicia-se: o atraso está no livro, e vale em todos os servidores dele",
  async (livro) => {
    const frase = "balde limpo regra anjo";
    const agora = Temporal.Instant.from(EM).epochMilliseconds;
    const credenciais = { quem: "ana@clinica", frase, endereco: "10.0.0.7" };
    {
      await using armazem = await livro.abre();
      await armazem.pessoas.cria(nova("ana@clinica", { resumo: await resume(frase, BARATO) }));
      // Num arquivo há um servidor só; num PostgreSQL, o outro é de outra conexão.
      const outro = livro.onde.includes("://") ? await livro.abre() : armazem;
      const lotacao = { aoMesmoTempo: 2, aEspera: 100 };
      const [um, dois] = await Promise.all(
        [armazem, outro].map(({ pessoas }) =>
          Portaria.abre({ livro: pessoas, relogio: () => agora, parametros: BARATO, lotacao })
        ),
      );
      const respostas = await Promise.all(
        Array.from(
          { length: 30 },
          (_, i) => (i % 2 ? um : dois).entra({ ...credenciais, frase: "outra qualquer", endereco: `10.0.0.${i}` }),
        ),
      );
      assertEquals(
        Map.groupBy(respostas, ({ tipo }) => tipo).get("recusada")?.length,
        5,
      );
      if (outro !== armazem) await outro[Symbol.asyncDispose]();
    }
    await using armazem = await livro.abre();
    let relogio = agora;
    const portaria = await Portaria.abre({ livro: armazem.pessoas, relogio: () => relogio, parametros: BARATO });
    assertEquals(await portaria.entra(credenciais), { tipo: "espera", segundos: 1 });
    relogio += 1000;
    assertEquals((await portaria.entra(credenciais)).tipo, "entrou");
  },
);

teste(
  "as pessoas vão com o livro que se importa, e os números não voltam; as tentativas, não",
  async (livro, pasta) => {
    {
      await using armazem = await livro.abre();
      for (const n of [1, 2, 3]) await armazem.pessoas.cria(nova(`p${n}`));
      const [, p2] = await armazem.pessoas.todas();
      await armazem.pessoas.muda({ ...p2, versao: 2, totp: TOTP, passo: 5, recuperacao: ["c".repeat(64)] });
      await armazem.pessoas.conta([{ antes: conta("aa", ""), depois: conta("aa", "", { falhas: 1, ultima: EM }) }], "");
    }
    const outros = [doArquivo(pasta.arquivo("outro.db")), ...livro.onde.includes("://") ? [await doPostgres()] : []];
    for (const outro of outros) {
      await importa({ de: livro.onde, para: outro.onde });
      await using antes = await livro.pessoas();
      await using armazem = await outro.abre();
      assertEquals(await armazem.pessoas.todas(), await antes.todas());
      // O segredo com que se resumem é o de cada livro: as de um não dizem nada no outro.
      assertEquals(await armazem.pessoas.tentativas([conta("aa", "")]), []);
      assertEquals((await armazem.pessoas.cria(nova("p4")))?.numero, 4);
    }
  },
);

testeComPostgres("pessoas: de dois primeiros gerentes em dois servidores fica um", async () => {
  const livro = await doPostgres();
  await using um = await livro.abre();
  await using dois = await livro.abre();
  for (let vez = 0; vez < 10; vez++) {
    const nomes = ["a", "b"].map((nome) => nova(`${nome}${vez}`, { papel: "gerente" }));
    const criados = await Promise.all([um, dois].map(({ pessoas }, i) => pessoas.criaPrimeiro(nomes[i])));
    const [primeiro, ...outros] = criados.filter((um) => um !== undefined);
    assertEquals(outros, []);
    await um.pessoas.muda({ ...primeiro, versao: 2, retiradaEm: DEPOIS });
  }
});

testeComPostgres("pessoas: vão do arquivo para o PostgreSQL", async () => {
  using pasta = new Pasta();
  const [de, para] = [doArquivo(pasta.arquivo("clinica.db")), await doPostgres()];
  {
    await using armazem = await de.abre();
    await armazem.pessoas.cria(nova("ana@clinica"));
  }
  await importa({ de: de.onde, para: para.onde });
  await using antes = await de.pessoas();
  await using depois = await para.pessoas();
  assertEquals(await depois.todas(), await antes.todas());
});

testeComSistema("pessoas: vão na cópia do livro, com as tentativas", async () => {
  using pasta = new Pasta();
  const livro = doArquivo(pasta.arquivo("clinica.db"));
  await using armazem = await livro.abre();
  await armazem.pessoas.cria(nova("ana@clinica"));
  await armazem.pessoas.conta([{ antes: conta("aa", ""), depois: conta("aa", "", { falhas: 1, ultima: EM }) }], "");
  copiaLivro(livro.onde, pasta.arquivo("copia.db"));
  await using copia = ArmazemSqlite.abre(pasta.arquivo("copia.db"));
  assertEquals(await copia.pessoas.todas(), await armazem.pessoas.todas());
  assertEquals((await copia.pessoas.tentativas([conta("aa", "")]))[0].falhas, 1);
  assertEquals(await copia.pessoas.segredo(), await armazem.pessoas.segredo());
});

testeComSistema("pessoas: sem livro, ou com um de outra versão, diz-se o que fazer e nada se cria", async () => {
  using pasta = new Pasta();
  const livro = doArquivo(pasta.arquivo("clinica.db"));
  assertThrows(() => abrePessoasDoArquivo(livro.onde), ErroDoArmazem, "não há livro aqui");
  assertEquals([...Deno.readDirSync(pasta.caminho)], []);
  await (await livro.abre())[Symbol.asyncDispose]();
  executa(livro.onde, "PRAGMA user_version = 4");
  assertThrows(() => abrePessoasDoArquivo(livro.onde), ErroDoArmazem, "versão anterior");
});
