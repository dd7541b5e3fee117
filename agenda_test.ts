/**
 * Testes da agenda: a fila, os lotes, os desfechos e o que cada pedido pode tocar, com o relógio dado e o livro na memória. O
 * que cada ato decide prova-se em `clinica/`. Sem nenhuma permissão.
 *
 * @module
 */

import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { Agenda, Fila } from "./agenda.ts";
import type { Agendamento } from "./clinica/agendamento.ts";
import {
  type Alcance,
  type Armazem,
  type Desfecho,
  type Dia,
  type Fim,
  type Lote,
  NENHUM_ALCANCE,
  type Vista,
} from "./clinica/livro.ts";
import { lerOferta } from "./clinica/oferta.ts";
import type { Pedido } from "./clinica/pedido.ts";
import { JA } from "./clinica/promover.ts";
import { cpfDeExemplo } from "./testes/apoio.ts";
import {
  achados,
  agend,
  ANA,
  BALCAO,
  BalcaoDaAgenda,
  BIA,
  busca,
  cancel,
  CEDO,
  CID,
  CINCO,
  CLINICO,
  desmarcado,
  em,
  EQUIPE,
  extra,
  fecha,
  livres,
  marcado,
  nomeDe,
  remarc,
  responde,
  SEGUNDA,
  situa,
  teste,
  tupla,
  vagas,
} from "./testes/balcao.ts";
import { ArmazemDeTeste, type Livro } from "./testes/livro_de_teste.ts";

const ACENTOS = { atendimentos: [{ especialidade: "Clínico Geral", dia: "terça-feira", vagas: 2 }] };

/** Um armazém que conta os lotes e falha quando se manda. */
class Espiao implements Armazem {
  readonly base = new ArmazemDeTeste();
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
    if (desfecho.tipo === "pendente") throw new TypeError("o armazém de teste não deixa nada pendente");
    return desfecho;
  }

  lote<R>(alcance: () => Alcance, quando: number, decide: (vista: Vista) => Lote<R>): Promise<Desfecho<R>> {
    this.lotes++;
    this.#comecou.resolve();
    this.alcances.push(alcance());
    const proximo = this.proximos.shift() ?? "grava";
    switch (proximo) {
      case "grava":
        return this.portao.then(() => this.base.lote(alcance, quando, decide));
      case "pendente":
        return Promise.resolve({
          tipo: "pendente",
          fim: this.#descobre(() => this.base.lote(alcance, quando, decide)),
        });
      case "rejeita":
        return Promise.reject(new Error("rejeita"));
      case "lança":
        throw new Error("lança");
      default:
        this.base.le(alcance, decide);
        return this.#falha(proximo);
    }
  }

  le<R>(alcance: () => Alcance, consulta: (vista: Vista) => R): R | Promise<R> {
    const le = (): R => this.base.le(alcance, consulta);
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

  get livro(): Livro {
    return this.base.livro;
  }

  lista(data: string, agenda?: string): Promise<Agendamento[]> {
    return this.base.lista(data, agenda);
  }

  diasMarcados(desde: string): Promise<Dia[]> {
    return this.base.diasMarcados(desde);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.base[Symbol.asyncDispose]();
  }
}

function comEspiao(config: unknown = {}, agora = CEDO): BalcaoDaAgenda & { readonly armazem: Espiao } {
  const armazem = new Espiao();
  return Object.assign(new BalcaoDaAgenda(config, agora, armazem), { armazem });
}

function codigos(respostas: readonly string[] | undefined): string[] | undefined {
  return respostas?.map((resposta) => resposta.split(" ")[0]);
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
  const ganharam = todas.filter((resposta) => resposta.startsWith("OK-300"));
  assertEquals(ganharam.map((resposta) => resposta.split(" ")[3]), CINCO);
  assertStrictEquals(todas.filter((resposta) => resposta === "ERRO-110").length, 295);
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
  assertEquals((await Promise.all(seguintes)).filter((r) => r?.[0].startsWith("OK-300")).length, 4);
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
    [busca(ANA), agend(ANA), busca(ANA), agend(ANA), vagas(CLINICO, SEGUNDA), cancel(ANA), busca(ANA), agend(ANA)],
    "x",
  );
  assertEquals(respostas, [
    "ERRO-112",
    marcado(ANA, "08:00"),
    achados(tupla(ANA, "08:00")),
    `ERRO-111 ${tupla(ANA, "08:00")}`,
    livres([SEGUNDA, CLINICO, CINCO.slice(1)]),
    desmarcado(ANA, "08:00"),
    "ERRO-112",
    marcado(ANA, "08:00"),
  ]);
  assertStrictEquals(balcao.armazem.lotes, 1);
  assertEquals((await balcao.armazem.lista(SEGUNDA)).map(({ cpf }) => cpf), [ANA]);
});

