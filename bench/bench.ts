/**
 * As medidas, lado a lado: o servidor, o eco sem nada (o limite do ambiente), o Redis com fsync a cada resposta e uma
 * função do PostgreSQL, cada um no seu processo, em turnos, na mesma corrida.
 *
 *     deno task bench                        cinco rodadas de um segundo
 *     deno task bench --rodadas 9 --segundos 2
 *     deno task bench --carga ./carga        com um gerador externo, em C, no lugar do nosso
 *     deno task bench --contra ../anterior   esta versão ao lado de outra, que está naquela pasta; sem os demais
 *
 * Escreve uma tabela em stdout e, com todas as medidas, `bench/resultado.json` e `bench/resultado.svg`. O servidor roda
 * como sempre: opções de fábrica, livro no disco, console para um arquivo. Só Linux: o tempo de CPU vem de `/proc`.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { desenha } from "./grafico.ts";
import type { Carga, Medida } from "./gerador.ts";
import { comparaCom, COMPARAVEIS } from "./contra.ts";
import { extras } from "./extras.ts";
import { dasPaginas } from "./paginas.ts";
import { FALTA_POSTGRES, postgres } from "./postgres.ts";
import {
  type Colocado,
  comando,
  type Concorrente,
  encerra,
  esperaPorta,
  inicia,
  mediana,
  Medidor,
  NIVEIS,
  type Nivel,
  portaLivre,
  RAIZ,
  segundosDeCpu,
  servidor,
  temServidor,
} from "./medidor.ts";

const CARGAS: readonly Carga[] = ["busca", "par", "misto"];

/** As medidas que `--so` escolhe, sem `--contra`. */
const MEDIDAS: readonly string[] = [...CARGAS, "extras", "paginas", "postgres"];

const AJUDA = `deno task bench [opções]

  --rodadas N       rodadas de cada medida, em turnos entre os concorrentes (5)
  --segundos N      duração de cada medida (1)
  --carga ARQUIVO   gerador externo: ARQUIVO PORTA CONEXOES EM_VOO SEGUNDOS MODO [ESPECIALISTA DATA DIA]…
                    (modos eco, busca, par, rget, rpar; a carga mista é sempre com o do projeto)
  --so A,B          só estas medidas: ${MEDIDAS.join(", ")}; não escreve os arquivos
  --contra PASTA    só o servidor e o cliente, ao lado dos de uma versão anterior, que está na pasta: uma tabela com
                    a razão entre os dois (1 é igual, mais é melhor), e nenhum arquivo escrito; com ela, --so escolhe
                    ${COMPARAVEIS.join(", ")}
  --help            esta ajuda
`;

async function eco(pasta: string): Promise<Concorrente> {
  const porta = portaLivre();
  const processo = inicia(comando("bench/eco.ts", [`${porta}`]), `${pasta}/eco.log`);
  await esperaPorta(porta);
  return { nome: "eco", fala: "eco", porta, processo };
}

/** Marcar e desmarcar no Redis, com o que a primeira versão guardava: quem, com quem, a que horas. */
const SCRIPTS_DO_REDIS = [
  `local k='c:'..ARGV[1]
   if redis.call('exists',k)==1 then return 'ERRO-111' end
   local n=redis.call('incr','of:'..ARGV[2])
   redis.call('hset',k,'nome',ARGV[3],'esp',ARGV[2],'hora',n)
   return 'OK-300'`,
  `local k='c:'..ARGV[1]
   if redis.call('del',k)==0 then return 'ERRO-113' end
   return 'OK-301'`,
] as const;

async function redis(pasta: string): Promise<Concorrente> {
  const porta = portaLivre();
  const processo = inicia(
    ["redis-server", "--port", `${porta}`, "--bind", "127.0.0.1", "--dir", pasta, "--save", ""]
      .concat("--appendonly", "yes", "--appendfsync", "always"),
    `${pasta}/redis.log`,
  );
  await esperaPorta(porta);
  const carrega = async (script: string): Promise<string> => {
    const { stdout } = await new Deno.Command("redis-cli", { args: ["-p", `${porta}`, "script", "load", script] })
      .output();
    return new TextDecoder().decode(stdout).trim();
  };
  const scripts = [await carrega(SCRIPTS_DO_REDIS[0]), await carrega(SCRIPTS_DO_REDIS[1])] as const;
  return { nome: "redis", fala: "redis", porta, processo, scripts };
}

