/**
 * As instruções do livro num PostgreSQL: o que se carrega e o que se grava. As das travas estão em `postgres_travas.ts`, as da
 * lista de espera em `postgres_espera.ts`. Usam-nas `postgres.ts`, `postgres_lote.ts` e `postgres_carga.ts`.
 *
 * @module
 */

import {
  type Anotacao,
  CANCELADOS_DE_UM_DIA,
  type Contato,
  type Liquido,
  type Mudado,
  type Nada,
  type Novo,
  type UltimaSenha,
} from "../clinica/livro.ts";
import type { Elo, TabelaDaTrilha } from "../clinica/trilha.ts";
import type { Restricoes } from "./postgres_esquema.ts";
import { ALGUEM_ESPERA, escreveEsperas, type PreparadaDaEspera, preparadasDaEspera } from "./postgres_espera.ts";
import { type Instrucao, numeros, textos, type Valor } from "./postgres_ligacao.ts";
import { chaveDe, PREFIXO } from "./postgres_migracao.ts";
import {
  acabados,
  array,
  CAMPOS,
  type Coluna,
  DA_IMAGEM,
  diasDosQueVoltam,
  ENCAIXADO,
  NA_VAGA,
  NO_POSTGRES,
} from "./postgres_tabelas.ts";
import { type PreparadaDasTravas, PREPARADAS_DAS_TRAVAS } from "./postgres_travas.ts";
import { escreveTentativas, type PreparadaDasTentativas, PREPARADAS_DAS_TENTATIVAS } from "./postgres_tentativas.ts";
import { COLUNAS, colunasDe } from "./tabelas.ts";

// ------------------------------------------------------------------------------------------------------ as preparadas

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
    colunas: colunas(
      "espera",
      "codigo",
      "cpf",
      "nome",
      "especialidade",
      "profissional",
      "agenda",
      "data",
      "hora",
      "minutos",
    ),
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
  // De quem passou a ser outro não se guarda de onde veio.
  const deOnde = mudam.includes("cpf")
    ? ", origem = CASE agendamento.cpf WHEN novo.cpf THEN agendamento.origem ELSE '' END"
    : "";
  return `
    WITH feito AS (
      UPDATE agendamento SET (${nomes}) = ROW (${mudam.map((nome) => `novo.${nome}`).join(", ")})${deOnde}
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

/** A ponta de uma cadeia, `"1234 selo"`; nulo, se está por começar. */
export function pontaDe(tabela: TabelaDaTrilha, servidor: string): string {
  return `(SELECT ordem || ' ' || selo FROM ${tabela} WHERE servidor = ${servidor} AND servidor <> ''
    ORDER BY ordem DESC LIMIT 1)`;
}

/** A que isso diz. */
export function lerPonta(escrita: Valor): Elo {
  const [ordem, selo] = (escrita ?? "0 ").split(" ");
  return { ordem: Number(ordem), selo };
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
    // O número que o diário dá ao lote, travado até que a transação acabe: quem o procura espera por ela. Vai depois das
    // travas, e por isso diz também a semana, as exceções que valem e se há quem espere.
    numera: `
      SELECT id, pg_advisory_xact_lock(${chaveDe(PREFIXO.lote, 0)} + (id & ${0xffffffff})),
        (SELECT string_agg(nextval('agendamento_id_seq')::text, ',') FROM generate_series(1, $1::integer)),
        (SELECT semana_que_vale FROM clinica_livro), CASE WHEN $2::text IS NOT NULL THEN ${excecoesDesde("$2")} END,
        $3::boolean AND ${ALGUEM_ESPERA},
        CASE WHEN $4::integer > 0 THEN (
          SELECT string_agg(nextval('espera_numero_seq')::text, ',') FROM generate_series(1, $4::integer)) END,
        ${pontaDe("diario", "$5")}
      FROM (SELECT nextval('diario_id_seq') AS id) AS novo`,
    // Mais números; e a semana e as exceções outra vez, pois podem ter mudado antes de se travarem mais dias.
    numera_mais: `
      SELECT (SELECT string_agg(nextval('agendamento_id_seq')::text, ',') FROM generate_series(1, $1::integer)),
        (SELECT string_agg(nextval('espera_numero_seq')::text, ',') FROM generate_series(1, $2::integer)),
        (SELECT semana_que_vale FROM clinica_livro), CASE WHEN $3::text IS NOT NULL THEN ${excecoesDesde("$3")} END`,
    valem: `SELECT ${excecoesDesde("$1::text")}`,
    ultima_excecao: "SELECT coalesce(max(numero), 0) FROM excecao",
    contatos: "SELECT cpf, email, telefone FROM contato WHERE cpf = ANY ($1::text[])",
    guardas: `
      SELECT pedido.cpf, t.ato, t.motivo, t.quando FROM unnest($1::text[]) AS pedido (cpf) CROSS JOIN LATERAL (
        SELECT * FROM titular WHERE pessoa = pedido.cpf AND ato IN ('GUARDA', 'SOLTA')
        ORDER BY numero DESC LIMIT 1) AS t`,
    senhas: "SELECT data, letra, ultima FROM senha WHERE data = ANY ($1::text[])",
    ativos: `SELECT ${CAMPOS} FROM agendamento AS a WHERE a.ativo AND a.cpf = ANY ($1::text[])`,
    acabados: `SELECT ${CAMPOS} FROM ${acabados("$1")}`,
    dias: ocupacaoDe("SELECT * FROM unnest($1::text[], $2::text[])"),
    dias_que_mudam: ocupacaoDe("SELECT DISTINCT agenda, data FROM agendamento WHERE ativo AND cpf = ANY ($1::text[])"),
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
    anota: `INSERT INTO diario (${Object.keys(COLUNAS.diario).join(", ")}) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
    ponta: `
      SELECT ${pontaDe("acesso", "$1")},
        (SELECT string_agg(nextval('acesso_id_seq')::text, ',') FROM generate_series(1, $2::integer))`,
    acrescenta: `INSERT INTO acesso SELECT * FROM unnest(${
      colunasDe("acesso").map(([, tipo], i) => `$${i + 1}::${NO_POSTGRES[tipo]}[]`).join(", ")
    })`,
    esquece: "WITH contas AS (DELETE FROM tentativa WHERE cpf = $1) DELETE FROM contato WHERE cpf = $1",
    renomeia: "UPDATE titular SET pessoa = $1, motivo = '' WHERE pessoa = $2",
    anota_titular: "INSERT INTO titular (quando, ato, pessoa, motivo) VALUES ($1, $2, $3, $4)",
    procura: "SELECT EXISTS (SELECT FROM diario WHERE id = $1 AND lote = $2)",
    adota: "UPDATE clinica_livro SET semana_que_vale = $1",
    estreia: "UPDATE clinica_livro SET semana_que_vale = $1 WHERE semana_que_vale = ''",
    ...PREPARADAS_DAS_TRAVAS,
    ...PREPARADAS_DAS_TENTATIVAS,
    ...preparadasDaEspera(restricoes),
  };
}

