/**
 * A porta clara atrás de um intermediário em que se confia: o endereço de quem liga por ele é o que o cabeçalho PROXY diz, e por
 * esse se contam as conexões e os pedidos. `servidor.ts` põe-na à frente da outra só quando se diz em quem confiar.
 *
 * De um endereço de confiança só se entra com o cabeçalho: aceitá-lo sem ele era deixar que quem está atrás passasse pelo
 * intermediário. De qualquer outro, o cabeçalho não é nada: são bytes, e respondem-se como tal.
 *
 * @module
 */

import { delay } from "@std/async";
import { Chegadas } from "./chegadas.ts";
import { canonico, escreveRemoto, type Remoto } from "../clinica/endereco.ts";
import { type Chegada, jaSeFoi, type Porta } from "./ouvinte.ts";
import { leProxy, PRAZO_DO_CABECALHO, SemCabecalho } from "./proxy.ts";

/** Cabeçalhos por chegar ao mesmo tempo; além disto fecha-se o que espera há mais tempo. */
const CABECALHOS_MAXIMOS = 256;

/** Espera depois de um `accept` que falhou, em ms: a de quem pede as conexões soma-se a ela. */
const ESPERA_DE_ACCEPT = 100;

/** Como uma `PortaComProxy` trabalha. */
export interface OpcoesDaPortaComProxy {
  /** Por onde as conexões chegam. */
  porta: Porta;
  /** Os endereços em que se confia, na forma de `canonico`. */
  confiados: ReadonlySet<string>;
  /** Avisado de uma que não se aceitou, com quem e porquê. */
  aoFalhar?: (cliente: string, motivo: string) => void;
  /** O prazo do cabeçalho, em ms. */
  prazo?: number;
}

/** Uma porta que diz de quem é cada conexão. */
export class PortaComProxy implements Porta {
  #opcoes: OpcoesDaPortaComProxy;
  #chegadas = new Chegadas();
  /** As que ainda não disseram de quem são, a mais velha primeiro. */
  #porDizer = new Set<Chegada>();
  #fechada = false;

  /** Já recebe. */
  constructor(opcoes: OpcoesDaPortaComProxy) {
    this.#opcoes = opcoes;
    this.#recebe();
  }

  /** A próxima de que se sabe de quem é. */
  accept(): Promise<Chegada> {
    return this.#chegadas.proxima();
  }

  /** Deixa de receber; o `accept` em curso rejeita, e fecham-se as que ainda não disseram de quem são. */
  close(): void {
    if (this.#fechada) return;
    this.#fechada = true;
    this.#opcoes.porta.close();
    for (const chegada of this.#porDizer) fecha(chegada);
    this.#chegadas.fecha();
  }

  async #recebe(): Promise<void> {
    while (!this.#fechada) {
      try {
        const chegada = await this.#opcoes.porta.accept();
        const de = canonico(chegada.remoteAddr.hostname);
        if (de !== undefined && this.#opcoes.confiados.has(de)) this.#pergunta(chegada);
        else this.#chegadas.entrega(chegada);
      } catch (erro) {
        if (this.#fechada) return;
        if (jaSeFoi(erro)) continue;
        this.#chegadas.entrega(erro instanceof Error ? erro : new Error(String(erro)));
        await delay(ESPERA_DE_ACCEPT);
      }
    }
  }

  async #pergunta(chegada: Chegada): Promise<void> {
    const { aoFalhar, prazo = PRAZO_DO_CABECALHO } = this.#opcoes;
    const [maisVelha] = this.#porDizer.size >= CABECALHOS_MAXIMOS ? this.#porDizer : [];
    if (maisVelha !== undefined) fecha(maisVelha);
    this.#porDizer.add(chegada);
    let motivo = "desligou antes do cabeçalho PROXY v2";
    const alarme = setTimeout(() => {
      motivo = "não mandou o cabeçalho PROXY v2 a tempo";
      fecha(chegada);
    }, prazo);
    try {
      const remoto = await leProxy((bytes) => leExato(chegada, bytes));
      this.#chegadas.entrega(remoto === undefined ? chegada : new ChegadaDe(chegada, remoto));
    } catch (causa) {
      fecha(chegada);
      if (causa instanceof SemCabecalho) motivo = causa.message;
      if (!this.#fechada) aoFalhar?.(escreveRemoto(chegada.remoteAddr), `${motivo}, e é de --confia-no-proxy`);
    } finally {
      clearTimeout(alarme);
      this.#porDizer.delete(chegada);
    }
  }
}

async function leExato(chegada: Chegada, quantos: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(quantos);
  for (let feito = 0; feito < quantos;) {
    const lidos = await chegada.read(bytes.subarray(feito));
    if (lidos === null) throw new Deno.errors.UnexpectedEof("a conexão acabou");
    feito += lidos;
  }
  return bytes;
}

function fecha(chegada: Chegada): void {
  try {
    chegada.close();
  } catch {
    // Já se tinha fechado.
  }
}

/** Uma conexão, e de quem ela é. */
class ChegadaDe implements Chegada {
  readonly remoteAddr: Remoto;
  #chegada: Chegada;

  constructor(chegada: Chegada, remoto: Remoto) {
    this.#chegada = chegada;
    this.remoteAddr = remoto;
  }

  read(bloco: Uint8Array): Promise<number | null> {
    return this.#chegada.read(bloco);
  }

  write(bytes: Uint8Array): Promise<number> {
    return this.#chegada.write(bytes);
  }

  closeWrite(): Promise<void> {
    return this.#chegada.closeWrite();
  }

  close(): void {
    this.#chegada.close();
  }

  setNoDelay(semDemora: boolean): void {
    this.#chegada.setNoDelay(semDemora);
  }
}
