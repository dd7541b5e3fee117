/**
 * O menu do cliente: a conversa com quem está diante de um terminal.
 *
 * `cliente.ts` o carrega só quando o mostra, pois as bibliotecas de que precisa custam tanto quanto um comando inteiro.
 * Lê-se de cima para baixo: o menu, marcar passo a passo, ver, desmarcar, como se pergunta, como se insiste com um
 * servidor que não atende, e por fim o teclado.
 *
 * @module
 */

import { PassThrough } from "node:stream";
import process from "node:process";
import { input, select } from "@inquirer/prompts";
import { delay } from "@std/async";
import {
  agendamentosDe,
  Conexao,
  destinoDe,
  type Endereco,
  escreverEndereco,
  esperaAntesDe,
  type PedidoDeMudanca,
  RespostaPerdida,
  SemConexao,
  ServidorOcupado,
} from "./conexao.ts";
import { chave, lerCpf, lerNome } from "../clinica/texto.ts";
import type { Codigo, PedidoNoFio, PrimeiraVaga, Resposta, Tupla, Vaga } from "../protocolo.ts";
import {
  type Agendamento,
  agendamentoDe,
  cartaoDe,
  colunas,
  corta,
  cpfPorExtenso,
  especialidadeCortada,
  FRASES,
  larguraDe,
  pinta,
  preenche,
  quebra,
  tabela,
  tabelaDeAgendamentos,
  Tela,
  visivel,
} from "./telas.ts";

/** O que uma pergunta devolve quando a pessoa quer voltar um passo. */
const VOLTAR = Symbol("voltar");
type Voltar = typeof VOLTAR;

/** A pessoa cansou de esperar pelo servidor e voltou ao menu. */
class Desistencia extends Error {
  override name = "Desistencia";
}

/** O que o menu usa. */
interface Sessao {
  readonly conexao: Conexao;
  readonly teclado: Teclado;
  readonly tela: Tela;
}

/** Conversa com quem está no terminal até que saia; devolve o código de saída. */
export async function menu(endereco: Endereco): Promise<number> {
  using teclado = new Teclado();
  // Sem ouvinte, escrever num terminal que se fechou acabaria o programa com um erro.
  process.stdout.on("error", () => teclado.interrompe(0));
  using conexao = new Conexao(endereco, { sinal: teclado.interrompido });
  const tela = new Tela((texto) => process.stdout.write(texto));
  const sessao: Sessao = { conexao, teclado, tela };
  try {
    let novidades = await saudacao(sessao);
    while (await atende(sessao, novidades)) novidades = [];
    tela.diz("Até logo!");
    return 0;
  } catch (erro) {
    if (!(erro instanceof Interrupcao)) throw erro;
    tela.estado("");
    return erro.codigo;
  }
}

/** Dá as boas-vindas e devolve as linhas com as primeiras horas livres. */
async function saudacao(sessao: Sessao): Promise<string[]> {
  const { conexao, tela } = sessao;
  const servidor = `Servidor: ${escreverEndereco(conexao.endereco)}`;
  tela.diz(["", pinta("negrito", "Bem-vindo à Clínica de Saúde"), pinta("fraco", servidor)]);
  try {
    return primeirasHoras(await insiste(sessao, () => conexao.conecta()));
  } catch (erro) {
    if (erro instanceof Desistencia) return [];
    throw erro;
  }
}

/** Quantas especialidades a saudação mostra: com o menu, cabem na tela de 24 linhas. */
const ESPECIALIDADES_NA_SAUDACAO = 8;

function primeirasHoras(primeiras: readonly PrimeiraVaga[]): string[] {
  if (primeiras.length === 0) return ["Nenhum horário livre nas próximas semanas."];
  const corpo = primeiras.slice(0, ESPECIALIDADES_NA_SAUDACAO)
    .map(([data, dia, hora, especialista]) => [especialidadeCortada(especialista), dia.toLowerCase(), data, hora]);
  const restam = primeiras.length - corpo.length;
  return [
    "Primeiros horários livres:",
    ...alinha(corpo).map((linha) => `  ${linha}`),
    ...(restam > 0 ? [pinta("fraco", `  e mais ${restam} especialidade${restam > 1 ? "s" : ""}`)] : []),
  ];
}

