/**
 * Testes do arquivo de um livro SQLite: o que ele garante sozinho, o que se reconhece e o que se recusa, as migrações.
 *
 * @module
 */

import { assert, assertEquals, assertMatch, assertStringIncludes, assertThrows } from "@std/assert";
import { ErroDoArmazem } from "../clinica/livro.ts";
import { cpfDeExemplo, roda, Servidor } from "../testes/apoio.ts";
import {
  consulta,
  executa,
  linhaSql,
  livroComUm,
  modo,
  recusado,
  teste,
  testeComDisco,
} from "../testes/livro_sqlite.ts";
import { ativosDe, DIA, grava, marca } from "../testes/mudancas.ts";
import { copiaLivro, fonteSqlite, listaDoLivro, livroNovoSqlite } from "./sqlite_copia.ts";
import { VERSAO } from "./sqlite_esquema.ts";
import { ArmazemSqlite } from "./sqlite.ts";

teste("o arquivo, o WAL e a trava são só do dono", async (livro) => {
  const mascara = Deno.umask(0);
  try {
    await using armazem = ArmazemSqlite.abre(livro);
    await grava(armazem, (vista) => [marca(vista, { cpf: cpfDeExemplo(1) })]);
    for (const sufixo of ["", "-wal", "-shm", ".trava"]) assertEquals(modo(livro + sufixo), 0o600, sufixo);
  } finally {
    Deno.umask(mascara);
  }
});

teste("o arquivo diz o que é: application_id CLIN, a versão, WAL", async (livro) => {
  await livroComUm(livro);
  assertEquals(consulta(livro, "PRAGMA application_id"), [{ application_id: 0x434c494e }]);
  assertEquals(consulta(livro, "PRAGMA user_version"), [{ user_version: VERSAO }]);
  assertEquals(consulta(livro, "PRAGMA journal_mode"), [{ journal_mode: "wal" }]);
});

teste("nem à mão se põe um segundo numa vaga, ou um segundo ativo do mesmo par", async (livro) => {
  await livroComUm(livro);
  const daVaga = linhaSql({ hora: "'08:00'" });
  const doPar = linhaSql({ cpf: `'${cpfDeExemplo(1)}'` });
  assertThrows(() => executa(livro, daVaga), Error, "UNIQUE");
  assertThrows(() => executa(livro, linhaSql({ hora: "'08:00'", ativo: "0" })), Error, "UNIQUE");
  assertThrows(() => executa(livro, doPar), Error, "UNIQUE");
  assertThrows(() => executa(livro, linhaSql({ cpf: `'${cpfDeExemplo(1)}'`, encaixe: "1" })), Error, "UNIQUE");
  executa(livro, linhaSql({ hora: "'08:00'", ativo: "0", situacao: "'CANCELADO'" }));
  executa(livro, linhaSql({ hora: "'08:00'", ativo: "0", situacao: "'PASSOU'" }));
  executa(livro, linhaSql({ hora: "'08:00'", profissional: "'DRA. ANA'", agenda: "'P:DRA. ANA'" }));
  executa(livro, linhaSql({ hora: "'08:00'", cpf: `'${cpfDeExemplo(51)}'`, encaixe: "1" }));
  executa(livro, linhaSql({ cpf: `'${cpfDeExemplo(1)}'`, ativo: "0" }));
  executa(livro, "UPDATE agendamento SET ativo = 0, situacao = 'CANCELADO'");
  executa(livro, daVaga);
});

teste("a tabela recusa o que não tem forma de agendamento", async (livro) => {
  await livroComUm(livro);
  const ruins: Record<string, string>[] = [
    { cpf: "'123'" },
    { nome: "''" },
    { nome: "NULL" },
    { especialidade: "''" },
    { data: "'30/11/2026'" },
    { hora: "'8:00'" },
    { minutos: "0" },
    { ativo: "2" },
    ...["ATENDIDO", "SAIU", "FALTOU", "CANCELADO", "CONVIDADO", "PASSOU"].map((situacao) => ({
      situacao: `'${situacao}'`,
    })),
    { situacao: "'ADIADO'" },
    { encaixe: "2" },
    { versao: "0" },
    { codigo: "'0A1B2C3'" },
    { prioridade: "5" },
    { prioridade: "-1" },
    { chamadas: "-1" },
    { agenda: "''" },
    { pilha: "NULL" },
    { criado_em: "NULL" },
    { origem: "NULL" },
    { profissional: "NULL" },
  ];
  for (const ruim of ruins) {
    assertThrows(() => executa(livro, linhaSql(ruim)), Error, "constraint failed", JSON.stringify(ruim));
  }
  // STRICT: um BLOB não vira texto, nem um texto um número.
  assertThrows(
    () => executa(livro, linhaSql({ minutos: "'meia'" })),
    Error,
    "cannot store TEXT value in INTEGER column",
  );
  assertThrows(() => executa(livro, linhaSql({ nome: "x'41'" })), Error, "cannot store BLOB value in TEXT column");
  executa(livro, linhaSql());
});

