/**
 * O que um lote ou uma consulta carregou de um PostgreSQL, numa só ida: só o que o alcance pediu. Quem lê além dele lança,
 * pois responder "nada há" sobre o que não se leu seria decidir às cegas. Usam-no
 * `postgres_lote.ts`, `postgres_carga.ts` e `postgres_leituras.ts`.
 *
 * @module
 */

import { agendaDe, type Agendamento, conta } from "../clinica/agendamento.ts";
import type { Espera, HoraVaga, Posto } from "../clinica/espera.ts";
import type { Excecao } from "../clinica/excecao.ts";
import {
  type Alcance,
  type Contato,
  type Ficha,
  type GuardaLegal,
  type LetraDeSenha,
  LINHAS_DE_UM_CPF,
  type Mudanca,
  type Pendencias,
  type Periodo,
  type Quando,
  type Vista,
} from "../clinica/livro.ts";
import { Ocupacao, PorDia } from "../clinica/ocupacao.ts";
import { PARA_NINGUEM } from "../clinica/promover.ts";
import type { Tentativa } from "../clinica/tentativa.ts";
import type { Alargamento } from "./postgres_alargamento.ts";
import { lerEspera } from "./postgres_espera.ts";
import type { EsperasLidas } from "./postgres_esperas_lidas.ts";
import type { Retorno, Valor } from "./postgres_ligacao.ts";
import { lerAgendamento } from "./postgres_tabelas.ts";
import { lerTentativa } from "./tabelas.ts";

/** O que se carregou. */
export class Carregada implements Vista {
  #alcance: Alcance;
  #ativos = new Map<string, Agendamento[]>();
  #acabados = new Map<string, Agendamento[]>();
  #ocupacoes = new PorDia<Ocupacao>();
  #doAlcance: PorDia<boolean> | undefined;
  #dosPeriodos = new Map<number, Agendamento>();
  #cancelados = new Map<string, Agendamento[]>();
  #excecoes: readonly Excecao[] | undefined;
  #contatos: Map<string, Contato> | undefined;
  #senhas = new Map<string, number>();
  #tentativas = new Map<string, Tentativa>();
  #guardas = new Map<string, GuardaLegal>();
  #acabadas = new Map<string, Espera[]>();
  /** A parte que é da lista de espera. */
  readonly esperas: EsperasLidas;
  /** Os que um lote pode usar; uma leitura não grava o que decide, e não os gasta. */
  #numeros: readonly number[] | undefined;
  /** Os CPFs de que se leram os dias do que têm marcado. */
  #lidos = new Set<string>();
  #porConfirmar = new Set<string>();
  #usados = 0;
  #ultimaExcecao: number | undefined;
  /** Verdadeiro se já se leu quanto se podia. */
  readonly soSegura: boolean;

  /** De nada ainda; só responde pelo que está no alcance. */
  constructor(alcance: Alcance, esperas: EsperasLidas, soSegura = false) {
    this.#alcance = alcance;
    this.esperas = esperas;
    this.soSegura = soSegura;
    for (const cpf of alcance.cpfs) this.#ativos.set(cpf, []);
    for (const cpf of alcance.historias) this.#acabados.set(cpf, []);
    for (const data of alcance.cancelados) this.#cancelados.set(data, []);
  }

