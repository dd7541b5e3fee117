/**
 * O balcão dos testes do núcleo: pede, um de cada vez, com um relógio que se acerta e uma semana que se troca, e lê o que veio
 * como uma linha de texto. Cada regra prova-se por dois caminhos: a função pura e a agenda inteira. Só os arquivos `_test.ts` o
 * importam.
 *
 * @module
 */

import { assertEquals, assertStrictEquals } from "@std/assert";
import { Agenda, type Falha } from "../agenda.ts";
import { type Agendamento, escreveCodigo, nasce, type Papel } from "../clinica/agendamento.ts";
import { Clinica } from "../clinica/clinica.ts";
import type { Estado } from "../clinica/estado.ts";
import { type Alcance, type Armazem, type Mudanca, NENHUM_ALCANCE, type Quem } from "../clinica/livro.ts";
import { lerOferta } from "../clinica/oferta.ts";
import type { DiaLivre, Erro, Pedido, PedidoDe, Resultado } from "../clinica/pedido.ts";
import { PERMISSOES } from "../clinica/permissao.ts";
import { SERVIDOR } from "../clinica/promover.ts";
import { consultar, decidir, esperaAVez, toca } from "../clinica/regras.ts";
import { cpfDeExemplo } from "./apoio.ts";
import { ArmazemDeTeste, Livro } from "./livro_de_teste.ts";

/** Uma paciente. */
export const ANA: string = cpfDeExemplo(1);
/** Outra. */
export const BIA: string = cpfDeExemplo(2);
/** Outro. */
export const CID: string = cpfDeExemplo(3);
const NOMES: Record<string, string> = { [ANA]: "ANA", [BIA]: "BIA", [CID]: "CID" };

/** O nome de um paciente. */
export function nomeDe(cpf: string): string {
  return NOMES[cpf] ?? `X${cpf}`;
}

/** O instante escrito na hora de São Paulo (`"aaaa-mm-ddTHH:MM"`), em ms desde 1970. */
export function em(local: string): number {
  return Temporal.Instant.from(`${local}-03:00`).epochMilliseconds;
}

/** A segunda-feira em que os testes marcam, quando não dizem outra data. */
export const SEGUNDA = "2026-11-30";
/** Essa segunda-feira, antes do primeiro horário. */
export const CEDO: number = em(`${SEGUNDA}T07:00`);
/** Um minuto, em ms. */
export const MINUTO = 60_000;
/** Um dia, em ms. */
export const DIA: number = 24 * 60 * MINUTO;
/** Os dias da semana. */
export const DIAS: readonly string[] = [
  ...["SEGUNDA-FEIRA", "TERÇA-FEIRA", "QUARTA-FEIRA", "QUINTA-FEIRA", "SEXTA-FEIRA", "SÁBADO", "DOMINGO"],
];
/** A especialidade em que os testes marcam, quando não dizem outra. */
export const CLINICO = "CLINICO GERAL";
/** As horas dela. */
export const CINCO: readonly string[] = ["08:00", "08:30", "09:00", "09:30", "10:00"];

/** O dia da semana de uma data; segunda-feira se não é uma. */
export function diaDaSemana(data: string): string {
  try {
    return DIAS[Temporal.PlainDate.from(data).dayOfWeek - 1];
  } catch {
    return DIAS[0];
  }
}

/** Uma semana em que o clínico tem dois profissionais, e um deles atende também outra especialidade. */
export const EQUIPE: { atendimentos: Record<string, unknown>[] } = {
  atendimentos: [
    { especialidade: CLINICO, dia: DIAS[0], profissional: "Dra. Lima", local: "Sala 1", vagas: 3 },
    { especialidade: CLINICO, dia: DIAS[0], profissional: "Dr. Reis", local: "Sala 2", vagas: 3, encaixes: 1 },
    { especialidade: "PEDIATRA", dia: DIAS[0], profissional: "Dr. Reis", inicio: "09:30", vagas: 2 },
  ],
};

/** Onde se marcou com a Dra. Lima. */
export const COM_LIMA: Onde = { mais: "DRA. LIMA" };
/** Com o Dr. Reis. */
export const COM_REIS: Onde = { mais: "DR. REIS" };

// ------------------------------------------------------------------------------------------------------ o que se pede

/** O que um pedido diz além do comum. */
export type Campos<C extends Pedido["comando"]> = Partial<Omit<PedidoDe<C>, "comando">>;

/** Um `AGEND` para o clínico na segunda-feira, com o que se quiser diferente. */
export function agend(cpf: string, diferente: Campos<"AGEND"> = {}): PedidoDe<"AGEND"> {
  const data = diferente.data ?? SEGUNDA;
  const { dia = diaDaSemana(data) } = diferente;
  return { comando: "AGEND", cpf, nome: nomeDe(cpf), especialista: CLINICO, ...diferente, data, dia };
}

