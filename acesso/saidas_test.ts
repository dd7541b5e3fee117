/**
 * Testes de quem sabe que alguém deixou de entrar. Sem permissão nenhuma; espera-se pelas leituras, e não por um tempo.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { BARATO, PessoasDeTeste } from "../testes/pessoas.ts";
import { segueSaidas } from "./saidas.ts";

Deno.test("saídas: diz-se uma vez de cada mudança de quem entra, e sem páginas abertas nem se lê", {
  permissions: "none",
}, async () => {
  const pessoas = new PessoasDeTeste();
  const ana = await pessoas.cria({
    ...{ quem: "ana", nome: "Ana", papel: "gerente", profissional: "", resumo: JSON.stringify(BARATO) },
    criadaEm: "2026-11-23T10:00:00Z",
  });
  if (ana === undefined) throw new Error("já havia uma");
  let [lidas, saidas, haQuemVeja, falha] = [0, 0, false, false];
  let vez = Promise.withResolvers<void>();
  await using _saidas = segueSaidas({
    le: () => {
      lidas++;
      return falha ? Promise.reject(new Error("sem livro")) : pessoas.todas();
    },
    haQuemVeja: () => {
      vez.resolve();
      vez = Promise.withResolvers();
      return haQuemVeja;
    },
    aoSair: () => void saidas++,
    intervalo: 1,
  });
  /** Até que se tenha visto o que há agora, e feito o que daí vem: a vez seguinte só começa depois. */
  const le = async (): Promise<number> => {
    await vez.promise;
    await vez.promise;
    return saidas;
  };
  await le();
  assertEquals(lidas, 0);
  haQuemVeja = true;
  assertEquals(await le(), 1, "não se sabe o que houve antes");
  assertEquals(await le(), 1);
  const muda = (parte: Partial<typeof ana>): void => void (pessoas.gravadas = [{ ...pessoas.gravadas[0], ...parte }]);
  muda({ versao: 2, passo: 7 });
  assertEquals(await le(), 1, "entrou com um código: nada acabou");
  muda({ mudadaEm: "2026-11-24T10:00:00Z" });
  assertEquals(await le(), 2);
  falha = true;
  muda({ retiradaEm: "2026-11-25T10:00:00Z" });
  assertEquals(await le(), 2);
  falha = false;
  assertEquals(await le(), 3);
});
