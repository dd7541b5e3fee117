/**
 * Testes do armazém em PostgreSQL, contra um de verdade: o contrato, as travas, os commits de resposta perdida, o banco que
 * some e volta e `importar`. Os prazos e o que se diz estão em `postgres_falhas_test.ts`; o que se exige do banco, em
 * `postgres_principal_test.ts`. Sem os programas do PostgreSQL, dizem-se ignorados.
 *
 * @module
 */

import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import fc from "fast-check";
import { Agenda } from "../agenda.ts";
import {
  type Alcance,
  type BancoForaDoAlcance,
  type Desfecho,
  type Dia,
  ErroDoArmazem,
  type Fim,
  type Lote,
  type Mudanca,
  type Vista,
} from "../clinica/livro.ts";
import { ate, atendeNoFio, cpfDeExemplo, Pasta, roda } from "../testes/apoio.ts";
import { ArmazemSqlite } from "./sqlite.ts";
import { ArmazemPostgres, PRAZOS } from "./postgres.ts";
import { listaDoPostgres } from "./postgres_copia.ts";
import { type Celula, Cluster, FALTA, Intermediario, testeComPostgres } from "../testes/cluster.ts";
import {
  alcance,
  arquiva,
  ativosDe,
  CLINICO,
  contrato,
  desmarca,
  DIA,
  grava,
  HORAS,
  livres,
  marca,
  QUANDO,
  tenta,
} from "../testes/contrato.ts";
import { importa } from "./importacao.ts";
import { lerOferta } from "../clinica/oferta.ts";
import type { Resposta } from "../protocolo.ts";

/** Um cluster serve a todos os testes deste arquivo; cada um tem um banco seu. */
let cluster: Cluster;

if (FALTA === undefined) {
  Deno.test.beforeAll(async () => {
    cluster = await Cluster.inicia();
  });
  Deno.test.afterAll(async () => {
    await cluster[Symbol.asyncDispose]();
  });
}

let bancos = 0;

/** O nome de um banco novo, vazio. */
async function novoBanco(): Promise<string> {
  const nome = `livro${++bancos}`;
  await cluster.banco(nome);
  return nome;
}

contrato(
  (nome, fn) => testeComPostgres(`armazém em PostgreSQL: ${nome}`, fn),
  async () => await ArmazemPostgres.abre(cluster.url(await novoBanco())),
);

/** Registra um teste que tem um banco vazio. */
function teste(nome: string, fn: (url: string, banco: string) => Promise<void>): void {
  testeComPostgres(`PostgreSQL: ${nome}`, async () => {
    const banco = await novoBanco();
    await fn(cluster.url(banco), banco);
  });
}

const OFERTA = lerOferta();

function agendaEm(armazem: ArmazemPostgres | ArmazemSqlite): Agenda {
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

async function impasses(banco: string): Promise<Celula> {
  await cluster.executa("SELECT pg_stat_force_next_flush()", banco);
  const [[n]] = await cluster.executa(`SELECT deadlocks FROM pg_stat_database WHERE datname = '${banco}'`, banco);
  return n;
}

// ------------------------------------------------------------------------------------------------------ o esquema

teste("quatro servidores que abrem ao mesmo tempo um banco vazio criam um esquema só", async (url, banco) => {
  const armazens = await Promise.all([1, 2, 3, 4].map(() => ArmazemPostgres.abre(url)));
  try {
    assertEquals(await cluster.executa("SELECT versao FROM clinica_livro", banco), [["1"]]);
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
      data: `'${DIA}'`,
      hora: "'10:00'",
      minutos: "30",
      criado_em: "'2026-11-23T10:00:00Z'",
      cancelado_em: "NULL",
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
    { cancelado_em: "'2026-11-23T10:00:00Z'" },
    { criado_em: "NULL" },
    { origem: "NULL" },
    { profissional: "NULL" },
  ];
  for (const ruim of ruins) await assertRejects(() => insere(ruim), Error, "violates", JSON.stringify(ruim));
  await insere({ hora: "'08:00'", profissional: "'DRA. ANA'" });
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
      await grava(armazem, (vista) => [marca(vista, { cpf: cpfDeExemplo(1), nome }, origem)]);
      const [lido] = await ativosDe(armazem, 1);
      assertEquals(lido.nome, nome);
      await grava(armazem, () => [desmarca(lido)]);
    }),
    { numRuns: 60 },
  );
  assertEquals(await tenta(armazem, (vista) => [marca(vista, { cpf: cpfDeExemplo(1), nome: "A\0B" })]), "nada");
  await grava(armazem, (vista) => [marca(vista, { cpf: cpfDeExemplo(1) })]);
});

