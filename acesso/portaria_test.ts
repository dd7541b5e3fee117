/**
 * Testes de quem entra com uma frase-senha: a mesma recusa para tudo, o atraso que cresce e não tranca ninguém, os códigos que
 * só servem uma vez, e quantas contas se fazem ao mesmo tempo. O relógio é de fora e os resumos são baratos.
 *
 * @module
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { Secret, TOTP } from "otpauth";
import { BARATO, PessoasDeTeste } from "../testes/pessoas.ts";
import { mudou, type Parametros, resume } from "./argon2.ts";
import { contasDe } from "./atraso.ts";
import { type Credenciais, type Entrada, Portaria } from "./portaria.ts";
import { novosCodigos, novoSegredoDoTotp, resumoDoCodigo } from "./segundo_fator.ts";
import { type Lotacao, Vez } from "./vez.ts";

const ANA = "ana@clinica";
const FRASE = "balde limpo regra anjo bolsa amigo";
const ERRADA = "balde limpo regra anjo bolsa outro";
const INICIO = Temporal.Instant.from("2026-11-30T10:00:00Z").epochMilliseconds;
const SEGUNDO = 1000;
const MINUTO = 60 * SEGUNDO;
const DIA = 24 * 60 * MINUTO;
/** Um endereço em que ninguém esteve. */
const CASA = "10.0.0.7";

/** Uma clínica com a Ana, e o seu relógio. */
class Casa {
  readonly livro = new PessoasDeTeste();
  agora = INICIO;

  static async nova(parametros: Parametros = BARATO): Promise<Casa> {
    const casa = new Casa();
    const resumo = await resume(FRASE, parametros);
    const criadaEm = "2026-11-01T10:00:00Z";
    await casa.livro.cria({ quem: ANA, nome: "Ana", papel: "gerente", profissional: "", resumo, criadaEm });
    return casa;
  }

  /** Uma portaria; duas do mesmo livro são dois servidores, ou um que reiniciou. */
  portaria({ lotacao, parametros = BARATO }: { lotacao?: Lotacao; parametros?: Parametros } = {}): Promise<Portaria> {
    return Portaria.abre({ livro: this.livro, relogio: () => this.agora, parametros, lotacao });
  }

  muda(parte: Partial<PessoasDeTeste["gravadas"][0]>): void {
    const [ana] = this.livro.gravadas;
    this.livro.gravadas[0] = { ...ana, ...parte, versao: ana.versao + 1 };
  }
}

function teste(name: string, fn: (casa: Casa) => Promise<void>): void {
  Deno.test({ name: `portaria: ${name}`, permissions: "none", fn: async () => await fn(await Casa.nova()) });
}

/** Com o que a Ana entra, ou parte disso. */
function com(parte: Partial<Credenciais> = {}): Credenciais {
  return { quem: ANA, frase: FRASE, endereco: CASA, ...parte };
}

function tipo({ tipo }: Entrada): Entrada["tipo"] {
  return tipo;
}

/** Quanto se manda esperar, em segundos; 0 se se olhou. */
function espera(entrada: Entrada): number {
  return entrada.tipo === "espera" ? entrada.segundos : 0;
}

/** Erra até que se mande esperar, e diz quantas vezes se olhou. */
async function erraAte(portaria: Portaria, parte: Partial<Credenciais> = {}): Promise<number> {
  for (let vezes = 0;; vezes++) {
    if (tipo(await portaria.entra(com({ frase: ERRADA, ...parte }))) === "espera") return vezes;
  }
}

/** As contas de Argon2 que se fizeram, com a memória de cada uma, e quantas ao mesmo tempo: o trabalho, e não o tempo que leva. */
async function aoContar(faz: () => Promise<void>): Promise<{ feitas: number[]; juntas: number }> {
  const deriva = crypto.subtle.deriveBits;
  const feitas: number[] = [];
  let [emCurso, juntas] = [0, 0];
  Object.assign(crypto.subtle, {
    async deriveBits(como: { memory: number }, ...resto: unknown[]): Promise<unknown> {
      feitas.push(como.memory);
      juntas = Math.max(juntas, ++emCurso);
      try {
        // As outras, se não esperam, chegam aqui entretanto.
        for (let volta = 0; volta < 20; volta++) await new Promise((segue) => setTimeout(segue));
        return await Reflect.apply(deriva, crypto.subtle, [como, ...resto]);
      } finally {
        emCurso--;
      }
    },
  });
  try {
    await faz();
    return { feitas, juntas };
  } finally {
    Object.assign(crypto.subtle, { deriveBits: deriva });
  }
}

