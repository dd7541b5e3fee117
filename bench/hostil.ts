/**
 * O que um terminal honesto espera ao lado de quem abusa, o que o servidor ocupa e o que escreve no console: linhas caras
 * de normalizar, `VAGAS` e `CANCEL` sem esperar pelas respostas. Uma medida, não um teste: cada cenário com o seu
 * servidor, um livro novo e as opções de fábrica. Só Linux: a memória vem de `/proc`.
 *
 *     deno run -A bench/hostil.ts                      todos os cenários
 *     deno run -A bench/hostil.ts --contra ../anterior esta versão ao lado de outra, que está naquela pasta
 *     deno run -A bench/hostil.ts --so log --segundos 2
 *
 * Os honestos são o gerador do bench, quatro terminais que consultam; quem abusa é `prova/atacante.ts`, noutro processo,
 * que lê as respostas e as esquece, com prioridade menor (`nice`): mede-se o servidor, e não a disputa pelos
 * processadores.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { CLINICA_MEDIA } from "../prova/carga.ts";
import { Hostil } from "../prova/processo_hostil.ts";
import { Oficina, picoDeMemoria } from "../testes/apoio.ts";
import { Medidor, RAIZ, servidor, temServidor } from "./medidor.ts";

/** Quem abusa, de quê, e como o servidor está. */
interface Cenario {
  grupo: string;
  nome: string;
  /** O tipo de atacante e quantas conexões; nenhum, se ausente. */
  ataque?: readonly [tipo: string, quantas: number];
  /** A embutida, se ausente. */
  semana?: unknown;
  args?: readonly string[];
}

const CENARIOS: readonly Cenario[] = [
  { grupo: "so", nome: "sem ninguém" },
  ...(["vagas", "cancel", "agend"] as const).flatMap((onde) =>
    [10, 100].map((quantas): Cenario => ({
      grupo: "bombas",
      nome: `caras de normalizar, ${onde.toUpperCase()}, ${quantas}`,
      ataque: [`bomba-${onde}`, quantas],
    }))
  ),
  { grupo: "vagas", nome: "VAGAS em cadeia, semana embutida, 100", ataque: ["cadeia-vagas", 100] },
  { grupo: "vagas", nome: "VAGAS em cadeia, clínica média, 10", ataque: ["cadeia-vagas", 10], semana: CLINICA_MEDIA },
  ...(["texto", "json"] as const).flatMap((formato): Cenario[] => [
    {
      grupo: "log",
      nome: `CANCEL em cadeia, log ${formato}, 1`,
      ataque: ["cadeia-cancel", 1],
      args: ["--log", formato],
    },
    {
      grupo: "log",
      nome: `o mesmo, com 8.000 letras, log ${formato}, 1`,
      ataque: ["cadeia-cancel-longo", 1],
      args: ["--log", formato],
    },
  ]),
];

const GRUPOS: readonly string[] = [...new Set(CENARIOS.map(({ grupo }) => grupo))];

/** O que se quer: ms, MiB, MB/s. */
const METAS = { p99: 100, memoria: 512, log: 0.25 } as const;

/** O que um cenário deu. */
interface Medida {
  p50: number;
  p99: number;
  maxima: number;
  /** MiB, no pior momento. */
  memoria: number;
  /** MB/s. */
  log: number;
  /** Respostas por segundo que o atacante teve. */
  respostas: number;
}

const AJUDA = `deno run -A bench/hostil.ts [opções]

  --contra PASTA    mede também a versão que está na pasta
  --segundos N      duração de cada cenário (5)
  --so A,B          só estes cenários: ${GRUPOS.join(", ")}
  --help            esta ajuda
`;

/** Uns poucos terminais que consultam, um instante depois de cada resposta: muitas medidas, pouca carga. */
const HONESTOS = { conexoes: 4, emVoo: 1, pausa: 5 };

/** Com prioridade menor que a do servidor e a do honesto. */
const DIANTE = ["nice", "-n", "10"];

