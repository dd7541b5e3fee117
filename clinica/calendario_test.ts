/**
 * Testes do calendário: que datas estão abertas em cada instante, e o que já começou ou acabou. Sem nenhuma permissão, e
 * com o relógio dado.
 *
 * @module
 */

import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import { Calendario, ehData } from "./calendario.ts";
import { DIAS_DA_SEMANA, lerOferta } from "./oferta.ts";

function teste(name: string, fn: () => void): void {
  Deno.test({ name, permissions: "none", fn });
}

const SEG = "2026-11-30";
const TER = "2026-12-01";
const QUA = "2026-12-02";

/** O instante escrito, com o deslocamento, em ms desde 1970. */
function em(instante: string): number {
  return Temporal.Instant.from(instante).epochMilliseconds;
}

const TODO_DIA = DIAS_DA_SEMANA.map((dia) => ({ especialidade: "CLINICO GERAL", dia }));

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
  assertEquals([...dia?.atendimentos.keys() ?? []], ["DERMATOLOGISTA"]);
});

teste("a janela diz até onde vai, e o instante de uma hora é o da clínica", () => {
  const calendario = todoDia({ semanas: 2 });
  const agora = em("2026-11-30T12:00-03:00");
  assertStrictEquals(calendario.janela(agora).ate, "2026-12-14");
  for (const [iso, hora] of [[SEG, "08:15"], [QUA, "23:59"], ["2026-11-01", "00:00"]]) {
    assertStrictEquals(calendario.instante(iso, hora, agora), em(`${iso}T${hora}-03:00`));
  }
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

teste("uma data é a que o Temporal também aceita, escrita com dez caracteres", () => {
  const aceita = (data: string): boolean => {
    try {
      return Temporal.PlainDate.from(data, { overflow: "reject" }).toString() === data;
    } catch {
      return false;
    }
  };
  const numero = (casas: number, ate: number): fc.Arbitrary<string> =>
    fc.nat(ate).map((n) => String(n).padStart(casas, "0"));
  const partes = fc.tuple(numero(4, 9999), numero(2, 14), numero(2, 33)).map((partes) => partes.join("-"));
  fc.assert(fc.property(partes, (data) => assertEquals(ehData(data), aceita(data), data)), { numRuns: 2000 });
  for (const ano of ["0000", "1900", "2000", "2026", "2028", "2100"]) {
    for (const dia of ["02-28", "02-29", "02-30", "04-31", "12-31"]) {
      const data = `${ano}-${dia}`;
      assertEquals(ehData(data), aceita(data), data);
    }
  }
  for (
    const nenhuma of [
      "",
      "2026-1-01",
      "2026-01-1",
      "2026-01-01 ",
      " 2026-01-01",
      "20260101",
      "2026-01-01T00:00",
      "²026-01-01",
    ]
  ) {
    assert(!ehData(nenhuma), nenhuma);
  }
});