teste("entra quem mostra a sua frase-senha, como quer que escreva o nome", async (casa) => {
  const portaria = await casa.portaria();
  const { numero, nome, papel, profissional, mudadaEm } = casa.livro.gravadas[0];
  const pessoa = { numero, quem: ANA, nome, papel, profissional, mudadaEm };
  assertEquals(await portaria.entra(com()), { tipo: "entrou", pessoa });
  assertEquals(tipo(await portaria.entra(com({ quem: " ANA@Clinica " }))), "entrou");
  // Nem o resumo nem o segredo saem dali.
  assertEquals(Object.keys(pessoa).sort(), ["mudadaEm", "nome", "numero", "papel", "profissional", "quem"]);
});

teste("tudo o que está errado ouve a mesma recusa, e conta-se", async (casa) => {
  const portaria = await casa.portaria();
  const erradas: Partial<Credenciais>[] = [
    { frase: ERRADA },
    { frase: "" },
    { frase: "a".repeat(100_000) },
    { frase: `${FRASE}\u0000` },
    { quem: "bia@clinica" },
    { quem: "" },
    { quem: "ana@clinica\u0000" },
    { quem: "a".repeat(100_000) },
    { quem: "__proto__" },
  ];
  for (const [i, errada] of erradas.entries()) {
    assertEquals(await portaria.entra(com({ ...errada, endereco: `10.0.1.${i}` })), { tipo: "recusada" });
  }
  const somadas = [...casa.livro.contas.values()].filter(({ endereco }) => endereco === "");
  assertEquals(somadas.reduce((soma, { falhas }) => soma + falhas, 0), erradas.length);
  casa.muda({ retiradaEm: "2026-11-29T10:00:00Z" });
  assertEquals(await portaria.entra(com()), { tipo: "recusada" });
});

teste("quem não existe custa o que custa quem existe, ainda que com os parâmetros de antes", async (casa) => {
  const portaria = await casa.portaria({ parametros: { m: 32, t: 1, p: 1 } });
  const { feitas } = await aoContar(async () => {
    for (const quem of [ANA, "bia@clinica", "ze", "", "não é um nome"]) {
      await portaria.entra(com({ quem, frase: ERRADA, endereco: quem }));
    }
    casa.livro.gravadas = [];
    await portaria.entra(com());
  });
  assertEquals(feitas, [8, 8, 8, 8, 8, 32], "sem ninguém, o de hoje");
});

teste("o resumo refaz-se ao entrar, se os parâmetros mudaram, e só então", async (casa) => {
  const hoje = { m: 16, t: 1, p: 1 };
  const portaria = await casa.portaria({ parametros: hoje });
  await portaria.entra(com({ frase: ERRADA }));
  assert(mudou(casa.livro.gravadas[0].resumo, hoje));
  assertEquals(tipo(await portaria.entra(com())), "entrou");
  const { resumo, mudadaEm, criadaEm } = casa.livro.gravadas[0];
  assertEquals([mudou(resumo, hoje), mudadaEm], [false, criadaEm], "quem entrou antes não tem de entrar outra vez");
  assertEquals(tipo(await portaria.entra(com())), "entrou");
  assertEquals(casa.livro.gravadas[0].resumo, resumo);
});

// ------------------------------------------------------------------------------------------------------ o atraso

