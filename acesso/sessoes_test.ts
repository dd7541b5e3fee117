/**
 * Testes das sessões: quando uma ficha deixa de valer, o que se lê e se escreve do livro para o saber, e o que se lembra. O
 * relógio é de fora.
 *
 * @module
 */

import { assert, assertEquals, assertMatch, assertNotEquals, assertRejects } from "@std/assert";
import { PessoasDeTeste } from "../testes/pessoas.ts";
import { SessoesDeTeste } from "../testes/sessoes.ts";
import { SESSAO_MAXIMA, SESSAO_PARADA, Sessoes } from "./sessoes.ts";

const INICIO = Temporal.Instant.from("2026-11-30T10:00:00Z").epochMilliseconds;
const MINUTO = 60_000;
const HORA = 60 * MINUTO;
/** O que se lembra já não serve. */
const ESQUECIDO = 500;

/** Uma clínica com a Ana e a Bia, e o seu relógio. */
class Casa {
  readonly pessoas = new PessoasDeTeste();
  readonly livro = new SessoesDeTeste(this.pessoas);
  readonly falhas: unknown[] = [];
  agora = INICIO;

  static async nova(): Promise<Casa> {
    const casa = new Casa();
    for (const nome of ["Ana", "Bia"]) {
      const parte = {
        papel: "balcao",
        profissional: "",
        resumo: "$argon2id$",
        criadaEm: "2026-11-01T10:00:00Z",
      } as const;
      await casa.pessoas.cria({ quem: `${nome.toLowerCase()}@clinica`, nome, ...parte });
    }
    return casa;
  }

  /** Umas sessões; outras do mesmo livro são as de outro servidor. */
  servidor(): Sessoes {
    return new Sessoes({ livro: this.livro, relogio: () => this.agora, aoFalhar: (causa) => this.falhas.push(causa) });
  }

  muda(parte: Partial<PessoasDeTeste["gravadas"][0]>): void {
    this.pessoas.gravadas[0] = { ...this.pessoas.gravadas[0], ...parte };
  }
}

function teste(name: string, fn: (casa: Casa) => Promise<void>): void {
  Deno.test({ name: `sessões: ${name}`, permissions: "none", fn: async () => await fn(await Casa.nova()) });
}

const ANA = { numero: 1, mudadaEm: "2026-11-01T10:00:00Z" };
const BIA = { ...ANA, numero: 2 };

/** Como se apresenta quem mostra a ficha. */
async function quem(sessoes: Sessoes, ficha: string): Promise<string | undefined> {
  return (await sessoes.quem(ficha))?.quem;
}

teste("abre-se com uma ficha sempre nova, de que no livro só está o resumo", async (casa) => {
  const sessoes = casa.servidor();
  const { ficha, expira } = await sessoes.abre(ANA);
  const outra = await sessoes.abre(ANA);
  assertMatch(ficha, /^[A-Za-z0-9_-]{43}$/);
  assertNotEquals(outra.ficha, ficha);
  assertEquals(expira, INICIO + SESSAO_MAXIMA);
  const { versao: _, ...esperada } = casa.pessoas.gravadas[0];
  const { numero, nome, papel, profissional, mudadaEm } = esperada;
  assertEquals(await sessoes.quem(ficha), { numero, quem: "ana@clinica", nome, papel, profissional, mudadaEm });
  const gravado = JSON.stringify([...casa.livro.gravadas.values()]);
  assert(!gravado.includes(ficha));
  assertEquals([...casa.livro.gravadas.values()][0].resumo.length, 64);
});

teste(
  "o que não tem a forma de uma ficha nem se procura; o que tem, e não é de ninguém, não se lembra",
  async (casa) => {
    const sessoes = casa.servidor();
    const { ficha } = await sessoes.abre(ANA);
    for (
      const hostil of ["", ficha.slice(1), `${ficha}A`, `${ficha.slice(1)}=`, `${ficha.slice(1)}\n`, "A".repeat(1e6)]
    ) {
      assertEquals(await quem(sessoes, hostil), undefined);
      await sessoes.fecha(hostil);
    }
    assertEquals([casa.livro.leituras, casa.livro.fechos], [0, 0]);
    for (let i = 0; i < 3; i++) assertEquals(await quem(sessoes, "A".repeat(43)), undefined);
    assertEquals(casa.livro.leituras, 3);
  },
);

