/**
 * A frente das páginas: aceita quem liga, com limites e prazos, e passa os bytes ao servidor HTTP que está dentro.
 *
 * Existe porque o `Deno.serve` do Deno 2.9.6 não os tem (medido): nunca fecha quem cala, nem quem manda um cabeçalho ou um corpo
 * aos bocados; uma resposta dada a meio de um corpo não o solta, nem com `Connection: close`; e sem arquivos livres rejeita, e
 * leva consigo o processo. Não se lê HTTP aqui: contam-se bytes, e o tempo entre o que um pede e o que o outro responde.
 *
 * Roda num Worker (`trabalhador.ts`): o que custa não se tira à agenda nem aos terminais.
 *
 * @module
 */

import { delay } from "@std/async";
import { canonico, escreveRemoto, redeDe, type Remoto } from "../clinica/endereco.ts";
import { mensagem } from "../clinica/texto.ts";
import { type Chegada, ehLocal, jaSeFoi, type Porta } from "../rede/ouvinte.ts";
import type { Soquete } from "../rede/sessao.ts";

/** O que uma ligação pode; os tempos em ms. */
export interface LimitesDaFrente {
  /** Ligações ao mesmo tempo. */
  readonly conexoes: number;
  /** De um endereço, ou de um /64; esta máquina e os intermediários de confiança não têm este limite. */
  readonly conexoesPorEndereco: number;
  /** Do primeiro byte de um pedido ao primeiro da resposta. */
  readonly turno: number;
  /** Sem que passe um byte: entre pedidos, ou num fluxo de eventos, que bate a cada 15 s. */
  readonly silencio: number;
  /** Até que se leia um bloco do que se responde. */
  readonly leitura: number;
  /** O que se manda antes de qualquer resposta, em bytes: muito mais do que o maior pedido. */
  readonly bytes: number;
  /** Entre duas conferências dos prazos. */
  readonly conferencia: number;
}

/** Os de um servidor, menos quantas ligações. */
export const LIMITES_DA_FRENTE: Omit<LimitesDaFrente, "conexoes" | "conexoesPorEndereco"> = {
  turno: 20_000,
  silencio: 60_000,
  leitura: 20_000,
  bytes: 256 * 1024,
  conferencia: 1000,
};

/** O que se lê de cada vez, em bytes: de quem pede, e de quem responde. */
const BLOCO_DO_PEDIDO = 2048;
const BLOCO_DA_RESPOSTA = 8 * 1024;

/** Depois da última resposta, quanto se espera que o outro lado feche: fechar antes podia perdê-la. */
const ADEUS = 2000;

/** Entre duas conferências, de quantas que se fecharam por mal se diz de quem eram; das outras, quantas foram. */
const DITAS = 10;

/** Uma ligação que há este tempo pede ou cala pode ter de dar o lugar a outra, em ms. */
const DEMORA = 1000;

/** Depois de um `accept` que falhou, em ms. */
const ESPERA = 100;

/** O que uma frente precisa. */
export interface OpcoesDaFrente {
  /** Liga ao servidor HTTP; `porta` é a deste lado, pela qual ele sabe de quem é o pedido. */
  readonly liga: () => Promise<{ readonly dentro: Soquete; readonly porta: number }>;
  /** De quem é a ligação dessa porta, daqui em diante; nada, se já não é de ninguém. */
  readonly anota: (porta: number, de: Remoto | undefined) => void;
  /** Os limites. */
  readonly limites: LimitesDaFrente;
  /** Os intermediários em que se confia: a ligação deles é de muitos. */
  readonly confiados?: ReadonlySet<string>;
  /** Avisada de uma ligação que se fechou por mal, com quem e porquê. */
  readonly aoFechar: (cliente: string, motivo: string) => void;
  /** Avisada do que falhou deste lado. */
  readonly aoFalhar: (o_que: string, causa: string) => void;
}

/** Uma ligação. */
interface Ligacao {
  readonly fora: Chegada;
  readonly rede: string;
  readonly comLimite: boolean;
  dentro?: { readonly dentro: Soquete; readonly porta: number };
  /** Quando passou o último byte. */
  ultimo: number;
  /** Desde quando se pede sem resposta; 0 se não se pede nada. */
  desde: number;
  /** O que se mandou desde então, em bytes. */
  bytes: number;
  /** Desde quando se escreve o que não é lido; 0 se nada. */
  escreve: number;
  /** Quando o servidor acabou; 0 se não. */
  acabou: number;
  /** Quem ligou já não manda mais nada. */
  calou: boolean;
}

/** Aceita, limita e passa. */
export class Frente implements Disposable {
  #opcoes: OpcoesDaFrente;
  #ligacoes = new Set<Ligacao>();
  #porRede = new Map<string, number>();
  #porta: Porta | undefined;
  #encerrando = false;
  /** As que se fecharam por mal desde a última conferência. */
  #ditas = 0;
  #conferindo: ReturnType<typeof setInterval>;

