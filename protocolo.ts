/**
 * O fio: CLINICA/1, o protocolo entre os terminais e o servidor.
 *
 * Uma mensagem por linha, cada uma um array JSON de textos em UTF-8, terminada por LF. Este módulo sabe o que pode ir e
 * vir (`PedidoNoFio`, `Resposta`), como isso se escreve numa linha e se lê dela, do lado do servidor já para um `Pedido` da
 * clínica, e como se cortam linhas de um fluxo de bytes (`Enquadrador`); não sabe de rede, de relógio nem de regras. Usam-no
 * `rede/`, de um lado, e `terminal/`, do outro. `PROTOCOLO.md` descreve o mesmo para quem escreve um cliente em outra
 * linguagem.
 *
 * @module
 */

import type { CodigoDeErro as QualquerErro, PedidoDe } from "./clinica/pedido.ts";
import { lerCpf, lerNome, TEXTO_MAXIMO } from "./clinica/texto.ts";

/** Os erros que não trazem nada além do código; os que a clínica tem a mais são de CLINICA/2. */
export type CodigoDeErro = Exclude<QualquerErro, "ERRO-118" | "ERRO-119" | "ERRO-120" | "ERRO-121">;

/** Um erro simples. */
export interface Erro {
  /** Qual. */
  readonly codigo: CodigoDeErro;
}

/** Nome e versão do protocolo, como vão na saudação. */
export const VERSAO_DO_PROTOCOLO = "CLINICA/1";

/** A porta em que o servidor atende quando não se pede outra. */
export const PORTA_PADRAO = 9000;

/** A porta TCP em que o servidor atende por TLS quando nada se diz. */
export const PORTA_TLS_PADRAO = 9443;

/** Tamanho máximo de uma linha de pedido, em bytes, LF incluído. Um `AGEND` com o nome mais longo cabe em 1 KiB. */
export const LINHA_MAXIMA = 8192;

/** O texto que acompanha cada código; nos `ERRO`, vai no fio, para quem lê com `nc`. */
export const TEXTOS = {
  "OK-200": "PRONTO",
  "OK-201": "CONEXÃO ENCERRADA",
  "OK-300": "AGENDAMENTO REALIZADO",
  "OK-301": "AGENDAMENTO CANCELADO",
  "OK-302": "BUSCA FINALIZADA",
  "OK-304": "VAGAS",
  "ERRO-100": "MENSAGEM MALFORMADA",
  "ERRO-101": "COMANDO DESCONHECIDO",
  "ERRO-102": "CPF INVÁLIDO",
  "ERRO-103": "ATENDIMENTO INEXISTENTE",
  "ERRO-104": "NOME INVÁLIDO",
  "ERRO-105": "HORÁRIO INVÁLIDO",
  "ERRO-110": "NÃO HÁ VAGAS",
  "ERRO-111": "CPF JÁ AGENDADO PARA AQUELA ESPECIALIDADE",
  "ERRO-112": "NENHUM AGENDAMENTO ENCONTRADO",
  "ERRO-113": "AGENDAMENTO INEXISTENTE, NADA FOI ALTERADO",
  "ERRO-114": "MAIS DE UM AGENDAMENTO: INFORME A ESPECIALIDADE",
  "ERRO-130": "SERVIDOR OCUPADO",
  "ERRO-131": "FALHA NO ARMAZENAMENTO, NADA FOI ALTERADO",
} as const satisfies Record<Codigo, string>;

/** Um agendamento como viaja: `["AGEND",CPF,NOME,ESPECIALISTA,"dd/mm/aaaa",DIA_DA_SEMANA,"HH:MM"]`. */
export type Tupla = readonly [
  comando: "AGEND",
  cpf: string,
  nome: string,
  especialista: string,
  data: string,
  dia: string,
  horario: string,
];

/** As horas livres de uma data e especialidade: `["dd/mm/aaaa",DIA_DA_SEMANA,ESPECIALISTA,["HH:MM",…]]`. */
export type Vaga = readonly [data: string, dia: string, especialista: string, horarios: readonly string[]];

/** A primeira hora livre de uma especialidade, na saudação: `["dd/mm/aaaa",DIA_DA_SEMANA,"HH:MM",ESPECIALISTA]`. */
export type PrimeiraVaga = readonly [data: string, dia: string, horario: string, especialista: string];

