/**
 * De que pares o livro de certeza não tem conta do que se tentou: quase ninguém que pede alguma vez falhou, e por eles não se vai
 * ao arquivo. Diz só "não" ou "talvez", numa memória que não cresce: de um par que se pôs diz sempre "talvez", e de um que não se
 * pôs erra com a parte dos bits que já estão postos, o que custa a leitura que se queria poupar.
 *
 * Usa-a `memoria.ts`. O que se apaga do livro fica aqui até que ele se releia.
 *
 * @module
 */

/** Bits, uma potência de dois: 128 KiB; com cem mil contas, uma pergunta em dez vai ao arquivo sem precisão. */
const BITS = 1 << 20;

/** Os pares que se puseram, por um bit de cada. */
export class Peneira {
  #bits = new Uint8Array(BITS / 8);

  /** Põe um. */
  poe(cpf: string, rede: string): void {
    const bit = bitDe(cpf, rede);
    this.#bits[bit >> 3] |= 1 << (bit & 7);
  }

  /** Falso se não se pôs. */
  talvez(cpf: string, rede: string): boolean {
    const bit = bitDe(cpf, rede);
    return (this.#bits[bit >> 3] & 1 << (bit & 7)) !== 0;
  }
}

/** FNV-1a do CPF, de um espaço e da rede. Quem acertasse no bit de outro só o mandava ao arquivo. */
function bitDe(cpf: string, rede: string): number {
  const resumo = mistura(Math.imul(mistura(0x811c9dc5, cpf) ^ 0x20, 0x01000193), rede);
  return (resumo ^ resumo >>> 15) & BITS - 1;
}

function mistura(resumo: number, texto: string): number {
  for (let i = 0; i < texto.length; i++) resumo = Math.imul(resumo ^ texto.charCodeAt(i), 0x01000193);
  return resumo;
}
