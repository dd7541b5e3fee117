/**
 * `CORRIGE`: o nome, a nota e o contato; e o que se sabe de como falar com uma pessoa, que serve aos agendamentos seguintes
 * quando é a casa que o escreve, ou ela própria, com o código.
 *
 * @module
 */

import { acha, ativosEmOrdem, type Decisao, type Estado, mudanca, semMudanca } from "./estado.ts";
import { daCasa } from "./permissao.ts";
import type { Contato, Mudanca } from "./livro.ts";
import type { ParaAvisos, PedidoDe } from "./pedido.ts";

/** Quando vários erros cabem, vale o primeiro na ordem 113, 117. O que já está como se pede não grava nada. */
export function corrigir(estado: Estado, pedido: PedidoDe<"CORRIGE">): Decisao {
  const achado = acha(estado, pedido, () => ativosEmOrdem(estado, pedido.cpf));
  if ("recusa" in achado) return semMudanca(achado.recusa);
  const { agendamento: antes } = achado;
  const novo = {
    nome: pedido.nome ?? antes.nome,
    nota: pedido.nota ?? antes.nota,
    email: pedido.email ?? antes.email,
    telefone: pedido.telefone ?? antes.telefone,
  };
  const provado = pedido.codigo !== undefined;
  const contato = falaDeContato(pedido) ? contatoPara(estado, pedido, antes) : undefined;
  const mudancas: Mudanca[] = aprendizado(estado, contato, { provado });
  const campos = Object.keys(novo) as (keyof typeof novo)[];
  if (campos.every((campo) => novo[campo] === antes[campo])) {
    return { resultado: { codigo: "OK-306", agendamentos: [antes] }, mudancas };
  }
  const feita = mudanca(estado, { ato: "CORRIGE", antes, novo });
  return { resultado: { codigo: "OK-306", agendamentos: [feita.depois] }, mudancas: [feita, ...mudancas] };
}

function falaDeContato({ email, telefone }: ParaAvisos): boolean {
  return email !== undefined || telefone !== undefined;
}

/** Como se fala com uma pessoa: o que se pede, no que falta o que se sabe dela, e só depois o de um agendamento seu. */
export function contatoPara(
  { vista }: Estado,
  pedido: ParaAvisos & { readonly cpf: string },
  doAgendamento: ParaAvisos = {},
): Contato | undefined {
  const sabido = vista.contatoDe(pedido.cpf);
  if (sabido === undefined && !falaDeContato(pedido)) return undefined;
  return {
    cpf: pedido.cpf,
    email: pedido.email ?? sabido?.email ?? doAgendamento.email ?? "",
    telefone: pedido.telefone ?? sabido?.telefone ?? doAgendamento.telefone ?? "",
  };
}

/** Guarda o contato como o da pessoa, se quem o escreve é da casa, ou provou com o código ser ela, e há o que mudar. */
export function aprendizado(
  { vista, quem }: Estado,
  contato: Contato | undefined,
  { provado = false } = {},
): Mudanca[] {
  if (contato === undefined || !provado && !daCasa(quem.papel)) return [];
  const sabido = vista.contatoDe(contato.cpf);
  if (contato.email === (sabido?.email ?? "") && contato.telefone === (sabido?.telefone ?? "")) return [];
  return [{ sobre: "contato", ato: "CORRIGE", depois: contato, quem }];
}
