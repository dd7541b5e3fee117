/**
 * Testes de `servidor.ts chave`, como programa: o que se cria mostra-se uma vez, o que se lista nunca o mostra, e o que está
 * mal pedido di-lo e não muda nada.
 *
 * @module
 */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { resumoDe } from "../acesso/segredo.ts";
import { ArmazemSqlite } from "../armazem/sqlite.ts";
import { Pasta, RAIZ, roda, type Saida, testeComSistema } from "../testes/apoio.ts";
import { consulta } from "../testes/livro_sqlite.ts";

/** Uma pasta com um livro e uma semana com profissionais, e `servidor.ts chave` nela. */
class Posto implements Disposable {
  readonly pasta = new Pasta();
  readonly livro = this.pasta.arquivo("clinica.db");

  static async abre(): Promise<Posto> {
    const posto = new Posto();
    await ArmazemSqlite.abre(posto.livro)[Symbol.asyncDispose]();
    Deno.copyFileSync(`${RAIZ}/clinica.completa.json`, posto.pasta.arquivo("clinica.json"));
    return posto;
  }

  /** Roda o comando, com os argumentos separados por espaços; `_` num deles é um espaço. */
  chave(escrito: string): Promise<Saida> {
    return roda("servidor.ts", ["chave", ...escrito.split(" ").map((um) => um.replaceAll("_", " "))], {
      cwd: this.pasta.caminho,
      env: { CLINICA_BANCO: "", CLINICA_CONFIG: "" },
    });
  }

  [Symbol.dispose](): void {
    this.pasta[Symbol.dispose]();
  }
}

function teste(nome: string, fn: (posto: Posto) => Promise<void>): void {
  testeComSistema(`chave: ${nome}`, async () => {
    using posto = await Posto.abre();
    await fn(posto);
  });
}

const CHAVE = /clinica_[0-9A-HJKMNP-TV-Z]{40}/;

teste("cria mostra-a uma vez, só ela em stdout; o livro guarda o resumo, e lista nem um nem outro", async (posto) => {
  const criada = await posto.chave("cria --papel balcao --nome Balcão_1 --ate 31/12/2099 --sim");
  assertEquals(criada.codigo, 0, criada.stderr);
  assertMatch(criada.stdout, new RegExp(`^${CHAVE.source}\n$`));
  const texto = criada.stdout.trim();
  assert(!criada.stderr.includes(texto));
  assertStringIncludes(criada.stderr, "chave 1, balcao, Balcão 1, até 31/12/2099");
  assertStringIncludes(criada.stderr, "sem uma chave só se veem as horas livres");
  const [gravada] = consulta(posto.livro, "SELECT * FROM chave");
  assertEquals([gravada.resumo, gravada.papel, gravada.ate], [resumoDe(texto), "balcao", "2099-12-31"]);

  const segunda = await posto.chave("cria --papel profissional --nome Sala_1 --profissional dra._ana_lima --json");
  const { chave, ...resto } = JSON.parse(segunda.stdout);
  assertMatch(chave, CHAVE);
  assertEquals(resto, { numero: 2, papel: "profissional", nome: "Sala 1", profissional: "DRA. ANA LIMA", ate: "" });
  assertEquals(segunda.stderr, "");

  const lista = await posto.chave("lista");
  assertEquals(lista.stdout.trimEnd().split("\n"), [
    "1  balcao                        Balcão 1  vale até 31/12/2099",
    "2  profissional (DRA. ANA LIMA)  Sala 1    vale",
  ]);
  const emJson = await posto.chave("lista --json");
  assertEquals(JSON.parse(emJson.stdout).map(({ numero, vale }: Record<string, unknown>) => [numero, vale]), [
    [1, true],
    [2, true],
  ]);
  for (const { stdout, stderr } of [lista, emJson]) {
    for (const segredo of [texto, chave, resumoDe(texto) ?? "", resumoDe(chave) ?? "", "resumo"]) {
      assert(!stdout.includes(segredo) && !stderr.includes(segredo), segredo);
    }
  }
});

teste("a primeira pede que se confirme; as outras, não", async (posto) => {
  const sem = await posto.chave("cria --papel gerente --nome Ana");
  assertEquals([sem.codigo, sem.stdout], [2, ""]);
  assertStringIncludes(sem.stderr, "acaba para sempre com a entrada sem chave; confirme com --sim");
  assertEquals(consulta(posto.livro, "SELECT * FROM chave"), []);
  assertEquals((await posto.chave("cria --papel gerente --nome Ana --sim")).codigo, 0);
  const outra = await posto.chave("cria --papel quiosque --nome Entrada");
  assertEquals(outra.codigo, 0);
  assert(!outra.stderr.includes("A partir de agora"));
});

