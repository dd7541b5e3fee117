/**
 * As entradas das listas de espera do modelo, e o que se faz a cada uma. Ver `modelo.ts`.
 *
 * @module
 */

import type { Papel } from "../clinica/agendamento.ts";
import type { Espera } from "../clinica/espera.ts";
import type { Contato } from "../clinica/livro.ts";
import { type Bloco, type Dias, fim, hora, type Linha, type Mutavel, type Vaga } from "./modelo_dias.ts";

/** Uma entrada, que se muda. */
export type Entrada = Mutavel<Espera>;

/** O que o modelo sabe fazer com uma linha, e com quem pede. */
export interface Casa {
  /** O livro e a semana. */
  readonly dias: Dias;
  /** O que se conta de quem não é da casa. */
  readonly contas: { esquece(agora: number): number };
  /** Quem pede. */
  readonly papel: Papel;
  /** Se quem pede só chega ao que é seu, com o código. */
  estranho(): boolean;
  /** Um código que ninguém teve. */
  sorteia(): string;
  /** Muda uma linha. */
  muda(linha: Linha, novo: Partial<Linha>): void;
  /** Muda a situação de uma linha, e lembra-se. */
  passa(linha: Linha, novo: Partial<Linha>): true;
  /** O contato que um pedido diz, ou o sabido. */
  contato(cpf: string, dito: { email?: string; telefone?: string }): Contato;
  /** Guarda-o. */
  aprende(contato: Contato): void;
}

/** Uma hora de uma data. */
export type Hora = Vaga & { readonly data: string };

/** As entradas de todas as listas. */
export class Entradas {
  /** Todas as entradas. */
  esperas: Entrada[] = [];
  /** O que aconteceu sem que ninguém o pedisse. */
  readonly vistos: Set<string> = new Set();
  #casa: Casa;
  #lugares = 0;

  /** As de um modelo. */
  constructor(casa: Casa) {
    this.#casa = casa;
  }

  /** Põe uma no fim. */
  entra(entrada: Entrada): void {
    entrada.numero = entrada.ordem = ++this.#lugares;
    this.esperas.push(entrada);
  }

  /** As de pé. */
  todas(): Entrada[] {
    return this.esperas.filter(({ terminouEm }) => terminouEm === "");
  }

  /** As de uma especialidade, na ordem. */
  fila(especialidade: string): Entrada[] {
    return this.todas().filter((uma) => uma.especialidade === especialidade)
      .sort((a, b) => a.prioridade === b.prioridade ? a.ordem - b.ordem : b.prioridade - a.prioridade);
  }

  /** A entrada de pé de um CPF. */
  dePe(cpf: string, especialidade: string): Entrada | undefined {
    return this.todas().find((uma) => uma.cpf === cpf && uma.especialidade === especialidade);
  }

  /** O que está segurado para uma. */
  convite({ convite }: Entrada): Linha | undefined {
    return this.#casa.dias.linhas.find(({ numero }) => numero === convite);
  }

  /** O que um CPF tem ali e ainda não acabou. */
  marcado(cpf: string, especialidade: string): Linha | undefined {
    const { dias } = this.#casa;
    return dias.linhas.find((um) =>
      um.ativo && um.cpf === cpf && um.especialidade === especialidade && fim(um) > dias.agora
    );
  }

  /** Uma linha nova. */
  nasce({ data, bloco, inicio, minutos }: Hora, parte: Partial<Linha>): Linha {
    const { dias } = this.#casa;
    const linha: Linha = {
      ...{ numero: dias.linhas.length + 1, versao: 1, codigo: "", cpf: "", nome: "" },
      ...{ especialidade: bloco.especialidade, profissional: bloco.profissional, data, hora: hora(inicio), minutos },
      ...{ encaixe: false, situacao: "CONVIDADO", ativo: false, local: "", motivo: "", nota: "", senha: "" },
      ...{
        prioridade: 0,
        chegouEm: "",
        chamadoEm: "",
        chamadas: 0,
        terminouEm: "",
        substitui: 0,
        espera: 0,
        fotos: [],
      },
      ...{ email: "", telefone: "" },
      ...parte,
    };
    dias.linhas.push(linha);
    return linha;
  }

