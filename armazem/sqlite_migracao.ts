/**
 * Um livro SQLite aberto para escrever, e trazido à versão de hoje: uma transação por versão, com uma cópia do arquivo ao
 * lado antes de mudar um que tem linhas. Interrompida, o livro fica na versão em que estava, e a próxima vez recomeça.
 *
 * Usam-no o armazém (`sqlite.ts`) e quem enche um livro novo (`sqlite_copia.ts`).
 *
 * @module
 */

import { DatabaseSync } from "node:sqlite";
import { BYTES_DO_CODIGO, escreveCodigo } from "../clinica/agendamento.ts";
import { ErroDoArmazem } from "../clinica/livro.ts";
import { mensagem } from "../clinica/texto.ts";
import { novoSegredo } from "./disfarce.ts";
import {
  codigoPrimario,
  copiaInteira,
  ESPERA_POR_OUTRO,
  existe,
  livroVazio,
  nomeia,
  numero,
  pragma,
  reconhece,
  SQLITE,
} from "./sqlite_arquivo.ts";
import {
  ESQUEMA_1,
  ESQUEMA_3,
  ESQUEMA_4,
  ESQUEMA_5,
  ESQUEMA_6,
  ID_DA_APLICACAO,
  INDICES_2,
  TABELAS_2,
} from "./sqlite_esquema.ts";
import { passa } from "./sqlite_procura.ts";
import { PILHA_VAZIA } from "./tabelas.ts";

/** O que se aceita de um arquivo que se abre para escrever. */
export interface ComoAbrir {
  /** O arquivo pode estar vazio: começa-se nele um livro. */
  vazio?: boolean;
  /** O arquivo pode já ter um livro. */
  livro?: boolean;
  /** O livro pode já ter linhas. */
  cheio?: boolean;
  /** Recebe, mais ou menos a cada segundo, uma frase sobre o que já se fez de uma migração. */
  aoAndar?: (frase: string) => void;
}

/** Abre o livro para escrever, durável a cada commit, e leva-o à última versão. */
export function abreParaEscrever(caminho: string, como: ComoAbrir = {}): DatabaseSync {
  const { vazio = false, livro = true, cheio = true, aoAndar } = como;
  const db = new DatabaseSync(caminho);
  try {
    db.exec(`PRAGMA busy_timeout = ${ESPERA_POR_OUTRO}`);
    const achado = reconhece(db, caminho);
    if (achado === "vazio" && !vazio) throw livroVazio(caminho);
    if (achado === "livro" && !livro) {
      throw new ErroDoArmazem(`${caminho}: já tem um livro, e --banco-novo só começa um onde não há; tire a opção`);
    }
    if (achado === "livro" && !cheio && temLinhas(db)) {
      throw new ErroDoArmazem(`${caminho}: o livro não está vazio; importar só enche um livro novo`);
    }
    // Preparada, uma instrução que falha diz o código do erro; `exec` não o diz.
    db.prepare("PRAGMA journal_mode = WAL").get();
    db.exec("PRAGMA synchronous = FULL");
    // O que se apaga, ou se escreve por cima, não fica nas páginas: um nome tirado já não está no arquivo.
    db.exec("PRAGMA secure_delete = ON");
    // No macOS, fsync não esvazia o cache do disco; isto sim. Nos outros sistemas não muda nada.
    db.exec("PRAGMA fullfsync = ON");
    db.exec("PRAGMA checkpoint_fullfsync = ON");
    migra(db, caminho, { aoAndar });
    return db;
  } catch (causa) {
    db.close();
    throw causa;
  }
}

/** Verdadeiro se alguma tabela do livro, seja de que versão for, tem linhas. */
function temLinhas(db: DatabaseSync): boolean {
  const tabelas = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'clinica_livro'").all();
  return tabelas.some(({ name }) =>
    numero(db.prepare(`SELECT EXISTS (SELECT 1 FROM "${String(name).replaceAll('"', '""')}") AS n`).get(), "n") === 1
  );
}

/** Um passo de uma versão à seguinte, dentro de uma transação. */
export type Passo = (db: DatabaseSync, anda: (frase: string) => void) => void;

/** O que leva cada versão à seguinte; a versão de um livro é quantos já recebeu. */
export const PASSOS: readonly Passo[] = [
  (db) => db.exec(ESQUEMA_1),
  daPrimeiraASegunda,
  (db) => db.exec(ESQUEMA_3),
  (db) => db.exec(ESQUEMA_4),
  (db) => db.exec(ESQUEMA_5),
  (db) => db.exec(ESQUEMA_6),
];

/** O que `migra` aceita. */
export interface OpcoesDaMigracao {
  /** Como em `ComoAbrir`. */
  aoAndar?: (frase: string) => void;
  /** Os passos; os dos testes são outros. */
  passos?: readonly Passo[];
}

/**
 * Leva o livro à última versão.
 *
 * @throws {ErroDoArmazem} se um livro com linhas não pôde ser copiado ou trazido; fica como estava.
 */
