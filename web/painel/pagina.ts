/**
 * A página do dia: o que está à volta da grelha. Os pedaços que mudam ao vivo vêm já desenhados (`mostrador.ts`).
 *
 * @module
 */

import { html, raw } from "hono/html";
import type { Agendamento } from "../../clinica/agendamento.ts";
import { pode } from "../../clinica/permissao.ts";
import { diaEMes, diaPorExtenso, maisDias } from "../datas.ts";
import type { Html } from "../moldura.ts";
import type { Palavras } from "../palavras/pt.ts";
import { nomeDe } from "./atos.ts";
import { caminhoDe, celula, grelha, idDaCelula, type Mostra } from "./grelha.ts";
import { caminhoDeMudar, PARTES } from "./lado.ts";
import type { Desenho, ParaQuem } from "./mostrador.ts";

/** O que a página diz além do dia. */
export interface AlemDoDia {
  /** O ponto do fluxo desde que a página segue o que muda. */
  readonly desde: string;
  /** Quem se está a mudar. */
  readonly muda?: Agendamento;
  /** O que se acabou de fazer. */
  readonly feito?: string;
}

/** A página. */
export function pagina(
  { p, quem, lingua }: ParaQuem,
  { dia, celulas, partes, estrutura }: Desenho,
  { desde, muda, feito }: AlemDoDia,
): Html {
  const { data, hoje, agora } = dia;
  const aqui = (qual: string): string => muda === undefined ? `/painel?data=${qual}` : caminhoDeMudar(muda, qual);
  const tabela = muda === undefined
    ? grelha({ dia, p }, celulas)
    : grelha({ dia, p, muda }, comMudanca({ dia, p, muda }));
  return html`
    <div id="dia" data-data="${data}" data-hoje="${hoje}" data-estrutura="${estrutura}" data-desde="${desde}"
      data-agora="${agora}" data-minuto="${dia.minuto ?? ""}" data-palavras="${JSON.stringify(
        palavrasDoScript(p),
      )}" ${muda === undefined ? "" : html`
        data-a-mudar
      `}${pode(quem, "REMARC")
        ? html`
          data-move
        `
        : ""}${pode(quem, "AGEND")
        ? html`
          data-marca
        `
        : ""}>
      <div class="cabeca">
        <h1>${diaPorExtenso(data, lingua)}${data === hoje
          ? html`
            <span class="hoje">${p.mesa.hoje}</span>
          `
          : ""}</h1>
        <nav class="datas" aria-label="${p.mesa.campos.data}">
          <a class="botao segundo" href="${aqui(maisDias(data, -1))}" rel="prev" aria-label="${p.dia.anterior}">‹</a>
          <form method="get" action="/painel"><label class="so-leitor" for="data">${p.mesa.campos
            .data}</label><input type="date" id="data" name="data" value="${data}" required>${muda === undefined
            ? ""
            : html`<input type="hidden" name="muda" value="${muda.numero}"><input type="hidden" name="de" value="${muda.data}">`}<button class="botao segundo">${p
            .dia.ir}</button></form>
          <a class="botao segundo" href="${aqui(maisDias(data, 1))}" rel="next" aria-label="${p.dia.seguinte}">›</a>
          ${data === hoje ? "" : html`<a class="botao segundo" href="${aqui(hoje)}">${p.dia.irAHoje}</a>`}
          <a class="botao segundo" href="/painel/imprimir?data=${data}">${p.dia.imprimir}</a>
        </nav>
        <div id="recado" role="status">${feito === undefined ? "" : html`<p class="recado">${feito}</p>`}</div>
        <div id="contas" data-marca="${partes.contas.marca}">${raw(partes.contas.html)}</div>
        <p id="ligacao" role="status" hidden></p>
      </div>
      ${muda === undefined ? "" : html`
        <div class="recado de-aviso">
          <p>${p.dia.aMudar(
            nomeDe(muda),
            `${diaEMes(muda.data)} ${muda.hora}`,
          )} <a href="/painel?data=${muda.data}#n${muda.numero}">${p.dia.desistir}</a></p>
        </div>
      `}
      ${dia.fechado && dia.quadro.colunas.length > 0 ? html`<p class="recado de-aviso">${p.dia.diaFechado}</p>` : ""}
      <div class="corpo">
        <div class="rolo" id="rolo" role="region" aria-label="${p.dia.grelha}" tabindex="0">${muda === undefined
          ? tabela
          : html`
            <form method="post"
              action="${caminhoDe(
                muda,
              )}"><input type="hidden" name="ato" value="REMARC"><input type="hidden" name="versao" value="${muda
                .versao}"><input type="hidden" name="dia" value="${data}">${tabela}</form>
          `}</div>
        <aside class="lado" aria-label="${p.dia.lado}">
          <section id="escolhido" hidden></section>
          ${PARTES.filter((qual) => qual !== "contas").map((qual) =>
            html`<section id="${qual}" data-marca="${partes[qual].marca}">${raw(partes[qual].html)}</section>`
          )}
        </aside>
      </div>
      ${muda === undefined ? teclas(p) : ""}
    </div>
  `;
}

/** As células de um dia em que as horas livres servem para mudar alguém. */
function comMudanca(mostra: Mostra): ReadonlyMap<string, string> {
  return new Map(
    mostra.dia.quadro.colunas.flatMap((coluna, i) =>
      coluna.celulas.map((uma) => [idDaCelula(i, uma), String(celula(mostra, coluna, uma))] as const)
    ),
  );
}

/** As teclas, como o terminal as diz. */
function teclas(p: Palavras): Html {
  return html`
    <details class="teclas nao-se-imprime">
      <summary>${p.dia.teclas}</summary>
      <p>${p.dia.teclasExplica}</p>
      <dl>${TECLAS.map((tecla) =>
        html`
          <div>
            <dt><kbd>${tecla}</kbd></dt>
            <dd>${p.dia.teclasDe[tecla]}</dd>
          </div>
        `
      )}</dl>
    </details>
  `;
}

const TECLAS = ["C", "P", "H", "A", "S", "F", "O", "X", "D", "R", "M", "N", "E", "L", "T", "/", "Enter"] as const;

/** O que o script diz por si, sem perguntar ao servidor. */
function palavrasDoScript(p: Palavras): Readonly<Record<string, string>> {
  return {
    semVivo: p.dia.semVivo,
    voltou: p.dia.voltou,
    pegou: p.dia.pegou("{nome}"),
    naoDaqui: p.dia.naoDaqui,
    largou: p.dia.largou,
    escolha: p.dia.escolha,
    falhou: p.dia.falhou,
    saiu: p.dia.saiu,
    entra: p.entrar.entra,
    fechar: p.dia.fecharPainel,
    mudouAgora: p.dia.mudouAgora("{quem}", "{situacao}"),
    verAgora: p.dia.verAgora,
    mudarDeVolta: p.dia.mudarDeVolta,
    ha: p.dia.esperaHa(0).replace("0", "{minutos}"),
  };
}
