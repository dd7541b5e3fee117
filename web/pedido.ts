/**
 * O que se lê de um pedido HTTP, com medida: os campos de um formulário, se veio desta página, e a língua.
 *
 * @module
 */

import { getCookie } from "hono/cookie";
import type { Contexto } from "./casa.ts";
import { type Lingua, linguaDe } from "./palavras/palavras.ts";

/** O maior formulário que se lê, em bytes: nome, contato e nota no seu máximo, escritos como um navegador os escreve. */
export const FORMULARIO_MAXIMO = 16 * 1024;

/** Um formulário passa do que se lê, ou não é um. */
export class FormularioRecusado extends Error {
  /** O nome da classe. */
  override name = "FormularioRecusado";
}

/** Um pedido que muda algo não veio de uma página nossa. */
export class DeOutraOrigem extends Error {
  /** O nome da classe. */
  override name = "DeOutraOrigem";
}

/** Os campos de um formulário; um que não veio é `""`. */
export interface Campos {
  /** O primeiro valor de um campo. */
  (nome: string): string;
}

/**
 * Lê um formulário (`application/x-www-form-urlencoded`).
 *
 * @throws {DeOutraOrigem} se veio de uma página que não é nossa.
 * @throws {FormularioRecusado} se passa de `FORMULARIO_MAXIMO`, ou não é um formulário.
 */
export async function leFormulario(c: Contexto): Promise<Campos> {
  const campos = new URLSearchParams(await leEscrito(c));
  return (nome) => campos.get(nome) ?? "";
}

/** Lê-o como veio escrito; lança o mesmo. */
export async function leEscrito({ req }: Contexto): Promise<string> {
  confereOrigem(req.raw);
  const tipo = req.header("content-type")?.split(";")[0].trim().toLowerCase();
  if (tipo !== "application/x-www-form-urlencoded") throw new FormularioRecusado("não é um formulário");
  return await leTexto(req.raw);
}

async function leTexto(request: Request): Promise<string> {
  const tamanho = request.headers.get("content-length");
  if (Number(tamanho ?? 0) > FORMULARIO_MAXIMO) throw new FormularioRecusado("é grande demais");
  try {
    // Com o tamanho dito não vem mais do que isso, e lê-se de uma vez: aos pedaços custa o triplo.
    return tamanho === null ? await aosPedacos(request) : await request.text();
  } catch (causa) {
    // Quem o mandava foi-se, ou não o escreve como se deve.
    throw causa instanceof FormularioRecusado ? causa : new FormularioRecusado("não chegou inteiro", { cause: causa });
  }
}

async function aosPedacos({ body }: Request): Promise<string> {
  let [texto, bytes] = ["", 0];
  const decodifica = new TextDecoder();
  for await (const pedaco of body ?? []) {
    bytes += pedaco.length;
    if (bytes > FORMULARIO_MAXIMO) throw new FormularioRecusado("é grande demais");
    texto += decodifica.decode(pedaco, { stream: true });
  }
  return texto + decodifica.decode();
}

/**
 * Um navegador diz de onde vem o que manda; quem não o diz (curl) não traz os cookies de ninguém sem saber.
 *
 * @throws {DeOutraOrigem} se não vem daqui.
 */
function confereOrigem({ headers, url }: Request): void {
  const sitio = headers.get("sec-fetch-site");
  if (sitio !== null) {
    if (sitio !== "same-origin" && sitio !== "none") throw new DeOutraOrigem();
    return;
  }
  const origem = headers.get("origin");
  if (origem === null) return;
  // Atrás de um intermediário com TLS o esquema é outro; o nome, não.
  const host = headers.get("host") ?? new URL(url).host;
  if (!URL.canParse(origem) || new URL(origem).host !== host) throw new DeOutraOrigem();
}

/** O cookie da língua que se escolheu. */
export const COOKIE_DA_LINGUA = "lingua";

/** A língua de quem pede. */
export function linguaDoPedido(c: Contexto): Lingua {
  return linguaDe(getCookie(c, COOKIE_DA_LINGUA), c.req.header("accept-language"));
}
