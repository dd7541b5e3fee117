/**
 * Como se lê cada valor de um pedido de CLINICA/2: um leitor recebe o que veio e devolve o que ele quer dizer, ou o erro.
 * `pedidos.ts` diz que campo se lê com qual.
 *
 * @module
 */

import { lerCodigo } from "../clinica/agendamento.ts";
import { ehData } from "../clinica/calendario.ts";
import type { ParteDoDia } from "../clinica/espera.ts";
import { minutoDoDia } from "../clinica/oferta.ts";
import type { Erro } from "../clinica/pedido.ts";
import { chave, lerCpf, lerNome, TEXTO_MAXIMO } from "../clinica/texto.ts";
import { lerData } from "../protocolo.ts";

/** O que um pedido pode trazer numa posição ou numa opção. */
export type Escalar = string | number | boolean;

/** Lê um valor, ou diz por que não serve. */
export type Leitor<T> = (valor: Escalar) => T | Erro;

/** Tamanho máximo de um motivo, em pontos de código, depois de apertado. */
export const MOTIVO_MAXIMO = 200;

/** O de uma nota. */
export const NOTA_MAXIMA = 500;

/** O de um local. */
export const LOCAL_MAXIMO = 60;

/** O de um e-mail, em caracteres (RFC 5321, 4.5.3.1.3, sem os sinais em volta). */
export const EMAIL_MAXIMO = 254;

/** O último minuto em que algo pode acabar, e o máximo de vagas: um dia. */
export const MINUTOS_DO_DIA = 24 * 60;

/** Minutos de antecedência que alguém pode pedir, no máximo: um ano, como a clínica. */
export const ANTECEDENCIA_MAXIMA = 366 * MINUTOS_DO_DIA;

const MALFORMADA: Erro = { codigo: "ERRO-100" };

function deTexto<T>(le: (texto: string) => T | undefined, erro: Erro = MALFORMADA): Leitor<T> {
  return (valor) => typeof valor === "string" ? le(valor) ?? erro : MALFORMADA;
}

/** 11 dígitos, com pontos, hifens e espaços ou sem eles. */
export const CPF: Leitor<string> = deTexto(lerCpf, { codigo: "ERRO-102" });

/** O nome de uma pessoa. */
export const NOME: Leitor<string> = deTexto(lerNome, { codigo: "ERRO-104" });

/** Um nome que a agenda conhece ou não; um longo demais não é o de nada. */
export const PROCURADO: Leitor<string> = deTexto((texto) => texto.length <= TEXTO_MAXIMO ? texto : "");

/** `"dd/mm/aaaa"` → `"aaaa-mm-dd"`; a que não está assim escrita, ou não existe, recusa-a a agenda. */
export const DATA: Leitor<string> = deTexto(lerData);

/** O mesmo, mas uma que não existe é um pedido malformado. */
export const DATA_CERTA: Leitor<string> = deTexto((texto) => {
  const data = lerData(texto);
  return ehData(data) ? data : undefined;
});

/** `"HH:MM"` → minutos desde a meia-noite. */
export const MINUTO: Leitor<number> = deTexto((texto) =>
  /^(?:[01]\d|2[0-3]):[0-5]\d$/.test(texto) ? minutoDoDia(texto) : undefined
);

/** O mesmo, para onde algo acaba: vale `"24:00"`. */
export const MINUTO_FINAL: Leitor<number> = (valor): number | Erro =>
  valor === "24:00" ? MINUTOS_DO_DIA : MINUTO(valor);

/** Um código de agendamento; `""` se não é um. */
export const CODIGO: Leitor<string> = deTexto((texto) => lerCodigo(texto) ?? "");

/**
 * Mais marcas seguidas que as de qualquer escrita (UAX 15, 13): pô-las em ordem custa o quadrado delas, e quem pede de fora
 * não paga por isso.
 */
const MARCAS_DEMAIS = /\p{M}{31}/u;

/** Um texto livre: um espaço entre palavras, NFC, sem o que não se vê, até `maximo` pontos de código. */
export function livre(maximo: number): Leitor<string> {
  return deTexto((texto) => {
    if (texto.length > TEXTO_MAXIMO || MARCAS_DEMAIS.test(texto)) return undefined;
    const apertado = texto.replace(/[\p{Zs}\t\r\n]+/gu, " ").normalize("NFC").trim();
    return [...apertado].length <= maximo && !/[\p{C}\u2028\u2029]/u.test(apertado) ? apertado : undefined;
  });
}

/** Um inteiro num intervalo. */
export function inteiro(de: number, ate: number): Leitor<number> {
  // O JSON tem um -0, que não é igual a 0.
  return (valor) =>
    Number.isSafeInteger(valor) && Number(valor) >= de && Number(valor) <= ate ? Number(valor) || 0 : MALFORMADA;
}

/** Um inteiro numa posição: em JSON, ou em dígitos num texto. */
export function digitos(de: number, ate: number): Leitor<number> {
  const le = inteiro(de, ate);
  return (valor) => le(typeof valor === "string" && /^\d{1,16}$/.test(valor) ? Number(valor) : valor);
}

/** Sim ou não. */
export const LOGICO: Leitor<boolean> = (valor): boolean | Erro => typeof valor === "boolean" ? valor : MALFORMADA;

/** Uma palavra destas, exatamente. */
export function palavra<P extends string>(palavras: Readonly<Record<P, true>>): Leitor<P> {
  const eh = (texto: string): texto is P => Object.hasOwn(palavras, texto);
  return deTexto((texto) => eh(texto) ? texto : undefined);
}

/** As partes do dia, sem acentos. */
const PARTES_DO_DIA: ReadonlyMap<string, ParteDoDia> = new Map([["MANHA", "MANHÃ"], ["TARDE", "TARDE"]]);

/** Uma parte do dia, sem distinguir caixa nem acento. */
export const PARTE_DO_DIA: Leitor<ParteDoDia> = deTexto((texto) =>
  texto.length <= TEXTO_MAXIMO ? PARTES_DO_DIA.get(chave(texto)) : undefined
);

/** Um endereço como quase todos: sem aspas, comentários nem literais, com um ponto no domínio. */
const FORMA_DO_EMAIL = /^[\w.!#$%&'*+/=?^`{|}~-]{1,64}@(?:[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?\.)+[a-z\d-]*[a-z]$/i;

/** Um e-mail; `""` apaga o que havia. */
export const EMAIL: Leitor<string> = deTexto((texto) => {
  const email = texto.trim();
  return email === "" || email.length <= EMAIL_MAXIMO && FORMA_DO_EMAIL.test(email) ? email : undefined;
});

/**
 * Um telefone → E.164; `""` apaga o que havia. Sem `+`, é um do Brasil com o código de área, como se digita aqui:
 * `"(11) 98765-4321"` → `"+5511987654321"`.
 */
export const TELEFONE: Leitor<string> = deTexto((texto) => {
  const digitado = texto.replace(/[\s().-]/g, "");
  if (digitado === "") return "";
  const nacional = /^(?:\+?55|0)?([1-9]{2}(?:9\d{8}|[2-5]\d{7}))$/.exec(digitado);
  if (nacional !== null) return `+55${nacional[1]}`;
  return /^\+(?!55)[1-9]\d{6,14}$/.test(digitado) ? digitado : undefined;
});
