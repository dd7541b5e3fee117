/**
 * Os campos dos formulários: como se desenham, com a dica e o que neles está mal ao lado; o resumo do que está mal; e como se lê o que
 * se escreveu, que volta sempre como estava.
 *
 * @module
 */

import { html, raw } from "hono/html";
import { ehData } from "../clinica/calendario.ts";
import type { Erro } from "../clinica/pedido.ts";
import type { Escalar, Leitor } from "../fio/leitores.ts";
import { lerData } from "../protocolo.ts";
import type { Html } from "./moldura.ts";
import type { Palavras } from "./palavras/pt.ts";
import type { Campos } from "./pedido.ts";

/** O que está mal num formulário: por nome do campo, o que se diz ao lado dele; em `""`, o que não é de nenhum. */
export type Erros = Readonly<Record<string, string | Html>>;

/** Verdadeiro se algo está mal. */
export function haErros(erros: Erros): boolean {
  return Object.keys(erros).length > 0;
}

/** Um formulário que se mostra: o nome dele, o que já tem, e o que nele está mal. */
export interface Preenchido {
  /** Distingue-o de outros da mesma página; vazio, se é o único. */
  readonly forma: string;
  /** O que cada campo tem. */
  readonly valor: (nome: string) => string;
  /** O que está mal. */
  readonly erros: Erros;
}

/** Um com estes valores; por preencher, se não se dizem. */
export function preenchido(
  forma: string,
  valores: Readonly<Record<string, string>> = {},
  erros: Erros = {},
): Preenchido {
  return { forma, valor: (nome) => valores[nome] ?? "", erros };
}

/** Nos formulários em que se diz quem se é, o teclado não emenda o que se escreve. */
export const TAL_E_QUAL: Html = raw('autocapitalize="none" autocorrect="off" spellcheck="false"');

/** Um campo. */
export interface Campo {
  /** Como vai no formulário. */
  readonly nome: string;
  /** O que se lê por cima. */
  readonly rotulo: string;
  /** O que ajuda a preenchê-lo. */
  readonly dica?: string | Html;
  /** O que tem, se não é o que o formulário diz. */
  readonly valor?: string;
  /** Texto, se não se diz; o de uma frase-senha nunca volta. */
  readonly tipo?: "text" | "date" | "time" | "email" | "tel" | "password";
  /** Mostra algarismos num telefone. */
  readonly algarismos?: boolean;
  /** O `autocomplete`; se não se diz, nada se completa. */
  readonly completa?: string;
  /** Letras, no máximo. */
  readonly maximo?: number;
  /** Tem de vir. */
  readonly obrigatorio?: boolean;
  /** Recebe o foco, se nada está mal. */
  readonly foco?: boolean;
  /** O que se pode escolher; sem isto, escreve-se. */
  readonly escolhas?: readonly (readonly [valor: string, texto: string])[];
}

interface EstadoDoCampo {
  readonly id: string;
  readonly erro: string | Html | undefined;
  readonly atributos: Html;
}

function idDe(forma: string, nome: string): string {
  return forma === "" ? nome : `${forma}-${nome}`;
}

function erroDe(erros: Erros, nome: string): string | Html | undefined {
  return Object.hasOwn(erros, nome) ? erros[nome] : undefined;
}

/** O nome de um campo na página, o que nele está mal, e os atributos que o dizem; o primeiro que está mal recebe o foco. */
function estadoDe({ forma, erros }: Preenchido, { nome, dica, foco = false }: Campo): EstadoDoCampo {
  const id = idDe(forma, nome);
  const erro = erroDe(erros, nome);
  const dito = [...dica === undefined ? [] : [`${id}-dica`], ...erro === undefined ? [] : [`${id}-erro`]].join(" ");
  // São todos nomes nossos: nada aqui foi escrito por alguém.
  const atributos = [
    erro === undefined ? "" : ' aria-invalid="true"',
    (haErros(erros) ? Object.keys(erros)[0] === nome : foco) ? " autofocus" : "",
    dito === "" ? "" : ` aria-describedby="${dito}"`,
  ].join("");
  return { id, erro, atributos: raw(atributos) };
}

/** Desenha-o, com o que tem e o que nele está mal. */
export function campo(onde: Preenchido, qual: Campo): Html {
  const { nome, rotulo, dica, tipo = "text", maximo = 200, escolhas } = qual;
  const { id, erro, atributos } = estadoDe(onde, qual);
  const valor = tipo === "password" ? "" : qual.valor ?? onde.valor(nome);
  const completa = qual.completa ?? (tipo === "password" ? "new-password" : "off");
  const mais = `${qual.algarismos ? ' inputmode="numeric"' : ""}${qual.obrigatorio ? " required" : ""}`;
  return html`
    <div class="campo ${erro === undefined ? "" : "com-erro"}">
      <label for="${id}">${rotulo}</label>
      ${dica === undefined ? "" : html`<span class="dica" id="${id}-dica">${dica}</span>`}
      ${erro === undefined ? "" : html`<span class="erro" id="${id}-erro">${erro}</span>`}
      ${escolhas === undefined
        ? html`
          <input id="${id}" name="${nome}" type="${tipo}" value="${valor}" maxlength="${maximo}"
            autocomplete="${completa}" ${raw(mais)}${atributos}>
        `
        : html`
          <select id="${id}" name="${nome}" ${atributos}>${escolhas.map(([uma, texto]) =>
            html`
              <option value="${uma}" ${raw(uma === valor ? " selected" : "")}>${texto}</option>
            `
          )}</select>
        `}
    </div>
  `;
}

