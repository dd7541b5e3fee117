/**
 * Os pedidos de CLINICA/2: uma tabela diz de cada comando o que vai em cada posição, o que mais pode vir no objeto de
 * opções e como se lê cada valor; ler e escrever percorrem-na. Um comando ou um campo de que alguém se esqueça não compila.
 *
 * @module
 */

import type { Campos, Erro } from "../clinica/pedido.ts";
import { lerBuscaComum, lerJson } from "../protocolo.ts";
import {
  CLINICA_2,
  type ComandoDoFio2,
  type DoProprioFio,
  type PedidoLido,
  type PedidoNoFio2,
  SITUACOES,
} from "./clinica2.ts";
import {
  ANTECEDENCIA_MAXIMA,
  CODIGO,
  CPF,
  DATA,
  DATA_CERTA,
  digitos,
  EMAIL,
  type Escalar,
  inteiro,
  type Leitor,
  livre,
  LOCAL_MAXIMO,
  LOGICO,
  MINUTO,
  MINUTO_FINAL,
  MINUTOS_DO_DIA,
  MOTIVO_MAXIMO,
  NOME,
  NOTA_MAXIMA,
  palavra,
  PARTE_DO_DIA,
  PROCURADO,
  TELEFONE,
} from "./leitores.ts";

/** O nome de um campo que vem escrito no pedido. */
type Escrito<C extends ComandoDoFio2> = Extract<Exclude<keyof Campos[C], DoProprioFio>, string>;

/** O que se sabe de um comando neste fio. */
interface Forma<C extends ComandoDoFio2> {
  /** O que vem logo depois do comando, e não é um campo: a versão, no `OLA`. Outra é a de outro fio. */
  readonly versao?: string;
  /** Os campos que têm posição, na ordem; os outros são opções. */
  readonly posicoes: readonly Escrito<C>[];
  /** Quantas posições têm de vir; sem isto, todas. */
  readonly aoMenos?: number;
  /** Como se lê cada campo. */
  readonly campos: { readonly [K in Escrito<C>]-?: Leitor<NonNullable<Campos[C][K]>> };
  /** O que o próprio fio acrescenta. */
  readonly fixos?: Partial<Campos[C]>;
  /** O que os campos têm de ser, juntos. */
  readonly confere?: (campos: Campos[C]) => boolean;
}

const NUMERO = digitos(1, Number.MAX_SAFE_INTEGER);
const MOTIVO = livre(MOTIVO_MAXIMO);
const NOTA = livre(NOTA_MAXIMA);
const LOCAL = livre(LOCAL_MAXIMO);

/** Que agendamento de um CPF. */
const QUAL = {
  numero: inteiro(1, Number.MAX_SAFE_INTEGER),
  versao: inteiro(1, Number.MAX_SAFE_INTEGER),
  codigo: CODIGO,
};

/** Que entrada da lista de espera de um CPF. */
const QUAL_ENTRADA = { numero: QUAL.numero, codigo: QUAL.codigo };

