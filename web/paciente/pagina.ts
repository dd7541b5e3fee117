/**
 * O que as páginas do paciente têm em comum: a moldura, o caminho de volta, um resumo do que já se escolheu.
 *
 * @module
 */

import { html } from "hono/html";
import type { NomeDeArquivo } from "../arquivos.ts";
import { type Erros, haErros, resumoDeErros } from "../campos.ts";
import type { Casa, Contexto } from "../casa.ts";
import { emoldura, type Html } from "../moldura.ts";

/** Uma página do paciente. */
export interface PaginaDoPaciente {
  /** A pergunta que faz, ou o que mostra: é o título da janela e o da página. */
  readonly titulo: string;
  /** O que vem depois do título. */
  readonly corpo: Html;
  /** O que vem antes dele: um recado. */
  readonly antes?: Html | "";
  /** Aonde leva o "voltar"; sem isto, não há. */
  readonly volta?: string;
  /** O que está mal no formulário: o título da janela começa por dizê-lo, e o resumo vem antes de tudo. */
  readonly erros?: Erros;
  /** O código HTTP; se não se diz, 200, ou 422 se algo está mal. */
  readonly codigo?: number;
  /** Os scripts dela. */
  readonly arquivos?: readonly NomeDeArquivo[];
}

/** Faz uma. */
export function mostra(
  casa: Casa,
  c: Contexto,
  { titulo, corpo, antes = "", volta, erros = {}, codigo, arquivos = [] }: PaginaDoPaciente,
): Promise<Response> {
  const { p, p: { comum, paciente } } = c.var;
  const mal = haErros(erros);
  return emoldura(casa, c, {
    titulo: mal ? `${paciente.erro} ${titulo}` : titulo,
    face: "paciente",
    codigo: codigo ?? (mal ? 422 : 200),
    arquivos: ["paciente.css", ...arquivos],
    corpo: html`
      ${volta === undefined ? "" : html`
        <p class="volta nao-se-imprime"><a href="${volta}">${comum.voltar}</a></p>
      `} ${antes}${resumoDeErros(p, { forma: "", erros })}
      <h1>${titulo}</h1>
      ${corpo}
    `,
  });
}

/** Um recado no alto da página. */
export function recado(texto: string, tom: "" | "de-aviso" | "de-erro" = ""): Html {
  return html`
    <div class="recado ${tom}" role="status">
      <p>${texto}</p>
    </div>
  `;
}

/** O que se sabe, em pares; os vazios não se mostram. */
export function dados(pares: readonly (readonly [o_que: string, valor: string | Html])[]): Html {
  return html`
    <dl class="dados">
      ${pares.filter(([, valor]) => valor !== "").map(([o_que, valor]) =>
        html`
          <div>
            <dt>${o_que}</dt>
            <dd>${valor}</dd>
          </div>
        `
      )}
    </dl>
  `;
}

/** Um caminho que se pode tomar. */
export interface Caminho {
  /** Aonde leva. */
  readonly para: string;
  /** O que é. */
  readonly nome: string;
  /** O que mais se diz dele. */
  readonly mais?: string;
}

/** Caminhos, grandes, um por linha. */
export function caminhos(lista: readonly Caminho[]): Html {
  return html`
    <ul class="caminhos">
      ${lista.map(({ para, nome, mais }) =>
        html`
          <li><a class="caminho" href="${para}"><strong>${nome}</strong>${mais === undefined ? "" : html`
            <span>${mais}</span>
          `}</a></li>
        `
      )}
    </ul>
  `;
}

/** O endereço de uma página, com o que já se escolheu; o que não se diz não vai. */
export function endereco(caminho: string, escolhido: Readonly<Record<string, string | number | undefined>>): string {
  const pares = Object.entries(escolhido).flatMap(([nome, valor]) => valor === undefined ? [] : [[nome, `${valor}`]]);
  return pares.length === 0 ? caminho : `${caminho}?${new URLSearchParams(pares)}`;
}
