/**
 * Testes do relógio como pedido: o que o `TICK` faz, quantas vezes, e o que não faz com uma hora errada; e o que o `PROSSEGUE`
 * acaba. Sem nenhuma permissão.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { cpfDeExemplo } from "../testes/apoio.ts";
import {
  agend,
  ANA,
  type Balcao,
  BalcaoDaAgenda,
  BIA,
  cancel,
  CEDO,
  CID,
  CLINICO,
  DIA,
  em,
  MINUTO,
  poe,
  regra,
  responde,
  SEGUNDA,
  situa,
  teste,
} from "../testes/balcao.ts";
import { aceita, DIA_SEGUINTE, enche, espera, fila, recusa, tem, TICK } from "../testes/espera.ts";
import type { Pedido } from "./pedido.ts";
import { JA, PARA_NINGUEM } from "./promover.ts";

const SO_DE_NINGUEM: Pedido = { comando: "PROSSEGUE", soNinguem: true };

/** Segura uma hora para ninguém, como uma transação cheia. */
function seguraParaNinguem(balcao: Balcao, hora: string): void {
  const segurada = { situacao: "CONVIDADO", ativo: false, terminouEm: JA } as const;
  poe(balcao, { cpf: PARA_NINGUEM, nome: "SEGURADA", data: DIA_SEGUINTE, hora, ...segurada });
}

/** BIA está convidada para as 08:00 do dia seguinte, que ANA deixou. */
async function convida(balcao: Balcao): Promise<void> {
  poe(balcao, { cpf: ANA, data: DIA_SEGUINTE, hora: "08:00" });
  await responde(balcao, [[espera(BIA), "OK-307"], [cancel(ANA), "OK-301"]]);
  assertEquals(tem(balcao), [`BIA ${DIA_SEGUINTE} 08:00 CONVIDADO`]);
}

regra("um TICK de uma hora que estava adiante, e se acertou, não impede os de agora", async (balcao) => {
  await convida(balcao);
  balcao.livro.tique = "2026-12-25T10:00:00Z";
  balcao.agora += 121 * MINUTO;
  await responde(balcao, [[TICK, "OK-200"]]);
  assertEquals(tem(balcao), []);
  assertEquals(balcao.livro.tique, "2026-11-30T12:01:00Z");
});

regra("um TICK de outro servidor, cujo relógio vai um pouco à frente, conta", async (balcao) => {
  await convida(balcao);
  balcao.agora += 121 * MINUTO;
  balcao.livro.tique = new Date(balcao.agora + 30_000).toISOString();
  await responde(balcao, [[TICK, "OK-200"]]);
  assertEquals(tem(balcao), [`BIA ${DIA_SEGUINTE} 08:00 CONVIDADO`]);
});

regra("o que se segurou para ninguém dá-se sem esperar pelo relógio, e sem deixar vencer mais nada", async (balcao) => {
  await convida(balcao);
  poe(balcao, { cpf: CID, data: "2026-11-23" });
  await responde(balcao, [[espera(CID, { marca: true, de: "2026-12-01" }), "OK-307"]]);
  seguraParaNinguem(balcao, "09:00");
  // Uma hora da máquina que saltou para a frente, em que ninguém acredita ainda.
  balcao.agora = em(`${SEGUNDA}T23:00`);
  balcao.livro.tique = "2026-12-01T02:00:00Z";
  await responde(balcao, [[TICK, "OK-200"], [SO_DE_NINGUEM, "OK-200"]]);
  assertEquals(tem(balcao).filter((linha) => !linha.includes("2026-11-23")), [
    `BIA ${DIA_SEGUINTE} 08:00 CONVIDADO`,
    `CID ${DIA_SEGUINTE} 09:00 MARCADO`,
  ]);
  assertEquals(balcao.livro.linhas.find(({ cpf }) => cpf === CID)?.situacao, "MARCADO", "a falta é do TICK");
}, { config: { faltaAutomatica: true } });

regra("o que se segurou para ninguém dá-se ainda que o relógio tenha voltado", async (balcao) => {
  await responde(balcao, [[espera(BIA, { marca: true }), "OK-307"]]);
  seguraParaNinguem(balcao, "09:00");
  balcao.agora -= DIA;
  await responde(balcao, [[SO_DE_NINGUEM, "OK-200"]]);
  assertEquals(tem(balcao), [`BIA ${DIA_SEGUINTE} 09:00 MARCADO`]);
});

regra("o que ninguém já quer fica livre para todos", async (balcao) => {
  enche(balcao, DIA_SEGUINTE, ["09:00"]);
  seguraParaNinguem(balcao, "09:00");
  await responde(balcao, [
    [agend(BIA, { data: DIA_SEGUINTE }), "ERRO-110"],
    [SO_DE_NINGUEM, "OK-200"],
    [agend(BIA, { data: DIA_SEGUINTE }), "OK-300"],
  ]);
});

