/**
 * Testes de `SITUA` com `DESFAZ`: devolve a última mudança, e só ela. Sem nenhuma permissão.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import {
  agend,
  ANA,
  BALCAO,
  BalcaoPuro,
  BIA,
  cancel,
  CID,
  CLINICO,
  como,
  DIA,
  em,
  EQUIPE,
  extra,
  fecha,
  MINUTO,
  poe,
  regra,
  responde,
  SEGUNDA,
  situa,
  teste,
  tupla,
} from "../testes/balcao.ts";
import type { Agendamento, Papel, Situacao } from "./agendamento.ts";
import type { Pedido } from "./pedido.ts";

/** Cada transição da tabela, com os passos que a levam até lá. */
const CAMINHOS: readonly (readonly Situacao[])[] = [
  ["CONFIRMADO"],
  ["CHEGOU"],
  ["CONFIRMADO", "CHEGOU"],
  ["CHEGOU", "CHAMADO"],
  ["CHEGOU", "CHAMADO", "CHAMADO"],
  ["CHEGOU", "CHAMADO", "CHEGOU"],
  ["CHEGOU", "CHAMADO", "ATENDIDO"],
  ["CHEGOU", "SAIU"],
  ["CHEGOU", "CHAMADO", "SAIU"],
  ["FALTOU"],
  ["CONFIRMADO", "FALTOU"],
  ["CANCELADO"],
  ["CONFIRMADO", "CANCELADO"],
];

for (const caminho of CAMINHOS) {
  regra(`desfazer ${caminho.join(", ")} devolve, passo a passo, exatamente o que era`, async (balcao) => {
    await responde(balcao, [[agend(ANA, { motivo: "retorno" }), "OK-300"]]);
    const fotos: Agendamento[] = [];
    for (const situacao of caminho) {
      fotos.push(balcao.livro.linha(1));
      balcao.agora = situacao === "FALTOU" ? em("2026-11-30T08:10") : balcao.agora + MINUTO;
      const mais = { numero: 1, motivo: `motivo ${situacao}`, local: "Sala 9", prioridade: fotos.length % 5 };
      await responde(balcao, [[situa(ANA, situacao, mais), "OK-306"]]);
    }
    for (const foto of fotos.toReversed()) {
      const { versao, senha } = balcao.livro.linha(1);
      await responde(balcao, [[situa(ANA, "DESFAZ"), "OK-306"]]);
      assertEquals(balcao.livro.linha(1), { ...foto, versao: versao + 1, senha });
    }
    await responde(balcao, [[situa(ANA, "DESFAZ", { numero: 1 }), "ERRO-115"], [situa(ANA, "DESFAZ"), "ERRO-113"]]);
  });
}

regra("um cancelamento por CANCEL também se desfaz, o de quem já tinha chegado também", async (balcao) => {
  await responde(balcao, [
    [agend(ANA), "OK-300"],
    [cancel(ANA), "OK-301"],
    [situa(ANA, "DESFAZ"), `OK-306 ${tupla(ANA, "08:00")}`],
    [situa(ANA, "CHEGOU"), "OK-306"],
    [cancel(ANA, undefined, { chegado: true }), "OK-301"],
    [situa(ANA, "DESFAZ"), `OK-306 ${tupla(ANA, "08:00", { mais: "CHEGOU" })}`],
  ]);
});

regra("só se desfaz no dia em que se fez", async (balcao) => {
  await responde(balcao, [[agend(ANA, { data: "2026-12-07" }), "OK-300"], [situa(ANA, "CONFIRMADO"), "OK-306"]]);
  balcao.agora = em("2026-12-01T00:00");
  await responde(balcao, [[situa(ANA, "DESFAZ"), "ERRO-113"], [situa(ANA, "DESFAZ", { numero: 1 }), "ERRO-115"]]);
  balcao.agora = em("2026-12-01T00:00") - 1;
  await responde(balcao, [[situa(ANA, "DESFAZ"), "OK-306"]]);
});

