/**
 * A porta do painel em dois servidores de um livro: entra-se num e está-se nos dois, sai-se de um e não se está em nenhum.
 *
 * @module
 */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { deadline } from "@std/async";
import { ate, PACIENCIA, Pasta, roda, Servidor } from "../../testes/apoio.ts";
import { type Cluster, clusterDoArquivo, testeComPostgres } from "../../testes/cluster.ts";

let cluster: Cluster;
clusterDoArquivo((novo) => cluster = novo);

const FRASE = "correto cavalo bateria grampo";

testeComPostgres(
  "a porta do painel: entra-se num servidor e está-se em todos os do livro, até se sair ou ser retirado",
  async () => {
    using pasta = new Pasta();
    const banco = ["--banco", await cluster.banco("entrar")];
    const comando = async (...args: string[]): Promise<string> => {
      const { codigo, stdout, stderr } = await roda("servidor.ts", [...args, ...banco], {
        cwd: pasta.caminho,
        entrada: `${FRASE}\n`,
      });
      assertEquals(codigo, 0, stderr);
      return stdout;
    };
    await using um = await Servidor.inicia({ pasta: pasta.caminho, args: banco });
    await using outro = await Servidor.inicia({ pasta: pasta.caminho, args: banco });
    const casas = await Promise.all([um.paginas(), outro.paginas()]);
    await comando("pessoa", "cria", "ana", "--papel", "gerente");
    let cookie = "";
    const pede = async (casa: string, caminho: string, campos?: Record<string, string>): Promise<string> => {
      const resposta = await fetch(casa + caminho, {
        redirect: "manual",
        headers: { accept: "text/html", cookie },
        ...campos === undefined ? {} : { method: "POST", body: new URLSearchParams(campos) },
      });
      await resposta.body?.cancel();
      const [posto] = resposta.headers.getSetCookie();
      if (posto !== undefined) cookie = posto.split(";")[0];
      return resposta.headers.get("location") ?? String(resposta.status);
    };
    const estaEm = async (): Promise<boolean[]> =>
      await Promise.all(casas.map(async (casa) => await pede(casa, "/painel") === "200"));
    const entra = async (casa: string): Promise<void> => {
      cookie = "";
      assertEquals(await pede(casa, "/painel/entrar", { quem: "ana", frase: FRASE }), "/painel");
      assertEquals(await estaEm(), [true, true]);
    };
    /** Abre o fluxo de um painel em cada servidor; o que dizem, até que acabem. */
    const segue = async (...onde: readonly string[]): Promise<() => Promise<string[]>> => {
      const abertos = await Promise.all(onde.map((casa) => fetch(`${casa}/painel/fluxo`, { headers: { cookie } })));
      return () => deadline(Promise.all(abertos.map((um) => um.text())), PACIENCIA);
    };
    const deixaDeEstar = (): Promise<void> => ate(async () => (await estaEm()).every((esta) => !esta));
    await entra(casas[0]);
    const levado = cookie;
    const ditos = await segue(casas[1]);
    await pede(casas[1], "/painel/sair", {});
    for (const dito of await ditos()) assertStringIncludes(dito, "event: saiu");
    cookie = levado;
    await deixaDeEstar();
    for (const ato of ["senha", "retira"]) {
      await entra(casas[0]);
      const ditos = await segue(...casas);
      await comando("pessoa", ato, "ana");
      for (const dito of await ditos()) assertStringIncludes(dito, "event: saiu");
      await deixaDeEstar();
    }
    await Promise.all([um.encerra(), outro.encerra()]);
    const trilha = await comando("trilha", "--quem", "p:1");
    for (const ato of ["PESSOA ENTRA", "PESSOA SAI"]) assertStringIncludes(trilha, `gerente  p:1  ${ato}  nº 1`);
  },
);