/** As linhas de uma tabela sem cabeçalho. */
function alinha(corpo: readonly (readonly string[])[]): string[] {
  return tabela(corpo[0].map(() => ""), corpo).slice(1);
}

/**
 * Uma volta do menu principal; `false` quando a pessoa escolhe sair. As novidades somem com a escolha: a hora que elas
 * mostram pode ser a que se vai marcar.
 */
async function atende(sessao: Sessao, novidades: readonly string[]): Promise<boolean> {
  sessao.tela.separa();
  const escolha = await sessao.teclado.pergunta((contexto) =>
    select({
      ...comQuadro(novidades.length > 0 ? [...novidades, ""] : [], "O que deseja fazer?", {
        dica: "↑↓ escolhe • Enter confirma • Ctrl-C sai",
      }),
      choices: [
        { name: "Marcar um atendimento", value: marcar },
        { name: "Ver os agendamentos de um CPF", value: ver },
        { name: "Desmarcar um atendimento", value: desmarcar },
        { name: "Sair", value: undefined },
      ],
    }, contexto), { raiz: true });
  if (escolha === undefined || escolha === VOLTAR) return false;
  try {
    await escolha(sessao);
  } catch (erro) {
    if (!(erro instanceof Desistencia)) throw erro;
  }
  return true;
}

// ------------------------------------------------------------------------------------------------------------ marcar

/** Um passo de marcar: põe no rascunho o que a pessoa escolhe e diz qual é o próximo; voltar é ir ao anterior. */
type Passo = (sessao: Sessao, rascunho: Agendamento) => Promise<NomeDoPasso | "fim">;
type NomeDoPasso = "especialidade" | "data" | "horario" | "cpf" | "nome" | "confirmacao";

const PASSOS: { readonly [P in NomeDoPasso]: Passo } = {
  especialidade: escolheEspecialidade,
  data: escolheData,
  horario: escolheHorario,
  cpf: informaCpf,
  nome: informaNome,
  confirmacao: confirmaAgendamento,
};

async function marcar(sessao: Sessao): Promise<void> {
  sessao.tela.titulo("Marcar um atendimento");
  const rascunho: Agendamento = { cpf: "", nome: "", especialista: "", data: "", dia: "", horario: "" };
  let passo: NomeDoPasso | "fim" = "especialidade";
  while (passo !== "fim") passo = await PASSOS[passo](sessao, rascunho);
}

async function escolheEspecialidade(sessao: Sessao, rascunho: Agendamento): ReturnType<Passo> {
  const vagas = await consultaVagas(sessao, { comando: "VAGAS" });
  const porEspecialidade = Map.groupBy(vagas, ([, , especialista]) => especialista);
  if (porEspecialidade.size === 0) {
    sessao.tela.frase("aviso", "Não há horários livres nas próximas semanas. Tente de novo mais tarde.");
    return "fim";
  }
  const largura = Math.max(...[...porEspecialidade.keys()].map((nome) => larguraDe(especialidadeCortada(nome))));
  const opcoes = [...porEspecialidade].map(([nome, dela]) => {
    const livres = quantos(dela.reduce((soma, [, , , horarios]) => soma + horarios.length, 0));
    const [desde] = dela[0];
    return {
      name: `${preenche(especialidadeCortada(nome), largura)}  ${livres}, desde ${visivel(desde)}`,
      value: nome,
    };
  });
  const escolha = await escolhe(sessao, "Especialidade", opcoes, { padrao: rascunho.especialista });
  if (escolha === VOLTAR) return volta(sessao, "fim");
  rascunho.especialista = escolha;
  sessao.tela.passo("Especialidade", escolha);
  return "data";
}

