/**
 * O que o armazém em SQLite tem na memória: os agendamentos ativos, por CPF, e os minutos tomados de cada dia que alguém já
 * perguntou. É sempre o que está gravado: `carrega` a lê do arquivo e `grava` a muda depois de cada commit.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import type { Agendamento, Liquido, Nada, Vista } from "../clinica/livro.ts";
import { type Ocupacao, PorDia } from "../clinica/ocupacao.ts";
import { minutoDoDia } from "../clinica/oferta.ts";
import { numero, texto } from "./sqlite_arquivo.ts";

/** Linhas por pedaço ao carregar: um texto por pedaço custa um terço de um objeto por linha. */
const LINHAS_POR_PEDACO = 5000;

/** Separadores do texto de um pedaço; um nome não pode tê-los (`lerNome` recusa caracteres de controle). */
const FIM_DE_CAMPO = "\x1f";
const FIM_DE_LINHA = "\x1e";

const NENHUM: readonly Agendamento[] = [];

/** Os agendamentos ativos e as horas tomadas, como estão gravados. */
export class Memoria implements Vista {
  /** Por CPF: o texto das linhas como vieram do arquivo, ou os agendamentos, se mudaram desde então. */
  #ativos = new Map<string, string | readonly Agendamento[]>();
  #ocupacoes = new PorDia<Ocupacao>();
  #carregaDia: (especialidade: string, data: string) => Ocupacao;
  #ultimoId = 0;
  #proximoId = 0;

  /** Vazia; `carregaDia` lê do arquivo a ocupação de um dia, na primeira vez que se pergunta por ele. */
  constructor(carregaDia: (especialidade: string, data: string) => Ocupacao) {
    this.#carregaDia = carregaDia;
  }

  /** Os agendamentos ativos de um CPF. */
  ativosDe(cpf: string): readonly Agendamento[] {
    const ativos = this.#ativos.get(cpf);
    if (ativos === undefined) return NENHUM;
    return typeof ativos === "string" ? lerLinhas(cpf, ativos) : ativos;
  }

  /** Os minutos tomados de um dia: o mesmo objeto enquanto o livro não é relido, mudado no lugar a cada gravação. */
  ocupacao(especialidade: string, data: string): Ocupacao {
    let ocupacao = this.#ocupacoes.get(especialidade, data);
    if (ocupacao === undefined) {
      ocupacao = this.#carregaDia(especialidade, data);
      this.#ocupacoes.set(especialidade, data, ocupacao);
    }
    return ocupacao;
  }

  /** O número da próxima linha do lote. */
  novoId(): number {
    return ++this.#proximoId;
  }

  /** Um lote começa: os números dados a um que não foi gravado voltam a ser usados. */
  comeca(): void {
    this.#proximoId = this.#ultimoId;
  }

  /**
   * O lote foi gravado. O que nasceu e morreu nele não deixa nada. Não lê o arquivo, e por isso não falha: um dia que
   * ninguém perguntou é lido depois, já com o que se gravou.
   */
  grava({ quando: _quando, passageiros: _passageiros, novos, desmarcados, arquivados, ...resto }: Liquido): void {
    resto satisfies Nada;
    this.#ultimoId = this.#proximoId;
    for (const agendamento of desmarcados) {
      this.#tira(agendamento);
      const { especialidade, data, hora, minutos } = agendamento;
      this.#ocupacoes.get(especialidade, data)?.libera(minutoDoDia(hora), minutos);
    }
    for (const agendamento of arquivados) this.#tira(agendamento);
    for (const { agendamento } of novos) {
      const { cpf, especialidade, data, hora, minutos } = agendamento;
      this.#ativos.set(cpf, [...this.ativosDe(cpf), agendamento]);
      this.#ocupacoes.get(especialidade, data)?.toma(minutoDoDia(hora), minutos);
    }
  }

  #tira({ cpf, id }: Agendamento): void {
    const restantes = this.ativosDe(cpf).filter((ativo) => ativo.id !== id);
    if (restantes.length === 0) this.#ativos.delete(cpf);
    else this.#ativos.set(cpf, restantes);
  }

  /** Esquece tudo e lê o arquivo de novo; se lança, o que ficou não vale. */
  carrega(db: DatabaseSync): void {
    this.#ativos.clear();
    this.#ocupacoes.clear();
    this.#ultimoId = numero(db.prepare("SELECT coalesce(max(id), 0) AS n FROM agendamento").get(), "n");
    const pedacos = db.prepare(
      `SELECT count(*) AS linhas, max(id) AS ultimo, group_concat(
         cpf || id || char(31) || nome || char(31) || especialidade || char(31) || profissional || char(31) ||
         data || hora || minutos, char(30)) AS texto
       FROM (SELECT * FROM agendamento WHERE id > ? AND ativo = 1 ORDER BY id LIMIT ${LINHAS_POR_PEDACO})`,
    );
    for (let ultimo = 0;;) {
      const pedaco = pedacos.get(ultimo);
      if (numero(pedaco, "linhas") === 0) return;
      this.#recebe(texto(pedaco, "texto"));
      ultimo = numero(pedaco, "ultimo");
    }
  }

  #recebe(pedaco: string): void {
    for (let inicio = 0; inicio < pedaco.length;) {
      let fim = pedaco.indexOf(FIM_DE_LINHA, inicio);
      if (fim < 0) fim = pedaco.length;
      const cpf = pedaco.slice(inicio, inicio + 11);
      const linha = pedaco.slice(inicio + 11, fim);
      const outras = this.#ativos.get(cpf);
      this.#ativos.set(cpf, outras === undefined ? linha : `${outras}${FIM_DE_LINHA}${linha}`);
      inicio = fim + 1;
    }
  }
}

/** O inverso do texto de `Memoria.carrega`: `id␟nome␟especialidade␟profissional␟data hora minutos`, sem espaços. */
function lerLinhas(cpf: string, linhas: string): Agendamento[] {
  return linhas.split(FIM_DE_LINHA).map((linha) => {
    const [id, nome, especialidade, profissional, quando] = linha.split(FIM_DE_CAMPO);
    return {
      id: Number(id),
      cpf,
      nome,
      especialidade,
      profissional,
      data: quando.slice(0, 10),
      hora: quando.slice(10, 15),
      minutos: Number(quando.slice(15)),
    };
  });
}
