/**
 * Os comandos do cliente: que pedidos cada um faz ao servidor, e quantas vezes insiste. O que houve com um pedido sem
 * resposta, decide-o `conexao.ts`; um aviso de que se conferiu vai a stderr.
 *
 * @module
 */

import { delay } from "@std/async";
import type { ComandoDado } from "./argumentos.ts";
import {
  agendamentosDe,
  type Conexao,
  destinoDe,
  escreverEndereco,
  esperaAntesDe,
  type PedidoDeMudanca,
  RespostaPerdida,
  SemConexao,
} from "./conexao.ts";
import { imprime } from "./saida.ts";
import { DIAS_DA_SEMANA } from "../clinica/oferta.ts";
import { lerCpf } from "../clinica/texto.ts";
import type { Resposta, Tupla } from "../protocolo.ts";

/** O prazo para saber o destino de um pedido sem resposta, em ms: há um programa à espera. */
const PRAZO_DO_DESTINO = 10_000;

/** Quantas vezes `agendar` sem `--data` escolhe outra data quando a escolhida se enche no meio tempo. */
const TENTATIVAS_DE_DATA = 5;

/** A resposta se perdeu, e o pedido não foi feito ou não se sabe; a mensagem diz qual. */
export class DestinoAdverso extends Error {
  /** O nome da classe. */
  override name = "DestinoAdverso";
}

/** Até quando se insiste. */
export interface Insistencia {
  /** Por quanto tempo se procura saber o destino de um pedido sem resposta, em ms. */
  readonly prazo?: number;
}

/**
 * Faz os pedidos de um comando e devolve a resposta que ele teve.
 *
 * @throws {SemConexao} quando nada aconteceu e o comando pode ser repetido.
 * @throws {DestinoAdverso} quando a resposta se perdeu e a mudança não aconteceu, ou não se sabe.
 */
export async function executa(
  conexao: Conexao,
  comando: ComandoDado,
  insistencia: Insistencia = {},
): Promise<Resposta> {
  switch (comando.nome) {
    case "agendar":
      return await marca(conexao, comando, insistencia);
    case "buscar":
      return await conexao.pede({ comando: "BUSCA", cpf: comando.cpf });
    case "cancelar": {
      const { cpf, especialista } = comando;
      // O que havia antes é o que permite saber, se a resposta se perder, se foi este pedido que desmarcou.
      const antes = agendamentosDe(await conexao.pede({ comando: "BUSCA", cpf }));
      return await pedeOuDescobre(conexao, { comando: "CANCEL", cpf, especialista }, { antes, ...insistencia });
    }
    case "vagas": {
      const { especialista } = comando;
      const data = comando.data === undefined ? undefined : dataDoFio(comando.data).data;
      if (especialista !== undefined) return await conexao.pede({ comando: "VAGAS", especialista, data });
      // O fio só aceita data junto de especialidade; sem ela, a data se escolhe aqui, com o mesmo erro se não se lê.
      if (comando.data !== undefined && lerData(comando.data) === undefined) return { codigo: "ERRO-103" };
      const resposta = await conexao.pede({ comando: "VAGAS" });
      if (data === undefined || resposta.codigo !== "OK-304") return resposta;
      return { ...resposta, vagas: resposta.vagas.filter(([dela]) => dela === data) };
    }
  }
}

async function marca(
  conexao: Conexao,
  comando: Extract<ComandoDado, { nome: "agendar" }>,
  insistencia: Insistencia,
): Promise<Resposta> {
  const { cpf, paciente: nome, especialista, horario } = comando;
  const pedido = { comando: "AGEND", cpf, nome, especialista, horario } as const;
  if (comando.data !== undefined) {
    return await pedeOuDescobre(conexao, { ...pedido, ...dataDoFio(comando.data) }, insistencia);
  }
  for (let tentativa = 1;; tentativa++) {
    const vagas = await conexao.pede({ comando: "VAGAS", especialista });
    if (vagas.codigo !== "OK-304") return vagas;
    const vaga = vagas.vagas.find(([, , , horarios]) => horario === undefined || horarios.includes(horario)) ??
      vagas.vagas[0];
    if (vaga === undefined) return { codigo: "ERRO-110" };
    const [data, dia] = vaga;
    const resposta = await pedeOuDescobre(conexao, { ...pedido, data, dia }, insistencia);
    if (resposta.codigo !== "ERRO-110" || tentativa === TENTATIVAS_DE_DATA) return resposta;
  }
}

