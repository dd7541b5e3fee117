/**
 * `SITUA`: chegou, foi chamado, foi atendido, saiu, faltou; e `DESFAZ`, que devolve a última mudança.
 *
 * @module
 */

import { agendaDe, type Agendamento, conta, type Papel, type Passo, type Situacao } from "./agendamento.ts";
import { cabeEncaixe } from "./encaixar.ts";
import {
  acha,
  arquivamento,
  ativoEm,
  ativosEmOrdem,
  cancelamento,
  daHistoria,
  type Decisao,
  type Estado,
  instante,
  jaTerminou,
  mudanca,
  naoPermitido,
  porHora,
  semMudanca,
  transicao,
} from "./estado.ts";
import { aberto, atinge } from "./excecao.ts";
import { foraDasRegras, impedeSair } from "./impedimento.ts";
import type { DoAgendamento, LetraDeSenha, Mudanca } from "./livro.ts";
import { estaLivre } from "./ocupacao.ts";
import { minutoDoDia, type Turno } from "./oferta.ts";
import type { PedidoDe } from "./pedido.ts";

/**
 * De cada situação, para quais se pode ir. Chamar de novo é uma rechamada; a que já está é recusada. Só a lista de espera
 * leva alguém a `CONVIDADO`, e dele a outra.
 */
const TRANSICOES: { readonly [S in Situacao]: readonly Situacao[] } = {
  MARCADO: ["CONFIRMADO", "CHEGOU", "FALTOU", "CANCELADO"],
  CONFIRMADO: ["CHEGOU", "FALTOU", "CANCELADO"],
  CHEGOU: ["CHAMADO", "SAIU"],
  CHAMADO: ["CHAMADO", "CHEGOU", "ATENDIDO", "SAIU"],
  ATENDIDO: [],
  SAIU: [],
  FALTOU: [],
  CANCELADO: [],
  CONVIDADO: [],
  PASSOU: [],
};

/** Quando vários erros cabem, vale o primeiro na ordem 113, 117, 115, 116. */
export function situar(estado: Estado, pedido: PedidoDe<"SITUA">): Decisao {
  const { situacao } = pedido;
  const achado = acha(estado, pedido, () => candidatos(estado, pedido));
  if ("recusa" in achado) return semMudanca(achado.recusa);
  const { agendamento } = achado;
  const mudancas = situacao === "DESFAZ"
    ? desfaz(estado, agendamento)
    : TRANSICOES[agendamento.situacao].includes(situacao) && naHora(estado, agendamento, situacao)
    ? [passa(estado, agendamento, { ...pedido, situacao })]
    : undefined;
  if (mudancas === undefined) return naoPermitido(agendamento);
  const regra = situacao === "CANCELADO" ? impedeSair(estado, agendamento, pedido.motivo) : undefined;
  if (regra !== undefined) return semMudanca(foraDasRegras(regra));
  const [feita] = mudancas;
  return { resultado: { codigo: "OK-306", agendamentos: [feita.depois] }, mudancas: mudancas.toReversed() };
}

/** As situações a que um agendamento pode passar agora, seja quem for que o peça. */
export function passagens(
  estado: Pick<Estado, "clinica" | "agora">,
  agendamento: Agendamento,
): readonly Situacao[] {
  return TRANSICOES[agendamento.situacao].filter((situacao) => naHora(estado, agendamento, situacao));
}

/** Verdadeiro se quem pede pode desfazer a última mudança; se o lugar ainda é dele, só o ato o sabe. */
export function desfazivel(estado: Pick<Estado, "clinica" | "agora" | "quem">, agendamento: Agendamento): boolean {
  const passo = agendamento.pilha.at(-1);
  return passo !== undefined && podeDesfazer(estado, agendamento, passo);
}

