/**
 * O que só se lê: `BUSCA`, `VAGAS`, `LISTA`, `HISTORIA` e a saudação.
 *
 * @module
 */

import type { Agendamento } from "./agendamento.ts";
import { type DiaAberto, ehData } from "./calendario.ts";
import { ativosEmOrdem, comparar, daHistoria, type Estado, porHora } from "./estado.ts";
import { aEsperarDe } from "./esperar.ts";
import type { Especialidade } from "./oferta.ts";
import type { DiaLivre, PedidoDe, Resultado } from "./pedido.ts";
import { alcanca } from "./permissao.ts";
import { chave } from "./texto.ts";

/** Os ativos de um CPF, e aquilo por que espera, se também se quer. */
export function buscar(estado: Estado, pedido: PedidoDe<"BUSCA">): Resultado {
  const agendamentos = ativosEmOrdem(estado, pedido.cpf).filter((um) => alcanca(estado.quem, pedido, um));
  if (!pedido.comEsperas) return agendamentos.length === 0 ? NAO_ENCONTRADO : { codigo: "OK-302", agendamentos };
  const esperas = aEsperarDe(estado, pedido);
  return agendamentos.length + esperas.length === 0 ? NAO_ENCONTRADO : { codigo: "OK-302", agendamentos, esperas };
}

const NAO_ENCONTRADO: Resultado = { codigo: "ERRO-112" };
const NAO_ATENDE: Resultado = { codigo: "ERRO-103" };

/** Tudo o que se sabe de um CPF, do mais novo ao mais antigo. */
export function historiar(estado: Estado, { cpf }: PedidoDe<"HISTORIA">): Resultado {
  return { codigo: "OK-315", agendamentos: [...daHistoria(estado, cpf)].sort((a, b) => porHora(b, a)) };
}

/** As horas livres. */
export function vagas(estado: Estado, pedido: PedidoDe<"VAGAS">): Resultado {
  const { clinica, vista, agora } = estado;
  const { especialista, data } = pedido;
  const profissional = pedido.profissional === undefined ? undefined : clinica.profissional(pedido.profissional);
  if (pedido.profissional !== undefined && profissional === undefined) return NAO_ATENDE;
  const quem = { profissional: profissional?.chave, separados: pedido.porProfissional === true };
  const dias = clinica.dias(vista, agora);
  if (especialista === undefined) return listarVagas(estado, dias.values(), clinica.oferta.especialidades, quem);
  const especialidade = clinica.especialidade(especialista);
  if (especialidade === undefined) return NAO_ATENDE;
  if (data === undefined) return listarVagas(estado, dias.values(), [especialidade], quem);
  const dia = dias.get(data);
  if (dia === undefined || !dia.atendimentos.has(especialidade.chave)) return NAO_ATENDE;
  return listarVagas(estado, [dia], [especialidade], quem);
}

/** De quem se querem as horas, e se as de cada um à parte. */
interface DeQuem {
  readonly profissional: string | undefined;
  readonly separados: boolean;
}

function listarVagas(
  estado: Estado,
  dias: Iterable<DiaAberto>,
  especialidades: readonly Especialidade[],
  quem: DeQuem,
): Resultado {
  const vagas: DiaLivre[] = [];
  for (const dia of dias) {
    for (const especialidade of especialidades) vagas.push(...livres(estado, { dia, especialidade, quem }));
  }
  return { codigo: "OK-304", vagas };
}

function livres(
  estado: Estado,
  { dia, especialidade, quem }: { dia: DiaAberto; especialidade: Especialidade; quem: DeQuem },
): DiaLivre[] {
  const { clinica } = estado;
  if (!quem.separados) {
    const livre = clinica.livresDeTodos(estado, dia, especialidade);
    return livre === undefined || livre.horas.length === 0 ? [] : [livre];
  }
  return (dia.atendimentos.get(especialidade.chave) ?? [])
    .filter(({ profissional }) => quem.profissional === undefined || profissional?.chave === quem.profissional)
    .map((agenda) => clinica.livres(estado, dia, especialidade, agenda))
    .filter(({ horas }) => horas.length > 0);
}

/** A saudação: a primeira hora livre de cada especialidade, na ordem da configuração. */
export function saudar(estado: Estado): Resultado {
  const { clinica, vista, agora } = estado;
  const dias = clinica.dias(vista, agora);
  const primeiras: DiaLivre[] = [];
  for (const especialidade of clinica.oferta.especialidades) {
    for (const dia of dias.values()) {
      const livre = clinica.livresDeTodos(estado, dia, especialidade);
      if (livre === undefined || livre.horas.length === 0) continue;
      primeiras.push(livre);
      break;
    }
  }
  return { codigo: "OK-200", primeiras };
}

/**
 * O dia, os cancelados mais novos incluídos: por hora, profissional na ordem da configuração e número. Por ordem de chamada,
 * primeiro os que esperam: pela prioridade, e depois pela mais tardia entre a chegada e a hora marcada.
 */
export function listar(estado: Estado, pedido: PedidoDe<"LISTA">): Resultado {
  const { clinica, vista } = estado;
  const { especialista, profissional } = pedido;
  if (!ehData(pedido.data) || profissional !== undefined && clinica.profissional(profissional) === undefined) {
    return NAO_ATENDE;
  }
  const [especialidade, quem] = [especialista, profissional].map((texto) =>
    texto === undefined ? undefined : chave(texto)
  );
  const { data } = pedido;
  const lista = [...vista.periodo([data, data]), ...vista.cancelados(data)]
    .filter((um) => um.situacao !== "CONVIDADO" && alcanca(estado.quem, { comando: "LISTA" }, um))
    .filter((um) => especialidade === undefined || um.especialidade === especialidade)
    .filter((um) => quem === undefined || um.profissional === quem)
    .sort((a, b) =>
      comparar(a.hora, b.hora) || clinica.ordemDe(a.profissional) - clinica.ordemDe(b.profissional) ||
      a.numero - b.numero
    );
  return { codigo: "OK-310", agendamentos: pedido.ordem === "chamada" ? porChamada(estado, lista) : lista };
}

function porChamada({ clinica, agora }: Estado, lista: readonly Agendamento[]): readonly Agendamento[] {
  const vez = ({ chegouEm, data, hora }: Agendamento): number =>
    Math.max(Date.parse(chegouEm), clinica.calendario.instante(data, hora, agora));
  const esperam = lista.filter(({ situacao }) => situacao === "CHEGOU")
    .map((um) => ({ um, vez: vez(um) }))
    .sort((a, b) => b.um.prioridade - a.um.prioridade || a.vez - b.vez)
    .map(({ um }) => um);
  return [...esperam, ...lista.filter(({ situacao }) => situacao !== "CHEGOU")];
}
