/**
 * O túnel das páginas por TLS: um Worker que faz o aperto de mãos com quem liga, decifra, e leva os bytes à porta de dentro, onde
 * se fala HTTP às claras (`porta.ts`). Só existe com TLS: o motor de HTTP do Deno só sabe do TLS de `Deno.listenTls`, que não larga
 * quem cala a meio do aperto de mãos nem muda de certificado; o da porta dos terminais (`rede/porta_tls.ts`) sim.
 *
 * @module
 */

import { delay } from "@std/async";
import { mensagem } from "../clinica/texto.ts";
import { type Chegada, jaSeFoi } from "../rede/ouvinte.ts";
import { type ParDeChaves, PortaTls } from "../rede/porta_tls.ts";
import type { Soquete } from "../rede/sessao.ts";
import { apresenta } from "./apresentacao.ts";

/** Como se abre. */
export interface ComoAbrir {
  /** O endereço em que atende. */
  readonly endereco: string;
  /** A porta TCP; 0 escolhe uma livre. */
  readonly porta: number;
  /** Ligações que podem esperar por `accept`. */
  readonly fila: number;
  /** Quantas ao mesmo tempo. */
  readonly conexoes: number;
  /** O certificado e a chave. */
  readonly par: ParDeChaves;
  /** A porta, nesta máquina, a que se levam. */
  readonly dentro: number;
  /** Com que lá se apresentam. */
  readonly segredo: Uint8Array;
}

/** O que se manda ao Worker. */
export type Ordem =
  | { readonly tipo: "abre"; readonly como: ComoAbrir }
  | { readonly tipo: "troca"; readonly par: ParDeChaves }
  | { readonly tipo: "encerra" }
  | { readonly tipo: "acaba"; readonly prazo: number };

/** O que ele diz. */
export type Aviso =
  | { readonly tipo: "aberta"; readonly porta: number }
  | { readonly tipo: "recusada"; readonly codigo: string; readonly texto: string }
  | { readonly tipo: "cortou"; readonly cliente: string; readonly motivo: string }
  | { readonly tipo: "falhou"; readonly o_que: string; readonly causa: string }
  | { readonly tipo: "acabou" };

/** O que se lê de cada vez, em bytes. */
const BLOCO = 8 * 1024;

/** Dita a última resposta, quanto se espera que o outro lado feche, em ms: fechar antes podia perdê-la. */
const ADEUS = 2000;

/** Quanto se espera que o outro lado leia um bloco, em ms, e de quanto em quanto tempo se vê. */
const LEITURA = 60_000;
const CONFERENCIA = 1000;

/** Depois de um `accept` que falhou, em ms. */
const ESPERA = 100;

/** Só o faz quem o roda como Worker: um teste que o importa, não. */
addEventListener("message", (evento) => {
  if (evento instanceof MessageEvent && evento.ports.length === 1) new Trabalhador(evento.ports[0]);
});

class Trabalhador {
  #canal: MessagePort;
  #porta: PortaTls | undefined;
  #tuneis = new Set<Tunel>();
  #encerrando = false;

  constructor(canal: MessagePort) {
    this.#canal = canal;
    canal.onmessage = ({ data }) => this.#faz(data);
    setInterval(() => this.#confere(), CONFERENCIA);
  }

  #diz(aviso: Aviso): void {
    this.#canal.postMessage(aviso);
  }

