/**
 * A tabela das situações, escrita aqui outra vez: o que a prova aceita que um agendamento faça de uma versão para a seguinte.
 * Não vem do produto, para que um engano dele não valha dos dois lados.
 *
 * @module
 */

/** As situações que a prova conhece; as duas últimas são da lista de espera: uma hora segurada, e uma que se deixou passar. */
export type Situacao =
  | ("MARCADO" | "CONFIRMADO" | "CHEGOU" | "CHAMADO" | "ATENDIDO" | "SAIU" | "FALTOU" | "CANCELADO")
  | ("CONVIDADO" | "PASSOU");

/** Quando uma passagem pode acontecer. */
type Quando = "sempre" | "no dia" | "antes da hora" | "depois da hora";

/** De cada situação, as que podem vir a seguir. */
const TABELA: { readonly [S in Situacao]: { readonly [P in Situacao]?: Quando } } = {
  MARCADO: { CONFIRMADO: "antes da hora", CHEGOU: "no dia", FALTOU: "depois da hora", CANCELADO: "sempre" },
  CONFIRMADO: { CHEGOU: "no dia", FALTOU: "depois da hora", CANCELADO: "sempre" },
  CHEGOU: { CHAMADO: "sempre", SAIU: "sempre" },
  CHAMADO: { CHAMADO: "sempre", CHEGOU: "sempre", ATENDIDO: "sempre", SAIU: "sempre" },
  ATENDIDO: {},
  SAIU: {},
  FALTOU: {},
  CANCELADO: {},
  // O que é da lista de espera, nenhum `SITUA` muda.
  CONVIDADO: {},
  PASSOU: {},
};

/** Em que ponto do dia a história acontece: dura pouco, e nada começa nem acaba enquanto ela dura. */
export interface Agora {
  /** `"aaaa-mm-dd"`. */
  readonly hoje: string;
  /** Minutos desde a meia-noite. */
  readonly minuto: number;
}

/** Se a tabela permite a passagem, para um agendamento daquela data e hora. */
export function permite(
  de: Situacao,
  para: Situacao,
  { data, hora, agora }: { data: string; hora: string; agora: Agora },
): boolean {
  const comecou = data < agora.hoje || data === agora.hoje && minutoDe(hora) <= agora.minuto;
  switch (TABELA[de][para]) {
    case undefined:
      return false;
    case "sempre":
      return true;
    case "no dia":
      return data === agora.hoje;
    case "antes da hora":
      return !comecou;
    case "depois da hora":
      return comecou;
  }
}

/** Só quem ainda não chegou se muda de hora. */
export function podeMover(situacao: Situacao): boolean {
  return situacao === "MARCADO" || situacao === "CONFIRMADO";
}

/** Ainda é esperado, ou está aqui. */
export function ativo(situacao: Situacao): boolean {
  return podeMover(situacao) || situacao === "CHEGOU" || situacao === "CHAMADO";
}

/** Toma os seus minutos na agenda: só um cancelamento, ou deixar passar uma hora segurada, os devolve. */
export function toma({ situacao, encaixe }: { situacao: Situacao; encaixe: boolean }): boolean {
  return !encaixe && conta(situacao);
}

/** Conta no dia. */
export function conta(situacao: Situacao): boolean {
  return situacao !== "CANCELADO" && situacao !== "PASSOU";
}

/** É de alguém, e vê-se: a hora segurada e a que passou não se mostram, nem se fala delas. */
export function mostra(situacao: Situacao): boolean {
  return situacao !== "CONVIDADO" && situacao !== "PASSOU";
}

/** Estava cancelado, e volta a contar no dia. */
export function voltaAContar(antes: { situacao: Situacao } | undefined, depois: { situacao: Situacao }): boolean {
  return antes?.situacao === "CANCELADO" && depois.situacao !== "CANCELADO";
}

/** O que `DESFAZ` pode tirar de cima, e como se estava antes. */
export interface Desfazer {
  /** A situação a que se volta. */
  readonly situacao: Situacao;
  /** Quantas chamadas havia, se se sabe. */
  readonly chamadas?: number;
}

/** Lê `"HH:MM"` como minutos desde a meia-noite. */
export function minutoDe(hora: string): number {
  const [horas, minutos] = hora.split(":").map(Number);
  return horas * 60 + minutos;
}

/** O contrário. */
export function horaDe(minuto: number): string {
  return `${String(Math.floor(minuto / 60)).padStart(2, "0")}:${String(minuto % 60).padStart(2, "0")}`;
}
