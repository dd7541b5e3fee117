/**
 * O contrato de `Armazem`: uma só bateria de testes, que cada implementação roda (na memória, em arquivo, em
 * PostgreSQL), e o que os testes dos armazéns têm em comum. Só o que testa, prova ou mede o
 * importa; o produto, nunca.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type { Agendamento, Alcance, Armazem, Dia, Mudanca, Quem, Vista } from "../clinica/livro.ts";
import { cpfDeExemplo } from "./apoio.ts";
import { minutoDoDia } from "../clinica/oferta.ts";

/** O instante em que os testes gravam, quando não dizem outro. */
export const QUANDO: number = Temporal.Instant.from("2026-11-23T10:00:00Z").epochMilliseconds;
/** A data em que os testes marcam, quando não dizem outra. */
export const DIA = "2026-11-30";
/** A especialidade em que os testes marcam, quando não dizem outra. */
export const CLINICO = "CLINICO GERAL";
/** As horas que os testes usam. */
export const HORAS: readonly string[] = ["08:00", "08:30", "09:00", "09:30", "10:00"];

/** Tudo em que os testes mexem: um armazém que carrega só o que se pede precisa sabê-lo. */
export function alcance(): Alcance {
  const cpfs = Array.from({ length: 300 }, (_, n) => cpfDeExemplo(n));
  return {
    cpfs,
    desmarcam: cpfs,
    dias: [CLINICO, "DERMATOLOGISTA"].flatMap((especialidade) =>
      [DIA, "2026-12-02", "2026-12-07"].map((data): Dia => [especialidade, data])
    ),
  };
}

/** Um agendamento de que só se diz o que importa ao teste. */
export type Parte = Partial<Agendamento> & { readonly cpf: string };

/** Um agendamento às 08:00 de `DIA`, se não se diz outra coisa. */
export function agendamento(id: number, parte: Parte): Agendamento {
  return {
    id,
    nome: "MARIA DA SILVA",
    especialidade: CLINICO,
    profissional: "",
    data: DIA,
    hora: "08:00",
    minutos: 30,
    ...parte,
  };
}

/** A mudança que marca um agendamento. */
export function marca(vista: Vista, parte: Parte, origem: string = "10.0.0.7"): Mudanca {
  return { tipo: "marca", agendamento: agendamento(vista.novoId(), parte), quem: { ...QUEM, origem } };
}

/** Grava as mudanças que `decide` pede e exige que dê certo. */
export async function grava(
  armazem: Armazem,
  decide: (vista: Vista) => Mudanca[],
  quando: number = QUANDO,
): Promise<void> {
  const desfecho = await armazem.lote(alcance, quando, (vista) => ({ resultado: undefined, mudancas: decide(vista) }));
  assertEquals(desfecho, { tipo: "gravado", resultado: undefined });
}

/** O tipo do desfecho de um lote que pode não dar certo. */
export async function tenta(armazem: Armazem, decide: (vista: Vista) => Mudanca[]): Promise<string> {
  const { tipo } = await armazem.lote(alcance, QUANDO, (vista) => ({ resultado: 0, mudancas: decide(vista) }));
  return tipo;
}

/** Os ativos do enésimo CPF de exemplo. */
export async function ativosDe(armazem: Armazem, n: number): Promise<readonly Agendamento[]> {
  return await armazem.le(alcance, (vista) => vista.ativosDe(cpfDeExemplo(n)));
}

/** As horas de `HORAS` que estão livres. */
export async function livres(armazem: Armazem, especialidade: string = CLINICO, data: string = DIA): Promise<string[]> {
  return await armazem.le(alcance, (vista) => {
    const ocupacao = vista.ocupacao(especialidade, data);
    return HORAS.filter((hora) => ocupacao.livre(minutoDoDia(hora), 30));
  });
}

/** A mudança que desmarca um agendamento. */
export function desmarca(agendamento: Agendamento): Mudanca {
  return { tipo: "desmarca", agendamento, quem: QUEM };
}

/** A mudança que arquiva um agendamento que já acabou. */
export function arquiva(agendamento: Agendamento): Mudanca {
  return { tipo: "arquiva", agendamento, quem: QUEM };
}

const QUEM: Quem = { origem: "10.0.0.7", cliente: "10.0.0.7:40000" };

/** Como um teste é registrado. */
export type RegistraTeste = (nome: string, fn: () => Promise<void>) => void;

