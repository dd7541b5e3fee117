/**
 * Testes do armazém em SQLite: o contrato da porta, a história que fica, quem escreve por fora e o disco que falha. Os que
 * usam arquivos precisam de permissão.
 *
 * @module
 */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { retry } from "@std/async";
import { DatabaseSync } from "node:sqlite";
import { Agenda } from "../agenda.ts";
import type { Espera } from "../clinica/espera.ts";
import { ErroDoArmazem, type Mudanca, type Vista } from "../clinica/livro.ts";
import { lerOferta } from "../clinica/oferta.ts";
import type { PedidoNoFio } from "../protocolo.ts";
import { ate, atendeNoFio, cpfDeExemplo, enche, Fio, Pasta, Servidor, testeComSistema } from "../testes/apoio.ts";
import { contrato, type Posto } from "../testes/contrato.ts";
import { consulta, executa, integro, linhaSql, teste, testeComDisco } from "../testes/livro_sqlite.ts";
import {
  alcance,
  arquiva,
  ativosDe,
  CLINICO,
  comEspera,
  contata,
  desmarca,
  DIA,
  entra,
  grava,
  HORAS,
  livres,
  marca,
  muda,
  mudaEspera,
  QUANDO,
  sai,
  tenta,
} from "../testes/mudancas.ts";
import { ArmazemSqlite } from "./sqlite.ts";
import { VERSAO } from "./sqlite_esquema.ts";

contrato((nome, fn) => Deno.test({ name: `armazém na memória: ${nome}`, permissions: "none", fn }), () => {
  const armazem = ArmazemSqlite.abre(":memory:");
  return { armazem, [Symbol.asyncDispose]: () => armazem[Symbol.asyncDispose]() };
});

contrato((nome, fn) => testeComSistema(`armazém em arquivo: ${nome}`, fn), (): Posto => {
  const pasta = new Pasta();
  const livro = pasta.arquivo("clinica.db");
  const armazem = ArmazemSqlite.abre(livro);
  return {
    armazem,
    diario: () => consulta(livro, "SELECT mudancas FROM diario ORDER BY id").map(({ mudancas }) => String(mudancas)),
    async [Symbol.asyncDispose](): Promise<void> {
      await armazem[Symbol.asyncDispose]();
      pasta[Symbol.dispose]();
    },
  };
});

teste("a história fica: cancelados, arquivados, quando e por quem", async (livro) => {
  await using armazem = ArmazemSqlite.abre(livro);
  await grava(armazem, (vista) => [marca(vista, { cpf: cpfDeExemplo(1) }, "10.0.0.7")]);
  const [primeiro] = await ativosDe(armazem, 1);
  await grava(armazem, () => [desmarca(primeiro, "2026-11-23T10:01:00Z")], { quando: QUANDO + 60_000 });
  await grava(armazem, (vista) => [marca(vista, { cpf: cpfDeExemplo(1) }, "10.0.0.8")], { quando: QUANDO + 120_000 });
  const [segundo] = await ativosDe(armazem, 1);
  await grava(armazem, (vista) => [
    arquiva(segundo),
    marca(vista, { cpf: cpfDeExemplo(1), data: "2026-12-07" }, "10.0.0.9"),
  ], { quando: QUANDO + 180_000 });
  const sql =
    "SELECT versao, data, hora, situacao, criado_em, terminou_em, origem, ativo FROM agendamento ORDER BY numero";
  const comum = { data: DIA, hora: "08:00", situacao: "MARCADO", terminou_em: "" };
  assertEquals(consulta(livro, sql), [
    {
      ...comum,
      versao: 2,
      situacao: "CANCELADO",
      criado_em: "2026-11-23T10:00:00Z",
      terminou_em: "2026-11-23T10:01:00Z",
      origem: "10.0.0.7",
      ativo: 0,
    },
    { ...comum, versao: 2, criado_em: "2026-11-23T10:02:00Z", origem: "10.0.0.8", ativo: 0 },
    { ...comum, versao: 1, data: "2026-12-07", criado_em: "2026-11-23T10:03:00Z", origem: "10.0.0.9", ativo: 1 },
  ]);
});

