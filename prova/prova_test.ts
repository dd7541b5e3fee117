/**
 * A prova em miniatura: as mesmas partes, por poucos segundos cada uma. O que depende da velocidade da máquina é
 * mostrado e não é exigido aqui.
 *
 * @module
 */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { comandoDeno, leLinhas, Oficina, PACIENCIA, Pasta, roda, testeComSistema } from "../testes/apoio.ts";
import { deadline } from "@std/async";
import { Sorteio } from "./bancada.ts";
import { codigoDeSaida, emTexto, NOMES_DAS_PARTES, prova, type Relatorio } from "./prova.ts";
import { leStrace } from "./livro.ts";

const PURO = { permissions: "none" } as const;

/** Quanto dura cada parte, em segundos. */
const SEGUNDOS: Readonly<Record<string, number>> = {
  corrida: 0.5,
  historia: 1,
  queda: 2,
  disco: 2,
  dia: 2,
  espera: 4,
  servidores: 4,
  hostis: 3,
  abusos: 1,
  acesso: 1,
  paginas: 2,
  tempo: 1,
};

for (const parte of NOMES_DAS_PARTES) {
  testeComSistema(`prova: ${parte}, em miniatura`, async () => {
    await using oficina = new Oficina();
    const semente = crypto.getRandomValues(new Uint32Array(1))[0];
    const relatorio = await prova({ segundos: SEGUNDOS[parte], semente, parte, oficina });
    assertEquals(relatorio.partes.map(({ nome }) => nome), [parte]);
    const promessas = relatorio.partes.flatMap(({ promessas }) => promessas);
    const quebradas = promessas.filter(({ estado, medida }) => estado === "QUEBRADA" && medida !== true);
    assertEquals(quebradas, [], emTexto(relatorio));
    assert(promessas.length > 0, emTexto(relatorio));
  });
}

testeComSistema("prova: com --json o relatório é um objeto, a semente é a pedida e nada fica para trás", async () => {
  using pasta = new Pasta();
  const { codigo, stdout, stderr } = await roda(
    "prova/prova.ts",
    ["--json", "--semente", "7", "--parte", "corrida", "--minutos", "0.005"],
    { env: { TMPDIR: pasta.caminho } },
  );
  assertEquals(codigo, 0, stdout);
  const relatorio: Relatorio = JSON.parse(stdout);
  assertEquals([relatorio.semente, relatorio.partes.map(({ nome }) => nome)], [7, ["corrida"]]);
  assertMatch(stderr, /^\[1\/12\] corrida: .*\n/);
  assertEquals([...Deno.readDirSync(pasta.caminho)], []);
});

testeComSistema("prova: Ctrl-C no meio não deixa processos nem pastas", async () => {
  using pasta = new Pasta();
  const [comando, ...args] = [...comandoDeno("prova/prova.ts"), "--parte", "queda", "--minutos", "5"];
  const env = { TMPDIR: pasta.caminho };
  await using processo = new Deno.Command(comando, { args, env, stdout: "null", stderr: "piped" }).spawn();
  const comecou = Promise.withResolvers<void>();
  const fim = leLinhas(processo.stderr, () => {
    if ([...Deno.readDirSync(pasta.caminho)].some(({ name }) => name.startsWith("clinica-"))) comecou.resolve();
  });
  // A primeira linha sai quando a parte começa; as pastas vêm logo depois.
  const espreita = setInterval(() => {
    if ([...Deno.readDirSync(pasta.caminho)].length > 0) comecou.resolve();
  }, 20);
  try {
    await deadline(comecou.promise, PACIENCIA);
  } finally {
    clearInterval(espreita);
  }
  processo.kill("SIGINT");
  assertEquals((await deadline(processo.status, PACIENCIA)).code, 130);
  await fim;
  assertEquals([...Deno.readDirSync(pasta.caminho)], []);
  if (Deno.build.os === "linux") assertEquals(processosEm(pasta.caminho), []);
});

/** As linhas de comando dos processos que trabalham numa pasta, ou abaixo dela. */
function processosEm(caminho: string): string[] {
  return [...Deno.readDirSync("/proc")].filter(({ name }) => /^\d+$/.test(name)).flatMap(({ name }) => {
    try {
      if (!Deno.readLinkSync(`/proc/${name}/cwd`).startsWith(caminho)) return [];
      return [Deno.readTextFileSync(`/proc/${name}/cmdline`)];
    } catch {
      return [];
    }
  });
}

