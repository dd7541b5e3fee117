/**
 * Testes da oferta: o que se aceita e se recusa numa configuração, e que datas e horas estão abertas em cada instante.
 * Sem nenhuma permissão, e com o relógio dado.
 *
 * @module
 */

import { assert, assertEquals, assertStrictEquals, assertStringIncludes, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  Calendario,
  ErroDeConfiguracao,
  horariosDe,
  lerOferta,
  minutoDoDia,
  nomeDoDia,
  type Oferta,
} from "./oferta.ts";

function teste(name: string, fn: () => void): void {
  Deno.test({ name, permissions: "none", fn });
}

/** Um atendimento que serve, com o que se quiser diferente. */
function atendimento(diferente: Record<string, unknown> = {}): Record<string, unknown> {
  return { especialidade: "CLINICO GERAL", dia: "SEGUNDA-FEIRA", inicio: "08:00", vagas: 5, minutos: 30, ...diferente };
}

function horas(oferta: Oferta, iso: string, chave: string): string[] {
  return (horariosDe(oferta, iso).get(chave) ?? []).map(({ hora }) => hora);
}

/** Recusa a configuração, e a mensagem diz o campo, o que se esperava e o que veio. */
function recusa(config: unknown, campo: string, ...partes: string[]): void {
  const { name, message } = assertThrows(() => lerOferta(config), ErroDeConfiguracao, `${campo}: `);
  assertStrictEquals(name, "ErroDeConfiguracao");
  assert(message.startsWith(`${campo}: `), message);
  for (const parte of partes) assertStringIncludes(message, parte);
}

const SEG = "2026-11-30";
const TER = "2026-12-01";
const QUA = "2026-12-02";
const SEX = "2026-12-04";

// A configuração.

teste("sem configuração vale a semana da primeira versão", () => {
  for (const oferta of [lerOferta(), lerOferta({})]) {
    assertStrictEquals(oferta.nome, "Clínica de Saúde");
    assertStrictEquals(oferta.fuso, "America/Sao_Paulo");
    assertStrictEquals(oferta.semanas, 4);
    assertEquals(oferta.fechado, new Set());
    assertEquals(oferta.especialidades, [
      { chave: "CLINICO GERAL", nome: "CLINICO GERAL" },
      { chave: "DERMATOLOGISTA", nome: "DERMATOLOGISTA" },
      { chave: "NUTRICIONISTA", nome: "NUTRICIONISTA" },
    ]);
    const cinco = ["08:00", "08:30", "09:00", "09:30", "10:00"];
    assertEquals(horas(oferta, SEG, "CLINICO GERAL"), cinco);
    assertEquals(horas(oferta, QUA, "DERMATOLOGISTA"), cinco);
    assertEquals(horas(oferta, SEX, "NUTRICIONISTA"), cinco);
    assertStrictEquals(horariosDe(oferta, SEG).size, 1);
    assertStrictEquals(horariosDe(oferta, TER).size, 0);
  }
});

teste("cada chave é opcional, e a que falta vale o de sempre", () => {
  assertStrictEquals(lerOferta({ semanas: 2 }).nome, "Clínica de Saúde");
  assertStrictEquals(lerOferta({ semanas: 2 }).especialidades.length, 3);
  assertStrictEquals(lerOferta({ nome: " Saúde  Já " }).nome, "Saúde  Já");
  assertStrictEquals(lerOferta({ nome: "Sau\u0301de" }).nome, "Saúde");
  const oferta = lerOferta({ atendimentos: [{ especialidade: "PEDIATRA", dia: "TERÇA-FEIRA" }] });
  assertEquals(horas(oferta, TER, "PEDIATRA"), ["08:00", "08:30", "09:00", "09:30", "10:00"]);
});

teste("o que não é um objeto não é uma configuração", () => {
  recusa(null, "configuração", "esperava um objeto", "veio null");
  recusa([], "configuração", "veio []");
  recusa("x", "configuração", 'veio "x"');
  recusa(1, "configuração", "veio 1");
  recusa({ atendimentos: [1] }, "atendimentos[0]", "esperava um objeto", "veio 1");
  recusa({ atendimentos: [atendimento(), []] }, "atendimentos[1]", "veio []");
});

