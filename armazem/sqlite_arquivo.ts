/**
 * O arquivo de um livro SQLite: como se reconhece, como se abre só para ler, como se copia, e as palavras para o que dá
 * errado. Usam-no todos os módulos do armazém em SQLite, e nenhum outro.
 *
 * @module
 */

import { DatabaseSync } from "node:sqlite";
import { ErroDoArmazem } from "../clinica/livro.ts";
import { mensagem } from "../clinica/texto.ts";
import { ID_DA_APLICACAO, VERSAO } from "./sqlite_esquema.ts";

/** Códigos primários do SQLite (os oito bits de baixo do código estendido): sqlite.org/rescode.html. */
export const SQLITE = { BUSY: 5, IOERR: 10, CORRUPT: 11, FULL: 13, CONSTRAINT: 19, NOTADB: 26 } as const;

/**
 * Quanto se espera por outro processo que esteja escrevendo no arquivo (um `sqlite3` aberto à mão), em ms. A espera
 * para o laço de eventos: curta.
 */
export const ESPERA_POR_OUTRO = 200;

/**
 * Abre um livro que existe só para ler, sem trava: ao lado de um servidor, ou sem nenhum.
 *
 * @throws {ErroDoArmazem} se não há livro ali, ou se não pôde ser lido.
 */
export function abreParaLer(caminho: string): DatabaseSync {
  const { size, nlink } = exigeArquivo(caminho);
  if (size === 0) throw livroVazio(caminho, { sePodeComecar: false });
  // O que ainda está no WAL só se lê pelo nome com que o servidor o abriu.
  if ((nlink ?? 1) > 1 && !existe(`${Deno.realPathSync(caminho)}-wal`)) throw outrosNomes(caminho);
  const db = new DatabaseSync(caminho, { readOnly: true });
  try {
    db.exec(`PRAGMA busy_timeout = ${ESPERA_POR_OUTRO}`);
    if (reconhece(db, caminho) === "vazio") throw livroVazio(caminho, { sePodeComecar: false });
    if (pragma(db, "user_version") < VERSAO) {
      throw new ErroDoArmazem(
        `${caminho}: o livro é de uma versão anterior; inicie o servidor uma vez para atualizá-lo`,
      );
    }
    return db;
  } catch (causa) {
    db.close();
    throw explica(caminho, causa);
  }
}

/** O estado de um arquivo que tem de existir. */
export function exigeArquivo(caminho: string): Deno.FileInfo {
  try {
    return Deno.statSync(caminho);
  } catch (causa) {
    throw new ErroDoArmazem(`${caminho}: não há livro aqui; indique o arquivo com --banco`, causa);
  }
}

/**
 * Diz se o banco é um livro ou está vazio, sem tabelas nem versão.
 *
 * @throws {ErroDoArmazem} se é de outro programa, ou de uma versão que este não conhece.
 */
export function reconhece(db: DatabaseSync, caminho: string): "livro" | "vazio" {
  const id = pragma(db, "application_id");
  const versao = pragma(db, "user_version");
  const tabelas = numero(db.prepare("SELECT count(*) AS n FROM sqlite_schema").get(), "n");
  if (id === 0 && versao === 0 && tabelas === 0) return "vazio";
  if (id !== ID_DA_APLICACAO) {
    throw new ErroDoArmazem(`${caminho}: é um banco SQLite de outro programa; escolha outro arquivo com --banco`);
  }
  if (versao > VERSAO) {
    throw new ErroDoArmazem(
      `${caminho}: o livro é da versão ${versao} e este programa conhece até a ${VERSAO}; atualize o programa`,
    );
  }
  const agendamentos = db.prepare(
    "SELECT count(*) AS n FROM sqlite_schema WHERE type = 'table' AND name = 'agendamento'",
  );
  if (versao < 1 || numero(agendamentos.get(), "n") === 0) {
    const defeito = versao < 1 ? `a versão ${versao}, que não existe` : "a marca de um livro e não tem agendamentos";
    throw new ErroDoArmazem(
      `${caminho}: tem ${defeito}; alguém o mudou por fora: restaure uma cópia, ou escolha outro arquivo com --banco`,
    );
  }
  return "livro";
}

/** O erro de um arquivo sem nada dentro, que não se toma por um livro novo sem que alguém o diga. */
export function livroVazio(caminho: string, { sePodeComecar = true } = {}): ErroDoArmazem {
  const novo = sePodeComecar ? ", ou inicie com --banco-novo para começar nele um livro vazio" : "";
  const sobras = sobrasDe(caminho);
  const antes = sobras.length === 0
    ? ""
    : `. Antes guarde noutro lugar ${sobras.join(" e ")}, do livro que esteve aqui: pode ter o que falta`;
  return new ErroDoArmazem(
    `${caminho}: o arquivo existe e está vazio, talvez de uma cópia que falhou; restaure a cópia, ou remova-o${novo}${antes}`,
  );
}

/** O que ficou ao lado de um arquivo vazio e o SQLite apagaria ao abri-lo. */
export function sobrasDe(caminho: string): string[] {
  return ["-wal", "-journal"].map((sufixo) => caminho + sufixo).filter((sobra) => tamanho(sobra) > 0);
}

