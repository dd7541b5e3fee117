/**
 * As perguntas do menu: escolher numa lista, dizer um CPF ou um nome, confirmar; na língua e nas cores da casa.
 *
 * @module
 */

import { input, password, select } from "@inquirer/prompts";
import { lerChave } from "./chave.ts";
import { VOLTAR, type Voltar } from "./teclado.ts";
import { O_QUE_QUER_DIZER } from "./frases.ts";
import type { Balcao } from "./tela.ts";
import { codigoPorExtenso, colunas, corta, cpfPorExtenso, pinta, quebra } from "./telas.ts";
import { lerCodigo } from "../clinica/agendamento.ts";
import { chave, lerCpf, lerNome } from "../clinica/texto.ts";
import { EMAIL, TELEFONE } from "../fio/leitores.ts";

/** Uma opção de uma lista. */
export interface Opcao<T> {
  /** Como se mostra. */
  readonly name: string;
  /** O que vale. */
  readonly value: T;
}

/**
 * Pergunta o que fazer, com as novidades acima, que somem com a resposta; daqui não há para onde voltar. `VOLTAR` é que ninguém
 * respondeu em `prazo` ms.
 */
export async function escolheNoMenu<T>(
  { teclado }: Balcao,
  novidades: readonly string[],
  opcoes: readonly Opcao<T>[],
  { prazo }: { prazo?: number } = {},
): Promise<T | Voltar> {
  const quadro = comQuadro(novidades.length > 0 ? [...novidades, ""] : [], "O que deseja fazer?", {
    dica: "↑↓ escolhe • Enter confirma • Ctrl-C sai",
  });
  const pergunta = { ...quadro, choices: opcoes, pageSize: opcoes.length };
  return await teclado.pergunta<T | Voltar>(async (contexto) => {
    if (prazo === undefined) return await select(pergunta, contexto);
    const passou = AbortSignal.timeout(prazo);
    try {
      return await select(pergunta, { ...contexto, signal: AbortSignal.any([contexto.signal, passou]) });
    } catch (erro) {
      if (contexto.signal.aborted || !passou.aborted) throw erro;
      return VOLTAR;
    }
  }, { raiz: true });
}

/** Pergunta um CPF até que seja um; devolve os 11 dígitos. */
export async function perguntaCpf({ teclado, tela }: Balcao, anterior: string = ""): Promise<string | Voltar> {
  const texto = await teclado.pergunta((contexto) =>
    input({
      message: `CPF do paciente ${DICA_DO_ESC}`,
      default: cpfPorExtenso(anterior),
      prefill: "editable",
      transformer: (digitado) => pinta(corDoCpf(digitado), digitado),
      validate: (digitado) => lerCpf(digitado) !== undefined || O_QUE_QUER_DIZER["ERRO-102"],
      theme: tema(),
    }, contexto)
  );
  if (texto === VOLTAR) return VOLTAR;
  const cpf = lerCpf(texto) ?? texto;
  tela.passo("CPF", cpfPorExtenso(cpf));
  return cpf;
}

/** Pergunta um nome até que sirva; devolve-o como a clínica o guarda. */
export async function perguntaNome({ teclado, tela }: Balcao, anterior: string): Promise<string | Voltar> {
  const texto = await teclado.pergunta((contexto) =>
    input({
      message: `Nome do paciente ${DICA_DO_ESC}`,
      default: anterior,
      prefill: "editable",
      validate: (digitado) => lerNome(digitado) !== undefined || O_QUE_QUER_DIZER["ERRO-104"],
      theme: tema(),
    }, contexto)
  );
  if (texto === VOLTAR) return VOLTAR;
  const nome = lerNome(texto) ?? texto;
  tela.passo("Paciente", nome);
  return nome;
}

/** Pergunta uma chave, que não se vê enquanto se escreve. */
export async function perguntaChave({ teclado }: Pick<Balcao, "teclado">): Promise<string | Voltar> {
  const texto = await teclado.pergunta((contexto) =>
    password({
      message: `Chave, que não se verá ${DICA_DO_ESC}`,
      validate: (digitada) => lerChave(digitada) !== undefined || "São letras e números seguidos; cole-a inteira.",
      theme: tema(),
    }, contexto)
  );
  return texto === VOLTAR ? VOLTAR : lerChave(texto) ?? texto;
}

/** Pergunta o código de um agendamento até que seja um. */
export async function perguntaCodigo({ teclado, tela }: Balcao, anterior: string = ""): Promise<string | Voltar> {
  const texto = await teclado.pergunta((contexto) =>
    input({
      message: `Código, dito ao marcar ${DICA_DO_ESC}`,
      default: anterior === "" ? "" : codigoPorExtenso(anterior),
      prefill: "editable",
      validate: (digitado) => lerCodigo(digitado) !== undefined || "São oito letras e números, como ABCD-EFGH.",
      theme: tema(),
    }, contexto)
  );
  if (texto === VOLTAR) return VOLTAR;
  const codigo = lerCodigo(texto) ?? texto;
  tela.passo("Código", codigoPorExtenso(codigo));
  return codigo;
}