teste("uma chave desconhecida é recusada com as conhecidas ao lado", () => {
  recusa({ semana: 4 }, "configuração", '"semana"', "semanas", "atendimentos");
  recusa({ atendimentos: [atendimento({ hora: "08:00" })] }, "atendimentos[0]", '"hora"', "inicio");
  recusa(JSON.parse('{"__proto__":{}}'), "configuração", '"__proto__"');
});

teste("cada campo que não serve é dito com a razão e com o que veio", () => {
  for (const nome of ["", "  ", 1, null, [], "a\nb", "x".repeat(121)]) {
    recusa({ nome }, "nome", "texto de 1 a 120 caracteres", `veio ${JSON.stringify(nome)}`);
  }
  for (const fuso of ["Marte/Olimpo", "America/Sao Paulo", "", 3, null]) {
    recusa({ fuso }, "fuso", "esperava um", `veio ${JSON.stringify(fuso)}`);
  }
  for (const semanas of [0, -1, 54, 1.5, "4", null, 1e9]) {
    recusa({ semanas }, "semanas", "inteiro de 1 a 53", `veio ${JSON.stringify(semanas)}`);
  }
  for (const fechado of ["2026-12-25", {}, null]) {
    recusa({ fechado }, "fechado", "esperava uma lista", `veio ${JSON.stringify(fechado)}`);
  }
  for (const data of ["25/12/2026", "2026-02-30", "2026-13-01", "2026-12-25T00:00", "2026-1-1", "", 20261225, null]) {
    recusa({ fechado: [SEG, data] }, "fechado[1]", '"aaaa-mm-dd"', `veio ${JSON.stringify(data)}`);
  }
  for (const atendimentos of [{}, "x", null]) recusa({ atendimentos }, "atendimentos", "esperava uma lista");
  recusa({ atendimentos: [] }, "atendimentos", "vazia");
});

teste("cada campo de um atendimento que não serve é dito com o seu lugar, a razão e o que veio", () => {
  const recusaItem = (campo: string, valor: unknown, ...partes: string[]): void => {
    const atendimentos = [atendimento({ dia: "DOMINGO" }), atendimento({ [campo]: valor })];
    recusa({ atendimentos }, `atendimentos[1].${campo}`, ...partes, `veio ${JSON.stringify(valor) ?? "nada"}`);
  };
  for (const valor of ["", " ", 1, null, undefined, "a\tb", "\u0301"]) recusaItem("especialidade", valor, "texto");
  for (const valor of [1, null, undefined, ""]) recusaItem("dia", valor, "texto");
  for (const valor of ["SEGUNDA", "MONDAY", "SEGUNDA FEIRA", "FERIADO"]) {
    recusaItem("dia", valor, "SEGUNDA-FEIRA", "TERÇA-FEIRA", "DOMINGO");
  }
  for (const valor of ["8:00", "24:00", "08:60", "08:00:00", "08h00", " 08:00", "", 8, null]) {
    recusaItem("inicio", valor, '"HH:MM"');
  }
  for (const campo of ["vagas", "minutos"]) {
    for (const valor of [0, -1, 1441, 0.5, "5", null, true]) recusaItem(campo, valor, "inteiro de 1 a 1440");
  }
});

teste("as vagas cabem no dia: até a meia-noite sim, depois dela não", () => {
  const noite = (vagas: number, minutos: number, inicio: string): unknown => ({
    atendimentos: [atendimento({ vagas, minutos, inicio })],
  });
  assertEquals(horas(lerOferta(noite(2, 30, "23:00")), SEG, "CLINICO GERAL"), ["23:00", "23:30"]);
  assertEquals(horas(lerOferta(noite(1, 1440, "00:00")), SEG, "CLINICO GERAL"), ["00:00"]);
  assertStrictEquals(horas(lerOferta(noite(1440, 1, "00:00")), SEG, "CLINICO GERAL").at(-1), "23:59");
  recusa(noite(3, 30, "23:00"), "atendimentos[0]", "3 vagas de 30 minutos", "23:00", "meia-noite");
  recusa(noite(1, 1440, "00:01"), "atendimentos[0]", "meia-noite");
  recusa(noite(1, 2, "23:59"), "atendimentos[0]", "meia-noite");
});

