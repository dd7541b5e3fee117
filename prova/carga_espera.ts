/**
 * A carga da lista de espera, por CLINICA/2: uma clínica com poucas horas, e muitos clientes que se põem à espera delas, saem,
 * desmarcam, movem, aceitam, recusam, fecham e reabrem ao acaso; e uma especialidade que de uma só vez dá mais horas do que uma
 * transação promove. `prova/espera.ts` a usa.
 *
 * @module
 */

import type { Sorteio } from "./bancada.ts";
import { Balcao, type ClinicaDoDia, fusoDoMeioDia, naConfiguracao } from "./carga_dia.ts";
import type { RegrasDaEspera } from "./historia/espera.ts";
import type { FeitoNoDia, NaFila, OperacaoDoDia } from "./historia/feitos.ts";
import type { Atende, DiaDaSemana } from "./historia/semana.ts";
import { horaDe } from "./historia/tabela.ts";
import { cpfDeExemplo, type Pasta } from "../testes/apoio.ts";

/** A clínica, e como dá o que vaga. */
export interface ClinicaDaEspera extends ClinicaDoDia {
  /** Como dá o que vaga. */
  readonly regras: RegrasDaEspera;
}

/** A especialidade das cadeias, em que só `cadeia` mexe: num dia tem mais horas do que uma transação promove. */
const DAS_CADEIAS: Atende = {
  ...{ especialidade: "ORTOPEDISTA", profissional: "CID" },
  ...{ inicio: 480, vagas: 24, minutos: 10, encaixes: 0 },
};

/** Minutos para responder a um convite: o menor prazo que se pode dar. */
export const PRAZO = 15;

/** Quem hoje só encaixa. */
const DE_HOJE = [
  { especialidade: "CLINICO", profissional: "BIA" },
  { especialidade: "PEDIATRA", profissional: "ANA" },
  { especialidade: "DERMA", profissional: "" },
];

/** As regras da clínica: à tarde já não se marca para o começo da manhã seguinte, nem se deixa o que é para então. */
const REGRAS_DA_CASA = { antecedencia: 900, cancelamento: 1200, porCpf: 2 };

/** A casa passa por cima das regras: assim só a lista de espera as segue. */
const DA_CASA = { motivo: "a pedido" };

/** A das disputas, em que só `disputa` mexe. */
const DAS_DISPUTAS: Atende = {
  ...{ especialidade: "FISIO", profissional: "DAN" },
  ...{ inicio: 480, vagas: 8, minutos: 10, encaixes: 0 },
};

/**
 * Escreve `clinica.json` na pasta. O fuso é um em que agora é pouco depois do meio-dia; hoje só se encaixa, em atendimentos que
 * começaram de manhã e acabam à noite: o relógio pode andar até perto da meia-noite, que nada começa nem acaba. O prazo de um
 * convite é o menor que se pode dar.
 */
export function montaEspera(pasta: Pasta): ClinicaDaEspera {
  const fuso = fusoDoMeioDia();
  const local = Temporal.Now.zonedDateTimeISO(fuso);
  const hoje = local.toPlainDate();
  const comum = { inicio: 480, vagas: 3, minutos: 30, encaixes: 1 };
  const atende: Atende[] = [
    { ...comum, especialidade: "CLINICO", profissional: "ANA" },
    { ...comum, especialidade: "CLINICO", profissional: "BIA" },
    { ...comum, especialidade: "PEDIATRA", profissional: "ANA", inicio: 840, vagas: 2, minutos: 20 },
    { ...comum, especialidade: "DERMA", profissional: "", inicio: 540 },
  ];
  const dias = [1, 2, 3].map((mais): DiaDaSemana => ({ data: hoje.add({ days: mais }).toString(), atende }));
  const deHoje = {
    data: hoje.toString(),
    atende: DE_HOJE.map((quem) => ({ ...quem, inicio: 540, vagas: 1, minutos: 870, encaixes: 40 })),
  };
  const doFim = { data: hoje.add({ days: 4 }).toString(), atende: [DAS_CADEIAS, DAS_DISPUTAS] };
  const espera = { antecedencia: 120, prazo: PRAZO };
  const casa = { regras: REGRAS_DA_CASA, faltaAutomatica: true };
  const configuracao = { fuso, semanas: 1, espera, ...casa, atendimentos: naConfiguracao([deHoje, ...dias, doFim]) };
  Deno.writeTextFileSync(pasta.arquivo("clinica.json"), JSON.stringify(configuracao));
  return {
    ...{ dias: [deHoje, ...dias, doFim], aoAcaso: dias },
    regras: { ...espera, fuso, daCasa: REGRAS_DA_CASA, faltaAutomatica: true },
    agora: { hoje: hoje.toString(), minuto: local.hour * 60 + local.minute },
  };
}

