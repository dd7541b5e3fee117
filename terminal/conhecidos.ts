/**
 * Os certificados que este terminal já aceitou, como o `known_hosts` do ssh: de cada servidor, a impressão que alguém viu e
 * confirmou. Outra, no mesmo servidor, não se aceita em silêncio.
 *
 * @module
 */

/** Onde a lista fica: na pasta de configuração de quem usa o terminal. */
export function arquivoDosConhecidos(): string {
  const casa = Deno.env.get("HOME") ?? Deno.env.get("USERPROFILE") ?? ".";
  const pasta = Deno.build.os === "windows"
    ? Deno.env.get("APPDATA") ?? casa
    : Deno.env.get("XDG_CONFIG_HOME") || `${casa}/.config`;
  return `${pasta}/clinica/servidores`;
}

/** Por que uma lista, ou uma linha dela, não serve. */
export class ListaEstragada extends Error {
  /** O nome da classe. */
  override name = "ListaEstragada";
}

/** `AB:CD:…`, 32 bytes. */
const IMPRESSAO = /^[0-9A-F]{2}(?::[0-9A-F]{2}){31}$/;

/**
 * A impressão que se confirmou de um servidor, `"10.0.0.30:9443"`; nenhuma, se nunca se confirmou.
 *
 * @throws {ListaEstragada} se a lista não se lê: não se sabe o que se confirmou, e não se pergunta de novo por isso.
 */
export async function impressaoDe(servidor: string): Promise<string | undefined> {
  const arquivo = arquivoDosConhecidos();
  let texto: string;
  try {
    texto = await Deno.readTextFile(arquivo);
  } catch (causa) {
    if (causa instanceof Deno.errors.NotFound) return undefined;
    throw new ListaEstragada(`${arquivo} não pôde ser lido`, { cause: causa });
  }
  const linha = texto.split("\n").find((uma) => uma.split(" ")[0] === servidor);
  if (linha === undefined) return undefined;
  const impressao = linha.slice(servidor.length + 1).trim();
  if (!IMPRESSAO.test(impressao)) throw new ListaEstragada(`${arquivo}: a linha de ${servidor} não se entende`);
  return impressao;
}

/** Esquece a impressão de um servidor; falso se não se confirmou nenhuma. Uma linha que não se entende também se esquece. */
export async function esqueceImpressao(servidor: string): Promise<boolean> {
  const arquivo = arquivoDosConhecidos();
  let linhas: string[];
  try {
    linhas = (await Deno.readTextFile(arquivo)).split("\n");
  } catch (causa) {
    if (causa instanceof Deno.errors.NotFound) return false;
    throw new ListaEstragada(`${arquivo} não pôde ser lido`, { cause: causa });
  }
  const ficam = linhas.filter((linha) => linha.split(" ")[0] !== servidor);
  if (ficam.length === linhas.length) return false;
  // Ao lado e por cima: quem lê no meio vê a lista de antes ou a de agora.
  const novo = `${arquivo}.${crypto.randomUUID()}`;
  await Deno.writeTextFile(novo, ficam.join("\n"), { createNew: true, mode: 0o600 });
  await Deno.rename(novo, arquivo);
  return true;
}

/** Guarda a impressão de um servidor de que não se tem nenhuma; o arquivo é só de quem usa o terminal. */
export async function guardaImpressao(servidor: string, impressao: string): Promise<void> {
  const arquivo = arquivoDosConhecidos();
  await Deno.mkdir(arquivo.slice(0, arquivo.lastIndexOf("/")), { recursive: true, mode: 0o700 });
  await Deno.writeTextFile(arquivo, `${servidor} ${impressao}\n`, { append: true, create: true, mode: 0o600 });
}
