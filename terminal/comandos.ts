/**
 * Os comandos do cliente: que pedidos cada um faz ao servidor, e quantas vezes insiste. O que houve com um pedido sem
 * resposta, decide-o `destino.ts`; um aviso de que se conferiu vai a stderr.
 *
 * @module
 */

import { delay } from "@std/async";
import type { ComandoDado } from "./formas.ts";
import { type Conexao, escreverEndereco, esperaAntesDe, RespostaPerdida } from "./conexao.ts";
import { conferePeriodo, dataDoFio, diasDepoisDeHoje, lerData } from "./datas.ts";
import { agendamentosDe, consultaDestino, destinoDe, type PedidoDeMudanca } from "./destino.ts";
import { pode } from "./papel.ts";
import { imprime } from "./saida.ts";
import { ChaveRecusada, type Respondido, SemConexao, ServidorAntigo, type TuplaLida } from "./tubo.ts";
import { NEGADO } from "../clinica/permissao.ts";
import { inofensivo, lerCpf } from "../clinica/texto.ts";
import type { PedidoNoFio2De } from "../fio/clinica2.ts";

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
 * @throws {ErroDeUso} quando `"hoje"` ou `"amanhã"`, uma vez sabidos, deixam um período ao contrário; nada se pediu.
 * @throws {SemConexao} quando nada aconteceu e o comando pode ser repetido.
 * @throws {ServidorAntigo} quando o servidor não conhece o que se pede; nada aconteceu.
 * @throws {DestinoAdverso} quando a resposta se perdeu e a mudança não aconteceu, ou não se sabe.
 */
export async function executa(
  conexao: Conexao,
  comando: ComandoDado,
  insistencia: Insistencia = {},
): Promise<Respondido> {
  switch (comando.nome) {
    case "agendar":
      return await marca(conexao, comando, insistencia);
    case "remarcar": {
      const { nome: _, data, ...campos } = comando;
      const pedido = { comando: "REMARC", ...campos, ...await dataPara(conexao, data) } as const;
      return await mudaDaHistoria(conexao, pedido, insistencia);
    }
    case "cancelar": {
      const { nome: _, ...campos } = comando;
      // O que havia antes é o que permite saber, se a resposta se perder, se foi este pedido que desmarcou.
      const { cpf, codigo } = comando;
      const antes = agendamentosDe(await conexao.pede({ comando: "BUSCA", cpf, codigo }));
      return await pedeOuDescobre(conexao, { comando: "CANCEL", ...campos }, { antes, ...insistencia });
    }
    case "situacao": {
      const { nome: _, ...campos } = comando;
      return await mudaDaHistoria(conexao, { comando: "SITUA", ...campos }, insistencia);
    }
    case "corrigir": {
      const { nome: _, paciente: nome, ...campos } = comando;
      return await mudaDaHistoria(conexao, { comando: "CORRIGE", nome, ...campos }, insistencia);
    }
    case "esperar": {
      const { nome: _, paciente: nome, de: primeira, ate: ultima, ...campos } = comando;
      const [de, ate] = await Promise.all(
        [primeira, ultima].map(async (data) => data === undefined ? undefined : (await dataPara(conexao, data)).data),
      );
      if (ate !== undefined) conferePeriodo(de ?? "", ate, "de");
      return await pedeNaLista(conexao, { comando: "ESPERA", nome, de, ate, ...campos }, insistencia);
    }
    case "desistir": {
      const { nome: _, ...campos } = comando;
      return await pedeNaLista(conexao, { comando: "DESISTE", ...campos }, insistencia);
    }
    case "aceitar": {
      const { nome: _, ...campos } = comando;
      return await pedeNaLista(conexao, { comando: "ACEITA", ...campos }, insistencia);
    }
    case "recusar": {
      const { nome: _, ...campos } = comando;
      return await pedeNaLista(conexao, { comando: "RECUSA", ...campos }, insistencia);
    }
    case "fila":
      return seConhece(await conexao.pede({ comando: "FILA", especialista: comando.especialista }));
    case "buscar":
      return await conexao.pede({ comando: "BUSCA", cpf: comando.cpf, codigo: comando.codigo });
    case "historia":
      return await conexao.pede({ comando: "HISTORIA", cpf: comando.cpf });
    case "agenda": {
      const { nome: _, data = "hoje", ...campos } = comando;
      return await conexao.pede({ comando: "LISTA", data: (await dataPara(conexao, data)).data, ...campos });
    }
    case "vagas":
      return await vagas(conexao, comando);
    case "fechar": {
      const { nome: _, data, ate, ...campos } = comando;
      const de = await dataPara(conexao, data);
      const fim = ate === undefined ? undefined : (await dataPara(conexao, ate)).data;
      if (fim !== undefined) conferePeriodo(de.data, fim);
      return await pedeOuRepete(conexao, { comando: "FECHA", data: de.data, ate: fim, ...campos }, insistencia);
    }
    case "extra": {
      const { nome: _, data, ...campos } = comando;
      const pedido = { comando: "EXTRA", data: (await dataPara(conexao, data)).data, ...campos } as const;
      return await pedeOuRepete(conexao, pedido, insistencia);
    }
    case "reabrir":
      return await pedeOuRepete(conexao, { comando: "REABRE", numero: comando.numero }, insistencia);
  }
}