/** Um `REMARC`, para outra hora ou outra data. */
export function remarc(cpf: string, diferente: Campos<"REMARC"> = {}): PedidoDe<"REMARC"> {
  const data = diferente.data ?? SEGUNDA;
  return { comando: "REMARC", cpf, especialista: CLINICO, ...diferente, data, dia: diferente.dia ?? diaDaSemana(data) };
}

/** Um `SITUA`. */
export function situa(
  cpf: string,
  situacao: PedidoDe<"SITUA">["situacao"],
  diferente: Campos<"SITUA"> = {},
): PedidoDe<"SITUA"> {
  return { comando: "SITUA", cpf, especialista: CLINICO, ...diferente, situacao };
}

/** Um `BUSCA`. */
export function busca(cpf: string): Pedido {
  return { comando: "BUSCA", cpf };
}

/** Um `CANCEL`. */
export function cancel(cpf: string, especialista?: string, diferente: Campos<"CANCEL"> = {}): Pedido {
  return { comando: "CANCEL", cpf, especialista, ...diferente };
}

/** Um `VAGAS`. */
export function vagas(especialista?: string, data?: string, diferente: Campos<"VAGAS"> = {}): Pedido {
  return { comando: "VAGAS", especialista, data, ...diferente };
}

/** Um `FECHA` da segunda-feira. */
export function fecha(diferente: Campos<"FECHA"> = {}): Pedido {
  return { comando: "FECHA", data: SEGUNDA, ...diferente };
}

/** Um `EXTRA` na segunda-feira: dois horários de meia hora. */
export function extra(inicio: number, diferente: Campos<"EXTRA"> = {}): Pedido {
  return { comando: "EXTRA", especialista: CLINICO, data: SEGUNDA, vagas: 2, minutos: 30, ...diferente, inicio };
}

/** Um `LISTA` da segunda-feira. */
export function lista(diferente: Campos<"LISTA"> = {}): Pedido {
  return { comando: "LISTA", data: SEGUNDA, ...diferente };
}

// ------------------------------------------------------------------------------------------------------ o que se lê

/** `"ANA 2026-11-30 08:00 CLINICO GERAL"`, e o que não é de costume. */
export function tupla(
  cpf: string,
  hora: string,
  { especialista = CLINICO, data = SEGUNDA, mais = "" }: { especialista?: string; data?: string; mais?: string } = {},
): string {
  return `${nomeDe(cpf)} ${data} ${hora} ${especialista}${mais === "" ? "" : ` ${mais}`}`;
}

/** Onde se marcou. */
export type Onde = Parameters<typeof tupla>[2];

/** `OK-300` com esse agendamento. */
export function marcado(cpf: string, hora: string, onde?: Onde): string {
  return `OK-300 ${tupla(cpf, hora, onde)}`;
}

/** `OK-301` com esse, já cancelado. */
export function desmarcado(cpf: string, hora: string, onde?: Onde): string {
  return `OK-301 ${tupla(cpf, hora, onde)} CANCELADO`;
}

/** `OK-302` com esses. */
export function achados(...tuplas: string[]): string {
  return `OK-302 ${tuplas.join(", ")}`;
}

/** `OK-304` com as horas de cada dia, `["2026-11-30", CLINICO, horas]`. */
export function livres(...dias: (readonly [data: string, especialista: string, horas: readonly string[]])[]): string {
  return `OK-304 ${dias.map(([data, quem, horas]) => `${data} ${diaDaSemana(data)} ${quem}: ${horas.join(" ")}`)}`;
}

/** Um agendamento numa linha. */
export function curto(clinica: Clinica, agendamento: Agendamento): string {
  const { cpf, data, hora, especialidade, profissional, situacao, encaixe } = agendamento;
  return [
    ...[nomeDe(cpf), data, hora, clinica.nomeDe(especialidade)],
    ...(profissional === "" ? [] : [profissional]),
    ...(situacao === "MARCADO" ? [] : [situacao]),
    ...(encaixe ? ["ENCAIXE"] : []),
  ].join(" ");
}

/** Um resultado numa linha. */
export function emTexto(clinica: Clinica, resultado: Resultado): string {
  const partes: string[] = [resultado.codigo];
  if ("numero" in resultado) partes.push(`nº ${resultado.numero}`);
  if ("regra" in resultado) partes.push(resultado.regra);
  if ("agendamentos" in resultado) partes.push(resultado.agendamentos.map((um) => curto(clinica, um)).join(", "));
  if ("vagas" in resultado) partes.push(resultado.vagas.map(livreEmTexto).join(","));
  if ("primeiras" in resultado) partes.push((resultado.primeiras ?? []).map(livreEmTexto).join(","));
  return partes.join(" ");
}

