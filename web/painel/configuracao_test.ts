/**
 * A configuração no painel: o que se fecha e se acrescenta, quem fica de fora, e o que se desfaz. Por HTTP, sem rede.
 *
 * @module
 */

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { cpfDeExemplo, testeComSistema } from "../../testes/apoio.ts";
import { EQUIPE } from "../../testes/balcao.ts";
import { Mesa } from "../../testes/mesa.ts";

const FECHA = { data: "2026-12-07", motivo: "feriado" };
const EXTRA = {
  ...{ especialista: "CLINICO GERAL", profissional: "DRA. LIMA", data: "2026-12-08", inicio: "08:00" },
  ...{ vagas: "2", minutos: "30", local: "Sala 9" },
};

async function marca(mesa: Mesa, n: number, horario: string, mais: Record<string, unknown> = {}): Promise<void> {
  const resultado = await mesa.pede({
    ...{
      comando: "AGEND",
      cpf: cpfDeExemplo(n),
      nome: `PESSOA ${"ABC"[n]}`,
      especialista: "CLINICO GERAL",
      motivo: "x",
    },
    ...{
      data: "2026-12-07",
      dia: "SEGUNDA-FEIRA",
      horario,
      profissional: "DR. REIS",
      telefone: "+5511987654321",
      ...mais,
    },
  });
  assertEquals(resultado.codigo, "OK-300");
}

testeComSistema("configuração: a semana como está, e onde está o arquivo que manda nela", async () => {
  using mesa = await Mesa.abre({ oferta: { ...EQUIPE, fechado: ["2026-12-25"] } });
  const { texto } = await mesa.vai("/painel/configuracao");
  assertStringIncludes(texto, "/dados/clinica.json");
  assertStringIncludes(texto, "cinco segundos");
  assertStringIncludes(texto, "segunda-feira Hora 09:30 – 10:30 Especialidade PEDIATRA Com quem Dr. Reis");
  assertStringIncludes(texto, "Horários 2 × 30 min");
  assertStringIncludes(texto, "sex. 25/12/2026");
  assertStringIncludes(texto, "Nenhuma: vale a semana como está.");
});

testeComSistema("configuração: fechar diz quem ficou de fora, numa lista de trabalho que leva a cada dia", async () => {
  using mesa = await Mesa.abre({ oferta: EQUIPE });
  await marca(mesa, 1, "08:00");
  await marca(mesa, 2, "08:00", { profissional: "DRA. LIMA" });
  const { texto, html, caminho } = await mesa.faz("/painel/configuracao/fecha", { ...FECHA, profissional: "DR. REIS" });
  assertEquals(caminho, "/painel/configuracao/fora");
  assertStringIncludes(texto, "Fechado: exceção 1 Uma pessoa ficou de fora");
  assertStringIncludes(texto, "seg. 07/12/2026 08:00 Pessoa PESSOA B 100.000.001-08 Contato (11) 98765-4321");
  assertStringIncludes(texto, "Por quê fechou");
  assertEquals(texto.includes("PESSOA C"), false, "esta é de quem atende na mesma");
  assertStringIncludes(html, 'href="/painel?data=2026-12-07#n');
  // Quem a fecha vê-os no OK-312; e a página, quem mostra.
  assertEquals(mesa.painel.visto, ["p:1 FECHA 1", "p:1 LISTA 1"]);
  await mesa.pede({ comando: "CANCEL", cpf: cpfDeExemplo(1) });
  assertStringIncludes((await mesa.vai("/painel/configuracao/fora")).texto, "Ninguém: todos os marcados");
});

