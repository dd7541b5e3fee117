/**
 * Testes do primeiro acesso ao painel: a quem o código serve, quantas vezes, até quando, e o que acaba com ele.
 *
 * @module
 */

import { assert, assertEquals, assertMatch, assertNotEquals, assertRejects } from "@std/assert";
import { delay } from "@std/async";
import { PessoasDeTeste } from "../testes/pessoas.ts";
import { type ContaPedida, type OpcoesDoPrimeiro, type PrimeiraEntrada, PrimeiroAcesso } from "./primeiro.ts";
import { retiraPessoa } from "./pessoas.ts";

const EM = "2026-11-30T10:00:00Z";
const ANA: ContaPedida = { quem: "Ana@Clinica", nome: "Ana Lima", frase: "balde limpo regra anjo", desta: true };

/** Uma clínica sem gerente, e o que o console disse. */
class Casa {
  readonly livro = new PessoasDeTeste();
  readonly ditos: string[] = [];
  /** Passa uma hora. */
  passaUmaHora: () => void = () => {};

  abre(parte: Partial<OpcoesDoPrimeiro> = {}): Promise<PrimeiroAcesso> {
    return PrimeiroAcesso.abre({
      ...{ livro: this.livro, relogio: () => Date.parse(EM), resume: (frase) => Promise.resolve(`resumo de ${frase}`) },
      aoRenovar: (codigo) => this.ditos.push(codigo),
      aoEsgotar: () => this.ditos.push("esgotado"),
      aoFalhar: (causa) => this.ditos.push(String(causa)),
      aCada: (ms, faz) => {
        assertEquals(ms, 60 * 60 * 1000);
        this.passaUmaHora = faz;
        return { [Symbol.dispose]: () => this.passaUmaHora = () => {} };
      },
      ...parte,
    });
  }

  gerente(quem = "bia@clinica"): Promise<unknown> {
    const parte = { nome: "Bia", profissional: "", resumo: "resumo", criadaEm: EM };
    return this.livro.cria({ quem, papel: "gerente", ...parte });
  }
}

function teste(name: string, fn: (casa: Casa) => Promise<void>): void {
  Deno.test({ name: `primeiro acesso: ${name}`, permissions: "none", fn: () => fn(new Casa()) });
}

/** O código que vale. */
function codigoDe({ codigo }: PrimeiroAcesso): string {
  if (codigo === undefined) throw new Error("nenhum código vale");
  return codigo;
}

function tipos(respostas: readonly PrimeiraEntrada[]): string[] {
  return respostas.map(({ tipo }) => tipo).sort();
}

teste("o código faz a conta de um gerente, uma vez só, escrito de qualquer maneira", async (casa) => {
  using primeiro = await casa.abre();
  assertEquals(await primeiro.aberto(), true);
  assertMatch(codigoDe(primeiro), /^(?:[0-9A-HJKMNP-TV-Z]{4}-){3}[0-9A-HJKMNP-TV-Z]{4}$/);
  const escrito = codigoDe(primeiro);
  const comoSeDigita = ` ${escrito.toLowerCase().replaceAll("-", " ").replaceAll("0", "o").replaceAll("1", "l")} `;
  const feita = await primeiro.usa(comoSeDigita, ANA);
  const pessoa = { numero: 1, quem: "ana@clinica", nome: "Ana Lima", papel: "gerente", profissional: "", mudadaEm: EM };
  assertEquals(feita, { tipo: "entrou", pessoa });
  assertEquals(casa.livro.gravadas[0].resumo, "resumo de balde limpo regra anjo");
  assertEquals([primeiro.codigo, await primeiro.aberto()], [undefined, false]);
  assertEquals(await primeiro.usa(escrito, { ...ANA, quem: "outra" }), { tipo: "fechado" });
  assertEquals(casa.livro.gravadas.length, 1);
});

teste("é novo a cada arranque, e havendo um gerente não há nenhum", async (casa) => {
  using um = await casa.abre();
  using dois = await casa.abre();
  assertNotEquals(um.codigo, dois.codigo);
  await casa.gerente();
  using tres = await casa.abre();
  assertEquals([tres.codigo, await tres.aberto()], [undefined, false]);
});

teste("de outra máquina nem se olha, e ninguém o gasta", async (casa) => {
  using primeiro = await casa.abre();
  for (let i = 0; i < 20; i++) {
    const codigo = i % 2 ? "0000-0000-0000-0000" : codigoDe(primeiro);
    assertEquals(await primeiro.usa(codigo, { ...ANA, desta: false }), { tipo: "de fora" });
  }
  assertEquals((await primeiro.usa(codigoDe(primeiro), ANA)).tipo, "entrou");
});