async function escolheData(sessao: Sessao, rascunho: Agendamento): ReturnType<Passo> {
  const vagas = await consultaVagas(sessao, { comando: "VAGAS", especialista: rascunho.especialista });
  if (vagas.length === 0) {
    sessao.tela.frase("aviso", `Não há mais horários livres para ${visivel(rascunho.especialista)}. Escolha outra.`);
    return "especialidade";
  }
  const opcoes = vagas.map((vaga) => {
    const [data, dia, , horarios] = vaga;
    return { name: visivel(`${data}  ${dia.toLowerCase().padEnd(13)}  ${quantos(horarios.length)}`), value: vaga };
  });
  const padrao = vagas.find(([data]) => data === rascunho.data);
  const escolha = await escolhe(sessao, "Data", opcoes, { padrao });
  if (escolha === VOLTAR) return volta(sessao, "especialidade");
  [rascunho.data, rascunho.dia] = escolha;
  sessao.tela.passo("Data", `${rascunho.data}, ${rascunho.dia.toLowerCase()}`);
  return "horario";
}

async function escolheHorario(sessao: Sessao, rascunho: Agendamento): ReturnType<Passo> {
  const { especialista, data } = rascunho;
  const vagas = await consultaVagas(sessao, { comando: "VAGAS", especialista, data });
  const horarios = vagas.flatMap(([, , , livres]) => livres);
  if (horarios.length === 0) {
    sessao.tela.frase("aviso", `Não há mais horários livres em ${visivel(data)}. Escolha outra data.`);
    return "data";
  }
  const opcoes = horarios.map((horario) => ({ name: visivel(horario), value: horario }));
  const escolha = await escolhe(sessao, "Horário", opcoes, { padrao: rascunho.horario });
  if (escolha === VOLTAR) return volta(sessao, "data");
  rascunho.horario = escolha;
  sessao.tela.passo("Horário", escolha);
  return "cpf";
}

async function informaCpf(sessao: Sessao, rascunho: Agendamento): ReturnType<Passo> {
  const cpf = await perguntaCpf(sessao, rascunho.cpf);
  if (cpf === VOLTAR) return volta(sessao, "horario");
  rascunho.cpf = cpf;
  return "nome";
}

async function informaNome(sessao: Sessao, rascunho: Agendamento): ReturnType<Passo> {
  const nome = await sessao.teclado.pergunta((contexto) =>
    input({
      message: `Nome do paciente ${DICA_DO_ESC}`,
      default: rascunho.nome,
      prefill: "editable",
      validate: (texto) => lerNome(texto) !== undefined || FRASES["ERRO-104"],
      theme: tema(),
    }, contexto)
  );
  if (nome === VOLTAR) return volta(sessao, "cpf");
  rascunho.nome = lerNome(nome) ?? nome;
  sessao.tela.passo("Paciente", rascunho.nome);
  return "confirmacao";
}

async function confirmaAgendamento(sessao: Sessao, rascunho: Agendamento): ReturnType<Passo> {
  const { tela } = sessao;
  const resumo = cartaoDe("Confira", rascunho);
  if (!await confirma(sessao, resumo, { pergunta: "Confirma o agendamento?", padrao: true })) {
    return volta(sessao, "nome");
  }
  const resposta = await altera(sessao, { comando: "AGEND", ...rascunho });
  if (resposta === undefined) return "confirmacao";
  switch (resposta.codigo) {
    case "OK-300":
      tela.quadro(cartaoDe("Agendamento realizado", agendamentoDe(resposta.agendamentos[0])));
      return "fim";
    case "ERRO-111":
      recusa(sessao, resposta.codigo);
      tela.quadro(cartaoDe("Agendamento que já existe", agendamentoDe(resposta.agendamentos[0])));
      return "fim";
    default:
      recusa(sessao, resposta.codigo);
      return DEPOIS_DO_ERRO[resposta.codigo] ?? "fim";
  }
}