teste("marcar e desmarcar no mesmo lote deixa uma linha cancelada na história", async (livro) => {
  await using armazem = ArmazemSqlite.abre(livro);
  await grava(armazem, (vista) => {
    const marcado = marca(vista, { cpf: cpfDeExemplo(1) });
    return [marcado, desmarca(marcado.depois)];
  });
  const quando = "2026-11-23T10:00:00Z";
  assertEquals(consulta(livro, "SELECT numero, versao, situacao, criado_em, terminou_em, ativo FROM agendamento"), [
    { numero: 1, versao: 2, situacao: "CANCELADO", criado_em: quando, terminou_em: quando, ativo: 0 },
  ]);
});

teste("num lote, uns podem tomar as horas que outros só depois deixam, e trocá-las", async (livro) => {
  await using armazem = ArmazemSqlite.abre(livro);
  await grava(armazem, (vista) => HORAS.map((hora, n) => marca(vista, { cpf: cpfDeExemplo(n), hora })));
  const marcados = await armazem.lista(DIA);
  const move = (n: number, hora: string): Mudanca => muda(marcados[n], { hora }, "REMARC");
  await grava(armazem, () => [
    move(0, "08:30"),
    move(1, "08:00"),
    move(2, "09:30"),
    move(3, "10:00"),
    move(4, "09:00"),
    contata({ cpf: cpfDeExemplo(1), email: "maria@exemplo.br", telefone: "" }),
  ]);
  const quem = async (): Promise<unknown[]> => (await armazem.lista(DIA)).map(({ cpf, hora }) => [cpf, hora]);
  const trocados = [[1, "08:00"], [0, "08:30"], [4, "09:00"], [2, "09:30"], [3, "10:00"]]
    .map(([n, hora]) => [cpfDeExemplo(Number(n)), hora]);
  assertEquals(await quem(), trocados);
  assertEquals(await livres(armazem), []);
  assertEquals((await ativosDe(armazem, 0)).map(({ versao, encaixe, ativo }) => [versao, encaixe, ativo]), [
    [2, false, true],
  ]);
  // Trocados, e um deles já não é como se pensa: nada muda.
  const agora = await armazem.lista(DIA);
  const velho = { ...agora[1], versao: 7 };
  assertEquals(
    await tenta(armazem, () => [muda(agora[0], { hora: "08:30" }), muda(velho, { hora: "08:00" })]),
    "recusado",
  );
  assertEquals(await quem(), trocados);
});

teste(
  "um encaixe cancelado pode voltar no lote em que outros trocam de hora: não tinha lugar de onde sair",
  async (livro) => {
    await using armazem = ArmazemSqlite.abre(livro);
    await grava(armazem, (vista) => [
      marca(vista, { cpf: cpfDeExemplo(0), hora: "08:00" }),
      marca(vista, { cpf: cpfDeExemplo(1), hora: "08:30" }),
      marca(vista, { cpf: cpfDeExemplo(2), hora: "08:10", encaixe: true, situacao: "CANCELADO", ativo: false }),
    ]);
    const [um, dois] = await armazem.lista(DIA);
    const [encaixe] = await armazem.le(alcance, (vista) => vista.historiaDe(cpfDeExemplo(2)));
    await grava(armazem, () => [
      muda(um, { hora: "08:30" }, "REMARC"),
      muda(dois, { hora: "08:00" }, "REMARC"),
      muda(encaixe, { situacao: "MARCADO", ativo: true }, "DESFAZ"),
    ]);
    assertEquals((await armazem.lista(DIA)).map(({ numero, hora }) => [numero, hora]), [
      [dois.numero, "08:00"],
      [encaixe.numero, "08:10"],
      [um.numero, "08:30"],
    ]);
  },
);

