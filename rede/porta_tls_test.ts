/**
 * Testes da porta por TLS, por sockets de verdade: quem acaba o aperto de mãos, quem não, e o certificado que se troca. Do outro
 * lado está a implementação do Deno, que não é a da porta.
 *
 * @module
 */

import { assertEquals, assertRejects } from "@std/assert";
import { deadline, delay } from "@std/async";
import { type OpcoesDaPortaTls, PortaTls } from "./porta_tls.ts";
import { ate, PACIENCIA, parDeExemplo, testeComSistema } from "../testes/apoio.ts";
import { cabecalho } from "../testes/proxy.ts";

const PAR = await parDeExemplo(["localhost"]);

/** Um prazo que não acaba durante um teste, em ms: quem fecha não é ele. */
const SEM_PRAZO = 10 * 60_000;

/** Uma porta aberta, e o que ela disse de quem não acabou. */
async function abre(opcoes: Partial<OpcoesDaPortaTls> = {}): Promise<{ porta: PortaTls; falhas: string[] }> {
  const falhas: string[] = [];
  const porta = await PortaTls.abre({
    ...{ endereco: "127.0.0.1", porta: 0, fila: 100, conexoes: 100, par: PAR },
    aoFalhar: (cliente, motivo) => falhas.push(`${cliente.replace(/\d+$/, "N")} ${motivo}`),
    ...opcoes,
  });
  return { porta, falhas };
}

function teste(nome: string, fn: () => Promise<void>): void {
  testeComSistema(`porta TLS: ${nome}`, fn);
}

async function liga({ porta }: PortaTls, { certificado } = PAR): Promise<Deno.TlsConn> {
  return await Deno.connectTls({ hostname: "localhost", port: porta, caCerts: [certificado] });
}

/** Lê até ao fim; o que quer que aconteça, acaba. */
async function leTudo(conn: Deno.Conn): Promise<number> {
  const bloco = new Uint8Array(1024);
  let lidos = 0;
  try {
    for (let n; (n = await deadline(conn.read(bloco), PACIENCIA)) !== null;) lidos += n;
  } catch (erro) {
    if (erro instanceof DOMException) throw erro;
  }
  return lidos;
}

const TEXTO = new TextEncoder();

teste("o que se escreve chega, e o fim também, dos dois lados", async () => {
  const { porta } = await abre();
  using _porta = porta;
  using cliente = await liga(porta);
  const servidor = await porta.accept();
  assertEquals(servidor.remoteAddr.hostname, "127.0.0.1");
  await cliente.write(TEXTO.encode("um pedido"));
  // Um bloco menor do que o que veio: o resto fica para a leitura seguinte.
  const [a, b] = [new Uint8Array(4), new Uint8Array(100)];
  assertEquals([await servidor.read(a), new TextDecoder().decode(a)], [4, "um p"]);
  assertEquals(await servidor.read(b), 5);
  await cliente.closeWrite();
  assertEquals(await servidor.read(b), null);
  // Quem disse que não pede mais ainda ouve.
  assertEquals(await servidor.write(TEXTO.encode("a resposta")), 10);
  await servidor.closeWrite();
  assertEquals(await leTudo(cliente), 10);
  servidor.close();
});

teste("uma leitura em curso acaba quando se fecha, e quando o outro lado some", async () => {
  const { porta } = await abre();
  using _porta = porta;
  using cliente = await liga(porta);
  await cliente.handshake();
  const nossa = await porta.accept();
  const lendo = assertRejects(() => nossa.read(new Uint8Array(9)), Deno.errors.ConnectionReset);
  nossa.close();
  await deadline(lendo, PACIENCIA);
  const outro = await liga(porta);
  await outro.handshake();
  const dele = await porta.accept();
  const lido = dele.read(new Uint8Array(9)).catch(() => null);
  outro.close();
  assertEquals(await deadline(lido, PACIENCIA), null);
  dele.close();
});

