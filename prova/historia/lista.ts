/**
 * A lista de espera, percorrida pelo diário: cada mudança na ordem em que se gravou, e depois de cada pedido o que ele deixou
 * vago foi de quem o esperava, na ordem, na mesma transação. O diário dá a ordem, e por isso nada se procura.
 *
 * O que se recusa: uma hora segurada tomada por quem não é o convidado; uma que vagou e ficou livre com alguém à espera dela; uma
 * dada fora da ordem, a quem não servia ou sem ter vagado; dois convites a uma entrada, ou um sem entrada; quem foi promovido e
 * ainda espera; e uma hora segurada para lá do prazo. `dia.ts` o chama; o que se respondeu da lista está em `lista_leituras.ts`.
 *
 * @module
 */

import { leDiario, type Registrada } from "./diario.ts";
import {
  dataEm,
  depoisDe,
  type Entrada,
  type Hora,
  impede,
  lugarDe,
  PARA_NINGUEM,
  passada,
  PROMOCOES_MAXIMAS,
} from "./espera.ts";
import { descreveVisto } from "./feitos.ts";
import { comecaOutro, dito, podeAto } from "./lista_atos.ts";
import { daPessoa, LivroAgora } from "./lista_livro.ts";
import { type OpcoesDasSeguradas, Seguradas } from "./lista_seguradas.ts";
import type { Mundo } from "./retrato.ts";
import { agendaDe, fecha, sobrepoe } from "./semana.ts";
import { minutoDe, podeMover, toma } from "./tabela.ts";
import { type Imagem, type LivroDoDia, mesmoLugar, type Vida } from "./vidas.ts";

/** De que se percorre, e a quem se conta. */
export interface OpcoesDoPercurso extends OpcoesDasSeguradas {
  /** O livro, como ficou. */
  readonly livro: LivroDoDia;
  /** As vidas, por número. */
  readonly vidas: ReadonlyMap<number, Vida>;
  /** As datas em que se marca. */
  readonly datas: readonly string[];
  /** Como se lê um estado. */
  readonly mundo: Mundo;
  /**
   * Um servidor de cada vez: as linhas do diário gravaram-se na ordem delas, e o que se leu está entre duas. Com vários, só as que
   * tocam o mesmo estão em ordem, e o que se leu não se confere aqui.
   */
  readonly umSo: boolean;
  /** Se uma linha do diário já se via de certeza quando se decidiu outra; sem ela, todas as anteriores. */
  readonly viaSe?: (linha: number, de: number) => boolean;
  /** Chamada ao fim do que cada pedido fez, com o que mudou. */
  readonly aoFim?: (momento: Momento) => void;
}

/** O livro depois do que um pedido fez, promoções incluídas: ninguém o vê entre dois destes. */
export interface Momento {
  /** A linha do diário em que está. */
  readonly lote: number;
  /** O livro. */
  readonly agora: LivroAgora;
  /** As mudanças. */
  readonly feitas: readonly Registrada[];
  /** As datas em que algo mudou. */
  readonly datas: ReadonlySet<string>;
  /** As pessoas, como `daPessoa`, de quem algo mudou. */
  readonly pessoas: ReadonlySet<string>;
}

/** Uma hora que vagou neste pedido, e quem a quer desde então. */
interface Pendente {
  readonly hora: Hora;
  /** As que vagaram juntas dão-se das mais cedo às mais tarde. */
  readonly origem: number;
  querem: readonly number[];
}

/** Percorre o diário inteiro. */
export function percorre(opcoes: OpcoesDoPercurso): void {
  new Percurso(opcoes).anda();
}

/** O livro, a andar. */
class Percurso {
  #opcoes: OpcoesDoPercurso;
  /** O livro, agora. */
  #livro: LivroAgora;
  #ultima = 0;
  /** A linha do diário em que cada entrada mudou por último. */
  #mudou = new Map<number, number>();
  #seguradas: Seguradas;
  // O que o pedido em curso fez.
  #feitas: Registrada[] = [];
  #pendentes: Pendente[] = [];
  #vagas = new Set<string>();
  #dadas = 0;
  #origens = 0;
  #promovidos: Entrada[] = [];
  #datas = new Set<string>();
  #pessoas = new Set<string>();

