/**
 * As exceções que valem, e os dias com elas, como as páginas do painel os leem.
 *
 * @module
 */

import type { Excecao } from "../../clinica/excecao.ts";
import type { Quem } from "../../clinica/livro.ts";
import { type Casa, LivroForaDoAlcance } from "../casa.ts";

/** As que valem e ainda não passaram. Não falam de ninguém: nada vai à trilha. */
export async function excecoesDe({ agenda }: Casa, quem: Quem): Promise<readonly Excecao[]> {
  const [resultado] = await agenda.atende([{ comando: "EXCECOES" }], quem) ?? [];
  if (resultado?.codigo !== "OK-200") throw new LivroForaDoAlcance();
  return resultado.excecoes ?? [];
}
