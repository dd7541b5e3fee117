/**
 * Testes do que só se lê: a busca, as horas livres, o dia, a história e a saudação. Sem nenhuma permissão.
 *
 * @module
 */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { cpfDeExemplo } from "../testes/apoio.ts";
import {
  achados,
  agend,
  ANA,
  BALCAO,
  BalcaoDaAgenda,
  BalcaoPuro,
  BIA,
  busca,
  cancel,
  CEDO,
  CID,
  CINCO,
  CLINICO,
  COM_LIMA,
  COM_REIS,
  como,
  desmarcado,
  DIA,
  DIAS,
  em,
  emTexto,
  EQUIPE,
  extra,
  fecha,
  lista,
  livres,
  marcado,
  poe,
  regra,
  remarc,
  responde,
  SEGUNDA,
  situa,
  teste,
  tupla,
  vagas,
} from "../testes/balcao.ts";

import { NENHUM_ALCANCE } from "./livro.ts";
import type { Pedido } from "./pedido.ts";
import { SERVIDOR } from "./promover.ts";
import { COMANDOS, consultar, muda, semLivro } from "./regras.ts";

regra("a busca mostra os ativos do mais cedo ao mais tarde, só daquele CPF", async (balcao) => {
  const nutri = { especialista: "NUTRICIONISTA", data: "2026-12-04" };
  const derma = { especialista: "DERMATOLOGISTA", data: "2026-12-02" };
  const tarde = { data: "2026-12-21" };
  await responde(balcao, [
    [agend(BIA, nutri), "OK-300"],
    [agend(ANA, tarde), "OK-300"],
    [agend(ANA, nutri), "OK-300"],
    [agend(ANA, derma), "OK-300"],
    [busca(ANA), achados(tupla(ANA, "08:00", derma), tupla(ANA, "08:30", nutri), tupla(ANA, "08:00", tarde))],
    [
      cancel(ANA),
      `ERRO-114 ${[tupla(ANA, "08:00", derma), tupla(ANA, "08:30", nutri), tupla(ANA, "08:00", tarde)].join(", ")}`,
    ],
    [busca(ANA), "OK-302"],
    [cancel(ANA, "dermatologista"), desmarcado(ANA, "08:00", derma)],
    [cancel(ANA, "DERMATOLOGISTA"), "ERRO-113"],
    [cancel(ANA, "PEDIATRA"), "ERRO-113"],
    [cancel(ANA, ""), "ERRO-113"],
    [cancel(ANA, "clínico geral"), "OK-301"],
    [cancel(ANA), desmarcado(ANA, "08:30", nutri)],
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
      [agend(ANA), `ERRO-111 ${tupla(ANA, "08:00")}`],
    ]);
  }
  balcao.agora = em("2026-11-30T08:30");
  await responde(balcao, [[busca(ANA), "ERRO-112"], [cancel(ANA), "ERRO-113"]]);
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

const NOITE = { semanas: 1, atendimentos: [{ especialidade: CLINICO, dia: DIAS[0], inicio: "23:00", vagas: 2 }] };

regra("um atendimento que vai até a meia-noite está ativo até ela", async (balcao) => {
  await responde(balcao, [[agend(ANA, { horario: "23:30" }), marcado(ANA, "23:30")]]);
  balcao.agora = em("2026-12-01T00:00") - 1;
  await responde(balcao, [[busca(ANA), achados(tupla(ANA, "23:30"))], [agend(BIA), "ERRO-110"]]);
  balcao.agora = em("2026-12-01T00:00");
  await responde(balcao, [
    [busca(ANA), "ERRO-112"],
    [agend(BIA), "ERRO-103"],
    [vagas(CLINICO, SEGUNDA), "ERRO-103"],
    [agend(ANA, { data: "2026-12-07" }), marcado(ANA, "23:00", { data: "2026-12-07" })],
  ]);
}, { config: NOITE });

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
    const [terca, outra] = ["2026-12-01", "2026-12-08"];
    const doDia = ["08:00", "14:00"];
    await responde(balcao, [
      [
        vagas(),
        livres([SEGUNDA, "B", ["08:00"]], [SEGUNDA, "A", ["08:00", "08:30"]], [terca, "B", doDia], [outra, "B", doDia]),
      ],
      [vagas("b"), livres([SEGUNDA, "B", ["08:00"]], [terca, "B", doDia], [outra, "B", doDia])],
      [vagas("a"), livres([SEGUNDA, "A", ["08:00", "08:30"]])],
      [vagas("b", "2026-12-01"), livres([terca, "B", doDia])],
      [agend(ANA, { especialista: "B" }), "OK-300"],
      [agend(BIA, { especialista: "B", data: "2026-12-01" }), "OK-300"],
      [vagas("B"), livres([terca, "B", ["14:00"]], [outra, "B", doDia])],
      [vagas("B", SEGUNDA), livres()],
      [vagas(), livres([SEGUNDA, "A", ["08:00", "08:30"]], [terca, "B", ["14:00"]], [outra, "B", doDia])],
    ]);
    balcao.agora = em("2026-11-30T08:00");
    await responde(balcao, [[vagas("A"), livres([SEGUNDA, "A", ["08:30"]])]]);
    balcao.agora = em("2026-11-30T08:30");
    await responde(balcao, [[vagas("A"), livres()]]);
  },
  { config: DUAS },
);

