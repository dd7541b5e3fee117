/**
 * O que o armazém em SQLite tem na memória: os agendamentos ativos, por CPF, o que está tomado em cada dia que alguém já
 * perguntou, as exceções, os contatos e a lista de espera (`memoria_espera.ts`). É sempre o que está gravado: `carrega` a lê
 * do arquivo e `grava` a muda depois de cada commit. O resto do que se vê (a história, um período, as senhas, as faltas, as
 * contas do que se tentou, se a `peneira.ts` não diz que não há) lê-se do arquivo quando se pergunta.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import { agendaDe, type Agendamento } from "../clinica/agendamento.ts";
import type { Espera, HoraVaga, Posto } from "../clinica/espera.ts";
import type { Excecao } from "../clinica/excecao.ts";
import type {
  Contato,
  Ficha,
  LetraDeSenha,
  Liquido,
  Mudado,
  Nada,
  Pendencias,
  Periodo,
  Quando,
  Vista,
} from "../clinica/livro.ts";
import { type Ocupacao, PorDia } from "../clinica/ocupacao.ts";
import type { Tentativa } from "../clinica/tentativa.ts";
import { Esperas } from "./memoria_espera.ts";
import { CARREGADO, lerCarregado } from "./memoria_texto.ts";
import { Peneira } from "./peneira.ts";
import {
  cadaLinha,
  CONTADAS,
  emLinhas,
  EXCECOES,
  lerExcecao,
  linhasDe,
  numero,
  texto,
  TIQUE,
} from "./sqlite_leituras.ts";

/** Linhas por pedaço ao carregar: um texto por pedaço custa um terço de um objeto por linha. */
const LINHAS_POR_PEDACO = 5000;

/** Separadores; um CPF, um nome e um endereço não podem tê-los (recusam caracteres de controle). */
const FIM_DE_CAMPO = "\x1f";
const FIM_DE_LINHA = "\x1e";

/** Números em que se procuram faltas de cada vez: uns 2 ms. */
const NUMEROS_POR_BUSCA = 8192;

const TAMANHO_DO_CPF = 11;

const NENHUM: readonly Agendamento[] = [];

/** O que se lê do arquivo quando se pergunta; falha se ele não se lê. */
export interface Arquivo {
  /** O que está tomado num dia de uma agenda. */
  ocupacao(agenda: string, data: string): Ocupacao;
  /** Os mais novos de um CPF, em qualquer situação. */
  historiaDe(cpf: string): readonly Agendamento[];
  /** Os de um período que contam. */
  periodo(periodo: Periodo): readonly Agendamento[];
  /** Os cancelados mais novos de uma data. */
  cancelados(data: string): readonly Agendamento[];
  /** O número da última senha. */
  ultimaSenha(data: string, letra: LetraDeSenha): number;
  /** A conta do que se tentou com um CPF por uma rede. */
  tentativa(cpf: string, rede: string): Tentativa | undefined;
  /** Se há alguma que só disse alguma coisa até este instante, ms desde 1970. */
  haVelhas(ate: number): boolean;
  /** O que mais há de um CPF. */
  fichaDe(cpf: string): Ficha;
  /** As faltas de antes de uma data, dentre as linhas destes números, do maior ao menor; algumas, se são muitas. */
  faltas(numeros: readonly [de: number, ate: number], hoje: string): readonly Agendamento[];
}

/** O livro como está gravado. */
export class Memoria implements Vista {
  /** Por CPF: o texto das linhas como vieram do arquivo, ou os agendamentos, se mudaram desde então. */
  #ativos = new Map<string, string | readonly Agendamento[]>();
  #ocupacoes = new PorDia<Ocupacao>();
  #excecoes: readonly Excecao[] = [];
  /** Por CPF, `email␟telefone`. */
  #contatos = new Map<string, string>();
  #esperas = new Esperas();
  #tique = "";
  /** As contas que o livro tem. */
  #contas = new Peneira();
  /** Acima deste número não há faltas de antes desta data: procura-se aos poucos, e dos mais novos aos mais antigos. */
  #semFaltas = { acimaDe: 0, hoje: "" };
  #arquivo: Arquivo;
  #ultimo = { numero: 0, excecao: 0, espera: 0 };
  #proximo = { numero: 0, excecao: 0, espera: 0 };

