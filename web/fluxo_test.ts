/**
 * Testes do centro de eventos, sem rede: o que cada fluxo recebe, o que se desenha, e o que fica quando se vão.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { NADA_DE_NOVO, type Novidade, TUDO_DE_NOVO } from "../clinica/novidade.ts";
import { ate, cpfDeExemplo } from "../testes/apoio.ts";
import { entra, grava, marca } from "../testes/mudancas.ts";
import { ArmazemSqlite } from "../armazem/sqlite.ts";
import { type Assinatura, Fluxo } from "./fluxo.ts";

const PURO = { permissions: "none" } as const;

/** Um evento como chegou. */
interface Recebido {
  readonly id?: string;
  readonly evento: string;
  readonly dados: string;
}

/** Um navegador: abre um fluxo e lê-lhe os eventos. */
class Navegador {
  readonly resposta: Response;
  #leitor: ReadableStreamDefaultReader<string> | undefined;
  #resto = "";

  constructor(fluxo: Fluxo, assinatura: Partial<Assinatura> = {}, { desde = "", ultimo = "" } = {}) {
    const request = new Request(
      `http://x/fluxo?desde=${desde}`,
      ultimo === "" ? {} : { headers: { "Last-Event-ID": ultimo } },
    );
    this.resposta = fluxo.resposta(request, { ...ASSINATURA, ...assinatura });
    this.#leitor = this.resposta.body?.pipeThrough(new TextDecoderStream()).getReader();
  }

  /** O evento seguinte, os batimentos incluídos; nada se o fluxo acabou. */
  async seguinte(): Promise<Recebido | undefined> {
    for (;;) {
      const fim = this.#resto.indexOf("\n\n");
      if (fim >= 0) {
        const linhas = this.#resto.slice(0, fim).split("\n").map((linha) => linha.split(/: ?/, 2));
        this.#resto = this.#resto.slice(fim + 2);
        const campo = (nome: string): string[] => linhas.filter(([um]) => um === nome).map(([, valor]) => valor);
        if (campo("event").length === 0) continue;
        const [[id], [evento], dados] = [campo("id"), campo("event"), campo("data").join("\n")];
        return id === undefined ? { evento, dados } : { id, evento, dados };
      }
      const lido = await this.#leitor?.read();
      if (lido === undefined || lido.done) return undefined;
      this.#resto += lido.value;
    }
  }

  /** O evento seguinte que não é um batimento. */
  async evento(): Promise<Recebido | undefined> {
    for (;;) {
      const recebido = await this.seguinte();
      if (recebido?.evento !== "vivo") return recebido;
    }
  }

  async dados(): Promise<string | undefined> {
    return (await this.evento())?.dados;
  }

  async vaiSe(): Promise<void> {
    await this.#leitor?.cancel();
  }
}

const ASSINATURA: Assinatura = {
  topicos: ["espera"],
  chave: "painel pt",
  de: "10.0.0.7",
  desenha: ({ tudo, listas }) => ({ nome: "mudou", dados: tudo ? "tudo" : listas.join(" ") }),
};

/** Uma novidade de que só se sabe uma lista. */
function lista(...listas: string[]): Novidade {
  return { ...NADA_DE_NOVO, listas };
}

Deno.test("o fluxo junta o que muda de perto num evento só, com o id do momento", PURO, async () => {
  using fluxo = new Fluxo({ junta: 1 });
  const desde = fluxo.agora();
  const navegador = new Navegador(fluxo, {}, { desde });
  const { headers } = navegador.resposta;
  assertEquals(["Content-Type", "Cache-Control"].map((um) => headers.get(um)), [
    "text/event-stream; charset=utf-8",
    "no-store, no-transform",
  ]);
  assertEquals(await navegador.seguinte(), { id: desde, evento: "vivo", dados: "" });
  fluxo.mudou(lista("A"));
  fluxo.mudou(lista("B", "A"));
  assertEquals(await navegador.evento(), { id: desde.replace(/0$/, "1"), evento: "mudou", dados: "A B" });
  fluxo.mudou(NADA_DE_NOVO);
  fluxo.mudou(lista("C"));
  assertEquals(await navegador.evento(), { id: desde.replace(/0$/, "2"), evento: "mudou", dados: "C" });
});

