/**
 * As instruções do livro num PostgreSQL: as travas de um lote, o que se carrega e o que se grava. Usam-nas `postgres.ts` e
 * `postgres_vista.ts`.
 *
 * @module
 */

import {
  type Alcance,
  CANCELADOS_DE_UM_DIA,
  type Contato,
  type Dia,
  LINHAS_DE_UM_CPF,
  type Liquido,
  type Mudado,
  type Nada,
  type Novo,
  type UltimaSenha,
} from "../clinica/livro.ts";
import type { Restricoes } from "./postgres_esquema.ts";
import { type Instrucao, numeros, textos, type Valor } from "./postgres_ligacao.ts";
import { chaveDe, PREFIXO } from "./postgres_migracao.ts";
import { array, CAMPOS, type Coluna, DA_IMAGEM, ENCAIXADO, NA_VAGA, NO_POSTGRES } from "./postgres_tabelas.ts";
import { COLUNAS } from "./tabelas.ts";

// ------------------------------------------------------------------------------------------------------ as travas

/**
 * A ordem das travas é uma só: os CPFs, depois os dias, depois as senhas, cada um pelo número.
 *
 * Dividem-se em faixas, uma trava cada: cada trava ocupa um lugar na memória que o PostgreSQL reparte entre todas as
 * conexões (`max_locks_per_transaction`, 64 × 120 de costume), e um lote cheio tem mais de mil CPFs. Assim um servidor tem
 * no máximo o dobro disto, e um lugar por data em que dá senhas. Os que caem na mesma faixa só esperam uns pelos outros.
 */
const FAIXAS = 512;

/** As travas que um lote toma antes de ler: as dos CPFs, e depois as dos dias e das senhas. */
export function travas(alcance: Alcance): Instrucao[] {
  const { cpfs, dias, mudam, voltam, vizinhas, senhas, excecoes } = alcance;
  const instrucoes: Instrucao[] = [];
  if (cpfs.length > 0) instrucoes.push(instrucao("trava", numeros(emFaixas(PREFIXO.cpf, cpfs))));
  const outras = [...(excecoes === "muda" ? TODOS_OS_DIAS : []), ...emFaixas(PREFIXO.senha, senhas)];
  const valores = [...doisTextos(dias), textos(mudam), numeros(outras)];
  if (voltam.length > 0) {
    instrucoes.push(instrucao("trava_dias_que_voltam", ...valores, textos(voltam), textos(vizinhas)));
  } else if (dias.length + mudam.length + outras.length > 0) instrucoes.push(instrucao("trava_dias", ...valores));
  return instrucoes;
}

const TODOS_OS_DIAS: readonly number[] = Array.from({ length: FAIXAS }, (_, faixa) => chaveDe(PREFIXO.dia, faixa));

/** As travas de todos os dias de todas as agendas: quem as tem, ninguém decide sobre um dia. */
export function travaTudo(): Instrucao {
  return instrucao("trava", numeros(TODOS_OS_DIAS));
}

function emFaixas(prefixo: number, nomes: readonly string[]): number[] {
  return [...new Set(nomes.map((nome) => chaveDe(prefixo, espalha(nome) % FAIXAS)))].sort((a, b) => a - b);
}

/** FNV-1a de 32 bits: o mesmo em todos os servidores, em qualquer versão. Uma colisão só faz esperar. */
function espalha(texto: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < texto.length; i++) h = Math.imul(h ^ texto.charCodeAt(i), 0x01000193);
  return h >>> 0;
}

// ------------------------------------------------------------------------------------------------------ as preparadas

/** Os que acabaram, dos CPFs de um parâmetro: os mais novos de cada um. */
function acabados(cpfs: string): string {
  return `unnest(${cpfs}::text[]) AS pedido (cpf) CROSS JOIN LATERAL (
    SELECT * FROM agendamento WHERE NOT ativo AND agendamento.cpf = pedido.cpf
    ORDER BY numero DESC LIMIT ${LINHAS_DE_UM_CPF}) AS a`;
}

/** Os dias em que CPFs têm ou tiveram algo: nas agendas deles, e nas vizinhas, que disputam os mesmos minutos. */
function diasDosQueVoltam(cpfs: string, vizinhas: string): string {
  return `SELECT DISTINCT dela.agenda, linha.data FROM (
      SELECT a.agenda, a.data FROM ${acabados(cpfs)}
      UNION ALL
      SELECT agenda, data FROM agendamento WHERE ativo AND cpf = ANY (${cpfs}::text[])
    ) AS linha CROSS JOIN LATERAL (
      SELECT linha.agenda UNION ALL SELECT unnest(${vizinhas}::text[])) AS dela (agenda)`;
}

