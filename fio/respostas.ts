/**
 * As respostas de CLINICA/2: como se escrevem, do lado do servidor, e como se leem e conferem, do lado do cliente.
 *
 * @module
 */

import type { Codigo } from "../clinica/pedido.ts";
import { ehTextos, lerJson, listaDe, textoDaEspera } from "../protocolo.ts";
import {
  type Apresentacao,
  CLINICA_2,
  type Convite,
  type Detalhes,
  type DetalhesDaEspera,
  type Entrada,
  type NaFila2,
  type Resposta2,
  SITUACOES,
  TEXTOS_2,
  type Tupla2,
  type Vaga2,
} from "./clinica2.ts";

/** Escreve uma resposta numa linha, LF incluído. */
export function codificarResposta2(resposta: Resposta2): string {
  return JSON.stringify(valoresDe(resposta)) + "\n";
}

function valoresDe(resposta: Resposta2): readonly unknown[] {
  const { codigo } = resposta;
  switch (codigo) {
    case "OK-200":
      return resposta.apresentacao === undefined ? [codigo, CLINICA_2] : [codigo, CLINICA_2, resposta.apresentacao];
    case "OK-300":
    case "OK-301":
    case "OK-302":
    case "OK-303":
    case "OK-306":
    case "OK-310":
    case "OK-315":
      return [codigo, ...resposta.agendamentos];
    case "OK-304":
      return [codigo, ...resposta.vagas];
    case "OK-307":
      return [codigo, resposta.posicao, resposta.entrada];
    case "OK-308":
    case "OK-309":
      return [codigo];
    case "OK-311":
      return [codigo, ...resposta.fila];
    case "OK-312":
    case "OK-314":
      return [codigo, resposta.numero, ...resposta.agendamentos];
    case "OK-313":
      return [codigo, resposta.numero];
    case "ERRO-111":
    case "ERRO-114":
    case "ERRO-115":
    case "ERRO-117":
      return [codigo, TEXTOS_2[codigo], ...resposta.agendamentos];
    case "ERRO-116":
      return [codigo, TEXTOS_2[codigo], resposta.regra];
    case "ERRO-130": {
      const { segundos } = resposta;
      return segundos === undefined ? [codigo, TEXTOS_2[codigo]] : [codigo, textoDaEspera(segundos), segundos];
    }
    default:
      return [codigo, TEXTOS_2[codigo]];
  }
}

/** Lê uma linha de resposta, sem o LF; `undefined` se não é uma de CLINICA/2. Um detalhe que não se conhece é deixado de lado. */
export function decodificarResposta2(linha: string): Resposta2 | undefined {
  const valor = lerJson(linha);
  if (!Array.isArray(valor)) return undefined;
  const [codigo, ...resto]: unknown[] = valor;
  if (!ehCodigo(codigo)) return undefined;
  switch (codigo) {
    case "OK-200": {
      const [versao, apresentacao] = resto;
      if (versao !== CLINICA_2) return undefined;
      if (apresentacao === undefined) return { codigo };
      return ehApresentacao(apresentacao) ? { codigo, apresentacao } : undefined;
    }
    case "OK-300":
    case "OK-301":
    case "OK-306":
      return uma(resto) ? { codigo, agendamentos: resto } : undefined;
    case "OK-302":
    case "OK-310":
    case "OK-315":
      return listaDe(resto, ehTupla) ? { codigo, agendamentos: resto } : undefined;
    case "OK-303":
      return duas(resto) ? { codigo, agendamentos: resto } : undefined;
    case "OK-304":
      return listaDe(resto, ehVaga) ? { codigo, vagas: resto } : undefined;
    case "OK-307": {
      const [posicao, entrada] = resto;
      return ehNumero(posicao) && ehEntrada(entrada) ? { codigo, posicao, entrada } : undefined;
    }
    case "OK-311":
      return listaDe(resto, ehNaFila) ? { codigo, fila: resto } : undefined;
    case "OK-312":
    case "OK-314": {
      const [numero, ...agendamentos] = resto;
      return ehNumero(numero) && listaDe(agendamentos, ehTupla) ? { codigo, numero, agendamentos } : undefined;
    }
    case "OK-313": {
      const [numero] = resto;
      return ehNumero(numero) ? { codigo, numero } : undefined;
    }
    case "ERRO-111":
    case "ERRO-115":
    case "ERRO-117": {
      const [, ...agendamentos] = resto;
      return uma(agendamentos) ? { codigo, agendamentos } : undefined;
    }
    case "ERRO-114": {
      const [, ...agendamentos] = resto;
      return listaDe(agendamentos, ehTupla) ? { codigo, agendamentos } : undefined;
    }
    case "ERRO-116": {
      const [, regra] = resto;
      return typeof regra === "string" ? { codigo, regra } : undefined;
    }
    case "ERRO-130": {
      const [, segundos] = resto;
      return ehNumero(segundos) ? { codigo, segundos } : { codigo };
    }
    default:
      return { codigo };
  }
}

