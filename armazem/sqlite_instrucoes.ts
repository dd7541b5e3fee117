/**
 * As duas instruções de um agendamento num arquivo SQLite, `insere` e `atualiza … WHERE versao AND numero`, seja qual for o
 * ato, e que linhas vão juntas numa: as que têm em comum tudo o que, ao nascer, não é só de cada uma; as que mudam os mesmos
 * campos para os mesmos valores. Usam-no `sqlite_escrita.ts` e, para pôr muitas linhas numa instrução, `sqlite_espera.ts`.
 *
 * @module
 */

import type { DatabaseSync, StatementSync } from "node:sqlite";
import { agendaDe, type Agendamento, nasce, tomaHora } from "../clinica/agendamento.ts";
import type { Mudado, Novo } from "../clinica/livro.ts";
import { escrevePilha } from "./tabelas.ts";

/** O que se liga a um parâmetro. */
export type Valor = string | number;

/** Uma coluna que se escreve. */
interface Coluna {
  readonly nome: string;
  /** De costume tem, num que nasce, o valor de `nasce`. */
  readonly comum: boolean;
  readonly valor: (agendamento: Agendamento) => Valor;
  /** O seu num conjunto de colunas, pela ordem delas. */
  readonly bit: number;
}

let colunas = 0;

function coluna(
  nome: string,
  comum: "comum" | "propria",
  valor: Coluna["valor"],
): Coluna {
  return { nome, comum: comum === "comum", valor, bit: 1 << colunas++ };
}

/** Um campo que é uma coluna. */
type NomeDeColuna = Exclude<keyof Agendamento, "numero"> | "agenda";

/** Cada campo, menos o número, que é a chave, e a agenda, que se deduz. Um campo novo que se esqueça não compila. */
const COLUNA: { readonly [C in NomeDeColuna]: Coluna } = {
  versao: coluna("versao", "comum", ({ versao }) => versao),
  codigo: coluna("codigo", "propria", ({ codigo }) => codigo),
  cpf: coluna("cpf", "propria", ({ cpf }) => cpf),
  nome: coluna("nome", "propria", ({ nome }) => nome),
  especialidade: coluna("especialidade", "propria", ({ especialidade }) => especialidade),
  profissional: coluna("profissional", "propria", ({ profissional }) => profissional),
  agenda: coluna("agenda", "propria", agendaDe),
  data: coluna("data", "propria", ({ data }) => data),
  hora: coluna("hora", "propria", ({ hora }) => hora),
  minutos: coluna("minutos", "propria", ({ minutos }) => minutos),
  situacao: coluna("situacao", "comum", ({ situacao }) => situacao),
  ativo: coluna("ativo", "comum", ({ ativo }) => ativo ? 1 : 0),
  encaixe: coluna("encaixe", "comum", ({ encaixe }) => encaixe ? 1 : 0),
  local: coluna("local", "comum", ({ local }) => local),
  motivo: coluna("motivo", "comum", ({ motivo }) => motivo),
  nota: coluna("nota", "comum", ({ nota }) => nota),
  email: coluna("email", "comum", ({ email }) => email),
  telefone: coluna("telefone", "comum", ({ telefone }) => telefone),
  senha: coluna("senha", "comum", ({ senha }) => senha),
  prioridade: coluna("prioridade", "comum", ({ prioridade }) => prioridade),
  chegouEm: coluna("chegou_em", "comum", ({ chegouEm }) => chegouEm),
  chamadoEm: coluna("chamado_em", "comum", ({ chamadoEm }) => chamadoEm),
  chamadas: coluna("chamadas", "comum", ({ chamadas }) => chamadas),
  terminouEm: coluna("terminou_em", "comum", ({ terminouEm }) => terminouEm),
  substitui: coluna("substitui", "comum", ({ substitui }) => substitui),
  pilha: coluna("pilha", "comum", escrevePilha),
  espera: coluna("espera", "comum", ({ espera }) => espera),
};

const TODAS = Object.values(COLUNA);

/**
 * As colunas em que duas imagens diferem, em bits. Por extenso: toda mudança passa aqui, e percorrer as colunas custa muito
 * mais. Uma de que alguém se esqueça não se gravaria; o teste muda uma a uma.
 */
