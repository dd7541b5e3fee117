/**
 * O que `servidor.ts titular` pede, e como se faz pela agenda: num livro em arquivo com um servidor no ar, por ele
 * (`AtendeDeFora`); senão, pelo próprio comando, que é então quem tem o livro, ou mais um servidor de um PostgreSQL.
 *
 * @module
 */

import type { Agenda } from "../agenda.ts";
import { BYTES_DO_CODIGO, escreveCodigo } from "../clinica/agendamento.ts";
import type { LivroDaVarredura, Quem } from "../clinica/livro.ts";
import type { FeitoPeloTitular, Pedido, PedidoDe, PeloTitular } from "../clinica/pedido.ts";
import { pseudonimo } from "../clinica/titular.ts";
import { mensagem } from "../clinica/texto.ts";

/** O que se quer de uma pessoa. */
export type PedidoDoTitular = { readonly cpf: string } & Exclude<PeloTitular, { ato: "ANONIMIZA" }> | {
  readonly cpf: string;
  readonly ato: "ANONIMIZA";
  /** Por que se faz antes do prazo, e desmarcando o que houver. */
  readonly motivo?: string;
};

/** O que um pedido de fora pode ser: também refazer o arquivo. */
export type PedidoDeFora = PedidoDoTitular | { readonly ato: "COMPACTA" };

/** O que se responde. */
export type Resposta =
  | { readonly titular: FeitoPeloTitular; readonly pseudonimo?: string; readonly limpo?: boolean }
  | { readonly erro: string };

/** O livro, como o quer quem faz o que se pede. */
export interface LivroDosTitulares extends Pick<LivroDaVarredura, "limpa"> {
  /** Refaz o arquivo; só num que o seja. */
  readonly compacta?: () => Promise<void>;
}

/** Quem o pede: da linha de comando, na máquina do livro, como gerente. */
const NA_MAQUINA: Quem = { origem: "", cliente: "servidor.ts titular", papel: "gerente" };

/** Lotes de uma pessoa, no máximo: mil linhas cada um. */
const LOTES_MAXIMOS = 1000;

/** Faz o que se pede, pela fila da agenda; nunca rejeita. */
export async function fazDeFora(
  pedido: PedidoDeFora,
  { agenda, livro }: { agenda: Pick<Agenda, "atende">; livro: LivroDosTitulares },
): Promise<Resposta> {
  try {
    if (pedido.ato === "COMPACTA") {
      if (livro.compacta === undefined) return { erro: "só um livro em arquivo se compacta" };
      await livro.compacta();
      return { titular: { feito: 0 } };
    }
    if (pedido.ato === "ANONIMIZA") return await anonimiza(pedido, { agenda, livro });
    return { titular: await pede(agenda, [{ comando: "TITULAR", ...pedido }]) };
  } catch (causa) {
    return { erro: mensagem(causa) };
  }
}

/** O que o último pedido deu. */
async function pede(agenda: Pick<Agenda, "atende">, pedidos: readonly Pedido[]): Promise<FeitoPeloTitular> {
  const resultado = (await agenda.atende(pedidos, NA_MAQUINA))?.at(-1);
  if (resultado?.codigo === "OK-200" && resultado.titular !== undefined) return resultado.titular;
  throw new Error(
    resultado === undefined
      ? "não se sabe se ficou gravado; peça outra vez, que não se faz duas"
      : `o livro não pôde ser gravado (${resultado.codigo}); nada mudou`,
  );
}

async function anonimiza(
  { cpf, motivo }: Extract<PedidoDoTitular, { ato: "ANONIMIZA" }>,
  { agenda, livro }: { agenda: Pick<Agenda, "atende">; livro: LivroDosTitulares },
): Promise<Resposta> {
  const nome = pseudonimo(codigoAoAcaso);
  const pedido: PedidoDe<"TITULAR"> = { comando: "TITULAR", cpf, ato: "ANONIMIZA", pseudonimo: nome, motivo };
  let titular = await pede(agenda, [pedido]);
  if (motivo !== undefined && "recusa" in titular && titular.recusa === "de pé") {
    // Desmarca-se e anonimiza-se num lote só, como qualquer um o faria: o que vaga é de quem espera.
    titular = await pede(agenda, [...largaTudo(cpf, titular), pedido]);
  }
  if ("recusa" in titular) return { titular };
  let { feito } = titular;
  for (let lotes = 1, falta = titular.falta; falta && lotes < LOTES_MAXIMOS; lotes++) {
    const mais = await pede(agenda, [pedido]);
    if ("recusa" in mais) break;
    feito += mais.feito;
    falta = mais.falta;
  }
  return { titular: { feito }, pseudonimo: nome, limpo: livro.limpa() };
}

