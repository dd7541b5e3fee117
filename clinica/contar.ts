/**
 * O que se conta de quem não é da casa: os códigos que não abrem nada, e as recusas que dizem que um CPF já está no livro. Passado
 * o limite responde-se `ERRO-130`, antes de olhar o que quer que seja: a resposta não diz se o CPF existe, nem se o código estava
 * certo. Só `regras.ts` o chama; o que se conta grava-se no mesmo lote.
 *
 * Um estranho não tranca um paciente. A rede por que alguém disse há pouco um código certo de um CPF tem a sua conta, que a dos
 * outros não enche. E uma recusa só a tem um CPF que está no livro, e que portanto tem um código: quem o sabe abre com ele a sua
 * rede, e a seguir marca.
 *
 * @module
 */

import { redeDe } from "./endereco.ts";
import { type Decisao, type Estado, semMudanca } from "./estado.ts";
import { temEntrada } from "./esperar.ts";
import type { DaTentativa, Quem } from "./livro.ts";
import type { Pedido, PedidoDe, Resultado } from "./pedido.ts";
import { ehEstranho, ehNeutra, PERMISSOES } from "./permissao.ts";
import type { ParDaTentativa, Tentativa } from "./tentativa.ts";

/** Códigos errados de um CPF por uma rede em `JANELA_DOS_CODIGOS`, no máximo. */
export const CODIGOS_POR_REDE = 5;

/** Em ms. */
export const JANELA_DOS_CODIGOS: number = 15 * 60_000;

/** Códigos errados de um CPF num dia, por todas as redes que não têm a sua conta; ou por uma que a tem. */
export const CODIGOS_POR_DIA = 100;

/** Recusas a uma rede em `JANELA_DAS_RECUSAS`, no máximo. */
export const RECUSAS_POR_REDE = 5;

/** Em ms. */
export const JANELA_DAS_RECUSAS: number = 60 * 60_000;

/** Recusas a um CPF num dia, por todas as redes que não têm a sua conta; ou por uma que a tem. */
export const RECUSAS_POR_DIA = 3;

/** Por quanto tempo uma rede que disse um código certo de um CPF tem a sua conta dele, em ms. */
export const CONHECIDA_POR: number = 90 * 24 * 60 * 60_000;

/** De quanto em quanto se escreve outra vez que acertou, em ms. */
const ENTRE_ACERTOS = 24 * 60 * 60_000;

const LIMITE: Decisao = semMudanca({ codigo: "ERRO-130" });

/** Um pedido que se conta, e o que nele: o código que diz, ou a recusa que pode ter. */
type Contado = { readonly conta: "codigo" | "recusa"; readonly cpf: string };

/** Se um pedido se conta; nunca o de quem é da casa, nem um código que não o é. */
function contado({ papel }: Pick<Quem, "papel">, pedido: Pedido): Contado | undefined {
  switch (PERMISSOES[pedido.comando][papel]) {
    case "codigo":
      return "codigo" in pedido && pedido.codigo ? { conta: "codigo", cpf: pedido.cpf } : undefined;
    case "tudo":
      return podeRecusar(pedido) && ehEstranho(papel) ? { conta: "recusa", cpf: pedido.cpf } : undefined;
    case "nunca":
    case "atende":
      return undefined;
  }
}

/** Os pedidos cuja recusa pode dizer que um CPF está no livro, sem que se diga um código dele. */
function podeRecusar(pedido: Pedido): pedido is PedidoDe<"AGEND" | "ESPERA"> {
  return pedido.comando === "AGEND" || pedido.comando === "ESPERA";
}

/** Verdadeiro se do pedido se conta alguma coisa, e por isso pode mudar o livro ainda que só o leia. */
export function seConta(pedido: Pedido, quem: Pick<Quem, "papel">): boolean {
  return contado(quem, pedido) !== undefined;
}

/** As contas que um pedido lê e pode mudar; nenhuma, se nada se conta. */
export function contasDe(pedido: Pedido, quem: Pick<Quem, "papel" | "origem">): readonly ParDaTentativa[] | undefined {
  const um = contado(quem, pedido);
  if (um === undefined) return undefined;
  const rede = redeDe(quem.origem);
  const doCpf: ParDaTentativa[] = [[um.cpf, rede], [um.cpf, ""]];
  return um.conta === "codigo" ? doCpf : [...doCpf, ["", rede]];
}

/** Decide um pedido contando-o, se se conta. */
export function contando(estado: Estado, pedido: Pedido, decide: () => Decisao): Decisao {
  const um = contado(estado.quem, pedido);
  if (um === undefined) return decide();
  const daqui = contaDe(estado, um.cpf, redeDe(estado.quem.origem));
  const conhecida = perto(estado, daqui.acertou, CONHECIDA_POR);
  const doDia = conhecida ? daqui : contaDe(estado, um.cpf, "");
  return um.conta === "codigo"
    ? codigos(estado, { daqui, doDia, abriu: (resultado) => abriu(estado, pedido, resultado) }, decide)
    : recusas(estado, { doDia, daRede: contaDe(estado, "", daqui.rede) }, decide);
}

