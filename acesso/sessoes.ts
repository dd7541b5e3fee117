/**
 * As sessões das páginas: quem entrou (`portaria.ts`) recebe uma ficha, que o navegador mostra em cada pedido; com ela se sabe
 * quem é, em qualquer servidor do livro. As páginas chamam tudo o que aqui há.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { entra } from "../clinica/pessoa.ts";
import type { LivroDasSessoes, Sessao, SessaoAchada } from "../clinica/sessao.ts";
import type { QuemEntrou } from "./portaria.ts";

const MINUTO = 60_000;
const HORA = 60 * MINUTO;

/** O mais que uma sessão dura, em ms: o dia mais longo de um balcão. Nenhuma amanhece aberta. */
export const SESSAO_MAXIMA: number = 12 * HORA;

/**
 * Sem uso por este tempo, em ms, acaba: cabe o almoço mais longo, e a máquina que se deixou ao meio-dia não está aberta à noite.
 * O NIST SP 800-63B-4 sugere uma hora a quem entra com dois fatores; um balcão que só olha para o dia passaria o dia a entrar.
 */
export const SESSAO_PARADA: number = 4 * HORA;

/** O uso escreve-se no máximo uma vez por este tempo, em ms: um fsync por pessoa e minuto. */
const ENTRE_VISTAS = MINUTO;

/** O que se leu de uma ficha serve por este tempo, em ms: uma que deixa de valer deixa em todos os servidores dentro de um segundo. */
const MEMORIA = 500;

/** Fichas de que se lembra, no máximo: ninguém tem tantas pessoas ao mesmo tempo, e cada uma é um quilobyte. */
const LEMBRADAS = 1000;

/** Sessões de uma pessoa, no máximo; a que passa disto acaba com a mais velha. */
const POR_PESSOA = 20;

/** Quanto os relógios de dois servidores podem diferir, em ms. Uma sessão de mais à frente do que isto é de um relógio errado. */
const FOLGA = 5 * MINUTO;

/** Uma ficha são 32 bytes em base64url, sem `=`. */
const BYTES_DA_FICHA = 32;
const FICHA = /^[A-Za-z0-9_-]{43}$/;

/** O que umas sessões precisam. */
export interface OpcoesDasSessoes {
  /** Onde se guardam. */
  readonly livro: LivroDasSessoes;
  /** Ms desde 1970. */
  readonly relogio: () => number;
  /** O uso não se pôde escrever: a sessão vale na mesma, até ao prazo que tinha. */
  readonly aoFalhar?: (causa: unknown) => void;
}

/** Uma sessão que se abriu. */
export interface SessaoAberta {
  /** O que o navegador guarda; não se mostra outra vez. */
  readonly ficha: string;
  /** O mais tarde que acaba, em ms desde 1970. */
  readonly expira: number;
}

/** O que se leu de uma ficha, e quando. */
interface Lembrada {
  readonly em: number;
  readonly achada: Promise<SessaoAchada | undefined>;
  /** Como ficou, se entretanto se escreveu um uso: quem esperava pela mesma leitura não o escreve outra vez. */
  usada?: SessaoAchada;
}

/** Uma ida ao livro que está por partir, e o que dela vem, por resumo. */
interface Ida {
  readonly resumos: string[];
  readonly achadas: Promise<ReadonlyMap<string, SessaoAchada>>;
}

/** Abre, confere e fecha sessões. */
export class Sessoes {
  #opcoes: OpcoesDasSessoes;
  /** Por resumo, as lidas há mais tempo primeiro. */
  #memoria = new Map<string, Lembrada>();
  #ida: Ida | undefined;

  /** Nenhuma está na memória. */
  constructor(opcoes: OpcoesDasSessoes) {
    this.#opcoes = opcoes;
  }

  /**
   * Abre uma, sempre com uma ficha nova, a quem acaba de entrar.
   *
   * @throws se o livro não se pôde escrever.
   */
  async abre({ numero, mudadaEm }: Pick<QuemEntrou, "numero" | "mudadaEm">): Promise<SessaoAberta> {
    const { livro, relogio } = this.#opcoes;
    const ficha = crypto.getRandomValues(new Uint8Array(BYTES_DA_FICHA))
      .toBase64({ alphabet: "base64url", omitPadding: true });
    const agora = relogio();
    const criadaEm = escreve(agora);
    const nova = { resumo: resumoDaFicha(ficha), pessoa: numero, mudadaEm, criadaEm, ...vista(agora, agora) };
    await livro.abre(nova, { agora: criadaEm, futuro: escreve(agora + FOLGA), maximo: POR_PESSOA });
    return { ficha, expira: agora + SESSAO_MAXIMA };
  }

