/**
 * A trilha no painel: o que se lê, aos poucos e em CSV, o que se procura, e o que da leitura fica. Por HTTP, sem rede.
 *
 * @module
 */

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { cpfDeExemplo, testeComSistema } from "../../testes/apoio.ts";
import { Mesa } from "../../testes/mesa.ts";
import type { LinhaDoLivro } from "../../clinica/livro.ts";

const CPF = cpfDeExemplo(1);

/** Uma linha do diário. */
function mudanca(id: number, quando: string, quem: string, ...feita: readonly unknown[]): LinhaDoLivro {
  return [id, `lote${id}`, quando, JSON.stringify([["balcao", quem, [feita]]]), "recepcao.9f3a12bc", id, "selo"];
}

/** Uma linha dos acessos. */
function acesso(
  id: number,
  quando: string,
  quem: string,
  especie: string,
  mais: { cpf?: string; numeros?: string } = {},
): LinhaDoLivro {
  return [id, quando, "balcao", quem, especie, mais.cpf ?? "", mais.numeros ?? "", 1, "recepcao.9f3a12bc", id, "selo"];
}

async function comTrilha(): Promise<Mesa> {
  using mesa = await Mesa.abre();
  mesa.painel.linhas = {
    diario: [
      mudanca(1, "2026-11-29T12:00:00Z", "p:2", "AGEND", 7, 1, "", "MARCADO 2026-12-07 08:00 E:CLINICO GERAL"),
      mudanca(2, "2026-11-30T12:00:02Z", "k:1", "CANCEL", 8, 2, "MARCADO", "CANCELADO"),
    ],
    acesso: [
      acesso(1, "2026-11-30T12:00:01Z", "p:2", "HISTORIA", { numeros: "7" }),
      acesso(2, "2026-11-30T12:00:03Z", "k:1", "BUSCA", { cpf: `disfarce de ${CPF}` }),
      acesso(3, "2026-11-30T12:00:04Z", "u:0", "=cmd|' /C calc'!A0"),
    ],
  };
  return mesa;
}

/** Os atos que uma página mostra, na ordem. */
function atos(html: string): string[] {
  return [...html.matchAll(/<code>([^<]*)<\/code>/g)].map(([, um]) => um.split(/[|\s]/)[0]);
}

testeComSistema("trilha: da mais nova à mais antiga, com o nome de quem foi, e a leitura fica nela", async () => {
  const mesa = await comTrilha();
  const { html, texto } = await mesa.vai("/painel/trilha");
  assertEquals(atos(html), ["=cmd", "BUSCA", "CANCEL", "HISTORIA", "AGEND"]);
  assertStringIncludes(texto, "29/11/2026 09:00:00 Quem BETO balcao p:2");
  assertStringIncludes(texto, "→ MARCADO 2026-12-07 08:00 E:CLINICO GERAL");
  assertEquals(mesa.painel.trilha, ["p:1 TRILHA 0"]);
});

testeComSistema(
  "trilha: procura-se por quem, por paciente e por dias; o CPF não fica no endereço, e fica quem o procurou",
  async () => {
    const mesa = await comTrilha();
    for (
      const [procura, esperados] of [
        [{ quem: "p:2" }, ["HISTORIA", "AGEND"]],
        [{ cpf: "100.000.001-08" }, ["BUSCA", "HISTORIA", "AGEND"]],
        [{ cpf: CPF, quem: "k:1" }, ["BUSCA"]],
        [{ de: "2026-11-30" }, ["=cmd", "BUSCA", "CANCEL", "HISTORIA"]],
        [{ ate: "29/11/2026" }, ["AGEND"]],
        [{ de: "2026-12-01" }, []],
      ] as const
    ) {
      mesa.painel.trilha.length = 0;
      const { html, caminho } = await mesa.faz("/painel/trilha", procura);
      assertEquals(atos(html), [...esperados], JSON.stringify(procura));
      assertMatch(caminho, /^\/painel\/trilha\?ver=[\w-]+$/);
      assertEquals(caminho.includes("1000000"), false);
      assertEquals(mesa.painel.trilha, ["cpf" in procura ? `p:1 TRILHA 0 ${CPF}` : "p:1 TRILHA 0"]);
    }
    for (
      const [procura, campo, dito] of [
        [{ cpf: "1" }, "cpf", "Este CPF não confere"],
        [{ de: "ontem" }, "de", "Escreva uma data"],
        [{ de: "2026-11-30", ate: "2026-11-29" }, "ate", "O fim vem antes"],
      ] as const
    ) {
      const { codigo, html } = await mesa.manda("/painel/trilha", procura);
      assertEquals(codigo, 422);
      assertMatch(html, new RegExp(`id="trilha-${campo}-erro">${dito}`));
    }
  },
);

