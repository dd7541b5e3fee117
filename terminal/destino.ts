/**
 * O destino de um pedido de mudança cuja resposta se perdeu, a julgar pelo que o livro diz antes e depois dele. Os comandos e
 * o menu perguntam, cada um com a sua paciência; aqui se julga.
 *
 * @module
 */

import type { Conexao } from "./conexao.ts";
import { type Esperando, filaDe } from "./espera.ts";
import { pedeCodigo, pode } from "./papel.ts";
import { agendamentosEm, type Respondido, type TuplaLida } from "./tubo.ts";
import { espera } from "../clinica/agendamento.ts";
import { FILA_MOSTRADA } from "../clinica/livro.ts";
import { chave, lerNome } from "../clinica/texto.ts";
import type { Convite, PedidoNoFio2De } from "../fio/clinica2.ts";

/** Um pedido que muda um agendamento de um CPF. */
export type PedidoDeMudanca = PedidoNoFio2De<"AGEND" | "CANCEL" | "REMARC" | "CORRIGE" | "SITUA">;

/**
 * O que o livro diz de um CPF: tudo, de um servidor que o conte a este terminal, ou os agendamentos ativos; `undefined` se não
 * o diz. Onde é preciso o código, só o desse.
 *
 * @throws {SemConexao} quando o servidor não atende.
 */
export async function consultaDestino(
  conexao: Conexao,
  { cpf, codigo, situacao }: { readonly cpf: string; readonly codigo?: string; readonly situacao?: string },
): Promise<readonly TuplaLida[] | undefined> {
  await conexao.conecta();
  if (conexao.apresentacao === undefined) return agendamentosDe(await conexao.pede({ comando: "BUSCA", cpf }));
  if (pode(conexao, "HISTORIA")) return agendamentosDe(await conexao.pede({ comando: "HISTORIA", cpf }));
  if (situacao !== undefined && QUE_NAO_SE_VEEM.includes(situacao)) return undefined;
  if (!pedeCodigo(conexao, "BUSCA")) return agendamentosDe(await conexao.pede({ comando: "BUSCA", cpf }));
  return codigo === undefined ? undefined : agendamentosDe(await conexao.pede({ comando: "BUSCA", cpf, codigo }));
}

/** O que leva para fora dos ativos, ou de lá vem: quem só vê esses não sabe se aconteceu. */
const QUE_NAO_SE_VEEM: readonly string[] = ["ATENDIDO", "SAIU", "FALTOU", "CANCELADO", "DESFAZ"];

/** Os agendamentos que uma resposta a `BUSCA` ou a `HISTORIA` traz; `undefined` se ela não os diz. */
export function agendamentosDe(resposta: Respondido): readonly TuplaLida[] | undefined {
  if (resposta.codigo === "OK-302" || resposta.codigo === "OK-315") return agendamentosEm(resposta);
  return resposta.codigo === "ERRO-112" ? [] : undefined;
}

/**
 * O que houve com um pedido cuja resposta se perdeu, a julgar pelos agendamentos que há depois: a resposta que ele teve
 * ou teria, ou `undefined` se não aconteceu.
 *
 * @param antes Os agendamentos do CPF antes do pedido; só um `AGEND` se julga sem eles.
 */
