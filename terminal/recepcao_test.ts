/**
 * Testes do dia da recepção num terminal de verdade (tmux), com um servidor de mentira que guarda um dia: o que cada tecla
 * faz do dia está em `dia_test.ts`.
 *
 * @module
 */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { ate, cpfDeExemplo } from "../testes/apoio.ts";
import { APRESENTADO, type Dito, ServidorFalso, tuplaCom, vagas2De } from "../testes/servidor_falso.ts";
import { type OpcoesDoTerminal, Terminal, testeNoTerminal } from "../testes/terminal.ts";
import { dataDoFio } from "./datas.ts";
import type { Situacao } from "../clinica/agendamento.ts";
import type { Detalhes, Resposta2, Tupla2 } from "../fio/clinica2.ts";
import { codificarResposta2 } from "../fio/respostas.ts";
import { dataNoFio } from "../protocolo.ts";

const AMANHA = dataDoFio(Temporal.Now.plainDateISO("America/Sao_Paulo").add({ days: 1 }).toString());

/**
 * O dia de hoje numa clínica de mentira: responde a `LISTA`, `SITUA` e `CANCEL`, conferindo só a versão. Amanhã há uma hora
 * livre, para onde `REMARC` diz que leva o primeiro.
 */
class SalaDeMentira {
  #tuplas: Tupla2[];
  /** Chamado diante de cada mudança; `false` é desligar sem responder nem mudar. */
  aoMudar: () => boolean = () => true;

  constructor(nomes: readonly string[]) {
    const hoje = dataNoFio(Temporal.Now.plainDateISO("America/Sao_Paulo").toString());
    this.#tuplas = nomes.map((nome, i): Tupla2 =>
      tuplaCom(
        { numero: i + 1, profissional: "DRA. ANA LIMA", local: "Sala 1" },
        [
          "AGEND",
          cpfDeExemplo(i),
          nome,
          "CLÍNICO GERAL",
          hoje,
          "QUARTA-FEIRA",
          `${10 + Math.floor(i / 60)}:${String(i % 60).padStart(2, "0")}`,
        ],
      )
    );
  }

  /** Deixa de responder. */
  calada = false;

  /** O que o servidor responde. */
  responde = ([comando, , ...resto]: readonly unknown[]): Dito | undefined => {
    if (this.calada) return [];
    if (comando === "LISTA") return this.#linha({ codigo: "OK-310", agendamentos: this.#tuplas });
    if (comando === "VAGAS") {
      return vagas2De([[AMANHA.data, AMANHA.dia, "CLÍNICO GERAL", ["11:00"], "DRA. ANA LIMA"]]);
    }
    if (comando === "REMARC") {
      const [agend, cpf, nome, especialista, , , , detalhes] = this.#tuplas[0];
      const nova: Tupla2 = [agend, cpf, nome, especialista, AMANHA.data, AMANHA.dia, "11:00", detalhes];
      return this.#linha({ codigo: "OK-303", agendamentos: [nova, this.#tuplas[0]] });
    }
    if (comando !== "SITUA" && comando !== "CANCEL") return this.#linha({ codigo: "ERRO-101" });
    if (!this.aoMudar()) return undefined;
    const { numero, versao } = resto.find((campo) => typeof campo === "object") as { numero: number; versao: number };
    const tupla = this.#tuplas[numero - 1];
    if (tupla[7].versao !== versao) return this.#linha({ codigo: "ERRO-117", agendamentos: [tupla] });
    const situacao = comando === "CANCEL" ? "CANCELADO" : resto[1] as Situacao;
    const agora = this.muda(numero, { situacao, ...(situacao === "CHEGOU" ? { senha: "A005", chamadas: 0 } : {}) });
    return this.#linha({ codigo: comando === "CANCEL" ? "OK-301" : "OK-306", agendamentos: [agora] });
  };

  /** Outro balcão muda um agendamento. */
  muda(numero: number, mais: Partial<Detalhes>): Tupla2 {
    const [comando, cpf, nome, especialista, data, dia, horario, detalhes] = this.#tuplas[numero - 1];
    const agora = { ...detalhes, versao: detalhes.versao + 1, ...mais };
    return this.#tuplas[numero - 1] = [comando, cpf, nome, especialista, data, dia, horario, agora];
  }

  #linha(resposta: Resposta2): string {
    return codificarResposta2(resposta);
  }
}

const NOMES = ["ANA LIMA", "MARIA DA SILVA", "JOSÉ SOUZA", "LUZIA BARBOSA"];
const TECLAS = "C chegou";

/** Abre o menu e, nele, o dia. */
async function abreODia(porta: number, opcoes: OpcoesDoTerminal = {}): Promise<Terminal> {
  const terminal = await Terminal.abre(["127.0.0.1", String(porta)], opcoes);
  await terminal.espera("O que deseja fazer?");
  await terminal.tecla("o");
  await terminal.espera("❯ O dia da recepção");
  await terminal.tecla("Enter");
  await terminal.espera(TECLAS);
  await terminal.espera("❯ 10:00");
  return terminal;
}

