/**
 * O relógio deste servidor ao lado do relógio do banco: quando discordam, diz-se; quando discordam demais, o livro não
 * muda, pois o que já passou e o que ainda se pode marcar dependem da hora certa. Só `postgres.ts` o usa.
 *
 * @module
 */

import { ErroDoArmazem } from "../clinica/livro.ts";

/** A partir de quanto se avisa, em ms. */
const AVISA = 30_000;

/** A partir de quanto o livro não muda, em ms. */
const RECUSA = 300_000;

/** O que se sabe da diferença entre os dois relógios. */
export class DiferencaDosRelogios {
  #aoAvisar: (aviso: string) => void;
  /** A diferença de que se avisou por último, em ms; 0 quando não há nada a dizer. */
  #avisada = 0;
  #recusa: ErroDoArmazem | undefined;

  /** `aoAvisar` recebe uma frase: uma vez quando passam a discordar, outra se muda muito ou se voltam a concordar. */
  constructor(aoAvisar: (aviso: string) => void) {
    this.#aoAvisar = aoAvisar;
  }

  /** Por que o livro não pode mudar, se não pode. */
  get recusa(): ErroDoArmazem | undefined {
    return this.#recusa;
  }

  /** Recebe uma medida: quanto o daqui está adiantado, e quanto ela pode ter de erro, em ms. */
  recebe(adiantado: number, erro: number): void {
    const certo = Math.max(0, Math.abs(adiantado) - erro);
    const diferenca = certo > AVISA ? adiantado : 0;
    const recusava = this.#recusa !== undefined;
    const recusa = certo > RECUSA;
    const frase = `o relógio deste servidor está ${duracao(adiantado)} ${
      adiantado > 0 ? "adiantado" : "atrasado"
    } em relação ao do banco`;
    this.#recusa = recusa ? new ErroDoArmazem(`${frase}; enquanto isso nada se marca nem se cancela`) : undefined;
    const mudou = recusa !== recusava || (diferenca === 0) !== (this.#avisada === 0) ||
      Math.abs(diferenca - this.#avisada) > AVISA;
    if (!mudou) return;
    this.#avisada = diferenca;
    if (diferenca === 0) this.#aoAvisar("o relógio deste servidor voltou a concordar com o do banco");
    else this.#aoAvisar(this.#recusa?.message ?? `${frase}; acerte-os`);
  }
}

function duracao(ms: number): string {
  const segundos = Math.round(Math.abs(ms) / 1000);
  return segundos < 120 ? `${segundos} s` : `${Math.round(segundos / 60)} min`;
}
