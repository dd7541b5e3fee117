/**
 * O ouvinte: aceita conexões, faz valer os limites de quantas, mantém uma `Sessao` para cada uma e, ao encerrar, espera
 * que cada uma responda ao que recebeu.
 *
 * `servidor.ts` abre a porta e a entrega a um destes. O que uma conexão faz por dentro está em `sessao.ts`.
 *
 * @module
 */

import { delay } from "@std/async";
import type { Agenda } from "../agenda.ts";
import type { Quem } from "../clinica/livro.ts";
import type { Pedido, Resultado } from "../clinica/pedido.ts";
import { mensagem } from "../clinica/texto.ts";
import type { Console } from "./console.ts";
import { escreveRemoto, redeDe, type Remoto } from "../clinica/endereco.ts";
import { LACO } from "./laco.ts";
import { Redator } from "./redator.ts";
import type { Registro } from "./registro.ts";
import { type Ambiente, type Contador, LIMITES, type Limites, type Porteiro, Sessao, type Soquete } from "./sessao.ts";

/** Os tempos de um ouvinte, em ms. */
export interface Tempos {
  /** Entre uma conferência dos prazos e a seguinte: um só relógio para todas as sessões. */
  readonly conferencia: number;
  /** Espera depois de um `accept` que falhou (arquivos abertos demais, por exemplo). */
  readonly accept: number;
  /** Ao encerrar, por quanto tempo ainda se lê o que já tinha chegado pela rede. */
  readonly chegada: number;
  /** Quanto se espera, ao encerrar, que as sessões acabem de responder. */
  readonly fim: number;
}

/** Os tempos que valem num servidor; os testes usam menores. */
export const TEMPOS: Tempos = { conferencia: 1000, accept: 100, chegada: 250, fim: 4000 };

/** Conexões recusadas que ainda esperam que o outro lado leia o motivo; além disto fecham-se sem adeus. */
export const RECUSAS_MAXIMAS = 100;

/** Uma conexão que chega: o que `Deno.TcpConn` oferece. */
export interface Chegada extends Soquete {
  /** Quem está do outro lado. */
  readonly remoteAddr: Remoto;
  /** Deixa ou não de juntar respostas pequenas. Lança se o outro lado já se foi. */
  setNoDelay(semDemora: boolean): void;
}

/** Por onde as conexões chegam: o que `Deno.TcpListener` oferece. */
export interface Porta {
  /** A próxima conexão. */
  accept(): Promise<Chegada>;
  /** Deixa de receber; o `accept` em curso rejeita. */
  close(): void;
}

/** Quem sabe também o que pode quem chega sem chave. */
export interface PorteiroDaPorta extends Porteiro {
  /** Quem chega. */
  semChave(quem: Pick<Quem, "origem" | "cliente">): Quem;
}

/** O que um `Ouvinte` precisa. */
export interface OpcoesDoOuvinte {
  /** Quem responde aos pedidos. */
  agenda: Agenda;
  /** Quem sabe o que pode quem chega, com uma chave e sem ela. */
  porteiro: PorteiroDaPorta;
  /** Quem conta o que cada um pede. */
  contador: Contador;
  /** A quem se diz o que foi respondido. */
  console: Console;
  /** Onde se contam as conexões. */
  registro: Registro;
  /** A quem se diz o que cada resposta mostrou. */
  aoVer?: (quem: Quem, pedido: Pedido | undefined, resultado: Resultado) => void;
  /** Quantas conexões ao mesmo tempo. */
  conexoes: number;
  /** Quantas de um mesmo endereço, ou de um /64 de IPv6; a própria máquina não tem este limite. */
  conexoesPorEndereco: number;
  /** Os limites de cada conexão. */
  limites?: Limites;
  /** Os tempos do ouvinte. */
  tempos?: Tempos;
}

/** Aceita conexões e mantém uma sessão para cada uma. */
export class Ouvinte {
  #opcoes: OpcoesDoOuvinte;
  #tempos: Tempos;
  #ambiente: Ambiente;
  #sessoes = new Set<Sessao>();
  #recusas = new Set<Sessao>();
  #porEndereco = new Map<string, number>();
  #relogio: number;
  #relogioComum = (): number => this.#relogio;
  #portas: readonly Porta[] = [];
  #encerrando = false;

