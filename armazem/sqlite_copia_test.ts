/**
 * Testes da cópia e da lista de um livro em arquivo, ao lado de um armazém aberto e sem nenhum.
 *
 * @module
 */

import { assert, assertEquals, assertMatch, assertStringIncludes, assertThrows } from "@std/assert";
import { ErroDoArmazem } from "../clinica/livro.ts";
import { cpfDeExemplo, roda } from "../testes/apoio.ts";
import { consulta, executa, livroComUm, modo, teste } from "../testes/livro_sqlite.ts";
import {
  ativosDe,
  CLINICO,
  comEspera,
  convida,
  desmarca,
  DIA,
  entra,
  grava,
  marca,
  mudaEspera,
  sai,
} from "../testes/mudancas.ts";
import { importa } from "./importacao.ts";
import { copiaLivro, listaDoLivro } from "./sqlite_copia.ts";
import { ArmazemSqlite } from "./sqlite.ts";

teste("a cópia é um livro inteiro, só do dono, e abre como um livro", async (livro, pasta) => {
  await using armazem = ArmazemSqlite.abre(livro);
  await grava(armazem, (vista) => [marca(vista, { cpf: cpfDeExemplo(1) })]);
  const destino = pasta.arquivo("copia.db");
  const mascara = Deno.umask(0);
  try {
    copiaLivro(livro, destino);
  } finally {
    Deno.umask(mascara);
  }
  assertEquals(modo(destino), 0o600);
  await grava(armazem, (vista) => [marca(vista, { cpf: cpfDeExemplo(2), hora: "08:30" })]);
  await using copia = ArmazemSqlite.abre(destino);
  assertEquals((await copia.lista(DIA)).map(({ cpf }) => cpf), [cpfDeExemplo(1)]);
});

teste("a cópia não segue um atalho, nem fica num arquivo que já lá estava", async (livro, pasta) => {
  if (Deno.build.os === "windows") return;
  await livroComUm(livro);
  const [destino, alheio] = [pasta.arquivo("copia.db"), pasta.arquivo("alheio")];
  const parcial = `${destino}.${Deno.pid}.parcial`;
  Deno.writeTextFileSync(alheio, "de outro");
  Deno.symlinkSync(alheio, parcial);
  copiaLivro(livro, destino);
  assertEquals(Deno.readTextFileSync(alheio), "de outro");
  Deno.removeSync(destino);
  Deno.writeTextFileSync(parcial, "", { mode: 0o666 });
  copiaLivro(livro, destino);
  assertEquals(modo(destino), 0o600);
});

teste("importada de um arquivo para outro, a lista de espera fica igual", async (livro, pasta) => {
  const destino = pasta.arquivo("outro.db");
  const pede = comEspera();
  const vista = (armazem: ArmazemSqlite): unknown =>
    armazem.le(pede, (vista) => vista.listaDeEspera(CLINICO).map((espera) => [espera, vista.conviteDe(espera)]));
  let antes: unknown;
  {
    await using armazem = ArmazemSqlite.abre(livro);
    await grava(armazem, (vista) => [1, 2, 3].map((n) => entra(vista, { cpf: cpfDeExemplo(n), prioridade: n })), {
      pede,
    });
    const [um, dois, tres] = armazem.le(pede, (vista) => vista.listaDeEspera(CLINICO));
    await grava(armazem, (vista) => [
      sai(um),
      mudaEspera(dois, { passou: ['2026-12-02 08:30 "Ç"'], lapsos: 2, ordem: vista.novaEspera() }),
      ...convida(vista, tres, { ate: "2026-11-23T12:00:00Z" }),
    ], { pede });
    antes = vista(armazem);
  }
  assertEquals(await importa({ de: livro, para: destino }), 6);
  assertEquals(consulta(destino, "SELECT * FROM espera"), consulta(livro, "SELECT * FROM espera"));
  await using outro = ArmazemSqlite.abre(destino);
  assertEquals(vista(outro), antes);
});

