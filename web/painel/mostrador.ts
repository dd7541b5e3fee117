/**
 * O dia já desenhado, em pedaços que se trocam um a um: cada célula da grelha e cada parte do lado. A página junta-os; um ato e
 * um evento levam só os que mudaram, iguais aos da página.
 *
 * De cada dia, língua e alcance guarda o último desenho: que células, e em quais já esteve cada agendamento, para que um que se
 * moveu troque também a que deixou. O que da grelha não se troca assim (as colunas, as linhas) tem uma marca; a página que
 * tenha outra pede-a inteira.
 *
 * @module
 */

import type { Agendamento } from "../../clinica/agendamento.ts";
import type { Clinica } from "../../clinica/clinica.ts";
import type { Quem } from "../../clinica/livro.ts";
import type { Autor, Novidade } from "../../clinica/novidade.ts";
import type { Casa } from "../casa.ts";
import type { Lingua } from "../palavras/palavras.ts";
import type { Palavras } from "../palavras/pt.ts";
import { celula, estaAtrasado, estruturaDe, idDaCelula, type Mostra, motivoDoFecho } from "./grelha.ts";
import { type DiaLido, leDia } from "./leitura.ts";
import { type Parte, parte, PARTES } from "./lado.ts";
import type { Celula, Coluna } from "./quadro.ts";

/** Dias desenhados que se guardam: os que se mostram ao mesmo tempo, e sobra. */
const GUARDADOS = 64;

/** Agendamentos de que se lembra o CPF, e quem os mudou por último: os de uns dias. */
const LEMBRADOS = 20_000;

/** Durante quanto tempo uma parte que mudou vai inteira nos eventos, em ms; depois, só a marca dela. */
const MUDOU_HA_POUCO = 5000;

/** Um pedaço, e a marca do que ele tem. */
export interface Pedaco {
  /** O HTML de dentro. */
  readonly html: string;
  /** Muda se ele muda. */
  readonly marca: string;
}

/** Um dia desenhado. */
export interface Desenho {
  /** O dia. */
  readonly dia: DiaLido;
  /** A marca do que só se troca inteiro. */
  readonly estrutura: string;
  /** O HTML de cada célula, pelo nome dela. */
  readonly celulas: ReadonlyMap<string, string>;
  /** O de cada parte do lado. */
  readonly partes: Readonly<Record<Parte, Pedaco>>;
}

/** O que se troca numa página, como viaja. */
export interface Troca {
  /** A marca da grelha; com outra, a página pede-se inteira. */
  readonly estrutura: string;
  /** As células que mudaram. */
  readonly celulas: Readonly<Record<string, string>>;
  /** As partes: a marca, e o HTML das que mudaram há pouco. */
  readonly partes: Readonly<Record<string, { readonly marca: string; readonly html?: string }>>;
}

interface Guardado {
  readonly nome: string;
  desenho: Desenho | undefined;
  estrutura: string;
  mudancas: number;
  /** As células em que cada agendamento já esteve. */
  readonly lugares: Map<number, Set<string>>;
  /** O HTML das células, e do que se fez: quase todas são as mesmas de um desenho para o seguinte. */
  readonly feitas: Map<string, { readonly assinatura: string; readonly html: string }>;
  clinica: Clinica | undefined;
  /** Quando se viu mudar cada pedaço. */
  readonly mudouEm: Map<string, number>;
}

/** A quem se mostra, e em que língua. */
export interface ParaQuem {
  /** Quem. */
  readonly quem: Quem;
  /** A língua. */
  readonly lingua: Lingua;
  /** As palavras dela. */
  readonly p: Palavras;
}

/** O que de quem pede faz diferença no que se lhe mostra. */
export function alcanceDe({ papel, profissional = "" }: Quem): string {
  return papel === "profissional" ? `${papel} ${profissional}` : papel;
}

function chaveDe(quem: Quem, lingua: Lingua, data: string): string {
  return `${data} ${lingua} ${alcanceDe(quem)}`;
}

