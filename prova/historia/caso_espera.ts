/**
 * Histórias da lista de espera, para os testes do verificador: numa especialidade com duas horas por dia, e um só que atende.
 *
 * @module
 */

import { agend, AMANHA, CANCEL, cpf, type Do } from "./caso.ts";
import type { RegrasDaEspera } from "./espera.ts";
import type { FeitoNoDia } from "./feitos.ts";
import { REGRAS } from "./livro_modelo.ts";
import { nomeUnico } from "./registro.ts";

/** A especialidade. */
export const DERMA = { especialidade: "DERMA" };

/** Põe à espera, na DERMA, que tem duas horas por dia e um só que atende. */
export function espera(n: number, resto: Partial<Do<"ESPERA">> = {}): Do<"ESPERA"> {
  return { comando: "ESPERA", cpf: cpf(n), nome: nomeUnico(100 + n), ...DERMA, ...resto };
}
/** Responde a um convite, ou sai. */
export function responde(comando: "ACEITA" | "RECUSA" | "DESISTE", n: number): FeitoNoDia {
  return { comando, cpf: cpf(n), ...DERMA };
}
/** Marca ali. */
export function marca(n: number, resto: Partial<Do<"AGEND">> = {}): Do<"AGEND"> {
  return agend(n, { ...DERMA, ...resto });
}
/** Desmarca ali. */
export function desmarca(n: number): FeitoNoDia {
  return { ...CANCEL, ...DERMA, cpf: cpf(n) };
}
/** A lista. */
export const FILA: FeitoNoDia = { comando: "FILA", ...DERMA };
/** As horas livres de amanhã. */
export const VAGAS: FeitoNoDia = { comando: "VAGAS", data: AMANHA, ...DERMA };

/** Amanhã está cheio, com o primeiro e o segundo CPF. */
export const CHEIO: readonly FeitoNoDia[] = [marca(1), marca(2)];
/** O terceiro CPF espera, e o primeiro desmarca: as oito são seguradas para o terceiro. */
export const CONVIDADO: readonly FeitoNoDia[] = [...CHEIO, espera(3), desmarca(1)];
/** Como o livro de costume, com regras da clínica: um só marcado por pessoa, e o que é para daqui a pouco não se deixa. */
export const COM_REGRAS: RegrasDaEspera = {
  ...REGRAS,
  daCasa: { antecedencia: 1335, cancelamento: 2800, porCpf: 1 },
  faltaAutomatica: true,
};
/** Quatro à espera. */
export const QUATRO: readonly FeitoNoDia[] = [...CHEIO, espera(3), espera(4), espera(5, { prioridade: 2 }), espera(6)];
