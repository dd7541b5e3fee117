/**
 * Como um lote se escreve no arquivo SQLite, e como se desfaz um que falhou. Só o armazém (`sqlite.ts`) o usa.
 *
 * @module
 */

import type { DatabaseSync, StatementSync } from "node:sqlite";
import { escreveDiario } from "../clinica/diario.ts";
import type { Liquido, Mudanca, Nada, Quem } from "../clinica/livro.ts";
import { TENTATIVAS_APAGADAS } from "../clinica/tentativa.ts";
import { codigoEstendido, codigoPrimario, SQLITE } from "./sqlite_arquivo.ts";
import { VERSAO } from "./sqlite_esquema.ts";
import { Agendamentos } from "./sqlite_instrucoes.ts";
import { ACABADAS, EscritaDeEsperas } from "./sqlite_espera.ts";
import {
  emLinhas,
  FALTAS,
  GUARDAS,
  HA_VELHAS,
  OCUPANTES,
  PERIODO,
  TENTATIVA,
  ULTIMA_SENHA,
} from "./sqlite_leituras.ts";
import { Procura } from "./sqlite_procura.ts";
import type { TrilhaDoArquivo } from "./sqlite_trilha.ts";
import { COLUNAS, DA_TENTATIVA, escreveTentativa } from "./tabelas.ts";

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
  /** Insere e atualiza agendamentos. */
  readonly agendamentos: Agendamentos;
  /** Põe uma exceção, ou desfaz uma que vale. */
  readonly excecao: StatementSync;
  /** Guarda um contato por cima do que havia. */
  readonly contato: StatementSync;
  /** Esquece o contato de um CPF. */
  readonly semContato: StatementSync;
  /** Apaga as contas do que se tentou com um CPF. */
  readonly semContas: StatementSync;
  /** Passa ao pseudônimo o que se anotou de um CPF. */
  readonly renomeia: StatementSync;
  /** Anota o que se fez pelos direitos de alguém. */
  readonly anota: StatementSync;
  /** As anotações que dizem se há uma guarda legal. */
  readonly guardas: StatementSync;
  /** As entradas da lista de espera de um CPF que acabaram. */
  readonly acabadas: StatementSync;
  /** Guarda a última senha de uma data e letra, se é maior que a que lá está. */
  readonly senha: StatementSync;
  /** Insere e atualiza as entradas da lista de espera. */
  readonly esperas: EscritaDeEsperas;
  /** Guarda quando foi o último `TICK`. */
  readonly tique: StatementSync;
  /** Guarda a conta do que se tentou, por cima da que havia. */
  readonly conta: StatementSync;
  /** Apaga algumas das que já nada dizem. */
  readonly poda: StatementSync;
  /** A trilha: a linha do diário de um lote, e os acessos. */
  readonly trilha: TrilhaDoArquivo;
  /** O que ocupa um dia de uma agenda. */
  readonly ocupantes: StatementSync;
  /** O que conta num período. */
  readonly periodo: StatementSync;
  /** Por onde se procura o que há em qualquer situação. */
  readonly procura: Procura;
  /** A última senha de uma data. */
  readonly ultimaSenha: StatementSync;
  /** A conta do que se tentou com um CPF por uma rede. */
  readonly tentativa: StatementSync;
  /** Se alguma já nada diz. */
  readonly haVelhas: StatementSync;
  /** As faltas dentre os de um intervalo de números. */
  readonly faltas: StatementSync;
}

