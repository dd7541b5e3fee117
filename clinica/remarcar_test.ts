/**
 * Testes de `REMARC`: mover num passo só. Sem nenhuma permissão.
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
  CID,
  CINCO,
  CLINICO,
  codigoDeTeste,
  COM_LIMA,
  COM_REIS,
  DIAS,
  em,
  EQUIPE,
  fecha,
  livres,
  marcado,
  poe,
  regra,
  remarc,
  responde,
  SEGUNDA,
  situa,
  teste,
  tupla,
  vagas,
} from "../testes/balcao.ts";

/** `OK-303` com o novo e o antigo. */
function movido(nova: string, antiga: string): string {
  return `OK-303 ${nova}, ${antiga}`;
}

regra("move, e a hora antiga fica livre", async (balcao) => {
  await responde(balcao, [
    [agend(ANA), marcado(ANA, "08:00")],
    [remarc(ANA, { horario: "09:00" }), movido(tupla(ANA, "09:00"), tupla(ANA, "08:00"))],
    [busca(ANA), achados(tupla(ANA, "09:00"))],
    [vagas(CLINICO, SEGUNDA), livres([SEGUNDA, CLINICO, ["08:00", "08:30", "09:30", "10:00"]])],
    [remarc(ANA, { data: "2026-12-07" }), movido(tupla(ANA, "08:00", { data: "2026-12-07" }), tupla(ANA, "09:00"))],
    [vagas(CLINICO, SEGUNDA), livres([SEGUNDA, CLINICO, CINCO])],
    [agend(BIA), marcado(BIA, "08:00")],
  ]);
});

regra("enquanto se procura a nova, a antiga conta como livre", async (balcao) => {
  const cheia = { atendimentos: [{ especialidade: CLINICO, dia: DIAS[0], inicio: "08:15", minutos: 45, vagas: 2 }] };
  await responde(balcao, [
    [agend(ANA, { horario: "08:30" }), "OK-300"],
    // Sem HORÁRIO vai à primeira livre, e num dia cheio a sua é livre para si.
    [remarc(ANA), movido(tupla(ANA, "08:00"), tupla(ANA, "08:30"))],
    [agend(BIA, { horario: "08:30" }), "OK-300"],
    [agend(CID, { horario: "10:00" }), "OK-300"],
    [agend(cpfDeExemplo(8)), "OK-300"],
    [agend(cpfDeExemplo(9)), "OK-300"],
    [agend(cpfDeExemplo(10)), "ERRO-110"],
    [remarc(BIA), movido(tupla(BIA, "08:30"), tupla(BIA, "08:30"))],
    [remarc(BIA, { horario: "08:00" }), "ERRO-110"],
    [cancel(ANA), "OK-301"],
    [cancel(cpfDeExemplo(8)), "OK-301"],
  ]);
  balcao.troca(cheia);
  // A das 08:15 toca a sua, das 08:30, e a de mais ninguém.
  await responde(balcao, [
    [agend(ANA, { horario: "08:15" }), "ERRO-110"],
    [remarc(BIA, { horario: "08:15" }), movido(tupla(BIA, "08:15"), tupla(BIA, "08:30"))],
  ]);
});

regra(
  "o número, o código e o que se sabe da pessoa ficam; a versão cresce; volta a MARCADO e nada há a desfazer",
  async (balcao) => {
    await responde(balcao, [
      [agend(ANA, { motivo: "retorno", nota: "de muletas", email: "ana@x.br" }), "OK-300"],
      [situa(ANA, "CONFIRMADO"), "OK-306"],
    ]);
    const [antes] = balcao.livro.linhas;
    await responde(balcao, [
      [
        remarc(ANA, { horario: "09:00", numero: antes.numero, versao: 2, codigo: antes.codigo }),
        movido(tupla(ANA, "09:00"), tupla(ANA, "08:00", { mais: "CONFIRMADO" })),
      ],
      [situa(ANA, "DESFAZ"), "ERRO-113"],
      [situa(ANA, "DESFAZ", { numero: antes.numero }), "ERRO-115"],
    ]);
    assertEquals(balcao.livro.linhas, [{ ...antes, hora: "09:00", versao: 3, situacao: "MARCADO", pilha: [] }]);
    await responde(balcao, [[remarc(ANA, { motivo: "viagem" }), "OK-303"]]);
    assertEquals(balcao.livro.linhas.map(({ motivo }) => motivo), ["viagem"]);
  },
);

regra("para o mesmo lugar responde OK-303 e nada grava; confirmado, continua confirmado", async (balcao) => {
  await responde(balcao, [[agend(ANA), "OK-300"], [situa(ANA, "CONFIRMADO"), "OK-306"]]);
  const { linhas } = balcao.livro;
  const aqui = tupla(ANA, "08:00", { mais: "CONFIRMADO" });
  await responde(balcao, [
    [remarc(ANA, { horario: "08:00" }), movido(aqui, aqui)],
    [remarc(ANA), movido(aqui, aqui)],
  ]);
  assertEquals(balcao.livro.linhas, linhas);
});

