/**
 * Um PostgreSQL de verdade para os testes: um cluster temporário, dos programas instalados na máquina, numa porta livre
 * de 127.0.0.1, com reserva síncrono quando se pede. Some no fim, também quando o teste falha. Só o que testa,
 * prova ou mede o importa; o produto, nunca.
 *
 * @module
 */

import { deadline, delay } from "@std/async";
import { PACIENCIA, permitido } from "./apoio.ts";

/** Onde o Debian e outros põem os programas do servidor, que não estão no PATH. */
const PASTAS = ["/usr/lib/postgresql", "/usr/pgsql", "/opt/homebrew/opt/postgresql", "/usr/local/opt/postgresql"];

const COMO_INSTALAR = "instale-o, no Debian: apt install postgresql";

/** O que falta para que estes testes rodem; `undefined` quando nada falta. */
export const FALTA: string | undefined = oQueFalta();

function oQueFalta(): string | undefined {
  if (!permitido("net", "read", "write", "run", "env", "sys")) return 'falta permissão; rode "deno test -A"';
  if (Deno.build.os === "windows") return "o cluster de teste é para Linux e macOS";
  if (pastaDosProgramas() === undefined) return `falta o PostgreSQL; ${COMO_INSTALAR}`;
  if (saidaDe("ps", "-o", "pid=", "-p", String(Deno.pid)) === undefined) return "falta o ps; apt install procps";
  if (Deno.uid() === 0 && donoDoCluster() === undefined) return "como root é preciso que exista o usuário postgres";
}

/** A pasta em que está `initdb`. */
function pastaDosProgramas(): string | undefined {
  const candidatas = [saidaDe("pg_config", "--bindir"), ...PASTAS.flatMap(versoesEm)];
  return candidatas.find((pasta) => pasta !== undefined && existe(`${pasta}/initdb`) && existe(`${pasta}/postgres`));
}

function versoesEm(pasta: string): string[] {
  try {
    return [...Deno.readDirSync(pasta)].map(({ name }) => `${pasta}/${name}/bin`).sort().reverse();
  } catch {
    return [];
  }
}

function existe(caminho: string): boolean {
  try {
    Deno.statSync(caminho);
    return true;
  } catch {
    return false;
  }
}

function saidaDe(comando: string, ...args: string[]): string | undefined {
  try {
    const { success, stdout } = new Deno.Command(comando, { args, stderr: "null" }).outputSync();
    return success ? new TextDecoder().decode(stdout).trim() : undefined;
  } catch {
    return undefined;
  }
}

/** O PostgreSQL não roda como root: aí, o cluster é do usuário `postgres`. */
function donoDoCluster(): { uid: number; gid: number } | undefined {
  const [uid, gid] = [saidaDe("id", "-u", "postgres"), saidaDe("id", "-g", "postgres")];
  return uid === undefined || gid === undefined ? undefined : { uid: Number(uid), gid: Number(gid) };
}

const DONO = FALTA === undefined && Deno.uid() === 0 ? donoDoCluster() : undefined;
const PROGRAMAS = FALTA === undefined ? pastaDosProgramas() : undefined;

/** Registra um teste que usa um PostgreSQL; o que falta, e como obtê-lo, vai no nome de um teste ignorado. */
export function testeComPostgres(nome: string, fn: (t: Deno.TestContext) => Promise<void>): void {
  Deno.test({ name: FALTA === undefined ? nome : `${nome} (ignorado: ${FALTA})`, ignore: FALTA !== undefined, fn });
}

/** Um cluster que serve a todos os testes de um arquivo, e acaba com eles; `recebe` guarda-o antes do primeiro. */
export function clusterDoArquivo(recebe: (cluster: Cluster) => void, opcoes: readonly string[] = []): void {
  if (FALTA !== undefined) return;
  let cluster: Cluster;
  Deno.test.beforeAll(async () => {
    cluster = await Cluster.inicia(opcoes);
    recebe(cluster);
  });
  Deno.test.afterAll(async () => {
    await cluster[Symbol.asyncDispose]();
  });
}