function comSala(sala: SalaDeMentira, porta = 0): ServidorFalso {
  return new ServidorFalso(sala.responde, { porta, olas: [APRESENTADO] });
}

testeNoTerminal("o dia se lê, se percorre e se muda, e Esc volta ao menu, com a tela de antes", async () => {
  const sala = new SalaDeMentira(NOMES);
  await using falso = comSala(sala);
  await using terminal = await abreODia(falso.porta);
  await terminal.tecla("Down");
  await terminal.espera(/❯ 10:01.+MARIA DA SILVA.+marcado/);
  await terminal.tecla("c");
  const tela = await terminal.espera("✔ A005: MARIA DA SILVA chegou");
  assertMatch(tela, /❯ 10:01 +A005 +MARIA DA SILVA .+ chegou/);
  await terminal.tecla("x");
  await terminal.espera("Cancelar MARIA DA SILVA? Motivo:");
  await terminal.digita("mãe ligou");
  await terminal.espera("✔ A005: MARIA DA SILVA, 10:01: cancelado");
  const [, , motivo] = JSON.parse(falso.pedidos.findLast((pedido) => pedido.startsWith('["CANCEL"')) ?? "").slice(1);
  assertEquals(motivo, { motivo: "mãe ligou", numero: 2, versao: 2 });
  await terminal.tecla("Escape");
  const menu = await terminal.espera("O que deseja fazer?");
  assertEquals(menu.includes("MARIA DA SILVA"), false);
  assertStringIncludes(menu, "Bem-vindo à Clínica de Saúde");
});

testeNoTerminal("a hora de um encaixe escreve-se por cima da de quem está escolhido, que vale com Enter", async () => {
  await using falso = comSala(new SalaDeMentira(NOMES));
  await using terminal = await abreODia(falso.porta);
  await terminal.tecla("n");
  await terminal.espera("❯ DRA. ANA LIMA, CLÍNICO GERAL");
  await terminal.tecla("Enter");
  await terminal.espera("? Horário (Esc volta) (Enter: 10:00)");
  await terminal.digita("8:45");
  await terminal.espera("✔ Horário        08:45");
});

testeNoTerminal("remarcar para outro dia diz de que dia e para qual", async () => {
  await using falso = comSala(new SalaDeMentira(NOMES));
  await using terminal = await abreODia(falso.porta);
  await terminal.tecla("r");
  await terminal.espera("? Data");
  await terminal.tecla("Enter");
  await terminal.espera("? Horário");
  await terminal.tecla("Enter");
  await terminal.espera("? Muda de");
  await terminal.tecla("Enter");
  const hoje = dataNoFio(Temporal.Now.plainDateISO("America/Sao_Paulo").toString());
  await terminal.espera(`✔ ANA LIMA, de ${hoje} 10:00 para ${AMANHA.data} 11:00`);
});

testeNoTerminal("o que outro balcão muda aparece sozinho, sem tirar a escolha nem o que se digita", async () => {
  const sala = new SalaDeMentira(NOMES);
  await using falso = comSala(sala);
  await using terminal = await abreODia(falso.porta);
  await terminal.tecla("Down", "Down");
  await terminal.espera("❯ 10:02");
  await terminal.tecla("x");
  await terminal.espera("Cancelar JOSÉ SOUZA? Motivo:");
  await terminal.tecla("n", "ã", "o");
  sala.muda(1, { situacao: "CHAMADO", chamadas: 3, senha: "A001" });
  const tela = await terminal.espera(/A001 +ANA LIMA .+ chamado 3×/);
  assertStringIncludes(tela, "Motivo: não▏");
  assertStringIncludes(tela, "❯ 10:02");
});

testeNoTerminal("dois balcões no mesmo paciente: quem perde vê a situação nova, e nada se perde", async () => {
  const sala = new SalaDeMentira(NOMES);
  await using falso = comSala(sala);
  await using terminal = await abreODia(falso.porta);
  // O outro muda no instante entre a tecla e o pedido: a lista daqui ainda não o sabe.
  sala.aoMudar = () => {
    sala.muda(1, { situacao: "FALTOU" });
    sala.aoMudar = () => true;
    return true;
  };
  await terminal.tecla("c");
  const tela = await terminal.espera("✖ Nada foi feito, outro mudou antes: ANA LIMA está como faltou.");
  assertMatch(tela, /❯ 10:00 .+ANA LIMA .+ faltou/);
});

testeNoTerminal("as teclas apertadas enquanto um ato espera resposta valem depois dela, na ordem", async () => {
  const sala = new SalaDeMentira(NOMES);
  await using falso = comSala(sala);
  await using terminal = await abreODia(falso.porta);
  await terminal.tecla("c", "Down", "c", "Down", "c");
  await terminal.espera("✔ A005: JOSÉ SOUZA chegou");
  const atos = falso.pedidos.filter((pedido) => pedido.startsWith('["SITUA"')).map((pedido) => JSON.parse(pedido)[4]);
  assertEquals(atos.map(({ numero }) => numero), [1, 2, 3]);
});

