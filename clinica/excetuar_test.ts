/**
 * Testes das exceções: `FECHA`, `EXTRA` e `REABRE`. Sem nenhuma permissão.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import {
  agend,
  ANA,
  BALCAO,
  BalcaoPuro,
  BIA,
  cancel,
  CID,
  CINCO,
  CLINICO,
  COM_LIMA,
  COM_REIS,
  em,
  EQUIPE,
  extra,
  fecha,
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
import type { Papel } from "./agendamento.ts";
import { valeEm } from "./excecao.ts";
import { NENHUM_ALCANCE } from "./livro.ts";
import type { Pedido } from "./pedido.ts";
import { consultar } from "./regras.ts";

function reabre(numero: number): Pedido {
  return { comando: "REABRE", numero };
}

const OUTRA = "2026-12-07";
/** Do primeiro minuto ao último de um intervalo, em horas. */
function das(inicio: number, fim: number): { inicio: number; fim: number } {
  return { inicio: inicio * 60, fim: fim * 60 };
}

// ------------------------------------------------------------------------------------------------------ FECHA

regra("um dia fechado é ERRO-103, uma hora fechada num dia aberto ERRO-105", async (balcao) => {
  await responde(balcao, [
    [fecha({ data: OUTRA }), "OK-312 nº 1 "],
    [agend(ANA, { data: OUTRA }), "ERRO-103"],
    [agend(ANA, { data: OUTRA, horario: "08:00" }), "ERRO-103"],
    [vagas(CLINICO, OUTRA), "ERRO-103"],
    [fecha({ ...das(8, 9) }), "OK-312 nº 2 "],
    [agend(ANA, { horario: "08:30" }), "ERRO-105"],
    [vagas(CLINICO, SEGUNDA), livres([SEGUNDA, CLINICO, CINCO.slice(2)])],
    [agend(ANA), marcado(ANA, "09:00")],
    [remarc(ANA, { horario: "08:00" }), "ERRO-105"],
    [remarc(ANA, { data: OUTRA }), "ERRO-103"],
    // O que sobra do dia não dá para hora nenhuma, mas está aberto.
    [fecha({ data: "2026-12-14", ...das(8, 10) }), "OK-312 nº 3 "],
    [fecha({ data: "2026-12-14", inicio: 615, fim: 640 }), "OK-312 nº 4 "],
    [agend(BIA, { data: "2026-12-14" }), "ERRO-110"],
    [agend(BIA, { data: "2026-12-14", horario: "10:00" }), "ERRO-105"],
    [fecha({ data: "2026-12-14", inicio: 600, fim: 615 }), "OK-312 nº 5 "],
    [agend(BIA, { data: "2026-12-14" }), "ERRO-103"],
  ]);
});

regra("uma hora que o fechamento toca, ainda que só em parte, fecha", async (balcao) => {
  await responde(balcao, [
    [fecha({ inicio: 509, fim: 511 }), "OK-312"],
    [vagas(CLINICO, SEGUNDA), livres([SEGUNDA, CLINICO, CINCO.slice(2)])],
    [fecha({ inicio: 570, fim: 571 }), "OK-312"],
    [vagas(CLINICO, SEGUNDA), livres([SEGUNDA, CLINICO, ["09:00", "10:00"]])],
  ]);
});

