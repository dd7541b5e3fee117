/**
 * `CANCEL`: desmarca. A hora fica livre, e ninguém mais anda.
 *
 * @module
 */

import type { Agendamento } from "./agendamento.ts";
import {
  acha,
  ativosEmOrdem,
  cancelamento,
  type Decisao,
  type Estado,
  jaTerminou,
  naoPermitido,
  semMudanca,
} from "./estado.ts";
import { foraDasRegras, impedeSair } from "./impedimento.ts";
import type { PedidoDe } from "./pedido.ts";
import { alcanca, alcancaTodos } from "./permissao.ts";
import { chave } from "./texto.ts";

/** Quando vários erros cabem, vale o primeiro na ordem 113, 114, 117, 115, 116. */
export function desmarcar(estado: Estado, pedido: PedidoDe<"CANCEL">): Decisao {
  const ativos = pedido.numero === undefined ? doPedido(estado, pedido) : [];
  if (ativos.length > 1) return semMudanca({ codigo: "ERRO-114", agendamentos: ativos });
  const achado = acha(estado, pedido, () => ativos);
  if ("recusa" in achado) return semMudanca(achado.recusa);
  const { agendamento } = achado;
  if (!podeDesmarcar(estado, agendamento, pedido)) return naoPermitido(agendamento);
  // CLINICA/1, que não conhece chegadas, também não conhece regras.
  const regra = pedido.chegado ? undefined : impedeSair(estado, agendamento, pedido.motivo);
  if (regra !== undefined) return semMudanca(foraDasRegras(regra));
  const feita = cancelamento(estado, { ato: "CANCEL", antes: agendamento, motivo: pedido.motivo });
  return { resultado: { codigo: "OK-301", agendamentos: [feita.depois] }, mudancas: [feita] };
}

/** Os que o pedido pode querer dizer; a quem só alcança o que é seu não se fala dos outros. */
function doPedido(estado: Estado, pedido: PedidoDe<"CANCEL">): Agendamento[] {
  const alvo = pedido.especialista === undefined ? undefined : chave(pedido.especialista);
  const todos = alcancaTodos(estado.quem, "CANCEL");
  return ativosEmOrdem(estado, pedido.cpf)
    .filter((um) => (alvo === undefined || um.especialidade === alvo) && (todos || alcanca(estado.quem, pedido, um)));
}

function podeDesmarcar(estado: Estado, agendamento: Agendamento, { chegado }: PedidoDe<"CANCEL">): boolean {
  switch (agendamento.situacao) {
    case "MARCADO":
    case "CONFIRMADO":
      return agendamento.ativo && !jaTerminou(estado, agendamento);
    case "CHEGOU":
    case "CHAMADO":
      return agendamento.ativo && chegado === true;
    default:
      return false;
  }
}