teste("uma especialidade atende de manhã e à tarde, em qualquer ordem na configuração", () => {
  const oferta = lerOferta({
    atendimentos: [
      atendimento({ inicio: "14:00", vagas: 2, minutos: 60 }),
      atendimento({ inicio: "08:00", vagas: 3, minutos: 20 }),
      atendimento({ inicio: "09:00", vagas: 1, minutos: 300 }),
      atendimento({ dia: "TERÇA-FEIRA", vagas: 1 }),
    ],
  });
  assertEquals(horariosDe(oferta, SEG).get("CLINICO GERAL"), [
    { hora: "08:00", inicio: 480, minutos: 20 },
    { hora: "08:20", inicio: 500, minutos: 20 },
    { hora: "08:40", inicio: 520, minutos: 20 },
    { hora: "09:00", inicio: 540, minutos: 300 },
    { hora: "14:00", inicio: 840, minutos: 60 },
    { hora: "15:00", inicio: 900, minutos: 60 },
  ]);
  assertEquals(horas(oferta, TER, "CLINICO GERAL"), ["08:00"]);
  assertStrictEquals(oferta.especialidades.length, 1);
});

teste("dois atendimentos da mesma especialidade não se sobrepõem; os de outra, ou de outro dia, podem", () => {
  const dois = (diferente: Record<string, unknown>): unknown => ({
    atendimentos: [atendimento({ vagas: 2 }), atendimento({ vagas: 2, ...diferente })],
  });
  for (const inicio of ["08:00", "08:15", "08:30", "08:59", "07:01", "07:30"]) {
    recusa(dois({ inicio }), "atendimentos[1]", "sobrepõe-se");
  }
  recusa(dois({ inicio: "07:59", vagas: 1, minutos: 2 }), "atendimentos[1]", "08:00");
  recusa(dois({ especialidade: "Clínico  geral", dia: "segunda-feira" }), "atendimentos[1]", "sobrepõe-se");
  for (const inicio of ["09:00", "07:00"]) assertStrictEquals(lerOferta(dois({ inicio })).especialidades.length, 1);
  assertStrictEquals(lerOferta(dois({ especialidade: "PEDIATRA" })).especialidades.length, 2);
  assertStrictEquals(lerOferta(dois({ dia: "DOMINGO" })).especialidades.length, 1);
});

teste("uma configuração é recusada se, e só se, um minuto tem dois atendimentos da mesma especialidade", () => {
  const arbItem = fc.record({
    especialidade: fc.constantFrom("A", "á", "B"),
    dia: fc.constantFrom("SÁBADO", "domingo"),
    inicio: fc.nat({ max: 24 }).map((n) => `${String(8 + Math.floor(n / 6)).padStart(2, "0")}:${n % 6}0`),
    vagas: fc.integer({ min: 1, max: 3 }),
    minutos: fc.constantFrom(5, 10, 15, 30),
  });
  let aceitas = 0;
  fc.assert(
    fc.property(fc.array(arbItem, { minLength: 1, maxLength: 4 }), (atendimentos) => {
      const minutos = atendimentos.flatMap(({ especialidade, dia, inicio, vagas, minutos }) =>
        Array.from(
          { length: vagas * minutos },
          (_, i) => `${especialidade === "B" ? "B" : "A"} ${dia} ${minutoDoDia(inicio) + i}`,
        )
      );
      const repetido = new Set(minutos).size < minutos.length;
      if (repetido) {
        assertThrows(() => lerOferta({ atendimentos }), ErroDeConfiguracao, "sobrepõe-se");
        return;
      }
      lerOferta({ atendimentos });
      aceitas++;
    }),
    { numRuns: 300 },
  );
  assert(aceitas > 30);
});

