/**
 * Quem está na lista de espera, como o cliente o mostra: uma entrada, a hora segurada para ela e até quando, e a lista. Usam-no
 * `saida.ts`, o menu (`avise.ts`) e a recepção (`fila.ts`).
 *
 * @module
 */

import { lerData } from "./datas.ts";
import { PRIORIDADES } from "./frases.ts";
import { cartao, codigoPorExtenso, colunas, comCabecalho, cpfPorExtenso, quebra, tabela } from "./telas.ts";
import type { Respondido, TuplaLida, VagaLida } from "./tubo.ts";
import { chave } from "../clinica/texto.ts";
import type { Convite, DetalhesDaEspera } from "../fio/clinica2.ts";

/** Quem espera, como sai em JSON. */
export interface Esperando extends DetalhesDaEspera {
  /** 11 dígitos. */
  readonly cpf: string;
  /** Em maiúsculas, como a clínica o guardou. */
  readonly nome: string;
  /** A especialidade. */
  readonly especialista: string;
  /** O lugar na ordem, a contar de 1. */
  readonly posicao: number;
}

/** Quem espera e tem uma hora segurada. */
export type Convidado = Esperando & { readonly convite: Convite };

/** Quem espera, numa resposta a `FILA`. */
export function filaDe(resposta: Respondido): Esperando[] {
  if (resposta.codigo !== "OK-311") return [];
  return resposta.fila.map(([cpf, nome, especialista, posicao, detalhes]) => ({
    ...{ cpf, nome, especialista, posicao },
    ...detalhes,
  }));
}

/** Verdadeiro se há uma hora segurada para quem espera. */
export function ehConvidado(um: Esperando): um is Convidado {
  return um.convite !== undefined;
}

/** Verdadeiro se há um convite e não há para onde mandar um aviso dele. */
export function porTelefonar(um: Esperando): um is Convidado {
  return ehConvidado(um) && um.email === undefined && um.telefone === undefined;
}

/** Para onde vai o aviso; `"TELEFONAR"` a quem tem um convite e não o receberá. */
export function avisoDe(um: Esperando): string {
  return porTelefonar(um) ? "TELEFONAR" : um.telefone ?? um.email ?? "";
}

/** A hora segurada: `"01/12/2026 08:00, DRA. ANA LIMA"`. */
export function horaDoConvite({ data, horario, profissional }: Convite): string {
  return profissional === "" ? `${data} ${horario}` : `${data} ${horario}, ${profissional}`;
}

/** O prazo, sem a data se ele é hoje: `"14:05"`. */
export function prazoDe({ prazo }: Convite, hoje: string): string {
  return prazo.startsWith(`${hoje} `) ? prazo.slice(hoje.length + 1) : prazo;
}

/**
 * A primeira hora já livre das que alguém quer, `"27/11/2026 08:00"`: espera-se pelas que vagarem, e esta não vaga. Quem está
 * marcado lá só quer o que for mais cedo.
 *
 * @param naoAntes `"aaaa-mm-dd HH:MM"`.
 */
export function livreQueServe(
  vagas: readonly VagaLida[],
  { profissional, de, ate, turno }: Partial<DetalhesDaEspera>,
  { marcado, naoAntes = "" }: { marcado?: { readonly data: string; readonly horario: string }; naoAntes?: string } = {},
): string | undefined {
  const quando = (data: string, horario = ""): string => `${lerData(data) ?? data} ${horario}`;
  for (const [data, , , horarios, quem = ""] of vagas) {
    const fora = de !== undefined && quando(data) < quando(de) || ate !== undefined && quando(data) > quando(ate) ||
      profissional !== undefined && chave(quem) !== chave(profissional);
    const serve = fora ? undefined : horarios.find((horario) =>
      quando(data, horario) >= naoAntes &&
      (turno === undefined || (horario < MEIO_DIA) === (turno === "MANHÃ")) &&
      (marcado === undefined || quando(data, horario) < quando(marcado.data, marcado.horario))
    );
    if (serve !== undefined) return `${data} ${serve}`;
  }
  return undefined;
}

/** O que já se tem marcado na especialidade. */
export function marcadoEm(
  agendamentos: readonly TuplaLida[],
  especialista: string,
): { data: string; horario: string } | undefined {
  const [, , , , data, , horario] = agendamentos.find(([, , , dela]) => chave(dela) === chave(especialista)) ?? [];
  return data === undefined || horario === undefined ? undefined : { data, horario };
}

/** A que horas acaba a manhã. */
const MEIO_DIA = "12:00";

/** O que alguém quer, em palavras; `""` se qualquer hora lhe serve. */
export function oQueQuer({ profissional, de, ate, turno, antecedencia }: Partial<DetalhesDaEspera>): string {
  const partes = [
    profissional,
    de !== undefined && ate !== undefined && de === ate ? `só ${de}` : undefined,
    de !== undefined && de !== ate ? `desde ${de}` : undefined,
    ate !== undefined && de !== ate ? `até ${ate}` : undefined,
    turno === undefined ? undefined : turno === "MANHÃ" ? "de manhã" : "à tarde",
    antecedencia === undefined ? undefined : `avisar ${duracao(antecedencia)} antes`,
  ];
  return partes.filter((parte) => parte !== undefined).join(", ");
}

/** `"90 min"`, `"2 h"`, `"3 dias"`. */
function duracao(minutos: number): string {
  if (minutos % (24 * 60) === 0) return minutos === 24 * 60 ? "1 dia" : `${minutos / (24 * 60)} dias`;
  return minutos % 60 === 0 ? `${minutos / 60} h` : `${minutos} min`;
}

/** O cartão de quem acaba de entrar na lista. */
export function cartaoDaEntrada({ posicao, entrada }: Extract<Respondido, { codigo: "OK-307" }>): string[] {
  return [
    ...cartao("Na lista de espera", [
      ["Lugar", `${posicao}º`],
      ["Código", codigoPorExtenso(entrada.codigo)],
    ]),
    ...quebra("Guarde o código: será o do agendamento que daqui vier, se não for um que já há.", colunas()),
  ];
}

/** A lista, um por linha: quem tem uma hora segurada diz qual, e até quando. */
export function tabelaDaFila(fila: readonly Esperando[]): string[] {
  const todas: readonly (readonly [titulo: string, celula: (um: Esperando) => string])[] = [
    ["LUGAR", ({ posicao }) => `${posicao}º`],
    ["CPF", ({ cpf }) => cpfPorExtenso(cpf)],
    ["CONVITE", ({ convite }) => convite === undefined ? "" : horaDoConvite(convite)],
    ["ATÉ", ({ convite }) => convite?.prazo ?? ""],
    ["QUER", oQueQuer],
    ["SEM PERGUNTAR", ({ marca }) => marca === true ? "sim" : ""],
    ["PRIORIDADE", ({ prioridade }) => prioridade === undefined ? "" : PRIORIDADES[prioridade] ?? String(prioridade)],
    ["DESDE", ({ desde }) => desde],
    ["AVISO", avisoDe],
    ["PACIENTE", ({ nome }) => nome],
  ];
  const usadas = todas.filter(([, celula], i) => i === 0 || fila.some((um) => celula(um) !== ""));
  const linhas = fila.map((um) => usadas.map(([, celula]) => celula(um)));
  const dispensaveis = ["DESDE", "SEM PERGUNTAR", "PRIORIDADE", "QUER", "CPF"];
  return comCabecalho(tabela(usadas.map(([titulo]) => titulo), linhas, { largura: colunas(), dispensaveis }));
}