regra("vagas de um especialista ou de uma data que não há é ERRO-103", async (balcao) => {
  const casos: [string, string?][] = [
    ...["C", "", "CLINICO"].map((especialista): [string] => [especialista]),
    ...["", "2026-12-01", "2026-12-07", "2026-12-02", "2026-11-29", "2026-12-14"]
      .map((data): [string, string] => ["A", data]),
    ["A", "2026-12-01"],
    ["C", SEGUNDA],
  ];
  for (const caso of casos) await responde(balcao, [[vagas(...caso), "ERRO-103"]]);
}, { config: DUAS });

// ------------------------------------------------------------------------------------------------------ a saudação

teste("a saudação tem o primeiro dia livre de cada especialidade, na ordem da configuração", async () => {
  await using balcao = new BalcaoDaAgenda();
  const primeiras = async (clinico: string): Promise<void> => {
    const derma = `2026-12-02 QUARTA-FEIRA DERMATOLOGISTA: ${CINCO.join(" ")}`;
    const nutri = `2026-12-04 SEXTA-FEIRA NUTRICIONISTA: ${CINCO.join(" ")}`;
    assertEquals(await balcao.saudacao(), `OK-200 ${clinico},${derma},${nutri}`);
  };
  const clinico = (data: string, horas: readonly string[]): string =>
    `${data} SEGUNDA-FEIRA ${CLINICO}: ${horas.join(" ")}`;
  await primeiras(clinico(SEGUNDA, CINCO));
  await balcao.pede(agend(ANA));
  await primeiras(clinico(SEGUNDA, CINCO.slice(1)));
  balcao.agora = em("2026-11-30T09:30");
  await primeiras(clinico(SEGUNDA, ["10:00"]));
  await balcao.pede(agend(BIA));
  await primeiras(clinico("2026-12-07", CINCO));
});

teste("a saudação deixa de fora a especialidade sem hora livre na janela", async () => {
  await using balcao = new BalcaoDaAgenda(DUAS);
  const b = "2026-11-30 SEGUNDA-FEIRA B: 08:00";
  assertEquals(await balcao.saudacao(), `OK-200 ${b},2026-11-30 SEGUNDA-FEIRA A: 08:00 08:30`);
  await balcao.pede(agend(ANA, { especialista: "A" }));
  await balcao.pede(agend(BIA, { especialista: "A" }));
  assertEquals(await balcao.saudacao(), `OK-200 ${b}`);
  balcao.agora = em("2026-12-08T14:00");
  balcao.troca({ ...DUAS, semanas: 1, fechado: ["2026-12-14"] });
  assertEquals(await balcao.saudacao(), "OK-200 ");
});

