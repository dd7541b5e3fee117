/**
 * Os dias do modelo: as linhas do livro, a semana e as exceções, minuto a minuto. Ver `modelo.ts`.
 *
 * @module
 */

import type { Agendamento, Papel, Situacao } from "../clinica/agendamento.ts";
import type { Espera } from "../clinica/espera.ts";
import type { Excecao } from "../clinica/excecao.ts";
import type { PedidoDe } from "../clinica/pedido.ts";

/** Um atendimento da semana, como na configuração. */
export interface AtendimentoDoModelo {
  /** A chave. */
  readonly especialidade: string;
  /** O dia da semana. */
  readonly dia: string;
  /** `"HH:MM"`. */
  readonly inicio: string;
  /** Quantos horários. */
  readonly vagas: number;
  /** Quanto dura cada um. */
  readonly minutos: number;
  /** A chave. */
  readonly profissional?: string;
  /** Quantos encaixes. */
  readonly encaixes: number;
}

/** A configuração, com tudo o que o modelo lê. */
export interface ConfigDoModelo {
  /** Quantas estão abertas. */
  readonly semanas: number;
  /** Datas, `"aaaa-mm-dd"`. */
  readonly fechado: readonly string[];
  /** O que se atende. */
  readonly atendimentos: readonly AtendimentoDoModelo[];
  /** As regras que há. */
  readonly regras?: {
    readonly antecedencia?: number;
    readonly cancelamento?: number;
    readonly porCpf?: number;
    readonly faltas?: { readonly quantas: number; readonly meses: number };
  };
  /** Como se espera. */
  readonly espera?: { readonly antecedencia?: number; readonly prazo?: number };
  /** Se quem não veio fica como tendo faltado. */
  readonly faltaAutomatica?: boolean;
}

/** O mesmo, que se muda. */
export type Mutavel<T> = { -readonly [C in keyof T]: T[C] };
/** O que uma mudança de situação pode mudar. */
export type Andado = Pick<Agendamento, typeof ANDAMENTO[number]>;

/** Uma linha do livro; em vez da pilha de mudanças, as fotografias. */
export interface Linha extends Mutavel<Omit<Agendamento, "pilha">> {
  /** O que era e o que passou a ser, mudança a mudança. */
  fotos: { papel: Papel; em: number; antes: Andado; depois: Andado }[];
}

/** O que o modelo responde. */
export interface Saida {
  /** O da resposta. */
  readonly codigo: string;
  /** O da exceção. */
  readonly numero?: number;
  /** A que o impediu. */
  readonly regra?: string;
  /** De quem fala. */
  readonly agendamentos?: readonly Linha[];
  /** Data, dia, especialidade, profissional e horas. */
  readonly vagas?: readonly (readonly [string, string, string, string, readonly string[]])[];
  /** O lugar na lista. */
  readonly posicao?: number;
  /** As exceções que valem. */
  readonly excecoes?: readonly Excecao[];
  /** A entrada. */
  readonly espera?: Espera;
  /** A lista, e o que está segurado para cada um. */
  readonly fila?: readonly { readonly espera: Espera; readonly convite: Linha | undefined }[];
  /** Se o relógio tem mais que fazer. */
  readonly falta?: boolean;
  /** O que se fez pelos direitos de alguém, em JSON. */
  readonly titular?: string;
}

/** Um atendimento de uma data, da semana ou de um `EXTRA`. */
export interface Bloco {
  /** A chave. */
  readonly especialidade: string;
  /** A chave; `""` se a especialidade não nomeia ninguém. */
  readonly profissional: string;
  /** O primeiro minuto. */
  readonly inicio: number;
  /** Quantos horários. */
  readonly vagas: number;
  /** Quanto dura cada um. */
  readonly minutos: number;
  /** Quantos encaixes. */
  readonly encaixes: number;
}

