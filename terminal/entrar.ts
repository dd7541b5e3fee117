/**
 * `cliente.ts entra` e `cliente.ts esquece`: a chave que se guarda neste computador para um servidor, experimentada antes, e o
 * certificado dele que se confirmou.
 *
 * @module
 */

import { esqueceChave, guardaChave, lerChave, VARIAVEL_DA_CHAVE } from "./chave.ts";
import { alvoDe, Conexao, type Endereco, escreverEndereco } from "./conexao.ts";
import { esqueceImpressao } from "./conhecidos.ts";
import { SEM_CHAVES } from "./frases.ts";
import { quemE } from "./papel.ts";
import { imprime } from "./saida.ts";
import { VOLTAR } from "./teclado.ts";
import { inofensivo } from "../clinica/texto.ts";

/** O maior começo de stdin que se lê, em bytes: uma chave e o seu fim de linha cabem de sobra. */
const LIDOS = 4096;

/** Como acabou. */
export type Entrada = "guardada" | "não é uma chave" | "sem chaves" | "interrompida";

/**
 * Pergunta a chave, ou lê-a de stdin, experimenta-a no servidor e guarda-a.
 *
 * @throws {ChaveRecusada} quando o servidor não a aceita; nada se guardou.
 * @throws {SemConexao} quando ele não atende; nada se guardou.
 * @throws {ChaveInutil} quando não há onde a guardar.
 */
export async function entra(endereco: Endereco): Promise<Entrada> {
  const escrita = Deno.stdin.isTerminal() ? await pergunta() : await leTudo();
  if (escrita === undefined) return "interrompida";
  const chave = lerChave(escrita);
  if (chave === undefined) return "não é uma chave";
  using conexao = new Conexao(endereco, { chave });
  await conexao.conecta();
  const onde = escreverEndereco(endereco);
  if (conexao.soDeUm) {
    await imprime([SEM_CHAVES, "Não se guardou."], Deno.stderr);
    return "sem chaves";
  }
  const arquivo = guardaChave(endereco, chave);
  await imprime([
    `Entrou como ${quemE(conexao)} em ${onde}.`,
    `A chave ficou em ${inofensivo(arquivo)}, que só este usuário lê.`,
  ]);
  if ((Deno.env.get(VARIAVEL_DA_CHAVE) ?? "") !== "") {
    await imprime(`Aviso: a variável ${VARIAVEL_DA_CHAVE} está definida, e vale antes dela.`, Deno.stderr);
  }
  return "guardada";
}

/** Esquece a chave guardada; falso se não havia. */
export async function esquece(endereco: Endereco): Promise<boolean> {
  const onde = escreverEndereco(endereco);
  const havia = esqueceChave(endereco);
  if (havia) await imprime(`Esquecida a chave de ${onde}. No servidor ela continua a valer, até que a revoguem.`);
  else await imprime(`Não há chave guardada para ${onde}.`, Deno.stderr);
  return havia;
}

/** Esquece o certificado que se confirmou; falso se não havia. */
export async function esqueceCertificado(endereco: Endereco): Promise<boolean> {
  const { servidor } = alvoDe(endereco);
  const havia = esqueceImpressao(servidor.toLowerCase());
  if (havia) {
    await imprime(`Esquecido o certificado de ${servidor}. Ao ligar, o que ele mostrar confirma-se outra vez.`);
  } else await imprime(`Não há certificado confirmado de ${servidor}.`, Deno.stderr);
  return havia;
}

/** Como se escreve: sem eco, com Esc e Ctrl-C a desistir. */
async function pergunta(): Promise<string | undefined> {
  const [{ Teclado }, { perguntaChave }] = await Promise.all([import("./teclado.ts"), import("./perguntas.ts")]);
  using teclado = new Teclado();
  try {
    const chave = await perguntaChave({ teclado });
    return chave === VOLTAR ? undefined : chave;
  } catch (erro) {
    if (teclado.interrompido.aborted) return undefined;
    throw erro;
  }
}

async function leTudo(): Promise<string> {
  const bloco = new Uint8Array(LIDOS);
  let cheios = 0;
  while (cheios < bloco.length) {
    const lidos = await Deno.stdin.read(bloco.subarray(cheios));
    if (lidos === null) break;
    cheios += lidos;
  }
  return new TextDecoder().decode(bloco.subarray(0, cheios));
}