regra(
  "fecha-se a clínica, uma especialidade, um profissional, ou um profissional numa especialidade",
  async (balcao) => {
    const clinico = livres([SEGUNDA, CLINICO, CINCO.slice(0, 3)]);
    const pediatra = livres([SEGUNDA, "PEDIATRA Dr. Reis", ["09:30", "10:00"]]);
    await responde(balcao, [
      [fecha({ especialista: "pediatra" }), "OK-312 nº 1 "],
      [vagas("PEDIATRA", SEGUNDA), "ERRO-103"],
      [vagas(CLINICO, SEGUNDA), clinico],
      [reabre(1), "OK-314 nº 1 "],
      [vagas("PEDIATRA", SEGUNDA), pediatra],
      [fecha({ profissional: "dr. reis" }), "OK-312 nº 2 "],
      [vagas("PEDIATRA", SEGUNDA), "ERRO-103"],
      [vagas(CLINICO, SEGUNDA), livres([SEGUNDA, `${CLINICO} Dra. Lima`, CINCO.slice(0, 3)])],
      [agend(ANA, { profissional: "DR. REIS" }), "ERRO-103"],
      [agend(ANA), marcado(ANA, "08:00", COM_LIMA)],
      [cancel(ANA), "OK-301"],
      [reabre(2), "OK-314"],
      [fecha({ profissional: "Dr. Reis", especialista: CLINICO }), "OK-312 nº 3 "],
      [vagas("PEDIATRA", SEGUNDA), pediatra],
      [agend(ANA, { profissional: "DR. REIS" }), "ERRO-103"],
      [fecha(), "OK-312 nº 4 "],
      [vagas("PEDIATRA", SEGUNDA), "ERRO-103"],
      [vagas(CLINICO, SEGUNDA), "ERRO-103"],
      [fecha({ especialista: "DENTISTA" }), "ERRO-103"],
      [fecha({ profissional: "DRA. SILVA" }), "ERRO-103"],
      [fecha({ profissional: "DRA. LIMA", especialista: "PEDIATRA" }), "ERRO-103"],
    ]);
  },
  { config: { ...EQUIPE, semanas: 1 } },
);

regra("de hoje a dois anos; antes, depois ou numa data que não é, ERRO-103", async (balcao) => {
  await responde(balcao, [
    [fecha(), "OK-312 nº 1 "],
    [fecha({ data: "2028-11-30" }), "OK-312 nº 2 "],
    [fecha({ data: "2026-11-30", ate: "2028-11-30" }), "OK-312 nº 3 "],
    [fecha({ data: "2026-11-29" }), "ERRO-103"],
    [fecha({ data: "2028-12-01" }), "ERRO-103"],
    [fecha({ data: SEGUNDA, ate: "2028-12-01" }), "ERRO-103"],
    [fecha({ data: "" }), "ERRO-103"],
    [fecha({ data: "2027-02-30" }), "ERRO-103"],
    [extra(600, { data: "2028-11-30" }), "OK-313 nº 4"],
    [extra(600, { data: "2028-12-01" }), "ERRO-103"],
    [extra(600, { data: "2026-11-29" }), "ERRO-103"],
    [extra(600, { data: "" }), "ERRO-103"],
  ]);
});

regra("responde com os que ficam de fora e ainda se esperam; nenhum agendamento é tocado", async (balcao) => {
  const cpf = { especialidade: CLINICO, ativo: false };
  for (const [i, situacao] of (["ATENDIDO", "SAIU", "FALTOU", "CANCELADO", "CONVIDADO", "PASSOU"] as const).entries()) {
    poe(balcao, { ...cpf, cpf: CID, situacao, hora: `08:${i}0`, minutos: 10 });
  }
  poe(balcao, { cpf: ANA, hora: "09:30", situacao: "CHEGOU" });
  poe(balcao, { cpf: BIA, hora: "09:00", situacao: "CONFIRMADO" });
  poe(balcao, { cpf: ANA, hora: "08:00", especialidade: "NUTRICIONISTA", situacao: "CHAMADO" });
  poe(balcao, { cpf: BIA, hora: "08:00", especialidade: "NUTRICIONISTA", encaixe: true });
  poe(balcao, { cpf: BIA, hora: "08:00", especialidade: "DERMATOLOGISTA", data: "2026-12-02" });
  const { linhas } = balcao.livro;
  const nutri = { especialista: "NUTRICIONISTA" };
  const todos = [
    ...[tupla(ANA, "08:00", { ...nutri, mais: "CHAMADO" }), tupla(BIA, "08:00", { ...nutri, mais: "ENCAIXE" })],
    ...[tupla(BIA, "09:00", { mais: "CONFIRMADO" }), tupla(ANA, "09:30", { mais: "CHEGOU" })],
  ];
  const quarta = tupla(BIA, "08:00", { especialista: "DERMATOLOGISTA", data: "2026-12-02" });
  await responde(balcao, [
    [fecha(), `OK-312 nº 1 ${todos.join(", ")}`],
    [fecha({ ate: "2026-12-02" }), `OK-312 nº 2 ${[...todos, quarta].join(", ")}`],
    [fecha(das(9, 24)), `OK-312 nº 3 ${todos.slice(2).join(", ")}`],
    // Das 09:00 às 09:30: o que acaba às 09:00 e o que começa às 09:30 não são de lá.
    [fecha({ inicio: 510, fim: 540 }), "OK-312 nº 4 "],
    [fecha({ inicio: 569, fim: 570 }), `OK-312 nº 5 ${todos[2]}`],
    [fecha({ especialista: "nutricionista" }), `OK-312 nº 6 ${todos.slice(0, 2).join(", ")}`],
  ]);
  // Só a hora segurada passa.
  const quais = (uma: typeof linhas): typeof linhas =>
    uma.filter(({ situacao }) => situacao !== "CONVIDADO" && situacao !== "PASSOU");
  assertEquals(quais(balcao.livro.linhas), quais(linhas));
  assertEquals(balcao.livro.linha(5).situacao, "PASSOU");
});

