/**
 * As perguntas de quem marca, até à última: que especialidade, com quem, que dia, a que horas. O que se escolheu está no endereço, que
 * não traz nada de ninguém.
 *
 * @module
 */

import { html } from "hono/html";
import type { Especialidade } from "../../clinica/oferta.ts";
import type { DiaLivre } from "../../clinica/pedido.ts";
import type { Casa, Contexto } from "../casa.ts";
import { diaSemAno } from "../datas.ts";
import type { Html } from "../moldura.ts";
import { escolheDia, escolheHora } from "./escolha.ts";
import { type DeQue, oferece, type Quando } from "./livres.ts";
import { type Caminho, caminhos, dados, endereco, mostra, recado } from "./pagina.ts";

/** O que se escolheu; o que falta é o que se pergunta a seguir. */
export interface Escolhido {
  /** A especialidade. */
  readonly especialidade?: Especialidade;
  /** A chave de um profissional dela; `""`, qualquer um. */
  readonly profissional?: string;
  /** A data. */
  readonly data?: string;
  /** A hora. */
  readonly hora?: string;
  /** A partir de que data se mostram os dias. */
  readonly desde?: string;
}

/** O que só tem uma resposta não se pergunta; o que não existe pergunta-se outra vez. */
export function leEscolhido(
  { agenda: { clinica } }: Casa,
  { especialidade: daEspecialidade, profissional: deQuem }: Readonly<Record<string, string | undefined>>,
): Escolhido {
  const { especialidades, quemAtende } = clinica.oferta;
  const especialidade = especialidades.length === 1 ? especialidades[0] : clinica.especialidade(daEspecialidade ?? "");
  if (especialidade === undefined) return {};
  const dela = quemAtende.get(especialidade.chave) ?? [];
  if (dela.length < 2) return { especialidade, profissional: "" };
  if (deQuem === undefined) return { especialidade };
  const profissional = clinica.profissional(deQuem)?.chave;
  const conhecido = deQuem === "" || dela.some(({ chave }) => chave === profissional);
  return conhecido ? { especialidade, profissional: profissional ?? "" } : { especialidade };
}

/** O endereço de um passo. */
export function passo(escolhido: Escolhido, mais: Omit<Escolhido, "especialidade"> = {}): string {
  const { especialidade, profissional } = escolhido;
  return endereco("/marcar", { especialidade: especialidade?.chave, profissional, ...mais });
}

/** As horas livres de que depende o que se pergunta: as de tudo o que ainda se pode escolher. */
export function deQueDepende({ especialidade, profissional }: Escolhido): DeQue {
  if (especialidade === undefined) return {};
  const { chave: especialista } = especialidade;
  return profissional === "" ? { especialista } : { especialista, profissional, porProfissional: true };
}

/** O que se escolheu, quando nada falta escolher e a hora ainda está livre. */
export function escolhaFeita(
  casa: Casa,
  { especialidade, profissional, data, hora }: Escolhido,
  livres: readonly DiaLivre[],
): Escolha | undefined {
  if (especialidade === undefined || profissional === undefined || data === undefined || hora === undefined) return;
  const livre = oferece(casa, livres).some((dia) => dia.data === data && dia.horas.includes(hora));
  return livre ? { especialidade, profissional, quando: { data, hora } } : undefined;
}

/** Uma escolha inteira. */
export interface Escolha {
  /** A especialidade. */
  readonly especialidade: Especialidade;
  /** A chave de um profissional dela; `""`, qualquer um. */
  readonly profissional: string;
  /** Quando. */
  readonly quando: Quando;
}

/** A primeira coisa que falta escolher. */
export function pergunta(
  casa: Casa,
  c: Contexto,
  escolhido: Escolhido,
  livres: readonly DiaLivre[],
): Promise<Response> {
  const { p: { marcar }, lingua } = c.var;
  const { especialidade, profissional, data, hora, desde } = escolhido;
  if (especialidade === undefined) return perguntaEspecialidade(casa, c, livres);
  if (profissional === undefined) return perguntaProfissional(casa, c, especialidade, livres);
  const dias = oferece(casa, livres);
  const volta = profissional === "" && !variosAtendem(casa, especialidade) ? "/marcar" : passo({ especialidade });
  if (dias.length === 0) return semHoras(casa, c, { escolhido, volta });
  const liga = (mais: Omit<Escolhido, "especialidade">): string => passo(escolhido, mais);
  const dia = dias.find((um) => um.data === data);
  if (dia === undefined) {
    return mostra(casa, c, {
      ...{ titulo: marcar.queDia, volta },
      antes: data === undefined ? "" : recado(marcar.diaSeFoi, "de-aviso"),
      corpo: html`
        ${resumo(casa, c, escolhido)} ${escolheDia(c, dias, { desde, liga })} ${aviso(c, escolhido)}
      `,
    });
  }
  return mostra(casa, c, {
    ...{ titulo: marcar.queHora, volta: passo(escolhido) },
    antes: hora === undefined ? "" : recado(marcar.horaSeFoi(diaSemAno(dia.data, lingua), hora), "de-aviso"),
    corpo: html`
      ${resumo(casa, c, escolhido, { data: dia.data })} ${escolheHora(c, dia, liga)} ${aviso(c, escolhido)}
    `,
  });
}

