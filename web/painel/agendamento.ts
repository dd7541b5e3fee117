/**
 * Um agendamento no painel: tudo o que dele se sabe, e um botão por cada coisa que se pode fazer. É uma página inteira sem
 * script, e com ele um pedaço que se abre ao lado do dia.
 *
 * @module
 */

import { html } from "hono/html";
import type { Agendamento, Situacao } from "../../clinica/agendamento.ts";
import { pode } from "../../clinica/permissao.ts";
import { formatarCpf, formatarTelefone, inofensivo } from "../../clinica/texto.ts";
import { EMAIL_MAXIMO, MOTIVO_MAXIMO, NOTA_MAXIMA } from "../../fio/leitores.ts";
import { NOME_MAXIMO } from "../../clinica/texto.ts";
import { type Campo, campo, type Erros, preenchido } from "../campos.ts";
import { dataInteira } from "../datas.ts";
import type { Html } from "../moldura.ts";
import type { Palavras } from "../palavras/pt.ts";
import { type Ato, type AtoDeSituacao, ATOS_DE_SITUACAO, atosDe, nomeDe } from "./atos.ts";
import { caminhoDe, caminhoDeMarcar, horaLocal } from "./grelha.ts";
import { caminhoDeMudar } from "./lado.ts";
import type { DiaLido } from "./leitura.ts";

/** A tecla de cada ato, a do terminal. */
const TECLAS: { readonly [A in AtoDeSituacao]: string } = {
  CHEGOU: "C",
  CHAMADO: "H",
  ATENDIDO: "A",
  CONFIRMADO: "O",
  SAIU: "S",
  FALTOU: "F",
  DESFAZ: "D",
  CANCELADO: "X",
};

/** O que mais se faz a quem está em cada situação: vem primeiro, e é o botão cheio. */
const PRINCIPAL: { readonly [S in Situacao]?: AtoDeSituacao } = {
  MARCADO: "CHEGOU",
  CONFIRMADO: "CHEGOU",
  CHEGOU: "CHAMADO",
  CHAMADO: "ATENDIDO",
};

/** O que se acabou de pedir, e não se fez: o que se tinha escrito fica. */
export interface Escrito {
  /** O que se pediu. */
  readonly ato: string;
  /** De que versão fala quem repetir: a de então, e quem mudou entretanto não se sobrepõe; ou a que já se lhe disse. */
  readonly versao: string;
  /** O valor de cada campo. */
  readonly campos: (nome: string) => string;
  /** Os que não servem. */
  readonly erros: Erros;
}

/** Como se mostra um agendamento. */
export interface MostraUm {
  /** Quem pede, e a clínica. */
  readonly dia: Pick<DiaLido, "clinica" | "agora" | "hoje" | "quem">;
  /** As palavras. */
  readonly p: Palavras;
  /** O agendamento. */
  readonly um: Agendamento;
  /** O que se tinha escrito. */
  readonly escrito?: Escrito;
}

/** O agendamento e o que dele se pode fazer. */
export function agendamento(mostra: MostraUm): Html {
  const { dia, um } = mostra;
  const atos = atosDe(dia, um);
  return html`
    <div class="um" data-numero="${um.numero}" data-versao="${um.versao}">
      <h2 id="quem-e" tabindex="-1"><bdi>${nomeDe(um)}</bdi></h2>
      ${dados(mostra)} ${deSituacao(mostra, atos)} ${outros(mostra, atos)}
    </div>
  `;
}

