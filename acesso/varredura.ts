/**
 * A varredura da noite: anonimiza aqueles cujo último registro é de antes do prazo de guarda (`guarda` em `clinica.json`), em
 * lotes pequenos, pela fila de todos. Quem se acha é só candidato: o que se decide, decide-o a agenda, com o que há na hora.
 *
 * Interrompida, recomeça do princípio, e quem já não tem nome já não se acha. De vários servidores, um de cada vez.
 *
 * O que faz não se desfaz, e uma máquina com a data de daqui a vinte anos daria o prazo de todos por passado: só se varre à
 * sétima noite seguida, e uma data que salta, para a frente ou para trás, recomeça a contagem. Com a data errada nada na clínica
 * anda, e em sete dias alguém a acertou.
 *
 * `servidor.ts` cria uma, e o metrônomo fá-la conferir.
 *
 * @module
 */

import { delay } from "@std/async";
import type { Agenda } from "../agenda.ts";
import type { LivroDaVarredura } from "../clinica/livro.ts";
import type { Pedido } from "../clinica/pedido.ts";
import { SERVIDOR } from "../clinica/promover.ts";
import { limiteDaGuarda, pseudonimo } from "../clinica/titular.ts";
import { dataNoFio } from "../protocolo.ts";
import { codigoAoAcaso } from "./titular.ts";

/** A hora da clínica a partir da qual se varre. */
const HORA_DA_VARREDURA = 3;

/** Noites seguidas que se veem antes de varrer. */
const NOITES = 7;

/** Dias entre duas noites que ainda se seguem: uma clínica para num feriado prolongado. */
const ENTRE_NOITES = 5;

/** Pessoas de um lote: cada uma tem poucas linhas, e ninguém espera por elas. */
const PESSOAS_POR_LOTE = 16;

/** Entre um lote e o seguinte, em ms. */
const DESCANSO = 20;

/** O que uma varredura precisa. */
export interface OpcoesDaVarredura {
  /** Por onde se anonimiza. */
  readonly agenda: Pick<Agenda, "atende" | "clinica">;
  /** Onde se procura. */
  readonly livro: LivroDaVarredura;
  /** O instante de agora, ms desde 1970. */
  readonly relogio: () => number;
  /** Recebe uma frase com o que se fez, se se fez algo. */
  readonly aoVarrer: (frase: string) => void;
  /** Não se pôde; tenta-se na batida seguinte. */
  readonly aoFalhar: (causa: unknown) => void;
}

/** Varre uma vez por noite. */
export class Varredura implements AsyncDisposable {
  #opcoes: OpcoesDaVarredura;
  #varrendo: Promise<void> | undefined;
  /** A data em que já se viu que estava feita, por este ou por outro. */
  #feita = "";
  #fim = new AbortController();

  /** Uma que ainda nada varreu. */
  constructor(opcoes: OpcoesDaVarredura) {
    this.#opcoes = opcoes;
  }

  /** Começa, se é hora e ainda não se fez hoje; não espera que acabe. */
  confere(): void {
    const { agenda: { clinica }, relogio } = this.#opcoes;
    const { hoje } = clinica.calendario.janela(relogio());
    const { hour } = Temporal.Instant.fromEpochMilliseconds(relogio()).toZonedDateTimeISO(clinica.oferta.fuso);
    if (hour < HORA_DA_VARREDURA || hoje === this.#feita) return;
    this.#varrendo ??= this.varre(hoje).catch(this.#opcoes.aoFalhar).finally(() => this.#varrendo = undefined);
  }

  /** Varre a noite de uma data, se ninguém a varreu nem a está a varrer. */
  async varre(hoje: string): Promise<void> {
    if (await this.#opcoes.livro.varre((escrito) => this.#noite(escrito, hoje))) this.#feita = hoje;
  }

  /** A noite de uma data, sabida a última: `"2026-11-26 7"` é a data e quantas seguidas já foram. */
  async #noite(escrito: string, hoje: string): Promise<string | undefined> {
    const [ultima, noites] = escrito.split(" ");
    if (ultima === hoje) return escrito;
    const dias = ultima === "" ? 0 : Temporal.PlainDate.from(ultima).until(hoje).days;
    const seguidas = dias > 0 && dias <= ENTRE_NOITES ? Math.min(Number(noites) + 1, NOITES) : 1;
    if (seguidas === NOITES && !await this.#percorre()) return undefined;
    return `${hoje} ${seguidas}`;
  }

  /** Percorre o livro; falso se se parou a meio. */
  async #percorre(): Promise<boolean> {
    const { agenda, livro, relogio, aoVarrer } = this.#opcoes;
    const antesDe = limiteDaGuarda({ clinica: agenda.clinica, agora: relogio() });
    let pessoas = 0;
    for (let depoisDe: number | undefined = 0; depoisDe !== undefined;) {
      const { cpfs, ate } = await livro.vencidos(antesDe, depoisDe);
      for (let i = 0; i < cpfs.length; i += PESSOAS_POR_LOTE) {
        if (this.#fim.signal.aborted) return false;
        pessoas += await this.#anonimiza(cpfs.slice(i, i + PESSOAS_POR_LOTE));
        await delay(DESCANSO, { signal: this.#fim.signal }).catch(() => {});
      }
      depoisDe = ate;
      await delay(0);
    }
    if (pessoas === 0) return true;
    livro.limpa();
    const quantas = pessoas === 1 ? "1 pessoa foi anonimizada" : `${pessoas} pessoas foram anonimizadas`;
    aoVarrer(`guarda: ${quantas}; o último registro de cada uma é de antes de ${dataNoFio(antesDe)}`);
    return true;
  }

  async #anonimiza(cpfs: readonly string[]): Promise<number> {
    const pedidos = cpfs.map((cpf): Pedido => ({
      ...{ comando: "TITULAR", cpf, ato: "ANONIMIZA", porPrazo: true },
      pseudonimo: pseudonimo(codigoAoAcaso),
    }));
    const resultados = await this.#opcoes.agenda.atende(pedidos, SERVIDOR);
    if (resultados === undefined || resultados.some(({ codigo }) => codigo !== "OK-200")) {
      throw new Error("o livro não pôde ser gravado");
    }
    return resultados.filter((um) => "titular" in um && um.titular !== undefined && "feito" in um.titular).length;
  }

  /** Para a meio do que houver. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#fim.abort();
    await this.#varrendo;
  }
}