function variosAtendem({ agenda: { clinica } }: Casa, { chave }: Especialidade): boolean {
  return (clinica.oferta.quemAtende.get(chave) ?? []).length > 1;
}

/** A data da primeira hora livre, dita; ou que não há. */
function primeira({ var: { lingua, p: { marcar } } }: Contexto, data: string | undefined): string {
  return data === undefined ? marcar.semHoras : marcar.aPartirDe(diaSemAno(data, lingua));
}

function perguntaEspecialidade(casa: Casa, c: Contexto, livres: readonly DiaLivre[]): Promise<Response> {
  const delas = Map.groupBy(livres, ({ especialidade }) => especialidade.chave);
  return mostra(casa, c, {
    titulo: c.var.p.marcar.queEspecialidade,
    volta: "/",
    corpo: caminhos(casa.agenda.clinica.oferta.especialidades.map((especialidade) => ({
      para: passo({ especialidade }),
      nome: especialidade.nome,
      mais: primeira(c, oferece(casa, delas.get(especialidade.chave) ?? []).at(0)?.data),
    }))),
  });
}

function perguntaProfissional(
  casa: Casa,
  c: Contexto,
  especialidade: Especialidade,
  livres: readonly DiaLivre[],
): Promise<Response> {
  const { clinica } = casa.agenda;
  const deles = Map.groupBy(livres, ({ profissional }) => profissional?.chave);
  const caminho = (
    profissional: string,
    nome: string,
    dele: readonly DiaLivre[],
  ): Caminho => ({
    para: passo({ especialidade, profissional }),
    nome,
    mais: primeira(c, oferece(casa, dele).at(0)?.data),
  });
  return mostra(casa, c, {
    titulo: c.var.p.marcar.queProfissional,
    volta: "/marcar",
    corpo: html`
      ${resumo(casa, c, { especialidade })} ${caminhos([
        caminho("", c.var.p.paciente.qualquerUm, livres),
        ...(clinica.oferta.quemAtende.get(especialidade.chave) ?? [])
          .map(({ chave, nome }) => caminho(chave, nome, deles.get(chave) ?? [])),
      ])}
    `,
  });
}

/** Nada há a oferecer: resta esperar que vague. */
export function semHoras(
  casa: Casa,
  c: Contexto,
  { escolhido, volta }: { readonly escolhido: Escolhido; readonly volta: string },
): Promise<Response> {
  const { marcar } = c.var.p;
  return mostra(casa, c, {
    ...{ titulo: marcar.semHorasTitulo, volta },
    corpo: html`
      ${resumo(casa, c, escolhido)}
      <p>${marcar.semHorasExplica(casa.agenda.clinica.oferta.semanas)}</p>
      <p class="botoes">
        <a class="botao" href="${enderecoDoAviso(escolhido)}">${marcar.aviseMe}</a>
        ${escolhido.profissional === "" ? "" : html`
          <a class="botao segundo" href="${passo({ ...escolhido, profissional: "" })}">${marcar.comQualquerUm}</a>
        `}
      </p>
    `,
  });
}

function enderecoDoAviso({ especialidade, profissional }: Escolhido): string {
  return endereco("/marcar/espera", { especialidade: especialidade?.chave, profissional: profissional || undefined });
}

/** Para quem não quer nenhum dos que há. */
export function aviso({ var: { p: { marcar } } }: Contexto, escolhido: Escolhido): Html {
  return html`
    <p class="outra-saida">${marcar.nenhumServe} <a href="${enderecoDoAviso(escolhido)}">${marcar.aviseMe}</a></p>
  `;
}

/** O que já se escolheu. */
export function resumo(
  { agenda: { clinica } }: Casa,
  { var: { lingua, p: { paciente } } }: Contexto,
  { especialidade, profissional }: Escolhido,
  quando: Partial<Quando> = {},
): Html {
  return html`
    <div class="escolhido">${dados([
      [paciente.especialidade, especialidade?.nome ?? ""],
      [paciente.profissional, profissional ? clinica.profissionalDe(profissional) : ""],
      [paciente.dia, quando.data === undefined ? "" : diaSemAno(quando.data, lingua)],
      [paciente.hora, quando.hora ?? ""],
    ])}</div>
  `;
}