teste("uma cópia feita enquanto se grava tem cada lote inteiro ou nada dele", async (livro, pasta) => {
  await using armazem = ArmazemSqlite.abre(livro);
  const POR_LOTE = 20;
  let lotes = 0;
  const gravaMais = async (): Promise<void> => {
    const data = Temporal.PlainDate.from(DIA).add({ days: lotes }).toString();
    await grava(armazem, (vista) =>
      Array.from({ length: POR_LOTE }, (_, i) =>
        marca(vista, {
          cpf: cpfDeExemplo(lotes * POR_LOTE + i),
          data,
          hora: `${String(i).padStart(2, "0")}:00`,
          nome: "N".repeat(100),
        }, `lote ${lotes}`)));
    lotes++;
  };
  while (lotes < 50) await gravaMais();
  for (let copia = 0; copia < 2; copia++) {
    const destino = pasta.arquivo(`copia${copia}.db`);
    const antes = lotes;
    let acabou = false;
    const copiando = roda("servidor.ts", ["copia", destino, "--banco", livro]).finally(() => acabou = true);
    while (!acabou) {
      await gravaMais();
      await new Promise((segue) => setTimeout(segue));
    }
    const { codigo, stderr } = await copiando;
    assertEquals([codigo, stderr], [0, ""]);
    assert(lotes > antes);
    assertEquals(consulta(destino, "PRAGMA integrity_check"), [{ integrity_check: "ok" }]);
    const porLote = consulta(destino, "SELECT origem, count(*) AS n FROM agendamento GROUP BY origem");
    assert(porLote.length >= antes && porLote.length <= lotes, `${antes} ≤ ${porLote.length} ≤ ${lotes}`);
    assert(porLote.every(({ n }) => n === POR_LOTE));
  }
});

teste("a cópia não escreve por cima, e quando falha não deixa nada", async (livro, pasta) => {
  await livroComUm(livro);
  const nomes = (): string[] => [...Deno.readDirSync(pasta.caminho)].map(({ name }) => name).sort();
  const ocupado = pasta.arquivo("ocupado");
  Deno.writeTextFileSync(ocupado, "meu");
  const antes = nomes();
  assertThrows(() => copiaLivro(livro, ocupado), ErroDoArmazem, "já existe");
  assertThrows(() => copiaLivro(livro, livro), ErroDoArmazem, "já existe");
  assertThrows(() => copiaLivro(livro, pasta.arquivo("nenhures/copia.db")), ErroDoArmazem, "não pôde ser escrita");
  const semLivro = assertThrows(
    () => copiaLivro(pasta.arquivo("outro.db"), pasta.arquivo("copia.db")),
    ErroDoArmazem,
  );
  assertStringIncludes(semLivro.message, "não há livro aqui");
  assertEquals(nomes().filter((nome) => !/-(wal|shm)$/.test(nome)), antes.filter((nome) => !/-(wal|shm)$/.test(nome)));
  assertEquals(Deno.readTextFileSync(ocupado), "meu");

  // Uma página estragada no meio do livro.
  executa(livro, "PRAGMA wal_checkpoint(TRUNCATE)");
  {
    using arquivo = Deno.openSync(livro, { write: true });
    arquivo.seekSync(4096, Deno.SeekMode.Start);
    arquivo.writeSync(new Uint8Array(4096).fill(0xff));
  }
  const erro = assertThrows(() => copiaLivro(livro, pasta.arquivo("copia.db")), ErroDoArmazem);
  assertMatch(erro.message, /a cópia não pôde ser escrita|não pôde ser aberto/);
  assert(!nomes().some((nome) => nome.startsWith("copia.db")), nomes().join(" "));
});

teste("a lista se lê ao lado de um armazém aberto, e também sem nenhum", async (livro) => {
  {
    await using armazem = ArmazemSqlite.abre(livro);
    await grava(armazem, (vista) => [
      marca(vista, { cpf: cpfDeExemplo(2), hora: "09:00" }),
      marca(vista, { cpf: cpfDeExemplo(1) }),
    ]);
    const [ultimo] = await ativosDe(armazem, 2);
    assertEquals(listaDoLivro(livro, DIA), await armazem.lista(DIA));
    assertEquals(listaDoLivro(livro, DIA).map(({ hora }) => hora), ["08:00", "09:00"]);
    await grava(armazem, () => [desmarca(ultimo)]);
    assertEquals(listaDoLivro(livro, DIA).map(({ hora }) => hora), ["08:00"]);
    assertEquals(listaDoLivro(livro, "2026-12-07"), []);
  }
  assertEquals(listaDoLivro(livro, DIA).map(({ cpf }) => cpf), [cpfDeExemplo(1)]);
  for (const sufixo of ["", "-wal", "-shm"]) {
    try {
      assertEquals(modo(livro + sufixo), 0o600, sufixo);
    } catch (erro) {
      if (!(erro instanceof Deno.errors.NotFound)) throw erro;
    }
  }
});

teste("sem livro não há lista, e listar não cria um", (livro) => {
  const erro = assertThrows(() => listaDoLivro(livro, DIA), ErroDoArmazem);
  assertStringIncludes(erro.message, livro);
  assertStringIncludes(erro.message, "não há livro aqui");
  assertThrows(() => Deno.statSync(livro), Deno.errors.NotFound);
});
