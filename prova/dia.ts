/**
 * A parte `dia` da prova: os atos do dia da clínica ao acaso, por muitas conexões sobre um livro em arquivo, com `kill -9` no
 * meio; e o que toda história do dia promete, conferida no fim com o livro e o diário. `prova/prova.ts` a roda;
 * `prova/servidores.ts` confere as suas histórias aqui.
 *
 * @module
 */

import { delay } from "@std/async";
import { DatabaseSync } from "node:sqlite";
import {
  CargaEmCurso,
  type Conclusao,
  type Contexto,
  cronometro,
  integridadeDe,
  julga,
  mil,
  type Promessa,
  promessa,
  type PromessaDaHistoria,
  soma,
  Sorteio,
} from "./bancada.ts";
import { Balcao, carregaDia, Conversa, type HistoriaDoDia, leituraFinalDoDia, montaDia } from "./carga_dia.ts";
import { type OpcoesDoDia, verificaDia } from "./historia/dia.ts";
import { descreve, type OperacaoDoDia } from "./historia/feitos.ts";
import type { Veredito } from "./historia/registro.ts";
import type { ErradoNoDia, LivroDoDia } from "./historia/vidas.ts";

/** Conexões ao mesmo tempo. */
const CLIENTES = 24;

/** Operações por história, no máximo: a cada lista, o verificador olha para o dia inteiro. */
export const OPERACOES_DO_DIA = 6_000;

/** Quanto dura uma história, no máximo, em segundos: as horas da clínica têm de ficar longe. */
const SEGUNDOS_DE_UMA_HISTORIA = 600;

/** Os atos ao acaso, num arquivo, com `kill -9`. */
export async function dia({ oficina, segundos, semente, avanca }: Contexto): Promise<Conclusao> {
  const sorteio = new Sorteio(semente);
  const tempo = cronometro(segundos);
  const conferidas: DiaConferido[] = [];
  const integridades: string[] = [];
  let quedas = 0;
  do conferidas.push(await umLivro()); while (!tempo.acabou());
  return {
    promessas: [
      ...promessasDoDia(conferidas),
      promessa(
        "depois de cada kill -9 o servidor volta, e o livro está íntegro",
        integridades.every((resultado) => resultado === "ok"),
        integridades.find((resultado) => resultado !== "ok") ??
          `${mil(quedas)} vezes kill -9, ${mil(integridades.length)} integrity_check`,
      ),
    ],
    cifras: { quedas, ...cifrasDoDia(conferidas) },
  };

  async function umLivro(): Promise<DiaConferido> {
    const pasta = oficina.pasta();
    const balcao = new Balcao(montaDia(pasta));
    const { historia } = balcao;
    const desta = cronometro(SEGUNDOS_DE_UMA_HISTORIA);
    const cabeMais = (): boolean => historia.operacoes.length < OPERACOES_DO_DIA && !tempo.acabou() && !desta.acabou();
    do {
      await using servidor = await oficina.servidor({ pasta: pasta.caminho });
      const { porta } = servidor;
      const carga = new CargaEmCurso((ate) =>
        carregaDia({ portas: () => [porta], balcao, ate, sorteio: sorteio.filho(), clientes: CLIENTES })
      );
      await delay(sorteio.inteiro(100, 600));
      const parada = carga.para();
      await servidor.encerra("SIGKILL");
      await parada;
      historia.morreu();
      quedas++;
      avanca(`${mil(quedas)} vezes kill -9, ${mil(historia.operacoes.length)} operações neste livro`);
    } while (cabeMais());
    {
      await using servidor = await oficina.servidor({ pasta: pasta.caminho });
      await leTudo(servidor.porta, balcao);
      await servidor.encerra();
      historia.morreu();
    }
    using db = new DatabaseSync(pasta.arquivo("clinica.db"));
    integridades.push(integridadeDe(db));
    return await confereDia(balcao, { consulta: (sql) => db.prepare(sql).all(), avanca });
  }
}