testeComSistema(
  "trilha: o CSV vem do mais antigo ao mais novo, só o que se procura, e uma fórmula não é uma",
  async () => {
    const mesa = await comTrilha();
    const linhas = (html: string): string[] => html.trimEnd().split("\r\n");
    const todo = await mesa.vai("/painel/trilha/csv?");
    assertEquals(linhas(todo.html).length, 6);
    assertStringIncludes(linhas(todo.html)[0], '"quando","papel","quem","o_que"');
    assertStringIncludes(linhas(todo.html)[1], '"AGEND"');
    assertStringIncludes(linhas(todo.html)[5], `"'=cmd|' /C calc'!A0"`);
    const { caminho } = await mesa.manda("/painel/trilha", { quem: "p:2" });
    const deles = await mesa.vai(`${caminho.replace("?", "/csv?")}&forma=excel`);
    assertEquals(linhas(deles.html).length, 3);
    assertStringIncludes(deles.html, '"AGEND";"7"');
  },
);

testeComSistema("trilha: o que se vê igual, de quem tem o dia aberto, vai numa linha por hora", async () => {
  using mesa = await Mesa.abre();
  const quando = (n: number): string => new Date(Date.UTC(2026, 10, 30, 12, 59, 2 * n)).toISOString();
  mesa.painel.linhas = {
    diario: [mudanca(1, quando(25), "k:1", "CANCEL", 8, 2, "MARCADO", "CANCELADO")],
    acesso: Array.from(
      { length: 40 },
      (_, i) => acesso(i + 1, quando(i), "k:1", "LISTA", { numeros: i === 35 ? "9" : "7" }),
    ),
  };
  const { html, texto } = await mesa.vai("/painel/trilha");
  assertEquals(atos(html), ["LISTA", "LISTA", "LISTA", "CANCEL"]);
  assertStringIncludes(texto, "9 vezes desde as 10:00:00");
  assertStringIncludes(texto, "30 vezes desde as 09:59:00");
  const csv = await mesa.vai("/painel/trilha/csv?");
  assertEquals(csv.html.match(/"LISTA"/g)?.length, 40);
});

testeComSistema("trilha: mais do que cabe numa página continua na seguinte, sem repetir nem saltar", async () => {
  using mesa = await Mesa.abre();
  const quando = (n: number): string =>
    `2026-11-30T12:${String(Math.floor(n / 60)).padStart(2, "0")}:${String(n % 60).padStart(2, "0")}Z`;
  mesa.painel.linhas = {
    diario: Array.from(
      { length: 130 },
      (_, i) => mudanca(i + 1, quando(2 * i), "k:1", `D${i}`, i + 1, 1, "", "MARCADO"),
    ),
    acesso: Array.from({ length: 130 }, (_, i) => acesso(i + 1, quando(2 * i + 1), "k:1", `A${i}`)),
  };
  const vistos: string[] = [];
  let caminho: string | undefined = "/painel/trilha";
  let paginas = 0;
  while (caminho !== undefined) {
    const { html } = await mesa.vai(caminho);
    vistos.push(...atos(html));
    paginas++;
    caminho = /rel="next"\s+href="([^"]+)"/.exec(html)?.[1].replaceAll("&amp;", "&");
  }
  assertEquals(paginas, 3);
  const esperados = Array.from({ length: 130 }, (_, i) => [`A${129 - i}`, `D${129 - i}`]).flat();
  assertEquals(vistos, esperados);
});

testeComSistema("trilha: o que alguém pôs por fora numa linha lê-se, e não corre", async () => {
  using mesa = await Mesa.abre();
  mesa.painel.linhas = {
    diario: [[1, "lote", "2026<b>ontem</b>", "<script>alert(1)</script>", "x", 1, "s"]],
    acesso: [acesso(1, "2026-11-30T12:00:00Z", "<img src=x>", "<script>alert(2)</script>", { numeros: "\u202e7" })],
  };
  const { html } = await mesa.vai("/painel/trilha");
  assertEquals(/<script>alert|<img src=x|<b>ontem|\u202e/.test(html), false);
  assertStringIncludes(html, "ILEGÍVEL");
});
