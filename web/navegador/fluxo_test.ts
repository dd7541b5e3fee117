/**
 * Testes do fluxo visto do navegador, com um navegador de mentira: o que abre e fecha, de onde volta, e o que mostra.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { segueFluxo } from "./fluxo.ts";

const PURO = { permissions: "none" } as const;

/** Um `EventSource` de que o teste tem o outro lado. */
class Fonte extends EventTarget {
  static readonly CLOSED = 2;
  readyState = 0;
  onopen: () => void = () => {};
  onerror: () => void = () => {};

  constructor(readonly endereco: string) {
    super();
    navegador.fontes.push(this);
  }

  /** O que o servidor manda. */
  recebe(nome: string, data: string, lastEventId: string = ""): void {
    this.dispatchEvent(Object.assign(new Event(nome), { data, lastEventId }));
  }

  close(): void {
    this.readyState = Fonte.CLOSED;
  }
}

/** O que o módulo usa de um navegador, e um relógio que só anda quando se manda. */
class Navegador {
  readonly fontes: Fonte[] = [];
  readonly document = Object.assign(new EventTarget(), {
    hidden: false,
    documentElement: { dataset: {} as DOMStringMap },
  });
  readonly recebidos: string[] = [];
  readonly #janela = new EventTarget();
  readonly #alarmes = new Map<number, { readonly em: number; readonly faz: () => void }>();
  #agora = 0;
  #numero = 0;

  /** O que se troca enquanto um teste corre. */
  readonly globais = {
    document: this.document,
    EventSource: Fonte,
    addEventListener: this.#janela.addEventListener.bind(this.#janela),
    removeEventListener: this.#janela.removeEventListener.bind(this.#janela),
    setTimeout: (faz: () => void, ms: number): number => {
      this.#alarmes.set(++this.#numero, { em: this.#agora + ms, faz });
      return this.#numero;
    },
    clearTimeout: (numero: number | undefined): void => void this.#alarmes.delete(numero ?? 0),
  };

  /** Endereços dos que estão abertos. */
  get abertas(): string[] {
    return this.fontes.filter(({ readyState }) => readyState !== Fonte.CLOSED).map(({ endereco }) => endereco);
  }

  get ligacao(): string | undefined {
    return this.document.documentElement.dataset.ligacao;
  }

  get ultima(): Fonte {
    return this.fontes[this.fontes.length - 1];
  }

  segue(): () => void {
    const recebe = (nome: string) => (dados: string): void => void this.recebidos.push(`${nome} ${dados}`);
    return segueFluxo("/fluxo", "a.1", { mudou: recebe("mudou"), saiu: recebe("saiu") });
  }

