/**
 * Testes da lista de espera com vários servidores sobre um livro em PostgreSQL, contra um de verdade: cadeias que se cruzam,
 * o que se lê além do que o pedido diz, o TICK de todos.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { Agenda } from "../agenda.ts";
import type { Agendamento } from "../clinica/agendamento.ts";
import { depoisDe, PARA_NINGUEM } from "../clinica/promover.ts";
import type { Espera } from "../clinica/espera.ts";
import { type Alcance, type Armazem, type Desfecho, type Lote, NENHUM_ALCANCE, type Vista } from "../clinica/livro.ts";
import { lerOferta } from "../clinica/oferta.ts";
import type { Pedido, PedidoDe } from "../clinica/pedido.ts";
import { ate, cpfDeExemplo } from "../testes/apoio.ts";
import { agend, BALCAO, type Campos, cancel, CEDO, CLINICO, codigoDeTeste, MINUTO, SEGUNDA } from "../testes/balcao.ts";
import { type Cluster, clusterDoArquivo, testeComPostgres } from "../testes/cluster.ts";
import { comEspera, QUANDO } from "../testes/mudancas.ts";
import { ArmazemPostgres } from "./postgres.ts";
import { travas } from "./postgres_travas.ts";

/** Um cluster serve a todos os testes deste arquivo; cada um tem um banco seu. */
let cluster: Cluster;
clusterDoArquivo((novo) => cluster = novo);

let bancos = 0;

/** Registra um teste que tem um banco vazio. */
function teste(nome: string, fn: (url: string, banco: string) => Promise<void>): void {
  testeComPostgres(`espera em PostgreSQL: ${nome}`, async () => {
    const banco = `espera${++bancos}`;
    await fn(await cluster.banco(banco), banco);
  });
}

/** Dez horas por dia, de segunda a sexta, numa semana só. */
const DIAS_DA_SEMANA = ["SEGUNDA", "TERÇA", "QUARTA", "QUINTA", "SEXTA"];
const OFERTA = lerOferta({
  semanas: 1,
  atendimentos: DIAS_DA_SEMANA.map((dia) => (
    { especialidade: CLINICO, dia: `${dia}-FEIRA`, inicio: "10:00", vagas: 10, minutos: 30 }
  )),
});
const HORAS_AO_TODO = DIAS_DA_SEMANA.length * 10;

const NA_VESPERA = CEDO - 6 * 60 * MINUTO;

function agendaDe(armazem: Armazem, relogio: () => number = () => NA_VESPERA): Agenda {
  return new Agenda({
    armazem,
    oferta: OFERTA,
    relogio,
    aoFalhar: (tipo, causa) => console.error(tipo, causa),
  });
}

function espera(cpf: string, diferente: Campos<"ESPERA"> = {}): PedidoDe<"ESPERA"> {
  return { comando: "ESPERA", cpf, nome: `N${cpf}`, especialista: CLINICO, marca: true, ...diferente };
}

async function pede(agenda: Agenda, pedido: Pedido): Promise<string> {
  const [resultado] = await agenda.atende([pedido], BALCAO) ?? [];
  return resultado?.codigo ?? "";
}

/** Toma todas as horas, cada uma de um CPF: as primeiras dos primeiros. */
async function enche(agenda: Agenda): Promise<void> {
  for (let n = 0; n < HORAS_AO_TODO; n++) {
    const data = Temporal.PlainDate.from(SEGUNDA).add({ days: Math.floor(n / 10) }).toString();
    assertEquals(await pede(agenda, agend(cpfDeExemplo(n), { data })), "OK-300", data);
  }
}

/** O que há no livro: quem tem o quê, quem espera. */
async function livro(armazem: ArmazemPostgres): Promise<{ linhas: Agendamento[]; esperas: readonly Espera[] }> {
  const dias = await armazem.diasMarcados("2000-01-01");
  const linhas = await Promise.all([...new Set(dias.map(([, data]) => data))].map((data) => armazem.lista(data)));
  const esperas = await armazem.le(
    () => ({ ...NENHUM_ALCANCE, listas: [CLINICO] }),
    (vista) => vista.listaDeEspera(CLINICO),
  );
  return { linhas: linhas.flat(), esperas };
}

