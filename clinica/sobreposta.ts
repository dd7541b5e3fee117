/**
 * Uma vista com as mudanças de um lote por cima: cada decisão vê o que as anteriores mudaram, e a de baixo fica como estava.
 *
 * A agenda cria uma por lote.
 *
 * @module
 */

import { agendaDe, type Agendamento, conta } from "./agendamento.ts";
import type { Excecao } from "./excecao.ts";
import {
  CANCELADOS_DE_UM_DIA,
  type Contato,
  impossivel,
  type LetraDeSenha,
  LINHAS_DE_UM_CPF,
  type Mudanca,
  type Periodo,
  senhaDada,
  type Vista,
} from "./livro.ts";
import { type Ocupacao, PorDia } from "./ocupacao.ts";

/** Algo que entra num dia ou sai dele. */
type Movimento = (ocupacao: Ocupacao) => void;

/** O livro como fica depois do que se decidiu até agora. */
export class Sobreposta implements Vista {
  #base: Vista;
  /** As linhas mudadas, como ficam, por número. */
  #mudados = new Map<number, Agendamento>();
  #ativos = new Map<string, readonly Agendamento[]>();
  /** As de baixo, lidas uma vez: muitos pedidos de um lote podem falar do mesmo CPF. */
  #historias = new Map<string, readonly Agendamento[]>();
  /** O que entrou e saiu de cada dia, na ordem; a ocupação só se copia se alguém pergunta por ela. */
  #movimentos = new PorDia<Movimento[]>();
  #ocupacoes = new PorDia<Ocupacao>();
  /** A última senha que se deu, por letra e data. */
  #senhas = new PorDia<number>();
  #excecoes: readonly Excecao[] | undefined;
  #contatos = new Map<string, Contato>();

  /** Por cima desta, sem nada mudado. */
  constructor(base: Vista) {
    this.#base = base;
  }

  /** Os ativos de um CPF. */
  ativosDe(cpf: string): readonly Agendamento[] {
    return this.#ativos.get(cpf) ?? this.#base.ativosDe(cpf);
  }

  /** Os mais novos de um CPF. */
  historiaDe(cpf: string): readonly Agendamento[] {
    let historia = this.#historias.get(cpf);
    if (historia === undefined) this.#historias.set(cpf, historia = this.#base.historiaDe(cpf));
    const meus = this.#meus((um) => um.cpf === cpf);
    if (meus.length === 0) return historia;
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
    return this.#contatos.get(cpf) ?? this.#base.contatoDe(cpf);
  }

  /** A última senha de uma data. */
  ultimaSenha(data: string, letra: LetraDeSenha): number {
    return this.#senhas.get(letra, data) ?? this.#base.ultimaSenha(data, letra);
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
        const dada = senhaDada(antes, depois);
        if (dada !== undefined) this.#senhas.set(dada.letra, dada.data, dada.ultima);
        if (antes?.ativo || depois.ativo) {
          const outros = this.ativosDe(depois.cpf).filter(({ numero }) => numero !== depois.numero);
          this.#ativos.set(depois.cpf, depois.ativo ? [...outros, depois] : outros);
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
      default:
        impossivel(mudanca);
    }
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

  #meus(serve: (um: Agendamento) => boolean): Agendamento[] {
    return [...this.#mudados.values()].filter(serve);
  }
}