export function destinoDe(
  pedido: PedidoDeMudanca,
  depois: readonly TuplaLida[],
  { antes = [] }: { antes?: readonly TuplaLida[] } = {},
): Respondido | undefined {
  if (pedido.comando === "AGEND") return destinoDoMarcado(pedido, depois);
  const alvos = antes.filter((tupla) => combina(pedido, tupla));
  if (alvos.length === 0) return { codigo: "ERRO-113" };
  if (pedido.comando === "CANCEL" && alvos.length > 1) return { codigo: "ERRO-114", agendamentos: alvos };
  // Em CLINICA/1 só se sabe que já não está: um agendamento não tem número, e um cancelado não se vê.
  if (alvos[0][7] === undefined) {
    const ficou = depois.some((tupla) => [3, 4, 6].every((campo) => tupla[campo] === alvos[0][campo]));
    return ficou ? undefined : { codigo: "OK-301", agendamentos: [alvos[0]] };
  }
  for (const alvo of alvos) {
    const agora = depois.find(([, , , , , , , detalhes]) => detalhes?.numero === alvo[7]?.numero);
    // Quem só vê os ativos deixa de ver o que se desmarcou.
    if (agora === undefined && pedido.comando === "CANCEL") return { codigo: "OK-301", agendamentos: [alvo] };
    if (agora?.[7] !== undefined && agora[7].versao > (alvo[7]?.versao ?? 0)) {
      return destinoDoMudado(pedido, agora, alvo);
    }
  }
  return undefined;
}

/** Verdadeiro se é deste agendamento que o pedido fala. */
function combina(
  pedido: Exclude<PedidoDeMudanca, { comando: "AGEND" }>,
  [, , , especialista, , , , detalhes]: TuplaLida,
): boolean {
  if (pedido.numero !== undefined && detalhes !== undefined) return detalhes.numero === pedido.numero;
  return pedido.especialista === undefined || chave(especialista) === chave(pedido.especialista);
}

function destinoDoMarcado(pedido: PedidoNoFio2De<"AGEND">, depois: readonly TuplaLida[]): Respondido | undefined {
  const achado = depois.find(([, , , especialista, , , , detalhes]) =>
    chave(especialista) === chave(pedido.especialista) && (detalhes === undefined || espera(detalhes))
  );
  if (achado === undefined) return undefined;
  const { data, horario, profissional } = pedido;
  const pedida = achado[4] === data && (horario === undefined || achado[6] === horario) &&
    (profissional === undefined || chave(achado[7]?.profissional ?? "") === chave(profissional));
  return { codigo: pedida ? "OK-300" : "ERRO-111", agendamentos: [achado] };
}

/** O agendamento mudou: como se pediu, ou alguém o mudou de outro modo. */
function destinoDoMudado(
  pedido: Exclude<PedidoDeMudanca, { comando: "AGEND" }>,
  agora: TuplaLida,
  antes: TuplaLida,
): Respondido {
  const situacao = agora[7]?.situacao;
  switch (pedido.comando) {
    case "CANCEL":
      if (situacao === "CANCELADO") return { codigo: "OK-301", agendamentos: [agora] };
      break;
    case "REMARC":
      // No mesmo lugar de antes, o que mudou foi outra coisa.
      if (
        agora[4] === pedido.data && (pedido.horario === undefined || agora[6] === pedido.horario) &&
        (agora[4] !== antes[4] || agora[6] !== antes[6] || agora[7]?.profissional !== antes[7]?.profissional)
      ) {
        return { codigo: "OK-303", agendamentos: [agora, antes] };
      }
      break;
    case "SITUA":
      if (pedido.situacao === "DESFAZ" ? foiDesfeito(agora[7], antes[7]) : pedido.situacao === situacao) {
        return { codigo: "OK-306", agendamentos: [agora] };
      }
      break;
    case "CORRIGE":
      if (estaCorrigido(pedido, agora)) return { codigo: "OK-306", agendamentos: [agora] };
      break;
  }
  return { codigo: "ERRO-117", agendamentos: [agora] };
}

/** O que basta saber de um agendamento para julgar um `DESFAZ`. */
export type Andamento = { readonly versao: number; readonly situacao: string; readonly chamadas?: number };

/** Verdadeiro se a única mudança foi de situação, ou uma rechamada a menos: com outras pelo meio não se sabe. */
export function foiDesfeito(agora?: Andamento, antes?: Andamento): boolean {
  return agora !== undefined && antes !== undefined && agora.versao === antes.versao + 1 &&
    (agora.situacao !== antes.situacao || (agora.chamadas ?? 0) < (antes.chamadas ?? 0));
}