async function vagas(conexao: Conexao, comando: Extract<ComandoDado, { nome: "vagas" }>): Promise<Respondido> {
  const { especialista, profissional } = comando;
  const data = comando.data === undefined ? undefined : (await dataPara(conexao, comando.data)).data;
  if (especialista !== undefined) return await conexao.pede({ comando: "VAGAS", especialista, data, profissional });
  // O fio só aceita data junto de especialidade; sem ela, a data se escolhe aqui, com o mesmo erro se não se lê.
  if (data !== undefined && lerData(data) === undefined) return { codigo: "ERRO-103" };
  const resposta = await conexao.pede({ comando: "VAGAS", profissional });
  if (data === undefined || resposta.codigo !== "OK-304") return resposta;
  return { ...resposta, vagas: resposta.vagas.filter(([dela]) => dela === data) };
}

async function marca(
  conexao: Conexao,
  comando: Extract<ComandoDado, { nome: "agendar" }>,
  insistencia: Insistencia,
): Promise<Respondido> {
  const { nome: _, paciente: nome, data: escrita, ...campos } = comando;
  const { especialista, profissional, horario } = comando;
  const pedido = { comando: "AGEND", nome, ...campos } as const;
  if (escrita !== undefined) {
    return await pedeOuDescobre(conexao, { ...pedido, ...await dataPara(conexao, escrita) }, insistencia);
  }
  for (let tentativa = 1;; tentativa++) {
    const vagas = await conexao.pede({ comando: "VAGAS", especialista, profissional });
    if (vagas.codigo !== "OK-304") return vagas;
    const vaga = vagas.vagas.find(([, , , horarios]) => horario === undefined || horarios.includes(horario)) ??
      vagas.vagas[0];
    if (vaga === undefined) return { codigo: "ERRO-110" };
    const [data, dia] = vaga;
    const resposta = await pedeOuDescobre(conexao, { ...pedido, data, dia }, insistencia);
    if (resposta.codigo !== "ERRO-110" || tentativa === TENTATIVAS_DE_DATA) return resposta;
  }
}

/** Lê antes o que há, para saber, se a resposta se perder, se foi este pedido que mudou o agendamento. */
async function mudaDaHistoria(
  conexao: Conexao,
  pedido: PedidoNoFio2De<"REMARC" | "CORRIGE" | "SITUA">,
  insistencia: Insistencia,
): Promise<Respondido> {
  const { cpf, codigo } = pedido;
  if (conexao.comChave) await conexao.conecta();
  const historia = pode(conexao, "HISTORIA") ? await conexao.pede({ comando: "HISTORIA", cpf }) : NEGADO;
  const antes = historia.codigo === "ERRO-120"
    ? await consultaDestino(conexao, { cpf, codigo })
    : agendamentosDe(historia);
  return await pedeOuDescobre(conexao, pedido, { antes, ...insistencia });
}

