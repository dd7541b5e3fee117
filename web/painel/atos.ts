/**
 * O que o balcão faz de um agendamento, num formulário ou numa tecla: o pedido que se faz à agenda, e o que se diz do que ela
 * responde, com as palavras do terminal. Todo o ato diz a versão que se tinha à frente: quem chega em segundo lê quem mudou
 * antes, e como está.
 *
 * @module
 */

import type { Agendamento, Papel, Situacao } from "../../clinica/agendamento.ts";
import { nomeDoDia } from "../../clinica/oferta.ts";
import type { Resultado } from "../../clinica/pedido.ts";
import { alcanca, podePedir } from "../../clinica/permissao.ts";
import { movivel } from "../../clinica/remarcar.ts";
import { desfazivel, passagens } from "../../clinica/situar.ts";
import { inofensivo } from "../../clinica/texto.ts";
import type { PedidoLido } from "../../fio/clinica2.ts";
import { EMAIL, livre, MOTIVO_MAXIMO, NOME, NOTA_MAXIMA, TELEFONE } from "../../fio/leitores.ts";
import { type Erros, Leitura } from "../campos.ts";
import { type Casa, pede } from "../casa.ts";
import { diaEMes } from "../datas.ts";
import type { Palavras } from "../palavras/pt.ts";
import type { Campos } from "../pedido.ts";
import type { DiaLido } from "./leitura.ts";

/** Uma mudança de situação que se pede daqui; o nome é também o do botão. */
export type AtoDeSituacao = Exclude<Situacao, "MARCADO" | "CONVIDADO" | "PASSOU"> | "DESFAZ";

/** O que se pode pedir de um agendamento. */
export type Ato = AtoDeSituacao | "REMARC" | "CORRIGE";

/** As mudanças de situação, pela ordem em que se oferecem. */
export const ATOS_DE_SITUACAO: readonly AtoDeSituacao[] = [
  ...["CHEGOU", "CHAMADO", "ATENDIDO", "CONFIRMADO", "SAIU", "FALTOU", "DESFAZ", "CANCELADO"] as const,
];

/** Verdadeiro para o nome de um ato. */
export function ehAto(texto: string): texto is Ato {
  return texto === "REMARC" || texto === "CORRIGE" || ATOS_DE_SITUACAO.some((um) => um === texto);
}

/** O que quem pede pode fazer agora de um agendamento. */
export function atosDe(dia: Pick<DiaLido, "clinica" | "agora" | "quem">, um: Agendamento): ReadonlySet<Ato> {
  const { quem } = dia;
  const passa: readonly Situacao[] = passagens(dia, um);
  const qual = { cpf: um.cpf, especialista: um.especialidade };
  const pode = (pedido: PedidoLido): boolean =>
    podePedir(quem, pedido) && alcanca(quem, { comando: pedido.comando }, um);
  const deSituacao = ATOS_DE_SITUACAO.filter((ato) => {
    switch (ato) {
      case "CANCELADO":
        return movivel(dia, um) && pode({ comando: "CANCEL", ...qual });
      case "DESFAZ":
        return desfazivel(dia, um) && pode({ comando: "SITUA", situacao: ato, ...qual });
      default:
        return passa.includes(ato) && pode({ comando: "SITUA", situacao: ato, ...qual });
    }
  });
  const outros: readonly Ato[] = [
    ...movivel(dia, um) && pode({ comando: "REMARC", data: "", dia: "", ...qual }) ? ["REMARC"] as const : [],
    ...pode({ comando: "CORRIGE", ...qual }) ? ["CORRIGE"] as const : [],
  ];
  return new Set([...deSituacao, ...outros]);
}

/** O que houve com um ato. */
export type Desfecho =
  | { readonly tipo: "feito"; readonly texto: string; readonly um: Agendamento }
  /** Nada mudou; com `um`, é assim que está agora. */
  | {
    readonly tipo: "recusado";
    readonly texto: string;
    readonly um?: Agendamento;
    readonly erros?: Erros;
    /** Disse-se como está: quem insiste já o viu, e fala dessa versão. */
    readonly visto?: true;
  };

/** Quem mudou um agendamento por último, se se viu. */
export type QuemMudou = (um: Agendamento) => { readonly nome?: string; readonly papel: string } | undefined;

/** De que se fala, e o que veio no formulário. */
export interface PedidoDeAto {
  /** Quem pede, e com que palavras se lhe responde. */
  readonly dia: Pick<DiaLido, "clinica" | "quem">;
  /** As palavras. */
  readonly p: Palavras;
  /** O agendamento, como se achou. */
  readonly um: Agendamento;
  /** O formulário. */
  readonly campos: Campos;
  /** Quem mudou por último. */
  readonly quemMudou: QuemMudou;
}

