/**
 * As regras: o que cada comando faz do livro.
 *
 * Uma tabela, `COMANDOS`, diz de cada um se muda o livro, o que pode tocar, o que responde com o livro fora do alcance e
 * o que decide; cada ato está no seu arquivo. Decidir é puro: o mesmo estado e o mesmo pedido dão a mesma decisão. Um
 * comando novo não compila enquanto a tabela não o tiver inteiro, e o que não muda o livro não tem como devolver uma mudança.
 *
 * @module
 */

import type { Clinica } from "./clinica.ts";
import { contando, contasDe, seConta } from "./contar.ts";
import { buscar, historiar, listar, vagas } from "./consultas.ts";
import { corrigir } from "./corrigir.ts";
import { desmarcar } from "./desmarcar.ts";
import { aceitar, desistir, esperar, mostrarFila, recusar } from "./esperar.ts";
import { type Decisao, type Estado, semMudanca } from "./estado.ts";
import { abrirExtra, fechar, podeExcetuar, reabrir } from "./excetuar.ts";
import type { Alcance, Dia, Quem } from "./livro.ts";
import { marcar } from "./marcar.ts";
import type { Comando, Erro, Pedido, PedidoDe, Qual, Resultado } from "./pedido.ts";
import { NEGADO, podePedir, semContar } from "./permissao.ts";
import { comPromocoes } from "./promover.ts";
import { remarcar } from "./remarcar.ts";
import { situar } from "./situar.ts";
import { pendentesDe, prosseguir, tique } from "./tique.ts";
import { tratarDoTitular } from "./titular.ts";

/** O que um pedido pode tocar, sabido só por ele. */
export interface Toque extends Partial<Omit<Alcance, "cpfs" | "historias" | "mudam" | "voltam" | "fichas" | "hoje">> {
  /** O CPF de que lê ou muda agendamentos. */
  readonly cpf?: string;
  /** Lê a história desse CPF. */
  readonly historia?: boolean;
  /** Lê a ficha desse CPF. */
  readonly ficha?: boolean;
  /** Pode tirar do dia em que está o que esse CPF tem marcado. */
  readonly muda?: boolean;
  /** Pode devolver ao dia em que estava algo desse CPF que acabou. */
  readonly volta?: boolean;
}

/** O que se sabe de qualquer comando. */
export interface Comum<C extends Comando> {
  /** O que pode tocar. */
  readonly toca: (pedido: PedidoDe<C>, clinica: Clinica, agora: number) => Toque;
  /** O que responde com o livro fora do alcance. */
  readonly semLivro: Resultado;
}

/** Um comando que só lê. */
export interface Consulta<C extends Comando> extends Comum<C> {
  /** Não muda. */
  readonly muda: false;
  /** O que responde; não tem como devolver uma mudança. */
  readonly responde: (estado: Estado, pedido: PedidoDe<C>) => Resultado;
}

/** Um comando que pode mudar o livro. */
export interface Ato<C extends Comando> extends Comum<C> {
  /** Pode mudar. */
  readonly muda: true;
  /** O que responde e o que muda. */
  readonly decide: (estado: Estado, pedido: PedidoDe<C>) => Decisao;
}

const FORA_DO_ALCANCE: Resultado = { codigo: "ERRO-131" };
const PRONTO: Resultado = { codigo: "OK-200" };
const APRESENTADO: Resultado = { codigo: "OK-200", apresenta: true };
const NADA: Toque = {};

