/**
 * Por onde se procuram agendamentos em qualquer situação: pelo CPF, para a história, e pela data, para os
 * cancelados dela. Um índice
 * por CPF poria cada linha que nasce numa página à parte, e um por data custaria quase o mesmo: mais do que a própria linha.
 * Por isso as tabelas `por_cpf` e `por_data` só os têm até um número, que o livro guarda; os de números maiores estão na
 * memória, e passam para lá muitos de cada vez, quando ninguém grava.
 *
 * O que aqui se acha é só candidato: um que mudou de data tem as duas, e a linha diz qual vale.
 *
 * Usa-o o armazém (`sqlite.ts`); quem enche um livro inteiro passa-os todos no fim.
 *
 * @module
 */

import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Agendamento } from "../clinica/agendamento.ts";
import { CANCELADOS_DE_UM_DIA, LINHAS_DE_UM_CPF, type Liquido } from "../clinica/livro.ts";
import {
  CANCELADOS,
  CANCELADOS_DENTRE,
  emLinhas,
  HISTORIA,
  lerAgendamento,
  linhasDe,
  numero,
  QUANTOS_NA_DATA,
  texto,
} from "./sqlite_leituras.ts";

/** Com menos que isto na memória não vale um commit. */
const MINIMO_A_PASSAR = 4096;

/** Quantos passam de uma vez: uns 12 ms, em que ninguém é atendido. */
const PASSADOS_DE_UMA_VEZ = 4096;

/** Quantos a memória tem, no máximo, se nunca houver um descanso: uns 30 MB. */
const MAXIMO_NA_MEMORIA = 1_000_000;

/** A procura num livro aberto. */
export class Procura {
  #db: DatabaseSync;
  #historia: StatementSync;
  #cancelados: StatementSync;
  #canceladosDentre: StatementSync;
  #quantosNaData: StatementSync;
  /** Até que número as tabelas os têm. */
  #passadosAte = 0;
  /** Os outros, por CPF e por data, em ordem de número. */
  #porCpf = new Map<string, number[]>();
  #porData = new Map<string, number[]>();
  #quantos = 0;

  /** Com os que as tabelas ainda não têm. */
  constructor(db: DatabaseSync) {
    this.#db = db;
    this.#historia = emLinhas(db, HISTORIA);
    this.#cancelados = emLinhas(db, CANCELADOS);
    this.#canceladosDentre = emLinhas(db, CANCELADOS_DENTRE);
    this.#quantosNaData = emLinhas(db, QUANTOS_NA_DATA);
    this.carrega();
  }

