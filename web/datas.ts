/**
 * As datas como se leem em cada língua. Uma data é `"aaaa-mm-dd"`, no calendário da clínica; um instante escreve-se no fuso dela.
 * As horas são sempre de 24, `"HH:MM"`.
 *
 * @module
 */

import { instanteNoFio } from "../fio/clinica2.ts";
import { dataNoFio } from "../protocolo.ts";
import { ETIQUETAS, type Lingua } from "./palavras/palavras.ts";

const FORMAS = {
  porExtenso: { weekday: "long", day: "numeric", month: "long", year: "numeric" },
  semAno: { weekday: "long", day: "numeric", month: "long" },
  diaDoMes: { day: "numeric", month: "long" },
  semana: { weekday: "short" },
  semanaInteira: { weekday: "long" },
  diaEMes: { day: "numeric", month: "short" },
} as const satisfies Readonly<Record<string, Intl.DateTimeFormatOptions>>;

/** Os que já se fizeram: fazer um custa mais de cem vezes o que custa usá-lo. */
const FEITOS = new Map<string, Intl.DateTimeFormat>();

function forma(qual: keyof typeof FORMAS, lingua: Lingua): Intl.DateTimeFormat {
  const nome = `${lingua} ${qual}`;
  let feito = FEITOS.get(nome);
  if (feito === undefined) {
    feito = new Intl.DateTimeFormat(ETIQUETAS[lingua], { ...FORMAS[qual], timeZone: "UTC" });
    FEITOS.set(nome, feito);
  }
  return feito;
}

/** `"segunda-feira, 30 de novembro de 2026"`. */
export function diaPorExtenso(data: string, lingua: Lingua): string {
  return inteira(forma("porExtenso", lingua).format(Date.parse(data)), lingua);
}

/** `"segunda-feira, 30 de novembro"`. */
export function diaSemAno(data: string, lingua: Lingua): string {
  return inteira(forma("semAno", lingua).format(Date.parse(data)), lingua);
}

/** `"30 de novembro"`. */
export function diaDoMes(data: string, lingua: Lingua): string {
  return inteira(forma("diaDoMes", lingua).format(Date.parse(data)), lingua);
}

/** O dia não se separa do mês no fim de uma linha; e em português o primeiro é o 1º. */
function inteira(data: string, lingua: Lingua): string {
  return data.replace(/(\d+) (de )?(?=\p{L})/gu, (_, dia: string, de?: string) => {
    const numero = dia === "1" && lingua === "pt" ? "1º" : dia;
    return `${numero}\u00a0${de === undefined ? "" : "de\u00a0"}`;
  });
}

/** O dia da semana: `"seg."`, ou por inteiro. */
export function diaDaSemana(data: string, lingua: Lingua, { inteiro = false } = {}): string {
  return forma(inteiro ? "semanaInteira" : "semana", lingua).format(Date.parse(data));
}

/** De uma data a outra: `"30 de nov. – 6 de dez."`; o ano não se diz, mesmo na semana em que muda. */
export function entreDatas(de: string, ate: string, lingua: Lingua): string {
  const [qual, uma, outra] = [forma("diaEMes", lingua), Date.parse(de), Date.parse(ate)];
  return de.slice(0, 4) === ate.slice(0, 4)
    ? qual.formatRange(uma, outra)
    : `${qual.format(uma)} – ${qual.format(outra)}`;
}

/** `"30/11"`. */
export function diaEMes(data: string): string {
  return dataNoFio(data).slice(0, 5);
}

/** `"30/11/2026"`. */
export function dataInteira(data: string): string {
  return dataNoFio(data);
}

/** Um instante: `"30/11/2026 10:05"`. */
export function momento(instante: string, fuso: string): string {
  return instanteNoFio(instante, fuso);
}

/** Um instante (`"2026-11-23T10:00:00Z"`) como data e hora da clínica. */
export function dataEHora(instante: string, fuso: string): { readonly data: string; readonly hora: string } {
  const aqui = Temporal.Instant.from(instante).toZonedDateTimeISO(fuso);
  return { data: aqui.toPlainDate().toString(), hora: aqui.toPlainTime().toString().slice(0, 5) };
}

/** A data tantos dias depois. */
export function maisDias(data: string, dias: number): string {
  return Temporal.PlainDate.from(data).add({ days: dias }).toString();
}

/** A segunda-feira da semana de uma data. */
export function segundaDe(data: string): string {
  return maisDias(data, 1 - Temporal.PlainDate.from(data).dayOfWeek);
}
