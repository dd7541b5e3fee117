/**
 * O que faz o relógio bater: de tempos em tempos pede à agenda que trate do que venceu, enquanto a hora da máquina for de
 * confiança. Uma hora que saltou para a frente faria vencer prazos e marcar faltas que não houve: só se acredita nela depois
 * de firme por dez minutos.
 *
 * `servidor.ts` cria um; os relógios vêm de fora.
 *
 * @module
 */

/** Um salto do relógio da máquina, contra o que só anda para a frente, de que se desconfia, em ms. */
const SALTO = 60_000;

/** Quanto se espera por uma hora que saltou, em ms. */
const FIRME = 10 * 60_000;

/** Quanto uma hora firme pode variar, em ms: uma que se acerta aos poucos. */
const FOLGA = 1000;

/** Entre duas batidas, em ms: o livro só aceita uma por minuto, e assim nenhuma se perde por um instante. */
const ENTRE_BATIDAS = 30_000;

/** Os dois relógios de uma máquina, em ms: o da parede, e um que só anda para a frente. */
export interface Relogios {
  /** Desde 1970. */
  readonly parede: () => number;
  /** Desde um instante qualquer. */
  readonly corrido: () => number;
}

/** Diz se a hora da máquina é de confiança. */
export class Desconfianca {
  #relogios: Relogios;
  /** A diferença entre os dois relógios em que se acredita. */
  #diferenca: number;
  /** A em que ainda não, e desde quando é essa. */
  #suspeita: { readonly diferenca: number; readonly desde: number } | undefined;

  /** Ao começar, acredita-se. */
  constructor(relogios: Relogios) {
    this.#relogios = relogios;
    this.#diferenca = relogios.parede() - relogios.corrido();
  }

  /** Verdadeiro se a hora de agora não saltou para a frente, ou saltou e está firme há bastante; a chamar de vez em quando. */
  confia(): boolean {
    const corrido = this.#relogios.corrido();
    const diferenca = this.#relogios.parede() - corrido;
    if (diferenca - this.#diferenca > SALTO) {
      if (this.#suspeita === undefined || Math.abs(diferenca - this.#suspeita.diferenca) > FOLGA) {
        this.#suspeita = { diferenca, desde: corrido };
      }
      if (corrido - this.#suspeita.desde < FIRME) return false;
    }
    this.#suspeita = undefined;
    this.#diferenca = diferenca;
    return true;
  }
}

/** O que o metrônomo precisa. */
export interface OpcoesDoMetronomo {
  /** Trata do que venceu. */
  readonly bate: () => Promise<void>;
  /** Avisado de que a hora saltou, e de que se voltou a acreditar nela. */
  readonly aoDesconfiar: (desconfia: boolean) => void;
  /** Os relógios; sem eles, os da máquina. */
  readonly relogios?: Relogios;
  /** Entre duas batidas, em ms. */
  readonly intervalo?: number;
}

const DA_MAQUINA: Relogios = { parede: Date.now, corrido: () => performance.now() };

/** Bate de tempos em tempos, até que se desfaça. */
export class Metronomo implements AsyncDisposable {
  #opcoes: OpcoesDoMetronomo;
  #desconfianca: Desconfianca;
  #confiava = true;
  #batendo: Promise<void> | undefined;
  #intervalo: ReturnType<typeof setInterval>;

  /** Começa já: o que venceu enquanto ninguém servia trata-se logo. */
  constructor(opcoes: OpcoesDoMetronomo) {
    const { relogios = DA_MAQUINA, intervalo = ENTRE_BATIDAS } = opcoes;
    this.#opcoes = opcoes;
    this.#desconfianca = new Desconfianca(relogios);
    this.#intervalo = setInterval(() => this.confere(), intervalo);
    this.confere();
  }

  /** Bate, se a hora é de confiança e a batida anterior já acabou. */
  confere(): void {
    const confia = this.#desconfianca.confia();
    if (confia !== this.#confiava) this.#opcoes.aoDesconfiar(!confia);
    this.#confiava = confia;
    if (!confia) return;
    this.#batendo ??= this.#opcoes.bate().finally(() => this.#batendo = undefined);
  }

  /** Para, e espera pela batida em curso. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#intervalo);
    await this.#batendo;
  }
}
