/**
 * Testes de `servidor.ts pessoa`, como programa: o que se cria entra, o que é segredo mostra-se uma vez ou nunca, e o que está
 * mal pedido di-lo e não muda nada.
 *
 * @module
 */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { Secret, TOTP } from "otpauth";
import { LETRAS_MAXIMAS } from "../acesso/frase.ts";
import { type Credenciais, type Entrada, Portaria } from "../acesso/portaria.ts";
import { ArmazemSqlite } from "../armazem/sqlite.ts";
import { abrePessoasDoArquivo } from "../armazem/sqlite_pessoas.ts";
import { comServidor, Pasta, RAIZ, roda, type Saida, testeComSistema } from "../testes/apoio.ts";
import { type Cluster, clusterDoArquivo, testeComPostgres } from "../testes/cluster.ts";
import { ArmazemPostgres } from "../armazem/postgres.ts";
import { abrePessoasDoPostgres } from "../armazem/postgres_pessoas.ts";
import { consulta } from "../testes/livro_sqlite.ts";
import { Terminal, testeNoTerminal } from "../testes/terminal.ts";

let cluster: Cluster;
clusterDoArquivo((novo) => cluster = novo);

const FRASE = "o gato da Ana dorme à tarde";
const OUTRA = "a vaca da Bia come de manhã";

/** Uma pasta com um livro e uma semana com profissionais, e `servidor.ts pessoa` nela. */
class Posto implements Disposable {
  readonly pasta = new Pasta();
  readonly livro = this.pasta.arquivo("clinica.db");
  /** A hora de quem confere, que não passa. */
  readonly agora = Date.now();
  #lugares = 0;

  static async abre(): Promise<Posto> {
    const posto = new Posto();
    await ArmazemSqlite.abre(posto.livro)[Symbol.asyncDispose]();
    Deno.copyFileSync(`${RAIZ}/clinica.completa.json`, posto.pasta.arquivo("clinica.json"));
    return posto;
  }

  /** Roda o comando, com os argumentos separados por espaços; `_` num deles é um espaço. */
  pessoa(escrito: string, entrada = ""): Promise<Saida> {
    return roda("servidor.ts", ["pessoa", ...escrito.split(" ").map((um) => um.replaceAll("_", " "))], {
      cwd: this.pasta.caminho,
      env: { CLINICA_BANCO: "", CLINICA_CONFIG: "" },
      entrada,
    });
  }

  /** Entra-se, como as páginas farão; cada vez de outro lugar. */
  async entra(parte: Partial<Credenciais> = {}): Promise<Entrada["tipo"]> {
    await using pessoas = abrePessoasDoArquivo(this.livro);
    const portaria = await Portaria.abre({ livro: pessoas, relogio: () => this.agora });
    const endereco = `10.0.0.${++this.#lugares}`;
    return (await portaria.entra({ quem: "ana@clinica", frase: FRASE, endereco, ...parte })).tipo;
  }

  [Symbol.dispose](): void {
    this.pasta[Symbol.dispose]();
  }
}

function teste(nome: string, fn: (posto: Posto) => Promise<void>): void {
  testeComSistema(`pessoa: ${nome}`, async () => {
    using posto = await Posto.abre();
    await fn(posto);
  });
}

/** O que se guarda que ninguém pode ver. */
function guardado({ livro }: Posto): string[] {
  return consulta(livro, "SELECT resumo, totp, recuperacao FROM pessoa")
    .flatMap(({ resumo, totp, recuperacao }) => [String(resumo), String(totp), ...JSON.parse(String(recuperacao))])
    .filter((um) => um !== "");
}

function naoMostra(saidas: readonly Saida[], segredos: readonly string[]): void {
  for (const { stdout, stderr } of saidas) {
    for (const um of segredos) assert(!stdout.includes(um) && !stderr.includes(um), um);
  }
}

