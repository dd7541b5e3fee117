/**
 * Testes de `AGEND`: a hora que se dá, com quem, e o que se recusa. Sem nenhuma permissão.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { cpfDeExemplo } from "../testes/apoio.ts";
import {
  achados,
  agend,
  ANA,
  BALCAO,
  BalcaoPuro,
  BIA,
  busca,
  type Campos,
  cancel,
  CEDO,
  CID,
  CINCO,
  CLINICO,
  codigoDeTeste,
  COM_LIMA,
  COM_REIS,
  como,
  desmarcado,
  DIAS,
  em,
  EQUIPE,
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
import type { Pedido } from "./pedido.ts";

regra("cada código da tabela tem o pedido que o provoca", async (balcao) => {
  await responde(balcao, [
    [{ comando: "PING" }, "OK-200"],
    [busca(ANA), "ERRO-112"],
    [cancel(ANA), "ERRO-113"],
    [agend(ANA), marcado(ANA, "08:00")],
    [agend(ANA), `ERRO-111 ${tupla(ANA, "08:00")}`],
    [agend(BIA, { horario: "08:00" }), "ERRO-110"],
    [agend(BIA, { horario: "08:10" }), "ERRO-105"],
    [agend(BIA, { especialista: "PEDIATRA" }), "ERRO-103"],
    [agend(ANA, { especialista: "NUTRICIONISTA", data: "2026-12-04" }), "OK-300"],
    [cancel(ANA), "ERRO-114"],
    [cancel(ANA, CLINICO), desmarcado(ANA, "08:00")],
    [busca(ANA), achados(tupla(ANA, "08:00", { especialista: "NUTRICIONISTA", data: "2026-12-04" }))],
    [vagas(CLINICO, SEGUNDA), livres([SEGUNDA, CLINICO, CINCO])],
    [{ comando: "SAIR" }, "OK-201"],
  ]);
});

regra("sem HORÁRIO vale a primeira hora livre, e num dia cabem cinco, não seis", async (balcao) => {
  for (const [i, hora] of CINCO.entries()) {
    await responde(balcao, [[agend(cpfDeExemplo(10 + i)), marcado(cpfDeExemplo(10 + i), hora)]]);
  }
  await responde(balcao, [
    [agend(ANA), "ERRO-110"],
    [agend(ANA, { data: "2026-12-07" }), marcado(ANA, "08:00", { data: "2026-12-07" })],
  ]);
});

regra("com HORÁRIO vale aquela hora, ou nenhuma", async (balcao) => {
  await responde(balcao, [
    [agend(ANA, { horario: "09:00" }), marcado(ANA, "09:00")],
    [agend(BIA, { horario: "09:00" }), "ERRO-110"],
    [busca(BIA), "ERRO-112"],
    [agend(BIA, { horario: "10:00" }), marcado(BIA, "10:00")],
    [agend(CID), marcado(CID, "08:00")],
  ]);
});

regra("o atendimento que não existe é ERRO-103, seja qual for a razão", async (balcao) => {
  const onde: Campos<"AGEND">[] = [
    ...["PEDIATRA", "", "CLINICO", "CLINICO GERAL X", "__proto__"].map((especialista) => ({ especialista })),
    ...["2026-11-3", "30-11-2026", "30/11/26", " 30/11/2026", "30/11/2026 ", "", "ontem", "2026-11-31", "2026-13-30"]
      .map((data) => ({ data, dia: DIAS[0] })),
    ...["2026-12-01", "2026-12-02", "2026-12-06"].map((data) => ({ data })),
    ...["TERÇA-FEIRA", "", "SEGUNDA", "DOMINGO", "feira"].map((dia) => ({ dia })),
    { data: "2026-12-14" },
    { data: "2026-11-23" },
    { data: "2027-11-29", dia: "SEGUNDA-FEIRA" },
    { data: "2026-12-28" },
  ];
  for (const diferente of onde) await responde(balcao, [[agend(ANA, diferente), "ERRO-103"]]);
  await responde(balcao, [[busca(ANA), "ERRO-112"], [agend(ANA, { data: "2026-12-21" }), "OK-300"]]);
}, { config: { fechado: ["2026-12-14"] } });

regra("o HORÁRIO que não é daquele dia, ou já começou, é ERRO-105", async (balcao) => {
  for (const horario of ["", "8:00", "08:15", "10:30", "24:00", "08:00:00", " 08:00", "manhã"]) {
    await responde(balcao, [[agend(ANA, { horario }), "ERRO-105"]]);
  }
  balcao.agora = em("2026-11-30T08:00") - 1;
  await responde(balcao, [[agend(ANA, { horario: "08:00" }), marcado(ANA, "08:00")], [cancel(ANA), "OK-301"]]);
  balcao.agora = em("2026-11-30T08:00");
  await responde(balcao, [
    [agend(ANA, { horario: "08:00" }), "ERRO-105"],
    [agend(ANA, { horario: "08:30" }), marcado(ANA, "08:30")],
  ]);
});

regra("entre vários erros vale o primeiro de 103, 105, 111, 110", async (balcao) => {
  for (let i = 0; i < 5; i++) await balcao.pede(agend(cpfDeExemplo(10 + i)));
  const primeiro = cpfDeExemplo(10);
  await responde(balcao, [
    [agend(primeiro, { dia: "DOMINGO", horario: "x" }), "ERRO-103"],
    [agend(primeiro, { data: "2026-12-01", horario: "x" }), "ERRO-103"],
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
    [agend(BIA), "ERRO-110"],
    [agend(BIA, { horario: "10:00" }), "ERRO-105"],
    [vagas(CLINICO, SEGUNDA), livres()],
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
        agend(ANA, { especialista, data: "2026-12-01", dia }),
        marcado(ANA, "08:00", { especialista: "Clínico Geral", data: "2026-12-01" }),
      ],
      [agend(ANA, { especialista: CLINICO, data: "2026-12-08" }), "ERRO-111"],
      [vagas(especialista, "2026-12-01"), livres(["2026-12-01", "Clínico Geral", ["08:30"]])],
      [cancel(ANA, especialista), "OK-301"],
    ]);
  }
  const sabado = { especialista: "Pediatra", data: "2026-12-05" };
  await responde(balcao, [
    [agend(ANA, { ...sabado, especialista: "PEDIATRA", dia: "SÁBADO" }), marcado(ANA, "08:00", sabado)],
    [vagas("pediátra", "2026-12-05"), "OK-304 2026-12-05 SABADO Pediatra: 08:30"],
  ]);
}, { config: ACENTOS });

regra("depois que acaba, o mesmo par marca de novo, e a volta do relógio não revende a hora", async (balcao) => {
  const depois = { data: "2026-12-07" };
  await balcao.pede(agend(ANA));
  balcao.agora = em("2026-11-30T08:30");
  await responde(balcao, [
    [agend(ANA, depois), marcado(ANA, "08:00", depois)],
    [busca(ANA), achados(tupla(ANA, "08:00", depois))],
  ]);
  balcao.agora = CEDO;
  await responde(balcao, [
    [busca(ANA), achados(tupla(ANA, "08:00", depois))],
    [agend(BIA, { horario: "08:00" }), "ERRO-110"],
    [agend(BIA), marcado(BIA, "08:30")],
    [agend(ANA), `ERRO-111 ${tupla(ANA, "08:00", depois)}`],
    [cancel(ANA), desmarcado(ANA, "08:00", depois)],
    [cancel(ANA), "ERRO-113"],
  ]);
});

const NOITE = { semanas: 1, atendimentos: [{ especialidade: CLINICO, dia: DIAS[0], inicio: "23:00", vagas: 2 }] };

regra("a última data da janela abre à meia-noite", async (balcao) => {
  await responde(balcao, [
    [agend(ANA, { data: "2026-12-07" }), "ERRO-103"],
    [vagas(CLINICO, "2026-12-07"), "ERRO-103"],
  ]);
  balcao.agora = em("2026-12-01T00:00") - 1;
  await responde(balcao, [[agend(ANA, { data: "2026-12-07" }), "ERRO-103"]]);
  balcao.agora = em("2026-12-01T00:00");
  await responde(balcao, [
    [vagas(CLINICO), livres(["2026-12-07", CLINICO, ["23:00", "23:30"]])],
    [agend(ANA, { data: "2026-12-07" }), marcado(ANA, "23:00", { data: "2026-12-07" })],
  ]);
}, { config: NOITE });

regra("marca-se de um ano para o outro", async (balcao) => {
  const janeiro = { especialista: "NUTRICIONISTA", data: "2027-01-01" };
  await responde(balcao, [
    [agend(ANA, janeiro), marcado(ANA, "08:00", janeiro)],
    [agend(ANA, { data: "2027-01-04" }), "OK-300"],
    [busca(ANA), achados(tupla(ANA, "08:00", janeiro), tupla(ANA, "08:00", { data: "2027-01-04" }))],
  ]);
  balcao.agora = em("2027-01-01T08:30") - 1;
  await responde(balcao, [[busca(ANA), "OK-302"]]);
  balcao.agora = em("2027-01-01T08:30");
  await responde(balcao, [[busca(ANA), achados(tupla(ANA, "08:00", { data: "2027-01-04" }))]]);
}, { agora: em("2026-12-31T23:59") });

regra("uma hora que se sobrepõe a um agendamento de outra semana não está livre", async (balcao) => {
  await responde(balcao, [[agend(ANA), marcado(ANA, "08:15")]]);
  balcao.troca({});
  const segunda = (horas: string[]): string => livres([SEGUNDA, CLINICO, horas]);
  await responde(balcao, [
    [vagas(CLINICO, SEGUNDA), segunda(["09:00", "09:30", "10:00"])],
    [agend(BIA, { horario: "08:00" }), "ERRO-110"],
    [agend(BIA, { horario: "08:30" }), "ERRO-110"],
    [agend(BIA), marcado(BIA, "09:00")],
    [cancel(ANA), desmarcado(ANA, "08:15")],
    [vagas(CLINICO, SEGUNDA), segunda(["08:00", "08:30", "09:30", "10:00"])],
  ]);
}, { config: { atendimentos: [{ especialidade: CLINICO, dia: DIAS[0], inicio: "08:15", vagas: 1 }] } });

regra("a duração que vale é a de quando se marcou", async (balcao) => {
  await responde(balcao, [[agend(ANA), marcado(ANA, "08:00")]]);
  balcao.troca({});
  balcao.agora = em("2026-11-30T08:59");
  await responde(balcao, [
    [busca(ANA), achados(tupla(ANA, "08:00"))],
    [vagas(CLINICO, SEGUNDA), livres([SEGUNDA, CLINICO, ["09:00", "09:30", "10:00"]])],
  ]);
  balcao.agora = em("2026-11-30T09:00");
  await responde(balcao, [[busca(ANA), "ERRO-112"]]);
}, { config: { atendimentos: [{ especialidade: CLINICO, dia: DIAS[0], vagas: 1, minutos: 60 }] } });

teste("um agendamento guarda a chave da especialidade e a duração; o que encerra vem antes do que marca", () => {
  const balcao = new BalcaoPuro(ACENTOS);
  const pedido = { especialista: "clínico geral", data: "2026-12-01", motivo: "retorno", nota: "de muletas" };
  const { resultado, mudancas } = balcao.decide(agend(ANA, pedido));
  const depois = {
    numero: 1,
    versao: 1,
    codigo: codigoDeTeste(1),
    cpf: ANA,
    nome: "ANA",
    especialidade: CLINICO,
    profissional: "",
    data: "2026-12-01",
    hora: "08:00",
    minutos: 30,
    encaixe: false,
    situacao: "MARCADO",
    ativo: true,
    local: "",
    motivo: "retorno",
    prioridade: 0,
    chegouEm: "",
    chamadoEm: "",
    chamadas: 0,
    terminouEm: "",
    senha: "",
    nota: "de muletas",
    email: "",
    telefone: "",
    substitui: 0,
    espera: 0,
    pilha: [],
  };
  assertEquals(mudancas, [{ sobre: "agendamento", ato: "AGEND", depois, quem: BALCAO }]);
  assertEquals(resultado, { codigo: "OK-300", agendamentos: [mudancas[0].depois] });
  balcao.agora = em("2026-12-01T08:30");
  const seguintes = balcao.decide(agend(ANA, { data: "2026-12-08" })).mudancas;
  assertEquals(seguintes.map(({ ato }) => ato), ["ARQUIVA", "AGEND"]);
  assertEquals(seguintes[0], {
    sobre: "agendamento",
    ato: "ARQUIVA",
    antes: depois,
    depois: { ...depois, ativo: false, versao: 2 },
    quem: BALCAO,
  });
  assertEquals(balcao.decide(cancel(ANA)).mudancas.map(({ ato }) => ato), ["CANCEL"]);
  for (const pedido of [busca(ANA), vagas(), cancel(ANA), agend(ANA, { dia: "x" })]) {
    assertEquals(balcao.decide(pedido).mudancas, []);
  }
});

// ------------------------------------------------------------------------------------------------------ profissionais

regra(
  "sem dizer com quem, a primeira hora é de quem tem menos marcados; se empatam, da primeira na configuração",
  async (balcao) => {
    await responde(balcao, [
      [agend(cpfDeExemplo(10)), marcado(cpfDeExemplo(10), "08:00", COM_LIMA)],
      [agend(cpfDeExemplo(11)), marcado(cpfDeExemplo(11), "08:00", COM_REIS)],
      [agend(cpfDeExemplo(12), { profissional: "dra. lima" }), marcado(cpfDeExemplo(12), "08:30", COM_LIMA)],
      // A Dra. Lima já tem dois: às 09:00, em que ambos estão livres, é o Dr. Reis.
      [agend(cpfDeExemplo(13), { horario: "09:00" }), marcado(cpfDeExemplo(13), "09:00", COM_REIS)],
      // A primeira hora livre é a das 08:30, só dele; ter mais marcados não a troca por outra.
      [agend(cpfDeExemplo(14)), marcado(cpfDeExemplo(14), "08:30", COM_REIS)],
      [agend(cpfDeExemplo(15)), marcado(cpfDeExemplo(15), "09:00", COM_LIMA)],
      [agend(cpfDeExemplo(16)), "ERRO-110"],
      [agend(cpfDeExemplo(16), { data: "2026-12-07" }), "OK-300"],
    ]);
  },
  { config: EQUIPE },
);

regra(
  "na escolha contam os encaixes e as horas seguradas, só daquela data e especialidade; cancelados, não",
  async (balcao) => {
    const lima = { profissional: "DRA. LIMA" };
    // Do Dr. Reis, noutra data e noutra especialidade.
    for (let i = 0; i < 3; i++) {
      poe(balcao, { cpf: cpfDeExemplo(20 + i), profissional: "DR. REIS", data: "2026-12-07", hora: CINCO[i] });
    }
    const pediatra = { profissional: "DR. REIS", especialidade: "PEDIATRA" };
    poe(balcao, { cpf: cpfDeExemplo(30), ...pediatra, hora: "09:30" });
    poe(balcao, { cpf: cpfDeExemplo(31), ...pediatra, hora: "10:00" });
    await responde(balcao, [
      [agend(ANA, { ...lima, horario: "08:00", encaixe: true }), marcado(ANA, "08:00", { mais: "DRA. LIMA ENCAIXE" })],
      [agend(BIA), marcado(BIA, "08:00", COM_REIS)],
      [agend(CID), "OK-300 CID 2026-11-30 08:00 CLINICO GERAL DRA. LIMA"],
      [cancel(CID), "OK-301"],
      [cancel(ANA), "OK-301"],
      [agend(CID), marcado(CID, "08:00", COM_LIMA)],
    ]);
    poe(balcao, { cpf: cpfDeExemplo(40), ...lima, hora: "08:30", situacao: "CONVIDADO", ativo: false });
    await responde(balcao, [
      [agend(ANA, { horario: "08:30", ...lima }), "ERRO-110"],
      [agend(ANA, { horario: "09:00" }), marcado(ANA, "09:00", COM_REIS)],
    ]);
  },
  { config: EQUIPE },
);

regra(
  "com profissional, é com ele ou com ninguém; um que não há, ou que não atende isso, é ERRO-103",
  async (balcao) => {
    const com = (profissional: string, mais: Campos<"AGEND"> = {}): Pedido => agend(ANA, { profissional, ...mais });
    await responde(balcao, [
      [com("dr. rêis"), marcado(ANA, "08:00", COM_REIS)],
      [agend(BIA, { profissional: "DR. REIS", horario: "08:00" }), "ERRO-110"],
      [cancel(ANA), "OK-301"],
      ...["DR. REI", "", "CLINICO GERAL", "__proto__"].map((nome) => [com(nome), "ERRO-103"] as const),
      [com("Dra. Lima", { especialista: "PEDIATRA" }), "ERRO-103"],
      [com("Dra. Lima", { horario: "09:30" }), "ERRO-105"],
      [agend(BIA, { especialista: "PEDIATRA" }), marcado(BIA, "09:30", { especialista: "PEDIATRA", ...COM_REIS })],
    ]);
  },
  { config: EQUIPE },
);

regra("quem atende duas especialidades nunca está em dois lugares", async (balcao) => {
  await responde(balcao, [
    [agend(ANA, { profissional: "DR. REIS", horario: "09:00" }), marcado(ANA, "09:00", COM_REIS)],
  ]);
  balcao.troca({
    atendimentos: [
      { especialidade: CLINICO, dia: DIAS[0], profissional: "Dra. Lima" },
      { especialidade: CLINICO, dia: DIAS[0], profissional: "Dr. Reis", inicio: "11:00" },
      { especialidade: "PEDIATRA", dia: DIAS[0], profissional: "Dr. Reis", minutos: 25, vagas: 4 },
    ],
  });
  const pediatra = { especialista: "PEDIATRA" };
  await responde(balcao, [
    [vagas("PEDIATRA", SEGUNDA), livres([SEGUNDA, "PEDIATRA Dr. Reis", ["08:00", "08:25"]])],
    [agend(BIA, { ...pediatra, horario: "08:50" }), "ERRO-110"],
    [agend(BIA, { ...pediatra, horario: "09:15" }), "ERRO-110"],
    // Uma hora livre no papel, com outra pessoa: à Dra. Lima ninguém tomou as 09:00.
    [agend(BIA, { horario: "09:00" }), marcado(BIA, "09:00", COM_LIMA)],
    [cancel(ANA), "OK-301"],
    [agend(CID, { ...pediatra, horario: "09:15" }), marcado(CID, "09:15", { ...pediatra, ...COM_REIS })],
  ]);
}, { config: EQUIPE });

regra(
  "o que se marcou antes de haver profissionais toma a hora de todos eles, em qualquer especialidade",
  async (balcao) => {
    await responde(balcao, [
      [agend(ANA, { horario: "08:30" }), marcado(ANA, "08:30")],
      [agend(BIA, { horario: "09:30" }), marcado(BIA, "09:30")],
    ]);
    balcao.troca(EQUIPE);
    await responde(balcao, [
      [vagas(CLINICO, SEGUNDA), livres([SEGUNDA, CLINICO, ["08:00", "09:00"]])],
      [agend(CID, { horario: "08:30" }), "ERRO-110"],
      [agend(CID, { horario: "08:30", profissional: "Dr. Reis" }), "ERRO-110"],
      // O Dr. Reis é um dos clínicos, e àquela hora pode ser ele.
      [vagas("PEDIATRA", SEGUNDA), livres([SEGUNDA, "PEDIATRA Dr. Reis", ["10:00"]])],
      [agend(CID, { especialista: "PEDIATRA", horario: "09:30" }), "ERRO-110"],
      [busca(ANA), achados(tupla(ANA, "08:30"))],
      [remarc(ANA, { horario: "08:30" }), `OK-303 ${tupla(ANA, "08:30", COM_LIMA)}, ${tupla(ANA, "08:30")}`],
      [agend(CID, { horario: "08:30" }), marcado(CID, "08:30", COM_REIS)],
      [cancel(BIA), "OK-301"],
      [vagas("PEDIATRA", SEGUNDA), livres([SEGUNDA, "PEDIATRA Dr. Reis", ["09:30", "10:00"]])],
    ]);
  },
);

regra("um CPF tem um ativo por especialidade, seja com quem for", async (balcao) => {
  await responde(balcao, [
    [agend(ANA, { profissional: "DRA. LIMA" }), "OK-300"],
    [agend(ANA, { profissional: "DR. REIS" }), `ERRO-111 ${tupla(ANA, "08:00", COM_LIMA)}`],
    [agend(ANA, { especialista: "PEDIATRA" }), "OK-300"],
  ]);
  // Uma hora segurada não conta, nem para o CPF.
  poe(balcao, { cpf: BIA, profissional: "DRA. LIMA", hora: "08:30", situacao: "CONVIDADO", ativo: false });
  await responde(balcao, [[agend(BIA), marcado(BIA, "08:00", COM_REIS)], [busca(BIA), "OK-302"]]);
}, { config: EQUIPE });

regra("quem acabou de outro modo deixa marcar de novo no mesmo dia, e a hora continua tomada", async (balcao) => {
  await responde(balcao, [[agend(ANA), marcado(ANA, "08:00")]]);
  balcao.agora = em("2026-11-30T08:00");
  await responde(balcao, [
    [situa(ANA, "FALTOU"), "OK-306"],
    [agend(ANA), marcado(ANA, "08:30")],
    [vagas(CLINICO, SEGUNDA), livres([SEGUNDA, CLINICO, ["09:00", "09:30", "10:00"]])],
  ]);
  balcao.agora = CEDO;
  await responde(balcao, [[agend(BIA, { horario: "08:00" }), "ERRO-110"]]);
});

teste("o número não se usa outra vez, e cada agendamento tem o seu código", () => {
  const balcao = new BalcaoPuro();
  for (let i = 0; i < 4; i++) {
    balcao.decide(agend(ANA));
    balcao.decide(cancel(ANA));
  }
  assertEquals(balcao.livro.linhas.map(({ numero, versao }) => [numero, versao]), [[1, 2], [2, 2], [3, 2], [4, 2]]);
  assertEquals(new Set(balcao.livro.linhas.map(({ codigo }) => codigo)).size, 4);
});

regra("um formulário mandado outra vez acha o que fez, como está; outro do mesmo CPF não", async (balcao) => {
  const paciente = como("paciente");
  const proposto = codigoDeTeste(77);
  const duasVezes = [agend(ANA, { proposto, horario: "09:00" }), agend(ANA, { proposto, horario: "08:30" })];
  await responde(balcao, [
    ...duasVezes.map((pedido) => [pedido, marcado(ANA, "09:00"), paciente] as const),
    [agend(ANA, { proposto: codigoDeTeste(78) }), "ERRO-116 ", paciente],
    [situa(ANA, "CONFIRMADO"), "OK-306"],
    [duasVezes[0], marcado(ANA, "09:00", { mais: "CONFIRMADO" }), paciente],
    [{ comando: "BUSCA", cpf: ANA, codigo: proposto }, "OK-302", paciente],
  ]);
  const [linha, ...outras] = balcao.livro.linhas;
  assertEquals([linha.codigo, linha.versao, outras.length], [proposto, 2, 0]);
  const rede = balcao.livro.tentativas.find(({ cpf }) => cpf === "");
  assertEquals(rede?.recentes.length, 1, "só a recusa se conta");
});
