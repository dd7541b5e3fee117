/**
 * A parte do contrato de `Armazem` que é do que se lê: a história, um período, a ocupação, as senhas, as exceções, os
 * contatos. `contrato.ts` a registra.
 *
 * @module
 */

import { assert, assertEquals, assertNotStrictEquals, assertStrictEquals } from "@std/assert";
import type { Agendamento } from "../clinica/agendamento.ts";
import type { Excecao } from "../clinica/excecao.ts";
import { CANCELADOS_DE_UM_DIA, LINHAS_DE_UM_CPF, type Periodo, type Vista } from "../clinica/livro.ts";
import { cpfDeExemplo } from "./apoio.ts";
import {
  acabado,
  alcance,
  ANA,
  ativosDe,
  CLINICO,
  type Com,
  comExcecoes,
  contata,
  desmarca,
  DIA,
  EM,
  fecha,
  grava,
  HORAS,
  livres,
  marca,
  muda,
  type Parte,
  reabre,
} from "./mudancas.ts";

/** O que se lê: a história, um período, a ocupação, as senhas. */
export function deLeituras(com: Com): void {
  com("a história de um CPF vai da mais nova à mais antiga, em qualquer situação, até um limite", async (armazem) => {
    const cpf = cpfDeExemplo(1);
    await grava(armazem, (vista) => [
      marca(vista, { cpf, especialidade: "DERMATOLOGISTA" }),
      marca(vista, acabado(cpf, "CANCELADO")),
      marca(vista, acabado(cpf, "ATENDIDO", { hora: "09:00" })),
      marca(vista, { cpf, hora: "09:30" }),
      marca(vista, acabado(cpf, "PASSOU")),
      marca(vista, { cpf: cpfDeExemplo(2), hora: "10:00" }),
    ]);
    const historia = async (): Promise<readonly Agendamento[]> =>
      await armazem.le(alcance, (vista) => vista.historiaDe(cpf));
    const poucos = await historia();
    assertEquals(poucos.map(({ situacao }) => situacao), ["PASSOU", "MARCADO", "ATENDIDO", "CANCELADO", "MARCADO"]);
    assertEquals(poucos.map(({ numero }) => numero), poucos.map(({ numero }) => numero).sort((a, b) => b - a));
    await grava(
      armazem,
      (vista) => Array.from({ length: LINHAS_DE_UM_CPF - 2 }, () => marca(vista, acabado(cpf, "CANCELADO"))),
      { pede: () => ({ ...alcance(), novos: LINHAS_DE_UM_CPF }) },
    );
    const muitos = await historia();
    assertEquals(muitos.length, LINHAS_DE_UM_CPF);
    assertEquals(muitos.slice(-2), poucos.slice(0, 2), "o ativo mais antigo já não cabe");
    assert(muitos.every(({ numero }, i) => i === 0 || numero < muitos[i - 1].numero));
  });

  com("um período traz o que conta entre as datas; os cancelados são à parte, de cada uma", async (armazem) => {
    await grava(armazem, (vista) => [
      marca(vista, { cpf: cpfDeExemplo(1) }),
      marca(vista, acabado(cpfDeExemplo(2), "CANCELADO")),
      marca(vista, { cpf: cpfDeExemplo(3), encaixe: true }),
      marca(vista, acabado(cpfDeExemplo(4), "CANCELADO", { encaixe: true })),
      marca(vista, acabado(cpfDeExemplo(5), "PASSOU", { data: "2026-12-02" })),
      marca(vista, acabado(cpfDeExemplo(6), "FALTOU", { data: "2026-12-07", profissional: ANA })),
      marca(vista, { cpf: cpfDeExemplo(7), data: "2026-12-08" }),
      marca(vista, { cpf: cpfDeExemplo(8), data: "2026-11-29" }),
      marca(vista, { cpf: cpfDeExemplo(9), hora: "09:00", situacao: "CONVIDADO", ativo: false }),
      marca(vista, acabado(cpfDeExemplo(10), "CANCELADO", { data: "2026-12-02" })),
    ]);
    const de = async (periodo: Periodo): Promise<string[]> =>
      (await armazem.le(alcance, (vista) => vista.periodo(periodo))).map(({ cpf }) => cpf).toSorted();
    assertEquals(await de([DIA, "2026-12-07"]), [1, 3, 6, 9].map(cpfDeExemplo).toSorted());
    assertEquals(await de([DIA, DIA]), [1, 3, 9].map(cpfDeExemplo).toSorted());
    assertEquals(await de(["2026-12-02", "2026-12-06"]), []);
    const cancelados = async (data: string): Promise<string[]> =>
      (await armazem.le(alcance, (vista) => vista.cancelados(data))).map(({ cpf }) => cpf);
    assertEquals(await cancelados(DIA), [4, 2].map(cpfDeExemplo));
    assertEquals(await cancelados("2026-12-02"), [cpfDeExemplo(10)]);
    assertEquals(await cancelados("2026-12-07"), []);
    const [ultimo] = await ativosDe(armazem, 3);
    const [daqui] = await ativosDe(armazem, 1);
    await grava(armazem, (vista) => [
      // Um que vem de outra data, com um número menor que os que lá estão.
      muda(daqui, { data: "2026-12-02" }, "REMARC"),
      desmarca(ultimo),
      muda(vista.historiaDe(cpfDeExemplo(4))[0], { situacao: "MARCADO", ativo: true, terminouEm: "" }, "DESFAZ"),
    ]);
    await grava(armazem, (vista) => [desmarca(vista.ativosDe(cpfDeExemplo(1))[0])]);
    assertEquals(await cancelados(DIA), [3, 2].map(cpfDeExemplo));
    assertEquals(await cancelados("2026-12-02"), [10, 1].map(cpfDeExemplo));
    assertEquals(await de([DIA, DIA]), [4, 9].map(cpfDeExemplo).toSorted());
  });

  com("os cancelados de uma data são os mais novos, até um limite", async (armazem) => {
    const muitos = CANCELADOS_DE_UM_DIA + 30;
    await grava(armazem, (vista) => [marca(vista, { cpf: cpfDeExemplo(60), data: "2026-12-02" })]);
    await grava(
      armazem,
      (vista) =>
        Array.from(
          { length: muitos },
          (_, n) =>
            n % 100 === 99
              ? marca(vista, acabado(cpfDeExemplo(n % 50), "ATENDIDO", { encaixe: true }))
              : marca(vista, acabado(cpfDeExemplo(n % 50), "CANCELADO")),
        ),
      { pede: () => ({ ...alcance(), novos: muitos }) },
    );
    const numeros = async (): Promise<number[]> =>
      (await armazem.le(alcance, (vista) => vista.cancelados(DIA))).map(({ numero }) => numero);
    const [primeiro, ...outros] = await numeros();
    const esperados = Array.from({ length: muitos }, (_, n) => n).filter((n) => n % 100 !== 99).reverse();
    assertEquals(
      [primeiro, ...outros],
      esperados.slice(0, CANCELADOS_DE_UM_DIA).map((n) => primeiro - esperados[0] + n),
    );
    // Um mais antigo que todos, que vem de outra data.
    await grava(armazem, (vista) => [muda(vista.ativosDe(cpfDeExemplo(60))[0], { data: DIA }, "REMARC")]);
    await grava(armazem, (vista) => [desmarca(vista.ativosDe(cpfDeExemplo(60))[0])]);
    assertEquals(await numeros(), [primeiro, ...outros]);
    await grava(armazem, (vista) => [marca(vista, acabado(cpfDeExemplo(1), "CANCELADO"))]);
    assertEquals((await numeros()).slice(1), [primeiro, ...outros].slice(0, -1));
  });

  // Antes e depois de se perguntar: quem guarda na memória muda o que guardou, e quem não, lê.
  for (const perguntada of [true, false]) {
    const quando = perguntada ? "já perguntada" : "ainda não perguntada";
    com(`a ocupação ${quando} conta quem toma a hora, quem é encaixado e quantos são`, async (armazem) => {
      const agenda = `P:${ANA}`;
      const ve = async (): Promise<unknown> =>
        await armazem.le(alcance, (vista) => {
          const ocupacao = vista.ocupacao(agenda, DIA);
          return [
            HORAS.filter((hora) => ocupacao.livre(Number(hora.slice(0, 2)) * 60 + Number(hora.slice(3)), 30)).join(" "),
            [CLINICO, "DERMATOLOGISTA", "OUTRA"].map((especialidade) => ocupacao.marcados(especialidade)),
            [ocupacao.encaixes(0, 1440), ocupacao.encaixes(490, 540)],
          ];
        });
      if (perguntada) assertEquals(await ve(), [HORAS.join(" "), [0, 0, 0], [0, 0]]);
      const dela = (n: number, parte: Partial<Agendamento> = {}): Parte => ({
        cpf: cpfDeExemplo(n),
        profissional: ANA,
        ...parte,
      });
      await grava(armazem, (vista) => [
        marca(vista, dela(1)),
        marca(vista, dela(2, { hora: "08:30", especialidade: "DERMATOLOGISTA" })),
        marca(vista, dela(3, { hora: "08:10", encaixe: true })),
        marca(vista, dela(4, { hora: "08:10", encaixe: true, especialidade: "DERMATOLOGISTA" })),
        marca(vista, dela(5, acabado(cpfDeExemplo(5), "CANCELADO", { hora: "09:00" }))),
        marca(vista, dela(6, acabado(cpfDeExemplo(6), "PASSOU", { hora: "09:00" }))),
        marca(vista, dela(7, { hora: "09:30", situacao: "CONVIDADO", ativo: false })),
        marca(vista, { cpf: cpfDeExemplo(8), hora: "10:00" }),
        marca(vista, dela(9, { hora: "10:00", data: "2026-12-02" })),
      ]);
      if (perguntada) assertEquals(await ve(), ["09:00 10:00", [3, 2, 0], [2, 2]]);
      const ativo = async (n: number): Promise<Agendamento> => (await ativosDe(armazem, n))[0];
      const mudancas = [
        desmarca(await ativo(1)),
        muda(await ativo(2), { situacao: "ATENDIDO", ativo: false, terminouEm: EM }),
        // Um encaixe que se move passa a tomar a hora.
        muda(await ativo(3), { encaixe: false, hora: "09:00" }, "REMARC"),
        muda(await ativo(9), { data: DIA }, "REMARC"),
      ];
      await grava(armazem, () => mudancas);
      assertEquals(await ve(), ["08:00", [3, 2, 0], [1, 1]]);
      assertEquals(await livres(armazem), HORAS.slice(0, 4));
    });
  }

  com("uma senha que a linha perdeu, ou que se deu e se perdeu no mesmo lote, não se dá outra vez", async (armazem) => {
    const ultimas = (): unknown =>
      armazem.le(alcance, (vista) => [vista.ultimaSenha(DIA, "A"), vista.ultimaSenha(DIA, "P")]);
    await grava(armazem, (vista) => [marca(vista, { cpf: cpfDeExemplo(1) })]);
    const passa = (parte: Partial<Agendamento>): Promise<unknown> =>
      grava(armazem, (vista) => [muda(vista.ativosDe(cpfDeExemplo(1))[0], parte)]);
    await passa({ situacao: "CHEGOU", senha: "A003" });
    await passa({ senha: "P001" });
    assertEquals(await ultimas(), [3, 1]);
    await passa({ situacao: "MARCADO", senha: "", data: "2026-12-02" });
    await grava(armazem, (vista) => {
      const chegou = muda(vista.ativosDe(cpfDeExemplo(1))[0], { senha: "P002", data: DIA });
      return [chegou, muda(chegou.depois, { senha: "" })];
    });
    assertEquals(await ultimas(), [3, 2]);
    await passa({ senha: "P001" });
    assertEquals(await ultimas(), [3, 2], "só cresce");
  });

  com("a última senha é a maior de cada letra e data, também depois de mil", async (armazem) => {
    const senhas = ["A001", "A002", "P001", "A999", "A1000", "A099"];
    await grava(armazem, (vista) => [
      ...senhas.map((senha, n) => marca(vista, acabado(cpfDeExemplo(n), "CANCELADO", { senha }))),
      marca(vista, { cpf: cpfDeExemplo(9), senha: "P007", data: "2026-12-02" }),
      marca(vista, { cpf: cpfDeExemplo(8) }),
    ]);
    assertEquals(
      await armazem.le(alcance, (vista) => [
        vista.ultimaSenha(DIA, "A"),
        vista.ultimaSenha(DIA, "P"),
        vista.ultimaSenha("2026-12-02", "A"),
        vista.ultimaSenha("2026-12-02", "P"),
      ]),
      [1000, 1, 0, 7],
    );
    const [{ numero }] = await ativosDe(armazem, 8);
    await grava(armazem, (vista) => [muda(vista.ativosDe(cpfDeExemplo(8))[0], { situacao: "CHEGOU", senha: "A1001" })]);
    assertEquals(await armazem.le(alcance, (vista) => vista.ultimaSenha(DIA, "A")), 1001);
    assertEquals((await ativosDe(armazem, 8)).map((um) => [um.numero, um.senha]), [[numero, "A1001"]]);
  });
}