teste("especialidades e dias se comparam sem acentos nem caixa e se mostram como escritos", () => {
  const oferta = lerOferta({
    atendimentos: [
      atendimento({ especialidade: "Clínico Geral", dia: "terca-feira" }),
      atendimento({ especialidade: "PEDIATRA", dia: "sábado" }),
      atendimento({ especialidade: "CLINICO GERAL", dia: "SABADO", inicio: "09:00" }),
      atendimento({ especialidade: "Ortopedia", dia: "Quarta-Feira" }),
    ],
  });
  assertEquals(oferta.especialidades, [
    { chave: "CLINICO GERAL", nome: "Clínico Geral" },
    { chave: "PEDIATRA", nome: "PEDIATRA" },
    { chave: "ORTOPEDIA", nome: "Ortopedia" },
  ]);
  assertStrictEquals(nomeDoDia(oferta, TER), "TERCA-FEIRA");
  assertStrictEquals(nomeDoDia(oferta, QUA), "QUARTA-FEIRA");
  assertStrictEquals(horas(oferta, "2026-12-05", "CLINICO GERAL").length, 5);
});

teste("os dias da semana têm os nomes de segunda a domingo, em maiúsculas", () => {
  const oferta = lerOferta();
  const nomes = Array.from({ length: 7 }, (_, i) => nomeDoDia(oferta, `2026-06-0${i + 1}`));
  assertEquals(nomes, [
    "SEGUNDA-FEIRA",
    "TERÇA-FEIRA",
    "QUARTA-FEIRA",
    "QUINTA-FEIRA",
    "SEXTA-FEIRA",
    "SÁBADO",
    "DOMINGO",
  ]);
});

teste("uma data fechada não tem horários", () => {
  const oferta = lerOferta({ fechado: [SEG, SEG, "2026-12-25"] });
  assertEquals(oferta.fechado, new Set([SEG, "2026-12-25"]));
  assertStrictEquals(horariosDe(oferta, SEG).size, 0);
  assertStrictEquals(horariosDe(oferta, "2026-12-07").size, 1);
});

teste("a hora muda de forma sem mudar de valor", () => {
  assertStrictEquals(minutoDoDia("00:00"), 0);
  assertStrictEquals(minutoDoDia("08:15"), 495);
  assertStrictEquals(minutoDoDia("23:59"), 1439);
});

// O calendário.

/** O instante escrito, com o deslocamento, em ms desde 1970. */
function em(instante: string): number {
  return Temporal.Instant.from(instante).epochMilliseconds;
}

const TODO_DIA = ["SEGUNDA-FEIRA", "TERÇA-FEIRA", "QUARTA-FEIRA", "QUINTA-FEIRA", "SEXTA-FEIRA", "SÁBADO", "DOMINGO"]
  .map((dia) => atendimento({ dia }));

function todoDia(config: Record<string, unknown> = {}): Calendario {
  return new Calendario(lerOferta({ atendimentos: TODO_DIA, ...config }));
}

function abertas(calendario: Calendario, agora: number): string[] {
  return [...calendario.janela(agora).dias.keys()];
}

teste("o dia vira à meia-noite da clínica, não à de Greenwich", () => {
  const calendario = todoDia();
  const meiaNoite = em("2026-12-01T00:00:00-03:00");
  assertStrictEquals(calendario.janela(em("2026-12-01T00:00:00Z")).hoje, SEG);
  assertStrictEquals(calendario.janela(meiaNoite - 1).hoje, SEG);
  assertStrictEquals(calendario.janela(meiaNoite).hoje, TER);
  assertStrictEquals(calendario.janela(meiaNoite).inicio, meiaNoite);
  assertStrictEquals(calendario.janela(meiaNoite - 1).fim, meiaNoite);
  assertStrictEquals(todoDia({ fuso: "Asia/Tokyo" }).janela(em("2026-11-30T15:00:00Z")).hoje, TER);
});

