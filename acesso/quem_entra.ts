/**
 * Quem pode entrar num servidor, numa linha, para o console.
 *
 * @module
 */

import type { Anonimo, Chaveiro } from "./chaveiro.ts";

const SEM_CHAVE: { readonly [A in Anonimo]: string } = {
  nada: "sem chave não se vê nem se faz nada",
  vagas: "sem chave só se veem as horas livres",
  quiosque: "sem chave marca-se, e com o código trata-se do que é seu",
  tudo: "quem alcança esta porta pode tudo, também sem chave",
};

/** O que se diz ao iniciar, e quando muda. */
export function quemEntra(
  { anonimo, mandado, estado: { valem, houve } }: Pick<Chaveiro, "anonimo" | "mandado" | "estado">,
): string {
  if (!houve && !mandado) {
    return "quem alcança esta porta pode tudo; servidor.ts chave cria faz a primeira chave, e acaba com isso";
  }
  const chaves = valem === 0 ? "nenhuma chave vale" : valem === 1 ? "1 chave vale" : `${valem} chaves valem`;
  return `${chaves}; ${SEM_CHAVE[anonimo]}`;
}
