/**
 * As sessões das páginas, de um livro em arquivo. Só o servidor que o tem as usa.
 *
 * @module
 */

import type { LivroDasSessoes } from "../clinica/sessao.ts";
import { emLinhas, linhasDe } from "./sqlite_leituras.ts";
import type { Acesso } from "./sqlite_pessoas.ts";
import { DA_SESSAO, lerSessaoAchada, SESSAO_ACHADA } from "./tabelas.ts";

/** As sessões de um banco aberto. */
export function sessoesDoSqlite({ le, grava }: Acesso): LivroDasSessoes {
  return {
    // deno-lint-ignore require-await
    abre: async (nova, { agora, futuro, maximo }) =>
      grava((db) => {
        const { resumo, pessoa, mudadaEm, criadaEm, vistaEm, expiraEm } = nova;
        db.prepare("DELETE FROM sessao WHERE expira_em <= ? OR criada_em > ?").run(agora, futuro);
        db.prepare(`INSERT INTO sessao (${DA_SESSAO}) VALUES (?, ?, ?, ?, ?, ?)`)
          .run(resumo, pessoa, mudadaEm, criadaEm, vistaEm, expiraEm);
        db.prepare(
          `DELETE FROM sessao WHERE pessoa = ?1 AND resumo NOT IN
             (SELECT resumo FROM sessao WHERE pessoa = ?1 ORDER BY criada_em DESC, resumo = ?2 DESC LIMIT ?3)`,
        ).run(pessoa, resumo, maximo);
      }),
    // deno-lint-ignore require-await
    acha: async (resumos) =>
      le((db) => {
        const uma = emLinhas(db, `${SESSAO_ACHADA} ?`);
        return resumos.flatMap((resumo) => linhasDe(uma, resumo).map(lerSessaoAchada));
      }),
    // deno-lint-ignore require-await
    viu: async ({ resumo, vistaEm, expiraEm }) =>
      grava((db) => {
        db.prepare("UPDATE sessao SET vista_em = ?1, expira_em = ?2 WHERE resumo = ?3 AND vista_em < ?1")
          .run(vistaEm, expiraEm, resumo);
      }),
    // deno-lint-ignore require-await
    fecha: async (resumo) => grava((db) => void db.prepare("DELETE FROM sessao WHERE resumo = ?").run(resumo)),
    // deno-lint-ignore require-await
    fechaTodas: async (pessoa) => grava((db) => void db.prepare("DELETE FROM sessao WHERE pessoa = ?").run(pessoa)),
  };
}
