/**
 * As regras: o que cada comando faz do livro.
 *
 * Uma tabela, `COMANDOS`, diz de cada um se muda o livro, o que pode tocar, o que responde com o livro fora do alcance e
 * o que decide. Decidir é puro: o mesmo estado e o mesmo pedido dão a mesma decisão. Um comando novo não compila enquanto
 * a tabela não o tiver inteiro, e o que não muda o livro não tem como devolver uma mudança.
 *
 * @module
 */

import type { Clinica } from "./clinica.ts";
import type { Agendamento, Dia, Mudanca, Quem, Vista } from "./livro.ts";
import type { DiaAberto, Especialidade, Horario } from "./oferta.ts";
import type { Comando, DiaLivre, Erro, Pedido, PedidoDe, Resultado } from "./pedido.ts";
import { chave } from "./texto.ts";

/** O mundo como uma decisão o vê. */
export interface Estado {
  /** A oferta e o calendário. */
  readonly clinica: Clinica;
  /** O livro. */
  readonly vista: Vista;
  /** O instante da decisão, ms desde 1970. */
  readonly agora: number;
  /** Quem pede. */
  readonly quem: Quem;
}

/** O que se decidiu: o resultado, e o que tem de estar gravado antes que ele saia. */
export interface Decisao {
  /** O que responder. */
  readonly resultado: Resultado;
  /** O que gravar, na ordem. */
  readonly mudancas: readonly Mudanca[];
}

/** O que um pedido pode tocar, sabido só por ele. */
export interface Toque {
  /** O CPF de que lê ou muda agendamentos. */
  readonly cpf?: string;
  /** Pode desmarcar o que esse CPF tem marcado. */
  readonly desmarca?: boolean;
  /** Os dias em que pode marcar, ou que lê. */
  readonly dias?: readonly Dia[];
}

/** O que se sabe de qualquer comando. */
interface Comum<C extends Comando> {
  /** O que pode tocar. */
  readonly toca: (pedido: PedidoDe<C>, clinica: Clinica, agora: number) => Toque;
  /** O que responde com o livro fora do alcance. */
  readonly semLivro: Resultado;
}

/** Um comando que só lê. */
interface Consulta<C extends Comando> extends Comum<C> {
  readonly muda: false;
  readonly responde: (estado: Estado, pedido: PedidoDe<C>) => Resultado;
}

/** Um comando que pode mudar o livro. */
interface Ato<C extends Comando> extends Comum<C> {
  readonly muda: true;
  readonly decide: (estado: Estado, pedido: PedidoDe<C>) => Decisao;
}

const FORA_DO_ALCANCE: Resultado = { codigo: "ERRO-131" };
const NADA: Toque = {};

/** O que a casa sabe de cada comando. */
export const COMANDOS: { readonly [C in Comando]: Consulta<C> | Ato<C> } = {
  AGEND: {
    muda: true,
    toca: ({ cpf, especialista, data }, clinica, agora) => {
      const especialidade = clinica.especialidade(especialista)?.chave;
      const aberto = clinica.calendario.janela(agora).dias.has(data);
      return especialidade !== undefined && aberto ? { cpf, dias: [[especialidade, data]] } : { cpf };
    },
    semLivro: FORA_DO_ALCANCE,
    decide: marcar,
  },
  BUSCA: {
    muda: false,
    toca: ({ cpf }) => ({ cpf }),
    semLivro: FORA_DO_ALCANCE,
    responde: buscar,
  },
  CANCEL: {
    muda: true,
    toca: ({ cpf }) => ({ cpf, desmarca: true }),
    semLivro: FORA_DO_ALCANCE,
    decide: desmarcar,
  },
  VAGAS: {
    muda: false,
    toca: ({ especialista, data }, clinica, agora) => {
      const abertos = clinica.diasAbertos(agora);
      if (especialista === undefined) return { dias: abertos };
      const especialidade = clinica.especialidade(especialista)?.chave;
      return { dias: abertos.filter((dia) => dia[0] === especialidade && (data === undefined || dia[1] === data)) };
    },
    semLivro: FORA_DO_ALCANCE,
    responde: vagas,
  },
  PING: {
    muda: false,
    toca: () => NADA,
    semLivro: { codigo: "OK-200" },
    responde: () => PRONTO,
  },
  SAIR: {
    muda: false,
    toca: () => NADA,
    semLivro: { codigo: "OK-201" },
    responde: () => ({ codigo: "OK-201" }),
  },
};

const PRONTO: Resultado = { codigo: "OK-200" };
const NENHUMA: readonly Mudanca[] = [];

/** A linha da tabela de um pedido. */
function regra<C extends Comando>(pedido: PedidoDe<C>): Consulta<C> | Ato<C> {
  return COMANDOS[pedido.comando as C];
}

/** Verdadeiro para os pedidos que podem mudar o livro. */
export function muda(pedido: Pedido | Erro): boolean {
  return "comando" in pedido && COMANDOS[pedido.comando].muda;
}

/** O que um pedido pode tocar. */
export function toca(pedido: Pedido | Erro, clinica: Clinica, agora: number): Toque {
  return "comando" in pedido ? regra(pedido).toca(pedido, clinica, agora) : NADA;
}

/** O resultado com o livro fora do alcance: só o que não precisa dele é respondido. */
export function semLivro(pedido: Pedido | Erro): Resultado {
  return "comando" in pedido ? COMANDOS[pedido.comando].semLivro : pedido;
}

