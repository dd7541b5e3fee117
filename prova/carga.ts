/**
 * A carga de CLINICA/1: uma clínica, muitos clientes que pedem ao acaso, e a conferência do que eles viram com o que ficou no
 * livro. Usam-na as partes que põem o livro à prova; quem decide se uma história pode ter acontecido é
 * `prova/historia/clinica1.ts`.
 *
 * @module
 */

import { delay } from "@std/async";
import { DatabaseSync } from "node:sqlite";
import {
  clientes,
  integridadeDe,
  julga,
  mil,
  type OpcoesDosClientes,
  type Promessa,
  type PromessaDaHistoria,
  soma,
  type Sorteio,
} from "./bancada.ts";
import { type Errado, type LinhaGravada, verifica } from "./historia/clinica1.ts";
import type { Grade } from "./historia/clinica1_passos.ts";
import type { Historia, Operacao, Veredito } from "./historia/registro.ts";
import { Calendario } from "../clinica/calendario.ts";
import { lerOferta } from "../clinica/oferta.ts";
import { codificarPedido, dataNoFio, decodificarResposta, type PedidoNoFio } from "../protocolo.ts";
import { cpfDeExemplo, Fio, type Pasta, type Servidor } from "../testes/apoio.ts";

// -------------------------------------------------------------------------------------------- uma clínica para a carga

/** As especialidades em que a carga marca, quando não se dizem outras. */
export const ESPECIALIDADES: readonly string[] = ["CARDIOLOGISTA", "DERMATOLOGISTA", "NUTRICIONISTA"];

/** A clínica de uma carga: poucas horas, para que haja disputa. */
export interface OpcoesDaClinica {
  /** As da grade; `ESPECIALIDADES` quando não se diz. */
  especialidades?: readonly string[];
  /** Quantas por dia, de meia em meia hora a partir das oito; 6 quando não se diz. */
  vagas?: number;
  /** Quantas datas ficam abertas, a partir de depois de amanhã: nenhuma começa nem acaba durante a prova. */
  datas?: number;
  /** O dia que se toma por hoje. */
  hoje?: Temporal.PlainDate;
  /** O da clínica. */
  fuso?: string;
  /** Mais atendimentos, fora da grade. */
  outros?: readonly Record<string, unknown>[];
  /** Datas que não se fecham, fora da grade. */
  abertas?: readonly string[];
}

/** Escreve `clinica.json` na pasta; devolve os dias em que a carga marca. */
export function montaClinica(pasta: Pasta, opcoes: OpcoesDaClinica = {}): Grade {
  const { especialidades = ESPECIALIDADES, vagas = 6, datas = 5, fuso = "America/Sao_Paulo", outros = [] } = opcoes;
  const { hoje = Temporal.Now.plainDateISO(fuso), abertas = [] } = opcoes;
  const primeira = hoje.add({ days: 2 });
  const fechado: string[] = [];
  for (let i = -10; i < 40; i++) {
    const dia = hoje.add({ days: i });
    const naGrade = i >= 2 && i < 2 + datas;
    if (!naGrade && !abertas.includes(dia.toString())) fechado.push(dia.toString());
  }
  const atendimentos = lerOferta().diasDaSemana.flatMap((dia) => [
    ...especialidades.map((especialidade) => ({ especialidade, dia, inicio: "08:00", vagas, minutos: 30 })),
    ...outros.map((outro) => ({ ...outro, dia })),
  ]);
  const configuracao = { fuso, semanas: 4, fechado, atendimentos };
  Deno.writeTextFileSync(pasta.arquivo("clinica.json"), JSON.stringify(configuracao));
  const oferta = lerOferta(configuracao);
  const { dias } = new Calendario(oferta).janela(primeira.toZonedDateTime(fuso).epochMilliseconds);
  return [...dias.values()].filter(({ iso }) => !abertas.includes(iso)).flatMap(({ iso, nome, atendimentos }) =>
    especialidades.map((especialidade) => ({
      especialidade,
      data: dataNoFio(iso),
      dia: nome,
      horarios: (atendimentos.get(especialidade) ?? []).flatMap(({ horarios }) => horarios.map(({ hora }) => hora)),
    }))
  );
}

