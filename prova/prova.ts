/**
 * A prova: um comando que faz a servidores de verdade o que pode acontecer a eles, e diz se cumpriram o que se promete.
 *
 *     deno task prova                          sai com 0 só se toda promessa foi cumprida
 *     deno task prova --parte queda --minutos 1
 *     deno task prova --semente 7 --json
 *     deno task prova --help
 *
 * Cada parte inicia servidores em processos próprios, em livros temporários, e fala com eles por TCP nesta máquina. A
 * semente repete as mesmas escolhas; o entrelaçamento é o que a máquina fizer. Aqui estão o comando, a lista das partes
 * e o relatório; as partes estão em `prova/livro.ts`, `prova/disco.ts`, `prova/dia.ts`, `prova/espera.ts`, `prova/servidores.ts`,
 * `prova/hostis.ts`, `prova/abusos.ts`, `prova/acesso.ts`, `prova/paginas.ts` e `prova/tempo.ts`, e o que elas têm em comum, em `prova/bancada.ts`.
 * `SEGURANCA.md` diz o que cada parte mostra, e o que não mostra.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { type Ferramentas, Oficina, procuraFerramentas } from "../testes/apoio.ts";
import { mensagem } from "../clinica/texto.ts";
import { ErroDeUso } from "../comandos/argumentos.ts";
import { abusos } from "./abusos.ts";
import { acesso } from "./acesso.ts";
import { type Conclusao, type Contexto, type Estado, mil, promessa } from "./bancada.ts";
import configuracaoDoDeno from "../deno.json" with { type: "json" };
import { dia } from "./dia.ts";
import { disco } from "./disco.ts";
import { espera } from "./espera.ts";
import { hostis } from "./hostis.ts";
import { corrida, historia, queda } from "./livro.ts";
import { paginas } from "./paginas.ts";
import { servidores } from "./servidores.ts";
import { tempo } from "./tempo.ts";

const AJUDA = `Clínica de Saúde ${configuracaoDoDeno.version}: a prova.

USO
  prova/prova.ts [opções]

OPÇÕES
  --minutos N      quanto dura, ao todo (4; 0.5 serve)
  --semente N      repete as mesmas escolhas (uma nova a cada vez; o relatório a mostra)
  --parte NOME     só uma parte: corrida, historia, queda, disco, dia, espera, servidores, hostis, abusos, acesso,
                   paginas, tempo
  --json           o relatório em JSON
  --help           esta ajuda

Sai com 0 se toda promessa foi cumprida, 1 se alguma foi quebrada, 3 se nenhuma foi quebrada e alguma não pôde ser
verificada (falta uma ferramenta, por exemplo), 2 se o comando está errado, 130 com Ctrl-C.
`;

/** Uma parte que acabou. */
export interface ParteFeita extends Conclusao {
  /** O nome, como em `--parte`. */
  readonly nome: string;
  /** O que ela faz. */
  readonly titulo: string;
  /** Quanto durou, em segundos. */
  readonly segundos: number;
}

/** O relatório inteiro. */
export interface Relatorio {
  /** A semente das escolhas. */
  readonly semente: number;
  /** As ferramentas do sistema que havia. */
  readonly ferramentas: readonly string[];
  /** As partes, na ordem. */
  readonly partes: readonly ParteFeita[];
}

/** Uma parte da prova, e que fração do tempo ela tem. */
interface Parte {
  readonly nome: string;
  readonly titulo: string;
  readonly fracao: number;
  readonly roda: (contexto: Contexto) => Promise<Conclusao>;
}

