/**
 * Testes do que a clínica guarda à mão: o mesmo objeto enquanto nada muda, e outro quando muda. Sem nenhuma permissão.
 *
 * @module
 */

import { assert, assertEquals, assertNotStrictEquals, assertStrictEquals } from "@std/assert";
import {
  agend,
  ANA,
  BalcaoPuro,
  BIA,
  cancel,
  CEDO,
  CID,
  CINCO,
  CLINICO,
  DIAS,
  em,
  EQUIPE,
  extra,
  fecha,
  MINUTO,
  SEGUNDA,
  situa,
  teste,
} from "../testes/balcao.ts";
import type { DiaAberto } from "./calendario.ts";
import type { Clinica } from "./clinica.ts";
import { type Dia, NENHUM_ALCANCE, type Vista } from "./livro.ts";
import { Ocupacao } from "./ocupacao.ts";
import type { DiaLivre } from "./pedido.ts";

/** O livro inteiro, para quem não pede nada. */
function vista({ livro, clinica, agora }: BalcaoPuro): Vista {
  return livro.vista({ ...NENHUM_ALCANCE, dias: clinica.diasPerguntados(agora), excecoes: "le" });
}

function oDia(balcao: BalcaoPuro, iso = SEGUNDA): DiaAberto {
  const dia = balcao.clinica.dias(vista(balcao), balcao.agora).get(iso);
  if (dia === undefined) throw new Error(`${iso} está fechado`);
  return dia;
}

function clinico(clinica: Clinica): Parameters<Clinica["livresDeTodos"]>[2] {
  const especialidade = clinica.especialidade(CLINICO);
  if (especialidade === undefined) throw new Error("não há clínico");
  return especialidade;
}

function deTodos(balcao: BalcaoPuro): DiaLivre | undefined {
  const { clinica, agora } = balcao;
  return clinica.livresDeTodos({ vista: vista(balcao), agora }, oDia(balcao), clinico(clinica));
}

for (const [nome, config] of [["sem profissionais", {}], ["com profissionais", EQUIPE]] as const) {
  teste(`as horas livres são o mesmo objeto enquanto nada muda, ${nome}`, () => {
    const balcao = new BalcaoPuro(config);
    const livre = deTodos(balcao);
    assertStrictEquals(deTodos(balcao), livre);
    balcao.agora += MINUTO;
    assertStrictEquals(deTodos(balcao), livre, "um minuto que não começa hora nenhuma");
    balcao.decide(agend(ANA, { data: "2026-12-07" }));
    assertStrictEquals(deTodos(balcao), livre, "noutro dia");
    balcao.decide(agend(ANA, { data: "2026-12-07", especialista: "NUTRICIONISTA" }));
    const muda = (faz: () => unknown, oque: string): void => {
      const antes = deTodos(balcao);
      faz();
      assertNotStrictEquals(deTodos(balcao), antes, oque);
      assertStrictEquals(deTodos(balcao), deTodos(balcao), oque);
    };
    muda(() => balcao.decide(agend(BIA)), "marcou-se");
    muda(() => balcao.decide(cancel(BIA)), "desmarcou-se");
    assertEquals(deTodos(balcao)?.horas, livre?.horas);
    muda(() => balcao.agora = em("2026-11-30T08:00"), "começou uma hora");
    assertEquals(deTodos(balcao)?.horas, livre?.horas.slice(1));
    balcao.decide(agend(BIA, { horario: "08:10", encaixe: true }));
    const comEncaixe = deTodos(balcao);
    balcao.decide(situa(BIA, "CHEGOU"));
    assertStrictEquals(deTodos(balcao), comEncaixe, "uma chegada");
  });
}

teste("com profissionais, o que muda é só o de cada um, e as horas de todos juntas vêm em ordem, uma vez", () => {
  const balcao = new BalcaoPuro(EQUIPE);
  const deCada = (): readonly DiaLivre[] => {
    const { clinica, agora } = balcao;
    const dia = oDia(balcao);
    return (dia.atendimentos.get(CLINICO) ?? [])
      .map((agenda) => clinica.livres({ vista: vista(balcao), agora }, dia, clinico(clinica), agenda));
  };
  const [lima, reis] = deCada();
  balcao.decide(agend(ANA, { profissional: "DR. REIS" }));
  assertStrictEquals(deCada()[0], lima);
  assertNotStrictEquals(deCada()[1], reis);
  assertEquals([lima, reis].map(({ profissional }) => profissional?.nome), ["Dra. Lima", "Dr. Reis"]);
  assertEquals(deTodos(balcao)?.horas, CINCO.slice(0, 3));
  assertStrictEquals(deTodos(balcao)?.profissional, undefined);
});

teste("o armazém muda a ocupação no lugar, e as horas livres dão por isso", () => {
  const balcao = new BalcaoPuro();
  const { clinica, agora } = balcao;
  const ocupacao = Ocupacao.vazia();
  const horas = (): readonly string[] | undefined =>
    clinica.livresDeTodos(
      { vista: { ...vista(balcao), ocupacao: () => ocupacao }, agora },
      oDia(balcao),
      clinico(clinica),
    )
      ?.horas;
  assertEquals(horas(), CINCO);
  ocupacao.toma(480, 30);
  assertEquals(horas(), CINCO.slice(1));
});

