/**
 * As palavras do cliente: a frase de cada erro e de cada situação. Usam-nas os comandos, o menu e o dia da recepção.
 *
 * @module
 */

import type { Situacao } from "../clinica/agendamento.ts";
import type { Codigo } from "../clinica/pedido.ts";
import { inofensivo, NOME_MAXIMO } from "../clinica/texto.ts";

/** O código de um erro. */
export type CodigoDeRecusa = Extract<Codigo, `ERRO-${string}`>;

/** Verdadeiro para o código de um erro. */
export function ehRecusa(codigo: Codigo): codigo is CodigoDeRecusa {
  return codigo.startsWith("ERRO");
}

/** O que dizer diante de cada erro: o que houve e o que fazer. */
export const O_QUE_QUER_DIZER: { readonly [C in CodigoDeRecusa]: string } = {
  "ERRO-100": "O servidor não entendeu o pedido. Confira o que foi escrito; se persistir, atualize o cliente.",
  "ERRO-101": "O servidor não conhece este pedido. Ponha cliente e servidor na mesma versão.",
  "ERRO-102": "O CPF não é válido. Confira os 11 dígitos e escreva-o de novo.",
  "ERRO-103": "Esse atendimento não existe: a especialidade ou o profissional não atende nessa data, ou a data está " +
    "fechada, já passou ou ainda não abriu. Veja as vagas e escolha uma delas.",
  "ERRO-104": `O nome não serve. Escreva-o com letras que se vejam, em até ${NOME_MAXIMO} caracteres e numa só linha.`,
  "ERRO-105": "Esse horário não existe nesse dia, está fechado ou já começou. Escolha um dos horários livres.",
  "ERRO-110": "Não há mais vaga nesse dia ou horário. Escolha outro horário ou outra data.",
  "ERRO-111": "Este CPF já tem um agendamento nessa especialidade. Para mudá-lo, remarque-o.",
  "ERRO-112": "Não há agendamento ativo para este CPF. Confira o número ou marque um atendimento.",
  "ERRO-113":
    "Não há agendamento como o que se pediu, ou exceção com esse número; nada foi alterado. Confira o CPF e " +
    "a especialidade, ou o número.",
  "ERRO-114": "Há mais de um agendamento para este CPF; nada foi alterado. Informe a especialidade a desmarcar.",
  "ERRO-115":
    "A situação em que o agendamento está, ou a hora, não permite isso; nada foi alterado. Veja-a e escolha outro " +
    "passo.",
  "ERRO-116":
    "As regras da clínica não o permitem; nada foi alterado. A recepção passa por cima delas dizendo o motivo.",
  "ERRO-117": "Alguém mudou o agendamento antes; nada foi alterado. Veja como está agora e repita se ainda for o caso.",
  "ERRO-118":
    "Este CPF já está na lista de espera dessa especialidade. Para mudar o que se quer, saia dela e entre de " +
    "novo; perde-se o lugar.",
  "ERRO-119":
    "Este CPF não está na lista de espera dessa especialidade, ou não há hora segurada para ele; nada foi alterado. " +
    "Se havia um convite, foi respondido, ou o prazo passou. Busque o CPF para ver o que ficou.",
  "ERRO-120": "É preciso uma chave que o permita: peça-a a quem cuida do servidor, e guarde-a com cliente.ts entra.",
  "ERRO-121": "Já há atendimento nesse horário, ou alguém marcado nele; nada foi alterado. Escolha outro horário.",
  "ERRO-130": "O servidor está ocupado. Espere um pouco e tente de novo.",
  "ERRO-131": "O servidor não conseguiu gravar; nada foi alterado. Tente de novo daqui a pouco e, se persistir, " +
    "avise quem cuida do servidor.",
};

/** O que dizer de um servidor ocupado; com os segundos que ele disse, por haver pedidos demais daqui. */
export function fraseDeOcupado(segundos?: number): string {
  if (segundos === undefined) return O_QUE_QUER_DIZER["ERRO-130"];
  const quanto = segundos > 90
    ? `${Math.ceil(segundos / 60)} minutos`
    : segundos === 1
    ? "1 segundo"
    : `${segundos} segundos`;
  return `Houve pedidos demais deste terminal ou desta rede; este não foi feito. Espere ${quanto}, e repita-o.`;
}

