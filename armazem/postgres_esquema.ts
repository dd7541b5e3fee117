/**
 * O esquema do livro num PostgreSQL: como nasce, como passa de uma versão à seguinte, e o que tem de haver nele para que
 * valha o que se promete. Usam-no `postgres.ts`, `postgres_instrucoes.ts`, `postgres_espera.ts` e `postgres_copia.ts`.
 *
 * @module
 */

import { BancoForaDoAlcance, ErroDoArmazem, type TabelaDoLivro } from "../clinica/livro.ts";
import { mensagem } from "../clinica/texto.ts";
import type { EnderecoDoBanco } from "./postgres_endereco.ts";
import { codigoDe, daquiA, type Ligacao, textos } from "./postgres_ligacao.ts";
import { chaveDe, PASSOS, PRAZO_LONGO, PREFIXO, RELACOES } from "./postgres_migracao.ts";
import { TABELAS } from "./tabelas.ts";

/** A versão de um livro trazido a hoje. */
const VERSAO = PASSOS.length;

/** O código com que o banco desiste de uma instrução que passou do prazo dela. */
const DEMOROU = "57014";

/** Os índices únicos de que a promessa depende, como o PostgreSQL os escreve; o nome é só o que se sugere. */
const INDICES: readonly (readonly [nome: string, tabela: string, definicao: string])[] = [
  ["agendamento_pkey", "agendamento", "(numero)"],
  [
    "uma_vaga_um_agendamento",
    "agendamento",
    "(data, agenda, hora) WHERE ((NOT encaixe) AND (situacao <> 'CANCELADO'::text) AND (situacao <> 'PASSOU'::text))",
  ],
  ["um_ativo_por_cpf_e_especialidade", "agendamento", "(cpf, especialidade) WHERE ativo"],
  ["excecao_pkey", "excecao", "(numero)"],
  ["contato_pkey", "contato", "(cpf)"],
  ["espera_pkey", "espera", "(numero)"],
  ["uma_espera_por_cpf_e_especialidade", "espera", "(cpf, especialidade) WHERE (terminou_em = ''::text)"],
  ["uma_espera_por_convite", "espera", "(convite) WHERE (convite <> 0)"],
  ["contagem_pkey", "contagem", "(especialidade, prioridade)"],
  ["senha_pkey", "senha", "(data, letra)"],
  ["chave_pkey", "chave", "(numero)"],
  ["pessoa_pkey", "pessoa", "(numero)"],
  ["uma_pessoa_por_quem", "pessoa", "(quem) WHERE (retirada_em = ''::text)"],
  ["tentativa_de_entrar_pkey", "tentativa_de_entrar", "(quem, endereco)"],
  ["tentativa_pkey", "tentativa", "(cpf, rede)"],
  ["sessao_pkey", "sessao", "(resumo)"],
  ["titular_pkey", "titular", "(numero)"],
  ["diario_pkey", "diario", "(id)"],
  ["uma_linha_do_diario_por_lugar", "diario", "(servidor, ordem) WHERE (servidor <> ''::text)"],
  ["acesso_pkey", "acesso", "(id)"],
  ["um_acesso_por_lugar", "acesso", "(servidor, ordem)"],
];

/** O que o papel tem de poder fazer. */
const DIREITOS: readonly (readonly [direito: string, objeto: string])[] = [
  ...["SELECT", "INSERT", "UPDATE"].flatMap((direito) =>
    ["agendamento", "excecao", "contato", "espera", "senha", "contagem", "chave", "pessoa", "titular"]
      .concat("tentativa", "tentativa_de_entrar", "sessao")
      .map((tabela) => [direito, tabela] as const)
  ),
  ["DELETE", "tentativa_de_entrar"],
  ["DELETE", "tentativa"],
  ["DELETE", "sessao"],
  ...["diario", "acesso"].flatMap((tabela) => [["SELECT", tabela], ["INSERT", tabela]] as const),
  ["DELETE", "contato"],
  ["UPDATE", "clinica_livro"],
  ["USAGE", "agendamento_id_seq"],
  ["USAGE", "espera_numero_seq"],
  ["USAGE", "chave_numero_seq"],
  ["USAGE", "pessoa_numero_seq"],
  ["USAGE", "titular_numero_seq"],
  ["USAGE", "diario_id_seq"],
  ["USAGE", "acesso_id_seq"],
];

/**
 * Cria o esquema, ou o leva à última versão, um servidor por vez e numa transação; recusa um banco que não é um livro que se
 * conheça. `aoAndar` recebe frases que dizem em que pé está um livro que leva tempo.
 */
