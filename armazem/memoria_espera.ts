/**
 * A parte da memória do armazém em SQLite que é da lista de espera: as entradas de pé, por especialidade e na ordem, e as
 * horas seguradas. Um livro pode ter duzentas mil entradas: o que se pergunta a cada mudança acha-se sem as percorrer.
 * Só `memoria.ts` a usa.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import type { Agendamento } from "../clinica/agendamento.ts";
import { type Espera, type HoraVaga, naOrdem, type Posto } from "../clinica/espera.ts";
import { FILA_MOSTRADA, type Liquido, type Pendencias, PENDENCIAS_MAXIMAS, type Quando } from "../clinica/livro.ts";
import { Fila } from "./memoria_fila.ts";
import { Ordenada } from "./ordenada.ts";
import { esperasDePe } from "./sqlite_espera.ts";
import { CONVIDADOS, emLinhas, lerAgendamento, linhasDe } from "./sqlite_leituras.ts";

/** As entradas de pé de uma especialidade. */
class Lista {
  readonly porOrdem = new Ordenada<Posto, Espera>(naOrdem);
  readonly porCpf = new Map<string, Espera>();
  readonly fila = new Fila();
}

/** Uma hora segurada. */
interface Segurada {
  /** Até quando, em ms. */
  readonly ate: number;
  readonly linha: Agendamento;
}

/** A lista de espera como está gravada. */
export class Esperas {
  #listas = new Map<string, Lista>();
  /** As que têm um último dia. */
  #porFim = new Ordenada<Espera>((a, b) => comparar(a.ate, b.ate) || a.numero - b.numero);
  #porOrigem = new Map<string, number>();
  /** As horas seguradas, por número. */
  #seguradas = new Map<number, Segurada>();
  #porPrazo = new Ordenada<Segurada>((a, b) => a.ate - b.ate || a.linha.numero - b.linha.numero);
  #dePe = 0;

  /** Se há alguém à espera, ou uma hora segurada. */
  get ha(): boolean {
    return this.#dePe > 0 || this.#seguradas.size > 0;
  }

  /** A entrada de um CPF numa lista. */
  de(cpf: string, especialidade: string): Espera | undefined {
    return this.#listas.get(especialidade)?.porCpf.get(cpf);
  }

  /** As entradas de um CPF, em todas as listas. */
  todasDe(cpf: string): Espera[] {
    return [...this.#listas.values()].map(({ porCpf }) => porCpf.get(cpf)).filter((uma) => uma !== undefined);
  }

  /** A hora segurada com este número. */
  segurada(numero: number): Agendamento | undefined {
    return this.#seguradas.get(numero)?.linha;
  }

  /** As entradas que querem uma hora, na ordem. */
  fila(hora: HoraVaga): Iterable<Espera> {
    return this.#listas.get(hora.especialidade)?.fila.quemQuer(hora) ?? [];
  }

  /** As primeiras dela. */
  primeiras(especialidade: string): readonly Espera[] {
    return this.#listas.get(especialidade)?.porOrdem.enquanto(() => true, FILA_MOSTRADA) ?? [];
  }

  /** Quantas estão antes de um lugar. */
  quantasAntes(especialidade: string, lugar: Posto): number {
    return this.#listas.get(especialidade)?.porOrdem.quantosAntes(lugar) ?? 0;
  }

  /** Quantas entraram por um endereço. */
  daOrigem(origem: string): number {
    return this.#porOrigem.get(origem) ?? 0;
  }

  /** As horas seguradas cujo prazo venceu e as entradas cujo último dia passou. */
  pendencias({ instante, hoje }: Quando): Omit<Pendencias, "faltas" | "velhas"> {
    const agora = Date.parse(instante);
    return {
      convites: this.#porPrazo.enquanto(({ ate }) => ate <= agora, PENDENCIAS_MAXIMAS).map(({ linha }) => linha),
      esperas: this.#porFim.enquanto(({ ate }) => ate < hoje, PENDENCIAS_MAXIMAS),
    };
  }

  /** Um lote foi gravado. */
  grava({ esperas, novos, mudados }: Pick<Liquido, "esperas" | "novos" | "mudados">): void {
    // Primeiro sai o que estava: quem sai pode voltar a entrar.
    for (const { antes } of esperas) if (antes !== undefined) this.#tira(antes);
    for (const { depois } of esperas) this.#poe(depois);
    for (const { antes, depois } of mudados) {
      if (antes.situacao === "CONVIDADO") this.#solta(antes.numero);
      this.#segura(depois);
    }
    for (const { agendamento } of novos) this.#segura(agendamento);
  }

  #poe(espera: Espera): void {
    if (espera.terminouEm !== "") return;
    const { especialidade, cpf, origem } = espera;
    let lista = this.#listas.get(especialidade);
    if (lista === undefined) this.#listas.set(especialidade, lista = new Lista());
    lista.porOrdem.poe(espera);
    lista.porCpf.set(cpf, espera);
    lista.fila.poe(espera);
    if (espera.ate !== "") this.#porFim.poe(espera);
    this.#porOrigem.set(origem, this.daOrigem(origem) + 1);
    this.#dePe++;
  }

  #tira(espera: Espera): void {
    if (espera.terminouEm !== "") return;
    const { especialidade, cpf, origem } = espera;
    const lista = this.#listas.get(especialidade);
    lista?.porOrdem.tira(espera);
    lista?.porCpf.delete(cpf);
    lista?.fila.tira(espera);
    this.#porFim.tira(espera);
    const restam = this.daOrigem(origem) - 1;
    if (restam > 0) this.#porOrigem.set(origem, restam);
    else this.#porOrigem.delete(origem);
    this.#dePe--;
  }

  #segura(linha: Agendamento): void {
    if (linha.situacao !== "CONVIDADO") return;
    const segurada = { ate: Date.parse(linha.terminouEm), linha };
    this.#seguradas.set(linha.numero, segurada);
    this.#porPrazo.poe(segurada);
  }

  #solta(numero: number): void {
    const segurada = this.#seguradas.get(numero);
    if (segurada === undefined) return;
    this.#seguradas.delete(numero);
    this.#porPrazo.tira(segurada);
  }

  /** Lê o arquivo; só de uma vazia. Devolve o último lugar da ordem que alguma entrada tem. */
  carrega(db: DatabaseSync): number {
    let ultimo = 0;
    for (const espera of esperasDePe(db)) {
      this.#poe(espera);
      ultimo = Math.max(ultimo, espera.ordem);
    }
    for (const linha of linhasDe(emLinhas(db, CONVIDADOS))) this.#segura(lerAgendamento(linha));
    return ultimo;
  }
}

function comparar(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