/** Faz o que o formulário diz. */
export async function faz(casa: Casa, pedido: PedidoDeAto): Promise<Desfecho> {
  const { dia: { quem }, p, campos } = pedido;
  const ato = campos("ato");
  if (!ehAto(ato)) return { tipo: "recusado", texto: p.dia.naoPode };
  const lido = pedidoDe(pedido, ato);
  if ("erros" in lido) {
    return { tipo: "recusado", texto: p.dia.haUmProblema(Object.keys(lido.erros).length), erros: lido.erros };
  }
  const desfecho = desfechoDe(pedido, ato, await pede(casa, quem, lido.pedido));
  return "visto" in desfecho ? { ...desfecho, erros: diferencas(p, lido.pedido, desfecho.um) } : desfecho;
}

// ------------------------------------------------------------------------------------------------------ o pedido

type Lido = { readonly pedido: PedidoLido } | { readonly erros: Erros };

function pedidoDe({ dia: { clinica }, p, um, campos }: PedidoDeAto, ato: Ato): Lido {
  const versao = Number(campos("versao"));
  const qual = {
    ...{ cpf: um.cpf, especialista: um.especialidade, numero: um.numero },
    ...Number.isSafeInteger(versao) && versao > 0 ? { versao } : {},
  };
  const lidos = new Leitura(campos);
  const motivo = lidos.le("motivo", livre(MOTIVO_MAXIMO), p.dia.recusas.texto);
  const porque = motivo === undefined || motivo === "" ? {} : { motivo };
  let pedido: PedidoLido;
  switch (ato) {
    case "CANCELADO":
      pedido = { comando: "CANCEL", ...qual, ...porque };
      break;
    case "REMARC": {
      const [hora, profissional] = horaEscolhida(campos("para"));
      const data = campos("dia") || um.data;
      pedido = {
        ...{ comando: "REMARC", ...qual, ...porque, data, dia: diaDaSemana(clinica.oferta, data), horario: hora },
        ...profissional === "" ? {} : { profissional },
      };
      break;
    }
    case "CORRIGE":
      pedido = {
        ...{ comando: "CORRIGE", ...qual },
        nome: lidos.le("nome", NOME, p.dia.recusas.nome),
        telefone: lidos.le("telefone", TELEFONE, p.dia.recusas.telefone),
        email: lidos.le("email", EMAIL, p.dia.recusas.email),
        nota: lidos.le("nota", livre(NOTA_MAXIMA), p.dia.recusas.texto),
      };
      break;
    default: {
      const prioridade = Number(campos("prioridade"));
      const local = campos("local");
      pedido = {
        ...{ comando: "SITUA", ...qual, situacao: ato },
        ...prioridade >= 1 && prioridade <= 4 ? { prioridade } : {},
        ...local === "" ? {} : { local },
      };
    }
  }
  return lidos.serve ? { pedido } : { erros: lidos.erros };
}

/** `"HH:MM PROFISSIONAL"`, como vai no botão de uma hora livre. */
function horaEscolhida(para: string): readonly [hora: string, profissional: string] {
  const espaco = para.indexOf(" ");
  return espaco < 0 ? [para, ""] : [para.slice(0, espaco), para.slice(espaco + 1)];
}

/** O dia da semana de uma data, como a agenda o espera; de uma que não é, nenhum. */
export function diaDaSemana(oferta: Parameters<typeof nomeDoDia>[0], data: string): string {
  try {
    return nomeDoDia(oferta, data);
  } catch {
    return "";
  }
}

// ------------------------------------------------------------------------------------------------------ o que se diz

function desfechoDe(pedido: PedidoDeAto, ato: Ato, resultado: Resultado): Desfecho {
  const { p, um: antes } = pedido;
  switch (resultado.codigo) {
    case "OK-301":
    case "OK-306": {
      const [um] = resultado.agendamentos;
      return { tipo: "feito", um, texto: fraseDe(pedido, ato, um) };
    }
    case "OK-303": {
      const [um, antigo] = resultado.agendamentos;
      return { tipo: "feito", um, texto: p.dia.frases.REMARC(nomeDe(um), quandoDe(antigo, um), quandoDe(um, antigo)) };
    }
    case "ERRO-115":
    case "ERRO-117": {
      const [um] = resultado.agendamentos;
      return { tipo: "recusado", um, texto: naoPermitido(pedido, ato, resultado.codigo, um), visto: true };
    }
    case "ERRO-116":
      return {
        ...{ tipo: "recusado", um: antes, texto: regra(p, resultado.regra) },
        erros: { motivo: p.dia.motivoDeRegra },
      };
    default:
      return {
        tipo: "recusado",
        texto: recusaDe(p, resultado.codigo),
        um: resultado.codigo === "ERRO-113" ? undefined : antes,
      };
  }
}

/** O que o livro já tem e uma correção recusada apagaria: diz-se ao lado de cada campo, antes que se insista. */
function diferencas(p: Palavras, pedido: PedidoLido, agora: Agendamento | undefined): Erros {
  if (pedido.comando !== "CORRIGE" || agora === undefined) return {};
  const delas = (["nome", "telefone", "email", "nota"] as const)
    .filter((qual) => agora[qual] !== "" && agora[qual] !== pedido[qual]?.trim());
  return Object.fromEntries(delas.map((qual) => [qual, p.dia.recusas.noLivro(inofensivo(agora[qual]))]));
}

