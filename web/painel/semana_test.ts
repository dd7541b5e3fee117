/**
 * A semana no painel: o que conta em cada dia, de quem, e o que não diz de ninguém. Por HTTP, sem rede.
 *
 * @module
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { cpfDeExemplo, testeComSistema } from "../../testes/apoio.ts";
import { EQUIPE } from "../../testes/balcao.ts";
import { Mesa } from "../../testes/mesa.ts";

/** Marca na segunda-feira de hoje, às dez da manhã em Londres e às sete em São Paulo. */
async function marca(mesa: Mesa, n: number, horario: string, mais: Record<string, unknown> = {}): Promise<void> {
  const resultado = await mesa.pede({
    ...{ comando: "AGEND", cpf: cpfDeExemplo(n), nome: "MARIA OCULTA", especialista: "CLINICO GERAL" },
    ...{ data: "2026-11-30", dia: "SEGUNDA-FEIRA", horario, profissional: "DR. REIS", motivo: "x", ...mais },
  });
  assertEquals(resultado.codigo, "OK-300");
}

testeComSistema(
  "semana: marcados, livres e encaixes de cada um, e o total; nenhum nome, e nada na trilha",
  async () => {
    using mesa = await Mesa.abre({ oferta: EQUIPE });
    await marca(mesa, 1, "08:00");
    await marca(mesa, 2, "08:30");
    await marca(mesa, 3, "09:10", { encaixe: true });
    await marca(mesa, 4, "08:00", { profissional: "DRA. LIMA" });
    const { texto, html } = await mesa.vai("/painel/semana");
    // O Dr. Reis atende o clínico às 08:00, 08:30 e 09:00, e a pediatria às 09:30 e 10:00.
    assertStringIncludes(texto, "Dr. Reis CLINICO GERAL, PEDIATRA seg. 30/11 2 de 5");
    assertStringIncludes(texto, "3 livres 1 encaixe");
    assertStringIncludes(texto, "Dra. Lima CLINICO GERAL seg. 30/11 1 de 3");
    assertStringIncludes(texto, "Total seg. 30/11 3 de 8");
    assertStringIncludes(html, 'aria-current="date"');
    assertStringIncludes(html, 'href="/painel?data=2026-11-30"');
    assertEquals(/OCULTA|100\.000/.test(html), false);
    assertEquals(mesa.painel.visto, []);
  },
);

testeComSistema("semana: o que fechou já não tem horários, e quem lá estava continua a contar", async () => {
  using mesa = await Mesa.abre({ oferta: EQUIPE });
  await marca(mesa, 1, "08:00");
  await mesa.pede({ comando: "FECHA", data: "2026-11-30", profissional: "DR. REIS" });
  const { texto } = await mesa.vai("/painel/semana");
  assertStringIncludes(texto, "Dr. Reis CLINICO GERAL, PEDIATRA seg. 30/11 1 marcado");
  assertStringIncludes(texto, "Total seg. 30/11 0 de 3 , Total, 30/11/2026 3 livres 1 fora do atendimento");
});

testeComSistema("semana: vai-se às da janela, e a nenhuma outra; uma em que nada há diz-se", async () => {
  using mesa = await Mesa.abre({ oferta: { ...EQUIPE, semanas: 2, fechado: ["2026-12-07"] } });
  const { html, texto } = await mesa.vai("/painel/semana?de=2026-12-07");
  assertStringIncludes(texto, "7 – 13 de dez.");
  assertStringIncludes(texto, "Nesta semana não se atende ninguém.");
  assertEquals(html.match(/href="\/painel\/semana\?de=/g)?.length, 2);
  for (const outra of ["2027-12-06", "2026-12-08", "x", "%3Cscript%3E"]) {
    assertStringIncludes((await mesa.vai(`/painel/semana?de=${outra}`)).texto, "Semana: 30 de nov.", outra);
  }
});

testeComSistema("semana: do dia que passou só se diz o que ficou marcado", async () => {
  using mesa = await Mesa.abre({ oferta: EQUIPE });
  await marca(mesa, 1, "08:00");
  mesa.painel.agora += 2 * 24 * 3600 * 1000;
  const { texto } = await (await mesa.outra("ana")).vai("/painel/semana");
  assertStringIncludes(texto, "1 marcado");
  assert(!texto.includes("1 de 5"));
});