teste("a saudação conta com as exceções, e com as horas de todos os profissionais juntas", async () => {
  await using balcao = new BalcaoDaAgenda({ ...EQUIPE, semanas: 1 });
  const clinico = (horas: string): string => `2026-11-30 SEGUNDA-FEIRA CLINICO GERAL: ${horas}`;
  const pediatra = "2026-11-30 SEGUNDA-FEIRA PEDIATRA Dr. Reis: 09:30 10:00";
  assertEquals(await balcao.saudacao(), `OK-200 ${clinico("08:00 08:30 09:00")},${pediatra}`);
  await balcao.pede(agend(ANA, { profissional: "DRA. LIMA" }));
  assertEquals(await balcao.saudacao(), `OK-200 ${clinico("08:00 08:30 09:00")},${pediatra}`);
  await balcao.pede(fecha({ profissional: "DR. REIS" }));
  assertEquals(await balcao.saudacao(), `OK-200 2026-11-30 SEGUNDA-FEIRA ${CLINICO} Dra. Lima: 08:30 09:00`);
});

// ------------------------------------------------------------------------------------------------------ vagas

regra("com profissionais, as horas são as de todos juntas, ou as de cada um à parte", async (balcao) => {
  const lima = `${CLINICO} Dra. Lima`;
  const reis = `${CLINICO} Dr. Reis`;
  const tres = CINCO.slice(0, 3);
  const separados = { porProfissional: true };
  await responde(balcao, [
    [agend(ANA, { profissional: "Dra. Lima", horario: "08:30" }), "OK-300"],
    [vagas(CLINICO, SEGUNDA), livres([SEGUNDA, CLINICO, tres])],
    [vagas(CLINICO, SEGUNDA, separados), livres([SEGUNDA, lima, ["08:00", "09:00"]], [SEGUNDA, reis, tres])],
    [vagas(CLINICO, SEGUNDA, { ...separados, profissional: "dr. reis" }), livres([SEGUNDA, reis, tres])],
    [vagas("PEDIATRA", SEGUNDA, { ...separados, profissional: "Dra. Lima" }), livres()],
    [vagas(CLINICO, SEGUNDA, { ...separados, profissional: "Dra. Silva" }), "ERRO-103"],
    [agend(BIA, { profissional: "Dr. Reis", horario: "08:30" }), "OK-300"],
    [vagas(CLINICO, SEGUNDA), livres([SEGUNDA, CLINICO, ["08:00", "09:00"]])],
    [
      vagas(undefined, undefined, { ...separados, profissional: "DR. REIS" }),
      livres([SEGUNDA, reis, ["08:00", "09:00"]], [SEGUNDA, "PEDIATRA Dr. Reis", ["09:30", "10:00"]]),
    ],
  ]);
}, { config: { ...EQUIPE, semanas: 1 } });

// ------------------------------------------------------------------------------------------------------ o dia, a história

regra(
  "a lista traz o dia inteiro, cancelados também: por hora, profissional na ordem da configuração e número",
  async (balcao) => {
    const lima = { profissional: "DRA. LIMA" };
    const reis = { profissional: "DR. REIS" };
    poe(balcao, { cpf: cpfDeExemplo(8), ...reis, hora: "09:00", situacao: "CONVIDADO", ativo: false });
    poe(balcao, { cpf: cpfDeExemplo(9), ...reis, hora: "09:00", situacao: "PASSOU", ativo: false });
    await responde(balcao, [
      [agend(BIA, { ...reis, horario: "08:30" }), "OK-300"],
      [agend(CID, { ...reis, horario: "08:00" }), "OK-300"],
      [agend(ANA, { ...lima, horario: "08:00" }), "OK-300"],
      [cancel(ANA), "OK-301"],
      [agend(ANA, { ...lima, horario: "08:00" }), "OK-300"],
      [agend(ANA, { especialista: "PEDIATRA", data: "2026-12-07" }), "OK-300"],
      [
        lista(),
        `OK-310 ${
          [
            tupla(ANA, "08:00", { mais: "DRA. LIMA CANCELADO" }),
            tupla(ANA, "08:00", COM_LIMA),
            tupla(CID, "08:00", COM_REIS),
            tupla(BIA, "08:30", COM_REIS),
          ].join(", ")
        }`,
      ],
      [
        lista({ profissional: "dr. reis" }),
        `OK-310 ${tupla(CID, "08:00", COM_REIS)}, ${tupla(BIA, "08:30", COM_REIS)}`,
      ],
      [lista({ especialista: "pediatra" }), "OK-310 "],
      [lista({ profissional: "NINGUÉM" }), "ERRO-103"],
      [lista({ data: "" }), "ERRO-103"],
      [lista({ data: "2026-12-07" }), `OK-310 ANA 2026-12-07 09:30 PEDIATRA DR. REIS`],
      [lista({ data: "2020-01-01" }), "OK-310 "],
      [lista({ data: "2036-01-01" }), "OK-310 "],
    ]);
  },
  { config: EQUIPE },
);

