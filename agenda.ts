/**
 * A agenda: as regras da clínica e a fila por onde passa quem quer mudá-la.
 *
 * O núcleo é `decidir(estado, pedido) → { resposta, mudancas }`, uma função pura. `Agenda` o aplica sobre um `Armazem`
 * (a porta do armazenamento, definida aqui, implementada em `armazem/sqlite.ts` e `armazem/postgres.ts`): consultas são
 * respondidas do que já está gravado; mudanças esperam a vez numa fila de promessas, o mutex da casa. Quem chega enquanto
 * um lote é gravado vai inteiro no lote seguinte, numa só transação: a fila é também o *group commit*.
 *
 * Não sabe de sockets nem de SQL, e o relógio vem de fora: testa-se sem nenhuma permissão.
 *
 * @module
 */

import { setImmediate } from "node:timers";
import {
  Calendario,
  dataNoFio,
  type DiaAberto,
  type Especialidade,
  type Horario,
  type Janela,
  minutoDoDia,
  nomeDoDia,
  type Oferta,
} from "./clinica/oferta.ts";
import type { Agendamento, Alcance, Armazem, Desfecho, Dia, Fim, Lote, Mudanca, Vista } from "./clinica/livro.ts";
import { type Ocupacao, PorDia } from "./clinica/ocupacao.ts";
import { chave } from "./clinica/texto.ts";
import type { Erro, Pedido, PrimeiraVaga, Resposta, Tupla, Vaga } from "./protocolo.ts";

/** Uma vista com as mudanças do lote por cima; a de baixo fica como estava. */
class Sobreposta implements Vista {
  #base: Vista;
  #ativos = new Map<string, readonly Agendamento[]>();
  #ocupacoes = new PorDia<Ocupacao>();

  constructor(base: Vista) {
    this.#base = base;
  }

  ativosDe(cpf: string): readonly Agendamento[] {
    return this.#ativos.get(cpf) ?? this.#base.ativosDe(cpf);
  }

  ocupacao(especialidade: string, data: string): Ocupacao {
    return this.#ocupacoes.get(especialidade, data) ?? this.#base.ocupacao(especialidade, data);
  }

  novoId(): number {
    return this.#base.novoId();
  }

  aplica({ tipo, agendamento }: Mudanca): void {
    const { cpf, especialidade, data, hora, minutos } = agendamento;
    const ativos = this.ativosDe(cpf);
    if (tipo === "marca") {
      this.#ativos.set(cpf, [...ativos, agendamento]);
      this.#minha(especialidade, data).toma(minutoDoDia(hora), minutos);
    } else {
      this.#ativos.set(cpf, ativos.filter(({ id }) => id !== agendamento.id));
      if (tipo === "desmarca") this.#minha(especialidade, data).libera(minutoDoDia(hora), minutos);
    }
  }

  #minha(especialidade: string, data: string): Ocupacao {
    let minha = this.#ocupacoes.get(especialidade, data);
    if (minha === undefined) {
      minha = this.#base.ocupacao(especialidade, data).copia();
      this.#ocupacoes.set(especialidade, data, minha);
    }
    return minha;
  }
}

/** A oferta e o calendário, com o que as regras perguntam deles a toda hora. */
export class Clinica {
  /** A semana e o fuso. */
  readonly oferta: Oferta;
  /** As datas abertas e os instantes de hoje. */
  readonly calendario: Calendario;
  #porTexto = new Map<string, Especialidade>();

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

