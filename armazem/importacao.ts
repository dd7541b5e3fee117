/**
 * A mudança de armazém: copia um livro inteiro, com a história, de um armazém para outro vazio, do SQLite para o PostgreSQL
 * ou ao contrário. Tudo numa transação do destino; antes de a confirmar, relê o que gravou e compara linha por linha.
 *
 * `comandos/importar.ts` o usa. Cada armazém sabe ler-se (`Fonte`) e encher-se (`LivroNovo`).
 *
 * @module
 */

import { createHash, type Hash } from "node:crypto";
import { ErroDoArmazem, type Fonte, type LinhaDoLivro, type LivroNovo, type TabelaDoLivro } from "../clinica/livro.ts";
import { mensagem } from "../clinica/texto.ts";
import { fonteSqlite, livroNovoSqlite } from "./sqlite_copia.ts";
import { fontePostgres, livroNovoPostgres } from "./postgres_copia.ts";
import { ehPostgres } from "./postgres_endereco.ts";
import { TABELAS } from "./tabelas.ts";

/** O que `importa` precisa. */
export interface OpcoesDaImportacao {
  /** O livro a copiar: um arquivo ou `postgres://…`. */
  de: string;
  /** O livro, vazio ou por criar, que o recebe. */
  para: string;
  /** Chamada de tempos em tempos, com as linhas copiadas até agora e quantas são ao todo. */
  aoAndar?: (feitas: number, total: number) => void;
}

/**
 * Copia o livro e devolve quantas linhas ele tem, em todas as tabelas.
 *
 * @throws {ErroDoArmazem} se a origem não é um livro ou está em uso, se o destino não está vazio, ou se o que se releu não
 *   é o que se leu; o destino fica como estava.
 */
export async function importa(opcoes: OpcoesDaImportacao): Promise<number> {
  try {
    return await copia(opcoes);
  } catch (causa) {
    if (causa instanceof ErroDoArmazem) throw causa;
    throw new ErroDoArmazem(`a cópia parou, e nada foi gravado (${mensagem(causa)})`, causa);
  }
}

async function copia({ de, para, aoAndar = () => {} }: OpcoesDaImportacao): Promise<number> {
  await using origem: Fonte = ehPostgres(de) ? await fontePostgres(de) : fonteSqlite(de);
  await using destino: LivroNovo = ehPostgres(para) ? await livroNovoPostgres(para) : livroNovoSqlite(para);
  const lida = new Soma();
  for (const tabela of TABELAS) {
    lida.comeca(tabela);
    for await (const linhas of origem.pedacos(tabela)) {
      lida.acrescenta(linhas);
      await destino.recebe(tabela, linhas);
      aoAndar(lida.linhas, origem.total);
    }
  }
  const gravada = new Soma();
  for (const tabela of TABELAS) {
    gravada.comeca(tabela);
    for await (const linhas of destino.pedacos(tabela)) gravada.acrescenta(linhas);
  }
  if (lida.linhas !== origem.total || gravada.linhas !== lida.linhas || gravada.fim() !== lida.fim()) {
    throw new ErroDoArmazem(
      `a cópia não confere: ${origem.total} linhas na origem, ${lida.linhas} lidas, ${gravada.linhas} gravadas; ` +
        "nada foi gravado",
    );
  }
  try {
    await destino.confirma();
  } catch (causa) {
    throw new ErroDoArmazem(
      `não se sabe se a cópia foi gravada (${mensagem(causa)}); veja se o destino continua vazio e, se sim, repita`,
      causa,
    );
  }
  return lida.linhas;
}

/** Quantas linhas passaram, e a soma delas. */
class Soma {
  linhas = 0;
  #hash: Hash = createHash("sha256");

  comeca(tabela: TabelaDoLivro): void {
    this.#hash.update(`${tabela}\n`);
  }

  acrescenta(linhas: readonly LinhaDoLivro[]): void {
    this.linhas += linhas.length;
    this.#hash.update(JSON.stringify(linhas).slice(1, -1) + (linhas.length > 0 ? "," : ""));
  }

  fim(): string {
    return this.#hash.digest("hex");
  }
}