/** A que passo volta quem teve o agendamento recusado; o horário e a data se escolhem entre vagas novas. */
const DEPOIS_DO_ERRO: { readonly [C in Codigo]?: NomeDoPasso } = {
  "ERRO-102": "cpf",
  "ERRO-103": "data",
  "ERRO-104": "nome",
  "ERRO-105": "horario",
  "ERRO-110": "horario",
  "ERRO-131": "confirmacao",
};

function quantos(livres: number): string {
  return livres === 1 ? " 1 horário livre" : `${String(livres).padStart(2)} horários livres`;
}

function volta<P extends NomeDoPasso | "fim">({ tela }: Sessao, passo: P): P {
  tela.desfaz();
  return passo;
}

// --------------------------------------------------------------------------------------------------- ver e desmarcar

async function ver(sessao: Sessao): Promise<void> {
  const { tela } = sessao;
  tela.titulo("Ver os agendamentos");
  const cpf = await perguntaCpf(sessao);
  if (cpf === VOLTAR) return tela.desfaz();
  const tuplas = await consultaAgendamentos(sessao, cpf);
  if (tuplas.length > 0) tela.quadro(tabelaDeAgendamentos(tuplas));
}

async function desmarcar(sessao: Sessao): Promise<void> {
  const { tela } = sessao;
  tela.titulo("Desmarcar um atendimento");
  for (let cpf: string | Voltar = ""; (cpf = await perguntaCpf(sessao, cpf)) !== VOLTAR;) {
    const tuplas = await consultaAgendamentos(sessao, cpf);
    if (tuplas.length === 0 || await desmarcaUma(sessao, tuplas) !== VOLTAR) return;
    tela.desfaz();
  }
  tela.desfaz();
}

/** Escolhe qual, quando há várias, confirma e desmarca. */
async function desmarcaUma(sessao: Sessao, tuplas: readonly Tupla[]): Promise<void | Voltar> {
  const linhas = alinha(tuplas.map(([, , , especialista, data, dia, hora]) => [
    data,
    dia.toLowerCase(),
    hora,
    especialista,
  ]));
  const opcoes = tuplas.map((tupla, i) => ({ name: linhas[i], value: tupla }));
  for (;;) {
    const alvo = tuplas.length === 1 ? tuplas[0] : await escolhe(sessao, "Qual deve ser desmarcado?", opcoes);
    if (alvo === VOLTAR) return VOLTAR;
    if (await confirmaCancelamento(sessao, alvo, { antes: tuplas })) return;
    if (tuplas.length === 1) return VOLTAR;
  }
}

/** Confirma e desmarca; `false` se a pessoa não quis. */
async function confirmaCancelamento(
  sessao: Sessao,
  alvo: Tupla,
  { antes }: { antes: readonly Tupla[] },
): Promise<boolean> {
  const [, cpf, , especialista] = alvo;
  const resumo = cartaoDe("Será desmarcado", agendamentoDe(alvo));
  while (await confirma(sessao, resumo, { pergunta: "Desmarca?", padrao: false })) {
    const resposta = await altera(sessao, { comando: "CANCEL", cpf, especialista }, { antes });
    if (resposta?.codigo === "OK-301") {
      sessao.tela.quadro(cartaoDe("Agendamento cancelado", agendamentoDe(resposta.agendamentos[0])));
      return true;
    }
    if (resposta) recusa(sessao, resposta.codigo);
    if (resposta && resposta.codigo !== "ERRO-131") return true;
  }
  return false;
}

// ------------------------------------------------------------------------------------------------------ as perguntas

