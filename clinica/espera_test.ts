/**
 * Testes do que na lista de espera se pede mal, fora de tempo ou duas vezes: um código claro, e nada muda nem se perde. Sem
 * nenhuma permissão.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { cpfDeExemplo } from "../testes/apoio.ts";
import {
  agend,
  ANA,
  type Balcao,
  BIA,
  cancel,
  CEDO,
  CID,
  CLINICO,
  como,
  EQUIPE,
  fecha,
  MINUTO,
  poe,
  regra,
  remarc,
  responde,
  SEGUNDA,
  teste,
} from "../testes/balcao.ts";
import { aceita, desiste, DIA_SEGUINTE, DUDA, espera, EVA, fila, recusa, tem, TICK } from "../testes/espera.ts";
import { ArmazemDeTeste } from "../testes/livro_de_teste.ts";
import { Clinica } from "./clinica.ts";
import { NENHUM_ALCANCE, type Quem } from "./livro.ts";
import { lerOferta } from "./oferta.ts";
import type { Pedido } from "./pedido.ts";
import { decidir } from "./regras.ts";

const AMANHA = { data: DIA_SEGUINTE };
const PACIENTE: Quem = { origem: "10.0.0.7", cliente: "10.0.0.7:1", papel: "paciente" };

/** Segura para BIA as 08:00 do dia seguinte, até daqui a duas horas. */
async function convida(balcao: Balcao, profissional = ""): Promise<void> {
  poe(balcao, { cpf: ANA, ...AMANHA, profissional });
  await responde(balcao, [[espera(BIA), "OK-307"], [cancel(ANA), "OK-301"]]);
  assertEquals(tem(balcao), [`BIA ${DIA_SEGUINTE} 08:00 CONVIDADO`]);
}

/** Pede o que se recusa, e confere que nada mudou. */
async function recusados(balcao: Balcao, casos: readonly (readonly [Pedido, string, Quem?])[]): Promise<void> {
  const antes = balcao.livro.retrato();
  await responde(balcao, casos);
  assertEquals(balcao.livro.retrato(), antes);
}

// ------------------------------------------------------------------------------------------------------ a ordem dos erros

regra("de vários erros de ESPERA vem o primeiro: 120, 103, 118, 111, 116", async (balcao) => {
  const impedida = { prioridade: 1, ate: "2026-11-29" };
  await responde(balcao, [[espera(BIA), "OK-307"]]);
  for (const cpf of [BIA, CID]) poe(balcao, { cpf, especialidade: "NUTRICIONISTA", data: "2026-12-04" });
  await recusados(balcao, [
    [espera(BIA, { ...impedida, especialista: "PEDIATRA" }), "ERRO-120", PACIENTE],
    [espera(BIA, impedida), "ERRO-120", PACIENTE],
    [espera(BIA, { ate: "2026-11-29" }), "ERRO-103", PACIENTE],
    [espera(BIA, { profissional: "Dra. Lima" }), "ERRO-103", PACIENTE],
    [espera(BIA), "ERRO-118"],
    [espera(CID, { especialista: "NUTRICIONISTA", codigo: "00000000" }), "ERRO-111"],
    [espera(CID), "ERRO-116 porCpf"],
  ]);
  // A quem não é da casa não se diz qual; mas conta-se.
  await responde(balcao, [
    [espera(BIA), "ERRO-116 ", PACIENTE],
    [espera(CID, { especialista: "NUTRICIONISTA" }), "ERRO-116 ", PACIENTE],
    [espera(CID), "ERRO-116 ", PACIENTE],
  ]);
}, { config: { regras: { porCpf: 1 } } });

regra(
  "de vários erros de ACEITA vem o 119 antes do 116; com o código errado, é como se nada houvesse",
  async (balcao) => {
    await convida(balcao);
    const [{ codigo, numero }] = balcao.livro.esperas;
    poe(balcao, { cpf: BIA, especialidade: "NUTRICIONISTA", data: "2026-12-04" });
    for (const pede of [aceita, recusa, desiste]) {
      await recusados(balcao, [
        [pede(BIA, { codigo: "00000000" }), "ERRO-119"],
        [pede(BIA, { codigo: "" }), "ERRO-119"],
        [pede(BIA, { numero: numero + 1 }), "ERRO-119"],
        [pede(BIA, { especialista: "NUTRICIONISTA" }), "ERRO-119"],
        [pede(BIA, { especialista: "PEDIATRA" }), "ERRO-119"],
        [pede(CID), "ERRO-119"],
      ]);
    }
    await recusados(balcao, [[aceita(BIA, { codigo, numero }), "ERRO-116 porCpf"]]);
    await responde(balcao, [[recusa(BIA, { codigo, numero }), "OK-309"], [desiste(BIA, { codigo, numero }), "OK-308"]]);
  },
  { config: { regras: { porCpf: 1 } } },
);

