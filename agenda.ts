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
import { BYTES_DO_CODIGO, escreveCodigo } from "./clinica/agendamento.ts";
import { Clinica } from "./clinica/clinica.ts";
import type { Estado } from "./clinica/estado.ts";
import type { Alcance, Armazem, Desfecho, Dia, Fim, Lote, Mudanca, Quando, Quem, Vista } from "./clinica/livro.ts";
import type { Oferta } from "./clinica/oferta.ts";
import type { Erro, Pedido, PedidoDe, Resultado } from "./clinica/pedido.ts";
import { fazProsseguir, SERVIDOR } from "./clinica/promover.ts";
import { consultar, decidir, esperaAVez, semLivro, toca, type Toque } from "./clinica/regras.ts";
import { saudar } from "./clinica/consultas.ts";
import { Sobreposta } from "./clinica/sobreposta.ts";

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

/** Por que semana e a que horas se decide: o mesmo do alcance à última resposta, ainda que outra semana passe a valer. */
interface Momento {
  readonly clinica: Clinica;
  readonly agora: number;
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
async function cedeAoSistema(): Promise<void> {
  await crypto.subtle.digest("SHA-256", UM_BYTE);
}

/**
 * Para, e ouve quem estiver à espera. Enquanto há o que fazer, o laço de eventos nem olha para a rede; a primeira espera
 * deixa entregar o que se acabava de escrever, e na segunda já nada o ocupa.
 */
export async function paraEOuve(): Promise<void> {
  await cedeAoSistema();
  await cedeAoSistema();
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
  /** Dá códigos aos agendamentos que nascem; sem ela, de `crypto`. */
  sorteia?: () => string;
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
  #clinica: Clinica;
  #armazem: Armazem;
  #relogio: () => number;
  #sorteia: () => string;
  #aoFalhar: (tipo: Falha, causa: unknown) => void;
  #aoGravar: (mudancas: readonly Mudanca[]) => void;
  #fila = new Fila();
  #pendentes: Grupo[] = [];
  /** O último instante em que se decidiu uma mudança, ms desde 1970. */
  #gravado = 0;
  #prosseguindo: Promise<void> | undefined;
  #haQueProsseguir = false;
  /** Lotes que já deixaram a fila e ainda não têm resposta. */
  #suspensos = new Set<Promise<void>>();

  /** Uma agenda sobre um armazém; nada acontece até o primeiro pedido. */
  constructor(
    { armazem, oferta, relogio, sorteia = codigos(), aoFalhar = () => {}, aoGravar = () => {} }: OpcoesDaAgenda,
  ) {
    this.#armazem = armazem;
    this.#relogio = relogio;
    this.#sorteia = sorteia;
    this.#aoFalhar = aoFalhar;
    this.#aoGravar = aoGravar;
    this.#clinica = new Clinica(oferta);
  }

  /** A oferta e o calendário de agora; outro objeto depois de `adota`. */
  get clinica(): Clinica {
    return this.#clinica;
  }

  /** Passa a valer outra configuração, a partir da próxima decisão. */
  adota(oferta: Oferta): void {
    this.#clinica = new Clinica(oferta);
  }

  /**
   * Responde a pedidos de uma conexão, na ordem; um vê o que os anteriores mudaram. Só consultas: na hora, se o armazém
   * lê na hora. Com mudanças: depois de gravadas. `undefined`: o desfecho não é sabido e não se deve responder nada.
   */
  atende(pedidos: readonly (Pedido | Erro)[], quem: Quem): Resultado[] | Promise<Resultado[] | undefined> {
    if (!pedidos.some((pedido) => esperaAVez(pedido, quem))) return this.#consulta(pedidos, quem);
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
    const momento = this.#momento();
    const { clinica, agora } = momento;
    return this.#le<Resultado>(
      () => reune([{ dias: clinica.diasPerguntados(agora), excecoes: "le" }], clinica.calendario.janela(agora).hoje),
      (vista) => saudar(this.#estado(vista, momento, NINGUEM)),
      () => ({ codigo: "ERRO-131" }),
    );
  }

  /** O relógio bateu: trata do que venceu, aos poucos, entre os pedidos dos outros, até que nada falte. */
  async bate(): Promise<void> {
    await this.#ateQueNadaFalte({ comando: "TICK" });
  }

  /**
   * Dá o que transações cheias seguraram para ninguém, também as de um servidor que caiu antes de o dar. Uma corrida de cada
   * vez basta; o que se segurar enquanto ela acaba ainda é dela.
   */
  prossegue(): Promise<void> {
    this.#haQueProsseguir = true;
    return this.#prosseguindo ??= this.#prosseguir().finally(() => this.#prosseguindo = undefined);
  }

  async #prosseguir(): Promise<void> {
    while (this.#haQueProsseguir) {
      this.#haQueProsseguir = false;
      await this.#ateQueNadaFalte({ comando: "PROSSEGUE", soNinguem: true });
    }
  }