const FORMAS: { readonly [C in ComandoDoFio2]: Forma<C> } = {
  AGEND: {
    posicoes: ["cpf", "nome", "especialista", "data", "dia", "horario"],
    aoMenos: 5,
    campos: {
      cpf: CPF,
      nome: NOME,
      especialista: PROCURADO,
      data: DATA,
      dia: PROCURADO,
      horario: PROCURADO,
      profissional: PROCURADO,
      encaixe: LOGICO,
      motivo: MOTIVO,
      email: EMAIL,
      telefone: TELEFONE,
      nota: NOTA,
    },
  },
  BUSCA: { posicoes: ["cpf"], campos: { cpf: CPF, codigo: CODIGO } },
  CANCEL: {
    posicoes: ["cpf", "especialista"],
    aoMenos: 1,
    campos: { ...QUAL, cpf: CPF, especialista: PROCURADO, motivo: MOTIVO },
  },
  VAGAS: {
    posicoes: ["especialista", "data"],
    aoMenos: 0,
    campos: { especialista: PROCURADO, data: DATA, profissional: PROCURADO },
    fixos: { porProfissional: true },
  },
  REMARC: {
    posicoes: ["cpf", "especialista", "data", "dia", "horario"],
    aoMenos: 4,
    campos: {
      ...QUAL,
      cpf: CPF,
      especialista: PROCURADO,
      data: DATA,
      dia: PROCURADO,
      horario: PROCURADO,
      profissional: PROCURADO,
      motivo: MOTIVO,
    },
  },
  CORRIGE: {
    posicoes: ["cpf", "especialista"],
    campos: {
      ...QUAL,
      cpf: CPF,
      especialista: PROCURADO,
      nome: NOME,
      email: EMAIL,
      telefone: TELEFONE,
      nota: NOTA,
    },
    confere: ({ nome, email, telefone, nota }) => [nome, email, telefone, nota].some((campo) => campo !== undefined),
  },
  SITUA: {
    posicoes: ["cpf", "especialista", "situacao"],
    campos: {
      ...QUAL,
      cpf: CPF,
      especialista: PROCURADO,
      situacao: palavra({ ...SITUACOES, DESFAZ: true }),
      prioridade: inteiro(0, 4),
      local: LOCAL,
      motivo: MOTIVO,
    },
  },
  LISTA: {
    posicoes: ["data"],
    campos: {
      data: DATA,
      especialista: PROCURADO,
      profissional: PROCURADO,
      ordem: palavra({ hora: true, chamada: true }),
    },
  },
  FECHA: {
    posicoes: ["data"],
    campos: {
      data: DATA,
      ate: DATA_CERTA,
      inicio: MINUTO,
      fim: MINUTO_FINAL,
      especialista: PROCURADO,
      profissional: PROCURADO,
      motivo: MOTIVO,
    },
    confere: ({ data, ate = data, inicio = 0, fim = MINUTOS_DO_DIA }) => data <= ate && inicio < fim,
  },
  EXTRA: {
    posicoes: ["especialista", "data", "inicio", "vagas", "minutos"],
    campos: {
      especialista: PROCURADO,
      data: DATA,
      inicio: MINUTO,
      vagas: digitos(1, MINUTOS_DO_DIA),
      minutos: digitos(1, MINUTOS_DO_DIA),
      profissional: PROCURADO,
      local: LOCAL,
      encaixes: inteiro(0, 100),
    },
  },
  REABRE: { posicoes: ["numero"], campos: { numero: NUMERO } },
  HISTORIA: { posicoes: ["cpf"], campos: { cpf: CPF } },
  ESPERA: {
    posicoes: ["cpf", "nome", "especialista"],
    campos: {
      cpf: CPF,
      nome: NOME,
      especialista: PROCURADO,
      codigo: CODIGO,
      profissional: PROCURADO,
      de: DATA_CERTA,
      ate: DATA_CERTA,
      turno: PARTE_DO_DIA,
      antecedencia: inteiro(0, ANTECEDENCIA_MAXIMA),
      marca: LOGICO,
      prioridade: inteiro(0, 4),
      motivo: MOTIVO,
      email: EMAIL,
      telefone: TELEFONE,
    },
    confere: ({ de, ate }) => de === undefined || ate === undefined || de <= ate,
  },
  DESISTE: {
    posicoes: ["cpf", "especialista"],
    campos: { ...QUAL_ENTRADA, cpf: CPF, especialista: PROCURADO },
  },
  ACEITA: {
    posicoes: ["cpf", "especialista"],
    campos: { ...QUAL_ENTRADA, cpf: CPF, especialista: PROCURADO, motivo: MOTIVO },
  },
  RECUSA: {
    posicoes: ["cpf", "especialista"],
    campos: { ...QUAL_ENTRADA, cpf: CPF, especialista: PROCURADO },
  },
  FILA: { posicoes: ["especialista"], campos: { especialista: PROCURADO } },
  OLA: { versao: CLINICA_2, posicoes: [], campos: { chave: PROCURADO } },
  PING: { posicoes: [], campos: {} },
  SAIR: { posicoes: [], campos: {} },
};

function formaDe<C extends ComandoDoFio2>(comando: C): Forma<C> {
  return FORMAS[comando];
}

function ehComando(texto: string): texto is ComandoDoFio2 {
  return Object.hasOwn(FORMAS, texto);
}

const MALFORMADA: Erro = { codigo: "ERRO-100" };
const DESCONHECIDO: Erro = { codigo: "ERRO-101" };

/**
 * Lê uma linha de pedido de CLINICA/2, sem o LF. Quando vários erros cabem, devolve o primeiro na ordem 100, 101, 102, 104;
 * os demais são da agenda. Um nome procurado de mais de `TEXTO_MAXIMO` unidades não é o de nada que exista, e vai vazio.
 */
export function decodificarPedido2(linha: string): PedidoLido | Erro {
  const consulta = lerBuscaComum(linha);
  if (consulta !== undefined) return consulta;
  const partes = parteLinha(linha);
  if (partes === undefined) return MALFORMADA;
  return ehComando(partes.comando) ? lePartes(partes.comando, partes) : DESCONHECIDO;
}

