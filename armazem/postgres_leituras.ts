/**
 * As consultas a um PostgreSQL: as que chegam juntas vão juntas, e uma conexão que acabou não as faz falhar. Só
 * `postgres.ts` o usa.
 *
 * @module
 */

import { setImmediate } from "node:timers";
import type { Alcance, Vista } from "../clinica/livro.ts";
import { Alargamento } from "./postgres_alargamento.ts";
import { carregaParaLer, type Lembrancas, reune, vazio } from "./postgres_carga.ts";
import { EsperasLidas } from "./postgres_esperas_lidas.ts";
import { daquiA, ehDespedida, type Ligacao, PrazoVencido } from "./postgres_ligacao.ts";
import type { Canal } from "./postgres_principal.ts";
import { Carregada } from "./postgres_vista.ts";

/** Uma consulta à espera da próxima ida ao banco. */
interface Leitura {
  readonly alcance: Alcance;
  /** Verdadeiro se respondeu; falso se faltou ler, e não é a última vez. */
  readonly responde: (vista: Carregada, ultima: boolean) => boolean;
  readonly falha: (causa: unknown) => void;
}

/** Consultas que vão juntas, no máximo: poucos milissegundos de trabalho para o banco. */
const LEITURAS_JUNTAS = 1024;

/** Vezes que se lê, no máximo, para uma consulta que só lendo diz o que falta. */
const VEZES = 4;

/** A fila das consultas de um canal. */
export class Leituras {
  #canal: Canal;
  #prazo: number;
  #lembrancas: Lembrancas;
  #esperam: Leitura[] = [];
  #lendo = false;

  /** `prazo` é o de uma ida, em ms; as que esperam por ela falham com ela. */
  constructor(canal: Canal, { prazo, lembrancas }: { prazo: number; lembrancas: Lembrancas }) {
    this.#canal = canal;
    this.#prazo = prazo;
    this.#lembrancas = lembrancas;
  }

  /**
   * Lê o que está gravado. As consultas que chegam na mesma volta do laço, ou enquanto outras são lidas, vão juntas; a
   * leitura começa depois de todas elas chegarem, e vê tudo o que já foi confirmado por qualquer servidor.
   */
  le<R>(alcance: Alcance, consulta: (vista: Vista) => R): R | Promise<R> {
    if (vazio(alcance)) return consulta(new Carregada(alcance, new EsperasLidas(alcance, new Alargamento())));
    return new Promise((resolve, falha) => {
      this.#esperam.push({
        alcance,
        responde: (vista, ultima) => {
          let fim: () => void;
          try {
            const lido = consulta(vista);
            fim = () => resolve(lido);
          } catch (causa) {
            fim = () => falha(causa);
          }
          if (!ultima && vista.falta) return false;
          fim();
          return true;
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
        const largo = new Alargamento();
        let faltam: readonly Leitura[] = juntas;
        for (let vez = 1; faltam.length > 0; vez++) {
          const vista = await this.#carregaPara(faltam, largo);
          faltam = faltam.filter(({ responde }) => {
            const respondeu = responde(vista, vez === VEZES);
            largo.junta(vista.tomaFalta());
            return !respondeu;
          });
        }
      } catch (causa) {
        // As que esperavam por esta ida já esperaram o que se espera por uma.
        for (const { falha } of [...juntas, ...this.#esperam.splice(0)]) falha(causa);
      }
    }
    this.#lendo = false;
  }

  async #carregaPara(leituras: readonly Leitura[], largo: Alargamento): Promise<Carregada> {
    const pedido = reune(leituras.map(({ alcance }) => alcance));
    // Só quem decide os quer, ainda que não grave.
    const contatos = pedido.novos + pedido.historias.length + pedido.mudam.length > 0;
    const lembrancas = this.#lembrancas;
    return await lendoDe(
      this.#canal,
      this.#prazo,
      (ligacao, ate) => carregaParaLer(ligacao, { pedido, largo, contatos, lembrancas, ate }),
    );
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
