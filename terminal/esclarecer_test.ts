/**
 * Testes de `terminal/esclarecer.ts`, contra um servidor de mentira.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { Conexao } from "./conexao.ts";
import { dataDoFio } from "./datas.ts";
import { esclarece } from "./esclarecer.ts";
import type { ComandoDado } from "./formas.ts";
import type { Respondido } from "./tubo.ts";
import type { Vaga2 } from "../fio/clinica2.ts";
import { codificarResposta2 } from "../fio/respostas.ts";
import { testeComSistema } from "../testes/apoio.ts";
import { APRESENTADO, CPF, portaSemNinguem, ServidorFalso, tuplaCom, vagas2De } from "../testes/servidor_falso.ts";

const HOJE = Temporal.Now.plainDateISO("America/Sao_Paulo");

function daqui(dias: number): string {
  return dataDoFio(HOJE.add({ days: dias }).toString()).data;
}

function vaga(dias: number, profissional: string, especialista = "Clínico Geral", horas = ["08:00", "08:30"]): Vaga2 {
  const { data, dia } = dataDoFio(HOJE.add({ days: dias }).toString());
  return [data, dia, especialista, horas, profissional];
}

const VAGAS: readonly Vaga2[] = [
  vaga(1, "Dra. Ana Lima"),
  vaga(1, "Dr. Bruno Sá", "Clínico Geral", ["09:00"]),
  vaga(3, "Caio Prado", "Nutrição"),
];
const VAZIA: Respondido = { codigo: "OK-310", agendamentos: [] };
const NAO_HA: Respondido = { codigo: "ERRO-103" };

/** As linhas que esclarecem, e os pedidos que se fizeram para isso. */
async function esclarecido(
  comando: ComandoDado,
  resposta: Respondido,
  vagas = vagas2De(VAGAS),
): Promise<[linhas: readonly string[], pedidos: unknown[]]> {
  await using falso = new ServidorFalso(() => vagas, { olas: [APRESENTADO] });
  using conexao = new Conexao({ host: "127.0.0.1", porta: falso.porta });
  await conexao.conecta();
  const linhas = await esclarece(conexao, comando, resposta);
  return [linhas, falso.pedidos.map((pedido) => JSON.parse(pedido))];
}

testeComSistema("um dia vazio diz quem atende e quantas horas livres há, ou que não se atende", async () => {
  const casos: [Omit<Extract<ComandoDado, { nome: "agenda" }>, "nome">, string[]][] = [
    [{ data: "amanhã" }, [
      "Ninguém marcado. Horas livres: 3.",
      "LIVRES  PRIMEIRA  ÚLTIMA  QUEM ATENDE",
      "2       08:00     08:30   Dra. Ana Lima, Clínico Geral",
      "1       09:00     09:00   Dr. Bruno Sá, Clínico Geral",
    ]],
    [{ data: daqui(-1) }, ["Ninguém esteve marcado neste dia."]],
    [{}, ["Ninguém marcado: hoje não se atende, ou já se acabou de atender."]],
    [{ data: daqui(2) }, ["Ninguém marcado: neste dia não se atende."]],
    [{ data: daqui(2), especialista: "nutrição" }, ["Ninguém marcado, nem horas livres."]],
    [{ data: daqui(2), profissional: "Caio Prado" }, ['Ninguém marcado: neste dia "Caio Prado" não atende.']],
    [{ data: daqui(4) }, ["Ninguém marcado: neste dia não se atende, ou ele ainda não se abriu."]],
  ];
  for (const [campos, linhas] of casos) {
    const { especialista, profissional } = campos;
    const pedido = [
      "VAGAS",
      ...(especialista === undefined ? [] : [especialista]),
      ...(profissional === undefined ? [] : [{ profissional }]),
    ];
    assertEquals(await esclarecido({ nome: "agenda", ...campos }, VAZIA), [linhas, [pedido]], JSON.stringify(campos));
  }
  const semVagas = await esclarecido({ nome: "agenda", data: "amanhã" }, VAZIA, vagas2De([]));
  assertEquals(semVagas[0], ["Ninguém marcado: neste dia não se atende, ou ele ainda não se abriu."]);
  assertEquals(await esclarecido({ nome: "agenda" }, VAZIA, codificarResposta2({ codigo: "ERRO-131" })), [[], [[
    "VAGAS",
  ]]]);
  const recusa = codificarResposta2({ codigo: "ERRO-103" });
  const estranha = await esclarecido({ nome: "agenda", especialista: "pediatria" }, VAZIA, recusa);
  assertEquals(estranha[0], ['Ninguém marcado: "pediatria" não está na semana da clínica.']);
});

