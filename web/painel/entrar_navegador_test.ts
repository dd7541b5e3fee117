/**
 * A porta do painel num navegador de verdade: entrar, sair, recuar, o primeiro acesso só com o teclado, e o que se escreveu
 * quando a sessão acaba.
 *
 * @module
 */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { ate, parDeExemplo, Pasta, roda, Servidor } from "../../testes/apoio.ts";
import { acessivel, Navegador, type PaginaAberta, testeComNavegador, type Vista } from "../../testes/navegador.ts";

const FRASE = "correto cavalo bateria grampo";
const TAMANHOS = [[360, false], [1280, true]] as const;

async function cria(pasta: Pasta, quem: string, papel: string): Promise<void> {
  const args = ["pessoa", "cria", quem, "--papel", papel, "--nome", quem === "ana" ? "Ana Lima" : "Beto Sá"];
  assertEquals((await roda("servidor.ts", args, { cwd: pasta.caminho, entrada: `${FRASE}\n` })).codigo, 0);
}

/** Faz algo que leva a outra página, e espera por ela. */
async function indo({ pagina }: Vista, faz: () => Promise<unknown>): Promise<void> {
  await Promise.all([pagina.waitForNavigation(), faz()]);
}

async function entra(navegador: Navegador, vista: Vista, quem: string, frase = FRASE): Promise<void> {
  await navegador.vai(vista, "/painel/entrar");
  await vista.pagina.type("#quem", quem);
  await vista.pagina.type("#frase", frase);
  await indo(vista, () => vista.pagina.keyboard.press("Enter"));
}

function onde(pagina: PaginaAberta): string {
  return new URL(pagina.url()).pathname;
}

async function diz(pagina: PaginaAberta): Promise<string> {
  return await pagina.$eval("main", (main) => main.innerText);
}

/** O foco vai para lá, se ainda não está: o navegador põe-no quando desenha, e isso pode ser depois de carregar. */
async function comFoco({ pagina }: Vista, seletor: string): Promise<void> {
  await ate(async () => await pagina.$(`${seletor}:focus`) !== null);
}

/** Cabe na largura, o axe-core não acha nada, e nada correu mal. */
async function emOrdem(vista: Vista): Promise<void> {
  await acessivel(vista);
  assert(await vista.pagina.evaluate("document.documentElement.scrollWidth <= innerWidth"), "não cabe na largura");
  vista.semQueixas();
}

testeComNavegador("a porta do painel: nas três línguas e nos dois tamanhos, certa e errada, sem queixas", async () => {
  using pasta = new Pasta();
  await using servidor = await Servidor.inicia({ pasta: pasta.caminho });
  await using navegador = await Navegador.abre(await servidor.paginas());
  for (
    const [lingua, primeiro, recusa] of [["pt-BR", "Primeiro acesso", "Não foi"], ["en", "First access", "could not"], [
      "es",
      "Primer acceso",
      "No se pudo",
    ]]
  ) {
    for (const [largura, escuro] of TAMANHOS) {
      const vista = await navegador.janela({ lingua, largura, escuro });
      await navegador.vai(vista, "/painel");
      assertEquals(onde(vista.pagina), "/painel/entrar/primeiro");
      assertStringIncludes(await diz(vista.pagina), primeiro);
      await emOrdem(vista);
      await indo(vista, () => vista.pagina.click("main button"));
      await comFoco(vista, "#codigo");
      await emOrdem(vista);
      await navegador.vai(vista, "/painel/entrar?conta=sim");
      await emOrdem(vista);
      await vista.pagina.type("#quem", `ninguem${largura}.${lingua.toLowerCase()}`);
      await vista.pagina.type("#frase", FRASE);
      await indo(vista, () => vista.pagina.click("main button"));
      assertStringIncludes(await diz(vista.pagina), recusa);
      await comFoco(vista, ".resumo-de-erros");
      await emOrdem(vista);
    }
  }
});

testeComNavegador(
  "a porta do painel: o primeiro acesso só com o teclado; o código só o console o diz, uma vez",
  async () => {
    using pasta = new Pasta();
    await using servidor = await Servidor.inicia({ pasta: pasta.caminho });
    await using navegador = await Navegador.abre(await servidor.paginas());
    const { endereco, codigo } = await servidor.registrou(({ evento }) => evento === "primeiro");
    const vista = await navegador.janela({ semScript: true });
    await vista.pagina.goto(String(endereco));
    const { keyboard } = vista.pagina;
    for (const campo of ["codigo", "quem", "nome", "frase", "outra"]) {
      for (let tabs = 0; await vista.pagina.$(`#${campo}:focus`) === null; tabs++) {
        assert(tabs < 5, campo);
        await keyboard.press("Tab");
      }
      await keyboard.type({ codigo: String(codigo).toLowerCase(), quem: "ana", nome: "Ana Lima" }[campo] ?? FRASE);
    }
    await indo(vista, () => keyboard.press("Enter"));
    assertEquals(onde(vista.pagina), "/painel");
    assertStringIncludes(await vista.pagina.$eval("header", (header) => header.innerText), "Ana Lima");
    vista.semQueixas();
    await servidor.encerra();
    assertEquals(servidor.linhas.filter((linha) => linha.includes(String(codigo))).length, 1);
    await using outro = await Servidor.inicia({ pasta: pasta.caminho });
    await outro.paginas();
    await outro.encerra();
    assertEquals(outro.log.filter(({ evento }) => evento === "primeiro"), [], "já há gerente");
  },
);

