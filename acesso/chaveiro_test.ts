/**
 * Testes de quem entra: as chaves que se relêem, e o que pode quem não traz nenhuma. Sem nenhuma permissão; o relógio e as
 * leituras são de fora, e espera-se pelo que elas dizem.
 *
 * @module
 */

import { assertEquals, assertRejects } from "@std/assert";
import type { Chave } from "../clinica/chave.ts";
import type { Quem } from "../clinica/livro.ts";
import { type Anonimo, ANONIMOS, Chaveiro, type OpcoesDoChaveiro } from "./chaveiro.ts";
import { quemEntra } from "./quem_entra.ts";
import { novaChave, resumoDe } from "./segredo.ts";

const HOJE = "2026-11-30";
const DE_FORA = { origem: "10.0.0.7", cliente: "10.0.0.7:40312" };
const TEXTO = novaChave();

function chave(parte: Partial<Chave> = {}): Chave {
  const resumo = resumoDe(TEXTO) ?? "";
  return {
    ...{ numero: 1, resumo, papel: "balcao", nome: "Balcão 1", profissional: "", ate: "" },
    ...{ criadaEm: "2026-11-23T10:00:00Z", revogadaEm: "", ...parte },
  };
}

/** Um chaveiro de que se decide cada leitura, e quando há uma. */
class DeTeste implements AsyncDisposable {
  chaves: readonly Chave[] = [];
  hoje = HOJE;
  falha: Error | undefined;
  mudancas = 0;
  falhas: unknown[] = [];
  chaveiro!: Chaveiro;
  #lidas = 0;
  #aEspera: (() => void)[] = [];

  static async abre(anonimo?: Anonimo, chaves: readonly Chave[] = []): Promise<DeTeste> {
    const novo = new DeTeste();
    novo.chaves = chaves;
    const opcoes: OpcoesDoChaveiro = {
      le: () => novo.#le(),
      hoje: () => novo.hoje,
      anonimo,
      aoMudar: () => novo.mudancas++,
      aoFalhar: (causa) => novo.falhas.push(causa),
      intervalo: 1,
    };
    novo.chaveiro = await Chaveiro.abre(opcoes);
    return novo;
  }

  #le(): Promise<readonly Chave[]> {
    this.#lidas++;
    for (const acorda of this.#aEspera.splice(0)) acorda();
    return this.falha === undefined ? Promise.resolve(this.chaves) : Promise.reject(this.falha);
  }