teste("os dias abertos são o mesmo objeto enquanto a janela e as exceções são as mesmas", () => {
  const balcao = new BalcaoPuro();
  const dias = (): ReadonlyMap<string, DiaAberto> => balcao.clinica.dias(vista(balcao), balcao.agora);
  const antes = dias();
  assertStrictEquals(dias(), antes);
  balcao.decide(fecha({ data: "2026-12-07" }));
  const fechado = dias();
  assertNotStrictEquals(fechado, antes);
  assertStrictEquals(dias(), fechado);
  assertEquals([fechado.has("2026-12-07"), fechado.has(SEGUNDA)], [false, true]);
  assertStrictEquals(fechado.get(SEGUNDA), antes.get(SEGUNDA), "um dia sem exceções é o da semana");
  balcao.decide({ comando: "REABRE", numero: 1 });
  assert(dias().has("2026-12-07"));
  balcao.agora = CEDO + 24 * 60 * MINUTO;
  assertEquals([dias().has(SEGUNDA), dias().has("2026-12-28")], [false, true]);
  balcao.decide(extra(600, { data: "2026-12-06" }));
  assertEquals([...dias().keys()], [...dias().keys()].toSorted());
  assert(dias().has("2026-12-06"));
});

teste("os dias que se perguntam são a mesma lista durante o dia, e são os de todas as agendas", () => {
  const { clinica } = new BalcaoPuro({ ...EQUIPE, semanas: 1 });
  const dias = clinica.diasPerguntados(CEDO);
  assertStrictEquals(clinica.diasPerguntados(CEDO + MINUTO), dias);
  assertEquals(dias.length, 7 * 4);
  assertEquals(
    dias.filter(([, data]) => data === SEGUNDA).map(([agenda]) => agenda).toSorted(),
    ["E:CLINICO GERAL", "E:PEDIATRA", "P:DR. REIS", "P:DRA. LIMA"],
  );
  assertNotStrictEquals<readonly Dia[]>(clinica.diasPerguntados(CEDO + 24 * 60 * MINUTO), dias);
});

teste(
  "o local é o de para onde se chamou, ou o do atendimento, exceções incluídas; num dia fechado, o da semana",
  () => {
    const balcao = new BalcaoPuro(EQUIPE);
    const { clinica } = balcao;
    const local = (numero: number): string => clinica.localDe(balcao.livro.linha(numero));
    balcao.decide(agend(ANA));
    balcao.decide(agend(BIA, { profissional: "DR. REIS", horario: "08:10", encaixe: true }));
    assertEquals([local(1), local(2)], ["Sala 1", "Sala 2"]);
    balcao.decide(situa(ANA, "CHEGOU"));
    balcao.decide(situa(ANA, "CHAMADO", { local: "Sala 9" }));
    assertEquals(local(1), "Sala 9");
    balcao.decide(extra(660, { profissional: "DR. REIS", local: "Sala 5" }));
    balcao.decide(agend(CID, { horario: "11:30" }));
    assertEquals(local(3), "Sala 5");
    balcao.decide(fecha({ profissional: "DR. REIS" }));
    oDia(balcao);
    assertEquals(
      [local(2), local(3)],
      ["Sala 2", ""],
      "num dia fechado, onde a semana o punha; o que um EXTRA abriu já não há",
    );
  },
);

teste("o nome é o da configuração; o que ela já não tem aparece pela chave", () => {
  const { clinica } = new BalcaoPuro({
    atendimentos: [{ especialidade: "Clínico Geral", dia: DIAS[0], profissional: "Dra. Ângela" }],
  });
  assertEquals([clinica.nomeDe("CLINICO GERAL"), clinica.nomeDe("PEDIATRA")], ["Clínico Geral", "PEDIATRA"]);
  assertEquals([clinica.profissionalDe("DRA. ANGELA"), clinica.profissionalDe("DR. X")], ["Dra. Ângela", "DR. X"]);
  assertEquals([clinica.ordemDe(""), clinica.ordemDe("DRA. ANGELA"), clinica.ordemDe("DR. X")], [-1, 0, 1]);
});

teste("das exceções só valem as que ainda não passaram, e a lista é a mesma até que mudem ou o dia acabe", () => {
  const balcao = new BalcaoPuro();
  balcao.decide(fecha({ inicio: 480, fim: 481 }));
  balcao.decide(fecha({ data: "2026-12-01", inicio: 480, fim: 481 }));
  const { clinica } = balcao;
  const aVista = vista(balcao);
  const emVigor = (agora: number): number[] => clinica.emVigor(aVista, agora).map(({ numero }) => numero);
  assertEquals(emVigor(CEDO), [1, 2]);
  assertStrictEquals(clinica.emVigor(aVista, em(`${SEGUNDA}T23:59`)), clinica.emVigor(aVista, CEDO));
  assertEquals(emVigor(em("2026-12-01T00:00")), [2]);
  balcao.decide(fecha());
  assertEquals(clinica.emVigor(vista(balcao), CEDO).length, 3);
});
