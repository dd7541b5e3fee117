/**
 * Uma conexão TCP ao servidor: a saudação, o fio que se combina, os pedidos e as suas respostas, na ordem. Só `conexao.ts` a
 * abre, com os prazos e a reconexão.
 *
 * @module
 */

import type { Codigo } from "../clinica/pedido.ts";
import {
  type Apresentacao,
  CLINICA_2,
  type Detalhes,
  type PedidoNoFio2,
  type Resposta2,
  type Tupla2,
  type Vaga2,
} from "../fio/clinica2.ts";
import { codificarPedido2 } from "../fio/pedidos.ts";
import { decodificarResposta2 } from "../fio/respostas.ts";
import {
  decodificarResposta,
  Enquadrador,
  LINHA_SEM_ACESSO,
  type PrimeiraVaga,
  type Resposta,
  type Tupla,
  type Vaga,
  VERSAO_DO_PROTOCOLO,
} from "../protocolo.ts";

/** O maior começo de linha que se guarda de uma resposta, em bytes: cabe a clínica mais cheia, não cabe um fluxo sem fim. */
const RESPOSTA_MAXIMA = 64 * 1024 * 1024;

/** Não houve conexão, ou ela caiu sem que nada pudesse ter mudado: o pedido pode ser repetido. */
export class SemConexao extends Error {
  /** O nome da classe. */
  override name = "SemConexao";
}

/** O servidor respondeu `ERRO-130` e desligou: há conexões ou pedidos demais. */
export class ServidorOcupado extends SemConexao {
  /** O nome da classe. */
  override name = "ServidorOcupado";
  /** Quantos segundos esperar, se houve pedidos demais daqui: o que se pediu não foi feito, nem o que veio depois. */
  readonly segundos: number | undefined;

  /** Com os segundos, se o servidor os disse. */
  constructor(segundos?: number) {
    super("o servidor está ocupado");
    this.segundos = segundos;
  }
}

/** O servidor só fala CLINICA/1, e o que se pediu é de CLINICA/2: nada foi feito. */
export class ServidorAntigo extends Error {
  /** O nome da classe. */
  override name = "ServidorAntigo";
}

/** O servidor não aceita a chave com que o cliente se apresentou: nada foi pedido. */
export class ChaveRecusada extends Error {
  /** O nome da classe. */
  override name = "ChaveRecusada";
}

/** Um agendamento como veio no fio; os detalhes, só em CLINICA/2. */
export type TuplaLida = readonly [...Tupla, detalhes?: Detalhes];

/** Horas livres como vieram no fio; o profissional, só em CLINICA/2. */
export type VagaLida = readonly [...Vaga, profissional?: string];

/** O que o servidor respondeu, no fio que ele fala: em qualquer dos dois lê-se da mesma maneira. */
export type Respondido = Lida<Resposta | Resposta2>;
/** Uma resposta de qualquer dos dois fios. */
export type Lida<R> = R extends unknown ? { readonly [K in keyof R]: DeQualquerFio<R[K]> } : never;
/** O que vem numa resposta, com o que só um dos fios traz por opcional. */
export type DeQualquerFio<T> = T extends Tupla | Tupla2 ? TuplaLida
  : T extends Vaga | Vaga2 ? VagaLida
  : T extends readonly unknown[] ? { readonly [I in keyof T]: DeQualquerFio<T[I]> }
  : T;

/** Os agendamentos que uma resposta traz. */
export function agendamentosEm(resposta: Respondido): readonly TuplaLida[] {
  return "agendamentos" in resposta ? resposta.agendamentos : [];
}

/** O código com que cada pedido dá certo, ou os códigos; outro `OK` é um servidor que não fala o mesmo protocolo. */
const SUCESSO: { readonly [C in PedidoNoFio2["comando"]]: Codigo | readonly Codigo[] } = {
  AGEND: "OK-300",
  BUSCA: "OK-302",
  CANCEL: "OK-301",
  VAGAS: "OK-304",
  REMARC: "OK-303",
  CORRIGE: "OK-306",
  SITUA: "OK-306",
  LISTA: "OK-310",
  FECHA: "OK-312",
  EXTRA: "OK-313",
  REABRE: "OK-314",
  HISTORIA: "OK-315",
  ESPERA: "OK-307",
  DESISTE: "OK-308",
  ACEITA: ["OK-300", "OK-303"],
  RECUSA: "OK-309",
  FILA: "OK-311",
  OLA: "OK-200",
  PING: "OK-200",
  SAIR: "OK-201",
};

