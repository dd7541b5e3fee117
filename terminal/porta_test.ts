/**
 * Testes do menu de cada papel, e do que ele faz a quem traz uma chave e a quem a perde, num terminal de verdade (tmux) e com
 * um servidor de verdade.
 *
 * @module
 */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { ate, comServidor, Pasta, roda, Servidor } from "../testes/apoio.ts";
import { criaChave, revogaChave } from "../testes/chaves.ts";
import { APRESENTADO, CPF, ServidorFalso, vagas2De } from "../testes/servidor_falso.ts";
import { Terminal, testeNoTerminal } from "../testes/terminal.ts";
import type { PapelDeChave } from "../clinica/chave.ts";
import { novaChave } from "../acesso/segredo.ts";

const MENU = "O que deseja fazer?";

/** O que o menu mostra agora. */
function itens(tela: string): string[] {
  const [, ...linhas] = tela.slice(tela.lastIndexOf(MENU)).split("\n").map((linha) => linha.replace("❯", "").trim());
  return linhas.slice(0, linhas.indexOf(""));
}

/** Espera até que o servidor conheça a chave. */
async function valha(porta: number, chave: string): Promise<void> {
  await ate(async () =>
    (await roda("cliente.ts", ["127.0.0.1", `${porta}`, "vagas"], { env: { CLINICA_CHAVE: chave } })).codigo === 0
  );
}

/** O menu, com a chave de um papel, que se cria. */
async function abre(
  { porta }: Servidor,
  pasta: Pasta,
  papel: PapelDeChave,
  opcoes: { nome?: string; mais?: readonly string[] } = {},
): Promise<{ terminal: Terminal; numero: number }> {
  const { numero, chave } = await criaChave(pasta, papel, opcoes);
  await valha(porta, chave);
  const terminal = await semChave(porta, pasta, `CLINICA_CHAVE=${chave}`);
  return { terminal, numero };
}

async function semChave(porta: number, pasta: Pasta, mais = ""): Promise<Terminal> {
  const env = `XDG_CONFIG_HOME=${pasta.arquivo("config")} ${mais}`;
  const terminal = await Terminal.abre(["127.0.0.1", String(porta)], { env, linhas: 70 });
  await terminal.espera(MENU);
  return terminal;
}

testeNoTerminal("entra pergunta a chave sem a mostrar; Esc e Ctrl-C desistem, sem a guardar", async () => {
  await comServidor(async ({ porta }, pasta) => {
    const { chave } = await criaChave(pasta, "quiosque", { nome: "Entrada" });
    await valha(porta, chave);
    const config = pasta.arquivo("config");
    for (const desiste of ["Escape", "C-c"]) {
      await using terminal = await Terminal.abre(["127.0.0.1", `${porta}`, "entra"], {
        env: `XDG_CONFIG_HOME=${config}`,
      });
      await terminal.espera("? Chave, que não se verá");
      await terminal.tecla(desiste);
      await terminal.espera("saiu com 130");
    }
    assertEquals([...Deno.readDirSync(pasta.caminho)].some(({ name }) => name === "config"), false);
    await using terminal = await Terminal.abre(["127.0.0.1", `${porta}`, "entra"], {
      env: `XDG_CONFIG_HOME=${config}`,
    });
    await terminal.espera("? Chave, que não se verá");
    await terminal.grava();
    await terminal.digita(chave);
    await terminal.espera("saiu com 0", { depoisDe: "Entrou como Entrada (quiosque)" });
    await ate(async () => (await terminal.escrito()).includes("Entrou como"));
    assertEquals((await terminal.escrito()).includes(chave.slice(8, 20)), false);
    assertStringIncludes(Deno.readTextFileSync(`${config}/clinica/chaves.json`), chave);
  });
});

testeNoTerminal("no primeiro dia, sem chaves, o menu é o de sempre", async () => {
  await comServidor(async ({ porta }, pasta) => {
    await using terminal = await semChave(porta, pasta);
    const tela = await terminal.tela();
    assertEquals(itens(tela), [
      ...["Marcar um atendimento", "Ver os agendamentos de um CPF", "Remarcar um atendimento"],
      ...["Desmarcar um atendimento", "Avise-me se vagar", "O dia da recepção", "Sair"],
    ]);
    assertEquals(tela.includes("Entrou como"), false);
  });
});

