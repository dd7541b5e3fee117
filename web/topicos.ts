/**
 * O que uma página segue do livro, e o que de uma novidade lhe diz respeito. Puro; usam-no o centro de eventos (`web/fluxo.ts`) e
 * quem assina.
 *
 * @module
 */

import type { Mexido, Novidade } from "../clinica/novidade.ts";

/**
 * O que se segue: os agendamentos e as exceções de uma data; um agendamento; a lista de espera de uma especialidade, ou todas;
 * as chamadas.
 */
export type Topico = `dia:${string}` | `agendamento:${number}` | `espera:${string}` | "espera" | "tv";

/** De uma novidade, só o que toca o que se segue. */
export function recorta(novidade: Novidade, topicos: readonly Topico[]): Novidade {
  if (novidade.tudo) return novidade;
  const { agendamentos, periodos, listas } = novidade;
  return {
    tudo: false,
    agendamentos: agendamentos.filter((um) => topicos.some((topico) => tocaOAgendamento(um, topico))),
    periodos: periodos.filter(([de, ate]) => topicos.some((topico) => entre(dataDe(topico), de, ate))),
    listas: listas.filter((uma) => topicos.some((topico) => topico === "espera" || topico === `espera:${uma}`)),
  };
}

function tocaOAgendamento({ numero, datas, de, para }: Mexido, topico: Topico): boolean {
  if (topico === "tv") return de === "CHAMADO" || para === "CHAMADO";
  return topico === `agendamento:${numero}` || datas.some((data) => topico === `dia:${data}`);
}

function dataDe(topico: Topico): string | undefined {
  return topico.startsWith("dia:") ? topico.slice("dia:".length) : undefined;
}

function entre(data: string | undefined, de: string, ate: string): boolean {
  return data !== undefined && de <= data && data <= ate;
}
