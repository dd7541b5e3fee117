/**
 * As pessoas de um livro em PostgreSQL e as tentativas de entrar: as que os servidores conferem, e as que `servidor.ts pessoa`
 * cria e muda.
 *
 * @module
 */

import type { LivroDasPessoas, Pessoa, PessoaNova, Tentativas } from "../clinica/pessoa.ts";
import { demorada, semPressa } from "./postgres_copia.ts";
import { lerEndereco } from "./postgres_endereco.ts";
import { exigeLivro, explica } from "./postgres_esquema.ts";
import { daquiA, type Instrucao, type Retorno, textos, type Valor } from "./postgres_ligacao.ts";
import { chaveDe, PRAZO_LONGO, PREFIXO } from "./postgres_migracao.ts";
import { colunasDaPessoa, colunasDe, lerPessoa, PESSOAS, SEM_GERENTE } from "./tabelas.ts";

/** Como se pede a um banco ao lado de um servidor. */
export interface AoLado {
  /** Manda instruções numa ida só, que são uma transação. */
  readonly pede: (instrucoes: readonly Instrucao[]) => Promise<readonly Retorno[]>;
  /** Acaba. */
  readonly fecha: () => Promise<void>;
}

/**
 * Um livro que existe e está na versão de hoje.
 *
 * @throws {ErroDoArmazem} se não há livro, ou o banco não está ao alcance.
 */
export async function aoLadoDoPostgres(url: string): Promise<AoLado> {
  const endereco = lerEndereco(url);
  return await semPressa(endereco, async (ligacao) => {
    await exigeLivro(ligacao, endereco.mostrado, daquiA(PRAZO_LONGO));
    return {
      pede: async (instrucoes) => {
        try {
          return await demorada(ligacao, instrucoes);
        } catch (causa) {
          throw explica(endereco, causa);
        }
      },
      fecha: () => ligacao.fecha(),
    };
  });
}

/**
 * As pessoas de um livro que existe e está na versão de hoje.
 *
 * @throws {ErroDoArmazem} se não há livro, ou o banco não está ao alcance.
 */
export async function abrePessoasDoPostgres(url: string): Promise<LivroDasPessoas & AsyncDisposable> {
  const { pede, fecha } = await aoLadoDoPostgres(url);
  return { ...pessoasDoPostgres(pede), [Symbol.asyncDispose]: fecha };
}

/** As pessoas de um banco; `pede` manda instruções numa ida só, que são uma transação. */
export function pessoasDoPostgres(
  pede: (instrucoes: readonly Instrucao[]) => Promise<readonly Retorno[]>,
): LivroDasPessoas {
  const um = async (texto: string, ...valores: Valor[]): Promise<readonly (readonly Valor[])[]> =>
    (await pede([{ texto, valores }]))[0].rows;
  return {
    segredo: async () => (await um("SELECT segredo FROM clinica_livro"))[0][0] ?? "",
    todas: async () => (await um(PESSOAS)).map(lerPessoa),
    cria: async (nova) => criada(await pede([cria(nova, "true")])),
    // Um de cada vez, em todos os servidores: o segundo já vê o primeiro.
    criaPrimeiro: async (nova) => criada(await pede([TRAVA, cria(nova, SEM_GERENTE)])),
    muda: async (depois) => (await um(MUDA, ...colunasDaPessoa(depois).map(String))).length === 1,
    tentativas: async (contas) => {
      const dois = [textos(contas.map(({ quem }) => quem)), textos(contas.map(({ endereco }) => endereco))];
      return (await um(
        `SELECT t.* FROM unnest($1::text[], $2::text[]) AS conta (quem, endereco)
         JOIN (SELECT quem, endereco, falhas, ultima, entrou FROM tentativa_de_entrar) AS t USING (quem, endereco)`,
        ...dois,
      )).map(lerTentativas);
    },
    conta: async (mudancas, velhas) => {
      const colunas = [
        ...[mudancas.map(({ antes }) => antes.quem), mudancas.map(({ antes }) => antes.endereco)],
        ...[mudancas.map(({ antes }) => String(antes.falhas)), mudancas.map(({ antes }) => antes.ultima)],
        ...[mudancas.map(({ depois }) => String(depois.falhas)), mudancas.map(({ depois }) => depois.ultima)],
        mudancas.map(({ depois }) => depois.entrou),
      ];
      const [, { rows }] = await pede([
        TRAVA,
        { texto: CONTA, valores: colunas.map(textos) },
        { texto: "DELETE FROM tentativa_de_entrar WHERE ultima < $1", valores: [velhas] },
      ]);
      return rows.length === mudancas.length;
    },
    perdoa: async (quem) => {
      const texto = "UPDATE tentativa_de_entrar SET falhas = 0 WHERE quem = ANY ($1::text[])";
      await pede([TRAVA, { texto, valores: [textos(quem)] }]);
    },
  };
}

const COLUNAS = colunasDe("pessoa").map(([nome]) => nome);

function cria({ quem, nome, papel, profissional, resumo, criadaEm }: PessoaNova, se: string): Instrucao {
  return {
    texto: `INSERT INTO pessoa (quem, nome, papel, profissional, resumo, criada_em, mudada_em)
      SELECT $1, $2, $3, $4, $5, $6, $6 WHERE ${se}
      ON CONFLICT (quem) WHERE retirada_em = '' DO NOTHING RETURNING ${COLUNAS.join(", ")}`,
    valores: [quem, nome, papel, profissional, resumo, criadaEm],
  };
}

/** A que a última instrução gravou. */
function criada(retornos: readonly Retorno[]): Pessoa | undefined {
  return retornos.at(-1)?.rows.map(lerPessoa)[0];
}

const MUDA = `UPDATE pessoa SET ${COLUNAS.map((nome, i) => `${nome} = $${i + 1}`).join(", ")}
  WHERE numero = $1::bigint AND versao = $2::bigint - 1 RETURNING numero`;

/** Uma mudança por vez, em todos os servidores: o que se compara com o que há não muda antes que se grave. */
const TRAVA: Instrucao = { texto: `SELECT pg_advisory_xact_lock(${chaveDe(PREFIXO.tentativas, 0)})` };

/** Grava todas, se todas estão como se diz, ou nenhuma. */
const CONTA = `
  WITH pedida AS (
    SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::bigint[], $6::text[], $7::text[])
      AS pedida (quem, endereco, falhas_antes, ultima_antes, falhas, ultima, entrou)
  )
  INSERT INTO tentativa_de_entrar (quem, endereco, falhas, ultima, entrou)
    SELECT quem, endereco, falhas, ultima, entrou FROM pedida
    WHERE (
      SELECT bool_and(coalesce(t.falhas, 0) = falhas_antes AND coalesce(t.ultima, '') = ultima_antes)
      FROM pedida AS p LEFT JOIN tentativa_de_entrar AS t ON t.quem = p.quem AND t.endereco = p.endereco
    )
  ON CONFLICT (quem, endereco) DO UPDATE SET falhas = EXCLUDED.falhas, ultima = EXCLUDED.ultima, entrou = EXCLUDED.entrou
  RETURNING 1`;

function lerTentativas(linha: readonly unknown[]): Tentativas {
  const [quem, endereco, falhas, ultima, entrou] = linha.map(String);
  return { quem, endereco, falhas: Number(falhas), ultima, entrou };
}
