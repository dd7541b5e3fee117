/**
 * A parte do contrato de `Armazem` que é das horas seguradas e do que o relógio já mandou fazer. `contrato.ts` a registra.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import type { Agendamento } from "../clinica/agendamento.ts";
import {
  type Armazem,
  type Mudanca,
  type Pendencias,
  PENDENCIAS_MAXIMAS,
  type Quando,
  type Vista,
} from "../clinica/livro.ts";
import { cpfDeExemplo } from "./apoio.ts";
import { entrada, gravaNela, leNela, lista, tentaNela } from "./contrato_espera.ts";
import {
  acabado,
  ativosDe,
  type Com,
  comEspera,
  convida,
  deixaPassar,
  DIA,
  EM,
  entra,
  HORAS,
  livres,
  marca,
  muda,
  mudaEspera,
  sai,
  segura,
  tica,
} from "./mudancas.ts";

/** O que ficou por fazer a um instante: `EM`, em `DIA`, se não se diz outra coisa. */
function pendentes(armazem: Armazem, parte: Partial<Quando>): Promise<Pendencias> {
  const quando: Quando = { instante: EM, hoje: DIA, faltas: false, ...parte };
  return leNela(armazem, (vista) => vista.pendencias(quando), comEspera(quando));
}

/** A linha mais nova do enésimo CPF de exemplo. */
async function linha(armazem: Armazem, n: number): Promise<Agendamento> {
  return (await leNela(armazem, (vista) => vista.historiaDe(cpfDeExemplo(n))))[0];
}

function numeros(linhas: readonly { readonly numero: number }[]): number[] {
  return linhas.map(({ numero }) => numero);
}

