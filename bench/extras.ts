/**
 * As medidas que não são pedidos por segundo: consultas durante gravações, conexões paradas, o início com o livro vazio
 * e com um milhão de agendamentos, o cliente de um comando só. `bench.ts` chama `extras`; `contra.ts`, cada medida, nesta
 * versão do projeto e em outra.
 *
 * @module
 */

import { DatabaseSync } from "node:sqlite";
import { delay } from "@std/async";
import { ArmazemSqlite } from "../armazem/sqlite.ts";
import { ESQUEMA_1, ID_DA_APLICACAO } from "../armazem/sqlite_esquema.ts";
import { lerOferta } from "../clinica/oferta.ts";
import {
  comando,
  type Concorrente,
  encerra,
  esperaPorta,
  type Extra,
  inicia,
  mediana,
  type Medidor,
  memoria,
  ofertas,
  portaLivre,
  RAIZ,
  servidor,
} from "./medidor.ts";
import { daEspera } from "./espera.ts";
import { dasPessoas } from "./pessoas.ts";
import { doTls } from "./tls.ts";
import { cpfDeExemplo, Fio } from "../testes/apoio.ts";

/** Conexões que se abrem e calam. */
export const PARADAS = 10_000;

/** O lixo de aceitar tantas fica até que o V8, parado, o recolha, em ms: é depois disso que uma conexão está parada. */
export const DESCANSO = 45_000;

/** Quantos agendamentos tem o dia que se lista. */
const DIA_CHEIO = 500;

/** Frases-senha que se erram a cada pessoa. */
const TENTATIVAS = 100;

const LIVRO_GRANDE = 1_000_000;
const ESPECIALIDADES_DO_LIVRO_GRANDE = 50;
const REPETICOES = 7;

const CINQUENTA = { conexoes: 50, emVoo: 1 };

/** Faz todas; cada uma com o seu servidor. */
export async function extras(pasta: string, medidor: Medidor): Promise<Extra[]> {
  return [
    ...await consultasDuranteGravacoes(pasta, medidor),
    ...await paradas(pasta),
    {
      medida: "início até atender, livro vazio",
      valor: ms(await repete(() => tempoDeInicio(pasta))),
      meta: "≤ 150 ms",
    },
    ...await doDia(pasta, medidor),
    ...await daEspera(pasta, medidor),
    ...await doTls(pasta, medidor.segundos),
    ...await dasPessoas(pasta, TENTATIVAS),
    ...await livroGrande(pasta, medidor),
    ...await umComando(pasta),
  ];
}

async function repete(mede: () => Promise<number>): Promise<number> {
  const valores: number[] = [];
  for (let i = 0; i < REPETICOES; i++) valores.push(await mede());
  return mediana(valores);
}

function ms(valor: number): string {
  return `${valor < 10 ? valor.toFixed(2) : valor.toFixed(0)} ms`;
}

// ------------------------------------------------------------------------------------------------ cada uma, uma vez só

/** O p99 de uma consulta, 50 conexões, enquanto 500 marcam e desmarcam, em ms. */
export async function p99DuranteGravacoes(medidor: Medidor, quem: Concorrente): Promise<number> {
  const [consultas] = await Promise.all([
    medidor.mede(quem, "busca", CINQUENTA),
    medidor.mede(quem, "par", { conexoes: 500, emVoo: 1 }),
  ]);
  return consultas.p99;
}

/** O que `PARADAS` conexões que calam custam. */
export interface Paradas {
  /** Até que todas sejam saudadas, em ms. */
  tempo: number;
  /** As que o servidor fechou. */
  recusadas: number;
  /** Bytes por conexão, logo que estão todas. */
  logo: number;
  /** Bytes por conexão, depois do descanso. */
  assentada: number;
}

/** Abre `PARADAS` conexões que calam, num servidor novo, e espera o descanso, em ms. */
export async function conexoesParadas(pasta: string, descanso: number, raiz: string = RAIZ): Promise<Paradas> {
  const quem = await servidor(pasta, { args: ["--conexoes", `${PARADAS + 100}`], raiz });
  const conexoes: Deno.TcpConn[] = [];
  try {
    const antes = memoria(quem.processo.pid);
    const porConexao = (): number => (memoria(quem.processo.pid) - antes) / PARADAS;
    const comeco = performance.now();
    const saudacao = new Uint8Array(1024);
    let recusadas = 0;
    // Cem por vez: quem mede também é um processo só.
    for (let i = 0; i < PARADAS; i += 100) {
      const novas = await Promise.all(
        Array.from({ length: 100 }, () => Deno.connect({ hostname: "127.0.0.1", port: quem.porta })),
      );
      conexoes.push(...novas);
    }
    await Promise.all(conexoes.map(async (conexao) => {
      const lidos = await conexao.read(saudacao.slice());
      if (lidos === null) recusadas++;
    }));
    const [tempo, logo] = [performance.now() - comeco, porConexao()];
    await delay(descanso);
    return { tempo, recusadas, logo, assentada: porConexao() };
  } finally {
    for (const conexao of conexoes) conexao.close();
    await encerra(quem);
  }
}

