/**
 * O contrato de `Armazem`: uma só bateria de testes, que cada implementação roda (na memória, em arquivo, em PostgreSQL).
 * Só o que testa o importa; o produto, nunca.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import type { Agendamento } from "../clinica/agendamento.ts";
import type { Armazem, DoAgendamento, Mudanca, Vista } from "../clinica/livro.ts";
import { cpfDeExemplo } from "./apoio.ts";
import { deEspera } from "./contrato_espera.ts";
import { deImagens } from "./contrato_imagens.ts";
import { deExcecoesEContatos, deLeituras } from "./contrato_leituras.ts";
import { dePendencias } from "./contrato_pendencias.ts";
import { deTentativas } from "./contrato_tentativas.ts";
import { deTitulares } from "./contrato_titular.ts";
import {
  acabado,
  AGENDA,
  agendamento,
  alcance,
  ANA,
  arquiva,
  ativosDe,
  CLINICO,
  comExcecoes,
  contata,
  dePessoa,
  desmarca,
  DIA,
  EM,
  fecha,
  grava,
  HORAS,
  livres,
  marca,
  muda,
  QUANDO,
  tenta,
} from "./mudancas.ts";

/** Como um teste é registrado. */
export type RegistraTeste = (nome: string, fn: () => Promise<void>) => void;

/** Um armazém vazio a ser testado. */
export interface Posto extends AsyncDisposable {
  /** O armazém. */
  readonly armazem: Armazem;
  /** As mudanças de cada linha do diário, na ordem; onde não se leem por fora, falta. */
  diario?(): string[] | Promise<string[]>;
}

/** O que vale para qualquer armazém; `abre` dá um vazio. */
export function contrato(registra: RegistraTeste, abre: () => Posto | Promise<Posto>): void {
  const com = (nome: string, fn: (armazem: Armazem, posto: Posto) => Promise<void>): void =>
    registra(nome, async () => {
      await using posto = await abre();
      await fn(posto.armazem, posto);
    });
  deMarcar(com);
  deImagens(com);
  deLeituras(com);
  deExcecoesEContatos(com);
  deEspera(com);
  dePendencias(com);
  deTentativas(com);
  deTitulares(com);
  deDesfechos(com);
}

type ComPosto = (nome: string, fn: (armazem: Armazem, posto: Posto) => Promise<void>) => void;

