/**
 * A impressão digital da semana: dois servidores sobre o mesmo livro têm de decidir pela mesma, e é por ela que o sabem.
 *
 * `servidor.ts` a dá ao armazém que serve a vários.
 *
 * @module
 */

import { createHash } from "node:crypto";
import type { Oferta } from "./oferta.ts";
import { ESPERA_PADRAO, GUARDA_PADRAO } from "./politica.ts";

/**
 * Um resumo do que vale na semana: fuso, semanas, datas fechadas, as regras que estão ligadas, como se espera, e de cada
 * atendimento a especialidade, o dia, quem, onde e as horas. Não mudam nada o nome da clínica, a tela da sala, a ordem das chaves do
 * arquivo, nem como se escreve o que se compara sem acentos; a ordem de especialidades e profissionais muda, pois por ela
 * se escolhe.
 */
export function impressao(
  { fuso, semanas, fechado, especialidades, profissionais, semana, regras, espera, faltaAutomatica, guarda }: Omit<
    Oferta,
    "nome" | "quemAtende" | "diasDaSemana" | "tv"
  >,
): string {
  const turnos = [...semana].flatMap(([dia, atendimentos]) =>
    [...atendimentos.values()].flat().flatMap((agenda) => agenda.turnos).map((turno) => {
      const { especialidade, agenda, inicio, fim, minutos, local, encaixes } = turno;
      return JSON.stringify([dia, especialidade, agenda, inicio, fim, minutos, local, encaixes]);
    })
  );
  const vale = [
    ...[fuso, semanas, [...fechado].sort()],
    ...[especialidades, profissionais].map((nomes) => nomes.map(({ chave }) => chave)),
    turnos.sort(),
    // Sem nada disto, a impressão é a de antes de o haver: um livro que a guardou não vê outra semana.
    ...[Object.entries(regras).filter(([, regra]) => regra !== 0 && regra !== undefined)].filter(({ length }) =>
      length > 0
    ),
    ...JSON.stringify(espera) === JSON.stringify(ESPERA_PADRAO) ? [] : [espera],
    ...faltaAutomatica ? ["faltaAutomatica"] : [],
    // De um livro de vários, quem guarda menos apagava o que os outros guardam.
    ...guarda.meses === GUARDA_PADRAO.meses ? [] : [{ guarda }],
  ];
  return createHash("sha256").update(JSON.stringify(vale)).digest("hex");
}
