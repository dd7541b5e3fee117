/**
 * O centro de eventos das páginas: junta o que mudou no livro e leva-o, por um fluxo (server-sent events), a cada página aberta.
 *
 * O que muda em 100 ms vai num evento só, que se faz uma vez para todas as páginas que mostram o mesmo a quem pode o mesmo
 * (`Assinatura.chave`). O id de um evento é `ARRANQUE.SEQUENCIA`: quem volta com um que o anel ainda cobre recebe o que falta;
 * quem traz outro (de outro servidor, de antes de um reinício, já esquecido), ou nenhum, recebe tudo outra vez.
 *
 * `servidor.ts` cria um e diz-lhe o que se gravou (`gravou`); as faces põem nele quem pede um fluxo (`resposta`). O lado do
 * navegador é `web/navegador/fluxo.ts`.
 *
 * @module
 */

import type { Mudanca } from "../clinica/livro.ts";
import { haNovidade, juntaNovidades, type Novidade, novidadeDe, TUDO_DE_NOVO } from "../clinica/novidade.ts";
import { cheio, escreve, type Evento, Saida, SAIU, vivo } from "./eventos.ts";
import { Anel, SEM_NADA } from "./anel.ts";
import { recorta, type Topico } from "./topicos.ts";

// ------------------------------------------------------------------------------------------------------ os números

/** O que se junta num evento, em ms. */
const JUNTA = 100;

/** Entre dois batimentos, em ms: um intermediário corta quem se cala um minuto, e o navegador dá por perdido quem cala 45 s. */
const BATIMENTO = 15_000;

/** De quantos em quantos batimentos se confere se quem assina ainda pode. */
const BATIMENTOS_POR_CONFERENCIA = 4;

/** Sem nenhum fluxo, ao fim de quantos batimentos se deixa de seguir o livro. */
const BATIMENTOS_ATE_DORMIR = 4;

/** O que não se conseguiu desenhar tenta-se outra vez, em ms. */
const TENTA_DE_NOVO = 1000;

/** Fluxos ao mesmo tempo; e de um só, mais do que as abas de uma recepção atrás do mesmo endereço. */
const FLUXOS = 1000;
const FLUXOS_DE_UM = 50;

// ------------------------------------------------------------------------------------------------------ o que se assina

/** Quem segue o quê. */
export interface Assinatura {
  /** O que segue. */
  readonly topicos: readonly Topico[];
  /**
   * Tudo o mais de que depende o que `desenha` faz: a página, a língua, o papel, o alcance. Com a mesma, e os mesmos tópicos,
   * vale o que se fez para qualquer um deles.
   */
  readonly chave: string;
  /** De quem é, para o limite: a sessão ou, sem ela, a rede (`redeDe`). */
  readonly de: string;
  /**
   * Faz o evento do que mudou, ou nada se não há que mostrar. Com `tudo`, o que há. Não corre duas vezes ao mesmo tempo para a
   * mesma chave; se rejeita, tenta-se de novo.
   */
  readonly desenha: (novidade: Novidade) => Evento | undefined | Promise<Evento | undefined>;
  /** Se ainda pode seguir; pergunta-se a cada minuto, e quando alguém deixa de poder alguma coisa (`reve`). */
  readonly ainda?: () => boolean | Promise<boolean>;
  /** Chamada com o que se lhe mandou: para quem tem de ficar escrito que viu. */
  readonly aoMandar?: (novidade: Novidade) => void;
  /** Chamada quando leu tudo o que se lhe mandou; quem não o faz fica parado, e é a porta que o corta (`Ambiente`). */
  readonly aoLer?: () => void;
}

/** O que um `Fluxo` precisa. */
export interface OpcoesDoFluxo {
  /** Segue o que outros gravaram no mesmo livro, até que se feche; só enquanto há quem assine. */
  readonly segue?: (aoMudar: (novidade: Novidade) => void) => Disposable;
  /** Um evento não se pôde fazer. */
  readonly aoFalhar?: (causa: unknown) => void;
  /** Fluxos ao mesmo tempo, no máximo. */
  readonly fluxos?: number;
  /** De um só (`Assinatura.de`), no máximo: mais do que as abas de um navegador. */
  readonly fluxosDeUm?: number;
  /** O que se junta num evento, em ms. */
  readonly junta?: number;
  /** Entre dois batimentos, em ms. */
  readonly batimento?: number;
}

