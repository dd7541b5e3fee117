/**
 * Uma tabela do painel, que num telefone se lê linha a linha.
 *
 * @module
 */

import { html, raw } from "hono/html";
import type { Html } from "../moldura.ts";

/** O que pode ir numa célula. */
export type Celula = Html | string | number;

/** Uma tabela. */
export interface Tabela {
  /** O que é, para quem não a vê inteira. */
  readonly legenda: string;
  /** Os títulos. */
  readonly colunas: readonly Celula[];
  /** Os mesmos só em texto, para um telefone, que os repete em cada linha; sem isto, os títulos. */
  readonly rotulos?: readonly string[];
  /** As linhas; a primeira célula é o nome de cada uma. */
  readonly linhas: readonly (readonly Celula[])[];
  /** A legenda já se lê por cima: fica só para quem não vê. */
  readonly discreta?: boolean;
  /** Mais uma classe. */
  readonly classe?: string;
}

/** Com os papéis por extenso: num telefone as linhas são blocos, e sem eles deixava de ser uma tabela. */
export function tabela({ legenda, colunas, rotulos, linhas, discreta = false, classe = "" }: Tabela): Html {
  const titulos = rotulos ?? colunas;
  return html`
    <table class="empilha ${classe}" role="table">
      <caption${raw(discreta ? ' class="so-leitor"' : "")}>${legenda}</caption>
      <thead role="rowgroup">
        <tr role="row">${colunas.map((titulo) =>
          html`
            <th role="columnheader" scope="col">${titulo}</th>
          `
        )}</tr>
      </thead>
      <tbody role="rowgroup">
        ${linhas.map(([nome, ...celulas]) =>
          html`
            <tr role="row"><th role="rowheader" scope="row">${nome}</th>${celulas.map((celula, i) =>
              html`
                <td role="cell" class="${celula === "" ? "vazia" : ""}"><span class="de" aria-hidden="true">${titulos[
                  i + 1
                ]}</span><div>${celula}</div></td>
              `
            )}</tr>
          `
        )}
      </tbody>
    </table>
  `;
}
