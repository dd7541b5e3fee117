/**
 * Testes das travas de um livro SQLite: um só servidor, por qualquer nome que o arquivo tenha.
 *
 * @module
 */

import { assertEquals, assertMatch, assertStringIncludes, assertThrows } from "@std/assert";
import { ErroDoArmazem, NENHUM_ALCANCE } from "../clinica/livro.ts";
import { cpfDeExemplo, Fio, RAIZ, roda, Servidor } from "../testes/apoio.ts";
import { executa, recusado, teste, testeComDisco } from "../testes/livro_sqlite.ts";
import { ativosDe, DIA, grava, HORAS, marca } from "../testes/mudancas.ts";
import { copiaLivro, fonteSqlite, listaDoLivro } from "./sqlite_copia.ts";
import { ArmazemSqlite } from "./sqlite.ts";
import { VERSAO } from "./sqlite_esquema.ts";

teste("um segundo servidor no mesmo livro é recusado, também por um atalho", async (livro, pasta) => {
  await using armazem = ArmazemSqlite.abre(livro);
  recusado(livro, ["outro servidor já usa este livro", "--banco"]);
  const atalho = pasta.arquivo("atalho.db");
  Deno.symlinkSync(livro, atalho);
  const erro = assertThrows(() => ArmazemSqlite.abre(atalho), ErroDoArmazem);
  assertStringIncludes(erro.message, "outro servidor já usa este livro");
  await grava(armazem, (vista) => [marca(vista, { cpf: cpfDeExemplo(1) })]);
});

teste("fechado, o livro pode ser aberto de novo, e a recusa de um estranho também solta a trava", async (livro) => {
  for (let i = 0; i < 3; i++) {
    await using armazem = ArmazemSqlite.abre(livro);
    await grava(armazem, (vista) => [marca(vista, { cpf: cpfDeExemplo(i), hora: HORAS[i] })]);
  }
  assertThrows(
    () => Deno.statSync(`${livro}-wal`),
    Deno.errors.NotFound,
    undefined,
    "fechado, o livro é um arquivo só",
  );
  executa(livro, `PRAGMA user_version = ${VERSAO + 1}`);
  recusado(livro, [`versão ${VERSAO + 1}`]);
  executa(livro, `PRAGMA user_version = ${VERSAO}`);
  await using armazem = ArmazemSqlite.abre(livro);
  assertEquals((await armazem.lista(DIA)).length, 3);
});

/** Abre o livro noutro processo e espera que ele o diga. */
async function abreNoutroProcesso(livro: string): Promise<Deno.ChildProcess> {
  const programa = `
    const { ArmazemSqlite } = await import(${JSON.stringify(new URL("sqlite.ts", import.meta.url).href)});
    const armazem = ArmazemSqlite.abre(${JSON.stringify(livro)});
    console.log("aberto");
    await new Promise(() => setInterval(() => armazem, 1000));
  `;
  const processo = new Deno.Command(Deno.execPath(), {
    args: ["eval", "--config", `${RAIZ}/deno.json`, programa],
    stdout: "piped",
  }).spawn();
  const leitor = processo.stdout.getReader();
  const { value } = await leitor.read();
  assertEquals(new TextDecoder().decode(value), "aberto\n");
  await leitor.cancel();
  return processo;
}

teste("a trava vale entre processos e morre com o processo, mesmo à força", async (livro) => {
  const outro = await abreNoutroProcesso(livro);
  try {
    recusado(livro, ["outro servidor já usa este livro"]);
  } finally {
    outro.kill("SIGKILL");
    await outro.status;
  }
  await using armazem = ArmazemSqlite.abre(livro);
  assertEquals(await armazem.lista(DIA), []);
});
/** Um servidor por outro nome do mesmo arquivo, que tem de ser recusado com um erro de uma linha. */
async function segundoServidor(pasta: string, banco: string, { diante = [] as string[] } = {}): Promise<string> {
  const { codigo, stdout, stderr } = await roda("servidor.ts", ["--porta", "0", "--banco", banco], {
    cwd: pasta,
    diante,
  });
  assertEquals([codigo, stdout], [1, ""], stderr);
  assertMatch(stderr, /^servidor: [^\n]+\n$/);
  return stderr;
}

