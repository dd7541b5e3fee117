/**
 * A lista de espera na recepção: o que a tela sabe, e o que cada tecla, cada lista e cada resposta faz dela. Funções puras, como
 * as de `dia.ts`; quem pede é `recepcao_da_fila.ts`, e quem desenha, `desenho_da_fila.ts`.
 *
 * @module
 */

import { destinoNaLista } from "./destino.ts";
import type { Recado } from "./dia.ts";
import { ehConvidado, type Esperando, horaDoConvite, porTelefonar } from "./espera.ts";
import { ehRecusa, frasesDe } from "./frases.ts";
import type { Tecla } from "./teclas.ts";
import type { Respondido } from "./tubo.ts";
import { FILA_MOSTRADA } from "../clinica/livro.ts";
import { chave } from "../clinica/texto.ts";

/** O que se faz de quem espera. */
export interface AtoNaFila {
  /** O quê. */
  readonly comando: "ACEITA" | "RECUSA" | "DESISTE";
  /** De quem. */
  readonly alvo: Esperando;
  /** Por que se passa por cima de uma regra, com `ACEITA`. */
  readonly motivo?: string;
}

/** O que a tela quer que se faça; `lista` é mostrar outra especialidade, e `poe`, pôr alguém nela. */
export type EfeitoNaFila =
  | { readonly tipo: "ato"; readonly ato: AtoNaFila }
  | { readonly tipo: "lista" | "poe" | "volta" };

/** O que as teclas fazem agora. */
export type ModoDaFila =
  | { readonly tipo: "lista" | "ajuda" }
  | { readonly tipo: "confirma"; readonly ato: AtoNaFila }
  | { readonly tipo: "motivo"; readonly alvo: Esperando; readonly texto: string };

/** O que a tela sabe. */
export interface Fila {
  /** As especialidades que há, por nome. */
  readonly especialidades: readonly string[];
  /** A mostrada, pelo lugar que tem nelas. */
  readonly mostrada: number;
  /** Como o servidor a mandou; `undefined` enquanto não a mandou. */
  readonly lista?: readonly Esperando[];
  /** Só quem tem um convite, em todas as especialidades. */
  readonly soConvites: boolean;
  /** O escolhido: o CPF e a especialidade. */
  readonly escolhido?: string;
  /** A primeira linha à vista. */
  readonly topo: number;
  /** Quantas linhas da lista cabem. */
  readonly altura: number;
  /** O que as teclas fazem. */
  readonly modo: ModoDaFila;
  /** O que acabou de acontecer. */
  readonly recado?: Recado;
  /** Por que não se fala com o servidor, enquanto não se fala. */
  readonly semServidor?: string;
  /** O ato cuja resposta se perdeu: a lista seguinte diz o que houve. */
  readonly perdido?: AtoNaFila;
}

/** O estado seguinte e, se há, o que fazer. */
export type PassoNaFila = readonly [fila: Fila, efeito?: EfeitoNaFila];

const NA_LISTA: ModoDaFila = { tipo: "lista" };

/** A lista de uma especialidade, por ler: a primeira com quem telefonar, com um convite, com alguém, ou a primeira de todas. */
export function comecaFila(
  especialidades: readonly string[],
  filas: readonly (readonly Esperando[])[] = [],
): Fila {
  const com = [porTelefonar, ehConvidado, () => true].map((serve) => filas.findIndex((fila) => fila.some(serve)));
  const mostrada = Math.max(com.find((qual) => qual >= 0) ?? 0, 0);
  return { especialidades, mostrada, soConvites: false, topo: 0, altura: 1, modo: NA_LISTA };
}

/** A especialidade mostrada; `""` se não há nenhuma. */
export function especialidadeDa({ especialidades, mostrada }: Fila): string {
  return especialidades[mostrada] ?? "";
}

/** As especialidades cujas listas se mostram. */
export function mostradasNa(fila: Fila): readonly string[] {
  return fila.soConvites ? fila.especialidades : fila.especialidades.slice(fila.mostrada, fila.mostrada + 1);
}

/** Verdadeiro se é este o escolhido. */
export function ehOEscolhido({ escolhido }: Fila, { cpf, especialista }: Esperando): boolean {
  return escolhido === `${cpf} ${especialista}`;
}

function escolhendo({ cpf, especialista }: Esperando): string {
  return `${cpf} ${especialista}`;
}

/** Os que se mostram. */
export function aVistaNa({ lista = [], soConvites }: Fila): readonly Esperando[] {
  return soConvites ? lista.filter(ehConvidado) : lista;
}

/** Quem está escolhido, se está à vista. */
export function escolhidoNa(fila: Fila): Esperando | undefined {
  return aVistaNa(fila).find((um) => ehOEscolhido(fila, um));
}

// ---------------------------------------------------------------------------------------------------- as teclas

