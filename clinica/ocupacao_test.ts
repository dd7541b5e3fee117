/**
 * Testes da ocupação de um dia, contra um conjunto de minutos. Sem nenhuma permissão.
 *
 * @module
 */

import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import { teste } from "../testes/balcao.ts";
import type { Situacao } from "./agendamento.ts";
import { Ocupacao, type Ocupante, PorDia } from "./ocupacao.ts";
import { hora, minutoDoDia } from "./oferta.ts";

function minutosDe(ocupacao: Ocupacao): number[] {
  return Array.from({ length: 1440 }, (_, minuto) => minuto).filter((minuto) => !ocupacao.livre(minuto, 1));
}

teste("a ocupação concorda com um conjunto de minutos", () => {
  const arbIntervalo = fc.nat({ max: 1439 }).chain((inicio) =>
    fc.record({ inicio: fc.constant(inicio), minutos: fc.integer({ min: 1, max: 1440 - inicio }) })
  );
  const arbCurto = fc.record({ inicio: fc.nat({ max: 1340 }), minutos: fc.integer({ min: 1, max: 100 }) });
  const arbPasso = fc.record({
    faz: fc.constantFrom("toma", "libera", "livre", "copia"),
    onde: fc.oneof({ weight: 4, arbitrary: arbCurto }, { weight: 1, arbitrary: arbIntervalo }),
  });
  fc.assert(
    fc.property(fc.array(arbPasso, { maxLength: 30, size: "max" }), (passos) => {
      let ocupacao = Ocupacao.vazia();
      const tomados = new Set<number>();
      for (const { faz, onde: { inicio, minutos } } of passos) {
        const intervalo = Array.from({ length: minutos }, (_, i) => inicio + i);
        if (faz === "toma") {
          ocupacao.toma(inicio, minutos);
          intervalo.forEach((minuto) => tomados.add(minuto));
        } else if (faz === "libera") {
          ocupacao.libera(inicio, minutos);
          intervalo.forEach((minuto) => tomados.delete(minuto));
        } else if (faz === "copia") {
          const original = ocupacao;
          ocupacao = original.copia();
          assert(ocupacao.igual(original) && original.igual(ocupacao));
          original.toma(inicio, minutos);
          original.libera(0, 720);
          assertStrictEquals(
            ocupacao.igual(original),
            minutosDe(original).join() === [...tomados].sort((a, b) => a - b).join(),
          );
        } else {
          assertStrictEquals(ocupacao.livre(inicio, minutos), !intervalo.some((minuto) => tomados.has(minuto)));
        }
      }
      for (let minuto = 0; minuto < 1440; minuto++) {
        assertStrictEquals(ocupacao.livre(minuto, 1), !tomados.has(minuto), `minuto ${minuto}`);
      }
    }),
    { numRuns: 300 },
  );
});

const SITUACOES = ["MARCADO", "CHEGOU", "FALTOU", "CONVIDADO", "CANCELADO", "PASSOU"] as const satisfies Situacao[];

teste("o que entra e sai concorda com uma lista: os minutos, quantos de cada especialidade, os encaixes", () => {
  const arbOcupante: fc.Arbitrary<Ocupante> = fc.record({
    // Um lugar para cada um: fora dos encaixes, ninguém se sobrepõe a ninguém.
    hora: fc.nat({ max: 23 }).map((h) => hora(h * 60 + 10)),
    minutos: fc.integer({ min: 1, max: 40 }),
    especialidade: fc.constantFrom("A", "B"),
    encaixe: fc.boolean(),
    situacao: fc.constantFrom(...SITUACOES),
  });
  const arbPassos = fc.array(fc.tuple(arbOcupante, fc.boolean(), fc.boolean()), { maxLength: 30, size: "max" });
  fc.assert(fc.property(arbPassos, (passos) => {
    let ocupacao = Ocupacao.vazia();
    let lista: Ocupante[] = [];
    const conta = ({ situacao }: Ocupante): boolean => situacao !== "CANCELADO" && situacao !== "PASSOU";
    const toma = (um: Ocupante): boolean => conta(um) && !um.encaixe;
    for (const [um, sai, copia] of passos) {
      if (copia) {
        const original = ocupacao;
        ocupacao = original.copia();
        original.poe({ ...um, encaixe: true, situacao: "MARCADO" });
      }
      if (sai && lista.length > 0) {
        ocupacao.tira(lista[0]);
        lista = lista.slice(1);
      } else if (!toma(um) || !lista.some((outro) => toma(outro) && outro.hora === um.hora)) {
        ocupacao.poe(um);
        lista.push(um);
      }
    }
    const contam = lista.filter(conta);
    const tomados = contam.filter((um) => !um.encaixe)
      .flatMap((um) => Array.from({ length: um.minutos }, (_, i) => minutoDoDia(um.hora) + i));
    assertEquals(minutosDe(ocupacao), tomados.sort((a, b) => a - b));
    for (const qual of ["A", "B"]) {
      assertStrictEquals(ocupacao.marcados(qual), contam.filter(({ especialidade }) => especialidade === qual).length);
    }
    for (let inicio = 0; inicio < 1440; inicio += 35) {
      const fim = inicio + 30;
      const encaixes = contam.filter(({ encaixe }) => encaixe).map((um) => [minutoDoDia(um.hora), um.minutos]);
      assertStrictEquals(ocupacao.encaixes(inicio, fim), encaixes.filter(([de]) => de >= inicio && de < fim).length);
      assertStrictEquals(ocupacao.encaixado(inicio, fim), encaixes.some(([de, n]) => de < fim && de + n > inicio));
    }
  }));
});

teste("PorDia guarda por agenda e data, sem confundir uma com outra", () => {
  const porDia = new PorDia<number>();
  porDia.set("A B", "C", 1);
  porDia.set("A", "B C", 2);
  porDia.set("A", "C", 3);
  porDia.set("A", "C", 4);
  assertEquals([porDia.get("A B", "C"), porDia.get("A", "B C"), porDia.get("A", "C")], [1, 2, 4]);
  assertStrictEquals(porDia.get("B", "C"), undefined);
  porDia.clear();
  assertStrictEquals(porDia.get("A", "C"), undefined);
});
