/**
 * A lista de espera de um livro bom, do modo mais curto, para `livro_modelo.ts`: quem entra e sai, quem responde, o que vence, e a
 * quem se dá o que vaga.
 *
 * @module
 */

import {
  type Cena,
  depoisDe,
  type Entrada,
  type Hora,
  impede,
  lugarDe,
  naOrdem,
  PARA_NINGUEM,
  passada,
  prazoDe,
  PROMOCOES_MAXIMAS,
  type RegrasDaEspera,
  serve,
} from "./espera.ts";
import type { FeitoNoDia, NaFila, RespostaDoDia, Visto } from "./feitos.ts";
import { daPessoa } from "./lista_livro.ts";
import type { LinhaDeEspera } from "./semana.ts";
import { podeMover } from "./tabela.ts";

/** Um agendamento do livro. */
export type Linha = Required<Omit<Visto, "local">>;

/** O livro de que a lista é. */
export interface LivroDaLista {
  /** Que horas são, ms desde 1970. */
  readonly relogio: number;
  /** O número que o próximo agendamento terá. */
  readonly proximo: number;
  /** Todos os agendamentos. */
  linhas(): Iterable<Linha>;
  /** Grava um, como fica, e o que disso se desfaz já não há. */
  grava(ato: string, linha: Linha): Linha;
  /** Escreve uma mudança de uma entrada no diário. */
  anota(ato: string, numero: number, versao: number, de: string, para: string): void;
  /** As horas que se oferecem e estão livres, das que estes minutos tocam, das mais cedo às mais tarde. */
  vagasEm(vago: Vago): Hora[];
}

/** Minutos que ficaram livres. */
export type Vago = Pick<Linha, "data" | "hora" | "minutos"> & { readonly serve: (hora: Hora) => boolean };

/** Um pedido que é dela. */
export type DaLista = Extract<FeitoNoDia, { readonly comando: "ESPERA" | "DESISTE" | "ACEITA" | "RECUSA" | "FILA" }>;

const RESPOSTA = (codigo: string, ...vistos: Visto[]): RespostaDoDia => ({ codigo, vistos });

/** A lista. */
export class ListaModelo {
  #livro: LivroDaLista;
  #regras: RegrasDaEspera;
  #entradas = new Map<number, Entrada>();
  #prazos = new Map<number, number>();
  #ultima = 0;

  /** Uma lista vazia. */
  constructor(livro: LivroDaLista, regras: RegrasDaEspera) {
    this.#livro = livro;
    this.#regras = regras;
  }