/** Uma tecla. */
export function apertaNa(fila: Fila, tecla: Tecla): PassoNaFila {
  const { modo } = fila;
  switch (modo.tipo) {
    case "lista":
      return tecla.tipo === "texto" ? letra(fila, tecla.texto.toUpperCase()) : anda(fila, tecla.tipo);
    case "ajuda":
      return [{ ...fila, modo: NA_LISTA }];
    case "confirma": {
      const sim = tecla.tipo === "texto" && tecla.texto.toUpperCase() === "S";
      const volta = { ...fila, modo: NA_LISTA };
      return sim ? [volta, { tipo: "ato", ato: modo.ato }] : [volta];
    }
    case "motivo":
      return respondeMotivo(fila, modo, tecla);
  }
}

function anda(fila: Fila, tecla: Exclude<Tecla["tipo"], "texto">): PassoNaFila {
  switch (tecla) {
    case "cima":
      return [move(fila, -1)];
    case "baixo":
      return [move(fila, 1)];
    case "paginaAcima":
      return [move(fila, -Math.max(fila.altura - 1, 1))];
    case "paginaAbaixo":
      return [move(fila, Math.max(fila.altura - 1, 1))];
    case "inicio":
      return [move(fila, -Infinity)];
    case "fim":
      return [move(fila, Infinity)];
    case "esquerda":
      return outra(fila, -1);
    case "direita":
      return outra(fila, 1);
    case "esc":
      return [fila, { tipo: "volta" }];
    case "enter":
    case "apaga":
    case "limpa":
      return [fila];
  }
}

function letra(fila: Fila, tecla: string): PassoNaFila {
  switch (tecla) {
    case "?":
      return [{ ...fila, modo: { tipo: "ajuda" } }];
    case "N":
      return [fila, { tipo: "poe" }];
    case "C":
      return [semLista({ ...fila, soConvites: !fila.soConvites }), { tipo: "lista" }];
    case "A":
      return comConvite(fila, (alvo) => confirma(fila, { comando: "ACEITA", alvo }));
    case "R":
      return comConvite(fila, (alvo) => confirma(fila, { comando: "RECUSA", alvo }));
    case "X": {
      const alvo = escolhidoNa(fila);
      if (alvo === undefined) return [avisa(fila, "Escolha alguém com as setas.")];
      return confirma(fila, { comando: "DESISTE", alvo });
    }
    default:
      return [fila];
  }
}

/** Pergunta antes: outro balcão pode ter mudado a lista debaixo do dedo, e o nome que se lê é o de quem se trata. */
function confirma(fila: Fila, ato: AtoNaFila): PassoNaFila {
  return [{ ...fila, modo: { tipo: "confirma", ato } }];
}

function comConvite(fila: Fila, faz: (alvo: Esperando) => PassoNaFila): PassoNaFila {
  const alvo = escolhidoNa(fila);
  if (alvo === undefined) return [avisa(fila, "Escolha alguém com as setas.")];
  return ehConvidado(alvo) ? faz(alvo) : [avisa(fila, `Não há hora segurada para ${alvo.nome}.`)];
}

function avisa(fila: Fila, texto: string): Fila {
  return { ...fila, recado: { marca: "aviso", texto } };
}

/** O maior motivo que se escreve, em unidades de UTF-16: cabe no protocolo. */
const ESCRITO_MAXIMO = 120;

function respondeMotivo(fila: Fila, modo: Extract<ModoDaFila, { tipo: "motivo" }>, tecla: Tecla): PassoNaFila {
  const { alvo, texto } = modo;
  const escrito = (texto: string): PassoNaFila => [{ ...fila, modo: { ...modo, texto } }];
  switch (tecla.tipo) {
    case "esc":
      return [{ ...fila, modo: NA_LISTA }];
    case "enter": {
      const motivo = texto.trim();
      if (motivo === "") return [fila];
      return [{ ...fila, modo: NA_LISTA }, { tipo: "ato", ato: { comando: "ACEITA", alvo, motivo } }];
    }
    case "texto":
      return (texto + tecla.texto).length > ESCRITO_MAXIMO ? [fila] : escrito(texto + tecla.texto);
    case "apaga":
      return escrito([...texto].slice(0, -1).join(""));
    case "limpa":
      return escrito("");
    default:
      return [fila];
  }
}

function outra(fila: Fila, passo: number): PassoNaFila {
  const { especialidades, mostrada, soConvites } = fila;
  if (especialidades.length < 2 || soConvites) return [fila];
  const seguinte = (mostrada + passo + especialidades.length) % especialidades.length;
  return [semLista({ ...fila, mostrada: seguinte }), { tipo: "lista" }];
}

/** Outra lista, por ler. */
function semLista({ lista: _, escolhido: __, recado: ___, ...resto }: Fila): Fila {
  return { ...resto, topo: 0 };
}

function move(fila: Fila, linhas: number): Fila {
  const lista = aVistaNa(fila);
  if (lista.length === 0) return fila;
  const atual = Math.max(lista.findIndex((um) => ehOEscolhido(fila, um)), 0);
  const linha = Math.min(Math.max(atual + linhas, 0), lista.length - 1);
  return emVista({ ...fila, escolhido: escolhendo(lista[linha]) });
}