teste(
  "quem erra a uma pessoa espera, o dobro de cada vez, até um quarto de hora; e não se olha antes",
  async (casa) => {
    const portaria = await casa.portaria();
    // De muitos endereços: só a pessoa é a mesma.
    let n = 0;
    const tenta = (frase = ERRADA): Promise<Entrada> => portaria.entra(com({ frase, endereco: `10.1.0.${++n}` }));
    for (let i = 0; i < 5; i++) assertEquals(tipo(await tenta()), "recusada");
    const esperas: number[] = [];
    for (let i = 0; i < 12; i++) {
      const segundos = espera(await tenta(FRASE));
      esperas.push(segundos);
      casa.agora += segundos * SEGUNDO - 1;
      assertEquals(await tenta(FRASE), { tipo: "espera", segundos: 1 }, "nem a certa, um instante antes");
      casa.agora += 1;
      assertEquals(tipo(await tenta()), "recusada");
    }
    assertEquals(esperas, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]);
    // Um estranho não a tranca: no fim do atraso, entra.
    casa.agora += 900 * SEGUNDO;
    assertEquals(tipo(await tenta(FRASE)), "entrou");
  },
);

teste("não há como saber pelo atraso se a pessoa existe", async (casa) => {
  const portaria = await casa.portaria();
  const vistas = await Promise.all([ANA, "bia@clinica"].map(async (quem, n) => {
    const respostas: Entrada[] = [];
    for (let i = 0; i < 8; i++) {
      respostas.push(await portaria.entra(com({ quem, frase: ERRADA, endereco: `10.${n}.0.${i}` })));
    }
    return respostas;
  }));
  assertEquals(vistas[0], vistas[1]);
  assertEquals(vistas[0].map(tipo).slice(4, 6), ["recusada", "espera"]);
});

teste(
  "o atraso fica no livro: vale noutro servidor, e depois de um reinício; ao fim de um dia esquece-se",
  async (casa) => {
    assertEquals(await erraAte(await casa.portaria()), 5);
    const outra = await casa.portaria();
    assertEquals(espera(await outra.entra(com({ endereco: "10.0.0.8" }))), 1);
    casa.agora += DIA;
    assertEquals(await erraAte(outra, { endereco: "10.0.0.9" }), 5);
  },
);

teste(
  "de um endereço, a muitas pessoas, espera-se também; um IPv6 vale pelo /64, um IPv4 em IPv6 é o IPv4",
  async (casa) => {
    const portaria = await casa.portaria();
    let n = 0;
    const tenta = (endereco: string): Promise<Entrada> => portaria.entra(com({ quem: `p${++n}`, endereco }));
    for (let i = 0; i < 10; i++) assertEquals(tipo(await tenta(`2001:db8::${i}`)), "recusada");
    assertEquals(espera(await tenta("2001:db8:0:0:a:b:c:d")), 1);
    assertEquals(tipo(await tenta("2001:db8:0:1::1")), "recusada");
    for (let i = 0; i < 10; i++) assertEquals(tipo(await tenta(i % 2 ? CASA : `::ffff:${CASA}`)), "recusada");
    assertEquals(espera(await tenta(CASA)), 1);
  },
);

teste("de onde já entrou tem conta própria: nem os erros dali nem os de outros lugares a tocam", async (casa) => {
  const portaria = await casa.portaria();
  assertEquals(tipo(await portaria.entra(com())), "entrou");
  // Um estranho, de muitos endereços e com as esperas todas; e outro no dela, a outras pessoas.
  for (let i = 0; i < 40; i++) {
    casa.agora += MINUTO;
    await erraAte(portaria, { endereco: `10.2.0.${i}` });
  }
  for (let i = 0; i < 20; i++) await portaria.entra(com({ quem: `p${i}` }));
  assert(espera(await portaria.entra(com({ endereco: "10.3.0.1" }))) > 0);
  assert(espera(await portaria.entra(com({ quem: "bia@clinica" }))) > 0);
  assertEquals(tipo(await portaria.entra(com())), "entrou");
  // Ali erra como ela própria, e só ali.
  assertEquals(await erraAte(portaria), 5);
  casa.agora += SEGUNDO;
  assertEquals(tipo(await portaria.entra(com())), "entrou");
  assertEquals(await erraAte(portaria), 5, "entrar paga as falhas dali");
});