teste("cancelar e arquivar ficam na história, com quando e por quem", async (url, banco) => {
  await using armazem = await ArmazemPostgres.abre(url);
  await grava(armazem, (vista) => [marca(vista, { cpf: cpfDeExemplo(1) }, "10.0.0.7")]);
  const [primeiro] = await ativosDe(armazem, 1);
  await grava(armazem, () => [desmarca(primeiro)], QUANDO + 60_000);
  await grava(armazem, (vista) => [marca(vista, { cpf: cpfDeExemplo(1) }, "10.0.0.8")], QUANDO + 120_500);
  const [segundo] = await ativosDe(armazem, 1);
  await grava(armazem, (vista): Mudanca[] => [
    arquiva(segundo),
    marca(vista, { cpf: cpfDeExemplo(1), data: "2026-12-07" }, "10.0.0.9"),
  ], QUANDO + 180_000);
  const sql = "SELECT data, criado_em, cancelado_em, origem, ativo FROM agendamento ORDER BY id";
  assertEquals(await cluster.executa(sql, banco), [
    [DIA, "2026-11-23T10:00:00Z", "2026-11-23T10:01:00Z", "10.0.0.7", "f"],
    [DIA, "2026-11-23T10:02:00.5Z", null, "10.0.0.8", "f"],
    ["2026-12-07", "2026-11-23T10:03:00Z", null, "10.0.0.9", "t"],
  ]);
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
      assertEquals(await impasses(banco), "0");
    } finally {
      for (const armazem of armazens) await armazem[Symbol.asyncDispose]();
    }
  },
);

teste(
  "lotes que se cruzam em muitos dias e CPFs, em qualquer ordem, não se travam uns aos outros",
  async (url, banco) => {
    const armazens = await Promise.all([1, 2, 3, 4].map(() => ArmazemPostgres.abre(url)));
    try {
      await Promise.all(armazens.map(async (armazem, quem) => {
        for (let vez = 0; vez < 40; vez++) {
          const cpfs = Array.from({ length: 30 }, (_, i) => cpfDeExemplo((i * (quem + 3) + vez) % 40));
          const dias = Array.from({ length: 20 }, (_, i): Dia => [`E${(i * (quem + 7) + vez) % 25}`, DIA]);
          const desfecho = await armazem.lote(
            () => ({ cpfs: [...new Set(cpfs)], desmarcam: [], dias }),
            QUANDO,
            () => ({ resultado: vez, mudancas: [] }),
          );
          assertEquals(desfecho, { tipo: "gravado", resultado: vez });
        }
      }));
      assertEquals(await impasses(banco), "0");
    } finally {
      for (const armazem of armazens) await armazem[Symbol.asyncDispose]();
    }
  },
);

