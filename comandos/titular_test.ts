/**
 * Testes de `servidor.ts titular`, como programa: ao lado de um servidor e sem nenhum, num arquivo e num PostgreSQL.
 *
 * @module
 */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { lerDeFora } from "../acesso/titular.ts";
import { comServidor, cpfDeExemplo, Fio, Pasta, roda, type Saida, Servidor, testeComSistema } from "../testes/apoio.ts";
import { type Cluster, clusterDoArquivo, testeComPostgres } from "../testes/cluster.ts";
import { consulta, executa } from "../testes/livro_sqlite.ts";

let cluster: Cluster;
clusterDoArquivo((novo) => cluster = novo);

const ANA = cpfDeExemplo(1);
const BIA = cpfDeExemplo(2);

/** Roda `titular`, com os argumentos separados por espaços; `_` num deles é um espaço. */
function titular(escrito: string, { pasta, banco = "" }: { pasta: Pasta; banco?: string }): Promise<Saida> {
  return roda("servidor.ts", ["titular", ...escrito.split(" ").map((um) => um.replaceAll("_", " "))], {
    cwd: pasta.caminho,
    env: { CLINICA_BANCO: banco, CLINICA_CONFIG: "" },
  });
}

function confereTrilha({ caminho }: Pasta, banco = ""): Promise<Saida> {
  return roda("servidor.ts", ["trilha", "--confere"], {
    cwd: caminho,
    env: { CLINICA_BANCO: banco, CLINICA_CONFIG: "" },
  });
}

/** Uma conversa em CLINICA/2. */
class Conversa implements Disposable {
  #fio: Fio;
  /** A primeira hora livre: especialista, data e dia. */
  readonly vaga: readonly string[];

  private constructor(fio: Fio, [data, dia, , especialista]: readonly string[]) {
    this.#fio = fio;
    this.vaga = [especialista, data, dia];
  }

  static async abre(servidor: Servidor): Promise<Conversa> {
    const fio = await Fio.conecta(servidor.porta);
    const saudacao = JSON.parse(await fio.linha() ?? "");
    const conversa = new Conversa(fio, saudacao[2][0]);
    await conversa.pede("OLA", "CLINICA/2");
    return conversa;
  }

