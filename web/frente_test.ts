/**
 * A frente das páginas: quem ocupa sem pedir, pede sem acabar ou não lê, e quem é honesto ao lado deles; e de quem é cada pedido.
 *
 * @module
 */

import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { deadline } from "@std/async";
import type { Remoto } from "../clinica/endereco.ts";
import type { Chegada, Porta } from "../rede/ouvinte.ts";
import { ate, PACIENCIA, testeComSistema } from "../testes/apoio.ts";
import { Frente, LIMITES_DA_FRENTE, type LimitesDaFrente } from "./frente.ts";
import { type OpcoesDaPorta, PortaDasPaginas } from "./porta.ts";
import { Remetentes } from "./remetentes.ts";

const CURTOS = { turno: 300, silencio: 300, leitura: 300, conferencia: 20 };

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

async function porta(opcoes: Partial<OpcoesDaPorta> = {}): Promise<[PortaDasPaginas, string[]]> {
  const fechadas: string[] = [];
  const aberta = await PortaDasPaginas.abre(
    { ...LIVRE, ...opcoes, aoFechar: (_, motivo) => fechadas.push(motivo) },
    async (request, { endereco, desta }) => {
      const corpo = request.body === null ? "" : await request.text().catch(() => "cortado");
      return new Response(`${endereco} ${desta} ${corpo.length}`);
    },
  );
  return [aberta, fechadas];
}

async function honesto(aberta: PortaDasPaginas): Promise<void> {
  using cliente = await Cliente.liga(aberta.porta, PEDE_SO);
  assertMatch(await cliente.ateOFim(), /^HTTP\/1.1 200 [^]*127.0.0.1 true 0$/);
}

testeComSistema(
  "frente: um pedido que não acaba, seja no cabeçalho ou no corpo, fecha-se; quem cala, também",
  async () => {
    const [aberta, fechadas] = await porta({ limites: CURTOS });
    await using _ = aberta;
    for (const primeiro of ["GET / HTTP/1.1\r\nX: ", `${CORPO}ab`, "", PEDE]) {
      using cliente = await Cliente.liga(aberta.porta, primeiro);
      await honesto(aberta);
      await cliente.ateOFim();
    }
    await ate(() => fechadas.length === 2);
    assertEquals(fechadas, Array(2).fill("demorou demais a acabar um pedido"));
  },
);

testeComSistema("frente: um byte de vez em quando não dá mais tempo", async () => {
  const [aberta, fechadas] = await porta({ limites: CURTOS });
  await using _ = aberta;
  using cliente = await Cliente.liga(aberta.porta, CORPO);
  await assertRejects(async () => {
    for (const fim = performance.now() + PACIENCIA; performance.now() < fim;) {
      await cliente.manda("a");
      await new Promise((segue) => setTimeout(segue, 20));
    }
  });
  assertEquals(fechadas, ["demorou demais a acabar um pedido"]);
});