const JA_USADO = Deno.build.os === "linux" ? "outro servidor já usa este livro" : "tem também outro nome";

teste(
  "um segundo servidor é recusado também por um link físico, um caminho torto, um nome novo",
  async (livro, pasta) => {
    await using servidor = await Servidor.inicia({ pasta: pasta.caminho });
    using fio = await Fio.saudado(servidor.porta);
    assertStringIncludes(await segundoServidor(pasta.caminho, "./nada/../clinica.db"), "não");
    Deno.mkdirSync(pasta.arquivo("nada"));
    assertStringIncludes(
      await segundoServidor(pasta.caminho, "./nada/../clinica.db"),
      "outro servidor já usa este livro",
    );
    Deno.linkSync(livro, pasta.arquivo("nada/outro.db"));
    assertStringIncludes(await segundoServidor(pasta.caminho, "nada/outro.db"), JA_USADO);
    Deno.removeSync(pasta.arquivo("nada/outro.db"));
    assertEquals((await fio.pede({ comando: "PING" })).codigo, "OK-200");
    if (Deno.build.os !== "linux") return;
    Deno.renameSync(livro, pasta.arquivo("mudado.db"));
    assertStringIncludes(await segundoServidor(pasta.caminho, "mudado.db"), JA_USADO);
    Deno.renameSync(pasta.arquivo("mudado.db"), livro);
  },
);

testeComDisco("um segundo servidor é recusado também por um mount --bind do arquivo", async (livro, pasta) => {
  await using _servidor = await Servidor.inicia({ pasta: pasta.caminho });
  const outro = pasta.arquivo("outro.db");
  Deno.writeTextFileSync(outro, "");
  const monta = `mount --bind ${livro} ${outro} && exec "$@"`;
  const dito = await segundoServidor(pasta.caminho, outro, { diante: ["unshare", "-rm", "sh", "-c", monta, "sh"] });
  assertStringIncludes(dito, JA_USADO);
});

teste("a trava do arquivo não desfaz as do SQLite, e ao lado dela se lê, se copia e se lista", async (livro, pasta) => {
  await using servidor = await Servidor.inicia({ pasta: pasta.caminho });
  if (Deno.build.os === "linux") {
    const { ino } = Deno.statSync(livro);
    const travas = Deno.readTextFileSync("/proc/locks").split("\n")
      .filter((linha) => linha.includes(` ${servidor.pid} `) && linha.includes(`:${ino} `))
      .map((linha) => linha.split(/\s+/).slice(1, 4).join(" "));
    assertEquals(travas.toSorted(), ["FLOCK ADVISORY WRITE", "POSIX ADVISORY READ"]);
  }
  assertEquals(listaDoLivro(livro, DIA), []);
  copiaLivro(livro, pasta.arquivo("copia.db"));
  executa(livro, "SELECT count(*) FROM agendamento");
  assertThrows(() => fonteSqlite(livro), ErroDoArmazem, "outro servidor já usa este livro");
});