/** Pede; se a resposta se perde, reconecta e descobre o que houve. */
async function pedeOuDescobre(
  conexao: Conexao,
  pedido: PedidoDeMudanca,
  { antes, prazo = PRAZO_DO_DESTINO }: Insistencia & { antes?: readonly Tupla[] },
): Promise<Resposta> {
  try {
    return await conexao.pede(pedido);
  } catch (erro) {
    if (!(erro instanceof RespostaPerdida)) throw erro;
  }
  const feito = pedido.comando === "AGEND" ? "marcado" : "desmarcado";
  const depois = await procura(conexao, pedido.cpf, prazo);
  if (depois === undefined) {
    const motivo = conexao.sinal.aborted
      ? "Interrompido antes da resposta"
      : "A resposta se perdeu e o servidor não voltou a tempo";
    const onde = escreverEndereco(conexao.endereco);
    throw new DestinoAdverso(
      `${motivo}: não se sabe se foi ${feito}.\n` +
        `Confira com: cliente.ts ${onde} buscar --cpf ${lerCpf(pedido.cpf) ?? pedido.cpf}`,
    );
  }
  const resposta = destinoDe(pedido, depois, { antes });
  if (resposta === undefined) throw new DestinoAdverso(`A resposta se perdeu: não foi ${feito}. Tente de novo.`);
  await imprime("A resposta se perdeu; este é o resultado, conferido no servidor.", Deno.stderr);
  return resposta;
}

/** Os agendamentos do CPF, tentando até o prazo ou um Ctrl-C; `undefined` se não deu para saber. */
async function procura(conexao: Conexao, cpf: string, prazo: number): Promise<readonly Tupla[] | undefined> {
  const { sinal } = conexao;
  const fim = performance.now() + prazo;
  for (let tentativa = 0; !sinal.aborted; tentativa++) {
    try {
      return agendamentosDe(await conexao.pede({ comando: "BUSCA", cpf }));
    } catch (erro) {
      if (!(erro instanceof SemConexao) && !sinal.aborted) throw erro;
    }
    const espera = esperaAntesDe(tentativa);
    if (performance.now() + espera > fim) return undefined;
    await delay(espera, { signal: sinal }).catch(() => {});
  }
  return undefined;
}

/** Lê uma data `dd/mm/aaaa` ou `aaaa-mm-dd`; `undefined` se não está no calendário. */
export function lerData(texto: string): Temporal.PlainDate | undefined {
  const partes = /^(\d{1,2})\/(\d{1,2})\/(\d{4})$/.exec(texto) ?? /^(\d{4})-(\d{2})-(\d{2})$/.exec(texto);
  if (partes === null) return undefined;
  const [, a, b, c] = partes.map(Number);
  const [day, month, year] = texto.includes("/") ? [a, b, c] : [c, b, a];
  try {
    return Temporal.PlainDate.from({ year, month, day }, { overflow: "reject" });
  } catch {
    return undefined;
  }
}

/** A data e o dia da semana como vão no fio; uma data que não se lê vai como foi escrita, e o servidor a recusa. */
export function dataDoFio(texto: string): { data: string; dia: string } {
  const data = lerData(texto);
  if (data === undefined) return { data: texto, dia: "" };
  const [ano, mes, dia] = data.toString().split("-");
  return { data: `${dia}/${mes}/${ano}`, dia: DIAS_DA_SEMANA[data.dayOfWeek - 1] };
}
