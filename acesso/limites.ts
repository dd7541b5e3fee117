/**
 * Quanto cada um pode pedir, por quem é: os números, e quem já não pode. Só conta o que se pede a uma face aberta a quem não é
 * da casa; a quem é, não se conta nada nem se faz esperar. `servidor.ts` cria um para todas as faces, que o perguntam antes da
 * agenda: no fio, passar do limite é `ERRO-130`; por HTTP, 429, com os mesmos segundos.
 *
 * Puro: o relógio vem de fora.
 *
 * @module
 */

import type { Quem } from "../clinica/livro.ts";
import type { Erro, Pedido } from "../clinica/pedido.ts";
import { daCasa } from "../clinica/permissao.ts";
import { Baldes } from "../rede/baldes.ts";

/** Tantos de uma vez, e daí em diante tantos por esse tempo, em segundos. */
export interface Limite {
  /** Quantos. */
  readonly fichas: number;
  /** Em quantos segundos voltam todas. */
  readonly em: number;
}

const MINUTO = 60;
const HORA = 60 * MINUTO;

/** Os limites, e por quê; a tabela está em docs/OPERACAO.md, e um teste compara-as. */
export const LIMITES_DE_PEDIDOS = {
  /**
   * Por endereço de quem não traz chave: os terminais de pacientes de uma clínica inteira saem por um só (NAT). E por chave que
   * não é da casa: cada quiosque tem a sua, e a esses não os conta o endereço.
   */
  lugar: { fichas: 600, em: MINUTO },
  /** `AGEND` e `ESPERA` de um endereço sem chave: quatro quiosques atrás de um NAT. */
  marcacoesDoEndereco: { fichas: 240, em: HORA },
  /** O mesmo, de uma chave: uma pessoa por minuto, o que se consegue diante de um quiosque. */
  marcacoesDaChave: { fichas: 60, em: HORA },
  /**
   * Pedidos sobre um CPF, do mesmo endereço ou chave: uma pessoa não lê mais de um por segundo. É de cada lugar, para que um
   * estranho não gaste o que é do paciente.
   */
  cpf: { fichas: 60, em: MINUTO },
} as const satisfies Readonly<Record<string, Limite>>;

/** O que gasta uma chave que não é de ninguém, em fichas do endereço: meia dúzia por minuto é engano, trinta já não é. */
export const FICHAS_DA_CHAVE_ERRADA = 20;

/** Casas por fila: muitas mais do que os que, ao ritmo do servidor, podem estar a dever ao mesmo tempo. 1 MiB por limite. */
const CASAS = 65_536;

/** O que cada um já pediu, e o que ainda pode. */
export class LimitesDePedidos {
  #baldes: { readonly [L in keyof typeof LIMITES_DE_PEDIDOS]: Baldes };
  #relogio: () => number;
  /** A hora do pedido que se conta: os baldes perguntam-na várias vezes. */
  #agora = 0;

  /** Ninguém pediu nada; `relogio` só anda para a frente, em ms. */
  constructor(relogio: () => number) {
    this.#relogio = relogio;
    const baldes = ({ fichas, em }: Limite): Baldes =>
      new Baldes({ ritmo: fichas / em, capacidade: fichas, relogio: () => this.#agora, casas: CASAS });
    const { lugar, marcacoesDoEndereco, marcacoesDaChave, cpf } = LIMITES_DE_PEDIDOS;
    this.#baldes = {
      lugar: baldes(lugar),
      marcacoesDoEndereco: baldes(marcacoesDoEndereco),
      marcacoesDaChave: baldes(marcacoesDaChave),
      cpf: baldes(cpf),
    };
  }

  /**
   * Quantos segundos tem de esperar quem pede, pelo mais demorado dos seus limites; 0 se não tem, e então o pedido fica contado.
   * Um `OLA` não espera, nem conta, salvo o que traz uma chave que não é de ninguém: por ele chega a da casa, também por um
   * endereço que outros gastaram. `chave` é a que o pedido ainda traz depois de procurada.
   */
  conta(quem: Quem, pedido: Pedido | Erro): number {
    if (daCasa(quem.papel) || quem.papel === "servidor") return 0;
    const { lugar: pedidos, marcacoesDoEndereco, marcacoesDaChave, cpf } = this.#baldes;
    const comando = "comando" in pedido ? pedido.comando : undefined;
    if (comando === "OLA" && !("chave" in pedido && pedido.chave !== undefined)) return 0;
    const temChave = quem.chave !== undefined;
    const lugar = temChave ? `chave ${quem.chave}` : quem.origem;
    const gastos: [baldes: Baldes, nome: string, fichas: number][] = [];
    if (comando === "OLA") gastos.push([pedidos, quem.origem, FICHAS_DA_CHAVE_ERRADA]);
    else gastos.push([pedidos, lugar, 1]);
    if (comando === "AGEND" || comando === "ESPERA") {
      gastos.push([temChave ? marcacoesDaChave : marcacoesDoEndereco, lugar, 1]);
    }
    if ("cpf" in pedido) gastos.push([cpf, `${lugar} ${pedido.cpf}`, 1]);
    this.#agora = this.#relogio();
    let ms = 0;
    for (const [baldes, nome, fichas] of gastos) ms = Math.max(ms, baldes.falta(fichas, nome));
    if (ms > 0) return Math.ceil(ms / 1000);
    for (const [baldes, nome, fichas] of gastos) baldes.tira(fichas, nome);
    return 0;
  }
}
