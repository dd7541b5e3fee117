/**
 * A ocupação de um dia: que minutos estão tomados, e onde isso se guarda por especialidade e data. Os armazéns enchem-na,
 * as regras perguntam-lhe.
 *
 * @module
 */

/** Os minutos tomados de um dia de uma especialidade. */
export class Ocupacao {
  /** Um bit por minuto, trinta por palavra: inteiros pequenos, que o V8 guarda sem caixa e copia depressa. */
  #palavras: number[];

  private constructor(palavras: number[]) {
    this.#palavras = palavras;
  }

  /** Um dia inteiro livre. */
  static vazia(): Ocupacao {
    return new Ocupacao(new Array<number>(48).fill(0));
  }

  /** Uma cópia, para mudar sem tocar no original. */
  copia(): Ocupacao {
    return new Ocupacao(this.#palavras.slice());
  }

  /** Verdadeiro quando os mesmos minutos estão tomados nas duas. */
  igual(outra: Ocupacao): boolean {
    if (this.#palavras === outra.#palavras) return true;
    for (let i = 0; i < this.#palavras.length; i++) {
      if (this.#palavras[i] !== outra.#palavras[i]) return false;
    }
    return true;
  }

  /** Verdadeiro quando nenhum dos `minutos` a partir de `inicio` (minutos desde a meia-noite) está tomado. */
  livre(inicio: number, minutos: number): boolean {
    return this.#cada(inicio, minutos, (palavra, bits) => (this.#palavras[palavra] & bits) === 0);
  }

  /** Toma os `minutos` a partir de `inicio`. */
  toma(inicio: number, minutos: number): void {
    this.#cada(inicio, minutos, (palavra, bits) => {
      this.#palavras[palavra] |= bits;
      return true;
    });
  }

  /** Libera os `minutos` a partir de `inicio`. */
  libera(inicio: number, minutos: number): void {
    this.#cada(inicio, minutos, (palavra, bits) => {
      this.#palavras[palavra] &= ~bits;
      return true;
    });
  }

  /** Visita as palavras que o intervalo toca, com os bits dele em cada uma, enquanto a visita devolver verdadeiro. */
  #cada(inicio: number, minutos: number, visita: (palavra: number, bits: number) => boolean): boolean {
    const fim = inicio + minutos;
    for (let minuto = inicio; minuto < fim;) {
      const palavra = Math.floor(minuto / 30);
      const de = minuto % 30;
      const ate = Math.min(30, de + fim - minuto);
      if (!visita(palavra, ((1 << ate) - 1) & ~((1 << de) - 1))) return false;
      minuto += ate - de;
    }
    return true;
  }
}

/** Guarda um valor por especialidade e data, sem montar uma chave a cada consulta. */
export class PorDia<T> {
  #especialidades = new Map<string, Map<string, T>>();

  /** O valor guardado, se há. */
  get(especialidade: string, data: string): T | undefined {
    return this.#especialidades.get(especialidade)?.get(data);
  }

  /** Guarda o valor. */
  set(especialidade: string, data: string, valor: T): void {
    const datas = this.#especialidades.get(especialidade);
    if (datas === undefined) this.#especialidades.set(especialidade, new Map([[data, valor]]));
    else datas.set(data, valor);
  }

  /** Esquece tudo. */
  clear(): void {
    this.#especialidades.clear();
  }
}
