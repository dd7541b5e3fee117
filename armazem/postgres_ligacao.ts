/**
 * Uma conexão a um PostgreSQL: o que se manda, em quantas idas, e até quando se espera. Sabe do protocolo e do módulo
 * `pg`, que só é carregado quando se liga; do livro e de que máquina é a certa não sabe nada.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type { EnderecoDoBanco, Maquina, OpcoesDeTls } from "./postgres_endereco.ts";

// ------------------------------------------------------------------------------------------------------ os prazos

/** Quanto se espera que uma conexão se despeça, em ms. */
const PRAZO_DO_ADEUS = 1000;

/** Como um servidor se apresenta ao banco: com a versão do livro que conhece, para que quem a muda saiba quem fica. */
export const NOME = "clinica/6";

/** Vencido um prazo, ainda se lê o que já chegou, por este tempo em ms: o atrasado pode ser este processo. */
const FOLGA = 50;

/** Um prazo venceu sem resposta do banco. */
export class PrazoVencido extends Error {
  /** `"PrazoVencido"`. */
  override name = "PrazoVencido";

  /** `ms` é o que se esperou. */
  constructor(ms: number) {
    super(`o banco não respondeu em ${Math.round(ms)} ms`);
  }
}

/** O instante, como `performance.now()` o conta, daqui a tantos ms. */
export function daquiA(ms: number): number {
  return performance.now() + ms;
}

/** A promessa, ou `PrazoVencido` se chega o instante `ate` sem que ela se resolva; `aoVencer` é chamada nesse caso. */
export async function noPrazo<T>(promessa: Promise<T>, ate: number, aoVencer: () => void = () => {}): Promise<T> {
  if (ate === Infinity) return await promessa;
  const prazo = Math.max(0, ate - performance.now());
  let alarme: ReturnType<typeof setTimeout> | undefined;
  const vencimento = new Promise<never>((_, rejeita) => {
    alarme = setTimeout(() => {
      alarme = setTimeout(() => {
        rejeita(new PrazoVencido(prazo));
        aoVencer();
      }, FOLGA);
    }, prazo);
  });
  try {
    return await Promise.race([promessa, vencimento]);
  } finally {
    clearTimeout(alarme);
  }
}

// ------------------------------------------------------------------------------------------------------ o módulo pg

/** O que se usa de um cliente de `npm:pg`, que é uma conexão. */
interface ClientePg {
  /** O processo do banco, como foi apresentado a quem se liga. */
  readonly processID: number | null;
  connect(): Promise<unknown>;
  query(consulta: { text: string; rowMode: "array" }): Promise<Retorno | Retorno[]>;
  query(ida: Ida): unknown;
  end(): Promise<void>;
  on(evento: "error", ouvinte: (erro: Error) => void): unknown;
  on(evento: "end", ouvinte: () => void): unknown;
  on(evento: "notification", ouvinte: (notificacao: { payload?: string }) => void): unknown;
  on(evento: "notice", ouvinte: (aviso: { severity?: string; message?: string }) => void): unknown;
}

/** O cliente é criado com o que se diz em `Ligacao.abre`. */
interface Pg {
  Client: new (opcoes: Readonly<Record<string, unknown>>) => ClientePg;
}

/** O que se usa da conexão de um cliente: por onde os bytes saem. */
interface ConexaoPg {
  readonly stream: { write(bytes: Uint8Array): unknown };
}

/** O que uma instrução devolveu. */
export interface Retorno {
  /** `"SELECT"`, `"COMMIT"`, `"ROLLBACK"`… */
  readonly command: string;
  /** As linhas, com as colunas como textos. */
  readonly rows: readonly (readonly Valor[])[];
}

/** Um valor, como o protocolo o leva em texto. */
export type Valor = string | null;

/** Uma instrução a mandar: uma preparada, pelo nome, ou um texto; `$1` é o primeiro dos valores. */
export type Instrucao =
  & { readonly valores?: readonly Valor[] }
  & ({ readonly preparada: string } | { readonly texto: string });