teste("quem cala a meio do aperto de mãos é desligado, e não segura quem vem atrás", async () => {
  const { porta, falhas } = await abre({ prazo: 300 });
  using _porta = porta;
  using mudo = await Deno.connect({ hostname: "127.0.0.1", port: porta.porta });
  using cliente = await liga(porta);
  const servidor = await deadline(porta.accept(), PACIENCIA);
  await servidor.write(TEXTO.encode("x"));
  assertEquals(await cliente.read(new Uint8Array(9)), 1);
  assertEquals(await leTudo(mudo), 0);
  assertEquals(falhas, ["127.0.0.1:N não acabou o aperto de mãos TLS a tempo"]);
  servidor.close();
});

teste("com apertos de mãos demais sai o mais demorado", async () => {
  const { porta, falhas } = await abre({ apertos: 2, prazo: SEM_PRAZO });
  using _porta = porta;
  using primeiro = await Deno.connect({ hostname: "127.0.0.1", port: porta.porta });
  using _segundo = await Deno.connect({ hostname: "127.0.0.1", port: porta.porta });
  using _terceiro = await Deno.connect({ hostname: "127.0.0.1", port: porta.porta });
  assertEquals(await leTudo(primeiro), 0);
  assertEquals(falhas, ["127.0.0.1:N há apertos de mãos TLS demais, e este era o mais demorado"]);
});

teste("bytes às claras têm um alerta e o fim", async () => {
  const { porta, falhas } = await abre();
  using _porta = porta;
  using claro = await Deno.connect({ hostname: "127.0.0.1", port: porta.porta });
  await claro.write(TEXTO.encode('["PING"]\n'));
  assertEquals(await leTudo(claro), 7);
  assertEquals(falhas, ["127.0.0.1:N não fala TLS"]);
});

teste("outro certificado vale para quem chega, e ninguém é desligado", async () => {
  const { porta } = await abre();
  using _porta = porta;
  using antiga = await liga(porta);
  const servidor = await porta.accept();
  const novo = await parDeExemplo(["localhost"]);
  porta.troca(novo);
  using nova = await liga(porta, novo);
  await nova.handshake();
  (await porta.accept()).close();
  await assertRejects(async () => {
    using recusada = await liga(porta);
    await recusada.handshake();
  }, Deno.errors.InvalidData);
  await servidor.write(TEXTO.encode("ainda cá"));
  assertEquals(await antiga.read(new Uint8Array(99)), 9);
  servidor.close();
});

teste("fechada, o accept rejeita, quem aperta as mãos é desligado, e ninguém mais entra", async () => {
  const { porta } = await abre({ prazo: SEM_PRAZO });
  const numero = porta.porta;
  using mudo = await Deno.connect({ hostname: "127.0.0.1", port: numero });
  using cliente = await liga(porta);
  await cliente.handshake();
  (await porta.accept()).close();
  const aceitando = assertRejects(() => porta.accept(), Deno.errors.BadResource);
  porta.close();
  await deadline(aceitando, PACIENCIA);
  assertEquals(await leTudo(mudo), 0);
  await assertRejects(() => Deno.connect({ hostname: "127.0.0.1", port: numero }), Deno.errors.ConnectionRefused);
});

teste("uma porta já tomada rejeita com o código do sistema", async () => {
  const { porta } = await abre();
  using _porta = porta;
  const erro = await assertRejects(() => abre({ porta: porta.porta }), Error);
  assertEquals(Object(erro).code, "EADDRINUSE");
});

/** Liga por TLS depois de mandar estes bytes, que vão antes do aperto de mãos ou com o começo dele. */
async function ligaDepoisDe({ porta }: PortaTls, bytes: Uint8Array, junto: boolean): Promise<Deno.TlsConn> {
  const intermediario = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const traz = async (): Promise<void> => {
    const [daqui, dali] = await Promise.all([
      intermediario.accept(),
      Deno.connect({ hostname: "127.0.0.1", port: porta }),
    ]);
    intermediario.close();
    const bloco = new Uint8Array(65_536);
    const lidos = await daqui.read(bloco) ?? 0;
    if (!junto) await dali.write(bytes);
    await dali.write(Uint8Array.from([...junto ? bytes : [], ...bloco.subarray(0, lidos)]));
    await Promise.allSettled([daqui.readable.pipeTo(dali.writable), dali.readable.pipeTo(daqui.writable)]);
  };
  traz();
  return await Deno.connectTls({
    hostname: "localhost",
    port: intermediario.addr.port,
    caCerts: [PAR.certificado],
  });
}

