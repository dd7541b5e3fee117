/**
 * Um dia de balcão para medir: seis que atendem, 120 marcados, e pessoas que já entraram no painel. `paginas.ts` e `navegador.ts`
 * o usam.
 *
 * @module
 */

import { Sessoes } from "../acesso/sessoes.ts";
import { ArmazemSqlite } from "../armazem/sqlite.ts";
import { cpfDeExemplo, Fio } from "../testes/apoio.ts";
import {
  type Concorrente,
  DIAS_UTEIS,
  encerra,
  esperaPorta,
  type Extra,
  ofertas,
  portaLivre,
  servidor,
} from "./medidor.ts";

const ATENDEM = 6;

/** Os marcados do dia, os mesmos por cada um que atende. */
export const MARCADOS = 120;

/** Pessoas com sessão: mais do que as páginas que se guardam, para que a de cada uma se faça sempre. */
const PESSOAS = 400;

const SEMANA_DO_BALCAO = {
  atendimentos: DIAS_UTEIS.flatMap((dia) =>
    Array.from({ length: ATENDEM }, (_, i) => ({
      ...{ especialidade: "CLINICO GERAL", profissional: `DRA. ${"ABCDEF"[i]}`, local: `Sala ${i + 1}`, dia },
      ...{ inicio: "07:00", vagas: 40, minutos: 15 },
    }))
  ),
};

/** Um dia de balcão: o servidor, quem já entrou, e onde o dia se vê. */
export interface Balcao {
  /** A porta das páginas. */
  readonly web: number;
  /** O servidor. */
  readonly quem: Concorrente;
  /** Os de quem entrou, um por pessoa. */
  readonly cookies: readonly string[];
  /** Onde o dia se vê. */
  readonly caminho: string;
  /** A data dele, como vai no fio. */
  readonly data: string;
  /** O dia da semana. */
  readonly dia: string;
}

/** Um livro com pessoas que já entraram: os cookies delas. */
async function prepara(banco: string, pessoas: number): Promise<string[]> {
  await using armazem = ArmazemSqlite.abre(banco);
  const sessoes = new Sessoes({ livro: armazem.sessoes, relogio: Date.now });
  const cookies: string[] = [];
  for (let i = 0; i < pessoas; i++) {
    const quem = `pessoa${i}@clinica`;
    const nova = { quem, nome: quem, papel: "balcao", profissional: "", resumo: "$argon2id$" } as const;
    const criada = await armazem.pessoas.cria({ ...nova, criadaEm: "2026-01-01T00:00:00Z" });
    if (criada === undefined) throw new Error(`${quem} já existe`);
    const { ficha } = await sessoes.abre(criada);
    cookies.push(`painel=${criada.numero}.${ficha}`);
  }
  return cookies;
}

/** Faz algo com um, num servidor seu: o que um já fez pesa na memória e nas páginas guardadas. */
export async function comBalcao(pasta: string, faz: (balcao: Balcao) => Promise<Extra[]>): Promise<Extra[]> {
  const web = portaLivre();
  const banco = `${await Deno.makeTempDir({ dir: pasta })}/balcao.db`;
  const cookies = await prepara(banco, PESSOAS);
  const quem = await servidor(pasta, { banco, semana: SEMANA_DO_BALCAO, args: ["--web", `${web}`] });
  try {
    await esperaPorta(web);
    const [, data, dia] = ofertas()[0];
    await enche(quem.porta, data, dia);
    const caminho = `/painel?data=${data.split("/").reverse().join("-")}`;
    return await faz({ web, quem, cookies, caminho, data, dia });
  } finally {
    await encerra(quem);
  }
}

async function enche(porta: number, data: string, dia: string): Promise<void> {
  using fio = await falaDois(porta);
  for (let i = 0; i < MARCADOS; i++) {
    const profissional = `DRA. ${"ABCDEF"[i % ATENDEM]}`;
    await pede(fio, ["AGEND", cpfDeExemplo(i + 1), `PESSOA ${i}`, "CLINICO GERAL", data, dia, { profissional }]);
  }
}

/** Uma conexão que fala CLINICA/2. */
export async function falaDois(porta: number): Promise<Fio> {
  const fio = await Fio.saudado(porta);
  await pede(fio, ["OLA", "CLINICA/2"]);
  return fio;
}

/** Um pedido que tem de ser aceite. */
export async function pede(fio: Fio, pedido: readonly unknown[]): Promise<void> {
  await fio.manda(`${JSON.stringify(pedido)}\n`);
  const linha = await fio.linha();
  if (!linha?.startsWith('["OK-')) throw new Error(`${pedido[0]}: ${linha}`);
}