  /** Vazia. */
  constructor(arquivo: Arquivo) {
    this.#arquivo = arquivo;
  }

  /** Os agendamentos ativos de um CPF. */
  ativosDe(cpf: string): readonly Agendamento[] {
    const ativos = this.#ativos.get(cpf);
    if (ativos === undefined) return NENHUM;
    return typeof ativos === "string"
      ? ativos.split(FIM_DE_LINHA).map((carregado) => lerCarregado(cpf, carregado))
      : ativos;
  }

  /** Os mais novos de um CPF, em qualquer situação. */
  historiaDe(cpf: string): readonly Agendamento[] {
    return this.#arquivo.historiaDe(cpf);
  }

  /** O que está tomado num dia: o mesmo objeto enquanto o livro não é relido, mudado no lugar a cada gravação. */
  ocupacao(agenda: string, data: string): Ocupacao {
    let ocupacao = this.#ocupacoes.get(agenda, data);
    if (ocupacao === undefined) {
      ocupacao = this.#arquivo.ocupacao(agenda, data);
      this.#ocupacoes.set(agenda, data, ocupacao);
    }
    return ocupacao;
  }

  /** Os agendamentos de um período que contam. */
  periodo(periodo: Periodo): readonly Agendamento[] {
    return this.#arquivo.periodo(periodo);
  }

  /** Os cancelados mais novos de uma data. */
  cancelados(data: string): readonly Agendamento[] {
    return this.#arquivo.cancelados(data);
  }

  /** As exceções que valem, por número. */
  excecoes(): readonly Excecao[] {
    return this.#excecoes;
  }

  /** Como se fala com uma pessoa. */
  contatoDe(cpf: string): Contato | undefined {
    const guardado = this.#contatos.get(cpf);
    if (guardado === undefined) return undefined;
    const [email, telefone] = guardado.split(FIM_DE_CAMPO);
    return { cpf, email, telefone };
  }

  /** O número da última senha de uma data. */
  ultimaSenha(data: string, letra: LetraDeSenha): number {
    return this.#arquivo.ultimaSenha(data, letra);
  }

  /** Nunca: está tudo à mão. */
  readonly soSegura = false;

  /** Se há alguém à espera, ou uma hora segurada. */
  alguemEspera(): boolean {
    return this.#esperas.ha;
  }

  /** A entrada de um CPF numa lista. */
  esperaDe(cpf: string, especialidade: string): Espera | undefined {
    return this.#esperas.de(cpf, especialidade);
  }

  /** As entradas de pé de um CPF. */
  esperasDe(cpf: string): readonly Espera[] {
    return this.#esperas.todasDe(cpf);
  }

  /** O que mais há de um CPF. */
  fichaDe(cpf: string): Ficha {
    return this.#arquivo.fichaDe(cpf);
  }

  /** A hora segurada para uma entrada. */
  conviteDe({ convite }: Espera): Agendamento | undefined {
    return this.#esperas.segurada(convite);
  }

  /** As entradas que querem uma hora, na ordem. */
  fila(hora: HoraVaga): Iterable<Espera> {
    return this.#esperas.fila(hora);
  }

  /** As primeiras de uma lista. */
  listaDeEspera(especialidade: string): readonly Espera[] {
    return this.#esperas.primeiras(especialidade);
  }

  /** Quantas estão antes de um lugar. */
  quantasAntes(especialidade: string, lugar: Posto): number {
    return this.#esperas.quantasAntes(especialidade, lugar);
  }

  /** Quantas entraram por um endereço. */
  esperasDaOrigem(origem: string): number {
    return this.#esperas.daOrigem(origem);
  }

  /** O que o relógio já mandou fazer; num livro grande, algumas faltas só se acham da próxima vez. */
  pendencias(quando: Quando): Pendencias {
    return {
      ...this.#esperas.pendencias(quando),
      faltas: quando.faltas ? this.#faltas(quando.hoje) : [],
      velhas: this.#arquivo.haVelhas(Date.parse(quando.instante)),
    };
  }