/** Toma as travas dos dias, em ordem; `$4` são mais chaves. */
function travaDias(outros: string = ""): string {
  return `
    SELECT count(pg_advisory_xact_lock(chave)) FROM (
      SELECT DISTINCT chave FROM (
        SELECT ${chaveDe(PREFIXO.dia, 0)} + (hashtextextended(data || agenda, 0) & ${FAIXAS - 1}) AS chave FROM (
          SELECT agenda, data FROM unnest($1::text[], $2::text[]) AS pedido (agenda, data)
          UNION ALL
          SELECT agenda, data FROM agendamento WHERE ativo AND cpf = ANY ($3::text[])
          ${outros}
        ) AS dia
        UNION ALL
        SELECT unnest($4::bigint[])
      ) AS todas
      ORDER BY chave
    ) AS em_ordem`;
}

/**
 * Os agendamentos que cumprem a condição, de cada linha de `pedido`. Sem o `OFFSET`, o plano de quando quase não há nenhum
 * percorreria todos, e valeria por muito tempo depois de haver muitos.
 */
function deCadaPedido(condicao: string): string {
  return `pedido CROSS JOIN LATERAL (SELECT * FROM agendamento AS a WHERE ${condicao} OFFSET 0) AS a`;
}

/** O que está tomado nos dias de um `pedido`. */
function ocupacaoDe(pedido: string): string {
  const parte = (condicao: string): string =>
    `SELECT a.agenda, a.data, a.especialidade, a.encaixe, a.hora || a.minutos AS ocupa
     FROM ${deCadaPedido(`a.data = pedido.data AND a.agenda = pedido.agenda AND ${condicao}`)}`;
  return `
    WITH pedido (agenda, data) AS (${pedido})
    SELECT agenda, data, especialidade, encaixe, string_agg(ocupa, ',')
    FROM (${parte(NA_VAGA)} UNION ALL ${parte(ENCAIXADO)}) AS ocupado GROUP BY 1, 2, 3, 4`;
}

/** O que conta nos períodos pedidos e nos das exceções que podem deixar de valer. */
function periodos(): string {
  const parte = (condicao: string): string =>
    `SELECT ${CAMPOS} FROM ${deCadaPedido(`a.data BETWEEN pedido.de AND pedido.ate AND ${condicao}`)}`;
  return `
    WITH pedido (de, ate) AS (
      SELECT * FROM unnest($1::text[], $2::text[]) UNION SELECT de, ate FROM excecao WHERE numero = ANY ($3::bigint[]))
    ${parte(NA_VAGA)} UNION ALL ${parte(ENCAIXADO)}`;
}

// ------------------------------------------------------------------------------------------------------ as formas

/**
 * Uma instrução que escreve imagens, e as colunas que leva. Cada coluna é um array: um valor por linha; um só, se é o mesmo
 * em todas; ou nulo, se em nenhuma difere do costume, ou do que está gravado.
 */
interface Forma {
  readonly nome: Preparada;
  readonly colunas: readonly Coluna[];
}

/** As de `insere`: a do que se marca, e a que leva tudo. Vai a primeira em que cabe o que difere. */
const QUE_INSEREM: readonly Forma[] = [
  {
    nome: "marca",
    colunas: colunas("codigo", "cpf", "nome", "especialidade", "profissional", "agenda", "data", "hora", "minutos"),
  },
  { nome: "insere", colunas: DA_IMAGEM },
];

/** As de `atualiza`: a do que acaba, e a que leva tudo. */
const QUE_ATUALIZAM: readonly Forma[] = [
  { nome: "acaba", colunas: colunas("versao", "situacao", "ativo", "motivo", "terminou_em", "pilha") },
  { nome: "atualiza", colunas: DA_IMAGEM },
];

function colunas(...nomes: readonly string[]): Coluna[] {
  return DA_IMAGEM.filter(({ nome }) => nomes.includes(nome));
}

/** As colunas da forma como se pedem a partir de `$n`, e o valor de cada uma numa linha. */
function daForma({ colunas }: Forma, n: number, falta: (coluna: Coluna) => string): [unnest: string, valores: string] {
  const parametro = (i: number): string => `$${n + i}::${NO_POSTGRES[colunas[i].tipo]}[]`;
  return [
    colunas.map((_, i) => parametro(i)).join(", "),
    colunas.map((coluna, i) => {
      const { nome } = coluna;
      return `coalesce(pedido.${nome}, (${parametro(i)})[1], ${falta(coluna)}) AS ${nome}`;
    }).join(", "),
  ];
}

