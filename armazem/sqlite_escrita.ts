/**
 * Como um lote se escreve no arquivo SQLite, e como se desfaz um que falhou. Só o armazém (`sqlite.ts`) o usa.
 *
 * @module
 */

import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Agendamento, Liquido, Novo } from "../clinica/livro.ts";
import { codigoEstendido, codigoPrimario, SQLITE, VERSAO } from "./sqlite_arquivo.ts";

/** O código estendido de uma escrita que falhou: o commit parou antes de escrever a linha do WAL que o faria valer. */
const ESCRITA_FALHOU = 778;

/** Os de um índice do WAL (`-shm`) que não pôde crescer: o commit já está no WAL e no disco, e o SQLite não o vê. */
const INDICE_FALHOU: readonly (number | undefined)[] = [4874, 5386];

/** As instruções preparadas de um banco aberto: as de um lote e as de leitura. */
export interface Banco {
  /** A conexão. */
  readonly db: DatabaseSync;
  /** Começa a transação de um lote. */
  readonly begin: StatementSync;
  /** Confirma-a. */
  readonly commit: StatementSync;
  /** Grava uma página sem mudar nada. */
  readonly anula: StatementSync;
  /** Acrescenta agendamentos ativos. */
  readonly marca: EmLinhas<Novo>;
  /** Acrescenta agendamentos já cancelados. */
  readonly marcaCancelado: EmLinhas<Novo>;
  /** Cancela agendamentos. */
  readonly desmarca: EmLinhas<Agendamento>;
  /** Tira agendamentos de ativos. */
  readonly arquiva: EmLinhas<Agendamento>;
  /** As horas tomadas de um dia. */
  readonly dia: StatementSync;
}

/** Prepara as instruções. */
export function prepara(db: DatabaseSync): Banco {
  return {
    db,
    begin: db.prepare("BEGIN IMMEDIATE"),
    commit: db.prepare("COMMIT"),
    anula: db.prepare(`PRAGMA user_version = ${VERSAO}`),
    // `OR ROLLBACK`: um lote é tudo ou nada, e assim o SQLite não copia, antes de cada instrução, as páginas que ela
    // muda, para poder desfazer só a ela; nos lotes grandes a cópia ia para um arquivo temporário.
    marca: insercao(db, "NULL, 1"),
    marcaCancelado: insercao(db, "?1, 0"),
    desmarca: new EmLinhas(
      db,
      (linhas) =>
        `UPDATE OR ROLLBACK agendamento SET cancelado_em = ?1, ativo = 0
         WHERE id IN (${repete(linhas, "?")}) AND cancelado_em IS NULL`,
      ({ id }) => [id],
    ),
    arquiva: new EmLinhas(
      db,
      (linhas) => `UPDATE OR ROLLBACK agendamento SET ativo = 0 WHERE id IN (${repete(linhas, "?")}) AND ativo = 1`,
      ({ id }) => [id],
    ),
    dia: db.prepare(
      "SELECT hora, minutos FROM agendamento WHERE especialidade = ? AND data = ? AND cancelado_em IS NULL",
    ),
  };
}

/** Primeiro o que libera, depois o que toma: as restrições valem a cada instrução. */
export function escreve(banco: Banco, { quando, novos, passageiros, desmarcados, arquivados }: Liquido): void {
  exige(banco.desmarca.executa([quando], desmarcados), desmarcados);
  exige(banco.arquiva.executa([], arquivados), arquivados);
  banco.marca.executa([quando], novos);
  banco.marcaCancelado.executa([quando], passageiros);
}

/** Uma linha que a memória tem e o arquivo não: alguém mexeu nele por fora. */
class Divergencia extends Error {
  override name = "Divergencia";
  errcode = SQLITE.CONSTRAINT;
}

function exige(mudadas: number, esperadas: readonly Agendamento[]): void {
  if (mudadas !== esperadas.length) throw new Divergencia("o agendamento já não está como a memória o tem");
}

/** Verdadeiro se o commit falhou antes de escrever o que o faria valer. */
export function parouAntes(causa: unknown): boolean {
  const codigo = codigoPrimario(causa);
  return codigo === SQLITE.FULL || codigo === SQLITE.BUSY || codigoEstendido(causa) === ESCRITA_FALHOU;
}

/** Desfaz o lote; falso se não se pode garantir que nada dele ficou. */
export function desfaz(banco: Banco, emDuvida: boolean): boolean {
  try {
    if (banco.db.isTransaction) banco.db.exec("ROLLBACK");
    if (emDuvida) anula(banco);
    return true;
  } catch {
    return false;
  }
}

/**
 * O commit que falhou pode ter ficado inteiro no fim do WAL, e voltaria quando ele fosse relido. Outro, que não muda nada,
 * escreve por cima do começo dele e vai ao disco: cada quadro do WAL confirma os anteriores, e os que restam não conferem
 * (sqlite.org/walformat.html).
 */
function anula(banco: Banco): void {
  try {
    banco.anula.run();
  } catch (causa) {
    // Também este chegou ao disco.
    if (!INDICE_FALHOU.includes(codigoEstendido(causa))) throw causa;
  }
}

/** O que se liga a um parâmetro. */
export type Valor = string | number;

/** Linhas por instrução, no máximo. Executá-la custa mais que a linha: juntas, cada uma custa a metade. */
const LINHAS_POR_INSTRUCAO = 32;

/** Uma instrução que vale para muitas linhas, preparada uma vez para cada quantidade delas. */
export class EmLinhas<T> {
  #db: DatabaseSync;
  #sql: (linhas: number) => string;
  #valores: (linha: T) => Valor[];
  /** A instrução para tantas linhas quanto o índice. */
  #instrucoes: StatementSync[] = [];

  /** Os parâmetros de `sql` são os comuns a todas as linhas (`?1`, …), depois os `valores` de cada uma. */
  constructor(db: DatabaseSync, sql: (linhas: number) => string, valores: (linha: T) => Valor[]) {
    this.#db = db;
    this.#sql = sql;
    this.#valores = valores;
  }

  /** Quantas linhas do banco mudaram. */
  executa(comuns: readonly Valor[], linhas: readonly T[]): number {
    let mudadas = 0;
    for (let feitas = 0; feitas < linhas.length;) {
      const parte = linhas.slice(feitas, feitas += LINHAS_POR_INSTRUCAO);
      const valores = [...comuns];
      for (const linha of parte) valores.push(...this.#valores(linha));
      const instrucao = this.#instrucoes[parte.length] ??= this.#db.prepare(this.#sql(parte.length));
      mudadas += Number(instrucao.run(...valores).changes);
    }
    return mudadas;
  }
}

function repete(linhas: number, texto: string): string {
  return Array<string>(linhas).fill(texto).join(", ");
}

/** Insere agendamentos; `estado` são os valores de `cancelado_em` e `ativo`, `?1` o instante do lote. */
function insercao(db: DatabaseSync, estado: string): EmLinhas<Novo> {
  return new EmLinhas(
    db,
    (linhas) =>
      `INSERT OR ROLLBACK INTO agendamento (criado_em, cancelado_em, ativo,
         id, cpf, nome, especialidade, profissional, data, hora, minutos, origem)
       VALUES ${repete(linhas, `(?1, ${estado}, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)}`,
    ({ agendamento: { id, cpf, nome, especialidade, profissional, data, hora, minutos }, origem }) => [
      id,
      cpf,
      nome,
      especialidade,
      profissional,
      data,
      hora,
      minutos,
      origem,
    ],
  );
}