regra("a ordem de chamada é a prioridade, e depois a mais tardia entre a chegada e a hora marcada", async (balcao) => {
  const [DEZ, ONZE] = [cpfDeExemplo(10), cpfDeExemplo(11)];
  const cpfs = [ANA, BIA, CID, DEZ, ONZE];
  for (const cpf of cpfs) await balcao.pede(agend(cpf));
  const chega = async (cpf: string, hora: string, mais = {}): Promise<void> => {
    balcao.agora = em(`2026-11-30T${hora}`);
    await responde(balcao, [[situa(cpf, "CHEGOU", mais), "OK-306"]]);
  };
  await chega(CID, "07:10"); // das 09:00
  await chega(BIA, "07:20"); // das 08:30
  await chega(DEZ, "07:30", { prioridade: 2 }); // das 09:30
  await chega(ANA, "08:40"); // das 08:00
  const nomes = async (): Promise<string> =>
    emTexto(balcao.clinica, await balcao.pede(lista({ ordem: "chamada" }))).replaceAll(
      / 2026-\S+ \S+ CLINICO GERAL/g,
      "",
    );
  const dez = `X${DEZ} CHEGOU`;
  assertEquals(await nomes(), `OK-310 ${dez}, BIA CHEGOU, ANA CHEGOU, CID CHEGOU, X${ONZE}`);
  await responde(balcao, [[situa(BIA, "CHAMADO"), "OK-306"]]);
  assertEquals(await nomes(), `OK-310 ${dez}, ANA CHEGOU, CID CHEGOU, BIA CHAMADO, X${ONZE}`);
  // Não entrou: guarda o lugar.
  await responde(balcao, [[situa(BIA, "CHEGOU"), "OK-306"]]);
  assertEquals(await nomes(), `OK-310 ${dez}, BIA CHEGOU, ANA CHEGOU, CID CHEGOU, X${ONZE}`);
});

regra(
  "a história traz tudo o que foi de um CPF, do mais novo ao mais antigo, menos as horas seguradas",
  async (balcao) => {
    const nutri = { especialista: "NUTRICIONISTA", data: "2026-12-04" };
    poe(balcao, { cpf: ANA, data: "2026-12-07", situacao: "CONVIDADO", ativo: false });
    poe(balcao, { cpf: ANA, data: "2026-12-14", situacao: "PASSOU", ativo: false });
    await responde(balcao, [
      [agend(ANA, nutri), "OK-300"],
      [agend(ANA), "OK-300"],
      [cancel(ANA, CLINICO), "OK-301"],
      [agend(BIA), "OK-300"],
      [
        { comando: "HISTORIA", cpf: ANA },
        `OK-315 ${tupla(ANA, "08:00", nutri)}, ${tupla(ANA, "08:00", { mais: "CANCELADO" })}`,
      ],
      [{ comando: "HISTORIA", cpf: CID }, "OK-315 "],
    ]);
  },
);

// ------------------------------------------------------------------------------------------------------ só ler

