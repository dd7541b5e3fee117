/**
 * Testes da lista de espera no cliente: os comandos como processo, o menu e a recepção num terminal de verdade (tmux), com um
 * servidor de verdade numa clínica sem horas livres, ou um de mentira. O que cada tecla faz está em `terminal/fila_test.ts`.
 *
 * @module
 */

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { Pasta, roda, type Saida, Servidor, testeComSistema } from "./apoio.ts";
import { APRESENTADO, CPF, type Dito, ServidorFalso, vagas2De } from "./servidor_falso.ts";
import { Terminal, testeNoTerminal } from "./terminal.ts";
import { SAIDA } from "../cliente.ts";
import { DIAS_DA_SEMANA } from "../clinica/oferta.ts";
import type { NaFila2, Resposta2 } from "../fio/clinica2.ts";
import { codificarResposta2 } from "../fio/respostas.ts";

const [BIA, JOAO, RUI] = ["39053344705", "11144477735", "16899535009"];

async function cliente(porta: number, ...args: string[]): Promise<Saida> {
  return await roda("cliente.ts", ["127.0.0.1", String(porta), ...args]);
}

async function certo(porta: number, ...args: string[]): Promise<string> {
  const { codigo, stdout, stderr } = await cliente(porta, ...args);
  assertEquals(codigo, SAIDA.ok, stderr);
  return stdout;
}

/**
 * Uma clínica de uma semana, em que a nutrição atende um só, daqui a três dias, e a dermatologia dois; ou, sem o primeiro
 * dia, só daqui a dez.
 */
async function comClinicaCheia(
  fn: (porta: number) => Promise<void>,
  { semOPrimeiro = false }: { semOPrimeiro?: boolean } = {},
): Promise<void> {
  using pasta = new Pasta();
  const daquiA3 = Temporal.Now.plainDateISO("America/Sao_Paulo").add({ days: 3 });
  const dia = DIAS_DA_SEMANA[daquiA3.dayOfWeek - 1];
  const atende = { dia, inicio: "08:00", minutos: 30 };
  await Deno.writeTextFile(
    pasta.arquivo("clinica.json"),
    JSON.stringify({
      ...(semOPrimeiro ? { semanas: 2, fechado: [daquiA3.toString()] } : { semanas: 1 }),
      atendimentos: [{ ...atende, especialidade: "Nutrição", vagas: 1 }, {
        ...atende,
        especialidade: "Dermatologia",
        vagas: 2,
      }],
    }),
  );
  await using servidor = await Servidor.inicia({ pasta: pasta.caminho });
  await certo(servidor.porta, "agendar", "--cpf", CPF, "--nome", "Ana Lima", "--especialista", "nutrição");
  await fn(servidor.porta);
}

testeComSistema("esperar, fila, aceitar, recusar e desistir, com um servidor de verdade", async () => {
  await comClinicaCheia(async (porta) => {
    const entrou = await certo(porta, "esperar", BIA, "nutrição", "--nome", "Bia Reis", "--de", "hoje");
    assertMatch(entrou, /Lugar +1º[^]+Código +[0-9A-Z]{4}-[0-9A-Z]{4}[^]+Guarde o código/);
    const segundo = await certo(
      porta,
      "esperar",
      JOAO,
      "nutrição",
      "--nome",
      "João",
      "--telefone",
      "11987654321",
      "--json",
    );
    const { codigo, posicao, entrada } = JSON.parse(segundo);
    assertEquals([codigo, posicao, entrada.codigo.length], ["OK-307", 2, 8]);

    const comLivre = await certo(porta, "esperar", RUI, "dermatologia", "--nome", "Rui");
    assertMatch(comLivre, /Já há uma hora livre que serve, [\d/]+ 08:00: marque-a com agendar\./);
    assertEquals(entrou.includes("Já há uma hora livre"), false);

    const deNovo = await cliente(porta, "esperar", BIA, "nutrição", "--nome", "Bia Reis");
    assertEquals(deNovo.codigo, SAIDA.erro);
    assertStringIncludes(deNovo.stderr, "ERRO-118: Este CPF já está na lista de espera");
    const nunca = await cliente(porta, "esperar", RUI, "nutrição", "--nome", "Rui", "--turno", "tarde");
    assertEquals(nunca.codigo, SAIDA.erro);
    assertStringIncludes(nunca.stderr, "ERRO-103: Nenhuma hora da clínica serve ao que se pediu");
    const cedo = await cliente(porta, "aceitar", BIA, "nutrição");
    assertEquals(cedo.codigo, SAIDA.erro);
    assertStringIncludes(cedo.stderr, "ERRO-119");

    const semEla = await cliente(porta, "fila", "nutrissão");
    assertEquals(semEla.codigo, SAIDA.erro);
    assertStringIncludes(semEla.stderr, "ERRO-103: A clínica não tem essa especialidade");

    await certo(porta, "cancelar", "--cpf", CPF);
    const fila = await certo(porta, "fila", "nutrição");
    assertMatch(
      fila,
      /^LUGAR +CPF +CONVITE +ATÉ +QUER +DESDE +AVISO +PACIENTE\n1º +390\.533\.447-05 +\d\d\/.+ 08:00 .+ TELEFONAR +BIA/,
    );
    const { fila: [primeira, segunda] } = JSON.parse(await certo(porta, "fila", "nutrição", "--json"));
    assertEquals([primeira.cpf, primeira.convite.horario, segunda.convite], [BIA, "08:00", undefined]);

    assertStringIncludes(await certo(porta, "recusar", BIA, "nutrição"), "continua na lista de espera");
    assertStringIncludes(await certo(porta, "aceitar", JOAO, "nutrição"), "Agendamento realizado");
    assertStringIncludes(await certo(porta, "desistir", BIA, "nutrição"), "Fora da lista de espera.");
    assertEquals(await certo(porta, "fila", "nutrição"), "Ninguém à espera.\n");
  });
});