/** Verdadeiro quando o comando existe nesta máquina. */
function existe(nome: string): boolean {
  return new Deno.Command("sh", { args: ["-c", `command -v "${nome}"`], stdout: "null" }).outputSync().success;
}

async function mede(
  medidor: Medidor,
  concorrentes: readonly Concorrente[],
  { carga, nivel, rodadas }: { carga: Carga; nivel: Nivel; rodadas: number },
): Promise<Colocado[]> {
  const medidas = new Map(concorrentes.map((concorrente) => [concorrente, [] as (Medida & { cpu: number })[]]));
  for (let rodada = 0; rodada < rodadas; rodada++) {
    for (const [concorrente, suas] of medidas) {
      const { pid } = concorrente.processo;
      const antes = segundosDeCpu(pid);
      const medida = await medidor.mede(concorrente, carga, nivel);
      // A CPU de aceitar as conexões fica na conta; é pouca diante da dos pedidos.
      suas.push({ ...medida, cpu: (segundosDeCpu(pid) - antes) / (medida.porSegundo * medidor.segundos) });
    }
  }
  return [...medidas].map(([{ nome }, suas]) => {
    const porSegundo = suas.map((medida) => medida.porSegundo);
    return {
      concorrente: nome,
      carga,
      nivel,
      gerador: medidor.gerador(carga),
      porSegundo: [mediana(porSegundo), Math.min(...porSegundo), Math.max(...porSegundo)],
      p50: mediana(suas.map(({ p50 }) => p50)),
      p99: mediana(suas.map(({ p99 }) => p99)),
      cpu: mediana(suas.map(({ cpu }) => cpu)) * 1e6,
      erros: suas.reduce((soma, { erros }) => soma + erros, 0),
    };
  });
}

function linhaDaTabela(resultado: Colocado, todos: readonly Colocado[]): string {
  const { concorrente, carga, nivel, porSegundo: [meio, menor, maior], p50, p99, cpu, erros } = resultado;
  const razao = (nome: string): string => {
    const outro = todos.find((r) => r.concorrente === nome && r.carga === carga && r.nivel === nivel);
    return outro === undefined || nome === concorrente
      ? ""
      : `${(meio / outro.porSegundo[0]).toFixed(2)} (${(cpu / outro.cpu).toFixed(2)})`;
  };
  const inteiro = (n: number): string => Math.round(n).toLocaleString("pt-BR");
  return [
    carga.padEnd(6),
    `${nivel.conexoes} x ${nivel.emVoo}`.padStart(8),
    concorrente.padEnd(9),
    inteiro(meio).padStart(10),
    `${inteiro(menor)}–${inteiro(maior)}`.padStart(22),
    p50.toFixed(2).padStart(8),
    p99.toFixed(2).padStart(8),
    cpu.toFixed(2).padStart(8),
    razao("eco").padStart(13),
    razao("redis").padStart(13),
    erros > 0 ? `  ${erros} erros` : "",
  ].join(" ");
}

const CABECALHO = [
  "carga  conexões quem         pedidos/s          menor–maior   p50 ms   p99 ms   µs CPU   / eco (CPU) / redis (CPU)",
  "-".repeat(112),
].join("\n");

interface Opcoes {
  rodadas: number;
  segundos: number;
  gerador: string | undefined;
  pedidas: readonly string[];
  contra: string | undefined;
}

