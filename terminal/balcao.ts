/**
 * O balcão: como o menu fala com o servidor, insistindo enquanto não atende, à vista de quem espera. O que
 * houve com um pedido sem resposta, decide-o `destino.ts`. Só o menu o usa.
 *
 * @module
 */

import { delay } from "@std/async";
import { type Conexao, esperaAntesDe, RespostaPerdida } from "./conexao.ts";
import {
  aceitoEm,
  consultaDestino,
  consultaNaLista,
  destinoDe,
  type DestinoNaLista,
  destinoNaLista,
  type PedidoDeMudanca,
  type PedidoNaLista,
  type VistoNaLista,
} from "./destino.ts";
import {
  type CodigoDeRecusa,
  ehRecusa,
  fraseDeOcupado,
  frasesDe,
  NADA_COM_O_CODIGO,
  O_QUE_QUER_DIZER,
  SERVIDOR_ANTIGO,
} from "./frases.ts";
import { deQuemAtende, pedeCodigo, porqueNao } from "./papel.ts";
import { outraChave } from "./porta.ts";
import { Interrupcao } from "./teclado.ts";
import type { Balcao, Tela } from "./tela.ts";
import { agendamentoDe, cartaoDe } from "./telas.ts";
import {
  agendamentosEm,
  ChaveRecusada,
  type Respondido,
  SemConexao,
  ServidorAntigo,
  ServidorOcupado,
  type TuplaLida,
  type VagaLida,
} from "./tubo.ts";
import type { Codigo } from "../clinica/pedido.ts";
import type { Convite, PedidoNoFio2De } from "../fio/clinica2.ts";

/** A pessoa cansou de esperar pelo servidor e voltou ao menu. */
export class Desistencia extends Error {
  /** O nome da classe. */
  override name = "Desistencia";
}

/** Diz o que houve, se o código é de um erro. */
export function recusa({ conexao, tela }: Balcao, codigo: Codigo): void {
  if (ehRecusa(codigo)) tela.frase("erro", `${recusaEm(conexao, codigo)} (${codigo})`);
}

/** A frase de um erro neste terminal: a quem não pode diz-se quem é, e onde é preciso o código não se diz o que há sem ele. */
export function recusaEm(conexao: Conexao, codigo: CodigoDeRecusa): string {
  if (codigo === "ERRO-120") return porqueNao(conexao);
  if (codigo === "ERRO-112" && deQuemAtende(conexao)) {
    return "Este CPF não tem agendamento ativo com quem usa este terminal.";
  }
  const semTal = codigo === "ERRO-112" || codigo === "ERRO-113" || codigo === "ERRO-119";
  return semTal && pedeCodigo(conexao, "BUSCA") ? NADA_COM_O_CODIGO : O_QUE_QUER_DIZER[codigo];
}

/** Diz o que houve e, quando a recusa o traz, mostra como está o agendamento. */
export function recusaCom(balcao: Balcao, resposta: Respondido): void {
  const { codigo } = resposta;
  if (codigo === "ERRO-116") {
    const [frase, ...mais] = frasesDe(resposta);
    balcao.tela.frase("erro", [`${frase} (${codigo})`, ...mais].join(" "));
  } else recusa(balcao, codigo);
  const [agora] = agendamentosEm(resposta);
  if (agora !== undefined && ehRecusa(resposta.codigo)) {
    balcao.tela.quadro(cartaoDe("Como está agora", agendamentoDe(agora)));
  }
}

/**
 * As vagas que o servidor diz haver.
 *
 * @throws {Desistencia} quando ele não as diz, já dito por quê.
 */
export async function consultaVagas(
  balcao: Balcao,
  pedido: PedidoNoFio2De<"VAGAS">,
): Promise<readonly VagaLida[]> {
  const resposta = await insiste(balcao, () => balcao.conexao.pede(pedido));
  if (resposta.codigo === "OK-304") return resposta.vagas;
  // A especialidade pode ter saído da semana da clínica entre um passo e outro: para quem escolhe, não tem vaga.
  if (resposta.codigo === "ERRO-103") return [];
  recusa(balcao, resposta.codigo);
  throw new Desistencia();
}

