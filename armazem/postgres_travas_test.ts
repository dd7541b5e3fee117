/**
 * Testes do que vários servidores decidem ao mesmo tempo sobre um livro em PostgreSQL, contra um de verdade: as travas, as
 * exceções, quem se move, a semana que vale para todos.
 *
 * @module
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import {
  type Alcance,
  type Desfecho,
  type Dia,
  type Lote,
  type Mudanca,
  NENHUM_ALCANCE,
  type Vista,
} from "../clinica/livro.ts";
import { minutoDoDia } from "../clinica/oferta.ts";
import { ate, cpfDeExemplo } from "../testes/apoio.ts";
import { type Celula, type Cluster, clusterDoArquivo, testeComPostgres } from "../testes/cluster.ts";
import {
  alcance,
  arquiva,
  ativosDe,
  CLINICO,
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
import { ArmazemPostgres } from "./postgres.ts";

/** Um cluster serve a todos os testes deste arquivo; cada um tem um banco seu. */
let cluster: Cluster;
clusterDoArquivo((novo) => cluster = novo);

let bancos = 0;

/** Registra um teste que tem um banco vazio. */
function teste(nome: string, fn: (url: string, banco: string) => Promise<void>): void {
  testeComPostgres(`travas do PostgreSQL: ${nome}`, async () => {
    const banco = `travas${++bancos}`;
    await fn(await cluster.banco(banco), banco);
  });
}

teste(
  "lotes que se cruzam em muitos dias e CPFs, em qualquer ordem, não se travam uns aos outros",
  async (url, banco) => {
    const armazens = await Promise.all([1, 2, 3, 4].map(() => ArmazemPostgres.abre(url)));
    try {
      await Promise.all(armazens.map(async (armazem, quem) => {
        for (let vez = 0; vez < 40; vez++) {
          const cpfs = Array.from({ length: 30 }, (_, i) => cpfDeExemplo((i * (quem + 3) + vez) % 40));
          const dias = Array.from({ length: 20 }, (_, i): Dia => [`E${(i * (quem + 7) + vez) % 25}`, DIA]);
          const senhas = Array.from({ length: 5 }, (_, i) => `2026-12-1${(i * (quem + 3) + vez) % 7}`);
          const desfecho = await armazem.lote(
            () => ({
              ...NENHUM_ALCANCE,
              cpfs: [...new Set(cpfs)],
              mudam: cpfs.slice(0, 3),
              dias,
              senhas,
              excecoes: vez % 10 === quem ? "muda" : "le",
            }),
            QUANDO,
            () => ({ resultado: vez, mudancas: [] }),
          );
          assertEquals(desfecho, { tipo: "gravado", resultado: vez });
        }
      }));
      assertEquals(await cluster.impasses(banco), "0");
    } finally {
      for (const armazem of armazens) await armazem[Symbol.asyncDispose]();
    }
  },
);

teste("as travas são tomadas em ordem: quem espera por uma só tem menores", async (url, banco) => {
  await using armazem = await ArmazemPostgres.abre(url);
  const muitos = (): Alcance => ({
    ...NENHUM_ALCANCE,
    cpfs: Array.from({ length: 200 }, (_, n) => cpfDeExemplo(n)),
    dias: HORAS.map((hora): Dia => [hora, DIA]),
    senhas: HORAS,
    novos: 1,
  });
  const travas = `SELECT (classid::bigint << 32) + objid::bigint FROM pg_locks
    WHERE locktype = 'advisory' AND granted AND classid::bigint < x'c1104'::bigint`;
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
  const especies = new Set(chaves.map((chave) => Math.floor(chave / 2 ** 32)));
  assertEquals([...especies], [0xc1101, 0xc1102, 0xc1103], "de CPFs, de dias e de senhas");

  const doMeio = chaves[Math.floor(chaves.length / 2)];
  await using alheio = await cluster.sessao(banco);
  await alheio.executa(`SELECT pg_advisory_lock(${doMeio})`);
  const esperando = armazem.lote(muitos, QUANDO, () => ({ resultado: 0, mudancas: [] }));
  const doLote = `${travas} AND pid = (SELECT pid FROM pg_stat_activity
    WHERE datname = current_database() AND application_name LIKE 'clinica%' AND wait_event = 'advisory')`;
  let dele: number[] = [];
  await ate(async () => (dele = emOrdem(await alheio.executa(doLote))).length > 0);
  assertEquals(dele, chaves.slice(0, chaves.indexOf(doMeio)));
  await alheio.executa(`SELECT pg_advisory_unlock(${doMeio})`);
  assertEquals((await esperando).tipo, "gravado");
});