  /** Até que se tenha lido o que há agora, e feito o que daí vem: a leitura seguinte só começa depois. */
  async le(): Promise<void> {
    const fim = this.#lidas + 2;
    while (this.#lidas < fim) {
      await new Promise<void>((acorda) => this.#aEspera.push(acorda));
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.chaveiro[Symbol.asyncDispose]();
  }
}

function teste(name: string, fn: () => Promise<void>): void {
  Deno.test({ name: `chaveiro: ${name}`, permissions: "none", fn });
}

teste("a primeira chave acaba com a porta aberta, e nem revogada nem vencida ela a abre outra vez", async () => {
  await using dele = await DeTeste.abre();
  const { chaveiro } = dele;
  const papel = (): unknown => chaveiro.semChave(DE_FORA).papel;
  assertEquals([chaveiro.anonimo, papel(), chaveiro.estado], ["tudo", "gerente", { valem: 0, houve: false }]);
  dele.chaves = [chave()];
  await dele.le();
  assertEquals([chaveiro.anonimo, papel(), chaveiro.estado], ["vagas", "anonimo", { valem: 1, houve: true }]);
  assertEquals(dele.mudancas, 1);
  dele.chaves = [chave({ revogadaEm: "2026-11-30T10:00:00Z" })];
  await dele.le();
  assertEquals([chaveiro.anonimo, papel(), chaveiro.estado], ["vagas", "anonimo", { valem: 0, houve: true }]);
  dele.chaves = [chave({ ate: "2026-11-29" })];
  await dele.le();
  assertEquals([chaveiro.anonimo, chaveiro.estado], ["vagas", { valem: 0, houve: true }]);
});

teste("o que se manda com --anonimo vale sempre, haja ou não chaves", async () => {
  const papeis = { nada: "ninguem", vagas: "anonimo", quiosque: "quiosque", tudo: "gerente" } as const;
  assertEquals(Object.keys(papeis), [...ANONIMOS]);
  for (const anonimo of ANONIMOS) {
    for (const chaves of [[], [chave()], [chave({ revogadaEm: "2026-11-30T10:00:00Z" })]]) {
      await using dele = await DeTeste.abre(anonimo, chaves);
      assertEquals(dele.chaveiro.semChave(DE_FORA), { ...DE_FORA, papel: papeis[anonimo] });
    }
  }
});

teste("pelas páginas marca-se, haja ou não chaves, menos onde se mandou que sem uma não se marque", async () => {
  for (const chaves of [[], [chave()]]) {
    for (const anonimo of [undefined, ...ANONIMOS]) {
      await using dele = await DeTeste.abre(anonimo, chaves);
      assertEquals(dele.chaveiro.abertaAoPublico, anonimo !== "nada" && anonimo !== "vagas", anonimo);
    }
  }
});

teste("quem mostra uma chave é de quem ela é; outra não é de ninguém", async () => {
  await using dele = await DeTeste.abre(undefined, [
    chave(),
    chave({ numero: 2, resumo: "0".repeat(64), papel: "gerente", nome: "Outra" }),
  ]);
  const { chaveiro } = dele;
  const balcao: Quem = { ...DE_FORA, papel: "balcao", chave: 1, nome: "Balcão 1" };
  assertEquals(chaveiro.comChave(TEXTO, { ...DE_FORA, origem: DE_FORA.origem }), balcao);
  // O que já se era não fica: nem o papel, nem o profissional.
  const antes: Quem = { ...DE_FORA, papel: "profissional", chave: 9, nome: "X", profissional: "DRA. LIMA" };
  assertEquals(chaveiro.comChave(TEXTO, antes), balcao);
  const errados = [novaChave(), "", "clinica_", TEXTO.slice(0, -1), `${TEXTO}0`, TEXTO.toLowerCase(), "0".repeat(64)];
  for (const errado of errados) assertEquals(chaveiro.comChave(errado, DE_FORA), undefined, errado);
  dele.chaves = [chave({ papel: "profissional", profissional: "DRA. LIMA" })];
  await dele.le();
  assertEquals(chaveiro.comChave(TEXTO, DE_FORA), {
    ...DE_FORA,
    ...{ papel: "profissional", chave: 1, nome: "Balcão 1", profissional: "DRA. LIMA" },
  });
});

teste("uma chave revogada deixa de valer, para quem chega e para quem já entrou", async () => {
  await using dele = await DeTeste.abre(undefined, [chave()]);
  const { chaveiro } = dele;
  const entrou = chaveiro.comChave(TEXTO, DE_FORA);
  if (entrou === undefined) throw new Error("a chave vale");
  assertEquals(chaveiro.agora(entrou), entrou);
  dele.chaves = [chave({ revogadaEm: "2026-11-30T10:00:00Z" })];
  await dele.le();
  assertEquals(dele.mudancas, 1);
  assertEquals([chaveiro.comChave(TEXTO, DE_FORA), chaveiro.agora(entrou)], [undefined, undefined]);
});

teste("uma chave com prazo vale até o fim do último dia, e avisa-se quando acaba", async () => {
  await using dele = await DeTeste.abre(undefined, [chave({ ate: HOJE })]);
  const { chaveiro } = dele;
  const entrou = chaveiro.comChave(TEXTO, DE_FORA);
  if (entrou === undefined) throw new Error("a chave ainda vale");
  await dele.le();
  assertEquals(dele.mudancas, 0);
  dele.hoje = "2026-12-01";
  assertEquals([chaveiro.comChave(TEXTO, DE_FORA), chaveiro.agora(entrou)], [undefined, undefined]);
  await dele.le();
  assertEquals([dele.mudancas, chaveiro.estado], [1, { valem: 0, houve: true }]);
});

teste("quem não trouxe chave é, a cada mudança, o que agora pode", async () => {
  await using dele = await DeTeste.abre();
  const entrou = dele.chaveiro.semChave(DE_FORA);
  assertEquals(dele.chaveiro.agora(entrou)?.papel, "gerente");
  dele.chaves = [chave()];
  await dele.le();
  assertEquals(dele.chaveiro.agora(entrou), { ...DE_FORA, papel: "anonimo" });
});

teste("sem as poder reler valem as de antes, e di-lo; as que têm prazo acabam com ele", async () => {
  const outra = novaChave();
  await using dele = await DeTeste.abre(undefined, [
    chave(),
    chave({ numero: 2, resumo: resumoDe(outra), ate: HOJE }),
  ]);
  dele.falha = new Error("o banco está fora do alcance");
  await dele.le();
  assertEquals(dele.falhas[0], dele.falha);
  assertEquals([dele.mudancas, dele.chaveiro.estado.valem], [0, 2]);
  dele.hoje = "2026-12-01";
  await dele.le();
  assertEquals([dele.mudancas, dele.chaveiro.estado.valem], [1, 1]);
  assertEquals(dele.chaveiro.comChave(outra, DE_FORA), undefined);
  assertEquals(dele.chaveiro.comChave(TEXTO, DE_FORA)?.chave, 1);
  // E volta a lê-las.
  dele.falha = undefined;
  dele.chaves = [];
  await dele.le();
  assertEquals(dele.chaveiro.comChave(TEXTO, DE_FORA), undefined);
});

teste("sem as ter lido uma vez não começa: não se sabe se há alguma", async () => {
  const le = (): Promise<never> => Promise.reject(new Error("não se leu"));
  await assertRejects(() => Chaveiro.abre({ le, hoje: () => HOJE }), Error, "não se leu");
});

teste("o que não muda nada não se diz", async () => {
  await using dele = await DeTeste.abre(undefined, [chave()]);
  for (let i = 0; i < 3; i++) {
    dele.chaves = [chave()];
    await dele.le();
  }
  assertEquals(dele.mudancas, 0);
});

teste("o console diz quem entra, e como", async () => {
  const revogada = chave({ revogadaEm: "2026-11-30T10:00:00Z" });
  const casos: readonly (readonly [Anonimo | undefined, readonly Chave[], string])[] = [
    [undefined, [], "quem alcança esta porta pode tudo; servidor.ts chave cria faz a primeira chave, e acaba com isso"],
    [undefined, [chave()], "1 chave vale; sem chave só se veem as horas livres"],
    [undefined, [revogada], "nenhuma chave vale; sem chave só se veem as horas livres"],
    ["tudo", [chave(), chave()], "2 chaves valem; quem alcança esta porta pode tudo, também sem chave"],
    ["tudo", [], "nenhuma chave vale; quem alcança esta porta pode tudo, também sem chave"],
    ["nada", [], "nenhuma chave vale; sem chave não se vê nem se faz nada"],
    ["quiosque", [revogada], "nenhuma chave vale; sem chave marca-se, e com o código trata-se do que é seu"],
  ];
  for (const [anonimo, chaves, frase] of casos) {
    await using dele = await DeTeste.abre(anonimo, chaves);
    assertEquals(quemEntra(dele.chaveiro), frase);
  }
});
