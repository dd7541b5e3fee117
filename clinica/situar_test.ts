/**
 * Testes de `SITUA`: a tabela das situações, par a par, o que cada uma traz, e de quem se fala. Sem nenhuma permissão.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { cpfDeExemplo } from "../testes/apoio.ts";
import {
  agend,
  ANA,
  type Balcao,
  BalcaoPuro,
  BIA,
  cancel,
  CEDO,
  CID,
  DIA,
  em,
  MINUTO,
  poe,
  regra,
  remarc,
  responde,
  SEGUNDA,
  situa,
  teste,
  tupla,
} from "../testes/balcao.ts";
import type { Situacao } from "./agendamento.ts";
import { passagens } from "./situar.ts";

// ------------------------------------------------------------------------------------------------------ a tabela

/** A tabela do design, como lá está, menos o que é da lista de espera: de onde, para onde, quando. */
const TABELA: readonly (readonly [de: readonly Situacao[], para: Situacao, quando?: "antes" | "no dia" | "depois"])[] =
  [
    [["MARCADO"], "CONFIRMADO", "antes"],
    [["MARCADO", "CONFIRMADO"], "CHEGOU", "no dia"],
    [["CHEGOU", "CHAMADO"], "CHAMADO"],
    [["CHAMADO"], "CHEGOU"],
    [["CHAMADO"], "ATENDIDO"],
    [["CHEGOU", "CHAMADO"], "SAIU"],
    [["MARCADO", "CONFIRMADO"], "FALTOU", "depois"],
    [["MARCADO", "CONFIRMADO"], "CANCELADO"],
  ];

const SITUACOES: readonly Situacao[] = [
  ...(["MARCADO", "CONFIRMADO", "CHEGOU", "CHAMADO", "ATENDIDO"] as const),
  ...(["SAIU", "FALTOU", "CANCELADO", "CONVIDADO", "PASSOU"] as const),
];

/** Instantes à volta de um atendimento das 08:00 às 08:30 de segunda-feira. */
const INSTANTES = {
  "na véspera": em("2026-11-29T23:59"),
  "no começo do dia": em("2026-11-30T00:00"),
  "um instante antes": em("2026-11-30T08:00") - 1,
  "na hora": em("2026-11-30T08:00"),
  "depois do fim": em("2026-11-30T09:00"),
  "no fim do dia": em("2026-12-01T00:00") - 1,
  "no dia seguinte": em("2026-12-01T00:00"),
};

function permite(de: Situacao, para: Situacao, agora: number): boolean {
  const linha = TABELA.find(([des, destino]) => destino === para && des.includes(de));
  if (linha === undefined) return false;
  const [inicio, dia] = [em("2026-11-30T08:00"), em("2026-11-30T00:00")];
  switch (linha[2]) {
    case "antes":
      return agora < inicio;
    case "no dia":
      return agora >= dia && agora < dia + DIA;
    case "depois":
      return agora >= inicio;
    case undefined:
      return true;
  }
}

/** Um agendamento nessa situação, das 08:00 de segunda-feira, num livro só dele. */
function comUm(situacao: Situacao, agora: number): BalcaoPuro {
  const balcao = new BalcaoPuro({}, agora);
  const ativo = ["MARCADO", "CONFIRMADO", "CHEGOU", "CHAMADO"].includes(situacao);
  const chegouEm = situacao === "CHEGOU" || situacao === "CHAMADO" ? "2026-11-30T10:30:00Z" : "";
  poe(balcao, { cpf: ANA, situacao, ativo, chegouEm, senha: chegouEm === "" ? "" : "A001" });
  return balcao;
}

