/**
 * Testes da porta clara atrás de um intermediário, por sockets de verdade.
 *
 * @module
 */

import { assertEquals, assertRejects } from "@std/assert";
import { deadline } from "@std/async";
import { PACIENCIA, testeComSistema } from "../testes/apoio.ts";
import { cabecalho } from "../testes/proxy.ts";
import { type OpcoesDaPortaComProxy, PortaComProxy } from "./porta_proxy.ts";

/** Uma porta que confia nesta máquina, e o que ela disse do que não aceitou. */
class Cena implements Disposable {
  readonly falhas: string[] = [];
  readonly porta: PortaComProxy;
  #clara = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly numero = this.#clara.addr.port;
  #ligadas: Deno.TcpConn[] = [];

  constructor(opcoes: Partial<OpcoesDaPortaComProxy> = {}) {
    this.porta = new PortaComProxy({
      porta: this.#clara,
      confiados: new Set(["127.0.0.1"]),
      aoFalhar: (cliente, motivo) => this.falhas.push(`${cliente.replace(/\d+$/, "N")} ${motivo}`),
      ...opcoes,
    });
  }

  async liga(): Promise<Deno.TcpConn> {
    const ligada = await Deno.connect({ hostname: "127.0.0.1", port: this.numero });
    this.#ligadas.push(ligada);
    return ligada;
  }

  [Symbol.dispose](): void {
    this.porta.close();
    for (const ligada of this.#ligadas) ligada[Symbol.dispose]();
  }
}

function teste(nome: string, fn: () => Promise<void>): void {
  testeComSistema(`porta atrás de um proxy: ${nome}`, fn);
}

/** Quantos bytes vêm até ao fim. */
async function ateAoFim(conn: Deno.Conn): Promise<number> {
  let vieram = 0;
  try {
    const bloco = new Uint8Array(64);
    for (let lidos; (lidos = await deadline(conn.read(bloco), PACIENCIA)) !== null;) vieram += lidos;
  } catch (erro) {
    if (erro instanceof DOMException) throw erro;
  }
  return vieram;
}

const TEXTO = new TextEncoder();

teste("de quem é, di-lo o cabeçalho, e o que vem depois é do pedido, chegue como chegar", async () => {
  using cena = new Cena();
  const tudo = [...cabecalho("203.0.113.9", 51_234), ...TEXTO.encode('["PING"]\n')];
  for (const pedaco of [tudo.length, 1, 17]) {
    const ligada = await cena.liga();
    const chega = deadline(cena.porta.accept(), PACIENCIA);
    for (let i = 0; i < tudo.length; i += pedaco) await ligada.write(Uint8Array.from(tudo.slice(i, i + pedaco)));
    const chegada = await chega;
    assertEquals(chegada.remoteAddr, { hostname: "203.0.113.9", port: 51_234 });
    let lido = "";
    const bloco = new Uint8Array(99);
    while (lido.length < 9) lido += new TextDecoder().decode(bloco.subarray(0, await chegada.read(bloco) ?? 0));
    assertEquals(lido, '["PING"]\n');
    await chegada.write(TEXTO.encode("ok"));
    chegada.close();
    assertEquals(await ateAoFim(ligada), 2);
  }
  assertEquals(cena.falhas, []);
});

teste("quem demora, cala ou não traz o cabeçalho é fechado, e não segura quem vem atrás", async () => {
  using cena = new Cena({ prazo: 300 });
  const mudo = await cena.liga();
  const outro = await cena.liga();
  await outro.write(TEXTO.encode('["PING"]\n["PING"]\n'));
  const fechado = await cena.liga();
  fechado.close();
  const certo = await cena.liga();
  await certo.write(cabecalho("203.0.113.9"));
  const chegada = await deadline(cena.porta.accept(), PACIENCIA);
  assertEquals(chegada.remoteAddr.hostname, "203.0.113.9");
  chegada.close();
  assertEquals(await Promise.all([ateAoFim(mudo), ateAoFim(outro)]), [0, 0]);
  assertEquals(cena.falhas.toSorted(), [
    "127.0.0.1:N desligou antes do cabeçalho PROXY v2, e é de --confia-no-proxy",
    "127.0.0.1:N não mandou o cabeçalho PROXY v2 a tempo, e é de --confia-no-proxy",
    "127.0.0.1:N não traz o cabeçalho PROXY v2, e é de --confia-no-proxy",
  ]);
});

teste("de quem não é de confiança nada se espera, e o cabeçalho que traga são bytes", async () => {
  using cena = new Cena({ confiados: new Set(["10.0.0.2"]) });
  const ligada = await cena.liga();
  const chegada = await deadline(cena.porta.accept(), PACIENCIA);
  assertEquals(chegada.remoteAddr.hostname, "127.0.0.1");
  await ligada.write(cabecalho("203.0.113.9"));
  const bloco = new Uint8Array(99);
  assertEquals(await chegada.read(bloco), 28);
  chegada.close();
});

teste("fechada, o accept rejeita, e quem ainda não disse de quem é fecha-se", async () => {
  using cena = new Cena({ prazo: 10 * 60_000 });
  const mudo = await cena.liga();
  const certo = await cena.liga();
  await certo.write(cabecalho("203.0.113.9"));
  (await deadline(cena.porta.accept(), PACIENCIA)).close();
  const aceitando = assertRejects(() => cena.porta.accept(), Deno.errors.BadResource);
  cena.porta.close();
  await deadline(aceitando, PACIENCIA);
  assertEquals(await ateAoFim(mudo), 0);
  await assertRejects(() => cena.porta.accept(), Deno.errors.BadResource);
});
