/**
 * A moldura das páginas: o que todas têm à volta, e os cabeçalhos com que vão.
 *
 * @module
 */

import { html, raw } from "hono/html";
import { gzipSync } from "node:zlib";
import { aceitaGzip, type NomeDeArquivo } from "./arquivos.ts";
import type { Casa, Contexto } from "./casa.ts";
import { ETIQUETAS, LINGUAS, PALAVRAS } from "./palavras/palavras.ts";

/**
 * Um pedaço de HTML já escapado.
 *
 * @internal
 */
export type Html = ReturnType<typeof html>;

/** O sinal da aba; sem ele o navegador pede um arquivo que não há, e queixa-se. */
const SINAL: Html = raw(
  "<link rel=\"icon\" href=\"data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E" +
    "%3Crect width='16' height='16' rx='4' fill='%2300605a'/%3E%3Cpath fill='%23fff' d='M7 3h2v4h4v2H9v4H7V9H3V7h4z'/%3E%3C/svg%3E\">",
);

/** O que não muda de página para página: seis constantes custam um terço do que custa pô-las uma a uma. */
const CABECALHOS: Readonly<Record<string, string>> = {
  "content-type": "text/html; charset=utf-8",
  "content-security-policy":
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; " +
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
  "x-content-type-options": "nosniff",
  // Não "no-referrer": com ela um navegador diz `Origin: null` no que manda, e não se sabe que vem daqui.
  "referrer-policy": "same-origin",
  "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=()",
  "cache-control": "no-store",
  vary: "accept-encoding, accept-language, cookie",
};

/** Às claras e de outra máquina um navegador não cumpre o último, e queixa-se dele em cada página. */
const DE_CONFIANCA: Readonly<Record<string, string>> = { ...CABECALHOS, "cross-origin-opener-policy": "same-origin" };

/** Os cabeçalhos do que não é uma página, salvo os que já tem. */
export function completa(headers: Headers): void {
  for (const nome of ["content-security-policy", "x-content-type-options", "referrer-policy", "cache-control"]) {
    if (!headers.has(nome)) headers.set(nome, CABECALHOS[nome]);
  }
}

/** Uma página. */
export interface Pagina {
  /** O que vai no título da janela, antes do nome da clínica. */
  readonly titulo: string;
  /** De que face é: dá o estilo. */
  readonly face: "paciente" | "painel" | "tv";
  /** Os estilos e scripts além do comum. */
  readonly arquivos?: readonly NomeDeArquivo[];
  /** O que vai no cabeçalho, ao lado do nome da clínica. */
  readonly cabecalho?: Html;
  /** O que a página diz. */
  readonly corpo: Html;
  /** O código HTTP; 200, se não se diz. */
  readonly codigo?: number;
}

/** Faz a página inteira. */
export async function emoldura(casa: Casa, c: Contexto, pagina: Pagina): Promise<Response> {
  const texto = String(await documento(casa, c, pagina));
  return responde(c, texto, pagina.codigo);
}

/** O menor texto que se comprime, em caracteres: abaixo disto cabe num pacote. */
const COMPRIME_DESDE = 1000;

/** Daqui em diante, em caracteres, comprime-se depressa: um terço do tempo, e um quarto a mais de bytes. */
const GRANDE = 32 * 1024;

/** A resposta de uma página já escrita. */
export function responde({ var: { deConfianca }, req, res }: Contexto, texto: string, codigo = 200): Response {
  const headers = new Headers(deConfianca ? DE_CONFIANCA : CABECALHOS);
  for (const cookie of res.headers.getSetCookie()) headers.append("set-cookie", cookie);
  if (texto.length < COMPRIME_DESDE || !aceitaGzip(req.header("accept-encoding") ?? null)) {
    return new Response(texto, { status: codigo, headers });
  }
  headers.set("content-encoding", "gzip");
  return new Response(new Uint8Array(gzipSync(texto, { level: texto.length < GRANDE ? 4 : 1 })), {
    status: codigo,
    headers,
  });
}

function documento(casa: Casa, c: Contexto, { titulo, face, arquivos = [], cabecalho, corpo }: Pagina): Html {
  const { lingua, p } = c.var;
  const { nome } = casa.agenda.clinica.oferta;
  const endereco = (arquivo: NomeDeArquivo): string => casa.arquivos.endereco(arquivo);
  const estilos = (["estilo.css", ...arquivos] as const).filter((arquivo) => arquivo.endsWith(".css"));
  const scripts = arquivos.filter((arquivo) => !arquivo.endsWith(".css"));
  return html`
    <!doctype html>
    <html lang="${ETIQUETAS[lingua]}" class="${face}">
      <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>${titulo} · ${nome}</title>
    ${SINAL}
    ${estilos.map((arquivo) => html`<link rel="stylesheet" href="${endereco(arquivo)}">`)}
    ${scripts.map((arquivo) => html`<script type="module" src="${endereco(arquivo)}"></script>`)}
      </head>
      <body>
    <a class="saltar" href="#conteudo">${p.comum.saltar}</a>
    <header class="topo"><a class="clinica" href="${face === "painel" ? "/painel" : "/"}">${nome}</a>${cabecalho ??
      ""}</header>
    <main id="conteudo" tabindex="-1">
    ${corpo}
    </main>
    ${face === "tv" ? "" : linguas(c)}
      </body>
    </html>
  `;
}

/** A escolha da língua, que volta à página em que se está. */
function linguas({ var: { lingua, p }, req }: Contexto): Html {
  return html`
    <footer class="rodape">
      <form method="post" action="/lingua" aria-label="${p.comum.linguas}">
    <input type="hidden" name="volta" value="${req.method === "GET" ? req.path + procuraDe(req.url) : "/"}">
    ${LINGUAS.map((uma) =>
      html`
        <button name="lingua" value="${uma}" lang="${ETIQUETAS[uma]}" ${uma === lingua
          ? html`
            aria-current="true"
          `
          : ""}>${PALAVRAS[uma].comum.lingua}</button>
      `
    )}
      </form>
    </footer>
  `;
}

/** O que vem depois do caminho, desde o `?`; sem `new URL`, que um `Host` torto faz lançar. */
function procuraDe(url: string): string {
  const onde = url.indexOf("?");
  return onde < 0 ? "" : url.slice(onde);
}