teste("sem uso acaba; com ele dura até ao fim do dia de balcão, e não mais", async (casa) => {
  const sessoes = casa.servidor();
  const parada = await sessoes.abre(ANA);
  casa.agora = INICIO + SESSAO_PARADA - 1;
  assertEquals(await sessoes.ainda(parada.ficha) !== undefined, true);
  casa.agora = INICIO + SESSAO_PARADA;
  assertEquals(await sessoes.ainda(parada.ficha), undefined, "olhar sem usar não a alonga");

  casa.agora = INICIO;
  const { ficha, expira } = await sessoes.abre(ANA);
  for (casa.agora += HORA; casa.agora < expira; casa.agora += HORA) {
    assertEquals(await quem(sessoes, ficha), "ana@clinica");
  }
  casa.agora = expira - 1;
  assertEquals(await quem(sessoes, ficha), "ana@clinica");
  casa.agora = expira;
  assertEquals(await quem(sessoes, ficha), undefined, "nem lembrada");
});

teste(
  "quem se retirou, ou mudou a frase-senha ou o segundo fator, sai em todos os servidores dentro de um segundo",
  async (casa) => {
    const servidores = [casa.servidor(), casa.servidor()];
    const { ficha } = await servidores[0].abre(ANA);
    for (const parte of [{ retiradaEm: "2026-11-30T10:00:00Z" }, { mudadaEm: "2026-11-30T10:00:00Z" }]) {
      for (const um of servidores) assertEquals(await quem(um, ficha), "ana@clinica");
      const antes = casa.pessoas.gravadas[0];
      casa.muda(parte);
      casa.agora += ESQUECIDO;
      for (const um of servidores) assertEquals(await quem(um, ficha), undefined);
      casa.muda(antes);
      casa.agora += ESQUECIDO;
    }
  },
);

teste("quem pergunta se alguém ainda está ouve o que o livro diz agora, e não o que se lembra", async (casa) => {
  const sessoes = casa.servidor();
  const { ficha } = await sessoes.abre(ANA);
  assertEquals(await quem(sessoes, ficha), "ana@clinica");
  casa.muda({ retiradaEm: "2026-11-30T10:00:00Z" });
  assertEquals(await quem(sessoes, ficha), "ana@clinica", "lembra-se");
  assertEquals(await sessoes.ainda(ficha), undefined);
});

teste("uma página que pede muito custa uma leitura por meio segundo, e as que pedem juntas a mesma", async (casa) => {
  const sessoes = casa.servidor();
  const { ficha } = await sessoes.abre(ANA);
  const leitura = Promise.withResolvers<void>();
  casa.livro.antes = () => leitura.promise;
  const juntas = Promise.all(Array.from({ length: 100 }, () => quem(sessoes, ficha)));
  leitura.resolve();
  assertEquals(new Set(await juntas), new Set(["ana@clinica"]));
  casa.agora += ESQUECIDO - 1;
  await sessoes.quem(ficha);
  assertEquals(casa.livro.leituras, 1);
  casa.agora += 1;
  await sessoes.quem(ficha);
  assertEquals(casa.livro.leituras, 2);
  // Também as de muitas pessoas.
  const fichas = [ficha];
  for (let i = 0; i < 15; i++) fichas.push((await sessoes.abre(i % 2 ? ANA : BIA)).ficha);
  casa.agora += ESQUECIDO;
  const todas = await Promise.all(fichas.map((uma) => quem(sessoes, uma)));
  assertEquals(todas.map((uma) => uma?.[0]).join(""), `a${"ba".repeat(7)}b`);
  assertEquals(casa.livro.leituras, 3);
  // Um relógio que volta atrás não alonga o que se lembra.
  casa.agora -= MINUTO;
  await sessoes.quem(ficha);
  assertEquals(casa.livro.leituras, 4);
});

teste("o que se lembra não cresce, e o mais novo fica", async (casa) => {
  const sessoes = casa.servidor();
  const fichas: string[] = [];
  // Uma pessoa não pode ter tantas: cada uma é de outra, e todas são a Ana.
  for (let i = 0; i < 1001; i++) {
    fichas.push((await sessoes.abre({ ...ANA, numero: i })).ficha);
  }
  casa.livro.gravadas = new Map([...casa.livro.gravadas].map(([resumo, uma]) => [resumo, { ...uma, pessoa: 1 }]));
  for (const ficha of fichas) assertEquals(await quem(sessoes, ficha), "ana@clinica");
  const { leituras } = casa.livro;
  await sessoes.quem(fichas[1]);
  assertEquals(casa.livro.leituras, leituras, "lembra-se");
  await sessoes.quem(fichas[0]);
  assertEquals(casa.livro.leituras, leituras + 1, "a mais velha esqueceu-se");
});

