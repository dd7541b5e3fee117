/**
 * A cena da parte `paginas` da prova: o servidor que se tenta, e quem lá vai. `prova/paginas.ts` monta-a.
 *
 * @module
 */

import { Fio, type Servidor } from "../testes/apoio.ts";
import { cabecalho } from "../testes/proxy.ts";
import type { Contexto } from "./bancada.ts";
import type { Visita } from "./visita.ts";

/** Quem se senta no mesmo servidor que se tenta. */
export interface Cena {
  /** Ele. */
  readonly servidor: Servidor;
  /** A porta das páginas. */
  readonly porta: number;
  /** Quem as visita. */
  readonly visita: Visita;
  /** O arquivo do livro. */
  readonly livro: string;
  /** O que a parte recebe. */
  readonly contexto: Contexto;
  /** Uma hora, que ainda ninguém pediu; nenhuma se já acabaram. */
  proxima(): Hora | undefined;
  /** Um CPF, que ainda ninguém usou. */
  cpf(): string;
  /** Um endereço de onde ainda ninguém pediu. */
  endereco(): string;
}

/** Uma hora que se pode marcar. */
export interface Hora {
  /** De quê. */
  readonly especialidade: string;
  /** `"dd/mm/aaaa"`. */
  readonly data: string;
  /** O dia da semana. */
  readonly dia: string;
  /** `"HH:MM"`. */
  readonly hora: string;
}

/** Um terminal que vem, por um intermediário, de outro endereço. */
export async function terminal(porta: number, de: string): Promise<Fio> {
  const fio = await Fio.conecta(porta);
  await fio.manda(cabecalho(de));
  await fio.linha();
  return fio;
}
