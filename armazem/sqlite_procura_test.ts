/**
 * Testes da procura por CPF e por data: o que passou da memória para as tabelas acha-se como antes.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import type { Agendamento } from "../clinica/agendamento.ts";
import { type Armazem, LINHAS_DE_UM_CPF } from "../clinica/livro.ts";
import { ate, cpfDeExemplo } from "../testes/apoio.ts";
import { consulta, teste } from "../testes/livro_sqlite.ts";
import { acabado, alcance, ativosDe, desmarca, DIA, grava, marca, muda } from "../testes/mudancas.ts";
import { fonteSqlite, livroNovoSqlite } from "./sqlite_copia.ts";
import { passa } from "./sqlite_procura.ts";
import { ArmazemSqlite } from "./sqlite.ts";
import { TABELAS } from "./tabelas.ts";

/** Passa os primeiros que faltam, num livro fechado. */
function passaNoLivro(livro: string, quantos?: number): void {
  using db = new DatabaseSync(livro);
  passa(db, quantos);
}

/** As histórias de dez CPFs e dois períodos, em ordem. */
async function visto(armazem: Armazem): Promise<unknown> {
  const porNumero = (agendamentos: readonly Agendamento[]): Agendamento[] =>
    agendamentos.toSorted((um, outro) => um.numero - outro.numero);
  return await armazem.le(alcance, (vista) => [
    Array.from({ length: 10 }, (_, n) => vista.historiaDe(cpfDeExemplo(n))),
    porNumero(vista.periodo([DIA, DIA])),
    porNumero(vista.periodo(["2026-12-01", "2026-12-31"])),
    [DIA, "2026-12-02"].map((data) => vista.cancelados(data)),
  ]);
}

/** Alguns de cada espécie. */
async function comeca(armazem: Armazem): Promise<void> {
  await grava(armazem, (vista) => [
    marca(vista, { cpf: cpfDeExemplo(1) }),
    marca(vista, acabado(cpfDeExemplo(1), "CANCELADO")),
    marca(vista, { cpf: cpfDeExemplo(2), hora: "08:30" }),
    marca(vista, { cpf: cpfDeExemplo(3), hora: "09:00", data: "2026-12-02" }),
    marca(vista, { cpf: cpfDeExemplo(3), especialidade: "PEDIATRA", encaixe: true }),
    marca(vista, acabado(cpfDeExemplo(2), "PASSOU", { data: "2026-12-07" })),
  ]);
}

for (const passados of [0, 1, 3, 6]) {
  teste(`com ${passados} passados para as tabelas, acha-se o mesmo, e o que muda de data ou de CPF`, async (livro) => {
    let antes: unknown;
    {
      await using armazem = ArmazemSqlite.abre(livro);
      await comeca(armazem);
      antes = await visto(armazem);
    }
    if (passados > 0) passaNoLivro(livro, passados);
    assertEquals(consulta(livro, "SELECT count(*) AS n FROM por_cpf"), [{ n: passados }]);
    {
      await using armazem = ArmazemSqlite.abre(livro);
      assertEquals(await visto(armazem), antes);
      const [[primeiro], [segundo], [terceiro]] = await Promise.all([1, 2, 3].map((n) => ativosDe(armazem, n)));
      await grava(armazem, () => [
        muda(primeiro, { data: "2026-12-02" }, "REMARC"),
        desmarca(segundo),
        muda(terceiro, { cpf: cpfDeExemplo(4) }, "CORRIGE"),
      ]);
      const em = async (data: string): Promise<number[]> =>
        (await armazem.le(alcance, (vista) => vista.periodo([data, data]))).map(({ numero }) => numero).toSorted();
      assertEquals([await em(DIA), await em("2026-12-02")], [[5], [1, 4]]);
      const cancelados = async (data: string): Promise<number[]> =>
        (await armazem.le(alcance, (vista) => vista.cancelados(data))).map(({ numero }) => numero);
      assertEquals([await cancelados(DIA), await cancelados("2026-12-02")], [[3, 2], []]);
      // Um que vem, e um que vem e volta.
      const [deLa, deQuatro2] = [(await ativosDe(armazem, 1))[0], (await ativosDe(armazem, 4))[0]];
      await grava(armazem, () => [muda(deLa, { data: DIA }, "REMARC"), muda(deQuatro2, { data: DIA }, "REMARC")]);
      await grava(armazem, (vista) => [1, 4].map((n) => desmarca(vista.ativosDe(cpfDeExemplo(n))[0])));
      assertEquals([await cancelados(DIA), await cancelados("2026-12-02")], [[4, 3, 2, 1], []]);
      const [deTres, deQuatro] = await armazem.le(
        alcance,
        (vista) => [3, 4].map((n) => vista.historiaDe(cpfDeExemplo(n)).map(({ numero }) => numero)),
      );
      assertEquals([deTres, deQuatro], [[5], [4]]);
      antes = await visto(armazem);
    }
    {
      await using armazem = ArmazemSqlite.abre(livro);
      assertEquals(await visto(armazem), antes, "reaberto");
    }
    passaNoLivro(livro);
    await using armazem = ArmazemSqlite.abre(livro);
    assertEquals(await visto(armazem), antes, "com o resto passado");
  });
}

teste("quando ninguém grava, os que a memória tem passam para as tabelas, e acham-se", async (livro) => {
  await using armazem = ArmazemSqlite.abre(livro);
  const cpf = cpfDeExemplo(1);
  for (let lote = 0; lote < 9; lote++) {
    await grava(
      armazem,
      (vista) => Array.from({ length: 500 }, () => marca(vista, acabado(cpf, "CANCELADO"))),
      { pede: () => ({ ...alcance(), novos: 500 }) },
    );
  }
  const numeros = async (): Promise<number[]> =>
    (await armazem.le(alcance, (vista) => vista.historiaDe(cpf))).map(({ numero }) => numero);
  const antes = await numeros();
  assertEquals(antes, Array.from({ length: LINHAS_DE_UM_CPF }, (_, i) => 4500 - i));
  await ate(() => consulta(livro, "SELECT count(*) AS n FROM por_data")[0].n === 4096);
  assertEquals(await numeros(), antes);
  await grava(armazem, (vista) => [marca(vista, { cpf })]);
  assertEquals(await numeros(), [4501, ...antes.slice(0, -1)]);
  assertEquals((await armazem.le(alcance, (vista) => vista.periodo([DIA, DIA]))).map(({ numero }) => numero), [4501]);
  const cancelados = await armazem.le(alcance, (vista) => vista.cancelados(DIA));
  assertEquals(cancelados.map(({ numero }) => numero), antes);
});

teste("um livro que se recebe inteiro já os tem nas tabelas", async (livro, pasta) => {
  let antes: unknown;
  {
    await using armazem = ArmazemSqlite.abre(livro);
    await comeca(armazem);
    antes = await visto(armazem);
  }
  const novo = pasta.arquivo("novo.db");
  {
    await using de = fonteSqlite(livro);
    await using para = livroNovoSqlite(novo);
    for (const tabela of TABELAS) {
      for await (const linhas of de.pedacos(tabela)) await para.recebe(tabela, linhas);
    }
    await para.confirma();
  }
  assertEquals(consulta(novo, "SELECT count(*) AS n FROM por_cpf"), [{ n: 6 }]);
  await using armazem = ArmazemSqlite.abre(novo);
  assertEquals(await visto(armazem), antes);
  assert((await ativosDe(armazem, 1)).length === 1);
});