  async #ateQueNadaFalte(primeiro: PedidoDe<"TICK" | "PROSSEGUE">): Promise<void> {
    for (let pedido = primeiro;; pedido = pedido.comando === "TICK" ? { comando: "PROSSEGUE" } : pedido) {
      const [resultado] = await this.atende([pedido], SERVIDOR) ?? [];
      if (resultado?.codigo !== "OK-200" || resultado.falta === undefined) return;
      // De passo em passo, sem isto, ninguém mais se ouvia até ao fim.
      await paraEOuve();
    }
  }

  /** Espera que tudo o que entrou na fila tenha resposta, e que se tenha dado o que disso se segurou para ninguém. */
  async esvazia(): Promise<void> {
    do {
      await this.#fila.entra(() => Promise.resolve());
      await Promise.all(this.#suspensos);
      await this.#prosseguindo;
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
    const momento = this.#momento();
    this.#gravado = Math.max(this.#gravado, momento.agora);
    const desfecho = await this.#lote(grupos, momento);
    if (desfecho.tipo === "recusado" && await this.#divide(grupos, repetido)) return;
    switch (desfecho.tipo) {
      case "gravado":
        return this.#responde(grupos, desfecho.resultado);
      case "pendente":
        // A fila não espera: com o banco fora do alcance, quem vem depois tem de saber disso na hora.
        return this.#suspende(desfecho.fim.then((fim) => this.#conclui(grupos, fim, { momento, esperaram: true })));
      default:
        return this.#suspende(this.#conclui(grupos, desfecho, { momento, esperaram: false }));
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
    if (mudancas.some(fazProsseguir)) this.prossegue();
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
    { momento, esperaram }: { momento: Momento; esperaram: boolean },
  ): Promise<void> {
    if (fim.tipo === "gravado") return this.#responde(grupos, fim.resultado);
    this.#aoFalhar(fim.tipo, fim.causa);
    let resultados: Resultado[][] | undefined;
    if (fim.tipo !== "incerto") {
      resultados = esperaram
        ? grupos.map(({ pedidos, quem }) => pedidos.map((pedido) => semLivro(pedido, quem)))
        : await this.#semGravar(grupos, momento);
    }
    grupos.forEach(({ responde }, i) => responde(resultados?.[i]));
  }

  async #lote(grupos: readonly Grupo[], momento: Momento): Promise<Desfecho<Decidido>> {
    try {
      return await this.#armazem.lote(
        () => this.#alcance(grupos, momento),
        momento.agora,
        (vista) => this.#decide(vista, grupos, momento),
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
  async #semGravar(grupos: readonly Grupo[], momento: Momento): Promise<Resultado[][]> {
    return await this.#le(
      () => this.#alcance(grupos, momento),
      (vista) =>
        grupos.map(({ pedidos, quem }) => {
          const estado = this.#estado(vista, momento, quem);
          return pedidos.map((pedido): Resultado => {
            const { resultado, mudancas } = decidir(estado, pedido);
            return mudancas.length === 0 ? resultado : { codigo: "ERRO-131" };
          });
        }),
      () => grupos.map(({ pedidos, quem }) => pedidos.map((pedido) => semLivro(pedido, quem))),
    );
  }

  #decide(vista: Vista, grupos: readonly Grupo[], momento: Momento): Lote<Decidido> {
    const sobreposta = new Sobreposta(vista);
    const mudancas: Mudanca[] = [];
    const resultados = grupos.map(({ pedidos, quem }) => {
      const estado = this.#estado(sobreposta, momento, quem);
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
    const momento = this.#momento();
    return this.#le(() => this.#alcance([{ pedidos, quem }], momento), (vista) => {
      const estado = this.#estado(vista, momento, quem);
      return pedidos.map((pedido) => consultar(estado, pedido));
    }, () => pedidos.map((pedido) => semLivro(pedido, quem)));
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

  #momento(): Momento {
    return { clinica: this.#clinica, agora: this.#relogio() };
  }

  #estado(vista: Vista, { clinica, agora }: Momento, quem: Quem): Estado {
    return { clinica, vista, agora, gravado: this.#gravado, quem, sorteia: this.#sorteia };
  }

  /** O que os pedidos podem tocar, junto. */
  #alcance(grupos: readonly Pick<Grupo, "pedidos" | "quem">[], { clinica, agora }: Momento): Alcance {
    const toques = grupos.flatMap(({ pedidos, quem }) =>
      pedidos.map((pedido) => toca(pedido, { clinica, agora, quem }))
    );
    return reune(toques, clinica.calendario.janela(agora).hoje);
  }
}

const NINGUEM: Quem = { origem: "", cliente: "", papel: "anonimo" };

/** Os toques de vários pedidos, juntos. Uma lista de dias que é a mesma para todos continua a ser a mesma. */
function reune(toques: readonly Toque[], hoje: string): Alcance {
  const cpfsDe = (serve: (toque: Toque) => boolean | undefined): string[] => {
    const cpfs = new Set<string>();
    for (const toque of toques) if (toque.cpf !== undefined && serve(toque)) cpfs.add(toque.cpf);
    return [...cpfs];
  };
  return {
    cpfs: cpfsDe(() => true),
    historias: cpfsDe(({ historia }) => historia),
    mudam: cpfsDe(({ muda }) => muda),
    voltam: cpfsDe(({ volta }) => volta),
    fichas: cpfsDe(({ ficha }) => ficha),
    vizinhas: [...new Set(toques.flatMap(({ vizinhas = [] }) => vizinhas))],
    dias: reuneDias([...new Set(toques.map(({ dias }) => dias).filter((dias) => dias !== undefined))]),
    periodos: toques.flatMap(({ periodos = [] }) => periodos),
    cancelados: [...new Set(toques.flatMap(({ cancelados = [] }) => cancelados))],
    senhas: [...new Set(toques.flatMap(({ senhas = [] }) => senhas))],
    reabrem: toques.flatMap(({ reabrem = [] }) => reabrem),
    excecoes: toques.some(({ excecoes }) => excecoes === "muda")
      ? "muda"
      : toques.some(({ excecoes }) => excecoes === "le")
      ? "le"
      : "nada",
    hoje,
    listas: [...new Set(toques.flatMap(({ listas = [] }) => listas))],
    promove: toques.some(({ promove }) => promove),
    // Quem procura até mais tarde acha também o que os outros procuram.
    pendencias: toques.map(({ pendencias }) => pendencias).filter((uma) => uma !== undefined)
      .reduce<Quando | undefined>(
        (ate, uma) => ate === undefined || uma.instante > ate.instante ? uma : ate,
        undefined,
      ),
    tentativas: reunePares(toques.flatMap(({ tentativas = [] }) => tentativas)),
    novos: toques.reduce((novos, toque) => novos + (toque.novos ?? 0), 0),
  };
}

function reuneDias(listas: readonly (readonly Dia[])[]): readonly Dia[] {
  return listas.length <= 1 ? listas[0] ?? [] : reunePares(listas.flat());
}

function reunePares<P extends readonly [string, string]>(pares: readonly P[]): readonly P[] {
  return pares.length <= 1 ? pares : [...new Map(pares.map((par) => [par.join(" "), par])).values()];
}

/** Bytes ao acaso que se pedem de cada vez ao sistema: um pedido custa mais que um código. */
const BYTES_AO_ACASO = 1024 * BYTES_DO_CODIGO;

/** Dá códigos de um gerador criptográfico. */
function codigos(): () => string {
  const bytes = new Uint8Array(BYTES_AO_ACASO);
  let usados = bytes.length;
  return () => {
    if (usados === bytes.length) {
      crypto.getRandomValues(bytes);
      usados = 0;
    }
    usados += BYTES_DO_CODIGO;
    return escreveCodigo(bytes, usados - BYTES_DO_CODIGO);
  };
}
