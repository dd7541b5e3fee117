/**
 * O registro: o que o servidor conta de si no console, para pessoas (`texto`) ou para programas (`json`).
 *
 * As linhas juntam-se na memória e saem juntas, de modo que registrar não atrasa quem espera uma resposta. O que cada uma
 * diz está em `eventos.ts`.
 *
 * O que os terminais provocam tem uma cota (`cota.ts`): o que passa dela conta-se, por origem, numa linha por segundo; as
 * mudanças confirmadas são as últimas a ficar de fora. `servidor.ts` cria um; escrevem nele `servidor.ts`, `ouvinte.ts` e
 * `console.ts`.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { deadline, delay } from "@std/async";
import type { Codigo } from "../clinica/pedido.ts";
import { Baldes } from "./baldes.ts";
import { Contagem, type Especie } from "./cota.ts";
import { emJson, type Evento, type Eventos, FRASES, O_SERVIDOR } from "./eventos.ts";

/** Como as linhas saem. */
export type Formato = "texto" | "json";

/** O que se conta: tudo; mudanças e conexões; só o começo, o fim e o que vai mal. */
export type Volume = "detalhado" | "normal" | "quieto";

/** Quanto as linhas esperam para sair juntas, em ms. */
const ESPERA = 100;

/** Linhas à espera, em caracteres, a partir das quais saem logo. */
const CHEIO = 64 * 1024;

/** Quem lê o console parou de ler: além disto, em caracteres, as linhas novas são contadas e descartadas. */
const TRANSBORDO = 4 * 1024 * 1024;

/** Bytes de uma escrita, em linhas inteiras: um cano aceita um pedaço destes por inteiro, ou nada dele (PIPE_BUF). */
const PEDACO = 4096;

const LF = 0x0a;

/** Quanto se espera, no fim, por um console que ninguém lê, em ms. */
const ESPERA_DO_FIM = 500;

/** Bytes por segundo e de uma vez das linhas que os terminais provocam; as mudanças e o resto tiram do mesmo balde. */
const COTA = { ritmo: 100_000, capacidade: 100_000 };

/** Com menos que isto no balde, em bytes, só entram mudanças. */
const RESERVA_DAS_MUDANCAS = 25_000;

/**
 * O mesmo das listas de dias, que esperam a vez em vez de ficar de fora. Uma lista pode ser maior que o balde, que fica
 * devendo. Com a outra cota, 250 000 bytes em qualquer segundo, e 130 000 por segundo num ataque que dure.
 */
const COTA_DAS_LISTAS = { ritmo: 30_000, capacidade: 20_000 };

/** Origens de que se conta, por segundo, o que ficou de fora; as demais esperam. */
const ORIGENS_POR_SEGUNDO = 20;

/** Entre duas linhas da mesma falha, em ms, no mínimo. */
const ENTRE_FALHAS = 1000;

/** O terminal que provocou um evento, e o que se soma se a linha fica de fora. */
export interface Provocado {
  /** A conexão, `"10.0.0.7:40312"`; sem ela, foi o próprio servidor. */
  cliente?: string;
  /** A conta em que entra. */
  especie: Especie;
}

/** Os códigos de uma mudança feita. */
const DE_MUDANCA: ReadonlySet<string> = new Set<Codigo>([
  ...["OK-300", "OK-301", "OK-303", "OK-306", "OK-307", "OK-308", "OK-309", "OK-312", "OK-313", "OK-314"] as const,
]);

/** De cada evento, quem o provocou, se foi um terminal. */
const PROVOCADOS: { [E in Evento]: (campos: Eventos[E]) => Provocado | undefined } = {
  andamento: () => undefined,
  pronto: () => undefined,
  paginas: () => undefined,
  primeiro: () => undefined,
  conectou: ({ cliente }) => ({ cliente, especie: "idas_e_vindas" }),
  saiu: ({ cliente }) => ({ cliente, especie: "idas_e_vindas" }),
  recusou: ({ cliente }) => ({ cliente, especie: "idas_e_vindas" }),
  pedido({ cliente, codigo }): Provocado {
    if (codigo.startsWith("ERRO")) return { cliente, especie: "recusas" };
    return { cliente, especie: DE_MUDANCA.has(codigo) ? "mudancas" : "consultas" };
  },
  promocao: () => ({ especie: "mudancas" }),
  // A lista de um dia não fica de fora: espera.
  dia: () => undefined,
  orfao: () => undefined,
  semana: () => undefined,
  omitidas: () => undefined,
  falha: () => undefined,
  aviso: () => undefined,
  trilha: () => undefined,
  banco: () => undefined,
  encerrando: () => undefined,
  encerrado: () => undefined,
};

const NO_QUIETO: ReadonlySet<Evento> = new Set<Evento>([
  "andamento",
  "pronto",
  "paginas",
  "primeiro",
  "orfao",
  "semana",
  "omitidas",
  "falha",
  "aviso",
  "trilha",
  "banco",
  "recusou",
  "encerrando",
  "encerrado",
]);

