/**
 * As contas do que se tentou num PostgreSQL: como se leem, se gravam e se apagam. Usam-no `postgres_instrucoes.ts`, que prepara e
 * grava, e `postgres_carga.ts` e `postgres_vista.ts`, que carregam.
 *
 * A de um CPF só a muda quem tem a trava dele; a de uma rede, quem tem a desse endereço.
 *
 * @module
 */

import type { Liquido } from "../clinica/livro.ts";
import { TENTATIVAS_APAGADAS } from "../clinica/tentativa.ts";
import type { Instrucao } from "./postgres_ligacao.ts";
import { array, NO_POSTGRES } from "./postgres_tabelas.ts";
import { colunasDe, DA_TENTATIVA, escreveTentativa } from "./tabelas.ts";

const COLUNAS = colunasDe("tentativa");

/** O nome de uma instrução preparada das contas. */
export type PreparadaDasTentativas = "tentativas" | "velhas" | "conta" | "poda";

/** As instruções das contas, que cada conexão prepara. */
export const PREPARADAS_DAS_TENTATIVAS: Record<PreparadaDasTentativas, string> = {
  tentativas: `
      SELECT ${DA_TENTATIVA} FROM tentativa
      WHERE (cpf, rede) IN (SELECT * FROM unnest($1::text[], $2::text[]))`,
  velhas: "SELECT EXISTS (SELECT FROM tentativa WHERE ate <= $1::bigint)",
  conta: `
      INSERT INTO tentativa (${DA_TENTATIVA})
      SELECT * FROM unnest(${COLUNAS.map(([, tipo], i) => `$${i + 1}::${NO_POSTGRES[tipo]}[]`).join(", ")})
      ON CONFLICT (cpf, rede) DO UPDATE SET (${DA_TENTATIVA}) = ROW (EXCLUDED.*)`,
  // As que outro servidor está a mudar já não são velhas.
  poda: `
      DELETE FROM tentativa WHERE (cpf, rede) IN (
        SELECT cpf, rede FROM tentativa WHERE ate <= $1::bigint
        ORDER BY ate LIMIT ${TENTATIVAS_APAGADAS} FOR UPDATE SKIP LOCKED)`,
};

/** Grava as contas, e apaga algumas das que já nada dizem. */
export function escreveTentativas({ tentativas, poda }: Pick<Liquido, "tentativas" | "poda">): Instrucao[] {
  const instrucoes: Instrucao[] = [];
  if (tentativas.length > 0) {
    const linhas = tentativas.map(escreveTentativa);
    const valores = COLUNAS.map(([, tipo], i) => array(tipo, linhas.map((linha) => linha[i])));
    instrucoes.push({ preparada: "conta", valores });
  }
  if (poda !== undefined) instrucoes.push({ preparada: "poda", valores: [String(poda)] });
  return instrucoes;
}
