/**
 * Uma clínica para os testes do dia do balcão: um livro na memória, um relógio que se acerta, e quem entra dito pelo próprio
 * teste. Só o que testa, prova ou mede o importa; o produto, nunca.
 *
 * @module
 */

import { Agenda } from "../agenda.ts";
import { ArmazemSqlite } from "../armazem/sqlite.ts";
import type { Agendamento, Papel } from "../clinica/agendamento.ts";
import type { Quem } from "../clinica/livro.ts";
import { lerOferta } from "../clinica/oferta.ts";
import type { Pedido, Resultado } from "../clinica/pedido.ts";
import type { Casa, Entrado, Rotas } from "../web/casa.ts";
import { Fluxo } from "../web/fluxo.ts";
import { paginas } from "../web/paginas.ts";
import { cpfDeExemplo } from "./apoio.ts";
import { type SemNinguem, semNinguem } from "./painel.ts";

/** A quinta-feira em que os testes estão. */
export const HOJE = "2026-11-26";

/** O instante de uma hora dela, na clínica, ms desde 1970. */
export function as(hora: string, data = HOJE): number {
  return Temporal.PlainDateTime.from(`${data}T${hora}`).toZonedDateTime("America/Sao_Paulo").epochMilliseconds;
}

/** Uma clínica com três que atendem e uma especialidade sem nomes. */
export const SEMANA = {
  nome: "Clínica Boa Vista",
  atendimentos: [
    ...["QUINTA-FEIRA", "SEXTA-FEIRA"].flatMap((dia) => [
      {
        especialidade: "Clínico Geral",
        profissional: "Dra. Ana Lima",
        local: "Sala 1",
        dia,
        inicio: "08:00",
        vagas: 8,
      },
      {
        especialidade: "Geriatria",
        profissional: "Dra. Ana Lima",
        local: "Sala 1",
        dia,
        inicio: "13:30",
        vagas: 4,
        minutos: 45,
      },
      {
        especialidade: "Clínico Geral",
        profissional: "Dr. Bruno Sá",
        local: "Sala 2",
        dia,
        inicio: "08:00",
        vagas: 12,
        minutos: 20,
        encaixes: 4,
      },
      {
        especialidade: "Nutrição",
        profissional: "Caio Prado",
        local: "Sala 3",
        dia,
        inicio: "09:00",
        vagas: 6,
        minutos: 45,
        encaixes: 0,
      },
      { especialidade: "Enfermagem", local: "Triagem", dia, inicio: "08:00", vagas: 10, minutos: 15 },
    ]),
  ],
};

/** Quem pede, de cada papel. */
export function quem(papel: Papel, nome = papel === "gerente" ? "Gerência" : "Balcão 1"): Quem {
  return {
    ...{ origem: "10.0.0.7", cliente: "10.0.0.7:40312", papel, nome },
    ...papel === "profissional" ? { profissional: "DRA. ANA LIMA" } : {},
  };
}

/** O cabeçalho por que um teste diz quem entrou: `"balcao"`, ou `"balcao Balcão 2"`. */
export const QUEM_ENTROU = "x-quem-entrou";

/** O que uma clínica de teste precisa. */
export interface OpcoesDaClinica {
  /** Que horas são; dez e meia de `HOJE`, se não se diz. */
  readonly agora?: number;
  /** A semana. */
  readonly semana?: unknown;
  /** Quem entra quando o pedido não o diz. */
  readonly entra?: string;
}

/** A clínica, com as páginas. */
export class ClinicaDeTeste implements AsyncDisposable {
  /** Que horas são, ms desde 1970. */
  agora: number;
  /** Os que se mostraram, por número, na ordem. */
  readonly vistos: (readonly [papel: Papel, comando: string, numeros: readonly number[]])[] = [];
  /** O que falhou. */
  readonly falhas: unknown[] = [];
  /** A agenda. */
  readonly agenda: Agenda;
  /** As páginas. */
  readonly app: Rotas;
  /** O centro de eventos. */
  readonly fluxo: Fluxo = new Fluxo({ aoFalhar: (causa) => this.falhas.push(causa), junta: 5 });
  #armazem: ArmazemSqlite;
  #servidor: Deno.HttpServer<Deno.NetAddr> | undefined;

  private constructor({ agora = as("10:30"), semana = SEMANA, entra }: OpcoesDaClinica, sobre: SemNinguem) {
    this.agora = agora;
    this.#armazem = ArmazemSqlite.abre(":memory:");
    this.agenda = new Agenda({
      armazem: this.#armazem,
      oferta: lerOferta(semana),
      relogio: () => this.agora,
      aoFalhar: (_, causa) => this.falhas.push(causa),
      aoGravar: (mudancas) => this.fluxo.gravou(mudancas),
    });
    const casa: Casa = {
      ...{ ...sobre.casa, agenda: this.agenda, fluxo: this.fluxo },
      relogio: () => this.agora,
      conta: () => 0,
      aoVer: ({ papel }, { comando }, resultado) => {
        if (!("agendamentos" in resultado)) return;
        this.vistos.push([papel, comando, resultado.agendamentos.map(({ numero }) => numero)]);
      },
      aoFalhar: (_, causa) => this.falhas.push(causa),
      quemEntrou: ({ req }) => Promise.resolve(entrado(req.header(QUEM_ENTROU) ?? entra)),
    };
    this.app = paginas(casa, sobre.porteiro);
  }

