/**
 * A lista de espera: uma entrada, a ordem delas, e se uma hora que vagou lhe serve. Uma por CPF e especialidade.
 *
 * Quem entra e sai, e quem responde a um convite, está em `esperar.ts`; a quem se dá o que vaga, em `promover.ts`.
 *
 * @module
 */

import type { Agendamento } from "./agendamento.ts";

/** A parte do dia que alguém quer: de manhã é antes das 12:00. */
export type ParteDoDia = "MANHÃ" | "TARDE";

/** Uma entrada gravada, ou a gravar. */
export interface Espera {
  /** O número no livro, de uma sequência só delas; nunca é usado outra vez. */
  readonly numero: number;
  /** 1 ao nascer; mais 1 a cada mudança gravada. */
  readonly versao: number;
  /** Como o de um agendamento, e o que será do que dela vier. */
  readonly codigo: string;
  /** 11 dígitos. */
  readonly cpf: string;
  /** Normalizado, em maiúsculas. */
  readonly nome: string;
  /** A chave da especialidade. */
  readonly especialidade: string;
  /** A chave de quem tem de atender; `""` qualquer um. */
  readonly profissional: string;
  /** A primeira data que serve, `"aaaa-mm-dd"`; `""` qualquer. */
  readonly de: string;
  /** A última; `""` qualquer. */
  readonly ate: string;
  /** A parte do dia; `""` qualquer. */
  readonly turno: ParteDoDia | "";
  /** Minutos que têm de faltar para o começo, além do que a clínica pede. */
  readonly antecedencia: number;
  /** Marca-se logo, sem perguntar. */
  readonly marca: boolean;
  /** Pode mover o que a pessoa tem marcado: pô-la a casa, ou quem deu o código do que havia. */
  readonly move: boolean;
  /** De 0 (nenhuma) a 4 (emergência). */
  readonly prioridade: number;
  /** Por que se espera; `""` se não se disse. */
  readonly motivo: string;
  /** A casa a pôs com um motivo: as regras da clínica não lhe valem. */
  readonly isenta: boolean;
  /** Para avisos; `""` se não há. */
  readonly email: string;
  /** Para avisos, E.164; `""` se não há. */
  readonly telefone: string;
  /** O endereço de onde se entrou. */
  readonly origem: string;
  /** Convites que deixou vencer desde que entrou, ou desde que foi para o fim. */
  readonly lapsos: number;
  /** O lugar dentro da prioridade: o menor é o primeiro. */
  readonly ordem: number;
  /** Quando entrou (`"2026-11-23T10:00:00Z"`). */
  readonly desde: string;
  /** O número do agendamento que está segurado para ela; 0 se nenhum. */
  readonly convite: number;
  /** As horas por vir que já deixou passar, e a que não se convida outra vez (`lugarDe`); no máximo `PASSADAS_MAXIMAS`. */
  readonly passou: readonly string[];
  /** Quando acabou; `""` de pé. */
  readonly terminouEm: string;
}

/** Um lugar de que se pode falar depois: data, hora e agenda. */
export type Lugar = Pick<Agendamento, "data" | "hora" | "profissional" | "especialidade">;

/** Uma hora que se pode dar. */
export interface HoraVaga extends Lugar {
  /** O mesmo que `hora`, em minutos desde a meia-noite. */
  readonly inicio: number;
  /** Quanto dura. */
  readonly minutos: number;
}

/** Horas que uma entrada guarda por ter deixado passar; com tantas por vir, espera que passem até um novo convite. */
export const PASSADAS_MAXIMAS = 64;

/** O primeiro minuto da tarde. */
const MEIO_DIA = 12 * 60;

/** Como uma entrada guarda uma hora que deixou passar. */
export function lugarDe({ data, hora, profissional }: Lugar): string {
  return `${data} ${hora} ${profissional}`;
}

/** O que dá a uma entrada o seu lugar na ordem. */
export type Posto = Pick<Espera, "prioridade" | "ordem">;

/** A ordem da lista: a prioridade, e depois quem entrou antes. */
export function naOrdem(a: Posto, b: Posto): number {
  return b.prioridade - a.prioridade || a.ordem - b.ordem;
}

/** Verdadeiro se o que a entrada diz querer inclui a hora; do que mais o impeça nada se pergunta. */
export function quer(espera: Espera, hora: HoraVaga): boolean {
  const { profissional, de, ate, turno } = espera;
  return (profissional === "" || profissional === hora.profissional) &&
    (de === "" || de <= hora.data) && (ate === "" || hora.data <= ate) &&
    (turno === "" || (turno === "MANHÃ") === (hora.inicio < MEIO_DIA));
}

/** O que `quer` olha de uma entrada: duas com o mesmo desejo querem as mesmas horas. */
export function desejoDe({ profissional, de, ate, turno }: Espera): string {
  return `${de} ${ate} ${turno} ${profissional}`;
}

/** Verdadeiro se ainda se pode convidar para a hora: não há outro convite, nem ela já passou por aqui. */
export function convidavel({ convite, passou }: Espera, hora: HoraVaga): boolean {
  return convite === 0 && passou.length < PASSADAS_MAXIMAS && !passou.includes(lugarDe(hora));
}

/** A entrada com mais uma hora que deixou passar; as que já não podem vir esquecem-se. */
export function deixaPassar({ passou }: Espera, lugar: Lugar, hoje: string): readonly string[] {
  return [...passou.filter((uma) => uma >= hoje), lugarDe(lugar)].slice(-PASSADAS_MAXIMAS);
}
