/**
 * O que num livro em arquivo é dos direitos de cada um sobre os seus dados: os pedidos que `servidor.ts titular` deixa ao
 * servidor que tem o livro, quem já não se guarda, e tudo o que há de uma pessoa.
 *
 * Um livro em arquivo é de um só escritor, que tem os ativos, os contatos e as esperas na memória: quem o mudasse por fora
 * deixava-a errada. Por isso, com um servidor no ar, o comando só escreve o que quer na tabela `pedido_de_fora`, e é o
 * servidor que o faz, pela fila de todos, e lá responde.
 *
 * @module
 */

import { DatabaseSync } from "node:sqlite";
import type { DadosDeUmCpf, LinhaComNomes, Vencidos } from "../clinica/livro.ts";
import { abreParaLer, explica } from "./sqlite_arquivo.ts";
import { emLinhas, linhasDe, numero, texto } from "./sqlite_leituras.ts";

/** Um pedido deixado ao servidor. */
export interface DeFora {
  /** O número dele na tabela. */
  readonly numero: number;
  /** O que se quer, em JSON. */
  readonly pedido: string;
}

// ------------------------------------------------------------------------------------------------------ o servidor

/** Os pedidos que ainda não têm resposta, na ordem. */
export function pedidosDeFora(db: DatabaseSync): DeFora[] {
  const pendentes = emLinhas(db, "SELECT numero, pedido FROM pedido_de_fora WHERE pedido <> '' ORDER BY numero");
  return linhasDe(pendentes).map(([qual, pedido]) => ({ numero: numero(qual), pedido: texto(pedido) }));
}

/** Toma um pedido: o que ele diz já não fica no livro. */
export function tomaDeFora(db: DatabaseSync, qual: number): void {
  db.prepare("UPDATE pedido_de_fora SET pedido = '' WHERE numero = ?").run(qual);
}

/** Responde a um que se tomou. */
export function respondeDeFora(db: DatabaseSync, qual: number, resposta: string): void {
  db.prepare("UPDATE pedido_de_fora SET resposta = ? WHERE numero = ?").run(resposta, qual);
}

/** Esquece os de antes: quem os deixou já não espera, ou diz que o servidor reiniciou. */
export function esqueceDeFora(db: DatabaseSync): void {
  if (pedidosDeFora(db).length > 0) db.exec("DELETE FROM pedido_de_fora");
}

/** Números que se percorrem de cada vez: uns milissegundos. */
const NUMEROS_POR_BUSCA = 4096;

const VENCIDOS = `
  SELECT cpf FROM agendamento
  WHERE numero > ?1 AND numero <= ?2 AND data < ?3 AND cpf < 'A' AND cpf <> '00000000000'
  UNION
  SELECT cpf FROM espera
  WHERE numero > ?1 AND numero <= ?2 AND terminou_em <> '' AND terminou_em < ?3 AND cpf < 'A'`;

/** Os CPFs com algo de antes de uma data, dentre as linhas seguintes a um número. */
export function vencidos(db: DatabaseSync, antesDe: string, depoisDe: number): Vencidos {
  const [[ultimo]] = linhasDe(emLinhas(
    db,
    "SELECT max((SELECT coalesce(max(numero), 0) FROM agendamento), (SELECT coalesce(max(numero), 0) FROM espera))",
  ));
  const ate = depoisDe + NUMEROS_POR_BUSCA;
  const cpfs = linhasDe(emLinhas(db, VENCIDOS), depoisDe, ate, antesDe).map(([cpf]) => texto(cpf));
  return { cpfs, ate: ate < numero(ultimo) ? ate : undefined };
}

/** O que a última varredura deixou escrito; `""` se nenhuma. */
export function varridoEm(db: DatabaseSync): string {
  const [linha] = linhasDe(emLinhas(db, "SELECT valor FROM clinica_livro WHERE nome = 'varrido_em'"));
  return linha === undefined ? "" : texto(linha[0]);
}

/** Acabou-se uma varredura. */
export function varreu(db: DatabaseSync, escrito: string): void {
  db.prepare("INSERT OR REPLACE INTO clinica_livro (nome, valor) VALUES ('varrido_em', ?)").run(escrito);
}

// ------------------------------------------------------------------------------------------------------ o comando

/** Quanto se espera por quem está gravando, em ms. */
const ESPERA = 5000;

/** Entre duas olhadas à resposta, em ms. */
const ENTRE_OLHADAS = 50;

/**
 * Deixa um pedido ao servidor que tem o livro, e espera pela resposta; o que se escreveu apaga-se.
 *
 * @throws {ErroDoArmazem} se não se pôde escrever; `undefined` se não houve resposta a tempo.
 */
export async function pedeAoServidor(caminho: string, pedido: string, prazo: number): Promise<string | undefined> {
  abreParaLer(caminho).close();
  using db = new DatabaseSync(caminho);
  try {
    db.exec(`PRAGMA busy_timeout = ${ESPERA}; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON`);
    const { lastInsertRowid } = db.prepare("INSERT INTO pedido_de_fora (pedido) VALUES (?)").run(pedido);
    const qual = Number(lastInsertRowid);
    const olha = emLinhas(db, "SELECT resposta FROM pedido_de_fora WHERE numero = ?");
    let resposta = "";
    for (const ate = performance.now() + prazo; resposta === "" && performance.now() < ate;) {
      await new Promise((segue) => setTimeout(segue, ENTRE_OLHADAS));
      const [linha] = linhasDe(olha, qual);
      if (linha === undefined) break;
      resposta = texto(linha[0]);
    }
    db.prepare("DELETE FROM pedido_de_fora WHERE numero = ?").run(qual);
    return resposta === "" ? undefined : resposta;
  } catch (causa) {
    throw explica(caminho, causa);
  }
}

/**
 * Tudo o que o arquivo tem de um CPF, lido ao lado de um servidor.
 *
 * @throws {ErroDoArmazem} se não há livro, ou não pôde ser lido.
 */
export function dadosDoArquivo(caminho: string, cpf: string): DadosDeUmCpf {
  using db = abreParaLer(caminho);
  const de = (tabela: string, coluna: string): LinhaComNomes[] =>
    db.prepare(`SELECT * FROM ${tabela} WHERE ${coluna} = ? ORDER BY 1, 2`).all(cpf);
  try {
    const [agendamento, espera] = [de("agendamento", "cpf"), de("espera", "cpf")];
    const procurados = [...agendamento, ...espera].map((linha) => `,${linha.numero},`);
    const diario: [string, string][] = [];
    for (const { quando, mudancas } of db.prepare("SELECT quando, mudancas FROM diario ORDER BY id").iterate()) {
      const escritas = texto(mudancas);
      if (procurados.some((um) => escritas.includes(um))) diario.push([texto(quando), escritas]);
    }
    const [contato, tentativa] = [de("contato", "cpf"), de("tentativa", "cpf")];
    return { agendamento, espera, contato, tentativa, titular: de("titular", "pessoa"), diario };
  } catch (causa) {
    throw explica(caminho, causa);
  }
}