/** Os comandos que um servidor que só fala CLINICA/1 conhece. */
const DE_UM: readonly PedidoNoFio2["comando"][] = ["AGEND", "BUSCA", "CANCEL", "VAGAS", "PING", "SAIR"];

/** Verdadeiro se um servidor que só fala CLINICA/1 entende o pedido: não tem opções. */
function serveEmUm(pedido: PedidoNoFio2): boolean {
  return DE_UM.includes(pedido.comando) && !codificarPedido2(pedido).endsWith("}]\n");
}

const OLA: PedidoNoFio2 = { comando: "OLA" };

/** Por onde se fala com o servidor: o que `Deno.TcpConn` oferece. */
export interface Ligacao extends Disposable {
  /** Lê para o bloco; quantos bytes vieram, ou `null` no fim. */
  read(bloco: Uint8Array): Promise<number | null>;
  /** Escreve ao menos um byte e diz quantos. */
  write(bytes: Uint8Array): Promise<number>;
  /** Deixa de juntar pedidos pequenos. */
  setNoDelay(semDemora?: boolean): void;
  /** Pergunta de tempos em tempos se o servidor ainda está lá. */
  setKeepAlive(pergunta?: boolean): void;
}

/** Como se começa uma conexão. */
export interface OpcoesDoTubo {
  /** Abortado, fecha-a. */
  readonly sinal: AbortSignal;
  /** Com que se entra. */
  readonly chave?: string;
}

/**
 * Uma conexão TCP já saudada. Lê sempre, mesmo sem pedido, para saber na hora que o servidor desligou. O primeiro pedido leva
 * à frente um `OLA`, e o que o servidor responde a ele diz em que fio vem o resto. Com uma chave há outro depois, que a leva, e
 * nada se pede antes de ela ser aceita: nunca se faz como anônimo o que era de quem a traz.
 */
export class Tubo implements Disposable {
  #conn: Ligacao;
  #chave: string | undefined;
  #aberto = true;
  #le2 = false;
  #esperadas: PromiseWithResolvers<Respondido>[] = [];
  #primeiras: readonly PrimeiraVaga[] = [];
  #combinado: Promise<Apresentacao | undefined> | undefined;
  #apresentacao: Apresentacao | undefined;

  private constructor(conn: Ligacao, chave: string | undefined) {
    this.#conn = conn;
    this.#chave = chave;
    conn.setNoDelay(true);
    conn.setKeepAlive(true);
  }

  /** Ouve a saudação. */
  static async comeca(conn: Ligacao, { sinal, chave }: OpcoesDoTubo): Promise<Tubo> {
    const tubo = new Tubo(conn, chave);
    sinal.addEventListener("abort", () => tubo[Symbol.dispose](), { once: true });
    const esperada = tubo.#espera();
    tubo.#le();
    const saudacao = await esperada;
    if (saudacao.codigo === "ERRO-131") {
      tubo[Symbol.dispose]();
      throw new SemConexao("o servidor está sem acesso ao livro");
    }
    if (saudacao.codigo !== "OK-200" || !("primeiras" in saudacao) || saudacao.primeiras === undefined) {
      tubo[Symbol.dispose]();
      throw new TypeError("a saudação não é de CLINICA/1");
    }
    tubo.#primeiras = saudacao.primeiras;
    return tubo;
  }

  /** Falso depois que um dos lados desligou. */
  get aberto(): boolean {
    return this.#aberto;
  }

  /** As primeiras horas livres, como a saudação as disse. */
  get primeiras(): readonly PrimeiraVaga[] {
    return this.#primeiras;
  }

  /** O que o servidor disse de si; `undefined` em CLINICA/1, ou antes de o dizer. */
  get apresentacao(): Apresentacao | undefined {
    return this.#apresentacao;
  }

  /**
   * Combina o fio, e entra com a chave, se ainda não o fez; `undefined` é CLINICA/1.
   *
   * @throws {ChaveRecusada} quando o servidor não a aceita.
   */
  async combina(): Promise<Apresentacao | undefined> {
    return await (this.#combinado ??= this.#apresentaSe());
  }

  /** A chave só se diz a quem já disse que fala CLINICA/2: a outro não servia de nada, e podia guardar a linha. */
  async #apresentaSe(): Promise<Apresentacao | undefined> {
    const semChave = await this.#ola(OLA);
    if (semChave === undefined || this.#chave === undefined) return semChave;
    return await this.#ola({ comando: "OLA", chave: this.#chave });
  }

  async #ola(ola: PedidoNoFio2): Promise<Apresentacao | undefined> {
    const esperada = this.#espera();
    await this.#escreve([ola]);
    return await this.#ouveOla(esperada);
  }

