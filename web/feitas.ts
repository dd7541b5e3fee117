/**
 * Páginas já feitas e comprimidas, que se dão outra vez: fazê-las e comprimi-las é quase todo o custo de as dar. Se uma ainda vale,
 * sabe-o quem a guarda (`paciente/feitas.ts`, `painel/dia.ts`).
 *
 * @module
 */

import { aceitaGzip } from "./arquivos.ts";
import type { Contexto } from "./casa.ts";

interface Guardada<T> {
  readonly de: T;
  readonly corpo: Uint8Array<ArrayBuffer>;
  readonly headers: Headers;
}

/** Uma página guardada. */
export interface PaginaFeita<T> {
  /** De que se fez. */
  readonly de: T;
  /** Dá-a. */
  readonly resposta: () => Response;
}

/** Páginas, cada uma com aquilo de que se fez. */
export class PaginasFeitas<T> {
  #maximo: number;
  #guardadas = new Map<string, Guardada<T>>();

  /** Nenhuma ainda; tantas, no máximo. */
  constructor(maximo: number) {
    this.#maximo = maximo;
  }

  /** A de uma chave. */
  acha(c: Contexto, chave: string): PaginaFeita<T> | undefined {
    const guardada = this.#guardadas.get(nomeDe(c, chave));
    if (guardada === undefined) return undefined;
    const { de, corpo, headers } = guardada;
    return { de, resposta: () => new Response(corpo, { headers }) };
  }

  /** Guarda uma, e devolve a que se dá. Um cookie é de quem o recebe agora, e não da página. */
  async guarda(c: Contexto, chave: string, de: T, resposta: Response): Promise<Response> {
    const { headers } = resposta;
    if (resposta.status !== 200 || headers.getSetCookie().length > 0) return resposta;
    const corpo = new Uint8Array(await resposta.arrayBuffer());
    const nome = nomeDe(c, chave);
    // Tira-se e põe-se, para que a mais antiga seja a primeira.
    this.#guardadas.delete(nome);
    this.#guardadas.set(nome, { de, corpo, headers });
    const [antiga] = this.#guardadas.keys();
    if (this.#guardadas.size > this.#maximo) this.#guardadas.delete(antiga);
    return new Response(corpo, { headers });
  }
}

/** Comprimida ou não, conforme o que quem pede entende. */
function nomeDe({ req }: Contexto, chave: string): string {
  return `${aceitaGzip(req.header("accept-encoding") ?? null) ? "+" : " "}${chave}`;
}
