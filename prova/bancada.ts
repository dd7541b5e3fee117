/**
 * A bancada da prova: o que as suas partes recebem e concluem, uma clínica para a carga, a carga (muitos clientes que
 * pedem ao acaso), e a conferência do que eles viram com o que ficou no livro. Todas as partes a usam. Quem decide se uma
 * história pode ter acontecido é `prova/historia.ts`.
 *
 * @module
 */

import { delay } from "@std/async";
import { DatabaseSync } from "node:sqlite";
import {
  cpfDeExemplo,
  ehDaRede,
  type Ferramentas,
  Fio,
  type Oficina,
  type Pasta,
  type Servidor,
} from "../testes/apoio.ts";
import {
  type Grade,
  type Historia,
  type LinhaGravada,
  type Operacao,
  type TipoDeViolacao,
  type Veredito,
  verifica,
} from "./historia.ts";
import { Calendario, lerOferta, nomeDoDia } from "../clinica/oferta.ts";
import { codificarPedido, dataNoFio, decodificarResposta, type PedidoNoFio } from "../protocolo.ts";

// ---------------------------------------------------------------------------------------------------- o que se conclui

/** O que se concluiu de uma promessa. */
export type Estado = "cumprida" | "QUEBRADA" | "não verificada";

/** Uma promessa, e como se saiu. */
export interface Promessa {
  /** O que se promete. */
  readonly texto: string;
  /** Como se saiu. */
  readonly estado: Estado;
  /** Com que números; quando não foi cumprida, o que aconteceu ou o que falta. */
  readonly detalhe: string;
  /** Verdadeiro quando depende da velocidade da máquina. */
  readonly medida?: boolean;
}

/** O que uma parte concluiu. */
export interface Conclusao {
  /** As suas promessas. */
  readonly promessas: readonly Promessa[];
  /** Os seus números, pelo nome. */
  readonly cifras: Readonly<Record<string, number | string>>;
}

/** Uma promessa cumprida ou quebrada. */
export function promessa(
  texto: string,
  cumprida: boolean,
  detalhe: string,
  resto: { medida?: boolean } = {},
): Promessa {
  return { texto, estado: cumprida ? "cumprida" : "QUEBRADA", detalhe, ...resto };
}

/** Uma promessa que não pôde ser verificada; o detalhe diz por quê. */
export function naoVerificada(texto: string, detalhe: string): Promessa {
  return { texto, estado: "não verificada", detalhe };
}

// ---------------------------------------------------------------------------------------------- o que uma parte recebe

/** O que uma parte recebe. */
export interface Contexto {
  /** Onde ficam os processos e as pastas. */
  readonly oficina: Oficina;
  /** Quanto ela deve durar. */
  readonly segundos: number;
  /** A semente das suas escolhas. */
  readonly semente: number;
  /** O que o sistema tem. */
  readonly ferramentas: Ferramentas;
  /** Diz em que pé está. */
  avanca(texto: string): void;
}

/** Escolhas ao acaso que uma semente repete (mulberry32). */
export class Sorteio {
  #estado: number;

  /** Um sorteio novo. @param semente A mesma semente, as mesmas escolhas. */
  constructor(semente: number) {
    this.#estado = semente >>> 0;
  }