  #faltas(hoje: string): readonly Agendamento[] {
    if (this.#semFaltas.hoje !== hoje) this.#semFaltas = { acimaDe: this.#ultimo.numero, hoje };
    const { acimaDe: ate } = this.#semFaltas;
    const antes = Math.max(0, ate - NUMEROS_POR_BUSCA);
    const achadas = this.#arquivo.faltas([antes + 1, ate], hoje);
    this.#semFaltas.acimaDe = achadas[0]?.numero ?? antes;
    return achadas;
  }

  /** Quando foi o último `TICK`. */
  ultimoTique(): string {
    return this.#tique;
  }

  /** A conta do que se tentou com um CPF por uma rede. */
  tentativa(cpf: string, rede: string): Tentativa | undefined {
    return this.#contas.talvez(cpf, rede) ? this.#arquivo.tentativa(cpf, rede) : undefined;
  }

  /** O próximo número de entrada do lote. */
  novaEspera(): number {
    return ++this.#proximo.espera;
  }

  /** O número do próximo agendamento do lote. */
  novoNumero(): number {
    return ++this.#proximo.numero;
  }

  /** O da próxima exceção. */
  novaExcecao(): number {
    return ++this.#proximo.excecao;
  }

  /** Um lote começa: os números dados a um que não foi gravado voltam a ser usados. */
  comeca(): void {
    this.#proximo = { ...this.#ultimo };
  }

  /** O lote foi gravado. Não lê o arquivo, e por isso não falha: o que ninguém perguntou é lido depois, já gravado. */
  grava(liquido: Liquido): void {
    const { novos, mudados, excecoes, contatos, esperas, tique, titulares, tentativas, ...soNoArquivo } = liquido;
    const { quando: _quando, senhas: _senhas, poda: _poda, ...resto } = soNoArquivo;
    resto satisfies Nada;
    this.#ultimo = { ...this.#proximo };
    // Primeiro sai o que estava: um pode tomar os minutos que outro deixa.
    for (const { antes } of mudados) {
      if (antes.ativo) this.#tira(antes);
    }
    const movidos = mudados.filter(ocupaDeOutroModo);
    for (const { antes } of movidos) this.#ocupacoes.get(agendaDe(antes), antes.data)?.tira(antes);
    for (const { depois } of mudados) this.#poe(depois);
    for (const { depois } of movidos) this.#ocupacoes.get(agendaDe(depois), depois.data)?.poe(depois);
    for (const { agendamento } of novos) {
      this.#poe(agendamento);
      this.#ocupacoes.get(agendaDe(agendamento), agendamento.data)?.poe(agendamento);
    }
    for (const { ato, cpf } of titulares) if (ato === "ANONIMIZA") this.#contatos.delete(cpf);
    for (const { cpf, email, telefone } of contatos) this.#contatos.set(cpf, `${email}${FIM_DE_CAMPO}${telefone}`);
    if (excecoes.length > 0) {
      const numeros = new Set(excecoes.map(({ numero }) => numero));
      this.#excecoes = [...this.#excecoes.filter(({ numero }) => !numeros.has(numero)), ...excecoes]
        .filter(({ revogada }) => !revogada).sort((uma, outra) => uma.numero - outra.numero);
    }
    this.#esperas.grava({ esperas, novos, mudados });
    if (tique !== undefined) this.#tique = tique;
    for (const { cpf, rede } of tentativas) this.#contas.poe(cpf, rede);
  }

  #poe(agendamento: Agendamento): void {
    const { cpf, ativo, numero, data } = agendamento;
    // Pode ser uma falta que se desfez.
    if (data < this.#semFaltas.hoje && numero > this.#semFaltas.acimaDe) this.#semFaltas.acimaDe = numero;
    if (ativo) this.#ativos.set(cpf, [...this.ativosDe(cpf), agendamento]);
  }