teste("a janela vai de hoje até antes de hoje mais sete dias por semana", () => {
  const agora = em("2026-11-30T23:59:59.999-03:00");
  for (const semanas of [1, 2, 4, 53]) {
    const datas = abertas(todoDia({ semanas }), agora);
    assertStrictEquals(datas.length, 7 * semanas);
    assertStrictEquals(datas[0], SEG);
    const ultima = Temporal.PlainDate.from(SEG).add({ days: 7 * semanas - 1 });
    assertStrictEquals(datas.at(-1), ultima.toString());
  }
  assertStrictEquals(abertas(todoDia({ semanas: 1 }), agora).at(-1), "2026-12-06");
  assertStrictEquals(abertas(todoDia({ semanas: 1 }), agora + 1).at(-1), "2026-12-07");
});

teste("só estão na janela as datas com atendimento, em ordem, sem as fechadas", () => {
  const calendario = new Calendario(lerOferta({ semanas: 2, fechado: ["2026-12-04", "2026-12-05"] }));
  const { dias } = calendario.janela(em("2026-11-30T12:00-03:00"));
  assertEquals([...dias.keys()], [SEG, QUA, "2026-12-07", "2026-12-09", "2026-12-11"]);
  const dia = dias.get(QUA);
  assertStrictEquals(dia?.iso, QUA);
  assertStrictEquals(dia?.nome, "QUARTA-FEIRA");
  assertEquals([...dia?.horarios.keys() ?? []], ["DERMATOLOGISTA"]);
});

teste("a janela atravessa o fim do ano", () => {
  assertEquals(abertas(todoDia({ semanas: 1 }), em("2026-12-28T09:00-03:00")), [
    "2026-12-28",
    "2026-12-29",
    "2026-12-30",
    "2026-12-31",
    "2027-01-01",
    "2027-01-02",
    "2027-01-03",
  ]);
  const calendario = todoDia();
  const virada = em("2027-01-01T00:00-03:00");
  assertStrictEquals(calendario.janela(virada - 1).hoje, "2026-12-31");
  assertStrictEquals(calendario.janela(virada).hoje, "2027-01-01");
});

teste("o dia 29 de fevereiro está na janela do ano bissexto, e só dele", () => {
  assertEquals(abertas(todoDia({ semanas: 1 }), em("2028-02-27T09:00-03:00")).slice(0, 4), [
    "2028-02-27",
    "2028-02-28",
    "2028-02-29",
    "2028-03-01",
  ]);
  assertEquals(abertas(todoDia({ semanas: 1 }), em("2027-02-27T09:00-03:00")).slice(0, 3), [
    "2027-02-27",
    "2027-02-28",
    "2027-03-01",
  ]);
});

teste("um horário começa no seu milissegundo e acaba no da sua duração", () => {
  const calendario = todoDia();
  const inicio = em("2026-11-30T08:00-03:00");
  assert(!calendario.comecou(SEG, "08:00", inicio - 1));
  assert(calendario.comecou(SEG, "08:00", inicio));
  assert(!calendario.terminou(SEG, "08:00", 30, inicio + 30 * 60_000 - 1));
  assert(calendario.terminou(SEG, "08:00", 30, inicio + 30 * 60_000));
  assert(!calendario.terminou(SEG, "08:00", 31, inicio + 30 * 60_000));
});

teste("o que é de ontem começou e acabou, e o que é de amanhã não", () => {
  const calendario = todoDia();
  const agora = em("2026-12-01T00:00-03:00");
  assert(calendario.comecou(SEG, "23:59", agora) && calendario.terminou(SEG, "23:59", 1, agora));
  assert(!calendario.comecou(SEG, "23:59", agora - 60_001) && !calendario.terminou(SEG, "23:59", 1, agora - 1));
  assert(!calendario.comecou(QUA, "00:00", agora) && !calendario.terminou(QUA, "00:00", 1, agora));
  assert(calendario.comecou(TER, "00:00", agora) && !calendario.terminou(TER, "00:00", 1, agora));
});

