/**
 * Casos para os testes do verificador do dia: histórias de um livro bom, que se estragam de um modo só.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { type OpcoesDoDia, verificaDia } from "./dia.ts";
import type { RegrasDaEspera } from "./espera.ts";
import type { FeitoNoDia, OperacaoDoDia, RespostaDoDia, Visto } from "./feitos.ts";
import { LivroModelo, REGRAS } from "./livro_modelo.ts";
import { Historia, nomeUnico } from "./registro.ts";
import type { DiaDaSemana } from "./semana.ts";
import type { Agora, Situacao } from "./tabela.ts";
import { type ErradoNoDia, type LivroDoDia, noDiario } from "./vidas.ts";

/** Hoje, segunda-feira. */
export const HOJE = "2026-11-30";
/** Amanhã. */
export const AMANHA = "2026-12-01";
/** Depois de amanhã. */
export const DEPOIS = "2026-12-02";
/** Dez da manhã. */
export const AGORA: Agora = { hoje: HOJE, minuto: 600 };

const CLINICO = { especialidade: "CLINICO", inicio: 480, vagas: 3, minutos: 30, encaixes: 1 };
const DOIS_DIAS = [
  { ...CLINICO, profissional: "ANA" },
  { ...CLINICO, profissional: "BIA" },
  { ...CLINICO, especialidade: "PEDIATRA", profissional: "ANA", inicio: 840, vagas: 2 },
  { ...CLINICO, especialidade: "DERMA", profissional: "", vagas: 2 },
];
/** A clínica. */
export const DIAS: readonly DiaDaSemana[] = [
  // Das oito ao meio-dia: às onze ainda se marca, e encaixa-se a qualquer minuto.
  { data: HOJE, atende: [{ ...CLINICO, profissional: "ANA", vagas: 4, minutos: 60, encaixes: 3 }] },
  { data: AMANHA, atende: DOIS_DIAS },
  { data: DEPOIS, atende: DOIS_DIAS },
];

/** Uma linha do livro. */
export type Linha = LivroDoDia["agendamentos"][number];

/** Uma história e o livro em que acabou. */
export class Caso {
  /** A história. */
  readonly historia: Historia<FeitoNoDia, RespostaDoDia> = new Historia();
  /** O livro em que acabou. */
  livro: LivroDoDia;
  #regras: RegrasDaEspera;
  #modelo: LivroModelo;

