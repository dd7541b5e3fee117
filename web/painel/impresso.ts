/**
 * O dia em papel: uma lista por quem atende, que se lê sem tela. Cabe em A4, e quem atende começa sempre inteiro.
 *
 * @module
 */

import { html } from "hono/html";
import { agendaDe, conta } from "../../clinica/agendamento.ts";
import { formatarCpf, formatarTelefone, inofensivo } from "../../clinica/texto.ts";
import type { Html } from "../moldura.ts";
import { type Mostra, nomeDaColuna } from "./grelha.ts";

/** A lista de cada um. */
export function impresso({ dia, p }: Mostra, titulo: string): Html {
  const { clinica, quadro, lista } = dia;
  const marcados = Map.groupBy(lista.filter(conta).toSorted((a, b) => a.hora < b.hora ? -1 : 1), agendaDe);
  return html`
    <h1>${titulo}</h1>
    <p class="nao-se-imprime"><a href="/painel?data=${dia.data}">${p.dia.voltarAoDia}</a></p>
    ${quadro.colunas.map((coluna) => {
      const dela = marcados.get(coluna.agenda) ?? [];
      const onde = coluna.locais.map((um) => inofensivo(um)).join(", ");
      return html`<section class="folha"><h2><bdi>${nomeDaColuna(dia, coluna)}</bdi>${
        onde === "" ? "" : html`
          <small><bdi>${onde}</bdi></small>
        `
      }</h2>${
        dela.length === 0 ? html`<p>${p.dia.semNinguem}</p>` : html`
          <table>
            <thead>
              <tr>
                <th scope="col">${p.dia.hora}</th>
                <th scope="col">${p.mesa.campos.nome}</th>
                <th scope="col">${p.mesa.campos.cpf}</th>
                <th scope="col">${p.mesa.campos.telefone}</th>
                <th scope="col">${p.mesa.campos.situacao}</th>
                <th scope="col">${p.mesa.campos.nota}</th>
              </tr>
            </thead>
            <tbody>${dela.map((um) =>
              html`
                <tr class="s-${um.situacao}">
                  <td>${um.hora}</td>
                  <td><bdi>${inofensivo(um.nome)}</bdi>${coluna.especialidades.length > 1
                    ? html`<br><small><bdi>${inofensivo(clinica.nomeDe(um.especialidade))}</bdi></small>`
                    : ""}</td>
                  <td>${formatarCpf(um.cpf)}</td>
                  <td>${formatarTelefone(um.telefone)}</td>
                  <td>${p.mesa.situacoes[um.situacao]}${um.senha === "" ? "" : ` ${um.senha}`}${um.prioridade === 0
                    ? ""
                    : `, ${p.mesa.prioridades[um.prioridade]}`}${um.encaixe ? `, ${p.mesa.encaixe}` : ""}</td>
                  <td><bdi>${inofensivo(um.nota)}</bdi></td>
                </tr>
              `
            )}</tbody>
          </table>
        `
      }</section>`;
    })}
  `;
}