async function perguntaCpf({ teclado, tela }: Sessao, anterior = ""): Promise<string | Voltar> {
  const texto = await teclado.pergunta((contexto) =>
    input({
      message: `CPF do paciente ${DICA_DO_ESC}`,
      default: cpfPorExtenso(anterior),
      prefill: "editable",
      transformer: (digitado) => pinta(corDoCpf(digitado), digitado),
      validate: (digitado) => lerCpf(digitado) !== undefined || FRASES["ERRO-102"],
      theme: tema(),
    }, contexto)
  );
  if (texto === VOLTAR) return VOLTAR;
  const cpf = lerCpf(texto) ?? texto;
  tela.passo("CPF", cpfPorExtenso(cpf));
  return cpf;
}

/** Enquanto se digita, verde diz que o CPF está certo e vermelho que já tem dígitos demais ou errados. */
function corDoCpf(digitado: string): "verde" | "vermelho" | "negrito" {
  if (lerCpf(digitado) !== undefined) return "verde";
  return digitado.replace(/\D/g, "").length < 11 ? "negrito" : "vermelho";
}

const DICA_DO_ESC = pinta("fraco", "(Esc volta)");

/** Quantas opções uma lista mostra de cada vez: com o que vem acima e abaixo dela, cabem em 24 linhas. */
const OPCOES_NA_TELA = 10;

async function escolhe<T>(
  { teclado, tela }: Sessao,
  message: string,
  opcoes: { name: string; value: T }[],
  { padrao }: { padrao?: T } = {},
): Promise<T | Voltar> {
  const choices: { name: string; value: T | Voltar }[] = [
    ...opcoes.map(({ name, value }) => ({ name: corta(name, tela.largura - 3), value })),
    { name: "Voltar", value: VOLTAR },
  ];
  const mais = choices.length > OPCOES_NA_TELA ? ` • ${opcoes.length} opções, há mais além destas` : "";
  const theme = tema(`↑↓ escolhe • Enter confirma • Esc volta${mais}`);
  return await teclado.pergunta((contexto) =>
    select({ message, choices, default: padrao, pageSize: OPCOES_NA_TELA, loop: false, theme }, contexto)
  );
}

/** Mostra o resumo e pergunta; Esc é não. */
async function confirma(
  { teclado }: Sessao,
  resumo: readonly string[],
  { pergunta, padrao }: { pergunta: string; padrao: boolean },
): Promise<boolean> {
  const dica = pinta("fraco", padrao ? "(S/n)" : "(s/N)");
  const texto = await teclado.pergunta((contexto) =>
    input({
      ...comQuadro(["", ...resumo], `${pergunta} ${dica}`),
      validate: (digitado) => lerSimOuNao(digitado, padrao) !== undefined || "Responda s (sim) ou n (não).",
    }, contexto)
  );
  return texto !== VOLTAR && lerSimOuNao(texto, padrao) === true;
}

/** Aceita começos de palavra, sem acento também, e as letras em inglês que a mão de muitos já escreve. */
const RESPOSTAS: ReadonlyMap<string, boolean> = new Map([["SIM", true], ["NAO", false], ["YES", true], ["NO", false]]);

/** Lê um sim ou um não; nada escrito é o padrão, e `undefined` não é nenhum dos dois. */
function lerSimOuNao(texto: string, padrao: boolean): boolean | undefined {
  const escrito = chave(texto);
  if (escrito === "") return padrao;
  return [...RESPOSTAS].find(([palavra]) => palavra.startsWith(escrito))?.[1];
}

/** Uma pergunta com linhas acima, que somem com a resposta. */
function comQuadro(
  linhas: readonly string[],
  pergunta: string,
  { dica }: { dica?: string } = {},
): { message: string; theme: Tema } {
  const theme = tema(dica);
  if (linhas.length === 0) return { message: pergunta, theme };
  const { idle } = theme.prefix;
  return {
    message: [...linhas, `${idle} ${theme.style.message(pergunta)}`].join("\n"),
    theme: { prefix: { idle: "", done: "" }, style: { ...theme.style, message: (texto) => texto } },
  };
}

interface Tema {
  prefix: { idle: string; done: string };
  style: Record<"answer" | "message" | "error" | "highlight" | "defaultAnswer", (texto: string) => string> & {
    keysHelpTip: () => string;
  };
}

