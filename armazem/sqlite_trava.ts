/**
 * O que impede um segundo servidor no mesmo livro. São duas travas, que morrem com o processo: a do lado
 * (`clinica.db.trava`), pelo nome, de que o SQLite tira também o nome do WAL; e a do próprio arquivo, que vale por
 * qualquer nome que ele tenha (um link físico, um `mount --bind`, um `mv` com o servidor de pé).
 *
 * Nenhuma das duas barra `sqlite3`, uma cópia ou uma listagem. Tomam-nas o armazém (`sqlite.ts`) e quem lê ou enche um
 * livro inteiro para o mudar de armazém (`sqlite_copia.ts`).
 *
 * @module
 */

import { ErroDoArmazem } from "../clinica/livro.ts";
import { mensagem } from "../clinica/texto.ts";
import { livroVazio, outrosNomes, sobrasDe } from "./sqlite_arquivo.ts";

/** Outro servidor tem o livro. */
export class LivroEmUso extends ErroDoArmazem {
  /** `"LivroEmUso"`. */
  override name = "LivroEmUso";
}

/** O que `Trava.toma` aceita. */
export interface OpcoesDaTrava {
  /** O arquivo é para escrever: se falta, é criado com modo 0600. */
  paraEscrever?: boolean;
}

/**
 * As travas de um livro. Tomam-se antes de o SQLite o abrir e soltam-se depois de ele o fechar: fechar um arquivo desfaz
 * todas as travas que este processo tem nele, as do SQLite também (fcntl(2)).
 */
export class Trava {
  /** O caminho real do livro: por um atalho ou outro, o mesmo. */
  readonly caminho: string;
  /** O arquivo não existia, e foi criado vazio. */
  readonly criado: boolean;
  #aoLado: Deno.FsFile;
  #arquivo: Deno.FsFile | undefined;
  #estado: Deno.FileInfo | undefined;

  private constructor(caminho: string, criado: boolean) {
    this.caminho = caminho;
    this.criado = criado;
    this.#aoLado = abreAoLado(caminho);
  }

  /**
   * Trava o livro.
   *
   * @throws {ErroDoArmazem} se outro servidor o usa, se tem outro nome, se está vazio e ao lado há o WAL de um livro, se
   *   não pôde ser criado ou não se pode escrever nele.
   */
  static toma(caminho: string, { paraEscrever = false }: OpcoesDaTrava = {}): Trava {
    const criado = paraEscrever && criaSeFalta(caminho);
    let trava: Trava | undefined;
    try {
      trava = new Trava(Deno.realPathSync(caminho), criado);
      trava.#toma(paraEscrever);
      trava.#recusaOutrosNomes();
      trava.#recusaSobras(paraEscrever);
      return trava;
    } catch (causa) {
      // Um arquivo que se criou agora e ficou vazio diria, da próxima vez, que uma cópia falhou.
      if (criado && estadoDe(caminho).size === 0) Deno.removeSync(caminho);
      trava?.close();
      throw causa;
    }
  }

