/**
 * A conexão do cliente com o servidor: conectar, ouvir a saudação, combinar o fio, um pedido e a sua resposta, prazos e
 * reconexão.
 *
 * `terminal/comandos.ts`, `terminal/balcao.ts` e `terminal/recepcao.ts` a usam. O que este módulo lhes promete é saber em que
 * pé ficou um pedido que falhou: ou nada aconteceu e pode ser repetido (`SemConexao`), ou o pedido saiu e a resposta não veio
 * (`RespostaPerdida`), e só o livro diz o que houve (`destino.ts`).
 *
 * @module
 */

import { deadline } from "@std/async";
import type { Alvo } from "./tls.ts";
import {
  ChaveRecusada,
  type Ligacao,
  type Respondido,
  SemConexao,
  ServidorAntigo,
  ServidorOcupado,
  Tubo,
} from "./tubo.ts";
import type { Apresentacao, PedidoNoFio2 } from "../fio/clinica2.ts";
import type { PrimeiraVaga } from "../protocolo.ts";

/** Quanto se espera para conectar e ouvir a saudação, em ms: numa rede local leva milésimos; 5 s já é um servidor fora. */
export const PRAZO_DA_CONEXAO = 5_000;

/** Quanto se espera por uma resposta, em ms: mais que o prazo de escrita do servidor (10 s), para não desistir antes dele. */
export const PRAZO_DA_RESPOSTA = 15_000;

/** Onde o servidor atende. */
export interface Endereco {
  /** Nome ou endereço IP, sem colchetes. */
  readonly host: string;
  /** Porta TCP, de 1 a 65535. */
  readonly porta: number;
  /** Por TLS, e com que autoridades; sem ele, às claras. */
  readonly tls?: { readonly raiz?: string };
}

/** Escreve um endereço como se digita: `"localhost:9000"`, `"[::1]:9000"`. */
export function escreverEndereco({ host, porta }: Endereco): string {
  return host.includes(":") ? `[${host}]:${porta}` : `${host}:${porta}`;
}

/** O pedido que muda a agenda saiu e a resposta não veio: pode ter acontecido ou não. */
export class RespostaPerdida extends Error {
  /** O nome da classe. */
  override name = "RespostaPerdida";
}

