/**
 * Testes da varredura da noite: quem se anonimiza e quem não, uma vez por noite, retomada depois de parar a meio, e de vários
 * servidores um de cada vez.
 *
 * @module
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { Agenda } from "../agenda.ts";
import { ArmazemPostgres } from "../armazem/postgres.ts";
import { ArmazemSqlite } from "../armazem/sqlite.ts";
import { type Alcance, type Armazem, type LivroDaVarredura, NENHUM_ALCANCE, type Vencidos } from "../clinica/livro.ts";
import { lerOferta } from "../clinica/oferta.ts";
import { ate, cpfDeExemplo, testeComSistema } from "../testes/apoio.ts";
import { type Cluster, clusterDoArquivo, testeComPostgres } from "../testes/cluster.ts";
import { acabado, comEspera, grava, marca } from "../testes/mudancas.ts";
import { Varredura } from "./varredura.ts";

let cluster: Cluster;
clusterDoArquivo((novo) => cluster = novo);
let bancos = 0;

type Livro = Armazem & LivroDaVarredura;

/** O mesmo nos dois armazéns. */
function teste(nome: string, fn: (livro: Livro) => Promise<void>): void {
  testeComSistema(`varredura em arquivo: ${nome}`, async () => {
    await using livro = ArmazemSqlite.abre(":memory:");
    await fn(livro);
  });
  testeComPostgres(`varredura em PostgreSQL: ${nome}`, async () => {
    await using livro = await ArmazemPostgres.abre(await cluster.banco(`varredura${++bancos}`));
    await fn(livro);
  });
}

const VELHO = "2024-11-25";
const NOVO = "2026-11-24";
/** Às quatro da manhã, na clínica. */
const NOITE = "2026-11-26T07:00:00Z";

/** Uma varredura deste livro, com a hora que se quiser e um ano de guarda, e o que ela disse. */
function varredura(livro: LivroDaVarredura & Armazem, mais: Partial<Livro> = {}): {
  readonly hora: { agora: number };
  readonly ditas: string[];
  readonly varredura: Varredura;
} {
  const hora = { agora: Date.parse(NOITE) };
  const [ditas, relogio] = [[] as string[], () => hora.agora];
  const agenda = new Agenda({ armazem: livro, oferta: lerOferta({ guarda: { meses: 12 } }), relogio });
  const varrido: LivroDaVarredura = {
    vencidos: mais.vencidos ?? ((...args) => livro.vencidos(...args)),
    varre: mais.varre ?? ((faz) => livro.varre(faz)),
    limpa: () => livro.limpa(),
  };
  return {
    ...{ hora, ditas },
    varredura: new Varredura({
      ...{ agenda, livro: varrido, relogio },
      aoVarrer: (frase) => ditas.push(frase),
      aoFalhar: (causa) => ditas.push(String(causa)),
    }),
  };
}

/** Já se viram seis noites seguidas, a última na véspera. */
async function vistasSeis(livro: Livro): Promise<void> {
  await livro.varre(() => Promise.resolve("2026-11-25 6"));
}

/** Os CPFs de exemplo que ainda têm alguma linha. */
async function ainda(livro: Livro, ...quais: number[]): Promise<number[]> {
  const cpfs = quais.map(cpfDeExemplo);
  const alcance = { ...NENHUM_ALCANCE, cpfs, historias: cpfs };
  return await livro.le(() => alcance, (vista) => quais.filter((n) => vista.historiaDe(cpfDeExemplo(n)).length > 0));
}

async function poe(livro: Livro, ...linhas: (readonly [n: number, data: string])[]): Promise<void> {
  const hora = (i: number): string => `${String(i / 60 | 0).padStart(2, "0")}:${String(i % 60).padStart(2, "0")}`;
  const pede = (): Alcance => {
    const datas = [VELHO, NOVO].map((data) => ["E:CLINICO GERAL", data] as const);
    return { ...comEspera()(), dias: datas };
  };
  await grava(
    livro,
    (vista) =>
      linhas.map(([n, data], i) =>
        marca(vista, acabado(cpfDeExemplo(n), "ATENDIDO", { data, hora: hora(i), minutos: 1 }))
      ),
    {
      pede,
    },
  );
}