/** O que a casa sabe de cada comando. */
export const COMANDOS: { readonly [C in Comando]: Consulta<C> | Ato<C> } = {
  AGEND: {
    muda: true,
    toca: ({ cpf, especialista, data }, clinica, agora) => ({
      cpf,
      // As faltas estão na história.
      historia: clinica.oferta.regras.faltas !== undefined,
      novos: 1,
      // Pode dispensar um convite para mais tarde.
      promove: true,
      ...naData(clinica, { especialista, data, agora }),
    }),
    semLivro: FORA_DO_ALCANCE,
    decide: marcar,
  },
  REMARC: {
    muda: true,
    toca: (pedido, clinica, agora) => {
      const { especialista, data } = pedido;
      return { ...qual(pedido), muda: true, promove: true, ...naData(clinica, { especialista, data, agora }) };
    },
    semLivro: FORA_DO_ALCANCE,
    decide: remarcar,
  },
  CANCEL: {
    muda: true,
    toca: (pedido) => ({ ...qual(pedido), muda: true, promove: true }),
    semLivro: FORA_DO_ALCANCE,
    decide: desmarcar,
  },
  CORRIGE: {
    muda: true,
    // Não sai do dia; mas quem o fecha diz quem lá está, como está.
    toca: (pedido) => ({ ...qual(pedido), muda: true }),
    semLivro: FORA_DO_ALCANCE,
    decide: corrigir,
  },
  SITUA: {
    muda: true,
    toca: ({ cpf, situacao }, clinica, agora) => {
      // Também quem não sai do dia: quem o fecha diz quem lá está, como está.
      const historia = { cpf, historia: true, muda: true, promove: true };
      // Também se cancela, e se desfaz, o que já não é o ativo.
      const volta = { ...historia, volta: true };
      // O que se desfaz pode ser de quem já atende outra especialidade, e é com as agendas dele que disputa.
      if (situacao === "DESFAZ") return { ...volta, vizinhas: clinica.todasAsAgendas, excecoes: "le" };
      if (situacao === "CANCELADO") return volta;
      if (situacao === "CHEGOU") return { ...historia, senhas: [clinica.calendario.janela(agora).hoje] };
      return historia;
    },
    semLivro: FORA_DO_ALCANCE,
    decide: situar,
  },
  FECHA: {
    muda: true,
    // Um período que se vai recusar não se lê: podia ser o livro inteiro, com todos os dias travados.
    toca: ({ data, ate = data }, clinica, agora) =>
      podeExcetuar({ clinica, agora }, data) && podeExcetuar({ clinica, agora }, ate)
        ? { periodos: [[data, ate]], excecoes: "muda", promove: true }
        : NADA,
    semLivro: FORA_DO_ALCANCE,
    decide: fechar,
  },
  EXTRA: {
    muda: true,
    toca: ({ especialista, data }, clinica) => ({
      dias: agendasEm(clinica, especialista, data),
      // Um REABRE do mesmo lote pode desfazê-lo, e pergunta quem lá está.
      periodos: [[data, data]],
      excecoes: "muda",
      promove: true,
    }),
    semLivro: FORA_DO_ALCANCE,
    decide: abrirExtra,
  },
  REABRE: {
    muda: true,
    toca: ({ numero }) => ({ reabrem: [numero], excecoes: "muda", promove: true }),
    semLivro: FORA_DO_ALCANCE,
    decide: reabrir,
  },
  ESPERA: {
    muda: true,
    toca: ({ cpf, especialista }, clinica) => ({
      cpf,
      historia: clinica.oferta.regras.faltas !== undefined,
      listas: [clinica.chaveDe(especialista)],
      excecoes: "le",
    }),
    semLivro: FORA_DO_ALCANCE,
    decide: esperar,
  },
  DESISTE: {
    muda: true,
    toca: ({ cpf, especialista }, clinica) => ({ cpf, listas: [clinica.chaveDe(especialista)], promove: true }),
    semLivro: FORA_DO_ALCANCE,
    decide: desistir,
  },
  ACEITA: {
    muda: true,
    toca: ({ cpf, especialista }, clinica) => ({
      cpf,
      historia: clinica.oferta.regras.faltas !== undefined,
      muda: true,
      listas: [clinica.chaveDe(especialista)],
      promove: true,
    }),
    semLivro: FORA_DO_ALCANCE,
    decide: aceitar,
  },
  RECUSA: {
    muda: true,
    toca: ({ cpf, especialista }, clinica) => ({ cpf, listas: [clinica.chaveDe(especialista)], promove: true }),
    semLivro: FORA_DO_ALCANCE,
    decide: recusar,
  },
  TITULAR: {
    muda: true,
    toca: ({ cpf }, clinica) => ({
      cpf,
      historia: true,
      muda: true,
      ficha: true,
      listas: clinica.oferta.especialidades.map(({ chave }) => chave),
    }),
    semLivro: FORA_DO_ALCANCE,
    decide: tratarDoTitular,
  },
  TICK: {
    muda: true,
    toca: (_pedido, clinica, agora) => ({ pendencias: pendentesDe({ clinica, agora }), promove: true }),
    semLivro: FORA_DO_ALCANCE,
    decide: tique,
  },
  PROSSEGUE: {
    muda: true,
    toca: (pedido, clinica, agora) => ({ pendencias: pendentesDe({ clinica, agora }, pedido), promove: true }),
    semLivro: FORA_DO_ALCANCE,
    decide: prosseguir,
  },
  FILA: {
    muda: false,
    toca: ({ especialista }, clinica) => ({ listas: [clinica.chaveDe(especialista)] }),
    semLivro: FORA_DO_ALCANCE,
    responde: mostrarFila,
  },
  BUSCA: {
    muda: false,
    toca: ({ cpf, comEsperas }, clinica) =>
      comEsperas ? { cpf, listas: clinica.oferta.especialidades.map(({ chave }) => chave) } : { cpf },
    semLivro: FORA_DO_ALCANCE,
    responde: buscar,
  },
  HISTORIA: {
    muda: false,
    toca: ({ cpf }) => ({ cpf, historia: true }),
    semLivro: FORA_DO_ALCANCE,
    responde: historiar,
  },
  LISTA: {
    muda: false,
    toca: ({ data }) => ({ periodos: [[data, data]], cancelados: [data] }),
    semLivro: FORA_DO_ALCANCE,
    responde: listar,
  },
  VAGAS: {
    muda: false,
    toca: ({ especialista, data }, clinica, agora) => {
      const dias = clinica.diasPerguntados(agora);
      if (especialista === undefined) return { dias, excecoes: "le" };
      const agendas = clinica.agendas(clinica.especialidade(especialista)?.chave ?? "");
      return {
        dias: dias.filter(([agenda, iso]) => agendas.includes(agenda) && (data === undefined || iso === data)),
        excecoes: "le",
      };
    },
    semLivro: FORA_DO_ALCANCE,
    responde: vagas,
  },
  EXCECOES: {
    muda: false,
    toca: () => ({ excecoes: "le" }),
    semLivro: FORA_DO_ALCANCE,
    responde: ({ clinica, vista, agora }) => ({ codigo: "OK-200", excecoes: clinica.emVigor(vista, agora) }),
  },
  OLA: {
    muda: false,
    toca: () => NADA,
    semLivro: APRESENTADO,
    // A chave que é de alguém a sessão já a reconheceu, e não vem aqui.
    responde: (_estado, { chave }) => chave === undefined ? APRESENTADO : NEGADO,
  },
  PING: {
    muda: false,
    toca: () => NADA,
    semLivro: PRONTO,
    responde: () => PRONTO,
  },
  SAIR: {
    muda: false,
    toca: () => NADA,
    semLivro: { codigo: "OK-201" },
    responde: () => ({ codigo: "OK-201" }),
  },
};

