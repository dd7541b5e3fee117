/**
 * Testes dos comandos do cliente, como processo. As partes dele, e o menu, testam-se em `terminal/`.
 *
 * @module
 */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { deadline } from "@std/async";
import { comandoDeno, comServidor, PACIENCIA, roda, type Saida, testeCom, testeComSistema } from "./apoio.ts";
import {
  ACHADO,
  CPF,
  NADA,
  OCUPADO,
  portaSemNinguem,
  SAUDACAO,
  ServidorFalso,
  TUPLA,
  vagasDe,
} from "./servidor_falso.ts";
import { SAIDA } from "../cliente.ts";
import { codificarResposta, type Tupla, type Vaga } from "../protocolo.ts";

const CPF_COM_ZERO = "01234567890";

async function cliente(porta: number, ...args: string[]): Promise<Saida> {
  return await roda("cliente.ts", ["127.0.0.1", String(porta), ...args]);
}

const VAGAS = vagasDe();
const AGENDAR = ["agendar", "--cpf", CPF, "--nome", "Maria da Silva", "--especialista", "nutricionista"];

testeComSistema("agendar, buscar e cancelar saem com 0 e mostram um cartão ou uma tabela", async () => {
  await comServidor(async ({ porta }) => {
    const marcado = await cliente(porta, ...AGENDAR);
    assertEquals([marcado.codigo, marcado.stderr], [SAIDA.ok, ""]);
    for (const texto of ["Agendamento realizado", "MARIA DA SILVA", "529.982.247-25", "08:00", "sexta-feira"]) {
      assertStringIncludes(marcado.stdout, texto);
    }
    const busca = await cliente(porta, "buscar", "--cpf", "529.982.247-25");
    assertEquals(busca.codigo, SAIDA.ok);
    const [cabecalho, linha] = busca.stdout.split("\n");
    assertEquals(cabecalho.indexOf("PACIENTE"), linha.indexOf("MARIA DA SILVA"));
    const cancelado = await cliente(porta, "cancelar", "--cpf", CPF);
    assertEquals(cancelado.codigo, SAIDA.ok);
    assertStringIncludes(cancelado.stdout, "Agendamento cancelado");
  });
});

testeComSistema("--json escreve um objeto em stdout e nada em stderr, também para um ERRO", async () => {
  await comServidor(async ({ porta }) => {
    const vagas = JSON.parse((await cliente(porta, "vagas", "--especialista", "clínico geral", "--json")).stdout);
    assertEquals([vagas.codigo, vagas.vagas[0].dia, vagas.vagas[0].horarios.length], ["OK-304", "SEGUNDA-FEIRA", 5]);
    const { data } = vagas.vagas[1];
    const [dia, mes, ano] = data.split("/");
    const args = ["--cpf", CPF, "--nome", "Ana", "--especialista", "clinico geral", "--horario", "09:30", "--json"];
    const marcado = await cliente(porta, "agendar", "--data", `${ano}-${mes}-${dia}`, ...args);
    assertEquals([marcado.codigo, JSON.parse(marcado.stdout)], [SAIDA.ok, {
      codigo: "OK-300",
      texto: "AGENDAMENTO REALIZADO",
      agendamentos: [
        { cpf: CPF, nome: "ANA", especialista: "CLINICO GERAL", data, dia: "SEGUNDA-FEIRA", horario: "09:30" },
      ],
    }]);
    const outra = await cliente(porta, "agendar", ...args);
    assertEquals([outra.codigo, outra.stderr], [SAIDA.erro, ""]);
    const { codigo, agendamentos } = JSON.parse(outra.stdout);
    assertEquals([codigo, agendamentos[0].data], ["ERRO-111", data]);
    const filtradas = JSON.parse((await cliente(porta, "vagas", "--data", data, "--json")).stdout).vagas;
    assertEquals(filtradas.map((vaga: { horarios: string[] }) => vaga.horarios.length), [4]);
  });
});

