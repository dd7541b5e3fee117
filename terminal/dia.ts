/**
 * O dia da recepção: o que a tela sabe, e o que cada tecla, cada lista e cada resposta faz dela. Funções puras: uma tecla
 * devolve o estado seguinte e, se há, o que pedir; quem pede, e desenha, é `recepcao.ts`, com `desenho.ts`.
 *
 * @module
 */

import { foiDesfeito } from "./destino.ts";
import { type CodigoDeRecusa, ehRecusa, O_QUE_QUER_DIZER, PRIORIDADES, SITUACOES } from "./frases.ts";
import type { Tecla } from "./teclas.ts";
import { agendamentoDe, type AgendamentoMostrado, situacaoPorExtenso } from "./telas.ts";
import type { TuplaLida } from "./tubo.ts";
import type { Situacao } from "../clinica/agendamento.ts";
import type { Codigo } from "../clinica/pedido.ts";
import { chave } from "../clinica/texto.ts";
import type { Detalhes } from "../fio/clinica2.ts";

/** Um agendamento da lista: o que o servidor diz dele em CLINICA/2. */
export type Marcado = AgendamentoMostrado & Detalhes;

/** O agendamento de uma tupla; `undefined` se veio de um servidor que não fala CLINICA/2. */
export function marcadoDe(tupla: TuplaLida): Marcado | undefined {
  const detalhes = tupla[7];
  return detalhes && { ...agendamentoDe(tupla), ...detalhes };
}

/** A tupla de um agendamento. */
export function tuplaDe({ cpf, nome, especialista, data, dia, horario, ...detalhes }: Marcado): TuplaLida {
  return ["AGEND", cpf, nome, especialista, data, dia, horario, detalhes];
}

/** O que se pede que aconteça a um agendamento, tal como ele estava quando se apertou a tecla. */
export interface Ato {
  /** O agendamento. */
  readonly alvo: Marcado;
  /** A situação pedida, ou `DESFAZ`. */
  readonly situacao: SituacaoPedida;
  /** De 1 a 4, com `CHEGOU`. */
  readonly prioridade?: number;
  /** Por quê, com `CANCELADO`. */
  readonly motivo?: string;
}
/** As situações que se podem pedir daqui, e `DESFAZ`. */
export type SituacaoPedida = Exclude<Situacao, "MARCADO" | "CONVIDADO" | "PASSOU"> | "DESFAZ";

/** O que a tela quer que se faça; `lista` é mostrar outro dia ou outra ordem. */
export type Efeito =
  | { readonly tipo: "ato"; readonly ato: Ato }
  | { readonly tipo: "remarca"; readonly alvo: Marcado }
  | { readonly tipo: "encaixa" | "espera" }
  | { readonly tipo: "lista" }
  | { readonly tipo: "volta" };

/** O que se faz fora da tela. */
export type EfeitoDeFora = Exclude<Efeito, { tipo: "ato" } | { tipo: "lista" }>;

/** O que a última linha diz. */
export interface Recado {
  /** Como correu. */
  readonly marca: "ok" | "aviso" | "erro";
  /** A frase. */
  readonly texto: string;
}

/** O que as teclas fazem agora: andam pela lista, ou escrevem o filtro ou a resposta a uma pergunta. */
export type Modo =
  | { readonly tipo: "lista" | "ajuda" | "filtro" }
  | { readonly tipo: "prioridade"; readonly alvo: Marcado }
  | { readonly tipo: "motivo"; readonly alvo: Marcado; readonly texto: string };

