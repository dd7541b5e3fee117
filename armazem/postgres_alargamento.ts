/**
 * O que um lote lê e trava além do alcance, por haver quem espere pelo que ele vaga: só se sabe depois de ler. E até onde já
 * se procuraram faltas. Usam-no `postgres.ts` e quem carrega o que ele lê.
 *
 * @module
 */

import type { HoraVaga, Posto } from "../clinica/espera.ts";
import type { Alcance, Dia } from "../clinica/livro.ts";

/** Os primeiros de uma lista que querem o mesmo, até quantos. */
export interface DesejoPedido extends Pick<HoraVaga, "especialidade"> {
  /** Com quem; `""`, os que não dizem. */
  readonly profissional: string;
  /** A que parte do dia; `""`, os que não dizem. */
  readonly turno: string;
  /** Quantos, no máximo. */
  readonly limite: number;
}

/** Um lugar na ordem de uma lista. */
export interface LugarPedido extends Pick<Posto, "prioridade"> {
  /** De que especialidade. */
  readonly especialidade: string;
  /** Nulo, depois de todos os da prioridade. */
  readonly ordem: number | null;
}

/** O que falta ao alcance, ou o que se lhe juntou. */
export class Alargamento {
  /** Se se leem as entradas e os convites dos CPFs. */
  esperas = false;
  /** Se se leem as exceções. */
  excecoes = false;
  /** CPFs que se travam e se leem, com os dias do que têm marcado, pois podem mudar-se para o que vagou. */
  readonly cpfs: Set<string> = new Set();
  /** CPFs de que se lê a história. */
  readonly historias: Set<string> = new Set();
  /** Dias que se travam e se leem. */
  readonly dias: Map<string, Dia> = new Map();
  /** As especialidades cujas listas se travam. */
  readonly listas: Set<string> = new Set();
  /** De quem se leem os primeiros. */
  readonly desejos: Map<string, DesejoPedido> = new Map();
  /** As datas que esses têm de querer, uma delas. */
  readonly datas: Set<string> = new Set();
  /** As especialidades cujas listas se mostram. */
  readonly mostradas: Set<string> = new Set();
  /** Os lugares antes dos quais se conta quem está. */
  readonly lugares: Map<string, LugarPedido> = new Map();
  /** Os endereços que se travam, e de que se conta quem entrou. */
  readonly origens: Set<string> = new Set();
  /** Quantos números de agendamento, ao todo. */
  novos = 0;
  /** Quantos lugares na ordem, ao todo. */
  novasEsperas = 0;

  /** Junta-lhe o que faltou, se faltou alguma coisa. */
  junta(outro: Alargamento | undefined): void {
    if (outro === undefined) return;
    this.esperas ||= outro.esperas;
    this.excecoes ||= outro.excecoes;
    this.novos = Math.max(this.novos, outro.novos);
    this.novasEsperas = Math.max(this.novasEsperas, outro.novasEsperas);
    for (const uma of ["cpfs", "historias", "listas", "datas", "mostradas", "origens"] as const) {
      for (const valor of outro[uma]) this[uma].add(valor);
    }
    for (const [chave, dia] of outro.dias) this.dias.set(chave, dia);
    for (const [chave, desejo] of outro.desejos) this.desejos.set(chave, desejo);
    for (const [chave, lugar] of outro.lugares) this.lugares.set(chave, lugar);
  }

  /** O alcance, com isto. */
  sobre(alcance: Alcance): Alcance {
    const com = (lidos: readonly string[], mais: ReadonlySet<string>): readonly string[] =>
      mais.size === 0 ? lidos : [...new Set([...lidos, ...mais])];
    return {
      ...alcance,
      cpfs: com(alcance.cpfs, this.cpfs),
      mudam: com(alcance.mudam, this.cpfs),
      historias: com(alcance.historias, this.historias),
      dias: this.dias.size === 0
        ? alcance.dias
        : [...new Map([...alcance.dias, ...this.dias.values()].map((dia) => [dia.join(" "), dia])).values()],
      listas: com(alcance.listas, this.listas),
      excecoes: alcance.excecoes === "nada" && this.excecoes ? "le" : alcance.excecoes,
      novos: Math.max(alcance.novos, this.novos),
    };
  }
}

/**
 * Até onde já se procuraram faltas, dos dias mais novos aos mais antigos: os que passaram não voltam a ter quem se espere,
 * senão quando algo se desfaz, e num livro de anos procurá-los todos de cada vez faria esperar os outros. O que se desfez
 * noutro servidor vê-se, se não antes, no dia seguinte.
 */
export class BuscaDeFaltas {
  #hoje = "";
  #antesDe = "";

  /** Antes de que data há ainda que procurar; a cada dia, outra vez desde ele. */
  antesDe(hoje: string): string {
    if (hoje !== this.#hoje) [this.#hoje, this.#antesDe] = [hoje, hoje];
    return this.#antesDe;
  }

  /** Desta data até onde se procurou não há nenhuma. */
  semNenhuma(desde: string): void {
    this.#antesDe = desde;
  }

  /** Há de novo quem se esperasse numa data. */
  volta(data: string): void {
    if (data < this.#hoje) this.#hoje = "";
  }
}
