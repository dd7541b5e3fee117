/**
 * A conexão do cliente com o servidor: conectar, ouvir a saudação, um pedido e a sua resposta, prazos e reconexão.
 *
 * `cliente.ts` e `terminal/menu.ts` a usam. O que este módulo lhes promete é saber em que pé ficou um pedido que falhou: ou nada
 * aconteceu e pode ser repetido (`SemConexao`), ou o pedido saiu e a resposta não veio (`RespostaPerdida`), e só uma
 * `BUSCA` diz o que houve (`destinoDe`).
 *
 * @module
 */

import { deadline } from "@std/async";
import { chave } from "../clinica/texto.ts";
import {
  codificarPedido,
  type Codigo,
  decodificarResposta,
  Enquadrador,
  type PedidoNoFio,
  type PrimeiraVaga,
  type Resposta,
  type Tupla,
} from "../protocolo.ts";

/** Quanto se espera para conectar e ouvir a saudação, em ms: numa rede local leva milésimos; 5 s já é um servidor fora. */
export const PRAZO_DA_CONEXAO = 5_000;

/** Quanto se espera por uma resposta, em ms: mais que o prazo de escrita do servidor (10 s), para não desistir antes dele. */
export const PRAZO_DA_RESPOSTA = 15_000;

/** O maior começo de linha que se guarda de uma resposta, em bytes: cabe a clínica mais cheia, não cabe um fluxo sem fim. */
const RESPOSTA_MAXIMA = 64 * 1024 * 1024;

/** Onde o servidor atende. */
export interface Endereco {
  /** Nome ou endereço IP, sem colchetes. */
  readonly host: string;
  /** Porta TCP, de 1 a 65535. */
  readonly porta: number;
}

/** Escreve um endereço como se digita: `"localhost:9000"`, `"[::1]:9000"`. */
export function escreverEndereco({ host, porta }: Endereco): string {
  return host.includes(":") ? `[${host}]:${porta}` : `${host}:${porta}`;
}

/** Não houve conexão, ou ela caiu sem que nada pudesse ter mudado: o pedido pode ser repetido. */
export class SemConexao extends Error {
  /** O nome da classe. */
  override name = "SemConexao";
}

/** O servidor respondeu `ERRO-130` e desligou: há conexões ou pedidos demais. */
export class ServidorOcupado extends SemConexao {
  /** O nome da classe. */
  override name = "ServidorOcupado";
}

/** O pedido que muda a agenda saiu e a resposta não veio: pode ter acontecido ou não. */
export class RespostaPerdida extends Error {
  /** O nome da classe. */
  override name = "RespostaPerdida";
}

/** O código com que cada pedido dá certo; outro `OK` é um servidor que não fala o mesmo protocolo. */
const SUCESSO: { readonly [C in PedidoNoFio["comando"]]: Codigo } = {
  AGEND: "OK-300",
  BUSCA: "OK-302",
  CANCEL: "OK-301",
  VAGAS: "OK-304",
  PING: "OK-200",
  SAIR: "OK-201",
};

/**
 * O servidor visto do cliente. Conecta quando é preciso e fica conectada; se o servidor desligou enquanto nada se pedia
 * (ele o faz após alguns minutos de silêncio), o próximo pedido reconecta sem dizer nada.
 */
export class Conexao implements Disposable {
  /** Onde o servidor atende. */
  readonly endereco: Endereco;
  /** O que interrompe qualquer espera. */
  readonly sinal: AbortSignal;
  #tubo: Tubo | undefined;

  /**
   * Nada é conectado ainda.
   *
   * @param sinal Abortado, interrompe qualquer espera, que rejeita com o motivo do sinal; um pedido de mudança que já
   *   saiu rejeita com `RespostaPerdida`.
   */
  constructor(endereco: Endereco, { sinal = new AbortController().signal }: { sinal?: AbortSignal } = {}) {
    this.endereco = endereco;
    this.sinal = sinal;
  }

  /** Verdadeiro enquanto há uma conexão aberta; o servidor pode desligá-la a qualquer instante. */
  get ligada(): boolean {
    return this.#tubo?.aberto ?? false;
  }

