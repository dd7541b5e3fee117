/**
 * A chave da trilha, num arquivo que só o dono lê, fora do livro: quem muda o livro por fora não sabe selar o que lá põe. Ao
 * lado de um livro em arquivo, com o nome dele; com o livro num PostgreSQL, onde se manda. Se falta, faz-se.
 *
 * `servidor.ts` e os comandos que leem ou escrevem a trilha o usam.
 *
 * @module
 */

import { randomBytes } from "node:crypto";
import { ErroDoArmazem } from "../clinica/livro.ts";
import { mensagem } from "../clinica/texto.ts";
import { BYTES_DO_SELO, Selo } from "./selo.ts";
import { nomeia } from "./sqlite_arquivo.ts";

/** Uma chave, e o arquivo dela. */
export interface ChaveDaTrilha {
  /** Onde está. */
  readonly arquivo: string;
  /** Os bytes. */
  readonly bytes: Uint8Array;
  /** Não havia; ainda não está lá (`guardaChave`). */
  readonly nova: boolean;
  /** Outros usuários da máquina podem lê-la. */
  readonly exposta: boolean;
}

/** `BYTES_DO_SELO` bytes, em hexadecimal. */
const FORMA = /^[0-9a-f]{64}$/;

/** O que outros podem de um arquivo: nada. */
const DE_OUTROS = 0o077;

/** O arquivo da chave de um livro em arquivo; pelo caminho real dele, como o WAL. */
export function arquivoDoSelo(livro: string): string {
  return `${caminhoReal(livro)}.trilha`;
}

function caminhoReal(livro: string): string {
  try {
    return Deno.realPathSync(livro);
  } catch {
    return livro;
  }
}

/**
 * A chave de um arquivo; se falta, uma nova, que ainda lá não está: guarda-se quando se sabe que há livro.
 *
 * @throws {ErroDoArmazem} se não é uma, ou não se pôde ler.
 */
export function abreChaveDaTrilha(arquivo: string): ChaveDaTrilha {
  let escrita: string;
  let modo: number | null;
  try {
    escrita = Deno.readTextFileSync(arquivo).trim();
    modo = Deno.statSync(arquivo).mode;
  } catch (causa) {
    if (causa instanceof Deno.errors.NotFound) {
      return { arquivo, bytes: randomBytes(BYTES_DO_SELO), nova: true, exposta: false };
    }
    throw new ErroDoArmazem(`${arquivo}: a chave da trilha não pôde ser lida (${mensagem(causa)})`, causa);
  }
  if (!FORMA.test(escrita)) {
    throw new ErroDoArmazem(
      `${arquivo}: não é uma chave da trilha; restaure-a, ou indique a certa com --chave-da-trilha`,
    );
  }
  const exposta = Deno.build.os !== "windows" && ((modo ?? 0) & DE_OUTROS) !== 0;
  return { arquivo, bytes: Uint8Array.fromHex(escrita), nova: false, exposta };
}

/**
 * Guarda uma chave nova; de outra não há o que guardar. Só recebe o nome inteira e no disco: quem a acha nunca lê metade.
 *
 * @throws {Deno.errors.AlreadyExists} se entretanto outro programa fez uma.
 * @throws {ErroDoArmazem} se não se pôde escrever.
 */
export function guardaChave({ arquivo, bytes, nova }: ChaveDaTrilha): void {
  if (!nova) return;
  const parcial = `${arquivo}.${Deno.pid}.parcial`;
  try {
    {
      using novo = Deno.openSync(parcial, { write: true, create: true, truncate: true, mode: 0o600 });
      novo.writeSync(new TextEncoder().encode(`${bytes.toHex()}\n`));
      novo.syncSync();
    }
    nomeia(parcial, arquivo);
    poeNoDisco(arquivo);
  } catch (causa) {
    tira(parcial);
    if (causa instanceof Deno.errors.AlreadyExists) throw causa;
    throw new ErroDoArmazem(`${arquivo}: a chave da trilha não pôde ser feita (${mensagem(causa)})`, causa);
  }
}

/** A de um livro a que podem chegar vários ao mesmo tempo: fica a do primeiro que a faça. */
export function abreOuFazChave(arquivo: string): ChaveDaTrilha {
  const chave = abreChaveDaTrilha(arquivo);
  try {
    guardaChave(chave);
    return chave;
  } catch (causa) {
    if (causa instanceof Deno.errors.AlreadyExists) return abreChaveDaTrilha(arquivo);
    throw causa;
  }
}

/** O nome, que está na pasta. */
function poeNoDisco(arquivo: string): void {
  try {
    using pasta = Deno.openSync(arquivo.replace(/[^/\\]*$/, "") || ".");
    pasta.syncSync();
  } catch {
    // O Windows não abre uma pasta.
  }
}

function tira(arquivo: string): void {
  try {
    Deno.removeSync(arquivo);
  } catch {
    // não chegou a existir
  }
}

/** Sela como este servidor: com o nome da máquina, e o que a distingue de outros nela que escrevem no mesmo livro. */
export function seloDe({ bytes }: ChaveDaTrilha, distingue: string = ""): Selo {
  return new Selo(bytes, distingue === "" ? maquina() : `${maquina().slice(0, 16)}-${distingue}`);
}

function maquina(): string {
  return Deno.hostname().split(".", 1)[0];
}