/** Um servidor de mentira com estas respostas, pela ordem. */
function falsoCom(...respostas: readonly (Resposta2 | "cai")[]): ServidorFalso {
  const restam = [...respostas];
  return new ServidorFalso(() => {
    const resposta = restam.shift() ?? "cai";
    return resposta === "cai" ? undefined : codificarResposta2(resposta);
  }, { olas: [APRESENTADO] });
}

testeComSistema("um servidor de antes da lista de espera é dito, e sai com 4", async () => {
  const pedidos = [["esperar", CPF, "x", "--nome", "Ana"], ["desistir", CPF, "x"], ["aceitar", CPF, "x"], [
    "fila",
    "x",
  ]];
  for (const args of pedidos) {
    await using falso = falsoCom({ codigo: "ERRO-101" });
    const saida = await cliente(falso.porta, ...args);
    assertEquals(saida.codigo, SAIDA.antigo, args.join(" "));
    assertStringIncludes(saida.stderr, "Atualize o servidor");
  }
});

testeComSistema("uma lista cheia diz o que fazer, e não que se escolha outra data", async () => {
  await using falso = falsoCom({ codigo: "ERRO-116", regra: "espera" });
  const { codigo, stderr } = await cliente(falso.porta, "esperar", CPF, "x", "--nome", "Ana");
  assertEquals(codigo, SAIDA.erro);
  assertStringIncludes(stderr, "ERRO-116: A lista de espera não aceita mais ninguém");
  assertEquals(stderr.includes("outra data"), false);
});

testeComSistema("uma resposta perdida repete-se, menos a de uma recusa, que podia ser de outro convite", async () => {
  const casos: [string[], (Resposta2 | "cai")[], number, string][] = [
    [["desistir", CPF, "x"], ["cai", { codigo: "OK-308" }], SAIDA.ok, "o pedido foi repetido"],
    [
      ["desistir", CPF, "x"],
      ["cai", { codigo: "ERRO-119" }],
      SAIDA.semConexao,
      "ou este pedido o tirou, ou não estava",
    ],
    [
      ["esperar", CPF, "x", "--nome", "Ana"],
      ["cai", { codigo: "ERRO-118" }],
      SAIDA.semConexao,
      "este CPF está na lista",
    ],
    [["aceitar", CPF, "x"], ["cai", { codigo: "ERRO-119" }], SAIDA.semConexao, `buscar --cpf ${CPF}`],
    [["recusar", CPF, "x"], ["cai", { codigo: "OK-309" }], SAIDA.semConexao, "não se sabe se foi recusado"],
  ];
  for (const [args, respostas, codigo, frase] of casos) {
    await using falso = falsoCom(...respostas);
    const saida = await cliente(falso.porta, ...args);
    assertEquals(saida.codigo, codigo, saida.stderr);
    assertStringIncludes(saida.stderr, frase);
    assertEquals(falso.pedidos.length, args[0] === "recusar" ? 1 : 2, args.join(" "));
  }
});

// ---------------------------------------------------------------------------------------------------- no menu

const MENU = "O que deseja fazer?";

