/**
 * As sessões das páginas, de um livro em PostgreSQL: a que se abre num servidor vale em todos.
 *
 * @module
 */

import type { LivroDasSessoes } from "../clinica/sessao.ts";
import { type Instrucao, type Retorno, textos, type Valor } from "./postgres_ligacao.ts";
import { DA_SESSAO, lerSessaoAchada, SESSAO_ACHADA } from "./tabelas.ts";

/** As sessões de um banco; `pede` manda instruções numa ida só, que são uma transação, e pode mandá-las outra vez. */
export function sessoesDoPostgres(
  pede: (instrucoes: readonly Instrucao[]) => Promise<readonly Retorno[]>,
): LivroDasSessoes {
  const um = async (texto: string, ...valores: Valor[]): Promise<readonly (readonly Valor[])[]> =>
    (await pede([{ texto, valores }]))[0].rows;
  return {
    abre: async ({ resumo, pessoa, mudadaEm, criadaEm, vistaEm, expiraEm }, { agora, futuro, maximo }) => {
      await pede([
        { texto: VARRE, valores: [agora, futuro] },
        { texto: ABRE, valores: [resumo, String(pessoa), mudadaEm, criadaEm, vistaEm, expiraEm] },
        { texto: SO_AS_NOVAS, valores: [String(pessoa), resumo, String(maximo)] },
      ]);
    },
    acha: async (resumos) => (await um(`${SESSAO_ACHADA} ANY ($1::text[])`, textos(resumos))).map(lerSessaoAchada),
    viu: async ({ resumo, vistaEm, expiraEm }) => {
      await um(
        "UPDATE sessao SET vista_em = $1, expira_em = $2 WHERE resumo = $3 AND vista_em < $1",
        ...[vistaEm, expiraEm, resumo],
      );
    },
    fecha: async (resumo) => void await um("DELETE FROM sessao WHERE resumo = $1", resumo),
    fechaTodas: async (pessoa) => void await um("DELETE FROM sessao WHERE pessoa = $1::bigint", String(pessoa)),
  };
}

/** As que outro está a apagar ou a usar ficam para a vez seguinte: ninguém espera por ninguém. */
const VARRE = `DELETE FROM sessao WHERE resumo IN
  (SELECT resumo FROM sessao WHERE expira_em <= $1 OR criada_em > $2 FOR UPDATE SKIP LOCKED)`;

const ABRE =
  `INSERT INTO sessao (${DA_SESSAO}) VALUES ($1, $2::bigint, $3, $4, $5, $6) ON CONFLICT (resumo) DO NOTHING`;

const SO_AS_NOVAS = `DELETE FROM sessao WHERE resumo IN (
  SELECT resumo FROM sessao WHERE pessoa = $1::bigint AND resumo NOT IN
    (SELECT resumo FROM sessao WHERE pessoa = $1::bigint ORDER BY criada_em DESC, resumo = $2 DESC LIMIT $3::bigint)
  FOR UPDATE SKIP LOCKED)`;
