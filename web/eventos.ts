/**
 * Um fluxo de eventos (server-sent events) como vai no fio: o que se escreve, por onde, e a quem já não se escreve. Só
 * `web/fluxo.ts` o usa.
 *
 * @module
 */

/** O que se fez e ainda não saiu de um fluxo, em bytes: a quem tem mais do que isto por ler já nada se manda. */
const POR_LER = 256 * 1024;

/** Quanto o navegador espera até voltar, em ms, e mais um tanto ao acaso: os que caem juntos não voltam juntos. */
const VOLTA = 1000;
const VOLTA_AO_ACASO = 2000;

/** O que se diz a quem não cabe, em segundos. */
const VOLTE_EM = 5;

/** Um evento, como o navegador o recebe. */
export interface Evento {
  /** O nome; `vivo` e `saiu` são do próprio fluxo. */
  readonly nome: string;
  /** O que leva. */
  readonly dados: string;
}

const CODIFICA = new TextEncoder();

/** Um evento como vai no fio (html.spec.whatwg.org/multipage/server-sent-events.html). */
export function escreve({ nome, dados }: Evento, id?: string): Uint8Array {
  const linhas = dados.split(/\r\n|\r|\n/).map((linha) => `data: ${linha}\n`).join("");
  return CODIFICA.encode(`${id === undefined ? "" : `id: ${id}\n`}event: ${nome}\n${linhas}\n`);
}

/** O batimento. Um evento, e não um comentário: o navegador sabe por ele que a ligação vive, e em que ponto vai. */
export function vivo(id?: string): Uint8Array {
  return escreve({ nome: "vivo", dados: "" }, id);
}

/** O último de quem já não pode seguir: o navegador não volta. */
export const SAIU: Uint8Array = escreve({ nome: "saiu", dados: "" });

/** A resposta a quem não cabe. */
export function cheio(status: 429 | 503): Response {
  return new Response(null, { status, headers: { "Retry-After": String(VOLTE_EM), "Cache-Control": "no-store" } });
}

/** Por onde os eventos saem para um navegador. */
export class Saida {
  /** A que abre o fluxo. */
  readonly resposta: Response;
  #controle: ReadableStreamDefaultController<Uint8Array> | undefined;
  #aoLer: (() => void) | undefined;

  /** `aoSair` é chamada se é o navegador que se vai; `aoLer`, de cada vez que se manda e tudo o que havia foi lido. */
  constructor(primeiro: Uint8Array, aoSair: () => void, aoLer?: () => void) {
    this.#aoLer = aoLer;
    const corpo = new ReadableStream<Uint8Array>({
      start: (controle) => {
        this.#controle = controle;
        const volta = Math.round(VOLTA + Math.random() * VOLTA_AO_ACASO);
        controle.enqueue(CODIFICA.encode(`retry: ${volta}\n\n`));
        controle.enqueue(primeiro);
      },
      cancel: () => {
        this.#controle = undefined;
        aoSair();
      },
    }, new ByteLengthQueuingStrategy({ highWaterMark: POR_LER }));
    this.resposta = new Response(corpo, {
      headers: {
        "Content-Type": "text/event-stream; charset=utf-8",
        "Cache-Control": "no-store, no-transform",
        // O nginx juntaria eventos antes de os entregar.
        "X-Accel-Buffering": "no",
      },
    });
  }

  /** Falso se há tanto por ler que já não recebe mais. */
  manda(bytes: Uint8Array): boolean {
    if (this.#controle === undefined) return true;
    if ((this.#controle.desiredSize ?? 0) <= 0) return false;
    if (this.vazia) this.#aoLer?.();
    this.#controle.enqueue(bytes);
    return true;
  }

  /** Fecha; o que está por ler ainda sai. */
  fecha(): void {
    this.#controle?.close();
    this.#controle = undefined;
  }

  /** Nada está por ler. */
  get vazia(): boolean {
    return this.#controle?.desiredSize === POR_LER;
  }
}
