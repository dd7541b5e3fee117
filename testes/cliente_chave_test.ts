/**
 * Testes da chave de um terminal, com o cliente e o servidor como processos.
 *
 * @module
 */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { ate, comServidor, Pasta, permitido, roda, type Saida, testeComSistema } from "./apoio.ts";
import { criaChave, revogaChave } from "./chaves.ts";
import { ANTIGO, APRESENTADO, CPF, NADA, SAUDACAO, ServidorFalso, tuplaCom } from "./servidor_falso.ts";
import { SAIDA } from "../cliente.ts";
import { novaChave } from "../acesso/segredo.ts";
import { codificarResposta2 } from "../fio/respostas.ts";

/** Um terminal: o servidor a que se liga, e a pasta onde guarda o seu. */
interface Posto {
  readonly porta: number;
  readonly pasta: Pasta;
}

/** Roda um comando nesse terminal; `chave` é a da variável. */
async function no(
  { porta, pasta }: Posto,
  args: readonly string[],
  { chave = "", entrada }: { chave?: string; entrada?: string } = {},
): Promise<Saida> {
  const env = { XDG_CONFIG_HOME: pasta.arquivo("config"), CLINICA_CHAVE: chave };
  return await roda("cliente.ts", ["127.0.0.1", String(porta), ...args], { env, entrada });
}

/** O arquivo das chaves desse terminal. */
function guardadas({ pasta }: Posto): string {
  return pasta.arquivo("config/clinica/chaves.json");
}

/** Espera até que o servidor, que as relê de tempos em tempos, conheça a chave. */
async function valha(posto: Posto, chave: string): Promise<void> {
  await ate(async () => (await no(posto, ["buscar", CPF], { chave })).stderr.startsWith("ERRO-112"));
}

/** Nenhuma chave se diz, em saída nenhuma. */
function calado(...saidas: Saida[]): void {
  for (const { stdout, stderr } of saidas) assertEquals(`${stdout}${stderr}`.match(/clinica_[0-9A-Z]/), null);
}

testeComSistema(
  "entra lê a chave de stdin, experimenta-a, guarda-a só para este usuário, e esquece apaga-a",
  async () => {
    await comServidor(async ({ porta }, pasta) => {
      const posto = { porta, pasta };
      const { chave } = await criaChave(pasta, "balcao", { nome: "Balcão 1" });
      await ate(async () => (await no(posto, ["buscar", CPF])).stderr.startsWith("ERRO-120"));
      const sem = await no(posto, ["buscar", CPF]);
      assertEquals(sem.codigo, SAIDA.erro);
      assertStringIncludes(sem.stderr, `guarde-a com cliente.ts 127.0.0.1:${porta} entra`);

      const errada = await no(posto, ["entra"], { entrada: `${novaChave()}\n` });
      assertEquals(errada.codigo, SAIDA.erro);
      assertStringIncludes(errada.stderr, "não aceita esta chave, e ela não se guardou");
      const nada = await no(posto, ["entra"], { entrada: "balcão 1\n" });
      assertEquals(nada.codigo, SAIDA.uso);
      assertEquals([...Deno.readDirSync(pasta.caminho)].some(({ name }) => name === "config"), false);

      const entrou = await no(posto, ["entra"], { entrada: `  ${chave}\n` });
      assertEquals([entrou.codigo, entrou.stderr], [SAIDA.ok, ""]);
      assertStringIncludes(entrou.stdout, `Entrou como Balcão 1 (balcão) em 127.0.0.1:${porta}.`);
      if (Deno.build.os !== "windows") {
        assertEquals(Deno.statSync(guardadas(posto)).mode! & 0o777, 0o600);
        assertEquals(Deno.statSync(pasta.arquivo("config/clinica")).mode! & 0o777, 0o700);
      }
      assertStringIncludes((await no(posto, ["buscar", CPF])).stderr, "ERRO-112");

      const esqueceu = await no(posto, ["esquece"]);
      assertEquals(esqueceu.codigo, SAIDA.ok);
      assertStringIncludes((await no(posto, ["buscar", CPF])).stderr, "ERRO-120");
      assertEquals((await no(posto, ["esquece"])).codigo, SAIDA.erro);
      calado(sem, errada, nada, entrou, esqueceu);
    });
  },
);

