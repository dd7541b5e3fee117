/**
 * Testes do que se viu: o que se soma, o que passa do que cabe, e o que se faz quando o livro não aceita. O livro, o relógio e os
 * lotes são de fora. Sem nenhuma permissão.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import type { Quem } from "../clinica/livro.ts";
import type { Pedido, Resultado } from "../clinica/pedido.ts";
import type { Acesso } from "../clinica/trilha.ts";
import { cpfDeExemplo } from "../testes/apoio.ts";
import { agendamento, espera } from "../testes/mudancas.ts";
import { Leituras, LINHAS_A_ESPERA, LINHAS_POR_LOTE, NUMEROS_POR_LOTE } from "./leituras.ts";

const AGORA = Date.parse("2026-11-23T10:00:00.600Z");
const BALCAO: Quem = { origem: "10.0.0.7", cliente: "10.0.0.7:1", papel: "balcao", chave: 3 };
const SEM_CHAVE: Quem = { origem: "10.0.0.8", cliente: "10.0.0.8:1", papel: "gerente" };
const QUIOSQUE: Quem = { origem: "10.0.0.9", cliente: "10.0.0.9:1", papel: "quiosque" };

/** Leituras com um livro que se pode recusar a escrever. */
class DeTeste implements AsyncDisposable {
  readonly escritas: Acesso[] = [];
  readonly lotes: number[] = [];
  readonly falhas: number[] = [];
  recusa = false;
  /** Só há um lote quando se pede: o intervalo nunca chega. */
  leituras: Leituras = new Leituras({
    trilha: {
      disfarca: ({ chave, pessoa, origem }) =>
        chave !== undefined ? `k:${chave}` : pessoa !== undefined ? `p:${pessoa}` : `h:${origem}`,
      acrescenta: (acessos) => {
        this.lotes.push(acessos.length);
        if (this.recusa) return Promise.reject(new Error("o disco está cheio"));
        this.escritas.push(...acessos);
        return Promise.resolve();
      },
    },
    disfarcaCpf: (cpf) => `disfarce de ${cpf.slice(-2)}`,
    relogio: () => AGORA,
    aoFalhar: (_causa, perdidas) => this.falhas.push(perdidas),
    intervalo: 2 ** 31 - 1,
  });

  busca(quem: Quem, n: number, ...numeros: number[]): void {
    const cpf = cpfDeExemplo(n);
    const pedido: Pedido = { comando: "BUSCA", cpf };
    this.leituras.viu(quem, pedido, achados("OK-302", ...numeros));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.leituras[Symbol.asyncDispose]();
  }
}

function achados(codigo: "OK-302" | "OK-310" | "OK-315", ...numeros: number[]): Resultado {
  return { codigo, agendamentos: numeros.map((numero) => agendamento(numero, { cpf: cpfDeExemplo(1) })) };
}

function teste(name: string, fn: (dele: DeTeste) => Promise<void>): void {
  Deno.test({
    name: `leituras: ${name}`,
    permissions: "none",
    async fn(): Promise<void> {
      await using dele = new DeTeste();
      await fn(dele);
    },
  });
}

teste("as de um segundo somam-se por quem, espécie e CPF, e nunca dizem um CPF nem um nome", async (dele) => {
  dele.busca(BALCAO, 1, 12);
  dele.busca({ ...BALCAO, cliente: "10.0.0.66:9" }, 1, 12, 13);
  dele.busca(BALCAO, 2);
  dele.busca(SEM_CHAVE, 1, 12);
  dele.leituras.viu(BALCAO, { comando: "LISTA", data: "2026-11-30" }, achados("OK-310", 5, 3, 4));
  dele.leituras.viu(BALCAO, { comando: "HISTORIA", cpf: cpfDeExemplo(1) }, achados("OK-315", 12));
  assertEquals(dele.escritas, []);
  await dele.leituras[Symbol.asyncDispose]();
  const dois = `disfarce de ${cpfDeExemplo(2).slice(-2)}`;
  const linha = { quando: "2026-11-23T10:00:00Z", papel: "balcao", quem: "k:3", especie: "BUSCA", vezes: 1 } as const;
  assertEquals(dele.escritas, [
    { ...linha, cpf: "", numeros: "12-13", vezes: 2 },
    { ...linha, cpf: dois, numeros: "" },
    { ...linha, especie: "LISTA", cpf: "", numeros: "3-5" },
    { ...linha, especie: "HISTORIA", cpf: "", numeros: "12" },
    { ...linha, papel: "gerente", quem: "h:10.0.0.8", cpf: "", numeros: "12" },
  ]);
  assert(!JSON.stringify(dele.escritas).includes(cpfDeExemplo(1)));
});

