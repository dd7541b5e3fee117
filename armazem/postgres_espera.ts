/**
 * A lista de espera num PostgreSQL: como uma entrada se escreve e se lê, e o que se pergunta às tabelas por causa dela.
 * Usam-no `postgres_instrucoes.ts`, que prepara e grava, e `postgres_esperas_lidas.ts`, que carrega.
 *
 * @module
 */

import type { Espera } from "../clinica/espera.ts";
import { FILA_MOSTRADA, LINHAS_DE_UM_CPF, type Liquido, PENDENCIAS_MAXIMAS } from "../clinica/livro.ts";
import type { Restricoes } from "./postgres_esquema.ts";
import { type Instrucao, numeros, type Valor } from "./postgres_ligacao.ts";
import { array, CAMPOS, ENCAIXADO, NA_VAGA, NO_POSTGRES } from "./postgres_tabelas.ts";
import { COLUNAS, escrevePassou, lerPassou, lerTurno, type Tipo } from "./tabelas.ts";

// ------------------------------------------------------------------------------------------------------ as colunas

/** O valor de cada coluna; uma que se esqueça não compila. */
const VALOR: { readonly [C in keyof typeof COLUNAS.espera]: (espera: Espera) => string | number | boolean } = {
  numero: ({ numero }) => numero,
  versao: ({ versao }) => versao,
  codigo: ({ codigo }) => codigo,
  cpf: ({ cpf }) => cpf,
  nome: ({ nome }) => nome,
  especialidade: ({ especialidade }) => especialidade,
  profissional: ({ profissional }) => profissional,
  de: ({ de }) => de,
  ate: ({ ate }) => ate,
  turno: ({ turno }) => turno,
  antecedencia: ({ antecedencia }) => antecedencia,
  marca: ({ marca }) => marca,
  prioridade: ({ prioridade }) => prioridade,
  motivo: ({ motivo }) => motivo,
  isenta: ({ isenta }) => isenta,
  email: ({ email }) => email,
  telefone: ({ telefone }) => telefone,
  origem: ({ origem }) => origem,
  lapsos: ({ lapsos }) => lapsos,
  ordem: ({ ordem }) => ordem,
  desde: ({ desde }) => desde,
  convite: ({ convite }) => convite,
  passou: ({ passou }) => escrevePassou(passou),
  terminou_em: ({ terminouEm }) => terminouEm,
  move: ({ move }) => move,
};

const TIPOS: Readonly<Record<string, Tipo>> = COLUNAS.espera;
const TODAS = Object.entries(VALOR).map(([nome, valor]) => ({ nome, valor, tipo: TIPOS[nome] }));

/** O que se lê de uma entrada `e`, na ordem em que `lerEspera` o espera. */
const DA_ESPERA = TODAS.map(({ nome }) => `e.${nome}`).join(", ");

/** A entrada de uma linha, a partir de uma coluna dela. */
export function lerEspera(linha: readonly Valor[], desde = 0): Espera {
  // Nenhuma coluna é nula.
  const texto = (n: number): string => linha[desde + n] ?? "";
  return {
    numero: Number(texto(0)),
    versao: Number(texto(1)),
    codigo: texto(2),
    cpf: texto(3),
    nome: texto(4),
    especialidade: texto(5),
    profissional: texto(6),
    de: texto(7),
    ate: texto(8),
    turno: lerTurno(texto(9)),
    antecedencia: Number(texto(10)),
    marca: texto(11) === "t",
    prioridade: Number(texto(12)),
    motivo: texto(13),
    isenta: texto(14) === "t",
    email: texto(15),
    telefone: texto(16),
    origem: texto(17),
    lapsos: Number(texto(18)),
    ordem: Number(texto(19)),
    desde: texto(20),
    convite: Number(texto(21)),
    passou: lerPassou(texto(22)),
    terminouEm: texto(23),
    move: texto(24) === "t",
  };
}

// ------------------------------------------------------------------------------------------------------ as preparadas

const DE_PE = "e.terminou_em = ''";

