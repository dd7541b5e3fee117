/**
 * O que num livro em PostgreSQL é dos direitos de cada um sobre os seus dados: quem já não se guarda, e tudo o que há de uma
 * pessoa. O resto é como qualquer mudança: quem pede é mais um servidor, com as mesmas travas.
 *
 * @module
 */

import type { DadosDeUmCpf, LinhaComNomes, TabelaDoLivro } from "../clinica/livro.ts";
import { demorada, semPressa } from "./postgres_copia.ts";
import { lerEndereco } from "./postgres_endereco.ts";
import { exigeLivro } from "./postgres_esquema.ts";
import { daquiA, type Instrucao, textos } from "./postgres_ligacao.ts";
import { chaveDe, PRAZO_LONGO, PREFIXO } from "./postgres_migracao.ts";
import { colunasDe } from "./tabelas.ts";

/** Números que se percorrem de cada vez: uns milissegundos. */
const NUMEROS_POR_BUSCA = 4096;

/** Os CPFs com algo de antes de uma data, dentre as linhas seguintes a um número; a última linha é até onde se procurou. */
export function buscaDeVencidos(antesDe: string, depoisDe: number): readonly Instrucao[] {
  const ate = String(depoisDe + NUMEROS_POR_BUSCA);
  return [{
    texto: `
      SELECT cpf FROM agendamento
      WHERE numero > $1::bigint AND numero <= $2::bigint AND data < $3 AND cpf < 'A' AND cpf <> '00000000000'
      UNION
      SELECT cpf FROM espera
      WHERE numero > $1::bigint AND numero <= $2::bigint AND terminou_em <> '' AND terminou_em < $3 AND cpf < 'A'`,
    valores: [String(depoisDe), ate, antesDe],
  }, {
    texto: `SELECT $1::bigint WHERE $1::bigint < greatest(
      (SELECT max(numero) FROM agendamento), (SELECT max(numero) FROM espera))`,
    valores: [ate],
  }];
}

/** Toma a varredura, se nenhum outro servidor a tem, até que a conexão se feche; e diz a última data em que se acabou. */
export const TOMA_A_VARREDURA = `
  SELECT pg_try_advisory_lock(${chaveDe(PREFIXO.varredura, 0)}), (SELECT varrido_em FROM clinica_livro)`;

/** Acabou-se uma varredura. */
export const VARREU = "UPDATE clinica_livro SET varrido_em = $1";

/**
 * Recusa um endereço em que não há um livro da versão de hoje: abri-lo criava-o.
 *
 * @throws {ErroDoArmazem} se não há, ou o banco não está ao alcance.
 */
export async function exigeLivroEm(url: string): Promise<void> {
  const endereco = lerEndereco(url);
  await semPressa(endereco, async (ligacao) => {
    await exigeLivro(ligacao, endereco.mostrado, daquiA(PRAZO_LONGO));
    await ligacao.fecha();
  });
}

/**
 * Tudo o que o banco tem de um CPF.
 *
 * @throws {ErroDoArmazem} se não há livro, ou não pôde ser lido.
 */
export async function dadosDoPostgres(url: string, cpf: string): Promise<DadosDeUmCpf> {
  const endereco = lerEndereco(url);
  return await semPressa(endereco, async (ligacao) => {
    await exigeLivro(ligacao, endereco.mostrado, daquiA(PRAZO_LONGO));
    const de = async (tabela: TabelaDoLivro, coluna: string): Promise<LinhaComNomes[]> => {
      const nomes = colunasDe(tabela).map(([nome]) => nome);
      const texto = `SELECT ${nomes.join(", ")} FROM ${tabela} WHERE ${coluna} = $1 ORDER BY 1`;
      const [{ rows }] = await demorada(ligacao, [{ texto, valores: [cpf] }]);
      return rows.map((linha) => Object.fromEntries(nomes.map((nome, i) => [nome, linha[i]])));
    };
    const [agendamento, espera] = [await de("agendamento", "cpf"), await de("espera", "cpf")];
    const procurados = [...agendamento, ...espera].map(({ numero }) => `%,${numero},%`);
    const [{ rows }] = await demorada(ligacao, [{
      texto: "SELECT quando, mudancas FROM diario WHERE mudancas LIKE ANY ($1::text[]) ORDER BY id",
      valores: [textos(procurados)],
    }]);
    const diario = rows.map(([quando, mudancas]) => [quando ?? "", mudancas ?? ""] as const);
    const [contato, tentativa] = [await de("contato", "cpf"), await de("tentativa", "cpf")];
    const titular = await de("titular", "pessoa");
    await ligacao.fecha();
    return { agendamento, espera, contato, tentativa, titular, diario };
  });
}
