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
import { agendaDe, type Agendamento, espera } from "../clinica/agendamento.ts";
import type { Janela } from "../clinica/calendario.ts";
import type { Clinica } from "../clinica/clinica.ts";
import {
  type Armazem,
  type DaEspera,
  type DaExcecao,
  type Dia,
  type DoAgendamento,
  type DoTitular,
  impossivel,
  type Mudanca,
  NENHUM_ALCANCE,
  type Quem,
} from "../clinica/livro.ts";
import { PorDia } from "../clinica/ocupacao.ts";
import { hora, MINUTOS_DO_DIA, nomeDoDia, type Oferta } from "../clinica/oferta.ts";
import type { Codigo } from "../clinica/pedido.ts";
import { PARA_NINGUEM } from "../clinica/promover.ts";
import { muda } from "../clinica/regras.ts";
import { mensagem } from "../clinica/texto.ts";
import { instanteNoFio, type PedidoLido } from "../fio/clinica2.ts";
import { dataNoFio } from "../protocolo.ts";
import { deFora } from "./de_fora.ts";
import { diferencas } from "./diferencas.ts";
import type { Agendado, Eventos, Promocao } from "./eventos.ts";
import { oQueSeConta } from "./pedido_contado.ts";
import type { Registro } from "./registro.ts";

/** Listas de dias contadas por segundo: o bastante para acompanhar, pouco para um dia de muito movimento. */
const DIAS_POR_SEGUNDO = 5;

/** Quantos agendamentos se conferem por ms de descanso, à procura dos que ficaram fora da semana. */
const CONFERIDOS_POR_MS = 10;

/** Do que muda de uma semana para outra, quantas frases se dizem. */
const DIFERENCAS_DITAS = 100;

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
export type LivroDoConsole = Pick<Armazem, "le" | "lista" | "diasMarcados">;

/** O que um `Console` precisa. */
export interface OpcoesDoConsole {
  /** Para onde se conta. */
  registro: Registro;
  /** O livro, de que se leem as listas. */
  armazem: LivroDoConsole;
  /** Quem diz a clínica de agora, que muda com a semana. */
  agenda: { readonly clinica: Clinica };
}

/** O que do livro se conta. */
export class Console {
  #registro: Registro;
  #armazem: LivroDoConsole;
  #agenda: { readonly clinica: Clinica };
  /** Os dias que mudaram e ainda não se contaram, do mais antigo ao mais novo. */
  #mudados = new Set<Dia>();
  /** Os mesmos, para que cada um seja sempre o mesmo objeto: todas as mudanças passam aqui, e juntar textos custa mais. */
  #dias = new PorDia<Dia>();
  #listando = false;
  /** A procura dos que ficaram fora da semana; outra semana a recomeça. */
  #procura = new AbortController();
  #procurando: Promise<void> = Promise.resolve();

  /** Um console que ainda nada contou. */
  constructor({ registro, armazem, agenda }: OpcoesDoConsole) {
    this.#registro = registro;
    this.#armazem = armazem;
    this.#agenda = agenda;
  }

  /** Uma mudança foi gravada. A lista do dia dela, ou dos dias, sai na próxima `confere`. */
  mudou(mudanca: Mudanca): void {
    switch (mudanca.sobre) {
      case "agendamento":
        return this.#contaAgendamento(mudanca);
      case "excecao":
        return this.#contaExcecao(mudanca);
      case "contato":
        // Diz como se fala com alguém, e isso não se conta.
        return;
      case "espera":
        return this.#contaEspera(mudanca);
      case "tique":
        // Conta-se o que se fez, e quase sempre não se fez nada.
        return;
      case "tentativa":
      case "poda":
        // O que se respondeu já se conta entre as recusas.
        return;
      case "titular":
        return this.#contaTitular(mudanca);
      default:
        impossivel(mudanca);
    }
  }

