/**
 * O registro de uma história: o que muitos clientes pediram a um servidor e o que viram, cada operação com o seu começo e o
 * seu fim. Quem pede são as cargas da prova; quem julga, `prova/historia/clinica1.ts` e `prova/historia/dia.ts`.
 *
 * @module
 */

import type { PedidoNoFio, Resposta } from "../../protocolo.ts";

/** Os comandos que CLINICA/1 tem. */
export type ComandoDoUm = "AGEND" | "BUSCA" | "CANCEL" | "VAGAS" | "PING" | "SAIR";

/** O que um cliente de CLINICA/1 fez: um pedido, ou conectar e ler a saudação. */
export type Feito = Extract<PedidoNoFio, { readonly comando: ComandoDoUm }> | { readonly comando: "SAUDACAO" };

/** Uma operação da história, no fio que se diz; CLINICA/1 quando não se diz. */
export interface Operacao<F = Feito, R = Resposta> {
  /** A conexão em que foi feita; as de uma conexão são executadas na ordem. */
  readonly conexao: number;
  /** O instante, no relógio da história, antes de o pedido sair. */
  readonly inicio: number;
  /** O instante em que a resposta chegou; sem resposta, aquele em que o servidor já estava morto, ou `Infinity`. */
  fim: number;
  /** O que se pediu. */
  readonly feito: F;
  /** O que veio; sem ela, não se sabe o que houve. */
  resposta?: R;
}

/** Uma promessa quebrada, com o que a mostra. */
export interface Violacao<T extends string> {
  /** O que está errado. */
  readonly tipo: T;
  /** Em palavras. */
  readonly descricao: string;
}

/** O que um verificador concluiu. */
export interface Veredito<T extends string> {
  /** O que está errado; vazia, a história é possível. */
  readonly violacoes: readonly Violacao<T>[];
  /** As chaves em que o orçamento acabou antes da resposta. */
  readonly indecisas: readonly string[];
  /** Quantas chaves foram procuradas. */
  readonly chaves: number;
  /** Quantos estados a procura visitou. */
  readonly estados: number;
}

/** Recolhe as operações, com um relógio que conta acontecimentos: dois nunca têm o mesmo instante. */
export class Historia<F = Feito, R = Resposta> {
  /** As operações, na ordem em que começaram. */
  readonly operacoes: Operacao<F, R>[] = [];
  #relogio = 0;
  #conexoes = 0;
  #nomes = 0;
  #abertas = new Set<Operacao<F, R>>();

  /** Um número para uma conexão nova. */
  conexao(): number {
    return ++this.#conexoes;
  }

  /** Um nome que nenhuma outra marcação desta história tem. */
  nome(): string {
    return nomeUnico(++this.#nomes);
  }

  /** Uma operação começa; chamada antes de o pedido sair. */
  comeca(conexao: number, feito: F): Operacao<F, R> {
    const operacao: Operacao<F, R> = { conexao, inicio: ++this.#relogio, fim: Infinity, feito };
    this.operacoes.push(operacao);
    this.#abertas.add(operacao);
    return operacao;
  }

  /** A resposta de uma operação chegou. */
  acaba(operacao: Operacao<F, R>, resposta: R): void {
    operacao.fim = ++this.#relogio;
    operacao.resposta = resposta;
    this.#abertas.delete(operacao);
  }

  /** O servidor está morto: o que ficou sem resposta aconteceu até agora, ou nunca. */
  morreu(): void {
    const agora = ++this.#relogio;
    for (const operacao of this.#abertas) operacao.fim = agora;
    this.#abertas.clear();
  }
}

/** O enésimo nome de uma sequência sem repetição, só letras. */
export function nomeUnico(n: number): string {
  let letras = "";
  for (let resto = n; resto > 0; resto = Math.floor(resto / 26)) letras = String.fromCharCode(65 + resto % 26) + letras;
  return `PACIENTE ${letras}`;
}
