/**
 * Testes de a quem se dá o que vaga, frase a frase: por que vaga, a quem serve, até quando se segura, o que dispensa um
 * convite. Sem nenhuma permissão.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { cpfDeExemplo } from "../testes/apoio.ts";
import {
  agend,
  ANA,
  type Balcao,
  BIA,
  type Campos,
  cancel,
  CID,
  CLINICO,
  em,
  EQUIPE,
  extra,
  fecha,
  MINUTO,
  poe,
  regra,
  remarc,
  responde,
  SEGUNDA,
  situa,
} from "../testes/balcao.ts";
import { aceita, desiste, DIA_SEGUINTE, DUDA, enche, espera, EVA, fila, recusa, tem, TICK } from "../testes/espera.ts";
import type { Pedido } from "./pedido.ts";

const AMANHA = { data: DIA_SEGUINTE };
const reabre = (numero: number): Pedido => ({ comando: "REABRE", numero });

// ------------------------------------------------------------------------------------------------------ por que vaga

/** Como vaga, a pedido ou pelo relógio, a hora das 08:00 do dia seguinte. */
const DEIXAM: readonly (readonly [nome: string, vaga: (balcao: Balcao) => Promise<void>])[] = [
  ["CANCEL", async (balcao) => {
    poe(balcao, { cpf: ANA, ...AMANHA });
    await responde(balcao, [[cancel(ANA), "OK-301"]]);
  }],
  ["SITUA CANCELADO", async (balcao) => {
    poe(balcao, { cpf: ANA, ...AMANHA });
    await responde(balcao, [[situa(ANA, "CANCELADO"), "OK-306"]]);
  }],
  ["REMARC", async (balcao) => {
    poe(balcao, { cpf: ANA, ...AMANHA });
    await responde(balcao, [[remarc(ANA, { data: "2026-12-14" }), "OK-303"]]);
  }],
  ["RECUSA", async (balcao) => {
    await convida(balcao, CID);
    await responde(balcao, [[recusa(CID), "OK-309"]]);
  }],
  ["DESISTE com um convite", async (balcao) => {
    await convida(balcao, CID);
    await responde(balcao, [[desiste(CID), "OK-308"]]);
  }],
  ["um prazo", async (balcao) => {
    await convida(balcao, CID);
    balcao.agora += 120 * MINUTO;
    await responde(balcao, [[TICK, "OK-200"]]);
  }],
  ["marcar mais cedo", async (balcao) => {
    await convida(balcao, CID);
    await responde(balcao, [[agend(CID, { horario: "10:00" }), "OK-300"]]);
  }],
  ["ser atendido", async (balcao) => {
    await convida(balcao, CID);
    poe(balcao, { cpf: CID, hora: "10:00", situacao: "CHAMADO" });
    await responde(balcao, [[situa(CID, "ATENDIDO"), "OK-306"]]);
  }],
  ["DESFAZ, que devolve uma hora mais cedo", async (balcao) => {
    await responde(balcao, [[agend(CID, { horario: "10:00" }), "OK-300"], [cancel(CID), "OK-301"]]);
    await convida(balcao, CID);
    await responde(balcao, [[situa(CID, "DESFAZ"), "OK-306"]]);
  }],
  ["REABRE", async (balcao) => {
    await responde(balcao, [[fecha({ ...AMANHA, fim: 510 }), "OK-312"]]);
    await responde(balcao, [[espera(DUDA, { de: "2026-12-08", marca: true }), "OK-307"], [reabre(1), "OK-314"]]);
  }],
];

/** Segura para alguém a hora das 08:00 do dia seguinte. */
async function convida(balcao: Balcao, cpf: string): Promise<void> {
  poe(balcao, { cpf: EVA, ...AMANHA });
  await responde(balcao, [[espera(cpf, { prioridade: 4 }), "OK-307"], [cancel(EVA), "OK-301"]]);
}

for (const [nome, vaga] of DEIXAM) {
  regra(`o que ${nome} deixa vago é de quem espera, na mesma transação`, async (balcao) => {
    await responde(balcao, [[espera(BIA, { marca: true, de: "2026-12-01" }), "OK-307"]]);
    await vaga(balcao);
    assertEquals(tem(balcao).filter((linha) => linha.startsWith("BIA")), [`BIA ${DIA_SEGUINTE} 08:00 MARCADO`]);
    assertEquals(fila(balcao).includes("BIA"), false);
  });
}

