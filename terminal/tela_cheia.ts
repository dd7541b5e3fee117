/**
 * Uma tela cheia num terminal: entrega as teclas, escreve só as linhas que mudaram e, ao fechar, repõe o que havia. Usam-na o
 * dia da recepção e a lista de espera.
 *
 * @module
 */

import process from "node:process";
import type { Teclado } from "./teclado.ts";
import { LeitorDeTeclas, type Tecla } from "./teclas.ts";

/** A tela cheia, sem cursor e sem quebrar linhas; e a de antes, como estava. */
const ENTRA = "\x1b[?1049h\x1b[?25l\x1b[?7l";
const SAI = "\x1b[?7h\x1b[?25h\x1b[?1049l";

/** Uma tela cheia, enquanto não se desfaz dela. */
export class TelaCheia implements Disposable {
  #escuta: Disposable;
  /** O que está na tela, linha por linha. */
  #naTela: readonly string[] = [];
  #colunas = 0;

  /** Abre-a; cada tecla vai para `aoApertar`. */
  constructor(teclado: Teclado, aoApertar: (tecla: Tecla) => void) {
    const leitor = new LeitorDeTeclas();
    this.#escuta = teclado.escuta((bloco) => {
      for (const tecla of leitor.recebe(bloco)) aoApertar(tecla);
    }, () => aoApertar({ tipo: "esc" }));
    process.stdout.write(ENTRA);
  }

  /** Escreve, de uma vez, só as linhas que mudaram. */
  escreve(novas: readonly string[], colunas: number): void {
    const tudo = this.#naTela.length !== novas.length || this.#colunas !== colunas;
    const mudadas = novas.flatMap((linha, i) =>
      tudo || linha !== this.#naTela[i] ? [`\x1b[${i + 1};1H\x1b[2K${linha}`] : []
    );
    this.#naTela = novas;
    this.#colunas = colunas;
    if (mudadas.length > 0) process.stdout.write((tudo ? "\x1b[2J" : "") + mudadas.join(""));
  }

  /** Repõe a tela de antes. */
  [Symbol.dispose](): void {
    this.#escuta[Symbol.dispose]();
    process.stdout.write(SAI);
  }
}

/** O tamanho do terminal. */
export function tamanho(): { readonly colunas: number; readonly linhas: number } {
  try {
    const { columns: colunas, rows: linhas } = Deno.consoleSize();
    return { colunas, linhas };
  } catch {
    return { colunas: 80, linhas: 24 };
  }
}