teste("revoga uma vez; a que já o foi, ou não há, di-lo", async (posto) => {
  assertStringIncludes((await posto.chave("lista")).stdout, "Nenhuma chave: quem alcança a porta");
  await posto.chave("cria --papel balcao --nome Balcão_1 --sim");
  const revogada = await posto.chave("revoga 1");
  assertEquals(revogada.codigo, 0);
  assertStringIncludes(revogada.stdout, "chave 1 revogada; quem entrou com ela é desligado dentro de um segundo");
  for (const [pedido, frase] of [["revoga 1", "a chave 1 já estava revogada"], ["revoga 7", "não há chave 7"]]) {
    const saida = await posto.chave(pedido);
    assertEquals([saida.codigo, saida.stdout], [2, ""]);
    assertStringIncludes(saida.stderr, frase);
  }
  assertMatch(
    (await posto.chave("lista")).stdout,
    /^1 {2}balcao {2}Balcão 1 {2}revogada em \d\d\/\d\d\/\d{4} \d\d:\d\d\n$/,
  );
  assertEquals(JSON.parse((await posto.chave("lista --json")).stdout)[0].vale, false);
});

/** O que não serve, e uma parte do que se diz. */
const RECUSADOS: readonly (readonly [pedido: string, frase: string])[] = [
  ["", "chave espera cria, lista ou revoga"],
  ["apaga 1", "chave espera cria, lista ou revoga"],
  ["cria --nome Ana --sim", "--papel espera um destes: quiosque, integracao, profissional, balcao, gerente"],
  ["cria --papel servidor --nome Ana --sim", 'veio "servidor"'],
  ["cria --papel paciente --nome Ana --sim", 'veio "paciente"'],
  ["cria --papel balcao --sim", "precisa de --nome"],
  ["cria --papel balcao --nome _ --sim", "--nome espera até 60 letras"],
  [`cria --papel balcao --nome ${"a".repeat(61)} --sim`, "--nome espera até 60 letras"],
  ["cria --papel balcao --nome a\u001b[2Jb --sim", "--nome espera até 60 letras que se vejam"],
  ["cria --papel balcao --nome Ana --ate 31/02/2027 --sim", "--ate espera uma data"],
  ["cria --papel balcao --nome Ana --ate 2027-12-31 --sim", "--ate espera uma data"],
  ["cria --papel balcao --nome Ana --ate 01/01/2020 --sim", "--ate 01/01/2020 já passou"],
  ["cria --papel profissional --nome Sala_1 --sim", "vai com --profissional"],
  ["cria --papel balcao --nome Ana --profissional Dra._Ana_Lima --sim", "vai com --profissional"],
  [
    "cria --papel profissional --nome Sala_1 --profissional Dra._Ninguém --sim",
    'não há "Dra. Ninguém" na semana; atendem',
  ],
  ["cria mais --papel balcao --nome Ana --sim", 'não espera mais nada; veio "mais"'],
  ["lista 1", "não espera mais nada"],
  ["lista --papel balcao", "--papel"],
  ["lista --csv", "--csv"],
  ["revoga", "espera o número de uma chave"],
  ["revoga um", "espera o número de uma chave"],
  ["revoga 1 2", "espera o número de uma chave"],
  ["revoga -1", ""],
  ["cria --papel balcao --nome Ana --porta 9000 --sim", "--porta"],
  ["cria --papel balcao --nome Ana --anonimo nada --sim", "--anonimo"],
];

teste("mal pedido, diz o que esperava e sai com 2, sem mudar o livro", async (posto) => {
  for (const [pedido, frase] of RECUSADOS) {
    const saida = await posto.chave(pedido);
    assertEquals([saida.codigo, saida.stdout], [2, ""], `${pedido}: ${saida.stderr}`);
    assertStringIncludes(saida.stderr, frase, pedido);
    assertEquals(saida.stderr.includes("    at "), false, saida.stderr);
  }
  assertEquals(consulta(posto.livro, "SELECT * FROM chave"), []);
});

teste("sem livro, ou com uma semana que não serve, diz o que falta", async (posto) => {
  Deno.writeTextFileSync(posto.pasta.arquivo("clinica.json"), "{");
  const semSemana = await posto.chave("cria --papel balcao --nome Ana --sim");
  assertEquals([semSemana.codigo, semSemana.stdout], [1, ""]);
  assertStringIncludes(semSemana.stderr, "clinica.json");
  Deno.removeSync(posto.pasta.arquivo("clinica.json"));
  Deno.removeSync(posto.livro);
  const saida = await posto.chave("lista");
  assert(saida.codigo !== 0);
  assertStringIncludes(saida.stderr, "não há livro aqui");
});
