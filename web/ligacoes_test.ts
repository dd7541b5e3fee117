/**
 * As ligações às páginas: quem ocupa sem pedir, pede sem acabar ou não lê, e quem é honesto ao lado deles; e quantas são de quem.
 *
 * @module
 */

import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { deadline } from "@std/async";
import { ate, PACIENCIA, testeComSistema } from "../testes/apoio.ts";
import { type Conexao, Ligacoes, type LimitesDasLigacoes, PRAZOS } from "./ligacoes.ts";
import { type OpcoesDaPorta, PortaDasPaginas, type Responde } from "./porta.ts";

const CURTOS = { turno: 300, silencio: 300, adeus: 100, conferencia: 20 };

const LIVRE = { ...{ endereco: "127.0.0.1", porta: 0, conexoes: 100, conexoesPorEndereco: 100 } };

/** Um cliente que escreve o que quer, e lê até ao fim. */
class Cliente implements Disposable {
  #conn: Deno.TcpConn;

  private constructor(conn: Deno.TcpConn) {
    this.#conn = conn;
  }

  static async liga(porta: number, primeiro = ""): Promise<Cliente> {
    const cliente = new Cliente(await Deno.connect({ hostname: "127.0.0.1", port: porta }));
    await cliente.manda(primeiro);
    return cliente;
  }

  async manda(texto: string): Promise<void> {
    const bytes = new TextEncoder().encode(texto);
    for (let feito = 0; feito < bytes.length;) feito += await this.#conn.write(bytes.subarray(feito));
  }

