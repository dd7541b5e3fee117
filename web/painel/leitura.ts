/**
 * O que se lê do livro para mostrar um dia no painel, numa só leitura: quem está marcado, o que está livre, as horas seguradas,
 * e o que ficou fora da semana. Mostram-no `grelha.ts`, `lado.ts` e `impresso.ts`.
 *
 * @module
 */

import { agendaDe, type Agendamento, espera } from "../../clinica/agendamento.ts";
import type { Clinica } from "../../clinica/clinica.ts";
import type { Excecao } from "../../clinica/excecao.ts";
import type { Quem } from "../../clinica/livro.ts";
import { atendimentosDe } from "../../clinica/oferta.ts";
import type { NaFila, PedidoDe, Resultado } from "../../clinica/pedido.ts";
import { pode } from "../../clinica/permissao.ts";
import { deFora } from "../../rede/de_fora.ts";
import type { Razao } from "../../rede/eventos.ts";
import { type Casa, pedeTudo } from "../casa.ts";
import { type Quadro, quadroDe } from "./quadro.ts";

/** Uma hora segurada para quem espera. */
export type Convidado = NaFila & { readonly convite: Agendamento };

/** Quem ficou marcado no que a semana, com as exceções, já não tem. */
export interface DeFora {
  /** O agendamento. */
  readonly um: Agendamento;
  /** Por quê. */
  readonly razao: Razao;
}

/** Um dia, como estava quando se leu. */
export interface DiaLido {
  /** `"aaaa-mm-dd"`. */
  readonly data: string;
  /** Hoje, na clínica. */
  readonly hoje: string;
  /** Quando se leu, ms desde 1970. */
  readonly agora: number;
  /** O minuto de agora na clínica, se o dia é hoje. */
  readonly minuto: number | undefined;
  /** Quem pediu. */
  readonly quem: Quem;
  /** A clínica com que se leu. */
  readonly clinica: Clinica;
  /** Quem está marcado, por ordem de chamar e depois por hora; cancelados incluídos. */
  readonly lista: readonly Agendamento[];
  /** A grelha. */
  readonly quadro: Quadro;
  /** As horas seguradas, de qualquer dia, pelo prazo. */
  readonly convites: readonly Convidado[];
  /** Quem ficou fora da semana, ou no que fechou. */
  readonly deFora: readonly DeFora[];
  /** As exceções do dia. */
  readonly excecoes: readonly Excecao[];
  /** A clínica fecha neste dia, pela configuração. */
  readonly fechado: boolean;
}

/** Lê um dia; nada, se não é uma data. */
export async function leDia(casa: Casa, quem: Quem, data: string): Promise<DiaLido | undefined> {
  const { clinica } = casa.agenda;
  const agora = casa.relogio();
  const { hoje } = clinica.calendario.janela(agora);
  const { especialidades } = clinica.oferta;
  const lista: PedidoDe<"LISTA"> = { comando: "LISTA", data, ordem: "chamada" };
  const filas = pode(quem, "FILA")
    ? especialidades.map(({ chave: especialista }): PedidoDe<"FILA"> => ({ comando: "FILA", especialista }))
    : [];
  const resultados = await pedeTudo(casa, quem, [
    lista,
    ...especialidades.map(({ chave: especialista }): PedidoDe<"VAGAS"> => ({
      ...{ comando: "VAGAS", especialista, data, porProfissional: true },
    })),
    ...filas,
  ]);
  const [daLista] = resultados;
  if (daLista.codigo !== "OK-310") return undefined;
  const convites = resultados.flatMap(filaEm).filter(temConvite)
    .sort((a, b) => a.convite.terminouEm < b.convite.terminouEm ? -1 : 1);
  // A leitura das horas livres, acima, deixou à mão as exceções de agora.
  const { dia, excecoes } = clinica.mostrado(data);
  const atendimentos = dia?.atendimentos ?? new Map();
  const { agendamentos } = daLista;
  return {
    ...{ data, hoje, agora, quem, clinica, excecoes, convites, lista: agendamentos },
    minuto: data === hoje ? minutoEm(clinica, agora) : undefined,
    quadro: quadroDe({
      lista: agendamentos,
      livres: resultados.flatMap((um) => um.codigo === "OK-304" ? um.vagas : []),
      seguradas: convites.filter(({ convite }) => convite.data === data),
      atendimentos,
      daSemana: atendimentosDe(clinica.oferta, data),
      ordemDe: (profissional) => clinica.ordemDe(profissional),
      so: quem.papel === "profissional"
        ? agendaDe({ especialidade: "", profissional: quem.profissional ?? "" })
        : undefined,
    }),
    deFora: agendamentos.filter((um) => espera(um) && data >= hoje).flatMap((um) => {
      const razao = deFora(um, atendimentos.get(um.especialidade) ?? [], excecoes);
      return razao === undefined ? [] : [{ um, razao }];
    }),
    fechado: clinica.oferta.fechado.has(data),
  };
}

function minutoEm({ oferta: { fuso } }: Clinica, agora: number): number {
  const { hour, minute } = Temporal.Instant.fromEpochMilliseconds(agora).toZonedDateTimeISO(fuso);
  return 60 * hour + minute;
}

/** Quem está na fila que se leu. */
export function filaEm(resultado: Resultado): readonly NaFila[] {
  return resultado.codigo === "OK-311" ? resultado.fila : [];
}

function temConvite(um: NaFila): um is Convidado {
  return um.convite !== undefined;
}

/** Deixa dito o que se mostrou a alguém: a lista do dia, e quem tem uma hora segurada. */
export function mostrou(
  casa: Casa,
  quem: Quem,
  { data, lista, convites }: Pick<DiaLido, "data" | "lista" | "convites">,
): void {
  casa.aoVer(quem, { comando: "LISTA", data }, { codigo: "OK-310", agendamentos: lista });
  if (convites.length === 0) return;
  casa.aoVer(quem, { comando: "FILA", especialista: "" }, { codigo: "OK-311", fila: convites });
}