  /** O agendamento como viaja. Uma especialidade que a semana já não tem aparece por sua chave. */
  tupla({ cpf, nome, especialidade, data, hora }: Agendamento, agora: number): Tupla {
    const aberto = this.calendario.janela(agora).porIso.get(data);
    const noFio = aberto?.data ?? dataNoFio(data);
    const dia = aberto?.nome ?? nomeDoDia(this.oferta, data);
    return ["AGEND", cpf, nome, this.#porTexto.get(especialidade)?.nome ?? especialidade, noFio, dia, hora];
  }
}

/** O mundo como uma decisão o vê. */
export interface Estado {
  /** A oferta e o calendário. */
  readonly clinica: Clinica;
  /** O livro. */
  readonly vista: Vista;
  /** O instante da decisão, ms desde 1970. */
  readonly agora: number;
  /** Quem pede: endereço ou terminal. */
  readonly origem: string;
}

/** O que se decidiu: a resposta, e o que tem de estar gravado antes que ela saia. */
export interface Decisao {
  /** A resposta ao pedido. */
  readonly resposta: Resposta;
  /** O que gravar, na ordem. */
  readonly mudancas: readonly Mudanca[];
}

/**
 * Decide um pedido. Função pura: o mesmo estado e o mesmo pedido dão a mesma decisão. Um erro de leitura já é a resposta;
 * passa por aqui para que as respostas de uma conexão saiam na ordem.
 */
export function decidir(estado: Estado, pedido: Pedido | Erro): Decisao {
  if ("codigo" in pedido) return semMudanca(pedido);
  switch (pedido.comando) {
    case "AGEND":
      return decidirAgend(estado, pedido);
    case "CANCEL":
      return decidirCancel(estado, pedido);
    case "BUSCA":
      return semMudanca(buscar(estado, pedido.cpf));
    case "VAGAS":
      return semMudanca(vagas(estado, pedido));
    case "PING":
      return semMudanca({ codigo: "OK-200" });
    case "SAIR":
      return semMudanca({ codigo: "OK-201" });
  }
}

/** A resposta com o livro fora do alcance: só o que não precisa dele é respondido. */
function semLivro(pedido: Pedido | Erro): Resposta {
  if ("codigo" in pedido) return pedido;
  switch (pedido.comando) {
    case "PING":
      return { codigo: "OK-200" };
    case "SAIR":
      return { codigo: "OK-201" };
    default:
      return { codigo: "ERRO-131" };
  }
}

/** Verdadeiro para os pedidos que podem mudar o livro. */
export function muda(pedido: Pedido | Erro): boolean {
  return "comando" in pedido && (pedido.comando === "AGEND" || pedido.comando === "CANCEL");
}

function semMudanca(resposta: Resposta): Decisao {
  return { resposta, mudancas: NENHUMA };
}

const NENHUMA: readonly Mudanca[] = [];

/** Quando vários erros cabem, vale o primeiro na ordem 103, 105, 111, 110. */
function decidirAgend(estado: Estado, pedido: Pedido & { comando: "AGEND" }): Decisao {
  const { clinica, vista, agora, origem } = estado;
  const atendimento = acharAtendimento(estado, pedido);
  if (atendimento === undefined) return semMudanca({ codigo: "ERRO-103" });
  const { especialidade, dia, horarios } = atendimento;

  const pedida = pedido.horario === undefined ? undefined : horarios.find(({ hora }) => hora === pedido.horario);
  if (pedido.horario !== undefined && (pedida === undefined || jaComecou(estado, dia, pedida))) {
    return semMudanca({ codigo: "ERRO-105" });
  }

  const anterior = vista.ativosDe(pedido.cpf).find((ativo) => ativo.especialidade === especialidade.chave);
  if (anterior !== undefined && !jaTerminou(estado, anterior)) {
    return semMudanca({ codigo: "ERRO-111", agendamentos: [clinica.tupla(anterior, agora)] });
  }

  const ocupacao = vista.ocupacao(especialidade.chave, dia.iso);
  const livre = (pedida === undefined ? horarios : [pedida])
    .find((horario) => ocupacao.livre(horario.inicio, horario.minutos) && !jaComecou(estado, dia, horario));
  if (livre === undefined) return semMudanca({ codigo: "ERRO-110" });

  const agendamento: Agendamento = {
    id: vista.novoId(),
    cpf: pedido.cpf,
    nome: pedido.nome,
    especialidade: especialidade.chave,
    profissional: "",
    data: dia.iso,
    hora: livre.hora,
    minutos: livre.minutos,
  };
  const marca: Mudanca = { tipo: "marca", agendamento, origem };
  return {
    resposta: { codigo: "OK-300", agendamentos: [clinica.tupla(agendamento, agora)] },
    mudancas: anterior === undefined ? [marca] : [{ tipo: "encerra", agendamento: anterior }, marca],
  };
}

function decidirCancel(estado: Estado, pedido: Pedido & { comando: "CANCEL" }): Decisao {
  const { clinica, agora } = estado;
  const alvo = pedido.especialista === undefined ? undefined : chave(pedido.especialista);
  const achados = ativosEmOrdem(estado, pedido.cpf)
    .filter(({ especialidade }) => alvo === undefined || especialidade === alvo);
  if (achados.length === 0) return semMudanca({ codigo: "ERRO-113" });
  if (achados.length > 1) {
    return semMudanca({ codigo: "ERRO-114", agendamentos: achados.map((achado) => clinica.tupla(achado, agora)) });
  }
  const [agendamento] = achados;
  return {
    resposta: { codigo: "OK-301", agendamentos: [clinica.tupla(agendamento, agora)] },
    mudancas: [{ tipo: "desmarca", agendamento }],
  };
}

function buscar(estado: Estado, cpf: string): Resposta {
  const achados = ativosEmOrdem(estado, cpf);
  if (achados.length === 0) return NAO_ENCONTRADO;
  return { codigo: "OK-302", agendamentos: achados.map((achado) => estado.clinica.tupla(achado, estado.agora)) };
}

const NAO_ENCONTRADO: Resposta = { codigo: "ERRO-112" };

function vagas(estado: Estado, pedido: Pedido & { comando: "VAGAS" }): Resposta {
  const { clinica, agora } = estado;
  const { dias } = clinica.calendario.janela(agora);
  if (pedido.especialista === undefined) {
    return { codigo: "OK-304", vagas: listarVagas(estado, dias.values(), clinica.oferta.especialidades) };
  }
  const especialidade = clinica.especialidade(pedido.especialista);
  if (especialidade === undefined) return { codigo: "ERRO-103" };
  if (pedido.data === undefined) {
    return { codigo: "OK-304", vagas: listarVagas(estado, dias.values(), [especialidade]) };
  }
  const dia = dias.get(pedido.data);
  if (dia === undefined || !dia.horarios.has(especialidade.chave)) return { codigo: "ERRO-103" };
  return { codigo: "OK-304", vagas: listarVagas(estado, [dia], [especialidade]) };
}

function listarVagas(estado: Estado, dias: Iterable<DiaAberto>, especialidades: readonly Especialidade[]): Vaga[] {
  const lista: Vaga[] = [];
  for (const dia of dias) {
    for (const especialidade of especialidades) {
      const horarios = [...horasLivres(estado, especialidade, dia)];
      if (horarios.length > 0) lista.push([dia.data, dia.nome, especialidade.nome, horarios]);
    }
  }
  return lista;
}

/** A saudação: a primeira hora livre de cada especialidade, na ordem da configuração. */
function saudar(estado: Estado): Resposta {
  const { oferta, calendario } = estado.clinica;
  const { dias } = calendario.janela(estado.agora);
  const primeiras = oferta.especialidades.map((especialidade): PrimeiraVaga | undefined => {
    for (const dia of dias.values()) {
      for (const hora of horasLivres(estado, especialidade, dia)) return [dia.data, dia.nome, hora, especialidade.nome];
    }
  });
  return { codigo: "OK-200", primeiras: primeiras.filter((primeira) => primeira !== undefined) };
}

function* horasLivres(estado: Estado, { chave }: Especialidade, dia: DiaAberto): Generator<string> {
  const horarios = dia.horarios.get(chave);
  if (horarios === undefined) return;
  const ocupacao = estado.vista.ocupacao(chave, dia.iso);
  for (const horario of horarios) {
    if (!jaComecou(estado, dia, horario) && ocupacao.livre(horario.inicio, horario.minutos)) yield horario.hora;
  }
}

function acharAtendimento(
  { clinica, agora }: Estado,
  pedido: Pedido & { comando: "AGEND" },
): { especialidade: Especialidade; dia: DiaAberto; horarios: readonly Horario[] } | undefined {
  const especialidade = clinica.especialidade(pedido.especialista);
  const dia = clinica.calendario.janela(agora).dias.get(pedido.data);
  if (especialidade === undefined || dia === undefined) return undefined;
  const horarios = dia.horarios.get(especialidade.chave);
  if (horarios === undefined) return undefined;
  if (pedido.dia !== dia.nome && chave(pedido.dia) !== chave(dia.nome)) return undefined;
  return { especialidade, dia, horarios };
}

function jaComecou({ clinica, agora }: Estado, dia: DiaAberto, { hora }: Horario): boolean {
  return clinica.calendario.comecou(dia.iso, hora, agora);
}

function jaTerminou({ clinica, agora }: Estado, { data, hora, minutos }: Agendamento): boolean {
  return clinica.calendario.terminou(data, hora, minutos, agora);
}

function ativosEmOrdem(estado: Estado, cpf: string): Agendamento[] {
  const ativos = estado.vista.ativosDe(cpf);
  if (ativos.length === 0) return [];
  return ativos
    .filter((ativo) => !jaTerminou(estado, ativo))
    .sort((a, b) => comparar(a.data, b.data) || comparar(a.hora, b.hora));
}

function comparar(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** O mutex: cada tarefa começa quando a anterior acabou, na ordem de chegada. Uma que falha não para a fila. */
export class Fila {
  #ultima: Promise<unknown> = Promise.resolve();

  /** Põe a tarefa na fila; a promessa devolvida é a dela. */
  entra<T>(tarefa: () => Promise<T>): Promise<T> {
    const vez = this.#ultima.then(tarefa);
    this.#ultima = vez.catch(() => {});
    return vez;
  }
}

/** Pedidos de uma conexão, à espera de um lote. `responde(undefined)`: não se sabe o que houve com eles. */
interface Grupo {
  readonly pedidos: readonly (Pedido | Erro)[];
  readonly origem: string;
  readonly responde: (respostas: Resposta[] | undefined) => void;
}

/** Pedidos num lote, no máximo: alguns milissegundos de gravação, para que as consultas não esperem mais que isso. */
const LOTE_MAXIMO = 1024;

/** Pedidos que uma volta do laço de eventos traz quando há mais por trazer: a cota é de 128 leituras. */
const VOLTA_CHEIA = 100;

/**
 * Deixa o laço de eventos voltar ao sistema e buscar mais leituras. Só espera por outra thread o faz depressa: uma tarefa
 * mínima custa 40 µs, `setTimeout` mais de 1 ms, e com `setImmediate` ou `MessageChannel` o laço gira sem sair (medido).
 */
export async function cedeAoSistema(): Promise<void> {
  await crypto.subtle.digest("SHA-256", UM_BYTE);
}

const UM_BYTE = new Uint8Array(1);

/** O que deu errado: um lote (como acabou), ou uma leitura do livro. */
export type Falha = "nada" | "recusado" | "incerto" | "leitura";

/** O que `Agenda` precisa. */
export interface OpcoesDaAgenda {
  /** Onde o livro está. */
  armazem: Armazem;
  /** O que a clínica atende. */
  oferta: Oferta;
  /** O instante de agora, ms desde 1970. */
  relogio: () => number;
  /** Chamada quando um lote não pôde ser gravado, ou o livro lido. */
  aoFalhar?: (tipo: Falha, causa: unknown) => void;
}

/** O livro em funcionamento: recebe pedidos de muitas conexões e responde a cada uma na ordem. */
export class Agenda {
  /** A oferta e o calendário. */
  readonly clinica: Clinica;
  #armazem: Armazem;
  #relogio: () => number;
  #aoFalhar: (tipo: Falha, causa: unknown) => void;
  #fila = new Fila();
  #pendentes: Grupo[] = [];
  /** Lotes cujo desfecho o armazém ainda descobre. */
  #suspensos = new Set<Promise<void>>();
  #abertos: { readonly janela: Janela; readonly dias: readonly Dia[] } | undefined;

  /** Uma agenda sobre um armazém; nada acontece até o primeiro pedido. */
  constructor({ armazem, oferta, relogio, aoFalhar = () => {} }: OpcoesDaAgenda) {
    this.#armazem = armazem;
    this.#relogio = relogio;
    this.#aoFalhar = aoFalhar;
    this.clinica = new Clinica(oferta);
  }

  /**
   * Responde a pedidos de uma conexão, na ordem; um vê o que os anteriores mudaram. Só consultas: na hora, se o armazém
   * lê na hora. Com mudanças: depois de gravadas. `undefined`: o desfecho não é sabido e não se deve responder nada.
   */
  atende(pedidos: readonly (Pedido | Erro)[], origem: string): Resposta[] | Promise<Resposta[] | undefined> {
    if (!pedidos.some(muda)) return this.#consulta(pedidos, origem);
    return new Promise((responde) => {
      this.#pendentes.push({ pedidos, origem, responde });
      if (this.#pendentes.length === 1) this.#agendaLote();
    });
  }

  /**
   * A saudação a quem conecta. Com o livro fora do alcance é `ERRO-131`: uma lista vazia diria que não há horas livres, e
   * a conexão vale mesmo assim, pois o livro pode voltar.
   */
  saudacao(): Resposta | Promise<Resposta> {
    const agora = this.#relogio();
    return this.#le(
      () => ({ cpfs: [], desmarcam: [], dias: this.#diasAbertos(agora) }),
      (vista) => saudar(this.#estado(vista, agora, "")),
      () => ({ codigo: "ERRO-131" }),
    );
  }

  /** Espera que tudo o que entrou na fila tenha resposta. */
  async esvazia(): Promise<void> {
    do {
      await this.#fila.entra(() => Promise.resolve());
      await Promise.all(this.#suspensos);
    } while (this.#pendentes.length > 0);
  }

  #agendaLote(): void {
    this.#fila.entra(async () => {
      await this.#reune();
      await this.#grava(this.#proximos());
    });
  }

  /** Espera os pedidos que já chegaram, para que entrem juntos no lote. */
  async #reune(): Promise<void> {
    await new Promise<void>((segue) => setImmediate(() => segue()));
    // O Deno entrega no máximo 128 leituras por volta do laço. Quando a volta veio cheia há mais gente à espera, e sem
    // ouvi-la os mesmos 128 seriam atendidos sempre: com 500 terminais, alguns esperavam dois segundos.
    for (let antes = 0; this.#pendentes.length - antes >= VOLTA_CHEIA && this.#pendentes.length < LOTE_MAXIMO;) {
      antes = this.#pendentes.length;
      await cedeAoSistema();
    }
  }

  #proximos(): Grupo[] {
    let quantos = 0;
    let pedidos = 0;
    while (quantos < this.#pendentes.length && pedidos < LOTE_MAXIMO) {
      pedidos += this.#pendentes[quantos++].pedidos.length;
    }
    const grupos = this.#pendentes.splice(0, quantos);
    if (this.#pendentes.length > 0) this.#agendaLote();
    return grupos;
  }

  async #grava(grupos: readonly Grupo[], { repetido = false } = {}): Promise<void> {
    const agora = this.#relogio();
    const desfecho = await this.#lote(grupos, agora);
    if (desfecho.tipo !== "pendente") return await this.#conclui(grupos, desfecho, { agora, repetido });
    // A fila não espera: com o banco fora do alcance, quem vem depois tem de saber disso na hora.
    const fim = desfecho.fim.then((fim) => this.#conclui(grupos, fim, { agora, repetido }))
      .finally(() => this.#suspensos.delete(fim));
    this.#suspensos.add(fim);
  }

  async #conclui(
    grupos: readonly Grupo[],
    desfecho: Fim<Resposta[][]>,
    { agora, repetido }: { agora: number; repetido: boolean },
  ): Promise<void> {
    switch (desfecho.tipo) {
      case "gravado":
        grupos.forEach(({ responde }, i) => responde(desfecho.resultado[i]));
        return;
      case "recusado":
        if (grupos.length > 1) {
          for (const grupo of grupos) await this.#grava([grupo]);
          return;
        }
        if (grupos[0].pedidos.length > 1) {
          await this.#gravaUmPorUm(grupos[0]);
          return;
        }
        // A recusa fez o armazém reler o livro: o que há nele pode dar outra resposta.
        if (!repetido) return await this.#grava(grupos, { repetido: true });
        break;
      case "incerto":
        this.#aoFalhar(desfecho.tipo, desfecho.causa);
        grupos.forEach(({ responde }) => responde(undefined));
        return;
    }
    this.#aoFalhar(desfecho.tipo, desfecho.causa);
    for (const grupo of grupos) grupo.responde(await this.#semGravar(grupo, agora));
  }

  async #lote(grupos: readonly Grupo[], agora: number): Promise<Desfecho<Resposta[][]>> {
    try {
      return await this.#armazem.lote(
        () => this.#alcance(grupos.flatMap(({ pedidos }) => pedidos), agora),
        agora,
        (vista) => this.#decide(vista, grupos, agora),
      );
    } catch (causa) {
      // Um armazém não rejeita; se um o fizer, não se sabe o que houve, e quem espera tem de ser solto.
      return { tipo: "incerto", causa };
    }
  }

  async #gravaUmPorUm({ pedidos, origem, responde }: Grupo): Promise<void> {
    const respostas: Resposta[] = [];
    for (const pedido of pedidos) {
      const { promise, resolve } = Promise.withResolvers<Resposta[] | undefined>();
      await this.#grava([{ pedidos: [pedido], origem, responde: resolve }]);
      const resposta = await promise;
      if (resposta === undefined) return responde(undefined);
      respostas.push(...resposta);
    }
    responde(respostas);
  }

  /** Nada mudou: o que não muda o livro tem a resposta de sempre; o resto não pôde ser feito. */
  async #semGravar({ pedidos, origem }: Grupo, agora: number): Promise<Resposta[]> {
    return await this.#le(() => this.#alcance(pedidos, agora), (vista) => {
      const estado = this.#estado(vista, agora, origem);
      return pedidos.map((pedido): Resposta => {
        const { resposta, mudancas } = decidir(estado, pedido);
        return mudancas.length === 0 ? resposta : { codigo: "ERRO-131" };
      });
    }, () => pedidos.map(semLivro));
  }

  #decide(vista: Vista, grupos: readonly Grupo[], agora: number): Lote<Resposta[][]> {
    const sobreposta = new Sobreposta(vista);
    const mudancas: Mudanca[] = [];
    const resultado = grupos.map(({ pedidos, origem }) => {
      const estado = this.#estado(sobreposta, agora, origem);
      return pedidos.map((pedido) => {
        const decisao = decidir(estado, pedido);
        for (const mudanca of decisao.mudancas) {
          sobreposta.aplica(mudanca);
          mudancas.push(mudanca);
        }
        return decisao.resposta;
      });
    });
    return { resultado, mudancas };
  }

  #consulta(pedidos: readonly (Pedido | Erro)[], origem: string): Resposta[] | Promise<Resposta[]> {
    const agora = this.#relogio();
    return this.#le(() => this.#alcance(pedidos, agora), (vista) => {
      const estado = this.#estado(vista, agora, origem);
      return pedidos.map((pedido) => decidir(estado, pedido).resposta);
    }, () => pedidos.map(semLivro));
  }

  /** Lê, na hora se o armazém o faz na hora; com o livro fora do alcance, o resultado é o de `semLivro`. */
  #le<R>(alcance: () => Alcance, consulta: (vista: Vista) => R, semLivro: () => R): R | Promise<R> {
    const falha = (causa: unknown): R => {
      this.#aoFalhar("leitura", causa);
      return semLivro();
    };
    try {
      const lido = this.#armazem.le(alcance, consulta);
      return lido instanceof Promise ? lido.catch(falha) : lido;
    } catch (causa) {
      return falha(causa);
    }
  }

  #estado(vista: Vista, agora: number, origem: string): Estado {
    return { clinica: this.clinica, vista, agora, origem };
  }

  #alcance(pedidos: readonly (Pedido | Erro)[], agora: number): Alcance {
    const cpfs = new Set<string>();
    const desmarcam = new Set<string>();
    const dias = new Map<string, Dia>();
    const { dias: abertos } = this.clinica.calendario.janela(agora);
    let vagas: readonly Dia[] = [];
    for (const pedido of pedidos) {
      if ("codigo" in pedido) continue;
      if ("cpf" in pedido) cpfs.add(pedido.cpf);
      if (pedido.comando === "CANCEL") desmarcam.add(pedido.cpf);
      if (pedido.comando === "VAGAS") {
        vagas = vagas.length === 0 ? this.#diasDasVagas(pedido, agora) : this.#diasAbertos(agora);
      } else if (pedido.comando === "AGEND") {
        const especialidade = this.clinica.especialidade(pedido.especialista)?.chave;
        const data = abertos.get(pedido.data)?.iso;
        if (especialidade !== undefined && data !== undefined) {
          dias.set(`${especialidade} ${data}`, [especialidade, data]);
        }
      }
    }
    if (dias.size > 0) { for (const dia of vagas) dias.set(dia.join(" "), dia); }
    return { cpfs: [...cpfs], desmarcam: [...desmarcam], dias: dias.size > 0 ? [...dias.values()] : vagas };
  }

  #diasDasVagas({ especialista, data }: Pedido & { comando: "VAGAS" }, agora: number): readonly Dia[] {
    const abertos = this.#diasAbertos(agora);
    if (especialista === undefined) return abertos;
    const especialidade = this.clinica.especialidade(especialista)?.chave;
    return abertos.filter((dia) => dia[0] === especialidade && (data === undefined || dataNoFio(dia[1]) === data));
  }

  /** A mesma lista enquanto a janela é a mesma: quem junta consultas vê que perguntam pelos mesmos dias. */
  #diasAbertos(agora: number): readonly Dia[] {
    const janela = this.clinica.calendario.janela(agora);
    if (this.#abertos?.janela === janela) return this.#abertos.dias;
    const dias: Dia[] = [];
    for (const { iso, horarios } of janela.dias.values()) {
      for (const especialidade of horarios.keys()) dias.push([especialidade, iso]);
    }
    this.#abertos = { janela, dias };
    return dias;
  }
}
