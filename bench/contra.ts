/**
 * Esta versão ao lado de uma anterior, na mesma corrida: as medidas do servidor e do cliente, cada uma em turnos (esta,
 * aquela, aquela, esta…), com o mesmo gerador, e a razão entre as duas. `bench.ts --contra PASTA` o chama; a pasta é um
 * checkout da outra, com `servidor.ts` e `cliente.ts` em cima.
 *
 * @module
 */

import { delay } from "@std/async";
import {
  conexoesParadas,
  DESCANSO,
  encheLivro,
  p99DuranteGravacoes,
  PARADAS,
  SEMANA_GRANDE,
  tempoDeInicio,
  tempoDoCliente,
} from "./extras.ts";
import type { Carga } from "./gerador.ts";
import {
  type Concorrente,
  encerra,
  mediana,
  type Medidor,
  memoria,
  NIVEIS,
  quantil,
  segundosDeCpu,
  servidor,
} from "./medidor.ts";
import { FALTA_POSTGRES, paresPorSegundo, Partilhado } from "./postgres.ts";

/** O que uma medida deu, uma vez. */
interface Medido {
  valor: number;
  /** Segundos de CPU do servidor, por pedido. */
  cpu?: number;
}

/** Pedidos por segundo querem-se muitos; o resto, pouco. */
type Unidade = "/s" | "ms" | "KB" | "MiB";

/** Uma linha da tabela, numa das versões. */
interface Ensaio {
  nome: string;
  unidade: Unidade;
  /** Uma só rodada, sem aquecimento: custa muito, e não depende do que mais a máquina faz. */
  umaVez?: boolean;
  mede(): Promise<Medido>;
}

/** Uma versão pronta para as linhas de um grupo; no fim, o que se iniciou para. */
interface Bancada extends AsyncDisposable {
  ensaios: readonly Ensaio[];
}

/** Onde uma versão está, e a pasta dela para livros e consoles. */
interface Versao {
  raiz?: string;
  pasta: string;
}

type Prepara = (versao: Versao, medidor: Medidor) => Promise<Bancada>;

const CINQUENTA = { conexoes: 50, emVoo: 1 };