/** As horas seguradas, e o que o relógio já mandou fazer. */
export function dePendencias(com: Com): void {
  com("num livro novo nada ficou por fazer", async (armazem) => {
    const nada = { convites: [], esperas: [], faltas: [], velhas: false };
    assertEquals(await pendentes(armazem, { hoje: "2027-01-01", faltas: true }), nada);
  });

  com("uma hora segurada é de uma entrada, toma os minutos, e não é de mais ninguém", async (armazem) => {
    await gravaNela(armazem, (vista) => [1, 2].map((n) => entra(vista, { cpf: cpfDeExemplo(n) })));
    const [um, dois] = await lista(armazem);
    await gravaNela(armazem, (vista) => convida(vista, um, { hora: "08:30", ate: "2026-11-23T12:00:00Z" }));
    const convidada = await entrada(armazem, 1);
    const segurada = await linha(armazem, 1);
    assertEquals(await leNela(armazem, (vista) => vista.conviteDe(convidada)), segurada);
    assertEquals(
      [segurada.numero, segurada.cpf, segurada.situacao, segurada.hora, segurada.terminouEm],
      [convidada.convite, um.cpf, "CONVIDADO", "08:30", "2026-11-23T12:00:00Z"],
    );
    assertEquals(await leNela(armazem, (vista) => vista.conviteDe(dois)), undefined);
    assertEquals(await ativosDe(armazem, 1), [], "não é um ativo");
    assertEquals(await armazem.lista(DIA), [segurada]);
    assertEquals(await livres(armazem), HORAS.filter((hora) => hora !== "08:30"));
    for (
      const decide of [
        (vista: Vista): Mudanca[] => convida(vista, dois, { hora: "08:30" }),
        (vista: Vista): Mudanca[] => [marca(vista, { cpf: cpfDeExemplo(3), hora: "08:30" })],
        // Duas entradas com a mesma.
        (): Mudanca[] => [mudaEspera(dois, { convite: segurada.numero })],
      ]
    ) assertEquals(await tentaNela(armazem, decide), "recusado");
    // Deixa-a passar, e no mesmo lote é do seguinte.
    await gravaNela(armazem, (vista) => [
      deixaPassar(segurada),
      mudaEspera(convidada, { convite: 0, passou: ["2026-11-30 08:30 "] }),
      ...convida(vista, dois, { hora: "08:30" }),
    ]);
    const [livre, ocupada] = await lista(armazem);
    assertEquals([livre.convite, livre.passou, ocupada.cpf], [0, ["2026-11-30 08:30 "], dois.cpf]);
    assertEquals((await leNela(armazem, (vista) => vista.conviteDe(ocupada)))?.numero, ocupada.convite);
    assertEquals((await linha(armazem, 1)).situacao, "PASSOU");
    // Aceita-a: a linha é um agendamento como os outros, e a entrada acaba.
    const aceita = await linha(armazem, 2);
    await gravaNela(
      armazem,
      () => [muda(aceita, { situacao: "MARCADO", ativo: true, terminouEm: "" }, "ACEITA"), sai(ocupada)],
    );
    assertEquals((await ativosDe(armazem, 2)).map(({ numero, versao }) => [numero, versao]), [[aceita.numero, 2]]);
    assertEquals((await lista(armazem)).map(({ cpf }) => cpf), [um.cpf]);
  });

  com("uma hora segurada para ninguém também é de alguém que espera", async (armazem) => {
    const ninguem = cpfDeExemplo(0);
    await gravaNela(armazem, (vista) => [
      segura(vista, { cpf: ninguem, ate: EM }),
      segura(vista, {
        cpf: ninguem,
        hora: "08:30",
        ate: EM,
      }),
    ]);
    assertEquals(await leNela(armazem, (vista) => vista.alguemEspera()), true);
    const { convites } = await pendentes(armazem, { instante: EM });
    assertEquals(convites.map(({ hora }) => hora), ["08:00", "08:30"]);
    await gravaNela(armazem, () => convites.map(deixaPassar));
    assertEquals(await leNela(armazem, (vista) => vista.alguemEspera()), false);
    assertEquals(await livres(armazem), HORAS);
  });

  com("as horas seguradas vencem pelo prazo, e tratam-se algumas de cada vez", async (armazem) => {
    const prazos = ["10:00:00Z", "09:59:59Z", "10:00:00.25Z", "10:00:00.5Z", "11:00:00Z"]
      .map((hora) => `2026-11-23T${hora}`);
    await gravaNela(
      armazem,
      (vista) => prazos.map((ate, n) => segura(vista, { cpf: cpfDeExemplo(n), hora: HORAS[n], ate })),
    );
    const vencidas = async (instante: string): Promise<string[]> =>
      (await pendentes(armazem, { instante })).convites.map(({ terminouEm }) => terminouEm);
    assertEquals(await vencidas("2026-11-23T09:59:59.999Z"), [prazos[1]]);
    assertEquals(await vencidas(EM), [prazos[1], prazos[0]]);
    assertEquals(await vencidas("2026-11-23T10:00:00.5Z"), [1, 0, 2, 3].map((n) => prazos[n]));
    await gravaNela(
      armazem,
      (vista) =>
        Array.from(
          { length: 2 * PENDENCIAS_MAXIMAS },
          (_, n) =>
            segura(vista, { cpf: cpfDeExemplo(n), data: "2026-12-02", hora: `10:${10 + n}`, minutos: 1, ate: EM }),
        ),
    );
    const primeiras = (await pendentes(armazem, {})).convites;
    assertEquals(primeiras.length, PENDENCIAS_MAXIMAS);
    assertEquals(primeiras.slice(0, 2).map(({ terminouEm }) => terminouEm), [prazos[1], prazos[0]]);
    assertEquals(numeros(primeiras.slice(2)), numeros(primeiras.slice(2)).toSorted((a, b) => a - b));
    await gravaNela(armazem, () => primeiras.map(deixaPassar));
    const seguintes = (await pendentes(armazem, {})).convites;
    assertEquals(seguintes.length, PENDENCIAS_MAXIMAS);
    assert(seguintes.every(({ numero }) => !numeros(primeiras).includes(numero)));
  });

  com("as entradas cujo último dia passou acabam, algumas de cada vez", async (armazem) => {
    const ultimos = ["", DIA, "2026-11-29", "2026-12-01", "2026-11-01"];
    await gravaNela(armazem, (vista) => ultimos.map((ate, n) => entra(vista, { cpf: cpfDeExemplo(n), ate })));
    const passadas = async (hoje: string): Promise<string[]> =>
      (await pendentes(armazem, { hoje })).esperas.map(({ ate }) => ate).toSorted();
    assertEquals(await passadas(DIA), ["2026-11-01", "2026-11-29"]);
    assertEquals(await passadas("2026-12-01"), ["2026-11-01", "2026-11-29", DIA]);
    await gravaNela(armazem, (vista) => [
      ...Array.from(
        { length: 2 * PENDENCIAS_MAXIMAS },
        (_, n) => entra(vista, { cpf: cpfDeExemplo(100 + n), ate: "2026-11-29" }),
      ),
    ]);
    const primeiras = (await pendentes(armazem, { hoje: DIA })).esperas;
    assertEquals(primeiras.length, PENDENCIAS_MAXIMAS);
    await gravaNela(armazem, () => primeiras.map(sai));
    const seguintes = (await pendentes(armazem, { hoje: DIA })).esperas;
    assertEquals(seguintes.length, PENDENCIAS_MAXIMAS);
    assert(seguintes.every(({ numero }) => !numeros(primeiras).includes(numero)));
  });

  com("faltou quem era esperado num dia que passou, se isso se quer saber", async (armazem) => {
    const ontem = { data: "2026-11-29" };
    await gravaNela(armazem, (vista) => [
      marca(vista, { cpf: cpfDeExemplo(1), ...ontem }),
      marca(vista, { cpf: cpfDeExemplo(2), ...ontem, hora: "08:30", situacao: "CONFIRMADO" }),
      marca(vista, { cpf: cpfDeExemplo(3), ...ontem, encaixe: true }),
      // Um que deixou de ser o ativo do par e nunca chegou.
      marca(vista, { cpf: cpfDeExemplo(4), data: "2025-01-02", ativo: false }),
      marca(vista, { cpf: cpfDeExemplo(5), ...ontem, hora: "09:00", situacao: "CHEGOU" }),
      ...(["ATENDIDO", "SAIU", "FALTOU", "CANCELADO", "PASSOU"] as const).map((situacao, n) =>
        marca(vista, acabado(cpfDeExemplo(6 + n), situacao, { ...ontem, hora: `10:0${n}`, minutos: 1 }))
      ),
      segura(vista, { cpf: cpfDeExemplo(11), ...ontem, hora: "11:00", ate: "2026-12-31T10:00:00Z" }),
      marca(vista, { cpf: cpfDeExemplo(12) }),
    ]);
    const faltas = async (hoje: string): Promise<string[]> =>
      (await pendentes(armazem, { hoje, faltas: true })).faltas.map(({ cpf }) => cpf).toSorted();
    assertEquals((await pendentes(armazem, { hoje: DIA })).faltas, [], "ninguém o pediu");
    assertEquals(await faltas(DIA), [1, 2, 3, 4].map(cpfDeExemplo).toSorted());
    assertEquals(await faltas("2026-11-29"), [cpfDeExemplo(4)]);
    assertEquals(await faltas("2026-12-01"), [1, 2, 3, 4, 12].map(cpfDeExemplo).toSorted());
    const faltaram = (await pendentes(armazem, { hoje: DIA, faltas: true })).faltas;
    const falta = (antes: Agendamento): Mudanca => muda(antes, { situacao: "FALTOU", ativo: false, terminouEm: EM });
    await gravaNela(armazem, () => faltaram.map(falta));
    assertEquals(await faltas(DIA), []);
    // Uma que se desfez, outra que nasceu já passada.
    const desfeita = await linha(armazem, 1);
    await gravaNela(armazem, (vista) => [
      muda(desfeita, { situacao: "MARCADO", ativo: true, terminouEm: "" }, "DESFAZ"),
      marca(vista, { cpf: cpfDeExemplo(13), data: "2026-11-28" }),
    ]);
    assertEquals(await faltas(DIA), [1, 13].map(cpfDeExemplo).toSorted());
    await gravaNela(
      armazem,
      (vista) =>
        Array.from(
          { length: 2 * PENDENCIAS_MAXIMAS },
          (_, n) => marca(vista, { cpf: cpfDeExemplo(20 + n), ...ontem, hora: `12:${10 + n}`, minutos: 1 }),
        ),
    );
    const vistas = new Set<number>();
    for (let vez = 0; vez < 3; vez++) {
      const algumas = (await pendentes(armazem, { hoje: DIA, faltas: true })).faltas;
      assertEquals(algumas.length, vez < 2 ? PENDENCIAS_MAXIMAS : 2);
      for (const { numero } of algumas) vistas.add(numero);
      await gravaNela(armazem, () => algumas.map(falta));
    }
    assertEquals(vistas.size, 2 * PENDENCIAS_MAXIMAS + 2);
    assertEquals(await faltas(DIA), []);
  });

  com("o último TICK é o que se gravou por último", async (armazem) => {
    const ultimo = (): Promise<string> => leNela(armazem, (vista) => vista.ultimoTique());
    await gravaNela(armazem, () => [tica(EM)]);
    assertEquals(await ultimo(), EM);
    await gravaNela(armazem, (vista) => [
      tica("2026-11-23T10:01:00Z"),
      entra(vista, { cpf: cpfDeExemplo(1) }),
      tica("2026-11-23T10:01:00.5Z"),
    ]);
    assertEquals(await ultimo(), "2026-11-23T10:01:00.5Z");
  });
}
