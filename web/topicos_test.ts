/**
 * Testes do que, de uma novidade, toca o que uma página segue.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { juntaNovidades, type Novidade, novidadeDe, TUDO_DE_NOVO } from "../clinica/novidade.ts";
import { agendamento, entra, fecha, muda } from "../testes/mudancas.ts";
import { cpfDeExemplo } from "../testes/apoio.ts";
import { recorta, type Topico } from "./topicos.ts";

const PURO = { permissions: "none" } as const;

const CPF = cpfDeExemplo(1);
const DE_ANTES = agendamento(7, { cpf: CPF });

/** De uma novidade, o que toca cada tópico: números de agendamentos, datas de exceções, listas. */
function toca(novidade: Novidade, ...topicos: Topico[]): unknown[] {
  return topicos.map((topico) => {
    const { agendamentos, periodos, listas } = recorta(novidade, [topico]);
    return [...agendamentos.map(({ numero }) => numero), ...periodos, ...listas];
  });
}

Deno.test("um agendamento toca a data em que está e, se mudou de dia, aquela em que estava", PURO, () => {
  const { quem } = muda(DE_ANTES, {});
  const nasce = novidadeDe([{ sobre: "agendamento", ato: "AGEND", quem, depois: DE_ANTES }]);
  assertEquals(toca(nasce, "dia:2026-11-30", "dia:2026-12-02", "agendamento:7", "agendamento:8", "espera", "tv"), [
    ...[[7], [], [7], [], [], []],
  ]);
  assertEquals(nasce.agendamentos[0].autor, { papel: "gerente", chave: undefined, nome: undefined });
  const move = novidadeDe([muda(DE_ANTES, { data: "2026-12-02" }, "REMARC")]);
  assertEquals(toca(move, "dia:2026-11-30", "dia:2026-12-02", "dia:2026-12-01"), [[7], [7], []]);
});

Deno.test("uma chamada toca a televisão, e também a que se desfaz", PURO, () => {
  const chamado = agendamento(7, { cpf: CPF, situacao: "CHAMADO" });
  const passagens = [muda(DE_ANTES, { situacao: "CHEGOU" }), muda(DE_ANTES, { situacao: "CHAMADO" })]
    .concat(muda(chamado, { chamadas: 2 }), muda(chamado, { situacao: "CHEGOU" }));
  assertEquals(passagens.map((uma) => toca(novidadeDe([uma]), "tv")), [[[]], [[7]], [[7]], [[7]]]);
});

Deno.test("uma exceção toca todas as datas em que vale, e uma entrada a sua lista", PURO, () => {
  const novidade = novidadeDe([
    fecha({ novaExcecao: () => 2 }, { de: "2026-12-01", ate: "2026-12-03" }),
    entra({ novaEspera: () => 3 }, { cpf: CPF }),
  ]);
  const datas = ["dia:2026-11-30", "dia:2026-12-01", "dia:2026-12-03", "dia:2026-12-04"] as const;
  const periodo = ["2026-12-01", "2026-12-03"];
  assertEquals(toca(novidade, ...datas), [[], [periodo], [periodo], []]);
  assertEquals(toca(novidade, "espera", "espera:CLINICO GERAL", "espera:DERMATOLOGISTA"), [
    ...[["CLINICO GERAL"], ["CLINICO GERAL"], []],
  ]);
});

Deno.test("muitas novidades juntam-se numa; são tantas que não se dizem, e é tudo", PURO, () => {
  const uma = novidadeDe([muda(DE_ANTES, { situacao: "CHEGOU" })]);
  const lista = novidadeDe([entra({ novaEspera: () => 3 }, { cpf: CPF })]);
  const juntas = juntaNovidades([uma, lista, uma, lista]);
  assertEquals([juntas.agendamentos.length, juntas.listas, juntas.tudo], [2, ["CLINICO GERAL"], false]);
  assertEquals(juntaNovidades([uma, TUDO_DE_NOVO]), TUDO_DE_NOVO);
  assertEquals(juntaNovidades(Array(1001).fill(uma)), TUDO_DE_NOVO);
  assertEquals(recorta(TUDO_DE_NOVO, ["tv"]), TUDO_DE_NOVO);
});
