/**
 * Testes da lista de espera: quem entra e sai, a quem se dá o que vaga, e em que ordem. Sem nenhuma permissão.
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
  cancel,
  CEDO,
  CID,
  CLINICO,
  codigoDeTeste,
  como,
  em,
  EQUIPE,
  extra,
  fecha,
  marcado,
  MINUTO,
  poe,
  regra,
  remarc,
  responde,
  SEGUNDA,
  situa,
} from "../testes/balcao.ts";
import { aceita, desiste, DIA_SEGUINTE, DUDA, enche, espera, EVA, fila, recusa, tem, TICK } from "../testes/espera.ts";
import { PARA_NINGUEM, SERVIDOR } from "./promover.ts";

regra("entra-se no fim, com prioridade à frente, e uma vez só", async (balcao) => {
  await responde(balcao, [
    [espera(ANA), "OK-307"],
    [espera(BIA), "OK-307"],
    [espera(CID, { prioridade: 2 }), "OK-307"],
    [espera(ANA), "ERRO-118"],
    [espera(DUDA, { especialista: "PEDIATRA" }), "ERRO-103"],
    [espera(DUDA, { profissional: "Dra. Lima" }), "ERRO-103"],
    [espera(DUDA, { ate: "2026-11-29" }), "ERRO-103"],
    [espera(DUDA, { de: "2026-12-01", ate: "2026-12-06" }), "ERRO-103"],
    [espera(DUDA, { turno: "TARDE" }), "ERRO-103"],
    [espera(DUDA, { prioridade: 1 }), "ERRO-120", { origem: "x", cliente: "x:1", papel: "paciente" }],
    [desiste(DUDA), "ERRO-119"],
    [desiste(BIA), "OK-308"],
    [desiste(BIA), "ERRO-119"],
  ]);
  assertEquals(fila(balcao), ["CID", "ANA"]);
});

regra("com um marcado ali, só interessa o que é mais cedo", async (balcao) => {
  poe(balcao, { cpf: ANA, hora: "10:00" });
  poe(balcao, { cpf: BIA, hora: "09:00" });
  await responde(balcao, [
    // Só as 09:00 são antes das 10:00 e a duas horas daqui.
    [espera(ANA, { marca: true }), "OK-307"],
    // Antes das 09:00 já não há duas horas.
    [espera(BIA), "ERRO-103"],
    [cancel(BIA), "OK-301"],
  ]);
  assertEquals(tem(balcao), [`ANA ${SEGUNDA} 09:00 MARCADO`]);
  assertEquals(fila(balcao), []);
});

regra("o que vaga marca-se logo a quem o quis, com o código e o número que já tinha", async (balcao) => {
  enche(balcao, SEGUNDA, ["09:30"]);
  poe(balcao, { cpf: ANA, hora: "09:30" });
  await responde(balcao, [[espera(BIA, { marca: true, motivo: "tosse" }), "OK-307"], [cancel(ANA), "OK-301"]]);
  const [{ codigo }] = balcao.livro.esperas;
  const bia = balcao.livro.linhas.find(({ cpf }) => cpf === BIA);
  assertEquals([bia?.hora, bia?.situacao, bia?.codigo, bia?.motivo], ["09:30", "MARCADO", codigo, "tosse"]);
  await responde(balcao, [[agend(CID, { horario: "09:30" }), "ERRO-110"]]);
});

regra(
  "diz-se por que entrada se tem a hora, movida ou aceita; quem se muda por si já não veio da lista",
  async (balcao) => {
    for (const [cpf, hora] of [[CID, "09:30"], [ANA, "09:00"], [DUDA, "10:00"]]) {
      poe(balcao, { cpf, data: DIA_SEGUINTE, hora });
    }
    const veio = (): unknown =>
      balcao.livro.linhas.filter(({ ativo }) => ativo).map(({ cpf, hora, espera }) => [cpf, hora, espera]);
    await responde(balcao, [
      [espera(BIA), "OK-307"],
      [espera(DUDA, { marca: true }), "OK-307"],
      [cancel(CID), "OK-301"],
      [cancel(ANA), "OK-301"],
      [aceita(BIA), "OK-300"],
    ]);
    assertEquals(veio(), [[DUDA, "09:00", 2], [BIA, "09:30", 1]]);
    await responde(balcao, [[remarc(DUDA, { data: DIA_SEGUINTE, horario: "10:00" }), "OK-303"]]);
    assertEquals(veio(), [[DUDA, "10:00", 0], [BIA, "09:30", 1]]);
  },
);

regra("sem marcar, segura-se a hora: ninguém a toma, e aceita-se, ainda que tarde", async (balcao) => {
  poe(balcao, { cpf: ANA, data: DIA_SEGUINTE, hora: "08:00" });
  await responde(balcao, [[espera(BIA), "OK-307"], [cancel(ANA), "OK-301"]]);
  assertEquals(tem(balcao), [`BIA ${DIA_SEGUINTE} 08:00 CONVIDADO`]);
  await responde(balcao, [
    [agend(CID, { data: DIA_SEGUINTE, horario: "08:00" }), "ERRO-110"],
    [agend(CID, { data: DIA_SEGUINTE }), marcado(CID, "08:30", { data: DIA_SEGUINTE })],
    [{ comando: "BUSCA", cpf: BIA }, "ERRO-112"],
    [{ comando: "CANCEL", cpf: BIA }, "ERRO-113"],
    [{ comando: "HISTORIA", cpf: BIA }, "OK-315"],
  ]);
  balcao.agora += 121 * MINUTO;
  await responde(balcao, [
    [aceita(BIA), marcado(BIA, "08:00", { data: DIA_SEGUINTE })],
    [aceita(BIA), "ERRO-119"],
    [recusa(BIA), "ERRO-119"],
  ]);
  assertEquals(fila(balcao), []);
});

regra("AGEND à hora segurada aceita-a; a outra mais cedo dispensa-a, a outra mais tarde não", async (balcao) => {
  poe(balcao, { cpf: ANA, data: DIA_SEGUINTE, hora: "09:00" });
  await responde(balcao, [
    [espera(BIA), "OK-307"],
    [cancel(ANA), "OK-301"],
    [agend(BIA, { data: DIA_SEGUINTE, horario: "09:00" }), marcado(BIA, "09:00", { data: DIA_SEGUINTE })],
    [cancel(BIA), "OK-301"],
    [espera(CID), "OK-307"],
    [agend(DUDA, { data: DIA_SEGUINTE, horario: "09:00" }), "OK-300"],
    [cancel(DUDA), "OK-301"],
    [agend(CID, { data: DIA_SEGUINTE, horario: "10:00" }), "OK-300"],
  ]);
  assertEquals(tem(balcao), [`CID ${DIA_SEGUINTE} 09:00 CONVIDADO`, `CID ${DIA_SEGUINTE} 10:00 MARCADO`]);
  await responde(balcao, [[remarc(CID, { data: DIA_SEGUINTE, horario: "08:30" }), "OK-303"]]);
  assertEquals(tem(balcao), [`CID ${DIA_SEGUINTE} 08:30 MARCADO`]);
  assertEquals(fila(balcao), ["CID"]);
});

regra("aceitar move o que já se tinha, e o que assim vaga é do seguinte", async (balcao) => {
  enche(balcao, DIA_SEGUINTE, ["08:00", "10:00"]);
  poe(balcao, { cpf: ANA, data: DIA_SEGUINTE, hora: "08:00" });
  poe(balcao, { cpf: BIA, data: DIA_SEGUINTE, hora: "10:00" });
  await responde(balcao, [
    [espera(BIA), "OK-307"],
    [espera(CID, { marca: true, de: DIA_SEGUINTE }), "OK-307"],
    [cancel(ANA), "OK-301"],
    [aceita(BIA), "OK-303"],
  ]);
  const meus = tem(balcao).filter((linha) => /^(BIA|CID)/.test(linha));
  assertEquals(meus, [`BIA ${DIA_SEGUINTE} 08:00 MARCADO`, `CID ${DIA_SEGUINTE} 10:00 MARCADO`]);
  assertEquals(balcao.livro.linhas.filter(({ cpf }) => cpf === BIA).map(({ versao, situacao }) => [versao, situacao]), [
    [2, "MARCADO"],
    [2, "PASSOU"],
  ]);
});

regra("uma cadeia: quem se move deixa a sua hora ao seguinte, que se move e deixa a dele", async (balcao) => {
  enche(balcao, DIA_SEGUINTE, ["08:00", "08:30", "09:00"]);
  poe(balcao, { cpf: ANA, data: DIA_SEGUINTE, hora: "08:00" });
  poe(balcao, { cpf: BIA, data: DIA_SEGUINTE, hora: "08:30" });
  poe(balcao, { cpf: CID, data: DIA_SEGUINTE, hora: "09:00" });
  await responde(balcao, [
    [espera(BIA, { marca: true }), "OK-307"],
    [espera(CID, { marca: true }), "OK-307"],
    [espera(DUDA, { marca: true }), "OK-307"],
    [cancel(ANA), "OK-301"],
  ]);
  assertEquals(tem(balcao).filter((linha) => /^(BIA|CID|DUDA)/.test(linha)), [
    `BIA ${DIA_SEGUINTE} 08:00 MARCADO`,
    `CID ${DIA_SEGUINTE} 08:30 MARCADO`,
    `DUDA ${DIA_SEGUINTE} 09:00 MARCADO`,
  ]);
});

regra("recusar passa ao seguinte, e a mesma hora não volta a quem a deixou passar", async (balcao) => {
  poe(balcao, { cpf: ANA, data: DIA_SEGUINTE, hora: "08:00" });
  await responde(balcao, [
    [espera(BIA), "OK-307"],
    [espera(CID), "OK-307"],
    [cancel(ANA), "OK-301"],
    [recusa(BIA), "OK-309"],
  ]);
  assertEquals(tem(balcao), [`CID ${DIA_SEGUINTE} 08:00 CONVIDADO`]);
  await responde(balcao, [[recusa(CID), "OK-309"]]);
  assertEquals(tem(balcao), []);
  assertEquals(fila(balcao), ["BIA", "CID"]);
  await responde(balcao, [[agend(DUDA, { data: DIA_SEGUINTE }), marcado(DUDA, "08:00", { data: DIA_SEGUINTE })]]);
});

regra("um prazo vence no TICK; o terceiro lapso leva para o fim da lista", async (balcao) => {
  await responde(balcao, [[espera(BIA), "OK-307"], [espera(CID, { profissional: undefined }), "OK-307"]]);
  const [, cid] = balcao.livro.esperas;
  balcao.livro.esperas = [balcao.livro.esperas[0], { ...cid, ate: "2026-12-01" }];
  for (const [i, hora] of ["08:00", "08:30", "09:00"].entries()) {
    await responde(balcao, [[agend(ANA, { data: DIA_SEGUINTE, horario: hora }), "OK-300"], [cancel(ANA), "OK-301"]]);
    assertEquals(tem(balcao), [`BIA ${DIA_SEGUINTE} ${hora} CONVIDADO`]);
    balcao.agora += 119 * MINUTO;
    await responde(balcao, [[TICK, "OK-200"]]);
    assertEquals(tem(balcao).length, 1, "antes do prazo nada vence");
    balcao.agora += 60_000;
    await responde(balcao, [[TICK, "OK-200"]]);
    assertEquals(tem(balcao), []);
    assertEquals(balcao.livro.esperas[0].lapsos, (i + 1) % 3);
  }
  assertEquals(fila(balcao), ["CID", "BIA"]);
});

regra("um TICK por minuto; o último dia que passou acaba a entrada", async (balcao) => {
  await responde(balcao, [[espera(BIA, { ate: SEGUNDA }), "OK-307"], [espera(CID), "OK-307"]]);
  await responde(balcao, [[TICK, "OK-200"]]);
  assertEquals(balcao.livro.tique, "", "sem nada que fazer, nada se escreve");
  balcao.agora = em("2026-12-01T00:00");
  assertEquals(fila(balcao), ["BIA", "CID"]);
  await responde(balcao, [[TICK, "OK-200"]]);
  assertEquals(fila(balcao), ["CID"]);
  balcao.livro.esperas = balcao.livro.esperas.map((uma) => uma.cpf === CID ? { ...uma, ate: SEGUNDA } : uma);
  balcao.agora += 59_999;
  await responde(balcao, [[TICK, "OK-200"]]);
  assertEquals(fila(balcao), ["CID"]);
  balcao.agora += 1;
  await responde(balcao, [[TICK, "OK-200"]]);
  assertEquals(fila(balcao), []);
});

regra("EXTRA e REABRE dão o que abrem a quem espera; FECHA deixa passar o que segurou, sem lapso", async (balcao) => {
  await responde(balcao, [
    [espera(BIA, { profissional: "Dra. Lima" }), "OK-307"],
    [extra(14 * 60, { data: DIA_SEGUINTE, profissional: "Dra. Lima" }), "OK-313"],
  ]);
  assertEquals(tem(balcao), [`BIA ${DIA_SEGUINTE} 14:00 CONVIDADO`]);
  await responde(balcao, [[fecha({ data: DIA_SEGUINTE }), "OK-312"]]);
  assertEquals(tem(balcao), []);
  assertEquals([balcao.livro.esperas[0].lapsos, balcao.livro.esperas[0].convite], [0, 0]);
  await responde(balcao, [[{ comando: "REABRE", numero: 2 }, "OK-314"]]);
  // As 14:00 já passaram por ela; a primeira hora que se reabriu é de manhã.
  assertEquals(tem(balcao), [`BIA ${DIA_SEGUINTE} 08:00 CONVIDADO`]);
}, { config: EQUIPE });

regra("ser atendido acaba a espera; quem chegou e não foi atendido continua", async (balcao) => {
  poe(balcao, { cpf: ANA, hora: "08:00" });
  balcao.livro.esperas = [];
  await responde(balcao, [[espera(BIA), "OK-307"]]);
  poe(balcao, { cpf: BIA, hora: "08:30" });
  await responde(balcao, [[situa(BIA, "CHEGOU"), "OK-306"], [situa(BIA, "CHAMADO"), "OK-306"]]);
  assertEquals(fila(balcao), ["BIA"]);
  await responde(balcao, [[situa(BIA, "ATENDIDO"), "OK-306"]]);
  assertEquals(fila(balcao), []);
});

regra(
  "a quem não serve não se dá: perto demais, outra parte do dia, outro profissional, na mesma hora noutro lugar",
  async (balcao) => {
    balcao.agora = em(`${SEGUNDA}T06:00`);
    for (const cpf of [BIA, CID, DUDA]) await responde(balcao, [[espera(cpf, { marca: true }), "OK-307"]]);
    const [bia, cid, duda] = balcao.livro.esperas;
    balcao.livro.esperas = [{ ...bia, turno: "TARDE" }, { ...cid, antecedencia: 181 }, { ...duda, de: "2026-12-01" }];
    poe(balcao, { cpf: ANA, hora: "09:00" });
    await responde(balcao, [[espera(EVA, { marca: true }), "OK-307"]]);
    poe(balcao, { cpf: EVA, especialidade: "NUTRICIONISTA", hora: "09:15" });
    await responde(balcao, [[cancel(ANA), "OK-301"]]);
    assertEquals(tem(balcao), [`EVA ${SEGUNDA} 09:15 MARCADO`]);
  },
);

regra("além de dezesseis, o que vaga segura-se para ninguém, e continua-se depois", async (balcao) => {
  for (let i = 0; i < 20; i++) await responde(balcao, [[espera(cpfDeExemplo(100 + i), { marca: true }), "OK-307"]]);
  balcao.livro.esperas = balcao.livro.esperas.map((uma) => ({ ...uma, de: DIA_SEGUINTE }));
  await responde(balcao, [[fecha({ data: DIA_SEGUINTE }), "OK-312"], [{ comando: "REABRE", numero: 1 }, "OK-314"]]);
  const de = (situacao: string): number => balcao.livro.linhas.filter((um) => um.situacao === situacao).length;
  if (balcao instanceof BalcaoPuro) assertEquals([de("MARCADO"), de("CONVIDADO")], [16, 4]);
  await responde(balcao, [[agend(ANA, { data: DIA_SEGUINTE }), "ERRO-110"]]);
  // A agenda já prossegue por si.
  await responde(balcao, [[{ comando: "PROSSEGUE" }, "OK-200"]]);
  assertEquals([de("MARCADO"), de("CONVIDADO"), fila(balcao).length], [20, 0, 0]);
}, {
  config: { atendimentos: [{ especialidade: CLINICO, dia: "SEGUNDA-FEIRA", inicio: "08:00", vagas: 20, minutos: 15 }] },
  agora: CEDO,
});

regra(
  "das horas que vagam juntas dá-se primeiro a mais cedo, ainda que o prazo dela tenha vencido depois",
  async (balcao) => {
    for (const [cpf, hora] of [[ANA, "10:00"], [BIA, "08:00"]] as const) {
      await responde(balcao, [
        [espera(cpf), "OK-307"],
        [agend(EVA, { data: DIA_SEGUINTE, horario: hora }), "OK-300"],
        [cancel(EVA), "OK-301"],
      ]);
      balcao.agora += MINUTO;
    }
    await responde(balcao, [[espera(CID, { prioridade: 1 }), "OK-307"]]);
    balcao.agora += 120 * MINUTO;
    await responde(balcao, [[TICK, "OK-200"]]);
    assertEquals(tem(balcao), [
      `BIA ${DIA_SEGUINTE} 10:00 CONVIDADO`,
      `CID ${DIA_SEGUINTE} 08:00 CONVIDADO`,
    ]);
  },
);

regra(
  "não se dá o que já começou, nem se entra à espera disso, ainda que a lista não peça antecedência",
  async (balcao) => {
    poe(balcao, { cpf: ANA, hora: "08:00" });
    balcao.agora = em(`${SEGUNDA}T08:10`);
    await responde(balcao, [
      [espera(CID, { marca: true }), "OK-307"],
      [cancel(ANA), "OK-301"],
    ]);
    assertEquals(tem(balcao), []);
    balcao.agora = em(`${SEGUNDA}T10:10`);
    await responde(balcao, [[espera(BIA, { ate: SEGUNDA }), "ERRO-103"]]);
  },
  { config: { espera: { antecedencia: 0 } } },
);

regra("reabrir não dá o que já se oferecia e ninguém quis", async (balcao) => {
  await responde(balcao, [
    [fecha({ data: DIA_SEGUINTE }), "OK-312"],
    [extra(480, { data: DIA_SEGUINTE }), "OK-313"],
    [espera(BIA, { marca: true, de: DIA_SEGUINTE }), "OK-307"],
    [{ comando: "REABRE", numero: 1 }, "OK-314"],
  ]);
  assertEquals(tem(balcao), [`BIA ${DIA_SEGUINTE} 09:00 MARCADO`]);
});

regra("o que as regras não deixam não se espera, e o motivo de quem espera não é um de quem aceita", async (balcao) => {
  poe(balcao, { cpf: ANA, data: DIA_SEGUINTE, hora: "08:00" });
  await responde(balcao, [
    [espera(BIA, { motivo: "tosse", ate: DIA_SEGUINTE }), "OK-307", { origem: "x", cliente: "x:1", papel: "paciente" }],
    [espera(CID, { ate: SEGUNDA }), "ERRO-103"],
    [cancel(ANA), "OK-301"],
  ]);
  poe(balcao, { cpf: BIA, especialidade: "NUTRICIONISTA", data: DIA_SEGUINTE, hora: "09:15" });
  await responde(balcao, [
    [aceita(BIA), "ERRO-116 porCpf"],
    [aceita(BIA, { motivo: "urgente" }), "OK-300"],
  ]);
}, { config: { regras: { antecedencia: 300, porCpf: 1 } } });

regra("quem já chegou e marca a hora que lhe está segurada é mandado ao que tem", async (balcao) => {
  poe(balcao, { cpf: ANA, data: DIA_SEGUINTE, hora: "08:00" });
  await responde(balcao, [[espera(BIA), "OK-307"], [cancel(ANA), "OK-301"]]);
  poe(balcao, { cpf: BIA, data: "2026-12-14", hora: "08:00", situacao: "CHEGOU" });
  await responde(balcao, [[agend(BIA, { data: DIA_SEGUINTE, horario: "08:00" }), "ERRO-111"]]);
});

regra("desfazer o cancelamento de um que já acabou não dispensa o convite", async (balcao) => {
  await responde(balcao, [
    [espera(BIA), "OK-307"],
    [agend(BIA, { horario: "08:00" }), "OK-300"],
    [cancel(BIA), "OK-301"],
    [agend(ANA, { data: DIA_SEGUINTE, horario: "08:00" }), "OK-300"],
    [cancel(ANA), "OK-301"],
  ]);
  balcao.agora = em(`${SEGUNDA}T08:40`);
  await responde(balcao, [[situa(BIA, "DESFAZ"), "OK-306"]]);
  assertEquals(tem(balcao), [`BIA ${SEGUNDA} 08:00 MARCADO`, `BIA ${DIA_SEGUINTE} 08:00 CONVIDADO`]);
});

regra("um TICK que marca faltas e deixa vencer um prazo dá a hora a quem espera", async (balcao) => {
  poe(balcao, { cpf: ANA, hora: "08:00" });
  await responde(balcao, [
    [espera(BIA), "OK-307"],
    [espera(CID), "OK-307"],
    [agend(EVA, { data: DIA_SEGUINTE }), "OK-300"],
    [cancel(EVA), "OK-301"],
  ]);
  balcao.agora = em("2026-12-01T00:00");
  await responde(balcao, [[TICK, "OK-200"]]);
  assertEquals(balcao.livro.linha(1).situacao, "FALTOU");
  assertEquals(tem(balcao).slice(1), [`CID ${DIA_SEGUINTE} 08:00 CONVIDADO`]);
}, { config: { faltaAutomatica: true } });

regra("sem se poder ler mais, o que vaga segura-se para ninguém, se alguém o quer, e dá-se depois", async (balcao) => {
  // A agenda prossegue por si, e a vista nunca o deixaria de dizer.
  if (!(balcao instanceof BalcaoPuro)) return;
  poe(balcao, { cpf: ANA, hora: "09:30" });
  poe(balcao, { cpf: CID, hora: "10:00" });
  await responde(balcao, [[espera(BIA, { marca: true }), "OK-307"]]);
  const [bia] = balcao.livro.esperas;
  balcao.livro.soSegura = true;
  await responde(balcao, [[cancel(ANA), "OK-301"]]);
  balcao.livro.esperas = [{ ...bia, ate: "2026-11-29" }];
  await responde(balcao, [[cancel(CID), "OK-301"]]);
  balcao.livro.esperas = [bia];
  const seguradas = balcao.livro.linhas.filter(({ situacao }) => situacao === "CONVIDADO");
  assertEquals(seguradas.map(({ cpf, hora }) => [cpf, hora]), [[PARA_NINGUEM, "09:30"]]);
  assertEquals(fila(balcao), ["BIA"]);
  balcao.livro.soSegura = false;
  await responde(balcao, [[{ comando: "PROSSEGUE" }, "OK-200"]]);
  assertEquals([tem(balcao), fila(balcao)], [[`BIA ${SEGUNDA} 09:30 MARCADO`], []]);
});

regra("uma falta do servidor que se desfaz não volta a marcar-se, e quem se move recomeça", async (balcao) => {
  poe(balcao, { cpf: ANA, hora: "08:00" });
  balcao.agora = em("2026-12-01T08:00");
  await responde(balcao, [[TICK, "OK-200", SERVIDOR]]);
  assertEquals(balcao.livro.linha(1).situacao, "FALTOU");
  await responde(balcao, [[situa(ANA, "DESFAZ", { numero: 1 }), "OK-306"]]);
  balcao.agora += 2 * MINUTO;
  await responde(balcao, [[TICK, "OK-200", SERVIDOR]]);
  assertEquals(balcao.livro.linha(1).situacao, "MARCADO");
}, { config: { faltaAutomatica: true } });

regra("quem busca com as esperas vê as que o código abre, com o lugar e a hora segurada", async (balcao) => {
  const paciente = como("paciente");
  const [deAna, deBia] = [codigoDeTeste(71), codigoDeTeste(72)];
  const aEsperar = async (codigo?: string): Promise<unknown> => {
    const resultado = await balcao.pede({ comando: "BUSCA", cpf: BIA, codigo, comEsperas: true }, paciente);
    if (resultado.codigo !== "OK-302") return resultado.codigo;
    return resultado.esperas?.map(({ espera, convite, posicao }) => [espera.cpf === BIA, posicao, convite?.hora]);
  };
  enche(balcao, DIA_SEGUINTE, ["08:00"]);
  poe(balcao, { cpf: CID, data: DIA_SEGUINTE, hora: "08:00" });
  await responde(balcao, [
    [espera(ANA, { proposto: deAna, de: SEGUNDA, ate: SEGUNDA }), "OK-307", paciente],
    [espera(BIA, { proposto: deBia }), "OK-307", paciente],
    [espera(BIA, { proposto: deBia }), "OK-307", paciente],
    [espera(BIA, { proposto: deAna }), "ERRO-116", paciente],
  ]);
  assertEquals(await aEsperar(deBia), [[true, 2, undefined]]);
  await responde(balcao, [[cancel(CID), "OK-301"]]);
  assertEquals(await aEsperar(deBia), [[true, 2, "08:00"]]);
  assertEquals([await aEsperar(deAna), await aEsperar()], ["ERRO-112", "ERRO-112"]);
  await responde(balcao, [[{ comando: "BUSCA", cpf: BIA, codigo: deBia }, "ERRO-112", paciente]]);
});