teste("um campo que não serve não gasta tentativas, e não diz se o código é o certo", async (casa) => {
  using primeiro = await casa.abre();
  const casos: [Partial<ContaPedida>, PrimeiraEntrada][] = [
    [{ quem: "Ana Lima" }, { tipo: "campo", campo: "quem" }],
    [{ nome: " " }, { tipo: "campo", campo: "nome" }],
    [{ nome: "a\u202eb" }, { tipo: "campo", campo: "nome" }],
    [{ frase: "curta" }, { tipo: "campo", campo: "frase", defeito: "curta" }],
    [{ frase: "ana@clinica ana@clinica" }, { tipo: "campo", campo: "frase", defeito: "previsível" }],
  ];
  for (const [parte, esperada] of casos) {
    for (const codigo of [codigoDe(primeiro), "0000"]) {
      assertEquals(await primeiro.usa(codigo, { ...ANA, ...parte }), esperada);
    }
  }
  assertEquals(await primeiro.usa("0000", ANA), { tipo: "recusada", restam: 4 });
});

teste("cinco erros, juntos ou não, acabam com ele, e o console di-lo uma vez", async (casa) => {
  using primeiro = await casa.abre();
  const certo = codigoDe(primeiro);
  assertEquals(await primeiro.usa("x".repeat(1e6), ANA), { tipo: "recusada", restam: 4 });
  const juntas = await Promise.all(Array.from({ length: 20 }, () => primeiro.usa("", ANA)));
  assertEquals(tipos(juntas).filter((tipo) => tipo === "recusada").length, 3);
  assertEquals(casa.ditos, ["esgotado"]);
  assertEquals(await primeiro.usa(certo, ANA), { tipo: "fechado" });
  assertEquals(casa.livro.gravadas, []);
});

teste("dois ao mesmo tempo criam um só, no mesmo servidor ou em dois do mesmo livro", async (casa) => {
  using um = await casa.abre();
  using dois = await casa.abre();
  const [c1, c2] = [codigoDe(um), codigoDe(dois)];
  const respostas = await Promise.all([
    ...["a", "b", "c"].map((quem) => um.usa(c1, { ...ANA, quem })),
    dois.usa(c2, { ...ANA, quem: "d" }),
  ]);
  assertEquals(tipos(respostas), ["entrou", "fechado", "fechado", "fechado"]);
  assertEquals(casa.livro.gravadas.length, 1);
});

teste(
  "um gerente que nasceu por outro caminho acaba com ele; e se já não há nenhum, volta a haver código",
  async (casa) => {
    using primeiro = await casa.abre();
    const codigo = codigoDe(primeiro);
    await casa.gerente();
    assertEquals(await primeiro.aberto(), false);
    assertEquals(await primeiro.usa(codigo, ANA), { tipo: "fechado" });
    assertEquals(primeiro.codigo, undefined);
    await retiraPessoa(casa.livro, { quem: "bia@clinica", em: EM });
    casa.passaUmaHora();
    await delay(0);
    assertEquals((await primeiro.usa(codigoDe(primeiro), ANA)).tipo, "entrou");
  },
);

teste("quem já se apresenta assim fica, e o código ainda vale", async (casa) => {
  await casa.livro.cria({
    quem: "ana@clinica",
    nome: "Ana",
    papel: "balcao",
    profissional: "",
    resumo: "",
    criadaEm: EM,
  });
  using primeiro = await casa.abre();
  const codigo = codigoDe(primeiro);
  assertEquals(await primeiro.usa(codigo, ANA), { tipo: "há outra" });
  assertEquals((await primeiro.usa(codigo, { ...ANA, quem: "bia" })).tipo, "entrou");
});

teste("vencido, deixa de valer e o console diz o seguinte; também depois de esgotado", async (casa) => {
  using primeiro = await casa.abre();
  const velho = codigoDe(primeiro);
  for (let i = 0; i < 5; i++) await primeiro.usa("", ANA);
  assertEquals(casa.ditos.shift(), "esgotado");
  casa.passaUmaHora();
  await delay(0);
  const novo = codigoDe(primeiro);
  assertEquals(casa.ditos.at(-1), novo);
  assertNotEquals(novo, velho);
  assertEquals(await primeiro.usa(velho, ANA), { tipo: "recusada", restam: 4 });
});

teste("se o livro falha o código ainda vale; se não se sabe se há um gerente, não se renova", async (casa) => {
  const falha = (): Promise<never> => Promise.reject(new Error("disco cheio"));
  const { criaPrimeiro, todas } = casa.livro;
  {
    using primeiro = await casa.abre();
    casa.livro.criaPrimeiro = falha;
    await assertRejects(() => primeiro.usa(codigoDe(primeiro), ANA), Error, "disco cheio");
    casa.livro.criaPrimeiro = criaPrimeiro;
    assert(await primeiro.aberto());
  }
  using primeiro = await casa.abre();
  casa.livro.todas = falha;
  casa.passaUmaHora();
  await delay(0);
  assertEquals(primeiro.codigo, undefined);
  assertEquals(casa.ditos[0], "Error: disco cheio");
  casa.livro.todas = todas;
  await assertRejects(() => casa.abre({ livro: Object.assign(new PessoasDeTeste(), { todas: falha }) }));
});

teste("fechado, nada vale nem se renova", async (casa) => {
  const primeiro = await casa.abre();
  const codigo = codigoDe(primeiro);
  primeiro[Symbol.dispose]();
  casa.passaUmaHora();
  await delay(0);
  assertEquals(await primeiro.usa(codigo, ANA), { tipo: "fechado" });
});
