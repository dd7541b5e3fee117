/**
 * O que mudou no livro, dito a quem o mostra: que agendamentos, que datas, que listas de espera. Não é o que se gravou: quem
 * mostra volta a ler o que precisa. Tira-se das mudanças que este servidor gravou, ou das linhas do diário de outro.
 *
 * Dá-a quem segue o livro; recebe-a o centro de eventos das páginas (`web/fluxo.ts`).
 *
 * @module
 */

import type { Situacao } from "./agendamento.ts";
import { impossivel, type Mudanca, type Periodo, type Quem } from "./livro.ts";

/** Quem mudou; de outro servidor, só o que o diário diz. */
export interface Autor {
  /** O papel. */
  readonly papel: string;
  /** O número da chave de acesso, se trouxe uma. */
  readonly chave?: number;
  /** O nome, se foi por este servidor que pediu. */
  readonly nome?: string;
}

/** Um agendamento que nasceu ou mudou. */
export interface Mexido {
  /** Qual. */
  readonly numero: number;
  /** A versão com que ficou; já pode ter outra. */
  readonly versao: number;
  /** O que se quis (`Intencao`). */
  readonly ato: string;
  /** A situação de que saiu; `""` se nasceu. */
  readonly de: Situacao | "";
  /** Aquela em que ficou. */
  readonly para: Situacao;
  /** As datas que mudaram com ele: aquela em que está e, se mudou de dia, aquela em que estava. */
  readonly datas: readonly string[];
  /** Quem. */
  readonly autor: Autor;
}

/** O que mudou. */
export interface Novidade {
  /** Pode ter mudado qualquer coisa: não se sabe o que se perdeu. O resto não diz nada. */
  readonly tudo: boolean;
  /** Os agendamentos, por ordem. */
  readonly agendamentos: readonly Mexido[];
  /** As datas em que vale ou deixou de valer uma exceção. */
  readonly periodos: readonly Periodo[];
  /** As especialidades em cuja lista de espera algo mudou. */
  readonly listas: readonly string[];
}

/** Nada mudou. */
export const NADA_DE_NOVO: Novidade = { tudo: false, agendamentos: [], periodos: [], listas: [] };

/** Pode ter mudado tudo. */
export const TUDO_DE_NOVO: Novidade = { ...NADA_DE_NOVO, tudo: true };

/** Agendamentos que se dizem um a um, no máximo: daí em diante custa menos ler tudo outra vez. */
const MEXIDOS_MAXIMOS = 1000;

/** Falso se não há nada que mostrar. */
export function haNovidade({ tudo, agendamentos, periodos, listas }: Novidade): boolean {
  return tudo || agendamentos.length + periodos.length + listas.length > 0;
}

/** Várias, como uma só. */
export function juntaNovidades(novidades: readonly Novidade[]): Novidade {
  if (novidades.length === 1) return novidades[0];
  const quantos = novidades.reduce((soma, { agendamentos }) => soma + agendamentos.length, 0);
  if (quantos > MEXIDOS_MAXIMOS || novidades.some(({ tudo }) => tudo)) return TUDO_DE_NOVO;
  return {
    tudo: false,
    agendamentos: novidades.flatMap(({ agendamentos }) => agendamentos),
    periodos: novidades.flatMap(({ periodos }) => periodos),
    listas: [...new Set(novidades.flatMap(({ listas }) => listas))],
  };
}

// ------------------------------------------------------------------------------------------------------ do que se gravou

/** A do que se gravou. */
export function novidadeDe(mudancas: readonly Mudanca[]): Novidade {
  if (mudancas.length > MEXIDOS_MAXIMOS) return TUDO_DE_NOVO;
  const agendamentos: Mexido[] = [];
  const periodos: Periodo[] = [];
  const listas = new Set<string>();
  for (const mudanca of mudancas) {
    switch (mudanca.sobre) {
      case "agendamento": {
        const { ato, quem, antes, depois: { numero, versao, situacao, data } } = mudanca;
        const datas = antes === undefined || antes.data === data ? [data] : [antes.data, data];
        agendamentos.push({
          ...{ numero, versao, ato, de: antes?.situacao ?? "", para: situacao, datas, autor: autorDe(quem) },
        });
        break;
      }
      case "excecao":
        periodos.push([mudanca.depois.de, mudanca.depois.ate]);
        break;
      case "espera":
        listas.add(mudanca.depois.especialidade);
        break;
      case "contato":
      case "tique":
      case "tentativa":
      case "poda":
      case "titular":
        // O que disto se mostra está nas linhas, que mudam também.
        break;
      default:
        impossivel(mudanca);
    }
  }
  return { tudo: false, agendamentos, periodos, listas: [...listas] };
}

function autorDe({ papel, chave, nome }: Quem): Autor {
  return { papel, chave, nome };
}