export function quaisMudam(a: Agendamento, b: Agendamento): number {
  // O que se escreve da pilha depende também de quando terminou.
  const pilha = (a.pilha !== b.pilha || a.terminouEm !== b.terminouEm) && a.pilha.length + b.pilha.length > 0;
  const agenda = a.profissional !== b.profissional || a.especialidade !== b.especialidade;
  return (a.versao !== b.versao ? COLUNA.versao.bit : 0) |
    (a.codigo !== b.codigo ? COLUNA.codigo.bit : 0) |
    (a.cpf !== b.cpf ? COLUNA.cpf.bit : 0) |
    (a.nome !== b.nome ? COLUNA.nome.bit : 0) |
    (a.especialidade !== b.especialidade ? COLUNA.especialidade.bit : 0) |
    (a.profissional !== b.profissional ? COLUNA.profissional.bit : 0) |
    (agenda ? COLUNA.agenda.bit : 0) |
    (a.data !== b.data ? COLUNA.data.bit : 0) |
    (a.hora !== b.hora ? COLUNA.hora.bit : 0) |
    (a.minutos !== b.minutos ? COLUNA.minutos.bit : 0) |
    (a.situacao !== b.situacao ? COLUNA.situacao.bit : 0) |
    (a.ativo !== b.ativo ? COLUNA.ativo.bit : 0) |
    (a.encaixe !== b.encaixe ? COLUNA.encaixe.bit : 0) |
    (a.local !== b.local ? COLUNA.local.bit : 0) |
    (a.motivo !== b.motivo ? COLUNA.motivo.bit : 0) |
    (a.nota !== b.nota ? COLUNA.nota.bit : 0) |
    (a.email !== b.email ? COLUNA.email.bit : 0) |
    (a.telefone !== b.telefone ? COLUNA.telefone.bit : 0) |
    (a.senha !== b.senha ? COLUNA.senha.bit : 0) |
    (a.prioridade !== b.prioridade ? COLUNA.prioridade.bit : 0) |
    (a.chegouEm !== b.chegouEm ? COLUNA.chegouEm.bit : 0) |
    (a.chamadoEm !== b.chamadoEm ? COLUNA.chamadoEm.bit : 0) |
    (a.chamadas !== b.chamadas ? COLUNA.chamadas.bit : 0) |
    (a.terminouEm !== b.terminouEm ? COLUNA.terminouEm.bit : 0) |
    (a.substitui !== b.substitui ? COLUNA.substitui.bit : 0) |
    (pilha ? COLUNA.pilha.bit : 0) |
    (a.espera !== b.espera ? COLUNA.espera.bit : 0);
}

/** As que, num que nasce, têm quase sempre o mesmo valor, que é o que o esquema dá a quem não o diz. */
const DE_COSTUME = TODAS.reduce((bits, { comum, bit }) => comum ? bits | bit : bits, 0);
const PROPRIAS = TODAS.filter(({ comum }) => !comum);

const COSTUME = nasce({
  ...{ numero: 0, codigo: "", cpf: "", nome: "", especialidade: "", data: "", hora: "", minutos: 0 },
});

/** Linhas por instrução, no máximo. Executá-la custa mais que a linha: juntas, cada uma custa a metade. */
const LINHAS_POR_INSTRUCAO = 32;

/** Uma instrução que vale para muitas linhas, preparada uma vez para cada quantidade delas. */
export class EmLinhas<T> {
  #db: DatabaseSync;
  #sql: (linhas: number) => string;
  #acrescenta: (valores: Valor[], linha: T) => void;
  /** A instrução para tantas linhas quanto o índice. */
  #instrucoes: StatementSync[] = [];

  /** Os parâmetros de `sql` são os comuns a todas as linhas (`?1`, …), depois os que `acrescenta` põe por cada uma. */
  constructor(db: DatabaseSync, sql: (linhas: number) => string, acrescenta: (valores: Valor[], linha: T) => void) {
    this.#db = db;
    this.#sql = sql;
    this.#acrescenta = acrescenta;
  }

