/**
 * O telefone de um paciente, sem JavaScript: vai a uma página, toca no que diz um texto, preenche e manda formulários, e traz os
 * cookies que lhe dão. Pede às páginas sem porta nem rede, sobre um livro na memória. Só o que testa o importa.
 *
 * @module
 */

import { assert } from "@std/assert";
import { LimitesDePedidos } from "../acesso/limites.ts";
import type { Pedido, Resultado } from "../clinica/pedido.ts";
import type { Casa } from "../web/casa.ts";
import { Fluxo } from "../web/fluxo.ts";
import { Feitas } from "../web/paciente/feitas.ts";
import { paginas } from "../web/paginas.ts";
import { BalcaoDaAgenda, CEDO } from "./balcao.ts";
import { type SemNinguem, semNinguem } from "./painel.ts";

/** Umas páginas sobre um livro: as de um servidor. */
export class Paginas implements AsyncDisposable {
  /** O livro, a agenda e o relógio. */
  readonly balcao: BalcaoDaAgenda;
  /** O que as páginas pediram e tiveram, na ordem. */
  readonly vistos: { readonly pedido: Pedido; readonly resultado: Resultado }[] = [];
  /** O que falhou nelas. */
  readonly falhas: unknown[] = [];
  /** As que se deram sem passar pelas rotas. */
  depressa = 0;
  #app: ReturnType<typeof paginas>;
  #feitas: Feitas;
  #fluxo = new Fluxo({ aoFalhar: (causa) => this.falhas.push(causa) });
  #contadas = 0;

