/**
 * Testes do encaixe: um a mais, que não toma a hora de ninguém. Sem nenhuma permissão.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { cpfDeExemplo } from "../testes/apoio.ts";
import {
  agend,
  ANA,
  BalcaoPuro,
  BIA,
  busca,
  type Campos,
  cancel,
  CID,
  CINCO,
  CLINICO,
  COM_LIMA,
  COM_REIS,
  DIAS,
  em,
  EQUIPE,
  extra,
  fecha,
  livres,
  marcado,
  poe,
  regra,
  responde,
  SEGUNDA,
  situa,
  teste,
  tupla,
  vagas,
} from "../testes/balcao.ts";
import type { Pedido } from "./pedido.ts";

/** Um encaixe a essa hora. */
function encaixa(cpf: string, horario?: string, mais: Campos<"AGEND"> = {}): Pedido {
  return agend(cpf, { ...mais, horario, encaixe: true });
}

const ENCAIXADO = { mais: "ENCAIXE" };

regra("cabe em qualquer minuto do atendimento, tomado ou não, até que acabe", async (balcao) => {
  await responde(balcao, [
    [agend(BIA), marcado(BIA, "08:00")],
    [encaixa(ANA, "08:00"), marcado(ANA, "08:00", ENCAIXADO)],
    [cancel(ANA), "OK-301"],
    [encaixa(ANA, "10:29"), marcado(ANA, "10:29", ENCAIXADO)],
    [cancel(ANA), "OK-301"],
    [encaixa(ANA, "10:30"), "ERRO-105"],
    [encaixa(ANA, "07:59"), "ERRO-105"],
  ]);
  balcao.agora = em("2026-11-30T10:30") - 1;
  // Um minuto que já passou também: é o de quem está a ser atendido.
  await responde(balcao, [[encaixa(ANA, "08:07"), "OK-300"], [
    encaixa(CID, "10:15"),
    marcado(CID, "10:15", ENCAIXADO),
  ]]);
  balcao.agora = em("2026-11-30T10:30");
  await responde(balcao, [[encaixa(cpfDeExemplo(8), "10:15"), "ERRO-105"]]);
});

regra("pede uma hora, e uma que o seja", async (balcao) => {
  for (const horario of [undefined, "", "8:00", "08:60", "24:00", "08:00:00", "25:10", "x"]) {
    await responde(balcao, [[encaixa(ANA, horario), "ERRO-105"]]);
  }
  await responde(balcao, [
    [encaixa(ANA, "08:00", { data: "2026-12-01" }), "ERRO-103"],
    [encaixa(ANA, "08:00", { dia: "DOMINGO" }), "ERRO-103"],
    [encaixa(ANA, "08:00", { especialista: "PEDIATRA" }), "ERRO-103"],
    [encaixa(ANA, "08:00", { data: "2026-12-28" }), "ERRO-103"],
  ]);
});

regra("cabem dois por atendimento e dia, se não se diz outra coisa; cancelados não contam", async (balcao) => {
  await responde(balcao, [
    [encaixa(ANA, "08:00"), "OK-300"],
    [encaixa(BIA, "10:00"), "OK-300"],
    [encaixa(CID, "09:00"), "ERRO-110"],
    [encaixa(CID, "09:00", { data: "2026-12-07" }), "OK-300"],
    [cancel(CID), "OK-301"],
    [situa(ANA, "CANCELADO"), "OK-306"],
    [encaixa(CID, "09:00"), "OK-300"],
    [encaixa(ANA, "08:00"), "ERRO-110"],
  ]);
  balcao.agora = em("2026-11-30T09:10");
  // Quem faltou, ou foi atendido, foi encaixado na mesma.
  await responde(balcao, [[situa(CID, "FALTOU"), "OK-306"], [encaixa(ANA, "09:30"), "ERRO-110"]]);
});

regra("cada atendimento do dia tem os seus encaixes, e o que não os quer não os tem", async (balcao) => {
  await responde(balcao, [
    [encaixa(ANA, "08:10"), "OK-300"],
    [encaixa(BIA, "08:20"), "ERRO-110"],
    [encaixa(BIA, "14:00"), "ERRO-110"],
    [encaixa(BIA, "12:00"), "ERRO-105"],
    [extra(720, { vagas: 1, encaixes: 1 }), "OK-313"],
    [encaixa(BIA, "12:00"), "OK-300"],
    [encaixa(CID, "12:10"), "ERRO-110"],
  ]);
}, {
  config: {
    atendimentos: [
      { especialidade: CLINICO, dia: DIAS[0], encaixes: 1 },
      { especialidade: CLINICO, dia: DIAS[0], inicio: "14:00", encaixes: 0 },
    ],
  },
});