/** A biblioteca fala inglês e pinta à sua maneira; isto a põe na língua e nas cores da casa. */
function tema(dica = ""): Tema {
  return {
    prefix: { idle: pinta("ciano", "?"), done: pinta("verde", "✔") },
    style: {
      answer: (texto) => pinta("ciano", texto),
      message: (texto) => pinta("negrito", texto),
      error: (texto) => pinta("vermelho", `✖ ${quebra(texto, colunas() - 3).join("\n  ")}`),
      highlight: (texto) => pinta("ciano", texto),
      defaultAnswer: (texto) => pinta("fraco", `(${texto})`),
      keysHelpTip: () => pinta("fraco", dica),
    },
  };
}

// ------------------------------------------------------------------------------------------------------ o servidor

function recusa({ tela }: Sessao, codigo: Codigo): void {
  if (ehErro(codigo)) tela.frase("erro", `${FRASES[codigo]} (${codigo})`);
}

function ehErro(codigo: Codigo): codigo is keyof typeof FRASES {
  return codigo in FRASES;
}

async function consultaVagas(
  sessao: Sessao,
  pedido: Extract<PedidoNoFio, { comando: "VAGAS" }>,
): Promise<readonly Vaga[]> {
  const resposta = await insiste(sessao, () => sessao.conexao.pede(pedido));
  if (resposta.codigo === "OK-304") return resposta.vagas;
  // A especialidade pode ter saído da semana da clínica entre um passo e outro: para quem escolhe, não tem vaga.
  if (resposta.codigo === "ERRO-103") return [];
  recusa(sessao, resposta.codigo);
  throw new Desistencia();
}

/** Os agendamentos do CPF; se não há, diz por quê. */
async function consultaAgendamentos(sessao: Sessao, cpf: string): Promise<readonly Tupla[]> {
  const resposta = await insiste(sessao, () => sessao.conexao.pede({ comando: "BUSCA", cpf }));
  if (resposta.codigo === "OK-302") return resposta.agendamentos;
  recusa(sessao, resposta.codigo);
  return [];
}

/** Pede uma mudança. Se a resposta se perde, descobre o que houve; devolve `undefined` se não aconteceu. */
async function altera(
  sessao: Sessao,
  pedido: PedidoDeMudanca,
  { antes }: { antes?: readonly Tupla[] } = {},
): Promise<Resposta | undefined> {
  const { conexao, teclado, tela } = sessao;
  const ato = pedido.comando === "AGEND" ? "o agendamento" : "o cancelamento";
  const naoSeSabe = `Não se sabe se ${ato} foi feito. Confira em "Ver os agendamentos" antes de repetir.`;
  try {
    return await insiste(sessao, () => conexao.pede(pedido));
  } catch (erro) {
    if (!(erro instanceof RespostaPerdida)) throw erro;
  }
  if (teclado.interrompido.aborted) {
    tela.frase("aviso", naoSeSabe);
    throw teclado.interrompido.reason;
  }
  tela.frase("aviso", `A conexão caiu antes da resposta. Verificando se ${ato} foi feito…`);
  try {
    const depois = agendamentosDe(await insiste(sessao, () => conexao.pede({ comando: "BUSCA", cpf: pedido.cpf })));
    if (depois === undefined) throw new Desistencia();
    const resposta = destinoDe(pedido, depois, { antes });
    if (resposta === undefined) tela.frase("erro", `Não: ${ato} não foi feito. Confirme para tentar de novo.`);
    else if (!ehErro(resposta.codigo)) tela.frase("ok", `Sim: ${ato} foi feito.`);
    return resposta;
  } catch (erro) {
    if (erro instanceof Interrupcao || erro instanceof Desistencia) tela.frase("aviso", naoSeSabe);
    throw erro;
  }
}

/** Depois de quanto silêncio, em ms, se diz que se espera pelo servidor; antes disso só piscaria. */
const SILENCIO = 500;