/** O particípio de cada mudança. */
const FEITO: { readonly [C in PedidoDeMudanca["comando"]]: string } = {
  AGEND: "marcado",
  CANCEL: "desmarcado",
  REMARC: "remarcado",
  CORRIGE: "corrigido",
  SITUA: "mudado",
};

/** Pede; se a resposta se perde, reconecta e descobre o que houve. */
async function pedeOuDescobre(
  conexao: Conexao,
  pedido: PedidoDeMudanca,
  { antes, prazo = PRAZO_DO_DESTINO }: Insistencia & { antes?: readonly TuplaLida[] },
): Promise<Respondido> {
  try {
    return await conexao.pede(pedido);
  } catch (erro) {
    if (!(erro instanceof RespostaPerdida)) throw erro;
  }
  const feito = FEITO[pedido.comando];
  const depois = await enquantoDaTempo(conexao, prazo, () => consultaDestino(conexao, pedido));
  if (depois === undefined) {
    throw naoSeSabe(conexao, feito, `buscar --cpf ${lerCpf(pedido.cpf) ?? pedido.cpf}`);
  }
  const resposta = destinoDe(pedido, depois, { antes });
  if (resposta === undefined) throw new DestinoAdverso(`A resposta se perdeu: não foi ${feito}. Tente de novo.`);
  await imprime("A resposta se perdeu; este é o resultado, conferido no servidor.", Deno.stderr);
  return resposta;
}

/** Pede uma exceção; se a resposta se perde, pede de novo: a mesma responde o mesmo número, e não se repete. */
async function pedeOuRepete(
  conexao: Conexao,
  pedido: PedidoNoFio2De<"FECHA" | "EXTRA" | "REABRE">,
  { prazo = PRAZO_DO_DESTINO }: Insistencia,
): Promise<Respondido> {
  try {
    return await conexao.pede(pedido);
  } catch (erro) {
    if (!(erro instanceof RespostaPerdida)) throw erro;
  }
  const resposta = await enquantoDaTempo(conexao, prazo, () => conexao.pede(pedido));
  if (resposta === undefined) throw naoSeSabe(conexao, "feito", `agenda ${"data" in pedido ? pedido.data : ""}`);
  if (pedido.comando === "REABRE" && resposta.codigo === "ERRO-113") {
    throw new DestinoAdverso(
      `A resposta se perdeu, e agora a exceção nº ${pedido.numero} já não vale: ou este pedido a desfez, ou não valia antes. ` +
        "Veja com agenda quem ficou de fora.",
    );
  }
  await imprime("A resposta se perdeu, e o pedido foi repetido; este é o resultado.", Deno.stderr);
  return resposta;
}

/** O que se diz quando o que se repetiu já não se podia fazer: a primeira vez pode tê-lo feito. */
const JA_NAO_SE_PODE = {
  ESPERA: ["ERRO-118", "este CPF está na lista: ou este pedido o pôs lá, e o código perdeu-se, ou já lá estava"],
  DESISTE: ["ERRO-119", "este CPF não está na lista: ou este pedido o tirou, ou não estava"],
  ACEITA: ["ERRO-119", "já não há convite: ou este pedido o aceitou, ou o prazo tinha passado"],
} as const;

/**
 * Pede algo da lista de espera; se a resposta se perde, pede de novo, menos uma recusa: entretanto pode ter vindo outro
 * convite, e seria esse o recusado.
 */
