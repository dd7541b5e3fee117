/**
 * O que se viu: junta, por segundo, quem pediu dados pessoais e quais, e entrega-o à trilha fora do caminho das respostas. Uma
 * consulta custa aqui uma procura numa tabela; os CPFs disfarçam-se e as linhas selam-se e escrevem-se depois, em lotes.
 *
 * O ouvinte diz-lhe cada resposta; `servidor.ts` cria um e, ao encerrar, espera que escreva tudo.
 *
 * @module
 */

import type { Quem } from "../clinica/livro.ts";
import type { Pedido, Resultado } from "../clinica/pedido.ts";
import { daCasa } from "../clinica/permissao.ts";
import {
  type Acesso,
  type AtoDeComando,
  type AtoDePessoa,
  escreveNumeros,
  type EscritaDaTrilha,
  type Especie,
  segundoDe,
} from "../clinica/trilha.ts";

/** Entre um lote e o seguinte, em ms: o que se viu está escrito dentro de um segundo. */
const ENTRE_LOTES = 900;

/** Linhas num lote, no máximo, a do excesso à parte: mil por segundo. */
export const LINHAS_POR_LOTE = 900;

/** Números que se dizem num lote, no máximo: uma lista tem uns mil, e uma linha deles uns quilobytes. */
export const NUMEROS_POR_LOTE = 20_000;

/** Linhas que esperam por um livro que não as aceita, no máximo; o que passa disso perde-se, e conta-se. */
export const LINHAS_A_ESPERA = 10 * LINHAS_POR_LOTE;

/** O que umas leituras precisam. */
export interface OpcoesDasLeituras {
  /** Quem as escreve. */
  readonly trilha: EscritaDaTrilha;
  /** Um CPF sob a chave da trilha. */
  readonly disfarcaCpf: (cpf: string) => string;
  /** O instante de agora, ms desde 1970. */
  readonly relogio: () => number;
  /** O livro não as aceitou; `perdidas` é quantas leituras já não cabem à espera, desde a última vez que se disse. */
  readonly aoFalhar?: (causa: unknown, perdidas: number) => void;
  /** Entre um lote e o seguinte, em ms. */
  readonly intervalo?: number;
}

/** Uma linha que se está a somar. */
interface Soma {
  readonly quem: Quem;
  readonly especie: Especie;
  readonly cpf: string;
  readonly numeros: Set<number>;
  aMais: number;
  vezes: number;
}

/** Junta leituras e escreve-as na trilha. */
export class Leituras implements AsyncDisposable {
  #opcoes: OpcoesDasLeituras;
  /**
   * As deste segundo, por quem pede, espécie e CPF. Por quem pede, o próprio objeto: compor um texto a cada consulta custa mais do
   * que o resto. As de conexões diferentes que são do mesmo juntam-se ao fechar.
   */
  #somas = new Map<Quem, Map<Especie, Map<string, Soma>>>();
  #quantas = 0;
  #apertada = false;
  #numeros = 0;
  #excesso = 0;
  /** As que esperam por ser escritas; as primeiras podem já o estar. */
  #fila: Acesso[] = [];
  #perdidas = 0;
  #ditas = 0;
  #escrevendo: Promise<void> | undefined;
  #alarme: ReturnType<typeof setInterval>;

  /** Começa a juntar. */
  constructor(opcoes: OpcoesDasLeituras) {
    this.#opcoes = opcoes;
    this.#alarme = setInterval(() => void this.#escreve(), opcoes.intervalo ?? ENTRE_LOTES);
  }

  /** Um pedido foi respondido; `undefined` se a linha não era um. */
  viu(quem: Quem, pedido: Pedido | undefined, resultado: Resultado): void {
    const especie = especieDe(quem, pedido, resultado);
    if (especie === undefined) return;
    const cpf = pedido !== undefined && "cpf" in pedido && especie !== "NEGADO" ? pedido.cpf : "";
    const soma = this.#soma(quem, especie, cpf);
    if (soma === undefined) return;
    if ("agendamentos" in resultado) { for (const { numero } of resultado.agendamentos) this.#numera(soma, numero); }
    else if ("fila" in resultado) { for (const { espera: { numero } } of resultado.fila) this.#numera(soma, numero); }
  }

  /**
   * Alguém entrou pelas páginas, errou, ou saiu; ou fez nelas o que também é um comando. O número é o da pessoa, de quem é ou
   * diz ser, se é de alguém; ou o da chave. O CPF é o que se procurou.
   */
  anota(quem: Quem, especie: AtoDePessoa | AtoDeComando, numero?: number, cpf: string = ""): void {
    const soma = this.#soma(quem, especie, cpf);
    if (soma !== undefined && numero !== undefined) this.#numera(soma, numero);
  }

  /** A soma em que mais uma vez entra; nenhuma, se já são demais. */
  #soma(quem: Quem, especie: Especie, cpf: string): Soma | undefined {
    let soma = this.#somas.get(quem)?.get(especie)?.get(cpf);
    if (soma === undefined) {
      if (this.#quantas >= LINHAS_POR_LOTE && !this.#aperta()) return void this.#excesso++;
      this.#poe(soma = { quem, especie, cpf, numeros: new Set(), aMais: 0, vezes: 0 });
    }
    soma.vezes++;
    return soma;
  }

  #poe(soma: Soma): void {
    const { quem, especie, cpf } = soma;
    let dele = this.#somas.get(quem);
    if (dele === undefined) this.#somas.set(quem, dele = new Map());
    let daEspecie = dele.get(especie);
    if (daEspecie === undefined) dele.set(especie, daEspecie = new Map());
    daEspecie.set(cpf, soma);
    this.#quantas++;
  }

  /**
   * Junta já as que são do mesmo: nas páginas, cada pedido de quem não entrou é de um `Quem`, e um só endereço que insiste tomava
   * o lugar de todos os outros. Falso se não se fez lugar; de um segundo em que se fez pouco não se tenta outra vez.
   */
  #aperta(): boolean {
    if (this.#apertada) return false;
    const juntas = this.#juntas();
    this.#apertada = juntas.length > LINHAS_POR_LOTE / 2;
    this.#somas.clear();
    this.#quantas = 0;
    for (const soma of juntas) this.#poe(soma);
    return this.#quantas < LINHAS_POR_LOTE;
  }

  /** As somas, juntas as de quem é o mesmo. */
  #juntas(): Soma[] {
    const { trilha } = this.#opcoes;
    const juntas = new Map<string, Soma>();
    for (const dele of this.#somas.values()) {
      for (const soma of [...dele.values()].flatMap((daEspecie) => [...daEspecie.values()])) {
        const { quem, especie, cpf } = soma;
        const chave = `${trilha.disfarca(quem)} ${quem.papel} ${especie} ${cpf}`;
        const outra = juntas.get(chave);
        if (outra === undefined) juntas.set(chave, soma);
        else {
          for (const numero of soma.numeros) outra.numeros.add(numero);
          outra.aMais += soma.aMais;
          outra.vezes += soma.vezes;
        }
      }
    }
    return [...juntas.values()];
  }