regra("dura o que dura o atendimento, e não toma a hora de ninguém nem a liberta", async (balcao) => {
  await responde(balcao, [
    [encaixa(ANA, "08:10"), "OK-300"],
    [vagas(CLINICO, SEGUNDA), livres([SEGUNDA, CLINICO, CINCO])],
    [agend(BIA), marcado(BIA, "08:00")],
    [encaixa(CID, "08:00"), "OK-300"],
    [cancel(CID), "OK-301"],
    [agend(CID, { horario: "08:00" }), "ERRO-110"],
  ]);
  assertEquals(balcao.livro.linhas.map(({ minutos }) => minutos), [30, 30, 30]);
});

teste("um encaixe no fim da noite acaba com o dia", () => {
  const balcao = new BalcaoPuro({
    atendimentos: [{ especialidade: CLINICO, dia: DIAS[0], inicio: "23:00", vagas: 2 }],
  });
  balcao.decide(encaixa(ANA, "23:50"));
  assertEquals(balcao.livro.linhas.map(({ minutos }) => minutos), [10]);
});

regra("conta para o CPF, e vale o primeiro erro de 103, 105, 111, 110", async (balcao) => {
  await responde(balcao, [
    [encaixa(ANA, "08:00"), "OK-300"],
    [encaixa(ANA, "09:00"), `ERRO-111 ${tupla(ANA, "08:00", ENCAIXADO)}`],
    [agend(ANA), "ERRO-111"],
    [busca(ANA), `OK-302 ${tupla(ANA, "08:00", ENCAIXADO)}`],
    [encaixa(BIA, "08:00"), "OK-300"],
    [encaixa(ANA, "08:00"), "ERRO-111"],
    [encaixa(ANA, "07:00"), "ERRO-105"],
    [encaixa(ANA, "07:00", { especialista: "X" }), "ERRO-103"],
  ]);
});

regra(
  "sem dizer com quem, é com quem aceita e tem menos marcados; se empatam, a ordem da configuração",
  async (balcao) => {
    await responde(balcao, [
      [encaixa(ANA, "08:10"), marcado(ANA, "08:10", { mais: "DRA. LIMA ENCAIXE" })],
      [encaixa(BIA, "08:10"), marcado(BIA, "08:10", { mais: "DR. REIS ENCAIXE" })],
      [agend(cpfDeExemplo(8)), marcado(cpfDeExemplo(8), "08:00", COM_LIMA)],
      // O Dr. Reis tem menos, e já não aceita: tem um encaixe, de um.
      [encaixa(CID, "08:10"), marcado(CID, "08:10", { mais: "DRA. LIMA ENCAIXE" })],
      [encaixa(cpfDeExemplo(9), "08:10"), "ERRO-110"],
      [encaixa(cpfDeExemplo(9), "09:40"), "ERRO-105"],
      [agend(cpfDeExemplo(9)), marcado(cpfDeExemplo(9), "08:00", COM_REIS)],
    ]);
  },
  { config: EQUIPE },
);

regra("o minuto que se fechou é ERRO-105, o dia que se fechou ERRO-103", async (balcao) => {
  await responde(balcao, [
    [fecha({ inicio: 540, fim: 600 }), "OK-312"],
    [encaixa(ANA, "09:00"), "ERRO-105"],
    [encaixa(ANA, "09:59"), "ERRO-105"],
    [encaixa(ANA, "08:59"), "OK-300"],
    [encaixa(BIA, "10:00"), "OK-300"],
    // É um atendimento só, ainda que fechado ao meio.
    [encaixa(CID, "10:10"), "ERRO-110"],
    [fecha({ data: "2026-12-07" }), "OK-312"],
    [encaixa(CID, "08:00", { data: "2026-12-07" }), "ERRO-103"],
  ]);
});

regra("um encaixe convidado conta, um que passou não", async (balcao) => {
  poe(balcao, { cpf: CID, encaixe: true, situacao: "PASSOU", ativo: false });
  poe(balcao, { cpf: CID, encaixe: true, situacao: "CONVIDADO", ativo: false });
  await responde(balcao, [[encaixa(ANA, "08:10"), "OK-300"], [encaixa(BIA, "08:10"), "ERRO-110"]]);
});
