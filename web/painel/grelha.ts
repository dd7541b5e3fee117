/**
 * A grelha do dia: uma tabela de verdade, com quem atende em colunas e o tempo para baixo. Lê-se sem estilo nem script, e cada
 * coisa em que se toca é uma ligação ou um botão.
 *
 * Cada célula tem um nome (`idDaCelula`) e desenha-se à parte, igual na página e no evento que a troca.
 *
 * @module
 */

import { html, raw } from "hono/html";
import { agendaDe, type Agendamento } from "../../clinica/agendamento.ts";
import { alcanca } from "../../clinica/excecao.ts";
import { hora as escreveHora, minutoDoDia } from "../../clinica/oferta.ts";
import { podePedir } from "../../clinica/permissao.ts";
import { inofensivo } from "../../clinica/texto.ts";
import { dataEHora, diaEMes } from "../datas.ts";
import type { Html } from "../moldura.ts";
import type { Palavras } from "../palavras/pt.ts";
import type { DiaLido } from "./leitura.ts";
import type { Celula, Coluna, Item } from "./quadro.ts";

/** Um dia lido, e em que língua se mostra. */
export interface Mostra {
  /** O dia. */
  readonly dia: DiaLido;
  /** As palavras. */
  readonly p: Palavras;
  /** Quem se está a mudar: as horas livres que lhe servem são botões que o levam. */
  readonly muda?: Agendamento;
}

/** O nome de uma célula na página. */
export function idDaCelula(coluna: number, { inicio }: Celula): string {
  return `c${coluna}-${inicio}`;
}

/** O que da grelha não se troca célula a célula: as colunas, as linhas e o que cada célula abrange. */
export function estruturaDe({ quadro: { colunas, minutos } }: DiaLido): string {
  const celulas = colunas.map(({ agenda, especialidades, locais, celulas }) => [
    ...[agenda, especialidades, locais],
    celulas.map(({ inicio, fim }) => [inicio, fim]),
  ]);
  return JSON.stringify([celulas, minutos]);
}

/** A grelha inteira. */
export function grelha(mostra: Mostra, celulas: ReadonlyMap<string, string>): Html {
  const { dia, p } = mostra;
  const { quadro: { colunas, minutos } } = dia;
  if (colunas.length === 0) return html`<p class="nada">${dia.fechado ? p.dia.diaFechado : p.dia.diaSemNada}</p>`;
  const porLinha = colunas.map((coluna, i) => abrangencias(coluna, i, minutos));
  const linhas = minutos.slice(0, -1).map((minuto, i) => {
    const quem = porLinha.map((linhas) => linhas.get(i));
    const vazia = porLinha.every((linhas) => !tomada(linhas, i));
    return html`<tr class="m${altura(minutos[i + 1] - minuto)}${vazia ? " pausa" : ""}" data-de="${minuto}" data-ate="${
      minutos[i + 1]
    }">${marcaDaHora(mostra, minuto, minutos[i + 1])}${
      quem.map((uma) => uma === undefined ? "" : celulaOuVazio(uma, celulas))
    }</tr>`;
  });
  return html`
    <table class="grelha n${colunas.length}" id="grelha">
      <caption class="so-leitor">${p.dia.grelha}</caption>
      <colgroup>
        <col class="coluna-da-hora">
      </colgroup>
      <thead>
        <tr><th scope="col" class="hora">${p.dia.hora}</th>${colunas.map((uma) => cabeca(mostra, uma))}</tr>
      </thead>
      <tbody>${linhas}</tbody>
    </table>
  `;
}

// ------------------------------------------------------------------------------------------------------ as linhas

/** De uma linha e uma coluna: o que ali começa, e quantas linhas toma; sem célula, é um vazio. */
interface Abrangencia {
  readonly linhas: number;
  readonly celula?: Celula;
  readonly id: string;
}

function abrangencias({ celulas }: Coluna, coluna: number, minutos: readonly number[]): Map<number, Abrangencia> {
  const feitas = new Map<number, Abrangencia>();
  const linhaDe = (minuto: number): number => minutos.indexOf(minuto);
  let seguinte = 0;
  const vazio = (ate: number): void => {
    if (ate > seguinte) feitas.set(seguinte, { linhas: ate - seguinte, id: "" });
  };
  for (const celula of celulas) {
    const [de, ate] = [linhaDe(celula.inicio), linhaDe(celula.fim)];
    vazio(de);
    feitas.set(de, { linhas: ate - de, celula, id: idDaCelula(coluna, celula) });
    seguinte = ate;
  }
  vazio(minutos.length - 1);
  return feitas;
}

function tomada(linhas: ReadonlyMap<number, Abrangencia>, linha: number): boolean {
  for (let i = linha; i >= 0; i--) {
    const uma = linhas.get(i);
    if (uma !== undefined) return uma.celula !== undefined;
  }
  return false;
}