  #toma(paraEscrever: boolean): void {
    if (!this.#aoLado.tryLockSync(true)) throw jaUsado(this.caminho);
    if (paraEscrever) confereEscrita(this.caminho);
    this.#arquivo = Deno.openSync(this.caminho);
    this.#estado = Deno.statSync(this.caminho);
    if (!travaSePuder(this.#arquivo)) throw jaUsado(this.caminho);
  }

  #recusaOutrosNomes(): void {
    if ((this.#estado?.nlink ?? 1) > 1) throw outrosNomes(this.caminho);
  }

  /** Ao abrir um arquivo vazio, o SQLite apaga o WAL que esteja ao lado. */
  #recusaSobras(paraEscrever: boolean): void {
    if (this.criado || this.#estado?.size !== 0 || sobrasDe(this.caminho).length === 0) return;
    throw livroVazio(this.caminho, { sePodeComecar: paraEscrever });
  }

  /** Solta a trava do arquivo e fica com a do lado: em certas pastas de rede ela barra o próprio SQLite. */
  soltaArquivo(): void {
    this.#arquivo?.unlockSync();
  }

  /**
   * Volta a tomar a trava do arquivo.
   *
   * @throws {ErroDoArmazem} se outro servidor a tomou entretanto.
   */
  retomaArquivo(): void {
    if (this.#arquivo !== undefined && !travaSePuder(this.#arquivo)) throw jaUsado(this.caminho);
  }

  /**
   * Confere que o nome ainda é o do arquivo travado.
   *
   * @throws {ErroDoArmazem} se o arquivo mudou de nome, ou outro tomou o lugar dele.
   */
  confere(): void {
    const { dev, ino } = estadoDe(this.caminho);
    if (dev !== this.#estado?.dev || ino !== this.#estado.ino) throw trocado(this.caminho);
  }

  /** Remove o arquivo que `toma` criou e não chegou a ser um livro. */
  desfaz(): void {
    if (!this.criado) return;
    try {
      this.confere();
      Deno.removeSync(this.caminho);
    } catch {
      // já não é o nosso
    }
  }

  /** Solta as travas. Só fechar não basta: um processo que nasce neste instante ainda tem os mesmos arquivos abertos. */
  close(): void {
    for (const arquivo of [this.#arquivo, this.#aoLado]) {
      arquivo?.unlockSync();
      arquivo?.close();
    }
  }
}

/**
 * Falso se outro processo o tem travado. No Linux `flock` não se mistura com as travas do SQLite; em NFS, em que se
 * misturaria, é recusado a um arquivo aberto só para ler (flock(2)), e fica a trava do lado. No macOS e no Windows barraria
 * o SQLite deste mesmo processo.
 */
function travaSePuder(arquivo: Deno.FsFile): boolean {
  if (Deno.build.os !== "linux") return true;
  try {
    return arquivo.tryLockSync(true);
  } catch {
    return true;
  }
}

function abreAoLado(caminho: string): Deno.FsFile {
  try {
    return Deno.openSync(`${caminho}.trava`, { write: true, create: true, mode: 0o600 });
  } catch (causa) {
    throw new ErroDoArmazem(
      `${caminho}: a trava do livro não pôde ser criada (${mensagem(causa)}); confira a pasta e as permissões`,
      causa,
    );
  }
}

/** Verdadeiro se o arquivo faltava e foi criado, vazio. */
function criaSeFalta(caminho: string): boolean {
  try {
    if (Deno.statSync(caminho).isFile) return false;
  } catch (causa) {
    if (!(causa instanceof Deno.errors.NotFound)) throw semEscrita(caminho, causa);
    confereEscrita(caminho, { create: true, mode: 0o600 });
    return true;
  }
  throw semEscrita(caminho, "não é um arquivo");
}

/** Confere que se pode ler e escrever no arquivo. */
function confereEscrita(caminho: string, opcoes: Deno.OpenOptions = {}): void {
  try {
    Deno.openSync(caminho, { ...opcoes, read: true, write: true }).close();
  } catch (causa) {
    throw semEscrita(caminho, causa);
  }
}

function semEscrita(caminho: string, causa: unknown): ErroDoArmazem {
  const dita = mensagem(causa);
  return new ErroDoArmazem(
    `${caminho}: não pôde ser aberto para escrita (${dita}); confira a pasta e as permissões, ou use --banco`,
    causa,
  );
}

function jaUsado(caminho: string): LivroEmUso {
  return new LivroEmUso(
    `${caminho}: outro servidor já usa este livro; encerre-o, ou escolha outro arquivo com --banco`,
  );
}

function estadoDe(caminho: string): Deno.FileInfo {
  try {
    return Deno.statSync(caminho);
  } catch (causa) {
    throw trocado(caminho, causa);
  }
}

function trocado(caminho: string, causa?: unknown): ErroDoArmazem {
  return new ErroDoArmazem(
    `${caminho}: o arquivo mudou de nome, ou outro tomou o lugar dele, com o servidor em funcionamento; ponha-o de volta`,
    causa,
  );
}