regra("numa recusa nada muda, e vale o primeiro erro de 103, 105, 113, 117, 115, 110", async (balcao) => {
  for (const [i, cpf] of [ANA, BIA, CID, cpfDeExemplo(8), cpfDeExemplo(9)].entries()) {
    await balcao.pede(agend(cpf, { horario: CINCO[i] }));
  }
  await responde(balcao, [[situa(CID, "CHEGOU"), "OK-306"]]);
  const { linhas } = balcao.livro;
  const ninguem = cpfDeExemplo(20);
  await responde(balcao, [
    [remarc(ninguem, { dia: "DOMINGO", horario: "x" }), "ERRO-103"],
    [remarc(ninguem, { especialista: "PEDIATRA" }), "ERRO-103"],
    [remarc(ninguem, { profissional: "DR. REIS" }), "ERRO-103"],
    [remarc(ninguem, { data: "2026-12-28" }), "ERRO-103"],
    [remarc(ninguem, { horario: "08:10" }), "ERRO-105"],
    [remarc(ninguem, { horario: "08:30" }), "ERRO-113"],
    [remarc(ANA, { horario: "08:30", numero: 2 }), "ERRO-113"],
    [remarc(ANA, { horario: "08:30", codigo: "" }), "ERRO-113"],
    [remarc(ANA, { horario: "08:30", versao: 2, codigo: codigoDeTeste(2) }), "ERRO-113"],
    [remarc(CID, { horario: "08:30", versao: 1 }), `ERRO-117 ${tupla(CID, "09:00", { mais: "CHEGOU" })}`],
    [remarc(CID, { horario: "08:30", versao: 2 }), `ERRO-115 ${tupla(CID, "09:00", { mais: "CHEGOU" })}`],
    [remarc(ANA, { horario: "08:30", versao: 1 }), "ERRO-110"],
  ]);
  assertEquals(balcao.livro.linhas, linhas);
  await responde(balcao, [[fecha({ data: "2026-12-07" }), "OK-312"], [
    remarc(ANA, { data: "2026-12-07" }),
    "ERRO-103",
  ]]);
  await responde(balcao, [[fecha({ inicio: 480, fim: 510 }), "OK-312"], [
    remarc(BIA, { horario: "08:00" }),
    "ERRO-105",
  ]]);
});

const ACABADAS = ["CHEGOU", "CHAMADO", "ATENDIDO", "SAIU", "FALTOU", "CANCELADO"] as const;

regra("só quem está por vir se move: MARCADO e CONFIRMADO, até acabar", async (balcao) => {
  const outra = { data: "2026-12-07" };
  for (const [i, situacao] of ACABADAS.entries()) {
    const cpf = cpfDeExemplo(10 + i);
    poe(balcao, { cpf, situacao, ativo: situacao.startsWith("CH"), data: "2026-12-14", hora: `1${i}:00` });
    await responde(balcao, [[remarc(cpf, { ...outra, numero: i + 1 }), "ERRO-115"]]);
  }
  await responde(balcao, [[agend(ANA), "OK-300"]]);
  balcao.agora = em("2026-11-30T08:29");
  await responde(balcao, [[remarc(ANA, outra), "OK-303"], [remarc(ANA, { horario: "09:00" }), "OK-303"]]);
  balcao.agora = em("2026-11-30T09:30");
  await responde(balcao, [
    [remarc(ANA, outra), "ERRO-113"],
    [remarc(ANA, { ...outra, numero: ACABADAS.length + 1 }), "ERRO-115"],
  ]);
  for (const [i, situacao] of (["CONVIDADO", "PASSOU"] as const).entries()) {
    poe(balcao, { cpf: BIA, situacao, ativo: false, data: "2026-12-21", hora: `1${i}:00` });
    const numero = ACABADAS.length + 2 + i;
    await responde(balcao, [[remarc(BIA, { ...outra, numero }), "ERRO-113"], [remarc(BIA, outra), "ERRO-113"]]);
  }
});

regra("sem dizer com quem, fica com quem está, se ele tem hora; senão é como em AGEND", async (balcao) => {
  const reis = (hora: string): string => tupla(ANA, hora, COM_REIS);
  await responde(balcao, [
    [agend(ANA, { profissional: "DR. REIS" }), "OK-300"],
    [agend(BIA, { profissional: "DR. REIS", horario: "08:30" }), "OK-300"],
    // A Dra. Lima está livre às 08:30 e tem menos marcados, mas não é com ela.
    [remarc(ANA), movido(reis("08:00"), reis("08:00"))],
    [remarc(ANA, { horario: "09:00" }), movido(reis("09:00"), reis("08:00"))],
    [remarc(ANA, { horario: "08:30" }), movido(tupla(ANA, "08:30", COM_LIMA), reis("09:00"))],
    [remarc(ANA, { profissional: "DR. REIS", horario: "08:30" }), "ERRO-110"],
    [remarc(ANA, { profissional: "DR. REIS" }), movido(reis("08:00"), tupla(ANA, "08:30", COM_LIMA))],
    [remarc(ANA, { profissional: "DRA. LIMA", horario: "08:00" }), "OK-303"],
  ]);
}, { config: EQUIPE });