const PARTES: readonly Parte[] = [
  { nome: "corrida", titulo: "muitos pela última vaga", fracao: 0.04, roda: corrida },
  { nome: "historia", titulo: "carga ao acaso, e a história inteira conferida", fracao: 0.09, roda: historia },
  { nome: "queda", titulo: "a mesma carga, com kill -9", fracao: 0.12, roda: queda },
  { nome: "disco", titulo: "disco cheio, e erros no fsync do commit", fracao: 0.09, roda: disco },
  { nome: "dia", titulo: "os atos do dia da clínica ao acaso, com kill -9", fracao: 0.09, roda: dia },
  { nome: "espera", titulo: "a lista de espera ao acaso, com prazos que vencem e kill -9", fracao: 0.09, roda: espera },
  {
    nome: "servidores",
    titulo: "o dia e a lista de espera, em dois e em quatro servidores sobre um PostgreSQL, com um morto no meio",
    fracao: 0.1,
    roda: servidores,
  },
  { nome: "hostis", titulo: "clientes que se comportam mal", fracao: 0.12, roda: hostis },
  {
    nome: "abusos",
    titulo: "o que uma linha, um cliente, um navegador ou um descuido não podem",
    fracao: 0.04,
    roda: abusos,
  },
  {
    nome: "acesso",
    titulo: "quem não tem chave, código ou certificado não entra, por mais que tente",
    fracao: 0.1,
    roda: acesso,
  },
  {
    nome: "paginas",
    titulo: "o que se faz por HTTP a quem só devia ter formulários de pacientes",
    fracao: 0.08,
    roda: paginas,
  },
  { nome: "tempo", titulo: "o relógio para a frente e para trás", fracao: 0.04, roda: tempo },
];

/** Os nomes das partes, na ordem. */
export const NOMES_DAS_PARTES: readonly string[] = PARTES.map(({ nome }) => nome);

/** Como `prova` roda. */
export interface OpcoesDaProva {
  /** Quanto dura, ao todo, em segundos. */
  segundos: number;
  /** A semente das escolhas. */
  semente: number;
  /** Só esta parte, com o tempo todo para ela. */
  parte?: string;
  /** Avisada do que está acontecendo, em palavras. */
  avanca?: (parte: string, texto: string) => void;
  /** Onde ficam os processos e as pastas. */
  oficina: Oficina;
}

/** Roda a prova, ou uma parte dela, e diz o que se concluiu. Uma parte que não chega ao fim é uma promessa quebrada. */
export async function prova(opcoes: OpcoesDaProva): Promise<Relatorio> {
  const { segundos, semente, parte: so, avanca = () => {}, oficina } = opcoes;
  const ferramentas = await procuraFerramentas();
  const partes: ParteFeita[] = [];
  for (const { nome, titulo, fracao, roda } of PARTES.filter(({ nome }) => so === undefined || nome === so)) {
    const inicio = performance.now();
    avanca(nome, titulo);
    const contexto: Contexto = {
      oficina,
      segundos: so === undefined ? segundos * fracao : segundos,
      semente,
      ferramentas,
      avanca: (texto) => avanca(nome, texto),
    };
    partes.push({
      nome,
      titulo,
      ...await ateOFim(() => roda(contexto)),
      segundos: (performance.now() - inicio) / 1000,
    });
  }
  return { semente, ferramentas: nomesDe(ferramentas), partes };
}

function nomesDe({ strace, prlimit, tmpfs, faketime }: Ferramentas): string[] {
  return Object.entries({ strace, prlimit, tmpfs, faketime: faketime !== undefined })
    .flatMap(([nome, tem]) => tem ? [nome] : []);
}

async function ateOFim(roda: () => Promise<Conclusao>): Promise<Conclusao> {
  try {
    return await roda();
  } catch (erro) {
    return { promessas: [promessa("a parte chega ao fim", false, mensagem(erro))], cifras: {} };
  }
}

/** O relatório para pessoas. */
export function emTexto({ semente, ferramentas, partes }: Relatorio): string {
  const linhas = [
    `Clínica de Saúde ${configuracaoDoDeno.version}: a prova`,
    `semente ${semente}; Deno ${Deno.version.deno} em ${Deno.build.os} ${Deno.build.arch}; ` +
    `ferramentas: ${ferramentas.length === 0 ? "nenhuma" : ferramentas.join(", ")}`,
  ];
  for (const { nome, titulo, segundos, promessas } of partes) {
    linhas.push("", `${nome} (${mil(Math.round(segundos))} s): ${titulo}`);
    for (const { texto, estado, detalhe } of promessas) {
      linhas.push(`  ${texto}`, `    ${estado}: ${detalhe.replaceAll("\n", "\n      ")}`);
    }
  }
  const todas = partes.flatMap(({ promessas }) => promessas);
  const quantas = (estado: Estado): number => todas.filter((uma) => uma.estado === estado).length;
  linhas.push(
    "",
    `${quantas("cumprida")} promessas cumpridas, ${quantas("QUEBRADA")} quebradas, ` +
      `${quantas("não verificada")} não verificadas`,
  );
  return linhas.join("\n");
}