/** Espera que ninguém tenha mais nada a prosseguir. */
async function assenta(armazem: ArmazemPostgres, agendas: readonly Agenda[]): Promise<void> {
  await ate(async () => {
    for (const agenda of agendas) await agenda.esvazia();
    return (await livro(armazem)).linhas.every(({ cpf }) => cpf !== PARA_NINGUEM);
  });
}

teste("dois servidores desmarcam e promovem em cadeia ao mesmo tempo", async (url, banco) => {
  await using um = await ArmazemPostgres.abre(url);
  await using outro = await ArmazemPostgres.abre(url);
  const agendas = [um, outro].map((armazem) => agendaDe(armazem));
  await enche(agendas[0]);
  // Quem já tem uma hora quer outra mais cedo, em qualquer ordem; e há quem não tenha nenhuma.
  const querem = Array.from({ length: 69 }, (_, i) => cpfDeExemplo(1 + (i * 31) % 69));
  for (const [i, cpf] of querem.entries()) assertEquals(await pede(agendas[i % 2], espera(cpf)), "OK-307");
  const antes = await livro(um);
  const desmarcam = Array.from({ length: 16 }, (_, i) => cpfDeExemplo((i * 7) % HORAS_AO_TODO));
  const respostas = await Promise.all(desmarcam.flatMap((cpf, i) => [
    pede(agendas[i % 2], cancel(cpf)),
    pede(agendas[(i + 1) % 2], agend(cpfDeExemplo(200 + i))),
    pede(agendas[i % 2], { comando: "DESISTE", cpf: cpfDeExemplo(60 + i % 5), especialista: CLINICO }),
  ]));
  assertEquals(await cluster.impasses(banco), "0");
  const os = (qual: number): string[] => [...new Set(respostas.filter((_, i) => i % 3 === qual))].sort();
  assertEquals(os(0), ["OK-301"]);
  assertEquals(os(1), ["ERRO-110"], "quem passa não fica com o que é de quem espera");
  await assenta(um, agendas);

  const { linhas, esperas } = await livro(outro);
  assertEquals(new Set(linhas.map(({ data, hora }) => data + hora)).size, linhas.length, "uma hora é de um");
  assertEquals(new Set(linhas.map(({ cpf }) => cpf)).size, linhas.length, "um tem uma hora");
  assertEquals(linhas.length, HORAS_AO_TODO, "há quem espere por cada hora");
  // Quem ainda espera tem a dele, ou nenhuma; quem já não espera foi servido, ou desistiu, ou desmarcou.
  const tinha = new Map(antes.linhas.map((linha) => [linha.cpf, linha]));
  for (const { cpf } of antes.esperas) {
    const tem = linhas.find((linha) => linha.cpf === cpf);
    const espera = esperas.some((uma) => uma.cpf === cpf);
    const era = tinha.get(cpf);
    if (espera && !desmarcam.includes(cpf)) assertEquals([tem?.numero, tem?.hora], [era?.numero, era?.hora], cpf);
    if (!espera && era !== undefined) {
      assert(tem !== undefined && depoisDe(era, tem) && tem.numero === era.numero || desmarcam.includes(cpf), cpf);
    }
  }
});

teste("quem busca com o código vê aquilo por que espera, noutro servidor", async (url) => {
  await using um = await ArmazemPostgres.abre(url);
  await using outro = await ArmazemPostgres.abre(url);
  const proposto = codigoDeTeste(7);
  assertEquals(await pede(agendaDe(um), espera(cpfDeExemplo(1), { proposto: codigoDeTeste(6) })), "OK-307");
  assertEquals(await pede(agendaDe(um), espera(cpfDeExemplo(2), { proposto })), "OK-307");
  const busca = async (codigo: string): Promise<unknown> => {
    const pedido: Pedido = { comando: "BUSCA", cpf: cpfDeExemplo(2), codigo, comEsperas: true };
    const [resultado] = await agendaDe(outro).atende([pedido], { ...BALCAO, papel: "paciente" }) ?? [];
    return resultado?.codigo === "OK-302" ? resultado.esperas?.map(({ posicao }) => posicao) : resultado?.codigo;
  };
  assertEquals([await busca(proposto), await busca(codigoDeTeste(6))], [[2], "ERRO-112"]);
});

