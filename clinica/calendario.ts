/**
 * O calendário: que datas estão abertas num instante, e o que já começou ou acabou, no fuso da clínica. Não sabe de
 * agendamentos; o relógio vem de fora.
 *
 * @module
 */

import { type Atendimentos, atendimentosDe, nomeDoDia, type Oferta } from "./oferta.ts";

/** Uma data aberta. */
export interface DiaAberto {
  /** `"aaaa-mm-dd"`. */
  readonly iso: string;
  /** O dia da semana, como se mostra. */
  readonly nome: string;
  /** O que se atende. */
  readonly atendimentos: Atendimentos;
}

/** Instantes de outras datas que se guardam, no máximo. */
const INSTANTES_GUARDADOS = 10_000;

/** O que está aberto num dia do relógio: vale de `inicio` até antes de `fim` (ms desde 1970). */
export interface Janela {
  /** A data de hoje, `"aaaa-mm-dd"`. */
  readonly hoje: string;
  /** O primeiro instante de hoje. */
  readonly inicio: number;
  /** O primeiro instante de amanhã. */
  readonly fim: number;
  /** A primeira data em que ainda não se marca, `"aaaa-mm-dd"`. */
  readonly ate: string;
  /** As datas que a semana abre, por `"aaaa-mm-dd"`, em ordem; as exceções ainda não contam. */
  readonly dias: ReadonlyMap<string, DiaAberto>;
}

/**
 * As datas abertas e os instantes de hoje, no fuso da clínica. Perguntar ao `Temporal` custa microssegundos; por isso a
 * janela é montada uma vez por dia e os instantes de hoje uma vez por hora perguntada.
 */
export class Calendario {
  /** A oferta que ele segue. */
  readonly oferta: Oferta;
  #janela: Janela | undefined;
  #instantes = new Map<string, number>();
  /** Os de outras datas, `"aaaa-mm-ddTHH:MM"`: quem promove pergunta várias vezes pelo mesmo. */
  #deOutros = new Map<string, number>();
  #escrito: { readonly agora: number; readonly texto: string } | undefined;

  /** O calendário de uma semana, com as suas datas fechadas e o seu fuso. */
  constructor(oferta: Oferta) {
    this.oferta = oferta;
  }

  /** A janela aberta no instante dado (ms desde 1970). */
  janela(agora: number): Janela {
    const janela = this.#janela;
    if (janela !== undefined && agora >= janela.inicio && agora < janela.fim) return janela;
    this.#instantes.clear();
    return this.#janela = this.#abre(agora);
  }

  #abre(agora: number): Janela {
    const { oferta } = this;
    const meiaNoite = Temporal.Instant.fromEpochMilliseconds(agora).toZonedDateTimeISO(oferta.fuso).startOfDay();
    const hoje = meiaNoite.toPlainDate();
    const dias = new Map<string, DiaAberto>();
    for (let i = 0; i < 7 * oferta.semanas; i++) {
      const iso = hoje.add({ days: i }).toString();
      const atendimentos = atendimentosDe(oferta, iso);
      if (atendimentos.size > 0) dias.set(iso, { iso, nome: nomeDoDia(oferta, iso), atendimentos });
    }
    return {
      hoje: hoje.toString(),
      inicio: meiaNoite.epochMilliseconds,
      fim: hoje.add({ days: 1 }).toZonedDateTime(oferta.fuso).epochMilliseconds,
      ate: hoje.add({ days: 7 * oferta.semanas }).toString(),
      dias,
    };
  }

  /** Verdadeiro quando a hora da data já começou no instante dado. */
  comecou(iso: string, hora: string, agora: number): boolean {
    const { hoje } = this.janela(agora);
    return iso === hoje ? this.#instanteDeHoje(hoje, hora) <= agora : iso < hoje;
  }

  /** Verdadeiro quando o atendimento (`hora`, com `minutos` de duração) já acabou no instante dado. */
  terminou(iso: string, hora: string, minutos: number, agora: number): boolean {
    const { hoje } = this.janela(agora);
    // Um atendimento cabe no dia em que começa: o de ontem acabou, o de amanhã não.
    return iso === hoje ? this.#instanteDeHoje(hoje, hora) + minutos * 60_000 <= agora : iso < hoje;
  }

  /** O instante como fica no livro, `"2026-11-23T10:00:00Z"`; escrever custa, e um lote inteiro tem o mesmo. */
  escreve(agora: number): string {
    if (this.#escrito?.agora !== agora) {
      this.#escrito = { agora, texto: Temporal.Instant.fromEpochMilliseconds(agora).toString() };
    }
    return this.#escrito.texto;
  }

  /** O instante de uma hora de uma data, ms desde 1970. */
  instante(iso: string, hora: string, agora: number): number {
    const { hoje } = this.janela(agora);
    return iso === hoje ? this.#instanteDeHoje(hoje, hora) : this.#instante(iso, hora);
  }

  /** Na mudança de horário, a hora que não existe anda para a frente e a que se repete vale a primeira vez. */
  #instanteDeHoje(hoje: string, hora: string): number {
    let instante = this.#instantes.get(hora);
    if (instante === undefined) this.#instantes.set(hora, instante = this.#instante(hoje, hora));
    return instante;
  }

  #instante(iso: string, hora: string): number {
    const local = `${iso}T${hora}`;
    let instante = this.#deOutros.get(local);
    if (instante === undefined) {
      if (this.#deOutros.size >= INSTANTES_GUARDADOS) this.#deOutros.clear();
      this.#deOutros.set(local, instante = this.#calcula(local));
    }
    return instante;
  }

  #calcula(local: string): number {
    return Temporal.PlainDateTime.from(local).toZonedDateTime(this.oferta.fuso).epochMilliseconds;
  }
}

/** Verdadeiro para uma data que existe, escrita `"aaaa-mm-dd"`. Sem o `Temporal`: é por aqui que passa cada data que se pede. */
export function ehData(data: string): boolean {
  if (!/^\d{4}-(0[1-9]|1[0-2])-\d\d$/.test(data)) return false;
  const [ano, mes, dia] = [Number(data.slice(0, 4)), Number(data.slice(5, 7)), Number(data.slice(8))];
  const bissexto = ano % 4 === 0 && (ano % 100 !== 0 || ano % 400 === 0);
  return dia >= 1 && dia <= (mes === 2 && bissexto ? 29 : DIAS_DO_MES[mes - 1]);
}

const DIAS_DO_MES = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
