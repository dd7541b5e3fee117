/**
 * As instruções do livro num PostgreSQL: as travas de um lote, o que se carrega, o que se grava e o sinal de que
 * ficou. Só `postgres.ts` o usa.
 *
 * @module
 */

import type { Agendamento, Alcance, Dia, Liquido, Nada, Novo, Vista } from "../clinica/livro.ts";
import { Ocupacao, PorDia } from "../clinica/ocupacao.ts";
import { minutoDoDia } from "../clinica/oferta.ts";
import { chaveDe, lerAgendamento, PREFIXO } from "./postgres_esquema.ts";
import { type Instrucao, type Ligacao, numeros, type Retorno, textos, type Valor } from "./postgres_ligacao.ts";

/**
 * A ordem das travas é uma só: os CPFs, depois os dias, cada um pelo número.
 *
 * Os CPFs dividem-se em faixas, uma trava cada, e os dias também: cada trava ocupa um lugar na memória que o PostgreSQL
 * reparte entre todas as conexões (`max_locks_per_transaction`, 64 × 120 de costume), e um lote cheio tem mais de mil
 * CPFs. Assim um servidor tem no máximo o dobro disto. Os que caem na mesma faixa só esperam uns pelos outros.
 */
const FAIXAS = 512;

/** As travas dos CPFs de um lote, sem repetição e em ordem. */
export function chavesDe({ cpfs }: Alcance): number[] {
  const chaves = new Set<number>();
  for (const cpf of cpfs) chaves.add(chaveDe(PREFIXO.cpf, espalha(cpf) % FAIXAS));
  return [...chaves].sort((a, b) => a - b);
}

/** FNV-1a de 32 bits: o mesmo em todos os servidores, em qualquer versão. Uma colisão só faz esperar. */
function espalha(texto: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < texto.length; i++) h = Math.imul(h ^ texto.charCodeAt(i), 0x01000193);
  return h >>> 0;
}

/**
 * O que cada conexão prepara. Um lote é uma sequência delas numa ida só, e o que falha pula o resto.
 *
 * `desmarca`, `arquiva` e `marca` exigem todas as linhas pedidas: a divisão por zero desfaz o lote antes do commit. Uma
 * linha que as restrições recusariam por um CPF ou um nome nem chega a elas, porque o banco a escreveria no seu log; o
 * índice das vagas não tem um nem outro, e recusa ele mesmo.
 */
export function preparadas(restricoes: string): Record<Preparada, string> {
  return {
    comeca: "BEGIN",
    confirma: "COMMIT",
    trava: "SELECT count(pg_advisory_xact_lock(chave)) FROM unnest($1::bigint[]) AS chave",
    trava_dias: `
      SELECT count(pg_advisory_xact_lock(chave)) FROM (
        SELECT DISTINCT ${chaveDe(PREFIXO.dia, 0)} + (hashtextextended(data || especialidade, 0) & ${
      FAIXAS - 1
    }) AS chave
        FROM (
          SELECT especialidade, data FROM unnest($1::text[], $2::text[]) AS pedido (especialidade, data)
          UNION ALL
          SELECT especialidade, data FROM agendamento WHERE ativo AND cpf = ANY ($3::text[])
        ) AS dia
        ORDER BY chave
      ) AS em_ordem`,
    ativos: `
      SELECT id, cpf, nome, especialidade, profissional, data, hora, minutos
      FROM agendamento WHERE ativo AND cpf = ANY ($1::text[])`,
    sinal: "SELECT nextval('agendamento_id_seq'), pg_current_xact_id()",
    dias: `
      SELECT especialidade, data, string_agg(hora || minutos, ',')
      FROM unnest($1::text[], $2::text[]) AS pedido (especialidade, data) JOIN agendamento USING (especialidade, data)
      WHERE cancelado_em IS NULL GROUP BY especialidade, data`,
    desmarca: `
      WITH feito AS (
        UPDATE agendamento SET cancelado_em = $1::text, ativo = false
        WHERE id = ANY ($2::bigint[]) AND cancelado_em IS NULL RETURNING id)
      SELECT 1 / (count(*) = cardinality($2::bigint[]))::int FROM feito`,
    arquiva: `
      WITH feito AS (UPDATE agendamento SET ativo = false WHERE id = ANY ($1::bigint[]) AND ativo RETURNING id)
      SELECT 1 / (count(*) = cardinality($1::bigint[]))::int FROM feito`,
    marca: `
      WITH feito AS (
        INSERT INTO agendamento (id, cpf, nome, especialidade, profissional, data, hora, minutos, criado_em,
          cancelado_em, origem, ativo)
        SELECT * FROM (
          SELECT coalesce(id, nextval('agendamento_id_seq')) AS id, cpf, nome, especialidade, profissional, data, hora,
            minutos, $1::text AS criado_em, CASE WHEN $2::boolean THEN NULL ELSE $1::text END AS cancelado_em, origem,
            $2::boolean AS ativo
          FROM unnest($3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
            $10::integer[], $11::text[])
            AS pedido (id, cpf, nome, especialidade, profissional, data, hora, minutos, origem)
        ) AS novo
        WHERE ${restricoes}
        ON CONFLICT (cpf, especialidade) WHERE ativo DO NOTHING RETURNING id
      )
      SELECT 1 / (count(*) = cardinality($3::bigint[]))::int FROM feito`,
  };
}