function dados({ dia, p, um }: MostraUm): Html {
  const { clinica, quem } = dia;
  const com = um.profissional === "" ? "" : `${clinica.profissionalDe(um.profissional)}, `;
  const linhas: readonly (readonly [string, string])[] = [
    [p.mesa.campos.situacao, `${p.mesa.situacoes[um.situacao]}${um.encaixe ? ` · ${p.mesa.encaixe}` : ""}`],
    [
      p.mesa.campos.quando,
      `${dataInteira(um.data)} ${um.hora}, ${p.dia.minutos(um.minutos)}`,
    ],
    [p.mesa.campos.comQuem, `${com}${clinica.nomeDe(um.especialidade)}`],
    [p.mesa.campos.onde, clinica.localDe(um)],
    [p.mesa.campos.senha, um.senha],
    [p.mesa.campos.prioridade, um.prioridade === 0 ? "" : p.mesa.prioridades[um.prioridade]],
    [p.mesa.campos.chegada, um.chegouEm === "" ? "" : horaLocal(dia, um.chegouEm)],
    [p.mesa.campos.chamadas, um.chamadas === 0 ? "" : String(um.chamadas)],
    [p.mesa.campos.motivo, um.motivo],
    [p.mesa.campos.nota, um.nota],
    [p.mesa.campos.telefone, formatarTelefone(um.telefone)],
    [p.mesa.campos.email, um.email],
    [p.mesa.campos.cpf, formatarCpf(um.cpf)],
    // Como no fio: quem trata do agendamento vê o código, e quem só atende não.
    [p.mesa.campos.codigo, pode(quem, "CORRIGE") ? um.codigo.replace(/(.{4})(?=.)/, "$1-") : ""],
  ];
  return html`<dl class="dados">${
    linhas.filter(([, valor]) => valor !== "").map(([nome, valor]) =>
      html`
        <div>
          <dt>${nome}</dt>
          <dd><bdi>${inofensivo(valor)}</bdi></dd>
        </div>
      `
    )
  }</dl>`;
}

// ------------------------------------------------------------------------------------------------------ os formulários

/** O começo de um formulário: para onde vai, e a versão que se tem à frente. */
function formulario({ um, escrito }: MostraUm, classe: string, dentro: Html): Html {
  const versao = escrito?.versao || String(um.versao);
  return html`
    <form method="post" action="${caminhoDe(um)}"
      class="${classe}"><input type="hidden" name="versao" value="${versao}">${dentro}</form>
  `;
}

function deSituacao(mostra: MostraUm, atos: ReadonlySet<Ato>): Html {
  const { p, um } = mostra;
  const principal = PRINCIPAL[um.situacao];
  const ordem = principal === undefined ? ATOS_DE_SITUACAO : [...new Set([principal, ...ATOS_DE_SITUACAO])];
  const botoes = ordem.filter((ato) => atos.has(ato) && ato !== "CANCELADO").map((ato) => {
    const rotulo = ato === "CHAMADO" && um.situacao === "CHAMADO"
      ? p.dia.chamarDeNovo
      : ato === "CHEGOU" && um.situacao === "CHAMADO"
      ? p.dia.voltaAEsperar
      : p.dia.atos[ato];
    const classe = ato === principal ? "botao" : "botao segundo";
    return html`<button class="${classe}" name="ato" value="${ato}">${rotulo} <kbd>${TECLAS[ato]}</kbd></button>`;
  });
  if (botoes.length === 0) return html``;
  const comPrioridade = atos.has("CHEGOU") && um.situacao !== "CHAMADO" && pode(mostra.dia.quem, "AGEND");
  return html`${formulario(mostra, "atos", html`${botoes}`)}${
    comPrioridade
      ? formulario(
        mostra,
        "atos com-prioridade",
        html`
          <select name="prioridade" aria-label="${p.dia.prioridade}">${[1, 2, 3, 4].map((uma) =>
            html`<option value="${uma}">${p.mesa.prioridades[uma]}</option>`
          )}</select><button class="botao segundo" name="ato"
            value="CHEGOU">${p.dia.chegouCom} <kbd>P</kbd></button>
        `,
      )
      : ""
  }`;
}

