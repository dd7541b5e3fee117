/**
 * O livro: o que é um agendamento, o que pode mudar nele, o contrato de quem o guarda (`Armazem`) e os erros que ele pode
 * dar, e o efeito líquido de um lote (`resume`).
 *
 * As regras estão em `regras.ts`, quem cumpre o contrato em `armazem/`.
 *
 * @module
 */

import type { Ocupacao } from "./ocupacao.ts";

/** Um agendamento gravado, ou a gravar. */
export interface Agendamento {
  /** O número da linha no livro. */
  readonly id: number;
  /** 11 dígitos. */
  readonly cpf: string;
  /** Normalizado, em maiúsculas. */
  readonly nome: string;
  /** A chave da especialidade: sem acentos, em maiúsculas. */
  readonly especialidade: string;
  /** Quem atende; por enquanto sempre `""`. */
  readonly profissional: string;
  /** `"aaaa-mm-dd"`. */
  readonly data: string;
  /** `"HH:MM"`. */
  readonly hora: string;
  /** Duração em minutos, como era quando se marcou. */
  readonly minutos: number;
}

/** Quem pediu uma mudança. */
export interface Quem {
  /** Endereço ou terminal, como fica no livro. */
  readonly origem: string;
  /** A conexão, como o console a conta: `"10.0.0.7:40312"`. */
  readonly cliente: string;
}

/**
 * Uma mudança no livro. `marca` acrescenta um agendamento ativo; `desmarca` o cancela e libera a hora; `arquiva` tira de
 * ativo um que já acabou, no mesmo lote em que o par (CPF, especialidade) marca de novo. Quem percorre mudanças usa um
 * `switch` sem `default` que acaba em `impossivel`: uma espécie nova não compila até que todos saibam dela.
 */
export interface Mudanca {
  /** O que muda. */
  readonly tipo: "marca" | "desmarca" | "arquiva";
  /** O agendamento, como fica ou como estava. */
  readonly agendamento: Agendamento;
  /** Quem pediu. */
  readonly quem: Quem;
}

/** O fim de um `switch` que trata todos os casos: um que falte é um erro de tipo. */
export function impossivel(caso: never): never {
  throw new TypeError(`caso sem tratamento: ${JSON.stringify(caso)}`);
}

/** O que as regras veem do livro. */
export interface Vista {
  /** Os agendamentos ativos de um CPF, os que já acabaram incluídos, em qualquer ordem. */
  ativosDe(cpf: string): readonly Agendamento[];
  /** Os minutos tomados por agendamentos não cancelados; quem chama não a muda. */
  ocupacao(especialidade: string, data: string): Ocupacao;
  /** Um número de linha ainda não usado. */
  novoId(): number;
}

/** Um dia de uma especialidade. */
export type Dia = readonly [especialidade: string, data: string];

/** O que um lote pode tocar, sabido só pelos pedidos: para os armazéns que travam e carregam linhas. */
export interface Alcance {
  /** Os CPFs, sem repetição. */
  readonly cpfs: readonly string[];
  /** Os CPFs, dentre aqueles, que podem desmarcar: também os dias do que têm marcado podem mudar. */
  readonly desmarcam: readonly string[];
  /** Os dias em que se pode marcar, ou que se leem, `[especialidade, "aaaa-mm-dd"]`, sem repetição. */
  readonly dias: readonly Dia[];
}

/**
 * O fim de um lote. `gravado`: está no disco. `nada`: sabe-se que nada mudou. `recusado`: uma restrição do banco recusou
 * o lote e nada mudou. `incerto`: pode ter mudado ou não, e não se conseguiu descobrir. `pendente`: a resposta do commit
 * perdeu-se e o armazém está descobrindo o que houve; enquanto isso já recebe o lote seguinte.
 */
export type Desfecho<R> = Fim<R> | { readonly tipo: "pendente"; readonly fim: Promise<Fim<R>> };

/** Um desfecho que não muda mais. */
export type Fim<R> =
  | { readonly tipo: "gravado"; readonly resultado: R }
  | { readonly tipo: "nada" | "recusado" | "incerto"; readonly causa: unknown };

/** O que `decide` devolve a um lote: o resultado e o que gravar. */
export interface Lote<R> {
  /** O que `lote` devolve quando a gravação dá certo. */
  readonly resultado: R;
  /** O que gravar, na ordem. Vazio: não há o que gravar. */
  readonly mudancas: readonly Mudanca[];
}

