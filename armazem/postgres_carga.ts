/**
 * O que se pede a um PostgreSQL para que uma vista tenha lido o que um alcance diz, tudo numa ida. Usam-no
 * `postgres_lote.ts`, que o manda com as travas de um lote, e `postgres_leituras.ts`.
 *
 * @module
 */

import type { Excecao } from "../clinica/excecao.ts";
import type { Alcance, Periodo } from "../clinica/livro.ts";
import type { Alargamento, BuscaDeFaltas } from "./postgres_alargamento.ts";
import { EsperasLidas, type Pedida } from "./postgres_esperas_lidas.ts";
import { instrucao } from "./postgres_instrucoes.ts";
import { doisTextos, type Instrucao, type Ligacao, numeros, type Retorno, textos } from "./postgres_ligacao.ts";
import { Carregada } from "./postgres_vista.ts";

/** As exceções como vieram da última vez: enquanto o banco diz o mesmo, a lista é a mesma. */
export class UltimasExcecoes {
  #escritas = "[]";
  #lidas: readonly Excecao[] = [];

  /** As exceções que valem, como o banco as escreve. */
  le(escritas: string): readonly Excecao[] {
    if (escritas !== this.#escritas) {
      this.#lidas = JSON.parse(escritas);
      this.#escritas = escritas;
    }
    return this.#lidas;
  }
}

/** Verdadeiro se não há nada a ler. */
export function vazio(alcance: Alcance): boolean {
  const { cpfs, dias, periodos, cancelados, senhas, excecoes } = alcance;
  // Uma conta do que se tentou só se lê com o CPF dela.
  return cpfs.length + dias.length + periodos.length + cancelados.length + senhas.length === 0 &&
    excecoes === "nada" && !podeAlargar(alcance);
}

/** Verdadeiro se o que se lê pode só se saber depois de ler: há uma lista de espera no alcance. */
export function podeAlargar({ promove, listas, pendencias }: Alcance): boolean {
  return promove || listas.length > 0 || pendencias !== undefined;
}

/** Um alcance que tem o que todos têm, cada coisa uma vez. */
export function reune(alcances: readonly Alcance[]): Alcance {
  if (alcances.length === 1) return alcances[0];
  const cada = (quais: (alcance: Alcance) => readonly string[]): string[] => [...new Set(alcances.flatMap(quais))];
  // Muitas perguntam pelo mesmo, com a mesma lista: cada lista uma vez.
  const pares = (quais: (alcance: Alcance) => readonly Periodo[]): Periodo[] => [
    ...new Map([...new Set(alcances.map(quais))].flat().map((par) => [par.join(" "), par])).values(),
  ];
  return {
    cpfs: cada(({ cpfs }) => cpfs),
    historias: cada(({ historias }) => historias),
    mudam: cada(({ mudam }) => mudam),
    voltam: cada(({ voltam }) => voltam),
    vizinhas: cada(({ vizinhas }) => vizinhas),
    dias: pares(({ dias }) => dias),
    periodos: pares(({ periodos }) => periodos),
    cancelados: cada(({ cancelados }) => cancelados),
    senhas: cada(({ senhas }) => senhas),
    fichas: cada(({ fichas }) => fichas),
    reabrem: [...new Set(alcances.flatMap(({ reabrem }) => reabrem))],
    excecoes: (["muda", "le"] as const).find((uma) => alcances.some(({ excecoes }) => excecoes === uma)) ?? "nada",
    hoje: alcances.reduce((menor, { hoje }) => hoje < menor ? hoje : menor, alcances[0].hoje),
    listas: cada(({ listas }) => listas),
    promove: alcances.some(({ promove }) => promove),
    tentativas: pares(({ tentativas }) => tentativas),
    pendencias: alcances.find(({ pendencias }) => pendencias !== undefined)?.pendencias,
    novos: Math.max(...alcances.map(({ novos }) => novos)),
  };
}

/** De onde se sabe o que se leu antes. */
export interface Lembrancas {
  /** Que as exceções são as mesmas. */
  readonly excecoes: UltimasExcecoes;
  /** Até onde se procuraram faltas. */
  readonly busca: BuscaDeFaltas;
}

/** O que uma vista passa a ter lido. */
export interface Parte {
  /** O que se lê. */
  readonly alcance: Alcance;
  /** O que se lê além dele. */
  readonly falta: Alargamento;
  /** Os CPFs de que se leem os contatos: uma consulta de quem só quer ver o que tem marcado não os lê. */
  readonly contatos: readonly string[];
  /** Os CPFs de que se leem os dias do que têm marcado, e quem espera por essas horas. */
  readonly mudam: readonly string[];
  /** Se as exceções se leem à parte. */
  readonly excecoes: boolean;
}

