/**
 * Testes das sessões num livro em arquivo e num PostgreSQL de verdade: o que se grava e se apaga, o que vale em todos os
 * servidores do mesmo livro, e por reinícios e importações.
 *
 * @module
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { Sessoes } from "../acesso/sessoes.ts";
import type { Armazem } from "../clinica/livro.ts";
import type { LivroDasPessoas, Pessoa } from "../clinica/pessoa.ts";
import type { Limpeza, LivroDasSessoes, Sessao } from "../clinica/sessao.ts";
import { Pasta, testeComSistema } from "../testes/apoio.ts";
import { type Cluster, clusterDoArquivo, testeComPostgres } from "../testes/cluster.ts";
import { importa } from "./importacao.ts";
import { ArmazemPostgres } from "./postgres.ts";
import { ArmazemSqlite } from "./sqlite.ts";
import { abrePessoasDoArquivo } from "./sqlite_pessoas.ts";
import { abrePessoasDoPostgres } from "./postgres_pessoas.ts";

let cluster: Cluster;
clusterDoArquivo((novo) => cluster = novo);
let bancos = 0;

type ArmazemDeTeste = Armazem & { readonly pessoas: LivroDasPessoas; readonly sessoes: LivroDasSessoes };

/** Um livro, e como se abre. */
interface Livro {
  readonly onde: string;
  abre(): Promise<ArmazemDeTeste>;
  /** Um segundo servidor do mesmo livro; num arquivo há um só, e é o mesmo. */
  outro(um: ArmazemDeTeste): Promise<ArmazemDeTeste>;
  /** As pessoas, ao lado. */
  pessoas(): Promise<LivroDasPessoas & AsyncDisposable>;
}

function doArquivo(onde: string): Livro {
  return {
    onde,
    abre: () => Promise.resolve(ArmazemSqlite.abre(onde)),
    outro: (um) => Promise.resolve(um),
    pessoas: () => Promise.resolve(abrePessoasDoArquivo(onde)),
  };
}

async function doPostgres(): Promise<Livro> {
  const onde = await cluster.banco(`sessoes${++bancos}`);
  const abre = (): Promise<ArmazemDeTeste> => ArmazemPostgres.abre(onde);
  return { onde, abre, outro: abre, pessoas: () => abrePessoasDoPostgres(onde) };
}

/** O mesmo teste nos dois armazéns. */
function teste(nome: string, fn: (livro: Livro, pasta: Pasta) => Promise<void>): void {
  testeComSistema(`sessões em arquivo: ${nome}`, async () => {
    using pasta = new Pasta();
    await fn(doArquivo(pasta.arquivo("clinica.db")), pasta);
  });
  testeComPostgres(`sessões em PostgreSQL: ${nome}`, async () => {
    using pasta = new Pasta();
    await fn(await doPostgres(), pasta);
  });
}

const EM = "2026-11-30T10:00:00Z";
const AGORA = "2026-11-30T10:00:00.000Z";
const DEPOIS = "2026-11-30T10:01:00.000Z";
const MAIS_TARDE = "2026-11-30T14:00:00.000Z";
const LIMPEZA: Limpeza = { agora: AGORA, futuro: MAIS_TARDE, maximo: 3 };

async function criada({ pessoas }: Pick<ArmazemDeTeste, "pessoas">, quem: string): Promise<Pessoa> {
  const resumo = "$argon2id$v=19$m=8,t=1,p=1$c2Fs$cmVzdW1v";
  const pessoa = await pessoas.cria({ quem, nome: "Ana", papel: "balcao", profissional: "", resumo, criadaEm: EM });
  if (pessoa === undefined) throw new Error(`não se criou ${quem}`);
  return pessoa;
}

/** Uma sessão da pessoa, com um resumo que só tem este dígito. */
function sessao({ numero, mudadaEm }: Pessoa, digito: string, parte: Partial<Sessao> = {}): Sessao {
  return {
    ...{ resumo: digito.repeat(64), pessoa: numero, mudadaEm, criadaEm: AGORA, vistaEm: AGORA, expiraEm: MAIS_TARDE },
    ...parte,
  };
}

