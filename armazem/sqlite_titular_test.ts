/**
 * Testes de que apagado é apagado: o nome, o CPF e o contato de quem se anonimizou já não estão no arquivo nem no WAL.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { codigoAoAcaso, fazDeFora, type PedidoDeFora, type Resposta } from "../acesso/titular.ts";
import { Agenda } from "../agenda.ts";
import { lerOferta } from "../clinica/oferta.ts";
import { ate, cpfDeExemplo } from "../testes/apoio.ts";
import { consulta, executa, teste } from "../testes/livro_sqlite.ts";
import { acabado, comEspera, contata, entra, grava, marca, sai } from "../testes/mudancas.ts";
import { ArmazemSqlite } from "./sqlite.ts";
import { pedeAoServidor } from "./sqlite_titular.ts";

/** Quem se anonimiza, e nada disto é de mais ninguém. */
const CPF = cpfDeExemplo(77);
const DELA = { nome: "ZULMIRA QUEIROGA", email: "zulmira@exemplo.br", telefone: "+5561912345678" };
const SEGREDOS = [CPF, DELA.nome, DELA.email, DELA.telefone, "quebrou a perna", "203.0.113.77", "7U1M1RA0"];

const AGORA = Temporal.Instant.from("2026-12-20T10:00:00Z").epochMilliseconds;

/** O que dos segredos ainda está nos arquivos do livro. */
function restos(livro: string): string[] {
  const decodifica = new TextDecoder("latin1");
  const arquivos = [livro, `${livro}-wal`].map((um) => decodifica.decode(Deno.readFileSync(um)));
  return SEGREDOS.filter((segredo) => arquivos.some((bytes) => bytes.includes(segredo)));
}

async function faz(armazem: ArmazemSqlite, pedido: PedidoDeFora): Promise<Resposta> {
  const agenda = new Agenda({ armazem, oferta: lerOferta({}), relogio: () => AGORA });
  return await fazDeFora(pedido, { agenda, livro: armazem });
}

/** Muitos, e ela no meio: o que é dela espalha-se por páginas que se partem, e pelos índices. */
async function enche(armazem: ArmazemSqlite): Promise<void> {
  const dela = { ...DELA, cpf: CPF, nota: "quebrou a perna", codigo: "7U1M1RA0" };
  const hora = (n: number): string => `${String(n / 60 | 0).padStart(2, "0")}:${String(n % 60).padStart(2, "0")}`;
  for (let vez = 0; vez < 12; vez++) {
    await grava(armazem, (vista) => [
      ...Array.from({ length: 250 }, (_, n) => marca(vista, acabado(cpfDeExemplo(n % 70), "CANCELADO"))),
      marca(vista, { ...acabado(CPF, "ATENDIDO"), ...dela, hora: hora(vez * 10), minutos: 5 }, "203.0.113.77"),
    ], { pede: () => ({ ...comEspera()(), novos: 300 }) });
  }
  await grava(armazem, (vista) => [
    entra(vista, { ...DELA, cpf: CPF, codigo: "7U1M1RA0", origem: "203.0.113.77" }),
    contata({ cpf: CPF, email: DELA.email, telefone: DELA.telefone }),
  ], { pede: comEspera() });
  const [espera] = armazem.le(comEspera(), (vista) => vista.esperasDe(CPF));
  await grava(armazem, () => [sai(espera)], { pede: comEspera() });
}

teste("de quem se anonimizou nada fica no arquivo nem no WAL", async (livro) => {
  await using armazem = ArmazemSqlite.abre(livro);
  await enche(armazem);
  assertEquals(restos(livro), SEGREDOS, "antes estão lá: procura-se bem");
  const resposta = await faz(armazem, { ato: "ANONIMIZA", cpf: CPF, motivo: "pediu" });
  const { pseudonimo, ...resto } = { pseudonimo: "", ...resposta };
  assertEquals(resto, { titular: { feito: 13 }, limpo: true });
  assert(pseudonimo.startsWith("X"));
  assertEquals(restos(livro), []);
  assertEquals(
    consulta(livro, "SELECT count(*) AS n FROM agendamento WHERE nome = 'ANONIMIZADO' AND situacao = 'ATENDIDO'"),
    [{ n: 12 }],
    "as estatísticas ficam",
  );
});

teste("também das tabelas por onde se procura, e do que estava na memória", async (livro) => {
  {
    await using armazem = ArmazemSqlite.abre(livro);
    await enche(armazem);
  }
  // Como ficam quando já são muitos.
  executa(
    livro,
    "INSERT INTO por_cpf SELECT cpf, numero FROM agendamento; INSERT INTO por_data SELECT data, numero FROM agendamento; " +
      "INSERT OR REPLACE INTO clinica_livro SELECT 'passados_ate', max(numero) FROM agendamento",
  );
  await using armazem = ArmazemSqlite.abre(livro);
  await faz(armazem, { ato: "ANONIMIZA", cpf: CPF, motivo: "pediu" });
  assertEquals(restos(livro), []);
  assertEquals(armazem.le(comEspera(), (vista) => vista.historiaDe(CPF)), []);
  assertEquals(consulta(livro, `SELECT * FROM por_cpf WHERE cpf = '${CPF}'`), []);
});

teste("com quem lê o livro, o WAL limpa-se quando acaba; e diz-se que ainda não", async (livro) => {
  await using armazem = ArmazemSqlite.abre(livro);
  await enche(armazem);
  const { DatabaseSync } = await import("node:sqlite");
  {
    using leitor = new DatabaseSync(livro, { readOnly: true });
    leitor.exec("BEGIN");
    leitor.prepare("SELECT count(*) FROM agendamento").get();
    const resposta = await faz(armazem, { ato: "ANONIMIZA", cpf: CPF, motivo: "pediu" });
    assert("limpo" in resposta && resposta.limpo === false);
    assert(restos(livro).length > 0);
    leitor.exec("COMMIT");
  }
  await ate(() => restos(livro).length === 0);
});

teste("compactar refaz o arquivo: sai também o que se apagou antes de se escrever zeros por cima", async (livro) => {
  await using armazem = ArmazemSqlite.abre(livro);
  await enche(armazem);
  // Como fazia uma versão de antes: as páginas soltas ficam com o que tinham.
  executa(livro, "PRAGMA secure_delete = OFF; CREATE TABLE velha AS SELECT * FROM agendamento; DROP TABLE velha");
  await faz(armazem, { ato: "ANONIMIZA", cpf: CPF, motivo: "pediu" });
  assert(restos(livro).length > 0, "sem compactar, os restos de antes ficam");
  assertEquals(await faz(armazem, { ato: "COMPACTA" }), { titular: { feito: 0 } });
  assertEquals(restos(livro), []);
  await grava(armazem, (vista) => [marca(vista, { cpf: cpfDeExemplo(5) })]);
});

teste("um pedido a um servidor que não responde não fica no livro", async (livro) => {
  await using armazem = ArmazemSqlite.abre(livro);
  await enche(armazem);
  assertEquals(await pedeAoServidor(livro, JSON.stringify({ ato: "EXPORTA", cpf: CPF }), 100), undefined);
  assertEquals(armazem.deFora.pendentes(), []);
  assertEquals(codigoAoAcaso().length, 8);
});