async function abre(porta: number, colunas: number): Promise<Terminal> {
  const terminal = await Terminal.abre(["127.0.0.1", String(porta)], { colunas });
  await terminal.espera(MENU);
  return terminal;
}

/** Escolhe no menu o item que começa por esta letra. */
async function escolhe(terminal: Terminal, letra: string, item: string): Promise<void> {
  await terminal.tecla(letra);
  await terminal.espera(`❯ ${item}`);
  await terminal.tecla("Enter");
}

for (const colunas of [60, 100]) {
  testeNoTerminal(`no menu entra-se na lista e responde-se a um convite, em ${colunas} colunas`, async () => {
    await comClinicaCheia(async (porta) => {
      await using terminal = await abre(porta, colunas);
      await escolhe(terminal, "a", "Avise-me se vagar");
      // Uma especialidade sem horas livres também se oferece.
      await terminal.espera("? Especialidade");
      await escolhe(terminal, "n", "Nutrição");
      await terminal.espera("? Que horas servem");
      await terminal.tecla("Enter");
      await terminal.espera("❯ Segurar a hora e perguntar");
      await terminal.tecla("Enter");
      await terminal.espera("? CPF do paciente");
      await terminal.digita(BIA);
      await terminal.espera("? Nome do paciente");
      await terminal.digita("Bia Reis");
      await terminal.espera("? Telefone ou e-mail");
      await terminal.digita("abc");
      await terminal.espera("Escreva o telefone com o código de área");
      await terminal.tecla("C-u");
      await terminal.tecla("Enter");
      await terminal.espera("Entra na lista de espera? (S/n)");
      await terminal.tecla("Enter");
      await terminal.espera(MENU, { depoisDe: "Na lista de espera" });

      await escolhe(terminal, "v", "Ver os agendamentos");
      await terminal.espera("? CPF do paciente", { depoisDe: "Ver os agendamentos" });
      await terminal.digita(BIA);
      const espera = await terminal.espera(MENU, { depoisDe: "! Na lista de espera de Nutrição, em 1º lugar." });
      assertEquals(espera.includes("ERRO-112"), false, "quem só espera não tem um número a conferir");
      await terminal.tecla("Up");
      await terminal.espera("❯ Sair");

      await certo(porta, "cancelar", "--cpf", CPF);
      await escolhe(terminal, "v", "Ver os agendamentos");
      await terminal.espera("? CPF do paciente", { depoisDe: "Ver os agendamentos" });
      await terminal.digita(BIA);
      const convite = await terminal.espera("❯ Decidir depois");
      assertMatch(
        convite.replaceAll(/\s+/g, " "),
        /! Há uma hora segurada para você: Nutrição, [\d/]+ 08:00\. Responda até [\d/: ]+\./,
      );
      await terminal.tecla("Down");
      await terminal.espera("❯ Ficar com a hora");
      await terminal.tecla("Enter");
      const cartao = await terminal.espera(MENU, { depoisDe: "Agendamento realizado" });
      assertMatch(cartao, /Paciente +BIA REIS/);
      assertStringIncludes(await certo(porta, "buscar", BIA), "BIA REIS");
    });
  });
}

/** Do menu até "Entra na lista de espera?", por uma hora de manhã ou, com `tarde`, à tarde. */
async function preencheEspera(terminal: Terminal, { tarde = false } = {}): Promise<void> {
  await escolhe(terminal, "a", "Avise-me se vagar");
  // A primeira especialidade é a que se oferece, e não escrever outra.
  await terminal.espera("❯ Dermatologia");
  await terminal.tecla("Enter");
  await terminal.espera("? Que horas servem");
  await escolhe(terminal, tarde ? "à" : "d", tarde ? "À tarde" : "De manhã");
  await terminal.espera("? Se vagar");
  await terminal.tecla("Enter");
  await terminal.espera("? CPF do paciente");
  await terminal.digita(BIA);
  await terminal.espera("? Nome do paciente");
  await terminal.digita("Bia Reis");
  await terminal.espera("? Telefone ou e-mail");
  await terminal.tecla("Enter");
  await terminal.espera("Entra na lista de espera? (S/n)");
}

testeNoTerminal("a quem pede horas que não há diz-se porquê, e pergunta-se de novo que horas servem", async () => {
  await comClinicaCheia(async (porta) => {
    await using terminal = await abre(porta, 60);
    await preencheEspera(terminal, { tarde: true });
    await terminal.tecla("Enter");
    const tela = await terminal.espera("? Que horas servem", { depoisDe: "✖ Nenhuma hora da clínica serve" });
    assertStringIncludes(tela, "(ERRO-103)");
    assertEquals(tela.includes("Veja as vagas"), false);
  });
});