teste("a conta própria dura noventa dias desde a última vez, e depois apaga-se", async (casa) => {
  const portaria = await casa.portaria();
  await portaria.entra(com());
  const { ali } = contasDe(await casa.livro.segredo(), { quem: ANA, endereco: CASA });
  casa.agora += 89 * DIA;
  await erraAte(portaria, { endereco: "10.2.0.1" });
  assertEquals(tipo(await portaria.entra(com())), "entrou");
  casa.agora += 90 * DIA;
  await erraAte(portaria, { endereco: "10.2.0.1" });
  assert(espera(await portaria.entra(com())) > 0);
  casa.agora += MINUTO;
  await portaria.entra(com({ endereco: "10.2.0.2", quem: "ze" }));
  assertEquals((await casa.livro.tentativas([ali])).length, 0);
});

teste("entrar não paga as falhas de outros: quem tem uma pessoa não experimenta as demais à vontade", async (casa) => {
  const portaria = await casa.portaria();
  await casa.livro.cria({ ...casa.livro.gravadas[0], quem: "ze", resumo: await resume(FRASE, BARATO) });
  for (let i = 0; i < 9; i++) assertEquals(tipo(await portaria.entra(com({ quem: `p${i}` }))), "recusada");
  assertEquals(tipo(await portaria.entra(com({ quem: "ze" }))), "entrou");
  assertEquals(tipo(await portaria.entra(com({ quem: "p10" }))), "recusada");
  assertEquals(espera(await portaria.entra(com({ quem: "p11" }))), 1);
});

teste("muitas ao mesmo tempo, em vários servidores, não são mais do que uma atrás da outra", async (casa) => {
  const lotacao = { aoMesmoTempo: 4, aEspera: 1000 };
  const servidores = [await casa.portaria({ lotacao }), await casa.portaria({ lotacao })];
  const respostas = await Promise.all(
    Array.from({ length: 100 }, (_, i) => servidores[i % 2].entra(com({ frase: ERRADA, endereco: `10.4.0.${i}` }))),
  );
  assertEquals(respostas.filter((uma) => tipo(uma) === "recusada").length, 5);
  assertEquals(respostas.filter((uma) => tipo(uma) === "espera").length, 95);
});

teste("se outro servidor conta entretanto, conta-se por cima; se não para, não se olha", async (casa) => {
  const portaria = await casa.portaria();
  const conta = contasDe(await casa.livro.segredo(), { quem: ANA, endereco: CASA }).pessoa;
  const outro = (): void => {
    const { falhas = 0 } = casa.livro.contas.get(`${conta.quem} `) ?? {};
    casa.livro.contas.set(`${conta.quem} `, {
      ...conta,
      falhas: falhas + 1,
      ultima: "2026-11-30T10:00:00.000Z",
      entrou: "",
    });
  };
  let vezes = 0;
  casa.livro.entretanto = () => vezes++ === 0 && outro();
  assertEquals(tipo(await portaria.entra(com({ frase: ERRADA }))), "recusada");
  assertEquals(casa.livro.contas.get(`${conta.quem} `)?.falhas, 2);
  casa.livro.entretanto = () =>
    casa.livro.contas.set(`${conta.quem} `, { ...conta, falhas: 0, ultima: `${++vezes}`, entrou: "" });
  assertEquals(tipo(await portaria.entra(com())), "cheia");
});

teste("um relógio que volta atrás não deixa ninguém de fora", async (casa) => {
  const portaria = await casa.portaria();
  await erraAte(portaria);
  casa.agora -= 365 * DIA;
  assertEquals(tipo(await portaria.entra(com({ endereco: "10.0.0.9" }))), "entrou");
});