regra("um fechamento de um profissional deixa de fora os dele, em todas as especialidades", async (balcao) => {
  await responde(balcao, [
    [agend(ANA, { profissional: "DR. REIS" }), "OK-300"],
    [agend(BIA, { profissional: "DRA. LIMA" }), "OK-300"],
    [agend(CID, { especialista: "PEDIATRA" }), "OK-300"],
    [
      fecha({ profissional: "DR. REIS" }),
      `OK-312 nº 1 ${tupla(ANA, "08:00", COM_REIS)}, ${tupla(CID, "09:30", { especialista: "PEDIATRA", ...COM_REIS })}`,
    ],
    [fecha({ profissional: "DR. REIS", especialista: CLINICO }), `OK-312 nº 2 ${tupla(ANA, "08:00", COM_REIS)}`],
    // Cada um se move a seguir, e já nada fica de fora.
    [remarc(ANA, { horario: "08:30" }), `OK-303 ${tupla(ANA, "08:30", COM_LIMA)}, ${tupla(ANA, "08:00", COM_REIS)}`],
    [cancel(CID), "OK-301"],
    [fecha({ profissional: "DR. REIS" }), "OK-312 nº 1 "],
  ]);
}, { config: EQUIPE });

regra(
  "o mesmo fechamento de novo responde o mesmo número, com quem está de fora agora, e nada grava",
  async (balcao) => {
    await responde(balcao, [[agend(ANA), "OK-300"], [
      fecha({ motivo: "feriado" }),
      `OK-312 nº 1 ${tupla(ANA, "08:00")}`,
    ]]);
    const { excecoes } = balcao.livro;
    await responde(balcao, [
      [fecha({ motivo: "outro" }), `OK-312 nº 1 ${tupla(ANA, "08:00")}`],
      [fecha({ ate: SEGUNDA, inicio: 0, fim: 1440 }), `OK-312 nº 1 ${tupla(ANA, "08:00")}`],
      [cancel(ANA), "OK-301"],
      [fecha(), "OK-312 nº 1 "],
    ]);
    assertEquals(balcao.livro.excecoes, excecoes);
    await responde(balcao, [
      [fecha({ ate: OUTRA }), "OK-312 nº 2 "],
      [fecha({ especialista: CLINICO }), "OK-312 nº 3 "],
      [fecha(das(8, 9)), "OK-312 nº 4 "],
      // Abre noutra especialidade: não o contraria.
      [extra(600, { especialista: "NUTRICIONISTA" }), "OK-313 nº 5"],
      [fecha({ especialista: CLINICO }), "OK-312 nº 3 "],
      // Abre fora das horas dele: não o contraria.
      [fecha(das(8, 9)), "OK-312 nº 4 "],
      // Mas ao do dia inteiro, sim.
      [fecha(), "OK-312 nº 6 "],
      [reabre(6), "OK-314"],
      [fecha(), "OK-312 nº 7 "],
    ]);
  },
);

// ------------------------------------------------------------------------------------------------------ EXTRA