/** As que há, das que se pedem. */
async function haveria({ sessoes }: ArmazemDeTeste, digitos: string): Promise<string> {
  const achadas = (await sessoes.acha([...digitos].map((digito) => digito.repeat(64)))).map(({ sessao }) =>
    sessao.resumo
  );
  return [...digitos].filter((digito) => achadas.includes(digito.repeat(64))).join("");
}

teste("acha-se a de um resumo, com a pessoa como está agora", async (livro) => {
  await using armazem = await livro.abre();
  const ana = await criada(armazem, "ana@clinica");
  const bia = await criada(armazem, "bia@clinica");
  const [a, b] = [sessao(ana, "a"), sessao(bia, "b")];
  await armazem.sessoes.abre(a, LIMPEZA);
  await armazem.sessoes.abre(b, LIMPEZA);
  assertEquals(await armazem.sessoes.acha([a.resumo]), [{ sessao: a, pessoa: ana }]);
  assertEquals(await armazem.sessoes.acha([b.resumo]), [{ sessao: b, pessoa: bia }]);
  assertEquals(await armazem.sessoes.acha(["c".repeat(64)]), []);
  const retirada = { ...ana, versao: 2, retiradaEm: EM };
  await armazem.pessoas.muda(retirada);
  assertEquals(await armazem.sessoes.acha([a.resumo]), [{ sessao: a, pessoa: retirada }]);
});

teste("o uso só anda para a frente, e não traz de volta a que se fechou", async (livro) => {
  await using armazem = await livro.abre();
  const { sessoes } = armazem;
  const ana = await criada(armazem, "ana@clinica");
  const a = sessao(ana, "a");
  await sessoes.abre(a, LIMPEZA);
  const usada = { ...a, vistaEm: DEPOIS, expiraEm: "2026-11-30T14:01:00.000Z" };
  await sessoes.viu(usada);
  await sessoes.viu(a);
  assertEquals((await sessoes.acha([a.resumo])).map(({ sessao }) => sessao), [usada]);
  await sessoes.fecha(a.resumo);
  await sessoes.viu({ ...usada, vistaEm: MAIS_TARDE });
  assertEquals(await sessoes.acha([a.resumo]), []);
  await sessoes.fecha(a.resumo);
});

teste("fecha-se uma, ou todas as de uma pessoa, e as das outras ficam", async (livro) => {
  await using armazem = await livro.abre();
  const [ana, bia] = [await criada(armazem, "ana@clinica"), await criada(armazem, "bia@clinica")];
  for (const uma of [sessao(ana, "a"), sessao(ana, "b"), sessao(bia, "c"), sessao(ana, "d")]) {
    await armazem.sessoes.abre(uma, LIMPEZA);
  }
  await armazem.sessoes.fecha("b".repeat(64));
  assertEquals(await haveria(armazem, "abcd"), "acd");
  await armazem.sessoes.fechaTodas(ana.numero);
  assertEquals(await haveria(armazem, "abcd"), "c");
});

teste("ao abrir saem as vencidas, as que estão no futuro, e as mais velhas de quem já tem muitas", async (livro) => {
  await using armazem = await livro.abre();
  const { sessoes } = armazem;
  const [ana, bia] = [await criada(armazem, "ana@clinica"), await criada(armazem, "bia@clinica")];
  await sessoes.abre(sessao(bia, "0", { expiraEm: DEPOIS }), LIMPEZA);
  await sessoes.abre(sessao(bia, "1", { criadaEm: MAIS_TARDE, expiraEm: "2026-12-01T02:00:00.000Z" }), LIMPEZA);
  await sessoes.abre(sessao(bia, "2"), LIMPEZA);
  assertEquals(await haveria(armazem, "012"), "012");
  await sessoes.abre(sessao(ana, "3"), { ...LIMPEZA, agora: DEPOIS, futuro: DEPOIS });
  assertEquals(await haveria(armazem, "0123"), "23", "a vencida neste instante, e a do futuro");
  // Das criadas no mesmo instante fica a que se abre.
  for (const digito of "456") await sessoes.abre(sessao(ana, digito, { criadaEm: DEPOIS }), LIMPEZA);
  assertEquals(await haveria(armazem, "2456"), "2456");
  await sessoes.abre(sessao(ana, "0", { criadaEm: DEPOIS }), { ...LIMPEZA, maximo: 1 });
  assertEquals(await haveria(armazem, "0123456"), "02");
});

