/**
 * Baldes que enchem a um ritmo constante, um por nome, numa memória que não cresce. `registro.ts` guarda num só os bytes do
 * console; `acesso/limites.ts`, nos de cada endereço, chave e CPF, o que ainda podem pedir.
 *
 * De um balde guarda-se só o instante em que ficaria cheio, e um cheio é o mesmo que nenhum. Não há uma ficha por nome, mas
 * casas, em duas filas: cada nome tem uma em cada, que um número ao acaso deste processo escolhe, e deve o menos que elas
 * dizem. Por isso não se despeja ninguém: quem usa um milhão de nomes não apaga o que outro deve, nem o que deve ele. O preço
 * é que um nome pode pagar pelo que devem dois outros, se calhar com um em cada fila.
 *
 * Não escreve nada, e o relógio vem de fora.
 *
 * @module
 */

/** Como enchem. */
export interface OpcoesDosBaldes {
  /** Quanto entra por segundo. */
  ritmo: number;
  /** Quanto guarda cada um, no máximo; começa cheio. */
  capacidade: number;
  /** Um relógio que só anda para a frente, em ms. */
  relogio: () => number;
  /** Casas de cada fila, uma potência de dois até 65.536; 16 bytes por casa. */
  casas?: number;
}

/** Um balde por nome. */
export class Baldes {
  #ritmo: number;
  #capacidade: number;
  #relogio: () => number;
  #mascara: number;
  /** Quando fica cheio o balde de cada casa, em ms. */
  #filas: readonly [Float64Array, Float64Array];
  #semente = crypto.getRandomValues(new Uint32Array(1))[0];

  /** Todos cheios. */
  constructor({ ritmo, capacidade, relogio, casas = 1 }: OpcoesDosBaldes) {
    this.#ritmo = ritmo / 1000;
    this.#capacidade = capacidade;
    this.#relogio = relogio;
    this.#mascara = casas - 1;
    this.#filas = [new Float64Array(casas), new Float64Array(casas)];
  }

  /** Quanto há agora; menos que zero enquanto deve. */
  nivel(nome: string = ""): number {
    return this.#capacidade - this.#porEncher(this.#resumo(nome), this.#relogio()) * this.#ritmo;
  }

  /** Quantos ms faltam para que haja tanto; 0 se há. */
  falta(quanto: number, nome: string = ""): number {
    return Math.max(0, (quanto - this.nivel(nome)) / this.#ritmo);
  }

  /** Tira tanto, mais do que há se preciso: o balde fica devendo. */
  tira(quanto: number, nome: string = ""): void {
    const resumo = this.#resumo(nome);
    const agora = this.#relogio();
    const cheio = agora + this.#porEncher(resumo, agora) + quanto / this.#ritmo;
    const [uma, outra] = this.#filas;
    const [a, b] = [resumo & this.#mascara, (resumo >>> 16) & this.#mascara];
    // A casa que já devia mais é a de outro também, e a ele nada se perdoa.
    uma[a] = Math.max(uma[a], cheio);
    outra[b] = Math.max(outra[b], cheio);
  }

  /** Quantos ms até ficar cheio. */
  #porEncher(resumo: number, agora: number): number {
    const [uma, outra] = this.#filas;
    const cheio = Math.min(uma[resumo & this.#mascara], outra[(resumo >>> 16) & this.#mascara]);
    return Math.max(0, cheio - agora);
  }

  /** FNV-1a e o fim de MurmurHash3, com a semente: quem escolhe o nome não escolhe a casa. */
  #resumo(nome: string): number {
    let resumo = this.#semente;
    for (let i = 0; i < nome.length; i++) resumo = Math.imul(resumo ^ nome.charCodeAt(i), 0x01000193);
    resumo = Math.imul(resumo ^ resumo >>> 16, 0x85ebca6b);
    resumo = Math.imul(resumo ^ resumo >>> 13, 0xc2b2ae35);
    return (resumo ^ resumo >>> 16) >>> 0;
  }
}
