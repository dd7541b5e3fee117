/**
 * Os argumentos de `servidor.ts`: as opções que há, como se leem e o que se diz de um comando errado.
 *
 * `servidor.ts` e os comandos desta pasta o usam; cada um recusa as opções que não são suas. O que algumas trazem (o livro,
 * a semana) está em `opcoes.ts`. `ErroDeUso` é também o do cliente e o da prova.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";

/** O comando está errado; a mensagem diz em quê. */
export class ErroDeUso extends Error {
  /** O nome da classe. */
  override name = "ErroDeUso";
}

const TEXTOS = ["de", "para", "porta", "endereco", "banco", "config", "conexoes", "conexoes-por-endereco", "log"];
const CHAVES = ["banco-novo", "detalhado", "quieto", "help", "versao", "csv", "json", "adota-semana"];

/** As formas que uma chave pode pedir, como em `--csv=excel`. */
const FORMAS: ReadonlyMap<string, string> = new Map([["csv", "excel"]]);

/** As opções que só servem com o servidor. */
export const SO_DO_SERVIDOR: readonly string[] = [
  "porta",
  "endereco",
  "banco-novo",
  "conexoes",
  "conexoes-por-endereco",
  "log",
  "detalhado",
  "quieto",
  "adota-semana",
];

/** As opções que só servem com `lista`. */
export const SO_DA_LISTA: readonly string[] = ["csv", "json"];

/** As opções que só servem com `importar`. */
export const SO_DE_IMPORTAR: readonly string[] = ["de", "para"];

/** As opções como foram escritas, conferidas só no nome. */
export interface Argumentos {
  /** O que não é opção: o comando e o que vem depois dele. */
  palavras: string[];
  /** O valor de uma opção; lança `ErroDeUso` se ela veio sem valor. */
  texto(nome: string): string | undefined;
  /** Se a opção foi escrita. */
  tem(nome: string): boolean;
  /** A forma que uma chave pede, como `excel` em `--csv=excel`. */
  forma(nome: string): string | undefined;
}

/**
 * Separa palavras e opções.
 *
 * @throws {ErroDeUso} se uma opção não existe, ou uma chave pede uma forma que não tem.
 */
export function lerArgumentos(args: readonly string[]): Argumentos {
  const formas = new Map<string, string>();
  const semFormas = args.map((arg) => {
    const [, nome, forma] = /^--([a-z-]+)=(.*)$/s.exec(arg) ?? [];
    if (nome === undefined || !CHAVES.includes(nome)) return arg;
    if (FORMAS.get(nome) !== forma) {
      throw new ErroDeUso(
        `--${nome} ${FORMAS.has(nome) ? `espera ${FORMAS.get(nome)}` : "não leva valor"}; veio "${forma}"`,
      );
    }
    formas.set(nome, forma);
    return `--${nome}`;
  });
  const lidos: Record<string, unknown> = parseArgs(semFormas, {
    string: [...TEXTOS, "_"],
    boolean: CHAVES,
    alias: { help: ["h", "ajuda"], versao: ["version"] },
    unknown: (arg: string, nome?: string) => {
      if (nome !== undefined) throw new ErroDeUso(`opção desconhecida: ${arg}`);
      return true;
    },
  });
  return {
    palavras: Array.isArray(lidos._) ? lidos._.map(String) : [],
    texto(nome): string | undefined {
      const valor = lidos[nome];
      if (valor === undefined) return undefined;
      if (typeof valor !== "string" || valor === "") throw new ErroDeUso(`--${nome} precisa de um valor`);
      return valor;
    },
    tem: (nome) => lidos[nome] === true || (typeof lidos[nome] === "string"),
    forma: (nome) => formas.get(nome),
  };
}

/**
 * Recusa as opções que não servem com um comando.
 *
 * @throws {ErroDeUso} se uma delas foi escrita.
 */
export function recusaOpcoes(argumentos: Argumentos, nomes: readonly string[], comando: string): void {
  const sobra = nomes.find((nome) => argumentos.tem(nome));
  if (sobra !== undefined) throw new ErroDeUso(`--${sobra} não serve com ${comando}`);
}

/**
 * Um inteiro entre dois limites, ou o de costume.
 *
 * @throws {ErroDeUso} se não é um inteiro, ou passa dos limites.
 */
export function lerInteiro(
  argumentos: Argumentos,
  nome: string,
  { padrao, de, ate }: { padrao: number; de: number; ate: number },
): number {
  const escrito = argumentos.texto(nome);
  if (escrito === undefined) return padrao;
  const valor = /^\d+$/.test(escrito) ? Number(escrito) : NaN;
  if (!(valor >= de && valor <= ate)) {
    throw new ErroDeUso(`--${nome} espera um número de ${de} a ${ate}; veio "${escrito}"`);
  }
  return valor;
}
