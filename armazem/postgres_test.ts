/**
 * Testes do armazém em PostgreSQL, contra um de verdade: o contrato, o que se lê, os commits de resposta perdida, o banco que
 * some e volta. As travas estão em `postgres_travas_test.ts`; os prazos e o que se diz, em `postgres_falhas_test.ts`; o que se
 * exige do banco, em `postgres_principal_test.ts`. Sem os programas do PostgreSQL, dizem-se ignorados.
 *
 * @module
 */

import { assert, assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import fc from "fast-check";
import { Agenda } from "../agenda.ts";
import {
  type Alcance,
  type BancoForaDoAlcance,
  type Desfecho,
  type Fim,
  type Mudanca,
  NENHUM_ALCANCE,
  type Vista,
} from "../clinica/livro.ts";
import { ate, atendeNoFio, cpfDeExemplo } from "../testes/apoio.ts";
import { ArmazemPostgres, PRAZOS } from "./postgres.ts";
import { PASSOS } from "./postgres_migracao.ts";
import { type Celula, Cluster, clusterDoArquivo, Intermediario, testeComPostgres } from "../testes/cluster.ts";
import { contrato } from "../testes/contrato.ts";
import {
  acabado,
  alcance,
  arquiva,
  ativosDe,
  CLINICO,
  comExcecoes,
  contata,
  desmarca,
  DIA,
  fecha,
  grava,
  HORAS,
  livres,
  marca,
  muda,
  QUANDO,
  tenta,
} from "../testes/mudancas.ts";
import { lerOferta } from "../clinica/oferta.ts";
import type { Resposta } from "../protocolo.ts";

/** Um cluster serve a todos os testes deste arquivo; cada um tem um banco seu. */
let cluster: Cluster;
clusterDoArquivo((novo) => cluster = novo);

let bancos = 0;

/** O nome de um banco novo, vazio. */
async function novoBanco(): Promise<string> {
  const nome = `livro${++bancos}`;
  await cluster.banco(nome);
  return nome;
}

contrato(
  (nome, fn) => testeComPostgres(`armazém em PostgreSQL: ${nome}`, fn),
  async () => {
    const banco = await novoBanco();
    const armazem = await ArmazemPostgres.abre(cluster.url(banco));
    return {
      armazem,
      diario: async () =>
        (await cluster.executa("SELECT mudancas FROM diario ORDER BY id", banco)).map(([linha]) => linha ?? ""),
      [Symbol.asyncDispose]: () => armazem[Symbol.asyncDispose](),
    };
  },
);

/** Registra um teste que tem um banco vazio. */
function teste(nome: string, fn: (url: string, banco: string) => Promise<void>): void {
  testeComPostgres(`PostgreSQL: ${nome}`, async () => {
    const banco = await novoBanco();
    await fn(cluster.url(banco), banco);
  });
}

const OFERTA = lerOferta();

function agendaEm(armazem: ArmazemPostgres): Agenda {
  return new Agenda({ armazem, oferta: OFERTA, relogio: () => QUANDO });
}

/** Pede uma hora da segunda-feira dos testes; `undefined` quando não se sabe o que houve. */
async function pede(agenda: Agenda, n: number, horario?: string): Promise<Resposta | undefined> {
  const pedido = {
    comando: "AGEND",
    cpf: cpfDeExemplo(n),
    nome: "MARIA DA SILVA",
    especialista: CLINICO,
    data: "30/11/2026",
    dia: "SEGUNDA-FEIRA",
    horario,
  } as const;
  return (await atendeNoFio(agenda, [pedido]))?.[0];
}

function cancela(agenda: Agenda, n: number): Resposta[] | Promise<Resposta[] | undefined> {
  return atendeNoFio(agenda, [{ comando: "CANCEL", cpf: cpfDeExemplo(n) }]);
}

/** Um lote que marca uma hora, como `grava` faz, com o desfecho. */
function lote(armazem: ArmazemPostgres, n: number, hora: string): Promise<Desfecho<string>> {
  return armazem.lote(alcance, QUANDO, (vista) => ({
    resultado: hora,
    mudancas: [marca(vista, { cpf: cpfDeExemplo(n), hora })],
  }));
}

/** O fim de um lote cuja resposta se perdeu. */
function fimDe<R>(desfecho: Desfecho<R>): Promise<Fim<R>> {
  if (desfecho.tipo !== "pendente") throw new Error(`o desfecho já se sabe: ${desfecho.tipo}`);
  return desfecho.fim;
}

// ------------------------------------------------------------------------------------------------------ o esquema

teste("quatro servidores que abrem ao mesmo tempo um banco vazio criam um esquema só", async (url, banco) => {
  const armazens = await Promise.all([1, 2, 3, 4].map(() => ArmazemPostgres.abre(url)));
  try {
    assertEquals(await cluster.executa("SELECT versao FROM clinica_livro", banco), [[String(PASSOS.length)]]);
    await Promise.all(armazens.map((armazem, i) =>
      grava(armazem, (vista) => [
        marca(vista, { cpf: cpfDeExemplo(i), hora: HORAS[i] }),
      ])
    ));
    for (const armazem of armazens) assertEquals((await armazem.lista(DIA)).length, 4);
  } finally {
    for (const armazem of armazens) await armazem[Symbol.asyncDispose]();
  }
});

teste("nem à mão se põe um segundo numa vaga, ou um segundo ativo do mesmo par", async (url, banco) => {
  await using armazem = await ArmazemPostgres.abre(url);
  await grava(armazem, (vista) => [marca(vista, { cpf: cpfDeExemplo(1) })]);
  const insere = (trocas: Record<string, string> = {}): Promise<Celula[][]> => {
    const colunas: Record<string, string> = {
      cpf: `'${cpfDeExemplo(50)}'`,
      nome: "'À MÃO'",
      especialidade: `'${CLINICO}'`,
      profissional: "''",
      agenda: `'E:${CLINICO}'`,
      data: `'${DIA}'`,
      hora: "'10:00'",
      minutos: "30",
      criado_em: "'2026-11-23T10:00:00Z'",
      situacao: "'MARCADO'",
      origem: "'psql'",
      ativo: "true",
      ...trocas,
    };
    return cluster.executa(
      `INSERT INTO agendamento (${Object.keys(colunas)}) VALUES (${Object.values(colunas)})`,
      banco,
    );
  };
  await assertRejects(() => insere({ hora: "'08:00'" }), Error, "uma_vaga_um_agendamento");
  await assertRejects(() => insere({ hora: "'08:00'", ativo: "false" }), Error, "uma_vaga_um_agendamento");
  await assertRejects(() => insere({ cpf: `'${cpfDeExemplo(1)}'` }), Error, "um_ativo_por_cpf_e_especialidade");
  const ruins: Record<string, string>[] = [
    { cpf: "'123'" },
    { nome: "''" },
    { nome: "NULL" },
    { especialidade: "''" },
    { data: "'30/11/2026'" },
    { hora: "'8:00'" },
    { minutos: "0" },
    { situacao: "'CANCELADO'" },
    { situacao: "'CONVIDADO'" },
    { situacao: "'VEIO'", ativo: "false" },
    { agenda: "''" },
    { codigo: "'CURTO'" },
    { versao: "0" },
    { prioridade: "5" },
    { chamadas: "-1" },
    { encaixe: "NULL" },
    { criado_em: "NULL" },
    { origem: "NULL" },
    { profissional: "NULL" },
  ];
  for (const ruim of ruins) await assertRejects(() => insere(ruim), Error, "violates", JSON.stringify(ruim));
  await insere({ hora: "'08:00'", profissional: "'DRA. ANA'", agenda: "'P:DRA. ANA'" });
  // Quem foi encaixado, cancelou ou deixou passar não toma a hora.
  const livres: Record<string, string>[] = [{ encaixe: "true" }, { situacao: "'CANCELADO'" }, { situacao: "'PASSOU'" }];
  for (const livre of livres) await insere({ hora: "'08:00'", ativo: "false", ...livre });
});

teste("qualquer texto que um pedido pode ter é gravado e lido como é", async (url) => {
  await using armazem = await ArmazemPostgres.abre(url);
  const textoBom = fc.string({ unit: "grapheme", minLength: 1, maxLength: 40 }).filter((texto) =>
    !texto.includes("\0")
  );
  const dificeis = [
    "'",
    "''; DROP TABLE agendamento; --",
    '{"a\\",b}',
    "\\",
    "\\\\'",
    "{NULL}",
    "NULL",
    "$1",
    "😀'\"",
    "a\nb",
  ];
  await fc.assert(
    fc.asyncProperty(fc.oneof(textoBom, fc.constantFrom(...dificeis)), textoBom, async (nome, origem) => {
      await grava(armazem, (vista) => [
        marca(vista, { cpf: cpfDeExemplo(1), nome, nota: origem, local: nome }, origem),
        contata({ cpf: cpfDeExemplo(1), email: nome, telefone: origem }),
      ]);
      const [lido] = await ativosDe(armazem, 1);
      assertEquals([lido.nome, lido.nota, lido.local], [nome, origem, nome]);
      assertEquals(await armazem.le(alcance, (vista) => vista.contatoDe(cpfDeExemplo(1))), {
        cpf: cpfDeExemplo(1),
        email: nome,
        telefone: origem,
      });
      await grava(armazem, () => [desmarca(lido)]);
    }),
    { numRuns: 60 },
  );
  assertEquals(await tenta(armazem, (vista) => [marca(vista, { cpf: cpfDeExemplo(1), nome: "A\0B" })]), "nada");
  await grava(armazem, (vista) => [marca(vista, { cpf: cpfDeExemplo(1) })]);
});

teste("o que se grava fica na história, com quando, por quem e que versão", async (url, banco) => {
  await using armazem = await ArmazemPostgres.abre(url);
  await grava(armazem, (vista) => [marca(vista, { cpf: cpfDeExemplo(1) }, "10.0.0.7")]);
  const [primeiro] = await ativosDe(armazem, 1);
  await grava(armazem, () => [desmarca(primeiro)]);
  await grava(armazem, (vista) => [marca(vista, { cpf: cpfDeExemplo(1) }, "10.0.0.8")], { quando: QUANDO + 120_500 });
  const [segundo] = await ativosDe(armazem, 1);
  await grava(armazem, (vista): Mudanca[] => [
    arquiva(segundo),
    marca(vista, { cpf: cpfDeExemplo(1), data: "2026-12-07" }, "10.0.0.9"),
  ], { quando: QUANDO + 180_000 });
  const sql =
    `SELECT data, criado_em, situacao, terminou_em, origem, ativo, versao, agenda FROM agendamento ORDER BY numero`;
  const agenda = `E:${CLINICO}`;
  assertEquals(await cluster.executa(sql, banco), [
    [DIA, "2026-11-23T10:00:00Z", "CANCELADO", "2026-11-23T10:00:00Z", "10.0.0.7", "f", "2", agenda],
    [DIA, "2026-11-23T10:02:00.5Z", "MARCADO", "", "10.0.0.8", "f", "2", agenda],
    ["2026-12-07", "2026-11-23T10:03:00Z", "MARCADO", "", "10.0.0.9", "t", "1", agenda],
  ]);
  const diario = await cluster.executa(
    "SELECT length(lote), quando, xid = (SELECT a.xmin::text::xid8 FROM agendamento AS a ORDER BY numero DESC LIMIT 1) FROM diario ORDER BY id",
    banco,
  );
  assertEquals(diario.map(([tamanho]) => tamanho), Array(4).fill("32"));
  assertEquals(diario[3], ["32", "2026-11-23T10:03:00Z", "t"]);
});

teste("os costumes do banco não mudam o que se promete: isolamento, fsync, aspas, planos", async (url, banco) => {
  for (
    const costume of [
      "default_transaction_isolation = 'serializable'",
      "synchronous_commit = off",
      "standard_conforming_strings = off",
      "statement_timeout = 200",
      "lc_messages = 'C'",
    ]
  ) {
    await cluster.executa(`ALTER ROLE clinica IN DATABASE ${banco} SET ${costume}`);
  }
  await using armazem = await ArmazemPostgres.abre(url);
  await using outro = await ArmazemPostgres.abre(url);
  const nome = "O'HARA \\' \\\\ \"";
  await grava(armazem, (vista) => [marca(vista, { cpf: cpfDeExemplo(1), nome })]);
  assertEquals((await ativosDe(outro, 1))[0].nome, nome);
  for (let vez = 0; vez < 20; vez++) {
    const respostas = await Promise.all([armazem, outro].map((cada, i) => pede(agendaEm(cada), i + 2, "09:00")));
    assertEquals(respostas.map((resposta) => resposta?.codigo).sort(), ["ERRO-110", "OK-300"]);
    for (const n of [2, 3]) await cancela(agendaEm(armazem), n);
  }
  await using sessao = await cluster.sessao(banco);
  await sessao.executa(
    `SET statement_timeout = 0; CREATE TABLE costumes (fsync text, isolamento text);
     CREATE FUNCTION anota() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
       INSERT INTO costumes VALUES (current_setting('synchronous_commit'), current_setting('transaction_isolation'));
       RETURN NEW; END $$;
     CREATE TRIGGER anota AFTER INSERT ON agendamento FOR EACH STATEMENT EXECUTE FUNCTION anota()`,
  );
  await grava(armazem, (vista) => [marca(vista, { cpf: cpfDeExemplo(4), hora: "10:00" })]);
  assertEquals(await sessao.executa("SELECT * FROM costumes"), [["on", "read committed"]]);
});

// ------------------------------------------------------------------------------------------------------ vários juntos

teste(
  "dois e quatro livros abertos disputam a última vaga: um só vencedor, e a restrição não precisou recusar",
  async (url, banco) => {
    const armazens = await Promise.all([1, 2, 3, 4].map(() => ArmazemPostgres.abre(url)));
    const recusas: unknown[] = [];
    const agendas = armazens.map((armazem) =>
      new Agenda({ armazem, oferta: OFERTA, relogio: () => QUANDO, aoFalhar: (...falha) => recusas.push(falha) })
    );
    try {
      for (let vez = 0; vez < 120; vez++) {
        const juntas = agendas.slice(0, vez % 2 === 0 ? 2 : 4);
        const respostas = await Promise.all(
          juntas.flatMap((agenda, i) => [pede(agenda, 2 * i, "08:00"), pede(agenda, 2 * i + 1, "08:00")]),
        );
        const codigos = respostas.map((resposta) => resposta?.codigo).sort();
        assertEquals(codigos, [...Array(codigos.length - 1).fill("ERRO-110"), "OK-300"]);
        const vencedor = respostas.findIndex((resposta) => resposta?.codigo === "OK-300");
        // Quem perguntou depois da confirmação, a qualquer um, vê o vencedor.
        const vistos = await Promise.all(
          agendas.map((agenda) => atendeNoFio(agenda, [{ comando: "BUSCA", cpf: cpfDeExemplo(vencedor) }])),
        );
        for (const visto of vistos) assertEquals(visto?.[0].codigo, "OK-302");
        assertEquals((await cancela(agendas[vez % 4], vencedor))?.[0].codigo, "OK-301");
      }
      assertEquals(recusas, []);
      assertEquals(await cluster.impasses(banco), "0");
    } finally {
      for (const armazem of armazens) await armazem[Symbol.asyncDispose]();
    }
  },
);

// ------------------------------------------------------------------------------------------------------ o que se lê

teste("a vista lança por tudo o que não se pediu, e um dia que só muda não se lê", async (url) => {
  await using armazem = await ArmazemPostgres.abre(url);
  await grava(armazem, (vista) => [
    marca(vista, { cpf: cpfDeExemplo(1) }),
    marca(vista, { cpf: cpfDeExemplo(2), data: "2026-12-02", ativo: false, situacao: "ATENDIDO" }),
    marca(vista, { cpf: cpfDeExemplo(3), data: "2026-12-02", hora: "09:00" }),
    marca(vista, { cpf: cpfDeExemplo(4), data: "2026-12-02", hora: "09:00", especialidade: "OUTRA" }),
  ]);
  const cpfs = [1, 2].map(cpfDeExemplo);
  const agenda = `E:${CLINICO}`;
  const parte: Alcance = {
    ...NENHUM_ALCANCE,
    cpfs,
    historias: [cpfs[1]],
    mudam: [cpfs[0]],
    voltam: [cpfs[1]],
    vizinhas: ["E:OUTRA"],
    novos: 1,
  };
  const desfecho = await armazem.lote(() => parte, QUANDO, (vista) => {
    assertEquals(vista.ativosDe(cpfs[0]).length, 1);
    assertEquals(vista.historiaDe(cpfs[1]).length, 1);
    assertEquals(vista.contatoDe(cpfs[1]), undefined);
    assert(vista.ocupacao(agenda, DIA).livre(8 * 60, 30), "não se leu, e parece livre");
    assert(!vista.ocupacao(agenda, "2026-12-02").livre(9 * 60, 30), "leu-se");
    assert(!vista.ocupacao("E:OUTRA", "2026-12-02").livre(9 * 60, 30), "a vizinha também");
    assert(vista.novoNumero() > 0);
    const alem: (() => unknown)[] = [
      () => vista.novoNumero(),
      () => vista.ativosDe(cpfDeExemplo(3)),
      () => vista.historiaDe(cpfs[0]),
      () => vista.contatoDe(cpfDeExemplo(3)),
      () => vista.ocupacao(agenda, "2026-12-07"),
      () => vista.ocupacao("P:DRA. ANA", DIA),
      () => vista.periodo([DIA, DIA]),
      () => vista.cancelados(DIA),
      () => vista.excecoes(),
      () => vista.novaExcecao(),
      () => vista.ultimaSenha(DIA, "A"),
    ];
    for (const le of alem) assertThrows(le, RangeError, "fora do alcance");
    return { resultado: "tudo", mudancas: [] };
  });
  assertEquals(desfecho, { tipo: "gravado", resultado: "tudo" });
  const semLer: Alcance = { ...NENHUM_ALCANCE, periodos: [[DIA, DIA]], excecoes: "le" };
  await armazem.le(() => semLer, (vista) => {
    const [um, outro] = [vista.novoNumero(), vista.novoNumero()];
    assert(um !== outro && Math.min(um, outro) > 2 ** 50, "uma leitura não gasta números, e não dá dois iguais");
    assertThrows(() => vista.periodo([DIA, "2026-12-02"]), RangeError);
    assertThrows(() => vista.novaExcecao(), RangeError);
  });
});

teste("a história de um CPF é a de um instante, ainda que outro a mude enquanto se lê", async (url) => {
  await using leitor = await ArmazemPostgres.abre(url);
  await using escritor = await ArmazemPostgres.abre(url);
  const cpf = cpfDeExemplo(1);
  const parte = { ...NENHUM_ALCANCE, cpfs: [cpf], historias: [cpf] };
  const numeros = async (): Promise<number[]> =>
    await leitor.le(() => parte, (vista) => vista.historiaDe(cpf).map(({ numero }) => numero));
  await grava(escritor, (vista) => [marca(vista, { cpf })]);
  const [numero] = await numeros();
  let acabou = false;
  const escreve = async (): Promise<void> => {
    for (let i = 0; i < 150; i++) {
      const [um] = await escritor.le(() => parte, (vista) => vista.historiaDe(cpf));
      await grava(escritor, () => [muda(um, { ativo: !um.ativo, situacao: um.ativo ? "ATENDIDO" : "MARCADO" })]);
    }
    acabou = true;
  };
  const le = async (): Promise<void> => {
    while (!acabou) assertEquals(await numeros(), [numero]);
  };
  await Promise.all([escreve(), le()]);
});

teste("consultas juntas têm cada uma o que pediu", async (url) => {
  await using armazem = await ArmazemPostgres.abre(url);
  await grava(armazem, (vista) => [
    marca(vista, { cpf: cpfDeExemplo(1) }),
    marca(vista, { cpf: cpfDeExemplo(2), hora: "08:30", senha: "A007", situacao: "CHEGOU" }),
    marca(vista, acabado(cpfDeExemplo(3), "CANCELADO")),
    fecha(vista, { de: "2026-12-01", ate: "2026-12-31" }),
  ], { pede: comExcecoes() });
  const le = <R>(parte: Partial<Alcance>, consulta: (vista: Vista) => R): Promise<R> =>
    Promise.resolve(armazem.le(() => ({ ...NENHUM_ALCANCE, ...parte }), consulta));
  const [[excecao]] = [await le({ excecoes: "le" }, (vista) => vista.excecoes())];
  const cpfs = [cpfDeExemplo(1)];
  const lidas = await Promise.all([
    le({ cpfs }, (vista) => vista.ativosDe(cpfs[0]).length),
    le({ cpfs, historias: cpfs }, (vista) => vista.historiaDe(cpfs[0]).length),
    le({ periodos: [[DIA, DIA]] }, (vista) => vista.periodo([DIA, DIA]).length),
    le({ periodos: [[DIA, "2026-12-02"]] }, (vista) => vista.periodo([DIA, "2026-12-02"]).length),
    le({ cancelados: [DIA] }, (vista) => vista.cancelados(DIA).length),
    le({ cancelados: [DIA, "2026-12-02"] }, (vista) => vista.cancelados("2026-12-02").length),
    le({ senhas: [DIA] }, (vista) => vista.ultimaSenha(DIA, "A")),
    le({ dias: [[`E:${CLINICO}`, DIA]] }, (vista) => vista.ocupacao(`E:${CLINICO}`, DIA).marcados(CLINICO)),
    le({ reabrem: [excecao.numero], excecoes: "muda" }, (vista) => vista.periodo(["2026-12-01", "2026-12-31"]).length),
    le({ excecoes: "le" }, (vista) => vista.excecoes() === vista.excecoes() ? vista.excecoes().length : 0),
  ]);
  assertEquals(lidas, [1, 1, 2, 2, 1, 0, 7, 2, 0, 1]);
});

// ------------------------------------------------------------------------------------------------------ o que se perde

/** Conta o que o livro tem da hora: quantas linhas, e quantas valem. */
async function contagem(banco: string, n: number): Promise<Celula[]> {
  const [linha] = await cluster.executa(
    `SELECT count(*), count(*) FILTER (WHERE ativo) FROM agendamento WHERE cpf = '${cpfDeExemplo(n)}'`,
    banco,
  );
  return linha;
}

teste(
  "um commit cuja resposta se perde é procurado: está lá, e é confirmado; não está, e nada mudou",
  async (_, banco) => {
    await using rede = new Intermediario(cluster.porta);
    await using armazem = await ArmazemPostgres.abre(cluster.url(banco).replace(`:${cluster.porta}`, `:${rede.porta}`));
    for (let vez = 0; vez < 3; vez++) {
      rede.sumico = "perde a resposta";
      const perdida = await lote(armazem, 1, "08:00");
      assertEquals(await fimDe(perdida), { tipo: "gravado", resultado: "08:00" });
      assertEquals((await contagem(banco, 1))[1], "1");
      const [marcado] = await ativosDe(armazem, 1);

      rede.sumico = "perde a resposta";
      const desmarcado = await armazem.lote(
        alcance,
        QUANDO,
        () => ({ resultado: 1, mudancas: [desmarca(marcado)] }),
      );
      assertEquals(await fimDe(desmarcado), { tipo: "gravado", resultado: 1 });
      assertEquals(await livres(armazem), HORAS);

      // Um lote sem CPF algum, que só muda exceções.
      rede.sumico = "perde a resposta";
      const fechando = await armazem.lote(
        comExcecoes(),
        QUANDO,
        (vista) => ({ resultado: 2, mudancas: [fecha(vista, { de: "2027-01-01", ate: "2027-01-01" })] }),
      );
      assertEquals(await fimDe(fechando), { tipo: "gravado", resultado: 2 });

      // Depois de uma promoção o número pode ser o de outro lote.
      await cluster.executa("INSERT INTO diario SELECT last_value + 1, 'de outro', '', '[]' FROM diario_id_seq", banco);
      rede.sumico = "perde o commit";
      const nunca = await lote(armazem, 2, "08:30");
      assertEquals((await fimDe(nunca)).tipo, "nada");
      assertEquals(await contagem(banco, 2), ["0", "0"]);
    }
  },
);

teste("enquanto um desfecho se procura, a agenda atende os outros; e quem espera sabe depois", async (_, banco) => {
  await using rede = new Intermediario(cluster.porta);
  await using armazem = await ArmazemPostgres.abre(cluster.url(banco).replace(`:${cluster.porta}`, `:${rede.porta}`));
  const agenda = agendaEm(armazem);
  rede.sumico = "perde a resposta";
  const perdido = pede(agenda, 1, "08:00");
  await ate(() => rede.sumico === undefined);
  rede.fechado = true;
  rede.corta();
  await ate(async () => (await pede(agenda, 2, "08:30"))?.codigo === "ERRO-131");
  assertEquals((await pede(agenda, 3, "09:00"))?.codigo, "ERRO-131");
  rede.fechado = false;
  assertEquals((await perdido)?.codigo, "OK-300");
  await agenda.esvazia();
});

teste("um desfecho que não se descobre é incerto, e a agenda não responde", async (_, banco) => {
  await using rede = new Intermediario(cluster.porta);
  const armazem = await ArmazemPostgres.abre(cluster.url(banco).replace(`:${cluster.porta}`, `:${rede.porta}`));
  const agenda = agendaEm(armazem);
  rede.sumico = "perde o commit";
  const perdido = pede(agenda, 1, "08:00");
  await ate(() => rede.sumico === undefined);
  rede.fechado = true;
  rede.corta();
  await armazem[Symbol.asyncDispose]();
  assertEquals(await perdido, undefined);
});

teste(
  "200 conexões terminadas no meio de transações, sob carga: o que se respondeu é o que está gravado",
  async (url, banco) => {
    await using armazem = await ArmazemPostgres.abre(url);
    const agenda = agendaEm(armazem);
    const visto = { confirmados: 0, recusados: 0, semResposta: 0 };
    let acabou = false;
    const cliente = async (n: number): Promise<void> => {
      let marcados = 0;
      let duvidas = 0;
      while (!acabou) {
        const resposta = await pede(agenda, n);
        if (resposta === undefined) duvidas++;
        if (resposta?.codigo === "OK-300") marcados++;
        if (resposta?.codigo === "ERRO-131") visto.recusados++;
        await cancela(agenda, n);
      }
      visto.confirmados += marcados;
      visto.semResposta += duvidas;
      const [linhas] = await contagem(banco, n);
      assert(
        Number(linhas) >= marcados && Number(linhas) <= marcados + duvidas,
        `${linhas} linhas, ${marcados} confirmados`,
      );
    };
    // Cinco horas e cinco clientes: sempre cabe um.
    const clientes = [1, 2, 3, 4, 5].map(cliente);
    let terminadas = 0;
    while (terminadas < 200) {
      const mortas = await cluster.executa(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${banco}' AND application_name LIKE 'clinica%'
       AND query ~ 'COMMIT|ANY|advisory|pedido' AND (state <> 'idle' OR random() < 0.1)`,
      );
      terminadas += mortas.length;
    }
    acabou = true;
    await Promise.all(clientes);
    assert(visto.confirmados > 100, JSON.stringify(visto));
    assertEquals(
      await cluster.executa(
        "SELECT count(*) FROM (SELECT 1 FROM agendamento WHERE situacao <> 'CANCELADO' GROUP BY data, hora HAVING count(*) > 1) x",
        banco,
      ),
      [["0"]],
    );
    await agenda.esvazia();
  },
);

teste("um servidor que some com as travas na mão não as segura por muito tempo", async (url, banco) => {
  await using armazem = await ArmazemPostgres.abre(url);
  await grava(armazem, (vista) => [marca(vista, { cpf: cpfDeExemplo(1) })]);
  // Um lote que ficou entre as duas idas, numa máquina que se desligou sem se despedir: para o banco, a conexão vive.
  await using sumido = await cluster.sessao(banco);
  await sumido.executa(
    `SET idle_in_transaction_session_timeout = ${PRAZOS.parada}; BEGIN;
     SELECT pg_advisory_xact_lock((x'c1101'::bigint << 32) + faixa) FROM generate_series(0, 511) AS faixa`,
  );
  assertEquals(await tenta(armazem, (vista) => [marca(vista, { cpf: cpfDeExemplo(2), hora: "08:30" })]), "gravado");
});

// ------------------------------------------------------------------------------------------------------ fora do alcance

teste(
  "um banco que não responde: no prazo se sabe, depois tudo falha na hora, e em 2 s da volta tudo anda",
  async (url) => {
    const mudancas: (BancoForaDoAlcance | undefined)[] = [];
    await using armazem = await ArmazemPostgres.abre(url, { aoMudar: (fora) => mudancas.push(fora) });
    const agenda = agendaEm(armazem);
    assertEquals((await pede(agenda, 1, "08:00"))?.codigo, "OK-300");
    cluster.congela(true);
    try {
      const [lida, marcada] = await Promise.all([
        atendeNoFio(agenda, [{ comando: "BUSCA", cpf: cpfDeExemplo(1) }]),
        pede(agenda, 2, "08:30"),
      ]);
      assertEquals([lida?.[0].codigo, marcada?.codigo], ["ERRO-131", "ERRO-131"]);
      await ate(() => mudancas.length === 1);
      for (let vez = 0; vez < 5; vez++) {
        assertEquals((await pede(agenda, 2, "08:30"))?.codigo, "ERRO-131");
        assertEquals((await agenda.saudacao()).codigo, "ERRO-131");
      }
      assertEquals(await atendeNoFio(agenda, [{ comando: "PING" }]), [{ codigo: "OK-200" }]);
    } finally {
      cluster.congela(false);
    }
    await ate(async () => (await pede(agenda, 3, "09:00"))?.codigo === "OK-300");
    assertEquals((await pede(agenda, 2, "08:30"))?.codigo, "OK-300");
    // Volta a estar ao alcance quando também quem lê o acha.
    await ate(() => mudancas.length === 2);
    assertMatch(mudancas[0]?.message ?? "", /^o banco está fora do alcance \(/);
    assertEquals(mudancas.map((fora) => fora === undefined), [false, true]);
  },
);

teste("um banco parado e posto no ar outra vez: recusa enquanto isso, e atende quando volta", async () => {
  await using cluster = await Cluster.inicia();
  const url = cluster.url();
  await using armazem = await ArmazemPostgres.abre(url);
  const agenda = agendaEm(armazem);
  await cluster.para();
  try {
    for (let vez = 0; vez < 5; vez++) {
      assertEquals((await pede(agenda, 1))?.codigo, "ERRO-131");
      assertEquals((await atendeNoFio(agenda, [{ comando: "VAGAS" }]))?.[0].codigo, "ERRO-131");
    }
  } finally {
    await cluster.sobe();
  }
  await ate(async () => (await pede(agenda, 1))?.codigo === "OK-300");
});
