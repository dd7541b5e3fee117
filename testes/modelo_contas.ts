/**
 * O que o modelo conta de quem não é da casa: o que aconteceu, em listas que se percorrem inteiras. Ver `modelo.ts`.
 *
 * @module
 */

import type { Pedido } from "../clinica/pedido.ts";
import { DIA, instante, type Saida } from "./modelo_dias.ts";

const MINUTO = 60_000;

/** O que se guarda de cada vez. */
interface Feito {
  readonly que: "código errado" | "código certo" | "recusa" | "errado há pouco" | "recusada há pouco";
  readonly em: number;
  readonly dia: string;
}

/** Quanto tempo um feito continua a contar; os que não estão aqui, o dia em que foram. */
const DURAM: Partial<Record<Feito["que"], number>> = {
  "errado há pouco": 15 * MINUTO,
  "recusada há pouco": 60 * MINUTO,
  "código certo": 90 * DIA,
};

/** Quem pede, e quando. */
export interface AoContar {
  /** De onde. */
  readonly origem: string;
  /** Quando. */
  readonly agora: number;
  /** Em que dia. */
  readonly hoje: string;
}

/** As contas. */
export class Contas {
  #porConta = new Map<string, readonly Feito[]>();

  /** Responde contando, se o pedido se conta; `tem` diz se o código é o de uma entrada da lista. */
  conta(pedido: Pedido, quando: AoContar, responde: () => Saida, tem: () => boolean): Saida {
    const cpf = "cpf" in pedido ? pedido.cpf : "";
    const par = `${cpf} ${quando.origem}`;
    const conhecida = this.#quantos(par, "código certo", quando) > 0;
    const doDia = conhecida ? par : cpf;
    if (pedido.comando === "AGEND" || pedido.comando === "ESPERA") {
      if (this.#quantos(quando.origem, "recusada há pouco", quando) >= 5) return LIMITE;
      const cheia = this.#quantos(doDia, "recusa", quando) >= 3;
      const saida = cheia ? LIMITE : responde();
      const recusada = saida.codigo === "ERRO-116" && saida.regra === "";
      if (cheia || recusada) this.#anota(quando.origem, quando, "recusada há pouco");
      if (recusada) this.#anota(doDia, quando, "recusa");
      return saida;
    }
    if (!("codigo" in pedido) || pedido.codigo === undefined || pedido.codigo === "") return responde();
    if (this.#quantos(par, "errado há pouco", quando) >= 5) return LIMITE;
    if (this.#quantos(doDia, "código errado", quando) >= 100) return LIMITE;
    const saida = responde();
    if (["ERRO-103", "ERRO-105", "ERRO-120"].includes(saida.codigo)) return saida;
    const errado = ["ERRO-112", "ERRO-113"].includes(saida.codigo) || saida.codigo === "ERRO-119" && !tem();
    if (errado) {
      this.#anota(par, quando, "errado há pouco");
      this.#anota(doDia, quando, "código errado");
    } else if (!this.#feitos(par).some((um) => um.que === "código certo" && longe(um, quando) < DIA)) {
      this.#porConta.set(par, this.#feitos(par).filter(({ que }) => que !== "código certo"));
      this.#anota(par, quando, "código certo");
    }
    return saida;
  }

  /** Esquece as contas em que já nada vale nem voltará a valer, e diz quantas eram. */
  esquece(agora: number): number {
    const velhas = [...this.#porConta].filter(([, feitos]) => feitos.every((um) => ate(um) <= agora));
    for (const [conta] of velhas) this.#porConta.delete(conta);
    return velhas.length;
  }

  #feitos(conta: string): readonly Feito[] {
    return this.#porConta.get(conta) ?? [];
  }

  /** Esquece as de um CPF, de onde quer que fossem. */
  esqueceDe(cpf: string): void {
    for (const conta of [...this.#porConta.keys()]) if (conta.split(" ")[0] === cpf) this.#porConta.delete(conta);
  }

  #quantos(conta: string, que: Feito["que"], quando: AoContar): number {
    return this.#feitos(conta).filter((um) => um.que === que && vale(um, quando)).length;
  }

  /** O que já não vale quando se escreve não volta a valer, ainda que o relógio volte. */
  #anota(conta: string, quando: AoContar, que: Feito["que"]): void {
    const valem = this.#feitos(conta).filter((um) => um.que === "código certo" || vale(um, quando));
    this.#porConta.set(conta, [...valem, { que, em: quando.agora, dia: quando.hoje }]);
  }
}

const LIMITE: Saida = { codigo: "ERRO-130" };

function longe({ em }: Feito, { agora }: AoContar): number {
  return Math.abs(agora - em);
}

function ate({ que, em, dia }: Feito): number {
  const dura = DURAM[que];
  return dura === undefined ? instante(dia, "00:00") + DIA : em + dura;
}

function vale(um: Feito, quando: AoContar): boolean {
  const dura = DURAM[um.que];
  return dura === undefined ? um.dia === quando.hoje : longe(um, quando) < dura;
}