/** O que vale para qualquer armazém; `abre` dá um vazio. */
export function contrato(registra: RegistraTeste, abre: () => Promise<Armazem>): void {
  registra("um livro novo está vazio", async () => {
    await using armazem = await abre();
    assertEquals(await ativosDe(armazem, 1), []);
    assertEquals(await livres(armazem), HORAS);
    assertEquals(await armazem.lista(DIA), []);
    assertEquals(await armazem.diasMarcados("2000-01-01"), []);
  });

  registra("o que um lote grava aparece na vista, na lista e nos dias marcados", async () => {
    await using armazem = await abre();
    await grava(armazem, (vista) => [
      marca(vista, { cpf: cpfDeExemplo(1), hora: "08:30" }),
      marca(vista, { cpf: cpfDeExemplo(2), hora: "09:30", nome: 'JOÃO 𝒜 D\'ÁVILA | "Ç"' }),
      marca(vista, { cpf: cpfDeExemplo(1), hora: "08:00", especialidade: "DERMATOLOGISTA", data: "2026-12-02" }),
    ]);
    const [primeiro, segundo] = await armazem.lista(DIA);
    assertEquals(primeiro, agendamento(primeiro.id, { cpf: cpfDeExemplo(1), hora: "08:30" }));
    assertEquals(segundo.nome, 'JOÃO 𝒜 D\'ÁVILA | "Ç"');
    assertEquals((await ativosDe(armazem, 1)).map(({ especialidade }) => especialidade), [CLINICO, "DERMATOLOGISTA"]);
    assertEquals(await ativosDe(armazem, 2), [segundo]);
    assertEquals(await livres(armazem), ["08:00", "09:00", "10:00"]);
    assertEquals(await livres(armazem, "DERMATOLOGISTA", "2026-12-02"), HORAS.slice(1));
    assertEquals((await armazem.diasMarcados(DIA)).toSorted(), [[CLINICO, DIA], ["DERMATOLOGISTA", "2026-12-02"]]);
    assertEquals(await armazem.diasMarcados("2026-12-01"), [["DERMATOLOGISTA", "2026-12-02"]]);
  });

  registra("a lista vai por especialidade e hora, e pode ser de uma especialidade só", async () => {
    await using armazem = await abre();
    await grava(armazem, (vista) => [
      marca(vista, { cpf: cpfDeExemplo(1), hora: "10:00" }),
      marca(vista, { cpf: cpfDeExemplo(2), hora: "08:00", especialidade: "PEDIATRA" }),
      marca(vista, { cpf: cpfDeExemplo(3), hora: "08:30" }),
      marca(vista, { cpf: cpfDeExemplo(4), hora: "08:00", especialidade: "ALERGISTA" }),
    ]);
    const curta = ({ especialidade, hora }: Agendamento): string => `${especialidade} ${hora}`;
    assertEquals((await armazem.lista(DIA)).map(curta), [
      "ALERGISTA 08:00",
      `${CLINICO} 08:30`,
      `${CLINICO} 10:00`,
      "PEDIATRA 08:00",
    ]);
    assertEquals((await armazem.lista(DIA, CLINICO)).map(curta), [`${CLINICO} 08:30`, `${CLINICO} 10:00`]);
  });

  registra("cada agendamento tem um número só seu, também depois de um lote que não foi gravado", async () => {
    await using armazem = await abre();
    await grava(armazem, (vista) => [marca(vista, { cpf: cpfDeExemplo(1), hora: "08:00" })]);
    assertEquals(await tenta(armazem, (vista) => [marca(vista, { cpf: cpfDeExemplo(2), hora: "08:00" })]), "recusado");
    await grava(armazem, (vista) => [
      marca(vista, { cpf: cpfDeExemplo(2), hora: "08:30" }),
      marca(vista, { cpf: cpfDeExemplo(3), hora: "09:00" }),
    ]);
    assertEquals(new Set((await armazem.lista(DIA)).map(({ id }) => id)).size, 3);
  });

  registra("desmarcar libera a hora e tira dos ativos", async () => {
    await using armazem = await abre();
    await grava(armazem, (vista) => [marca(vista, { cpf: cpfDeExemplo(1) })]);
    const [marcado] = await ativosDe(armazem, 1);
    await grava(armazem, () => [desmarca(marcado)]);
    assertEquals(await ativosDe(armazem, 1), []);
    assertEquals(await livres(armazem), HORAS);
    assertEquals(await armazem.lista(DIA), []);
    assertEquals(await armazem.diasMarcados(DIA), []);
    await grava(armazem, (vista) => [marca(vista, { cpf: cpfDeExemplo(2) })]);
    assertEquals(await livres(armazem), HORAS.slice(1));
  });

  registra("arquivar tira dos ativos e deixa a hora tomada e na lista", async () => {
    await using armazem = await abre();
    await grava(armazem, (vista) => [marca(vista, { cpf: cpfDeExemplo(1) })]);
    const [velho] = await ativosDe(armazem, 1);
    await grava(armazem, (vista) => [
      arquiva(velho),
      marca(vista, { cpf: cpfDeExemplo(1), data: "2026-12-07" }),
    ]);
    assertEquals((await ativosDe(armazem, 1)).map(({ data }) => data), ["2026-12-07"]);
    assertEquals(await livres(armazem), HORAS.slice(1));
    assertEquals(await armazem.lista(DIA), [velho]);
  });

  registra("marcar e desmarcar no mesmo lote não deixa nada tomado", async () => {
    await using armazem = await abre();
    await grava(armazem, (vista) => {
      const marcado = marca(vista, { cpf: cpfDeExemplo(1) });
      return [marcado, desmarca(marcado.agendamento), marca(vista, { cpf: cpfDeExemplo(2) })];
    });
    assertEquals(await ativosDe(armazem, 1), []);
    assertEquals((await armazem.lista(DIA)).map(({ cpf }) => cpf), [cpfDeExemplo(2)]);
    assertEquals(await livres(armazem), HORAS.slice(1));
  });

  registra("um lote pode passar uma hora de um para outro", async () => {
    await using armazem = await abre();
    await grava(armazem, (vista) => [marca(vista, { cpf: cpfDeExemplo(1) })]);
    const [marcado] = await ativosDe(armazem, 1);
    await grava(armazem, (vista) => [desmarca(marcado), marca(vista, { cpf: cpfDeExemplo(2) })]);
    assertEquals((await armazem.lista(DIA)).map(({ cpf }) => cpf), [cpfDeExemplo(2)]);
    assertEquals(await livres(armazem), HORAS.slice(1));
  });

  registra("um lote é tudo ou nada: o que uma restrição recusa leva o resto consigo", async () => {
    await using armazem = await abre();
    await grava(armazem, (vista) => [marca(vista, { cpf: cpfDeExemplo(1) })]);
    const [marcado] = await ativosDe(armazem, 1);
    const recusados: ((vista: Vista) => Mudanca[])[] = [
      // a mesma vaga duas vezes
      (vista) => [marca(vista, { cpf: cpfDeExemplo(2), hora: "09:00" }), marca(vista, { cpf: cpfDeExemplo(3) })],
      // dois ativos do mesmo par
      (vista) => [
        marca(vista, { cpf: cpfDeExemplo(2), hora: "09:00" }),
        marca(vista, { cpf: cpfDeExemplo(1), hora: "10:00" }),
      ],
      // desmarcar o que não há
      (vista) => [
        desmarca(marcado),
        marca(vista, { cpf: cpfDeExemplo(2), hora: "09:00" }),
        desmarca(agendamento(999_999, { cpf: cpfDeExemplo(9) })),
      ],
    ];
    for (const decide of recusados) {
      assertEquals(await tenta(armazem, decide), "recusado");
      assertEquals(await ativosDe(armazem, 1), [marcado]);
      assertEquals(await ativosDe(armazem, 2), []);
      assertEquals(await armazem.lista(DIA), [marcado]);
      assertEquals(await livres(armazem), HORAS.slice(1));
    }
  });

  registra("um lote de muitas mudanças de todo tipo fica inteiro", async () => {
    await using armazem = await abre();
    const hora = (n: number): string =>
      `${String(Math.floor(n / 60)).padStart(2, "0")}:${String(n % 60).padStart(2, "0")}`;
    const varios = (vista: Vista, de: number, ate: number, data: string): Mudanca[] =>
      Array.from(
        { length: ate - de },
        (_, i) => marca(vista, { cpf: cpfDeExemplo(de + i), hora: hora(de + i), minutos: 1, data }),
      );
    await grava(armazem, (vista) => varios(vista, 0, 100, DIA));
    const antigos = await armazem.lista(DIA);
    await grava(armazem, (vista) => {
      const passageiros = varios(vista, 200, 270, DIA);
      return [
        ...antigos.slice(0, 40).map(desmarca),
        ...antigos.slice(40, 80).map(arquiva),
        ...passageiros,
        ...passageiros.map(({ agendamento }) => desmarca(agendamento)),
        ...varios(vista, 0, 80, "2026-12-07"),
      ];
    });
    assertEquals((await armazem.lista(DIA)).map(({ id }) => id), antigos.slice(40).map(({ id }) => id));
    assertEquals(
      (await armazem.lista("2026-12-07")).map(({ cpf, hora }) => [cpf, hora]),
      antigos.slice(0, 80).map(({ cpf, hora }) => [cpf, hora]),
    );
    for (const [n, data] of [[0, "2026-12-07"], [79, "2026-12-07"], [99, DIA]] as const) {
      assertEquals((await ativosDe(armazem, n)).map((ativo) => ativo.data), [data]);
    }
    assertEquals(await ativosDe(armazem, 200), []);
  });

  registra("um lote sem mudanças é gravado sem gravar nada", async () => {
    await using armazem = await abre();
    const desfecho = await armazem.lote(alcance, QUANDO, (vista) => ({
      resultado: vista.ativosDe(cpfDeExemplo(1)).length,
      mudancas: [],
    }));
    assertEquals(desfecho, { tipo: "gravado", resultado: 0 });
  });

  registra("um erro em `decide` não muda nada, e o armazém não rejeita", async () => {
    await using armazem = await abre();
    const causa = new TypeError("defeito");
    const desfecho = await armazem.lote(alcance, QUANDO, () => {
      throw causa;
    });
    assertEquals(desfecho, { tipo: "nada", causa });
    await grava(armazem, (vista) => [marca(vista, { cpf: cpfDeExemplo(1) })]);
  });
}