/**
 * O que um `OLA` pede, para quem ainda fala CLINICA/1; `undefined` se a linha não é um, ou não está bem escrita: então é o
 * que sempre foi naquele fio.
 */
export function lerOla(linha: string): PedidoLido | undefined {
  const partes = parteLinha(linha);
  const lido = partes?.comando === "OLA" ? lePartes(partes.comando, partes) : undefined;
  return lido === undefined || "codigo" in lido ? undefined : lido;
}

/** O comando que uma linha diz, seja o resto o que for; nada, se não diz um. */
export function comandoDaLinha(linha: string): ComandoDoFio2 | undefined {
  const comando = parteLinha(linha)?.comando;
  return comando !== undefined && ehComando(comando) ? comando : undefined;
}

/** Uma linha, por partes. */
interface Partes {
  readonly comando: string;
  readonly posicoes: readonly Escalar[];
  readonly opcoes: readonly (readonly [nome: string, valor: Escalar])[];
}

/** Um array JSON que começa por um texto, segue com escalares e pode acabar num objeto deles; senão, `undefined`. */
function parteLinha(linha: string): Partes | undefined {
  const valores = lerJson(linha);
  if (!Array.isArray(valores)) return undefined;
  const opcoes = Object.entries(ehObjeto(valores.at(-1)) ? valores.pop() : {});
  const [comando, ...posicoes]: unknown[] = valores;
  // A linha veio de UTF-8 válido: um surrogate sozinho só pode ter vindo de um escape.
  const serve = linha.includes("\\u") ? ehEscalarBemFormado : ehEscalar;
  if (typeof comando !== "string" || !serve(comando)) return undefined;
  if (!posicoes.every(serve) || !opcoes.every((opcao): opcao is [string, Escalar] => serve(opcao[1]))) return undefined;
  return { comando, posicoes, opcoes };
}

function ehObjeto(valor: unknown): boolean {
  return typeof valor === "object" && valor !== null && !Array.isArray(valor);
}

function ehEscalar(valor: unknown): valor is Escalar {
  return typeof valor === "string" || typeof valor === "number" || typeof valor === "boolean";
}

function ehEscalarBemFormado(valor: unknown): valor is Escalar {
  return typeof valor === "string" ? valor.isWellFormed() : ehEscalar(valor);
}

function lePartes<C extends ComandoDoFio2>(comando: C, { posicoes, opcoes }: Partes): PedidoLido | Erro {
  const forma = formaDe(comando);
  if (forma.versao !== undefined) {
    const [versao, ...resto] = posicoes;
    if (typeof versao !== "string") return MALFORMADA;
    if (versao !== forma.versao) return DESCONHECIDO;
    posicoes = resto;
  }
  const comPosicao: readonly string[] = forma.posicoes;
  if (posicoes.length < (forma.aoMenos ?? comPosicao.length) || posicoes.length > comPosicao.length) return MALFORMADA;
  if (opcoes.some(([nome]) => comPosicao.includes(nome) || !Object.hasOwn(forma.campos, nome))) return MALFORMADA;

  const leitores: Readonly<Record<string, Leitor<unknown>>> = forma.campos;
  const lidos: Record<string, unknown> = { comando, ...forma.fixos };
  let erro: Erro | undefined;
  for (const [nome, valor] of [...posicoes.map((valor, i) => [comPosicao[i], valor] as const), ...opcoes]) {
    const lido = leitores[nome](valor);
    if (!ehErro(lido)) lidos[nome] = lido;
    else if (erro === undefined || lido.codigo < erro.codigo) erro = lido;
  }
  if (erro !== undefined) return erro;
  // Cada campo veio do leitor que a tabela, conferida pelo compilador, tem para ele; os que têm de vir, vieram.
  return forma.confere?.(lidos as Campos[C]) === false ? MALFORMADA : lidos as PedidoLido;
}

function ehErro(lido: unknown): lido is Erro {
  return typeof lido === "object";
}

/** Escreve um pedido numa linha, LF incluído. */
export function codificarPedido2(pedido: PedidoNoFio2): string {
  const { versao, posicoes, campos } = formaDe(pedido.comando);
  const valores: Readonly<Record<string, unknown>> = { ...pedido };
  const comPosicao: readonly string[] = posicoes;
  const opcoes = Object.keys(campos).filter((nome) => !comPosicao.includes(nome) && valores[nome] !== undefined);
  return JSON.stringify([
    pedido.comando,
    versao,
    ...comPosicao.map((nome) => valores[nome]),
    opcoes.length === 0 ? undefined : Object.fromEntries(opcoes.map((nome) => [nome, valores[nome]])),
  ].filter((valor) => valor !== undefined)) + "\n";
}
