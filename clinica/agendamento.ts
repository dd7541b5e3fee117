/**
 * O agendamento: o que se sabe de um, as situações por que passa, e o que dele se deduz: a agenda de quem atende, se toma a
 * hora, se ainda espera alguém.
 *
 * @module
 */

/** A situação de um agendamento. `CONVIDADO` e `PASSOU` são da lista de espera: uma hora segurada e uma que se deixou passar. */
export type Situacao =
  | ("MARCADO" | "CONFIRMADO" | "CHEGOU" | "CHAMADO")
  | ("ATENDIDO" | "SAIU" | "FALTOU" | "CANCELADO")
  | ("CONVIDADO" | "PASSOU");

/** Quem pede: `servidor` é o próprio, quando o relógio pede; `ninguem`, um anônimo de quem não se aceita nada. */
export type Papel =
  | ("ninguem" | "anonimo" | "quiosque" | "paciente" | "profissional" | "balcao" | "gerente" | "integracao")
  | "servidor";

/** A parte de um agendamento que uma mudança de situação pode mudar, e `DESFAZ` devolver. */
export interface Andamento {
  /** A situação. */
  readonly situacao: Situacao;
  /** Conta como o agendamento ativo desse CPF nessa especialidade, até que acabe; o relógio não o muda. */
  readonly ativo: boolean;
  /** Para onde foi chamado; `""` é o local do atendimento. */
  readonly local: string;
  /** Por que se cancelou, faltou…; `""` se não se disse. */
  readonly motivo: string;
  /** De 0 (nenhuma) a 4 (emergência). */
  readonly prioridade: number;
  /** O instante da chegada (`"2026-11-23T10:00:00Z"`), ou `""`. */
  readonly chegouEm: string;
  /** O da primeira chamada, ou `""`. */
  readonly chamadoEm: string;
  /** Quantas vezes foi chamado. */
  readonly chamadas: number;
  /**
   * O instante em que acabou (atendido, saiu, faltou, cancelado, passou), ou `""`. Num convite, aquele até quando se espera a
   * resposta; num marcado, o de uma falta do servidor que se desfez.
   */
  readonly terminouEm: string;
}

/** Os campos do andamento; um que se esqueça não compila. */
export const CAMPOS_DO_ANDAMENTO: readonly (keyof Andamento)[] = Object.keys(
  {
    situacao: 0,
    ativo: 0,
    local: 0,
    motivo: 0,
    prioridade: 0,
    chegouEm: 0,
    chamadoEm: 0,
    chamadas: 0,
    terminouEm: 0,
  } satisfies Record<keyof Andamento, 0>,
) as (keyof Andamento)[];

/** Uma mudança de situação que ainda se pode desfazer. */
export interface Passo {
  /** Quem a fez. */
  readonly papel: Papel;
  /** Quando. */
  readonly em: string;
  /** O que ela mudou, como estava. */
  readonly antes: Partial<Andamento>;
}

/** Um agendamento gravado, ou a gravar. */
export interface Agendamento extends Andamento {
  /** O número no livro; nunca é usado outra vez. */
  readonly numero: number;
  /** 1 ao nascer; mais 1 a cada mudança gravada. */
  readonly versao: number;
  /** Oito caracteres de `ALFABETO`: o segundo fator, ao lado do CPF. */
  readonly codigo: string;
  /** 11 dígitos. */
  readonly cpf: string;
  /** Normalizado, em maiúsculas. */
  readonly nome: string;
  /** A chave da especialidade: sem acentos, em maiúsculas. */
  readonly especialidade: string;
  /** A chave de quem atende; `""` se a especialidade não tem profissionais com nome. */
  readonly profissional: string;
  /** `"aaaa-mm-dd"`. */
  readonly data: string;
  /** `"HH:MM"`. */
  readonly hora: string;
  /** Duração em minutos, como era quando se marcou. */
  readonly minutos: number;
  /** Foi encaixado: não toma a hora. */
  readonly encaixe: boolean;
  /** A senha do dia, `"A001"` ou `"P001"`; `""` antes de chegar. Uma chegada desfeita não a perde. */
  readonly senha: string;
  /** Uma nota da recepção. */
  readonly nota: string;
  /** Para avisos; `""` se não há. */
  readonly email: string;
  /** Para avisos, E.164; `""` se não há. */
  readonly telefone: string;
  /** O número do agendamento que este substitui ou substituirá; 0 se nenhum. */
  readonly substitui: number;
  /** O número da entrada da lista de espera por que se tem esta hora; 0 se não veio dela. */
  readonly espera: number;
  /** As mudanças de situação que se podem desfazer, da mais antiga à mais nova; no máximo `PASSOS_MAXIMOS`. */
  readonly pilha: readonly Passo[];
}

/** Um agendamento de que só se diz o que não é de costume. */
export type Nascente =
  & Pick<Agendamento, "numero" | "codigo" | "cpf" | "nome" | "especialidade" | "data" | "hora" | "minutos">
  & Partial<Agendamento>;