export function migra(db: DatabaseSync, caminho: string, opcoes: OpcoesDaMigracao = {}): void {
  const { aoAndar = () => {}, passos = PASSOS } = opcoes;
  const antes = pragma(db, "user_version");
  const depois = passos.length;
  if (antes >= depois) return;
  if (antes === 0 || caminho === ":memory:" || !temLinhas(db)) return aplica(db, antes, passos, {});
  const copia = nomeDaCopia(caminho, antes);
  const parcial = `${caminho}.versao-${antes}.parcial`;
  let [copiado, nomeada] = [false, false];
  try {
    aoAndar(`o livro é da versão ${antes}; antes de passar à ${depois}, é copiado para ${copia}`);
    copiaInteira(db, parcial);
    copiado = true;
    // Só tem o seu nome quando o livro muda: a que uma tentativa deixa se morre antes, a seguinte escreve por cima.
    aplica(db, antes, passos, {
      anda: aoAndar,
      aoMudar: () => {
        nomeia(parcial, copia);
        nomeada = true;
      },
    });
  } catch (causa) {
    // O livro ficou como estava: não precisa da cópia, e o disco pode precisar do lugar dela.
    if (copiado && pragma(db, "user_version") === antes) Deno.removeSync(nomeada ? copia : parcial);
    throw naoMigrou(caminho, copiado ? "trazido à versão de hoje" : "copiado antes de mudar de versão", causa);
  }
  aoAndar(`o livro está na versão ${depois}`);
}

/** `aoMudar` é chamada logo antes do primeiro commit. */
function aplica(
  db: DatabaseSync,
  antes: number,
  passos: readonly Passo[],
  { anda = () => {}, aoMudar = () => {} }: { anda?: (frase: string) => void; aoMudar?: () => void },
): void {
  for (let versao = antes; versao < passos.length; versao++) {
    db.prepare("BEGIN IMMEDIATE").run();
    try {
      passos[versao](db, anda);
      db.exec(`PRAGMA application_id = ${ID_DA_APLICACAO}`);
      db.exec(`PRAGMA user_version = ${versao + 1}`);
      if (versao === antes) aoMudar();
      db.prepare("COMMIT").run();
    } catch (causa) {
      if (db.isTransaction) db.exec("ROLLBACK");
      throw causa;
    }
  }
}

/** Um nome ao lado do livro, que diz a versão e a data, e que nada tem ainda. */
function nomeDaCopia(caminho: string, versao: number): string {
  const nome = `${caminho}.versao-${versao}.${Temporal.Now.plainDateISO()}`;
  for (let vez = 1;; vez++) {
    const tentado = vez === 1 ? nome : `${nome}-${vez}`;
    if (!existe(tentado)) return tentado;
  }
}

function naoMigrou(caminho: string, oQue: string, causa: unknown): ErroDoArmazem {
  const dica = codigoPrimario(causa) === SQLITE.FULL
    ? "o disco está cheio: a cópia ao lado e o livro novo precisam, juntos, de umas quatro vezes o que o livro ocupa; libere espaço"
    : `${mensagem(causa)}; confira o disco e a pasta`;
  return new ErroDoArmazem(
    `${caminho}: o livro não pôde ser ${oQue}, e ficou como estava (${dica} e tente de novo)`,
    causa,
  );
}

// ------------------------------------------------------------------------------------------------ da primeira à segunda

/** Entre uma frase e a seguinte, em ms. */
const ENTRE_FRASES = 1000;

/** Agendamentos que se passam de uma vez: uma fração de segundo. */
const LINHAS_POR_PEDACO = 20_000;

/** Cache de páginas, em KiB, para ordenar os índices. */
const CACHE = 64 * 1024;

/** De uma vez, tudo o que se sabia: a situação deduz-se de `cancelado_em`, e o código é novo. */
function daPrimeiraASegunda(db: DatabaseSync, anda: (frase: string) => void): void {
  db.exec(`PRAGMA cache_size = -${CACHE}`);
  db.exec(TABELAS_2);
  db.prepare("INSERT INTO clinica_livro (nome, valor) VALUES ('segredo', ?)").run(novoSegredo());
  db.function("codigo_novo", codigosNovos());
  const total = numero(db.prepare("SELECT count(*) AS n FROM agendamento").get(), "n");
  const muda = db.prepare(
    `INSERT INTO agendamento_2
     SELECT id, CASE WHEN cancelado_em IS NULL THEN 1 ELSE 2 END, codigo_novo(), cpf, nome, especialidade, profissional,
       CASE profissional WHEN '' THEN 'E:' || especialidade ELSE 'P:' || profissional END, data, hora, minutos,
       CASE WHEN cancelado_em IS NULL THEN 'MARCADO' ELSE 'CANCELADO' END, ativo, 0, '', '', '', '', '', '', 0, '', '', 0,
       coalesce(cancelado_em, ''), 0, '${PILHA_VAZIA}', criado_em, origem
     FROM agendamento WHERE id > ? ORDER BY id LIMIT ${LINHAS_POR_PEDACO}`,
  );
  const ultimo = db.prepare("SELECT max(numero) AS n FROM agendamento_2");
  let dita = performance.now();
  for (let feitos = 0, passado = Number.MIN_SAFE_INTEGER; feitos < total; passado = numero(ultimo.get(), "n")) {
    feitos += Number(muda.run(passado).changes);
    if (performance.now() - dita < ENTRE_FRASES) continue;
    dita = performance.now();
    anda(`agendamentos passados à versão nova: ${comPontos(feitos)} de ${comPontos(total)}`);
  }
  INDICES_2.forEach((indice, i) => {
    anda(`índices da versão nova: ${i} de ${INDICES_2.length}`);
    db.prepare(indice).run();
  });
  passa(db);
}

function comPontos(n: number): string {
  return n.toLocaleString("pt-BR");
}

/** Códigos ao acaso, de muitos bytes de cada vez. */
function codigosNovos(): () => string {
  const bytes = new Uint8Array(BYTES_DO_CODIGO * 4096);
  let proximo = bytes.length;
  return () => {
    if (proximo === bytes.length) {
      crypto.getRandomValues(bytes);
      proximo = 0;
    }
    proximo += BYTES_DO_CODIGO;
    return escreveCodigo(bytes, proximo - BYTES_DO_CODIGO);
  };
}