testeNoTerminal(
  "o servidor cai no meio de um ato: diz-se, espera-se, e ao voltar se sabe que não foi feito",
  async () => {
    const sala = new SalaDeMentira(NOMES);
    const primeiro = comSala(sala);
    const { porta } = primeiro;
    await using terminal = await abreODia(porta);
    sala.aoMudar = () => false;
    await terminal.tecla("c");
    await terminal.espera("✖ Não foi feito: ANA LIMA. Aperte de novo.");
    sala.aoMudar = () => true;
    await primeiro[Symbol.asyncDispose]();
    await terminal.espera(`✖ Sem conexão: nenhum servidor atende em 127.0.0.1:${porta}.`);
    await terminal.tecla("Down", "/", "a");
    await terminal.espera("Nome ou CPF: a▏");
    await terminal.tecla("Enter");
    await using segundo = comSala(sala, porta);
    await terminal.espera("✔ O servidor voltou.");
    await terminal.tecla("c");
    await terminal.espera("chegou");
    assert(segundo.pedidos.length > 0);
  },
);

testeNoTerminal("se quem volta é um servidor antigo, isso é dito, e se está de novo no menu", async () => {
  const primeiro = comSala(new SalaDeMentira(NOMES));
  const { porta } = primeiro;
  await using terminal = await abreODia(porta);
  await primeiro[Symbol.asyncDispose]();
  await using _antigo = new ServidorFalso(() => codificarResposta2({ codigo: "ERRO-101" }), { porta });
  const menu = await terminal.espera("O que deseja fazer?", { depoisDe: "O servidor é de uma versão anterior" });
  assertEquals(menu.includes("recepção"), false);
});

testeNoTerminal("com o servidor calado, Esc volta ao menu sem esperar por ele", async () => {
  const sala = new SalaDeMentira(NOMES);
  await using falso = comSala(sala);
  await using terminal = await abreODia(falso.porta);
  sala.calada = true;
  const pedidos = falso.pedidos.length + 1;
  await falso.recebeu(pedidos);
  await terminal.tecla("Escape");
  await terminal.espera("O que deseja fazer?");
  assertEquals(falso.pedidos.length, pedidos, "a lista que não veio ainda se espera");
});

testeNoTerminal("Ctrl-C sai do dia com 130 e devolve o terminal como estava", async () => {
  await using falso = comSala(new SalaDeMentira(NOMES));
  for (const teclas of [[], ["x"], ["/", "a"], ["?"]]) {
    await using terminal = await abreODia(falso.porta);
    await terminal.tecla(...teclas, "C-c");
    const fim = await terminal.espera(/saiu com 130\s+(icanon\s+echo|echo\s+icanon)/);
    assertEquals(fim.includes("ANA LIMA"), false, "a tela é a de antes");
  }
});

testeNoTerminal("a tela que muda de tamanho se redesenha inteira, sem esperar por nada", async () => {
  const sala = new SalaDeMentira(NOMES);
  await using falso = comSala(sala);
  await using terminal = await abreODia(falso.porta);
  sala.calada = true;
  await terminal.redimensiona(40, 12);
  await ate(async () => (await terminal.tela()).trimEnd().split("\n").length <= 12);
  const pequena = await terminal.espera(/C chegou H chama.*\s*$/);
  assertStringIncludes(pequena, "❯ 10:00");
  await terminal.redimensiona(120, 30);
  const grande = await terminal.espera("remarca");
  assertMatch(grande, /❯ 10:00 .+100\.000\.000-19/);
});

testeNoTerminal(
  "com 500 na lista uma tecla escreve só o que mudou, e a lista que não muda não escreve nada",
  async () => {
    await using falso = comSala(new SalaDeMentira(Array.from({ length: 500 }, (_, i) => `PESSOA ${i + 1}`)));
    await using terminal = await abreODia(falso.porta);
    const antes = falso.pedidos.length;
    await terminal.grava();
    await falso.recebeu(antes + 2);
    assertEquals(await terminal.escrito(), "");
    await terminal.tecla("Down");
    await terminal.espera("❯ 10:01");
    const escrito = await terminal.escrito();
    assert(escrito.length > 0 && escrito.length < 2000, escrito);
    assertEquals(escrito.includes("\x1b[2J"), false);
    await terminal.tecla("End");
    await terminal.espera(/❯ 18:19.+PESSOA 500/);
  },
);

testeNoTerminal("com um servidor antigo o menu não mostra o que ele não conhece", async () => {
  await using falso = new ServidorFalso(() => codificarResposta2({ codigo: "ERRO-101" }));
  await using terminal = await Terminal.abre(["127.0.0.1", String(falso.porta)]);
  const menu = await terminal.espera("O que deseja fazer?");
  assertEquals([menu.includes("Desmarcar"), menu.includes("Remarcar"), menu.includes("recepção")], [
    true,
    false,
    false,
  ]);
});
