/**
 * Uma frase-senha nova, digitada: num terminal, duas vezes e sem que se veja; sem ele, uma linha de stdin. Só `pessoa.ts` o usa.
 *
 * @module
 */

import process from "node:process";
import { defeitoDaFrase, lerFrase, LETRAS_MAXIMAS, LETRAS_MINIMAS } from "../acesso/frase.ts";
import { ErroDeUso } from "./argumentos.ts";

/** A maior linha que se lê de stdin, em bytes: a maior frase-senha cabe de sobra. */
const LINHA_MAXIMA = 4096;

/**
 * Pede uma frase-senha a quem a vai usar.
 *
 * @throws {ErroDeUso} se não serve, se não veio nenhuma, ou se desistiram.
 */
export async function pedeFrase(quem: string): Promise<string> {
  const frase = Deno.stdin.isTerminal() ? await pergunta(quem) : await leUmaLinha();
  const defeito = defeitoPorExtenso(frase, quem);
  // Nunca a frase: o terminal fica à vista, e stderr pode ir para um arquivo.
  if (defeito !== undefined) throw new ErroDeUso(`a frase-senha tem de ter ${defeito}`);
  return lerFrase(frase) ?? "";
}

/**
 * Pergunta num terminal o código de um aplicativo.
 *
 * @throws {ErroDeUso} se se desistiu.
 */
export async function perguntaCodigo(): Promise<string> {
  const { input } = await import("@inquirer/prompts");
  return await semDesistir(input({ message: "O código que o aplicativo mostra agora" }, AO_LADO));
}

function defeitoPorExtenso(digitada: string, quem: string): string | undefined {
  const defeito = defeitoDaFrase(digitada, quem);
  switch (defeito) {
    case undefined:
      return undefined;
    case "longa":
      return `até ${LETRAS_MAXIMAS} caracteres, todos de escrever`;
    case "curta":
      return `ao menos ${LETRAS_MINIMAS} caracteres; esta tem ${
        [...lerFrase(digitada) ?? ""].length
      }. Umas quatro palavras servem`;
    case "previsível":
      return "menos previsível: quase só se repete, ou é o que qualquer um tentaria";
    default:
      return defeito satisfies never;
  }
}

/** As perguntas não vão para stdout, que pode estar num arquivo. */
const AO_LADO = { output: process.stderr };

async function pergunta(quem: string): Promise<string> {
  const { password } = await import("@inquirer/prompts");
  const frase = await semDesistir(password({
    message: `Frase-senha de ${quem}, que não se verá`,
    validate: (digitada) => {
      const defeito = defeitoPorExtenso(digitada, quem);
      return defeito === undefined || `Tem de ter ${defeito}.`;
    },
  }, AO_LADO));
  const outra = await semDesistir(password({ message: "Outra vez" }, AO_LADO));
  if (lerFrase(outra) !== lerFrase(frase)) throw new ErroDeUso("as duas não são iguais; nada mudou");
  return frase;
}

async function semDesistir(pergunta: Promise<string>): Promise<string> {
  try {
    return await pergunta;
  } catch (causa) {
    if (causa instanceof Error && causa.name === "ExitPromptError") throw new ErroDeUso("interrompido; nada mudou");
    throw causa;
  }
}

async function leUmaLinha(): Promise<string> {
  const bloco = new Uint8Array(LINHA_MAXIMA);
  let cheios = 0;
  while (cheios < bloco.length && !bloco.subarray(0, cheios).includes(FIM_DE_LINHA)) {
    const lidos = await Deno.stdin.read(bloco.subarray(cheios));
    if (lidos === null) break;
    cheios += lidos;
  }
  const fim = bloco.subarray(0, cheios).indexOf(FIM_DE_LINHA);
  const linha = new TextDecoder().decode(bloco.subarray(0, fim < 0 ? cheios : fim)).replace(/\r$/, "");
  if (linha !== "") return linha;
  throw new ErroDeUso(
    "a frase-senha lê-se de stdin, numa linha, e não veio; num terminal pergunta-se, e --sorteia faz uma",
  );
}

const FIM_DE_LINHA = 0x0a;