Deno.test("o que se fez vale enquanto nada muda do que segue, também o que ainda se está a juntar", PURO, () => {
  using fluxo = new Fluxo({ junta: 1000 });
  const desde = fluxo.agora();
  const vale = (id = desde): boolean => fluxo.intacto(id, ["espera:A"]);
  assertEquals([vale(), vale(""), vale("00000000.0")], [true, false, false]);
  fluxo.mudou(lista("B"));
  assertEquals(vale(), true);
  fluxo.mudou(lista("A"));
  assertEquals([vale(), fluxo.intacto(desde, ["espera:C"])], [false, true]);
  fluxo.mudouTudo();
  assertEquals(fluxo.intacto(desde, ["espera:C"]), false);
});

Deno.test("o fluxo desenha uma vez para todos os da mesma chave, e outra para cada uma das outras", PURO, async () => {
  using fluxo = new Fluxo({ junta: 1, fluxosDeUm: 1000 });
  const desde = fluxo.agora();
  const abre = (chave: string): Navegador => new Navegador(fluxo, { chave }, { desde });
  const muitos = Array.from({ length: 500 }, (_, i) => abre(i % 2 === 0 ? "pt" : "en"));
  assertEquals([fluxo.contas.fluxos, fluxo.contas.grupos, fluxo.contas.donos], [500, 2, 1]);
  for (let vez = 1; vez <= 3; vez++) {
    fluxo.mudou(lista("A"));
    const recebidos = await Promise.all(muitos.map((um) => um.dados()));
    assertEquals([new Set(recebidos), fluxo.contas.desenhados], [new Set(["A"]), 2 * vez]);
  }
});

Deno.test(
  "o fluxo só desenha para quem segue o que mudou, e quem volta depois não tem nada em falta",
  PURO,
  async () => {
    using fluxo = new Fluxo({ junta: 1 });
    const desde = fluxo.agora();
    const desenha: Assinatura["desenha"] = ({ listas }) => ({ nome: "mudou", dados: listas.join() });
    const [a, b] = (["espera:A", "espera:B"] as const).map((topico) =>
      new Navegador(fluxo, { topicos: [topico], desenha }, { desde })
    );
    fluxo.mudou(lista("A"));
    assertEquals(await a.dados(), "A");
    fluxo.mudou(lista("B"));
    const recebido = await b.evento();
    assertEquals([recebido?.dados, fluxo.contas.desenhados], ["B", 2]);
    const depois = new Navegador(fluxo, { topicos: ["espera:A"], desenha }, { desde: recebido?.id });
    fluxo.mudou(lista("A", "B"));
    assertEquals([await depois.dados(), await a.dados(), await b.dados()], ["A", "A", "B"]);
  },
);

Deno.test("quem volta recebe o que falta desde o seu id; de outro arranque, ou sem nenhum, tudo", PURO, async () => {
  using fluxo = new Fluxo({ junta: 1 });
  const desde = fluxo.agora();
  const navegador = new Navegador(fluxo, {}, { desde });
  const ids: (string | undefined)[] = [];
  for (const uma of ["A", "B", "C"]) {
    fluxo.mudou(lista(uma));
    ids.push((await navegador.evento())?.id);
  }
  const [primeiro = "", segundo = "", terceiro = ""] = ids;
  const volta = async (como: { desde?: string; ultimo?: string }): Promise<string | undefined> =>
    await new Navegador(fluxo, {}, como).dados();
  // O navegador que volta por si traz o endereço de quando abriu, e por cabeçalho o que viu depois.
  assertEquals(await volta({ desde, ultimo: segundo }), "C");
  assertEquals(await volta({ desde: primeiro }), "B C");
  assertEquals(
    await Promise.all([{}, { desde: "deadbeef.1" }, { desde, ultimo: "?" }].map(volta)),
    Array(3).fill("tudo"),
  );
  const emDia = new Navegador(fluxo, {}, { ultimo: terceiro });
  assertEquals(await emDia.seguinte(), { id: terceiro, evento: "vivo", dados: "" });
  fluxo.mudou(lista("D"));
  assertEquals(await emDia.dados(), "D");
});