testeNoTerminal("sem chave veem-se as horas livres; uma errada diz-se; com a do quiosque o menu é o dele", async () => {
  await comServidor(async ({ porta }, pasta) => {
    const { chave } = await criaChave(pasta, "quiosque", { nome: "Entrada" });
    await ate(async () =>
      (await roda("cliente.ts", ["127.0.0.1", `${porta}`, "buscar", CPF])).stderr.includes("ERRO-120")
    );
    await using terminal = await semChave(porta, pasta);
    assertEquals(itens(await terminal.tela()), ["Horas livres", "Entrar com uma chave", "Sair"]);
    await terminal.tecla("Enter");
    await terminal.espera("? Especialidade");
    await terminal.tecla("Enter");
    await terminal.espera(MENU, { depoisDe: "HORÁRIOS LIVRES" });

    for (
      const [escrita, depois] of [[novaChave(), "não aceita esta chave"], [chave, "Entrou como Entrada (quiosque)"]]
    ) {
      await terminal.tecla("e", "Enter");
      await terminal.espera("? Chave, que não se verá", { depoisDe: "Entrar com uma chave" });
      await terminal.digita(escrita);
      await terminal.espera(depois);
      if (escrita === chave) break;
      assertEquals(itens(await terminal.espera(MENU, { depoisDe: depois })).length, 3);
    }
    await terminal.espera("Guarda a chave neste computador? (S/n)");
    await terminal.tecla("Enter");
    const tela = await terminal.espera(MENU, { depoisDe: "A chave ficou" });
    await terminal.espera("Marcar um atendimento");
    assertEquals(tela.includes(chave.slice(8)), false);
    assertStringIncludes(Deno.readTextFileSync(pasta.arquivo("config/clinica/chaves.json")), chave);
    assertEquals(itens(await terminal.tela()), [
      ...["Horas livres", "Marcar um atendimento", "Ver o seu agendamento", "Remarcar um atendimento"],
      ...["Desmarcar um atendimento", "Confirmar que vem", "Dizer que chegou", "Avise-me se vagar"],
      ...["Lista de espera: responder ou sair", "Sair"],
    ]);
  });
});

testeNoTerminal("no quiosque o código mostra-se ao marcar, e com ele se vê, confirma, remarca e desmarca", async () => {
  await comServidor(async (servidor, pasta) => {
    const { terminal: aberto } = await abre(servidor, pasta, "quiosque");
    await using terminal = aberto;
    await terminal.tecla("m", "Enter");
    for (const passo of ["? Especialidade", "? Data", "? Horário"]) {
      await terminal.espera(passo);
      await terminal.tecla("Enter");
    }
    await terminal.espera("? CPF do paciente");
    await terminal.digita(CPF);
    await terminal.espera("? Nome do paciente");
    await terminal.digita("Ana Lima");
    await terminal.espera("Confirma o agendamento?");
    await terminal.tecla("Enter");
    const marcado = await terminal.espera(MENU, { depoisDe: "Anote o código" });
    const codigo = /Código +([0-9A-Z]{4}-[0-9A-Z]{4})/.exec(marcado)?.[1] ?? "";

    /** Escolhe no menu e diz o CPF e o código. */
    const diz = async (tecla: string, titulo: string, escrito = codigo): Promise<void> => {
      await terminal.tecla(tecla, "Enter");
      await terminal.espera("? CPF do paciente", { depoisDe: titulo });
      await terminal.digita(CPF);
      await terminal.espera("? Código, dito ao marcar", { depoisDe: titulo });
      await terminal.digita(escrito);
    };
    await diz("v", "Ver o seu agendamento", "0000-0000");
    await terminal.espera(MENU, { depoisDe: "Não há nada com esse CPF e esse código" });
    await diz("v", "Ver o seu agendamento");
    await terminal.espera(MENU, { depoisDe: "─ O seu agendamento ─" });
    await diz("c", "Confirmar que vem");
    await terminal.espera(MENU, { depoisDe: "Confirmado: a clínica conta com a sua vinda." });
    await diz("r", "Remarcar um atendimento");
    await terminal.espera("? Data", { depoisDe: "Remarcar" });
    await terminal.tecla("Down", "Enter");
    await terminal.espera("? Horário", { depoisDe: "Remarcar" });
    await terminal.tecla("Enter");
    await terminal.espera("Muda de", { depoisDe: "Remarcar" });
    await terminal.tecla("Enter");
    await terminal.espera(MENU, { depoisDe: "─ Agendamento remarcado ─" });
    await diz("d", "Desmarcar um atendimento");
    await terminal.espera("Desmarca? (s/N)");
    await terminal.digita("s");
    const fim = await terminal.espera(MENU, { depoisDe: "─ Agendamento cancelado ─" });
    assertEquals(fim.includes("Confirmado: a clínica"), false, "o que um viu não fica para o seguinte");
    await terminal.tecla("h", "Enter");
    assertEquals((await terminal.espera("? Especialidade")).includes("529.982"), false);
  });
});