/** Para onde as linhas vão: o que `Deno.stdout` oferece. */
export interface Destino {
  /** Escreve ao menos um byte e diz quantos. */
  write(bytes: Uint8Array): Promise<number>;
  /** O mesmo, sem deixar que mais nada ande. */
  writeSync?(bytes: Uint8Array): number;
}

/** Como um `Registro` funciona. */
export interface OpcoesDoRegistro {
  /** Para pessoas ou para programas. */
  formato: Formato;
  /** Quanto se conta. */
  volume: Volume;
  /** O fuso em que a hora das linhas `texto` aparece, até que mude. */
  fuso: string;
  /** O console. */
  destino: Destino;
  /** Um relógio que só anda para a frente, em ms. */
  relogio?: () => number;
  /** Quanto se espera, no fim, por um console que ninguém lê, em ms. */
  esperaDoFim?: number;
}

/** O registro de um servidor. */
export class Registro {
  #opcoes: OpcoesDoRegistro;
  #relogio: () => number;
  #fuso: string;
  #linhas = "";
  #descartadas = 0;
  /** A última linha que saiu ficou pela metade. */
  #cortada = false;
  #escrevendo = false;
  #escrita: Promise<void> = Promise.resolve();
  #espera: ReturnType<typeof setTimeout> | undefined;
  #segundo = -1;
  #hora = "";
  #cota: Baldes;
  #cotaDasListas: Baldes;
  #omitidas = new Contagem();
  /** De cada falha: quando saiu a última linha, e quantas houve depois dela, com a causa da mais nova. */
  #falhas = new Map<string, { quando: number; depois: number; causa: string }>();

  /** Um registro num formato, com um volume, para um destino. */
  constructor(opcoes: OpcoesDoRegistro) {
    const { relogio = () => performance.now() } = opcoes;
    this.#opcoes = opcoes;
    this.#relogio = relogio;
    this.#fuso = opcoes.fuso;
    this.#cota = new Baldes({ ...COTA, relogio });
    this.#cotaDasListas = new Baldes({ ...COTA_DAS_LISTAS, relogio });
  }

  /** O que se conta. */
  get volume(): Volume {
    return this.#opcoes.volume;
  }

  /** A hora das linhas `texto` passa a ser a deste fuso. */
  set fuso(fuso: string) {
    this.#fuso = fuso;
    this.#segundo = -1;
  }

  /** Se a lista de um dia cabe agora; quando não, quem a conta espera. */
  get cabeUmaLista(): boolean {
    return this.#cotaDasListas.nivel() > 0;
  }