/** Quantos há; para medir e para conferir que nada fica. */
export interface Contas {
  /** Falso se dorme: ninguém assina, e nada do que muda se guarda. */
  readonly acordado: boolean;
  /** Fluxos abertos. */
  readonly fluxos: number;
  /** Grupos dos que recebem os mesmos eventos. */
  readonly grupos: number;
  /** De quantos são. */
  readonly donos: number;
  /** Momentos no anel. */
  readonly momentos: number;
  /** Eventos que se fizeram, desde o começo. */
  readonly desenhados: number;
  /** Fluxos a que se deixou de mandar por não lerem, desde o começo. */
  readonly parados: number;
}

// ------------------------------------------------------------------------------------------------------ os grupos

/** Um fluxo aberto. */
interface Aberto {
  readonly assinatura: Assinatura;
  /** O nome do grupo dele. */
  readonly grupo: string;
  readonly saida: Saida;
}

/** Os que recebem os mesmos eventos. */
interface Grupo {
  readonly topicos: readonly Topico[];
  /** Por até que momento já viram; `SEM_NADA`, nada. Quase sempre é um só. */
  readonly coortes: Map<number, Set<Aberto>>;
  desenhando: boolean;
}

// ------------------------------------------------------------------------------------------------------ o centro

/** O centro de eventos. */
export class Fluxo implements Disposable {
  #opcoes: OpcoesDoFluxo;
  #anel = new Anel();
  /** O que mudou desde o último momento. */
  #agora: Novidade[] = [];
  /** Mudou alguma coisa enquanto se dormia. */
  #perdeu = false;
  #momento: ReturnType<typeof setTimeout> | undefined;
  #outraVez: ReturnType<typeof setTimeout> | undefined;
  #grupos = new Map<string, Grupo>();
  #abertos = new Set<Aberto>();
  #donos = new Map<string, number>();
  /** Dos abertos, os que não leem. */
  #parados = new Set<Aberto>();
  /** Só há enquanto se está acordado. */
  #coracao: ReturnType<typeof setInterval> | undefined;
  #seguindo: Disposable | undefined;
  #batimentos = 0;
  /** O batimento até que se está acordado sem ninguém. */
  #ate = 0;
  #revendo: Promise<void> | undefined;
  #haQueRever = false;
  #fechado = false;
  #desenhados = 0;
  #vezesParados = 0;

  /** Dorme, e nada custa, até que alguém assine ou pergunte `agora`. */
  constructor(opcoes: OpcoesDoFluxo = {}) {
    this.#opcoes = opcoes;
  }