testeComSistema(
  "agendar sem --data toma a primeira data livre, e com --horario a primeira em que ele está livre",
  async () => {
    await comServidor(async ({ porta }) => {
      const vagas =
        JSON.parse((await cliente(porta, "vagas", "--especialista", "nutricionista", "--json")).stdout).vagas;
      const datas: string[] = vagas.map((vaga: { data: string }) => vaga.data);
      async function marca(cpf: string, ...mais: string[]): Promise<string> {
        const args = ["--cpf", cpf, "--nome", "Ana", "--especialista", "nutricionista", "--json", ...mais];
        const [agendamento] = JSON.parse((await cliente(porta, "agendar", ...args)).stdout).agendamentos;
        return `${agendamento.data} ${agendamento.horario}`;
      }
      const primeiro: string = vagas[0].horarios[0];
      assertEquals(await marca(CPF), `${datas[0]} ${primeiro}`);
      assertEquals(await marca(CPF_COM_ZERO, "--horario", primeiro), `${datas[1]} ${primeiro}`);
    });
  },
);

testeComSistema("o que o servidor recusa sai com 1 e uma frase em stderr", async () => {
  await comServidor(async ({ porta }) => {
    const casos: [string[], string][] = [
      [["buscar", "--cpf", "123"], "ERRO-102: O CPF não é válido"],
      [["buscar", "--cpf", CPF_COM_ZERO], "ERRO-112: Não há agendamento"],
      [["cancelar", "--cpf", CPF], "ERRO-113: Não há agendamento"],
      [["vagas", "--especialista", "dentista"], "ERRO-103: Esse atendimento não existe"],
      [["vagas", "--data", "amanhã"], "ERRO-103: Esse atendimento não existe"],
      [[...AGENDAR, "--data", "31/02/2027"], "ERRO-103: Esse atendimento não existe"],
      [[...AGENDAR, "--horario", "03:15"], "ERRO-105: Esse horário não existe"],
    ];
    for (const [args, frase] of casos) {
      const { codigo, stdout, stderr } = await cliente(porta, ...args);
      assertEquals([codigo, stdout], [SAIDA.erro, ""], args.join(" "));
      assertStringIncludes(stderr, frase);
    }
    await cliente(porta, ...AGENDAR);
    const repetido = await cliente(porta, ...AGENDAR);
    assertEquals(repetido.codigo, SAIDA.erro);
    assertStringIncludes(repetido.stderr, "MARIA DA SILVA");
  });
});

testeComSistema("um CPF que começa por zero chega inteiro ao servidor", async () => {
  await using falso = new ServidorFalso([[SAUDACAO, NADA]]);
  assertEquals((await cliente(falso.porta, "buscar", "--cpf", CPF_COM_ZERO)).codigo, SAIDA.erro);
  assertEquals(falso.pedidos, [JSON.stringify(["BUSCA", CPF_COM_ZERO])]);
});

testeComSistema("comando errado, opção desconhecida e falta de opção saem com 2 e dizem o uso em stderr", async () => {
  for (const args of [["bsucar"], ["buscar"], ["buscar", "--cfp", CPF], ["localhost", "99999"], ["--json"]]) {
    const { codigo, stdout, stderr } = await roda("cliente.ts", args);
    assertEquals([codigo, stdout], [SAIDA.uso, ""], args.join(" "));
    assertMatch(stderr, /^Erro: .+\nUso: /);
  }
});

testeComSistema("sem terminal e sem comando mostra o uso e sai com 2, mesmo com entrada por ler", async () => {
  for (const entrada of ["", "1\n52998224725\n"]) {
    const { codigo, stderr } = await roda("cliente.ts", [], { entrada });
    assertEquals(codigo, SAIDA.uso);
    assertStringIncludes(stderr, "o menu precisa de um terminal");
  }
});

testeComSistema("um comando não lê a entrada", async () => {
  await using falso = new ServidorFalso([[SAUDACAO, ACHADO]]);
  const args = ["127.0.0.1", String(falso.porta), "buscar", "--cpf", CPF];
  const { codigo, stdout } = await roda("cliente.ts", args, { entrada: "x\n".repeat(1000) });
  assertEquals(codigo, SAIDA.ok);
  assertStringIncludes(stdout, "NUTRICIONISTA");
});

testeComSistema("--help e --versao saem com 0", async () => {
  const ajuda = await roda("cliente.ts", ["--help"]);
  assertEquals([ajuda.codigo, ajuda.stderr], [SAIDA.ok, ""]);
  for (const texto of ["agendar", "buscar", "cancelar", "vagas", "--json", "Exemplos", "Código de saída"]) {
    assertStringIncludes(ajuda.stdout, texto);
  }
  assertMatch((await roda("cliente.ts", ["--versao"])).stdout, /\d+\.\d+\.\d+\n$/);
});

