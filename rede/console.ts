/**
 * O que do livro se conta no console: as mudanças, as recusas, a lista de cada dia que mudou, quem ficou fora da semana e
 * o que não pôde ser gravado ou lido. As conexões, conta-as `ouvinte.ts`; como cada coisa se diz está em `eventos.ts`.
 *
 * As mudanças chegam-lhe da agenda (`aoGravar`), as recusas, das sessões pelo ouvinte; a lista do dia, lê-a do armazém.
 * `servidor.ts` cria um, liga-o à agenda e o entrega ao ouvinte.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { delay } from "@std/async";
import type { Falha } from "../agenda.ts";
import { type Agendamento, type Armazem, impossivel, type Mudanca } from "../clinica/livro.ts";
import { horariosDe, type Janela, nomeDoDia, type Oferta } from "../clinica/oferta.ts";
import { mensagem } from "../clinica/texto.ts";
import type { Codigo, Pedido } from "../clinica/pedido.ts";
import { dataNoFio } from "../protocolo.ts";
import type { Registro } from "./registro.ts";

/** Listas de dias contadas por segundo: o bastante para acompanhar, pouco para um dia de muito movimento. */
const DIAS_POR_SEGUNDO = 5;

/** Quantos agendamentos se conferem por ms de descanso, à procura dos que ficaram fora da semana. */
const CONFERIDOS_POR_MS = 10;

/** Uma resposta a `VAGAS` maior que isto, em bytes, pesa a quem a pede muitas vezes: avisa-se ao começar. */
const VAGAS_GRANDES = 1024 * 1024;

const FALHAS: { readonly [F in Falha]: string } = {
  nada: "um lote não pôde ser gravado; nada foi alterado",
  recusado: "o banco recusou uma mudança; nada foi alterado",
  leitura: "o livro não pôde ser lido",
  contar: "o que foi gravado não pôde ser contado",
  incerto: "não se sabe se um lote foi gravado; as conexões dele foram fechadas sem resposta",
};

/** O que um `Console` lê do livro. */
export type LivroDoConsole = Pick<Armazem, "lista" | "diasMarcados">;

/** O que um `Console` precisa. */
export interface OpcoesDoConsole {
  /** Para onde se conta. */
  registro: Registro;
  /** O livro, de que se leem as listas. */
  armazem: LivroDoConsole;
  /** A semana, com os nomes das especialidades e dos dias. */
  oferta: Oferta;
}

/** O que do livro se conta. */
export class Console {
  #registro: Registro;
  #armazem: LivroDoConsole;
  #oferta: Oferta;
  /** Como cada especialidade se mostra, por chave. */
  #nomes: ReadonlyMap<string, string>;
  /** Os dias que mudaram e ainda não se contaram, `"aaaa-mm-dd"` e a chave da especialidade, do mais antigo ao mais novo. */
  #mudados = new Set<string>();
  #listando = false;

  /** Um console que ainda nada contou. */
  constructor({ registro, armazem, oferta }: OpcoesDoConsole) {
    this.#registro = registro;
    this.#armazem = armazem;
    this.#oferta = oferta;
    this.#nomes = new Map(oferta.especialidades.map(({ chave, nome }) => [chave, nome]));
  }

  /** Uma mudança foi gravada. A lista do dia dela sai na próxima `confere`. */
  mudou({ tipo, agendamento, quem: { cliente } }: Mudanca): void {
    switch (tipo) {
      case "marca":
        return this.#contaMudanca(agendamento, { cliente, comando: "AGEND", codigo: "OK-300" });
      case "desmarca":
        return this.#contaMudanca(agendamento, { cliente, comando: "CANCEL", codigo: "OK-301" });
      case "arquiva":
        // Não muda quem é esperado: acompanha o que se marca no lugar.
        return;
      default:
        impossivel(tipo);
    }
  }

  /**
   * Um pedido foi respondido; `undefined` se a linha não era um. As mudanças feitas contam-se em `mudou`; as consultas,
   * só em detalhe.
   */
  respondeu(cliente: string, pedido: Pedido | undefined, codigo: Codigo): void {
    if (codigo === "OK-300" || codigo === "OK-301") return;
    const { volume } = this.#registro;
    const deMudanca = pedido?.comando === "AGEND" || pedido?.comando === "CANCEL";
    if (volume === "quieto" || (!deMudanca && volume !== "detalhado")) return;
    const { comando, ...campos } = pedido ?? { comando: "?" };
    const data = "data" in campos && campos.data ? dataNoFio(campos.data) : undefined;
    this.#registro.conta("pedido", { cliente, comando, codigo, ...campos, data });
  }

