/**
 * Testes do que se diz quando a semana muda.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { lerOferta } from "../clinica/oferta.ts";
import { diferencas } from "./diferencas.ts";

function teste(nome: string, fn: () => void): void {
  Deno.test({ name: `diferenças: ${nome}`, permissions: "none", fn });
}

const CLINICO = { especialidade: "Clínico Geral", dia: "SEGUNDA-FEIRA", profissional: "Dra. Ana" };
const TARDE = { ...CLINICO, inicio: "14:00", vagas: 2, minutos: 60, local: "Sala 1", encaixes: 1 };
const NUTRICAO = { especialidade: "Nutrição", dia: "SEXTA-FEIRA" };
const ANTES = { atendimentos: [CLINICO, TARDE, NUTRICAO] };

for (
  const [nome, depois, esperadas] of [
    ["o que se escreve de outra maneira não é diferença", { semanas: 4, atendimentos: [TARDE, CLINICO, NUTRICAO] }, []],
    ["a ordem das especialidades", { atendimentos: [NUTRICAO, TARDE, CLINICO] }, [
      "especialidades, pela ordem: Nutrição, Clínico Geral",
    ]],
    ["o nome, o fuso e as semanas", { ...ANTES, nome: "Boa Vista", fuso: "America/Manaus", semanas: 6 }, [
      "nome: Clínica de Saúde -> Boa Vista",
      "fuso: America/Sao_Paulo -> America/Manaus",
      "semanas: 4 -> 6",
    ]],
    ["as regras", { ...ANTES, regras: { antecedencia: 120, faltas: { quantas: 3, meses: 6 } } }, [
      "regras.antecedencia: nenhuma -> 120",
      "regras.faltas: nenhuma -> 3 em 6 meses",
    ]],
    ["a lista de espera e as faltas", { ...ANTES, espera: { prazo: 60 }, faltaAutomatica: true }, [
      "espera.prazo: 120 -> 60",
      "faltaAutomatica: desligada -> ligada",
    ]],
    ["a guarda", { ...ANTES, guarda: { meses: 60 } }, ["guarda.meses: 240 -> 60"]],
    ["uma data que fecha", { ...ANTES, fechado: ["2026-12-25"] }, ["mais data fechada: 25/12/2026"]],
    ["uma especialidade que se acrescenta", {
      atendimentos: [...ANTES.atendimentos, { ...CLINICO, especialidade: "Geriatria", dia: "TERÇA-FEIRA", vagas: 1 }],
    }, [
      "mais especialidade: Geriatria",
      "mais Geriatria (Dra. Ana), TERÇA-FEIRA: 08:00 a 08:30 de 30 em 30 min",
    ]],
    ["um profissional que se troca por outro", {
      atendimentos: [{ ...CLINICO, profissional: "Dr. Bruno" }, { ...TARDE, profissional: "Dr. Bruno" }, NUTRICAO],
    }, [
      "mais profissional: Dr. Bruno",
      "menos profissional: Dra. Ana",
      "mais Clínico Geral (Dr. Bruno), SEGUNDA-FEIRA: 08:00 a 10:30 de 30 em 30 min e 14:00 a 16:00 de 60 em 60 min, Sala 1, 1 encaixe",
      "menos Clínico Geral (Dra. Ana), SEGUNDA-FEIRA: 08:00 a 10:30 de 30 em 30 min e 14:00 a 16:00 de 60 em 60 min, Sala 1, 1 encaixe",
    ]],
    ["um atendimento que muda de hora, de sala ou de encaixes, e um que sai", {
      atendimentos: [{ ...TARDE, local: "Sala 2", encaixes: 0 }, { ...NUTRICAO, inicio: "22:00", vagas: 4 }],
    }, [
      "Clínico Geral (Dra. Ana), SEGUNDA-FEIRA: 08:00 a 10:30 de 30 em 30 min e 14:00 a 16:00 de 60 em 60 min, Sala 1, 1 encaixe" +
      " -> 14:00 a 16:00 de 60 em 60 min, Sala 2, 0 encaixes",
      "Nutrição, SEXTA-FEIRA: 08:00 a 10:30 de 30 em 30 min -> 22:00 a 24:00 de 30 em 30 min",
    ]],
    ["um dia em que já não se atende", { atendimentos: [CLINICO, TARDE, { ...NUTRICAO, dia: "QUINTA-FEIRA" }] }, [
      "mais Nutrição, QUINTA-FEIRA: 08:00 a 10:30 de 30 em 30 min",
      "menos Nutrição, SEXTA-FEIRA: 08:00 a 10:30 de 30 em 30 min",
    ]],
  ] as const
) {
  teste(nome, () => assertEquals(diferencas(lerOferta(ANTES), lerOferta(depois)), [...esperadas]));
}

teste("uma data que abre, e um dia escrito de outra maneira", () => {
  const fechada = lerOferta({ ...ANTES, fechado: ["2026-12-25", "2026-12-24"] });
  assertEquals(diferencas(fechada, lerOferta({ ...ANTES, fechado: ["2026-12-24"] })), [
    "menos data fechada: 25/12/2026",
  ]);
  const outraEscrita = lerOferta({ atendimentos: [CLINICO, TARDE, { ...NUTRICAO, dia: "sexta-feira" }] });
  assertEquals(diferencas(lerOferta(ANTES), outraEscrita), []);
});
