/**
 * As ferramentas de medir: iniciar quem vai ser medido, ler o que ele gasta e rodar o gerador contra ele. Usam-no
 * os que medem: `bench.ts`, `contra.ts`, `extras.ts`, `hostil.ts` e `postgres.ts`.
 *
 * @module
 */

import { delay } from "@std/async";
import { lerOferta } from "../clinica/oferta.ts";
import { dataNoFio } from "../protocolo.ts";
import type { Carga, Fala, Fila, Medicao, Medida } from "./gerador.ts";

/** Um nível de carga: quantas conexões, e quantos pedidos em voo em cada uma. */
export interface Nivel {
  /** Conexões. */
  conexoes: number;
  /** Pedidos em voo em cada uma. */
  emVoo: number;
  /** Ms entre uma resposta e o pedido seguinte; nenhum, se ausente. */
  pausa?: number;
}

/** Os níveis em que cada carga se mede. */
export const NIVEIS: readonly Nivel[] = [
  { conexoes: 1, emVoo: 1 },
  { conexoes: 50, emVoo: 1 },
  { conexoes: 500, emVoo: 1 },
  { conexoes: 50, emVoo: 16 },
];

/** Quem responde. */
export interface Concorrente {
  /** Como aparece na tabela. */
  nome: string;
  /** Como se fala com ele. */
  fala: Fala;
  /** Onde atende, em 127.0.0.1. */
  porta: number;
  /** O processo que responde. */
  processo: Deno.ChildProcess;
  /** Os SHA1 dos scripts de marcar e de desmarcar, no Redis. */
  scripts?: readonly [string, string];
  /** O que se marca nele, se não são as ofertas da semana do bench. */
  ofertas?: readonly (readonly [string, string, string])[];
  /** O certificado com que atende por TLS, em PEM. */
  certificado?: string;
  /** As filas dele, em `promove`. */
  filas?: readonly Fila[];
}

/** Uma medida, por extenso, ao lado do que se quer dela. */
export interface Extra {
  /** O que se mediu. */
  medida: string;
  /** Quanto deu. */
  valor: string;
  /** Quanto se quer. */
  meta: string;
}

/** O que um concorrente deu num nível: medianas das rodadas. */
export interface Colocado {
  /** O nome dele. */
  concorrente: string;
  /** O que se pediu. */
  carga: Carga;
  /** Com quantas conexões. */
  nivel: Nivel;
  /** De quem é o gerador: só se comparam medidas do mesmo. */
  gerador: "externo" | "do projeto";
  /** Pedidos por segundo: mediana, menor e maior. */
  porSegundo: [mediana: number, menor: number, maior: number];
  /** Ms. */
  p50: number;
  /** Ms. */
  p99: number;
  /** Microssegundos de CPU do processo que responde, por pedido. */
  cpu: number;
  /** Respostas de erro, somadas. */
  erros: number;
}

/** A pasta desta versão do projeto. */
export const RAIZ = `${import.meta.dirname}/..`;

/** De segunda a sexta, como na configuração. */
export const DIAS_UTEIS: readonly string[] = lerOferta().diasDaSemana.slice(0, 5);

const ESPECIALIDADES = ["CLINICO GERAL", "DERMATOLOGISTA", "NUTRICIONISTA", "CARDIOLOGIA"];

/** Uma semana com lugar para todos: ninguém mede a espera por uma vaga. */
const SEMANA = {
  atendimentos: ESPECIALIDADES.flatMap((especialidade) =>
    DIAS_UTEIS.map((dia) => ({ especialidade, dia, inicio: "08:00", vagas: 60, minutos: 10 }))
  ),
};

/** O comando de um script do projeto, de qualquer pasta; de outra versão, se outra é a `raiz`. */
export function comando(script: string, args: readonly string[] = [], raiz: string = RAIZ): string[] {
  return [Deno.execPath(), "run", "-A", "--config", `${raiz}/deno.json`, `${raiz}/${script}`, ...args];
}

/** Verdadeiro se na pasta está uma versão do projeto. */
export function temServidor(pasta: string): boolean {
  try {
    return Deno.statSync(`${pasta}/servidor.ts`).isFile;
  } catch {
    return false;
  }
}

/** Inicia um processo com o console num arquivo, como um serviço. */
export function inicia(linha: readonly string[], saida: string): Deno.ChildProcess {
  // Um redirecionamento do shell, e não um cano: quem mede não lê o console de quem é medido.
  return new Deno.Command("sh", {
    args: ["-c", 'exec "$@" >"$0" 2>&1', saida, ...linha],
    stdin: "null",
    stdout: "null",
  }).spawn();
}

/** Espera até que alguém atenda na porta; devolve quanto demorou, em ms. */
export async function esperaPorta(porta: number): Promise<number> {
  const inicio = performance.now();
  while (performance.now() - inicio < 60_000) {
    try {
      (await Deno.connect({ hostname: "127.0.0.1", port: porta })).close();
      return performance.now() - inicio;
    } catch {
      await delay(2);
    }
  }
  throw new Error(`ninguém atende na porta ${porta}`);
}

/** Uma porta livre agora. */
export function portaLivre(): number {
  using ouvinte = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return ouvinte.addr.port;
}

/** Segundos de CPU (usuário e sistema) de um processo até agora. */
export function segundosDeCpu(pid: number): number {
  const campos = Deno.readTextFileSync(`/proc/${pid}/stat`).split(") ")[1].split(" ");
  // Campos 14 e 15 de proc(5), em centésimos de segundo.
  return (Number(campos[11]) + Number(campos[12])) / 100;
}

/** Memória residente de um processo, em bytes. */
export function memoria(pid: number): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(Deno.readTextFileSync(`/proc/${pid}/status`))?.[1] ?? 0) * 1024;
}

