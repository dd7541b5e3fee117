/**
 * Testes de um livro SQLite trazido à versão de hoje: nada se perde, a cópia ao lado fica, e o que se interrompe ou não cabe
 * deixa tudo como estava.
 *
 * @module
 */

import { assert, assertEquals, assertMatch, assertStringIncludes, assertThrows } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { lerCodigo } from "../clinica/agendamento.ts";
import { ErroDoArmazem } from "../clinica/livro.ts";
import { cpfDeExemplo, type Pasta, RAIZ, roda } from "../testes/apoio.ts";
import {
  consulta,
  integro,
  livroComUm,
  livroDaPrimeira,
  modo,
  recusado,
  teste,
  testeComDisco,
} from "../testes/livro_sqlite.ts";
import { alcance, ativosDe, comEspera, DIA, entra, grava, marca } from "../testes/mudancas.ts";
import { copiaLivro, fonteSqlite, listaDoLivro, livroNovoSqlite } from "./sqlite_copia.ts";
import { ArmazemSqlite } from "./sqlite.ts";
import { ID_DA_APLICACAO } from "./sqlite_esquema.ts";
import { migra, type Passo, PASSOS } from "./sqlite_migracao.ts";

/** O que não é da migração: os passos de uma versão que ainda não há. */
const FEITOS: readonly Passo[] = PASSOS.map(() => () => {
  throw new Error("isto já foi feito e não roda de novo");
});

/** Os arquivos da pasta, menos os que o SQLite tem ao lado de um livro aberto. */
function nomes(pasta: Pasta): string[] {
  return [...Deno.readDirSync(pasta.caminho)].map(({ name }) => name).filter((nome) =>
    !/-(wal|shm)$|\.trava$/.test(nome)
  )
    .sort();
}

/** A cópia que ficou ao lado. */
function copiaDe(pasta: Pasta): string {
  const [copia, ...outras] = nomes(pasta).filter((nome) => nome.startsWith("clinica.db.versao-1."));
  assertEquals(outras, []);
  assertMatch(copia, /^clinica\.db\.versao-1\.\d{4}-\d\d-\d\d$/);
  return pasta.arquivo(copia);
}

const LINHAS_DA_PRIMEIRA = "SELECT * FROM agendamento ORDER BY id";

teste(
  "um livro da primeira versão passa inteiro à de hoje, com um código em cada agendamento",
  async (livro, pasta) => {
    livroDaPrimeira(livro, 2_500);
    const antes = consulta(livro, LINHAS_DA_PRIMEIRA);
    const ditas: string[] = [];
    {
      await using armazem = ArmazemSqlite.abre(livro, { aoAndar: (frase) => ditas.push(frase) });
      const [ativo] = await ativosDe(armazem, 1);
      assertEquals([ativo.numero, ativo.versao, ativo.situacao, ativo.profissional], [2, 1, "MARCADO", ""]);
      const historia = await armazem.le(alcance, (vista) => vista.historiaDe(cpfDeExemplo(0)));
      assertEquals(historia.map(({ numero, versao, situacao, ativo }) => [numero, versao, situacao, ativo]), [
        [1, 2, "CANCELADO", false],
      ]);
      await grava(armazem, (vista) => [marca(vista, { cpf: cpfDeExemplo(299) })]);
      const [nova] = await ativosDe(armazem, 299);
      assertEquals(nova.numero, 2_501);
    }
    const copia = copiaDe(pasta);
    assertEquals(
      ditas[0],
      `o livro é da versão 1; antes de passar à ${PASSOS.length}, é copiado para ${Deno.realPathSync(copia)}`,
    );
    assertEquals(ditas.at(-1), `o livro está na versão ${PASSOS.length}`);
    assert(ditas.includes("índices da versão nova: 0 de 6"), ditas.join("\n"));

    const agora = consulta(
      livro,
      `SELECT numero AS id, cpf, nome, especialidade, profissional, data, hora, minutos, criado_em,
       nullif(terminou_em, '') AS cancelado_em, origem, ativo FROM agendamento WHERE numero <= 2500 ORDER BY numero`,
    );
    assertEquals(agora, antes);
    const codigos = consulta(livro, "SELECT codigo FROM agendamento").map(({ codigo }) => String(codigo));
    assert(codigos.every((codigo) => lerCodigo(codigo) === codigo));
    assertEquals(new Set(codigos).size, 2_501);
    assertEquals(
      consulta(livro, "SELECT DISTINCT agenda, situacao, versao, ativo, terminou_em = '' AS marcado FROM agendamento"),
      [
        { agenda: "E:CLINICO GERAL", situacao: "CANCELADO", versao: 2, ativo: 0, marcado: 0 },
        { agenda: "E:CLINICO GERAL", situacao: "MARCADO", versao: 1, ativo: 1, marcado: 1 },
        { agenda: "E:CLINICO GERAL", situacao: "MARCADO", versao: 1, ativo: 0, marcado: 1 },
      ],
    );
    integro(livro);

    integro(copia);
    assertEquals(modo(copia), 0o600);
    assertEquals(consulta(copia, LINHAS_DA_PRIMEIRA), antes);
    assertEquals(consulta(copia, "PRAGMA user_version"), [{ user_version: 1 }]);
    assertEquals(consulta(copia, "PRAGMA application_id"), [{ application_id: ID_DA_APLICACAO }]);
    await using _abre = ArmazemSqlite.abre(copia);
  },
);