regra("abre um atendimento a mais, numa data em que não se atendia ou em que se atende", async (balcao) => {
  const domingo = "2026-12-06";
  await responde(balcao, [
    [agend(ANA, { data: domingo }), "ERRO-103"],
    [extra(14 * 60, { data: domingo, vagas: 3, minutos: 20 }), "OK-313 nº 1"],
    [vagas(CLINICO, domingo), livres([domingo, CLINICO, ["14:00", "14:20", "14:40"]])],
    [agend(ANA, { data: domingo }), marcado(ANA, "14:00", { data: domingo })],
    [extra(11 * 60), "OK-313 nº 2"],
    [vagas(CLINICO, SEGUNDA), livres([SEGUNDA, CLINICO, [...CINCO, "11:00", "11:30"]])],
    [agend(BIA, { horario: "11:30" }), marcado(BIA, "11:30")],
    [extra(600, { data: "2027-06-06" }), "OK-313 nº 3"],
    [agend(CID, { data: "2027-06-06" }), "ERRO-103"],
  ]);
  assertEquals(balcao.livro.linhas.map(({ minutos }) => minutos), [20, 30]);
});

regra("abre também uma data que a configuração fecha, e uma que outra exceção fechou", async (balcao) => {
  await responde(balcao, [
    [agend(ANA, { data: OUTRA }), "ERRO-103"],
    [extra(480, { data: OUTRA }), "OK-313 nº 1"],
    [agend(ANA, { data: OUTRA }), marcado(ANA, "08:00", { data: OUTRA })],
    [fecha(), "OK-312 nº 2 "],
    [extra(490), "OK-313 nº 3"],
    [vagas(CLINICO, SEGUNDA), livres([SEGUNDA, CLINICO, ["08:10", "08:40"]])],
    // Uma posterior vale sobre uma anterior.
    [fecha(das(8, 8.5)), "OK-312 nº 4 "],
    [vagas(CLINICO, SEGUNDA), livres([SEGUNDA, CLINICO, ["08:40"]])],
    [reabre(4), "OK-314"],
    [fecha(), "OK-312 nº 5 "],
    [vagas(CLINICO, SEGUNDA), "ERRO-103"],
    // Reabre-se o que veio depois, e vale o de antes.
    [reabre(5), "OK-314"],
    [vagas(CLINICO, SEGUNDA), livres([SEGUNDA, CLINICO, ["08:10", "08:40"]])],
  ]);
}, { config: { fechado: [OUTRA] } });

regra("sobre minutos que já se oferecem, ou um agendamento da sua agenda, é ERRO-121", async (balcao) => {
  await responde(balcao, [
    [extra(480), "ERRO-121"],
    [extra(629, { minutos: 1, vagas: 1 }), "ERRO-121"],
    [extra(450, { minutos: 31, vagas: 1 }), "ERRO-121"],
    [extra(450, { minutos: 30, vagas: 1 }), "OK-313 nº 1"],
    [extra(630), "OK-313 nº 2"],
    [agend(ANA, { horario: "09:00" }), "OK-300"],
    [fecha(das(8, 10)), `OK-312 nº 3 ${tupla(ANA, "09:00")}`],
    // Fechados, os minutos estão livres; os que têm alguém, não.
    [extra(480, { minutos: 60, vagas: 1 }), "OK-313 nº 4"],
    [extra(569, { minutos: 10, vagas: 1 }), "ERRO-121"],
    [extra(570, { minutos: 10, vagas: 1 }), "OK-313 nº 5"],
    // Noutra agenda não há nada.
    [extra(480, { especialista: "NUTRICIONISTA" }), "OK-313 nº 6"],
  ]);
});

regra("um encaixe também é um agendamento da agenda, até ao fim dele", async (balcao) => {
  await responde(balcao, [
    [agend(ANA, { horario: "10:20", encaixe: true }), "OK-300"],
    [extra(630), "ERRO-121"],
    [extra(649), "ERRO-121"],
    [extra(650), "OK-313 nº 1"],
    [cancel(ANA), "OK-301"],
    [extra(630, { vagas: 1, minutos: 20 }), "OK-313 nº 2"],
  ]);
});

regra("com profissionais diz-se de quem é, e é na agenda dele que não cabem dois", async (balcao) => {
  await responde(balcao, [
    [extra(480, { especialista: "PEDIATRA" }), "ERRO-121"],
    [extra(570, { especialista: CLINICO, profissional: "DR. REIS" }), "ERRO-121"],
    [extra(570), "ERRO-103"],
    [extra(570, { profissional: "DRA. SILVA" }), "ERRO-103"],
    [extra(570, { especialista: "PEDIATRA", profissional: "DRA. LIMA" }), "ERRO-103"],
    [extra(570, { especialista: "DENTISTA" }), "ERRO-103"],
    [extra(570, { profissional: "DRA. LIMA", local: "Sala 3" }), "OK-313 nº 1"],
    [agend(ANA, { horario: "09:30" }), marcado(ANA, "09:30", COM_LIMA)],
    // A pediatria só tem um: não é preciso dizê-lo.
    [extra(660, { especialista: "PEDIATRA" }), "OK-313 nº 2"],
    [extra(660, { especialista: "PEDIATRA", profissional: "Dr. Reis" }), "OK-313 nº 2"],
    [extra(660, { profissional: "DR. REIS" }), "ERRO-121"],
  ]);
  assertEquals(balcao.clinica.localDe(balcao.livro.linha(1)), "Sala 3");
}, { config: EQUIPE });

