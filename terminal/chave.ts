/**
 * A chave de um terminal: onde se procura, e o arquivo em que `cliente.ts entra` a guarda, uma por servidor, que só o usuário
 * pode ler. `cliente.ts` pergunta por ela antes de conectar; nenhuma mensagem daqui a traz.
 *
 * @module
 */

import { type Endereco, escreverEndereco } from "./conexao.ts";
import { arquivoDaPasta, concedida, escrevePorCima, variavel } from "./pasta.ts";

/** A variável em que se procura uma chave. */
export const VARIAVEL_DA_CHAVE = "CLINICA_CHAVE";

/** O que se diz não serve, ou não se pode usar; a mensagem diz o que fazer, e nunca a chave. */
export class ChaveInutil extends Error {
  /** O nome da classe. */
  override name = "ChaveInutil";
}

/** O que podia ser uma chave: letras e números de ASCII, sem espaços. As de hoje têm 48. */
const FORMA = /^[\x21-\x7e]{8,256}$/;

/** Uma chave como se escreveu ou colou, sem os espaços em volta; `undefined` se não podia ser uma. */
export function lerChave(texto: string): string | undefined {
  const chave = texto.trim();
  return FORMA.test(chave) ? chave : undefined;
}

/** O texto sem as chaves que nele houver: o que se diz de um comando mal escrito repete o que se escreveu. */
export function semChaves(texto: string): string {
  return texto.replace(/clinica_[0-9A-Za-z]+/g, "clinica_…");
}

/**
 * A chave com que se entra num servidor: a que se diz (`--chave`), a da variável, a do arquivo, nesta ordem; `undefined` é
 * nenhuma.
 *
 * @throws {ChaveInutil} se a que se diz não tem a forma de uma, ou o arquivo não se lê ou é de outros também.
 */
export function chaveDe(endereco: Endereco, dita?: string): string | undefined {
  if (dita !== undefined) return comForma(dita, "--chave");
  // Vazia é como se não estivesse lá: é como um script a desfaz.
  const daVariavel = variavel(VARIAVEL_DA_CHAVE) ?? "";
  if (daVariavel !== "") return comForma(daVariavel, VARIAVEL_DA_CHAVE);
  const arquivo = arquivoDasChaves();
  if (arquivo === undefined || !concedida({ name: "read", path: arquivo })) return undefined;
  return lerChaves(arquivo).get(nomeDe(endereco));
}

function comForma(texto: string, donde: string): string {
  const chave = lerChave(texto);
  if (chave !== undefined) return chave;
  throw new ChaveInutil(`${donde} não traz uma chave: são letras e números seguidos, e começam por clinica_.`);
}

/** Guarda a chave de um servidor; devolve em que arquivo. */
export function guardaChave(endereco: Endereco, chave: string): string {
  const arquivo = arquivoDasChaves();
  if (arquivo === undefined) {
    throw new ChaveInutil(`Não se sabe em que pasta guardar a chave; use a variável ${VARIAVEL_DA_CHAVE}.`);
  }
  try {
    escreve(arquivo, lerChaves(arquivo).set(nomeDe(endereco), chave));
  } catch (causa) {
    if (causa instanceof ChaveInutil) throw causa;
    throw new ChaveInutil(`Não foi possível escrever em ${arquivo}; use a variável ${VARIAVEL_DA_CHAVE}.`, {
      cause: causa,
    });
  }
  return arquivo;
}

/** Esquece a chave de um servidor; falso se não há nenhuma guardada. */
export function esqueceChave(endereco: Endereco): boolean {
  const arquivo = arquivoDasChaves();
  if (arquivo === undefined) return false;
  const chaves = lerChaves(arquivo);
  if (!chaves.delete(nomeDe(endereco))) return false;
  try {
    if (chaves.size === 0) Deno.removeSync(arquivo);
    else escreve(arquivo, chaves);
  } catch (causa) {
    throw new ChaveInutil(`Não foi possível escrever em ${arquivo}; apague-o.`, { cause: causa });
  }
  return true;
}

/** O arquivo das chaves deste usuário; `undefined` se o sistema não diz onde ficam as configurações dele. */
export function arquivoDasChaves(): string | undefined {
  return arquivoDaPasta("chaves.json");
}

function nomeDe({ host, porta }: Endereco): string {
  return escreverEndereco({ host: host.toLowerCase(), porta });
}

/** O que outros podem de um arquivo: nada. */
const DE_OUTROS = 0o077;

function lerChaves(arquivo: string): Map<string, string> {
  let texto: string;
  try {
    const { mode, uid } = Deno.statSync(arquivo);
    const eu = concedida({ name: "sys", kind: "uid" }) ? Deno.uid() : null;
    // Quem o tem pode lê-lo e mudá-lo, seja qual for o modo; root pode sempre.
    if (uid !== null && eu !== null && uid !== eu && uid !== 0) {
      throw new ChaveInutil(
        `${arquivo}, onde estão as chaves, é de outro usuário desta máquina, e por isso não se usa. ` +
          "Apague-o, e entre de novo com cliente.ts entra; se alguém o pode ter lido, peça outra chave.",
      );
    }
    // No Windows não há modo: a pasta do usuário é dele.
    if (mode !== null && Deno.build.os !== "windows" && (mode & DE_OUTROS) !== 0) {
      throw new ChaveInutil(
        `Outros usuários desta máquina podem ler ${arquivo}, onde estão as chaves, e por isso não se usa. ` +
          `Feche-o com chmod 600 "${arquivo}"; se alguém o pode ter lido, peça outra chave.`,
      );
    }
    texto = Deno.readTextFileSync(arquivo);
  } catch (causa) {
    if (causa instanceof Deno.errors.NotFound) return new Map();
    if (causa instanceof ChaveInutil) throw causa;
    throw new ChaveInutil(`Não foi possível ler ${arquivo}, onde estão as chaves.`, { cause: causa });
  }
  return interpreta(texto) ?? estragado(arquivo);
}

/** O erro do JSON repetiria um pedaço do arquivo: não se conta. */
function interpreta(texto: string): Map<string, string> | undefined {
  try {
    const lido: unknown = JSON.parse(texto);
    if (typeof lido !== "object" || lido === null || Array.isArray(lido)) return undefined;
    const chaves = new Map<string, string>();
    for (const [servidor, chave] of Object.entries(lido)) {
      const lida = typeof chave === "string" ? lerChave(chave) : undefined;
      if (lida === undefined) return undefined;
      chaves.set(servidor, lida);
    }
    return chaves;
  } catch {
    return undefined;
  }
}

function estragado(arquivo: string): never {
  throw new ChaveInutil(`${arquivo} está estragado; apague-o, e entre de novo com cliente.ts entra.`);
}

function escreve(arquivo: string, chaves: ReadonlyMap<string, string>): void {
  escrevePorCima(arquivo, JSON.stringify(Object.fromEntries(chaves), null, 2) + "\n");
}
