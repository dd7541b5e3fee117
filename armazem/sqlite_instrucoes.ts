/**
 * As duas instruções de um agendamento num arquivo SQLite, `insere` e `atualiza … WHERE versao AND numero`, seja qual for o
 * ato, e que linhas vão juntas numa: as que têm em comum tudo o que, ao nascer, não é só de cada uma; as que mudam os mesmos
 * campos para os mesmos valores. Só `sqlite_escrita.ts` o usa.
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
  /** Se o valor mudou, onde sabê-lo custa menos que fazer os dois. */
  readonly mudou: ((antes: Agendamento, depois: Agendamento) => boolean) | undefined;
}

function coluna(
  nome: string,
  comum: "comum" | "propria",
  valor: Coluna["valor"],
  mudou: Coluna["mudou"] = undefined,
): Coluna {
  return { nome, comum: comum === "comum", valor, mudou };
}

/** Cada campo, menos o número, que é a chave, e a agenda, que se deduz. Um campo novo que se esqueça não compila. */
const COLUNA: { readonly [C in Exclude<keyof Agendamento, "numero"> | "agenda"]: Coluna } = {
  versao: coluna("versao", "comum", ({ versao }) => versao),
  codigo: coluna("codigo", "propria", ({ codigo }) => codigo),
  cpf: coluna("cpf", "propria", ({ cpf }) => cpf),
  nome: coluna("nome", "propria", ({ nome }) => nome),
  especialidade: coluna("especialidade", "propria", ({ especialidade }) => especialidade),
  profissional: coluna("profissional", "propria", ({ profissional }) => profissional),
  agenda: coluna(
    "agenda",
    "propria",
    agendaDe,
    (antes, depois) => antes.profissional !== depois.profissional || antes.especialidade !== depois.especialidade,
  ),
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
  pilha: coluna(
    "pilha",
    "comum",
    escrevePilha,
    // O que se escreve dela depende também de quando terminou.
    (antes, depois) =>
      (antes.pilha !== depois.pilha || antes.terminouEm !== depois.terminouEm) &&
      (antes.pilha.length > 0 || depois.pilha.length > 0),
  ),
};

const TODAS = Object.values(COLUNA);
/** As que, num que nasce, têm quase sempre o mesmo valor, que é o que o esquema dá a quem não o diz. */
const DE_COSTUME = TODAS.filter(({ comum }) => comum);
const PROPRIAS = TODAS.filter(({ comum }) => !comum);

const COSTUME = nasce({
  ...{ numero: 0, codigo: "", cpf: "", nome: "", especialidade: "", data: "", hora: "", minutos: 0 },
});

/** Linhas por instrução, no máximo. Executá-la custa mais que a linha: juntas, cada uma custa a metade. */
const LINHAS_POR_INSTRUCAO = 32;

/** Uma instrução que vale para muitas linhas, preparada uma vez para cada quantidade delas. */
class EmLinhas<T> {
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

  /** Quantas linhas do banco mudaram. */
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

/** `valores` recebe os novos. */
function diferenca(
  colunas: readonly Coluna[],
  { antes, depois, valores = [] }: Mudado & { valores?: Valor[] },
): Diferenca {
  let quais = 0;
  for (let i = 0; i < colunas.length; i++) {
    const { valor, mudou } = colunas[i];
    if (mudou !== undefined && !mudou(antes, depois)) continue;
    const novo = valor(depois);
    if (mudou === undefined && valor(antes) === novo) continue;
    quais |= 1 << i;
    valores.push(novo);
  }
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
      const grupo of junta(novos, ({ agendamento }) => diferenca(DE_COSTUME, { antes: COSTUME, depois: agendamento }))
    ) {
      this.#insercao(grupo.quais).executa([quando, ...grupo.valores], grupo.linhas);
    }
  }

  #insercao(quais: number): EmLinhas<Novo> {
    let insercao = this.#insere.get(quais);
    if (insercao === undefined) {
      const comuns = ["criado_em", ...nomes(DE_COSTUME, quais)];
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
      ({ antes, depois }) => diferenca(TODAS, { antes, depois, valores: [antes.versao] }),
    );
    for (const { quais, valores, linhas } of grupos) mudaram += this.#atualizacao(quais).executa(valores, linhas);
    return mudaram;
  }

  #atualizacao(quais: number): EmLinhas<Mudado> {
    let atualizacao = this.#atualiza.get(quais);
    if (atualizacao === undefined) {
      const mudam = nomes(TODAS, quais).map((nome, i) => `${nome} = ?${i + 2}`).join(", ");
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

/** Os nomes das colunas de um conjunto. */
function nomes(colunas: readonly Coluna[], quais: number): string[] {
  return colunas.filter((_, i) => (quais & (1 << i)) !== 0).map(({ nome }) => nome);
}

function repete(vezes: number, texto: string): string {
  return Array<string>(vezes).fill(texto).join(", ");
}
