/**
 * A lista de espera no painel: quem nela se põe, quem dela sai, e quem se responde por quem. Por HTTP, sem rede.
 *
 * @module
 */

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { cpfDeExemplo, testeComSistema } from "../../testes/apoio.ts";
import { Mesa } from "../../testes/mesa.ts";

const CPF = cpfDeExemplo(1);
const CLINICO = "CLINICO GERAL";
const QUEM = { cpf: CPF, nome: "Maria da Silva", especialista: CLINICO };

/** Cinco horas marcadas na segunda-feira que vem: a que vagar é de quem espera. */
async function cheia(mesa: Mesa): Promise<void> {
  for (let n = 0; n < 5; n++) {
    await mesa.pede({
      ...{ comando: "AGEND", cpf: cpfDeExemplo(10 + n), nome: "X", especialista: CLINICO, motivo: "x" },
      ...{ data: "2026-12-07", dia: "SEGUNDA-FEIRA" },
    });
  }
}

/** Vaga a primeira hora, que é de quem espera. */
async function vaga(mesa: Mesa): Promise<void> {
  assertEquals((await mesa.pede({ comando: "CANCEL", cpf: cpfDeExemplo(10) })).codigo, "OK-301");
}

testeComSistema("espera: põe-se alguém, e diz-se o lugar e o código, uma vez", async () => {
  using mesa = await Mesa.abre({}, "beto");
  const pedido = {
    ...QUEM,
    turno: "MANHÃ",
    telefone: "(11) 98765-4321",
    prioridade: "2",
    marca: "sim",
    ate: "2026-12-31",
  };
  const { texto } = await mesa.faz("/painel/espera", pedido);
  const [espera] = mesa.painel.armazem.livro.esperas;
  assertStringIncludes(texto, "MARIA DA SILVA está na lista, em 1º lugar");
  assertStringIncludes(texto, `${espera.codigo.slice(0, 4)}-${espera.codigo.slice(4)}`);
  assertStringIncludes(texto, "até 31/12/2026 · de manhã · marca-se sem perguntar · (11) 98765-4321");
  assertStringIncludes(texto, "legal");
  const depois = await mesa.vai("/painel/espera");
  assertEquals(depois.texto.includes("1º lugar"), false, "já se disse");
  assertEquals(mesa.painel.visto, ["p:2 ESPERA", "p:2 FILA 1", "p:2 FILA 1"]);
});

testeComSistema("espera: o que está mal diz-se ao lado do campo, e o que se escreveu fica", async () => {
  using mesa = await Mesa.abre({}, "beto");
  await mesa.faz("/painel/espera", QUEM);
  const casos: [diferente: Record<string, string>, campo: string, dito: string][] = [
    [{ cpf: "529.982.247-26" }, "cpf", "Este CPF não confere"],
    [{ nome: "  " }, "nome", "Escreva o nome"],
    [{ de: "31/02/2027" }, "de", "Escreva uma data"],
    [{ de: "2026-12-20", ate: "2026-12-10" }, "ate", "O fim vem antes"],
    [{ antecedencia: "muita" }, "antecedencia", "em minutos"],
    [{ email: "maria@" }, "email", "não está completo"],
    [{ telefone: "123" }, "telefone", "código de área"],
    [{ ate: "2026-11-29" }, "de", "Nenhuma hora da semana"],
    [{}, "cpf", "já está na lista"],
  ];
  for (const [diferente, campo, dito] of casos) {
    const { codigo, html, texto } = await mesa.manda("/painel/espera", {
      ...QUEM,
      motivo: "porque <b>sim</b>",
      ...diferente,
    });
    assertEquals(codigo, 422, dito);
    assertStringIncludes(texto, "Há um problema");
    assertMatch(html, new RegExp(`<a href="#por-${campo}">[^<]*${dito}`), dito);
    assertMatch(html, new RegExp(`id="por-${campo}-erro">[^<]*${dito}`), dito);
    assertMatch(html, new RegExp(`id="por-${campo}"[^>]*aria-invalid="true" autofocus`), dito);
    assertStringIncludes(html, 'value="porque &lt;b&gt;sim&lt;/b&gt;"');
  }
  assertEquals(mesa.painel.armazem.livro.esperas.length, 1);
});