/** Faz o que precisa do servidor, e de novo, a esperas crescentes, enquanto ele não atende. Esc desiste. */
async function insiste<T>(sessao: Sessao, acao: () => Promise<T>): Promise<T> {
  const { teclado, tela } = sessao;
  let dito = "";
  using espera = esperaAvisada(tela);
  try {
    return await acao();
  } catch (erro) {
    if (!(erro instanceof SemConexao)) throw erro;
    espera.para();
    tela.frase("erro", dito = fraseDe(erro));
  }
  using desistencia = teclado.desistencia();
  for (let tentativa = 0;; tentativa++) {
    const ms = esperaAntesDe(tentativa);
    tela.estado(`Nova tentativa em ${Math.ceil(ms / 1000)} s. Esc volta ao menu, Ctrl-C sai.`);
    await delay(ms, { signal: AbortSignal.any([desistencia.sinal, teclado.interrompido]) }).catch(() => {});
    tela.estado("");
    teclado.interrompido.throwIfAborted();
    if (desistencia.sinal.aborted) throw new Desistencia();
    try {
      const resultado = await acao();
      tela.frase("ok", "O servidor voltou.");
      return resultado;
    } catch (erro) {
      if (!(erro instanceof SemConexao)) throw erro;
      if (dito !== fraseDe(erro)) tela.frase("erro", dito = fraseDe(erro));
    }
  }
}

function fraseDe(erro: SemConexao): string {
  return erro instanceof ServidorOcupado ? FRASES["ERRO-130"] : `Sem conexão: ${erro.message}.`;
}

function esperaAvisada(tela: Tela): { para(): void } & Disposable {
  let avisado = false;
  const timer = setTimeout(() => {
    avisado = true;
    tela.estado("Aguardando o servidor… Ctrl-C sai.");
  }, SILENCIO);
  function para(): void {
    clearTimeout(timer);
    if (avisado) tela.estado("");
    avisado = false;
  }
  return { para, [Symbol.dispose]: para };
}

// -------------------------------------------------------------------------------------------------------- o teclado

/**
 * Quanto se espera, em ms, para saber se um ESC é a tecla ou o começo de uma seta; numa rede lenta os bytes de uma seta
 * podem chegar separados.
 */
const ESPERA_DO_ESC = 50;

/** Com que código se sai; por um sinal, 128 e o número dele, como nos shells. */
const SAIDA_DO_CTRL_C = 130;
const SAIDA_DO_SINAL = [["SIGINT", SAIDA_DO_CTRL_C], ["SIGTERM", 143], ["SIGHUP", 129]] as const;

const CTRL_C = 0x03;
const CTRL_D = 0x04;
const CTRL_Z = 0x1a;
const ESC = 0x1b;

/** O programa deve acabar já, com este código: Ctrl-C, um sinal ou o fim da entrada. */
class Interrupcao extends Error {
  override name = "Interrupcao";
  readonly codigo: number;

  constructor(codigo: number) {
    super("interrompido");
    this.codigo = codigo;
  }
}

/** O que uma pergunta recebe para ler teclas e para ser interrompida. */
interface Contexto {
  input: PassThrough;
  signal: AbortSignal;
  clearPromptOnDone: boolean;
}

/**
 * O teclado, lido aqui do começo ao fim do menu, e não pela biblioteca de perguntas: assim Esc e Ctrl-C valem também
 * enquanto se espera pela rede, e o que se digita nessa hora nem aparece na tela nem responde à pergunta seguinte.
 */