  /**
   * Quem mostra uma ficha, e com isso a usa; nada, se ela não é de ninguém ou já não vale: venceu, fechou-se, ou a pessoa
   * retirou-se ou mudou a frase-senha ou o segundo fator.
   *
   * @throws se o livro não se pôde ler.
   */
  async quem(ficha: string): Promise<QuemEntrou | undefined> {
    if (!FICHA.test(ficha)) return undefined;
    const lembrada = this.#le(resumoDaFicha(ficha));
    const lida = await lembrada.achada;
    const achada = lembrada.usada ?? lida;
    const agora = this.#opcoes.relogio();
    if (achada === undefined || !vale(achada, agora)) return undefined;
    if (agora - Date.parse(achada.sessao.vistaEm) >= ENTRE_VISTAS) await this.#viu(lembrada, achada, agora);
    return quemE(achada);
  }

  /**
   * O mesmo, sem a usar e pelo que o livro diz agora: é como uma página aberta sabe se ainda pode mostrar o que muda, com ninguém
   * diante dela. O que se lembra seria de antes daquilo por que se pergunta.
   */
  async ainda(ficha: string): Promise<QuemEntrou | undefined> {
    const achada = FICHA.test(ficha) ? await this.#acha(resumoDaFicha(ficha)) : undefined;
    return achada && vale(achada, this.#opcoes.relogio()) ? quemE(achada) : undefined;
  }

  /** Fecha a de uma ficha; neste servidor, já. */
  async fecha(ficha: string): Promise<void> {
    if (!FICHA.test(ficha)) return;
    const resumo = resumoDaFicha(ficha);
    await this.#opcoes.livro.fecha(resumo);
    this.#memoria.delete(resumo);
  }

  /** Fecha todas as de uma pessoa; neste servidor, já. */
  async fechaTodas(pessoa: number): Promise<void> {
    await this.#opcoes.livro.fechaTodas(pessoa);
    this.#memoria.clear();
  }

  /** O que se lembra de um resumo, ou o que agora se lê; quem pergunta ao mesmo tempo espera pela mesma leitura. */
  #le(resumo: string): Lembrada {
    const agora = this.#opcoes.relogio();
    const antes = this.#memoria.get(resumo);
    // A idade nunca é negativa, que um relógio que volta atrás não alongue o que se lembra.
    if (antes !== undefined && agora >= antes.em && agora - antes.em < MEMORIA) return antes;
    const lembrada: Lembrada = { em: agora, achada: this.#acha(resumo) };
    this.#memoria.delete(resumo);
    this.#memoria.set(resumo, lembrada);
    const esquece = (): boolean => this.#memoria.get(resumo) === lembrada && this.#memoria.delete(resumo);
    // De uma ficha que não é de ninguém não se guarda nada: quem as inventa não tira de lá as outras.
    lembrada.achada.then((achada) => achada ?? esquece(), esquece);
    for (const [primeira] of this.#memoria) {
      if (this.#memoria.size <= LEMBRADAS) break;
      this.#memoria.delete(primeira);
    }
    return lembrada;
  }

  /** Lê uma; as que se pedem juntas, como as de todas as páginas abertas que se conferem de tempos em tempos, vão numa ida só. */
  async #acha(resumo: string): Promise<SessaoAchada | undefined> {
    const { resumos, achadas } = this.#ida ??= this.#comecaIda();
    resumos.push(resumo);
    return (await achadas).get(resumo);
  }

  #comecaIda(): Ida {
    const resumos: string[] = [];
    const parte = async (): Promise<ReadonlyMap<string, SessaoAchada>> => {
      this.#ida = undefined;
      return new Map((await this.#opcoes.livro.acha(resumos)).map((uma) => [uma.sessao.resumo, uma]));
    };
    return { resumos, achadas: Promise.resolve().then(parte) };
  }

  async #viu(lembrada: Lembrada, { sessao, pessoa }: SessaoAchada, agora: number): Promise<void> {
    const depois = { ...sessao, ...vista(Date.parse(sessao.criadaEm), agora) };
    lembrada.usada = { sessao: depois, pessoa };
    try {
      await this.#opcoes.livro.viu(depois);
    } catch (causa) {
      this.#opcoes.aoFalhar?.(causa);
    }
  }
}

/** O uso de uma sessão neste instante, e até quando vale com ele. */
function vista(criada: number, agora: number): Pick<Sessao, "vistaEm" | "expiraEm"> {
  return { vistaEm: escreve(agora), expiraEm: escreve(Math.min(criada + SESSAO_MAXIMA, agora + SESSAO_PARADA)) };
}

function vale({ sessao, pessoa }: SessaoAchada, agora: number): boolean {
  return entra(pessoa) && pessoa.mudadaEm === sessao.mudadaEm && agora < Date.parse(sessao.expiraEm) &&
    Date.parse(sessao.criadaEm) <= agora + FOLGA;
}

function quemE({ pessoa: { numero, quem, nome, papel, profissional, mudadaEm } }: SessaoAchada): QuemEntrou {
  return { numero, quem, nome, papel, profissional, mudadaEm };
}

function resumoDaFicha(ficha: string): string {
  return createHash("sha256").update(ficha).digest("hex");
}

function escreve(agora: number): string {
  return Temporal.Instant.fromEpochMilliseconds(agora).toString({ smallestUnit: "millisecond" });
}
