/**
 * O que se faz com um livro em arquivo sem ser o servidor dele: copiá-lo e listar um dia, ao lado de um servidor em
 * funcionamento, sem esperar por ele nem o fazer esperar; lê-lo inteiro (`Fonte`) e enchê-lo (`LivroNovo`), para
 * `importacao.ts`, sem servidor nenhum.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import type { Agendamento } from "../clinica/agendamento.ts";
import type { Excecao } from "../clinica/excecao.ts";
import { ErroDoArmazem, type Fonte, type LinhaDoLivro, type LivroNovo, type TabelaDoLivro } from "../clinica/livro.ts";
import { mensagem } from "../clinica/texto.ts";
import { abreParaLer, escreveCopia, exigeArquivo, explica, passaALimpo } from "./sqlite_arquivo.ts";
import { emLinhas, EXCECOES, lerExcecao, linhasDe, numero, selecionaDoDia, texto } from "./sqlite_leituras.ts";
import { abreParaEscrever } from "./sqlite_migracao.ts";
import { passa } from "./sqlite_procura.ts";
import { Trava } from "./sqlite_trava.ts";
import { chaveDe, colunasDe, TABELAS } from "./tabelas.ts";

/**
 * Copia o livro, consistente, para um arquivo novo de modo 0600, ao lado de um servidor em funcionamento.
 *
 * @throws {ErroDoArmazem} se o destino existe, ou se não pôde ser escrito; nada fica pela metade.
 */
export function copiaLivro(caminho: string, destino: string): void {
  using db = abreParaLer(caminho);
  try {
    escreveCopia(db, destino, `${destino}.${Deno.pid}.parcial`);
  } catch (causa) {
    if (causa instanceof Deno.errors.AlreadyExists) {
      throw new ErroDoArmazem(`${destino}: já existe; a cópia não escreve por cima, escolha outro nome`, causa);
    }
    throw new ErroDoArmazem(`${destino}: a cópia não pôde ser escrita (${mensagem(causa)})`, causa);
  }
}

/**
 * Os agendamentos que contam de uma data (`"aaaa-mm-dd"`), por agenda, hora e número.
 *
 * @throws {ErroDoArmazem} se não há livro, ou não pôde ser lido.
 */
export function listaDoLivro(caminho: string, data: string): Agendamento[] {
  using db = abreParaLer(caminho);
  try {
    return selecionaDoDia(db, data);
  } catch (causa) {
    throw explica(caminho, causa);
  }
}

/**
 * As exceções que valem, por número.
 *
 * @throws {ErroDoArmazem} se não há livro, ou não pôde ser lido.
 */
export function excecoesDoLivro(caminho: string): Excecao[] {
  using db = abreParaLer(caminho);
  try {
    return linhasDe(emLinhas(db, EXCECOES)).map(lerExcecao);
  } catch (causa) {
    throw explica(caminho, causa);
  }
}

/** Linhas por pedaço ao copiar um livro inteiro. */
const LINHAS_POR_COPIA = 5000;

async function* pedacosDe(db: DatabaseSync, tabela: TabelaDoLivro): AsyncGenerator<LinhaDoLivro[]> {
  const colunas = colunasDe(tabela);
  const chave = chaveDe(tabela);
  const nomes = chave.map(([nome]) => nome).join(", ");
  const pedaco = emLinhas(
    db,
    `SELECT ${nomesDe(tabela)} FROM ${tabela} WHERE (${nomes}) > (${chave.map(() => "?").join(", ")})
     ORDER BY ${nomes} LIMIT ${LINHAS_POR_COPIA}`,
  );
  let ultima = chave.map(([, tipo]): string | number => tipo === "texto" ? "" : Number.MIN_SAFE_INTEGER);
  for (;;) {
    const linhas = linhasDe(pedaco, ...ultima).map((achada): LinhaDoLivro =>
      colunas.map(([, tipo], i) => tipo === "texto" ? texto(achada[i]) : numero(achada[i]))
    );
    if (linhas.length === 0) return;
    yield linhas;
    ultima = linhas[linhas.length - 1].slice(0, chave.length).map((valor) => valor ?? "");
  }
}

function nomesDe(tabela: TabelaDoLivro): string {
  return colunasDe(tabela).map(([nome]) => nome).join(", ");
}

/**
 * Um livro SQLite de que se copia; a trava dele fica conosco, para que nenhum servidor o mude.
 *
 * @throws {ErroDoArmazem} se não há livro, ou um servidor o usa.
 */
export function fonteSqlite(caminho: string): Fonte {
  exigeArquivo(caminho);
  const trava = Trava.toma(caminho);
  let db: DatabaseSync | undefined;
  const fecha = (): void => {
    db?.close();
    trava.close();
  };
  try {
    const aberto = db = abreParaLer(caminho);
    aberto.exec("BEGIN");
    const contadas = TABELAS.map((tabela) => linhasDe(emLinhas(aberto, `SELECT count(*) FROM ${tabela}`)));
    return {
      total: contadas.reduce((total, [[linhas]]) => total + numero(linhas), 0),
      pedacos: (tabela) => pedacosDe(aberto, tabela),
      [Symbol.asyncDispose](): Promise<void> {
        fecha();
        return Promise.resolve();
      },
    };
  } catch (causa) {
    fecha();
    throw explica(caminho, causa);
  }
}

/**
 * Um livro SQLite, criado se falta, que recebe uma cópia.
 *
 * @throws {ErroDoArmazem} se já tem alguma linha, ou um servidor o usa.
 */
export function livroNovoSqlite(caminho: string): LivroNovo {
  const trava = Trava.toma(caminho, { paraEscrever: true });
  let aberto: DatabaseSync | undefined;
  const fecha = (): void => {
    aberto?.close();
    trava.close();
  };
  try {
    const db = aberto = abreParaEscrever(trava.caminho, { vazio: true, cheio: false });
    db.exec("BEGIN IMMEDIATE");
    const insere = new Map(TABELAS.map((tabela) => {
      const valores = colunasDe(tabela).map(() => "?").join(", ");
      return [tabela, db.prepare(`INSERT INTO ${tabela} (${nomesDe(tabela)}) VALUES (${valores})`)];
    }));
    return {
      recebe(tabela, linhas): Promise<void> {
        for (const linha of linhas) insere.get(tabela)?.run(...linha);
        return Promise.resolve();
      },
      pedacos: (tabela) => pedacosDe(db, tabela),
      confirma(): Promise<void> {
        passa(db);
        db.exec("COMMIT");
        passaALimpo(db);
        return Promise.resolve();
      },
      [Symbol.asyncDispose](): Promise<void> {
        // Sem `confirma`, fechar desfaz a transação.
        fecha();
        return Promise.resolve();
      },
    };
  } catch (causa) {
    aberto?.close();
    trava.desfaz();
    trava.close();
    throw explica(caminho, causa);
  }
}