teste("só os atos mudam o livro, e uma consulta que o mudaria não é respondida como se o tivesse mudado", () => {
  const balcao = new BalcaoPuro();
  const atos: Pedido[] = [
    ...[agend(ANA), remarc(ANA), cancel(ANA), situa(ANA, "CHEGOU"), fecha(), extra(600)],
    { comando: "CORRIGE", cpf: ANA, especialista: CLINICO },
    { comando: "REABRE", numero: 1 },
    { comando: "ESPERA", cpf: ANA, nome: "ANA", especialista: CLINICO },
    { comando: "TITULAR", cpf: ANA, ato: "GUARDA" },
    ...(["DESISTE", "ACEITA", "RECUSA"] as const).map((comando) => ({ comando, cpf: ANA, especialista: CLINICO })),
    ...(["TICK", "PROSSEGUE"] as const).map((comando) => ({ comando })),
  ];
  const consultas: Pedido[] = [
    ...[busca(ANA), vagas(), lista()],
    { comando: "HISTORIA", cpf: ANA },
    { comando: "FILA", especialista: CLINICO },
    { comando: "EXCECOES" },
    { comando: "OLA" },
    { comando: "PING" },
    { comando: "SAIR" },
  ];
  assertEquals(new Set([...atos, ...consultas].map(({ comando }) => comando)), new Set(Object.keys(COMANDOS)));
  assertEquals(consultas.filter(muda), []);
  const vista = balcao.livro.vista(NENHUM_ALCANCE);
  const estado = { clinica: balcao.clinica, vista, agora: CEDO, quem: SERVIDOR, sorteia: () => "" };
  for (const pedido of atos) {
    assert(muda(pedido), pedido.comando);
    assertThrows(() => consultar(estado, pedido), TypeError, `${pedido.comando} muda o livro`);
  }
});

teste("um erro de leitura passa pela agenda sem que ela faça nada", () => {
  const balcao = new BalcaoPuro();
  const erro = { codigo: "ERRO-102" } as const;
  assertEquals(balcao.decide(erro), { resultado: erro, mudancas: [] });
  assertEquals([muda(erro), semLivro(erro, BALCAO)], [false, erro]);
});

teste("sem o livro, só se responde o que não precisa dele", () => {
  const codigos = Object.values(COMANDOS).map(({ semLivro }) => semLivro.codigo);
  assertEquals(codigos.filter((codigo) => codigo !== "ERRO-131"), ["OK-200", "OK-200", "OK-201"]);
  // A quem não pode, isso; e uma chave que não é de ninguém continua a não ser.
  const vagas = { comando: "VAGAS" } as const;
  assertEquals(semLivro(vagas, como("anonimo")), { codigo: "ERRO-131" });
  assertEquals(semLivro(vagas, como("ninguem")), { codigo: "ERRO-120" });
  assertEquals(semLivro({ comando: "OLA", chave: "clinica_" }, BALCAO), { codigo: "ERRO-120" });
});

regra("OLA apresenta; a chave que a sessão não reconheceu é negada", async (balcao) => {
  assertEquals(await balcao.pede({ comando: "OLA" }), { codigo: "OK-200", apresenta: true });
  assertEquals(await balcao.pede({ comando: "OLA", chave: "abc" }), { codigo: "ERRO-120" });
});

teste("a lista traz tudo o que conta, e dos cancelados da data só os mil mais novos", () => {
  const balcao = new BalcaoPuro();
  poe(balcao, { cpf: BIA });
  for (let n = 0; n < 1002; n++) poe(balcao, { cpf: CID, situacao: "CANCELADO", ativo: false });
  poe(balcao, { cpf: CID, situacao: "PASSOU", ativo: false });
  poe(balcao, { cpf: ANA, hora: "09:00" });
  const numeros = (pedido: Pedido): number[] => {
    const { resultado } = balcao.decide(pedido);
    return "agendamentos" in resultado ? resultado.agendamentos.map(({ numero }) => numero) : [];
  };
  assertEquals(numeros(lista()), [1, ...Array.from({ length: 1000 }, (_, i) => i + 4), 1005]);
  assertEquals(numeros(lista({ especialista: "PEDIATRA" })), []);
});
