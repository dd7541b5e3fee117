/**
 * As ligações às páginas: quantas, de quem, e por quanto tempo. A porta (`porta.ts`) dá-lhes as que chegam; cada uma vai para o
 * motor de HTTP (`http.ts`), e corta-se a de quem não pede, não acaba de pedir, ou não lê o que se lhe responde.
 *
 * Não se lê HTTP aqui: conta-se o tempo entre o que se aceita, o que se pede e o que se responde. Cheias, quem chega entra sempre,
 * e sai quem há mais tempo nada faz.
 *
 * @module
 */

import { delay } from "@std/async";
import { canonico, escreveRemoto, redeDe, type Remoto } from "../clinica/endereco.ts";
import { ehLocal } from "../rede/ouvinte.ts";
import type { RespondeUma, ServeUma } from "./http.ts";

/** O que uma ligação pode; os tempos em ms. */
export interface LimitesDasLigacoes {
  /** Ligações ao mesmo tempo. */
  readonly conexoes: number;
  /** De um endereço, ou de um /64; esta máquina e os intermediários de confiança não têm este limite. */
  readonly conexoesPorEndereco: number;
  /** Até ao primeiro pedido, e de um pedido até que se lhe comece a responder. */
  readonly turno: number;
  /** Entre um pedido e o seguinte, e até que se acabe de ler uma resposta ou, da que vai aos poucos, um pouco. */
  readonly silencio: number;
  /** Do fim de uma resposta a quem ainda tem corpo para mandar: o motor lê-o e deita-o fora, sem fim. */
  readonly adeus: number;
  /** Entre duas conferências dos prazos. */
  readonly conferencia: number;
}

/** Os de um servidor, menos quantas ligações. Um fluxo de eventos bate a cada 15 s. */
export const PRAZOS: Omit<LimitesDasLigacoes, "conexoes" | "conexoesPorEndereco"> = {
  turno: 20_000,
  silencio: 60_000,
  adeus: 2000,
  conferencia: 1000,
};

/** Entre duas conferências, de quantas que se cortaram se diz de quem eram; das outras, quantas foram. */
const DITAS = 10;

/** Uma ligação que há este tempo pede ou cala pode ter de dar o lugar a outra, em ms. */
const DEMORA = 1000;

/** Quem responde a um pedido; chama `passou` quando algo do que responde aos poucos foi lido. */
export type Atende = (request: Request, passou: () => void) => Response | Promise<Response>;

/** O que se faz a uma ligação, além de a servir. */
export type Conexao = Pick<Deno.TcpConn, "close" | "setNoDelay">;

/** O que umas ligações precisam. */
export interface OpcoesDasLigacoes<C extends Conexao> {
  /** O motor. */
  readonly serve: ServeUma<C>;
  /** Os limites. */
  readonly limites: LimitesDasLigacoes;
  /** Os intermediários em que se confia: a ligação deles é de muitos. */
  readonly confiados?: ReadonlySet<string>;
  /** Avisada de uma ligação que se cortou por mal, com quem e porquê. */
  readonly aoCortar: (cliente: string, motivo: string) => void;
  /** Avisada de um pedido a que ninguém soube responder. */
  readonly aoFalhar: (causa: unknown) => void;
}

/** Entre duas olhadas ao que falta acabar, e há quanto tempo tem de ter acabado o que se dá por lido, em ms. */
const ENTRE_OLHADAS = 10;
const ESCOA = 50;

/** Uma ligação. */
interface Ligacao {
  readonly de: Remoto;
  readonly rede: string;
  readonly comLimite: boolean;
  readonly corte: AbortController;
  /** Desde quando se espera um primeiro pedido, ou se atende um; 0 se nem uma coisa nem outra. */
  desde: number;
  /** Se se atende um. */
  atendendo: boolean;
  /** Pedidos a que não se acabou de responder. */
  porAcabar: number;
  /** Quando se passou alguma coisa. */
  ultimo: number;
  /** Respondeu-se a um pedido de que ficou corpo por ler. */
  porLer: boolean;
}

