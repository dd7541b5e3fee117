/**
 * A casa das páginas: o que cada uma recebe (`Casa`), o que se sabe de cada pedido (`Ambiente`), e como se pede à agenda:
 * contado, e com o que se viu na trilha, como em qualquer outra face.
 *
 * @module
 */

import type { Context, Hono } from "hono";
import type { Agenda } from "../agenda.ts";
import type { Papel } from "../clinica/agendamento.ts";
import { JANELA_DOS_CODIGOS } from "../clinica/contar.ts";
import { redeDe } from "../clinica/endereco.ts";
import type { LivroDasChaves } from "../clinica/chave.ts";
import type { Quem } from "../clinica/livro.ts";
import type { LivroDasPessoas } from "../clinica/pessoa.ts";
import type { Erro, Resultado } from "../clinica/pedido.ts";
import type { AtoDeComando, AtoDePessoa, LivroDaTrilha } from "../clinica/trilha.ts";
import type { PedidoLido } from "../fio/clinica2.ts";
import type { Lingua } from "./palavras/palavras.ts";
import type { Palavras } from "./palavras/pt.ts";
import type { Arquivos } from "./arquivos.ts";
import type { Fluxo } from "./fluxo.ts";
import type { Selos } from "./selos.ts";

/** O que as páginas usam do servidor. */
export interface Casa {
  /** Quem responde aos pedidos. */
  readonly agenda: Agenda;
  /** O instante de agora, ms desde 1970. */
  readonly relogio: () => number;
  /** Quantos segundos tem de esperar quem pede; 0 se não tem, e então o pedido fica contado. */
  readonly conta: (quem: Quem, pedido: PedidoLido | Erro) => number;
  /** A quem se diz o que cada resposta mostrou. */
  readonly aoVer: (quem: Quem, pedido: PedidoLido, resultado: Resultado) => void;
  /** A quem se diz o que fica na trilha e não é um pedido: quem entrou, errou ou saiu; de que número de pessoa, ou de chave; ou de que CPF. */
  readonly anota: (quem: Quem, especie: AtoDePessoa | AtoDeComando, numero?: number, cpf?: string) => void;
  /** A quem se diz o que falhou; nunca traz dados de alguém. */
  readonly aoFalhar: (o_que: string, causa: unknown) => void;
  /** Atende-se por TLS: os cookies vão só por ele. */
  readonly segura: boolean;
  /** Quem entrou no painel, se a sessão que o pedido traz ainda vale; `usa`, se é alguém que o faz, e não a página sozinha. */
  readonly quemEntrou: (c: Contexto, usa?: boolean) => Promise<Entrado | undefined>;
  /** Quem não entrou marca, e trata do que é seu; senão, as páginas do paciente mandam-no à recepção. */
  readonly abertaAoPublico: boolean;
  /** O painel deixa entrar de outras máquinas ainda que não seja por TLS. */
  readonly painelSemTls: boolean;
  /** O que mudou no livro, a quem o mostra. */
  readonly fluxo: Fluxo;
  /** O que se cifra e sela, para que volte. */
  readonly selos: Selos;
  /** O estilo e os scripts, pelo nome com que se pedem. */
  readonly arquivos: Arquivos;
  /** O que só a gerência usa. */
  readonly gerencia: Gerencia;
}

/** O que só a gerência usa, e não se pede à agenda. */
export interface Gerencia {
  /** O arquivo da semana, pelo caminho inteiro: é ele que manda, e não a página. */
  readonly arquivoDaSemana: string;
  /** As chaves de acesso. */
  readonly chaves: LivroDasChaves;
  /** As pessoas que entram. */
  readonly pessoas: LivroDasPessoas;
  /** Abre a trilha para a ler; nada, se o livro não fica em lado nenhum. */
  readonly trilha: (() => Promise<TrilhaAberta>) | undefined;
}

