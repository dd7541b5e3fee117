/**
 * As medidas que não são pedidos por segundo: consultas durante gravações, conexões paradas, o início com o livro vazio
 * e com um milhão de agendamentos, o cliente de um comando só. Chamado por `bench.ts`.
 *
 * @module
 */

import { DatabaseSync } from "node:sqlite";
import { delay } from "@std/async";
import { ArmazemSqlite } from "../armazem/sqlite.ts";
import {
  comando,
  type Concorrente,
  encerra,
  esperaPorta,
  inicia,
  mediana,
  type Medidor,
  memoria,
  portaLivre,
  servidor,
} from "./medidor.ts";

/** Uma medida, por extenso, ao lado do que se quer dela. */
export interface Extra {
  /** O que se mediu. */
  medida: string;
  /** Quanto deu. */
  valor: string;
  /** Quanto se quer. */
  meta: string;
}

const PARADAS = 10_000;
const DESCANSO = 45_000;
const LIVRO_GRANDE = 1_000_000;
const ESPECIALIDADES_DO_LIVRO_GRANDE = 50;
const REPETICOES = 7;

/** Faz todas; cada uma com o seu servidor. */
export async function extras(pasta: string, medidor: Medidor): Promise<Extra[]> {
  const vazio = await inicio(pasta, "vazio.db", []);
  return [
    ...await consultasDuranteGravacoes(pasta, medidor),
    ...await conexoesParadas(pasta),
    { medida: "início até atender, livro vazio", valor: ms(vazio.pronto), meta: "≤ 150 ms" },
    ...await livroGrande(pasta, medidor),
    ...await umComando(pasta),
  ];
}

function ms(valor: number): string {
  return `${valor < 10 ? valor.toFixed(2) : valor.toFixed(0)} ms`;
}