teste("uma linha apagada por fora: o lote é recusado, a memória é relida e o seguinte dá certo", async (livro) => {
  await using armazem = ArmazemSqlite.abre(livro);
  await grava(armazem, (vista) => [
    marca(vista, { cpf: cpfDeExemplo(1) }),
    marca(vista, { cpf: cpfDeExemplo(2), hora: "08:30" }),
  ]);
  const [marcado] = await ativosDe(armazem, 1);
  executa(livro, `DELETE FROM agendamento WHERE cpf = '${cpfDeExemplo(1)}'`);
  assertEquals(await ativosDe(armazem, 1), [marcado], "a memória ainda não sabe");
  const recusada = await tenta(armazem, (vista) => [
    desmarca(marcado),
    marca(vista, { cpf: cpfDeExemplo(3), hora: "09:00" }),
  ]);
  assertEquals(recusada, "recusado");
  assertEquals(await ativosDe(armazem, 1), []);
  assertEquals(await ativosDe(armazem, 3), []);
  assertEquals(await livres(armazem), ["08:00", "09:00", "09:30", "10:00"]);
  await grava(armazem, (vista) => [marca(vista, { cpf: cpfDeExemplo(1) })]);
});

teste("uma linha que outro mudou por fora não muda de novo: o lote é recusado", async (livro) => {
  await using armazem = ArmazemSqlite.abre(livro);
  await grava(armazem, (vista) => [
    marca(vista, { cpf: cpfDeExemplo(1) }),
    marca(vista, { cpf: cpfDeExemplo(2), hora: "08:30" }),
    marca(vista, { cpf: cpfDeExemplo(3), hora: "09:00" }),
  ]);
  const [[primeiro], [segundo], [terceiro]] = await Promise.all([1, 2, 3].map((n) => ativosDe(armazem, n)));
  executa(
    livro,
    "UPDATE agendamento SET versao = 2, ativo = 0, situacao = 'CANCELADO', terminou_em = 'antes' WHERE numero = 1",
  );
  assertEquals(await tenta(armazem, () => [desmarca(primeiro)]), "recusado");
  executa(livro, "UPDATE agendamento SET versao = 2, ativo = 0 WHERE numero = 2");
  assertEquals(await tenta(armazem, () => [arquiva(segundo)]), "recusado");
  executa(livro, "UPDATE agendamento SET versao = 5, nota = 'à mão' WHERE numero = 3");
  assertEquals(await tenta(armazem, () => [muda(terceiro, { hora: "09:30" }, "REMARC")]), "recusado");
  assertEquals(consulta(livro, "SELECT terminou_em, nota, hora FROM agendamento ORDER BY numero"), [
    { terminou_em: "antes", nota: "", hora: "08:00" },
    { terminou_em: "", nota: "", hora: "08:30" },
    { terminou_em: "", nota: "à mão", hora: "09:00" },
  ]);
  assertEquals(await livres(armazem), ["08:00", "09:30", "10:00"]);
  assertEquals((await ativosDe(armazem, 3)).map(({ versao, nota }) => [versao, nota]), [[5, "à mão"]]);
});

teste("uma linha posta por fora: o lote é recusado, a memória é relida e o seguinte dá certo", async (livro) => {
  await using armazem = ArmazemSqlite.abre(livro);
  await grava(armazem, (vista) => [marca(vista, { cpf: cpfDeExemplo(1) })]);
  assertEquals(await livres(armazem), HORAS.slice(1));
  executa(livro, linhaSql({ numero: "77", hora: "'08:30'" }));
  assertEquals(
    await tenta(armazem, (vista) => [marca(vista, { cpf: cpfDeExemplo(2), hora: "08:30" })]),
    "recusado",
  );
  assertEquals((await ativosDe(armazem, 50)).map(({ numero, nome }) => [numero, nome]), [[77, "À MÃO"]]);
  const [historia, periodo] = await armazem.le(
    alcance,
    (vista) => [vista.historiaDe(cpfDeExemplo(50)), vista.periodo([DIA, DIA])],
  );
  assertEquals([historia.length, periodo.length], [1, 2]);
  assertEquals(await livres(armazem), HORAS.slice(2));
  await grava(armazem, (vista) => [marca(vista, { cpf: cpfDeExemplo(2), hora: "09:00" })]);
  assertEquals((await ativosDe(armazem, 2)).map(({ numero }) => numero), [78]);
});