/** As opções; `undefined` se só se pediu a ajuda. */
function lerOpcoes(): Opcoes | undefined {
  const args: Record<string, unknown> = parseArgs(Deno.args, {
    string: ["rodadas", "segundos", "carga", "so", "contra", "_"],
    boolean: ["help"],
    default: { rodadas: "5", segundos: "1" },
    unknown: (arg: string) => recusa(`não se conhece ${arg}`),
  });
  if (args.help === true) return undefined;
  const [rodadas, segundos] = [Number(args.rodadas), Number(args.segundos)];
  if (!Number.isInteger(rodadas) || rodadas < 1) recusa("--rodadas espera um inteiro de 1 em diante");
  if (!(segundos > 0 && segundos < Infinity)) recusa("--segundos espera um número maior que zero");
  const contra = args.contra === undefined ? undefined : String(args.contra);
  if (contra !== undefined && !temServidor(contra)) recusa(`--contra: não há servidor.ts em "${contra}"`);
  const medidas = contra === undefined ? MEDIDAS : COMPARAVEIS;
  const pedidas = args.so === undefined ? medidas : String(args.so).split(",");
  const estranha = pedidas.find((pedida) => !medidas.includes(pedida));
  if (estranha !== undefined) recusa(`--so espera ${medidas.join(", ")}; veio "${estranha}"`);
  const gerador = args.carga === undefined ? undefined : String(args.carga);
  if (gerador !== undefined && !existe(gerador)) recusa(`--carga: ${gerador} não existe, ou não é executável`);
  return { rodadas, segundos, gerador, pedidas, contra };
}

function recusa(mensagem: string): never {
  console.error(`${mensagem}\n\n${AJUDA}`);
  Deno.exit(2);
}

async function main(): Promise<void> {
  const opcoes = lerOpcoes();
  if (opcoes === undefined) return console.log(AJUDA);
  const { rodadas, segundos, gerador, pedidas, contra } = opcoes;
  const medidor = new Medidor(segundos, gerador);
  if (contra !== undefined) return await comparaCom(contra, { medidor, rodadas, pedidas });
  const pasta = Deno.makeTempDirSync({ prefix: "clinica-bench-" });
  const concorrentes: Concorrente[] = [];
  const resultados: Colocado[] = [];
  const deixados: string[] = [];
  try {
    concorrentes.push(await servidor(pasta), await eco(pasta));
    if (existe("redis-server") && existe("redis-cli")) concorrentes.push(await redis(pasta));
    else deixados.push("redis: falta redis-server (apt install redis-server)");
    console.log(CABECALHO);
    for (const carga of CARGAS.filter((carga) => pedidas.includes(carga))) {
      for (const nivel of NIVEIS) {
        // Uma rodada de aquecimento, que não conta.
        await mede(medidor, concorrentes, { carga, nivel, rodadas: 1 });
        const novos = await mede(medidor, concorrentes, { carga, nivel, rodadas });
        resultados.push(...novos);
        for (const novo of novos) console.log(linhaDaTabela(novo, novos));
      }
    }
  } finally {
    for (const concorrente of concorrentes) await encerra(concorrente);
  }
  try {
    const medidasExtras = pedidas.includes("extras") ? await extras(pasta, medidor) : [];
    if (pedidas.includes("paginas")) medidasExtras.push(...await dasPaginas(pasta, segundos));
    if (FALTA_POSTGRES !== undefined) deixados.push(`postgres: ${FALTA_POSTGRES}`);
    else if (pedidas.includes("postgres")) medidasExtras.push(...await postgres(pasta, medidor));
    if (medidasExtras.length > 0) console.log("\nO resto");
    for (const { medida, valor, meta } of medidasExtras) {
      console.log(`  ${medida.padEnd(62)} ${valor.padStart(22)}   ${meta}`);
    }
    for (const deixado of deixados) console.log(`  deixado de fora: ${deixado}`);
    if (gerador !== undefined && pedidas.includes("misto")) console.log("  misto: com o gerador do projeto");
    if (MEDIDAS.some((medida) => !pedidas.includes(medida))) {
      return console.log("  só algumas medidas: os arquivos ficam como estavam");
    }
    const tudo = { rodadas, segundos, resultados, extras: medidasExtras, deixados };
    Deno.writeTextFileSync(`${RAIZ}/bench/resultado.json`, JSON.stringify(tudo, null, 2) + "\n");
    Deno.writeTextFileSync(`${RAIZ}/bench/resultado.svg`, desenha(resultados));
  } finally {
    Deno.removeSync(pasta, { recursive: true });
  }
}

if (import.meta.main) await main();