for (const [quando, agora] of Object.entries(INSTANTES)) {
  teste(`${quando}, cada par de situações é permitido exatamente onde a tabela diz`, () => {
    for (const de of SITUACOES) {
      for (const para of SITUACOES) {
        const balcao = comUm(de, agora);
        const [antes] = balcao.livro.linhas;
        const { resultado } = balcao.decide(situa(ANA, para, { numero: 1 }));
        const [depois] = balcao.livro.linhas;
        const caso = `${de} → ${para} ${quando}`;
        assertEquals(passagens(balcao, antes).includes(para), permite(de, para, agora), `o que se oferece: ${caso}`);
        if (permite(de, para, agora)) {
          assertEquals(resultado, { codigo: "OK-306", agendamentos: [depois] }, caso);
          assertEquals([depois.situacao, depois.versao], [para, 2], caso);
          const acabou = ["ATENDIDO", "SAIU", "FALTOU", "CANCELADO"].includes(para);
          assertEquals([depois.ativo, depois.terminouEm === ""], [!acabou, !acabou], caso);
          assertEquals(depois.pilha.length, 1, caso);
        } else if (de === "CONVIDADO" || de === "PASSOU") {
          assertEquals(resultado, { codigo: "ERRO-113" }, caso);
          assertEquals(depois, antes, caso);
        } else {
          assertEquals(resultado, { codigo: "ERRO-115", agendamentos: [antes] }, caso);
          assertEquals(depois, antes, caso);
        }
      }
    }
  });
}

teste("em nenhuma situação se desfaz o que não se fez", () => {
  for (const situacao of SITUACOES) {
    const balcao = comUm(situacao, CEDO);
    const { resultado } = balcao.decide(situa(ANA, "DESFAZ", { numero: 1 }));
    assertEquals(
      resultado.codigo,
      situacao === "CONVIDADO" || situacao === "PASSOU" ? "ERRO-113" : "ERRO-115",
      situacao,
    );
    assertEquals(balcao.decide(situa(ANA, "DESFAZ")).resultado.codigo, "ERRO-113", situacao);
  }
});

// ------------------------------------------------------------------------------------------------------ o que cada uma traz

/** Um dia inteiro de um paciente; cada passo, um minuto depois. */
async function passa(balcao: Balcao, ...situacoes: readonly (Situacao | "DESFAZ")[]): Promise<void> {
  for (const situacao of situacoes) {
    balcao.agora += MINUTO;
    await responde(balcao, [[situa(ANA, situacao, { numero: 1 }), "OK-306"]]);
  }
}

regra(
  "o dia de um paciente: chega, é chamado, não entra, é chamado de novo, e outra vez, e é atendido",
  async (balcao) => {
    await responde(balcao, [[agend(ANA), "OK-300"]]);
    const [inicio] = balcao.livro.linhas;
    await passa(balcao, "CONFIRMADO");
    await responde(balcao, [[situa(ANA, "CHEGOU", { prioridade: 2 }), "OK-306"]]);
    const chegou = { chegouEm: "2026-11-30T10:01:00Z", senha: "P001", prioridade: 2 };
    balcao.agora += MINUTO;
    await responde(balcao, [[situa(ANA, "CHAMADO", { local: "Sala 2" }), "OK-306"]]);
    const chamado = { chamadoEm: "2026-11-30T10:02:00Z", chamadas: 1, local: "Sala 2" };
    assertEquals(balcao.livro.linhas, [{
      ...inicio,
      ...chegou,
      ...chamado,
      situacao: "CHAMADO",
      versao: 4,
      pilha: balcao.livro.linhas[0].pilha,
    }]);
    await passa(balcao, "CHEGOU", "CHAMADO", "CHAMADO");
    await responde(balcao, [[situa(ANA, "CHAMADO", { local: "Sala 3" }), "OK-306"]]);
    const [antes] = balcao.livro.linhas;
    assertEquals([antes.chamadas, antes.chamadoEm, antes.local], [4, chamado.chamadoEm, "Sala 3"]);
    assertEquals([antes.chegouEm, antes.senha], [chegou.chegouEm, "P001"]);
    await passa(balcao, "ATENDIDO");
    const [fim] = balcao.livro.linhas;
    assertEquals([fim.situacao, fim.ativo, fim.terminouEm, fim.versao], ["ATENDIDO", false, "2026-11-30T10:06:00Z", 9]);
    await responde(balcao, [[situa(ANA, "CHAMADO"), "ERRO-115"], [agend(ANA, { data: "2026-12-07" }), "OK-300"]]);
  },
);

