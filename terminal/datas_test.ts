/**
 * Testes de `terminal/datas.ts`, todos puros.
 *
 * @module
 */

import { assertEquals, assertThrows } from "@std/assert";
import { conferePeriodo, dataDoFio, lerData } from "./datas.ts";
import { lerOferta } from "../clinica/oferta.ts";
import { ErroDeUso } from "../comandos/argumentos.ts";

Deno.test("lerData() aceita as duas escritas e só datas do calendário", { permissions: "none" }, () => {
  assertEquals(lerData("27/11/2026")?.toString(), "2026-11-27");
  assertEquals(lerData("7/1/2027")?.toString(), "2027-01-07");
  assertEquals(lerData("2026-11-27")?.toString(), "2026-11-27");
  for (const ruim of ["31/02/2026", "2026-13-01", "27/11/26", "amanhã", "27-11-2026", ""]) {
    assertEquals(lerData(ruim), undefined, ruim);
  }
});

Deno.test("dataDoFio() diz o dia da semana como a clínica o diz", { permissions: "none" }, () => {
  const semana = [23, 24, 25, 26, 27, 28, 29].map((dia) => dataDoFio(`2026-11-${dia}`));
  assertEquals(semana.map(({ dia }) => dia), lerOferta().diasDaSemana);
  assertEquals(semana[0].data, "23/11/2026");
  assertEquals(dataDoFio("31/02/2026"), { data: "31/02/2026", dia: "" });
});

Deno.test(
  "conferePeriodo() recusa o que acaba antes de começar, ou quando não é uma data",
  { permissions: "none" },
  () => {
    for (const ate of ["24/12/2026", "2026-12-24", "2/1/2027", "hoje", "Amanhã"]) conferePeriodo("24/12/2026", ate);
    conferePeriodo("amanhã", "01/01/2020");
    const contrario = assertThrows(() => conferePeriodo("2026-12-24", "23/12/2026"), ErroDeUso);
    assertEquals(contrario.message, "o período acaba antes de começar: --ate 23/12/2026 é antes de --data 2026-12-24");
    for (const ate of ["31/02/2027", "natal"]) {
      assertThrows(
        () => conferePeriodo("hoje", ate),
        ErroDeUso,
        `veio "${ate}"`,
      );
    }
  },
);
