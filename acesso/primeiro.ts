/**
 * O primeiro acesso ao painel: enquanto não há nenhum gerente, o servidor tem um código, que só o console dele diz, e quem está
 * nesta máquina faz com ele a sua conta. `servidor.ts` abre um e di-lo; a página de entrar usa-o.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { timingSafeEqual } from "node:crypto";
import { entra, lerNomeMostrado, lerQuem, type LivroDasPessoas } from "../clinica/pessoa.ts";
import { resume } from "./argon2.ts";
import { type DefeitoDaFrase, defeitoDaFrase, lerFrase } from "./frase.ts";
import type { QuemEntrou } from "./portaria.ts";
import { novoCodigo, resumoDoCodigo } from "./segundo_fator.ts";

/** Por quanto tempo vale um código, em ms. */
const VALIDADE = 60 * 60_000;

/** Códigos que se podem errar; um são 80 bits. */
const TENTATIVAS = 5;

/** O que um primeiro acesso precisa. */
export interface OpcoesDoPrimeiro {
  /** As pessoas. */
  readonly livro: LivroDasPessoas;
  /** Ms desde 1970. */
  readonly relogio: () => number;
  /** O código de antes venceu, e vale este. */
  readonly aoRenovar: (codigo: string) => void;
  /** Erraram-no vezes demais: não vale nenhum até que se renove, ou o servidor reinicie. */
  readonly aoEsgotar: () => void;
  /** Não se pôde saber se há um gerente: o código não se renovou. */
  readonly aoFalhar?: (causa: unknown) => void;
  /** O resumo da frase-senha; o de hoje, se não se diz. */
  readonly resume?: (frase: string) => Promise<string>;
  /** Chama de tantos em tantos ms até que se desfaça; com `setInterval`, se não se diz. */
  readonly aCada?: (ms: number, faz: () => void) => Disposable;
}

/** O que diz quem faz a sua conta. */
export interface ContaPedida {
  /** Como se apresenta. */
  readonly quem: string;
  /** Como se chama. */
  readonly nome: string;
  /** A frase-senha. */
  readonly frase: string;
  /** Se vem desta máquina. */
  readonly desta: boolean;
}

/** Como acabou. */
export type PrimeiraEntrada =
  | { readonly tipo: "entrou"; readonly pessoa: QuemEntrou }
  /** Não é desta máquina: nem se olhou. */
  | { readonly tipo: "de fora" }
  /** Um campo não serve; não se olhou o código. */
  | { readonly tipo: "campo"; readonly campo: "quem" | "nome" }
  | { readonly tipo: "campo"; readonly campo: "frase"; readonly defeito: DefeitoDaFrase }
  /** Já se apresenta alguém assim; o código ainda vale. */
  | { readonly tipo: "há outra" }
  /** Não é o código. */
  | { readonly tipo: "recusada"; readonly restam: number }
  /** Não vale nenhum: já há um gerente, ou erraram-no vezes demais. */
  | { readonly tipo: "fechado" };

/** O código que vale, e as vezes que ainda se pode errar. */
interface Codigo {
  readonly escrito: string;
  restam: number;
}

/** Tem o código, enquanto é preciso. */
export class PrimeiroAcesso implements Disposable {
  #opcoes: OpcoesDoPrimeiro;
  #codigo: Codigo | undefined;
  #alarme: Disposable | undefined;

  private constructor(opcoes: OpcoesDoPrimeiro) {
    this.#opcoes = opcoes;
  }

