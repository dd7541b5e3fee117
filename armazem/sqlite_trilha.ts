/**
 * A trilha de um livro em arquivo: como se escreve, com a linha do diário na transação do seu lote, e como se lê e se lhe
 * acrescenta ao lado de um servidor.
 *
 * Usam-na o armazém (`sqlite.ts`, `sqlite_escrita.ts`) e os comandos que ficam na trilha (`comandos/registra.ts`).
 *
 * @module
 */

import { DatabaseSync, type StatementSync } from "node:sqlite";
import type { LinhaDoLivro } from "../clinica/livro.ts";
import {
  type Acesso,
  type Cabeca,
  type Elo,
  type Entre,
  type LivroDaTrilha,
  POR_COMECAR,
  type TabelaDaTrilha,
  TABELAS_DA_TRILHA,
} from "../clinica/trilha.ts";
import { Acessos, type Selo } from "./selo.ts";
import { abreParaLer, explica } from "./sqlite_arquivo.ts";
import { emLinhas, linhasDe, numero, texto } from "./sqlite_leituras.ts";
import { COLUNAS } from "./tabelas.ts";

/** Quanto se espera por quem está gravando, em ms: um servidor grava em poucos. */
const ESPERA = 5000;

/** Linhas por pedaço ao ler a trilha. */
const LINHAS_POR_PEDACO = 2000;

/** O que escreve a trilha num arquivo aberto, dentro da transação de quem chama. */
export class TrilhaDoArquivo {
  #selo: Selo;
  #pontas: { readonly [T in TabelaDaTrilha]: Ponta };
  #insere: { readonly [T in TabelaDaTrilha]: StatementSync };
  #acessos: Acessos;

  /** Prepara as instruções; `acessos` dura mais que um arquivo aberto, que se fecha e reabre quando falha. */
  constructor(db: DatabaseSync, selo: Selo, acessos: Acessos) {
    this.#selo = selo;
    this.#acessos = acessos;
    this.#pontas = { diario: new Ponta(db, "diario"), acesso: new Ponta(db, "acesso") };
    this.#insere = { diario: insercao(db, "diario"), acesso: insercao(db, "acesso") };
  }

