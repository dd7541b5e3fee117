/**
 * O que mudou há pouco, momento a momento, para quem volta: a cada momento corresponde um id, e por ele se sabe o que falta a quem
 * o traz, ou que já não se sabe. Puro; usa-o `web/fluxo.ts`.
 *
 * @module
 */

import { juntaNovidades, NADA_DE_NOVO, type Novidade, TUDO_DE_NOVO } from "../clinica/novidade.ts";

/** O que se guarda, no máximo: um minuto em que não parasse de mudar, e muito mais num dia de uma clínica. */
const MOMENTOS = 600;
const MEXIDOS = 20_000;

/** O momento de quem ainda não viu nada, ou de quem não se sabe o que viu. */
export const SEM_NADA: number = -1;

/** O que mudou de uma vez. */
interface Momento {
  readonly sequencia: number;
  readonly novidade: Novidade;
}

/** Os últimos momentos. */
export class Anel {
  #arranque: string;
  #sequencia = 0;
  #momentos: Momento[] = [];
  #mexidos = 0;
  /** O primeiro momento de que se sabe o que veio depois. */
  #desde = 0;

  /** `arranque` distingue este de todos os outros, os de antes de um reinício também: oito dígitos hexadecimais. */
  constructor(arranque: string = crypto.getRandomValues(new Uint8Array(4)).toHex()) {
    this.#arranque = arranque;
  }

  /** O último momento. */
  get sequencia(): number {
    return this.#sequencia;
  }

  /** Quantos guarda. */
  get tamanho(): number {
    return this.#momentos.length;
  }

  /** O id de um momento, `"ARRANQUE.SEQUENCIA"`; nada, do de quem não viu nada. */
  id(visto: number): string | undefined {
    return visto === SEM_NADA ? undefined : `${this.#arranque}.${visto}`;
  }

  /** O momento de um id; `SEM_NADA` se não se sabe o que veio depois dele. */
  le(id: string): number {
    const [, arranque, escrita] = /^([0-9a-f]{8})\.(\d{1,15})$/.exec(id) ?? [];
    const visto = Number(escrita);
    const sabe = arranque === this.#arranque && visto >= this.#desde && visto <= this.#sequencia;
    return sabe ? visto : SEM_NADA;
  }

  /** Acabou um momento. */
  guarda(novidade: Novidade): void {
    this.#momentos.push({ sequencia: ++this.#sequencia, novidade });
    this.#mexidos += novidade.agendamentos.length;
    while (this.#momentos.length > MOMENTOS || this.#mexidos > MEXIDOS) {
      const [{ sequencia, novidade: { agendamentos } }] = this.#momentos.splice(0, 1);
      this.#mexidos -= agendamentos.length;
      this.#desde = sequencia;
    }
  }

  /** O que se passou daqui até ao momento seguinte não se sabe. */
  esquece(): void {
    this.#momentos = [];
    this.#mexidos = 0;
    this.#desde = ++this.#sequencia;
  }

  /** O que mudou depois de um momento. */
  depoisDe(visto: number): Novidade {
    if (visto < this.#desde) return TUDO_DE_NOVO;
    const novidades = this.#momentos.slice(this.#momentos.findLastIndex(({ sequencia }) => sequencia <= visto) + 1)
      .map(({ novidade }) => novidade);
    return novidades.length === 0 ? NADA_DE_NOVO : juntaNovidades(novidades);
  }
}