async function consultasDuranteGravacoes(pasta: string, medidor: Medidor): Promise<Extra[]> {
  const quem = await servidor(pasta);
  try {
    const cinquenta = { conexoes: 50, emVoo: 1 };
    const sos: number[] = [];
    const juntas: number[] = [];
    for (let i = 0; i < 5; i++) {
      sos.push((await medidor.mede(quem, "busca", cinquenta)).p99);
      const [consultas] = await Promise.all([
        medidor.mede(quem, "busca", cinquenta),
        medidor.mede(quem, "par", { conexoes: 500, emVoo: 1 }),
      ]);
      juntas.push(consultas.p99);
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

async function conexoesParadas(pasta: string): Promise<Extra[]> {
  const quem = await servidor(pasta, { args: ["--conexoes", `${PARADAS + 100}`] });
  const conexoes: Deno.TcpConn[] = [];
  try {
    const antes = memoria(quem.processo.pid);
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
    const tempo = performance.now() - comeco;
    const cada = (memoria(quem.processo.pid) - antes) / PARADAS;
    // O lixo de aceitar dez mil fica até que o V8, parado, o recolha: é depois disso que uma conexão está parada.
    await delay(DESCANSO);
    const assentada = (memoria(quem.processo.pid) - antes) / PARADAS;
    return [
      {
        medida: `memória por conexão parada, ${PARADAS} delas, ${DESCANSO / 1000} s depois`,
        valor: `${(assentada / 1000).toFixed(1)} KB (logo: ${(cada / 1000).toFixed(1)})`,
        meta: "≤ 9 KB",
      },
      {
        medida: "tempo até que todas sejam saudadas; recusadas",
        valor: `${ms(tempo)}; ${recusadas}`,
        meta: "≤ 1,5 s; 0",
      },
    ];
  } finally {
    for (const conexao of conexoes) conexao.close();
    await encerra(quem);
  }
}

interface Inicio {
  quem: Concorrente;
  pronto: number;
}

async function inicia1(pasta: string, livro: string, args: readonly string[]): Promise<Inicio> {
  const porta = portaLivre();
  const comeco = performance.now();
  const processo = inicia(
    comando(
      "servidor.ts",
      ...["--porta", `${porta}`, "--endereco", "127.0.0.1", "--banco", `${pasta}/${livro}`, ...args],
    ),
    `${pasta}/inicio.log`,
  );
  await esperaPorta(porta);
  return { quem: { nome: "servidor", fala: "clinica", porta, processo }, pronto: performance.now() - comeco };
}

/** O tempo até atender, mediana de várias vezes. */
async function inicio(pasta: string, livro: string, args: readonly string[]): Promise<{ pronto: number }> {
  const tempos: number[] = [];
  for (let i = 0; i < REPETICOES; i++) {
    const { quem, pronto } = await inicia1(pasta, livro, args);
    tempos.push(pronto);
    await encerra(quem);
  }
  return { pronto: mediana(tempos) };
}

/** Um milhão de agendamentos na janela aberta: cinquenta especialidades, uma vaga por minuto, metade delas tomada. */
async function enche(livro: string): Promise<void> {
  await ArmazemSqlite.abre(livro)[Symbol.asyncDispose]();
  using db = new DatabaseSync(livro);
  const amanha = Temporal.Now.plainDateISO("America/Sao_Paulo").add({ days: 1 });
  db.exec("PRAGMA synchronous = OFF");
  db.prepare(
    `WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?1)
     INSERT INTO agendamento
     SELECT i + 1, printf('%011d', 10000000000 + i * 7919), 'MARIA APARECIDA DA SILVA ' || char(65 + i % 26),
       printf('ESPECIALIDADE %02d', i % ?2), '', date(?3, '+' || (i / ?2 % 27) || ' days'),
       printf('%02d:%02d', i / ?2 / 27 / 60, i / ?2 / 27 % 60), 1, '2026-01-01T00:00:00Z', NULL, '127.0.0.1', 1
     FROM n`,
  ).run(LIVRO_GRANDE, ESPECIALIDADES_DO_LIVRO_GRANDE, amanha.toString());
}

async function livroGrande(pasta: string, medidor: Medidor): Promise<Extra[]> {
  await enche(`${pasta}/grande.db`);
  const dias = ["SEGUNDA-FEIRA", "TERÇA-FEIRA", "QUARTA-FEIRA", "QUINTA-FEIRA", "SEXTA-FEIRA", "SÁBADO", "DOMINGO"];
  const atendimentos = Array.from({ length: ESPECIALIDADES_DO_LIVRO_GRANDE }, (_, i) =>
    dias.map((dia) => ({
      especialidade: `ESPECIALIDADE ${String(i).padStart(2, "0")}`,
      dia,
      inicio: "00:00",
      vagas: 1440,
      minutos: 1,
    }))).flat();
  Deno.writeTextFileSync(`${pasta}/grande.json`, JSON.stringify({ atendimentos }));
  const args = ["--config", `${pasta}/grande.json`];
  const { pronto } = await inicio(pasta, "grande.db", args);
  const [vazio, grande] = [(await inicia1(pasta, "vazio.db", [])).quem, (await inicia1(pasta, "grande.db", args)).quem];
  try {
    const taxas: [number[], number[]] = [[], []];
    const cinquenta = { conexoes: 50, emVoo: 1 };
    for (let i = 0; i < REPETICOES; i++) {
      taxas[0].push((await medidor.mede(vazio, "busca", cinquenta)).porSegundo);
      taxas[1].push((await medidor.mede(grande, "busca", cinquenta)).porSegundo);
    }
    const razao = mediana(taxas[1]) / mediana(taxas[0]);
    return [
      { medida: "início até atender, 1.000.000 de agendamentos ativos", valor: ms(pronto), meta: "≤ 3 s" },
      {
        medida: "memória com eles",
        valor: `${(memoria(grande.processo.pid) / 2 ** 20).toFixed(0)} MiB`,
        meta: "≤ 700 MB",
      },
      { medida: "consultas com eles, contra o livro vazio", valor: `${razao.toFixed(2)} x`, meta: "≥ 0,90 x" },
    ];
  } finally {
    await encerra(vazio);
    await encerra(grande);
  }
}

async function umComando(pasta: string): Promise<Extra[]> {
  const quem = await servidor(pasta);
  try {
    const tempos: number[] = [];
    for (let i = 0; i < REPETICOES + 1; i++) {
      const comeco = performance.now();
      const [programa, ...args] = comando("cliente.ts", "127.0.0.1", `${quem.porta}`, "buscar", "--cpf", "52998224725");
      await new Deno.Command(programa, { args }).output();
      tempos.push(performance.now() - comeco);
    }
    return [{
      medida: "uma consulta pelo cliente, processo inteiro",
      valor: ms(mediana(tempos.slice(1))),
      meta: "≤ 150 ms",
    }];
  } finally {
    await encerra(quem);
  }
}