  #tira({ cpf, numero }: Agendamento): void {
    const restantes = this.ativosDe(cpf).filter((ativo) => ativo.numero !== numero);
    if (restantes.length === 0) this.#ativos.delete(cpf);
    else this.#ativos.set(cpf, restantes);
  }

  /** Esquece tudo e lê o arquivo de novo; se lança, o que ficou não vale. */
  carrega(db: DatabaseSync): void {
    this.#ativos.clear();
    this.#ocupacoes.clear();
    this.#contatos.clear();
    this.#excecoes = linhasDe(emLinhas(db, EXCECOES)).map(lerExcecao);
    this.#esperas = new Esperas();
    const ultimaOrdem = this.#esperas.carrega(db);
    this.#tique = linhasDe(emLinhas(db, TIQUE)).map(([valor]) => texto(valor)).join();
    this.#contas = new Peneira();
    for (const [cpf, rede] of cadaLinha(emLinhas(db, CONTADAS))) this.#contas.poe(texto(cpf), texto(rede));
    this.#semFaltas = { acimaDe: 0, hoje: "" };
    const ultimo = (tabela: "agendamento" | "excecao" | "espera"): number =>
      numero(linhasDe(emLinhas(db, `SELECT coalesce(max(numero), 0) FROM ${tabela}`))[0][0]);
    this.#ultimo = {
      numero: ultimo("agendamento"),
      excecao: ultimo("excecao"),
      espera: Math.max(ultimo("espera"), ultimaOrdem),
    };
    for (const pedaco of pedacos(db, "agendamento", "numero", CARREGADO, "ativo")) {
      recebe(pedaco, (cpf, linha) => {
        const outras = this.#ativos.get(cpf);
        this.#ativos.set(cpf, outras === undefined ? linha : `${outras}${FIM_DE_LINHA}${linha}`);
      });
    }
    for (const pedaco of pedacos(db, "contato", "cpf", "cpf || email || char(31) || telefone", "true")) {
      recebe(pedaco, (cpf, linha) => this.#contatos.set(cpf, linha));
    }
  }
}

/** Verdadeiro se o lugar, ou o que se conta no dia, é outro. */
function ocupaDeOutroModo({ antes, depois }: Mudado): boolean {
  return antes.situacao !== depois.situacao || antes.hora !== depois.hora || antes.data !== depois.data ||
    antes.encaixe !== depois.encaixe || antes.minutos !== depois.minutos ||
    antes.especialidade !== depois.especialidade || antes.profissional !== depois.profissional;
}

/** O texto de todas as linhas de uma tabela que cumprem a condição, pela chave, aos pedaços. */
function* pedacos(
  db: DatabaseSync,
  tabela: "agendamento" | "contato",
  chave: string,
  expressao: string,
  condicao: string,
): Generator<string> {
  // Os limites à parte: numa subconsulta, o SQLite copiaria cada linha.
  const limite = emLinhas(
    db,
    `SELECT max(chave) FROM (
       SELECT ${chave} AS chave FROM ${tabela} WHERE ${chave} > ? ORDER BY ${chave} LIMIT ${LINHAS_POR_PEDACO})`,
  );
  const pedaco = emLinhas(
    db,
    `SELECT group_concat(${expressao}, char(30)) FROM ${tabela} WHERE ${chave} > ? AND ${chave} <= ? AND ${condicao}`,
  );
  for (let ultimo: string | number = tabela === "contato" ? "" : Number.MIN_SAFE_INTEGER;;) {
    const [[ate]] = linhasDe(limite, ultimo);
    if (ate === null) return;
    const chegado = typeof ate === "string" ? ate : numero(ate);
    const [[escrito]] = linhasDe(pedaco, ultimo, chegado);
    if (escrito !== null) yield texto(escrito);
    ultimo = chegado;
  }
}

/** Reparte um pedaço pelas linhas: de cada uma, o CPF e o resto. */
function recebe(pedaco: string, linha: (cpf: string, resto: string) => void): void {
  for (let inicio = 0; inicio < pedaco.length;) {
    let fim = pedaco.indexOf(FIM_DE_LINHA, inicio);
    if (fim < 0) fim = pedaco.length;
    linha(pedaco.slice(inicio, inicio + TAMANHO_DO_CPF), pedaco.slice(inicio + TAMANHO_DO_CPF, fim));
    inicio = fim + 1;
  }
}