teste("as travas são tomadas em ordem: quem espera por uma só tem menores", async (url, banco) => {
  await using armazem = await ArmazemPostgres.abre(url);
  const muitos = (): Alcance => ({
    cpfs: Array.from({ length: 200 }, (_, n) => cpfDeExemplo(n)),
    dias: HORAS.map((hora): Dia => [hora, DIA]),
    desmarcam: [],
  });
  const travas = "SELECT (classid::bigint << 32) + objid::bigint FROM pg_locks WHERE locktype = 'advisory' AND granted";
  const emOrdem = (linhas: Celula[][]): number[] => linhas.map(([chave]) => Number(chave)).sort((a, b) => a - b);
  // As travas de um lote, anotadas por um gatilho enquanto ele as tem.
  await cluster.executa(
    `CREATE TABLE anotadas (chave bigint);
     CREATE FUNCTION anota() RETURNS trigger LANGUAGE plpgsql AS $$
     BEGIN INSERT INTO anotadas ${travas} AND pid = pg_backend_pid(); RETURN NEW; END $$;
     CREATE TRIGGER anota AFTER INSERT ON agendamento FOR EACH STATEMENT EXECUTE FUNCTION anota()`,
    banco,
  );
  const decide = (vista: Vista): Lote<number> => ({ resultado: 0, mudancas: [marca(vista, { cpf: cpfDeExemplo(2) })] });
  assertEquals((await armazem.lote(muitos, QUANDO, decide)).tipo, "gravado");
  const chaves = emOrdem(await cluster.executa("SELECT chave FROM anotadas", banco));
  assert(chaves.length > 150, `${chaves.length} travas`);

  const doMeio = chaves[Math.floor(chaves.length / 2)];
  await using alheio = await cluster.sessao(banco);
  await alheio.executa(`SELECT pg_advisory_lock(${doMeio})`);
  const esperando = armazem.lote(muitos, QUANDO, () => ({ resultado: 0, mudancas: [] }));
  const doLote = `${travas} AND pid = (SELECT pid FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = 'clinica' AND wait_event = 'advisory')`;
  let dele: number[] = [];
  await ate(async () => (dele = emOrdem(await alheio.executa(doLote))).length > 0);
  assertEquals(dele, chaves.slice(0, chaves.indexOf(doMeio)));
  await alheio.executa(`SELECT pg_advisory_unlock(${doMeio})`);
  assertEquals((await esperando).tipo, "gravado");
});