/** As exceções à semana, e os contatos. */
export function deExcecoesEContatos(com: Com): void {
  com("as exceções têm números seguidos, e as revogadas já não valem", async (armazem) => {
    const leem = async (): Promise<readonly Excecao[]> => await armazem.le(alcance, (vista) => vista.excecoes());
    const cheia = {
      tipo: "EXTRA",
      inicio: 480,
      fim: 540,
      especialidade: CLINICO,
      profissional: ANA,
      vagas: 2,
      minutos: 30,
      local: "Sala 3",
      encaixes: 1,
      motivo: "mutirão",
    } as const;
    await grava(armazem, (vista) => [fecha(vista), fecha(vista, { ate: "2026-12-07", ...cheia })], {
      pede: comExcecoes(),
    });
    const duas = await leem();
    assertEquals(duas, [
      fecha(numerada(duas[0].numero)).depois,
      fecha(numerada(duas[1].numero), { ate: "2026-12-07", ...cheia }).depois,
    ]);
    assert(duas[0].numero < duas[1].numero);
    await grava(armazem, (vista) => [marca(vista, { cpf: cpfDeExemplo(1) })]);
    assertStrictEquals(await leem(), duas, "a mesma lista enquanto não mudam");
    await grava(armazem, () => [reabre(duas[0])], { pede: comExcecoes(duas[0].numero) });
    const uma = await leem();
    assertNotStrictEquals(uma, duas);
    assertEquals(uma, [duas[1]]);
    await grava(armazem, () => [reabre(duas[1])], { pede: comExcecoes(duas[1].numero) });
    assertEquals(await leem(), []);
    await grava(armazem, (vista) => {
      const nascida = fecha(vista);
      return [nascida, reabre(nascida.depois), fecha(vista, { motivo: "feriado" })];
    }, { pede: comExcecoes() });
    const [ultima, ...outras] = await leem();
    assertEquals([ultima.motivo, outras], ["feriado", []]);
    assert(ultima.numero > duas[1].numero, "o número de uma revogada não volta");
  });

  com("as exceções que passaram podem faltar a quem não precisa delas, e só essas", async (armazem) => {
    const datas = [["2026-11-01", "2026-11-29"], ["2026-11-01", DIA], [DIA, DIA], [
      "2026-12-05",
      "2026-12-06",
    ]] as const;
    await grava(armazem, (vista) => datas.map(([de, ate]) => fecha(vista, { de, ate })), { pede: comExcecoes() });
    const desde = async (hoje: string): Promise<string[]> =>
      await armazem.le(() => ({ ...alcance(), hoje }), (vista) => vista.excecoes().map(({ ate }) => ate));
    assertEquals(await desde(""), datas.map(([, ate]) => ate));
    assertEquals((await desde(DIA)).slice(-3), datas.slice(1).map(([, ate]) => ate));
    assertEquals((await desde("2026-12-06")).slice(-1), ["2026-12-06"]);
    await grava(armazem, (vista) => {
      assertEquals(vista.excecoes().slice(-1).map(({ ate }) => ate), ["2026-12-06"]);
      return [fecha(vista, { de: "2026-12-07", ate: "2026-12-07" })];
    }, { pede: () => ({ ...comExcecoes()(), hoje: "2026-12-01" }) });
    assertEquals((await desde("")).length, 5);
  });

  com("o contato de uma pessoa é o último que ela disse", async (armazem) => {
    const contatos = async (): Promise<unknown[]> =>
      await armazem.le(alcance, (vista) => [1, 2, 3].map((n) => vista.contatoDe(cpfDeExemplo(n))));
    const contato = (n: number, email: string, telefone = ""): Parameters<typeof contata>[0] => ({
      cpf: cpfDeExemplo(n),
      email,
      telefone,
    });
    await grava(armazem, () => [
      contata(contato(1, "maria@exemplo.br", "+5561999990000")),
      contata(contato(2, "ana@exemplo.br")),
    ]);
    assertEquals(await contatos(), [
      contato(1, "maria@exemplo.br", "+5561999990000"),
      contato(2, "ana@exemplo.br"),
      undefined,
    ]);
    await grava(armazem, () => [contata(contato(1, "errado@exemplo.br")), contata(contato(1, "", "+5561988880000"))]);
    assertEquals(await contatos(), [contato(1, "", "+5561988880000"), contato(2, "ana@exemplo.br"), undefined]);
  });
}

/** Uma vista que só sabe dar este número de exceção. */
function numerada(numero: number): Pick<Vista, "novaExcecao"> {
  return { novaExcecao: () => numero };
}
