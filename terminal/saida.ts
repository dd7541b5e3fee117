/**
 * O que os comandos do cliente escrevem em stdout e stderr: as respostas para quem as lê, e em JSON para outros programas.
 *
 * @module
 */

import { delay } from "@std/async";
import type { NomeDeComando } from "./formas.ts";
import { cartaoDaEntrada, filaDe, tabelaDaFila } from "./espera.ts";
import { type CodigoDeRecusa, fraseDeOcupado, frasesDe, NADA_SERVE, NAO_HA } from "./frases.ts";
import { agendaDoDia, agendamentoDe, cartaoDe, colunas, quebra, tabelaDeAgendamentos, tabelaDeVagas } from "./telas.ts";
import { agendamentosEm, type Respondido, type TuplaLida, type VagaLida } from "./tubo.ts";
import type { Codigo } from "../clinica/pedido.ts";
import { jsonInofensivo } from "../clinica/texto.ts";
import { TEXTOS_2 } from "../fio/clinica2.ts";

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

/**
 * Escreve a resposta de um comando para quem a lê: o que deu certo em stdout, o erro em stderr. O que a esclarece
 * (`esclarecer.ts`) vem depois da frase de um erro, ou no lugar dela e de um dia vazio.
 */
export async function mostra(
  resposta: Respondido,
  comando: NomeDeComando,
  { esclarecimento = [] }: { esclarecimento?: readonly string[] } = {},
): Promise<void> {
  const { codigo } = resposta;
  const [primeiro] = agendamentosEm(resposta).map(agendamentoDe);
  switch (codigo) {
    case "OK-300":
      return await imprime([...cartaoDe("Agendamento realizado", primeiro), ...esclarecimento]);
    case "OK-301":
      return await imprime(cartaoDe("Agendamento cancelado", primeiro));
    case "OK-303":
      return await imprime(cartaoDe("Agendamento remarcado", primeiro));
    case "OK-306":
      return await imprime(cartaoDe("Agendamento atualizado", primeiro));
    case "OK-302":
      return await imprime(tabelaDeAgendamentos(resposta.agendamentos));
    case "OK-315": {
      const { agendamentos } = resposta;
      if (agendamentos.length === 0) return await imprime("Este CPF não tem história na clínica.");
      return await imprime(tabelaDeAgendamentos(agendamentos, { comNumero: true }));
    }
    case "OK-310": {
      const { agendamentos } = resposta;
      if (agendamentos.length > 0) return await imprime(agendaDoDia(agendamentos));
      return await imprime(esclarecimento.length > 0 ? esclarecimento : "Ninguém marcado neste dia.");
    }
    case "OK-304":
      return await imprime(resposta.vagas.length === 0 ? "Não há horários livres." : tabelaDeVagas(resposta.vagas));
    case "OK-312":
      return await imprime(comQuemFicou(`Fechado. Exceção nº ${resposta.numero}.`, resposta.agendamentos));
    case "OK-314":
      return await imprime(comQuemFicou(`Desfeita a exceção nº ${resposta.numero}.`, resposta.agendamentos));
    case "OK-307":
      return await imprime([...cartaoDaEntrada(resposta), ...esclarecimento]);
    case "OK-308":
      return await imprime("Fora da lista de espera.");
    case "OK-309":
      return await imprime("Convite recusado; continua na lista de espera.");
    case "OK-311":
      return await imprime(resposta.fila.length === 0 ? "Ninguém à espera." : tabelaDaFila(filaDe(resposta)));
    case "OK-313":
      return await imprime(`Atendimento acrescentado. Exceção nº ${resposta.numero}.`);
    case "OK-200":
    case "OK-201":
      return;
    case "ERRO-111":
    case "ERRO-114":
    case "ERRO-115":
    case "ERRO-117": {
      const mostrados = codigo === "ERRO-115" || codigo === "ERRO-117"
        ? cartaoDe("Como está agora", primeiro)
        : tabelaDeAgendamentos(resposta.agendamentos);
      return await imprime([...fraseDe(codigo), ...mostrados], Deno.stderr);
    }
    case "ERRO-116":
      return await imprime(fraseDe(codigo, resposta.regra), Deno.stderr);
    case "ERRO-130": {
      const frase = fraseDeOcupado("segundos" in resposta ? resposta.segundos : undefined);
      return await imprime(quebra(`${codigo}: ${frase}`, colunas()), Deno.stderr);
    }
    default: {
      if (esclarecimento.length > 0 && SO_ESCLARECIDOS.includes(codigo)) {
        const [primeira, ...mais] = esclarecimento;
        return await imprime([`${codigo}: ${primeira}`, ...mais], Deno.stderr);
      }
      const daLista = codigo === "ERRO-103" ? NUMA_LISTA[comando] : undefined;
      const frase = daLista === undefined ? fraseDe(codigo) : quebra(`${codigo}: ${daLista}`, colunas());
      return await imprime([...frase, ...esclarecimento], Deno.stderr);
    }
  }
}

/** Os erros de que, sabendo-se quem pede, se diz melhor: a frase de todos não seria verdade, ou não ajudava. */
const SO_ESCLARECIDOS: readonly Codigo[] = ["ERRO-112", "ERRO-113", "ERRO-119", "ERRO-120"];

/** O que é um `ERRO-103` nos comandos da lista de espera. */
const NUMA_LISTA: { readonly [C in NomeDeComando]?: string } = { esperar: NADA_SERVE, fila: NAO_HA };

/** O que se fez, e quem ficou marcado onde já não se atende. */
function comQuemFicou(feito: string, deFora: readonly TuplaLida[]): string[] {
  if (deFora.length === 0) return [feito, "Ninguém ficou de fora."];
  return [feito, "Ficaram de fora, por remarcar:", ...tabelaDeAgendamentos(deFora)];
}

function fraseDe(codigo: CodigoDeRecusa, regra?: string): string[] {
  const [frase, ...mais] = frasesDe({ codigo, regra });
  return [`${codigo}: ${frase}`, ...mais].flatMap((uma) => quebra(uma, colunas()));
}

/**
 * O objeto de `--json`, numa linha; `vagas` traz `vagas` e `fila` traz `fila`, os outros comandos trazem `agendamentos`; uma
 * exceção, `numero`, o que a clínica não permite, `regra`, quem entra na lista de espera, `posicao` e `entrada`, e quem pede
 * demais, `segundos`.
 */
export function escreverJson(resposta: Respondido, comando: NomeDeComando): string {
  const { codigo } = resposta;
  return jsonInofensivo({
    codigo,
    texto: TEXTOS_2[codigo],
    ...("numero" in resposta ? { numero: resposta.numero } : {}),
    ...("regra" in resposta ? { regra: resposta.regra } : {}),
    ...("segundos" in resposta && resposta.segundos !== undefined ? { segundos: resposta.segundos } : {}),
    ...("posicao" in resposta ? { posicao: resposta.posicao, entrada: resposta.entrada } : {}),
    ...conteudo(resposta, comando),
  });
}

function conteudo(resposta: Respondido, comando: NomeDeComando): Record<string, unknown> {
  if (comando === "vagas") return { vagas: "vagas" in resposta ? resposta.vagas.map(vagaDe) : [] };
  if (comando === "fila") return { fila: filaDe(resposta) };
  return { agendamentos: agendamentosEm(resposta).map(agendamentoDe) };
}

function vagaDe([data, dia, especialista, horarios, profissional]: VagaLida): Record<string, unknown> {
  return { data, dia, especialista, ...(profissional === undefined ? {} : { profissional }), horarios };
}