teste("o que não é uma sessão não se grava, e as outras ficam", async (livro) => {
  await using armazem = await livro.abre();
  const ana = await criada(armazem, "ana@clinica");
  await armazem.sessoes.abre(sessao(ana, "a"), LIMPEZA);
  await assertRejects(() => armazem.sessoes.abre(sessao(ana, "b", { resumo: "curto" }), { ...LIMPEZA, maximo: 1 }));
  assertEquals(await haveria(armazem, "a"), "a");
});

teste("entra-se num servidor e está-se em todos; quem ao lado muda a frase-senha tira-a de lá", async (livro) => {
  const relogio = (): number => Date.parse(AGORA);
  let ficha: string;
  {
    await using armazem = await livro.abre();
    const ana = await criada(armazem, "ana@clinica");
    ({ ficha } = await new Sessoes({ livro: armazem.sessoes, relogio }).abre(ana));
  }
  await using um = await livro.abre();
  const dois = await livro.outro(um);
  const servidores = (): Sessoes[] => [um, dois].map(({ sessoes }) => new Sessoes({ livro: sessoes, relogio }));
  for (const sessoes of servidores()) {
    assertEquals((await sessoes.quem(ficha))?.quem, "ana@clinica", "o reinício não a esquece");
  }
  await using pessoas = await livro.pessoas();
  const [ana] = await pessoas.todas();
  assert(await pessoas.muda({ ...ana, versao: 2, mudadaEm: DEPOIS }));
  for (const sessoes of servidores()) assertEquals(await sessoes.quem(ficha), undefined);
  assert(await pessoas.muda({ ...ana, versao: 3 }));
  for (const sessoes of servidores()) assertEquals((await sessoes.quem(ficha))?.quem, "ana@clinica");
  await servidores()[0].fecha(ficha);
  for (const sessoes of servidores()) assertEquals(await sessoes.quem(ficha), undefined);
  if (dois !== um) await dois[Symbol.asyncDispose]();
});

teste("muitos que entram ao mesmo tempo em vários servidores entram todos", async (livro) => {
  await using um = await livro.abre();
  const dois = await livro.outro(um);
  const ana = await criada(um, "ana@clinica");
  const digitos = "0123456789abcdef";
  await um.sessoes.abre(sessao(ana, "v", { expiraEm: AGORA }), LIMPEZA);
  await Promise.all(
    [...digitos].map((digito, i) => (i % 2 ? um : dois).sessoes.abre(sessao(ana, digito), { ...LIMPEZA, maximo: 16 })),
  );
  assertEquals(await haveria(um, `${digitos}v`), digitos);
  if (dois !== um) await dois[Symbol.asyncDispose]();
});

teste("as sessões não vão com o livro que se importa", async (livro, pasta) => {
  {
    await using armazem = await livro.abre();
    await armazem.sessoes.abre(sessao(await criada(armazem, "ana@clinica"), "a"), LIMPEZA);
  }
  const outro = livro.onde.includes("://") ? await doPostgres() : doArquivo(pasta.arquivo("outro.db"));
  await importa({ de: livro.onde, para: outro.onde });
  await using armazem = await outro.abre();
  assertEquals((await armazem.pessoas.todas()).length, 1);
  assertEquals(await haveria(armazem, "a"), "");
});
