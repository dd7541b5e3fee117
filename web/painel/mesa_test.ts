/**
 * As páginas do painel num servidor e num Chromium de verdade: acessíveis e à largura de um telefone e de uma mesa, no claro e no
 * escuro, e usadas só com o teclado e sem scripts.
 *
 * @module
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { ate, cpfDeExemplo, Fio, Pasta, RAIZ, roda, Servidor } from "../../testes/apoio.ts";
import { acessivel, Navegador, testeComNavegador, type Vista } from "../../testes/navegador.ts";

/** Um servidor com gente marcada e à espera, algo fechado, e alguém que gere. */
async function comClinica(pasta: Pasta): Promise<{ servidor: Servidor; frase: string }> {
  Deno.copyFileSync(`${RAIZ}/clinica.completa.json`, pasta.arquivo("clinica.json"));
  const servidor = await Servidor.inicia({ pasta: pasta.caminho });
  const criada = await roda("servidor.ts", [
    "pessoa",
    "cria",
    "rosa",
    "--papel",
    "gerente",
    "--nome",
    "Rosa",
    "--sorteia",
  ], {
    cwd: pasta.caminho,
  });
  using fio = await Fio.saudado(servidor.porta);
  const pede = async (...pedido: unknown[]): Promise<unknown[]> => {
    await fio.manda(`${JSON.stringify(pedido)}\n`);
    return JSON.parse(await fio.linha() ?? "[]");
  };
  await pede("OLA", "CLINICA/2");
  const [, ...vagas] = await pede("VAGAS", "Clínico Geral") as [
    string,
    ...[string, string, string, string[], string][],
  ];
  const [[data, dia, especialista, horas, profissional]] = vagas;
  for (const [n, hora] of horas.slice(0, 4).entries()) {
    const opcoes = { profissional, motivo: "exemplo", telefone: "+5511987654321" };
    const marcado = await pede(
      "AGEND",
      cpfDeExemplo(n + 1),
      `Pessoa ${"ABCD"[n]}`,
      especialista,
      data,
      dia,
      hora,
      opcoes,
    );
    assertEquals(marcado[0], "OK-300");
  }
  await pede("ESPERA", cpfDeExemplo(9), "Helena Duarte", especialista, { motivo: "exemplo" });
  await pede("CANCEL", cpfDeExemplo(1), especialista, { motivo: "viagem" });
  await pede("FECHA", data, { profissional, inicio: horas[1], motivo: "consulta fora" });
  return { servidor, frase: criada.stdout.trim() };
}

async function entra(navegador: Navegador, vista: Vista, frase: string): Promise<void> {
  await navegador.vai(vista, "/painel/entrar");
  await vista.pagina.type("#quem", "rosa");
  await vista.pagina.type("#frase", frase);
  await Promise.all([vista.pagina.waitForNavigation(), vista.pagina.keyboard.press("Enter")]);
}

const PAGINAS = [
  ...["/painel/semana", "/painel/espera", "/painel/pacientes", "/painel/configuracao", "/painel/configuracao/fora"],
  ...["/painel/acessos", "/painel/acessos/pessoa/1", "/painel/acessos/pessoa/1/totp", "/painel/trilha"],
];

testeComNavegador("o painel: cada página, num telefone e numa mesa, no claro e no escuro, sem queixas", async () => {
  using pasta = new Pasta();
  const { servidor, frase } = await comClinica(pasta);
  await using _servidor = servidor;
  await using navegador = await Navegador.abre(await servidor.paginas());
  for (const [largura, escuro] of [[360, true], [1280, false]] as const) {
    const vista = await navegador.janela({ largura, escuro });
    await entra(navegador, vista, frase);
    for (const caminho of PAGINAS) {
      await navegador.vai(vista, caminho);
      // Com tudo o que se pode abrir aberto.
      await vista.pagina.evaluate("document.querySelectorAll('details').forEach((um) => um.open = true)");
      await acessivel(vista);
      const cabe = await vista.pagina.evaluate("document.documentElement.scrollWidth <= innerWidth");
      assert(cabe, `${caminho} não cabe em ${largura} px`);
    }
    vista.semQueixas();
  }
});

