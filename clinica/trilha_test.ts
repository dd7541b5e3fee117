/**
 * Testes do que se sela e de como se confere, com um selador qualquer. Sem nenhuma permissão.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { createHash } from "node:crypto";
import type { LinhaDoLivro } from "./livro.ts";
import {
  Conferencia,
  type Defeito,
  escreveCabeca,
  escreveNumeros,
  lerCabeca,
  type TabelaDaTrilha,
  TABELAS_DA_TRILHA,
  temNumero,
  textoSelado,
} from "./trilha.ts";

function teste(name: string, fn: () => void): void {
  Deno.test({ name: `trilha: ${name}`, permissions: "none", fn });
}

function sela(texto: string): string {
  return createHash("sha256").update(`segredo ${texto}`).digest("hex").slice(0, 32);
}

const QUANDO = "2026-11-23T10:00:00Z";

/** Duas cadeias entrelaçadas, com tantas linhas ao todo. */
function linhas(tabela: TabelaDaTrilha, quantas: number): LinhaDoLivro[] {
  const pontas = new Map([["um.1", { ordem: 0, selo: "" }], ["dois.1", { ordem: 0, selo: "" }]]);
  return Array.from({ length: quantas }, (_, i) => {
    const servidor = i % 3 === 1 ? "dois.1" : "um.1";
    const { ordem, selo } = pontas.get(servidor) ?? { ordem: 0, selo: "" };
    const campos = tabela === "diario"
      ? [`lote${i}`, QUANDO, `[["gerente","k:1",[["AGEND",${i},1,"",""]]]]`]
      : [QUANDO, "balcao", "k:1", "BUSCA", "0".repeat(32), `${i}`, 1];
    const semSelo = [10 * (i + 1), ...campos, servidor, ordem + 1];
    const novo = sela(textoSelado(tabela, semSelo, selo));
    pontas.set(servidor, { ordem: ordem + 1, selo: novo });
    return [...semSelo, novo];
  });
}

function confere(tabela: TabelaDaTrilha, lidas: readonly LinhaDoLivro[], ...cabecas: string[]): Defeito[] {
  const lidasDe = cabecas.map(lerCabeca).filter((uma) => uma !== undefined);
  const conferencia = new Conferencia(tabela, (nome) => nome.endsWith(".1") ? sela : undefined, lidasDe);
  return [...lidas.flatMap((linha) => conferencia.recebe(linha)), ...conferencia.fim()];
}

function trocada(linha: LinhaDoLivro, coluna: number, valor: string | number): LinhaDoLivro {
  return linha.with(coluna, valor);
}

teste("uma que ninguém mudou confere, seja a leitura de que tamanho for", () => {
  for (const tabela of TABELAS_DA_TRILHA) {
    for (const quantas of [0, 1, 2, 3, 30]) assertEquals(confere(tabela, linhas(tabela, quantas)), []);
  }
});

teste("mudar um caractere de qualquer coluna de qualquer linha acha-se, e diz-se em qual", () => {
  for (const tabela of TABELAS_DA_TRILHA) {
    const certas = linhas(tabela, 12);
    for (const [i, certa] of certas.entries()) {
      for (const [coluna, valor] of certa.entries()) {
        const outro = typeof valor === "number"
          ? valor + 1
          : `${valor === "" ? " " : valor}`.replace(/^./, (um) => um === "0" ? "1" : "0");
        const defeitos = confere(tabela, certas.with(i, trocada(certa, coluna, outro)));
        const onde = `${tabela} ${i} ${coluna}: ${JSON.stringify(defeitos)}`;
        assert(defeitos.length > 0, onde);
        const id = Number(coluna === 0 ? outro : certa[0]);
        assert(defeitos.some((um) => um.id === id), onde);
      }
    }
  }
});

teste("uma só linha mudada diz-se uma vez só, mudada no que diz ou no selo", () => {
  const certas = linhas("acesso", 12);
  for (const coluna of [5, certas[0].length - 1]) {
    const defeitos = confere("acesso", certas.with(4, trocada(certas[4], coluna, "f".repeat(32))));
    assertEquals(defeitos, [{ tabela: "acesso", id: 50, servidor: "dois.1", quando: QUANDO, o_que: "foi mudada" }]);
  }
});

teste("tirar uma linha, ou várias, acha-se na seguinte da mesma cadeia, e diz-se quantas faltam", () => {
  for (const tabela of TABELAS_DA_TRILHA) {
    const certas = linhas(tabela, 30);
    for (const i of certas.keys()) {
      const seguinte = certas.slice(i + 1).find((linha) => linha.at(-3) === certas[i].at(-3));
      // A última de cada cadeia só se vê contra a cabeça.
      if (seguinte === undefined) continue;
      const defeitos = confere(tabela, certas.toSpliced(i, 1));
      assertEquals(defeitos.map(({ id, o_que }) => [id, o_que]), [[seguinte[0], "faltam 1 antes dela"]], `${i}`);
    }
    const semCinco = confere(tabela, certas.filter((linha, i) => i < 3 || i > 16 || linha.at(-3) === "dois.1"));
    assertEquals(semCinco.map(({ id, o_que }) => [id, o_que]), [[180, "faltam 9 antes dela"]]);
  }
});

