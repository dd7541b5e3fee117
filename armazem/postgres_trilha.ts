/**
 * A trilha de um livro num PostgreSQL: como se lhe acrescentam acessos, por um servidor ou ao lado deles, e como se lê. A linha
 * do diário de um lote vai com ele (`postgres.ts`).
 *
 * @module
 */

import type { LinhaDoLivro } from "../clinica/livro.ts";
import {
  type Acesso,
  type Cabeca,
  type Entre,
  type LivroDaTrilha,
  type TabelaDaTrilha,
  TABELAS_DA_TRILHA,
} from "../clinica/trilha.ts";
import { demorada, semPressa } from "./postgres_copia.ts";
import { lerEndereco } from "./postgres_endereco.ts";
import { exigeLivro, explica, restricoesDe } from "./postgres_esquema.ts";
import { instrucao, lerPonta, pontaDe, preparadas } from "./postgres_instrucoes.ts";
import { daquiA, type Ligacao } from "./postgres_ligacao.ts";
import { PRAZO_LONGO } from "./postgres_migracao.ts";
import { array } from "./postgres_tabelas.ts";
import { daCadeia, trava } from "./postgres_travas.ts";
import { Acessos, type Selo } from "./selo.ts";
import { colunasDe } from "./tabelas.ts";

/** Linhas por pedaço ao ler a trilha. */
const LINHAS_POR_PEDACO = 2000;

/**
 * Acrescenta acessos numa transação, se ainda não estão. Com a trava da cadeia espera-se por uma tentativa de antes de que não
 * se soube, e só então se lê a ponta.
 */
export async function acrescenta(
  ligacao: Ligacao,
  acessos: readonly Acesso[],
  { selo, deles, ate }: { selo: Selo; deles: Acessos; ate: number },
): Promise<void> {
  const { servidor } = selo;
  try {
    const [, , { rows: [[escrita, ids]] }] = await ligacao.executa([
      instrucao("comeca"),
      trava(daCadeia("acesso", servidor)),
      instrucao("ponta", servidor, String(acessos.length)),
    ], ate);
    const ponta = lerPonta(escrita);
    const falta = deles.falta(acessos, ponta);
    const linhas = falta.length === 0 ? [] : deles.sela(falta, ponta, (ids ?? "").split(",").map(Number));
    const colunas = colunasDe("acesso").map(([, tipo], n) => array(tipo, linhas.map((linha) => linha[n])));
    const [, fim] = await ligacao.executa([instrucao("acrescenta", ...colunas), instrucao("confirma")], ate);
    if (fim.command !== "COMMIT") throw new Error("a transação foi desfeita");
    deles.ficou();
  } catch (causa) {
    await ligacao.desfaz(ate);
    throw causa;
  }
}

/** As pontas das cadeias com estes nomes. */
export async function cabecasDe(ligacao: Ligacao, servidores: readonly string[], ate: number): Promise<Cabeca[]> {
  const pedidas = servidores.flatMap((servidor) => TABELAS_DA_TRILHA.map((tabela) => ({ tabela, servidor })));
  const achadas = await ligacao.executa(
    pedidas.map(({ tabela, servidor }) => ({ texto: `SELECT ${pontaDe(tabela, "$1")}`, valores: [servidor] })),
    ate,
  );
  return pedidas.map((pedida, i) => ({ ...pedida, ...lerPonta(achadas[i].rows[0][0]) })).filter(({ ordem }) =>
    ordem > 0
  );
}

/**
 * A trilha de um livro que existe e está na versão de hoje.
 *
 * @throws {ErroDoArmazem} se não há livro, ou o banco não está ao alcance.
 */
export async function abreTrilhaDoPostgres(url: string, selo: Selo): Promise<LivroDaTrilha> {
  const endereco = lerEndereco(url);
  return await semPressa(endereco, async (ligacao) => {
    await exigeLivro(ligacao, endereco.mostrado, daquiA(PRAZO_LONGO));
    await ligacao.prepara(preparadas(await restricoesDe(ligacao, daquiA(PRAZO_LONGO))), daquiA(PRAZO_LONGO));
    const deles = new Acessos(selo);
    let lendo = false;
    return {
      async acrescenta(acessos): Promise<void> {
        try {
          await acrescenta(ligacao, acessos, { selo, deles, ate: daquiA(PRAZO_LONGO) });
        } catch (causa) {
          throw explica(endereco, causa);
        }
      },
      async *pedacos(tabela, entre): AsyncGenerator<LinhaDoLivro[]> {
        // Um instantâneo só: os números não se confirmam por ordem, e o que faltasse num pedaço parecia tirado.
        if (!lendo) await demorada(ligacao, [instrucao("comeca_leitura")]);
        lendo = true;
        yield* pedacosDe(ligacao, tabela, entre);
      },
      async numerosDe(cpf): Promise<{ agendamentos: number[]; esperas: number[] }> {
        const valores = [cpf];
        const [agendamentos, esperas] = await demorada(ligacao, [
          { texto: "SELECT numero FROM agendamento WHERE cpf = $1", valores },
          { texto: "SELECT numero FROM espera WHERE cpf = $1", valores },
        ]);
        return {
          agendamentos: agendamentos.rows.map(([um]) => Number(um)),
          esperas: esperas.rows.map(([um]) => Number(um)),
        };
      },
      [Symbol.asyncDispose]: () => ligacao.fecha(),
    };
  });
}

async function* pedacosDe(
  ligacao: Ligacao,
  tabela: TabelaDaTrilha,
  { de = "", ate = "9", antesDe }: Entre = {},
): AsyncGenerator<LinhaDoLivro[]> {
  const [depois, ordem] = antesDe === undefined ? [">", "ASC"] : ["<", "DESC"];
  const colunas = colunasDe(tabela);
  for (let ultima = String(antesDe ?? Number.MIN_SAFE_INTEGER);;) {
    const [{ rows }] = await demorada(ligacao, [{
      texto: `SELECT ${colunas.map(([nome]) => nome).join(", ")} FROM ${tabela}
        WHERE id ${depois} $1 AND quando >= $2 AND quando < $3 ORDER BY id ${ordem} LIMIT ${LINHAS_POR_PEDACO}`,
      valores: [ultima, de, ate],
    }]);
    if (rows.length === 0) return;
    yield rows.map((linha) => linha.map((valor, i) => colunas[i][1] === "numero" ? Number(valor) : valor));
    ultima = rows[rows.length - 1][0] ?? "";
  }
}
