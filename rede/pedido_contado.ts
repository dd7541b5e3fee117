/**
 * O que o console conta de um pedido que não mudou nada, seja recusado ou uma consulta. Só `console.ts` o pergunta.
 *
 * @module
 */

import { impossivel } from "../clinica/livro.ts";
import { hora } from "../clinica/oferta.ts";
import type { PedidoLido } from "../fio/clinica2.ts";
import { dataNoFio } from "../protocolo.ts";
import type { Eventos } from "./eventos.ts";

/** O que se conta de um pedido que não mudou nada: nunca o código, o motivo, a nota ou o contato. */
export function oQueSeConta(pedido: PedidoLido): Omit<Eventos["pedido"], "cliente" | "codigo"> {
  switch (pedido.comando) {
    case "AGEND":
    case "REMARC": {
      const { comando, cpf, especialista, profissional, data, dia, horario } = pedido;
      const quem = { comando, cpf, nome: pedido.comando === "AGEND" ? pedido.nome : undefined };
      const encaixe = pedido.comando === "AGEND" && pedido.encaixe || undefined;
      return { ...quem, especialista, profissional, data: dataEscrita(data), dia, horario, encaixe };
    }
    case "BUSCA":
    case "HISTORIA":
      return { comando: pedido.comando, cpf: pedido.cpf };
    case "CANCEL": {
      const { comando, cpf, especialista, numero } = pedido;
      return { comando, cpf, especialista, numero };
    }
    case "CORRIGE": {
      const { comando, cpf, nome, especialista, numero } = pedido;
      return { comando, cpf, nome, especialista, numero };
    }
    case "SITUA": {
      const { cpf, especialista, numero, situacao } = pedido;
      const ato = situacao === "DESFAZ" ? { comando: situacao } : { comando: pedido.comando, situacao };
      return { ...ato, cpf, especialista, numero };
    }
    case "ESPERA": {
      const { comando, cpf, nome, especialista, profissional } = pedido;
      return { comando, cpf, nome, especialista, profissional };
    }
    case "DESISTE":
    case "ACEITA":
    case "RECUSA": {
      const { comando, cpf, especialista, numero } = pedido;
      return { comando, cpf, especialista, numero };
    }
    case "FILA":
      return { comando: pedido.comando, especialista: pedido.especialista };
    case "VAGAS":
    case "LISTA": {
      const { comando, especialista, profissional, data } = pedido;
      return { comando, especialista, profissional, data: dataEscrita(data) };
    }
    case "FECHA": {
      const { comando, especialista, profissional, data, ate, inicio, fim } = pedido;
      const quando = { data: dataEscrita(data), ate: dataEscrita(ate), ...horas(inicio, fim) };
      return { comando, especialista, profissional, ...quando };
    }
    case "EXTRA": {
      const { comando, especialista, profissional, data, inicio, vagas, minutos } = pedido;
      const quando = { data: dataEscrita(data), ...horas(inicio, inicio + vagas * minutos) };
      return { comando, especialista, profissional, ...quando, vagas, minutos };
    }
    case "REABRE":
      return { comando: pedido.comando, numero: pedido.numero };
    case "OLA":
    case "PING":
    case "SAIR":
      return { comando: pedido.comando };
    default:
      return impossivel(pedido);
  }
}

function dataEscrita(data: string | undefined): string | undefined {
  return data ? dataNoFio(data) : undefined;
}

function horas(inicio: number | undefined, fim: number | undefined): { inicio?: string; fim?: string } {
  const escreve = (minuto: number | undefined): string | undefined => minuto === undefined ? undefined : hora(minuto);
  return { inicio: escreve(inicio), fim: escreve(fim) };
}
