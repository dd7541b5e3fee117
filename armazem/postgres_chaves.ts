/**
 * As chaves de acesso de um livro em PostgreSQL: as que os servidores releem, e as que `servidor.ts chave` cria e revoga.
 *
 * @module
 */

import type { LivroDasChaves } from "../clinica/chave.ts";
import type { Instrucao, Retorno, Valor } from "./postgres_ligacao.ts";
import { aoLadoDoPostgres } from "./postgres_pessoas.ts";
import { CHAVES, lerChave } from "./tabelas.ts";

/**
 * As chaves de um livro que existe e está na versão de hoje.
 *
 * @throws {ErroDoArmazem} se não há livro, ou o banco não está ao alcance.
 */
export async function abreChavesDoPostgres(url: string): Promise<LivroDasChaves & AsyncDisposable> {
  const { pede, fecha } = await aoLadoDoPostgres(url);
  return { ...chavesDoPostgres(pede), [Symbol.asyncDispose]: fecha };
}

/** As chaves de um banco; `pede` manda instruções numa ida só, que são uma transação. */
export function chavesDoPostgres(
  pede: (instrucoes: readonly Instrucao[]) => Promise<readonly Retorno[]>,
): LivroDasChaves {
  const um = async (texto: string, ...valores: Valor[]): Promise<readonly (readonly Valor[])[]> =>
    (await pede([{ texto, valores }]))[0].rows;
  return {
    todas: async () => (await um(CHAVES)).map(lerChave),
    cria: async (nova) => {
      const { resumo, papel, nome, profissional, ate, criadaEm } = nova;
      const [[numero]] = await um(
        `INSERT INTO chave (resumo, papel, nome, profissional, ate, criada_em) VALUES ($1, $2, $3, $4, $5, $6)
         RETURNING numero`,
        ...[resumo, papel, nome, profissional, ate, criadaEm],
      );
      return { ...nova, numero: Number(numero), revogadaEm: "" };
    },
    revoga: async (numero, quando) =>
      (await um(
        "UPDATE chave SET revogada_em = $2 WHERE numero = $1::bigint AND revogada_em = '' RETURNING numero",
        ...[String(numero), quando],
      )).length === 1,
  };
}