teste(
  "cria com a frase-senha de stdin, que não se mostra nem se guarda; entra; e lista não diz segredo nenhum",
  async (posto) => {
    const criada = await posto.pessoa("cria Ana@Clinica --papel gerente --nome Ana_Lima", `${FRASE}\r\nresto`);
    assertEquals([criada.codigo, criada.stderr], [0, ""]);
    assertEquals(criada.stdout, "pessoa 1, gerente, Ana Lima, entra como ana@clinica\n");
    const dra = await posto.pessoa("cria dra --papel profissional --profissional dra._ana_lima", OUTRA);
    assertEquals(dra.codigo, 0, dra.stderr);
    assertEquals(await posto.entra(), "entrou");
    assertEquals(await posto.entra({ quem: "dra", frase: OUTRA }), "entrou");
    assertEquals(await posto.entra({ frase: OUTRA }), "recusada");
    const lista = await posto.pessoa("lista");
    assertEquals(lista.stdout.trimEnd().split("\n"), [
      "1  ana@clinica  gerente                       Ana Lima  entra com a frase-senha",
      "2  dra          profissional (DRA. ANA LIMA)  dra       entra com a frase-senha",
    ]);
    const emJson = await posto.pessoa("lista --json");
    const [{ criadaEm: _criada, mudadaEm: _mudada, ...ana }] = JSON.parse(emJson.stdout);
    assertEquals(ana, {
      ...{ numero: 1, quem: "ana@clinica", nome: "Ana Lima", papel: "gerente", profissional: "", retiradaEm: "" },
      ...{ entra: true, totp: false, recuperacao: 0 },
    });
    naoMostra([criada, dra, lista, emJson], [FRASE, OUTRA, ...guardado(posto)]);
    assertMatch(guardado(posto)[0], /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    // Nem o arquivo do livro, nem o WAL, têm a frase.
    for (const { name } of Deno.readDirSync(posto.pasta.caminho)) {
      const bytes = new TextDecoder("latin1").decode(Deno.readFileSync(posto.pasta.arquivo(name)));
      assert(!bytes.includes("gato da Ana"), name);
    }
  },
);

teste("criar uma pessoa não acaba com a porta aberta", async (posto) => {
  await posto.pessoa("cria ana@clinica --papel gerente --sorteia");
  const { stdout } = await roda("servidor.ts", ["chave", "lista"], {
    cwd: posto.pasta.caminho,
    env: { CLINICA_BANCO: "" },
  });
  assertStringIncludes(stdout, "quem alcança a porta do servidor pode tudo");
});

teste("--sorteia mostra a frase-senha uma vez, só ela em stdout, e com ela entra-se", async (posto) => {
  const { stdout, stderr, codigo } = await posto.pessoa("cria ana@clinica --papel balcao --sorteia");
  assertEquals(codigo, 0, stderr);
  assertMatch(stdout, /^(?:[a-z]{4,7} ){5}[a-z]{4,7}\n$/);
  assertStringIncludes(stderr, "não se mostra outra vez");
  assert(!stderr.includes(stdout.trim()));
  assertEquals(await posto.entra({ frase: stdout.trim() }), "entrou");
});

teste("senha troca-a, acaba com a de antes, e perdoa o que se errou", async (posto) => {
  await posto.pessoa("cria ana@clinica --papel balcao", FRASE);
  const endereco = "10.9.9.9";
  assertEquals(await posto.entra({ endereco }), "entrou");
  for (let i = 0; i < 5; i++) assertEquals(await posto.entra({ frase: OUTRA, endereco }), "recusada");
  for (let i = 0; i < 5; i++) assertEquals(await posto.entra({ frase: OUTRA }), "recusada");
  assertEquals([await posto.entra({ frase: OUTRA, endereco }), await posto.entra()], ["espera", "espera"]);
  const trocada = await posto.pessoa("senha ana@clinica", OUTRA);
  assertEquals([trocada.codigo, trocada.stderr], [0, ""]);
  naoMostra([trocada], [FRASE, OUTRA, ...guardado(posto)]);
  assertEquals(await posto.entra({ frase: OUTRA, endereco }), "entrou");
  assertEquals(await posto.entra({ frase: OUTRA }), "entrou");
  assertEquals(await posto.entra(), "recusada");
});

teste("totp liga-se e mostra o QR e o segredo; recuperacao dá códigos; --desliga acaba com os dois", async (posto) => {
  await posto.pessoa("cria ana@clinica --papel balcao", FRASE);
  const antes = await posto.pessoa("recuperacao ana@clinica");
  assertEquals([antes.codigo, antes.stdout], [2, ""]);
  assertStringIncludes(antes.stderr, "não tem segundo fator");

  const ligado = await posto.pessoa("totp ana@clinica");
  assertEquals(ligado.codigo, 0, ligado.stderr);
  const [segredo, ...qr] = ligado.stdout.trimEnd().split("\n");
  assertMatch(segredo, /^(?:[A-Z2-7]{4} ){7}[A-Z2-7]{4}$/);
  // Quadrado, em meios blocos, com a margem clara de quatro módulos, e inteiro num terminal de 80 × 24.
  assertEquals(new Set(qr.map((linha) => linha.length)).size, 1);
  assertEquals(Math.ceil(qr[0].length / 2), qr.length);
  assert(qr.length <= 23 && qr.every((linha) => /^[█▀]{4}[█▀▄ ]*[█▀]{4}$/.test(linha)), ligado.stdout);
  const totp = new TOTP({ secret: Secret.fromBase32(segredo.replaceAll(" ", "")) });
  assertEquals(await posto.entra(), "recusada");
  const usado = totp.generate({ timestamp: posto.agora });
  assertEquals(await posto.entra({ totp: usado }), "entrou");
  assertEquals(await posto.entra({ totp: usado }), "recusada");

  const { stdout } = await posto.pessoa("recuperacao ana@clinica");
  const codigos = stdout.trimEnd().split("\n");
  assertEquals(codigos.length, 10);
  assertEquals(await posto.entra({ recuperacao: codigos[0] }), "entrou");
  const lista = await posto.pessoa("lista");
  assertStringIncludes(lista.stdout, "entra com a frase-senha e o aplicativo; códigos de recuperação: 9");
  naoMostra([lista, await posto.pessoa("lista --json")], [segredo, ...codigos, ...guardado(posto)]);
  for (const codigo of codigos) assert(!guardado(posto).includes(codigo), "só o resumo");
  const outros = await posto.pessoa("recuperacao ana@clinica");
  assertEquals(await posto.entra({ recuperacao: codigos[1] }), "recusada", "os de antes já não servem");
  assertEquals(await posto.entra({ recuperacao: outros.stdout.split("\n")[0] }), "entrou");

  assertEquals((await posto.pessoa("totp ana@clinica --desliga")).codigo, 0);
  assertEquals(await posto.entra(), "entrou");
  assertEquals(consulta(posto.livro, "SELECT totp, passo, recuperacao FROM pessoa"), [
    { totp: "", passo: 0, recuperacao: "[]" },
  ]);
  assertStringIncludes((await posto.pessoa("totp ana@clinica --desliga")).stderr, "não tem segundo fator");
});

teste("retira uma vez, sem apagar; o nome volta a ser de alguém", async (posto) => {
  await posto.pessoa("cria ana@clinica --papel balcao", FRASE);
  const retirada = await posto.pessoa("retira ana@clinica");
  assertEquals([retirada.codigo, retirada.stdout], [0, "ana@clinica já não entra\n"]);
  assertEquals(await posto.entra(), "recusada");
  for (const acao of ["retira", "senha", "totp", "recuperacao"]) {
    const saida = await posto.pessoa(`${acao} ana@clinica`, OUTRA);
    assertEquals([saida.codigo, saida.stdout], [2, ""]);
    assertStringIncludes(saida.stderr, "ana@clinica já se retirou");
  }
  assertMatch((await posto.pessoa("lista")).stdout, /retirada em \d\d\/\d\d\/\d{4} \d\d:\d\d\n$/);
  assertEquals((await posto.pessoa("cria ana@clinica --papel balcao", OUTRA)).codigo, 0);
  assertEquals(await posto.entra({ frase: OUTRA }), "entrou");
  assertEquals(consulta(posto.livro, "SELECT numero FROM pessoa").length, 2);
});

/** O que não serve, o que vem de stdin, e uma parte do que se diz. */
const RECUSADOS: readonly (readonly [pedido: string, entrada: string, frase: string])[] = [
  ["", "", "pessoa espera lista, cria, senha, totp, recuperacao, retira"],
  ["apaga ana", "", "pessoa espera lista"],
  ["cria --papel balcao", FRASE, "como a pessoa se apresenta"],
  ["cria ana@ --papel balcao", FRASE, "como a pessoa se apresenta"],
  ["cria Ana_Lima --papel balcao", FRASE, "como a pessoa se apresenta"],
  ["cria ana bia --papel balcao", FRASE, "como a pessoa se apresenta"],
  ["cria ana", FRASE, "--papel espera um destes: profissional, balcao, gerente"],
  ["cria ana --papel quiosque", FRASE, 'veio "quiosque"'],
  ["cria ana --papel integracao", FRASE, 'veio "integracao"'],
  ["cria ana --papel profissional", FRASE, "vai com --profissional"],
  ["cria ana --papel gerente --profissional Dra._Ana_Lima", FRASE, "vai com --profissional"],
  ["cria ana --papel profissional --profissional Dra._Ninguém", FRASE, "na semana; atendem"],
  ["cria ana --papel balcao --nome a\u001b[2Jb", FRASE, "letras que se vejam"],
  ["cria ana --papel balcao", "", "lê-se de stdin, numa linha, e não veio"],
  ["cria ana --papel balcao", "\n" + FRASE, "lê-se de stdin, numa linha, e não veio"],
  ["cria ana --papel balcao", "curta demais\n", "ao menos 15 caracteres; esta tem 12"],
  ["cria ana --papel balcao", "x".repeat(LETRAS_MAXIMAS + 1), "até 256 caracteres"],
  ["cria ana --papel balcao", "xy".repeat(50_000), "até 256 caracteres"],
  ["cria ana --papel balcao", "clinica123456789", "menos previsível"],
  ["cria ja-existe --papel balcao", FRASE, "já há ja-existe"],
  ["cria ana --papel balcao --ate 31/12/2099", FRASE, "--ate não serve com pessoa cria"],
  ["cria ana --papel balcao --sim", FRASE, "--sim"],
  ["cria ana --papel balcao --json", FRASE, "--json"],
  ["cria ana --papel balcao --desliga", FRASE, "--desliga"],
  ["senha ninguem", FRASE, "não há ninguem; veja pessoa lista"],
  ["senha ja-existe", "curta", "ao menos 15"],
  ["senha ja-existe --papel gerente", FRASE, "--papel"],
  ["totp ninguem", "", "não há ninguem"],
  ["totp ja-existe --sorteia", "", "--sorteia"],
  ["recuperacao ja-existe", "", "não tem segundo fator"],
  ["retira", "", "como a pessoa se apresenta"],
  ["lista ana", "", "não espera mais nada"],
  ["lista --csv", "", "--csv"],
  ["retira ja-existe --porta 9000", "", "--porta"],
];

teste("mal pedido, diz o que esperava e sai com 2, sem mudar o livro nem repetir a frase-senha", async (posto) => {
  await posto.pessoa("cria ja-existe --papel balcao --sorteia");
  const antes = consulta(posto.livro, "SELECT * FROM pessoa");
  for (const [pedido, entrada, frase] of RECUSADOS) {
    const saida = await posto.pessoa(pedido, entrada);
    assertEquals([saida.codigo, saida.stdout], [2, ""], `${pedido}: ${saida.stderr}`);
    assertStringIncludes(saida.stderr, frase, pedido);
    assertEquals(saida.stderr.includes("    at "), false, saida.stderr);
    if (entrada.length > 5) naoMostra([saida], [entrada.trim().slice(0, 30)]);
  }
  assertEquals(consulta(posto.livro, "SELECT * FROM pessoa"), antes);
  const chave = await roda(
    "servidor.ts",
    ["chave", "cria", "--papel", "balcao", "--nome", "Ana", "--sim", "--sorteia"],
    {
      cwd: posto.pasta.caminho,
    },
  );
  assertStringIncludes(chave.stderr, "--sorteia não serve com chave");
});

testeComSistema("pessoa: ao lado de um servidor em funcionamento, que nada conta dela", async () => {
  await comServidor(async (servidor, pasta) => {
    const como = { cwd: pasta.caminho, env: { CLINICA_BANCO: "" } };
    const { codigo, stderr } = await roda("servidor.ts", ["pessoa", "cria", "ana", "--papel", "gerente"], {
      ...como,
      entrada: FRASE,
    });
    assertEquals(codigo, 0, stderr);
    const { stdout } = await roda("servidor.ts", ["pessoa", "totp", "ana"], como);
    await servidor.encerra();
    const segredo = stdout.split("\n")[0];
    for (const um of [FRASE, segredo, segredo.replaceAll(" ", ""), "argon2"]) {
      assert(!servidor.linhas.join().includes(um));
    }
    assertEquals(consulta(pasta.arquivo("clinica.db"), "SELECT count(*) AS n FROM diario"), [{ n: 0 }]);
  });
});

testeComPostgres("pessoa: num livro em PostgreSQL", async () => {
  const url = await cluster.banco("pessoa");
  await (await ArmazemPostgres.abre(url))[Symbol.asyncDispose]();
  using pasta = new Pasta();
  const como = { cwd: pasta.caminho, env: { CLINICA_BANCO: url } };
  const criada = await roda("servidor.ts", ["pessoa", "cria", "ana", "--papel", "gerente"], {
    ...como,
    entrada: FRASE,
  });
  assertEquals(criada.codigo, 0, criada.stderr);
  await using pessoas = await abrePessoasDoPostgres(url);
  const portaria = await Portaria.abre({ livro: pessoas, relogio: Date.now });
  const credenciais = { quem: "ana", frase: FRASE, endereco: "10.0.0.7" };
  assertEquals((await portaria.entra(credenciais)).tipo, "entrou");
  assertEquals((await roda("servidor.ts", ["pessoa", "senha", "ana"], { ...como, entrada: OUTRA })).codigo, 0);
  assertEquals((await portaria.entra(credenciais)).tipo, "recusada");
  assertEquals((await roda("servidor.ts", ["pessoa", "retira", "ana"], como)).codigo, 0);
  assertEquals((await portaria.entra({ ...credenciais, frase: OUTRA })).tipo, "recusada");
});

testeNoTerminal(
  "pessoa: num terminal pergunta duas vezes sem que se veja, e confere o código do aplicativo",
  async () => {
    using posto = await Posto.abre();
    const abre = (...args: string[]): Promise<Terminal> =>
      Terminal.abre(["pessoa", ...args, "--banco", posto.livro], { script: "servidor.ts", linhas: 40 });
    {
      await using terminal = await abre("cria", "ana@clinica", "--papel", "gerente");
      await terminal.espera("Frase-senha de ana@clinica");
      await terminal.digita("curta");
      await terminal.espera("ao menos 15");
      await terminal.tecla("C-u");
      await terminal.digita(FRASE);
      await terminal.espera("Outra vez");
      await terminal.digita(FRASE);
      const tela = await terminal.espera("saiu com 0");
      assertStringIncludes(tela, "pessoa 1, gerente");
      assert(!/gato|curta|\*/.test(tela), tela);
    }
    {
      await using terminal = await abre("senha", "ana@clinica");
      await terminal.espera("Frase-senha de");
      await terminal.digita(FRASE);
      await terminal.espera("Outra vez");
      await terminal.digita(OUTRA);
      await terminal.espera("as duas não são iguais; nada mudou");
      await terminal.espera("saiu com 2");
    }
    {
      await using terminal = await abre("senha", "ana@clinica");
      await terminal.espera("Frase-senha de");
      await terminal.tecla("C-c");
      await terminal.espera("interrompido; nada mudou");
    }
    assertEquals(await posto.entra(), "entrou");
    {
      await using terminal = await abre("totp", "ana@clinica");
      const tela = await terminal.espera("O código que o aplicativo mostra agora");
      await terminal.digita("000000");
      await terminal.espera("Não é esse");
      const [segredo] = /(?:[A-Z2-7]{4} ){7}[A-Z2-7]{4}/.exec(tela) ?? [""];
      await terminal.digita(new TOTP({ secret: Secret.fromBase32(segredo.replaceAll(" ", "")) }).generate());
      await terminal.espera("passa a entrar também com o código");
      assertEquals(await posto.entra(), "recusada");
    }
  },
);
