/**
 * O que se faz com um livro em arquivo sem ser o servidor dele: copiá-lo e listar um dia, ao lado de um servidor em
 * funcionamento, sem esperar por ele nem o fazer esperar; lê-lo inteiro (`Fonte`) e enchê-lo (`LivroNovo`), para
 * `importacao.ts`, sem servidor nenhum.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import { type Agendamento, ErroDoArmazem, type Fonte, type LinhaDoLivro, type LivroNovo } from "../clinica/livro.ts";
import { mensagem } from "../clinica/texto.ts";
import {
  abreParaEscrever,
  abreParaLer,
  exigeArquivo,
  existe,
  explica,
  numero,
  passaALimpo,
  selecionaDoDia,
  texto,
} from "./sqlite_arquivo.ts";
import { Trava } from "./sqlite_trava.ts";

/**
 * Copia o livro, consistente, para um arquivo novo de modo 0600, ao lado de um servidor em funcionamento.
 *
 * @throws {ErroDoArmazem} se o destino existe, ou se não pôde ser escrito; nada fica pela metade.
 */
export function copiaLivro(caminho: string, destino: string): void {
  using db = abreParaLer(caminho);
  const parcial = `${destino}.${Deno.pid}.parcial`;
  try {
    if (existe(destino)) throw new Deno.errors.AlreadyExists();
    // A cópia só recebe o nome quando está inteira e no disco.
    Deno.openSync(parcial, { write: true, createNew: true, mode: 0o600 }).close();
    db.prepare("VACUUM INTO ?").run(parcial);
    {
      using arquivo = Deno.openSync(parcial, { write: true });
      arquivo.syncSync();
    }
    nomeia(parcial, destino);
  } catch (causa) {
    for (const sobra of [parcial, `${parcial}-journal`]) {
      try {
        Deno.removeSync(sobra);
      } catch {
        // não chegou a existir
      }
    }
    if (causa instanceof Deno.errors.AlreadyExists) {
      throw new ErroDoArmazem(`${destino}: já existe; a cópia não escreve por cima, escolha outro nome`, causa);
    }
    throw new ErroDoArmazem(`${destino}: a cópia não pôde ser escrita (${mensagem(causa)})`, causa);
  }
}

/** Dá a um arquivo pronto o seu nome, sem tomar o de outro. */
function nomeia(parcial: string, destino: string): void {
  try {
    Deno.linkSync(parcial, destino);
  } catch (causa) {
    if (causa instanceof Deno.errors.AlreadyExists) throw causa;
    // Sem links (FAT, algumas redes) resta mudar o nome; entre olhar e mudar, outro pode tomá-lo.
    return Deno.renameSync(parcial, destino);
  }
  Deno.removeSync(parcial);
}

/**
 * Os agendamentos não cancelados de uma data (`"aaaa-mm-dd"`), por especialidade e hora.
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

/** Linhas por pedaço ao copiar um livro inteiro. */
const LINHAS_POR_COPIA = 5000;

async function* pedacosDe(db: DatabaseSync): AsyncGenerator<LinhaDoLivro[]> {
  const pedaco = db.prepare(`SELECT * FROM agendamento WHERE id > ? ORDER BY id LIMIT ${LINHAS_POR_COPIA}`);
  for (let ultimo = Number.MIN_SAFE_INTEGER;;) {
    const linhas = pedaco.all(ultimo).map((achada): LinhaDoLivro => [
      numero(achada, "id"),
      texto(achada, "cpf"),
      texto(achada, "nome"),
      texto(achada, "especialidade"),
      texto(achada, "profissional"),
      texto(achada, "data"),
      texto(achada, "hora"),
      numero(achada, "minutos"),
      texto(achada, "criado_em"),
      achada.cancelado_em === null ? null : texto(achada, "cancelado_em"),
      texto(achada, "origem"),
      numero(achada, "ativo") === 1,
    ]);
    if (linhas.length === 0) return;
    yield linhas;
    ultimo = linhas[linhas.length - 1][0];
  }
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
    return {
      total: numero(aberto.prepare("SELECT count(*) AS n FROM agendamento").get(), "n"),
      pedacos: () => pedacosDe(aberto),
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
    const db = aberto = abreParaEscrever(trava.caminho, { vazio: true });
    db.exec("BEGIN IMMEDIATE");
    if (numero(db.prepare("SELECT EXISTS (SELECT 1 FROM agendamento) AS n").get(), "n") === 1) {
      throw new ErroDoArmazem(`${caminho}: o livro não está vazio; importar só enche um livro novo`);
    }
    const insere = db.prepare(`INSERT INTO agendamento (id, cpf, nome, especialidade, profissional, data, hora, minutos,
      criado_em, cancelado_em, origem, ativo) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`);
    return {
      recebe(linhas): Promise<void> {
        for (const linha of linhas) {
          const [id, cpf, nome, especialidade, profissional, data, hora, minutos, criado, cancelado, origem, ativo] =
            linha;
          const colunas = [id, cpf, nome, especialidade, profissional, data, hora, minutos, criado, cancelado, origem];
          insere.run(...colunas, ativo ? 1 : 0);
        }
        return Promise.resolve();
      },
      pedacos: () => pedacosDe(db),
      confirma(): Promise<void> {
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