/** A trava do dia de uma agenda. */
function travaDoDia(agenda: string, data: string = DIA): string {
  return `SELECT pg_advisory_lock((x'c1102'::bigint << 32) + (hashtextextended('${data}${agenda}', 0) & 511))`;
}

/** Exige que o lote espere por uma trava que outro tem, e acabe quando ela é solta. */
async function espera(banco: string, trava: string, pede: () => Promise<Desfecho<unknown>>): Promise<void> {
  await using alheio = await cluster.sessao(banco);
  await alheio.executa(trava);
  const esperando = pede();
  const quantos = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'advisory'";
  await ate(async () => (await alheio.executa(quantos)).length === 1);
  await alheio.executa("SELECT pg_advisory_unlock_all()");
  assertEquals((await esperando).tipo, "gravado");
}

teste("o que muda de dia trava o dia em que está, e o que volta o dia em que acabou", async (url, banco) => {
  await using armazem = await ArmazemPostgres.abre(url);
  await grava(armazem, (vista) => [
    marca(vista, { cpf: cpfDeExemplo(1) }),
    marca(vista, { cpf: cpfDeExemplo(2), data: "2026-12-02", profissional: "DRA. ANA", ativo: false }),
  ]);
  const vizinhas = [`E:${CLINICO}`];
  const lote = (parte: Partial<Alcance>): () => Promise<Desfecho<number>> => () =>
    armazem.lote(() => ({ ...NENHUM_ALCANCE, ...parte }), QUANDO, () => ({ resultado: 0, mudancas: [] }));
  const [um, dois] = [[cpfDeExemplo(1)], [cpfDeExemplo(2)]];
  await espera(banco, travaDoDia(`E:${CLINICO}`), lote({ cpfs: um, mudam: um }));
  // Também o das vizinhas, nas mesmas datas.
  for (const agenda of ["P:DRA. ANA", `E:${CLINICO}`]) {
    await espera(
      banco,
      travaDoDia(agenda, "2026-12-02"),
      lote({ cpfs: dois, historias: dois, voltam: dois, vizinhas }),
    );
  }
});

// ------------------------------------------------------------------------------------------------------ as exceções

teste(
  "um FECHA num servidor e um AGEND noutro, ao mesmo tempo: quem decide depois vê o que o outro gravou",
  async (url, banco) => {
    await using fechador = await ArmazemPostgres.abre(url);
    await using marcador = await ArmazemPostgres.abre(url);
    const agenda = `P:DRA. ${"ANA"}`;
    for (let vez = 0; vez < 60; vez++) {
      const data = `2027-${String(1 + Math.floor(vez / 28)).padStart(2, "0")}-${String(1 + vez % 28).padStart(2, "0")}`;
      const vistos: string[] = [];
      const fechando = fechador.lote(
        () => ({ ...NENHUM_ALCANCE, periodos: [[data, data]], excecoes: "muda" }),
        QUANDO,
        (vista) => ({
          resultado: vista.periodo([data, data]).length,
          mudancas: [fecha(vista, { de: data, ate: data })],
        }),
      );
      const cpf = cpfDeExemplo(vez);
      const marcando = marcador.lote(
        () => ({ ...NENHUM_ALCANCE, cpfs: [cpf], dias: [[agenda, data]], excecoes: "le", novos: 1 }),
        QUANDO,
        (vista) => {
          const fechado = vista.excecoes().some(({ de }) => de === data);
          vistos.push(fechado ? "fechado" : "aberto");
          return {
            resultado: fechado,
            mudancas: fechado ? [] : [marca(vista, { cpf, data, profissional: "DRA. ANA" })],
          };
        },
      );
      const [fechou, marcou] = await Promise.all([fechando, marcando]);
      if (fechou.tipo !== "gravado" || marcou.tipo !== "gravado") throw new Error(`${fechou.tipo} ${marcou.tipo}`);
      // Ou o FECHA viu quem já estava marcado, ou a marcação viu o dia fechado.
      assertEquals([fechou.resultado, marcou.resultado], marcou.resultado ? [0, true] : [1, false]);
    }
    assertEquals(await cluster.impasses(banco), "0");
  },
);

