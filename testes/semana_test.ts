/**
 * A semana que muda com o servidor no ar: o que se vê no fio e no console, num livro de um só e num de vários, e um lote que
 * já tinha começado.
 *
 * @module
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Agenda } from "../agenda.ts";
import type { Alcance, Armazem, Desfecho, Lote, Vista } from "../clinica/livro.ts";
import { Ocupacao } from "../clinica/ocupacao.ts";
import { DIAS_DA_SEMANA, lerOferta } from "../clinica/oferta.ts";
import type { PedidoDe } from "../clinica/pedido.ts";
import type { PedidoNoFio, Vaga } from "../protocolo.ts";
import { cpfDeExemplo, Fio, Pasta, Servidor, testeComSistema } from "./apoio.ts";
import { type Cluster, clusterDoArquivo, testeComPostgres } from "./cluster.ts";

/** Uma semana em que a especialidade atende todo dia, com tantas vagas a partir das 08:00. */
function semana(vagas: number, trocas: Record<string, unknown> = {}): string {
  const atendimentos = DIAS_DA_SEMANA.map((dia) => ({ especialidade: "Clínico Geral", dia, vagas }));
  return JSON.stringify({ atendimentos, ...trocas });
}

/** Põe um arquivo no lugar de outro de uma vez, como fazem os editores. */
function troca(pasta: Pasta, conteudo: string): void {
  Deno.writeTextFileSync(pasta.arquivo("clinica.json.novo"), conteudo);
  Deno.renameSync(pasta.arquivo("clinica.json.novo"), pasta.arquivo("clinica.json"));
}

/** As vagas de depois de amanhã: nenhuma começa durante um teste. */
async function deDepoisDeAmanha(fio: Fio): Promise<Vaga> {
  const iso = Temporal.Now.plainDateISO("America/Sao_Paulo").add({ days: 2 }).toString();
  const data = iso.split("-").toReversed().join("/");
  const resposta = await fio.pede({ comando: "VAGAS", especialista: "Clínico Geral", data });
  if (resposta.codigo !== "OK-304" || resposta.vagas.length === 0) {
    throw new Error(`veio ${resposta.codigo}, sem vagas`);
  }
  return resposta.vagas[0];
}

function agend(n: number, [data, dia, especialista]: Vaga, horario: string): PedidoNoFio {
  return { comando: "AGEND", cpf: cpfDeExemplo(n), nome: "Maria da Silva", especialista, data, dia, horario };
}

testeComSistema("semana: uma que muda vale sem reiniciar e sem derrubar ninguém; uma que não serve, não", async () => {
  using pasta = new Pasta();
  await using servidor = await Servidor.inicia({ pasta: pasta.caminho, args: ["--quieto"] });
  using fio = await Fio.saudado(servidor.porta);

  // Onde não havia arquivo.
  Deno.writeTextFileSync(pasta.arquivo("clinica.json"), semana(5));
  const primeira = await servidor.registrou(({ evento }) => evento === "semana");
  assertEquals(primeira.arquivo, "clinica.json");
  assertStringIncludes(String(primeira.mudancas), "mais Clínico Geral, DOMINGO: 08:00 a 10:30 de 30 em 30 min");
  const vaga = await deDepoisDeAmanha(fio);
  assertEquals(vaga[3].length, 5);
  assertEquals((await fio.pede(agend(1, vaga, "10:00"))).codigo, "OK-300");

  // Trocado por outro; quem estava às 10:00 fica de fora.
  troca(pasta, semana(2, { semanas: 6 }));
  const { mudancas } = await servidor.registrou(({ mudancas }) => String(mudancas).includes("semanas: 4 -> 6"));
  assertStringIncludes(String(mudancas), "08:00 a 10:30 de 30 em 30 min -> 08:00 a 09:00 de 30 em 30 min");
  const orfao = await servidor.registrou(({ evento }) => evento === "orfao");
  assertEquals([orfao.horario, orfao.nome, orfao.razao], ["10:00", "M. D. S.", "semana"]);
  assertEquals((await deDepoisDeAmanha(fio))[3], ["08:00", "08:30"]);

  // Um que não serve, e nenhum: a de antes continua.
  Deno.writeTextFileSync(pasta.arquivo("clinica.json"), semana(0));
  const recusa = await servidor.registrou(({ evento }) => evento === "aviso");
  assertStringIncludes(
    String(recusa.o_que),
    "clinica.json: atendimentos[0].vagas: esperava um inteiro de 1 a 1440; veio 0",
  );
  Deno.removeSync(pasta.arquivo("clinica.json"));
  await servidor.registrou(({ o_que }) => String(o_que).includes("já não está lá"));
  assertEquals((await deDepoisDeAmanha(fio))[3], ["08:00", "08:30"]);
  assertEquals(servidor.log.filter(({ evento }) => evento === "aviso").length, 2, "cada um é dito uma vez");

  assertEquals((await fio.pede({ comando: "CANCEL", cpf: cpfDeExemplo(1) })).codigo, "OK-301");
  assertEquals((await servidor.encerra("SIGHUP")).code, 0);
});

// ------------------------------------------------------------------------------------------------------ vários

let cluster: Cluster;
clusterDoArquivo((novo) => cluster = novo);

