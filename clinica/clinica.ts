/**
 * A clínica em funcionamento: a oferta, o calendário e o que as regras perguntam deles a toda hora, à mão, exceções e horas
 * livres incluídas. A agenda cria uma, e outra quando a configuração muda; as regras e o redator leem-na.
 *
 * @module
 */

import { agendaDe, type Agendamento } from "./agendamento.ts";
import { Calendario, type DiaAberto, type Janela } from "./calendario.ts";
import { comExcecoes, type Excecao, valeEm } from "./excecao.ts";
import type { Dia, Vista } from "./livro.ts";
import { estaLivre, type Ocupacao } from "./ocupacao.ts";
import {
  type AgendaDoDia,
  type Atendimentos,
  atendimentosDe,
  type Especialidade,
  type Horario,
  minutoDoDia,
  nomeDoDia,
  type Oferta,
  type Profissional,
} from "./oferta.ts";
import type { DiaLivre } from "./pedido.ts";
import { chave } from "./texto.ts";

/** As horas livres de uma agenda num dia, e aquilo de que dependem. */
interface Guardado {
  readonly ocupacoes: readonly Ocupacao[];
  readonly comecados: number;
  readonly livre: DiaLivre;
}

/** As horas livres de todos os de uma especialidade, e as listas de que se fizeram. */
interface Reunido {
  readonly partes: readonly DiaLivre[];
  readonly livre: DiaLivre;
}

/** A oferta e o calendário, com o que as regras perguntam deles. */
export class Clinica {
  /** A semana e o fuso. */
  readonly oferta: Oferta;
  /** As datas abertas e os instantes de hoje. */
  readonly calendario: Calendario;
  /** As agendas de todos, e as das especialidades. */
  readonly todasAsAgendas: readonly string[];
  #porTexto = new Map<string, Especialidade>();
  #profissionais = new Map<string, Profissional>();
  /**
   * De cada agenda, as outras que tomam os seus minutos: o que uma especialidade marcou antes de nomear quem a atende é de
   * todos eles, até que se mova.
   */
  #vizinhas = new Map<string, readonly string[]>();
  #agendas = new Map<string, readonly string[]>();
  #ordem = new Map<string, number>();
  #datas: { readonly janela: Janela; readonly datas: readonly string[] } | undefined;
  #perguntados: { readonly janela: Janela; readonly dias: readonly Dia[] } | undefined;
  #excetuados:
    | { readonly janela: Janela; readonly excecoes: readonly Excecao[]; readonly dias: ReadonlyMap<string, DiaAberto> }
    | undefined;
  #emVigor:
    | { readonly hoje: string; readonly todas: readonly Excecao[]; readonly delas: readonly Excecao[] }
    | undefined;
  #guardados = new WeakMap<DiaAberto, Map<AgendaDoDia, Guardado>>();
  #reunidos = new WeakMap<DiaAberto, Map<string, Reunido>>();
  /** Os atendimentos de datas de que se mostrou o local, com as exceções que se leram por último. */
  #mostrados = new Map<string, Atendimentos>();