  /** Passa a responder por um alcance maior, de que se lê o que ainda não se tinha lido. */
  alcanca(alcance: Alcance): void {
    this.#alcance = alcance;
    this.#doAlcance = undefined;
    this.esperas.alcanca(alcance);
    for (const cpf of alcance.cpfs) if (!this.#ativos.has(cpf)) this.#ativos.set(cpf, []);
    for (const cpf of alcance.historias) if (!this.#acabados.has(cpf)) this.#acabados.set(cpf, []);
  }

  /** Também se leram os dias do que estes CPFs têm marcado, com as listas deles travadas. */
  leuOsQueMudam(cpfs: readonly string[]): void {
    for (const cpf of cpfs) this.#lidos.add(cpf);
    const listas = new Set(this.#alcance.listas);
    for (const cpf of cpfs) for (const { especialidade } of this.#ativos.get(cpf) ?? []) listas.add(especialidade);
    if (listas.size > this.#alcance.listas.length) this.alcanca({ ...this.#alcance, listas: [...listas] });
  }

  /** O que se pode ler. */
  get alcance(): Alcance {
    return this.#alcance;
  }

  /** Os ativos de um CPF. */
  ativosDe(cpf: string): readonly Agendamento[] {
    const ativos = this.#ativos.get(cpf);
    if (ativos !== undefined) return ativos;
    if (this.esperas.semAtivos(cpf)) return NENHUM;
    return this.#falta("um CPF", ({ cpfs }) => cpfs.add(cpf), NENHUM);
  }

  /** Os mais novos de um CPF. */
  historiaDe(cpf: string): readonly Agendamento[] {
    const acabados = this.#acabados.get(cpf) ?? this.#falta("a história de um CPF", (falta) => {
      falta.historias.add(cpf);
      if (!this.#ativos.has(cpf)) falta.cpfs.add(cpf);
    }, NENHUM);
    return [...this.ativosDe(cpf), ...acabados].sort((a, b) => b.numero - a.numero).slice(0, LINHAS_DE_UM_CPF);
  }

  /**
   * O que está tomado. Um dia que só pode mudar não se leu, e parece livre: ninguém decide por ele, se ninguém espera pelo
   * que nele vague.
   */
  ocupacao(agenda: string, data: string): Ocupacao {
    const ocupacao = this.#ocupacoes.get(agenda, data);
    if (ocupacao !== undefined) return ocupacao;
    this.#doAlcance ??= this.#diasDoAlcance();
    const lido = this.#doAlcance.get(agenda, data);
    if (lido === true || lido === false && !this.esperas.alarga) return LIVRE;
    return this.#falta("um dia", ({ dias }) => dias.set(`${agenda} ${data}`, [agenda, data]), LIVRE);
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
    return this.#excecoes ?? this.#falta("as exceções", (falta) => falta.excecoes = true, SEM_EXCECOES);
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

  /** A conta do que se tentou com um CPF por uma rede. */
  tentativa(cpf: string, rede: string): Tentativa | undefined {
    if (!this.#alcance.tentativas.some((par) => par[0] === cpf && par[1] === rede)) foraDoAlcance("uma conta");
    return this.#tentativas.get(`${cpf} ${rede}`);
  }

  /** Um número que o banco deu; o de quem só lê não se grava, e basta que seja outro. */
  novoNumero(): number {
    const n = this.#usados++;
    const numero = this.#numeros?.[n];
    if (numero !== undefined) return numero;
    const outro = NAO_GRAVADO + n;
    if (this.#numeros === undefined && (n < this.#alcance.novos || !this.esperas.alarga)) return outro;
    return this.#falta("um agendamento a mais", (falta) => falta.novos = n + 1, outro);
  }

  /** Se há quem espere. */
  alguemEspera(): boolean {
    return this.esperas.alguem;
  }

  /** A entrada de um CPF numa lista. */
  esperaDe(cpf: string, especialidade: string): Espera | undefined {
    return this.esperas.de(cpf, especialidade);
  }

  /** As entradas de pé de um CPF. */
  esperasDe(cpf: string): readonly Espera[] {
    return this.esperas.todasDe(cpf);
  }

  /** O que mais há de um CPF. */
  fichaDe(cpf: string): Ficha {
    if (!this.#alcance.fichas.includes(cpf)) foraDoAlcance("uma ficha");
    return { guarda: this.#guardas.get(cpf), acabadas: this.#acabadas.get(cpf) ?? [] };
  }

  /** A hora segurada para uma entrada. */
  conviteDe(espera: Espera): Agendamento | undefined {
    return this.esperas.convite(espera);
  }

  /** As entradas que querem uma hora, na ordem. */
  fila(hora: HoraVaga): Iterable<Espera> {
    return this.esperas.fila(hora);
  }

  /** As primeiras de uma lista. */
  listaDeEspera(especialidade: string): readonly Espera[] {
    return this.esperas.primeiras(especialidade);
  }

  /** Quantas estão antes de um lugar. */
  quantasAntes(especialidade: string, lugar: Posto): number {
    return this.esperas.quantasAntes(especialidade, lugar);
  }

  /** Quantas entraram por um endereço. */
  esperasDaOrigem(origem: string): number {
    return this.esperas.daOrigem(origem);
  }

  /** Um lugar na ordem. */
  novaEspera(): number {
    return this.esperas.nova();
  }

  /** O que o relógio já mandou fazer. */
  pendencias(quando: Quando): Pendencias {
    return this.esperas.pendencias(quando);
  }

  /** O último `TICK`. */
  ultimoTique(): string {
    return this.esperas.ultimoTique();
  }

  /** Verdadeiro se se pediu o que não se tinha lido. */
  get falta(): boolean {
    return this.esperas.faltou;
  }

  /** O que se pediu e não se tinha lido, desde a última vez: o que se respondeu entretanto não vale. */
  tomaFalta(): Alargamento | undefined {
    this.#usados = 0;
    return this.esperas.toma();
  }

  /** Exige que se tenha travado tudo o que muda; o que não, falta. */
  cobre(mudancas: readonly Mudanca[]): void {
    if (!this.esperas.alarga) return;
    this.#doAlcance ??= this.#diasDoAlcance();
    this.#porConfirmar.clear();
    for (const mudanca of mudancas) {
      if (mudanca.sobre === "espera") {
        const { cpf, especialidade } = mudanca.antes ?? mudanca.depois;
        if (!this.#ativos.has(cpf)) this.#porTravar(cpf);
        if (!this.#alcance.listas.includes(especialidade)) this.esperas.falta.listas.add(especialidade);
      }
      if (mudanca.sobre !== "agendamento") continue;
      const { antes, depois } = mudanca;
      // Um pseudônimo é de quem tinha o CPF, e ninguém mais o tem.
      const { cpf } = antes ?? depois;
      if (cpf !== PARA_NINGUEM && !this.#ativos.has(cpf)) this.#porTravar(cpf);
      if (this.#alcance.excecoes === "muda" || ficaOndeAcabou(antes, depois)) continue;
      for (const um of [antes, depois]) {
        if (um === undefined || !conta(um)) continue;
        const [agenda, { data }] = [agendaDe(um), um];
        if (this.#doAlcance.get(agenda, data) === undefined) {
          this.esperas.falta.dias.set(`${agenda} ${data}`, [agenda, data]);
        }
      }
    }
  }

  /** De quem se leu que não tem nada marcado, basta conferi-lo ao gravar; os outros têm de se travar e ler. */
  #porTravar(cpf: string): void {
    if (this.esperas.semAtivos(cpf)) this.#porConfirmar.add(cpf);
    else this.esperas.falta.cpfs.add(cpf);
  }

  /** Os CPFs sem nada marcado a quem se deu algo, e que ainda se não travaram. */
  get porConfirmar(): readonly string[] {
    return [...this.#porConfirmar];
  }

  /** O que se não leu: um erro, ou, se se pode alargar, o que falta e um valor qualquer. */
  #falta<T>(oque: string, poe: (falta: Alargamento) => unknown, valor: T): T {
    if (!this.esperas.alarga) foraDoAlcance(oque);
    poe(this.esperas.falta);
    return valor;
  }

  /** O número seguinte ao maior: quem muda exceções tem as travas de todos os dias, e ninguém mais dá números. */
  novaExcecao(): number {
    if (this.#ultimaExcecao === undefined) foraDoAlcance("uma exceção");
    return ++this.#ultimaExcecao;
  }

  /** Números de agendamentos que podem nascer, além dos que já se tinham dado. */
  recebeNumeros(escritos: Valor): void {
    this.#numeros = [...this.#numeros ?? [], ...escritos === null ? [] : escritos.split(",").map(Number)];
  }

  /** Quantos números já se deram. */
  get dados(): number {
    return this.#numeros?.length ?? 0;
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

  /** As contas que há. */
  recebeTentativas(linhas: Retorno["rows"]): void {
    for (const conta of linhas.map(lerTentativa)) this.#tentativas.set(`${conta.cpf} ${conta.rede}`, conta);
  }

  /** A última vez que se guardou ou soltou o que é de cada CPF. */
  recebeGuardas(linhas: Retorno["rows"]): void {
    for (const [cpf, ato, motivo, desde] of linhas) {
      if (ato === "GUARDA") this.#guardas.set(cpf ?? "", { motivo: motivo ?? "", desde: desde ?? "" });
    }
  }

  /** As entradas que acabaram, de cada CPF da mais nova à mais antiga. */
  recebeAcabadas(linhas: Retorno["rows"]): void {
    const lidas = Map.groupBy(linhas.map((linha) => lerEspera(linha)), ({ cpf }) => cpf);
    for (const [cpf, dele] of lidas) this.#acabadas.set(cpf, dele);
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

  /** Os dias do alcance: verdadeiro, os que se leram; falso, os que só podem mudar. */
  #diasDoAlcance(): PorDia<boolean> {
    const dias = new PorDia<boolean>();
    for (const cpf of this.#alcance.mudam) {
      for (const ativo of this.ativosDe(cpf)) {
        const lido = this.#lidos.has(cpf) || dias.get(agendaDe(ativo), ativo.data) === true;
        dias.set(agendaDe(ativo), ativo.data, lido);
      }
    }
    for (const [agenda, data] of this.#alcance.dias) dias.set(agenda, data, true);
    for (const cpf of this.#alcance.voltam) {
      for (const um of [...this.ativosDe(cpf), ...this.#acabados.get(cpf) ?? []]) {
        for (const agenda of [agendaDe(um), ...this.#alcance.vizinhas]) dias.set(agenda, um.data, true);
      }
    }
    return dias;
  }
}

/** O primeiro dos números que não se gravam: maior que todos. */
const NAO_GRAVADO = 2 ** 52;

const NENHUM: readonly Agendamento[] = [];
const SEM_EXCECOES: readonly Excecao[] = [];
const LIVRE = Ocupacao.vazia();

function reparte(linhas: Retorno["rows"], por: Map<string, Agendamento[]>): void {
  for (const linha of linhas) {
    const agendamento = lerAgendamento(linha);
    por.get(agendamento.cpf)?.push(agendamento);
  }
}

/** Verdadeiro se já tinha acabado, e só muda o que dele se diz: nada se decide por isso. */
function ficaOndeAcabou(antes: Agendamento | undefined, depois: Agendamento): boolean {
  return antes !== undefined && !antes.ativo && !depois.ativo && antes.situacao === depois.situacao &&
    antes.data === depois.data && antes.hora === depois.hora && agendaDe(antes) === agendaDe(depois);
}

function foraDoAlcance(oque: string): never {
  throw new RangeError(`${oque} fora do alcance do lote`);
}