testeComPostgres(
  "semana: num livro de vários vale uma só; quem segue outra recusa mudar até seguir a mesma",
  async () => {
    await cluster.banco("semana");
    const inicia = (pasta: Pasta, ...args: string[]): Promise<Servidor> => {
      const env = { CLINICA_BANCO: cluster.url("semana") };
      return Servidor.inicia({ pasta: pasta.caminho, env, args: ["--quieto", ...args] });
    };
    using aqui = new Pasta();
    using ali = new Pasta();
    for (const pasta of [aqui, ali]) troca(pasta, semana(5));
    await using um = await inicia(aqui);
    await using outro = await inicia(ali);
    using noUm = await Fio.saudado(um.porta);
    using noOutro = await Fio.saudado(outro.porta);
    const vaga = await deDepoisDeAmanha(noUm);
    assertEquals((await noOutro.pede(agend(1, vaga, "08:00"))).codigo, "OK-300");

    troca(aqui, semana(6));
    await um.registrou(({ evento }) => evento === "semana");
    assertEquals((await noUm.pede(agend(2, vaga, "10:30"))).codigo, "OK-300");
    assertEquals((await noOutro.pede(agend(3, vaga, "08:30"))).codigo, "ERRO-131");
    // Um retoque que nada decide não muda a semana dos outros.
    troca(ali, semana(5, { nome: "Outro nome" }));
    await outro.registrou(({ evento }) => evento === "semana");
    assertEquals((await noUm.pede(agend(4, vaga, "09:00"))).codigo, "OK-300");
    troca(ali, semana(6));
    await outro.registrou(({ mudancas }) => String(mudancas).includes("11:00"));
    assertEquals((await noOutro.pede(agend(3, vaga, "08:30"))).codigo, "OK-300");

    using alem = new Pasta();
    troca(alem, semana(7));
    await using diferente = await inicia(alem);
    const aviso = await diferente.registrou(({ evento }) => evento === "aviso");
    assertStringIncludes(String(aviso.o_que), "--adota-semana");
    using noDiferente = await Fio.saudado(diferente.porta);
    assertEquals((await noDiferente.pede(agend(5, vaga, "11:00"))).codigo, "ERRO-131");
    await using manda = await inicia(alem, "--adota-semana");
    assertEquals(manda.log.filter(({ evento }) => evento === "aviso"), []);
    assertEquals((await noDiferente.pede(agend(5, vaga, "11:00"))).codigo, "OK-300");
    assertEquals((await noUm.pede(agend(6, vaga, "09:30"))).codigo, "ERRO-131");
  },
);

// ------------------------------------------------------------------------------------------------------ um lote em curso

/** Uma vista vazia, de que só se leem os dias do alcance. */
function vistaDe({ dias }: Alcance): Vista {
  return {
    soSegura: false,
    ativosDe: () => [],
    historiaDe: () => [],
    ocupacao(agenda, data): Ocupacao {
      assert(dias.some(([uma, outra]) => uma === agenda && outra === data), `${agenda} ${data} não está no alcance`);
      return Ocupacao.vazia();
    },
    periodo: () => [],
    cancelados: () => [],
    excecoes: () => [],
    contatoDe: () => undefined,
    ultimaSenha: () => 0,
    alguemEspera: () => false,
    esperaDe: () => undefined,
    esperasDe: () => [],
    fichaDe: () => ({ acabadas: [] }),
    conviteDe: () => undefined,
    fila: () => [],
    listaDeEspera: () => [],
    quantasAntes: () => 0,
    esperasDaOrigem: () => 0,
    novaEspera: () => 1,
    pendencias: () => ({ convites: [], esperas: [], faltas: [], velhas: false }),
    ultimoTique: () => "",
    tentativa: () => undefined,
    novoNumero: () => 1,
    novaExcecao: () => 1,
  };
}

Deno.test("semana: um lote que começou com uma semana acaba com ela", { permissions: "none" }, async () => {
  let naFrente = Promise.withResolvers<void>();
  const solta = Promise.withResolvers<void>();
  const armazem: Armazem = {
    async lote<R>(
      alcance: () => Alcance,
      _quando: number,
      decide: (vista: Vista) => Lote<R>,
    ): Promise<Desfecho<R>> {
      const lido = alcance();
      naFrente.resolve();
      await solta.promise;
      return { tipo: "gravado", resultado: decide(vistaDe(lido)).resultado };
    },
    async le<R>(alcance: () => Alcance, consulta: (vista: Vista) => R): Promise<R> {
      const lido = alcance();
      naFrente.resolve();
      await solta.promise;
      return consulta(vistaDe(lido));
    },
    lista: () => Promise.resolve([]),
    diasMarcados: () => Promise.resolve([]),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  const comNomes = DIAS_DA_SEMANA.map((dia) => ({ especialidade: "Clínico Geral", dia, profissional: "Dra. Ana" }));
  const relogio = (): number => Temporal.Instant.from("2026-11-30T07:00-03:00").epochMilliseconds;
  const agenda = new Agenda({ armazem, relogio, oferta: lerOferta(JSON.parse(semana(5))) });
  const quem = { origem: "balcão", cliente: "balcão:1", papel: "gerente" } as const;
  const marca: PedidoDe<"AGEND"> = {
    ...{ comando: "AGEND", cpf: cpfDeExemplo(1), nome: "ANA", especialista: "CLINICO GERAL" },
    ...{ data: "2026-11-30", dia: "SEGUNDA-FEIRA" },
  };
  const mudanca = agenda.atende([marca], quem);
  await naFrente.promise;
  naFrente = Promise.withResolvers();
  const consulta = agenda.atende([{ comando: "VAGAS" }], quem);
  await naFrente.promise;
  const saudacao = agenda.saudacao();
  agenda.adota(lerOferta({ atendimentos: comNomes }));
  solta.resolve();
  assertEquals((await mudanca)?.map(({ codigo }) => codigo), ["OK-300"]);
  assertEquals((await consulta)?.map(({ codigo }) => codigo), ["OK-304"]);
  assertEquals((await saudacao).codigo, "OK-200");
});
