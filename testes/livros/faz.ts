/**
 * Faz os livros de uma versão, que as seguintes têm de abrir (`testes/livros_test.ts`): põe no ar o servidor dela, num
 * arquivo e num PostgreSQL, em duas semanas de um relógio falso, e marca, cancela e consulta pelo fio.
 *
 *     deno run -A testes/livros/faz.ts ../clinica-1.0.0       a pasta em que está aquela versão, num checkout à parte
 *
 * Escreve aqui ao lado `VERSAO.db`, `VERSAO.sql` e `VERSAO.json`: as linhas gravadas e o que o servidor dela respondeu.
 *
 * @module
 */

import { DatabaseSync } from "node:sqlite";
import { type Celula, Cluster, FALTA, programa, SENHA } from "../cluster.ts";
import { cpfDeExemplo, Fio, leLinhas, Pasta, procuraFerramentas } from "../apoio.ts";

/** O arquivo `VERSAO.json`: o que o servidor daquela versão guardou e respondeu. */
export interface Livros {
  /** A hora do servidor nas conversas. */
  agora: string;
  /** O `clinica.json` das conversas. */
  clinica: Clinica;
  /** Consultas e recusas, `[pedido, resposta]`, tal como foram no fio, no instante `agora`. */
  conversas: [pedido: string, resposta: string][];
  /** Todas as linhas do arquivo, por número, como estão gravadas. */
  sqlite: Guardada[];
  /** Todas as linhas no PostgreSQL, por número, como estão gravadas. */
  postgres: Guardada[];
}

/** As colunas da versão 1.0.0, na ordem dela. */
export type Guardada = (string | number | boolean | null)[];

/** Um `clinica.json`. */
export interface Clinica {
  /** O fuso da clínica. */
  fuso: string;
  /** A semana. */
  atendimentos: { especialidade: string; dia: string; inicio: string; vagas: number; minutos: number }[];
}

const COLUNAS =
  "id, cpf, nome, especialidade, profissional, data, hora, minutos, criado_em, cancelado_em, origem, ativo";

// ------------------------------------------------------------------------------------------------------ o que se marca

const ATENDIMENTOS = [
  { especialidade: "CLÍNICO GERAL", dia: "SEGUNDA-FEIRA", inicio: "08:00", vagas: 4, minutos: 30 },
  { especialidade: "DERMATOLOGISTA", dia: "QUARTA-FEIRA", inicio: "08:00", vagas: 3, minutos: 30 },
  { especialidade: "NUTRICIONISTA", dia: "SEXTA-FEIRA", inicio: "08:00", vagas: 3, minutos: 45 },
];

/** Atendia na primeira semana e deixou a clínica: as horas marcadas com ele continuam no livro. */
const OFTALMOLOGISTA = {
  especialidade: "OFTALMOLOGISTA",
  dia: "TERÇA-FEIRA",
  inicio: "08:00",
  vagas: 4,
  minutos: 20,
};

const CPF = Array.from({ length: 12 }, (_, n) => cpfDeExemplo(n));

type Campos = readonly string[];

function marca(n: number, nome: string, especialista: string, quando: string): Campos {
  const [data, dia, horario] = quando.split(" ");
  return ["AGEND", CPF[n], nome, especialista, data, dia, horario];
}

/** Uma parte da história: a hora em que começa, a semana que vale, e o que se pede; juntos vão num pacote só. */
interface Parte {
  /** Hora de Brasília. */
  hora: string;
  atendimentos: typeof ATENDIMENTOS;
  pacotes: readonly (readonly Campos[])[];
}

