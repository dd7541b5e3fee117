/**
 * Escolher um dia e uma hora, uma pergunta por página: o que se escolheu está no endereço, que não traz nada de ninguém. Servem-se
 * disto quem marca e quem muda.
 *
 * @module
 */

import { html } from "hono/html";
import type { Contexto } from "../casa.ts";
import { diaDaSemana, diaDoMes } from "../datas.ts";
import type { Html } from "../moldura.ts";
import type { DiaComHoras, Quando } from "./livres.ts";
import { escreveQuando } from "./livres.ts";
import { caminhos } from "./pagina.ts";

/** Dias que se mostram de cada vez. */
const DIAS_POR_PAGINA = 10;

/** O que se acrescenta ao endereço. */
export interface Passo {
  /** A data que se escolheu. */
  readonly data?: string;
  /** A hora. */
  readonly hora?: string;
  /** A partir de que data se mostram os dias. */
  readonly desde?: string;
}

/** O endereço do passo seguinte. */
export type Liga = (passo: Passo) => string;

/** Os dias que têm horas, a partir de um. */
export function escolheDia(
  { var: { lingua, p: { marcar } } }: Contexto,
  dias: readonly DiaComHoras[],
  { desde, liga }: { readonly desde: string | undefined; readonly liga: Liga },
): Html {
  const daqui = desde === undefined ? dias : dias.filter(({ data }) => data >= desde);
  const mostrados = daqui.slice(0, DIAS_POR_PAGINA);
  const seguinte = daqui.at(DIAS_POR_PAGINA)?.data;
  return html`
    ${caminhos(mostrados.map(({ data, horas }) => ({
      para: liga({ data }),
      nome: diaDoMes(data, lingua),
      mais: `${diaDaSemana(data, lingua, { inteiro: true })} · ${marcar.quantas(horas.length)}`,
    })))}
    <p class="botoes">
      ${daqui.length === dias.length ? "" : html`
        <a class="botao segundo" href="${liga({})}">${marcar.primeirosDias}</a>
      `} ${seguinte === undefined ? "" : html`
        <a class="botao segundo" href="${liga({ desde: seguinte })}">${marcar.maisDias}</a>
      `}
    </p>
  `;
}

/** A primeira hora da tarde. */
const MEIO_DIA = "12:00";

/** As horas de um dia, de manhã e de tarde. */
export function escolheHora(
  { var: { p: { marcar } } }: Contexto,
  { data, horas }: DiaComHoras,
  liga: Liga,
): Html {
  const partes = [
    [marcar.manha, horas.filter((hora) => hora < MEIO_DIA)],
    [marcar.tarde, horas.filter((hora) => hora >= MEIO_DIA)],
  ] as const;
  return html`
    ${partes.filter(([, delas]) => delas.length > 0).map(([nome, delas]) =>
      html`
        <h2>${nome}</h2>
        <ul class="horas">
          ${delas.map((hora) =>
            html`
              <li><a class="botao segundo" href="${liga({ data, hora })}">${hora}</a></li>
            `
          )}
        </ul>
      `
    )}
  `;
}

/** As horas que se oferecem em vez da que se foi: cada uma é um botão do formulário em que estão. */
export function botoesDeHoras({ var: { lingua, p: { paciente } } }: Contexto, horas: readonly Quando[]): Html {
  return html`
    <ul class="caminhos">
      ${horas.map((quando) =>
        html`
          <li><button class="caminho" name="quando" value="${escreveQuando(quando)}"><strong>${paciente.diaEHora(
            diaDoMes(quando.data, lingua),
            quando.hora,
          )}</strong><span>${diaDaSemana(quando.data, lingua, { inteiro: true })}</span></button></li>
        `
      )}
    </ul>
  `;
}
