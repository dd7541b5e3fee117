/**
 * A agenda: a fila por onde passa quem quer mudar o livro.
 *
 * As regras são uma função pura, `decidir(estado, pedido) → { resultado, mudancas }` (`clinica/regras.ts`). `Agenda` a
 * aplica sobre um `Armazem` (o contrato está em `clinica/livro.ts`, quem o cumpre em `armazem/`): consultas são respondidas
 * do que já está gravado; mudanças esperam a vez numa fila de promessas, o mutex. Quem chega enquanto um lote é gravado vai
 * inteiro no lote seguinte, numa só transação: a fila é também o *group commit*. A agenda entrega ao armazém um lote e uma
 * função; ele mostra o livro, ela decide cada pedido à vista do que os anteriores mudaram, ele grava. O que foi gravado sai
 * por `aoGravar`, peça quem pedir.
 *
 * Não sabe de sockets nem de SQL, e o relógio vem de fora: testa-se sem nenhuma permissão.
 *
 * @module
 */

import { setImmediate } from "node:timers";
import { Clinica } from "./clinica/clinica.ts";
import {
  type Agendamento,
  type Alcance,
  type Armazem,
  type Desfecho,
  type Dia,
  type Fim,
  impossivel,
  type Lote,
  type Mudanca,
  type Quem,
  type Vista,
} from "./clinica/livro.ts";
import { type Ocupacao, PorDia } from "./clinica/ocupacao.ts";
import { minutoDoDia, type Oferta } from "./clinica/oferta.ts";
import type { Erro, Pedido, Resultado } from "./clinica/pedido.ts";
import { consultar, decidir, type Estado, muda, saudar, semLivro, toca } from "./clinica/regras.ts";

/** Uma vista com as mudanças do lote por cima; a de baixo fica como estava. */
class Sobreposta implements Vista {
  #base: Vista;
  #ativos = new Map<string, readonly Agendamento[]>();
  #ocupacoes = new PorDia<Ocupacao>();

  constructor(base: Vista) {
    this.#base = base;
  }

  ativosDe(cpf: string): readonly Agendamento[] {
    return this.#ativos.get(cpf) ?? this.#base.ativosDe(cpf);
  }

  ocupacao(especialidade: string, data: string): Ocupacao {
    return this.#ocupacoes.get(especialidade, data) ?? this.#base.ocupacao(especialidade, data);
  }

  novoId(): number {
    return this.#base.novoId();
  }

  aplica({ tipo, agendamento }: Mudanca): void {
    const { cpf, especialidade, data, hora, minutos } = agendamento;
    switch (tipo) {
      case "marca":
        this.#ativos.set(cpf, [...this.ativosDe(cpf), agendamento]);
        this.#minha(especialidade, data).toma(minutoDoDia(hora), minutos);
        return;
      case "desmarca":
        this.#tira(agendamento);
        this.#minha(especialidade, data).libera(minutoDoDia(hora), minutos);
        return;
      case "arquiva":
        this.#tira(agendamento);
        return;
      default:
        impossivel(tipo);
    }
  }

  #tira({ cpf, id }: Agendamento): void {
    this.#ativos.set(cpf, this.ativosDe(cpf).filter((ativo) => ativo.id !== id));
  }

  #minha(especialidade: string, data: string): Ocupacao {
    let minha = this.#ocupacoes.get(especialidade, data);
    if (minha === undefined) {
      minha = this.#base.ocupacao(especialidade, data).copia();
      this.#ocupacoes.set(especialidade, data, minha);
    }
    return minha;
  }
}

/** O mutex: cada tarefa começa quando a anterior acabou, na ordem de chegada. Uma que falha não para a fila. */
export class Fila {
  #ultima: Promise<unknown> = Promise.resolve();

  /** Põe a tarefa na fila; a promessa devolvida é a dela. */
  entra<T>(tarefa: () => Promise<T>): Promise<T> {
    const vez = this.#ultima.then(tarefa);
    this.#ultima = vez.catch(() => {});
    return vez;
  }
}

/** Pedidos de uma conexão, à espera de um lote. `responde(undefined)`: não se sabe o que houve com eles. */
interface Grupo {
  readonly pedidos: readonly (Pedido | Erro)[];
  readonly quem: Quem;
  readonly responde: (resultados: Resultado[] | undefined) => void;
}