  /** A linha do diário de um lote, que tem um nome ao acaso. */
  anota(lote: string, quando: string, mudancas: string): void {
    const { ultimo, elo: { ordem, selo } } = this.#pontas.diario.de(this.#selo.servidor);
    const semSelo = [ultimo + 1, lote, quando, mudancas, this.#selo.servidor, ordem + 1];
    this.#insere.diario.run(...semSelo, this.#selo.sela("diario", semSelo, selo));
  }

  /** Os acessos que ainda lá não estão. */
  acrescenta(acessos: readonly Acesso[]): void {
    const { ultimo, elo: ponta } = this.#pontas.acesso.de(this.#selo.servidor);
    const falta = this.#acessos.falta(acessos, ponta);
    if (falta.length === 0) return;
    const ids = falta.map((_, i) => ultimo + 1 + i);
    for (const linha of this.#acessos.sela(falta, ponta, ids)) this.#insere.acesso.run(...linha);
  }

  /** As pontas das cadeias com este nome. */
  cabecas(servidor: string): Cabeca[] {
    return TABELAS_DA_TRILHA
      .map((tabela) => ({ tabela, servidor, ...this.#pontas[tabela].de(servidor).elo }))
      .filter(({ ordem }) => ordem > 0);
  }
}

function insercao(db: DatabaseSync, tabela: TabelaDaTrilha): StatementSync {
  const colunas = Object.keys(COLUNAS[tabela]);
  return db.prepare(
    `INSERT OR ROLLBACK INTO ${tabela} (${colunas.join(", ")}) VALUES (${colunas.map(() => "?").join(", ")})`,
  );
}

/** Procura a ponta de uma cadeia. */
class Ponta {
  #ultima: StatementSync;
  #daCadeia: StatementSync;

  constructor(db: DatabaseSync, tabela: TabelaDaTrilha) {
    const colunas = `SELECT id, servidor, ordem, selo FROM ${tabela}`;
    this.#ultima = emLinhas(db, `${colunas} ORDER BY id DESC LIMIT 1`);
    this.#daCadeia = emLinhas(db, `${colunas} WHERE servidor = ? ORDER BY id DESC LIMIT 1`);
  }

  /**
   * O número da última linha da tabela, e a ponta da cadeia: quase sempre é a mesma linha, e no diário, que se escreve a cada
   * lote, um índice seria mais uma página.
   */
  de(servidor: string): { readonly ultimo: number; readonly elo: Elo } {
    const [ultima] = linhasDe(this.#ultima);
    if (ultima === undefined) return { ultimo: 0, elo: POR_COMECAR };
    const [achada] = ultima[1] === servidor ? [ultima] : linhasDe(this.#daCadeia, servidor);
    const elo = achada === undefined ? POR_COMECAR : { ordem: numero(achada[2]), selo: texto(achada[3]) };
    return { ultimo: numero(ultima[0]), elo };
  }
}

/**
 * A trilha de um livro que existe e está na versão de hoje.
 *
 * @throws {ErroDoArmazem} se não há livro, se é de outra versão, ou se não pôde ser aberto.
 */
export function abreTrilhaDoArquivo(caminho: string, selo: Selo): LivroDaTrilha {
  // É um livro, e desta versão? As mensagens são as de quem só lê.
  abreParaLer(caminho).close();
  const db = new DatabaseSync(caminho);
  db.exec(`PRAGMA busy_timeout = ${ESPERA}; PRAGMA synchronous = FULL; PRAGMA fullfsync = ON`);
  const deles = new Acessos(selo);
  const trilha = new TrilhaDoArquivo(db, selo, deles);
  return {
    acrescenta(acessos): Promise<void> {
      try {
        db.prepare("BEGIN IMMEDIATE").run();
        trilha.acrescenta(acessos);
        db.prepare("COMMIT").run();
        deles.ficou();
        return Promise.resolve();
      } catch (causa) {
        if (db.isTransaction) db.exec("ROLLBACK");
        return Promise.reject(explica(caminho, causa));
      }
    },
    pedacos: (tabela, entre) => pedacosDe(db, tabela, entre),
    numerosDe(cpf): Promise<{ agendamentos: number[]; esperas: number[] }> {
      const de = (tabela: string): number[] =>
        linhasDe(emLinhas(db, `SELECT numero FROM ${tabela} WHERE cpf = ?`), cpf).map(([um]) => numero(um));
      return Promise.resolve({ agendamentos: de("agendamento"), esperas: de("espera") });
    },
    [Symbol.asyncDispose](): Promise<void> {
      db.close();
      return Promise.resolve();
    },
  };
}

/** Como a coluna `quando` é sempre do mesmo feitio, comparam-se textos. */
async function* pedacosDe(
  db: DatabaseSync,
  tabela: TabelaDaTrilha,
  { de = "", ate = "9", antesDe }: Entre = {},
): AsyncGenerator<LinhaDoLivro[]> {
  const [depois, ordem] = antesDe === undefined ? [">", "ASC"] : ["<", "DESC"];
  const pedaco = emLinhas(
    db,
    `SELECT ${Object.keys(COLUNAS[tabela]).join(", ")} FROM ${tabela}
     WHERE id ${depois} ? AND quando >= ? AND quando < ? ORDER BY id ${ordem} LIMIT ${LINHAS_POR_PEDACO}`,
  );
  for (let ultima = antesDe ?? Number.MIN_SAFE_INTEGER;;) {
    const linhas = linhasDe(pedaco, ultima, de, ate).map((linha) =>
      linha.map((valor) => typeof valor === "number" ? valor : texto(valor))
    );
    if (linhas.length === 0) return;
    yield linhas;
    ultima = Number(linhas[linhas.length - 1][0]);
  }
}