  async #faz(ordem: Ordem): Promise<void> {
    switch (ordem.tipo) {
      case "abre":
        return await this.#abre(ordem.como).catch((erro) => {
          const codigo = erro instanceof Error && "code" in erro ? String(erro.code) : "";
          this.#diz({ tipo: "recusada", codigo, texto: mensagem(erro) });
        });
      case "troca":
        return this.#porta?.troca(ordem.par);
      case "encerra":
        this.#encerrando = true;
        return this.#porta?.close();
      case "acaba":
        for (const fim = performance.now() + ordem.prazo; this.#tuneis.size > 0 && performance.now() < fim;) {
          await delay(10);
        }
        return this.#diz({ tipo: "acabou" });
      default:
        ordem satisfies never;
    }
  }

  async #abre(como: ComoAbrir): Promise<void> {
    const aoFalhar = (cliente: string, motivo: string): void => this.#diz({ tipo: "cortou", cliente, motivo });
    const { endereco, porta, fila, conexoes, par } = como;
    this.#porta = await PortaTls.abre({ endereco, porta, fila, conexoes, par, aoFalhar });
    this.#atende(this.#porta, como);
    this.#diz({ tipo: "aberta", porta: this.#porta.porta });
  }

  async #atende(porta: PortaTls, como: ComoAbrir): Promise<void> {
    while (!this.#encerrando) {
      try {
        this.#leva(await porta.accept(), como);
      } catch (erro) {
        if (this.#encerrando) return;
        if (jaSeFoi(erro)) continue;
        this.#falhou(erro);
        await delay(ESPERA);
      }
    }
  }

  async #leva(fora: Chegada, { dentro: port, segredo }: ComoAbrir): Promise<void> {
    let dentro: Deno.TcpConn;
    try {
      dentro = await Deno.connect({ hostname: "127.0.0.1", port });
    } catch (erro) {
      fora.close();
      return this.#falhou(erro);
    }
    const tunel = new Tunel(fora, dentro);
    this.#tuneis.add(tunel);
    await tunel.leva(apresenta(segredo, fora.remoteAddr));
    this.#tuneis.delete(tunel);
  }

  #falhou(causa: unknown): void {
    this.#diz({ tipo: "falhou", o_que: "uma ligação às páginas não pôde ser aceita", causa: mensagem(causa) });
  }

  #confere(): void {
    const demoram = performance.now() - LEITURA;
    for (const tunel of this.#tuneis) if (tunel.escreve > 0 && tunel.escreve < demoram) tunel.fecha();
  }
}

/** Uma ligação de fora, e a que lhe corresponde por dentro. */
class Tunel {
  /** Desde quando se escreve o que lá fora não é lido; 0 se nada. */
  escreve = 0;
  #fora: Chegada;
  #dentro: Deno.TcpConn;

  constructor(fora: Chegada, dentro: Deno.TcpConn) {
    this.#fora = fora;
    this.#dentro = dentro;
  }

  /** Leva tudo nos dois sentidos, primeiro estes bytes, até que se feche. */
  async leva(primeiro: Uint8Array): Promise<void> {
    try {
      this.#fora.setNoDelay(true);
      this.#dentro.setNoDelay(true);
      await escreveTudo(this.#dentro, primeiro);
      await Promise.all([this.#sobe(), this.#desce()]);
    } catch {
      // Um dos lados foi-se.
    } finally {
      this.fecha();
    }
  }

  /** Fecha os dois lados. */
  fecha(): void {
    for (const soquete of [this.#fora, this.#dentro]) {
      try {
        soquete.close();
      } catch {
        // Já estava.
      }
    }
  }

  async #sobe(): Promise<void> {
    const bloco = new Uint8Array(BLOCO);
    for (let lidos; (lidos = await this.#fora.read(bloco)) !== null;) {
      await escreveTudo(this.#dentro, bloco.subarray(0, lidos));
    }
    await this.#dentro.closeWrite();
  }

  async #desce(): Promise<void> {
    const bloco = new Uint8Array(BLOCO);
    let respondeu = false;
    for (let lidos; (lidos = await this.#dentro.read(bloco)) !== null;) {
      this.escreve = performance.now();
      await escreveTudo(this.#fora, bloco.subarray(0, lidos));
      this.escreve = 0;
      respondeu = true;
    }
    // A quem não se respondeu nada, porque não cabia, não há o que perder.
    if (!respondeu) return this.fecha();
    setTimeout(() => this.fecha(), ADEUS);
    await this.#fora.closeWrite();
  }
}

async function escreveTudo(soquete: Soquete, bytes: Uint8Array): Promise<void> {
  for (let feito = 0; feito < bytes.length;) feito += await soquete.write(bytes.subarray(feito));
}