/** Cada grupo de linhas, pelo nome que `--so` lhe dá. */
const GRUPOS: Readonly<Record<string, Prepara>> = {
  busca: daCarga("busca"),
  par: daCarga("par"),
  misto: daCarga("misto"),
  vagas: daCarga("vagas"),
  gravacoes: async ({ pasta, raiz }, medidor) => {
    const quem = await servidor(pasta, { raiz });
    const mede = async (): Promise<Medido> => ({ valor: await p99DuranteGravacoes(medidor, quem) });
    return com([quem], [{ nome: "p99 de uma consulta durante gravações", unidade: "ms", mede }]);
  },
  inicio: async ({ pasta, raiz }) => {
    const mede = async (): Promise<Medido> => ({ valor: await tempoDeInicio(pasta, { raiz }) });
    return await com([], [{ nome: "início até atender, livro vazio", unidade: "ms", mede }]);
  },
  cliente: async ({ pasta, raiz }) => {
    const quem = await servidor(pasta, { raiz });
    const mede = async (): Promise<Medido> => ({ valor: await tempoDoCliente(quem, raiz) });
    return com([quem], [{ nome: "uma consulta pelo cliente, processo inteiro", unidade: "ms", mede }]);
  },
  conexoes: async ({ pasta, raiz }) =>
    await com([], [
      {
        nome: `tempo até saudar ${PARADAS} conexões`,
        unidade: "ms",
        mede: async () => ({ valor: (await conexoesParadas(pasta, 0, raiz)).tempo }),
      },
      {
        nome: "memória por conexão parada",
        unidade: "KB",
        umaVez: true,
        mede: async () => ({ valor: (await conexoesParadas(pasta, DESCANSO, raiz)).assentada / 1000 }),
      },
    ]),
  grande: async ({ pasta, raiz }, medidor) => {
    await encheLivro(`${pasta}/clinica.db`, raiz);
    Deno.copyFileSync(`${pasta}/clinica.db`, `${pasta}/outro.db`);
    const quem = await servidor(pasta, { semana: SEMANA_GRANDE, raiz });
    const args = ["--config", `${pasta}/semana.json`];
    return com([quem], [
      { nome: "consultas, 1.000.000 de agendamentos", unidade: "/s", mede: () => pedidos(medidor, quem, "busca") },
      {
        nome: "memória com eles",
        unidade: "MiB",
        umaVez: true,
        mede: () => Promise.resolve({ valor: memoria(quem.processo.pid) / 2 ** 20 }),
      },
      {
        nome: "início até atender, com eles",
        unidade: "ms",
        mede: async () => ({ valor: await tempoDeInicio(pasta, { livro: "outro.db", args, raiz }) }),
      },
    ]);
  },
  postgres: async ({ pasta, raiz }, medidor) => {
    const partilhado = await Partilhado.sobe(pasta, 2, raiz);
    const { servidores } = partilhado;
    const pares = (quantos: number, conexoes: number): Ensaio => ({
      nome: `pares, PostgreSQL, ${quantos} servidor${quantos > 1 ? "es" : ""}, ${conexoes} x 1`,
      unidade: "/s",
      mede: async () => ({ valor: await paresPorSegundo(medidor, servidores.slice(0, quantos), conexoes) }),
    });
    return {
      ensaios: [
        pares(1, 1),
        pares(1, 50),
        pares(2, 50),
        pares(1, 500),
        {
          nome: "consultas, PostgreSQL, 50 x 1",
          unidade: "/s",
          mede: () => pedidos(medidor, servidores[0], "busca"),
        },
      ],
      [Symbol.asyncDispose]: () => partilhado[Symbol.asyncDispose](),
    };
  },
};

/** Os nomes dos grupos, na ordem. */
export const COMPARAVEIS: readonly string[] = Object.keys(GRUPOS);

function daCarga(carga: Carga): Prepara {
  return async ({ pasta, raiz }, medidor) => {
    const quem = await servidor(pasta, { raiz });
    return com(
      [quem],
      NIVEIS.map((nivel) => ({
        nome: `${carga}, ${nivel.conexoes} x ${nivel.emVoo}`,
        unidade: "/s",
        mede: () => pedidos(medidor, quem, carga, nivel),
      })),
    );
  };
}

function com(servidores: readonly Concorrente[], ensaios: readonly Ensaio[]): Bancada {
  return {
    ensaios,
    async [Symbol.asyncDispose](): Promise<void> {
      for (const quem of servidores) await encerra(quem);
    },
  };
}

async function pedidos(medidor: Medidor, quem: Concorrente, carga: Carga, nivel = CINQUENTA): Promise<Medido> {
  const { pid } = quem.processo;
  const antes = segundosDeCpu(pid);
  const { porSegundo } = await medidor.mede(quem, carga, nivel);
  return { valor: porSegundo, cpu: (segundosDeCpu(pid) - antes) / (porSegundo * medidor.segundos) };
}

/** Abaixo desta razão, uma linha perdeu. */
const MINIMA = 0.97;

const CABECALHO = [
  "medida                                             esta       aquela        razão    um quarto–três quartos    CPU",
  "-".repeat(114),
].join("\n");

/** O que se compara, e como. */
export interface OpcoesDaComparacao {
  /** Quem mede. */
  medidor: Medidor;
  /** Turnos de cada linha. */
  rodadas: number;
  /** Que grupos. */
  pedidas: readonly string[];
}