/** Os agendamentos do CPF, ou o do código; se não há, diz por quê, a não ser que o que se disse dele já baste. */
export async function consultaAgendamentos(
  balcao: Balcao,
  quem: { readonly cpf: string; readonly codigo?: string },
  { jaDito = false }: { jaDito?: boolean } = {},
): Promise<readonly TuplaLida[]> {
  const resposta = await insiste(balcao, () => balcao.conexao.pede({ comando: "BUSCA", ...quem }));
  if (resposta.codigo === "OK-302") return resposta.agendamentos;
  if (!jaDito || resposta.codigo !== "ERRO-112") recusa(balcao, resposta.codigo);
  return [];
}

/** Quem só vê o que é seu com um código que não chegou a ter não o pode conferir. */
function ondeConferir(conexao: Conexao): string {
  return pedeCodigo(conexao, "BUSCA")
    ? "Fale com a recepção antes de repetir."
    : 'Confira em "Ver os agendamentos" antes de repetir.';
}

/** O que cada mudança é, numa frase. */
const ATO: { readonly [C in PedidoDeMudanca["comando"]]: string } = {
  AGEND: "o agendamento",
  CANCEL: "o cancelamento",
  REMARC: "a mudança",
  CORRIGE: "a correção",
  SITUA: "a mudança",
};

/** Pede uma mudança. Se a resposta se perde, descobre o que houve; devolve `undefined` se não aconteceu. */
export async function altera(
  balcao: Balcao,
  pedido: PedidoDeMudanca,
  { antes }: { antes?: readonly TuplaLida[] } = {},
): Promise<Respondido | undefined> {
  const { conexao, teclado, tela } = balcao;
  const ato = ATO[pedido.comando];
  const feito = ato.startsWith("a") ? "feita" : "feito";
  const naoSeSabe = `Não se sabe se ${ato} foi ${feito}. ${ondeConferir(conexao)}`;
  try {
    return await insiste(balcao, () => conexao.pede(pedido));
  } catch (erro) {
    if (!(erro instanceof RespostaPerdida)) throw erro;
  }
  if (teclado.interrompido.aborted) {
    tela.frase("aviso", naoSeSabe);
    throw teclado.interrompido.reason;
  }
  tela.frase("aviso", `A conexão caiu antes da resposta. Verificando se ${ato} foi ${feito}…`);
  try {
    const depois = await insiste(balcao, () => consultaDestino(conexao, pedido));
    if (depois === undefined) throw new Desistencia();
    const resposta = destinoDe(pedido, depois, { antes });
    if (resposta === undefined) tela.frase("erro", `Não: ${ato} não foi ${feito}. Confirme para tentar de novo.`);
    else if (!ehRecusa(resposta.codigo)) tela.frase("ok", `Sim: ${ato} foi ${feito}.`);
    return resposta;
  } catch (erro) {
    if (erro instanceof Interrupcao || erro instanceof Desistencia) tela.frase("aviso", naoSeSabe);
    throw erro;
  }
}

/**
 * Pede algo da lista de espera; se a resposta se perde, vê o que ficou, di-lo, e devolve-o.
 *
 * @param convite A hora segurada por que se responde.
 * @throws {Desistencia} se não se sabe o que houve, já dito.
 */
export async function alteraNaLista(
  balcao: Balcao,
  pedido: PedidoNaLista,
  convite?: Convite,
): Promise<Respondido | DestinoNaLista> {
  const { conexao, teclado, tela } = balcao;
  try {
    return await insiste(balcao, () => conexao.pede(pedido));
  } catch (erro) {
    if (!(erro instanceof RespostaPerdida)) throw erro;
  }
  const naoSeSabe = `Não se sabe se foi feito. ${ondeConferir(conexao)}`;
  if (teclado.interrompido.aborted) {
    tela.frase("aviso", naoSeSabe);
    throw teclado.interrompido.reason;
  }
  tela.frase("aviso", "A conexão caiu antes da resposta. Verificando o que ficou…");
  try {
    const visto = await insiste(balcao, () => consultaNaLista(conexao, pedido));
    const destino = visto && destinoNaLista(pedido, visto, convite);
    if (visto === undefined || destino === undefined) throw new Desistencia();
    tela.frase(destino === "feito" ? "ok" : "erro", oQueFicou(pedido, destino, visto));
    const aceito = pedido.comando === "ACEITA" && aceitoEm(visto.agendamentos, pedido.especialista, convite);
    if (aceito) tela.quadro(cartaoDe("Como ficou", agendamentoDe(aceito)));
    return destino;
  } catch (erro) {
    if (erro instanceof Interrupcao || erro instanceof Desistencia) tela.frase("aviso", naoSeSabe);
    throw erro;
  }
}

