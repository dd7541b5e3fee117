/**
 * O mundo como uma decisão o vê, o que ela devolve, e o que os atos têm em comum: achar o agendamento de que se fala, e mudar
 * a situação de um.
 *
 * @module
 */

import { type Agendamento, type Andamento, CAMPOS_DO_ANDAMENTO, conta, PASSOS_MAXIMOS } from "./agendamento.ts";
import type { DiaAberto } from "./calendario.ts";
import type { Clinica } from "./clinica.ts";
import type { DoAgendamento, Intencao, Mudanca, Quem, Vista } from "./livro.ts";
import type { Horario } from "./oferta.ts";
import type { Comando, Qual, Resultado } from "./pedido.ts";
import { alcanca, alcancaTodos } from "./permissao.ts";
import { chave } from "./texto.ts";

/** O mundo como uma decisão o vê. */
export interface Estado {
  /** A oferta e o calendário. */
  readonly clinica: Clinica;
  /** O livro. */
  readonly vista: Vista;
  /** O instante da decisão, ms desde 1970. */
  readonly agora: number;
  /** O último instante em que se decidiu uma mudança: ainda que o relógio volte, o que se grava não vem antes. */
  readonly gravado?: number;
  /** Quem pede. */
  readonly quem: Quem;
  /** Um código novo, de um gerador criptográfico. */
  readonly sorteia: () => string;
}

/** O que se decidiu: o resultado, e o que tem de estar gravado antes que ele saia. */
export interface Decisao {
  /** O que responder. */
  readonly resultado: Resultado;
  /** O que gravar, na ordem. */
  readonly mudancas: readonly Mudanca[];
}

const NENHUMA: readonly Mudanca[] = [];

/** Uma decisão que nada muda. */
export function semMudanca(resultado: Resultado): Decisao {
  return { resultado, mudancas: NENHUMA };
}

/** A mudança que faz nascer um agendamento. */
export function nascimento({ quem }: Estado, depois: Agendamento): DoAgendamento {
  return { sobre: "agendamento", ato: "AGEND", depois, quem };
}

/** A mudança que leva um agendamento a ter estes valores, na versão seguinte. */
export function mudanca(
  { quem }: Estado,
  { ato, antes, novo }: { ato: Intencao; antes: Agendamento; novo: Partial<Agendamento> },
): DoAgendamento & { readonly antes: Agendamento } {
  return { sobre: "agendamento", ato, antes, depois: { ...antes, ...novo, versao: antes.versao + 1 }, quem };
}

/** O mesmo, de uma situação para outra: o que muda fica na pilha, para se desfazer. */
export function transicao(
  estado: Estado,
  { ato, antes, novo }: { ato: Intencao; antes: Agendamento; novo: Partial<Andamento> & { senha?: string } },
): DoAgendamento {
  const passo = { papel: estado.quem.papel, em: instante(estado), antes: oQueMuda(antes, novo) };
  const pilha = [...antes.pilha, passo].slice(-PASSOS_MAXIMOS);
  return mudanca(estado, { ato, antes, novo: { ...novo, pilha } });
}

/** O que a mudança troca do andamento, como estava; a senha, uma vez dada, é de quem a tem. */
function oQueMuda(antes: Andamento, novo: Partial<Andamento>): Partial<Andamento> {
  const trocado: { -readonly [C in keyof Andamento]?: Andamento[C] } = {};
  const guarda = <C extends keyof Andamento>(campo: C): void => {
    if (campo in novo && novo[campo] !== antes[campo]) trocado[campo] = antes[campo];
  };
  for (const campo of CAMPOS_DO_ANDAMENTO) guarda(campo);
  return trocado;
}

/** O cancelamento de um agendamento. */
export function cancelamento(
  estado: Estado,
  { ato, antes, motivo }: { ato: Intencao; antes: Agendamento; motivo: string | undefined },
): DoAgendamento {
  return transicao(estado, {
    ato,
    antes,
    novo: { situacao: "CANCELADO", ativo: false, motivo: motivo ?? "", terminouEm: instante(estado) },
  });
}

/** Tira de ativo o que já acabou: outro vem no lugar. */
export function arquivamento(estado: Estado, antes: Agendamento): Mudanca {
  return mudanca(estado, { ato: "ARQUIVA", antes, novo: { ativo: false } });
}

/** O que um agendamento movido volta a ser: por confirmar, sem senha de outro dia, sem o que desfazer, por sua vontade. */
export const DE_NOVO = {
  situacao: "MARCADO",
  encaixe: false,
  local: "",
  senha: "",
  prioridade: 0,
  terminouEm: "",
  espera: 0,
  pilha: [],
} as const;