teste("dois pedidos seguidos de uma conexão se gravam na ordem em que chegaram", async () => {
  await using balcao = comEspiao();
  const respostas = await Promise.all(
    [agend(ANA), cancel(ANA), agend(BIA), cancel(ANA)].map((pedido) => balcao.atende([pedido], "x")),
  );
  assertEquals(respostas.map((resposta) => codigos(resposta)), [["OK-300"], ["OK-301"], ["OK-300"], ["ERRO-113"]]);
  await responde(balcao, [[busca(BIA), achados(tupla(BIA, "08:00"))]]);
});

teste("uma consulta é respondida na hora, do que está gravado, ainda que um lote espere", async () => {
  await using balcao = comEspiao();
  const { agenda, armazem } = balcao;
  assertEquals(balcao.atende([busca(ANA), { comando: "PING" }], "x"), ["ERRO-112", "OK-200"]);
  assertEquals(balcao.atende([], "x"), []);
  assert(!(agenda.saudacao() instanceof Promise));
  const portao = Promise.withResolvers<void>();
  armazem.portao = portao.promise;
  const marca = balcao.atende([agend(ANA)], "x");
  assertEquals(balcao.atende([busca(ANA)], "y"), ["ERRO-112"]);
  await armazem.comeca();
  assertEquals(balcao.atende([busca(ANA)], "y"), ["ERRO-112"]);
  portao.resolve();
  assertEquals(codigos(await marca), ["OK-300"]);
  assertEquals(balcao.atende([busca(ANA)], "y"), [achados(tupla(ANA, "08:00"))]);
  assertStrictEquals(armazem.lotes, 1);
});

teste("um armazém que lê depois responde depois, o mesmo", async () => {
  await using balcao = comEspiao();
  balcao.armazem.leitura = "depois";
  const resposta = balcao.atende([busca(ANA), vagas(CLINICO, SEGUNDA)], "x");
  assert(resposta instanceof Promise);
  assertEquals(codigos(await resposta), ["ERRO-112", "OK-304"]);
  assertStrictEquals((await balcao.saudacao()).split(",").length, 3);
});

teste("uma consulta que não pôde ser lida é ERRO-131, e a seguinte não sofre por isso", async () => {
  await using balcao = comEspiao();
  for (const leitura of ["lança", "rejeita"] as const) {
    balcao.armazem.leitura = leitura;
    assertEquals(codigos(await balcao.atende([busca(ANA), vagas()], "x")), ["ERRO-131", "ERRO-131"]);
  }
  assertEquals(balcao.falhas, ["leitura", "leitura"]);
  balcao.armazem.leitura = "agora";
  await responde(balcao, [[busca(ANA), "ERRO-112"]]);
});

teste("o alcance diz os CPFs e os dias que os pedidos podem tocar, sem repetição", async () => {
  await using balcao = comEspiao(ACENTOS);
  const terca = { especialista: "clínico geral", data: "2026-12-01" };
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
    ...NENHUM_ALCANCE,
    hoje: SEGUNDA,
    cpfs: [ANA, BIA, CID],
    dias: [["E:CLINICO GERAL", "2026-12-01"]],
    mudam: [CID],
    excecoes: "le",
    promove: true,
    novos: 4,
  }]);
});