testeNoTerminal("quem só espera, e vai desmarcar, pode sair da lista", async () => {
  await comClinicaCheia(async (porta) => {
    await certo(porta, "esperar", BIA, "nutrição", "--nome", "Bia Reis");
    await using terminal = await abre(porta, 80);
    await escolhe(terminal, "d", "Desmarcar um atendimento");
    await terminal.espera("? CPF do paciente");
    await terminal.digita(BIA);
    const tela = await terminal.espera("Sai da lista de espera de Nutrição? (s/N)");
    assertEquals(tela.includes("ERRO-112"), false);
    await terminal.digita("s");
    await terminal.espera(MENU, { depoisDe: "✔ Fora da lista de espera." });
    assertEquals(await certo(porta, "fila", "nutrição"), "Ninguém à espera.\n");
  });
});

for (const entrou of [true, false]) {
  testeNoTerminal(`no menu, uma resposta que se perde confere-se: ${entrou ? "entrou" : "não entrou"}`, async () => {
    let caiu = false;
    const espera: NaFila2 = [BIA, "BIA REIS", "Dermatologia", 3, { desde: "24/11/2026 09:00", lapsos: 0 }];
    const responde = ([comando, especialista]: readonly unknown[]): Dito | undefined => {
      switch (comando) {
        case "VAGAS":
          return vagas2De([["27/11/2026", "SEXTA-FEIRA", "Dermatologia", ["08:00"], ""]]);
        case "FILA":
          if (especialista === "") return codificarResposta2({ codigo: "ERRO-103" });
          return codificarResposta2({ codigo: "OK-311", fila: entrou && caiu ? [espera] : [] });
        case "BUSCA":
          return codificarResposta2({ codigo: "ERRO-112" });
        case "ESPERA":
          if (caiu) {
            return codificarResposta2({ codigo: "OK-307", posicao: 4, entrada: { numero: 1, codigo: "ABCDEFGH" } });
          }
          caiu = true;
          return undefined;
        default:
          return codificarResposta2({ codigo: "OK-310", agendamentos: [] });
      }
    };
    await using falso = new ServidorFalso(responde, { olas: [APRESENTADO] });
    await using terminal = await abre(falso.porta, 80);
    await preencheEspera(terminal);
    assertStringIncludes(await terminal.tela(), "Já livre       27/11/2026 08:00: marca-se, não se espera por ela");
    await terminal.tecla("Enter");
    const caida = "! A conexão caiu antes da resposta. Verificando o que ficou…";
    if (entrou) {
      const tela = await terminal.espera(MENU, { depoisDe: caida });
      assertStringIncludes(tela, "✔ Sim: está na lista de espera, em 3º lugar. O código não chegou");
    } else {
      const tela = await terminal.espera("Entra na lista de espera? (S/n)", { depoisDe: caida });
      assertStringIncludes(tela, "✖ Não: não entrou na lista. Confirme para tentar de novo.");
      await terminal.tecla("Enter");
      await terminal.espera("Lugar   4º");
    }
  });
}

testeNoTerminal(
  "o convite de quem está marcado vê-se, por mais longe que seja o dia e sem nenhuma hora livre",
  async () => {
    await comClinicaCheia(async (porta) => {
      await certo(porta, "esperar", BIA, "nutrição", "--nome", "Bia Reis");
      await certo(porta, "cancelar", "--cpf", CPF);
      const dermatologia = ["--especialista", "dermatologia"];
      await certo(porta, "agendar", "--cpf", BIA, "--nome", "Bia Reis", ...dermatologia);
      await certo(porta, "agendar", "--cpf", RUI, "--nome", "Rui", ...dermatologia);
      await certo(porta, "esperar", RUI, "dermatologia", "--nome", "Rui");
      await certo(porta, "cancelar", "--cpf", BIA);
      await using terminal = await abre(porta, 80);
      await escolhe(terminal, "v", "Ver os agendamentos");
      await terminal.espera("? CPF do paciente");
      await terminal.digita(RUI);
      await terminal.espera(/Há uma hora segurada para você: Dermatologia/);
    }, { semOPrimeiro: true });
  },
);