  private constructor(balcao: BalcaoDaAgenda, sobre: SemNinguem, abertaAoPublico: boolean) {
    this.balcao = balcao;
    const relogio = (): number => balcao.agora;
    const limites = new LimitesDePedidos(relogio);
    const casa: Casa = {
      ...{ ...sobre.casa, agenda: balcao.agenda, relogio, fluxo: this.#fluxo },
      conta: (quem, pedido) => limites.conta(quem, pedido),
      aoVer: (_quem, pedido, resultado) => this.vistos.push({ pedido, resultado }),
      aoFalhar: (_o_que, causa) => this.falhas.push(causa),
      ...{ quemEntrou: () => Promise.resolve(undefined), abertaAoPublico },
    };
    this.#feitas = new Feitas(casa);
    this.#app = paginas(casa, sobre.porteiro, this.#feitas);
  }

  /** As de um servidor com esta semana; ou as de outro, sobre o mesmo livro. */
  static async abre(
    { config = {}, agora = CEDO, balcao = new BalcaoDaAgenda(config, agora), abertaAoPublico = true }: {
      readonly config?: unknown;
      readonly agora?: number;
      readonly balcao?: BalcaoDaAgenda;
      readonly abertaAoPublico?: boolean;
    } = {},
  ): Promise<Paginas> {
    return new Paginas(balcao, await semNinguem(() => balcao.agora), abertaAoPublico);
  }

  /** Pede uma página, de um endereço. */
  async pede(request: Request, endereco: string): Promise<Response> {
    const { gravadas } = this.balcao;
    this.#fluxo.gravou(gravadas.slice(this.#contadas));
    this.#contadas = gravadas.length;
    const de = { endereco, porta: 1, desta: false, passou(): void {} };
    const ja = this.#feitas.depressa(request, de);
    if (ja !== undefined) this.depressa++;
    return ja ?? await this.#app.fetch(request, de);
  }

  /** Um telefone, noutra casa. */
  telefone(endereco = "203.0.113.7"): Telefone {
    return new Telefone(this, endereco);
  }

  /** Fecha o livro; o que falhou numa página falha aqui. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#fluxo[Symbol.dispose]();
    await this.balcao[Symbol.asyncDispose]();
    if (this.falhas.length > 0) throw this.falhas[0];
  }
}

const CASA = "http://clinica.local";

/** O que se preenche. */
export type Preenchido = Readonly<Record<string, string>>;

/** Um telefone, e a página que mostra. */
export class Telefone {
  /** O caminho da página. */
  caminho = "";
  /** O código HTTP com que veio. */
  codigo = 0;
  /** O que veio. */
  html = "";
  /** Os caminhos por que passou, com o que neles ia. */
  readonly historia: string[] = [];
  /** Os cookies que tem. */
  readonly cookies: Map<string, string> = new Map();
  #paginas: Paginas;
  #endereco: string;

  /** Um sem cookies. */
  constructor(paginas: Paginas, endereco: string) {
    this.#paginas = paginas;
    this.#endereco = endereco;
  }

  /** Vai a um endereço, e segue o que ele mandar seguir. */
  async vai(caminho: string): Promise<this> {
    return await this.#segue(new Request(CASA + caminho, { headers: this.#cabecalhos() }));
  }

  /** Manda um formulário. */
  async manda(caminho: string, campos: Preenchido, cabecalhos: Preenchido = {}): Promise<this> {
    const headers = { ...this.#cabecalhos(), "sec-fetch-site": "same-origin", ...cabecalhos };
    const request = new Request(CASA + caminho, { method: "POST", headers, body: new URLSearchParams(campos) });
    return await this.#segue(request);
  }

  /** Toca na ligação que começa por este texto, ou no botão, com o formulário dele preenchido. */
  async toca(texto: string, preenchido: Preenchido = {}): Promise<this> {
    const ligacao = [...this.html.matchAll(/<a\b[^>]*?href="([^"]*)"[^>]*>([\s\S]*?)<\/a>/g)]
      .find(([, , dentro]) => emTexto(dentro).startsWith(texto));
    if (ligacao !== undefined) return await this.vai(desfazEscape(ligacao[1]));
    const { acao, campos } = this.formulario(texto);
    return await this.manda(acao, { ...campos, ...preenchido });
  }

  /** O formulário de um botão, como está: aonde vai, e o que leva. */
  formulario(botao: string): { readonly acao: string; readonly campos: Record<string, string> } {
    for (const [, atributos, dentro] of this.html.matchAll(/<form\b([^>]*)>([\s\S]*?)<\/form>/g)) {
      const achado = [...dentro.matchAll(/<button\b([^>]*)>([\s\S]*?)<\/button>/g)]
        .find(([, , texto]) => emTexto(texto).startsWith(botao));
      if (achado === undefined) continue;
      const campos: Record<string, string> = {};
      for (const [, um] of dentro.matchAll(/<input\b([^>]*)>/g)) {
        if (atributo(um, "type") === "radio" && !/\bchecked\b/.test(um)) continue;
        campos[atributo(um, "name")] = atributo(um, "value");
      }
      for (const [, um, opcoes] of dentro.matchAll(/<select\b([^>]*)>([\s\S]*?)<\/select>/g)) {
        const escolhida = /<option\b([^>]*\bselected\b[^>]*)>/.exec(opcoes);
        campos[atributo(um, "name")] = escolhida === null ? "" : atributo(escolhida[1], "value");
      }
      const nome = atributo(achado[1], "name");
      if (nome !== "") campos[nome] = atributo(achado[1], "value");
      return { acao: atributo(atributos, "action"), campos };
    }
    throw new Error(`não há "${botao}" em: ${this.texto}`);
  }

  /** O que a página diz, sem o que tem à volta. */
  get texto(): string {
    return emTexto(/<main\b[^>]*>([\s\S]*)<\/main>/.exec(this.html)?.[1] ?? this.html);
  }

  /** O título da página. */
  get titulo(): string {
    return emTexto(/<h1>([\s\S]*?)<\/h1>/.exec(this.html)?.[1] ?? "");
  }

  #cabecalhos(): Preenchido {
    const cookie = [...this.cookies].map(([nome, valor]) => `${nome}=${valor}`).join("; ");
    return cookie === "" ? {} : { cookie };
  }

  async #segue(request: Request): Promise<this> {
    const { pathname, search } = new URL(request.url);
    this.caminho = pathname + search;
    this.historia.push(this.caminho);
    const resposta = await this.#paginas.pede(request, this.#endereco);
    for (const cookie of resposta.headers.getSetCookie()) {
      const [, nome, valor] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      if (/max-age=0\b/i.test(cookie)) this.cookies.delete(nome);
      else this.cookies.set(nome, valor);
    }
    const para = resposta.headers.get("location");
    if (para !== null) {
      assert(resposta.status === 303, `um redireccionamento ${resposta.status}`);
      await resposta.body?.cancel();
      return await this.vai(para);
    }
    this.codigo = resposta.status;
    this.html = await resposta.text();
    return this;
  }
}

function atributo(atributos: string, nome: string): string {
  return desfazEscape(new RegExp(`\\b${nome}="([^"]*)"`).exec(atributos)?.[1] ?? "");
}

/** O texto de um pedaço de HTML, num só espaço entre palavras. */
export function emTexto(html: string): string {
  return desfazEscape(html.replace(/<[^>]*>/g, " ")).replace(/\s+/g, " ").trim();
}

function desfazEscape(texto: string): string {
  return texto.replaceAll("&quot;", '"').replaceAll("&#39;", "'").replaceAll("&lt;", "<").replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&");
}