const PARTES: readonly Parte[] = [
  {
    hora: "2026-03-02T07:30",
    atendimentos: [...ATENDIMENTOS, OFTALMOLOGISTA],
    pacotes: [
      [marca(0, "João D'Ávila da Conceição", "CLINICO GERAL", "02/03/2026 SEGUNDA-FEIRA 08:00")],
      [marca(0, "João D'Ávila da Conceição", "DERMATOLOGISTA", "04/03/2026 QUARTA-FEIRA 08:30")],
      [marca(1, "BIA REIS", "CLINICO GERAL", "02/03/2026 SEGUNDA-FEIRA 08:30")],
      [marca(2, "ÇAUÃ ÑÚÑEZ MÜLLER", "NUTRICIONISTA", "20/03/2026 SEXTA-FEIRA 08:00")],
      [["CANCEL", CPF[2]]],
      [marca(3, "ANA LÚCIA", "NUTRICIONISTA", "20/03/2026 SEXTA-FEIRA 08:00")],
      [marca(4, "IRENE", "OFTALMOLOGISTA", "24/03/2026 TERÇA-FEIRA 08:20")],
      [marca(5, "TITO", "OFTALMOLOGISTA", "24/03/2026 TERÇA-FEIRA 08:40")],
      [marca(6, "LINHA\u2028PARTIDA", "DERMATOLOGISTA", "18/03/2026 QUARTA-FEIRA 08:00")],
      [marca(7, "\u3164", "DERMATOLOGISTA", "18/03/2026 QUARTA-FEIRA 08:30")],
      [marca(8, "\u034f", "DERMATOLOGISTA", "18/03/2026 QUARTA-FEIRA 09:00")],
      [marca(9, "PARÁGRAFO\u2029PARTIDO", "NUTRICIONISTA", "27/03/2026 SEXTA-FEIRA 08:00")],
      [marca(10, "=SOMA(A1)", "NUTRICIONISTA", "27/03/2026 SEXTA-FEIRA 08:45")],
    ],
  },
  {
    hora: "2026-03-09T07:30",
    atendimentos: ATENDIMENTOS,
    pacotes: [
      // A consulta da semana passada sai de ativo, e outra entra.
      [marca(0, "JOÃO D'ÁVILA DA CONCEIÇÃO", "CLÍNICO GERAL", "16/03/2026 SEGUNDA-FEIRA 09:00")],
      // Nasce e morre no mesmo lote.
      [marca(11, "Ã".repeat(120), "CLINICO GERAL", "09/03/2026 SEGUNDA-FEIRA 09:30"), ["CANCEL", CPF[11]]],
      [marca(11, "Ã".repeat(120), "CLINICO GERAL", "16/03/2026 SEGUNDA-FEIRA 08:00")],
      [marca(2, "ÇAUÃ ÑÚÑEZ MÜLLER", "CLINICO GERAL", "09/03/2026 SEGUNDA-FEIRA 08:00")],
      [marca(2, "ÇAUÃ ÑÚÑEZ MÜLLER", "DERMATOLOGISTA", "11/03/2026 QUARTA-FEIRA 08:00")],
    ],
  },
];

const ULTIMA = PARTES[PARTES.length - 1];

/** O que se pergunta na última parte: nada disto muda o livro. */
const PERGUNTAS: readonly Campos[] = [
  ...CPF.map((cpf) => ["BUSCA", cpf]),
  ["BUSCA", cpfDeExemplo(99)],
  ["VAGAS"],
  ["VAGAS", "DERMATOLOGISTA"],
  ["VAGAS", "NUTRICIONISTA", "20/03/2026"],
  ["VAGAS", "OFTALMOLOGISTA"],
  marca(3, "ANA LÚCIA", "DERMATOLOGISTA", "18/03/2026 QUARTA-FEIRA 08:00"),
  marca(1, "BIA REIS", "NUTRICIONISTA", "20/03/2026 SEXTA-FEIRA 08:00"),
  marca(3, "ANA LÚCIA", "NUTRICIONISTA", "13/03/2026 SEXTA-FEIRA 08:00"),
  marca(4, "IRENE", "OFTALMOLOGISTA", "24/03/2026 TERÇA-FEIRA 08:00"),
  ["CANCEL", CPF[1]],
  ["CANCEL", CPF[2]],
  ["CANCEL", CPF[4], "NUTRICIONISTA"],
];

// ------------------------------------------------------------------------------------------------------ o relógio