interface DoCodigo {
  readonly daqui: Tentativa;
  readonly doDia: Tentativa;
  readonly abriu: (resultado: Resultado) => boolean | undefined;
}

function codigos(estado: Estado, { daqui, doDia, abriu }: DoCodigo, decide: () => Decisao): Decisao {
  if (daqui.recentes.length >= CODIGOS_POR_REDE || doDia.erros >= CODIGOS_POR_DIA) return LIMITE;
  const decisao = decide();
  switch (abriu(decisao.resultado)) {
    case undefined:
      return decisao;
    case true:
      if (perto(estado, daqui.acertou, ENTRE_ACERTOS)) return decisao;
      return com(decisao, anota(estado, { ...daqui, acertou: estado.agora }));
    case false: {
      const errado = { ...daqui, recentes: [...daqui.recentes, estado.agora] };
      if (doDia === daqui) return com(decisao, anota(estado, { ...errado, erros: daqui.erros + 1 }));
      return com(decisao, anota(estado, errado), anota(estado, { ...doDia, erros: doDia.erros + 1 }));
    }
  }
}

/**
 * Depois de três recusas a um CPF, a quarta vez já não se olha, e responde como à rede que as gastou; mas também isso diz que
 * ele está no livro, e por isso conta à rede. Se só a que seria recusada o respondesse, era ainda uma recusa, sem fim.
 */
function recusas(
  estado: Estado,
  { doDia, daRede }: { doDia: Tentativa; daRede: Tentativa },
  decide: () => Decisao,
): Decisao {
  if (daRede.recentes.length >= RECUSAS_POR_REDE) return LIMITE;
  const outra = anota(estado, { ...daRede, recentes: [...daRede.recentes, estado.agora] });
  if (doDia.recusas >= RECUSAS_POR_DIA) return com(LIMITE, outra);
  const decisao = decide();
  if (!ehNeutra(decisao.resultado)) return decisao;
  return com(decisao, outra, anota(estado, { ...doDia, recusas: doDia.recusas + 1 }));
}

/** Se o código abriu alguma coisa; nada, se não se chegou a olhar para ele. */
function abriu(estado: Estado, pedido: Pedido, { codigo }: Resultado): boolean | undefined {
  switch (codigo) {
    case "ERRO-103":
    case "ERRO-105":
      return undefined;
    case "ERRO-112":
    case "ERRO-113":
      return false;
    case "ERRO-119":
      // Quem está na lista e ainda não foi convidado disse o código dele.
      return (pedido.comando === "ACEITA" || pedido.comando === "RECUSA") && temEntrada(estado, pedido);
    default:
      return true;
  }
}

function com(decisao: Decisao, ...anotadas: readonly DaTentativa[]): Decisao {
  return { ...decisao, mudancas: [...decisao.mudancas, ...anotadas] };
}

/** A conta como vale agora: sem o que já passou. */
function contaDe(estado: Estado, cpf: string, rede: string): Tentativa {
  const { hoje } = estado.clinica.calendario.janela(estado.agora);
  const gravada = estado.vista.tentativa(cpf, rede);
  if (gravada === undefined) return { cpf, rede, recentes: [], dia: hoje, erros: 0, recusas: 0, acertou: 0, ate: 0 };
  return {
    ...gravada,
    recentes: gravada.recentes.filter((quando) => perto(estado, quando, janelaDe(gravada))),
    ...gravada.dia === hoje ? {} : { dia: hoje, erros: 0, recusas: 0 },
  };
}

function janelaDe({ cpf }: Tentativa): number {
  return cpf === "" ? JANELA_DAS_RECUSAS : JANELA_DOS_CODIGOS;
}

/** Verdadeiro se foi há menos do que isto; o que está por vir é de uma hora errada, que se acertou, e conta como o que passou. */
function perto({ agora }: Estado, quando: number, prazo: number): boolean {
  return Math.abs(agora - quando) < prazo;
}

/** Grava a conta, até que já nada diga. */
function anota({ clinica, agora, quem }: Estado, conta: Tentativa): DaTentativa {
  const ate = Math.max(
    ...conta.recentes.map((quando) => quando + janelaDe(conta)),
    conta.erros + conta.recusas > 0 ? clinica.calendario.janela(agora).fim : 0,
    conta.acertou > 0 ? conta.acertou + CONHECIDA_POR : 0,
  );
  return { sobre: "tentativa", ato: "CONTA", depois: { ...conta, ate }, quem };
}
