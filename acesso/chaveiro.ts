/**
 * Quem entra: as chaves do livro, relidas a cada meio segundo, e o que pode quem não traz nenhuma. `servidor.ts` cria um; o
 * ouvinte pergunta-lhe por quem chega, e a sessão por quem mostra uma chave.
 *
 * @module
 */

import { type Chave, vale } from "../clinica/chave.ts";
import type { Papel } from "../clinica/agendamento.ts";
import type { Quem } from "../clinica/livro.ts";
import { pode } from "../clinica/permissao.ts";
import { Releitura } from "./releitura.ts";
import { resumoDe } from "./segredo.ts";

/** O que pode quem não traz chave (`--anonimo`). */
export type Anonimo = "nada" | "vagas" | "quiosque" | "tudo";

/** O que `--anonimo` aceita, do que pode menos ao que pode mais. */
export const ANONIMOS: readonly Anonimo[] = ["nada", "vagas", "quiosque", "tudo"];

const PAPEL_DO_ANONIMO: { readonly [A in Anonimo]: Papel } = {
  nada: "ninguem",
  vagas: "anonimo",
  quiosque: "quiosque",
  tudo: "gerente",
};

/** O que um chaveiro precisa. */
export interface OpcoesDoChaveiro {
  /** As chaves do livro. */
  readonly le: () => Promise<readonly Chave[]>;
  /** A data de hoje na clínica. */
  readonly hoje: () => string;
  /** O que se mandou para quem não traz chave; sem isso, tudo até que haja uma chave, e depois as vagas. */
  readonly anonimo?: Anonimo;
  /** As chaves mudaram, ou alguma deixou de valer. */
  readonly aoMudar?: () => void;
  /** As chaves não se puderam ler; valem as de antes. */
  readonly aoFalhar?: (causa: unknown) => void;
  /** Entre duas leituras, em ms. */
  readonly intervalo?: number;
}

/** Sabe de quem é cada chave. */
export class Chaveiro implements AsyncDisposable {
  #opcoes: OpcoesDoChaveiro;
  #chaves: readonly Chave[] = [];
  #porResumo = new Map<string, Chave>();
  /** As que valem, como estavam na última leitura. */
  #validas = "";
  #releitura: Releitura | undefined;

  private constructor(opcoes: OpcoesDoChaveiro) {
    this.#opcoes = opcoes;
  }

  /**
   * Lê as chaves, e relê-as de tempos em tempos até que se desfaça.
   *
   * @throws se não se puderam ler: sem saber se há chaves, ninguém entra.
   */
  static async abre(opcoes: OpcoesDoChaveiro): Promise<Chaveiro> {
    const chaveiro = new Chaveiro(opcoes);
    chaveiro.#assume(await opcoes.le());
    chaveiro.#releitura = new Releitura(() => chaveiro.#rele(), opcoes.intervalo);
    return chaveiro;
  }

  async #rele(): Promise<void> {
    let chaves = this.#chaves;
    try {
      chaves = await this.#opcoes.le();
    } catch (causa) {
      this.#opcoes.aoFalhar?.(causa);
    }
    // Também das que não se puderam reler: a que tem prazo acaba com ele.
    if (this.#assume(chaves)) this.#opcoes.aoMudar?.();
  }

  /** Verdadeiro se com estas chaves, hoje, não podem todos o que podiam. */
  #assume(chaves: readonly Chave[]): boolean {
    const hoje = this.#opcoes.hoje();
    const validas = JSON.stringify([chaves.length > 0, ...chaves.filter((uma) => vale(uma, hoje))]);
    if (validas === this.#validas) return false;
    this.#validas = validas;
    this.#chaves = chaves;
    this.#porResumo = new Map(chaves.map((uma) => [uma.resumo, uma]));
    return true;
  }

  /** O que pode, neste momento, quem não traz chave. */
  get anonimo(): Anonimo {
    return this.#opcoes.anonimo ?? (this.#chaves.length === 0 ? "tudo" : "vagas");
  }

  /** Verdadeiro se o que pode quem não traz chave se mandou: não muda com a primeira. */
  get mandado(): boolean {
    return this.#opcoes.anonimo !== undefined;
  }

  /**
   * Verdadeiro se pelas páginas marca quem não entrou: são a porta do público, haja ou não chaves, salvo onde se mandou que quem
   * não traz nenhuma não marque.
   */
  get abertaAoPublico(): boolean {
    const { anonimo } = this.#opcoes;
    return anonimo === undefined || pode({ papel: PAPEL_DO_ANONIMO[anonimo] }, "AGEND");
  }

  /** Quantas chaves valem hoje, e se alguma vez houve uma. */
  get estado(): { readonly valem: number; readonly houve: boolean } {
    const hoje = this.#opcoes.hoje();
    return { valem: this.#chaves.filter((uma) => vale(uma, hoje)).length, houve: this.#chaves.length > 0 };
  }

  /** Quem chega, sem chave. */
  semChave({ origem, cliente }: Pick<Quem, "origem" | "cliente">): Quem {
    return { origem, cliente, papel: PAPEL_DO_ANONIMO[this.anonimo] };
  }

  /** Quem mostra uma chave; nada, se ela não é de ninguém, ou já não vale. */
  comChave(texto: string, { origem, cliente }: Pick<Quem, "origem" | "cliente">): Quem | undefined {
    const chave = this.#achada(resumoDe(texto));
    if (chave === undefined) return undefined;
    const { numero, papel, nome, profissional } = chave;
    return { origem, cliente, papel, chave: numero, nome, ...profissional === "" ? {} : { profissional } };
  }

  #achada(resumo: string | undefined): Chave | undefined {
    const chave = resumo === undefined ? undefined : this.#porResumo.get(resumo);
    return chave !== undefined && vale(chave, this.#opcoes.hoje()) ? chave : undefined;
  }

  /** Quem já entrou, como é agora; nada, se a chave com que entrou deixou de valer. */
  agora(quem: Quem): Quem | undefined {
    if (quem.chave === undefined) return this.semChave(quem);
    const hoje = this.#opcoes.hoje();
    return this.#chaves.some((uma) => uma.numero === quem.chave && vale(uma, hoje)) ? quem : undefined;
  }

  /** Deixa de reler. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#releitura?.[Symbol.asyncDispose]();
  }
}
