/**
 * Um servidor de mentira, para os testes do cliente: faz numa conexão o que o verdadeiro só faz em mau dia.
 *
 * @module
 */

import { deadline, delay } from "@std/async";
import { ehDaRede, PACIENCIA } from "./apoio.ts";
import { codificarResposta, Enquadrador, type Tupla, type Vaga } from "../protocolo.ts";

/** Um texto a mandar; ou vários, cada um num pacote. */
export type Dito = string | readonly string[];

/** O que se diz numa conexão: o primeiro ao conectar, cada um dos outros diante de um pedido; e então se desliga. */
export type Roteiro = readonly Dito[];

/** Na enésima conexão segue o enésimo roteiro; depois do último ninguém mais é atendido. */
export class ServidorFalso implements AsyncDisposable {
  /** Os pedidos recebidos, na ordem, sem o LF. */
  readonly pedidos: string[] = [];
  #ouvinte: Deno.TcpListener;
  #fim: Promise<void>;
  #aEspera: (() => void)[] = [];

  /** Atende em `hostname`, numa porta livre. */
  constructor(roteiros: readonly Roteiro[], { hostname = "127.0.0.1" }: { hostname?: string } = {}) {
    this.#ouvinte = Deno.listen({ hostname, port: 0 });
    this.#fim = this.#atende(roteiros);
    this.#fim.catch(() => {});
  }

  /** A porta em que atende. */
  get porta(): number {
    return this.#ouvinte.addr.port;
  }

  /** Espera até que tenham chegado ao todo `quantos` pedidos. */
  async recebeu(quantos: number): Promise<void> {
    while (this.pedidos.length < quantos) {
      await deadline(new Promise<void>((acorda) => this.#aEspera.push(acorda)), PACIENCIA);
    }
  }

  async #atende(roteiros: readonly Roteiro[]): Promise<void> {
    for (const roteiro of roteiros) {
      using conn = await this.#ouvinte.accept();
      try {
        await this.#segue(roteiro, conn);
      } catch (erro) {
        if (!ehDaRede(erro)) throw erro;
      }
    }
  }

  async #segue([saudacao, ...respostas]: Roteiro, conn: Deno.TcpConn): Promise<void> {
    await diz(conn, saudacao);
    const pedidos = pedidosDe(conn);
    for (const resposta of respostas) {
      const { value: pedido } = await pedidos.next();
      if (pedido === undefined) return;
      this.pedidos.push(pedido);
      for (const acorda of this.#aEspera.splice(0)) acorda();
      await diz(conn, resposta);
    }
  }

  /** Deixa de atender. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#ouvinte.close();
    await this.#fim.catch(() => {});
  }
}

async function* pedidosDe(conn: Deno.TcpConn): AsyncGenerator<string, undefined> {
  const enquadrador = new Enquadrador(Infinity);
  const bloco = new Uint8Array(8192);
  for (let lidos; (lidos = await conn.read(bloco)) !== null;) {
    for (const linha of enquadrador.recebe(bloco.subarray(0, lidos))) yield String(linha);
  }
}

async function diz(conn: Deno.TcpConn, dito: Dito): Promise<void> {
  for (const [i, pacote] of (typeof dito === "string" ? [dito] : dito).entries()) {
    if (i > 0) await delay(2); // sem isto o sistema junta os pacotes num só
    const bytes = new TextEncoder().encode(pacote);
    for (let feito = 0; feito < bytes.length;) feito += await conn.write(bytes.subarray(feito));
  }
}

/** O CPF de quem aparece nas respostas. */
export const CPF = "52998224725";

/** O agendamento que aparece nas respostas. */
export const TUPLA: Tupla = ["AGEND", CPF, "MARIA DA SILVA", "NUTRICIONISTA", "27/11/2026", "SEXTA-FEIRA", "08:00"];

/** A saudação, com uma hora livre. */
export const SAUDACAO: string = codificarResposta({
  codigo: "OK-200",
  primeiras: [["27/11/2026", "SEXTA-FEIRA", "08:00", "NUTRICIONISTA"]],
});

/** A resposta a uma `BUSCA` que acha `TUPLA`. */
export const ACHADO: string = codificarResposta({ codigo: "OK-302", agendamentos: [TUPLA] });

/** A resposta a uma `BUSCA` que não acha nada. */
export const NADA: string = codificarResposta({ codigo: "ERRO-112" });

/** O servidor ocupado, que assim se despede. */
export const OCUPADO: string = codificarResposta({ codigo: "ERRO-130" });

/** A resposta a `VAGAS` com as vagas dadas; sem elas, a da hora que a saudação mostra. */
export function vagasDe(
  vagas: readonly Vaga[] = [["27/11/2026", "SEXTA-FEIRA", "NUTRICIONISTA", ["08:00"]]],
): string {
  return codificarResposta({ codigo: "OK-304", vagas });
}

/** Uma porta de 127.0.0.1 em que ninguém atende. */
export function portaSemNinguem(): number {
  using ouvinte = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return ouvinte.addr.port;
}
