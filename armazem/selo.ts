/**
 * O selo da trilha: com a chave, que está fora do livro, sela as linhas que se escrevem, confere as que há, e diz um CPF sem o
 * dizer. A cadeia tem o nome da máquina e uma marca da chave: com outra chave começa outra cadeia.
 *
 * Usam-no os armazéns, ao escrever, e quem lê a trilha. O arquivo da chave está em `arquivo_do_selo.ts`.
 *
 * @module
 */

import { randomBytes } from "node:crypto";
import { hmacDe } from "../clinica/hmac.ts";
import type { LinhaDoLivro } from "../clinica/livro.ts";
import { type Acesso, type Elo, type Selador, type TabelaDaTrilha, textoSelado } from "../clinica/trilha.ts";

/** Bytes da chave. */
export const BYTES_DO_SELO = 32;

/** Dígitos de um selo, e de um CPF disfarçado: 128 bits. */
const DIGITOS = 32;

/** Letras do nome de uma máquina que vão no nome da cadeia. */
const LETRAS_DA_MAQUINA = 24;

/** Sela com uma chave. */
export class Selo {
  /** O nome da cadeia em que este escreve, `"recepcao.9f3a12bc"`. */
  readonly servidor: string;
  /** O CPF sob a chave da trilha. */
  readonly cpf: (cpf: string) => string;
  #marca: string;
  #sela: Selador;

  /** `cadeia` é quem escreve: a máquina, e o que a distingue de outros que nela escrevem no mesmo livro. */
  constructor(chave: Uint8Array, cadeia: string) {
    this.#sela = curtoDe(chave, "selo");
    this.cpf = curtoDe(chave, "cpf");
    this.#marca = curtoDe(chave, "marca")("").slice(0, 8);
    this.servidor = `${cadeia.replaceAll(/[^\w-]/g, "-").slice(0, LETRAS_DA_MAQUINA) || "servidor"}.${this.#marca}`;
  }

  /** Um que só este processo tem: o de um livro que não fica. */
  static aoAcaso(): Selo {
    return new Selo(randomBytes(BYTES_DO_SELO), "memoria");
  }

  /** O selo de uma linha, a seguir a outra. */
  sela(tabela: TabelaDaTrilha, semSelo: LinhaDoLivro, anterior: string): string {
    return this.#sela(textoSelado(tabela, semSelo, anterior));
  }

  /** Como se sela numa cadeia; nada, se ela é de outra chave. */
  seladorDe(servidor: string): Selador | undefined {
    return servidor.endsWith(`.${this.#marca}`) ? this.#sela : undefined;
  }
}

/**
 * Sela os acessos que um armazém escreve na sua cadeia. Uma tentativa de antes pode ter ficado sem que se soubesse; só ele
 * escreve na cadeia, e por isso a ponta dela o diz, e o que ficou não se escreve outra vez.
 */
export class Acessos {
  #selo: Selo;
  #dados = 0;
  #tentado: { readonly selo: string; readonly quantos: number } | undefined;

  /** Com este selo. */
  constructor(selo: Selo) {
    this.#selo = selo;
  }

  /** Dos que se dão, os que ainda não estão num livro cuja ponta é esta. */
  falta(acessos: readonly Acesso[], { selo }: Elo): readonly Acesso[] {
    this.#dados = acessos.length;
    return this.#tentado?.selo === selo ? acessos.slice(this.#tentado.quantos) : acessos;
  }

  /** As linhas dos que faltam, a seguir à ponta, com estes números. */
  sela(falta: readonly Acesso[], ponta: Elo, ids: readonly number[]): LinhaDoLivro[] {
    let { ordem, selo: anterior } = ponta;
    const linhas = falta.map(({ quando, papel, quem, especie, cpf, numeros, vezes }, i) => {
      const semSelo = [ids[i], quando, papel, quem, especie, cpf, numeros, vezes, this.#selo.servidor, ++ordem];
      anterior = this.#selo.sela("acesso", semSelo, anterior);
      return [...semSelo, anterior];
    });
    this.#tentado = { selo: anterior, quantos: this.#dados };
    return linhas;
  }

  /** O que se deu ficou gravado: o que vier é outro. */
  ficou(): void {
    this.#tentado = undefined;
  }
}

/** O HMAC com a chave que desta se tira para um fim, só os primeiros 128 bits. */
function curtoDe(chave: Uint8Array, fim: string): Selador {
  const hmac = hmacDe(Uint8Array.fromHex(hmacDe(chave)(fim)));
  return (texto) => hmac(texto).slice(0, DIGITOS);
}