regra("uma hora segurada que já não é a da entrada vence sem levar o convite dela", async (balcao) => {
  await convida(balcao);
  const orfa = { situacao: "CONVIDADO", ativo: false, terminouEm: "2026-11-30T09:00:00Z" } as const;
  poe(balcao, { cpf: BIA, data: DIA_SEGUINTE, hora: "09:00", ...orfa });
  await responde(balcao, [[TICK, "OK-200"]]);
  assertEquals(tem(balcao), [`BIA ${DIA_SEGUINTE} 08:00 CONVIDADO`]);
  assertEquals(balcao.livro.esperas[0].lapsos, 0);
});

regra("um livro restaurado de uma cópia, com convites há muito vencidos, acerta-se com um TICK", async (balcao) => {
  await convida(balcao);
  await responde(balcao, [
    [espera(CID, { ate: DIA_SEGUINTE }), "OK-307"],
    [agend(ANA, { data: "2026-12-14" }), "OK-300"],
  ]);
  balcao.agora = em("2026-12-08T09:00");
  await responde(balcao, [[TICK, "OK-200"], [{ comando: "PROSSEGUE" }, "OK-200"]]);
  assertEquals(tem(balcao), ["ANA 2026-12-14 08:00 MARCADO"]);
  assertEquals(fila(balcao), ["BIA"]);
  assertEquals(balcao.livro.esperas[0].lapsos, 1);
  await responde(balcao, [[aceita(BIA), "ERRO-119"], [recusa(BIA), "ERRO-119"]]);
});

teste("quem começa acaba o que outro deixou a meio, ainda que o último TICK tenha sido agora mesmo", async () => {
  await using balcao = new BalcaoDaAgenda();
  await responde(balcao, [[espera(BIA, { marca: true }), "OK-307"]]);
  seguraParaNinguem(balcao, "09:00");
  balcao.livro.tique = new Date(CEDO - 1000).toISOString();
  await balcao.agenda.bate();
  assertEquals(fila(balcao), ["BIA"], "o relógio espera o seu minuto");
  await balcao.agenda.prossegue();
  assertEquals(tem(balcao), [`BIA ${DIA_SEGUINTE} 09:00 MARCADO`]);
});

teste("o que se segura no lote em que se acabava de prosseguir também se dá logo", async () => {
  const vinte = { especialidade: CLINICO, dia: "SEGUNDA-FEIRA", vagas: 20, minutos: 15 };
  await using balcao = new BalcaoDaAgenda({ atendimentos: [vinte] });
  for (let i = 0; i < 20; i++) {
    await responde(balcao, [[espera(cpfDeExemplo(100 + i), { marca: true, de: DIA_SEGUINTE }), "OK-307"]]);
  }
  await responde(balcao, [[{ comando: "FECHA", data: DIA_SEGUINTE }, "OK-312"]]);
  // Vão juntos: o primeiro não acha nada, e o segundo segura o que não cabe.
  const acaba = balcao.agenda.prossegue();
  await Promise.all([acaba, balcao.atende([{ comando: "REABRE", numero: 1 }])]);
  assertEquals(tem(balcao).length, 20);
  assertEquals(tem(balcao).filter((linha) => !linha.endsWith("MARCADO")), []);
});

teste("um TICK que vai no lote do que se segurou para ninguém não deixa o resto por fazer", async () => {
  await using balcao = new BalcaoDaAgenda();
  await convida(balcao);
  for (let i = 0; i < 16; i++) seguraParaNinguem(balcao, `1${i % 8}:${i < 8 ? "00" : "30"}`);
  balcao.agora += 121 * MINUTO;
  // O primeiro trata de quantas se tratam de uma vez; as outras são do segundo.
  await Promise.all([balcao.agenda.prossegue(), balcao.agenda.bate()]);
  assertEquals(tem(balcao), []);
});

regra("um relógio que volta não faz ninguém chegar antes de quem já chegou", async (balcao) => {
  for (const [cpf, hora] of [[ANA, "08:00"], [BIA, "08:30"]]) poe(balcao, { cpf, hora });
  await responde(balcao, [[situa(BIA, "CHEGOU"), "OK-306"]]);
  balcao.agora -= 20 * MINUTO;
  await responde(balcao, [[situa(ANA, "CHEGOU"), "OK-306"], [espera(CID), "OK-307"]]);
  const chegadas = [BIA, ANA].map((cpf) => balcao.livro.linhas.find((um) => um.cpf === cpf)?.chegouEm);
  assertEquals(chegadas, ["2026-11-30T10:00:00Z", "2026-11-30T10:00:00Z"]);
  assertEquals(balcao.livro.esperas[0].desde, "2026-11-30T10:00:00Z");
  balcao.agora += 30 * MINUTO;
  await responde(balcao, [[situa(ANA, "CHAMADO"), "OK-306"]]);
  assertEquals(balcao.livro.linha(1).chamadoEm, "2026-11-30T10:10:00Z");
});
