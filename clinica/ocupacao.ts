/**
 * A ocupação de um dia: o que está tomado, e onde isso se guarda por agenda e data. Os armazéns enchem-na,
 * as regras perguntam-lhe.
 *
 * @module
 */

import { type Agendamento, conta, tomaHora } from "./agendamento.ts";
import { type Horario, minutoDoDia } from "./oferta.ts";

/** O que de um agendamento importa à ocupação do dia dele. */
export type Ocupante = Pick<Agendamento, "especialidade" | "hora" | "minutos" | "encaixe" | "situacao">;

interface Encaixado {
  readonly inicio: number;
  readonly fim: number;
}

/** O que está tomado num dia de uma agenda: os minutos, quantos de cada especialidade, e os encaixes. */
export class Ocupacao {
  /** Um bit por minuto, trinta por palavra: inteiros pequenos, que o V8 guarda sem caixa e copia depressa. */
  #palavras: number[];
  /** Quantos contam, por especialidade. */
  #contagem: Map<string, number>;
  /** Os minutos de cada encaixe. */
  #encaixes: readonly Encaixado[];

  private constructor(palavras: number[], contagem: Map<string, number>, encaixes: readonly Encaixado[]) {
    this.#palavras = palavras;
    this.#contagem = contagem;
    this.#encaixes = encaixes;
  }

  /** Um dia inteiro livre. */
  static vazia(): Ocupacao {
    return new Ocupacao(new Array<number>(48).fill(0), new Map(), []);
  }

  /** Uma cópia, para mudar sem tocar no original. */
  copia(): Ocupacao {
    return new Ocupacao(this.#palavras.slice(), new Map(this.#contagem), this.#encaixes);
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

  /** Quantos contam de uma especialidade, encaixes incluídos. */
  marcados(especialidade: string): number {
    return this.#contagem.get(especialidade) ?? 0;
  }

  /** Quantos encaixes começam de `inicio` até antes de `fim`. */
  encaixes(inicio: number, fim: number): number {
    return this.#encaixes.filter((um) => um.inicio >= inicio && um.inicio < fim).length;
  }

  /** Verdadeiro quando algum encaixe cai nos minutos de `inicio` até antes de `fim`. */
  encaixado(inicio: number, fim: number): boolean {
    return this.#encaixes.some((um) => um.inicio < fim && um.fim > inicio);
  }

  /** Entra um agendamento; um que não conta não muda nada. */
  poe(ocupante: Ocupante): void {
    if (!conta(ocupante)) return;
    const { especialidade, hora, minutos } = ocupante;
    const inicio = minutoDoDia(hora);
    this.#contagem.set(especialidade, this.marcados(especialidade) + 1);
    if (tomaHora(ocupante)) this.toma(inicio, minutos);
    else this.#encaixes = [...this.#encaixes, { inicio, fim: inicio + minutos }];
  }

  /** Sai um que entrou. */
  tira(ocupante: Ocupante): void {
    if (!conta(ocupante)) return;
    const { especialidade, hora, minutos } = ocupante;
    this.#contagem.set(especialidade, this.marcados(especialidade) - 1);
    const inicio = minutoDoDia(hora);
    if (tomaHora(ocupante)) return this.libera(inicio, minutos);
    const onde = this.#encaixes.findIndex((um) => um.inicio === inicio && um.fim === inicio + minutos);
    this.#encaixes = this.#encaixes.filter((_, i) => i !== onde);
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

/** Verdadeiro quando nenhuma das ocupações tem um minuto do horário tomado. */
export function estaLivre(ocupacoes: readonly Ocupacao[], { inicio, minutos }: Horario): boolean {
  for (const ocupacao of ocupacoes) if (!ocupacao.livre(inicio, minutos)) return false;
  return true;
}

/** Guarda um valor por agenda e data, sem montar uma chave a cada consulta. */
export class PorDia<T> {
  #agendas = new Map<string, Map<string, T>>();

  /** O valor guardado, se há. */
  get(agenda: string, data: string): T | undefined {
    return this.#agendas.get(agenda)?.get(data);
  }

  /** Guarda o valor. */
  set(agenda: string, data: string, valor: T): void {
    const datas = this.#agendas.get(agenda);
    if (datas === undefined) this.#agendas.set(agenda, new Map([[data, valor]]));
    else datas.set(data, valor);
  }

  /** Esquece tudo. */
  clear(): void {
    this.#agendas.clear();
  }
}