/** Pacientes: mais do que as horas, para que se espere. */
const CPFS = Array.from({ length: 30 }, (_, n) => cpfDeExemplo(n));

/** Os das cadeias. */
const DA_CADEIA = Array.from({ length: DAS_CADEIAS.vagas }, (_, n) => cpfDeExemplo(100 + n));

/** Os das disputas: os que têm as horas, e os que as querem. */
const DA_DISPUTA = Array.from({ length: DAS_DISPUTAS.vagas }, (_, n) => cpfDeExemplo(200 + n));
const QUE_QUEREM = Array.from({ length: 6 }, (_, n) => cpfDeExemplo(300 + n));

/** Os que só esperam um dia. */
const DE_UM_DIA = Array.from({ length: 3 }, (_, n) => cpfDeExemplo(400 + n));

/** O que os clientes sabem: o do dia, e quem viram convidado. */
export class SalaDeEspera {
  /** O que se sabe do resto, e onde tudo fica anotado. */
  readonly balcao: Balcao;
  #clinica: ClinicaDaEspera;
  #aSeguir: FeitoNoDia[] = [];
  #filas = new Map<string, readonly NaFila[]>();
  #lidas = 0;
  #fechados = 0;
  #cadeias = 0;

  /** Uma sala vazia. */
  constructor(clinica: ClinicaDaEspera) {
    this.#clinica = clinica;
    this.balcao = new Balcao(clinica);
  }

