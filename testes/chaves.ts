/**
 * Chaves para os testes: criam-se e revogam-se como faz quem cuida do servidor, ao lado dele. Só o que testa o importa.
 *
 * @module
 */

import { type Pasta, roda, type Saida } from "./apoio.ts";
import type { PapelDeChave } from "../clinica/chave.ts";

/** Uma chave nova do livro de uma pasta. */
export async function criaChave(
  pasta: Pasta,
  papel: PapelDeChave,
  { nome = papel, mais = [] }: { nome?: string; mais?: readonly string[] } = {},
): Promise<{ readonly numero: number; readonly chave: string }> {
  const args = ["chave", "cria", "--papel", papel, "--nome", nome, "--sim", "--json", ...mais];
  const { stdout } = exige(await roda("servidor.ts", args, { cwd: pasta.caminho }));
  return JSON.parse(stdout);
}

/** Revoga uma. */
export async function revogaChave(pasta: Pasta, numero: number): Promise<void> {
  exige(await roda("servidor.ts", ["chave", "revoga", String(numero)], { cwd: pasta.caminho }));
}

function exige(saida: Saida): Saida {
  if (saida.codigo !== 0) throw new Error(saida.stderr);
  return saida;
}