testeComSistema("vale --chave, e sem ela CLINICA_CHAVE, e sem ela a guardada", async () => {
  await comServidor(async ({ porta }, pasta) => {
    const posto = { porta, pasta };
    const [um, dois, tres] = [
      await criaChave(pasta, "balcao", { nome: "Balcão 1" }),
      await criaChave(pasta, "balcao", { nome: "Balcão 2" }),
      await criaChave(pasta, "balcao", { nome: "Balcão 3" }),
    ];
    await valha(posto, tres.chave);
    const guardou = await no(posto, ["entra"], { entrada: um.chave, chave: dois.chave });
    assertStringIncludes(guardou.stderr, "CLINICA_CHAVE está definida, e vale antes");
    const quem = async (args: string[], chave?: string): Promise<string> => {
      const { codigo, stderr } = await no(posto, ["fechar", "24/12/2026", ...args], { chave });
      assertEquals(codigo, SAIDA.erro);
      return /entrou como (.+ \d) \(balcão\)/.exec(stderr.replaceAll("\n", " "))?.[1] ?? stderr;
    };
    assertEquals(await quem([]), "Balcão 1");
    assertEquals(await quem([], dois.chave), "Balcão 2");
    assertEquals(await quem(["--chave", tres.chave], dois.chave), "Balcão 3");
  });
});

testeComSistema("uma chave que o servidor não aceita é dita, com 1, sem pedir nada e sem a repetir", async () => {
  await comServidor(async ({ porta }, pasta) => {
    const posto = { porta, pasta };
    const { numero, chave } = await criaChave(pasta, "gerente");
    await valha(posto, chave);
    await revogaChave(pasta, numero);
    await ate(async () => (await no(posto, ["vagas"], { chave })).codigo === SAIDA.erro);
    const dita = await no(posto, ["vagas"], { chave });
    assertStringIncludes(dita.stderr.replaceAll("\n", " "), "não aceita a chave deste terminal");
    assertStringIncludes(dita.stderr, `cliente.ts 127.0.0.1:${porta} entra`);
    assertEquals(dita.stdout, "");
    const json = await no(posto, ["vagas", "--json"], { chave });
    assertEquals([json.codigo, JSON.parse(json.stdout).codigo, json.stderr], [SAIDA.erro, "ERRO-120", ""]);
    calado(dita, json);
  });
});

testeComSistema("a chave não vai a um servidor que só fala CLINICA/1, e o comando faz-se sem ela", async () => {
  const chave = novaChave();
  const ouvido: string[] = [];
  await using falso = new ServidorFalso([[SAUDACAO, NADA, ""], [SAUDACAO, NADA, ""]], {
    olas: [ANTIGO],
    aoOuvir: (linha) => ouvido.push(linha),
  });
  using pasta = new Pasta();
  const posto = { porta: falso.porta, pasta };
  assertStringIncludes((await no(posto, ["buscar", CPF], { chave })).stderr, "ERRO-112");
  const entrou = await no(posto, ["entra"], { entrada: chave });
  assertEquals(entrou.codigo, SAIDA.antigo);
  assertStringIncludes(entrou.stderr.replaceAll("\n", " "), "não conhece chaves");
  assertEquals(ouvido.filter((linha) => linha.includes(chave)), []);
  assertEquals(ouvido.filter((linha) => linha.startsWith('["OLA"')).length, 2);
});

testeComSistema(
  "um arquivo que outros podem ler não se usa, nem um estragado, e nenhum se repete no erro",
  async () => {
    using pasta = new Pasta();
    const posto = { porta: 9, pasta };
    const chave = novaChave();
    Deno.mkdirSync(pasta.arquivo("config/clinica"), { recursive: true });
    if (Deno.build.os !== "windows") {
      for (const mode of [0o644, 0o640, 0o604, 0o620]) {
        Deno.writeTextFileSync(guardadas(posto), JSON.stringify({ "127.0.0.1:9": chave }));
        Deno.chmodSync(guardadas(posto), mode);
        for (const args of [["vagas"], ["esquece"], ["vagas", "--json"]]) {
          const aberta = await no(posto, args);
          assertEquals(aberta.codigo, SAIDA.uso, args.join(" "));
          assertStringIncludes(aberta.stderr, "chmod 600");
          calado(aberta);
        }
      }
      Deno.chmodSync(guardadas(posto), 0o600);
    }
    for (const estragado of [`{"127.0.0.1:9": "${chave}"`, `["${chave}"]`, `{"a": 1}`, `"${chave}"`]) {
      Deno.writeTextFileSync(guardadas(posto), estragado);
      const dito = await no(posto, ["vagas"]);
      assertEquals(dito.codigo, SAIDA.uso, estragado);
      assertStringIncludes(dito.stderr, "está estragado");
      calado(dito);
    }
  },
);

Deno.test({
  name: "um arquivo de outro usuário não se usa, ainda que só o dono o leia",
  // Só root o pode fazer de outro.
  ignore: !permitido("sys", "read", "write", "run", "env", "net") || Deno.uid() !== 0,
  async fn(): Promise<void> {
    using pasta = new Pasta();
    const posto = { porta: 9, pasta };
    const chave = novaChave();
    Deno.mkdirSync(pasta.arquivo("config/clinica"), { recursive: true });
    Deno.writeTextFileSync(guardadas(posto), JSON.stringify({ "127.0.0.1:9": chave }), { mode: 0o600 });
    assertEquals((await no(posto, ["vagas"])).codigo, SAIDA.semConexao);
    Deno.chownSync(guardadas(posto), 65_534, 65_534);
    for (const args of [["vagas"], ["esquece"]]) {
      const alheia = await no(posto, args);
      assertEquals(alheia.codigo, SAIDA.uso);
      assertStringIncludes(alheia.stderr.replaceAll("\n", " "), "é de outro usuário desta máquina");
      calado(alheia);
    }
  },
});