teste("um livro de uma versão mais nova é recusado, com as duas versões", async (livro) => {
  await livroComUm(livro);
  executa(livro, `PRAGMA user_version = ${VERSAO + 1}`);
  recusado(livro, [`da versão ${VERSAO + 1}`, `conhece até a ${VERSAO}`, "atualize"]);
  assertThrows(() => listaDoLivro(livro, DIA), ErroDoArmazem, `versão ${VERSAO + 1}`);
  assertThrows(() => copiaLivro(livro, `${livro}.copia`), ErroDoArmazem, `versão ${VERSAO + 1}`);
  assertEquals(consulta(livro, "SELECT cpf FROM agendamento"), [{ cpf: cpfDeExemplo(1) }]);
});

teste("o banco SQLite de outro programa é recusado e fica como estava", (livro) => {
  executa(livro, "CREATE TABLE notas (texto TEXT); INSERT INTO notas VALUES ('minhas')");
  const antes = Deno.readFileSync(livro);
  recusado(livro, ["outro programa", "--banco"]);
  assertThrows(() => listaDoLivro(livro, DIA), ErroDoArmazem, "outro programa");
  assertEquals(Deno.readFileSync(livro), antes);
});

teste("um arquivo que não é um banco é recusado e fica como estava", (livro) => {
  const texto = "isto é uma lista de compras\n".repeat(200);
  Deno.writeTextFileSync(livro, texto);
  recusado(livro, ["não é um banco de dados", "--banco"]);
  assertThrows(() => listaDoLivro(livro, DIA), ErroDoArmazem, "não é um banco de dados");
  assertEquals(Deno.readTextFileSync(livro), texto);
});

teste("uma pasta que não existe, uma pasta no lugar do arquivo ou da trava: um erro claro", (livro, pasta) => {
  recusado(pasta.arquivo("nenhures/clinica.db"), ["não pôde ser aberto", "--banco"]);
  recusado(pasta.caminho, ["não pôde ser aberto", "não é um arquivo"]);
  Deno.writeTextFileSync(pasta.arquivo("texto"), "");
  recusado(pasta.arquivo("texto/clinica.db"), ["não pôde ser aberto", "--banco"]);
  Deno.mkdirSync(`${livro}.trava`);
  recusado(livro, ["trava"]);
});
teste("um livro mexido por fora, ou um banco de outro programa, tem uma frase para cada caso", async (livro, pasta) => {
  const casos: [sql: string, ...partes: string[]][] = [
    ["PRAGMA user_version = -1", "a versão -1, que não existe"],
    ["PRAGMA user_version = 0", "a versão 0, que não existe"],
    ["PRAGMA user_version = 2147483647", "da versão 2147483647"],
    ["PRAGMA user_version = -2147483648", "a versão -2147483648, que não existe"],
    ["PRAGMA application_id = 0", "outro programa"],
    ["PRAGMA application_id = -7", "outro programa"],
    ["DROP TABLE agendamento", "não tem agendamentos"],
    ["DROP TABLE agendamento; CREATE VIEW agendamento AS SELECT 1", "não tem agendamentos"],
    ["DROP TABLE agendamento; PRAGMA user_version = 0", "a versão 0, que não existe"],
    ["DROP TABLE agendamento; PRAGMA application_id = 0; PRAGMA user_version = -1", "outro programa"],
    ["DROP TABLE agendamento; PRAGMA application_id = 1", "outro programa"],
  ];
  for (const [i, [sql, ...partes]] of casos.entries()) {
    const mexido = pasta.arquivo(`mexido${i}.db`);
    await livroComUm(mexido);
    executa(mexido, sql);
    const antes = Deno.readFileSync(mexido);
    recusado(mexido, partes);
    recusado(mexido, partes, { novo: true });
    assertThrows(() => listaDoLivro(mexido, DIA), ErroDoArmazem, partes[0]);
    assertThrows(() => fonteSqlite(mexido), ErroDoArmazem, partes[0]);
    assertThrows(() => livroNovoSqlite(mexido), ErroDoArmazem, partes[0]);
    assertEquals(Deno.readFileSync(mexido), antes, sql);
  }
  const { codigo, stderr } = await roda("servidor.ts", ["--porta", "0", "--banco", pasta.arquivo("mexido0.db")]);
  assertEquals(codigo, 1);
  assertMatch(stderr, /^servidor: \S+mexido0\.db: tem a versão -1, que não existe; [^\n]+\n$/);
  assertThrows(() => Deno.statSync(livro), Deno.errors.NotFound);
});

/** Arquivos em que não há nada, e que não são um livro que falta. */
const VAZIOS: readonly [nome: string, faz: (livro: string) => void][] = [
  ["de 0 bytes", (livro) => Deno.writeTextFileSync(livro, "")],
  ["um banco sem tabelas", (livro) => executa(livro, "PRAGMA journal_mode = WAL; VACUUM")],
];