teste("o alcance de cada ato é o que ele pode tocar, e nada mais", async () => {
  await using balcao = comEspiao(EQUIPE);
  const doClinico = (data: string): Dia[] =>
    ["E:CLINICO GERAL", "P:DRA. LIMA", "P:DR. REIS", "E:PEDIATRA"].map((agenda) => [agenda, data]);
  const daLista = { cpf: ANA, especialista: CLINICO };
  const pendencias = { instante: "2026-11-30T10:00:00Z", hoje: SEGUNDA, faltas: false };
  const pedidos: [Pedido, Partial<Alcance>][] = [
    [remarc(ANA), { cpfs: [ANA], mudam: [ANA], dias: doClinico(SEGUNDA), excecoes: "le", promove: true }],
    [remarc(ANA, { numero: 1 }), {
      cpfs: [ANA],
      historias: [ANA],
      mudam: [ANA],
      dias: doClinico(SEGUNDA),
      excecoes: "le",
      promove: true,
    }],
    [remarc(ANA, { data: "2026-12-28" }), { cpfs: [ANA], mudam: [ANA], excecoes: "le", promove: true }],
    [cancel(ANA, CLINICO, { numero: 1 }), { cpfs: [ANA], historias: [ANA], mudam: [ANA], promove: true }],
    [{ comando: "CORRIGE", cpf: ANA, especialista: CLINICO }, { cpfs: [ANA], mudam: [ANA] }],
    [situa(ANA, "CHEGOU"), { cpfs: [ANA], historias: [ANA], mudam: [ANA], senhas: [SEGUNDA], promove: true }],
    [situa(ANA, "ATENDIDO"), { cpfs: [ANA], historias: [ANA], mudam: [ANA], promove: true }],
    [situa(ANA, "CANCELADO"), { cpfs: [ANA], historias: [ANA], mudam: [ANA], voltam: [ANA], promove: true }],
    [situa(ANA, "DESFAZ"), {
      cpfs: [ANA],
      historias: [ANA],
      mudam: [ANA],
      voltam: [ANA],
      vizinhas: doClinico("").map(([agenda]) => agenda),
      excecoes: "le",
      promove: true,
    }],
    [fecha({ ate: "2026-12-02" }), { periodos: [[SEGUNDA, "2026-12-02"]], excecoes: "muda", promove: true }],
    // O que se vai recusar não lê o livro inteiro, nem trava os dias dos outros.
    [fecha({ data: "0001-01-01", ate: "9999-12-31" }), {}],
    [fecha({ ate: "9999-12-31" }), {}],
    [extra(700), { dias: doClinico(SEGUNDA), periodos: [[SEGUNDA, SEGUNDA]], excecoes: "muda", promove: true }],
    [{ comando: "REABRE", numero: 7 }, { reabrem: [7], excecoes: "muda", promove: true }],
    [{ comando: "ESPERA", nome: "ANA", ...daLista }, { cpfs: [ANA], listas: [CLINICO], excecoes: "le" }],
    [{ comando: "DESISTE", ...daLista }, { cpfs: [ANA], listas: [CLINICO], promove: true }],
    [{ comando: "ACEITA", ...daLista }, { cpfs: [ANA], mudam: [ANA], listas: [CLINICO], promove: true }],
    [{ comando: "RECUSA", ...daLista }, { cpfs: [ANA], listas: [CLINICO], promove: true }],
    [{ comando: "TICK" }, { pendencias, promove: true }],
    [{ comando: "PROSSEGUE" }, { pendencias, promove: true }],
    [{ comando: "PROSSEGUE", soNinguem: true }, {
      pendencias: { instante: JA, hoje: "", faltas: false },
      promove: true,
    }],
  ];
  for (const [pedido] of pedidos) await balcao.pede(pedido);
  for (const [i, [pedido, esperado]] of pedidos.entries()) {
    assertEquals(balcao.armazem.alcances[i], { ...NENHUM_ALCANCE, hoje: SEGUNDA, ...esperado }, JSON.stringify(pedido));
  }
});

teste("num lote em que uns procuram até mais tarde do que outros, procura-se por todos", async () => {
  for (const soNinguem of [[true, false], [false, true]]) {
    await using balcao = comEspiao();
    await balcao.atende(soNinguem.map((so) => ({ comando: "PROSSEGUE", soNinguem: so })));
    assertEquals(balcao.armazem.alcances[0].pendencias?.instante, "2026-11-30T10:00:00Z");
  }
});