  /** Abre-a. */
  static async abre(opcoes: OpcoesDaClinica = {}): Promise<ClinicaDeTeste> {
    return new ClinicaDeTeste(opcoes, await semNinguem(Date.now));
  }

  /** Pede à agenda, como a gerência. */
  async pede(pedido: Pedido, como: Quem = quem("gerente")): Promise<Resultado> {
    const [resultado] = await this.agenda.atende([pedido], como) ?? [];
    if (resultado === undefined) throw new Error("não se sabe o que houve");
    return resultado;
  }

  /** Quem está marcado hoje. */
  async lista(): Promise<readonly Agendamento[]> {
    const resultado = await this.pede({ comando: "LISTA", data: HOJE });
    return resultado.codigo === "OK-310" ? resultado.agendamentos : [];
  }

  /** Marca alguém, e devolve o agendamento. */
  async marca(n: number, hora: string, mais: Partial<Pedido & { comando: "AGEND" }> = {}): Promise<Agendamento> {
    const resultado = await this.pede({
      ...{ comando: "AGEND", cpf: cpfDeExemplo(n), nome: `PACIENTE ${n}`, especialista: "Clínico Geral", data: HOJE },
      ...{ dia: "QUINTA-FEIRA", horario: hora, profissional: "Dra. Ana Lima" },
      ...mais,
    });
    if (resultado.codigo !== "OK-300") throw new Error(`${hora}: ${resultado.codigo}`);
    return resultado.agendamentos[0];
  }

  /** Muda a situação de um agendamento, e devolve-o como fica. */
  async situa(
    { cpf, especialidade, numero }: Agendamento,
    ...situacoes: (Pedido & { comando: "SITUA" })["situacao"][]
  ): Promise<Agendamento> {
    let um: Agendamento | undefined;
    for (const situacao of situacoes) {
      const resultado = await this.pede(
        { comando: "SITUA", cpf, especialista: especialidade, numero, situacao },
        quem("balcao"),
      );
      if (resultado.codigo !== "OK-306") throw new Error(`${situacao}: ${resultado.codigo}`);
      [um] = resultado.agendamentos;
    }
    if (um === undefined) throw new Error("nada se pediu");
    return um;
  }

  /** Pede uma página. */
  async busca(caminho: string, { como = "balcao", ...init }: RequestInit & { como?: string } = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    headers.set(QUEM_ENTROU, como);
    return await this.app.request(`http://clinica${caminho}`, { ...init, headers }, {
      endereco: "10.0.0.7",
      porta: 40312,
      desta: true,
      passou(): void {},
    });
  }

  /** Manda um formulário; com `pedaco`, como o script. */
  async manda(
    caminho: string,
    campos: Readonly<Record<string, string>>,
    { como, pedaco = false }: { como?: string; pedaco?: boolean } = {},
  ): Promise<Response> {
    return await this.busca(caminho, {
      ...{ method: "POST", como, body: new URLSearchParams(campos) },
      headers: { "sec-fetch-site": "same-origin", ...pedaco ? { "x-pedaco": "sim" } : {} },
    });
  }

  /** Põe as páginas numa porta, e devolve o endereço delas. */
  serve(porta = 0): string {
    this.#servidor = Deno.serve(
      { port: porta, hostname: "127.0.0.1", onListen(): void {} },
      (request, { remoteAddr }) =>
        this.app.fetch(request, {
          endereco: remoteAddr.hostname,
          porta: remoteAddr.port,
          desta: true,
          passou(): void {},
        }),
    );
    return `http://127.0.0.1:${this.#servidor.addr.port}`;
  }

  /** Fecha tudo. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.fluxo.fechaTodos();
    await this.#servidor?.shutdown();
    await this.agenda.esvazia();
    await this.#armazem[Symbol.asyncDispose]();
  }
}

const PESSOAS: readonly Papel[] = ["balcao", "gerente", "profissional"];

function entrado(dito: string | undefined): Entrado | undefined {
  const [papel, ...nome] = decodeURIComponent(dito ?? "").split(" ");
  const qual = PESSOAS.find((uma) => uma === papel);
  if (qual === undefined) return undefined;
  const como = quem(qual, nome.length === 0 ? undefined : nome.join(" "));
  return { quem: como, pessoa: 1 + PESSOAS.indexOf(qual), nome: como.nome ?? "" };
}