regra("só desfaz quem fez, ou o gerente", async (balcao) => {
  const papeis: readonly Papel[] = ["quiosque", "paciente", "profissional", "balcao", "gerente"];
  const profissional = "DRA. LIMA";
  for (const fez of papeis) {
    for (const desfaz of papeis) {
      balcao.livro.linhas = [];
      const pilha = [{ papel: fez, em: "2026-11-30T09:59:00Z", antes: { situacao: "CHEGOU" } }] as const;
      poe(balcao, { cpf: ANA, profissional, situacao: "CHAMADO", pilha });
      const deQuem = desfaz === "quiosque" || desfaz === "paciente"
        ? "ERRO-120"
        : desfaz === fez || desfaz === "gerente"
        ? "OK-306"
        : "ERRO-115";
      await responde(balcao, [[situa(ANA, "DESFAZ"), deQuem, { ...como(desfaz), profissional }]]);
    }
  }
}, { config: EQUIPE });

regra("a falta que o servidor marcou, a recepção desfaz durante sete dias", async (balcao) => {
  const fim = em("2026-11-30T23:50");
  const servidor = como("servidor");
  for (const cpf of [ANA, BIA, CID]) await balcao.pede(agend(cpf));
  balcao.agora = fim;
  for (const cpf of [ANA, BIA, CID]) await responde(balcao, [[situa(cpf, "FALTOU"), "OK-306", servidor]]);
  balcao.agora = fim + 7 * DIA - 1;
  await responde(balcao, [
    [situa(ANA, "DESFAZ"), "ERRO-113", como("balcao")],
    [situa(ANA, "DESFAZ", { numero: 1 }), "ERRO-113", como("profissional")],
    [situa(ANA, "DESFAZ", { numero: 1 }), "OK-306", como("balcao")],
    [situa(BIA, "DESFAZ", { numero: 2 }), "OK-306", como("gerente")],
  ]);
  balcao.agora = fim + 7 * DIA;
  await responde(balcao, [[situa(CID, "DESFAZ", { numero: 3 }), "ERRO-115", como("balcao")]]);
});

regra("a falta que alguém marcou não tem sete dias", async (balcao) => {
  await responde(balcao, [[agend(ANA), "OK-300"]]);
  balcao.agora = em("2026-11-30T08:10");
  await responde(balcao, [[situa(ANA, "FALTOU"), "OK-306", como("balcao")]]);
  balcao.agora += DIA;
  await responde(balcao, [[situa(ANA, "DESFAZ", { numero: 1 }), "ERRO-115", como("balcao")]]);
});

regra("não se desfaz se os minutos são de outro, marcado ou convidado", async (balcao) => {
  await responde(balcao, [
    [agend(ANA), "OK-300"],
    [cancel(ANA), "OK-301"],
    [agend(BIA, { horario: "08:00" }), "OK-300"],
    [situa(ANA, "DESFAZ"), `ERRO-115 ${tupla(ANA, "08:00", { mais: "CANCELADO" })}`],
    [cancel(BIA), "OK-301"],
    [situa(ANA, "DESFAZ"), "OK-306"],
    [cancel(ANA), "OK-301"],
  ]);
  poe(balcao, { cpf: CID, situacao: "CONVIDADO", ativo: false });
  await responde(balcao, [[situa(ANA, "DESFAZ"), "ERRO-115"]]);
});

regra("não se desfaz se os minutos são de quem disputa a agenda", async (balcao) => {
  await responde(balcao, [[agend(ANA), "OK-300"], [agend(BIA, { horario: "09:30" }), "OK-300"]]);
  await responde(balcao, [[cancel(ANA), "OK-301"], [cancel(BIA), "OK-301"]]);
  balcao.troca(EQUIPE);
  await responde(balcao, [
    // Era de antes de haver nomes, e às 08:00 toma a hora de todos.
    [agend(CID, { profissional: "DR. REIS" }), "OK-300"],
    [situa(ANA, "DESFAZ"), "ERRO-115"],
    [cancel(CID), "OK-301"],
    [situa(ANA, "DESFAZ"), "OK-306"],
    [agend(CID, { horario: "08:00" }), "ERRO-110"],
    [agend(CID, { especialista: "PEDIATRA", horario: "09:30" }), "OK-300"],
    [situa(BIA, "DESFAZ"), "ERRO-115"],
    [cancel(CID), "OK-301"],
    [situa(BIA, "DESFAZ"), "OK-306"],
  ]);
});

