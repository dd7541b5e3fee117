/**
 * As teclas de uma tela cheia: dos bytes de um terminal ao que se apertou. Esc e Ctrl-C não chegam aqui (`teclado.ts`).
 *
 * @module
 */

/** Uma tecla que não é um texto. */
export type TeclaComNome =
  | ("cima" | "baixo" | "esquerda" | "direita")
  | ("inicio" | "fim" | "paginaAcima" | "paginaAbaixo")
  | ("enter" | "apaga" | "limpa" | "esc");

/** O que se apertou: uma tecla com nome, ou um caractere. */
export type Tecla = { readonly tipo: TeclaComNome } | { readonly tipo: "texto"; readonly texto: string };

/** O fim das sequências `ESC [` e `ESC O` que se conhecem. */
const SEQUENCIAS: ReadonlyMap<string, TeclaComNome> = new Map([
  ["A", "cima"],
  ["B", "baixo"],
  ["C", "direita"],
  ["D", "esquerda"],
  ["H", "inicio"],
  ["F", "fim"],
  ["1~", "inicio"],
  ["4~", "fim"],
  ["5~", "paginaAcima"],
  ["6~", "paginaAbaixo"],
  ["7~", "inicio"],
  ["8~", "fim"],
]);

const CONTROLES: ReadonlyMap<string, TeclaComNome> = new Map([
  ["\r", "enter"],
  ["\n", "enter"],
  ["\x7f", "apaga"],
  ["\b", "apaga"],
  ["\x15", "limpa"],
]);

const ESC = "\x1b";
const INTEIRA = /^(?:\[[0-9;?]*[@-~]|O[@-~])/;
const COMECO = /^(?:\[[0-9;?]*|O)?$/;

/** Lê teclas de um fluxo de bytes; guarda a que chegou em parte. */
export class LeitorDeTeclas {
  #decodificador = new TextDecoder();
  #resto = "";

  /** As teclas que o bloco completa. */
  recebe(bloco: Uint8Array): Tecla[] {
    let texto = this.#resto + this.#decodificador.decode(bloco, { stream: true });
    const teclas: Tecla[] = [];
    while (texto !== "" && !(texto.startsWith(ESC) && COMECO.test(texto.slice(1)))) {
      const sequencia = texto.startsWith(ESC) ? INTEIRA.exec(texto.slice(1))?.[0] : undefined;
      const lido = sequencia === undefined ? String.fromCodePoint(texto.codePointAt(0) ?? 0) : ESC + sequencia;
      const tecla = sequencia === undefined ? teclaDe(lido) : comNome(SEQUENCIAS.get(sequencia.slice(1)));
      if (tecla !== undefined) teclas.push(tecla);
      texto = texto.slice(lido.length);
    }
    this.#resto = texto;
    return teclas;
  }
}

function teclaDe(caractere: string): Tecla | undefined {
  return /\p{Cc}/u.test(caractere) ? comNome(CONTROLES.get(caractere)) : { tipo: "texto", texto: caractere };
}

function comNome(tipo: TeclaComNome | undefined): Tecla | undefined {
  return tipo && { tipo };
}
