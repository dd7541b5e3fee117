/**
 * `AGEND`: marca. Sem profissional, escolhe entre os que estão livres na primeira hora o que tem menos marcados na data; um
 * encaixe (`encaixar.ts`) não toma hora nenhuma.
 *
 * @module
 */

import { mesmoCodigo, nasce } from "./agendamento.ts";
import { aprendizado, contatoPara } from "./corrigir.ts";
import { encaixar } from "./encaixar.ts";
import { arquivamento, ativoEm, type Decisao, type Estado, jaTerminou, nascimento, semMudanca } from "./estado.ts";
import type { Espera } from "./espera.ts";
import { aceita } from "./esperar.ts";
import { antecedenciaPara, foraDasRegras, impedeTer } from "./impedimento.ts";
import type { Mudanca } from "./livro.ts";
import type { PedidoDe, Resultado } from "./pedido.ts";
import { alcancaTodos } from "./permissao.ts";
import { acharAtendimento, atende, escolher, lugar, type Vaga } from "./vaga.ts";

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
  const convidada = convidadaPara(estado, pedido, especialidade.chave);
  const aceitou = convidada && comoMarcada(estado, pedido, aceita(estado, convidada, pedido));
  // Quem já chegou para o que tem não se move: é o que se lhe diz.
  if (aceitou !== undefined && aceitou.resultado.codigo !== "ERRO-119") return aceitou;
  const anterior = ativoEm(estado, pedido.cpf, especialidade.chave);
  if (anterior !== undefined && !jaTerminou(estado, anterior)) {
    // O mesmo formulário outra vez: a resposta que se perdeu repete-se.
    const repetido = pedido.proposto !== undefined && mesmoCodigo(pedido.proposto, anterior.codigo);
    return semMudanca({ codigo: repetido ? "OK-300" : "ERRO-111", agendamentos: [anterior] });
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
    codigo: pedido.proposto ?? estado.sorteia(),
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

/**
 * A entrada da lista de espera para que está segurada exatamente a hora que se pede. A quem sem o código dela não a
 * podia aceitar a hora está tomada.
 */
function convidadaPara(
  estado: Estado,
  { cpf, data, horario, profissional, encaixe }: PedidoDe<"AGEND">,
  especialidade: string,
): Espera | undefined {
  const { clinica, vista } = estado;
  if (horario === undefined || encaixe || !alcancaTodos(estado.quem, "ACEITA") || !vista.alguemEspera()) {
    return undefined;
  }
  const espera = vista.esperaDe(cpf, especialidade);
  const convite = espera && vista.conviteDe(espera);
  if (convite?.data !== data || convite.hora !== horario) return undefined;
  const quem = profissional === undefined ? convite.profissional : clinica.profissional(profissional)?.chave;
  return quem === convite.profissional ? espera : undefined;
}

/** Quem marca a hora que lhe está segurada aceita-a; se move o que tinha, responde-se com o que fica. */
function comoMarcada(estado: Estado, pedido: PedidoDe<"AGEND">, { resultado, mudancas }: Decisao): Decisao {
  if (resultado.codigo !== "OK-300" && resultado.codigo !== "OK-303") return { resultado, mudancas };
  return {
    resultado: { codigo: "OK-300", agendamentos: [resultado.agendamentos[0]] },
    mudancas: [...mudancas, ...aprendizado(estado, contatoPara(estado, pedido))],
  };
}

const NAO_HA_VAGAS: Resultado = { codigo: "ERRO-110" };