  /** Estes pedidos, um de cada vez, a um livro bom, de uma clínica com estas regras. */
  constructor(feitos: readonly FeitoNoDia[] = [], regras: RegrasDaEspera = REGRAS) {
    this.#regras = regras;
    this.#modelo = new LivroModelo(DIAS, AGORA, regras);
    for (const feito of feitos) this.faz(feito);
    this.livro = copia(this.#modelo.livro);
  }

  /** Um pedido, executado pelo livro bom, um de cada vez. */
  faz(feito: FeitoNoDia): OperacaoDoDia {
    const operacao = this.historia.comeca(this.historia.conexao(), feito);
    this.historia.acaba(operacao, this.#modelo.responde(feito));
    this.livro = copia(this.#modelo.livro);
    return operacao;
  }

  /** Um pedido cuja resposta se perde; o livro pode tê-lo executado. */
  perde(feito: FeitoNoDia, executa: boolean): this {
    this.historia.comeca(this.historia.conexao(), feito);
    if (executa) this.#modelo.responde(feito);
    this.livro = copia(this.#modelo.livro);
    return this;
  }

  /** Passam minutos, e o relógio bate. */
  passam(minutos: number, { bate = true } = {}): this {
    this.#modelo.passam(minutos);
    if (bate) this.#modelo.bate();
    this.livro = copia(this.#modelo.livro);
    return this;
  }

  /** Uma resposta, seja qual for, a um pedido que não mudou nada. */
  ve(feito: FeitoNoDia, resposta: RespostaDoDia): this {
    this.historia.acaba(this.historia.comeca(this.historia.conexao(), feito), resposta);
    return this;
  }

  /** Um pedido que o livro bom recusaria, confirmado e gravado. */
  forja(feito: FeitoNoDia, { ato, codigo, novo }: { ato: string; codigo: string; novo: Partial<Linha> }): this {
    const antes = this.livro.agendamentos.find(({ numero }) => numero === novo.numero);
    const base = antes ?? this.livro.agendamentos[0];
    const numero = antes?.numero ?? this.livro.agendamentos.length + 1;
    const linha: Linha = { ...base, ...novo, numero, versao: (antes?.versao ?? 0) + 1 };
    const feita = [ato, numero, linha.versao, noDiario(antes), noDiario(linha)];
    this.livro = {
      ...this.livro,
      agendamentos: [...this.livro.agendamentos.filter((outra) => outra !== antes), linha],
      diario: [...this.livro.diario, { quando: QUANDO, mudancas: JSON.stringify([["gerente", "h:1", [feita]]]) }],
    };
    return this.ve(feito, { codigo, vistos: [linha, ...codigo === "OK-303" && antes !== undefined ? [antes] : []] });
  }

  /** Troca as linhas do livro que servem. */
  troca(numero: number, novo: Partial<Linha>): this {
    const agendamentos = this.livro.agendamentos.map((linha) =>
      linha.numero === numero ? { ...linha, ...novo } : linha
    );
    this.livro = { ...this.livro, agendamentos };
    return this;
  }

  /** Troca o diário, linha a linha ou todo. */
  conta(muda: (mudancas: readonly string[]) => readonly string[]): this {
    const diario = muda(this.livro.diario.map(({ mudancas }) => mudancas)).map((mudancas, i) => ({
      quando: this.livro.diario[i]?.quando ?? QUANDO,
      mudancas,
    }));
    this.livro = { ...this.livro, diario };
    return this;
  }

  /** A linha de um agendamento. */
  linha(numero: number): Linha {
    const linha = this.livro.agendamentos.find((uma) => uma.numero === numero);
    if (linha === undefined) throw new TypeError(`não há o ${numero}`);
    return linha;
  }

  get #vivos(): [de: number, a: number][] {
    return [[Date.parse(QUANDO), this.#modelo.relogio]];
  }

  /**
   * O que o verificador diz dele, sem repetição; de um servidor de cada vez, vivo o tempo todo e com as regras do livro, se não
   * se diz que não.
   */
  violacoes(
    { umSo = true, regras = this.#regras, vivos = this.#vivos }: Partial<OpcoesDoDia["espera"]> = {},
  ): ErradoNoDia[] {
    const { violacoes, indecisas } = verificaDia(this.historia.operacoes, {
      livro: this.livro,
      dias: DIAS,
      agora: AGORA,
      espera: { umSo, regras, vivos },
    });
    if (violacoes.length === 0) assertEquals(indecisas, []);
    return [...new Set(violacoes.map(({ tipo }) => tipo))];
  }
}

function copia({ agendamentos, excecoes, diario, esperas }: LivroDoDia): LivroDoDia {
  return {
    agendamentos: [...agendamentos],
    excecoes: [...excecoes],
    diario: [...diario],
    esperas: [...esperas],
  };
}

const QUANDO = `${HOJE}T10:00:00Z`;

// -------------------------------------------------------------------------------------------------- histórias à mão

/** O que um comando do dia pede. */
export type Do<C extends FeitoNoDia["comando"]> = Extract<FeitoNoDia, { readonly comando: C }>;

/** O enésimo CPF; o verificador não confere dígitos. */
export function cpf(n: number): string {
  return `${10_000_000_000 + n}`;
}

const ALVO = { cpf: cpf(1), especialidade: "CLINICO" };

/** Marca, amanhã com um clínico. */
export function agend(n: number, resto: Partial<Do<"AGEND">> = {}): Do<"AGEND"> {
  return { comando: "AGEND", cpf: cpf(n), nome: nomeUnico(n), especialidade: "CLINICO", data: AMANHA, ...resto };
}

/** Move o do primeiro CPF. */
export function move(data: string, resto: Partial<Do<"REMARC">> = {}): Do<"REMARC"> {
  return { comando: "REMARC", ...ALVO, data, ...resto };
}

/** Muda a situação do primeiro CPF. */
export function situa(situacao: Situacao | "DESFAZ", resto: Partial<Do<"SITUA">> = {}): Do<"SITUA"> {
  return { comando: "SITUA", ...ALVO, situacao, ...resto };
}

/** Desmarca. */
export const CANCEL: Do<"CANCEL"> = { comando: "CANCEL", ...ALVO };
/** Busca. */
export const BUSCA: Do<"BUSCA" | "HISTORIA"> = { comando: "BUSCA", cpf: cpf(1) };
/** Fecha amanhã. */
export const FECHA: Do<"FECHA"> = { comando: "FECHA", data: AMANHA, motivo: "obra" };
/** Um atendimento a mais, amanhã. */
export const EXTRA: Do<"EXTRA"> = {
  ...{ comando: "EXTRA", especialidade: "DERMA", data: AMANHA, inicio: "18:00", vagas: 2, minutos: 30 },
  local: "sala 9",
};

/** A lista de uma data. */
export function lista(data: string): FeitoNoDia {
  return { comando: "LISTA", data };
}

/** Uma resposta. */
export function com(codigo: string, ...vistos: Visto[]): RespostaDoDia {
  return { codigo, vistos };
}

/** Já chegou, hoje. */
export const CHEGADO: readonly FeitoNoDia[] = [agend(1, { data: HOJE, hora: "11:00" }), situa("CHEGOU")];

/** Um só marcado, amanhã às oito, com a Ana. */
export const UM: readonly FeitoNoDia[] = [agend(1)];

/** Um movimento de amanhã para depois de amanhã, e as leituras que houve enquanto durou. */
export function entreMovimento(leituras: (antes: Linha, depois: Linha) => [FeitoNoDia, RespostaDoDia][]): Caso {
  const caso = new Caso(UM);
  const antes = caso.linha(1);
  const movimento = caso.faz(move(DEPOIS));
  for (const [feito, resposta] of leituras(antes, caso.linha(1))) caso.ve(feito, resposta);
  movimento.fim = Infinity;
  return caso;
}