/** Lê, por CLINICA/2, tudo o que um servidor sabe. */
export async function leTudo(porta: number, balcao: Balcao): Promise<void> {
  using conversa = await Conversa.comeca(porta, balcao);
  await conversa.pede(leituraFinalDoDia(balcao.clinica));
  if (conversa.acabou) throw new Error("o servidor fechou no meio da última leitura");
}

// ------------------------------------------------------------------------------------------------------- a conferência

/** Uma história do dia, conferida. */
export interface DiaConferido {
  /** O que o verificador diz. */
  readonly veredito: Veredito<ErradoNoDia>;
  /** A história. */
  readonly historia: HistoriaDoDia;
  /** O livro em que acabou. */
  readonly livro: LivroDoDia;
}

/** Uma linha de uma consulta, pelo nome das colunas. */
export type LinhaDaConsulta = Readonly<Record<string, unknown>>;

/** De onde se lê o livro, e a quem se diz em que pé está. */
export interface OpcoesDaConferencia {
  /** Faz uma consulta. */
  readonly consulta: (sql: string) => readonly LinhaDaConsulta[] | Promise<readonly LinhaDaConsulta[]>;
  /** Diz em que pé está. */
  readonly avanca: (texto: string) => void;
  /** Como se dá o que vaga a quem espera, se alguém espera. */
  readonly espera?: OpcoesDoDia["espera"];
}

/** Confere uma história com o livro, lido por SQL do arquivo ou do banco. */
export async function confereDia(
  { historia, clinica: { dias, agora } }: Balcao,
  { consulta, avanca, espera }: OpcoesDaConferencia,
): Promise<DiaConferido> {
  const livro = await lerLivroDoDia(consulta);
  avanca(`conferindo ${mil(historia.operacoes.length)} operações`);
  // O que se acaba de dizer aparece antes que o verificador ocupe o processo.
  await delay(0);
  return { veredito: verificaDia(historia.operacoes, { livro, dias, agora, espera }), historia, livro };
}

async function lerLivroDoDia(consulta: OpcoesDaConferencia["consulta"]): Promise<LivroDoDia> {
  const agendamentos = await consulta(
    `SELECT numero, versao, codigo, cpf, nome, especialidade, profissional, data, hora, minutos, situacao, encaixe, nota,
       senha, prioridade, chamadas FROM agendamento ORDER BY numero`,
  );
  const excecoes = await consulta("SELECT * FROM excecao ORDER BY numero");
  const diario = await consulta("SELECT quando, mudancas FROM diario ORDER BY id");
  const esperas = await consulta("SELECT * FROM espera ORDER BY numero");
  const texto = (valor: unknown): string => String(valor);
  const logico = (valor: unknown): boolean => valor === true || valor === "t" || Number(valor) === 1;
  return {
    agendamentos: agendamentos.map((linha) => ({
      numero: Number(linha.numero),
      versao: Number(linha.versao),
      codigo: texto(linha.codigo),
      cpf: texto(linha.cpf),
      nome: texto(linha.nome),
      especialidade: texto(linha.especialidade),
      profissional: texto(linha.profissional),
      data: texto(linha.data),
      hora: texto(linha.hora).slice(0, 5),
      minutos: Number(linha.minutos),
      // Uma situação que a prova não conhece não está na tabela dela, e é lá que se vê.
      situacao: texto(linha.situacao) as LivroDoDia["agendamentos"][number]["situacao"],
      encaixe: logico(linha.encaixe),
      nota: texto(linha.nota),
      senha: texto(linha.senha),
      prioridade: Number(linha.prioridade),
      chamadas: Number(linha.chamadas),
    })),
    excecoes: excecoes.map((linha) => ({
      numero: Number(linha.numero),
      tipo: linha.tipo === "FECHA" ? "FECHA" : "EXTRA",
      de: texto(linha.de),
      ate: texto(linha.ate),
      inicio: Number(linha.inicio),
      fim: Number(linha.fim),
      especialidade: texto(linha.especialidade),
      profissional: texto(linha.profissional),
      vagas: Number(linha.vagas),
      minutos: Number(linha.minutos),
      local: texto(linha.local),
      encaixes: Number(linha.encaixes),
      motivo: texto(linha.motivo),
      revogada: logico(linha.revogada),
    })),
    diario: diario.map(({ quando, mudancas }) => ({ quando: texto(quando), mudancas: texto(mudancas) })),
    esperas: esperas.map((linha) => ({
      numero: Number(linha.numero),
      versao: Number(linha.versao),
      cpf: texto(linha.cpf),
      nome: texto(linha.nome),
      especialidade: texto(linha.especialidade),
      profissional: texto(linha.profissional),
      de: texto(linha.de),
      ate: texto(linha.ate),
      turno: texto(linha.turno),
      antecedencia: Number(linha.antecedencia),
      marca: logico(linha.marca),
      prioridade: Number(linha.prioridade),
      isenta: logico(linha.isenta),
      lapsos: Number(linha.lapsos),
      ordem: Number(linha.ordem),
      convite: Number(linha.convite),
      acabou: texto(linha.terminou_em) !== "",
    })),
  };
}

