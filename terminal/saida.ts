/**
 * O que os comandos do cliente escrevem em stdout e stderr: as respostas para quem as lê, e em JSON para outros programas.
 *
 * @module
 */

import { delay } from "@std/async";
import type { NomeDeComando } from "./argumentos.ts";
import {
  agendamentoDe,
  cartaoDe,
  colunas,
  O_QUE_QUER_DIZER,
  quebra,
  tabelaDeAgendamentos,
  tabelaDeVagas,
} from "./telas.ts";
import { inofensivo } from "../clinica/texto.ts";
import { type Resposta, TEXTOS, type Vaga } from "../protocolo.ts";

/** A primeira e a maior espera, em ms, por quem lê devagar uma saída que não bloqueia; a cada volta a espera dobra. */
const [PRIMEIRA_ESPERA, MAIOR_ESPERA] = [1, 64];

/**
 * Escreve as linhas em stdout ou stderr, esperando enquanto a saída está cheia. Quem lia pode ter ido embora
 * (`| head -1`): não há a quem dizer.
 */
export async function imprime(
  linhas: string | readonly string[],
  saida: typeof Deno.stdout | typeof Deno.stderr = Deno.stdout,
): Promise<void> {
  const texto = typeof linhas === "string" ? linhas : linhas.join("\n");
  try {
    for (const pedaco of pedacosDe(new TextEncoder().encode(texto + "\n"), saida)) await escreve(pedaco, saida);
  } catch (erro) {
    if (!(erro instanceof Deno.errors.BrokenPipe)) throw erro;
  }
}

/** O menor `PIPE_BUF` que há, em bytes: até ele um pipe aceita tudo ou nada. Cabe no que o Deno guarda de stdout, 1024. */
const PEDACO = 512;

const LF = 0x0a;

/**
 * Corta os bytes em pedaços de que se sabe, se a saída está cheia, o que lhes aconteceu. Um stdout que não bloqueia e está
 * cheio falha sem dizer quanto aceitou; mas o Deno guarda o que não acaba em LF e só depois tenta escrever, e o que acaba
 * em LF tenta antes de guardar. Um terminal pode aceitar parte de uma linha: nele o LF vai só.
 */
function* pedacosDe(bytes: Uint8Array, saida: typeof Deno.stdout | typeof Deno.stderr): Generator<Uint8Array> {
  const terminal = saida.isTerminal();
  for (let inicio = 0; inicio < bytes.length;) {
    const bloco = bytes.subarray(inicio, inicio + PEDACO);
    const lf = terminal ? bloco.indexOf(LF) : bloco.lastIndexOf(LF);
    const tamanho = lf < 0 ? bloco.length : terminal ? Math.max(lf, 1) : lf + 1;
    yield bloco.subarray(0, tamanho);
    inicio += tamanho;
  }
}

async function escreve(pedaco: Uint8Array, saida: typeof Deno.stdout | typeof Deno.stderr): Promise<void> {
  const guarda = saida === Deno.stdout && pedaco.at(-1) !== LF;
  for (let resto = pedaco, espera = PRIMEIRA_ESPERA;; espera = Math.min(espera * 2, MAIOR_ESPERA)) {
    try {
      resto = resto.subarray(saida.writeSync(resto));
      if (resto.length === 0) return;
    } catch (erro) {
      if (!(erro instanceof Deno.errors.WouldBlock)) throw erro;
      // Guardado, falta esvaziar o que se guardou: é o que faz escrever nada.
      if (guarda) resto = resto.subarray(resto.length);
      await delay(espera);
    }
  }
}

/** Escreve a resposta de um comando para quem a lê: o que deu certo em stdout, o erro em stderr. */
export async function mostra(resposta: Resposta): Promise<void> {
  switch (resposta.codigo) {
    case "OK-300":
      return await imprime(cartaoDe("Agendamento realizado", agendamentoDe(resposta.agendamentos[0])));
    case "OK-301":
      return await imprime(cartaoDe("Agendamento cancelado", agendamentoDe(resposta.agendamentos[0])));
    case "OK-302":
      return await imprime(tabelaDeAgendamentos(resposta.agendamentos));
    case "OK-304":
      return await imprime(resposta.vagas.length === 0 ? "Não há horários livres." : tabelaDeVagas(resposta.vagas));
    case "OK-200":
    case "OK-201":
      return;
    case "ERRO-111":
    case "ERRO-114":
      return await imprime([...fraseDe(resposta.codigo), ...tabelaDeAgendamentos(resposta.agendamentos)], Deno.stderr);
    default:
      return await imprime(fraseDe(resposta.codigo), Deno.stderr);
  }
}

function fraseDe(codigo: keyof typeof O_QUE_QUER_DIZER): string[] {
  return quebra(`${codigo}: ${O_QUE_QUER_DIZER[codigo]}`, colunas());
}

/** O objeto de `--json`, numa linha; `vagas` traz `vagas`, os outros comandos trazem `agendamentos`. */
export function escreverJson(resposta: Resposta, comando: NomeDeComando): string {
  const { codigo } = resposta;
  const cabeca = { codigo, texto: TEXTOS[codigo] };
  const json = JSON.stringify(
    comando === "vagas"
      ? { ...cabeca, vagas: "vagas" in resposta ? resposta.vagas.map(vagaDe) : [] }
      : { ...cabeca, agendamentos: "agendamentos" in resposta ? resposta.agendamentos.map(agendamentoDe) : [] },
  );
  // JSON só protege os controles até U+001F; os demais, que um terminal também obedece, vão escritos por extenso.
  return inofensivo(json) === json ? json : json.replace(/[^\x20-\x7e]/gu, porExtenso);
}

function vagaDe([data, dia, especialista, horarios]: Vaga): Record<string, unknown> {
  return { data, dia, especialista, horarios };
}

/** O caractere, ou os escapes dele se não se vê. */
function porExtenso(caractere: string): string {
  if (inofensivo(caractere) === caractere) return caractere;
  return caractere.split("").map((unidade) => "\\u" + unidade.charCodeAt(0).toString(16).padStart(4, "0")).join("");
}