teste(
  "da segunda à terceira, cada data e letra fica com a maior senha que as linhas ainda têm",
  async (livro, pasta) => {
    livroDaPrimeira(livro, 20);
    {
      using db = new DatabaseSync(livro);
      migra(db, livro, { passos: PASSOS.slice(0, 2) });
      db.exec(`UPDATE agendamento SET senha =
      CASE numero WHEN 2 THEN 'A999' WHEN 3 THEN 'A1000' WHEN 4 THEN 'P003' WHEN 5 THEN 'à mão' ELSE '' END`);
    }
    await using armazem = ArmazemSqlite.abre(livro);
    // A lista de espera, que não tinha linhas nem todas as colunas, já se usa.
    await grava(armazem, (vista) => [entra(vista, { cpf: cpfDeExemplo(1) })], { pede: comEspera() });
    const ultimas = armazem.le(alcance, (vista) => [vista.ultimaSenha(DIA, "A"), vista.ultimaSenha(DIA, "P")]);
    assertEquals(ultimas, [1000, 3]);
    const copia = nomes(pasta).find((nome) => nome.startsWith("clinica.db.versao-2."));
    assertEquals(consulta(pasta.arquivo(copia ?? ""), "PRAGMA user_version"), [{ user_version: 2 }]);
  },
);

teste("migrado, o livro tem as tabelas e os índices de um livro novo", async (livro, pasta) => {
  livroDaPrimeira(livro, 10);
  await ArmazemSqlite.abre(livro)[Symbol.asyncDispose]();
  const novo = pasta.arquivo("novo.db");
  await ArmazemSqlite.abre(novo)[Symbol.asyncDispose]();
  const esquema = "SELECT type, name, sql FROM sqlite_schema ORDER BY type, name";
  assertEquals(consulta(livro, esquema), consulta(novo, esquema));
  assertEquals(nomes(pasta).filter((nome) => nome.startsWith("novo")), ["novo.db"], "sem linhas, não há o que copiar");
});

teste("a cópia nunca fica por cima de outra", async (livro, pasta) => {
  livroDaPrimeira(livro, 10);
  const hoje = `${livro}.versao-1.${Temporal.Now.plainDateISO()}`;
  Deno.writeTextFileSync(hoje, "de antes");
  await ArmazemSqlite.abre(livro)[Symbol.asyncDispose]();
  assertEquals(Deno.readTextFileSync(hoje), "de antes");
  assertEquals(consulta(`${hoje}-2`, "SELECT count(*) AS n FROM agendamento"), [{ n: 10 }]);
  assertEquals(nomes(pasta).length, 3);
});

/** Abre o livro num processo que se mata quando se diz algo que começa assim. */
async function mataQuando(livro: string, comeco: string): Promise<void> {
  const programa = `
    const { ArmazemSqlite } = await import(${JSON.stringify(new URL("sqlite.ts", import.meta.url).href)});
    ArmazemSqlite.abre(${JSON.stringify(livro)}, {
      aoAndar: (frase) => frase.startsWith(${JSON.stringify(comeco)}) && Deno.kill(Deno.pid, "SIGKILL"),
    });
  `;
  const { signal } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--config", `${RAIZ}/deno.json`, programa],
    stderr: "null",
  }).output();
  assertEquals(signal, "SIGKILL");
}

for (const comeco of ["o livro é da versão 1", "índices da versão nova: 0", "índices da versão nova: 4"]) {
  teste(
    `morto à força em "${comeco}", o livro fica na primeira versão e a próxima vez recomeça`,
    async (livro, pasta) => {
      livroDaPrimeira(livro, 500);
      const antes = consulta(livro, LINHAS_DA_PRIMEIRA);
      // O que uma cópia interrompida deixa não atrapalha a seguinte, nem fica.
      Deno.writeTextFileSync(`${livro}.versao-1.parcial`, "pela metade");
      for (let vez = 0; vez < 2; vez++) await mataQuando(livro, comeco);
      integro(livro);
      assertEquals(consulta(livro, "PRAGMA user_version"), [{ user_version: 1 }]);
      assertEquals(consulta(livro, LINHAS_DA_PRIMEIRA), antes);
      await using armazem = ArmazemSqlite.abre(livro);
      assertEquals((await ativosDe(armazem, 1)).length, 1);
      assert(!nomes(pasta).some((nome) => nome.endsWith(".parcial")));
      assertEquals(consulta(copiaDe(pasta), LINHAS_DA_PRIMEIRA), antes, "uma cópia só, a de quem acabou");
    },
  );
}

