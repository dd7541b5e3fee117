/**
 * A prova: um comando que faz a servidores de verdade o que pode acontecer a eles, e diz se cumpriram o que se promete.
 *
 *     deno task prova                          uns quatro minutos; sai com 0 só se toda promessa foi cumprida
 *     deno task prova --parte queda --minutos 1
 *     deno task prova --semente 7 --json
 *     deno task prova --help
 *
 * Cada parte inicia servidores em processos próprios, em livros temporários, e fala com eles por TCP nesta máquina. A
 * semente repete as mesmas escolhas; o entrelaçamento é o que a máquina fizer. Quem confere o que se viu é
 * `historia.ts`; os clientes que se comportam mal estão em `hostis.ts`. `SEGURANCA.md` diz o que cada parte mostra, e o
 * que não mostra.
 *
 * @module
 */

import { deadline, delay } from "@std/async";
import { parseArgs } from "@std/cli/parse-args";
import { DatabaseSync } from "node:sqlite";
import { Agenda } from "./agenda.ts";
import {
  comandoDeno,
  cpfDeExemplo,
  enche,
  type Ferramentas,
  Fio,
  leLinhas,
  limiteDeArquivos,
  mata,
  Oficina,
  PACIENCIA,
  type Pasta,
  picoDeMemoria,
  procuraFerramentas,
  Sabotagem,
  saidaDe,
} from "./apoio.ts";
import { ArmazemSqlite } from "./armazem.ts";
import configuracaoDoDeno from "./deno.json" with { type: "json" };
import {
  type Grade,
  Historia,
  type LinhaDoLivro,
  type Operacao,
  type TipoDeViolacao,
  type Veredito,
  verifica,
} from "./historia.ts";
import type { Contadores } from "./hostis.ts";
import { Calendario, dataNoFio, lerOferta, nomeDoDia, type Oferta } from "./oferta.ts";
import { codificarPedido, decodificarResposta, type Pedido, type Resposta, type Tupla } from "./protocolo.ts";

const AJUDA = `Clínica de Saúde ${configuracaoDoDeno.version}: a prova.

USO
  prova.ts [opções]

OPÇÕES
  --minutos N      quanto dura, ao todo (4; 0.5 serve)
  --semente N      repete as mesmas escolhas (uma nova a cada vez; o relatório a mostra)
  --parte NOME     só uma parte: corrida, historia, queda, disco, hostis, tempo
  --json           o relatório em JSON
  --help           esta ajuda

Sai com 0 se toda promessa foi cumprida, 1 se alguma foi quebrada, 3 se nenhuma foi quebrada e alguma não pôde ser
verificada (falta uma ferramenta, por exemplo), 2 se o comando está errado, 130 com Ctrl-C.
`;

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

/** Uma parte que acabou. */
export interface ParteFeita extends Conclusao {
  /** O nome, como em `--parte`. */
  readonly nome: string;
  /** O que ela faz. */
  readonly titulo: string;
  /** Quanto durou, em segundos. */
  readonly segundos: number;
}

/** O relatório inteiro. */
export interface Relatorio {
  /** A semente das escolhas. */
  readonly semente: number;
  /** As ferramentas do sistema que havia. */
  readonly ferramentas: readonly string[];
  /** As partes, na ordem. */
  readonly partes: readonly ParteFeita[];
}

function promessa(texto: string, cumprida: boolean, detalhe: string, resto: { medida?: boolean } = {}): Promessa {
  return { texto, estado: cumprida ? "cumprida" : "QUEBRADA", detalhe, ...resto };
}

function naoVerificada(texto: string, detalhe: string): Promessa {
  return { texto, estado: "não verificada", detalhe };
}

// ---------------------------------------------------------------------------------------------- o que uma parte recebe

/** O que uma parte recebe. */
interface Contexto {
  readonly oficina: Oficina;
  /** Quanto ela deve durar. */
  readonly segundos: number;
  readonly semente: number;
  readonly ferramentas: Ferramentas;
  /** Diz em que pé está. */
  avanca(texto: string): void;
}

