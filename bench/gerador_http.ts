/**
 * O gerador de carga das páginas: conexões HTTP/1.1 que não se fecham, em laço fechado, num processo próprio. `bench/paginas.ts`
 * o roda; lê a medição de stdin, que os pedidos podem ser muitos, e escreve uma linha JSON em stdout.
 *
 *     deno run --allow-net bench/gerador_http.ts < medicao.json
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type { Medida } from "./gerador.ts";

/** Uma medição a fazer. */
export interface MedicaoHttp {
  /** Onde, em 127.0.0.1. */
  readonly porta: number;
  /** Quantas conexões. */
  readonly conexoes: number;
  /** Por quanto tempo, se os pedidos chegarem. */
  readonly segundos: number;
  /** Os pedidos, por extenso; em `repete`, à roda, e sem ele cada um uma só vez. */
  readonly pedidos: readonly string[];
  /** Os mesmos outra vez, até que o tempo acabe. */
  readonly repete: boolean;
  /** O código HTTP que se espera; outro é um erro. */
  readonly codigo: number;
}

/** O que se mediu, e os bytes do corpo de uma resposta. */
export interface MedidaHttp extends Medida {
  /** Bytes do corpo da última resposta, como veio no fio. */
  readonly bytes: number;
}

const FIM_DO_CABECALHO = Buffer.from("\r\n\r\n");

/** Lê uma resposta inteira; o que sobra é da seguinte. */
class Leitor {
  #conexao: Deno.Conn;
  #lido = Buffer.alloc(0);
  #bloco = new Uint8Array(64 * 1024);

  constructor(conexao: Deno.Conn) {
    this.#conexao = conexao;
  }

  async resposta(): Promise<{ codigo: number; bytes: number }> {
    let fim: number;
    while ((fim = this.#lido.indexOf(FIM_DO_CABECALHO)) < 0) await this.#mais();
    const cabecalho = this.#lido.toString("latin1", 0, fim);
    const bytes = Number(/^content-length: *(\d+)/im.exec(cabecalho)?.[1] ?? 0);
    const inteira = fim + FIM_DO_CABECALHO.length + bytes;
    while (this.#lido.length < inteira) await this.#mais();
    this.#lido = this.#lido.subarray(inteira);
    return { codigo: Number(cabecalho.slice(9, 12)), bytes };
  }

  async #mais(): Promise<void> {
    const lidos = await this.#conexao.read(this.#bloco);
    if (lidos === null) throw new Error("o servidor fechou a conexão");
    this.#lido = Buffer.concat([this.#lido, this.#bloco.subarray(0, lidos)]);
  }
}

async function mede({ porta, conexoes, segundos, pedidos, repete, codigo }: MedicaoHttp): Promise<MedidaHttp> {
  const prontos = pedidos.map((pedido) => Buffer.from(pedido));
  const esperas: number[] = [];
  let [proximo, erros, bytes] = [0, 0, 0];
  const comeco = performance.now();
  const fim = comeco + segundos * 1000;
  await Promise.all(Array.from({ length: conexoes }, async () => {
    using conexao = await Deno.connect({ hostname: "127.0.0.1", port: porta });
    conexao.setNoDelay();
    const leitor = new Leitor(conexao);
    while (performance.now() < fim && (repete || proximo < prontos.length)) {
      const pedido = prontos[proximo++ % prontos.length];
      const antes = performance.now();
      for (let feito = 0; feito < pedido.length;) feito += await conexao.write(pedido.subarray(feito));
      const resposta = await leitor.resposta();
      esperas.push(performance.now() - antes);
      if (resposta.codigo !== codigo) erros++;
      bytes = resposta.bytes;
    }
  }));
  const passaram = (performance.now() - comeco) / 1000;
  esperas.sort((a, b) => a - b);
  const quantil = (fracao: number): number => esperas[Math.floor((esperas.length - 1) * fracao)] ?? 0;
  return {
    porSegundo: esperas.length / passaram,
    ...{ p50: quantil(0.5), p99: quantil(0.99), maxima: quantil(1) },
    erros,
    bytes,
  };
}

if (import.meta.main) {
  const medicao: MedicaoHttp = JSON.parse(await new Response(Deno.stdin.readable).text());
  console.log(JSON.stringify(await mede(medicao)));
}
