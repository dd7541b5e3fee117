/**
 * O atraso de quem erra ao entrar, que cresce por pessoa e por endereço: de que contas é uma tentativa, quanto se espera, e
 * como elas ficam. Puro; `portaria.ts` lê e grava.
 *
 * @module
 */

import { createHmac } from "node:crypto";
import { redeDe } from "../clinica/endereco.ts";
import type { Conta, Contagem, Tentativas } from "../clinica/pessoa.ts";

/** Como cresce o atraso de uma conta. */
interface Curva {
  /** Falhas que não fazem esperar; a seguinte espera um segundo, e cada outra o dobro. */
  readonly livres: number;
  /** O mais que se espera, em ms. */
  readonly teto: number;
}

const MINUTO = 60_000;
const DIA = 24 * 60 * MINUTO;

/** Sem tentativas por este tempo, as falhas esquecem-se. */
const ESQUECE = DIA;

/** Por quanto tempo um endereço de onde se entrou tem conta própria; também o que uma conta dura. */
const CONHECIDO = 90 * DIA;

/** Quanto os relógios de dois servidores podem diferir. De uma tentativa mais à frente do que isto, o relógio é que voltou atrás. */
const FOLGA = 5 * MINUTO;

/** As contas de que uma tentativa pode ser. */
export interface Contas<C extends Conta = Conta> {
  /** A da pessoa, de onde quer que venha. */
  readonly pessoa: C;
  /** A do endereço, diga-se quem for. */
  readonly endereco: C;
  /** A da pessoa nesse endereço: é a única que conta, se já entrou dali. */
  readonly ali: C;
}

/** Qual delas. */
export type QualConta = keyof Contas;

/**
 * De uma pessoa, com o teto, são umas cem tentativas por dia, o que o NIST deixa errar de seguida. De um endereço livram-se
 * mais: atrás de um estão todos os da clínica, no primeiro dia.
 */
const CURVAS: { readonly [Q in QualConta]: Curva } = {
  pessoa: { livres: 5, teto: 15 * MINUTO },
  endereco: { livres: 10, teto: 15 * MINUTO },
  ali: { livres: 5, teto: 15 * MINUTO },
};

/** Dígitos do resumo de uma conta que um estranho pode abrir: são 65.536 de cada, e a tabela não cresce mais do que isso. */
const DIGITOS_DE_TODOS = 4;

/** As contas de quem diz ser `quem` e vem de `endereco`; um IPv6 vale pelo /64. `segredo` é o do livro. */
export function contasDe(segredo: string, { quem, endereco }: Conta): Contas {
  const [deQuem, deOnde] = [resumo(segredo, "quem", quem), resumo(segredo, "de", redeDe(endereco))];
  return {
    pessoa: { quem: deQuem.slice(0, DIGITOS_DE_TODOS), endereco: "" },
    endereco: { quem: "", endereco: deOnde.slice(0, DIGITOS_DE_TODOS) },
    ali: { quem: deQuem, endereco: deOnde },
  };
}

function resumo(segredo: string, oQue: string, texto: string): string {
  return createHmac("sha256", Uint8Array.fromHex(segredo)).update(`entrar ${oQue} ${texto}`).digest("hex").slice(0, 32);
}

/** Como estão as contas lidas, também as que não havia. */
export function comoEstao(contas: Contas, lidas: readonly Tentativas[]): Contas<Tentativas> {
  const esta = ({ quem, endereco }: Conta): Tentativas =>
    lidas.find((uma) => uma.quem === quem && uma.endereco === endereco) ??
      { quem, endereco, falhas: 0, ultima: "", entrou: "" };
  return { pessoa: esta(contas.pessoa), endereco: esta(contas.endereco), ali: esta(contas.ali) };
}

/** As que contam: de onde já se entrou, só a dali, que as falhas de estranhos noutros lugares não tocam. */
export function quaisContam({ ali: { entrou } }: Contas<Tentativas>, agora: number): readonly QualConta[] {
  return entrou !== "" && agora - Date.parse(entrou) < CONHECIDO ? ["ali"] : ["pessoa", "endereco"];
}

/** Quanto falta, em ms, para que se possa tentar; 0 se já. */
export function falta(estao: Contas<Tentativas>, quais: readonly QualConta[], agora: number): number {
  return Math.max(...quais.map((qual) => {
    const { livres, teto } = CURVAS[qual];
    const quantas = falhas(estao[qual], agora);
    const passou = agora - Date.parse(estao[qual].ultima);
    if (quantas < livres || passou < -FOLGA) return 0;
    return Math.max(0, Math.min(teto, 1000 * 2 ** (quantas - livres)) - passou);
  }));
}

/** A tentativa somada às falhas, antes de se saber se o é. */
export function soma(estao: Contas<Tentativas>, quais: readonly QualConta[], agora: number): Contagem[] {
  return quais.map((qual) => {
    const antes = estao[qual];
    return { antes, depois: { ...antes, falhas: falhas(antes, agora) + 1, ultima: escreve(agora) } };
  });
}

/** Entrou-se: das contas a que se somou sai a tentativa, mas não as falhas de outros; a dali fica sem nenhuma. */
export function acerta(estao: Contas<Tentativas>, somadas: readonly QualConta[], agora: number): Contagem[] {
  const { ali } = estao;
  return [
    { antes: ali, depois: { ...ali, falhas: 0, ultima: escreve(agora), entrou: escreve(agora) } },
    ...somadas.filter((qual) => qual !== "ali").map((qual) => {
      const antes = estao[qual];
      return { antes, depois: { ...antes, falhas: Math.max(0, antes.falhas - 1) } };
    }),
  ];
}

/** As contas sem nada desde este instante já não decidem nada. */
export function velhas(agora: number): string {
  return escreve(agora - CONHECIDO);
}

function falhas({ falhas, ultima }: Tentativas, agora: number): number {
  return ultima !== "" && agora - Date.parse(ultima) < ESQUECE ? falhas : 0;
}

function escreve(agora: number): string {
  return Temporal.Instant.fromEpochMilliseconds(agora).toString({ smallestUnit: "millisecond" });
}
