/**
 * Um relógio que se adianta, sob `faketime`: o dos servidores e o do banco deles andam para a frente quanto se queira, e os prazos de
 * uma hora vencem num instante. `prova/espera.ts` e `prova/servidores.ts` o usam.
 *
 * @module
 */

import type { Pasta } from "../testes/apoio.ts";

const UM_MINUTO = 60_000;

/** Um relógio adiantado. Sem a biblioteca do `faketime`, o da máquina. */
export class RelogioAdiantado {
  /** Se anda. */
  readonly anda: boolean;
  #arquivo: string;
  #biblioteca: string | undefined;
  #minutos = 0;

  /** Certo, por enquanto; a pasta guarda o que ele diz. */
  constructor(pasta: Pasta, biblioteca: string | undefined) {
    this.anda = biblioteca !== undefined;
    this.#arquivo = pasta.arquivo("relogio");
    this.#biblioteca = biblioteca;
    this.adianta(0);
  }

  /** Que horas são nele, ms desde 1970. */
  get agora(): number {
    return Date.now() + this.#minutos * UM_MINUTO;
  }

  /** Quanto já se adiantou. */
  get minutos(): number {
    return this.#minutos;
  }

  /** Adianta-o, também a quem já o segue. */
  adianta(minutos: number): void {
    if (!this.anda) return;
    this.#minutos += minutos;
    Deno.writeTextFileSync(`${this.#arquivo}.novo`, `+${this.#minutos}m\n`);
    Deno.renameSync(`${this.#arquivo}.novo`, this.#arquivo);
  }

  /** Acerta-o. */
  acerta(): void {
    this.adianta(-this.#minutos);
  }

  /** Adianta-o até uma hora destas daqui a tantos dias, num fuso. */
  adiantaAte(dias: number, hora: string, fuso: string): void {
    const agora = Temporal.Instant.fromEpochMilliseconds(this.agora).toZonedDateTimeISO(fuso);
    const ate = agora.toPlainDate().add({ days: dias }).toZonedDateTime({ timeZone: fuso, plainTime: hora });
    this.adianta(Math.ceil((ate.epochMilliseconds - this.agora) / UM_MINUTO));
  }

  /**
   * O que se põe diante de um processo para que o siga sempre: a cada pergunta pela hora abre-se um arquivo. Não serve a um PostgreSQL,
   * que também a pergunta ao tratar um SIGALRM: no meio de um `malloc`, o de abrir o arquivo estraga-lhe a memória, e ele cai.
   */
  get segue(): string[] {
    return this.#diante(`FAKETIME_TIMESTAMP_FILE=${this.#arquivo}`, "FAKETIME_NO_CACHE=1");
  }

  /** O mesmo, para que tenha a hora de agora e tantos segundos, e não mude com ele. */
  comDesvio(segundos: number): string[] {
    return this.#diante(`FAKETIME=+${this.#minutos * 60 + segundos}s`);
  }

  #diante(...como: string[]): string[] {
    if (this.#biblioteca === undefined) return [];
    // Os prazos e as esperas de quem o segue contam tempo de verdade.
    const deVerdade = ["FAKETIME_DONT_FAKE_MONOTONIC=1", "DONT_FAKE_MONOTONIC=1"];
    return ["env", `LD_PRELOAD=${this.#biblioteca}`, ...como, ...deVerdade];
  }
}