teste(
  "anonimiza aqueles cujo último registro é de antes do prazo, e di-lo; os outros ficam por inteiro",
  async (livro) => {
    await poe(livro, [1, VELHO], [2, VELHO], [2, NOVO], [3, NOVO], [4, VELHO], [1, VELHO]);
    await grava(livro, () => [{
      ...{ sobre: "titular", ato: "GUARDA", quem: { origem: "", cliente: "", papel: "gerente" } },
      depois: { ato: "GUARDA", cpf: cpfDeExemplo(4), pseudonimo: "", motivo: "" },
    }], { pede: comEspera() });
    const { varredura: uma, ditas } = varredura(livro);
    await vistasSeis(livro);
    await uma.varre("2026-11-26");
    assertEquals(await ainda(livro, 1, 2, 3, 4), [2, 3, 4]);
    assertEquals(ditas.length, 1);
    assertMatch(
      ditas[0],
      /^guarda: 1 pessoa foi anonimizada; o último registro de cada uma é de antes de 26\/11\/2025$/,
    );
    const linhas = await livro.lista(VELHO);
    assertEquals(linhas.filter(({ nome }) => nome === "ANONIMIZADO").length, 2);
    assertEquals(new Set(linhas.filter(({ nome }) => nome === "ANONIMIZADO").map(({ cpf }) => cpf)).size, 1);
  },
);

teste("só à sétima noite seguida: uma data que salta recomeça a contagem", async (livro) => {
  await poe(livro, [1, VELHO]);
  const { varredura: uma } = varredura(livro);
  // Um feriado prolongado não a interrompe; vinte anos, para a frente ou para trás, sim, e um reinício não a esquece.
  const noites = ["2026-11-01", "2026-11-02", "2026-11-07", "2026-11-08", "2026-11-09", "2026-11-10", "2046-11-11"];
  noites.push("2046-11-12", "2026-11-13", "2026-11-14", "2026-11-15", "2026-11-16", "2026-11-17", "2026-11-18");
  for (const noite of noites) await uma.varre(noite);
  assertEquals(await ainda(livro, 1), [1]);
  await varredura(livro).varredura.varre("2026-11-19");
  assertEquals(await ainda(livro, 1), []);
});

teste("uma vez por noite, e só depois das três", async (livro) => {
  await vistasSeis(livro);
  let [buscas, acabadas] = [0, 0];
  const { varredura: uma, hora } = varredura(livro, {
    vencidos(antesDe, depoisDe): Promise<Vencidos> {
      buscas++;
      return livro.vencidos(antesDe, depoisDe);
    },
    async varre(faz): Promise<boolean> {
      const acabou = await livro.varre(faz);
      if (acabou) acabadas++;
      return acabou;
    },
  });
  await using _fim = uma;
  hora.agora = Date.parse("2026-11-26T05:59:00Z");
  uma.confere();
  await livro.diasMarcados("2026-01-01");
  assertEquals(buscas, 0, "ainda não são três horas");
  hora.agora = Date.parse("2026-11-26T06:00:00Z");
  uma.confere();
  await ate(() => acabadas === 1);
  assertEquals(buscas, 1);
  await uma.varre("2026-11-26");
  assertEquals(buscas, 1, "já se fez, e outro servidor também o sabe");
  await uma.varre("2026-11-27");
  assertEquals(buscas, 2);
});

teste("parada a meio, recomeça e acaba; o que já se fez fica feito", async (livro) => {
  await poe(livro, ...Array.from({ length: 40 }, (_, n) => [n, VELHO] as const));
  const todos = Array.from({ length: 40 }, (_, n) => n);
  await vistasSeis(livro);
  const { varredura: uma } = varredura(livro);
  const parada = uma.varre("2026-11-26");
  await ate(async () => (await ainda(livro, ...todos)).length < 40);
  await uma[Symbol.asyncDispose]();
  await parada;
  const sobram = (await ainda(livro, ...todos)).length;
  assert(sobram > 0 && sobram < 40, `parou-se a meio: ${sobram}`);
  const { varredura: outra, ditas } = varredura(livro);
  await outra.varre("2026-11-26");
  assertEquals(await ainda(livro, ...todos), []);
  assertMatch(ditas[0], new RegExp(`^guarda: ${sobram === 1 ? "1 pessoa" : `${sobram} pessoas`} `));
});

testeComPostgres(
  "varredura em PostgreSQL: de vários servidores, um de cada vez; o que cai deixa-a ao seguinte",
  async () => {
    const url = await cluster.banco(`varredura${++bancos}`);
    await using um = await ArmazemPostgres.abre(url);
    await using outro = await ArmazemPostgres.abre(url);
    const solta = Promise.withResolvers<undefined>();
    const comecou = Promise.withResolvers<void>();
    const primeiro = um.varre(() => {
      comecou.resolve();
      return solta.promise;
    });
    await comecou.promise;
    const vistos: string[] = [];
    const faz = (escrito: string): Promise<string> => {
      vistos.push(escrito);
      return Promise.resolve(`${escrito}!`);
    };
    assertEquals([await outro.varre(faz), vistos], [false, []], "há quem a faça");
    solta.resolve(undefined);
    assertEquals(await primeiro, false, "não a acabou");
    assertEquals([await outro.varre(faz), vistos], [true, [""]]);
    assertEquals([await um.varre(faz), vistos], [true, ["", "!"]], "o que o outro deixou escrito");
  },
);