/** Uma hora de um atendimento. */
export interface Vaga {
  /** De que atendimento. */
  readonly bloco: Bloco;
  /** O minuto em que começa. */
  readonly inicio: number;
  /** Quanto dura. */
  readonly minutos: number;
}

/** Os campos disso. */
export const ANDAMENTO = [
  ...(["situacao", "ativo", "local", "motivo", "prioridade"] as const),
  ...(["chegouEm", "chamadoEm", "chamadas", "terminouEm"] as const),
] as const;

const SEMANA = ["DOMINGO", "SEGUNDA-FEIRA", "TERÇA-FEIRA", "QUARTA-FEIRA", "QUINTA-FEIRA", "SEXTA-FEIRA", "SÁBADO"];
const HORA = 60 * 60_000;
/** Um dia, em ms. */
export const DIA = 24 * HORA;
/** As situações que contam no dia. */
export const CONTAM: readonly Situacao[] = [
  ...(["MARCADO", "CONFIRMADO", "CHEGOU", "CHAMADO", "ATENDIDO", "SAIU", "FALTOU", "CONVIDADO"] as const),
];
/** As de quem ainda se espera. */
export const ESPERAM: readonly Situacao[] = CONTAM.slice(0, 4);

/** O que há em cada dia. */
export class Dias {
  /** O livro. */
  linhas: Linha[] = [];
  /** Todas as exceções. */
  excecoes: Mutavel<Excecao>[] = [];
  /** A semana que vale. */
  config: ConfigDoModelo;
  /** O instante de agora, ms desde 1970. */
  agora = 0;
  /** O último em que se pediu uma mudança: o que se grava não vem antes. */
  gravado = 0;
  #daSemana = new Map<AtendimentoDoModelo, Bloco>();
  #gradesPara = "";
  /** As grades que já se montaram: é o que mais custa. */
  #grades = new Map<string, Map<string, (Bloco | undefined)[]>>();

  /** Com esta semana. */
  constructor(config: ConfigDoModelo) {
    this.config = config;
  }

  /** As exceções mudaram: os dias leem-se de novo. */
  esquece(): void {
    this.#grades.clear();
  }

  /** Passa a ser este instante; num dia novo, ou com outra semana, os dias leem-se de novo. */
  acerta(agora: number): void {
    this.agora = agora;
    const para = `${this.hoje()} ${JSON.stringify(this.config)}`;
    if (para !== this.#gradesPara) this.esquece();
    this.#gradesPara = para;
  }

  /** A data de agora. */
  hoje(): string {
    return new Date(this.agora - 3 * HORA).toISOString().slice(0, 10);
  }

  /** As datas abertas, fechadas ou não. */
  janela(): string[] {
    const hoje = Date.parse(this.hoje());
    return Array.from({ length: 7 * this.config.semanas }, (_, i) => iso(hoje + i * DIA));
  }

  /** As exceções que valem e não passaram. */
  emVigor(): Mutavel<Excecao>[] {
    return this.excecoes.filter(({ revogada, ate }) => !revogada && ate >= this.hoje());
  }

  /** As chaves, na ordem da configuração. */
  especialidades(): string[] {
    return unicos(this.config.atendimentos.map(({ especialidade }) => especialidade));
  }

  /** As chaves, na ordem da configuração. */
  profissionais(): string[] {
    return unicos(this.config.atendimentos.flatMap(({ profissional }) => profissional ?? []));
  }

  /** Verdadeiro se a semana tem esse profissional nessa especialidade. */
  atende(profissional: string, especialidade: string): boolean {
    return this.config.atendimentos.some((um) =>
      um.especialidade === especialidade && (um.profissional ?? "") === profissional
    );
  }

  /** De cada agenda, o atendimento de cada minuto da data. */
  grade(data: string): Map<string, (Bloco | undefined)[]> {
    const grade = this.#grades.get(data) ?? this.#montaGrade(data);
    this.#grades.set(data, grade);
    return grade;
  }

  #montaGrade(data: string): Map<string, (Bloco | undefined)[]> {
    const grade = new Map<string, (Bloco | undefined)[]>();
    const poe = (bloco: Bloco): void => {
      const minutos = grade.get(agenda(bloco)) ?? new Array<Bloco | undefined>(1440).fill(undefined);
      grade.set(agenda(bloco), minutos.fill(bloco, bloco.inicio, bloco.inicio + bloco.vagas * bloco.minutos));
    };
    for (const um of this.config.atendimentos) {
      if (um.dia !== nomeDoDia(data) || this.config.fechado.includes(data)) continue;
      const bloco = this.#daSemana.get(um) ??
        { ...um, profissional: um.profissional ?? "", inicio: minutoDe(um.inicio) };
      this.#daSemana.set(um, bloco);
      poe(bloco);
    }
    for (const uma of this.emVigor()) {
      if (data < uma.de || data > uma.ate) continue;
      if (uma.tipo === "EXTRA") {
        if (this.atende(uma.profissional, uma.especialidade)) poe(uma);
        continue;
      }
      for (const minutos of grade.values()) {
        for (let minuto = uma.inicio; minuto < uma.fim; minuto++) {
          const bloco = minutos[minuto];
          if (bloco !== undefined && alcanca(uma, bloco)) minutos[minuto] = undefined;
        }
      }
    }
    return grade;
  }

