/**
 * O encaixe: um a mais, num minuto qualquer de um atendimento, tomado ou não. Não toma a hora de ninguém nem libera uma; cabem
 * tantos por atendimento e dia quantos a configuração diz. `AGEND` com `encaixe` chega aqui.
 *
 * @module
 */

import type { Estado } from "./estado.ts";
import { aberto } from "./excecao.ts";
import { hora as escreveHora, minutoDoDia, MINUTOS_DO_DIA, type Turno } from "./oferta.ts";
import { type Atendimento, menosMarcada, type Vaga } from "./vaga.ts";

/** Onde se encaixa; `"cheio"` se já não cabe, `undefined` se àquela hora ninguém atende, ou o atendimento já acabou. */
export function encaixar(estado: Estado, onde: Atendimento, hora: string | undefined): Vaga | "cheio" | undefined {
  if (hora === undefined || !/^([01]\d|2[0-3]):[0-5]\d$/.test(hora)) return undefined;
  const { dia } = onde;
  const minuto = minutoDoDia(hora);
  const turnos = onde.agendas.flatMap((agenda) => agenda.turnos.map((turno) => ({ agenda, turno })))
    .filter(({ turno }) => aberto(turno, minuto) && !acabou(estado, dia.iso, turno));
  if (turnos.length === 0) return undefined;
  const cabem = turnos.filter(({ turno }) => cabeEncaixe(estado, dia.iso, turno));
  const vagas = cabem.map(({ agenda, turno }): Vaga => {
    // Um atendimento cabe no dia em que começa.
    const minutos = Math.min(turno.minutos, MINUTOS_DO_DIA - minuto);
    return { agenda, horario: { hora, inicio: minuto, minutos } };
  });
  return menosMarcada(estado.vista, onde, vagas) ?? "cheio";
}

/** Verdadeiro se o atendimento ainda aceita um encaixe nessa data. */
export function cabeEncaixe({ vista }: Pick<Estado, "vista">, data: string, turno: Turno): boolean {
  return vista.ocupacao(turno.agenda, data).encaixes(turno.inicio, turno.fim) < turno.encaixes;
}

/** Verdadeiro se o atendimento já acabou: aceita encaixes até o fim. */
function acabou({ clinica, agora }: Estado, data: string, { inicio, fim }: Turno): boolean {
  return clinica.calendario.terminou(data, escreveHora(inicio), fim - inicio, agora);
}