teste("um lote que muda exceções e marca vê o que ele próprio abriu e fechou", async () => {
  await using balcao = comEspiao();
  assertEquals(
    codigos(
      await balcao.atende([fecha(), agend(ANA), { comando: "REABRE", numero: 1 }, agend(ANA), extra(600), extra(660)]),
    ),
    ["OK-312", "ERRO-103", "OK-314", "OK-300", "ERRO-121", "OK-313"],
  );
  assertStrictEquals(balcao.armazem.lotes, 1);
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
  await responde(balcao, [[busca(BIA), achados(tupla(BIA, "08:00"))]]);
  await responde(balcao, [[agend(ANA), marcado(ANA, "08:30")]]);
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
    gravadas.map((mudanca) =>
      `${mudanca.quem.cliente} ${mudanca.ato} ${
        typeof mudanca.depois === "object" && "cpf" in mudanca.depois ? nomeDe(mudanca.depois.cpf) : ""
      }`
    );
  assertEquals(resumo(), ["x:1 AGEND ANA", "x:1 CANCEL ANA", "y:1 AGEND BIA"]);
  gravadas.length = 0;
  armazem.proximos = ["nada", "incerto"];
  await balcao.atende([agend(CID)]);
  await balcao.atende([agend(CID)]);
  await balcao.atende([busca(BIA), vagas()]);
  assertEquals(resumo(), []);
  armazem.proximos = ["recusado", "pendente"];
  assertEquals(codigos(await balcao.atende([agend(CID)], "z")), ["OK-300"]);
  balcao.agora = em("2026-11-30T12:00");
  await balcao.atende([agend(BIA, { data: "2026-12-07" })], "w");
  assertEquals(resumo(), ["z:1 AGEND CID", "w:1 ARQUIVA BIA", "w:1 AGEND BIA"]);
});

teste("um erro em quem ouve aoGravar não tira a resposta a ninguém, e é contado", async () => {
  await using armazem = new ArmazemDeTeste();
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
  assertEquals((await agenda.atende([agend(ANA)], BALCAO))?.map(({ codigo }) => codigo), ["OK-300"]);
  assertEquals((await agenda.atende([agend(BIA)], BALCAO))?.map(({ codigo }) => codigo), ["OK-300"]);
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

teste("quando nada foi gravado e nem se pode ler, tudo é ERRO-131", async () => {
  await using balcao = comEspiao();
  for (const leitura of ["lança", "rejeita"] as const) {
    balcao.armazem.proximos = ["nada"];
    balcao.armazem.leitura = leitura;
    assertEquals(codigos(await balcao.atende([agend(ANA), busca(ANA)], "x")), ["ERRO-131", "ERRO-131"]);
  }
  balcao.armazem.leitura = "agora";
  await responde(balcao, [[agend(ANA), marcado(ANA, "08:00")]]);
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
  await responde(balcao, [[busca(BIA), achados(tupla(BIA, "08:30"))]]);
});

teste("os pedidos de uma conexão, recusados juntos, são tentados um por um, na ordem", async () => {
  await using balcao = comEspiao();
  balcao.armazem.proximos = ["recusado", "grava", "grava", "grava", "recusado"];
  const respostas = await balcao.atende([agend(ANA), busca(ANA), cancel(ANA), agend(BIA)], "x");
  assertEquals(codigos(respostas), ["OK-300", "OK-302", "OK-301", "OK-300"]);
  await responde(balcao, [[busca(BIA), achados(tupla(BIA, "08:00"))]]);
});

teste("um pedido sozinho, recusado, é tentado de novo do que está no livro", async () => {
  await using balcao = comEspiao();
  balcao.armazem.proximos = ["recusado"];
  await responde(balcao, [[agend(ANA), marcado(ANA, "08:00")]]);
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
  await responde(balcao, [[agend(ANA), marcado(ANA, "08:00")]]);
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
  await responde(balcao, [[agend(BIA), marcado(BIA, "08:00")]]);
});

teste("se um dos pedidos tentados um por um fica incerto, da conexão não se responde nada", async () => {
  await using balcao = comEspiao();
  balcao.armazem.proximos = ["recusado", "grava", "incerto"];
  assertStrictEquals(await balcao.atende([agend(ANA), agend(BIA), agend(CID)], "x"), undefined);
  await responde(balcao, [[busca(ANA), achados(tupla(ANA, "08:00"))]]);
  await responde(balcao, [[busca(CID), "ERRO-112"]]);
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
  await responde(balcao, [[agend(CID), marcado(CID, "08:00")]]);
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