testeComSistema("de um ato a caminho quando a chave deixa de valer diz-se que não se sabe, com 3", async () => {
  const chave = novaChave();
  const historia = codificarResposta2({ codigo: "OK-315", agendamentos: [tuplaCom()] });
  const negado = codificarResposta2({ codigo: "ERRO-120" });
  // No primeiro pedido que muda, a conexão é cortada; na seguinte a chave já não vale.
  await using falso = new ServidorFalso([[SAUDACAO, historia, ""], [SAUDACAO, ""]], {
    olas: [APRESENTADO, (linha) => linha.includes(chave) ? negado : APRESENTADO],
  });
  using pasta = new Pasta();
  const args = ["situacao", CPF, "nutricionista", "chegou"];
  const { codigo, stderr } = await no({ porta: falso.porta, pasta }, args, { chave });
  assertEquals(codigo, SAIDA.semConexao, stderr);
  assertStringIncludes(stderr, "a chave deste terminal deixou de valer: não se sabe se foi mudado");
});

testeComSistema("uma chave fora do lugar não se repete nem se procura na rede", async () => {
  using pasta = new Pasta();
  const posto = { porta: 9, pasta };
  const chave = novaChave();
  for (
    const args of [
      [chave],
      ["entra", chave],
      ["vagas", chave],
      ["entra", "--chave", chave],
      [
        "buscar",
        "--cpf",
        CPF,
        `--chav=${chave}`,
      ],
      ["vagas", "--turno", chave],
      ["esperar", CPF, "x", "--nome", "Ana", "--turno", chave],
    ]
  ) {
    const dito = await no(posto, args);
    assertEquals(dito.codigo, SAIDA.uso, dito.stderr);
    calado(dito);
  }
  const sozinha = await roda("cliente.ts", [chave]);
  assertEquals(sozinha.codigo, SAIDA.uso);
  assertStringIncludes(sozinha.stderr, "não se escreve assim");
  calado(sozinha);
  for (
    const [args, variavel, donde] of [[["--chave", "a b"], "", "--chave"], [[], "um dois", "CLINICA_CHAVE"]] as const
  ) {
    const dito = await no(posto, ["vagas", ...args], { chave: variavel });
    assertEquals(dito.codigo, SAIDA.uso);
    assertStringIncludes(dito.stderr, `${donde} não traz uma chave`);
  }
});

testeComSistema("um quiosque trata com o código do que marcou, e sem ele diz-se que falta", async () => {
  await comServidor(async ({ porta }, pasta) => {
    const posto = { porta, pasta };
    const { chave } = await criaChave(pasta, "quiosque");
    await ate(async () => (await no(posto, ["fila", "nutricionista"], { chave })).stderr.includes("ERRO-120"));
    const marcar = ["agendar", "--cpf", CPF, "--nome", "Maria da Silva", "--especialista", "nutricionista"];
    const marcado = await no(posto, marcar, { chave });
    assertEquals(marcado.codigo, SAIDA.ok, marcado.stderr);
    assertStringIncludes(marcado.stdout, "Anote o código");
    const codigo = /Código +([0-9A-Z]{4}-[0-9A-Z]{4})/.exec(marcado.stdout)?.[1] ?? "";

    const outra = await no(posto, marcar, { chave });
    assertEquals(outra.codigo, SAIDA.erro);
    assertEquals(outra.stderr.trim(), "ERRO-116: Por aqui isto não se marca; nada foi alterado. Fale com a recepção.");

    const semCodigo = await no(posto, ["buscar", CPF], { chave });
    assertStringIncludes(semCodigo.stderr, "ERRO-112: Neste terminal, além do CPF, é preciso o código que se recebeu");
    const comOutro = await no(posto, ["cancelar", CPF, "--codigo", "0000-0000"], { chave });
    assertStringIncludes(comOutro.stderr, "Não há nada com esse CPF e esse código");
    assertStringIncludes((await no(posto, ["buscar", CPF, "--codigo", codigo], { chave })).stdout, "MARIA DA SILVA");
    assertStringIncludes(
      (await no(posto, ["agenda"], { chave })).stderr.replaceAll("\n", " "),
      "quem atende, o balcão e a gerência",
    );
    const desmarcado = await no(posto, ["cancelar", CPF, "--codigo", codigo], { chave });
    assertStringIncludes(desmarcado.stdout, "Agendamento cancelado");
  });
});