regra("sobre o que se marcou antes de haver profissionais não se abre nada", async (balcao) => {
  await responde(balcao, [[extra(720), "OK-313 nº 1"], [agend(ANA, { horario: "12:00" }), "OK-300"]]);
  balcao.troca(EQUIPE);
  await responde(balcao, [
    [extra(720, { profissional: "DRA. LIMA" }), "ERRO-121"],
    [extra(750, { profissional: "DRA. LIMA" }), "OK-313 nº 2"],
    [extra(720, { especialista: "PEDIATRA" }), "ERRO-121"],
  ]);
});

regra("o mesmo de novo responde o mesmo número; se outro o contrariou, é um novo", async (balcao) => {
  await responde(balcao, [
    [extra(700), "OK-313 nº 1"],
    // Noutro lugar, ou com outros encaixes, não é o mesmo: dizer que sim seria dizer que se mudou.
    [extra(700, { local: "Sala 7" }), "ERRO-121"],
    [extra(700, { encaixes: 5 }), "ERRO-121"],
    [agend(ANA, { horario: "11:40" }), "OK-300"],
    [extra(700), "OK-313 nº 1"],
    [extra(700, { vagas: 1 }), "ERRO-121"],
    [cancel(ANA), "OK-301"],
    [fecha({ especialista: "NUTRICIONISTA" }), "OK-312 nº 2 "],
    [fecha(das(8, 11)), "OK-312 nº 3 "],
    [extra(700), "OK-313 nº 1"],
    [fecha({ inicio: 700, fim: 760 }), "OK-312 nº 4 "],
    [extra(700), "OK-313 nº 5"],
    [vagas(CLINICO, SEGUNDA), livres([SEGUNDA, CLINICO, ["11:40", "12:10"]])],
  ]);
});

regra("o que passa da meia-noite, ou já acabou, é ERRO-105", async (balcao) => {
  await responde(balcao, [
    [extra(1381), "ERRO-105"],
    [extra(1380), "OK-313 nº 1"],
    [extra(360, { vagas: 1, minutos: 60 }), "ERRO-105"],
    [extra(361, { vagas: 1, minutos: 60 }), "OK-313 nº 2"],
  ]);
});

// ------------------------------------------------------------------------------------------------------ REABRE

regra("desfaz uma exceção que vale, uma vez", async (balcao) => {
  await responde(balcao, [
    [reabre(1), "ERRO-113"],
    [fecha(), "OK-312 nº 1 "],
    [extra(700), "OK-313 nº 2"],
    [reabre(1), "OK-314 nº 1 "],
    [reabre(1), "ERRO-113"],
    [reabre(3), "ERRO-113"],
    [vagas(CLINICO, SEGUNDA), livres([SEGUNDA, CLINICO, [...CINCO, "11:40", "12:10"]])],
    [reabre(2), "OK-314 nº 2 "],
    [vagas(CLINICO, SEGUNDA), livres([SEGUNDA, CLINICO, CINCO])],
    // Um número não se usa outra vez.
    [fecha(), "OK-312 nº 3 "],
  ]);
  assertEquals(balcao.livro.excecoes.map(({ numero, revogada }) => [numero, revogada]), [[1, true], [2, true], [
    3,
    false,
  ]]);
});