/** Os comandos deste fio. */
export type ComandoDoFio = "AGEND" | "BUSCA" | "CANCEL" | "VAGAS" | "PING" | "SAIR";

/** O que um terminal pode pedir, como o escreve: um `Pedido` com as datas em `"dd/mm/aaaa"` e o resto como a pessoa o disse. */
export type PedidoNoFio = PedidoDe<ComandoDoFio>;

/** O que o servidor responde. `OK-200` com `primeiras` é a saudação; sem elas, a resposta a `PING`. */
export type Resposta =
  | Erro
  | { readonly codigo: "OK-200"; readonly primeiras?: readonly PrimeiraVaga[] }
  | { readonly codigo: "OK-201" }
  | { readonly codigo: "OK-300" | "OK-301" | "ERRO-111"; readonly agendamentos: readonly [Tupla] }
  | { readonly codigo: "OK-302" | "ERRO-114"; readonly agendamentos: readonly Tupla[] }
  | { readonly codigo: "OK-304"; readonly vagas: readonly Vaga[] };

/** Um código de resposta, `"OK-nnn"` ou `"ERRO-nnn"`. */
export type Codigo = Resposta["codigo"];

/** `"aaaa-mm-dd"` → `"dd/mm/aaaa"`. */
export function dataNoFio(iso: string): string {
  return `${iso.slice(8, 10)}/${iso.slice(5, 7)}/${iso.slice(0, 4)}`;
}

/** `"dd/mm/aaaa"` → `"aaaa-mm-dd"`; `""` se não está escrita assim. Se a data existe, sabe-o o calendário. */
export function lerData(escrita: string): string {
  return escrita.length === 10 && /^\d\d\/\d\d\/\d{4}$/.test(escrita)
    ? `${escrita.slice(6)}-${escrita.slice(3, 5)}-${escrita.slice(0, 2)}`
    : "";
}

/**
 * Lê uma linha de pedido, sem o LF. Quando vários erros cabem, devolve o primeiro na ordem 100, 101, 102, 104; os demais
 * (103, 105, 111, 110) são da agenda. Um texto de mais de `TEXTO_MAXIMO` unidades não é o de nada que exista: um nome é
 * `ERRO-104`, o resto vai vazio.
 */
export function decodificarPedido(linha: string): PedidoDe<ComandoDoFio> | Erro {
  const consulta = lerBuscaComum(linha);
  if (consulta !== undefined) return consulta;
  const campos = lerTextos(linha);
  if (campos === undefined) return MALFORMADA;
  const comando = campos[0];
  const quantos = campos.length - 1;
  switch (comando) {
    case "AGEND": {
      if (quantos !== 5 && quantos !== 6) return MALFORMADA;
      const cpf = lerCpf(campos[1]);
      if (cpf === undefined) return CPF_INVALIDO;
      const nome = lerNome(campos[2]);
      if (nome === undefined) return NOME_INVALIDO;
      const especialista = curto(campos[3]);
      return {
        comando,
        cpf,
        nome,
        especialista,
        data: lerData(campos[4]),
        dia: curto(campos[5]),
        horario: talvez(campos[6]),
      };
    }
    case "BUSCA": {
      if (quantos !== 1) return MALFORMADA;
      const cpf = lerCpf(campos[1]);
      return cpf === undefined ? CPF_INVALIDO : { comando, cpf };
    }
    case "CANCEL": {
      if (quantos !== 1 && quantos !== 2) return MALFORMADA;
      const cpf = lerCpf(campos[1]);
      // Este fio não conhece chegadas: desmarca também quem já chegou ou foi chamado.
      return cpf === undefined ? CPF_INVALIDO : { comando, cpf, especialista: talvez(campos[2]), chegado: true };
    }
    case "VAGAS": {
      if (quantos > 2) return MALFORMADA;
      return { comando, especialista: talvez(campos[1]), data: quantos < 2 ? undefined : lerData(campos[2]) };
    }
    case "PING":
    case "SAIR":
      return quantos === 0 ? { comando } : MALFORMADA;
    default:
      return { codigo: "ERRO-101" };
  }
}

function curto(texto: string): string {
  return texto.length <= TEXTO_MAXIMO ? texto : "";
}