  passa(ms: number): void {
    this.#agora += ms;
    for (const [numero, { em, faz }] of [...this.#alarmes]) {
      if (em <= this.#agora && this.#alarmes.delete(numero)) faz();
    }
  }

  janela(evento: "pagehide" | "pageshow"): void {
    this.#janela.dispatchEvent(new Event(evento));
  }

  esconde(hidden: boolean): void {
    this.document.hidden = hidden;
    this.document.dispatchEvent(new Event("visibilitychange"));
  }
}

let navegador: Navegador;

/** Registra um teste com um navegador novo no lugar do que o Deno tem. */
function teste(nome: string, fn: () => void): void {
  Deno.test(`o fluxo no navegador: ${nome}`, PURO, () => {
    navegador = new Navegador();
    const antes = Object.getOwnPropertyDescriptors(globalThis);
    const nomes = Object.keys(navegador.globais);
    try {
      for (const [qual, value] of Object.entries(navegador.globais)) {
        Object.defineProperty(globalThis, qual, { value, configurable: true, writable: true });
      }
      fn();
    } finally {
      for (const qual of nomes) {
        const original = Object.entries(antes).find(([um]) => um === qual)?.[1];
        if (original === undefined) Reflect.deleteProperty(globalThis, qual);
        else Object.defineProperty(globalThis, qual, original);
      }
    }
  });
}

teste("segue desde o id da página, e entrega o que chega", () => {
  navegador.segue();
  assertEquals(navegador.abertas, ["/fluxo?desde=a.1"]);
  navegador.ultima.recebe("mudou", "<p>", "a.2");
  navegador.ultima.recebe("vivo", "", "a.3");
  assertEquals(navegador.recebidos, ["mudou <p>"]);
});

teste("ao sair da página fecha, e ao voltar reabre de onde ia", () => {
  navegador.segue();
  navegador.ultima.recebe("vivo", "", "a.7");
  navegador.janela("pagehide");
  assertEquals(navegador.abertas, []);
  navegador.janela("pageshow");
  navegador.janela("pageshow");
  assertEquals(navegador.abertas, ["/fluxo?desde=a.7"]);
});

teste("escondida por pouco não fecha; por mais tempo fecha, e ao mostrar-se reabre", () => {
  navegador.segue();
  navegador.esconde(true);
  navegador.passa(1000);
  navegador.esconde(false);
  navegador.passa(2000);
  assertEquals([navegador.abertas.length, navegador.fontes.length], [1, 1]);
  navegador.esconde(true);
  navegador.passa(2000);
  assertEquals(navegador.abertas, []);
  navegador.esconde(false);
  assertEquals(navegador.abertas.length, 1);
});

teste("uma página que se abre escondida só segue quando se mostra", () => {
  navegador.document.hidden = true;
  navegador.segue();
  assertEquals(navegador.abertas, []);
  navegador.esconde(false);
  assertEquals(navegador.abertas.length, 1);
});

teste("uma ligação que não volta logo mostra-se como perdida, e quando volta deixa de se mostrar", () => {
  navegador.segue();
  navegador.ultima.onopen();
  navegador.ultima.onerror();
  navegador.passa(2999);
  assertEquals(navegador.ligacao, undefined);
  navegador.passa(1);
  assertEquals(navegador.ligacao, "perdida");
  navegador.ultima.onopen();
  assertEquals([navegador.ligacao, navegador.fontes.length], [undefined, 1]);
});

teste("recusada, volta por si, cada vez mais tarde", () => {
  navegador.segue();
  for (let vez = 1; vez <= 3; vez++) {
    navegador.ultima.close();
    navegador.ultima.onerror();
    assertEquals(navegador.fontes.length, vez);
    const espera = 2000 * 2 ** (vez - 1);
    navegador.passa(espera / 2 - 1);
    assertEquals(navegador.fontes.length, vez);
    navegador.passa(espera / 2 + 1);
    assertEquals(navegador.fontes.length, vez + 1);
  }
  assertEquals(navegador.ligacao, "perdida");
});

teste("calado o servidor, a ligação está morta: abre outra, e mostra-o se essa também não vem", () => {
  navegador.segue();
  navegador.ultima.recebe("vivo", "", "a.4");
  navegador.passa(44_999);
  assertEquals(navegador.fontes.length, 1);
  navegador.passa(1);
  assertEquals(navegador.abertas, ["/fluxo?desde=a.4"]);
  navegador.passa(3000);
  assertEquals(navegador.ligacao, "perdida");
});

teste("quem já não pode seguir sabe-o, e não volta; o que ainda chegue do que se fechou não conta", () => {
  navegador.segue();
  const { ultima } = navegador;
  ultima.recebe("saiu", "");
  assertEquals([navegador.abertas, navegador.recebidos], [[], ["saiu "]]);
  ultima.recebe("mudou", "tarde", "a.9");
  ultima.onerror();
  navegador.janela("pageshow");
  navegador.esconde(false);
  navegador.passa(100_000);
  assertEquals([navegador.fontes.length, navegador.recebidos.length, navegador.ligacao], [1, 1, undefined]);
});
