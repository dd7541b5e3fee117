/**
 * O que uma página do painel deixa dito à seguinte, uma vez: o que se acabou de fazer, ou um segredo que não se mostra outra. Vai
 * cifrado num cookie curto, que quem o lê apaga.
 *
 * @module
 */

import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import { html } from "hono/html";
import type { Casa, Contexto } from "../casa.ts";
import type { Html } from "../moldura.ts";

/** O nome do cookie. */
const COOKIE = "recado";

/** Quanto espera por ser lido, em segundos: o que se fez ainda é o que se acaba de fazer. */
const DURA = 120;

/** O que se diz. */
export interface Recado {
  /** O título. */
  readonly titulo: string;
  /** Mais, uma linha cada. */
  readonly linhas?: readonly string[];
  /** O que se tem de copiar agora: um código, uma chave, uma frase. */
  readonly segredo?: string;
}

/** Deixa-o para a página seguinte. */
export function deixa(casa: Casa, c: Contexto, recado: Recado): void {
  setCookie(c, COOKIE, casa.selos.fecha("recado", recado, DURA * 1000), {
    ...{ path: "/painel", maxAge: DURA, sameSite: "Lax", httpOnly: true, secure: casa.segura },
  });
}

/** O que a página anterior deixou, se deixou; não se lê outra vez. */
export function colhe(casa: Casa, c: Contexto): Recado | undefined {
  const fechado = getCookie(c, COOKIE);
  if (fechado === undefined) return undefined;
  deleteCookie(c, COOKIE, { path: "/painel", secure: casa.segura });
  const aberto = casa.selos.abre("recado", fechado);
  return ehRecado(aberto) ? aberto : undefined;
}

function ehRecado(valor: unknown): valor is Recado {
  return typeof valor === "object" && valor !== null && "titulo" in valor && typeof valor.titulo === "string";
}

/** Como se mostra. */
export function mostraRecado(recado: Recado | undefined): Html | string {
  if (recado === undefined) return "";
  const { titulo, linhas = [], segredo } = recado;
  return html`
    <div class="recado" role="status">
      <h2>${titulo}</h2>
      ${linhas.map((linha) => html`<p>${linha}</p>`)}
      ${segredo === undefined ? "" : html`
        <ul class="segredo">${segredo.split("\n").map((um) => html`<li><code>${um}</code></li>`)}</ul>
      `}
    </div>
  `;
}
