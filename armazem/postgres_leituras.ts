/**
 * As consultas a um PostgreSQL: as que chegam juntas vão juntas, e uma conexão que acabou não as faz falhar. Só
 * `postgres.ts` o usa.
 *
 * @module
 */

import { setImmediate } from "node:timers";
import type { Alcance, Vista } from "../clinica/livro.ts";
import { daquiA, ehDespedida, type Ligacao, PrazoVencido } from "./postgres_ligacao.ts";
import type { Canal } from "./postgres_principal.ts";
import { carrega, Carregada, reune, type UltimasExcecoes, vazio } from "./postgres_vista.ts";

/** Uma consulta à espera da próxima ida ao banco. */
interface Leitura {
  readonly alcance: Alcance;
  readonly responde: (vista: Vista) => void;
  readonly falha: (causa: unknown) => void;
}

/** Consultas que vão juntas, no máximo: poucos milissegundos de trabalho para o banco. */
const LEITURAS_JUNTAS = 1024;

/** A fila das consultas de um canal. */
export class Leituras {
  #canal: Canal;
  #prazo: number;
  #excecoes: UltimasExcecoes;
  #esperam: Leitura[] = [];
  #lendo = false;

  /** `prazo` é o de uma ida, em ms; as que esperam por ela falham com ela. */
  constructor(canal: Canal, { prazo, excecoes }: { prazo: number; excecoes: UltimasExcecoes }) {
    this.#canal = canal;
    this.#prazo = prazo;
    this.#excecoes = excecoes;
  }

  /**
   * Lê o que está gravado. As consultas que chegam na mesma volta do laço, ou enquanto outras são lidas, vão juntas; a
   * leitura começa depois de todas elas chegarem, e vê tudo o que já foi confirmado por qualquer servidor.
   */
  le<R>(alcance: Alcance, consulta: (vista: Vista) => R): R | Promise<R> {
    if (vazio(alcance)) return consulta(new Carregada(alcance));
    return new Promise((resolve, falha) => {
      this.#esperam.push({
        alcance,
        responde: (vista) => {
          try {
            resolve(consulta(vista));
          } catch (causa) {
            falha(causa);
          }
        },
        falha,
      });
      if (this.#lendo) return;
      this.#lendo = true;
      setImmediate(() => this.#leTudo());
    });
  }

  async #leTudo(): Promise<void> {
    while (this.#esperam.length > 0) {
      const juntas = this.#esperam.splice(0, LEITURAS_JUNTAS);
      try {
        const vista = await this.#carregaPara(juntas);
        for (const { responde } of juntas) responde(vista);
      } catch (causa) {
        // As que esperavam por esta ida já esperaram o que se espera por uma.
        for (const { falha } of [...juntas, ...this.#esperam.splice(0)]) falha(causa);
      }
    }
    this.#lendo = false;
  }

  async #carregaPara(leituras: readonly Leitura[]): Promise<Vista> {
    const alcance = reune(leituras.map((leitura) => leitura.alcance));
    // Só quem decide os quer, ainda que não grave.
    const contatos = alcance.novos + alcance.historias.length + alcance.mudam.length > 0;
    const { vista } = await lendoDe(
      this.#canal,
      this.#prazo,
      (ligacao, ate) => carrega(ligacao, { alcance, contatos, excecoes: this.#excecoes, ate }),
    );
    return vista;
  }
}

/** Lê por um canal; se a conexão acabou, uma vez mais por outra, no mesmo prazo, em ms. */
export async function lendoDe<T>(
  canal: Canal,
  prazo: number,
  le: (ligacao: Ligacao, ate: number) => Promise<T>,
): Promise<T> {
  const ate = daquiA(prazo);
  for (let repetida = false;; repetida = true) {
    const ligacao = await canal.toma(ate);
    try {
      return await le(ligacao, ate);
    } catch (causa) {
      if (causa instanceof PrazoVencido || ligacao.viva && !ehDespedida(causa)) throw causa;
      ligacao.corta();
      if (repetida) throw causa;
    }
  }
}