/** Roda um programa do PostgreSQL até o fim, como o dono do cluster, e devolve o que escreveu em stdout. */
export async function programa(nome: string, args: string[], env: Record<string, string> = {}): Promise<string> {
  const comando = new Deno.Command(`${PROGRAMAS}/${nome}`, {
    args,
    cwd: "/",
    env: { LC_ALL: "C", ...env },
    stdout: "piped",
    stderr: "piped",
    ...DONO,
  });
  const { success, stdout, stderr } = await comando.output();
  if (!success) throw new Error(`${nome} falhou: ${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout);
}

function portaLivre(): number {
  using ouvinte = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return ouvinte.addr.port;
}

/** Por que o PostgreSQL desfaz todas as conexões e recupera: um processo seu que morreu. */
const QUEDA = /was terminated by signal|exited with exit code (?![01]$)|PANIC:/;

/** Quanto se espera, em ms, que o cluster se arrume antes de o matar. */
const PRAZO_DE_ARRUMAR = 2000;

/** Linhas do log que se mostram de uma queda. */
const LINHAS_DA_QUEDA = 10;

/** A senha do cluster de teste: com os caracteres que dão trabalho num endereço. */
export const SENHA = "s3nh@:/secreta%?#";

/** Uma coluna, como texto. */
export type Celula = string | null;

/** Uma conexão de administrador a um cluster de teste. */
export interface SessaoSql extends AsyncDisposable {
  /** Executa e devolve as linhas da última instrução. */
  executa(sql: string): Promise<Celula[][]>;
}

/** Um cluster temporário, no ar. */
export class Cluster implements AsyncDisposable {
  /** A porta em 127.0.0.1. */
  readonly porta: number;
  #pasta: string;
  #processo: Deno.ChildProcess | undefined;
  #opcoes: readonly string[];
  #diante: () => readonly string[];

  private constructor(pasta: string, porta: number, opcoes: readonly string[], diante = (): readonly string[] => []) {
    this.#pasta = pasta;
    this.porta = porta;
    this.#opcoes = opcoes;
    this.#diante = diante;
  }

  /**
   * Cria um cluster e o põe no ar; `opcoes` são linhas de `postgresql.conf`, e `diante` diz, de cada vez que sobe, o que se põe
   * diante do programa.
   */
  static async inicia(opcoes: readonly string[] = [], diante?: () => readonly string[]): Promise<Cluster> {
    const pasta = novaPasta();
    try {
      Deno.writeTextFileSync(`${pasta}/senha`, SENHA);
      Deno.chmodSync(`${pasta}/senha`, 0o644);
      await programa("initdb", [
        ...["--pgdata", `${pasta}/dados`, "--username", "clinica", "--auth", "scram-sha-256"],
        ...["--pwfile", `${pasta}/senha`, "--encoding", "UTF8", "--locale", "C", "--no-sync"],
      ]);
      const cluster = new Cluster(pasta, portaLivre(), opcoes, diante);
      await cluster.sobe();
      return cluster;
    } catch (causa) {
      Deno.removeSync(pasta, { recursive: true });
      throw causa;
    }
  }

  /** Um reserva deste cluster, copiado dele e no ar, que se apresenta ao principal como `reserva`. */
  async reserva(): Promise<Cluster> {
    const pasta = novaPasta();
    const origem = `host=127.0.0.1 port=${this.porta} user=clinica application_name=reserva`;
    await programa("pg_basebackup", [
      ...["--pgdata", `${pasta}/dados`, "--dbname", origem, "--checkpoint", "fast", "--write-recovery-conf"],
      ...["--wal-method", "stream", "--no-sync"],
    ], { PGPASSWORD: SENHA });
    const cluster = new Cluster(pasta, portaLivre(), this.#opcoes);
    await cluster.sobe("ready to accept read-only connections");
    return cluster;
  }

  /** O endereço de um banco deste cluster, com a senha; `outros` são portas de mais máquinas. */
  url(
    banco: string = "postgres",
    { outros = [], consulta = "" }: { outros?: number[]; consulta?: string } = {},
  ): string {
    const maquinas = [this.porta, ...outros].map((porta) => `127.0.0.1:${porta}`).join(",");
    return `postgres://clinica:${encodeURIComponent(SENHA)}@${maquinas}/${banco}${consulta}`;
  }

  /** A pasta do cluster, em que só o dono dele entra. */
  get pasta(): string {
    return this.#pasta;
  }

  /** Põe cópias destes arquivos na pasta dos dados, do dono do cluster e só dele. */
  async instala(arquivos: readonly string[]): Promise<void> {
    for (const arquivo of arquivos) {
      const destino = `${this.#pasta}/dados/${arquivo.slice(arquivo.lastIndexOf("/") + 1)}`;
      await Deno.copyFile(arquivo, destino);
      await Deno.chmod(destino, 0o600);
      if (DONO !== undefined) await Deno.chown(destino, DONO.uid, DONO.gid);
    }
  }

  /** Cria um banco vazio e devolve o endereço dele. */
  async banco(nome: string): Promise<string> {
    await this.executa(`CREATE DATABASE ${nome} STRATEGY file_copy`);
    return this.url(nome);
  }

  /** Executa SQL como administrador e devolve as linhas, todas as colunas como textos. */
  async executa(sql: string, banco: string = "postgres"): Promise<Celula[][]> {
    await using sessao = await this.sessao(banco);
    return await sessao.executa(sql);
  }

  /** Quantos impasses houve num banco. */
  async impasses(banco: string): Promise<Celula> {
    await this.executa("SELECT pg_stat_force_next_flush()", banco);
    const [[quantos]] = await this.executa(`SELECT deadlocks FROM pg_stat_database WHERE datname = '${banco}'`, banco);
    return quantos;
  }

  /** Uma conexão de administrador. */
  async sessao(banco: string = "postgres"): Promise<SessaoSql> {
    const { default: pg } = await import("pg");
    const cliente = new pg.Client({
      connectionString: this.url(banco),
      ssl: false,
      connectionTimeoutMillis: PACIENCIA,
      types: { getTypeParser: () => (texto: string) => texto },
    });
    cliente.on("error", () => {});
    try {
      await cliente.connect();
    } catch (causa) {
      await cliente.end();
      throw causa;
    }
    return {
      async executa(sql): Promise<Celula[][]> {
        const resultado = await deadline(cliente.query({ text: sql, rowMode: "array" }), PACIENCIA);
        return (Array.isArray(resultado) ? resultado[resultado.length - 1] : resultado).rows;
      },
      async [Symbol.asyncDispose](): Promise<void> {
        await cliente.end();
      },
    };
  }

  /** Põe no ar e espera que atenda. */
  async sobe(sinal: string = "ready to accept connections"): Promise<void> {
    const opcoes = [
      "listen_addresses=127.0.0.1",
      `port=${this.porta}`,
      `unix_socket_directories=${this.#pasta}`,
      "logging_collector=off",
      ...this.#opcoes,
    ];
    // O da vez anterior diria que já está pronto.
    if (existe(`${this.#pasta}/log`)) Deno.removeSync(`${this.#pasta}/log`);
    // O log vai para um arquivo: um cluster que serve a muitos testes não pode ter uma leitura em curso em nenhum deles.
    const processo = new Deno.Command("sh", {
      args: [
        ...["-c", 'log="$1"; shift; exec "$@" 2>"$log"', "sh", `${this.#pasta}/log`],
        ...[
          ...this.#diante(),
          `${PROGRAMAS}/postgres`,
          "-D",
          `${this.#pasta}/dados`,
          ...opcoes.flatMap((opcao) => ["-c", opcao]),
        ],
      ],
      cwd: "/",
      env: { LC_ALL: "C" },
      stdin: "null",
      stdout: "null",
      stderr: "inherit",
      ...DONO,
    }).spawn();
    this.#processo = processo;
    let acabou = false;
    processo.status.then(() => acabou = true);
    const prazo = performance.now() + PACIENCIA;
    while (!this.log.includes(sinal)) {
      if (acabou || performance.now() > prazo) throw new Error(`o PostgreSQL não subiu:\n${this.log}`);
      await delay(20);
    }
  }

  /** O log desde a última vez que subiu. */
  get log(): string {
    try {
      return Deno.readTextFileSync(`${this.#pasta}/log`);
    } catch {
      return "";
    }
  }

  /** O que o log diz de um processo do cluster que morreu sem que ninguém o matasse, e do que veio depois. */
  get queda(): string | undefined {
    const linhas = this.log.split("\n");
    const desde = linhas.findIndex((linha) => QUEDA.test(linha));
    // O que uma biblioteca diz antes de abortar não traz hora: está na linha de antes.
    return desde < 0 ? undefined : linhas.slice(Math.max(0, desde - 1), desde + LINHAS_DA_QUEDA).join("\n").trim();
  }

  /** Mata todos os processos do cluster, como numa falta de luz da máquina dele. */
  async mata(): Promise<void> {
    const processo = this.#processo;
    if (processo === undefined) return;
    this.#processo = undefined;
    const filhos = filhosDe(processo.pid);
    for (const pid of [processo.pid, ...filhos]) {
      try {
        Deno.kill(pid, "SIGKILL");
      } catch {
        // já se foi
      }
    }
    await processo.status;
    // Enquanto um filho não acaba, a memória partilhada é dele e o cluster não sobe outra vez.
    const prazo = performance.now() + PACIENCIA;
    while (filhos.some(estaVivo) && performance.now() < prazo) await delay(5);
  }

  /** Para em ordem: as conexões são desfeitas. */
  async para(): Promise<void> {
    const processo = this.#processo;
    if (processo === undefined) return;
    this.#processo = undefined;
    processo.kill("SIGINT");
    await deadline(processo.status, PACIENCIA);
  }

  /** Para de repente, sem gravar nada; quem o iniciou ainda arruma o que é dele. */
  async #desiste(): Promise<void> {
    const processo = this.#processo;
    if (processo === undefined) return;
    processo.kill("SIGQUIT");
    await deadline(processo.status, PRAZO_DE_ARRUMAR);
    this.#processo = undefined;
  }

  /** Congela ou descongela todos os processos: uma máquina que não responde, mas cujas conexões não caem. */
  congela(sim: boolean): void {
    const pid = this.#processo?.pid;
    if (pid === undefined) return;
    for (const processo of [pid, ...filhosDe(pid)]) {
      try {
        Deno.kill(processo, sim ? "SIGSTOP" : "SIGCONT");
      } catch {
        // um filho que acabou
      }
    }
  }

  /** Faz do reserva o principal. */
  async promove(): Promise<void> {
    await programa("pg_ctl", ["promote", "--pgdata", `${this.#pasta}/dados`, "--wait"]);
  }

  /** Um PgBouncer diante deste cluster, no modo dado (`"transaction"`, `"session"`…), com a mesma senha. */
  async pgbouncer(modo: string): Promise<AsyncDisposable & { readonly porta: number }> {
    const porta = portaLivre();
    Deno.writeTextFileSync(`${this.#pasta}/pgbouncer.txt`, `"clinica" "${SENHA}"\n`);
    Deno.writeTextFileSync(
      `${this.#pasta}/pgbouncer.ini`,
      `[databases]
* = host=127.0.0.1 port=${this.porta}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${porta}
unix_socket_dir =
auth_type = plain
auth_file = ${this.#pasta}/pgbouncer.txt
pool_mode = ${modo}
`,
    );
    for (const arquivo of ["pgbouncer.txt", "pgbouncer.ini"]) Deno.chmodSync(`${this.#pasta}/${arquivo}`, 0o644);
    const processo = new Deno.Command("pgbouncer", {
      args: ["--quiet", `${this.#pasta}/pgbouncer.ini`],
      cwd: "/",
      stdin: "null",
      stdout: "null",
      stderr: "null",
      ...DONO,
    }).spawn();
    const prazo = performance.now() + PACIENCIA;
    for (;;) {
      try {
        (await Deno.connect({ hostname: "127.0.0.1", port: porta })).close();
        break;
      } catch (causa) {
        if (performance.now() > prazo) throw causa;
        await delay(20);
      }
    }
    return {
      porta,
      async [Symbol.asyncDispose](): Promise<void> {
        processo.kill("SIGTERM");
        await processo.status;
      },
    };
  }

  /** Para o cluster e apaga tudo dele. */
  async [Symbol.asyncDispose](): Promise<void> {
    // Quem o mata deixa em /dev/shm o que os processos dele partilham; mas congelado não se para de outro modo.
    await this.#desiste().catch(() => {});
    await this.mata();
    // Um filho que acaba de morrer pode ainda escrever: uma segunda vez basta.
    for (let vez = 0;; vez++) {
      try {
        return Deno.removeSync(this.#pasta, { recursive: true });
      } catch (causa) {
        if (vez === 3 || causa instanceof Deno.errors.NotFound) return;
        await delay(50);
      }
    }
  }
}