function outros(mostra: MostraUm, atos: ReadonlySet<Ato>): Html {
  const { dia, p, um, escrito } = mostra;
  const ligacoes = [
    atos.has("REMARC")
      ? html`<a class="botao segundo" href="${
        caminhoDeMudar(um, um.data)
      }" data-tecla="R">${p.dia.remarcar} <kbd>R</kbd></a>`
      : "",
    pode(dia.quem, "AGEND") && um.data >= dia.hoje
      ? html`<a class="botao segundo" href="${
        caminhoDeMarcar({ ...um, encaixe: true })
      }" data-tecla="N">${p.dia.encaixar} <kbd>N</kbd></a>`
      : "",
  ];
  return html`<p class="botoes">${ligacoes}</p>${escrito?.ato === "REMARC" ? remarcarComMotivo(mostra) : ""}${
    atos.has("CANCELADO") || escrito?.ato === "CANCELADO" ? cancelar(mostra) : ""
  }${atos.has("CORRIGE") ? corrigir(mostra) : ""}${
    pode(dia.quem, "HISTORIA")
      ? html`
        <form method="post" action="/painel/pacientes"
          class="historia"><input type="hidden" name="procura" value="${um.cpf}"><button class="ligacao">${p.mesa
            .verHistoria}</button></form>
      `
      : ""
  }`;
}

function aberto({ escrito }: MostraUm, ato: Ato): Html {
  return escrito?.ato === ato ? html`open` : html``;
}

function cancelar(mostra: MostraUm): Html {
  const { p, um } = mostra;
  return html`<details class="cancelar" ${
    aberto(mostra, "CANCELADO")
  }><summary>${p.dia.atos.CANCELADO} <kbd>X</kbd></summary>${
    formulario(
      mostra,
      "campos",
      html`<p>${p.dia.cancelarDe(nomeDe(um))}</p>${
        umCampo(mostra, "CANCELADO", {
          nome: "motivo",
          rotulo: p.mesa.campos.motivo,
          dica: p.dia.motivoDica,
          maximo: MOTIVO_MAXIMO,
        })
      }<button class="botao perigo" name="ato" value="CANCELADO">${p.dia.atos.CANCELADO}</button>`,
    )
  }</details>`;
}

/** Só depois de recusado por uma regra, com a hora que se tinha escolhido. */
function remarcarComMotivo(mostra: MostraUm): Html {
  const { p, escrito } = mostra;
  const [dia, para] = [escrito?.campos("dia") ?? "", escrito?.campos("para") ?? ""];
  return formulario(
    mostra,
    "campos",
    html`
      <input type="hidden" name="dia" value="${dia}"><input type="hidden" name="para"
        value="${para}">${umCampo(mostra, "REMARC", {
          nome: "motivo",
          rotulo: p.mesa.campos.motivo,
          maximo: MOTIVO_MAXIMO,
        })}<button class="botao" name="ato" value="REMARC">${p.dia.remarcar}</button>
    `,
  );
}

function corrigir(mostra: MostraUm): Html {
  const { p } = mostra;
  const dele = (nome: "nome" | "telefone" | "email" | "nota", mais: Partial<Campo>): Html =>
    umCampo(mostra, "CORRIGE", { nome, rotulo: p.mesa.campos[nome], ...mais });
  return html`<details class="corrigir" ${aberto(mostra, "CORRIGE")}><summary>${p.dia.corrigir}</summary>${
    formulario(
      mostra,
      "campos",
      html`${dele("nome", { maximo: NOME_MAXIMO })}${dele("telefone", { tipo: "tel", maximo: 30 })}${
        dele("email", { tipo: "email", maximo: EMAIL_MAXIMO })
      }${
        dele("nota", { maximo: NOTA_MAXIMA })
      }<button class="botao" name="ato" value="CORRIGE">${p.dia.corrigirGuarda}</button>`,
    )
  }</details>`;
}

/** Um campo de um ato: o que se escreveu, se foi este que se recusou; senão, o que o agendamento já diz. */
function umCampo({ um, escrito }: MostraUm, ato: Ato, qual: Campo): Html {
  const forma = `${ato}-${um.numero}`;
  const { nome, telefone, email, nota } = um;
  return campo(
    escrito?.ato === ato
      ? { forma, valor: escrito.campos, erros: escrito.erros }
      : preenchido(forma, ato === "CORRIGE" ? { nome, telefone, email, nota } : {}),
    qual,
  );
}