/** Verdadeiro se o agendamento diz o que se pediu que dissesse. */
function estaCorrigido(pedido: PedidoNoFio2De<"CORRIGE">, [, , nome, , , , , detalhes]: TuplaLida): boolean {
  const digitos = (telefone: string): string => telefone.replace(/\D/g, "");
  const { nota, email, telefone } = pedido;
  return (pedido.nome === undefined || lerNome(pedido.nome) === nome) &&
    (nota === undefined || nota.trim() === (detalhes?.nota ?? "")) &&
    (email === undefined || email.trim() === (detalhes?.email ?? "")) &&
    (telefone === undefined || digitos(detalhes?.telefone ?? "").endsWith(digitos(telefone)));
}

// ---------------------------------------------------------------------------------------------- a lista de espera

/** Um pedido de quem está na lista de espera, ou quer estar. */
export type PedidoNaLista = PedidoNoFio2De<"ESPERA" | "DESISTE" | "ACEITA" | "RECUSA">;

/** O que houve com um: aconteceu; ainda se pode fazer; ou já não. */
export type DestinoNaLista = "feito" | "por fazer" | "tarde";

/** O que se vê de um CPF numa lista de espera, e o que tem marcado. */
export interface VistoNaLista {
  /** A entrada dele. */
  readonly entrada?: Esperando;
  /** A lista viu-se até o fim: quem não se acha nela não está. */
  readonly inteira: boolean;
  /** O que tem marcado. */
  readonly agendamentos: readonly TuplaLida[];
}

/**
 * O que o livro diz de quem fez o pedido; `undefined` se as respostas não o dizem.
 *
 * @throws {SemConexao} quando o servidor não atende.
 */
export async function consultaNaLista(
  conexao: Conexao,
  { cpf, especialista }: PedidoNaLista,
): Promise<VistoNaLista | undefined> {
  if (!pode(conexao, "FILA") || pedeCodigo(conexao, "BUSCA")) return undefined;
  const [lista, busca] = await Promise.all([
    conexao.pede({ comando: "FILA", especialista }),
    conexao.pede({ comando: "BUSCA", cpf }),
  ]);
  const agendamentos = agendamentosDe(busca);
  if (lista.codigo !== "OK-311" || agendamentos === undefined) return undefined;
  const fila = filaDe(lista);
  return { entrada: fila.find((um) => um.cpf === cpf), inteira: fila.length < FILA_MOSTRADA, agendamentos };
}

/**
 * O que houve com um pedido da lista de espera cuja resposta se perdeu; `undefined` se não se pode saber.
 *
 * @param convite A hora que estava segurada, se o pedido responde por ela.
 */
export function destinoNaLista(
  { comando, especialista }: PedidoNaLista,
  { entrada, inteira, agendamentos }: VistoNaLista,
  convite?: Convite,
): DestinoNaLista | undefined {
  if (entrada === undefined && !inteira) return undefined;
  switch (comando) {
    case "ESPERA":
      return entrada === undefined ? "por fazer" : "feito";
    case "DESISTE":
      return entrada === undefined ? "feito" : "por fazer";
    case "RECUSA":
      if (mesmaHora(entrada?.convite, convite)) return "por fazer";
      return entrada === undefined ? "tarde" : "feito";
    case "ACEITA":
      if (mesmaHora(entrada?.convite, convite)) return "por fazer";
      return aceitoEm(agendamentos, especialista, convite) === undefined ? "tarde" : "feito";
  }
}

/** O agendamento que ficou na hora do convite. */
export function aceitoEm(
  agendamentos: readonly TuplaLida[],
  especialista: string,
  convite?: Convite,
): TuplaLida | undefined {
  return agendamentos.find(([, , , dela, data, , horario]) =>
    chave(dela) === chave(especialista) && data === convite?.data && horario === convite.horario
  );
}

function mesmaHora(um?: Convite, outro?: Convite): boolean {
  return um !== undefined && um.data === outro?.data && um.horario === outro.horario &&
    um.profissional === outro.profissional;
}