/** Pergunta uma especialidade, pelo nome. */
export async function perguntaEspecialidade({ teclado }: Balcao): Promise<string | Voltar> {
  const texto = await teclado.pergunta((contexto) =>
    input({
      message: `Nome da especialidade ${DICA_DO_ESC}`,
      validate: (digitado) => digitado.trim() !== "" || "Escreva o nome, como a clínica o diz.",
      theme: tema(),
    }, contexto)
  );
  return texto === VOLTAR ? VOLTAR : texto.trim();
}

/** Para onde vão os avisos. */
export interface ParaOAviso {
  /** O e-mail. */
  readonly email?: string;
  /** O telefone, E.164. */
  readonly telefone?: string;
}

/** Pergunta um e-mail ou um telefone; Enter sem nada é nenhum. */
export async function perguntaContato(
  { teclado, tela }: Balcao,
  { email, telefone }: ParaOAviso,
): Promise<ParaOAviso | Voltar> {
  const texto = await teclado.pergunta((contexto) =>
    input({
      message: `Telefone ou e-mail, se quiser aviso ${DICA_DO_ESC}`,
      default: email ?? telefone ?? "",
      prefill: "editable",
      validate: (digitado) =>
        lerContato(digitado) !== undefined || "Escreva o telefone com o código de área, ou um e-mail; ou nada.",
      theme: tema(),
    }, contexto)
  );
  if (texto === VOLTAR) return VOLTAR;
  const contato = lerContato(texto) ?? {};
  tela.passo("Aviso", contato.email ?? contato.telefone ?? "nenhum");
  return contato;
}

function lerContato(texto: string): ParaOAviso | undefined {
  if (texto.trim() === "") return {};
  const lido = texto.includes("@") ? EMAIL(texto) : TELEFONE(texto);
  if (typeof lido !== "string") return undefined;
  return texto.includes("@") ? { email: lido } : { telefone: lido };
}

/**
 * Pergunta uma hora, `"8:05"` ou `"0805"`; devolve-a como `"08:05"`. A anterior é a que vale com Enter, e não fica no lugar
 * onde se digita: são quatro dígitos, e quase sempre outros.
 */
export async function perguntaHora({ teclado, tela }: Balcao, anterior: string): Promise<string | Voltar> {
  const texto = await teclado.pergunta((contexto) =>
    input({
      message: `Horário ${DICA_DO_ESC}`,
      default: anterior === "" ? undefined : anterior,
      validate: (digitado) => lerHora(digitado) !== undefined || "Escreva a hora e os minutos, como 08:05.",
      theme: tema(),
    }, contexto)
  );
  if (texto === VOLTAR) return VOLTAR;
  const hora = lerHora(texto) ?? texto;
  tela.passo("Horário", hora);
  return hora;
}

function lerHora(texto: string): string | undefined {
  const [, hora, minuto] = /^\s*(\d{1,2})[:h]?(\d{2})\s*$/.exec(texto) ?? [];
  if (hora === undefined || Number(hora) > 23 || Number(minuto) > 59) return undefined;
  return `${hora.padStart(2, "0")}:${minuto}`;
}

/** Enquanto se digita, verde diz que o CPF está certo e vermelho que já tem dígitos demais ou errados. */
function corDoCpf(digitado: string): "verde" | "vermelho" | "negrito" {
  if (lerCpf(digitado) !== undefined) return "verde";
  return digitado.replace(/\D/g, "").length < 11 ? "negrito" : "vermelho";
}

const DICA_DO_ESC = pinta("fraco", "(Esc volta)");

/** Quantas opções uma lista mostra de cada vez: com o que vem acima e abaixo dela, cabem em 24 linhas. */
const OPCOES_NA_TELA = 10;

/** Pergunta uma de várias opções; a última é voltar. */
export async function escolhe<T>(
  { teclado, tela }: Balcao,
  message: string,
  opcoes: readonly Opcao<T>[],
  { padrao }: { padrao?: T } = {},
): Promise<T | Voltar> {
  const choices: Opcao<T | Voltar>[] = [
    ...opcoes.map(({ name, value }) => ({ name: corta(name, tela.largura - 3), value })),
    { name: "Voltar", value: VOLTAR },
  ];
  const mais = choices.length > OPCOES_NA_TELA ? ` • são ${opcoes.length}, há mais` : "";
  const theme = tema(`↑↓ escolhe • Enter confirma • Esc volta${mais}`);
  return await teclado.pergunta((contexto) =>
    select({ message, choices, default: padrao, pageSize: OPCOES_NA_TELA, loop: false, theme }, contexto)
  );
}

/** Mostra o resumo e pergunta; Esc é não. */
export async function confirma(
  { teclado }: Balcao,
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
      defaultAnswer: (texto) => pinta("fraco", `(Enter: ${texto})`),
      keysHelpTip: () => pinta("fraco", dica),
    },
  };
}
