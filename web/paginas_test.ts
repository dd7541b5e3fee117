/**
 * As páginas num servidor e num navegador de verdade: o que é de todas. O de cada face testa-se ao lado dela.
 *
 * @module
 */

import { assertEquals, assertMatch } from "@std/assert";
import { Pasta, Servidor } from "../testes/apoio.ts";
import { acessivel, Navegador, testeComNavegador } from "../testes/navegador.ts";

testeComNavegador("páginas: a entrada, nas três línguas e nos dois tamanhos, sem queixas", async () => {
  using pasta = new Pasta();
  await using servidor = await Servidor.inicia({ pasta: pasta.caminho });
  await using navegador = await Navegador.abre(await servidor.paginas());
  for (const [lingua, dito] of [["pt-BR", "Marcar um"], ["en", "Book an"], ["es", "Pedir una"]]) {
    for (const [largura, escuro] of [[360, false], [1280, true]] as const) {
      const janela = await navegador.janela({ lingua, largura, escuro });
      await navegador.vai(janela, "/");
      assertMatch(await janela.pagina.$eval("main", (main) => main.textContent ?? ""), new RegExp(dito));
      await acessivel(janela);
      assertEquals(
        await janela.pagina.evaluate("document.documentElement.scrollWidth <= innerWidth"),
        true,
        "não cabe na largura",
      );
      janela.semQueixas();
    }
  }
});

testeComNavegador("páginas: a língua que se escolhe fica", async () => {
  using pasta = new Pasta();
  await using servidor = await Servidor.inicia({ pasta: pasta.caminho });
  await using navegador = await Navegador.abre(await servidor.paginas());
  const janela = await navegador.janela({ semScript: true });
  await navegador.vai(janela, "/");
  await Promise.all([janela.pagina.waitForNavigation(), janela.pagina.click("button[lang=es]")]);
  await navegador.vai(janela, "/");
  assertEquals(await janela.pagina.$eval("html", ({ lang }) => lang), "es");
  janela.semQueixas();
});