Deno.test("o que muda enquanto se desenha vai a seguir, e quem entra no meio não perde nada", PURO, async () => {
  using fluxo = new Fluxo({ junta: 1 });
  const desde = fluxo.agora();
  const porDesenhar: { readonly novidade: Novidade; readonly pronto: () => void }[] = [];
  const desenha: Assinatura["desenha"] = (novidade) =>
    new Promise((resolve) => {
      const pronto = (): void => resolve({ nome: "mudou", dados: novidade.listas.join(" ") });
      porDesenhar.push({ novidade, pronto });
    });
  const antes = new Navegador(fluxo, { desenha }, { desde });
  fluxo.mudou(lista("A"));
  await ate(() => porDesenhar.length === 1);
  fluxo.mudou(lista("B"));
  await ate(() => fluxo.contas.momentos === 2);
  const meio = new Navegador(fluxo, { desenha }, { desde });
  fluxo.mudou(lista("C"));
  await ate(() => fluxo.contas.momentos === 3);
  assertEquals(porDesenhar.length, 1);
  porDesenhar[0].pronto();
  assertEquals([await antes.dados(), await meio.dados()], ["A", "A"]);
  await ate(() => porDesenhar.length === 2);
  porDesenhar[1].pronto();
  assertEquals([await antes.dados(), await meio.dados()], ["B C", "B C"]);
});

Deno.test("quem se vai enquanto se desenha para ele não leva consigo quem chega no mesmo ponto", PURO, async () => {
  using fluxo = new Fluxo({ junta: 1 });
  const desde = fluxo.agora();
  const prontos: (() => void)[] = [];
  const desenha: Assinatura["desenha"] = ({ listas }) =>
    new Promise((resolve) => prontos.push(() => resolve({ nome: "mudou", dados: listas.join(" ") })));
  fluxo.mudou(lista("A"));
  await ate(() => fluxo.contas.momentos === 1);
  const [antes, emDia] = [desde, fluxo.agora()].map((um) => new Navegador(fluxo, { desenha }, { desde: um }));
  await ate(() => prontos.length === 1);
  await antes.vaiSe();
  const chega = new Navegador(fluxo, { desenha }, { desde });
  prontos[0]();
  await ate(() => prontos.length === 2);
  prontos[1]();
  assertEquals(await chega.dados(), "A");
  await emDia.vaiSe();
});

Deno.test("o que não se pôde desenhar desenha-se depois, com o que mudou entretanto", PURO, async () => {
  const falhas: unknown[] = [];
  using fluxo = new Fluxo({ junta: 1, aoFalhar: (causa) => falhas.push(causa) });
  let falha = true;
  const desenha: Assinatura["desenha"] = ({ listas }) => {
    if (falha) throw new Error("sem livro");
    return { nome: "mudou", dados: listas.join(" ") };
  };
  const navegador = new Navegador(fluxo, { desenha }, { desde: fluxo.agora() });
  fluxo.mudou(lista("A"));
  await ate(() => falhas.length === 1);
  falha = false;
  fluxo.mudou(lista("B"));
  assertEquals(await navegador.dados(), "A B");
});

Deno.test("o que não se pôde desenhar tenta-se outra vez por si", PURO, async () => {
  using fluxo = new Fluxo({ junta: 1 });
  let vezes = 0;
  const desenha: Assinatura["desenha"] = () => {
    if (++vezes === 1) throw new Error("sem livro");
    return { nome: "mudou", dados: `à ${vezes}ª` };
  };
  const navegador = new Navegador(fluxo, { desenha }, { desde: fluxo.agora() });
  fluxo.mudou(lista("A"));
  assertEquals(await navegador.dados(), "à 2ª");
});

