/**
 * O que se pede à agenda e o que ela responde, em termos da clínica: datas `"aaaa-mm-dd"`, agendamentos e horas livres.
 *
 * Os fios leem pedidos para isto (`protocolo.ts`, `fio/`) e vestem o resultado à sua maneira (`rede/redator.ts`); os códigos
 * são o vocabulário comum.
 *
 * @module
 */

import type { Agendamento, Situacao } from "./agendamento.ts";
import type { DiaAberto } from "./calendario.ts";
import type { Espera, ParteDoDia } from "./espera.ts";
import type { Excecao } from "./excecao.ts";
import type { GuardaLegal } from "./livro.ts";
import type { Especialidade, Profissional } from "./oferta.ts";

/** Que agendamento de um CPF: o que um pedido pode dizer além da especialidade. */
export interface Qual {
  /** Exatamente este. */
  readonly numero?: number;
  /** Só se ainda é esta a versão. */
  readonly versao?: number;
  /** O código dele, já normalizado; `""` se não é um. */
  readonly codigo?: string;
}

/** Que entrada da lista de espera de um CPF; a versão dela não se diz a ninguém. */
export type QualEntrada = Omit<Qual, "versao">;

/** Como se fala com a pessoa; `""` apaga o que havia. */
export interface ParaAvisos {
  /** O e-mail. */
  readonly email?: string;
  /** O telefone, E.164. */
  readonly telefone?: string;
}

