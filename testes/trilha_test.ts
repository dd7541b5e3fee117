/**
 * A trilha de ponta a ponta: o que os terminais veem fica nela dentro de um segundo, `servidor.ts trilha` mostra-o e confere-o
 * ao lado de um servidor, e o console diz as cabeças.
 *
 * @module
 */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { escreveCabeca, lerCabeca } from "../clinica/trilha.ts";
import { ate, cpfDeExemplo, Fio, Pasta, roda, type Saida, Servidor, testeComSistema } from "./apoio.ts";
import { criaChave } from "./chaves.ts";
import { type Cluster, clusterDoArquivo, testeComPostgres } from "./cluster.ts";
import { consulta, executa, modo } from "./livro_sqlite.ts";

let cluster: Cluster;
clusterDoArquivo((novo) => cluster = novo);

const CPF = cpfDeExemplo(1);

/** `servidor.ts trilha`, ao lado de um servidor. */
function trilha(pasta: Pasta, args: readonly string[] = [], env: Record<string, string> = {}): Promise<Saida> {
  return roda("servidor.ts", ["trilha", ...args], { cwd: pasta.caminho, env });
}

async function linhasDa(pasta: Pasta, args: readonly string[] = [], env?: Record<string, string>): Promise<Linha[]> {
  const { codigo, stdout, stderr } = await trilha(pasta, ["--json", ...args], env);
  assertEquals([codigo, stderr], [0, ""]);
  return JSON.parse(stdout);
}

type Linha = Record<"quando" | "papel" | "quem" | "o_que" | "numeros" | "de" | "para" | "cpf" | "onde", string> & {
  vezes: number;
};

/** Pede, e devolve o código de cada resposta. */
async function pede(fio: Fio, ...pedidos: readonly (readonly unknown[])[]): Promise<string[]> {
  await fio.manda(pedidos.map((pedido) => `${JSON.stringify(pedido)}\n`).join(""));
  const codigos: string[] = [];
  while (codigos.length < pedidos.length) codigos.push(JSON.parse(await fio.linha() ?? '["(fecha)"]')[0]);
  return codigos;
}

/** Marca, e procura-o de vários modos. */
async function trabalha(servidor: Servidor, ola: readonly unknown[] = ["OLA", "CLINICA/2"]): Promise<void> {
  using fio = await Fio.saudado(servidor.porta);
  await fio.manda(`${JSON.stringify(ola)}\n["VAGAS"]\n`);
  assertEquals(JSON.parse(await fio.linha() ?? "")[0], "OK-200");
  const [, ...vagas] = JSON.parse(await fio.linha() ?? "");
  const [data, dia, especialista] = vagas.at(-1);
  assertEquals(
    await pede(
      fio,
      ["AGEND", CPF, "MARIA DA SILVA", especialista, data, dia],
      ["AGEND", CPF, "MARIA DA SILVA", especialista, data, dia],
      ["BUSCA", CPF],
      ["BUSCA", CPF],
      ["BUSCA", cpfDeExemplo(2)],
      ["LISTA", data],
      ["HISTORIA", CPF],
      ["FILA", especialista],
      ["OLA", "CLINICA/2", { chave: "clinica_0000000000000000000000000000000000000000" }],
    ),
    ["OK-300", "ERRO-111", "OK-302", "OK-302", "ERRO-112", "OK-310", "OK-315", "OK-311", "ERRO-120"],
  );
}

/** Espera que o que se viu esteja escrito; um servidor leva um segundo. */
async function escritas(quantas: () => Promise<number>, esperadas: number): Promise<void> {
  await ate(async () => await quantas() >= esperadas);
}