regra("sem o seu, vai a quem tem menos marcados, sem contar consigo", async (balcao) => {
  const [um, outro] = [cpfDeExemplo(10), cpfDeExemplo(11)];
  await responde(balcao, [
    [agend(ANA, { profissional: "DR. REIS", horario: "08:00" }), "OK-300"],
    [agend(um, { profissional: "DRA. LIMA", horario: "08:00" }), "OK-300"],
    [fecha({ data: "2026-12-07", profissional: "DR. REIS" }), "OK-312"],
    [
      remarc(ANA, { data: "2026-12-07" }),
      movido(tupla(ANA, "08:00", { data: "2026-12-07", ...COM_LIMA }), tupla(ANA, "08:00", COM_REIS)),
    ],
    [agend(outro, { horario: "09:00" }), marcado(outro, "09:00", COM_REIS)],
  ]);
}, { config: EQUIPE });

regra("um encaixe que se move passa a ser comum, e não liberta nada", async (balcao) => {
  const encaixado = { mais: "ENCAIXE" };
  await responde(balcao, [
    [agend(BIA), marcado(BIA, "08:00")],
    [agend(ANA, { horario: "08:00", encaixe: true }), marcado(ANA, "08:00", encaixado)],
    [remarc(ANA, { horario: "08:00" }), "ERRO-110"],
    [remarc(ANA, { horario: "08:30" }), movido(tupla(ANA, "08:30"), tupla(ANA, "08:00", encaixado))],
    [agend(CID, { horario: "08:00" }), "ERRO-110"],
    [agend(CID, { horario: "08:30" }), "ERRO-110"],
    // Na mesma hora em que está, se ela é de alguém e passa a ser sua, grava-se.
    [agend(CID, { horario: "09:00", encaixe: true }), marcado(CID, "09:00", encaixado)],
    [remarc(CID, { horario: "09:00" }), movido(tupla(CID, "09:00"), tupla(CID, "09:00", encaixado))],
    [vagas(CLINICO, SEGUNDA), livres([SEGUNDA, CLINICO, ["09:30", "10:00"]])],
  ]);
});

regra("um encaixe que se move deixa lugar a outro", async (balcao) => {
  await responde(balcao, [
    [agend(ANA, { horario: "08:00", encaixe: true, profissional: "DR. REIS" }), "OK-300"],
    [agend(BIA, { horario: "08:00", encaixe: true, profissional: "DR. REIS" }), "ERRO-110"],
    [remarc(ANA), "OK-303"],
    [agend(BIA, { horario: "08:00", encaixe: true, profissional: "DR. REIS" }), "OK-300"],
  ]);
}, { config: EQUIPE });

regra("quem ficou órfão da semana vai a qualquer hora configurada da sua especialidade", async (balcao) => {
  await responde(balcao, [[agend(ANA), marcado(ANA, "08:15")], [agend(BIA, { horario: "08:45" }), "OK-300"]]);
  balcao.troca({});
  await responde(balcao, [
    [remarc(BIA, { horario: "08:15" }), "ERRO-105"],
    [remarc(ANA, { horario: "08:00" }), movido(tupla(ANA, "08:00"), tupla(ANA, "08:15"))],
    [remarc(BIA), movido(tupla(BIA, "08:30"), tupla(BIA, "08:45"))],
  ]);
}, { config: { atendimentos: [{ especialidade: CLINICO, dia: DIAS[0], inicio: "08:15", vagas: 2 }] } });

regra("quem se marcou antes de haver profissionais passa a ser de um deles", async (balcao) => {
  await responde(balcao, [[agend(ANA, { horario: "09:00" }), "OK-300"]]);
  balcao.troca(EQUIPE);
  await responde(balcao, [
    [agend(BIA), marcado(BIA, "08:00", COM_LIMA)],
    [remarc(ANA, { horario: "09:00" }), movido(tupla(ANA, "09:00", COM_REIS), tupla(ANA, "09:00"))],
    [agend(CID, { horario: "09:00" }), marcado(CID, "09:00", COM_LIMA)],
  ]);
});

teste("a duração é a da nova hora, e no mesmo lugar com outra duração grava-se", () => {
  const balcao = new BalcaoPuro();
  balcao.decide(agend(ANA));
  balcao.troca({ atendimentos: [{ especialidade: CLINICO, dia: DIAS[0], minutos: 20 }] });
  assertEquals(balcao.decide(remarc(ANA, { horario: "08:00" })).mudancas.map(({ ato }) => ato), ["REMARC"]);
  assertEquals(balcao.livro.linhas.map(({ minutos, versao }) => [minutos, versao]), [[20, 2]]);
  assertEquals(balcao.decide(remarc(ANA, { horario: "08:00" })).mudancas, []);
});
