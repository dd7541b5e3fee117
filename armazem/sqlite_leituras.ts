/**
 * O que se lê de um livro SQLite: as consultas, e uma linha como agendamento, exceção ou linha de uma cópia. Usam-no o
 * armazém (`sqlite.ts`), a memória dele (`memoria.ts`) e quem lê sem ele (`sqlite_copia.ts`).
 *
 * @module
 */

import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Agendamento } from "../clinica/agendamento.ts";
import type { Excecao } from "../clinica/excecao.ts";
import { type Dia, type GuardaLegal, LINHAS_DE_UM_CPF, PENDENCIAS_MAXIMAS } from "../clinica/livro.ts";
import type { Ocupante } from "../clinica/ocupacao.ts";
import { CONTA } from "./sqlite_esquema.ts";
import { COLUNAS, DA_TENTATIVA, lerPilha, lerSituacao } from "./tabelas.ts";

/** Quem toma a hora: um índice parcial só serve a quem diz a condição dele. */
const TOMA_HORA = `NOT encaixe AND ${CONTA}`;

/** Quem foi encaixado, e conta. */
const ENCAIXADO = `encaixe AND ${CONTA}`;

/** As colunas de um agendamento, como `lerAgendamento` as quer. */
const AGENDAMENTO = Object.keys(COLUNAS.agendamento).join(", ");

/** Uma linha de uma consulta de `emLinhas`: os valores, na ordem das colunas. */
export type Valores = readonly unknown[];

/** Prepara uma consulta que dá listas, e não objetos: custam um terço. */
export function emLinhas(db: DatabaseSync, sql: string): StatementSync {
  const consulta = db.prepare(sql);
  // O Deno tem-no, e os tipos dele ainda não.
  if ("setReturnArrays" in consulta && typeof consulta.setReturnArrays === "function") consulta.setReturnArrays(true);
  return consulta;
}

/** As linhas que uma consulta de `emLinhas` dá. */
export function linhasDe(consulta: StatementSync, ...parametros: (string | number)[]): Valores[] {
  return consulta.all(...parametros).map(valores);
}

/** As mesmas, uma de cada vez: para as que podem ser muitas. */
export function* cadaLinha(consulta: StatementSync): Generator<Valores> {
  for (const linha of consulta.iterate()) yield valores(linha);
}

function valores(linha: unknown): Valores {
  if (!Array.isArray(linha)) throw new TypeError("a consulta não dá listas");
  return linha;
}

/** O texto de um valor; lança se não é um texto. */
export function texto(valor: unknown): string {
  if (typeof valor !== "string") throw new TypeError(`o livro tem ${valor} onde devia haver um texto`);
  return valor;
}

/** O número de um valor; lança se não é um número. */
export function numero(valor: unknown): number {
  if (typeof valor !== "number") throw new TypeError(`o livro tem ${valor} onde devia haver um número`);
  return valor;
}

/** O agendamento de uma linha da tabela dele. */
export function lerAgendamento(linha: Valores): Agendamento {
  return {
    numero: numero(linha[0]),
    versao: numero(linha[1]),
    codigo: texto(linha[2]),
    cpf: texto(linha[3]),
    nome: texto(linha[4]),
    especialidade: texto(linha[5]),
    profissional: texto(linha[6]),
    // linha[7] é a agenda, que se deduz.
    data: texto(linha[8]),
    hora: texto(linha[9]),
    minutos: numero(linha[10]),
    situacao: lerSituacao(texto(linha[11])),
    ativo: linha[12] === 1,
    encaixe: linha[13] === 1,
    local: texto(linha[14]),
    motivo: texto(linha[15]),
    nota: texto(linha[16]),
    email: texto(linha[17]),
    telefone: texto(linha[18]),
    senha: texto(linha[19]),
    prioridade: numero(linha[20]),
    chegouEm: texto(linha[21]),
    chamadoEm: texto(linha[22]),
    chamadas: numero(linha[23]),
    terminouEm: texto(linha[24]),
    substitui: numero(linha[25]),
    pilha: lerPilha(texto(linha[26]), texto(linha[24])),
    // Quando se criou e de onde veio não são dele.
    espera: numero(linha[29]),
  };
}

