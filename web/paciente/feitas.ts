/**
 * As páginas que se dão outra vez a quem pede o mesmo enquanto são as mesmas as horas livres de que se fizeram. Só as que não trazem
 * nada de ninguém.
 *
 * @module
 */

import type { Clinica } from "../../clinica/clinica.ts";
import type { DiaLivre } from "../../clinica/pedido.ts";
import { type Casa, type Contexto, PedeDemais, quemPede } from "../casa.ts";
import { PaginasFeitas } from "../feitas.ts";
import type { Topico } from "../topicos.ts";
import { type DeQue, vagas } from "./livres.ts";

/** Páginas que se guardam; cada uma tem um a dois quilobytes. */
const GUARDADAS = 512;

/** O maior endereço de que se guarda uma, em caracteres: os nossos são menores. */
const ENDERECO_MAXIMO = 300;

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

  /** Nenhuma ainda. */
  constructor(casa: Casa) {
    this.#casa = casa;
  }

  /** A do endereço que se pede, se há uma e ainda diz o que há. */
  async acha(c: Contexto): Promise<Response | undefined> {
    const feita = this.#paginas.acha(c, chaveDe(c));
    if (feita?.de.vale.clinica !== this.#casa.agenda.clinica) return undefined;
    const { deQue } = feita.de;
    return deQue === undefined || await this.#aindaVale(c, feita.de, deQue) ? feita.resposta() : undefined;
  }

  /** Enquanto nada mudou no livro nem o minuto, não se pergunta; depois, vê-se se as horas livres são as mesmas. */
  async #aindaVale(c: Contexto, guardada: Guardada, deQue: DeQue): Promise<boolean> {
    const { fluxo, conta, relogio, agenda: { clinica } } = this.#casa;
    const [quem, agora] = [quemPede(c, "paciente"), this.ponto()];
    const { id, minuto } = guardada.vale;
    if (minuto === agora.minuto && fluxo.intacto(id, topicosDe(clinica, relogio()))) {
      // Conta como se se perguntasse.
      const segundos = conta(quem, { comando: "VAGAS" });
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
    return { clinica, id: fluxo.agora(), minuto: Math.floor(relogio() / 60_000) };
  }

  /** Guarda uma que se fez do que se leu depois de um ponto, e dá-a. */
  async guarda(c: Contexto, vale: Ponto, { deQue, livres }: Feita, pagina: Promise<Response>): Promise<Response> {
    const [resposta, chave] = [await pagina, chaveDe(c)];
    if (chave.length > ENDERECO_MAXIMO) return resposta;
    return await this.#paginas.guarda(c, chave, { vale, deQue, livres }, resposta);
  }
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

function chaveDe({ req, var: { lingua } }: Contexto): string {
  return `${lingua} ${req.url}`;
}