Deno.test(
  "a quem não lê deixa-se de mandar, e os outros não esperam por ele; quando lê, volta de onde ia",
  PURO,
  async () => {
    using fluxo = new Fluxo({ junta: 1, batimento: 10 });
    const desde = fluxo.agora();
    const desenha: Assinatura["desenha"] = ({ listas }) => ({ nome: "mudou", dados: listas.join().repeat(100_000) });
    const parado = new Navegador(fluxo, { desenha, de: "parado" }, { desde });
    const navegador = new Navegador(fluxo, { desenha }, { desde });
    let quantos = 0;
    for (; fluxo.contas.parados === 0; quantos++) {
      fluxo.mudou(lista("A"));
      assertEquals((await navegador.dados())?.length, 100_000);
      assert(quantos < 20);
    }
    // Enquanto a ligação é dele, conta.
    assertEquals([fluxo.contas.fluxos, fluxo.contas.donos], [2, 2]);
    let ultimo = desde;
    let lidos = 0;
    for (let evento = await parado.evento(); evento !== undefined; evento = await parado.evento()) {
      assertEquals(evento.dados.length, 100_000);
      ultimo = evento.id ?? "";
      lidos++;
    }
    assertEquals([fluxo.contas.fluxos, fluxo.contas.donos], [1, 1]);
    const volta = new Navegador(fluxo, { desenha, de: "parado" }, { ultimo });
    assertEquals([(await volta.dados())?.length, lidos < quantos], [100_000, true]);
  },
);

Deno.test("passado o limite, de todos ou de um, diz-se quanto esperar; quem se vai dá o lugar", PURO, async () => {
  using fluxo = new Fluxo({ fluxos: 3, fluxosDeUm: 2 });
  const [a, b] = [new Navegador(fluxo), new Navegador(fluxo)];
  const recusada = new Navegador(fluxo).resposta;
  assertEquals([recusada.status, recusada.headers.get("Retry-After"), recusada.body], [429, "5", null]);
  const c = new Navegador(fluxo, { de: "outro" });
  assertEquals(new Navegador(fluxo, { de: "outro" }).resposta.status, 503);
  await Promise.all([a, b, c].map((um) => um.vaiSe()));
  const { fluxos, grupos, donos } = fluxo.contas;
  assertEquals([fluxos, grupos, donos], [0, 0, 0]);
  assertEquals(new Navegador(fluxo).resposta.status, 200);
});

Deno.test("ao fechar, os fluxos acabam e não se abre mais nenhum", PURO, async () => {
  const fluxo = new Fluxo();
  const navegador = new Navegador(fluxo);
  fluxo.fechaTodos();
  assertEquals([await navegador.evento(), fluxo.contas.fluxos], [undefined, 0]);
  assertEquals(new Navegador(fluxo).resposta.status, 503);
  fluxo.mudou(lista("A"));
});

Deno.test("quem já não pode seguir sabe-o e sai; o que não se pode conferir fica", PURO, async () => {
  const falhas: unknown[] = [];
  using fluxo = new Fluxo({ junta: 1, aoFalhar: (causa) => falhas.push(causa) });
  const desde = fluxo.agora();
  let pode = true;
  const revogado = new Navegador(fluxo, { ainda: () => pode }, { desde });
  const incerto = new Navegador(fluxo, { ainda: () => Promise.reject(new Error("sem livro")) }, { desde });
  const outro = new Navegador(fluxo, {}, { desde });
  await fluxo.reve();
  assertEquals([fluxo.contas.fluxos, falhas.length], [3, 1]);
  pode = false;
  await fluxo.reve();
  assertEquals([await revogado.evento(), await revogado.evento()], [{ evento: "saiu", dados: "" }, undefined]);
  fluxo.mudou(lista("A"));
  assertEquals([await incerto.dados(), await outro.dados(), fluxo.contas.fluxos], ["A", "A", 2]);
});