/** As que há. */
export class Ligacoes<C extends Conexao = Deno.TcpConn> implements AsyncDisposable {
  #opcoes: OpcoesDasLigacoes<C>;
  #ligacoes = new Set<Ligacao>();
  #porRede = new Map<string, number>();
  #encerrando = false;
  /** As que se cortaram por mal desde a última conferência. */
  #ditas = 0;
  #conferindo: ReturnType<typeof setInterval>;

  /** Nenhuma ainda. */
  constructor(opcoes: OpcoesDasLigacoes<C>) {
    this.#opcoes = opcoes;
    this.#conferindo = setInterval(() => this.#confere(), opcoes.limites.conferencia);
  }

  /** Quantas há. */
  get quantas(): number {
    return this.#ligacoes.size;
  }

  /** Recebe uma, de alguém, se cabe; `atende` responde ao que ela pedir. */
  recebe(conexao: C, de: Remoto, atende: Atende): void {
    const { confiados } = this.#opcoes;
    const rede = redeDe(de.hostname);
    const comLimite = !ehLocal(de.hostname) && !confiados?.has(canonico(de.hostname) ?? de.hostname);
    if (this.#encerrando || !this.#fazLugar(de, comLimite ? rede : undefined)) return conexao.close();
    try {
      conexao.setNoDelay(true);
    } catch {
      // O outro lado já se foi.
      return conexao.close();
    }
    const agora = performance.now();
    const ligacao: Ligacao = {
      ...{ de, rede, comLimite, corte: new AbortController(), desde: agora, ultimo: agora },
      ...{ atendendo: false, porAcabar: 0, porLer: false },
    };
    this.#ligacoes.add(ligacao);
    if (comLimite) this.#porRede.set(rede, (this.#porRede.get(rede) ?? 0) + 1);
    const tira = (): void => this.#tira(ligacao);
    try {
      const responde = this.#responde(ligacao, atende);
      this.#opcoes.serve(conexao, ligacao.corte.signal, responde).finished.then(tira, tira);
    } catch (causa) {
      tira();
      throw causa;
    }
  }

  /** Quem responde ao que uma ligação pede. */
  #responde(ligacao: Ligacao, atende: Atende): RespondeUma {
    const passou = (): void => void (ligacao.ultimo = performance.now());
    const acabou = (): void => {
      ligacao.porAcabar--;
      passou();
    };
    const respondeu = (request: Request, resposta: Response): Response => {
      ligacao.atendendo = false;
      ligacao.desde = 0;
      ligacao.porLer = ficouPorLer(request, resposta);
      passou();
      return resposta;
    };
    return (request, { completed }) => {
      // HTTP/2 às claras, que nenhum navegador fala, não traz `Host`: uma ligação seriam centenas de pedidos.
      if (ligacao.atendendo || !request.headers.has("host")) {
        this.#corta(ligacao);
        return new Response(null, { status: 421 });
      }
      ligacao.atendendo = true;
      ligacao.desde = performance.now();
      ligacao.porAcabar++;
      completed.then(acabou, acabou);
      const falhou = (causa: unknown): Response => {
        this.#opcoes.aoFalhar(causa);
        return respondeu(request, new Response(null, { status: 500 }));
      };
      try {
        const resposta = atende(request, passou);
        // O que já está feito não espera por nada.
        return resposta instanceof Promise
          ? resposta.then((esta) => respondeu(request, esta), falhou)
          : respondeu(request, resposta);
      } catch (causa) {
        return falhou(causa);
      }
    };
  }

  /** Corta a que há mais tempo pede ou cala: faltam arquivos, quase sempre, e o dela dá para outra. */
  cede(motivo: string): void {
    this.#cede(() => true, motivo);
  }