export async function migra(
  ligacao: Ligacao,
  onde: string,
  { ate, aoAndar = () => {} }: { ate: number; aoAndar?: (frase: string) => void },
): Promise<void> {
  try {
    if (await versaoDe(ligacao, onde, ate) === VERSAO) return;
  } catch (causa) {
    // Quem o traz a esta versão não deixa ler qual é até que acabe, e o que se leu pode ser metade de antes e metade de
    // depois: com a trava sabe-se.
    if (!(causa instanceof ErroDoArmazem) && codigoDe(causa) !== DEMOROU) throw causa;
  }
  await ligacao.consulta(
    `
    BEGIN;
    SET LOCAL statement_timeout = ${PRAZO_LONGO};
    SET LOCAL idle_in_transaction_session_timeout = ${PRAZO_LONGO};
    SET LOCAL enable_seqscan = on;
    SET LOCAL maintenance_work_mem = '128MB';
    SELECT pg_advisory_xact_lock(${chaveDe(PREFIXO.migracao, 0)})`,
    daquiA(PRAZO_LONGO),
  );
  try {
    // Outro servidor pode tê-lo feito enquanto se esperava.
    const versao = await versaoDe(ligacao, onde, daquiA(PRAZO_LONGO));
    if (versao === 0) {
      await ligacao.consulta(
        "CREATE TABLE clinica_livro (versao integer NOT NULL); INSERT INTO clinica_livro VALUES (0)",
        daquiA(PRAZO_LONGO),
      );
    }
    for (const passo of PASSOS.slice(versao)) await passo({ ligacao, nasce: versao === 0, aoAndar });
    const [, { command }] = await ligacao.consulta(
      `UPDATE clinica_livro SET versao = ${VERSAO}; COMMIT`,
      daquiA(PRAZO_LONGO),
    );
    if (command !== "COMMIT") throw new ErroDoArmazem(`${onde}: o livro não pôde ser trazido à versão ${VERSAO}`);
    if (versao > 0) aoAndar(`o livro está na versão ${VERSAO}`);
  } catch (causa) {
    await ligacao.desfaz(daquiA(PRAZO_LONGO));
    throw causa;
  }
}

/**
 * Exige um livro com o esquema em dia, sem o criar.
 *
 * @throws {ErroDoArmazem} se não há.
 */
export async function exigeLivro(ligacao: Ligacao, onde: string, ate: number): Promise<void> {
  if (await versaoDe(ligacao, onde, ate) < VERSAO) {
    throw new ErroDoArmazem(`${onde}: não há livro aqui, ou é de uma versão anterior; inicie o servidor uma vez`);
  }
}

async function versaoDe(ligacao: Ligacao, onde: string, ate: number): Promise<number> {
  // Não `to_regclass`: responde pelo que a sessão já tinha procurado, e não vê a tabela que outro acaba de criar.
  const [{ rows }] = await ligacao.executa([{
    texto: `SELECT relname, has_table_privilege(oid, 'SELECT') FROM pg_class
      WHERE relname = ANY ($1::text[]) AND pg_table_is_visible(oid)`,
    valores: [textos(["clinica_livro", ...RELACOES[VERSAO]])],
  }], ate);
  const tem = rows.map(([nome]) => nome);
  if (rows.some(([nome, pode]) => nome === "clinica_livro" && pode === "f")) {
    throw new ErroDoArmazem(`${onde}: ${semDireitos(["SELECT ON clinica_livro"])}`);
  }
  let versao = 0;
  if (tem.includes("clinica_livro")) {
    const [{ rows: [[escrita]] }] = await ligacao.consulta("SELECT max(versao) FROM clinica_livro", ate);
    versao = Number(escrita);
    if (versao < 1) throw pelaMetade(onde, "clinica_livro não diz a versão");
  }
  if (versao > VERSAO) {
    throw new ErroDoArmazem(
      `${onde}: o livro é da versão ${versao} e este programa conhece até a ${VERSAO}; atualize o programa`,
    );
  }
  const falta = RELACOES[versao].filter((nome) => !tem.includes(nome));
  if (falta.length > 0) throw pelaMetade(onde, `falta ${falta.join(" e ")}`);
  const alheia = RELACOES[VERSAO].find((nome) => tem.includes(nome) && !RELACOES[versao].includes(nome));
  if (alheia !== undefined) {
    throw new ErroDoArmazem(`${onde}: já tem uma tabela "${alheia}" de outro programa; use um banco só da clínica`);
  }
  return versao;
}

function pelaMetade(onde: string, oQueFalta: string): ErroDoArmazem {
  const tabelas = ["clinica_livro", ...TABELAS, "contagem", "tentativa_de_entrar", "sessao"].join(", ");
  return new ErroDoArmazem(
    `${onde}: o livro está pela metade (${oQueFalta}); restaure a cópia inteira num banco vazio, ou apague o que ficou ` +
      `(DROP TABLE IF EXISTS ${tabelas}) se nada ali faz falta`,
  );
}