  /** A tabela `espera`. */
  get linhas(): LinhaDeEspera[] {
    return [...this.#entradas.values()].map(({ linha, passou: _passou, ...resto }) => ({ ...linha, ...resto }));
  }

  /** Executa um pedido que é dela. */
  responde(feito: DaLista): RespostaDoDia {
    if (feito.comando === "FILA") return { ...RESPOSTA("OK-311"), fila: this.#mostra(feito.especialidade) };
    const entrada = this.dePe(daPessoa(feito));
    if (feito.comando === "ESPERA") {
      if (entrada !== undefined) return RESPOSTA("ERRO-118");
      const { comando: _comando, motivo, ...pedida } = feito;
      const semNada = { profissional: "", de: "", ate: "", turno: "", antecedencia: 0, marca: false, prioridade: 0 };
      const isenta = motivo !== undefined;
      const regra = isenta || this.#aqui(daPessoa(feito)) !== undefined
        ? undefined
        : this.#impede(feito.cpf, undefined);
      if (regra !== undefined) return { ...RESPOSTA("ERRO-116"), regra };
      const numero = ++this.#ultima;
      const linha = { ...semNada, ...definidos(pedida), numero, isenta };
      this.#poe("ESPERA", { linha, versao: 0, convite: 0, acabou: false, lapsos: 0, ordem: numero, passou: [] });
      const posicao = 1 + this.#fila(feito.especialidade).findIndex((uma) => uma.linha.numero === numero);
      return { ...RESPOSTA("OK-307"), posicao, numero };
    }
    const convite = entrada && this.#convite(entrada);
    if (entrada === undefined || feito.comando !== "DESISTE" && convite === undefined) return RESPOSTA("ERRO-119");
    switch (feito.comando) {
      case "DESISTE":
        if (convite !== undefined) this.#solta("DESISTE", convite);
        this.#poe("DESISTE", { ...entrada, convite: 0, acabou: true });
        return RESPOSTA("OK-308");
      case "RECUSA":
        this.passa("RECUSA", entrada);
        return RESPOSTA("OK-309");
      case "ACEITA":
        return this.aceita(entrada, entrada.linha.isenta) ?? RESPOSTA("ERRO-119");
    }
  }

  /** A entrada de pé de alguém. */
  dePe(pessoa: string): Entrada | undefined {
    return [...this.#entradas.values()].find((uma) => !uma.acabou && daPessoa(uma.linha) === pessoa);
  }

  /** Fica com a hora segurada, se as regras deixam ou não lhe valem; nada, se já chegou para a que tem. */
  aceita(entrada: Entrada, dispensada: boolean): RespostaDoDia | undefined {
    const convite = this.#convite(entrada);
    const aqui = this.#aqui(daPessoa(entrada.linha));
    if (convite === undefined || aqui !== undefined && !podeMover(aqui.situacao)) return undefined;
    const regra = dispensada ? undefined : this.#impede(entrada.linha.cpf, aqui);
    if (regra !== undefined) return { ...RESPOSTA("ERRO-116"), regra };
    const acaba = (): void => this.#poe("ACEITA", { ...entrada, convite: 0, acabou: true });
    if (aqui === undefined) {
      const codigo = codigoDe(entrada);
      this.#prazos.delete(convite.numero);
      const novo = this.#livro.grava("ACEITA", { ...convite, versao: convite.versao + 1, situacao: "MARCADO", codigo });
      acaba();
      return RESPOSTA("OK-300", novo);
    }
    this.#solta("ACEITA", convite);
    const novo = this.#move("ACEITA", aqui, convite);
    acaba();
    return RESPOSTA("OK-303", novo, aqui);
  }

  /** A hora segurada que alguém pede por `AGEND`. */
  convidadaPara(
    { cpf, especialidade, data, hora, profissional, encaixe }: FeitoNoDia & { comando: "AGEND" },
  ): Entrada | undefined {
    const entrada = this.dePe(daPessoa({ cpf, especialidade }));
    const convite = entrada && this.#convite(entrada);
    if (convite === undefined || encaixe === true || convite.data !== data || convite.hora !== hora) return undefined;
    return (profissional ?? convite.profissional) === convite.profissional ? entrada : undefined;
  }

  /** Deixa passar o que está segurado para uma entrada. */
  passa(ato: string, entrada: Entrada): void {
    const convite = this.#convite(entrada);
    if (convite === undefined) return;
    const lapso = ato === "VENCE";
    this.#solta(ato, convite);
    const depois = passada(entrada, { lugar: lugarDe(convite), lapso, ultima: this.#ultima + 1 });
    if (depois.ordem !== entrada.ordem) this.#ultima++;
    this.#poe(ato, depois);
  }

  /** As horas seguradas que um fechamento toma. */
  fecha(serve: (linha: Linha) => boolean): void {
    for (const convite of this.#seguradas().filter(serve)) {
      const entrada = this.dePe(daPessoa(convite));
      if (entrada?.convite === convite.numero) this.passa("FECHA", entrada);
      else this.#solta("FECHA", convite);
    }
  }

  /** O relógio bateu. */
  vence(): void {
    for (const convite of this.#seguradas()) {
      if ((this.#prazos.get(convite.numero) ?? 0) > this.#livro.relogio) continue;
      const entrada = this.dePe(daPessoa(convite));
      if (entrada?.convite === convite.numero) this.passa("VENCE", entrada);
      else this.#solta("VENCE", convite);
    }
  }

  /** O que uma mudança de um agendamento torna escusado. */
  dispensa(depois: Linha, antes: Linha | undefined): void {
    const estava = this.dePe(daPessoa(depois));
    if (estava === undefined) return;
    const convite = this.#convite(estava);
    if (depois.situacao === "ATENDIDO") {
      if (convite !== undefined) this.#solta("PROMOVE", convite);
      return this.#poe("PROMOVE", { ...estava, convite: 0, acabou: true });
    }
    // A hora que se deixa por si não volta a ser de quem a deixou.
    if (antes !== undefined && ATIVAS.has(antes.situacao) && deixa(antes, depois)) {
      this.#poe("PROMOVE", { ...estava, passou: [...estava.passou, lugarDe(antes)] });
    }
    const entrada = this.dePe(daPessoa(depois)) ?? estava;
    if (convite === undefined || this.#aqui(daPessoa(depois))?.numero !== depois.numero) return;
    const outro = antes === undefined || antes.situacao === "CANCELADO" || depoisDe(antes, depois) ||
      depoisDe(depois, antes);
    if (outro && !depoisDe(depois, convite)) this.passa("PROMOVE", entrada);
  }

  /** Dá o que vagou, e o que disso vaga; `novas` são as que vagaram desde a última vez. */
  promove(novas: () => readonly Vago[]): void {
    const porDar: Hora[] = [];
    for (let dadas = 0;;) {
      porDar.push(...novas().flatMap((vago) => this.#livro.vagasEm(vago)));
      const hora = porDar.shift();
      if (hora === undefined) return;
      const livre = this.#livro.vagasEm({ ...hora, serve: () => true }).some((uma) => mesma(uma, hora));
      const entrada = livre ? this.#fila(hora.especialidade).find((uma) => this.#serve(uma, hora)) : undefined;
      if (entrada === undefined) continue;
      if (dadas++ < PROMOCOES_MAXIMAS) this.#da(entrada, hora);
      else this.#segura(hora, { cpf: PARA_NINGUEM, nome: "SEGURADA", codigo: "00000000" }, this.#livro.relogio);
    }
  }

  #da(entrada: Entrada, hora: Hora): void {
    const { linha } = entrada;
    const pessoa = { cpf: linha.cpf, nome: linha.nome, codigo: codigoDe(entrada) };
    if (!linha.marca) {
      const prazo = prazoDe(linha, hora, { agora: this.#livro.relogio, regras: this.#regras });
      const convite = this.#segura(hora, { ...pessoa, codigo: "22222222" }, prazo ?? this.#livro.relogio);
      return this.#poe("PROMOVE", { ...entrada, convite: convite.numero });
    }
    const aqui = this.#aqui(daPessoa(linha));
    if (aqui !== undefined) this.#move("PROMOVE", aqui, hora);
    else this.#livro.grava("PROMOVE", { ...NOVO, ...doLugar(hora), ...pessoa, numero: this.#livro.proximo });
    this.#poe("PROMOVE", { ...entrada, acabou: true });
  }

  #segura(hora: Hora, pessoa: Pick<Linha, "cpf" | "nome" | "codigo">, prazo: number): Linha {
    const numero = this.#livro.proximo;
    this.#prazos.set(numero, prazo);
    return this.#livro.grava("PROMOVE", { ...NOVO, ...doLugar(hora), ...pessoa, numero, situacao: "CONVIDADO" });
  }

  #solta(ato: string, convite: Linha): void {
    this.#prazos.delete(convite.numero);
    this.#livro.grava(ato, { ...convite, versao: convite.versao + 1, situacao: "PASSOU" });
  }

  #move(ato: string, antes: Linha, para: Hora): Linha {
    const volta = { situacao: "MARCADO", encaixe: false, senha: "", prioridade: 0 } as const;
    return this.#livro.grava(ato, { ...antes, ...doLugar(para), ...volta, versao: antes.versao + 1 });
  }

  #poe(ato: string, entrada: Entrada): void {
    const { numero } = entrada.linha;
    const antes = this.#entradas.get(numero);
    const depois = { ...entrada, versao: entrada.versao + 1 };
    this.#entradas.set(numero, depois);
    this.#livro.anota(ato, numero, depois.versao, antes === undefined ? "" : dita(antes), dita(depois));
  }

  #serve(entrada: Entrada, hora: Hora): boolean {
    return serve(entrada, hora, this.#cena(entrada.linha.cpf));
  }

  #impede(cpf: string, aqui: Linha | undefined): string | undefined {
    return impede(aqui, this.#cena(cpf));
  }

  #cena(cpf: string): Cena {
    const ativos = [...this.#livro.linhas()].filter((linha) => linha.cpf === cpf && ATIVAS.has(linha.situacao));
    return { agora: this.#livro.relogio, regras: this.#regras, ativos };
  }

  #aqui(pessoa: string): Linha | undefined {
    return [...this.#livro.linhas()].find((linha) => ATIVAS.has(linha.situacao) && daPessoa(linha) === pessoa);
  }

  #convite({ convite }: Entrada): Linha | undefined {
    return [...this.#livro.linhas()].find(({ numero }) => numero === convite);
  }

  #seguradas(): Linha[] {
    return [...this.#livro.linhas()].filter(({ situacao }) => situacao === "CONVIDADO");
  }

  #fila(especialidade: string): Entrada[] {
    return [...this.#entradas.values()].filter(({ acabou, linha }) => !acabou && linha.especialidade === especialidade)
      .sort(naOrdem);
  }

  #mostra(especialidade: string): NaFila[] {
    return this.#fila(especialidade).map((entrada, i) => {
      const convite = this.#convite(entrada);
      const { cpf, nome } = entrada.linha;
      return { cpf, nome, posicao: i + 1, convite: convite === undefined ? "" : lugarDe(convite) };
    });
  }
}

const ATIVAS: ReadonlySet<string> = new Set(["MARCADO", "CONFIRMADO", "CHEGOU", "CHAMADO"]);

const NOVO = {
  versao: 1,
  situacao: "MARCADO",
  encaixe: false,
  senha: "",
  prioridade: 0,
  chamadas: 0,
  nota: "",
} as const;

function doLugar({ data, hora, minutos, especialidade, profissional }: Hora): Hora {
  return { data, hora, minutos, especialidade, profissional };
}

function mesma(a: Hora, b: Hora): boolean {
  return a.data === b.data && a.hora === b.hora && a.minutos === b.minutos && a.profissional === b.profissional &&
    a.especialidade === b.especialidade;
}

function deixa(antes: Linha, depois: Linha): boolean {
  return !antes.encaixe && (depois.situacao === "CANCELADO" || depois.encaixe || lugarDe(antes) !== lugarDe(depois));
}

function codigoDe({ linha: { numero } }: Entrada): string {
  return `9${String(numero).padStart(7, "0")}`;
}

function dita({ acabou, convite }: Entrada): string {
  return acabou ? "FIM" : convite === 0 ? "ESPERA" : `ESPERA CONVITE ${convite}`;
}

function definidos<T extends object>(campos: T): { [C in keyof T]: Exclude<T[C], undefined> } {
  return Object.fromEntries(Object.entries(campos).filter(([, valor]) => valor !== undefined)) as never;
}