teste("por outro nome depois de uma queda, o livro é recusado: o que está no WAL faltaria", async (livro, pasta) => {
  const outro = pasta.arquivo("outro.db");
  {
    await using servidor = await Servidor.inicia({ pasta: pasta.caminho });
    using fio = await Fio.saudado(servidor.porta);
    const vagas = await fio.pede({ comando: "VAGAS" });
    if (vagas.codigo !== "OK-304") throw new Error(`veio ${vagas.codigo}`);
    const [data, dia, especialista] = vagas.vagas.at(-1)!;
    const cpf = cpfDeExemplo(1);
    const resposta = await fio.pede({ comando: "AGEND", cpf, nome: "MARIA DA SILVA", especialista, data, dia });
    assertEquals(resposta.codigo, "OK-300");
    await servidor.encerra("SIGKILL");
  }
  Deno.linkSync(livro, outro);
  recusado(livro, ["tem também outro nome", "-wal"]);
  recusado(outro, ["tem também outro nome", "-wal"]);
  assertThrows(() => listaDoLivro(outro, DIA), ErroDoArmazem, "tem também outro nome");
  assertThrows(() => copiaLivro(outro, pasta.arquivo("copia.db")), ErroDoArmazem, "tem também outro nome");
  assertThrows(() => fonteSqlite(outro), ErroDoArmazem, "tem também outro nome");
  assertEquals(listaDoLivro(livro, DIA), [], "pelo nome que tem o WAL, lê-se");
  Deno.removeSync(outro);
  await using armazem = ArmazemSqlite.abre(livro);
  assertEquals((await ativosDe(armazem, 1)).length, 1);
});

/** Verdadeiro se há uma trava `flock` no arquivo, de quem quer que seja. */
function temFlock(caminho: string): boolean {
  const { ino } = Deno.statSync(caminho);
  return Deno.readTextFileSync("/proc/locks").split("\n")
    .some((linha) => linha.includes(" FLOCK ") && linha.includes(`:${ino} `));
}

if (Deno.build.os === "linux") {
  teste("quem escrevia no livro quando ele abriu, e já acabou, não deixa o arquivo sem trava", async (livro) => {
    await ArmazemSqlite.abre(livro)[Symbol.asyncDispose]();
    // Prende o livro até que o armazém desista da trava do arquivo para o poder abrir.
    const programa = `
      import { DatabaseSync } from "node:sqlite";
      const livro = ${JSON.stringify(livro)};
      ${temFlock.toString().replace(/: (string|boolean)/g, "")}
      const db = new DatabaseSync(livro);
      db.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN IMMEDIATE; PRAGMA user_version = ${VERSAO}; COMMIT");
      console.log("preso");
      while (!temFlock(livro)) await new Promise((segue) => setTimeout(segue, 1));
      while (temFlock(livro)) await new Promise((segue) => setTimeout(segue, 1));
      db.close();
    `;
    const preso = new Deno.Command(Deno.execPath(), { args: ["eval", programa], stdout: "piped" }).spawn();
    const leitor = preso.stdout.getReader();
    assertEquals(new TextDecoder().decode((await leitor.read()).value), "preso\n");
    await leitor.cancel();
    await using armazem = ArmazemSqlite.abre(livro);
    assertEquals((await preso.status).code, 0);
    assertEquals(temFlock(livro), true);
    await grava(armazem, (vista) => [marca(vista, { cpf: cpfDeExemplo(1) })]);
  });
}

teste("um arquivo criado para um livro que não pôde ser travado não fica lá, vazio", async (livro) => {
  Deno.mkdirSync(`${livro}.trava`);
  recusado(livro, ["trava"]);
  assertThrows(() => Deno.statSync(livro), Deno.errors.NotFound);
  await Promise.resolve();
});

teste("um armazém fechado não volta a abrir o livro", async (livro) => {
  const fechado = ArmazemSqlite.abre(livro);
  await fechado[Symbol.asyncDispose]();
  await using _outro = ArmazemSqlite.abre(livro);
  assertEquals(
    (await fechado.lote(() => NENHUM_ALCANCE, 0, (vista) => ({
      resultado: 0,
      mudancas: [marca(vista, { cpf: cpfDeExemplo(1) })],
    }))).tipo,
    "nada",
  );
  assertThrows(() => fechado.le(() => NENHUM_ALCANCE, () => 0), ErroDoArmazem, "fechado");
  assertEquals(await _outro.lista(DIA), []);
});