  /** Um lote não pôde ser gravado, ou o livro lido. */
  falhou(tipo: Falha, causa: unknown): void {
    this.#registro.contaFalha(FALHAS[tipo], mensagem(causa));
  }

  /** A chamar a cada segundo: conta a lista de alguns dos dias que mudaram, e o que o registro somou. */
  async confere(): Promise<void> {
    this.#registro.confere();
    // Com o banco lento, a anterior ainda lê.
    if (this.#listando) return;
    this.#listando = true;
    await this.#contaDias();
    this.#listando = false;
  }

  async #contaDias(): Promise<void> {
    for (const chave of [...this.#mudados].slice(0, DIAS_POR_SEGUNDO)) {
      if (!this.#registro.cabeUmaLista) return;
      this.#mudados.delete(chave);
      const data = chave.slice(0, 10);
      const especialidade = chave.slice(10);
      try {
        const lista = await this.#armazem.lista(data, especialidade);
        this.#registro.conta("dia", {
          data: dataNoFio(data),
          dia: nomeDoDia(this.#oferta, data),
          especialista: this.#nome(especialidade),
          agendados: lista.map(({ hora, cpf, nome }) => ({ horario: hora, cpf, nome })),
        });
      } catch (causa) {
        // Fica para a próxima vez.
        this.#mudados.add(chave);
        this.#registro.contaFalha("a lista do dia não pôde ser lida", mensagem(causa));
      }
    }
  }

  /** Avisa, se uma resposta a `VAGAS` pode ser grande demais com esta semana. */
  avisaVagasGrandes(janela: Janela): void {
    const bytes = this.bytesDasVagas(janela);
    if (bytes <= VAGAS_GRANDES) return;
    const mib = (bytes / 1024 / 1024).toLocaleString("pt-BR", { maximumFractionDigits: 1 });
    const o_que =
      `com esta semana uma resposta a VAGAS pode ter ${mib} MiB, e quem a pede muitas vezes atrasa os outros; ` +
      `menos semanas ou menos horários a diminuem`;
    this.#registro.conta("aviso", { o_que });
  }

  /** Quantos bytes tem a resposta a `VAGAS` quando tudo está livre. */
  bytesDasVagas({ dias }: Janela): number {
    let bytes = Buffer.byteLength('["OK-304"]\n');
    for (const { iso, nome, horarios } of dias.values()) {
      for (const [especialidade, { length }] of horarios) {
        const vaga = JSON.stringify([dataNoFio(iso), nome, this.#nome(especialidade), []]);
        bytes += Buffer.byteLength(`,${vaga}`) + length * '"00:00",'.length - 1;
      }
    }
    return bytes;
  }

  /** Diz que agendamentos de hoje em diante ficaram fora da semana, ou numa data que fechou; `fim` a interrompe. */
  async contaOrfaos(hoje: string, fim: AbortSignal): Promise<void> {
    try {
      for (const [especialidade, data] of await this.#armazem.diasMarcados(hoje)) {
        if (fim.aborted) return;
        const horarios = horariosDe(this.#oferta, data).get(especialidade) ?? [];
        const cabem = new Map(horarios.map(({ hora, minutos }) => [hora, minutos]));
        const marcados = await this.#armazem.lista(data, especialidade);
        let orfaos = 0;
        for (const { cpf, nome, hora, minutos } of marcados) {
          if (cabem.get(hora) === minutos) continue;
          orfaos++;
          const especialista = this.#nome(especialidade);
          this.#registro.conta("orfao", { data: dataNoFio(data), horario: hora, especialista, cpf, nome });
        }
        // Num livro grande isto leva tempo: descansa vinte vezes o que trabalha, e as conexões não o notam; e conta mil
        // por segundo, no máximo.
        await delay(marcados.length / CONFERIDOS_POR_MS + orfaos, { signal: fim }).catch(() => {});
      }
    } catch (causa) {
      this.#registro.contaFalha("os agendamentos fora da semana não puderam ser lidos", mensagem(causa));
    }
  }

  #contaMudanca(
    { cpf, nome, especialidade, data, hora }: Agendamento,
    quem: { cliente: string; comando: string; codigo: Codigo },
  ): void {
    if (this.#registro.volume === "quieto") return;
    this.#registro.conta("pedido", {
      ...quem,
      cpf,
      nome,
      especialista: this.#nome(especialidade),
      data: dataNoFio(data),
      horario: hora,
    });
    this.#mudados.add(data + especialidade);
  }

  /** Uma especialidade que a semana já não tem mostra-se por sua chave. */
  #nome(especialidade: string): string {
    return this.#nomes.get(especialidade) ?? especialidade;
  }
}
