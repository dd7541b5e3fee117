/**
 * Testes de `CANCEL`: o que se desmarca, por quem chama, e o que fica. Sem nenhuma permissão.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { cpfDeExemplo } from "../testes/apoio.ts";
import {
  achados,
  agend,
  ANA,
  BalcaoPuro,
  BIA,
  busca,
  cancel,
  CEDO,
  CID,
  CINCO,
  CLINICO,
  codigoDeTeste,
  desmarcado,
  em,
  livres,
  marcado,
  MINUTO,
  poe,
  regra,
  responde,
  SEGUNDA,
  situa,
  teste,
  tupla,
  vagas,
} from "../testes/balcao.ts";
import { LINHAS_DE_UM_CPF } from "./livro.ts";

regra("desmarcar libera a hora e ninguém mais se move", async (balcao) => {
  await responde(balcao, [
    [agend(ANA), marcado(ANA, "08:00")],
    [agend(BIA), marcado(BIA, "08:30")],
    [agend(CID), marcado(CID, "09:00")],
    [cancel(BIA), desmarcado(BIA, "08:30")],
    [busca(ANA), achados(tupla(ANA, "08:00"))],
    [busca(BIA), "ERRO-112"],
    [busca(CID), achados(tupla(CID, "09:00"))],
    [cancel(BIA), "ERRO-113"],
    [agend(cpfDeExemplo(4)), "OK-300"],
    [vagas(CLINICO, SEGUNDA), livres([SEGUNDA, CLINICO, ["09:30", "10:00"]])],
    [cancel(ANA), "OK-301"],
    [agend(ANA), marcado(ANA, "08:00")],
  ]);
});

regra(
  "no último instante de um atendimento ainda se desmarca, e a hora que já começou não volta a ser livre",
  async (balcao) => {
    await balcao.pede(agend(ANA));
    balcao.agora = em("2026-11-30T08:30") - 1;
    await responde(balcao, [
      [cancel(ANA), desmarcado(ANA, "08:00")],
      [agend(BIA, { horario: "08:00" }), "ERRO-105"],
      [vagas(CLINICO, SEGUNDA), livres([SEGUNDA, CLINICO, CINCO.slice(1)])],
    ]);
  },
);

regra("o CPF não perde o agendamento de outra especialidade quando uma acaba", async (balcao) => {
  const nutri = { especialista: "NUTRICIONISTA", data: "2026-12-04" };
  await responde(balcao, [[agend(ANA), "OK-300"], [agend(ANA, nutri), "OK-300"]]);
  balcao.agora = em("2026-12-01T09:00");
  await responde(balcao, [
    [busca(ANA), achados(tupla(ANA, "08:00", nutri))],
    [cancel(ANA), desmarcado(ANA, "08:00", nutri)],
  ]);
});

regra("uma data fechada não se marca, e o que lá estava marcado se acha e se desmarca", async (balcao) => {
  const natal = { especialista: "NUTRICIONISTA", data: "2026-12-25" };
  await responde(balcao, [[agend(ANA, natal), marcado(ANA, "08:00", natal)]]);
  balcao.troca({ fechado: ["2026-12-25"] });
  await responde(balcao, [
    [agend(BIA, natal), "ERRO-103"],
    [vagas("NUTRICIONISTA", "2026-12-25"), "ERRO-103"],
    [agend(ANA, { ...natal, data: "2026-12-18" }), `ERRO-111 ${tupla(ANA, "08:00", natal)}`],
    [busca(ANA), achados(tupla(ANA, "08:00", natal))],
    [cancel(ANA), desmarcado(ANA, "08:00", natal)],
  ]);
}, { agora: em("2026-12-01T12:00") });

const ACENTOS = {
  atendimentos: [
    { especialidade: "Clínico Geral", dia: "terça-feira", vagas: 2 },
    { especialidade: "Pediatra", dia: "sabado", vagas: 2 },
  ],
};

regra("a especialidade que a semana já não tem ainda se acha e se desmarca", async (balcao) => {
  await responde(balcao, [
    [agend(ANA, { especialista: "Pediatra", data: "2026-12-05", dia: "sabado" }), "OK-300"],
    [agend(BIA, { especialista: "Pediatra", data: "2026-12-05", dia: "sabado" }), "OK-300"],
  ]);
  balcao.troca({});
  const antiga = { especialista: "PEDIATRA", data: "2026-12-05" };
  await responde(balcao, [
    [agend(ANA, { especialista: "PEDIATRA", data: "2026-12-12" }), "ERRO-103"],
    [vagas("PEDIATRA"), "ERRO-103"],
    [busca(ANA), achados(tupla(ANA, "08:00", antiga))],
    [agend(ANA), marcado(ANA, "08:00")],
    [cancel(ANA), "ERRO-114"],
    [cancel(ANA, "pedíatra"), desmarcado(ANA, "08:00", antiga)],
    [cancel(BIA), desmarcado(BIA, "08:30", antiga)],
  ]);
}, { config: ACENTOS });

regra("com número é exatamente esse, e o que já não está por vir é ERRO-115", async (balcao) => {
  const nutri = { especialista: "NUTRICIONISTA", data: "2026-12-04" };
  await responde(balcao, [
    [agend(ANA), "OK-300"],
    [agend(ANA, nutri), "OK-300"],
    [cancel(ANA, undefined, { numero: 2 }), desmarcado(ANA, "08:00", nutri)],
    [cancel(ANA, undefined, { numero: 2 }), "ERRO-115 ANA 2026-12-04 08:00 NUTRICIONISTA CANCELADO"],
    [cancel(ANA, "NUTRICIONISTA", { numero: 1 }), "ERRO-113"],
    [cancel(BIA, undefined, { numero: 1 }), "ERRO-113"],
    [cancel(ANA, undefined, { numero: 3 }), "ERRO-113"],
    [cancel(ANA, CLINICO, { numero: 1, versao: 2 }), `ERRO-117 ${tupla(ANA, "08:00")}`],
    [cancel(ANA, CLINICO, { numero: 1, codigo: codigoDeTeste(2) }), "ERRO-113"],
    [cancel(ANA, CLINICO, { numero: 1, codigo: "" }), "ERRO-113"],
  ]);
  balcao.agora = em("2026-11-30T08:30");
  await responde(balcao, [
    [cancel(ANA, CLINICO), "ERRO-113"],
    [cancel(ANA, CLINICO, { numero: 1, versao: 2 }), `ERRO-117 ${tupla(ANA, "08:00")}`],
    [cancel(ANA, CLINICO, { numero: 1 }), `ERRO-115 ${tupla(ANA, "08:00")}`],
  ]);
  balcao.agora = CEDO;
  await responde(balcao, [
    [cancel(ANA, CLINICO, { numero: 1, versao: 1, codigo: codigoDeTeste(1) }), desmarcado(ANA, "08:00")],
  ]);
});

regra("vale o primeiro erro de 113, 114, 117, 115", async (balcao) => {
  const nutri = { especialista: "NUTRICIONISTA", data: "2026-12-04" };
  await responde(balcao, [
    [cancel(ANA, CLINICO, { versao: 9 }), "ERRO-113"],
    [agend(ANA), "OK-300"],
    [agend(ANA, nutri), "OK-300"],
    [cancel(ANA, undefined, { versao: 9 }), "ERRO-114"],
    [situa(ANA, "CHEGOU"), "OK-306"],
    [cancel(ANA, CLINICO, { versao: 9, codigo: "" }), "ERRO-113"],
    [cancel(ANA, CLINICO, { versao: 9 }), "ERRO-117"],
    [cancel(ANA, CLINICO, { versao: 2 }), "ERRO-115"],
  ]);
});

regra("quem já chegou ou foi chamado só CLINICA/1 desmarca", async (balcao) => {
  for (const situacao of ["CHEGOU", "CHAMADO"] as const) {
    await responde(balcao, [[agend(ANA), marcado(ANA, "08:00")], [situa(ANA, "CHEGOU"), "OK-306"]]);
    if (situacao === "CHAMADO") await responde(balcao, [[situa(ANA, "CHAMADO"), "OK-306"]]);
    await responde(balcao, [
      [cancel(ANA), `ERRO-115 ${tupla(ANA, "08:00", { mais: situacao })}`],
      [cancel(ANA, undefined, { chegado: true }), desmarcado(ANA, "08:00")],
      [cancel(ANA, undefined, { chegado: true }), "ERRO-113"],
    ]);
  }
  await responde(balcao, [[agend(ANA), "OK-300"]]);
  for (const situacao of ["CHEGOU", "CHAMADO", "ATENDIDO"] as const) await balcao.pede(situa(ANA, situacao));
  const [, , { numero }] = balcao.livro.linhas;
  await responde(balcao, [
    [cancel(ANA, undefined, { chegado: true }), "ERRO-113"],
    [cancel(ANA, undefined, { chegado: true, numero }), "ERRO-115"],
  ]);
});

regra("uma hora segurada não se vê, não se conta e não se desmarca", async (balcao) => {
  poe(balcao, { cpf: ANA, situacao: "CONVIDADO", ativo: false });
  poe(balcao, { cpf: ANA, situacao: "PASSOU", ativo: false, hora: "08:30" });
  await responde(balcao, [
    [cancel(ANA), "ERRO-113"],
    [cancel(ANA, undefined, { chegado: true }), "ERRO-113"],
    [cancel(ANA, undefined, { numero: 1 }), "ERRO-113"],
    [cancel(ANA, undefined, { numero: 2 }), "ERRO-113"],
    [busca(ANA), "ERRO-112"],
    [vagas(CLINICO, SEGUNDA), livres([SEGUNDA, CLINICO, CINCO.slice(1)])],
  ]);
});

teste("um cancelamento diz quando e por quê, e guarda o que desfazer", () => {
  const balcao = new BalcaoPuro();
  balcao.decide(agend(ANA, { motivo: "retorno" }));
  const [antes] = balcao.livro.linhas;
  balcao.agora += MINUTO;
  const { mudancas } = balcao.decide(cancel(ANA, undefined, { motivo: "viagem" }));
  const em = "2026-11-30T10:01:00Z";
  const mudou = { situacao: "CANCELADO", ativo: false, motivo: "viagem", terminouEm: em } as const;
  const era = { situacao: "MARCADO", ativo: true, motivo: "retorno", terminouEm: "" } as const;
  const pilha = [{ papel: "gerente" as const, em, antes: era }];
  assertEquals(balcao.livro.linhas, [{ ...antes, ...mudou, versao: 2, pilha }]);
  assertEquals(mudancas.map(({ ato }) => ato), ["CANCEL"]);
});

teste("um ativo acha-se pelo número, por mais que se tenha marcado e desmarcado depois", () => {
  const balcao = new BalcaoPuro();
  balcao.decide(agend(ANA));
  for (let i = 0; i < LINHAS_DE_UM_CPF; i++) {
    poe(balcao, { cpf: ANA, especialidade: "NUTRICIONISTA", situacao: "CANCELADO", ativo: false });
  }
  assertEquals(balcao.decide(cancel(ANA, CLINICO, { numero: 1 })).resultado.codigo, "OK-301");
});