  /** Uma clínica com esta configuração, já conferida. */
  constructor(oferta: Oferta) {
    this.oferta = oferta;
    this.calendario = new Calendario(oferta);
    for (const especialidade of oferta.especialidades) {
      this.#porTexto.set(especialidade.chave, especialidade);
      this.#porTexto.set(especialidade.nome, especialidade);
      this.#vizinhas.set(semNome(especialidade.chave), []);
    }
    for (const [especialidade, profissionais] of oferta.quemAtende) {
      for (const { chave: profissional } of profissionais) {
        this.#avizinha(semNome(especialidade), agendaDe({ especialidade, profissional }));
      }
    }
    for (const { chave } of oferta.especialidades) {
      const dela = semNome(chave);
      const deQuemAtende = this.#vizinhas.get(dela) ?? [];
      const todas = [dela, ...deQuemAtende, ...deQuemAtende.flatMap((agenda) => this.#vizinhas.get(agenda) ?? [])];
      this.#agendas.set(chave, [...new Set(todas)]);
    }
    this.todasAsAgendas = [...new Set([...this.#agendas.values()].flat())];
    oferta.profissionais.forEach((profissional, i) => {
      this.#profissionais.set(profissional.chave, profissional);
      this.#ordem.set(profissional.chave, i);
    });
  }

  #avizinha(uma: string, outra: string): void {
    this.#vizinhas.set(uma, [...this.#vizinhas.get(uma) ?? [], outra]);
    this.#vizinhas.set(outra, [...this.#vizinhas.get(outra) ?? [], uma]);
  }

  /** A especialidade que atende por este texto, sem distinguir caixa e acentos. */
  especialidade(texto: string): Especialidade | undefined {
    return this.#porTexto.get(texto) ?? this.#porTexto.get(chave(texto));
  }

  /** A chave de um texto que diz uma especialidade, mesmo de uma que a semana já não tem. */
  chaveDe(especialista: string): string {
    return this.especialidade(especialista)?.chave ?? chave(especialista);
  }

  /** O nome de uma especialidade guardada. Uma que a semana já não tem aparece por sua chave. */
  nomeDe(chave: string): string {
    return this.#porTexto.get(chave)?.nome ?? chave;
  }

  /** O profissional que se chama assim, sem distinguir caixa e acentos. */
  profissional(texto: string): Profissional | undefined {
    return this.#profissionais.get(texto) ?? this.#profissionais.get(chave(texto));
  }

  /** O nome de um profissional guardado. Um que a semana já não tem aparece por sua chave. */
  profissionalDe(chave: string): string {
    return this.#profissionais.get(chave)?.nome ?? chave;
  }

  /** O lugar de um profissional na configuração; os que ela não tem vêm depois, e a especialidade sem nomes antes. */
  ordemDe(chave: string): number {
    return chave === "" ? -1 : this.#ordem.get(chave) ?? this.#ordem.size;
  }

  /** Onde é um agendamento: para onde foi chamado, ou o local do atendimento, com as exceções que se leram por último. */
  localDe(agendamento: Agendamento): string {
    const { local, data, hora, especialidade } = agendamento;
    if (local !== "") return local;
    let atendimentos = this.#mostrados.get(data);
    if (atendimentos === undefined) {
      if (this.#mostrados.size >= DATAS_MOSTRADAS) this.#mostrados.clear();
      atendimentos = this.dia(data, this.#excetuados?.excecoes ?? [])?.atendimentos ?? SEM_ATENDIMENTOS;
      this.#mostrados.set(data, atendimentos);
    }
    const agenda = agendaDe(agendamento);
    const inicio = minutoDoDia(hora);
    const onde = (deQuais: Atendimentos): string | undefined =>
      deQuais.get(especialidade)?.find((uma) => uma.agenda === agenda)
        ?.turnos.find((turno) => inicio >= turno.inicio && inicio < turno.fim)?.local;
    // Num dia que se fechou, quem ainda não foi movido está onde a semana o punha.
    return onde(atendimentos) ?? onde(atendimentosDe(this.oferta, data)) ?? "";
  }

  /** As agendas de que depende uma hora de uma especialidade: as de quem a atende, e as que com elas disputam minutos. */
  agendas(especialidade: string): readonly string[] {
    return this.#agendas.get(especialidade) ?? [];
  }

  /** Uma data, com as exceções dela. */
  dia(iso: string, excecoes: readonly Excecao[]): DiaAberto | undefined {
    const delas = excecoes.filter((excecao) => valeEm(excecao, iso));
    const base = atendimentosDe(this.oferta, iso);
    const atendimentos = delas.length === 0 ? base : comExcecoes(base, delas, this.oferta);
    return atendimentos.size === 0 ? undefined : { iso, nome: nomeDoDia(this.oferta, iso), atendimentos };
  }

  /** Uma data como se mostra a quem acaba de consultar as horas livres: com as exceções que se leram por último, e quais são. */
  mostrado(iso: string): { readonly dia: DiaAberto | undefined; readonly excecoes: readonly Excecao[] } {
    const excecoes = (this.#excetuados?.excecoes ?? []).filter((uma) => valeEm(uma, iso));
    return { dia: this.dia(iso, excecoes), excecoes };
  }

  /** As exceções que valem e ainda não passaram; a mesma lista enquanto nada muda. */
  emVigor(vista: Pick<Vista, "excecoes">, agora: number): readonly Excecao[] {
    const { hoje } = this.calendario.janela(agora);
    const todas = vista.excecoes();
    if (this.#emVigor?.todas !== todas || this.#emVigor.hoje !== hoje) {
      this.#emVigor = { hoje, todas, delas: todas.filter(({ ate }) => ate >= hoje) };
    }
    return this.#emVigor.delas;
  }

  /** As datas abertas, com as exceções do livro, em ordem; o mesmo objeto enquanto nada muda. */
  dias(vista: Pick<Vista, "excecoes">, agora: number): ReadonlyMap<string, DiaAberto> {
    const janela = this.calendario.janela(agora);
    const excecoes = vista.excecoes();
    if (excecoes.length === 0 && this.#excetuados === undefined) return janela.dias;
    if (this.#excetuados?.janela === janela && this.#excetuados.excecoes === excecoes) return this.#excetuados.dias;
    this.#mostrados.clear();
    const delas = this.emVigor(vista, agora);
    const datas = this.datas(agora);
    const dias = new Map<string, DiaAberto>();
    for (const iso of datas) {
      const dia = delas.some((excecao) => valeEm(excecao, iso)) ? this.dia(iso, delas) : janela.dias.get(iso);
      if (dia !== undefined) dias.set(iso, dia);
    }
    this.#excetuados = { janela, excecoes, dias };
    return dias;
  }

  /**
   * Os dias que se leem para saber todas as horas livres: os de todas as agendas, que uma exceção pode abrir onde a semana
   * fecha. A mesma lista enquanto a janela é a mesma: quem junta consultas vê que perguntam pelo mesmo.
   */
  diasPerguntados(agora: number): readonly Dia[] {
    const janela = this.calendario.janela(agora);
    if (this.#perguntados?.janela === janela) return this.#perguntados.dias;
    const dias = this.datas(agora).flatMap((iso) => this.todasAsAgendas.map((agenda): Dia => [agenda, iso]));
    this.#perguntados = { janela, dias };
    return dias;
  }

  /** As datas da janela aberta, as fechadas incluídas, em ordem. */
  datas(agora: number): readonly string[] {
    const janela = this.calendario.janela(agora);
    if (this.#datas?.janela !== janela) this.#datas = { janela, datas: datasDe(janela) };
    return this.#datas.datas;
  }

  /** As agendas que disputam minutos com esta. */
  vizinhas(agenda: string): readonly string[] {
    return this.#vizinhas.get(agenda) ?? [];
  }

  /** O que toma os minutos de uma agenda numa data: a ocupação dela, e as das que os disputam com ela. */
  tomado(vista: Pick<Vista, "ocupacao">, iso: string, agenda: string): readonly Ocupacao[] {
    const dela = vista.ocupacao(agenda, iso);
    const vizinhas = this.vizinhas(agenda);
    if (vizinhas.length === 0) return [dela];
    return [dela, ...vizinhas.map((vizinha) => vista.ocupacao(vizinha, iso))];
  }

  /**
   * As horas livres de uma agenda num dia em que ela atende. O mesmo objeto enquanto nada muda, para que também o que dele
   * se escreve possa ser guardado.
   */
  livres(
    { vista, agora }: { vista: Vista; agora: number },
    dia: DiaAberto,
    especialidade: Especialidade,
    agenda: AgendaDoDia,
  ): DiaLivre {
    const { horarios, profissional } = agenda;
    const ocupacoes = this.tomado(vista, dia.iso, agenda.agenda);
    const comecados = this.#comecados(dia, horarios, agora);
    const doDia = oDoDia(this.#guardados, dia);
    const guardado = doDia.get(agenda);
    if (guardado?.comecados === comecados && guardado.ocupacoes.every((uma, i) => uma.igual(ocupacoes[i]))) {
      return guardado.livre;
    }
    const horas = horarios.slice(comecados)
      .filter((horario) => estaLivre(ocupacoes, horario))
      .map(({ hora }) => hora);
    const livre: DiaLivre = { dia, especialidade, profissional, horas };
    doDia.set(agenda, { ocupacoes: ocupacoes.map((uma) => uma.copia()), comecados, livre });
    return livre;
  }

  /** As horas livres de todos os que atendem a especialidade no dia, juntas; `undefined` se ninguém atende. */
  livresDeTodos(
    estado: { vista: Vista; agora: number },
    dia: DiaAberto,
    especialidade: Especialidade,
  ): DiaLivre | undefined {
    const agendas = dia.atendimentos.get(especialidade.chave);
    if (agendas === undefined) return undefined;
    if (agendas.length === 1) return this.livres(estado, dia, especialidade, agendas[0]);
    const partes = agendas.map((agenda) => this.livres(estado, dia, especialidade, agenda));
    const doDia = oDoDia(this.#reunidos, dia);
    const reunido = doDia.get(especialidade.chave);
    if (reunido !== undefined && partes.every((parte, i) => parte === reunido.partes[i])) return reunido.livre;
    const livre: DiaLivre = { dia, especialidade, horas: [...new Set(partes.flatMap(({ horas }) => horas))].sort() };
    doDia.set(especialidade.chave, { partes, livre });
    return livre;
  }

  /** Quantos horários do dia já começaram: os instantes vão na ordem das horas. */
  #comecados(dia: DiaAberto, horarios: readonly Horario[], agora: number): number {
    if (horarios.length === 0 || !this.calendario.comecou(dia.iso, horarios[0].hora, agora)) return 0;
    const primeiro = horarios.findIndex(({ hora }) => !this.calendario.comecou(dia.iso, hora, agora));
    return primeiro < 0 ? horarios.length : primeiro;
  }
}

/** A agenda de uma especialidade que não nomeia quem atende, ou de quando não nomeava. */
function semNome(especialidade: string): string {
  return agendaDe({ especialidade, profissional: "" });
}

/** Datas de que se guarda o local dos atendimentos. */
const DATAS_MOSTRADAS = 1000;

const SEM_ATENDIMENTOS: Atendimentos = new Map();

/** O que se guarda de um dia, por alguma chave. */
function oDoDia<K, V>(guardados: WeakMap<DiaAberto, Map<K, V>>, dia: DiaAberto): Map<K, V> {
  let doDia = guardados.get(dia);
  if (doDia === undefined) guardados.set(dia, doDia = new Map());
  return doDia;
}

/** As datas de uma janela, em ordem. */
function datasDe({ hoje, ate }: Janela): string[] {
  const datas: string[] = [];
  for (let dia = Temporal.PlainDate.from(hoje); dia.toString() < ate; dia = dia.add({ days: 1 })) {
    datas.push(dia.toString());
  }
  return datas;
}