/** De quem se fala sem dizer o número: o último de hoje que conta, ou o ativo; para desfazer, o último que mudou hoje. */
function candidatos(estado: Estado, { cpf, situacao }: PedidoDe<"SITUA">): readonly Agendamento[] {
  const todos = daHistoria(estado, cpf);
  const { hoje } = estado.clinica.calendario.janela(estado.agora);
  if (situacao === "DESFAZ") {
    const quando = ({ pilha }: Agendamento): string => pilha.at(-1)?.em ?? "";
    return todos.filter((um) => deHoje(estado, um.pilha.at(-1)))
      .sort((a, b) => Date.parse(quando(b)) - Date.parse(quando(a)) || b.numero - a.numero);
  }
  const deHojeQueContam = todos.filter((um) => um.data === hoje && conta(um)).sort(porHora).reverse();
  return [...deHojeQueContam, ...ativosEmOrdem(estado, cpf)];
}

/** O que o relógio e o calendário pedem a cada situação. */
function naHora(
  { clinica, agora }: Pick<Estado, "clinica" | "agora">,
  { data, hora, ...antes }: Agendamento,
  situacao: Situacao,
): boolean {
  const { calendario } = clinica;
  switch (situacao) {
    case "CONFIRMADO":
      return !calendario.comecou(data, hora, agora);
    case "CHEGOU":
      return antes.situacao === "CHAMADO" || data === calendario.janela(agora).hoje;
    case "FALTOU":
      return calendario.comecou(data, hora, agora);
    default:
      return true;
  }
}

/** A mudança de situação, com o que cada uma traz. */
function passa(
  estado: Estado,
  antes: Agendamento,
  { situacao, local, motivo, ...pedido }: PedidoDe<"SITUA"> & { situacao: Situacao },
): DoAgendamento {
  const prioridade = pedido.prioridade ?? antes.prioridade;
  const feita = (novo: Parameters<typeof transicao>[1]["novo"]): DoAgendamento =>
    transicao(estado, {
      ato: "SITUA",
      antes,
      novo: { situacao, prioridade, local: local ?? antes.local, motivo: motivo ?? antes.motivo, ...novo },
    });
  switch (situacao) {
    case "CHEGOU":
      // Quem foi chamado e não veio guarda o lugar.
      return antes.situacao === "CHAMADO"
        ? feita({})
        : feita({ chegouEm: instante(estado), senha: senhaDe(estado, antes, prioridade) });
    case "CHAMADO":
      return feita({ chamadas: antes.chamadas + 1, chamadoEm: antes.chamadoEm || instante(estado) });
    case "ATENDIDO":
    case "SAIU":
    case "FALTOU":
      return feita({ ativo: false, terminouEm: instante(estado) });
    case "CANCELADO":
      return cancelamento(estado, { ato: "SITUA", antes, motivo });
    default:
      return feita({});
  }
}

/** A senha do dia; quem já teve uma da mesma letra, numa chegada que se desfez, fica com ela. */
function senhaDe({ vista }: Estado, { senha, data }: Agendamento, prioridade: number): string {
  const letra: LetraDeSenha = prioridade > 0 ? "P" : "A";
  if (senha.startsWith(letra)) return senha;
  return letra + String(vista.ultimaSenha(data, letra) + 1).padStart(3, "0");
}

/** Devolve a última mudança de situação; nada, se não é de hoje, ou de quem a fez, ou se o lugar já é de outro, ou fechou. */
function desfaz(estado: Estado, antes: Agendamento): DoAgendamentoSeguido | undefined {
  const passo = antes.pilha.at(-1);
  if (passo === undefined || !podeDesfazer(estado, antes, passo)) return undefined;
  // O instante de uma falta que o servidor marcou fica: é por ele que não a marca outra vez.
  const daCasa = passo.papel === "servidor" && antes.situacao === "FALTOU" ? { terminouEm: antes.terminouEm } : {};
  const novo = { ...passo.antes, ...daCasa, pilha: antes.pilha.slice(0, -1) };
  const depois = { ...antes, ...novo };
  if (conta(depois) && !conta(antes) && !podeVoltar(estado, depois)) return undefined;
  const outro = ativoEm(estado, antes.cpf, antes.especialidade);
  const volta = mudanca(estado, { ato: "DESFAZ", antes, novo });
  if (!depois.ativo || outro === undefined || outro.numero === antes.numero) return [volta];
  return jaTerminou(estado, outro) ? [volta, arquivamento(estado, outro)] : undefined;
}

