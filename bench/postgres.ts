/**
 * As medidas de vários servidores num só PostgreSQL, ao lado da mesma marcação escrita como função do banco e chamada
 * pelo `pgbench`. Chamado por `bench.ts`; o cluster é temporário, com fsync.
 *
 * @module
 */

import { Cluster, FALTA, programa, SENHA } from "../cluster.ts";
import type { Extra } from "./extras.ts";
import { type Concorrente, encerra, mediana, type Medidor, servidor } from "./medidor.ts";

const CONEXOES = 50;
const RODADAS = 3;
const SERVIDORES = [1, 2, 4];

/** Dois dias de 720 horas: todos disputam os mesmos dias, e ninguém fica sem vaga. */
const SEMANA = {
  atendimentos: ["SEGUNDA-FEIRA", "TERÇA-FEIRA"].map((dia) => ({
    especialidade: "CLINICO GERAL",
    dia,
    inicio: "00:00",
    vagas: 720,
    minutos: 2,
  })),
};

/** O que falta para estas medidas, se falta. */
export const FALTA_POSTGRES: string | undefined = FALTA;

/** Pares por segundo com um, dois e quatro servidores e pelo `pgbench`, em turnos, e consultas por segundo. */
export async function postgres(pasta: string, medidor: Medidor): Promise<Extra[]> {
  await using cluster = await Cluster.inicia();
  const banco = await cluster.banco("bench");
  const dias = proximosDias();
  const servidores: Concorrente[] = [];
  try {
    for (let i = 0; i < Math.max(...SERVIDORES); i++) {
      const sua = `${pasta}/servidor${i}`;
      Deno.mkdirSync(sua);
      const quem = await servidor(sua, { banco, semana: SEMANA });
      servidores.push({ ...quem, ofertas: dias.map(({ noFio, dia }) => ["CLINICO GERAL", noFio, dia]) });
    }
    await programa("psql", [...acesso(cluster), "--quiet", "--file", `${import.meta.dirname}/reserva.sql`], AMBIENTE);
    const funcao: number[] = [];
    const deles = new Map(SERVIDORES.map((quantos) => [quantos, [] as number[]]));
    const consultas: number[] = [];
    for (let rodada = 0; rodada < RODADAS; rodada++) {
      funcao.push(await pgbench(cluster, dias.map(({ iso }) => iso), medidor.segundos));
      for (const [quantos, seus] of deles) {
        const nivel = { conexoes: Math.ceil(CONEXOES / quantos), emVoo: 1 };
        const medidas = await Promise.all(
          servidores.slice(0, quantos).map((quem) => medidor.mede(quem, "par", nivel)),
        );
        seus.push(medidas.reduce((soma, { porSegundo }) => soma + porSegundo, 0) / 2);
      }
      consultas.push((await medidor.mede(servidores[0], "busca", { conexoes: CONEXOES, emVoo: 1 })).porSegundo);
    }
    const medida = mediana(funcao);
    return [
      { medida: "função no PostgreSQL, pgbench, 50 clientes", valor: `${inteiro(medida)} pares/s`, meta: "" },
      ...[...deles].map(([quantos, seus]) => ({
        medida: `${quantos} ${quantos === 1 ? "servidor" : "servidores"} no mesmo PostgreSQL, 50 conexões ao todo`,
        valor: `${inteiro(mediana(seus))} pares/s (${(mediana(seus) / medida).toFixed(2)} x)`,
        meta: quantos === 1 ? "≥ 0,8 x" : quantos === 2 ? "≥ 1,0 x" : "",
      })),
      { medida: "consultas, um servidor no PostgreSQL", valor: `${inteiro(mediana(consultas))} /s`, meta: "" },
    ];
  } finally {
    for (const quem of servidores) await encerra(quem);
  }
}

function inteiro(n: number): string {
  return Math.round(n).toLocaleString("pt-BR");
}

const AMBIENTE = { PGPASSWORD: SENHA };

function acesso(cluster: Cluster): string[] {
  return ["--host", "127.0.0.1", "--port", `${cluster.porta}`, "--username", "clinica", "--dbname", "bench"];
}

/** Pares por segundo: um par por transação do script. */
async function pgbench(cluster: Cluster, [dia1, dia2]: string[], segundos: number): Promise<number> {
  const dito = await programa("pgbench", [
    // O `--dbname` do psql é um argumento solto aqui.
    ...acesso(cluster).slice(0, -2),
    ...["--no-vacuum", "--file", `${import.meta.dirname}/reserva.pgbench`, "--protocol", "prepared"],
    ...["--client", `${CONEXOES}`, "--jobs", "2", "--time", `${Math.ceil(segundos)}`],
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
    noFio: data.toString().replace(/(\d+)-(\d+)-(\d+)/, "$3/$2/$1"),
    dia: ["SEGUNDA-FEIRA", "TERÇA-FEIRA"][i],
  }));
}