  /** Lê de novo quais as tabelas ainda não têm. */
  carrega(): void {
    this.#porCpf.clear();
    this.#porData.clear();
    this.#quantos = 0;
    this.#passadosAte = passadosAte(this.#db);
    const recentes = emLinhas(this.#db, "SELECT cpf, data, numero FROM agendamento WHERE numero > ? ORDER BY numero");
    for (const [cpf, data, qual] of linhasDe(recentes, this.#passadosAte)) {
      this.#poe(texto(cpf), texto(data), numero(qual));
    }
  }

  #poe(cpf: string, data: string, qual: number): void {
    acrescenta(this.#porCpf, cpf, qual);
    acrescenta(this.#porData, data, qual);
    this.#quantos++;
  }

  /** Dentro da transação de um lote: o que as tabelas já tinham e muda de data passa a ter as duas; de CPF, só o novo. */
  escreve({ mudados }: Pick<Liquido, "mudados">): void {
    for (const { antes, depois: { numero, cpf, data } } of mudados) {
      if (numero > this.#passadosAte) continue;
      if (antes.cpf !== cpf) {
        this.#db.prepare("INSERT OR IGNORE INTO por_cpf (cpf, numero) VALUES (?, ?)").run(cpf, numero);
        // Um CPF que se tirou não fica em lado nenhum.
        this.#db.prepare("DELETE FROM por_cpf WHERE cpf = ? AND numero = ?").run(antes.cpf, numero);
      }
      if (antes.data !== data) {
        this.#db.prepare("INSERT OR IGNORE INTO por_data (data, numero) VALUES (?, ?)").run(data, numero);
      }
    }
  }

  /** O lote foi gravado. */
  grava({ novos, mudados }: Pick<Liquido, "novos" | "mudados">): void {
    for (const { agendamento: { cpf, data, numero } } of novos) this.#poe(cpf, data, numero);
    for (const { antes, depois: { numero, cpf, data } } of mudados) {
      if (numero <= this.#passadosAte) continue;
      if (antes.cpf !== cpf) {
        acrescenta(this.#porCpf, cpf, numero);
        tira(this.#porCpf, antes.cpf, numero);
      }
      if (antes.data !== data) acrescenta(this.#porData, data, numero);
    }
  }

  /** Os `LINHAS_DE_UM_CPF` mais novos de um CPF, do mais novo ao mais antigo. */
  historiaDe(cpf: string): Agendamento[] {
    const recentes = this.#porCpf.get(cpf)?.slice(-LINHAS_DE_UM_CPF) ?? [];
    return linhasDe(this.#historia, cpf, JSON.stringify(recentes)).map(lerAgendamento);
  }

  /** Os `CANCELADOS_DE_UM_DIA` cancelados mais novos de uma data, do mais novo ao mais antigo. */
  cancelados(data: string): Agendamento[] {
    const recentes = this.#porData.get(data)?.filter((qual) => qual > this.#passadosAte) ?? [];
    // Num dia em que todos contam, procurar os outros custava tanto como ler estes.
    const [[contam, passados]] = linhasDe(this.#quantosNaData, data);
    if (contam === numero(passados) + recentes.length) return [];
    const achados: Agendamento[] = [];
    while (recentes.length > 0 && achados.length < CANCELADOS_DE_UM_DIA) {
      const candidatos = JSON.stringify(recentes.splice(-CANCELADOS_DE_UM_DIA));
      achados.push(...linhasDe(this.#canceladosDentre, data, candidatos).map(lerAgendamento));
    }
    const faltam = CANCELADOS_DE_UM_DIA - achados.length;
    if (faltam > 0) achados.push(...linhasDe(this.#cancelados, data, faltam).map(lerAgendamento));
    return achados.slice(0, CANCELADOS_DE_UM_DIA);
  }

  /** Quem gravava descansa, ou a memória está cheia: passa alguns, se já são muitos; verdadeiro se há mais. */
  passaAlguns({ descansa }: { descansa: boolean }): boolean {
    if (this.#quantos < (descansa ? MINIMO_A_PASSAR : MAXIMO_NA_MEMORIA)) return false;
    passa(this.#db, PASSADOS_DE_UMA_VEZ);
    const antes = this.#passadosAte;
    this.#passadosAte = passadosAte(this.#db);
    const passados = emLinhas(this.#db, "SELECT cpf, data FROM agendamento WHERE numero > ? AND numero <= ?");
    const [cpfs, datas] = [new Set<string>(), new Set<string>()];
    for (const [cpf, data] of linhasDe(passados, antes, this.#passadosAte)) {
      cpfs.add(texto(cpf));
      datas.add(texto(data));
      this.#quantos--;
    }
    esquece(this.#porCpf, cpfs, this.#passadosAte);
    esquece(this.#porData, datas, this.#passadosAte);
    // Se nada passou (alguém apagou linhas por fora), insistir não adianta.
    return this.#passadosAte > antes && this.#quantos >= MINIMO_A_PASSAR;
  }
}

function acrescenta(a: Map<string, number[]>, chave: string, qual: number): void {
  const outros = a.get(chave);
  if (outros === undefined) return void a.set(chave, [qual]);
  // Quase sempre no fim: só um que mudou de data vem depois de outros maiores, e pode já lá ter estado.
  const antes = outros.findLastIndex((outro) => outro <= qual);
  if (outros[antes] !== qual) outros.splice(antes + 1, 0, qual);
}

function tira(de: Map<string, number[]>, chave: string, qual: number): void {
  const restam = de.get(chave)?.filter((outro) => outro !== qual) ?? [];
  if (restam.length === 0) de.delete(chave);
  else de.set(chave, restam);
}

/**
 * Tira, de cada uma das chaves, os números até este. Um que mudou de data pode ficar na antiga, se nenhum outro dela passa; é
 * só um candidato a mais.
 */
function esquece(de: Map<string, number[]>, chaves: Iterable<string>, ate: number): void {
  for (const chave of chaves) {
    const numeros = de.get(chave) ?? [];
    const primeiro = numeros.findIndex((qual) => qual > ate);
    if (primeiro < 0) de.delete(chave);
    else numeros.splice(0, primeiro);
  }
}

function passadosAte(db: DatabaseSync): number {
  const [linha] = linhasDe(
    emLinhas(db, "SELECT CAST(valor AS INTEGER) FROM clinica_livro WHERE nome = 'passados_ate'"),
  );
  return linha === undefined ? Number.MIN_SAFE_INTEGER : numero(linha[0]);
}

/** Passa os agendamentos para as tabelas, ou os primeiros `quantos` que faltam; numa transação, se ainda não há uma. */
export function passa(db: DatabaseSync, quantos: number = Number.MAX_SAFE_INTEGER): void {
  if (db.isTransaction) return passaNaTransacao(db, quantos);
  db.prepare("BEGIN IMMEDIATE").run();
  try {
    passaNaTransacao(db, quantos);
    db.prepare("COMMIT").run();
  } catch (causa) {
    if (db.isTransaction) db.exec("ROLLBACK");
    throw causa;
  }
}

function passaNaTransacao(db: DatabaseSync, quantos: number): void {
  const antes = passadosAte(db);
  const [[ate]] = linhasDe(
    emLinhas(db, "SELECT max(numero) FROM (SELECT numero FROM agendamento WHERE numero > ? ORDER BY numero LIMIT ?)"),
    antes,
    quantos,
  );
  if (ate === null) return;
  for (const chave of ["cpf", "data"]) {
    db.prepare(
      `INSERT OR IGNORE INTO por_${chave} (${chave}, numero)
       SELECT ${chave}, numero FROM agendamento WHERE numero > ? AND numero <= ? ORDER BY ${chave}, numero`,
    ).run(antes, numero(ate));
  }
  db.prepare("INSERT OR REPLACE INTO clinica_livro (nome, valor) VALUES ('passados_ate', ?)").run(String(ate));
}