/** O nome de uma instrução preparada. */
export type Preparada =
  | ("comeca" | "confirma" | "sinal")
  | ("trava" | "trava_dias" | "ativos" | "dias")
  | ("desmarca" | "arquiva" | "marca");

/** Uma instrução preparada, com os valores dela. */
export function instrucao(preparada: Preparada, ...valores: Valor[]): Instrucao {
  return { preparada, valores };
}

/** O que um lote ou uma consulta carregou do banco. */
export class Carregada implements Vista {
  #ativos = new Map<string, Agendamento[]>();
  #ocupacoes = new PorDia<Ocupacao>();
  #ultimo = 0;

  /** De nenhum agendamento; só responde por estes CPFs. */
  constructor(cpfs: Iterable<string>) {
    for (const cpf of cpfs) this.#ativos.set(cpf, []);
  }

  /** Os ativos de um CPF carregado. */
  ativosDe(cpf: string): readonly Agendamento[] {
    const ativos = this.#ativos.get(cpf);
    // Responder "nenhum" por um CPF que não foi lido seria decidir às cegas.
    if (ativos === undefined) throw new RangeError("um CPF fora do alcance do lote");
    return ativos;
  }

  /** Um dia que não foi carregado parece livre: só o vê quem lhe devolve a hora de um agendamento desmarcado. */
  ocupacao(especialidade: string, data: string): Ocupacao {
    return this.#ocupacoes.get(especialidade, data) ?? Ocupacao.vazia();
  }

  /** Um número de passagem, que só vale neste lote; o do livro é o banco que dá. */
  novoId(): number {
    return --this.#ultimo;
  }

  /** Recebe o que `ativos` devolveu. */
  recebeAtivos({ rows }: Retorno): void {
    for (const linha of rows) {
      const agendamento = lerAgendamento(linha);
      this.#ativos.get(agendamento.cpf)?.push(agendamento);
    }
  }

  /** Recebe o que `dias` devolveu. */
  recebeDias({ rows }: Retorno): void {
    for (const [especialidade, data, horas] of rows) {
      const ocupacao = Ocupacao.vazia();
      for (const hora of (horas ?? "").split(",")) ocupacao.toma(minutoDoDia(hora), Number(hora.slice(5)));
      this.#ocupacoes.set(especialidade ?? "", data ?? "", ocupacao);
    }
  }
}

/** O que distingue as linhas de um lote das de qualquer outro, mesmo que sejam do mesmo CPF, hora e instante. */
export interface Sinal {
  /** Um número dado pelo banco, que só este lote usa: o da primeira linha que ele acrescenta. */
  readonly id: number;
  /** O número da transação, que fica em toda linha que ela muda (`xmin`, os 32 bits de baixo). */
  readonly transacao: bigint;
}