/** O contrato de quem guarda o livro. Quem o chama garante um lote por vez; leituras podem vir a qualquer hora. */
export interface Armazem extends AsyncDisposable {
  /**
   * Mostra o livro a `decide` e grava, tudo ou nada, as mudanças que ela devolve. `decide` é pura e pode ser chamada de
   * novo. O armazém não rejeita: conta o que houve no `Desfecho`.
   */
  lote<R>(alcance: () => Alcance, quando: number, decide: (vista: Vista) => Lote<R>): Promise<Desfecho<R>>;
  /** Lê o que está gravado. Lança, ou rejeita, se o livro não está ao alcance. */
  le<R>(alcance: () => Alcance, consulta: (vista: Vista) => R): R | Promise<R>;
  /** Os agendamentos não cancelados de uma data, por especialidade e hora; ou só os de uma especialidade. */
  lista(data: string, especialidade?: string): Promise<Agendamento[]>;
  /** Os dias com agendamentos não cancelados a partir de uma data. */
  diasMarcados(desde: string): Promise<Dia[]>;
}

/** O livro não pôde ser aberto, copiado ou lido; a mensagem diz qual, o que houve e o que fazer. */
export class ErroDoArmazem extends Error {
  /** A mensagem diz o que houve e o que fazer; a causa é o erro de baixo. */
  constructor(mensagem: string, causa?: unknown) {
    super(mensagem, { cause: causa });
    this.name = "ErroDoArmazem";
  }
}

/** O banco, noutra máquina, não está ao alcance; sabe-se disso há algum tempo, e procura-se por ele. */
export class BancoForaDoAlcance extends ErroDoArmazem {
  /** `"BancoForaDoAlcance"`. */
  override name = "BancoForaDoAlcance";
}

/** O efeito de um lote, sem passos intermediários: o que nasce e morre nele entra já cancelado, numa só linha. */
export interface Liquido {
  /** O instante do lote, como fica no livro (`"2026-11-23T10:00:00Z"`). */
  readonly quando: string;
  /** O que entra ativo. */
  readonly novos: readonly Novo[];
  /** O que entra já cancelado. */
  readonly passageiros: readonly Novo[];
  /** Os que são cancelados. */
  readonly desmarcados: readonly Agendamento[];
  /** Os que deixam de ser ativos. */
  readonly arquivados: readonly Agendamento[];
}

/** O que sobra de um `Liquido` de que se gravou tudo. Um campo novo que um armazém esqueça não compila. */
export type Nada = Record<string, never>;

/** Um agendamento que entra no livro, e quem o pediu. */
export interface Novo {
  /** O agendamento. */
  readonly agendamento: Agendamento;
  /** Endereço ou terminal. */
  readonly origem: string;
}

/** O efeito líquido das mudanças de um lote. */
export function resume(mudancas: readonly Mudanca[], quando: number): Liquido {
  const novos = new Map<number, Novo>();
  const passageiros: Novo[] = [];
  const desmarcados: Agendamento[] = [];
  const arquivados: Agendamento[] = [];
  for (const { tipo, agendamento, quem: { origem } } of mudancas) {
    switch (tipo) {
      case "marca":
        novos.set(agendamento.id, { agendamento, origem });
        break;
      case "desmarca": {
        const novo = novos.get(agendamento.id);
        if (novo === undefined) desmarcados.push(agendamento);
        else passageiros.push(novo);
        novos.delete(agendamento.id);
        break;
      }
      case "arquiva":
        arquivados.push(agendamento);
        break;
      default:
        impossivel(tipo);
    }
  }
  return {
    quando: Temporal.Instant.fromEpochMilliseconds(quando).toString(),
    novos: [...novos.values()],
    passageiros,
    desmarcados,
    arquivados,
  };
}

/** Uma linha do livro como está gravada, com a história: para copiar um livro de um armazém para outro. */
export type LinhaDoLivro = readonly [
  id: number,
  cpf: string,
  nome: string,
  especialidade: string,
  profissional: string,
  data: string,
  hora: string,
  minutos: number,
  criadoEm: string,
  canceladoEm: string | null,
  origem: string,
  ativo: boolean,
];

/** Um livro de que se copia. Enquanto se copia, ninguém o muda, ou as mudanças não se veem. */
export interface Fonte extends AsyncDisposable {
  /** Quantas linhas há. */
  readonly total: number;
  /** Todas as linhas, por número, aos pedaços. */
  pedacos(): AsyncIterable<readonly LinhaDoLivro[]>;
}

/** Um livro vazio que recebe uma cópia, numa transação: sem `confirma`, fica vazio. */
export interface LivroNovo extends AsyncDisposable {
  /** Grava mais linhas. */
  recebe(linhas: readonly LinhaDoLivro[]): Promise<void>;
  /** O que está gravado, por número, aos pedaços. */
  pedacos(): AsyncIterable<readonly LinhaDoLivro[]>;
  /** Torna durável o que se recebeu. */
  confirma(): Promise<void>;
}
