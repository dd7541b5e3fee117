/**
 * Quem visita as páginas na prova: manda o que quer, byte a byte, e guarda o que não devia ter vindo. Só `prova/paginas.ts` o usa.
 *
 * @module
 */

import { deadline } from "@std/async";
import { ehDaRede, PACIENCIA } from "../testes/apoio.ts";

/** O que se manda. */
export interface Pedido {
  /** O método; `GET` se não se diz. */
  readonly metodo?: string;
  /** O caminho. */
  readonly caminho: string;
  /** Mais cabeçalhos, `"Nome: valor"`. */
  readonly cabecalhos?: readonly string[];
  /** Os campos de um formulário. */
  readonly campos?: Readonly<Record<string, string>>;
  /** De que endereço diz vir, por um intermediário em que o servidor confia. */
  readonly de?: string;
}

/** O que veio. */
export interface Resposta {
  /** O código; 0 se a ligação se fechou sem resposta. */
  readonly estado: number;
  /** Os cabeçalhos, com os nomes em minúsculas. */
  readonly cabecalhos: ReadonlyMap<string, string>;
  /** O corpo. */
  readonly corpo: string;
}

/** Uma ligação crua às páginas. */
export class Ligacao implements Disposable {
  #conn: Deno.TcpConn;

  private constructor(conn: Deno.TcpConn) {
    this.#conn = conn;
  }

  /** Liga. */
  static async abre(porta: number): Promise<Ligacao> {
    return new Ligacao(await Deno.connect({ hostname: "127.0.0.1", port: porta }));
  }

  /** Manda estes bytes; falso se a ligação já se fechou. */
  async manda(texto: string): Promise<boolean> {
    const bytes = new TextEncoder().encode(texto);
    try {
      for (let feito = 0; feito < bytes.length;) feito += await this.#conn.write(bytes.subarray(feito));
      return true;
    } catch (erro) {
      if (!ehDaRede(erro)) throw erro;
      return false;
    }
  }

  /** Tudo o que vier até que o servidor feche. */
  async ateOFim(): Promise<string> {
    const bloco = new Uint8Array(65536);
    const decodifica = new TextDecoder();
    let lido = "";
    try {
      for (;;) {
        const n = await deadline(this.#conn.read(bloco), PACIENCIA);
        if (n === null) break;
        lido += decodifica.decode(bloco.subarray(0, n), { stream: true });
      }
    } catch (erro) {
      if (!ehDaRede(erro)) throw erro;
    }
    return lido;
  }

  /** Fecha. */
  [Symbol.dispose](): void {
    this.#conn[Symbol.dispose]();
  }
}

/** Os cabeçalhos que uma página tem de trazer, e os que traz tudo o que a casa responde. */
const DE_TUDO = ["content-security-policy", "x-content-type-options", "referrer-policy", "cache-control"];
const DE_UM_ARQUIVO = ["x-content-type-options", "cache-control"];

/** Quem visita. */
export class Visita {
  /** Os cabeçalhos que faltaram, e onde. */
  readonly faltas: string[] = [];
  /** Os endereços para onde o mandaram. */
  readonly enderecos: string[] = [];
  /** Quantas respostas teve. */
  respostas = 0;
  readonly #porta: number;

  /** Visita as páginas desta porta. */
  constructor(porta: number) {
    this.#porta = porta;
  }

  /** Pede uma coisa, numa ligação só dela. */
  async pede(pedido: Pedido): Promise<Resposta> {
    using ligacao = await Ligacao.abre(this.#porta);
    await ligacao.manda(escreve(pedido));
    const resposta = leResposta(await ligacao.ateOFim());
    this.#confere(pedido, resposta);
    return resposta;
  }

  #confere({ metodo = "GET", caminho }: Pedido, { estado, cabecalhos }: Resposta): void {
    if (estado === 0) return;
    this.respostas++;
    const devidos = caminho.startsWith("/arquivos/") && estado === 200 ? DE_UM_ARQUIVO : DE_TUDO;
    const faltam = devidos.filter((nome) => !cabecalhos.has(nome));
    if (faltam.length > 0) this.faltas.push(`${metodo} ${caminho} (${estado}): ${faltam.join(", ")}`);
    const para = cabecalhos.get("location");
    if (para !== undefined) this.enderecos.push(para);
  }
}

/** Um pedido como vai no fio. */
export function escreve({ metodo, caminho, cabecalhos = [], campos, de }: Pedido): string {
  const corpo = campos === undefined ? "" : String(new URLSearchParams(campos));
  const linhas = [
    `${metodo ?? (campos === undefined ? "GET" : "POST")} ${caminho} HTTP/1.1`,
    ...["Host: localhost", "Connection: close"],
    ...campos === undefined
      ? []
      : ["Content-Type: application/x-www-form-urlencoded", `Content-Length: ${corpo.length}`],
    ...de === undefined ? [] : [`X-Forwarded-For: ${de}`],
    ...cabecalhos,
  ];
  return `${linhas.join("\r\n")}\r\n\r\n${corpo}`;
}

/** Uma resposta, do que se leu até ao fim. */
export function leResposta(lido: string): Resposta {
  const [cabeca, ...resto] = lido.split("\r\n\r\n");
  const [primeira, ...linhas] = cabeca.split("\r\n");
  const cabecalhos = new Map(linhas.map((linha) => {
    const dois = linha.indexOf(":");
    return [linha.slice(0, dois).toLowerCase(), linha.slice(dois + 1).trim()];
  }));
  return {
    estado: Number(/^HTTP\/1\.[01] (\d{3})/.exec(primeira)?.[1] ?? 0),
    cabecalhos,
    corpo: resto.join("\r\n\r\n"),
  };
}

/** O valor de um campo escondido de um formulário. */
export function campoDe(corpo: string, nome: string): string {
  const achado = new RegExp(`<input[^>]*name="${nome}"[^>]*>`).exec(corpo)?.[0] ?? "";
  return /value="([^"]*)"/.exec(achado)?.[1] ?? "";
}
