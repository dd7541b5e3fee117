/**
 * Um servidor de mentira, para os testes do cliente: faz numa conexão o que o verdadeiro só faz em mau dia.
 *
 * @module
 */

import { deadline, delay } from "@std/async";
import { ehDaRede, PACIENCIA } from "./apoio.ts";
import type { Detalhes, Tupla2, Vaga2 } from "../fio/clinica2.ts";
import { codificarResposta2 } from "../fio/respostas.ts";
import { codificarResposta, Enquadrador, type Tupla, type Vaga } from "../protocolo.ts";

/** Um texto a mandar; ou vários, cada um num pacote. */
export type Dito = string | readonly string[];

/** O que se diz numa conexão: o primeiro ao conectar, cada um dos outros diante de um pedido; e então se desliga. */
export type Roteiro = readonly Dito[];

/** Responde a um pedido, pelos campos dele; sem resposta, desliga-se. */
export type Atendente = (pedido: readonly unknown[]) => Dito | undefined;

/** O que se responde a um `OLA`, ou o que dele faz a resposta. */
export type RespostaAoOla = Dito | ((linha: string) => Dito);

/** Como o servidor de mentira atende. */
export interface OpcoesDoFalso {
  /** Onde atende. */
  readonly hostname?: string;
  /** Em que porta; sem isto, numa livre. */
  readonly porta?: number;
  /** O que responde ao `OLA` de cada conexão, o último em diante; sem isto, o que responde um servidor antigo. */
  readonly olas?: readonly RespostaAoOla[];
  /** Cada linha que chega, também os `OLA`. */
  readonly aoOuvir?: (linha: string) => void;
}

/**
 * Na enésima conexão segue o enésimo roteiro; depois do último ninguém mais é atendido. Um `OLA` responde-se à parte, e não
 * conta como pedido. Um `Atendente`, em vez de roteiros, responde a tudo, conexão após conexão.
 */
export class ServidorFalso implements AsyncDisposable {
  /** Os pedidos recebidos, na ordem, sem o LF. */
  readonly pedidos: string[] = [];
  /** Quantas vezes algo chegou pela rede. */
  idas = 0;
  #ouvinte: Deno.TcpListener;
  #fim: Promise<void>;
  #aEspera: (() => void)[] = [];
  #conexao: Deno.TcpConn | undefined;

  /** Atende em `hostname`, numa porta livre. */
  constructor(
    roteiros: readonly Roteiro[] | Atendente,
    { hostname = "127.0.0.1", porta = 0, olas = [ANTIGO], aoOuvir = () => {} }: OpcoesDoFalso = {},
  ) {
    this.#ouvinte = Deno.listen({ hostname, port: porta });
    this.#fim = this.#atende(roteiros, olas, aoOuvir);
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

  async #atende(
    roteiros: readonly Roteiro[] | Atendente,
    olas: readonly RespostaAoOla[],
    aoOuvir: (linha: string) => void,
  ): Promise<void> {
    for (let i = 0; typeof roteiros === "function" || i < roteiros.length; i++) {
      using conn = await this.#ouvinte.accept();
      this.#conexao = conn;
      const [saudacao, ...respostas] = typeof roteiros === "function" ? [SAUDACAO] : roteiros[i];
      const responde = typeof roteiros === "function" ? roteiros : () => respostas.shift();
      const acabou = (): boolean => typeof roteiros !== "function" && respostas.length === 0;
      try {
        await diz(conn, saudacao);
        await this.#responde(conn, { responde, acabou, ola: olas[Math.min(i, olas.length - 1)], aoOuvir });
      } catch (erro) {
        if (!ehDaRede(erro)) throw erro;
      }
    }
  }

  async #responde(
    conn: Deno.TcpConn,
    { responde, acabou, ola, aoOuvir }: {
      responde: Atendente;
      acabou: () => boolean;
      ola: RespostaAoOla;
      aoOuvir: (linha: string) => void;
    },
  ): Promise<void> {
    const pedidos = pedidosDe(conn, () => this.idas++);
    while (!acabou()) {
      const { value: pedido } = await pedidos.next();
      if (pedido === undefined) return;
      aoOuvir(pedido);
      if (pedido.startsWith('["OLA"')) {
        await diz(conn, typeof ola === "function" ? ola(pedido) : ola);
        continue;
      }
      this.pedidos.push(pedido);
      for (const acorda of this.#aEspera.splice(0)) acorda();
      const resposta = responde(JSON.parse(pedido));
      if (resposta === undefined) return;
      await diz(conn, resposta);
    }
  }

  /** Deixa de atender, também a quem está ligado. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#ouvinte.close();
    try {
      this.#conexao?.close();
    } catch {
      // já se tinha desligado
    }
    await this.#fim.catch(() => {});
  }
}

async function* pedidosDe(conn: Deno.TcpConn, aoChegar: () => void): AsyncGenerator<string, undefined> {
  const enquadrador = new Enquadrador(Infinity);
  const bloco = new Uint8Array(8192);
  for (let lidos; (lidos = await conn.read(bloco)) !== null;) {
    aoChegar();
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

/** O que um servidor que só fala CLINICA/1 responde a um `OLA`. */
export const ANTIGO: string = codificarResposta({ codigo: "ERRO-101" });

/** O que um servidor que fala CLINICA/2 responde a um `OLA`. */
export const APRESENTADO: string = codificarResposta2({
  codigo: "OK-200",
  apresentacao: { clinica: "Clínica", versao: "1.1.0", fuso: "America/Sao_Paulo", papel: "gerente", nome: "" },
});

/** `TUPLA` como em CLINICA/2, com estes detalhes. */
export function tuplaCom(detalhes: Partial<Detalhes> = {}, tupla: Tupla = TUPLA): Tupla2 {
  return [...tupla, {
    numero: 7,
    versao: 1,
    situacao: "MARCADO",
    profissional: "",
    local: "",
    minutos: 30,
    encaixe: false,
    ...detalhes,
  }];
}

/** A resposta a `VAGAS` em CLINICA/2. */
export function vagas2De(vagas: readonly Vaga2[]): string {
  return codificarResposta2({ codigo: "OK-304", vagas });
}

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