teste("o uso escreve-se uma vez por minuto, e uma falha ao escrevê-lo não manda ninguém embora", async (casa) => {
  const sessoes = casa.servidor();
  const { ficha } = await sessoes.abre(ANA);
  for (let i = 0; i < 60; i++, casa.agora += 1000) await sessoes.quem(ficha);
  assertEquals(casa.livro.usos, 0);
  await Promise.all([sessoes.quem(ficha), sessoes.quem(ficha), sessoes.ainda(ficha)]);
  assertEquals(casa.livro.usos, 1);
  const [gravada] = casa.livro.gravadas.values();
  assertEquals(gravada.vistaEm, "2026-11-30T10:01:00.000Z");
  assertEquals(Date.parse(gravada.expiraEm), casa.agora + SESSAO_PARADA);

  casa.agora += MINUTO;
  assertEquals(await quem(sessoes, ficha), "ana@clinica");
  casa.agora += MINUTO;
  const { usos } = casa.livro;
  casa.livro.antes = () => casa.livro.usos > usos ? Promise.reject(new Error("disco cheio")) : undefined;
  assertEquals(await quem(sessoes, ficha), "ana@clinica");
  assertEquals(casa.falhas.length, 1);
});

teste("fecha-se uma, ou todas as de uma pessoa, e já neste servidor", async (casa) => {
  const [aqui, ali] = [casa.servidor(), casa.servidor()];
  const [a, b, outra] = [await aqui.abre(ANA), await aqui.abre(ANA), await aqui.abre(BIA)];
  for (const { ficha } of [a, b, outra]) for (const um of [aqui, ali]) assert(await um.quem(ficha));
  await aqui.fecha(a.ficha);
  assertEquals(await quem(aqui, a.ficha), undefined);
  assertEquals(await quem(aqui, b.ficha), "ana@clinica");
  await aqui.fechaTodas(ANA.numero);
  assertEquals(await quem(aqui, b.ficha), undefined);
  assertEquals(await quem(aqui, outra.ficha), "bia@clinica");
  casa.agora += ESQUECIDO;
  assertEquals(await quem(ali, a.ficha), undefined);
  assertEquals(await quem(ali, outra.ficha), "bia@clinica");
});

teste("a que se fecha a meio de um pedido não volta com ele", async (casa) => {
  const sessoes = casa.servidor();
  const { ficha } = await sessoes.abre(ANA);
  casa.agora += MINUTO;
  const [comeca, uso] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  casa.livro.antes = () => {
    if (casa.livro.usos === 0) return;
    comeca.resolve();
    return uso.promise;
  };
  const aMeio = sessoes.quem(ficha);
  await Promise.race([comeca.promise, aMeio]);
  await sessoes.fecha(ficha);
  uso.resolve();
  assertEquals((await aMeio)?.quem, "ana@clinica", "já tinha entrado");
  assertEquals(await quem(sessoes, ficha), undefined);
  assertEquals(casa.livro.gravadas.size, 0);
});

teste("uma leitura que falha não se lembra", async (casa) => {
  const sessoes = casa.servidor();
  const { ficha } = await sessoes.abre(ANA);
  casa.livro.antes = () => Promise.reject(new Error("banco fora do alcance"));
  await assertRejects(() => sessoes.quem(ficha), Error, "fora do alcance");
  casa.livro.antes = () => {};
  assertEquals(await quem(sessoes, ficha), "ana@clinica");
});

teste("ao entrar deitam-se fora as vencidas, as de um relógio errado, e as que já são demais", async (casa) => {
  const sessoes = casa.servidor();
  const vencida = await sessoes.abre(BIA);
  casa.agora += 24 * HORA;
  const errada = await sessoes.abre(BIA);
  casa.agora -= 12 * HORA;
  assertEquals(await quem(sessoes, errada.ficha), undefined, "é de um relógio à frente");
  casa.agora -= 2 * HORA;
  const fichas: string[] = [];
  for (let i = 0; i < 21; i++, casa.agora++) fichas.push((await sessoes.abre(ANA)).ficha);
  assertEquals(casa.livro.gravadas.size, 20, "só as da Ana");
  assertEquals(await quem(sessoes, fichas[0]), undefined);
  assertEquals(await quem(sessoes, fichas[1]), "ana@clinica");
  assertEquals(await quem(sessoes, vencida.ficha), undefined);
});