testeNoTerminal("quem vai marcar vê também o que não tem horas livres, e pode esperar por ele", async () => {
  await comClinicaCheia(async (porta) => {
    await using terminal = await abre(porta, 60);
    await escolhe(terminal, "m", "Marcar um atendimento");
    await terminal.espera(/❯ Dermatologia +2 horários livres, desde/);
    await terminal.tecla("n");
    await terminal.espera(/❯ Nutrição +sem horários livres/);
    await terminal.tecla("Enter");
    await terminal.espera("Avisamos se vagar? (S/n)", { depoisDe: "Não há horários livres para Nutrição." });
    await terminal.digita("n");
    await terminal.espera("❯ Dermatologia", { depoisDe: "Não há horários livres para Nutrição." });
    await terminal.tecla("n");
    await terminal.espera(/❯ Nutrição/);
    await terminal.tecla("Enter");
    await terminal.espera("Avisamos se vagar? (S/n)");
    await terminal.tecla("Enter");
    await terminal.espera("? Que horas servem");
  });
});

testeNoTerminal("quando se marca, cada lista de horas oferece um aviso; e Esc volta a ela", async () => {
  await comClinicaCheia(async (porta) => {
    await using terminal = await abre(porta, 80);
    await escolhe(terminal, "m", "Marcar um atendimento");
    await terminal.espera("❯ Dermatologia");
    await terminal.tecla("Enter");
    await terminal.espera("? Data");
    await terminal.tecla("Enter");
    await terminal.espera("? Horário");
    await escolhe(terminal, "o", "Outra: avise-me se vagar");
    const dia = await terminal.espera("? Que horas servem");
    assertMatch(dia, /❯ Só em \d\d\/\d\d\/\d{4}/);
    await terminal.tecla("Escape");
    await terminal.espera("? Horário");
  });
});

testeNoTerminal("um servidor de antes da lista de espera: o menu não a oferece", async () => {
  const responde = ([comando]: readonly unknown[]): Dito =>
    comando === "VAGAS" ? vagas2De([]) : codificarResposta2({ codigo: "ERRO-101" });
  await using falso = new ServidorFalso(responde, { olas: [APRESENTADO] });
  await using terminal = await abre(falso.porta, 80);
  const menu = await terminal.tela();
  assertStringIncludes(menu, "O dia da recepção");
  assertEquals(menu.includes("Avise-me"), false);
});

// ---------------------------------------------------------------------------------------------------- na recepção

for (const colunas of [60, 100]) {
  testeNoTerminal(
    `na recepção a lista mostra-se, a quem telefonar, e cada ato tem uma tecla, em ${colunas} colunas`,
    async () => {
      await comClinicaCheia(async (porta) => {
        await certo(porta, "esperar", BIA, "nutrição", "--nome", "Bia Reis");
        await certo(porta, "esperar", JOAO, "nutrição", "--nome", "João", "--telefone", "11987654321");
        await certo(porta, "cancelar", "--cpf", CPF);
        await using terminal = await abre(porta, colunas);
        await escolhe(terminal, "o", "O dia da recepção");
        // Ninguém está marcado hoje, e há a quem telefonar.
        await terminal.espera(/\(hoje\) +1 por telefonar \(E\)/);
        await terminal.tecla("e");
        await terminal.espera(/À espera: Nutrição \(2 de 2\) +1 por telefonar/);
        await terminal.espera(/❯ 1º +BIA REIS +\d\d\/\d\d 08:00 .+ TELEFONAR/);
        await terminal.tecla("r");
        await terminal.espera("Recusar por BIA REIS? S recusa");
        await terminal.tecla("s");
        await terminal.espera("✔ BIA REIS recusou; a hora é do seguinte");
        await terminal.espera(/2º +JOÃO +\d\d\/\d\d 08:00 .+ \+5511987654321/);
        await terminal.tecla("Down");
        await terminal.espera(/❯ 2º/);
        await terminal.tecla("a");
        await terminal.espera(/Marcar JOÃO, \d\d\/\d\d 08:00\? S marca/);
        await terminal.tecla("s");
        await terminal.espera(/✔ Marcado: JOÃO/);
        await terminal.espera(/❯ 1º +BIA REIS/);
        await terminal.tecla("x");
        await terminal.espera("Tirar BIA REIS da lista? S tira");
        await terminal.tecla("s");
        await terminal.espera("Ninguém à espera.");
        // Outro balcão põe alguém, e vê-se aqui.
        await certo(porta, "esperar", RUI, "nutrição", "--nome", "Rui Prado");
        await terminal.espera(/❯ 1º +RUI PRADO/);
        await terminal.tecla("Escape");
        await terminal.espera(/\(hoje\)$/m);
      });
    },
  );
}
