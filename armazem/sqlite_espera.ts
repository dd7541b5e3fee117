/**
 * As entradas da lista de espera num arquivo SQLite: como se escrevem, e como se leem as que estão de pé. Usam-no quem
 * escreve um lote (`sqlite_escrita.ts`) e a memória (`memoria_espera.ts`).
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import type { Espera } from "../clinica/espera.ts";
import { LINHAS_DE_UM_CPF, type Liquido } from "../clinica/livro.ts";
import { EmLinhas, repete, type Valor } from "./sqlite_instrucoes.ts";
import { emLinhas, linhasDe, numero, texto, type Valores } from "./sqlite_leituras.ts";
import { type COLUNAS, escrevePassou, lerPassou, lerTurno } from "./tabelas.ts";

/** O valor de cada coluna; uma que se esqueça não compila. */
const VALOR: { readonly [C in keyof typeof COLUNAS.espera]: (espera: Espera) => string | number } = {
  numero: ({ numero }) => numero,
  versao: ({ versao }) => versao,
  codigo: ({ codigo }) => codigo,
  cpf: ({ cpf }) => cpf,
  nome: ({ nome }) => nome,
  especialidade: ({ especialidade }) => especialidade,
  profissional: ({ profissional }) => profissional,
  de: ({ de }) => de,
  ate: ({ ate }) => ate,
  turno: ({ turno }) => turno,
  antecedencia: ({ antecedencia }) => antecedencia,
  marca: ({ marca }) => marca ? 1 : 0,
  prioridade: ({ prioridade }) => prioridade,
  motivo: ({ motivo }) => motivo,
  isenta: ({ isenta }) => isenta ? 1 : 0,
  email: ({ email }) => email,
  telefone: ({ telefone }) => telefone,
  origem: ({ origem }) => origem,
  lapsos: ({ lapsos }) => lapsos,
  ordem: ({ ordem }) => ordem,
  desde: ({ desde }) => desde,
  convite: ({ convite }) => convite,
  passou: ({ passou }) => escrevePassou(passou),
  terminou_em: ({ terminouEm }) => terminouEm,
  move: ({ move }) => move ? 1 : 0,
};

const TODAS = Object.entries(VALOR).map(([nome, valor]) => ({ nome, valor }));
const NOMES = TODAS.map(({ nome }) => nome).join(", ");

/** As que mudam o mesmo para os mesmos valores, e por isso vão juntas. */
interface Grupo {
  readonly colunas: readonly string[];
  /** A versão de antes e os valores novos. */
  readonly valores: readonly Valor[];
  readonly numeros: number[];
}

/** Escreve entradas, dentro da transação de quem chama. */
export class EscritaDeEsperas {
  #db: DatabaseSync;
  #insere: EmLinhas<Espera>;
  /** Uma por conjunto de colunas que mudam. */
  #atualiza = new Map<string, EmLinhas<number>>();

  /** Neste banco. */
  constructor(db: DatabaseSync) {
    this.#db = db;
    const linha = `(${repete(TODAS.length, "?")})`;
    this.#insere = new EmLinhas(
      db,
      (linhas) => `INSERT OR ROLLBACK INTO espera (${NOMES}) VALUES ${repete(linhas, linha)}`,
      (valores, espera) => {
        for (const { valor } of TODAS) valores.push(valor(espera));
      },
    );
  }

  /**
   * Escreve as que mudam e as que entram, e devolve quantas escreveu: uma cuja linha já não tem a versão de antes não muda.
   * Primeiro as que mudam: quem sai pode voltar a entrar.
   */
  escreve(esperas: Liquido["esperas"]): number {
    if (esperas.length === 0) return 0;
    const grupos = new Map<string, Grupo>();
    const entram: Espera[] = [];
    for (const { antes, depois } of esperas) {
      if (antes === undefined) entram.push(depois);
      else junta(grupos, antes, depois);
    }
    let escritas = 0;
    for (const { colunas, valores, numeros } of grupos.values()) {
      escritas += this.#atualizacao(colunas).executa(valores, numeros);
    }
    return escritas + this.#insere.executa([], entram);
  }

  #atualizacao(colunas: readonly string[]): EmLinhas<number> {
    const mudam = colunas.map((nome, i) => `${nome} = ?${i + 2}`).join(", ");
    let atualizacao = this.#atualiza.get(mudam);
    if (atualizacao === undefined) {
      atualizacao = new EmLinhas(
        this.#db,
        (linhas) => `UPDATE OR ROLLBACK espera SET ${mudam} WHERE versao = ?1 AND numero IN (${repete(linhas, "?")})`,
        (valores, numero) => valores.push(numero),
      );
      this.#atualiza.set(mudam, atualizacao);
    }
    return atualizacao;
  }
}