teste("REMARC cruzados, de dois CPFs para o dia um do outro, em dois servidores: sem impasse", async (url, banco) => {
  const armazens = await Promise.all([1, 2].map(() => ArmazemPostgres.abre(url)));
  try {
    const datas = [DIA, "2026-12-02"];
    await grava(armazens[0], (vista) => [0, 1].map((n) => marca(vista, { cpf: cpfDeExemplo(n), data: datas[n] })));
    for (let vez = 0; vez < 60; vez++) {
      const movidos = await Promise.all(armazens.map((armazem, n) => {
        const cpfs = [cpfDeExemplo(n)];
        const data = datas[(n + vez + 1) % 2];
        return armazem.lote(
          () => ({ ...NENHUM_ALCANCE, cpfs, mudam: cpfs, dias: [[`E:${CLINICO}`, data]] }),
          QUANDO,
          (vista) => {
            const hora = HORAS.find((hora) => vista.ocupacao(`E:${CLINICO}`, data).livre(minutoDoDia(hora), 30));
            return { resultado: hora, mudancas: [muda(vista.ativosDe(cpfs[0])[0], { data, hora }, "REMARC")] };
          },
        );
      }));
      assertEquals(movidos.map(({ tipo }) => tipo), ["gravado", "gravado"]);
    }
    assertEquals(await cluster.impasses(banco), "0");
    for (const data of datas) assertEquals((await armazens[0].lista(data)).length, 1);
  } finally {
    for (const armazem of armazens) await armazem[Symbol.asyncDispose]();
  }
});

teste("num lote, uma hora que se deixa pode ser tomada; uma troca é recusada, e em dois lotes faz-se", async (url) => {
  await using armazem = await ArmazemPostgres.abre(url);
  await grava(armazem, (vista) => HORAS.slice(0, 3).map((hora, n) => marca(vista, { cpf: cpfDeExemplo(n), hora })));
  const move = (n: number, hora: string): (vista: Vista) => Mudanca => (vista) =>
    muda(vista.ativosDe(cpfDeExemplo(n))[0], { hora }, "REMARC");
  const juntas = (...mudancas: ((vista: Vista) => Mudanca)[]) => (vista: Vista): Mudanca[] =>
    mudancas.map((uma) => uma(vista));
  await grava(armazem, juntas(move(2, "10:00"), move(1, "09:00"), move(0, "08:30")));
  assertEquals(await livres(armazem), ["08:00", "09:30"]);
  assertEquals(await tenta(armazem, juntas(move(0, "09:00"), move(1, "08:30"))), "recusado");
  await grava(armazem, juntas(move(1, "09:30"), move(0, "09:00")));
  // Quem volta a ser o ativo do par, e o que deixa de o ser, no mesmo lote e em qualquer ordem.
  const [um] = await ativosDe(armazem, 0);
  await grava(armazem, (vista) => [arquiva(um), marca(vista, { cpf: cpfDeExemplo(0), data: "2026-12-02" })]);
  const [outro] = await ativosDe(armazem, 0);
  const arquivado = { ...um, ativo: false, versao: um.versao + 1 };
  await grava(armazem, () => [muda(arquivado, { ativo: true }, "DESFAZ"), arquiva(outro)]);
  assertEquals((await ativosDe(armazem, 0)).map(({ numero }) => numero), [um.numero]);
  assertEquals(await tenta(armazem, () => [muda({ ...outro, ativo: false, versao: 2 }, { ativo: true })]), "recusado");
});