regra("EXTRA dá as horas que abre, da mais cedo à mais tarde", async (balcao) => {
  await responde(balcao, [
    [espera(BIA, { marca: true, turno: "MANHÃ" }), "OK-307"],
    [espera(CID, { marca: true }), "OK-307"],
    [extra(690, { ...AMANHA, vagas: 2 }), "OK-313"],
  ]);
  assertEquals(tem(balcao), [`BIA ${DIA_SEGUINTE} 11:30 MARCADO`, `CID ${DIA_SEGUINTE} 12:00 MARCADO`]);
});

regra("REABRE de um EXTRA devolve a hora à outra especialidade de quem atende", async (balcao) => {
  const pediatra = { especialista: "PEDIATRA", marca: true };
  await responde(balcao, [
    [fecha({ ...AMANHA, profissional: "Dr. Reis" }), "OK-312"],
    [extra(570, { ...AMANHA, profissional: "Dr. Reis", vagas: 1 }), "OK-313"],
    [reabre(1), "OK-314"],
    [fecha({ ...AMANHA, especialista: CLINICO }), "OK-312"],
    [espera(BIA, { ...pediatra, de: DIA_SEGUINTE }), "OK-307"],
    [reabre(2), "OK-314"],
  ]);
  assertEquals(tem(balcao), [`BIA ${DIA_SEGUINTE} 09:30 MARCADO`]);
}, { config: EQUIPE });

regra(
  "o que não vaga não se dá: quem entra, uma data que se abre, e o que falta menos do que a clínica pede",
  async (balcao) => {
    poe(balcao, { cpf: ANA, hora: "09:00" });
    balcao.agora = em(`${SEGUNDA}T07:00`);
    await responde(balcao, [[espera(BIA, { marca: true }), "OK-307"]]);
    assertEquals(tem(balcao), [`ANA ${SEGUNDA} 09:00 MARCADO`], "livre havia muito, e ninguém deixou nada");
    balcao.agora += 1;
    await responde(balcao, [[cancel(ANA), "OK-301"]]);
    assertEquals(tem(balcao), [], "faltam 119 minutos e 59 segundos");
    // Uma semana depois abre-se mais uma.
    balcao.agora = em("2026-12-07T07:00");
    await responde(balcao, [[TICK, "OK-200"]]);
    assertEquals(fila(balcao), ["BIA"]);
  },
);

regra("a que falta exatamente o que a clínica pede dá-se", async (balcao) => {
  poe(balcao, { cpf: ANA, hora: "09:00" });
  await responde(balcao, [[espera(BIA, { marca: true }), "OK-307"], [cancel(ANA), "OK-301"]]);
  assertEquals(tem(balcao), [`BIA ${SEGUNDA} 09:00 MARCADO`]);
});

regra("um encaixe que se desmarca não deixa hora nenhuma", async (balcao) => {
  poe(balcao, { cpf: ANA, ...AMANHA, hora: "08:10", encaixe: true });
  await responde(balcao, [[espera(BIA, { marca: true }), "OK-307"], [cancel(ANA), "OK-301"]]);
  assertEquals(fila(balcao), ["BIA"]);
});

regra("minutos que vagam fazem as horas que a oferta tem agora, e só as que ficam inteiras", async (balcao) => {
  // De quando a hora era das 08:15 às 09:05: toca três das de agora, e uma delas ainda é de outro.
  poe(balcao, { cpf: ANA, ...AMANHA, hora: "08:15", minutos: 50 });
  poe(balcao, { cpf: CID, ...AMANHA, hora: "09:15", minutos: 15 });
  for (const cpf of [BIA, DUDA, EVA]) await responde(balcao, [[espera(cpf, { marca: true }), "OK-307"]]);
  await responde(balcao, [[cancel(ANA), "OK-301"]]);
  assertEquals(tem(balcao), [
    `BIA ${DIA_SEGUINTE} 08:00 MARCADO`,
    `CID ${DIA_SEGUINTE} 09:15 MARCADO`,
    `DUDA ${DIA_SEGUINTE} 08:30 MARCADO`,
  ]);
});