function insercao(forma: Forma, restricoes: Restricoes): string {
  const nomes = nomesDe(forma.colunas);
  const costume = ({ tipo, costume }: Coluna): string => tipo === "texto" ? `'${costume}'` : String(costume);
  const [arrays, valores] = daForma(forma, 4, costume);
  const resto = DA_IMAGEM.filter((coluna) => !forma.colunas.includes(coluna));
  return `
    WITH feito AS (
      INSERT INTO agendamento (numero, criado_em, origem, ${nomesDe([...forma.colunas, ...resto])})
      SELECT * FROM (
        SELECT ${
    ["numero", "$1::text AS criado_em", "origem", valores, ...resto.map((uma) => `${costume(uma)} AS ${uma.nome}`)]
      .join(", ")
  }
        FROM unnest($2::bigint[], $3::text[], ${arrays}) AS pedido (numero, origem, ${nomes})
      ) AS novo
      WHERE ${restricoes("agendamento")}
      ON CONFLICT (cpf, especialidade) WHERE ativo DO NOTHING RETURNING 1
    )
    SELECT 1 / (count(*) = cardinality($2::bigint[]))::int FROM feito`;
}

/** Pela ordem do array: cada um toma a hora que o anterior já deixou. */
function atualizacao(forma: Forma, restricoes: Restricoes): string {
  const nomes = nomesDe(forma.colunas);
  const [arrays, valores] = daForma(forma, 3, ({ nome }) => `a.${nome}`);
  const mudam = forma.colunas.map(({ nome }) => nome);
  const ficam = ["criado_em", "origem", ...DA_IMAGEM.map(({ nome }) => nome)].filter((nome) => !mudam.includes(nome));
  return `
    WITH feito AS (
      UPDATE agendamento SET (${nomes}) = ROW (${mudam.map((nome) => `novo.${nome}`).join(", ")})
      FROM (
        SELECT * FROM (
          SELECT a.numero, a.versao AS antes, ${ficam.map((nome) => `a.${nome}`).join(", ")}, ${valores}
          FROM unnest($1::bigint[], $2::integer[], ${arrays}) AS pedido (numero, antes, ${nomes})
          CROSS JOIN LATERAL (
            SELECT * FROM agendamento WHERE numero = pedido.numero AND versao = pedido.antes OFFSET 0) AS a
        ) AS novo
        WHERE ${restricoes("agendamento", mudam)}
          AND NOT (ativo AND EXISTS (SELECT FROM agendamento AS outro WHERE outro.ativo AND outro.cpf = novo.cpf
            AND outro.especialidade = novo.especialidade AND outro.numero <> novo.numero))
      ) AS novo
      WHERE agendamento.numero = novo.numero AND agendamento.versao = novo.antes RETURNING 1
    )
    SELECT 1 / (count(*) = cardinality($1::bigint[]))::int FROM feito`;
}

function nomesDe(colunas: readonly Coluna[]): string {
  return colunas.map(({ nome }) => nome).join(", ");
}

/** O que se guarda de uma exceção, além de quando nasceu. */
const DA_EXCECAO = Object.keys(COLUNAS.excecao).filter((nome) => nome !== "criada_em").join(", ");

/** As exceções que valem e não acabaram antes da data de uma expressão, por número, em JSON. */
export function excecoesDesde(data: string): string {
  return `(
  SELECT coalesce(json_agg(valem ORDER BY numero)::text, '[]')
  FROM (SELECT ${DA_EXCECAO} FROM excecao WHERE NOT revogada AND ate >= ${data}) AS valem)`;
}

/**
 * O que cada conexão prepara. Um lote é uma sequência delas numa ida só, e o que falha pula o resto.
 *
 * As que escrevem imagens e `contata` exigem todas as linhas pedidas: a divisão por zero desfaz o lote antes do commit. Uma
 * linha que as restrições recusariam por um CPF ou um nome nem chega a elas, porque o banco a escreveria no seu log; o
 * índice das vagas não tem um nem outro, e recusa ele mesmo.
 */