testeComSistema("frente: quem manda sem fim, ou fala HTTP/2 às claras, é cortado", async () => {
  const [aberta, fechadas] = await porta();
  await using _ = aberta;
  using semFim = await Cliente.liga(aberta.porta, CORPO);
  await assertRejects(async () => {
    for (;;) await semFim.manda("a".repeat(65536));
  });
  await ate(() => fechadas.length === 1);
  assertEquals(fechadas, ["mandou demais sem esperar resposta"]);
  using h2 = await Cliente.liga(aberta.porta, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  assertEquals(await h2.ateOFim(), "");
  await honesto(aberta);
});

testeComSistema("frente: quem não lê é cortado, e o que se lhe respondia não fica à espera", async () => {
  const acabou = Promise.withResolvers<void>();
  const fechadas: string[] = [];
  const infinito = (): Response =>
    new Response(
      new ReadableStream({
        pull: (controle) => controle.enqueue(new Uint8Array(65536)),
        cancel: () => acabou.resolve(),
      }),
    );
  await using aberta = await PortaDasPaginas.abre(
    { ...LIVRE, limites: CURTOS, aoFechar: (_, motivo) => fechadas.push(motivo) },
    infinito,
  );
  using _cliente = await Cliente.liga(aberta.porta, PEDE);
  await acabou.promise;
  await ate(() => fechadas.length === 1);
  assertEquals(fechadas, ["não leu o que se lhe respondeu"]);
});

testeComSistema("porta: ao encerrar, um pedido em curso tem resposta, e quem cala não a segura", async () => {
  const [chegou, responde] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const aberta = await PortaDasPaginas.abre(LIVRE, async () => {
    chegou.resolve();
    await responde.promise;
    return new Response("feito");
  });
  using cliente = await Cliente.liga(aberta.porta, PEDE);
  using _calado = await Cliente.liga(aberta.porta);
  await chegou.promise;
  const fim = aberta[Symbol.asyncDispose]();
  responde.resolve();
  assertMatch(await cliente.ateOFim(), /feito$/);
  await fim;
  await assertRejects(() => Deno.connect({ hostname: "127.0.0.1", port: aberta.porta }), Deno.errors.ConnectionRefused);
});

testeComSistema("porta: uma que já está em uso diz-se como tal", async () => {
  using ocupada = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const erro = await assertRejects(() => porta({ porta: ocupada.addr.port }), Error);
  assertEquals("code" in erro && erro.code, "EADDRINUSE");
});

// ------------------------------------------------------------------------------------------- de quem são as ligações

/** Uma ligação de quem se quiser, que só se fecha. */
class Falsa implements Chegada {
  fechada = Promise.withResolvers<null>();
  fechou = false;

  constructor(readonly remoteAddr: Remoto) {}

  setNoDelay(): void {}

  read(): Promise<null> {
    return this.fechada.promise;
  }

  write(bytes: Uint8Array): Promise<number> {
    return Promise.resolve(bytes.length);
  }

  closeWrite(): Promise<void> {
    return Promise.resolve();
  }

  close(): void {
    this.fechou = true;
    this.fechada.resolve(null);
  }
}

/** Uma porta por onde chegam as que se dão. */
class PortaFalsa implements Porta {
  #prontas: Falsa[] = [];
  #espera: ((falsa: Falsa) => void) | undefined;

  chega(hostname: string): Falsa {
    const falsa = new Falsa({ hostname, port: 1 });
    if (this.#espera === undefined) this.#prontas.push(falsa);
    else this.#espera(falsa);
    this.#espera = undefined;
    return falsa;
  }

  accept(): Promise<Falsa> {
    const pronta = this.#prontas.shift();
    return pronta === undefined ? new Promise((resolve) => this.#espera = resolve) : Promise.resolve(pronta);
  }

  close(): void {}
}

function frente(limites: Partial<LimitesDaFrente>, confiados?: ReadonlySet<string>): [Frente, PortaFalsa, string[]] {
  const fechadas: string[] = [];
  const uma = new Frente({
    liga: () => Promise.reject(new Error("ninguém pede nada")),
    anota: () => {},
    limites: { ...LIMITES_DA_FRENTE, conexoes: 100, conexoesPorEndereco: 2, ...limites },
    confiados,
    aoFechar: (cliente) => fechadas.push(cliente),
    aoFalhar: () => {},
  });
  const falsa = new PortaFalsa();
  uma.atende(falsa);
  return [uma, falsa, fechadas];
}

Deno.test("frente: cada endereço, ou /64, tem as suas; esta máquina e os intermediários não", {
  permissions: "none",
}, async () => {
  const [uma, chegadas, fechadas] = frente({}, new Set(["10.0.0.99"]));
  using _ = uma;
  const [a, b, c] = [1, 2, 3].map(() => chegadas.chega("10.0.0.7"));
  const de = ["2001:db8::1", "2001:db8::2", "2001:db8::3"].map((um) => chegadas.chega(um));
  for (let i = 0; i < 5; i++) chegadas.chega("127.0.0.1");
  for (let i = 0; i < 5; i++) chegadas.chega("10.0.0.99");
  await ate(() => uma.conexoes === 14);
  assertEquals([a, b, c, ...de].map(({ fechou }) => fechou), [false, false, true, false, false, true]);
  assertEquals(fechadas, ["10.0.0.7:1", "[2001:db8::3]:1"]);
});

Deno.test("frente: cheia, quem chega entra, e sai uma das que esperam", { permissions: "none" }, async () => {
  const [uma, chegadas] = frente({ conexoes: 10 });
  using _ = uma;
  const todas = Array.from({ length: 30 }, (_, n) => chegadas.chega(`10.0.0.${n}`));
  await ate(() => todas.filter(({ fechou }) => !fechou).length === 10);
  assertEquals(todas.at(-1)?.fechou, false);
  assertEquals(uma.conexoes, 10);
});

Deno.test("frente: com o endereço cheio, a que demora dá o lugar; as que acabam de chegar, não", {
  permissions: "none",
}, async () => {
  const [uma, chegadas] = frente({});
  using _ = uma;
  const [velha, nova, recusada] = [1, 2, 3].map(() => chegadas.chega("10.0.0.7"));
  await ate(() => recusada.fechou);
  assert(!velha.fechou && !nova.fechou);
  let ultima = recusada;
  await ate(() => {
    if (ultima.fechou) ultima = chegadas.chega("10.0.0.7");
    return velha.fechou;
  });
  assertEquals([nova.fechou, uma.conexoes], [false, 2]);
});

Deno.test("remetentes: de quem é a ligação de cada porta, visto por quem tem a mesma memória", {
  permissions: "none",
}, () => {
  const aqui = new Remetentes();
  const la = new Remetentes(aqui.memoria);
  for (
    const [porta, de] of [
      [1, { hostname: "10.0.0.7", port: 65535 }],
      [65535, { hostname: "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255", port: 0 }],
    ] as const
  ) {
    assertEquals(la.de(porta), undefined);
    aqui.anota(porta, de);
    assertEquals(la.de(porta), de);
  }
  aqui.anota(1, undefined);
  assertEquals(la.de(1), undefined);
});

testeComSistema("frente: de quem larga um fluxo não fica nada a ocupar lugar", async () => {
  const fechadas: string[] = [];
  let largados = 0;
  await using aberta = await PortaDasPaginas.abre(
    { ...LIVRE, conexoes: 3, aoFechar: (_, motivo) => fechadas.push(motivo) },
    () => {
      const fluxo = new ReadableStream({
        start: (controlo) => controlo.enqueue(new TextEncoder().encode("um")),
        cancel: () => void largados++,
      });
      return new Response(fluxo);
    },
  );
  for (let vez = 1; vez <= 20; vez++) {
    {
      using cliente = await Cliente.liga(aberta.porta, PEDE);
      await cliente.umPouco();
    }
    await ate(() => largados === vez);
  }
  assertEquals(fechadas, []);
});