teste("atrás de um proxy o cabeçalho vem antes do aperto de mãos, e diz de quem é a ligação", async () => {
  const { porta, falhas } = await abre({ confiados: new Set(["127.0.0.1"]) });
  using _porta = porta;
  for (const junto of [false, true]) {
    using cliente = await ligaDepoisDe(porta, cabecalho("203.0.113.9", 51_234), junto);
    const servidor = await deadline(porta.accept(), PACIENCIA);
    assertEquals(servidor.remoteAddr, { hostname: "203.0.113.9", port: 51_234 });
    await cliente.write(TEXTO.encode("um pedido"));
    assertEquals(await servidor.read(new Uint8Array(99)), 9);
    await servidor.write(TEXTO.encode("resposta"));
    assertEquals(await cliente.read(new Uint8Array(99)), 8);
    servidor.close();
  }
  // Quem não o acaba é contado pelo endereço que disse.
  using claro = await Deno.connect({ hostname: "127.0.0.1", port: porta.porta });
  await claro.write(Uint8Array.from([...cabecalho("203.0.113.10"), ...TEXTO.encode('["PING"]\n')]));
  await leTudo(claro);
  assertEquals(falhas, ["203.0.113.10:N não fala TLS"]);
});

teste("de quem é de confiança sem o cabeçalho não se aceita nada, e os outros entram como sempre", async () => {
  const { porta, falhas } = await abre({ confiados: new Set(["127.0.0.1"]), prazo: 300 });
  using _porta = porta;
  await assertRejects(async () => {
    using recusada = await liga(porta);
    await recusada.handshake();
  });
  using mudo = await Deno.connect({ hostname: "127.0.0.1", port: porta.porta });
  assertEquals(await leTudo(mudo), 0);
  assertEquals(falhas, [
    "127.0.0.1:N não traz o cabeçalho PROXY v2, e é de --confia-no-proxy",
    "127.0.0.1:N não mandou o cabeçalho PROXY v2 a tempo, e é de --confia-no-proxy",
  ]);
  const { porta: outra } = await abre({ confiados: new Set(["10.0.0.2"]) });
  using _outra = outra;
  using cliente = await liga(outra);
  await cliente.handshake();
  const servidor = await deadline(outra.accept(), PACIENCIA);
  assertEquals(servidor.remoteAddr.hostname, "127.0.0.1");
  servidor.close();
  outra.troca(await parDeExemplo(["localhost"]));
});

teste("confere que ainda recebe sem que se note, também cheia", async () => {
  for (const cheia of [false, true]) {
    const lugares = cheia ? { conexoes: 0, apertos: 1 } : {};
    const { porta, falhas } = await abre({ ...lugares, prazo: SEM_PRAZO, conferencia: 100 });
    using _porta = porta;
    using pilha = new DisposableStack();
    if (cheia) pilha.use(await Deno.connect({ hostname: "127.0.0.1", port: porta.porta }));
    const correu = porta.accept().then(() => "entrou", (erro) => String(erro));
    // O que não deve acontecer não tem de que se espere: três conferências.
    assertEquals(await Promise.race([correu, delay(350).then(() => "nada")]), "nada");
    assertEquals(falhas, []);
    porta.close();
    await correu;
  }
});

teste("quem sai dá o lugar, feche um lado ou o outro, com o aperto de mãos feito ou não", async () => {
  const { porta, falhas } = await abre({ conexoes: 1, apertos: 1, prazo: SEM_PRAZO, conferencia: SEM_PRAZO });
  using _porta = porta;
  for (let i = 0; i < 6; i++) {
    using cliente = await liga(porta);
    await cliente.handshake();
    const servidor = await deadline(porta.accept(), PACIENCIA);
    if (i % 2 === 0) {
      cliente.close();
      assertEquals(await servidor.read(new Uint8Array(9)).catch(() => null), null);
    }
    servidor.close();
    using claro = await Deno.connect({ hostname: "127.0.0.1", port: porta.porta });
    await claro.write(TEXTO.encode('["PING"]\n'));
    await ate(() => falhas.length > i);
  }
});
