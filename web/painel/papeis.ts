/**
 * Que papéis chegam a que parte do painel: uma tabela, que o guarda de `rotas.ts` pergunta antes de qualquer rota e o menu antes
 * de se mostrar. O que ela não diz não se alcança: uma parte nova sem uma linha aqui é recusada a todos.
 *
 * O que cada um faz dentro dela decide-o a agenda (`clinica/permissao.ts`).
 *
 * @module
 */

import type { Papel } from "../../clinica/agendamento.ts";
import { PAPEIS_DE_PESSOA, type PapelDePessoa } from "../../clinica/pessoa.ts";

/** Quem chega: estes papéis; ou qualquer um, também quem ainda não entrou. */
export type QuemChega = readonly PapelDePessoa[] | "qualquer um";

const BALCAO: readonly PapelDePessoa[] = ["balcao", "gerente"];
const GERENCIA: readonly PapelDePessoa[] = ["gerente"];

/** Cada parte, pelo endereço, e tudo o que está por baixo dele; `/painel` é só ele. */
const PARTES: ReadonlyMap<string, QuemChega> = new Map<string, QuemChega>([
  ["/painel", PAPEIS_DE_PESSOA],
  ["/painel/fluxo", PAPEIS_DE_PESSOA],
  ["/painel/imprimir", PAPEIS_DE_PESSOA],
  ["/painel/agendamento", PAPEIS_DE_PESSOA],
  ["/painel/marcar", BALCAO],
  ["/painel/semana", BALCAO],
  ["/painel/espera", BALCAO],
  ["/painel/pacientes", BALCAO],
  ["/painel/configuracao", GERENCIA],
  ["/painel/acessos", GERENCIA],
  ["/painel/trilha", GERENCIA],
  ["/painel/entrar", "qualquer um"],
  ["/painel/sair", "qualquer um"],
]);

/** Quem chega a um endereço do painel; ninguém, se não é de nenhuma parte. */
export function quemChega(caminho: string): QuemChega | undefined {
  const [, , parte] = caminho.split("/");
  return PARTES.get(parte === undefined || parte === "" ? "/painel" : `/painel/${parte}`);
}

/** Verdadeiro se um papel chega a um endereço do painel. */
export function chega(papel: Papel, caminho: string): boolean {
  const quem = quemChega(caminho);
  return quem === "qualquer um" || quem !== undefined && quem.some((um) => um === papel);
}

/** Um endereço do painel a que se volta depois de entrar: o pedido, se é de uma das partes e nada diz de ninguém; senão, o dia. */
export function voltaDe(pedido: string): string {
  const forma = /^(\/painel(?:\/[a-z\d-]{1,20})*)(?:\?[a-z]+=[\w-]{0,40}(?:&[a-z]+=[\w-]{0,40}){0,3})?$/;
  const caminho = forma.exec(pedido)?.[1];
  if (caminho === undefined || /\d{11}/.test(pedido)) return "/painel";
  return Array.isArray(quemChega(caminho)) ? pedido : "/painel";
}
