/**
 * As travas de um lote num PostgreSQL: quais são, em que ordem se tomam, e as que só se tentam. São consultivas, pois uma hora
 * livre não tem linha que travar. Usam-nas `postgres.ts`, `postgres_lote.ts` e `postgres_desfecho.ts`.
 *
 * @module
 */

import type { Alcance } from "../clinica/livro.ts";
import { PARA_NINGUEM } from "../clinica/promover.ts";
import type { TabelaDaTrilha } from "../clinica/trilha.ts";
import { doisTextos, type Instrucao, numeros, textos, type Valor } from "./postgres_ligacao.ts";
import { chaveDe, PREFIXO } from "./postgres_migracao.ts";
import { diasDosQueVoltam } from "./postgres_tabelas.ts";

/**
 * A ordem das travas é uma só: a da cadeia da trilha, a do que o relógio manda fazer, os CPFs, depois as listas de espera, os
 * endereços de onde se entra nelas, os dias e as senhas, cada um pelo número. Quem muda uma entrada tem as do CPF e da lista
 * dela; quem lê a fila de uma hora, a da lista; quem conta as entradas de um endereço para lhe dar mais uma, ou as recusas que
 * já teve, a dele.
 *
 * O que se descobre depois de ler só se tenta (`tenta`), fora de ordem: quem não espera não faz um impasse.
 *
 * Dividem-se em faixas, uma trava cada: cada trava ocupa um lugar na memória que o PostgreSQL reparte entre todas as
 * conexões (`max_locks_per_transaction`, 64 × 120 de costume), e um lote cheio tem mais de mil CPFs. Assim um servidor tem
 * no máximo o dobro disto, e um lugar por lista, por endereço e por data em que dá senhas. Os que caem na mesma faixa só
 * esperam uns pelos outros.
 */
const FAIXAS = 512;

/** O que se trava além do alcance: só o banco sabe onde estão os que mudam, e em que lista espera quem os queira seguir. */
export interface Alem {
  /** Os CPFs de que se travam também as listas do que têm marcado. */
  readonly mudam: readonly string[];
  /** Os endereços. */
  readonly origens: Iterable<string>;
  /** A cadeia da trilha em que o lote escreve. */
  readonly cadeia: string;
}

/** As travas que um lote toma antes de ler: as dos CPFs, as das listas e dos endereços, e as dos dias e das senhas. */
export function travas(alcance: Alcance, { mudam: queDeixam, origens, cadeia }: Alem): Instrucao[] {
  const { cpfs, dias, mudam, voltam, vizinhas, senhas, excecoes, listas, pendencias, tentativas } = alcance;
  const instrucoes: Instrucao[] = [];
  const primeiras = [daCadeia("diario", cadeia), ...pendencias === undefined ? [] : [DO_RELOGIO], ...dosCpfs(cpfs)];
  instrucoes.push(instrucao("trava", numeros(primeiras)));
  const redes = tentativas.filter(([cpf]) => cpf === "").map(([, rede]) => rede);
  const enderecos = emFaixas(PREFIXO.origem, [...origens, ...redes]);
  if (listas.length + queDeixam.length + enderecos.length > 0) {
    instrucoes.push(instrucao("trava_listas", textos(listas), textos(queDeixam), numeros(enderecos)));
  }
  const outras = [...(excecoes === "muda" ? TODOS_OS_DIAS : []), ...emFaixas(PREFIXO.senha, senhas)];
  const valores = [...doisTextos(dias), textos(mudam), numeros(outras)];
  if (voltam.length > 0) {
    instrucoes.push(instrucao("trava_dias_que_voltam", ...valores, textos(voltam), textos(vizinhas)));
  } else if (dias.length + mudam.length + outras.length > 0) instrucoes.push(instrucao("trava_dias", ...valores));
  return instrucoes;
}

/** As mesmas, sem esperar por nenhuma: cada instrução diz se as tomou todas. */
export function tenta({ cpfs, dias, listas }: Alcance, { mudam, origens }: Omit<Alem, "cadeia">): Instrucao[] {
  const enderecos = emFaixas(PREFIXO.origem, [...origens]);
  return [
    instrucao("tenta", numeros(dosCpfs(cpfs))),
    instrucao("tenta_listas", textos(listas), textos(mudam), numeros(enderecos)),
    instrucao("tenta_dias", ...doisTextos(dias), textos(mudam), "{}"),
  ];
}