testeComSistema(
  "um nome que não se acha diz quem há, e o mais parecido sem contar pontos, caixa e acentos",
  async () => {
    const doClinico = "Há Dra. Ana Lima, Dr. Bruno Sá.";
    const casos: [profissional: string, especialista: string | undefined, dito: string | undefined][] = [
      ["dr bruno sa", "clinico geral", `${doClinico} Queria dizer "Dr. Bruno Sá"?`],
      ["Dra Ana Lyma", "clinico geral", `${doClinico} Queria dizer "Dra. Ana Lima"?`],
      ["bruno", "clinico geral", `${doClinico} Queria dizer "Dr. Bruno Sá"?`],
      ["Caio Prado", "clinico geral", doClinico],
      ["caio - prado!", undefined, 'Há Dra. Ana Lima, Dr. Bruno Sá, Caio Prado. Queria dizer "Caio Prado"?'],
      ["Rui", "pediatria", "Há Dra. Ana Lima, Dr. Bruno Sá, Caio Prado."],
      ["DRA. ANA LIMA", "clinico geral", undefined],
    ];
    for (const [profissional, especialista, dito] of casos) {
      const comando = { nome: "fechar", data: "amanhã", profissional, especialista } as const;
      const linhas = dito === undefined ? [] : [`Ninguém com horas livres se chama "${profissional}". ${dito}`];
      assertEquals(await esclarecido(comando, NAO_HA), [linhas, [["VAGAS"]]], profissional);
    }
    const muitos = vagas2De(Array.from({ length: 15 }, (_, i) => vaga(1, `Dr. ${"ABCDEFGHIJKLMNO"[i].repeat(9)}`)));
    const [[linha]] = await esclarecido({ nome: "vagas", profissional: "Rui" }, NAO_HA, muitos);
    assertEquals(linha.slice(linha.indexOf("LLL")), "LLLLLLLLL e mais 3.");
  },
);

testeComSistema(
  "um atendimento a mais sem profissional, numa especialidade de vários, diz entre quem escolher",
  async () => {
    const extra = { nome: "extra", data: "amanhã", inicio: "18:00", vagas: 4, minutos: 30 } as const;
    const [linhas] = await esclarecido({ ...extra, especialista: "clinico geral" }, NAO_HA);
    assertEquals(linhas, ["Diga de quem é, com --profissional. Há Dra. Ana Lima, Dr. Bruno Sá."]);
    assertEquals((await esclarecido({ ...extra, especialista: "nutrição" }, NAO_HA))[0], []);
  },
);

testeComSistema("o que se basta não pergunta nada, e sem servidor fica só a resposta", async () => {
  const comProfissional = { nome: "vagas", profissional: "Rui" } as const;
  const casos: [ComandoDado, Respondido][] = [
    [{ nome: "agenda" }, { codigo: "OK-310", agendamentos: [tuplaCom()] }],
    [{ nome: "agenda", data: "natal" }, NAO_HA],
    [{ nome: "buscar", cpf: CPF }, { codigo: "ERRO-112" }],
    [{ nome: "vagas", especialista: "pediatria" }, NAO_HA],
    [comProfissional, { codigo: "ERRO-131" }],
  ];
  for (const [comando, resposta] of casos) assertEquals(await esclarecido(comando, resposta), [[], []]);
  using conexao = new Conexao({ host: "127.0.0.1", porta: portaSemNinguem() });
  assertEquals(await esclarece(conexao, comProfissional, NAO_HA), []);
});