teste("as contas não dizem de quem nem de onde, e as que um estranho pode abrir têm fim", async (casa) => {
  const portaria = await casa.portaria();
  for (let i = 0; i < 300; i++) {
    await portaria.entra(com({ quem: `segredo${i}`, endereco: `10.9.${i >> 8}.${i & 255}` }));
  }
  for (const { quem, endereco } of casa.livro.contas.values()) {
    assert(/^[0-9a-f]{4}$/.test(quem + endereco), `${quem} ${endereco}`);
  }
  await portaria.entra(com({ endereco: "10.10.0.1" }));
  const dela = [...casa.livro.contas.values()].filter(({ entrou }) => entrou !== "");
  assertEquals(dela.map(({ quem, endereco }) => /^[0-9a-f]{32} [0-9a-f]{32}$/.test(`${quem} ${endereco}`)), [true]);
  assert(
    contasDe("cd".repeat(32), { quem: ANA, endereco: CASA }).pessoa.quem !== dela[0].quem.slice(0, 4),
    "é do livro",
  );
});

teste("o livro que não se lê ou não se escreve não deixa entrar ninguém", async (casa) => {
  const portaria = await casa.portaria();
  casa.livro.conta = () => Promise.reject(new Error("disco cheio"));
  await assertRejects(() => portaria.entra(com()), Error, "disco cheio");
  casa.livro.todas = () => Promise.reject(new Error("fora do alcance"));
  await assertRejects(() => portaria.ainda({ numero: 1, mudadaEm: "" }), Error, "fora do alcance");
});

// ------------------------------------------------------------------------------------------------------ o segundo fator

/** A Ana com segundo fator, e o que o aplicativo mostra. */
function ligado(casa: Casa): { codigo: (mais?: number) => string; recuperacao: readonly string[] } {
  const totp = novoSegredoDoTotp();
  const recuperacao = novosCodigos();
  casa.muda({ totp, recuperacao: recuperacao.map(resumoDoCodigo) });
  const aplicativo = new TOTP({ secret: Secret.fromBase32(totp) });
  return { codigo: (mais = 0) => aplicativo.generate({ timestamp: casa.agora + mais }), recuperacao };
}

teste(
  "com segundo fator pedem-se os dois; falte ou erre o que for, a recusa é a mesma e nada se gasta",
  async (casa) => {
    const portaria = await casa.portaria();
    const { codigo, recuperacao } = ligado(casa);
    const erradas: Partial<Credenciais>[] = [
      {},
      { totp: codigo(5 * MINUTO) },
      { totp: "" },
      { totp: codigo(), frase: ERRADA },
      { recuperacao: recuperacao[0], frase: ERRADA },
      { recuperacao: "0000-0000-0000-0000" },
    ];
    const antes = casa.livro.gravadas[0];
    for (const [i, errada] of erradas.entries()) {
      assertEquals(await portaria.entra(com({ ...errada, endereco: `10.0.2.${i}` })), { tipo: "recusada" });
      casa.agora += DIA;
    }
    assertEquals(casa.livro.gravadas[0], antes);
    assertEquals(tipo(await portaria.entra(com({ totp: codigo() }))), "entrou");
  },
);

teste("um código do aplicativo não serve duas vezes, nem um de antes dele; nem noutro servidor", async (casa) => {
  const portaria = await casa.portaria();
  const { codigo } = ligado(casa);
  const anterior = codigo(-30 * SEGUNDO);
  const este = codigo();
  assertEquals(tipo(await portaria.entra(com({ totp: este }))), "entrou");
  const outra = await casa.portaria();
  for (const usado of [este, anterior]) assertEquals(tipo(await outra.entra(com({ totp: usado }))), "recusada");
  assertEquals(tipo(await outra.entra(com({ totp: codigo(30 * SEGUNDO) }))), "entrou", "o seguinte serve");
});

teste("o mesmo código, ao mesmo tempo em dois servidores, só entra num", async (casa) => {
  const { codigo, recuperacao } = ligado(casa);
  const servidores = [await casa.portaria(), await casa.portaria()];
  await servidores[0].entra(com({ totp: codigo() }));
  casa.agora += MINUTO;
  for (const segundo of [{ totp: codigo() }, { recuperacao: recuperacao[0] }]) {
    const respostas = await Promise.all(servidores.map((um) => um.entra(com(segundo))));
    assertEquals(respostas.map(tipo).sort(), ["entrou", "recusada"]);
  }
});

