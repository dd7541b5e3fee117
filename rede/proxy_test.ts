/**
 * Testes do cabeçalho PROXY v2: o que se aceita, o que não, e que não se lê um byte a mais. Sem nenhuma permissão.
 *
 * @module
 */

import { assertEquals, assertRejects } from "@std/assert";
import { ASSINATURA, cabecalho } from "../testes/proxy.ts";
import type { Remoto } from "../clinica/endereco.ts";
import { leProxy, SemCabecalho } from "./proxy.ts";

function teste(nome: string, fn: () => Promise<void>): void {
  Deno.test({ name: `PROXY v2: ${nome}`, permissions: "none", fn });
}

/** O que dele se lê, e quantos bytes. */
async function le(bytes: Uint8Array | readonly number[]): Promise<{ remoto: Remoto | undefined; lidos: number }> {
  let lidos = 0;
  const remoto = await leProxy((quantos) => {
    if (lidos + quantos > bytes.length) return Promise.reject(new Deno.errors.UnexpectedEof("acabou"));
    return Promise.resolve(Uint8Array.from(bytes.slice(lidos, lidos += quantos)));
  });
  return { remoto, lidos };
}

/** Um cabeçalho com esta versão e comando, esta família e este resto. */
function feito(versaoEComando: number, familia: number, resto: readonly number[], tamanho = resto.length): number[] {
  return [...ASSINATURA, versaoEComando, familia, tamanho >> 8, tamanho & 255, ...resto];
}

const SEIS = [0x20, 0x01, 0x0d, 0xb8, ...Array(11).fill(0), 1];

teste("diz de quem é, em IPv4 e em IPv6, e não lê do que vem depois", async () => {
  const quatro = cabecalho("203.0.113.9", 51_234);
  assertEquals(await le([...quatro, 0x5b]), {
    remoto: { hostname: "203.0.113.9", port: 51_234 },
    lidos: quatro.length,
  });
  const resto = [...SEIS, ...SEIS, 0x01, 0x02, 0x23, 0x28];
  const { remoto, lidos } = await le([...feito(0x21, 0x21, resto), 1, 2, 3]);
  assertEquals([remoto, lidos], [{ hostname: "2001:db8:0:0:0:0:0:1", port: 0x0102 }, 16 + 36]);
  // Um IPv4 escrito em IPv6 é o IPv4: não se entra duas vezes.
  const mapeado = [...Array(10).fill(0), 255, 255, 203, 0, 113, 9];
  assertEquals((await le(feito(0x21, 0x21, [...mapeado, ...SEIS, 0, 1, 0, 2]))).remoto?.hostname, "203.0.113.9");
});

teste("o que o intermediário acrescenta lê-se, e esquece-se", async () => {
  const mais = Array(1024 - 12).fill(0x20);
  assertEquals((await le(cabecalho("203.0.113.9", 1, mais))).lidos, 16 + 1024);
});

teste("o que é do próprio intermediário não diz de quem é", async () => {
  for (const um of [feito(0x20, 0, []), feito(0x20, 0x11, Array(12).fill(9))]) {
    assertEquals(await le([...um, 7]), { remoto: undefined, lidos: um.length });
  }
});

teste("o que não é um cabeçalho, ou não diz um endereço, recusa-se; e não se espera por mais do que cabe", async () => {
  const doze = Array(12).fill(9);
  const recusados: [bytes: number[], diz: string][] = [
    [[...new TextEncoder().encode('["BUSCA","52998224725"]\n')], "não traz o cabeçalho PROXY v2"],
    [[...new TextEncoder().encode("PROXY TCP4 203.0.113.9 10.0.0.2 1 2\r\n")], "não traz o cabeçalho PROXY v2"],
    [feito(0x11, 0x11, doze), "que não se entende"],
    [feito(0x31, 0x11, doze), "que não se entende"],
    [feito(0x22, 0x11, doze), "que não se entende"],
    [feito(0x2f, 0x11, doze), "que não se entende"],
    [feito(0x21, 0x11, [], 1025), "que não se entende"],
    [feito(0x20, 0x00, [], 65_535), "que não se entende"],
    [feito(0x21, 0x00, doze), "que não diz um endereço"],
    [feito(0x21, 0x12, doze), "que não diz um endereço"],
    [feito(0x21, 0x31, Array(216).fill(9)), "que não diz um endereço"],
    [feito(0x21, 0x11, Array(11).fill(9)), "que não diz um endereço"],
    [feito(0x21, 0x21, Array(35).fill(9)), "que não diz um endereço"],
    [feito(0x21, 0x11, []), "que não diz um endereço"],
  ];
  for (const [bytes, diz] of recusados) await assertRejects(() => le(bytes), SemCabecalho, diz, bytes.join());
  for (let i = 0; i < ASSINATURA.length; i++) {
    const estragado = cabecalho("203.0.113.9");
    estragado[i] ^= 1;
    await assertRejects(() => le(estragado), SemCabecalho);
  }
});

teste("cortado em qualquer byte, não diz de quem é", async () => {
  const inteiro = cabecalho("203.0.113.9");
  for (let i = 0; i < inteiro.length; i++) {
    await assertRejects(() => le(inteiro.slice(0, i)), Deno.errors.UnexpectedEof, "acabou", `byte ${i}`);
  }
});