  /** Um número de 0, incluído, a 1, excluído. */
  fracao(): number {
    this.#estado = (this.#estado + 0x6d2b79f5) >>> 0;
    let t = this.#estado;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  /** Um inteiro de `de` a `ate`, ambos incluídos. */
  inteiro(de: number, ate: number): number {
    return de + Math.floor(this.fracao() * (ate - de + 1));
  }

  /** Um da lista. */
  de<T>(lista: readonly T[]): T {
    return lista[this.inteiro(0, lista.length - 1)];
  }

  /** Outro sorteio, que este determina. */
  filho(): Sorteio {
    return new Sorteio(this.inteiro(0, 2 ** 32 - 1));
  }
}

/** Conta, desde já, o tempo que uma parte tem. */
export function cronometro(segundos: number): { acabou(): boolean; passou(): number } {
  const inicio = performance.now();
  const passou = (): number => (performance.now() - inicio) / 1000;
  return { acabou: () => passou() >= segundos, passou };
}

/** Um número para pessoas: `"1.234,5"`. */
export function mil(n: number): string {
  return n.toLocaleString("pt-BR", { maximumFractionDigits: 1 });
}

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
  return [...dias.values()].filter(({ iso }) => !abertas.includes(iso)).flatMap(({ iso, horarios }) =>
    especialidades.map((especialidade) => ({
      especialidade,
      data: dataNoFio(iso),
      dia: nomeDoDia(oferta, iso),
      horarios: (horarios.get(especialidade) ?? []).map(({ hora }) => hora),
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
  const livro = db.prepare("SELECT cpf, nome, especialidade, data, hora, cancelado_em FROM agendamento ORDER BY id")
    .all()
    .map(({ cpf, nome, especialidade, data, hora, cancelado_em }) => ({
      cpf: String(cpf),
      nome: String(nome),
      especialidade: String(especialidade),
      data: dataNoFio(String(data)),
      hora: String(hora),
      cancelada: cancelado_em !== null,
    }))
    .filter(({ especialidade }) => so === undefined || so.includes(especialidade));
  return { livro, integridade: integridadeDe(db) };
}

/** O que `integrity_check` diz de um livro. */
export function integridadeDe(db: DatabaseSync): string {
  return db.prepare("PRAGMA integrity_check").all().map(({ integrity_check }) => String(integrity_check)).join("; ");
}

// ------------------------------------------------------------------------------------------------------------- a carga

/** Pacientes de uma carga: bem mais do que as vagas, para que umas faltem, e poucos, para que se encontrem. */
const CPFS = Array.from({ length: 60 }, (_, n) => cpfDeExemplo(n));

/** Contra quem vai a carga, e até quando. */
export interface OpcoesDaCarga {
  /** A porta do servidor. */
  porta: number;
  /** Onde tudo fica anotado. */
  historia: Historia;
  /** Os dias em que se marca. */
  grade: Grade;
  /** As escolhas. */
  sorteio: Sorteio;
  /** Quantos, ao mesmo tempo. */
  clientes: number;
  /** Verdadeiro quando basta. */
  ate: () => boolean;
}

/** Muitos clientes pedem ao acaso, cada um em sua conexão, até que se diga; tudo fica na história. */
export async function carrega(carga: OpcoesDaCarga): Promise<void> {
  await Promise.all(Array.from({ length: carga.clientes }, () => cliente(carga, carga.sorteio.filho())));
}

/** Uma carga que corre enquanto se faz outra coisa. */
export class CargaEmCurso {
  #fim = false;
  #carga: Promise<void>;

  /** Começa; acaba quando se manda parar, ou quando um cliente falha. */
  constructor(carga: Omit<OpcoesDaCarga, "ate">) {
    this.#carga = carrega({ ...carga, ate: () => this.#fim });
    this.#carga.catch(() => this.#fim = true);
  }

  /** Verdadeiro se um cliente falhou, e `para` o dirá, ou se já se mandou parar. */
  get acabou(): boolean {
    return this.#fim;
  }

  /** Manda parar; a promessa se cumpre quando todos pararam, e rejeita com a falha de um cliente. */
  para(): Promise<void> {
    this.#fim = true;
    return this.#carga;
  }
}

/** Operações por história, no máximo: o verificador as tem todas na memória. */
export const OPERACOES_POR_HISTORIA = 60_000;

async function cliente(carga: OpcoesDaCarga, sorteio: Sorteio): Promise<void> {
  while (!carga.ate()) {
    try {
      await umaConexao(carga, sorteio);
    } catch (erro) {
      if (!ehDaRede(erro)) throw erro;
      if (erro instanceof Deno.errors.ConnectionRefused && !carga.ate()) {
        throw new Error("o servidor já não atende", { cause: erro });
      }
    }
    await delay(sorteio.inteiro(0, 3));
  }
}

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
  readonly veredito: Veredito;
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

/** Uma promessa da história: as violações que a quebram, e os números que a acompanham. */
interface PromessaDaHistoria {
  texto: string;
  tipos: readonly TipoDeViolacao[];
  detalhe: (cifras: Cifras) => string;
}

const ORDEM = "leitura sem ordem possível";

const PROMESSAS_DA_HISTORIA: readonly PromessaDaHistoria[] = [
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
    tipos: ["lido e não gravado", ORDEM],
    detalhe: ({ consultas, chaves }) =>
      `${mil(consultas)} consultas; ${mil(chaves)} CPFs e dias, cada um com sua ordem`,
  },
  {
    texto: "toda resposta serve ao seu pedido",
    tipos: ["resposta imprópria"],
    detalhe: ({ operacoes, semResposta }) => `${mil(operacoes - semResposta)} respostas`,
  },
];

/** Violações mostradas por promessa. */
const MOSTRADAS = 3;

/** As promessas que uma história mostra, conferidas em todas. */
export function promessasDe(conferidas: readonly Conferida[]): Promessa[] {
  const cifras = cifrasDe(conferidas);
  const todas = conferidas.flatMap(({ veredito }) => veredito.violacoes);
  const indecisas = conferidas.flatMap(({ veredito }) => veredito.indecisas);
  return PROMESSAS_DA_HISTORIA.map(({ texto, tipos, detalhe }) => {
    const violacoes = todas.filter(({ tipo }) => tipos.includes(tipo));
    if (violacoes.length > 0) {
      const primeiras = violacoes.slice(0, MOSTRADAS).map(({ tipo, descricao }) => `${tipo}: ${descricao}`);
      const resto = violacoes.length > MOSTRADAS ? [`e mais ${mil(violacoes.length - MOSTRADAS)}`] : [];
      return promessa(texto, false, [...primeiras, ...resto].join("\n"));
    }
    return tipos.includes(ORDEM) && indecisas.length > 0
      ? naoVerificada(texto, `o orçamento da procura acabou em ${indecisas.length}: ${indecisas[0]}`)
      : promessa(texto, true, detalhe(cifras));
  });
}

/** A soma do que cada item tem. */
export function soma<T>(lista: readonly T[], quanto: (item: T) => number): number {
  return lista.reduce((total, item) => total + quanto(item), 0);
}

/** O tempo de que a fração dada dos tempos não passa; 0 se não há nenhum. */
export function percentil(tempos: readonly number[], p = 0.99): number {
  if (tempos.length === 0) return 0;
  return tempos.toSorted((a, b) => a - b)[Math.min(tempos.length - 1, Math.floor(tempos.length * p))];
}
