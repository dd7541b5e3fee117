/**
 * Os textos da clínica: como se lê um CPF e um nome, como dois textos se comparam, como se mostra um texto de fora
 * (`inofensivo`) e a mensagem de um erro.
 *
 * @module
 */

import { cpf as digitosDoCpf } from "cpf-cnpj-validator";

/** Tamanho máximo de um nome, em pontos de código, depois de normalizado. */
export const NOME_MAXIMO = 120;

/**
 * Tamanho máximo de um texto antes de normalizado, em unidades de UTF-16: um nome de 120 letras cabe, ainda que venha
 * decomposto. Normalizar custa o quadrado das marcas seguidas, e quem pede de fora não paga por isso.
 */
export const TEXTO_MAXIMO = 1000;

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

/** Escreve um CPF de 11 dígitos como se lê: `"529.982.247-25"`; um pseudônimo fica como está. */
export function formatarCpf(cpf: string): string {
  if (!/^\d+$/.test(cpf)) return cpf;
  return digitosDoCpf.format(cpf);
}

/** Escreve um telefone como se lê no Brasil: `"(11) 98765-4321"`; um de outro país, ou nenhum, fica como está. */
export function formatarTelefone(telefone: string): string {
  return telefone.replace(/^\+55(\d{2})(\d{4,5})(\d{4})$/, "($1) $2-$3");
}

/**
 * Lê um nome: NFC (e de novo depois das maiúsculas, que o desfazem), maiúsculas, sem espaços nas pontas e um só entre
 * palavras. Devolve `undefined` se passa de `TEXTO_MAXIMO`, ou se fica sem nada que se veja, com mais de `NOME_MAXIMO`
 * pontos de código, ou com caracteres de controle, de formato, sem significado (`\p{C}`) ou que separam linhas.
 */
export function lerNome(texto: string): string | undefined {
  // O caso comum, sem nada a mudar: as demais conferências custam dez vezes esta.
  if (texto.length <= NOME_MAXIMO && /^[A-Z]+(?: [A-Z]+)*$/.test(texto)) return texto;
  if (texto.length > TEXTO_MAXIMO || /[\u2028\u2029]/.test(texto)) return undefined;
  const junto = texto.replace(/\p{Zs}+/gu, " ");
  if (minimoEmNfc(junto) > NOME_MAXIMO) return undefined;
  const nome = junto.normalize("NFC").toUpperCase().normalize("NFC").trim();
  if (/\p{C}/u.test(nome) || !/[^\p{M}\p{Zs}\p{Default_Ignorable_Code_Point}\u2800]/u.test(nome)) return undefined;
  return nome.length <= NOME_MAXIMO || [...nome].length <= NOME_MAXIMO ? nome : undefined;
}

/**
 * O menor número de pontos de código que o texto pode ter em NFC. Compõe-o aos pedaços, porque pôr em ordem marcas
 * seguidas custa o quadrado delas; entre um pedaço e o seguinte compõem-se ainda três marcas, no máximo, e um par
 * partido conta duas vezes.
 */
function minimoEmNfc(texto: string): number {
  if (texto.length <= NOME_MAXIMO) return 0;
  let minimo = 0;
  for (let i = 0; i < texto.length; i += 32) minimo += [...texto.slice(i, i + 32).normalize("NFC")].length - 5;
  return minimo;
}

/**
 * A forma pela qual dois textos se comparam: sem acentos, em maiúsculas, um espaço entre palavras. As marcas saem antes
 * de decompor, e não só depois: pôr em ordem as que vêm seguidas custa o quadrado delas.
 */
export function chave(texto: string): string {
  return texto.replace(/\p{M}/gu, "").normalize("NFD").replace(/\p{M}/gu, "")
    .toUpperCase().replace(/\p{Zs}+/gu, " ").trim();
}

/** O que ninguém vê, ou que muda de lugar o que vem depois: controles, formatos, separadores de linha, letras em branco. */
const QUE_NAO_SE_VE = /[[\p{C}\p{Default_Ignorable_Code_Point}\u2028\u2029\u2800]--\p{Variation_Selector}]/gv;

/** Marcas sem letra antes: pousariam no que estiver ao lado. */
const MARCAS_SOLTAS = /(?<![\p{L}\p{N}\p{P}\p{S}\p{M}])\p{M}+/gu;

/** O texto como se pode mostrar num terminal, no console ou numa planilha, com `noLugar` de cada caractere que não se vê. */
export function inofensivo(texto: string, noLugar = "\uFFFD"): string {
  return texto.replace(MARCAS_SOLTAS, noLugar).replace(QUE_NAO_SE_VE, noLugar);
}

/**
 * O valor em JSON, como se pode mostrar num terminal: o JSON só protege os controles até U+001F; os demais, que um terminal
 * também obedece, e o que não se vê vão escritos por extenso, e quem o lê tem o mesmo.
 */
export function jsonInofensivo(valor: unknown, recuo?: number): string {
  const json = JSON.stringify(valor, null, recuo);
  // Os saltos de linha são os do recuo: os do valor já vão escritos.
  return json.split("\n").map((uma) => inofensivo(uma) === uma ? uma : uma.replace(/[^\x20-\x7e]/gu, porExtenso)).join(
    "\n",
  );
}

function porExtenso(caractere: string): string {
  if (inofensivo(caractere) === caractere) return caractere;
  return caractere.split("").map((unidade) => "\\u" + unidade.charCodeAt(0).toString(16).padStart(4, "0")).join("");
}

/** Cada linha como se pode mostrar: para as mensagens, que podem ter várias. */
export function linhasInofensivas(texto: string): string {
  return texto.split("\n").map((uma) => inofensivo(uma)).join("\n");
}

/** A mensagem de um erro qualquer; de vários ao mesmo tempo (um nome com dois endereços), as de todos. */
export function mensagem(causa: unknown): string {
  if (causa instanceof AggregateError && causa.errors.length > 0) return causa.errors.map(mensagem).join(", ");
  return causa instanceof Error ? causa.message : String(causa);
}