/** A hora que veem os processos iniciados daqui, nossos e do PostgreSQL. */
class Relogio {
  #arquivo: string;

  constructor(pasta: Pasta, biblioteca: string) {
    this.#arquivo = pasta.arquivo("hora");
    Deno.chmodSync(pasta.caminho, 0o755);
    Deno.env.set("LD_PRELOAD", biblioteca);
    Deno.env.set("FAKETIME_TIMESTAMP_FILE", this.#arquivo);
    Deno.env.set("FAKETIME_NO_CACHE", "1");
    Deno.env.set("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    Deno.env.set("DONT_FAKE_MONOTONIC", "1");
    Deno.env.set("TZ", "UTC");
    this.acerta(PARTES[0].hora);
  }

  /** Passa a ser esta hora de Brasília; devolve o instante. */
  acerta(hora: string): string {
    const instante = Temporal.PlainDateTime.from(hora).toZonedDateTime("America/Sao_Paulo").toInstant().toString();
    Deno.writeTextFileSync(`${this.#arquivo}.nova`, `@${instante.replace("T", " ").replace("Z", "")}\n`);
    Deno.renameSync(`${this.#arquivo}.nova`, this.#arquivo);
    return instante;
  }
}

// ------------------------------------------------------------------------------------------------------ o servidor

function clinica({ atendimentos }: Parte): Clinica {
  return { fuso: "America/Sao_Paulo", atendimentos };
}

/** Roda o servidor da versão sobre um livro e conversa com ele; acaba em ordem. */
async function comServidor<R>(
  versao: string,
  pasta: Pasta,
  banco: string,
  usa: (porta: number) => Promise<R>,
): Promise<R> {
  const processo = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", "--config", `${versao}/deno.json`, `${versao}/servidor.ts`],
      ...["--endereco", "127.0.0.1", "--porta", "0", "--log", "json"],
    ],
    cwd: pasta.caminho,
    env: { CLINICA_BANCO: banco },
    stdout: "piped",
  }).spawn();
  const pronto = Promise.withResolvers<number>();
  const fim = leLinhas(processo.stdout, (linha) => {
    const { evento, porta } = JSON.parse(linha);
    if (evento === "pronto") pronto.resolve(porta);
  }).finally(() => pronto.reject(new Error("o servidor acabou antes de atender")));
  try {
    return await usa(await pronto.promise);
  } finally {
    processo.kill("SIGTERM");
    await processo.status;
    await fim;
  }
}

/** Manda pedidos juntos e devolve as respostas. */
async function pede(fio: Fio, pacote: readonly Campos[]): Promise<string[]> {
  await fio.manda(pacote.map((campos) => `${JSON.stringify(campos)}\n`).join(""));
  const respostas: string[] = [];
  for (const _ of pacote) respostas.push(await fio.linha() ?? "");
  return respostas;
}

/** Vive a história num livro; devolve o que o servidor respondeu às perguntas. */
async function vive(versao: string, relogio: Relogio, banco: string): Promise<Livros["conversas"]> {
  using pasta = new Pasta();
  let conversas: Livros["conversas"] = [];
  for (const parte of PARTES) {
    relogio.acerta(parte.hora);
    Deno.writeTextFileSync(pasta.arquivo("clinica.json"), JSON.stringify(clinica(parte)));
    conversas = await comServidor(versao, pasta, banco, async (porta) => {
      using fio = await Fio.saudado(porta);
      for (const pacote of parte.pacotes) {
        for (const resposta of await pede(fio, pacote)) {
          if (!resposta.startsWith('["OK-')) throw new Error(`a versão recusou ${JSON.stringify(pacote)}: ${resposta}`);
        }
      }
      if (parte !== ULTIMA) return [];
      const respostas = await pede(fio, PERGUNTAS);
      return PERGUNTAS.map((campos, i) => [JSON.stringify(campos), respostas[i]]);
    });
  }
  return conversas;
}

// ------------------------------------------------------------------------------------------------------ os livros

type Feito = { readonly linhas: Guardada[]; readonly conversas: Livros["conversas"] };

