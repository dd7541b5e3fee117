/**
 * Um livro em PostgreSQL visto de fora de um servidor: o dia que se lista, a cópia que se tira e a que se recebe.
 *
 * `comandos/lista.ts` e `importacao.ts` o usam. Cada função abre a sua conexão.
 *
 * @module
 */

import type { Agendamento } from "../clinica/agendamento.ts";
import type { Excecao } from "../clinica/excecao.ts";
import { ErroDoArmazem, type Fonte, type LinhaDoLivro, type LivroNovo, type TabelaDoLivro } from "../clinica/livro.ts";
import { type EnderecoDoBanco, lerEndereco } from "./postgres_endereco.ts";
import { exigeLivro, explica, migra, restricoesDe } from "./postgres_esquema.ts";
import { daquiA, type Instrucao, type Ligacao, NOME, type Retorno, type Valor } from "./postgres_ligacao.ts";
import { NOMES_DE_ANTES, PRAZO_LONGO } from "./postgres_migracao.ts";
import { Principal } from "./postgres_principal.ts";
import { array, lerAgendamento, NO_POSTGRES, selecaoDoDia } from "./postgres_tabelas.ts";
import { excecoesDesde } from "./postgres_instrucoes.ts";
import { UltimasExcecoes } from "./postgres_carga.ts";
import { chaveDe, colunasDe, TABELAS, type Tipo } from "./tabelas.ts";

/** Abre uma conexão sem pressa, para o que percorre o livro inteiro, e a entrega a `usa`, que a fecha se quiser. */
export async function semPressa<T>(endereco: EnderecoDoBanco, usa: (ligacao: Ligacao) => Promise<T>): Promise<T> {
  try {
    const ligacao = await new Principal(endereco).acha(
      { instrucao: PRAZO_LONGO, parada: 0 },
      Infinity,
    );
    try {
      return await usa(ligacao);
    } catch (causa) {
      await ligacao.fecha();
      throw causa;
    }
  } catch (causa) {
    throw explica(endereco, causa);
  }
}

/** Manda o que pode demorar. */
export function demorada(ligacao: Ligacao, instrucoes: readonly Instrucao[]): Promise<readonly Retorno[]> {
  return ligacao.executa(instrucoes, daquiA(PRAZO_LONGO));
}

/**
 * Os agendamentos que contam numa data (`"aaaa-mm-dd"`), por agenda e hora, sem criar um livro se não há.
 *
 * @throws {ErroDoArmazem} se não há livro, ou não pôde ser lido.
 */
export async function listaDoPostgres(url: string, data: string): Promise<Agendamento[]> {
  const endereco = lerEndereco(url);
  return await semPressa(endereco, async (ligacao) => {
    await exigeLivro(ligacao, endereco.mostrado, daquiA(PRAZO_LONGO));
    const [{ rows }] = await demorada(ligacao, [selecaoDoDia(data)]);
    await ligacao.fecha();
    return rows.map(lerAgendamento);
  });
}

/**
 * As exceções que valem, por número.
 *
 * @throws {ErroDoArmazem} se não há livro, ou não pôde ser lido.
 */
export async function excecoesDoPostgres(url: string): Promise<readonly Excecao[]> {
  const endereco = lerEndereco(url);
  return await semPressa(endereco, async (ligacao) => {
    await exigeLivro(ligacao, endereco.mostrado, daquiA(PRAZO_LONGO));
    const [{ rows: [[escritas]] }] = await demorada(ligacao, [{ texto: `SELECT ${excecoesDesde("''")}` }]);
    await ligacao.fecha();
    return new UltimasExcecoes().le(escritas ?? "[]");
  });
}

/** Linhas por pedaço ao copiar um livro inteiro. */
const LINHAS_POR_COPIA = 5000;

function nomesDe(tabela: TabelaDoLivro): string {
  return colunasDe(tabela).map(([nome]) => nome).join(", ");
}

async function* pedacosDe(ligacao: Ligacao, tabela: TabelaDoLivro): AsyncGenerator<LinhaDoLivro[]> {
  const colunas = colunasDe(tabela);
  const chave = chaveDe(tabela);
  const nomes = chave.map(([nome]) => nome).join(", ");
  let depoisDe = "";
  for (let ultima: Valor[] = [];;) {
    const [{ rows }] = await demorada(ligacao, [{
      texto: `SELECT ${nomesDe(tabela)} FROM ${tabela} ${depoisDe} ORDER BY ${nomes} LIMIT ${LINHAS_POR_COPIA}`,
      valores: ultima,
    }]);
    if (rows.length === 0) return;
    yield rows.map((linha) => linha.map((valor, i) => lerValor(valor, colunas[i][1])));
    depoisDe = `WHERE (${nomes}) > (${chave.map((_, i) => `$${i + 1}`).join(", ")})`;
    ultima = rows[rows.length - 1].slice(0, chave.length);
  }
}

function lerValor(valor: Valor, tipo: Tipo): string | number | null {
  if (valor === null) return null;
  if (tipo === "logico") return valor === "t" ? 1 : 0;
  return tipo === "numero" ? Number(valor) : valor;
}

