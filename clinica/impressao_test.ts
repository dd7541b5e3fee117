/**
 * Testes da impressão digital da semana: o que a muda e o que não.
 *
 * @module
 */

import { assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import completa from "../clinica.completa.json" with { type: "json" };
import { impressao } from "./impressao.ts";
import { lerOferta } from "./oferta.ts";

function teste(name: string, fn: () => void): void {
  Deno.test({ name: `impressão: ${name}`, permissions: "none", fn });
}

const de = (config: unknown): string => impressao(lerOferta(config));

/** As chaves de todo objeto ao contrário. */
function aoContrario(valor: unknown): unknown {
  if (Array.isArray(valor)) return valor.map(aoContrario);
  if (typeof valor !== "object" || valor === null) return valor;
  return Object.fromEntries(Object.entries(valor).toReversed().map(([chave, um]) => [chave, aoContrario(um)]));
}

const SEMANA = {
  fuso: "America/Sao_Paulo",
  semanas: 4,
  fechado: ["2026-12-25", "2026-12-24"],
  atendimentos: [
    { especialidade: "Clínico Geral", dia: "SEGUNDA-FEIRA", profissional: "Ana", local: "Sala 1", encaixes: 2 },
    { especialidade: "Clínico Geral", dia: "QUARTA-FEIRA", profissional: "Ana", inicio: "14:00", vagas: 4 },
    { especialidade: "Nutrição", dia: "TERÇA-FEIRA", profissional: "Caio", minutos: 45 },
  ],
};

/** A semana com o atendimento `i` trocado. */
function troca(i: number, trocas: Record<string, unknown>): unknown {
  return { ...SEMANA, atendimentos: SEMANA.atendimentos.map((um, j) => i === j ? { ...um, ...trocas } : um) };
}

teste("não depende da ordem das chaves, do que se escreve por extenso, da escrita nem do nome da clínica", () => {
  assertMatch(de({}), /^[0-9a-f]{64}$/);
  assertEquals(de(aoContrario(completa)), de(completa));
  const [um, dois, tres] = SEMANA.atendimentos;
  for (
    const igual of [
      aoContrario(SEMANA),
      { ...SEMANA, nome: "Outro nome" },
      { ...SEMANA, regras: { antecedencia: 0 } },
      { ...SEMANA, espera: { prazo: 120 }, faltaAutomatica: false, guarda: { meses: 240 } },
      { ...SEMANA, fechado: ["2026-12-24", "2026-12-25", "2026-12-25"] },
      { ...SEMANA, atendimentos: [dois, um, tres] },
      troca(0, { inicio: "08:00", vagas: 5, minutos: 30 }),
      troca(0, { especialidade: "CLINICO GERAL", dia: "segunda-feira", profissional: "ANÁ" }),
    ]
  ) {
    assertEquals(de(igual), de(SEMANA), JSON.stringify(igual));
  }
  assertEquals(de({}), de(undefined));
});

teste("sem regras é a de um livro que a guardou antes de as haver", () => {
  assertEquals(de(SEMANA), "73a2a1a747acd448224b95bf96c61cc4d6ea9324d1c926b19ed5f771a003132f");
});

teste("muda com tudo o que vale", () => {
  const [um, dois, tres] = SEMANA.atendimentos;
  const diferentes = [
    SEMANA,
    {},
    { ...SEMANA, fuso: "America/Manaus" },
    { ...SEMANA, semanas: 5 },
    { ...SEMANA, fechado: ["2026-12-25"] },
    { ...SEMANA, atendimentos: [um, tres] },
    { ...SEMANA, atendimentos: [tres, um, dois] },
    troca(2, { especialidade: "Geriatria" }),
    troca(2, { profissional: "Bia" }),
    troca(2, { dia: "SEXTA-FEIRA" }),
    troca(2, { inicio: "08:01" }),
    troca(2, { vagas: 6 }),
    troca(2, { minutos: 30 }),
    troca(2, { local: "Sala 2" }),
    troca(2, { encaixes: 3 }),
    troca(2, { vagas: 9, minutos: 25 }),
    ...[{ antecedencia: 60 }, { cancelamento: 60 }, { porCpf: 60 }, { porCpf: 60, antecedencia: 60 }]
      .map((regras) => ({ ...SEMANA, regras })),
    { ...SEMANA, espera: { prazo: 60 } },
    { ...SEMANA, espera: { antecedencia: 60 } },
    { ...SEMANA, faltaAutomatica: true },
    { ...SEMANA, guarda: { meses: 60 } },
    ...[[3, 6], [6, 3]].map(([quantas, meses]) => ({ ...SEMANA, regras: { faltas: { quantas, meses } } })),
  ].map(de);
  for (const [i, uma] of diferentes.entries()) {
    for (const outra of diferentes.slice(i + 1)) assertNotEquals(uma, outra, `${i}`);
  }
});