/** O tempo até que um servidor atenda, em ms, num livro da pasta. */
export async function tempoDeInicio(
  pasta: string,
  { livro = "vazio.db", args = [], raiz = RAIZ }: { livro?: string; args?: readonly string[]; raiz?: string } = {},
): Promise<number> {
  const porta = portaLivre();
  const suas = ["--porta", `${porta}`, "--endereco", "127.0.0.1", "--banco", `${pasta}/${livro}`, ...args];
  const comeco = performance.now();
  const processo = inicia(comando("servidor.ts", suas, raiz), `${pasta}/inicio.log`);
  await esperaPorta(porta);
  const tempo = performance.now() - comeco;
  await encerra({ nome: "servidor", fala: "clinica", porta, processo });
  return tempo;
}

/** Quanto demora a lista de um dia cheio, uma conexão, em ms: a metade não passa disto. */
export async function tempoDaLista(pasta: string, medidor: Medidor): Promise<number> {
  const [[especialidade, data, dia]] = ofertas();
  const semana = { atendimentos: [{ especialidade, dia, inicio: "08:00", vagas: DIA_CHEIO, minutos: 1 }] };
  const quem = await servidor(pasta, { banco: `${pasta}/lista.db`, semana });
  try {
    using fio = await Fio.saudado(quem.porta);
    for (let n = 0; n < DIA_CHEIO; n++) {
      const cpf = cpfDeExemplo(n);
      await fio.pede({ comando: "AGEND", cpf, nome: "MARIA DA SILVA", especialista: especialidade, data, dia });
    }
    const deste: Concorrente = { ...quem, ofertas: [[especialidade, data, dia]] };
    return await repete(async () => (await medidor.mede(deste, "lista", { conexoes: 1, emVoo: 1 })).p50);
  } finally {
    await encerra(quem);
  }
}

/** Quanto leva uma consulta pelo cliente, processo inteiro, em ms. */
export async function tempoDoCliente(quem: Concorrente, raiz: string = RAIZ): Promise<number> {
  const [programa, ...args] = comando("cliente.ts", ["127.0.0.1", `${quem.porta}`, "buscar", "--cpf", CPF], raiz);
  const comeco = performance.now();
  await new Deno.Command(programa, { args, stdout: "null", stderr: "null" }).output();
  return performance.now() - comeco;
}

const CPF = "52998224725";

/**
 * Um milhão de agendamentos na janela aberta: cinquenta especialidades, uma vaga por minuto, metade delas tomada. O livro é
 * da primeira versão, que as anteriores também abrem; o desta é trazido a hoje.
 */
export async function encheLivro(livro: string, raiz: string = RAIZ): Promise<void> {
  escreveDaPrimeira(livro);
  if (raiz === RAIZ) await ArmazemSqlite.abre(livro)[Symbol.asyncDispose]();
}

function escreveDaPrimeira(livro: string): void {
  using db = new DatabaseSync(livro);
  const amanha = Temporal.Now.plainDateISO("America/Sao_Paulo").add({ days: 1 });
  db.exec(`PRAGMA synchronous = OFF; ${ESQUEMA_1}`);
  db.exec(`PRAGMA application_id = ${ID_DA_APLICACAO}; PRAGMA user_version = 1`);
  db.prepare(
    `WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?1)
     INSERT INTO agendamento
     SELECT i + 1, printf('%011d', 10000000000 + i * 7919), 'MARIA APARECIDA DA SILVA ' || char(65 + i % 26),
       printf('ESPECIALIDADE %02d', i % ?2), '', date(?3, '+' || (i / ?2 % 27) || ' days'),
       printf('%02d:%02d', i / ?2 / 27 / 60, i / ?2 / 27 % 60), 1, '2026-01-01T00:00:00Z', NULL, '127.0.0.1', 1
     FROM n`,
  ).run(LIVRO_GRANDE, ESPECIALIDADES_DO_LIVRO_GRANDE, amanha.toString());
}

/** A semana em que esses agendamentos cabem. */
export const SEMANA_GRANDE = {
  atendimentos: Array.from(
    { length: ESPECIALIDADES_DO_LIVRO_GRANDE },
    (_, i) =>
      lerOferta().diasDaSemana.map((dia) => ({
        especialidade: `ESPECIALIDADE ${String(i).padStart(2, "0")}`,
        dia,
        inicio: "00:00",
        vagas: 1440,
        minutos: 1,
      })),
  ).flat(),
};