  /** Executa para todas; quantas linhas do banco mudaram. */
  executa(comuns: readonly Valor[], linhas: readonly T[]): number {
    let mudadas = 0;
    for (let feitas = 0; feitas < linhas.length;) {
      const parte = linhas.slice(feitas, feitas += LINHAS_POR_INSTRUCAO);
      const valores = [...comuns];
      for (const linha of parte) this.#acrescenta(valores, linha);
      const instrucao = this.#instrucoes[parte.length] ??= this.#db.prepare(this.#sql(parte.length));
      mudadas += Number(instrucao.run(...valores).changes);
    }
    return mudadas;
  }
}

/** O que muda de uma imagem a outra: as colunas, em bits pela ordem delas, e os valores novos. */
interface Diferenca {
  readonly quais: number;
  readonly valores: readonly Valor[];
}

/** A diferença nestas colunas, com outros valores antes. */
function diferenca(quais: number, depois: Agendamento, ...antes: readonly Valor[]): Diferenca {
  const valores = [...antes];
  for (let bits = quais; bits !== 0; bits &= bits - 1) valores.push(TODAS[31 - Math.clz32(bits & -bits)].valor(depois));
  return { quais, valores };
}

/** Linhas que têm a mesma diferença, e por isso vão juntas. */
interface Grupo<T> extends Diferenca {
  readonly linhas: T[];
}

/** Junta as linhas de mesma diferença. */
function junta<T>(linhas: readonly T[], diferencaDe: (linha: T) => Diferenca): Iterable<Grupo<T>> {
  const grupos = new Map<string, Grupo<T>>();
  let ultimo: Grupo<T> | undefined;
  for (const linha of linhas) {
    const feita = diferencaDe(linha);
    if (ultimo === undefined || !igual(ultimo, feita)) {
      const chave = JSON.stringify(feita);
      ultimo = grupos.get(chave);
      if (ultimo === undefined) grupos.set(chave, ultimo = { ...feita, linhas: [] });
    }
    ultimo.linhas.push(linha);
  }
  return grupos.values();
}

function igual(uma: Diferenca, outra: Diferenca): boolean {
  return uma.quais === outra.quais && uma.valores.every((valor, i) => valor === outra.valores[i]);
}

/** Escreve agendamentos, dentro da transação de quem chama. */
export class Agendamentos {
  #db: DatabaseSync;
  /** Uma instrução por conjunto de colunas que não são como de costume. */
  #insere = new Map<number, EmLinhas<Novo>>();
  /** Uma por conjunto de colunas que mudam. */
  #atualiza = new Map<number, EmLinhas<Mudado>>();

  /**
   * `OR ROLLBACK`: um lote é tudo ou nada, e assim o SQLite não copia, antes de cada instrução, as páginas que ela muda,
   * para poder desfazer só a ela; nos lotes grandes a cópia ia para um arquivo temporário.
   */
  constructor(db: DatabaseSync) {
    this.#db = db;
  }

  /** Insere os que nascem. */
  insere(quando: string, novos: readonly Novo[]): void {
    for (
      const grupo of junta(
        novos,
        ({ agendamento }) => diferenca(quaisMudam(COSTUME, agendamento) & DE_COSTUME, agendamento),
      )
    ) {
      this.#insercao(grupo.quais).executa([quando, ...grupo.valores], grupo.linhas);
    }
  }