/** O que se marca, se desmarca e se arquiva. */
function deMarcar(com: ComPosto): void {
  com("um livro novo está vazio", async (armazem) => {
    assertEquals(await ativosDe(armazem, 1), []);
    assertEquals(await livres(armazem), HORAS);
    assertEquals(await armazem.lista(DIA), []);
    assertEquals(await armazem.diasMarcados("2000-01-01"), []);
    assertEquals(
      await armazem.le(alcance, (vista) => [
        vista.historiaDe(cpfDeExemplo(1)),
        vista.periodo([DIA, DIA]),
        vista.cancelados(DIA),
        vista.excecoes(),
        vista.contatoDe(cpfDeExemplo(1)),
        vista.ultimaSenha(DIA, "A"),
      ]),
      [[], [], [], [], undefined, 0],
    );
  });

  com("o que um lote grava aparece na vista, na lista e nos dias marcados", async (armazem) => {
    await grava(armazem, (vista) => [
      marca(vista, { cpf: cpfDeExemplo(1), hora: "08:30" }),
      marca(vista, { cpf: cpfDeExemplo(2), hora: "09:30", nome: 'JOÃO 𝒜 D\'ÁVILA | "Ç"' }),
      marca(vista, { cpf: cpfDeExemplo(1), hora: "08:00", especialidade: "DERMATOLOGISTA", data: "2026-12-02" }),
    ]);
    const [primeiro, segundo] = await armazem.lista(DIA);
    assertEquals(primeiro, agendamento(primeiro.numero, { cpf: cpfDeExemplo(1), hora: "08:30" }));
    assertEquals(segundo.nome, 'JOÃO 𝒜 D\'ÁVILA | "Ç"');
    assertEquals((await ativosDe(armazem, 1)).map(({ especialidade }) => especialidade), [CLINICO, "DERMATOLOGISTA"]);
    assertEquals(await ativosDe(armazem, 2), [segundo]);
    assertEquals(await livres(armazem), ["08:00", "09:00", "10:00"]);
    assertEquals(await livres(armazem, "E:DERMATOLOGISTA", "2026-12-02"), HORAS.slice(1));
    assertEquals((await armazem.diasMarcados(DIA)).toSorted(), [[AGENDA, DIA], ["E:DERMATOLOGISTA", "2026-12-02"]]);
    assertEquals(await armazem.diasMarcados("2026-12-01"), [["E:DERMATOLOGISTA", "2026-12-02"]]);
  });

  com("a lista vai por agenda, hora e número, e pode ser de uma agenda só", async (armazem) => {
    await grava(armazem, (vista) => [
      marca(vista, { cpf: cpfDeExemplo(1), hora: "10:00" }),
      marca(vista, { cpf: cpfDeExemplo(2), profissional: ANA, especialidade: "ALERGISTA" }),
      marca(vista, { cpf: cpfDeExemplo(3), hora: "08:30", encaixe: true }),
      marca(vista, { cpf: cpfDeExemplo(4), hora: "08:30" }),
      marca(vista, { cpf: cpfDeExemplo(5), especialidade: "PEDIATRA", situacao: "CONVIDADO", ativo: false }),
      marca(vista, acabado(cpfDeExemplo(6), "ATENDIDO", { especialidade: "ALERGISTA" })),
      marca(vista, acabado(cpfDeExemplo(7), "CANCELADO")),
      marca(vista, acabado(cpfDeExemplo(8), "PASSOU")),
    ]);
    const curta = ({ cpf, hora }: Agendamento): string => `${cpf} ${hora}`;
    const doClinico = [`${cpfDeExemplo(3)} 08:30`, `${cpfDeExemplo(4)} 08:30`, `${cpfDeExemplo(1)} 10:00`];
    assertEquals((await armazem.lista(DIA)).map(curta), [
      `${cpfDeExemplo(6)} 08:00`,
      ...doClinico,
      `${cpfDeExemplo(5)} 08:00`,
      `${cpfDeExemplo(2)} 08:00`,
    ]);
    assertEquals((await armazem.lista(DIA, AGENDA)).map(curta), doClinico);
    assertEquals((await armazem.diasMarcados(DIA)).toSorted(), [
      ["E:ALERGISTA", DIA],
      [AGENDA, DIA],
      ["E:PEDIATRA", DIA],
      [`P:${ANA}`, DIA],
    ]);
  });

  com("cada agendamento tem um número só seu, também depois de um lote que não foi gravado", async (armazem) => {
    await grava(armazem, (vista) => [marca(vista, { cpf: cpfDeExemplo(1), hora: "08:00" })]);
    assertEquals(await tenta(armazem, (vista) => [marca(vista, { cpf: cpfDeExemplo(2), hora: "08:00" })]), "recusado");
    await grava(armazem, (vista) => [
      marca(vista, { cpf: cpfDeExemplo(2), hora: "08:30" }),
      marca(vista, { cpf: cpfDeExemplo(3), hora: "09:00" }),
    ]);
    const usados = (await armazem.lista(DIA)).map(({ numero }) => numero);
    assertEquals(new Set(usados).size, 3);
    await grava(armazem, (vista) => [marca(vista, acabado(cpfDeExemplo(4), "CANCELADO"))]);
    await grava(armazem, (vista) => [marca(vista, acabado(cpfDeExemplo(4), "CANCELADO"))]);
    const [outro, um] = await armazem.le(alcance, (vista) => vista.historiaDe(cpfDeExemplo(4)));
    assert(um.numero > Math.max(...usados) && outro.numero > um.numero);
  });

  com("desmarcar libera a hora e tira dos ativos", async (armazem) => {
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

  com("arquivar tira dos ativos e deixa a hora tomada e na lista", async (armazem) => {
    await grava(armazem, (vista) => [marca(vista, { cpf: cpfDeExemplo(1) })]);
    const [velho] = await ativosDe(armazem, 1);
    await grava(armazem, (vista) => [arquiva(velho), marca(vista, { cpf: cpfDeExemplo(1), data: "2026-12-07" })]);
    assertEquals((await ativosDe(armazem, 1)).map(({ data }) => data), ["2026-12-07"]);
    assertEquals(await livres(armazem), HORAS.slice(1));
    assertEquals(await armazem.lista(DIA), [{ ...velho, ativo: false, versao: 2 }]);
  });

  com("marcar e desmarcar no mesmo lote não deixa nada tomado", async (armazem) => {
    await grava(armazem, (vista) => {
      const marcado = marca(vista, { cpf: cpfDeExemplo(1) });
      return [marcado, desmarca(marcado.depois), marca(vista, { cpf: cpfDeExemplo(2) })];
    });
    assertEquals(await ativosDe(armazem, 1), []);
    assertEquals((await armazem.lista(DIA)).map(({ cpf }) => cpf), [cpfDeExemplo(2)]);
    assertEquals(await livres(armazem), HORAS.slice(1));
    assertEquals(
      (await armazem.le(alcance, (vista) => vista.historiaDe(cpfDeExemplo(1))))
        .map(({ situacao, versao, terminouEm }) => [situacao, versao, terminouEm]),
      [["CANCELADO", 2, EM]],
    );
  });

  com("um lote pode passar uma hora de um para outro", async (armazem) => {
    await grava(armazem, (vista) => [marca(vista, { cpf: cpfDeExemplo(1) })]);
    const [marcado] = await ativosDe(armazem, 1);
    await grava(armazem, (vista) => [desmarca(marcado), marca(vista, { cpf: cpfDeExemplo(2) })]);
    assertEquals((await armazem.lista(DIA)).map(({ cpf }) => cpf), [cpfDeExemplo(2)]);
    assertEquals(await livres(armazem), HORAS.slice(1));
  });

  com("um lote de muitas mudanças de todo tipo fica inteiro", async (armazem) => {
    const hora = (n: number): string =>
      `${String(Math.floor(n / 60)).padStart(2, "0")}:${String(n % 60).padStart(2, "0")}`;
    const varios = (vista: Vista, de: number, ate: number, data: string): DoAgendamento[] =>
      Array.from(
        { length: ate - de },
        (_, i) => marca(vista, { cpf: cpfDeExemplo(de + i), hora: hora(de + i), minutos: 1, data }),
      );
    await grava(armazem, (vista) => varios(vista, 0, 100, DIA));
    const antigos = await armazem.lista(DIA);
    await grava(armazem, (vista) => {
      const passageiros = varios(vista, 200, 270, DIA);
      return [
        ...antigos.slice(0, 40).map((antigo) => desmarca(antigo)),
        ...antigos.slice(40, 80).map(arquiva),
        ...antigos.slice(80, 90).map((antigo) =>
          muda(antigo, { situacao: "CHEGOU", senha: `A0${antigo.hora.slice(3)}` })
        ),
        ...antigos.slice(90).map((antigo) => muda(antigo, { data: "2026-12-02" }, "REMARC")),
        ...passageiros,
        ...passageiros.map(({ depois }) => desmarca(depois)),
        ...varios(vista, 0, 80, "2026-12-07"),
      ];
    });
    const curta = ({ numero, situacao, versao }: Agendamento): unknown[] => [numero, situacao, versao];
    assertEquals(
      (await armazem.lista(DIA)).map(curta),
      antigos.slice(40, 90).map(({ numero }, i) => [numero, i < 40 ? "MARCADO" : "CHEGOU", 2]),
    );
    assertEquals(
      (await armazem.lista("2026-12-02")).map(curta),
      antigos.slice(90).map(({ numero }) => [
        numero,
        "MARCADO",
        2,
      ]),
    );
    assertEquals(
      (await armazem.lista("2026-12-07")).map(({ cpf, hora }) => [cpf, hora]),
      antigos.slice(0, 80).map(({ cpf, hora }) => [cpf, hora]),
    );
    for (const [n, data] of [[0, "2026-12-07"], [79, "2026-12-07"], [85, DIA], [99, "2026-12-02"]] as const) {
      assertEquals((await ativosDe(armazem, n)).map((ativo) => ativo.data), [data]);
    }
    assertEquals(await ativosDe(armazem, 200), []);
  });
}

/** O que acontece a um lote inteiro, e o que dele fica no diário. */
function deDesfechos(com: ComPosto): void {
  com("um lote é tudo ou nada: o que uma restrição recusa leva o resto consigo", async (armazem) => {
    await grava(armazem, (vista) => [marca(vista, { cpf: cpfDeExemplo(1) })]);
    const [marcado] = await ativosDe(armazem, 1);
    const recusados: ((vista: Vista) => Mudanca[])[] = [
      // a mesma vaga duas vezes
      (vista) => [marca(vista, { cpf: cpfDeExemplo(2), hora: "09:00" }), marca(vista, { cpf: cpfDeExemplo(3) })],
      // dois ativos do mesmo par, ainda que um seja encaixado
      (vista) => [
        marca(vista, { cpf: cpfDeExemplo(2), hora: "09:00" }),
        marca(vista, { cpf: cpfDeExemplo(1), hora: "10:00", encaixe: true }),
      ],
      // mudar o que não há
      (vista) => [
        desmarca(marcado),
        marca(vista, { cpf: cpfDeExemplo(2), hora: "09:00" }),
        desmarca(agendamento(999_999, { cpf: cpfDeExemplo(9) })),
      ],
      // mudar o que não há, e um contato
      (vista) => [
        contata({ cpf: cpfDeExemplo(1), email: "maria@exemplo.br", telefone: "" }),
        marca(vista, { cpf: cpfDeExemplo(2), hora: "09:00" }),
        muda(agendamento(999_999, { cpf: cpfDeExemplo(9) }), { nota: "não há" }),
      ],
    ];
    for (const decide of recusados) {
      assertEquals(await tenta(armazem, decide), "recusado");
      assertEquals(await ativosDe(armazem, 1), [marcado]);
      assertEquals(await ativosDe(armazem, 2), []);
      assertEquals(await armazem.lista(DIA), [marcado]);
      assertEquals(await livres(armazem), HORAS.slice(1));
      assertEquals(await armazem.le(alcance, (vista) => vista.contatoDe(cpfDeExemplo(1))), undefined);
    }
  });

  com("um lote sem mudanças é gravado sem gravar nada", async (armazem) => {
    const desfecho = await armazem.lote(alcance, QUANDO, (vista) => ({
      resultado: vista.ativosDe(cpfDeExemplo(1)).length,
      mudancas: [],
    }));
    assertEquals(desfecho, { tipo: "gravado", resultado: 0 });
  });

  com("um erro em `decide` não muda nada, e o armazém não rejeita", async (armazem) => {
    const causa = new TypeError("defeito");
    const desfecho = await armazem.lote(alcance, QUANDO, () => {
      throw causa;
    });
    assertEquals(desfecho, { tipo: "nada", causa });
    await grava(armazem, (vista) => [marca(vista, { cpf: cpfDeExemplo(1) })]);
  });

  com("cada lote gravado deixa uma linha no diário; um sem mudanças, ou recusado, nenhuma", async (armazem, posto) => {
    if (posto.diario === undefined) return;
    await grava(armazem, (vista) => [
      marca(vista, { cpf: cpfDeExemplo(1), motivo: "dor", nota: "alérgica" }),
      marca(vista, { cpf: cpfDeExemplo(2), hora: "08:30" }, "10.0.0.8"),
      dePessoa(marca(vista, { cpf: cpfDeExemplo(4), hora: "09:30" }), 12),
    ]);
    const [um, dois, tres] = await armazem.lista(DIA);
    await grava(armazem, () => []);
    assertEquals(await tenta(armazem, (vista) => [marca(vista, { cpf: cpfDeExemplo(3) })]), "recusado");
    await grava(armazem, (vista) => [
      muda(um, { hora: "09:00" }, "REMARC"),
      contata({ cpf: cpfDeExemplo(1), email: "maria@exemplo.br", telefone: "" }),
      desmarca(dois),
      fecha(vista),
    ], { pede: comExcecoes() });
    const [{ numero }] = await armazem.le(alcance, (vista) => vista.excecoes());
    const linhas = await posto.diario();
    const lidas: unknown[][][] = linhas.map((linha) => JSON.parse(linha));
    const [[[, sete], [, oito]]] = lidas;
    assert(/^h:[0-9a-f]{16}$/.test(String(sete)) && /^h:[0-9a-f]{16}$/.test(String(oito)) && sete !== oito);
    const em = (hora: string): string => `MARCADO ${DIA} ${hora} ${AGENDA}`;
    assertEquals(lidas, [
      [
        ["gerente", sete, [["AGEND", um.numero, 1, "", em("08:00")]]],
        ["gerente", oito, [["AGEND", dois.numero, 1, "", em("08:30")]]],
        ["balcao", "p:12", [["AGEND", tres.numero, 1, "", em("09:30")]]],
      ],
      [["gerente", sete, [
        ["REMARC", um.numero, 2, em("08:00"), em("09:00")],
        ["CANCEL", dois.numero, 2, "MARCADO", "CANCELADO"],
        ["FECHA", numero, 0, "", `FECHA ${DIA} ${DIA}`],
      ]]],
    ]);
    for (const segredo of [cpfDeExemplo(1), "MARIA", "dor", "alérgica", "10.0.0"]) {
      assert(!linhas.join().includes(segredo), segredo);
    }
  });
}