function novaPasta(): string {
  const pasta = Deno.makeTempDirSync({ prefix: "clinica-pg-" });
  if (DONO !== undefined) Deno.chownSync(pasta, DONO.uid, DONO.gid);
  return pasta;
}

/** Os processos que o `postgres` criou; cada um é chefe da sua própria sessão, e não do grupo dele. */
function filhosDe(pai: number): number[] {
  return (saidaDe("ps", "-o", "pid=", "--ppid", String(pai)) ?? "").split("\n").map(Number).filter((pid) => pid > 0);
}

/** Um morto por recolher já não segura nada. */
function estaVivo(pid: number): boolean {
  const estado = saidaDe("ps", "-o", "stat=", "-p", String(pid)) ?? "";
  return estado !== "" && !estado.startsWith("Z");
}

/** O que um intermediário faz com o commit que vem: perde-o, ou perde a resposta a ele. */
export type Sumico = "perde o commit" | "perde a resposta";

/** O pedido de commit de um lote, como vai no protocolo: o nome da preparada depois do de um portal vazio. */
const COMMIT = "\0confirma\0";

/** Fica entre o servidor e o banco, e perde o que se manda: uma rede que cai no pior instante. */
export class Intermediario implements AsyncDisposable {
  /** Armado, vale para o próximo commit. */
  sumico: Sumico | undefined;
  /** Enquanto verdadeiro, recusa conexões. */
  fechado = false;
  /** Enquanto verdadeiro, aceita conexões e não leva nada, nem de um lado nem do outro. */
  mudo = false;
  #ouvinte = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  #destino: number;
  #conexoes = new Set<Deno.TcpConn>();
  #fim: Promise<void>;