  /** Quantos há. */
  get contas(): Contas {
    const { size: fluxos } = this.#abertos;
    const [grupos, donos, momentos] = [this.#grupos.size, this.#donos.size, this.#anel.tamanho];
    const acordado = this.#coracao !== undefined;
    return { acordado, fluxos, grupos, donos, momentos, desenhados: this.#desenhados, parados: this.#vezesParados };
  }

  /**
   * O id de agora, `"ARRANQUE.SEQUENCIA"`. Uma página pede-o **antes** de ler o que mostra, e assina desde ele: o que mudar
   * entre uma coisa e a outra chega-lhe.
   */
  agora(): string {
    this.#acorda();
    // O que mudou e ainda se está a juntar é de depois.
    return this.#anel.id(this.#anel.sequencia) ?? "";
  }

  /** Verdadeiro se desde este id nada mudou, que se saiba, do que se segue: o que então se fez ainda vale. */
  intacto(id: string, topicos: readonly Topico[]): boolean {
    // Fechado, já não se sabe o que muda.
    if (this.#fechado) return false;
    this.#acorda();
    const visto = this.#anel.le(id);
    if (visto === SEM_NADA) return false;
    if (visto === this.#anel.sequencia && this.#agora.length === 0) return true;
    return !haNovidade(recorta(juntaNovidades([this.#anel.depoisDe(visto), ...this.#agora]), topicos));
  }

  /** O que este servidor gravou. */
  gravou(mudancas: readonly Mudanca[]): void {
    if (this.#coracao === undefined) this.#perdeu = true;
    else this.mudou(novidadeDe(mudancas));
  }

  /** O que mudou, grave quem gravar. */
  mudou(novidade: Novidade): void {
    if (!haNovidade(novidade)) return;
    if (this.#coracao === undefined) return void (this.#perdeu = true);
    this.#agora.push(novidade);
    this.#marca();
  }

  /** Pode ter mudado qualquer coisa sem que se saiba: um lote de desfecho incerto, uma semana nova. */
  mudouTudo(): void {
    this.mudou(TUDO_DE_NOVO);
  }

  /**
   * Abre um fluxo a quem o pede; 429 ou 503, com quanto esperar, se já há demais. O ponto em que vai vem de `Last-Event-ID`,
   * com que o navegador volta por si, ou de `?desde=`, de quem o abre.
   */
  resposta(request: Request, assinatura: Assinatura): Response {
    const { fluxos = FLUXOS, fluxosDeUm = FLUXOS_DE_UM } = this.#opcoes;
    if (this.#fechado || this.#abertos.size >= fluxos) return cheio(503);
    if ((this.#donos.get(assinatura.de) ?? 0) >= fluxosDeUm) return cheio(429);
    this.#acorda();
    const pedido = request.headers.get("Last-Event-ID") ?? new URL(request.url).searchParams.get("desde") ?? "";
    const visto = this.#anel.le(pedido);
    const grupo = JSON.stringify([assinatura.chave, assinatura.topicos]);
    const saida = new Saida(vivo(this.#anel.id(visto)), () => this.#sai(aberto), assinatura.aoLer);
    const aberto: Aberto = { assinatura, grupo, saida };
    this.#entra(aberto, visto);
    return saida.resposta;
  }

  /** Alguém deixou de poder alguma coisa: confere já quem assina, e fecha os fluxos de quem não pode. */
  reve(): Promise<void> {
    this.#haQueRever = true;
    return this.#revendo ??= this.#reve().finally(() => this.#revendo = undefined);
  }

  /** Fecha todos, e não abre mais nenhum: com um aberto, um servidor HTTP nunca acaba de encerrar. */
  fechaTodos(): void {
    this.#fechado = true;
    for (const aberto of this.#abertos) this.#despede(aberto);
    this.#adormece();
  }

  /** O mesmo que `fechaTodos`. */
  [Symbol.dispose](): void {
    this.fechaTodos();
  }

  // ---------------------------------------------------------------------------------------------------- os momentos

  #marca(): void {
    this.#momento ??= setTimeout(() => this.#acaba(), this.#opcoes.junta ?? JUNTA);
  }

  /** Acabou o que se juntava: é um momento, e vai a quem o segue. */
  #acaba(): void {
    this.#momento = undefined;
    if (this.#agora.length > 0) this.#anel.guarda(juntaNovidades(this.#agora));
    this.#agora = [];
    this.#levaATodos();
  }

  #levaATodos(): void {
    for (const grupo of this.#grupos.values()) void this.#leva(grupo);
  }

  /** Leva a um grupo o que lhe falta. */
  async #leva(grupo: Grupo): Promise<void> {
    if (grupo.desenhando) return;
    grupo.desenhando = true;
    let falhou = false;
    // O que mudar enquanto se desenha é outro momento, e os que entram vêm a seguir.
    for (let atrasadas = this.#atrasadas(grupo); atrasadas.length > 0 && !falhou; atrasadas = this.#atrasadas(grupo)) {
      for (const atrasada of atrasadas) {
        try {
          await this.#adianta(grupo, atrasada);
        } catch (causa) {
          falhou = true;
          this.#opcoes.aoFalhar?.(causa);
        }
      }
    }
    grupo.desenhando = false;
    if (falhou) this.#tentaDeNovo();
  }

  #atrasadas({ coortes }: Grupo): [visto: number, coorte: Set<Aberto>][] {
    return [...coortes].filter(([visto]) => visto < this.#anel.sequencia);
  }

  #tentaDeNovo(): void {
    if (this.#fechado) return;
    this.#outraVez ??= setTimeout(() => {
      this.#outraVez = undefined;
      this.#levaATodos();
    }, TENTA_DE_NOVO);
  }

  async #adianta(grupo: Grupo, [visto, coorte]: [number, Set<Aberto>]): Promise<void> {
    // Foram-se enquanto se desenhava para outros.
    if (coorte.size === 0) return;
    const { sequencia } = this.#anel;
    const novidade = recorta(this.#anel.depoisDe(visto), grupo.topicos);
    const [primeiro] = coorte;
    const evento = haNovidade(novidade) ? await primeiro.assinatura.desenha(novidade) : undefined;
    if (evento !== undefined) {
      this.#desenhados++;
      const bytes = escreve(evento, this.#anel.id(sequencia));
      for (const aberto of coorte) {
        if (!aberto.saida.manda(bytes)) this.#para(aberto);
        else aberto.assinatura.aoMandar?.(novidade);
      }
    }
    // Quem entrou nesta enquanto se desenhava também o recebeu; se todos se foram, pode haver já outra no mesmo ponto.
    if (coorte.size === 0) return;
    grupo.coortes.delete(visto);
    const outra = grupo.coortes.get(sequencia);
    if (outra === undefined) grupo.coortes.set(sequencia, coorte);
    else for (const aberto of coorte) outra.add(aberto);
  }

  // ---------------------------------------------------------------------------------------------------- quem assina

  #entra(aberto: Aberto, visto: number): void {
    const { de } = aberto.assinatura;
    this.#abertos.add(aberto);
    this.#donos.set(de, (this.#donos.get(de) ?? 0) + 1);
    let grupo = this.#grupos.get(aberto.grupo);
    if (grupo === undefined) {
      const { topicos } = aberto.assinatura;
      this.#grupos.set(aberto.grupo, grupo = { topicos, coortes: new Map(), desenhando: false });
    }
    const coorte = grupo.coortes.get(visto);
    if (coorte === undefined) grupo.coortes.set(visto, new Set([aberto]));
    else coorte.add(aberto);
    if (visto < this.#anel.sequencia) this.#marca();
  }

  #sai(aberto: Aberto): void {
    if (!this.#abertos.delete(aberto)) return;
    const { de } = aberto.assinatura;
    const quantos = (this.#donos.get(de) ?? 0) - 1;
    if (quantos > 0) this.#donos.set(de, quantos);
    else this.#donos.delete(de);
    if (!this.#parados.delete(aberto)) this.#deixaOGrupo(aberto);
  }

  #deixaOGrupo(aberto: Aberto): void {
    const grupo = this.#grupos.get(aberto.grupo);
    if (grupo === undefined) return;
    for (const [visto, coorte] of grupo.coortes) {
      if (coorte.delete(aberto) && coorte.size === 0) grupo.coortes.delete(visto);
    }
    if (grupo.coortes.size === 0) this.#grupos.delete(aberto.grupo);
  }

  /**
   * Não lê: já nada se lhe manda, e fecha-se quando tiver lido o que havia, para que volte de onde ia. Até lá conta para os
   * limites: a ligação é a mesma, e só quem está do outro lado a pode largar.
   */
  #para(aberto: Aberto): void {
    this.#vezesParados++;
    this.#deixaOGrupo(aberto);
    this.#parados.add(aberto);
  }

  #despede(aberto: Aberto): void {
    this.#sai(aberto);
    aberto.saida.fecha();
  }

  async #reve(): Promise<void> {
    while (this.#haQueRever) {
      this.#haQueRever = false;
      // Um de cada vez: quem confere lê o livro, e ninguém espera por isto.
      for (const aberto of [...this.#abertos]) {
        try {
          if (await (aberto.assinatura.ainda?.() ?? true)) continue;
          aberto.saida.manda(SAIU);
          this.#despede(aberto);
        } catch (causa) {
          // Sem livro não se sabe, e também nada se mostra.
          this.#opcoes.aoFalhar?.(causa);
        }
      }
    }
  }

  // ---------------------------------------------------------------------------------------------------- acordado

  #acorda(): void {
    this.#ate = this.#batimentos + BATIMENTOS_ATE_DORMIR;
    if (this.#coracao !== undefined || this.#fechado) return;
    if (this.#perdeu) this.#anel.esquece();
    // O que os outros gravam enquanto não se segue também se perde.
    this.#perdeu = this.#opcoes.segue !== undefined;
    this.#coracao = setInterval(() => this.#bate(), this.#opcoes.batimento ?? BATIMENTO);
    this.#seguindo = this.#opcoes.segue?.((novidade) => this.mudou(novidade));
  }

  #adormece(): void {
    clearInterval(this.#coracao);
    clearTimeout(this.#momento);
    clearTimeout(this.#outraVez);
    this.#coracao = this.#momento = this.#outraVez = undefined;
    this.#perdeu ||= this.#agora.length > 0;
    this.#agora = [];
    this.#seguindo?.[Symbol.dispose]();
    this.#seguindo = undefined;
  }

  #bate(): void {
    this.#batimentos++;
    if (this.#abertos.size > 0) this.#ate = this.#batimentos + BATIMENTOS_ATE_DORMIR;
    else if (this.#batimentos >= this.#ate) return this.#adormece();
    for (const grupo of this.#grupos.values()) {
      for (const [visto, coorte] of grupo.coortes) {
        const bytes = vivo(this.#anel.id(visto));
        for (const aberto of coorte) if (!aberto.saida.manda(bytes)) this.#para(aberto);
      }
    }
    for (const aberto of this.#parados) if (aberto.saida.vazia) this.#despede(aberto);
    if (this.#batimentos % BATIMENTOS_POR_CONFERENCIA === 0) void this.reve();
  }
}