regra("o motivo, a prioridade e o local são os do pedido, ou ficam os que havia", async (balcao) => {
  await responde(balcao, [
    [agend(ANA, { motivo: "retorno" }), "OK-300"],
    [situa(ANA, "CHEGOU", { prioridade: 4, motivo: "queda" }), "OK-306"],
    [situa(ANA, "CHAMADO", { local: "Sala 1" }), "OK-306"],
    [situa(ANA, "CHEGOU"), "OK-306"],
  ]);
  const [um] = balcao.livro.linhas;
  assertEquals([um.prioridade, um.motivo, um.local], [4, "queda", "Sala 1"]);
  await responde(balcao, [[situa(ANA, "SAIU", { prioridade: 0, motivo: "" }), "OK-306"]]);
  const [outro] = balcao.livro.linhas;
  assertEquals([outro.prioridade, outro.motivo, outro.senha], [0, "", "P001"]);
});

regra("a senha é do dia: A comum e P com prioridade, cada letra a sua conta, nenhuma duas vezes", async (balcao) => {
  const cpfs = [ANA, BIA, CID, cpfDeExemplo(8), cpfDeExemplo(9)];
  for (const cpf of cpfs) await balcao.pede(agend(cpf));
  const senhas = (): string[] => balcao.livro.linhas.map(({ senha }) => senha);
  for (const [i, cpf] of cpfs.entries()) await balcao.pede(situa(cpf, "CHEGOU", i % 2 === 1 ? { prioridade: 1 } : {}));
  assertEquals(senhas(), ["A001", "P001", "A002", "P002", "A003"]);
  // Uma chegada desfeita não perde a senha, e outro não a recebe.
  await responde(balcao, [
    [situa(ANA, "DESFAZ"), "OK-306"],
    [agend(cpfDeExemplo(10), { horario: "08:00", encaixe: true }), "OK-300"],
    [situa(cpfDeExemplo(10), "CHEGOU"), "OK-306"],
    [situa(ANA, "CHEGOU"), "OK-306"],
  ]);
  assertEquals(senhas(), ["A001", "P001", "A002", "P002", "A003", "A004"]);
  // Com outra letra, é outra.
  await responde(balcao, [[situa(ANA, "DESFAZ"), "OK-306"], [situa(ANA, "CHEGOU", { prioridade: 3 }), "OK-306"]]);
  assertEquals(senhas()[0], "P003");
  balcao.agora += 7 * DIA;
  await responde(balcao, [
    [agend(ANA, { data: "2026-12-07" }), "OK-300"],
    [situa(ANA, "CHEGOU"), "OK-306"],
  ]);
  assertEquals(senhas().at(-1), "A001");
});

teste("depois da A999 vem a A1000", () => {
  const balcao = new BalcaoPuro();
  balcao.livro.senhas = [`${SEGUNDA} A999`];
  balcao.decide(agend(ANA));
  balcao.decide(situa(ANA, "CHEGOU"));
  assertEquals(balcao.livro.linhas[0].senha, "A1000");
});

regra("quem se move com uma chegada desfeita perde a senha: na outra data terá a de lá", async (balcao) => {
  await responde(balcao, [
    [agend(ANA), "OK-300"],
    [situa(ANA, "CHEGOU"), "OK-306"],
    [situa(ANA, "DESFAZ"), "OK-306"],
    [remarc(ANA, { data: "2026-12-07" }), "OK-303"],
    [agend(BIA), "OK-300"],
    [situa(BIA, "CHEGOU"), "OK-306"],
  ]);
  assertEquals(balcao.livro.linhas.map(({ senha }) => senha), ["", "A002"]);
});