  /**
   * Manda um pedido e espera a resposta; o primeiro leva o `OLA` à frente.
   *
   * @throws {ServidorAntigo} quando o pedido é de CLINICA/2 e o servidor não.
   * @throws {ChaveRecusada} quando o servidor não aceita a chave; nada se pediu.
   */
  async pede(pedido: PedidoNoFio2): Promise<Respondido> {
    if (this.#chave !== undefined) await this.combina();
    const novo = this.#combinado === undefined;
    const combinado = this.#combinado ??= this.#ouveOla(this.#espera());
    const emUm = serveEmUm(pedido);
    if (!novo && !emUm && await combinado === undefined) throw new ServidorAntigo(CLINICA_2);
    const esperada = this.#espera();
    await this.#escreve(novo ? [OLA, pedido] : [pedido]);
    const apresentacao = await combinado;
    const resposta = await esperada;
    if (apresentacao === undefined && !emUm) throw new ServidorAntigo(CLINICA_2);
    if (resposta.codigo.startsWith("OK") && ![SUCESSO[pedido.comando]].flat().includes(resposta.codigo)) {
      throw new TypeError(`${resposta.codigo} não responde a ${pedido.comando}`);
    }
    return resposta;
  }

  /** Fecha; os pedidos em curso falham. */
  [Symbol.dispose](): void {
    this.#fecha(new Deno.errors.ConnectionAborted("conexão fechada"));
  }

  async #ouveOla(esperada: Promise<Respondido>): Promise<Apresentacao | undefined> {
    const resposta = await esperada;
    if (resposta.codigo === "ERRO-101") return undefined;
    if (resposta.codigo === "ERRO-120") throw new ChaveRecusada("o servidor não aceita a chave");
    const apresentacao = "apresentacao" in resposta ? resposta.apresentacao : undefined;
    if (apresentacao === undefined) throw new TypeError(`${resposta.codigo} não responde a OLA`);
    return this.#apresentacao = apresentacao;
  }

  async #escreve(pedidos: readonly PedidoNoFio2[]): Promise<void> {
    const bytes = new TextEncoder().encode(pedidos.map(codificarPedido2).join(""));
    try {
      for (let feito = 0; feito < bytes.length;) feito += await this.#conn.write(bytes.subarray(feito));
    } catch (causa) {
      this.#fecha(causa);
    }
  }

  #espera(): Promise<Respondido> {
    const esperada = Promise.withResolvers<Respondido>();
    esperada.promise.catch(() => {});
    if (this.#aberto) this.#esperadas.push(esperada);
    else esperada.reject(new Deno.errors.ConnectionReset("o servidor desligou"));
    return esperada.promise;
  }

  async #le(): Promise<void> {
    const enquadrador = new Enquadrador(RESPOSTA_MAXIMA);
    const bloco = new Uint8Array(16_384);
    try {
      for (let lidos; (lidos = await this.#conn.read(bloco)) !== null;) {
        for (const linha of enquadrador.recebe(bloco.subarray(0, lidos))) {
          this.#recebe(typeof linha === "string" ? this.#decodifica(linha) : undefined);
        }
        if (enquadrador.excedida) throw new TypeError("resposta sem fim");
      }
      this.#fecha(new Deno.errors.ConnectionReset("o servidor desligou"));
    } catch (causa) {
      this.#fecha(causa);
    }
  }

  /** A resposta a `OLA` já vem no fio que ela diz. */
  #decodifica(linha: string): Respondido | undefined {
    this.#le2 ||= this.#combinado !== undefined && linha.startsWith(`["OK-200","${CLINICA_2}"`);
    if (this.#le2) return decodificarResposta2(linha);
    return `${linha}\n` === LINHA_SEM_ACESSO ? { codigo: "ERRO-120" } : decodificarResposta(linha);
  }

  #recebe(resposta: Respondido | undefined): void {
    if (resposta === undefined) return this.#fecha(new TypeError(`a resposta não é de ${VERSAO_DO_PROTOCOLO}`));
    if (resposta.codigo === "ERRO-130") {
      return this.#fecha(new ServidorOcupado("segundos" in resposta ? resposta.segundos : undefined));
    }
    const esperada = this.#esperadas.shift();
    if (esperada) esperada.resolve(resposta);
    else this.#fecha(new TypeError("resposta sem pedido"));
  }

  #fecha(causa: unknown): void {
    this.#aberto = false;
    this.#conn[Symbol.dispose]();
    for (const esperada of this.#esperadas.splice(0)) esperada.reject(causa);
  }
}