/** O que a tela sabe. */
export interface Dia {
  /** O dia mostrado, `"aaaa-mm-dd"`. */
  readonly data: string;
  /** Hoje, na clínica. */
  readonly hoje: string;
  /** Por hora, ou pela ordem de chamar. */
  readonly ordem: "hora" | "chamada";
  /** Como o servidor a mandou; `undefined` enquanto não a mandou. */
  readonly lista?: readonly Marcado[];
  /** O número do escolhido: a escolha segue o agendamento, e não a linha. */
  readonly escolhido?: number;
  /** A primeira linha à vista. */
  readonly topo: number;
  /** Quantas linhas da lista cabem. */
  readonly altura: number;
  /** O que se procura, como foi digitado. */
  readonly filtro: string;
  /** O que as teclas fazem. */
  readonly modo: Modo;
  /** A quantos da lista de espera é preciso telefonar, a última vez que se viu. */
  readonly porTelefonar?: number;
  /** É a tela de quem atende, que vê os seus e só os chama, conclui e desfaz. */
  readonly soAtende?: true;
  /** O que acabou de acontecer. */
  readonly recado?: Recado;
  /** Por que não se fala com o servidor, enquanto não se fala. */
  readonly semServidor?: string;
  /** Um ato que saiu e de que não veio resposta: a próxima lista diz o que houve. */
  readonly perdido?: Ato;
}

/** O estado seguinte e, se há, o que fazer. */
export type Passo = readonly [dia: Dia, efeito?: Efeito];

const NA_LISTA: Modo = { tipo: "lista" };

/** O dia de hoje, ainda sem lista. */
export function comeca(hoje: string, { soAtende = false }: { soAtende?: boolean } = {}): Dia {
  const dia: Dia = { data: hoje, hoje, ordem: "hora", topo: 0, altura: 1, filtro: "", modo: NA_LISTA };
  return soAtende ? { ...dia, soAtende } : dia;
}

/** Os agendamentos que o filtro deixa ver: os de nome ou CPF que o contém. */
export function visiveis({ lista = [], filtro }: Dia): readonly Marcado[] {
  const procurado = chave(filtro);
  if (procurado === "") return lista;
  const digitos = /^[\d.\- ]+$/.test(procurado) ? procurado.replace(/\D/g, "") : undefined;
  return lista.filter(({ nome, cpf }) =>
    digitos === undefined ? chave(nome).includes(procurado) : cpf.includes(digitos)
  );
}

/** O agendamento escolhido, se está à vista. */
export function escolhidoDe(dia: Dia): Marcado | undefined {
  return visiveis(dia).find(({ numero }) => numero === dia.escolhido);
}

// ---------------------------------------------------------------------------------------------------- as teclas

/** Uma tecla. */
export function aperta(dia: Dia, tecla: Tecla): Passo {
  switch (dia.modo.tipo) {
    case "lista":
      return tecla.tipo === "texto" ? letra(dia, tecla.texto) : anda(dia, tecla.tipo);
    case "ajuda":
      return [{ ...dia, modo: NA_LISTA }];
    case "filtro":
      return filtra(dia, tecla);
    case "prioridade":
      return respondePrioridade({ ...dia, modo: NA_LISTA }, dia.modo.alvo, tecla);
    case "motivo":
      return respondeMotivo(dia, dia.modo, tecla);
  }
}

function anda(dia: Dia, tecla: Exclude<Tecla["tipo"], "texto">): Passo {
  switch (tecla) {
    case "cima":
      return [move(dia, -1)];
    case "baixo":
      return [move(dia, 1)];
    case "paginaAcima":
      return [move(dia, -Math.max(dia.altura - 1, 1))];
    case "paginaAbaixo":
      return [move(dia, Math.max(dia.altura - 1, 1))];
    case "inicio":
      return [move(dia, -Infinity)];
    case "fim":
      return [move(dia, Infinity)];
    case "esquerda":
      return mudaDeDia(dia, -1);
    case "direita":
      return mudaDeDia(dia, 1);
    case "esc":
      return dia.filtro === "" ? [dia, { tipo: "volta" }] : [aVista({ ...dia, filtro: "" })];
    case "enter":
    case "apaga":
    case "limpa":
      return [dia];
  }
}

/** O que cada tecla pede que aconteça ao escolhido. */
const ATOS: ReadonlyMap<string, SituacaoPedida> = new Map([
  ["C", "CHEGOU"],
  ["H", "CHAMADO"],
  ["A", "ATENDIDO"],
  ["F", "FALTOU"],
  ["S", "SAIU"],
  ["O", "CONFIRMADO"],
  ["D", "DESFAZ"],
]);

