/**
 * Os direitos de uma pessoa sobre os seus dados, no modelo. Ver `modelo.ts`.
 *
 * @module
 */

import type { Contato } from "../clinica/livro.ts";
import type { PedidoDe } from "../clinica/pedido.ts";
import { type Dias, fim, type Linha, type Saida } from "./modelo_dias.ts";
import type { Entrada } from "./modelo_entradas.ts";

/** O que o modelo sabe fazer por estes. */
export interface CasaDosTitulares {
  /** O livro e a semana. */
  readonly dias: Dias;
  /** Quem espera. */
  readonly listas: { readonly esperas: readonly Entrada[] };
  /** O contato de cada CPF. */
  contatos: Contato[];
  /** O que se contou de cada CPF. */
  readonly contas: { esqueceDe(cpf: string): void };
  /** Um código que ninguém teve. */
  sorteia(): string;
  /** Muda uma linha. */
  muda(linha: Linha, novo: Partial<Linha>): void;
}

/** O que se fez por alguém; de quem se anonimizou, com o pseudônimo. */
export interface Feito {
  /** O quê. */
  readonly ato: string;
  /** De quem. */
  cpf: string;
  /** Por quê. */
  motivo: string;
}

/** Os titulares. */
export class Titulares {
  /** O que se fez, na ordem. */
  readonly feitos: Feito[] = [];
  #casa: CasaDosTitulares;

  /** Os de um modelo. */
  constructor(casa: CasaDosTitulares) {
    this.#casa = casa;
  }

  /** Trata de um pedido. */
  trata(pedido: PedidoDe<"TITULAR">): Saida {
    const titular = this.#trata(pedido);
    return { codigo: "OK-200", titular: JSON.stringify(titular) };
  }

  #trata(pedido: PedidoDe<"TITULAR">): unknown {
    const { cpf } = pedido;
    const linhas = this.#casa.dias.linhas.filter((um) => um.cpf === cpf).reverse();
    const esperas = this.#casa.listas.esperas.filter((uma) => uma.cpf === cpf).reverse();
    const contato = this.#casa.contatos.find((um) => um.cpf === cpf);
    const nada = linhas.length + esperas.length === 0 && contato === undefined;
    const ultimo = this.feitos.findLast((um) => um.cpf === cpf && (um.ato === "GUARDA" || um.ato === "SOLTA"));
    const guardado = ultimo?.ato === "GUARDA";
    if (pedido.ato === "GUARDA" || pedido.ato === "SOLTA") {
      if (guardado === (pedido.ato === "GUARDA")) return { recusa: guardado ? "guarda" : "nada" };
      return this.#anota(pedido.ato, cpf, pedido.motivo);
    }
    if (nada) return { recusa: "nada" };
    if (pedido.ato === "EXPORTA") return this.#anota(pedido.ato, cpf);
    if (pedido.ato === "RETIFICA") return this.#retifica(pedido, linhas, esperas);
    const dePe = esperas.filter(({ terminouEm }) => terminouEm === "").map(({ numero }) => numero);
    const marcados = linhas.filter((um) => um.ativo && this.#porVir(um)).map(({ numero }) => numero);
    if (guardado) return { recusa: "guarda" };
    if (dePe.length + marcados.length > 0) return { recusa: "de pé", marcados: marcados.sort(), esperas: dePe.sort() };
    // Nada do que estas sequências têm é de há vinte anos.
    if (linhas.length + esperas.length > 0 && pedido.motivo === undefined) return { recusa: "prazo" };
    const dela = { cpf: pedido.pseudonimo, nome: "ANONIMIZADO", motivo: "", email: "", telefone: "", prioridade: 0 };
    for (const linha of linhas) {
      const codigo = this.#casa.sorteia();
      this.#casa.muda(linha, { ...dela, codigo, ativo: false, nota: "", senha: "", fotos: [] });
    }
    for (const uma of esperas) {
      Object.assign(uma, { ...dela, codigo: this.#casa.sorteia(), origem: "", versao: uma.versao + 1 });
    }
    this.#casa.contatos = this.#casa.contatos.filter((um) => um.cpf !== cpf);
    this.#casa.contas.esqueceDe(cpf);
    for (const feito of this.feitos) if (feito.cpf === cpf) Object.assign(feito, { cpf: dela.cpf, motivo: "" });
    return this.#anota(pedido.ato, dela.cpf, pedido.motivo, linhas.length + esperas.length);
  }

  #porVir(linha: Linha): boolean {
    const { dias } = this.#casa;
    return fim(linha) > dias.agora || linha.data === dias.hoje() && ["CHEGOU", "CHAMADO"].includes(linha.situacao);
  }

  #retifica(
    { cpf, nome, email, telefone }: PedidoDe<"TITULAR"> & { ato: "RETIFICA" },
    linhas: readonly Linha[],
    esperas: readonly Entrada[],
  ): unknown {
    let feito = 0;
    const corrige = (um: Linha | Entrada, vivo: boolean): boolean => {
      const antes = JSON.stringify([um.nome, um.email, um.telefone]);
      if (nome !== undefined) um.nome = nome;
      if (email !== undefined && (vivo || um.email !== "")) um.email = email;
      if (telefone !== undefined && (vivo || um.telefone !== "")) um.telefone = telefone;
      const mudou = antes !== JSON.stringify([um.nome, um.email, um.telefone]);
      if (mudou) um.versao++;
      return mudou;
    };
    for (const linha of linhas) if (corrige(linha, linha.ativo)) feito++;
    for (const uma of esperas) if (corrige(uma, uma.terminouEm === "")) feito++;
    const antes = this.#casa.contatos.find((um) => um.cpf === cpf) ?? { cpf, email: "", telefone: "" };
    const depois = { cpf, email: email ?? antes.email, telefone: telefone ?? antes.telefone };
    if (depois.email !== antes.email || depois.telefone !== antes.telefone) {
      this.#casa.contatos = [...this.#casa.contatos.filter((um) => um.cpf !== cpf), depois];
      feito++;
    }
    return feito === 0 ? { feito } : this.#anota("RETIFICA", cpf, "", feito);
  }

  #anota(ato: string, cpf: string, motivo = "", feito = 0): unknown {
    this.feitos.push({ ato, cpf, motivo });
    return { feito };
  }
}