function livreEmTexto({ dia, especialidade, profissional, horas }: DiaLivre): string {
  const quem = profissional === undefined ? especialidade.nome : `${especialidade.nome} ${profissional.nome}`;
  return `${dia.iso} ${dia.nome} ${quem}: ${horas.join(" ")}`;
}

/** Põe no livro uma linha que nenhum pedido faria: uma de outro tempo, ou da lista de espera. */
export function poe(balcao: Balcao, parte: Partial<Agendamento> & { readonly cpf: string }): void {
  const numero = balcao.livro.linhas.length + 1;
  const linha = nasce({
    numero,
    codigo: codigoDeTeste(1000 + numero),
    nome: nomeDe(parte.cpf),
    especialidade: CLINICO,
    data: SEGUNDA,
    hora: "08:00",
    minutos: 30,
    ...parte,
  });
  balcao.livro.linhas = [...balcao.livro.linhas, linha];
}

// ------------------------------------------------------------------------------------------------------ o balcão

/** Quem pede, quando não se diz outro. */
export const BALCAO: Quem = { origem: "balcão", cliente: "balcão:1", papel: "gerente" };

/** Quem pede com esse papel, e de onde. */
export function como(papel: Papel, origem: string = BALCAO.origem): Quem {
  return { ...BALCAO, papel, origem };
}

/** O que nenhum fio pede, pede-o o servidor. */
function quemPede(pedido: Pedido | Erro): Quem {
  return "comando" in pedido && PERMISSOES[pedido.comando].gerente === "nunca" ? SERVIDOR : BALCAO;
}

/** Um balcão: um pedido de cada vez. */
export interface Balcao extends AsyncDisposable {
  /** O instante de agora. */
  agora: number;
  /** O que está gravado. */
  readonly livro: Livro;
  /** A oferta e o calendário. */
  readonly clinica: Clinica;
  /** Pede e espera. */
  pede(pedido: Pedido | Erro, quem?: Quem): Promise<Resultado>;
  /** Passa a valer outra semana. */
  troca(config: unknown): void;
}

/** A função pura sobre um livro ingênuo; o alcance é o que a tabela diz do pedido. */
export class BalcaoPuro implements Balcao {
  agora: number;
  livro: Livro = new Livro();
  clinica: Clinica;
  #codigos = 0;
  #gravado = 0;

  /** Com esta semana, neste instante. */
  constructor(config: unknown = {}, agora: number = CEDO) {
    this.agora = agora;
    this.clinica = new Clinica(lerOferta(config));
  }

  /** Decide, duas vezes o mesmo, e grava. */
  decide(pedido: Pedido | Erro, quem: Quem = quemPede(pedido)): { resultado: Resultado; mudancas: readonly Mudanca[] } {
    const alcance = this.#alcance(pedido, quem);
    if (esperaAVez(pedido, quem)) this.#gravado = Math.max(this.#gravado, this.agora);
    let codigos = 0;
    const estado = (): Estado => {
      codigos = this.#codigos;
      const sorteia = (): string => codigoDeTeste(++codigos);
      const { clinica, agora } = this;
      return { clinica, vista: this.livro.vista(alcance), agora, gravado: this.#gravado, quem, sorteia };
    };
    const decisao = decidir(estado(), pedido);
    assertEquals(decidir(estado(), pedido), decisao, "decidir duas vezes dá o mesmo");
    if (!esperaAVez(pedido, quem)) assertEquals(consultar(estado(), pedido), decisao.resultado);
    this.livro.grava(decisao.mudancas, this.agora, alcance);
    this.#codigos = codigos;
    return decisao;
  }

  #alcance(pedido: Pedido | Erro, quem: Quem): Alcance {
    const { cpf, historia, muda, volta, ficha, ...toque } = toca(pedido, {
      clinica: this.clinica,
      agora: this.agora,
      quem,
    });
    const dele = (sim: boolean | undefined): string[] => sim && cpf !== undefined ? [cpf] : [];
    return {
      ...NENHUM_ALCANCE,
      ...toque,
      hoje: this.clinica.calendario.janela(this.agora).hoje,
      cpfs: dele(true),
      historias: dele(historia),
      mudam: dele(muda),
      voltam: dele(volta),
      fichas: dele(ficha),
    };
  }

  pede(pedido: Pedido | Erro, quem?: Quem): Promise<Resultado> {
    return Promise.resolve(this.decide(pedido, quem).resultado);
  }

  troca(config: unknown): void {
    this.clinica = new Clinica(lerOferta(config));
  }

  /** Nada há a fechar. */
  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }
}