teste("um relógio que volta atrás volta também a janela e os instantes", () => {
  const calendario = todoDia({ semanas: 1 });
  const terca = em("2026-12-01T08:00-03:00");
  const segunda = terca - 24 * 3600_000;
  assertStrictEquals(calendario.janela(terca).hoje, TER);
  assert(calendario.comecou(TER, "08:00", terca));
  assertStrictEquals(calendario.janela(segunda).hoje, SEG);
  assertStrictEquals(abertas(calendario, segunda)[0], "2026-11-30");
  assert(!calendario.comecou(TER, "08:00", segunda));
  assert(calendario.comecou(SEG, "08:00", segunda) && !calendario.comecou(SEG, "08:00", segunda - 1));
  assert(!calendario.comecou(TER, "08:00", terca - 1) && calendario.comecou(TER, "08:00", terca));
});

teste("quando o relógio adianta, a hora que não existe anda para a frente", () => {
  // Nova York, 8 de março de 2026: das 02:00 (-05:00) passa-se às 03:00 (-04:00).
  const calendario = todoDia({ fuso: "America/New_York" });
  const { inicio, fim } = calendario.janela(em("2026-03-08T12:00-04:00"));
  assertStrictEquals(fim - inicio, 23 * 3600_000);
  const meia = em("2026-03-08T03:30-04:00");
  assert(!calendario.comecou("2026-03-08", "02:30", meia - 1) && calendario.comecou("2026-03-08", "02:30", meia));
  const antes = em("2026-03-08T01:30-05:00");
  assert(calendario.comecou("2026-03-08", "01:30", antes) && !calendario.comecou("2026-03-08", "01:30", antes - 1));
  const oito = em("2026-03-08T08:00-04:00");
  assert(calendario.comecou("2026-03-08", "08:00", oito) && !calendario.comecou("2026-03-08", "08:00", oito - 1));
});

teste("quando o relógio atrasa, a hora que se repete vale a primeira vez", () => {
  // Nova York, 1º de novembro de 2026: das 02:00 (-04:00) volta-se à 01:00 (-05:00).
  const calendario = todoDia({ fuso: "America/New_York" });
  const { inicio, fim } = calendario.janela(em("2026-11-01T12:00-05:00"));
  assertStrictEquals(fim - inicio, 25 * 3600_000);
  const primeira = em("2026-11-01T01:30-04:00");
  assert(
    calendario.comecou("2026-11-01", "01:30", primeira) && !calendario.comecou("2026-11-01", "01:30", primeira - 1),
  );
  assert(calendario.terminou("2026-11-01", "01:30", 30, em("2026-11-01T01:00-05:00")));
});

teste("o dia cuja meia-noite não existe começa à uma", () => {
  // São Paulo, 4 de novembro de 2018: da meia-noite (-03:00) passa-se à 01:00 (-02:00).
  const calendario = todoDia();
  const virada = em("2018-11-04T01:00-02:00");
  assertStrictEquals(calendario.janela(virada - 1).hoje, "2018-11-03");
  assertStrictEquals(calendario.janela(virada - 1).fim, virada);
  const { hoje, inicio, fim } = calendario.janela(virada);
  assertEquals([hoje, inicio, fim - inicio], ["2018-11-04", virada, 23 * 3600_000]);
  assert(calendario.comecou("2018-11-04", "00:00", virada) && !calendario.comecou("2018-11-04", "00:00", virada - 1));
  assert(!calendario.comecou("2018-11-04", "01:01", virada));
  assertStrictEquals(abertas(todoDia(), em("2018-11-01T12:00-03:00"))[3], "2018-11-04");
});

teste("o dia cuja última hora se repete só acaba depois da segunda", () => {
  // São Paulo, 18 de fevereiro de 2018: da meia-noite (-02:00) volta-se às 23:00 (-03:00) do dia 17.
  const calendario = todoDia();
  const virada = em("2018-02-18T00:00-03:00");
  const { hoje, inicio, fim } = calendario.janela(virada - 1);
  assertEquals([hoje, fim, fim - inicio], ["2018-02-17", virada, 25 * 3600_000]);
  assertStrictEquals(calendario.janela(virada).hoje, "2018-02-18");
  const primeira = em("2018-02-17T23:30-02:00");
  assert(
    calendario.comecou("2018-02-17", "23:30", primeira) && !calendario.comecou("2018-02-17", "23:30", primeira - 1),
  );
  assert(calendario.terminou("2018-02-17", "23:30", 30, em("2018-02-17T23:15-03:00")));
});