/** A altura de uma linha, em degraus de 5 minutos: cada um é uma classe do estilo. */
function altura(minutos: number): number {
  return Math.min(Math.ceil(minutos / 5) * 5, 60);
}

function celulaOuVazio({ linhas, celula, id }: Abrangencia, celulas: ReadonlyMap<string, string>): Html {
  if (celula === undefined) return html`<td class="fora" rowspan="${linhas}"></td>`;
  return html`<td id="${id}" class="celula" rowspan="${linhas}">${raw(celulas.get(id) ?? "")}</td>`;
}

/** A hora de uma linha, e a marca do agora se ele lhe cai dentro. */
function marcaDaHora({ dia, p }: Mostra, de: number, ate: number): Html {
  const { minuto: agora } = dia;
  const aqui = agora !== undefined && agora >= de && agora < ate;
  const decimo = aqui ? Math.floor(10 * (agora - de) / (ate - de)) : 0;
  return html`<th scope="row" class="hora${aqui ? ` agora d${decimo}` : ""}">${escreveHora(de)}${
    aqui
      ? html`
        <span id="agora"><span class="so-leitor">${p.dia.agora} </span>${escreveHora(agora)}</span>
      `
      : ""
  }</th>`;
}

// ------------------------------------------------------------------------------------------------------ as colunas

/** Como se diz quem é de uma coluna: quem atende ou, sem nome, a especialidade. */
export function nomeDaColuna({ clinica }: DiaLido, { profissional, especialidades }: Coluna): string {
  return inofensivo(profissional === "" ? clinica.nomeDe(especialidades[0]) : clinica.profissionalDe(profissional));
}

