/**
 * Testes do armazém em SQLite: o contrato da porta, as restrições, a trava, as migrações, as cópias e quem escreve por
 * fora. Os que usam arquivos precisam de permissão.
 *
 * @module
 */

import { assert, assertEquals, assertMatch, assertStringIncludes, assertThrows } from "@std/assert";
import { retry } from "@std/async";
import { DatabaseSync } from "node:sqlite";
import { Agenda } from "../agenda.ts";
import { type Armazem, ErroDoArmazem } from "../clinica/livro.ts";
import { cpfDeExemplo, Pasta, RAIZ, roda, testeComSistema } from "../testes/apoio.ts";
import { ArmazemSqlite, copiaLivro, listaDoLivro, migra } from "./sqlite.ts";
import {
  alcance,
  ativosDe,
  CLINICO,
  contrato,
  desmarca,
  DIA,
  grava,
  HORAS,
  livres,
  marca,
  QUANDO,
  tenta,
} from "../testes/contrato.ts";
import { lerOferta } from "../clinica/oferta.ts";
import type { PedidoNoFio } from "../protocolo.ts";

contrato(
  (nome, fn) => Deno.test({ name: `armazém na memória: ${nome}`, permissions: "none", fn }),
  () => Promise.resolve(ArmazemSqlite.abre(":memory:")),
);

/** Um armazém que leva consigo a pasta do seu arquivo. */
function abreEmPasta(): Armazem {
  const pasta = new Pasta();
  const armazem = ArmazemSqlite.abre(pasta.arquivo("clinica.db"));
  const fecha = armazem[Symbol.asyncDispose].bind(armazem);
  armazem[Symbol.asyncDispose] = async () => {
    await fecha();
    pasta[Symbol.dispose]();
  };
  return armazem;
}

contrato((nome, fn) => testeComSistema(`armazém em arquivo: ${nome}`, fn), () => Promise.resolve(abreEmPasta()));

/** Registra um teste que tem uma pasta e, nela, o caminho de um livro ainda por criar. */
function teste(nome: string, fn: (livro: string, pasta: Pasta) => Promise<void>): void {
  testeComSistema(`armazém: ${nome}`, async () => {
    using pasta = new Pasta();
    await fn(pasta.arquivo("clinica.db"), pasta);
  });
}

function modo(caminho: string): number {
  return (Deno.statSync(caminho).mode ?? 0) & 0o777;
}

function consulta(livro: string, sql: string): Record<string, unknown>[] {
  using db = new DatabaseSync(livro);
  return db.prepare(sql).all().map((linha) => ({ ...linha }));
}

function executa(livro: string, sql: string): void {
  using db = new DatabaseSync(livro);
  db.exec(sql);
}

/** Um livro com a hora 08:00 de `cpfDeExemplo(1)`, fechado. */
async function livroComUm(livro: string): Promise<void> {
  await using armazem = ArmazemSqlite.abre(livro);
  await grava(armazem, (vista) => [marca(vista, { cpf: cpfDeExemplo(1) })]);
}

/** Uma linha para `INSERT` à mão; o que não se diz é bom. */
function linhaSql(trocas: Record<string, string> = {}): string {
  const colunas: Record<string, string> = {
    id: "NULL",
    cpf: `'${cpfDeExemplo(50)}'`,
    nome: "'À MÃO'",
    especialidade: `'${CLINICO}'`,
    profissional: "''",
    data: `'${DIA}'`,
    hora: "'10:00'",
    minutos: "30",
    criado_em: "'2026-11-23T10:00:00Z'",
    cancelado_em: "NULL",
    origem: "'sqlite3'",
    ativo: "1",
    ...trocas,
  };
  return `INSERT INTO agendamento (${Object.keys(colunas)}) VALUES (${Object.values(colunas)})`;
}

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

teste("o arquivo diz o que é: application_id CLIN, versão 1, WAL", async (livro) => {
  await livroComUm(livro);
  assertEquals(consulta(livro, "PRAGMA application_id"), [{ application_id: 0x434c494e }]);
  assertEquals(consulta(livro, "PRAGMA user_version"), [{ user_version: 1 }]);
  assertEquals(consulta(livro, "PRAGMA journal_mode"), [{ journal_mode: "wal" }]);
});