/** O que toca um pedido que fala de um agendamento de um CPF: com número, pode ser um que já acabou. */
function qual({ cpf, numero }: Qual & { readonly cpf: string }): Toque {
  return { cpf, historia: numero !== undefined };
}

/** O que toca um pedido que quer uma hora de uma especialidade numa data aberta. */
function naData(
  clinica: Clinica,
  { especialista, data, agora }: { especialista: string; data: string; agora: number },
): Toque {
  const { hoje, ate } = clinica.calendario.janela(agora);
  return { dias: data >= hoje && data < ate ? agendasEm(clinica, especialista, data) : [], excecoes: "le" };
}

/** Todas as agendas de que depende uma hora de uma especialidade, numa data. */
function agendasEm(clinica: Clinica, especialista: string, data: string): Dia[] {
  const especialidade = clinica.especialidade(especialista)?.chave ?? "";
  return clinica.agendas(especialidade).map((agenda): Dia => [agenda, data]);
}

/** A linha da tabela de um pedido. */
function regra<C extends Comando>(pedido: PedidoDe<C>): Consulta<C> | Ato<C> {
  return COMANDOS[pedido.comando as C];
}

/** Verdadeiro para os pedidos que podem mudar o livro. */
export function muda(pedido: Pedido | Erro): boolean {
  return "comando" in pedido && COMANDOS[pedido.comando].muda;
}

/** Verdadeiro para os que têm de esperar a vez: os que podem mudar o livro, e os que se contam. */
export function esperaAVez(pedido: Pedido | Erro, quem: Pick<Quem, "papel">): boolean {
  return muda(pedido) || "comando" in pedido && seConta(pedido, quem);
}

/** Quem pede, por que semana e a que horas. */
export type AoPedir = Pick<Estado, "clinica" | "agora" | "quem">;

/** O que um pedido pode tocar. */
export function toca(pedido: Pedido | Erro, { clinica, agora, quem }: AoPedir): Toque {
  if (!("comando" in pedido)) return NADA;
  const toque = regra(pedido).toca(pedido, clinica, agora);
  const tentativas = contasDe(pedido, quem);
  return tentativas === undefined ? toque : { ...toque, tentativas };
}

/** O resultado com o livro fora do alcance: só o que não precisa dele é respondido, e a quem o pode pedir. */
export function semLivro(pedido: Pedido | Erro, quem: Quem): Resultado {
  if (!("comando" in pedido)) return pedido;
  // De quem é uma chave sabe-se sem o livro.
  const recusado = !podePedir(quem, pedido) || pedido.comando === "OLA" && pedido.chave !== undefined;
  return recusado ? NEGADO : COMANDOS[pedido.comando].semLivro;
}

/**
 * Decide um pedido. Um erro de leitura já é o resultado; passa por aqui para que as respostas de uma conexão saiam na
 * ordem.
 */
export function decidir(estado: Estado, pedido: Pedido | Erro): Decisao {
  if (!("comando" in pedido)) return semMudanca(pedido);
  if (!podePedir(estado.quem, pedido)) return semMudanca(NEGADO);
  return contando(estado, pedido, () => {
    const daTabela = regra(pedido);
    const decisao = daTabela.muda
      ? comPromocoes(estado, daTabela.decide(estado, pedido))
      : semMudanca(daTabela.responde(estado, pedido));
    const resultado = semContar(estado.quem, decisao.resultado);
    return resultado === decisao.resultado ? decisao : { ...decisao, resultado };
  });
}

/**
 * O resultado de um pedido que só lê.
 *
 * @throws {TypeError} se o pedido pode mudar o livro, ou se se conta: quem chama esqueceria a mudança.
 */
export function consultar(estado: Estado, pedido: Pedido | Erro): Resultado {
  if (!("comando" in pedido)) return pedido;
  if (!podePedir(estado.quem, pedido)) return NEGADO;
  const daTabela = regra(pedido);
  if (daTabela.muda || seConta(pedido, estado.quem)) {
    throw new TypeError(`${pedido.comando} muda o livro e não é uma consulta`);
  }
  return daTabela.responde(estado, pedido);
}
