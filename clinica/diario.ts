/**
 * O diário: o que fica escrito de cada lote, na transação dele. Diz quem (o papel, e o número da chave de acesso ou da pessoa
 * ou, de quem não trouxe nenhuma, o endereço só como um resumo com segredo), o quê, que linha, que versão, de onde para onde;
 * nunca um CPF, um nome, um motivo ou uma nota.
 *
 * É a trilha do que se fez, e a linha dele diz se um commit sem resposta aconteceu.
 *
 * @module
 */

import { agendaDe, type Agendamento } from "./agendamento.ts";
import type { Espera } from "./espera.ts";
import type { Excecao } from "./excecao.ts";
import { impossivel, type Mudanca, type Quem } from "./livro.ts";

/**
 * Uma mudança no diário; a de um contato, ou a conta do que se tentou, não se escreve. `de` e `para` são a situação e o lugar,
 * `"MARCADO 2026-11-30 08:00 E:CLINICO GERAL"`, ou só a situação, se o lugar não mudou; numa que nasce, `de` é `""`.
 */
export type Registrada = readonly [ato: string, numero: number, versao: number, de: string, para: string];

/** As mudanças seguidas de um mesmo autor. */
export type DeAlguem = readonly [papel: string, quem: string, feitas: readonly Registrada[]];

/**
 * As mudanças de um lote como o diário as guarda, uma lista de `DeAlguem` em JSON; `disfarca` diz quem, sem nada que o
 * JSON escape. De um lote só de contatos, `[]`: também ele precisa de uma linha, por onde se sabe se
 * um commit sem resposta aconteceu. Escrita à mão e curta: está no caminho de todas, e cada página a mais é do commit.
 */
export function escreveDiario(mudancas: readonly Mudanca[], disfarca: (quem: Quem) => string): string {
  let escrito = "";
  let ultimo: Quem | undefined;
  let autor = "";
  for (const mudanca of mudancas) {
    const registrada = registra(mudanca);
    if (registrada === undefined) continue;
    const { quem } = mudanca;
    const mesmo = quem === ultimo ? autor : `["${quem.papel}","${disfarca(quem)}",[`;
    escrito += escrito === "" ? mesmo : mesmo === autor ? "," : `]],${mesmo}`;
    escrito += registrada;
    [ultimo, autor] = [quem, mesmo];
  }
  return escrito === "" ? "[]" : `[${escrito}]]]`;
}

/** Uma mudança, em JSON. */
function registra(mudanca: Mudanca): string | undefined {
  const { ato } = mudanca;
  switch (mudanca.sobre) {
    case "agendamento": {
      const { antes, depois } = mudanca;
      const { numero, versao } = depois;
      if (antes !== undefined && mesmoLugar(antes, depois)) {
        return `["${ato}",${numero},${versao},"${antes.situacao}","${depois.situacao}"]`;
      }
      const de = antes === undefined ? "" : onde(antes);
      return `["${ato}",${numero},${versao},"${de}","${onde(depois)}"]`;
    }
    case "excecao": {
      const { antes, depois } = mudanca;
      return `["${ato}",${depois.numero},0,"${vale(antes)}","${vale(depois)}"]`;
    }
    case "espera": {
      const { antes, depois } = mudanca;
      return `["${ato}",${depois.numero},${depois.versao},"${naLista(antes)}","${naLista(depois)}"]`;
    }
    case "titular":
      // De quem só o pseudônimo se diz: um CPF, ainda que disfarçado, ligava-o a ele.
      return `["${ato}",0,0,"","${mudanca.depois.pseudonimo}"]`;
    case "contato":
    case "tique":
    case "tentativa":
    case "poda":
      return undefined;
    default:
      impossivel(mudanca);
  }
}

/** Sem as aspas; só a agenda tem nomes, que podem ter o que o JSON escapa. */
function onde(agendamento: Agendamento): string {
  const { situacao, encaixe, data, hora } = agendamento;
  const agenda = agendaDe(agendamento);
  let escrita = AGENDAS_ESCRITAS.get(agenda);
  if (escrita === undefined) {
    if (AGENDAS_ESCRITAS.size >= AGENDAS_GUARDADAS) AGENDAS_ESCRITAS.clear();
    AGENDAS_ESCRITAS.set(agenda, escrita = JSON.stringify(agenda).slice(1, -1));
  }
  return `${situacao}${encaixe ? " ENCAIXE" : ""} ${data} ${hora} ${escrita}`;
}

/** As agendas como o JSON as diz, uma vez para todos os lotes. */
const AGENDAS_ESCRITAS = new Map<string, string>();
const AGENDAS_GUARDADAS = 10_000;

function mesmoLugar(antes: Agendamento, depois: Agendamento): boolean {
  return antes.hora === depois.hora && antes.data === depois.data && antes.encaixe === depois.encaixe &&
    antes.profissional === depois.profissional && antes.especialidade === depois.especialidade;
}

/** `"ESPERA"`, com o número da hora segurada, se há uma; `"FIM"` se acabou. */
function naLista(espera: Espera | undefined): string {
  if (espera === undefined) return "";
  return espera.terminouEm !== "" ? "FIM" : espera.convite === 0 ? "ESPERA" : `ESPERA CONVITE ${espera.convite}`;
}

function vale(excecao: Excecao | undefined): string {
  if (excecao === undefined) return "";
  return `${excecao.revogada ? "REABERTA" : excecao.tipo} ${excecao.de} ${excecao.ate}`;
}

/** As mudanças de uma linha do diário; nada, se não tem a forma delas: alguém a mudou por fora. */
export function lerMudancas(escritas: string): readonly DeAlguem[] | undefined {
  try {
    const lidas: unknown = JSON.parse(escritas);
    return Array.isArray(lidas) && lidas.every(ehDeAlguem) ? lidas : undefined;
  } catch {
    return undefined;
  }
}

function ehDeAlguem(lida: unknown): lida is DeAlguem {
  if (!Array.isArray(lida)) return false;
  const [papel, quem, feitas]: unknown[] = lida;
  return typeof papel === "string" && typeof quem === "string" && Array.isArray(feitas) && feitas.every(ehRegistrada);
}

function ehRegistrada(lida: unknown): lida is Registrada {
  if (!Array.isArray(lida)) return false;
  const [ato, numero, versao, de, para]: unknown[] = lida;
  return typeof ato === "string" && typeof numero === "number" && typeof versao === "number" &&
    typeof de === "string" && typeof para === "string";
}

/** Sobre que tabela foi: só as exceções não têm versões, e uma entrada da lista de espera está à espera ou acabou. */
export function sobreQue([, , versao, , para]: Registrada): "agendamento" | "excecao" | "espera" {
  if (versao === 0) return "excecao";
  return para === "ESPERA" || para === "FIM" || para.startsWith("ESPERA CONVITE ") ? "espera" : "agendamento";
}