  /** Um pedido ao acaso. */
  sorteia(sorteio: Sorteio): FeitoNoDia {
    this.#le();
    const seguinte = this.#aSeguir.shift();
    if (seguinte !== undefined) return seguinte;
    const cpf = sorteio.de(CPFS);
    const nome = this.balcao.historia.nome();
    const dia = sorteio.fracao() < 0.5 ? this.#clinica.aoAcaso[0] : sorteio.de(this.#clinica.aoAcaso);
    const { data } = dia;
    const { especialidade, profissional, inicio, vagas, minutos } = sorteio.de(dia.atende);
    const onde = {
      data,
      ...sorteio.fracao() < 0.5 ? { hora: horaDe(inicio + sorteio.inteiro(0, vagas - 1) * minutos) } : {},
      ...profissional !== "" && sorteio.fracao() < 0.3 ? { profissional } : {},
    };
    const acaso = sorteio.fracao();
    if (acaso < 0.17) return { comando: "AGEND", cpf, nome, especialidade, ...onde, ...DA_CASA };
    if (acaso < 0.25) return { comando: "REMARC", cpf, especialidade, ...onde, ...DA_CASA };
    if (acaso < 0.4) return { comando: "CANCEL", cpf, especialidade, ...DA_CASA };
    if (acaso < 0.41) return this.#vem({ cpf, nome, especialidade }, sorteio);
    if (acaso < 0.47) {
      return { comando: "SITUA", cpf, especialidade, situacao: sorteio.de(["CONFIRMADO", "DESFAZ", "DESFAZ"]) };
    }
    if (acaso < 0.66) return { ...this.#espera({ cpf, nome, especialidade, profissional }, sorteio) };
    if (acaso < 0.69) return { comando: "DESISTE", cpf, especialidade };
    if (acaso < 0.82) return this.#responde({ cpf, nome, especialidade }, sorteio);
    if (acaso < 0.87) return this.#excetua(dia, sorteio);
    if (acaso < 0.91) return { comando: "FILA", especialidade };
    if (acaso < 0.96) return { comando: "VAGAS", data, especialidade };
    if (acaso < 0.98) return { comando: "LISTA", data };
    return { comando: sorteio.de(["BUSCA", "HISTORIA"]), cpf };
  }

  /** Põe-se à espera, e vem hoje mesmo: se chega a ser atendido, já não espera. */
  #vem(quem: { cpf: string; nome: string; especialidade: string }, sorteio: Sorteio): FeitoNoDia {
    const { cpf, especialidade } = quem;
    const data = this.#clinica.dias[0].data;
    const encaixe = { data, hora: horaDe(540 + sorteio.inteiro(0, 170)), encaixe: true, ...DA_CASA };
    const situacoes = ["CHEGOU", "CHAMADO", "ATENDIDO"] as const;
    this.#aSeguir.push(
      { comando: "ESPERA", ...quem, ...DA_CASA },
      { comando: "AGEND", ...quem, nome: this.balcao.historia.nome(), ...encaixe },
      ...situacoes.map((situacao) => ({ comando: "SITUA" as const, cpf, especialidade, situacao })),
    );
    return { comando: "CANCEL", cpf, especialidade, ...DA_CASA };
  }

  /** O que as listas lidas mostraram. */
  #le(): void {
    const { operacoes } = this.balcao.historia;
    // As de antes de há pouco já têm a resposta que terão.
    const desde = Math.max(0, this.#lidas - 64);
    for (const { feito, resposta } of operacoes.slice(desde)) this.#viu(feito, resposta);
    this.#lidas = operacoes.length;
  }

  #viu(feito: FeitoNoDia, resposta: OperacaoDoDia["resposta"]): void {
    if (feito.comando === "FILA" && resposta?.fila !== undefined) this.#filas.set(feito.especialidade, resposta.fila);
  }

  #espera(
    quem: { cpf: string; nome: string; especialidade: string; profissional: string },
    sorteio: Sorteio,
  ): FeitoNoDia {
    const { profissional, ...resto } = quem;
    const as_vezes = (quantas: number): boolean => sorteio.fracao() < quantas;
    const { data } = sorteio.de(this.#clinica.aoAcaso);
    return {
      comando: "ESPERA",
      ...resto,
      ...profissional !== "" && as_vezes(0.2) ? { profissional } : {},
      ...as_vezes(0.15) ? { de: data } : as_vezes(0.1) ? { ate: data } : {},
      ...as_vezes(0.1) ? { turno: sorteio.de(["MANHÃ", "TARDE"] as const) } : {},
      // Às vezes amanhã já não dá.
      ...as_vezes(0.15) ? { antecedencia: 1800 } : {},
      ...as_vezes(0.45) ? { marca: true } : {},
      ...as_vezes(0.3) ? DA_CASA : {},
      ...as_vezes(0.2) ? { prioridade: sorteio.inteiro(1, 4) } : {},
    };
  }

  /** Quase sempre de quem se viu convidado: aceita, recusa, ou marca a hora que lhe está segurada. */
  #responde(
    outro: { cpf: string; nome: string; especialidade: string },
    sorteio: Sorteio,
  ): FeitoNoDia {
    const convidados = [...this.#filas].flatMap(([especialidade, fila]) =>
      fila.filter(({ convite }) => convite !== "").map(({ cpf, convite }) => ({ cpf, convite, especialidade }))
    );
    const acaso = sorteio.fracao();
    if (convidados.length === 0 || acaso < 0.2) {
      const { cpf, especialidade } = outro;
      return { comando: sorteio.de(["ACEITA", "RECUSA"]), cpf, especialidade };
    }
    const { cpf, convite, especialidade } = sorteio.de(convidados);
    if (acaso < 0.3) return this.#aceitaTendoOutros({ cpf, nome: outro.nome, especialidade }, sorteio);
    if (acaso < 0.6) return { comando: "ACEITA", cpf, especialidade };
    if (acaso < 0.85) return { comando: "RECUSA", cpf, especialidade };
    const [data, hora] = convite.split(" ");
    // Às vezes quem passa quer a hora que é de outro.
    return {
      comando: "AGEND",
      cpf: acaso < 0.95 ? cpf : outro.cpf,
      nome: outro.nome,
      especialidade,
      data,
      hora,
      ...DA_CASA,
    };
  }

  /** Primeiro marca nas outras especialidades: talvez as regras já não o deixem aceitar. */
  #aceitaTendoOutros(
    { especialidade, ...quem }: { cpf: string; nome: string; especialidade: string },
    sorteio: Sorteio,
  ): FeitoNoDia {
    const { data, atende } = sorteio.de(this.#clinica.aoAcaso);
    const outras = new Set(atende.map((um) => um.especialidade).filter((uma) => uma !== especialidade));
    const [primeira, ...resto] = [...outras].map((especialidade): FeitoNoDia => ({
      ...{ comando: "AGEND", ...quem, nome: this.balcao.historia.nome(), especialidade, data, ...DA_CASA },
    }));
    this.#aSeguir.push(...resto, { comando: "ACEITA", cpf: quem.cpf, especialidade });
    return primeira;
  }

  #excetua({ data, atende }: DiaDaSemana, sorteio: Sorteio): FeitoNoDia {
    const { abertas } = this.balcao;
    if (abertas.length > 3 || abertas.length > 0 && sorteio.fracao() < 0.4) {
      return { comando: "REABRE", numero: sorteio.de(abertas) };
    }
    const { especialidade, profissional, inicio, vagas, minutos } = sorteio.de(atende);
    const qual = `${++this.#fechados}`;
    const deles = profissional === "" ? {} : { profissional };
    if (sorteio.fracao() < 0.4) {
      const quanto = { inicio: horaDe(1080 + sorteio.inteiro(0, 4) * 40), vagas: sorteio.inteiro(1, 2), minutos: 20 };
      return { comando: "EXTRA", especialidade, data, ...quanto, ...deles, local: `Sala extra ${qual}` };
    }
    const comeca = inicio + sorteio.inteiro(0, vagas - 1) * minutos;
    return {
      ...{ comando: "FECHA", data, motivo: `fechado ${qual}`, ...sorteio.fracao() < 0.5 ? { especialidade } : {} },
      ...sorteio.fracao() < 0.5 ? { inicio: horaDe(comeca), fim: horaDe(comeca + minutos) } : {},
    };
  }

  /** O que põe o dia das cadeias fechado, vazio, e com uma pessoa à espera por cada hora dele; e o que o fecha. */
  prepara(): { antes: FeitoNoDia[]; fecha: FeitoNoDia } {
    const { data } = this.#clinica.dias[this.#clinica.dias.length - 1];
    const { especialidade } = DAS_CADEIAS;
    const { historia } = this.balcao;
    return {
      fecha: { comando: "FECHA", data, especialidade, motivo: `cadeia ${++this.#cadeias}` },
      antes: DA_CADEIA.flatMap((cpf): FeitoNoDia[] => [
        { comando: "CANCEL", cpf, especialidade },
        { comando: "DESISTE", cpf, especialidade },
        { comando: "ESPERA", cpf, nome: historia.nome(), especialidade, marca: true },
      ]),
    };
  }

  /**
   * Uma lista muito disputada: o que põe todas as horas tomadas e dois à espera; e o que se pede ao mesmo tempo, cada um na sua
   * conexão, primeiro enquanto entra quem lhes passa à frente, e depois enquanto recusam.
   */
  disputa(): { antes: FeitoNoDia[]; juntos: FeitoNoDia[][] } {
    const { data } = this.#clinica.dias[this.#clinica.dias.length - 1];
    const { especialidade, inicio, minutos } = DAS_DISPUTAS;
    const { historia } = this.balcao;
    const um = (comando: "CANCEL" | "DESISTE" | "RECUSA") => (cpf: string): FeitoNoDia => ({
      comando,
      cpf,
      especialidade,
    });
    const espera = (cpf: string, prioridade: number): FeitoNoDia => ({
      ...{ comando: "ESPERA", cpf, nome: historia.nome(), especialidade, prioridade },
    });
    const [metade, outra] = [DA_DISPUTA.slice(0, DA_DISPUTA.length / 2), DA_DISPUTA.slice(DA_DISPUTA.length / 2)];
    return {
      antes: [
        ...QUE_QUEREM.map(um("DESISTE")),
        ...DA_DISPUTA.map((cpf, i): FeitoNoDia => ({
          ...{ comando: "AGEND", cpf, nome: historia.nome(), especialidade, data, ...DA_CASA },
          hora: horaDe(inicio + i * minutos),
        })),
        ...QUE_QUEREM.slice(0, 2).map((cpf) => espera(cpf, 0)),
      ],
      juntos: [
        [...QUE_QUEREM.slice(2).map((cpf, i) => espera(cpf, i + 1)), ...metade.map(um("CANCEL"))],
        [...QUE_QUEREM.map(um("RECUSA")), ...outra.map(um("CANCEL"))],
      ],
    };
  }

  /** Quem só espera até amanhã: se não recebe, acaba com o dia. */
  soParaAmanha(): FeitoNoDia[] {
    const [{ data: ate, atende }] = this.#clinica.aoAcaso;
    return atende.flatMap(({ especialidade }) =>
      DE_UM_DIA.map((cpf): FeitoNoDia => ({
        ...{ comando: "ESPERA", cpf, nome: this.balcao.historia.nome(), especialidade, ate, ...DA_CASA },
      }))
    );
  }

  /** O que se pode ler noutro dia qualquer. */
  leituraDepois(): FeitoNoDia[] {
    return this.leituraFinal().flatMap((feito): FeitoNoDia[] => {
      if (feito.comando === "FILA") return [feito];
      return feito.comando === "BUSCA" ? [{ ...feito, comando: "HISTORIA" }] : [];
    });
  }

  /** O que se pode ler de tudo: entra na história, e tem de acabar no que está no livro. */
  leituraFinal(): FeitoNoDia[] {
    const { dias } = this.#clinica;
    const especialidades = [...new Set(dias.flatMap(({ atende }) => atende.map(({ especialidade }) => especialidade)))];
    return [
      ...CPFS.map((cpf): FeitoNoDia => ({ comando: "BUSCA", cpf })),
      ...especialidades.map((especialidade): FeitoNoDia => ({ comando: "FILA", especialidade })),
      ...dias.flatMap(({ data, atende }): FeitoNoDia[] => [
        { comando: "LISTA", data },
        ...[...new Set(atende.map(({ especialidade }) => especialidade))]
          .map((especialidade) => ({ comando: "VAGAS" as const, data, especialidade })),
      ]),
    ];
  }
}