/** Um armazém cujas decisões leem sempre mais um CPF, enquanto se pode ler: como se o livro não deixasse de mudar. */
function quePedeMais(armazem: Armazem, enquanto: () => boolean, anota: (vista: Vista) => void): Armazem {
  let cpfs = 1000;
  return {
    lote<R>(alcance: () => Alcance, quando: number, decide: (vista: Vista) => Lote<R>): Promise<Desfecho<R>> {
      return armazem.lote(alcance, quando, (vista) => {
        anota(vista);
        if (!vista.soSegura && enquanto()) vista.ativosDe(cpfDeExemplo(cpfs++));
        return decide(vista);
      });
    },
    le: (alcance, consulta) => armazem.le(alcance, consulta),
    lista: (data, agenda) => armazem.lista(data, agenda),
    diasMarcados: (desde) => armazem.diasMarcados(desde),
    [Symbol.asyncDispose]: () => armazem[Symbol.asyncDispose](),
  };
}

teste("alarga-se três vezes; depois o que vaga segura-se para ninguém, e prossegue-se", async (url) => {
  await using armazem = await ArmazemPostgres.abre(url);
  let mais = false;
  // Cada transação tem a sua vista, por mais que nela se leia.
  const vistas = new Set<Vista>();
  const agenda = agendaDe(quePedeMais(armazem, () => mais, (vista) => {
    if (mais) vistas.add(vista);
  }));
  const [ana, bia] = [cpfDeExemplo(1), cpfDeExemplo(2)];
  assertEquals(await pede(agenda, agend(ana)), "OK-300");
  assertEquals(await pede(agenda, espera(bia)), "OK-307");
  mais = true;
  const { promise, resolve } = Promise.withResolvers<void>();
  const cancelada = pede(agenda, cancel(ana)).then((codigo) => {
    mais = false;
    resolve();
    return codigo;
  });
  await promise;
  assertEquals(await cancelada, "OK-301");
  assertEquals([...vistas].map(({ soSegura }) => soSegura), [false, false, false, false, true]);
  const [[situacao]] = await cluster.executa(
    `SELECT situacao FROM agendamento WHERE cpf = '${PARA_NINGUEM}'`,
    `espera${bancos}`,
  );
  assert(situacao === "CONVIDADO" || situacao === "PASSOU");
  await assenta(armazem, [agenda]);
  assertEquals((await livro(armazem)).linhas.map(({ cpf, situacao }) => [cpf, situacao]), [[bia, "MARCADO"]]);
});

teste("de uma fila longa lê-se mais quando os primeiros não servem", async (url, banco) => {
  await using armazem = await ArmazemPostgres.abre(url);
  const agenda = agendaDe(armazem);
  assertEquals(await pede(agenda, agend(cpfDeExemplo(1))), "OK-300");
  for (let n = 100; n < 170; n++) {
    assertEquals(await pede(agenda, espera(cpfDeExemplo(n), { antecedencia: 24 * 60 })), "OK-307");
  }
  assertEquals(await pede(agenda, espera(cpfDeExemplo(2))), "OK-307");
  const [[dadas]] = await cluster.executa("SELECT last_value FROM agendamento_id_seq", banco);
  assertEquals(await pede(agenda, cancel(cpfDeExemplo(1))), "OK-301");
  assertEquals((await livro(armazem)).linhas.map(({ cpf }) => cpf), [cpfDeExemplo(2)]);
  assertEquals(Number(dadas) + 1, (await livro(armazem)).linhas[0].numero, "decidiu-se uma vez só sob as travas");
});

