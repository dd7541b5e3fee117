/**
 * As semanas de que partem as sequências ao acaso de `ao_acaso.ts`.
 *
 * @module
 */

import type { ConfigDoModelo } from "./modelo_dias.ts";

/** O dia em que mais se atende. */
export const SEG: string = "SEGUNDA-FEIRA";
const TER = "TERÇA-FEIRA";

/** Semanas que se trocam umas pelas outras no meio de uma sequência: sem profissionais, com eles, e outras horas. */
export const CONFIGS: readonly ConfigDoModelo[] = [
  {
    semanas: 2,
    fechado: ["2026-12-08"],
    atendimentos: [
      { especialidade: "CLINICO", dia: SEG, inicio: "14:00", vagas: 1, minutos: 30, encaixes: 1 },
      { especialidade: "PEDIATRA", dia: SEG, inicio: "08:00", vagas: 2, minutos: 45, encaixes: 0 },
      { especialidade: "CLINICO", dia: SEG, inicio: "08:00", vagas: 2, minutos: 30, encaixes: 1 },
      { especialidade: "CLINICO", dia: TER, inicio: "23:00", vagas: 2, minutos: 30, encaixes: 2 },
    ],
  },
  {
    semanas: 2,
    fechado: [],
    atendimentos: [
      { especialidade: "CLINICO", dia: SEG, profissional: "LIMA", inicio: "08:00", vagas: 2, minutos: 30, encaixes: 1 },
      { especialidade: "CLINICO", dia: SEG, profissional: "REIS", inicio: "08:00", vagas: 2, minutos: 30, encaixes: 2 },
      {
        especialidade: "PEDIATRA",
        dia: SEG,
        profissional: "REIS",
        inicio: "09:00",
        vagas: 2,
        minutos: 25,
        encaixes: 1,
      },
      {
        especialidade: "PEDIATRA",
        dia: TER,
        profissional: "ZECA",
        inicio: "08:00",
        vagas: 1,
        minutos: 20,
        encaixes: 1,
      },
    ],
    espera: { antecedencia: 20, prazo: 30 },
  },
  {
    semanas: 1,
    fechado: ["2026-12-01"],
    atendimentos: [
      {
        especialidade: "PEDIATRA",
        dia: SEG,
        profissional: "REIS",
        inicio: "08:15",
        vagas: 3,
        minutos: 20,
        encaixes: 1,
      },
      {
        especialidade: "PEDIATRA",
        dia: SEG,
        profissional: "LIMA",
        inicio: "08:00",
        vagas: 1,
        minutos: 60,
        encaixes: 1,
      },
      { especialidade: "CLINICO", dia: SEG, inicio: "08:30", vagas: 2, minutos: 20, encaixes: 1 },
    ],
    espera: { antecedencia: 0, prazo: 15 },
    faltaAutomatica: true,
  },
  {
    semanas: 2,
    fechado: [],
    atendimentos: [
      { especialidade: "CLINICO", dia: SEG, inicio: "08:00", vagas: 20, minutos: 15, encaixes: 1 },
      { especialidade: "PEDIATRA", dia: SEG, inicio: "08:00", vagas: 3, minutos: 20, encaixes: 1 },
    ],
    espera: { antecedencia: 15, prazo: 45 },
    faltaAutomatica: true,
  },
  {
    semanas: 2,
    fechado: [],
    atendimentos: [
      { especialidade: "CLINICO", dia: SEG, profissional: "LIMA", inicio: "08:00", vagas: 4, minutos: 30, encaixes: 1 },
      { especialidade: "PEDIATRA", dia: SEG, inicio: "08:00", vagas: 3, minutos: 45, encaixes: 1 },
    ],
    regras: { antecedencia: 60, cancelamento: 45, porCpf: 1, faltas: { quantas: 1, meses: 1 } },
    espera: { antecedencia: 30, prazo: 60 },
    faltaAutomatica: true,
  },
];
