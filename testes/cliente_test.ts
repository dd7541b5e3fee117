/**
 * Testes do cliente inteiro: os comandos, como processo, e o menu num terminal de verdade (tmux). As partes dele se testam
 * em `terminal/`.
 *
 * @module
 */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { deadline, delay } from "@std/async";
import { comandoDeno, PACIENCIA, Pasta, permitido, roda, type Saida, Servidor, testeComSistema } from "./apoio.ts";
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

// -------------------------------------------------------------------------------------- os comandos, como processo

async function cliente(porta: number, ...args: string[]): Promise<Saida> {
  return await roda("cliente.ts", ["127.0.0.1", String(porta), ...args]);
}

/** Um teste que usa um programa, que pode não haver: `args` o experimentam. */
function testeCom(programa: string, args: string[], nome: string, fn: () => Promise<void>): void {
  if (!permitido("run") || ha(programa, args)) return testeComSistema(nome, fn);
  const porque = `ignorado: falta ${programa}; instale-o com "apt install ${programa}"`;
  Deno.test({ name: `${nome} (${porque})`, ignore: true, fn });
}

function ha(programa: string, args: string[]): boolean {
  try {
    return new Deno.Command(programa, { args, stdout: "null", stderr: "null" }).outputSync().success;
  } catch {
    return false;
  }
}

function testeComPython(nome: string, fn: () => Promise<void>): void {
  testeCom("python3", ["-c", "import os; os.set_blocking(1, True)"], nome, fn);
}

async function comServidor(fn: (servidor: Servidor, pasta: Pasta) => Promise<void>): Promise<void> {
  using pasta = new Pasta();
  await using servidor = await Servidor.inicia({ pasta: pasta.caminho });
  await fn(servidor, pasta);
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

testeComPython("um stdout que não bloqueia e está cheio se espera, sem perder um byte, também com --json", async () => {
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
    const lenta = new Deno.Command("python3", { args: ["-c", COM_SAIDA_LENTA, ...comandoDeno("cliente.ts"), ...args] });
    const { code, stdout, stderr } = await deadline(lenta.output(), PACIENCIA);
    assertEquals([code, new TextDecoder().decode(stderr)], [SAIDA.ok, ""]);
    assert(new TextDecoder().decode(stdout) === inteira.stdout);
  }
});

// ------------------------------------------------------------------------------------------- o menu, num terminal

/** Um terminal de 80 × 24 com o cliente dentro; quando ele acaba, a tela diz com que código. */
class Terminal implements AsyncDisposable {
  #pasta = new Pasta();

  static async abre(args: string[], { env = "" }: { env?: string } = {}): Promise<Terminal> {
    const terminal = new Terminal();
    const comando = [...comandoDeno("cliente.ts"), ...args].map((parte) => `'${parte}'`).join(" ");
    const linha =
      `env ${env} ${comando}; echo "saiu com $?"; stty -a | tr ' ;' '\\n\\n' | grep -x -e echo -e icanon; exec cat`;
    await terminal.#tmux("-f", "/dev/null", "new-session", "-d", "-x", "80", "-y", "24", linha);
    return terminal;
  }

  /** Aperta teclas, com os nomes que o tmux lhes dá (`Enter`, `Escape`, `C-c`). */
  async tecla(...teclas: string[]): Promise<void> {
    await this.#tmux("send-keys", ...teclas);
  }

  /** Digita o texto e, em outra leitura, Enter. */
  async digita(texto: string): Promise<void> {
    await this.#tmux("send-keys", "-l", texto);
    await this.tecla("Enter");
  }

  /** A tela como se vê; com `cores`, as sequências que as mudam. */
  async tela({ cores = false }: { cores?: boolean } = {}): Promise<string> {
    return await this.#tmux("capture-pane", "-p", ...(cores ? ["-e"] : []));
  }

  /** Espera até que a tela mostre o texto; com `depoisDe`, na parte que vem depois da última vez que ele aparece. */
  async espera(texto: string | RegExp, { depoisDe }: { depoisDe?: string } = {}): Promise<string> {
    const prazo = performance.now() + PACIENCIA;
    for (;;) {
      const tela = await this.tela();
      const inicio = depoisDe === undefined ? 0 : tela.lastIndexOf(depoisDe);
      const parte = inicio < 0 ? "" : tela.slice(inicio);
      if (typeof texto === "string" ? parte.includes(texto) : texto.test(parte)) return tela;
      if (performance.now() > prazo) throw new Error(`a tela não mostrou ${texto}:\n${tela}`);
      await delay(20);
    }
  }