/** O código de saída: 0 só se toda promessa foi cumprida. */
export function codigoDeSaida({ partes }: Relatorio): 0 | 1 | 3 {
  const estados = partes.flatMap(({ promessas }) => promessas.map(({ estado }) => estado));
  if (estados.includes("QUEBRADA")) return 1;
  return estados.includes("não verificada") ? 3 : 0;
}

/** Conta o que acontece em stderr: uma linha que se refaz num terminal, linhas de vez em quando fora dele. */
function progresso(): { avanca: (parte: string, texto: string) => void; apaga: () => void } {
  const terminal = Deno.stderr.isTerminal();
  const entre = terminal ? 100 : 5000;
  let proxima = 0;
  let anterior = "";
  const escreve = (texto: string): void => {
    Deno.stderr.writeSync(new TextEncoder().encode(texto));
  };
  return {
    avanca: (parte, texto) => {
      if (parte === anterior && performance.now() < proxima) return;
      proxima = performance.now() + entre;
      anterior = parte;
      const ordem = `[${NOMES_DAS_PARTES.indexOf(parte) + 1}/${PARTES.length}] ${parte}: ${texto}`;
      escreve(terminal ? `\r\x1b[K${ordem.slice(0, Deno.consoleSize().columns - 1)}` : `${ordem}\n`);
    },
    apaga: () => terminal && escreve("\r\x1b[K"),
  };
}

interface Argumentos {
  ajuda: boolean;
  json: boolean;
  minutos: number;
  semente: number;
  parte: string | undefined;
}

function lerArgumentos(args: readonly string[]): Argumentos {
  const lidos: Record<string, unknown> = parseArgs([...args], {
    string: ["minutos", "semente", "parte", "_"],
    boolean: ["json", "help"],
    alias: { help: ["h", "ajuda"] },
    unknown: (arg: string) => {
      throw new ErroDeUso(`não conheço ${arg}`);
    },
  });
  const numero = (nome: string, padrao: number, { ate, forma }: { ate: number; forma: RegExp }): number => {
    const escrito = lidos[nome];
    if (escrito === undefined) return padrao;
    const valor = typeof escrito === "string" && forma.test(escrito) ? Number(escrito.replace(",", ".")) : NaN;
    if (!(valor > 0 || nome === "semente" && valor === 0) || valor > ate) {
      throw new ErroDeUso(`--${nome} espera um número até ${ate}; veio "${escrito}"`);
    }
    return valor;
  };
  const { parte } = lidos;
  if (parte !== undefined && (typeof parte !== "string" || !NOMES_DAS_PARTES.includes(parte))) {
    throw new ErroDeUso(`--parte espera uma de ${NOMES_DAS_PARTES.join(", ")}; veio "${parte}"`);
  }
  return {
    ajuda: lidos.help === true,
    json: lidos.json === true,
    minutos: numero("minutos", 4, { ate: 24 * 60, forma: /^\d+([.,]\d+)?$/ }),
    semente: numero("semente", crypto.getRandomValues(new Uint32Array(1))[0], { ate: 2 ** 32 - 1, forma: /^\d+$/ }),
    parte,
  };
}

async function main(args: readonly string[]): Promise<number> {
  const { ajuda, json, minutos, semente, parte } = lerArgumentos(args);
  if (ajuda) {
    console.log(AJUDA);
    return 0;
  }
  const { avanca, apaga } = progresso();
  await using oficina = new Oficina();
  for (const [sinal, codigo] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
    if (Deno.build.os === "windows" && sinal === "SIGTERM") continue;
    Deno.addSignalListener(sinal, async () => {
      await oficina[Symbol.asyncDispose]();
      apaga();
      Deno.exit(codigo);
    });
  }
  const relatorio = await prova({ segundos: minutos * 60, semente, parte, avanca, oficina });
  apaga();
  console.log(json ? JSON.stringify(relatorio, null, 2) : emTexto(relatorio));
  return codigoDeSaida(relatorio);
}

if (import.meta.main) {
  try {
    Deno.exit(await main(Deno.args));
  } catch (erro) {
    console.error(`prova: ${mensagem(erro)}`);
    if (erro instanceof ErroDeUso) console.error("prova/prova.ts --help mostra as opções");
    Deno.exit(erro instanceof ErroDeUso ? 2 : 1);
  }
}