// ------------------------------------------------------------------------------------------------------ a semana

teste("uma semana para todos: com outra nada se muda, até que se adote", async (url) => {
  const avisos: string[] = [];
  await using um = await ArmazemPostgres.abre(url, { semana: "a", aoAvisar: (aviso) => avisos.push(aviso) });
  assertEquals(avisos, []);
  await using outro = await ArmazemPostgres.abre(url, { semana: "b", aoAvisar: (aviso) => avisos.push(aviso) });
  assertEquals(avisos.length, 1);
  assertMatch(avisos[0], /outra semana vale neste livro.*clinica\.json.*--adota-semana/);
  await using qualquer = await ArmazemPostgres.abre(url);
  const marcando = (armazem: ArmazemPostgres, n: number): Promise<Desfecho<string>> =>
    armazem.lote(alcance, QUANDO, (vista) => ({
      resultado: HORAS[n],
      mudancas: [marca(vista, { cpf: cpfDeExemplo(n), hora: HORAS[n] })],
    }));
  assertEquals((await marcando(um, 0)).tipo, "gravado");
  assertEquals((await marcando(qualquer, 1)).tipo, "gravado");
  const recusado = await marcando(outro, 2);
  assertEquals(recusado.tipo, "nada");
  assertMatch(String("causa" in recusado && recusado.causa), /ErroDoArmazem: outra semana/);
  // Lê; mas nem desmarca, que não depende de que dias se atende: com outra semana não se muda nada.
  const [marcado] = await ativosDe(outro, 0);
  const cpfs = [cpfDeExemplo(0)];
  const semDias = (): Alcance => ({ ...NENHUM_ALCANCE, cpfs, mudam: cpfs });
  assertEquals(
    (await outro.lote(semDias, QUANDO, () => ({ resultado: 0, mudancas: [desmarca(marcado)] }))).tipo,
    "nada",
  );
  await grava(um, () => [desmarca(marcado)], { pede: semDias });

  await outro.adotaSemana("b");
  assertEquals([um.semana, outro.semana], ["a", "b"]);
  assertEquals((await marcando(outro, 2)).tipo, "gravado");
  assertEquals((await marcando(um, 3)).tipo, "nada");
  await um.adotaSemana("b");
  assertEquals((await marcando(um, 3)).tipo, "gravado");
  await using terceiro = await ArmazemPostgres.abre(url, { semana: "b", aoAvisar: (aviso) => avisos.push(aviso) });
  assertEquals([terceiro.semana, avisos.length], ["b", 1]);
});

teste("adotar uma semana espera por quem está decidindo com a de antes", async (url, banco) => {
  await using armazem = await ArmazemPostgres.abre(url, { semana: "a" });
  await using alheio = await cluster.sessao(banco);
  await alheio.executa(travaDoDia("uma agenda qualquer"));
  let adotada = false;
  const adotando = armazem.adotaSemana("b").then(() => adotada = true);
  await ate(async () =>
    (await alheio.executa(
      "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'advisory'",
    )).length === 1
  );
  assertEquals([adotada, armazem.semana], [false, "a"]);
  assertEquals(await cluster.executa("SELECT semana_que_vale FROM clinica_livro", banco), [["a"]]);
  await alheio.executa("SELECT pg_advisory_unlock_all()");
  await adotando;
  assertEquals(await cluster.executa("SELECT semana_que_vale FROM clinica_livro", banco), [["b"]]);
});
