/**
 * Testes do diário seguido, contra um PostgreSQL de verdade: o que um servidor vê do que os outros gravam, com transações que se
 * confirmam fora de ordem, conexões que caem e desfechos que não se souberam.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { juntaNovidades, type Novidade } from "../clinica/novidade.ts";
import { ate, cpfDeExemplo } from "../testes/apoio.ts";
import { Cluster, clusterDoArquivo, Intermediario, testeComPostgres } from "../testes/cluster.ts";
import {
  alcance,
  comEspera,
  comExcecoes,
  conta,
  entra,
  fecha,
  grava,
  marca,
  muda,
  QUANDO,
  tenta,
} from "../testes/mudancas.ts";
import { ArmazemPostgres } from "./postgres.ts";
import { SeguidorDoDiario } from "./postgres_diario.ts";
import { lerEndereco } from "./postgres_endereco.ts";
import { Principal } from "./postgres_principal.ts";

let cluster: Cluster;
clusterDoArquivo((novo) => cluster = novo);

let bancos = 0;

/** Registra um teste com um banco vazio. */
function teste(nome: string, fn: (banco: string) => Promise<void>): void {
  testeComPostgres(`o diário seguido: ${nome}`, async () => {
    const banco = `diario${++bancos}`;
    await cluster.banco(banco);
    await fn(banco);
  });
}

/** O endereço de um banco, pelo intermediário. */
function por(rede: Intermediario, banco: string): string {
  return cluster.url(banco).replace(`:${cluster.porta}`, `:${rede.porta}`);
}

/** O que um servidor viu dos outros. */
class Visto implements Disposable {
  readonly novidades: Novidade[] = [];
  #segue: Disposable;

  private constructor(armazem: ArmazemPostgres) {
    this.#segue = armazem.segue((novidade) => this.novidades.push(novidade));
  }

  /** Segue, e espera que já nada se perca. */
  static async de(armazem: ArmazemPostgres): Promise<Visto> {
    const visto = new Visto(armazem);
    await ate(() => visto.novidades.length > 0);
    assert(visto.novidades.splice(0)[0].tudo);
    return visto;
  }

  /** Os números dos agendamentos que mudaram, na ordem; `"tudo"` onde pode ter mudado tudo. */
  get numeros(): (number | "tudo")[] {
    return this.novidades.flatMap<number | "tudo">(({ tudo, agendamentos }) =>
      tudo ? ["tudo"] : agendamentos.map(({ numero }) => numero)
    );
  }

  async temNumeros(...numeros: number[]): Promise<void> {
    await ate(() => numeros.every((um) => this.numeros.includes(um)));
  }

  [Symbol.dispose](): void {
    this.#segue[Symbol.dispose]();
  }
}

/** Marca o enésimo, num lote, e diz que número ficou. */
async function marcaUm(armazem: ArmazemPostgres, n: number): Promise<number> {
  let numero = 0;
  await grava(armazem, (vista) => {
    const mudanca = marca(vista, {
      cpf: cpfDeExemplo(n),
      data: "2026-11-30",
      hora: `08:${String(n).padStart(2, "0")}`,
    });
    numero = mudanca.depois.numero;
    return [mudanca];
  });
  return numero;
}

teste("vê-se dos outros o que mudou, com as datas e as listas; de si mesmo, nada", async (banco) => {
  await using aqui = await ArmazemPostgres.abre(cluster.url(banco));
  await using ali = await ArmazemPostgres.abre(cluster.url(banco));
  using visto = await Visto.de(aqui);
  const meu = await marcaUm(aqui, 1);
  const numero = await marcaUm(ali, 2);
  await visto.temNumeros(numero);
  const [{ agendamentos }] = visto.novidades.splice(0);
  const autor = { papel: "gerente", chave: undefined };
  const comum = { numero, autor, datas: ["2026-11-30"] };
  assertEquals(agendamentos, [{ ...comum, versao: 1, ato: "AGEND", de: "", para: "MARCADO" }]);

  await grava(ali, (vista) => {
    const [antes] = vista.ativosDe(cpfDeExemplo(2));
    const chegou = muda(antes, { situacao: "CHEGOU" });
    return [chegou, muda(chegou.depois, { data: "2026-12-02", situacao: "MARCADO" }, "REMARC")];
  });
  await grava(ali, (vista) => [fecha(vista, { de: "2026-12-01", ate: "2026-12-03" })], { pede: comExcecoes() });
  await grava(ali, (vista) => [entra(vista, { cpf: cpfDeExemplo(3) })], { pede: comEspera() });
  await ate(() => visto.novidades.some(({ listas }) => listas.length > 0));
  assertEquals(juntaNovidades(visto.novidades), {
    tudo: false,
    agendamentos: [
      // Onde está diz-se como está agora: o dia de que saiu diz-o a mudança seguinte.
      { ...comum, versao: 2, ato: "SITUA", de: "MARCADO", para: "CHEGOU", datas: ["2026-12-02"] },
      { ...comum, versao: 3, ato: "REMARC", de: "CHEGOU", para: "MARCADO", datas: ["2026-11-30", "2026-12-02"] },
    ],
    periodos: [["2026-12-01", "2026-12-03"]],
    listas: ["CLINICO GERAL"],
  });
  assertEquals(visto.numeros.includes(meu), false);
});