  /** Leva uma linha para outra hora, como se nada lhe tivesse acontecido. */
  move(linha: Linha, novo: Partial<Linha>): void {
    this.#casa.muda(linha, {
      ...novo,
      ...{ situacao: "MARCADO", encaixe: false, local: "", senha: "", prioridade: 0, terminouEm: "", fotos: [] },
    });
  }

  /** O que já acabou deixa de ser o ativo. */
  arquiva({ cpf, especialidade }: Entrada): void {
    for (const linha of this.#casa.dias.linhas) {
      if (linha.ativo && linha.cpf === cpf && linha.especialidade === especialidade) {
        this.#casa.muda(linha, { ativo: false });
      }
    }
  }

  /** Deixa passar o que está segurado para uma. */
  deixaPassar(entrada: Entrada, { lapso = false, versao = true } = {}): void {
    const linha = this.convite(entrada);
    if (linha === undefined) return;
    this.#casa.muda(linha, { situacao: "PASSOU", terminouEm: this.agora() });
    entrada.convite = 0;
    if (versao) {
      this.lembra(entrada, lugarDa(linha));
      entrada.versao++;
    }
    if (!lapso) return;
    entrada.lapsos++;
    if (entrada.lapsos < 3) return;
    entrada.lapsos = 0;
    entrada.ordem = ++this.#lugares;
    this.vistos.add("o terceiro lapso");
  }

  /** Lembra-se de uma hora que não volta a querer. */
  lembra(entrada: Entrada, lugar: string): void {
    entrada.passou = [...entrada.passou.filter((um) => um >= this.#casa.dias.hoje()), lugar].slice(-64);
  }

  /** Acaba. */
  acaba(entrada: Entrada): void {
    entrada.terminouEm = this.agora();
    entrada.convite = 0;
    entrada.versao++;
  }

  /** Acaba uma entrada, e deixa passar o que lhe estava segurado. */
  termina(entrada: Entrada): void {
    if (entrada.convite !== 0) this.deixaPassar(entrada, { versao: false });
    this.acaba(entrada);
  }

  /** Minutos que têm de faltar: os da lista, os que ela pediu, e os das regras, se lhe valem. */
  antecedencia({ antecedencia, isenta }: Entrada): number {
    const { espera, regras } = this.#casa.dias.config;
    return Math.max(antecedencia, espera?.antecedencia ?? 120, isenta ? 0 : regras?.antecedencia ?? 0);
  }

  /** Agora, como o livro o escreve. */
  agora(): string {
    return escreve(this.#casa.dias.gravado);
  }
}

/** Se o que a entrada diz querer inclui a hora. */
export function quer(
  { profissional, de, ate, turno, especialidade }: Entrada,
  { data, bloco, inicio }: { data: string; bloco: Bloco; inicio: number },
): boolean {
  if (especialidade !== bloco.especialidade) return false;
  if (profissional !== "" && profissional !== bloco.profissional) return false;
  if (de !== "" && data < de || ate !== "" && data > ate) return false;
  return turno === "" || turno === (inicio < 12 * 60 ? "MANHÃ" : "TARDE");
}

/** Quando é, para se comparar. */
export function quando({ data, hora }: Linha): string {
  return `${data} ${hora}`;
}

/** Uma hora, como a guarda quem a deixou passar. */
export function lugarDa({ data, hora, profissional }: Linha): string {
  return `${data} ${hora} ${profissional}`;
}

/** Um instante, como o livro o escreve. */
export function escreve(instante: number): string {
  return new Date(instante).toISOString().replace(".000Z", "Z");
}
