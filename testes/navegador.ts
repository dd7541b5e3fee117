/**
 * Um Chromium de verdade para os testes das páginas: o do sistema, sem janela. Cada página diz o que correu mal nela: um erro
 * no console, uma queixa da CSP, um pedido a outro lado. Só o que testa, prova ou mede o importa; o produto, nunca.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type { Browser, Page } from "puppeteer-core";
import { testeCom } from "./apoio.ts";

/** O programa: o do Debian, ou o que outros sistemas põem no PATH. */
const PROGRAMA = ["chromium", "chromium-browser", "google-chrome"].find(existe) ?? "chromium";

/** Onde se procura um programa. */
const PASTAS = ["/usr/bin", "/usr/local/bin", "/opt/homebrew/bin", "/snap/bin"];

/** Sem isto, num contêiner e como root, não começa; e nada do que faz por si sai para a rede. */
const BANDEIRAS = [
  ...["--no-sandbox", "--disable-dev-shm-usage", "--disable-background-networking", "--disable-component-update"],
  ...["--no-first-run", "--lang=pt-BR", "--disable-sync", "--disable-gpu", "--hide-scrollbars", "--mute-audio"],
  // Sem isto um campo de data seguia a língua da máquina, e não a da página.
  "--enable-blink-features=LangAttributeAwareFormControlUI",
  // Um só computador e vários testes: o que não está à vista anda na mesma.
  ...["--disable-background-timer-throttling", "--disable-renderer-backgrounding"],
];

function onde(programa: string): string | undefined {
  return PASTAS.map((pasta) => `${pasta}/${programa}`).find((caminho) => {
    try {
      return Deno.statSync(caminho).isFile;
    } catch {
      return false;
    }
  });
}

function existe(programa: string): boolean {
  try {
    return onde(programa) !== undefined;
  } catch {
    return false;
  }
}

/** Verdadeiro se há um navegador nesta máquina. */
export function haNavegador(): boolean {
  return existe(PROGRAMA);
}

/** Registra um teste que usa um navegador; onde não há, é ignorado e diz como o ter. */
export function testeComNavegador(nome: string, fn: (t: Deno.TestContext) => Promise<void>): void {
  testeCom(PROGRAMA, ["--version"], nome, fn);
}

/**
 * Uma página aberta num navegador, como a biblioteca a dá.
 *
 * @internal
 */
export type PaginaAberta = Page;

/** Como se vê uma página. */
export interface ComoSeVe {
  /** A largura da janela, em px de CSS; 1 280 se não se diz. */
  readonly largura?: number;
  /** A altura. */
  readonly altura?: number;
  /** Quem a vê prefere o escuro. */
  readonly escuro?: boolean;
  /** Sem JavaScript. */
  readonly semScript?: boolean;
  /** O que o navegador diz querer, em `Accept-Language`; português se não se diz. */
  readonly lingua?: string;
}

/** Uma página, e o que nela correu mal. */
export interface Vista {
  /** A página. */
  readonly pagina: PaginaAberta;
  /** O que correu mal até agora: erros, queixas da CSP, pedidos a outro lado. */
  readonly queixas: string[];
  /** Confere que nada correu mal. */
  semQueixas(): void;
}

/** Um navegador, que acaba no fim do `using` aconteça o que acontecer. */
export class Navegador implements AsyncDisposable {
  #navegador: Browser;
  #casa: string;

  private constructor(navegador: Browser, casa: string) {
    this.#navegador = navegador;
    this.#casa = casa;
  }

  /** Abre um, para as páginas de um servidor: `"http://localhost:9080"`. */
  static async abre(casa: string): Promise<Navegador> {
    // Só aqui: ao carregar-se olham o ambiente, e sem permissões nem um teste ignorado se registava.
    const { default: puppeteer } = await import("puppeteer-core");
    const navegador = await puppeteer.launch({
      executablePath: onde(PROGRAMA),
      args: BANDEIRAS,
      // O das pessoas guarda as páginas a que se recua.
      ignoreDefaultArgs: ["--disable-back-forward-cache"],
      acceptInsecureCerts: true,
    });
    return new Navegador(navegador, casa);
  }

  /** Uma janela de alguém que nunca cá esteve: sem cookies. */
  async janela({ largura = 1280, altura = 800, escuro, semScript, lingua = "pt-BR" }: ComoSeVe = {}): Promise<Vista> {
    const contexto = await this.#navegador.createBrowserContext();
    return await this.#prepara(await contexto.newPage(), { largura, altura, escuro, semScript, lingua });
  }

  /** Outra aba da mesma pessoa. */
  async aba({ pagina }: Vista, como: ComoSeVe = {}): Promise<Vista> {
    return await this.#prepara(await pagina.browserContext().newPage(), { lingua: "pt-BR", ...como });
  }

  async #prepara(pagina: Page, { largura = 1280, altura = 800, escuro, semScript, lingua }: ComoSeVe): Promise<Vista> {
    await pagina.setViewport({ width: largura, height: altura });
    if (lingua !== undefined) await pagina.setExtraHTTPHeaders({ "accept-language": lingua });
    if (semScript) await pagina.setJavaScriptEnabled(false);
    await pagina.emulateMediaFeatures([{ name: "prefers-color-scheme", value: escuro ? "dark" : "light" }]);
    const queixas: string[] = [];
    pagina.on("pageerror", (erro) => queixas.push(`erro: ${erro instanceof Error ? erro.message : erro}`));
    pagina.on("console", (dito) => {
      // O que o servidor recusa diz-se aí também, e não é um erro da página; o sinal da aba ela é que o tem de trazer.
      const recusado = dito.text().startsWith("Failed to load resource");
      if (dito.type() === "error" && (!recusado || dito.location().url?.endsWith("/favicon.ico"))) {
        queixas.push(`console: ${dito.text()}`);
      }
    });
    pagina.on("request", (pedido) => {
      const url = pedido.url();
      if (!url.startsWith(this.#casa) && !url.startsWith("data:") && !url.startsWith("blob:")) {
        queixas.push(`pediu ${url}`);
      }
    });
    return { pagina, queixas, semQueixas: () => assertEquals(queixas, []) };
  }

  /** Vai a um endereço da casa: `"/marcar"`. */
  async vai({ pagina }: Vista, caminho: string): Promise<void> {
    await pagina.goto(this.#casa + caminho, { waitUntil: "load" });
  }

  /** Fecha-o. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#navegador.close();
  }
}

/** Confere que a página, como está, não tem nada que o axe-core ache mal. Precisa de scripts. */
export async function acessivel({ pagina }: Vista): Promise<void> {
  const { default: axe } = await import("axe-core");
  // Pelo protocolo, e não por um <script>: a CSP não o deixaria.
  await pagina.evaluate(axe.source);
  const achadas: unknown = await pagina.evaluate(`axe.run(document, {
    runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
  }).then(({ violations }) => violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => id + " em " + target.join(" ") + ": " + failureSummary)))`);
  assertEquals(achadas, []);
}

/** Escreve num arquivo `.webp` a imagem do que se vê de uma página. */
export async function retrata({ pagina }: Vista, arquivo: string): Promise<void> {
  await Deno.writeFile(arquivo, await pagina.screenshot({ type: "webp", quality: 85 }));
}
