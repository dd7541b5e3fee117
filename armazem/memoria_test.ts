/**
 * Testes da memória do armazém: o que se carrega do arquivo e o que muda a cada gravação.
 *
 * @module
 */

import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { type Armazem, type Liquido, resume } from "../clinica/livro.ts";
import { Ocupacao } from "../clinica/ocupacao.ts";
import { cpfDeExemplo } from "../testes/apoio.ts";
import { teste } from "../testes/livro_sqlite.ts";
import {
  acabado,
  AGENDA,
  agendamento,
  alcance,
  arquiva,
  ativosDe,
  CLINICO,
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
  QUANDO,
} from "../testes/mudancas.ts";
import { Memoria } from "./memoria.ts";
import { ArmazemSqlite } from "./sqlite.ts";

teste("reaberto, o livro mostra a mesma vista", async (livro) => {
  const nomes = ["MARIA", "JOÃO 𝒜", 'D\'ÁVILA "Ç" | \\ ,', "Z".repeat(120)];
  async function vista(armazem: Armazem): Promise<unknown> {
    return {
      ativos: (await Promise.all(nomes.map((_, n) => ativosDe(armazem, n))))
        .map((deles) => deles.toSorted((um, outro) => um.numero - outro.numero)),
      livres: [await livres(armazem), await livres(armazem, "E:PEDIATRA"), await livres(armazem, AGENDA, "2026-12-07")],
      lista: await armazem.lista(DIA),
      resto: await armazem.le(alcance, (vista) => [
        vista.excecoes(),
        nomes.map((_, n) => [vista.contatoDe(cpfDeExemplo(n)), vista.historiaDe(cpfDeExemplo(n))]),
      ]),
    };
  }
  let antes: unknown;
  {
    await using armazem = ArmazemSqlite.abre(livro);
    await grava(armazem, (vista) =>
      nomes.flatMap((nome, n) => [
        marca(vista, { cpf: cpfDeExemplo(n), nome, hora: HORAS[n] }),
        marca(vista, { cpf: cpfDeExemplo(n), nome, hora: HORAS[n], especialidade: "PEDIATRA", minutos: 15 }),
      ]));
    const [cancelado] = await ativosDe(armazem, 0);
    const [arquivado] = await ativosDe(armazem, 1);
    await grava(armazem, (vista) => [
      desmarca(cancelado),
      arquiva(arquivado),
      marca(vista, { cpf: cpfDeExemplo(1), nome: nomes[1], data: "2026-12-07" }),
      marca(vista, acabado(cpfDeExemplo(2), "FALTOU", { hora: "11:00" })),
      fecha(vista, { de: "2026-12-25", ate: "2026-12-25", motivo: "Natal" }),
      contata({ cpf: cpfDeExemplo(1), email: "maria@exemplo.br", telefone: "" }),
      contata({ cpf: cpfDeExemplo(2), email: "", telefone: "+5561999990000" }),
    ], { pede: comExcecoes() });
    // O que não é de costume, coluna por coluna, com o que um texto teria de escapar.
    const [[terceiro], [quarto]] = [await ativosDe(armazem, 2), await ativosDe(armazem, 3)];
    await grava(armazem, () => [
      muda(terceiro, { nota: 'uma [nota] com "aspas", \\ e \n linhas', codigo: "" }),
      muda(quarto, {
        situacao: "CHAMADO",
        senha: "P001",
        chegouEm: EM,
        chamadoEm: EM,
        chamadas: 2,
        prioridade: 4,
        local: "Sala 2",
        pilha: [{ papel: "balcao", em: EM, antes: { situacao: "MARCADO" } }],
      }),
    ]);
    antes = await vista(armazem);
  }
  await using armazem = ArmazemSqlite.abre(livro);
  assertEquals(await vista(armazem), antes);
  await grava(armazem, (vista) => [marca(vista, { cpf: cpfDeExemplo(9), hora: "10:00" })]);
});