/**
 * Confere que o que está no banco sustenta o que se promete: os índices únicos, e o que o papel pode fazer.
 *
 * @throws {ErroDoArmazem} com o que falta e a instrução que o põe.
 */
export async function confere(ligacao: Ligacao, onde: string, ate: number): Promise<void> {
  const [{ rows }] = await ligacao.executa([{
    texto: `
      SELECT 'índice', nome || ' ON ' || tabela || ' ' || definicao
      FROM unnest($1::text[], $2::text[], $3::text[]) AS i (nome, tabela, definicao)
      WHERE NOT EXISTS (
        SELECT FROM pg_index WHERE indrelid = tabela::regclass AND indisunique AND indisvalid AND indimmediate
          AND substring(pg_get_indexdef(indexrelid) FROM 'USING btree (.*)') = definicao)
      UNION ALL
      SELECT 'direito', direito || ' ON ' || objeto FROM unnest($4::text[], $5::text[]) AS d (direito, objeto)
      WHERE NOT CASE direito WHEN 'USAGE' THEN has_sequence_privilege(objeto, direito)
        ELSE has_table_privilege(objeto, direito) END`,
    valores: [
      textos(INDICES.map(([nome]) => nome)),
      textos(INDICES.map(([, tabela]) => tabela)),
      textos(INDICES.map(([, , definicao]) => definicao)),
      textos(DIREITOS.map(([direito]) => direito)),
      textos(DIREITOS.map(([, objeto]) => objeto)),
    ],
  }], ate);
  const que = (tipo: string): string[] => rows.filter((linha) => linha[0] === tipo).map((linha) => linha[1] ?? "");
  const [indices, direitos] = [que("índice"), que("direito")];
  const faltas = [];
  if (indices.length > 0) {
    faltas.push(
      `falta um índice único válido, sem o qual duas pessoas podem ter a mesma vaga; crie-o: ${
        indices.map((indice) => `CREATE UNIQUE INDEX ${indice}`).join("; ")
      }`,
    );
  }
  if (direitos.length > 0) faltas.push(semDireitos(direitos));
  if (faltas.length > 0) throw new ErroDoArmazem(`${onde}: ${faltas.join("; e ")}`);
}

function semDireitos(direitos: readonly string[]): string {
  return `o papel com que se entra não pode o que é preciso; dê-lho, como dono das tabelas: ${
    direitos.map((direito) => `GRANT ${direito} TO …`).join("; ")
  }`;
}

/** O que as restrições de cada tabela exigem de uma linha, como condição: uma que não a cumpre seria recusada. */
export async function restricoesDe(ligacao: Ligacao, ate: number): Promise<Restricoes> {
  const [{ rows }] = await ligacao.executa([{
    texto: `SELECT conrelid::regclass, '(' || pg_get_expr(conbin, conrelid) || ') IS NOT FALSE',
        (SELECT string_agg(attname, ',') FROM pg_attribute WHERE attrelid = conrelid AND attnum = ANY (conkey)
          AND convalidated)
      FROM pg_constraint WHERE conrelid = ANY ($1::regclass[]) AND contype = 'c' ORDER BY conname`,
    valores: [textos(TABELAS)],
  }], ate);
  return (tabela, mudam) => {
    const tocada = (colunas: string | null): boolean =>
      mudam === undefined || colunas === null || colunas.split(",").some((coluna) => mudam.includes(coluna));
    const condicoes = rows.filter(([dela, , colunas]) => dela === tabela && tocada(colunas)).map(([, condicao]) =>
      condicao
    );
    return condicoes.length === 0 ? "true" : condicoes.join(" AND ");
  };
}

/** A condição de uma tabela; só a do que toca as colunas que mudam, se se dizem, ou que não se sabe se já era cumprido. */
export type Restricoes = (tabela: TabelaDoLivro, mudam?: readonly string[]) => string;

/** Põe um erro ao abrir em palavras que dizem o que fazer; a senha nunca aparece. */
export function explica({ mostrado }: EnderecoDoBanco, causa: unknown): ErroDoArmazem {
  const raiz = causa instanceof BancoForaDoAlcance ? causa.cause : causa;
  if (raiz instanceof ErroDoArmazem && raiz.message.startsWith(mostrado)) return raiz;
  // O que é dito por nós já diz o que fazer.
  const dica = raiz instanceof ErroDoArmazem && raiz.cause instanceof ErroDoArmazem
    ? ""
    : "; confira se o PostgreSQL está no ar, o usuário, a senha e o banco";
  return new ErroDoArmazem(`${mostrado}: não pôde ser aberto (${mensagem(raiz)})${dica}`, causa);
}
