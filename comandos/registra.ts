/**
 * O que se faz ao lado do servidor e fica na trilha: `registra`, que cada comando que toca em dados pessoais, ou em quem os pode
 * ver, chama uma vez; e a chave da trilha, de que também o servidor precisa.
 *
 * @module
 */

import {
  abreChaveDaTrilha,
  arquivoDoSelo,
  type ChaveDaTrilha,
  guardaChave,
  seloDe,
} from "../armazem/arquivo_do_selo.ts";
import { ehPostgres } from "../armazem/postgres_endereco.ts";
import { abreTrilhaDoPostgres } from "../armazem/postgres_trilha.ts";
import type { Selo } from "../armazem/selo.ts";
import { abreTrilhaDoArquivo } from "../armazem/sqlite_trilha.ts";
import { mensagem } from "../clinica/texto.ts";
import { type Acesso, type AtoDeComando, escreveNumeros, type LivroDaTrilha, segundoDe } from "../clinica/trilha.ts";
import type { Argumentos } from "./argumentos.ts";
import { lerBanco } from "./opcoes.ts";

/** O arquivo da chave, se nada se diz e o livro está num PostgreSQL. */
const CHAVE_DE_COSTUME = "clinica.trilha";

/** O que distingue as cadeias dos comandos das do servidor. */
const DOS_COMANDOS = "comandos";

/** O que se fez. */
export interface Ato {
  /** Qual. */
  readonly especie: AtoDeComando;
  /** De quem, se de um só: 11 dígitos; só fica sob a chave da trilha. */
  readonly cpf?: string;
  /** De que agendamentos; ou o número da chave, ou da pessoa. */
  readonly numeros?: Iterable<number>;
}

/**
 * Escreve na trilha do livro o que um comando vai fazer, ou acaba de fazer. Se não se pode, diz-se, e o comando faz-se na
 * mesma: quem está na máquina já tem o livro.
 */
export async function registra(argumentos: Argumentos, ato: Ato, banco: string = lerBanco(argumentos)): Promise<void> {
  try {
    const [arquivo] = arquivosDasChaves(argumentos, banco);
    await using livro = await abreTrilha(abreChaveDaTrilha(arquivo), banco);
    await livro.acrescenta([acessoDe(ato, livro.selo)]);
  } catch (causa) {
    console.error(`servidor: a trilha não pôde ser escrita (${mensagem(causa)})`);
  }
}

/** A linha de um ato. */
export function acessoDe({ especie, cpf, numeros = [] }: Ato, selo: Selo): Acesso {
  return {
    quando: segundoDe(Date.now()),
    papel: "comando",
    quem: Deno.build.os === "windows" ? "" : `u:${Deno.uid()}`,
    especie,
    cpf: cpf === undefined ? "" : selo.cpf(cpf),
    numeros: escreveNumeros(numeros),
    vezes: 1,
  };
}

/** A trilha de um livro, e com que um comando a sela. */
export interface TrilhaDosComandos extends LivroDaTrilha {
  /** Com que se sela. */
  readonly selo: Selo;
}

/**
 * A trilha de um livro que existe; uma chave nova fica guardada.
 *
 * @throws {ErroDoArmazem} se não há livro, ou não pôde ser aberto.
 */
export async function abreTrilha(chave: ChaveDaTrilha, banco: string): Promise<TrilhaDosComandos> {
  const selo = seloDosComandos(chave);
  const livro = await abreLivroDaTrilha(banco, selo);
  try {
    guardaChave(chave);
    return { ...livro, selo };
  } catch (causa) {
    await livro[Symbol.asyncDispose]();
    throw causa;
  }
}

/** A trilha de um livro que existe, com um selo. */
export async function abreLivroDaTrilha(banco: string, selo: Selo): Promise<LivroDaTrilha> {
  return ehPostgres(banco) ? await abreTrilhaDoPostgres(banco, selo) : abreTrilhaDoArquivo(banco, selo);
}

/** Onde estão as chaves da trilha de um livro: as que se dizem, ou a de costume. Com a primeira se escreve. */
export function arquivosDasChaves(argumentos: Argumentos, banco: string): [string, ...string[]] {
  const [primeira, ...outras] = argumentos.textos("chave-da-trilha");
  return [primeira ?? (ehPostgres(banco) ? CHAVE_DE_COSTUME : arquivoDoSelo(banco)), ...outras];
}

/** Com que os comandos selam. */
export function seloDosComandos(chave: ChaveDaTrilha): Selo {
  return seloDe(chave, DOS_COMANDOS);
}

/**
 * Com que um servidor sela. Um livro em arquivo é de um só; num PostgreSQL podem ser vários na mesma máquina, e distingue-os a
 * porta.
 */
export function seloDoServidor(chave: ChaveDaTrilha, banco: string, porta: number): Selo {
  if (!ehPostgres(banco)) return seloDe(chave);
  return seloDe(chave, porta === 0 ? crypto.randomUUID().slice(0, 8) : String(porta));
}