testeComSistema("prova: um comando errado é recusado, e --help diz as opções", async () => {
  for (
    const [args, dito] of [
      [["--minutos", "0"], "--minutos"],
      [["--minutos", "x"], "--minutos"],
      [["--semente=-1"], "--semente"],
      [
        ["--parte", "nenhuma"],
        "corrida, historia, queda, disco, dia, espera, servidores, hostis, abusos, acesso, paginas, tempo",
      ],
      [["--prota"], "--prota"],
      [["já"], "já"],
    ] as const
  ) {
    const { codigo, stdout, stderr } = await roda("prova/prova.ts", [...args]);
    assertEquals([codigo, stdout], [2, ""], stderr);
    assertStringIncludes(stderr, dito);
  }
  const { codigo, stdout } = await roda("prova/prova.ts", ["--help"]);
  assertEquals(codigo, 0);
  for (const opcao of ["--minutos", "--semente", "--parte", "--json", "--help", ...NOMES_DAS_PARTES]) {
    assertStringIncludes(stdout, opcao);
  }
});

Deno.test("prova: a mesma semente dá as mesmas escolhas, outra dá outras", PURO, () => {
  const escolhas = (semente: number): number[] => {
    const sorteio = new Sorteio(semente);
    return Array.from({ length: 1000 }, () => sorteio.inteiro(1, 6));
  };
  assertEquals(escolhas(7), escolhas(7));
  assert(escolhas(7).join() !== escolhas(8).join());
  assertEquals([...new Set(escolhas(7))].sort(), [1, 2, 3, 4, 5, 6]);
});

Deno.test("prova: o relatório diz o estado de cada promessa, e só sai com 0 se todas foram cumpridas", PURO, () => {
  const relatorio = (...estados: ("cumprida" | "QUEBRADA" | "não verificada")[]): Relatorio => ({
    semente: 7,
    ferramentas: [],
    partes: [{
      nome: "corrida",
      titulo: "muitos pela última vaga",
      segundos: 1,
      cifras: {},
      promessas: estados.map((estado) => ({ texto: "um só vencedor", estado, detalhe: "falta strace" })),
    }],
  });
  assertEquals(codigoDeSaida(relatorio("cumprida", "cumprida")), 0);
  assertEquals(codigoDeSaida(relatorio("cumprida", "não verificada")), 3);
  assertEquals(codigoDeSaida(relatorio("cumprida", "não verificada", "QUEBRADA")), 1);
  const texto = emTexto(relatorio("cumprida", "não verificada", "QUEBRADA"));
  assertMatch(texto, /^ {2}um só vencedor\n {4}cumprida: falta strace$/m);
  assertMatch(texto, /^ {2}um só vencedor\n {4}não verificada: falta strace$/m);
  assertMatch(texto, /^ {2}um só vencedor\n {4}QUEBRADA: falta strace$/m);
  assert(texto.endsWith("1 promessas cumpridas, 1 quebradas, 1 não verificadas"), texto);
});

Deno.test("prova: uma confirmação sem fsync antes dela é vista no que o strace mostra", PURO, () => {
  const fsync = "10 fsync(18</t/clinica.db-wal>) = 0\n";
  const resposta = '10 sendto(21<socket:[1]>, "[\\"OK-300\\",[\\"AGEN"..., 90, MSG_NOSIGNAL, NULL, 0) = 90\n';
  const interrompido = "11 fdatasync(18</t/clinica.db-wal> <unfinished ...>\n";
  const retomado = "11 <... fdatasync resumed>) = 0\n";
  assertEquals(leStrace(fsync + resposta), { respostas: 1, semFsync: 0 });
  assertEquals(leStrace(resposta + fsync), { respostas: 1, semFsync: 1 });
  assertEquals(leStrace(fsync + resposta + resposta), { respostas: 2, semFsync: 1 });
  assertEquals(leStrace(interrompido + resposta + retomado), { respostas: 1, semFsync: 1 });
  assertEquals(leStrace(interrompido + retomado + resposta), { respostas: 1, semFsync: 0 });
  const falho = "10 fsync(18</t/clinica.db-wal>) = -1 EIO (Input/output error) (INJECTED)\n";
  assertEquals(leStrace(falho + resposta), { respostas: 1, semFsync: 1 });
  assertEquals(leStrace("10 fsync(9</t/outra>) = 0\n" + resposta), { respostas: 1, semFsync: 1 });
});