regra("não se desfaz se o CPF tem outro ativo ali; um que já acabou é arquivado", async (balcao) => {
  await responde(balcao, [
    [agend(ANA), "OK-300"],
    [cancel(ANA), "OK-301"],
    [agend(ANA, { horario: "09:00" }), "OK-300"],
    [situa(ANA, "DESFAZ", { numero: 1 }), `ERRO-115 ${tupla(ANA, "08:00", { mais: "CANCELADO" })}`],
  ]);
  balcao.agora = em("2026-11-30T09:30");
  await responde(balcao, [[situa(ANA, "DESFAZ", { numero: 1 }), `OK-306 ${tupla(ANA, "08:00")}`]]);
  assertEquals(balcao.livro.linhas.map(({ ativo, versao }) => [ativo, versao]), [[true, 3], [false, 2]]);
});

regra("um encaixe cancelado só volta se o atendimento ainda o aceita", async (balcao) => {
  const encaixe = { horario: "08:10", encaixe: true, profissional: "DR. REIS" };
  await responde(balcao, [
    [agend(ANA, encaixe), "OK-300"],
    [cancel(ANA), "OK-301"],
    [agend(BIA, encaixe), "OK-300"],
    [situa(ANA, "DESFAZ"), "ERRO-115"],
    [cancel(BIA), "OK-301"],
    [situa(ANA, "DESFAZ"), "OK-306"],
    [cancel(ANA), "OK-301"],
    // Basta que a sua hora esteja aberta, como ao marcar.
    [fecha({ inicio: 491, fim: 500 }), "OK-312"],
    [situa(ANA, "DESFAZ"), "OK-306"],
    [cancel(ANA), "OK-301"],
    [fecha({ inicio: 490, fim: 491 }), "OK-312"],
    [situa(ANA, "DESFAZ"), "ERRO-115"],
    // Volta ao que está aberto por cima, se aquele o aceita.
    [extra(490, { vagas: 1, minutos: 1, profissional: "DR. REIS", encaixes: 0 }), "OK-313 nº 3"],
    [situa(ANA, "DESFAZ"), "ERRO-115"],
    [{ comando: "REABRE", numero: 3 }, "OK-314"],
    [extra(490, { vagas: 1, minutos: 1, profissional: "DR. REIS", encaixes: 1 }), "OK-313"],
    [situa(ANA, "DESFAZ"), "OK-306"],
  ]);
}, { config: EQUIPE });

regra("um cancelado não volta ao que se fechou, até que se reabra", async (balcao) => {
  const recusa = `ERRO-115 ${tupla(ANA, "08:00", { mais: "CANCELADO" })}`;
  const [desfaz, cancela]: [Pedido, Pedido] = [situa(ANA, "DESFAZ"), cancel(ANA)];
  await responde(balcao, [
    [agend(ANA), "OK-300"],
    [cancela, "OK-301"],
    // Uma parte basta; e o que se fechou a outros não conta.
    [fecha({ inicio: 509, fim: 560 }), "OK-312 nº 1 "],
    [desfaz, recusa],
    [{ comando: "REABRE", numero: 1 }, "OK-314"],
    [fecha({ especialista: "NUTRICIONISTA" }), "OK-312 nº 2 "],
    [fecha({ inicio: 510 }), "OK-312 nº 3 "],
    [desfaz, "OK-306"],
    [cancela, "OK-301"],
    [fecha(), "OK-312 nº 4 "],
    [desfaz, recusa],
    // Um atendimento posterior reabre-o, se o tem inteiro.
    [extra(480, { vagas: 1, minutos: 29 }), "OK-313 nº 5"],
    [desfaz, recusa],
    [{ comando: "REABRE", numero: 5 }, "OK-314"],
    [extra(480), "OK-313 nº 6"],
    [desfaz, "OK-306"],
    // Quem ainda conta não volta: já lá está.
    [situa(ANA, "CONFIRMADO"), "OK-306"],
    [{ comando: "REABRE", numero: 6 }, "OK-314"],
    [desfaz, `OK-306 ${tupla(ANA, "08:00")}`],
  ]);
});

regra("um cancelado que a semana já não tem volta, se nenhum FECHA o atinge", async (balcao) => {
  await responde(balcao, [[agend(ANA, { horario: "10:00" }), "OK-300"], [cancel(ANA), "OK-301"]]);
  balcao.troca({ atendimentos: [{ especialidade: CLINICO, dia: "SEGUNDA-FEIRA", vagas: 1 }] });
  await responde(balcao, [
    [fecha({ fim: 600 }), "OK-312"],
    [situa(ANA, "DESFAZ"), "OK-306"],
    [cancel(ANA), "OK-301"],
    [fecha({ inicio: 629 }), "OK-312"],
    [situa(ANA, "DESFAZ"), "ERRO-115"],
  ]);
});

