/**
 * As medidas de vários servidores num só PostgreSQL, ao lado da mesma marcação escrita como função do banco e chamada
 * pelo `pgbench`. Chamado por `bench.ts` e `contra.ts`; o cluster é temporário, com fsync.
 *
 * @module
 */

import { Cluster, FALTA, programa, SENHA } from "../testes/cluster.ts";
import { dataNoFio } from "../protocolo.ts";
import { type Concorrente, DIAS_UTEIS, encerra, type Extra, mediana, type Medidor, servidor } from "./medidor.ts";

const RODADAS = 3;

/** Em cada nível, quantas conexões ao todo, e por quantos servidores se dividem. */
const NIVEIS: readonly { conexoes: number; divisoes: readonly number[] }[] = [
  { conexoes: 1, divisoes: [1] },
  { conexoes: 50, divisoes: [1, 2, 4] },
  { conexoes: 500, divisoes: [1] },
];
const SERVIDORES = 4;

/** Com 50 conexões, contra a função, por quantos servidores. */
const META: Readonly<Record<number, string>> = { 1: "≥ 0,8 x", 2: "≥ 1,0 x" };

/** Dois dias de 720 horas: todos disputam os mesmos dias, e ninguém fica sem vaga. */
const SEMANA = {
  atendimentos: DIAS_UTEIS.slice(0, 2).map((dia) => ({
    especialidade: "CLINICO GERAL",
    dia,
    inicio: "00:00",
    vagas: 720,
    minutos: 2,
  })),
};

/** O que falta para estas medidas, se falta. */
export const FALTA_POSTGRES: string | undefined = FALTA;

/** Servidores que partilham um banco num cluster só deles; param e somem juntos. */
export class Partilhado implements AsyncDisposable {
  /** O cluster. */
  readonly cluster: Cluster;
  /** Os servidores. */
  readonly servidores: readonly Concorrente[];

  private constructor(cluster: Cluster, servidores: readonly Concorrente[]) {
    this.cluster = cluster;
    this.servidores = servidores;
  }

  /** Sobe o cluster e tantos servidores, cada um na sua pasta dentro da que se diz. */
  static async sobe(pasta: string, quantos: number, raiz?: string): Promise<Partilhado> {
    // As conexões do pgbench e as dos servidores.
    const cluster = await Cluster.inicia(["max_connections=600"]);
    const servidores: Concorrente[] = [];
    const partilhado = new Partilhado(cluster, servidores);
    try {
      const banco = await cluster.banco("bench");
      const ofertas = proximosDias().map(({ noFio, dia }) => ["CLINICO GERAL", noFio, dia] as const);
      for (let i = 0; i < quantos; i++) {
        const sua = `${pasta}/servidor${i}`;
        Deno.mkdirSync(sua);
        servidores.push({ ...await servidor(sua, { banco, semana: SEMANA, raiz }), ofertas });
      }
      return partilhado;
    } catch (causa) {
      await partilhado[Symbol.asyncDispose]();
      throw causa;
    }
  }

