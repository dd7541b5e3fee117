/**
 * As mudanças que os testes de armazém gravam e o que deles perguntam. Só o que testa, prova ou mede o importa; o produto,
 * nunca.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { agendaDe, type Agendamento, nasce, type Situacao } from "../clinica/agendamento.ts";
import type { Espera } from "../clinica/espera.ts";
import type { Excecao } from "../clinica/excecao.ts";
import {
  type Alcance,
  type Armazem,
  type Contato,
  type DaEspera,
  type DaExcecao,
  type DaPoda,
  type DaTentativa,
  type Dia,
  type DoAgendamento,
  type DoContato,
  type DoTique,
  type Intencao,
  type Mudanca,
  NENHUM_ALCANCE,
  type Quando,
  type Quem,
  type Vista,
} from "../clinica/livro.ts";
import { minutoDoDia } from "../clinica/oferta.ts";
import type { Tentativa } from "../clinica/tentativa.ts";
import { cpfDeExemplo } from "./apoio.ts";

/** O instante em que os testes gravam, quando não dizem outro. */
export const QUANDO: number = Temporal.Instant.from("2026-11-23T10:00:00Z").epochMilliseconds;
/** O mesmo, como fica no livro. */
export const EM = "2026-11-23T10:00:00Z";
/** A data em que os testes marcam, quando não dizem outra. */
export const DIA = "2026-11-30";
/** As datas que os testes usam. */
export const DATAS: readonly string[] = [DIA, "2026-12-02", "2026-12-07"];
/** A especialidade em que os testes marcam, quando não dizem outra. */
export const CLINICO = "CLINICO GERAL";
/** Quem atende pelo nome, nos testes em que alguém tem nome. */
export const ANA = "DRA. ANA LIMA";
/** A agenda em que os testes marcam, quando não dizem outra. */
export const AGENDA: string = agendaDe({ especialidade: CLINICO, profissional: "" });
/** As horas que os testes usam. */
export const HORAS: readonly string[] = ["08:00", "08:30", "09:00", "09:30", "10:00"];

/** Tudo em que os testes mexem, menos mudar exceções: um armazém que carrega só o que se pede precisa sabê-lo. */
export function alcance(): Alcance {
  const cpfs = Array.from({ length: 300 }, (_, n) => cpfDeExemplo(n));
  return {
    ...NENHUM_ALCANCE,
    cpfs,
    historias: cpfs,
    mudam: cpfs,
    voltam: cpfs,
    fichas: cpfs,
    vizinhas: [],
    dias: [AGENDA, "E:DERMATOLOGISTA", `P:${ANA}`].flatMap((agenda) => DATAS.map((data): Dia => [agenda, data])),
    periodos: [[DIA, "2026-12-07"]],
    cancelados: DATAS,
    senhas: DATAS,
    excecoes: "le",
    novos: 300,
  };
}

/** O mesmo, e mudar exceções: as que nascem, e estas, que podem deixar de valer. */
export function comExcecoes(...reabrem: number[]): () => Alcance {
  return () => ({ ...alcance(), excecoes: "muda", reabrem });
}

/** O mesmo, e a lista de espera das duas especialidades, quem espera, e o que o relógio já mandou fazer até este instante. */
export function comEspera(quando: Partial<Quando> = {}): () => Alcance {
  const pendencias: Quando = { instante: EM, hoje: EM.slice(0, 10), faltas: false, ...quando };
  return () => ({ ...alcance(), listas: [CLINICO, "DERMATOLOGISTA"], promove: true, pendencias });
}

/** Um agendamento de que só se diz o que importa ao teste. */
export type Parte = Partial<Agendamento> & { readonly cpf: string };

/** Um agendamento às 08:00 de `DIA`, se não se diz outra coisa. */
export function agendamento(numero: number, parte: Parte): Agendamento {
  return nasce({
    numero,
    codigo: String(numero).padStart(8, "0"),
    nome: "MARIA DA SILVA",
    especialidade: CLINICO,
    data: DIA,
    hora: "08:00",
    minutos: 30,
    ...parte,
  });
}

const QUEM: Quem = { origem: "10.0.0.7", cliente: "10.0.0.7:40000", papel: "gerente" };