/** O que se viu em muitas histórias do dia. */
export interface CifrasDoDia extends Record<string, number> {
  /** Histórias conferidas. */
  historias: number;
  /** Operações de todas elas. */
  operacoes: number;
  /** As que ficaram sem resposta. */
  semResposta: number;
  /** Marcações confirmadas. */
  marcados: number;
  /** Das quais, encaixes. */
  encaixes: number;
  /** Movimentos confirmados. */
  movidos: number;
  /** Situações confirmadas. */
  situacoes: number;
  /** Das quais, desfeitas. */
  desfeitas: number;
  /** `FECHA` confirmados. */
  fechados: number;
  /** Mudanças recusadas. */
  recusas: number;
  /** Consultas respondidas. */
  consultas: number;
  /** Linhas dos diários. */
  linhasDoDiario: number;
  /** Versões de todos os agendamentos. */
  versoes: number;
  /** CPFs, datas e movidos, cada um com a sua ordem. */
  chaves: number;
  /** Estados por que a procura passou. */
  estadosVisitados: number;
}

const CONSULTAS: ReadonlySet<string> = new Set(["BUSCA", "HISTORIA", "LISTA", "VAGAS", "FILA"]);

/** Os números de muitas histórias do dia. */
export function cifrasDoDia(conferidas: readonly DiaConferido[]): CifrasDoDia {
  const operacoes = conferidas.flatMap(({ historia }) => historia.operacoes);
  const quantas = (serve: (operacao: OperacaoDoDia) => boolean): number => operacoes.filter(serve).length;
  const com = (codigo: string, serve = (_: OperacaoDoDia["feito"]): boolean => true): number =>
    quantas(({ feito, resposta }) => resposta?.codigo === codigo && serve(feito));
  return {
    historias: conferidas.length,
    operacoes: operacoes.length,
    semResposta: quantas(({ resposta }) => resposta === undefined),
    marcados: com("OK-300"),
    encaixes: com("OK-300", (feito) => feito.comando === "AGEND" && feito.encaixe === true),
    movidos: com("OK-303"),
    situacoes: com("OK-306", ({ comando }) => comando === "SITUA"),
    desfeitas: com("OK-306", (feito) => feito.comando === "SITUA" && feito.situacao === "DESFAZ"),
    fechados: com("OK-312"),
    recusas: quantas(({ feito, resposta }) =>
      !CONSULTAS.has(feito.comando) && resposta?.codigo.startsWith("ERRO") === true
    ),
    consultas: quantas(({ feito, resposta }) => CONSULTAS.has(feito.comando) && resposta !== undefined),
    linhasDoDiario: soma(conferidas, ({ livro }) => livro.diario.length),
    versoes: soma(conferidas, ({ livro }) => soma(livro.agendamentos, ({ versao }) => versao)),
    chaves: soma(conferidas, ({ veredito }) => veredito.chaves),
    estadosVisitados: soma(conferidas, ({ veredito }) => veredito.estados),
  };
}