/** O nome de uma instrução preparada. */
export type Preparada =
  | ("comeca" | "comeca_leitura" | "confirma")
  | ("numera" | "numera_mais")
  | ("valem" | "ultima_excecao" | "contatos" | "senhas")
  | ("ativos" | "acabados" | "dias" | "dias_que_mudam" | "dias_que_voltam" | "periodos" | "cancelados")
  | ("ponta" | "acrescenta")
  | ("marca" | "insere" | "acaba" | "atualiza" | "excetua" | "contata" | "da_senhas" | "anota")
  | ("guardas" | "esquece" | "renomeia" | "anota_titular")
  | "procura"
  | ("adota" | "estreia")
  | PreparadaDasTravas
  | PreparadaDasTentativas
  | PreparadaDaEspera;

/** Uma instrução preparada, com os valores dela. */
export function instrucao(preparada: Preparada, ...valores: Valor[]): Instrucao {
  return { preparada, valores };
}

// ------------------------------------------------------------------------------------------------------ o que se grava

/**
 * O que grava um lote. Primeiro o que libera, depois o que toma: as restrições valem a cada linha. Uma troca de horas, em
 * que nenhum pode ir à frente, é recusada, e quem divide o lote a faz em passos.
 */
export function escreve(liquido: Liquido): Instrucao[] {
  const { quando, novos, mudados, excecoes, contatos, senhas, esperas, tique, tentativas, poda, titulares, ...resto } =
    liquido;
  resto satisfies Nada;
  const instrucoes: Instrucao[] = [];
  const [saem, ficam] = [false, true].map((ativo) => mudados.filter(({ depois }) => depois.ativo === ativo));
  if (saem.length > 0) instrucoes.push(atualiza(saem));
  if (ficam.length > 0) instrucoes.push(atualiza(ficam));
  if (novos.length > 0) instrucoes.push(insere(quando, novos));
  if (excecoes.length > 0) instrucoes.push(instrucao("excetua", quando, JSON.stringify(excecoes)));
  instrucoes.push(...titulares.flatMap((um) => anota(quando, um)));
  if (contatos.length > 0) instrucoes.push(contata(quando, contatos));
  if (senhas.length > 0) instrucoes.push(daSenhas(senhas));
  instrucoes.push(...escreveEsperas(esperas, quando));
  if (tique !== undefined) instrucoes.push(instrucao("tica", tique));
  instrucoes.push(...escreveTentativas({ tentativas, poda }));
  return instrucoes;
}

function anota(quando: string, { ato, cpf, pseudonimo, motivo }: Anotacao): Instrucao[] {
  if (ato !== "ANONIMIZA") return [instrucao("anota_titular", quando, ato, cpf, motivo)];
  return [
    instrucao("esquece", cpf),
    instrucao("renomeia", pseudonimo, cpf),
    instrucao("anota_titular", quando, ato, pseudonimo, motivo),
  ];
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
