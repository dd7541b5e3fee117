/**
 * Testes da memória do armazém: o que se carrega do arquivo e o que muda a cada gravação.
 *
 * @module
 */

import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import type { Agendamento } from "../clinica/agendamento.ts";
import { type Alcance, type Armazem, type Liquido, resume } from "../clinica/livro.ts";
import { Ocupacao } from "../clinica/ocupacao.ts";
import type { ParDaTentativa } from "../clinica/tentativa.ts";
import { cpfDeExemplo } from "../testes/apoio.ts";
import { executa, teste } from "../testes/livro_sqlite.ts";
import {
  acabado,
  AGENDA,
  agendamento,
  alcance,
  arquiva,
  ativosDe,
  CLINICO,
  comEspera,
  comExcecoes,
  conta,
  contata,
  convida,
  desmarca,
  DIA,
  EM,
  entra,
  fecha,
  grava,
  HORAS,
  livres,
  marca,
  muda,
  mudaEspera,
  QUANDO,
  sai,
  segura,
  tenta,
  tica,
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

teste("reaberto, o livro mostra a mesma lista de espera, as mesmas horas seguradas e o último TICK", async (livro) => {
  const pede = comEspera({ hoje: "2026-12-20", instante: "2026-12-20T10:00:00Z", faltas: true });
  const cpfs = Array.from({ length: 5_200 }, (_, n) => cpfDeExemplo(n));
  const vista = (armazem: Armazem): Promise<unknown> =>
    Promise.resolve(armazem.le(pede, (vista) => {
      const lista = vista.listaDeEspera(CLINICO);
      return {
        ha: vista.alguemEspera(),
        lista,
        fila: [...vista.fila({
          especialidade: CLINICO,
          profissional: "",
          data: DIA,
          hora: "08:00",
          inicio: 8 * 60,
          minutos: 30,
        })],
        outra: vista.listaDeEspera("DERMATOLOGISTA"),
        deCada: cpfs.map((cpf) => vista.esperaDe(cpf, CLINICO)?.numero ?? 0),
        convites: lista.map((uma) => vista.conviteDe(uma)),
        antes: lista.map((uma) => vista.quantasAntes(CLINICO, uma)),
        daOrigem: ["10.0.0.7", "10.0.0.8", "10.0.0.9"].map((origem) => vista.esperasDaOrigem(origem)),
        pendencias: vista.pendencias({ instante: "2026-12-20T10:00:00Z", hoje: "2026-12-20", faltas: true }),
        tique: vista.ultimoTique(),
      };
    }));
  let antes: unknown;
  {
    await using armazem = ArmazemSqlite.abre(livro);
    // Mais do que um pedaço, com as que acabaram pelo meio.
    await grava(armazem, (vista) => [
      tica(EM),
      ...cpfs.map((cpf, n) =>
        entra(vista, {
          cpf,
          prioridade: n % 5,
          ate: n % 3 === 0 ? `2026-12-${10 + n % 20}` : "",
          origem: `10.0.0.${7 + n % 2}`,
          turno: n % 2 === 0 ? "" : "MANHÃ",
        })
      ),
      entra(vista, { cpf: cpfs[0], especialidade: "DERMATOLOGISTA" }),
      segura(vista, { cpf: cpfDeExemplo(9), hora: "11:00", ate: EM }),
      marca(vista, { cpf: cpfDeExemplo(8), hora: "12:00", situacao: "CONFIRMADO" }),
    ], { pede });
    const lista = await armazem.le(pede, (vista) => vista.listaDeEspera(CLINICO));
    await grava(armazem, (vista) => [
      ...lista.slice(100, 200).map(sai),
      ...convida(vista, lista[3], { hora: "09:00", ate: "2026-11-23T12:00:00Z" }),
      mudaEspera(lista[4], { passou: ["2026-11-30 08:00 ", '2026-12-02 08:30 "Ç"'], lapsos: 2, origem: "10.0.0.9" }),
      mudaEspera(lista[5], { ordem: vista.novaEspera() }),
      // Tudo o que de uma entrada pode mudar.
      mudaEspera(lista[6], {
        ...{ codigo: "0A1B2C3D", nome: 'JOÃO "Ç" 𝒜', profissional: "DRA. ANA LIMA", de: "2026-12-01" },
        ...{ ate: "2026-12-31", turno: "TARDE", antecedencia: 180, marca: true, prioridade: 4, motivo: "dor" },
        ...{ isenta: true, email: "joao@exemplo.br", telefone: "+5561999990000", origem: "10.0.0.10", lapsos: 1 },
        ...{ ordem: vista.novaEspera(), desde: "2026-11-24T10:00:00Z", convite: 7, passou: ["2026-12-02 08:00 "] },
      }),
      tica("2026-11-23T10:01:00Z"),
    ], { pede });
    antes = await vista(armazem);
  }
  await using armazem = ArmazemSqlite.abre(livro);
  assertEquals(await vista(armazem), antes);
  await grava(armazem, (vista) => {
    assertEquals(vista.novaEspera(), cpfs.length + 4, "depois do que foi para o fim");
    return [entra(vista, { cpf: cpfDeExemplo(6_000) })];
  }, { pede });
});

Deno.test({
  name: "memória: as faltas procuram-se aos poucos, das mais novas às mais antigas, e o que se viu não se vê outra vez",
  permissions: "none",
  fn(): void {
    const pedidas: unknown[] = [];
    let achadas: readonly Agendamento[] = [];
    const memoria = new Memoria({
      ocupacao: () => Ocupacao.vazia(),
      historiaDe: () => [],
      fichaDe: () => ({ acabadas: [] }),
      periodo: () => [],
      cancelados: () => [],
      ultimaSenha: () => 0,
      tentativa: () => undefined,
      haVelhas: () => false,
      faltas: (numeros, hoje) => {
        pedidas.push([...numeros, hoje]);
        return achadas;
      },
    });
    const faltas = (hoje: string): unknown => {
      pedidas.length = 0;
      memoria.pendencias({ instante: EM, hoje, faltas: true });
      return pedidas[0];
    };
    const NUMEROS = 20_000;
    while (memoria.novoNumero() < NUMEROS);
    memoria.grava(resume([], QUANDO));
    memoria.pendencias({ instante: EM, hoje: DIA, faltas: false });
    assertEquals(pedidas, []);
    const passo = 8192;
    assertEquals(faltas(DIA), [NUMEROS - passo + 1, NUMEROS, DIA]);
    assertEquals(faltas(DIA), [NUMEROS - 2 * passo + 1, NUMEROS - passo, DIA]);
    const falta = agendamento(3000, { cpf: cpfDeExemplo(1), data: "2026-11-29" });
    achadas = [falta];
    assertEquals(faltas(DIA), [1, NUMEROS - 2 * passo, DIA]);
    assertEquals(faltas(DIA), [1, 3000, DIA], "enquanto não se trata dela, volta-se a ela");
    achadas = [];
    assertEquals(faltas(DIA), [1, 3000, DIA]);
    assertEquals(faltas(DIA), [1, 0, DIA]);
    // Uma falta que se desfez, num número por que já se passou; um de hoje não é uma falta.
    memoria.grava(resume([muda(agendamento(9000, { cpf: cpfDeExemplo(2) }), { nota: "de hoje" })], QUANDO));
    assertEquals(faltas(DIA), [1, 0, DIA]);
    const desfeita = agendamento(9000, { cpf: cpfDeExemplo(2), data: "2026-11-29", situacao: "FALTOU", ativo: false });
    memoria.grava(resume([muda(desfeita, { situacao: "MARCADO", ativo: true })], QUANDO));
    assertEquals(faltas(DIA), [9000 - passo + 1, 9000, DIA]);
    assertEquals(faltas("2026-12-01"), [NUMEROS - passo + 1, NUMEROS, "2026-12-01"], "outro dia, de novo");
  },
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
      fichaDe: () => ({ acabadas: [] }),
      periodo: () => [],
      cancelados: () => [],
      ultimaSenha: () => 0,
      tentativa: () => undefined,
      haVelhas: () => false,
      faltas: () => [],
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
      fichaDe: () => ({ acabadas: [] }),
      periodo: () => [],
      cancelados: () => [],
      ultimaSenha: () => 0,
      tentativa: () => undefined,
      haVelhas: () => false,
      faltas: () => [],
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

teste("uma conta do que se tentou vê-se depois de reabrir o livro, e depois de lotes que falham", async (livro) => {
  const par: ParDaTentativa = [cpfDeExemplo(1), "10.0.0.7"];
  const pede = (): Alcance => ({ ...alcance(), tentativas: [par] });
  const erros = (armazem: ArmazemSqlite): number | undefined =>
    armazem.le(pede, (vista) => vista.tentativa(...par))?.erros;
  {
    await using armazem = ArmazemSqlite.abre(livro);
    using outro = new DatabaseSync(livro);
    outro.exec("BEGIN IMMEDIATE");
    assertEquals(await tenta(armazem, () => [conta(...par, { erros: 1 })], { pede }), "nada");
    assertEquals(erros(armazem), undefined);
    outro.exec("COMMIT");
    await grava(armazem, () => [conta(...par, { erros: 2 })], { pede });
    assertEquals(erros(armazem), 2);
  }
  await using armazem = ArmazemSqlite.abre(livro);
  assertEquals(erros(armazem), 2);
  await grava(armazem, (vista) => [marca(vista, { cpf: cpfDeExemplo(2) })]);
  // A linha já não está como a memória a tem: o lote é recusado, e relê-se tudo.
  executa(livro, "UPDATE agendamento SET versao = 9");
  const [marcado] = await ativosDe(armazem, 2);
  assertEquals(await tenta(armazem, () => [desmarca(marcado), conta(...par, { erros: 3 })], { pede }), "recusado");
  assertEquals(erros(armazem), 2);
});
