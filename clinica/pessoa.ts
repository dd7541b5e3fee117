/**
 * Uma pessoa que entra pelas páginas: o que dela se guarda, e as tentativas de entrar que se contam. Como se confere uma
 * frase-senha está em `acesso/`; como se guarda, em `armazem/`.
 *
 * @module
 */

import type { Papel } from "./agendamento.ts";
import { inofensivo } from "./texto.ts";

/** O papel que uma pessoa pode ter: os de gente que trabalha na clínica. */
export type PapelDePessoa = Extract<Papel, "profissional" | "balcao" | "gerente">;

/** Os papéis que uma pessoa pode ter, do que pode menos ao que pode mais. */
export const PAPEIS_DE_PESSOA: readonly PapelDePessoa[] = ["profissional", "balcao", "gerente"];

/** Uma pessoa gravada; nunca se apaga: por ela se sabe de quem é o que está no diário. */
export interface Pessoa {
  /** O número no livro; nunca é usado outra vez. */
  readonly numero: number;
  /** Começa em 1 e conta as mudanças: a que se faz a partir de outra já velha não se grava. */
  readonly versao: number;
  /** Como se apresenta, na forma de `lerQuem`; o de quem se retirou pode voltar a ser de alguém. */
  readonly quem: string;
  /** Como se chama: `"Ana Lima"`. */
  readonly nome: string;
  /** O que pode. */
  readonly papel: PapelDePessoa;
  /** A chave de quem atende, se é um profissional; `""` se não. */
  readonly profissional: string;
  /** O resumo da frase-senha, com o sal e os parâmetros (PHC, `$argon2id$…`). */
  readonly resumo: string;
  /** O segredo do segundo fator (TOTP), em base 32; `""` se não o tem. */
  readonly totp: string;
  /** O último passo de 30 s de que se usou um código: nem esse nem os de antes servem. */
  readonly passo: number;
  /** Os resumos dos códigos de recuperação por usar. */
  readonly recuperacao: readonly string[];
  /** Quando se criou (`"2026-11-23T10:00:00Z"`). */
  readonly criadaEm: string;
  /** Quando mudou a frase-senha ou o segundo fator: quem entrou antes disso entra outra vez. */
  readonly mudadaEm: string;
  /** Quando se retirou; `""` se ainda entra. */
  readonly retiradaEm: string;
}

/** Uma pessoa que se vai gravar. */
export type PessoaNova = Pick<Pessoa, "quem" | "nome" | "papel" | "profissional" | "resumo" | "criadaEm">;

/** De que se contam tentativas: de uma pessoa, de um endereço, ou de uma num endereço; em resumos, `""` é qualquer. */
export interface Conta {
  /** Quem se disse ser. */
  readonly quem: string;
  /** De onde. */
  readonly endereco: string;
}

/** As tentativas de uma conta. */
export interface Tentativas extends Conta {
  /** As que não deram entrada. */
  readonly falhas: number;
  /** Quando foi a última, `"2026-11-23T10:00:00.000Z"`; `""` se não houve. */
  readonly ultima: string;
  /** Quando se entrou por esta conta a última vez; `""` se nunca. */
  readonly entrou: string;
}

/** As pessoas de um livro, e as tentativas: as mesmas palavras dentro de um servidor e ao lado dele. */
export interface LivroDasPessoas {
  /** O segredo do livro, 32 bytes em hexadecimal: com ele se fazem os resumos das contas. */
  segredo(): Promise<string>;
  /** Todas, por número. */
  todas(): Promise<readonly Pessoa[]>;
  /** Grava uma; nada, se outra que ainda entra se apresenta assim. */
  cria(nova: PessoaNova): Promise<Pessoa | undefined>;
  /** Grava o primeiro gerente; nada, se já entra algum, ou outra que entra se apresenta assim. */
  criaPrimeiro(nova: PessoaNova): Promise<Pessoa | undefined>;
  /** Grava-a por cima da versão anterior a esta; falso se já não é essa. */
  muda(depois: Pessoa): Promise<boolean>;
  /** As contas pedidas que há. */
  tentativas(contas: readonly Conta[]): Promise<readonly Tentativas[]>;
  /** Grava todas as contas, se todas estão como eram, e esquece as que não mudam desde um instante; falso se não grava. */
  conta(mudancas: readonly Contagem[], velhas: string): Promise<boolean>;
  /** Nenhuma falha nas contas de quem tem um destes resumos. */
  perdoa(quem: readonly string[]): Promise<void>;
}

/** Uma conta que muda. */
export interface Contagem {
  /** Como estava; as que não havia têm zero falhas e nenhuma data. */
  readonly antes: Tentativas;
  /** Como fica. */
  readonly depois: Tentativas;
}

/** Verdadeiro se ainda entra. */
export function entra({ retiradaEm }: Pessoa): boolean {
  return retiradaEm === "";
}

/** Como alguém se apresenta, no máximo. */
const QUEM_MAXIMO = 100;

/** Como alguém se apresenta: `"ana@clinica"`, sem maiúsculas nem espaços em volta; nada, se não tem essa forma. */
export function lerQuem(escrito: string): string | undefined {
  if (escrito.length > QUEM_MAXIMO) return undefined;
  const quem = escrito.trim().toLowerCase();
  return /^[a-z0-9._+-]+(?:@[a-z0-9.-]+)?$/.test(quem) ? quem : undefined;
}

/** Letras do nome que se mostra, no máximo. */
export const NOME_MAXIMO = 60;

/** O nome que se mostra de uma pessoa, ou de uma chave: `"Ana Lima"`; nada, se é longo, vazio, ou tem o que não se vê. */
export function lerNomeMostrado(escrito: string): string | undefined {
  const nome = escrito.length <= 10 * NOME_MAXIMO ? escrito.normalize("NFC").trim() : "";
  return nome === "" || nome.length > NOME_MAXIMO || inofensivo(nome) !== nome ? undefined : nome;
}