/** Carrega uma vista numa só ida ao banco, depois das instruções de `antes`. */
export async function carrega(
  ligacao: Ligacao,
  { antes, cpfs, dias, ate }: {
    antes: readonly Instrucao[];
    cpfs: readonly string[];
    dias: readonly Dia[];
    ate: number;
  },
): Promise<{ vista: Vista; resultados: readonly Retorno[] }> {
  const instrucoes = [...antes];
  if (cpfs.length > 0) instrucoes.push(instrucao("ativos", textos(cpfs)));
  if (dias.length > 0) instrucoes.push(instrucao("dias", ...doisTextos(dias)));
  const resultados = await ligacao.executa(instrucoes, ate);
  const vista = new Carregada(cpfs);
  let proximo = antes.length;
  if (cpfs.length > 0) vista.recebeAtivos(resultados[proximo++]);
  if (dias.length > 0) vista.recebeDias(resultados[proximo]);
  return { vista, resultados };
}

/** As especialidades e as datas, cada uma como um array. */
export function doisTextos(dias: readonly Dia[]): [string, string] {
  return [textos(dias.map((dia) => dia[0])), textos(dias.map((dia) => dia[1]))];
}

/** Os dias, cada um uma vez. */
export function semRepetir(dias: readonly Dia[]): Dia[] {
  return [...new Map(dias.map((dia) => [dia.join(" "), dia])).values()];
}

/** Primeiro o que libera, depois o que toma: as restrições valem a cada instrução. */
export function escreve(liquido: Liquido, { id }: Sinal): Instrucao[] {
  const { quando, novos, passageiros, desmarcados, arquivados, ...resto } = liquido;
  resto satisfies Nada;
  const instrucoes: Instrucao[] = [];
  if (desmarcados.length > 0) instrucoes.push(instrucao("desmarca", quando, ids(desmarcados)));
  if (arquivados.length > 0) instrucoes.push(instrucao("arquiva", ids(arquivados)));
  if (novos.length > 0) instrucoes.push(marca(quando, { ativo: true, novos, id }));
  if (passageiros.length > 0) {
    instrucoes.push(marca(quando, { ativo: false, novos: passageiros, id: novos.length > 0 ? undefined : id }));
  }
  return instrucoes;
}

function ids(agendamentos: readonly Agendamento[]): string {
  return numeros(agendamentos.map(({ id }) => id));
}

/** O primeiro tem o número que se diz, os outros os que o banco der. */
function marca(
  quando: string,
  { ativo, novos, id }: { ativo: boolean; novos: readonly Novo[]; id: number | undefined },
): Instrucao {
  const coluna = (nome: Exclude<keyof Agendamento, "id" | "minutos">): string =>
    textos(novos.map(({ agendamento }) => agendamento[nome]));
  return instrucao(
    "marca",
    quando,
    String(ativo),
    numeros(novos.map((_, i) => i === 0 && id !== undefined ? id : null)),
    ...[coluna("cpf"), coluna("nome"), coluna("especialidade"), coluna("profissional"), coluna("data"), coluna("hora")],
    numeros(novos.map(({ agendamento }) => agendamento.minutos)),
    textos(novos.map(({ origem }) => origem)),
  );
}

/**
 * O que só é verdade de uma linha do livro se o lote foi gravado; ele é tudo ou nada, e uma linha basta. O número e a
 * transação bastariam no mesmo principal. Num promovido ao qual o lote não chegou, ambos podem ter sido dados a outro:
 * por isso também o CPF, a hora e o instante.
 */
export function provaDe({ quando, novos, passageiros, desmarcados }: Liquido, { id, transacao }: Sinal): Instrucao {
  const [nascido] = [...novos, ...passageiros];
  if (nascido === undefined) {
    // Um cancelado não muda mais: o `xmin` dele é de quem o cancelou.
    return {
      texto: `SELECT EXISTS (SELECT FROM agendamento
        WHERE id = $1::bigint AND cancelado_em = $2 AND xmin::text::bigint = $3::bigint)`,
      valores: [String(desmarcados[0].id), quando, String(BigInt.asUintN(32, transacao))],
    };
  }
  const { cpf, especialidade, data, hora } = nascido.agendamento;
  return {
    texto: `SELECT EXISTS (SELECT FROM agendamento
      WHERE id = $1::bigint AND cpf = $2 AND especialidade = $3 AND data = $4 AND hora = $5 AND criado_em = $6)`,
    valores: [String(id), cpf, especialidade, data, hora, quando],
  };
}