function talvez(texto: string | undefined): string | undefined {
  return texto === undefined ? undefined : curto(texto);
}

const MALFORMADA: Erro = { codigo: "ERRO-100" };
const CPF_INVALIDO: Erro = { codigo: "ERRO-102" };
const NOME_INVALIDO: Erro = { codigo: "ERRO-104" };

const ANTES_DO_CPF = '["BUSCA","';
const DEPOIS_DO_CPF = '"]';

/** A consulta como quase todos a escrevem: reconhecê-la custa um quarto de ler o JSON. O que não for assim, lê-se. */
export function lerBuscaComum(linha: string): PedidoDe<"BUSCA"> | undefined {
  if (linha.length !== ANTES_DO_CPF.length + 11 + DEPOIS_DO_CPF.length) return undefined;
  if (!linha.startsWith(ANTES_DO_CPF) || !linha.endsWith(DEPOIS_DO_CPF)) return undefined;
  const cpf = lerCpf(linha.slice(ANTES_DO_CPF.length, -DEPOIS_DO_CPF.length));
  return cpf === undefined ? undefined : { comando: "BUSCA", cpf };
}

/** Um array JSON não vazio de textos bem formados, ou `undefined`. */
function lerTextos(linha: string): string[] | undefined {
  const valor = lerJson(linha);
  if (!Array.isArray(valor) || valor.length === 0) return undefined;
  // A linha veio de UTF-8 válido: um surrogate sozinho só pode ter vindo de um escape.
  const escapada = linha.includes("\\u");
  for (const campo of valor) {
    if (typeof campo !== "string" || (escapada && !campo.isWellFormed())) return undefined;
  }
  return valor;
}

/** O valor de uma linha de JSON; `undefined` se não é uma. */
export function lerJson(linha: string): unknown {
  try {
    return JSON.parse(linha);
  } catch {
    return undefined;
  }
}

/** Verdadeiro para a primeira linha de quem fala HTTP: qualquer página da Web pode mandar um navegador a esta porta. */
export function ehHttp(linha: string): boolean {
  return / HTTP\/\d(?:\.\d)?\r?$/.test(linha);
}

/** Escreve um pedido numa linha, LF incluído. */
export function codificarPedido(pedido: PedidoNoFio): string {
  return JSON.stringify(camposDe(pedido)) + "\n";
}

function camposDe(pedido: PedidoNoFio): string[] {
  const { comando } = pedido;
  switch (comando) {
    case "AGEND": {
      const { cpf, nome, especialista, data, dia, horario } = pedido;
      return [comando, cpf, nome, especialista, data, dia, ...presentes(horario)];
    }
    case "BUSCA":
      return [comando, pedido.cpf];
    case "CANCEL":
      return [comando, pedido.cpf, ...presentes(pedido.especialista)];
    case "VAGAS":
      return [comando, ...presentes(pedido.especialista, pedido.data)];
    case "PING":
    case "SAIR":
      return [comando];
  }
}

function presentes(...campos: (string | undefined)[]): string[] {
  return campos.filter((campo) => campo !== undefined);
}

/** Escreve uma resposta numa linha, LF incluído. */
export function codificarResposta(resposta: Resposta): string {
  const { codigo } = resposta;
  switch (codigo) {
    case "OK-200":
      return linhaDe([codigo, VERSAO_DO_PROTOCOLO, ...(resposta.primeiras ? [resposta.primeiras] : [])]);
    case "OK-201":
      return linhaDe([codigo, TEXTOS[codigo]]);
    case "OK-300":
    case "OK-301":
    case "OK-302":
      return linhaDe([codigo, ...resposta.agendamentos]);
    case "OK-304":
      return linhaDeVagas(resposta.vagas.map((vaga) => JSON.stringify(vaga)));
    case "ERRO-111":
    case "ERRO-114":
      return linhaDe([codigo, TEXTOS[codigo], ...resposta.agendamentos]);
    default:
      return LINHAS_DE_ERRO[codigo] ??= linhaDe([codigo, TEXTOS[codigo]]);
  }
}

/** A linha de um `OK-304`, com cada `Vaga` já em JSON: quem as guarda escritas não as escreve de novo. */
export function linhaDeVagas(vagas: readonly string[]): string {
  return `["OK-304"${vagas.length > 0 ? "," : ""}${vagas.join(",")}]\n`;
}