regra("sem número desfaz-se o que mudou por último hoje, de qualquer data", async (balcao) => {
  await responde(balcao, [[agend(ANA, { data: "2026-12-07" }), "OK-300"], [cancel(ANA), "OK-301"]]);
  balcao.agora += 1;
  await responde(balcao, [[agend(ANA), "OK-300"], [situa(ANA, "CONFIRMADO"), "OK-306"]]);
  balcao.agora += 1;
  await responde(balcao, [
    [situa(ANA, "DESFAZ"), `OK-306 ${tupla(ANA, "08:00")}`],
    // Agora o que mudou por último é o cancelado, e o CPF tem outro ativo.
    [situa(ANA, "DESFAZ"), "ERRO-115 ANA 2026-12-07 08:00 CLINICO GERAL CANCELADO"],
    [situa(ANA, "CANCELADO", { numero: 2 }), "OK-306"],
    [situa(ANA, "DESFAZ"), `OK-306 ${tupla(ANA, "08:00")}`],
  ]);
});

regra("por último é pelo relógio, e não pelo número", async (balcao) => {
  const nutri = { especialista: "NUTRICIONISTA", data: "2026-12-04" };
  await responde(balcao, [[agend(ANA), "OK-300"], [agend(ANA), "ERRO-111"], [cancel(ANA), "OK-301"]]);
  await responde(balcao, [[agend(ANA, { horario: "09:00" }), "OK-300"], [situa(ANA, "CONFIRMADO"), "OK-306"]]);
  balcao.agora += MINUTO;
  await responde(balcao, [
    [situa(ANA, "CANCELADO"), "OK-306"],
    [situa(ANA, "DESFAZ"), "OK-306"],
    [situa(ANA, "CANCELADO"), "OK-306"],
  ]);
  // O primeiro volta e confirma-se depois: é dele que se fala, embora o outro seja mais novo.
  await responde(balcao, [[situa(ANA, "DESFAZ", { numero: 1 }), "OK-306"]]);
  balcao.agora += MINUTO;
  await responde(balcao, [
    [situa(ANA, "CONFIRMADO", { numero: 1 }), "OK-306"],
    [agend(ANA, nutri), "OK-300"],
    [situa(ANA, "DESFAZ"), `OK-306 ${tupla(ANA, "08:00")}`],
  ]);
});

teste("a pilha guarda as trinta e duas últimas mudanças", () => {
  const balcao = new BalcaoPuro();
  balcao.decide(agend(ANA));
  balcao.decide(situa(ANA, "CHEGOU"));
  for (let i = 0; i < 40; i++) balcao.decide(situa(ANA, "CHAMADO"));
  const { pilha } = balcao.livro.linha(1);
  assertEquals(pilha.length, 32);
  for (let i = 0; i < 32; i++) assertEquals(balcao.decide(situa(ANA, "DESFAZ")).resultado.codigo, "OK-306");
  assertEquals(balcao.livro.linha(1).chamadas, 8);
  assertEquals(balcao.decide(situa(ANA, "DESFAZ", { numero: 1 })).resultado.codigo, "ERRO-115");
});

teste("também se cancela por SITUA o que já não é o ativo, e os seus minutos ficam livres", () => {
  const balcao = new BalcaoPuro();
  balcao.decide(agend(ANA));
  balcao.agora = em("2026-11-30T08:30");
  balcao.decide(agend(ANA, { data: "2026-12-07" }));
  assertEquals(balcao.livro.linha(1).ativo, false);
  assertEquals(balcao.decide(situa(ANA, "CANCELADO", { numero: 1 })).resultado.codigo, "OK-306");
  assert(balcao.livro.ocupacao(`E:${CLINICO}`, SEGUNDA).livre(480, 30));
  assertEquals(balcao.decide(situa(ANA, "DESFAZ", { numero: 1 }), BALCAO).resultado.codigo, "OK-306");
  assertEquals(balcao.livro.linhas.map(({ ativo }) => ativo), [false, true]);
});
