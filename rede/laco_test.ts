/**
 * Testes do laço, com as voltas e o relógio dados: quem espera, por quanto e em que ordem. Sem nenhuma permissão.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { Laco, type Trabalho } from "./laco.ts";

function teste(name: string, fn: () => Promise<void>): void {
  Deno.test({ name: `laço: ${name}`, permissions: "none", fn });
}

/** Um laço de 10 ms por volta, em que o teste dá as voltas e diz quanto cada trabalho demora. */
class Cena {
  agora = 0;
  /** Quantas vezes o laço pediu para voltar ao sistema. */
  pedidas = 0;
  /** O que foi feito, na ordem. */
  readonly feitos: string[] = [];
  #volta = (): void => {};
  readonly laco = new Laco({
    porVolta: 10,
    relogio: () => this.agora,
    cede: () => {
      this.pedidas++;
      return new Promise((segue) => this.#volta = segue);
    },
  });

  /** Um trabalho que demora `ms` e entrega `bytes`. */
  async faz(nome: string, ms: number, bytes: number = 0): Promise<void> {
    const vez = this.laco.entra();
    const trabalho = vez instanceof Promise ? await vez : vez;
    this.feitos.push(nome);
    this.agora += ms;
    trabalho.pausa(bytes);
  }

  async volta(): Promise<void> {
    this.#volta();
    await this.assenta();
  }

  async assenta(): Promise<void> {
    for (let i = 0; i < 20; i++) await Promise.resolve();
  }
}

teste("o que cabe numa volta não espera; o resto, pela ordem de chegada, uma volta cheia de cada vez", async () => {
  const cena = new Cena();
  const todos = ["a", "b", "c", "d", "e"].map((nome) => cena.faz(nome, 5));
  await cena.assenta();
  assertEquals(cena.feitos, ["a", "b"]);
  await cena.volta();
  assertEquals(cena.feitos, ["a", "b", "c", "d"]);
  await cena.volta();
  await Promise.all(todos);
  assertEquals(cena.feitos, ["a", "b", "c", "d", "e"]);
});

teste("um trabalho maior que a volta faz esperar os seguintes até que o laço volte", async () => {
  const cena = new Cena();
  await cena.faz("grande", 50);
  const espera = cena.faz("seguinte", 1);
  await cena.assenta();
  assertEquals(cena.feitos, ["grande"]);
  await cena.volta();
  await espera;
  assertEquals(cena.feitos, ["grande", "seguinte"]);
});

teste("os bytes que se entregam também contam", async () => {
  const cena = new Cena();
  await cena.faz("bytes", 0, 20 * 1024 * 1024);
  const espera = cena.faz("seguinte", 1);
  await cena.assenta();
  assertEquals(cena.feitos, ["bytes"]);
  await cena.volta();
  await espera;
});

teste("quem desiste depois de esperar não para a fila, e o laço deixa de girar quando ela acaba", async () => {
  const cena = new Cena();
  await cena.faz("grande", 50);
  const desistem: (Trabalho | Promise<Trabalho>)[] = [cena.laco.entra(), cena.laco.entra()];
  const ultimo = cena.faz("último", 50);
  await cena.volta();
  await cena.volta();
  await cena.volta();
  await Promise.all([...desistem, ultimo]);
  assertEquals(cena.feitos, ["grande", "último"]);
  await cena.volta();
  await cena.volta();
  const { pedidas } = cena;
  await cena.volta();
  assertEquals(cena.pedidas, pedidas);
});

teste("quem chega não passa à frente de quem espera, ainda que a volta tenha folga", async () => {
  const cena = new Cena();
  await cena.faz("grande", 50);
  const calado = cena.laco.entra();
  const esperava = cena.faz("esperava", 1);
  await cena.volta();
  // O calado entrou e ainda nada contou.
  const chegou = cena.faz("chegou", 1);
  await cena.volta();
  await Promise.all([calado, esperava, chegou]);
  assertEquals(cena.feitos, ["grande", "esperava", "chegou"]);
});
