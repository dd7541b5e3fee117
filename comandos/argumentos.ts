/**
 * Os argumentos de `servidor.ts`: as opções que há, como se leem e o que se diz de um comando errado.
 *
 * `servidor.ts` e os comandos desta pasta o usam; cada um diz que opções aceita. O que algumas trazem (o livro,
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

const TEXTOS = ["de", "para", "porta", "endereco", "banco", "config", "conexoes", "conexoes-por-endereco", "log"]
  .concat(["anonimo", "papel", "nome", "ate", "profissional", "certificado", "chave-privada", "tls-porta"])
  .concat(["confia-no-proxy", "chave-da-trilha", "cpf", "quem", "cabeca", "email", "telefone", "motivo", "web"]);
const CHAVES = ["banco-novo", "detalhado", "quieto", "help", "versao", "csv", "json", "adota-semana", "sim"]
  .concat([
    "so-tls",
    "substitui",
    "sorteia",
    "desliga",
    "confere",
    "forca",
    "solta",
    "compacta",
    "sem-web",
    "painel-sem-tls",
  ]);

/** As opções que se podem escrever várias vezes. */
const VARIAS = ["nome", "confia-no-proxy", "chave-da-trilha", "cabeca"];

/** As formas que uma chave pode pedir, como em `--csv=excel`. */
const FORMAS: ReadonlyMap<string, string> = new Map([["csv", "excel"]]);

/** As que dizem que livro é, de que clínica, e com que se sela a trilha dele. */
export const DO_LIVRO: readonly string[] = ["banco", "config", "chave-da-trilha"];

/** As opções como foram escritas, conferidas só no nome. */
export interface Argumentos {
  /** O que não é opção: o comando e o que vem depois dele. */
  palavras: string[];
  /** O valor de uma opção; lança `ErroDeUso` se ela veio sem valor. */
  texto(nome: string): string | undefined;
  /** Os valores de uma opção que se pode escrever várias vezes; lança `ErroDeUso` se uma veio sem valor. */
  textos(nome: string): string[];
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
    collect: VARIAS,
    boolean: CHAVES,
    alias: { help: ["h", "ajuda"], versao: ["version"] },
    unknown: (arg: string, nome?: string) => {
      if (nome !== undefined) throw new ErroDeUso(`opção desconhecida: ${arg}`);
      return true;
    },
  });
  const textos = (nome: string): string[] => {
    const valores = textosCrus(lidos[nome]);
    if (valores.includes("")) throw new ErroDeUso(`--${nome} precisa de um valor`);
    return valores;
  };
  return {
    palavras: Array.isArray(lidos._) ? lidos._.map(String) : [],
    texto(nome): string | undefined {
      const [valor, outro] = textos(nome);
      if (outro !== undefined) throw new ErroDeUso(`--${nome} foi escrita mais de uma vez`);
      return valor;
    },
    textos,
    tem: (nome) => lidos[nome] === true || textosCrus(lidos[nome]).length > 0,
    forma: (nome) => formas.get(nome),
  };
}

/**
 * Recusa as opções que não são de um comando.
 *
 * @throws {ErroDeUso} se uma delas foi escrita.
 */
export function aceitaSo(argumentos: Argumentos, suas: readonly string[], comando: string): void {
  const sobra = [...TEXTOS, ...CHAVES].find((nome) => !suas.includes(nome) && argumentos.tem(nome));
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

/** O que `parseArgs` leu de uma opção com valor, uma ou várias vezes. */
function textosCrus(lido: unknown): string[] {
  return [lido].flat().filter((valor) => typeof valor === "string");
}