/** As teclas que são da recepção, e não de quem atende. */
export const DA_RECEPCAO: readonly string[] = ["C", "P", "S", "F", "O", "X", "R", "N", "E"];

function letra(dia: Dia, digitada: string): Passo {
  const tecla = digitada.toUpperCase();
  if (dia.soAtende && DA_RECEPCAO.includes(tecla)) {
    return [{ ...dia, recado: { marca: "aviso", texto: "Isso faz a recepção. Quem atende chama, conclui e desfaz." } }];
  }
  switch (tecla) {
    case "?":
      return [{ ...dia, modo: { tipo: "ajuda" } }];
    case "/":
      return [{ ...dia, modo: { tipo: "filtro" } }];
    case "N":
      return [dia, { tipo: "encaixa" }];
    case "E":
      return [dia, { tipo: "espera" }];
    case "T":
      return mudaDeDia({ ...dia, data: dia.hoje }, 0);
    case "L":
      return [{ ...dia, ordem: dia.ordem === "hora" ? "chamada" : "hora" }, { tipo: "lista" }];
  }
  const situacao = ATOS.get(tecla);
  if (situacao === undefined && !["P", "X", "R"].includes(tecla)) return [dia];
  const alvo = escolhidoDe(dia);
  if (alvo === undefined) return [{ ...dia, recado: { marca: "aviso", texto: "Escolha alguém com as setas." } }];
  if (tecla === "P") return [{ ...dia, modo: { tipo: "prioridade", alvo } }];
  if (tecla === "X") return [{ ...dia, modo: { tipo: "motivo", alvo, texto: "" } }];
  if (tecla === "R") return [dia, { tipo: "remarca", alvo }];
  return situacao === undefined ? [dia] : [dia, { tipo: "ato", ato: { alvo, situacao } }];
}

function mudaDeDia(dia: Dia, dias: number): Passo {
  const data = Temporal.PlainDate.from(dia.data).add({ days: dias }).toString();
  const { lista: _, escolhido: __, recado: ___, ...resto } = dia;
  return [{ ...resto, data, topo: 0 }, { tipo: "lista" }];
}

function filtra(dia: Dia, tecla: Tecla): Passo {
  switch (tecla.tipo) {
    case "enter":
      return [{ ...dia, modo: NA_LISTA }];
    case "esc":
      return [aVista({ ...dia, filtro: "", modo: NA_LISTA })];
    case "cima":
    case "baixo":
    case "paginaAcima":
    case "paginaAbaixo":
      return anda(dia, tecla.tipo);
    default:
      return [aVista({ ...dia, filtro: escreve(dia.filtro, tecla) })];
  }
}

function respondePrioridade(dia: Dia, alvo: Marcado, tecla: Tecla): Passo {
  if (tecla.tipo === "esc") return [dia];
  const prioridade = tecla.tipo === "texto" && /^[1-4]$/.test(tecla.texto) ? Number(tecla.texto) : undefined;
  if (prioridade === undefined) return [{ ...dia, modo: { tipo: "prioridade", alvo } }];
  return [dia, { tipo: "ato", ato: { alvo, situacao: "CHEGOU", prioridade } }];
}

function respondeMotivo(dia: Dia, modo: Extract<Modo, { tipo: "motivo" }>, tecla: Tecla): Passo {
  const { alvo, texto } = modo;
  if (tecla.tipo === "esc") return [{ ...dia, modo: NA_LISTA }];
  if (tecla.tipo !== "enter") return [{ ...dia, modo: { ...modo, texto: escreve(texto, tecla) } }];
  const motivo = texto.trim();
  const ato: Ato = { alvo, situacao: "CANCELADO", ...(motivo === "" ? {} : { motivo }) };
  return [{ ...dia, modo: NA_LISTA }, { tipo: "ato", ato }];
}

