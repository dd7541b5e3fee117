/**
 * Uma vista com as mudanças de um lote por cima: cada decisão vê o que as anteriores mudaram, e a de baixo fica como estava.
 *
 * A agenda cria uma por lote.
 *
 * @module
 */

import { agendaDe, type Agendamento, conta } from "./agendamento.ts";
import { type Espera, type HoraVaga, naOrdem, type Posto } from "./espera.ts";
import type { Excecao } from "./excecao.ts";
import {
  type Anotacao,
  CANCELADOS_DE_UM_DIA,
  type Contato,
  type Ficha,
  FILA_MOSTRADA,
  impossivel,
  type LetraDeSenha,
  LINHAS_DE_UM_CPF,
  type Mudanca,
  type Pendencias,
  PENDENCIAS_MAXIMAS,
  type Periodo,
  type Quando,
  senhaDada,
  type Vista,
} from "./livro.ts";
import { type Ocupacao, PorDia } from "./ocupacao.ts";
import type { Tentativa } from "./tentativa.ts";

/** Algo que entra num dia ou sai dele. */
type Movimento = (ocupacao: Ocupacao) => void;

/** O livro como fica depois do que se decidiu até agora. */
export class Sobreposta implements Vista {
  #base: Vista;
  /** As linhas mudadas, como ficam, por número. */
  #mudados = new Map<number, Agendamento>();
  #ativos = new Map<string, readonly Agendamento[]>();
  /** O que mudou nos ativos de um CPF que ainda não se leram: a quem faltou, ninguém pergunta por eles. */
  #porCima = new Map<string, readonly Agendamento[]>();
  /** As de baixo, lidas uma vez: muitos pedidos de um lote podem falar do mesmo CPF. */
  #historias = new Map<string, readonly Agendamento[]>();
  /** O que entrou e saiu de cada dia, na ordem; a ocupação só se copia se alguém pergunta por ela. */
  #movimentos = new PorDia<Movimento[]>();
  #ocupacoes = new PorDia<Ocupacao>();
  /** A última senha que se deu, por letra e data. */
  #senhas = new PorDia<number>();
  #excecoes: readonly Excecao[] | undefined;
  #contatos = new Map<string, Contato>();
  /** As entradas mudadas, como estavam em baixo e como ficam. */
  #esperas = new Map<number, { readonly antes?: Espera; readonly depois: Espera }>();
  /** Dessas, as que estão de pé, por especialidade e CPF. */
  #dePe = new Map<string, Map<string, Espera>>();
  /** As fichas que mudaram; as entradas delas são as de `#esperas` e as de baixo. */
  #fichas = new Map<string, Ficha>();
  /** Os CPFs que já não são de algumas das linhas que os tinham. */
  #saidos = new Set<string>();
  /** De quem já não há contato, nem contas do que se tentou, em baixo que valham. */
  #esquecidos = new Set<string>();
  #tique: string | undefined;
  #tentativas = new Map<string, Tentativa>();

  /** Por cima desta, sem nada mudado. */
  constructor(base: Vista) {
    this.#base = base;
  }

  /** Os ativos de um CPF. */
  ativosDe(cpf: string): readonly Agendamento[] {
    const lidos = this.#ativos.get(cpf) ?? this.#base.ativosDe(cpf);
    const porCima = this.#porCima.get(cpf);
    if (porCima === undefined) return lidos;
    let ativos = lidos;
    for (const um of porCima) {
      const outros = ativos.filter(({ numero }) => numero !== um.numero);
      ativos = um.ativo ? [...outros, um] : outros;
    }
    this.#porCima.delete(cpf);
    this.#ativos.set(cpf, ativos);
    return ativos;
  }