// ------------------------------------------------------------------------------------------------------ o que não cabe

regra("um endereço de fora põe vinte à espera, no máximo; os outros, e a casa, continuam", async (balcao) => {
  for (let i = 0; i < 20; i++) await responde(balcao, [[espera(cpfDeExemplo(100 + i)), "OK-307", PACIENTE]]);
  await recusados(balcao, [[espera(BIA), "ERRO-116 espera", PACIENTE], [
    espera(BIA, { especialista: "DERMATOLOGISTA" }),
    "ERRO-116 espera",
    PACIENTE,
  ]]);
  await responde(balcao, [
    [espera(BIA), "OK-307", { ...PACIENTE, papel: "balcao" }],
    [espera(CID), "OK-307", { ...PACIENTE, origem: "10.0.0.8" }],
    [desiste(cpfDeExemplo(100)), "OK-308"],
    [desiste(cpfDeExemplo(101)), "OK-308"],
    [espera(DUDA), "OK-307", PACIENTE],
    [espera(EVA), "ERRO-116 espera", PACIENTE],
  ]);
});

teste("duzentas mil entradas numa especialidade, no máximo, também para a casa", () => {
  const clinica = new Clinica(lerOferta());
  const alcance = { ...NENHUM_ALCANCE, cpfs: [BIA], listas: [CLINICO], excecoes: "le" } as const;
  const entra = (quantas: number): string => {
    const vista = { ...new ArmazemDeTeste().livro.vista(alcance), quantasAntes: () => quantas };
    const estado = { clinica, vista, agora: CEDO, quem: como("gerente"), sorteia: () => "00000000" };
    const { resultado, mudancas } = decidir(estado, espera(BIA));
    return `${resultado.codigo} ${"regra" in resultado ? resultado.regra : mudancas.length}`;
  };
  assertEquals([entra(199_999), entra(200_000)], ["OK-307 1", "ERRO-116 espera"]);
});

regra("datas que passaram, um período sem atendimento e quem não atende ali são 103", async (balcao) => {
  await recusados(balcao, [
    [espera(BIA, { ate: "2026-11-29" }), "ERRO-103"],
    [espera(BIA, { de: "2020-01-01", ate: "2020-12-31" }), "ERRO-103"],
    [espera(BIA, { de: "2026-12-01", ate: "2026-12-06" }), "ERRO-103"],
    [espera(BIA, { ate: SEGUNDA, antecedencia: 151 }), "ERRO-103"],
    [espera(BIA, { turno: "TARDE", profissional: "Dra. Lima" }), "ERRO-103"],
    [espera(BIA, { profissional: "Dr. Quem" }), "ERRO-103"],
    [espera(BIA, { especialista: "PEDIATRA", profissional: "Dra. Lima" }), "ERRO-103"],
    [espera(BIA, { antecedencia: 527_040 }), "ERRO-103"],
  ]);
  await responde(balcao, [[espera(BIA, { de: "2020-01-01", ate: SEGUNDA }), "OK-307"]]);
}, { config: EQUIPE });

regra("o que um FECHA tira não serve a ninguém, e o que um EXTRA abre serve", async (balcao) => {
  await responde(balcao, [
    [fecha({ data: "2026-12-07" }), "OK-312"],
    [espera(BIA, { de: "2026-12-01", ate: "2026-12-13" }), "ERRO-103"],
    [{ comando: "EXTRA", especialista: CLINICO, data: "2026-12-08", inicio: 840, vagas: 1, minutos: 30 }, "OK-313"],
    [espera(BIA, { de: "2026-12-01", ate: "2026-12-13" }), "OK-307"],
  ]);
});

// ------------------------------------------------------------------------------------------------------ fora de tempo