/** Uma mudança de um agendamento, e o que tem de ir antes dela. */
type DoAgendamentoSeguido = readonly [DoAgendamento, ...Mudanca[]];

/** Quantos dias a recepção tem para desfazer uma falta que o servidor marcou. */
const DIAS_PARA_DESFAZER_FALTA = 7;

function podeDesfazer(
  estado: Pick<Estado, "clinica" | "agora" | "quem">,
  { situacao }: Agendamento,
  passo: Passo,
): boolean {
  const { papel } = estado.quem;
  if (daRecepcao(papel) && passo.papel === "servidor" && situacao === "FALTOU") {
    return Date.parse(passo.em) > estado.agora - DIAS_PARA_DESFAZER_FALTA * 24 * 60 * 60_000;
  }
  return deHoje(estado, passo) && (papel === "gerente" || papel === passo.papel);
}

/** O gerente pode tudo o que o balcão pode. */
function daRecepcao(papel: Papel): boolean {
  return papel === "balcao" || papel === "gerente";
}

function deHoje({ clinica, agora }: Pick<Estado, "clinica" | "agora">, passo: Passo | undefined): boolean {
  return passo !== undefined && Date.parse(passo.em) >= clinica.calendario.janela(agora).inicio;
}

/** Se o que volta a contar ainda tem o seu lugar. */
function podeVoltar(estado: Estado, agendamento: Agendamento): boolean {
  if (fechado(estado, agendamento)) return false;
  return agendamento.encaixe ? cabe(estado, agendamento) : livre(estado, agendamento);
}

/** Um `FECHA` em vigor atinge-o, e nenhum atendimento aberto o tem: um `EXTRA` posterior pode ter reaberto. */
function fechado(estado: Estado, agendamento: Agendamento): boolean {
  const { clinica, vista, agora } = estado;
  // A um encaixe basta que a sua hora esteja aberta, como ao marcar.
  const minutos = agendamento.encaixe ? 1 : agendamento.minutos;
  const inicio = minutoDoDia(agendamento.hora);
  return clinica.emVigor(vista, agora).some((uma) =>
    uma.tipo === "FECHA" && atinge(uma, { ...agendamento, minutos })
  ) &&
    !turnosDele(estado, agendamento).some((turno) => aberto(turno, inicio, inicio + minutos));
}

function livre({ clinica, vista }: Estado, agendamento: Agendamento): boolean {
  const { data, hora, minutos } = agendamento;
  const horario = { hora, inicio: minutoDoDia(hora), minutos };
  return estaLivre(clinica.tomado(vista, data, agendaDe(agendamento)), horario);
}

/** Se o atendimento em que foi encaixado ainda aceita um; um que já não há não recusa. */
function cabe(estado: Estado, agendamento: Agendamento): boolean {
  const turno = turnosDele(estado, agendamento).find((turno) => aberto(turno, minutoDoDia(agendamento.hora)));
  return turno === undefined || cabeEncaixe(estado, agendamento.data, turno);
}

/** Os atendimentos de quem o atende, na especialidade e na data dele. */
function turnosDele({ clinica, vista, agora }: Estado, agendamento: Agendamento): readonly Turno[] {
  const { data, especialidade } = agendamento;
  return clinica.dia(data, clinica.emVigor(vista, agora))?.atendimentos.get(especialidade)
    ?.find(({ agenda }) => agenda === agendaDe(agendamento))?.turnos ?? [];
}