class Teclado implements Disposable {
  #interrupcao = new AbortController();
  #aoVoltar: (() => void) | undefined;
  #entrada: PassThrough | undefined;
  #esc: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    Deno.stdin.setRaw(true);
    for (const [sinal, codigo] of SAIDA_DO_SINAL) process.on(sinal, () => this.interrompe(codigo));
    this.#le();
  }

  /** Abortado com uma `Interrupcao` quando o programa deve acabar. */
  get interrompido(): AbortSignal {
    return this.#interrupcao.signal;
  }

  /** Faz tudo o que espera parar, para que o programa acabe com este código. */
  interrompe(codigo: number): void {
    this.#interrupcao.abort(new Interrupcao(codigo));
  }

  /** Faz uma pergunta; Esc (e Ctrl-D) devolve `VOLTAR`, a menos que não haja para onde. */
  async pergunta<T>(
    faz: (contexto: Contexto) => Promise<T>,
    { raiz = false }: { raiz?: boolean } = {},
  ): Promise<T | Voltar> {
    const volta = new AbortController();
    const entrada = new PassThrough();
    this.#entrada = entrada;
    this.#aoVoltar = raiz ? undefined : () => volta.abort();
    try {
      const signal = AbortSignal.any([volta.signal, this.interrompido]);
      return await faz({ input: entrada, signal, clearPromptOnDone: true });
    } catch (erro) {
      this.interrompido.throwIfAborted();
      if (volta.signal.aborted) return VOLTAR;
      throw erro;
    } finally {
      this.#entrada = undefined;
      this.#aoVoltar = undefined;
      entrada.destroy();
    }
  }

  /** Um sinal que Esc aborta, enquanto não se desfaz dele. */
  desistencia(): { sinal: AbortSignal } & Disposable {
    const desiste = new AbortController();
    this.#aoVoltar = () => desiste.abort();
    return { sinal: desiste.signal, [Symbol.dispose]: () => this.#aoVoltar = undefined };
  }

  /** Devolve o terminal como estava. */
  [Symbol.dispose](): void {
    clearTimeout(this.#esc);
    try {
      Deno.stdin.setRaw(false);
    } catch {
      // o terminal já se foi
    }
  }

  async #le(): Promise<void> {
    const bloco = new Uint8Array(1024);
    try {
      for (let lidos; (lidos = await Deno.stdin.read(bloco)) !== null;) this.#recebe(bloco.slice(0, lidos));
    } catch {
      // terminal fechado: o mesmo que o fim da entrada
    }
    this.interrompe(0);
  }

  #recebe(bloco: Uint8Array): void {
    if (bloco.includes(CTRL_C)) return this.interrompe(SAIDA_DO_CTRL_C);
    let teclas = this.#esc === undefined ? bloco : new Uint8Array([ESC, ...bloco]);
    clearTimeout(this.#esc);
    this.#esc = undefined;
    if (teclas.includes(CTRL_D) || teclas.some(ehEscSolto)) {
      // O que se digitou junto com Esc era para a pergunta que ele desfez, se desfez alguma.
      if (this.#aoVoltar !== undefined) return this.#aoVoltar();
      teclas = teclas.filter((tecla, i) => tecla !== CTRL_D && !ehEscSolto(tecla, i, teclas));
    }
    if (teclas.at(-1) === ESC) {
      this.#esc = setTimeout(() => {
        this.#esc = undefined;
        this.#aoVoltar?.();
      }, ESPERA_DO_ESC);
      teclas = teclas.subarray(0, -1);
    }
    this.#entrega(teclas);
  }

  /** Ctrl-Z suspenderia o processo com o terminal em modo cru. */
  #entrega(teclas: Uint8Array): void {
    const aceitas = teclas.filter((tecla) => tecla !== CTRL_Z);
    if (aceitas.length > 0) this.#entrada?.write(aceitas);
  }
}

/** Um ESC que não começa uma seta nem outra tecla de função (`ESC [`, `ESC O`); o último do bloco ainda não se sabe. */
function ehEscSolto(tecla: number, i: number, teclas: Uint8Array): boolean {
  const seguinte = teclas[i + 1];
  return tecla === ESC && seguinte !== undefined && seguinte !== "[".charCodeAt(0) && seguinte !== "O".charCodeAt(0);
}
