/**
 * O que está ao lado da grelha do dia: quem espera, por ordem de chamar; as horas seguradas e os prazos; quem ficou de fora do
 * que fechou; os cancelados e as faltas; e quantos há de cada coisa. Cada parte desenha-se à parte, igual na página e no evento
 * que a troca.
 *
 * @module
 */

import { html } from "hono/html";
import type { Agendamento, Situacao } from "../../clinica/agendamento.ts";
import { pode, podePedir } from "../../clinica/permissao.ts";
import { movivel } from "../../clinica/remarcar.ts";
import { desfazivel } from "../../clinica/situar.ts";
import { formatarTelefone, inofensivo } from "../../clinica/texto.ts";
import { diaEMes } from "../datas.ts";
import type { Html } from "../moldura.ts";
import { caminhoDe, horaLocal, type Mostra } from "./grelha.ts";

/** As partes, pela ordem em que se mostram; o nome de cada uma é o que tem na página. */
export const PARTES = ["contas", "chamada", "convites", "defora", "riscados"] as const;

/** Uma delas. */
export type Parte = typeof PARTES[number];

/** Desenha uma. */
export function parte(mostra: Mostra, qual: Parte): Html {
  switch (qual) {
    case "contas":
      return contas(mostra);
    case "chamada":
      return chamada(mostra);
    case "convites":
      return convites(mostra);
    case "defora":
      return deFora(mostra);
    case "riscados":
      return riscados(mostra);
  }
}

/** Quantos de cada coisa; de outro dia, só o que há. */
function contas({ dia: { lista, quadro, data, hoje }, p }: Mostra): Html {
  const quantos = (...situacoes: Situacao[]): number =>
    lista.filter(({ situacao }) => situacoes.includes(situacao)).length;
  const livres = quadro.colunas.reduce(
    (soma, { celulas }) => soma + celulas.flatMap(({ itens }) => itens).filter(({ tipo }) => tipo === "livre").length,
    0,
  );
  const ditas = [
    [p.dia.contas.naSala, quantos("CHEGOU", "CHAMADO")],
    [p.dia.contas.porChegar, quantos("MARCADO", "CONFIRMADO")],
    [p.dia.contas.atendidos, quantos("ATENDIDO")],
    [p.dia.contas.faltas, quantos("FALTOU")],
    [p.dia.contas.livres, livres],
  ] as const;
  return html`<p class="contas">${
    ditas.filter(([, n]) => n > 0 || data === hoje).map(([diz, n]) => diz(n)).join(" · ")
  }</p>`;
}

/** Quem chegou, por ordem de chamar, e depois quem foi chamado. */
function chamada(mostra: Mostra): Html {
  const { dia, p } = mostra;
  const esperam = dia.lista.filter(({ situacao }) => situacao === "CHEGOU");
  const chamados = dia.lista.filter(({ situacao }) => situacao === "CHAMADO");
  if (dia.data !== dia.hoje) return html``;
  return html`<h2>${p.dia.chamada}</h2>${
    esperam.length + chamados.length === 0
      ? html`<p class="nada">${p.dia.ninguemEspera}</p>`
      : html`<ol class="chamada">${
        [...esperam, ...chamados].map((um) =>
          html`<li>${quem(mostra, um)}${
            um.situacao === "CHEGOU"
              ? html`<span class="contato"><time datetime="${um.chegouEm}" data-ha>${
                p.dia.esperaHa(minutosDesde(um.chegouEm, dia.agora))
              }</time>${com(mostra, um)}</span>`
              : html`<span class="situacao">${p.mesa.situacoes[um.situacao]}${
                um.local === "" ? "" : html`
                  · <bdi>${inofensivo(um.local)}</bdi>
                `
              }</span>`
          }${botao(mostra, um, um.situacao === "CHEGOU" ? "CHAMADO" : "ATENDIDO")}</li>`
        )
      }</ol>`
  }`;
}

/** Por quem se espera. */
function com({ dia: { clinica } }: Mostra, { profissional }: Agendamento): Html | string {
  if (profissional === "") return "";
  return html`
    · <bdi>${inofensivo(clinica.profissionalDe(profissional))}</bdi>
  `;
}

/** Quanto se esperou, em minutos inteiros. */
function minutosDesde(instante: string, agora: number): number {
  return Math.max(Math.floor((agora - Date.parse(instante)) / 60_000), 0);
}