  /** O que veio até que o servidor fechou. */
  async ateOFim(): Promise<string> {
    let [lido, n] = ["", 0 as number | null];
    const bloco = new Uint8Array(65536);
    try {
      while ((n = await deadline(this.#conn.read(bloco), PACIENCIA)) !== null) {
        lido += new TextDecoder().decode(bloco.subarray(0, n));
      }
    } catch (erro) {
      if (!(erro instanceof Deno.errors.ConnectionReset)) throw erro;
    }
    return lido;
  }

  /** O que já veio. */
  async umPouco(): Promise<void> {
    await deadline(this.#conn.read(new Uint8Array(65536)), PACIENCIA);
  }

  [Symbol.dispose](): void {
    this.#conn.close();
  }
}

const PEDE = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
const PEDE_SO = PEDE.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n");
const CORPO = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n";

const diz: Responde = async (request, { endereco, desta }) => {
  const corpo = request.body === null ? "" : await request.text().catch(() => "cortado");
  return new Response(`${endereco} ${desta} ${corpo.length}`);
};

async function porta(
  opcoes: Partial<OpcoesDaPorta> = {},
  responde = diz,
): Promise<[aberta: PortaDasPaginas, cortadas: string[]]> {
  const cortadas: string[] = [];
  const aoCortar = (_: string, motivo: string): void => void cortadas.push(motivo);
  return [await PortaDasPaginas.abre({ ...LIVRE, ...opcoes, aoCortar }, responde), cortadas];
}

async function honesto(aberta: PortaDasPaginas): Promise<void> {
  using cliente = await Cliente.liga(aberta.porta, PEDE_SO);
  assertMatch(await cliente.ateOFim(), /^HTTP\/1.1 200 [^]*127.0.0.1 true 0$/);
}

testeComSistema(
  "ligações: um pedido que não acaba, seja no cabeçalho ou no corpo, corta-se; quem cala, também",
  async () => {
    const [aberta, cortadas] = await porta({ limites: CURTOS });
    await using _ = aberta;
    for (const primeiro of ["GET / HTTP/1.1\r\nX: ", `${CORPO}ab`, "", PEDE, `${PEDE}GET / HTTP/1.1\r\nX: `]) {
      using cliente = await Cliente.liga(aberta.porta, primeiro);
      await honesto(aberta);
      await cliente.ateOFim();
    }
    assertEquals(cortadas, ["demorou demais a acabar um pedido"]);
  },
);

testeComSistema("ligações: um byte de vez em quando não dá mais tempo", async () => {
  const [aberta, cortadas] = await porta({ limites: CURTOS });
  await using _ = aberta;
  using cliente = await Cliente.liga(aberta.porta, CORPO);
  await assertRejects(async () => {
    for (const fim = performance.now() + PACIENCIA; performance.now() < fim;) {
      await cliente.manda("a");
      await new Promise((segue) => setTimeout(segue, 20));
    }
  });
  assertEquals(cortadas, ["demorou demais a acabar um pedido"]);
});

testeComSistema("ligações: quem continua a mandar depois de lhe responderem é cortado", async () => {
  const [aberta] = await porta({ limites: { ...CURTOS, silencio: PACIENCIA } }, async (request) => {
    for await (const _ of request.body ?? []) break;
    return new Response(null, { status: 413 });
  });
  await using _ = aberta;
  for (
    const cabeca of [
      CORPO,
      CORPO.replace("POST", "GET"),
      CORPO.replace("Content-Length: 1000000", "Transfer-Encoding: chunked"),
    ]
  ) {
    const pedaco = cabeca.includes("chunked") ? `1000\r\n${"a".repeat(4096)}\r\n` : "a";
    using semFim = await Cliente.liga(aberta.porta, cabeca);
    await assertRejects(async () => {
      for (const fim = performance.now() + PACIENCIA; performance.now() < fim;) {
        await semFim.manda(pedaco);
        await new Promise((segue) => setTimeout(segue, 5));
      }
    });
  }
});

testeComSistema("ligações: quem não lê é cortado, e o que se lhe respondia não fica à espera", async () => {
  const acabou = Promise.withResolvers<void>();
  const infinito = (): Response =>
    new Response(
      new ReadableStream({
        pull: (controle) => controle.enqueue(new Uint8Array(65536)),
        cancel: () => acabou.resolve(),
      }),
    );
  const [aberta] = await porta({ limites: CURTOS }, infinito);
  await using _ = aberta;
  using _cliente = await Cliente.liga(aberta.porta, PEDE);
  await acabou.promise;
});

testeComSistema("ligações: o que se responde aos poucos dura enquanto é lido", async () => {
  const PEDACOS = 60;
  const [aberta, cortadas] = await porta({ limites: CURTOS }, (_request, { passou }) => {
    async function* pedacos(): AsyncGenerator<Uint8Array> {
      for (let n = 0; n < PEDACOS; n++) {
        await new Promise((segue) => setTimeout(segue, 20));
        passou();
        yield new TextEncoder().encode("a");
      }
    }
    return new Response(ReadableStream.from(pedacos()));
  });
  await using _ = aberta;
  using cliente = await Cliente.liga(aberta.porta, PEDE_SO);
  assertEquals((await cliente.ateOFim()).match(/^a$/gm)?.length, PEDACOS);
  assertEquals(cortadas, []);
});

testeComSistema(
  "ligações: a quem fala HTTP/2 às claras, que seriam centenas de pedidos numa só, corta-se",
  async () => {
    let pedidos = 0;
    const [aberta] = await porta({}, () => {
      pedidos++;
      return new Response("nunca");
    });
    await using _ = aberta;
    using client = Deno.createHttpClient({ http1: false, http2: true });
    await assertRejects(() => fetch(`http://127.0.0.1:${aberta.porta}/`, { client }));
    assertEquals(pedidos, 0);
  },
);

testeComSistema("ligações: um pedido que ninguém sabe responder tem 500, e a ligação continua", async () => {
  const falhas: string[] = [];
  let pedidos = 0;
  await using aberta = await PortaDasPaginas.abre({ ...LIVRE, aoFalhar: (o_que) => falhas.push(o_que) }, () => {
    if (++pedidos === 1) throw new Error("à primeira");
    return pedidos === 2 ? Promise.reject(new Error("à segunda")) : new Response("à terceira");
  });
  using cliente = await Cliente.liga(aberta.porta, PEDE + PEDE + PEDE_SO);
  assertMatch(await cliente.ateOFim(), /^HTTP\/1.1 500 [^]*HTTP\/1.1 500 [^]*HTTP\/1.1 200 [^]*à terceira$/);
  assertEquals(falhas.length, 2);
});

testeComSistema("ligações: ao encerrar, um pedido em curso tem resposta, e quem cala não as segura", async () => {
  const [chegou, responde] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const [aberta] = await porta({}, async () => {
    chegou.resolve();
    await responde.promise;
    return new Response("feito");
  });
  using cliente = await Cliente.liga(aberta.porta, PEDE);
  using _calado = await Cliente.liga(aberta.porta);
  using _aMeio = await Cliente.liga(aberta.porta, "GET / HT");
  await chegou.promise;
  const fim = aberta[Symbol.asyncDispose]();
  responde.resolve();
  assertMatch(await cliente.ateOFim(), /feito$/);
  await fim;
  await assertRejects(() => Deno.connect({ hostname: "127.0.0.1", port: aberta.porta }), Deno.errors.ConnectionRefused);
});

testeComSistema("ligações: ao encerrar, o que não acaba é cortado no fim do prazo, e nada mais se passa", async () => {
  const nunca = Promise.withResolvers<Response>();
  const largado = Promise.withResolvers<void>();
  const aMeio = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const [aberta] = await porta({}, (request) => {
    if (request.url.endsWith("/nunca")) {
      aMeio[0].resolve();
      return nunca.promise;
    }
    aMeio[1].resolve();
    const cheio = new Uint8Array(65536);
    return new Response(
      new ReadableStream({ pull: (controle) => controle.enqueue(cheio), cancel: () => largado.resolve() }),
    );
  });
  using espera = await Cliente.liga(aberta.porta, PEDE.replace("/ ", "/nunca "));
  using _naoLe = await Cliente.liga(aberta.porta, PEDE);
  await Promise.all(aMeio.map(({ promise }) => promise));
  await aberta[Symbol.asyncDispose]();
  await largado.promise;
  assertEquals(await espera.ateOFim(), "");
  nunca.resolve(new Response("tarde"));
});

testeComSistema("ligações: de quem larga um fluxo não fica nada a ocupar lugar", async () => {
  let largados = 0;
  const [aberta, cortadas] = await porta({ conexoes: 3 }, () => {
    const fluxo = new ReadableStream({
      start: (controlo) => controlo.enqueue(new TextEncoder().encode("um")),
      cancel: () => void largados++,
    });
    return new Response(fluxo);
  });
  await using _ = aberta;
  for (let vez = 1; vez <= 20; vez++) {
    {
      using cliente = await Cliente.liga(aberta.porta, PEDE);
      await cliente.umPouco();
    }
    await ate(() => largados === vez);
  }
  assertEquals(cortadas, []);
});

// ------------------------------------------------------------------------------------------------------ de quem são

/** Uma que só se fecha. */
class Falsa implements Conexao {
  fechou = false;

  setNoDelay(): void {}

  close(): void {
    this.fechou = true;
  }
}

/** Ligações que nunca pedem nada, de quem se quiser. */
class Calados implements AsyncDisposable {
  readonly cortadas: string[] = [];
  readonly ligacoes: Ligacoes<Falsa>;

  constructor(limites: Partial<LimitesDasLigacoes> = {}, confiados?: ReadonlySet<string>) {
    this.ligacoes = new Ligacoes<Falsa>({
      serve(conexao, corte): { finished: Promise<void> } {
        const { promise: finished, resolve } = Promise.withResolvers<void>();
        corte.addEventListener("abort", () => {
          conexao.close();
          resolve();
        });
        return { finished };
      },
      limites: { ...PRAZOS, conexoes: 100, conexoesPorEndereco: 2, ...limites },
      confiados,
      aoCortar: (cliente) => this.cortadas.push(cliente),
      aoFalhar(): void {},
    });
  }

  chega(hostname: string): Falsa {
    const falsa = new Falsa();
    this.ligacoes.recebe(falsa, { hostname, port: 1 }, () => new Response());
    return falsa;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.ligacoes[Symbol.asyncDispose]();
  }
}

Deno.test("ligações: cada endereço, ou /64, tem as suas; esta máquina e os intermediários não", {
  permissions: "none",
}, async () => {
  await using calados = new Calados({}, new Set(["10.0.0.99"]));
  const [a, b, c] = [1, 2, 3].map(() => calados.chega("10.0.0.7"));
  const de = ["2001:db8::1", "2001:db8::2", "2001:db8::3"].map((um) => calados.chega(um));
  for (let i = 0; i < 5; i++) calados.chega("127.0.0.1");
  for (let i = 0; i < 5; i++) calados.chega("10.0.0.99");
  assertEquals(calados.ligacoes.quantas, 14);
  assertEquals([a, b, c, ...de].map(({ fechou }) => fechou), [false, false, true, false, false, true]);
  assertEquals(calados.cortadas, ["10.0.0.7:1", "[2001:db8::3]:1"]);
});

Deno.test("ligações: cheias, quem chega entra, e sai uma das que esperam", { permissions: "none" }, async () => {
  await using calados = new Calados({ conexoes: 10 });
  const todas = Array.from({ length: 30 }, (_, n) => calados.chega(`10.0.0.${n}`));
  assertEquals(todas.filter(({ fechou }) => !fechou).length, 10);
  assertEquals(todas.at(-1)?.fechou, false);
  assertEquals(calados.ligacoes.quantas, 10);
});

Deno.test("ligações: com o endereço cheio, a que demora dá o lugar; as que acabam de chegar, não", {
  permissions: "none",
}, async () => {
  await using calados = new Calados();
  const [velha, nova, recusada] = [1, 2, 3].map(() => calados.chega("10.0.0.7"));
  assertEquals([velha, nova, recusada].map(({ fechou }) => fechou), [false, false, true]);
  let ultima = recusada;
  await ate(() => {
    if (ultima.fechou) ultima = calados.chega("10.0.0.7");
    return velha.fechou;
  });
  assertEquals([nova.fechou, ultima.fechou, calados.ligacoes.quantas], [false, false, 2]);
});