/** O instante da decisão, como fica no livro: nunca antes dos que já lá estão. */
export function instante({ clinica, agora, gravado = agora }: Pick<Estado, "clinica" | "agora" | "gravado">): string {
  return clinica.calendario.escreve(Math.max(agora, gravado));
}

/** Verdadeiro se a hora da data já começou. */
export function jaComecou({ clinica, agora }: Estado, dia: DiaAberto, { hora }: Horario): boolean {
  return clinica.calendario.comecou(dia.iso, hora, agora);
}

/** Verdadeiro se o agendamento já acabou pelo relógio. */
export function jaTerminou(
  { clinica, agora }: Pick<Estado, "clinica" | "agora">,
  { data, hora, minutos }: Agendamento,
): boolean {
  return clinica.calendario.terminou(data, hora, minutos, agora);
}

/** Os ativos de um CPF que ainda não acabaram, por data e hora. */
export function ativosEmOrdem(estado: Estado, cpf: string): Agendamento[] {
  const ativos = estado.vista.ativosDe(cpf);
  if (ativos.length === 0) return [];
  return ativos.filter((ativo) => !jaTerminou(estado, ativo)).sort(porHora);
}

/** O ativo de um CPF numa especialidade, que pode já ter acabado pelo relógio. */
export function ativoEm({ vista }: Estado, cpf: string, especialidade: string): Agendamento | undefined {
  return vista.ativosDe(cpf).find((ativo) => ativo.especialidade === especialidade);
}

/** Por data, hora e número. */
export function porHora(a: Agendamento, b: Agendamento): number {
  return comparar(a.data, b.data) || comparar(a.hora, b.hora) || a.numero - b.numero;
}

/** A ordem de dois textos. */
export function comparar(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** De que agendamento fala um pedido que diz CPF e especialidade, e talvez número, versão e código. */
export type Alvo = Qual & { readonly comando: Comando; readonly cpf: string; readonly especialista?: string };

/** O agendamento que se quis, ou a recusa. */
export type Achado = { readonly agendamento: Agendamento } | { readonly recusa: Resultado };

/**
 * Acha o agendamento de que um pedido fala: exatamente o de `numero`, ou aquele dentre `candidatos`, que são os de um CPF em
 * ordem de preferência. Um código errado responde como se nada houvesse, e uma versão antiga, com o que está lá.
 */
export function acha(estado: Estado, alvo: Alvo, candidatos: () => readonly Agendamento[]): Achado {
  const especialidade = alvo.especialista === undefined ? undefined : chave(alvo.especialista);
  // A quem só alcança alguns não se fala dos outros: o que se quis é um dos que alcança.
  const todos = alcancaTodos(estado.quem, alvo.comando);
  const serve = (um: Agendamento): boolean =>
    (especialidade === undefined || um.especialidade === especialidade) && (todos || alcanca(estado.quem, alvo, um));
  const agendamento = alvo.numero === undefined
    ? candidatos().find(serve)
    // Um ativo pode ser mais antigo do que a história alcança.
    : [...daHistoria(estado, alvo.cpf), ...estado.vista.ativosDe(alvo.cpf)]
      .find((um) => um.numero === alvo.numero && serve(um));
  if (agendamento === undefined || !alcanca(estado.quem, alvo, agendamento)) return { recusa: INEXISTENTE };
  return confereVersao(alvo, agendamento) ?? { agendamento };
}

/** A recusa de quem fala de uma versão que já não é a que está lá. */
function confereVersao({ versao }: Qual, agendamento: Agendamento): Achado | undefined {
  if (versao === undefined || versao === agendamento.versao) return undefined;
  return { recusa: { codigo: "ERRO-117", agendamentos: [agendamento] } };
}

const INEXISTENTE: Resultado = { codigo: "ERRO-113" };

/** Tudo o que se sabe de um CPF, menos as horas seguradas para ele e as que deixou passar. */
export function daHistoria({ vista }: Estado, cpf: string): readonly Agendamento[] {
  return vista.historiaDe(cpf).filter((um) => conta(um) ? um.situacao !== "CONVIDADO" : um.situacao === "CANCELADO");
}

/** A recusa de uma situação que não permite o que se quer. */
export function naoPermitido(agendamento: Agendamento): Decisao {
  return semMudanca({ codigo: "ERRO-115", agendamentos: [agendamento] });
}
