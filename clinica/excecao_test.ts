/**
 * Testes do que as exceções fazem a um dia, contra a conta feita minuto a minuto. Sem nenhuma permissão.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { EQUIPE, SEGUNDA, teste } from "../testes/balcao.ts";
import { aberto, abertoEmParte, alcanca, comExcecoes, type Excecao, turnoExtra } from "./excecao.ts";
import { atendimentosDe, lerOferta, type Turno } from "./oferta.ts";

const OFERTA = lerOferta(EQUIPE);

/** Um atendimento, e os minutos dele que estão abertos. */
interface Ingenuo {
  readonly turno: Turno;
  readonly abertos: Set<number>;
}

function ingenuo(turno: Turno): Ingenuo {
  return { turno, abertos: new Set(intervalo(turno.inicio, turno.fim)) };
}

function intervalo(inicio: number, fim: number): number[] {
  return Array.from({ length: Math.max(0, fim - inicio) }, (_, i) => inicio + i);
}

/** O que resta do dia, minuto a minuto. */
function minutoAMinuto(excecoes: readonly Excecao[]): Ingenuo[] {
  const turnos = [...atendimentosDe(OFERTA, SEGUNDA).values()].flat().flatMap(({ turnos }) => turnos).map(ingenuo);
  for (const excecao of excecoes) {
    const novo = excecao.tipo === "EXTRA" ? turnoExtra(excecao, OFERTA) : undefined;
    for (const { turno, abertos } of turnos) {
      const seu = excecao.tipo === "EXTRA"
        ? turno.agenda === novo?.agenda
        : alcanca(excecao, turno.especialidade, turno.profissional?.chave ?? "");
      if (seu) { for (const minuto of intervalo(excecao.inicio, excecao.fim)) abertos.delete(minuto); }
    }
    if (novo !== undefined) turnos.push(ingenuo(novo));
  }
  return turnos.filter(({ abertos }) => abertos.size > 0);
}

teste("por intervalos, as exceções deixam do dia o mesmo que minuto a minuto", () => {
  const arbMinuto = fc.integer({ min: 440, max: 640 });
  const comum = { numero: 1, de: SEGUNDA, ate: SEGUNDA, local: "", encaixes: 0, motivo: "", revogada: false };
  const arbExcecao = fc.record({
    tipo: fc.constantFrom<Excecao["tipo"]>("FECHA", "FECHA", "EXTRA"),
    inicio: arbMinuto,
    vagas: fc.integer({ min: 1, max: 6 }),
    minutos: fc.integer({ min: 1, max: 20 }),
    especialidade: fc.constantFrom("CLINICO GERAL", "PEDIATRA"),
    profissional: fc.constantFrom("", "DR. REIS", "DRA. LIMA"),
    todas: fc.boolean(),
  }).map(({ todas, ...uma }): Excecao => ({
    ...comum,
    ...uma,
    fim: uma.inicio + uma.vagas * uma.minutos,
    especialidade: todas && uma.tipo === "FECHA" ? "" : uma.especialidade,
  }));
  fc.assert(
    fc.property(fc.array(arbExcecao, { maxLength: 12, size: "max" }), arbMinuto, arbMinuto, (excecoes, um, outro) => {
      const obtidos = [...comExcecoes(atendimentosDe(OFERTA, SEGUNDA), excecoes, OFERTA).values()].flat()
        .flatMap(({ turnos }) => turnos);
      const esperados = minutoAMinuto(excecoes);
      const [inicio, fim] = [Math.min(um, outro), Math.max(um, outro)];
      const emTexto = ({ turno, abertos }: Ingenuo): string =>
        JSON.stringify([
          [turno.especialidade, turno.agenda, turno.inicio, turno.fim, [...abertos].sort((a, b) => a - b)],
          turno.horarios.map(({ hora }) => hora),
          [intervalo(inicio, fim).every((minuto) => abertos.has(minuto)) && fim > inicio],
          [intervalo(inicio, fim).some((minuto) => abertos.has(minuto))],
        ]);
      const obtido = (turno: Turno): string =>
        JSON.stringify([
          [
            ...[turno.especialidade, turno.agenda, turno.inicio, turno.fim],
            intervalo(turno.inicio, turno.fim).filter((minuto) => aberto(turno, minuto)),
          ],
          turno.horarios.map(({ hora }) => hora),
          [fim > inicio && aberto(turno, inicio, fim)],
          [abertoEmParte(turno, { inicio, fim })],
        ]);
      const comHorarios = esperados.map(({ turno, abertos }): Ingenuo => ({
        turno: {
          ...turno,
          horarios: turno.horarios.filter(({ inicio, minutos }) =>
            intervalo(inicio, inicio + minutos).every((minuto) => abertos.has(minuto))
          ),
        },
        abertos,
      }));
      assertEquals(obtidos.map(obtido).sort(), comHorarios.map(emTexto).sort());
      for (const { fechados, inicio, fim } of obtidos) {
        const pontas = [inicio - 1, ...fechados.flat(), fim + 1];
        assertEquals(pontas, [...new Set(pontas)].sort((a, b) => a - b), "em ordem, dentro do turno, sem se tocarem");
      }
    }),
    { numRuns: 500 },
  );
});