function largaTudo(
  cpf: string,
  { marcados, esperas }: Extract<FeitoPeloTitular, { recusa: "de pé" }>,
): readonly Pedido[] {
  return [
    ...marcados.map(({ especialidade, numero }): Pedido => ({
      ...{ comando: "CANCEL", cpf, especialista: especialidade, numero },
      ...{ chegado: true, motivo: "anonimizado" },
    })),
    ...esperas.map(({ especialidade }): Pedido => ({ comando: "DESISTE", cpf, especialista: especialidade })),
  ];
}

/** Oito letras ao acaso. */
export function codigoAoAcaso(): string {
  return escreveCodigo(crypto.getRandomValues(new Uint8Array(BYTES_DO_CODIGO)));
}

// ------------------------------------------------------------------------------------------------------ o servidor

/** Onde se deixam os pedidos ao servidor que tem o livro. */
export interface CaixaDePedidos {
  /** Os que ainda ninguém tomou. */
  readonly pendentes: () => readonly { readonly numero: number; readonly pedido: string }[];
  /** Toma um. */
  readonly toma: (qual: number) => void;
  /** Responde a um que se tomou. */
  readonly responde: (qual: number, resposta: string) => void;
  /** Esquece os que ficaram de antes. */
  readonly esquece: () => void;
}

/** Entre duas olhadas à caixa, em ms. */
const ENTRE_OLHADAS = 500;

/** O que `AtendeDeFora` precisa. */
export interface OpcoesDeAtendeDeFora {
  /** Onde se deixam. */
  readonly caixa: CaixaDePedidos;
  /** Por onde se fazem. */
  readonly agenda: Pick<Agenda, "atende">;
  /** O livro. */
  readonly livro: LivroDosTitulares;
  /** A caixa não se pôde ler, ou não se pôde responder. */
  readonly aoFalhar: (causa: unknown) => void;
  /** Entre duas olhadas, em ms. */
  readonly intervalo?: number;
}

/** Atende o que `servidor.ts titular` deixa pedido ao lado de um servidor, um de cada vez, até que se desfaça. */
export class AtendeDeFora implements AsyncDisposable {
  #opcoes: OpcoesDeAtendeDeFora;
  #atendendo: Promise<void> | undefined;
  #alarme: ReturnType<typeof setInterval>;

  /** Começa a olhar; os que ficaram de antes já ninguém os espera. */
  constructor(opcoes: OpcoesDeAtendeDeFora) {
    this.#opcoes = opcoes;
    this.#tenta(() => opcoes.caixa.esquece());
    this.#alarme = setInterval(() => this.confere(), opcoes.intervalo ?? ENTRE_OLHADAS);
  }

  /** Olha, e faz o que houver. */
  confere(): void {
    this.#atendendo ??= this.#atende().finally(() => this.#atendendo = undefined);
  }

  async #atende(): Promise<void> {
    const { caixa } = this.#opcoes;
    for (const { numero, pedido } of this.#tenta(() => caixa.pendentes()) ?? []) {
      // Antes de o fazer: o CPF que traz não pode ficar no WAL que se limpa depois.
      this.#tenta(() => caixa.toma(numero));
      const lido = lerDeFora(pedido);
      const resposta = lido === undefined
        ? { erro: "o servidor não conhece o pedido" }
        : await fazDeFora(lido, this.#opcoes);
      this.#tenta(() => caixa.responde(numero, JSON.stringify(resposta)));
    }
  }

  #tenta<T>(faz: () => T): T | undefined {
    try {
      return faz();
    } catch (causa) {
      this.#opcoes.aoFalhar(causa);
      return undefined;
    }
  }

  /** Deixa de olhar, e acaba o que está a fazer. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#alarme);
    await this.#atendendo;
  }
}

/** Lê um pedido deixado na caixa; `undefined` se não é um. */
export function lerDeFora(escrito: string): PedidoDeFora | undefined {
  let lido: unknown;
  try {
    lido = JSON.parse(escrito);
  } catch {
    return undefined;
  }
  if (typeof lido !== "object" || lido === null) return undefined;
  const campos = new Map(Object.entries(lido));
  if ([...campos.values()].some((valor) => typeof valor !== "string")) return undefined;
  const texto = (nome: string): string | undefined => campos.get(nome);
  const cpf = texto("cpf");
  const ato = texto("ato");
  if (ato === "COMPACTA") return { ato };
  if (cpf === undefined || !/^\d{11}$/.test(cpf)) return undefined;
  switch (ato) {
    case "EXPORTA":
      return { cpf, ato };
    case "RETIFICA":
      return { cpf, ato, nome: texto("nome"), email: texto("email"), telefone: texto("telefone") };
    case "ANONIMIZA":
    case "GUARDA":
    case "SOLTA":
      return { cpf, ato, motivo: texto("motivo") };
    default:
      return undefined;
  }
}
