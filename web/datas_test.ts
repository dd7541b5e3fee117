/**
 * As datas em cada língua. Sem nenhuma permissão.
 *
 * @module
 */

import { assertEquals, assertMatch } from "@std/assert";
import {
  dataEHora,
  dataInteira,
  diaDaSemana,
  diaDoMes,
  diaEMes,
  diaPorExtenso,
  diaSemAno,
  entreDatas,
  maisDias,
  momento,
  segundaDe,
} from "./datas.ts";

Deno.test("datas: por extenso, em cada língua, sem que o fuso da máquina as mude", { permissions: "none" }, () => {
  assertEquals(diaPorExtenso("2026-11-30", "pt"), "segunda-feira, 30\u00a0de\u00a0novembro de 2026");
  assertMatch(diaPorExtenso("2026-11-30", "en"), /^Monday,? 30\u00a0November 2026$/);
  assertEquals(diaPorExtenso("2026-11-30", "es"), "lunes, 30\u00a0de\u00a0noviembre de 2026");
  assertEquals(diaSemAno("2026-12-01", "pt"), "terça-feira, 1º\u00a0de\u00a0dezembro");
  assertEquals(diaDoMes("2026-12-01", "es"), "1\u00a0de\u00a0diciembre");
});

Deno.test("datas: um instante é o da clínica, também na noite que já é outro dia", { permissions: "none" }, () => {
  assertEquals(dataEHora("2026-12-01T01:30:00Z", "America/Sao_Paulo"), { data: "2026-11-30", hora: "22:30" });
});

Deno.test("datas: curtas, onde há muitas; e de uma a outra", { permissions: "none" }, () => {
  assertEquals([diaEMes("2026-12-01"), dataInteira("2026-12-01")], ["01/12", "01/12/2026"]);
  assertEquals(momento("2026-12-01T01:30:00Z", "America/Sao_Paulo"), "30/11/2026 22:30");
  assertEquals([diaDaSemana("2026-12-01", "pt"), diaDaSemana("2026-12-01", "es", { inteiro: true })], [
    ...["ter.", "martes"],
  ]);
  assertMatch(entreDatas("2026-11-30", "2026-12-06", "pt"), /^30 de nov\..*6 de dez\.$/);
  assertMatch(entreDatas("2026-12-28", "2027-01-03", "pt"), /^28 de dez\. – 3 de jan\.$/);
  assertEquals([segundaDe("2026-12-06"), segundaDe("2026-11-30"), maisDias("2026-11-30", -1)], [
    ...["2026-11-30", "2026-11-30", "2026-11-29"],
  ]);
});