/** A mudança que marca um agendamento. */
export function marca(vista: Vista, parte: Parte, origem: string = "10.0.0.7"): DoAgendamento {
  const depois = agendamento(vista.novoNumero(), parte);
  return { sobre: "agendamento", ato: "AGEND", quem: { ...QUEM, origem }, depois };
}

/** A mesma mudança, feita por uma pessoa que entrou pelas páginas. */
export function dePessoa(mudanca: DoAgendamento, pessoa: number): DoAgendamento {
  return { ...mudanca, quem: { ...mudanca.quem, papel: "balcao", pessoa } };
}

/** A mudança de um agendamento que muda só no que se diz, e na versão. */
export function muda(antes: Agendamento, parte: Partial<Agendamento>, ato: Intencao = "SITUA"): DoAgendamento {
  return { sobre: "agendamento", ato, quem: QUEM, antes, depois: { ...antes, versao: antes.versao + 1, ...parte } };
}

/** A mudança que desmarca um agendamento. */
export function desmarca(antes: Agendamento, terminouEm: string = EM): DoAgendamento {
  return muda(antes, { situacao: "CANCELADO", ativo: false, terminouEm }, "CANCEL");
}

/** A mudança que arquiva um agendamento que já acabou. */
export function arquiva(antes: Agendamento): DoAgendamento {
  return muda(antes, { ativo: false }, "ARQUIVA");
}

/** Um agendamento que já não é o ativo do seu par, nesta situação. */
export function acabado(cpf: string, situacao: Situacao, parte: Partial<Agendamento> = {}): Parte {
  return { cpf, situacao, ativo: false, terminouEm: EM, ...parte };
}

/** A mudança que fecha `DIA` inteiro, se não se diz outra coisa. */
export function fecha(vista: Pick<Vista, "novaExcecao">, parte: Partial<Excecao> = {}): DaExcecao {
  const depois: Excecao = {
    numero: vista.novaExcecao(),
    tipo: "FECHA",
    de: DIA,
    ate: DIA,
    inicio: 0,
    fim: 1440,
    especialidade: "",
    profissional: "",
    vagas: 0,
    minutos: 0,
    local: "",
    encaixes: 0,
    motivo: "",
    revogada: false,
    ...parte,
  };
  return { sobre: "excecao", ato: depois.tipo, quem: QUEM, depois };
}

/** A mudança que desfaz uma exceção. */
export function reabre(antes: Excecao): DaExcecao {
  return { sobre: "excecao", ato: "REABRE", quem: QUEM, antes, depois: { ...antes, revogada: true } };
}

/** A mudança que guarda como se fala com uma pessoa. */
export function contata(depois: Contato): DoContato {
  return { sobre: "contato", ato: "CORRIGE", quem: QUEM, depois };
}

/** Uma entrada que espera por qualquer hora da especialidade em que se marca, se não se diz outra coisa. */
export function espera(numero: number, parte: Partial<Espera> & { readonly cpf: string }): Espera {
  return {
    numero,
    versao: 1,
    codigo: `E${String(numero).padStart(7, "0")}`,
    nome: "MARIA DA SILVA",
    especialidade: CLINICO,
    profissional: "",
    de: "",
    ate: "",
    turno: "",
    antecedencia: 0,
    marca: false,
    move: true,
    prioridade: 0,
    motivo: "",
    isenta: false,
    email: "",
    telefone: "",
    origem: "10.0.0.7",
    lapsos: 0,
    ordem: numero,
    desde: EM,
    convite: 0,
    passou: [],
    terminouEm: "",
    ...parte,
  };
}

/** A mudança que põe uma entrada na lista de espera. */
export function entra(
  vista: Pick<Vista, "novaEspera">,
  parte: Partial<Espera> & { readonly cpf: string },
): DaEspera {
  return { sobre: "espera", ato: "ESPERA", quem: QUEM, depois: espera(vista.novaEspera(), parte) };
}

/** A mudança de uma entrada que muda só no que se diz, e na versão. */
export function mudaEspera(antes: Espera, parte: Partial<Espera>, ato: Intencao = "PROMOVE"): DaEspera {
  return { sobre: "espera", ato, quem: QUEM, antes, depois: { ...antes, versao: antes.versao + 1, ...parte } };
}