/** O que um lote decidiu: os resultados de cada grupo, e as mudanças. */
interface Decidido {
  readonly resultados: Resultado[][];
  readonly mudancas: readonly Mudanca[];
}

/** Pedidos num lote, no máximo: alguns milissegundos de gravação, para que as consultas não esperem mais que isso. */
const LOTE_MAXIMO = 1024;

/** Pedidos que uma volta do laço de eventos traz quando há mais por trazer: a cota é de 128 leituras. */
const VOLTA_CHEIA = 100;

/**
 * Deixa o laço de eventos voltar ao sistema e buscar mais leituras. Só a espera por outra thread o faz depressa:
 * `setTimeout` demora mais de 1 ms, e com `setImmediate` ou `MessageChannel` o laço gira sem sair.
 */
export async function cedeAoSistema(): Promise<void> {
  await crypto.subtle.digest("SHA-256", UM_BYTE);
}

const UM_BYTE = new Uint8Array(1);

/** O que deu errado: um lote (como acabou), uma leitura do livro, ou contar o que foi gravado. */
export type Falha = "nada" | "recusado" | "incerto" | "leitura" | "contar";

/** O que `Agenda` precisa. */
export interface OpcoesDaAgenda {
  /** Onde o livro está. */
  armazem: Armazem;
  /** O que a clínica atende. */
  oferta: Oferta;
  /** O instante de agora, ms desde 1970. */
  relogio: () => number;
  /** Chamada quando um lote não pôde ser gravado, ou o livro lido. */
  aoFalhar?: (tipo: Falha, causa: unknown) => void;
  /**
   * Chamada com o que cada lote gravou, na ordem, peça quem pedir. O que ficou de desfecho incerto não passa por aqui,
   * ainda que esteja gravado.
   */
  aoGravar?: (mudancas: readonly Mudanca[]) => void;
}

/** O livro em funcionamento: recebe pedidos de muitas conexões e responde a cada uma na ordem. */
export class Agenda {
  /** A oferta e o calendário. */
  readonly clinica: Clinica;
  #armazem: Armazem;
  #relogio: () => number;
  #aoFalhar: (tipo: Falha, causa: unknown) => void;
  #aoGravar: (mudancas: readonly Mudanca[]) => void;
  #fila = new Fila();
  #pendentes: Grupo[] = [];
  /** Lotes que já deixaram a fila e ainda não têm resposta. */
  #suspensos = new Set<Promise<void>>();

  /** Uma agenda sobre um armazém; nada acontece até o primeiro pedido. */
  constructor({ armazem, oferta, relogio, aoFalhar = () => {}, aoGravar = () => {} }: OpcoesDaAgenda) {
    this.#armazem = armazem;
    this.#relogio = relogio;
    this.#aoFalhar = aoFalhar;
    this.#aoGravar = aoGravar;
    this.clinica = new Clinica(oferta);
  }

  /**
   * Responde a pedidos de uma conexão, na ordem; um vê o que os anteriores mudaram. Só consultas: na hora, se o armazém
   * lê na hora. Com mudanças: depois de gravadas. `undefined`: o desfecho não é sabido e não se deve responder nada.
   */
  atende(pedidos: readonly (Pedido | Erro)[], quem: Quem): Resultado[] | Promise<Resultado[] | undefined> {
    if (!pedidos.some(muda)) return this.#consulta(pedidos, quem);
    return new Promise((responde) => {
      this.#pendentes.push({ pedidos, quem, responde });
      if (this.#pendentes.length === 1) this.#agendaLote();
    });
  }

  /**
   * A saudação a quem conecta. Com o livro fora do alcance é `ERRO-131`: uma lista vazia diria que não há horas livres, e
   * a conexão vale mesmo assim, pois o livro pode voltar.
   */
  saudacao(): Resultado | Promise<Resultado> {
    const agora = this.#relogio();
    return this.#le<Resultado>(
      () => ({ cpfs: [], desmarcam: [], dias: this.clinica.diasAbertos(agora) }),
      (vista) => saudar(this.#estado(vista, agora, NINGUEM)),
      () => ({ codigo: "ERRO-131" }),
    );
  }

  /** Espera que tudo o que entrou na fila tenha resposta. */
  async esvazia(): Promise<void> {
    do {
      await this.#fila.entra(() => Promise.resolve());
      await Promise.all(this.#suspensos);
    } while (this.#pendentes.length > 0);
  }

  #agendaLote(): void {
    this.#fila.entra(async () => {
      await this.#reune();
      await this.#grava(this.#proximos());
    });
  }

