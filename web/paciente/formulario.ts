/**
 * O que o paciente diz de si: os campos, como se leem, e o que se diz ao lado do que não serve.
 *
 * @module
 */

import { html } from "hono/html";
import { NOME_MAXIMO } from "../../clinica/texto.ts";
import { CPF, EMAIL, EMAIL_MAXIMO, NOME, TELEFONE } from "../../fio/leitores.ts";
import { campo, type Erros, Leitura, type Preenchido } from "../campos.ts";
import type { Html } from "../moldura.ts";
import type { Palavras } from "../palavras/pt.ts";
import type { Campos } from "../pedido.ts";

/** O que se escreveu de uma pessoa, tal e qual. */
export interface Escrito {
  /** O CPF. */
  readonly cpf: string;
  /** O nome. */
  readonly nome: string;
  /** O e-mail. */
  readonly email: string;
  /** O telefone. */
  readonly telefone: string;
}

/** Uma pessoa lida: o que se pede à agenda. */
export interface Pessoa {
  /** 11 dígitos. */
  readonly cpf: string;
  /** Normalizado. */
  readonly nome: string;
  /** Se se disse. */
  readonly email?: string;
  /** E.164, se se disse. */
  readonly telefone?: string;
}

/** Nada escrito. */
export const EM_BRANCO: Escrito = { cpf: "", nome: "", email: "", telefone: "" };

/** O que se escreveu de uma pessoa, e o que quer dizer: a pessoa, ou por que não serve. */
export function lerPessoa(
  { paciente }: Palavras,
  campos: Campos,
): { readonly escrito: Escrito; readonly erros: Erros; readonly pessoa?: Pessoa } {
  const escrito = { cpf: campos("cpf"), nome: campos("nome"), email: campos("email"), telefone: campos("telefone") };
  const lidos = new Leitura(campos);
  const pessoa: Pessoa = {
    cpf: lidos.le("cpf", CPF, escrito.cpf.trim() === "" ? paciente.faltaCpf : paciente.cpfErrado) ?? "",
    nome: lidos.le("nome", NOME, escrito.nome.trim() === "" ? paciente.faltaNome : paciente.nomeErrado) ?? "",
    telefone: lidos.le("telefone", TELEFONE, paciente.telefoneErrado) || undefined,
    email: lidos.le("email", EMAIL, paciente.emailErrado) || undefined,
  };
  return lidos.serve ? { escrito, erros: {}, pessoa } : { escrito, erros: lidos.erros };
}

/** O campo do CPF. */
export function campoDoCpf({ paciente }: Palavras, onde: Preenchido): Html {
  return campo(onde, {
    nome: "cpf",
    rotulo: paciente.cpf,
    dica: paciente.cpfDica,
    algarismos: true,
    maximo: 20,
  });
}

/** Os campos de uma pessoa. */
export function camposDaPessoa(p: Palavras, onde: Preenchido): Html {
  const { paciente } = p;
  return html`
    ${campoDoCpf(p, onde)}
    ${campo(onde, { nome: "nome", rotulo: paciente.nome, completa: "name", maximo: 2 * NOME_MAXIMO })}
    ${campo(onde, {
      ...{ nome: "telefone", rotulo: paciente.telefone, dica: paciente.telefoneDica },
      ...{ tipo: "tel", completa: "tel", maximo: 40 },
    })}
    ${campo(onde, {
      ...{ nome: "email", rotulo: paciente.email, dica: paciente.emailDica },
      ...{ tipo: "email", completa: "email", maximo: EMAIL_MAXIMO },
    })}
  `;
}

/** A frase que se diz a quem o livro já conhece, sem dizer de quê. */
export function neutra({ marcar, paciente }: Palavras): Erros {
  return { "": html`${marcar.neutra} <a href="/agendamento">${paciente.ver}</a>` };
}
