/**
 * O quadro de um dia: de quem está marcado, do que se atende e do que está livre, que colunas, linhas e células tem a grelha.
 * Puro: quem lê do livro é `leitura.ts`, e quem o desenha, `grelha.ts`.
 *
 * Uma coluna é uma agenda (`agendaDe`), de quem atende ou da especialidade que não o nomeia. Uma célula é o que toma os mesmos
 * minutos: quase sempre um horário; dois que se cruzem (de antes de a semana mudar) ficam na mesma. Um encaixe está na da sua
 * hora. As linhas são os minutos em que alguma célula começa ou acaba.
 *
 * @module
 */

import { agendaDe, type Agendamento, conta } from "../../clinica/agendamento.ts";
import type { Espera } from "../../clinica/espera.ts";
import { type Atendimentos, minutoDoDia, type Turno } from "../../clinica/oferta.ts";
import type { DiaLivre, NaFila } from "../../clinica/pedido.ts";

/** O que há numa célula, além de encaixes. */
export type Item =
  | { readonly tipo: "marcado"; readonly um: Agendamento }
  /** Pode marcar-se. */
  | { readonly tipo: "livre"; readonly especialidade: string; readonly hora: string }
  /** Espera-se a resposta de alguém da lista de espera. */
  | { readonly tipo: "segurada"; readonly convite: Agendamento; readonly espera: Espera }
  /** Um horário que já passou, ou que por outra razão não se dá, sem ninguém. */
  | { readonly tipo: "vazia"; readonly hora: string }
  | { readonly tipo: "fechada" };

/** O que toma os mesmos minutos de uma coluna. */
export interface Celula {
  /** O primeiro minuto, desde a meia-noite. */
  readonly inicio: number;
  /** Aquele em que acaba. */
  readonly fim: number;
  /** O que lá está, por hora. */
  readonly itens: readonly Item[];
  /** Os encaixes que começam nela. */
  readonly encaixes: readonly Agendamento[];
}

/** Uma agenda do dia. */
export interface Coluna {
  /** A agenda. */
  readonly agenda: string;
  /** A chave de quem atende; `""` se a especialidade não o nomeia. */
  readonly profissional: string;
  /** As especialidades, por chave. */
  readonly especialidades: readonly string[];
  /** Onde se atende. */
  readonly locais: readonly string[];
  /** A semana já não a tem neste dia: só cá está por quem ficou marcado. */
  readonly deFora: boolean;
  /** Aceita encaixes. */
  readonly encaixa: boolean;
  /** As células, por hora; nenhuma se cruza com outra. */
  readonly celulas: readonly Celula[];
}

/** O dia numa grelha. */
export interface Quadro {
  /** As colunas, na ordem da configuração. */
  readonly colunas: readonly Coluna[];
  /** Os minutos em que alguma célula começa ou acaba, por ordem; o último só acaba. */
  readonly minutos: readonly number[];
}

/** De que se faz um quadro. */
export interface DoDia {
  /** Quem está marcado, cancelados incluídos. */
  readonly lista: readonly Agendamento[];
  /** O que está livre. */
  readonly livres: readonly DiaLivre[];
  /** As horas seguradas para quem espera, deste dia. */
  readonly seguradas: readonly NaFila[];
  /** O que se atende, com as exceções. */
  readonly atendimentos: Atendimentos;
  /** O que a semana atenderia sem elas. */
  readonly daSemana: Atendimentos;
  /** Só esta agenda; todas, se não se diz. */
  readonly so?: string;
  /** O lugar de um profissional na configuração. */
  readonly ordemDe: (profissional: string) => number;
}