  #insercao(quais: number): EmLinhas<Novo> {
    let insercao = this.#insere.get(quais);
    if (insercao === undefined) {
      const comuns = ["criado_em", ...nomes(quais)];
      const linha = [...comuns.map((_, i) => `?${i + 1}`), ...PROPRIAS.map(() => "?"), "?", "?"].join(", ");
      const colunas = [...comuns, ...PROPRIAS.map(({ nome }) => nome), "numero", "origem"].join(", ");
      insercao = new EmLinhas(
        this.#db,
        (linhas) => `INSERT OR ROLLBACK INTO agendamento (${colunas}) VALUES ${repete(linhas, `(${linha})`)}`,
        (valores, { agendamento, origem }) => {
          for (const { valor } of PROPRIAS) valores.push(valor(agendamento));
          valores.push(agendamento.numero, origem);
        },
      );
      this.#insere.set(quais, insercao);
    }
    return insercao;
  }

  /**
   * Atualiza os que mudam e devolve quantos mudaram: um cuja linha já não tem a versão de antes não muda. Primeiro os que
   * não tomam nada, depois os outros um a um, em ordem: as restrições valem a cada instrução.
   */
  atualiza(mudados: readonly Mudado[]): number {
    const { tomam = [], soltos = [] } = Object.groupBy(mudados, (mudado) => toma(mudado) ? "tomam" : "soltos");
    if (!cruzam(tomam)) return this.#executa(soltos) + this.#umAUm(tomam);
    // Um toma a hora que outro, mais adiante, ainda não deixou: antes saem todos de onde estão.
    // Quem não está em lugar nenhum não tem de onde sair.
    const saem = tomam.filter(({ antes }) => !antes.encaixe || antes.ativo)
      .map(({ antes }) => ({ antes, depois: semLugar(antes) }));
    const sairam = this.#executa([...soltos, ...saem]) - saem.length;
    return sairam + this.#umAUm(tomam.map(({ antes, depois }) => ({ antes: semLugar(antes), depois })));
  }

  #umAUm(mudados: readonly Mudado[]): number {
    return mudados.reduce((mudaram, mudado) => mudaram + this.#executa([mudado]), 0);
  }

  #executa(mudados: readonly Mudado[]): number {
    let mudaram = 0;
    const grupos = junta(
      mudados,
      ({ antes, depois }) => diferenca(quaisMudam(antes, depois), depois, antes.versao),
    );
    for (const { quais, valores, linhas } of grupos) mudaram += this.#atualizacao(quais).executa(valores, linhas);
    return mudaram;
  }

  #atualizacao(quais: number): EmLinhas<Mudado> {
    let atualizacao = this.#atualiza.get(quais);
    if (atualizacao === undefined) {
      const novos = nomes(quais).map((nome, i) => `${nome} = ?${i + 2}`);
      // De quem passou a ser outro não se guarda de onde veio.
      const mudam = [...novos, ...(quais & COLUNA.cpf.bit) === 0 ? [] : ["origem = ''"]].join(", ");
      atualizacao = new EmLinhas(
        this.#db,
        (linhas) =>
          `UPDATE OR ROLLBACK agendamento SET ${mudam} WHERE versao = ?1 AND numero IN (${repete(linhas, "?")})`,
        (valores, { antes }) => valores.push(antes.numero),
      );
      this.#atualiza.set(quais, atualizacao);
    }
    return atualizacao;
  }
}

/** Verdadeiro se passa a ter uma hora, ou a ser o ativo de um par, e não o era. */
function toma({ antes, depois }: Mudado): boolean {
  if (tomaHora(depois) && (!tomaHora(antes) || lugarDe(antes) !== lugarDe(depois))) return true;
  return depois.ativo && (!antes.ativo || antes.cpf !== depois.cpf || antes.especialidade !== depois.especialidade);
}

function lugarDe(agendamento: Agendamento): string {
  return `${agendamento.data} ${agendamento.hora} ${agendaDe(agendamento)}`;
}

/** Verdadeiro se um toma o lugar que um dos seguintes tem. */
function cruzam(tomam: readonly Mudado[]): boolean {
  const tidos = new Set(tomam.map(({ antes }) => lugarDe(antes)));
  for (const { antes, depois } of tomam) {
    tidos.delete(lugarDe(antes));
    if (tidos.has(lugarDe(depois))) return true;
  }
  return false;
}

/** O mesmo agendamento, sem tomar hora nem ser o ativo de ninguém. */
function semLugar(agendamento: Agendamento): Agendamento {
  return { ...agendamento, encaixe: true, ativo: false };
}

/** Os nomes das colunas de um conjunto, pela ordem delas. */
function nomes(quais: number): string[] {
  return TODAS.filter(({ bit }) => (quais & bit) !== 0).map(({ nome }) => nome);
}

/** O mesmo texto, tantas vezes, entre vírgulas. */
export function repete(vezes: number, texto: string): string {
  return Array<string>(vezes).fill(texto).join(", ");
}