teste("um livro de 12.000 ativos carrega inteiro", async (livro) => {
  const dias = Array.from({ length: 120 }, (_, i) => Temporal.PlainDate.from(DIA).add({ days: i }).toString());
  const horas = Array.from({ length: 100 }, (_, i) => {
    const minuto = 6 * 60 + i * 10;
    return `${String(Math.floor(minuto / 60)).padStart(2, "0")}:${String(minuto % 60).padStart(2, "0")}`;
  });
  {
    await using armazem = ArmazemSqlite.abre(livro);
    await grava(
      armazem,
      (vista) =>
        dias.flatMap((data, d) =>
          horas.map((hora, h) => marca(vista, { cpf: cpfDeExemplo(d * 100 + h), data, hora, minutos: 10 }))
        ),
    );
    // Cancelados pelo meio: os números têm buracos.
    const [um] = await ativosDe(armazem, 4_999);
    const [outro] = await ativosDe(armazem, 5_000);
    await grava(armazem, () => [desmarca(um), desmarca(outro)]);
  }
  await using armazem = ArmazemSqlite.abre(livro);
  let ativos = 0;
  for (let n = 0; n < 12_000; n++) {
    const achados = await ativosDe(armazem, n);
    ativos += achados.length;
    for (const { cpf, data, hora } of achados) {
      assertEquals([cpf, data, hora], [cpfDeExemplo(n), dias[Math.floor(n / 100)], horas[n % 100]]);
    }
  }
  assertEquals(ativos, 11_998);
});
Deno.test({
  name: "memória: um dia é lido uma vez e muda no lugar; o que ninguém perguntou não se lê para gravar",
  permissions: "none",
  fn(): void {
    const lidos: string[] = [];
    const memoria = new Memoria({
      ocupacao: (agenda, data) => {
        lidos.push(`${agenda} ${data}`);
        return Ocupacao.vazia();
      },
      historiaDe: () => [],
      periodo: () => [],
      cancelados: () => [],
      ultimaSenha: () => 0,
    });
    const liquido = (...mudancas: Parameters<typeof resume>[0]): Liquido => resume(mudancas, QUANDO);
    const dia = memoria.ocupacao(AGENDA, DIA);
    const marcado = marca(memoria, { cpf: cpfDeExemplo(1) });
    const doOutro = marca(memoria, { cpf: cpfDeExemplo(2), data: "2026-12-07" });
    memoria.grava(liquido(marcado, doOutro));
    assertStrictEquals(memoria.ocupacao(AGENDA, DIA), dia);
    assert(!dia.livre(8 * 60, 30) && dia.livre(8 * 60 + 30, 30));
    memoria.grava(liquido(desmarca(marcado.depois), desmarca(doOutro.depois)));
    assertStrictEquals(memoria.ocupacao(AGENDA, DIA), dia);
    assert(dia.livre(8 * 60, 30));
    memoria.grava(liquido(marca(memoria, { cpf: cpfDeExemplo(3) })));
    assert(!dia.livre(8 * 60, 30));
    assertEquals(lidos, [`${AGENDA} ${DIA}`]);
    assertEquals(memoria.ativosDe(cpfDeExemplo(3)), [agendamento(3, { cpf: cpfDeExemplo(3) })]);
  },
});

Deno.test({
  name: "memória: num lote em que um deixa os minutos que outro toma, ficam tomados",
  permissions: "none",
  fn(): void {
    const memoria = new Memoria({
      ocupacao: () => Ocupacao.vazia(),
      historiaDe: () => [],
      periodo: () => [],
      cancelados: () => [],
      ultimaSenha: () => 0,
    });
    const dia = memoria.ocupacao(AGENDA, DIA);
    const um = marca(memoria, { cpf: cpfDeExemplo(1) });
    const outro = marca(memoria, { cpf: cpfDeExemplo(2), hora: "08:30" });
    memoria.grava(resume([um, outro], QUANDO));
    // Na ordem em que o segundo toma a hora antes de o primeiro a deixar.
    const troca = [muda(outro.depois, { hora: "08:00" }), muda(um.depois, { hora: "09:00" })];
    memoria.grava(resume(troca, QUANDO));
    assertEquals(HORAS.slice(0, 3).map((_, i) => dia.livre(480 + 30 * i, 30)), [false, true, false]);
    assertEquals(dia.marcados(CLINICO), 2);
  },
});

teste("a ocupação de um dia é o mesmo objeto depois de cada lote", async (livro) => {
  await using armazem = ArmazemSqlite.abre(livro);
  const ocupacao = (): Ocupacao => armazem.le(alcance, (vista) => vista.ocupacao(AGENDA, DIA));
  const primeira = ocupacao();
  await grava(armazem, (vista) => [marca(vista, { cpf: cpfDeExemplo(1) })]);
  assertStrictEquals(ocupacao(), primeira);
  assertEquals(await livres(armazem), HORAS.slice(1));
  const [marcado] = await ativosDe(armazem, 1);
  await grava(armazem, () => [desmarca(marcado)]);
  assertStrictEquals(ocupacao(), primeira);
  assertEquals(await livres(armazem), HORAS);
});