async function pedeNaLista(
  conexao: Conexao,
  pedido: PedidoNoFio2De<"ESPERA" | "DESISTE" | "ACEITA" | "RECUSA">,
  { prazo = PRAZO_DO_DESTINO }: Insistencia,
): Promise<Respondido> {
  try {
    return seConhece(await conexao.pede(pedido));
  } catch (erro) {
    if (!(erro instanceof RespostaPerdida)) throw erro;
  }
  const { comando, cpf, especialista } = pedido;
  const confere = comando === "ACEITA" ? `buscar --cpf ${lerCpf(cpf) ?? cpf}` : `fila "${inofensivo(especialista)}"`;
  if (comando === "RECUSA") {
    throw new DestinoAdverso(`A resposta se perdeu: não se sabe se foi recusado.\n${confira(conexao, confere)}`);
  }
  const resposta = await enquantoDaTempo(conexao, prazo, () => conexao.pede(pedido));
  if (resposta === undefined) throw naoSeSabe(conexao, "feito", confere);
  const [jaFeito, frase] = JA_NAO_SE_PODE[comando];
  if (resposta.codigo === jaFeito) {
    throw new DestinoAdverso(`A resposta se perdeu, e agora ${frase}.\n${confira(conexao, confere)}`);
  }
  await imprime("A resposta se perdeu, e o pedido foi repetido; este é o resultado.", Deno.stderr);
  return resposta;
}

/** Um servidor de antes da lista de espera fala CLINICA/2, e não a conhece. */
function seConhece(resposta: Respondido): Respondido {
  if (resposta.codigo === "ERRO-101") throw new ServidorAntigo("sem lista de espera");
  return resposta;
}

function confira({ endereco }: Conexao, comando: string): string {
  return `Confira com: cliente.ts ${escreverEndereco(endereco)} ${comando}`.trimEnd();
}

function naoSeSabe(conexao: Conexao, feito: string, confere: string): DestinoAdverso {
  const motivo = conexao.sinal.aborted
    ? "Interrompido antes da resposta"
    : conexao.recusada
    ? "A resposta se perdeu, e a chave deste terminal deixou de valer"
    : "A resposta se perdeu e o servidor não voltou a tempo";
  return new DestinoAdverso(`${motivo}: não se sabe se foi ${feito}.\n${confira(conexao, confere)}`);
}

/** O que a consulta diz, tentando até o prazo ou um Ctrl-C; `undefined` se não deu para saber. */
async function enquantoDaTempo<T>(
  { sinal }: Conexao,
  prazo: number,
  consulta: () => Promise<T | undefined>,
): Promise<T | undefined> {
  const fim = performance.now() + prazo;
  for (let tentativa = 0; !sinal.aborted; tentativa++) {
    try {
      return await consulta();
    } catch (erro) {
      if (erro instanceof ChaveRecusada) return undefined;
      const semResposta = erro instanceof SemConexao || erro instanceof RespostaPerdida;
      if (!semResposta && !sinal.aborted) throw erro;
    }
    const espera = esperaAntesDe(tentativa);
    if (performance.now() + espera > fim) return undefined;
    await delay(espera, { signal: sinal }).catch(() => {});
  }
  return undefined;
}

// ---------------------------------------------------------------------------------------------------- as datas

/** A data e o dia da semana como vão no fio; `"hoje"` e `"amanhã"` são os da clínica, que o servidor diz onde fica. */
export async function dataPara(conexao: Conexao, texto: string): Promise<{ data: string; dia: string }> {
  const dias = diasDepoisDeHoje(texto);
  if (dias === undefined) return dataDoFio(texto);
  await conexao.conecta();
  return dataDoFio(hojeNaClinica(conexao).add({ days: dias }).toString());
}

/** O dia de hoje na clínica ou, se o servidor não diz onde ela fica, nesta máquina. */
export function hojeNaClinica({ apresentacao }: Conexao): Temporal.PlainDate {
  return Temporal.Now.plainDateISO(apresentacao?.fuso);
}
