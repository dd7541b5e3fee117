/**
 * O que os testes da lista de espera pedem, e como leem o que dela está no livro. Só os arquivos `_test.ts` o importam.
 *
 * @module
 */

import type { Pedido, PedidoDe } from "../clinica/pedido.ts";
import { cpfDeExemplo } from "./apoio.ts";
import { ANA, type Balcao, BIA, type Campos, CID, CLINICO, poe } from "./balcao.ts";

/** A segunda-feira depois de `SEGUNDA`. */
export const DIA_SEGUINTE = "2026-12-07";
/** Mais uma. */
export const DUDA: string = cpfDeExemplo(4);
/** E outra. */
export const EVA: string = cpfDeExemplo(5);

/** Um `ESPERA` pelo clínico. */
export function espera(cpf: string, diferente: Campos<"ESPERA"> = {}): PedidoDe<"ESPERA"> {
  return { comando: "ESPERA", cpf, nome: `N${cpf}`, especialista: CLINICO, ...diferente };
}
/** Um `ACEITA`. */
export function aceita(cpf: string, diferente: Campos<"ACEITA"> = {}): Pedido {
  return { comando: "ACEITA", cpf, especialista: CLINICO, ...diferente };
}
/** Um `RECUSA`. */
export function recusa(cpf: string, diferente: Campos<"RECUSA"> = {}): Pedido {
  return { comando: "RECUSA", cpf, especialista: CLINICO, ...diferente };
}
/** Um `DESISTE`. */
export function desiste(cpf: string, diferente: Campos<"DESISTE"> = {}): Pedido {
  return { comando: "DESISTE", cpf, especialista: CLINICO, ...diferente };
}
/** O relógio bate. */
export const TICK: Pedido = { comando: "TICK" };

/** O que cada um tem no livro, sem os cancelados e os que passaram: `"ANA 2026-11-30 08:00 MARCADO"`. */
export function tem({ livro }: Balcao): string[] {
  return livro.linhas.filter(({ situacao }) => situacao !== "CANCELADO" && situacao !== "PASSOU")
    .map(({ cpf, data, hora, situacao }) => `${letra(cpf)} ${data} ${hora} ${situacao}`).sort();
}

/** Quem está de pé na lista, na ordem. */
export function fila({ livro }: Balcao): string[] {
  return livro.esperas.filter(({ terminouEm }) => terminouEm === "")
    .sort((a, b) => b.prioridade - a.prioridade || a.ordem - b.ordem).map(({ cpf }) => letra(cpf));
}

function letra(cpf: string): string {
  const letras: Record<string, string> = { [ANA]: "ANA", [BIA]: "BIA", [CID]: "CID", [DUDA]: "DUDA", [EVA]: "EVA" };
  return letras[cpf] ?? cpf;
}

/** Enche o dia: as cinco horas do clínico, menos as que se digam. */
export function enche(balcao: Balcao, data: string, menos: readonly string[] = []): void {
  for (const [i, hora] of ["08:00", "08:30", "09:00", "09:30", "10:00"].entries()) {
    if (!menos.includes(hora)) poe(balcao, { cpf: cpfDeExemplo(50 + i + Number(data.slice(8)) * 10), data, hora });
  }
}