  /**
   * Um pedido foi respondido; `undefined` se a linha não era um. As mudanças feitas contam-se em `mudou`; as consultas,
   * só em detalhe.
   */
  respondeu(cliente: string, pedido: PedidoLido | undefined, codigo: Codigo): void {
    const deMudanca = pedido !== undefined && muda(pedido);
    if (deMudanca && codigo.startsWith("OK")) return;
    const { volume } = this.#registro;
    if (volume === "quieto" || (!deMudanca && volume !== "detalhado")) return;
    const { comando, ...campos } = pedido === undefined ? { comando: "?" } : oQueSeConta(pedido);
    this.#registro.conta("pedido", { cliente, comando, codigo, ...campos });
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
    for (const dia of [...this.#mudados].slice(0, DIAS_POR_SEGUNDO)) {
      if (!this.#registro.cabeUmaLista) return;
      this.#mudados.delete(dia);
      const [agenda, data] = dia;
      try {
        const lista = await this.#armazem.lista(data, agenda);
        const { clinica } = this.#agenda;
        this.#registro.conta("dia", {
          data: dataNoFio(data),
          dia: nomeDoDia(clinica.oferta, data),
          ...agenda.startsWith("P:")
            ? { profissional: clinica.profissionalDe(agenda.slice(2)) }
            : { especialista: clinica.nomeDe(agenda.slice(2)) },
          agendados: lista.filter(({ situacao }) => situacao !== "CONVIDADO").map((um) => this.#agendado(um)),
        });
      } catch (causa) {
        // Fica para a próxima vez.
        this.#mudados.add(dia);
        this.#registro.contaFalha("a lista do dia não pôde ser lida", mensagem(causa));
      }
    }
    if (this.#mudados.size === 0) this.#dias.clear();
  }

  #agendado(um: Agendamento): Agendado {
    const { clinica } = this.#agenda;
    return {
      horario: um.hora,
      cpf: um.cpf,
      nome: um.nome,
      situacao: um.situacao,
      especialista: um.profissional === "" ? undefined : clinica.nomeDe(um.especialidade),
      local: clinica.localDe(um) || undefined,
      senha: um.senha || undefined,
      encaixe: um.encaixe || undefined,
    };
  }

  /** Outra semana passou a valer: diz o que mudou e quem fica de fora. A agenda já a adotou. */
  adotou(arquivo: string, antes: Oferta, agora: number): Promise<void> {
    const { oferta, calendario } = this.#agenda.clinica;
    this.#registro.fuso = oferta.fuso;
    const mudancas = diferencas(antes, oferta);
    const aMais = mudancas.length - DIFERENCAS_DITAS;
    this.#registro.conta("semana", {
      arquivo,
      mudancas: aMais > 0 ? [...mudancas.slice(0, DIFERENCAS_DITAS), `e mais ${aMais}`] : mudancas,
    });
    if (mudancas.length === 0) return Promise.resolve();
    return this.contaSemana(calendario.janela(agora));
  }

  /** O que da semana se diz ao começar, e quando ela muda: se uma resposta pode ser grande demais, e quem ficou de fora. */
  contaSemana(janela: Janela): Promise<void> {
    this.avisaVagasGrandes(janela);
    this.#procura.abort();
    this.#procura = new AbortController();
    return this.#procurando = this.contaOrfaos(janela.hoje, this.#procura.signal);
  }

  /** Para de procurar quem ficou de fora; acaba quando já nada lê. */
  encerra(): Promise<void> {
    this.#procura.abort();
    return this.#procurando;
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

  /** Quantos bytes tem a resposta a `VAGAS` quando tudo está livre, no fio em que é maior: o que separa os profissionais. */
  bytesDasVagas({ dias }: Janela): number {
    let bytes = Buffer.byteLength('["OK-304"]\n');
    for (const { iso, nome, atendimentos } of dias.values()) {
      for (const [especialidade, agendas] of atendimentos) {
        for (const { profissional, horarios: { length } } of agendas) {
          const especialista = this.#agenda.clinica.nomeDe(especialidade);
          const vaga = JSON.stringify([dataNoFio(iso), nome, especialista, [], profissional?.nome ?? ""]);
          bytes += Buffer.byteLength(`,${vaga}`) + length * '"00:00",'.length - 1;
        }
      }
    }
    return bytes;
  }

  /** Diz que agendamentos de hoje em diante ficaram fora da semana, ou numa hora que fechou; `fim` a interrompe. */
  async contaOrfaos(hoje: string, fim: AbortSignal): Promise<void> {
    const { clinica } = this.#agenda;
    try {
      const excecoes = await this.#armazem.le(
        () => ({ ...NENHUM_ALCANCE, excecoes: "le" }),
        (vista) => vista.excecoes(),
      );
      for (const [agenda, data] of await this.#armazem.diasMarcados(hoje)) {
        if (fim.aborted) return;
        const atendimentos = clinica.dia(data, excecoes)?.atendimentos;
        const marcados = (await this.#armazem.lista(data, agenda)).filter(espera);
        let orfaos = 0;
        for (const um of marcados) {
          const razao = deFora(um, atendimentos?.get(um.especialidade) ?? [], excecoes);
          if (razao === undefined) continue;
          orfaos++;
          const { cpf, nome } = um;
          this.#registro.conta("orfao", { ...this.#onde(um), cpf, nome, razao });
        }
        // Num livro grande isto leva tempo: descansa vinte vezes o que trabalha, e as conexões não o notam; e conta mil
        // por segundo, no máximo.
        await delay(marcados.length / CONFERIDOS_POR_MS + orfaos, { signal: fim }).catch(() => {});
      }
    } catch (causa) {
      this.#registro.contaFalha("os agendamentos fora da semana não puderam ser lidos", mensagem(causa));
    }
  }

  #contaAgendamento({ ato, antes, depois, quem }: DoAgendamento): void {
    const cliente = clienteDe(quem);
    switch (ato) {
      case "AGEND":
        return this.#contaPedido({ cliente, comando: ato, codigo: "OK-300" }, depois);
      case "REMARC":
        return this.#contaPedido({ cliente, comando: ato, codigo: "OK-303", de: deOnde(antes) }, depois, antes);
      case "CANCEL":
        return this.#contaPedido({ cliente, comando: ato, codigo: "OK-301" }, depois);
      case "SITUA":
      case "DESFAZ": {
        const { situacao, senha } = depois;
        const codigo: Codigo = "OK-306";
        return this.#contaPedido({ cliente, comando: ato, codigo, situacao, senha: senha || undefined }, depois);
      }
      case "CORRIGE":
        return this.#contaPedido({ cliente, comando: ato, codigo: "OK-306" }, depois);
      case "ARQUIVA":
        // Não muda quem é esperado: acompanha o que se marca no lugar.
        return;
      case "ACEITA":
        if (depois.situacao === "PASSOU") return;
        // Uma hora segurada vira agendamento, ou o que já havia move-se para ela.
        return antes?.situacao === "CONVIDADO"
          ? this.#contaPedido({ cliente, comando: ato, codigo: "OK-300" }, depois)
          : this.#contaPedido({ cliente, comando: ato, codigo: "OK-303", de: deOnde(antes) }, depois, antes);
      case "RECUSA":
        return this.#contaPedido({ cliente, comando: ato, codigo: "OK-309" }, depois);
      case "PROMOVE":
        if (depois.situacao === "PASSOU" || depois.cpf === PARA_NINGUEM) return;
        if (depois.situacao === "CONVIDADO") return this.#contaPromocao("convidou", depois);
        return this.#contaPromocao(antes === undefined ? "marcou" : "moveu", depois, antes);
      case "VENCE":
        return depois.cpf === PARA_NINGUEM ? undefined : this.#contaPromocao("venceu", depois);
      case "FECHA":
      case "DESISTE":
        // Soltam uma hora segurada, que não está em lista nenhuma.
        return;
      case "EXTRA":
      case "REABRE":
      case "ESPERA":
      case "TICK":
      case "CONTA":
      case "EXPORTA":
      case "GUARDA":
      case "SOLTA":
        // Não tocam em agendamento nenhum.
        return;
      case "RETIFICA":
      case "ANONIMIZA":
        // Todas as linhas de uma pessoa: conta-se uma vez.
        return;
      default:
        impossivel(ato);
    }
  }

  #contaTitular({ ato, quem, depois: { cpf, pseudonimo } }: DoTitular): void {
    // De quem se anonimiza não fica no console o que ligue o CPF ao pseudônimo.
    const deQuem = pseudonimo === "" ? { comando: ato, cpf } : { comando: `${ato} ${pseudonimo}` };
    this.#registro.conta("pedido", { cliente: clienteDe(quem), codigo: "OK-200", ...deQuem });
  }

  #contaPedido(feito: Eventos["pedido"], agendamento: Agendamento, antes?: Agendamento): void {
    if (this.#registro.volume === "quieto") return;
    const { numero, cpf, nome, encaixe } = agendamento;
    if (this.#registro.cabe({ cliente: feito.cliente, especie: "mudancas" })) {
      const onde = this.#onde(agendamento);
      this.#registro.conta("pedido", { ...feito, numero, cpf, nome, ...onde, encaixe: encaixe || undefined });
    }
    if (antes !== undefined) this.#anota(antes);
    this.#anota(agendamento);
  }

  #contaPromocao(o_que: Promocao, depois: Agendamento, antes?: Agendamento): void {
    if (this.#registro.volume === "quieto") return;
    const { numero, cpf, nome } = depois;
    const { fuso } = this.#agenda.clinica.oferta;
    const prazo = o_que === "convidou" ? instanteNoFio(depois.terminouEm, fuso) : undefined;
    this.#registro.conta("promocao", { o_que, numero, cpf, nome, ...this.#onde(depois), de: deOnde(antes), prazo });
    if (antes !== undefined) this.#anota(antes);
    this.#anota(depois);
  }

  /** Só o que é de entrar e sair: o resto conta-se pela hora que se deu, ou se tirou. */
  #contaEspera({ ato, depois, quem }: DaEspera): void {
    if (ato !== "ESPERA" && ato !== "DESISTE") return;
    const { numero, cpf, nome, especialidade, profissional } = depois;
    const { clinica } = this.#agenda;
    this.#registro.conta("pedido", {
      cliente: clienteDe(quem),
      comando: ato,
      codigo: ato === "ESPERA" ? "OK-307" : "OK-308",
      numero,
      cpf,
      nome,
      especialista: clinica.nomeDe(especialidade),
      profissional: profissional === "" ? undefined : clinica.profissionalDe(profissional),
    });
  }

  #anota(agendamento: Agendamento): void {
    // Uma hora segurada não está na lista do dia.
    if (agendamento.situacao === "CONVIDADO" || agendamento.situacao === "PASSOU") return;
    const agenda = agendaDe(agendamento);
    const { data } = agendamento;
    let dia = this.#dias.get(agenda, data);
    if (dia === undefined) this.#dias.set(agenda, data, dia = [agenda, data]);
    this.#mudados.add(dia);
  }

  #onde(
    { especialidade, profissional, data, hora }: Agendamento,
  ): { especialista: string; profissional?: string; data: string; horario: string } {
    const { clinica } = this.#agenda;
    return {
      especialista: clinica.nomeDe(especialidade),
      profissional: profissional === "" ? undefined : clinica.profissionalDe(profissional),
      data: dataNoFio(data),
      horario: hora,
    };
  }

  #contaExcecao({ ato, depois, quem }: DaExcecao): void {
    const { numero, especialidade, profissional, de, ate, inicio, fim, vagas, minutos } = depois;
    const { clinica } = this.#agenda;
    const diaInteiro = inicio === 0 && fim === MINUTOS_DO_DIA;
    this.#registro.conta("pedido", {
      cliente: clienteDe(quem),
      comando: ato,
      codigo: ato === "REABRE" ? "OK-314" : ato === "EXTRA" ? "OK-313" : "OK-312",
      numero,
      especialista: especialidade === "" ? undefined : clinica.nomeDe(especialidade),
      profissional: profissional === "" ? undefined : clinica.profissionalDe(profissional),
      data: dataNoFio(de),
      ate: de === ate ? undefined : dataNoFio(ate),
      inicio: diaInteiro ? undefined : hora(inicio),
      fim: diaInteiro ? undefined : hora(fim),
      vagas: vagas || undefined,
      minutos: minutos || undefined,
    });
  }
}

/** A conexão de quem pediu; nenhuma, se foi o próprio servidor. */
function clienteDe({ cliente, papel }: Quem): string | undefined {
  return papel === "servidor" ? undefined : cliente;
}

function deOnde(antes: Agendamento | undefined): { data: string; horario: string } | undefined {
  return antes && { data: dataNoFio(antes.data), horario: antes.hora };
}