// ------------------------------------------------------------------------------------------------------ a quem serve

/** Quem entra assim, e se lhe servem as 11:30 e as 12:00 da Dra. Lima no dia seguinte. */
const SERVEM: readonly (readonly [opcoes: Campos<"ESPERA">, as1130: boolean, as1200: boolean])[] = [
  [{}, true, true],
  [{ profissional: "dra. lima" }, true, true],
  [{ profissional: "Dr. Reis" }, false, false],
  [{ especialista: "PEDIATRA" }, false, false],
  [{ turno: "MANHÃ" }, true, false],
  [{ turno: "TARDE" }, false, true],
  [{ de: DIA_SEGUINTE }, true, true],
  [{ de: "2026-12-08" }, false, false],
  [{ ate: DIA_SEGUINTE }, true, true],
  [{ ate: "2026-12-06" }, false, false],
  [{ antecedencia: 7 * 24 * 60 + 270 }, true, true],
  [{ antecedencia: 7 * 24 * 60 + 271 }, false, true],
  [{ antecedencia: 7 * 24 * 60 + 301 }, false, false],
];

const MEIO_DIA = {
  atendimentos: [
    { especialidade: CLINICO, dia: "SEGUNDA-FEIRA", profissional: "Dra. Lima", inicio: "11:30", vagas: 2 },
    { especialidade: CLINICO, dia: "SEGUNDA-FEIRA", profissional: "Dr. Reis", inicio: "11:30", vagas: 2 },
    { especialidade: "PEDIATRA", dia: "SEGUNDA-FEIRA", profissional: "Dr. Reis", inicio: "14:00", vagas: 2 },
  ],
};

for (const [opcoes, as1130, as1200] of SERVEM) {
  regra(`a quem espera com ${JSON.stringify(opcoes)} serve o que quer, e só isso`, async (balcao) => {
    for (const [hora, serve] of [["11:30", as1130], ["12:00", as1200]] as const) {
      balcao.livro.linhas = [];
      balcao.livro.esperas = [];
      poe(balcao, { cpf: ANA, ...AMANHA, hora, profissional: "DRA. LIMA" });
      await responde(balcao, [[espera(BIA, { marca: true, ...opcoes }), "OK-307"], [cancel(ANA), "OK-301"]]);
      assertEquals(tem(balcao), serve ? [`BIA ${DIA_SEGUINTE} ${hora} MARCADO`] : [], hora);
    }
  }, { config: MEIO_DIA });
}

regra(
  "não serve a quem tem outra consulta que se cruze com ela, nem que acabe nela se não se cruza",
  async (balcao) => {
    poe(balcao, { cpf: ANA, ...AMANHA, hora: "09:00" });
    poe(balcao, { cpf: BIA, ...AMANHA, hora: "09:29", especialidade: "NUTRICIONISTA" });
    poe(balcao, { cpf: CID, ...AMANHA, hora: "08:30", especialidade: "NUTRICIONISTA" });
    await responde(balcao, [
      [espera(BIA, { marca: true }), "OK-307"],
      [espera(CID, { marca: true }), "OK-307"],
      [cancel(ANA), "OK-301"],
    ]);
    assertEquals(fila(balcao), ["BIA"]);
  },
);

/** O que se tem ali, e se ainda serve o que vaga às 09:00 do dia seguinte. */
const TIDOS = [
  ["mais tarde, MARCADO", { hora: "09:30" }, true],
  ["mais tarde, CONFIRMADO", { hora: "09:30", situacao: "CONFIRMADO" }, true],
  ["um encaixe mais tarde", { hora: "09:10", encaixe: true }, true],
  ["outro dia, mais tarde", { data: "2026-12-14", hora: "08:00" }, true],
  ["à mesma hora", { hora: "09:00", encaixe: true }, false],
  ["mais cedo", { hora: "08:30" }, false],
  ["quem já chegou", { hora: "09:30", situacao: "CHEGOU" }, false],
  ["quem já foi chamado", { hora: "09:30", situacao: "CHAMADO" }, false],
] as const;