/**
 * Decide um pedido. Um erro de leitura já é o resultado; passa por aqui para que as respostas de uma conexão saiam na
 * ordem.
 */
export function decidir(estado: Estado, pedido: Pedido | Erro): Decisao {
  if (!("comando" in pedido)) return semMudanca(pedido);
  const daTabela = regra(pedido);
  return daTabela.muda ? daTabela.decide(estado, pedido) : semMudanca(daTabela.responde(estado, pedido));
}

/**
 * O resultado de um pedido que só lê.
 *
 * @throws {TypeError} se o pedido pode mudar o livro: quem chama esqueceria a mudança.
 */
export function consultar(estado: Estado, pedido: Pedido | Erro): Resultado {
  if (!("comando" in pedido)) return pedido;
  const daTabela = regra(pedido);
  if (daTabela.muda) throw new TypeError(`${pedido.comando} muda o livro e não é uma consulta`);
  return daTabela.responde(estado, pedido);
}

function semMudanca(resultado: Resultado): Decisao {
  return { resultado, mudancas: NENHUMA };
}

/** Quando vários erros cabem, vale o primeiro na ordem 103, 105, 111, 110. */
function marcar(estado: Estado, pedido: PedidoDe<"AGEND">): Decisao {
  const { vista, quem } = estado;
  const atendimento = acharAtendimento(estado, pedido);
  if (atendimento === undefined) return semMudanca({ codigo: "ERRO-103" });
  const { especialidade, dia, horarios } = atendimento;

  const pedida = pedido.horario === undefined ? undefined : horarios.find(({ hora }) => hora === pedido.horario);
  if (pedido.horario !== undefined && (pedida === undefined || jaComecou(estado, dia, pedida))) {
    return semMudanca({ codigo: "ERRO-105" });
  }

  const anterior = vista.ativosDe(pedido.cpf).find((ativo) => ativo.especialidade === especialidade.chave);
  if (anterior !== undefined && !jaTerminou(estado, anterior)) {
    return semMudanca({ codigo: "ERRO-111", agendamentos: [anterior] });
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
  const marca: Mudanca = { tipo: "marca", agendamento, quem };
  return {
    resultado: { codigo: "OK-300", agendamentos: [agendamento] },
    mudancas: anterior === undefined ? [marca] : [{ tipo: "arquiva", agendamento: anterior, quem }, marca],
  };
}

function desmarcar(estado: Estado, pedido: PedidoDe<"CANCEL">): Decisao {
  const alvo = pedido.especialista === undefined ? undefined : chave(pedido.especialista);
  const achados = ativosEmOrdem(estado, pedido.cpf)
    .filter(({ especialidade }) => alvo === undefined || especialidade === alvo);
  if (achados.length === 0) return semMudanca({ codigo: "ERRO-113" });
  if (achados.length > 1) return semMudanca({ codigo: "ERRO-114", agendamentos: achados });
  const [agendamento] = achados;
  return {
    resultado: { codigo: "OK-301", agendamentos: [agendamento] },
    mudancas: [{ tipo: "desmarca", agendamento, quem: estado.quem }],
  };
}

function buscar(estado: Estado, { cpf }: PedidoDe<"BUSCA">): Resultado {
  const achados = ativosEmOrdem(estado, cpf);
  return achados.length === 0 ? NAO_ENCONTRADO : { codigo: "OK-302", agendamentos: achados };
}

const NAO_ENCONTRADO: Resultado = { codigo: "ERRO-112" };

function vagas(estado: Estado, { especialista, data }: PedidoDe<"VAGAS">): Resultado {
  const { clinica, agora } = estado;
  const { dias } = clinica.calendario.janela(agora);
  if (especialista === undefined) return listarVagas(estado, dias.values(), clinica.oferta.especialidades);
  const especialidade = clinica.especialidade(especialista);
  if (especialidade === undefined) return { codigo: "ERRO-103" };
  if (data === undefined) return listarVagas(estado, dias.values(), [especialidade]);
  const dia = dias.get(data);
  if (dia === undefined || !dia.horarios.has(especialidade.chave)) return { codigo: "ERRO-103" };
  return listarVagas(estado, [dia], [especialidade]);
}

function listarVagas(
  { clinica, vista, agora }: Estado,
  dias: Iterable<DiaAberto>,
  especialidades: readonly Especialidade[],
): Resultado {
  const vagas: DiaLivre[] = [];
  for (const dia of dias) {
    for (const especialidade of especialidades) {
      const livre = clinica.livres(vista, agora, dia, especialidade);
      if (livre !== undefined && livre.horas.length > 0) vagas.push(livre);
    }
  }
  return { codigo: "OK-304", vagas };
}

/** A saudação: a primeira hora livre de cada especialidade, na ordem da configuração. */
export function saudar({ clinica, vista, agora }: Estado): Resultado {
  const { dias } = clinica.calendario.janela(agora);
  const primeiras: DiaLivre[] = [];
  for (const especialidade of clinica.oferta.especialidades) {
    for (const dia of dias.values()) {
      const livre = clinica.livres(vista, agora, dia, especialidade);
      if (livre === undefined || livre.horas.length === 0) continue;
      primeiras.push(livre);
      break;
    }
  }
  return { codigo: "OK-200", primeiras };
}

function acharAtendimento(
  { clinica, agora }: Estado,
  pedido: PedidoDe<"AGEND">,
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