/** Com que código o banco recusa o que `confirma` não confirmou. */
export const NAO_CONFIRMADO = "2201E";

/** Toma as travas destes CPFs, sem esperar, e exige que continuem sem nada marcado; um que não, desfaz o lote. */
export function confirmaLivres(cpfs: readonly string[]): Instrucao[] {
  if (cpfs.length === 0) return [];
  return [instrucao("confere_travas", numeros(dosCpfs(cpfs))), instrucao("confere_livres", textos(cpfs))];
}

function dosCpfs(cpfs: readonly string[]): number[] {
  return emFaixas(PREFIXO.cpf, cpfs.filter((cpf) => cpf !== PARA_NINGUEM));
}

/**
 * A de uma cadeia da trilha. Só o servidor dela a toma, e só espera se não sabe ainda o que houve com o lote anterior: a linha
 * que se escreve segue-se à dele, se ficou.
 */
export function daCadeia(tabela: TabelaDaTrilha, cadeia: string): number {
  return chaveDe(PREFIXO.cadeia, espalha(`${tabela} ${cadeia}`));
}

/** A de quem trata do que o relógio manda fazer: um servidor de cada vez. */
const DO_RELOGIO = chaveDe(PREFIXO.migracao, 1);

const TODOS_OS_DIAS: readonly number[] = Array.from({ length: FAIXAS }, (_, faixa) => chaveDe(PREFIXO.dia, faixa));

/** Toma uma trava. */
export function trava(chave: number): Instrucao {
  return instrucao("trava", numeros([chave]));
}

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

/** O que se faz de cada trava, e o que se diz de todas. */
const ESPERA = "count(pg_advisory_xact_lock(chave))";
const TENTA = "coalesce(bool_and(pg_try_advisory_xact_lock(chave)), true)";

/** Toma as travas das listas, e as dos que os CPFs de `$2` têm marcado, em ordem; `$3` são mais chaves, maiores. */
function travaListas(toma: string): string {
  // Os números seguintes aos dos CPFs.
  return `
    SELECT ${toma} FROM (
      SELECT DISTINCT chave FROM (
        SELECT ${chaveDe(PREFIXO.cpf, FAIXAS)} + (hashtextextended(nome, 0) & ${FAIXAS - 1}) AS chave FROM (
          SELECT unnest($1::text[]) AS nome
          UNION ALL
          SELECT especialidade FROM agendamento WHERE ativo AND cpf = ANY ($2::text[])
        ) AS lista
        UNION ALL
        SELECT unnest($3::bigint[])
      ) AS todas
      ORDER BY chave
    ) AS em_ordem`;
}

/** Toma as travas dos dias, em ordem; `$4` são mais chaves. */
function travaDias(toma: string, outros: string = ""): string {
  return `
    SELECT ${toma} FROM (
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

/** O que cada conexão prepara para travar. */
export const PREPARADAS_DAS_TRAVAS = {
  trava: `SELECT ${ESPERA} FROM unnest($1::bigint[]) AS chave`,
  trava_listas: travaListas(ESPERA),
  trava_dias: travaDias(ESPERA),
  tenta: `SELECT ${TENTA} FROM unnest($1::bigint[]) AS chave`,
  tenta_listas: travaListas(TENTA),
  tenta_dias: travaDias(TENTA),
  trava_dias_que_voltam: travaDias(ESPERA, `UNION ALL (${diasDosQueVoltam("$5", "$6")})`),
  // O logaritmo de zero desfaz o lote: outro tem uma das travas, ou deixou de ser verdade.
  confere_travas: `SELECT ln((${TENTA})::integer) FROM unnest($1::bigint[]) AS chave`,
  confere_livres: `
      SELECT ln((NOT EXISTS (SELECT FROM agendamento WHERE ativo AND cpf = ANY ($1::text[])))::integer)`,
  espera_lote: `SELECT pg_advisory_xact_lock(${chaveDe(PREFIXO.lote, 0)} + ($1::bigint & ${0xffffffff}))`,
};

/** O nome de uma instrução preparada das travas. */
export type PreparadaDasTravas = keyof typeof PREPARADAS_DAS_TRAVAS;

/** Uma instrução preparada das travas, com os valores dela. */
function instrucao(preparada: PreparadaDasTravas, ...valores: Valor[]): Instrucao {
  return { preparada, valores };
}