/** O maior texto que se escreve na última linha, em unidades de UTF-16: um motivo cabe no protocolo. */
const ESCRITO_MAXIMO = 120;

function escreve(texto: string, tecla: Tecla): string {
  if (tecla.tipo === "texto") return (texto + tecla.texto).length > ESCRITO_MAXIMO ? texto : texto + tecla.texto;
  if (tecla.tipo === "apaga") return [...texto].slice(0, -1).join("");
  return tecla.tipo === "limpa" ? "" : texto;
}

// ---------------------------------------------------------------------------------------------------- a escolha

function move(dia: Dia, linhas: number): Dia {
  const lista = visiveis(dia);
  if (lista.length === 0) return dia;
  const atual = lista.findIndex(({ numero }) => numero === dia.escolhido);
  const alvo = Math.min(Math.max(Math.max(atual, 0) + linhas, 0), lista.length - 1);
  return aVista({ ...dia, escolhido: lista[alvo].numero });
}

/** A altura da lista mudou. */
export function comAltura(dia: Dia, altura: number): Dia {
  return altura === dia.altura ? dia : aVista({ ...dia, altura });
}

/** O mesmo dia, com alguém escolhido, se há quem, e à vista. Se quem estava escolhido se foi, é quem ficou na linha dele. */
function aVista(dia: Dia, linhaDeAntes = 0): Dia {
  const lista = visiveis(dia);
  let linha = lista.findIndex(({ numero }) => numero === dia.escolhido);
  if (linha < 0) linha = Math.min(linhaDeAntes, lista.length - 1);
  const ultimo = Math.max(lista.length - dia.altura, 0);
  const topo = Math.min(Math.max(Math.min(dia.topo, linha), linha - dia.altura + 1, 0), ultimo);
  return { ...dia, topo, escolhido: lista.at(Math.max(linha, 0))?.numero ?? dia.escolhido };
}

// ---------------------------------------------------------------------------------------------------- o servidor

/** O que o servidor respondeu a um ato ou a um pedido da recepção. */
export interface Desfecho {
  /** O código. */
  readonly codigo: Codigo;
  /** Os agendamentos que vieram com ele. */
  readonly agendamentos: readonly Marcado[];
}

/** Veio a lista do dia; a de outro, pedida antes de se mudar, não é esta. */
export function recebeLista(dia: Dia, data: string, lista: readonly Marcado[]): Dia {
  if (data !== dia.data) return dia;
  const antes = visiveis(dia).findIndex(({ numero }) => numero === dia.escolhido);
  const { perdido, semServidor, ...resto } = dia;
  const voltou: Recado | undefined = semServidor === undefined
    ? dia.recado
    : { marca: "ok", texto: "O servidor voltou." };
  const recado = perdido === undefined ? voltou : destinoDe(perdido, lista);
  const primeiro = lista.findIndex(({ situacao }) => !ACABADAS.has(situacao));
  return aVista({ ...resto, lista, recado }, dia.lista === undefined ? Math.max(primeiro, 0) : Math.max(antes, 0));
}

/** As situações de quem já não se espera: ao abrir o dia, a escolha começa depois deles. */
const ACABADAS: ReadonlySet<Situacao> = new Set(["ATENDIDO", "SAIU", "FALTOU", "CANCELADO"]);

/** O que houve com um ato sem resposta, pela lista de depois. */
function destinoDe({ alvo, situacao }: Ato, lista: readonly Marcado[]): Recado {
  const agora = lista.find(({ numero }) => numero === alvo.numero);
  if (agora === undefined) return { marca: "aviso", texto: `${alvo.nome} já não está neste dia; veja a história.` };
  if (agora.versao === alvo.versao) return { marca: "erro", texto: `Não foi feito: ${alvo.nome}. Aperte de novo.` };
  const feito = situacao === "DESFAZ" ? foiDesfeito(agora, alvo) : agora.situacao === situacao;
  return feito
    ? { marca: "ok", texto: `Foi feito: ${fraseDe(agora, situacao)}` }
    : { marca: "aviso", texto: `${agora.nome} mudou: agora é ${situacaoPorExtenso(agora)}.` };
}