  /** Leva à porta dada, em 127.0.0.1. */
  constructor(destino: number) {
    this.#destino = destino;
    this.#fim = this.#aceita();
  }

  /** A porta em que atende. */
  get porta(): number {
    return this.#ouvinte.addr.port;
  }

  /** Corta todas as conexões. */
  corta(): void {
    for (const conexao of this.#conexoes) conexao[Symbol.dispose]();
    this.#conexoes.clear();
  }

  async #aceita(): Promise<void> {
    const pares: Promise<void>[] = [];
    for await (const daqui of this.#ouvinte) {
      if (this.fechado) daqui.close();
      else if (this.mudo) this.#conexoes.add(daqui);
      else pares.push(this.#liga(daqui));
    }
    await Promise.all(pares);
  }

  async #liga(daqui: Deno.TcpConn): Promise<void> {
    this.#conexoes.add(daqui);
    try {
      const dela = await Deno.connect({ hostname: "127.0.0.1", port: this.#destino });
      this.#conexoes.add(dela);
      const estado = { engole: false };
      await Promise.all([this.#leva(daqui, dela, estado, true), this.#leva(dela, daqui, estado, false)]);
    } catch {
      daqui[Symbol.dispose]();
    }
  }

  async #leva(de: Deno.TcpConn, para: Deno.TcpConn, estado: { engole: boolean }, ida: boolean): Promise<void> {
    const bloco = new Uint8Array(65536);
    try {
      for (let lidos; (lidos = await de.read(bloco)) !== null;) {
        const bytes = bloco.subarray(0, lidos);
        if (ida && this.sumico !== undefined && new TextDecoder().decode(bytes).includes(COMMIT)) {
          const sumico = this.sumico;
          this.sumico = undefined;
          if (sumico === "perde o commit") break;
          estado.engole = true;
        }
        if (!ida && estado.engole) break;
        if (this.mudo) continue;
        for (let feito = 0; feito < lidos;) feito += await para.write(bytes.subarray(feito));
      }
    } catch {
      // um dos lados fechou
    } finally {
      for (const conexao of [de, para]) {
        conexao[Symbol.dispose]();
        this.#conexoes.delete(conexao);
      }
    }
  }

  /** Fecha tudo. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#ouvinte.close();
    this.corta();
    await this.#fim;
  }
}
