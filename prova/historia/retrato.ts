/**
 * Um dia da clínica num instante da procura: quem está nele, o que se atende, e o que as regras fariam de um pedido ali. As
 * regras estão escritas aqui outra vez, do modo mais curto.
 *
 * @module
 */

import type { Estado } from "./procura.ts";
import {
  agendaDe,
  type DiaDaSemana,
  encaixavel,
  fecha,
  type LinhaDeExcecao,
  sobrepoe,
  type Turno,
  turnosDe,
} from "./semana.ts";
import { type Agora, conta, horaDe, minutoDe, mostra, permite, toma } from "./tabela.ts";
import { estaAtivo, type Imagem, type Vida } from "./vidas.ts";

/** Onde se quer marcar. */
export interface Pedida {
  /** A especialidade. */
  readonly especialidade: string;
  /** Só com este. */
  readonly profissional?: string;
  /** Só a esta hora. */
  readonly hora?: string;
}

/** A chave do estado de um dia em que estão as exceções que valem, por número: `"3,7"`. */
export const EXCECOES = "X";

/** O que se sabe de tudo, e como se lê um estado à luz disso. */
export class Mundo {
  /** Quando é. */
  readonly agora: Agora;
  #vidas: ReadonlyMap<number, Vida>;
  #dias: ReadonlyMap<string, DiaDaSemana>;
  #excecoes: ReadonlyMap<number, LinhaDeExcecao>;
  #turnos = new Map<string, readonly Turno[]>();
  #ordem: readonly string[];

  /** O mundo das vidas, dos dias em que se marca e das exceções que houve. */
  constructor(
    { vidas, dias, excecoes, agora }: {
      vidas: ReadonlyMap<number, Vida>;
      dias: readonly DiaDaSemana[];
      excecoes: readonly LinhaDeExcecao[];
      agora: Agora;
    },
  ) {
    this.#vidas = vidas;
    this.#dias = new Map(dias.map((dia) => [dia.data, dia]));
    this.#excecoes = new Map(excecoes.map((excecao) => [excecao.numero, excecao]));
    this.#ordem = ["", ...new Set(dias.flatMap(({ atende }) => atende.map(({ profissional }) => profissional)))];
    this.agora = agora;
  }

  /** Quem está num estado, de um CPF ou de um dia. */
  *quemEsta(estado: Estado): Generator<Imagem> {
    for (const [numero, versao] of estado) {
      const imagem = this.#vidas.get(Number(numero))?.[Number(versao) - 1]?.imagem;
      if (imagem !== undefined) yield imagem;
    }
  }

  /** Como um agendamento está num estado; `undefined` se não está nele. */
  qual(estado: Estado, numero: number): Imagem | undefined {
    return this.#vidas.get(numero)?.[Number(estado.get(String(numero)) ?? 0) - 1]?.imagem;
  }

