/**
 * As páginas que se dão outra vez a quem pede o mesmo enquanto são as mesmas as horas livres de que se fizeram. Só as que não trazem
 * nada de ninguém.
 *
 * @module
 */

import type { Clinica } from "../../clinica/clinica.ts";
import type { Quem } from "../../clinica/livro.ts";
import type { DiaLivre } from "../../clinica/pedido.ts";
import { type Ambiente, type Casa, type Contexto, PedeDemais, quemPede } from "../casa.ts";
import { type PaginaFeita, PaginasFeitas } from "../feitas.ts";
import type { Topico } from "../topicos.ts";
import { type DeQue, vagas } from "./livres.ts";

/** Páginas que se guardam; cada uma tem um a dois quilobytes. */
const GUARDADAS = 512;

/** O maior endereço de que se guarda uma, em caracteres: os nossos são menores. */
const ENDERECO_MAXIMO = 300;

/** O maior pedido que se reconhece sem o ler, em caracteres do que dele importa. */
const PEDIDO_MAXIMO = 500;

/** De que se faz uma página. */
export interface Feita {
  /** As horas livres que se pediram; sem isto, nenhumas. */
  readonly deQue?: DeQue;
  /** As que vieram. */
  readonly livres: readonly DiaLivre[];
}

interface Guardada extends Feita {
  /** Até quando se sabe que ainda vale. */
  vale: Ponto;
}

/** Um ponto do que muda: a semana, o do fluxo, e o minuto. */
export interface Ponto {
  /** A semana que então valia. */
  readonly clinica: Clinica;
  /** O id do fluxo. */
  readonly id: string;
  /** Uma hora deixa de ser livre ao minuto em que começa. */
  readonly minuto: number;
}

/** As páginas guardadas. */
export class Feitas {
  #casa: Casa;
  #paginas = new PaginasFeitas<Guardada>(GUARDADAS);
  /** As mesmas, pelo pedido tal como veio. */
  #porPedido = new Map<string, PaginaFeita<Guardada>>();

  /** Nenhuma ainda. */
  constructor(casa: Casa) {
    this.#casa = casa;
  }

  /**
   * A mesma que `acha`, antes de qualquer rota, a um pedido igual a outro que já lá foi; nada, se há que ir pelas rotas. Reconhecê-lo
   * custa um décimo de o ler.
   */
  depressa(request: Request, de: Ambiente["Bindings"]): Response | undefined {
    const pedido = this.#pedidoDe(request, de);
    const feita = pedido === undefined ? undefined : this.#porPedido.get(pedido);
    if (feita === undefined) return undefined;
    const { vale, deQue } = feita.de;
    if (vale.clinica !== this.#casa.agenda.clinica) return undefined;
    if (deQue !== undefined && !(this.#intacta(vale) && this.#espera(quemPede({ env: de }, "paciente")) === 0)) {
      return undefined;
    }
    return feita.resposta.clone();
  }

  /** O que de um pedido diz que página lhe cabe; de quem traz um cookie, nada. */
  #pedidoDe({ method, url, headers }: Request, { desta }: Ambiente["Bindings"]): string | undefined {
    if (method !== "GET" || headers.has("cookie")) return undefined;
    const [aceita, lingua] = [headers.get("accept-encoding"), headers.get("accept-language")];
    // Nenhum cabeçalho leva uma mudança de linha: o fim de um não se confunde com o começo do outro.
    const pedido = `${desta}\n${url}\n${aceita}\n${lingua}`;
    return pedido.length > PEDIDO_MAXIMO ? undefined : pedido;
  }

  #reconhece(c: Contexto, feita: PaginaFeita<Guardada>): void {
    const pedido = this.#pedidoDe(c.req.raw, c.env);
    if (pedido === undefined) return;
    this.#porPedido.delete(pedido);
    this.#porPedido.set(pedido, feita);
    const [antigo] = this.#porPedido.keys();
    if (this.#porPedido.size > GUARDADAS) this.#porPedido.delete(antigo);
  }

  /** A do endereço que se pede, se há uma e ainda diz o que há. */
  async acha(c: Contexto): Promise<Response | undefined> {
    const feita = this.#paginas.acha(c, chaveDe(c));
    if (feita?.de.vale.clinica !== this.#casa.agenda.clinica) return undefined;
    const { deQue } = feita.de;
    if (deQue !== undefined && !await this.#aindaVale(c, feita.de, deQue)) return undefined;
    this.#reconhece(c, feita);
    return feita.resposta.clone();
  }

  /** Nada mudou no livro desde esse ponto, nem o minuto. */
  #intacta({ id, minuto }: Ponto): boolean {
    const { fluxo, relogio, agenda: { clinica } } = this.#casa;
    const agora = relogio();
    return minuto === minutoDe(agora) && fluxo.intacto(id, topicosDe(clinica, agora));
  }

  /** Quantos segundos tem de esperar quem pede, contado como se perguntasse. */
  #espera(quem: Quem): number {
    return this.#casa.conta(quem, { comando: "VAGAS" });
  }

  /** Enquanto nada mudou no livro nem o minuto, não se pergunta; depois, vê-se se as horas livres são as mesmas. */
  async #aindaVale(c: Contexto, guardada: Guardada, deQue: DeQue): Promise<boolean> {
    const { agenda: { clinica } } = this.#casa;
    const [quem, agora] = [quemPede(c, "paciente"), this.ponto()];
    const { minuto } = guardada.vale;
    if (this.#intacta(guardada.vale)) {
      const segundos = this.#espera(quem);
      if (segundos > 0) throw new PedeDemais(segundos);
      return true;
    }
    // Com antecedência, o que se oferece muda com o minuto, ainda que as horas livres sejam as mesmas.
    if (minuto !== agora.minuto && clinica.oferta.regras.antecedencia > 0) return false;
    if (!iguais(guardada.livres, await vagas(this.#casa, quem, deQue))) return false;
    guardada.vale = agora;
    return true;
  }

  /** O ponto de agora: pede-se antes de ler aquilo de que se faz uma página. */
  ponto(): Ponto {
    const { fluxo, relogio, agenda: { clinica } } = this.#casa;
    return { clinica, id: fluxo.agora(), minuto: minutoDe(relogio()) };
  }

  /** Guarda uma que se fez do que se leu depois de um ponto, e dá-a. */
  async guarda(c: Contexto, vale: Ponto, { deQue, livres }: Feita, pagina: Promise<Response>): Promise<Response> {
    const [resposta, chave] = [await pagina, chaveDe(c)];
    if (chave.length > ENDERECO_MAXIMO) return resposta;
    return await this.#paginas.guarda(c, chave, { vale, deQue, livres }, resposta);
  }
}

function minutoDe(instante: number): number {
  return Math.floor(instante / 60_000);
}

const TOPICOS = new WeakMap<readonly string[], readonly Topico[]>();

/** O que muda as horas livres: qualquer das datas abertas. A mesma lista enquanto as datas são as mesmas. */
function topicosDe(clinica: Clinica, agora: number): readonly Topico[] {
  const datas = clinica.datas(agora);
  let topicos = TOPICOS.get(datas);
  if (topicos === undefined) TOPICOS.set(datas, topicos = datas.map((data): Topico => `dia:${data}`));
  return topicos;
}

function iguais(umas: readonly DiaLivre[], outras: readonly DiaLivre[]): boolean {
  return umas.length === outras.length && umas.every((uma, i) => uma === outras[i]);
}

function chaveDe({ req, var: { lingua, deConfianca } }: Contexto): string {
  return `${lingua} ${deConfianca} ${req.url}`;
}
