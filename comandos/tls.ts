/**
 * O certificado com que `servidor.ts` atende por TLS: lê-lo, conferi-lo, e seguir os arquivos, que se renovam sem reiniciar.
 * As opções que o dizem estão em `opcoes.ts`; quem o faz, em `certificado.ts`.
 *
 * @module
 */

import { createPrivateKey, X509Certificate } from "node:crypto";
import { ErroDeConfiguracao } from "../clinica/conferencia.ts";
import { mensagem } from "../clinica/texto.ts";
import { dataNoFio } from "../protocolo.ts";
import type { ParDeChaves } from "../rede/porta_tls.ts";
import type { ArquivosDoPar } from "./opcoes.ts";

/** Um par que serve. */
export interface ParConferido extends ParDeChaves {
  /** SHA-256 do certificado, em pares de dígitos separados por dois-pontos. */
  readonly impressao: string;
  /** Quando vence, em ms. */
  readonly vence: number;
}

/**
 * Lê e confere o par.
 *
 * @throws {ErroDeConfiguracao} com o arquivo e a razão.
 */
export async function lePar(arquivos: ArquivosDoPar): Promise<ParConferido> {
  return confere(await leArquivos(arquivos), arquivos);
}

async function leArquivos(arquivos: ArquivosDoPar): Promise<ParDeChaves> {
  const [certificado, chave] = await Promise.all([le(arquivos.certificado), le(arquivos.chave)]);
  return { certificado, chave };
}

async function le(arquivo: string): Promise<string> {
  try {
    return await Deno.readTextFile(arquivo);
  } catch (causa) {
    throw new ErroDeConfiguracao(arquivo, `não pôde ser lido (${mensagem(causa)})`);
  }
}

function confere(par: ParDeChaves, arquivos: ArquivosDoPar): ParConferido {
  const lido = tenta(() => new X509Certificate(par.certificado), arquivos.certificado, "não é um certificado em PEM");
  const chave = tenta(() => createPrivateKey(par.chave), arquivos.chave, "não é uma chave privada em PEM, sem senha");
  if (!lido.checkPrivateKey(chave)) {
    throw new ErroDeConfiguracao(arquivos.chave, `não é a chave do certificado ${arquivos.certificado}`);
  }
  // Quem atende pode não saber usar o que um certificado pode trazer: só abrindo uma porta se sabe.
  tenta(
    () => Deno.listenTls({ hostname: "127.0.0.1", port: 0, cert: par.certificado, key: par.chave }).close(),
    arquivos.certificado,
    "não serve para atender por TLS",
  );
  return { ...par, impressao: lido.fingerprint256, vence: Date.parse(lido.validTo) };
}

function tenta<T>(faz: () => T, arquivo: string, seFalha: string): T {
  try {
    return faz();
  } catch (causa) {
    throw new ErroDeConfiguracao(arquivo, `${seFalha} (${mensagem(causa)})`);
  }
}

/** O que se diz de um certificado, no console. */
export function descreve({ impressao, vence }: ParConferido): string {
  return `SHA-256 ${impressao}, ${vence < Date.now() ? "VENCEU" : "vale até"} ${dia(vence)}`;
}

function dia(ms: number): string {
  return dataNoFio(Temporal.Instant.fromEpochMilliseconds(ms).toString().slice(0, 10));
}

/** Quanto antes de um certificado vencer se começa a dizê-lo, em ms: trinta dias. */
const AVISO_DO_FIM = 30 * 24 * 3600 * 1000;

/** O que há a dizer de um certificado que não está em ordem, ou da chave dele. */
export async function ressalvas(par: ParConferido, { chave }: ArquivosDoPar): Promise<string[]> {
  const ditas: string[] = [];
  if (par.vence < Date.now()) ditas.push(`o certificado venceu em ${dia(par.vence)}: os terminais recusam-no`);
  else if (par.vence - Date.now() < AVISO_DO_FIM) ditas.push(`o certificado vence em ${dia(par.vence)}; renove-o`);
  const { mode } = await Deno.stat(chave).catch(() => ({ mode: null }));
  if (mode !== null && (mode & 0o077) !== 0 && Deno.build.os !== "windows") {
    ditas.push(`${chave} pode ser lido por outros usuários desta máquina; chmod 600 ${chave}`);
  }
  return ditas;
}

/** Entre uma olhada e a seguinte, em ms: uma renovação vale na segunda que a acha igual, e o prometido é um minuto. */
const ENTRE_OLHADAS = 2_000;

/** De quanto em quanto tempo se torna a dizer que o certificado está a vencer, em ms: um dia. */
const ENTRE_RESSALVAS = 24 * 3600 * 1000;

/** Como um `VigiaDoPar` trabalha. */
export interface OpcoesDoVigiaDoPar {
  /** O que se segue. */
  arquivos: ArquivosDoPar;
  /** O par que vale. */
  par: ParConferido;
  /** Passa a valer este. */
  aoTrocar: (par: ParConferido) => void;
  /** Há algo a dizer; o par que vale continua. */
  aoAvisar: (o_que: string) => void;
}

/**
 * Segue os dois arquivos. Quem os renova escreve um e depois o outro: o que se acha diferente só conta se é o mesmo na olhada
 * seguinte, e do que não serve fala-se uma vez.
 */
export class VigiaDoPar implements Disposable {
  #opcoes: OpcoesDoVigiaDoPar;
  #vale: ParConferido;
  /** O que se achou na olhada anterior, e o último de que se falou. */
  #visto: string;
  #falado: string;
  #olhando = false;
  #avisou = performance.now();
  #relogio: ReturnType<typeof setInterval>;

  /** Um vigia que já olha, até o fim do `using`. */
  constructor(opcoes: OpcoesDoVigiaDoPar) {
    this.#opcoes = opcoes;
    this.#vale = opcoes.par;
    this.#visto = this.#falado = marca(opcoes.par);
    this.#relogio = setInterval(() => this.confere(), ENTRE_OLHADAS);
  }

  /** Olha uma vez; nunca rejeita. */
  async confere(): Promise<void> {
    if (this.#olhando) return;
    this.#olhando = true;
    const achado = await leArquivos(this.#opcoes.arquivos).catch((erro: unknown) => mensagem(erro));
    const marcado = marca(achado);
    if (marcado === this.#visto && marcado !== this.#falado) {
      this.#falado = marcado;
      this.#fala(achado);
    }
    this.#visto = marcado;
    if (performance.now() - this.#avisou > ENTRE_RESSALVAS) await this.#ressalva();
    this.#olhando = false;
  }

  #fala(achado: ParDeChaves | string): void {
    const { aoTrocar, aoAvisar, arquivos } = this.#opcoes;
    if (marca(achado) === marca(this.#vale)) return;
    try {
      if (typeof achado === "string") throw new Error(achado);
      const par = confere(achado, arquivos);
      if (par.vence < Date.now()) throw new ErroDeConfiguracao(arquivos.certificado, `venceu em ${dia(par.vence)}`);
      this.#vale = par;
      aoTrocar(par);
    } catch (causa) {
      aoAvisar(`${mensagem(causa)}; o certificado de antes continua`);
    }
  }

  async #ressalva(): Promise<void> {
    this.#avisou = performance.now();
    for (const uma of await ressalvas(this.#vale, this.#opcoes.arquivos)) this.#opcoes.aoAvisar(uma);
  }

  /** Deixa de olhar. */
  [Symbol.dispose](): void {
    clearInterval(this.#relogio);
  }
}

function marca(achado: ParDeChaves | string): string {
  return typeof achado === "string" ? achado : `${achado.certificado}\n${achado.chave}`;
}
