/**
 * Quem chega a que página do painel: cada papel, cada página e cada ato, por HTTP e sem rede. Não basta que o menu as esconda.
 *
 * @module
 */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { testeComSistema } from "../../testes/apoio.ts";
import { NavegadorDeTeste, PainelDeTeste } from "../../testes/painel.ts";

const BALCAO = ["/painel/semana", "/painel/espera", "/painel/pacientes"];
const GERENCIA = [
  ...["/painel/configuracao", "/painel/configuracao/fora", "/painel/acessos", "/painel/acessos/pessoa/2"],
  ...["/painel/acessos/pessoa/2/totp", "/painel/trilha", "/painel/trilha/csv"],
];

/** Os atos, com o que fariam se se pudesse. */
const ATOS: readonly (readonly [caminho: string, campos: Record<string, string>])[] = [
  ["/painel/configuracao/fecha", { data: "2026-12-07" }],
  ["/painel/configuracao/extra", {
    ...{ especialista: "CLINICO GERAL", data: "2026-12-08", inicio: "08:00", vagas: "2", minutos: "30" },
  }],
  ["/painel/configuracao/reabre", { numero: "1" }],
  ["/painel/acessos/chave", { nome: "Balcão 1", papel: "gerente", primeira: "sim" }],
  ["/painel/acessos/revoga", { numero: "1" }],
  ["/painel/acessos/pessoa", { quem: "intruso", nome: "Intruso", papel: "gerente" }],
  ["/painel/acessos/pessoa/1/frase", {}],
  ["/painel/acessos/pessoa/1/totp", {}],
  ["/painel/acessos/pessoa/1/desliga", {}],
  ["/painel/acessos/pessoa/1/codigos", {}],
  ["/painel/acessos/pessoa/1/retira", {}],
  ["/painel/trilha", { quem: "p:1" }],
];

testeComSistema("as páginas do painel: cada papel chega às suas, e às outras recebe um 403 que o diz", async () => {
  using painel = await PainelDeTeste.abre();
  for (
    const [quem, balcao, gerencia] of [["ana", 200, 200], ["beto", 200, 403], ["clara", 403, 403]] as const
  ) {
    const navegador = new NavegadorDeTeste(painel);
    await navegador.entra(quem);
    for (const [caminhos, codigo] of [[BALCAO, balcao], [GERENCIA, gerencia]] as const) {
      for (const caminho of caminhos) {
        const resposta = await navegador.pede(caminho);
        const texto = await resposta.text();
        assertEquals(resposta.status, codigo, `${quem} ${caminho}`);
        if (codigo === 403) assertStringIncludes(texto, "<h1>", caminho);
      }
    }
  }
});

testeComSistema("as páginas do painel: quem não é da gerência não faz nenhum dos seus atos", async () => {
  for (const quem of ["beto", "clara"]) {
    using painel = await PainelDeTeste.abre();
    const navegador = new NavegadorDeTeste(painel);
    await navegador.entra(quem);
    const antes = structuredClone(painel.pessoas.gravadas);
    for (const [caminho, campos] of ATOS) {
      assertEquals((await navegador.pede(caminho, { campos })).status, 403, `${quem} ${caminho}`);
    }
    assertEquals(painel.pessoas.gravadas, antes);
    assertEquals(painel.chaves.gravadas, []);
    assertEquals(painel.armazem.livro.excecoes, []);
    assertEquals(painel.trilha.filter((uma) => !uma.includes("ENTRA")), []);
  }
});

testeComSistema("as páginas do painel: quem atende não põe ninguém na espera, nem procura pacientes", async () => {
  using painel = await PainelDeTeste.abre();
  const navegador = new NavegadorDeTeste(painel);
  await navegador.entra("clara");
  for (const caminho of ["/painel/espera", "/painel/espera/responde", "/painel/pacientes"]) {
    assertEquals((await navegador.pede(caminho, { campos: { cpf: "52998224725", nome: "X" } })).status, 403, caminho);
  }
  assertEquals(painel.armazem.livro.esperas, []);
  const menu = await (await navegador.pede("/painel")).text();
  assertEquals(menu.includes('action="/painel/pacientes"'), false, "nem a procura se lhe mostra");
});