async function mede({ ataque, semana = {}, args }: Cenario, raiz: string, medidor: Medidor): Promise<Medida> {
  await using oficina = new Oficina();
  const pasta = oficina.pasta().caminho;
  const quem = await servidor(pasta, { semana, args, raiz });
  oficina.adota(quem.processo);
  const { porta, processo: { pid } } = quem;
  await using hostil = ataque === undefined
    ? undefined
    : new Hostil(oficina, { tipo: ataque[0], porta, semente: 1, quantas: ataque[1], diante: DIANTE });
  await hostil?.comecou();
  const conta = (): { escrito: number; respostas: number } => ({
    escrito: Deno.statSync(`${pasta}/servidor.log`).size,
    respostas: hostil?.ultimo?.respostas ?? 0,
  });
  const [antes, inicio] = [conta(), performance.now()];
  const { p50, p99, maxima } = await medidor.mede(quem, "busca", HONESTOS);
  const [depois, segundos] = [conta(), (performance.now() - inicio) / 1000];
  return {
    p50,
    p99,
    maxima,
    memoria: picoDeMemoria(pid) ?? 0,
    log: (depois.escrito - antes.escrito) / 1e6 / segundos,
    respostas: (depois.respostas - antes.respostas) / segundos,
  };
}

const CABECALHO = [
  "cenário, conexões                           versão    p50 ms    p99 ms   pior ms   MiB  log MB/s  respostas/s   acima",
  "-".repeat(117),
].join("\n");

function linhaDaTabela(nome: string, versao: string, medida: Medida): string {
  const { p50, p99, maxima, memoria, log, respostas } = medida;
  const acima = (["p99", "memoria", "log"] as const).filter((qual) => medida[qual] > METAS[qual]);
  return [
    nome.padEnd(43),
    versao.padEnd(6),
    ...[p50, p99, maxima].map((tempo) => numero(tempo, 1).padStart(9)),
    numero(memoria, 0).padStart(5),
    numero(log, 2).padStart(9),
    numero(respostas, 0).padStart(12),
    `  ${acima.join(" ")}`,
  ].join(" ").trimEnd();
}

function numero(valor: number, casas: number): string {
  return valor.toLocaleString("pt-BR", { minimumFractionDigits: casas, maximumFractionDigits: casas });
}

function recusa(mensagem: string): never {
  console.error(`${mensagem}\n\n${AJUDA}`);
  Deno.exit(2);
}

async function main(): Promise<void> {
  const args: Record<string, unknown> = parseArgs(Deno.args, {
    string: ["contra", "segundos", "so", "_"],
    boolean: ["help"],
    default: { segundos: "5", so: GRUPOS.join(",") },
    unknown: (arg: string) => recusa(`não se conhece ${arg}`),
  });
  if (args.help === true) return console.log(AJUDA);
  const segundos = Number(args.segundos);
  if (!(segundos > 0 && segundos < Infinity)) recusa("--segundos espera um número maior que zero");
  const pedidos = String(args.so).split(",");
  const estranho = pedidos.find((pedido) => !GRUPOS.includes(pedido));
  if (estranho !== undefined) recusa(`--so espera ${GRUPOS.join(", ")}; veio "${estranho}"`);
  const contra = args.contra === undefined ? undefined : String(args.contra);
  if (contra !== undefined && !temServidor(contra)) recusa(`--contra: não há servidor.ts em "${contra}"`);
  const versoes = [["esta", RAIZ], ...contra === undefined ? [] : [["aquela", Deno.realPathSync(contra)]]];
  const medidor = new Medidor(segundos, undefined);
  console.log(
    `${HONESTOS.conexoes} terminais honestos, ${HONESTOS.pausa} ms entre uma resposta e a consulta seguinte, ` +
      `${numero(segundos, 1)} s por cenário;\nquem abusa, noutro processo, com nice 10\n` +
      `metas: p99 ≤ ${METAS.p99} ms, memória ≤ ${METAS.memoria} MiB, log ≤ ${
        numero(METAS.log, 2)
      } MB/s\n\n${CABECALHO}`,
  );
  for (const cenario of CENARIOS.filter(({ grupo }) => pedidos.includes(grupo))) {
    for (const [versao, raiz] of versoes) {
      console.log(linhaDaTabela(cenario.nome, versao, await mede(cenario, raiz, medidor)));
    }
  }
}

if (import.meta.main) await main();