  async #tmux(...args: string[]): Promise<string> {
    const { stdout } = await new Deno.Command("tmux", { args: ["-u", "-S", this.#pasta.arquivo("tmux"), ...args] })
      .output();
    return new TextDecoder().decode(stdout);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#tmux("kill-server");
    this.#pasta[Symbol.dispose]();
  }
}

function testeDoMenu(nome: string, fn: () => Promise<void>): void {
  testeCom("tmux", ["-V"], nome, fn);
}

const MENU = "O que deseja fazer?";

/** Do menu até a confirmação, com a primeira data e o primeiro horário de `especialidade`. */
async function preenche(
  terminal: Terminal,
  especialidade: string,
  { cpf = CPF, nome = "João da Silva" } = {},
): Promise<void> {
  await terminal.espera(MENU);
  await terminal.tecla("m");
  await terminal.tecla("Enter");
  await terminal.espera("? Especialidade");
  await terminal.tecla(...especialidade.slice(0, 3));
  await terminal.espera(`❯ ${especialidade}`);
  await terminal.tecla("Enter");
  await terminal.espera("? Data");
  await terminal.tecla("Enter");
  await terminal.espera("? Horário");
  await terminal.tecla("Enter");
  await terminal.espera("? CPF do paciente");
  await terminal.digita(cpf);
  await terminal.espera("? Nome do paciente");
  await terminal.digita(nome);
  await terminal.espera("Confirma o agendamento? (S/n)");
}

testeDoMenu("no menu se marca, se vê e se desmarca", async () => {
  await comServidor(async ({ porta }) => {
    await using terminal = await Terminal.abre(["127.0.0.1", String(porta)]);
    const entrada = await terminal.espera(MENU);
    for (const texto of ["Bem-vindo à Clínica de Saúde", `127.0.0.1:${porta}`, "CLINICO GERAL", "08:00", "Sair"]) {
      assertStringIncludes(entrada, texto);
    }
    await preenche(terminal, "NUTRICIONISTA", { cpf: "529.982.247-25" });
    await terminal.tecla("Enter");
    const cartao = await terminal.espera(MENU, { depoisDe: "Agendamento realizado" });
    assertEquals(cartao.includes("Primeiros horários livres"), false, "um deles acaba de ser tomado");
    assertMatch(cartao, /│ Paciente +JOÃO DA SILVA +│\n│ CPF +529\.982\.247-25 +│/);
    await preenche(terminal, "DERMATOLOGISTA");
    await terminal.tecla("Enter");
    await terminal.espera(MENU, { depoisDe: "Agendamento realizado" });

    await terminal.tecla("v");
    await terminal.tecla("Enter");
    await terminal.espera("? CPF do paciente", { depoisDe: "Ver os agendamentos" });
    await terminal.digita(CPF);
    const ver = await terminal.espera(MENU, { depoisDe: "HORÁRIO  ESPECIALIDADE" });
    assertMatch(ver, /DATA +DIA +HORÁRIO +ESPECIALIDADE +PACIENTE\n.+JOÃO DA SILVA\n.+JOÃO DA SILVA\n/);

    await terminal.tecla("d");
    await terminal.tecla("Enter");
    await terminal.espera("? CPF do paciente", { depoisDe: "Desmarcar" });
    await terminal.digita(CPF);
    await terminal.espera("Qual deve ser desmarcado?");
    await terminal.tecla("Down");
    await terminal.tecla("Enter");
    await terminal.espera("Desmarca? (s/N)", { depoisDe: "Será desmarcado" });
    await terminal.digita("s");
    await terminal.espera(MENU, { depoisDe: "Agendamento cancelado" });
    assertEquals((await cliente(porta, "buscar", "--cpf", CPF)).stdout.trim().split("\n").length, 2);

    await terminal.tecla("Up");
    await terminal.espera("❯ Sair");
    await terminal.tecla("Enter");
    await terminal.espera("saiu com 0", { depoisDe: "Até logo!" });
  });
});

testeDoMenu("Esc volta um passo de cada vez, guardando o que se escolheu; Voltar também", async () => {
  await comServidor(async ({ porta }) => {
    await using terminal = await Terminal.abre(["127.0.0.1", String(porta)]);
    await preenche(terminal, "DERMATOLOGISTA");
    const passos = ["? Nome do paciente (Esc volta) JOÃO DA SILVA", "? CPF do paciente (Esc volta) 529.982.247-25"];
    for (const passo of [...passos, "? Horário", "? Data", "? Especialidade"]) {
      await terminal.tecla("Escape");
      await terminal.espera(passo);
    }
    await terminal.espera("❯ DERMATOLOGISTA");
    await terminal.tecla("v");
    await terminal.espera("❯ Voltar");
    await terminal.tecla("Enter");
    const tela = await terminal.espera(MENU);
    assertEquals(tela.includes("✔"), false, "os passos desfeitos saem da tela");
    await terminal.tecla("Escape", "Escape");
    await terminal.tecla("v");
    await terminal.espera("❯ Ver");
  });
});

testeDoMenu("teclas erradas não acabam o programa, e o CPF é conferido", async () => {
  await comServidor(async ({ porta }) => {
    await using terminal = await Terminal.abre(["127.0.0.1", String(porta)]);
    await terminal.espera(MENU);
    await terminal.tecla("x", "9", "Left", "F5", "Tab", "BSpace", "C-z", "C-l", "C-\\", "PageUp", "M-x", "é", "Escape");
    await terminal.tecla("BSpace");
    await terminal.tecla("v");
    await terminal.espera("❯ Ver");
    await terminal.tecla("Enter");
    await terminal.espera("? CPF do paciente");
    await terminal.digita("529.982.247-26");
    await terminal.espera("✖ O CPF não é válido");
    await terminal.tecla("BSpace");
    await terminal.digita("5");
    await terminal.espera("Não há agendamento ativo para este CPF");
    await terminal.espera(MENU);
  });
});

testeDoMenu(
  "um não desfaz a confirmação, com ou sem acento; o que não é sim nem não é perguntado de novo",
  async () => {
    await comServidor(async ({ porta }) => {
      await using terminal = await Terminal.abre(["127.0.0.1", String(porta)]);
      await preenche(terminal, "NUTRICIONISTA");
      for (const nao of ["n", "nao", "NÃO"]) {
        await terminal.digita("talvez");
        await terminal.espera("✖ Responda s (sim) ou n (não).");
        await terminal.tecla("C-u");
        await terminal.digita(nao);
        await terminal.espera("? Nome do paciente");
        await terminal.tecla("Enter");
        await terminal.espera("Confirma o agendamento? (S/n)");
      }
      await terminal.digita("sim");
      await terminal.espera(MENU, { depoisDe: "Agendamento realizado" });
    });
  },
);

testeDoMenu("Ctrl-C sai com 130 de qualquer pergunta, e devolve o terminal como estava", async () => {
  await comServidor(async ({ porta }) => {
    for (const passos of [[], ["m", "Enter"], ["v", "Enter"], ["m", "Enter", "Enter", "Enter"]]) {
      await using terminal = await Terminal.abre(["127.0.0.1", String(porta)]);
      await terminal.espera(MENU);
      for (const passo of passos) {
        const antes = await terminal.tela();
        await terminal.tecla(passo);
        if (passo === "Enter") { while (await terminal.tela() === antes) await delay(20); }
      }
      await terminal.tecla("C-c");
      const fim = await terminal.espera(/saiu com 130\s+(icanon\s+echo|echo\s+icanon)/);
      assertEquals(/error|\bat .+:\d+|ExitPrompt/i.test(fim), false, fim);
    }
  });
});

testeDoMenu("o servidor cai e volta: o menu o diz, tenta de novo e segue sozinho", async () => {
  using pasta = new Pasta();
  const primeiro = await Servidor.inicia({ pasta: pasta.caminho });
  const { porta } = primeiro;
  await using terminal = await Terminal.abre(["127.0.0.1", String(porta)]);
  await terminal.espera(MENU);
  await primeiro.encerra("SIGKILL");
  await terminal.tecla("m");
  await terminal.tecla("Enter");
  await terminal.espera(`Sem conexão: nenhum servidor atende em 127.0.0.1:${porta}.`);
  await terminal.espera(/Nova tentativa em [2-9] s/);
  await using _segundo = await Servidor.inicia({ pasta: pasta.caminho, args: ["--porta", String(porta)] });
  await terminal.espera("? Especialidade", { depoisDe: "O servidor voltou." });
});

testeDoMenu("enquanto se espera pelo servidor, Esc volta ao menu e Ctrl-C sai com 130", async () => {
  const port = portaSemNinguem();
  await using terminal = await Terminal.abre(["127.0.0.1", String(port)]);
  await terminal.espera("Nova tentativa");
  await terminal.tecla("Escape");
  await terminal.espera(MENU);
  await terminal.tecla("Enter");
  await terminal.espera("Nova tentativa", { depoisDe: "Marcar um atendimento" });
  await terminal.tecla("a", "b", "c", "C-c");
  const fim = await terminal.espera("saiu com 130");
  assertEquals(fim.includes("abc"), false);
});

testeDoMenu("servidor ocupado ao conectar é dito, e tentado de novo", async () => {
  await using falso = new ServidorFalso([[OCUPADO], [SAUDACAO, ""]]);
  await using terminal = await Terminal.abre(["127.0.0.1", String(falso.porta)]);
  await terminal.espera("O servidor está ocupado. Espere um pouco");
  await terminal.espera(MENU, { depoisDe: "O servidor voltou." });
});

testeDoMenu("desligado por silêncio, o menu reconecta sem uma palavra", async () => {
  await using falso = new ServidorFalso([[SAUDACAO + OCUPADO], [SAUDACAO, ACHADO, ""]]);
  await using terminal = await Terminal.abre(["127.0.0.1", String(falso.porta)]);
  await terminal.espera(MENU);
  await terminal.tecla("v");
  await terminal.tecla("Enter");
  await terminal.espera("? CPF do paciente");
  await terminal.digita(CPF);
  const tela = await terminal.espera("MARIA DA SILVA");
  assertEquals(/conexão|servidor voltou|ocupado/.test(tela), false, tela);
});

testeDoMenu("um agendamento cuja resposta se perdeu é procurado, e o seu destino dito", async () => {
  const ate = [SAUDACAO, VAGAS, VAGAS, VAGAS, ""];
  await using falso = new ServidorFalso([ate, [SAUDACAO, NADA, ""], [SAUDACAO, ACHADO, ""]]);
  await using terminal = await Terminal.abre(["127.0.0.1", String(falso.porta)]);
  await preenche(terminal, "NUTRICIONISTA");
  await terminal.tecla("Enter");
  await terminal.espera("Confirma o agendamento?", { depoisDe: "Não: o agendamento não foi feito" });
  await terminal.tecla("Enter");
  await terminal.espera("Agendamento realizado", { depoisDe: "Sim: o agendamento foi feito." });
  assertEquals(falso.pedidos.slice(3).map((pedido) => JSON.parse(pedido)[0]), ["AGEND", "BUSCA", "AGEND", "BUSCA"]);
});

testeDoMenu("um horário tomado no meio tempo é dito, e se escolhe entre os que restam", async () => {
  await comServidor(async ({ porta }) => {
    await using terminal = await Terminal.abre(["127.0.0.1", String(porta)]);
    await preenche(terminal, "NUTRICIONISTA");
    const tela = await terminal.tela();
    const horario = /Horário +(\d\d:\d\d)/.exec(tela)?.[1];
    await cliente(porta, "agendar", "--cpf", CPF_COM_ZERO, "--nome", "Ana", "--especialista", "nutricionista");
    await terminal.tecla("Enter");
    await terminal.espera("? Horário", { depoisDe: "Não há mais vaga nesse dia ou horário" });
    const restam = (await terminal.tela()).split("? Horário")[1];
    assert(horario !== undefined && !restam.includes(horario), restam);
  });
});

testeDoMenu("NO_COLOR tira todas as cores do menu, e sem ele há algumas", async () => {
  await comServidor(async ({ porta }) => {
    for (const [env, colorido] of [["NO_COLOR=1", false], ["-u NO_COLOR", true]] as const) {
      await using terminal = await Terminal.abre(["127.0.0.1", String(porta)], { env });
      await terminal.espera(MENU);
      await terminal.tecla("Enter");
      await terminal.espera("? Especialidade");
      assertEquals((await terminal.tela({ cores: true })).includes("\x1b[3"), colorido);
    }
  });
});
