/**
 * O porteiro do painel: quem entra recebe uma sessão, num cookie que só o navegador e este servidor conhecem; por ele se sabe, em
 * cada pedido, quem é; quem sai já não a tem, nem aqui nem no navegador. E o que se faz à porta fica na trilha.
 *
 * @module
 */

import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import type { Credenciais, Entrada, Portaria, QuemEntrou } from "../../acesso/portaria.ts";
import type { ContaPedida, PrimeiraEntrada, PrimeiroAcesso } from "../../acesso/primeiro.ts";
import type { Sessoes } from "../../acesso/sessoes.ts";
import { redeDe } from "../../clinica/endereco.ts";
import type { Quem } from "../../clinica/livro.ts";
import { entra, lerQuem, type LivroDasPessoas } from "../../clinica/pessoa.ts";
import { type Casa, type Contexto, type Entrado, quemPede } from "../casa.ts";

/** O que um porteiro precisa. */
export interface OpcoesDoPorteiro {
  /** Quem confere as frases-senha. */
  readonly portaria: Portaria;
  /** O primeiro acesso, enquanto não há um gerente. */
  readonly primeiro: PrimeiroAcesso;
  /** As sessões. */
  readonly sessoes: Sessoes;
  /** As pessoas, para que a trilha diga de quem é um erro. */
  readonly pessoas: LivroDasPessoas;
  /** A quem se diz quem entrou, errou ou saiu. */
  readonly anota: Casa["anota"];
  /** Atende-se por TLS: o cookie vai só por ele. */
  readonly segura: boolean;
}

/** De quem são as ligações que se lembram, no máximo. */
const QUEM_LEMBRADOS = 1000;

/** Quem está à porta. */
export class Porteiro {
  #opcoes: OpcoesDoPorteiro;
  #lembrados = new Map<string, Quem>();

  /** Ninguém entrou. */
  constructor(opcoes: OpcoesDoPorteiro) {
    this.#opcoes = opcoes;
  }

  /**
   * Quem entrou, se a sessão que o pedido traz ainda vale.
   *
   * @throws se o livro não se pôde ler.
   */
  async quemEntrou(c: Contexto, usa = true): Promise<Entrado | undefined> {
    const { ficha } = this.#cookie(c);
    const { sessoes } = this.#opcoes;
    const pessoa = await (usa ? sessoes.quem(ficha) : sessoes.ainda(ficha));
    return pessoa && { quem: this.#quem(c, pessoa), pessoa: pessoa.numero, nome: pessoa.nome };
  }

  /** De quem era a sessão que o navegador ainda traz, valha ou não; é só o que ele diz, e nada se abre com isso. */
  deQuemEra(c: Contexto): number | undefined {
    return this.#cookie(c).pessoa;
  }

  /**
   * Confere quem quer entrar; a quem entra abre uma sessão, sempre nova, e fecha a que o navegador trazia.
   *
   * @throws se o livro não se pôde ler ou escrever.
   */
  async entra(c: Contexto, credenciais: Omit<Credenciais, "endereco">): Promise<Entrada> {
    const { portaria, pessoas, anota } = this.#opcoes;
    const entrada = await portaria.entra({ ...credenciais, endereco: c.env.endereco });
    if (entrada.tipo === "entrou") await this.#abre(c, entrada.pessoa);
    if (entrada.tipo === "recusada") {
      const quem = lerQuem(credenciais.quem);
      const dito = (await pessoas.todas()).find((uma) => uma.quem === quem && entra(uma));
      anota(quemPede(c, "ninguem"), "PESSOA ERRA", dito?.numero);
    }
    return entrada;
  }

  /** O primeiro acesso. */
  get primeiro(): Pick<PrimeiroAcesso, "aberto"> {
    return this.#opcoes.primeiro;
  }

  /**
   * Faz a conta do primeiro gerente, que entra com ela.
   *
   * @throws se o livro não se pôde ler ou escrever.
   */
  async fazPrimeiro(c: Contexto, codigo: string, conta: ContaPedida): Promise<PrimeiraEntrada> {
    const entrada = await this.#opcoes.primeiro.usa(codigo, conta);
    if (entrada.tipo === "recusada" || entrada.tipo === "fechado") {
      this.#opcoes.anota(quemPede(c, "ninguem"), "PESSOA ERRA");
    }
    if (entrada.tipo === "entrou") {
      this.#opcoes.anota(this.#quem(c, entrada.pessoa), "PESSOA CRIA", entrada.pessoa.numero);
      await this.#abre(c, entrada.pessoa);
    }
    return entrada;
  }

  /** Verdadeiro se alguém pode entrar com uma frase-senha. */
  async haQuemEntre(): Promise<boolean> {
    return (await this.#opcoes.pessoas.todas()).some(entra);
  }

  async #abre(c: Contexto, pessoa: QuemEntrou): Promise<void> {
    const { sessoes, anota, segura } = this.#opcoes;
    const { ficha: antes } = this.#cookie(c);
    const { ficha } = await sessoes.abre(pessoa);
    await sessoes.fecha(antes);
    // Sem prazo no navegador: acaba com ele; e antes disso quando o livro o diz.
    setCookie(c, this.#nome, `${pessoa.numero}.${ficha}`, {
      ...{ path: "/", httpOnly: true, sameSite: "Lax", secure: segura },
    });
    anota(this.#quem(c, pessoa), "PESSOA ENTRA", pessoa.numero);
  }

  /**
   * Fecha a sessão que o pedido traz, se traz alguma, e tira-a do navegador.
   *
   * @throws se o livro não se pôde escrever.
   */
  async sai(c: Contexto): Promise<void> {
    const entrado = await this.quemEntrou(c, false);
    await this.#opcoes.sessoes.fecha(this.#cookie(c).ficha);
    deleteCookie(c, this.#nome, { path: "/", secure: this.#opcoes.segura });
    if (entrado !== undefined) this.#opcoes.anota(entrado.quem, "PESSOA SAI", entrado.pessoa);
  }

  /** Com `__Host-` o navegador só o aceita, e só o manda, por TLS e a esta máquina: outra do mesmo domínio não o põe. */
  get #nome(): string {
    return this.#opcoes.segura ? "__Host-painel" : "painel";
  }

  #cookie(c: Contexto): { readonly pessoa?: number; readonly ficha: string } {
    const [, pessoa, ficha = ""] = /^(\d{1,15})\.([\w-]+)$/.exec(getCookie(c, this.#nome) ?? "") ?? [];
    return { pessoa: pessoa === undefined ? undefined : Number(pessoa), ficha };
  }

  /** Sempre o mesmo objeto, enquanto são as mesmas a ligação e a pessoa (`Entrado`). */
  #quem({ env: { endereco, porta } }: Contexto, { numero, papel, nome, profissional }: QuemEntrou): Quem {
    const cliente = `${endereco}:${porta}`;
    const chave = JSON.stringify([cliente, numero, papel, nome, profissional]);
    let quem = this.#lembrados.get(chave);
    if (quem === undefined) {
      if (this.#lembrados.size >= QUEM_LEMBRADOS) this.#lembrados.clear();
      const atende = profissional === "" ? {} : { profissional };
      quem = { origem: redeDe(endereco), cliente, papel, pessoa: numero, nome, ...atende };
      this.#lembrados.set(chave, quem);
    }
    return quem;
  }
}