  /** Para os servidores e apaga o cluster. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const quem of this.servidores) await encerra(quem);
    await this.cluster[Symbol.asyncDispose]();
  }
}

/** Pares por segundo com um, dois e quatro servidores e pelo `pgbench`, em turnos, e consultas por segundo. */
export async function postgres(pasta: string, medidor: Medidor): Promise<Extra[]> {
  await using partilhado = await Partilhado.sobe(pasta, SERVIDORES);
  const { cluster, servidores } = partilhado;
  const dias = proximosDias();
  await programa("psql", [...acesso(cluster), "--quiet", "--file", `${import.meta.dirname}/reserva.sql`], AMBIENTE);
  const medidas: Extra[] = [];
  for (const { conexoes, divisoes } of NIVEIS) {
    const funcao: number[] = [];
    const deles = new Map(divisoes.map((quantos) => [quantos, [] as number[]]));
    for (let rodada = 0; rodada < RODADAS; rodada++) {
      funcao.push(await pgbench(cluster, dias.map(({ iso }) => iso), { conexoes, segundos: medidor.segundos }));
      for (const [quantos, seus] of deles) {
        seus.push(await paresPorSegundo(medidor, servidores.slice(0, quantos), conexoes));
      }
    }
    const medida = mediana(funcao);
    const quantas = plural(conexoes, "conexão", "conexões ao todo");
    medidas.push(
      {
        medida: `função no PostgreSQL, pgbench, ${plural(conexoes, "cliente", "clientes")}`,
        valor: `${inteiro(medida)} pares/s`,
        meta: "",
      },
      ...[...deles].map(([quantos, seus]) => ({
        medida: `${plural(quantos, "servidor", "servidores")} no mesmo PostgreSQL, ${quantas}`,
        valor: `${inteiro(mediana(seus))} pares/s (${(mediana(seus) / medida).toFixed(2)} x)`,
        meta: conexoes === 50 ? META[quantos] ?? "" : "",
      })),
    );
  }
  const consultas: number[] = [];
  for (let rodada = 0; rodada < RODADAS; rodada++) {
    consultas.push((await medidor.mede(servidores[0], "busca", { conexoes: 50, emVoo: 1 })).porSegundo);
  }
  medidas.push({
    medida: "consultas, um servidor no PostgreSQL, 50 conexões",
    valor: `${inteiro(mediana(consultas))} /s`,
    meta: "",
  });
  return medidas;
}

/** Pares por segundo, as conexões divididas por igual entre os servidores, todos ao mesmo tempo. */
export async function paresPorSegundo(
  medidor: Medidor,
  servidores: readonly Concorrente[],
  conexoes: number,
): Promise<number> {
  const nivel = { conexoes: Math.ceil(conexoes / servidores.length), emVoo: 1 };
  const medidas = await Promise.all(servidores.map((quem) => medidor.mede(quem, "par", nivel)));
  return medidas.reduce((soma, { porSegundo }) => soma + porSegundo, 0) / 2;
}

function plural(quantos: number, um: string, muitos: string): string {
  return `${quantos} ${quantos === 1 ? um : muitos}`;
}

function inteiro(n: number): string {
  return Math.round(n).toLocaleString("pt-BR");
}

const AMBIENTE = { PGPASSWORD: SENHA };

function acesso(cluster: Cluster): string[] {
  return ["--host", "127.0.0.1", "--port", `${cluster.porta}`, "--username", "clinica", "--dbname", "bench"];
}

/** Pares por segundo: um par por transação do script. Cada cliente é um processo do banco: 500 levam um segundo a vir. */
async function pgbench(
  cluster: Cluster,
  [dia1, dia2]: string[],
  { conexoes, segundos }: { conexoes: number; segundos: number },
): Promise<number> {
  const dito = await programa("pgbench", [
    // O `--dbname` do psql é um argumento solto aqui.
    ...acesso(cluster).slice(0, -2),
    ...["--no-vacuum", "--file", `${import.meta.dirname}/reserva.pgbench`, "--protocol", "prepared"],
    ...[
      "--client",
      `${conexoes}`,
      "--jobs",
      `${Math.min(conexoes, 2)}`,
      "--time",
      `${Math.ceil(Math.max(segundos, conexoes / 100))}`,
    ],
    ...["--define", "especialidade=CLINICO GERAL", "--define", `dia1=${dia1}`, "--define", `dia2=${dia2}`, "bench"],
  ], AMBIENTE);
  const tps = Number(/^tps = ([\d.]+)/m.exec(dito)?.[1]);
  if (!(tps > 0)) throw new Error(`o pgbench não disse quantas fez:\n${dito}`);
  return tps;
}

/** A próxima segunda e a terça seguinte. */
function proximosDias(): { iso: string; noFio: string; dia: string }[] {
  const hoje = Temporal.Now.plainDateISO("America/Sao_Paulo");
  const segunda = hoje.add({ days: 8 - hoje.dayOfWeek });
  return [segunda, segunda.add({ days: 1 })].map((data, i) => ({
    iso: data.toString(),
    noFio: dataNoFio(data.toString()),
    dia: DIAS_UTEIS[i],
  }));
}
