/**
 * Os pacientes no painel: quem se acha, com quê, e o que disso fica escrito. Por HTTP, sem rede.
 *
 * @module
 */

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { cpfDeExemplo, testeComSistema } from "../../testes/apoio.ts";
import { Mesa } from "../../testes/mesa.ts";

const CLINICO = "CLINICO GERAL";

/** Três pessoas: a Antônia na segunda-feira que vem, o José hoje, e a Antonieta à espera. */
async function comGente(): Promise<Mesa> {
  using mesa = await Mesa.abre({}, "beto");
  const comum = { comando: "AGEND", especialista: CLINICO, dia: "SEGUNDA-FEIRA", motivo: "x" } as const;
  await mesa.pede({
    ...comum,
    cpf: cpfDeExemplo(1),
    nome: "ANTÔNIA PEREIRA",
    data: "2026-12-07",
    nota: "<b>surda</b>",
  });
  await mesa.pede({ ...comum, cpf: cpfDeExemplo(2), nome: "JOSÉ ANTUNES", data: "2026-11-30", horario: "10:00" });
  await mesa.pede({
    comando: "ESPERA",
    cpf: cpfDeExemplo(3),
    nome: "ANTONIETA REIS",
    especialista: CLINICO,
    motivo: "x",
  });
  return mesa;
}

testeComSistema(
  "pacientes: por parte do nome, sem caixa nem acentos, de qualquer palavra; e só o que se mostra se viu",
  async () => {
    const mesa = await comGente();
    for (
      const [procura, achados, visto] of [
        ["antonia", ["ANTÔNIA PEREIRA"], ["LISTA 1"]],
        ["anton", ["ANTÔNIA PEREIRA", "ANTONIETA REIS"], ["LISTA 1", "FILA 1"]],
        ["perei  ANT", ["ANTÔNIA PEREIRA"], ["LISTA 1"]],
        ["JOSE antunes", ["JOSÉ ANTUNES"], ["LISTA 2"]],
        ["zulmira", [], ["LISTA"]],
      ] as const
    ) {
      mesa.painel.visto.length = 0;
      const { texto, caminho } = await mesa.faz("/painel/pacientes", { procura });
      for (const nome of ["ANTÔNIA PEREIRA", "JOSÉ ANTUNES", "ANTONIETA REIS"]) {
        assertEquals(texto.includes(nome), (achados as readonly string[]).includes(nome), `${procura}: ${nome}`);
      }
      assertEquals(mesa.painel.visto, visto.map((um) => `p:2 ${um}`));
      assertMatch(caminho, /^\/painel\/pacientes\?ver=[\w-]+$/);
      assertEquals(/anton|jose|perei/i.test(caminho), false);
    }
  },
);

testeComSistema("pacientes: pelo CPF, e pelo código, vai-se à história; nenhum deles fica no endereço", async () => {
  const mesa = await comGente();
  const [{ codigo }] = mesa.painel.armazem.livro.linhas;
  await mesa.pede({ comando: "CANCEL", cpf: cpfDeExemplo(1), motivo: "viagem" });
  const { texto, html, caminho } = await mesa.faz("/painel/pacientes", { procura: ` ${cpfDeExemplo(1)} ` });
  assertStringIncludes(texto, "ANTÔNIA PEREIRA 100.000.001-08");
  assertStringIncludes(texto, "seg. 07/12/2026 08:00 O quê CLINICO GERAL Situação cancelado Motivo e nota viagem");
  assertStringIncludes(html, "&lt;b&gt;surda&lt;/b&gt;");
  assertStringIncludes(html, 'href="/painel?data=2026-12-07#n1"');
  assertEquals(caminho.includes("100000001"), false);
  assertEquals(mesa.painel.visto.at(-1), "p:2 HISTORIA 1");
  const peloCodigo = await mesa.faz("/painel/pacientes", {
    procura: `${codigo.slice(0, 4)}-${codigo.slice(4)}`.toLowerCase(),
  });
  assertStringIncludes(peloCodigo.texto, "ANTÔNIA PEREIRA");
  assertEquals(peloCodigo.texto.includes("JOSÉ"), false);
});

testeComSistema("pacientes: as faltas contam-se, e quem nada tem diz-se", async () => {
  const mesa = await comGente();
  mesa.painel.agora = Date.parse("2026-11-30T13:30:00Z");
  await mesa.pede({ comando: "SITUA", cpf: cpfDeExemplo(2), especialista: CLINICO, situacao: "FALTOU" });
  const deNovo = await mesa.outra("beto");
  const { texto } = await deNovo.faz("/painel/pacientes", { cpf: cpfDeExemplo(2) });
  assertStringIncludes(texto, "Por vir 0 Atendimentos 0 Faltas 1");
  assertStringIncludes((await deNovo.faz("/painel/pacientes", { cpf: cpfDeExemplo(9) })).texto, "Ninguém com este CPF");
});

testeComSistema("pacientes: o que não dá para procurar diz-se ao lado, e o que se escreveu fica", async () => {
  const mesa = await comGente();
  for (
    const [procura, dito] of [
      ["529.982.247-26", "Este CPF não confere"],
      ["12345", "Este CPF não confere"],
      ["a", "ao menos duas letras"],
      ["", "ao menos duas letras"],
      ["´`", "ao menos duas letras"],
    ]
  ) {
    const { codigo, html } = await mesa.manda("/painel/pacientes", { procura });
    assertEquals(codigo, 422, procura);
    assertMatch(html, new RegExp(`id="pacientes-procura-erro">[^<]*${dito}`));
  }
});

testeComSistema("pacientes: o que se procurou vence, e o que outro fez não serve", async () => {
  const mesa = await comGente();
  const { caminho } = await mesa.faz("/painel/pacientes", { cpf: cpfDeExemplo(1) });
  for (const outro of [caminho.slice(0, -2), "/painel/pacientes?ver=x", `${caminho}AA`]) {
    assertEquals((await mesa.vai(outro)).texto.includes("ANTÔNIA"), false, outro);
  }
  mesa.painel.agora += 13 * 3600 * 1000;
  assertEquals((await (await mesa.outra("beto")).vai(caminho)).texto.includes("ANTÔNIA"), false);
});