testeComSistema(
  "trilha: o que se viu, o que mudou e o que se fez ao lado estão lá, e nem um CPF nem um nome",
  async () => {
    using pasta = new Pasta();
    const livro = pasta.arquivo("clinica.db");
    await using servidor = await Servidor.inicia({ pasta: pasta.caminho });
    await servidor.registrou(({ evento, o_que }) => evento === "trilha" && String(o_que).includes("clinica.db.trilha"));
    assertEquals(modo(`${livro}.trilha`), 0o600);
    const { chave } = await criaChave(pasta, "balcao");
    using aberta = await Fio.saudado(servidor.porta);
    await servidor.registrou(({ o_que }) => String(o_que).startsWith("1 chave vale"));
    assertEquals(await pede(aberta, ["OLA", "CLINICA/2"], ["BUSCA", CPF], ["LISTA", "30/11/2026"]), [
      ...["OK-200", "ERRO-120", "ERRO-120"],
    ]);
    await trabalha(servidor, ["OLA", "CLINICA/2", { chave }]);
    // Sem encerrar nada, dentro de um segundo.
    const especies = ["AGEND", "BUSCA", "BUSCA", "LISTA", "HISTORIA", "FILA", "CHAVE ERRADA", "NEGADO", "CHAVE CRIA"];
    await escritas(
      () => Promise.resolve(Number(consulta(livro, "SELECT count(*) AS n FROM acesso")[0].n)),
      especies.length,
    );
    assertEquals((await roda("servidor.ts", ["lista"], { cwd: pasta.caminho })).codigo, 0);
    assertEquals((await roda("servidor.ts", ["copia", "copia.db"], { cwd: pasta.caminho })).codigo, 0);
    const ana = ["pessoa", "cria", "ana@clinica", "--papel", "gerente", "--sorteia"];
    assertEquals((await roda("servidor.ts", ana, { cwd: pasta.caminho })).codigo, 0);
    const guarda = ["titular", "guarda", CPF, "--motivo", "processo"];
    assertEquals((await roda("servidor.ts", guarda, { cwd: pasta.caminho })).codigo, 0);

    const linhas = await linhasDa(pasta);
    const acessos = linhas.filter(({ onde }) => onde.startsWith("acesso"));
    assertEquals(
      acessos.map(({ o_que }) => o_que).toSorted(),
      [...especies, "LISTA", "COPIA", "PESSOA CRIA", "TITULAR GUARDA", "TRILHA"].toSorted(),
    );
    const numero = linhas.find(({ onde }) => onde.startsWith("diario"))?.numeros;
    const uma = (o_que: string, cpf = true): unknown[] => {
      const { papel, quem, numeros, vezes, cpf: disfarce } =
        acessos.find((um) => um.o_que === o_que && um.papel !== "comando" && (um.numeros !== "") === cpf) ?? Object();
      return [papel, quem, numeros, vezes, disfarce !== ""];
    };
    assertEquals(uma("BUSCA"), ["balcao", "k:1", numero, 2, false]);
    assertEquals(uma("BUSCA", false), ["balcao", "k:1", "", 1, true]);
    assertEquals(uma("LISTA"), ["balcao", "k:1", numero, 1, false]);
    assertEquals(uma("AGEND"), ["balcao", "k:1", numero, 1, false], "o que já tinha, que a recusa mostra");
    assertEquals(uma("CHAVE ERRADA", false), ["balcao", "k:1", "", 1, false]);
    const [papel, quem, ...resto] = uma("NEGADO", false);
    assertEquals([papel, resto], ["anonimo", ["", 2, false]]);
    assertMatch(String(quem), /^h:[0-9a-f]{16}$/);
    for (const { o_que, quem, numeros } of acessos.filter(({ papel }) => papel === "comando")) {
      assertEquals([quem, numeros], [`u:${Deno.uid()}`, / CRIA$/.test(o_que) ? "1" : ""]);
    }
    const guardou = linhas.find(({ o_que }) => o_que === "GUARDA");
    assertEquals([guardou?.onde.split(" ")[0], guardou?.numeros, guardou?.para], ["diario", "", ""]);
    for (let i = 1; i < linhas.length; i++) {
      assert(Date.parse(linhas[i - 1].quando) <= Date.parse(linhas[i].quando) + 1000, "por ordem");
    }
    const tudo = JSON.stringify([linhas, consulta(livro, "SELECT * FROM acesso")]);
    for (const segredo of [CPF, "MARIA", chave, "ana"]) assert(!tudo.includes(segredo), segredo);

    // Sobre um CPF: as mudanças pelo número, as procuras pelo disfarce, e as listas em que esteve.
    const dele = await linhasDa(pasta, ["--cpf", CPF]);
    assertEquals(dele.map(({ o_que }) => o_que).toSorted(), [
      ...["AGEND", "AGEND", "BUSCA", "HISTORIA", "LISTA", "TRILHA"],
    ]);
    const doOutro = await linhasDa(pasta, ["--cpf", cpfDeExemplo(2), "--quem", "k:1"]);
    assertEquals(doOutro.map(({ o_que, vezes }) => [o_que, vezes]), [["BUSCA", 1]]);
    assertEquals(await linhasDa(pasta, ["--quem", "k:2"]), []);
    const hoje = Temporal.Now.plainDateISO("America/Sao_Paulo");
    const noFio = (dia: Temporal.PlainDate): string => dia.toString().split("-").toReversed().join("/");
    assertEquals(await linhasDa(pasta, ["--de", noFio(hoje.add({ days: 2 }))]), []);
    assertEquals(await linhasDa(pasta, ["--ate", noFio(hoje.subtract({ days: 2 }))]), []);
    const desde = await linhasDa(pasta, [
      "--de",
      noFio(hoje.subtract({ days: 1 })),
      "--ate",
      noFio(hoje.add({ days: 1 })),
    ]);
    assert(desde.length > linhas.length);

    const { stdout: csv } = await trilha(pasta, ["--csv"]);
    const [cabecalho, primeira] = csv.split("\r\n");
    assertEquals(cabecalho, '"quando","papel","quem","o_que","numeros","de","para","vezes","cpf","onde"');
    assertMatch(primeira, /^"2\d{3}-[^"]+","comando","u:\d+","CHAVE CRIA","1","","","1","","acesso 1 /);
    const { stdout: texto } = await trilha(pasta);
    assertMatch(texto, /balcao {2}k:1 {2}AGEND {2}nº \d+ {2}→ MARCADO/);
    assertMatch(texto, /balcao {2}k:1 {2}BUSCA {2}nº \d+ {2}2 vezes/);
  },
);