regra("reaberto um EXTRA, responde com os que ficaram sem atendimento; um FECHA devolve-lhes o seu", async (balcao) => {
  await responde(balcao, [
    [extra(700), "OK-313 nº 1"],
    [agend(ANA, { horario: "11:40" }), "OK-300"],
    [agend(BIA, { horario: "12:10" }), "OK-300"],
    [situa(BIA, "CHEGOU"), "OK-306"],
    [agend(CID, { horario: "10:00" }), "OK-300"],
    [fecha(), "OK-312"],
    [reabre(1), `OK-314 nº 1 ${tupla(ANA, "11:40")}, ${tupla(BIA, "12:10", { mais: "CHEGOU" })}`],
    [reabre(2), `OK-314 nº 2 ${tupla(ANA, "11:40")}, ${tupla(BIA, "12:10", { mais: "CHEGOU" })}`],
    [remarc(ANA), `OK-303 ${tupla(ANA, "08:00")}, ${tupla(ANA, "11:40")}`],
  ]);
  // O que outra ainda fecha continua fechado.
  await responde(balcao, [
    [fecha({ data: OUTRA, ...das(8, 9) }), "OK-312 nº 3 "],
    [fecha({ data: OUTRA }), "OK-312 nº 4 "],
    [reabre(4), "OK-314"],
    [vagas(CLINICO, OUTRA), livres([OUTRA, CLINICO, CINCO.slice(2)])],
  ]);
});

regra("um EXTRA vale sobre a semana, também quando ela reabre debaixo dele", async (balcao) => {
  await responde(balcao, [
    [fecha(das(8, 9)), "OK-312"],
    [extra(490, { vagas: 1 }), "OK-313 nº 2"],
    [reabre(1), "OK-314"],
    [vagas(CLINICO, SEGUNDA), livres([SEGUNDA, CLINICO, ["08:10", ...CINCO.slice(2)]])],
    [reabre(2), "OK-314"],
    [vagas(CLINICO, SEGUNDA), livres([SEGUNDA, CLINICO, CINCO])],
  ]);
});

teste("uma exceção vale nas suas datas, enquanto não é revogada", () => {
  const balcao = new BalcaoPuro();
  balcao.decide(fecha({ ate: OUTRA }));
  const [excecao] = balcao.livro.excecoes;
  const datas = ["2026-11-29", SEGUNDA, "2026-12-02", OUTRA, "2026-12-08"];
  assertEquals(datas.map((data) => valeEm(excecao, data)), [false, true, true, true, false]);
  assertEquals(datas.filter((data) => valeEm({ ...excecao, revogada: true }, data)), []);
});

teste("uma exceção guarda o que se disse, e a mudança é uma imagem", () => {
  const balcao = new BalcaoPuro(EQUIPE);
  const { mudancas } = balcao.decide(
    fecha({ ate: OUTRA, ...das(8, 9), especialista: CLINICO, profissional: "Dr. Reis", motivo: "curso" }),
  );
  const fechamento = {
    numero: 1,
    tipo: "FECHA" as const,
    de: SEGUNDA,
    ate: OUTRA,
    ...das(8, 9),
    especialidade: CLINICO,
    profissional: "DR. REIS",
    vagas: 0,
    minutos: 0,
    local: "",
    encaixes: 0,
    motivo: "curso",
    revogada: false,
  };
  assertEquals(mudancas, [{ sobre: "excecao", ato: "FECHA", depois: fechamento, quem: BALCAO }]);
  assertEquals(balcao.decide(reabre(1)).mudancas, [{
    sobre: "excecao",
    ato: "REABRE",
    antes: fechamento,
    depois: { ...fechamento, revogada: true },
    quem: BALCAO,
  }]);
  balcao.decide(extra(700, { profissional: "DRA. LIMA", local: "Sala 4", encaixes: 0 }));
  assertEquals(balcao.livro.excecoes.at(-1), {
    ...fechamento,
    numero: 2,
    tipo: "EXTRA",
    ate: SEGUNDA,
    inicio: 700,
    fim: 760,
    profissional: "DRA. LIMA",
    vagas: 2,
    minutos: 30,
    local: "Sala 4",
    motivo: "",
  });
});

regra("uma exceção do que a semana já não tem não vale, e não estraga nada", async (balcao) => {
  await responde(balcao, [[extra(700, { profissional: "DRA. LIMA" }), "OK-313 nº 1"], [
    extra(700, { especialista: "PEDIATRA" }),
    "OK-313 nº 2",
  ]]);
  balcao.troca({});
  await responde(balcao, [[vagas(CLINICO, SEGUNDA), livres([SEGUNDA, CLINICO, CINCO])], [
    vagas("PEDIATRA"),
    "ERRO-103",
  ]]);
  balcao.agora = em(`${SEGUNDA}T23:59`);
  await responde(balcao, [[reabre(1), "OK-314"], [reabre(2), "OK-314"]]);
}, { config: EQUIPE });