  /** Os mais novos de um CPF. */
  historiaDe(cpf: string): readonly Agendamento[] {
    let historia = this.#historias.get(cpf);
    if (historia === undefined) this.#historias.set(cpf, historia = this.#base.historiaDe(cpf));
    const meus = this.#meus((um) => um.cpf === cpf);
    // Quase sempre o lote não mudou nada dele; quem foi anonimizado já não o tem.
    if (meus.length === 0 && this.#saidos.size === 0) return historia;
    return [...meus, ...historia.filter(({ numero }) => !this.#mudados.has(numero))]
      .sort((a, b) => b.numero - a.numero).slice(0, LINHAS_DE_UM_CPF);
  }

  /** O que está tomado numa agenda numa data. */
  ocupacao(agenda: string, data: string): Ocupacao {
    const minha = this.#ocupacoes.get(agenda, data);
    if (minha !== undefined) return minha;
    const base = this.#base.ocupacao(agenda, data);
    const movimentos = this.#movimentos.get(agenda, data);
    if (movimentos === undefined) return base;
    const ocupacao = base.copia();
    for (const move of movimentos) move(ocupacao);
    this.#ocupacoes.set(agenda, data, ocupacao);
    return ocupacao;
  }

  /** Os de um período que contam. */
  periodo(periodo: Periodo): readonly Agendamento[] {
    const [de, ate] = periodo;
    const lidos = this.#base.periodo(periodo).filter(({ numero }) => !this.#mudados.has(numero));
    return [...lidos, ...this.#meus((um) => um.data >= de && um.data <= ate && conta(um))];
  }

  /** Os cancelados mais novos de uma data. */
  cancelados(data: string): readonly Agendamento[] {
    const lidos = this.#base.cancelados(data).filter(({ numero }) => !this.#mudados.has(numero));
    return [...lidos, ...this.#meus((um) => um.data === data && um.situacao === "CANCELADO")]
      .sort((a, b) => b.numero - a.numero).slice(0, CANCELADOS_DE_UM_DIA);
  }

  /** As exceções que valem. */
  excecoes(): readonly Excecao[] {
    return this.#excecoes ?? this.#base.excecoes();
  }

  /** Como se fala com uma pessoa. */
  contatoDe(cpf: string): Contato | undefined {
    return this.#contatos.get(cpf) ?? (this.#esquecidos.has(cpf) ? undefined : this.#base.contatoDe(cpf));
  }

  /** A última senha de uma data. */
  ultimaSenha(data: string, letra: LetraDeSenha): number {
    return this.#senhas.get(letra, data) ?? this.#base.ultimaSenha(data, letra);
  }

  /** O que se diz em baixo. */
  get soSegura(): boolean {
    return this.#base.soSegura;
  }

  /** Se há alguém à espera. */
  alguemEspera(): boolean {
    return this.#esperas.size > 0 || this.#base.alguemEspera();
  }

  /** A entrada de um CPF numa lista. */
  esperaDe(cpf: string, especialidade: string): Espera | undefined {
    const minha = this.#dePe.get(especialidade)?.get(cpf);
    if (minha !== undefined) return minha;
    const lida = this.#base.esperaDe(cpf, especialidade);
    return lida === undefined || this.#esperas.has(lida.numero) ? undefined : lida;
  }

  /** A hora segurada para uma entrada. */
  conviteDe(espera: Espera): Agendamento | undefined {
    if (espera.convite === 0) return undefined;
    return this.#mudados.get(espera.convite) ?? this.#base.conviteDe(espera);
  }

  /** As entradas de pé de um CPF. */
  esperasDe(cpf: string): readonly Espera[] {
    const lidas = this.#base.esperasDe(cpf).filter(({ numero }) => !this.#esperas.has(numero));
    return [...lidas, ...this.#minhas(({ terminouEm }) => terminouEm === "", cpf)];
  }

  /** O que mais há de um CPF. */
  fichaDe(cpf: string): Ficha {
    const lida = this.#fichas.get(cpf) ?? this.#base.fichaDe(cpf);
    const acabadas = [
      ...this.#minhas(({ terminouEm }) => terminouEm !== "", cpf),
      ...lida.acabadas.filter(({ numero }) => !this.#esperas.has(numero)),
    ];
    return { ...lida, acabadas: acabadas.sort((a, b) => b.numero - a.numero).slice(0, LINHAS_DE_UM_CPF) };
  }

  #minhas(serve: (espera: Espera) => boolean, cpf: string): Espera[] {
    return [...this.#esperas.values()].map(({ depois }) => depois).filter((uma) => uma.cpf === cpf && serve(uma));
  }

  /** As entradas que querem uma hora, na ordem. */
  *fila(hora: HoraVaga): Iterable<Espera> {
    const minhas = this.#minhasEsperas(hora.especialidade).filter(({ convite }) => convite === 0);
    let proxima = 0;
    for (const espera of this.#base.fila(hora)) {
      if (this.#esperas.has(espera.numero)) continue;
      while (proxima < minhas.length && naOrdem(minhas[proxima], espera) < 0) yield minhas[proxima++];
      yield espera;
    }
    yield* minhas.slice(proxima);
  }

  /** As primeiras entradas de uma lista. */
  listaDeEspera(especialidade: string): readonly Espera[] {
    const lidas = this.#base.listaDeEspera(especialidade).filter(({ numero }) => !this.#esperas.has(numero));
    return [...lidas, ...this.#minhasEsperas(especialidade)].sort(naOrdem).slice(0, FILA_MOSTRADA);
  }

  /** Quantas entradas estão antes de um lugar. */
  quantasAntes(especialidade: string, lugar: Posto): number {
    const antes = (uma: Espera | undefined): number =>
      uma !== undefined && uma.especialidade === especialidade && uma.terminouEm === "" && naOrdem(uma, lugar) < 0
        ? 1
        : 0;
    return [...this.#esperas.values()].reduce(
      (quantas, { antes: era, depois }) => quantas + antes(depois) - antes(era),
      this.#base.quantasAntes(especialidade, lugar),
    );
  }

  /** Quantas entradas vieram de um endereço. */
  esperasDaOrigem(origem: string): number {
    const dele = (uma: Espera | undefined): number => uma?.origem === origem && uma.terminouEm === "" ? 1 : 0;
    return [...this.#esperas.values()].reduce(
      (quantas, { antes, depois }) => quantas + dele(depois) - dele(antes),
      this.#base.esperasDaOrigem(origem),
    );
  }

  /** Um número de entrada novo. */
  novaEspera(): number {
    return this.#base.novaEspera();
  }

  /** O que o relógio já mandou fazer e o lote ainda não fez. */
  pendencias(quando: Quando): Pendencias {
    const lidas = this.#base.pendencias(quando);
    const intacta = ({ numero }: Agendamento): boolean => !this.#mudados.has(numero);
    const convites = lidas.convites.filter(intacta);
    const esperas = lidas.esperas.filter(({ numero }) => !this.#esperas.has(numero));
    const faltas = lidas.faltas.filter(intacta);
    const restam = [[convites, lidas.convites], [esperas, lidas.esperas], [faltas, lidas.faltas]];
    const haMais = restam.some(([uma, todas]) => todas.length === PENDENCIAS_MAXIMAS && uma.length < todas.length);
    return { ...lidas, convites, esperas, faltas, haMais };
  }

  /** O último `TICK`. */
  ultimoTique(): string {
    return this.#tique ?? this.#base.ultimoTique();
  }

  /** A conta do que se tentou com um CPF por uma rede. */
  tentativa(cpf: string, rede: string): Tentativa | undefined {
    const posta = this.#tentativas.size === 0 ? undefined : this.#tentativas.get(`${cpf} ${rede}`);
    return posta ?? (this.#esquecidos.has(cpf) ? undefined : this.#base.tentativa(cpf, rede));
  }

  /** Um número novo. */
  novoNumero(): number {
    return this.#base.novoNumero();
  }

  /** Um número de exceção novo. */
  novaExcecao(): number {
    return this.#base.novaExcecao();
  }

  /** Põe uma mudança por cima. */
  aplica(mudanca: Mudanca): void {
    switch (mudanca.sobre) {
      case "agendamento": {
        const { antes, depois } = mudanca;
        this.#mudados.set(depois.numero, depois);
        if (antes !== undefined && antes.cpf !== depois.cpf) this.#saidos.add(antes.cpf);
        const dada = senhaDada(antes, depois);
        if (dada !== undefined) this.#senhas.set(dada.letra, dada.data, dada.ultima);
        if (antes?.ativo || depois.ativo) {
          this.#porCima.set(depois.cpf, [...this.#porCima.get(depois.cpf) ?? [], depois]);
          if (antes !== undefined && antes.cpf !== depois.cpf) {
            const sai = { ...depois, cpf: antes.cpf, ativo: false };
            this.#porCima.set(antes.cpf, [...this.#porCima.get(antes.cpf) ?? [], sai]);
          }
        }
        if (antes !== undefined) this.#move(antes, (ocupacao) => ocupacao.tira(antes));
        this.#move(depois, (ocupacao) => ocupacao.poe(depois));
        return;
      }
      case "excecao": {
        const outras = this.excecoes().filter(({ numero }) => numero !== mudanca.depois.numero);
        this.#excecoes = mudanca.depois.revogada ? outras : [...outras, mudanca.depois];
        return;
      }
      case "contato":
        this.#contatos.set(mudanca.depois.cpf, mudanca.depois);
        return;
      case "espera": {
        const { antes, depois } = mudanca;
        const minha = this.#esperas.get(depois.numero);
        this.#esperas.set(depois.numero, { antes: minha === undefined ? antes : minha.antes, depois });
        const dela = this.#dePe.get(depois.especialidade) ?? new Map<string, Espera>();
        this.#dePe.set(depois.especialidade, dela);
        if (depois.terminouEm === "") dela.set(depois.cpf, depois);
        // A que muda pode ter acabado há muito, e outra estar de pé.
        else if (dela.get(depois.cpf)?.numero === depois.numero) dela.delete(depois.cpf);
        return;
      }
      case "tique":
        this.#tique = mudanca.depois;
        return;
      case "tentativa":
        this.#tentativas.set(`${mudanca.depois.cpf} ${mudanca.depois.rede}`, mudanca.depois);
        return;
      case "poda":
        // As que se apagam já nada diziam.
        return;
      case "titular":
        this.#anota(mudanca.depois);
        return;
      default:
        impossivel(mudanca);
    }
  }

  #anota({ ato, cpf, motivo }: Anotacao): void {
    const { guarda: _guarda, ...ficha } = this.#fichas.get(cpf) ?? this.#base.fichaDe(cpf);
    if (ato === "GUARDA") this.#fichas.set(cpf, { ...ficha, guarda: { motivo, desde: "" } });
    if (ato === "SOLTA") this.#fichas.set(cpf, ficha);
    if (ato !== "ANONIMIZA") return;
    this.#contatos.delete(cpf);
    for (const [par, conta] of this.#tentativas) if (conta.cpf === cpf) this.#tentativas.delete(par);
    this.#esquecidos.add(cpf);
  }

  #move(agendamento: Agendamento, move: Movimento): void {
    const agenda = agendaDe(agendamento);
    const { data } = agendamento;
    const lida = this.#ocupacoes.get(agenda, data);
    if (lida !== undefined) return move(lida);
    const antes = this.#movimentos.get(agenda, data);
    if (antes === undefined) this.#movimentos.set(agenda, data, [move]);
    else antes.push(move);
  }

  /** As entradas mudadas de uma lista que estão de pé, na ordem. */
  #minhasEsperas(especialidade: string): Espera[] {
    return [...this.#dePe.get(especialidade)?.values() ?? []].sort(naOrdem);
  }

  #meus(serve: (um: Agendamento) => boolean): Agendamento[] {
    return [...this.#mudados.values()].filter(serve);
  }
}