  /** Conta um evento. O que os terminais provocam e não cabe na cota só se soma, e `confere` diz quanto foi. */
  conta<E extends Exclude<Evento, "falha" | "omitidas">>(evento: E, campos: Eventos[E]): void {
    if (this.#calado(evento)) return;
    const provocado = PROVOCADOS[evento](campos);
    if (provocado === undefined) {
      const bytes = this.#acrescenta(evento, campos);
      if (evento !== "dia") return;
      // O que uma lista enorme deve à sua cota, paga-o a das outras linhas.
      this.#cota.tira(Math.max(0, bytes - Math.max(0, this.#cotaDasListas.nivel())));
      this.#cotaDasListas.tira(bytes);
      return;
    }
    if (this.cabe(provocado)) this.#cota.tira(this.#acrescenta(evento, campos));
  }

  /** Se cabe na cota uma linha do que um terminal provocou; se não, fica já somada, e quem a faria poupa o trabalho. */
  cabe({ cliente, especie }: Provocado): boolean {
    if (this.#cota.nivel() > (especie === "mudancas" ? 0 : RESERVA_DAS_MUDANCAS)) return true;
    this.#omitidas.soma(cliente?.slice(0, cliente.lastIndexOf(":")) ?? O_SERVIDOR, especie);
    return false;
  }

  /** Conta já, antes de voltar: o que se faz antes de atender não deixa mais nada andar. */
  contaAndamento(o_que: string): void {
    this.#acrescenta("andamento", { o_que });
    const { destino } = this.#opcoes;
    if (destino.writeSync === undefined || this.#escrevendo) return;
    const bytes = this.#recolhe();
    try {
      for (let feito = 0; feito < bytes.length;) feito += destino.writeSync(bytes.subarray(feito));
    } catch {
      // Um console que não recebe não segura o servidor.
    }
  }

  /** Conta uma falha: no máximo uma linha por segundo da mesma; as outras somam-se na seguinte. */
  contaFalha(o_que: string, causa: string): void {
    const agora = this.#relogio();
    const ultima = this.#falhas.get(o_que);
    if (ultima !== undefined && agora - ultima.quando < ENTRE_FALHAS) {
      ultima.depois++;
      ultima.causa = causa;
      return;
    }
    this.#falhas.set(o_que, { quando: agora, depois: 0, causa });
    this.#acrescenta("falha", { o_que, causa, mais: ultima?.depois || undefined });
  }

  /** A chamar a cada segundo: diz quantas linhas ficaram de fora, e quantas vezes cada falha se repetiu. */
  confere(): void {
    this.#contaOmitidas(ORIGENS_POR_SEGUNDO);
    this.#contaRepetidas(this.#relogio() - ENTRE_FALHAS);
  }

  /** A chamar no fim: diz já tudo o que ainda esperava por uma `confere`. */
  acerta(): void {
    this.#contaOmitidas(Infinity);
    this.#contaRepetidas(Infinity);
  }

  /** Escreve o que falta e espera que saia, mas não para sempre: um console parado não segura o fim do servidor. */
  async fecha(): Promise<void> {
    this.acerta();
    const { esperaDoFim = ESPERA_DO_FIM } = this.#opcoes;
    await deadline(this.#descarrega(), esperaDoFim).catch(() => {});
  }

  #contaOmitidas(origens: number): void {
    for (const [origem, omitidas] of this.#omitidas.recolhe(origens)) {
      this.#acrescenta("omitidas", { origem, ...omitidas });
    }
  }

  #contaRepetidas(ateQuando: number): void {
    for (const [o_que, falha] of this.#falhas) {
      if (falha.depois === 0 || falha.quando > ateQuando) continue;
      // A última é a que esta linha conta.
      this.#acrescenta("falha", { o_que, causa: falha.causa, mais: falha.depois - 1 || undefined });
      falha.depois = 0;
      falha.quando = this.#relogio();
    }
  }

  #calado(evento: Evento): boolean {
    return this.#opcoes.volume === "quieto" && !NO_QUIETO.has(evento);
  }

  /** Junta uma linha às que vão sair e diz quantos bytes tem; nenhum se o console não lê as que já esperam. */
  #acrescenta<E extends Evento>(evento: E, campos: Eventos[E]): number {
    if (this.#linhas.length > TRANSBORDO) {
      this.#descartadas++;
      return 0;
    }
    const agora = Date.now();
    const linha = this.#opcoes.formato === "json"
      ? emJson(agora, evento, campos)
      : this.#emTexto(agora, evento, campos);
    this.#linhas += linha;
    // Quem o pôs no ar está à espera de "pronto".
    if (evento === "pronto" || this.#linhas.length >= CHEIO) this.#descarrega();
    else this.#espera ??= setTimeout(() => this.#descarrega(), ESPERA);
    return Buffer.byteLength(linha);
  }

  #descarrega(): Promise<void> {
    clearTimeout(this.#espera);
    this.#espera = undefined;
    if (!this.#escrevendo) this.#escrita = this.#escreve();
    return this.#escrita;
  }

  async #escreve(): Promise<void> {
    this.#escrevendo = true;
    while (this.#linhas !== "" && await this.#entrega(this.#recolhe()));
    this.#escrevendo = false;
  }

  /** Falso se o console não as recebeu todas (um terminal fechado, um cano rompido, um disco cheio): o servidor segue. */
  async #entrega(bytes: Uint8Array): Promise<boolean> {
    for (let feito = 0; feito < bytes.length;) {
      const fim = fimDoPedaco(bytes, feito);
      try {
        while (feito < fim) feito += await this.#opcoes.destino.write(bytes.subarray(feito, fim));
      } catch (causa) {
        // Um cano que não bloqueia, cheio: de um pedaço destes nada foi aceito, e espera-se que alguém o leia.
        if (causa instanceof Deno.errors.WouldBlock && fim - feito <= PEDACO) {
          await delay(ESPERA);
          continue;
        }
        const perdidos = bytes.subarray(feito);
        this.#descartadas += perdidos.reduce((linhas, byte) => byte === LF ? linhas + 1 : linhas, 0);
        this.#cortada = feito > 0 && bytes[feito - 1] !== LF;
        return false;
      }
    }
    return true;
  }

  #recolhe(): Uint8Array {
    let linhas = (this.#cortada ? "\n" : "") + this.#linhas;
    this.#linhas = "";
    this.#cortada = false;
    if (this.#descartadas > 0) {
      const o_que = `${this.#descartadas} linhas descartadas: o console não as lia`;
      linhas += this.#opcoes.formato === "json" ? emJson(Date.now(), "aviso", { o_que }) : `(${o_que})\n`;
    }
    this.#descartadas = 0;
    return new TextEncoder().encode(linhas);
  }

  #emTexto<E extends Evento>(agora: number, evento: E, campos: Eventos[E]): string {
    const segundo = Math.floor(agora / 1000);
    if (segundo !== this.#segundo) {
      this.#segundo = segundo;
      const hora = Temporal.Instant.fromEpochMilliseconds(agora).toZonedDateTimeISO(this.#fuso).toPlainTime();
      this.#hora = hora.toString({ smallestUnit: "second" });
    }
    return `${this.#hora}  ${FRASES[evento](campos)}\n`;
  }
}

/** Onde acaba o pedaço que começa em `inicio`: tantas linhas inteiras quantas couberem em `PEDACO`, ou uma só. */
function fimDoPedaco(bytes: Uint8Array, inicio: number): number {
  if (bytes.length - inicio <= PEDACO) return bytes.length;
  const ultimo = bytes.lastIndexOf(LF, inicio + PEDACO - 1);
  return (ultimo >= inicio ? ultimo : bytes.indexOf(LF, inicio)) + 1;
}
