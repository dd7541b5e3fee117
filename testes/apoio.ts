/**
 * Apoio dos testes: uma pasta temporária, o servidor e o cliente como processos, uma conexão crua por linhas, CPFs e
 * datas de exemplo. Só o que testa, prova ou mede o
 * importa; o produto, nunca.
 *
 * @module
 */

import { deadline, delay } from "@std/async";
import type { Agenda } from "../agenda.ts";
import { fazCertificado } from "../comandos/certificado.ts";
import type { Resultado } from "../clinica/pedido.ts";
import {
  codificarPedido,
  decodificarPedido,
  decodificarResposta,
  Enquadrador,
  type PedidoNoFio,
  type Resposta,
} from "../protocolo.ts";
import type { ParDeChaves } from "../rede/porta_tls.ts";
import { Redator } from "../rede/redator.ts";

/** Quanto um teste espera pelo que deve acontecer logo, em ms, antes de se dar por falho. */
export const PACIENCIA = 20_000;

/** Espera até que algo seja verdade, perguntando de tempos em tempos; falha depois do prazo, em ms. */
export async function ate(verdade: () => boolean | Promise<boolean>, prazo: number = PACIENCIA): Promise<void> {
  const fim = performance.now() + prazo;
  while (!await verdade()) {
    if (performance.now() > fim) throw new Error("não aconteceu a tempo");
    await delay(10);
  }
}

/** Verdadeiro quando o processo de testes tem todas as permissões pedidas, sem perguntar. */
export function permitido(...nomes: Deno.PermissionName[]): boolean {
  return nomes.every((name) => Deno.permissions.querySync({ name } as Deno.PermissionDescriptor).state === "granted");
}

/** O que um teste com rede, arquivos e processos precisa ter; sem isso ele é ignorado, e o nome diz por quê. */
const PERMISSOES: Deno.PermissionName[] = ["net", "read", "write", "run", "env", "sys"];

/** Registra um teste que usa rede, arquivos ou processos; sem permissão é ignorado e diz como rodá-lo. */
export function testeComSistema(nome: string, fn: (t: Deno.TestContext) => Promise<void> | void): void {
  const ignore = !permitido(...PERMISSOES);
  Deno.test({ name: ignore ? `${nome} (ignorado: falta permissão; rode "deno test -A")` : nome, ignore, fn });
}

/** Registra um teste que precisa de um programa, que `args` experimentam; onde não há, é ignorado e diz como o ter. */
export function testeCom(
  programa: string,
  args: string[],
  nome: string,
  fn: (t: Deno.TestContext) => Promise<void> | void,
): void {
  if (!permitido(...PERMISSOES) || ha(programa, args)) return testeComSistema(nome, fn);
  const porque = `ignorado: falta ${programa}; instale-o com "apt install ${programa}"`;
  Deno.test({ name: `${nome} (${porque})`, ignore: true, fn });
}

function ha(programa: string, args: string[]): boolean {
  try {
    return new Deno.Command(programa, { args, stdout: "null", stderr: "null" }).outputSync().success;
  } catch {
    return false;
  }
}

/** Um certificado e a chave dele; sem permissão, nenhum, e nenhum teste o usa. */
export async function parDeExemplo(...args: Parameters<typeof fazCertificado>): Promise<ParDeChaves> {
  return permitido(...PERMISSOES) ? await fazCertificado(...args) : { certificado: "", chave: "" };
}

/** Uma pasta temporária que some no fim do `using`. */
export class Pasta implements Disposable {
  /** O caminho da pasta. */
  readonly caminho: string = Deno.makeTempDirSync({ prefix: "clinica-" });

  /** O caminho de um arquivo dentro da pasta. */
  arquivo(nome: string): string {
    return `${this.caminho}/${nome}`;
  }

  /** Remove a pasta e tudo o que há nela. */
  [Symbol.dispose](): void {
    Deno.removeSync(this.caminho, { recursive: true });
  }
}

/** Como `Servidor.inicia` começa um servidor. */
export interface OpcoesDoServidor {
  /** A pasta de trabalho, onde ficam `clinica.db` e `clinica.json`. */
  pasta: string;
  /** Mais argumentos de `servidor.ts`. */
  args?: string[];
  /** Um comando diante de `deno`, como `["prlimit", "--nofile=256"]`; tem de acabar em `exec`. */
  diante?: string[];
  /** O endereço em que ele atende; `127.0.0.1` quando não se diz. */
  endereco?: string;
  /** Mais variáveis de ambiente. */
  env?: Record<string, string>;
  /** Recebe o processo assim que ele existe, antes que atenda: quem pode ter de o matar não espera. */
  aoNascer?: (processo: Deno.ChildProcess) => void;
}