/** Prepara as instruções; as da trilha são de quem chama. */
export function prepara(db: DatabaseSync, trilha: TrilhaDoArquivo): Banco {
  const excecao = Object.keys(COLUNAS.excecao);
  return {
    db,
    begin: db.prepare("BEGIN IMMEDIATE"),
    commit: db.prepare("COMMIT"),
    anula: db.prepare(`PRAGMA user_version = ${VERSAO}`),
    agendamentos: new Agendamentos(db),
    excecao: db.prepare(
      `INSERT OR ROLLBACK INTO excecao (${excecao.join(", ")}) VALUES (${excecao.map(() => "?").join(", ")})
       ON CONFLICT (numero) DO UPDATE SET revogada = 1 WHERE excluded.revogada AND NOT revogada`,
    ),
    contato: db.prepare(
      `INSERT OR ROLLBACK INTO contato (cpf, email, telefone, mudou_em) VALUES (?, ?, ?, ?) ON CONFLICT (cpf) DO UPDATE
       SET email = excluded.email, telefone = excluded.telefone, mudou_em = excluded.mudou_em`,
    ),
    semContato: db.prepare("DELETE FROM contato WHERE cpf = ?"),
    semContas: db.prepare("DELETE FROM tentativa WHERE cpf = ?"),
    renomeia: db.prepare("UPDATE OR ROLLBACK titular SET pessoa = ?, motivo = '' WHERE pessoa = ?"),
    anota: db.prepare("INSERT OR ROLLBACK INTO titular (quando, ato, pessoa, motivo) VALUES (?, ?, ?, ?)"),
    guardas: emLinhas(db, GUARDAS),
    acabadas: emLinhas(db, ACABADAS),
    senha: db.prepare(
      `INSERT OR ROLLBACK INTO senha (data, letra, ultima) VALUES (?, ?, ?) ON CONFLICT (data, letra) DO UPDATE
       SET ultima = excluded.ultima WHERE excluded.ultima > ultima`,
    ),
    esperas: new EscritaDeEsperas(db),
    tique: db.prepare(
      `INSERT OR ROLLBACK INTO clinica_livro (nome, valor) VALUES ('tique', ?) ON CONFLICT (nome) DO UPDATE
       SET valor = excluded.valor`,
    ),
    conta: db.prepare(
      `INSERT OR REPLACE INTO tentativa (${DA_TENTATIVA}) VALUES (${DA_TENTATIVA.replace(/\w+/g, "?")})`,
    ),
    poda: db.prepare(
      `DELETE FROM tentativa WHERE (cpf, rede) IN (
         SELECT cpf, rede FROM tentativa WHERE ate <= ? ORDER BY ate LIMIT ${TENTATIVAS_APAGADAS})`,
    ),
    trilha,
    ocupantes: emLinhas(db, OCUPANTES),
    periodo: emLinhas(db, PERIODO),
    procura: new Procura(db),
    ultimaSenha: emLinhas(db, ULTIMA_SENHA),
    tentativa: emLinhas(db, TENTATIVA),
    haVelhas: emLinhas(db, HA_VELHAS),
    faltas: emLinhas(db, FALTAS),
  };
}

/** Escreve o efeito de um lote: primeiro o que libera, depois o que toma, pois as restrições valem a cada instrução. */
export function escreve(banco: Banco, liquido: Liquido): void {
  const { quando, novos, mudados, excecoes, contatos, senhas, esperas, tique, tentativas, poda, titulares, ...resto } =
    liquido;
  resto satisfies Nada;
  exige(banco.agendamentos.atualiza(mudados), mudados.length);
  banco.procura.escreve({ mudados });
  banco.agendamentos.insere(quando, novos);
  for (const { numero, revogada, motivo, ...excecao } of excecoes) {
    const { tipo, de, ate, inicio, fim, especialidade, profissional, vagas, minutos, local, encaixes } = excecao;
    const oQue = [tipo, de, ate, inicio, fim, especialidade, profissional, vagas, minutos, local, encaixes];
    exige(Number(banco.excecao.run(numero, ...oQue, motivo, revogada ? 1 : 0, quando).changes), 1);
  }
  for (const { ato, cpf, pseudonimo, motivo } of titulares) {
    if (ato === "ANONIMIZA") {
      banco.semContato.run(cpf);
      banco.semContas.run(cpf);
      banco.renomeia.run(pseudonimo, cpf);
    }
    banco.anota.run(quando, ato, pseudonimo === "" ? cpf : pseudonimo, motivo);
  }
  for (const { cpf, email, telefone } of contatos) banco.contato.run(cpf, email, telefone, quando);
  for (const { data, letra, ultima } of senhas) banco.senha.run(data, letra, ultima);
  exige(banco.esperas.escreve(esperas), esperas.length);
  if (tique !== undefined) banco.tique.run(tique);
  for (const uma of tentativas) banco.conta.run(...escreveTentativa(uma));
  if (poda !== undefined) banco.poda.run(poda);
}

/** Escreve a linha do diário; o lote tem um nome ao acaso. */
export function escreveNoDiario(
  banco: Banco,
  mudancas: readonly Mudanca[],
  quando: string,
  disfarca: (quem: Quem) => string,
): void {
  const lote = crypto.getRandomValues(new Uint8Array(16)).toHex();
  banco.trilha.anota(lote, quando, escreveDiario(mudancas, disfarca));
}

/** Uma linha que a memória tem e o arquivo não: alguém mexeu nele por fora. */
class Divergencia extends Error {
  override name = "Divergencia";
  errcode = SQLITE.CONSTRAINT;
}

function exige(mudadas: number, esperadas: number): void {
  if (mudadas !== esperadas) throw new Divergencia("o livro já não está como a memória o tem");
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