/** As ofertas da semana, `[especialista, data, dia]`, a partir de amanhã. */
export function ofertas(): [string, string, string][] {
  const amanha = Temporal.Now.plainDateISO("America/Sao_Paulo").add({ days: 1 });
  return Array.from({ length: 25 }, (_, i) => amanha.add({ days: i }))
    .filter(({ dayOfWeek }) => dayOfWeek <= 5)
    .flatMap((data) =>
      ESPECIALIDADES.map((especialidade): [string, string, string] => [
        especialidade,
        dataNoFio(data.toString()),
        DIAS_UTEIS[data.dayOfWeek - 1],
      ])
    );
}

/** Como `servidor` inicia um. */
export interface OpcoesDoConcorrente {
  /** O livro; um arquivo da pasta, se não se diz. */
  banco?: string;
  /** A semana da clínica; a do bench, se não se diz, e a embutida, se é `{}`. */
  semana?: unknown;
  /** Mais argumentos. */
  args?: readonly string[];
  /** De que versão do projeto; desta, se não se diz. */
  raiz?: string;
}

/** Um servidor, com o livro, a semana e o console na pasta; volta quando ele atende. */
export async function servidor(
  pasta: string,
  { banco = `${pasta}/clinica.db`, semana = SEMANA, args = [], raiz = RAIZ }: OpcoesDoConcorrente = {},
): Promise<Concorrente> {
  const porta = portaLivre();
  const config = `${pasta}/semana.json`;
  Deno.writeTextFileSync(config, JSON.stringify(semana));
  const suas = ["--porta", `${porta}`, "--endereco", "127.0.0.1", "--banco", banco, "--config", config, ...args];
  const processo = inicia(comando("servidor.ts", suas, raiz), `${pasta}/servidor.log`);
  await esperaPorta(porta);
  return { nome: "servidor", fala: "clinica", porta, processo };
}

/** Para um concorrente em ordem. */
export async function encerra({ processo }: Concorrente): Promise<void> {
  processo.kill("SIGTERM");
  await processo.status;
}

/** Quem faz as medições: o nosso gerador, ou um externo. */
export class Medidor {
  /** A duração de cada medida. */
  readonly segundos: number;
  #gerador: string | undefined;
  #semente = 1;

  /** `gerador` é o caminho do externo, se há. */
  constructor(segundos: number, gerador: string | undefined) {
    this.segundos = segundos;
    this.#gerador = gerador;
  }

  /** De quem é o gerador de uma carga: o externo não sabe fazer a mista, a das vagas nem as de CLINICA/2. */
  gerador(carga: Carga): "externo" | "do projeto" {
    return this.#programa(carga) === undefined ? "do projeto" : "externo";
  }

  #programa(carga: Carga): string | undefined {
    return carga === "busca" || carga === "par" ? this.#gerador : undefined;
  }

  /** Mede um concorrente num nível; o gerador roda em processo próprio. */
  async mede(quem: Concorrente, carga: Carga, nivel: Nivel): Promise<Medida> {
    const { porta, fala, scripts = ["", ""], ofertas: suas = ofertas(), filas, certificado } = quem;
    this.#semente = (this.#semente + 1_000_003) % 700_000_000;
    // O externo não fala TLS.
    const programa = certificado === undefined ? this.#programa(carga) : undefined;
    if (programa !== undefined) {
      return await this.#externa(programa, { porta, fala, scripts, carga, nivel, ofertas: suas });
    }
    const medicao: Medicao = {
      porta,
      certificado,
      fala,
      carga,
      ...nivel,
      segundos: this.segundos,
      ofertas: suas,
      filas,
      scripts,
      semente: this.#semente,
    };
    return JSON.parse(await saidaDe(comando("bench/gerador.ts", [JSON.stringify(medicao)])));
  }

  async #externa(
    gerador: string,
    { porta, fala, scripts, carga, nivel, ofertas }: {
      porta: number;
      fala: Fala;
      scripts: readonly string[];
      carga: Carga;
      nivel: Nivel;
      ofertas: readonly (readonly string[])[];
    },
  ): Promise<Medida> {
    const [modo, mais] = fala === "eco"
      ? ["eco", []]
      : fala === "redis"
      ? (carga === "busca" ? ["rget", []] : ["rpar", scripts])
      : [carga, carga === "par" ? ofertas.flat() : []];
    const dito = await saidaDe([
      gerador,
      `${porta}`,
      `${nivel.conexoes}`,
      `${nivel.emVoo}`,
      `${this.segundos}`,
      modo,
      ...mais,
    ]);
    const campo = (nome: string): number => Number(new RegExp(`\\b${nome}=([\\d.]+)`).exec(dito)?.[1]);
    return {
      porSegundo: campo("rps"),
      p50: campo("p50"),
      p99: campo("p99"),
      maxima: campo("max"),
      erros: campo("erros"),
    };
  }
}

async function saidaDe([programa, ...args]: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(programa, { args }).output();
  if (!success) throw new Error(`${programa} falhou: ${new TextDecoder().decode(stderr).trim()}`);
  return new TextDecoder().decode(stdout);
}

/** A mediana; de um número par de valores, o meio entre os dois do meio. */
export function mediana(valores: readonly number[]): number {
  return quantil(valores, 0.5);
}

/** O valor abaixo do qual fica a fração dada dos outros, entre os dois mais próximos. */
export function quantil(valores: readonly number[], fracao: number): number {
  const ordenados = valores.toSorted((a, b) => a - b);
  const onde = (ordenados.length - 1) * fracao;
  const [abaixo, acima] = [ordenados[Math.floor(onde)], ordenados[Math.ceil(onde)]];
  return abaixo + (acima - abaixo) * (onde % 1);
}