function ehCodigo(valor: unknown): valor is Codigo {
  return typeof valor === "string" && Object.hasOwn(TEXTOS_2, valor);
}

function ehApresentacao(valor: unknown): valor is Apresentacao {
  if (!ehObjeto(valor)) return false;
  const { clinica, versao, fuso, papel, nome } = valor;
  return [clinica, versao, fuso, papel, nome].every(ehTexto);
}

/** Como se confere cada campo; os que podem faltar conferem-se onde há. */
type Conferencia<T> = { readonly [D in keyof T]-?: (valor: unknown) => boolean };

const DETALHES: Conferencia<Detalhes> = {
  numero: ehNumero,
  versao: ehNumero,
  situacao: (valor) => ehTexto(valor) && Object.hasOwn(SITUACOES, valor),
  profissional: ehTexto,
  local: ehTexto,
  minutos: ehNumero,
  encaixe: ehLogico,
  codigo: talvez(ehTexto),
  senha: talvez(ehTexto),
  prioridade: talvez(ehNumero),
  chegada: talvez(ehTexto),
  chamadas: talvez(ehNumero),
  motivo: talvez(ehTexto),
  nota: talvez(ehTexto),
  email: talvez(ehTexto),
  telefone: talvez(ehTexto),
};

const ENTRADA: Conferencia<Entrada> = { numero: ehNumero, codigo: ehTexto };

const CONVITE: Conferencia<Convite> = { data: ehTexto, horario: ehTexto, profissional: ehTexto, prazo: ehTexto };

const DETALHES_DA_ESPERA: Conferencia<DetalhesDaEspera> = {
  profissional: talvez(ehTexto),
  de: talvez(ehTexto),
  ate: talvez(ehTexto),
  turno: talvez((valor) => valor === "MANHÃ" || valor === "TARDE"),
  antecedencia: talvez(ehNumero),
  marca: talvez(ehLogico),
  prioridade: talvez(ehNumero),
  motivo: talvez(ehTexto),
  email: talvez(ehTexto),
  telefone: talvez(ehTexto),
  desde: ehTexto,
  lapsos: ehNumero,
  convite: talvez((valor) => confere(CONVITE, valor)),
};

function talvez(eh: (valor: unknown) => boolean): (valor: unknown) => boolean {
  return (valor) => valor === undefined || eh(valor);
}

function confere<T>(conferencia: Conferencia<T>, valor: unknown): valor is T {
  if (!ehObjeto(valor)) return false;
  const campos: Readonly<Record<string, (valor: unknown) => boolean>> = conferencia;
  return Object.entries(campos).every(([nome, eh]) => eh(valor[nome]));
}

function ehEntrada(valor: unknown): valor is Entrada {
  return confere(ENTRADA, valor);
}

function ehNaFila(valor: unknown): valor is NaFila2 {
  return Array.isArray(valor) && valor.length === 5 && ehTextos(valor.slice(0, 3), 3) && ehNumero(valor[3]) &&
    confere(DETALHES_DA_ESPERA, valor[4]);
}

function ehTupla(valor: unknown): valor is Tupla2 {
  return Array.isArray(valor) && valor.length === 8 && valor[0] === "AGEND" && ehTextos(valor.slice(0, 7), 7) &&
    confere(DETALHES, valor[7]);
}

function uma(valor: unknown[]): valor is [Tupla2] {
  return valor.length === 1 && ehTupla(valor[0]);
}

function duas(valor: unknown[]): valor is [Tupla2, Tupla2] {
  return valor.length === 2 && valor.every(ehTupla);
}

function ehVaga(valor: unknown): valor is Vaga2 {
  return Array.isArray(valor) && valor.length === 5 && ehTextos(valor.slice(0, 3), 3) &&
    listaDe(valor[3], ehTexto) && ehTexto(valor[4]);
}

function ehObjeto(valor: unknown): valor is Readonly<Record<string, unknown>> {
  return typeof valor === "object" && valor !== null && !Array.isArray(valor);
}

function ehTexto(valor: unknown): valor is string {
  return typeof valor === "string";
}

function ehLogico(valor: unknown): valor is boolean {
  return typeof valor === "boolean";
}

function ehNumero(valor: unknown): valor is number {
  return Number.isSafeInteger(valor);
}
