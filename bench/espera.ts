/**
 * O que a lista de espera custa: desmarcar horas por que alguém espera, com uma lista pequena e uma grande, ao lado de marcar e
 * desmarcar; e quanto um pedido espera enquanto vencem mil horas seguradas. `extras.ts` o chama.
 *
 * @module
 */

import { DatabaseSync } from "node:sqlite";
import { ArmazemSqlite } from "../armazem/sqlite.ts";
import { type Mudanca, NENHUM_ALCANCE, type Vista } from "../clinica/livro.ts";
import { hora } from "../clinica/oferta.ts";
import { dataNoFio } from "../protocolo.ts";
import { cpfDeExemplo } from "../testes/apoio.ts";
import { convida, entra, marca as marcacao } from "../testes/mudancas.ts";
import type { Fila } from "./gerador.ts";
import {
  type Concorrente,
  DIAS_UTEIS,
  encerra,
  type Extra,
  mediana,
  type Medidor,
  ofertas,
  servidor,
} from "./medidor.ts";

const RODADAS = 7;
const CINQUENTA = { conexoes: 50, emVoo: 1 };

/** Listas em que se mede, e a que serve de medida à outra. */
const [PEQUENA, GRANDE] = [10_000, 100_000];

/** De uma lista, quantas filas iguais: a cada hora que vaga, uma em cem quer essa. */
const FILAS = 100;

/** Horas seguradas que vencem ao mesmo tempo. */
const VENCEM = 1000;

/** Quanto falta para vencerem, e o que o servidor tem depois para dar por isso, em ms: bate de meio em meio minuto. */
const [ATE_VENCER, UM_TIQUE] = [15_000, 32_000];

/** O primeiro dos CPFs de quem tem um convite. */
const CONVIDADOS = 10_000_000;

const ESPECIALIDADE = "CLINICO GERAL";
const OUTRA = "DERMATOLOGISTA";
const MINUTOS = 10;
const PROFISSIONAIS = Array.from({ length: 7 }, (_, i) => `DRA. N${i + 1}`);
const HORAS_DA_MANHA = 12;

/** Quem atende muitas horas por dia, e uma especialidade em que ninguém espera. */
const SEMANA = {
  atendimentos: [
    ...PROFISSIONAIS.flatMap((profissional) =>
      DIAS_UTEIS.map((dia) => ({
        especialidade: ESPECIALIDADE,
        dia,
        inicio: "08:00",
        vagas: HORAS_DA_MANHA,
        minutos: MINUTOS,
        profissional,
      }))
    ),
    ...DIAS_UTEIS.map((dia) => ({ especialidade: OUTRA, dia, inicio: "08:00", vagas: 60, minutos: 10 })),
  ],
};

/** Os dias de um profissional, `[data, profissional]`, a partir de depois de amanhã: ninguém está perto demais. */
function dias(): [data: string, profissional: string][] {
  const datas = [...new Set(ofertas().map(([, data]) => data.split("/").reverse().join("-")))].slice(1);
  return datas.flatMap((data) => PROFISSIONAIS.map((profissional): [string, string] => [data, profissional]));
}

/** As filas de uma lista de tantas entradas: cada uma quer uma hora de um dia de um profissional. */
function filasDe(entradas: number): (Fila & { iso: string })[] {
  const quantos = entradas / FILAS + 1;
  return dias().slice(0, FILAS).map(([iso, profissional], i) => ({
    ...{ especialista: ESPECIALIDADE, data: dataNoFio(iso), iso, profissional, desde: i * quantos, quantos },
  }));
}

/** Uma pasta para o livro e a semana de um servidor: ele segue o arquivo dela. */
function suaPasta(pasta: string, nome: string): string {
  const sua = `${pasta}/${nome}`;
  Deno.mkdirSync(sua);
  return sua;
}

/** O que uma pessoa pede a um livro que se enche. */
type Pede = (vista: Vista) => readonly Mudanca[];

/** Grava tudo, por partes. */
async function enche(livro: string, pedem: readonly Pede[]): Promise<void> {
  await using armazem = ArmazemSqlite.abre(livro);
  for (let feitos = 0; feitos < pedem.length; feitos += POR_LOTE) {
    const desfecho = await armazem.lote(() => NENHUM_ALCANCE, Date.now(), (vista) => ({
      resultado: undefined,
      mudancas: pedem.slice(feitos, feitos + POR_LOTE).flatMap((pede) => pede(vista)),
    }));
    if (desfecho.tipo !== "gravado") throw new Error(`o livro não se encheu: ${desfecho.tipo}`);
  }
}

const POR_LOTE = 5000;