  /** Espera os pedidos que já chegaram, para que entrem juntos no lote. */
  async #reune(): Promise<void> {
    await new Promise<void>((segue) => setImmediate(() => segue()));
    // O Deno entrega no máximo 128 leituras por volta do laço. Quando a volta veio cheia há mais gente à espera, e sem
    // ouvi-la os mesmos 128 seriam atendidos sempre.
    for (let antes = 0; this.#pendentes.length - antes >= VOLTA_CHEIA && this.#pendentes.length < LOTE_MAXIMO;) {
      antes = this.#pendentes.length;
      await cedeAoSistema();
    }
  }

  #proximos(): Grupo[] {
    let quantos = 0;
    let pedidos = 0;
    while (quantos < this.#pendentes.length && pedidos < LOTE_MAXIMO) {
      pedidos += this.#pendentes[quantos++].pedidos.length;
    }
    const grupos = this.#pendentes.splice(0, quantos);
    if (this.#pendentes.length > 0) this.#agendaLote();
    return grupos;
  }

  async #grava(grupos: readonly Grupo[], { repetido = false } = {}): Promise<void> {
    const agora = this.#relogio();
    const desfecho = await this.#lote(grupos, agora);
    if (desfecho.tipo === "recusado" && await this.#divide(grupos, repetido)) return;
    switch (desfecho.tipo) {
      case "gravado":
        return this.#responde(grupos, desfecho.resultado);
      case "pendente":
        // A fila não espera: com o banco fora do alcance, quem vem depois tem de saber disso na hora.
        return this.#suspende(desfecho.fim.then((fim) => this.#conclui(grupos, fim, { agora, esperaram: true })));
      default:
        return this.#suspende(this.#conclui(grupos, desfecho, { agora, esperaram: false }));
    }
  }

  /** Acaba de responder fora da fila. */
  #suspende(fim: Promise<void>): void {
    const suspenso = fim.finally(() => this.#suspensos.delete(suspenso));
    this.#suspensos.add(suspenso);
  }

  #responde(grupos: readonly Grupo[], { resultados, mudancas }: Decidido): void {
    grupos.forEach(({ responde }, i) => responde(resultados[i]));
    if (mudancas.length === 0) return;
    try {
      this.#aoGravar(mudancas);
    } catch (causa) {
      this.#aoFalhar("contar", causa);
    }
  }

  /** Tenta de novo, em partes menores, o que uma restrição recusou; falso se já não há o que dividir nem repetir. */
  async #divide(grupos: readonly Grupo[], repetido: boolean): Promise<boolean> {
    if (grupos.length > 1) {
      for (const grupo of grupos) await this.#grava([grupo]);
      return true;
    }
    if (grupos[0].pedidos.length > 1) {
      await this.#gravaUmPorUm(grupos[0]);
      return true;
    }
    // A recusa fez o armazém reler o livro: o que há nele pode dar outra resposta.
    if (!repetido) await this.#grava(grupos, { repetido: true });
    return !repetido;
  }

  /** Quem esperou pela descoberta de um desfecho não espera ainda por uma leitura. */
  async #conclui(
    grupos: readonly Grupo[],
    fim: Fim<Decidido>,
    { agora, esperaram }: { agora: number; esperaram: boolean },
  ): Promise<void> {
    if (fim.tipo === "gravado") return this.#responde(grupos, fim.resultado);
    this.#aoFalhar(fim.tipo, fim.causa);
    let resultados: Resultado[][] | undefined;
    if (fim.tipo !== "incerto") {
      resultados = esperaram
        ? grupos.map(({ pedidos }) => pedidos.map(semLivro))
        : await this.#semGravar(grupos, agora);
    }
    grupos.forEach(({ responde }, i) => responde(resultados?.[i]));
  }

  async #lote(grupos: readonly Grupo[], agora: number): Promise<Desfecho<Decidido>> {
    try {
      return await this.#armazem.lote(
        () => this.#alcance(grupos.flatMap(({ pedidos }) => pedidos), agora),
        agora,
        (vista) => this.#decide(vista, grupos, agora),
      );
    } catch (causa) {
      // Um armazém não rejeita; se um o fizer, não se sabe o que houve, e quem espera tem de ser solto.
      return { tipo: "incerto", causa };
    }
  }

  async #gravaUmPorUm({ pedidos, quem, responde }: Grupo): Promise<void> {
    const resultados: Resultado[] = [];
    for (const pedido of pedidos) {
      const { promise, resolve } = Promise.withResolvers<Resultado[] | undefined>();
      await this.#grava([{ pedidos: [pedido], quem, responde: resolve }]);
      const resultado = await promise;
      if (resultado === undefined) return responde(undefined);
      resultados.push(...resultado);
    }
    responde(resultados);
  }

  /** Nada mudou: o que não muda o livro tem a resposta de sempre; o resto não pôde ser feito. Uma leitura só, de todos. */
  async #semGravar(grupos: readonly Grupo[], agora: number): Promise<Resultado[][]> {
    return await this.#le(
      () => this.#alcance(grupos.flatMap(({ pedidos }) => pedidos), agora),
      (vista) =>
        grupos.map(({ pedidos, quem }) => {
          const estado = this.#estado(vista, agora, quem);
          return pedidos.map((pedido): Resultado => {
            const { resultado, mudancas } = decidir(estado, pedido);
            return mudancas.length === 0 ? resultado : { codigo: "ERRO-131" };
          });
        }),
      () => grupos.map(({ pedidos }) => pedidos.map(semLivro)),
    );
  }

  #decide(vista: Vista, grupos: readonly Grupo[], agora: number): Lote<Decidido> {
    const sobreposta = new Sobreposta(vista);
    const mudancas: Mudanca[] = [];
    const resultados = grupos.map(({ pedidos, quem }) => {
      const estado = this.#estado(sobreposta, agora, quem);
      return pedidos.map((pedido) => {
        const decisao = decidir(estado, pedido);
        for (const mudanca of decisao.mudancas) {
          sobreposta.aplica(mudanca);
          mudancas.push(mudanca);
        }
        return decisao.resultado;
      });
    });
    return { resultado: { resultados, mudancas }, mudancas };
  }

  #consulta(pedidos: readonly (Pedido | Erro)[], quem: Quem): Resultado[] | Promise<Resultado[]> {
    const agora = this.#relogio();
    return this.#le(() => this.#alcance(pedidos, agora), (vista) => {
      const estado = this.#estado(vista, agora, quem);
      return pedidos.map((pedido) => consultar(estado, pedido));
    }, () => pedidos.map(semLivro));
  }

  /** Lê, na hora se o armazém o faz na hora; com o livro fora do alcance, o resultado é o de `semLivro`. */
  #le<R>(alcance: () => Alcance, consulta: (vista: Vista) => R, semLivro: () => R): R | Promise<R> {
    const falha = (causa: unknown): R => {
      this.#aoFalhar("leitura", causa);
      return semLivro();
    };
    try {
      const lido = this.#armazem.le(alcance, consulta);
      return lido instanceof Promise ? lido.catch(falha) : lido;
    } catch (causa) {
      return falha(causa);
    }
  }

  #estado(vista: Vista, agora: number, quem: Quem): Estado {
    return { clinica: this.clinica, vista, agora, quem };
  }

  /** O que os pedidos podem tocar, junto. Uma lista de dias que é a mesma para todos continua a ser a mesma. */
  #alcance(pedidos: readonly (Pedido | Erro)[], agora: number): Alcance {
    const cpfs = new Set<string>();
    const desmarcam = new Set<string>();
    const listas = new Set<readonly Dia[]>();
    for (const pedido of pedidos) {
      const { cpf, desmarca = false, dias } = toca(pedido, this.clinica, agora);
      if (cpf !== undefined) cpfs.add(cpf);
      if (cpf !== undefined && desmarca) desmarcam.add(cpf);
      if (dias !== undefined) listas.add(dias);
    }
    return { cpfs: [...cpfs], desmarcam: [...desmarcam], dias: reuneDias([...listas]) };
  }
}

const NINGUEM: Quem = { origem: "", cliente: "" };

function reuneDias(listas: readonly (readonly Dia[])[]): readonly Dia[] {
  if (listas.length <= 1) return listas[0] ?? [];
  return [...new Map(listas.flat().map((dia) => [dia.join(" "), dia])).values()];
}