// -------------------------------------------------------------------------------------------------- por extenso, muitas

async function consultasDuranteGravacoes(pasta: string, medidor: Medidor): Promise<Extra[]> {
  const quem = await servidor(pasta);
  try {
    const sos: number[] = [];
    const juntas: number[] = [];
    for (let i = 0; i < 5; i++) {
      sos.push((await medidor.mede(quem, "busca", CINQUENTA)).p99);
      juntas.push(await p99DuranteGravacoes(medidor, quem));
    }
    const [so, junto] = [mediana(sos), mediana(juntas)];
    return [
      { medida: "p99 de uma consulta, 50 conexões, sozinhas", valor: ms(so), meta: "" },
      {
        medida: "o mesmo, enquanto 500 conexões marcam e desmarcam",
        valor: `${ms(junto)} (${(junto / so).toFixed(1)} x)`,
        meta: "≤ 10 x",
      },
    ];
  } finally {
    await encerra(quem);
  }
}

async function paradas(pasta: string): Promise<Extra[]> {
  const { tempo, recusadas, logo, assentada } = await conexoesParadas(pasta, DESCANSO);
  return [
    {
      medida: `memória por conexão parada, ${PARADAS} delas, ${DESCANSO / 1000} s depois`,
      valor: `${(assentada / 1000).toFixed(1)} KB (logo: ${(logo / 1000).toFixed(1)})`,
      meta: "≤ 9 KB",
    },
    {
      medida: "tempo até que todas sejam saudadas; recusadas",
      valor: `${ms(tempo)}; ${recusadas}`,
      meta: "≤ 1,5 s; 0",
    },
  ];
}

/** Mover, ao lado de marcar e desmarcar; e a lista de um dia cheio. */
async function doDia(pasta: string, medidor: Medidor): Promise<Extra[]> {
  const quem = await servidor(pasta, { banco: `${pasta}/move.db` });
  const taxas: [number[], number[]] = [[], []];
  try {
    for (let i = 0; i < REPETICOES; i++) {
      taxas[0].push((await medidor.mede(quem, "par", CINQUENTA)).porSegundo);
      taxas[1].push((await medidor.mede(quem, "move", CINQUENTA)).porSegundo);
    }
  } finally {
    await encerra(quem);
  }
  const [pares, movidos] = taxas.map(mediana);
  return [
    {
      medida: "movimentos por segundo, 50 conexões, contra marcar e desmarcar",
      valor: `${Math.round(movidos).toLocaleString("pt-BR")}/s (${(movidos / pares).toFixed(2)} x)`,
      meta: "≥ 0,70 x",
    },
    {
      medida: `a lista de um dia com ${DIA_CHEIO} agendamentos`,
      valor: ms(await tempoDaLista(pasta, medidor)),
      meta: "≤ 2 ms",
    },
  ];
}

async function livroGrande(pasta: string, medidor: Medidor): Promise<Extra[]> {
  const [sua, outra] = [`${pasta}/grande`, `${pasta}/pequeno`];
  for (const nova of [sua, outra]) Deno.mkdirSync(nova);
  await encheLivro(`${sua}/clinica.db`);
  const grande = await servidor(sua, { semana: SEMANA_GRANDE });
  const vazio = await servidor(outra, { semana: {} });
  const taxas: [number[], number[]] = [[], []];
  let ocupa = 0;
  try {
    for (let i = 0; i < REPETICOES; i++) {
      taxas[0].push((await medidor.mede(vazio, "busca", CINQUENTA)).porSegundo);
      taxas[1].push((await medidor.mede(grande, "busca", CINQUENTA)).porSegundo);
    }
    ocupa = memoria(grande.processo.pid);
  } finally {
    await encerra(vazio);
    await encerra(grande);
  }
  const args = ["--config", `${sua}/semana.json`];
  const inicio = await repete(() => tempoDeInicio(sua, { livro: "clinica.db", args }));
  const razao = mediana(taxas[1]) / mediana(taxas[0]);
  return [
    { medida: "início até atender, 1.000.000 de agendamentos ativos", valor: ms(inicio), meta: "≤ 3 s" },
    { medida: "memória com eles", valor: `${(ocupa / 2 ** 20).toFixed(0)} MiB`, meta: "≤ 700 MB" },
    { medida: "consultas com eles, contra o livro vazio", valor: `${razao.toFixed(2)} x`, meta: "≥ 0,90 x" },
  ];
}

async function umComando(pasta: string): Promise<Extra[]> {
  const quem = await servidor(pasta);
  try {
    await tempoDoCliente(quem);
    const tempo = await repete(() => tempoDoCliente(quem));
    return [{ medida: "uma consulta pelo cliente, processo inteiro", valor: ms(tempo), meta: "≤ 150 ms" }];
  } finally {
    await encerra(quem);
  }
}
