/**
 * As chaves de acesso de um livro em PostgreSQL, vistas por `servidor.ts chave`, com servidores no ar ou sem nenhum.
 *
 * @module
 */

import type { LivroDasChaves } from "../clinica/chave.ts";
import { demorada, semPressa } from "./postgres_copia.ts";
import { lerEndereco } from "./postgres_endereco.ts";
import { exigeLivro, explica } from "./postgres_esquema.ts";
import { daquiA } from "./postgres_ligacao.ts";
import { PRAZO_LONGO } from "./postgres_migracao.ts";
import { CHAVES, lerChave } from "./tabelas.ts";

/**
 * As chaves de um livro que existe e está na versão de hoje.
 *
 * @throws {ErroDoArmazem} se não há livro, ou o banco não está ao alcance.
 */
export async function abreChavesDoPostgres(url: string): Promise<LivroDasChaves> {
  const endereco = lerEndereco(url);
  return await semPressa(endereco, async (ligacao) => {
    await exigeLivro(ligacao, endereco.mostrado, daquiA(PRAZO_LONGO));
    const pede = async (texto: string, ...valores: string[]): Promise<readonly (readonly (string | null)[])[]> => {
      try {
        const [{ rows }] = await demorada(ligacao, [{ texto, valores }]);
        return rows;
      } catch (causa) {
        throw explica(endereco, causa);
      }
    };
    return {
      todas: async () => (await pede(CHAVES)).map(lerChave),
      cria: async (nova) => {
        const { resumo, papel, nome, profissional, ate, criadaEm } = nova;
        const [[numero]] = await pede(
          `INSERT INTO chave (resumo, papel, nome, profissional, ate, criada_em) VALUES ($1, $2, $3, $4, $5, $6)
           RETURNING numero`,
          ...[resumo, papel, nome, profissional, ate, criadaEm],
        );
        return { ...nova, numero: Number(numero), revogadaEm: "" };
      },
      revoga: async (numero, quando) =>
        (await pede(
          "UPDATE chave SET revogada_em = $2 WHERE numero = $1::bigint AND revogada_em = '' RETURNING numero",
          ...[String(numero), quando],
        )).length === 1,
      [Symbol.asyncDispose]: () => ligacao.fecha(),
    };
  });
}
