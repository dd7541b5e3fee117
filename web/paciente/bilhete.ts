/**
 * O bilhete: o que o navegador de um paciente traz de volta, cifrado e por pouco tempo, para que o servidor não guarde nada: o
 * CPF, os códigos que disse ou que se lhe deram, e o que acaba de fazer. E o que com ele se vê no livro.
 *
 * @module
 */

import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import type { Agendamento } from "../../clinica/agendamento.ts";
import type { AEsperar } from "../../clinica/pedido.ts";
import { type Casa, type Contexto, pede, quemPede } from "../casa.ts";
import { PT } from "../palavras/pt.ts";

/** O que se acabou de fazer, ou o que o impediu: diz-se na página seguinte, uma vez. */
export type Feito = keyof typeof PT.feito;

/** O que o bilhete diz. */
export interface Bilhete {
  /** 11 dígitos. */
  readonly cpf: string;
  /** Os códigos que abrem alguma coisa dele; os últimos, primeiro. */
  readonly codigos: readonly string[];
  /** O que se acabou de fazer. */
  readonly feito?: Feito;
}

/** Quanto vale, em segundos, desde a última página que o usou. */
const DURA = 30 * 60;

/** Códigos num bilhete: cada um custa uma busca por página. */
const CODIGOS_MAXIMOS = 3;

function nome({ segura }: Casa): string {
  return segura ? "__Host-bilhete" : "bilhete";
}

/** O bilhete que o pedido traz, se ainda vale. */
export function leBilhete(casa: Casa, c: Contexto): Bilhete | undefined {
  const valor = casa.selos.abre("cartao", getCookie(c, nome(casa)));
  return ehBilhete(valor) ? valor : undefined;
}

function ehBilhete(valor: unknown): valor is Bilhete {
  if (typeof valor !== "object" || valor === null || !("cpf" in valor) || !("codigos" in valor)) return false;
  const { cpf, codigos } = valor;
  return typeof cpf === "string" && Array.isArray(codigos) && codigos.every((um) => typeof um === "string") &&
    (!("feito" in valor) || typeof valor.feito === "string" && Object.hasOwn(PT.feito, valor.feito));
}

/** Dá um, em vez do que houvesse. */
export function daBilhete(casa: Casa, c: Contexto, { codigos, ...resto }: Bilhete): void {
  const bilhete: Bilhete = { ...resto, codigos: [...new Set(codigos)].slice(0, CODIGOS_MAXIMOS) };
  setCookie(c, nome(casa), casa.selos.fecha("cartao", bilhete, DURA * 1000), {
    ...{ path: "/", maxAge: DURA, httpOnly: true, sameSite: "Lax", secure: casa.segura },
  });
}

/** Tira-o. */
export function tiraBilhete(casa: Casa, c: Contexto): void {
  deleteCookie(c, nome(casa), { path: "/", secure: casa.segura });
}

/** O mesmo bilhete com mais um código; o de outro CPF é outro. */
export function comCodigo(bilhete: Bilhete | undefined, cpf: string, codigo: string): Bilhete {
  return { cpf, codigos: [codigo, ...bilhete?.cpf === cpf ? bilhete.codigos : []] };
}

/** O mesmo sem um, e com o que se fez. */
export function semCodigo({ cpf, codigos }: Bilhete, codigo: string): Bilhete {
  return { cpf, codigos: codigos.filter((um) => um !== codigo) };
}

/** O que os códigos de um bilhete abrem. */
export interface Visto {
  /** Os agendamentos. */
  readonly agendamentos: readonly Agendamento[];
  /** Aquilo por que se espera. */
  readonly esperas: readonly AEsperar[];
  /** O bilhete só com os códigos que abriram alguma coisa: os outros não se tornam a dizer, que contam como errados. */
  readonly bilhete: Bilhete;
}

/** Procura-o no livro. */
export async function ve(casa: Casa, c: Contexto, { codigos, ...resto }: Bilhete): Promise<Visto> {
  const quem = quemPede(c, "paciente");
  const achados = [];
  for (const codigo of codigos) {
    const resultado = await pede(casa, quem, { comando: "BUSCA", cpf: resto.cpf, codigo, comEsperas: true });
    if (resultado.codigo !== "OK-302") continue;
    achados.push({ codigo, agendamentos: resultado.agendamentos, esperas: resultado.esperas ?? [] });
  }
  return {
    agendamentos: achados.flatMap(({ agendamentos }) => agendamentos),
    esperas: achados.flatMap(({ esperas }) => esperas),
    bilhete: { ...resto, codigos: achados.map(({ codigo }) => codigo) },
  };
}