/** A altura da lista mudou. */
export function comAlturaNa(fila: Fila, altura: number): Fila {
  return altura === fila.altura ? fila : emVista({ ...fila, altura });
}

/** A mesma lista, com alguém escolhido, se há quem, e à vista. Se quem estava se foi, é quem ficou na linha dele. */
function emVista(fila: Fila, linhaDeAntes = 0): Fila {
  const lista = aVistaNa(fila);
  let linha = lista.findIndex((um) => ehOEscolhido(fila, um));
  if (linha < 0) linha = Math.max(Math.min(linhaDeAntes, lista.length - 1), 0);
  const ultimo = Math.max(lista.length - fila.altura, 0);
  const topo = Math.min(Math.max(Math.min(fila.topo, linha), linha - fila.altura + 1, 0), ultimo);
  const escolhido = lista.at(linha);
  return { ...fila, topo, escolhido: escolhido && escolhendo(escolhido) };
}

// ---------------------------------------------------------------------------------------------------- o servidor

/** Veio a lista destas especialidades; a de outras, pedida antes de se mudar, não é esta. */
export function recebeFila(fila: Fila, nomes: readonly string[], lista: readonly Esperando[]): Fila {
  if (nomes.join("\n") !== mostradasNa(fila).join("\n")) return fila;
  const antes = aVistaNa(fila).findIndex((um) => ehOEscolhido(fila, um));
  const { semServidor, perdido, ...resto } = fila;
  const vista = perdido !== undefined && nomes.some((nome) => chave(nome) === chave(perdido.alvo.especialista));
  const recado: Recado | undefined = vista
    ? oQueHouve(perdido, lista)
    : semServidor !== undefined
    ? { marca: "ok", texto: "O servidor voltou." }
    : fila.recado;
  return emVista({ ...resto, lista, recado }, Math.max(antes, 0));
}

/** Veio a resposta a um ato; uma regra por cima da qual a casa pode passar pede o motivo. */
export function recebeRespostaNa(fila: Fila, ato: AtoNaFila, resposta: Respondido): Fila {
  const { codigo } = resposta;
  const { comando, alvo, motivo } = ato;
  if (!ehRecusa(codigo)) return { ...fila, recado: { marca: "ok", texto: fraseDe(ato) } };
  const texto = codigo === "ERRO-119"
    ? `Nada foi feito: ${alvo.nome} já não está na lista, ou já não há hora segurada.`
    : `${frasesDe({ codigo, regra: "regra" in resposta ? resposta.regra : undefined }).join(" ")} (${codigo})`;
  const pede = codigo === "ERRO-116" && comando === "ACEITA" && motivo === undefined;
  return {
    ...fila,
    recado: { marca: "erro", texto },
    ...(pede ? { modo: { tipo: "motivo", alvo, texto: "" } } as const : {}),
  };
}

function fraseDe({ comando, alvo }: AtoNaFila): string {
  const { nome, convite } = alvo;
  switch (comando) {
    case "ACEITA":
      return `Marcado: ${nome}${convite === undefined ? "" : `, ${horaDoConvite(convite)}`}`;
    case "RECUSA":
      return `${nome} recusou; a hora é do seguinte`;
    case "DESISTE":
      return `${nome} saiu da lista`;
  }
}

/** A resposta a um ato não veio. */
export function perdeRespostaNa(fila: Fila, ato: AtoNaFila): Fila {
  const texto = "A resposta não veio. Verificando o que ficou…";
  return { ...fila, perdido: ato, recado: { marca: "aviso", texto } };
}

function oQueHouve(ato: AtoNaFila, lista: readonly Esperando[]): Recado {
  const { comando, alvo: { nome, cpf, especialista, convite } } = ato;
  const dela = lista.filter((um) => um.especialista === especialista);
  const visto = {
    entrada: dela.find((um) => um.cpf === cpf),
    inteira: dela.length < FILA_MOSTRADA,
    agendamentos: [],
  };
  switch (destinoNaLista({ comando, cpf, especialista }, visto, convite)) {
    case "feito":
      return { marca: "ok", texto: fraseDe(ato) };
    case "por fazer":
      return { marca: "aviso", texto: `A resposta não veio, e nada foi feito: ${nome} está como estava.` };
    case "tarde":
    case undefined:
      return {
        marca: "aviso",
        texto: comando === "ACEITA"
          ? `A resposta não veio, e já não há hora segurada para ${nome}: veja no dia se ficou marcado.`
          : `A resposta não veio, e ${nome} já não se vê na lista.`,
      };
  }
}

/** O servidor não atende. */
export function perdeServidorNa(fila: Fila, porque: string): Fila {
  const { recado: _, ...resto } = fila;
  return { ...resto, semServidor: porque };
}

/** Quantos esperam, quantos têm um convite, e a quantos é preciso telefonar. */
export function contasDa({ lista = [] }: Fila): { esperam: number; convites: number; porTelefonar: number } {
  return {
    esperam: lista.length,
    convites: lista.filter(ehConvidado).length,
    porTelefonar: lista.filter(porTelefonar).length,
  };
}