/** A exceção de uma linha da tabela dela. */
export function lerExcecao(linha: Valores): Excecao {
  const tipo = linha[1];
  if (tipo !== "FECHA" && tipo !== "EXTRA") throw new TypeError(`o livro tem uma exceção que não há: ${tipo}`);
  return {
    numero: numero(linha[0]),
    tipo,
    de: texto(linha[2]),
    ate: texto(linha[3]),
    inicio: numero(linha[4]),
    fim: numero(linha[5]),
    especialidade: texto(linha[6]),
    profissional: texto(linha[7]),
    vagas: numero(linha[8]),
    minutos: numero(linha[9]),
    local: texto(linha[10]),
    encaixes: numero(linha[11]),
    motivo: texto(linha[12]),
    revogada: linha[13] === 1,
  };
}

/** Os de um CPF, do mais novo ao mais antigo: os que `por_cpf` tem e os de uma lista de números. */
export const HISTORIA: string = `
  SELECT ${AGENDAMENTO} FROM agendamento
  WHERE cpf = ?1 AND numero IN (
    SELECT value FROM json_each(?2) UNION ALL
    SELECT numero FROM (SELECT numero FROM por_cpf WHERE cpf = ?1 ORDER BY numero DESC LIMIT ${LINHAS_DE_UM_CPF}))
  ORDER BY numero DESC LIMIT ${LINHAS_DE_UM_CPF}`;

/** Os de um período que contam. */
export const PERIODO: string = `
  SELECT ${AGENDAMENTO} FROM agendamento WHERE data BETWEEN ?1 AND ?2 AND ${TOMA_HORA}
  UNION ALL
  SELECT ${AGENDAMENTO} FROM agendamento WHERE data BETWEEN ?1 AND ?2 AND ${ENCAIXADO}`;

/** Quantos contam numa data, e quantos `por_data` tem dela: só pelos índices, sem abrir uma linha. */
export const QUANTOS_NA_DATA: string = `
  SELECT (SELECT count(*) FROM agendamento WHERE data = ?1 AND ${TOMA_HORA}) +
      (SELECT count(*) FROM agendamento WHERE data = ?1 AND ${ENCAIXADO}),
    (SELECT count(*) FROM por_data WHERE data = ?1)`;

/** Os cancelados de uma data que `por_data` tem: lê-se de trás para diante, e só até achar os que se pedem. */
export const CANCELADOS: string = `
  SELECT ${AGENDAMENTO} FROM (SELECT data AS dia, numero AS candidato FROM por_data)
  CROSS JOIN agendamento ON numero = candidato
  WHERE dia = ?1 AND data = ?1 AND situacao = 'CANCELADO' ORDER BY candidato DESC LIMIT ?2`;

/** Os cancelados de uma data, dentre os de uma lista de números. */
export const CANCELADOS_DENTRE: string = `
  SELECT ${AGENDAMENTO} FROM agendamento
  WHERE data = ?1 AND situacao = 'CANCELADO' AND numero IN (SELECT value FROM json_each(?2)) ORDER BY numero DESC`;

/** As horas seguradas. */
export const CONVIDADOS: string = `SELECT ${AGENDAMENTO} FROM agendamento WHERE situacao = 'CONVIDADO'`;

/** Os que eram esperados antes de uma data e não chegaram, dentre os de um intervalo de números, do maior ao menor. */
export const FALTAS: string = `
  SELECT ${AGENDAMENTO} FROM agendamento
  WHERE numero BETWEEN ?1 AND ?2 AND data < ?3 AND (situacao = 'MARCADO' OR situacao = 'CONFIRMADO')
    AND terminou_em = ''
  ORDER BY numero DESC LIMIT ${PENDENCIAS_MAXIMAS}`;

/** A última vez que se guardou ou se soltou o que é de um CPF. */
export const GUARDAS = `
  SELECT ato, motivo, quando FROM titular WHERE pessoa = ? AND ato IN ('GUARDA', 'SOLTA') ORDER BY numero DESC LIMIT 1`;

/** A guarda legal que uma linha de `GUARDAS` diz haver. */
export function lerGuardaLegal(linha: Valores | undefined): GuardaLegal | undefined {
  return linha?.[0] === "GUARDA" ? { motivo: texto(linha[1]), desde: texto(linha[2]) } : undefined;
}

/** Quando foi o último `TICK`. */
export const TIQUE = "SELECT valor FROM clinica_livro WHERE nome = 'tique'";