  /**
   * Conecta, se ainda não está conectada, e devolve as primeiras horas livres da saudação.
   *
   * @throws {SemConexao} quando o servidor não atende, não fala CLINICA/1 ou está ocupado (`ServidorOcupado`).
   */
  async conecta(): Promise<readonly PrimeiraVaga[]> {
    return (await this.#tuboAberto()).primeiras;
  }

  /**
   * Manda um pedido e devolve a resposta. Um pedido por vez.
   *
   * @throws {SemConexao} quando nada aconteceu e o pedido pode ser repetido.
   * @throws {RespostaPerdida} quando um `AGEND` ou `CANCEL` saiu e a resposta não veio.
   */
  async pede(pedido: PedidoNoFio): Promise<Resposta> {
    const reaproveitada = this.ligada;
    const tubo = await this.#tuboAberto();
    try {
      return await this.#noPrazo(tubo.pede(pedido), PRAZO_DA_RESPOSTA);
    } catch (causa) {
      tubo[Symbol.dispose]();
      if (pedido.comando === "AGEND" || pedido.comando === "CANCEL") {
        throw new RespostaPerdida(`${escreverEndereco(this.endereco)} não respondeu`, { cause: causa });
      }
      if (this.sinal.aborted) throw this.sinal.reason;
      // O fechamento por silêncio pode cruzar com o pedido no caminho; consulta repetida numa conexão nova não faz mal.
      if (reaproveitada) return await this.pede(pedido);
      throw this.#semConexao(causa);
    }
  }

  /** Fecha a conexão; um pedido em curso falha. */
  [Symbol.dispose](): void {
    this.#tubo?.[Symbol.dispose]();
  }

  async #tuboAberto(): Promise<Tubo> {
    if (this.#tubo?.aberto) return this.#tubo;
    const desiste = new AbortController();
    const abrindo = abre(this.endereco, desiste.signal).then((conn) => Tubo.comeca(conn, desiste.signal));
    try {
      return this.#tubo = await this.#noPrazo(abrindo, PRAZO_DA_CONEXAO);
    } catch (causa) {
      desiste.abort();
      // A conexão pode ter ficado pronta no instante em que se desistiu dela.
      abrindo.then((tubo) => tubo[Symbol.dispose](), () => {});
      if (this.sinal.aborted) throw this.sinal.reason;
      throw this.#semConexao(causa);
    }
  }

  #semConexao(causa: unknown): SemConexao {
    return causa instanceof SemConexao
      ? causa
      : new SemConexao(motivo(causa, escreverEndereco(this.endereco)), { cause: causa });
  }

  #noPrazo<T>(promessa: Promise<T>, ms: number): Promise<T> {
    return deadline(promessa, ms, { signal: this.sinal });
  }
}

/** Uma conexão TCP já saudada. Lê sempre, mesmo sem pedido, para saber na hora que o servidor desligou. */
class Tubo implements Disposable {
  #conn: Deno.TcpConn;
  #aberto = true;
  #esperada: PromiseWithResolvers<Resposta> | undefined;
  #primeiras: readonly PrimeiraVaga[] = [];

  private constructor(conn: Deno.TcpConn) {
    this.#conn = conn;
    conn.setNoDelay(true);
    conn.setKeepAlive(true);
  }

  /** Ouve a saudação. */
  static async comeca(conn: Deno.TcpConn, sinal: AbortSignal): Promise<Tubo> {
    const tubo = new Tubo(conn);
    sinal.addEventListener("abort", () => tubo[Symbol.dispose](), { once: true });
    const esperada = tubo.#espera();
    tubo.#le();
    const saudacao = await esperada;
    if (saudacao.codigo === "ERRO-131") {
      tubo[Symbol.dispose]();
      throw new SemConexao("o servidor está sem acesso ao livro");
    }
    if (saudacao.codigo !== "OK-200" || saudacao.primeiras === undefined) {
      tubo[Symbol.dispose]();
      throw new TypeError("a saudação não é de CLINICA/1");
    }
    tubo.#primeiras = saudacao.primeiras;
    return tubo;
  }

  get aberto(): boolean {
    return this.#aberto;
  }

  get primeiras(): readonly PrimeiraVaga[] {
    return this.#primeiras;
  }

  async pede(pedido: PedidoNoFio): Promise<Resposta> {
    const esperada = this.#espera();
    const bytes = new TextEncoder().encode(codificarPedido(pedido));
    try {
      for (let feito = 0; feito < bytes.length;) feito += await this.#conn.write(bytes.subarray(feito));
    } catch (causa) {
      this.#fecha(causa);
    }
    const resposta = await esperada;
    if (resposta.codigo.startsWith("OK") && resposta.codigo !== SUCESSO[pedido.comando]) {
      throw new TypeError(`${resposta.codigo} não responde a ${pedido.comando}`);
    }
    return resposta;
  }

  [Symbol.dispose](): void {
    this.#fecha(new Deno.errors.ConnectionAborted("conexão fechada"));
  }

  #espera(): Promise<Resposta> {
    const esperada = Promise.withResolvers<Resposta>();
    esperada.promise.catch(() => {});
    if (this.#aberto) this.#esperada = esperada;
    else esperada.reject(new Deno.errors.ConnectionReset("o servidor desligou"));
    return esperada.promise;
  }

  async #le(): Promise<void> {
    const enquadrador = new Enquadrador(RESPOSTA_MAXIMA);
    const bloco = new Uint8Array(16_384);
    try {
      for (let lidos; (lidos = await this.#conn.read(bloco)) !== null;) {
        for (const linha of enquadrador.recebe(bloco.subarray(0, lidos))) {
          this.#recebe(typeof linha === "string" ? decodificarResposta(linha) : undefined);
        }
        if (enquadrador.excedida) throw new TypeError("resposta sem fim");
      }
      this.#fecha(new Deno.errors.ConnectionReset("o servidor desligou"));
    } catch (causa) {
      this.#fecha(causa);
    }
  }