/** Enquanto alguém tem a trava de um CPF, desmarca-se o que outro quer; depois, faz-se o que se diz, e solta-se. */
async function comACpfTravado(
  { banco, cpf, agenda }: { banco: string; cpf: string; agenda: Agenda },
  enquanto: string,
): Promise<void> {
  const [chave] = travas({ ...NENHUM_ALCANCE, cpfs: [cpf] }, { mudam: [], origens: [], cadeia: "" })
    .map(({ valores = [] }) => valores[0]?.slice(1, -1).split(",").at(-1));
  await using sessao = await cluster.sessao(banco);
  await sessao.executa(`BEGIN; SELECT pg_advisory_xact_lock(${chave})`);
  const cancelada = pede(agenda, cancel(cpfDeExemplo(1)));
  await ate(async () => (await sessao.executa("SELECT FROM pg_locks WHERE NOT granted")).length > 0);
  await sessao.executa(`${enquanto}; COMMIT`);
  assertEquals(await cancelada, "OK-301");
}

teste("a quem se ia dar uma hora, e marcou outra entretanto noutro servidor, não se dá", async (url, banco) => {
  await using armazem = await ArmazemPostgres.abre(url);
  const agenda = agendaDe(armazem);
  const [ana, bia, caio] = [1, 2, 3].map(cpfDeExemplo);
  assertEquals(await pede(agenda, agend(ana, { horario: "11:00" })), "OK-300");
  for (const cpf of [bia, caio]) assertEquals(await pede(agenda, espera(cpf)), "OK-307");
  // A mesma hora, mais cedo: bia já não quer a das onze.
  await comACpfTravado(
    { banco, cpf: bia, agenda },
    `INSERT INTO agendamento SELECT (json_populate_record(a, json_build_object(
       'numero', 999, 'cpf', '${bia}', 'codigo', 'ZZZZZZZZ', 'hora', '10:00'))).* FROM agendamento AS a WHERE cpf = '${ana}'`,
  );
  const { linhas, esperas } = await livro(armazem);
  assertEquals(linhas.map(({ cpf, hora }) => [cpf, hora]), [[bia, "10:00"], [caio, "11:00"]]);
  assertEquals(esperas.map(({ cpf }) => cpf), [bia]);
});

teste("o que se descobre e outro tem travado só se tenta; depois toma-se em ordem, e espera-se", async (url, banco) => {
  await using armazem = await ArmazemPostgres.abre(url);
  const agenda = agendaDe(armazem);
  const [ana, bia] = [1, 2].map(cpfDeExemplo);
  assertEquals(await pede(agenda, agend(ana, { horario: "10:00" })), "OK-300");
  assertEquals(await pede(agenda, agend(bia, { horario: "11:00" })), "OK-300");
  assertEquals(await pede(agenda, espera(bia)), "OK-307");
  // Bia tem algo marcado: é preciso travá-la, e lê-lo.
  await comACpfTravado(
    { banco, cpf: bia, agenda },
    `UPDATE agendamento SET hora = '12:00', versao = versao + 1 WHERE cpf = '${bia}'`,
  );
  const { linhas } = await livro(armazem);
  assertEquals(linhas.map(({ cpf, hora, versao }) => [cpf, hora, versao]), [[bia, "10:00", 3]]);
  assertEquals(await cluster.impasses(banco), "0");
});

teste("quem entrou por outro servidor é servido, ainda que da última vez ninguém esperasse", async (url) => {
  await using um = await ArmazemPostgres.abre(url);
  await using outro = await ArmazemPostgres.abre(url);
  const agendas = [um, outro].map((armazem) => agendaDe(armazem));
  const [ana, bia] = [1, 2].map(cpfDeExemplo);
  assertEquals(await pede(agendas[0], agend(ana)), "OK-300");
  assertEquals(await pede(agendas[1], espera(bia)), "OK-307");
  assertEquals(await pede(agendas[0], cancel(ana)), "OK-301");
  assertEquals((await livro(um)).linhas.map(({ cpf }) => cpf), [bia]);
});