function junta(grupos: Map<string, Grupo>, antes: Espera, depois: Espera): void {
  const mudam = TODAS.filter(({ valor }) => valor(antes) !== valor(depois));
  const colunas = mudam.map(({ nome }) => nome);
  const valores = [antes.versao, ...mudam.map(({ valor }) => valor(depois))];
  const chave = JSON.stringify([colunas, valores]);
  const grupo = grupos.get(chave);
  if (grupo === undefined) grupos.set(chave, { colunas, valores, numeros: [antes.numero] });
  else grupo.numeros.push(antes.numero);
}

/** Entradas por pedaço ao carregar. */
const LINHAS_POR_PEDACO = 5000;

/** As de pé, a partir de um número: por ele, em que estão quase na ordem da lista. */
const DE_PE = `
  SELECT ${NOMES} FROM espera NOT INDEXED
  WHERE numero > ? AND terminou_em = '' ORDER BY numero LIMIT ${LINHAS_POR_PEDACO}`;

/** As de um CPF que acabaram, da mais nova à mais antiga; para `lerEspera`. */
export const ACABADAS: string = `
  SELECT ${NOMES} FROM espera WHERE cpf = ? AND terminou_em <> '' ORDER BY numero DESC LIMIT ${LINHAS_DE_UM_CPF}`;

/** As entradas de pé, por número. */
export function* esperasDePe(db: DatabaseSync): Generator<Espera> {
  const pedaco = emLinhas(db, DE_PE);
  const unico = unicos();
  for (let ultima = 0;;) {
    const linhas = linhasDe(pedaco, ultima);
    if (linhas.length === 0) return;
    for (const linha of linhas) {
      const espera = lerEspera(linha, unico);
      ultima = espera.numero;
      yield espera;
    }
  }
}

/** A entrada de uma linha; `unico` junta os textos que são iguais. */
export function lerEspera(linha: Valores, unico: (valor: unknown) => string = texto): Espera {
  return {
    numero: numero(linha[0]),
    versao: numero(linha[1]),
    codigo: texto(linha[2]),
    cpf: texto(linha[3]),
    nome: texto(linha[4]),
    especialidade: unico(linha[5]),
    profissional: unico(linha[6]),
    de: unico(linha[7]),
    ate: unico(linha[8]),
    turno: lerTurno(unico(linha[9])),
    antecedencia: numero(linha[10]),
    marca: linha[11] === 1,
    prioridade: numero(linha[12]),
    motivo: unico(linha[13]),
    isenta: linha[14] === 1,
    email: texto(linha[15]),
    telefone: texto(linha[16]),
    origem: unico(linha[17]),
    lapsos: numero(linha[18]),
    ordem: numero(linha[19]),
    desde: texto(linha[20]),
    convite: numero(linha[21]),
    passou: lerPassou(texto(linha[22])),
    terminouEm: texto(linha[23]),
    move: linha[24] === 1,
  };
}

/** Um só texto para os que são iguais: o que muitas entradas dizem guarda-se uma vez. */
function unicos(): (valor: unknown) => string {
  const guardados = new Map<string, string>();
  return (valor) => {
    const lido = texto(valor);
    const guardado = guardados.get(lido);
    if (guardado === undefined) guardados.set(lido, lido);
    return guardado ?? lido;
  };
}