teste("nem à mão se põe um segundo numa vaga, ou um segundo ativo do mesmo par", async (livro) => {
  await livroComUm(livro);
  const daVaga = linhaSql({ hora: "'08:00'" });
  const doPar = linhaSql({ cpf: `'${cpfDeExemplo(1)}'` });
  assertThrows(() => executa(livro, daVaga), Error, "UNIQUE");
  assertThrows(() => executa(livro, linhaSql({ hora: "'08:00'", ativo: "0" })), Error, "UNIQUE");
  assertThrows(() => executa(livro, doPar), Error, "UNIQUE");
  executa(livro, linhaSql({ hora: "'08:00'", profissional: "'DRA. ANA'" }));
  executa(livro, linhaSql({ cpf: `'${cpfDeExemplo(1)}'`, ativo: "0" }));
  executa(livro, "UPDATE agendamento SET ativo = 0, cancelado_em = criado_em");
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
    { ativo: "1", cancelado_em: "'2026-11-23T10:00:00Z'" },
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

teste("a história fica: cancelados, arquivados, quando e por quem", async (livro) => {
  await using armazem = ArmazemSqlite.abre(livro);
  await grava(armazem, (vista) => [marca(vista, { cpf: cpfDeExemplo(1) }, "10.0.0.7")]);
  const [primeiro] = await ativosDe(armazem, 1);
  await grava(armazem, () => [desmarca(primeiro)], QUANDO + 60_000);
  await grava(armazem, (vista) => [marca(vista, { cpf: cpfDeExemplo(1) }, "10.0.0.8")], QUANDO + 120_000);
  const [segundo] = await ativosDe(armazem, 1);
  await grava(armazem, (vista) => [
    { tipo: "arquiva", agendamento: segundo },
    marca(vista, { cpf: cpfDeExemplo(1), data: "2026-12-07" }, "10.0.0.9"),
  ], QUANDO + 180_000);
  const sql = "SELECT cpf, nome, data, hora, criado_em, cancelado_em, origem, ativo FROM agendamento ORDER BY id";
  const comum = { cpf: cpfDeExemplo(1), nome: "MARIA DA SILVA", data: DIA, hora: "08:00", cancelado_em: null };
  assertEquals(consulta(livro, sql), [
    {
      ...comum,
      criado_em: "2026-11-23T10:00:00Z",
      cancelado_em: "2026-11-23T10:01:00Z",
      origem: "10.0.0.7",
      ativo: 0,
    },
    { ...comum, criado_em: "2026-11-23T10:02:00Z", origem: "10.0.0.8", ativo: 0 },
    { ...comum, data: "2026-12-07", criado_em: "2026-11-23T10:03:00Z", origem: "10.0.0.9", ativo: 1 },
  ]);
});

teste("marcar e desmarcar no mesmo lote deixa uma linha cancelada na história", async (livro) => {
  await using armazem = ArmazemSqlite.abre(livro);
  await grava(armazem, (vista) => {
    const marcado = marca(vista, { cpf: cpfDeExemplo(1) });
    return [marcado, desmarca(marcado.agendamento)];
  });
  const quando = "2026-11-23T10:00:00Z";
  assertEquals(consulta(livro, "SELECT id, cpf, criado_em, cancelado_em, ativo FROM agendamento"), [
    { id: 1, cpf: cpfDeExemplo(1), criado_em: quando, cancelado_em: quando, ativo: 0 },
  ]);
});

teste("reaberto, o livro mostra a mesma vista", async (livro) => {
  const nomes = ["MARIA", "JOÃO 𝒜", 'D\'ÁVILA "Ç" | \\ ,', "Z".repeat(120)];
  async function vista(armazem: Armazem): Promise<unknown> {
    return {
      ativos: await Promise.all(nomes.map((_, n) => ativosDe(armazem, n))),
      livres: [await livres(armazem), await livres(armazem, "PEDIATRA"), await livres(armazem, CLINICO, "2026-12-07")],
      lista: await armazem.lista(DIA),
    };
  }
  let antes: unknown;
  {
    await using armazem = ArmazemSqlite.abre(livro);
    await grava(armazem, (vista) =>
      nomes.flatMap((nome, n) => [
        marca(vista, { cpf: cpfDeExemplo(n), nome, hora: HORAS[n] }),
        marca(vista, { cpf: cpfDeExemplo(n), nome, hora: HORAS[n], especialidade: "PEDIATRA", minutos: 15 }),
      ]));
    const [cancelado] = await ativosDe(armazem, 0);
    const [encerrado] = await ativosDe(armazem, 1);
    await grava(armazem, (vista) => [
      desmarca(cancelado),
      { tipo: "arquiva", agendamento: encerrado },
      marca(vista, { cpf: cpfDeExemplo(1), nome: nomes[1], data: "2026-12-07" }),
    ]);
    antes = await vista(armazem);
  }
  await using armazem = ArmazemSqlite.abre(livro);
  assertEquals(await vista(armazem), antes);
  await grava(armazem, (vista) => [marca(vista, { cpf: cpfDeExemplo(9), hora: "10:00" })]);
});

teste("um livro de 12.000 ativos carrega inteiro", async (livro) => {
  const dias = Array.from({ length: 120 }, (_, i) => Temporal.PlainDate.from(DIA).add({ days: i }).toString());
  const horas = Array.from({ length: 100 }, (_, i) => {
    const minuto = 6 * 60 + i * 10;
    return `${String(Math.floor(minuto / 60)).padStart(2, "0")}:${String(minuto % 60).padStart(2, "0")}`;
  });
  {
    await using armazem = ArmazemSqlite.abre(livro);
    await grava(
      armazem,
      (vista) =>
        dias.flatMap((data, d) =>
          horas.map((hora, h) => marca(vista, { cpf: cpfDeExemplo(d * 100 + h), data, hora, minutos: 10 }))
        ),
    );
    // Cancelados pelo meio: os números têm buracos.
    const [um] = await ativosDe(armazem, 4_999);
    const [outro] = await ativosDe(armazem, 5_000);
    await grava(armazem, () => [desmarca(um), desmarca(outro)]);
  }
  await using armazem = ArmazemSqlite.abre(livro);
  let ativos = 0;
  for (let n = 0; n < 12_000; n++) {
    const achados = await ativosDe(armazem, n);
    ativos += achados.length;
    for (const { cpf, data, hora } of achados) {
      assertEquals([cpf, data, hora], [cpfDeExemplo(n), dias[Math.floor(n / 100)], horas[n % 100]]);
    }
  }
  assertEquals(ativos, 11_998);
});

teste("uma migração leva o livro adiante sem perder linhas", async (livro) => {
  await livroComUm(livro);
  using db = new DatabaseSync(livro);
  migra(db, ["isto já foi feito e não roda de novo", "ALTER TABLE agendamento ADD COLUMN telefone TEXT"]);
  assertEquals(db.prepare("PRAGMA user_version").get()?.user_version, 2);
  const linha = db.prepare("SELECT cpf, telefone FROM agendamento").get();
  assertEquals({ ...linha }, { cpf: cpfDeExemplo(1), telefone: null });
});

teste("uma migração que falha não deixa nada pela metade, e os passos anteriores valem", async (livro) => {
  await livroComUm(livro);
  using db = new DatabaseSync(livro);
  const passos = [
    "feito",
    "ALTER TABLE agendamento ADD COLUMN telefone TEXT",
    "ALTER TABLE agendamento ADD COLUMN email TEXT; UPDATE agendamento SET email = nome; INSERT INTO nada VALUES (1)",
  ];
  assertThrows(() => migra(db, passos), Error, "no such table: nada");
  assertEquals(db.isTransaction, false);
  assertEquals(db.prepare("PRAGMA user_version").get()?.user_version, 2);
  const colunas = db.prepare("SELECT name FROM pragma_table_info('agendamento')").all().map(({ name }) => name);
  assert(colunas.includes("telefone") && !colunas.includes("email"));
});

/** Exige que o livro seja recusado com uma mensagem que começa pelo caminho e diz o resto. */
function recusado(livro: string, ...partes: string[]): void {
  const erro = assertThrows(() => ArmazemSqlite.abre(livro), ErroDoArmazem);
  for (const parte of [livro, ...partes]) assertStringIncludes(erro.message, parte);
  assert(!erro.message.includes("\n"), erro.message);
}

teste("um livro de uma versão mais nova é recusado, com as duas versões", async (livro) => {
  await livroComUm(livro);
  executa(livro, "PRAGMA user_version = 7");
  recusado(livro, "da versão 7", "conhece até a 1", "atualize");
  assertThrows(() => listaDoLivro(livro, DIA), ErroDoArmazem, "versão 7");
  assertThrows(() => copiaLivro(livro, `${livro}.copia`), ErroDoArmazem, "versão 7");
  assertEquals(consulta(livro, "SELECT cpf FROM agendamento"), [{ cpf: cpfDeExemplo(1) }]);
});

// deno-lint-ignore require-await
teste("o banco SQLite de outro programa é recusado e fica como estava", async (livro) => {
  executa(livro, "CREATE TABLE notas (texto TEXT); INSERT INTO notas VALUES ('minhas')");
  const antes = Deno.readFileSync(livro);
  recusado(livro, "outro programa", "--banco");
  assertThrows(() => listaDoLivro(livro, DIA), ErroDoArmazem, "outro programa");
  assertEquals(Deno.readFileSync(livro), antes);
});

// deno-lint-ignore require-await
teste("um arquivo que não é um banco é recusado e fica como estava", async (livro) => {
  const texto = "isto é uma lista de compras\n".repeat(200);
  Deno.writeTextFileSync(livro, texto);
  recusado(livro, "não é um banco de dados", "--banco");
  assertThrows(() => listaDoLivro(livro, DIA), ErroDoArmazem, "não é um banco de dados");
  assertEquals(Deno.readTextFileSync(livro), texto);
});

// deno-lint-ignore require-await
teste("uma pasta que não existe, uma pasta no lugar do arquivo ou da trava: um erro claro", async (livro, pasta) => {
  recusado(pasta.arquivo("nenhures/clinica.db"), "não pôde ser aberto", "--banco");
  recusado(pasta.caminho, "não pôde ser aberto");
  Deno.mkdirSync(`${livro}.trava`);
  recusado(livro, "trava");
});

teste("um segundo servidor no mesmo livro é recusado, também por um atalho", async (livro, pasta) => {
  await using armazem = ArmazemSqlite.abre(livro);
  recusado(livro, "outro servidor já usa este livro", "--banco");
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
  executa(livro, "PRAGMA user_version = 7");
  recusado(livro, "versão 7");
  executa(livro, "PRAGMA user_version = 1");
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
    recusado(livro, "outro servidor já usa este livro");
  } finally {
    outro.kill("SIGKILL");
    await outro.status;
  }
  await using armazem = ArmazemSqlite.abre(livro);
  assertEquals(await armazem.lista(DIA), []);
});

teste("uma linha apagada por fora: o lote é recusado, a memória é relida e o seguinte dá certo", async (livro) => {
  await using armazem = ArmazemSqlite.abre(livro);
  await grava(armazem, (vista) => [
    marca(vista, { cpf: cpfDeExemplo(1) }),
    marca(vista, { cpf: cpfDeExemplo(2), hora: "08:30" }),
  ]);
  const [marcado] = await ativosDe(armazem, 1);
  executa(livro, `DELETE FROM agendamento WHERE cpf = '${cpfDeExemplo(1)}'`);
  assertEquals(await ativosDe(armazem, 1), [marcado], "a memória ainda não sabe");
  const recusada = await tenta(armazem, (vista) => [
    desmarca(marcado),
    marca(vista, { cpf: cpfDeExemplo(3), hora: "09:00" }),
  ]);
  assertEquals(recusada, "recusado");
  assertEquals(await ativosDe(armazem, 1), []);
  assertEquals(await ativosDe(armazem, 3), []);
  assertEquals(await livres(armazem), ["08:00", "09:00", "09:30", "10:00"]);
  await grava(armazem, (vista) => [marca(vista, { cpf: cpfDeExemplo(1) })]);
});

teste("uma linha já cancelada ou encerrada por fora não muda de novo: o lote é recusado", async (livro) => {
  await using armazem = ArmazemSqlite.abre(livro);
  await grava(armazem, (vista) => [
    marca(vista, { cpf: cpfDeExemplo(1) }),
    marca(vista, { cpf: cpfDeExemplo(2), hora: "08:30" }),
  ]);
  const [primeiro] = await ativosDe(armazem, 1);
  const [segundo] = await ativosDe(armazem, 2);
  executa(livro, "UPDATE agendamento SET ativo = 0, cancelado_em = 'antes' WHERE id = 1");
  assertEquals(await tenta(armazem, () => [desmarca(primeiro)]), "recusado");
  executa(livro, "UPDATE agendamento SET ativo = 0 WHERE id = 2");
  assertEquals(await tenta(armazem, () => [{ tipo: "arquiva", agendamento: segundo }]), "recusado");
  assertEquals(consulta(livro, "SELECT cancelado_em FROM agendamento ORDER BY id"), [
    { cancelado_em: "antes" },
    { cancelado_em: null },
  ]);
  assertEquals(await livres(armazem), ["08:00", "09:00", "09:30", "10:00"]);
});

teste("uma linha posta por fora: o lote é recusado, a memória é relida e o seguinte dá certo", async (livro) => {
  await using armazem = ArmazemSqlite.abre(livro);
  await grava(armazem, (vista) => [marca(vista, { cpf: cpfDeExemplo(1) })]);
  assertEquals(await livres(armazem), HORAS.slice(1));
  executa(livro, linhaSql({ id: "77", hora: "'08:30'" }));
  assertEquals(
    await tenta(armazem, (vista) => [marca(vista, { cpf: cpfDeExemplo(2), hora: "08:30" })]),
    "recusado",
  );
  assertEquals((await ativosDe(armazem, 50)).map(({ id, nome }) => [id, nome]), [[77, "À MÃO"]]);
  assertEquals(await livres(armazem), HORAS.slice(2));
  await grava(armazem, (vista) => [marca(vista, { cpf: cpfDeExemplo(2), hora: "09:00" })]);
  assertEquals((await ativosDe(armazem, 2)).map(({ id }) => id), [78]);
});

teste("com alguém escrevendo por fora, a agenda responde o que há no arquivo", async (livro) => {
  await using armazem = ArmazemSqlite.abre(livro);
  const agenda = new Agenda({ armazem, oferta: lerOferta(), relogio: () => QUANDO });
  const pede = async (n: number, horario?: string): Promise<string | undefined> => {
    const pedido: PedidoNoFio = {
      comando: "AGEND",
      cpf: cpfDeExemplo(n),
      nome: "MARIA DA SILVA",
      especialista: CLINICO,
      data: "30/11/2026",
      dia: "SEGUNDA-FEIRA",
      horario,
    };
    return (await agenda.atende([pedido], "10.0.0.7"))?.[0].codigo;
  };
  assertEquals(await pede(1, "08:00"), "OK-300");
  executa(livro, linhaSql({ hora: "'08:30'" }));
  executa(livro, linhaSql({ hora: "'09:00'", cpf: `'${cpfDeExemplo(51)}'` }));
  const respostas = await Promise.all([pede(2, "08:30"), pede(3, "09:00"), pede(4, "09:30"), pede(51, "10:00")]);
  assertEquals(respostas, ["ERRO-110", "ERRO-110", "OK-300", "ERRO-111"]);
  assertEquals(await pede(5), "OK-300");
  assertEquals(await pede(6), "ERRO-110");
});

teste("enquanto outro programa escreve, nada é gravado; depois, sim", async (livro) => {
  await using armazem = ArmazemSqlite.abre(livro);
  using outro = new DatabaseSync(livro);
  outro.exec("BEGIN IMMEDIATE");
  assertEquals(await tenta(armazem, (vista) => [marca(vista, { cpf: cpfDeExemplo(1) })]), "nada");
  assertEquals(await ativosDe(armazem, 1), []);
  assertEquals(await livres(armazem), HORAS);
  outro.exec("COMMIT");
  await grava(armazem, (vista) => [marca(vista, { cpf: cpfDeExemplo(1) })]);
});

teste("um livro que sumiu da frente do armazém não deixa a memória responder por ele", async (livro, pasta) => {
  await using armazem = ArmazemSqlite.abre(livro);
  await grava(armazem, (vista) => [marca(vista, { cpf: cpfDeExemplo(1) })]);
  // A memória e o arquivo discordam, e o arquivo já não abre.
  executa(livro, "DELETE FROM agendamento; PRAGMA user_version = 7");
  const [marcado] = await ativosDe(armazem, 1);
  assertEquals(await tenta(armazem, () => [desmarca(marcado)]), "nada");
  assertThrows(() => armazem.le(alcance, (vista) => vista.ativosDe(cpfDeExemplo(1))), ErroDoArmazem, pasta.caminho);
  assertEquals(await tenta(armazem, (vista) => [marca(vista, { cpf: cpfDeExemplo(2) })]), "nada");
  executa(livro, "PRAGMA user_version = 1");
  // Um livro que falhou não é reaberto a cada pedido: a próxima tentativa vem logo depois.
  assertEquals(await retry(() => ativosDe(armazem, 1), { minTimeout: 50, multiplier: 1, maxAttempts: 100 }), []);
  await grava(armazem, (vista) => [marca(vista, { cpf: cpfDeExemplo(2) })]);
});

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

// deno-lint-ignore require-await
teste("sem livro não há lista, e listar não cria um", async (livro) => {
  const erro = assertThrows(() => listaDoLivro(livro, DIA), ErroDoArmazem);
  assertStringIncludes(erro.message, livro);
  assertStringIncludes(erro.message, "não há livro aqui");
  assertThrows(() => Deno.statSync(livro), Deno.errors.NotFound);
});