function nomesDe({ strace, prlimit, tmpfs, faketime }: Ferramentas): string[] {
  return Object.entries({ strace, prlimit, tmpfs, faketime: faketime !== undefined })
    .flatMap(([nome, tem]) => tem ? [nome] : []);
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

function cronometro(segundos: number): { acabou(): boolean; passou(): number } {
  const inicio = performance.now();
  const passou = (): number => (performance.now() - inicio) / 1000;
  return { acabou: () => passou() >= segundos, passou };
}

function mil(n: number): string {
  return n.toLocaleString("pt-BR", { maximumFractionDigits: 1 });
}

function mensagem(causa: unknown): string {
  return causa instanceof Error ? causa.message : String(causa);
}

// --------------------------------------------------------------------------------------------- uma clínica para a carga

const ESPECIALIDADES = ["CARDIOLOGISTA", "DERMATOLOGISTA", "NUTRICIONISTA"];

/** A clínica de uma carga: poucas horas, para que haja disputa. */
interface OpcoesDaClinica {
  especialidades?: readonly string[];
  vagas?: number;
  /** Quantas datas ficam abertas, a partir de depois de amanhã: nenhuma começa nem acaba durante a prova. */
  datas?: number;
  hoje?: Temporal.PlainDate;
  fuso?: string;
  /** Mais atendimentos, fora da grade. */
  outros?: readonly Record<string, unknown>[];
  /** Datas que não se fecham, fora da grade. */
  abertas?: readonly string[];
}

/** Escreve `clinica.json` na pasta; devolve os dias em que a carga marca. */
function montaClinica(pasta: Pasta, opcoes: OpcoesDaClinica = {}): Grade {
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
  return [...dias.values()].filter(({ iso }) => !abertas.includes(iso)).flatMap(({ iso, data, horarios }) =>
    especialidades.map((especialidade) => ({
      especialidade,
      data,
      dia: nomeDoDia(oferta, iso),
      horarios: (horarios.get(especialidade) ?? []).map(({ hora }) => hora),
    }))
  );
}

/** A tabela inteira, com a história, e o que `integrity_check` diz dela. */
function lerLivro(caminho: string, so?: readonly string[]): { livro: LinhaDoLivro[]; integridade: string } {
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

function integridadeDe(db: DatabaseSync): string {
  return db.prepare("PRAGMA integrity_check").all().map(({ integrity_check }) => String(integrity_check)).join("; ");
}

// --------------------------------------------------------------------------------------------------------- a carga

/** Pacientes de uma carga: bem mais do que as vagas, para que umas faltem, e poucos, para que se encontrem. */
const CPFS = Array.from({ length: 60 }, (_, n) => cpfDeExemplo(n));

/** Contra quem vai a carga, e até quando. */
interface Carga {
  porta: number;
  historia: Historia;
  grade: Grade;
  sorteio: Sorteio;
  clientes: number;
  ate: () => boolean;
}

/** Muitos clientes pedem ao acaso, cada um em sua conexão, até que se diga; tudo fica na história. */
async function carrega(carga: Carga): Promise<void> {
  await Promise.all(Array.from({ length: carga.clientes }, () => cliente(carga, carga.sorteio.filho())));
}

/** Operações por história, no máximo: o verificador as tem todas na memória. */
const OPERACOES_POR_HISTORIA = 60_000;

async function cliente(carga: Carga, sorteio: Sorteio): Promise<void> {
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

function ehDaRede(erro: unknown): boolean {
  return erro instanceof Deno.errors.ConnectionReset || erro instanceof Deno.errors.BrokenPipe ||
    erro instanceof Deno.errors.ConnectionAborted || erro instanceof Deno.errors.ConnectionRefused ||
    erro instanceof Deno.errors.NotConnected;
}

/** Uma conexão, da saudação ao fim: pedidos um a um ou em rajadas; às vezes vai-se sem ler as respostas. */
async function umaConexao({ porta, historia, grade, ate }: Carga, sorteio: Sorteio): Promise<void> {
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

function sorteiaPedido(historia: Historia, grade: Grade, sorteio: Sorteio): Pedido {
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

/** O servidor fechou uma conexão em que não se devia. */
class ConexaoFechada extends Error {
  override name = "ConexaoFechada";
}

/** Pede uma coisa por vez por uma conexão só, na história. */
async function pedeTudo(porta: number, historia: Historia, feitos: Iterable<Pedido>): Promise<Operacao[]> {
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
function* leituraFinal(grade: Grade): Generator<Pedido> {
  for (const cpf of CPFS) yield { comando: "BUSCA", cpf };
  for (const { especialidade, data } of grade) yield { comando: "VAGAS", especialista: especialidade, data };
}

/** Uma história conferida. */
interface Conferida {
  veredito: Veredito;
  historia: Historia;
  linhas: number;
}

/** Deixa o laço de eventos respirar e confere a história com o livro. */
async function confere(
  historia: Historia,
  { livro, grade, avanca }: { livro: readonly LinhaDoLivro[]; grade: Grade; avanca: (texto: string) => void },
): Promise<Conferida> {
  avanca(`conferindo ${mil(historia.operacoes.length)} operações`);
  await delay(0);
  return { veredito: verifica(historia.operacoes, { livro, grade }), historia, linhas: livro.length };
}

/** O que se viu em muitas histórias. */
interface Cifras extends Record<string, number> {
  historias: number;
  operacoes: number;
  semResposta: number;
  confirmadas: number;
  desmarcadas: number;
  recusadas: number;
  consultas: number;
  linhas: number;
  chaves: number;
  estadosVisitados: number;
}

function cifrasDe(conferidas: readonly Conferida[]): Cifras {
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

function promessasDe(conferidas: readonly Conferida[]): Promessa[] {
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

function soma<T>(lista: readonly T[], quanto: (item: T) => number): number {
  return lista.reduce((total, item) => total + quanto(item), 0);
}

function recusasDoDisco(conferidas: readonly Conferida[]): number {
  return soma(
    conferidas,
    ({ historia }) => historia.operacoes.filter(({ resposta }) => resposta?.codigo === "ERRO-131").length,
  );
}

// --------------------------------------------------------------------------------------------------------- 1. corrida

const CORREDORES = 32;

async function corrida({ oficina, segundos, semente, avanca }: Contexto): Promise<Conclusao> {
  const pasta = oficina.pasta();
  const sorteio = new Sorteio(semente);
  // Uma vaga por dia: toda disputa é pela última.
  const grade = montaClinica(pasta, { vagas: 1, datas: 6 });
  await using servidor = await oficina.servidor({ pasta: pasta.caminho });
  const fios = await Promise.all(Array.from({ length: CORREDORES }, () => Fio.saudado(servidor.porta)));
  const falhas = { vaga: [] as string[], cpf: [] as string[] };
  const rodadas = { vaga: 0, cpf: 0 };
  try {
    const tempo = cronometro(segundos);
    while (!tempo.acabou() || rodadas.cpf === 0) {
      await disputaVaga();
      await disputaCpf();
      if (rodadas.vaga % 20 === 0) avanca(`${mil(rodadas.vaga + rodadas.cpf)} disputas de ${CORREDORES} clientes`);
    }
  } finally {
    for (const fio of fios) fio[Symbol.dispose]();
  }
  await servidor.encerra();
  const { livro, integridade } = lerLivro(pasta.arquivo("clinica.db"));
  const disputas = rodadas.vaga + rodadas.cpf;
  return {
    promessas: [
      promessa(
        "a última vaga de um dia tem exatamente um vencedor",
        falhas.vaga.length === 0,
        falhas.vaga[0] ?? `${mil(rodadas.vaga)} disputas de ${CORREDORES} clientes, metade delas sem dizer a hora`,
      ),
      promessa(
        "o mesmo CPF, pedido por muitos numa especialidade, fica com exatamente um agendamento",
        falhas.cpf.length === 0,
        falhas.cpf[0] ?? `${mil(rodadas.cpf)} disputas de ${CORREDORES} clientes por dias diferentes`,
      ),
      promessa(
        "o livro tem uma linha por disputa, nem uma a mais",
        livro.length === disputas && integridade === "ok",
        `${mil(livro.length)} linhas, ${mil(disputas)} disputas, integridade: ${integridade}`,
      ),
    ],
    cifras: { disputas, clientes: CORREDORES, linhas: livro.length },
  };

  /** Todos mandam antes que alguém leia; depois todos leem. */
  async function juntos(pedido: (n: number) => Pedido): Promise<Resposta[]> {
    await Promise.all(fios.map((fio, n) => fio.manda(codificarPedido(pedido(n)))));
    return await Promise.all(fios.map((fio) => fio.resposta()));
  }

  async function disputaVaga(): Promise<void> {
    rodadas.vaga++;
    const { especialidade, data, dia, horarios: [hora] } = sorteio.de(grade);
    const horario = rodadas.vaga % 2 === 0 ? hora : undefined;
    const respostas = await juntos((n) => agend({ cpf: cpfDeExemplo(n), especialidade, data, dia, horario }));
    const vencedores = vencedoresDe(respostas);
    const vencidos = respostas.filter(({ codigo }) => codigo === "ERRO-110").length;
    if (vencedores.length !== 1 || vencidos !== CORREDORES - 1) {
      falhas.vaga.push(`${especialidade} ${data} ${hora}: ${vencedores.length} vencedores e ${vencidos} ERRO-110`);
    }
    await limpa(vencedores);
  }

  async function disputaCpf(): Promise<void> {
    rodadas.cpf++;
    const cpf = cpfDeExemplo(CORREDORES + rodadas.cpf % 100);
    const especialidade = sorteio.de(ESPECIALIDADES);
    const dias = grade.filter((dia) => dia.especialidade === especialidade);
    const respostas = await juntos((n) => agend({ cpf, ...dias[n % dias.length] }));
    const vencedores = vencedoresDe(respostas);
    const vencidos = respostas.filter(({ codigo }) => codigo === "ERRO-111").length;
    if (vencedores.length !== 1 || vencidos !== CORREDORES - 1) {
      falhas.cpf.push(`${cpf} ${especialidade}: ${vencedores.length} vencedores e ${vencidos} ERRO-111`);
    }
    await limpa(vencedores);
  }

  async function limpa(vencedores: readonly Tupla[]): Promise<void> {
    for (const [, cpf, , especialista] of vencedores) await fios[0].pede({ comando: "CANCEL", cpf, especialista });
  }
}

function agend(
  { cpf, nome = "MARIA DA SILVA", especialidade, data, dia, horario }: {
    cpf: string;
    nome?: string;
    especialidade: string;
    data: string;
    dia: string;
    horario?: string;
  },
): Pedido & { comando: "AGEND" } {
  return { comando: "AGEND", cpf, nome, especialista: especialidade, data, dia, horario };
}

function vencedoresDe(respostas: readonly Resposta[]): Tupla[] {
  return respostas.flatMap((resposta) => resposta.codigo === "OK-300" ? resposta.agendamentos : []);
}

// -------------------------------------------------------------------------------------------------------- 2. história

async function historia({ oficina, segundos, semente, avanca }: Contexto): Promise<Conclusao> {
  const sorteio = new Sorteio(semente);
  const tempo = cronometro(segundos);
  const conferidas: Conferida[] = [];
  do conferidas.push(await umaHistoria()); while (!tempo.acabou());
  return { promessas: promessasDe(conferidas), cifras: cifrasDe(conferidas) };

  async function umaHistoria(): Promise<Conferida> {
    const pasta = oficina.pasta();
    const grade = montaClinica(pasta);
    await using servidor = await oficina.servidor({ pasta: pasta.caminho });
    const historia = new Historia();
    const { operacoes } = historia;
    await carrega({
      porta: servidor.porta,
      historia,
      grade,
      sorteio: sorteio.filho(),
      clientes: 16,
      ate: (): boolean => {
        if (operacoes.length % 256 === 0) avanca(`${mil(operacoes.length)} operações de 16 clientes`);
        return tempo.acabou() || operacoes.length >= OPERACOES_POR_HISTORIA;
      },
    });
    await pedeTudo(servidor.porta, historia, leituraFinal(grade));
    await servidor.encerra();
    historia.morreu();
    const { livro } = lerLivro(pasta.arquivo("clinica.db"));
    return await confere(historia, { livro, grade, avanca });
  }
}

// ----------------------------------------------------------------------------------------------------------- 3. queda

/** Livros que caem e voltam ao mesmo tempo: iniciar um servidor é quase só espera. */
const PISTAS = 2;

async function queda({ oficina, segundos, semente, ferramentas, avanca }: Contexto): Promise<Conclusao> {
  const sorteio = new Sorteio(semente);
  const tempo = cronometro(segundos);
  let quedas = 0;
  let reinicios = 0;
  const integridades: string[] = [];
  const conferidas = (await Promise.all(Array.from({ length: PISTAS }, () => pista(sorteio.filho())))).flat();
  return {
    promessas: [
      ...promessasDe(conferidas),
      promessa(
        "depois de cada kill -9 o servidor volta, e o livro está íntegro",
        integridades.every((resultado) => resultado === "ok"),
        integridades.find((resultado) => resultado !== "ok") ??
          `${mil(quedas)} vezes kill -9, ${mil(reinicios)} reinícios, ${mil(integridades.length)} integrity_check`,
      ),
      ferramentas.strace ? await fsyncAntesDaResposta(oficina) : naoVerificada(
        FSYNC_ANTES,
        "falta strace, ou o sistema não o deixa acompanhar um processo (apt install strace)",
      ),
    ],
    cifras: { quedas, reinicios, ...cifrasDe(conferidas) },
  };

  async function pista(sorteio: Sorteio): Promise<Conferida[]> {
    const conferidas: Conferida[] = [];
    do conferidas.push(await umLivro(sorteio)); while (!tempo.acabou());
    return conferidas;
  }

  async function umLivro(sorteio: Sorteio): Promise<Conferida> {
    const pasta = oficina.pasta();
    const grade = montaClinica(pasta);
    const livro = pasta.arquivo("clinica.db");
    const historia = new Historia();
    for (
      let volta = 0;
      volta === 0 || (!tempo.acabou() && historia.operacoes.length < OPERACOES_POR_HISTORIA);
      volta++
    ) {
      await using servidor = await oficina.servidor({ pasta: pasta.caminho });
      if (volta > 0) reinicios++;
      if (volta % 5 === 1) {
        using db = new DatabaseSync(livro);
        integridades.push(integridadeDe(db));
      }
      let morto = false;
      const carga = carrega({
        porta: servidor.porta,
        historia,
        grade,
        sorteio: sorteio.filho(),
        clientes: 8,
        ate: () => morto,
      });
      // Se a carga falhar antes, a espera abaixo o dirá.
      carga.catch(() => {});
      await delay(sorteio.inteiro(5, 150));
      morto = true;
      await servidor.encerra("SIGKILL");
      await carga;
      historia.morreu();
      quedas++;
      avanca(`${mil(quedas)} vezes kill -9, ${mil(historia.operacoes.length)} operações neste livro`);
    }
    await using servidor = await oficina.servidor({ pasta: pasta.caminho });
    reinicios++;
    await pedeTudo(servidor.porta, historia, leituraFinal(grade));
    await servidor.encerra();
    const lido = lerLivro(livro);
    integridades.push(lido.integridade);
    return await confere(historia, { livro: lido.livro, grade, avanca });
  }
}

const FSYNC_ANTES = "o fsync do livro acaba antes que o primeiro byte da confirmação saia";

/** Mudanças acompanhadas com `strace`, uma por vez: cada uma tem de ter o seu fsync. */
const MUDANCAS_ACOMPANHADAS = 40;

async function fsyncAntesDaResposta(oficina: Oficina): Promise<Promessa> {
  const pasta = oficina.pasta();
  const [{ especialidade, data, dia }] = montaClinica(pasta);
  await using servidor = await oficina.servidor({ pasta: pasta.caminho });
  const saida = pasta.arquivo("strace.txt");
  const chamadas = "fsync,fdatasync,write,writev,sendto,sendmsg";
  const strace = new Deno.Command("strace", {
    args: ["-f", "-y", "-s", "16", "-e", `trace=${chamadas}`, "-o", saida, "-p", `${servidor.pid}`],
    stdout: "null",
    stderr: "piped",
  }).spawn();
  oficina.adota(strace);
  const acompanha = Promise.withResolvers<void>();
  const fim = leLinhas(strace.stderr, (linha) => linha.includes("attached") && acompanha.resolve());
  await deadline(acompanha.promise, PACIENCIA);
  {
    using fio = await Fio.saudado(servidor.porta);
    const cpf = CPFS[0];
    for (let i = 0; i < MUDANCAS_ACOMPANHADAS; i += 2) {
      await fio.pede(agend({ cpf, especialidade, data, dia }));
      await fio.pede({ comando: "CANCEL", cpf });
    }
  }
  await servidor.encerra();
  await strace.status;
  await fim;
  const { respostas, semFsync } = leStrace(Deno.readTextFileSync(saida));
  return promessa(
    FSYNC_ANTES,
    respostas === MUDANCAS_ACOMPANHADAS && semFsync === 0,
    `${respostas} confirmações acompanhadas com strace, ${semFsync} sem um fsync acabado antes`,
  );
}

/** Conta as confirmações escritas em sockets, e as que não têm um fsync do livro acabado desde a anterior. */
export function leStrace(texto: string): { respostas: number; semFsync: number } {
  const emCurso = new Set<string>();
  let gravou = false;
  let respostas = 0;
  let semFsync = 0;
  for (const linha of texto.split("\n")) {
    const [, tid, resto] = /^(\d+) +(.*)/.exec(linha) ?? [];
    if (tid === undefined) continue;
    if (/^(fsync|fdatasync)\(/.test(resto) && /\.db(-wal)?>/.test(resto)) {
      if (resto.includes("<unfinished")) emCurso.add(tid);
      else if (/= 0$/.test(resto)) gravou = true;
    } else if (/^<\.\.\. (fsync|fdatasync) resumed>/.test(resto)) {
      if (emCurso.delete(tid) && /= 0$/.test(resto)) gravou = true;
    } else if (/\[\\"OK-30[01]\\"/.test(resto)) {
      respostas++;
      if (!gravou) semFsync++;
      gravou = false;
    }
  }
  return { respostas, semFsync };
}

// ----------------------------------------------------------------------------------------------------------- 4. disco

const SEM_DISCO_CHEIO = "falta um modo de encher um disco: unshare com tmpfs, ou prlimit (apt install util-linux)";
const DISCO_CHEIO = "com o disco cheio, ERRO-131; com espaço, tudo volta sem reiniciar";
const FSYNC_FALHO = "com erros no fsync do commit, só a verdade; depois, tudo volta sem reiniciar";
const SEM_STRACE = "falta strace, ou o sistema não o deixa acompanhar um processo (apt install strace)";

async function disco(contexto: Contexto): Promise<Conclusao> {
  const { ferramentas, segundos } = contexto;
  const podeEncher = ferramentas.tmpfs || ferramentas.prlimit;
  const cheio = podeEncher ? await discoCheio({ ...contexto, segundos: segundos / 2 }) : undefined;
  const falho = ferramentas.strace ? await fsyncFalho({ ...contexto, segundos: segundos / 2 }) : undefined;
  const feitas = [cheio, falho].filter((feita) => feita !== undefined);
  return {
    promessas: feitas.length === 0
      ? [naoVerificada("um disco que falha não faz o servidor mentir", `${SEM_DISCO_CHEIO}; e ${SEM_STRACE}`)]
      : [
        ...promessasDe(feitas.flatMap(({ conferidas }) => conferidas)),
        cheio?.promessa ?? naoVerificada(DISCO_CHEIO, SEM_DISCO_CHEIO),
        falho?.promessa ?? naoVerificada(FSYNC_FALHO, SEM_STRACE),
        promessa(
          "o livro está íntegro (integrity_check)",
          feitas.every(({ integridade }) => integridade === "ok"),
          feitas.map(({ integridade }) => integridade).join("; "),
        ),
      ],
    cifras: {
      enchimentos: cheio?.falhas ?? 0,
      sabotagens: falho?.falhas ?? 0,
      erros131: recusasDoDisco(feitas.flatMap(({ conferidas }) => conferidas)),
      ...cifrasDe(feitas.flatMap(({ conferidas }) => conferidas)),
    },
  };
}

interface DiscoFeito {
  conferidas: readonly Conferida[];
  promessa: Promessa;
  integridade: string;
  falhas: number;
}

const CLIENTES_DO_DISCO = 6;

/** O disco de mentira, em bytes: o livro e um WAL que cresceu tudo cabem; a reserva do WAL, com ele quase cheio, não. */
const TAMANHO_DO_DISCO = 24 * 1024 * 1024;

/** O que sobra do disco quando o servidor inicia, em bytes. */
const SOBRA = 768 * 1024;

/** Enche o disco e o esvazia debaixo de carga, num livro novo a cada vez. */
async function discoCheio(contexto: Contexto): Promise<DiscoFeito> {
  const { segundos, semente, ferramentas, avanca } = contexto;
  const sorteio = new Sorteio(semente);
  const tempo = cronometro(segundos);
  const feitos: { conferida: Conferida; integridade: string }[] = [];
  let vezes = 0;
  const conta = (operacoes: number): void => avanca(`disco cheio ${++vezes} vezes, ${mil(operacoes)} operações`);
  do {
    if (ferramentas.tmpfs) feitos.push(await numTmpfs(contexto, { sorteio: sorteio.filho(), conta }));
    if (ferramentas.prlimit) feitos.push(await comPrlimit(contexto, { sorteio: sorteio.filho(), conta }));
  } while (!tempo.acabou());
  const conferidas = feitos.map(({ conferida }) => conferida);
  const recusas = recusasDoDisco(conferidas);
  const modos = [...ferramentas.tmpfs ? ["tmpfs"] : [], ...ferramentas.prlimit ? ["prlimit --fsize"] : []];
  return {
    conferidas,
    integridade: feitos.find(({ integridade }) => integridade !== "ok")?.integridade ?? "ok",
    falhas: vezes,
    promessa: recusas === 0
      ? naoVerificada(DISCO_CHEIO, `o disco foi enchido ${vezes} vezes e nenhuma gravação caiu dentro delas`)
      : promessa(
        DISCO_CHEIO,
        true,
        `${modos.join(" e ")}: cheio ${vezes} vezes em ${feitos.length} livros, ${mil(recusas)} ERRO-131`,
      ),
  };
}

interface OpcoesDoDiscoCheio {
  sorteio: Sorteio;
  /** Chamada a cada vez que o disco encheu e sarou. */
  conta: (operacoes: number) => void;
}

/** Um disco de verdade, pequeno, que só existe para o servidor e some com ele; daqui se chega a ele por /proc. */
async function numTmpfs(
  { oficina, avanca }: Contexto,
  { sorteio, conta }: OpcoesDoDiscoCheio,
): Promise<{ conferida: Conferida; integridade: string }> {
  const pasta = oficina.pasta();
  const grade = montaClinica(pasta);
  const disco = pasta.arquivo("disco");
  Deno.mkdirSync(disco);
  const monta = `mount -t tmpfs -o size=${TAMANHO_DO_DISCO} none ${disco} && ` +
    `head -c ${TAMANHO_DO_DISCO - SOBRA} /dev/zero > ${disco}/enchimento && exec "$@"`;
  await using servidor = await oficina.servidor({
    pasta: pasta.caminho,
    args: ["--banco", `${disco}/clinica.db`],
    diante: ["unshare", "-rm", "sh", "-c", monta, "sh"],
  });
  const porDentro = `/proc/${servidor.pid}/root${disco}`;
  const historia = new Historia();
  const { porta } = servidor;
  let fim = false;
  const carga = carrega({ porta, historia, grade, sorteio, clientes: CLIENTES_DO_DISCO, ate: () => fim });
  carga.catch(() => fim = true);
  for (let vez = 0; vez < 3 && !fim; vez++) {
    if (vez > 0) enche(`${porDentro}/enchimento`);
    await delay(sorteio.inteiro(150, 400));
    Deno.removeSync(`${porDentro}/enchimento`);
    await mudaAlgo(porta, historia, grade);
    conta(historia.operacoes.length);
    await delay(sorteio.inteiro(20, 60));
  }
  fim = true;
  await carga;
  await pedeTudo(porta, historia, leituraFinal(grade));
  const copia = pasta.arquivo("copia.db");
  for (const sufixo of ["", "-wal"]) Deno.copyFileSync(`${porDentro}/clinica.db${sufixo}`, copia + sufixo);
  await servidor.encerra();
  historia.morreu();
  const { livro, integridade } = lerLivro(copia);
  return { conferida: await confere(historia, { livro, grade, avanca }), integridade };
}

/** O mesmo efeito num disco qualquer: um tamanho de arquivo além do qual o sistema não deixa escrever. */
async function comPrlimit(
  { oficina, avanca }: Contexto,
  { sorteio, conta }: OpcoesDoDiscoCheio,
): Promise<{ conferida: Conferida; integridade: string }> {
  const pasta = oficina.pasta();
  const grade = montaClinica(pasta);
  const historia = new Historia();
  {
    await using servidor = await oficina.servidor({ pasta: pasta.caminho });
    const { porta, pid } = servidor;
    let fim = false;
    const carga = carrega({ porta, historia, grade, sorteio, clientes: CLIENTES_DO_DISCO, ate: () => fim });
    carga.catch(() => fim = true);
    for (let vez = 0; vez < 3 && !fim; vez++) {
      await delay(sorteio.inteiro(50, 150));
      await saidaDe("prlimit", "--pid", `${pid}`, `--fsize=${sorteio.inteiro(5, 100) * 8192}:`);
      await delay(sorteio.inteiro(150, 400));
      await saidaDe("prlimit", "--pid", `${pid}`, "--fsize=unlimited:");
      await mudaAlgo(porta, historia, grade);
      conta(historia.operacoes.length);
    }
    fim = true;
    await carga;
    await pedeTudo(porta, historia, leituraFinal(grade));
    await servidor.encerra("SIGKILL");
    historia.morreu();
  }
  await using servidor = await oficina.servidor({ pasta: pasta.caminho });
  await pedeTudo(servidor.porta, historia, leituraFinal(grade));
  await servidor.encerra();
  const { livro, integridade } = lerLivro(pasta.arquivo("clinica.db"));
  return { conferida: await confere(historia, { livro, grade, avanca }), integridade };
}

/** Quanto se espera que um servidor volte a gravar depois que o disco sarou, em ms. */
const ESPERA_DA_VOLTA = 10_000;

/** Marca e desmarca até que dê certo: o servidor voltou sozinho. */
async function mudaAlgo(porta: number, historia: Historia, grade: Grade): Promise<void> {
  const cpf = cpfDeExemplo(1000);
  const prazo = performance.now() + ESPERA_DA_VOLTA;
  for (let vez = 0; performance.now() < prazo; vez++) {
    const { especialidade, data, dia } = grade[vez % grade.length];
    try {
      const [, desmarcada] = await pedeTudo(porta, historia, [
        agend({ cpf, nome: historia.nome(), especialidade, data, dia }),
        { comando: "CANCEL", cpf, especialista: especialidade },
      ]);
      if (desmarcada.resposta?.codigo === "OK-301") return;
    } catch (erro) {
      if (!(erro instanceof ConexaoFechada) && !ehDaRede(erro)) throw erro;
      if (erro instanceof Deno.errors.ConnectionRefused) throw erro;
    }
    await delay(5);
  }
  throw new Error(`o disco sarou há ${ESPERA_DA_VOLTA / 1000} s e o servidor ainda não grava`);
}

/** Que chamadas de fsync falham, na linguagem do `strace`: a primeira, a segunda, uma sim e outra não, todas. */
const SABOTAGENS = ["1", "2", "1+2", "2+3", "1+"];

/**
 * Faz falhar os fsync do commit, muitas vezes, debaixo de carga. Umas vezes o disco sara e o servidor tem de voltar
 * sozinho; outras, um kill -9 no meio das falhas: o que um commit que falhou deixou no WAL pode valer ao reiniciar.
 */
async function fsyncFalho({ oficina, segundos, semente, avanca }: Contexto): Promise<DiscoFeito> {
  const pasta = oficina.pasta();
  const grade = montaClinica(pasta);
  const sorteio = new Sorteio(semente + 1);
  const historia = new Historia();
  const tempo = cronometro(segundos);
  let sabotagens = 0;
  let voltas = 0;
  let quedas = 0;
  let registradas = 0;
  do await ateCair(); while (!tempo.acabou() && historia.operacoes.length < OPERACOES_POR_HISTORIA);
  await using servidor = await oficina.servidor({ pasta: pasta.caminho });
  await pedeTudo(servidor.porta, historia, leituraFinal(grade));
  await servidor.encerra();
  const { livro, integridade } = lerLivro(pasta.arquivo("clinica.db"));
  const conferida = await confere(historia, { livro, grade, avanca });
  return {
    conferidas: [conferida],
    integridade,
    falhas: sabotagens,
    promessa: promessa(
      FSYNC_FALHO,
      true,
      `EIO em ${sabotagens} períodos, ${mil(registradas)} lotes que falharam, ${voltas} voltas sem reiniciar, ` +
        `${quedas} kill -9 no meio das falhas`,
    ),
  };

  async function ateCair(): Promise<void> {
    await using servidor = await oficina.servidor({ pasta: pasta.caminho });
    const { porta, pid } = servidor;
    let fim = false;
    const carga = carrega({ porta, historia, grade, sorteio, clientes: CLIENTES_DO_DISCO, ate: () => fim });
    carga.catch(() => fim = true);
    while (!fim) {
      await delay(sorteio.inteiro(50, 150));
      // Para a queda, que nada mais grave depois do que falhou: o commit seguinte escreveria por cima.
      const cai = ++sabotagens % 3 === 0;
      await using sabotagem = await Sabotagem.comeca(pid, cai ? "1+" : sorteio.de(SABOTAGENS));
      await delay(sorteio.inteiro(20, 250));
      if (cai) {
        fim = true;
        await servidor.encerra("SIGKILL");
        quedas++;
      } else {
        await sabotagem[Symbol.asyncDispose]();
        await mudaAlgo(porta, historia, grade);
        voltas++;
      }
      avanca(`fsync com EIO ${sabotagens} vezes, ${mil(historia.operacoes.length)} operações`);
    }
    await carga;
    historia.morreu();
    registradas += servidor.log.filter(({ evento }) => evento === "falha").length;
  }
}

// ---------------------------------------------------------------------------------------------------------- 5. hostis

/** Conexões paradas que se abrem, se os limites de arquivos deixarem. */
const OCIOSAS = 10_000;

/** Arquivos que sobram ao servidor além das ociosas: as dos outros hostis, as dos honestos e os dele. */
const FOLGA = 500;

/** O que um honesto espera por uma resposta, em 99 de 100 vezes, no pior dos períodos, em ms: menos do que se nota. */
const P99_MAXIMO = 250;

/** A memória que o servidor pode ocupar no pior momento, em MiB: com 10 000 conexões, uma máquina de 1 GiB chega. */
const MEMORIA_MAXIMA = 512;

const HONESTOS = 4;

/** O que se faz em cada período, e que parte do tempo ele tem. */
const PERIODOS: readonly {
  nome: string;
  parte: number;
  ataques: readonly (readonly [tipo: string, quantas: number])[];
}[] = [
  { nome: "sem ninguém", parte: 0.08, ataques: [] },
  {
    nome: "lixo, mutações, gotas e cortes",
    parte: 0.17,
    ataques: [["lixo", 6], ["mutadas", 4], ["gotas", 20], ["cortes", 4]],
  },
  { nome: "metades, surdas e paradas", parte: 0.4, ataques: [["metades", 50], ["surdas", 8], ["paradas", 4]] },
  { nome: "ociosas", parte: 0.2, ataques: [["ociosas", OCIOSAS]] },
  {
    nome: "todos juntos",
    parte: 0.15,
    ataques: [["lixo", 6], ["mutadas", 4], ["gotas", 20], ["cortes", 4], ["metades", 50], ["surdas", 8], [
      "paradas",
      4,
    ]],
  },
];

/** Um hostil em processo próprio. */
class Hostil implements AsyncDisposable {
  readonly tipo: string;
  ultimo: Contadores | undefined;
  #processo: Deno.ChildProcess;
  #fim: Promise<void>;

  constructor(
    oficina: Oficina,
    { tipo, porta, semente, quantas }: { tipo: string; porta: number; semente: number; quantas: number },
  ) {
    this.tipo = tipo;
    const [comando, ...args] = [...comandoDeno("hostis.ts"), tipo, `${porta}`, `${semente}`, `${quantas}`];
    this.#processo = new Deno.Command(comando, { args, stdout: "piped", stderr: "inherit" }).spawn();
    oficina.adota(this.#processo);
    this.#fim = leLinhas(this.#processo.stdout, (linha) => this.ultimo = JSON.parse(linha));
  }

  /** Para o processo, com as conexões abertas. */
  congela(): void {
    this.#processo.kill("SIGSTOP");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    mata(this.#processo);
    await this.#processo.status;
    await this.#fim;
  }
}

async function hostis({ oficina, segundos, semente, avanca }: Contexto): Promise<Conclusao> {
  const pasta = oficina.pasta();
  const grade = montaClinica(pasta, {
    especialidades: ["HONESTOS"],
    outros: [{ especialidade: "PLANTAO", inicio: "00:00", vagas: 90, minutos: 15 }],
    datas: 20,
  });
  const limite = limiteDeArquivos();
  const ociosas = Math.max(0, Math.min(OCIOSAS, Math.round(segundos * 500), (limite ?? 1024) - 2 * FOLGA));
  await using servidor = await oficina.servidor({
    pasta: pasta.caminho,
    args: ["--conexoes", String(ociosas + FOLGA)],
  });
  const { porta, pid } = servidor;

  let acabou = false;
  let tempos: number[] = [];
  /** O começo do pedido em curso de cada honesto: um que não acaba também é espera. */
  const emCurso: number[] = [];
  let erradas: string[] = [];
  const trabalho = Promise.all(Array.from({ length: HONESTOS }, (_, n) => honesto(n)));
  trabalho.catch(() => acabou = true);

  const periodos: { nome: string; p99: number }[] = [];
  let pedidos = 0;
  const contadores: Contadores[] = [];
  let abertas = 0;
  let metades: Esperadas | undefined;
  let surdas: Esperadas | undefined;
  let paradas = 0;
  try {
    for (const { nome, parte, ataques } of PERIODOS) {
      if (acabou) break;
      tempos = [];
      await using pilha = new AsyncDisposableStack();
      let tempo = cronometro(segundos * parte + PACIENCIA / 1000);
      const presentes = ataques.map(([tipo, quantas]) =>
        pilha.use(new Hostil(oficina, { tipo, porta, semente, quantas: tipo === "ociosas" ? ociosas : quantas }))
      );
      let congelado = Deno.build.os === "windows";
      let comecaram = false;
      while (!tempo.acabou() && !acabou) {
        await delay(100);
        if (!comecaram && presentes.every(({ ultimo }) => ultimo !== undefined)) {
          // Iniciar os processos hostis ocupa a máquina, e não é disso que se fala.
          comecaram = true;
          pedidos += tempos.length;
          tempos = [];
          tempo = cronometro(segundos * parte);
        }
        abertas = Math.max(
          abertas,
          ...presentes.map(({ tipo, ultimo }) => tipo === "ociosas" ? ultimo?.abertas ?? 0 : 0),
        );
        avanca(`${nome}: ${mil(tempos.length)} pedidos honestos, p99 ${ms(percentil(tempos))}`);
        if (congelado) continue;
        const parada = presentes.find(({ tipo, ultimo }) => tipo === "paradas" && (ultimo?.respostas ?? 0) > 0);
        if (parada === undefined) continue;
        parada.congela();
        paradas++;
        congelado = true;
      }
      pedidos += tempos.length;
      const agora = performance.now();
      periodos.push({ nome, p99: percentil([...tempos, ...emCurso.map((inicio) => agora - inicio)]) });
      for (const { tipo, ultimo } of presentes) {
        if (ultimo === undefined) continue;
        contadores.push(ultimo);
        if (tipo === "metades" && metades === undefined) metades = { ...ultimo, espera: tempo.passou() };
        if (tipo === "surdas" && surdas === undefined) surdas = { ...ultimo, espera: tempo.passou() };
      }
    }
  } finally {
    acabou = true;
    await trabalho.catch((erro) => erradas = [mensagem(erro), ...erradas]);
  }
  const pico = picoDeMemoria(pid);
  const { code } = await servidor.encerra();
  const falhas = servidor.log.filter(({ evento }) => evento === "falha").map(({ o_que, causa }) =>
    `${o_que}: ${causa}`
  );
  const { integridade } = lerLivro(pasta.arquivo("clinica.db"));
  const total = (campo: keyof Contadores): number => soma(contadores, (contador) => contador[campo]);
  const pior = periodos.reduce((pior, periodo) => periodo.p99 > pior.p99 ? periodo : pior);
  const improprias = total("improprias");
  return {
    promessas: [
      promessa(
        "o servidor continua no ar, sem uma falha, e encerra em ordem",
        code === 0 && falhas.length === 0 && integridade === "ok",
        falhas[0] ?? `${mil(total("conexoes"))} conexões hostis, ${mil(total("mandados"))} envios, saída ${code}`,
      ),
      promessa(
        "todo pedido honesto tem a resposta certa o tempo todo",
        erradas.length === 0 && pedidos > 0,
        erradas[0] ?? `${mil(pedidos)} pedidos de ${HONESTOS} clientes honestos`,
      ),
      promessa(
        "ao que é hostil responde CLINICA/1, e nada mais",
        improprias === 0,
        `${mil(total("respostas"))} respostas lidas pelos hostis, ${improprias} que não são respostas`,
      ),
      promessa(
        `os honestos esperam no máximo ${P99_MAXIMO} ms (p99) em cada período`,
        pior.p99 <= P99_MAXIMO,
        periodos.map(({ nome, p99 }) => `${nome} ${ms(p99)}`).join("; "),
        { medida: true },
      ),
      promessa(
        `${mil(ociosas)} conexões ociosas cabem ao lado das que trabalham`,
        abertas === ociosas,
        `${mil(abertas)} abertas${
          ociosas < OCIOSAS
            ? `; são menos que ${mil(OCIOSAS)} pelo limite de ${limite ?? "?"} arquivos ou pelo tempo`
            : ""
        }`,
        { medida: true },
      ),
      pico === undefined
        ? naoVerificada(`o servidor não passa de ${MEMORIA_MAXIMA} MiB`, "só o Linux mostra o pico de memória (/proc)")
        : promessa(`o servidor não passa de ${MEMORIA_MAXIMA} MiB`, pico <= MEMORIA_MAXIMA, `pico de ${mil(pico)} MiB`),
      ...prazos(metades, surdas),
    ],
    cifras: {
      pedidosHonestos: pedidos,
      p99Maximo: Math.round(pior.p99 * 10) / 10,
      picoDeMemoriaMiB: pico === undefined ? "?" : Math.round(pico),
      ociosas: abertas,
      conexoesHostis: total("conexoes"),
      fechadasPeloServidor: total("fechadas"),
      processosParados: paradas,
    },
  };

  /** Marca, procura, desmarca e olha as vagas, uma coisa por vez, medindo cada espera. */
  async function honesto(n: number): Promise<void> {
    using fio = await Fio.saudado(porta);
    const cpf = cpfDeExemplo(n);
    const { especialidade, data, dia } = grade[n];
    const voltas: [Pedido, Resposta["codigo"]][] = [
      [agend({ cpf, especialidade, data, dia }), "OK-300"],
      [{ comando: "BUSCA", cpf }, "OK-302"],
      [{ comando: "CANCEL", cpf }, "OK-301"],
      [{ comando: "VAGAS", especialista: especialidade, data }, "OK-304"],
    ];
    while (!acabou) {
      for (const [pedido, esperado] of voltas) {
        emCurso[n] = performance.now();
        const { codigo } = await fio.pede(pedido);
        tempos.push(performance.now() - emCurso[n]);
        if (codigo !== esperado) erradas.push(`${pedido.comando}: ${codigo} em vez de ${esperado}`);
      }
      await delay(5);
    }
  }
}

/** O que um tipo contou, e quantos segundos teve para isso. */
type Esperadas = Contadores & { readonly espera: number };

/** Um prazo de 10 s, mais o segundo entre uma conferência e a seguinte, mais uma folga para máquinas lentas, em s. */
const PRAZO_COM_FOLGA = 15;

/** Os prazos que levam tempo de verdade: os de 10 s cabem numa prova comprida; o de 5 min de silêncio, não. */
function prazos(metades: Esperadas | undefined, surdas: Esperadas | undefined): Promessa[] {
  return ([
    ["meia linha é fechada em 10 s", metades],
    ["quem não lê é fechado em 10 s", surdas],
  ] as const).map(([texto, contador]) => {
    if (contador === undefined || (contador.fechadas === 0 && contador.espera < PRAZO_COM_FOLGA)) {
      return naoVerificada(texto, "o período durou menos que o prazo; use mais --minutos");
    }
    const { fechadas, duracao, espera } = contador;
    return promessa(
      texto,
      duracao >= 9_000 && duracao <= PRAZO_COM_FOLGA * 1000,
      fechadas === 0
        ? `em ${mil(espera)} s nenhuma foi fechada`
        : `${mil(fechadas)} fechadas, a última ${mil(duracao / 1000)} s depois de aberta`,
      { medida: true },
    );
  });
}

function percentil(tempos: readonly number[], p = 0.99): number {
  if (tempos.length === 0) return 0;
  return tempos.toSorted((a, b) => a - b)[Math.min(tempos.length - 1, Math.floor(tempos.length * p))];
}

function ms(tempo: number): string {
  return `${mil(tempo)} ms`;
}

// ----------------------------------------------------------------------------------------------------------- 6. tempo

async function tempo(contexto: Contexto): Promise<Conclusao> {
  const { segundos, ferramentas: { faketime } } = contexto;
  const regras = await relogioInjetado({ ...contexto, segundos: segundos * 0.3 });
  const textos = ["com a hora do servidor indo e voltando, o livro não se engana", "um relógio que volta não revende"];
  const processo = faketime === undefined
    ? {
      promessas: textos.map((texto) => naoVerificada(texto, "falta faketime (apt install faketime)")),
      cifras: {},
    }
    : await relogioFalso({ ...contexto, segundos: segundos * 0.7 }, faketime);
  return {
    promessas: [...regras.promessas, ...processo.promessas],
    cifras: { ...regras.cifras, ...processo.cifras },
  };
}

/** Os instantes em volta dos quais o relógio anda: o fuso, e o que tem de especial. */
const VIRADAS: readonly (readonly [fuso: string, instante: string, oQue: string])[] = [
  ["America/New_York", "2026-11-01T06:00:00Z", "a uma da manhã acontece duas vezes"],
  ["America/New_York", "2026-03-08T07:00:00Z", "as duas da manhã não acontecem"],
  ["America/Sao_Paulo", "2018-11-04T03:00:00Z", "a meia-noite não acontece"],
  ["America/Sao_Paulo", "2026-12-31T03:00:00Z", "o ano acaba"],
];

/** As regras, com o relógio de fora e um modelo do que deve estar no livro. */
async function relogioInjetado({ segundos, semente, avanca }: Contexto): Promise<Conclusao> {
  const sorteio = new Sorteio(semente);
  const tempo = cronometro(segundos);
  const erros: string[] = [];
  let pedidos = 0;
  let saltos = 0;
  let marcados = 0;
  for (let volta = 0; volta < VIRADAS.length || !tempo.acabou(); volta++) {
    const [fuso, instante] = VIRADAS[volta % VIRADAS.length];
    await umaVirada(fuso, Temporal.Instant.from(instante).epochMilliseconds);
    avanca(`relógio injetado: ${mil(pedidos)} pedidos, ${mil(saltos)} saltos`);
  }
  return {
    promessas: [
      promessa(
        "pelas regras, com o relógio indo e voltando por meias-noites e mudanças de horário, nada é vendido duas vezes",
        erros.length === 0,
        erros[0] ?? `${mil(pedidos)} pedidos, ${mil(marcados)} marcações, ${mil(saltos)} saltos do relógio`,
      ),
    ],
    cifras: { pedidosComRelogioInjetado: pedidos, saltosDoRelogioInjetado: saltos },
  };

  async function umaVirada(fuso: string, virada: number): Promise<void> {
    const atendimentos = lerOferta().diasDaSemana.map((dia) => ({
      especialidade: "PLANTAO",
      dia,
      inicio: "00:00",
      vagas: 12,
      minutos: 30,
    }));
    const oferta = lerOferta({ fuso, semanas: 1, atendimentos });
    let agora = virada - 3 * HORA;
    await using armazem = ArmazemSqlite.abre(":memory:");
    const agenda = new Agenda({ armazem, oferta, relogio: () => agora });
    const modelo = new Modelo(oferta);
    for (let i = 0; i < 400; i++) {
      if (sorteio.fracao() < 0.2) {
        saltos++;
        // Ora perto da virada, ora um dia para lá ou para cá.
        agora = sorteio.fracao() < 0.7
          ? virada + sorteio.inteiro(-3 * HORA, 3 * HORA)
          : agora + sorteio.inteiro(-26 * HORA, 26 * HORA);
      }
      const pedido = modelo.sorteia(sorteio, agora);
      const [resposta] = await agenda.atende([pedido], "prova") ?? [];
      pedidos++;
      if (resposta?.codigo === "OK-300") marcados++;
      const erro = modelo.confere(pedido, resposta, agora);
      if (erro !== undefined) erros.push(`${fuso}, ${Temporal.Instant.fromEpochMilliseconds(agora)}: ${erro}`);
    }
    for (const data of modelo.datas()) {
      const gravadas = (await armazem.lista(data)).map(({ cpf, hora }) => `${hora} ${cpf}`).sort();
      if (gravadas.join() !== modelo.doDia(data).join()) erros.push(`${fuso}: ${data} tem ${gravadas.join(", ")}`);
    }
  }
}

const HORA = 3_600_000;

/** O que o livro deve ter, feito à parte das regras que se provam, com o caminho mais curto. */
class Modelo {
  #oferta: Oferta;
  /** Quem tem cada hora, `"aaaa-mm-dd HH:MM"`, enquanto não desmarca, tenha ou não passado. */
  #donos = new Map<string, string>();
  /** A hora que vale para cada CPF. */
  #ativos = new Map<string, string>();

  constructor(oferta: Oferta) {
    this.#oferta = oferta;
  }

  sorteia(sorteio: Sorteio, agora: number): Pedido {
    const cpf = cpfDeExemplo(sorteio.inteiro(0, 20));
    const acaso = sorteio.fracao();
    if (acaso < 0.2) return { comando: "CANCEL", cpf };
    if (acaso < 0.35) return { comando: "BUSCA", cpf };
    const iso = this.#hoje(agora).add({ days: sorteio.inteiro(-1, 2) }).toString();
    const hora = `0${sorteio.inteiro(0, 5)}:${sorteio.de(["00", "30"])}`;
    return agend({
      cpf,
      especialidade: "PLANTAO",
      data: dataNoFio(iso),
      dia: nomeDoDia(this.#oferta, iso),
      horario: sorteio.fracao() < 0.8 ? hora : undefined,
    });
  }

  /** O que a resposta tem de errado, se tem. */
  confere(pedido: Pedido, resposta: Resposta | undefined, agora: number): string | undefined {
    if (resposta === undefined || !("cpf" in pedido)) return `${pedido.comando} ficou sem resposta`;
    const { cpf } = pedido;
    const ativo = this.#ativos.get(cpf);
    const vale = ativo !== undefined && this.#inicio(ativo) + HORA / 2 > agora;
    switch (resposta.codigo) {
      case "OK-300": {
        const hora = horaDe(resposta.agendamentos[0]);
        const dono = this.#donos.get(hora);
        if (dono !== undefined) return `${hora} vendida a ${cpf} e já era de ${dono}`;
        if (vale) return `${cpf} marcou ${hora} e já tinha ${ativo}`;
        if (this.#inicio(hora) <= agora) return `${hora} vendida depois de começar`;
        const dias = this.#hoje(agora).until(hora.slice(0, 10)).days;
        if (dias < 0 || dias >= 7 * this.#oferta.semanas) return `${hora} vendida fora da janela`;
        this.#donos.set(hora, cpf);
        this.#ativos.set(cpf, hora);
        return undefined;
      }
      case "OK-301": {
        const hora = horaDe(resposta.agendamentos[0]);
        if (!vale || hora !== ativo) return `${cpf} desmarcou ${hora} e tinha ${ativo}`;
        this.#donos.delete(hora);
        this.#ativos.delete(cpf);
        return undefined;
      }
      case "OK-302":
      case "ERRO-111": {
        const lidas = resposta.agendamentos.map(horaDe).join();
        return vale && lidas === ativo ? undefined : `${cpf} tem ${ativo} e leu ${lidas}`;
      }
      case "ERRO-112":
      case "ERRO-113":
        return vale ? `${cpf} tem ${ativo} e veio ${resposta.codigo}` : undefined;
      case "ERRO-103":
      case "ERRO-105":
      case "ERRO-110":
        return undefined;
      default:
        return `${pedido.comando} teve ${resposta.codigo}`;
    }
  }

  datas(): Set<string> {
    return new Set([...this.#donos.keys()].map((hora) => hora.slice(0, 10)));
  }

  doDia(data: string): string[] {
    return [...this.#donos].filter(([hora]) => hora.startsWith(data)).map(([hora, cpf]) => `${hora.slice(11)} ${cpf}`)
      .sort();
  }

  #hoje(agora: number): Temporal.PlainDate {
    return Temporal.Instant.fromEpochMilliseconds(agora).toZonedDateTimeISO(this.#oferta.fuso).toPlainDate();
  }

  #inicio(hora: string): number {
    return Temporal.PlainDateTime.from(hora.replace(" ", "T")).toZonedDateTime(this.#oferta.fuso).epochMilliseconds;
  }
}

/** A hora de uma tupla, `"aaaa-mm-dd HH:MM"`. */
function horaDe([, , , , data, , hora]: Tupla): string {
  return `${data.split("/").toReversed().join("-")} ${hora}`;
}

const FUSO_DO_PROCESSO = "America/New_York";

/** As horas a que o relógio do processo salta, em UTC: a meia-noite e a mudança de horário, por um lado e pelo outro. */
const SALTOS = [
  "2026-11-01 03:59:59",
  "2026-11-01 05:59:59",
  "2026-11-01 04:30:00",
  "2026-11-01 03:30:00",
  "2026-11-02 04:59:59",
  "2026-11-01 06:30:00",
  "2026-10-31 12:00:00",
];

/** Um servidor cujo relógio se muda de fora, com a mesma carga e o mesmo verificador. */
async function relogioFalso(
  { oficina, segundos, semente, avanca }: Contexto,
  biblioteca: string,
): Promise<Conclusao> {
  const pasta = oficina.pasta();
  const hoje = Temporal.PlainDate.from("2026-10-31");
  const grade = montaClinica(pasta, {
    hoje: hoje.add({ days: 2 }),
    fuso: FUSO_DO_PROCESSO,
    outros: [{ especialidade: "DO DIA", inicio: "00:00", vagas: 4, minutos: 15 }],
    abertas: ["2026-10-31", "2026-11-01", "2026-11-02"],
  });
  const arquivo = pasta.arquivo("hora");
  const acerta = (hora: string): void => {
    Deno.writeTextFileSync(`${arquivo}.nova`, `@${hora}\n`);
    Deno.renameSync(`${arquivo}.nova`, arquivo);
  };
  acerta("2026-10-31 12:00:00");
  await using servidor = await oficina.servidor({
    pasta: pasta.caminho,
    diante: [
      "env",
      `LD_PRELOAD=${biblioteca}`,
      `FAKETIME_TIMESTAMP_FILE=${arquivo}`,
      "FAKETIME_NO_CACHE=1",
      // Os prazos e as esperas do servidor contam tempo de verdade.
      "FAKETIME_DONT_FAKE_MONOTONIC=1",
      "DONT_FAKE_MONOTONIC=1",
      "TZ=UTC",
    ],
  });
  const { porta } = servidor;
  const revendas = await naoRevende(porta, acerta);
  const historia = new Historia();
  const sorteio = new Sorteio(semente);
  let saltos = 0;
  let fim = false;
  const carga = carrega({ porta, historia, grade, sorteio, clientes: 8, ate: () => fim });
  carga.catch(() => fim = true);
  const tempo = cronometro(segundos);
  const cabeMais = (): boolean => !tempo.acabou() && historia.operacoes.length < OPERACOES_POR_HISTORIA;
  while (!fim && (saltos < SALTOS.length || cabeMais())) {
    acerta(SALTOS[saltos++ % SALTOS.length]);
    avanca(`faketime: ${saltos} saltos, ${mil(historia.operacoes.length)} operações`);
    await delay(Math.min(500, segundos * 1000 / SALTOS.length));
  }
  fim = true;
  await carga;
  await pedeTudo(porta, historia, leituraFinal(grade));
  await servidor.encerra();
  historia.morreu();
  const { livro } = lerLivro(pasta.arquivo("clinica.db"), ESPECIALIDADES);
  const conferida = await confere(historia, { livro, grade, avanca });
  const promessas = promessasDe([conferida]);
  const quebradas = promessas.filter(({ estado }) => estado !== "cumprida");
  return {
    promessas: [
      {
        texto: "com a hora do servidor indo e voltando (faketime), o livro não se engana",
        estado: quebradas[0]?.estado ?? "cumprida",
        detalhe: quebradas.map(({ texto, detalhe }) => `${texto}: ${detalhe}`)[0] ??
          `${saltos} saltos, ${
            mil(historia.operacoes.length)
          } operações, as mesmas ${promessas.length} promessas da história`,
      },
      promessa(
        "um relógio que volta não revende (faketime)",
        revendas === undefined,
        revendas ?? "marcada, passada e de volta",
      ),
    ],
    cifras: { saltosComFaketime: saltos, operacoesComFaketime: historia.operacoes.length },
  };
}

/** Uma hora passa, o paciente marca outra, o relógio volta: a primeira continua tomada. Devolve o que deu errado. */
async function naoRevende(porta: number, acerta: (hora: string) => void): Promise<string | undefined> {
  using fio = await Fio.saudado(porta);
  const [um, outro] = [cpfDeExemplo(5000), cpfDeExemplo(5001)];
  const sabado = { especialidade: "DO DIA", data: "31/10/2026", dia: "SÁBADO", horario: "00:45" };
  const domingo = { especialidade: "DO DIA", data: "01/11/2026", dia: "DOMINGO", horario: "00:30" };
  const segunda = { especialidade: "DO DIA", data: "02/11/2026", dia: "SEGUNDA-FEIRA", horario: "00:30" };
  // A hora do livro é a de Nova Iorque: quatro horas a menos que UTC, e cinco depois da mudança.
  const passos: [hora: string, pedido: Pedido, esperado: Resposta["codigo"]][] = [
    ["2026-11-01 03:50:00", agend({ cpf: um, ...domingo }), "OK-300"],
    ["2026-11-01 03:50:00", agend({ cpf: outro, ...sabado }), "ERRO-105"],
    ["2026-11-01 04:40:00", { comando: "BUSCA", cpf: um }, "OK-302"],
    ["2026-11-01 04:40:00", agend({ cpf: outro, ...domingo }), "ERRO-105"],
    ["2026-11-01 05:30:00", { comando: "BUSCA", cpf: um }, "ERRO-112"],
    ["2026-11-01 05:30:00", agend({ cpf: outro, ...sabado }), "ERRO-103"],
    ["2026-11-01 06:30:00", agend({ cpf: um, ...segunda }), "OK-300"],
    ["2026-11-01 03:50:00", agend({ cpf: outro, ...domingo }), "ERRO-110"],
    ["2026-11-01 03:50:00", agend({ cpf: um, ...domingo }), "ERRO-111"],
  ];
  for (const [hora, pedido, esperado] of passos) {
    acerta(hora);
    const { codigo } = await fio.pede(pedido);
    if (codigo !== esperado) return `às ${hora} UTC, ${pedido.comando} teve ${codigo} em vez de ${esperado}`;
  }
  return undefined;
}

// ------------------------------------------------------------------------------------------------------- o comando

/** Uma parte da prova, e que fração do tempo ela tem. */
interface Parte {
  readonly nome: string;
  readonly titulo: string;
  readonly fracao: number;
  readonly roda: (contexto: Contexto) => Promise<Conclusao>;
}

const PARTES: readonly Parte[] = [
  { nome: "corrida", titulo: "muitos pela última vaga", fracao: 0.08, roda: corrida },
  { nome: "historia", titulo: "carga ao acaso, e a história inteira conferida", fracao: 0.14, roda: historia },
  { nome: "queda", titulo: "a mesma carga, com kill -9", fracao: 0.36, roda: queda },
  { nome: "disco", titulo: "disco cheio, e erros no fsync do commit", fracao: 0.14, roda: disco },
  { nome: "hostis", titulo: "clientes que se comportam mal", fracao: 0.2, roda: hostis },
  { nome: "tempo", titulo: "o relógio para a frente e para trás", fracao: 0.08, roda: tempo },
];

/** Os nomes das partes, na ordem. */
export const NOMES_DAS_PARTES: readonly string[] = PARTES.map(({ nome }) => nome);

/** Como `prova` roda. */
export interface OpcoesDaProva {
  /** Quanto dura, ao todo, em segundos. */
  segundos: number;
  /** A semente das escolhas. */
  semente: number;
  /** Só esta parte, com o tempo todo para ela. */
  parte?: string;
  /** Avisada do que está acontecendo, em palavras. */
  avanca?: (parte: string, texto: string) => void;
  /** Onde ficam os processos e as pastas. */
  oficina: Oficina;
}

/** Roda a prova, ou uma parte dela, e diz o que se concluiu. Uma parte que não chega ao fim é uma promessa quebrada. */
export async function prova(opcoes: OpcoesDaProva): Promise<Relatorio> {
  const { segundos, semente, parte: so, avanca = () => {}, oficina } = opcoes;
  const ferramentas = await procuraFerramentas();
  const partes: ParteFeita[] = [];
  for (const { nome, titulo, fracao, roda } of PARTES.filter(({ nome }) => so === undefined || nome === so)) {
    const inicio = performance.now();
    avanca(nome, titulo);
    const contexto: Contexto = {
      oficina,
      segundos: so === undefined ? segundos * fracao : segundos,
      semente,
      ferramentas,
      avanca: (texto) => avanca(nome, texto),
    };
    partes.push({
      nome,
      titulo,
      ...await ateOFim(() => roda(contexto)),
      segundos: (performance.now() - inicio) / 1000,
    });
  }
  return { semente, ferramentas: nomesDe(ferramentas), partes };
}

async function ateOFim(roda: () => Promise<Conclusao>): Promise<Conclusao> {
  try {
    return await roda();
  } catch (erro) {
    return { promessas: [promessa("a parte chega ao fim", false, mensagem(erro))], cifras: {} };
  }
}

/** O relatório para pessoas. */
export function emTexto({ semente, ferramentas, partes }: Relatorio): string {
  const linhas = [
    `Clínica de Saúde ${configuracaoDoDeno.version}: a prova`,
    `semente ${semente}; Deno ${Deno.version.deno} em ${Deno.build.os} ${Deno.build.arch}; ` +
    `ferramentas: ${ferramentas.length === 0 ? "nenhuma" : ferramentas.join(", ")}`,
  ];
  for (const { nome, titulo, segundos, promessas } of partes) {
    linhas.push("", `${nome} (${mil(Math.round(segundos))} s): ${titulo}`);
    for (const { texto, estado, detalhe } of promessas) {
      linhas.push(`  ${texto}`, `    ${estado}: ${detalhe.replaceAll("\n", "\n      ")}`);
    }
  }
  const todas = partes.flatMap(({ promessas }) => promessas);
  const quantas = (estado: Estado): number => todas.filter((uma) => uma.estado === estado).length;
  linhas.push(
    "",
    `${quantas("cumprida")} promessas cumpridas, ${quantas("QUEBRADA")} quebradas, ` +
      `${quantas("não verificada")} não verificadas`,
  );
  return linhas.join("\n");
}

/** O código de saída: 0 só se toda promessa foi cumprida. */
export function codigoDeSaida({ partes }: Relatorio): 0 | 1 | 3 {
  const estados = partes.flatMap(({ promessas }) => promessas.map(({ estado }) => estado));
  if (estados.includes("QUEBRADA")) return 1;
  return estados.includes("não verificada") ? 3 : 0;
}

/** Conta o que acontece em stderr: uma linha que se refaz num terminal, linhas de vez em quando fora dele. */
function progresso(): { avanca: (parte: string, texto: string) => void; apaga: () => void } {
  const terminal = Deno.stderr.isTerminal();
  const entre = terminal ? 100 : 5000;
  let proxima = 0;
  let anterior = "";
  const escreve = (texto: string): void => {
    Deno.stderr.writeSync(new TextEncoder().encode(texto));
  };
  return {
    avanca: (parte, texto) => {
      if (parte === anterior && performance.now() < proxima) return;
      proxima = performance.now() + entre;
      anterior = parte;
      const ordem = `[${NOMES_DAS_PARTES.indexOf(parte) + 1}/${PARTES.length}] ${parte}: ${texto}`;
      escreve(terminal ? `\r\x1b[K${ordem.slice(0, Deno.consoleSize().columns - 1)}` : `${ordem}\n`);
    },
    apaga: () => terminal && escreve("\r\x1b[K"),
  };
}

/** O comando está errado; a mensagem diz em quê. */
class ErroDeUso extends Error {
  override name = "ErroDeUso";
}

interface Argumentos {
  ajuda: boolean;
  json: boolean;
  minutos: number;
  semente: number;
  parte: string | undefined;
}

function lerArgumentos(args: readonly string[]): Argumentos {
  const lidos: Record<string, unknown> = parseArgs([...args], {
    string: ["minutos", "semente", "parte", "_"],
    boolean: ["json", "help"],
    alias: { help: ["h", "ajuda"] },
    unknown: (arg: string) => {
      throw new ErroDeUso(`não conheço ${arg}`);
    },
  });
  const numero = (nome: string, padrao: number, { ate, forma }: { ate: number; forma: RegExp }): number => {
    const escrito = lidos[nome];
    if (escrito === undefined) return padrao;
    const valor = typeof escrito === "string" && forma.test(escrito) ? Number(escrito.replace(",", ".")) : NaN;
    if (!(valor > 0 || nome === "semente" && valor === 0) || valor > ate) {
      throw new ErroDeUso(`--${nome} espera um número até ${ate}; veio "${escrito}"`);
    }
    return valor;
  };
  const { parte } = lidos;
  if (parte !== undefined && (typeof parte !== "string" || !NOMES_DAS_PARTES.includes(parte))) {
    throw new ErroDeUso(`--parte espera uma de ${NOMES_DAS_PARTES.join(", ")}; veio "${parte}"`);
  }
  return {
    ajuda: lidos.help === true,
    json: lidos.json === true,
    minutos: numero("minutos", 4, { ate: 24 * 60, forma: /^\d+([.,]\d+)?$/ }),
    semente: numero("semente", crypto.getRandomValues(new Uint32Array(1))[0], { ate: 2 ** 32 - 1, forma: /^\d+$/ }),
    parte,
  };
}

async function main(args: readonly string[]): Promise<number> {
  const { ajuda, json, minutos, semente, parte } = lerArgumentos(args);
  if (ajuda) {
    console.log(AJUDA);
    return 0;
  }
  const { avanca, apaga } = progresso();
  await using oficina = new Oficina();
  for (const [sinal, codigo] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
    if (Deno.build.os === "windows" && sinal === "SIGTERM") continue;
    Deno.addSignalListener(sinal, async () => {
      await oficina[Symbol.asyncDispose]();
      apaga();
      Deno.exit(codigo);
    });
  }
  const relatorio = await prova({ segundos: minutos * 60, semente, parte, avanca, oficina });
  apaga();
  console.log(json ? JSON.stringify(relatorio, null, 2) : emTexto(relatorio));
  return codigoDeSaida(relatorio);
}

if (import.meta.main) {
  try {
    Deno.exit(await main(Deno.args));
  } catch (erro) {
    console.error(`prova: ${mensagem(erro)}`);
    if (erro instanceof ErroDeUso) console.error("prova.ts --help mostra as opções");
    Deno.exit(erro instanceof ErroDeUso ? 2 : 1);
  }
}
