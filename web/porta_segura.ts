/**
 * A porta das páginas por TLS, vista de dentro: abre o túnel num Worker (`tunel.ts`), que a cifra não pesa na agenda nem nos
 * terminais, e diz de quem é cada ligação que ele traz.
 *
 * @module
 */

import { deadline } from "@std/async";
import type { Remoto } from "../clinica/endereco.ts";
import type { ParDeChaves } from "../rede/porta_tls.ts";
import { apresentado, BYTES_DA_APRESENTACAO, BYTES_DO_SEGREDO } from "./apresentacao.ts";
import type { Aviso, ComoAbrir, Ordem } from "./tunel.ts";

/** O que se pede a uma. */
export interface OpcoesDaPortaSegura extends Omit<ComoAbrir, "dentro" | "segredo"> {
  /** Avisada de uma ligação que se cortou por mal, com quem e porquê. */
  readonly aoCortar?: (cliente: string, motivo: string) => void;
  /** Avisada do que falhou. */
  readonly aoFalhar?: (o_que: string, causa: unknown) => void;
}

/** Quanto se espera, em ms, que uma ligação de dentro se apresente, e ao encerrar, que se leia o que já se respondeu. */
const APRESENTACAO = 5000;
const LEITURA = 1000;

/** Uma porta aberta. */
export class PortaSegura implements AsyncDisposable {
  #opcoes: OpcoesDaPortaSegura;
  #segredo = crypto.getRandomValues(new Uint8Array(BYTES_DO_SEGREDO));
  #worker: Worker;
  #canal: MessagePort;
  #aberta = Promise.withResolvers<number>();
  #acabou = Promise.withResolvers<void>();
  #porta = 0;

  private constructor(opcoes: OpcoesDaPortaSegura) {
    this.#opcoes = opcoes;
    const { port1, port2 } = new MessageChannel();
    this.#canal = port1;
    port1.onmessage = ({ data }) => this.#ouve(data);
    this.#worker = new Worker(new URL("./tunel.ts", import.meta.url), { type: "module" });
    this.#worker.onerror = (evento) => {
      evento.preventDefault();
      opcoes.aoFalhar?.("o túnel das páginas caiu", evento.message);
      this.#aberta.reject(new Error(evento.message));
      this.#acabou.resolve();
    };
    this.#worker.postMessage("canal", [port2]);
  }

  /** Abre-a; o que lhe chega vai ter a essa porta desta máquina. Lança o que `PortaTls` lança. */
  static async abre(opcoes: OpcoesDaPortaSegura, dentro: number): Promise<PortaSegura> {
    const aberta = new PortaSegura(opcoes);
    const { endereco, porta, fila, conexoes, par } = opcoes;
    const como = { endereco, porta, fila, conexoes, par, dentro, segredo: aberta.#segredo };
    aberta.#manda({ tipo: "abre", como });
    try {
      aberta.#porta = await aberta.#aberta.promise;
      return aberta;
    } catch (causa) {
      aberta.#larga();
      throw causa;
    }
  }

  /** A porta TCP. */
  get porta(): number {
    return this.#porta;
  }

  /** De quem é uma ligação que chegou à porta de dentro; de ninguém, se não foi o túnel que a trouxe. */
  async deQuem(conexao: Deno.TcpConn): Promise<Remoto | undefined> {
    try {
      const bytes = await deadline(leTudo(conexao, BYTES_DA_APRESENTACAO), APRESENTACAO);
      return bytes && apresentado(this.#segredo, bytes);
    } catch {
      // Foi-se, ou cala.
      return undefined;
    }
  }

  /** Outro certificado, daqui em diante; ninguém é desligado. */
  troca(par: ParDeChaves): void {
    this.#manda({ tipo: "troca", par });
  }

  /** Deixa de receber. */
  encerra(): void {
    this.#manda({ tipo: "encerra" });
  }

  /** Espera, com prazo, que se leia o que já se respondeu, e acaba. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#manda({ tipo: "acaba", prazo: LEITURA });
    await this.#acabou.promise;
    this.#larga();
  }

  #larga(): void {
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
      case "cortou":
        return this.#opcoes.aoCortar?.(aviso.cliente, aviso.motivo);
      case "falhou":
        return this.#opcoes.aoFalhar?.(aviso.o_que, aviso.causa);
      case "acabou":
        return this.#acabou.resolve();
      default:
        aviso satisfies never;
    }
  }
}

async function leTudo(conexao: Deno.TcpConn, quantos: number): Promise<Uint8Array | undefined> {
  const bytes = new Uint8Array(quantos);
  for (let lidos = 0; lidos < quantos;) {
    const mais = await conexao.read(bytes.subarray(lidos));
    if (mais === null) return undefined;
    lidos += mais;
  }
  return bytes;
}