  /** Não recebe mais, responde ao que se pediu, e ao fim desse tempo, em ms, corta o que resta. */
  async encerra(prazo: number): Promise<void> {
    this.#encerrando = true;
    clearInterval(this.#conferindo);
    const fim = performance.now() + prazo;
    // Sem o `shutdown` do motor: ao que ele já fecha não se pode depois cortar, e o erro disso leva o processo.
    for (;;) {
      const agora = performance.now();
      for (const ligacao of this.#ligacoes) {
        if (agora >= fim || (ligacao.porAcabar === 0 && agora - ligacao.ultimo > ESCOA)) this.#corta(ligacao);
      }
      if (this.#ligacoes.size === 0) return;
      await delay(ENTRE_OLHADAS);
    }
  }

  /** Encerra já. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.encerra(0);
  }

  /** Verdadeiro se cabe mais uma, ou outra lhe deu o lugar; `rede` é a de quem tem um limite seu. */
  #fazLugar(de: Remoto, rede: string | undefined): boolean {
    const { conexoes, conexoesPorEndereco } = this.#opcoes.limites;
    const doEndereco = rede !== undefined && (this.#porRede.get(rede) ?? 0) >= conexoesPorEndereco;
    if (!doEndereco && this.#ligacoes.size < conexoes) return true;
    const ha = doEndereco ? `${conexoesPorEndereco} ligações deste endereço` : `${conexoes} ligações`;
    const demoram = performance.now() - DEMORA;
    const cedeu = this.#cede(
      (outra) => quando(outra) < demoram && (!doEndereco || outra.rede === rede),
      `já há ${ha} às páginas, e esta era a mais demorada`,
    );
    if (cedeu) return true;
    if (!doEndereco) this.#tiraUma(`já há ${ha} às páginas`);
    else this.#cortou(de, `já há ${ha} às páginas`);
    return !doEndereco;
  }

  #cede(serve: (ligacao: Ligacao) => boolean, motivo: string): boolean {
    let mais: Ligacao | undefined;
    for (const uma of this.#ligacoes) {
      if (serve(uma) && (mais === undefined || quando(uma) < quando(mais))) mais = uma;
    }
    if (mais !== undefined) this.#corta(mais, motivo);
    return mais !== undefined;
  }

  /**
   * Chegam tantas que nenhuma demora ainda: sai uma ao acaso das que esperam resposta. Quem chega entra sempre, e de mil que
   * esperam a de um honesto, que espera pouco, quase nunca é.
   */
  #tiraUma(motivo: string): void {
    const esperam = [...this.#ligacoes].filter(({ desde }) => desde > 0);
    const uma = esperam[Math.floor(Math.random() * esperam.length)] ?? [...this.#ligacoes][0];
    this.#corta(uma, motivo);
  }

  #corta(ligacao: Ligacao, motivo?: string): void {
    this.#tira(ligacao);
    ligacao.corte.abort();
    if (motivo !== undefined) this.#cortou(ligacao.de, motivo);
  }

  #tira(ligacao: Ligacao): void {
    if (!this.#ligacoes.delete(ligacao) || !ligacao.comLimite) return;
    const restam = (this.#porRede.get(ligacao.rede) ?? 1) - 1;
    if (restam === 0) this.#porRede.delete(ligacao.rede);
    else this.#porRede.set(ligacao.rede, restam);
  }

  #cortou(de: Remoto, motivo: string): void {
    if (this.#ditas++ < DITAS) this.#opcoes.aoCortar(escreveRemoto(de), motivo);
  }

  #confere(): void {
    const { turno, silencio, adeus } = this.#opcoes.limites;
    const agora = performance.now();
    if (this.#ditas > DITAS) {
      this.#opcoes.aoCortar("vários", `mais ${this.#ditas - DITAS} ligações às páginas num segundo`);
    }
    this.#ditas = 0;
    for (const ligacao of this.#ligacoes) {
      const { desde, ultimo, atendendo, porLer } = ligacao;
      if (desde > 0 && agora - desde > turno) {
        this.#corta(ligacao, atendendo ? "demorou demais a acabar um pedido" : undefined);
      } else if (desde === 0 && agora - ultimo > (porLer ? adeus : silencio)) this.#corta(ligacao);
    }
  }
}

/** Verdadeiro se o pedido trazia um corpo que não se leu até ao fim. */
function ficouPorLer({ headers, bodyUsed }: Request, { status }: Response): boolean {
  const traz = headers.has("transfer-encoding") || (headers.get("content-length") ?? "0") !== "0";
  return traz && (!bodyUsed || status === 413);
}

/** Desde quando pede sem acabar, ou cala. */
function quando({ desde, ultimo }: Ligacao): number {
  return desde > 0 ? desde : ultimo;
}