  async pede(...linha: unknown[]): Promise<unknown[]> {
    await this.#fio.manda(`${JSON.stringify(linha)}\n`);
    return JSON.parse(await this.#fio.linha() ?? "[]");
  }

  /** Marca na primeira hora livre. */
  marca(cpf: string, nome: string, mais: object = {}): Promise<unknown[]> {
    return this.pede("AGEND", cpf, nome, ...this.vaga, mais);
  }

  [Symbol.dispose](): void {
    this.#fio[Symbol.dispose]();
  }
}

/** O dia de uma clínica: alguém quer os seus dados, e depois que os esqueçam. */
async function pedeTudo(servidor: Servidor, onde: { pasta: Pasta; banco?: string }): Promise<void> {
  using conversa = await Conversa.abre(servidor);
  const contato = { email: "ana.zulmira@exemplo.br", nota: "de muletas" };
  assertEquals((await conversa.marca(ANA, "Ana Zulmira", contato))[0], "OK-300");
  assertEquals((await conversa.marca(BIA, "Beatriz Quaresma", { email: "bia@exemplo.br" }))[0], "OK-300");

  const exportado = await titular(`exporta ${ANA}`, onde);
  assertEquals(exportado.codigo, 0, exportado.stderr);
  const { titular: quem, agendamentos: [um], contato: [fala], direitos } = JSON.parse(exportado.stdout);
  assertEquals([quem.nomes, um.nota, um.situacao, fala.email, direitos.length], [
    ["ANA ZULMIRA"],
    "de muletas",
    "MARCADO",
    "ana.zulmira@exemplo.br",
    1,
  ]);
  assertMatch(um.data, /^\d\d\/\d\d\/\d{4}$/);
  assertMatch(um.criado_em, /^\d\d\/\d\d\/\d{4} \d\d:\d\d$/);
  assertEquals(um.historia.map(({ ato }: { ato: string }) => ato), ["AGEND"]);
  for (const alheio of [BIA, "BEATRIZ", "bia@exemplo.br"]) assert(!exportado.stdout.includes(alheio), alheio);

  const corrigido = await titular(`corrige ${ANA} --nome Ana_Zulmira_Paes --email nenhum`, onde);
  assertStringIncludes(corrigido.stdout, "corrigido em 2 linhas do livro", corrigido.stderr);
  const [, tupla] = await conversa.pede("BUSCA", ANA);
  assertStringIncludes(JSON.stringify(tupla), "ANA ZULMIRA PAES");
  assert(!JSON.stringify(tupla).includes("ana.zulmira@"));

  const dePe = await titular(`anonimiza ${ANA} --sim`, onde);
  assertEquals([dePe.codigo, dePe.stdout], [1, ""]);
  assertMatch(dePe.stderr, /tem algo por vir \(CLINICO GERAL \d\d\/\d\d\/\d{4} 08:00\); desmarque-o primeiro/);
  assertEquals((await titular(`guarda ${ANA} --motivo processo_12`, onde)).codigo, 0);
  const guardado = await titular(`anonimiza ${ANA} --sim --forca --motivo pediu`, onde);
  assertMatch(guardado.stderr, /está sob guarda legal desde .*: processo 12; --forca não passa por cima dela/);
  assertEquals((await conversa.pede("BUSCA", ANA))[0], "OK-302", "nada se desmarcou");
  assertEquals((await titular(`guarda ${ANA} --solta`, onde)).codigo, 0);

  const feito = await titular(`anonimiza ${ANA} --sim --forca --motivo pediu`, onde);
  assertEquals(feito.codigo, 0, feito.stderr);
  assertMatch(feito.stdout, /^anonimizado em 1 linha do livro; quem era passou a X[0-9A-Z]{10}\n$/);
  assertStringIncludes(feito.stderr, "As cópias feitas antes");
  assertEquals((await conversa.pede("BUSCA", ANA))[0], "ERRO-112");
  assertStringIncludes((await titular(`exporta ${ANA}`, onde)).stderr, "o livro não tem nada deste CPF");
  const [outra, nova] = await conversa.marca(ANA, "Ana Outra Vez");
  assertEquals(outra, "OK-300");
  assert(!JSON.stringify(nova).includes("muletas"), "é pessoa nova");
  assertEquals((await conversa.pede("BUSCA", BIA))[0], "OK-302");
}

testeComSistema(
  "titular: ao lado de um servidor, que o faz; e do nome nada fica no arquivo",
  () =>
    comServidor(async (servidor, pasta) => {
      await pedeTudo(servidor, { pasta });
      const bytes = ["", "-wal"].map((sufixo) => Deno.readFileSync(pasta.arquivo(`clinica.db${sufixo}`)))
        .map((lidos) => new TextDecoder("latin1").decode(lidos)).join("");
      for (const segredo of ["ZULMIRA", "ana.zulmira@", "de muletas"]) assert(!bytes.includes(segredo), segredo);
      assert(bytes.includes("BEATRIZ"));
      assertEquals(consulta(pasta.arquivo("clinica.db"), "SELECT * FROM pedido_de_fora"), []);
      assertEquals((await titular("compacta --sim", { pasta })).codigo, 0);
      using conversa = await Conversa.abre(servidor);
      assertEquals((await conversa.pede("BUSCA", BIA))[0], "OK-302");
      const contado = servidor.log.filter(({ comando }) => String(comando).startsWith("ANONIMIZA"));
      assertMatch(String(contado[0].comando), /^ANONIMIZA X[0-9A-Z]{10}$/);
      assertEquals([contado.length, contado[0].cpf, contado[0].cliente], [1, undefined, "servidor.ts titular"]);
    }),
);

testeComSistema("titular: sem servidor, fá-lo o comando, com a trava do livro", async () => {
  using pasta = new Pasta();
  {
    await using servidor = await Servidor.inicia({ pasta: pasta.caminho });
    using conversa = await Conversa.abre(servidor);
    assertEquals((await conversa.marca(ANA, "Ana Zulmira"))[0], "OK-300");
    await servidor.encerra();
  }
  executa(
    pasta.arquivo("clinica.db"),
    `INSERT INTO tentativa VALUES ('${ANA}', '10.0.0.7', '1,2', '2026-11-26', 2, 1, 0, 9e15)`,
  );
  const { tentativas } = JSON.parse((await titular(`exporta ${ANA}`, { pasta })).stdout);
  assertEquals(tentativas, [{ endereco: "10.0.0.7", dia: "26/11/2026", codigos_errados: 2, recusas: 1 }]);
  const feito = await titular(`anonimiza ${ANA} --sim --forca --motivo pediu --compacta`, { pasta });
  assertEquals(feito.codigo, 0, feito.stderr);
  const bytes = new TextDecoder("latin1").decode(Deno.readFileSync(pasta.arquivo("clinica.db")));
  assert(!bytes.includes("ZULMIRA") && !bytes.includes(ANA));
  assertEquals(consulta(pasta.arquivo("clinica.db"), "SELECT * FROM tentativa"), []);
  const confere = await confereTrilha(pasta);
  // O que o comando mudou está na cadeia dos comandos, cuja chave se guarda: numa que ninguém tem nunca se conferia.
  assertMatch(confere.stdout, /^diario:[^:\n]+-comandos\./m);
  assertStringIncludes(confere.stdout, "A trilha confere");
  const [linha] = consulta(pasta.arquivo("clinica.db"), "SELECT nome, situacao, especialidade FROM agendamento");
  assertEquals(linha, { nome: "ANONIMIZADO", situacao: "CANCELADO", especialidade: "CLINICO GERAL" });
});

testeComPostgres("titular: num PostgreSQL, ao lado de um servidor", async () => {
  using pasta = new Pasta();
  const banco = await cluster.banco("titular1");
  await using servidor = await Servidor.inicia({ pasta: pasta.caminho, args: ["--banco", banco] });
  await pedeTudo(servidor, { pasta, banco });
  const [[nomes]] = await cluster.executa(
    "SELECT string_agg(DISTINCT nome, ',' ORDER BY nome) FROM agendamento",
    "titular1",
  );
  assertEquals(nomes, "ANA OUTRA VEZ,ANONIMIZADO,BEATRIZ QUARESMA");
  assertMatch((await confereTrilha(pasta, banco)).stdout, /^diario:[^:\n]+-comandos\./m);
  assertMatch((await titular("compacta --sim", { pasta, banco })).stderr, /num PostgreSQL é o VACUUM/);
});

testeComSistema("titular: o que está mal pedido di-lo, e nada se cria", async () => {
  using pasta = new Pasta();
  for (
    const [escrito, dito] of [
      ["", "titular espera exporta, corrige"],
      ["esquece", "titular espera exporta, corrige"],
      ["exporta", "titular exporta espera um CPF, e só ele"],
      ["exporta 12345678900", "titular exporta espera um CPF, e só ele"],
      [`exporta ${ANA} --sim`, "--sim não serve com titular exporta"],
      [`corrige ${ANA}`, "precisa de --nome, --email ou --telefone"],
      [`corrige ${ANA} --email arroba`, "--email espera um e-mail"],
      [`anonimiza ${ANA} --sim --forca`, "--forca vai com --motivo"],
      [`anonimiza ${ANA} --sim --motivo pediu`, "--forca vai com --motivo"],
      [`anonimiza ${ANA}`, "confirme com --sim"],
      [`exporta ${ANA}`, "não há livro aqui"],
    ] as const
  ) {
    const { codigo, stderr } = await titular(escrito, { pasta });
    assert(codigo !== 0, escrito);
    assertStringIncludes(stderr, dito);
  }
  assertEquals([...Deno.readDirSync(pasta.caminho)], []);
});

Deno.test(
  { name: "titular: o que se deixa a um servidor lê-se por inteiro, ou não se lê", permissions: "none" },
  () => {
    for (const pedido of [{ ato: "COMPACTA" }, { cpf: ANA, ato: "EXPORTA" }]) {
      assertEquals(lerDeFora(JSON.stringify(pedido)), pedido);
    }
    assertEquals(lerDeFora(JSON.stringify({ cpf: ANA, ato: "ANONIMIZA", motivo: "x" })), {
      ...{ cpf: ANA, ato: "ANONIMIZA", motivo: "x" },
    });
    for (
      const mau of [
        "",
        "[",
        "1",
        "null",
        "{}",
        '{"ato":"EXPORTA"}',
        `{"ato":"X","cpf":"${ANA}"}`,
        `{"ato":"GUARDA","cpf":1}`,
      ]
    ) {
      assertEquals(lerDeFora(mau), undefined, mau);
    }
  },
);
