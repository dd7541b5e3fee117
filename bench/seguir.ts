/**
 * O que demora, num PostgreSQL, até que um servidor veja o que outro gravou, com a dica e só pela sondagem; e o que isso custa a
 * quem grava: pares AGEND e CANCEL em dois servidores, sem ninguém que siga e com os dois a seguir, em turnos.
 *
 *     deno run -A bench/seguir.ts
 *
 * @module
 */

import { delay } from "@std/async";
import { Agenda } from "../agenda.ts";
import { ArmazemPostgres } from "../armazem/postgres.ts";
import { SeguidorDoDiario } from "../armazem/postgres_diario.ts";
import { lerEndereco } from "../armazem/postgres_endereco.ts";
import type { Ligacao } from "../armazem/postgres_ligacao.ts";
import { Principal } from "../armazem/postgres_principal.ts";
import { lerOferta } from "../clinica/oferta.ts";
import { dataNoFio } from "../protocolo.ts";
import { atendeNoFio, cpfDeExemplo } from "../testes/apoio.ts";
import { Cluster } from "../testes/cluster.ts";
import { mediana } from "./medidor.ts";

const ESCRITORES = 2;
const CLIENTES = 25;
const SEGUNDOS = 5;
const TURNOS = 3;

/** Mudanças cuja demora se mede. */
const MUDANCAS = 200;

const ESPECIALISTA = "CLINICO GERAL";

/** Um dia de 720 horas: ninguém fica sem vaga. */
const OFERTA = lerOferta({
  atendimentos: [{ especialidade: ESPECIALISTA, dia: "SEGUNDA-FEIRA", inicio: "00:00", vagas: 720, minutos: 2 }],
});

/** A segunda-feira que vem. */
function segunda(): string {
  const hoje = Temporal.Now.plainDateISO("America/Sao_Paulo");
  return dataNoFio(hoje.add({ days: 8 - hoje.dayOfWeek }).toString());
}

/** Marca e desmarca, uma vez. */
async function par(agenda: Agenda, n: number): Promise<void> {
  const cpf = cpfDeExemplo(n);
  const [data, dia] = [segunda(), "SEGUNDA-FEIRA"];
  for (
    const pedido of [
      { comando: "AGEND", cpf, nome: "MARIA DA SILVA", especialista: ESPECIALISTA, data, dia },
      { comando: "CANCEL", cpf },
    ] as const
  ) {
    const [resposta] = await atendeNoFio(agenda, [pedido]) ?? [];
    if (resposta === undefined || !resposta.codigo.startsWith("OK")) throw new Error(JSON.stringify(resposta));
  }
}

/** Um servidor que grava sem parar, num processo seu; escreve os pares por segundo. */
async function escreve(url: string, qual: number, segue: boolean): Promise<void> {
  await using armazem = await ArmazemPostgres.abre(url);
  using _segue = segue ? armazem.segue(() => {}) : undefined;
  const agenda = new Agenda({ armazem, oferta: OFERTA, relogio: Date.now });
  let pares = 0;
  const comeco = performance.now();
  await Promise.all(Array.from({ length: CLIENTES }, async (_, i) => {
    for (; performance.now() - comeco < SEGUNDOS * 1000; pares++) await par(agenda, qual * CLIENTES + i);
  }));
  console.log(pares / SEGUNDOS);
}

async function paresPorSegundo(url: string, segue: boolean): Promise<number> {
  const ditos = await Promise.all(Array.from({ length: ESCRITORES }, async (_, qual) => {
    const args = ["run", "-A", import.meta.filename ?? "", "escreve", url, `${qual}`, segue ? "segue" : ""];
    const { stdout } = await new Deno.Command(Deno.execPath(), { args, stderr: "inherit" }).output();
    return Number(new TextDecoder().decode(stdout));
  }));
  return ditos.reduce((soma, um) => soma + um, 0);
}

/** Quanto demora até que quem segue saiba, em ms, por ordem; sem ouvir as dicas, se assim se quer. */
async function demoras(url: string, { comDica }: { comDica: boolean }): Promise<number[]> {
  await using armazem = await ArmazemPostgres.abre(url);
  const gravadas = new Map<string, number>();
  const agenda = new Agenda({
    ...{ armazem, oferta: OFERTA, relogio: Date.now },
    aoGravar(mudancas): void {
      for (const mudanca of mudancas) {
        if (mudanca.sobre !== "agendamento") continue;
        gravadas.set(`${mudanca.depois.numero} ${mudanca.depois.versao}`, performance.now());
      }
    },
  });
  const principal = new Principal(lerEndereco(url));
  const suas: number[] = [];
  let ligacao: Ligacao | undefined;
  let pronto = false;
  const seguidor = new SeguidorDoDiario({
    conecta: async () => ligacao = await principal.acha({ instrucao: 1000, parada: 1000 }, Infinity),
    ...{ prazo: 2000, nome: "bench" },
    aoMudar({ tudo, agendamentos }): void {
      pronto ||= tudo;
      for (const { numero, versao } of agendamentos) {
        const gravada = gravadas.get(`${numero} ${versao}`);
        if (gravada !== undefined) suas.push(performance.now() - gravada);
      }
    },
  });
  try {
    while (!pronto) await delay(10);
    if (!comDica) await ligacao?.consulta("UNLISTEN *", Infinity);
    for (let n = 0; n < MUDANCAS / 2; n++) {
      await par(agenda, 900 + n);
      await delay(Math.random() * 100);
    }
    await delay(1500);
  } finally {
    await seguidor.fecha();
  }
  return suas.sort((a, b) => a - b);
}

function percentis(ordem: readonly number[]): string {
  const [p50, p99] = [0.5, 0.99].map((p) => Math.round(ordem[Math.floor(ordem.length * p)]));
  return `${p50} ms · ${p99} ms · ${Math.round(ordem[ordem.length - 1])} ms (${ordem.length} de ${MUDANCAS})`;
}

if (import.meta.main) {
  const [comando, url, qual, segue] = Deno.args;
  if (comando === "escreve") await escreve(url, Number(qual), segue === "segue");
  else {
    await using cluster = await Cluster.inicia(["max_connections=200"]);
    const banco = await cluster.banco("bench");
    for (const comDica of [true, false]) {
      const ordem = await demoras(banco, { comDica });
      console.log(`até se ver noutro servidor, ${comDica ? "com a dica" : "só pela sondagem"}: ${percentis(ordem)}`);
    }
    const pares: Record<string, number[]> = { "sem ninguém que siga": [], "com os dois a seguir": [] };
    for (let turno = 0; turno < TURNOS; turno++) {
      for (const [como, seus] of Object.entries(pares)) seus.push(await paresPorSegundo(banco, como.startsWith("com")));
    }
    for (const [como, seus] of Object.entries(pares)) {
      console.log(
        `${ESCRITORES} servidores, ${como}: ${Math.round(mediana(seus))} pares/s (${seus.map(Math.round).join(", ")})`,
      );
    }
  }
}