teste("o lugar de quem entra é o que a lista diz, saia e volte quem sair e voltar", async (url) => {
  await using armazem = await ArmazemPostgres.abre(url);
  const agenda = agendaDe(armazem);
  const lugar = async (n: number, prioridade = 0): Promise<number | undefined> => {
    const [resultado] = await agenda.atende([espera(cpfDeExemplo(n), { prioridade })], BALCAO) ?? [];
    return resultado?.codigo === "OK-307" ? resultado.posicao : undefined;
  };
  const sai = (n: number): Promise<string> =>
    pede(agenda, { comando: "DESISTE", cpf: cpfDeExemplo(n), especialista: CLINICO });
  assertEquals([await lugar(1), await lugar(2), await lugar(3)], [1, 2, 3]);
  assertEquals(await lugar(4, 2), 1, "com prioridade, antes dos outros");
  assertEquals(await sai(2), "OK-308");
  assertEquals([await lugar(5, 2), await lugar(2)], [2, 5]);
  assertEquals([await sai(1), await sai(4)], ["OK-308", "OK-308"]);
  assertEquals([await lugar(4, 1), await lugar(1)], [2, 5]);
});

teste("o que outro servidor fecha, antes de se travar o dia que se descobriu, já está fechado", async (url, banco) => {
  await using armazem = await ArmazemPostgres.abre(url);
  const [ana, bia, caio] = [1, 2, 3].map(cpfDeExemplo);
  let fecha = false;
  // Enquanto se decide pela primeira vez, só estão travados os CPFs e a lista.
  const agenda = agendaDe(quePedeMais(armazem, () => false, () => {
    if (!fecha) return;
    fecha = false;
    const sql = `INSERT INTO excecao SELECT * FROM json_populate_record(NULL::excecao, '{"numero": 1, "tipo": "FECHA",
      "de": "${SEGUNDA}", "ate": "${SEGUNDA}", "inicio": 0, "fim": 1440, "especialidade": "", "profissional": "", "vagas": 0,
      "minutos": 0, "local": "", "encaixes": 0, "motivo": "", "revogada": false, "criada_em": ""}')`;
    const { success, stderr } = new Deno.Command("psql", { args: [cluster.url(banco), "-c", sql], stderr: "piped" })
      .outputSync();
    assert(success, new TextDecoder().decode(stderr));
  }));
  assertEquals(await pede(agenda, agend(ana)), "OK-300");
  for (const cpf of [bia, caio]) assertEquals(await pede(agenda, espera(cpf, { marca: false })), "OK-307");
  assertEquals(await pede(agenda, cancel(ana)), "OK-301");
  fecha = true;
  assertEquals(await pede(agenda, { comando: "DESISTE", cpf: bia, especialista: CLINICO }), "OK-308");
  assertEquals((await livro(armazem)).esperas.map(({ cpf, convite }) => [cpf, convite]), [[caio, 0]]);
});

teste("vinte entradas por endereço, ainda que entrem por dois servidores em listas diferentes", async (url) => {
  await using um = await ArmazemPostgres.abre(url);
  await using outro = await ArmazemPostgres.abre(url);
  const especialidades = [CLINICO, "DERMATOLOGISTA"];
  const oferta = lerOferta({
    atendimentos: especialidades.map((especialidade) => (
      { especialidade, dia: "SEGUNDA-FEIRA", inicio: "10:00", vagas: 10, minutos: 30 }
    )),
  });
  const agendas = [um, outro].map((armazem) => new Agenda({ armazem, oferta, relogio: () => NA_VESPERA }));
  const respostas = await Promise.all(agendas.flatMap((agenda, i) =>
    Array.from({ length: 12 }, async (_, n) => {
      const pedido = espera(cpfDeExemplo(100 * i + n), { especialista: especialidades[i] });
      const [resultado] = await agenda.atende([pedido], { ...BALCAO, papel: "quiosque" }) ?? [];
      return resultado?.codigo;
    })
  ));
  assertEquals(respostas.filter((codigo) => codigo === "OK-307").length, 20);
  assertEquals(respostas.filter((codigo) => codigo === "ERRO-116").length, 4);
});

