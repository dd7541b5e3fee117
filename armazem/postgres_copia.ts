/**
 * Um livro em PostgreSQL visto de fora de um servidor: o dia que se lista, a cópia que se tira e a que se recebe.
 *
 * `comandos/lista.ts` e `importacao.ts` o usam. Cada função abre a sua conexão.
 *
 * @module
 */

import { type Agendamento, ErroDoArmazem, type Fonte, type LinhaDoLivro, type LivroNovo } from "../clinica/livro.ts";
import { type EnderecoDoBanco, lerEndereco } from "./postgres_endereco.ts";
import {
  exigeLivro,
  explica,
  lerAgendamento,
  migra,
  PRAZO_LONGO,
  restricoesDe,
  selecaoDoDia,
} from "./postgres_esquema.ts";
import { daquiA, type Instrucao, type Ligacao, type Retorno, textos } from "./postgres_ligacao.ts";
import { Principal } from "./postgres_principal.ts";

/** Abre uma conexão sem pressa, para o que percorre o livro inteiro, e a entrega a `usa`, que a fecha se quiser. */
async function semPressa<T>(endereco: EnderecoDoBanco, usa: (ligacao: Ligacao) => Promise<T>): Promise<T> {
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

function demorada(ligacao: Ligacao, instrucoes: readonly Instrucao[]): Promise<readonly Retorno[]> {
  return ligacao.executa(instrucoes, daquiA(PRAZO_LONGO));
}

/**
 * Os agendamentos não cancelados de uma data (`"aaaa-mm-dd"`), por especialidade e hora, sem criar um livro se não há.
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

/** Linhas por pedaço ao copiar um livro inteiro. */
const LINHAS_POR_COPIA = 5000;

/** As colunas de `LinhaDoLivro`, em ordem, e o tipo de cada uma. */
const COLUNAS = {
  id: "bigint",
  cpf: "text",
  nome: "text",
  especialidade: "text",
  profissional: "text",
  data: "text",
  hora: "text",
  minutos: "integer",
  criado_em: "text",
  cancelado_em: "text",
  origem: "text",
  ativo: "boolean",
} as const;

const NOMES = Object.keys(COLUNAS).join(", ");

async function* pedacosDe(ligacao: Ligacao): AsyncGenerator<LinhaDoLivro[]> {
  for (let ultimo = Number.MIN_SAFE_INTEGER;;) {
    const [{ rows }] = await demorada(ligacao, [{
      texto: `SELECT ${NOMES} FROM agendamento WHERE id > $1::bigint ORDER BY id LIMIT ${LINHAS_POR_COPIA}`,
      valores: [String(ultimo)],
    }]);
    if (rows.length === 0) return;
    const linhas = rows.map((linha): LinhaDoLivro => {
      const { id, cpf, nome, especialidade, profissional, data, hora, minutos } = lerAgendamento(linha);
      const agendamento = [id, cpf, nome, especialidade, profissional, data, hora, minutos] as const;
      return [...agendamento, linha[8] ?? "", linha[9], linha[10] ?? "", linha[11] === "t"];
    });
    yield linhas;
    ultimo = linhas[linhas.length - 1][0];
  }
}

/** Uma transação demorada, com o livro só para ela; recusa se um servidor está ligado a ele. */
async function aSos(ligacao: Ligacao, { mostrado }: EnderecoDoBanco, modo: string): Promise<void> {
  await exigeLivro(ligacao, mostrado, daquiA(PRAZO_LONGO));
  await ligacao.consulta(`SET application_name = 'clinica-importar'; ${modo}`, daquiA(PRAZO_LONGO));
  const [{ rows: [[servidores]] }] = await demorada(ligacao, [{
    texto: "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'clinica'",
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
    await aSos(ligacao, endereco, "BEGIN ISOLATION LEVEL REPEATABLE READ; LOCK TABLE agendamento IN SHARE MODE");
    const [{ rows: [[total]] }] = await demorada(ligacao, [{ texto: "SELECT count(*) FROM agendamento" }]);
    return {
      total: Number(total),
      pedacos: () => pedacosDe(ligacao),
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
    await migra(ligacao, endereco.mostrado, daquiA(PRAZO_LONGO));
    await aSos(ligacao, endereco, "BEGIN; LOCK TABLE agendamento IN EXCLUSIVE MODE");
    const [{ rows: [[cheio]] }] = await demorada(ligacao, [{ texto: "SELECT EXISTS (SELECT FROM agendamento)" }]);
    if (cheio === "t") {
      throw new ErroDoArmazem(`${endereco.mostrado}: o livro não está vazio; importar só enche um livro novo`);
    }
    const arrays = Object.values(COLUNAS).map((tipo, i) => `$${i + 1}::${tipo}[]`).join(", ");
    // O que as restrições recusariam é contado, e não chega a elas: o banco o escreveria no seu log.
    const insercao = `
      WITH feito AS (
        INSERT INTO agendamento (${NOMES}) SELECT * FROM unnest(${arrays}) AS novo (${NOMES})
        WHERE ${await restricoesDe(ligacao, daquiA(PRAZO_LONGO))} ON CONFLICT DO NOTHING RETURNING id
      ) SELECT count(*) FROM feito`;
    return {
      async recebe(linhas): Promise<void> {
        const coluna = (n: number): string =>
          textos(linhas.map((linha) => linha[n] === null ? null : String(linha[n])));
        const [{ rows: [[entraram]] }] = await demorada(ligacao, [{
          texto: insercao,
          valores: Object.keys(COLUNAS).map((_, i) => coluna(i)),
        }]);
        const recusadas = linhas.length - Number(entraram);
        if (recusadas > 0) throw new Error(`${recusadas} linhas não cabem nas restrições da tabela de destino`);
      },
      pedacos: () => pedacosDe(ligacao),
      async confirma(): Promise<void> {
        await ligacao.consulta(
          `SELECT setval('agendamento_id_seq', max(id)) FROM agendamento HAVING max(id) > 0;
           ANALYZE agendamento; COMMIT`,
          daquiA(PRAZO_LONGO),
        );
      },
      // Sem `confirma`, fechar desfaz a transação.
      [Symbol.asyncDispose]: () => ligacao.fecha(),
    };
  });
}
