/**
 * A parte do que se carregou de um PostgreSQL que é da lista de espera. O que as regras pedem e não se leu fica anotado em
 * `falta`, e o que se responde entretanto não vale: quem carrega lê-o e decide outra vez. Usam-na
 * `postgres_vista.ts` e quem a carrega.
 *
 * @module
 */

import type { Agendamento } from "../clinica/agendamento.ts";
import { type Espera, type HoraVaga, naOrdem, type Posto } from "../clinica/espera.ts";
import type { Alcance, Pendencias, Quando } from "../clinica/livro.ts";
import { JA, PARA_NINGUEM } from "../clinica/promover.ts";
import { Alargamento, type BuscaDeFaltas, type DesejoPedido } from "./postgres_alargamento.ts";
import { lerEspera } from "./postgres_espera.ts";
import { instrucao } from "./postgres_instrucoes.ts";
import { type Instrucao, numeros, type Retorno, textos, type Valor } from "./postgres_ligacao.ts";
import { lerAgendamento } from "./postgres_tabelas.ts";

/** Quantos de uma fila se leem primeiro, além de um por quem pode deixar uma hora; depois, quatro vezes mais de cada vez. */
const PRIMEIROS = 8;
const MAIS = 4;

/** O primeiro dos lugares que não se gravam: maior que todos. */
const NAO_GRAVADO = 2 ** 52;

/** Entre dois `TICK`, no mínimo, em ms, pelo relógio do banco. */
const ENTRE_TIQUES = 60_000;

/** Uma instrução, e quem recebe o que ela dá. */
export type Pedida = readonly [instrucao: Instrucao, recebe: (retorno: Retorno) => void];

/** Os primeiros de uma lista que querem o mesmo. */
interface Desejo {
  /** Na ordem. */
  readonly lidas: Espera[];
  /** Quantos se pediram: se vieram menos, são todos. */
  readonly limite: number;
  /** Os que querem alguma destas datas. */
  readonly datas: ReadonlySet<string>;
}

/** A lista de espera, até onde se leu. */
export class EsperasLidas {
  /** O que se pediu e não se tinha lido; quase sempre nada. */
  #falta: Alargamento | undefined;
  #alcance: Alcance;
  #largo: Alargamento;
  #alguem = false;
  #cpfs = new Set<string>();
  /** De pé, por CPF e especialidade. */
  #entradas = new Map<string, Espera>();
  /** As horas seguradas, por número. */
  #seguradas = new Map<number, Agendamento>();
  #desejos = new Map<string, Desejo>();
  /** As datas por que se leram filas até agora. */
  #datas = new Set<string>();
  /** Os das filas que não têm nada marcado. */
  #semAtivos = new Set<string>();
  #listas = new Map<string, Espera[]>();
  #lugares = new Map<string, number>();
  #origens = new Map<string, number>();
  #pendencias: Pendencias = { convites: [], esperas: [], faltas: [], velhas: false };
  #tique = { ultimo: "", idade: Infinity };
  #agora: number | undefined;
  #novas: number[] = [];
  #usadas = 0;

  /** De nada ainda, num alcance em que já está o que se lhe juntou. */
  constructor(alcance: Alcance, largo: Alargamento) {
    this.#alcance = alcance;
    this.#largo = largo;
  }

  /** Passa a valer um alcance maior. */
  alcanca(alcance: Alcance): void {
    this.#alcance = alcance;
  }

  // ---------------------------------------------------------------------------------------------------- o que se pede