teste("pôr uma linha acha-se, ainda que imite as outras em tudo menos no selo", () => {
  const certas = linhas("acesso", 12);
  for (let i = 1; i < certas.length; i++) {
    const posta = [Number(certas[i][0]) - 5, ...certas[i].slice(1, -1), "0".repeat(32)];
    const [defeito, ...mais] = confere("acesso", certas.toSpliced(i, 0, posta));
    assertEquals([defeito.id, defeito.o_que, mais], [posta[0], "foi posta por fora", []], `${i}`);
  }
  // No fim não se sabe se é essa que devia estar lá; mas não confere.
  assertEquals(confere("acesso", [...certas, [999, ...certas[11].slice(1)]]).map(({ id }) => id), [999]);
  // Sem cadeia, depois de as haver; antes, é de quando não havia.
  const semCadeia = [5, "l", QUANDO, "[]", "", 0, ""];
  const diario = linhas("diario", 3);
  assertEquals(confere("diario", [semCadeia, ...diario]), []);
  assertEquals(confere("diario", [...diario, semCadeia])[0].o_que, "sem cadeia: foi posta por fora");
});

teste("trocar duas linhas acha-se, trocados os números ou só o resto", () => {
  const certas = linhas("acesso", 12);
  for (let i = 0; i < certas.length; i++) {
    for (let j = i + 1; j < certas.length; j++) {
      const [a, b] = [certas[i], certas[j]];
      const trocadas = certas.with(i, [a[0], ...b.slice(1)]).with(j, [b[0], ...a.slice(1)]);
      const ids = confere("acesso", trocadas).map(({ id }) => id);
      assert(ids.includes(Number(a[0])) || ids.includes(Number(b[0])), `${i} ${j}: ${ids}`);
    }
  }
});

teste("o fim cortado só se vê contra uma cabeça, e a cadeia pode ter crescido depois dela", () => {
  const certas = linhas("acesso", 12);
  const [, , , , , , , , servidor, ordem, selo] = certas[9];
  const cabeca = escreveCabeca({
    tabela: "acesso",
    servidor: String(servidor),
    ordem: Number(ordem),
    selo: String(selo),
  });
  assertEquals(lerCabeca(cabeca), { tabela: "acesso", servidor: "um.1", ordem: 7, selo: String(selo) });
  assertEquals(confere("acesso", certas, cabeca), []);
  assertEquals(confere("acesso", certas.slice(0, 9)), []);
  const [cortada, ...mais] = confere("acesso", certas.slice(0, 9), cabeca);
  assertEquals([cortada.servidor, cortada.o_que, mais], ["um.1", "a cabeça diz 7 linhas, e há 6: falta o fim", []]);
  assertEquals(confere("acesso", [], cabeca).length, 1);
  const outra = confere("acesso", certas, cabeca.replace(/.$/, (fim) => fim === "0" ? "1" : "0"));
  assertEquals(outra.map(({ id, o_que }) => [id, o_que]), [[100, "não é a que a cabeça diz"]]);
  for (const errada of ["", "acesso", "nada:um.1:7:" + selo, cabeca + "0", cabeca.toUpperCase()]) {
    assertEquals(lerCabeca(errada), undefined, errada);
  }
});

teste("de uma cadeia de outra chave diz-se que é, e nada mais se diz dela", () => {
  const conferencia = new Conferencia("acesso", (nome) => nome === "um.1" ? sela : undefined);
  assertEquals(linhas("acesso", 12).flatMap((linha) => conferencia.recebe(linha)), []);
  assertEquals(conferencia.fim(), []);
  assertEquals(conferencia.cadeias().map(({ servidor, ordem, conferida }) => [servidor, ordem, conferida]), [
    ["um.1", 8, true],
    ["dois.1", 4, false],
  ]);
});

teste("depois de muitas linhas que não conferem recomeça-se do que está, e o resto confere", () => {
  const certas = linhas("acesso", 600).filter((linha) => linha.at(-3) === "um.1");
  const mudadas = certas.map((linha, i) => i >= 100 && i < 250 ? trocada(linha, 3, "k:9") : linha);
  // Não se guardam todas até ao fim.
  const conferencia = new Conferencia("acesso", () => sela);
  assert(mudadas.slice(0, 200).flatMap((linha) => conferencia.recebe(linha)).length > 50);
  const defeitos = confere("acesso", mudadas);
  assert(defeitos.length >= 150 && defeitos.length < 160, `${defeitos.length}`);
  const ids = defeitos.map(({ id }) => id);
  assert(Math.min(...ids) === Number(certas[100][0]) && Math.max(...ids) <= Number(certas[255][0]));
});

teste("os números escrevem-se por ordem e por intervalos, e acham-se", () => {
  assertEquals(escreveNumeros([]), "");
  assertEquals(escreveNumeros([12, 3, 10, 7, 11]), "3 7 10-12");
  assertEquals(escreveNumeros([1, 2], 5), "1-2 +5");
  for (
    const [n, tem] of [[3, true], [7, true], [10, true], [11, true], [12, true], [1, false], [8, false], [5, false]]
  ) {
    assertEquals(temNumero("3 7 10-12 +5", new Set([Number(n)])), tem, `${n}`);
  }
  assert(
    !temNumero("13", new Set([3])) && !temNumero("espera 31", new Set([1, 3])) && temNumero("espera 3", new Set([3])),
  );
  assert(!temNumero("", new Set([0])));
});