  /** O que se atende num dia, com as exceções do estado. */
  turnos(data: string, estado: Estado): readonly Turno[] {
    const valem = estado.get(EXCECOES) ?? "";
    const qual = `${data} ${valem}`;
    const sabidos = this.#turnos.get(qual);
    if (sabidos !== undefined) return sabidos;
    const dia = this.#dias.get(data) ?? { data, atende: [] };
    const turnos = turnosDe(dia, { excecoes: this.#valem(estado), agora: this.agora })
      .toSorted((a, b) => this.lugarDe(a.profissional) - this.lugarDe(b.profissional) || a.inicio - b.inicio);
    this.#turnos.set(qual, turnos);
    return turnos;
  }

  /** Em que lugar um profissional está na configuração; antes de todos, nenhum. */
  lugarDe(profissional: string): number {
    return this.#ordem.indexOf(profissional);
  }

  /** Os atendimentos em que se pode marcar o que se pede; um todo fechado não é um. */
  servem(data: string, estado: Estado, { especialidade, profissional }: Pedida): Turno[] {
    return this.turnos(data, estado).filter((turno) =>
      turno.especialidade === especialidade && (profissional === undefined || turno.profissional === profissional) &&
      !fechadoInteiro(turno)
    );
  }

  /** Nenhum outro toma esses minutos dessa agenda. */
  livre(
    estado: Estado,
    { agenda, inicio, minutos }: { agenda: string; inicio: number; minutos: number },
    menos?: number,
  ): boolean {
    for (const imagem of this.quemEsta(estado)) {
      if (imagem.numero === menos || !toma(imagem) || agendaDe(imagem) !== agenda) continue;
      const comeco = minutoDe(imagem.hora);
      if (sobrepoe(inicio, inicio + minutos, { inicio: comeco, fim: comeco + (imagem.minutos ?? 1) })) return false;
    }
    return true;
  }

  /** Os horários livres de um atendimento. */
  livresDe(estado: Estado, { agenda, minutos, horas }: Turno, menos?: number): number[] {
    return horas.filter((inicio) => this.livre(estado, { agenda, inicio, minutos }, menos));
  }

  /**
   * A vaga que se dá: a primeira hora livre; entre vários, a de quem tem menos marcados da especialidade; e se empatam, o
   * primeiro na configuração. Quem se move fica com quem está, se ele tem hora.
   */
  escolhe(
    data: string,
    estado: Estado,
    { pedida, movido }: { pedida: Pedida; movido?: Imagem },
  ): Turno & { hora: string } | undefined {
    const turnos = this.servem(data, estado, pedida);
    if (movido !== undefined) {
      const dele = turnos.filter(({ agenda }) => agenda === agendaDe(movido));
      const ficou = this.#primeira(estado, dele, { hora: pedida.hora, menos: movido.numero });
      if (ficou !== undefined) return ficou;
    }
    return this.#primeira(estado, turnos, { hora: pedida.hora, menos: movido?.numero });
  }

  #primeira(
    estado: Estado,
    turnos: readonly Turno[],
    { hora, menos }: { hora?: string; menos?: number },
  ): Turno & { hora: string } | undefined {
    const vagas = turnos.flatMap((turno) =>
      this.livresDe(estado, turno, menos).filter((livre) => hora === undefined || horaDe(livre) === hora)
        .map((inicio) => ({ turno, inicio }))
    );
    const primeira = Math.min(...vagas.map(({ inicio }) => inicio));
    const [vaga] = vagas.filter(({ inicio }) => inicio === primeira)
      .map((vaga) => ({ ...vaga, marcados: this.#marcados(estado, vaga.turno, menos) }))
      .toSorted((a, b) => a.marcados - b.marcados);
    return vaga && { ...vaga.turno, hora: horaDe(vaga.inicio) };
  }

  #marcados(estado: Estado, { agenda, especialidade }: Turno, menos?: number): number {
    return [...this.quemEsta(estado)].filter((imagem) =>
      imagem.numero !== menos && imagem.especialidade === especialidade && agendaDe(imagem) === agenda &&
      conta(imagem.situacao)
    ).length;
  }

  /** Se um dos atendimentos tem esse horário. */
  temHora(data: string, estado: Estado, pedida: Pedida & { hora: string }): boolean {
    return this.servem(data, estado, pedida).some(({ horas }) => horas.includes(minutoDe(pedida.hora)));
  }

  /** Onde um encaixe cabe: fora, nenhum; cheio, se em todos já há os que cabem. */
  encaixe(data: string, estado: Estado, pedida: Pedida & { hora: string }): readonly Turno[] | "fora" {
    const turnos = this.servem(data, estado, pedida).filter((turno) => encaixavel(turno, pedida.hora));
    return turnos.length === 0 ? "fora" : turnos.filter((turno) => this.cabeEncaixe(estado, turno));
  }

  /** Um `FECHA` do estado atinge-o, e nenhum atendimento aberto o tem inteiro; de um encaixe conta a hora. */
  fechado(data: string, estado: Estado, imagem: Imagem): boolean {
    const inicio = minutoDe(imagem.hora);
    const fim = inicio + (imagem.encaixe ? 1 : imagem.minutos ?? 1);
    const atingido = this.#valem(estado).some((uma) =>
      uma.tipo === "FECHA" && uma.de <= data && data <= uma.ate && fecha(uma, imagem) && sobrepoe(inicio, fim, uma)
    );
    return atingido &&
      !this.turnos(data, estado).some((turno) =>
        turno.especialidade === imagem.especialidade && turno.agenda === agendaDe(imagem) &&
        inicio >= turno.inicio && fim <= turno.fim &&
        !turno.fechados.some(([de, ate]) => sobrepoe(inicio, fim, { inicio: de, fim: ate }))
      );
  }

  #valem(estado: Estado): LinhaDeExcecao[] {
    return (estado.get(EXCECOES) ?? "").split(",").flatMap((numero) => this.#excecoes.get(Number(numero)) ?? []);
  }

  /** Se ainda há lugar para um encaixe num atendimento. */
  cabeEncaixe(estado: Estado, { agenda, inicio, fim, encaixes }: Turno): boolean {
    let ha = 0;
    for (const imagem of this.quemEsta(estado)) {
      const minuto = minutoDe(imagem.hora);
      const nele = imagem.encaixe && imagem.situacao !== "CANCELADO" && agendaDe(imagem) === agenda;
      if (nele && minuto >= inicio && minuto < fim) ha++;
    }
    return ha < encaixes;
  }

  /** O ativo de uma especialidade, no estado de um CPF. */
  ativoEm(estado: Estado, especialidade: string): Imagem | undefined {
    for (const imagem of this.quemEsta(estado)) {
      if (imagem.especialidade === especialidade && estaAtivo(imagem)) return imagem;
    }
    return undefined;
  }

  /** De quem fala um pedido que muda e não diz o número; `undefined` se não há de quem. */
  alvo(estado: Estado, especialidade: string, { deHoje }: { deHoje: boolean }): Imagem | undefined {
    const hoje = [...this.quemEsta(estado)].filter((imagem) =>
      imagem.especialidade === especialidade && imagem.data === this.agora.hoje && conta(imagem.situacao) &&
      mostra(imagem.situacao)
    ).toSorted((a, b) => minutoDe(b.hora) - minutoDe(a.hora) || b.numero - a.numero);
    return (deHoje ? hoje[0] : undefined) ?? this.ativoEm(estado, especialidade);
  }

  /** Se a situação pode vir a seguir. */
  permite(imagem: Imagem, situacao: Parameters<typeof permite>[1]): boolean {
    return permite(imagem.situacao, situacao, { ...imagem, agora: this.agora });
  }
}

function fechadoInteiro({ inicio, fim, fechados }: Turno): boolean {
  for (let minuto = inicio; minuto < fim; minuto++) {
    if (!fechados.some(([de, ate]) => minuto >= de && minuto < ate)) return false;
  }
  return true;
}