teste("um código de recuperação entra uma vez, e os outros continuam a servir", async (casa) => {
  const portaria = await casa.portaria();
  const { recuperacao } = ligado(casa);
  assertEquals(tipo(await portaria.entra(com({ recuperacao: recuperacao[4].toLowerCase() }))), "entrou");
  assertEquals(tipo(await portaria.entra(com({ recuperacao: recuperacao[4] }))), "recusada");
  assertEquals(tipo(await portaria.entra(com({ recuperacao: recuperacao[5] }))), "entrou");
  assertEquals(casa.livro.gravadas[0].recuperacao, recuperacao.toSpliced(4, 2).map(resumoDoCodigo));
});

teste("quem entrou deixa de valer se se retira, ou muda a frase-senha ou o segundo fator", async (casa) => {
  const portaria = await casa.portaria();
  const entrada = await portaria.entra(com());
  if (entrada.tipo !== "entrou") throw new Error(entrada.tipo);
  assertEquals(await portaria.ainda(entrada.pessoa), true);
  casa.muda({ mudadaEm: "2026-11-30T11:00:00Z" });
  assertEquals(await portaria.ainda(entrada.pessoa), false);
  const outra = { ...entrada.pessoa, mudadaEm: "2026-11-30T11:00:00Z" };
  assertEquals(await portaria.ainda(outra), true);
  casa.muda({ retiradaEm: "2026-11-30T12:00:00Z" });
  assertEquals(await portaria.ainda(outra), false);
});

// ------------------------------------------------------------------------------------------------------ a vez

teste("fazem-se tantas contas ao mesmo tempo, esperam tantas, e a que passa disso nem se conta", async (casa) => {
  const portaria = await casa.portaria({ lotacao: { aoMesmoTempo: 1, aEspera: 2 } });
  let respostas: Entrada[] = [];
  const { feitas, juntas } = await aoContar(async () => {
    respostas = await Promise.all(
      Array.from({ length: 10 }, (_, i) => portaria.entra(com({ frase: ERRADA, endereco: `10.5.0.${i}` }))),
    );
  });
  assertEquals([feitas.length, juntas], [3, 1]);
  assertEquals(respostas.map(tipo), [...Array(3).fill("recusada"), ...Array(7).fill("cheia")]);
  assertEquals([...casa.livro.contas.values()].filter(({ endereco }) => endereco === "").map(({ falhas }) => falhas), [
    3,
  ]);
  assertEquals(tipo(await portaria.entra(com())), "entrou", "quem acaba deixa o lugar");
});

Deno.test({
  name: "a vez: por ordem de chegada, nunca mais do que cabem, e quem falha passa-a",
  permissions: "none",
  async fn(): Promise<void> {
    const vez = new Vez({ aoMesmoTempo: 2, aEspera: 3 });
    const acaba: PromiseWithResolvers<void>[] = [];
    const comecadas: number[] = [];
    const contas = Array.from({ length: 5 }, (_, i) => {
      const fim = Promise.withResolvers<void>();
      acaba.push(fim);
      return vez.faz(() => {
        comecadas.push(i);
        return fim.promise;
      });
    });
    assertEquals(comecadas, [0, 1]);
    acaba[1].reject(new Error("falhou"));
    await assertRejects(() => contas[1], Error, "falhou");
    const quemChega = vez.faz(() => Promise.resolve(comecadas.push(9)));
    assertEquals(comecadas, [0, 1, 2], "quem chega não passa à frente de quem espera");
    for (const i of [0, 2, 3, 4]) acaba[i].resolve();
    await Promise.all([...contas.toSpliced(1, 1), quemChega]);
    assertEquals(comecadas, [0, 1, 2, 3, 4, 9]);

    const lugares = Array.from({ length: 6 }, () => vez.toma());
    assertEquals(lugares.map((um) => um !== undefined), [true, true, true, true, true, false]);
    lugares[0]?.[Symbol.dispose]();
    lugares[0]?.[Symbol.dispose]();
    assertEquals([vez.toma(), vez.toma()].map((um) => um !== undefined), [true, false], "um lugar larga-se uma vez");
  },
});