// ------------------------------------------------------------------------------------------------------ de quem se fala

regra("sem número é o último de hoje que não se cancelou; se não há, o ativo", async (balcao) => {
  const semana = { data: "2026-12-07" };
  await responde(balcao, [
    [agend(ANA, semana), "OK-300"],
    [situa(ANA, "CONFIRMADO"), "OK-306 ANA 2026-12-07 08:00 CLINICO GERAL CONFIRMADO"],
    [situa(ANA, "CHEGOU"), "ERRO-115"],
    [cancel(ANA), "OK-301"],
    [agend(ANA, { horario: "08:30" }), "OK-300"],
    [cancel(ANA), "OK-301"],
    [agend(ANA), "OK-300"],
    [situa(ANA, "CHEGOU"), `OK-306 ${tupla(ANA, "08:00", { mais: "CHEGOU" })}`],
    [situa(ANA, "SAIU"), "OK-306"],
    [agend(ANA, semana), "OK-300"],
    // Já não é o ativo, e é de hoje: é dele que se fala.
    [situa(ANA, "CONFIRMADO"), `ERRO-115 ${tupla(ANA, "08:00", { mais: "SAIU" })}`],
    [situa(ANA, "CONFIRMADO", { numero: 4 }), "OK-306"],
    [situa(ANA, "CONFIRMADO", { especialista: "NUTRICIONISTA" }), "ERRO-113"],
    [situa(BIA, "CHEGOU"), "ERRO-113"],
  ]);
  // Atendido de manhã, volta à tarde: é do segundo.
  await responde(balcao, [
    [agend(CID), "OK-300"],
    [situa(CID, "CHEGOU"), "OK-306"],
    [situa(CID, "SAIU"), "OK-306"],
    [agend(CID, { horario: "10:00" }), "OK-300"],
    [situa(CID, "CHEGOU"), `OK-306 ${tupla(CID, "10:00", { mais: "CHEGOU" })}`],
  ]);
  // Depois do fim ainda é o de hoje: chegou tarde.
  await responde(balcao, [[agend(BIA), "OK-300"]]);
  balcao.agora = em("2026-11-30T11:00");
  await responde(balcao, [[situa(BIA, "CHEGOU"), "OK-306"]]);
});

regra("vale o primeiro erro de 113, 117, 115", async (balcao) => {
  await responde(balcao, [
    [situa(ANA, "CHEGOU", { numero: 1 }), "ERRO-113"],
    [agend(ANA), "OK-300"],
    [situa(ANA, "ATENDIDO", { versao: 2, codigo: "" }), "ERRO-113"],
    [situa(BIA, "ATENDIDO", { numero: 1 }), "ERRO-113"],
    [situa(ANA, "ATENDIDO", { numero: 1, especialista: "NUTRICIONISTA" }), "ERRO-113"],
    [situa(ANA, "ATENDIDO", { versao: 2 }), `ERRO-117 ${tupla(ANA, "08:00")}`],
    [situa(ANA, "DESFAZ", { versao: 2, numero: 1 }), "ERRO-117"],
    [situa(ANA, "ATENDIDO", { versao: 1 }), `ERRO-115 ${tupla(ANA, "08:00")}`],
    [situa(ANA, "CHEGOU", { versao: 1 }), "OK-306"],
    // Duas recepções ao mesmo tempo: uma ganha, a outra sabe.
    [situa(ANA, "CHEGOU", { versao: 1 }), `ERRO-117 ${tupla(ANA, "08:00", { mais: "CHEGOU" })}`],
    [situa(ANA, "CHEGOU"), `ERRO-115 ${tupla(ANA, "08:00", { mais: "CHEGOU" })}`],
  ]);
});
