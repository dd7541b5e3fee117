/**
 * As datas que se escrevem num comando: como se leem, como vão no fio, e a ordem das duas de um período.
 *
 * @module
 */

import { DIAS_DA_SEMANA } from "../clinica/oferta.ts";
import { chave } from "../clinica/texto.ts";
import { ErroDeUso } from "../comandos/argumentos.ts";
import { dataNoFio } from "../protocolo.ts";

/** As datas que se dizem por uma palavra, em dias depois de hoje. */
const DIAS_DEPOIS: ReadonlyMap<string, number> = new Map([["HOJE", 0], ["AMANHA", 1]]);

/** Quantos dias depois de hoje é a data que se diz por uma palavra; `undefined` se não é uma delas. */
export function diasDepoisDeHoje(texto: string): number | undefined {
  return DIAS_DEPOIS.get(chave(texto));
}

/** Lê uma data `dd/mm/aaaa` ou `aaaa-mm-dd`; `undefined` se não está no calendário. */
export function lerData(texto: string): Temporal.PlainDate | undefined {
  const partes = /^(\d{1,2})\/(\d{1,2})\/(\d{4})$/.exec(texto) ?? /^(\d{4})-(\d{2})-(\d{2})$/.exec(texto);
  if (partes === null) return undefined;
  const [, a, b, c] = partes.map(Number);
  const [day, month, year] = texto.includes("/") ? [a, b, c] : [c, b, a];
  try {
    return Temporal.PlainDate.from({ year, month, day }, { overflow: "reject" });
  } catch {
    return undefined;
  }
}

/** A data e o dia da semana como vão no fio; uma data que não se lê vai como foi escrita, e o servidor a recusa. */
export function dataDoFio(texto: string): { data: string; dia: string } {
  const data = lerData(texto);
  if (data === undefined) return { data: texto, dia: "" };
  return { data: dataNoFio(data.toString()), dia: DIAS_DA_SEMANA[data.dayOfWeek - 1] };
}

/**
 * Confere que se pode ler a data de uma opção.
 *
 * @throws {ErroDeUso} se não é uma.
 */
export function confereData(opcao: string, texto: string): void {
  if (lerData(texto) === undefined && diasDepoisDeHoje(texto) === undefined) {
    throw new ErroDeUso(`--${opcao} espera uma data, como 24/12/2026; veio "${texto}"`);
  }
}

/**
 * Confere que um período acaba depois de começar, até onde as datas já se sabem: de `"hoje"`, quem sabe é a clínica.
 *
 * @param inicio O nome da opção em que ele começa.
 * @throws {ErroDeUso} se `ate` é antes de `data`, ou não é uma data.
 */
export function conferePeriodo(data: string, ate: string, inicio: "data" | "de" = "data"): void {
  confereData("ate", ate);
  const [de, fim] = [lerData(data), lerData(ate)];
  if (de !== undefined && fim !== undefined && Temporal.PlainDate.compare(fim, de) < 0) {
    throw new ErroDeUso(`o período acaba antes de começar: --ate ${ate} é antes de --${inicio} ${data}`);
  }
}
