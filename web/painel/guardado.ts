/**
 * O que alguém escreveu e mandou depois de a sessão acabar: guarda-se cifrado no navegador dele, num cookie, e mostra-se à mesma
 * pessoa quando entra outra vez, para que o confira. Sozinho não se repete nunca.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { deflateRawSync, inflateRawSync } from "node:zlib";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import { html } from "hono/html";
import type { Casa, Contexto } from "../casa.ts";
import type { Html } from "../moldura.ts";
import type { Palavras } from "../palavras/pt.ts";
import { FORMULARIO_MAXIMO } from "../pedido.ts";
import { CIFRADO_MAXIMO } from "../selos.ts";

/** Um formulário por mandar. */
export interface Guardado {
  /** O número de quem o escreveu. */
  readonly pessoa: number;
  /** Para onde ia. */
  readonly caminho: string;
  /** O que dizia, como um navegador o escreve. */
  readonly escrito: string;
}

/** Por quanto tempo, em ms: um turno. */
const DURA = 8 * 3600 * 1000;

/** Guarda-o no navegador; falso se não cabe. */
export function guarda(casa: Casa, c: Contexto, { pessoa, caminho, escrito }: Guardado): boolean {
  const curto = deflateRawSync(escrito).toString("base64");
  const fechado = casa.selos.fecha("guardado", [pessoa, caminho, curto], DURA);
  if (fechado.length > CIFRADO_MAXIMO) return false;
  setCookie(c, nome(casa), fechado, {
    ...{ path: "/", httpOnly: true, sameSite: "Lax", secure: casa.segura, maxAge: DURA / 1000 },
  });
  return true;
}

/** O que o navegador traz guardado, se ainda se lê. */
export function guardado(casa: Casa, c: Contexto): Guardado | undefined {
  const lido = casa.selos.abre("guardado", getCookie(c, nome(casa)));
  if (!Array.isArray(lido)) return undefined;
  const [pessoa, caminho, curto]: unknown[] = lido;
  if (typeof pessoa !== "number" || typeof caminho !== "string" || typeof curto !== "string") return undefined;
  const escrito = inflateRawSync(Buffer.from(curto, "base64"), { maxOutputLength: FORMULARIO_MAXIMO }).toString();
  return { pessoa, caminho, escrito };
}

/** Tira-o do navegador. */
export function larga(casa: Casa, c: Contexto): void {
  if (getCookie(c, nome(casa)) !== undefined) deleteCookie(c, nome(casa), { path: "/", secure: casa.segura });
}

function nome({ segura }: Casa): string {
  return segura ? "__Host-por-mandar" : "por-mandar";
}

/** Os campos que se mostram a quem os escreveu; os outros vão sem se ver, que são do formulário e não dele. */
const MOSTRADOS = [
  ...([
    "cpf",
    "nome",
    "telefone",
    "email",
    "especialista",
    "profissional",
    "data",
    "de",
    "ate",
    "horario",
    "inicio",
  ] as const),
  ...(["fim", "situacao", "motivo", "nota", "procura"] as const),
] as const;

/** O que se escreveu, para se ler e copiar. */
export function escritosDe({ mesa }: Palavras, escrito: string): Html {
  const campos = new URLSearchParams(escrito);
  const ditos = MOSTRADOS.filter((nome) => (campos.get(nome) ?? "") !== "");
  return html`
    <dl class="dados cartao">
      ${ditos.map((nome) =>
        html`
          <dt>${mesa.campos[nome]}</dt>
          <dd>${campos.get(nome)}</dd>
        `
      )}
    </dl>
  `;
}
