/**
 * Sabe que alguém pode ter deixado de entrar pelas páginas: retirou-se, ou mudou-se-lhe a frase-senha ou o segundo fator, aqui, por
 * um comando ou noutro servidor. `servidor.ts` segue-as, para que uma página aberta não continue a mostrar o que muda.
 *
 * @module
 */

import type { LivroDasPessoas } from "../clinica/pessoa.ts";
import { Releitura } from "./releitura.ts";

/** O que é preciso para as seguir. */
export interface OpcoesDasSaidas {
  /** As pessoas do livro. */
  readonly le: LivroDasPessoas["todas"];
  /** Se há páginas abertas; sem nenhuma não se lê. */
  readonly haQuemVeja: () => boolean;
  /** Alguém pode ter deixado de entrar. */
  readonly aoSair: () => void;
  /** Entre duas leituras, em ms. */
  readonly intervalo?: number;
}

/** Segue-as até que se desfaça. A primeira leitura conta como uma mudança: não se sabe o que houve antes dela. */
export function segueSaidas({ le, haQuemVeja, aoSair, intervalo }: OpcoesDasSaidas): AsyncDisposable {
  let antes = "";
  return new Releitura(async () => {
    if (!haQuemVeja()) return;
    // Sem livro não se sabe, e também nada se mostra.
    const pessoas = await le().catch(() => undefined);
    if (pessoas === undefined) return;
    const agora = JSON.stringify(pessoas.map(({ numero, mudadaEm, retiradaEm }) => [numero, mudadaEm, retiradaEm]));
    if (agora === antes) return;
    antes = agora;
    aoSair();
  }, intervalo);
}
