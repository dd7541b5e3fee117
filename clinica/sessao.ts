/**
 * Uma sessão: quem entrou pelas páginas e ainda não saiu. O que dela se guarda, e a porta por onde se guarda; a ficha que a abre
 * só a tem o navegador (`acesso/sessoes.ts`).
 *
 * @module
 */

import type { Pessoa } from "./pessoa.ts";

/** Uma sessão gravada. Os instantes têm todos os milissegundos: comparam-se como textos. */
export interface Sessao {
  /** SHA-256 da ficha, em hexadecimal: ela é ao acaso, e o resumo não se adivinha. */
  readonly resumo: string;
  /** O número da pessoa. */
  readonly pessoa: number;
  /** O `mudadaEm` dela quando entrou: se já não é esse, a sessão não vale. */
  readonly mudadaEm: string;
  /** Quando entrou (`"2026-11-23T10:00:00.000Z"`). */
  readonly criadaEm: string;
  /** Quando se usou, com um minuto de atraso no máximo. */
  readonly vistaEm: string;
  /** Desde quando não vale. */
  readonly expiraEm: string;
}

/** Uma sessão e de quem é. */
export interface SessaoAchada {
  /** A sessão. */
  readonly sessao: Sessao;
  /** A pessoa, como está agora. */
  readonly pessoa: Pessoa;
}

/** O que se deita fora quando alguém entra. */
export interface Limpeza {
  /** As que já não valem neste instante. */
  readonly agora: string;
  /** As criadas depois deste: o relógio voltou atrás. */
  readonly futuro: string;
  /** Quantas ficam da pessoa que entra, as mais novas, com a dela. */
  readonly maximo: number;
}

/** As sessões de um livro. */
export interface LivroDasSessoes {
  /** Grava uma, e apaga o que a limpeza diz. */
  abre(nova: Sessao, limpeza: Limpeza): Promise<void>;
  /** As destes resumos, as que há, por qualquer ordem. */
  acha(resumos: readonly string[]): Promise<readonly SessaoAchada[]>;
  /** Usou-se: passam a ser estes o `vistaEm` e o `expiraEm`, se ainda há a sessão e os gravados são de antes. */
  viu(vista: Pick<Sessao, "resumo" | "vistaEm" | "expiraEm">): Promise<void>;
  /** Apaga uma. */
  fecha(resumo: string): Promise<void>;
  /** Apaga as de uma pessoa. */
  fechaTodas(pessoa: number): Promise<void>;
}