teste(
  "quem entra, erra ou sai pelas páginas fica com o número da pessoa; e o que viu é dela, em que ligação for",
  async (dele) => {
    const ana = (porta: number): Quem => ({
      origem: "10.0.0.7",
      cliente: `10.0.0.7:${porta}`,
      papel: "balcao",
      pessoa: 5,
    });
    dele.leituras.anota({ ...SEM_CHAVE, papel: "ninguem" }, "PESSOA ERRA", 5);
    dele.leituras.anota({ ...SEM_CHAVE, papel: "ninguem" }, "PESSOA ERRA", 7);
    dele.leituras.anota({ ...SEM_CHAVE, papel: "ninguem" }, "PESSOA ERRA");
    dele.leituras.anota(ana(1), "PESSOA ENTRA", 5);
    dele.leituras.anota(ana(1), "TRILHA", undefined, cpfDeExemplo(2));
    dele.busca(ana(1), 1, 12);
    dele.busca(ana(2), 1, 12);
    await dele.leituras[Symbol.asyncDispose]();
    const linhas = dele.escritas.map((
      { papel, quem, especie, numeros, vezes },
    ) => [papel, quem, especie, numeros, vezes]);
    assertEquals(linhas, [
      ["ninguem", "h:10.0.0.8", "PESSOA ERRA", "5 7", 3],
      ["balcao", "p:5", "PESSOA ENTRA", "5", 1],
      ["balcao", "p:5", "TRILHA", "", 1],
      ["balcao", "p:5", "BUSCA", "12", 2],
    ]);
    assertEquals(dele.escritas[2].cpf, `disfarce de ${cpfDeExemplo(2).slice(-2)}`);
  },
);

teste("fica o que mostra alguém, e o que se recusou; não o que só muda, nem as vagas", async (dele) => {
  const cpf = cpfDeExemplo(1);
  const [um] = [agendamento(7, { cpf })];
  const agend = { comando: "AGEND", cpf, nome: "ANA", especialista: "X", data: "", dia: "" } as const;
  const fila = [{ espera: espera(31, { cpf }), convite: undefined }];
  const casos: readonly (readonly [Quem, Pedido | undefined, Resultado, string | undefined])[] = [
    [BALCAO, agend, { codigo: "OK-300", agendamentos: [um] }, undefined],
    [BALCAO, agend, { codigo: "ERRO-111", agendamentos: [um] }, "AGEND 7"],
    [BALCAO, agend, { codigo: "ERRO-110" }, undefined],
    [BALCAO, { comando: "VAGAS" }, { codigo: "OK-304", vagas: [] }, undefined],
    [BALCAO, { comando: "FILA", especialista: "X" }, { codigo: "OK-311", fila }, "FILA 31"],
    [BALCAO, { comando: "CANCEL", cpf }, { codigo: "ERRO-117", agendamentos: [um] }, "CANCEL 7"],
    [BALCAO, { comando: "FECHA", data: "" }, { codigo: "OK-312", numero: 1, agendamentos: [um] }, "FECHA 7"],
    // Que não há nada já é saber; a quem não é da casa não se disse sequer isso.
    [BALCAO, { comando: "BUSCA", cpf }, { codigo: "ERRO-112" }, "BUSCA "],
    [QUIOSQUE, { comando: "BUSCA", cpf }, { codigo: "ERRO-112" }, undefined],
    [QUIOSQUE, { comando: "BUSCA", cpf }, { codigo: "OK-302", agendamentos: [um] }, "BUSCA 7"],
    [QUIOSQUE, { comando: "LISTA", data: "" }, { codigo: "ERRO-120" }, "NEGADO "],
    [QUIOSQUE, { comando: "HISTORIA", cpf }, { codigo: "ERRO-120" }, "NEGADO "],
    [QUIOSQUE, undefined, { codigo: "ERRO-120" }, "NEGADO "],
    [QUIOSQUE, undefined, { codigo: "ERRO-100" }, undefined],
    [QUIOSQUE, { comando: "OLA", chave: "clinica_x" }, { codigo: "ERRO-120" }, "CHAVE ERRADA "],
  ];
  for (const [quem, pedido, resultado] of casos) dele.leituras.viu(quem, pedido, resultado);
  await dele.leituras[Symbol.asyncDispose]();
  const vistas = new Set(dele.escritas.map(({ especie, numeros }) => `${especie} ${numeros}`));
  assertEquals(vistas, new Set(casos.map(([, , , linha]) => linha).filter((linha) => linha !== undefined)));
  const doQuiosque = dele.escritas.filter(({ papel, especie }) => papel === "quiosque" && especie === "BUSCA");
  assertEquals(doQuiosque.map(({ numeros, vezes }) => [numeros, vezes]), [["7", 1]]);
  // O que se recusou não se procurou: dele não fica CPF nenhum, nem uma linha por cada um que se tente.
  const negados = dele.escritas.filter(({ especie }) => especie === "NEGADO");
  assertEquals(negados.map(({ cpf, vezes }) => [cpf, vezes]), [["", 3]]);
});

