/**
 * A bancada da prova: o que as suas partes recebem e concluem, as escolhas ao acaso, uma carga que corre, e o que se promete
 * de uma história. Todas as partes a usam.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import { delay } from "@std/async";
import type { Veredito } from "./historia/registro.ts";
import { ehDaRede, type Ferramentas, type Oficina } from "../testes/apoio.ts";

// ---------------------------------------------------------------------------------------------------- o que se conclui

/** O que se concluiu de uma promessa. */
export type Estado = "cumprida" | "QUEBRADA" | "não verificada";

/** Uma promessa, e como se saiu. */
export interface Promessa {
  /** O que se promete. */
  readonly texto: string;
  /** Como se saiu. */
  readonly estado: Estado;
  /** Com que números; quando não foi cumprida, o que aconteceu ou o que falta. */
  readonly detalhe: string;
  /** Verdadeiro quando depende da velocidade da máquina. */
  readonly medida?: boolean;
}

/** O que uma parte concluiu. */
export interface Conclusao {
  /** As suas promessas. */
  readonly promessas: readonly Promessa[];
  /** Os seus números, pelo nome. */
  readonly cifras: Readonly<Record<string, number | string>>;
}

/** Uma promessa cumprida ou quebrada. */
export function promessa(
  texto: string,
  cumprida: boolean,
  detalhe: string,
  resto: { medida?: boolean } = {},
): Promessa {
  return { texto, estado: cumprida ? "cumprida" : "QUEBRADA", detalhe, ...resto };
}

/** Uma promessa que não pôde ser verificada; o detalhe diz por quê. */
export function naoVerificada(texto: string, detalhe: string): Promessa {
  return { texto, estado: "não verificada", detalhe };
}

// ---------------------------------------------------------------------------------------------- o que uma parte recebe

/** O que uma parte recebe. */
export interface Contexto {
  /** Onde ficam os processos e as pastas. */
  readonly oficina: Oficina;
  /** Quanto ela deve durar. */
  readonly segundos: number;
  /** A semente das suas escolhas. */
  readonly semente: number;
  /** O que o sistema tem. */
  readonly ferramentas: Ferramentas;
  /** Diz em que pé está. */
  avanca(texto: string): void;
}

/** Escolhas ao acaso que uma semente repete (mulberry32). */
export class Sorteio {
  #estado: number;

  /** Um sorteio novo. @param semente A mesma semente, as mesmas escolhas. */
  constructor(semente: number) {
    this.#estado = semente >>> 0;
  }

  /** Um número de 0, incluído, a 1, excluído. */
  fracao(): number {
    this.#estado = (this.#estado + 0x6d2b79f5) >>> 0;
    let t = this.#estado;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  /** Um inteiro de `de` a `ate`, ambos incluídos. */
  inteiro(de: number, ate: number): number {
    return de + Math.floor(this.fracao() * (ate - de + 1));
  }

  /** Um da lista. */
  de<T>(lista: readonly T[]): T {
    return lista[this.inteiro(0, lista.length - 1)];
  }

  /** Outro sorteio, que este determina. */
  filho(): Sorteio {
    return new Sorteio(this.inteiro(0, 2 ** 32 - 1));
  }
}

/** Conta, desde já, o tempo que uma parte tem. */
export function cronometro(segundos: number): { acabou(): boolean; passou(): number } {
  const inicio = performance.now();
  const passou = (): number => (performance.now() - inicio) / 1000;
  return { acabou: () => passou() >= segundos, passou };
}

/** Um número para pessoas: `"1.234,5"`. */
export function mil(n: number): string {
  return n.toLocaleString("pt-BR", { maximumFractionDigits: 1 });
}

/** O que `integrity_check` diz de um livro. */
export function integridadeDe(db: DatabaseSync): string {
  return db.prepare("PRAGMA integrity_check").all().map(({ integrity_check }) => String(integrity_check)).join("; ");
}

// ------------------------------------------------------------------------------------------------ uma carga que corre

/** Quantos pedem, até quando, e as suas escolhas. */
export interface OpcoesDosClientes {
  /** Quantos, ao mesmo tempo. */
  readonly clientes: number;
  /** Verdadeiro quando basta. */
  readonly ate: () => boolean;
  /** As escolhas. */
  readonly sorteio: Sorteio;
}

/** Muitos clientes ao mesmo tempo, cada um numa conexão depois da outra. Uma que o servidor não aceita é uma falha. */
export async function clientes(
  { clientes, ate, sorteio }: OpcoesDosClientes,
  umaConexao: (sorteio: Sorteio) => Promise<void>,
): Promise<void> {
  await Promise.all(Array.from({ length: clientes }, () => umCliente(sorteio.filho())));

  async function umCliente(sorteio: Sorteio): Promise<void> {
    while (!ate()) {
      try {
        await umaConexao(sorteio);
      } catch (erro) {
        if (!ehDaRede(erro)) throw erro;
        if (erro instanceof Deno.errors.ConnectionRefused && !ate()) {
          throw new Error("o servidor já não atende", { cause: erro });
        }
      }
      await delay(sorteio.inteiro(0, 3));
    }
  }
}

/** Uma carga que corre enquanto se faz outra coisa. */
export class CargaEmCurso {
  #fim = false;
  #carga: Promise<void>;

