/**
 * A porta das páginas: HTTP por `Deno.serve`, atrás de uma frente que aceita quem liga, com limites e prazos (`frente.ts`, num
 * Worker), e de quem é cada pedido.
 *
 * @module
 */

import { delay } from "@std/async";
import { canonico } from "../clinica/endereco.ts";
import { mensagem } from "../clinica/texto.ts";
import { enderecoDe } from "../rede/encaminhado.ts";
import { ehLocal } from "../rede/ouvinte.ts";
import type { ParDeChaves } from "../rede/porta_tls.ts";
import type { Ambiente } from "./casa.ts";
import { LIMITES_DA_FRENTE, type LimitesDaFrente } from "./frente.ts";
import { Remetentes } from "./remetentes.ts";
import type { Aviso, Ordem } from "./trabalhador.ts";

/** Quem responde a cada pedido. */
export type Responde = (request: Request, de: Ambiente["Bindings"]) => Response | Promise<Response>;

/** O que se pede a uma porta. */
export interface OpcoesDaPorta {
  /** O endereço em que atende. */
  readonly endereco: string;
  /** A porta TCP; 0 escolhe uma livre. */
  readonly porta: number;
  /** O certificado e a chave, em PEM, para atender por TLS. */
  readonly par?: ParDeChaves;
  /** Os intermediários em que se confia. */
  readonly confiados?: ReadonlySet<string>;
  /** Quantas ligações ao mesmo tempo; cada uma gasta três arquivos. */
  readonly conexoes: number;
  /** Quantas de um endereço; esta máquina e os intermediários não têm este limite. */
  readonly conexoesPorEndereco: number;
  /** Avisada de uma ligação que se fechou por mal, com quem e porquê. */
  readonly aoFechar?: (cliente: string, motivo: string) => void;
  /** Avisada do que falhou. */
  readonly aoFalhar?: (o_que: string, causa: unknown) => void;
  /** Outros limites, nos testes. */
  readonly limites?: Partial<LimitesDaFrente>;
}

/** Ao encerrar, quanto se espera pelas respostas em curso, e depois por que se leiam, em ms. */
const ESPERA_PELAS_RESPOSTAS = 3000;
const ESPERA_PELA_LEITURA = 1000;

/** Se o servidor HTTP caiu, ao fim de quanto tempo se abre outro, em ms. */
const REABRE = 100;

/** Uma porta aberta. */
export class PortaDasPaginas implements AsyncDisposable {
  #opcoes: OpcoesDaPorta;
  #responde: Responde;
  #remetentes = new Remetentes();
  #servidor: Deno.HttpServer<Deno.NetAddr>;
  #worker: Worker;
  #canal: MessagePort;
  #aberta = Promise.withResolvers<number>();
  #acabou = Promise.withResolvers<void>();
  #porta = 0;
  #fim: Promise<void> | undefined;