function linhaDe(valores: unknown[]): string {
  return JSON.stringify(valores) + "\n";
}

/** O que se responde a quem não pode o comando: para ele não existe, e diz-se por quê. */
export const LINHA_SEM_ACESSO: string = linhaDe(["ERRO-101", "COMANDO DESCONHECIDO: É PRECISO UMA CHAVE DE ACESSO"]);

/** O texto de um `ERRO-130` a quem pede demais. */
export function textoDaEspera(segundos: number): string {
  return `${TEXTOS["ERRO-130"]}: PEDIDOS DEMAIS, ESPERE ${segundos} ${segundos === 1 ? "SEGUNDO" : "SEGUNDOS"}`;
}

/** O que se responde a quem pede demais. */
export function linhaDaEspera(segundos: number): string {
  return linhaDe(["ERRO-130", textoDaEspera(segundos)]);
}

/** As linhas dos erros simples não variam: escritas uma vez. */
const LINHAS_DE_ERRO: { [C in CodigoDeErro]?: string } = {};

/** Lê uma linha de resposta, sem o LF; `undefined` se não é uma resposta de CLINICA/1. */
export function decodificarResposta(linha: string): Resposta | undefined {
  const valor = lerJson(linha);
  if (!Array.isArray(valor)) return undefined;
  const [codigo, ...resto]: unknown[] = valor;
  if (typeof codigo !== "string" || !Object.hasOwn(TEXTOS, codigo)) return undefined;
  const conhecido = codigo as Codigo;
  switch (conhecido) {
    case "OK-200": {
      const [versao, primeiras] = resto;
      if (versao !== VERSAO_DO_PROTOCOLO) return undefined;
      if (primeiras === undefined) return { codigo: conhecido };
      return listaDe(primeiras, ehPrimeiraVaga) ? { codigo: conhecido, primeiras } : undefined;
    }
    case "OK-201":
      return { codigo: conhecido };
    case "OK-304":
      return listaDe(resto, ehVaga) ? { codigo: conhecido, vagas: resto } : undefined;
    case "OK-300":
    case "OK-301":
      return umaTupla(resto) ? { codigo: conhecido, agendamentos: resto } : undefined;
    case "OK-302":
      return listaDe(resto, ehTupla) ? { codigo: conhecido, agendamentos: resto } : undefined;
    case "ERRO-111": {
      const [texto, ...agendamentos] = resto;
      return typeof texto === "string" && umaTupla(agendamentos) ? { codigo: conhecido, agendamentos } : undefined;
    }
    case "ERRO-114": {
      const [texto, ...agendamentos] = resto;
      return typeof texto === "string" && listaDe(agendamentos, ehTupla)
        ? { codigo: conhecido, agendamentos }
        : undefined;
    }
    default:
      return { codigo: conhecido };
  }
}

/** Verdadeiro para uma lista em que todos são. */
export function listaDe<T>(valor: unknown, eh: (item: unknown) => item is T): valor is T[] {
  return Array.isArray(valor) && valor.every(eh);
}

/** Verdadeiro para uma lista de tantos textos. */
export function ehTextos(valor: unknown, quantos: number): valor is string[] {
  return Array.isArray(valor) && valor.length === quantos && valor.every((campo) => typeof campo === "string");
}

function ehTupla(valor: unknown): valor is Tupla {
  return ehTextos(valor, 7) && valor[0] === "AGEND";
}

function umaTupla(valor: unknown[]): valor is [Tupla] {
  return valor.length === 1 && ehTupla(valor[0]);
}

function ehPrimeiraVaga(valor: unknown): valor is PrimeiraVaga {
  return ehTextos(valor, 4);
}

function ehVaga(valor: unknown): valor is Vaga {
  return Array.isArray(valor) && valor.length === 4 && ehTextos(valor.slice(0, 3), 3) &&
    listaDe(valor[3], (hora) => typeof hora === "string");
}

/** Uma linha que não é UTF-8 válido. */
export class Ilegivel {
  /** O que dela se lê, com U+FFFD no lugar do resto. */
  readonly texto: string;

  /** Uma linha de que só se lê isto. */
  constructor(texto: string) {
    this.texto = texto;
  }
}

