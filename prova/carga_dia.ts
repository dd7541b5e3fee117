/**
 * A carga do dia da clínica, por CLINICA/2: uma clínica com profissionais, salas e um atendimento em curso, e muitos clientes
 * que marcam, movem, recebem, chamam, fecham e reabrem ao acaso. `prova/dia.ts` e `prova/servidores.ts` a usam; quem decide se o
 * que viram pode ter acontecido é `prova/historia/dia.ts`.
 *
 * @module
 */

import { delay } from "@std/async";
import { clientes, type OpcoesDosClientes, type Sorteio } from "./bancada.ts";
import {
  type Alvo,
  escrevePedido,
  type FeitoNoDia,
  leResposta,
  type OperacaoDoDia,
  type RespostaDoDia,
  type Visto,
} from "./historia/feitos.ts";
import { Historia } from "./historia/registro.ts";
import type { Atende, DiaDaSemana } from "./historia/semana.ts";
import { type Agora, horaDe, type Situacao } from "./historia/tabela.ts";
import { DIAS_DA_SEMANA } from "../clinica/oferta.ts";
import { cpfDeExemplo, Fio, type Pasta } from "../testes/apoio.ts";

/** Uma clínica para o dia, e quando nela é. */
export interface ClinicaDoDia {
  /** As datas em que se marca. */
  readonly dias: readonly DiaDaSemana[];
  /** Das quais, as que a carga escolhe ao acaso; na última só mexe quem quer que ninguém mais o faça. */
  readonly aoAcaso: readonly DiaDaSemana[];
  /** Quando é; vale enquanto a história não passa de meia hora. */
  readonly agora: Agora;
}

/**
 * Escreve `clinica.json` na pasta. O fuso é um em que agora é pouco depois do meio-dia: hoje há um atendimento a meio, em que
 * se encaixa, chega e falta, outro daqui a uma hora, em que se marca, e nada começa nem acaba durante a história.
 */
export function montaDia(pasta: Pasta): ClinicaDoDia {
  const fuso = fusoDoMeioDia();
  const local = Temporal.Now.zonedDateTimeISO(fuso);
  const minuto = local.hour * 60 + local.minute;
  const hoje = local.toPlainDate();
  const outros = atendimentos({ manha: 480, tarde: 840 });
  const emCurso = { especialidade: "CLINICO", profissional: "ANA", vagas: 2, minutos: 120, encaixes: 40 };
  const dias = [0, 1, 2, 3, 4].map((mais): DiaDaSemana => ({
    data: hoje.add({ days: mais }).toString(),
    atende: mais > 0 ? outros : [
      { ...emCurso, inicio: minuto - 180 },
      ...atendimentos({ manha: minuto + 60, tarde: minuto + 240 }),
    ],
  }));
  const configuracao = { fuso, semanas: 1, atendimentos: naConfiguracao(dias) };
  Deno.writeTextFileSync(pasta.arquivo("clinica.json"), JSON.stringify(configuracao));
  return { dias, aoAcaso: dias.slice(0, -1), agora: { hoje: hoje.toString(), minuto } };
}

/** Um fuso em que agora é pouco depois do meio-dia. */
export function fusoDoMeioDia(): string {
  const { hour } = Temporal.Now.zonedDateTimeISO("UTC");
  // "Etc/GMT+3" é o que está três horas atrás de UTC.
  return hour === 12 ? "Etc/GMT" : `Etc/GMT${hour > 12 ? "+" : "-"}${Math.abs(hour - 12)}`;
}

/** O que um dia atende, em `clinica.json`. */
export function naConfiguracao(dias: readonly DiaDaSemana[]): unknown[] {
  return dias.flatMap(({ data, atende }) =>
    atende.map(({ profissional, inicio, ...resto }, i) => ({
      ...resto,
      ...profissional === "" ? {} : { profissional },
      dia: DIAS_DA_SEMANA[Temporal.PlainDate.from(data).dayOfWeek - 1],
      inicio: horaDe(inicio),
      local: `Sala ${i + 1}`,
    }))
  );
}

function atendimentos({ manha, tarde }: { manha: number; tarde: number }): Atende[] {
  const comum = { inicio: manha, vagas: 4, minutos: 30, encaixes: 2 };
  return [
    { ...comum, especialidade: "CLINICO", profissional: "ANA" },
    { ...comum, especialidade: "CLINICO", profissional: "BIA" },
    { ...comum, especialidade: "PEDIATRA", profissional: "ANA", inicio: tarde, vagas: 3, minutos: 20 },
    { ...comum, especialidade: "DERMA", profissional: "", vagas: 3 },
  ];
}