/** Mede as duas versões e escreve a tabela em stdout, e as linhas que perderam. */
export async function comparaCom(raiz: string, { medidor, rodadas, pedidas }: OpcoesDaComparacao): Promise<void> {
  const abaixo: string[] = [];
  console.log(CABECALHO);
  for (const grupo of COMPARAVEIS.filter((grupo) => pedidas.includes(grupo))) {
    if (grupo === "postgres" && FALTA_POSTGRES !== undefined) {
      console.log(`  deixado de fora: postgres: ${FALTA_POSTGRES}`);
      continue;
    }
    const [pasta, aquela] = [1, 2].map(() => Deno.makeTempDirSync({ prefix: "clinica-bench-" }));
    try {
      await using uma = await GRUPOS[grupo]({ pasta }, medidor);
      await using outra = await GRUPOS[grupo]({ pasta: aquela, raiz: Deno.realPathSync(raiz) }, medidor);
      for (const [i, ensaio] of uma.ensaios.entries()) {
        const { texto, perdeu } = await compara(ensaio, outra.ensaios[i], rodadas);
        console.log(texto);
        if (perdeu !== undefined) abaixo.push(`${ensaio.nome} (${perdeu})`);
      }
    } finally {
      for (const uma of [pasta, aquela]) Deno.removeSync(uma, { recursive: true });
    }
  }
  const minima = numero(MINIMA, 2);
  console.log(abaixo.length === 0 ? `\nnenhuma abaixo de ${minima}` : `\nabaixo de ${minima}: ${abaixo.join("; ")}`);
  if (abaixo.some((uma) => uma.includes("?"))) console.log("?: pode ser só a máquina; repita com mais --rodadas");
}

/** A razão é a mediana das razões de cada turno: o que a máquina faz entretanto pesa nas duas versões do mesmo turno. */
async function compara(esta: Ensaio, aquela: Ensaio, rodadas: number): Promise<{ texto: string; perdeu?: string }> {
  const { nome, unidade, umaVez = false } = esta;
  const turnos: { esta: Medido; aquela: Medido }[] = [];
  if (!umaVez) { for (const ensaio of [esta, aquela]) await ensaio.mede(); }
  for (let i = 0; i < (umaVez ? 1 : rodadas); i++) {
    // O fim de uma medida anterior não entra na seguinte.
    await delay(50);
    const [primeira, segunda] = i % 2 === 0 ? [esta, aquela] : [aquela, esta];
    const medidas = [await primeira.mede(), await segunda.mede()];
    turnos.push(i % 2 === 0 ? { esta: medidas[0], aquela: medidas[1] } : { esta: medidas[1], aquela: medidas[0] });
  }
  const razoes = turnos.map(({ esta, aquela }) =>
    unidade === "/s" ? esta.valor / aquela.valor : aquela.valor / esta.valor
  );
  const cpus = turnos.flatMap(({ esta, aquela }) =>
    esta.cpu === undefined || aquela.cpu === undefined ? [] : [aquela.cpu / esta.cpu]
  );
  // Como se mostra, para que um "0,97" não apareça como abaixo de 0,97.
  const razao = Math.round(mediana(razoes) * 100) / 100;
  const meio = (qual: "esta" | "aquela"): string => {
    const valor = mediana(turnos.map((turno) => turno[qual].valor));
    return `${numero(valor, valor < 100 ? 1 : 0)} ${unidade}`;
  };
  const [umQuarto, tresQuartos] = [quantil(razoes, 0.25), quantil(razoes, 0.75)];
  const marca = razao >= MINIMA ? "" : umaVez || tresQuartos < MINIMA ? " <" : " <?";
  const texto = [
    nome.padEnd(42),
    meio("esta").padStart(12),
    meio("aquela").padStart(12),
    numero(razao, 2).padStart(12),
    `${numero(umQuarto, 2)}–${numero(tresQuartos, 2)}`.padStart(25),
    (cpus.length === 0 ? "" : numero(mediana(cpus), 2)).padStart(6),
  ].join(" ").trimEnd() + marca;
  return { texto, perdeu: marca === "" ? undefined : `${numero(razao, 2)}${marca.slice(2)}` };
}

function numero(valor: number, casas: number): string {
  return valor.toLocaleString("pt-BR", { minimumFractionDigits: casas, maximumFractionDigits: casas });
}