/** Veio a resposta a um ato. */
export function recebeResposta(dia: Dia, ato: Ato, { codigo, agendamentos }: Desfecho): Dia {
  const [agora] = agendamentos;
  const trocada = agora && dia.lista?.map((um) => um.numero === agora.numero ? agora : um);
  return {
    ...dia,
    ...(trocada === undefined ? {} : { lista: trocada }),
    recado: ehRecusa(codigo)
      ? { marca: "erro", texto: recusaDe(ato, codigo, agora) }
      : { marca: "ok", texto: fraseDe(agora ?? ato.alvo, ato.situacao) },
  };
}

function recusaDe({ alvo, situacao }: Ato, codigo: CodigoDeRecusa, agora: Marcado = alvo): string {
  const estado = situacaoPorExtenso(agora);
  switch (codigo) {
    case "ERRO-115":
      if (situacao === "DESFAZ") return `${agora.nome}: não há o que desfazer, ou a hora já é de outro.`;
      if (agora.situacao !== situacao && POR_VIR.has(agora.situacao) && QUANDO[situacao] !== undefined) {
        return `${agora.nome}: ${SITUACOES[situacao].palavra}, ${QUANDO[situacao]}.`;
      }
      if (agora.situacao === situacao) return `${agora.nome} já está como ${estado}.`;
      return `${agora.nome} está como ${estado}: daí não passa a ${SITUACOES[situacao].palavra}.`;
    case "ERRO-117":
      return `Nada foi feito, outro mudou antes: ${agora.nome} está como ${estado}.`;
    case "ERRO-113":
      return `O agendamento de ${alvo.nome} já não existe.`;
    default:
      return `${O_QUE_QUER_DIZER[codigo]} (${codigo})`;
  }
}

/** As situações de quem ainda não chegou. */
const POR_VIR: ReadonlySet<Situacao> = new Set(["MARCADO", "CONFIRMADO"]);

/** Quando quem ainda não chegou passa a cada situação. */
const QUANDO: { readonly [S in SituacaoPedida]?: string } = {
  CHEGOU: "só no próprio dia",
  CONFIRMADO: "só antes da hora marcada",
  FALTOU: "só depois da hora marcada",
};

/** O que se diz de um ato feito: `"A005: MARIA DA SILVA chegou"`. */
function fraseDe(agora: Marcado, pedida: SituacaoPedida): string {
  const { nome, senha = "", local = "", chamadas = 1, prioridade = 0 } = agora;
  const quem = senha === "" ? nome : `${senha}: ${nome}`;
  switch (pedida) {
    case "DESFAZ":
      return `Desfeito: ${quem} está como ${situacaoPorExtenso(agora)}`;
    case "CONFIRMADO":
      return `${quem} confirmou que vem`;
    case "CHEGOU":
      if (chamadas > 0 && agora.chamadas !== undefined) return `${quem} volta a esperar`;
      return prioridade > 0 ? `${quem} chegou, prioridade: ${PRIORIDADES[prioridade]}` : `${quem} chegou`;
    case "CHAMADO":
      return `Chamando ${quem}${local === "" ? "" : `, ${local}`}${chamadas > 1 ? `, ${chamadas}ª vez` : ""}`;
    case "ATENDIDO":
      return `${quem}, atendimento concluído`;
    case "SAIU":
      return `${quem} saiu antes do atendimento`;
    case "FALTOU":
      return `${quem} faltou`;
    case "CANCELADO":
      return `${quem}, ${agora.horario}: cancelado`;
  }
}

/** O servidor não atende; um ato que saiu sem resposta espera pela próxima lista. */
export function perdeServidor(dia: Dia, porque: string, perdido: Ato | undefined = dia.perdido): Dia {
  const { recado: _, ...resto } = dia;
  return { ...resto, semServidor: porque, ...(perdido === undefined ? {} : { perdido }) };
}
