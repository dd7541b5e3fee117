/**
 * A porta por TLS: aceita conexões, faz com cada uma o aperto de mãos e só entrega ao ouvinte as que o acabaram. Quem cala ou
 * demora a meio não ocupa o lugar de uma sessão, nem segura quem vem atrás.
 *
 * `servidor.ts` a abre ao lado da porta clara, ou no lugar dela. O certificado troca-se sem fechar nada: quem já está ligado
 * continua, e os apertos de mãos seguintes são com o novo.
 *
 * @module
 */

import { delay } from "@std/async";
import { createServer as createServerCru, type Server as ServerCru, type Socket } from "node:net";
import { createServer, type Server, type TLSSocket } from "node:tls";
import { SoqueteTls } from "../fio/soquete_tls.ts";
import { Chegadas } from "./chegadas.ts";
import { canonico, escreveRemoto, type Remoto } from "../clinica/endereco.ts";
import type { Chegada, Porta } from "./ouvinte.ts";
import { leProxy, PRAZO_DO_CABECALHO, SemCabecalho } from "./proxy.ts";

/** Apertos de mãos ao mesmo tempo; além disto fecha-se o que espera há mais tempo: um honesto acaba em milésimos. */
export const APERTOS_MAXIMOS = 256;

/** Um aperto de mãos tem de acabar neste tempo, em ms. */
const PRAZO_DO_APERTO = 10_000;

/** Entre duas conferências de que a porta ainda recebe, em ms, e quanto se espera por que ela abra. */
const ENTRE_CONFERENCIAS = 3_000;

/** Enquanto se espera por que abra, em ms. */
const ENTRE_OLHADAS = 10;

/** O que serve de certificado: os dois arquivos, em PEM. */
export interface ParDeChaves {
  /** O certificado, e os intermediários se os há. */
  readonly certificado: string;
  /** A chave privada dele. */
  readonly chave: string;
}

/** Como uma `PortaTls` se abre. */
export interface OpcoesDaPortaTls {
  /** O endereço. */
  endereco: string;
  /** A porta; 0 escolhe uma livre. */
  porta: number;
  /** Conexões que podem esperar por serem aceitas. */
  fila: number;
  /** Conexões ao mesmo tempo, contadas as que ainda apertam as mãos; as demais fecham-se sem mais. */
  conexoes: number;
  /** O certificado com que se começa. */
  par: ParDeChaves;
  /** Avisado de um aperto de mãos que não acabou, com quem e porquê. */
  aoFalhar?: (cliente: string, motivo: string) => void;
  /** O prazo de um aperto de mãos, em ms. */
  prazo?: number;
  /** Apertos de mãos ao mesmo tempo. */
  apertos?: number;
  /** De quem se espera, antes do aperto de mãos, o cabeçalho PROXY, na forma de `canonico` (`porta_proxy.ts`). */
  confiados?: ReadonlySet<string>;
  /** Entre duas conferências de que ainda recebe, em ms. */
  conferencia?: number;
}

/** Uma conexão a meio do aperto de mãos. */
interface Aperto {
  readonly cru: Socket;
  /** De quem é, se não é de quem ligou. */
  remoto?: Remoto;
  /** Por que se vai fechar. */
  motivo?: string;
  /** O prazo do que falta. */
  alarme?: ReturnType<typeof setTimeout>;
}

/** Uma porta de que só se recebe quem acabou o aperto de mãos. */
export class PortaTls implements Porta, Disposable {
  /** Aperta as mãos às conexões que lhe dão. */
  #servidor: Server;
  /** Recebe-as. */
  #ouve: ServerCru | undefined;
  #opcoes: OpcoesDaPortaTls;
  #porta: number;
  /** As conexões a meio do aperto de mãos, por quem está do outro lado, a mais velha primeiro. */
  #apertos = new Map<string, Aperto>();
  #chegadas = new Chegadas();
  /** Por que se vai fechar a próxima que ainda aperta as mãos: quem fecha sabe-o, e quem era só o soquete cru. */
  #motivo: string | undefined;
  /** Quantas já vieram, as recusadas também, e quantas estão abertas. */
  #vieram = 0;
  #abertas = 0;
  /** A última com que a porta bateu a si mesma: dessa não se conta nada. */
  #nossa: string | undefined;
  #conferencia: ReturnType<typeof setTimeout> | undefined;
  #fechada = false;

