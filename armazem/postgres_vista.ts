/**
 * O que um lote ou uma consulta carregou de um PostgreSQL, numa só ida: só o que o alcance pediu. Quem lê além dele lança,
 * pois responder "nada há" sobre o que não se leu seria decidir às cegas. Só `postgres.ts` o usa.
 *
 * @module
 */

import { agendaDe, type Agendamento } from "../clinica/agendamento.ts";
import type { Excecao } from "../clinica/excecao.ts";
import {
  type Alcance,
  type Contato,
  type LetraDeSenha,
  LINHAS_DE_UM_CPF,
  type Periodo,
  type Vista,
} from "../clinica/livro.ts";
import { Ocupacao, PorDia } from "../clinica/ocupacao.ts";
import { doisTextos, instrucao } from "./postgres_instrucoes.ts";
import { type Instrucao, type Ligacao, numeros, type Retorno, textos, type Valor } from "./postgres_ligacao.ts";
import { lerAgendamento } from "./postgres_tabelas.ts";

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
export function vazio({ cpfs, dias, periodos, cancelados, senhas, excecoes }: Alcance): boolean {
  return cpfs.length + dias.length + periodos.length + cancelados.length + senhas.length === 0 && excecoes === "nada";
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
    reabrem: [...new Set(alcances.flatMap(({ reabrem }) => reabrem))],
    excecoes: (["muda", "le"] as const).find((uma) => alcances.some(({ excecoes }) => excecoes === uma)) ?? "nada",
    hoje: alcances.reduce((menor, { hoje }) => hoje < menor ? hoje : menor, alcances[0].hoje),
    novos: Math.max(...alcances.map(({ novos }) => novos)),
  };
}

/** O que se carrega, além do alcance. */
export interface ComoCarregar {
  /** O que se pode ler. */
  readonly alcance: Alcance;
  /** Se se leem os contatos dos CPFs: uma consulta de quem só quer ver o que tem marcado não os lê. */
  readonly contatos: boolean;
  /** Vão antes, na mesma ida: o que um lote trava e numera, e diz as exceções que valem. Sem elas, leem-se como o resto. */
  readonly antes?: readonly Instrucao[];
  /** De onde se sabe que as exceções são as mesmas. */
  readonly excecoes: UltimasExcecoes;
  /** Até quando se espera. */
  readonly ate: number;
}

