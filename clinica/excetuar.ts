/**
 * `FECHA`, `EXTRA` e `REABRE`: as exceções à semana, que ficam no livro e valem para todos os servidores. Nenhum agendamento é
 * tocado: a resposta diz quem ficou de fora, e é a recepção que o move.
 *
 * @module
 */

import { type Agendamento, espera } from "./agendamento.ts";
import { ehData } from "./calendario.ts";
import { comparar, type Decisao, type Estado, porHora, semMudanca } from "./estado.ts";
import { aberto, abertoEmParte, atinge, contraria, type Excecao, mesma, turnoExtra } from "./excecao.ts";
import type { DaExcecao, Mudanca } from "./livro.ts";
import { estaLivre } from "./ocupacao.ts";
import { ENCAIXES_PADRAO, hora, minutoDoDia, MINUTOS_DO_DIA, type Turno } from "./oferta.ts";
import type { PedidoDe } from "./pedido.ts";
import { passada, solta } from "./promover.ts";

/** Quantas podem valer ao mesmo tempo, as que já passaram não contam: cada decisão as lê todas. */
export const EXCECOES_MAXIMAS = 500;

/** Até quantos anos adiante se abre uma exceção. */
const ANOS_ADIANTE = 2;

/** Fecha; repetido, responde o mesmo número, com quem está de fora agora. */
export function fechar(estado: Estado, pedido: PedidoDe<"FECHA">): Decisao {
  const { clinica, vista, agora } = estado;
  const ate = pedido.ate ?? pedido.data;
  const quem = dequem(estado, pedido);
  if (quem === undefined || !podeExcetuar(estado, pedido.data) || !podeExcetuar(estado, ate)) {
    return semMudanca({ codigo: "ERRO-103" });
  }
  const nova: Excecao = {
    ...quem,
    ...FECHAMENTO,
    numero: 0,
    de: pedido.data,
    ate,
    inicio: pedido.inicio ?? 0,
    fim: pedido.fim ?? MINUTOS_DO_DIA,
    motivo: pedido.motivo ?? "",
  };
  const emVigor = clinica.emVigor(vista, agora);
  const jaVale = aMesma(emVigor, nova);
  if (jaVale === undefined && emVigor.length >= EXCECOES_MAXIMAS) return semMudanca({ codigo: "ERRO-103" });
  const excecao = jaVale ?? { ...nova, numero: vista.novaExcecao() };
  const deFora = vista.periodo([excecao.de, excecao.ate]).filter((um) => espera(um) && atinge(excecao, um)).sort(
    porHora,
  );
  return {
    resultado: { codigo: "OK-312", numero: excecao.numero, agendamentos: deFora },
    mudancas: jaVale === undefined ? [daExcecao(estado, "FECHA", excecao), ...caem(estado, excecao)] : [],
  };
}

/** As horas seguradas que um fechamento toma: passam, e não é um lapso de ninguém. */
function caem(estado: Estado, excecao: Excecao): Mudanca[] {
  const { vista } = estado;
  if (!vista.alguemEspera()) return [];
  return vista.periodo([excecao.de, excecao.ate])
    .filter((um) => um.situacao === "CONVIDADO" && atinge(excecao, um))
    .flatMap((convite) => {
      const espera = vista.esperaDe(convite.cpf, convite.especialidade);
      return espera?.convite === convite.numero
        ? passada(estado, { ato: "FECHA", espera, convite, lapso: false })
        : [solta(estado, { ato: "FECHA", convite })];
    });
}

const FECHAMENTO = { tipo: "FECHA", vagas: 0, minutos: 0, local: "", encaixes: 0, revogada: false } as const;

/** Um atendimento a mais. Quando vários erros cabem, vale o primeiro na ordem 103, 105, 121, e no fim o de já serem muitas. */
export function abrirExtra(estado: Estado, pedido: PedidoDe<"EXTRA">): Decisao {
  const { clinica, vista, agora } = estado;
  const { data, inicio, vagas, minutos } = pedido;
  const quem = dequem(estado, pedido);
  if (quem === undefined || !podeExcetuar(estado, data)) return semMudanca({ codigo: "ERRO-103" });
  const fim = inicio + vagas * minutos;
  const nova: Excecao = {
    ...quem,
    profissional: quem.profissional || oUnico(estado, quem.especialidade),
    numero: 0,
    tipo: "EXTRA",
    de: data,
    ate: data,
    inicio,
    fim,
    vagas,
    minutos,
    local: pedido.local ?? "",
    encaixes: pedido.encaixes ?? ENCAIXES_PADRAO,
    motivo: "",
    revogada: false,
  };
  const turno = turnoExtra(nova, clinica.oferta);
  if (turno === undefined) return semMudanca({ codigo: "ERRO-103" });
  if (fim > MINUTOS_DO_DIA || clinica.calendario.terminou(data, hora(inicio), fim - inicio, agora)) {
    return semMudanca({ codigo: "ERRO-105" });
  }
  const emVigor = clinica.emVigor(vista, agora);
  const jaVale = aMesma(emVigor, nova);
  if (jaVale !== undefined) return semMudanca({ codigo: "OK-313", numero: jaVale.numero });
  if (oferecido(estado, data, turno) || marcado(estado, data, turno)) return semMudanca({ codigo: "ERRO-121" });
  if (emVigor.length >= EXCECOES_MAXIMAS) return semMudanca({ codigo: "ERRO-103" });
  const excecao = { ...nova, numero: vista.novaExcecao() };
  return {
    resultado: { codigo: "OK-313", numero: excecao.numero },
    mudancas: [daExcecao(estado, "EXTRA", excecao)],
  };
}