/** A trilha, para ler; fecha-se no fim. */
export interface TrilhaAberta extends Pick<LivroDaTrilha, "pedacos" | "numerosDe">, AsyncDisposable {
  /** Um CPF sob cada chave dela. */
  readonly disfarces: (cpf: string) => readonly string[];
}

/** Quem está no painel. */
export interface Entrado {
  /** Como pede à agenda. O mesmo objeto em cada pedido da mesma ligação: a trilha soma por ele, sem o comparar. */
  readonly quem: Quem;
  /** O número da pessoa. */
  readonly pessoa: number;
  /** O nome que ela tem, para o cabeçalho. */
  readonly nome: string;
}

/** O que se sabe de um pedido HTTP, além dele. */
export interface Ambiente {
  /** O que a porta diz: quem ligou, e de que máquina. */
  Bindings: {
    /** O endereço de quem pede, na forma de `canonico`. */
    endereco: string;
    /** A porta de lá, para o console. */
    porta: number;
    /** Quem ligou está nesta máquina, e não veio por um intermediário. */
    desta: boolean;
    /** Quem responde aos poucos diz por ela que o que já respondeu foi lido: sem isso, ao fim de um minuto, corta-se. */
    passou: () => void;
  };
  /** O que se lê dele. */
  Variables: {
    /** A língua de quem pede. */
    lingua: Lingua;
    /** As palavras dela. */
    p: Palavras;
    /** Ninguém pode ler pelo caminho: é por TLS, ou desta máquina. */
    deConfianca: boolean;
    /** No painel, quem entrou. */
    entrado: Entrado;
  };
}

/**
 * Um pedido HTTP, visto por uma página.
 *
 * @internal
 */
export type Contexto = Context<Ambiente>;

/**
 * As rotas de uma parte das páginas.
 *
 * @internal
 */
export type Rotas = Hono<Ambiente>;

/** Quem pede por uma página, sem ter entrado: um objeto por pedido, que a trilha só junta ao fechar o segundo. */
export function quemPede({ env: { endereco, porta } }: Pick<Contexto, "env">, papel: Papel): Quem {
  return { origem: redeDe(endereco), cliente: `${endereco}:${porta}`, papel };
}

/** Pede à agenda, em nome de alguém. */
export async function pede(casa: Casa, quem: Quem, pedido: PedidoLido): Promise<Resultado> {
  const [resultado] = await pedeTudo(casa, quem, [pedido]);
  casa.aoVer(quem, pedido, resultado);
  return resultado;
}

/** Pede vários de uma vez, que se leem juntos. O que deles se mostrar, diz quem o mostra (`Casa.aoVer`). */
export async function pedeTudo(casa: Casa, quem: Quem, pedidos: readonly PedidoLido[]): Promise<Resultado[]> {
  for (const pedido of pedidos) {
    const segundos = casa.conta(quem, pedido);
    if (segundos > 0) throw new PedeDemais(segundos);
  }
  const resultados = await casa.agenda.atende(pedidos, quem);
  if (resultados === undefined) throw new DesfechoIncerto();
  for (const resultado of resultados) {
    if (resultado.codigo === "ERRO-131") throw new LivroForaDoAlcance();
    if (resultado.codigo === "ERRO-130") throw new PedeDemais(resultado.segundos ?? JANELA_DOS_CODIGOS / 1000);
  }
  return resultados;
}

/** Quem pede tem de esperar; nada se fez. */
export class PedeDemais extends Error {
  /** O nome da classe. */
  override name = "PedeDemais";
  /** Com quantos segundos de espera. */
  constructor(readonly segundos: number) {
    super(`tem de esperar ${segundos} s`);
  }
}

/** O livro não se pôde ler ou escrever; nada mudou. */
export class LivroForaDoAlcance extends Error {
  /** O nome da classe. */
  override name = "LivroForaDoAlcance";
}

/** Não se sabe se ficou gravado. */
export class DesfechoIncerto extends Error {
  /** O nome da classe. */
  override name = "DesfechoIncerto";
}