export function preparadas(restricoes: Restricoes): Record<Preparada, string> {
  return {
    comeca: "BEGIN",
    comeca_leitura: "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
    confirma: "COMMIT",
    trava: "SELECT count(pg_advisory_xact_lock(chave)) FROM unnest($1::bigint[]) AS chave",
    trava_dias: travaDias(),
    trava_dias_que_voltam: travaDias(`UNION ALL (${diasDosQueVoltam("$5", "$6")})`),
    // O número que o diário dá ao lote, travado até que a transação acabe: quem o procura espera por ela. Vai depois das
    // travas, e por isso diz também a semana e as exceções que valem.
    numera: `
      SELECT id, pg_advisory_xact_lock(${chaveDe(PREFIXO.lote, 0)} + (id & ${0xffffffff})),
        (SELECT string_agg(nextval('agendamento_id_seq')::text, ',') FROM generate_series(1, $1::integer)),
        (SELECT semana_que_vale FROM clinica_livro), CASE WHEN $2::text IS NOT NULL THEN ${excecoesDesde("$2")} END
      FROM (SELECT nextval('diario_id_seq') AS id) AS novo`,
    valem: `SELECT ${excecoesDesde("$1::text")}`,
    ultima_excecao: "SELECT coalesce(max(numero), 0) FROM excecao",
    contatos: "SELECT cpf, email, telefone FROM contato WHERE cpf = ANY ($1::text[])",
    senhas: "SELECT data, letra, ultima FROM senha WHERE data = ANY ($1::text[])",
    ativos: `SELECT ${CAMPOS} FROM agendamento AS a WHERE a.ativo AND a.cpf = ANY ($1::text[])`,
    acabados: `SELECT ${CAMPOS} FROM ${acabados("$1")}`,
    dias: ocupacaoDe("SELECT * FROM unnest($1::text[], $2::text[])"),
    dias_que_voltam: ocupacaoDe(diasDosQueVoltam("$1", "$2")),
    periodos: periodos(),
    // O `OFFSET` é o de `deCadaPedido`: sem ele, os de uma data com poucos procurar-se-iam pelo número, no livro inteiro.
    cancelados: `
      SELECT ${CAMPOS} FROM unnest($1::text[]) AS pedido (data) CROSS JOIN LATERAL (
        SELECT * FROM (
          SELECT * FROM agendamento WHERE situacao = 'CANCELADO' AND agendamento.data = pedido.data OFFSET 0) AS todos
        ORDER BY numero DESC LIMIT ${CANCELADOS_DE_UM_DIA}) AS a`,
    marca: insercao(QUE_INSEREM[0], restricoes),
    insere: insercao(QUE_INSEREM[1], restricoes),
    acaba: atualizacao(QUE_ATUALIZAM[0], restricoes),
    atualiza: atualizacao(QUE_ATUALIZAM[1], restricoes),
    excetua: `
      INSERT INTO excecao (${DA_EXCECAO}, criada_em)
      SELECT ${DA_EXCECAO}, $1 FROM json_populate_recordset(NULL::excecao, $2::json)
      ON CONFLICT (numero) DO UPDATE SET revogada = EXCLUDED.revogada`,
    contata: `
      WITH feito AS (
        INSERT INTO contato (cpf, email, telefone, mudou_em)
        SELECT cpf, email, telefone, mudou_em FROM (
          SELECT cpf, email, telefone, $1::text AS mudou_em
          FROM unnest($2::text[], $3::text[], $4::text[]) AS pedido (cpf, email, telefone)) AS novo
        WHERE ${restricoes("contato")}
        ON CONFLICT (cpf) DO UPDATE SET (email, telefone, mudou_em) = (EXCLUDED.email, EXCLUDED.telefone, $1)
        RETURNING 1
      )
      SELECT 1 / (count(*) = cardinality($2::text[]))::int FROM feito`,
    da_senhas: `
      INSERT INTO senha (data, letra, ultima) SELECT * FROM unnest($1::text[], $2::text[], $3::integer[])
      ON CONFLICT (data, letra) DO UPDATE SET ultima = EXCLUDED.ultima WHERE EXCLUDED.ultima > senha.ultima`,
    anota: "INSERT INTO diario (id, lote, quando, mudancas) VALUES ($1, $2, $3, $4)",
    espera_lote: `SELECT pg_advisory_xact_lock(${chaveDe(PREFIXO.lote, 0)} + ($1::bigint & ${0xffffffff}))`,
    procura: "SELECT EXISTS (SELECT FROM diario WHERE id = $1 AND lote = $2)",
    adota: "UPDATE clinica_livro SET semana_que_vale = $1",
    estreia: "UPDATE clinica_livro SET semana_que_vale = $1 WHERE semana_que_vale = ''",
  };
}