  /** Os atendimentos de que resta algum minuto, na ordem em que se mostram. */
  blocos(data: string, especialidade: string): Bloco[] {
    const ordem = this.profissionais();
    return unicos([...this.grade(data).values()].flat())
      .filter((bloco) => bloco !== undefined).filter((bloco) => bloco.especialidade === especialidade)
      .sort((a, b) => ordem.indexOf(a.profissional) - ordem.indexOf(b.profissional) || a.inicio - b.inicio);
  }

  /** As horas de uma especialidade numa data, livres ou não, que ainda não começaram. */
  horas(data: string, especialidade: string): Vaga[] {
    const grade = this.grade(data);
    return this.blocos(data, especialidade).flatMap((bloco) =>
      Array.from(
        { length: bloco.vagas },
        (_, i) => ({ bloco, inicio: bloco.inicio + i * bloco.minutos, minutos: bloco.minutos }),
      )
        .filter(({ inicio, minutos }) =>
          grade.get(agenda(bloco))?.slice(inicio, inicio + minutos).every((um) => um === bloco) === true &&
          instante(data, hora(inicio)) > this.agora
        )
    );
  }

  /** Verdadeiro se ninguém toma os minutos. */
  livre(data: string, quem: Lugar, inicio: number, minutos: number, exceto?: Linha): boolean {
    return !this.linhas.some((linha) => {
      const de = minutoDe(linha.hora);
      return linha !== exceto && linha.data === data && !linha.encaixe && CONTAM.includes(linha.situacao) &&
        de < inicio + minutos && inicio < de + linha.minutos && this.disputam(linha, quem);
    });
  }

  /** Se são a mesma pessoa, ou podem ser: sem nome é qualquer um dos que atendem a especialidade. */
  disputam(um: Lugar, outro: Lugar): boolean {
    if (agenda(um) === agenda(outro)) return true;
    if (um.profissional === "") return outro.profissional !== "" && this.atende(outro.profissional, um.especialidade);
    return outro.profissional === "" && this.atende(um.profissional, outro.especialidade);
  }

  /** Quem atende o que se pede; nada, se ninguém atende. */
  onde(
    { especialista, data, dia, profissional }: PedidoDe<"AGEND" | "REMARC">,
  ): { especialidade: string; serve: (bloco: Bloco) => boolean } | undefined {
    const especialidade = this.especialidades().find((uma) => uma === simples(especialista));
    if (especialidade === undefined || !this.janela().includes(data)) return undefined;
    const serve = (bloco: Bloco): boolean => profissional === undefined || bloco.profissional === simples(profissional);
    if (simples(dia) !== simples(nomeDoDia(data))) return undefined;
    return this.blocos(data, especialidade).some(serve) ? { especialidade, serve } : undefined;
  }