  private constructor(opcoes: OpcoesDaPorta, responde: Responde) {
    this.#opcoes = opcoes;
    this.#responde = responde;
    this.#servidor = this.#serve();
    const { port1, port2 } = new MessageChannel();
    this.#canal = port1;
    port1.onmessage = ({ data }) => this.#ouve(data);
    this.#worker = new Worker(new URL("./trabalhador.ts", import.meta.url), { type: "module" });
    this.#worker.onerror = (evento) => {
      evento.preventDefault();
      this.#falhou("a frente das páginas caiu", evento.message);
      this.#aberta.reject(new Error(evento.message));
      this.#acabou.resolve();
    };
    this.#worker.postMessage("canal", [port2]);
  }

  /** Abre-a, e começa a atender. Lança o que `Deno.listen` lança, com `code`, se não pôde. */
  static async abre(opcoes: OpcoesDaPorta, responde: Responde): Promise<PortaDasPaginas> {
    const porta = new PortaDasPaginas(opcoes, responde);
    const { conexoes, conexoesPorEndereco, limites, endereco, par, confiados } = opcoes;
    porta.#manda({
      tipo: "abre",
      como: {
        ...{ endereco, par, confiados, porta: opcoes.porta, dentro: porta.#servidor.addr.port },
        limites: { ...LIMITES_DA_FRENTE, conexoes, conexoesPorEndereco, ...limites },
        remetentes: porta.#remetentes.memoria,
      },
    });
    try {
      porta.#porta = await porta.#aberta.promise;
      return porta;
    } catch (causa) {
      await porta[Symbol.asyncDispose]();
      throw causa;
    }
  }

  /** A porta TCP. */
  get porta(): number {
    return this.#porta;
  }

  /** Outro certificado, daqui em diante; ninguém é desligado. */
  troca(par: ParDeChaves): void {
    this.#manda({ tipo: "troca", par });
  }

  /** Deixa de receber, e espera, com prazo, que se responda ao que já se recebeu. Os fluxos de eventos fecha-os quem os abriu, antes. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#fim ??= this.#encerra();
  }

  async #encerra(): Promise<void> {
    this.#manda({ tipo: "encerra" });
    await ateQuando(this.#servidor.shutdown(), ESPERA_PELAS_RESPOSTAS);
    if (this.#porta !== 0) {
      this.#manda({ tipo: "acaba", prazo: ESPERA_PELA_LEITURA });
      await this.#acabou.promise;
    }
    this.#canal.close();
    this.#worker.terminate();
  }

  #manda(ordem: Ordem): void {
    this.#canal.postMessage(ordem);
  }

  #ouve(aviso: Aviso): void {
    switch (aviso.tipo) {
      case "aberta":
        return this.#aberta.resolve(aviso.porta);
      case "recusada":
        return this.#aberta.reject(Object.assign(new Error(aviso.texto), { code: aviso.codigo }));
      case "fechou":
        return this.#opcoes.aoFechar?.(aviso.cliente, aviso.motivo);
      case "falhou":
        return this.#falhou(aviso.o_que, aviso.causa);
      case "acabou":
        return this.#acabou.resolve();
      default:
        aviso satisfies never;
    }
  }

  #falhou(o_que: string, causa: unknown): void {
    this.#opcoes.aoFalhar?.(o_que, causa);
  }

  /** O servidor HTTP, que só a frente conhece. Se lhe faltam arquivos rejeita, e não atende mais: abre-se outro. */
  #serve(): Deno.HttpServer<Deno.NetAddr> {
    const opcoes = { hostname: "127.0.0.1", port: 0, onListen(): void {} };
    const servidor = Deno.serve(opcoes, (request, { remoteAddr }) => this.#atende(request, remoteAddr.port));
    servidor.finished.catch(async (causa) => {
      this.#falhou("o servidor das páginas caiu, e abre-se outra vez", mensagem(causa));
      while (this.#fim === undefined && this.#servidor === servidor) {
        await delay(REABRE);
        try {
          this.#servidor = this.#serve();
          this.#manda({ tipo: "dentro", porta: this.#servidor.addr.port });
        } catch {
          // Ainda faltam.
        }
      }
    });
    return servidor;
  }

  #atende(request: Request, porta: number): Response | Promise<Response> {
    const de = this.#remetentes.de(porta);
    // Alguém desta máquina achou a porta de dentro.
    if (de === undefined) return new Response(null, { status: 403 });
    const { headers } = request;
    const [forwarded, xForwardedFor] = [headers.get("forwarded"), headers.get("x-forwarded-for")];
    const { confiados } = this.#opcoes;
    const endereco = confiados === undefined
      ? canonico(de.hostname) ?? de.hostname
      : enderecoDe(de.hostname, { forwarded, xForwardedFor }, confiados);
    // Quem liga do próprio endereço em que se atende também é desta máquina: de outra não o pode dizer e receber resposta.
    const local = ehLocal(de.hostname) || de.hostname === this.#opcoes.endereco;
    const desta = local && forwarded === null && xForwardedFor === null;
    return this.#responde(request, { endereco, porta: de.port, desta });
  }
}

async function ateQuando(promessa: Promise<unknown>, prazo: number): Promise<void> {
  const desiste = new AbortController();
  const passou = delay(prazo, { signal: desiste.signal }).catch(() => {});
  await Promise.race([promessa, passou]);
  desiste.abort();
}
