/**
 * Testes do metrônomo: quando bate, e quando desconfia da hora, sem nenhuma permissão; e o que uma batida longa faz à rede.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { JA, PARA_NINGUEM } from "../clinica/promover.ts";
import { testeComSistema } from "../testes/apoio.ts";
import { BalcaoDaAgenda, poe } from "../testes/balcao.ts";
import { Desconfianca, Metronomo } from "./metronomo.ts";

const MINUTO = 60_000;

function teste(nome: string, fn: () => Promise<void> | void): void {
  Deno.test({ name: `metrônomo: ${nome}`, permissions: "none", fn });
}

/** Dois relógios que andam quando se manda. */
class DeMao {
  parede = 1_800_000_000_000;
  corrido = 0;
  readonly relogios = { parede: (): number => this.parede, corrido: (): number => this.corrido };

  anda(ms: number, salto = 0): void {
    this.corrido += ms;
    this.parede += ms + salto;
  }
}

teste("uma hora que anda, atrasa ou se acerta aos poucos é de confiança", () => {
  const mao = new DeMao();
  const desconfianca = new Desconfianca(mao.relogios);
  for (const salto of [0, 900, -5000, MINUTO, 60_000, -3 * 60 * MINUTO, 30_000]) {
    mao.anda(30_000, salto);
    assertEquals(desconfianca.confia(), true, `${salto}`);
  }
});

teste("numa que saltou só se acredita depois de firme por dez minutos, contados do último salto", () => {
  const mao = new DeMao();
  const desconfianca = new Desconfianca(mao.relogios);
  mao.anda(1000, MINUTO + 1);
  assertEquals(desconfianca.confia(), false);
  mao.anda(9 * MINUTO, 500);
  assertEquals(desconfianca.confia(), false);
  mao.anda(MINUTO / 2, 2000);
  assertEquals(desconfianca.confia(), false, "mexeu-se outra vez");
  mao.anda(10 * MINUTO - 1);
  assertEquals(desconfianca.confia(), false);
  mao.anda(1);
  assertEquals(desconfianca.confia(), true);
  mao.anda(MINUTO);
  assertEquals(desconfianca.confia(), true, "agora é esta a hora");
});

teste("um salto que se desfaz não deixou marca", () => {
  const mao = new DeMao();
  const desconfianca = new Desconfianca(mao.relogios);
  mao.anda(1000, 60 * MINUTO);
  assertEquals(desconfianca.confia(), false);
  mao.anda(1000, -60 * MINUTO);
  assertEquals(desconfianca.confia(), true);
  mao.anda(1000, 60 * MINUTO);
  assertEquals(desconfianca.confia(), false);
});

teste("bate ao começar e a cada vez, uma de cada vez, e não enquanto desconfia", async () => {
  const mao = new DeMao();
  let batidas = 0;
  let solta = Promise.withResolvers<void>();
  const avisos: boolean[] = [];
  {
    await using metronomo = new Metronomo({
      relogios: mao.relogios,
      bate: () => {
        batidas++;
        return solta.promise;
      },
      aoDesconfiar: (desconfia) => avisos.push(desconfia),
    });
    assertEquals(batidas, 1);
    metronomo.confere();
    assertEquals(batidas, 1, "a primeira ainda não acabou");
    solta.resolve();
    await new Promise((segue) => setTimeout(segue));
    solta = Promise.withResolvers();
    solta.resolve();
    metronomo.confere();
    assertEquals(batidas, 2);
    await new Promise((segue) => setTimeout(segue));
    mao.anda(1000, 60 * MINUTO);
    for (let i = 0; i < 3; i++) metronomo.confere();
    assertEquals([batidas, avisos], [2, [true]]);
    mao.anda(10 * MINUTO);
    metronomo.confere();
    assertEquals([batidas, avisos], [3, [true, false]]);
  }
});

testeComSistema("metrônomo: enquanto se trata do muito que venceu, quem está na rede é ouvido", async () => {
  await using balcao = new BalcaoDaAgenda();
  const seguradas = 160;
  for (let i = 0; i < seguradas; i++) {
    const meias = i % 40;
    const hora = `${String(Math.floor(meias / 2)).padStart(2, "0")}:${meias % 2 === 0 ? "00" : "30"}`;
    const lugar = { data: `2027-01-${10 + Math.floor(i / 40)}`, hora };
    poe(balcao, { ...lugar, cpf: PARA_NINGUEM, situacao: "CONVIDADO", ativo: false, terminouEm: JA });
  }
  using porta = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  using cliente = await Deno.connect({ hostname: "127.0.0.1", port: porta.addr.port });
  using servidor = await porta.accept();
  await cliente.write(new Uint8Array(1));
  let restavam = -1;
  const ouve = servidor.read(new Uint8Array(1)).then(() => restavam = seguradas - balcao.gravadas.length);
  await Promise.all([ouve, balcao.agenda.bate()]);
  assert(restavam > 0, `ouvido quando restavam ${restavam}`);
});