testeComNavegador("a porta do painel: depois de sair, recuar não mostra nada do que se viu", async () => {
  using pasta = new Pasta();
  await using servidor = await Servidor.inicia({ pasta: pasta.caminho });
  await cria(pasta, "ana", "gerente");
  await using navegador = await Navegador.abre(await servidor.paginas());
  const vista = await navegador.janela();
  const { pagina } = vista;
  await entra(navegador, vista, "ana");
  await navegador.vai(vista, "/painel?data=2026-12-01");
  const nome = (): Promise<boolean> =>
    pagina.evaluate("!document.documentElement.hidden && document.body.innerText.includes('Ana Lima')").then(
      Boolean,
      () => false,
    );
  // Quem não saiu recua para a página, pedida outra vez.
  await pagina.goBack();
  await ate(nome);
  await pagina.goForward();
  await ate(nome);
  await indo(vista, () => pagina.click("form.quem button"));
  assertEquals(onde(pagina), "/painel/entrar");
  for (let passos = 0; passos < 2; passos++) {
    await pagina.goBack();
    await ate(async () => onde(pagina) === "/painel/entrar" && await pagina.$("#frase") !== null);
    assertEquals(await nome(), false);
  }
  vista.semQueixas();
});

testeComNavegador(
  "a porta do painel: a sessão acaba a meio, e o que se escreveu espera por quem o escreveu",
  async () => {
    using pasta = new Pasta();
    await using servidor = await Servidor.inicia({ pasta: pasta.caminho });
    await cria(pasta, "ana", "gerente");
    await using navegador = await Navegador.abre(await servidor.paginas());
    for (const [largura, escuro] of TAMANHOS) {
      const vista = await navegador.janela({ largura, escuro });
      const { pagina } = vista;
      await entra(navegador, vista, "ana");
      await pagina.type("#procura", "529.982.247-25");
      const senha = await roda("servidor.ts", ["pessoa", "senha", "ana"], {
        cwd: pasta.caminho,
        entrada: `${FRASE}\n`,
      });
      assertEquals(senha.codigo, 0);
      // O que se lembra de uma sessão lembra-se por meio segundo.
      const outra = await navegador.aba(vista);
      await ate(async () => {
        await navegador.vai(outra, "/painel");
        return onde(outra.pagina) === "/painel/entrar";
      });
      await outra.pagina.close();
      await pagina.bringToFront();
      await indo(vista, () => pagina.keyboard.press("Enter"));
      assertEquals(onde(pagina), "/painel/entrar");
      assertStringIncludes(await diz(pagina), "acabou enquanto escrevia");
      await emOrdem(vista);
      await pagina.type("#quem", "ana");
      await pagina.type("#frase", FRASE);
      await indo(vista, () => pagina.keyboard.press("Enter"));
      assertEquals(onde(pagina), "/painel/entrar/por-mandar");
      assertMatch(await diz(pagina), /Ana Lima, a sessão acabou[^]*529\.982\.247-25/);
      await emOrdem(vista);
      await indo(vista, () => pagina.click("main button"));
      assertEquals(onde(pagina), "/painel/pacientes", "vai, porque alguém o mandou");
    }
  },
);

testeComNavegador(
  "a porta do painel: a sessão acaba com um formulário aberto ao lado, e o script não o perde",
  async () => {
    using pasta = new Pasta();
    await using servidor = await Servidor.inicia({ pasta: pasta.caminho });
    await cria(pasta, "ana", "gerente");
    await using navegador = await Navegador.abre(await servidor.paginas());
    const vista = await navegador.janela();
    const { pagina } = vista;
    await entra(navegador, vista, "ana");
    for (let dias = 1; await pagina.$("a.livre, button.livre") === null; dias++) {
      assert(dias < 10, "não há um dia com horas livres");
      const data = Temporal.Now.plainDateISO("America/Sao_Paulo").add({ days: dias });
      await navegador.vai(vista, `/painel?data=${data}`);
    }
    await pagina.click("a.livre, button.livre");
    const nome = await pagina.waitForSelector("#escolhido [name=nome]");
    await nome?.type("MARIA DA SILVA");
    await pagina.type("#escolhido [name=cpf]", "529.982.247-25");
    const retira = await roda("servidor.ts", ["pessoa", "retira", "ana"], { cwd: pasta.caminho });
    assertEquals(retira.codigo, 0);
    await ate(async () => {
      await nome?.focus();
      await pagina.keyboard.press("Enter");
      return await pagina.$eval("body", (body) => body.innerText.includes("A sua sessão acabou"));
    });
    assertEquals(onde(pagina), "/painel");
    assertEquals(await pagina.evaluate("document.querySelector('#escolhido [name=nome]').value"), "MARIA DA SILVA");
    vista.semQueixas();
  },
);

testeComNavegador("a porta do painel: por TLS o navegador guarda o cookie que só por ele vai", async () => {
  using pasta = new Pasta();
  const { certificado, chave } = await parDeExemplo(["localhost"]);
  Deno.writeTextFileSync(pasta.arquivo("k.pem"), chave, { mode: 0o600 });
  Deno.writeTextFileSync(pasta.arquivo("c.pem"), certificado);
  const args = ["--certificado", "c.pem", "--chave-privada", "k.pem", "--tls-porta", "0"];
  await using servidor = await Servidor.inicia({ pasta: pasta.caminho, args });
  await cria(pasta, "beto", "balcao");
  await using navegador = await Navegador.abre(await servidor.paginas());
  const vista = await navegador.janela();
  await entra(navegador, vista, "beto");
  assertEquals(onde(vista.pagina), "/painel");
  const [cookie] = await vista.pagina.browserContext().cookies();
  assertEquals([cookie.name, cookie.secure, cookie.httpOnly, cookie.path], ["__Host-painel", true, true, "/"]);
  vista.semQueixas();
});
