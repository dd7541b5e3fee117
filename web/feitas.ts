/**
 * Páginas já feitas e comprimidas, que se dão outra vez: fazê-las e comprimi-las é quase todo o custo de as dar. Se uma ainda vale,
 * sabe-o quem a guarda (`paciente/feitas.ts`, `painel/dia.ts`).
 *
 * @module
 */

import { aceitaGzip } from "./arquivos.ts";
import type { Contexto } from "./casa.ts";

/** Uma página guardada. */
export interface PaginaFeita<T> {
  /** De que se fez. */
  readonly de: T;
  /** A que fica; dá-se `clone()`, que custa menos de metade de fazer uma com os mesmos bytes e cabeçalhos. */
  readonly resposta: Response;
}

/** Páginas, cada uma com aquilo de que se fez. */
export class PaginasFeitas<T> {
  #maximo: number;
  #guardadas = new Map<string, PaginaFeita<T>>();

  /** Nenhuma ainda; tantas, no máximo. */
  constructor(maximo: number) {
    this.#maximo = maximo;
  }

  /** A de uma chave. */
  acha(c: Contexto, chave: string): PaginaFeita<T> | undefined {
    return this.#guardadas.get(nomeDe(c, chave));
  }

  /** Guarda uma, e devolve a que se dá. Um cookie é de quem o recebe agora, e não da página. */
  async guarda(c: Contexto, chave: string, de: T, resposta: Response): Promise<Response> {
    const { headers } = resposta;
    if (resposta.status !== 200 || headers.getSetCookie().length > 0) return resposta;
    const corpo = new Uint8Array(await resposta.arrayBuffer());
    const nome = nomeDe(c, chave);
    // Tira-se e põe-se, para que a mais antiga seja a primeira.
    this.#guardadas.delete(nome);
    const fica = new Response(corpo, { headers });
    this.#guardadas.set(nome, { de, resposta: fica });
    const [antiga] = this.#guardadas.keys();
    if (this.#guardadas.size > this.#maximo) this.#guardadas.delete(antiga);
    return fica.clone();
  }
}

/** Comprimida ou não, conforme o que quem pede entende. */
function nomeDe({ req }: Contexto, chave: string): string {
  return `${aceitaGzip(req.header("accept-encoding") ?? null) ? "+" : " "}${chave}`;
}