const LF = 0x0a;
const DECODIFICADOR = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const TOLERANTE = new TextDecoder("utf-8", { ignoreBOM: true });

/** Decodifica UTF-8, com U+FFFD no lugar do que não o é. */
export type Decodifica = (bytes: Uint8Array) => string;

/**
 * Corta linhas de um fluxo de bytes. Guarda só o começo da linha que ainda não acabou; o que sobra quando o fluxo acaba
 * não é uma mensagem e não deve ser tratado como uma.
 */
export class Enquadrador {
  #maxima: number;
  #decodifica: Decodifica;
  #partes: Uint8Array[] | undefined;
  #guardados = 0;
  #excedida = false;

  /**
   * `maxima` é o tamanho de uma linha em bytes, LF incluído; `Infinity` para respostas. `decodifica` é para quem tem um
   * modo mais rápido que `TextDecoder`.
   */
  constructor(maxima: number = LINHA_MAXIMA, decodifica: Decodifica = (bytes) => TOLERANTE.decode(bytes)) {
    this.#maxima = maxima;
    this.#decodifica = decodifica;
  }

  /** Verdadeiro quando há um começo de linha à espera do fim. */
  get incompleta(): boolean {
    return this.#guardados > 0;
  }

  /** Verdadeiro depois que uma linha passou do tamanho máximo; daí em diante nada mais é lido. */
  get excedida(): boolean {
    return this.#excedida;
  }

  /** Recebe o próximo bloco e devolve as linhas que ele completa, sem o LF. O bloco pode ser reutilizado depois. */
  recebe(bloco: Uint8Array): (string | Ilegivel)[] {
    if (this.#excedida) return [];
    const fim = bloco[bloco.length - 1] === LF ? bloco.length : bloco.lastIndexOf(LF) + 1;
    const linhas = fim > 0 ? this.#corta(this.#completa(fim === bloco.length ? bloco : bloco.subarray(0, fim))) : [];
    // `new Uint8Array` copia; `slice` de um `Buffer` não.
    if (fim < bloco.length) this.#guarda(new Uint8Array(bloco.subarray(fim)));
    return linhas;
  }

  /** O que estava guardado, seguido do bloco. */
  #completa(bloco: Uint8Array): Uint8Array {
    if (this.#guardados === 0) return bloco;
    const completo = new Uint8Array(this.#guardados + bloco.length);
    let posicao = 0;
    for (const parte of [...this.#partes ?? [], bloco]) {
      completo.set(parte, posicao);
      posicao += parte.length;
    }
    this.#esquece();
    return completo;
  }

  #guarda(parte: Uint8Array): void {
    (this.#partes ??= []).push(parte);
    this.#guardados += parte.length;
    if (this.#guardados >= this.#maxima) this.#excede();
  }

  #esquece(): void {
    this.#partes = undefined;
    this.#guardados = 0;
  }

  #excede(): void {
    this.#excedida = true;
    this.#esquece();
  }

  /** `completo` acaba em LF. Decodificar tudo de uma vez custa uma fração de decodificar linha por linha. */
  #corta(completo: Uint8Array): (string | Ilegivel)[] {
    if (completo.length <= this.#maxima) {
      const texto = this.#decodifica(completo);
      // Quem escreveu um U+FFFD de propósito só passa pelo caminho longo.
      if (!texto.includes("\ufffd")) return cortarTexto(texto);
    }
    const linhas: (string | Ilegivel)[] = [];
    for (let inicio = 0; inicio < completo.length;) {
      const fim = completo.indexOf(LF, inicio);
      if (fim + 1 - inicio > this.#maxima) {
        this.#excede();
        break;
      }
      linhas.push(decodificarUtf8(completo.subarray(inicio, fim)));
      inicio = fim + 1;
    }
    return linhas;
  }
}

function cortarTexto(texto: string): string[] {
  const linhas: string[] = [];
  for (let inicio = 0; inicio < texto.length;) {
    const fim = texto.indexOf("\n", inicio);
    linhas.push(texto.slice(inicio, fim));
    inicio = fim + 1;
  }
  return linhas;
}

function decodificarUtf8(bytes: Uint8Array): string | Ilegivel {
  try {
    return DECODIFICADOR.decode(bytes);
  } catch {
    return new Ilegivel(TOLERANTE.decode(bytes));
  }
}
