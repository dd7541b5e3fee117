/**
 * Se as regras da clínica (`politica.ts`) impedem um ato. Os atos perguntam aqui, e respondem `ERRO-116` com o nome da que os
 * impede. A casa passa por cima delas com um motivo.
 *
 * @module
 */

import type { Agendamento } from "./agendamento.ts";
import { ativosEmOrdem, type Estado } from "./estado.ts";
import type { Resultado } from "./pedido.ts";
import { daCasa } from "./permissao.ts";
import type { Regra } from "./politica.ts";

/** Verdadeiro se quem pede passa por cima das regras: é da casa, e diz por quê. */
export function dispensado({ quem }: Pick<Estado, "quem">, motivo: string | undefined): boolean {
  return motivo !== undefined && motivo !== "" && daCasa(quem.papel);
}

/** Com que antecedência se marca; nenhuma para quem está dispensado. */
export function antecedenciaPara(estado: Pick<Estado, "clinica" | "quem">, motivo: string | undefined): number {
  return dispensado(estado, motivo) ? 0 : estado.clinica.oferta.regras.antecedencia;
}

/** Verdadeiro se faltam ao menos estes minutos para a hora da data. */
export function faltam(
  { clinica, agora }: Pick<Estado, "clinica" | "agora">,
  minutos: number,
  { data, hora }: Pick<Agendamento, "data" | "hora">,
): boolean {
  return minutos === 0 || clinica.calendario.instante(data, hora, agora) - agora >= minutos * 60_000;
}

/** A regra que impede um CPF de ter mais um agendamento, se há uma. */
export function impedeTer(
  estado: Estado,
  { cpf, motivo }: { readonly cpf: string; readonly motivo?: string },
): Regra | undefined {
  if (dispensado(estado, motivo)) return undefined;
  const { porCpf, faltas } = estado.clinica.oferta.regras;
  if (porCpf > 0 && ativosEmOrdem(estado, cpf).length >= porCpf) return "porCpf";
  return faltas !== undefined && faltasDe(estado, cpf, faltas.meses) >= faltas.quantas ? "faltas" : undefined;
}

/** A regra que impede de desmarcar ou mover um agendamento, se há uma. */
export function impedeSair(estado: Estado, agendamento: Agendamento, motivo: string | undefined): Regra | undefined {
  const { cancelamento } = estado.clinica.oferta.regras;
  return faltam(estado, cancelamento, agendamento) || dispensado(estado, motivo) ? undefined : "cancelamento";
}

/** Quantas vezes um CPF faltou nos últimos meses do calendário. */
function faltasDe({ clinica, vista, agora }: Estado, cpf: string, meses: number): number {
  const desde = Temporal.PlainDate.from(clinica.calendario.janela(agora).hoje).subtract({ months: meses }).toString();
  return vista.historiaDe(cpf).filter(({ situacao, data }) => situacao === "FALTOU" && data >= desde).length;
}

/** A recusa por uma regra. */
export function foraDasRegras(regra: Regra): Resultado {
  return { codigo: "ERRO-116", regra };
}
