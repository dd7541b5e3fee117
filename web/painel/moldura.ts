/**
 * O que as páginas do painel têm à volta: para onde se vai, a procura, e quem está a usá-lo; e o que têm as da porta dele.
 *
 * @module
 */

import { html } from "hono/html";
import type { NomeDeArquivo } from "../arquivos.ts";
import type { Casa, Contexto } from "../casa.ts";
import { dataInteira, diaDaSemana } from "../datas.ts";
import { emoldura, type Html } from "../moldura.ts";
import { chega } from "./papeis.ts";

/** Um lugar do menu. */
export type Lugar = "dia" | "semana" | "espera" | "pacientes" | "configuracao" | "acessos" | "trilha";

/** Aonde se vai do menu do painel, na ordem dele; a cada um, só aonde chega (`papeis.ts`). */
const LUGARES: readonly Lugar[] = ["dia", "semana", "espera", "pacientes", "configuracao", "acessos", "trilha"];

function caminhoDe(lugar: Lugar): string {
  return lugar === "dia" ? "/painel" : `/painel/${lugar}`;
}

/** O caminho para o dia em que algo está, e nele para o agendamento: `"seg. 30/11/2026 08:00"`. */
export function ligacaoAoDia(
  { var: { lingua } }: Contexto,
  { data, hora = "", numero }: { readonly data: string; readonly hora?: string; readonly numero?: number },
): Html {
  const quando = `${diaDaSemana(data, lingua)} ${dataInteira(data)} ${hora}`.trimEnd();
  return html`<a href="/painel?data=${data}${numero === undefined ? "" : `#n${numero}`}">${quando}</a>`;
}

/** Uma página do painel. */
export interface PaginaDoPainel {
  /** O que vai no título da janela. */
  readonly titulo: string;
  /** O lugar do menu em que está. */
  readonly aqui: Lugar;
  /** Os estilos e scripts além dos do painel. */
  readonly arquivos?: readonly NomeDeArquivo[];
  /** O que a página diz. */
  readonly corpo: Html;
  /** O código HTTP; 200, se não se diz. */
  readonly codigo?: number;
}

/** Faz uma página do painel. */
export function emolduraPainel(
  casa: Casa,
  c: Contexto,
  { aqui, arquivos = [], ...pagina }: PaginaDoPainel,
): Promise<Response> {
  return emoldura(casa, c, {
    ...pagina,
    face: "painel",
    arquivos: ["painel.css", "painel.ts", ...arquivos],
    cabecalho: cabecalho(c, aqui),
  });
}

/** Uma página da porta dele, a quem ainda não entrou ou não chega aonde ia. */
export function emolduraPorta(
  casa: Casa,
  c: Contexto,
  { titulo, codigo, corpo }: Pick<PaginaDoPainel, "titulo" | "codigo" | "corpo">,
): Promise<Response> {
  return emoldura(casa, c, {
    ...{ titulo, codigo, face: "painel", arquivos: ["painel.css", "entrar.css"] },
    corpo: html`
      <div class="entrada">
        <h1>${titulo}</h1>
        ${corpo}
      </div>
    `,
  });
}

function cabecalho({ var: { p: { painel }, entrado } }: Contexto, aqui: Lugar): Html {
  const vai = (lugar: Lugar): boolean => chega(entrado.quem.papel, caminhoDe(lugar));
  return html`
    <nav class="lugares" aria-label="${painel.menu}">
      <ul>
      ${LUGARES.filter(vai).map((lugar) =>
        html`
          <li><a href="${caminhoDe(lugar)}"${lugar === aqui
            ? html`
              aria-current="page"
            `
            : ""}>${painel[lugar]}</a></li>
        `
      )}
      </ul>
    </nav>
    ${vai("pacientes") ? procura(painel) : ""}
    <form class="quem" method="post" action="/painel/sair">
      <span>${entrado.nome}</span><button class="botao segundo">${painel.sair}</button>
    </form>
  `;
}

function procura(painel: Contexto["var"]["p"]["painel"]): Html {
  return html`
    <form class="procura" role="search" method="post" action="/painel/pacientes">
      <label class="so-leitor" for="procura">${painel.procura}</label>
      <input id="procura" name="procura" type="search" autocomplete="off" maxlength="200"
        placeholder="${painel.procuraDica}" aria-keyshortcuts="/">
    </form>
  `;
}
