/**
 * Um terminal de verdade (tmux), para os testes do menu e do dia da recepção: apertam-se teclas e olha-se a tela.
 *
 * @module
 */

import { delay } from "@std/async";
import { comandoDeno, PACIENCIA, Pasta, testeCom } from "./apoio.ts";

/** Como se abre um terminal. */
export interface OpcoesDoTerminal {
  /** O script que se abre; o cliente, se não se diz. */
  readonly script?: string;
  /** Variáveis de ambiente, como `env` as recebe. */
  readonly env?: string;
  /** Quantas colunas. */
  readonly colunas?: number;
  /** Quantas linhas. */
  readonly linhas?: number;
}

/** Um terminal, de 80 × 24 se não se diz, com o cliente dentro, se não se diz outro script; quando ele acaba, a tela diz com que código. */
export class Terminal implements AsyncDisposable {
  #pasta = new Pasta();

  /** Abre-o; `env` são as variáveis de ambiente, como `env` as recebe. */
  static async abre(
    args: string[],
    { script = "cliente.ts", env = "", colunas = 80, linhas = 24 }: OpcoesDoTerminal = {},
  ): Promise<Terminal> {
    const terminal = new Terminal();
    const comando = [...comandoDeno(script), ...args].map((parte) => `'${parte}'`).join(" ");
    const linha =
      `env ${env} ${comando}; echo "saiu com $?"; stty -a | tr ' ;' '\\n\\n' | grep -x -e echo -e icanon; exec cat`;
    await terminal.#tmux("-f", "/dev/null", "new-session", "-d", "-x", `${colunas}`, "-y", `${linhas}`, linha);
    return terminal;
  }

  /** Aperta teclas, com os nomes que o tmux lhes dá (`Enter`, `Escape`, `C-c`). */
  async tecla(...teclas: string[]): Promise<void> {
    await this.#tmux("send-keys", ...teclas);
  }

  /** Digita o texto e, em outra leitura, Enter. */
  async digita(texto: string): Promise<void> {
    await this.#tmux("send-keys", "-l", texto);
    await this.tecla("Enter");
  }

  /** A tela como se vê; com `cores`, as sequências que as mudam. */
  async tela({ cores = false }: { cores?: boolean } = {}): Promise<string> {
    return await this.#tmux("capture-pane", "-p", ...(cores ? ["-e"] : []));
  }

  /** Espera até que a tela mostre o texto; com `depoisDe`, na parte que vem depois da última vez que ele aparece. */
  async espera(texto: string | RegExp, { depoisDe }: { depoisDe?: string } = {}): Promise<string> {
    const prazo = performance.now() + PACIENCIA;
    for (;;) {
      const tela = await this.tela();
      const inicio = depoisDe === undefined ? 0 : tela.lastIndexOf(depoisDe);
      const parte = inicio < 0 ? "" : tela.slice(inicio);
      if (typeof texto === "string" ? parte.includes(texto) : texto.test(parte)) return tela;
      if (performance.now() > prazo) throw new Error(`a tela não mostrou ${texto}:\n${tela}`);
      await delay(20);
    }
  }

  /** Muda o tamanho. */
  async redimensiona(colunas: number, linhas: number): Promise<void> {
    await this.#tmux("resize-window", "-x", `${colunas}`, "-y", `${linhas}`);
  }

  /** Passa a guardar o que o cliente escreve; `escrito` diz quanto foi até agora. */
  async grava(): Promise<void> {
    await this.#tmux("pipe-pane", `cat > ${this.#pasta.arquivo("escrito")}`);
  }

  /** O que o cliente escreveu desde `grava`. */
  async escrito(): Promise<string> {
    return await Deno.readTextFile(this.#pasta.arquivo("escrito")).catch(() => "");
  }

  async #tmux(...args: string[]): Promise<string> {
    const { stdout } = await new Deno.Command("tmux", { args: ["-u", "-S", this.#pasta.arquivo("tmux"), ...args] })
      .output();
    return new TextDecoder().decode(stdout);
  }

  /** Fecha-o, com o que houver dentro. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#tmux("kill-server");
    this.#pasta[Symbol.dispose]();
  }
}

/** Registra um teste que precisa do tmux. */
export function testeNoTerminal(nome: string, fn: () => Promise<void>): void {
  testeCom("tmux", ["-V"], nome, fn);
}
