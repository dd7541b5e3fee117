/**
 * `servidor.ts importar --de A --para B`: copia um livro inteiro, com a história, para outro vazio; cada um é um arquivo
 * ou `postgres://…`.
 *
 * @module
 */

import { importa } from "../armazem/importacao.ts";
import { semSenha } from "../armazem/postgres_endereco.ts";
import { aceitaSo, type Argumentos, ErroDeUso } from "./argumentos.ts";
import { confereBanco } from "./opcoes.ts";
import { registra } from "./registra.ts";

/** Entre uma notícia do andamento e a seguinte, em ms. */
const ENTRE_NOTICIAS = 2000;

/** Copia um livro para outro e diz quantas linhas. */
export async function importar(argumentos: Argumentos, palavras: readonly string[]): Promise<void> {
  aceitaSo(argumentos, ["de", "para", "chave-da-trilha"], "importar");
  const [de, para] = [argumentos.texto("de"), argumentos.texto("para")];
  if (de === undefined || para === undefined || palavras.length > 0) {
    throw new ErroDeUso(
      "importar espera a origem e o destino: servidor.ts importar --de clinica.db --para postgres://…",
    );
  }
  confereBanco("de", de);
  confereBanco("para", para);
  let noticia = performance.now() + ENTRE_NOTICIAS;
  const linhas = await importa({
    de,
    para,
    aoAndar(feitas, total): void {
      if (performance.now() < noticia) return;
      noticia = performance.now() + ENTRE_NOTICIAS;
      console.error(`${feitas} de ${total} linhas`);
    },
  });
  for (const livro of [de, para]) await registra(argumentos, { especie: "IMPORTA" }, livro);
  console.log(`${semSenha(de)} copiado para ${semSenha(para)} (${linhas} linhas, conferidas)`);
}
