/**
 * O que se atende num dia, exceções incluídas, como a prova o entende: que horas se podem marcar, e onde cabe um encaixe. Não
 * vem do produto.
 *
 * @module
 */

import { type Agora, minutoDe } from "./tabela.ts";

/** Um atendimento da semana, ou um `EXTRA`. */
export interface Atende {
  /** A especialidade. */
  readonly especialidade: string;
  /** Quem atende; `""` se a especialidade não o nomeia. */
  readonly profissional: string;
  /** O primeiro minuto, desde a meia-noite. */
  readonly inicio: number;
  /** Quantos horários. */
  readonly vagas: number;
  /** Quanto dura cada um. */
  readonly minutos: number;
  /** Quantos encaixes cabem. */
  readonly encaixes: number;
}

/** Uma data em que se marca. */
export interface DiaDaSemana {
  /** `"aaaa-mm-dd"`. */
  readonly data: string;
  /** O que se atende, na ordem da configuração; nada começa nem acaba enquanto a história dura. */
  readonly atende: readonly Atende[];
}

/** A tabela `excecao` do livro. */
export interface LinhaDeExcecao {
  /** O número. */
  readonly numero: number;
  /** Qual das duas. */
  readonly tipo: "FECHA" | "EXTRA";
  /** A primeira data, `"aaaa-mm-dd"`. */
  readonly de: string;
  /** A última, incluída. */
  readonly ate: string;
  /** O primeiro minuto. */
  readonly inicio: number;
  /** O minuto em que acaba. */
  readonly fim: number;
  /** A especialidade; `""` são todas. */
  readonly especialidade: string;
  /** O profissional; `""` são todos, ou nenhum. */
  readonly profissional: string;
  /** Quantos horários. */
  readonly vagas: number;
  /** Quanto dura cada um. */
  readonly minutos: number;
  /** O que a identifica, num `EXTRA`. */
  readonly local: string;
  /** Quantos encaixes. */
  readonly encaixes: number;
  /** O que a identifica, num `FECHA`. */
  readonly motivo: string;
  /** Um `REABRE` a desfez. */
  readonly revogada: boolean;
}

/** Um atendimento de um dia, com o que dele as exceções deixam. */
export interface Turno extends Atende {
  /** A agenda: a de quem atende ou a da especialidade. */
  readonly agenda: string;
  /** O minuto em que acaba. */
  readonly fim: number;
  /** Os minutos em que começa cada horário que se pode marcar. */
  readonly horas: readonly number[];
  /** Os minutos fechados. */
  readonly fechados: readonly (readonly [inicio: number, fim: number])[];
}

/** A agenda de quem atende. */
export function agendaDe({ especialidade, profissional }: { especialidade: string; profissional: string }): string {
  return profissional === "" ? `E:${especialidade}` : `P:${profissional}`;
}

/** Dois intervalos têm minutos em comum. */
export function sobrepoe(inicio: number, fim: number, outro: { inicio: number; fim: number }): boolean {
  return inicio < outro.fim && outro.inicio < fim;
}

/** A tabela `espera` do livro. */
export interface LinhaDeEspera {
  /** O número. */
  readonly numero: number;
  /** A versão. */
  readonly versao: number;
  /** 11 dígitos. */
  readonly cpf: string;
  /** O nome. */
  readonly nome: string;
  /** A especialidade. */
  readonly especialidade: string;
  /** Só com este; `""` qualquer um. */
  readonly profissional: string;
  /** A primeira data que serve; `""` qualquer. */
  readonly de: string;
  /** A última; `""` qualquer. */
  readonly ate: string;
  /** `"MANHÃ"`, `"TARDE"` ou `""`. */
  readonly turno: string;
  /** Minutos que têm de faltar. */
  readonly antecedencia: number;
  /** Marca-se logo. */
  readonly marca: boolean;
  /** De 0 a 4. */
  readonly prioridade: number;
  /** As regras da clínica não lhe valem: quem a pôs à espera é da casa, e disse por quê. */
  readonly isenta: boolean;
  /** Convites que deixou vencer desde que está neste lugar. */
  readonly lapsos: number;
  /** O lugar dentro da prioridade. */
  readonly ordem: number;
  /** O agendamento que está segurado para ela; 0 se nenhum. */
  readonly convite: number;
  /** Já não está à espera. */
  readonly acabou: boolean;
}

/** Um `FECHA` é também desta especialidade e deste profissional. */
export function fecha(
  excecao: Pick<LinhaDeExcecao, "especialidade" | "profissional">,
  deQuem: { especialidade: string; profissional: string },
): boolean {
  return (excecao.especialidade === "" || excecao.especialidade === deQuem.especialidade) &&
    (excecao.profissional === "" || excecao.profissional === deQuem.profissional);
}

/** O que se atende numa data, com estas exceções, em ordem de número: uma posterior vale sobre uma anterior. */
export function turnosDe(
  { data, atende }: DiaDaSemana,
  { excecoes, agora }: { excecoes: readonly LinhaDeExcecao[]; agora: Agora },
): Turno[] {
  let turnos = atende.map(turnoDe);
  for (const excecao of excecoes) {
    if (data < excecao.de || data > excecao.ate) continue;
    const extra = excecao.tipo === "EXTRA" ? turnoDe(excecao) : undefined;
    // O que se abre por cima de um atendimento da mesma agenda fica no lugar dele.
    const alcanca = (turno: Turno): boolean =>
      extra === undefined ? fecha(excecao, turno) : turno.agenda === extra.agenda;
    turnos = turnos.map((turno) =>
      !alcanca(turno) || !sobrepoe(excecao.inicio, excecao.fim, turno) ? turno : {
        ...turno,
        horas: turno.horas.filter((hora) => !sobrepoe(hora, hora + turno.minutos, excecao)),
        fechados: [...turno.fechados, [excecao.inicio, excecao.fim]],
      }
    );
    if (extra !== undefined) turnos.push(extra);
  }
  if (data !== agora.hoje) return turnos;
  return turnos.map((turno) => ({ ...turno, horas: turno.horas.filter((hora) => hora > agora.minuto) }));
}

function turnoDe(atende: Atende): Turno {
  const { especialidade, profissional, inicio, vagas, minutos, encaixes } = atende;
  return {
    ...{ especialidade, profissional, inicio, vagas, minutos, encaixes },
    agenda: agendaDe(atende),
    fim: inicio + vagas * minutos,
    horas: Array.from({ length: vagas }, (_, i) => inicio + i * minutos),
    fechados: [],
  };
}

/** Um encaixe cabe nesse minuto desse atendimento, se ainda há lugar. */
export function encaixavel({ inicio, fim, fechados }: Turno, hora: string): boolean {
  const minuto = minutoDe(hora);
  return minuto >= inicio && minuto < fim && !fechados.some(([de, ate]) => minuto >= de && minuto < ate);
}
