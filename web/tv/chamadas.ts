/**
 * As últimas chamadas do dia, como a tela da sala de espera as mostra: a senha ou as iniciais, e a sala; nem CPF, nem nome, nem
 * especialidade, nem número. Puro, salvo `chamadasDe`, que as lê pela agenda.
 *
 * @module
 */

import type { Agenda } from "../../agenda.ts";
import type { Agendamento } from "../../clinica/agendamento.ts";
import type { Quem } from "../../clinica/livro.ts";
import type { MostraDaTv } from "../../clinica/politica.ts";
import { iniciais } from "../../rede/eventos.ts";
import { LivroForaDoAlcance } from "../casa.ts";

/** Quantas se mostram, a de agora incluída. */
export const ULTIMAS = 5;

/** Uma chamada. */
export interface Chamada {
  /** Quando, ms desde 1970; com `quem`, diz qual é. */
  readonly em: number;
  /** A senha, `"A012"`, ou as iniciais, `"M. D. S."`. */
  readonly quem: string;
  /** Para onde; `""` se não se disse. */
  readonly local: string;
}

/** O que a tela mostra. */
export interface Chamadas {
  /** O dia de que são, `"aaaa-mm-dd"`. */
  readonly hoje: string;
  /** A mais nova primeiro. */
  readonly chamadas: readonly Chamada[];
}

/** Quem lê, por dentro: o que lê não é o que mostra, e ninguém vê mais do que a sala ouviria. */
const QUEM: Quem = { origem: "servidor", cliente: "servidor", papel: "servidor" };

/**
 * As últimas de hoje.
 *
 * @throws {LivroForaDoAlcance} se o livro não se pôde ler.
 */
export async function chamadasDe(agenda: Agenda, agora: number): Promise<Chamadas> {
  const { clinica } = agenda;
  const { hoje } = clinica.calendario.janela(agora);
  const [lista] = await agenda.atende([{ comando: "LISTA", data: hoje }], QUEM) ?? [];
  if (lista?.codigo !== "OK-310") throw new LivroForaDoAlcance();
  const ultimas = ultimasDe(lista.agendamentos, clinica.oferta.tv.mostra, (um) => clinica.localDe(um));
  return { hoje, chamadas: ultimas };
}

/** As últimas de uma lista; quem foi chamado outra vez conta pela última. */
export function ultimasDe(
  agendamentos: readonly Agendamento[],
  mostra: MostraDaTv,
  localDe: (agendamento: Agendamento) => string,
): readonly Chamada[] {
  return agendamentos.filter(({ chamadas, situacao }) => chamadas > 0 && situacao !== "CANCELADO")
    .map((um) => ({ um, em: chamadoEm(um) }))
    .sort((a, b) => b.em - a.em || b.um.numero - a.um.numero)
    .slice(0, ULTIMAS)
    .map(({ um, em }) => ({
      em,
      quem: mostra === "senha" && um.senha !== "" ? um.senha : iniciais(um.nome),
      local: localDe(um),
    }));
}

/** O instante da última chamada. O agendamento guarda o da primeira; o das outras está no que se pode desfazer. */
function chamadoEm({ pilha, chamadoEm }: Agendamento): number {
  const ultima = pilha.findLast(({ antes }) => antes.chamadas !== undefined);
  return Date.parse(ultima?.em ?? chamadoEm);
}