  /** Um ouvinte que ainda não atende. */
  constructor(opcoes: OpcoesDoOuvinte) {
    this.#opcoes = opcoes;
    this.#tempos = opcoes.tempos ?? TEMPOS;
    const { agenda, console, porteiro, contador, aoVer, limites = LIMITES } = opcoes;
    this.#ambiente = {
      agenda,
      porteiro,
      contador,
      redator: new Redator(agenda),
      relogio: this.#relogioComum,
      limites,
      laco: LACO,
      aoResponder(quem, pedido, resultado): void {
        aoVer?.(quem, pedido, resultado);
        console.respondeu(quem.cliente, pedido, resultado.codigo);
      },
    };
    this.#relogio = performance.now() + this.#tempos.conferencia;
  }

  /** Aceita, por uma porta ou por várias, até que `encerra` as feche e a última sessão acabe. */
  async atende(...portas: readonly Porta[]): Promise<void> {
    this.#portas = portas;
    const { conferencia, chegada, fim } = this.#tempos;
    const conferindo = setInterval(() => this.#confere(), conferencia);
    try {
      await Promise.all(portas.map((porta) => this.#aceita(porta)));
      const prazo = performance.now() + fim;
      if (this.#sessoes.size > 0) await delay(chegada);
      for (const sessao of this.#sessoes) sessao.encerra();
      for (const sessao of this.#recusas) sessao.corta();
      while (this.#sessoes.size > 0 && performance.now() < prazo) await delay(10);
      for (const sessao of this.#sessoes) sessao.corta();
      await this.#opcoes.agenda.esvazia();
    } finally {
      clearInterval(conferindo);
    }
  }

  /** As chaves mudaram: cada conexão fica com o que agora pode, e acaba a de uma chave que já não vale. */
  reve(): void {
    for (const sessao of this.#sessoes) sessao.reve();
  }

  /** Para de aceitar; `atende` acaba quando o que foi recebido tiver resposta. `sinal` é quem mandou. */
  encerra(sinal: string): void {
    this.#encerrando = true;
    this.#opcoes.registro.conta("encerrando", { sinal, conexoes: this.#sessoes.size });
    for (const porta of this.#portas) porta.close();
  }

  async #aceita(porta: Porta): Promise<void> {
    while (!this.#encerrando) {
      try {
        this.#recebe(await porta.accept());
      } catch (erro) {
        if (this.#encerrando) return;
        if (jaSeFoi(erro)) continue;
        this.#opcoes.registro.contaFalha("uma conexão não pôde ser aceita", mensagem(erro));
        await delay(this.#tempos.accept);
      }
    }
  }

  #recebe(conexao: Chegada): void {
    const { conexoes, conexoesPorEndereco, registro } = this.#opcoes;
    const { hostname } = conexao.remoteAddr;
    const cliente = escreveRemoto(conexao.remoteAddr);
    const origem = redeDe(hostname);
    const doEndereco = this.#porEndereco.get(origem) ?? 0;
    let motivo: string | undefined;
    if (this.#sessoes.size >= conexoes) motivo = `já há ${conexoes} conexões (--conexoes)`;
    else if (doEndereco >= conexoesPorEndereco && !ehLocal(hostname)) {
      motivo = `já há ${conexoesPorEndereco} conexões deste endereço (--conexoes-por-endereco)`;
    }
    if (motivo !== undefined) {
      registro.conta("recusou", { cliente, motivo });
      if (this.#recusas.size >= RECUSAS_MAXIMAS) return conexao.close();
      const sessao = this.#sessao(conexao, cliente, origem);
      this.#recusas.add(sessao);
      sessao.recusa().catch((erro) => this.#contaErro(erro)).finally(() => this.#recusas.delete(sessao));
      return;
    }
    // Sem isto o sistema junta respostas pequenas à espera da confirmação da anterior: 40 ms por resposta.
    try {
      conexao.setNoDelay(true);
    } catch {
      // O outro lado já se foi.
      return conexao.close();
    }
    registro.conta("conectou", { cliente });
    this.#porEndereco.set(origem, doEndereco + 1);
    const sessao = this.#sessao(conexao, cliente, origem);
    this.#sessoes.add(sessao);
    const saiu = (erro?: unknown): void => {
      if (erro !== undefined) this.#contaErro(erro);
      this.#sessoes.delete(sessao);
      const restam = (this.#porEndereco.get(origem) ?? 1) - 1;
      if (restam === 0) this.#porEndereco.delete(origem);
      else this.#porEndereco.set(origem, restam);
      registro.conta("saiu", { cliente, pedidos: sessao.pedidos, motivo: sessao.motivo });
    };
    sessao.atende().then(saiu, saiu);
  }

  #sessao(conexao: Chegada, cliente: string, origem: string): Sessao {
    return new Sessao(conexao, this.#opcoes.porteiro.semChave({ origem, cliente }), this.#ambiente);
  }

  #contaErro(erro: unknown): void {
    this.#opcoes.registro.contaFalha("uma sessão acabou por um erro do programa", mensagem(erro));
  }

  #confere(): void {
    this.#relogio = performance.now();
    for (const sessao of this.#sessoes) sessao.confere();
    for (const sessao of this.#recusas) sessao.confere();
    // Até a próxima conferência, adiantado: um prazo pode vencer uma conferência depois, e nunca antes.
    this.#relogio += this.#tempos.conferencia;
    this.#opcoes.console.confere();
  }
}

/** Se o `accept` falhou porque quem ligava já desligou, como faz quem só quer saber se a porta atende: não há o que esperar. */
export function jaSeFoi(erro: unknown): boolean {
  return erro instanceof Deno.errors.NotConnected;
}

/** Se um endereço é o da própria máquina. */
export function ehLocal(hostname: string): boolean {
  return hostname.startsWith("127.") || hostname === "::1" || hostname.startsWith("::ffff:127.");
}

/** O limite de arquivos abertos deste processo, que os filhos herdam; `undefined` onde o sistema não o mostra. */
export function limiteDeArquivos(): number | undefined {
  try {
    if (Deno.build.os === "windows") return undefined;
    if (Deno.build.os === "linux") {
      const achado = /^Max open files\s+(\d+)/m.exec(Deno.readTextFileSync("/proc/self/limits"));
      return achado === null ? undefined : Number(achado[1]);
    }
    // Um filho herda o limite.
    const { stdout } = new Deno.Command("sh", { args: ["-c", "ulimit -n"] }).outputSync();
    const limite = Number(new TextDecoder().decode(stdout));
    return Number.isNaN(limite) ? undefined : limite;
  } catch {
    return undefined;
  }
}