  /** Começa; acaba quando se manda parar, ou quando um cliente falha. */
  constructor(carga: (ate: () => boolean) => Promise<void>) {
    this.#carga = carga(() => this.#fim);
    this.#carga.catch(() => this.#fim = true);
  }

  /** Verdadeiro se um cliente falhou, e `para` o dirá, ou se já se mandou parar. */
  get acabou(): boolean {
    return this.#fim;
  }

  /** Manda parar; a promessa se cumpre quando todos pararam, e rejeita com a falha de um cliente. */
  para(): Promise<void> {
    this.#fim = true;
    return this.#carga;
  }
}

// ------------------------------------------------------------------------------------------- o que uma história promete

/** Uma promessa de uma história: as violações que a quebram, e os números que a acompanham. */
export interface PromessaDaHistoria<T extends string, C> {
  /** O que se promete. */
  readonly texto: string;
  /** O que a quebra. */
  readonly tipos: readonly T[];
  /** Só vale se toda ordem foi procurada até o fim. */
  readonly deOrdem?: true;
  /** Com que números. */
  readonly detalhe: (cifras: C) => string;
}

/** Violações mostradas por promessa. */
const MOSTRADAS = 3;

/** Como as promessas se saíram em muitas histórias. */
export function julga<T extends string, C>(
  promessas: readonly PromessaDaHistoria<T, C>[],
  vereditos: readonly Veredito<T>[],
  cifras: C,
): Promessa[] {
  const todas = vereditos.flatMap(({ violacoes }) => violacoes);
  const indecisas = vereditos.flatMap(({ indecisas }) => indecisas);
  return promessas.map(({ texto, tipos, deOrdem = false, detalhe }) => {
    const violacoes = todas.filter(({ tipo }) => tipos.includes(tipo));
    if (violacoes.length > 0) {
      const primeiras = violacoes.slice(0, MOSTRADAS).map(({ tipo, descricao }) => `${tipo}: ${descricao}`);
      const resto = violacoes.length > MOSTRADAS ? [`e mais ${mil(violacoes.length - MOSTRADAS)}`] : [];
      return promessa(texto, false, [...primeiras, ...resto].join("\n"));
    }
    return deOrdem && indecisas.length > 0
      ? naoVerificada(texto, `o orçamento da procura acabou em ${indecisas.length}: ${indecisas[0]}`)
      : promessa(texto, true, detalhe(cifras));
  });
}

/** A soma do que cada item tem. */
export function soma<T>(lista: readonly T[], quanto: (item: T) => number): number {
  return lista.reduce((total, item) => total + quanto(item), 0);
}

/** O tempo de que a fração dada dos tempos não passa; 0 se não há nenhum. */
export function percentil(tempos: readonly number[], p = 0.99): number {
  if (tempos.length === 0) return 0;
  return tempos.toSorted((a, b) => a - b)[Math.min(tempos.length - 1, Math.floor(tempos.length * p))];
}