/** O que cada comando traz. CPF e nome já vêm normalizados e válidos; uma data que não é uma vem como `""`. */
export interface Campos {
  /**
   * Marca. O especialista, a data e o dia podem não existir: recusá-los é da agenda. `proposto` é o código com que nasce o que um
   * formulário faz; mandado outra vez, acha o que fez da primeira.
   */
  readonly AGEND: ParaAvisos & {
    readonly cpf: string;
    readonly nome: string;
    readonly especialista: string;
    readonly data: string;
    readonly dia: string;
    readonly horario?: string;
    readonly profissional?: string;
    readonly encaixe?: boolean;
    readonly motivo?: string;
    readonly nota?: string;
    readonly proposto?: string;
  };
  /** Os agendamentos ativos de um CPF; com código, só o dele. `comEsperas`: também as entradas da lista de espera. */
  readonly BUSCA: { readonly cpf: string; readonly codigo?: string; readonly comEsperas?: boolean };
  /** Desmarca; com `chegado`, também quem já chegou ou foi chamado (CLINICA/1). */
  readonly CANCEL: Qual & {
    readonly cpf: string;
    readonly especialista?: string;
    readonly motivo?: string;
    readonly chegado?: boolean;
  };
  /** As horas livres; com `porProfissional`, as de cada um à parte, e sem ele, as de todos juntas (CLINICA/1). */
  readonly VAGAS: {
    readonly especialista?: string;
    readonly data?: string;
    readonly profissional?: string;
    readonly porProfissional?: boolean;
  };
  /** Move, num passo só. */
  readonly REMARC: Qual & {
    readonly cpf: string;
    readonly especialista: string;
    readonly data: string;
    readonly dia: string;
    readonly horario?: string;
    readonly profissional?: string;
    readonly motivo?: string;
  };
  /** Corrige o nome, a nota ou o contato; o que não vem fica. */
  readonly CORRIGE: Qual & ParaAvisos & {
    readonly cpf: string;
    readonly especialista: string;
    readonly nome?: string;
    readonly nota?: string;
  };
  /** Muda a situação, ou desfaz a última mudança. */
  readonly SITUA: Qual & {
    readonly cpf: string;
    readonly especialista: string;
    readonly situacao: Situacao | "DESFAZ";
    readonly prioridade?: number;
    readonly local?: string;
    readonly motivo?: string;
  };
  /** O dia, cancelados incluídos. */
  readonly LISTA: {
    readonly data: string;
    readonly especialista?: string;
    readonly profissional?: string;
    readonly ordem?: "hora" | "chamada";
  };
  /** Fecha dias, ou parte deles; `inicio` e `fim` em minutos desde a meia-noite. */
  readonly FECHA: {
    readonly data: string;
    readonly ate?: string;
    readonly inicio?: number;
    readonly fim?: number;
    readonly especialista?: string;
    readonly profissional?: string;
    readonly motivo?: string;
  };
  /** Um atendimento a mais; `inicio` em minutos desde a meia-noite. */
  readonly EXTRA: {
    readonly especialista: string;
    readonly data: string;
    readonly inicio: number;
    readonly vagas: number;
    readonly minutos: number;
    readonly profissional?: string;
    readonly local?: string;
    readonly encaixes?: number;
  };
  /** Desfaz um `FECHA` ou um `EXTRA`. */
  readonly REABRE: { readonly numero: number };
  /** Tudo o que se sabe de um CPF. */
  readonly HISTORIA: { readonly cpf: string };
  /** Entra na lista de espera de uma especialidade; com o código do que já lá tem, que ela pode mover. `proposto` é como em `AGEND`. */
  readonly ESPERA: ParaAvisos & {
    readonly proposto?: string;
    readonly cpf: string;
    readonly codigo?: string;
    readonly nome: string;
    readonly especialista: string;
    readonly profissional?: string;
    readonly de?: string;
    readonly ate?: string;
    readonly turno?: ParteDoDia;
    readonly antecedencia?: number;
    readonly marca?: boolean;
    readonly prioridade?: number;
    readonly motivo?: string;
  };
  /** Sai dela. */
  readonly DESISTE: QualEntrada & { readonly cpf: string; readonly especialista: string };
  /** Fica com a hora segurada. */
  readonly ACEITA: QualEntrada & { readonly cpf: string; readonly especialista: string; readonly motivo?: string };
  /** Deixa-a passar. */
  readonly RECUSA: QualEntrada & { readonly cpf: string; readonly especialista: string };
  /** A lista de uma especialidade. */
  readonly FILA: { readonly especialista: string };
  /** As exceções que valem e ainda não passaram; nenhum fio o pede. */
  readonly EXCECOES: unknown;
  /** O que se faz pelos direitos de uma pessoa sobre os seus dados; nenhum fio o pede. */
  readonly TITULAR: PeloTitular & { readonly cpf: string };
  /** O relógio: o que venceu; nenhum fio o pede. */
  readonly TICK: unknown;
  /**
   * O que um `TICK` deixou por fazer; ou, `soNinguem`, só o que se segurou para ninguém, que não depende das horas que são.
   * Nenhum fio o pede.
   */
  readonly PROSSEGUE: { readonly soNinguem?: boolean };
  /** Quem se apresenta e que fio quer falar; a sessão já o sabe possível. */
  readonly OLA: { readonly chave?: string };
  /** Nada: diz que o servidor ouve. */
  readonly PING: unknown;
  /** O adeus. */
  readonly SAIR: unknown;
}

/** O que se pode querer de uma pessoa. */
export type PeloTitular =
  /** Deixar escrito que os dados dela se tiraram do livro. */
  | { readonly ato: "EXPORTA" }
  /** Corrigir o que dela se sabe, em tudo o que é dela. */
  | ParaAvisos & { readonly ato: "RETIFICA"; readonly nome?: string }
  /** Tirar-lhe o nome e o CPF; `porPrazo`, porque o prazo passou; com motivo, também antes dele. */
  | { readonly ato: "ANONIMIZA"; readonly pseudonimo: string; readonly motivo?: string; readonly porPrazo?: true }
  /** Não deixar que os dados se apaguem. */
  | { readonly ato: "GUARDA"; readonly motivo?: string }
  /** Voltar a deixar. */
  | { readonly ato: "SOLTA"; readonly motivo?: string };

/** O que se fez, ou por que não. */
export type FeitoPeloTitular =
  /** Quantas linhas mudaram; `falta`: eram demais para uma vez. */
  | { readonly feito: number; readonly falta?: true }
  /** Não há nada dela. */
  | { readonly recusa: "nada" }
  /** Tem algo por vir. */
  | { readonly recusa: "de pé"; readonly marcados: readonly Agendamento[]; readonly esperas: readonly Espera[] }
  /** Ainda se tem de guardar, até esta data (`"aaaa-mm-dd"`). */
  | { readonly recusa: "prazo"; readonly ate: string }
  /** Há uma guarda legal; ou já a havia. */
  | { readonly recusa: "guarda"; readonly guarda: GuardaLegal };