regra("ACEITA um segundo depois do prazo, e antes do TICK, marca; depois do TICK já não há convite", async (balcao) => {
  await convida(balcao);
  balcao.agora += 120 * MINUTO + 1000;
  await responde(balcao, [[aceita(BIA), `OK-300 BIA ${DIA_SEGUINTE} 08:00 ${CLINICO}`], [TICK, "OK-200"]]);
  assertEquals([tem(balcao), fila(balcao)], [[`BIA ${DIA_SEGUINTE} 08:00 MARCADO`], []]);
});

regra("depois do TICK que o deixou vencer, ACEITA já não acha convite, e a entrada continua", async (balcao) => {
  await convida(balcao);
  balcao.agora += 120 * MINUTO;
  await responde(balcao, [[TICK, "OK-200"]]);
  await recusados(balcao, [[aceita(BIA), "ERRO-119"], [recusa(BIA), "ERRO-119"]]);
  assertEquals(fila(balcao), ["BIA"]);
});

regra("ACEITA, RECUSA e DESISTE outra vez são 119, e o que ficou está lá", async (balcao) => {
  await convida(balcao);
  await responde(balcao, [[aceita(BIA), "OK-300"]]);
  for (const pede of [aceita, recusa, desiste]) await recusados(balcao, [[pede(BIA), "ERRO-119"]]);
  await responde(balcao, [[{ comando: "BUSCA", cpf: BIA }, `OK-302 BIA ${DIA_SEGUINTE} 08:00 ${CLINICO}`]]);
});

regra("RECUSA de quem espera sem convite é 119", async (balcao) => {
  await responde(balcao, [[espera(BIA), "OK-307"]]);
  await recusados(balcao, [[recusa(BIA), "ERRO-119"], [aceita(BIA), "ERRO-119"]]);
});

regra(
  "um dia que se fecha com uma hora segurada: já não se aceita nem se marca, e ninguém teve um lapso",
  async (balcao) => {
    await convida(balcao);
    await responde(balcao, [[espera(CID, { marca: true }), "OK-307"], [fecha({ ...AMANHA, fim: 540 }), "OK-312"]]);
    await recusados(balcao, [
      [aceita(BIA), "ERRO-119"],
      [recusa(BIA), "ERRO-119"],
      [agend(BIA, { ...AMANHA, horario: "08:00" }), "ERRO-105"],
    ]);
    const [{ lapsos, convite, passou }] = balcao.livro.esperas;
    assertEquals([lapsos, convite, passou, fila(balcao)], [0, 0, [`${DIA_SEGUINTE} 08:00 `], ["BIA", "CID"]]);
    // Reaberto, é de quem ainda não a deixou passar.
    await responde(balcao, [[{ comando: "REABRE", numero: 1 }, "OK-314"]]);
    assertEquals(tem(balcao), [`BIA ${DIA_SEGUINTE} 08:30 CONVIDADO`, `CID ${DIA_SEGUINTE} 08:00 MARCADO`]);
  },
);

regra("um convite para mover, de quem entretanto desmarcou, marca com o código da entrada", async (balcao) => {
  poe(balcao, { cpf: BIA, ...AMANHA, hora: "10:00" });
  poe(balcao, { cpf: ANA, ...AMANHA });
  await responde(balcao, [[espera(BIA), "OK-307"], [cancel(ANA), "OK-301"], [cancel(BIA), "OK-301"]]);
  const [{ codigo }] = balcao.livro.esperas;
  await responde(balcao, [[aceita(BIA), `OK-300 BIA ${DIA_SEGUINTE} 08:00 ${CLINICO}`]]);
  assertEquals(balcao.livro.linhas.map(({ situacao, codigo }) => [situacao, codigo]).at(-1), ["MARCADO", codigo]);
});

regra("quem esperava para mover e entretanto desmarcou passa a marcar-se no que vagar", async (balcao) => {
  poe(balcao, { cpf: BIA, ...AMANHA, hora: "08:30" });
  poe(balcao, { cpf: ANA, ...AMANHA, hora: "10:00" });
  await responde(balcao, [[espera(BIA, { marca: true }), "OK-307"], [cancel(BIA), "OK-301"], [cancel(ANA), "OK-301"]]);
  assertEquals([tem(balcao), fila(balcao)], [[`BIA ${DIA_SEGUINTE} 10:00 MARCADO`], []]);
});

