/**
 * Testes do menu, num terminal de verdade (tmux).
 *
 * @module
 */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { delay } from "@std/async";
import { comServidor, Pasta, roda, Servidor } from "../testes/apoio.ts";
import {
  ACHADO,
  ANTIGO,
  APRESENTADO,
  CPF,
  NADA,
  OCUPADO,
  portaSemNinguem,
  SAUDACAO,
  ServidorFalso,
  vagasDe,
} from "../testes/servidor_falso.ts";
import { codificarResposta2 } from "../fio/respostas.ts";
import type { Vaga } from "../protocolo.ts";
import { Terminal, testeNoTerminal } from "../testes/terminal.ts";

const CPF_COM_ZERO = "01234567890";

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

testeNoTerminal("no menu se marca, se vê e se desmarca", async () => {
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
    assertEquals(
      (await roda("cliente.ts", ["127.0.0.1", `${porta}`, "buscar", "--cpf", CPF])).stdout.trim().split("\n").length,
      2,
    );

    await terminal.tecla("Up");
    await terminal.espera("❯ Sair");
    await terminal.tecla("Enter");
    await terminal.espera("saiu com 0", { depoisDe: "Até logo!" });
  });
});

testeNoTerminal("Esc volta um passo de cada vez, guardando o que se escolheu; Voltar também", async () => {
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

testeNoTerminal("teclas erradas não acabam o programa, e o CPF é conferido", async () => {
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

testeNoTerminal(
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

testeNoTerminal("Ctrl-C sai com 130 de qualquer pergunta, e devolve o terminal como estava", async () => {
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

testeNoTerminal("o servidor cai e volta: o menu o diz, tenta de novo e segue sozinho", async () => {
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

testeNoTerminal("enquanto se espera pelo servidor, Esc volta ao menu e Ctrl-C sai com 130", async () => {
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

testeNoTerminal("servidor ocupado ao conectar é dito, e tentado de novo", async () => {
  await using falso = new ServidorFalso([[OCUPADO], [SAUDACAO, ""]]);
  await using terminal = await Terminal.abre(["127.0.0.1", String(falso.porta)]);
  await terminal.espera("O servidor está ocupado. Espere um pouco");
  await terminal.espera(MENU, { depoisDe: "O servidor voltou." });
});

testeNoTerminal("a quem pede demais o menu diz quanto esperar, e não tenta antes", async () => {
  const esperar = codificarResposta2({ codigo: "ERRO-130", segundos: 3 });
  await using falso = new ServidorFalso([[SAUDACAO, esperar], [SAUDACAO, ""]], { olas: [APRESENTADO] });
  await using terminal = await Terminal.abre(["127.0.0.1", String(falso.porta)], { colunas: 120 });
  await terminal.espera("este não foi feito. Espere 3 segundos");
  assertStringIncludes(await terminal.espera("Nova tentativa em"), "Nova tentativa em 3 s");
});

testeNoTerminal("desligado por silêncio, o menu reconecta sem uma palavra", async () => {
  const roteiros = [[SAUDACAO, ""], [SAUDACAO, ACHADO, ""]];
  await using falso = new ServidorFalso(roteiros, { olas: [ANTIGO + OCUPADO, ANTIGO] });
  await using terminal = await Terminal.abre(["127.0.0.1", String(falso.porta)]);
  await terminal.espera(MENU);
  await terminal.tecla("v");
  await terminal.tecla("Enter");
  await terminal.espera("? CPF do paciente");
  await terminal.digita(CPF);
  const tela = await terminal.espera("MARIA DA SILVA");
  assertEquals(/conexão|servidor voltou|ocupado/.test(tela), false, tela);
});

/** Uma semana em que dois profissionais atendem a mesma especialidade, todos os dias. */
const DOIS_PROFISSIONAIS = {
  atendimentos: ["SEGUNDA", "TERÇA", "QUARTA", "QUINTA", "SEXTA"].flatMap((dia) =>
    ["DRA. ANA LIMA", "DR. BRUNO CASTRO"].map((profissional, i) => ({
      ...{ especialidade: "CLÍNICO GERAL", dia: `${dia}-FEIRA`, inicio: "08:00", vagas: 3, minutos: 20 },
      ...{ profissional, local: `Sala ${i + 1}` },
    }))
  ),
};

testeNoTerminal("uma lista que não se vê toda diz quantas são, numa linha também numa janela estreita", async () => {
  const muitas = Array.from("ABCDEFGHIJKL", (letra): Vaga => ["27/11/2026", "SEXTA-FEIRA", `ÁREA ${letra}`, ["08:00"]]);
  await using falso = new ServidorFalso([[SAUDACAO, vagasDe(muitas), ""]]);
  await using terminal = await Terminal.abre(["127.0.0.1", String(falso.porta)], { colunas: 60 });
  await terminal.espera(MENU);
  await terminal.tecla("m", "Enter");
  await terminal.espera(/Esc volta • são 12, há mais\n/);
});

testeNoTerminal("com vários profissionais o menu pergunta qual, e remarca num passo só", async () => {
  using pasta = new Pasta();
  Deno.writeTextFileSync(pasta.arquivo("clinica.json"), JSON.stringify(DOIS_PROFISSIONAIS));
  await using servidor = await Servidor.inicia({ pasta: pasta.caminho });
  await using terminal = await Terminal.abre(["127.0.0.1", String(servidor.porta)]);
  await terminal.espera(MENU);
  await terminal.tecla("m", "Enter");
  await terminal.espera("? Especialidade");
  await terminal.tecla("Enter");
  const quem = await terminal.espera("? Profissional");
  for (const nome of ["Qualquer um", "DRA. ANA LIMA", "DR. BRUNO CASTRO"]) assertStringIncludes(quem, nome);
  await terminal.tecla("Down", "Down");
  await terminal.espera("❯ DR. BRUNO CASTRO");
  await terminal.tecla("Enter");
  await terminal.espera("? Data");
  await terminal.tecla("Enter");
  await terminal.espera("? Horário");
  await terminal.tecla("Escape");
  await terminal.espera("? Data");
  await terminal.tecla("Escape");
  await terminal.espera("❯ DR. BRUNO CASTRO");
  await terminal.tecla("Enter");
  await terminal.espera("? Data");
  await terminal.tecla("Enter");
  assertMatch(await terminal.espera("? Horário"), /08:\d\d/);
  await terminal.tecla("Enter");
  await terminal.espera("? CPF do paciente");
  await terminal.digita(CPF);
  await terminal.espera("? Nome do paciente");
  await terminal.digita("João da Silva");
  await terminal.espera("Confirma o agendamento? (S/n)");
  await terminal.tecla("Enter");
  const cartao = await terminal.espera(MENU, { depoisDe: "Agendamento realizado" });
  assertMatch(cartao, /Profissional +DR\. BRUNO CASTRO.+\n.+Local +Sala 2.+\n.+Código +[0-9A-Z]{4}-[0-9A-Z]{4}/);

  await terminal.tecla("r");
  await terminal.espera("❯ Remarcar");
  await terminal.tecla("Enter");
  await terminal.espera("? CPF do paciente", { depoisDe: "Remarcar um atendimento" });
  await terminal.digita(CPF);
  await terminal.espera("❯ DR. BRUNO CASTRO", { depoisDe: "Remarcar um atendimento" });
  await terminal.tecla("Escape");
  await terminal.espera(/Remarcar um atendimento\n\? CPF do paciente \(Esc volta\) 529/);
  await terminal.tecla("Enter");
  await terminal.espera("❯ DR. BRUNO CASTRO", { depoisDe: "✔ CPF            529.982.247-25\n?" });
  await terminal.tecla("d");
  await terminal.espera("❯ DRA. ANA LIMA");
  await terminal.tecla("Enter");
  await terminal.espera("? Data", { depoisDe: "Remarcar um atendimento" });
  await terminal.tecla("Enter");
  await terminal.espera("? Horário", { depoisDe: "Remarcar um atendimento" });
  await terminal.tecla("Enter");
  await terminal.espera(/Muda de .+ 08:\d\d\? \(S\/n\)/);
  await terminal.tecla("Enter");
  const mudado = await terminal.espera(MENU, { depoisDe: "Agendamento remarcado" });
  assertMatch(mudado.slice(mudado.lastIndexOf("Agendamento remarcado")), /Horário +08:\d\d.+\n.+DRA\. ANA LIMA/);
});

testeNoTerminal("um agendamento cuja resposta se perdeu é procurado, e o seu destino dito", async () => {
  const ate = [SAUDACAO, vagasDe(), vagasDe(), vagasDe(), ""];
  await using falso = new ServidorFalso([ate, [SAUDACAO, NADA, ""], [SAUDACAO, ACHADO, ""]]);
  await using terminal = await Terminal.abre(["127.0.0.1", String(falso.porta)]);
  await preenche(terminal, "NUTRICIONISTA");
  await terminal.tecla("Enter");
  await terminal.espera("Confirma o agendamento?", { depoisDe: "Não: o agendamento não foi feito" });
  await terminal.tecla("Enter");
  await terminal.espera("Agendamento realizado", { depoisDe: "Sim: o agendamento foi feito." });
  assertEquals(falso.pedidos.slice(3).map((pedido) => JSON.parse(pedido)[0]), ["AGEND", "BUSCA", "AGEND", "BUSCA"]);
});

testeNoTerminal("um horário tomado no meio tempo é dito, e se escolhe entre os que restam", async () => {
  await comServidor(async ({ porta }) => {
    await using terminal = await Terminal.abre(["127.0.0.1", String(porta)]);
    await preenche(terminal, "NUTRICIONISTA");
    const tela = await terminal.tela();
    const horario = /Horário +(\d\d:\d\d)/.exec(tela)?.[1];
    await roda("cliente.ts", [
      "127.0.0.1",
      `${porta}`,
      "agendar",
      "--cpf",
      CPF_COM_ZERO,
      "--nome",
      "Ana",
      "--especialista",
      "nutricionista",
    ]);
    await terminal.tecla("Enter");
    await terminal.espera("? Horário", { depoisDe: "Não há mais vaga nesse dia ou horário" });
    const restam = (await terminal.tela()).split("? Horário")[1];
    assert(horario !== undefined && !restam.includes(horario), restam);
  });
});

testeNoTerminal("NO_COLOR tira todas as cores do menu, e sem ele há algumas", async () => {
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