teste(
  "um TICK por minuto de todos os servidores, pelo relógio do banco, ainda que os deles discordem",
  async (url, banco) => {
    await using um = await ArmazemPostgres.abre(url);
    await using outro = await ArmazemPostgres.abre(url);
    let agora = NA_VESPERA;
    const agendas = [agendaDe(um, () => agora + 20_000), agendaDe(outro, () => agora - 20_000)];
    const cpfs = [1, 2, 3, 4].map(cpfDeExemplo);
    for (const cpf of cpfs.slice(0, 2)) assertEquals(await pede(agendas[0], agend(cpf)), "OK-300");
    for (const cpf of cpfs.slice(2)) assertEquals(await pede(agendas[0], espera(cpf, { marca: false })), "OK-307");
    for (const cpf of cpfs.slice(0, 2)) assertEquals(await pede(agendas[0], cancel(cpf)), "OK-301");
    const lapsos = async (): Promise<number[]> => (await livro(um)).esperas.map(({ lapsos }) => lapsos);
    assertEquals(await lapsos(), [0, 0]);
    // Vence o convite de um; o outro, dali a pouco.
    await cluster.executa(
      "UPDATE agendamento SET terminou_em = '2026-11-29T00:00:00Z' WHERE cpf = '" + cpfs[2] + "'",
      banco,
    );
    await Promise.all(agendas.flatMap((agenda) => [agenda.bate(), agenda.bate()]));
    assertEquals((await lapsos()).toSorted(), [0, 1], "um só tratou dele");
    agora += 3 * 60 * MINUTO;
    await Promise.all(agendas.map((agenda) => agenda.bate()));
    assertEquals((await lapsos()).toSorted(), [0, 1], "no banco ainda não passou um minuto");
    for (const agenda of agendas.toReversed()) {
      await cluster.executa("UPDATE clinica_livro SET ultimo_tick_em = ultimo_tick_em - interval '61 s'", banco);
      await agenda.bate();
    }
    assert((await lapsos()).every((quantos) => quantos > 0), "passou; e o do atrasado também vale");
    assertEquals(await cluster.impasses(banco), "0");
  },
);

teste("as travas das listas vêm depois das dos CPFs e antes das dos dias", async (url, banco) => {
  await using armazem = await ArmazemPostgres.abre(url);
  await cluster.executa(
    `CREATE TABLE anotadas (prefixo bigint, numero bigint);
     CREATE FUNCTION anota() RETURNS trigger LANGUAGE plpgsql AS $$
     BEGIN INSERT INTO anotadas SELECT classid::bigint, objid::bigint FROM pg_locks
       WHERE locktype = 'advisory' AND granted AND pid = pg_backend_pid(); RETURN NEW; END $$;
     CREATE TRIGGER anota AFTER UPDATE ON clinica_livro FOR EACH STATEMENT EXECUTE FUNCTION anota()`,
    banco,
  );
  const desfecho = await armazem.lote(comEspera(), QUANDO, () => ({
    resultado: 0,
    mudancas: [{ sobre: "tique", ato: "TICK", depois: "2026-11-23T10:00:00Z", quem: BALCAO }],
  }));
  assertEquals(desfecho.tipo, "gravado");
  const anotadas = await cluster.executa("SELECT prefixo, numero FROM anotadas", banco);
  const doPrefixo = (prefixo: number): number[] =>
    anotadas.filter(([dele]) => Number(dele) === prefixo).map(([, numero]) => Number(numero));
  assertEquals(doPrefixo(0xc1100), [1], "a do que o relógio manda fazer é uma só");
  const listas = doPrefixo(0xc1101).filter((numero) => numero >= 512);
  assertEquals(listas.length, 2, "uma por lista, além das dos CPFs");
  assert(listas.every((numero) => numero < 1024));
});