/** Desfaz uma exceção que vale e ainda não passou; responde com quem, do que ela alcança, não está em atendimento nenhum. */
export function reabrir(estado: Estado, { numero }: PedidoDe<"REABRE">): Decisao {
  const { clinica, vista, agora, quem } = estado;
  const emVigor = clinica.emVigor(vista, agora);
  const antes = emVigor.find((excecao) => excecao.numero === numero);
  if (antes === undefined) return semMudanca({ codigo: "ERRO-113" });
  const depois = { ...antes, revogada: true };
  const restam = emVigor.filter((excecao) => excecao !== antes);
  const atingidos = vista.periodo([antes.de, antes.ate]).filter((um) => espera(um) && atinge(antes, um));
  const dias = new Map(
    [...new Set(atingidos.map(({ data }) => data))].map((data) => [data, clinica.dia(data, restam)]),
  );
  const emPe = (um: Agendamento): boolean => {
    const minuto = minutoDoDia(um.hora);
    return dias.get(um.data)?.atendimentos.get(um.especialidade)
      ?.some(({ profissional, turnos }) =>
        (profissional?.chave ?? "") === um.profissional && turnos.some((turno) => aberto(turno, minuto))
      ) ?? false;
  };
  const deFora = atingidos.filter((um) => !emPe(um)).sort(porHora);
  return {
    resultado: { codigo: "OK-314", numero, agendamentos: deFora },
    mudancas: [{ sobre: "excecao", ato: "REABRE", antes, depois, quem }],
  };
}

function daExcecao({ quem }: Estado, ato: "FECHA" | "EXTRA", depois: Excecao): DaExcecao {
  return { sobre: "excecao", ato, depois, quem };
}

/** De que especialidade e profissional se fala, por chave; `undefined` se um deles não existe, ou não nela. */
function dequem(
  { clinica }: Estado,
  pedido: { readonly especialista?: string; readonly profissional?: string },
): { especialidade: string; profissional: string } | undefined {
  const especialidade = pedido.especialista === undefined ? "" : clinica.especialidade(pedido.especialista)?.chave;
  const profissional = pedido.profissional === undefined ? "" : clinica.profissional(pedido.profissional)?.chave;
  if (especialidade === undefined || profissional === undefined) return undefined;
  const dela = clinica.oferta.quemAtende.get(especialidade) ?? [];
  const combina = especialidade === "" || profissional === "" || dela.some(({ chave }) => chave === profissional);
  return combina ? { especialidade, profissional } : undefined;
}

/** O profissional de uma especialidade que tem um só: não é preciso dizê-lo. */
function oUnico({ clinica }: Estado, especialidade: string): string {
  const dela = clinica.oferta.quemAtende.get(especialidade) ?? [];
  return dela.length === 1 ? dela[0].chave : "";
}

/** De hoje a dois anos. */
export function podeExcetuar({ clinica, agora }: Pick<Estado, "clinica" | "agora">, data: string): boolean {
  const { hoje } = clinica.calendario.janela(agora);
  if (!ehData(data) || data < hoje) return false;
  return comparar(data, Temporal.PlainDate.from(hoje).add({ years: ANOS_ADIANTE }).toString()) <= 0;
}

/** A mesma exceção, se ainda vale e nenhuma posterior a contraria. */
function aMesma(excecoes: readonly Excecao[], nova: Excecao): Excecao | undefined {
  const ultima = excecoes.findLastIndex((excecao) => mesma(excecao, nova));
  const contrariada = excecoes.slice(ultima + 1).some((posterior) => contraria(posterior, nova));
  return ultima < 0 || contrariada ? undefined : excecoes[ultima];
}

/** Se a agenda já oferece algum desses minutos, em qualquer especialidade. */
function oferecido({ clinica, vista, agora }: Estado, data: string, novo: Turno): boolean {
  return [...clinica.dia(data, clinica.emVigor(vista, agora))?.atendimentos.values() ?? []].flat()
    .flatMap(({ turnos }) => turnos).some((turno) => turno.agenda === novo.agenda && abertoEmParte(turno, novo));
}

/** Se algum agendamento da agenda cai nesses minutos, encaixes incluídos. */
function marcado({ clinica, vista }: Estado, data: string, { agenda, inicio, fim }: Turno): boolean {
  const horario = { hora: hora(inicio), inicio, minutos: fim - inicio };
  return !estaLivre(clinica.tomado(vista, data, agenda), horario) ||
    vista.ocupacao(agenda, data).encaixado(inicio, fim);
}