teste("um lote que se confirma depois de outros de número maior também se vê, uma vez", async (banco) => {
  await using aqui = await ArmazemPostgres.abre(cluster.url(banco));
  await using ali = await ArmazemPostgres.abre(cluster.url(banco));
  await using sessao = await cluster.sessao(banco);
  using visto = await Visto.de(aqui);
  await sessao.executa("BEGIN");
  const [[id]] = await sessao.executa("SELECT nextval('diario_id_seq')");
  // Cada volta é uma leitura; um piso que subisse sem olhar a quem está por acabar já teria passado por este.
  const depois: number[] = [];
  for (let n = 1; n <= 5; n++) {
    depois.push(await marcaUm(ali, n));
    await visto.temNumeros(...depois);
  }
  await sessao.executa(`INSERT INTO diario (id, lote, quando, mudancas) VALUES
    (${id}, 'tarde', '2026-11-23T10:00:00Z', '[["balcao","k:12",[["SITUA",${depois[0]},9,"CHEGOU","CHAMADO"]]]]')`);
  await sessao.executa("COMMIT");
  await ate(() => visto.novidades.some(({ agendamentos }) => agendamentos.some(({ versao }) => versao === 9)));
  const tarde = visto.novidades.flatMap(({ agendamentos }) => agendamentos).find(({ versao }) => versao === 9);
  assertEquals(tarde?.autor, { papel: "balcao", chave: 12 });
  const ultimo = await marcaUm(ali, 6);
  await visto.temNumeros(ultimo);
  assertEquals(visto.numeros, [...depois, depois[0], ultimo]);
});

teste("de um lote que já estava a meio quando se começou diz-se que pode ter mudado tudo", async (banco) => {
  await using aqui = await ArmazemPostgres.abre(cluster.url(banco));
  await using sessao = await cluster.sessao(banco);
  await sessao.executa("BEGIN");
  const [[id]] = await sessao.executa("SELECT nextval('diario_id_seq')");
  await marcaUm(aqui, 1);
  using visto = await Visto.de(aqui);
  await sessao.executa(`INSERT INTO diario (id, lote, quando, mudancas) VALUES (${id}, 'tarde', '', '[]'); COMMIT`);
  await ate(() => visto.numeros.includes("tudo"));
});

teste("uma transação que escreve noutro lado, e não acaba, não atrasa ninguém", async (banco) => {
  await using aqui = await ArmazemPostgres.abre(cluster.url(banco));
  await using ali = await ArmazemPostgres.abre(cluster.url(banco));
  await using sessao = await cluster.sessao("postgres");
  await sessao.executa("BEGIN; CREATE TABLE demorada (n integer); INSERT INTO demorada VALUES (1)");
  using visto = await Visto.de(aqui);
  await visto.temNumeros(await marcaUm(ali, 1));
  await sessao.executa("ROLLBACK");
});

teste("a conexão cai e volta, e nada se perde nem se repete", async (banco) => {
  await using rede = new Intermediario(cluster.porta);
  await using aqui = await ArmazemPostgres.abre(por(rede, banco));
  await using ali = await ArmazemPostgres.abre(cluster.url(banco));
  using visto = await Visto.de(aqui);
  const marcados = [await marcaUm(ali, 1)];
  await visto.temNumeros(...marcados);
  rede.fechado = true;
  rede.corta();
  for (const n of [2, 3]) marcados.push(await marcaUm(ali, n));
  rede.fechado = false;
  marcados.push(await marcaUm(ali, 4));
  await visto.temNumeros(...marcados);
  assertEquals(visto.numeros, marcados);
});

testeComPostgres(
  "o diário seguido: um reserva promovido escreve por cima de números já lidos, e nada se perde",
  async () => {
    await using principal = await Cluster.inicia();
    await using reserva = await principal.reserva();
    const url = principal.url("postgres", { outros: [reserva.porta] });
    await using aqui = await ArmazemPostgres.abre(url);
    await using ali = await ArmazemPostgres.abre(url);
    await using sessao = await reserva.sessao();
    const [NUMEROS, MAIOR] = ["SELECT numero FROM agendamento", "SELECT max(id) FROM diario"];
    /** O que uma página aberta mostra: relê o livro quando pode ter mudado tudo, e junta o que lhe dizem. */
    let pagina: Set<string> | undefined;
    using _segue = aqui.segue(({ tudo, agendamentos }) => {
      if (tudo) {
        const nova = pagina = new Set();
        sessao.executa(NUMEROS).then((lidos) => lidos.forEach(([um]) => nova.add(String(um))));
      }
      for (const { numero } of agendamentos) pagina?.add(String(numero));
    });
    const mostra = (quantos: number, onde: Cluster): Promise<void> =>
      ate(async () => {
        const ha = new Set((await onde.executa(NUMEROS)).map(([um]) => String(um)));
        return ha.size === quantos && pagina?.symmetricDifference(ha).size === 0;
      });
    await ate(() => pagina !== undefined);
    await marcaUm(ali, 1);
    await mostra(1, reserva);
    await sessao.executa("ALTER SYSTEM SET primary_conninfo = ''");
    await sessao.executa("SELECT pg_reload_conf()");
    await ate(async () => (await sessao.executa("SELECT FROM pg_stat_wal_receiver")).length === 0);
    // O que daqui em diante se grava só o principal o tem; e o reserva conhece os 32 números seguintes da sequência, não estes.
    await principal.executa("SELECT nextval('diario_id_seq') FROM generate_series(1, 40)");
    await marcaUm(ali, 2);
    await mostra(2, principal);
    const [[lido]] = await principal.executa(MAIOR);
    await principal.mata();
    await reserva.promove();
    await ate(() => marcaUm(ali, 3).then(() => true, () => false));
    const [[escrito]] = await sessao.executa(MAIOR);
    assert(Number(escrito) < Number(lido), `${escrito} não está abaixo de ${lido}`);
    await mostra(2, reserva);
    await marcaUm(ali, 4);
    await mostra(3, reserva);
  },
);