testeComSistema("espera: por quem foi convidado aceita-se, recusa-se, ou tira-se da lista", async () => {
  for (
    const [ato, dito, ficam] of [
      ["ACEITA", "MARIA DA SILVA ficou marcado em 07/12/2026 08:00", 0],
      ["RECUSA", "A hora passou ao seguinte", 1],
      ["DESISTE", "Saiu da lista", 0],
    ] as const
  ) {
    using mesa = await Mesa.abre({}, "beto");
    await cheia(mesa);
    await mesa.faz("/painel/espera", QUEM);
    await vaga(mesa);
    const antes = await mesa.vai("/painel/espera");
    assertStringIncludes(antes.texto, "seg. 07/12/2026 08:00");
    assertStringIncludes(antes.texto, "responde até 30/11/2026 09:00");
    const [{ numero }] = mesa.painel.armazem.livro.esperas;
    const { texto } = await mesa.faz("/painel/espera/responde", {
      ...{ ato, cpf: CPF, especialista: CLINICO, numero: String(numero) },
    });
    assertStringIncludes(texto, dito);
    assertEquals(mesa.painel.armazem.livro.esperas.filter(({ terminouEm }) => terminouEm === "").length, ficam, ato);
    // Outra vez, como quem volta atrás: já não há a que responder.
    const outra = await mesa.manda("/painel/espera/responde", {
      ...{ ato, cpf: CPF, especialista: CLINICO, numero: String(numero) },
    });
    assertEquals(outra.codigo, 422);
    assertStringIncludes(outra.texto, "Já não está na lista");
  }
});

testeComSistema("espera: aceitar contra as regras pede um motivo, ao lado de quem se aceita", async () => {
  using mesa = await Mesa.abre({ oferta: { regras: { porCpf: 1 } } }, "beto");
  await cheia(mesa);
  await mesa.faz("/painel/espera", QUEM);
  await vaga(mesa);
  // Já tem um por outro lado, e não se deixam ter dois.
  await mesa.pede({
    ...{ comando: "AGEND", cpf: CPF, nome: "MARIA DA SILVA", especialista: "NUTRICIONISTA", motivo: "x" },
    ...{ data: "2026-12-04", dia: "SEXTA-FEIRA" },
  });
  const [{ numero }] = mesa.painel.armazem.livro.esperas;
  const aceita = { ato: "ACEITA", cpf: CPF, especialista: CLINICO, numero: String(numero) };
  const { codigo, html } = await mesa.manda("/painel/espera/responde", aceita);
  assertEquals(codigo, 422);
  assertStringIncludes(html, `id="aceita-${numero}-motivo-erro"`);
  const { texto } = await mesa.faz("/painel/espera/responde", { ...aceita, motivo: "retorno" });
  assertStringIncludes(texto, "ficou marcado");
});

testeComSistema("espera: um nome que é um script lê-se, e não corre; um que engana os olhos também não", async () => {
  using mesa = await Mesa.abre({}, "beto");
  const { html } = await mesa.faz("/painel/espera", {
    ...QUEM,
    nome: "<script>alert(1)</script>",
    motivo: '"><img src=x>',
  });
  assertEquals(/<script>alert|<SCRIPT>|<img src=x/i.test(html), false);
  assertStringIncludes(html, "&lt;SCRIPT&gt;");
  const { codigo } = await mesa.manda("/painel/espera", { ...QUEM, cpf: cpfDeExemplo(2), nome: "ANA\u202eSOLRAC" });
  assertEquals(codigo, 422, "o que muda o sentido da leitura não é um nome");
});