/** O nome de um comando. */
export type Comando = keyof Campos;

/** Um pedido de um comando, ou de um de vários. */
export type PedidoDe<C extends Comando> = { [K in C]: { readonly comando: K } & Campos[K] }[C];

/** O que se pode pedir à agenda. */
export type Pedido = PedidoDe<Comando>;

/** Os erros que não trazem nada além do código. */
export type CodigoDeErro =
  | "ERRO-100"
  | "ERRO-101"
  | "ERRO-102"
  | "ERRO-103"
  | "ERRO-104"
  | "ERRO-105"
  | "ERRO-110"
  | "ERRO-112"
  | "ERRO-113"
  | "ERRO-118"
  | "ERRO-119"
  | "ERRO-120"
  | "ERRO-121"
  | "ERRO-130"
  | "ERRO-131";

/** Um erro simples. */
export interface Erro {
  /** Qual. */
  readonly codigo: CodigoDeErro;
  /** De um `ERRO-130` a quem pede demais: quantos segundos esperar, o `Retry-After` de HTTP. O pedido não foi feito. */
  readonly segundos?: number;
}

/** As horas livres de uma especialidade numa data, ou as de um profissional dela. */
export interface DiaLivre {
  /** A data. */
  readonly dia: DiaAberto;
  /** A especialidade. */
  readonly especialidade: Especialidade;
  /** O profissional; `undefined` se a especialidade não tem, ou se as horas são as de todos. */
  readonly profissional?: Profissional;
  /** `"HH:MM"`, em ordem. */
  readonly horas: readonly string[];
}

/**
 * O que a agenda responde. `OK-200` com `primeiras` é a saudação: o primeiro dia com hora livre de cada especialidade; com
 * `falta`, o relógio tem mais que fazer; com `titular`, é o que se fez pelos direitos de alguém; com `excecoes`, as que valem.
 * `esperas` responde a `comEsperas`.
 */
export type Resultado =
  | Erro
  | {
    readonly codigo: "OK-200";
    readonly primeiras?: readonly DiaLivre[];
    readonly apresenta?: true;
    readonly falta?: true;
    readonly titular?: FeitoPeloTitular;
    readonly excecoes?: readonly Excecao[];
  }
  | { readonly codigo: "OK-201" | "OK-308" | "OK-309" }
  | {
    readonly codigo: "OK-300" | "OK-301" | "OK-306" | "ERRO-111" | "ERRO-115" | "ERRO-117";
    readonly agendamentos: readonly [Agendamento];
  }
  | {
    readonly codigo: "OK-302" | "OK-310" | "OK-315" | "ERRO-114";
    readonly agendamentos: readonly Agendamento[];
    readonly esperas?: readonly AEsperar[];
  }
  | { readonly codigo: "OK-303"; readonly agendamentos: readonly [novo: Agendamento, antigo: Agendamento] }
  | { readonly codigo: "OK-304"; readonly vagas: readonly DiaLivre[] }
  | {
    readonly codigo: "OK-312" | "OK-314";
    readonly numero: number;
    readonly agendamentos: readonly Agendamento[];
  }
  | { readonly codigo: "OK-313"; readonly numero: number }
  | { readonly codigo: "OK-307"; readonly posicao: number; readonly espera: Espera }
  | { readonly codigo: "OK-311"; readonly fila: readonly NaFila[] }
  | { readonly codigo: "ERRO-116"; readonly regra: string };

/** Uma entrada da lista de espera, e a hora que está segurada para ela. */
export interface NaFila {
  /** A entrada. */
  readonly espera: Espera;
  /** A hora segurada, se há uma. */
  readonly convite: Agendamento | undefined;
}

/** O mesmo, para quem espera. */
export interface AEsperar extends NaFila {
  /** O lugar na lista; 1 é o primeiro. */
  readonly posicao: number;
}

/** Um código de resposta, `"OK-nnn"` ou `"ERRO-nnn"`. */
export type Codigo = Resultado["codigo"];
