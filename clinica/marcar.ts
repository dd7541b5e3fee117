/**
 * `AGEND`: marca. Sem profissional, escolhe entre os que estão livres na primeira hora o que tem menos marcados na data; um
 * encaixe (`encaixar.ts`) não toma hora nenhuma.
 *
 * @module
 */

import { nasce } from "./agendamento.ts";
import { aprendizado, contatoPara } from "./corrigir.ts";
import { encaixar } from "./encaixar.ts";
import { ativoEm, type Decisao, type Estado, jaTerminou, mudanca, nascimento, semMudanca } from "./estado.ts";
import { antecedenciaPara, foraDasRegras, impedeTer } from "./impedimento.ts";
import type { Mudanca } from "./livro.ts";
import type { PedidoDe, Resultado } from "./pedido.ts";
import { acharAtendimento, atende, escolher, type Vaga } from "./vaga.ts";

/** Quando vários erros cabem, vale o primeiro na ordem 103, 105, 111, 116, 110. */
export function marcar(estado: Estado, pedido: PedidoDe<"AGEND">): Decisao {
  const onde = acharAtendimento(estado, pedido);
  if (onde === undefined) return semMudanca({ codigo: "ERRO-103" });
  const encaixe = pedido.encaixe === true;
  const encaixado = encaixe ? encaixar(estado, onde, pedido.horario) : undefined;
  if (encaixe ? encaixado === undefined : pedido.horario !== undefined && !atende(estado, onde, pedido.horario)) {
    return semMudanca({ codigo: "ERRO-105" });
  }

  const { especialidade } = onde;
  const anterior = ativoEm(estado, pedido.cpf, especialidade.chave);
  if (anterior !== undefined && !jaTerminou(estado, anterior)) {
    return semMudanca({ codigo: "ERRO-111", agendamentos: [anterior] });
  }

  const antecedencia = antecedenciaPara(estado, pedido.motivo);
  const escolhe = (antecedencia: number): Vaga | undefined =>
    escolher(estado, onde, { vista: estado.vista, hora: pedido.horario, antecedencia });
  // Um encaixe é já o que a recepção abre à antecedência.
  const vaga = encaixe ? encaixado : escolhe(antecedencia);
  const perto = vaga === undefined && antecedencia > 0 && escolhe(0) !== undefined;
  const regra = perto ? "antecedencia" : impedeTer(estado, pedido);
  if (regra !== undefined) return semMudanca(foraDasRegras(regra));
  if (vaga === undefined || vaga === "cheio") return semMudanca(NAO_HA_VAGAS);
  const contato = contatoPara(estado, pedido);
  const depois = nasce({
    numero: estado.vista.novoNumero(),
    codigo: estado.sorteia(),
    cpf: pedido.cpf,
    nome: pedido.nome,
    especialidade: especialidade.chave,
    ...lugar(onde.dia.iso, vaga),
    encaixe,
    motivo: pedido.motivo ?? "",
    nota: pedido.nota ?? "",
    email: contato?.email ?? "",
    telefone: contato?.telefone ?? "",
  });
  const mudancas: Mudanca[] = [nascimento(estado, depois), ...aprendizado(estado, contato)];
  if (anterior !== undefined) mudancas.unshift(arquivamento(estado, anterior));
  return { resultado: { codigo: "OK-300", agendamentos: [depois] }, mudancas };
}

const NAO_HA_VAGAS: Resultado = { codigo: "ERRO-110" };

/** Tira de ativo o que já acabou: outro vem no lugar. */
export function arquivamento(estado: Estado, antes: Parameters<typeof jaTerminou>[1]): Mudanca {
  return mudanca(estado, { ato: "ARQUIVA", antes, novo: { ativo: false } });
}

/** Com quem, quando e por quanto tempo é uma vaga. */
export function lugar(
  data: string,
  { agenda, horario }: Vaga,
): { profissional: string; data: string; hora: string; minutos: number } {
  return { profissional: agenda.profissional?.chave ?? "", data, hora: horario.hora, minutos: horario.minutos };
}