for (const [nome, faz] of VAZIOS) {
  teste(`um arquivo vazio (${nome}) não se torna um livro sem que se diga`, async (livro, pasta) => {
    faz(livro);
    const antes = Deno.readFileSync(livro);
    recusado(livro, ["existe e está vazio", "restaure", "remova-o", "--banco-novo"]);
    for (const le of [() => listaDoLivro(livro, DIA), () => copiaLivro(livro, pasta.arquivo("copia.db"))]) {
      const erro = assertThrows(le, ErroDoArmazem, "existe e está vazio");
      assert(!erro.message.includes("--banco-novo"), erro.message);
    }
    const erro = assertThrows(() => fonteSqlite(livro), ErroDoArmazem, "existe e está vazio");
    assert(!erro.message.includes("--banco-novo"), erro.message);
    assertEquals(Deno.readFileSync(livro), antes);
    {
      await using armazem = ArmazemSqlite.abre(livro, { novo: true });
      await grava(armazem, (vista) => [marca(vista, { cpf: cpfDeExemplo(1) })]);
    }
    recusado(livro, ["já tem um livro", "--banco-novo"], { novo: true });
    await using armazem = ArmazemSqlite.abre(livro);
    assertEquals((await ativosDe(armazem, 1)).length, 1);
  });
}

teste("um livro novo pedido onde não há arquivo é criado", async (livro) => {
  await using armazem = ArmazemSqlite.abre(livro, { novo: true });
  await grava(armazem, (vista) => [marca(vista, { cpf: cpfDeExemplo(1) })]);
});

teste("o WAL ao lado de um arquivo de 0 bytes pode ter o que falta: é dito, e não se apaga", (livro) => {
  Deno.writeTextFileSync(livro, "");
  for (const sufixo of ["-wal", "-journal"]) {
    const sobra = livro + sufixo;
    Deno.writeTextFileSync(sobra, "o que se gravou");
    recusado(livro, ["existe e está vazio", sobra, "guarde"]);
    recusado(livro, [sobra, "guarde"], { novo: true });
    assertThrows(() => livroNovoSqlite(livro), ErroDoArmazem, sobra);
    assertThrows(() => listaDoLivro(livro, DIA), ErroDoArmazem, sobra);
    assertEquals(Deno.readTextFileSync(sobra), "o que se gravou");
    Deno.removeSync(sobra);
  }
  assertEquals(Deno.statSync(livro).size, 0);
});

teste("importar enche um arquivo vazio", async (livro, pasta) => {
  await livroComUm(livro);
  const vazio = pasta.arquivo("vazio.db");
  Deno.writeTextFileSync(vazio, "");
  const { codigo, stderr } = await roda("servidor.ts", ["importar", "--de", livro, "--para", vazio]);
  assertEquals([codigo, stderr], [0, ""]);
  assertEquals(consulta(vazio, "SELECT cpf FROM agendamento"), [{ cpf: cpfDeExemplo(1) }]);
});

teste("--banco-novo começa um livro num arquivo vazio, e não serve com um PostgreSQL", async (livro, pasta) => {
  Deno.writeTextFileSync(livro, "");
  const inicia = (...args: string[]): ReturnType<typeof roda> =>
    roda("servidor.ts", ["--porta", "0", ...args], { cwd: pasta.caminho });
  const recusa = await inicia();
  assertEquals(recusa.codigo, 1);
  assertMatch(recusa.stderr, /^servidor: \S+clinica\.db: o arquivo existe e está vazio, [^\n]+ --banco-novo [^\n]+\n$/);
  const postgres = await inicia("--banco-novo", "--banco", "postgres://u:segredo@127.0.0.1:1/b");
  assertEquals(postgres.codigo, 2);
  assertStringIncludes(postgres.stderr, "--banco-novo");
  assert(!postgres.stderr.includes("segredo"));
  const copia = await roda("servidor.ts", ["copia", "x.db", "--banco-novo"], { cwd: pasta.caminho });
  assertEquals(copia.codigo, 2);
  {
    await using _servidor = await Servidor.inicia({ pasta: pasta.caminho, args: ["--banco-novo"] });
  }
  assertEquals(consulta(livro, "SELECT count(*) AS n FROM agendamento"), [{ n: 0 }]);
  const outra = await inicia("--banco-novo");
  assertEquals(outra.codigo, 1);
  assertStringIncludes(outra.stderr, "já tem um livro");
});

testeComDisco("um livro que não coube no disco não deixa um arquivo vazio", async (_, pasta) => {
  const disco = pasta.arquivo("disco");
  Deno.mkdirSync(disco);
  const monta = `mount -t tmpfs -o size=4k none ${disco}; "$@"; codigo=$?; ls -A ${disco}; exit $codigo`;
  const { codigo, stdout, stderr } = await roda("servidor.ts", ["--porta", "0", "--banco", `${disco}/clinica.db`], {
    cwd: pasta.caminho,
    diante: ["unshare", "-rm", "sh", "-c", monta, "sh"],
  });
  assertEquals([codigo, stdout], [1, "clinica.db.trava\n"]);
  assertStringIncludes(stderr, "o disco está cheio");
});