/** O que se pede para que a vista tenha lido uma parte do livro, e quem o recebe. */
export function pedidas(
  vista: Carregada,
  { alcance, falta, contatos, mudam, excecoes: leExcecoes }: Parte,
  { excecoes, busca }: Lembrancas,
): Pedida[] {
  const { cpfs, historias, voltam, vizinhas, dias, periodos, cancelados, senhas, reabrem, tentativas, fichas } =
    alcance;
  const pedidas: Pedida[] = [];
  const pede = (pedida: Instrucao, recebe: (retorno: Retorno) => void): void => {
    pedidas.push([pedida, recebe]);
  };
  if (leExcecoes) {
    pede(instrucao("valem", alcance.hoje), ({ rows: [[valem]] }) => vista.recebeExcecoes(excecoes.le(valem ?? "[]")));
  }
  if (alcance.excecoes === "muda") {
    pede(instrucao("ultima_excecao"), ({ rows: [[numero]] }) => vista.recebeUltimaExcecao(Number(numero)));
  }
  if (contatos.length > 0) pede(instrucao("contatos", textos(contatos)), ({ rows }) => vista.recebeContatos(rows));
  if (senhas.length > 0) pede(instrucao("senhas", textos(senhas)), ({ rows }) => vista.recebeSenhas(rows));
  if (cpfs.length > 0) pede(instrucao("ativos", textos(cpfs)), ({ rows }) => vista.recebeAtivos(rows));
  if (historias.length > 0) pede(instrucao("acabados", textos(historias)), ({ rows }) => vista.recebeAcabados(rows));
  if (fichas.length > 0) {
    pede(instrucao("guardas", textos(fichas)), ({ rows }) => vista.recebeGuardas(rows));
    pede(instrucao("esperas_acabadas", textos(fichas)), ({ rows }) => vista.recebeAcabadas(rows));
  }
  if (dias.length > 0) pede(instrucao("dias", ...doisTextos(dias)), ({ rows }) => vista.recebeDias(rows));
  if (mudam.length > 0) pede(instrucao("dias_que_mudam", textos(mudam)), ({ rows }) => vista.recebeDias(rows));
  if (voltam.length > 0) {
    pede(instrucao("dias_que_voltam", textos(voltam), textos(vizinhas)), ({ rows }) => vista.recebeDias(rows));
  }
  if (periodos.length + reabrem.length > 0) {
    pede(instrucao("periodos", ...doisTextos(periodos), numeros(reabrem)), ({ rows }) => vista.recebePeriodos(rows));
  }
  if (cancelados.length > 0) {
    pede(instrucao("cancelados", textos(cancelados)), ({ rows }) => vista.recebeCancelados(rows));
  }
  if (tentativas.length > 0) {
    pede(instrucao("tentativas", ...doisTextos(tentativas)), ({ rows }) => vista.recebeTentativas(rows));
  }
  if (podeAlargar(alcance)) pedidas.push(...vista.esperas.pede({ falta, mudam, busca }));
  return pedidas;
}

/** Carrega uma vista para quem só lê, numa ida ao banco. */
export async function carregaParaLer(
  ligacao: Ligacao,
  { pedido, largo, contatos, lembrancas, ate }: {
    pedido: Alcance;
    largo: Alargamento;
    contatos: boolean;
    lembrancas: Lembrancas;
    ate: number;
  },
): Promise<Carregada> {
  const alcance = largo.sobre(pedido);
  const vista = new Carregada(alcance, new EsperasLidas(alcance, largo));
  const parte = {
    alcance,
    falta: largo,
    contatos: contatos ? alcance.cpfs : [],
    mudam: [],
    excecoes: alcance.excecoes !== "nada",
  };
  const todas = pedidas(vista, parte, lembrancas);
  if (podeAlargar(alcance)) {
    todas.push([instrucao("alguem"), ({ rows: [[alguem]] }) => vista.esperas.recebeAlguem(alguem)]);
  }
  const instrucoes = todas.map(([instrucao]) => instrucao);
  const resultados = instrucoes.length > 1
    ? await numInstante(ligacao, instrucoes, ate)
    : await ligacao.executa(instrucoes, ate);
  todas.forEach(([, recebe], i) => recebe(resultados[i]));
  return vista;
}

/** O que várias instruções leem, todas no mesmo instantâneo: cada uma com o seu, um agendamento podia vir em duas, ou em nenhuma. */
async function numInstante(
  ligacao: Ligacao,
  instrucoes: readonly Instrucao[],
  ate: number,
): Promise<readonly Retorno[]> {
  try {
    const resultados = await ligacao.executa([instrucao("comeca_leitura"), ...instrucoes, instrucao("confirma")], ate);
    return resultados.slice(1, -1);
  } catch (causa) {
    await ligacao.desfaz(ate);
    throw causa;
  }
}