/** O que uma regra da clínica pede. */
export function regra(p: Palavras, qual: string): string {
  switch (qual) {
    case "antecedencia":
    case "cancelamento":
    case "porCpf":
    case "faltas":
      return p.dia.regras[qual];
    default:
      return p.dia.regras.outra;
  }
}

/** O que se diz de uma recusa que não traz mais nada. */
export function recusaDe(p: Palavras, codigo: string): string {
  switch (codigo) {
    case "ERRO-102":
      return p.dia.recusas.cpf;
    case "ERRO-103":
      return p.dia.recusas.semDia;
    case "ERRO-104":
      return p.dia.recusas.nome;
    case "ERRO-105":
      return p.dia.recusas.semHora;
    case "ERRO-110":
      return p.dia.recusas.cheio;
    case "ERRO-112":
    case "ERRO-113":
      return p.dia.recusas.naoExiste;
    case "ERRO-120":
      return p.dia.recusas.negado;
    default:
      return p.dia.recusas.outra(codigo);
  }
}

function naoPermitido(
  { p, quemMudou }: PedidoDeAto,
  ato: Ato,
  codigo: "ERRO-115" | "ERRO-117",
  um: Agendamento,
): string {
  const [nome, situacao] = [nomeDe(um), p.mesa.situacoes[um.situacao]];
  if (codigo === "ERRO-117") {
    // De outro servidor, ou de antes deste começar, sabe-se o papel de quem mudou a situação.
    const autor = quemMudou(um) ?? um.pilha.at(-1);
    return autor === undefined
      ? p.dia.recusas.mudou(nome, situacao)
      : p.dia.recusas.mudouPor(quemSeDiz(p, autor), nome, situacao);
  }
  switch (ato) {
    case "DESFAZ":
      return p.dia.recusas.naoDesfaz(nome);
    case "REMARC":
    case "CORRIGE":
      return p.dia.recusas.naoSeMuda(nome, situacao);
    case "CHEGOU":
    case "CONFIRMADO":
    case "FALTOU":
      if (um.situacao === "MARCADO" || um.situacao === "CONFIRMADO" && ato !== "CONFIRMADO") {
        return `${nome}: ${p.mesa.situacoes[ato]}, ${p.dia.quando[ato]}.`;
      }
      break;
    case "CHAMADO":
    case "ATENDIDO":
    case "SAIU":
    case "CANCELADO":
      break;
    default:
      ato satisfies never;
  }
  return um.situacao === ato
    ? p.dia.recusas.jaEsta(nome, situacao)
    : p.dia.recusas.naoPassa(nome, situacao, p.mesa.situacoes[ato]);
}

/** O nome de alguém como se mostra. */
export function nomeDe({ nome }: Pick<Agendamento, "nome">): string {
  return inofensivo(nome);
}

/** Quando é, à vista de onde era: o dia só se diz se muda. */
function quandoDe({ data, hora }: Agendamento, outro: Agendamento): string {
  return data === outro.data ? hora : `${diaEMes(data)} ${hora}`;
}

/** O que se diz de um ato feito. */
export function fraseDe(
  { p, dia: { clinica } }: Pick<PedidoDeAto, "p" | "dia">,
  ato: Ato,
  um: Agendamento,
): string {
  const nome = nomeDe(um);
  const quem = um.senha === "" ? nome : `${um.senha}: ${nome}`;
  switch (ato) {
    case "DESFAZ":
      return p.dia.frases.DESFAZ(quem, p.mesa.situacoes[um.situacao]);
    case "CHEGOU":
      if (um.chamadas > 0) return p.dia.frases.volta(quem);
      return um.prioridade > 0
        ? p.dia.frases.chegouCom(quem, p.mesa.prioridades[um.prioridade])
        : p.dia.frases.CHEGOU(quem);
    case "CHAMADO":
      return p.dia.frases.CHAMADO(quem, inofensivo(clinica.localDe(um)), um.chamadas);
    case "CANCELADO":
      return p.dia.frases.CANCELADO(quem, um.hora);
    case "CORRIGE":
      return p.dia.frases.CORRIGE(quem);
    case "CONFIRMADO":
    case "ATENDIDO":
    case "SAIU":
    case "FALTOU":
      return p.dia.frases[ato](quem);
    case "REMARC":
      return p.dia.frases.AGEND(quem, um.hora);
  }
}

/** Quem é, pelo nome ou pelo papel. */
export function quemSeDiz(
  p: Palavras,
  { nome, papel }: { readonly nome?: string; readonly papel: string },
): string {
  if (nome !== undefined && nome !== "") return inofensivo(nome);
  return ehPapelDito(papel) ? p.dia.papeis[papel] : p.dia.papeis.outro;
}

function ehPapelDito(papel: string): papel is Exclude<keyof Palavras["dia"]["papeis"], "outro"> & Papel {
  return ["balcao", "gerente", "profissional", "paciente", "quiosque", "servidor"].includes(papel);
}