/** Faz o quadro. */
export function quadroDe(dia: DoDia): Quadro {
  const marcados = dia.lista.filter(conta);
  const agendas = new Map<
    string,
    { profissional: string; turnos: Turno[]; daSemana: Turno[]; marcados: Agendamento[] }
  >();
  const de = (
    agenda: string,
    profissional: string,
  ): { turnos: Turno[]; daSemana: Turno[]; marcados: Agendamento[] } => {
    let dela = agendas.get(agenda);
    if (dela === undefined) agendas.set(agenda, dela = { profissional, turnos: [], daSemana: [], marcados: [] });
    return dela;
  };
  for (const turno of turnosDe(dia.atendimentos)) de(turno.agenda, turno.profissional?.chave ?? "").turnos.push(turno);
  for (const turno of turnosDe(dia.daSemana)) de(turno.agenda, turno.profissional?.chave ?? "").daSemana.push(turno);
  for (const um of marcados) de(agendaDe(um), um.profissional).marcados.push(um);
  const livres = livresPorHora(dia.livres);
  const seguradas = Map.groupBy(
    dia.seguradas.filter((um): um is NaFila & { convite: Agendamento } => um.convite !== undefined),
    ({ convite }) => agendaDe(convite),
  );
  const colunas = [...agendas].filter(([agenda]) => dia.so === undefined || agenda === dia.so).map((
    [agenda, { profissional, turnos, daSemana, marcados }],
  ): Coluna => ({
    agenda,
    profissional,
    especialidades: unicos([...turnos, ...daSemana, ...marcados].map(({ especialidade }) => especialidade)),
    locais: unicos([...turnos, ...daSemana].map(({ local }) => local)).filter((local) => local !== ""),
    deFora: turnos.length === 0 && daSemana.length === 0,
    encaixa: turnos.some(({ encaixes }) => encaixes > 0),
    celulas: celulasDe({ turnos, daSemana, marcados, livres, seguradas: seguradas.get(agenda) ?? [] }),
  })).sort((a, b) => dia.ordemDe(a.profissional) - dia.ordemDe(b.profissional));
  const minutos = unicos(colunas.flatMap(({ celulas }) => celulas.flatMap(({ inicio, fim }) => [inicio, fim])));
  return { colunas, minutos: minutos.sort((a, b) => a - b) };
}

function turnosDe(atendimentos: Atendimentos): Turno[] {
  return [...atendimentos.values()].flat().flatMap(({ turnos }) => turnos);
}

function unicos<T>(varios: readonly T[]): T[] {
  return [...new Set(varios)];
}

/** As horas livres, por `"AGENDA ESPECIALIDADE HH:MM"`. */
function livresPorHora(livres: readonly DiaLivre[]): ReadonlySet<string> {
  return new Set(livres.flatMap(({ especialidade: { chave: especialidade }, profissional, horas }) => {
    const agenda = agendaDe({ especialidade, profissional: profissional?.chave ?? "" });
    return horas.map((hora) => `${agenda} ${especialidade} ${hora}`);
  }));
}

// ---------------------------------------------------------------------------------------------------- as células

interface DaColuna {
  readonly turnos: readonly Turno[];
  readonly daSemana: readonly Turno[];
  readonly marcados: readonly Agendamento[];
  readonly livres: ReadonlySet<string>;
  readonly seguradas: readonly { readonly espera: Espera; readonly convite: Agendamento }[];
}

interface Pedaco {
  inicio: number;
  fim: number;
  itens: Item[];
  encaixes: Agendamento[];
}