/** Uma casinha. */
export function casinha(onde: Preenchido, qual: Pick<Campo, "nome" | "rotulo">): Html {
  const { nome, rotulo } = qual;
  const { id, erro, atributos } = estadoDe(onde, qual);
  return html`
    <div class="campo casinha ${erro === undefined ? "" : "com-erro"}">
      ${erro === undefined ? "" : html`<span class="erro" id="${id}-erro">${erro}</span>`}
      <input id="${id}" name="${nome}" type="checkbox" value="sim"${raw(
        onde.valor(nome) === "sim" ? " checked" : "",
      )}${atributos}>
      <label for="${id}">${rotulo}</label>
    </div>
  `;
}

/** Valores que vão com o formulário sem que se vejam. */
export function escondidos(valores: Readonly<Record<string, string | number>> | URLSearchParams): Html {
  const pares = valores instanceof URLSearchParams ? [...valores] : Object.entries(valores);
  return html`
    ${pares.map(([nome, valor]) =>
      html`
        <input type="hidden" name="${nome}" value="${valor}">
      `
    )}
  `;
}

/**
 * O que está mal, junto, com um caminho para cada campo; se o primeiro não é de nenhum, é o resumo que recebe o foco. Nada, se nada
 * está mal.
 */
export function resumoDeErros({ comum }: Palavras, { forma, erros }: Pick<Preenchido, "forma" | "erros">): Html | "" {
  const ditos = Object.entries(erros);
  if (ditos.length === 0) return "";
  return html`
    <div class="resumo-de-erros" role="alert" tabindex="-1" ${raw(ditos[0][0] === "" ? " autofocus" : "")}>
      <h2>${comum.haUmProblema}</h2>
      <ul>${ditos.map(([nome, dito]) =>
        html`
          <li>${nome === "" ? dito : html`<a href="#${idDe(forma, nome)}">${dito}</a>`}</li>
        `
      )}</ul>
    </div>
  `;
}

/** O que se lê de um formulário, e o que nele está mal. */
export class Leitura {
  #erros: Record<string, string> = {};

  /** Deste formulário. */
  constructor(readonly campos: Campos) {}

  /** O que está mal. */
  get erros(): Readonly<Record<string, string>> {
    return this.#erros;
  }

  /** Verdadeiro se nada está mal. */
  get serve(): boolean {
    return !haErros(this.#erros);
  }

  /** Algo está mal num campo. */
  acusa(nome: string, erro: string): void {
    this.#erros[nome] ??= erro;
  }

  /** O que um campo diz, esteja ou não vazio; nada se está mal. */
  le<T>(nome: string, leitor: Leitor<T>, erro: string): T | undefined {
    return this.#le(nome, leitor(this.campos(nome)), erro);
  }

  /** O que um campo diz, ou nada se está vazio ou mal. */
  talvez<T>(nome: string, leitor: Leitor<T>, erro: string): T | undefined {
    const escrito = this.campos(nome).trim();
    return escrito === "" ? undefined : this.#le(nome, leitor(escrito), erro);
  }

  /** O que um campo diz; vazio também está mal. */
  exige<T>(nome: string, leitor: Leitor<T>, erro: string): T | undefined {
    const lido = this.talvez(nome, leitor, erro);
    if (lido === undefined) this.acusa(nome, erro);
    return lido;
  }

  #le<T>(nome: string, lido: T | Erro, erro: string): T | undefined {
    if (!ehErro(lido)) return lido;
    this.acusa(nome, erro);
    return undefined;
  }

  /** Como se mostra outra vez. */
  preenchido(forma: string): Preenchido {
    return { forma, valor: this.campos, erros: this.#erros };
  }
}

function ehErro<T>(lido: T | Erro): lido is Erro {
  return typeof lido === "object" && lido !== null && "codigo" in lido;
}

/** Lê uma data como um navegador a manda, `"aaaa-mm-dd"`, ou como se escreve, `"dd/mm/aaaa"`. */
export function lerDia(escrita: Escalar): string | Erro {
  const texto = String(escrita);
  const iso = /^\d{4}-\d{2}-\d{2}$/.test(texto) ? texto : lerData(texto);
  return ehData(iso) ? iso : { codigo: "ERRO-100" };
}