/** Uma clínica de tamanho médio: oito semanas, vinte especialidades, de segunda a sexta, 48 horas por dia. */
export const CLINICA_MEDIA = {
  semanas: 8,
  atendimentos: Array.from({ length: 20 }, (_, i) =>
    lerOferta().diasDaSemana.slice(0, 5).map((dia) => ({
      especialidade: `ESPECIALIDADE ${String(i).padStart(2, "0")}`,
      dia,
      inicio: "08:00",
      vagas: 48,
      minutos: 10,
    }))).flat(),
};

/** O que está no arquivo de um livro. */
export interface LivroLido {
  /** A tabela inteira, com os cancelados. */
  readonly livro: readonly LinhaGravada[];
  /** O que `integrity_check` diz; `"ok"` quando nada está mal. */
  readonly integridade: string;
}

/** Lê o arquivo de um livro; da tabela, só as especialidades que se dizem, ou todas. */
export function lerLivro(caminho: string, so?: readonly string[]): LivroLido {
  using db = new DatabaseSync(caminho);
  const livro = db.prepare("SELECT cpf, nome, especialidade, data, hora, situacao FROM agendamento ORDER BY numero")
    .all()
    .map(({ cpf, nome, especialidade, data, hora, situacao }) => ({
      cpf: String(cpf),
      nome: String(nome),
      especialidade: String(especialidade),
      data: dataNoFio(String(data)),
      hora: String(hora),
      cancelada: situacao === "CANCELADO",
    }))
    .filter(({ especialidade }) => so === undefined || so.includes(especialidade));
  return { livro, integridade: integridadeDe(db) };
}

// ------------------------------------------------------------------------------------------------------------- a carga

/** Pacientes de uma carga: bem mais do que as vagas, para que umas faltem, e poucos, para que se encontrem. */
const CPFS = Array.from({ length: 60 }, (_, n) => cpfDeExemplo(n));

/** Contra quem vai a carga, e até quando. */
export interface OpcoesDaCarga extends OpcoesDosClientes {
  /** A porta do servidor. */
  porta: number;
  /** Onde tudo fica anotado. */
  historia: Historia;
  /** Os dias em que se marca. */
  grade: Grade;
}

/** Muitos clientes pedem ao acaso, cada um em sua conexão, até que se diga; tudo fica na história. */
export async function carrega(carga: OpcoesDaCarga): Promise<void> {
  await clientes(carga, (sorteio) => umaConexao(carga, sorteio));
}

/** Operações por história, no máximo: o verificador as tem todas na memória. */
export const OPERACOES_POR_HISTORIA = 60_000;

/** Uma conexão, da saudação ao fim: pedidos um a um ou em rajadas; às vezes vai-se sem ler as respostas. */
async function umaConexao({ porta, historia, grade, ate }: OpcoesDaCarga, sorteio: Sorteio): Promise<void> {
  const conexao = historia.conexao();
  const saudacao = historia.comeca(conexao, { comando: "SAUDACAO" });
  using fio = await Fio.conecta(porta);
  if (!await recebe(fio, historia, saudacao)) return;
  while (!ate()) {
    const quantos = sorteio.fracao() < 0.7 ? 1 : sorteio.inteiro(2, 8);
    const pedidos = Array.from({ length: quantos }, () => sorteiaPedido(historia, grade, sorteio));
    const operacoes = pedidos.map((pedido) => historia.comeca(conexao, pedido));
    await fio.manda(pedidos.map(codificarPedido).join(""));
    if (sorteio.fracao() < 0.01) return;
    for (const operacao of operacoes) {
      if (!await recebe(fio, historia, operacao)) return;
    }
    if (sorteio.fracao() < 0.1) await delay(sorteio.inteiro(1, 5));
  }
}

/** Lê a resposta de uma operação; falso se a conexão acabou, e nada mais desta conexão se saberá. */
async function recebe(fio: Fio, historia: Historia, operacao: Operacao): Promise<boolean> {
  const linha = await fio.linha();
  if (linha === undefined) return false;
  const resposta = decodificarResposta(linha);
  if (resposta === undefined) throw new Error(`o servidor mandou o que não é uma resposta: ${linha}`);
  // A última linha de uma conexão que atingiu um limite: não responde a nenhum pedido.
  if (resposta.codigo === "ERRO-130") return false;
  historia.acaba(operacao, resposta);
  return true;
}