/** Pacientes: mais do que as vagas, e poucos, para que se encontrem. */
const CPFS = Array.from({ length: 30 }, (_, n) => cpfDeExemplo(n));

/** Uma história de CLINICA/2. */
export type HistoriaDoDia = Historia<FeitoNoDia, RespostaDoDia>;

/** O que os clientes de uma carga sabem: o que viram por último de cada CPF, e que exceções há. */
export class Balcao {
  /** A clínica. */
  readonly clinica: ClinicaDoDia;
  /** Onde tudo fica anotado. */
  readonly historia: HistoriaDoDia = new Historia();
  #vistos = new Map<string, Visto>();
  #excecoes: FeitoNoDia[] = [];
  #abertas: number[] = [];
  #fechados = 0;

  /** Um balcão que nada viu. */
  constructor(clinica: ClinicaDoDia) {
    this.clinica = clinica;
  }

  /** Guarda o que uma resposta mostrou. */
  aprende({ feito, resposta }: OperacaoDoDia): void {
    for (const visto of resposta?.vistos ?? []) {
      const chave = `${visto.cpf} ${visto.especialidade}`;
      const antes = this.#vistos.get(chave);
      if (antes === undefined || antes.numero < visto.numero || antes.versao <= visto.versao) {
        this.#vistos.set(chave, visto);
      }
    }
    const numero = resposta?.numero;
    if (numero === undefined || feito.comando === "ESPERA") return;
    if (resposta?.codigo === "OK-314") this.#abertas = this.#abertas.filter((uma) => uma !== numero);
    else if (!this.#abertas.includes(numero)) {
      this.#abertas.push(numero);
      this.#excecoes.push(feito);
    }
  }

  /** As exceções que valem, pelo que se viu. */
  get abertas(): readonly number[] {
    return this.#abertas;
  }

  /** O enésimo CPF da carga. */
  cpf(n: number): string {
    return CPFS[n];
  }

  /** Um pedido ao acaso. */
  sorteia(sorteio: Sorteio): FeitoNoDia {
    const cpf = sorteio.de(CPFS);
    const { aoAcaso } = this.clinica;
    const dia = sorteio.fracao() < 0.4 ? aoAcaso[0] : sorteio.de(aoAcaso);
    const { data } = dia;
    const { especialidade, profissional, inicio, vagas, minutos } = sorteio.de(dia.atende);
    const alvo = this.#alvo({ cpf, especialidade }, sorteio);
    const onde = {
      data,
      ...sorteio.fracao() < 0.5 ? { hora: horaDe(inicio + sorteio.inteiro(0, vagas - 1) * minutos) } : {},
      ...profissional !== "" && sorteio.fracao() < 0.4 ? { profissional } : {},
    };
    const acaso = sorteio.fracao();
    if (acaso < 0.2) return { comando: "AGEND", cpf, nome: this.historia.nome(), especialidade, ...onde };
    if (acaso < 0.29) return { comando: "AGEND", nome: this.historia.nome(), cpf, ...this.#encaixe(dia, sorteio) };
    if (acaso < 0.45) return { comando: "REMARC", ...alvo, ...onde };
    if (acaso < 0.52) return { comando: "CANCEL", ...alvo };
    if (acaso < 0.76) return this.#situa(alvo, sorteio);
    if (acaso < 0.79) return this.#corrige(alvo, sorteio);
    if (acaso < 0.83) return this.#excetua(dia, sorteio);
    if (acaso < 0.88) return { comando: "BUSCA", cpf };
    if (acaso < 0.9) return { comando: "HISTORIA", cpf };
    if (acaso < 0.95) return { comando: "LISTA", data, ...sorteio.fracao() < 0.2 ? { especialidade } : {} };
    return { comando: "VAGAS", data, especialidade };
  }

  /** Às vezes com o número do último que se viu, e a versão dele; às vezes uma versão que já não é. */
  #alvo(alvo: Alvo, sorteio: Sorteio): Alvo {
    const visto = this.#vistos.get(`${alvo.cpf} ${alvo.especialidade}`);
    const acaso = sorteio.fracao();
    if (visto === undefined || acaso < 0.5) return alvo;
    const { numero, versao } = visto;
    return { ...alvo, numero, ...acaso < 0.8 ? {} : { versao } };
  }