/**
 * O que dizer de uma recusa: a frase do código e, de uma regra da clínica, o que ela pede; uma que este cliente não conhece
 * diz-se pelo nome.
 */
export function frasesDe({ codigo, regra }: { readonly codigo: CodigoDeRecusa; readonly regra?: string }): string[] {
  if (regra === undefined) return [O_QUE_QUER_DIZER[codigo]];
  if (regra === "") return [NAO_POR_AQUI];
  // Desta não se sai com um motivo.
  if (regra === "espera") return [REGRAS.espera];
  return [O_QUE_QUER_DIZER[codigo], Object.hasOwn(REGRAS, regra) ? REGRAS[regra] : `A regra: ${inofensivo(regra)}.`];
}

/** A recusa a quem não é da casa que não diz por quê: diria o que há de um CPF. */
const NAO_POR_AQUI = "Por aqui isto não se marca; nada foi alterado. Fale com a recepção.";

/** O que é um `ERRO-103` para quem quer ver a lista de espera do que não há. */
export const NAO_HA = "A clínica não tem essa especialidade. Confira o nome: vagas mostra as que têm horas livres.";

/** O que é um `ERRO-103` para quem quer esperar pelo que nunca virá. */
export const NADA_SERVE: string =
  "Nenhuma hora da clínica serve ao que se pediu, nem livre nem tomada: confira a especialidade, o profissional, as datas, o " +
  "turno e a antecedência. Quem já está marcado só espera pelo que for mais cedo.";

/** O que cada regra da clínica pede. */
export const REGRAS: Readonly<Record<string, string>> = {
  antecedencia: "A regra: falta pouco tempo para essa hora; a clínica pede mais antecedência. Escolha outra.",
  cancelamento: "A regra: falta pouco tempo para a hora marcada; já não se desmarca nem remarca.",
  porCpf: "A regra: este CPF já tem tantos agendamentos quantos a clínica aceita.",
  faltas: "A regra: este CPF faltou vezes demais nos últimos meses.",
  espera:
    "A lista de espera não aceita mais ninguém: a dessa especialidade está cheia, ou já entrou gente demais por este " +
    "endereço; nada foi alterado. Tente de novo noutro dia, ou fale com a recepção.",
};

/** O que é não achar nada onde é preciso o código. */
export const NADA_COM_O_CODIGO = "Não há nada com esse CPF e esse código. Confira os dois, ou fale com a recepção.";

/** A quem acaba de marcar num terminal em que o código é preciso. */
export const ANOTE = "Anote o código: com ele e o CPF se vê, se muda e se desmarca. Não se mostra outra vez.";

/** O que se diz quando o servidor só fala CLINICA/1 e o que se pediu é de CLINICA/2. */
export const SERVIDOR_ANTIGO =
  "O servidor é de uma versão anterior e não conhece isto. Atualize o servidor; marcar, buscar e cancelar funcionam.";

/** O que se diz a quem traz uma chave para um servidor que não as conhece. */
export const SEM_CHAVES =
  "O servidor é de uma versão anterior e não conhece chaves: a sua não lhe foi dita. Atualize o servidor.";

/** Um peso ou uma cor de texto. */
export type Estilo = "negrito" | "fraco" | "vermelho" | "verde" | "amarelo" | "ciano" | "magenta";

/** A palavra e a cor de cada situação. */
export const SITUACOES: { readonly [S in Situacao]: { readonly palavra: string; readonly estilo?: Estilo } } = {
  MARCADO: { palavra: "marcado" },
  CONFIRMADO: { palavra: "confirmado", estilo: "ciano" },
  CHEGOU: { palavra: "chegou", estilo: "amarelo" },
  CHAMADO: { palavra: "chamado", estilo: "magenta" },
  ATENDIDO: { palavra: "atendido", estilo: "verde" },
  SAIU: { palavra: "saiu", estilo: "fraco" },
  FALTOU: { palavra: "faltou", estilo: "vermelho" },
  CANCELADO: { palavra: "cancelado", estilo: "fraco" },
  CONVIDADO: { palavra: "convidado", estilo: "fraco" },
  PASSOU: { palavra: "passou", estilo: "fraco" },
};

/** O que cada prioridade é, de 0 a 4. */
export const PRIORIDADES = ["nenhuma", "doador", "legal", "mais de 80", "emergência"] as const;
