/**
 * Testes da oferta: o que se aceita e se recusa numa configuração, e a amostra completa. Sem nenhuma permissão.
 *
 * @module
 */

import { assert, assertEquals, assertStrictEquals, assertStringIncludes, assertThrows } from "@std/assert";
import fc from "fast-check";
import completa from "../clinica.completa.json" with { type: "json" };
import { ErroDeConfiguracao } from "./conferencia.ts";
import { atendimentosDe, lerOferta, minutoDoDia, nomeDoDia, type Oferta } from "./oferta.ts";

function teste(name: string, fn: () => void): void {
  Deno.test({ name, permissions: "none", fn });
}

/** Um atendimento que serve, com o que se quiser diferente. */
function atendimento(diferente: Record<string, unknown> = {}): Record<string, unknown> {
  return { especialidade: "CLINICO GERAL", dia: "SEGUNDA-FEIRA", inicio: "08:00", vagas: 5, minutos: 30, ...diferente };
}

function horas(oferta: Oferta, iso: string, chave: string): string[] {
  return (atendimentosDe(oferta, iso).get(chave) ?? []).flatMap(({ horarios }) => horarios.map(({ hora }) => hora));
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
    assertStrictEquals(atendimentosDe(oferta, SEG).size, 1);
    assertStrictEquals(atendimentosDe(oferta, TER).size, 0);
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
  assertEquals(atendimentosDe(oferta, SEG).get("CLINICO GERAL")?.[0].horarios, [
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
  assertStrictEquals(atendimentosDe(oferta, SEG).size, 0);
  assertStrictEquals(atendimentosDe(oferta, "2026-12-07").size, 1);
});

teste("a hora muda de forma sem mudar de valor", () => {
  assertStrictEquals(minutoDoDia("00:00"), 0);
  assertStrictEquals(minutoDoDia("08:15"), 495);
  assertStrictEquals(minutoDoDia("23:59"), 1439);
});

// Quem atende, onde, e quantos encaixes cabem.

teste("um atendimento diz quem atende e onde; os encaixes que cabem são dois, se não se diz", () => {
  const oferta = lerOferta({
    atendimentos: [
      atendimento({ profissional: " Dra.  Ana Lima ", local: "Sala 2", encaixes: 0 }),
      atendimento({ profissional: "Dr. Bruno Sá", encaixes: 100 }),
      atendimento({ dia: "QUARTA-FEIRA", profissional: "DRA. ANA LIMA" }),
    ],
  });
  const ana = { chave: "DRA. ANA LIMA", nome: "Dra.  Ana Lima" };
  const bruno = { chave: "DR. BRUNO SA", nome: "Dr. Bruno Sá" };
  assertEquals(oferta.profissionais, [ana, bruno]);
  const turnos = [SEG, QUA].flatMap((iso) =>
    (atendimentosDe(oferta, iso).get("CLINICO GERAL") ?? []).flatMap(({ turnos }) => turnos)
  );
  assertEquals(
    turnos.map(({ profissional, agenda, local, encaixes }) => [profissional, agenda, local, encaixes]),
    [
      [ana, "P:DRA. ANA LIMA", "Sala 2", 0],
      [bruno, "P:DR. BRUNO SA", "", 100],
      [ana, "P:DRA. ANA LIMA", "", 2],
    ],
  );
  const [semNome] = atendimentosDe(lerOferta(), SEG).get("CLINICO GERAL")?.[0].turnos ?? [];
  assertEquals(
    [semNome.profissional, semNome.agenda, semNome.local, semNome.encaixes],
    [undefined, "E:CLINICO GERAL", "", 2],
  );
});

teste("os profissionais vão na ordem da configuração, também dentro de cada especialidade", () => {
  const de = (profissional: string, especialidade: string, dia: string): unknown =>
    atendimento({ profissional, especialidade, dia });
  const oferta = lerOferta({
    atendimentos: [
      de("Zoé", "PEDIATRA", "TERÇA-FEIRA"),
      de("Ana", "CLINICO GERAL", "SEGUNDA-FEIRA"),
      de("Zoé", "CLINICO GERAL", "SEGUNDA-FEIRA"),
      atendimento({ especialidade: "NUTRICIONISTA", dia: "SEGUNDA-FEIRA" }),
    ],
  });
  assertEquals(oferta.profissionais.map(({ nome }) => nome), ["Zoé", "Ana"]);
  assertEquals(
    [...oferta.quemAtende].map(([especialidade, dela]) => [especialidade, dela.map(({ nome }) => nome)]),
    [["PEDIATRA", ["Zoé"]], ["CLINICO GERAL", ["Zoé", "Ana"]], ["NUTRICIONISTA", []]],
  );
  const agendas = atendimentosDe(oferta, SEG).get("CLINICO GERAL") ?? [];
  assertEquals(agendas.map(({ agenda }) => agenda), ["P:ZOE", "P:ANA"]);
});

teste("quem atende, onde e quantos encaixes, quando não servem, são ditos com o lugar, a razão e o que veio", () => {
  for (const valor of ["", "  ", 1, null, [], "a\nb", "x".repeat(121)]) {
    recusa({ atendimentos: [atendimento({ profissional: valor })] }, "atendimentos[0].profissional", "1 a 120", "veio");
  }
  for (const valor of ["", " ", 2, null, "a\tb", "x".repeat(61)]) {
    recusa({ atendimentos: [atendimento({ local: valor })] }, "atendimentos[0].local", "1 a 60 caracteres", "veio");
  }
  for (const valor of [-1, 101, 0.5, "2", null, true]) {
    const veio = `veio ${JSON.stringify(valor)}`;
    recusa(
      { atendimentos: [atendimento({ encaixes: valor })] },
      "atendimentos[0].encaixes",
      "inteiro de 0 a 100",
      veio,
    );
  }
  lerOferta({ atendimentos: [atendimento({ profissional: "x".repeat(120), local: "x".repeat(60) })] });
});

teste(
  "um profissional não está em dois lugares, nem em especialidades diferentes; dois podem atender ao mesmo tempo",
  () => {
    const dois = (um: Record<string, unknown>, outro: Record<string, unknown>): unknown => ({
      atendimentos: [atendimento({ vagas: 2, profissional: "Dra. Ana", ...um }), atendimento({ vagas: 2, ...outro })],
    });
    for (const inicio of ["08:00", "08:59", "07:01"]) {
      const outro = { especialidade: "Geriatria", profissional: "DRA. ANÁ", inicio };
      recusa(dois({}, outro), "atendimentos[1]", "sobrepõe-se", "Dra. Ana", "dois lugares", "CLINICO GERAL");
    }
    recusa(dois({}, { profissional: "dra. ana", inicio: "08:30" }), "atendimentos[1]", "Dra. Ana", "às 08:30");
    for (
      const outro of [
        { especialidade: "Geriatria", profissional: "Dra. Ana", inicio: "09:00" },
        { especialidade: "Geriatria", profissional: "Dra. Ana", dia: "TERÇA-FEIRA" },
        { especialidade: "Geriatria", profissional: "Dr. Bruno" },
        { especialidade: "Geriatria" },
        { profissional: "Dr. Bruno" },
      ]
    ) {
      lerOferta(dois({}, outro));
    }
  },
);

teste("uma especialidade diz quem atende em todos os atendimentos, ou em nenhum", () => {
  const com = atendimento({ profissional: "Dra. Ana" });
  const sem = atendimento({ especialidade: "Clínico Geral", dia: "SEXTA-FEIRA" });
  recusa({ atendimentos: [com, sem] }, "atendimentos[1].profissional", "Clínico Geral", "em todos ou em nenhum");
  recusa({ atendimentos: [sem, com] }, "atendimentos[0].profissional", "em todos ou em nenhum");
  lerOferta({ atendimentos: [com, atendimento({ especialidade: "PEDIATRA" })] });
});

teste(
  "a amostra completa é a de uma clínica: três profissionais, duas salas, manhã e tarde, e um em duas especialidades",
  () => {
    const oferta = lerOferta(completa);
    const turnos = [...oferta.semana.values()].flatMap((atendimentos) =>
      [...atendimentos.values()].flat().flatMap(({ turnos }) => turnos)
    );
    assertEquals(oferta.profissionais.length, 3);
    assertEquals([...new Set(turnos.map(({ local }) => local))].sort(), ["Sala 1", "Sala 2"]);
    assert(turnos.some(({ inicio }) => inicio < 12 * 60) && turnos.some(({ inicio }) => inicio >= 12 * 60));
    assertEquals([...new Set(turnos.map(({ encaixes }) => encaixes))].sort(), [0, 1, 2, 4]);
    const doisOficios = oferta.profissionais.filter(({ chave }) =>
      [...oferta.quemAtende.values()].filter((dela) => dela.some((um) => um.chave === chave)).length > 1
    );
    assertEquals(doisOficios.map(({ nome }) => nome), ["Dra. Ana Lima"]);
    assert(oferta.fechado.size > 0);
  },
);
