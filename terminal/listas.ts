/**
 * O que o menu e a recepção perguntam das listas de espera: se o servidor as tem, de que especialidades, e quem espera em cada
 * uma. Nenhum pedido diz todas as especialidades, nem só o que um CPF espera: aqui se procura, e até onde.
 *
 * @module
 */

import { consultaVagas, Desistencia, insiste } from "./balcao.ts";
import { hojeNaClinica } from "./comandos.ts";
import type { Conexao } from "./conexao.ts";
import { dataDoFio } from "./datas.ts";
import { type Esperando, filaDe } from "./espera.ts";
import { pode } from "./papel.ts";
import type { Balcao } from "./tela.ts";
import { agendamentosEm, type Respondido } from "./tubo.ts";
import type { Codigo } from "../clinica/pedido.ts";
import { chave } from "../clinica/texto.ts";

/** As entradas do CPF, nas listas que se podem ver: nenhum pedido diz só as dele. */
export async function esperasDe(balcao: Balcao, cpf: string): Promise<Esperando[]> {
  if (await dianteDaFila(balcao) !== "ERRO-103") return [];
  const marcados = await insiste(balcao, () => balcao.conexao.pede({ comando: "BUSCA", cpf }));
  for (const [, , , especialista] of agendamentosEm(marcados)) lembra(balcao.conexao, especialista);
  const filas = await filasDe(balcao, await especialidades(balcao));
  return filas.flat().filter((um) => um.cpf === cpf);
}

/** A lista de cada especialidade. */
export async function filasDe(balcao: Balcao, nomes: readonly string[]): Promise<Esperando[][]> {
  const { conexao } = balcao;
  const pedidos = (): Promise<Respondido>[] =>
    nomes.map((especialista) => conexao.pede({ comando: "FILA", especialista }));
  return (await insiste(balcao, () => Promise.all(pedidos()))).map(filaDe);
}

/** O que cada servidor responde a quem lhe pede a lista de espera de nada. */
const respostas = new WeakMap<Conexao, Codigo>();

/**
 * O que o servidor responde a uma `FILA` de nada: `ERRO-103` mostra-a, `ERRO-101` não a tem, `ERRO-120` não a mostra a este
 * terminal; pergunta-se uma vez.
 */
async function dianteDaFila(balcao: Balcao): Promise<Codigo> {
  const { conexao } = balcao;
  if (conexao.soDeUm) return "ERRO-101";
  if (!pode(conexao, "FILA")) return "ERRO-120";
  let codigo = respostas.get(conexao);
  if (codigo === undefined) {
    codigo = (await insiste(balcao, () => conexao.pede({ comando: "FILA", especialista: "" }))).codigo;
    // Um servidor que falhou agora responderá depois.
    if (codigo !== "ERRO-131") respostas.set(conexao, codigo);
  }
  return codigo;
}

/** Verdadeiro se o servidor tem lista de espera; de um com que não se fala agora, ainda não se sabe, e pode ter. */
export async function temEspera(balcao: Balcao): Promise<boolean> {
  const { conexao } = balcao;
  if (!conexao.ligada && !conexao.soDeUm) return respostas.get(conexao) !== "ERRO-101";
  try {
    return await dianteDaFila(balcao) !== "ERRO-101";
  } catch (erro) {
    if (!(erro instanceof Desistencia)) throw erro;
    return true;
  }
}

// ------------------------------------------------------------------------------------------------ as especialidades

/** As especialidades que já se viram em cada servidor, pela chave: nenhum pedido as diz todas. */
const vistas = new WeakMap<Conexao, Map<string, string>>();

/** Lembra-se de uma especialidade; o nome que vale é o que o servidor diz, e não o que alguém escreveu (`dita`). */
export function lembra(conexao: Conexao, especialista: string, { dita = false }: { dita?: boolean } = {}): void {
  const nomes = vistas.get(conexao) ?? new Map<string, string>();
  vistas.set(conexao, nomes);
  if (!dita || !nomes.has(chave(especialista))) nomes.set(chave(especialista), especialista);
}

/** Dias adiante em que se procura quem está marcado: a semana repete-se. */
const UMA_SEMANA = 7;

/** Por quanto tempo, em ms, valem as que se leram: a resposta pode ser grande, e a semana de uma clínica pouco muda. */
const VALEM = 60_000;

/** Quando se leram as horas livres, e em que dia quem está marcado. */
const lidas = new WeakMap<Conexao, { readonly em: number; readonly dia: string }>();

/** As que têm horas livres, e as de quem está marcado nos próximos dias: uma que não tem horas livres tem quem as tomou. */
export async function especialidades(balcao: Balcao): Promise<string[]> {
  const { conexao } = balcao;
  const antes = lidas.get(conexao);
  if (antes === undefined || performance.now() - antes.em > VALEM) {
    for (const [, , especialista] of await consultaVagas(balcao, { comando: "VAGAS" })) lembra(conexao, especialista);
    const hoje = hojeNaClinica(conexao);
    if (!conexao.soDeUm && pode(conexao, "LISTA") && antes?.dia !== hoje.toString()) {
      const dias = Array.from({ length: UMA_SEMANA }, (_, i) => dataDoFio(hoje.add({ days: i }).toString()).data);
      const pedidos = (): Promise<Respondido>[] => dias.map((data) => conexao.pede({ comando: "LISTA", data }));
      const listas = await insiste(balcao, () => Promise.all(pedidos()));
      for (const [, , , especialista] of listas.flatMap(agendamentosEm)) lembra(conexao, especialista);
    }
    lidas.set(conexao, { em: performance.now(), dia: hoje.toString() });
  }
  return [...vistas.get(conexao)?.values() ?? []].sort((a, b) => a.localeCompare(b, "pt-BR"));
}
