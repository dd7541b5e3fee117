/**
 * Testes da agenda: as regras, pela função pura e pela fila, com o relógio dado e o livro em `:memory:`. Sem nenhuma
 * permissão.
 *
 * @module
 */

import { assert, assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { Agenda, Fila } from "./agenda.ts";
import { Clinica } from "./clinica/clinica.ts";
import {
  type Agendamento,
  type Alcance,
  type Armazem,
  type Desfecho,
  type Dia,
  type Fim,
  impossivel,
  type Lote,
  type Mudanca,
  type Quem,
  type Vista,
} from "./clinica/livro.ts";
import type { Erro, Pedido } from "./clinica/pedido.ts";
import { consultar, decidir, type Estado, muda } from "./clinica/regras.ts";
import { Ocupacao } from "./clinica/ocupacao.ts";
import { atendeNoFio, cpfDeExemplo } from "./testes/apoio.ts";
import { ArmazemSqlite } from "./armazem/sqlite.ts";
import { lerOferta, minutoDoDia } from "./clinica/oferta.ts";
import {
  codificarPedido,
  type Codigo,
  decodificarPedido,
  type PedidoNoFio,
  type PrimeiraVaga,
  type Resposta,
  type Tupla,
  type Vaga,
} from "./protocolo.ts";
import { Redator } from "./rede/redator.ts";

function teste(name: string, fn: () => Promise<void> | void): void {
  Deno.test({ name, permissions: "none", fn });
}

const [ANA, BIA, CID] = [cpfDeExemplo(1), cpfDeExemplo(2), cpfDeExemplo(3)];
const NOMES: Record<string, string> = { [ANA]: "ANA", [BIA]: "BIA", [CID]: "CID" };

/** O instante escrito na hora de São Paulo (`"aaaa-mm-ddTHH:MM"`), em ms desde 1970. */
function em(local: string): number {
  return Temporal.Instant.from(`${local}-03:00`).epochMilliseconds;
}

/** Segunda-feira, antes do primeiro horário. */
const CEDO = em("2026-11-30T07:00");
const MINUTO = 60_000;
const DIA = 24 * 60 * MINUTO;

const DIAS = ["SEGUNDA-FEIRA", "TERÇA-FEIRA", "QUARTA-FEIRA", "QUINTA-FEIRA", "SEXTA-FEIRA", "SÁBADO", "DOMINGO"];

/** O dia da semana de uma data `"dd/mm/aaaa"`; segunda-feira se não é uma. */
function diaDaSemana(data: string): string {
  try {
    return DIAS[Temporal.PlainDate.from(data.split("/").reverse().join("-")).dayOfWeek - 1];
  } catch {
    return DIAS[0];
  }
}

const CLINICO = "CLINICO GERAL";

/** Um `AGEND` para o clínico na segunda-feira 30/11/2026, com o que se quiser diferente. */
function agend(cpf: string, diferente: Partial<PedidoNoFio & { comando: "AGEND" }> = {}): PedidoNoFio {
  const data = diferente.data ?? "30/11/2026";
  const { dia = diaDaSemana(data) } = diferente;
  return { comando: "AGEND", cpf, nome: NOMES[cpf] ?? "X", especialista: CLINICO, ...diferente, data, dia };
}

function busca(cpf: string): PedidoNoFio {
  return { comando: "BUSCA", cpf };
}

function cancel(cpf: string, especialista?: string): PedidoNoFio {
  return { comando: "CANCEL", cpf, especialista };
}

function vagas(especialista?: string, data?: string): PedidoNoFio {
  return { comando: "VAGAS", especialista, data };
}

function tupla(cpf: string, horario: string, { especialista = CLINICO, data = "30/11/2026" } = {}): Tupla {
  return ["AGEND", cpf, NOMES[cpf] ?? "X", especialista, data, diaDaSemana(data), horario];
}

function marcado(cpf: string, horario: string, onde: { especialista?: string; data?: string } = {}): Resposta {
  return { codigo: "OK-300", agendamentos: [tupla(cpf, horario, onde)] };
}

function achados(...agendamentos: Tupla[]): Resposta {
  return { codigo: "OK-302", agendamentos };
}

function livres(...vagas: Vaga[]): Resposta {
  return { codigo: "OK-304", vagas };
}

const CINCO = ["08:00", "08:30", "09:00", "09:30", "10:00"];

// As regras, por dois caminhos: `decidir` sobre um livro ingênuo, e `Agenda` sobre o armazém.

/** Um balcão: um pedido de cada vez, com um relógio que se acerta e uma oferta que se troca. */
interface Balcao extends AsyncDisposable {
  agora: number;
  pede(pedido: PedidoNoFio): Promise<Resposta>;
  troca(config: unknown): void;
}

/** O pedido como a agenda o recebe do fio. */
function lido(pedido: PedidoNoFio): Pedido | Erro {
  return decodificarPedido(codificarPedido(pedido).trimEnd());
}

const BALCAO: Quem = { origem: "balcão", cliente: "balcão:1" };

/** Um livro que é uma lista, e que confere a cada mudança as restrições que o banco garante. */
class Livro implements Vista {
  linhas: { agendamento: Agendamento; ativo: boolean; cancelado: boolean }[] = [];

  ativosDe(cpf: string): readonly Agendamento[] {
    return this.linhas.filter((linha) => linha.ativo && linha.agendamento.cpf === cpf)
      .map(({ agendamento }) => agendamento);
  }

  ocupacao(especialidade: string, data: string): Ocupacao {
    const ocupacao = Ocupacao.vazia();
    for (const { agendamento, cancelado } of this.linhas) {
      if (cancelado || agendamento.especialidade !== especialidade || agendamento.data !== data) continue;
      ocupacao.toma(minutoDoDia(agendamento.hora), agendamento.minutos);
    }
    return ocupacao;
  }

  novoId(): number {
    return this.linhas.length + 1;
  }

  aplica({ tipo, agendamento }: Mudanca): void {
    switch (tipo) {
      case "marca": {
        const { cpf, especialidade, data, hora } = agendamento;
        for (const { agendamento: outro, ativo, cancelado } of this.linhas) {
          if (outro.especialidade !== especialidade) continue;
          assert(cancelado || outro.data !== data || outro.hora !== hora, "uma vaga, um agendamento");
          assert(!ativo || outro.cpf !== cpf, "um ativo por CPF e especialidade");
        }
        this.linhas.push({ agendamento, ativo: true, cancelado: false });
        return;
      }
      case "desmarca":
        this.#ativa(agendamento).cancelado = true;
        return;
      case "arquiva":
        this.#ativa(agendamento);
        return;
      default:
        impossivel(tipo);
    }
  }

  /** A linha ativa de um agendamento, que deixa de o ser. */
  #ativa(agendamento: Agendamento): { cancelado: boolean } {
    const linha = this.linhas.find(({ agendamento: { id } }) => id === agendamento.id);
    if (!linha?.ativo) throw new Error("só se desmarca ou arquiva o que está ativo");
    linha.ativo = false;
    return linha;
  }
}

class BalcaoPuro implements Balcao {
  agora: number;
  livro = new Livro();
  #clinica: Clinica;

  constructor(config: unknown, agora: number) {
    this.agora = agora;
    this.#clinica = new Clinica(lerOferta(config));
  }

