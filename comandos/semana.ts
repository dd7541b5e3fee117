/**
 * O arquivo da semana (`clinica.json`): lê-lo ao começar, e segui-lo enquanto o servidor atende.
 *
 * `servidor.ts` e `lista.ts` leem-no; `servidor.ts` segue-o com um `Vigia`.
 *
 * @module
 */

import { ErroDeConfiguracao } from "../clinica/conferencia.ts";
import { lerOferta, type Oferta } from "../clinica/oferta.ts";
import { mensagem } from "../clinica/texto.ts";
import type { Argumentos } from "./argumentos.ts";

/** O arquivo que diz a semana. */
export interface ArquivoDaSemana {
  /** Onde está. */
  readonly caminho: string;
  /** Foi pedido pelo nome (`--config`): tem de estar lá. */
  readonly pedido: boolean;
}

/** O de `--config`, ou `clinica.json`. */
export function arquivoDaSemana(argumentos: Argumentos): ArquivoDaSemana {
  const pedido = argumentos.texto("config");
  return { caminho: pedido ?? "clinica.json", pedido: pedido !== undefined };
}

/** O que se acha ao olhar para o arquivo. */
export type Achado =
  | { readonly tipo: "conteudo"; readonly bytes: Uint8Array }
  | { readonly tipo: "ausente" | "ilegivel"; readonly razao: string };

/** Olha para o arquivo; nunca lança. */
export async function olha({ caminho }: ArquivoDaSemana): Promise<Achado> {
  try {
    return { tipo: "conteudo", bytes: await Deno.readFile(caminho) };
  } catch (causa) {
    return { tipo: causa instanceof Deno.errors.NotFound ? "ausente" : "ilegivel", razao: mensagem(causa) };
  }
}

/**
 * A semana do que se achou: a embutida, se não há arquivo e nenhum foi pedido.
 *
 * @throws {ErroDeConfiguracao} com o arquivo, o campo e a razão.
 */
export function lerSemana({ caminho, pedido }: ArquivoDaSemana, achado: Achado): Oferta {
  switch (achado.tipo) {
    case "ausente":
      if (!pedido) return lerOferta();
      throw new ErroDeConfiguracao(caminho, `não pôde ser lido (${achado.razao})`);
    case "ilegivel":
      throw new ErroDeConfiguracao(caminho, `não pôde ser lido (${achado.razao})`);
    case "conteudo":
      return lerConteudo(caminho, achado.bytes);
  }
}

function lerConteudo(caminho: string, bytes: Uint8Array): Oferta {
  let texto: string;
  try {
    // Sem a marca de ordem de bytes do Bloco de Notas, e sem pôr "�" no lugar do que não é UTF-8.
    texto = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new ErroDeConfiguracao(caminho, "não é UTF-8; salve-o como UTF-8");
  }
  try {
    return lerOferta(JSON.parse(texto));
  } catch (causa) {
    if (causa instanceof ErroDeConfiguracao) throw new ErroDeConfiguracao(caminho, causa.message);
    throw new ErroDeConfiguracao(caminho, `não é JSON (${mensagem(causa)})`);
  }
}

/**
 * Entre uma olhada e a seguinte, em ms: uma mudança vale na segunda que a acha igual, em três segundos, e o prometido são
 * cinco.
 */
export const ENTRE_OLHADAS = 1500;

/** Como um `Vigia` trabalha. */
export interface OpcoesDoVigia {
  /** O que se segue. */
  arquivo: ArquivoDaSemana;
  /** O que se achou ao começar, e que vale. */
  achado: Achado;
  /** Passa a valer esta semana; se rejeita, torna-se a tentar na próxima olhada. */
  aoAdotar: (oferta: Oferta) => Promise<void> | void;
  /** O arquivo já não está lá, ou não serve; a semana que vale continua. */
  aoRecusar: (razao: string) => void;
  /** Como se olha. */
  olha?: (arquivo: ArquivoDaSemana) => Promise<Achado>;
}

/**
 * Segue o arquivo da semana pelo conteúdo, lido de tempos em tempos: `Deno.watchFs` não avisa em pastas de rede, perde o
 * arquivo que um editor troca por outro, e não vê um que ainda não existe; e a data de um arquivo pode não mudar com ele.
 *
 * O que se acha diferente só conta se é o mesmo na olhada seguinte: quem o escreve pode estar a meio. De cada conteúdo fala-se
 * uma vez.
 */
export class Vigia implements Disposable {
  #opcoes: OpcoesDoVigia;
  #olha: (arquivo: ArquivoDaSemana) => Promise<Achado>;
  /** O último de que já se falou. */
  #sabido: string;
  /** O que se achou na olhada anterior, se ainda não se falou dele. */
  #novo: string | undefined;
  #olhando = false;
  #relogio: ReturnType<typeof setInterval> | undefined;

  /** Um vigia que ainda não olha. */
  constructor(opcoes: OpcoesDoVigia) {
    this.#opcoes = opcoes;
    this.#olha = opcoes.olha ?? olha;
    this.#sabido = marca(opcoes.achado);
  }

  /** Passa a olhar de tempos em tempos, até o fim do `using`. */
  comeca(): this {
    this.#relogio ??= setInterval(() => this.confere(), ENTRE_OLHADAS);
    return this;
  }

  /** Olha uma vez; nunca rejeita. */
  async confere(): Promise<void> {
    // Um disco de rede pode demorar mais que o intervalo.
    if (this.#olhando) return;
    this.#olhando = true;
    const achado = await this.#olha(this.#opcoes.arquivo);
    const marcado = marca(achado);
    if (marcado === this.#sabido) this.#novo = undefined;
    else if (marcado !== this.#novo) this.#novo = marcado;
    else if (await this.#fala(achado)) this.#sabido = marcado;
    this.#olhando = false;
  }

  /** Falso se é preciso tentar outra vez. */
  async #fala(achado: Achado): Promise<boolean> {
    const { arquivo, aoAdotar, aoRecusar } = this.#opcoes;
    if (achado.tipo === "ausente") {
      const depois = arquivo.pedido ? "sem ele o servidor não reinicia" : "ao reiniciar vale a embutida";
      aoRecusar(`${arquivo.caminho}: já não está lá; a semana de antes continua, e ${depois}`);
      return true;
    }
    let oferta: Oferta;
    try {
      oferta = lerSemana(arquivo, achado);
    } catch (causa) {
      aoRecusar(`${mensagem(causa)}; a semana de antes continua`);
      return true;
    }
    try {
      await aoAdotar(oferta);
      return true;
    } catch {
      // Quem a adota já disse por quê.
      return false;
    }
  }

  /** Deixa de olhar. */
  [Symbol.dispose](): void {
    clearInterval(this.#relogio);
  }
}

/** Dois achados com a mesma marca dizem o mesmo. */
function marca(achado: Achado): string {
  return achado.tipo === "conteudo" ? `conteudo ${new TextDecoder("latin1").decode(achado.bytes)}` : achado.tipo;
}