teste("em Santiago, onde a meia-noite também falta e se repete, a janela não perde nem dobra um dia", () => {
  const calendario = todoDia({ fuso: "America/Santiago", semanas: 1 });
  for (
    const [agora, primeira, ultima] of [
      ["2026-09-03T12:00-04:00", "2026-09-03", "2026-09-09"],
      ["2026-04-02T12:00-03:00", "2026-04-02", "2026-04-08"],
    ]
  ) {
    const datas = abertas(calendario, em(agora));
    assertEquals([datas.length, datas[0], datas.at(-1)], [7, primeira, ultima]);
  }
  const falta = em("2026-09-06T01:00-03:00");
  assertEquals([calendario.janela(falta - 1).hoje, calendario.janela(falta).hoje], ["2026-09-05", "2026-09-06"]);
});

const arbFuso = fc.constantFrom("America/Sao_Paulo", "America/New_York", "America/Santiago", "Asia/Tokyo", "UTC");
const arbInstante = fc.integer({ min: em("2017-01-01T00:00Z"), max: em("2029-01-01T00:00Z") });

teste(
  "os dias se seguem sem falha nem sobra, em qualquer fuso e instante, qualquer que tenha sido a pergunta antes",
  () => {
    const calendarios = new Map<string, Calendario>();
    fc.assert(
      fc.property(arbFuso, arbInstante, (fuso, agora) => {
        const calendario = calendarios.get(fuso) ?? todoDia({ fuso, semanas: 1 });
        calendarios.set(fuso, calendario);
        const { hoje, inicio, fim, dias } = calendario.janela(agora);
        const naClinica = Temporal.Instant.fromEpochMilliseconds(agora).toZonedDateTimeISO(fuso).toPlainDate();
        assertStrictEquals(hoje, naClinica.toString());
        assert(inicio <= agora && agora < fim);
        assertStrictEquals([...dias.values()][0].iso, hoje);
        assertStrictEquals(calendario.janela(inicio).hoje, hoje);
        assertStrictEquals(calendario.janela(fim - 1).hoje, hoje);
        assertStrictEquals(calendario.janela(inicio - 1).hoje, naClinica.subtract({ days: 1 }).toString());
        assertStrictEquals(calendario.janela(fim).hoje, naClinica.add({ days: 1 }).toString());
      }),
      { numRuns: 300 },
    );
  },
);

teste("começar e acabar são o que o relógio da parede diz, em qualquer fuso e instante", () => {
  const calendarios = new Map<string, Calendario>();
  const arbDias = fc.integer({ min: -2, max: 2 });
  fc.assert(
    fc.property(arbFuso, arbInstante, arbDias, fc.nat({ max: 47 }), (fuso, agora, dias, meiaHora) => {
      const calendario = calendarios.get(fuso) ?? todoDia({ fuso });
      calendarios.set(fuso, calendario);
      const dia = Temporal.Instant.fromEpochMilliseconds(agora).toZonedDateTimeISO(fuso).toPlainDate().add({
        days: dias,
      });
      const comeco = dia.toZonedDateTime({
        timeZone: fuso,
        plainTime: { hour: Math.floor(meiaHora / 2), minute: meiaHora % 2 * 30 },
      });
      const hora = `${String(Math.floor(meiaHora / 2)).padStart(2, "0")}:${meiaHora % 2 === 0 ? "00" : "30"}`;
      assertStrictEquals(calendario.comecou(dia.toString(), hora, agora), comeco.epochMilliseconds <= agora);
      const fim = comeco.epochMilliseconds + 30 * 60_000;
      assertStrictEquals(calendario.terminou(dia.toString(), hora, 30, agora), fim <= agora);
    }),
    { numRuns: 500 },
  );
});
