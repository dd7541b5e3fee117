/**
 * As palavras das páginas: que línguas há, e qual é a de quem pede. Cada língua está num arquivo ao lado, e o português diz que
 * palavras há: uma que falte noutra não compila, e uma que ninguém use acha-a um teste.
 *
 * @module
 */

import { EN } from "./en.ts";
import { ES } from "./es.ts";
import { type Palavras, PT } from "./pt.ts";

/** As línguas, pela ordem por que se oferecem. */
export const LINGUAS = ["pt", "en", "es"] as const;

/** Uma língua das páginas. */
export type Lingua = typeof LINGUAS[number];

/** As de cada uma. */
export const PALAVRAS: Readonly<Record<Lingua, Palavras>> = { pt: PT, en: EN, es: ES };

/** O que se diz a `Intl` e ao atributo `lang`. */
export const ETIQUETAS: Readonly<Record<Lingua, string>> = { pt: "pt-BR", en: "en-GB", es: "es" };

/** O que se lê de `Accept-Language`, em caracteres; o resto não vem ao caso. */
const ACEITES_MAXIMOS = 200;

/** A língua escolhida, se é uma das que há; senão, a primeira que o navegador quer; senão, português. */
export function linguaDe(escolhida: string | undefined, aceites: string | undefined): Lingua {
  const uma = LINGUAS.find((lingua) => lingua === escolhida);
  if (uma !== undefined) return uma;
  const pedidas = (aceites ?? "").slice(0, ACEITES_MAXIMOS).split(",").map((pedida) => {
    const [etiqueta, ...parametros] = pedida.trim().toLowerCase().split(";");
    const q = parametros.map((um) => /^\s*q=([\d.]+)$/.exec(um)?.[1]).find((um) => um !== undefined);
    return {
      lingua: LINGUAS.find((lingua) => lingua === etiqueta.split("-")[0]),
      peso: q === undefined ? 1 : Number(q),
    };
  });
  const melhor = pedidas.filter(({ lingua, peso }) => lingua !== undefined && peso > 0)
    .sort((a, b) => b.peso - a.peso)[0];
  return melhor?.lingua ?? "pt";
}