testeComSistema(
  "trilha: --confere acha o que se mudou por fora, diz onde e sai com erro; o fim, só com a cabeça",
  async () => {
    using pasta = new Pasta();
    const livro = pasta.arquivo("clinica.db");
    const confere = (...mais: string[]): Promise<Saida> => trilha(pasta, ["--confere", ...mais]);
    let cabecas: string[];
    {
      await using servidor = await Servidor.inicia({ pasta: pasta.caminho });
      await trabalha(servidor);
      // O que se viu neste instante também fica: encerra-se em ordem.
      assertEquals((await servidor.encerra()).code, 0);
      const ultima = servidor.log.findLast(({ evento }) => evento === "trilha");
      cabecas = String(ultima?.o_que).replace("cabeças: ", "").split(" ");
      assertEquals(cabecas.map((uma) => lerCabeca(uma)?.tabela), ["diario", "acesso"]);
    }
    const contra = cabecas.flatMap((uma) => ["--cabeca", uma]);
    const certa = await confere(...contra);
    assertEquals([certa.codigo, certa.stderr], [0, ""]);
    assertStringIncludes(certa.stdout, "A trilha confere (");
    for (const uma of cabecas) assertStringIncludes(certa.stdout, uma);

    // Reiniciado, continua a mesma cadeia.
    {
      await using servidor = await Servidor.inicia({ pasta: pasta.caminho });
      const { o_que } = await servidor.registrou(({ evento }) => evento === "trilha");
      for (const uma of cabecas) assertStringIncludes(String(o_que), uma);
      using fio = await Fio.saudado(servidor.porta);
      assertEquals(await pede(fio, ["BUSCA", CPF]), ["OK-302"]);
      assertEquals((await servidor.encerra()).code, 0);
    }
    assertEquals((await confere(...contra)).codigo, 0);

    const [{ id }] = consulta(livro, "SELECT id FROM acesso WHERE especie = 'LISTA'");
    executa(livro, `UPDATE acesso SET quem = 'k:1' WHERE id = ${id}`);
    const mudada = await confere(...contra);
    assertEquals(mudada.codigo, 1);
    assertMatch(
      mudada.stdout,
      new RegExp(`^NÃO CONFERE  acesso ${id}, de [\\w-]+\\.[0-9a-f]{8}, 2\\S+: foi mudada$`, "m"),
    );
    assertStringIncludes(mudada.stderr, "a trilha não confere: 1 de ");
    executa(livro, `DELETE FROM acesso WHERE id = ${id}`);
    assertMatch(
      (await confere()).stdout,
      new RegExp(`^NÃO CONFERE  acesso ${Number(id) + 1}, .*: faltam 1 antes dela$`, "m"),
    );
    executa(livro, `DELETE FROM acesso WHERE id > ${Number(id) - 2}`);
    assertEquals((await confere()).codigo, 0);
    const cortada = await confere(...contra);
    assertEquals(cortada.codigo, 1);
    assertMatch(cortada.stdout, /^NÃO CONFERE {2}acesso, de .*: a cabeça diz \d+ linhas, e há \d+: falta o fim$/m);

    // Com outra chave nada se sabe, e isso não passa por conferido.
    Deno.renameSync(`${livro}.trilha`, pasta.arquivo("antiga.trilha"));
    const outra = await confere();
    assertEquals([outra.codigo, outra.stdout.includes("é de outra chave")], [1, true]);
    const comAntiga = ["--chave-da-trilha", `${livro}.trilha`, "--chave-da-trilha", pasta.arquivo("antiga.trilha")];
    assertEquals((await confere(...comAntiga)).codigo, 0);
  },
);

