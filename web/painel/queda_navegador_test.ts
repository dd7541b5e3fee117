/**
 * O painel aberto num navegador de verdade, e o servidor morto por baixo dele: diz-se, e quando ele volta está lá o que entretanto
 * um terminal marcou, na mesma sessão e sem que ninguém recarregue.
 *
 * @module
 */

import { cpfDeExemplo, Fio, Pasta, RAIZ, roda, Servidor } from "../../testes/apoio.ts";
import { Navegador, testeComNavegador } from "../../testes/navegador.ts";

/** Marca como um terminal; devolve a data, `"aaaa-mm-dd"`. */
async function marca(porta: number, n: number, nome: string): Promise<string> {
  using fio = await Fio.saudado(porta);
  const pede = async (...pedido: unknown[]): Promise<unknown[]> => {
    await fio.manda(`${JSON.stringify(pedido)}\n`);
    return JSON.parse(await fio.linha() ?? "[]");
  };
  const [, [data, dia]] = await pede("VAGAS", "Clínico Geral") as [string, [string, string]];
  const [codigo] = await pede("AGEND", cpfDeExemplo(n), nome, "Clínico Geral", data, dia);
  if (codigo !== "OK-300") throw new Error(`AGEND: ${codigo}`);
  return data.split("/").reverse().join("-");
}

function portaLivre(): number {
  using ouvinte = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return ouvinte.addr.port;
}

testeComNavegador("o painel: o servidor morto por baixo dele diz-se, e ao voltar está lá o que mudou", async () => {
  using pasta = new Pasta();
  Deno.copyFileSync(`${RAIZ}/clinica.completa.json`, pasta.arquivo("clinica.json"));
  const opcoes = { pasta: pasta.caminho, args: ["--web", String(portaLivre())] };
  await using antes = await Servidor.inicia(opcoes);
  const { stdout } = await roda("servidor.ts", ["pessoa", "cria", "rosa", "--papel", "balcao", "--sorteia"], {
    cwd: pasta.caminho,
  });
  const frase = stdout.trim();
  const data = await marca(antes.porta, 1, "ANTES DA QUEDA");
  await using navegador = await Navegador.abre(await antes.paginas());
  const vista = await navegador.janela();
  const { pagina } = vista;
  await navegador.vai(vista, "/painel/entrar");
  await pagina.type("#quem", "rosa");
  await pagina.type("#frase", frase);
  await Promise.all([pagina.waitForNavigation(), pagina.keyboard.press("Enter")]);
  await navegador.vai(vista, `/painel?data=${data}`);
  const mostra = (nome: string): Promise<unknown> =>
    pagina.waitForFunction(`document.querySelector("main").innerText.includes(${JSON.stringify(nome)})`);
  await mostra("ANTES DA QUEDA");
  await pagina.evaluate("globalThis.amesma = true");
  await antes.encerra("SIGKILL");
  await pagina.waitForSelector('html[data-ligacao="perdida"]');
  await using depois = await Servidor.inicia(opcoes);
  await depois.paginas();
  await marca(depois.porta, 2, "DEPOIS DA QUEDA");
  await mostra("DEPOIS DA QUEDA");
  await pagina.waitForSelector('html:not([data-ligacao="perdida"])');
  if (await pagina.evaluate("globalThis.amesma") !== true) throw new Error("a página recarregou-se");
});
