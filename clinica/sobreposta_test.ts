/**
 * Testes do que um lote vê de si próprio: cada pedido, o que os anteriores mudaram. Sem nenhuma permissão.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import {
  agend,
  ANA,
  BalcaoDaAgenda,
  BIA,
  cancel,
  CEDO,
  CID,
  CINCO,
  CLINICO,
  desmarcado,
  fecha,
  lista,
  livres,
  marcado,
  remarc,
  SEGUNDA,
  situa,
  teste,
  tupla,
  vagas,
} from "../testes/balcao.ts";
import { Livro } from "../testes/livro_de_teste.ts";
import { conta } from "../testes/mudancas.ts";
import { NENHUM_ALCANCE } from "./livro.ts";
import type { Pedido } from "./pedido.ts";
import { SERVIDOR } from "./promover.ts";
import { Sobreposta } from "./sobreposta.ts";

/** O que um lote só responde; antes dele, o que já estava gravado. */
function umLote(nome: string, { antes = [], casos }: { antes?: Pedido[]; casos: [Pedido, string][] }): void {
  teste(nome, async () => {
    await using balcao = new BalcaoDaAgenda({}, CEDO);
    for (const pedido of antes) await balcao.pede(pedido);
    const respostas = await balcao.atende(casos.map(([pedido]) => pedido));
    const esperadas = casos.map(([, esperada]) => esperada);
    assertEquals(respostas?.map((veio, i) => esperadas[i].includes(" ") ? veio : veio.split(" ")[0]), esperadas);
  });
}

const NUTRI = { especialista: "NUTRICIONISTA", data: "2026-12-04" };
const REABRE: Pedido = { comando: "REABRE", numero: 1 };
const HISTORIA: Pedido = { comando: "HISTORIA", cpf: ANA };

umLote("a hora que um tomou e a que outro deixou", {
  antes: [agend(ANA)],
  casos: [
    [remarc(ANA, { horario: "09:00" }), "OK-303"],
    [agend(BIA), marcado(BIA, "08:00")],
    [agend(CID, { horario: "09:00" }), "ERRO-110"],
    [cancel(ANA), desmarcado(ANA, "09:00")],
    [agend(CID, { horario: "09:00" }), marcado(CID, "09:00")],
    [situa(ANA, "DESFAZ"), "ERRO-115"],
    [vagas(CLINICO, SEGUNDA), livres([SEGUNDA, CLINICO, [CINCO[1], ...CINCO.slice(3)]])],
  ],
});

umLote("os ativos, a história e o dia, cada linha uma vez e como ficou", {
  antes: [agend(ANA), agend(ANA, NUTRI)],
  casos: [
    [cancel(ANA, CLINICO), "OK-301"],
    [HISTORIA, `OK-315 ${tupla(ANA, "08:00", NUTRI)}, ${tupla(ANA, "08:00", { mais: "CANCELADO" })}`],
    [agend(ANA), marcado(ANA, "08:00")],
    [lista(), `OK-310 ${tupla(ANA, "08:00", { mais: "CANCELADO" })}, ${tupla(ANA, "08:00")}`],
    [cancel(ANA), "ERRO-114"],
    [situa(ANA, "CHEGOU"), `OK-306 ${tupla(ANA, "08:00", { mais: "CHEGOU" })}`],
  ],
});

umLote("quem se marcou fica de fora do que se fecha", {
  casos: [
    [agend(ANA), "OK-300"],
    [fecha(), `OK-312 nº 1 ${tupla(ANA, "08:00")}`],
    [agend(BIA), "ERRO-103"],
    [REABRE, "OK-314 nº 1 "],
    [REABRE, "ERRO-113"],
    [agend(BIA), marcado(BIA, "08:30")],
    [fecha(), `OK-312 nº 2 ${tupla(ANA, "08:00")}, ${tupla(BIA, "08:30")}`],
  ],
});

umLote("quem se cancelou está entre os cancelados do dia, e quem voltou já não", {
  casos: [
    [agend(ANA), "OK-300"],
    [agend(BIA), "OK-300"],
    [cancel(ANA), "OK-301"],
    [cancel(BIA), "OK-301"],
    [lista(), `OK-310 ${tupla(ANA, "08:00", { mais: "CANCELADO" })}, ${tupla(BIA, "08:30", { mais: "CANCELADO" })}`],
    [situa(ANA, "DESFAZ"), "OK-306"],
    [fecha(), `OK-312 nº 1 ${tupla(ANA, "08:00")}`],
    [lista(), `OK-310 ${tupla(ANA, "08:00")}, ${tupla(BIA, "08:30", { mais: "CANCELADO" })}`],
  ],
});

teste("as senhas que se dão num lote são de um só, ainda que quem a tinha já esteja noutra data", async () => {
  await using balcao = new BalcaoDaAgenda({}, CEDO);
  await balcao.atende([
    ...[agend(ANA), agend(BIA), agend(CID), situa(ANA, "CHEGOU"), situa(BIA, "CHEGOU")],
    ...[situa(BIA, "DESFAZ"), remarc(BIA, { data: "2026-12-07" }), situa(CID, "CHEGOU")],
  ]);
  assertEquals(balcao.livro.linhas.map(({ senha }) => senha), ["A001", "", "A003"]);
});

teste("o contato que um lote aprende serve aos seguintes do lote", async () => {
  await using balcao = new BalcaoDaAgenda({}, CEDO);
  await balcao.atende([agend(ANA, { email: "ana@x.br" }), agend(ANA, NUTRI)]);
  assertEquals(balcao.livro.linhas.map(({ email }) => email), ["ana@x.br", "ana@x.br"]);
});

teste("de quem um lote anonimiza já não se veem as contas do que se tentou, senão as que vêm depois", () => {
  const rede = "10.0.0.7";
  const livro = new Livro();
  livro.tentativas = [conta(ANA, rede, { erros: 99 }).depois];
  const vista = new Sobreposta(
    livro.vista({ ...NENHUM_ALCANCE, cpfs: [ANA], fichas: [ANA], tentativas: [[ANA, rede]] }),
  );
  const anonimiza = { ato: "ANONIMIZA", cpf: ANA, pseudonimo: "X0123456789", motivo: "" } as const;
  for (const erros of [99, 100]) {
    if (erros > 99) vista.aplica(conta(ANA, rede, { erros }));
    assertEquals(vista.tentativa(ANA, rede)?.erros, erros);
    vista.aplica({ sobre: "titular", ato: "ANONIMIZA", quem: SERVIDOR, depois: anonimiza });
    assertEquals(vista.tentativa(ANA, rede), undefined);
  }
});
