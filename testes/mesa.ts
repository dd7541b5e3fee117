/**
 * Alguém à mesa do painel de teste: entra, pede páginas, manda formulários, e segue para onde o mandam. Só os testes das páginas
 * o importam.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type { Pedido, Resultado } from "../clinica/pedido.ts";
import { type ComoSeAbre, NavegadorDeTeste, PainelDeTeste } from "./painel.ts";

/** Uma página que se recebeu. */
export interface PaginaRecebida {
  /** O código HTTP. */
  readonly codigo: number;
  /** O HTML. */
  readonly html: string;
  /** O que se lê nela, sem etiquetas, com um espaço entre palavras. */
  readonly texto: string;
  /** Onde se chegou. */
  readonly caminho: string;
}

/** Quem está à mesa. */
export class Mesa implements Disposable {
  #navegador: NavegadorDeTeste;

  private constructor(readonly painel: PainelDeTeste) {
    this.#navegador = new NavegadorDeTeste(painel);
  }

  /** Abre um painel e entra nele, a Ana, que gere, se não se diz outro. */
  static async abre(como: ComoSeAbre = {}, quem = "ana"): Promise<Mesa> {
    const mesa = new Mesa(await PainelDeTeste.abre(como));
    await mesa.#navegador.entra(quem);
    mesa.painel.trilha.length = 0;
    return mesa;
  }

  /** Outra pessoa, no mesmo painel. */
  async outra(quem: string): Promise<Mesa> {
    const mesa = new Mesa(this.painel);
    await mesa.#navegador.entra(quem);
    return mesa;
  }

  /** Fecha o painel, também para as outras pessoas dele. */
  [Symbol.dispose](): void {
    this.painel[Symbol.dispose]();
  }

  /** Pede à agenda, como um terminal o faria. */
  async pede(pedido: Pedido): Promise<Resultado> {
    const quem = { origem: "10.0.0.9", cliente: "10.0.0.9:1", papel: "gerente" } as const;
    const [resultado] = await this.painel.agenda.atende([pedido], quem) ?? [];
    return resultado;
  }

  /** Recebe uma página. */
  async vai(caminho: string): Promise<PaginaRecebida> {
    return await recebida(caminho, await this.#navegador.pede(caminho));
  }

  /** Manda um formulário, e fica com o que veio: uma página com o que está mal, ou para onde é mandado. */
  async manda(caminho: string, campos: Record<string, string>): Promise<PaginaRecebida> {
    const resposta = await this.#navegador.pede(caminho, { campos });
    return await recebida(resposta.headers.get("location") ?? caminho, resposta);
  }

  /** Manda um formulário que serve, e vai à página a que o mandam: nenhum ato fica na que o fez. */
  async faz(caminho: string, campos: Record<string, string>): Promise<PaginaRecebida> {
    const { codigo, caminho: para, texto } = await this.manda(caminho, campos);
    assertEquals(codigo, 303, texto);
    return await this.vai(para);
  }
}

async function recebida(caminho: string, resposta: Response): Promise<PaginaRecebida> {
  const html = await resposta.text();
  const principal = html.replace(/^.*<main[^>]*>/s, "").replace(/<\/main>.*$/s, "");
  const texto = principal.replace(/<[^>]*>/g, " ").replace(/\s+/g, " ").replaceAll("&lt;", "<").trim();
  return { codigo: resposta.status, html, texto, caminho };
}