/** Desenha dias, e o que deles muda. */
export class Mostrador {
  #casa: Casa;
  #guardados = new Map<string, Guardado>();
  #cpfs = new Map<number, string>();
  #autores = new Map<number, { readonly versao: number; readonly autor: Autor }>();

  /** Um mostrador; nada lê até que lhe peçam. */
  constructor(casa: Casa) {
    this.#casa = casa;
  }

  /** Lê um dia e desenha-o; nada, se não é uma data. */
  async desenha({ quem, lingua, p }: ParaQuem, data: string): Promise<Desenho | undefined> {
    const dia = await leDia(this.#casa, quem, data);
    if (dia === undefined) return undefined;
    const guardado = this.#guardado(chaveDe(quem, lingua, data));
    const estrutura = estruturaDe(dia);
    if (estrutura !== guardado.estrutura) {
      guardado.estrutura = estrutura;
      guardado.mudancas++;
      // As células são outras, e o que se lembrava era das de antes.
      guardado.lugares.clear();
      guardado.mudouEm.clear();
      guardado.feitas.clear();
    }
    if (guardado.clinica !== dia.clinica) guardado.feitas.clear();
    guardado.clinica = dia.clinica;
    const mostra = { dia, p };
    const celulas = new Map<string, string>();
    dia.quadro.colunas.forEach((coluna, i) => {
      for (const uma of coluna.celulas) {
        const id = idDaCelula(i, uma);
        celulas.set(id, this.#celula(guardado, id, { mostra, coluna, uma }));
        for (const um of uma.encaixes) lembraLugar(guardado, um, id);
        for (const item of uma.itens) {
          if (item.tipo === "marcado") lembraLugar(guardado, item.um, id);
          if (item.tipo === "segurada") lembraLugar(guardado, item.convite, id);
        }
      }
    });
    for (const { numero, cpf } of dia.lista) lembra(this.#cpfs, numero, cpf);
    const partes = partesDe((qual) => String(parte(mostra, qual)));
    const { desenho: antes, mudouEm } = guardado;
    if (antes !== undefined) {
      const agora = performance.now();
      for (const qual of PARTES) if (antes.partes[qual].marca !== partes[qual].marca) mudouEm.set(qual, agora);
      for (const [id, html] of celulas) if (antes.celulas.get(id) !== html) mudouEm.set(id, agora);
    }
    return guardado.desenho = { dia, celulas, partes, estrutura: `${guardado.nome}.${guardado.mudancas}` };
  }

  /** O que se troca por causa de alguns agendamentos; sem dizer quais, tudo. */
  async troca(para: ParaQuem, data: string, numeros?: readonly number[]): Promise<Troca | undefined> {
    const desenho = await this.desenha(para, data);
    if (desenho === undefined) return undefined;
    const { celulas, partes, estrutura } = desenho;
    const guardado = this.#guardado(chaveDe(para.quem, para.lingua, data));
    const haPouco = performance.now() - MUDOU_HA_POUCO;
    const mudou = (id: string): boolean => (guardado.mudouEm.get(id) ?? -Infinity) >= haPouco;
    const lugares = new Set(numeros?.flatMap((numero) => [...guardado.lugares.get(numero) ?? []]));
    const ids = [...celulas.keys()].filter((id) => numeros === undefined || lugares.has(id) || mudou(id));
    return {
      estrutura,
      celulas: Object.fromEntries(ids.flatMap((id) => {
        const html = celulas.get(id);
        return html === undefined ? [] : [[id, html]];
      })),
      partes: Object.fromEntries(PARTES.map((qual) => {
        const { marca, html } = partes[qual];
        const inteira = numeros === undefined || mudou(qual);
        return [qual, inteira ? { marca, html } : { marca }];
      })),
    };
  }

  /** O CPF de um agendamento que já se mostrou a alguém. */
  cpfDe(numero: number): string | undefined {
    return this.#cpfs.get(numero);
  }

  /** O último desenho que se fez deste dia para quem pode o mesmo. */
  ultimo({ quem, lingua }: Omit<ParaQuem, "p">, data: string): Desenho | undefined {
    return this.#guardados.get(chaveDe(quem, lingua, data))?.desenho;
  }

  /** Lembra quem deixou agendamentos como estão. */
  viuMudar({ agendamentos }: Novidade): void {
    for (const { numero, versao, autor } of agendamentos) lembra(this.#autores, numero, { versao, autor });
  }

  /** Quem deixou um agendamento como está, se se viu. */
  quemMudou({ numero, versao }: Pick<Agendamento, "numero" | "versao">): Autor | undefined {
    const lembrado = this.#autores.get(numero);
    return lembrado?.versao === versao ? lembrado.autor : undefined;
  }

  #celula(
    { feitas }: Guardado,
    id: string,
    { mostra, coluna, uma }: { readonly mostra: Mostra; readonly coluna: Coluna; readonly uma: Celula },
  ): string {
    const assinatura = assinaturaDe(mostra.dia, coluna, uma);
    const feita = feitas.get(id);
    if (feita?.assinatura === assinatura) return feita.html;
    // O recuo do código é um terço do que vai na página.
    const html = String(celula(mostra, coluna, uma)).replace(/\s*\n\s*/g, " ").trim();
    feitas.set(id, { assinatura, html });
    return html;
  }

  #guardado(chave: string): Guardado {
    let guardado = this.#guardados.get(chave);
    if (guardado === undefined) {
      guardado = {
        // Outro processo, ou outra vez neste, não sabe do que este lembra.
        ...{ nome: crypto.randomUUID().slice(0, 8), desenho: undefined, estrutura: "", mudancas: 0 },
        ...{ lugares: new Map(), mudouEm: new Map(), feitas: new Map(), clinica: undefined },
      };
    }
    lembra(this.#guardados, chave, guardado, GUARDADOS);
    return guardado;
  }
}

/** Põe por último num mapa, e tira os mais antigos do que cabe. */
function lembra<K, V>(mapa: Map<K, V>, chave: K, valor: V, maximo = LEMBRADOS): void {
  mapa.delete(chave);
  mapa.set(chave, valor);
  for (const [antiga] of mapa) {
    if (mapa.size <= maximo) break;
    mapa.delete(antiga);
  }
}

function lembraLugar({ lugares }: Guardado, { numero }: Agendamento, id: string): void {
  const dele = lugares.get(numero);
  if (dele === undefined) lugares.set(numero, new Set([id]));
  else dele.add(id);
}

function partesDe(desenha: (qual: Parte) => string): Record<Parte, Pedaco> {
  const pedaco = (qual: Parte): Pedaco => {
    const html = desenha(qual);
    return { html, marca: marcaDe(html) };
  };
  return {
    contas: pedaco("contas"),
    chamada: pedaco("chamada"),
    convites: pedaco("convites"),
    defora: pedaco("defora"),
    riscados: pedaco("riscados"),
  };
}

/** Tudo aquilo de que depende o que uma célula mostra, numa coluna e num dia. */
function assinaturaDe(dia: DiaLido, coluna: Coluna, uma: Celula): string {
  const { itens, encaixes, fim } = uma;
  const de = (um: Agendamento): string => `${um.numero}.${um.versao}${estaAtrasado(dia, um) ? "!" : ""}`;
  let assinatura = `${fim} ${dia.hoje}`;
  for (const item of itens) {
    switch (item.tipo) {
      case "marcado":
        assinatura += ` ${de(item.um)}`;
        break;
      case "segurada":
        assinatura += ` ${de(item.convite)} ${item.espera.versao}`;
        break;
      case "livre":
        assinatura += ` l${item.especialidade} ${item.hora}`;
        break;
      case "vazia":
        assinatura += ` v${item.hora}`;
        break;
      case "fechada":
        assinatura += ` f${motivoDoFecho(dia, coluna, uma)}`;
    }
  }
  for (const um of encaixes) assinatura += ` +${de(um)}`;
  return assinatura;
}

/** FNV-1a de 32 bits: não é um segredo, só diz se mudou. */
function marcaDe(texto: string): string {
  let soma = 0x811c9dc5;
  for (let i = 0; i < texto.length; i++) soma = Math.imul(soma ^ texto.charCodeAt(i), 0x01000193);
  return (soma >>> 0).toString(36);
}