function celulasDe({ turnos, daSemana, marcados, livres, seguradas }: DaColuna): Celula[] {
  const pedacos: Pedaco[] = [];
  const poe = (inicio: number, minutos: number, item: Item): void => {
    pedacos.push({ inicio, fim: inicio + minutos, itens: [item], encaixes: [] });
  };
  for (const um of marcados) if (!um.encaixe) poe(minutoDoDia(um.hora), um.minutos, { tipo: "marcado", um });
  for (const { convite, espera } of seguradas) {
    poe(minutoDoDia(convite.hora), convite.minutos, { tipo: "segurada", convite, espera });
  }
  const tomado = (inicio: number, fim: number): boolean => pedacos.some((um) => um.inicio < fim && um.fim > inicio);
  const vagos: Pedaco[] = [];
  for (const { agenda, especialidade, horarios } of turnos) {
    for (const { hora, inicio, minutos } of horarios) {
      if (tomado(inicio, inicio + minutos)) continue;
      const item: Item = livres.has(`${agenda} ${especialidade} ${hora}`)
        ? { tipo: "livre", especialidade, hora }
        : { tipo: "vazia", hora };
      vagos.push({ inicio, fim: inicio + minutos, itens: [item], encaixes: [] });
    }
  }
  const fechados = fechadosDe(turnos, daSemana);
  // Quem ficou marcado no que fechou está na sua célula, que diz que fechou.
  for (const um of pedacos) {
    if (fechados.some(([de, ate]) => de < um.fim && ate > um.inicio)) um.itens.push({ tipo: "fechada" });
  }
  const tomados = pedacos.map(({ inicio, fim }): Intervalo => [inicio, fim]);
  const soFechados = fechados.flatMap((um) => menos(um, tomados))
    .map(([inicio, fim]): Pedaco => ({ inicio, fim, itens: [{ tipo: "fechada" }], encaixes: [] }));
  const juntos = junta([...pedacos, ...vagos, ...soFechados]);
  for (const um of marcados) if (um.encaixe) encaixa(juntos, um);
  return juntos;
}

/** Os pedaços por hora, os que se cruzam num só. */
function junta(pedacos: readonly Pedaco[]): Pedaco[] {
  const juntos: Pedaco[] = [];
  for (const pedaco of [...pedacos].sort((a, b) => a.inicio - b.inicio || a.fim - b.fim)) {
    const anterior = juntos.at(-1);
    if (anterior !== undefined && anterior.fim > pedaco.inicio) {
      anterior.fim = Math.max(anterior.fim, pedaco.fim);
      anterior.itens.push(...pedaco.itens);
    } else juntos.push({ ...pedaco, itens: [...pedaco.itens] });
  }
  return juntos;
}

/** Um encaixe fica ao lado do que toma a sua hora; onde nada a toma, tem a sua célula, até à seguinte. */
function encaixa(celulas: Pedaco[], um: Agendamento): void {
  const inicio = minutoDoDia(um.hora);
  const onde = celulas.find((uma) => uma.inicio <= inicio && inicio < uma.fim);
  if (onde !== undefined) return void onde.encaixes.push(um);
  const seguinte = celulas.findIndex((uma) => uma.inicio > inicio);
  const fim = Math.min(inicio + um.minutos, celulas[seguinte]?.inicio ?? Infinity);
  celulas.splice(seguinte < 0 ? celulas.length : seguinte, 0, { inicio, fim, itens: [], encaixes: [um] });
}

/** O que a semana abriria e não está aberto, e o que se fechou de um atendimento a mais; por ordem, e nenhum toca outro. */
function fechadosDe(turnos: readonly Turno[], daSemana: readonly Turno[]): Intervalo[] {
  const abertos = turnos.flatMap(abertosDe);
  const inteiros = daSemana.map(({ inicio, fim }): Intervalo => [inicio, fim]);
  const todos = [...inteiros, ...turnos.flatMap(({ fechados }) => fechados)].flatMap((um) => menos(um, abertos));
  const unidos: [number, number][] = [];
  for (const [inicio, fim] of todos.sort(([a], [b]) => a - b)) {
    const anterior = unidos.at(-1);
    if (anterior !== undefined && anterior[1] >= inicio) anterior[1] = Math.max(anterior[1], fim);
    else unidos.push([inicio, fim]);
  }
  return unidos;
}

type Intervalo = readonly [inicio: number, fim: number];

function abertosDe({ inicio, fim, fechados }: Turno): Intervalo[] {
  return menos([inicio, fim], fechados);
}

/** O que fica de um intervalo, tirados outros. */
function menos(inteiro: Intervalo, outros: readonly Intervalo[]): Intervalo[] {
  let restam: Intervalo[] = [inteiro];
  for (const [de, ate] of outros) {
    restam = restam.flatMap(([inicio, fim]): Intervalo[] =>
      [[inicio, Math.min(fim, de)] as const, [Math.max(inicio, ate), fim] as const].filter(([a, b]) => a < b)
    );
  }
  return restam;
}