  /** Uma que ainda não atende. */
  constructor(opcoes: OpcoesDaFrente) {
    this.#opcoes = opcoes;
    this.#conferindo = setInterval(() => this.#confere(), opcoes.limites.conferencia);
  }

  /** Quantas ligações há. */
  get conexoes(): number {
    return this.#ligacoes.size;
  }

  /** Aceita até que se encerre. */
  async atende(porta: Porta): Promise<void> {
    this.#porta = porta;
    while (!this.#encerrando) {
      try {
        this.#recebe(await porta.accept());
      } catch (erro) {
        if (this.#encerrando) return;
        if (jaSeFoi(erro)) continue;
        this.#opcoes.aoFalhar("uma ligação às páginas não pôde ser aceita", mensagem(erro));
        // Faltam arquivos, quase sempre: o da ligação que menos serve já dá para outra.
        this.#cede(() => true, "faltam arquivos, e esta ligação às páginas era a mais demorada");
        await delay(ESPERA);
      }
    }
  }

  /** Deixa de receber, e fecha quem ainda não pediu nada; quem pediu acaba quando o servidor HTTP acabar. */
  encerra(): void {
    if (!this.#encerrando) this.#porta?.close();
    this.#encerrando = true;
    for (const ligacao of this.#ligacoes) if (ligacao.dentro === undefined) this.#fecha(ligacao);
  }

  /** Encerra, espera até esse prazo, em ms, que se leia o que já se respondeu, e corta o que resta. */
  async acaba(prazo: number): Promise<void> {
    this.encerra();
    const fim = performance.now() + prazo;
    const aMeio = ({ acabou, escreve }: Ligacao): boolean => acabou === 0 || escreve > 0;
    while ([...this.#ligacoes].some(aMeio) && performance.now() < fim) await delay(10);
    this[Symbol.dispose]();
  }

  /** Encerra, e corta o que resta. */
  [Symbol.dispose](): void {
    this.encerra();
    clearInterval(this.#conferindo);
    for (const ligacao of this.#ligacoes) this.#fecha(ligacao);
  }

  #recebe(fora: Chegada): void {
    const { confiados, limites: { conexoes, conexoesPorEndereco } } = this.#opcoes;
    const { hostname } = fora.remoteAddr;
    const rede = redeDe(hostname);
    const comLimite = !ehLocal(hostname) && !confiados?.has(canonico(hostname) ?? hostname);
    const doEndereco = comLimite && (this.#porRede.get(rede) ?? 0) >= conexoesPorEndereco;
    if (doEndereco || this.#ligacoes.size >= conexoes) {
      const ha = `já há ${
        doEndereco ? `${conexoesPorEndereco} ligações deste endereço` : `${conexoes} ligações`
      } às páginas`;
      const demoram = performance.now() - DEMORA;
      const cedeu = this.#cede(
        (outra) => quando(outra) < demoram && (!doEndereco || outra.rede === rede),
        `${ha}, e esta era a mais demorada`,
      );
      if (!cedeu && doEndereco) {
        this.#fechou(fora, ha);
        return fora.close();
      }
      if (!cedeu) this.#tiraUma(ha);
    }
    try {
      fora.setNoDelay(true);
    } catch {
      // O outro lado já se foi.
      return fora.close();
    }
    const agora = performance.now();
    const ligacao = {
      fora,
      rede,
      comLimite,
      ultimo: agora,
      desde: agora,
      bytes: 0,
      escreve: 0,
      acabou: 0,
      calou: false,
    };
    this.#ligacoes.add(ligacao);
    if (comLimite) this.#porRede.set(rede, (this.#porRede.get(rede) ?? 0) + 1);
    this.#sobe(ligacao).catch(() => this.#fecha(ligacao));
  }

  /** Fecha, das que servem, a que há mais tempo pede sem acabar, ou cala: a de um honesto que pede agora não é. Diz se houve uma. */
  #cede(serve: (ligacao: Ligacao) => boolean, motivo: string): boolean {
    let pior: Ligacao | undefined;
    for (const ligacao of this.#ligacoes) {
      if (serve(ligacao) && (pior === undefined || quando(ligacao) < quando(pior))) pior = ligacao;
    }
    if (pior !== undefined) this.#fecha(pior, motivo);
    return pior !== undefined;
  }

  /**
   * Chegam tantas que nenhuma demora ainda: fecha-se uma ao acaso das que esperam resposta. Quem chega entra sempre, e de mil que
   * esperam a de um honesto, que espera pouco, quase nunca é.
   */
  #tiraUma(motivo: string): void {
    const esperam = [...this.#ligacoes].filter(({ desde }) => desde > 0);
    const uma = esperam[Math.floor(Math.random() * esperam.length)] ?? [...this.#ligacoes][0];
    this.#fecha(uma, motivo);
  }

  /** De quem pede para o servidor, a que só se liga quando há o que lhe dar. */
  async #sobe(ligacao: Ligacao): Promise<void> {
    const bloco = new Uint8Array(BLOCO_DO_PEDIDO);
    for (;;) {
      const lidos = await ligacao.fora.read(bloco);
      if (lidos === null) break;
      if (ligacao.acabou > 0) continue;
      ligacao.ultimo = performance.now();
      if (ligacao.desde === 0) ligacao.desde = ligacao.ultimo;
      ligacao.bytes += lidos;
      if (ligacao.bytes > this.#opcoes.limites.bytes) return this.#fecha(ligacao, "mandou demais sem esperar resposta");
      if (ligacao.dentro === undefined) {
        // HTTP/2 às claras, que nenhum navegador fala: uma ligação seriam centenas de pedidos.
        if (bloco[0] === 0x50 && bloco[1] === 0x52 && bloco[2] === 0x49) return this.#fecha(ligacao);
        await this.#abre(ligacao);
        if (ligacao.dentro === undefined) return;
      }
      await escreveTudo(ligacao.dentro.dentro, bloco.subarray(0, lidos));
    }
    ligacao.calou = true;
    if (ligacao.dentro === undefined || ligacao.acabou > 0) return this.#fecha(ligacao);
    await ligacao.dentro.dentro.closeWrite();
  }

  async #abre(ligacao: Ligacao): Promise<void> {
    const dentro = await this.#opcoes.liga();
    if (!this.#ligacoes.has(ligacao)) return dentro.dentro.close();
    // Antes do primeiro byte: o pedido não pode chegar sem que se saiba de quem é.
    this.#opcoes.anota(dentro.porta, ligacao.fora.remoteAddr);
    ligacao.dentro = dentro;
    this.#desce(ligacao, dentro.dentro).catch(() => this.#fecha(ligacao));
  }

  /** Do servidor para quem pediu. */
  async #desce(ligacao: Ligacao, dentro: Soquete): Promise<void> {
    const bloco = new Uint8Array(BLOCO_DA_RESPOSTA);
    for (;;) {
      const lidos = await dentro.read(bloco);
      if (lidos === null) break;
      ligacao.ultimo = ligacao.escreve = performance.now();
      ligacao.desde = ligacao.bytes = 0;
      await escreveTudo(ligacao.fora, bloco.subarray(0, lidos));
      ligacao.escreve = 0;
    }
    ligacao.acabou = performance.now();
    // De quem já se foi não há adeus por que esperar.
    if (ligacao.calou) return this.#fecha(ligacao);
    await ligacao.fora.closeWrite();
  }

  #fecha(ligacao: Ligacao, motivo?: string): void {
    if (!this.#ligacoes.delete(ligacao)) return;
    const { fora, rede, comLimite, dentro } = ligacao;
    if (comLimite) {
      const restam = (this.#porRede.get(rede) ?? 1) - 1;
      if (restam === 0) this.#porRede.delete(rede);
      else this.#porRede.set(rede, restam);
    }
    if (dentro !== undefined) this.#opcoes.anota(dentro.porta, undefined);
    for (const um of [fora, dentro?.dentro]) fechaUm(um);
    if (motivo !== undefined) this.#fechou(fora, motivo);
  }

  #fechou({ remoteAddr }: Chegada, motivo: string): void {
    if (this.#ditas++ < DITAS) this.#opcoes.aoFechar(escreveRemoto(remoteAddr), motivo);
  }

  #confere(): void {
    const { turno, silencio, leitura } = this.#opcoes.limites;
    const agora = performance.now();
    if (this.#ditas > DITAS) {
      this.#opcoes.aoFechar("vários", `mais ${this.#ditas - DITAS} ligações às páginas num segundo`);
    }
    this.#ditas = 0;
    for (const ligacao of this.#ligacoes) {
      const { ultimo, desde, escreve, acabou, bytes } = ligacao;
      if (acabou > 0 && agora - acabou > ADEUS) this.#fecha(ligacao);
      else if (desde > 0 && agora - desde > turno) {
        this.#fecha(ligacao, bytes > 0 ? "demorou demais a acabar um pedido" : undefined);
      } else if (escreve > 0 && agora - escreve > leitura) this.#fecha(ligacao, "não leu o que se lhe respondeu");
      else if (agora - ultimo > silencio) this.#fecha(ligacao);
    }
  }
}

/** Desde quando pede sem acabar, ou cala. */
function quando({ desde, ultimo }: Ligacao): number {
  return desde > 0 ? desde : ultimo;
}

async function escreveTudo(soquete: Soquete, bytes: Uint8Array): Promise<void> {
  for (let feito = 0; feito < bytes.length;) feito += await soquete.write(bytes.subarray(feito));
}

function fechaUm(soquete: Soquete | undefined): void {
  try {
    soquete?.close();
  } catch {
    // Já estava.
  }
}