function cabeca({ dia, p, muda }: Mostra, coluna: Coluna): Html {
  const { clinica, data, quem } = dia;
  const nome = nomeDaColuna(dia, coluna);
  const onde = [
    ...coluna.profissional === "" ? [] : coluna.especialidades.map((uma) => clinica.nomeDe(uma)),
    ...coluna.locais,
  ].map((um) => inofensivo(um)).join(" · ");
  const encaixa = muda === undefined && coluna.encaixa && data >= dia.hoje &&
    podePedir(quem, { comando: "AGEND", cpf: "", nome: "", especialista: "", data, dia: "", encaixe: true });
  return html`<th scope="col"><bdi>${nome}</bdi>${onde === "" ? "" : html`<small><bdi>${onde}</bdi></small>`}${
    coluna.deFora ? html`<small class="aviso">${p.dia.foraDaSemana}</small>` : ""
  }${
    encaixa
      ? html`<a class="encaixar" href="${
        caminhoDeMarcar({
          data,
          profissional: coluna.profissional,
          especialidade: coluna.especialidades[0],
          encaixe: true,
        })
      }">+ ${p.dia.encaixar}<span class="so-leitor"> ${p.dia.encaixarCom(nome)}</span></a>`
      : ""
  }</th>`;
}

/** O que se sabe de uma hora que se vai marcar. */
export interface OndeMarcar {
  /** `"aaaa-mm-dd"`. */
  readonly data: string;
  /** A chave de quem atende; `""` se a especialidade não o nomeia. */
  readonly profissional: string;
  /** A chave da especialidade. */
  readonly especialidade: string;
  /** `"HH:MM"`. */
  readonly hora?: string;
  /** É um encaixe. */
  readonly encaixe?: boolean;
}

/** O endereço do formulário de marcar: nada nele é de um paciente. */
export function caminhoDeMarcar({ data, profissional, especialidade, hora, encaixe }: OndeMarcar): string {
  const campos = new URLSearchParams({ data, especialidade, profissional });
  if (hora !== undefined) campos.set("hora", hora);
  if (encaixe) campos.set("encaixe", "sim");
  return `/painel/marcar?${campos}`;
}

/** O endereço de um agendamento. */
export function caminhoDe({ numero, data }: Pick<Agendamento, "numero" | "data">): string {
  return `/painel/agendamento/${numero}?data=${data}`;
}

// ------------------------------------------------------------------------------------------------------ as células

/** O que uma célula tem dentro. */
export function celula(mostra: Mostra, coluna: Coluna, { inicio, fim, itens, encaixes }: Celula): Html {
  const fechada = itens.some(({ tipo }) => tipo === "fechada");
  const dentro = itens.filter(({ tipo }) => tipo !== "fechada").map((item) => desenhado(mostra, coluna, item));
  const { p } = mostra;
  const sozinha = fechada && dentro.length + encaixes.length === 0;
  const motivo = fechada ? motivoDoFecho(mostra.dia, coluna, { inicio, fim }) : "";
  return html`<div class="${fechada ? "fechada" : "aberta"}">${
    fechada
      ? html`<span class="fechado">${sozinha ? `${escreveHora(inicio)}–${escreveHora(fim)} ` : ""}${p.dia.fechado}${
        motivo === "" ? "" : html`: <bdi>${inofensivo(motivo)}</bdi>`
      }</span>`
      : ""
  }${dentro}${encaixes.map((um) => marcado(mostra, um))}</div>`;
}

/** Por que se fechou, se se disse. */
export function motivoDoFecho(
  { excecoes }: DiaLido,
  { profissional, especialidades }: Coluna,
  { inicio, fim }: Pick<Celula, "inicio" | "fim">,
): string {
  return excecoes.find((uma) =>
    uma.tipo === "FECHA" && uma.motivo !== "" && uma.inicio < fim && uma.fim > inicio &&
    especialidades.some((especialidade) => alcanca(uma, especialidade, profissional))
  )?.motivo ?? "";
}

function desenhado(mostra: Mostra, coluna: Coluna, item: Item): Html {
  const { dia, p } = mostra;
  switch (item.tipo) {
    case "marcado":
      return marcado(mostra, item.um);
    case "livre":
      return livre(mostra, coluna, item);
    case "segurada":
      return html`<a class="segurada" href="/painel/espera"><span class="hora">${item.convite.hora}</span>
        <bdi class="nome">${inofensivo(item.espera.nome)}</bdi>
        <span class="marcas"><span class="situacao">${
        p.dia.segurada(horaLocal(dia, item.convite.terminouEm))
      }</span></span></a>`;
    case "vazia":
      return html`<span class="vazia"><span class="hora">${item.hora}</span> ${p.dia.semNinguem}</span>`;
    case "fechada":
      return html``;
  }
}

/** A hora passou e ainda não chegou. */
export function estaAtrasado({ minuto }: DiaLido, { situacao, hora }: Agendamento): boolean {
  return minuto !== undefined && (situacao === "MARCADO" || situacao === "CONFIRMADO") && minutoDoDia(hora) < minuto;
}

/** Um agendamento. */
function marcado({ dia, p, muda }: Mostra, um: Agendamento): Html {
  const { numero, versao, situacao, hora, nome, senha, prioridade, encaixe, especialidade } = um;
  const atrasado = estaAtrasado(dia, um);
  return html`
    <a class="marcado s-${situacao}${numero === muda?.numero ? " a-mudar" : ""}" id="n${numero}" href="${caminhoDe(
      um,
    )}" data-numero="${numero}"
      data-versao="${versao}" data-esp="${especialidade}"
      data-de="${agendaDe(um)} ${hora}"><span class="hora">${hora}</span> <bdi class="nome">${inofensivo(
        nome,
      )}</bdi> <span class="marcas"><span class="situacao">${p.mesa
        .situacoes[situacao]}</span>${senha === "" || dia.data !== um.data ? "" : html`
        <b class="senha">${senha}</b>
      `}${prioridade > 0
        ? html`
          <span class="prioridade">${p.mesa.prioridades[prioridade]}</span>
        `
        : ""}${encaixe
        ? html`
          <span class="encaixe">${p.mesa.encaixe}</span>
        `
        : ""}${atrasado
        ? html`
          <span class="atrasado">${p.dia.atrasado}</span>
        `
        : ""}</span></a>
  `;
}

function livre({ dia, p, muda }: Mostra, coluna: Coluna, { hora, especialidade }: Item & { tipo: "livre" }): Html {
  const { data, quem } = dia;
  const { profissional } = coluna;
  const nome = nomeDaColuna(dia, coluna);
  const dentro = html`<span class="hora">${hora}</span> ${p.dia.livre}`;
  if (muda !== undefined) {
    return muda.especialidade === especialidade
      ? html`
        <button class="livre" name="para"
          value="${hora} ${profissional}">${dentro}<span class="so-leitor">: ${p.dia.mudarPara(nome)}</span></button>
      `
      : html`<span class="livre nao-serve">${dentro}</span>`;
  }
  if (!podePedir(quem, { comando: "AGEND", cpf: "", nome: "", especialista: "", data, dia: "" })) {
    return html`<span class="livre">${dentro}</span>`;
  }
  return html`
    <a class="livre" href="${caminhoDeMarcar({
      data,
      profissional,
      especialidade,
      hora,
    })}" data-esp="${especialidade}" data-para="${hora} ${profissional}">${dentro}<span
        class="so-leitor">: ${p.dia.marcarCom(nome)}</span></a>
  `;
}

/** Um instante gravado, na hora da clínica: `"14:05"`, ou com a data à frente se não é de hoje. */
export function horaLocal({ clinica, hoje }: Pick<DiaLido, "clinica" | "hoje">, instante: string): string {
  const { data, hora } = dataEHora(instante, clinica.oferta.fuso);
  return data === hoje ? hora : `${diaEMes(data)} ${hora}`;
}