testeComSistema("configuração: as exceções listam-se, uma parte do dia também, e desfazem-se", async () => {
  using mesa = await Mesa.abre({ oferta: EQUIPE });
  await mesa.faz("/painel/configuracao/fecha", {
    ...FECHA,
    ate: "2026-12-14",
    inicio: "08:00",
    fim: "09:00",
    especialista: "PEDIATRA",
  });
  const { texto } = await mesa.faz("/painel/configuracao/extra", EXTRA);
  assertStringIncludes(texto, "Atendimento acrescentado: exceção 2");
  assertStringIncludes(
    texto,
    "fechado Quando seg. 07/12/2026 – seg. 14/12/2026 08:00 – 09:00 A quem PEDIATRA Motivo feriado",
  );
  assertStringIncludes(
    texto,
    "a mais 2 × 30 min, Sala 9 Quando ter. 08/12/2026 08:00 – 09:00 A quem CLINICO GERAL, Dra. Lima",
  );
  await marca(mesa, 2, "08:30", { data: "2026-12-08", dia: "TERÇA-FEIRA", profissional: "DRA. LIMA" });
  const sem = await mesa.faz("/painel/configuracao/reabre", { numero: "2" });
  assertStringIncludes(sem.texto, "A exceção 2 já não vale Uma pessoa ficou de fora");
  assertStringIncludes(sem.texto, "PESSOA C");
  assertStringIncludes(sem.texto, "já não está na semana");
  const outra = await mesa.manda("/painel/configuracao/reabre", { numero: "2" });
  assertEquals(outra.codigo, 422);
  assertStringIncludes(outra.texto, "Esta exceção já não vale.");
  assertEquals(mesa.painel.armazem.livro.excecoes.map(({ revogada }) => revogada), [false, true]);
});

testeComSistema("configuração: a meia-noite em que se fecha é a do fim do dia", async () => {
  using mesa = await Mesa.abre({ oferta: EQUIPE });
  await mesa.faz("/painel/configuracao/fecha", { ...FECHA, inicio: "12:00", fim: "00:00" });
  assertEquals(mesa.painel.armazem.livro.excecoes.map(({ inicio, fim }) => [inicio, fim]), [[720, 1440]]);
});

testeComSistema("configuração: o que está mal diz-se ao lado do campo, e nada muda", async () => {
  using mesa = await Mesa.abre({ oferta: EQUIPE });
  await marca(mesa, 1, "08:00");
  const casos: [forma: "fecha" | "extra", diferente: Record<string, string>, campo: string, dito: string][] = [
    ["fecha", { data: "" }, "data", "Escreva uma data"],
    ["fecha", { data: "2026-11-29" }, "data", "de hoje a dois anos"],
    ["fecha", { ate: "2026-12-01" }, "ate", "O fim vem antes"],
    ["fecha", { inicio: "25:00" }, "inicio", "Escreva uma hora"],
    ["fecha", { inicio: "10:00", fim: "09:00" }, "fim", "antes da do começo"],
    ["fecha", { profissional: "DRA. LIMA", especialista: "PEDIATRA" }, "profissional", "dessa especialidade"],
    ["fecha", { motivo: "x".repeat(201) }, "motivo", "até 200 letras"],
    ["extra", { especialista: "" }, "especialista", "Escolha a especialidade"],
    ["extra", { profissional: "" }, "profissional", "escolha quem atende"],
    ["extra", { vagas: "0" }, "vagas", "Escreva um número"],
    ["extra", { vagas: "1e3" }, "vagas", "Escreva um número"],
    ["extra", { inicio: "23:30", minutos: "60" }, "inicio", "Passa da meia-noite"],
    ["extra", { data: "2026-12-07", inicio: "08:30" }, "inicio", "Já há atendimento"],
    ["extra", { encaixes: "101" }, "encaixes", "Escreva um número"],
  ];
  for (const [forma, diferente, campo, dito] of casos) {
    const campos = { ...forma === "fecha" ? FECHA : EXTRA, ...diferente };
    const { codigo, html } = await mesa.manda(`/painel/configuracao/${forma}`, campos);
    assertEquals(codigo, 422, dito);
    assertMatch(html, new RegExp(`id="${forma}-${campo}-erro">[^<]*${dito}`), `${campo}: ${dito}`);
    assertMatch(html, /<details class="acrescenta"\s+open/);
  }
  assertEquals(mesa.painel.armazem.livro.excecoes, []);
});