/** Uma lista com tantas entradas, e de cada fila a hora que elas querem, que outro tem; as filas, umas entre as outras. */
function lista(entradas: number, marca: boolean): Pede[] {
  const filas = filasDe(entradas);
  const tem = filas.map(({ desde, profissional, iso }): Pede => (vista) => [
    marcacao(vista, { cpf: cpfDeExemplo(desde), profissional, data: iso, minutos: MINUTOS }),
  ]);
  const querem = Array.from(
    { length: entradas / FILAS },
    (_, i) =>
      filas.map(({ desde, profissional, iso }): Pede => (vista) => [
        entra(vista, { cpf: cpfDeExemplo(desde + 1 + i), profissional, de: iso, ate: iso, marca }),
      ]),
  );
  return [...tem, ...querem.flat()];
}

// ---------------------------------------------------------------------------------------- desmarcar o que alguém espera

/** Pedidos por segundo, desmarcando horas por que alguém espera, com uma lista pequena e uma grande; e sem lista nenhuma. */
export async function daEspera(pasta: string, medidor: Medidor): Promise<Extra[]> {
  const servidores: Concorrente[] = [await servidor(suaPasta(pasta, "ninguem"))];
  try {
    for (const entradas of [PEQUENA, GRANDE]) {
      const sua = suaPasta(pasta, `espera_${entradas}`);
      await enche(`${sua}/clinica.db`, lista(entradas, true));
      servidores.push({ ...await servidor(sua, { semana: SEMANA }), filas: filasDe(entradas) });
    }
    const taxas: number[][] = servidores.map(() => []);
    for (let rodada = 0; rodada < RODADAS; rodada++) {
      for (const [i, quem] of servidores.entries()) {
        const { porSegundo, erros } = await medidor.mede(quem, i === 0 ? "par" : "promove", CINQUENTA);
        if (erros > 0) throw new Error(`${erros} respostas de erro`);
        taxas[i].push(porSegundo);
      }
    }
    const [pares, pequena, grande] = taxas.map(mediana);
    const valor = (taxa: number, outra: number): string =>
      `${Math.round(taxa).toLocaleString("pt-BR")}/s (${(taxa / outra).toFixed(2)} x)`;
    const escrita = (n: number): string => n.toLocaleString("pt-BR");
    return [
      {
        medida: `desmarcar e dar a hora, ${escrita(PEQUENA)} à espera, contra marcar e desmarcar`,
        valor: valor(pequena, pares),
        meta: "≥ 0,50 x",
      },
      {
        medida: `o mesmo, ${escrita(GRANDE)} à espera, contra ${escrita(PEQUENA)}`,
        valor: valor(grande, pequena),
        meta: "≥ 0,80 x",
      },
      await doTique(pasta, medidor),
    ];
  } finally {
    for (const quem of servidores) await encerra(quem);
  }
}

// ------------------------------------------------------------------------------------------- quando muitas vencem juntas

/** Quanto se espera, no pior caso, enquanto vencem mil horas seguradas de uma lista grande. */
async function doTique(pasta: string, medidor: Medidor): Promise<Extra> {
  const sua = suaPasta(pasta, "tique");
  const banco = `${sua}/clinica.db`;
  await enche(banco, lista(GRANDE, false));
  const ate = Date.now() + ATE_VENCER;
  const vagas = dias().slice(0, FILAS).flatMap(([data, profissional]) =>
    Array.from({ length: VENCEM / FILAS }, (_, i) => ({ data, profissional, hora: hora(8 * 60 + (1 + i) * MINUTOS) }))
  );
  await enche(
    banco,
    vagas.map((vaga, i) => (vista) => {
      const entrada = entra(vista, { cpf: cpfDeExemplo(CONVIDADOS + i), profissional: vaga.profissional });
      const escrito = new Date(ate).toISOString();
      return [entrada, ...convida(vista, entrada.depois, { ...vaga, minutos: MINUTOS, ate: escrito })];
    }),
  );
  const quem = await servidor(sua, { semana: SEMANA });
  const seus: Concorrente = { ...quem, ofertas: ofertas().filter(([especialista]) => especialista === OUTRA) };
  let [antes, pior] = [0, 0];
  try {
    while (Date.now() < ate + UM_TIQUE) {
      const { maxima } = await medidor.mede(seus, "misto", { conexoes: 10, emVoo: 1, pausa: 1 });
      if (Date.now() < ate) antes = Math.max(antes, maxima);
      else pior = Math.max(pior, maxima);
    }
  } finally {
    await encerra(quem);
  }
  using db = new DatabaseSync(banco, { readOnly: true });
  const passaram = Number(db.prepare("SELECT count(*) AS n FROM agendamento WHERE situacao = 'PASSOU'").get()?.n);
  if (passaram < VENCEM) throw new Error(`só ${passaram} venceram`);
  return {
    medida: `o que um pedido espera, enquanto vencem ${VENCEM} horas seguradas de ${GRANDE} à espera`,
    valor: `≤ ${pior.toFixed(0)} ms (antes: ≤ ${antes.toFixed(0)})`,
    meta: "≤ 50 ms",
  };
}