/** Carrega uma vista numa só ida ao banco, depois das instruções de `antes`; devolve também o que elas deram. */
export async function carrega(
  ligacao: Ligacao,
  { alcance, contatos, antes = [], excecoes, ate }: ComoCarregar,
): Promise<{ vista: Carregada; resultados: readonly Retorno[] }> {
  const vista = new Carregada(alcance);
  const { cpfs, historias, voltam, vizinhas, dias, periodos, cancelados, senhas, reabrem } = alcance;
  const instrucoes = [...antes];
  const recebem: ((retorno: Retorno) => void)[] = [];
  const pede = (pedida: Instrucao, recebe: (retorno: Retorno) => void): void => {
    instrucoes.push(pedida);
    recebem.push(recebe);
  };
  if (antes.length === 0 && alcance.excecoes !== "nada") {
    pede(instrucao("valem", alcance.hoje), ({ rows: [[valem]] }) => vista.recebeExcecoes(excecoes.le(valem ?? "[]")));
  }
  if (alcance.excecoes === "muda") {
    pede(instrucao("ultima_excecao"), ({ rows: [[numero]] }) => vista.recebeUltimaExcecao(Number(numero)));
  }
  if (contatos && cpfs.length > 0) {
    pede(instrucao("contatos", textos(cpfs)), ({ rows }) => vista.recebeContatos(rows));
  }
  if (senhas.length > 0) pede(instrucao("senhas", textos(senhas)), ({ rows }) => vista.recebeSenhas(rows));
  if (cpfs.length > 0) pede(instrucao("ativos", textos(cpfs)), ({ rows }) => vista.recebeAtivos(rows));
  if (historias.length > 0) pede(instrucao("acabados", textos(historias)), ({ rows }) => vista.recebeAcabados(rows));
  if (dias.length > 0) pede(instrucao("dias", ...doisTextos(dias)), ({ rows }) => vista.recebeDias(rows));
  if (voltam.length > 0) {
    pede(instrucao("dias_que_voltam", textos(voltam), textos(vizinhas)), ({ rows }) => vista.recebeDias(rows));
  }
  if (periodos.length + reabrem.length > 0) {
    pede(instrucao("periodos", ...doisTextos(periodos), numeros(reabrem)), ({ rows }) => vista.recebePeriodos(rows));
  }
  if (cancelados.length > 0) {
    pede(instrucao("cancelados", textos(cancelados)), ({ rows }) => vista.recebeCancelados(rows));
  }
  if (antes.length > 0) {
    const resultados = await ligacao.executa(instrucoes, ate);
    recebem.forEach((recebe, i) => recebe(resultados[antes.length + i]));
    return { vista, resultados };
  }
  const resultados = instrucoes.length > 1
    ? await numInstante(ligacao, instrucoes, ate)
    : await ligacao.executa(instrucoes, ate);
  recebem.forEach((recebe, i) => recebe(resultados[i]));
  return { vista, resultados };
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

/** O que se carregou. */
export class Carregada implements Vista {
  #alcance: Alcance;
  #ativos = new Map<string, Agendamento[]>();
  #acabados = new Map<string, Agendamento[]>();
  #ocupacoes = new PorDia<Ocupacao>();
  #doAlcance: PorDia<true> | undefined;
  #dosPeriodos = new Map<number, Agendamento>();
  #cancelados = new Map<string, Agendamento[]>();
  #excecoes: readonly Excecao[] | undefined;
  #contatos: Map<string, Contato> | undefined;
  #senhas = new Map<string, number>();
  /** Os que um lote pode usar; uma leitura não grava o que decide, e não os gasta. */
  #numeros: readonly number[] | undefined;
  #usados = 0;
  #ultimaExcecao: number | undefined;

  /** De nada ainda; só responde pelo que está no alcance. */
  constructor(alcance: Alcance) {
    this.#alcance = alcance;
    for (const cpf of alcance.cpfs) this.#ativos.set(cpf, []);
    for (const cpf of alcance.historias) this.#acabados.set(cpf, []);
    for (const data of alcance.cancelados) this.#cancelados.set(data, []);
  }

  /** Os ativos de um CPF. */
  ativosDe(cpf: string): readonly Agendamento[] {
    return this.#ativos.get(cpf) ?? foraDoAlcance("um CPF");
  }

  /** Os mais novos de um CPF. */
  historiaDe(cpf: string): readonly Agendamento[] {
    const acabados = this.#acabados.get(cpf) ?? foraDoAlcance("a história de um CPF");
    return [...this.ativosDe(cpf), ...acabados].sort((a, b) => b.numero - a.numero).slice(0, LINHAS_DE_UM_CPF);
  }

  /** O que está tomado. Um dia que só pode mudar não se leu, e parece livre: ninguém decide por ele. */
  ocupacao(agenda: string, data: string): Ocupacao {
    const ocupacao = this.#ocupacoes.get(agenda, data);
    if (ocupacao !== undefined) return ocupacao;
    this.#doAlcance ??= this.#diasDoAlcance();
    return this.#doAlcance.get(agenda, data) ? LIVRE : foraDoAlcance("um dia");
  }

  /** Os de um período, ou de parte de um. */
  periodo([de, ate]: Periodo): readonly Agendamento[] {
    const { periodos, reabrem } = this.#alcance;
    const reabertos = reabrem.length === 0 ? [] : this.excecoes().filter(({ numero }) => reabrem.includes(numero))
      .map(({ de, ate }): Periodo => [de, ate]);
    if (![...periodos, ...reabertos].some((lido) => lido[0] <= de && ate <= lido[1])) foraDoAlcance("um período");
    return [...this.#dosPeriodos.values()].filter(({ data }) => data >= de && data <= ate);
  }

  /** Os cancelados mais novos de uma data. */
  cancelados(data: string): readonly Agendamento[] {
    return this.#cancelados.get(data)?.sort((a, b) => b.numero - a.numero) ??
      foraDoAlcance("os cancelados de uma data");
  }

  /** As exceções que valem. */
  excecoes(): readonly Excecao[] {
    return this.#excecoes ?? foraDoAlcance("as exceções");
  }

  /** Como se fala com uma pessoa. */
  contatoDe(cpf: string): Contato | undefined {
    if (this.#contatos === undefined || !this.#ativos.has(cpf)) foraDoAlcance("um contato");
    return this.#contatos.get(cpf);
  }

  /** A última senha dada. */
  ultimaSenha(data: string, letra: LetraDeSenha): number {
    if (!this.#alcance.senhas.includes(data)) foraDoAlcance("as senhas de uma data");
    return this.#senhas.get(letra + data) ?? 0;
  }

  /** Um número que o banco deu; numa leitura, nenhum. */
  novoNumero(): number {
    if (this.#numeros === undefined) return 0;
    return this.#numeros[this.#usados++] ?? foraDoAlcance("um agendamento a mais");
  }

  /** O número seguinte ao maior: quem muda exceções tem as travas de todos os dias, e ninguém mais dá números. */
  novaExcecao(): number {
    if (this.#ultimaExcecao === undefined) foraDoAlcance("uma exceção");
    return ++this.#ultimaExcecao;
  }

  /** Os números dos que vão nascer. */
  recebeNumeros(escritos: Valor): void {
    this.#numeros = escritos === null ? [] : escritos.split(",").map(Number);
  }

  /** As exceções que valem. */
  recebeExcecoes(excecoes: readonly Excecao[]): void {
    this.#excecoes = excecoes;
  }

  /** O maior número de uma exceção. */
  recebeUltimaExcecao(numero: number): void {
    this.#ultimaExcecao = numero;
  }

  /** Os contatos que há. */
  recebeContatos(linhas: Retorno["rows"]): void {
    this.#contatos = new Map(linhas.map(([cpf, email, telefone]) => {
      const contato = { cpf: cpf ?? "", email: email ?? "", telefone: telefone ?? "" };
      return [contato.cpf, contato];
    }));
  }

  /** A última senha de cada data e letra. */
  recebeSenhas(linhas: Retorno["rows"]): void {
    for (const [data, letra, ultima] of linhas) this.#senhas.set(`${letra}${data}`, Number(ultima));
  }

  /** Os ativos dos CPFs. */
  recebeAtivos(linhas: Retorno["rows"]): void {
    reparte(linhas, this.#ativos);
  }

  /** Os que acabaram, dos CPFs de que se lê a história. */
  recebeAcabados(linhas: Retorno["rows"]): void {
    reparte(linhas, this.#acabados);
  }

  /** O que está tomado; um dia pode vir duas vezes, e então é o mesmo. */
  recebeDias(linhas: Retorno["rows"]): void {
    const destas = new PorDia<Ocupacao>();
    for (const [agenda, data, especialidade, encaixe, horas] of linhas) {
      let ocupacao = destas.get(agenda ?? "", data ?? "");
      if (ocupacao === undefined) {
        ocupacao = Ocupacao.vazia();
        destas.set(agenda ?? "", data ?? "", ocupacao);
        this.#ocupacoes.set(agenda ?? "", data ?? "", ocupacao);
      }
      const comum = { especialidade: especialidade ?? "", encaixe: encaixe === "t", situacao: "MARCADO" } as const;
      for (const ocupa of (horas ?? "").split(",")) {
        ocupacao.poe({ ...comum, hora: ocupa.slice(0, 5), minutos: Number(ocupa.slice(5)) });
      }
    }
  }

  /** Os cancelados das datas. */
  recebeCancelados(linhas: Retorno["rows"]): void {
    for (const linha of linhas) {
      const agendamento = lerAgendamento(linha);
      this.#cancelados.get(agendamento.data)?.push(agendamento);
    }
  }

  /** O que há nos períodos; um que está em dois vem duas vezes. */
  recebePeriodos(linhas: Retorno["rows"]): void {
    for (const linha of linhas) {
      const agendamento = lerAgendamento(linha);
      this.#dosPeriodos.set(agendamento.numero, agendamento);
    }
  }

  #diasDoAlcance(): PorDia<true> {
    const dias = new PorDia<true>();
    for (const [agenda, data] of this.#alcance.dias) dias.set(agenda, data, true);
    for (const cpf of this.#alcance.mudam) {
      for (const ativo of this.ativosDe(cpf)) dias.set(agendaDe(ativo), ativo.data, true);
    }
    for (const cpf of this.#alcance.voltam) {
      for (const um of [...this.ativosDe(cpf), ...this.#acabados.get(cpf) ?? []]) {
        for (const agenda of [agendaDe(um), ...this.#alcance.vizinhas]) dias.set(agenda, um.data, true);
      }
    }
    return dias;
  }
}

const LIVRE = Ocupacao.vazia();

function reparte(linhas: Retorno["rows"], por: Map<string, Agendamento[]>): void {
  for (const linha of linhas) {
    const agendamento = lerAgendamento(linha);
    por.get(agendamento.cpf)?.push(agendamento);
  }
}

function foraDoAlcance(oque: string): never {
  throw new RangeError(`${oque} fora do alcance do lote`);
}