testeComSistema("sem servidor sai com 3 e diz por quê, sem rastro de pilha", async () => {
  const port = portaSemNinguem();
  const { codigo, stdout, stderr } = await cliente(port, "vagas", "--json");
  assertEquals([codigo, stdout], [SAIDA.semConexao, ""]);
  assertStringIncludes(stderr, `nenhum servidor atende em 127.0.0.1:${port}`);
  assertEquals(/\bat .+:\d+:\d+/.test(stderr), false);
});

testeComSistema("servidor ocupado já ao conectar é um ERRO, e sai com 1", async () => {
  await using falso = new ServidorFalso([[OCUPADO]]);
  const { codigo, stdout } = await cliente(falso.porta, "buscar", "--cpf", CPF, "--json");
  assertEquals([codigo, JSON.parse(stdout).codigo], [SAIDA.erro, "ERRO-130"]);
});

testeComSistema("agendar sem resposta reconecta, acha o agendamento e sai com 0", async () => {
  await using falso = new ServidorFalso([[SAUDACAO, VAGAS, ""], [OCUPADO], [SAUDACAO, ACHADO]]);
  const { codigo, stdout, stderr } = await cliente(falso.porta, ...AGENDAR, "--json");
  assertEquals([codigo, JSON.parse(stdout).codigo], [SAIDA.ok, "OK-300"]);
  assertStringIncludes(stderr, "A resposta se perdeu");
  assertEquals(falso.pedidos.map((pedido) => JSON.parse(pedido)[0]), ["VAGAS", "AGEND", "BUSCA"]);
});

testeComSistema("agendar sem resposta que não aconteceu diz que não foi marcado e sai com 3", async () => {
  await using falso = new ServidorFalso([[SAUDACAO, VAGAS, ""], [SAUDACAO, NADA]]);
  const { codigo, stdout, stderr } = await cliente(falso.porta, ...AGENDAR, "--json");
  assertEquals([codigo, stdout], [SAIDA.semConexao, ""]);
  assertStringIncludes(stderr, "não foi marcado");
});

testeComSistema("cancelar sem resposta se julga pelo que ficou", async () => {
  await using feito = new ServidorFalso([[SAUDACAO, ACHADO, ""], [SAUDACAO, NADA]]);
  const sim = await cliente(feito.porta, "cancelar", "--cpf", CPF);
  assertEquals(sim.codigo, SAIDA.ok);
  assertStringIncludes(sim.stdout, "Agendamento cancelado");
  await using desfeito = new ServidorFalso([[SAUDACAO, ACHADO, ""], [SAUDACAO, ACHADO]]);
  const nao = await cliente(desfeito.porta, "cancelar", "--cpf", CPF);
  assertEquals(nao.codigo, SAIDA.semConexao);
  assertStringIncludes(nao.stderr, "não foi desmarcado");
});

testeComSistema("Ctrl-C com a mudança a caminho sai com 130 e diz que não se sabe e como saber", async () => {
  for (
    const [roteiro, args, frase] of [
      [[SAUDACAO, VAGAS, "", ""], AGENDAR, "não se sabe se foi marcado"],
      [[SAUDACAO, ACHADO, "", ""], ["cancelar", "--cpf", CPF], "não se sabe se foi desmarcado"],
      [[SAUDACAO, "", ""], AGENDAR, "nada foi alterado"],
    ] as const
  ) {
    await using falso = new ServidorFalso([roteiro]);
    const [comando, ...antes] = [...comandoDeno("cliente.ts"), "127.0.0.1", String(falso.porta)];
    const processo = new Deno.Command(comando, { args: [...antes, ...args], stdout: "piped", stderr: "piped" }).spawn();
    await falso.recebeu(roteiro.length - 2);
    processo.kill("SIGINT");
    const { code, stdout, stderr } = await processo.output();
    const dito = new TextDecoder().decode(stderr);
    assertEquals([code, stdout.length], [SAIDA.interrompido, 0], dito);
    assertStringIncludes(dito, frase);
    const onde = `cliente.ts 127.0.0.1:${falso.porta} buscar --cpf ${CPF}`;
    assertEquals(dito.includes(onde), frase.startsWith("não se sabe"), dito);
  }
});