testeComNavegador(
  "o painel: só com o teclado procura-se alguém, põe-se na espera, e vê-se o que está mal",
  async () => {
    using pasta = new Pasta();
    const { servidor, frase } = await comClinica(pasta);
    await using _servidor = servidor;
    await using navegador = await Navegador.abre(await servidor.paginas());
    const vista = await navegador.janela();
    const { pagina } = vista;
    const texto = async (): Promise<string> => await pagina.$eval("main", (main) => main.innerText);
    const aperta = async (tecla: "Enter"): Promise<void> => {
      await Promise.all([pagina.waitForNavigation(), pagina.keyboard.press(tecla)]);
    };
    await entra(navegador, vista, frase);
    await pagina.keyboard.type("/pessoa b");
    await aperta("Enter");
    assertStringIncludes(await texto(), "PESSOA B");
    await pagina.focus("main table button");
    await aperta("Enter");
    assertStringIncludes(await texto(), "100.000.002-80");
    // Quem recua pede a página outra vez, e ela ainda é a do que se procurou.
    await pagina.goBack();
    await ate(async () => (await texto().catch(() => "")).includes("PESSOA B"));
    await navegador.vai(vista, "/painel/espera");
    await pagina.focus(".acrescenta > summary");
    await pagina.keyboard.press("Enter");
    await pagina.focus("#por-cpf");
    await pagina.keyboard.type("111.111.111-11");
    await aperta("Enter");
    // O primeiro que está mal tem o foco, e o que se escreveu lá está.
    await ate(async () => await pagina.evaluate("document.activeElement?.id") === "por-cpf");
    assertEquals(await pagina.evaluate("document.activeElement.value"), "111.111.111-11");
    await acessivel(vista);
    await pagina.keyboard.down("Control");
    await pagina.keyboard.press("a");
    await pagina.keyboard.up("Control");
    await pagina.keyboard.type(cpfDeExemplo(20));
    await pagina.keyboard.press("Tab");
    await pagina.keyboard.type("Sebastião Ramos");
    await aperta("Enter");
    assertStringIncludes(await texto(), "SEBASTIÃO RAMOS está na lista, em 2º lugar");
    await pagina.reload();
    assertEquals((await texto()).includes("2º lugar"), false, "recarregar não repete o que se fez nem o que se disse");
    vista.semQueixas();
  },
);

testeComNavegador("o painel: sem scripts fecha-se um dia, e reabre-se", async () => {
  using pasta = new Pasta();
  const { servidor, frase } = await comClinica(pasta);
  await using _servidor = servidor;
  await using navegador = await Navegador.abre(await servidor.paginas());
  const vista = await navegador.janela({ semScript: true, largura: 360 });
  const { pagina } = vista;
  await entra(navegador, vista, frase);
  await navegador.vai(vista, "/painel/configuracao");
  await pagina.click(".lado-a-lado details:nth-of-type(1) > summary");
  await pagina.type("#fecha-motivo", "dedetização");
  await Promise.all([pagina.waitForNavigation(), pagina.click("form[action$='/fecha'] button")]);
  await navegador.vai(vista, "/painel/configuracao");
  const linhas = await pagina.$$eval(".empilha tbody tr", (todas) => todas.map(({ textContent }) => textContent ?? ""));
  assert(linhas.some((linha) => linha.includes("dedetização")), "a exceção está na lista");
  await pagina.click(".empilha tbody tr:nth-child(2) summary");
  await Promise.all([pagina.waitForNavigation(), pagina.click(".empilha tbody tr:nth-child(2) form button")]);
  assertStringIncludes(await pagina.$eval("main", (main) => main.textContent ?? ""), "A exceção 2 já não vale");
});