teste("uma entrada que outro mudou ou apagou por fora: o lote é recusado, e a lista é relida", async (livro) => {
  await using armazem = ArmazemSqlite.abre(livro);
  const pede = comEspera();
  await grava(armazem, (vista) => [1, 2, 3].map((n) => entra(vista, { cpf: cpfDeExemplo(n) })), { pede });
  const lista = (): readonly Espera[] => armazem.le(pede, (vista) => vista.listaDeEspera(CLINICO));
  const [um, dois, tres] = lista();
  executa(livro, "UPDATE espera SET versao = 5, nome = 'À MÃO' WHERE numero = 1; DELETE FROM espera WHERE numero = 2");
  const recusados: ((vista: Vista) => Mudanca[])[] = [
    () => [sai(um)],
    () => [sai(dois)],
    (vista) => [sai(tres), entra(vista, { cpf: cpfDeExemplo(4) }), mudaEspera(dois, { lapsos: 1 })],
  ];
  for (const decide of recusados) {
    assertEquals(await tenta(armazem, decide, { pede }), "recusado");
    assertEquals(lista(), [{ ...um, versao: 5, nome: "À MÃO" }, tres]);
  }
  await grava(armazem, () => lista().map(sai), { pede });
  assertEquals(lista(), []);
});

teste("o banco recusa o que na lista de espera não pode haver", async (livro) => {
  await using armazem = ArmazemSqlite.abre(livro);
  const pede = comEspera();
  await grava(armazem, (vista) => [1, 2].map((n) => entra(vista, { cpf: cpfDeExemplo(n) })), { pede });
  executa(livro, "UPDATE espera SET convite = 7 WHERE numero = 1");
  for (
    const sql of [
      "UPDATE espera SET convite = 7 WHERE numero = 2",
      "UPDATE espera SET terminou_em = 'agora' WHERE numero = 1",
      "UPDATE espera SET convite = -1",
      `UPDATE espera SET cpf = '${cpfDeExemplo(1)}'`,
      "UPDATE espera SET turno = 'NOITE'",
      "UPDATE espera SET prioridade = 5",
      "UPDATE espera SET codigo = ''",
      "UPDATE espera SET nome = ''",
      "UPDATE espera SET antecedencia = -1",
    ]
  ) assertThrows(() => executa(livro, sql), Error, "constraint failed", sql);
});

teste("com alguém escrevendo por fora, a agenda responde o que há no arquivo", async (livro) => {
  await using armazem = ArmazemSqlite.abre(livro);
  const agenda = new Agenda({ armazem, oferta: lerOferta(), relogio: () => QUANDO });
  const pede = async (n: number, horario?: string): Promise<string | undefined> => {
    const pedido: PedidoNoFio = {
      comando: "AGEND",
      cpf: cpfDeExemplo(n),
      nome: "MARIA DA SILVA",
      especialista: CLINICO,
      data: "30/11/2026",
      dia: "SEGUNDA-FEIRA",
      horario,
    };
    return (await atendeNoFio(agenda, [pedido]))?.[0].codigo;
  };
  assertEquals(await pede(1, "08:00"), "OK-300");
  executa(livro, linhaSql({ hora: "'08:30'" }));
  executa(livro, linhaSql({ hora: "'09:00'", cpf: `'${cpfDeExemplo(51)}'` }));
  const respostas = await Promise.all([pede(2, "08:30"), pede(3, "09:00"), pede(4, "09:30"), pede(51, "10:00")]);
  assertEquals(respostas, ["ERRO-110", "ERRO-110", "OK-300", "ERRO-111"]);
  assertEquals(await pede(5), "OK-300");
  assertEquals(await pede(6), "ERRO-110");
});

