/**
 * As horas que se podem oferecer a um paciente: as livres, menos as que a antecedência da clínica já não deixa marcar; e, se a
 * que se queria se foi, as mais próximas dela.
 *
 * @module
 */

import { ehData } from "../../clinica/calendario.ts";
import type { Quem } from "../../clinica/livro.ts";
import type { DiaLivre, PedidoDe } from "../../clinica/pedido.ts";
import { type Casa, pede } from "../casa.ts";

/** Uma data com horas livres. */
export interface DiaComHoras {
  /** `"aaaa-mm-dd"`. */
  readonly data: string;
  /** `"HH:MM"`, em ordem; ao menos uma. */
  readonly horas: readonly string[];
}

/** Que horas livres: de todas as especialidades, ou de uma; com profissional, só as dele. */
export type DeQue = Omit<PedidoDe<"VAGAS">, "comando">;

/** As horas livres. */
export async function vagas(casa: Casa, quem: Quem, deQue: DeQue): Promise<readonly DiaLivre[]> {
  const resultado = await pede(casa, quem, { comando: "VAGAS", ...deQue });
  return resultado.codigo === "OK-304" ? resultado.vagas : [];
}

/** As de uma especialidade, por data; sem profissional, as de todos juntos. */
export async function diasLivres(
  casa: Casa,
  quem: Quem,
  { especialidade, profissional = "" }: { readonly especialidade: string; readonly profissional?: string },
): Promise<readonly DiaComHoras[]> {
  const deQuem = profissional === "" ? {} : { profissional, porProfissional: true };
  return oferece(casa, await vagas(casa, quem, { especialista: especialidade, ...deQuem }));
}

/** Das horas livres, as que ainda se podem marcar. */
export function oferece(casa: Casa, livres: readonly DiaLivre[]): readonly DiaComHoras[] {
  const { calendario, oferta: { regras: { antecedencia } } } = casa.agenda.clinica;
  const agora = casa.relogio();
  return livres.map(({ dia: { iso }, horas }) => ({
    data: iso,
    horas: antecedencia === 0
      ? horas
      : horas.filter((hora) => calendario.instante(iso, hora, agora) - agora >= antecedencia * 60_000),
  })).filter(({ horas }) => horas.length > 0);
}

/** Uma hora de uma data. */
export interface Quando {
  /** `"aaaa-mm-dd"`. */
  readonly data: string;
  /** `"HH:MM"`. */
  readonly hora: string;
}

/** Quantas se oferecem em vez da que se foi. */
const PROXIMAS = 3;

/** As mais próximas de uma hora, em ordem. */
export function maisProximas(casa: Casa, dias: readonly DiaComHoras[], { data, hora }: Quando): readonly Quando[] {
  const { calendario } = casa.agenda.clinica;
  const instante = (quando: Quando): number => calendario.instante(quando.data, quando.hora, casa.relogio());
  const queria = instante({ data, hora });
  return dias.flatMap(({ data, horas }) => horas.map((hora): Quando => ({ data, hora })))
    .map((quando) => ({ quando, instante: instante(quando) }))
    .sort((a, b) => Math.abs(a.instante - queria) - Math.abs(b.instante - queria))
    .slice(0, PROXIMAS)
    .sort((a, b) => a.instante - b.instante)
    .map(({ quando }) => quando);
}

/** Como uma hora vai num só campo de um formulário. */
export function escreveQuando({ data, hora }: Quando): string {
  return `${data} ${hora}`;
}

/** O que `escreveQuando` escreveu: uma data e uma hora que existem, atenda-se nelas ou não. */
export function leQuando(escrito: string): Quando | undefined {
  const partes = /^(\d{4}-\d{2}-\d{2}) ((?:[01]\d|2[0-3]):[0-5]\d)$/.exec(escrito);
  return partes === null || !ehData(partes[1]) ? undefined : { data: partes[1], hora: partes[2] };
}