/** Se há alguém à espera, ou uma hora segurada: duas idas a índices que quase sempre estão vazios. */
export const ALGUEM_ESPERA = `(EXISTS (SELECT FROM espera AS e WHERE ${DE_PE})
  OR EXISTS (SELECT FROM agendamento WHERE situacao = 'CONVIDADO'))`;

/** Linhas em que se procuram faltas de cada vez: poucos milissegundos. */
const LINHAS_POR_BUSCA = 4096;

function faltas(): string {
  const parte = (condicao: string): string =>
    `SELECT * FROM agendamento AS a WHERE ${condicao} AND a.data >= limite.de AND a.data < $1
       AND a.situacao IN ('MARCADO', 'CONFIRMADO') AND a.terminou_em = ''`;
  return `
    WITH limite AS (SELECT coalesce((
      SELECT a.data FROM agendamento AS a WHERE ${NA_VAGA} AND a.data < $1
      ORDER BY a.data DESC OFFSET ${LINHAS_POR_BUSCA} LIMIT 1), '') AS de)
    SELECT limite.de, ${CAMPOS} FROM limite LEFT JOIN LATERAL (
      SELECT * FROM (${parte(NA_VAGA)} UNION ALL ${parte(ENCAIXADO)}) AS todas
      ORDER BY data DESC, numero LIMIT ${PENDENCIAS_MAXIMAS}) AS a ON true`;
}

/**
 * De cada desejo os primeiros, só do índice: os pedidos, e os de quem queira as horas do que os CPFs de `$6` têm marcado, nas
 * datas pedidas e nas deles. Um desejo é uma linha com o limite e as datas; cada entrada, uma com a entrada e se tem algo
 * marcado: quase nenhuma tem, e o `LIMIT` é para que não se leiam os de todos.
 */
function filas(): string {
  const lugarDe = (coluna: string): number => 7 + TODAS.findIndex(({ nome }) => nome === coluna);
  const nulas = TODAS.map(() => "NULL").join(", ");
  return `
    WITH ativo AS MATERIALIZED (
      SELECT DISTINCT especialidade, profissional, data FROM agendamento WHERE ativo AND cpf = ANY ($6::text[])
    ), datas AS MATERIALIZED (
      SELECT array_agg(data) AS quais, min(data) AS primeira, max(data) AS ultima FROM (
        SELECT data FROM ativo UNION SELECT unnest($5::text[])) AS todas
    ), desejo AS MATERIALIZED (
      SELECT especialidade, profissional, turno, max(limite) AS limite FROM (
        SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[])
          AS pedido (especialidade, profissional, turno, limite)
        UNION ALL
        SELECT especialidade, dele, turno, $7::bigint FROM ativo, unnest(ARRAY['', profissional]) AS dele,
          unnest(ARRAY['', 'MANHÃ', 'TARDE']) AS turno
      ) AS todos GROUP BY 1, 2, 3
    )
    SELECT especialidade, profissional, turno, limite, array_to_string(quais, ','), NULL, ${nulas} FROM desejo, datas
    UNION ALL
      SELECT desejo.especialidade, desejo.profissional, desejo.turno, NULL, NULL,
        (SELECT true FROM agendamento AS a WHERE a.ativo AND a.cpf = e.cpf LIMIT 1), ${DA_ESPERA}
      FROM datas, desejo CROSS JOIN LATERAL (
        SELECT numero FROM espera AS e
        WHERE ${DE_PE} AND e.convite = 0 AND e.especialidade = desejo.especialidade
          AND e.profissional = desejo.profissional AND e.turno = desejo.turno
          AND e.de <= datas.ultima AND (e.ate = '' OR e.ate >= datas.primeira)
          AND (e.de <= datas.primeira AND e.ate = '' OR EXISTS (
            SELECT FROM unnest(datas.quais) AS data WHERE e.de <= data AND (e.ate = '' OR e.ate >= data)))
        ORDER BY e.prioridade DESC, e.ordem LIMIT desejo.limite
      ) AS escolhida
      CROSS JOIN LATERAL (SELECT * FROM espera WHERE espera.numero = escolhida.numero OFFSET 0) AS e
    ORDER BY 4, ${lugarDe("prioridade")} DESC, ${lugarDe("ordem")}`;
}

