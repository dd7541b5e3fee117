/**
 * Testes do que se faz a quem entra pelas páginas: o que muda, o que não se faz e por quê, e quem tem de entrar outra vez.
 *
 * @module
 */

import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { PessoasDeTeste } from "../testes/pessoas.ts";
import type { Pessoa, PessoaNova } from "../clinica/pessoa.ts";
import { contasDe } from "./atraso.ts";
import {
  achaPessoa,
  criaPessoa,
  daCodigos,
  desligaSegundoFator,
  type Feito,
  ligaSegundoFator,
  retiraPessoa,
  trocaFrase,
} from "./pessoas.ts";
import { resumoDoCodigo } from "./segundo_fator.ts";

const CRIADA = "2026-11-01T10:00:00Z";
const EM = "2026-11-30T10:00:00Z";
const TOTP = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
const quem = "ana@clinica";

const NOVA: PessoaNova = {
  ...{ quem, nome: "Ana", papel: "balcao", profissional: "", resumo: "$argon2id$um", criadaEm: CRIADA },
};

function teste(name: string, fn: (livro: PessoasDeTeste) => Promise<void>): void {
  Deno.test({
    name: `pessoas: ${name}`,
    permissions: "none",
    async fn(): Promise<void> {
      const livro = new PessoasDeTeste();
      await criaPessoa(livro, NOVA);
      await fn(livro);
    },
  });
}

/** O que ficou gravado, que é o que o ato diz. */
function gravada(livro: PessoasDeTeste, feito: Feito): Pessoa {
  if ("impede" in feito) throw new Error(feito.impede);
  const [ana] = livro.gravadas;
  assertEquals(feito.pessoa, ana);
  return ana;
}

teste("cria-se uma por nome; o de quem se retirou volta a ser de alguém", async (livro) => {
  assertEquals(await criaPessoa(livro, NOVA), { impede: "há outra" });
  assertEquals(gravada(livro, await retiraPessoa(livro, { quem, em: EM })).retiradaEm, EM);
  assertEquals(await achaPessoa(livro, quem), { impede: "retirou-se" });
  const outra = await criaPessoa(livro, NOVA);
  assertEquals("pessoa" in outra && outra.pessoa.numero, 2);
  assertEquals(await achaPessoa(livro, quem), outra);
  assertEquals(await achaPessoa(livro, "bia@clinica"), { impede: "não há" });
});

teste("a frase-senha muda, quem entrou entra outra vez, e o que se errou esquece-se", async (livro) => {
  const { pessoa } = contasDe(await livro.segredo(), { quem, endereco: "10.0.0.7" });
  const erros = { ...pessoa, falhas: 9, ultima: "2026-11-30T09:00:00.000Z", entrou: "" };
  await livro.conta([{ antes: { ...erros, falhas: 0, ultima: "" }, depois: erros }], "");
  const ana = gravada(livro, await trocaFrase(livro, { quem, em: EM, resumo: "$argon2id$dois" }));
  assertEquals([ana.resumo, ana.mudadaEm, ana.versao], ["$argon2id$dois", EM, 2]);
  assertEquals((await livro.tentativas([pessoa]))[0].falhas, 0);
  // Outra vez no mesmo segundo, ou com o relógio atrás: a data é outra, que as sessões vão por ela.
  for (const em of [EM, CRIADA]) {
    const antes = livro.gravadas[0].mudadaEm;
    const { mudadaEm } = gravada(livro, await trocaFrase(livro, { quem, em, resumo: "$argon2id$tres" }));
    assert(Temporal.Instant.compare(mudadaEm, antes) > 0, mudadaEm);
  }
});

teste(
  "o segundo fator liga-se e desliga-se, e quem entrou entra outra vez; os códigos não mandam ninguém embora",
  async (livro) => {
    assertEquals(await desligaSegundoFator(livro, { quem, em: EM }), { impede: "sem segundo fator" });
    assertEquals(await daCodigos(livro, { quem }), { impede: "sem segundo fator" });
    const ligada = gravada(livro, await ligaSegundoFator(livro, { quem, em: EM, totp: TOTP, passo: 7 }));
    assertEquals([ligada.totp, ligada.passo, ligada.mudadaEm], [TOTP, 7, EM]);
    const dados = await daCodigos(livro, { quem });
    const comCodigos = gravada(livro, dados);
    if ("impede" in dados) throw new Error(dados.impede);
    assertEquals(comCodigos.recuperacao, dados.codigos.map(resumoDoCodigo));
    assertEquals(comCodigos.mudadaEm, EM);
    const outros = await daCodigos(livro, { quem });
    assertNotEquals("codigos" in outros && outros.codigos, dados.codigos);
    const { totp, passo, recuperacao, mudadaEm } = gravada(livro, await desligaSegundoFator(livro, { quem, em: EM }));
    assertEquals([totp, passo, recuperacao], ["", 0, []]);
    assertNotEquals(mudadaEm, EM);
  },
);

teste("se outro a muda ao mesmo tempo, ou já não está, nada se faz", async (livro) => {
  livro.entretanto = () => livro.gravadas[0] = { ...livro.gravadas[0], versao: livro.gravadas[0].versao + 1 };
  await ligaSegundoFator(livro, { quem, em: EM, totp: TOTP, passo: 7 });
  const sobre = { quem, em: EM };
  assertEquals(await trocaFrase(livro, { ...sobre, resumo: "$argon2id$dois" }), { impede: "mudou" });
  assertEquals(await ligaSegundoFator(livro, { ...sobre, totp: TOTP, passo: 7 }), { impede: "mudou" });
  assertEquals(await retiraPessoa(livro, sobre), { impede: "mudou" });
  livro.gravadas[0] = { ...livro.gravadas[0], totp: TOTP };
  assertEquals(await desligaSegundoFator(livro, sobre), { impede: "mudou" });
  assertEquals(await daCodigos(livro, sobre), { impede: "mudou" });
  livro.gravadas = [];
  for (const ato of [retiraPessoa, desligaSegundoFator, daCodigos]) {
    assertEquals(await ato(livro, sobre), { impede: "não há" });
  }
  assertEquals(await trocaFrase(livro, { ...sobre, resumo: "$argon2id$dois" }), { impede: "não há" });
});