teste("quem desmarca trava o dia do que desmarca, que só depois dos CPFs se conhece", async (url, banco) => {
  await using armazem = await ArmazemPostgres.abre(url);
  await grava(armazem, (vista) => [marca(vista, { cpf: cpfDeExemplo(1) })]);
  const [marcado] = await ativosDe(armazem, 1);
  await using alheio = await cluster.sessao(banco);
  await alheio.executa(
    `SELECT pg_advisory_lock((x'c1102'::bigint << 32) + (hashtextextended('${DIA}${CLINICO}', 0) & 511))`,
  );
  const cpfs = [cpfDeExemplo(1)];
  const desmarcando = armazem.lote(
    () => ({ cpfs, desmarcam: cpfs, dias: [] }),
    QUANDO,
    () => ({ resultado: 0, mudancas: [desmarca(marcado)] }),
  );
  await ate(async () =>
    (await alheio.executa(
      "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'advisory'",
    ))
      .length === 1
  );
  await alheio.executa("SELECT pg_advisory_unlock_all()");
  assertEquals((await desmarcando).tipo, "gravado");
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
        QUANDO + vez,
        () => ({ resultado: 1, mudancas: [desmarca(marcado)] }),
      );
      assertEquals(await fimDe(desmarcado), { tipo: "gravado", resultado: 1 });
      assertEquals(await livres(armazem), HORAS);

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
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${banco}' AND application_name = 'clinica'
       AND query ~ 'COMMIT|ANY|advisory|pedido' AND (state <> 'idle' OR random() < 0.1)`,
      );
      terminadas += mortas.length;
    }
    acabou = true;
    await Promise.all(clientes);
    assert(visto.confirmados > 100, JSON.stringify(visto));
    assertEquals(
      await cluster.executa(
        "SELECT count(*) FROM (SELECT 1 FROM agendamento WHERE cancelado_em IS NULL GROUP BY data, hora HAVING count(*) > 1) x",
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

// ------------------------------------------------------------------------------------------------------ a mudança de casa

/** Um livro com ativos, cancelados e arquivados. */
async function enche(armazem: ArmazemPostgres | ArmazemSqlite): Promise<void> {
  await grava(armazem, (vista) => [
    marca(vista, { cpf: cpfDeExemplo(1), nome: 'JOÃO 𝒜 D\'ÁVILA \\ "Ç" {NULL}' }, "10.0.0.7"),
    marca(vista, { cpf: cpfDeExemplo(2), hora: "08:30" }, "[::1]"),
    marca(vista, { cpf: cpfDeExemplo(3), hora: "09:00", nome: "NULL" }),
  ]);
  const [cancelado] = await ativosDe(armazem, 2);
  const [arquivado] = await ativosDe(armazem, 3);
  await grava(armazem, (vista) => [
    desmarca(cancelado),
    arquiva(arquivado),
    marca(vista, { cpf: cpfDeExemplo(3), data: "2026-12-07" }),
  ], QUANDO + 1500);
}

teste("importar leva o livro inteiro para o PostgreSQL e de volta, com a história e os números", async (url, banco) => {
  using pasta = new Pasta();
  const [ida, volta] = [pasta.arquivo("ida.db"), pasta.arquivo("volta.db")];
  {
    await using armazem = ArmazemSqlite.abre(ida);
    await enche(armazem);
  }
  const { codigo, stdout, stderr } = await roda("servidor.ts", ["importar", "--de", ida, "--para", url]);
  assertEquals([codigo, stderr], [0, ""]);
  assertMatch(stdout, /copiado para postgres:\/\/clinica@127\.0\.0\.1:\d+\/\w+ \(4 linhas, conferidas\)/);
  {
    await using armazem = await ArmazemPostgres.abre(url);
    // O número seguinte é mesmo seguinte.
    await grava(armazem, (vista) => [marca(vista, { cpf: cpfDeExemplo(4), hora: "10:00" })]);
    assertEquals((await ativosDe(armazem, 4)).map(({ id }) => id), [5]);
    await assertRejects(() => importa({ de: ida, para: url }), ErroDoArmazem, "há servidores ligados");
    await assertRejects(() => importa({ de: url, para: volta }), ErroDoArmazem, "há servidores ligados");
  }
  assertEquals(await importa({ de: url, para: volta }), 5);
  const sql = "SELECT * FROM agendamento ORDER BY id";
  const doPostgres = await cluster.executa(sql, banco);
  const { DatabaseSync } = await import("node:sqlite");
  using db = new DatabaseSync(volta, { readOnly: true });
  const doSqlite = db.prepare(sql).all().map((linha) =>
    Object.values(linha).map((valor, i) => i === 11 ? (valor === 1 ? "t" : "f") : valor === null ? null : String(valor))
  );
  assertEquals(doSqlite, doPostgres);
  assertEquals((await listaDoPostgres(url, DIA)).length, 3);
});

teste(
  "importar recusa um destino que não está vazio, uma origem em uso ou que não há, e não deixa nada",
  async (url, banco) => {
    using pasta = new Pasta();
    const livro = pasta.arquivo("clinica.db");
    {
      await using armazem = ArmazemSqlite.abre(livro);
      await enche(armazem);
      await assertRejects(() => importa({ de: livro, para: url }), ErroDoArmazem, "outro servidor já usa este livro");
    }
    await assertRejects(
      () => importa({ de: pasta.arquivo("outro.db"), para: url }),
      ErroDoArmazem,
      "não há livro aqui",
    );
    assertEquals(await importa({ de: livro, para: url }), 4);
    await assertRejects(() => importa({ de: livro, para: url }), ErroDoArmazem, "não está vazio");
    await assertRejects(() => importa({ de: url, para: livro }), ErroDoArmazem, "não está vazio");
    assertEquals(await cluster.executa("SELECT count(*) FROM agendamento", banco), [["4"]]);

    // Uma linha que o destino recusa: nada fica.
    const outro = await novoBanco();
    await (await ArmazemPostgres.abre(cluster.url(outro)))[Symbol.asyncDispose]();
    await cluster.executa("ALTER TABLE agendamento ADD CHECK (nome <> 'NULL')", outro);
    await assertRejects(() => importa({ de: livro, para: cluster.url(outro) }), ErroDoArmazem, "nada foi gravado");
    assertEquals(await cluster.executa("SELECT count(*) FROM agendamento", outro), [["0"]]);
  },
);
