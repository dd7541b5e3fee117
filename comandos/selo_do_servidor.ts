/**
 * A trilha de um servidor em funcionamento: a chave com que ele a sela, e as pontas das cadeias, que o console diz ao começar,
 * todos os dias e ao encerrar. Só contra elas se vê que alguém cortou o fim de uma.
 *
 * @module
 */

import { abreChaveDaTrilha, abreOuFazChave, type ChaveDaTrilha, guardaChave } from "../armazem/arquivo_do_selo.ts";
import { ehPostgres } from "../armazem/postgres_endereco.ts";
import { Selo } from "../armazem/selo.ts";
import { ErroDoArmazem } from "../clinica/livro.ts";
import { mensagem } from "../clinica/texto.ts";
import { type Cabeca, escreveCabeca, type LivroDaTrilha } from "../clinica/trilha.ts";
import type { Registro } from "../rede/registro.ts";
import type { Argumentos } from "./argumentos.ts";
import { abreLivroDaTrilha, arquivosDasChaves, seloDosComandos, seloDoServidor } from "./registra.ts";

/** Entre dois dizeres das pontas, em ms. */
const UM_DIA = 24 * 60 * 60 * 1000;

/** O que um servidor precisa de saber da sua trilha. */
export class TrilhaDoServidor implements Disposable {
  /** Com que ele sela. */
  readonly selo: Selo;
  #chave: ChaveDaTrilha | undefined;
  #nomes: readonly string[];
  #alarme: ReturnType<typeof setInterval> | undefined;

  /**
   * A de um livro; a de um que não fica também não.
   *
   * @throws {ErroDoArmazem} se a chave não se pôde ler, ou fazer.
   */
  constructor(argumentos: Argumentos, banco: string, porta: number) {
    if (banco === ":memory:") {
      this.selo = Selo.aoAcaso();
      this.#nomes = [];
      return;
    }
    const [arquivo] = arquivosDasChaves(argumentos, banco);
    // A um banco chegam vários ao mesmo tempo; a um arquivo, um só, e a chave só se guarda quando se sabe que é um livro.
    const chave = this.#chave = ehPostgres(banco) ? abreOuFazChave(arquivo) : abreChaveDaTrilha(arquivo);
    this.selo = seloDoServidor(chave, banco, porta);
    this.#nomes = [this.selo.servidor, seloDosComandos(chave).servidor];
  }

  /**
   * O livro abriu-se: guarda a chave, se é nova.
   *
   * @throws {ErroDoArmazem} se não se pôde.
   */
  guarda(banco: string): void {
    if (this.#chave === undefined || ehPostgres(banco)) return;
    try {
      guardaChave(this.#chave);
    } catch (causa) {
      if (!(causa instanceof Deno.errors.AlreadyExists)) throw causa;
      throw new ErroDoArmazem(`${this.#chave.arquivo}: um comando fez a chave agora mesmo; inicie outra vez`, causa);
    }
  }

  /** Diz da chave o que há a dizer, e as pontas, agora e todos os dias. */
  async comeca(livro: LivroComPontas, registro: Registro): Promise<void> {
    if (this.#chave?.nova) {
      registro.conta("trilha", {
        o_que: `a chave nova está em ${this.#chave.arquivo}; guarde uma cópia dela fora desta máquina`,
      });
    }
    if (this.#chave?.exposta) {
      registro.conta("aviso", { o_que: `${this.#chave.arquivo}: outros usuários podem lê-lo; chmod 600` });
    }
    this.#alarme = setInterval(() => void this.contaPontas(livro, registro), UM_DIA);
    await this.contaPontas(livro, registro);
  }

  /** Diz as pontas das cadeias deste servidor e dos comandos desta máquina. */
  async contaPontas(livro: LivroComPontas, registro: Registro): Promise<void> {
    if (this.#nomes.length === 0) return;
    try {
      const pontas = await livro.cabecas(...this.#nomes);
      if (pontas.length === 0) return;
      registro.conta("trilha", { o_que: `cabeças: ${pontas.map(escreveCabeca).join(" ")}` });
    } catch (causa) {
      registro.contaFalha("as cabeças da trilha não puderam ser lidas", mensagem(causa));
    }
  }

  /** Como as páginas a abrem para a ler, ao lado do que nela se escreve; nada, se o livro não fica. */
  leitura(argumentos: Argumentos, banco: string): (() => Promise<TrilhaParaLer>) | undefined {
    if (this.#chave === undefined) return undefined;
    const [, ...outras] = arquivosDasChaves(argumentos, banco);
    return async () => {
      const livro = await abreLivroDaTrilha(banco, this.selo);
      try {
        const selos = [this.selo, ...outras.map((arquivo) => seloDosComandos(abreChaveDaTrilha(arquivo)))];
        return { ...livro, disfarces: (cpf) => selos.map((selo) => selo.cpf(cpf)) };
      } catch (causa) {
        await livro[Symbol.asyncDispose]();
        throw causa;
      }
    };
  }

  /** Deixa de as dizer. */
  [Symbol.dispose](): void {
    clearInterval(this.#alarme);
  }
}

/** A trilha, e os disfarces de um CPF nela. */
export interface TrilhaParaLer extends LivroDaTrilha {
  /** Um CPF sob cada chave dela. */
  readonly disfarces: (cpf: string) => readonly string[];
}

/** Um livro de que se sabem as pontas das cadeias. */
export interface LivroComPontas {
  /** As que têm um destes nomes. */
  cabecas(...servidores: readonly string[]): Promise<readonly Cabeca[]>;
}
