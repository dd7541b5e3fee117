/**
 * A tela do menu, e o mais que ele usa: o que escreve entre uma pergunta e outra, e o que apaga de um passo que se desfaz.
 *
 * @module
 */

import type { Conexao } from "./conexao.ts";
import type { Teclado } from "./teclado.ts";
import { colunas, corta, pinta, preenche, quebra } from "./telas.ts";
import { inofensivo } from "../clinica/texto.ts";

/** O que o menu usa. */
export interface Balcao {
  /** O servidor. */
  readonly conexao: Conexao;
  /** As teclas de quem está no terminal. */
  readonly teclado: Teclado;
  /** O que essa pessoa vê. */
  readonly tela: Tela;
}

/** O que se escreve entre as perguntas. */
export class Tela {
  #escreve: (texto: string) => void;
  #passos = 0;
  #comTitulo = false;
  #emBranco = false;

  /** Escreve com `escreve`, no mesmo fluxo em que saem as perguntas. */
  constructor(escreve: (texto: string) => void) {
    this.#escreve = escreve;
  }

  /** Escreve linhas que ficam. */
  diz(linhas: string | readonly string[]): void {
    this.#passos = 0;
    this.#comTitulo = false;
    this.#emBranco = (typeof linhas === "string" ? linhas : linhas.at(-1)) === "";
    this.#escreve((typeof linhas === "string" ? linhas : linhas.join("\n")) + "\n");
  }

  /** Escreve um cartão ou uma tabela, separado do que veio antes. */
  quadro(linhas: readonly string[]): void {
    this.separa();
    this.diz(linhas);
  }

  /** Separa o que vem do que veio por uma linha em branco, e só uma. */
  separa(): void {
    if (!this.#emBranco) this.diz("");
  }

  /** Escreve o título do que se vai fazer, que `desfaz` apaga como um passo. */
  titulo(texto: string): void {
    this.separa();
    this.diz(pinta("negrito", texto));
    this.#passos = 1;
    this.#comTitulo = true;
  }

  /** Escreve uma frase com uma marca à frente, quebrada para caber. */
  frase(marca: "ok" | "aviso" | "erro", texto: string): void {
    const sinal = { ok: pinta("verde", "✔"), aviso: pinta("amarelo", "!"), erro: pinta("vermelho", "✖") }[marca];
    const linhas = quebra(texto, this.largura - 3);
    this.diz(linhas.map((linha, i) => `${i === 0 ? sinal : " "} ${linha}`));
  }

  /** Escreve a escolha de um passo, numa linha que `desfaz` pode apagar. */
  passo(rotulo: string, valor: string): void {
    const linha = corta(inofensivo(valor), this.largura - 20);
    const [passos, comTitulo] = [this.#passos, this.#comTitulo];
    this.diz(`${pinta("verde", "✔")} ${preenche(rotulo, 14)} ${pinta("ciano", linha)}`);
    [this.#passos, this.#comTitulo] = [passos + 1, comTitulo];
  }

  /** Apaga o último passo ou o título, se nada foi escrito depois dele. */
  desfaz(): void {
    if (this.#passos === 0) return;
    this.#passos--;
    this.#emBranco = this.#passos === 0 && this.#comTitulo;
    this.#escreve("\x1b[1A\x1b[2K");
  }

  /** Apaga tudo, também o que já subiu. */
  limpa(): void {
    this.#escreve("\x1b[2J\x1b[3J\x1b[H");
    this.diz("");
  }

  /** Mostra, na linha em que está o cursor, o que se espera; um texto vazio a limpa. */
  estado(texto: string): void {
    this.#escreve(`\r\x1b[2K${pinta("fraco", corta(texto, this.largura - 1))}`);
  }

  /** Quantas colunas se usam; a menos de 40 nada fica legível, e quem quebra é o terminal. */
  get largura(): number {
    return Math.max(colunas(), 40);
  }
}