for (const [nome, parte, serve] of TIDOS) {
  regra(`a quem já tem ali ${nome}, o que vaga antes ${serve ? "serve" : "não serve"}`, async (balcao) => {
    poe(balcao, { cpf: ANA, ...AMANHA, hora: "09:00" });
    await responde(balcao, [[espera(BIA, { marca: true }), "OK-307"]]);
    poe(balcao, { cpf: BIA, ...AMANHA, ...parte });
    const { codigo, numero } = balcao.livro.linha(2);
    await responde(balcao, [[cancel(ANA), "OK-301"]]);
    const minha = balcao.livro.linha(2);
    const lugar = serve ? { ...AMANHA, hora: "09:00", situacao: "MARCADO", encaixe: false } : { ...AMANHA, ...parte };
    assertEquals(minha, { ...minha, codigo, numero, ...lugar });
    assertEquals(fila(balcao), serve ? [] : ["BIA"]);
  });
}

regra("a prioridade vem antes, e entre iguais quem entrou primeiro", async (balcao) => {
  for (const hora of ["08:00", "08:30", "09:00"]) {
    poe(balcao, { cpf: cpfDeExemplo(Number(hora[4]) + 20 + Number(hora[1])), ...AMANHA, hora });
  }
  await responde(balcao, [
    [espera(ANA, { marca: true }), "OK-307"],
    [espera(BIA, { marca: true, prioridade: 1 }), "OK-307"],
    [espera(CID, { marca: true, prioridade: 1 }), "OK-307"],
    [espera(DUDA, { marca: true, prioridade: 4 }), "OK-307"],
    [fecha({ ...AMANHA, fim: 600 }), "OK-312"],
  ]);
  balcao.livro.linhas = [];
  await responde(balcao, [[reabre(1), "OK-314"]]);
  assertEquals(tem(balcao), [
    `ANA ${DIA_SEGUINTE} 09:30 MARCADO`,
    `BIA ${DIA_SEGUINTE} 08:30 MARCADO`,
    `CID ${DIA_SEGUINTE} 09:00 MARCADO`,
    `DUDA ${DIA_SEGUINTE} 08:00 MARCADO`,
  ]);
});

// ------------------------------------------------------------------------------------------------------ até quando

/** Minutos que faltam para a hora quando vaga, o que se configura e pede, e por quantos se segura. */
const PRAZOS = [
  ["o da clínica", 1000, {}, {}, 120],
  ["o que se configura", 1000, { espera: { prazo: 45 } }, {}, 45],
  ["acaba quando já falta só a antecedência", 200, {}, {}, 80],
  ["a de quem pede mais", 1000, {}, { antecedencia: 940 }, 60],
  ["a das regras, se é maior", 400, { regras: { antecedencia: 380 } }, {}, 20],
  ["nunca menos de quinze minutos", 135, {}, {}, 15],
  ["com menos não se convida", 134, {}, {}, undefined],
] as const;

for (const [nome, faltam, config, opcoes, minutos] of PRAZOS) {
  regra(`o prazo: ${nome}`, async (balcao) => {
    balcao.agora = em(`${DIA_SEGUINTE}T10:00`) - faltam * MINUTO;
    poe(balcao, { cpf: ANA, ...AMANHA, hora: "10:00" });
    await responde(balcao, [[espera(BIA, opcoes), "OK-307"], [cancel(ANA), "OK-301"]]);
    const segurada = balcao.livro.linhas.find(({ situacao }) => situacao === "CONVIDADO");
    const ate = segurada && Date.parse(segurada.terminouEm);
    assertEquals(ate, minutos === undefined ? undefined : balcao.agora + minutos * MINUTO);
  }, { config });
}

// ------------------------------------------------------------------------------------------------ o que a dispensa

/** O que BIA marca ou move quando lhe estão seguradas as 08:30 do dia seguinte, e se isso as dispensa. */
const DISPENSAM: readonly (readonly [nome: string, pedido: Pedido, dispensa: boolean])[] = [
  ["marcar antes", agend(BIA, { ...AMANHA, horario: "08:00" }), true],
  ["um encaixe à mesma hora", agend(BIA, { ...AMANHA, horario: "08:30", encaixe: true }), true],
  ["marcar depois", agend(BIA, { ...AMANHA, horario: "09:00" }), false],
  ["marcar noutra especialidade", agend(BIA, { especialista: "DERMATOLOGISTA", data: "2026-12-02" }), false],
];