function quem({ p }: Mostra, um: Agendamento): Html {
  const { nome, senha, prioridade } = um;
  return html`
    <a href="${caminhoDe(um)}" data-vai="${um.numero}">${senha === "" ? "" : html`
      <b class="senha">${senha}</b>
    `}<bdi>${inofensivo(nome)}</bdi>${prioridade > 0
      ? html`
        <span class="prioridade">${p.mesa.prioridades[prioridade]}</span>
      `
      : ""}</a>
  `;
}

/** Um botão que faz uma coisa só, e que sem script é um formulário inteiro. */
function botao({ dia, p }: Mostra, um: Agendamento, ato: "CHAMADO" | "ATENDIDO" | "DESFAZ"): Html {
  const pode = podePedir(dia.quem, { comando: "SITUA", cpf: um.cpf, especialista: "", situacao: ato });
  if (!pode || ato === "DESFAZ" && !desfazivel(dia, um)) return html``;
  return html`
    <form method="post" action="${caminhoDe(um)}"
      class="ato"><input type="hidden" name="versao" value="${um
        .versao}"><button class="pequeno" name="ato" value="${ato}">${p.dia
        .atos[ato]}<span class="so-leitor">: ${inofensivo(um.nome)}</span></button></form>
  `;
}

function convites({ dia, p }: Mostra): Html {
  const { clinica, quem } = dia;
  if (!pode(quem, "FILA")) return html``;
  return html`<h2>${p.dia.convites}</h2>${
    dia.convites.length === 0 ? html`<p class="nada">${p.dia.nenhumaSegurada}</p>` : html`
      <p class="nada">${p.dia.convitesExplica}</p>
      <ul class="convites">${dia.convites.map(({ espera: { nome, telefone, email, especialidade }, convite }) => {
        const { data, hora, profissional, terminouEm } = convite;
        const com = profissional === "" ? clinica.nomeDe(especialidade) : clinica.profissionalDe(profissional);
        const contato = formatarTelefone(telefone) || email;
        return html`<li><bdi>${inofensivo(nome)}</bdi> <span>${diaEMes(data)} ${hora}, <bdi>${
          inofensivo(com)
        }</bdi></span> <span class="prazo">${
          p.mesa.respondeAte(horaLocal(dia, terminouEm))
        }</span> <span class="contato">${
          contato === "" ? p.dia.telefonar : html`<bdi>${inofensivo(contato)}</bdi>`
        }</span></li>`;
      })}</ul>
    `
  }<p><a href="/painel/espera">${p.painel.espera}</a></p>`;
}

function deFora(mostra: Mostra): Html {
  const { dia, p } = mostra;
  if (dia.deFora.length === 0) return html``;
  const move = (um: Agendamento): boolean => pode(dia.quem, "REMARC") && movivel(dia, um);
  return html`
    <h2>${p.dia.deFora} (${dia.deFora.length})</h2>
    <p class="nada">${p.dia.deForaExplica}</p>
    <ul class="defora">${dia.deFora.map(({ um, razao }) =>
      html`<li><span class="hora">${um.hora}</span> ${quem(mostra, um)}<span class="razao">${
        p.mesa.razoes[razao]
      }</span> <span class="contato"><bdi>${inofensivo(formatarTelefone(um.telefone) || um.email)}</bdi></span>${
        move(um)
          ? html`
            <a href="${caminhoDeMudar(um, um.data)}">${p.dia.remarcar}<span class="so-leitor">: ${inofensivo(
              um.nome,
            )}</span></a>
          `
          : ""
      }</li>`
    )}</ul>
  `;
}

/** O dia em que se escolhe a hora nova de um agendamento. */
export function caminhoDeMudar({ numero, data }: Pick<Agendamento, "numero" | "data">, para: string): string {
  return `/painel?data=${para}&muda=${numero}&de=${data}`;
}

function riscados(mostra: Mostra): Html {
  const { dia, p } = mostra;
  const deles = dia.lista.filter(({ situacao }) =>
    situacao === "CANCELADO" || situacao === "FALTOU" || situacao === "SAIU"
  );
  if (deles.length === 0) return html``;
  return html`
    <details>
      <summary>${p.dia.riscados} (${deles.length})</summary>
      <ul class="riscados">${deles.map((um) =>
        html`<li><span class="hora">${um.hora}</span> ${quem(mostra, um)}<span class="situacao">${
          p.mesa.situacoes[um.situacao]
        }</span>${
          um.motivo === "" ? "" : html`
            <span class="motivo"><bdi>${inofensivo(um.motivo)}</bdi></span>
          `
        }${botao(mostra, um, "DESFAZ")}</li>`
      )}</ul>
    </details>
  `;
}