/** O que ocupa um dia de uma agenda; não passa pelos cancelados, que podem ser milhares. */
export const OCUPANTES = `
  SELECT especialidade, hora, minutos, encaixe FROM agendamento WHERE data = ?1 AND agenda = ?2 AND ${TOMA_HORA}
  UNION ALL
  SELECT especialidade, hora, minutos, encaixe FROM agendamento WHERE data = ?1 AND agenda = ?2 AND ${ENCAIXADO}`;

/** O ocupante de uma linha de `OCUPANTES`: todos contam. */
export function lerOcupante([especialidade, hora, minutos, encaixe]: Valores): Ocupante {
  return {
    especialidade: texto(especialidade),
    hora: texto(hora),
    minutos: numero(minutos),
    encaixe: encaixe === 1,
    situacao: "MARCADO",
  };
}

/** A chave com que o diário disfarça endereços. */
export const SEGREDO = "SELECT valor FROM clinica_livro WHERE nome = 'segredo'";

/** O número da última senha de uma data com uma letra. */
export const ULTIMA_SENHA = "SELECT ultima FROM senha WHERE data = ? AND letra = ?";

/** A conta do que se tentou com um CPF por uma rede. */
export const TENTATIVA: string = `SELECT ${DA_TENTATIVA} FROM tentativa WHERE cpf = ? AND rede = ?`;

/** De que CPFs e de que redes há conta. */
export const CONTADAS = "SELECT cpf, rede FROM tentativa";

/** Se alguma só disse alguma coisa até um instante. */
export const HA_VELHAS = "SELECT EXISTS (SELECT 1 FROM tentativa WHERE ate <= ?)";

/** O dia seguinte com alguém que toma a hora: uma busca por dia, e não uma linha por agendamento. */
const DIA_SEGUINTE = `
  SELECT data, agenda FROM agendamento WHERE (data, agenda) > (?1, ?2) AND ${TOMA_HORA} ORDER BY data, agenda LIMIT 1`;

/** Os dias com alguém encaixado. */
const DIAS_COM_ENCAIXES = `SELECT DISTINCT data, agenda FROM agendamento WHERE data >= ? AND ${ENCAIXADO}`;

/** Os dias com agendamentos que contam a partir de uma data. */
export function diasMarcados(db: DatabaseSync, desde: string): Dia[] {
  const dias = new Map<string, Dia>();
  const poe = (data: string, agenda: string): void => void dias.set(`${data} ${agenda}`, [agenda, data]);
  const seguinte = emLinhas(db, DIA_SEGUINTE);
  for (let [linha] = linhasDe(seguinte, desde, ""); linha !== undefined;) {
    const [data, agenda] = [texto(linha[0]), texto(linha[1])];
    poe(data, agenda);
    [linha] = linhasDe(seguinte, data, agenda);
  }
  for (const [data, agenda] of linhasDe(emLinhas(db, DIAS_COM_ENCAIXES), desde)) poe(texto(data), texto(agenda));
  return [...dias.values()];
}

/** Os que contam de uma data, por agenda, hora e número. */
const DO_DIA = `
  SELECT ${AGENDAMENTO} FROM agendamento WHERE data = ?1 AND ${TOMA_HORA}
  UNION ALL
  SELECT ${AGENDAMENTO} FROM agendamento WHERE data = ?1 AND ${ENCAIXADO}
  ORDER BY agenda, hora, numero`;

/** Os mesmos, só de uma agenda. */
const DA_AGENDA_NO_DIA = `
  SELECT ${AGENDAMENTO} FROM agendamento WHERE data = ?1 AND agenda = ?2 AND ${TOMA_HORA}
  UNION ALL
  SELECT ${AGENDAMENTO} FROM agendamento WHERE data = ?1 AND agenda = ?2 AND ${ENCAIXADO}
  ORDER BY hora, numero`;

/** As exceções que valem, por número. */
export const EXCECOES: string = `SELECT ${
  Object.keys(COLUNAS.excecao).join(", ")
} FROM excecao WHERE NOT revogada ORDER BY numero`;

/** Os agendamentos que contam de uma data, por agenda, hora e número; ou só os de uma agenda. */
export function selecionaDoDia(db: DatabaseSync, data: string, agenda?: string): Agendamento[] {
  const linhas = agenda === undefined
    ? linhasDe(emLinhas(db, DO_DIA), data)
    : linhasDe(emLinhas(db, DA_AGENDA_NO_DIA), data, agenda);
  return linhas.map(lerAgendamento);
}