/** Os pedidos que mudam o livro: se a resposta se perde, não se sabe se aconteceu. */
const MUDANCAS: readonly PedidoNoFio2["comando"][] = [
  ...["AGEND", "CANCEL", "REMARC", "CORRIGE", "SITUA", "FECHA", "EXTRA", "REABRE"] as const,
  ...["ESPERA", "DESISTE", "ACEITA", "RECUSA"] as const,
];

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
  #abrindo: Promise<Tubo> | undefined;
  #apresentacao: Apresentacao | undefined;
  #combinou = false;
  #chave: string | undefined;
  /** A chave já valeu, nesta conexão ou numa de antes. */
  #entrou = false;
  /** O servidor já disse que não a aceita: não se lhe diz outra vez. */
  #recusada: ChaveRecusada | undefined;

  /**
   * Nada é conectado ainda.
   *
   * @param chave Com que se entra, em cada conexão.
   * @param sinal Abortado, interrompe qualquer espera, que rejeita com o motivo do sinal; um pedido de mudança que já
   *   saiu rejeita com `RespostaPerdida`.
   */
  constructor(
    endereco: Endereco,
    { sinal = new AbortController().signal, chave }: { sinal?: AbortSignal; chave?: string } = {},
  ) {
    this.endereco = endereco;
    this.sinal = sinal;
    this.#chave = chave;
  }

  /** Verdadeiro se se entra com uma chave. */
  get comChave(): boolean {
    return this.#chave !== undefined;
  }

  /** Verdadeiro se o servidor já disse que não aceita a chave. */
  get recusada(): boolean {
    return this.#recusada !== undefined;
  }

  /** Daqui em diante entra com esta chave, ou sem nenhuma; conecta outra vez quando for preciso. */
  entraCom(chave: string | undefined): void {
    this.#tubo?.[Symbol.dispose]();
    this.#chave = chave;
    this.#entrou = false;
    this.#recusada = undefined;
    this.#apresentacao = undefined;
    this.#combinou = false;
  }

  /** Verdadeiro enquanto há uma conexão aberta; o servidor pode desligá-la a qualquer instante. */
  get ligada(): boolean {
    return this.#tubo?.aberto ?? false;
  }

  /** O que o servidor disse de si, depois de `conecta` ou de um pedido; `undefined` se só fala CLINICA/1. */
  get apresentacao(): Apresentacao | undefined {
    return this.#apresentacao;
  }

  /** Verdadeiro se já se sabe que o servidor só fala CLINICA/1. */
  get soDeUm(): boolean {
    return this.#combinou && this.#apresentacao === undefined;
  }

  /**
   * Conecta e combina o fio, se ainda não o fez, e devolve as primeiras horas livres da saudação.
   *
   * @throws {SemConexao} quando o servidor não atende, não fala CLINICA/1 ou está ocupado (`ServidorOcupado`).
   * @throws {ChaveRecusada} quando o servidor não aceita a chave, ou deixou de a aceitar.
   */
  async conecta(): Promise<readonly PrimeiraVaga[]> {
    const tubo = await this.#tuboAberto();
    try {
      this.#combinado(await this.#noPrazo(tubo.combina(), PRAZO_DA_CONEXAO));
    } catch (causa) {
      tubo[Symbol.dispose]();
      if (this.sinal.aborted) throw this.sinal.reason;
      if (causa instanceof ChaveRecusada) throw this.#comoRecusada();
      throw this.#semConexao(causa);
    }
    return tubo.primeiras;
  }

  /**
   * Manda um pedido e devolve a resposta. Numa conexão nova, vai na mesma ida que o `OLA`: um servidor
   * antigo recusa o que não conhece, e o que conhece responde igual.
   *
   * @throws {SemConexao} quando nada aconteceu e o pedido pode ser repetido.
   * @throws {ServidorAntigo} quando o servidor só fala CLINICA/1 e o pedido é de CLINICA/2; nada aconteceu.
   * @throws {ChaveRecusada} quando o servidor não aceita a chave; nada aconteceu.
   * @throws {RespostaPerdida} quando um pedido de mudança saiu e a resposta não veio.
   */
  async pede(pedido: PedidoNoFio2): Promise<Respondido> {
    const reaproveitada = this.ligada;
    // Antes de a chave ser aceita nada sai: o que aí falhe não é uma resposta perdida.
    if (this.comChave) await this.conecta();
    const tubo = await this.#tuboAberto();
    try {
      const resposta = await this.#noPrazo(tubo.pede(pedido), PRAZO_DA_RESPOSTA);
      this.#combinado(tubo.apresentacao);
      return resposta;
    } catch (causa) {
      if (causa instanceof ServidorAntigo) {
        this.#combinado(undefined);
        throw causa;
      }
      tubo[Symbol.dispose]();
      if (causa instanceof ChaveRecusada) throw this.#comoRecusada();
      if (causa instanceof ServidorOcupado && causa.segundos !== undefined) throw causa;
      if (MUDANCAS.includes(pedido.comando)) {
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

  /** Dois pedidos ao mesmo tempo abrem uma só. */
  #tuboAberto(): Promise<Tubo> {
    if (this.#tubo?.aberto) return Promise.resolve(this.#tubo);
    return this.#abrindo ??= this.#abre().finally(() => this.#abrindo = undefined);
  }

  async #abre(): Promise<Tubo> {
    if (this.#recusada !== undefined) throw this.#recusada;
    const desiste = new AbortController();
    let ligou = false;
    const abrindo = abre(this.endereco, desiste.signal).then((conn) => {
      ligou = true;
      return Tubo.comeca(conn, { sinal: desiste.signal, chave: this.#chave });
    });
    try {
      return this.#tubo = await this.#noPrazo(abrindo, PRAZO_DA_CONEXAO);
    } catch (causa) {
      desiste.abort();
      // A conexão pode ter ficado pronta no instante em que se desistiu dela.
      abrindo.then((tubo) => tubo[Symbol.dispose](), () => {});
      if (this.sinal.aborted) throw this.sinal.reason;
      // Quem atende por TLS espera que se fale primeiro, e em claro espera-se por ele.
      if (ligou && this.endereco.tls === undefined && ehDemora(causa)) {
        const servidor = escreverEndereco(this.endereco);
        throw new SemConexao(`${servidor} aceitou a conexão e não disse nada; se é a porta dele por TLS, junte --tls`, {
          cause: causa,
        });
      }
      throw this.#semConexao(causa);
    }
  }

  #combinado(apresentacao: Apresentacao | undefined): void {
    this.#apresentacao = apresentacao;
    this.#combinou = true;
    this.#entrou ||= this.comChave && apresentacao !== undefined;
  }

  #comoRecusada(): ChaveRecusada {
    return this.#recusada ??= new ChaveRecusada(
      this.#entrou
        ? "A chave deste terminal deixou de valer: foi revogada, ou o prazo dela passou."
        : "O servidor não aceita a chave deste terminal: está mal copiada, foi revogada ou venceu, ou é de outro servidor.",
    );
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

/** O servidor, como `tls.ts` o quer. */
export function alvoDe({ host, porta, tls }: Endereco): Alvo {
  return { host, porta, raiz: tls?.raiz, servidor: escreverEndereco({ host, porta }) };
}

/** `localhost` nem sempre traz os dois endereços no arquivo de nomes da máquina; o servidor pode estar em um só. */
async function abre(endereco: Endereco, sinal: AbortSignal): Promise<Ligacao> {
  const { host, porta } = endereco;
  // Só aqui: quem fala às claras não espera pelo que não usa.
  const tls = endereco.tls === undefined ? undefined : await import("./tls.ts");
  const candidatos = host.toLowerCase() === "localhost" ? ["127.0.0.1", "::1"] : [host];
  let causa: unknown;
  for (const hostname of candidatos) {
    try {
      if (tls !== undefined) return await tls.ligaTls({ ...alvoDe(endereco), em: hostname }, sinal);
      return await Deno.connect({ hostname, port: porta, signal: sinal });
    } catch (erro) {
      causa ??= erro;
    }
  }
  throw causa;
}

/** Verdadeiro se acabou o prazo. */
function ehDemora(causa: unknown): boolean {
  return causa instanceof DOMException && causa.name === "TimeoutError";
}

/** O que houve, numa frase para quem está diante da tela. */
function motivo(causa: unknown, endereco: string): string {
  if (causa instanceof Deno.errors.ConnectionRefused) return `nenhum servidor atende em ${endereco}`;
  if (ehDemora(causa)) return `${endereco} não respondeu a tempo`;
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
