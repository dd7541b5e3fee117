/**
 * Testes dos baldes: o que enchem, o que devem, e que um milhão de nomes não faz crescer a memória nem perdoa a ninguém. Sem
 * nenhuma permissão; o relógio é de fora.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { Baldes } from "./baldes.ts";

function teste(nome: string, fn: () => void): void {
  Deno.test({ name: `baldes: ${nome}`, permissions: "none", fn });
}

/** Dez por segundo, sessenta de uma vez. */
function baldes(casas?: number): { um: Baldes; passa(ms: number): void } {
  let agora = 5000;
  const um = new Baldes({ ritmo: 10, capacidade: 60, relogio: () => agora, casas });
  return { um, passa: (ms) => agora += ms };
}

teste("começa cheio, dá o que tem, enche ao seu ritmo e não passa do cheio", () => {
  const { um, passa } = baldes();
  assertEquals([um.nivel(), um.falta(60), um.falta(61)], [60, 0, 100]);
  um.tira(60);
  assertEquals([um.nivel(), um.falta(1)], [0, 100]);
  passa(99);
  assert(um.falta(1) > 0);
  passa(1);
  assertEquals([um.falta(1), um.falta(2)], [0, 100]);
  passa(60_000);
  assertEquals(um.nivel(), 60);
});

teste("tirando mais do que há, fica devendo", () => {
  const { um, passa } = baldes();
  um.tira(100);
  assertEquals(um.nivel(), -40);
  passa(4000);
  assertEquals(um.nivel(), 0);
});

teste("cada nome tem o seu", () => {
  const { um } = baldes(65_536);
  um.tira(60, "10.0.0.7");
  assertEquals([um.nivel("10.0.0.7"), um.nivel("10.0.0.8"), um.nivel()], [0, 60, 60]);
});

teste("um milhão de nomes não perdoa o que um já devia, nem faz pagar quem nada deve, nem cresce", () => {
  const { um } = baldes(65_536);
  um.tira(600, "abusa");
  const antes = Deno.memoryUsage().heapUsed;
  // Um pedido de cada um, ao ritmo de um servidor: o que um deve acaba antes de chegar o seguinte que calha na mesma casa.
  let agora = 0;
  const outro = new Baldes({ ritmo: 10, capacidade: 60, relogio: () => agora, casas: 65_536 });
  outro.tira(1_000_000, "abusa");
  let recusados = 0;
  for (let i = 0; i < 1_000_000; i++) {
    agora += 0.01;
    const nome = `10.${i >> 16}.${i >> 8 & 255}.${i & 255}`;
    if (outro.falta(1, nome) > 0) recusados++;
    else outro.tira(1, nome);
    if (i % 1000 === 0) assert(outro.falta(1, "abusa") > 0, `perdoado ao nome ${i}`);
  }
  assertEquals(recusados, 0);
  assert(outro.nivel("abusa") < -800_000);
  assert(Deno.memoryUsage().heapUsed - antes < 32 * 1024 * 1024);
});