teste("enquanto outro programa escreve, nada é gravado; depois, sim", async (livro) => {
  await using armazem = ArmazemSqlite.abre(livro);
  using outro = new DatabaseSync(livro);
  outro.exec("BEGIN IMMEDIATE");
  assertEquals(await tenta(armazem, (vista) => [marca(vista, { cpf: cpfDeExemplo(1) })]), "nada");
  assertEquals(await ativosDe(armazem, 1), []);
  assertEquals(await livres(armazem), HORAS);
  outro.exec("COMMIT");
  await grava(armazem, (vista) => [marca(vista, { cpf: cpfDeExemplo(1) })]);
});

teste("um livro que sumiu da frente do armazém não deixa a memória responder por ele", async (livro, pasta) => {
  await using armazem = ArmazemSqlite.abre(livro);
  await grava(armazem, (vista) => [marca(vista, { cpf: cpfDeExemplo(1) })]);
  // A memória e o arquivo discordam, e o arquivo já não abre.
  executa(livro, `DELETE FROM agendamento; PRAGMA user_version = ${VERSAO + 1}`);
  const [marcado] = await ativosDe(armazem, 1);
  assertEquals(await tenta(armazem, () => [desmarca(marcado)]), "nada");
  assertThrows(() => armazem.le(alcance, (vista) => vista.ativosDe(cpfDeExemplo(1))), ErroDoArmazem, pasta.caminho);
  assertEquals(await tenta(armazem, (vista) => [marca(vista, { cpf: cpfDeExemplo(2) })]), "nada");
  executa(livro, `PRAGMA user_version = ${VERSAO}`);
  // Um livro que falhou não é reaberto a cada pedido: a próxima tentativa vem logo depois.
  assertEquals(await retry(() => ativosDe(armazem, 1), { minTimeout: 50, multiplier: 1, maxAttempts: 100 }), []);
  await grava(armazem, (vista) => [marca(vista, { cpf: cpfDeExemplo(2) })]);
});
teste("um livro que mudou de nome não é trocado por um vazio quando se reabre", async (livro, pasta) => {
  await using armazem = ArmazemSqlite.abre(livro);
  await grava(armazem, (vista) => [
    marca(vista, { cpf: cpfDeExemplo(1) }),
    marca(vista, { cpf: cpfDeExemplo(2), hora: "08:30" }),
  ]);
  const [marcado] = await ativosDe(armazem, 1);
  executa(livro, `DELETE FROM agendamento WHERE cpf = '${cpfDeExemplo(1)}'; PRAGMA user_version = ${VERSAO + 1}`);
  assertEquals(await tenta(armazem, () => [desmarca(marcado)]), "nada");
  const outro = pasta.arquivo("guardado.db");
  Deno.renameSync(livro, outro);
  assertThrows(() => armazem.le(alcance, (vista) => vista.ativosDe(cpfDeExemplo(2))), ErroDoArmazem, livro);
  assertThrows(() => Deno.statSync(livro), Deno.errors.NotFound);
  executa(outro, `PRAGMA user_version = ${VERSAO}`);
  Deno.renameSync(outro, livro);
  await retry(async () => assertEquals((await ativosDe(armazem, 2)).length, 1), {
    minTimeout: 50,
    multiplier: 1,
    maxAttempts: 100,
  });
  assertEquals(await ativosDe(armazem, 1), []);
});

/** O disco em que o WAL reservado cabe, e pouco mais. */
const DISCO = "24m";