teste("sem como fazer a cópia, o livro não muda", async (livro, pasta) => {
  livroDaPrimeira(livro, 10);
  const antes = Deno.readFileSync(livro);
  Deno.mkdirSync(`${livro}.versao-1.parcial`);
  Deno.mkdirSync(`${livro}.versao-1.parcial/x`);
  recusado(livro, ["não pôde ser copiado antes de mudar de versão", "ficou como estava"]);
  assertEquals(Deno.readFileSync(livro), antes);
  Deno.removeSync(`${livro}.versao-1.parcial`, { recursive: true });
  await using armazem = ArmazemSqlite.abre(livro);
  assertEquals((await ativosDe(armazem, 1)).length, 1);
  copiaDe(pasta);
});

// Um livro de uns 3 MiB: a cópia não cabe, ou cabe e o livro novo não.
for (const [oQue, livres] of [["copiado", 2], ["trazido", 5]] as const) {
  testeComDisco(`num disco em que não cabe o livro ${oQue}, tudo fica como estava`, async (livro, pasta) => {
    livroDaPrimeira(livro, 20_000);
    const antes = consulta(livro, LINHAS_DA_PRIMEIRA).length;
    const disco = pasta.arquivo("disco");
    Deno.mkdirSync(disco);
    const ocupa = Math.ceil(Deno.statSync(livro).size / 1024 / 1024);
    const monta = `mount -t tmpfs -o size=${ocupa + livres}m none ${disco}; cp ${livro} ${disco}/; "$@"; codigo=$?
      ls -A ${disco}; cp ${disco}/clinica.db ${pasta.arquivo("depois.db")}; exit $codigo`;
    const { codigo, stdout, stderr } = await roda("servidor.ts", ["--porta", "0", "--banco", `${disco}/clinica.db`], {
      cwd: pasta.caminho,
      diante: ["unshare", "-rm", "sh", "-c", monta, "sh"],
    });
    assertEquals(codigo, 1, stdout);
    assertStringIncludes(stderr, `o livro não pôde ser ${oQue}`);
    assertStringIncludes(stderr, "ficou como estava (o disco está cheio");
    assertEquals(
      stdout.split("\n").filter((nome) => nome.startsWith("clinica.db.versao")),
      [],
      "a cópia não fica a ocupar o disco",
    );
    const depois = pasta.arquivo("depois.db");
    integro(depois);
    assertEquals(consulta(depois, "PRAGMA user_version"), [{ user_version: 1 }]);
    assertEquals(consulta(depois, LINHAS_DA_PRIMEIRA).length, antes);
  });
}

teste("de um livro da primeira versão não se lê nem se copia antes de o trazer a hoje", async (livro, pasta) => {
  livroDaPrimeira(livro, 10);
  const antes = Deno.readFileSync(livro);
  const copia = pasta.arquivo("copia.db");
  for (const le of [() => listaDoLivro(livro, DIA), () => copiaLivro(livro, copia), () => fonteSqlite(livro)]) {
    assertThrows(le, ErroDoArmazem, "é de uma versão anterior");
  }
  assertThrows(() => livroNovoSqlite(livro), ErroDoArmazem, "o livro não está vazio");
  assertEquals(Deno.readFileSync(livro), antes);
  assertEquals(nomes(pasta), ["clinica.db"]);
  await Promise.resolve();
});

teste("uma migração leva o livro adiante sem perder linhas", async (livro) => {
  await livroComUm(livro);
  using db = new DatabaseSync(livro);
  migra(db, livro, { passos: [...FEITOS, (db) => db.exec("ALTER TABLE agendamento ADD COLUMN cor TEXT")] });
  assertEquals(db.prepare("PRAGMA user_version").get()?.user_version, PASSOS.length + 1);
  const linha = db.prepare("SELECT cpf, cor FROM agendamento").get();
  assertEquals({ ...linha }, { cpf: cpfDeExemplo(1), cor: null });
});

teste("uma migração que falha não deixa nada pela metade, e os passos anteriores valem", async (livro, pasta) => {
  await livroComUm(livro);
  using db = new DatabaseSync(livro);
  const passos: Passo[] = [
    ...FEITOS,
    (db) => db.exec("ALTER TABLE agendamento ADD COLUMN cor TEXT"),
    (db) => db.exec("ALTER TABLE agendamento ADD COLUMN forma TEXT; UPDATE agendamento SET forma = nome"),
    (db) => db.exec("ALTER TABLE agendamento ADD COLUMN som TEXT; INSERT INTO nada VALUES (1)"),
  ];
  assertThrows(() => migra(db, livro, { passos }), ErroDoArmazem, "no such table: nada");
  assertEquals(db.isTransaction, false);
  assertEquals(db.prepare("PRAGMA user_version").get()?.user_version, PASSOS.length + 2);
  const colunas = db.prepare("SELECT name FROM pragma_table_info('agendamento')").all().map(({ name }) => name);
  assert(colunas.includes("forma") && !colunas.includes("som"));
  assert(nomes(pasta).some((nome) => nome.startsWith(`clinica.db.versao-${PASSOS.length}.`)), "mudou: a cópia fica");
});