/** O que põe cada sequência depois do que se copiou; as linhas vieram com os números delas. */
const SEQUENCIAS: readonly string[] = ([
  ["agendamento", "agendamento_id_seq", "max(numero)"],
  // Um lugar na ordem é da mesma sequência.
  ["espera", "espera_numero_seq", "greatest(max(numero), max(ordem))"],
  ["chave", "chave_numero_seq", "max(numero)"],
  ["pessoa", "pessoa_numero_seq", "max(numero)"],
  ["titular", "titular_numero_seq", "max(numero)"],
  ["diario", "diario_id_seq", "max(id)"],
  ["acesso", "acesso_id_seq", "max(id)"],
] as const).map(([tabela, sequencia, ultimo]) =>
  `SELECT setval('${sequencia}', ${ultimo}) FROM ${tabela} HAVING ${ultimo} > 0`
);

/** Uma transação demorada, com o livro só para ela; recusa se um servidor está ligado a ele. */
async function aSos(ligacao: Ligacao, { mostrado }: EnderecoDoBanco, modo: string): Promise<void> {
  await exigeLivro(ligacao, mostrado, daquiA(PRAZO_LONGO));
  await ligacao.consulta(`SET application_name = 'clinica-importar'; ${modo}`, daquiA(PRAZO_LONGO));
  const [{ rows: [[servidores]] }] = await demorada(ligacao, [{
    texto: `SELECT count(*) FROM pg_stat_activity
      WHERE datname = current_database() AND application_name IN (${
      [NOME, ...NOMES_DE_ANTES].map((nome) => `'${nome}'`).join(", ")
    })`,
  }]);
  if (servidores !== "0") {
    throw new ErroDoArmazem(`${mostrado}: há servidores ligados a este livro; encerre-os antes de importar`);
  }
}

/**
 * Um livro em PostgreSQL de que se copia, como está agora.
 *
 * @throws {ErroDoArmazem} se não há livro, ou há servidores ligados a ele.
 */
export async function fontePostgres(url: string): Promise<Fonte> {
  const endereco = lerEndereco(url);
  return await semPressa(endereco, async (ligacao) => {
    // Um instantâneo só para a cópia inteira, e ninguém o muda entretanto.
    await aSos(ligacao, endereco, `BEGIN ISOLATION LEVEL REPEATABLE READ; LOCK TABLE ${TABELAS} IN SHARE MODE`);
    const contagens = await demorada(ligacao, TABELAS.map((tabela) => ({ texto: `SELECT count(*) FROM ${tabela}` })));
    return {
      total: contagens.reduce((total, { rows: [[linhas]] }) => total + Number(linhas), 0),
      pedacos: (tabela) => pedacosDe(ligacao, tabela),
      [Symbol.asyncDispose]: () => ligacao.fecha(),
    };
  });
}

/**
 * Um livro em PostgreSQL, criado se falta, que recebe uma cópia.
 *
 * @throws {ErroDoArmazem} se já tem alguma linha, ou há servidores ligados a ele.
 */
export async function livroNovoPostgres(url: string): Promise<LivroNovo> {
  const endereco = lerEndereco(url);
  return await semPressa(endereco, async (ligacao) => {
    await migra(ligacao, endereco.mostrado, { ate: daquiA(PRAZO_LONGO) });
    await aSos(ligacao, endereco, `BEGIN; LOCK TABLE ${TABELAS} IN EXCLUSIVE MODE`);
    const cheias = TABELAS.map((tabela) => `EXISTS (SELECT FROM ${tabela})`).join(" OR ");
    const [{ rows: [[cheio]] }] = await demorada(ligacao, [{ texto: `SELECT ${cheias}` }]);
    if (cheio === "t") {
      throw new ErroDoArmazem(`${endereco.mostrado}: o livro não está vazio; importar só enche um livro novo`);
    }
    const restricoes = await restricoesDe(ligacao, daquiA(PRAZO_LONGO));
    // O que as restrições recusariam é contado, e não chega a elas: o banco o escreveria no seu log.
    const insercao = (tabela: TabelaDoLivro): string => {
      const arrays = colunasDe(tabela).map(([, tipo], i) => `$${i + 1}::${NO_POSTGRES[tipo]}[]`).join(", ");
      const nomes = nomesDe(tabela);
      return `
        WITH feito AS (
          INSERT INTO ${tabela} (${nomes}) SELECT * FROM unnest(${arrays}) AS novo (${nomes})
          WHERE ${restricoes(tabela)} ON CONFLICT DO NOTHING RETURNING 1
        ) SELECT count(*) FROM feito`;
    };
    return {
      async recebe(tabela, linhas): Promise<void> {
        const [{ rows: [[entraram]] }] = await demorada(ligacao, [{
          texto: insercao(tabela),
          valores: colunasDe(tabela).map(([, tipo], n) => array(tipo, linhas.map((linha) => linha[n]))),
        }]);
        const recusadas = linhas.length - Number(entraram);
        if (recusadas > 0) throw new Error(`${recusadas} linhas não cabem nas restrições da tabela de destino`);
      },
      pedacos: (tabela) => pedacosDe(ligacao, tabela),
      async confirma(): Promise<void> {
        await ligacao.consulta(
          [...SEQUENCIAS, "ANALYZE agendamento, espera", "COMMIT"].join("; "),
          daquiA(PRAZO_LONGO),
        );
      },
      // Sem `confirma`, fechar desfaz a transação.
      [Symbol.asyncDispose]: () => ligacao.fecha(),
    };
  });
}