testeComSistema("trilha: uma queda a meio não parte a cadeia, e só leva o que se viu no último segundo", async () => {
  using pasta = new Pasta();
  const livro = pasta.arquivo("clinica.db");
  const quantos = (): number => Number(consulta(livro, "SELECT count(*) AS n FROM acesso")[0].n);
  {
    await using servidor = await Servidor.inicia({ pasta: pasta.caminho });
    await trabalha(servidor);
    await ate(() => quantos() >= 7);
    // Continua a ver-se e a marcar-se enquanto cai.
    using fio = await Fio.saudado(servidor.porta);
    await fio.manda('["BUSCA","52998224725"]\n'.repeat(100));
    assertEquals((await servidor.encerra("SIGKILL")).signal, "SIGKILL");
  }
  const antes = quantos();
  assert(antes >= 7 && antes <= 8, `${antes}`);
  await using servidor = await Servidor.inicia({ pasta: pasta.caminho });
  using fio = await Fio.saudado(servidor.porta);
  assertEquals(await pede(fio, ["BUSCA", CPF]), ["OK-302"]);
  await ate(() => quantos() > antes);
  assertEquals((await servidor.encerra()).code, 0);
  const { codigo, stdout } = await trilha(pasta, ["--confere"]);
  assertEquals(codigo, 0, stdout);
  // Uma cadeia só, de antes e de depois.
  assertEquals(stdout.match(/^acesso:(?!.*-comandos)/gm)?.length, 1);
});

testeComSistema("trilha: sem livro, ou com opções que não servem, diz-se o que fazer e nada se cria", async () => {
  using pasta = new Pasta();
  const casos: readonly (readonly [string[], RegExp])[] = [
    [[], /não há livro aqui/],
    [["--confere"], /não há livro aqui/],
    [["--confere", "--csv"], /--csv não serve com trilha --confere/],
    [["--cabeca", "x"], /--cabeca não serve com trilha sem --confere/],
    [["--confere", "--cabeca", "x"], /--cabeca espera uma das que o console diz/],
    [["--cpf", "123"], /--cpf espera um CPF/],
    [["--porta", "1"], /--porta não serve com trilha/],
    [["ontem"], /trilha não espera mais nada/],
    [["--chave-da-trilha", "uma", "--chave-da-trilha", "outra"], /outra: não há chave da trilha aqui/],
  ];
  for (const [args, dito] of casos) {
    const { codigo, stdout, stderr } = await trilha(pasta, args);
    assert(codigo !== 0 && stdout === "", args.join(" "));
    assertMatch(stderr, dito);
  }
  assertEquals([...Deno.readDirSync(pasta.caminho)].map(({ name }) => name), []);
});

testeComPostgres(
  "trilha: com o livro num PostgreSQL, dois servidores e os comandos têm cada um a sua cadeia",
  async () => {
    using pasta = new Pasta();
    const env = { CLINICA_BANCO: await cluster.banco("trilha") };
    const abre = (): Promise<Servidor> => Servidor.inicia({ pasta: pasta.caminho, env });
    await using um = await abre();
    await using outro = await abre();
    await trabalha(um);
    using fio = await Fio.saudado(outro.porta);
    assertEquals(await pede(fio, ["BUSCA", CPF]), ["OK-302"]);
    assertEquals(modo(pasta.arquivo("clinica.trilha")), 0o600);
    await escritas(
      async () => Number((await cluster.executa("SELECT count(*) FROM acesso", "trilha"))[0][0]),
      8,
    );
    const [um_, outro_] = [um, outro].map(async (servidor) => {
      assertEquals((await servidor.encerra()).code, 0);
      return String(servidor.log.findLast(({ evento }) => evento === "trilha")?.o_que);
    });
    const ditas = (await Promise.all([um_, outro_])).flatMap((dita) => dita.replace("cabeças: ", "").split(" "));
    assertEquals(ditas.map((uma) => lerCabeca(uma)?.tabela), ["diario", "acesso", "acesso"]);
    assertEquals(new Set(ditas.map((uma) => lerCabeca(uma)?.servidor)).size, 2);
    const args = ["--confere", ...ditas.flatMap((uma) => ["--cabeca", uma])];
    const { codigo, stdout, stderr } = await trilha(pasta, args, env);
    assertEquals([codigo, stderr], [0, ""], stdout);
    const dele = await linhasDa(pasta, ["--cpf", CPF], env);
    assertEquals(dele.filter(({ o_que }) => o_que === "BUSCA").length, 2);
    await cluster.executa("DELETE FROM acesso WHERE especie = 'LISTA'", "trilha");
    assertEquals((await trilha(pasta, ["--confere"], env)).codigo, 1);
    const cabeca = lerCabeca(ditas[2]);
    assert(cabeca !== undefined && escreveCabeca(cabeca) === ditas[2]);
  },
);