function oQueFicou({ comando }: PedidoNaLista, destino: DestinoNaLista, { entrada }: VistoNaLista): string {
  if (destino === "tarde") return "Não: já não está na lista, ou já não há hora segurada.";
  const feito = destino === "feito";
  switch (comando) {
    case "ESPERA":
      return feito
        ? `Sim: está na lista de espera, em ${entrada?.posicao}º lugar. O código não chegou; quem o quer sai da lista e ` +
          "entra de novo, no fim."
        : "Não: não entrou na lista. Confirme para tentar de novo.";
    case "DESISTE":
      return feito ? "Sim: fora da lista de espera." : "Não: continua na lista de espera.";
    case "RECUSA":
      return feito ? "Sim: esse convite já não está de pé; continua na lista." : "Não: a hora continua segurada.";
    case "ACEITA":
      return feito ? "Sim: a hora é sua." : "Não: a hora continua segurada.";
  }
}

/** Depois de quanto silêncio, em ms, se diz que se espera pelo servidor; antes disso só piscaria. */
const SILENCIO = 500;

/**
 * Faz o que precisa do servidor, e de novo, a esperas crescentes, enquanto ele não atende, ou com outra chave, se ele não
 * aceita a deste terminal. Esc desiste.
 */
export async function insiste<T>(balcao: Balcao, acao: () => Promise<T>): Promise<T> {
  const { conexao } = balcao;
  let papel: string | undefined;
  for (;;) {
    try {
      if (papel !== undefined) {
        await insisteComEsta(balcao, () => conexao.conecta());
        // O que se fazia pode já não se poder: volta-se ao menu, que mostra o que se pode.
        if (conexao.apresentacao?.papel !== papel) throw new Desistencia();
      }
      return await insisteComEsta(balcao, acao);
    } catch (erro) {
      if (!(erro instanceof ChaveRecusada)) throw erro;
      papel ??= conexao.apresentacao?.papel;
      if (!await outraChave(balcao, erro)) throw new Desistencia();
    }
  }
}

async function insisteComEsta<T>(balcao: Balcao, acao: () => Promise<T>): Promise<T> {
  const { teclado, tela } = balcao;
  let dito = "";
  let pedida = 0;
  using espera = esperaAvisada(tela);
  try {
    return await acao();
  } catch (erro) {
    if (erro instanceof ServidorAntigo) {
      espera.para();
      tela.frase("erro", SERVIDOR_ANTIGO);
      throw new Desistencia();
    }
    if (!(erro instanceof SemConexao)) throw erro;
    espera.para();
    tela.frase("erro", dito = fraseDe(erro));
    pedida = esperaPedida(erro);
  }
  using desistencia = teclado.desistencia();
  for (let tentativa = 0;; tentativa++) {
    const ms = Math.max(esperaAntesDe(tentativa), pedida);
    tela.estado(`Nova tentativa em ${Math.ceil(ms / 1000)} s. Esc volta ao menu, Ctrl-C sai.`);
    await delay(ms, { signal: AbortSignal.any([desistencia.sinal, teclado.interrompido]) }).catch(() => {});
    tela.estado("");
    teclado.interrompido.throwIfAborted();
    if (desistencia.sinal.aborted) throw new Desistencia();
    try {
      const resultado = await acao();
      tela.frase("ok", "O servidor voltou.");
      return resultado;
    } catch (erro) {
      if (!(erro instanceof SemConexao)) throw erro;
      if (dito !== fraseDe(erro)) tela.frase("erro", dito = fraseDe(erro));
      pedida = esperaPedida(erro);
    }
  }
}

/** Quanto o servidor mandou esperar, em ms. */
function esperaPedida(erro: SemConexao): number {
  return erro instanceof ServidorOcupado ? (erro.segundos ?? 0) * 1000 : 0;
}

/** O que se diz de um servidor que não atende. */
export function fraseDe(erro: SemConexao): string {
  return erro instanceof ServidorOcupado ? fraseDeOcupado(erro.segundos) : `Sem conexão: ${erro.message}.`;
}

function esperaAvisada(tela: Tela): { para(): void } & Disposable {
  let avisado = false;
  const timer = setTimeout(() => {
    avisado = true;
    tela.estado("Aguardando o servidor… Ctrl-C sai.");
  }, SILENCIO);
  function para(): void {
    clearTimeout(timer);
    if (avisado) tela.estado("");
    avisado = false;
  }
  return { para, [Symbol.dispose]: para };
}
