/**
 * A porta do painel em dois servidores de um livro: entra-se num e está-se nos dois, sai-se de um e não se está em nenhum.
 *
 * @module
 */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { ate, Pasta, roda, Servidor } from "../../testes/apoio.ts";
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
    const deixaDeEstar = (): Promise<void> => ate(async () => (await estaEm()).every((esta) => !esta));
    await entra(casas[0]);
    const levado = cookie;
    await pede(casas[1], "/painel/sair", {});
    cookie = levado;
    await deixaDeEstar();
    await entra(casas[1]);
    await comando("pessoa", "senha", "ana");
    await deixaDeEstar();
    await entra(casas[0]);
    await comando("pessoa", "retira", "ana");
    await deixaDeEstar();
    await Promise.all([um.encerra(), outro.encerra()]);
    const trilha = await comando("trilha", "--quem", "p:1");
    for (const ato of ["PESSOA ENTRA", "PESSOA SAI"]) assertStringIncludes(trilha, `gerente  p:1  ${ato}  nº 1`);
  },
);
