/**
 * Testes da porta das páginas: de que máquina é quem liga, e o certificado que se troca sem cortar quem está ligado.
 *
 * @module
 */

import { assertEquals, assertRejects } from "@std/assert";
import {
  ate,
  Fio,
  PACIENCIA,
  parDeExemplo,
  Pasta,
  roda,
  saidaDe,
  Servidor,
  testeCom,
  testeComSistema,
} from "../testes/apoio.ts";
import { type OpcoesDaPorta, PortaDasPaginas, type Responde } from "./porta.ts";

const AQUI = { endereco: "127.0.0.1", porta: 0, conexoes: 100, conexoesPorEndereco: 100 };

async function comPorta(
  opcoes: Partial<OpcoesDaPorta>,
  responde: Responde,
  fn: (porta: PortaDasPaginas) => Promise<void>,
): Promise<void> {
  await using porta = await PortaDasPaginas.abre({ ...AQUI, ...opcoes }, responde);
  await fn(porta);
}

/** O que um navegador que só confia nestes certificados recebe, por uma ligação nova. */
async function pede(porta: number, certificados: string[], caminho = "/"): Promise<string> {
  using client = Deno.createHttpClient({ caCerts: certificados, poolMaxIdlePerHost: 0 });
  return await (await fetch(`https://localhost:${porta}${caminho}`, { client })).text();
}

testeComSistema("porta das páginas: trocado o certificado, quem chega vê o novo, e quem está continua", async () => {
  const [antes, depois, outro] = await Promise.all([1, 2, 3].map(() => parDeExemplo(["localhost"])));
  const fluxos: ReadableStreamDefaultController<Uint8Array>[] = [];
  const responde: Responde = ({ url }) => {
    if (!url.endsWith("/fluxo")) return new Response("cá está");
    return new Response(new ReadableStream({ start: (fluxo) => void fluxos.push(fluxo) }));
  };
  await comPorta({ par: antes }, responde, async (porta) => {
    const numero = porta.porta;
    using client = Deno.createHttpClient({ caCerts: [antes.certificado] });
    const { body } = await fetch(`https://localhost:${numero}/fluxo`, { client });
    const leitor = body?.pipeThrough(new TextDecoderStream()).getReader();
    const manda = async (texto: string): Promise<void> => {
      fluxos[0].enqueue(new TextEncoder().encode(texto));
      assertEquals((await leitor?.read())?.value, texto);
    };
    await manda("antes");
    porta.troca(depois);
    assertEquals(porta.porta, numero);
    await manda("depois");
    assertEquals(await pede(numero, [depois.certificado]), "cá está");
    await assertRejects(() => pede(numero, [antes.certificado]));
    // Duas de seguida: vale a última.
    porta.troca(antes);
    porta.troca(outro);
    await manda("ainda");
    assertEquals(await pede(numero, [outro.certificado]), "cá está");
    fluxos[0].close();
    await leitor?.read();
  });
});

testeComSistema("porta das páginas: fechada a meio de uma troca, fica livre", async () => {
  const [antes, depois] = await Promise.all([1, 2].map(() => parDeExemplo(["localhost"])));
  const porta = await PortaDasPaginas.abre({ ...AQUI, par: antes }, () => new Response("cá está"));
  const numero = porta.porta;
  porta.troca(depois);
  await porta[Symbol.asyncDispose]();
  Deno.listen({ hostname: "127.0.0.1", port: numero }).close();
});

testeComSistema("porta das páginas: uma que já está em uso diz-se como tal, às claras e por TLS", async () => {
  using ocupada = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  for (const par of [undefined, await parDeExemplo(["localhost"])]) {
    const opcoes = { ...AQUI, par, porta: ocupada.addr.port };
    const erro = await assertRejects(() => PortaDasPaginas.abre(opcoes, () => new Response()), Error);
    assertEquals("code" in erro && erro.code, "EADDRINUSE");
  }
});

testeComSistema("porta das páginas: desta máquina é quem liga dela, e não por um intermediário", async () => {
  await comPorta({ confiados: new Set(["127.0.0.1"]) }, (_request, de) => Response.json(de), async ({ porta }) => {
    const de = async (headers: Record<string, string> = {}): Promise<unknown[]> => {
      const { endereco, desta } = await (await fetch(`http://127.0.0.1:${porta}/`, { headers })).json();
      return [endereco, desta];
    };
    assertEquals(await de(), ["127.0.0.1", true]);
    assertEquals(await de({ "x-forwarded-for": "127.0.0.1" }), ["127.0.0.1", false]);
    assertEquals(await de({ forwarded: "for=10.0.0.7" }), ["10.0.0.7", false]);
  });
});

testeCom(
  "prlimit",
  ["--version"],
  "porta das páginas: sem arquivos livres o servidor não cai, e depois atende",
  async () => {
    using pasta = new Pasta();
    await using servidor = await Servidor.inicia({ pasta: pasta.caminho });
    const casa = await servidor.paginas();
    const abertos = [...Deno.readDirSync(`/proc/${servidor.pid}/fd`)].length;
    await saidaDe("prlimit", "--pid", String(servidor.pid), `--nofile=${abertos + 20}:4096`);
    using pilha = new DisposableStack();
    for (let n = 0; n < 60; n++) {
      const conn = pilha.use(await Deno.connect({ hostname: "127.0.0.1", port: Number(new URL(casa).port) }));
      await conn.write(new TextEncoder().encode("GET / HTTP/1.1\r\nHost: x\r\n\r\n"));
    }
    await servidor.registrou(({ evento, causa }) => evento === "falha" && String(causa).includes("open files"));
    pilha.dispose();
    await ate(async () => {
      using client = Deno.createHttpClient({ poolMaxIdlePerHost: 0 });
      const resposta = await fetch(casa, { client }).catch(() => undefined);
      await resposta?.body?.cancel();
      return resposta?.status === 200;
    });
    using fio = await Fio.conecta(servidor.porta);
    assertEquals((await fio.resposta()).codigo, "OK-200");
  },
);

testeCom(
  "prlimit",
  ["--version"],
  "porta das páginas: com os arquivos todos para os terminais ainda se atende uma de cada vez",
  async () => {
    using pasta = new Pasta();
    const diante = ["prlimit", "--nofile=1000"];
    const { stderr } = await roda("servidor.ts", ["--conexoes", "1000"], { cwd: pasta.caminho, diante });
    const [, maximo] = /use no máximo (\d+)/.exec(stderr) ?? [];
    await using servidor = await Servidor.inicia({ pasta: pasta.caminho, diante, args: ["--conexoes", maximo] });
    const casa = await servidor.paginas();
    using client = Deno.createHttpClient({ poolMaxIdlePerHost: 0 });
    for (let vez = 0; vez < 3; vez++) {
      const resposta = await fetch(casa, { client, signal: AbortSignal.timeout(PACIENCIA) });
      await resposta.body?.cancel();
      assertEquals(resposta.status, 200);
    }
  },
);