teste("de um endereço que insiste, pedido a pedido, fica uma linha, e cabem as dos outros", async (dele) => {
  const quantos = 3 * LINHAS_POR_LOTE;
  for (let n = 0; n < quantos; n++) dele.leituras.anota({ ...SEM_CHAVE }, "PESSOA ERRA", n % 2 ? 5 : undefined);
  dele.busca(BALCAO, 1, 12);
  await dele.leituras[Symbol.asyncDispose]();
  assertEquals(dele.escritas.map(({ especie, numeros, vezes }) => [especie, numeros, vezes]), [
    ["PESSOA ERRA", "5", quantos],
    ["BUSCA", "12", 1],
  ]);
});

teste("o que passa de um lote conta-se numa linha, e os números que passam dizem-se quantos são", async (dele) => {
  for (let n = 0; n < LINHAS_POR_LOTE + 50; n++) dele.busca(BALCAO, n, n);
  dele.busca(BALCAO, 0, 0);
  await dele.leituras[Symbol.asyncDispose]();
  assertEquals(dele.escritas.length, LINHAS_POR_LOTE + 1);
  const { especie, papel, quem, vezes } = dele.escritas[LINHAS_POR_LOTE];
  assertEquals([especie, papel, quem, vezes], ["EXCESSO", "servidor", "", 50]);
  assertEquals(dele.escritas[0].vezes, 2, "o que já se estava a somar continua");
});

teste("os números de um lote têm um limite", async (dele) => {
  const muitos = Array.from({ length: NUMEROS_POR_LOTE + 7 }, (_, i) => i);
  dele.leituras.viu(BALCAO, { comando: "LISTA", data: "2026-11-30" }, achados("OK-310", ...muitos));
  await dele.leituras[Symbol.asyncDispose]();
  assertEquals(dele.escritas[0].numeros, `0-${NUMEROS_POR_LOTE - 1} +7`);
});

Deno.test({
  name: "leituras: escrevem-se sozinhas, e o lote que falha repete-se com as mesmas à frente",
  permissions: "none",
  async fn(): Promise<void> {
    const lotes: (readonly Acesso[])[] = [];
    let [falha, avisa] = [true, (): void => {}];
    await using leituras = new Leituras({
      trilha: {
        disfarca: () => "k:1",
        acrescenta(acessos): Promise<void> {
          lotes.push(acessos);
          avisa();
          return falha ? Promise.reject(new Error("cheio")) : Promise.resolve();
        },
      },
      ...{ disfarcaCpf: () => "d", relogio: () => AGORA, intervalo: 1 },
    });
    const lote = (): Promise<void> => new Promise((resolve) => avisa = resolve);
    const busca = (n: number): void =>
      leituras.viu(BALCAO, { comando: "BUSCA", cpf: cpfDeExemplo(n) }, achados("OK-302", n));
    busca(1);
    await lote();
    busca(2);
    await lote();
    await lote();
    falha = false;
    await lote();
    const numeros = lotes.map((um) => um.map(({ numeros }) => numeros).join());
    assertEquals([numeros[0], numeros.at(-1)], ["1", "1,2"]);
    assert(numeros.every((um) => um === "1" || um === "1,2"), numeros.join("; "));
  },
});

teste(
  "sem o livro esperam até um limite; o resto perde-se, conta-se e diz-se, e depois fica na trilha",
  async (dele) => {
    dele.recusa = true;
    const voltas = LINHAS_A_ESPERA / LINHAS_POR_LOTE + 2;
    for (let volta = 0; volta < voltas; volta++) {
      for (let n = 0; n < LINHAS_POR_LOTE; n++) dele.busca(BALCAO, n);
      // Ao desfazer fecha-se o segundo, e tenta-se.
      await dele.leituras[Symbol.asyncDispose]();
    }
    const perdidas = 2 * LINHAS_POR_LOTE;
    assertEquals(dele.falhas.filter((uma) => uma > 0 && uma <= LINHAS_POR_LOTE).slice(-1), [LINHAS_POR_LOTE]);
    dele.recusa = false;
    dele.busca(SEM_CHAVE, 1);
    dele.escritas.length = 0;
    await dele.leituras[Symbol.asyncDispose]();
    assertEquals(dele.escritas.length, LINHAS_A_ESPERA, "as que esperavam ficam todas");
    // A que veio depois ainda não cabia; contou-se com as outras, e di-lo a seguinte.
    dele.busca(SEM_CHAVE, 1);
    await dele.leituras[Symbol.asyncDispose]();
    const [ultima, perda] = dele.escritas.slice(-2);
    assertEquals([ultima.quem, perda.especie, perda.vezes], ["h:10.0.0.8", "PERDIDOS", perdidas + 1]);
    assert(dele.lotes.every((um) => um <= LINHAS_POR_LOTE + 2));
  },
);