/** A mudança que a tira da lista. */
export function sai(antes: Espera): DaEspera {
  return mudaEspera(antes, { convite: 0, terminouEm: EM }, "DESISTE");
}

/** As mudanças que seguram uma hora para uma entrada. */
export function convida(
  vista: Pick<Vista, "novoNumero">,
  antes: Espera,
  { ate = EM, ...parte }: Partial<Agendamento> & { ate?: string },
): [DoAgendamento, DaEspera] {
  const { cpf, nome, especialidade } = antes;
  const segurada = segura(vista, { cpf, nome, especialidade, ate, ...parte });
  return [segurada, mudaEspera(antes, { convite: segurada.depois.numero })];
}

/** A mudança que segura uma hora. */
export function segura(
  vista: Pick<Vista, "novoNumero">,
  { ate, ...parte }: Parte & { readonly ate: string },
): DoAgendamento {
  const depois = agendamento(vista.novoNumero(), { situacao: "CONVIDADO", ativo: false, terminouEm: ate, ...parte });
  return { sobre: "agendamento", ato: "PROMOVE", quem: QUEM, depois };
}

/** A mudança que deixa passar uma hora segurada. */
export function deixaPassar(antes: Agendamento): DoAgendamento {
  return muda(antes, { situacao: "PASSOU", terminouEm: EM }, "VENCE");
}

/** A mudança que diz quando foi o último `TICK`. */
export function tica(depois: string): DoTique {
  return { sobre: "tique", ato: "TICK", quem: QUEM, depois };
}

/** A mudança que grava a conta do que se tentou. */
export function conta(cpf: string, rede: string, parte: Partial<Tentativa> = {}): DaTentativa {
  const nada = { recentes: [], dia: "", erros: 0, recusas: 0, acertou: 0, ate: QUANDO };
  return { sobre: "tentativa", ato: "CONTA", quem: QUEM, depois: { cpf, rede, ...nada, ...parte } };
}

/** A mudança que apaga algumas das que só disseram alguma coisa até um instante. */
export function poda(depois: number): DaPoda {
  return { sobre: "poda", ato: "TICK", quem: QUEM, depois };
}

/** O que `grava` e `tenta` aceitam. */
export interface ComoGravar {
  /** O instante do lote. */
  quando?: number;
  /** O que se pode tocar. */
  pede?: () => Alcance;
}

/** Grava as mudanças que `decide` pede e exige que dê certo. */
export async function grava(
  armazem: Armazem,
  decide: (vista: Vista) => Mudanca[],
  { quando = QUANDO, pede = alcance }: ComoGravar = {},
): Promise<void> {
  const desfecho = await armazem.lote(pede, quando, (vista) => ({ resultado: undefined, mudancas: decide(vista) }));
  assertEquals(desfecho, { tipo: "gravado", resultado: undefined });
}

/** O tipo do desfecho de um lote que pode não dar certo. */
export async function tenta(
  armazem: Armazem,
  decide: (vista: Vista) => Mudanca[],
  { quando = QUANDO, pede = alcance }: ComoGravar = {},
): Promise<string> {
  const { tipo } = await armazem.lote(pede, quando, (vista) => ({ resultado: 0, mudancas: decide(vista) }));
  return tipo;
}

/** Registra um teste que recebe um armazém vazio. */
export type Com = (nome: string, fn: (armazem: Armazem) => Promise<void>) => void;

/** Os ativos do enésimo CPF de exemplo. */
export async function ativosDe(armazem: Armazem, n: number): Promise<readonly Agendamento[]> {
  return await armazem.le(alcance, (vista) => vista.ativosDe(cpfDeExemplo(n)));
}

/** As horas de `HORAS` que estão livres. */
export async function livres(armazem: Armazem, agenda: string = AGENDA, data: string = DIA): Promise<string[]> {
  return await armazem.le(alcance, (vista) => {
    const ocupacao = vista.ocupacao(agenda, data);
    return HORAS.filter((hora) => ocupacao.livre(minutoDoDia(hora), 30));
  });
}