Deno.test("o coração bate com o id de onde se vai, e de tempos a tempos confere quem ainda pode", PURO, async () => {
  using fluxo = new Fluxo({ batimento: 1 });
  const desde = fluxo.agora();
  let pode = true;
  const navegador = new Navegador(fluxo, { ainda: () => pode }, { desde });
  for (let vez = 0; vez < 3; vez++) assertEquals(await navegador.seguinte(), { id: desde, evento: "vivo", dados: "" });
  pode = false;
  assertEquals(await navegador.evento(), { evento: "saiu", dados: "" });
});

Deno.test(
  "sem ninguém, o fluxo adormece e deixa de seguir; o que mudou entretanto não se perde a quem volta",
  PURO,
  async () => {
    let seguindo = 0;
    const segue = (): Disposable => {
      seguindo++;
      return { [Symbol.dispose]: () => void seguindo-- };
    };
    using fluxo = new Fluxo({ junta: 1, batimento: 1, segue });
    assertEquals(seguindo, 0);
    const desde = fluxo.agora();
    assertEquals(seguindo, 1);
    const navegador = new Navegador(fluxo, {}, { desde });
    await navegador.vaiSe();
    await ate(() => seguindo === 0);
    assertEquals(await new Navegador(fluxo, {}, { desde }).dados(), "tudo");
    assertEquals(seguindo, 1);
  },
);

Deno.test("a dormir, o que este servidor grava não custa nada, e também não se perde", PURO, async () => {
  using fluxo = new Fluxo({ junta: 1, batimento: 1 });
  const desde = fluxo.agora();
  await new Navegador(fluxo, {}, { desde }).vaiSe();
  await ate(() => !fluxo.contas.acordado);
  let navegador = new Navegador(fluxo, {}, { desde });
  fluxo.mudou(lista("A"));
  assertEquals(await navegador.dados(), "A");
  const uma = entra({ novaEspera: () => 1 }, { cpf: cpfDeExemplo(1) });
  for (const muda of [() => fluxo.mudou(lista("B")), () => fluxo.gravou([uma])]) {
    const antes = fluxo.agora();
    await navegador.vaiSe();
    await ate(() => !fluxo.contas.acordado);
    muda();
    navegador = new Navegador(fluxo, {}, { desde: antes });
    assertEquals(await navegador.dados(), "tudo");
    assertEquals(fluxo.contas.momentos, 0);
  }
});

Deno.test("o que a agenda gravou chega com o dia, e as linhas de um evento chegam inteiras", PURO, async () => {
  using fluxo = new Fluxo({ junta: 1 });
  await using armazem = ArmazemSqlite.abre(":memory:");
  const desenha: Assinatura["desenha"] = ({ agendamentos: [{ numero, para, datas, autor }] }) => ({
    nome: "dia",
    dados: `${numero}\n${para}\r\n${datas}\r${autor.papel}\n`,
  });
  const navegador = new Navegador(fluxo, { topicos: ["dia:2026-11-30"], desenha }, { desde: fluxo.agora() });
  await grava(armazem, (vista) => {
    const mudanca = marca(vista, { cpf: cpfDeExemplo(1) });
    fluxo.gravou([mudanca]);
    return [mudanca];
  });
  assertEquals(await navegador.dados(), "1\nMARCADO\n2026-11-30\ngerente\n");
});

Deno.test("a quem tem de ficar escrito que viu, diz-se o que se lhe mandou", PURO, async () => {
  using fluxo = new Fluxo({ junta: 1 });
  const vistos: Novidade[] = [];
  const navegador = new Navegador(fluxo, { aoMandar: (novidade) => vistos.push(novidade) });
  assertEquals(await navegador.dados(), "tudo");
  fluxo.mudou(lista("A"));
  assertEquals(await navegador.dados(), "A");
  assertEquals(vistos, [TUDO_DE_NOVO, lista("A")]);
});