  private constructor(opcoes: OpcoesDaPortaTls) {
    this.#opcoes = opcoes;
    this.#porta = opcoes.porta;
    const { par: { certificado: cert, chave: key } } = opcoes;
    // O prazo é nosso: o alarme do `node:tls` do Deno 2.9 não se desfaz com a conexão, e segura-a, já fechada, até que toque.
    this.#servidor = createServer({ cert, key, handshakeTimeout: -1, allowHalfOpen: true });
    this.#servidor.on("secureConnection", (soquete) => this.#acaba(soquete));
    this.#servidor.on("tlsClientError", (erro, soquete) => {
      this.#motivo = motivoDe(erro);
      soquete.destroy();
    });
  }

  /**
   * Abre a porta.
   *
   * @throws {Error} com `code`, como `EADDRINUSE`, se não pode.
   */
  static async abre(opcoes: OpcoesDaPortaTls): Promise<PortaTls> {
    const porta = new PortaTls(opcoes);
    await porta.#escuta();
    porta.#confereDaquiAPouco();
    return porta;
  }

  async #escuta(): Promise<void> {
    const { endereco: host, fila: backlog, conexoes, confiados = new Set() } = this.#opcoes;
    const ouve = createServerCru({ noDelay: true, allowHalfOpen: true });
    ouve.on("connection", (cru: Socket) => {
      this.#vieram++;
      if (this.#abertas >= conexoes + this.#apertosMaximos) return void cru.destroy();
      this.#abertas++;
      cru.once("close", () => this.#abertas--);
      this.#apresenta(this.#comeca(cru), confiados);
    });
    const aberta = Promise.withResolvers<void>();
    ouve.once("error", aberta.reject);
    ouve.listen({ host, port: this.#porta, backlog }, aberta.resolve);
    await aberta.promise;
    if (this.#fechada) return void ouve.close();
    ouve.off("error", aberta.reject);
    ouve.on("error", (erro) => this.#chegadas.entrega(erro));
    const onde = ouve.address();
    if (typeof onde === "object" && onde !== null) this.#porta = onde.port;
    this.#ouve = ouve;
  }

  /** A porta em que atende. */
  get porta(): number {
    return this.#porta;
  }

  #confereDaquiAPouco(): void {
    const { conferencia = ENTRE_CONFERENCIAS } = this.#opcoes;
    const vieram = this.#vieram;
    this.#conferencia = setTimeout(async () => {
      // A porta que ainda recebe não precisa de que se lhe bata.
      if (vieram === this.#vieram) await this.#confere();
      if (!this.#fechada) this.#confereDaquiAPouco();
    }, conferencia);
  }

  /**
   * Bate à própria porta, e se ninguém abre torna a abri-la. Sem arquivos livres o `node:net` do Deno 2.9 deixa de receber, calado
   * e para sempre; quem bate não consegue, e é na vez seguinte, quando já há arquivos, que se sabe.
   */
  async #confere(): Promise<void> {
    const { endereco, conferencia = ENTRE_CONFERENCIAS } = this.#opcoes;
    const hostname = endereco === "0.0.0.0" ? "127.0.0.1" : endereco === "::" ? "::1" : endereco;
    const vieram = this.#vieram;
    try {
      using bate = await Deno.connect({ hostname, port: this.#porta });
      this.#nossa = escreveRemoto(bate.localAddr);
      const fim = performance.now() + conferencia;
      while (vieram === this.#vieram && performance.now() < fim && !this.#fechada) await delay(ENTRE_OLHADAS);
      this.#apertos.get(this.#nossa)?.cru.destroy();
      if (vieram !== this.#vieram || this.#fechada) return;
    } catch (erro) {
      if (!(erro instanceof Deno.errors.ConnectionRefused)) return this.#correuMal(erro);
    }
    try {
      this.#ouve?.close();
      await this.#escuta();
      this.#chegadas.entrega(new Error("a porta por TLS tinha deixado de receber, e abriu-se outra vez"));
    } catch (erro) {
      this.#correuMal(erro);
    }
  }

  /** Algo correu mal ao receber. */
  #correuMal(erro: unknown): void {
    this.#chegadas.entrega(erro instanceof Error ? erro : new Error(String(erro)));
  }

  /** A próxima conexão com o aperto de mãos feito. */
  accept(): Promise<Chegada> {
    return this.#chegadas.proxima();
  }

  /** Outro certificado, daqui em diante; ninguém é desligado. O par já foi conferido. */
  troca({ certificado: cert, chave: key }: ParDeChaves): void {
    this.#servidor.setSecureContext({ cert, key });
  }

  /** Deixa de receber; o `accept` em curso rejeita, e os apertos de mãos a meio acabam. */
  close(): void {
    if (this.#fechada) return;
    this.#fechada = true;
    clearTimeout(this.#conferencia);
    this.#ouve?.close();
    for (const { cru } of this.#apertos.values()) cru.destroy();
    this.#chegadas.fecha();
  }

  /** Fecha. */
  [Symbol.dispose](): void {
    this.close();
  }

  get #apertosMaximos(): number {
    return this.#opcoes.apertos ?? APERTOS_MAXIMOS;
  }

  #comeca(cru: Socket): Aperto {
    cru.setNoDelay(true);
    const quem = quemE(cru);
    const [maisVelho] = this.#apertos.size >= this.#apertosMaximos ? this.#apertos.values() : [];
    if (maisVelho !== undefined) {
      maisVelho.motivo = "há apertos de mãos TLS demais, e este era o mais demorado";
      this.#falha(quemE(maisVelho.cru), maisVelho);
      maisVelho.cru.destroy();
    }
    const aperto: Aperto = { cru };
    this.#apertos.set(quem, aperto);
    cru.once("close", () => this.#falha(quem, aperto));
    return aperto;
  }

  /** Um aperto de mãos que não chegou ao fim, e o porquê; uma só vez. */
  #falha(quem: string, aperto: Aperto): void {
    if (this.#apertos.get(quem) !== aperto) return;
    this.#apertos.delete(quem);
    clearTimeout(aperto.alarme);
    const { remoto, motivo = this.#motivo ?? "desligou a meio do aperto de mãos TLS" } = aperto;
    this.#motivo = undefined;
    if (!this.#fechada && quem !== this.#nossa) {
      this.#opcoes.aoFalhar?.(remoto === undefined ? quem : escreveRemoto(remoto), motivo);
    }
  }

  /** Começa o aperto de mãos; antes, quem é de confiança diz de quem é a ligação. */
  async #apresenta(aperto: Aperto, confiados: ReadonlySet<string>): Promise<void> {
    const { cru } = aperto;
    // Até que o aperto de mãos comece, ninguém mais ouve os erros dele.
    cru.on("error", () => {});
    const semCabecalho = "não mandou o cabeçalho PROXY v2 a tempo, e é de --confia-no-proxy";
    this.#limita(aperto, this.#opcoes.prazo ?? PRAZO_DO_CABECALHO, semCabecalho);
    try {
      if (confiados.has(canonico(cru.remoteAddress ?? "") ?? "")) {
        aperto.remoto = await leProxy((bytes) => leExato(cru, bytes));
      }
      this.#limita(aperto, this.#opcoes.prazo ?? PRAZO_DO_APERTO, "não acabou o aperto de mãos TLS a tempo");
      this.#servidor.emit("connection", cru);
    } catch (causa) {
      if (causa instanceof SemCabecalho) aperto.motivo = `${causa.message}, e é de --confia-no-proxy`;
      cru.destroy();
    }
  }

  /** O que falta tem de acabar neste tempo, em ms. */
  #limita(aperto: Aperto, prazo: number, motivo: string): void {
    clearTimeout(aperto.alarme);
    if (this.#apertos.get(quemE(aperto.cru)) !== aperto) return;
    aperto.alarme = setTimeout(() => {
      aperto.motivo = motivo;
      aperto.cru.destroy();
    }, prazo);
  }

  #acaba(soquete: TLSSocket): void {
    const quem = quemE(soquete);
    const { remoto, alarme } = this.#apertos.get(quem) ?? {};
    this.#apertos.delete(quem);
    clearTimeout(alarme);
    if (this.#fechada || soquete.destroyed) return void soquete.destroy();
    this.#chegadas.entrega(new ConexaoTls(soquete, remoto));
  }
}

/** Lê exatamente tantos bytes, e deixa o resto para o aperto de mãos. */
function leExato(cru: Socket, quantos: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const tenta = (): void => {
      const lidos: Uint8Array | null = cru.read(quantos);
      if (lidos === null) return;
      larga();
      // Acabado o outro lado, `read` dá o que houver.
      if (lidos.length === quantos) resolve(lidos);
      else reject(new Deno.errors.UnexpectedEof("a conexão acabou"));
    };
    const desiste = (): void => {
      larga();
      reject(new Deno.errors.UnexpectedEof("a conexão acabou"));
    };
    const larga = (): void => {
      cru.off("readable", tenta);
      cru.off("end", desiste);
      cru.off("close", desiste);
      cru.off("error", desiste);
    };
    cru.on("readable", tenta);
    cru.on("end", desiste);
    cru.on("close", desiste);
    cru.on("error", desiste);
    tenta();
  });
}

/** Uma conexão por TLS, como o ouvinte a quer. */
class ConexaoTls extends SoqueteTls implements Chegada {
  readonly remoteAddr: Remoto;

  constructor(soquete: TLSSocket, remoto: Remoto = daqui(soquete)) {
    super(soquete);
    this.remoteAddr = remoto;
  }
}

function daqui({ remoteAddress: hostname = "", remotePort: port = 0 }: Socket): Remoto {
  return { hostname, port };
}

function quemE(soquete: Socket): string {
  return escreveRemoto(daqui(soquete));
}

/** Por que um aperto de mãos não acabou, em poucas palavras. */
function motivoDe(erro: Error): string {
  if (/InvalidContentType|wrong version number/i.test(erro.message)) return "não fala TLS";
  if (/alert/i.test(erro.message)) return "não aceitou o certificado";
  return "desligou a meio do aperto de mãos TLS";
}