function sorteiaPedido(historia: Historia, grade: Grade, sorteio: Sorteio): PedidoNoFio {
  const cpf = sorteio.de(CPFS);
  const { especialidade, data, dia, horarios } = sorteio.de(grade);
  const acaso = sorteio.fracao();
  if (acaso < 0.45) {
    const horario = acaso < 0.3 ? sorteio.de(horarios) : undefined;
    return { comando: "AGEND", cpf, nome: historia.nome(), especialista: especialidade, data, dia, horario };
  }
  if (acaso < 0.6) return { comando: "CANCEL", cpf, especialista: especialidade };
  if (acaso < 0.65) return { comando: "CANCEL", cpf };
  if (acaso < 0.85) return { comando: "BUSCA", cpf };
  if (acaso < 0.96) return { comando: "VAGAS", especialista: especialidade, data };
  return acaso < 0.98 ? { comando: "VAGAS", especialista: especialidade } : { comando: "VAGAS" };
}

/** Um `AGEND`, como no fio. */
export function agend(
  { cpf, nome = "MARIA DA SILVA", especialidade, data, dia, horario }: {
    cpf: string;
    nome?: string;
    especialidade: string;
    data: string;
    dia: string;
    horario?: string;
  },
): PedidoNoFio & { comando: "AGEND" } {
  return { comando: "AGEND", cpf, nome, especialista: especialidade, data, dia, horario };
}

/** O servidor fechou uma conexão em que não devia. */
export class ConexaoFechada extends Error {
  /** O nome do erro. */
  override name = "ConexaoFechada";
}

/** Pede uma coisa por vez por uma conexão só, na história. */
export async function pedeTudo(porta: number, historia: Historia, feitos: Iterable<PedidoNoFio>): Promise<Operacao[]> {
  const conexao = historia.conexao();
  const saudacao = historia.comeca(conexao, { comando: "SAUDACAO" });
  using fio = await Fio.conecta(porta);
  if (!await recebe(fio, historia, saudacao)) throw new ConexaoFechada("o servidor fechou antes da saudação");
  const operacoes: Operacao[] = [];
  for (const feito of feitos) {
    const operacao = historia.comeca(conexao, feito);
    operacoes.push(operacao);
    await fio.manda(codificarPedido(feito));
    if (!await recebe(fio, historia, operacao)) throw new ConexaoFechada("o servidor fechou no meio dos pedidos");
  }
  return operacoes;
}

/** O que a memória do servidor tem, pelo fio: entra na história, e tem de acabar no que está no arquivo. */
export function* leituraFinal(grade: Grade): Generator<PedidoNoFio> {
  for (const cpf of CPFS) yield { comando: "BUSCA", cpf };
  for (const { especialidade, data } of grade) yield { comando: "VAGAS", especialista: especialidade, data };
}

// ------------------------------------------------------------------------------------------------------- a conferência

/** Uma história conferida. */
export interface Conferida {
  /** O que o verificador diz. */
  readonly veredito: Veredito<Errado>;
  /** A história. */
  readonly historia: Historia;
  /** Linhas do livro. */
  readonly linhas: number;
  /** O que `integrity_check` diz do livro; `"ok"` quando nada está mal. */
  readonly integridade: string;
}

/** Com que se confere uma história. */
export interface OpcoesDoFim {
  /** O caminho do arquivo do livro. */
  caminho: string;
  /** O que os clientes viram. */
  historia: Historia;
  /** Os dias em que se marcou. */
  grade: Grade;
  /** Diz em que pé está. */
  avanca: (texto: string) => void;
  /** As especialidades da história, se o livro tem outras que não estão nela. */
  so?: readonly string[];
  /** Chamada com o servidor ainda de pé, depois da última leitura. */
  antesDoFim?: () => void;
}

/** O fim de um livro: lê pelo fio o que o servidor sabe, encerra-o, e confere a história com o que está no arquivo. */
export async function encerraEConfere(servidor: Servidor, opcoes: OpcoesDoFim): Promise<Conferida> {
  const { caminho, historia, grade, avanca, so, antesDoFim } = opcoes;
  await pedeTudo(servidor.porta, historia, leituraFinal(grade));
  antesDoFim?.();
  await servidor.encerra();
  historia.morreu();
  const { livro, integridade } = lerLivro(caminho, so);
  avanca(`conferindo ${mil(historia.operacoes.length)} operações`);
  // O que se acaba de dizer aparece antes que o verificador ocupe o processo.
  await delay(0);
  const veredito = verifica(historia.operacoes, { livro, grade });
  return { veredito, historia, linhas: livro.length, integridade };
}