const PROMESSAS_DO_DIA: readonly PromessaDaHistoria<ErradoNoDia, CifrasDoDia>[] = [
  {
    texto: "um agendamento que se move nunca está em duas horas, nem em nenhuma",
    tipos: ["movido em duas horas ou em nenhuma"],
    deOrdem: true,
    detalhe: ({ movidos, consultas }) => `${mil(movidos)} movimentos entre ${mil(consultas)} consultas`,
  },
  {
    texto: "um profissional nunca está em dois lugares, nem um CPF duas vezes numa especialidade",
    tipos: ["em dois lugares", "duas vezes na especialidade"],
    detalhe: ({ versoes, operacoes }) => `${mil(versoes)} versões em ${mil(operacoes)} operações`,
  },
  {
    texto: "uma situação só muda como a tabela diz, e desfazer volta para onde se estava",
    tipos: ["situação fora da tabela"],
    detalhe: ({ situacoes, desfeitas }) => `${mil(situacoes)} situações, ${mil(desfeitas)} desfeitas`,
  },
  {
    texto: "nada se marca no que um FECHA confirmado fechou",
    tipos: ["marcado no que estava fechado"],
    detalhe: ({ fechados, marcados }) => `${mil(fechados)} FECHA, ${mil(marcados)} marcações`,
  },
  {
    texto: "cada versão tem um só conteúdo, e cada senha do dia se dá uma só vez",
    tipos: ["uma versão com dois conteúdos", "senha repetida"],
    detalhe: ({ versoes }) => `${mil(versoes)} versões`,
  },
  {
    texto: "o que foi confirmado está gravado",
    tipos: ["confirmado e não gravado"],
    detalhe: ({ marcados, encaixes, movidos }) =>
      `${mil(marcados)} marcações, ${mil(encaixes)} delas encaixes, e ${mil(movidos)} movimentos`,
  },
  {
    texto: "o que está gravado foi pedido, e confirmado ou sem resposta",
    tipos: ["gravado sem pedido"],
    detalhe: ({ versoes, semResposta }) => `${mil(versoes)} versões, ${mil(semResposta)} operações sem resposta`,
  },
  {
    texto: "o diário conta cada mudança, uma vez e em ordem, sem CPF nem nome",
    tipos: ["diário infiel"],
    detalhe: ({ linhasDoDiario, versoes }) => `${mil(versoes)} mudanças em ${mil(linhasDoDiario)} linhas`,
  },
  {
    texto: "toda resposta, listas e recusas incluídas, é a que as regras dariam num instante entre o pedido e ela",
    tipos: ["lido e não gravado", "leitura sem ordem possível", "resposta imprópria"],
    deOrdem: true,
    detalhe: ({ consultas, recusas, chaves }) =>
      `${mil(consultas)} consultas e ${mil(recusas)} recusas; ${
        mil(chaves)
      } CPFs, datas e movidos, cada um com sua ordem`,
  },
];

/** As promessas que uma história do dia mostra, conferidas em todas. */
export function promessasDoDia(conferidas: readonly DiaConferido[]): Promessa[] {
  const cifras = cifrasDoDia(conferidas);
  const recusados = conferidas.flatMap(({ historia }) =>
    historia.operacoes.filter(({ resposta }) => resposta?.codigo === "ERRO-131")
  );
  return [
    ...julga(PROMESSAS_DO_DIA, conferidas.map(({ veredito }) => veredito), cifras),
    promessa(
      "o que as regras decidem, o banco nunca o recusa",
      recusados.length === 0,
      recusados.length === 0 ? `nenhum ERRO-131 em ${mil(cifras.operacoes)} operações` : descreve(recusados[0]),
    ),
  ];
}