  #numera(soma: Soma, numero: number): void {
    if (soma.numeros.has(numero)) return;
    if (this.#numeros >= NUMEROS_POR_LOTE) return void soma.aMais++;
    soma.numeros.add(numero);
    this.#numeros++;
  }

  /** Fecha o segundo, e escreve o que há, se não se está já a escrever. */
  #escreve(): Promise<void> {
    this.#fecha();
    if (this.#escrevendo === undefined && this.#fila.length === 0) return Promise.resolve();
    return this.#escrevendo ??= this.#entrega().finally(() => this.#escrevendo = undefined);
  }

  /** O que se somou vai para a fila, até onde cabe. */
  #fecha(): void {
    if (this.#quantas === 0) return;
    const { trilha, disfarcaCpf, relogio } = this.#opcoes;
    const quando = segundoDe(relogio());
    const somas = this.#juntas();
    const excesso = this.#excesso;
    this.#somas.clear();
    this.#quantas = this.#numeros = this.#excesso = 0;
    this.#apertada = false;
    if (this.#fila.length + somas.length > LINHAS_A_ESPERA) {
      this.#perdidas += excesso + somas.reduce((soma, { vezes }) => soma + vezes, 0);
      return;
    }
    for (const { quem, especie, cpf, numeros, aMais, vezes } of somas) {
      this.#fila.push({
        ...{ quando, papel: quem.papel, quem: trilha.disfarca(quem), especie },
        // Os números já dizem de quem é; com os dois, quem foi anonimizado achava-se outra vez.
        ...{ cpf: cpf === "" || numeros.size + aMais > 0 ? "" : disfarcaCpf(cpf) },
        ...{ numeros: escreveNumeros(numeros, aMais), vezes },
      });
    }
    if (excesso > 0) this.#fila.push({ ...DO_SERVIDOR, quando, especie: "EXCESSO", vezes: excesso });
    if (this.#perdidas > 0) {
      this.#fila.push({ ...DO_SERVIDOR, quando, especie: "PERDIDOS", vezes: this.#perdidas });
      this.#perdidas = this.#ditas = 0;
    }
  }

  async #entrega(): Promise<void> {
    // O lote que falha repete-se tal e qual, ainda que entretanto a fila cresça.
    const lote = this.#fila.slice(0, LINHAS_POR_LOTE + 2);
    try {
      await this.#opcoes.trilha.acrescenta(lote);
      this.#fila.splice(0, lote.length);
    } catch (causa) {
      this.#opcoes.aoFalhar?.(causa, this.#perdidas - this.#ditas);
      this.#ditas = this.#perdidas;
    }
  }

  /** Escreve tudo o que falta, se o livro o aceita, e deixa de juntar. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#alarme);
    await this.#escrevendo;
    for (let antes = -1; this.#quantas + this.#fila.length > 0 && this.#fila.length !== antes;) {
      antes = this.#fila.length;
      await this.#escreve();
    }
    const faltam = this.#fila.reduce((soma, { vezes }) => soma + vezes, 0);
    if (faltam > 0) this.#opcoes.aoFalhar?.(new Error("o servidor encerra sem as escrever"), faltam);
  }
}

const DO_SERVIDOR = { papel: "servidor", quem: "", cpf: "", numeros: "" } as const;

/**
 * O que uma resposta mostrou, se mostrou dados de alguém: os agendamentos que traz e não são os que acaba de mudar, que o diário
 * diz. A quem não é da casa, só se os mostrou; a quem é, também que não há nenhum.
 */
function especieDe({ papel }: Quem, pedido: Pedido | undefined, resultado: Resultado): Especie | undefined {
  switch (resultado.codigo) {
    case "OK-302":
    case "OK-310":
    case "OK-311":
    case "OK-312":
    case "OK-314":
    case "OK-315":
    case "ERRO-111":
    case "ERRO-114":
    case "ERRO-115":
    case "ERRO-117":
      return pedido?.comando;
    case "ERRO-112":
      return daCasa(papel) ? pedido?.comando : undefined;
    case "ERRO-120":
      return pedido?.comando === "OLA" ? "CHAVE ERRADA" : "NEGADO";
    default:
      return undefined;
  }
}