for (const [nome, pedido, dispensa] of DISPENSAM) {
  regra(`${nome} ${dispensa ? "dispensa o convite, sem lapso" : "deixa o convite como está"}`, async (balcao) => {
    poe(balcao, { cpf: ANA, ...AMANHA, hora: "08:30" });
    await responde(balcao, [[espera(BIA), "OK-307"], [cancel(ANA), "OK-301"], [pedido, "OK-300"]]);
    assertEquals(tem(balcao).some((linha) => linha.endsWith("CONVIDADO")), !dispensa);
    const [{ lapsos, passou, convite }] = balcao.livro.esperas;
    assertEquals([lapsos, passou, convite > 0], [0, dispensa ? [`${DIA_SEGUINTE} 08:30 `] : [], !dispensa]);
    assertEquals(fila(balcao), ["BIA"]);
  });
}

regra("a hora que alguém deixa por si não volta a ser dele: nem logo, nem quando outro a deixe", async (balcao) => {
  await responde(balcao, [
    [agend(BIA, { ...AMANHA, horario: "08:00" }), "OK-300"],
    [espera(BIA, { marca: true }), "OK-307"],
    [remarc(BIA, { ...AMANHA, horario: "09:00" }), "OK-303"],
  ]);
  assertEquals(tem(balcao), [`BIA ${DIA_SEGUINTE} 09:00 MARCADO`]);
  await responde(balcao, [[cancel(BIA), "OK-301"]]);
  assertEquals([tem(balcao), fila(balcao)], [[], ["BIA"]]);
  await responde(balcao, [[agend(ANA, { ...AMANHA, horario: "08:00" }), "OK-300"], [cancel(ANA), "OK-301"]]);
  assertEquals(tem(balcao), []);
  await responde(balcao, [[agend(ANA, { ...AMANHA, horario: "08:30" }), "OK-300"], [cancel(ANA), "OK-301"]]);
  assertEquals(tem(balcao), [`BIA ${DIA_SEGUINTE} 08:30 MARCADO`]);
});

regra("a hora que alguém deixa é do seguinte, e a que esse deixa pode ser de quem a deixou", async (balcao) => {
  enche(balcao, DIA_SEGUINTE, ["08:00", "09:00"]);
  await responde(balcao, [
    [agend(BIA, { ...AMANHA, horario: "08:00" }), "OK-300"],
    [agend(CID, { ...AMANHA, horario: "09:00" }), "OK-300"],
    [espera(BIA, { marca: true }), "OK-307"],
    [espera(CID, { marca: true }), "OK-307"],
    [remarc(BIA, { data: "2026-12-14", horario: "08:00" }), "OK-303"],
  ]);
  assertEquals(tem(balcao).filter((linha) => /^(BIA|CID)/.test(linha)), [
    `BIA ${DIA_SEGUINTE} 09:00 MARCADO`,
    `CID ${DIA_SEGUINTE} 08:00 MARCADO`,
  ]);
});

regra("quem desmarca a que tem continua com o convite que tinha", async (balcao) => {
  poe(balcao, { cpf: ANA, ...AMANHA, hora: "08:00" });
  poe(balcao, { cpf: BIA, ...AMANHA, hora: "10:00" });
  await responde(balcao, [
    [espera(BIA), "OK-307"],
    [cancel(ANA), "OK-301"],
    [cancel(BIA), "OK-301"],
    [aceita(BIA), "OK-300"],
  ]);
  assertEquals(tem(balcao), [`BIA ${DIA_SEGUINTE} 08:00 MARCADO`]);
});

regra("quem move a que tem para antes do convite dispensa-o, e a que deixou também não volta", async (balcao) => {
  poe(balcao, { cpf: ANA, ...AMANHA, hora: "08:30" });
  poe(balcao, { cpf: BIA, ...AMANHA, hora: "10:00" });
  await responde(balcao, [
    [espera(BIA), "OK-307"],
    [cancel(ANA), "OK-301"],
    [remarc(BIA, { ...AMANHA, horario: "08:00" }), "OK-303"],
  ]);
  const [{ passou, convite, lapsos }] = balcao.livro.esperas;
  assertEquals([passou, convite, lapsos], [[`${DIA_SEGUINTE} 10:00 `, `${DIA_SEGUINTE} 08:30 `], 0, 0]);
});
