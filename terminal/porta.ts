/**
 * Entrar com uma chave, no menu: a quem o servidor deixou de aceitar a sua pergunta-se por outra, e quem não tem nenhuma pode
 * escrevê-la.
 *
 * @module
 */

import { ChaveInutil, guardaChave } from "./chave.ts";
import { SEM_CHAVES } from "./frases.ts";
import { quemE } from "./papel.ts";
import { confirma, escolhe, perguntaChave } from "./perguntas.ts";
import { VOLTAR } from "./teclado.ts";
import type { Balcao } from "./tela.ts";
import { ChaveRecusada, SemConexao } from "./tubo.ts";
import { inofensivo } from "../clinica/texto.ts";

/** Diz que a chave não vale e pergunta como se segue; `false` se a pessoa voltou atrás. */
export async function outraChave(balcao: Balcao, { message }: ChaveRecusada): Promise<boolean> {
  const { conexao, tela } = balcao;
  tela.frase("erro", message);
  for (;;) {
    const escolha = await escolhe<"outra" | "nenhuma">(balcao, "O que fazer", [
      { name: "Escrever outra chave", value: "outra" },
      { name: "Seguir sem chave", value: "nenhuma" },
    ]);
    if (escolha === VOLTAR) return false;
    if (escolha === "nenhuma") {
      conexao.entraCom(undefined);
      return true;
    }
    if (await experimenta(balcao)) return true;
  }
}

/** O item do menu de quem não traz chave. */
export async function entrarComChave(balcao: Balcao): Promise<void> {
  balcao.tela.titulo("Entrar com uma chave");
  if (await experimenta(balcao)) return;
  if (balcao.conexao.comChave) balcao.conexao.entraCom(undefined);
  else balcao.tela.desfaz();
}

/** Pergunta uma chave, entra com ela, e oferece guardá-la; `false` se não serve, já dito, ou a pessoa voltou atrás. */
async function experimenta(balcao: Balcao): Promise<boolean> {
  const { conexao, tela } = balcao;
  const chave = await perguntaChave(balcao);
  if (chave === VOLTAR) return false;
  conexao.entraCom(chave);
  try {
    await conexao.conecta();
  } catch (erro) {
    // Quem espera pelo servidor o dirá, e voltará a experimentá-la.
    if (erro instanceof SemConexao) return true;
    if (!(erro instanceof ChaveRecusada)) throw erro;
    tela.frase("erro", "O servidor não aceita esta chave. Confira se está inteira; se está, peça outra.");
    return false;
  }
  if (conexao.soDeUm) {
    tela.frase("aviso", SEM_CHAVES);
    return true;
  }
  tela.frase("ok", `Entrou como ${quemE(conexao)}.`);
  if (await confirma(balcao, [], { pergunta: "Guarda a chave neste computador?", padrao: true })) guarda(balcao, chave);
  return true;
}

function guarda({ conexao, tela }: Balcao, chave: string): void {
  try {
    tela.frase("ok", `A chave ficou em ${inofensivo(guardaChave(conexao.endereco, chave))}, que só este usuário lê.`);
  } catch (erro) {
    if (!(erro instanceof ChaveInutil)) throw erro;
    tela.frase("erro", inofensivo(erro.message));
  }
}