testeComDisco(
  "com o disco cheio, consultas e saudações continuam, e nada do que falhou volta",
  async (_, pasta) => {
    const disco = pasta.arquivo("disco");
    Deno.mkdirSync(disco);
    await using servidor = await Servidor.inicia({
      pasta: pasta.caminho,
      args: ["--banco", `${disco}/clinica.db`, "--quieto"],
      diante: ["unshare", "-rm", "sh", "-c", `mount -t tmpfs -o size=${DISCO} none ${disco} && exec "$@"`, "sh"],
    });
    const porDentro = `/proc/${servidor.pid}/root${disco}`;
    using fio = await Fio.saudado(servidor.porta);
    const vagas = async (): Promise<readonly [string, string, string, readonly string[]]> => {
      const resposta = await fio.pede({ comando: "VAGAS" });
      if (resposta.codigo !== "OK-304") throw new Error(`veio ${resposta.codigo}`);
      return resposta.vagas.at(-1)!;
    };
    const [data, dia, especialista, horas] = await vagas();
    const agend = (n: number): PedidoNoFio => {
      return { comando: "AGEND", cpf: cpfDeExemplo(n), nome: "MARIA DA SILVA", especialista, data, dia };
    };
    const codigo = async (pedido: PedidoNoFio): Promise<string> => (await fio.pede(pedido)).codigo;
    const ativos = (copia: string): unknown[] =>
      consulta(copia, "SELECT cpf FROM agendamento WHERE ativo = 1 ORDER BY cpf");
    /** O que uma queda deixaria, agora. */
    const queda = (): unknown[] => {
      const copia = pasta.arquivo("copia.db");
      for (const sufixo of ["", "-wal"]) Deno.copyFileSync(`${porDentro}/clinica.db${sufixo}`, copia + sufixo);
      integro(copia);
      return ativos(copia);
    };

    assertEquals(await codigo(agend(1)), "OK-300");
    enche(`${porDentro}/enchimento`);
    // O WAL reservado ainda recebe gravações; acaba com o índice dele sem lugar para crescer.
    const muda = (vez: number): PedidoNoFio => vez % 2 === 0 ? agend(2) : { comando: "CANCEL", cpf: cpfDeExemplo(2) };
    let vez = 0;
    for (let veio; (veio = await codigo(muda(vez))) !== "ERRO-131"; vez++) {
      assertEquals(veio, vez % 2 === 0 ? "OK-300" : "OK-301");
      assert(vez < 10_000, "o disco não encheu");
    }
    for (let i = 0; i < 3; i++) {
      assertEquals(await codigo(muda(vez)), "ERRO-131");
      assertEquals(queda(), [1, 2].slice(0, vez % 2 + 1).map((n) => ({ cpf: cpfDeExemplo(n) })));
      assertEquals(await codigo({ comando: "BUSCA", cpf: cpfDeExemplo(1) }), "OK-302");
      assertEquals(await codigo({ comando: "BUSCA", cpf: cpfDeExemplo(2) }), vez % 2 === 0 ? "ERRO-112" : "OK-302");
      assertEquals((await vagas())[3], horas.slice(1 + vez % 2));
      using novo = await Fio.conecta(servidor.porta);
      const saudacao = await novo.resposta();
      assert(saudacao.codigo === "OK-200" && saudacao.primeiras !== undefined && saudacao.primeiras.length > 0);
    }
    Deno.removeSync(`${porDentro}/enchimento`);
    assertEquals(await codigo(muda(vez)), vez % 2 === 0 ? "OK-300" : "OK-301");
    assertEquals(await codigo(agend(3)), "OK-300");
  },
);

teste("a reserva do WAL vem depois de abrir, e não toca no que já se gravou", async (livro, pasta) => {
  await using armazem = ArmazemSqlite.abre(livro);
  await grava(armazem, (vista) => [marca(vista, { cpf: cpfDeExemplo(1) })]);
  const tamanho = (): number => Deno.statSync(`${livro}-wal`).size;
  assert(tamanho() < 16 * 1024 * 1024);
  await ate(() => tamanho() === 16 * 1024 * 1024);
  await grava(armazem, (vista) => [marca(vista, { cpf: cpfDeExemplo(2), hora: "08:30" })]);
  // O que uma queda deixaria: o arquivo e o WAL como estão.
  const copia = pasta.arquivo("queda.db");
  for (const fim of ["", "-wal"]) Deno.copyFileSync(livro + fim, copia + fim);
  await using depois = ArmazemSqlite.abre(copia);
  assertEquals((await depois.lista(DIA)).map(({ cpf }) => cpf), [cpfDeExemplo(1), cpfDeExemplo(2)]);
});