testeNoTerminal("no quiosque entra-se na lista de espera, e com o código dela se sai", async () => {
  await comServidor(async (servidor, pasta) => {
    const { terminal: aberto } = await abre(servidor, pasta, "quiosque");
    await using terminal = aberto;
    await terminal.tecla("a", "Enter");
    for (const passo of ["? Especialidade", "? Que horas servem", "? Se vagar"]) {
      await terminal.espera(passo);
      await terminal.tecla("Enter");
    }
    await terminal.espera("? CPF do paciente");
    await terminal.digita(CPF);
    await terminal.espera("? Nome do paciente");
    await terminal.digita("Ana Lima");
    await terminal.espera("? Telefone ou e-mail");
    await terminal.tecla("Enter");
    const confira = await terminal.espera("Entra na lista de espera?");
    assertStringIncludes(confira, "nenhum: pergunte na recepção");
    await terminal.tecla("Enter");
    const dentro = await terminal.espera(MENU, { depoisDe: "responda aqui, em" });
    const codigo = /Código +([0-9A-Z]{4}-[0-9A-Z]{4})/.exec(dentro)?.[1] ?? "";

    await terminal.tecla("l", "Enter");
    await terminal.espera("? CPF do paciente", { depoisDe: "Lista de espera\n" });
    await terminal.digita(CPF);
    await terminal.espera("? Código", { depoisDe: "Lista de espera\n" });
    await terminal.digita(codigo);
    await terminal.espera("? Especialidade", { depoisDe: "Lista de espera\n" });
    await terminal.tecla("Enter");
    await terminal.espera("? O que fazer", { depoisDe: "Lista de espera\n" });
    await terminal.tecla("Down", "Down");
    await terminal.espera("❯ Sair da lista de espera");
    await terminal.tecla("Enter");
    await terminal.espera(MENU, { depoisDe: "Fora da lista de espera." });
  });
});

testeNoTerminal(
  "uma chave revogada em uso é dita; com outra continua-se o que se fazia, e sem nenhuma volta-se ao menu",
  async () => {
    await comServidor(async (servidor, pasta) => {
      const { porta } = servidor;
      const { terminal: aberto, numero } = await abre(servidor, pasta, "balcao", { nome: "Balcão 1" });
      await using terminal = aberto;
      assertStringIncludes(await terminal.tela(), "Entrou como Balcão 1 (balcão)");
      await terminal.tecla("m", "Enter");
      await terminal.espera("? Especialidade");
      const outra = await criaChave(pasta, "balcao", { nome: "Balcão 2" });
      await valha(porta, outra.chave);
      await revogaChave(pasta, numero);
      await desligada(servidor);
      await terminal.tecla("Enter");
      await terminal.espera("Escrever outra chave", { depoisDe: "A chave deste terminal deixou de valer" });
      await terminal.tecla("Enter");
      await terminal.espera("? Chave");
      await terminal.digita(outra.chave);
      await terminal.espera("Guarda a chave", { depoisDe: "Entrou como Balcão 2 (balcão)" });
      await terminal.digita("n");
      await terminal.espera("? Data", { depoisDe: "Entrou como Balcão 2" });
      await revogaChave(pasta, outra.numero);
      await desligada(servidor, 2);
      await terminal.tecla("Enter");
      await terminal.espera("Escrever outra chave", { depoisDe: "deixou de valer" });
      await terminal.tecla("Down", "Enter");
      const tela = await terminal.espera("Entrar com uma chave", { depoisDe: MENU });
      assertEquals(itens(tela), ["Horas livres", "Entrar com uma chave", "Sair"]);
      await terminal.tecla("Enter");
      await terminal.espera("? Especialidade", { depoisDe: "Horas livres" });
    });
  },
);

/** Espera até que o servidor tenha cortado tantas conexões de uma chave que já não vale. */
async function desligada({ log }: Servidor, quantas = 1): Promise<void> {
  await ate(() => log.filter(({ motivo }) => motivo === "a chave já não vale").length >= quantas);
}

