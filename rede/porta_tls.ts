/**
 * A porta por TLS: aceita conexões, faz com cada uma o aperto de mãos e só entrega ao ouvinte as que o acabaram. Quem cala ou
 * demora a meio não ocupa o lugar de uma sessão, nem segura quem vem atrás.
 *
 * `servidor.ts` a abre ao lado da porta clara, ou no lugar dela. O certificado troca-se sem fechar nada: quem já está ligado
 * continua, e os apertos de mãos seguintes são com o novo.
 *
 * @module
 */

import type { Socket } from "node:net";
import { createServer, type Server, type TLSSocket } from "node:tls";
import { SoqueteTls } from "../fio/soquete_tls.ts";
import type { Chegada, Porta } from "./ouvinte.ts";

/** Apertos de mãos ao mesmo tempo; além disto fecha-se o que espera há mais tempo: um honesto acaba em milésimos. */
export const APERTOS_MAXIMOS = 256;

/** Um aperto de mãos tem de acabar neste tempo, em ms. */
const PRAZO_DO_APERTO = 10_000;

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
}

/** Uma porta de que só se recebe quem acabou o aperto de mãos. */
export class PortaTls implements Porta, Disposable {
  #servidor: Server;
  #opcoes: OpcoesDaPortaTls;
  /** As conexões a meio do aperto de mãos, por quem está do outro lado, a mais velha primeiro. */
  #apertos = new Map<string, Socket>();
  #prontas: (Chegada | Error)[] = [];
  /** Por que se vai fechar a próxima que ainda aperta as mãos: quem fecha sabe-o, e quem era só o soquete cru. */
  #motivo: string | undefined;
  #aEspera: PromiseWithResolvers<Chegada> | undefined;
  #fechada = false;

  private constructor(opcoes: OpcoesDaPortaTls) {
    this.#opcoes = opcoes;
    const { par: { certificado: cert, chave: key }, conexoes, prazo = PRAZO_DO_APERTO } = opcoes;
    this.#servidor = createServer({ cert, key, handshakeTimeout: prazo, noDelay: true, allowHalfOpen: true });
    this.#servidor.maxConnections = conexoes + this.#apertosMaximos;
    this.#servidor.on("connection", (cru: Socket) => this.#comeca(cru));
    this.#servidor.on("secureConnection", (soquete) => this.#acaba(soquete));
    this.#servidor.on("tlsClientError", (erro, soquete) => {
      this.#motivo = motivoDe(erro);
      soquete.destroy();
    });
    this.#servidor.on("error", (erro) => this.#entrega(erro));
  }

  /**
   * Abre a porta.
   *
   * @throws {Error} com `code`, como `EADDRINUSE`, se não pode.
   */
  static async abre(opcoes: OpcoesDaPortaTls): Promise<PortaTls> {
    const porta = new PortaTls(opcoes);
    const aberta = Promise.withResolvers<void>();
    porta.#servidor.once("error", aberta.reject);
    const { endereco: host, porta: port, fila: backlog } = opcoes;
    porta.#servidor.listen({ host, port, backlog }, aberta.resolve);
    await aberta.promise;
    porta.#servidor.off("error", aberta.reject);
    return porta;
  }

  /** A porta em que atende. */
  get porta(): number {
    const onde = this.#servidor.address();
    return typeof onde === "object" && onde !== null ? onde.port : 0;
  }

  /** A próxima conexão com o aperto de mãos feito. */
  accept(): Promise<Chegada> {
    if (this.#fechada) return Promise.reject(new Deno.errors.BadResource("a porta foi fechada"));
    const pronta = this.#prontas.shift();
    if (pronta instanceof Error) return Promise.reject(pronta);
    if (pronta !== undefined) return Promise.resolve(pronta);
    return (this.#aEspera = Promise.withResolvers<Chegada>()).promise;
  }

  /** Outro certificado, daqui em diante; ninguém é desligado. O par já foi conferido. */
  troca({ certificado: cert, chave: key }: ParDeChaves): void {
    this.#servidor.setSecureContext({ cert, key });
  }

  /** Deixa de receber; o `accept` em curso rejeita, e os apertos de mãos a meio acabam. */
  close(): void {
    if (this.#fechada) return;
    this.#fechada = true;
    this.#servidor.close();
    for (const cru of this.#apertos.values()) cru.destroy();
    for (const pronta of this.#prontas.splice(0)) if (!(pronta instanceof Error)) pronta.close();
    this.#aEspera?.reject(new Deno.errors.BadResource("a porta foi fechada"));
  }

  /** Fecha. */
  [Symbol.dispose](): void {
    this.close();
  }

  get #apertosMaximos(): number {
    return this.#opcoes.apertos ?? APERTOS_MAXIMOS;
  }

  #comeca(cru: Socket): void {
    cru.setNoDelay(true);
    const quem = quemE(cru);
    const [maisVelho] = this.#apertos.size >= this.#apertosMaximos ? this.#apertos : [];
    if (maisVelho !== undefined) {
      this.#apertos.delete(maisVelho[0]);
      this.#opcoes.aoFalhar?.(maisVelho[0], "há apertos de mãos TLS demais, e este era o mais demorado");
      maisVelho[1].destroy();
    }
    this.#apertos.set(quem, cru);
    cru.once("close", () => {
      if (this.#apertos.get(quem) !== cru) return;
      this.#apertos.delete(quem);
      if (!this.#fechada) this.#opcoes.aoFalhar?.(quem, this.#motivo ?? "desligou a meio do aperto de mãos TLS");
      this.#motivo = undefined;
    });
  }

  #acaba(soquete: TLSSocket): void {
    this.#apertos.delete(quemE(soquete));
    if (this.#fechada || soquete.destroyed) return void soquete.destroy();
    this.#entrega(new ConexaoTls(soquete));
  }

  #entrega(chegada: Chegada | Error): void {
    const aEspera = this.#aEspera;
    this.#aEspera = undefined;
    if (aEspera === undefined) this.#prontas.push(chegada);
    else if (chegada instanceof Error) aEspera.reject(chegada);
    else aEspera.resolve(chegada);
  }
}

/** Uma conexão por TLS, como o ouvinte a quer. */
class ConexaoTls extends SoqueteTls implements Chegada {
  readonly remoteAddr: { readonly hostname: string; readonly port: number };

  constructor(soquete: TLSSocket) {
    super(soquete);
    this.remoteAddr = { hostname: soquete.remoteAddress ?? "", port: soquete.remotePort ?? 0 };
  }
}

function quemE({ remoteAddress = "", remotePort = 0 }: Socket): string {
  return remoteAddress.includes(":") ? `[${remoteAddress}]:${remotePort}` : `${remoteAddress}:${remotePort}`;
}

/** Por que um aperto de mãos não acabou, em poucas palavras. */
function motivoDe(erro: Error): string {
  if (/timeout/i.test(erro.message)) return "não acabou o aperto de mãos TLS a tempo";
  if (/InvalidContentType|wrong version number/i.test(erro.message)) return "não fala TLS";
  if (/alert/i.test(erro.message)) return "não aceitou o certificado";
  return "desligou a meio do aperto de mãos TLS";
}
