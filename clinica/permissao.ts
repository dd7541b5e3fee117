/**
 * Quem pode o quê: uma tabela, de cada comando e de cada papel, e o que dela se deduz de um pedido e de um agendamento. Toda face
 * decide por aqui, e só por aqui: `regras.ts` pergunta antes de cada ato, e quem acha um agendamento, se quem pede o alcança.
 *
 * @module
 */

import { type Agendamento, mesmoCodigo, type Papel } from "./agendamento.ts";
import type { Quem } from "./livro.ts";
import type { Comando, Erro, Pedido, PedidoDe, Resultado } from "./pedido.ts";

/**
 * Até onde um papel pode um comando: nunca; sobre qualquer agendamento; só sobre aquele de que se dá o código; só sobre os de
 * quem atende, que é quem pede.
 */
export type Permissao = "nunca" | "tudo" | "codigo" | "atende";

/** O que cada papel pode. */
export type Permissoes = { readonly [P in Papel]: Permissao };

const NINGUEM: Permissoes = {
  ninguem: "nunca",
  anonimo: "nunca",
  quiosque: "nunca",
  paciente: "nunca",
  profissional: "nunca",
  balcao: "nunca",
  gerente: "nunca",
  integracao: "nunca",
  servidor: "tudo",
};

const SEMPRE: Permissoes = {
  ninguem: "tudo",
  anonimo: "tudo",
  quiosque: "tudo",
  paciente: "tudo",
  profissional: "tudo",
  balcao: "tudo",
  gerente: "tudo",
  integracao: "tudo",
  servidor: "tudo",
};

const DO_GERENTE: Permissoes = { ...NINGUEM, gerente: "tudo" };
const DO_BALCAO: Permissoes = { ...DO_GERENTE, balcao: "tudo" };
const DE_QUEM_VEM: Permissoes = { ...DO_BALCAO, quiosque: "tudo", paciente: "tudo" };
const DO_DONO: Permissoes = { ...DO_BALCAO, quiosque: "codigo", paciente: "codigo" };

/** A tabela. Um comando ou um papel novo não compila enquanto ela não o tiver. */
export const PERMISSOES: { readonly [C in Comando]: Permissoes } = {
  OLA: SEMPRE,
  PING: SEMPRE,
  SAIR: SEMPRE,
  VAGAS: { ...SEMPRE, ninguem: "nunca" },
  AGEND: DE_QUEM_VEM,
  ESPERA: DE_QUEM_VEM,
  BUSCA: { ...DO_DONO, profissional: "atende" },
  SITUA: { ...DO_DONO, profissional: "atende" },
  CANCEL: DO_DONO,
  REMARC: DO_DONO,
  DESISTE: DO_DONO,
  ACEITA: DO_DONO,
  RECUSA: DO_DONO,
  LISTA: { ...DO_BALCAO, profissional: "atende" },
  CORRIGE: DO_BALCAO,
  FILA: DO_BALCAO,
  HISTORIA: DO_BALCAO,
  // Não falam de ninguém, e sem elas não se vê por que um dia está como está.
  EXCECOES: { ...DO_BALCAO, profissional: "tudo" },
  FECHA: DO_GERENTE,
  EXTRA: DO_GERENTE,
  REABRE: DO_GERENTE,
  TITULAR: DO_GERENTE,
  TICK: NINGUEM,
  PROSSEGUE: NINGUEM,
};

/** Quem muda uma situação, além do balcão e da gerência. */
const MUDAM: { readonly [S in PedidoDe<"SITUA">["situacao"]]: readonly Papel[] } = {
  CONFIRMADO: ["quiosque", "paciente"],
  CHEGOU: ["quiosque", "paciente"],
  CHAMADO: ["profissional"],
  ATENDIDO: ["profissional"],
  // Quem o fez, o próprio ato o confere.
  DESFAZ: ["profissional"],
  CANCELADO: [],
  SAIU: [],
  FALTOU: [],
  MARCADO: [],
  CONVIDADO: [],
  PASSOU: [],
};

/** Verdadeiro para quem trabalha na clínica. */
export function daCasa(papel: Papel): boolean {
  return papel === "balcao" || papel === "gerente" || papel === "profissional";
}

/** Verdadeiro se quem pede pode o comando, sobre algum agendamento. */
export function pode({ papel }: Pick<Quem, "papel">, comando: Comando): boolean {
  return PERMISSOES[comando][papel] !== "nunca";
}

/** Verdadeiro se pode o que o pedido diz, seja de que agendamento for. */
export function podePedir({ papel }: Pick<Quem, "papel">, pedido: Pedido): boolean {
  if (PERMISSOES[pedido.comando][papel] === "nunca") return false;
  if (podeTudo(papel)) return true;
  switch (pedido.comando) {
    case "SITUA":
      return MUDAM[pedido.situacao].includes(papel) && (daCasa(papel) || !deCasa(pedido));
    case "ESPERA":
      return !deCasa(pedido);
    case "AGEND":
      return pedido.encaixe !== true;
    default:
      return true;
  }
}

/** O que só a casa diz. */
function deCasa({ prioridade = 0, ...outras }: { readonly prioridade?: number; readonly local?: string }): boolean {
  return prioridade > 0 || outras.local !== undefined;
}

/** Verdadeiro para quem não é da casa, nem a própria clínica. */
export function ehEstranho(papel: Papel): boolean {
  return !daCasa(papel) && papel !== "servidor";
}

function podeTudo(papel: Papel): boolean {
  return papel === "balcao" || papel === "gerente" || papel === "servidor";
}

/** Um agendamento, ou uma entrada da lista de espera. */
export type DeAlguem = Pick<Agendamento, "codigo" | "profissional">;

/** Verdadeiro se o que quem pede pode com o comando chega a este agendamento; o código é o que o pedido diz. */
export function alcanca(
  { papel, profissional }: Pick<Quem, "papel" | "profissional">,
  { comando, codigo }: { readonly comando: Comando; readonly codigo?: string },
  um: DeAlguem,
): boolean {
  if (codigo !== undefined && !mesmoCodigo(codigo, um.codigo)) return false;
  switch (PERMISSOES[comando][papel]) {
    case "nunca":
      return false;
    case "tudo":
      return true;
    case "codigo":
      return codigo !== undefined;
    case "atende":
      return profissional !== undefined && profissional !== "" && um.profissional === profissional;
  }
}

/** Verdadeiro se o que quem pede pode com o comando chega a todos: sem um código que não diz, e de quem quer que atenda. */
export function alcancaTodos({ papel }: Pick<Quem, "papel">, comando: Comando): boolean {
  return PERMISSOES[comando][papel] === "tudo";
}

/** O acesso negado. */
export const NEGADO: Erro = { codigo: "ERRO-120" };

/**
 * A mesma recusa, a quem não é da casa, do que diria que um CPF já está no livro: que tem um agendamento, que já espera, que
 * tem agendamentos ou faltas demais.
 */
export function semContar({ papel }: Pick<Quem, "papel">, resultado: Resultado): Resultado {
  if (!ehEstranho(papel)) return resultado;
  switch (resultado.codigo) {
    case "ERRO-111":
    case "ERRO-118":
      return NEUTRA;
    case "ERRO-116":
      return resultado.regra === "porCpf" || resultado.regra === "faltas" ? NEUTRA : resultado;
    default:
      return resultado;
  }
}

const NEUTRA: Resultado = { codigo: "ERRO-116", regra: "" };

/** Verdadeiro para essa recusa: a quem a tem diz que o CPF está no livro. */
export function ehNeutra(resultado: Resultado): boolean {
  return resultado === NEUTRA;
}
