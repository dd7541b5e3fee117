/**
 * Por que um agendamento está fora da semana de agora, se está: `console.ts` conta-os, e o painel faz deles uma lista de trabalho.
 *
 * @module
 */

import { agendaDe, type Agendamento } from "../clinica/agendamento.ts";
import { aberto, atinge, type Excecao } from "../clinica/excecao.ts";
import { type AgendaDoDia, minutoDoDia } from "../clinica/oferta.ts";
import type { Razao } from "./eventos.ts";

/** Por que um agendamento está de fora, se está. */
export function deFora(
  um: Agendamento,
  agendas: readonly AgendaDoDia[],
  excecoes: readonly Excecao[],
): Razao | undefined {
  const agenda = agendaDe(um);
  const inicio = minutoDoDia(um.hora);
  const cabe = ({ turnos, horarios }: AgendaDoDia): boolean =>
    um.encaixe
      ? turnos.some((turno) => aberto(turno, inicio) && aberto(turno, inicio, Math.min(inicio + um.minutos, turno.fim)))
      : horarios.some(({ hora, minutos }) => hora === um.hora && minutos === um.minutos);
  if (agendas.some((uma) => uma.agenda === agenda && cabe(uma))) return undefined;
  if (um.profissional === "" && agendas.some(cabe)) return "profissional";
  return excecoes.some((excecao) => excecao.tipo === "FECHA" && atinge(excecao, um)) ? "fechado" : "semana";
}