  /** A primeira hora livre; entre os que a têm, quem tem menos, e depois a ordem. */
  escolhe(data: string, vagas: readonly Vaga[], exceto?: Linha): Vaga | undefined {
    const livres = vagas.filter((vaga) => this.livre(data, vaga.bloco, vaga.inicio, vaga.minutos, exceto));
    const primeira = livres.filter(({ inicio }) => livres.every((outra) => inicio <= outra.inicio));
    return this.menos(data, primeira, exceto);
  }

  /** Quem tem menos; entre iguais, a ordem. */
  menos(data: string, vagas: readonly Vaga[], exceto?: Linha): Vaga | undefined {
    const marcados = ({ bloco }: Vaga): number =>
      this.linhas.filter((linha) =>
        linha !== exceto && linha.data === data && CONTAM.includes(linha.situacao) && agenda(linha) === agenda(bloco) &&
        linha.especialidade === bloco.especialidade
      ).length;
    return vagas.find((vaga) => vagas.every((outra) => marcados(vaga) <= marcados(outra)));
  }

  /** Quantos encaixes tem um atendimento. */
  encaixes(data: string, bloco: Bloco): number {
    return this.linhas.filter((linha) =>
      linha.encaixe && linha.data === data && CONTAM.includes(linha.situacao) && agenda(linha) === agenda(bloco) &&
      minutoDe(linha.hora) >= bloco.inicio && minutoDe(linha.hora) < bloco.inicio + bloco.vagas * bloco.minutos
    ).length;
  }
}

/** De que especialidade e de quem. */
export type Lugar = Pick<Linha, "especialidade" | "profissional">;

/** A agenda de um lugar. */
export function agenda({ especialidade, profissional }: Lugar): string {
  return profissional === "" ? especialidade : `@${profissional}`;
}

/** Se o que se fecha é também desse. */
export function alcanca(uma: Lugar, { especialidade, profissional }: Lugar): boolean {
  return [especialidade, ""].includes(uma.especialidade) && [profissional, ""].includes(uma.profissional);
}

/** Por data, hora e número. */
export function porHora(linhas: readonly Linha[]): Linha[] {
  const chave = ({ data, hora, numero }: Linha): string => `${data} ${hora} ${String(numero).padStart(6, "0")}`;
  return [...linhas].sort((a, b) => chave(a) < chave(b) ? -1 : 1);
}

/** O instante em que acaba. */
export function fim({ data, hora, minutos }: Linha): number {
  return instante(data, hora) + minutos * 60_000;
}

/** O instante de uma hora de uma data, ms desde 1970. */
export function instante(data: string, hora: string): number {
  return Date.parse(`${data}T${hora}:00-03:00`);
}

function iso(dia: number): string {
  return new Date(dia).toISOString().slice(0, 10);
}

/** O dia da semana. */
export function nomeDoDia(data: string): string {
  return SEMANA[new Date(data).getUTCDay()];
}

/** Os minutos desde a meia-noite. */
export function minutoDe(hora: string): number {
  const [h, m] = hora.split(":").map(Number);
  return h * 60 + m;
}

/** O contrário. */
export function hora(minuto: number): string {
  return [Math.floor(minuto / 60), minuto % 60].map((n) => String(n).padStart(2, "0")).join(":");
}

/** Como dois textos se comparam. */
export function simples(texto: string): string {
  return texto.normalize("NFD").replace(/[\u0300-\u036f]/g, "").toUpperCase();
}

/** Cada um uma vez. */
export function unicos<T>(lista: readonly T[]): T[] {
  return lista.filter((um, i) => lista.indexOf(um) === i);
}