testeNoTerminal(
  "no dia da recepção, e na lista de espera, uma chave revogada leva para fora da tela, e outra traz de volta",
  async () => {
    await comServidor(async (servidor, pasta) => {
      const { terminal: aberto, numero } = await abre(servidor, pasta, "balcao", { nome: "Balcão 1" });
      await using terminal = aberto;
      await terminal.tecla("o", "Enter");
      await terminal.espera("C chegou");
      const outra = await criaChave(pasta, "balcao", { nome: "Balcão 2" });
      await valha(servidor.porta, outra.chave);
      await revogaChave(pasta, numero);
      await terminal.espera("Escrever outra chave", { depoisDe: "A chave deste terminal deixou de valer" });
      await terminal.tecla("Enter");
      await terminal.espera("? Chave");
      await terminal.digita(outra.chave);
      await terminal.espera("Guarda a chave");
      await terminal.digita("n");
      await terminal.espera("C chegou");

      // O mesmo na lista de espera.
      await terminal.tecla("e");
      await terminal.espera("A aceita");
      const terceira = await criaChave(pasta, "balcao", { nome: "Balcão 3" });
      await valha(servidor.porta, terceira.chave);
      await revogaChave(pasta, outra.numero);
      await terminal.espera("Escrever outra chave", { depoisDe: "Entrou como Balcão 2" });
      await terminal.tecla("Enter");
      await terminal.espera("? Chave", { depoisDe: "Entrou como Balcão 2" });
      await terminal.digita(terceira.chave);
      await terminal.espera("Guarda a chave", { depoisDe: "Entrou como Balcão 3" });
      await terminal.digita("n");
      await terminal.espera("A aceita");
      await terminal.tecla("Escape");
      await terminal.espera("C chegou");
      await terminal.tecla("Escape");
      await terminal.espera(MENU);
    });
  },
);

testeNoTerminal("quem atende vê o seu dia e os seus, e só os chama, conclui e desfaz", async () => {
  using pasta = new Pasta();
  const dias = ["SEGUNDA-FEIRA", "TERÇA-FEIRA", "QUARTA-FEIRA", "QUINTA-FEIRA", "SEXTA-FEIRA", "SÁBADO", "DOMINGO"];
  const atendimentos = dias.flatMap((dia) =>
    ["DRA. ANA LIMA", "DR. BRUNO CASTRO"].map((profissional) => ({
      ...{ especialidade: "CLÍNICO GERAL", dia, inicio: "08:00", vagas: 3, minutos: 20, profissional },
    }))
  );
  Deno.writeTextFileSync(pasta.arquivo("clinica.json"), JSON.stringify({ atendimentos }));
  await using servidor = await Servidor.inicia({ pasta: pasta.caminho });
  for (const [cpf, nome, quem] of [[CPF, "Maria", "DRA. ANA LIMA"], ["01234567890", "José", "DR. BRUNO CASTRO"]]) {
    const args = ["agendar", "--cpf", cpf, "--nome", nome, "--especialista", "clínico geral", "--data", "amanhã"];
    const { codigo, stderr } = await roda("cliente.ts", [
      ...["127.0.0.1", `${servidor.porta}`, ...args, "--profissional", quem],
    ]);
    assertEquals(codigo, 0, stderr);
  }
  const { terminal: aberto } = await abre(servidor, pasta, "profissional", {
    ...{ nome: "Ana", mais: ["--profissional", "dra. ana lima"] },
  });
  await using terminal = aberto;
  assertEquals(itens(await terminal.tela()), ["Horas livres", "Ver os agendamentos de um CPF", "O seu dia", "Sair"]);
  await terminal.tecla("o", "Enter");
  await terminal.espera("H chama  A atendido  D desfaz  ? mais");
  await terminal.tecla("Right");
  const dia = await terminal.espera("MARIA");
  assertEquals(dia.includes("JOSÉ"), false);
  await terminal.tecla("c");
  await terminal.espera("Isso faz a recepção. Quem atende chama, conclui e desfaz.");
  await terminal.tecla("?");
  const ajuda = await terminal.espera("chama, ou chama de novo");
  assertEquals(/encaixa alguém|lista de espera|chegou/.test(ajuda), false, ajuda);
});

testeNoTerminal(
  "num quiosque, de um agendamento sem resposta não se sabe, e manda-se falar com a recepção",
  async () => {
    const vagas = vagas2De([["27/11/2026", "SEXTA-FEIRA", "NUTRICIONISTA", ["08:00"], ""]]);
    await using falso = new ServidorFalso(([comando]) => comando === "VAGAS" ? vagas : undefined, {
      olas: [APRESENTADO.replace("gerente", "quiosque")],
    });
    await using terminal = await Terminal.abre(["127.0.0.1", String(falso.porta)], { linhas: 50 });
    await terminal.espera(MENU);
    await terminal.tecla("m", "Enter");
    for (const passo of ["? Especialidade", "? Data", "? Horário"]) {
      await terminal.espera(passo);
      await terminal.tecla("Enter");
    }
    await terminal.espera("? CPF do paciente");
    await terminal.digita(CPF);
    await terminal.espera("? Nome do paciente");
    await terminal.digita("Ana Lima");
    await terminal.espera("Confirma o agendamento?");
    await terminal.tecla("Enter");
    await terminal.espera(MENU, { depoisDe: "Fale com a recepção antes de repetir." });
    // Nada que um quiosque não possa chegou a ir.
    assertEquals([...new Set(falso.pedidos.map((pedido): unknown => JSON.parse(pedido)[0]))], ["VAGAS", "AGEND"]);
  },
);