/** O nome de uma instrução preparada da lista de espera. */
export type PreparadaDaEspera =
  | ("alguem" | "esperas" | "convites" | "filas" | "listas" | "convites_das_listas" | "lugares" | "origens")
  | ("vencidos" | "acabadas" | "faltas" | "tique")
  | ("entra" | "muda_espera" | "acaba_espera" | "tica")
  | "esperas_acabadas";

/** As instruções da lista de espera, que cada conexão prepara. */
export function preparadasDaEspera(restricoes: Restricoes): Record<PreparadaDaEspera, string> {
  const nomes = TODAS.map(({ nome }) => nome).join(", ");
  const arrays = (primeiro: number): string =>
    TODAS.map(({ tipo }, i) => `$${primeiro + i}::${NO_POSTGRES[tipo]}[]`).join(", ");
  return {
    alguem: `SELECT ${ALGUEM_ESPERA}`,
    esperas: `SELECT ${DA_ESPERA} FROM espera AS e WHERE ${DE_PE} AND e.cpf = ANY ($1::text[])`,
    esperas_acabadas: `
      SELECT ${DA_ESPERA} FROM unnest($1::text[]) AS pedido (cpf) CROSS JOIN LATERAL (
        SELECT * FROM espera WHERE espera.cpf = pedido.cpf AND terminou_em <> ''
        ORDER BY numero DESC LIMIT ${LINHAS_DE_UM_CPF}) AS e
      ORDER BY e.numero DESC`,
    convites: `
      SELECT ${CAMPOS} FROM agendamento AS a WHERE a.numero IN (
        SELECT e.convite FROM espera AS e WHERE ${DE_PE} AND e.convite <> 0 AND e.cpf = ANY ($1::text[]))`,
    filas: filas(),
    listas: `
      SELECT ${DA_ESPERA} FROM unnest($1::text[]) AS pedido (especialidade) CROSS JOIN LATERAL (
        SELECT * FROM espera AS e WHERE ${DE_PE} AND e.especialidade = pedido.especialidade
        ORDER BY e.prioridade DESC, e.ordem LIMIT ${FILA_MOSTRADA}) AS e
      ORDER BY e.prioridade DESC, e.ordem`,
    convites_das_listas: `
      SELECT ${CAMPOS} FROM agendamento AS a WHERE a.situacao = 'CONVIDADO' AND a.especialidade = ANY ($1::text[])`,
    // O fim de uma prioridade está contado; o meio dela conta-se.
    lugares: `
      SELECT n,
        (SELECT coalesce(sum(c.quantas), 0) FROM contagem AS c
         WHERE c.especialidade = pedido.especialidade AND c.prioridade >= pedido.prioridade) -
        CASE WHEN pedido.ordem IS NULL THEN 0 ELSE (
          SELECT count(*) FROM espera AS e
          WHERE ${DE_PE} AND e.especialidade = pedido.especialidade AND e.prioridade = pedido.prioridade
            AND e.ordem >= pedido.ordem) END
      FROM unnest($1::text[], $2::integer[], $3::bigint[]) WITH ORDINALITY
        AS pedido (especialidade, prioridade, ordem, n)
      ORDER BY n`,
    origens: `
      SELECT e.origem, count(*) FROM espera AS e WHERE ${DE_PE} AND e.origem = ANY ($1::text[]) GROUP BY e.origem`,
    vencidos: `
      SELECT ${CAMPOS} FROM agendamento AS a WHERE a.situacao = 'CONVIDADO'
        AND rtrim(a.terminou_em, 'Z') <= rtrim($1::text, 'Z') COLLATE "C"
      ORDER BY rtrim(a.terminou_em, 'Z'), a.numero LIMIT ${PENDENCIAS_MAXIMAS}`,
    acabadas: `
      SELECT ${DA_ESPERA} FROM espera AS e WHERE ${DE_PE} AND e.ate <> '' AND e.ate < $1
      ORDER BY e.ate, e.numero LIMIT ${PENDENCIAS_MAXIMAS}`,
    faltas: faltas(),
    tique: `
      SELECT ultimo_tick, floor(extract(epoch FROM clock_timestamp() - ultimo_tick_em) * 1000) FROM clinica_livro`,
    entra: `
      WITH feito AS (
        INSERT INTO espera (${nomes})
        SELECT * FROM (SELECT * FROM unnest(${arrays(1)}) AS pedido (${nomes})) AS novo
        WHERE ${restricoes("espera")}
        ON CONFLICT (cpf, especialidade) WHERE terminou_em = '' DO NOTHING RETURNING 1
      )
      SELECT 1 / (count(*) = cardinality($1::bigint[]))::int FROM feito`,
    muda_espera: `
      WITH feito AS (
        UPDATE espera SET (${nomes}) = ROW (${TODAS.map(({ nome }) => `novo.${nome}`).join(", ")})
        FROM (
          SELECT * FROM (SELECT * FROM unnest($1::bigint[], ${arrays(2)}) AS pedido (antes, ${nomes})) AS novo
          WHERE ${restricoes("espera")}
        ) AS novo
        WHERE espera.numero = novo.numero AND espera.versao = novo.antes RETURNING 1
      )
      SELECT 1 / (count(*) = cardinality($1::bigint[]))::int FROM feito`,
    // O convite e o fim, que é o que muda em quem acaba: nada que as restrições possam recusar.
    acaba_espera: `
      WITH feito AS (
        UPDATE espera SET (versao, convite, terminou_em) = ROW (pedido.antes + 1, 0, $3)
        FROM unnest($1::bigint[], $2::integer[]) AS pedido (numero, antes)
        WHERE espera.numero = pedido.numero AND espera.versao = pedido.antes RETURNING 1
      )
      SELECT 1 / (count(*) = cardinality($1::bigint[]))::int FROM feito`,
    tica: "UPDATE clinica_livro SET (ultimo_tick, ultimo_tick_em) = ($1, clock_timestamp())",
  };
}