testeComSistema("sem terminal não há cores, e controles do servidor saem visíveis", async () => {
  const maldosa: Tupla = ["AGEND", CPF, "\x1b[2JMARIA\x9b", "NUTRICIONISTA", "27/11/2026", "SEXTA-FEIRA", "08:00"];
  const resposta = codificarResposta({ codigo: "OK-302", agendamentos: [maldosa] });
  await using falso = new ServidorFalso([[SAUDACAO, resposta]]);
  const { stdout } = await cliente(falso.porta, "buscar", "--cpf", CPF);
  assertEquals(stdout.match(/(?!\n)\p{Cc}/u), null);
  assertStringIncludes(stdout, "\ufffd[2JMARIA\ufffd");
});

testeComSistema("quem lê só o começo da saída não causa erro", async () => {
  const muitas = Array.from({ length: 20_000 }, (): Tupla => TUPLA);
  await using falso = new ServidorFalso([[SAUDACAO, codificarResposta({ codigo: "OK-302", agendamentos: muitas })]]);
  const [comando, ...args] = [...comandoDeno("cliente.ts"), "127.0.0.1", String(falso.porta), "buscar", "--cpf", CPF];
  const processo = new Deno.Command(comando, { args, stdin: "null", stdout: "piped", stderr: "piped" }).spawn();
  await processo.stdout.cancel();
  const [{ code }, stderr] = await Promise.all([processo.status, new Response(processo.stderr).text()]);
  assertEquals([code, stderr], [SAIDA.ok, ""]);
});

testeComSistema("uma resposta enorme se mostra inteira: 200.000 linhas, uma delas com 100.000 horários", async () => {
  const vaga = (horarios: string[]): Vaga => ["27/11/2026", "SEXTA-FEIRA", "NUTRICIONISTA", horarios];
  const linhas = Array.from({ length: 200_000 }, () => vaga(["08:00"]));
  linhas[0] = vaga(Array.from({ length: 100_000 }, () => "08:30"));
  await using falso = new ServidorFalso([[SAUDACAO, vagasDe(linhas)]]);
  const { codigo, stdout, stderr } = await cliente(falso.porta, "vagas");
  assertEquals([codigo, stderr], [SAIDA.ok, ""]);
  const mostradas = stdout.trimEnd().split("\n");
  assertEquals(mostradas.length, 1 + linhas.length);
  assertEquals(mostradas[1].match(/08:30/g)?.length, 100_000);
});

/** Roda os argumentos com um stdout que não bloqueia e se lê devagar; repete o que leu e sai com o código que houve. */
const COM_SAIDA_LENTA = `
import os, subprocess, sys, time
le, escreve = os.pipe()
os.set_blocking(escreve, False)
processo = subprocess.Popen(sys.argv[1:], stdout=escreve)
os.close(escreve)
lido = b""
while True:
    time.sleep(0.001)
    bloco = os.read(le, 16384)
    if not bloco: break
    lido += bloco
sys.stdout.buffer.write(lido)
sys.exit(processo.wait())
`;

testeCom(
  "python3",
  ["-c", "import os; os.set_blocking(1, True)"],
  "um stdout que não bloqueia e está cheio se espera, sem perder um byte, também com --json",
  async () => {
    const [comando, cpf, , ...resto] = TUPLA;
    const agendamentos = Array.from(
      { length: 2000 },
      (_, i): Tupla => [comando, cpf, "MARIA ".repeat(i % 250), ...resto],
    );
    const resposta = codificarResposta({ codigo: "OK-302", agendamentos });
    for (const json of [[], ["--json"]]) {
      await using falso = new ServidorFalso([[SAUDACAO, resposta], [SAUDACAO, resposta]]);
      const args = ["127.0.0.1", String(falso.porta), "buscar", "--cpf", CPF, ...json];
      const inteira = await roda("cliente.ts", args);
      const lenta = new Deno.Command("python3", {
        args: ["-c", COM_SAIDA_LENTA, ...comandoDeno("cliente.ts"), ...args],
      });
      const { code, stdout, stderr } = await deadline(lenta.output(), PACIENCIA);
      assertEquals([code, new TextDecoder().decode(stderr)], [SAIDA.ok, ""]);
      assert(new TextDecoder().decode(stdout) === inteira.stdout);
    }
  },
);
