/**
 * O fim de um lote num PostgreSQL: a gravação, o commit, e, se a resposta dele se perde, o que houve. Só `postgres.ts` o usa.
 *
 * @module
 */

import { delay } from "@std/async";
import { type Desfecho, ErroDoArmazem, type Fim } from "../clinica/livro.ts";
import { instrucao } from "./postgres_instrucoes.ts";
import { codigoDe, type Instrucao, type Ligacao } from "./postgres_ligacao.ts";
import { ENTRE_SONDAGENS } from "./postgres_principal.ts";
import { NAO_CONFIRMADO } from "./postgres_travas.ts";

/** Com que códigos o banco recusa um lote: uma instrução que não fez tudo o que se pediu, ou uma vaga já tomada. */
const RECUSAS: readonly (string | undefined)[] = ["22012", "23505"];

/** O que é preciso, se a resposta ao commit se perde, para saber se o lote ficou gravado. */
export interface Confirmacao<R> {
  /** O número da linha dele no diário. */
  readonly id: string;
  /** O que distingue essa linha da de qualquer outro. */
  readonly lote: string;
  /** O que se responde se ficou gravado. */
  readonly resultado: R;
  /** Até quando se procura sabê-lo. */
  readonly ate: number;
}

/** Quem leva os lotes até ao fim. */
export class Desfechos {
  #conecta: (ate: number) => Promise<Ligacao>;
  #desiste: () => boolean;

  /** `conecta` dá uma conexão nova; `desiste` diz se já ninguém espera por saber. */
  constructor(conecta: (ate: number) => Promise<Ligacao>, desiste: () => boolean) {
    this.#conecta = conecta;
    this.#desiste = desiste;
  }

  /** Manda o que grava o lote, e diz o que houve; nada, se o que se tinha por certo (`confirmaLivres`) não o era. */
  async confirma<R>(
    confirmacao: Confirmacao<R>,
    { ligacao, escrita, ate }: { ligacao: Ligacao; escrita: readonly Instrucao[]; ate: number },
  ): Promise<Desfecho<R> | undefined> {
    ligacao.avisos.length = 0;
    let causa: unknown;
    try {
      const resultados = await ligacao.executa(escrita, ate);
      const aviso = ligacao.avisos[0];
      if (resultados[resultados.length - 1].command === "COMMIT" && aviso === undefined) {
        return { tipo: "gravado", resultado: confirmacao.resultado };
      }
      // Um aviso num commit é o de que ele não esperou pelo reserva: está gravado aqui, e talvez só aqui.
      causa = new ErroDoArmazem(`o commit não foi confirmado por inteiro (${aviso ?? "transação desfeita"})`);
    } catch (erro) {
      causa = erro;
      // O banco recusou uma instrução e continua lá: o commit não chegou a ser feito.
      const codigo = codigoDe(erro);
      if (codigo !== undefined && await ligacao.desfaz(ate)) {
        if (codigo === NAO_CONFIRMADO) return undefined;
        if (!RECUSAS.includes(codigo)) return { tipo: "nada", causa };
        return {
          tipo: "recusado",
          causa: new ErroDoArmazem("o livro recusou o lote: uma vaga já tomada, ou uma linha que não cabe nele", erro),
        };
      }
    }
    ligacao.corta();
    return { tipo: "pendente", fim: this.#descobre(confirmacao, causa) };
  }

  /**
   * O que houve com um commit sem resposta. Espera, numa conexão nova, pela trava que é só desse lote: com ela, a transação
   * de antes já acabou, de um modo ou de outro, e o que ela gravou está à vista (o PostgreSQL solta as travas depois de
   * publicar o commit). Então procura-se a linha dela no diário.
   *
   * Não se pergunta por `pg_xact_status`: diria "em curso" enquanto a transação espera, sem dizer até quando, e depois de
   * uma promoção o número pode ser o de outra no novo principal. A linha diz a verdade nos dois casos; se o commit não
   * chegou ao reserva, não está lá nem estará, e outra que tenha o mesmo número tem outro `lote`.
   *
   * Achada a linha, escreve-se uma mensagem no WAL e confirma-se: com um reserva síncrono, esse commit só volta quando
   * tudo o que veio antes também está lá.
   */
  async #descobre<R>(confirmacao: Confirmacao<R>, causa: unknown): Promise<Fim<R>> {
    do {
      try {
        const gravado = await this.#procura(confirmacao);
        return gravado ? { tipo: "gravado", resultado: confirmacao.resultado } : { tipo: "nada", causa };
      } catch {
        await delay(ENTRE_SONDAGENS);
      }
    } while (performance.now() < confirmacao.ate && !this.#desiste());
    return { tipo: "incerto", causa };
  }

  async #procura({ id, lote, ate }: Confirmacao<unknown>): Promise<boolean> {
    const ligacao = await this.#conecta(ate);
    try {
      ligacao.avisos.length = 0;
      const [, , { rows: [[achada]] }, , fim] = await ligacao.executa([
        instrucao("comeca"),
        instrucao("espera_lote", id),
        instrucao("procura", id, lote),
        { texto: "SELECT pg_logical_emit_message(true, 'clinica', 'desfecho')" },
        instrucao("confirma"),
      ], ate);
      if (fim.command !== "COMMIT" || ligacao.avisos.length > 0) throw new ErroDoArmazem("ainda não se sabe");
      return achada === "t";
    } finally {
      if (performance.now() < ate) await ligacao.fecha();
      else ligacao.corta();
    }
  }
}