  decide(noFio: PedidoNoFio): { resposta: Resposta; mudancas: readonly Mudanca[] } {
    const pedido = lido(noFio);
    const estado: Estado = { clinica: this.#clinica, vista: this.livro, agora: this.agora, quem: BALCAO };
    const decisao = decidir(estado, pedido);
    assertEquals(decidir(estado, pedido), decisao, "decidir duas vezes dá o mesmo");
    if (!muda(pedido)) assertEquals(consultar(estado, pedido), decisao.resultado);
    for (const mudanca of decisao.mudancas) this.livro.aplica(mudanca);
    return { resposta: new Redator(this.#clinica).veste(decisao.resultado), mudancas: decisao.mudancas };
  }

  pede(pedido: PedidoNoFio): Promise<Resposta> {
    return Promise.resolve(this.decide(pedido).resposta);
  }

  troca(config: unknown): void {
    this.#clinica = new Clinica(lerOferta(config));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }
}

class BalcaoDaAgenda implements Balcao {
  agora: number;
  agenda: Agenda;
  falhas: string[] = [];
  /** O que a agenda contou que gravou. */
  gravadas: Mudanca[] = [];
  readonly armazem: Armazem;

  constructor(config: unknown, agora: number, armazem: Armazem = ArmazemSqlite.abre(":memory:")) {
    this.agora = agora;
    this.armazem = armazem;
    this.agenda = this.#nova(config);
  }

  #nova(config: unknown): Agenda {
    const { armazem, falhas, gravadas } = this;
    return new Agenda({
      armazem,
      oferta: lerOferta(config),
      relogio: () => this.agora,
      aoFalhar: (tipo) => falhas.push(tipo),
      aoGravar: (mudancas) => gravadas.push(...mudancas),
    });
  }

  /** Como `Agenda.atende`, do fio e para o fio. */
  atende(pedidos: readonly PedidoNoFio[], origem: string = "x"): Resposta[] | Promise<Resposta[] | undefined> {
    return atendeNoFio(this.agenda, pedidos, origem);
  }

  async saudacao(): Promise<Resposta> {
    return new Redator(this.agenda.clinica).veste(await this.agenda.saudacao());
  }

  async pede(pedido: PedidoNoFio): Promise<Resposta> {
    const respostas = await this.atende([pedido], "balcão");
    if (respostas?.length !== 1) throw new Error(`esperava uma resposta; veio ${JSON.stringify(respostas)}`);
    return respostas[0];
  }

  troca(config: unknown): void {
    this.agenda = this.#nova(config);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.armazem[Symbol.asyncDispose]();
  }
}

/** Uma regra, conferida pela função pura e pela agenda inteira. */
function regra(
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

async function responde(balcao: Balcao, casos: [PedidoNoFio, Resposta | Codigo][]): Promise<void> {
  for (const [pedido, esperada] of casos) {
    const resposta = await balcao.pede(pedido);
    if (typeof esperada === "string") assertStrictEquals(resposta.codigo, esperada, JSON.stringify(pedido));
    else assertEquals(resposta, esperada, JSON.stringify(pedido));
  }
}

regra("cada código da tabela tem o pedido que o provoca", async (balcao) => {
  await responde(balcao, [
    [{ comando: "PING" }, { codigo: "OK-200" }],
    [busca(ANA), { codigo: "ERRO-112" }],
    [cancel(ANA), { codigo: "ERRO-113" }],
    [agend(ANA), marcado(ANA, "08:00")],
    [agend(ANA), { codigo: "ERRO-111", agendamentos: [tupla(ANA, "08:00")] }],
    [agend(BIA, { horario: "08:00" }), { codigo: "ERRO-110" }],
    [agend(BIA, { horario: "08:10" }), { codigo: "ERRO-105" }],
    [agend(BIA, { especialista: "PEDIATRA" }), { codigo: "ERRO-103" }],
    [agend(ANA, { especialista: "NUTRICIONISTA", data: "04/12/2026" }), "OK-300"],
    [cancel(ANA), "ERRO-114"],
    [cancel(ANA, CLINICO), { codigo: "OK-301", agendamentos: [tupla(ANA, "08:00")] }],
    [busca(ANA), achados(tupla(ANA, "08:00", { especialista: "NUTRICIONISTA", data: "04/12/2026" }))],
    [vagas(CLINICO, "30/11/2026"), livres(["30/11/2026", "SEGUNDA-FEIRA", CLINICO, CINCO])],
    [{ comando: "SAIR" }, { codigo: "OK-201" }],
  ]);
});

regra("sem HORÁRIO vale a primeira hora livre, e num dia cabem cinco, não seis", async (balcao) => {
  for (const [i, hora] of CINCO.entries()) {
    assertEquals(await balcao.pede(agend(cpfDeExemplo(10 + i))), marcado(cpfDeExemplo(10 + i), hora));
  }
  await responde(balcao, [
    [agend(ANA), { codigo: "ERRO-110" }],
    [agend(ANA, { data: "07/12/2026" }), marcado(ANA, "08:00", { data: "07/12/2026" })],
  ]);
});

regra("com HORÁRIO vale aquela hora, ou nenhuma", async (balcao) => {
  await responde(balcao, [
    [agend(ANA, { horario: "09:00" }), marcado(ANA, "09:00")],
    [agend(BIA, { horario: "09:00" }), { codigo: "ERRO-110" }],
    [busca(BIA), { codigo: "ERRO-112" }],
    [agend(BIA, { horario: "10:00" }), marcado(BIA, "10:00")],
    [agend(CID), marcado(CID, "08:00")],
  ]);
});

regra("desmarcar libera a hora e ninguém mais se move", async (balcao) => {
  await responde(balcao, [
    [agend(ANA), marcado(ANA, "08:00")],
    [agend(BIA), marcado(BIA, "08:30")],
    [agend(CID), marcado(CID, "09:00")],
    [cancel(BIA), { codigo: "OK-301", agendamentos: [tupla(BIA, "08:30")] }],
    [busca(ANA), achados(tupla(ANA, "08:00"))],
    [busca(BIA), { codigo: "ERRO-112" }],
    [busca(CID), achados(tupla(CID, "09:00"))],
    [cancel(BIA), { codigo: "ERRO-113" }],
    [agend(cpfDeExemplo(4)), "OK-300"],
    [vagas(CLINICO, "30/11/2026"), livres(["30/11/2026", "SEGUNDA-FEIRA", CLINICO, ["09:30", "10:00"]])],
    [cancel(ANA), "OK-301"],
    [agend(ANA), marcado(ANA, "08:00")],
  ]);
});

regra("o atendimento que não existe é ERRO-103, seja qual for a razão", async (balcao) => {
  const onde: Partial<PedidoNoFio & { comando: "AGEND" }>[] = [
    ...["PEDIATRA", "", "CLINICO", "CLINICO GERAL X", "__proto__"].map((especialista) => ({ especialista })),
    ...["2026-11-30", "30-11-2026", "30/11/26", " 30/11/2026", "30/11/2026 ", "", "ontem", "31/11/2026", "30/13/2026"]
      .map((data) => ({ data, dia: DIAS[0] })),
    ...["01/12/2026", "02/12/2026", "06/12/2026"].map((data) => ({ data })),
    ...["TERÇA-FEIRA", "", "SEGUNDA", "DOMINGO", "feira"].map((dia) => ({ dia })),
    { data: "14/12/2026" },
    { data: "23/11/2026" },
    { data: "29/11/2027", dia: "SEGUNDA-FEIRA" },
    { data: "28/12/2026" },
  ];
  for (const diferente of onde) await responde(balcao, [[agend(ANA, diferente), { codigo: "ERRO-103" }]]);
  await responde(balcao, [[busca(ANA), "ERRO-112"], [agend(ANA, { data: "21/12/2026" }), "OK-300"]]);
}, { config: { fechado: ["2026-12-14"] } });

regra("o HORÁRIO que não é daquele dia, ou já começou, é ERRO-105", async (balcao) => {
  for (const horario of ["", "8:00", "08:15", "10:30", "24:00", "08:00:00", " 08:00", "manhã"]) {
    await responde(balcao, [[agend(ANA, { horario }), { codigo: "ERRO-105" }]]);
  }
  balcao.agora = em("2026-11-30T08:00") - 1;
  await responde(balcao, [[agend(ANA, { horario: "08:00" }), marcado(ANA, "08:00")], [cancel(ANA), "OK-301"]]);
  balcao.agora = em("2026-11-30T08:00");
  await responde(balcao, [
    [agend(ANA, { horario: "08:00" }), { codigo: "ERRO-105" }],
    [agend(ANA, { horario: "08:30" }), marcado(ANA, "08:30")],
  ]);
});

regra("entre vários erros vale o primeiro de 103, 105, 111, 110", async (balcao) => {
  for (let i = 0; i < 5; i++) await balcao.pede(agend(cpfDeExemplo(10 + i)));
  const primeiro = cpfDeExemplo(10);
  await responde(balcao, [
    [agend(primeiro, { dia: "DOMINGO", horario: "x" }), "ERRO-103"],
    [agend(primeiro, { data: "01/12/2026", horario: "x" }), "ERRO-103"],
    [agend(primeiro, { horario: "x" }), "ERRO-105"],
    [agend(primeiro, { horario: "08:00" }), "ERRO-111"],
    [agend(primeiro), "ERRO-111"],
    [agend(ANA), "ERRO-110"],
    [agend(ANA, { horario: "08:00" }), "ERRO-110"],
  ]);
  balcao.agora = em("2026-11-30T08:00");
  await responde(balcao, [[agend(primeiro, { horario: "08:00" }), "ERRO-105"]]);
});

regra("no dia em que todas as horas já começaram não há vagas", async (balcao) => {
  balcao.agora = em("2026-11-30T10:00") - 1;
  await responde(balcao, [[agend(ANA), marcado(ANA, "10:00")]]);
  balcao.agora = em("2026-11-30T10:00");
  await responde(balcao, [
    [agend(BIA), { codigo: "ERRO-110" }],
    [agend(BIA, { horario: "10:00" }), { codigo: "ERRO-105" }],
    [vagas(CLINICO, "30/11/2026"), livres()],
  ]);
});

const ACENTOS = {
  atendimentos: [
    { especialidade: "Clínico Geral", dia: "terça-feira", vagas: 2 },
    { especialidade: "Pediatra", dia: "sabado", vagas: 2 },
  ],
};

regra("especialistas e dias não distinguem acentos nem caixa, e voltam como a clínica os escreve", async (balcao) => {
  const tercas = ["TERÇA-FEIRA", "terca-feira", "Terça-Feira", "TERC\u0327A-FEIRA"];
  for (const [i, dia] of tercas.entries()) {
    const especialista = ["CLINICO GERAL", "clínico geral", "Clínico Geral", "CLI\u0301NICO  GERAL"][i];
    await responde(balcao, [
      [
        agend(ANA, { especialista, data: "01/12/2026", dia }),
        marcado(ANA, "08:00", { especialista: "Clínico Geral", data: "01/12/2026" }),
      ],
      [agend(ANA, { especialista: CLINICO, data: "08/12/2026" }), "ERRO-111"],
      [vagas(especialista, "01/12/2026"), livres(["01/12/2026", "TERÇA-FEIRA", "Clínico Geral", ["08:30"]])],
      [cancel(ANA, especialista), "OK-301"],
    ]);
  }
  const resposta = await balcao.pede(agend(ANA, { especialista: "PEDIATRA", data: "05/12/2026", dia: "SÁBADO" }));
  const sabado: Tupla = ["AGEND", ANA, "ANA", "Pediatra", "05/12/2026", "SABADO", "08:00"];
  assertEquals(resposta, { codigo: "OK-300", agendamentos: [sabado] });
}, { config: ACENTOS });

regra("a busca mostra os ativos do mais cedo ao mais tarde, só daquele CPF", async (balcao) => {
  const nutri = { especialista: "NUTRICIONISTA", data: "04/12/2026" };
  const derma = { especialista: "DERMATOLOGISTA", data: "02/12/2026" };
  const tarde = { data: "21/12/2026" };
  await responde(balcao, [
    [agend(BIA, nutri), "OK-300"],
    [agend(ANA, tarde), "OK-300"],
    [agend(ANA, nutri), "OK-300"],
    [agend(ANA, derma), "OK-300"],
    [busca(ANA), achados(tupla(ANA, "08:00", derma), tupla(ANA, "08:30", nutri), tupla(ANA, "08:00", tarde))],
    [cancel(ANA), {
      codigo: "ERRO-114",
      agendamentos: [tupla(ANA, "08:00", derma), tupla(ANA, "08:30", nutri), tupla(ANA, "08:00", tarde)],
    }],
    [busca(ANA), "OK-302"],
    [cancel(ANA, "dermatologista"), { codigo: "OK-301", agendamentos: [tupla(ANA, "08:00", derma)] }],
    [cancel(ANA, "DERMATOLOGISTA"), { codigo: "ERRO-113" }],
    [cancel(ANA, "PEDIATRA"), { codigo: "ERRO-113" }],
    [cancel(ANA, ""), { codigo: "ERRO-113" }],
    [cancel(ANA, "clínico geral"), "OK-301"],
    [cancel(ANA), { codigo: "OK-301", agendamentos: [tupla(ANA, "08:30", nutri)] }],
    [busca(BIA), achados(tupla(BIA, "08:00", nutri))],
  ]);
});

regra("no mesmo dia a busca vai pela hora", async (balcao) => {
  const pediatra = { especialista: "PEDIATRA" };
  await responde(balcao, [
    [agend(ANA, { ...pediatra, horario: "10:00" }), "OK-300"],
    [agend(ANA, { horario: "09:00" }), "OK-300"],
    [busca(ANA), achados(tupla(ANA, "09:00"), tupla(ANA, "10:00", pediatra))],
  ]);
}, {
  config: { atendimentos: ["PEDIATRA", CLINICO].map((especialidade) => ({ especialidade, dia: "segunda-feira" })) },
});

regra("um agendamento está ativo até acabar, e não só até começar", async (balcao) => {
  await responde(balcao, [[agend(ANA), marcado(ANA, "08:00")]]);
  for (const agora of [em("2026-11-30T08:05"), em("2026-11-30T08:30") - 1]) {
    balcao.agora = agora;
    await responde(balcao, [
      [busca(ANA), achados(tupla(ANA, "08:00"))],
      [agend(ANA), { codigo: "ERRO-111", agendamentos: [tupla(ANA, "08:00")] }],
    ]);
  }
  balcao.agora = em("2026-11-30T08:30");
  await responde(balcao, [[busca(ANA), { codigo: "ERRO-112" }], [cancel(ANA), { codigo: "ERRO-113" }]]);
});

regra(
  "no último instante de um atendimento ainda se desmarca, e a hora que já começou não volta a ser livre",
  async (balcao) => {
    await balcao.pede(agend(ANA));
    balcao.agora = em("2026-11-30T08:30") - 1;
    await responde(balcao, [
      [cancel(ANA), { codigo: "OK-301", agendamentos: [tupla(ANA, "08:00")] }],
      [agend(BIA, { horario: "08:00" }), { codigo: "ERRO-105" }],
      [vagas(CLINICO, "30/11/2026"), livres(["30/11/2026", "SEGUNDA-FEIRA", CLINICO, CINCO.slice(1)])],
    ]);
  },
);

regra("depois que acaba, o mesmo par marca de novo, e a volta do relógio não revende a hora", async (balcao) => {
  const depois = { data: "07/12/2026" };
  await balcao.pede(agend(ANA));
  balcao.agora = em("2026-11-30T08:30");
  await responde(balcao, [
    [agend(ANA, depois), marcado(ANA, "08:00", depois)],
    [busca(ANA), achados(tupla(ANA, "08:00", depois))],
  ]);
  balcao.agora = CEDO;
  await responde(balcao, [
    [busca(ANA), achados(tupla(ANA, "08:00", depois))],
    [agend(BIA, { horario: "08:00" }), { codigo: "ERRO-110" }],
    [agend(BIA), marcado(BIA, "08:30")],
    [agend(ANA), { codigo: "ERRO-111", agendamentos: [tupla(ANA, "08:00", depois)] }],
    [cancel(ANA), { codigo: "OK-301", agendamentos: [tupla(ANA, "08:00", depois)] }],
    [cancel(ANA), { codigo: "ERRO-113" }],
  ]);
});

regra("só o relógio não encerra um agendamento: se ele volta atrás, o agendamento está lá", async (balcao) => {
  await balcao.pede(agend(ANA));
  balcao.agora = CEDO + DIA;
  await responde(balcao, [[busca(ANA), "ERRO-112"]]);
  balcao.agora = CEDO;
  await responde(balcao, [
    [busca(ANA), achados(tupla(ANA, "08:00"))],
    [agend(ANA), "ERRO-111"],
    [agend(BIA, { horario: "08:00" }), "ERRO-110"],
  ]);
});

regra("o CPF não perde o agendamento de outra especialidade quando uma acaba", async (balcao) => {
  const nutri = { especialista: "NUTRICIONISTA", data: "04/12/2026" };
  await responde(balcao, [[agend(ANA), "OK-300"], [agend(ANA, nutri), "OK-300"]]);
  balcao.agora = em("2026-12-01T09:00");
  await responde(balcao, [
    [busca(ANA), achados(tupla(ANA, "08:00", nutri))],
    [cancel(ANA), { codigo: "OK-301", agendamentos: [tupla(ANA, "08:00", nutri)] }],
  ]);
});

const NOITE = { semanas: 1, atendimentos: [{ especialidade: CLINICO, dia: DIAS[0], inicio: "23:00", vagas: 2 }] };

regra("um atendimento que vai até a meia-noite está ativo até ela", async (balcao) => {
  await responde(balcao, [[agend(ANA, { horario: "23:30" }), marcado(ANA, "23:30")]]);
  balcao.agora = em("2026-12-01T00:00") - 1;
  await responde(balcao, [[busca(ANA), achados(tupla(ANA, "23:30"))], [agend(BIA), "ERRO-110"]]);
  balcao.agora = em("2026-12-01T00:00");
  await responde(balcao, [
    [busca(ANA), "ERRO-112"],
    [agend(BIA), "ERRO-103"],
    [vagas(CLINICO, "30/11/2026"), "ERRO-103"],
    [agend(ANA, { data: "07/12/2026" }), marcado(ANA, "23:00", { data: "07/12/2026" })],
  ]);
}, { config: NOITE });

regra("a última data da janela abre à meia-noite", async (balcao) => {
  await responde(balcao, [
    [agend(ANA, { data: "07/12/2026" }), { codigo: "ERRO-103" }],
    [vagas(CLINICO, "07/12/2026"), { codigo: "ERRO-103" }],
  ]);
  balcao.agora = em("2026-12-01T00:00") - 1;
  await responde(balcao, [[agend(ANA, { data: "07/12/2026" }), { codigo: "ERRO-103" }]]);
  balcao.agora = em("2026-12-01T00:00");
  await responde(balcao, [
    [vagas(CLINICO), livres(["07/12/2026", "SEGUNDA-FEIRA", CLINICO, ["23:00", "23:30"]])],
    [agend(ANA, { data: "07/12/2026" }), marcado(ANA, "23:00", { data: "07/12/2026" })],
  ]);
}, { config: NOITE });

regra("uma data fechada não se marca, e o que lá estava marcado se acha e se desmarca", async (balcao) => {
  const natal = { especialista: "NUTRICIONISTA", data: "25/12/2026" };
  await responde(balcao, [[agend(ANA, natal), marcado(ANA, "08:00", natal)]]);
  balcao.troca({ fechado: ["2026-12-25"] });
  await responde(balcao, [
    [agend(BIA, natal), "ERRO-103"],
    [vagas("NUTRICIONISTA", "25/12/2026"), "ERRO-103"],
    [agend(ANA, { ...natal, data: "18/12/2026" }), {
      codigo: "ERRO-111",
      agendamentos: [tupla(ANA, "08:00", natal)],
    }],
    [busca(ANA), achados(tupla(ANA, "08:00", natal))],
    [cancel(ANA), { codigo: "OK-301", agendamentos: [tupla(ANA, "08:00", natal)] }],
  ]);
}, { agora: em("2026-12-01T12:00") });

regra("marca-se de um ano para o outro", async (balcao) => {
  const janeiro = { especialista: "NUTRICIONISTA", data: "01/01/2027" };
  await responde(balcao, [
    [agend(ANA, janeiro), marcado(ANA, "08:00", janeiro)],
    [agend(ANA, { data: "04/01/2027" }), "OK-300"],
    [busca(ANA), achados(tupla(ANA, "08:00", janeiro), tupla(ANA, "08:00", { data: "04/01/2027" }))],
  ]);
  balcao.agora = em("2027-01-01T08:30") - 1;
  await responde(balcao, [[busca(ANA), "OK-302"]]);
  balcao.agora = em("2027-01-01T08:30");
  await responde(balcao, [[busca(ANA), achados(tupla(ANA, "08:00", { data: "04/01/2027" }))]]);
}, { agora: em("2026-12-31T23:59") });

regra("a especialidade que a semana já não tem ainda se acha e se desmarca", async (balcao) => {
  await responde(balcao, [
    [agend(ANA, { especialista: "Pediatra", data: "05/12/2026", dia: "sabado" }), "OK-300"],
    [agend(BIA, { especialista: "Pediatra", data: "05/12/2026", dia: "sabado" }), "OK-300"],
  ]);
  balcao.troca({});
  const antiga = { especialista: "PEDIATRA", data: "05/12/2026" };
  await responde(balcao, [
    [agend(ANA, { especialista: "PEDIATRA", data: "12/12/2026" }), "ERRO-103"],
    [vagas("PEDIATRA"), "ERRO-103"],
    [busca(ANA), achados(tupla(ANA, "08:00", antiga))],
    [agend(ANA), marcado(ANA, "08:00")],
    [cancel(ANA), "ERRO-114"],
    [cancel(ANA, "pedíatra"), { codigo: "OK-301", agendamentos: [tupla(ANA, "08:00", antiga)] }],
    [cancel(BIA), { codigo: "OK-301", agendamentos: [tupla(BIA, "08:30", antiga)] }],
  ]);
}, { config: ACENTOS });

regra("uma hora que se sobrepõe a um agendamento de outra semana não está livre", async (balcao) => {
  await responde(balcao, [[agend(ANA), marcado(ANA, "08:15")]]);
  balcao.troca({});
  const segunda = (horas: string[]): Resposta => livres(["30/11/2026", "SEGUNDA-FEIRA", CLINICO, horas]);
  await responde(balcao, [
    [vagas(CLINICO, "30/11/2026"), segunda(["09:00", "09:30", "10:00"])],
    [agend(BIA, { horario: "08:00" }), { codigo: "ERRO-110" }],
    [agend(BIA, { horario: "08:30" }), { codigo: "ERRO-110" }],
    [agend(BIA), marcado(BIA, "09:00")],
    [cancel(ANA), { codigo: "OK-301", agendamentos: [tupla(ANA, "08:15")] }],
    [vagas(CLINICO, "30/11/2026"), segunda(["08:00", "08:30", "09:30", "10:00"])],
  ]);
}, { config: { atendimentos: [{ especialidade: CLINICO, dia: DIAS[0], inicio: "08:15", vagas: 1 }] } });

regra("a duração que vale é a de quando se marcou", async (balcao) => {
  await responde(balcao, [[agend(ANA), marcado(ANA, "08:00")]]);
  balcao.troca({});
  balcao.agora = em("2026-11-30T08:59");
  await responde(balcao, [
    [busca(ANA), achados(tupla(ANA, "08:00"))],
    [vagas(CLINICO, "30/11/2026"), livres(["30/11/2026", "SEGUNDA-FEIRA", CLINICO, ["09:00", "09:30", "10:00"]])],
  ]);
  balcao.agora = em("2026-11-30T09:00");
  await responde(balcao, [[busca(ANA), "ERRO-112"]]);
}, { config: { atendimentos: [{ especialidade: CLINICO, dia: DIAS[0], vagas: 1, minutos: 60 }] } });

const DUAS = {
  semanas: 2,
  fechado: ["2026-12-07"],
  atendimentos: [
    { especialidade: "B", dia: "TERÇA-FEIRA", inicio: "14:00", vagas: 1 },
    { especialidade: "A", dia: "SEGUNDA-FEIRA", vagas: 2 },
    { especialidade: "B", dia: "SEGUNDA-FEIRA", vagas: 1 },
    { especialidade: "B", dia: "TERÇA-FEIRA", vagas: 1 },
  ],
};

regra(
  "as vagas vêm por data e, na data, na ordem da configuração; o que não tem hora livre fica de fora",
  async (balcao) => {
    const segunda: [string, string] = ["30/11/2026", "SEGUNDA-FEIRA"];
    const [terca, outra]: [string, string][] = [["01/12/2026", "TERÇA-FEIRA"], ["08/12/2026", "TERÇA-FEIRA"]];
    const doDia = ["08:00", "14:00"];
    await responde(balcao, [
      [
        vagas(),
        livres([...segunda, "B", ["08:00"]], [...segunda, "A", ["08:00", "08:30"]], [...terca, "B", doDia], [
          ...outra,
          "B",
          doDia,
        ]),
      ],
      [vagas("b"), livres([...segunda, "B", ["08:00"]], [...terca, "B", doDia], [...outra, "B", doDia])],
      [vagas("a"), livres([...segunda, "A", ["08:00", "08:30"]])],
      [vagas("b", "01/12/2026"), livres([...terca, "B", doDia])],
      [agend(ANA, { especialista: "B" }), "OK-300"],
      [agend(BIA, { especialista: "B", data: "01/12/2026" }), "OK-300"],
      [vagas("B"), livres([...terca, "B", ["14:00"]], [...outra, "B", doDia])],
      [vagas("B", "30/11/2026"), livres()],
      [vagas(), livres([...segunda, "A", ["08:00", "08:30"]], [...terca, "B", ["14:00"]], [...outra, "B", doDia])],
    ]);
    balcao.agora = em("2026-11-30T08:00");
    await responde(balcao, [[vagas("A"), livres([...segunda, "A", ["08:30"]])]]);
    balcao.agora = em("2026-11-30T08:30");
    await responde(balcao, [[vagas("A"), livres()]]);
  },
  { config: DUAS },
);

regra("vagas de um especialista ou de uma data que não há é ERRO-103", async (balcao) => {
  const casos: [string, string?][] = [
    ...["C", "", "CLINICO"].map((especialista): [string] => [especialista]),
    ...["", "2026-12-01", "07/12/2026", "02/12/2026", "29/11/2026", "14/12/2026"]
      .map((data): [string, string] => ["A", data]),
    ["A", "01/12/2026"],
    ["C", "30/11/2026"],
  ];
  for (const caso of casos) await responde(balcao, [[vagas(...caso), { codigo: "ERRO-103" }]]);
}, { config: DUAS });

teste(
  "um agendamento guarda quem pediu, a chave da especialidade e a duração; o que encerra vem antes do que marca",
  () => {
    const balcao = new BalcaoPuro(ACENTOS, CEDO);
    const { mudancas } = balcao.decide(agend(ANA, { especialista: "clínico geral", data: "01/12/2026" }));
    const agendamento: Agendamento = {
      id: 1,
      cpf: ANA,
      nome: "ANA",
      especialidade: "CLINICO GERAL",
      profissional: "",
      data: "2026-12-01",
      hora: "08:00",
      minutos: 30,
    };
    assertEquals(mudancas, [{ tipo: "marca", agendamento, quem: BALCAO }]);
    balcao.agora = em("2026-12-01T08:30");
    const depois = balcao.decide(agend(ANA, { data: "08/12/2026" })).mudancas;
    assertEquals(depois, [
      { tipo: "arquiva", agendamento, quem: BALCAO },
      { tipo: "marca", agendamento: { ...agendamento, id: 2, data: "2026-12-08" }, quem: BALCAO },
    ]);
    assertEquals(balcao.decide(cancel(ANA)).mudancas.map(({ tipo }) => tipo), ["desmarca"]);
    for (const pedido of [busca(ANA), vagas(), cancel(ANA), agend(ANA, { dia: "x" })]) {
      assertEquals(balcao.decide(pedido).mudancas, []);
    }
  },
);

teste("só AGEND e CANCEL podem mudar o livro", () => {
  const pedidos: PedidoNoFio[] = [agend(ANA), cancel(ANA), busca(ANA), vagas(), { comando: "PING" }, {
    comando: "SAIR",
  }];
  assertEquals(pedidos.map(lido).map(muda), [true, true, false, false, false, false]);
});

// A saudação.

async function primeiras(balcao: BalcaoDaAgenda): Promise<readonly PrimeiraVaga[] | undefined> {
  const saudacao = await balcao.saudacao();
  return saudacao.codigo === "OK-200" ? saudacao.primeiras : undefined;
}

teste("a saudação tem a primeira hora livre de cada especialidade, na ordem da configuração", async () => {
  await using balcao = new BalcaoDaAgenda({}, CEDO);
  const derma: PrimeiraVaga = ["02/12/2026", "QUARTA-FEIRA", "08:00", "DERMATOLOGISTA"];
  const nutri: PrimeiraVaga = ["04/12/2026", "SEXTA-FEIRA", "08:00", "NUTRICIONISTA"];
  const clinico = (data: string, hora: string): PrimeiraVaga => [data, "SEGUNDA-FEIRA", hora, CLINICO];
  assertEquals(await primeiras(balcao), [clinico("30/11/2026", "08:00"), derma, nutri]);
  await balcao.pede(agend(ANA));
  assertEquals(await primeiras(balcao), [clinico("30/11/2026", "08:30"), derma, nutri]);
  balcao.agora = em("2026-11-30T09:30");
  assertEquals(await primeiras(balcao), [clinico("30/11/2026", "10:00"), derma, nutri]);
  await balcao.pede(agend(BIA));
  assertEquals(await primeiras(balcao), [clinico("07/12/2026", "08:00"), derma, nutri]);
});

teste("a saudação deixa de fora a especialidade sem hora livre na janela", async () => {
  await using balcao = new BalcaoDaAgenda(DUAS, CEDO);
  const b: PrimeiraVaga = ["30/11/2026", "SEGUNDA-FEIRA", "08:00", "B"];
  assertEquals(await primeiras(balcao), [b, ["30/11/2026", "SEGUNDA-FEIRA", "08:00", "A"]]);
  await balcao.pede(agend(ANA, { especialista: "A" }));
  await balcao.pede(agend(BIA, { especialista: "A" }));
  assertEquals(await primeiras(balcao), [b]);
  balcao.agora = em("2026-12-08T14:00");
  balcao.troca({ ...DUAS, semanas: 1, fechado: ["2026-12-14"] });
  assertEquals(await primeiras(balcao), []);
});

// A fila e os lotes.

/** Um armazém que conta os lotes, falha quando se manda e só deixa ver o que o alcance diz. */
class Espiao implements Armazem {
  readonly base = ArmazemSqlite.abre(":memory:");
  /** Quantos lotes foram pedidos. */
  lotes = 0;
  /** O que acontece com os próximos lotes; depois deles, gravam. */
  proximos: ("grava" | "nada" | "recusado" | "incerto" | "pendente" | "rejeita" | "lança")[] = [];
  /** O fim de um lote pendente espera por ele. */
  descoberta: Promise<"grava" | "nada" | "incerto"> = Promise.resolve("grava");
  /** Quando há, as leituras passam por aqui. */
  leitura: "agora" | "depois" | "lança" | "rejeita" = "agora";
  /** O lote espera por ele depois de começar. */
  portao: Promise<void> = Promise.resolve();
  alcances: Alcance[] = [];
  #comecou = Promise.withResolvers<void>();

  /** Espera até que o próximo lote comece. */
  async comeca(): Promise<void> {
    await this.#comecou.promise;
    this.#comecou = Promise.withResolvers();
  }

  // deno-lint-ignore require-await
  async #falha<R>(tipo: "nada" | "recusado" | "incerto"): Promise<Desfecho<R>> {
    return { tipo, causa: new Error(tipo) };
  }

  async #descobre<R>(grava: () => Promise<Desfecho<R>>): Promise<Fim<R>> {
    const descoberto = await this.descoberta;
    if (descoberto !== "grava") return { tipo: descoberto, causa: new Error(descoberto) };
    const desfecho = await grava();
    if (desfecho.tipo === "pendente") throw new TypeError("o SQLite não deixa nada pendente");
    return desfecho;
  }

  lote<R>(alcance: () => Alcance, quando: number, decide: (vista: Vista) => Lote<R>): Promise<Desfecho<R>> {
    this.lotes++;
    this.#comecou.resolve();
    this.alcances.push(alcance());
    const restrito = (vista: Vista): Lote<R> => decide(restringe(vista, alcance()));
    const proximo = this.proximos.shift() ?? "grava";
    switch (proximo) {
      case "grava":
        return this.portao.then(() => this.base.lote(alcance, quando, restrito));
      case "pendente":
        return Promise.resolve({
          tipo: "pendente",
          fim: this.#descobre(() => this.base.lote(alcance, quando, restrito)),
        });
      case "rejeita":
        return Promise.reject(new Error("rejeita"));
      case "lança":
        throw new Error("lança");
      default:
        this.base.le(alcance, restrito);
        return this.#falha(proximo);
    }
  }

  le<R>(alcance: () => Alcance, consulta: (vista: Vista) => R): R | Promise<R> {
    const le = (): R => this.base.le(alcance, (vista) => consulta(restringe(vista, alcance())));
    switch (this.leitura) {
      case "agora":
        return le();
      case "depois":
        return Promise.resolve().then(le);
      case "lança":
        throw new Error("lança");
      case "rejeita":
        return Promise.reject(new Error("rejeita"));
    }
  }

  lista(data: string, especialidade?: string): Promise<Agendamento[]> {
    return this.base.lista(data, especialidade);
  }

  diasMarcados(desde: string): Promise<Dia[]> {
    return this.base.diasMarcados(desde);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.base[Symbol.asyncDispose]();
  }
}

/** A vista como a teria um armazém que só carregou o alcance: outro CPF é um erro, outro dia parece tomado. */
function restringe(vista: Vista, { cpfs, dias }: Alcance): Vista {
  return {
    ativosDe(cpf: string): readonly Agendamento[] {
      assert(cpfs.includes(cpf), `CPF fora do alcance: ${cpf}`);
      return vista.ativosDe(cpf);
    },
    ocupacao(especialidade: string, data: string): Ocupacao {
      if (dias.some((dia) => dia[0] === especialidade && dia[1] === data)) return vista.ocupacao(especialidade, data);
      const tomado = Ocupacao.vazia();
      tomado.toma(0, 1440);
      return tomado;
    },
    novoId: () => vista.novoId(),
  };
}

function comEspiao(config: unknown = {}, agora = CEDO): BalcaoDaAgenda & { readonly armazem: Espiao } {
  const armazem = new Espiao();
  return Object.assign(new BalcaoDaAgenda(config, agora, armazem), { armazem });
}

function codigos(respostas: readonly Resposta[] | undefined): Codigo[] | undefined {
  return respostas?.map(({ codigo }) => codigo);
}

teste("pedidos da mesma volta vão num só lote", async () => {
  await using balcao = comEspiao();
  const respostas = await Promise.all(
    Array.from({ length: 50 }, (_, i) => balcao.atende([agend(cpfDeExemplo(i))], "x")),
  );
  await balcao.agenda.esvazia();
  assertStrictEquals(balcao.armazem.lotes, 1);
  assertEquals(respostas.flatMap((resposta) => codigos(resposta)), [
    ...new Array(5).fill("OK-300"),
    ...new Array(45).fill("ERRO-110"),
  ]);
});

teste("um lote espera por quem ainda chega na mesma volta do laço de eventos", async () => {
  await using balcao = comEspiao();
  const respostas: unknown[] = [];
  for (let i = 0; i < 20; i++) {
    respostas.push(balcao.atende([cancel(cpfDeExemplo(i))], "x"));
    for (let microtarefa = 0; microtarefa < 5; microtarefa++) await Promise.resolve();
  }
  await Promise.all(respostas);
  assertStrictEquals(balcao.armazem.lotes, 1);
});

teste("trezentas conexões disputam cinco vagas: cinco ganham, cada uma a sua hora", async () => {
  await using balcao = comEspiao();
  const respostas = await Promise.all(
    Array.from({ length: 300 }, (_, i) => balcao.atende([agend(cpfDeExemplo(i))], `conexão ${i}`)),
  );
  const todas = respostas.flatMap((resposta) => resposta ?? []);
  const ganharam = todas.filter(({ codigo }) => codigo === "OK-300");
  assertEquals(ganharam.flatMap((r) => "agendamentos" in r ? r.agendamentos.map((tupla) => tupla[6]) : []), CINCO);
  assertStrictEquals(todas.filter(({ codigo }) => codigo === "ERRO-110").length, 295);
});

teste("quem chega enquanto um lote é gravado vai, junto, no seguinte", async () => {
  await using balcao = comEspiao();
  const portao = Promise.withResolvers<void>();
  balcao.armazem.portao = portao.promise;
  const primeiro = balcao.atende([agend(ANA)], "x");
  await balcao.armazem.comeca();
  const seguintes = Array.from({ length: 20 }, (_, i) => balcao.atende([agend(cpfDeExemplo(10 + i))], "x"));
  assertStrictEquals(balcao.armazem.lotes, 1);
  portao.resolve();
  assertEquals(codigos(await primeiro), ["OK-300"]);
  assertEquals((await Promise.all(seguintes)).filter((r) => r?.[0].codigo === "OK-300").length, 4);
  assertStrictEquals(balcao.armazem.lotes, 2);
});

teste("um lote tem um tamanho máximo, e o que não coube vai nos seguintes, na ordem", async () => {
  await using balcao = comEspiao();
  const ordem: number[] = [];
  await Promise.all(
    Array.from({ length: 30 }, async (_, i) => {
      const respostas = await balcao.atende(new Array(100).fill(cancel(ANA)), "x");
      assertEquals(codigos(respostas), new Array(100).fill("ERRO-113"));
      ordem.push(i);
    }),
  );
  assertEquals(ordem, [...ordem.keys()]);
  assert(balcao.armazem.lotes > 1 && balcao.armazem.lotes <= 4, `${balcao.armazem.lotes} lotes`);
});

teste("numa conexão, cada pedido vê o que os anteriores mudaram, num só lote", async () => {
  await using balcao = comEspiao();
  const respostas = await balcao.atende(
    [busca(ANA), agend(ANA), busca(ANA), agend(ANA), vagas(CLINICO, "30/11/2026"), cancel(ANA), busca(ANA), agend(ANA)],
    "x",
  );
  assertEquals(respostas, [
    { codigo: "ERRO-112" },
    marcado(ANA, "08:00"),
    achados(tupla(ANA, "08:00")),
    { codigo: "ERRO-111", agendamentos: [tupla(ANA, "08:00")] },
    livres(["30/11/2026", "SEGUNDA-FEIRA", CLINICO, CINCO.slice(1)]),
    { codigo: "OK-301", agendamentos: [tupla(ANA, "08:00")] },
    { codigo: "ERRO-112" },
    marcado(ANA, "08:00"),
  ]);
  assertStrictEquals(balcao.armazem.lotes, 1);
  assertEquals((await balcao.armazem.lista("2026-11-30")).map(({ cpf }) => cpf), [ANA]);
});

teste("dois pedidos seguidos de uma conexão se gravam na ordem em que chegaram", async () => {
  await using balcao = comEspiao();
  const respostas = await Promise.all(
    [agend(ANA), cancel(ANA), agend(BIA), cancel(ANA)].map((pedido) => balcao.atende([pedido], "x")),
  );
  assertEquals(respostas.map((resposta) => codigos(resposta)), [["OK-300"], ["OK-301"], ["OK-300"], ["ERRO-113"]]);
  assertEquals(await balcao.pede(busca(BIA)), achados(tupla(BIA, "08:00")));
});

teste("uma consulta é respondida na hora, do que está gravado, ainda que um lote espere", async () => {
  await using balcao = comEspiao();
  const { agenda, armazem } = balcao;
  assertEquals(balcao.atende([busca(ANA), { comando: "PING" }], "x"), [{ codigo: "ERRO-112" }, { codigo: "OK-200" }]);
  assertEquals(balcao.atende([], "x"), []);
  assert(!(agenda.saudacao() instanceof Promise));
  const portao = Promise.withResolvers<void>();
  armazem.portao = portao.promise;
  const marca = balcao.atende([agend(ANA)], "x");
  assertEquals(balcao.atende([busca(ANA)], "y"), [{ codigo: "ERRO-112" }]);
  await armazem.comeca();
  assertEquals(balcao.atende([busca(ANA)], "y"), [{ codigo: "ERRO-112" }]);
  portao.resolve();
  assertEquals(codigos(await marca), ["OK-300"]);
  assertEquals(balcao.atende([busca(ANA)], "y"), [achados(tupla(ANA, "08:00"))]);
  assertStrictEquals(armazem.lotes, 1);
});

teste("um armazém que lê depois responde depois, o mesmo", async () => {
  await using balcao = comEspiao();
  balcao.armazem.leitura = "depois";
  const resposta = balcao.atende([busca(ANA), vagas(CLINICO, "30/11/2026")], "x");
  assert(resposta instanceof Promise);
  assertEquals(codigos(await resposta), ["ERRO-112", "OK-304"]);
  assertStrictEquals((await primeiras(balcao))?.length, 3);
});

teste("uma consulta que não pôde ser lida é ERRO-131, e a seguinte não sofre por isso", async () => {
  await using balcao = comEspiao();
  for (const leitura of ["lança", "rejeita"] as const) {
    balcao.armazem.leitura = leitura;
    assertEquals(codigos(await balcao.atende([busca(ANA), vagas()], "x")), ["ERRO-131", "ERRO-131"]);
  }
  assertEquals(balcao.falhas, ["leitura", "leitura"]);
  balcao.armazem.leitura = "agora";
  assertEquals(await balcao.pede(busca(ANA)), { codigo: "ERRO-112" });
});

teste("o alcance diz os CPFs e os dias que os pedidos podem tocar, sem repetição", async () => {
  await using balcao = comEspiao(ACENTOS);
  const terca = { especialista: "clínico geral", data: "01/12/2026" };
  await balcao.atende([
    agend(ANA, terca),
    agend(BIA, terca),
    busca(ANA),
    cancel(CID),
    agend(ANA, { ...terca, especialista: "X" }),
    agend(ANA, { ...terca, data: "x" }),
    { comando: "PING" },
  ], "x");
  assertEquals(balcao.armazem.alcances, [{
    cpfs: [ANA, BIA, CID],
    dias: [["CLINICO GERAL", "2026-12-01"]],
    desmarcam: [CID],
  }]);
});

teste("quando nada foi gravado, o que mudaria o livro é ERRO-131 e o resto tem a resposta de sempre", async () => {
  await using balcao = comEspiao();
  await balcao.pede(agend(BIA));
  balcao.armazem.proximos = ["nada"];
  const [um, outro] = await Promise.all([
    balcao.atende([agend(ANA), busca(ANA), agend(BIA), cancel(CID), agend(CID, { dia: "x" }), vagas("X")], "x"),
    balcao.atende([busca(BIA), cancel(BIA), agend(CID, { horario: "08:00" }), { comando: "SAIR" }], "y"),
  ]);
  assertEquals(codigos(um), ["ERRO-131", "ERRO-112", "ERRO-111", "ERRO-113", "ERRO-103", "ERRO-103"]);
  assertEquals(codigos(outro), ["OK-302", "ERRO-131", "ERRO-110", "OK-201"]);
  assertEquals(balcao.falhas, ["nada"]);
  assertEquals(await balcao.pede(busca(BIA)), achados(tupla(BIA, "08:00")));
  assertEquals(await balcao.pede(agend(ANA)), marcado(ANA, "08:30"));
});

teste(
  "um lote que não foi gravado é uma falha só, e quem ele recusa espera por uma leitura só, fora da fila",
  async () => {
    await using balcao = comEspiao();
    const { armazem } = balcao;
    let leituras = 0;
    const solta = Promise.withResolvers<void>();
    const le = armazem.le.bind(armazem);
    armazem.le = (alcance, consulta) => {
      leituras++;
      return solta.promise.then(() => le(alcance, consulta));
    };
    armazem.proximos = ["nada"];
    const recusados = Array.from({ length: 20 }, (_, i) => balcao.atende([agend(cpfDeExemplo(i))], `conexão ${i}`));
    await armazem.comeca();
    // O lote seguinte grava, ainda que os recusados esperem.
    const seguinte = await balcao.atende([agend(cpfDeExemplo(30))]);
    assertEquals(codigos(seguinte), ["OK-300"]);
    assertEquals([leituras, balcao.falhas], [1, ["nada"]]);
    let esvaziou = false;
    const vazia = balcao.agenda.esvazia().then(() => esvaziou = true);
    await Promise.resolve();
    assert(!esvaziou, "esvaziar espera também por quem está fora da fila");
    solta.resolve();
    for (const resposta of await Promise.all(recusados)) assertEquals(codigos(resposta), ["ERRO-131"]);
    await vazia;
    assertStrictEquals(leituras, 1);
  },
);

teste("o que se gravou sai por aoGravar, na ordem e com quem pediu; o que não se gravou, não", async () => {
  await using balcao = comEspiao();
  const { armazem, gravadas } = balcao;
  await Promise.all([
    balcao.atende([agend(ANA), busca(ANA), cancel(ANA), vagas()], "x"),
    balcao.atende([agend(BIA), agend(BIA), agend(CID, { dia: "x" })], "y"),
  ]);
  const resumo = (): string[] =>
    gravadas.map(({ tipo, agendamento, quem }) => `${quem.cliente} ${tipo} ${NOMES[agendamento.cpf]}`);
  assertEquals(resumo(), ["x:1 marca ANA", "x:1 desmarca ANA", "y:1 marca BIA"]);
  gravadas.length = 0;
  armazem.proximos = ["nada", "incerto"];
  await balcao.atende([agend(CID)]);
  await balcao.atende([agend(CID)]);
  await balcao.atende([busca(BIA), vagas()]);
  assertEquals(resumo(), []);
  armazem.proximos = ["recusado", "pendente"];
  assertEquals(codigos(await balcao.atende([agend(CID)], "z")), ["OK-300"]);
  balcao.agora = em("2026-11-30T12:00");
  await balcao.atende([agend(BIA, { data: "07/12/2026" })], "w");
  assertEquals(resumo(), ["z:1 marca CID", "w:1 arquiva BIA", "w:1 marca BIA"]);
});

teste("um erro em quem ouve aoGravar não tira a resposta a ninguém, e é contado", async () => {
  await using armazem = ArmazemSqlite.abre(":memory:");
  const falhas: string[] = [];
  const agenda = new Agenda({
    armazem,
    oferta: lerOferta(),
    relogio: () => CEDO,
    aoFalhar: (tipo, causa) => falhas.push(`${tipo} ${causa}`),
    aoGravar(): void {
      throw new TypeError("defeito");
    },
  });
  assertEquals(codigos(await atendeNoFio(agenda, [agend(ANA)])), ["OK-300"]);
  assertEquals(codigos(await atendeNoFio(agenda, [agend(BIA)])), ["OK-300"]);
  assertEquals(falhas, ["contar TypeError: defeito", "contar TypeError: defeito"]);
});

teste("quem esperou por um desfecho que foi nada não espera ainda por uma leitura", async () => {
  await using balcao = comEspiao();
  balcao.armazem.proximos = ["pendente"];
  balcao.armazem.descoberta = Promise.resolve("nada");
  let leituras = 0;
  const le = balcao.armazem.le.bind(balcao.armazem);
  balcao.armazem.le = (alcance, consulta) => {
    leituras++;
    return le(alcance, consulta);
  };
  assertEquals(codigos(await balcao.atende([busca(ANA), agend(ANA), { comando: "PING" }])), [
    "ERRO-131",
    "ERRO-131",
    "OK-200",
  ]);
  assertStrictEquals(leituras, 0);
});

teste("uma consulta que mudaria o livro não é respondida como se o tivesse mudado", () => {
  const balcao = new BalcaoPuro({}, CEDO);
  const estado = { clinica: new Clinica(lerOferta()), vista: balcao.livro, agora: CEDO, quem: BALCAO };
  for (const pedido of [agend(ANA), cancel(ANA)]) {
    assertThrows(() => consultar(estado, lido(pedido)), TypeError, `${pedido.comando} muda o livro`);
  }
});

teste("quando nada foi gravado e nem se pode ler, tudo é ERRO-131", async () => {
  await using balcao = comEspiao();
  for (const leitura of ["lança", "rejeita"] as const) {
    balcao.armazem.proximos = ["nada"];
    balcao.armazem.leitura = leitura;
    assertEquals(codigos(await balcao.atende([agend(ANA), busca(ANA)], "x")), ["ERRO-131", "ERRO-131"]);
  }
  balcao.armazem.leitura = "agora";
  assertEquals(await balcao.pede(agend(ANA)), marcado(ANA, "08:00"));
});

teste("um lote recusado é tentado de novo, um pedido por vez", async () => {
  await using balcao = comEspiao();
  balcao.armazem.proximos = ["recusado"];
  const respostas = await Promise.all(
    [agend(ANA), agend(BIA), cancel(CID)].map((pedido) => balcao.atende([pedido], "x")),
  );
  assertEquals(respostas.map((resposta) => codigos(resposta)), [["OK-300"], ["OK-300"], ["ERRO-113"]]);
  assertStrictEquals(balcao.armazem.lotes, 4);
  assertEquals(balcao.falhas, []);
  assertEquals(await balcao.pede(busca(BIA)), achados(tupla(BIA, "08:30")));
});

teste("os pedidos de uma conexão, recusados juntos, são tentados um por um, na ordem", async () => {
  await using balcao = comEspiao();
  balcao.armazem.proximos = ["recusado", "grava", "grava", "grava", "recusado"];
  const respostas = await balcao.atende([agend(ANA), busca(ANA), cancel(ANA), agend(BIA)], "x");
  assertEquals(codigos(respostas), ["OK-300", "OK-302", "OK-301", "OK-300"]);
  assertEquals(await balcao.pede(busca(BIA)), achados(tupla(BIA, "08:00")));
});

teste("um pedido sozinho, recusado, é tentado de novo do que está no livro", async () => {
  await using balcao = comEspiao();
  balcao.armazem.proximos = ["recusado"];
  assertEquals(await balcao.pede(agend(ANA)), marcado(ANA, "08:00"));
  assertStrictEquals(balcao.armazem.lotes, 2);
  assertEquals(balcao.falhas, []);
});

for (
  const [descoberto, resposta] of [
    ["grava", ["OK-300"]],
    ["nada", ["ERRO-131"]],
    ["incerto", undefined],
  ] as const
) {
  teste(`um lote pendente não segura a fila, e quando se descobre (${descoberto}) tem a sua resposta`, async () => {
    await using balcao = comEspiao();
    const { agenda, armazem } = balcao;
    const descoberta = Promise.withResolvers<typeof descoberto>();
    armazem.descoberta = descoberta.promise;
    armazem.proximos = ["pendente"];
    let respondido = false;
    const pendente = Promise.resolve(balcao.atende([agend(ANA)], "x")).finally(() => respondido = true);
    await armazem.comeca();
    assertEquals(codigos(await balcao.atende([agend(BIA)], "x")), ["OK-300"]);
    assertEquals(respondido, false);
    let vazia = false;
    const esvazia = agenda.esvazia().then(() => vazia = true);
    await balcao.atende([agend(CID)], "x");
    assertEquals(vazia, false, "esvaziar espera pelo que se descobre");
    descoberta.resolve(descoberto);
    const respostas = await pendente;
    assertEquals(respostas && codigos(respostas), resposta && [...resposta]);
    await esvazia;
  });
}

teste("um pedido recusado sempre é ERRO-131, e não se tenta para sempre", async () => {
  await using balcao = comEspiao();
  balcao.armazem.proximos = new Array(50).fill("recusado");
  const [um, outro] = await Promise.all([
    balcao.atende([agend(ANA), busca(ANA)], "x"),
    balcao.atende([agend(BIA)], "y"),
  ]);
  assertEquals(codigos(um), ["ERRO-131", "ERRO-112"]);
  assertEquals(codigos(outro), ["ERRO-131"]);
  assert(balcao.armazem.lotes < 20, `${balcao.armazem.lotes} lotes`);
  assert(balcao.falhas.length > 0 && balcao.falhas.every((tipo) => tipo === "recusado"));
  balcao.armazem.proximos = [];
  assertEquals(await balcao.pede(agend(ANA)), marcado(ANA, "08:00"));
});

teste("de um desfecho incerto não se responde nada, e a fila segue", async () => {
  await using balcao = comEspiao();
  balcao.armazem.proximos = ["incerto"];
  const respostas = await Promise.all([
    balcao.atende([agend(ANA), busca(ANA)], "x"),
    balcao.atende([cancel(BIA)], "y"),
  ]);
  assertEquals(respostas, [undefined, undefined]);
  assertEquals(balcao.falhas, ["incerto"]);
  assertEquals(await balcao.pede(agend(BIA)), marcado(BIA, "08:00"));
});

teste("se um dos pedidos tentados um por um fica incerto, da conexão não se responde nada", async () => {
  await using balcao = comEspiao();
  balcao.armazem.proximos = ["recusado", "grava", "incerto"];
  assertStrictEquals(await balcao.atende([agend(ANA), agend(BIA), agend(CID)], "x"), undefined);
  assertEquals(await balcao.pede(busca(ANA)), achados(tupla(ANA, "08:00")));
  assertEquals(await balcao.pede(busca(CID)), { codigo: "ERRO-112" });
});

teste("um armazém que rejeita ou lança deixa o desfecho incerto, e a fila segue", async () => {
  await using balcao = comEspiao();
  for (const proximo of ["rejeita", "lança"] as const) {
    balcao.armazem.proximos = [proximo];
    const respostas: unknown[] = [];
    for (const cpf of [ANA, BIA]) {
      Promise.resolve(balcao.atende([agend(cpf)], "x")).then((resposta) => respostas.push(resposta));
    }
    await balcao.agenda.esvazia();
    assertEquals(respostas, [undefined, undefined]);
  }
  assertEquals(balcao.falhas, ["incerto", "incerto"]);
  assertEquals(await balcao.pede(agend(CID)), marcado(CID, "08:00"));
});

teste("esvaziar espera pela resposta de tudo o que entrou", async () => {
  await using balcao = comEspiao();
  let respondidos = 0;
  for (let i = 0; i < 3000; i++) {
    Promise.resolve(balcao.atende([cancel(cpfDeExemplo(i))], "x")).then(() => respondidos++);
  }
  await balcao.agenda.esvazia();
  assertStrictEquals(respondidos, 3000);
  await balcao.agenda.esvazia();
});

teste("a fila faz uma tarefa por vez, na ordem de chegada", async () => {
  const fila = new Fila();
  const passos: string[] = [];
  const portao = Promise.withResolvers<void>();
  const tarefas = ["a", "b", "c"].map((nome) =>
    fila.entra(async () => {
      passos.push(`${nome} começa`);
      await portao.promise;
      passos.push(`${nome} acaba`);
      return nome;
    })
  );
  await Promise.resolve();
  portao.resolve();
  assertEquals(await Promise.all(tarefas), ["a", "b", "c"]);
  assertEquals(passos, ["a começa", "a acaba", "b começa", "b acaba", "c começa", "c acaba"]);
});

teste("uma tarefa que rejeita ou lança não para a fila, e o erro é de quem a pôs", async () => {
  const fila = new Fila();
  const rejeita = fila.entra(() => Promise.reject(new Error("rejeitou")));
  const lanca = fila.entra(() => {
    throw new Error("lançou");
  });
  const boa = fila.entra(() => Promise.resolve("boa"));
  await assertRejects(() => rejeita, Error, "rejeitou");
  await assertRejects(() => lanca, Error, "lançou");
  assertStrictEquals(await boa, "boa");
  assertStrictEquals(await fila.entra(() => Promise.resolve("depois")), "depois");
});

// A agenda inteira contra um modelo ingênuo.

interface Atendimento {
  especialidade: string;
  dia: string;
  inicio: string;
  vagas: number;
  minutos: number;
}

interface Config {
  semanas: number;
  fechado: string[];
  atendimentos: Atendimento[];
}

const CONFIGS: Config[] = [
  {
    semanas: 2,
    fechado: ["2026-12-03"],
    atendimentos: [
      { especialidade: "Clínico Geral", dia: "SEGUNDA-FEIRA", inicio: "14:00", vagas: 1, minutos: 30 },
      { especialidade: "PEDIATRA", dia: "SEGUNDA-FEIRA", inicio: "08:00", vagas: 2, minutos: 45 },
      { especialidade: "Clínico Geral", dia: "SEGUNDA-FEIRA", inicio: "08:00", vagas: 2, minutos: 30 },
      { especialidade: "Ortopedia", dia: "TERÇA-FEIRA", inicio: "23:00", vagas: 2, minutos: 30 },
      { especialidade: "Clínico Geral", dia: "QUINTA-FEIRA", inicio: "08:00", vagas: 1, minutos: 30 },
      { especialidade: "PEDIATRA", dia: "QUARTA-FEIRA", inicio: "00:00", vagas: 1, minutos: 20 },
    ],
  },
  {
    semanas: 1,
    fechado: ["2026-12-01"],
    atendimentos: [
      { especialidade: "CLINICO GERAL", dia: "SEGUNDA-FEIRA", inicio: "08:15", vagas: 3, minutos: 20 },
      { especialidade: "Pediátra", dia: "SEGUNDA-FEIRA", inicio: "08:30", vagas: 2, minutos: 60 },
      { especialidade: "CLINICO GERAL", dia: "QUINTA-FEIRA", inicio: "08:00", vagas: 2, minutos: 30 },
    ],
  },
];

interface Linha {
  cpf: string;
  nome: string;
  chave: string;
  data: string;
  hora: string;
  minutos: number;
  ativo: boolean;
  cancelado: boolean;
}

/** As regras como o design as diz: uma lista, percorrida inteira a cada pergunta. */
class Modelo {
  livro: Linha[] = [];
  config: Config;

  constructor(config: Config) {
    this.config = config;
  }

  responde(pedido: PedidoNoFio, agora: number): Resposta {
    switch (pedido.comando) {
      case "PING":
        return { codigo: "OK-200" };
      case "SAIR":
        return { codigo: "OK-201" };
      case "BUSCA": {
        const agendamentos = this.#ativos(pedido.cpf, agora).map((linha) => this.#tupla(linha));
        return agendamentos.length > 0 ? { codigo: "OK-302", agendamentos } : { codigo: "ERRO-112" };
      }
      case "CANCEL": {
        const { especialista } = pedido;
        const ativos = this.#ativos(pedido.cpf, agora)
          .filter(({ chave }) => especialista === undefined || chave === simples(especialista));
        if (ativos.length === 0) return { codigo: "ERRO-113" };
        if (ativos.length > 1) return { codigo: "ERRO-114", agendamentos: ativos.map((linha) => this.#tupla(linha)) };
        ativos[0].ativo = false;
        ativos[0].cancelado = true;
        return { codigo: "OK-301", agendamentos: [this.#tupla(ativos[0])] };
      }
      case "VAGAS":
        return this.#vagas(pedido, agora);
      case "AGEND":
        return this.#marca(pedido, agora);
    }
  }

  primeiras(agora: number): PrimeiraVaga[] {
    return this.#especialidades().flatMap((nome) => {
      for (const data of this.#janela(agora)) {
        const [hora] = this.#livres(simples(nome), data, agora);
        if (hora !== undefined) return [[noFio(data), this.#dia(data), hora, nome] as const];
      }
      return [];
    });
  }

  #marca(pedido: PedidoNoFio & { comando: "AGEND" }, agora: number): Resposta {
    const data = this.#janela(agora).find((data) => noFio(data) === pedido.data);
    const chave = simples(pedido.especialista);
    const horarios = data === undefined ? [] : this.#horarios(chave, data);
    if (data === undefined || horarios.length === 0 || simples(pedido.dia) !== simples(this.#dia(data))) {
      return { codigo: "ERRO-103" };
    }
    const { cpf, nome, horario } = pedido;
    const pedida = horarios.find(({ hora }) => hora === horario);
    if (horario !== undefined && (pedida === undefined || instante(data, horario) <= agora)) {
      return { codigo: "ERRO-105" };
    }
    const doPar = this.livro.find((linha) => linha.ativo && linha.cpf === cpf && linha.chave === chave);
    if (doPar !== undefined && agora < fim(doPar)) {
      return { codigo: "ERRO-111", agendamentos: [this.#tupla(doPar)] };
    }
    const [hora] = this.#livres(chave, data, agora).filter((hora) => horario === undefined || hora === horario);
    if (hora === undefined) return { codigo: "ERRO-110" };
    if (doPar !== undefined) doPar.ativo = false;
    const minutos = horarios.find((horario) => horario.hora === hora)?.minutos ?? NaN;
    const linha: Linha = { cpf, nome, chave, data, hora, minutos, ativo: true, cancelado: false };
    this.livro.push(linha);
    return { codigo: "OK-300", agendamentos: [this.#tupla(linha)] };
  }

  #vagas({ especialista, data }: PedidoNoFio & { comando: "VAGAS" }, agora: number): Resposta {
    const nomes = this.#especialidades()
      .filter((nome) => especialista === undefined || simples(nome) === simples(especialista));
    if (nomes.length === 0) return { codigo: "ERRO-103" };
    const datas = this.#janela(agora).filter((iso) => data === undefined || noFio(iso) === data);
    if (data !== undefined && (datas.length === 0 || this.#horarios(simples(nomes[0]), datas[0]).length === 0)) {
      return { codigo: "ERRO-103" };
    }
    const vagas = datas.flatMap((iso) =>
      nomes.map((nome) => [noFio(iso), this.#dia(iso), nome, this.#livres(simples(nome), iso, agora)] as const)
    );
    return { codigo: "OK-304", vagas: vagas.filter(([, , , horas]) => horas.length > 0) };
  }

  /** Os ativos de um CPF, do mais cedo ao mais tarde. */
  #ativos(cpf: string, agora: number): Linha[] {
    return this.livro.filter((linha) => linha.ativo && linha.cpf === cpf && agora < fim(linha))
      .sort((a, b) => instante(a.data, a.hora) - instante(b.data, b.hora));
  }

  #janela(agora: number): string[] {
    const hoje = Temporal.Instant.fromEpochMilliseconds(agora).toZonedDateTimeISO("America/Sao_Paulo").toPlainDate();
    return Array.from({ length: 7 * this.config.semanas }, (_, i) => hoje.add({ days: i }).toString())
      .filter((data) => !this.config.fechado.includes(data));
  }

  #especialidades(): string[] {
    const nomes = this.config.atendimentos.map(({ especialidade }) => especialidade);
    return nomes.filter((nome, i) => nomes.findIndex((outro) => simples(outro) === simples(nome)) === i);
  }

  #horarios(chave: string, data: string): { hora: string; minutos: number }[] {
    return this.config.atendimentos
      .filter(({ especialidade, dia }) => simples(especialidade) === chave && simples(dia) === simples(this.#dia(data)))
      .flatMap(({ inicio, vagas, minutos }) =>
        Array.from({ length: vagas }, (_, i) => {
          const hora = Temporal.PlainTime.from(inicio).add({ minutes: i * minutos }).toString({
            smallestUnit: "minute",
          });
          return { hora, minutos };
        })
      ).sort((a, b) => a.hora < b.hora ? -1 : 1);
  }

  #livres(chave: string, data: string, agora: number): string[] {
    return this.#horarios(chave, data).filter(({ hora, minutos }) => {
      const inicio = instante(data, hora);
      return agora < inicio &&
        !this.livro.some((linha) =>
          !linha.cancelado && linha.chave === chave && instante(linha.data, linha.hora) < inicio + minutos * MINUTO &&
          inicio < fim(linha)
        );
    }).map(({ hora }) => hora);
  }

  #dia(data: string): string {
    return DIAS[Temporal.PlainDate.from(data).dayOfWeek - 1];
  }

  #tupla({ cpf, nome, chave, data, hora }: Linha): Tupla {
    const especialista = this.#especialidades().find((nome) => simples(nome) === chave) ?? chave;
    return ["AGEND", cpf, nome, especialista, noFio(data), this.#dia(data), hora];
  }
}

function simples(texto: string): string {
  return texto.normalize("NFD").replace(/[\u0300-\u036f]/g, "").toUpperCase();
}

function noFio(iso: string): string {
  return iso.split("-").reverse().join("/");
}

function instante(data: string, hora: string): number {
  return em(`${data}T${hora}`);
}

function fim({ data, hora, minutos }: Linha): number {
  return instante(data, hora) + minutos * MINUTO;
}

const arbCpf = fc.constantFrom(ANA, BIA, CID);
const arbEspecialista = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom("CLINICO GERAL", "clínico geral", "Pediatra", "PEDIÁTRA") },
  { weight: 1, arbitrary: fc.constantFrom("Ortopedia", "DENTISTA", "") },
);
const arbData = fc.constantFrom(
  ...["30/11/2026", "07/12/2026", "01/12/2026", "02/12/2026", "03/12/2026", "06/12/2026", "14/12/2026"],
  ...["23/11/2026", "31/02/2026", ""],
);
/** Quase sempre um dia em que aquela especialidade atende, numa das semanas ou nas duas. */
const arbOnde = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.constantFrom<[string, string]>(
      ["CLINICO GERAL", "30/11/2026"],
      ["clínico geral", "30/11/2026"],
      ["Pediatra", "30/11/2026"],
      ["PEDIÁTRA", "07/12/2026"],
      ["Clinico Geral", "07/12/2026"],
      ["CLINICO GERAL", "10/12/2026"],
      ["pediatra", "02/12/2026"],
      ["ORTOPEDIA", "01/12/2026"],
    ),
  },
  { weight: 1, arbitrary: fc.tuple(arbEspecialista, arbData) },
);
const HORAS = ["00:00", "08:00", "08:15", "08:30", "08:35", "08:45", "08:55", "09:30", "14:00", "23:30", "10:10", ""];
const arbAgend: fc.Arbitrary<PedidoNoFio> = fc.record({
  cpf: arbCpf,
  onde: arbOnde,
  dia: fc.constantFrom(...new Array<undefined>(12), "segunda-feira", "DOMINGO", ""),
  horario: fc.constantFrom(...new Array<undefined>(12), ...HORAS),
}).map(({ cpf, onde: [especialista, data], dia = diaDaSemana(data), horario }) =>
  agend(cpf, { especialista, data, dia, horario })
);
const arbPedido: fc.Arbitrary<PedidoNoFio> = fc.oneof(
  { weight: 8, arbitrary: arbAgend },
  { weight: 2, arbitrary: arbCpf.map(busca) },
  {
    weight: 2,
    arbitrary: fc.oneof(
      arbCpf.map((cpf) => cancel(cpf)),
      fc.tuple(arbCpf, arbEspecialista).map((campos) => cancel(...campos)),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.oneof(
      fc.constant(vagas()),
      arbEspecialista.map((especialista) => vagas(especialista)),
      arbOnde.map((onde) => vagas(...onde)),
    ),
  },
  { weight: 1, arbitrary: fc.constant<PedidoNoFio>({ comando: "PING" }) },
);
/** Uma volta do laço de eventos: os pedidos de cada conexão; ou o relógio que anda; ou a semana que muda. */
const arbPasso = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      conexoes: fc.array(fc.array(arbPedido, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 3 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      anda: fc.constantFrom(...[1, 15, 30, 45, 60, -20, 16 * 60].map((n) => n * MINUTO), DIA, 3 * DIA, -DIA),
    }),
  },
  { weight: 1, arbitrary: fc.record({ semana: fc.constantFrom(0, 1) }) },
);

teste("para qualquer sequência de pedidos, a agenda e o modelo respondem o mesmo", async () => {
  const vistos = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(fc.array(arbPasso, { minLength: 5, maxLength: 25, size: "max" }), async (passos) => {
      await using balcao = comEspiao(CONFIGS[0], em("2026-11-30T07:45"));
      const modelo = new Modelo(CONFIGS[0]);
      for (const passo of passos) {
        if ("anda" in passo) balcao.agora += passo.anda;
        else if ("semana" in passo) balcao.troca(modelo.config = CONFIGS[passo.semana]);
        else await confere(balcao, modelo, passo.conexoes);
      }
      const saudacao = await balcao.saudacao();
      assertEquals(saudacao, { codigo: "OK-200", primeiras: modelo.primeiras(balcao.agora) });
      for (const data of new Set(modelo.livro.map(({ data }) => data))) {
        const gravados = (await balcao.armazem.lista(data)).map((
          { cpf, especialidade, hora },
        ) => [cpf, especialidade, hora]);
        const esperados = modelo.livro.filter((linha) => linha.data === data && !linha.cancelado)
          .map(({ cpf, chave, hora }) => [cpf, chave, hora]);
        assertEquals(gravados.sort(), esperados.sort());
      }
    }),
    { numRuns: 300 },
  );
  const esperados = ["OK-200", "OK-300", "OK-301", "OK-302", "OK-304", "ERRO-103", "ERRO-105", "ERRO-110", "ERRO-111"];
  for (const codigo of [...esperados, "ERRO-112", "ERRO-113", "ERRO-114"]) {
    assert((vistos.get(codigo) ?? 0) >= 5, `${codigo} quase não apareceu: a propriedade confere pouco`);
  }

  /** Só consultas: na hora, do que já estava gravado. O resto: na ordem de chegada, num lote. */
  async function confere(balcao: BalcaoDaAgenda, modelo: Modelo, conexoes: PedidoNoFio[][]): Promise<void> {
    const respostas = conexoes.map((pedidos, i) => balcao.atende(pedidos, `conexão ${i}`));
    const esperadas = new Map<PedidoNoFio[], Resposta[]>();
    for (const consulta of [true, false]) {
      for (const pedidos of conexoes.filter((pedidos) => pedidos.map(lido).some(muda) !== consulta)) {
        esperadas.set(pedidos, pedidos.map((pedido) => modelo.responde(pedido, balcao.agora)));
      }
    }
    for (const [i, pedidos] of conexoes.entries()) {
      assertEquals(await respostas[i], esperadas.get(pedidos), JSON.stringify(pedidos));
      for (const { codigo } of esperadas.get(pedidos) ?? []) vistos.set(codigo, (vistos.get(codigo) ?? 0) + 1);
    }
  }
});
