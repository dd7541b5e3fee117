/**
 * A clínica em funcionamento: a oferta, o calendário e o que as regras perguntam deles a toda hora, à mão, horas livres
 * incluídas. A agenda cria uma; as regras e o redator leem-na.
 *
 * @module
 */

import type { Dia, Vista } from "./livro.ts";
import type { Ocupacao } from "./ocupacao.ts";
import { Calendario, type DiaAberto, type Especialidade, type Horario, type Janela, type Oferta } from "./oferta.ts";
import type { DiaLivre } from "./pedido.ts";
import { chave } from "./texto.ts";

/** As horas livres de um dia, e aquilo de que dependem. */
interface Guardado {
  readonly ocupacao: Ocupacao;
  readonly comecados: number;
  readonly livre: DiaLivre;
}

/** A oferta e o calendário, com o que as regras perguntam deles. */
export class Clinica {
  /** A semana e o fuso. */
  readonly oferta: Oferta;
  /** As datas abertas e os instantes de hoje. */
  readonly calendario: Calendario;
  #porTexto = new Map<string, Especialidade>();
  #abertos: { readonly janela: Janela; readonly dias: readonly Dia[] } | undefined;
  #guardados = new WeakMap<DiaAberto, Map<string, Guardado>>();

  /** Uma clínica com esta configuração, já conferida. */
  constructor(oferta: Oferta) {
    this.oferta = oferta;
    this.calendario = new Calendario(oferta);
    for (const especialidade of oferta.especialidades) {
      this.#porTexto.set(especialidade.chave, especialidade);
      this.#porTexto.set(especialidade.nome, especialidade);
    }
  }

  /** A especialidade que atende por este texto, sem distinguir caixa e acentos. */
  especialidade(texto: string): Especialidade | undefined {
    return this.#porTexto.get(texto) ?? this.#porTexto.get(chave(texto));
  }

  /** O nome de uma especialidade guardada. Uma que a semana já não tem aparece por sua chave. */
  nomeDe(chave: string): string {
    return this.#porTexto.get(chave)?.nome ?? chave;
  }

  /** Os dias abertos. A mesma lista enquanto a janela é a mesma: quem junta consultas vê que perguntam pelo mesmo. */
  diasAbertos(agora: number): readonly Dia[] {
    const janela = this.calendario.janela(agora);
    if (this.#abertos?.janela === janela) return this.#abertos.dias;
    const dias: Dia[] = [];
    for (const { iso, horarios } of janela.dias.values()) {
      for (const especialidade of horarios.keys()) dias.push([especialidade, iso]);
    }
    this.#abertos = { janela, dias };
    return dias;
  }

  /**
   * As horas livres de uma especialidade num dia em que ela atende. O mesmo objeto enquanto nada muda, para que também o
   * que dele se escreve possa ser guardado.
   */
  livres(vista: Vista, agora: number, dia: DiaAberto, especialidade: Especialidade): DiaLivre | undefined {
    const horarios = dia.horarios.get(especialidade.chave);
    if (horarios === undefined) return undefined;
    const ocupacao = vista.ocupacao(especialidade.chave, dia.iso);
    const comecados = this.#comecados(dia, horarios, agora);
    let doDia = this.#guardados.get(dia);
    if (doDia === undefined) this.#guardados.set(dia, doDia = new Map());
    const guardado = doDia.get(especialidade.chave);
    if (guardado?.comecados === comecados && guardado.ocupacao.igual(ocupacao)) return guardado.livre;
    const horas = horarios.slice(comecados)
      .filter(({ inicio, minutos }) => ocupacao.livre(inicio, minutos))
      .map(({ hora }) => hora);
    const livre: DiaLivre = { dia, especialidade, horas };
    doDia.set(especialidade.chave, { ocupacao: ocupacao.copia(), comecados, livre });
    return livre;
  }

  /** Quantos horários do dia já começaram: os instantes vão na ordem das horas. */
  #comecados(dia: DiaAberto, horarios: readonly Horario[], agora: number): number {
    if (!this.calendario.comecou(dia.iso, horarios[0].hora, agora)) return 0;
    const primeiro = horarios.findIndex(({ hora }) => !this.calendario.comecou(dia.iso, hora, agora));
    return primeiro < 0 ? horarios.length : primeiro;
  }
}
