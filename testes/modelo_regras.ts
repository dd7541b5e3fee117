/**
 * As regras da clínica no modelo: o que impede de marcar, de desmarcar e de mover. Ver `modelo.ts`.
 *
 * @module
 */

import type { Papel } from "../clinica/agendamento.ts";
import { type Dias, fim, instante, type Linha, type Saida } from "./modelo_dias.ts";

/** Quem pede, e por quê. */
export interface Pedinte {
  /** O papel. */
  readonly papel: Papel;
  /** O motivo que deu. */
  readonly motivo: string | undefined;
}

/** Se quem pede não tem de cumprir nenhuma. */
export function isento({ papel, motivo }: Pedinte): boolean {
  return ["balcao", "gerente", "profissional"].includes(papel) && (motivo ?? "").length > 0;
}

/** Se falta menos do que isto para a hora. */
export function cedoDemais(dias: Dias, minutos: number, data: string, hora: string): boolean {
  return dias.agora > instante(data, hora) - minutos * 60_000 && minutos > 0;
}

/** Se um CPF já tem os que pode, ou faltou demais. */
export function naoPodeTer(dias: Dias, cpf: string): string | undefined {
  const { porCpf, faltas } = dias.config.regras ?? {};
  const dele = dias.linhas.filter((linha) => linha.cpf === cpf);
  if (porCpf && dele.filter((linha) => linha.ativo && fim(linha) > dias.agora).length >= porCpf) return "porCpf";
  if (!faltas) return undefined;
  const [ano, mes, dia] = dias.hoje().split("-").map(Number);
  // O mesmo dia tantos meses antes; o último do mês, se ele é mais curto.
  const ultimo = new Date(Date.UTC(ano, mes - faltas.meses, 0)).getUTCDate();
  const desde = new Date(Date.UTC(ano, mes - 1 - faltas.meses, Math.min(dia, ultimo))).toISOString().slice(0, 10);
  const faltou = dele.filter(({ situacao, data }) => situacao === "FALTOU" && data >= desde);
  return faltou.length < faltas.quantas ? undefined : "faltas";
}

/** Se é tarde para o desmarcar ou mover. */
export function naoPodeSair(dias: Dias, linha: Linha, pedinte: Pedinte): Saida | undefined {
  const tarde = cedoDemais(dias, dias.config.regras?.cancelamento ?? 0, linha.data, linha.hora);
  return tarde && !isento(pedinte) ? { codigo: "ERRO-116", regra: "cancelamento" } : undefined;
}