/** Textos como o protocolo leva um array deles. O PostgreSQL não guarda um NUL: recusaria o lote inteiro. */
export function textos(valores: readonly (string | null)[]): string {
  let escritos = "";
  for (const valor of valores) {
    if (escritos !== "") escritos += ",";
    if (valor === null) {
      escritos += "NULL";
      continue;
    }
    const comum = !/["\\\0]/.test(valor);
    if (!comum && valor.includes("\0")) throw new RangeError("um texto com NUL não pode ser gravado");
    escritos += `"${comum ? valor : valor.replace(/["\\]/g, "\\$&")}"`;
  }
  return `{${escritos}}`;
}

/** Números inteiros, ou nulos, como o protocolo leva um array deles. */
export function numeros(valores: readonly (number | null)[]): string {
  return `{${valores.map((valor) => valor ?? "NULL").join(",")}}`;
}

/** Os primeiros e os segundos, cada um como um array. */
export function doisTextos(pares: readonly (readonly [string, string])[]): [string, string] {
  return [textos(pares.map((par) => par[0])), textos(pares.map((par) => par[1]))];
}

/** O código de um erro que o banco respondeu (o SQLSTATE); `undefined` se o erro é da conexão, ou daqui. */
export function codigoDe(erro: unknown): string | undefined {
  if (!(erro instanceof Error) || !("severity" in erro) || !("code" in erro)) return undefined;
  return typeof erro.code === "string" ? erro.code : undefined;
}

/** Verdadeiro se com este erro o banco se despediu: a conexão ainda parece viva, e não está. */
export function ehDespedida(erro: unknown): boolean {
  return /^(08|25P0|57P)/.test(codigoDe(erro) ?? "");
}

/**
 * As mensagens de uma ida, num bloco só: mandá-las uma a uma custaria uma escrita no soquete cada. O formato é o de
 * postgresql.org/docs/current/protocol-message-formats.html.
 */
class Mensagens {
  #bytes = Buffer.allocUnsafe(4096);
  #fim = 0;

  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#fim);
  }

  prepara(nome: string, texto: string): void {
    this.#mensagem("P", () => {
      this.#texto(nome);
      this.#texto(texto);
      this.#int16(0);
    });
  }

  executa(preparada: string, valores: readonly Valor[]): void {
    this.#mensagem("B", () => {
      this.#texto("");
      this.#texto(preparada);
      // Valores e resultados em texto.
      this.#int16(0);
      this.#int16(valores.length);
      for (const valor of valores) this.#valor(valor);
      this.#int16(0);
    });
    this.#mensagem("E", () => {
      this.#texto("");
      this.#int32(0);
    });
  }

  sincroniza(): void {
    this.#mensagem("S", () => {});
  }

  #mensagem(tipo: string, corpo: () => void): void {
    this.#cabe(5);
    this.#fim = this.#bytes.writeUInt8(tipo.charCodeAt(0), this.#fim);
    const inicio = this.#fim;
    this.#fim += 4;
    corpo();
    this.#bytes.writeInt32BE(this.#fim - inicio, inicio);
  }

  #texto(texto: string): void {
    this.#cabe(texto.length * 3 + 1);
    this.#fim += this.#bytes.write(texto, this.#fim);
    this.#fim = this.#bytes.writeUInt8(0, this.#fim);
  }

  #valor(valor: Valor): void {
    if (valor === null) return this.#int32(-1);
    this.#cabe(valor.length * 3 + 4);
    const bytes = this.#bytes.write(valor, this.#fim + 4);
    this.#bytes.writeInt32BE(bytes, this.#fim);
    this.#fim += 4 + bytes;
  }

  #int16(numero: number): void {
    this.#cabe(2);
    this.#fim = this.#bytes.writeInt16BE(numero, this.#fim);
  }

  #int32(numero: number): void {
    this.#cabe(4);
    this.#fim = this.#bytes.writeInt32BE(numero, this.#fim);
  }

  /** Um caractere são no máximo três bytes por unidade UTF-16. */
  #cabe(bytes: number): void {
    if (this.#fim + bytes <= this.#bytes.length) return;
    const maior = Buffer.allocUnsafe(Math.max(2 * this.#bytes.length, this.#fim + bytes));
    this.#bytes.copy(maior, 0, 0, this.#fim);
    this.#bytes = maior;
  }
}

/** Uma ida ao banco: muitas mensagens e um só `Sync`; a primeira que falha pula as demais. */
class Ida {
  readonly fim: Promise<readonly Retorno[]>;
  #bytes: Uint8Array;
  #resultados: Retorno[] = [];
  #linhas: (readonly Valor[])[] = [];
  #resolve: (resultados: readonly Retorno[]) => void;
  #rejeita: (causa: unknown) => void;

  constructor(mensagens: Mensagens) {
    mensagens.sincroniza();
    this.#bytes = mensagens.bytes;
    const { promise, resolve, reject } = Promise.withResolvers<readonly Retorno[]>();
    this.fim = promise;
    this.#resolve = resolve;
    this.#rejeita = reject;
  }

  submit(conexao: ConexaoPg): void {
    conexao.stream.write(this.#bytes);
  }

  handleDataRow({ fields }: { fields: readonly Valor[] }): void {
    this.#linhas.push(fields);
  }

  handleCommandComplete({ text }: { text: string }): void {
    this.#resultados.push({ command: text.split(" ", 1)[0], rows: this.#linhas });
    this.#linhas = [];
  }

  handleError(erro: unknown): void {
    this.#rejeita(erro);
  }

  handleReadyForQuery(): void {
    this.#resolve(this.#resultados);
  }
}

// ------------------------------------------------------------------------------------------------------ uma conexão

/** Uma conexão. Uma ida ao banco por vez: a seguinte espera, com o prazo já a contar. */
export class Ligacao {
  /** Avisos do banco desde a última vez que se esvaziou. */
  readonly avisos: string[] = [];
  /** Chamada quando a conexão cai ou é cortada, uma vez; com o prazo, se foi por um que venceu. */
  aoCair: (vencido: PrazoVencido | undefined) => void = () => {};
  /** Chamada com o que outra conexão disse num canal que esta ouve (`LISTEN`). */
  aoNotificar: (dito: string) => void = () => {};
  /** Sobe quando um reserva é promovido. */
  linhaDoTempo = 0;
  #cliente: ClientePg;
  #viva = true;
  #anterior: Promise<unknown> = Promise.resolve();

  private constructor(cliente: ClientePg) {
    this.#cliente = cliente;
    cliente.on("error", () => this.#cai());
    cliente.on("end", () => this.#cai());
    cliente.on("notification", ({ payload = "" }) => this.aoNotificar(payload));
    cliente.on("notice", ({ severity, message }) => {
      // As gravidades vêm no idioma do banco; estas são as que não são avisos, e só chegam se alguém as pediu.
      if (!/^(DEBUG|LOG|INFO|NOTICE)/.test(severity ?? "")) this.avisos.push(message ?? "");
    });
  }

  /** Abre uma conexão a uma máquina do endereço, cifrada ou não, até `ate` (`performance.now()`), que não é `Infinity`. */
  static async abre(
    { usuario, senha, banco }: EnderecoDoBanco,
    { maquina, ssl, ate }: { maquina: Maquina; ssl: OpcoesDeTls | false; ate: number },
  ): Promise<Ligacao> {
    const { default: { Client } }: { default: Pg } = await import("pg");
    const cliente = new Client({
      host: maquina.host,
      port: maquina.porta,
      user: usuario,
      password: senha,
      database: banco,
      ssl,
      application_name: NOME,
      connectionTimeoutMillis: Math.max(1, Math.ceil(ate - performance.now())),
      keepAlive: true,
      // Textos como vêm: as datas e horas do livro são textos, e um `bigint` cabe num `number`.
      types: { getTypeParser: () => (texto: string) => texto },
    });
    const ligacao = new Ligacao(cliente);
    try {
      await cliente.connect();
      return ligacao;
    } catch (causa) {
      await ligacao.fecha();
      throw causa;
    }
  }

  /** Falso desde que caiu, foi cortada ou fechada. */
  get viva(): boolean {
    return this.#viva;
  }

  /** O processo que o banco, ou quem está no meio do caminho, disse que atende esta conexão. */
  get processo(): string {
    return String(this.#cliente.processID);
  }

  /** Manda um texto sem valores e espera a resposta a cada instrução dele; até `ate`, ou corta a conexão e rejeita. */
  async consulta(texto: string, ate: number): Promise<readonly Retorno[]> {
    const resultado = await this.#vai(() => this.#cliente.query({ text: texto, rowMode: "array" }), ate);
    return Array.isArray(resultado) ? resultado : [resultado];
  }

  /**
   * Manda as instruções numa só ida e espera a resposta a cada uma; até `ate`, ou corta a conexão e rejeita. Os valores
   * vão à parte do texto: o banco não os escreve no seu log com a instrução que falha.
   */
  async executa(instrucoes: readonly Instrucao[], ate: number): Promise<readonly Retorno[]> {
    const mensagens = new Mensagens();
    for (const instrucao of instrucoes) {
      if ("texto" in instrucao) mensagens.prepara("", instrucao.texto);
      mensagens.executa("preparada" in instrucao ? instrucao.preparada : "", instrucao.valores ?? []);
    }
    return await this.#manda(mensagens, ate);
  }

  /** Prepara instruções, por nome; valem enquanto a conexão viver. */
  async prepara(preparadas: Readonly<Record<string, string>>, ate: number): Promise<void> {
    const mensagens = new Mensagens();
    for (const [nome, texto] of Object.entries(preparadas)) mensagens.prepara(nome, texto);
    await this.#manda(mensagens, ate);
  }

  #manda(mensagens: Mensagens, ate: number): Promise<readonly Retorno[]> {
    const ida = new Ida(mensagens);
    return this.#vai(() => {
      this.#cliente.query(ida);
      return ida.fim;
    }, ate);
  }

  async #vai<T>(pergunta: () => Promise<T>, ate: number): Promise<T> {
    const prazo = ate - performance.now();
    const resposta = this.#anterior.then(pergunta);
    this.#anterior = resposta.catch(() => {});
    return await noPrazo(resposta, ate, () => this.#corta(new PrazoVencido(prazo)));
  }

  #cai(vencido?: PrazoVencido): void {
    if (!this.#viva) return;
    this.#viva = false;
    this.aoCair(vencido);
  }

  /** Desfaz a transação aberta, se há. Falso: a conexão está morta, e foi cortada. */
  async desfaz(ate: number): Promise<boolean> {
    if (!this.#viva) return false;
    try {
      await this.consulta("ROLLBACK", ate);
      return true;
    } catch {
      this.corta();
      return false;
    }
  }

  /** Fecha, sem esperar; o que estiver em curso rejeita. */
  corta(): void {
    this.#corta();
  }

  #corta(vencido?: PrazoVencido): void {
    this.#cai(vencido);
    this.#cliente.end().catch(() => {});
  }

  /** Despede-se, se não há nada em curso, e fecha. */
  async fecha(): Promise<void> {
    this.#cai();
    await noPrazo(this.#cliente.end(), daquiA(PRAZO_DO_ADEUS)).catch(() => {});
  }
}
