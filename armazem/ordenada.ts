/**
 * Valores por ordem, em que se põe, se tira e se conta por busca binária. Guarda-os em blocos: numa lista só, tirar um de
 * duzentos mil moveria todos os seguintes. Usa-a a memória da lista de espera (`memoria_espera.ts`).
 *
 * @module
 */

/** Valores num bloco, no máximo. */
const MAXIMO = 512;

/** Valores por ordem; cada um com um lugar só seu, e o lugar é a parte dele que se compara. */
export class Ordenada<L, T extends L = L> implements Iterable<T> {
  #compara: (a: L, b: L) => number;
  /** Nenhum vazio. */
  #blocos: T[][] = [];

  /** Vazia, nesta ordem. */
  constructor(compara: (a: L, b: L) => number) {
    this.#compara = compara;
  }

  /** O primeiro, se há algum. */
  get primeiro(): T | undefined {
    return this.#blocos[0]?.[0];
  }

  /** Põe um valor no lugar dele. */
  poe(valor: T): void {
    const qual = Math.min(this.#blocoDe(valor), this.#blocos.length - 1);
    if (qual < 0) return void this.#blocos.push([valor]);
    const bloco = this.#blocos[qual];
    bloco.splice(this.#antes(bloco, valor), 0, valor);
    if (bloco.length > MAXIMO) this.#blocos.splice(qual + 1, 0, bloco.splice(MAXIMO / 2));
  }

  /** Tira o que está neste lugar, se há um. */
  tira(lugar: L): void {
    const qual = this.#blocoDe(lugar);
    if (qual === this.#blocos.length) return;
    const bloco = this.#blocos[qual];
    const onde = this.#antes(bloco, lugar);
    if (this.#compara(bloco[onde], lugar) !== 0) return;
    bloco.splice(onde, 1);
    if (bloco.length === 0) this.#blocos.splice(qual, 1);
  }

  /** Quantos estão antes deste lugar. */
  quantosAntes(lugar: L): number {
    const qual = this.#blocoDe(lugar);
    let quantos = qual === this.#blocos.length ? 0 : this.#antes(this.#blocos[qual], lugar);
    for (let i = 0; i < qual; i++) quantos += this.#blocos[i].length;
    return quantos;
  }

  /** Os primeiros, enquanto servem. */
  enquanto(serve: (valor: T) => boolean, maximo: number): T[] {
    const primeiros: T[] = [];
    for (const valor of this) {
      if (primeiros.length === maximo || !serve(valor)) break;
      primeiros.push(valor);
    }
    return primeiros;
  }

  /** Todos, na ordem; enquanto se percorrem, nada muda. */
  *[Symbol.iterator](): Generator<T> {
    for (const bloco of this.#blocos) yield* bloco;
  }

  /** O primeiro bloco que não está todo antes deste lugar. */
  #blocoDe(lugar: L): number {
    return parte(this.#blocos.length, (i) => this.#compara(this.#blocos[i][this.#blocos[i].length - 1], lugar) < 0);
  }

  #antes(bloco: readonly T[], lugar: L): number {
    return parte(bloco.length, (i) => this.#compara(bloco[i], lugar) < 0);
  }
}

/** Quantos índices, dos primeiros, estão antes: a partir de um que não está, nenhum está. */
function parte(quantos: number, antes: (i: number) => boolean): number {
  let [de, ate] = [0, quantos];
  while (de < ate) {
    const meio = (de + ate) >>> 1;
    if (antes(meio)) de = meio + 1;
    else ate = meio;
  }
  return de;
}