/** O erro de um arquivo com mais de um nome: o WAL tem o nome de um só, e por outro o que está nele não se vê. */
export function outrosNomes(caminho: string): ErroDoArmazem {
  return new ErroDoArmazem(
    `${caminho}: o arquivo tem também outro nome (um link físico), e o que se gravou por um pode faltar no outro; ` +
      "deixe só o nome que o servidor usava, o que tem um -wal ao lado se algum tem, e remova os demais",
  );
}

/** Passa tudo o que está no WAL para o arquivo principal e o esvazia; falso se alguém ainda lê dele. */
export function passaALimpo(db: DatabaseSync): boolean {
  return linha(db.prepare("PRAGMA wal_checkpoint(TRUNCATE)").get()).busy === 0;
}

/**
 * Copia o livro, consistente, para um arquivo novo de modo 0600, que só recebe o nome quando está inteiro e no disco; quando
 * falha, não deixa nada.
 *
 * @throws se o destino existe, ou não pôde ser escrito.
 */
export function escreveCopia(db: DatabaseSync, destino: string, parcial: string): void {
  if (existe(destino)) throw new Deno.errors.AlreadyExists();
  copiaInteira(db, parcial);
  try {
    nomeia(parcial, destino);
  } catch (causa) {
    Deno.removeSync(parcial);
    throw causa;
  }
}

/** Copia o livro, consistente, por cima do que ali houver; inteira e no disco, ou nada. */
export function copiaInteira(db: DatabaseSync, parcial: string): void {
  try {
    // Nem por um atalho, nem num arquivo que outro abriu antes: o que ali houver sai, e este nasce só de quem o faz.
    if (existe(parcial)) Deno.removeSync(parcial);
    Deno.openSync(parcial, { write: true, createNew: true, mode: 0o600 }).close();
    db.prepare("VACUUM INTO ?").run(parcial);
    using arquivo = Deno.openSync(parcial, { write: true });
    arquivo.syncSync();
  } catch (causa) {
    for (const sobra of [parcial, `${parcial}-journal`]) {
      try {
        Deno.removeSync(sobra);
      } catch {
        // não chegou a existir
      }
    }
    throw causa;
  }
}

/** Dá a um arquivo pronto o seu nome, sem tomar o de outro. */
export function nomeia(parcial: string, destino: string): void {
  try {
    Deno.linkSync(parcial, destino);
  } catch (causa) {
    if (causa instanceof Deno.errors.AlreadyExists) throw causa;
    // Sem links (FAT, algumas redes) resta mudar o nome; entre olhar e mudar, outro pode tomá-lo.
    return Deno.renameSync(parcial, destino);
  }
  Deno.removeSync(parcial);
}

/** Uma linha de um resultado. */
export type Linha = Record<string, unknown>;

function linha(valor: Linha | undefined): Linha {
  if (valor === undefined) throw new TypeError("o banco devolveu menos linhas do que se esperava");
  return valor;
}

/** O número de uma coluna, 0 se é nula; lança se não é um número. */
export function numero(valor: Linha | undefined, coluna: string): number {
  const n = linha(valor)[coluna] ?? 0;
  if (typeof n !== "number") throw new TypeError(`a coluna ${coluna} não é um número`);
  return n;
}

/** O valor de um `PRAGMA` que é um número. */
export function pragma(db: DatabaseSync, nome: string): number {
  return numero(db.prepare(`PRAGMA ${nome}`).get(), nome);
}

/** O tamanho de um arquivo em bytes; 0 se não existe. */
function tamanho(caminho: string): number {
  try {
    return Deno.statSync(caminho).size;
  } catch {
    return 0;
  }
}

/** Se há algo com este nome, também um atalho quebrado. */
export function existe(caminho: string): boolean {
  try {
    Deno.lstatSync(caminho);
    return true;
  } catch {
    return false;
  }
}

/** O código do SQLite, com a parte estendida, ou `undefined` se o erro não é dele. */
export function codigoEstendido(erro: unknown): number | undefined {
  return erro instanceof Error && "errcode" in erro && typeof erro.errcode === "number" ? erro.errcode : undefined;
}

/** O código do SQLite sem a parte estendida, ou `undefined` se o erro não é dele. */
export function codigoPrimario(erro: unknown): number | undefined {
  const codigo = codigoEstendido(erro);
  return codigo === undefined ? undefined : codigo & 0xff;
}

/** Põe um erro do SQLite ao abrir em palavras que dizem o que fazer. */
export function explica(caminho: string, causa: unknown): ErroDoArmazem {
  if (causa instanceof ErroDoArmazem) return causa;
  switch (codigoPrimario(causa)) {
    case SQLITE.NOTADB:
      return new ErroDoArmazem(`${caminho}: não é um banco de dados; escolha outro arquivo com --banco`, causa);
    case SQLITE.BUSY:
      return new ErroDoArmazem(`${caminho}: outro programa está escrevendo no livro; feche-o e tente de novo`, causa);
    case SQLITE.FULL:
      return new ErroDoArmazem(`${caminho}: o disco está cheio; libere espaço e tente de novo`, causa);
    default:
      return new ErroDoArmazem(`${caminho}: não pôde ser aberto (${mensagem(causa)})`, causa);
  }
}
