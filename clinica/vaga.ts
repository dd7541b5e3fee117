/**
 * Achar uma vaga: quem atende o que se pede numa data, e a hora que se dá. `AGEND` e `REMARC` perguntam aqui.
 *
 * @module
 */

import type { DiaAberto } from "./calendario.ts";
import { type Estado, jaComecou } from "./estado.ts";
import { faltam } from "./impedimento.ts";
import type { Vista } from "./livro.ts";
import { estaLivre } from "./ocupacao.ts";
import type { AgendaDoDia, Especialidade, Horario } from "./oferta.ts";
import type { PedidoDe } from "./pedido.ts";
import { chave } from "./texto.ts";

/** Quem atende uma especialidade numa data aberta. */
export interface Atendimento {
  /** A especialidade. */
  readonly especialidade: Especialidade;
  /** A data. */
  readonly dia: DiaAberto;
  /** As agendas que servem, na ordem da configuração. */
  readonly agendas: readonly AgendaDoDia[];
}

/** Uma hora de uma agenda. */
export interface Vaga {
  /** De quem. */
  readonly agenda: AgendaDoDia;
  /** Qual. */
  readonly horario: Horario;
}

/** Acha quem atende o que se pede, na data e no dia da semana ditos; com profissional, só ele. */
export function acharAtendimento(
  { clinica, vista, agora }: Estado,
  pedido: Pick<PedidoDe<"AGEND">, "especialista" | "data" | "dia" | "profissional">,
): Atendimento | undefined {
  const especialidade = clinica.especialidade(pedido.especialista);
  const dia = clinica.dias(vista, agora).get(pedido.data);
  if (especialidade === undefined || dia === undefined) return undefined;
  const agendas = dia.atendimentos.get(especialidade.chave);
  if (agendas === undefined) return undefined;
  if (pedido.dia !== dia.nome && chave(pedido.dia) !== chave(dia.nome)) return undefined;
  if (pedido.profissional === undefined) return { especialidade, dia, agendas };
  const quem = clinica.profissional(pedido.profissional);
  const deles = agendas.filter(({ profissional }) => profissional !== undefined && profissional.chave === quem?.chave);
  return deles.length === 0 ? undefined : { especialidade, dia, agendas: deles };
}

/** Verdadeiro se alguma agenda tem essa hora, e ela ainda não começou. */
export function atende(estado: Estado, { dia, agendas }: Atendimento, hora: string): boolean {
  return agendas.some(({ porHora }) => {
    const horario = porHora.get(hora);
    return horario !== undefined && !jaComecou(estado, dia, horario);
  });
}

/** O que limita a escolha. */
export interface Escolha {
  /** O livro; quem move alguém mostra-o sem ele. */
  readonly vista: Pick<Vista, "ocupacao">;
  /** Só esta hora. */
  readonly hora?: string;
  /** Minutos que têm de faltar para ela. */
  readonly antecedencia?: number;
}

/**
 * A vaga que se dá: a primeira hora livre. Entre várias agendas que a têm, a que tem menos marcados da especialidade na
 * data; se empatam, a primeira na configuração.
 */
export function escolher(estado: Estado, onde: Atendimento, escolha: Escolha): Vaga | undefined {
  const { vista, hora, antecedencia = 0 } = escolha;
  const { dia, agendas } = onde;
  const vagas: Vaga[] = [];
  for (const agenda of agendas) {
    const tomado = estado.clinica.tomado(vista, dia.iso, agenda.agenda);
    const serve = (horario: Horario): boolean =>
      estaLivre(tomado, horario) && !jaComecou(estado, dia, horario) &&
      faltam(estado, antecedencia, { data: dia.iso, hora: horario.hora });
    const pedido = hora === undefined ? undefined : agenda.porHora.get(hora);
    const horario = hora === undefined ? agenda.horarios.find(serve) : pedido && serve(pedido) ? pedido : undefined;
    if (horario !== undefined) vagas.push({ agenda, horario });
  }
  if (vagas.length <= 1) return vagas[0];
  const primeira = Math.min(...vagas.map(({ horario }) => horario.inicio));
  return menosMarcada(vista, onde, vagas.filter(({ horario }) => horario.inicio === primeira));
}

/** Dentre as vagas, a de quem tem menos marcados da especialidade na data; se empatam, a primeira. */
export function menosMarcada(
  vista: Pick<Vista, "ocupacao">,
  { dia, especialidade }: Atendimento,
  vagas: readonly Vaga[],
): Vaga | undefined {
  const marcados = ({ agenda }: Vaga): number => vista.ocupacao(agenda.agenda, dia.iso).marcados(especialidade.chave);
  return vagas.toSorted((a, b) => marcados(a) - marcados(b))[0];
}

/** Com quem, quando e por quanto tempo é uma vaga. */
export function lugar(
  data: string,
  { agenda, horario }: Vaga,
): { profissional: string; data: string; hora: string; minutos: number } {
  return { profissional: agenda.profissional?.chave ?? "", data, hora: horario.hora, minutos: horario.minutos };
}