/** O nome de uma instrução preparada. */
export type Preparada =
  | ("comeca" | "comeca_leitura" | "confirma")
  | ("trava" | "trava_dias" | "trava_dias_que_voltam" | "numera")
  | ("valem" | "ultima_excecao" | "contatos" | "senhas")
  | ("ativos" | "acabados" | "dias" | "dias_que_voltam" | "periodos" | "cancelados")
  | ("marca" | "insere" | "acaba" | "atualiza" | "excetua" | "contata" | "da_senhas" | "anota")
  | ("espera_lote" | "procura")
  | ("adota" | "estreia");

/** Uma instrução preparada, com os valores dela. */
export function instrucao(preparada: Preparada, ...valores: Valor[]): Instrucao {
  return { preparada, valores };
}

/** Os primeiros e os segundos, cada um como um array. */
export function doisTextos(pares: readonly Dia[]): [string, string] {
  return [textos(pares.map((par) => par[0])), textos(pares.map((par) => par[1]))];
}

// ------------------------------------------------------------------------------------------------------ o que se grava

/**
 * O que grava um lote. Primeiro o que libera, depois o que toma: as restrições valem a cada linha. Uma troca de horas, em
 * que nenhum pode ir à frente, é recusada, e quem divide o lote a faz em passos.
 */
export function escreve(liquido: Liquido): Instrucao[] {
  const { quando, novos, mudados, excecoes, contatos, senhas, ...resto } = liquido;
  resto satisfies Nada;
  const instrucoes: Instrucao[] = [];
  const [saem, ficam] = [false, true].map((ativo) => mudados.filter(({ depois }) => depois.ativo === ativo));
  if (saem.length > 0) instrucoes.push(atualiza(saem));
  if (ficam.length > 0) instrucoes.push(atualiza(ficam));
  if (novos.length > 0) instrucoes.push(insere(quando, novos));
  if (excecoes.length > 0) instrucoes.push(instrucao("excetua", quando, JSON.stringify(excecoes)));
  if (contatos.length > 0) instrucoes.push(contata(quando, contatos));
  if (senhas.length > 0) instrucoes.push(daSenhas(senhas));
  return instrucoes;
}

function insere(quando: string, novos: readonly Novo[]): Instrucao {
  const valores = DA_IMAGEM.map(({ valor, costume }) => {
    const dela = novos.map(({ agendamento }) => valor(agendamento));
    return dela.every((um) => um === costume) ? undefined : dela;
  });
  const numero = numeros(novos.map(({ agendamento }) => agendamento.numero));
  return naForma(QUE_INSEREM, valores, [quando, numero, textos(novos.map(({ origem }) => origem))]);
}

function atualiza(mudados: readonly Mudado[]): Instrucao {
  const valores = DA_IMAGEM.map(({ valor }) => {
    const dela = mudados.map(({ depois }) => valor(depois));
    return mudados.every(({ antes }, i) => valor(antes) === dela[i]) ? undefined : dela;
  });
  const numero = numeros(mudados.map(({ depois }) => depois.numero));
  return naForma(QUE_ATUALIZAM, valores, [numero, numeros(mudados.map(({ antes }) => antes.versao))]);
}

/** A primeira forma em que cabe o que difere; `valores` são os das colunas de `DA_IMAGEM`. */
function naForma(
  formas: readonly Forma[],
  valores: readonly (readonly (string | number | boolean)[] | undefined)[],
  antes: readonly Valor[],
): Instrucao {
  const cabe = ({ colunas }: Forma): boolean =>
    DA_IMAGEM.every((coluna, i) => valores[i] === undefined || colunas.includes(coluna));
  const { nome, colunas } = formas.find(cabe) ?? formas[formas.length - 1];
  const arrays = colunas.map((coluna) => {
    const dela = valores[DA_IMAGEM.indexOf(coluna)];
    if (dela === undefined) return null;
    return array(coluna.tipo, dela.every((um) => um === dela[0]) ? dela.slice(0, 1) : dela);
  });
  return instrucao(nome, ...antes, ...arrays);
}

function daSenhas(senhas: readonly UltimaSenha[]): Instrucao {
  const coluna = (nome: "data" | "letra"): string => textos(senhas.map((senha) => senha[nome]));
  return instrucao("da_senhas", coluna("data"), coluna("letra"), numeros(senhas.map(({ ultima }) => ultima)));
}

function contata(quando: string, contatos: readonly Contato[]): Instrucao {
  const coluna = (nome: keyof Contato): string => textos(contatos.map((contato) => contato[nome]));
  return instrucao("contata", quando, coluna("cpf"), coluna("email"), coluna("telefone"));
}