  constructor(opcoes: OpcoesDoPercurso) {
    this.#opcoes = opcoes;
    this.#livro = new LivroAgora(opcoes);
    this.#seguradas = new Seguradas(opcoes, this.#livro);
  }

  /** Percorre tudo. */
  anda(): void {
    const { livro: { diario, esperas }, viola } = this.#opcoes;
    for (const registrada of leDiario(diario)) {
      if (comecaOutro(registrada, this.#feitas.at(-1))) this.#fim();
      this.#livro.agora = Date.parse(diario[registrada.lote].quando);
      this.#feitas.push(registrada);
      this.#aplica(registrada);
      for (const pendente of this.#pendentes) pendente.querem = this.#queAindaQuerem(pendente);
    }
    this.#fim();
    for (const linha of esperas) this.#confere(linha);
    this.#seguradas.fim();
    this.#confereOsQuePassaram();
    if (this.#livro.entradas > esperas.length) {
      viola("diário infiel", "fala de entradas que não estão na lista de espera");
    }
  }

  /** Os que a querem desde que vagou; ninguém, se já a tem alguém. */
  #queAindaQuerem({ hora, querem }: Pendente): readonly number[] {
    if (querem.length === 0 || !this.#livro.livre(hora)) return [];
    return querem.filter((numero) => {
      const entrada = this.#livro.entrada(numero);
      return entrada !== undefined && this.#livro.serve(entrada, hora);
    });
  }

  // --------------------------------------------------------------------------------------------------- uma mudança

  #aplica(registrada: Registrada): void {
    switch (registrada.sobre) {
      case "agendamento":
        return this.#doAgendamento(registrada);
      case "excecao":
        return this.#daExcecao(registrada);
      case "espera":
        return this.#daEspera(registrada);
    }
  }

  #doAgendamento({ ato, papel, numero, versao }: Registrada): void {
    const { viola } = this.#opcoes;
    const antes = this.#livro.linha(numero);
    const depois = this.#livro.comMinutos(this.#opcoes.vidas.get(numero)?.[versao - 1]?.imagem);
    if (depois === undefined) return;
    if (ato === "SITUA" && papel === "servidor" && !this.#passouSemVir(depois)) {
      viola("relógio infiel", `${descreveVisto(depois)}, e o dia ainda não passou`);
    }
    if (ato === "ARQUIVA" && !this.#livro.acabou(depois)) {
      viola("relógio infiel", `${descreveVisto(depois)} arquivado antes de acabar`);
    }
    const fica = antes !== undefined && toma(antes) && toma(depois) && mesmoLugar(antes, depois);
    if (ato === "PROMOVE" && toma(depois) && !fica) this.#dada(depois, antes);
    if (ato === "ACEITA" && toma(depois)) {
      this.#confereRegras(depois, antes?.situacao === "CONVIDADO" ? undefined : antes);
      if (!fica) this.#aceita(depois);
    }
    if (toma(depois) && !fica) {
      const outro = this.#livro.quemToma(depois);
      if (outro !== undefined) {
        const segurada = outro.situacao === "CONVIDADO" || depois.situacao === "CONVIDADO";
        viola(
          segurada ? "hora segurada tomada por outro" : "em dois lugares",
          `${ato} de ${descreveVisto(depois)}, e lá está ${descreveVisto(outro)}`,
        );
      }
    }
    if (antes === undefined && depois.situacao === "CONVIDADO") this.#seguradas.comeca(depois);
    if (antes?.situacao === "CONVIDADO") this.#seguradas.acaba(ato, depois);
    this.#livro.poe(depois);
    for (const { data } of [antes ?? depois, depois]) this.#datas.add(data);
    this.#pessoas.add(daPessoa(depois));
    if (depois.situacao === "ATENDIDO" || ato === "ACEITA" && depois.situacao === "MARCADO") this.#promove(depois);
    if (antes === undefined || !toma(antes) || fica) return;
    this.#deixa(antes, depois);
    const inicio = minutoDe(antes.hora);
    this.#vagam(
      this.#livro.horas(antes.data).filter((hora) => {
        const comeca = minutoDe(hora.hora);
        return agendaDe(hora) === agendaDe(antes) &&
          sobrepoe(comeca, comeca + hora.minutos, { inicio, fim: inicio + (antes.minutos ?? 1) });
      }),
    );
  }

  /** A hora que alguém deixa por si não volta a ser dele. */
  #deixa(antes: Imagem, depois: Imagem): void {
    if (antes.situacao === "CONVIDADO" || toma(depois) && lugarDe(antes) === lugarDe(depois)) return;
    const entrada = this.#livro.dePe(daPessoa(antes));
    if (entrada === undefined) return;
    this.#livro.poeEntrada({ ...entrada, passou: [...entrada.passou, lugarDe(antes)] });
  }

  #daExcecao({ ato, numero }: Registrada): void {
    const { livro, datas } = this.#opcoes;
    const excecao = livro.excecoes.find((uma) => uma.numero === numero);
    if (excecao === undefined) return;
    const vagam: Hora[] = [];
    for (const data of datas.filter((data) => data >= excecao.de && data <= excecao.ate)) {
      this.#datas.add(data);
      const havia = new Set(this.#livro.horas(data).filter((hora) => this.#livro.livre(hora)).map(descreveHora));
      this.#livro.excetua(data, numero, ato !== "REABRE");
      for (const hora of this.#livro.horas(data)) {
        const inicio = minutoDe(hora.hora);
        const alcanca = excecao.tipo === "FECHA" ? fecha(excecao, hora) : agendaDe(excecao) === agendaDe(hora);
        if (!alcanca || !sobrepoe(inicio, inicio + hora.minutos, excecao)) continue;
        this.#vagas.add(descreveHora(hora));
        if (!havia.has(descreveHora(hora))) vagam.push(hora);
      }
    }
    this.#vagam(vagam);
  }

  /** Minutos que ficaram livres fazem estas horas, das que se oferecem. */
  #vagam(horas: readonly Hora[]): void {
    const origem = ++this.#origens;
    for (const hora of horas) {
      this.#vagas.add(descreveHora(hora));
      if (!this.#livro.livre(hora)) continue;
      const querem = this.#livro.aQuemServe(hora).map(({ linha: { numero } }) => numero)
        .filter((numero) => this.#viaSe(numero));
      if (querem.length > 0) this.#pendentes.push({ hora, origem, querem });
    }
  }

  /** Entre vários servidores, quem entrava ao mesmo tempo podia ainda não se ver: ainda ninguém esperava por nada. */
  #viaSe(numero: number): boolean {
    const { lote } = this.#feitas[0];
    const mudou = this.#mudou.get(numero) ?? lote;
    return mudou === lote || this.#opcoes.viaSe?.(mudou, lote) !== false;
  }

  #passouSemVir({ situacao, data }: Imagem): boolean {
    const { regras } = this.#opcoes;
    return regras.faltaAutomatica && situacao === "FALTOU" && data < dataEm(this.#livro.agora, regras);
  }

  // ----------------------------------------------------------------------------------------------- o que se dá

  /** A hora que se dá é uma que vagou, e é do primeiro a quem serve. */
  #dada(imagem: Imagem, antes: Imagem | undefined): void {
    const { umSo, viola } = this.#opcoes;
    const { data, hora, especialidade, profissional, minutos = 1 } = imagem;
    const vaga: Hora = { data, hora, especialidade, profissional, minutos };
    const dito = `${descreveVisto(imagem)} de ${imagem.cpf}`;
    if (!this.#vagas.has(descreveHora(vaga))) viola("promoção indevida", `${dito}: a hora não vagou`);
    const servem = this.#livro.aQuemServe(vaga);
    if (imagem.cpf === PARA_NINGUEM) {
      // Entre vários servidores também se segura para ninguém o que não se conseguiu travar para dar.
      if (!umSo) return;
      if (this.#dadas < PROMOCOES_MAXIMAS) viola("promoção indevida", `${dito}: ainda se podia dar a alguém`);
      if (servem.length === 0) viola("promoção indevida", `${dito}: ninguém a quer`);
      return;
    }
    if (++this.#dadas > PROMOCOES_MAXIMAS) {
      viola("promoção indevida", `${dito}: numa transação já se deram as que cabem`);
    }
    const entrada = this.#livro.dePe(daPessoa(imagem));
    if (entrada === undefined) return viola("promoção indevida", `${dito}, que não está à espera`);
    if (entrada.convite !== 0) viola("convite a mais", `${dito}, que já tem o convite ${entrada.convite}`);
    else if (!servem.includes(entrada)) {
      const deixada = entrada.passou.includes(lugarDe(vaga)) ? ": já a deixou passar" : "";
      viola("promoção indevida", `${dito}, a quem não serve${deixada}`);
    } else if (servem[0] !== entrada) {
      viola("promoção fora da ordem", `${dito}, e antes dele está ${servem[0].linha.cpf}`);
    }
    const { marca } = entrada.linha;
    if (marca !== (imagem.situacao === "MARCADO") || !marca && antes !== undefined) {
      viola("promoção indevida", `${dito}: ${marca ? "pediu" : "não pediu"} que se marcasse logo`);
    }
    const { origem } = this.#pendentes.find((uma) => descreveHora(uma.hora) === descreveHora(vaga)) ?? {};
    const antesDela = this.#pendentes.find((uma) =>
      uma.origem === origem && uma.querem.length > 0 && depoisDe(vaga, uma.hora)
    );
    if (antesDela !== undefined) {
      viola("promoção fora da ordem", `${dito}: antes dela vagou ${descreveHora(antesDela.hora)}, e há quem a queira`);
    }
    if (marca) this.#promovidos.push(entrada);
  }

  /** Quem tinha outra mais tarde move-se para a que lhe estava segurada, e não para outra. */
  #aceita(depois: Imagem): void {
    const { numero } =
      this.#feitas.findLast(({ sobre, para }) => sobre === "agendamento" && para.startsWith("PASSOU")) ?? {};
    const segurada = numero === undefined ? undefined : this.#livro.linha(numero);
    const eDela = segurada !== undefined && lugarDe(segurada) === lugarDe(depois);
    if (eDela && daPessoa(segurada) === daPessoa(depois)) return;
    this.#opcoes.viola(
      eDela ? "hora segurada tomada por outro" : "promoção indevida",
      `${descreveVisto(depois)}: a hora que aceitou não era a que lhe davam`,
    );
  }

  /** As regras da clínica valem a quem aceita por si; a casa, que marca a hora segurada com um motivo, passa por cima delas. */
  #confereRegras(depois: Imagem, aqui: Imagem | undefined): void {
    const { vidas, regras, viola } = this.#opcoes;
    const porSi = vidas.get(depois.numero)?.[depois.versao - 1].autor?.feito.comando === "ACEITA";
    if (!porSi || this.#livro.dePe(daPessoa(depois))?.linha.isenta !== false) return;
    const regra = impede(aqui, { agora: this.#livro.agora, regras, ativos: this.#livro.ativosDe(depois.cpf) });
    if (regra !== undefined) viola("fora das regras", `${descreveVisto(depois)} aceito: ${regra}`);
  }

  /** Quem aceitou, ou foi atendido, já não espera. */
  #promove(imagem: Imagem): void {
    const entrada = this.#livro.dePe(daPessoa(imagem));
    if (entrada !== undefined) this.#promovidos.push(entrada);
  }

  // ------------------------------------------------------------------------------------------------- as entradas

  #daEspera({ ato, numero, versao, de, para, lote }: Registrada): void {
    this.#mudou.set(numero, lote);
    const { livro, viola } = this.#opcoes;
    const linha = livro.esperas.find((uma) => uma.numero === numero);
    const antes = this.#livro.entrada(numero);
    if (linha === undefined || versao !== (antes?.versao ?? 0) + 1 || de !== (antes === undefined ? "" : dito(antes))) {
      viola("diário infiel", `${ato} da entrada ${numero}, versão ${versao}, de "${de}" para "${para}"`);
      if (linha === undefined) return;
    }
    const dono = this.#livro.dePe(daPessoa(linha));
    if (antes === undefined && dono !== undefined) {
      viola("duas vezes na especialidade", `as entradas ${dono.linha.numero} e ${numero} de ${daPessoa(linha)}`);
    }
    const convite = Number(/^ESPERA CONVITE (\d+)$/.exec(para)?.[1] ?? 0);
    this.#ultima = Math.max(this.#ultima, numero);
    const base: Entrada = antes ??
      { linha, versao: 0, convite: 0, acabou: false, lapsos: 0, ordem: numero, passou: [] };
    if (!podeAto(ato, base, { para, convite, nasce: antes === undefined })) {
      viola(
        base.convite !== 0 && convite !== 0 ? "convite a mais" : "diário infiel",
        `${ato} da entrada ${numero}: de "${de}" para "${para}"`,
      );
    }
    if (ato === "VENCE" && para === "FIM" && !this.#acabouSemVaga(base)) {
      viola("relógio infiel", `a entrada ${numero}, até ${linha.ate}, acabou antes`);
    }
    if (antes === undefined && !linha.isenta) {
      const ativos = this.#livro.ativosDe(linha.cpf);
      const aqui = ativos.find((um) => daPessoa(um) === daPessoa(linha));
      const regra = aqui ?? impede(undefined, { agora: this.#livro.agora, regras: this.#opcoes.regras, ativos });
      if (regra === "porCpf") viola("fora das regras", `a entrada ${numero} de ${daPessoa(linha)}: ${regra}`);
    }
    const passou = base.convite !== 0 && para === "ESPERA" ? this.#livro.linha(base.convite) : undefined;
    if (passou !== undefined && ato === "VENCE") this.#ultima += 1e-6;
    const depois = passou === undefined
      ? base
      : passada(base, { lugar: lugarDe(passou), lapso: ato === "VENCE", ultima: this.#ultima });
    const entrada = { ...depois, versao, convite, acabou: para === "FIM" };
    this.#livro.poeEntrada(entrada);
    const pessoa = daPessoa(linha);
    this.#pessoas.add(pessoa);
  }

  #acabouSemVaga({ linha: { ate } }: Entrada): boolean {
    return ate !== "" && ate < dataEm(this.#livro.agora, this.#opcoes.regras);
  }

  /** O último que viveu, e acabou em ordem, já não deixou por fazer nada do que é dos dias que passaram. */
  #confereOsQuePassaram(): void {
    const { livro, vidas, regras, vivos, viola } = this.#opcoes;
    const ultimo = vivos.at(-1);
    if (ultimo === undefined) return;
    const hoje = dataEm(ultimo[0], regras);
    for (const vida of vidas.values()) {
      const imagem = vida.at(-1)?.imagem;
      if (imagem !== undefined && regras.faltaAutomatica && podeMover(imagem.situacao) && imagem.data < hoje) {
        viola("relógio infiel", `${descreveVisto(imagem)}, e já é ${hoje}`);
      }
    }
    for (const { numero, acabou, convite, ate } of livro.esperas) {
      if (!acabou && convite === 0 && ate !== "" && ate < hoje) {
        viola("relógio infiel", `a entrada ${numero}, até ${ate}, ainda espera, e já é ${hoje}`);
      }
    }
  }

  /** A linha da tabela é a última que o diário conta. */
  #confere({ numero, versao, lapsos, ordem, convite, acabou, cpf }: LivroDoDia["esperas"][number]): void {
    const entrada = this.#livro.entrada(numero);
    const certa = entrada !== undefined && entrada.versao === versao && entrada.convite === convite &&
      entrada.acabou === acabou && entrada.lapsos === lapsos && (entrada.ordem === numero) === (ordem === numero);
    if (certa) return;
    const contada = entrada === undefined
      ? "nada"
      : `a versão ${entrada.versao}, "${dito(entrada)}", ${entrada.lapsos} lapsos`;
    const tida = `versão ${versao}, convite ${convite}, ${
      acabou ? "acabou" : "de pé"
    }, ${lapsos} lapsos, ordem ${ordem}`;
    this.#opcoes.viola("diário infiel", `a entrada ${numero} de ${cpf} está: ${tida}; e o diário conta ${contada}`);
  }

  // -------------------------------------------------------------------------------------------- o fim de um pedido

  #fim(): void {
    if (this.#feitas.length === 0) return;
    const { viola, aoFim } = this.#opcoes;
    for (const { hora, querem } of this.#pendentes) {
      if (querem.length === 0) continue;
      const quem = querem.map((numero) => this.#livro.entrada(numero)?.linha.cpf).join(", ");
      viola(
        "vaga que não foi de quem a esperava",
        `${this.#oQueSeFez()} deixou ${descreveHora(hora)}, e queria-a ${quem}`,
      );
    }
    for (const { linha } of this.#promovidos) {
      if (this.#livro.entrada(linha.numero)?.acabou !== true) {
        viola(
          "promovido e ainda à espera",
          `a entrada ${linha.numero} de ${linha.cpf}, depois de ${this.#oQueSeFez()}`,
        );
      }
    }
    for (const pessoa of this.#pessoas) this.#confereConvites(pessoa);
    for (const { ato, sobre, numero } of this.#feitas) {
      if (ato === "FECHA" && sobre === "excecao") this.#confereFechadas(numero);
    }
    aoFim?.({
      lote: this.#feitas[0].lote,
      agora: this.#livro,
      feitas: this.#feitas,
      datas: this.#datas,
      pessoas: this.#pessoas,
    });
    this.#feitas = [];
    this.#pendentes = [];
    this.#vagas = new Set();
    this.#dadas = 0;
    this.#promovidos = [];
    this.#datas = new Set();
    this.#pessoas = new Set();
  }

  /** De cada pessoa, uma hora segurada é a da sua entrada, e só essa; e nada a torna escusada. */
  #confereConvites(pessoa: string): void {
    const { viola } = this.#opcoes;
    const entrada = this.#livro.dePe(pessoa);
    const seguradas = this.#seguradas.linhas
      .filter((linha) => linha.cpf !== PARA_NINGUEM && daPessoa(linha) === pessoa).map(({ numero }) => numero);
    const convite = entrada?.convite ?? 0;
    if (seguradas.join() !== (convite === 0 ? "" : String(convite))) {
      viola("convite a mais", `${pessoa}: seguradas ${seguradas.join(" e ") || "nenhuma"}, e a entrada diz ${convite}`);
    }
    const segurada = convite === 0 ? undefined : this.#livro.linha(convite);
    const marcado = segurada && this.#livro.ativosDe(segurada.cpf).find((um) => daPessoa(um) === pessoa);
    if (segurada !== undefined && marcado !== undefined && !depoisDe(marcado, segurada)) {
      viola("convite a mais", `${descreveVisto(segurada)}, que já tem ${descreveVisto(marcado)}`);
    }
  }

  /** Um `FECHA` deixa passar o que nele estava segurado. */
  #confereFechadas(numero: number): void {
    const { livro, viola } = this.#opcoes;
    const excecao = livro.excecoes.find((uma) => uma.numero === numero);
    for (const segurada of this.#seguradas.linhas) {
      const inicio = minutoDe(segurada.hora);
      if (
        excecao !== undefined && segurada.data >= excecao.de && segurada.data <= excecao.ate &&
        fecha(excecao, segurada) && sobrepoe(inicio, inicio + (segurada.minutos ?? 1), excecao)
      ) viola("marcado no que estava fechado", `${descreveVisto(segurada)}, depois do FECHA ${numero}`);
    }
  }

  #oQueSeFez(): string {
    return this.#feitas.map(({ ato, numero, versao, para }) => `${ato} ${numero}v${versao} ${para}`).join("; ");
  }
}

function descreveHora({ data, hora, minutos, ...quem }: Hora): string {
  return `${data} ${hora} ${quem.especialidade} ${agendaDe(quem)} ${minutos}`;
}