  /**
   * Sorteia um código, se não há nenhum gerente; e outro, ao fim da validade de cada um, enquanto não houver.
   *
   * @throws se o livro não se pôde ler.
   */
  static async abre(opcoes: OpcoesDoPrimeiro): Promise<PrimeiroAcesso> {
    const primeiro = new PrimeiroAcesso(opcoes);
    if (!await primeiro.#haGerente()) primeiro.#codigo = sorteia();
    primeiro.#alarme = (opcoes.aCada ?? aCada)(VALIDADE, () => void primeiro.#renova());
    return primeiro;
  }

  /** O código que vale, como se escreve no console; nada, se nenhum vale. */
  get codigo(): string | undefined {
    return this.#codigo?.escrito;
  }

  /**
   * Verdadeiro se um código ainda faz uma conta.
   *
   * @throws se o livro não se pôde ler.
   */
  async aberto(): Promise<boolean> {
    if (this.#codigo !== undefined && await this.#haGerente()) this.#codigo = undefined;
    return this.#codigo !== undefined;
  }

  /**
   * Faz com o código a conta do primeiro gerente; serve uma vez. Só conta como tentativa o que vem desta máquina e traz tudo o
   * mais em ordem: de fora ninguém o gasta, nem quem escreve mal o próprio nome.
   *
   * @throws se o livro não se pôde ler ou escrever; então o código ainda vale.
   */
  async usa(escrito: string, { quem, nome, frase, desta }: ContaPedida): Promise<PrimeiraEntrada> {
    if (!desta) return { tipo: "de fora" };
    const apresentado = lerQuem(quem);
    if (apresentado === undefined) return { tipo: "campo", campo: "quem" };
    const mostrado = lerNomeMostrado(nome);
    if (mostrado === undefined) return { tipo: "campo", campo: "nome" };
    const defeito = defeitoDaFrase(frase, apresentado);
    if (defeito !== undefined) return { tipo: "campo", campo: "frase", defeito };
    if (!await this.aberto()) return { tipo: "fechado" };
    const codigo = this.#codigo;
    if (codigo === undefined) return { tipo: "fechado" };
    if (!iguais(escrito, codigo.escrito)) return this.#errou(codigo);
    // Já não é de mais ninguém: quem o traga ao mesmo tempo fica de fora.
    this.#codigo = undefined;
    try {
      const feita = await this.#cria({ quem: apresentado, nome: mostrado, frase: lerFrase(frase) ?? "" });
      if (feita.tipo === "há outra") this.#codigo ??= codigo;
      return feita;
    } catch (causa) {
      this.#codigo ??= codigo;
      throw causa;
    }
  }

  #errou(codigo: Codigo): PrimeiraEntrada {
    const restam = --codigo.restam;
    if (restam > 0) return { tipo: "recusada", restam };
    this.#codigo = undefined;
    this.#opcoes.aoEsgotar();
    return { tipo: "fechado" };
  }

  async #cria({ quem, nome, frase }: Omit<ContaPedida, "desta">): Promise<PrimeiraEntrada> {
    const { livro, relogio, resume: resumeCom = resume } = this.#opcoes;
    const resumo = await resumeCom(frase);
    const criadaEm = Temporal.Instant.fromEpochMilliseconds(relogio()).toString({ smallestUnit: "second" });
    const pessoa = await livro.criaPrimeiro({ quem, nome, papel: "gerente", profissional: "", resumo, criadaEm });
    if (pessoa === undefined) return await this.#haGerente() ? { tipo: "fechado" } : { tipo: "há outra" };
    const { numero, papel, profissional, mudadaEm } = pessoa;
    return { tipo: "entrou", pessoa: { numero, quem, nome, papel, profissional, mudadaEm } };
  }

  async #renova(): Promise<void> {
    try {
      this.#codigo = await this.#haGerente() ? undefined : sorteia();
      if (this.#codigo !== undefined) this.#opcoes.aoRenovar(this.#codigo.escrito);
    } catch (causa) {
      this.#codigo = undefined;
      this.#opcoes.aoFalhar?.(causa);
    }
  }

  async #haGerente(): Promise<boolean> {
    return (await this.#opcoes.livro.todas()).some((uma) => uma.papel === "gerente" && entra(uma));
  }

  /** Nenhum código vale. */
  [Symbol.dispose](): void {
    this.#alarme?.[Symbol.dispose]();
    this.#codigo = undefined;
  }
}

function aCada(ms: number, faz: () => void): Disposable {
  const alarme = setInterval(faz, ms);
  return { [Symbol.dispose]: () => clearInterval(alarme) };
}

function sorteia(): Codigo {
  return { escrito: novoCodigo(), restam: TENTATIVAS };
}

/** Compara no mesmo tempo, acerte-se quanto se acerte; lê-se sem caixa nem hifens, O por 0, I e L por 1. */
function iguais(um: string, outro: string): boolean {
  return timingSafeEqual(Buffer.from(resumoDoCodigo(um)), Buffer.from(resumoDoCodigo(outro)));
}