/** O livro num arquivo, sem WAL ao lado. */
async function emArquivo(versao: string, relogio: Relogio, destino: string): Promise<Feito> {
  using pasta = new Pasta();
  const banco = pasta.arquivo("clinica.db");
  const conversas = await vive(versao, relogio, banco);
  using db = new DatabaseSync(banco);
  db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  const linhas = db.prepare(`SELECT ${COLUNAS} FROM agendamento ORDER BY id`).all()
    .map((linha): Guardada => Object.values(linha).map((valor, i) => i === 11 ? valor === 1 : emJson(valor)));
  Deno.copyFileSync(banco, destino);
  return { linhas, conversas };
}

function emJson(valor: unknown): string | number | null {
  if (typeof valor === "string" || typeof valor === "number" || valor === null) return valor;
  throw new Error(`o livro tem um valor inesperado: ${valor}`);
}

/** O livro num PostgreSQL, em SQL que qualquer versão dele entende e qualquer cliente manda. */
async function emPostgres(versao: string, relogio: Relogio, destino: string): Promise<Feito> {
  await using cluster = await Cluster.inicia();
  const url = await cluster.banco("clinica");
  const conversas = await vive(versao, relogio, url);
  const linhas = (await cluster.executa(`SELECT ${COLUNAS} FROM agendamento ORDER BY id`, "clinica")).map(daTabela);
  const despejo = await programa("pg_dump", [
    ...["--inserts", "--no-owner", "--no-privileges", "--dbname"],
    `host=127.0.0.1 port=${cluster.porta} user=clinica dbname=clinica`,
  ], { PGPASSWORD: SENHA });
  // Sem o que é só do psql, nem os ajustes de sessão, que mudam de versão para versão.
  const sql = despejo.replace(/^(?:--.*|\\.*|SET .*;|SELECT pg_catalog\.set_config.*;)\n/gm, "").replace(
    /\n{2,}/g,
    "\n\n",
  );
  Deno.writeTextFileSync(destino, sql.trimStart());
  return { linhas, conversas };
}

function daTabela(celulas: readonly Celula[]): Guardada {
  return celulas.map((texto, i) => i === 0 || i === 7 ? Number(texto) : i === 11 ? texto === "t" : texto);
}

/** JSON com uma conversa ou um agendamento por linha. */
function emLinhas(livros: Livros): string {
  const campos = Object.entries(livros).map(([nome, valor]) => {
    const escrito = Array.isArray(valor)
      ? `[\n${valor.map((um) => `    ${JSON.stringify(um)}`).join(",\n")}\n  ]`
      : JSON.stringify(valor);
    return `  "${nome}": ${escrito}`;
  });
  return `{\n${campos.join(",\n")}\n}\n`;
}

if (import.meta.main) {
  const [pastaDaVersao] = Deno.args;
  if (pastaDaVersao === undefined) throw new Error("falta a pasta da versão: um checkout dela");
  if (FALTA !== undefined) throw new Error(FALTA);
  const { faketime } = await procuraFerramentas();
  if (faketime === undefined) throw new Error("falta faketime; apt install faketime");
  const versao = Deno.realPathSync(pastaDaVersao);
  const numero: string = JSON.parse(Deno.readTextFileSync(`${versao}/deno.json`)).version;
  const destino = `${import.meta.dirname}/${numero}`;
  using pasta = new Pasta();
  const relogio = new Relogio(pasta, faketime);
  const arquivo = await emArquivo(versao, relogio, `${destino}.db`);
  const postgres = await emPostgres(versao, relogio, `${destino}.sql`);
  if (JSON.stringify(arquivo.conversas) !== JSON.stringify(postgres.conversas)) {
    throw new Error("os dois livros não respondem o mesmo");
  }
  Deno.writeTextFileSync(
    `${destino}.json`,
    emLinhas({
      agora: relogio.acerta(ULTIMA.hora),
      clinica: clinica(ULTIMA),
      conversas: arquivo.conversas,
      sqlite: arquivo.linhas,
      postgres: postgres.linhas,
    }),
  );
}