  /**
   * O que se lê numa ida: do alcance, o que ainda não se tinha lido, e do alargamento tudo. `mudam` são os CPFs por cujas
   * horas alguém pode querer esperar: leem-se as filas delas, que só o banco sabe quais são.
   */
  pede({ falta, mudam, busca }: { falta: Alargamento; mudam: readonly string[]; busca: BuscaDeFaltas }): Pedida[] {
    const { cpfs, listas, pendencias } = this.#alcance;
    const { mostradas, lugares, origens } = falta;
    const pedidas: Pedida[] = [];
    if (this.#largo.esperas || listas.length > 0 || pendencias !== undefined) {
      const porLer = cpfs.filter((cpf) => !this.#cpfs.has(cpf));
      if (porLer.length > 0) {
        for (const cpf of porLer) this.#cpfs.add(cpf);
        pedidas.push([instrucao("esperas", textos(porLer)), ({ rows }) => this.#recebeEntradas(rows)]);
        pedidas.push([instrucao("convites", textos(porLer)), ({ rows }) => this.#recebeSeguradas(rows)]);
      }
    }
    if (falta.desejos.size + mudam.length > 0) pedidas.push(this.#pedeFilas(falta, mudam));
    if (mostradas.size > 0) {
      const quais = textos([...mostradas]);
      for (const uma of mostradas) this.#listas.set(uma, []);
      pedidas.push([instrucao("listas", quais), ({ rows }) => this.#recebeListas(rows)]);
      pedidas.push([instrucao("convites_das_listas", quais), ({ rows }) => this.#recebeSeguradas(rows)]);
    }
    if (lugares.size > 0) pedidas.push(this.#pedeLugares(falta));
    if (origens.size > 0) {
      for (const origem of origens) this.#origens.set(origem, 0);
      pedidas.push([instrucao("origens", textos([...origens])), ({ rows }) => {
        for (const [origem, quantas] of rows) this.#origens.set(origem ?? "", Number(quantas));
      }]);
    }
    if (pendencias !== undefined) pedidas.push(...this.#pedePendencias(pendencias, busca));
    return pedidas;
  }

  /** Os desejos pedidos, e os das horas dos que mudam, todos pelas mesmas datas. */
  #pedeFilas({ desejos, datas }: Alargamento, mudam: readonly string[]): Pedida {
    const pedidos = [...desejos.values()];
    const limite = PRIMEIROS + this.#alcance.mudam.length;
    const valores = [
      textos(pedidos.map(({ especialidade }) => especialidade)),
      textos(pedidos.map(({ profissional }) => profissional)),
      textos(pedidos.map(({ turno }) => turno)),
      numeros(pedidos.map(({ limite }) => limite)),
      textos([...this.#datas, ...datas]),
      textos(mudam),
      String(limite),
    ];
    return [instrucao("filas", ...valores), ({ rows }) => this.#recebeFilas(rows)];
  }

  #pedeLugares({ lugares: pedidos }: Alargamento): Pedida {
    const lugares = [...pedidos.values()];
    const chaves = [...pedidos.keys()];
    const valores = [
      textos(lugares.map(({ especialidade }) => especialidade)),
      numeros(lugares.map(({ prioridade }) => prioridade)),
      numeros(lugares.map(({ ordem }) => ordem)),
    ];
    return [instrucao("lugares", ...valores), ({ rows }) => {
      for (const [n, quantas] of rows) this.#lugares.set(chaves[Number(n) - 1], Number(quantas));
    }];
  }

  #pedePendencias({ instante, hoje, faltas }: Quando, busca: BuscaDeFaltas): Pedida[] {
    const pedidas: Pedida[] = [
      [instrucao("tique"), ({ rows: [[ultimo, idade]] }) => {
        this.#tique = { ultimo: ultimo ?? "", idade: idade === null ? Infinity : Number(idade) };
      }],
      [instrucao("vencidos", instante), ({ rows }) => {
        this.#recebeSeguradas(rows);
        this.#pendencias = { ...this.#pendencias, convites: rows.map((linha) => lerAgendamento(linha)) };
      }],
      [instrucao("acabadas", hoje), ({ rows }) => {
        this.#pendencias = { ...this.#pendencias, esperas: rows.map((linha) => lerEspera(linha)) };
      }],
      [instrucao("velhas", String(Date.parse(instante))), ({ rows: [[velhas]] }) => {
        this.#pendencias = { ...this.#pendencias, velhas: velhas === "t" };
      }],
    ];
    if (!faltas) return pedidas;
    const antesDe = busca.antesDe(hoje);
    pedidas.push([instrucao("faltas", antesDe), ({ rows }) => {
      const achadas = rows.filter(([, numero]) => numero !== null).map((linha) => lerAgendamento(linha.slice(1)));
      if (achadas.length === 0) busca.semNenhuma(rows[0][0] ?? "");
      this.#pendencias = { ...this.#pendencias, faltas: achadas };
    }]);
    return pedidas;
  }

  // -------------------------------------------------------------------------------------------------- o que se recebe

  /** Se há alguém à espera. */
  recebeAlguem(alguem: Valor): void {
    this.#alguem = alguem === "t";
  }

  /** Mais lugares na ordem que um lote pode dar, e o instante dele. */
  recebeLugares(escritos: Valor, agora: number): void {
    if (escritos !== null) this.#novas.push(...escritos.split(",").map(Number));
    this.#agora = agora;
  }

  /** Quantos lugares na ordem o lote já tem. */
  get dados(): number {
    return this.#novas.length;
  }

  /** Cada desejo vem com quantos se pediram, ainda que ninguém o tenha; depois, os primeiros de cada um, na ordem. */
  #recebeFilas(linhas: Retorno["rows"]): void {
    for (const [especialidade, profissional, turno, limite, datas, ocupado, ...entrada] of linhas) {
      const chave = [especialidade, profissional, turno].join("|");
      if (limite !== null) {
        const quais = new Set((datas ?? "").split(","));
        for (const data of quais) this.#datas.add(data);
        this.#desejos.set(chave, { lidas: [], limite: Number(limite), datas: quais });
        continue;
      }
      const espera = lerEspera(entrada);
      this.#desejos.get(chave)?.lidas.push(espera);
      if (ocupado === null) this.#semAtivos.add(espera.cpf);
    }
  }

  #recebeEntradas(linhas: Retorno["rows"]): void {
    for (const linha of linhas) {
      const espera = lerEspera(linha);
      this.#entradas.set(`${espera.cpf} ${espera.especialidade}`, espera);
    }
  }

  #recebeSeguradas(linhas: Retorno["rows"]): void {
    for (const linha of linhas) {
      const segurada = lerAgendamento(linha);
      this.#seguradas.set(segurada.numero, segurada);
    }
  }

  #recebeListas(linhas: Retorno["rows"]): void {
    for (const linha of linhas) {
      const espera = lerEspera(linha);
      this.#listas.get(espera.especialidade)?.push(espera);
    }
  }

  // ----------------------------------------------------------------------------------------------------- o que se vê

  /** Se há alguém à espera, ou uma hora segurada. */
  get alguem(): boolean {
    return this.#alguem;
  }

  /** Verdadeiro se se pediu o que não se tinha lido. */
  get faltou(): boolean {
    return this.#falta !== undefined;
  }

  /** Onde se anota o que falta. */
  get falta(): Alargamento {
    return this.#falta ??= new Alargamento();
  }

  /** O que se pediu e não se tinha lido, desde a última vez; decide-se de novo desde o princípio. */
  toma(): Alargamento | undefined {
    const falta = this.#falta;
    this.#falta = undefined;
    this.#usadas = 0;
    return falta;
  }

  /** Verdadeiro se o que se lê além do alcance é o que falta, e não um erro. */
  get alarga(): boolean {
    const { promove, listas, pendencias } = this.#alcance;
    return promove && this.#alguem || listas.length > 0 || pendencias !== undefined;
  }

  /** A entrada de um CPF numa lista. */
  de(cpf: string, especialidade: string): Espera | undefined {
    if (!this.#alguem || cpf === PARA_NINGUEM) return undefined;
    if (!this.#leu(cpf)) return undefined;
    return this.#entradas.get(`${cpf} ${especialidade}`);
  }

  /** As entradas de um CPF, em todas as listas. */
  todasDe(cpf: string): Espera[] {
    if (!this.#leu(cpf)) return [];
    return [...this.#entradas.values()].filter((uma) => uma.cpf === cpf);
  }

  /** A hora segurada para uma entrada. */
  convite({ cpf, convite }: Espera): Agendamento | undefined {
    if (convite === 0) return undefined;
    const segurada = this.#seguradas.get(convite);
    if (segurada === undefined) this.#leu(cpf);
    return segurada;
  }

  /** Verdadeiro se se leu que não tem nada marcado; sem a trava dele, vale para o pôr de parte, e não para lhe dar nada. */
  semAtivos(cpf: string): boolean {
    return this.#semAtivos.has(cpf);
  }

  #leu(cpf: string): boolean {
    if (this.#cpfs.has(cpf)) return true;
    this.falta.esperas = true;
    this.falta.cpfs.add(cpf);
    return false;
  }

  /**
   * As entradas que querem uma hora, na ordem, e outras que não a querem: as de cada desejo que a inclui, intercaladas até se
   * chegar ao fim do que se leu de um deles.
   */
  *fila(hora: HoraVaga): Generator<Espera> {
    if (!this.#alguem) return;
    const { especialidade, data } = hora;
    const filas = desejosDe(hora).map((pedido) => {
      const chave = [especialidade, pedido.profissional, pedido.turno].join("|");
      const desejo = this.#desejos.get(chave);
      return {
        chave,
        pedido,
        desejo: desejo?.datas.has(data) ? desejo : undefined,
        limite: desejo?.limite,
        proxima: 0,
      };
    });
    const travada = this.#alcance.listas.includes(especialidade);
    if (!travada) this.falta.listas.add(especialidade);
    const porLer = travada ? filas.filter(({ desejo }) => desejo === undefined) : filas;
    for (const { chave, pedido, limite = PRIMEIROS + this.#alcance.mudam.length } of porLer) {
      this.falta.desejos.set(chave, { ...pedido, especialidade, limite });
      this.falta.datas.add(data);
    }
    if (porLer.length > 0) return;
    for (;;) {
      let primeira: Espera | undefined;
      let dela = filas[0];
      for (const fila of filas) {
        const espera = fila.desejo?.lidas[fila.proxima];
        const { desejo } = fila;
        if (espera === undefined && desejo !== undefined && desejo.lidas.length >= desejo.limite) {
          this.falta.desejos.set(fila.chave, { ...fila.pedido, especialidade, limite: desejo.limite * MAIS });
          return;
        }
        if (espera === undefined || primeira !== undefined && naOrdem(primeira, espera) < 0) continue;
        [primeira, dela] = [espera, fila];
      }
      if (primeira === undefined) return;
      dela.proxima++;
      yield primeira;
    }
  }

  /** As primeiras de uma lista. */
  primeiras(especialidade: string): readonly Espera[] {
    const lista = this.#listas.get(especialidade);
    if (lista === undefined) this.falta.mostradas.add(especialidade);
    return lista ?? [];
  }

  /** Quantas estão antes de um lugar; um que se acaba de dar é depois de todos os da sua prioridade. */
  quantasAntes(especialidade: string, { prioridade, ordem }: Posto): number {
    const noFim = ordem >= NAO_GRAVADO || this.#novas.includes(ordem);
    const lugar = { especialidade, prioridade: Math.max(prioridade, 0), ordem: noFim || prioridade < 0 ? null : ordem };
    const chave = [especialidade, lugar.prioridade, lugar.ordem].join("|");
    const quantas = this.#lugares.get(chave);
    if (quantas === undefined) this.falta.lugares.set(chave, lugar);
    return quantas ?? 0;
  }

  /** Quantas entraram por um endereço. */
  daOrigem(origem: string): number {
    const quantas = this.#origens.get(origem);
    if (quantas === undefined) this.falta.origens.add(origem);
    return quantas ?? 0;
  }

  /** Um lugar na ordem; o de quem só lê não se grava, e basta que seja depois de todos. */
  nova(): number {
    const n = this.#usadas++;
    if (this.#novas.length <= n && (this.#agora !== undefined || this.#largo.novasEsperas <= n)) {
      this.falta.novasEsperas = n + 1;
    }
    return this.#novas[n] ?? NAO_GRAVADO + n;
  }

  /** O que o relógio já mandou fazer. */
  pendencias({ instante, hoje, faltas }: Quando): Pendencias {
    const lidas = this.#pendencias;
    // Leu-se até onde o que mais quer quis.
    return {
      convites: lidas.convites.filter(({ terminouEm }) => Date.parse(terminouEm) <= Date.parse(instante)),
      esperas: lidas.esperas.filter(({ ate }) => ate < hoje),
      faltas: faltas ? lidas.faltas : [],
      velhas: lidas.velhas && instante !== JA,
    };
  }

  /**
   * O último `TICK`. Para um lote, que decide se é hora de outro, o minuto é o do relógio do banco: o de cada servidor pode
   * estar adiantado ou atrasado, e é por ele que quem decide o conta.
   */
  ultimoTique(): string {
    const { ultimo, idade } = this.#tique;
    if (this.#agora === undefined || ultimo === "") return ultimo;
    const emMs = Math.min(Date.parse(ultimo), this.#agora - ENTRE_TIQUES);
    return new Date(idade < ENTRE_TIQUES ? this.#agora : emMs).toISOString();
  }
}

/** O que pode dizer quem quer uma hora. */
function desejosDe({ profissional, inicio }: HoraVaga): Pick<DesejoPedido, "profissional" | "turno">[] {
  const turnos = ["", inicio < 12 * 60 ? "MANHÃ" : "TARDE"];
  return [...new Set(["", profissional])].flatMap((profissional) => turnos.map((turno) => ({ profissional, turno })));
}