  /** A um minuto do atendimento que está a meio, cuja hora já passou; ou de um qualquer. */
  #encaixe(
    { data, atende }: DiaDaSemana,
    sorteio: Sorteio,
  ): { especialidade: string; data: string; hora: string; encaixe: true } {
    const { hoje, minuto } = this.clinica.agora;
    if (data === hoje && sorteio.fracao() < 0.7) {
      const hora = horaDe(minuto - sorteio.inteiro(35, 55));
      return { especialidade: "CLINICO", data, hora, encaixe: true };
    }
    const { especialidade, inicio, vagas } = sorteio.de(data === hoje ? atende.slice(1) : atende);
    return { especialidade, data, hora: horaDe(inicio + sorteio.inteiro(0, vagas * 20 + 5)), encaixe: true };
  }

  #situa(alvo: Alvo, sorteio: Sorteio): FeitoNoDia {
    const situacao = sorteio.de(SITUACOES);
    const prioridade = situacao === "CHEGOU" && sorteio.fracao() < 0.3 ? sorteio.inteiro(1, 4) : undefined;
    const local = situacao === "CHAMADO" && sorteio.fracao() < 0.3 ? "Sala 9" : undefined;
    return { comando: "SITUA", ...alvo, situacao, prioridade, local };
  }

  #corrige(alvo: Alvo, sorteio: Sorteio): FeitoNoDia {
    const nota = `nota ${sorteio.inteiro(1, 1_000_000)}`;
    const nome = this.#vistos.get(`${alvo.cpf} ${alvo.especialidade}`)?.nome;
    if (nome === undefined || alvo.numero === undefined || sorteio.fracao() < 0.5) {
      return { comando: "CORRIGE", ...alvo, nota };
    }
    // Das duas primeiras palavras se sabe quem o marcou; o resto pode mudar, e é sempre outro: o mesmo não muda nada.
    const [, outro] = this.historia.nome().split(" ");
    return { comando: "CORRIGE", ...alvo, nome: [...nome.split(" ").slice(0, 2), outro].join(" ") };
  }

  #excetua({ data, atende }: DiaDaSemana, sorteio: Sorteio): FeitoNoDia {
    if (this.#abertas.length > 3 || this.#abertas.length > 0 && sorteio.fracao() < 0.3) {
      return { comando: "REABRE", numero: sorteio.de(this.#abertas) };
    }
    if (this.#excecoes.length > 0 && sorteio.fracao() < 0.1) return sorteio.de(this.#excecoes);
    const { especialidade, profissional, inicio, minutos } = sorteio.de(atende);
    const qual = `${++this.#fechados}`;
    if (sorteio.fracao() < 0.3) {
      const deles = profissional === "" ? {} : { profissional };
      // Quase sempre depois de todos; às vezes por cima do que já se atende, se ainda não passou.
      const { hoje, minuto } = this.clinica.agora;
      const depois = sorteio.fracao() < 0.8 || data === hoje && inicio < minuto;
      const comeca = depois ? 1080 + sorteio.inteiro(0, 8) * 20 : inicio;
      const quanto = { inicio: horaDe(comeca), vagas: sorteio.inteiro(1, 3), minutos: 20 };
      return { comando: "EXTRA", especialidade, data, ...quanto, ...deles, local: `Sala extra ${qual}` };
    }
    const acaso = sorteio.fracao();
    const comeca = inicio + sorteio.inteiro(0, 3) * minutos;
    return {
      ...{ comando: "FECHA", data, motivo: `fechado ${qual}` },
      ...acaso < 0.7 ? { inicio: horaDe(comeca), fim: horaDe(comeca + sorteio.inteiro(1, 60)) } : {},
      ...acaso < 0.4 || acaso > 0.9 ? { especialidade } : {},
      ...profissional !== "" && acaso > 0.3 && acaso < 0.9 ? { profissional } : {},
    };
  }
}

/** As situações que se pedem; as que levam um dia até o fim, mais vezes. */
const SITUACOES: readonly (Situacao | "DESFAZ")[] = [
  ...["CONFIRMADO", "CONFIRMADO", "CHEGOU", "CHEGOU", "CHEGOU", "CHAMADO", "CHAMADO", "CHAMADO"] as const,
  ...["ATENDIDO", "ATENDIDO", "SAIU", "FALTOU", "FALTOU", "DESFAZ", "DESFAZ", "DESFAZ"] as const,
];

/** Contra quem vai a carga. */
export interface OpcoesDaCargaDoDia extends OpcoesDosClientes {
  /** As portas dos servidores que estão de pé agora. */
  readonly portas: () => readonly number[];
  /** O que se sabe, e onde tudo fica anotado. */
  readonly balcao: Balcao;
  /** Um pedido ao acaso; sem ela, um do dia. */
  readonly sorteia?: (sorteio: Sorteio) => FeitoNoDia;
}

/** Muitos clientes pedem ao acaso, cada um em sua conexão, até que se diga. */
export async function carregaDia(carga: OpcoesDaCargaDoDia): Promise<void> {
  await clientes(carga, (sorteio) => umaConexao(carga, sorteio));
}

/** Uma conexão: pedidos um a um ou em rajadas; às vezes vai-se sem ler as respostas. */
async function umaConexao(
  { portas, balcao, ate, sorteia = (sorteio) => balcao.sorteia(sorteio) }: OpcoesDaCargaDoDia,
  sorteio: Sorteio,
): Promise<void> {
  const porta = sorteio.de(portas());
  using conversa = await Conversa.comeca(porta, balcao).catch((erro) => {
    // Um que acabou de morrer já não está entre eles.
    if (erro instanceof Deno.errors.ConnectionRefused && !portas().includes(porta)) return undefined;
    throw erro;
  });
  if (conversa === undefined) return;
  while (!ate() && !conversa.acabou) {
    const quantos = sorteio.fracao() < 0.7 ? 1 : sorteio.inteiro(2, 6);
    const feitos = Array.from({ length: quantos }, () => sorteia(sorteio));
    await conversa.pede(feitos, { le: sorteio.fracao() >= 0.01 });
    if (sorteio.fracao() < 0.1) await delay(sorteio.inteiro(1, 5));
  }
}

/** Uma conexão que fala CLINICA/2, na história. */
export class Conversa implements Disposable {
  /** Verdadeiro quando nada mais desta conexão se saberá. */
  acabou = false;
  #fio: Fio;
  #balcao: Balcao;
  #conexao: number;
  #ensina: boolean;

  private constructor(fio: Fio, balcao: Balcao, ensina: boolean) {
    this.#fio = fio;
    this.#balcao = balcao;
    this.#conexao = balcao.historia.conexao();
    this.#ensina = ensina;
  }

  /** Conecta, lê a saudação e diz que fio fala; o que vê, o balcão aprende, se não se diz que não. */
  static async comeca(
    porta: number,
    balcao: Balcao,
    { ensina = true }: { ensina?: boolean } = {},
  ): Promise<Conversa> {
    // O servidor pode morrer antes de responder, e ninguém mais fecharia a conexão.
    using porFechar = new DisposableStack();
    const conversa = porFechar.use(new Conversa(await Fio.conecta(porta), balcao, ensina));
    if (await conversa.#fio.linha() === undefined) conversa.acabou = true;
    else await conversa.pede([{ comando: "OLA" }]);
    porFechar.move();
    return conversa;
  }

  /** Manda tudo e lê as respostas, na ordem; sem ler, a conexão acaba. */
  async pede(feitos: readonly FeitoNoDia[], { le = true }: { le?: boolean } = {}): Promise<OperacaoDoDia[]> {
    if (this.acabou) return [];
    const { historia } = this.#balcao;
    const operacoes = feitos.map((feito) => historia.comeca(this.#conexao, feito));
    await this.#fio.manda(feitos.map(escrevePedido).join(""));
    for (const operacao of operacoes) {
      const linha = le ? await this.#fio.linha() : undefined;
      if (linha === undefined) {
        this.acabou = true;
        break;
      }
      const resposta = leResposta(linha);
      // A última linha de uma conexão que atingiu um limite: não responde a nenhum pedido.
      if (resposta.codigo === "ERRO-130") {
        this.acabou = true;
        break;
      }
      historia.acaba(operacao, resposta);
      if (this.#ensina) this.#balcao.aprende(operacao);
    }
    return operacoes;
  }

  /** Fecha a conexão. */
  [Symbol.dispose](): void {
    this.#fio[Symbol.dispose]();
  }
}

/** O que se pode ler de tudo: entra na história, e tem de acabar no que está no livro. */
export function leituraFinalDoDia({ dias }: ClinicaDoDia): FeitoNoDia[] {
  return [
    ...CPFS.flatMap((cpf): FeitoNoDia[] => [{ comando: "BUSCA", cpf }, { comando: "HISTORIA", cpf }]),
    ...dias.flatMap(({ data, atende }): FeitoNoDia[] => [
      { comando: "LISTA", data },
      ...[...new Set(atende.map(({ especialidade }) => especialidade))]
        .map((especialidade) => ({ comando: "VAGAS" as const, data, especialidade })),
    ]),
  ];
}