teste("o que este servidor gravou sem o saber vê-se como o dos outros, e o que não gravou não", async (banco) => {
  await using rede = new Intermediario(cluster.porta);
  const prazos = { lote: 600, leitura: 600, desfecho: 900, parada: 300 };
  await using aqui = await ArmazemPostgres.abre(por(rede, banco), { prazos });
  using visto = await Visto.de(aqui);
  await marcaUm(aqui, 1);
  // A resposta do commit perde-se, e até passar o prazo não se chega ao banco para saber dela.
  rede.sumico = "perde a resposta";
  const lote = aqui.lote(alcance, QUANDO, (vista) => ({
    resultado: 0,
    mudancas: [marca(vista, { cpf: cpfDeExemplo(2), hora: "09:00" })],
  }));
  await ate(() => rede.sumico === undefined);
  rede.fechado = true;
  rede.corta();
  const desfecho = await lote;
  if (desfecho.tipo !== "pendente") throw new Error(desfecho.tipo);
  assertEquals((await desfecho.fim).tipo, "incerto");
  assertEquals(visto.numeros, []);
  rede.fechado = false;
  const [[numero]] = await cluster.executa("SELECT numero FROM agendamento WHERE hora = '09:00'", banco);
  await visto.temNumeros(Number(numero));
  assertEquals(visto.numeros, [Number(numero)]);
});

teste("o que ainda não se sabe se este servidor gravou não se perde, por mais que os outros gravem", async (banco) => {
  await using ali = await ArmazemPostgres.abre(cluster.url(banco));
  const principal = new Principal(lerEndereco(cluster.url(banco)));
  const novidades: Novidade[] = [];
  const seguidor = new SeguidorDoDiario({
    conecta: () => principal.acha({ instrucao: 1000, parada: 1000 }, Infinity),
    ...{ prazo: 1000, nome: "este", aoMudar: (novidade: Novidade) => novidades.push(novidade) },
  });
  try {
    await ate(() => novidades.length > 0);
    const [[id]] = await cluster.executa("SELECT nextval('diario_id_seq')", banco);
    seguidor.decidiu(Number(id));
    const mudancas = '[["balcao","",[["FECHA",7,0,"","FECHA 2026-12-01 2026-12-01"]]]]';
    await cluster.executa(
      `INSERT INTO diario (id, lote, quando, mudancas) VALUES (${id}, 'x', '', '${mudancas}')`,
      banco,
    );
    for (let n = 1; n <= 5; n++) {
      const antes = novidades.length;
      await marcaUm(ali, n);
      await ate(() => novidades.length > antes);
    }
    seguidor.acabou(Number(id), false);
    await ate(() => novidades.some(({ periodos }) => periodos.length > 0));
  } finally {
    await seguidor.fecha();
  }
});

teste("uma linha que alguém mudou por fora é como se tudo mudasse; uma que nada mostra não se diz", async (banco) => {
  await using aqui = await ArmazemPostgres.abre(cluster.url(banco));
  await using ali = await ArmazemPostgres.abre(cluster.url(banco));
  using visto = await Visto.de(aqui);
  await tenta(ali, () => [conta(cpfDeExemplo(1), "10.0.0.7")]);
  await cluster.executa("INSERT INTO diario (lote, quando, mudancas) VALUES ('x', '', 'estragada')", banco);
  await ate(() => visto.novidades.length > 0);
  assertEquals(visto.numeros, ["tudo"]);
});

teste("quem deixa de seguir deixa a conexão", async (banco) => {
  await using aqui = await ArmazemPostgres.abre(cluster.url(banco));
  const conexoes = async (): Promise<number> => {
    const [[quantas]] = await cluster.executa(
      `SELECT count(*) FROM pg_stat_activity WHERE datname = '${banco}' AND application_name LIKE 'clinica/%'`,
    );
    return Number(quantas);
  };
  const antes = await conexoes();
  const visto = await Visto.de(aqui);
  assertEquals(await conexoes(), antes + 1);
  visto[Symbol.dispose]();
  await ate(async () => await conexoes() === antes);
});
