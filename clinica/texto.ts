/**
 * Os textos da clínica: como se lê um CPF e um nome, e como dois textos se comparam.
 *
 * @module
 */

import { cpf as digitosDoCpf } from "cpf-cnpj-validator";

/** Tamanho máximo de um nome, em pontos de código, depois de normalizado. */
export const NOME_MAXIMO = 120;

/**
 * Lê um CPF: tira pontos, hifens e espaços e devolve os 11 dígitos, ou `undefined` se não é um CPF: os dígitos são todos
 * iguais, ou os verificadores não conferem.
 */
export function lerCpf(texto: string): string | undefined {
  // Com 11 caracteres, ou são os dígitos ou faltam.
  const cpf = texto.length === 11 ? texto : texto.replace(/[.\- ]/g, "");
  if (!/^(\d)(?!\1{10})\d{10}$/.test(cpf)) return undefined;
  // `isValid` da biblioteca recusa também 123.456.789-09, muito usado de exemplo, que pela regra é um CPF.
  const confere = (posicao: number): boolean =>
    digitosDoCpf.verifierDigit(cpf.slice(0, posicao)) === Number(cpf[posicao]);
  return confere(9) && confere(10) ? cpf : undefined;
}

/** Escreve um CPF de 11 dígitos como se lê: `"529.982.247-25"`. */
export function formatarCpf(cpf: string): string {
  return digitosDoCpf.format(cpf);
}

/**
 * Lê um nome: NFC (e de novo depois das maiúsculas, que o desfazem), maiúsculas, sem espaços nas pontas e um só entre
 * palavras. Devolve `undefined` se fica vazio, passa de `NOME_MAXIMO` pontos de código ou tem caracteres de controle, de
 * formato ou sem significado (`\p{C}`).
 */
export function lerNome(texto: string): string | undefined {
  // O caso comum, sem nada a mudar: as demais conferências custam dez vezes esta.
  if (texto.length <= NOME_MAXIMO && /^[A-Z]+(?: [A-Z]+)*$/.test(texto)) return texto;
  const nome = texto.normalize("NFC").toUpperCase().normalize("NFC").replace(/\p{Zs}+/gu, " ").trim();
  if (nome === "" || /\p{C}/u.test(nome)) return undefined;
  return nome.length <= NOME_MAXIMO || [...nome].length <= NOME_MAXIMO ? nome : undefined;
}

/** A forma pela qual dois textos se comparam: sem acentos, em maiúsculas, um espaço entre palavras. */
export function chave(texto: string): string {
  return texto.normalize("NFD").replace(/\p{M}/gu, "").toUpperCase().replace(/\p{Zs}+/gu, " ").trim();
}

/** O que ninguém vê, ou que muda de lugar o que vem depois: controles, formatos, separadores de linha, letras em branco. */
const QUE_NAO_SE_VE = /[\p{C}\p{Default_Ignorable_Code_Point}\u2028\u2029\u2800]/gu;

/** O texto como se pode mostrar num terminal, no console ou numa planilha, com `noLugar` de cada caractere que não se vê. */
export function inofensivo(texto: string, noLugar = "\uFFFD"): string {
  return texto.replace(QUE_NAO_SE_VE, noLugar);
}

/** A mensagem de um erro qualquer; de vários ao mesmo tempo (um nome com dois endereços), as de todos. */
export function mensagem(causa: unknown): string {
  if (causa instanceof AggregateError && causa.errors.length > 0) return causa.errors.map(mensagem).join(", ");
  return causa instanceof Error ? causa.message : String(causa);
}