/** Uma linha do log JSON. */
export type LinhaDoLog = Record<string, unknown>;

/** Um `servidor.ts` em processo próprio, numa porta livre. */
export class Servidor implements AsyncDisposable {
  /** As linhas do log JSON até agora. */
  readonly log: LinhaDoLog[] = [];
  /** As mesmas linhas, como vieram. */
  readonly linhas: string[] = [];
  #porta = 0;
  #processo: Deno.ChildProcess;
  #fim: Promise<void>;
  #acabou = false;
  #aEspera: (() => void)[] = [];

  private constructor(processo: Deno.ChildProcess) {
    this.#processo = processo;
    this.#fim = leLinhas(processo.stdout, (linha) => {
      this.linhas.push(linha);
      this.log.push(JSON.parse(linha));
      this.#acorda();
    }).finally(() => {
      this.#acabou = true;
      this.#acorda();
    });
    this.#fim.catch(() => {});
  }

  /** Inicia o servidor e espera até que ele diga que atende. */
  static async inicia(opcoes: OpcoesDoServidor): Promise<Servidor> {
    const { pasta, args = [], diante = [], endereco = "127.0.0.1", env, aoNascer = () => {} } = opcoes;
    const [comando, ...resto] = [
      ...diante,
      ...comandoDeno("servidor.ts"),
      ...["--endereco", endereco, ...args.includes("--so-tls") ? [] : ["--porta", "0"], "--log", "json", ...args],
    ];
    const processo = new Deno.Command(comando, { args: resto, cwd: pasta, env, stdout: "piped", stderr: "inherit" })
      .spawn();
    aoNascer(processo);
    const servidor = new Servidor(processo);
    try {
      const { porta } = await servidor.registrou((linha) => linha.evento === "pronto");
      servidor.#porta = Number(porta);
      return servidor;
    } catch (causa) {
      await servidor[Symbol.asyncDispose]();
      throw new Error("o servidor acabou antes de atender", { cause: causa });
    }
  }

  /** A porta em que ele atende. */
  get porta(): number {
    return this.#porta;
  }

  /** A porta em que ele atende por TLS. */
  get portaTls(): number {
    const [pronto] = this.log.filter(({ evento }) => evento === "pronto");
    return Object(pronto.tls).porta;
  }

  /** Onde as páginas atendem, sem a barra do fim, quando estão no ar. */
  async paginas(): Promise<string> {
    const { porta, enderecos } = await this.registrou(({ evento }) => evento === "paginas");
    return `${String(enderecos).includes("https:") ? "https" : "http"}://localhost:${porta}`;
  }

  /** O número do processo. */
  get pid(): number {
    return this.#processo.pid;
  }

  /** Espera até que o log tenha uma linha que serve, e a devolve; rejeita se o servidor acaba sem ela. */
  async registrou(serve: (linha: LinhaDoLog) => boolean): Promise<LinhaDoLog> {
    for (let vistas = 0;;) {
      while (vistas < this.log.length) {
        const linha = this.log[vistas++];
        if (serve(linha)) return linha;
      }
      if (this.#acabou) throw new Error(`o servidor acabou sem registrar o que se esperava: ${this.linhas.join("\n")}`);
      await deadline(new Promise<void>((acorda) => this.#aEspera.push(acorda)), PACIENCIA);
    }
  }

  #acorda(): void {
    for (const acorda of this.#aEspera.splice(0)) acorda();
  }

  /** Manda um sinal, sem esperar. */
  sinaliza(sinal: Deno.Signal): void {
    this.#processo.kill(sinal);
  }

  /** Manda um sinal e espera o processo acabar; devolve o código de saída e o sinal que o encerrou. */
  async encerra(sinal: Deno.Signal = "SIGTERM"): Promise<Deno.CommandStatus> {
    try {
      this.#processo.kill(sinal);
    } catch {
      // já acabou
    }
    return await this.acaba();
  }

  /** Espera o processo acabar; devolve o código de saída e o sinal que o encerrou. */
  async acaba(): Promise<Deno.CommandStatus> {
    const status = await deadline(this.#processo.status, PACIENCIA);
    await this.#fim;
    return status;
  }

  /** Termina o servidor à força, se ainda está de pé. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.encerra("SIGKILL");
  }
}

/** Faz algo com um servidor e a pasta dele, e o encerra. */
export async function comServidor(fn: (servidor: Servidor, pasta: Pasta) => Promise<void>): Promise<void> {
  using pasta = new Pasta();
  await using servidor = await Servidor.inicia({ pasta: pasta.caminho });
  await fn(servidor, pasta);
}

/** A pasta do projeto. */
export const RAIZ = `${import.meta.dirname}/..`;

/** O comando que roda um script deste projeto, de qualquer pasta; `script` é o caminho a partir da raiz. */
export function comandoDeno(script: string): string[] {
  return [Deno.execPath(), "run", "-A", "--config", `${RAIZ}/deno.json`, `${RAIZ}/${script}`];
}

/** O resultado de um processo que acabou. */
export interface Saida {
  /** Código de saída. */
  codigo: number;
  /** Tudo o que escreveu em stdout. */
  stdout: string;
  /** Tudo o que escreveu em stderr. */
  stderr: string;
}

/** Roda um script deste projeto até o fim; `entrada` vai para o stdin dele, que não é um terminal. */
export async function roda(
  script: string,
  args: string[],
  { cwd, entrada = "", env, diante = [] }: {
    cwd?: string;
    entrada?: string;
    env?: Record<string, string>;
    diante?: string[];
  } = {},
): Promise<Saida> {
  const [comando, ...resto] = [...diante, ...comandoDeno(script), ...args];
  const processo = new Deno.Command(comando, {
    args: resto,
    cwd,
    env,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const escritor = processo.stdin.getWriter();
  await escritor.write(new TextEncoder().encode(entrada)).catch(() => {});
  await escritor.close().catch(() => {});
  const { code, stdout, stderr } = await deadline(processo.output(), PACIENCIA);
  const texto = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
  return { codigo: code, stdout: texto(stdout), stderr: texto(stderr) };
}

/** Pede à agenda o que o fio traria e veste o que ela responde: o que faz uma sessão, sem rede. */
export function atendeNoFio(
  agenda: Agenda,
  pedidos: readonly PedidoNoFio[],
  origem: string = "10.0.0.7",
): Resposta[] | Promise<Resposta[] | undefined> {
  const redator = new Redator(agenda);
  const veste = (resultados: Resultado[]): Resposta[] => resultados.map((resultado) => redator.veste(resultado));
  const lidos = pedidos.map((pedido) => decodificarPedido(codificarPedido(pedido).trimEnd()));
  const atendidas = agenda.atende(lidos, { origem, cliente: `${origem}:1`, papel: "gerente" });
  return atendidas instanceof Promise ? atendidas.then((vieram) => vieram && veste(vieram)) : veste(atendidas);
}

/** Chama `recebe` para cada linha do fluxo, até o fim dele. */
export async function leLinhas(fluxo: ReadableStream<Uint8Array>, recebe: (linha: string) => void): Promise<void> {
  const enquadrador = new Enquadrador(Infinity);
  for await (const bloco of fluxo) {
    for (const linha of enquadrador.recebe(bloco)) {
      if (typeof linha === "string") recebe(linha);
    }
  }
}

/** Uma conexão crua: escreve o que se manda, devolve uma linha por vez. */
export class Fio implements Disposable {
  #conn: Deno.TcpConn | Deno.TlsConn;
  #enquadrador = new Enquadrador(Infinity);
  #linhas: string[] = [];
  #bloco: Uint8Array<ArrayBuffer> | undefined;

  private constructor(conn: Deno.TcpConn | Deno.TlsConn) {
    this.#conn = conn;
  }

  /** Conecta, a 127.0.0.1 quando não se diz, e deixa a saudação por ler. */
  static async conecta(porta: number, hostname: string = "127.0.0.1"): Promise<Fio> {
    return new Fio(await Deno.connect({ hostname, port: porta }));
  }

  /** O mesmo por TLS, com a implementação do Deno, e não com a do servidor; `certificado` em PEM, ou vários. */
  static async porTls(porta: number, ...certificados: string[]): Promise<Fio> {
    return new Fio(await Deno.connectTls({ hostname: "localhost", port: porta, caCerts: certificados }));
  }

  /** Conecta e lê a saudação. */
  static async saudado(porta: number): Promise<Fio> {
    const fio = await Fio.conecta(porta);
    await fio.linha();
    return fio;
  }

  /** Escreve os bytes ou o texto tal como são. */
  async manda(dados: string | Uint8Array): Promise<void> {
    const bytes = typeof dados === "string" ? new TextEncoder().encode(dados) : dados;
    for (let feito = 0; feito < bytes.length;) feito += await this.#conn.write(bytes.subarray(feito));
  }

  /** A próxima linha; `undefined` quando o servidor fechou. */
  async linha(): Promise<string | undefined> {
    while (this.#linhas.length === 0) {
      const bloco = this.#bloco ??= new Uint8Array(65536);
      const lidos = await deadline(this.#conn.read(bloco), PACIENCIA);
      if (lidos === null) return undefined;
      for (const linha of this.#enquadrador.recebe(bloco.subarray(0, lidos))) {
        if (typeof linha === "string") this.#linhas.push(linha);
      }
    }
    return this.#linhas.shift();
  }

  /** A próxima linha, como resposta. */
  async resposta(): Promise<Resposta> {
    const linha = await this.linha();
    const resposta = linha === undefined ? undefined : decodificarResposta(linha);
    if (resposta === undefined) throw new Error(`não é uma resposta: ${linha}`);
    return resposta;
  }

  /** Manda um pedido e espera a resposta. */
  async pede(pedido: PedidoNoFio): Promise<Resposta> {
    await this.manda(codificarPedido(pedido));
    return await this.resposta();
  }

  /** Fecha o lado de escrita. */
  async fechaEscrita(): Promise<void> {
    await this.#conn.closeWrite();
  }

  /** Fecha a conexão. */
  [Symbol.dispose](): void {
    this.#conn[Symbol.dispose]();
  }
}

/** Se um erro é de uma conexão que o outro lado cortou ou não aceitou. */
export function ehDaRede(erro: unknown): boolean {
  return erro instanceof Deno.errors.ConnectionReset || erro instanceof Deno.errors.BrokenPipe ||
    erro instanceof Deno.errors.ConnectionAborted || erro instanceof Deno.errors.ConnectionRefused ||
    erro instanceof Deno.errors.NotConnected;
}

/** O enésimo CPF válido de uma sequência sem repetição, 11 dígitos. */
export function cpfDeExemplo(n: number): string {
  let digitos = String(100_000_000 + n);
  for (let tamanho = 9; tamanho < 11; tamanho++) {
    let soma = 0;
    for (let i = 0; i < tamanho; i++) soma += Number(digitos[i]) * (tamanho + 1 - i);
    digitos += String((soma * 10) % 11 % 10);
  }
  return digitos;
}

/** Um `strace` que já acompanha um processo, com mais estes argumentos; `fim` é quando ele não tem mais o que dizer. */
export async function acompanha(
  pid: number,
  args: readonly string[],
): Promise<{ strace: Deno.ChildProcess; fim: Promise<void> }> {
  const strace = new Deno.Command("strace", { args: ["-f", "-p", `${pid}`, ...args], stdout: "null", stderr: "piped" })
    .spawn();
  const comecou = Promise.withResolvers<void>();
  const fim = leLinhas(strace.stderr, (linha) => {
    if (linha.includes("attached")) comecou.resolve();
  }).finally(() => comecou.reject(new Error("o strace acabou sem acompanhar o processo")));
  comecou.promise.catch(() => {});
  await deadline(comecou.promise, PACIENCIA);
  return { strace, fim };
}

/** Faz os fsync de um processo falharem com EIO, por `strace`, até o fim do `using`. */
export class Sabotagem implements AsyncDisposable {
  #strace: Deno.ChildProcess;
  #fim: Promise<void>;

  private constructor(strace: Deno.ChildProcess, fim: Promise<void>) {
    this.#strace = strace;
    this.#fim = fim;
  }

  /** Acompanha o processo; `quais` como no `when=` do `strace`: só o primeiro (`"1"`), todos (`"1+"`). */
  static async comeca(pid: number, quais: string): Promise<Sabotagem> {
    const chamadas = "fsync,fdatasync";
    const args = ["-e", `trace=${chamadas}`, "-e", `inject=${chamadas}:error=EIO:when=${quais}`];
    const { strace, fim } = await acompanha(pid, args);
    return new Sabotagem(strace, fim);
  }

  /** Deixa de acompanhar; o processo continua, sem falhas. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#strace.kill("SIGINT");
    } catch {
      // já acabou
    }
    await this.#strace.status;
    await this.#fim;
  }
}

/** Processos e pastas que se fecham juntos, aconteça o que acontecer. */
export class Oficina implements AsyncDisposable {
  #processos = new Set<Deno.ChildProcess>();
  #pastas = new Set<Pasta>();
  #outras: AsyncDisposable[] = [];
  #fechada = false;

  /** Uma pasta temporária. */
  pasta(): Pasta {
    const pasta = new Pasta();
    this.#pastas.add(pasta);
    return pasta;
  }

  /** Um servidor em processo próprio, que só conta o que vai mal. */
  async servidor(opcoes: OpcoesDoServidor): Promise<Servidor> {
    return await Servidor.inicia({
      ...opcoes,
      args: ["--quieto", ...opcoes.args ?? []],
      aoNascer: (processo) => this.adota(processo),
    });
  }

  /** Passa a cuidar de um processo. */
  adota(processo: Deno.ChildProcess): void {
    this.#processos.add(processo);
    processo.status.finally(() => this.#processos.delete(processo));
    if (this.#fechada) mata(processo);
  }

  /** Passa a cuidar do que se fecha de outro modo, e o devolve. */
  async cuida<T extends AsyncDisposable>(coisa: T): Promise<T> {
    this.#outras.push(coisa);
    if (this.#fechada) await coisa[Symbol.asyncDispose]();
    return coisa;
  }

  /** Mata os processos que restam, fecha o resto e remove as pastas. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#fechada = true;
    const processos = [...this.#processos];
    for (const processo of processos) mata(processo);
    await Promise.all(processos.map(({ status }) => status));
    for (const coisa of this.#outras.splice(0)) await coisa[Symbol.asyncDispose]();
    for (const pasta of this.#pastas) pasta[Symbol.dispose]();
    this.#pastas.clear();
  }
}

/** Mata um processo à força, se ainda está de pé. */
export function mata(processo: Deno.ChildProcess): void {
  try {
    processo.kill("SIGKILL");
  } catch {
    // já acabou
  }
}

/** O que o sistema tem e deixa usar. */
export interface Ferramentas {
  /** `strace`, e o sistema o deixa acompanhar um processo. */
  readonly strace: boolean;
  /** `prlimit`, que muda os limites de um processo. */
  readonly prlimit: boolean;
  /** `unshare`, e o sistema o deixa montar um tmpfs que só um processo vê. */
  readonly tmpfs: boolean;
  /** O que `LD_PRELOAD` deve ter para que um processo veja a hora que se queira. */
  readonly faketime: string | undefined;
}

/** O que um comando escreve em stdout; `undefined` se não existe ou acabou mal. */
export async function saidaDe(comando: string, ...args: string[]): Promise<string | undefined> {
  try {
    const { success, stdout } = await new Deno.Command(comando, { args, stderr: "null" }).output();
    return success ? new TextDecoder().decode(stdout) : undefined;
  } catch {
    return undefined;
  }
}

/** Experimenta cada ferramenta. */
export async function procuraFerramentas(): Promise<Ferramentas> {
  const [strace, prlimit, tmpfs, faketime] = await Promise.all([
    saidaDe("sh", "-c", "sleep 0.3 & strace -o /dev/null -p $!"),
    saidaDe("prlimit", "--version"),
    saidaDe("unshare", "-rm", "mount", "-t", "tmpfs", "none", "/mnt"),
    saidaDe("faketime", "-m", "-f", "+0", "printenv", "LD_PRELOAD"),
  ]);
  return {
    strace: strace !== undefined,
    prlimit: prlimit !== undefined,
    tmpfs: tmpfs !== undefined,
    faketime: faketime?.trim(),
  };
}

/** A maior memória residente que um processo já teve, em MiB. */
export function picoDeMemoria(pid: number): number | undefined {
  if (Deno.build.os !== "linux") return undefined;
  const achado = /^VmHWM:\s+(\d+) kB/m.exec(Deno.readTextFileSync(`/proc/${pid}/status`));
  return achado === null ? undefined : Number(achado[1]) / 1024;
}

/** Escreve um arquivo até que não caiba mais no disco. */
export function enche(caminho: string): void {
  using arquivo = Deno.openSync(caminho, { write: true, create: true });
  const bloco = new Uint8Array(4096);
  try {
    for (;;) arquivo.writeSync(bloco);
  } catch (erro) {
    if (!(erro instanceof Error && /space|os error 28/.test(erro.message))) throw erro;
  }
}
