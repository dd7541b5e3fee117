/**
 * O que cada ato faz a uma entrada da lista de espera, e onde no diário acaba o que um pedido fez e começa o do seguinte.
 *
 * @module
 */

import type { Registrada } from "./diario.ts";
import type { Entrada } from "./espera.ts";

/** O que muda uma entrada, e para onde. */
export function podeAto(
  ato: string,
  antes: Entrada,
  { para, convite, nasce }: { para: string; convite: number; nasce: boolean },
): boolean {
  if (nasce) return ato === "ESPERA" && para === "ESPERA";
  if (antes.acabou) return false;
  const segurava = antes.convite !== 0;
  switch (ato) {
    case "PROMOVE":
      // Quem deixa por si a hora que tem continua com o convite para outra.
      return convite === 0 || !segurava || convite === antes.convite;
    case "ACEITA":
      return segurava && para === "FIM";
    case "RECUSA":
    case "FECHA":
      return segurava && para === "ESPERA";
    case "VENCE":
      return segurava ? para === "ESPERA" : para === "FIM" && antes.linha.ate !== "";
    case "DESISTE":
      return para === "FIM";
    default:
      return false;
  }
}

/** Como o diário diz uma entrada. */
export function dito({ acabou, convite }: Pick<Entrada, "acabou" | "convite">): string {
  return acabou ? "FIM" : convite === 0 ? "ESPERA" : `ESPERA CONVITE ${convite}`;
}

/** Se uma mudança é de outro pedido que a anterior: numa linha do diário estão os de um lote, uns a seguir aos outros. */
export function comecaOutro(esta: Registrada, anterior: Registrada | undefined): boolean {
  if (anterior === undefined || anterior.lote !== esta.lote) return true;
  // O que se promove é do pedido que o deixou vago.
  if (esta.ato === "PROMOVE" || esta.ato === "ARQUIVA" && esta.papel === "servidor") return false;
  switch (anterior.ato) {
    case "ARQUIVA":
      return false;
    case "FECHA":
      return esta.ato !== "FECHA" || esta.sobre === "excecao";
    // Primeiro a hora segurada, e por fim a entrada.
    case "DESISTE":
    case "RECUSA":
    case "ACEITA":
      return esta.ato !== anterior.ato || anterior.sobre === "espera";
    case "VENCE":
    case "SITUA":
      return anterior.papel !== "servidor" || esta.papel !== "servidor";
    default:
      return true;
  }
}