/** O que se viu em muitas histórias. */
export interface Cifras extends Record<string, number> {
  /** Histórias conferidas. */
  historias: number;
  /** Operações de todas elas. */
  operacoes: number;
  /** As que ficaram sem resposta. */
  semResposta: number;
  /** Marcações confirmadas. */
  confirmadas: number;
  /** Desmarcações confirmadas. */
  desmarcadas: number;
  /** Mudanças recusadas. */
  recusadas: number;
  /** Consultas respondidas. */
  consultas: number;
  /** Linhas dos livros. */
  linhas: number;
  /** CPFs e dias, cada um com a sua ordem. */
  chaves: number;
  /** Estados por que a procura passou. */
  estadosVisitados: number;
}

/** Os números de muitas histórias. */
export function cifrasDe(conferidas: readonly Conferida[]): Cifras {
  const operacoes = conferidas.flatMap(({ historia }) => historia.operacoes);
  const quantas = (serve: (operacao: Operacao) => boolean): number => operacoes.filter(serve).length;
  const muda = ({ feito: { comando } }: Operacao): boolean => comando === "AGEND" || comando === "CANCEL";
  return {
    historias: conferidas.length,
    operacoes: operacoes.length,
    semResposta: quantas(({ resposta }) => resposta === undefined),
    confirmadas: quantas(({ resposta }) => resposta?.codigo === "OK-300"),
    desmarcadas: quantas(({ resposta }) => resposta?.codigo === "OK-301"),
    recusadas: quantas((operacao) => muda(operacao) && operacao.resposta?.codigo.startsWith("ERRO") === true),
    consultas: quantas((operacao) => !muda(operacao) && operacao.resposta !== undefined),
    linhas: soma(conferidas, ({ linhas }) => linhas),
    chaves: soma(conferidas, ({ veredito }) => veredito.chaves),
    estadosVisitados: soma(conferidas, ({ veredito }) => veredito.estados),
  };
}

const PROMESSAS_DA_HISTORIA: readonly PromessaDaHistoria<Errado, Cifras>[] = [
  {
    texto: "cada hora, e cada CPF numa especialidade, tem um dono só a cada instante",
    tipos: ["dois donos"],
    detalhe: ({ linhas, operacoes }) => `${mil(linhas)} marcações em ${mil(operacoes)} operações`,
  },
  {
    texto: "o que foi confirmado está gravado",
    tipos: ["confirmado e não gravado", "desmarcado e ainda gravado"],
    detalhe: ({ confirmadas, desmarcadas }) => `${mil(confirmadas)} confirmadas, ${mil(desmarcadas)} desmarcadas`,
  },
  {
    texto: "o que está gravado foi pedido, e confirmado ou sem resposta",
    tipos: ["gravado sem pedido", "desmarcado sem pedido"],
    detalhe: ({ linhas, semResposta }) => `${mil(linhas)} linhas, ${mil(semResposta)} operações sem resposta`,
  },
  {
    texto: "um pedido recusado não deixou nada",
    tipos: ["recusado e gravado"],
    detalhe: ({ recusadas }) => `${mil(recusadas)} recusas`,
  },
  {
    texto: "toda consulta é o que o livro era num instante entre a pergunta e a resposta",
    tipos: ["lido e não gravado", "leitura sem ordem possível"],
    deOrdem: true,
    detalhe: ({ consultas, chaves }) =>
      `${mil(consultas)} consultas; ${mil(chaves)} CPFs e dias, cada um com sua ordem`,
  },
  {
    texto: "toda resposta serve ao seu pedido",
    tipos: ["resposta imprópria"],
    detalhe: ({ operacoes, semResposta }) => `${mil(operacoes - semResposta)} respostas`,
  },
];

/** As promessas que uma história mostra, conferidas em todas. */
export function promessasDe(conferidas: readonly Conferida[]): Promessa[] {
  return julga(PROMESSAS_DA_HISTORIA, conferidas.map(({ veredito }) => veredito), cifrasDe(conferidas));
}