/** A agenda inteira sobre um armazém. */
export class BalcaoDaAgenda implements Balcao {
  agora: number;
  /** A agenda. */
  readonly agenda: Agenda;
  /** O que falhou. */
  falhas: Falha[] = [];
  /** O que a agenda contou que gravou. */
  gravadas: Mudanca[] = [];
  /** O castigo de uma leitura fora do alcance, de que a agenda faria uma falha como as outras. */
  #castigo: Error | undefined;
  /** Onde o livro está. */
  readonly armazem: Armazem & { readonly livro: Livro };

  /** Com esta semana, neste instante, sobre um armazém de teste se não se dá outro. */
  constructor(
    config: unknown = {},
    agora: number = CEDO,
    armazem: Armazem & { readonly livro: Livro } = new ArmazemDeTeste(),
  ) {
    let codigos = 0;
    this.agora = agora;
    this.armazem = armazem;
    this.agenda = new Agenda({
      armazem,
      oferta: lerOferta(config),
      relogio: () => this.agora,
      sorteia: () => codigoDeTeste(++codigos),
      aoFalhar: (tipo, causa) => {
        this.falhas.push(tipo);
        if (causa instanceof Error && CASTIGOS.includes(causa.name)) this.#castigo ??= causa;
      },
      aoGravar: (mudancas) => this.gravadas.push(...mudancas),
    });
  }

  get livro(): Livro {
    return this.armazem.livro;
  }

  get clinica(): Clinica {
    return this.agenda.clinica;
  }

  /** Como `Agenda.atende`, de uma conexão. */
  atende(pedidos: readonly (Pedido | Erro)[], origem: string = "x"): string[] | Promise<string[] | undefined> {
    const escreve = (resultados: Resultado[]): string[] => {
      this.castiga();
      return resultados.map((resultado) => emTexto(this.clinica, resultado));
    };
    const resultados = this.agenda.atende(pedidos, { ...BALCAO, origem, cliente: `${origem}:1` });
    if (!(resultados instanceof Promise)) return escreve(resultados);
    return resultados.then((vieram) => vieram && escreve(vieram));
  }

  /** A saudação, em texto. */
  async saudacao(): Promise<string> {
    return emTexto(this.clinica, await this.agenda.saudacao());
  }

  async pede(pedido: Pedido | Erro, quem: Quem = quemPede(pedido)): Promise<Resultado> {
    const resultados = await this.agenda.atende([pedido], quem);
    this.castiga();
    if (resultados?.length !== 1) throw new Error(`esperava um resultado; veio ${JSON.stringify(resultados)}`);
    return resultados[0];
  }

  troca(config: unknown): void {
    this.agenda.adota(lerOferta(config));
  }

  /** Lança o castigo que a agenda engoliu, se houve um. */
  castiga(): void {
    const castigo = this.#castigo;
    this.#castigo = undefined;
    if (castigo !== undefined) throw castigo;
  }

  /** Fecha o armazém; um castigo que ninguém viu sai aqui. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.agenda.esvazia();
    this.castiga();
    await this.armazem[Symbol.asyncDispose]();
  }
}

/** O que não é uma falha que um teste encomendou. */
const CASTIGOS = ["AssertionError", "TypeError"];

/** O enésimo código. */
export function codigoDeTeste(n: number): string {
  return escreveCodigo(new Uint8Array([0xa5, 0x5a, 0xf0 ^ (n >> 16), (n >> 8) & 255, n & 255]));
}

/** Registra um teste sem nenhuma permissão. */
export function teste(name: string, fn: () => Promise<void> | void): void {
  Deno.test({ name, permissions: "none", fn });
}

/** Uma regra, conferida pela função pura e pela agenda inteira. */
export function regra(
  nome: string,
  fn: (balcao: Balcao) => Promise<void>,
  { config = {}, agora = CEDO }: { config?: unknown; agora?: number } = {},
): void {
  teste(`${nome} (decidir)`, async () => {
    await using balcao = new BalcaoPuro(config, agora);
    await fn(balcao);
  });
  teste(`${nome} (Agenda)`, async () => {
    await using balcao = new BalcaoDaAgenda(config, agora);
    await fn(balcao);
  });
}

/** Pede, um a um, e confere a linha que vem de cada um; só o código, se é só ele que se diz. */
export async function responde(
  balcao: Balcao,
  casos: readonly (readonly [Pedido, string, Quem?])[],
): Promise<void> {
  for (const [i, [pedido, esperado, quem]] of casos.entries()) {
    const texto = emTexto(balcao.clinica, await balcao.pede(pedido, quem));
    const veio = esperado.includes(" ") ? texto : texto.split(" ")[0];
    assertStrictEquals(veio, esperado, `${i}: ${JSON.stringify(pedido)}`);
  }
}