/** Uma instrução preparada da lista de espera, com os valores dela. */
function instrucao(preparada: PreparadaDaEspera, ...valores: Valor[]): Instrucao {
  return { preparada, valores };
}

/** Escreve as entradas: primeiro as que mudam, pois quem sai pode voltar a entrar. */
export function escreveEsperas(esperas: Liquido["esperas"], quando: string): Instrucao[] {
  const instrucoes: Instrucao[] = [];
  const mudadas = esperas.flatMap(({ antes, depois }) => antes === undefined ? [] : [{ antes, depois }]);
  const novas = esperas.filter(({ antes }) => antes === undefined).map(({ depois }) => depois);
  const acabam = mudadas.filter((uma) => soAcaba(uma, quando)).map(({ antes }) => antes);
  const outras = mudadas.filter((uma) => !soAcaba(uma, quando));
  if (acabam.length > 0) {
    const versoes = numeros(acabam.map(({ versao }) => versao));
    instrucoes.push(instrucao("acaba_espera", numeros(acabam.map(({ numero }) => numero)), versoes, quando));
  }
  if (outras.length > 0) {
    const versoes = numeros(outras.map(({ antes }) => antes.versao));
    instrucoes.push(instrucao("muda_espera", versoes, ...emColunas(outras.map(({ depois }) => depois))));
  }
  if (novas.length > 0) instrucoes.push(instrucao("entra", ...emColunas(novas)));
  return instrucoes;
}

/** Verdadeiro se tudo o que mudou foi acabar, no instante do lote. */
function soAcaba({ antes, depois }: { antes: Espera; depois: Espera }, quando: string): boolean {
  return depois.terminouEm === quando && depois.versao === antes.versao + 1 &&
    TODAS.every(({ nome, valor }) =>
      ["versao", "convite", "terminou_em"].includes(nome) || valor(antes) === valor(depois)
    );
}

function emColunas(esperas: readonly Espera[]): string[] {
  return TODAS.map(({ tipo, valor }) => array(tipo, esperas.map(valor)));
}
