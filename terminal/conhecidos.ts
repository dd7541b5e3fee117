/**
 * Os certificados que este terminal já aceitou, como o `known_hosts` do ssh: de cada servidor, a impressão que alguém viu e
 * confirmou. Outra, no mesmo servidor, não se aceita em silêncio.
 *
 * @module
 */

import { arquivoDaPasta, concedida, escrevePorCima } from "./pasta.ts";

/** A lista deste usuário; `undefined` se o sistema não diz onde ficam as configurações dele. */
export function arquivoDosConhecidos(): string | undefined {
  return arquivoDaPasta("servidores");
}

/** Por que uma lista, ou uma linha dela, não serve. */
export class ListaEstragada extends Error {
  /** O nome da classe. */
  override name = "ListaEstragada";
}

/** `AB:CD:…`, 32 bytes. */
const IMPRESSAO = /^[0-9A-F]{2}(?::[0-9A-F]{2}){31}$/;

/**
 * A impressão que se confirmou de um servidor, `"10.0.0.30:9443"`; nenhuma, se nunca se confirmou.
 *
 * @throws {ListaEstragada} se a lista não se lê: não se sabe o que se confirmou, e não se pergunta de novo por isso.
 */
export function impressaoDe(servidor: string): string | undefined {
  const linha = linhas().find((uma) => uma.split(" ")[0] === servidor);
  if (linha === undefined) return undefined;
  const impressao = linha.slice(servidor.length + 1).trim();
  if (IMPRESSAO.test(impressao)) return impressao;
  throw new ListaEstragada(`${arquivoDosConhecidos()}: a linha de ${servidor} não se entende`);
}

/** Esquece a impressão de um servidor; falso se não se confirmou nenhuma. Uma linha que não se entende também se esquece. */
export function esqueceImpressao(servidor: string): boolean {
  const todas = linhas();
  const ficam = todas.filter((linha) => linha.split(" ")[0] !== servidor);
  if (ficam.length === todas.length) return false;
  escreve(ficam);
  return true;
}

/**
 * Guarda a impressão de um servidor de que não se tem nenhuma; a lista é só de quem usa o terminal.
 *
 * @throws {ListaEstragada} se não há onde a guardar.
 */
export function guardaImpressao(servidor: string, impressao: string): void {
  escreve([...linhas(), `${servidor} ${impressao}`]);
}

function linhas(): string[] {
  const arquivo = arquivoDosConhecidos();
  if (arquivo === undefined || !concedida({ name: "read", path: arquivo })) return [];
  try {
    return Deno.readTextFileSync(arquivo).split("\n").filter((linha) => linha !== "");
  } catch (causa) {
    if (causa instanceof Deno.errors.NotFound) return [];
    throw new ListaEstragada(`${arquivo} não pôde ser lido`, { cause: causa });
  }
}

function escreve(todas: readonly string[]): void {
  const arquivo = arquivoDosConhecidos();
  if (arquivo === undefined) {
    throw new ListaEstragada("não se sabe em que pasta guardar o que se confirma; diga --certificado-raiz ARQUIVO");
  }
  try {
    escrevePorCima(arquivo, todas.map((linha) => `${linha}\n`).join(""));
  } catch (causa) {
    throw new ListaEstragada(`${arquivo} não pôde ser escrito`, { cause: causa });
  }
}