regra("de quem já não atende ficam a entrada e o convite: aceita-se, recusa-se e desiste-se", async (balcao) => {
  await convida(balcao, "DRA. LIMA");
  await responde(balcao, [[espera(CID, { profissional: "Dra. Lima" }), "OK-307"]]);
  balcao.troca({ atendimentos: EQUIPE.atendimentos.slice(1) });
  await recusados(balcao, [[espera(DUDA, { profissional: "Dra. Lima" }), "ERRO-103"]]);
  await responde(balcao, [
    [{ comando: "FILA", especialista: CLINICO }, "OK-311"],
    [aceita(BIA), "OK-300"],
    [cancel(BIA), "OK-301"],
    // A hora dela já não se oferece: não é de ninguém.
    [espera(DUDA, { marca: true }), "OK-307"],
    [desiste(CID), "OK-308"],
  ]);
  assertEquals([tem(balcao), fila(balcao)], [[], ["DUDA"]]);
}, { config: EQUIPE });

regra("de uma especialidade que já não há sai-se da lista, ainda que ela não se mostre", async (balcao) => {
  await responde(balcao, [[espera(BIA, { especialista: "PEDIATRA" }), "OK-307"]]);
  balcao.troca({});
  await responde(balcao, [
    [{ comando: "FILA", especialista: "PEDIATRA" }, "ERRO-103"],
    [desiste(BIA, { especialista: "pediatra" }), "OK-308"],
  ]);
}, { config: EQUIPE });

// ------------------------------------------------------------------------------------------------------ a hora segurada

regra("a quem já tem um convite não se segura outra hora, e quem passa pode tê-la", async (balcao) => {
  await convida(balcao);
  await responde(balcao, [
    [agend(CID, { ...AMANHA, horario: "09:00" }), "OK-300"],
    [cancel(CID), "OK-301"],
    [agend(DUDA, { ...AMANHA, horario: "09:00" }), "OK-300"],
  ]);
  assertEquals(tem(balcao), [`BIA ${DIA_SEGUINTE} 08:00 CONVIDADO`, `DUDA ${DIA_SEGUINTE} 09:00 MARCADO`]);
});

regra("sem HORÁRIO, nem ao convidado se dá a hora segurada; nem se move ninguém para ela", async (balcao) => {
  await convida(balcao);
  await responde(balcao, [
    [agend(BIA, AMANHA), `OK-300 BIA ${DIA_SEGUINTE} 08:30 ${CLINICO}`],
    [agend(CID, AMANHA), `OK-300 CID ${DIA_SEGUINTE} 09:00 ${CLINICO}`],
    [remarc(CID, { ...AMANHA, horario: "08:00" }), "ERRO-110"],
  ]);
  assertEquals(tem(balcao).filter((linha) => linha.endsWith("CONVIDADO")), [`BIA ${DIA_SEGUINTE} 08:00 CONVIDADO`]);
});

regra("uma hora segurada conta para quem tem menos marcados, e não é um encaixe", async (balcao) => {
  await convida(balcao, "DR. REIS");
  await responde(balcao, [
    [agend(CID, { ...AMANHA, horario: "08:30" }), `OK-300 CID ${DIA_SEGUINTE} 08:30 ${CLINICO} DRA. LIMA`],
    [agend(DUDA, { ...AMANHA, horario: "08:10", encaixe: true, profissional: "Dr. Reis" }), "OK-300"],
    [agend(EVA, { ...AMANHA, horario: "08:20", encaixe: true, profissional: "Dr. Reis" }), "ERRO-110"],
  ]);
}, { config: { atendimentos: EQUIPE.atendimentos.toReversed().slice(1) } });

regra("o AGEND que aceita guarda a nota e o contato que traz, e a pessoa fica com ele", async (balcao) => {
  await convida(balcao);
  await responde(balcao, [
    [agend(BIA, { ...AMANHA, horario: "08:00", nota: "cadeira", motivo: "dor", telefone: "+5511987654321" }), "OK-300"],
  ]);
  const { nota, motivo, telefone } = balcao.livro.linha(2);
  assertEquals([nota, motivo, telefone], ["cadeira", "dor", "+5511987654321"]);
  assertEquals(balcao.livro.contatos, [{ cpf: BIA, email: "", telefone: "+5511987654321" }]);
});