/** Um agendamento que nasce: `MARCADO`, ativo, versão 1. */
export function nasce(nascente: Nascente): Agendamento {
  const { numero, codigo, cpf, nome, especialidade, data, hora, minutos } = nascente;
  // Por extenso, e não espalhado por cima do costume: assim todos têm a mesma forma, e custa um quarto.
  return {
    numero,
    versao: nascente.versao ?? 1,
    codigo,
    cpf,
    nome,
    especialidade,
    profissional: nascente.profissional ?? "",
    data,
    hora,
    minutos,
    situacao: nascente.situacao ?? "MARCADO",
    ativo: nascente.ativo ?? true,
    encaixe: nascente.encaixe ?? false,
    local: nascente.local ?? "",
    motivo: nascente.motivo ?? "",
    nota: nascente.nota ?? "",
    email: nascente.email ?? "",
    telefone: nascente.telefone ?? "",
    senha: nascente.senha ?? "",
    prioridade: nascente.prioridade ?? 0,
    chegouEm: nascente.chegouEm ?? "",
    chamadoEm: nascente.chamadoEm ?? "",
    chamadas: nascente.chamadas ?? 0,
    terminouEm: nascente.terminouEm ?? "",
    substitui: nascente.substitui ?? 0,
    espera: nascente.espera ?? 0,
    pilha: nascente.pilha ?? SEM_PASSOS,
  };
}

const SEM_PASSOS: readonly Passo[] = [];

/** Mudanças de situação que se guardam para desfazer; as mais antigas saem. */
export const PASSOS_MAXIMOS = 32;

/** A agenda de um agendamento: a de quem atende ou, sem nome, a da especialidade. Nela ninguém está em dois lugares. */
export function agendaDe({ especialidade, profissional }: { especialidade: string; profissional: string }): string {
  const [escritas, letra, chave] = profissional === ""
    ? [DE_ESPECIALIDADES, "E", especialidade]
    : [DE_PROFISSIONAIS, "P", profissional];
  let agenda = escritas.get(chave);
  if (agenda === undefined) {
    if (escritas.size >= AGENDAS_ESCRITAS) escritas.clear();
    escritas.set(chave, agenda = `${letra}:${chave}`);
  }
  return agenda;
}

/** As agendas já escritas: o mesmo texto, de que já se sabe o hash, acha-se num `Map` em metade do tempo. */
const DE_ESPECIALIDADES = new Map<string, string>();
const DE_PROFISSIONAIS = new Map<string, string>();
const AGENDAS_ESCRITAS = 10_000;

/** Verdadeiro para o que conta no dia: nem cancelado nem passado adiante. */
export function conta({ situacao }: Pick<Agendamento, "situacao">): boolean {
  return situacao !== "CANCELADO" && situacao !== "PASSOU";
}

/** Verdadeiro se toma os seus minutos na agenda. */
export function tomaHora(agendamento: Pick<Agendamento, "situacao" | "encaixe">): boolean {
  return !agendamento.encaixe && conta(agendamento);
}

/** Verdadeiro se alguém ainda é esperado, ou já está aqui e não foi atendido. */
export function espera({ situacao }: Pick<Agendamento, "situacao">): boolean {
  return situacao === "MARCADO" || situacao === "CONFIRMADO" || situacao === "CHEGOU" || situacao === "CHAMADO";
}

// ------------------------------------------------------------------------------------------------------ o código

/** A base 32 de Crockford (crockford.com/base32.html): sem I, L, O e U. */
const ALFABETO = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** Um código de cinco bytes ao acaso: 40 bits, oito caracteres. */
export function escreveCodigo(bytes: Uint8Array, inicio = 0): string {
  let codigo = "";
  let bits = 0;
  let acumulado = 0;
  for (let i = inicio; i < inicio + BYTES_DO_CODIGO; i++) {
    acumulado = (acumulado << 8) | bytes[i];
    for (bits += 8; bits >= 5; bits -= 5) codigo += ALFABETO[(acumulado >> (bits - 5)) & 31];
  }
  return codigo;
}

/** De quantos bytes se faz um código. */
export const BYTES_DO_CODIGO = 5;

const LETRAS_DO_CODIGO = 8;

/** Lê um código como uma pessoa o digita: sem distinguir caixa, sem hifens, O como 0, I e L como 1; `undefined` se não é um. */
export function lerCodigo(escrito: string): string | undefined {
  if (escrito.length > 32) return undefined;
  const codigo = escrito.toUpperCase().replace(/[-\s]/g, "").replaceAll("O", "0").replace(/[IL]/g, "1");
  return /^[0-9A-HJKMNP-TV-Z]{8}$/.test(codigo) ? codigo : undefined;
}

/** Compara dois códigos no mesmo tempo, sejam quais forem; o que falta não é igual a nada. */
export function mesmoCodigo(um: string, outro: string): boolean {
  let diferenca = (um.length ^ LETRAS_DO_CODIGO) | (outro.length ^ LETRAS_DO_CODIGO);
  for (let i = 0; i < LETRAS_DO_CODIGO; i++) diferenca |= um.charCodeAt(i) ^ outro.charCodeAt(i);
  return diferenca === 0;
}