regra("uma exceção que passou já não se reabre, nem conta", async (balcao) => {
  await responde(balcao, [
    [fecha({ ...das(8, 9) }), "OK-312 nº 1 "],
    [fecha({ ate: "2026-12-01", ...das(8, 9) }), "OK-312 nº 2 "],
    [agend(ANA, { horario: "09:00" }), "OK-300"],
    [agend(BIA, { horario: "09:30" }), "OK-300"],
    [fecha({ inicio: 540 }), "OK-312"],
  ]);
  balcao.agora = em("2026-12-01T00:00");
  await responde(balcao, [
    [reabre(1), "ERRO-113"],
    [fecha({ data: SEGUNDA, ate: "2026-12-01", ...das(8, 9) }), "ERRO-103"],
    [reabre(2), "OK-314 nº 2 "],
    // Nada se marca num dia que passou; mas o que nele se cancelou por engano volta.
    [situa(ANA, "CANCELADO", { numero: 1 }), "OK-306"],
    [situa(ANA, "DESFAZ"), "OK-306"],
    [fecha({ data: "2026-12-01" }), "OK-312 nº 4 "],
  ]);
});

teste("valem quinhentas exceções; repetir uma, reabrir outra e as que já passaram não contam", () => {
  const balcao = new BalcaoPuro();
  const pede = (pedido: Pedido): unknown => {
    const { resultado } = balcao.decide(pedido);
    return [resultado.codigo, "numero" in resultado ? resultado.numero : 0];
  };
  const uma = (n: number): Pedido => fecha({ data: n < 250 ? SEGUNDA : OUTRA, inicio: n, fim: n + 1 });
  for (let n = 1; n <= 500; n++) assertEquals(pede(uma(n)), ["OK-312", n]);
  assertEquals(pede(uma(501)), ["ERRO-103", 0]);
  assertEquals(pede(extra(1000)), ["ERRO-103", 0]);
  assertEquals(pede(extra(600)), ["ERRO-121", 0]);
  assertEquals(pede(uma(7)), ["OK-312", 7]);
  assertEquals(pede(reabre(300)), ["OK-314", 300]);
  assertEquals(pede(extra(1000)), ["OK-313", 501]);
  assertEquals(pede(extra(1000)), ["OK-313", 501]);
  assertEquals(pede(uma(501)), ["ERRO-103", 0]);
  balcao.agora = em("2026-12-01T00:00");
  assertEquals(pede(uma(501)), ["OK-312", 502]);
});

// ------------------------------------------------------------------------------------------------------ EXCECOES

teste("dizem-se as que valem e ainda não passaram, por ordem, e só a quem é da casa", () => {
  const balcao = new BalcaoPuro();
  const numeros = (papel: Papel): number[] | string => {
    const { resultado } = balcao.decide({ comando: "EXCECOES" }, { origem: "", cliente: "", papel });
    return resultado.codigo === "OK-200" ? (resultado.excecoes ?? []).map(({ numero }) => numero) : resultado.codigo;
  };
  for (const pedido of [fecha(), fecha({ data: OUTRA }), extra(13 * 60), reabre(2)]) balcao.decide(pedido);
  for (const papel of ["gerente", "balcao", "profissional"] as const) assertEquals(numeros(papel), [1, 3]);
  for (const papel of ["paciente", "quiosque", "anonimo"] as const) assertEquals(numeros(papel), "ERRO-120");
  balcao.agora = em("2026-12-01T08:00");
  assertEquals(numeros("gerente"), [], "as de ontem já passaram");
  // Um armazém pode dar também as que passaram.
  const vista = balcao.livro.vista({ ...NENHUM_ALCANCE, excecoes: "le", hoje: "" });
  assertEquals(vista.excecoes().length, 2);
  const { clinica, agora } = balcao;
  const quem = { origem: "", cliente: "", papel: "gerente" } as const;
  assertEquals(consultar({ clinica, agora, vista, quem, sorteia: () => "" }, { comando: "EXCECOES" }), {
    codigo: "OK-200",
    excecoes: [],
  });
});