  #recebe(resposta: Resposta | undefined): void {
    if (resposta === undefined) return this.#fecha(new TypeError("a resposta não é de CLINICA/1"));
    if (resposta.codigo === "ERRO-130") return this.#fecha(new ServidorOcupado("o servidor está ocupado"));
    const esperada = this.#esperada;
    this.#esperada = undefined;
    if (esperada) esperada.resolve(resposta);
    else this.#fecha(new TypeError("resposta sem pedido"));
  }

  #fecha(causa: unknown): void {
    this.#aberto = false;
    this.#conn[Symbol.dispose]();
    this.#esperada?.reject(causa);
    this.#esperada = undefined;
  }
}

/** `localhost` nem sempre traz os dois endereços no arquivo de nomes da máquina; o servidor pode estar em um só. */
async function abre({ host, porta }: Endereco, sinal: AbortSignal): Promise<Deno.TcpConn> {
  const candidatos = host.toLowerCase() === "localhost" ? ["127.0.0.1", "::1"] : [host];
  let causa: unknown;
  for (const hostname of candidatos) {
    try {
      return await Deno.connect({ hostname, port: porta, signal: sinal });
    } catch (erro) {
      causa ??= erro;
    }
  }
  throw causa;
}

/** O que houve, numa frase para quem está diante da tela. */
function motivo(causa: unknown, endereco: string): string {
  if (causa instanceof Deno.errors.ConnectionRefused) return `nenhum servidor atende em ${endereco}`;
  if (causa instanceof DOMException && causa.name === "TimeoutError") return `${endereco} não respondeu a tempo`;
  if (causa instanceof TypeError) return `quem atende em ${endereco} não fala CLINICA/1`;
  if (causa instanceof Deno.errors.NotCapable) return `falta permissão de rede; rode com --allow-net ou -A`;
  if (causa instanceof URIError || (causa instanceof Error && causa.message.includes("lookup"))) {
    return `o nome em ${endereco} não foi encontrado na rede`;
  }
  if (causa instanceof Deno.errors.ConnectionReset || causa instanceof Deno.errors.ConnectionAborted) {
    return `${endereco} desligou sem responder`;
  }
  return `não foi possível alcançar ${endereco}`;
}

/** Um pedido que muda a agenda: se a resposta se perde, não se sabe se aconteceu. */
export type PedidoDeMudanca = Extract<PedidoNoFio, { comando: "AGEND" | "CANCEL" }>;

/**
 * O que houve com um pedido cuja resposta se perdeu, a julgar pelos agendamentos que há depois: a resposta que ele teve
 * ou teria, ou `undefined` se não aconteceu.
 *
 * @param antes Os agendamentos do CPF antes do pedido; um `CANCEL` não se julga sem eles.
 */
export function destinoDe(
  pedido: PedidoDeMudanca,
  depois: readonly Tupla[],
  { antes = [] }: { antes?: readonly Tupla[] } = {},
): Resposta | undefined {
  if (pedido.comando === "AGEND") {
    const achado = depois.find(([, , , especialista]) => chave(especialista) === chave(pedido.especialista));
    if (achado === undefined) return undefined;
    const [, , , , data, , horario] = achado;
    const pedida = data === pedido.data && (pedido.horario === undefined || horario === pedido.horario);
    return { codigo: pedida ? "OK-300" : "ERRO-111", agendamentos: [achado] };
  }
  const { especialista } = pedido;
  const alvos = antes.filter((tupla) => especialista === undefined || chave(tupla[3]) === chave(especialista));
  if (alvos.length === 0) return { codigo: "ERRO-113" };
  if (alvos.length > 1) return { codigo: "ERRO-114", agendamentos: alvos };
  const [alvo] = alvos;
  const ficou = depois.some((tupla) => [3, 4, 6].every((campo) => tupla[campo] === alvo[campo]));
  return ficou ? undefined : { codigo: "OK-301", agendamentos: [alvo] };
}

/** Os agendamentos que uma resposta a `BUSCA` traz; `undefined` se ela não os diz. */
export function agendamentosDe(resposta: Resposta): readonly Tupla[] | undefined {
  if (resposta.codigo === "OK-302") return resposta.agendamentos;
  return resposta.codigo === "ERRO-112" ? [] : undefined;
}

/** Quanto se espera antes da segunda tentativa, em ms. */
const PRIMEIRA_ESPERA = 500;

/** Com o acaso de 25 % para mais, nunca mais que 10 s: quem espera diante da tela percebe a volta do servidor. */
const MAIOR_ESPERA = 8_000;

/**
 * Quanto esperar, em ms, antes de tentar de novo: dobra a cada tentativa. O acaso espalha os terminais, para que não
 * voltem todos no mesmo instante ao servidor que acabou de voltar.
 */
export function esperaAntesDe(tentativa: number, { sorteio = Math.random() }: { sorteio?: number } = {}): number {
  return Math.round(Math.min(PRIMEIRA_ESPERA * 2 ** tentativa, MAIOR_ESPERA) * (0.75 + sorteio / 2));
}
