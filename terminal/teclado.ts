/**
 * O teclado de quem usa o menu: as teclas que respondem a uma pergunta, Esc que volta, Ctrl-C e os sinais que acabam.
 *
 * @module
 */

import { PassThrough } from "node:stream";
import process from "node:process";

/** O que uma pergunta devolve quando a pessoa quer voltar um passo. */
export const VOLTAR: unique symbol = Symbol("voltar");
/** O tipo de `VOLTAR`. */
export type Voltar = typeof VOLTAR;

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
export class Interrupcao extends Error {
  /** O nome da classe. */
  override name = "Interrupcao";
  /** O código de saída. */
  readonly codigo: number;

  /** Acaba com `codigo`. */
  constructor(codigo: number) {
    super("interrompido");
    this.codigo = codigo;
  }
}

/** O que uma pergunta recebe para ler teclas e para ser interrompida. */
export interface Contexto {
  /** De onde ela lê. */
  input: PassThrough;
  /** Abortado, ela rejeita. */
  signal: AbortSignal;
  /** Se ela se apaga da tela quando acaba. */
  clearPromptOnDone: boolean;
}

/**
 * O teclado, lido aqui do começo ao fim do menu, e não pela biblioteca de perguntas: assim Esc e Ctrl-C valem também
 * enquanto se espera pela rede, e o que se digita nessa hora nem aparece na tela nem responde à pergunta seguinte.
 */
export class Teclado implements Disposable {
  #interrupcao = new AbortController();
  #aoVoltar: (() => void) | undefined;
  #entrada: { write(teclas: Uint8Array): unknown } | undefined;
  #esc: ReturnType<typeof setTimeout> | undefined;

  /** Põe o terminal em modo cru e começa a ler. */
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

  /** Entrega o que se aperta a `recebe`, e Esc a `aoVoltar`, enquanto não se desfaz disso; outra pergunta o desfaz. */
  escuta(recebe: (teclas: Uint8Array) => void, aoVoltar: () => void): Disposable {
    this.#entrada = { write: recebe };
    this.#aoVoltar = aoVoltar;
    return {
      [Symbol.dispose]: () => {
        this.#entrada = undefined;
        this.#aoVoltar = undefined;
      },
    };
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
