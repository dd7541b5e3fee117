/**
 * As exceções à semana: `FECHA` tira minutos de um dia ou de vários, `EXTRA` acrescenta um atendimento. Numeradas numa só
 * sequência e aplicadas em ordem: uma posterior vale sobre uma anterior.
 *
 * @module
 */

import type { Agendamento } from "./agendamento.ts";
import { type Atendimentos, minutoDoDia, type Oferta, reune, type Turno, turno } from "./oferta.ts";

/** Uma exceção, que vale enquanto não é revogada. */
export interface Excecao {
  /** O número no livro; nunca é usado outra vez. */
  readonly numero: number;
  /** Tira minutos ou acrescenta um atendimento. */
  readonly tipo: "FECHA" | "EXTRA";
  /** A primeira data, `"aaaa-mm-dd"`. */
  readonly de: string;
  /** A última, incluída; num `EXTRA`, a mesma. */
  readonly ate: string;
  /** O primeiro minuto, desde a meia-noite. */
  readonly inicio: number;
  /** O minuto em que acaba; num `EXTRA`, `inicio` mais `vagas` vezes `minutos`. */
  readonly fim: number;
  /** A chave da especialidade; `""` num `FECHA` de todas. */
  readonly especialidade: string;
  /** A chave do profissional; `""` num `FECHA` de todos, ou num `EXTRA` de uma especialidade sem profissionais. */
  readonly profissional: string;
  /** Quantos horários, num `EXTRA`; 0 num `FECHA`. */
  readonly vagas: number;
  /** Quanto dura cada um, num `EXTRA`; 0 num `FECHA`. */
  readonly minutos: number;
  /** Onde, num `EXTRA`; `""` se não se diz. */
  readonly local: string;
  /** Quantos encaixes, num `EXTRA`; 0 num `FECHA`. */
  readonly encaixes: number;
  /** Por quê; `""` se não se disse. */
  readonly motivo: string;
  /** Um `REABRE` a desfez. */
  readonly revogada: boolean;
}

/** Verdadeiro se a exceção vale na data. */
export function valeEm({ de, ate, revogada }: Excecao, data: string): boolean {
  return !revogada && de <= data && data <= ate;
}

/** Verdadeiro se um `FECHA` alcança a especialidade e o profissional (`""` se não tem nome). */
export function alcanca(excecao: Excecao, especialidade: string, profissional: string): boolean {
  return (excecao.especialidade === "" || excecao.especialidade === especialidade) &&
    (excecao.profissional === "" || excecao.profissional === profissional);
}

/** Verdadeiro se o agendamento cai no que a exceção alcança. */
export function atinge(excecao: Excecao, { especialidade, profissional, data, hora, minutos }: Agendamento): boolean {
  const inicio = minutoDoDia(hora);
  return excecao.de <= data && data <= excecao.ate && alcanca(excecao, especialidade, profissional) &&
    inicio < excecao.fim && inicio + minutos > excecao.inicio;
}

/** Verdadeiro se dizem o mesmo; o motivo não conta. */
export function mesma(uma: Excecao, outra: Excecao): boolean {
  const quando = ["tipo", "de", "ate", "inicio", "fim"] as const;
  const oQue = ["especialidade", "profissional", "vagas", "minutos", "local", "encaixes"] as const;
  return [...quando, ...oQue].every((campo) => uma[campo] === outra[campo]);
}

/** Verdadeiro se uma abre o que a outra fecha. */
export function contraria(uma: Excecao, outra: Excecao): boolean {
  if (uma.tipo === outra.tipo || uma.de > outra.ate || outra.de > uma.ate) return false;
  if (uma.inicio >= outra.fim || outra.inicio >= uma.fim) return false;
  const [fecha, extra] = uma.tipo === "FECHA" ? [uma, outra] : [outra, uma];
  return alcanca(fecha, extra.especialidade, extra.profissional);
}

/** O que se atende numa data, com as exceções dela, em ordem. O que é de quem a semana já não tem não vale. */
export function comExcecoes(base: Atendimentos, excecoes: readonly Excecao[], oferta: Oferta): Atendimentos {
  let turnos = [...base.values()].flat().flatMap((agenda) => agenda.turnos);
  for (const excecao of excecoes) {
    switch (excecao.tipo) {
      case "FECHA":
        turnos = turnos.flatMap((turno) =>
          alcanca(excecao, turno.especialidade, turno.profissional?.chave ?? "") ? fecha(turno, excecao) : [turno]
        );
        break;
      case "EXTRA": {
        const novo = turnoExtra(excecao, oferta);
        if (novo === undefined) break;
        turnos = turnos.flatMap((turno) => turno.agenda === novo.agenda ? fecha(turno, excecao) : [turno]);
        turnos.push(novo);
        break;
      }
    }
  }
  return reune(turnos, oferta.quemAtende);
}

/** O atendimento que um `EXTRA` acrescenta; nenhum se a semana já não tem a especialidade, ou nela o profissional. */
export function turnoExtra(excecao: Excecao, { quemAtende }: Oferta): Turno | undefined {
  const { especialidade, inicio, vagas, minutos, local, encaixes } = excecao;
  const dela = quemAtende.get(especialidade);
  if (dela === undefined) return undefined;
  const profissional = dela.find(({ chave }) => chave === excecao.profissional);
  if (profissional === undefined && (excecao.profissional !== "" || dela.length > 0)) return undefined;
  return turno({ especialidade, profissional, local, inicio, vagas, minutos, encaixes });
}

/** O que resta de um turno; nada, se fecha inteiro. */
function fecha(turno: Turno, excecao: Excecao): readonly Turno[] {
  const inicio = Math.max(excecao.inicio, turno.inicio);
  const fim = Math.min(excecao.fim, turno.fim);
  if (inicio >= fim) return [turno];
  const fechados = une(turno.fechados, [inicio, fim]);
  if (fechados[0][0] === turno.inicio && fechados[0][1] === turno.fim) return [];
  const horarios = turno.horarios.filter((um) => um.inicio >= fim || um.inicio + um.minutos <= inicio);
  return [{ ...turno, fechados, horarios }];
}

/** Um intervalo a mais entre outros, que estão em ordem e não se tocam: nem os que ficam. */
function une(outros: Turno["fechados"], [inicio, fim]: Turno["fechados"][number]): Turno["fechados"] {
  const tocados = outros.filter(([de, ate]) => de <= fim && ate >= inicio);
  const unido = [Math.min(inicio, tocados[0]?.[0] ?? inicio), Math.max(fim, tocados.at(-1)?.[1] ?? fim)] as const;
  return [...outros.filter(([, ate]) => ate < inicio), unido, ...outros.filter(([de]) => de > fim)];
}

/** Verdadeiro se o minuto, ou todos até `ate`, está dentro do turno e não foi fechado. */
export function aberto({ inicio, fim, fechados }: Turno, minuto: number, ate: number = minuto + 1): boolean {
  return minuto >= inicio && ate <= fim && !fechados.some((um) => um[0] < ate && um[1] > minuto);
}

/** Verdadeiro se o turno tem algum minuto aberto no intervalo. */
export function abertoEmParte(turno: Turno, { inicio, fim }: { inicio: number; fim: number }): boolean {
  const [de, ate] = [Math.max(inicio, turno.inicio), Math.min(fim, turno.fim)];
  return de < ate && !turno.fechados.some((um) => um[0] <= de && um[1] >= ate);
}
