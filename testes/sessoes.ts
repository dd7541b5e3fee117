/**
 * As sessões de um livro que só está na memória, do modo mais curto, para os testes de quem as abre. Só o que testa o importa.
 *
 * @module
 */

import type { Limpeza, LivroDasSessoes, Sessao, SessaoAchada } from "../clinica/sessao.ts";
import type { PessoasDeTeste } from "./pessoas.ts";

/** As sessões, e o que se pediu delas. */
export class SessoesDeTeste implements LivroDasSessoes {
  /** As gravadas, por resumo. */
  gravadas = new Map<string, Sessao>();
  /** Quantas vezes se leu. */
  leituras = 0;
  /** Quantas vezes se fechou uma. */
  fechos = 0;
  /** Quantas vezes se escreveu um uso. */
  usos = 0;
  /** Corre antes de cada leitura e de cada uso. */
  antes: () => void | Promise<void> = () => {};
  #pessoas: PessoasDeTeste;

  /** As pessoas são as de um livro na memória. */
  constructor(pessoas: PessoasDeTeste) {
    this.#pessoas = pessoas;
  }

  abre(nova: Sessao, { agora, futuro, maximo }: Limpeza): Promise<void> {
    for (const { resumo, expiraEm, criadaEm } of this.gravadas.values()) {
      if (expiraEm <= agora || criadaEm > futuro) this.gravadas.delete(resumo);
    }
    this.gravadas.set(nova.resumo, nova);
    const dela = [...this.gravadas.values()].filter(({ pessoa }) => pessoa === nova.pessoa);
    for (const { resumo } of dela.slice(0, -maximo)) this.gravadas.delete(resumo);
    return Promise.resolve();
  }

  async acha(resumos: readonly string[]): Promise<readonly SessaoAchada[]> {
    this.leituras++;
    const achadas = resumos.flatMap((resumo) => {
      const sessao = this.gravadas.get(resumo);
      const pessoa = this.#pessoas.gravadas.find(({ numero }) => numero === sessao?.pessoa);
      return sessao && pessoa ? [{ sessao, pessoa }] : [];
    });
    await this.antes();
    return achadas;
  }

  async viu({ resumo, vistaEm, expiraEm }: Pick<Sessao, "resumo" | "vistaEm" | "expiraEm">): Promise<void> {
    this.usos++;
    await this.antes();
    const sessao = this.gravadas.get(resumo);
    if (sessao !== undefined && sessao.vistaEm < vistaEm) this.gravadas.set(resumo, { ...sessao, vistaEm, expiraEm });
  }

  fecha(resumo: string): Promise<void> {
    this.fechos++;
    this.gravadas.delete(resumo);
    return Promise.resolve();
  }

  fechaTodas(pessoa: number): Promise<void> {
    for (const uma of this.gravadas.values()) if (uma.pessoa === pessoa) this.gravadas.delete(uma.resumo);
    return Promise.resolve();
  }
}
