/**
 * A linha de comando do cliente: o servidor, o comando e as opções, ou o que está errado neles.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import type { Endereco } from "./conexao.ts";
import {
  type Bandeira,
  BANDEIRAS,
  CHAVES,
  type ComandoDado,
  DA_CHAVE,
  FORMAS,
  type NomeDeComando,
  NOMES_DE_COMANDO,
} from "./formas.ts";
import { montaComando, type SemValor } from "./leitura.ts";
import { LETRAS_DE_ENGANO, maisPerto } from "./parecidas.ts";
import { chave } from "../clinica/texto.ts";
import { ErroDeUso } from "../comandos/argumentos.ts";
import { PORTA_PADRAO, PORTA_TLS_PADRAO } from "../protocolo.ts";

/** Uma palavra que diz o que fazer. */
type Palavra = NomeDeComando | typeof DA_CHAVE[number];

const PALAVRAS: readonly Palavra[] = [...NOMES_DE_COMANDO, ...DA_CHAVE];

/** As palavras do menu e as da recepção, para quem as escreve no lugar do comando. */
const OUTRAS_PALAVRAS: ReadonlyMap<string, Palavra> = new Map<string, Palavra>([
  ["marcar", "agendar"],
  ["ver", "buscar"],
  ["desmarcar", "cancelar"],
  ["lista", "agenda"],
  ["dia", "agenda"],
  ["desfechar", "reabrir"],
  ["entrar", "entra"],
  ["esquecer", "esquece"],
  ["avisar", "esperar"],
  ["sair", "desistir"],
]);

/** O que a linha de comando pede. */
export type Chamada =
  | { readonly tipo: "ajuda" | "versao" }
  | { readonly tipo: "uso"; readonly mensagem: string }
  | { readonly tipo: typeof DA_CHAVE[number]; readonly endereco: Endereco; readonly certificado?: true }
  | { readonly tipo: "menu"; readonly endereco: Endereco; readonly chave?: string; readonly duvida?: string }
  | {
    readonly tipo: "comando";
    readonly endereco: Endereco;
    readonly comando: ComandoDado;
    readonly chave?: string;
    readonly json: boolean;
  };

/** Lê a linha de comando. Não lança: o que está errado volta como `uso`, com a frase a mostrar. */
export function lerChamada(args: readonly string[]): Chamada {
  try {
    return interpreta(separa(args));
  } catch (erro) {
    if (erro instanceof ErroDeUso) return { tipo: "uso", mensagem: erro.message };
    throw erro;
  }
}

interface Separados extends SemValor {
  palavras: string[];
  bandeiras: Map<Bandeira, string>;
  ajuda: boolean;
  json: boolean;
  /** Por TLS, e com que autoridades. */
  tls?: { readonly raiz?: string };
  chave?: string;
  /** O que se esquece é o certificado, e não a chave. */
  certificado: boolean;
}

/** O arquivo das autoridades em que se confia; é da conexão, e não de um comando. */
const RAIZ = "certificado-raiz";

/** As chaves que não são de um pedido ao servidor. */
const OUTRAS_CHAVES: readonly string[] = ["tls", "certificado"];

function separa(args: readonly string[]): Separados {
  const estranhas: string[] = [];
  const { vazias, outras } = tiraVazias(args);
  // Sem declarar tudo como texto, "01234567890" viraria o número 1234567890.
  const lidos: { _: string[] } & Record<string, unknown> = parseArgs(outras, {
    string: ["_", "chave", RAIZ, ...BANDEIRAS],
    boolean: [...CHAVES, ...OUTRAS_CHAVES],
    alias: { h: "help" },
    unknown: (arg: string, nome?: string): boolean => {
      if (nome !== undefined) estranhas.push(arg);
      return nome === undefined;
    },
  });
  const { chave } = lidos;
  if (args.includes("--chave=") || chave !== undefined && (typeof chave !== "string" || chave === "")) {
    throw new ErroDeUso("falta o valor de --chave");
  }
  const comValor = args.find((arg) => [...CHAVES, ...OUTRAS_CHAVES].some((nome) => arg.startsWith(`--${nome}=`)));
  if (comValor !== undefined) throw new ErroDeUso(`${comValor.split("=")[0]} não leva valor: veio "${comValor}"`);
  if (estranhas.length > 0) {
    const [nome] = estranhas[0].split("=");
    const perto = maisPerto(nome.replace(/^-+/, ""), [...BANDEIRAS, "chave", RAIZ, ...CHAVES, ...OUTRAS_CHAVES]);
    const engano = perto.distancia <= LETRAS_DE_ENGANO && perto.distancia < perto.palavra.length;
    const sugestao = engano ? `; queria dizer --${perto.palavra}?` : "";
    throw new ErroDeUso(`opção desconhecida: ${nome}${sugestao}`);
  }
  const bandeiras = new Map<Bandeira, string>([...vazias].map((nome) => [nome, ""]));
  for (const nome of BANDEIRAS) {
    const valor = lidos[nome];
    if (typeof valor === "string") bandeiras.set(nome, valor);
  }
  const raiz = lidos[RAIZ];
  if (raiz === "") throw new ErroDeUso(`--${RAIZ} precisa de um arquivo`);
  return {
    palavras: lidos._,
    tls: typeof raiz === "string" ? { raiz } : lidos.tls === true || lidos.certificado === true ? {} : undefined,
    certificado: lidos.certificado === true,
    ...(typeof chave === "string" ? { chave } : {}),
    bandeiras,
    vazias,
    ditas: new Set((["encaixe", "marca"] as const).filter((nome) => lidos[nome] === true)),
    ajuda: lidos.help === true,
    json: lidos.json === true,
  };
}

/** Tira as opções com um valor vazio (`--nota ""`, `--nota=`): a biblioteca não as distingue das que vêm sem valor. */
function tiraVazias(args: readonly string[]): { vazias: ReadonlySet<Bandeira>; outras: string[] } {
  const vazias = new Set<Bandeira>();
  const outras: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const separada = args[i + 1] === "";
    const nome = BANDEIRAS.find((nome) => args[i] === `--${nome}=` || (separada && args[i] === `--${nome}`));
    if (nome === undefined) {
      outras.push(args[i]);
      continue;
    }
    vazias.add(nome);
    if (!args[i].endsWith("=")) i++;
  }
  return { vazias, outras };
}

function interpreta(separados: Separados): Chamada {
  const { palavras, bandeiras, vazias, ditas, ajuda, json, tls, certificado, ...comChave } = separados;
  if (ajuda) return { tipo: "ajuda" };
  // Lida como um servidor, ia perguntar-se por ela na rede.
  if (palavras.some(ehChave)) {
    throw new ErroDeUso("uma chave não se escreve assim, que fica à vista; entra pergunta por ela, e guarda-a");
  }
  const resto = [...palavras];
  const [primeira, segunda] = palavras;
  let host: string | undefined;
  let porta: number | undefined;
  if (primeira !== undefined && ehServidor(primeira, segunda)) {
    resto.shift();
    ({ host, porta } = lerHost(primeira));
    if (resto.length > 0 && /^\d/.test(resto[0])) {
      if (porta !== undefined) throw new ErroDeUso(`a porta foi dada duas vezes: ${primeira} e ${resto[0]}`);
      porta = lerPorta(resto[0]);
      resto.shift();
    }
  }
  const padrao = tls === undefined ? PORTA_PADRAO : PORTA_TLS_PADRAO;
  const endereco: Endereco = { host: host ?? "localhost", porta: porta ?? padrao, ...tls && { tls } };
  const palavra = resto.shift();
  if (certificado && (palavra === undefined || comandoDe(palavra) !== "esquece")) {
    throw new ErroDeUso("--certificado só serve com esquece");
  }
  if (palavra === undefined) {
    // Depois de um comando é a versão de um agendamento, e falta-lhe o valor.
    if (bandeiras.get("versao") === "") return { tipo: "versao" };
    if (bandeiras.size === 0 && ditas.size === 0 && !json) {
      return { tipo: "menu", endereco, ...comChave, ...duvidaDoMenu(primeira, palavras.length) };
    }
    const lido = primeira === undefined ? "" : `; "${primeira}" foi lido como o servidor${duvidaSobre(primeira)}`;
    throw new ErroDeUso(`falta o comando: ${PALAVRAS.join(", ")}${lido}`);
  }
  const comoServidor = host === undefined
    ? ` Se "${palavra}" é o servidor, escreva "${palavra} ${PORTA_PADRAO}" ou "[${palavra}]"`
    : "";
  const nome = comandoDe(palavra);
  if (nome === undefined) {
    throw new ErroDeUso(`comando desconhecido: ${palavra}; queria dizer "${sugestaoDe(palavra)}"?${comoServidor}`);
  }
  if (ehDaChave(nome)) {
    if (resto.length > 0 || bandeiras.size > 0 || ditas.size > 0 || json || comChave.chave !== undefined) {
      throw new ErroDeUso(
        `${nome} não leva mais nada${nome === "entra" ? ": pergunta a chave, ou lê-a de stdin" : ""}`,
      );
    }
    return { tipo: nome, endereco, ...certificado ? { certificado } : {} };
  }
  for (const posicao of FORMAS[nome].posicoes) {
    if (bandeiras.has(posicao)) continue;
    // Outro comando ali não é um dado: mais provável é que o primeiro fosse o servidor.
    if (resto.length === 0 || comandoDe(resto[0]) !== undefined) break;
    bandeiras.set(posicao, resto[0]);
    resto.shift();
  }
  if (resto.length > 0) {
    const sobra = resto.join(" ");
    const duvida = comandoDe(resto[0]) === undefined ? "" : `.${comoServidor}`;
    throw new ErroDeUso(`sobra na linha de comando: ${sobra}; textos com espaço vão entre aspas${duvida}`);
  }
  return { tipo: "comando", endereco, comando: montaComando(nome, bandeiras, { vazias, ditas }), ...comChave, json };
}

function ehDaChave(palavra: Palavra): palavra is typeof DA_CHAVE[number] {
  return DA_CHAVE.some((uma) => uma === palavra);
}

/** O que `servidor.ts chave cria` escreve. */
function ehChave(palavra: string): boolean {
  return /^clinica_[0-9A-Z]{16,}$/i.test(palavra);
}

/**
 * Se a primeira palavra é o servidor: um comando, mesmo mal escrito, não tem `:` nem colchetes, e depois dele não vem uma
 * porta, a não ser que o que ele leva seja um número.
 */
function ehServidor(primeira: string, segunda: string | undefined): boolean {
  if (pareceServidor(primeira)) return true;
  const comando = comandoDe(primeira);
  if (comando !== undefined && !ehDaChave(comando) && FORMAS[comando].posicoes[0] === "numero") return false;
  return segunda !== undefined && portaDe(segunda) !== undefined;
}

/** Um nome de comando e um número, e mais nada, leem-se como um servidor e a sua porta; podia não ser isso. */
function duvidaDoMenu(primeira: string | undefined, palavras: number): { duvida?: string } {
  if (primeira === undefined || palavras < 2 || pareceServidor(primeira)) return {};
  return {
    duvida:
      `"${primeira}" foi lido como o servidor, pela porta que vem depois; os dados de um comando vão em opções, ` +
      "como --cpf CPF",
  };
}

function pareceServidor(palavra: string): boolean {
  if (/[:[]/.test(palavra)) return true;
  const escrita = semAcentos(palavra);
  // "entrada" é um bom nome de servidor.
  return maisPerto(escrita, NOMES_DE_COMANDO).distancia > LETRAS_DE_ENGANO &&
    maisPerto(escrita, DA_CHAVE).distancia > 1;
}

function comandoDe(palavra: string): Palavra | undefined {
  return PALAVRAS.find((comando) => comando === semAcentos(palavra));
}

/** Se o que se leu como servidor é só letras, podia ser um comando. */
function duvidaSobre(servidor: string): string {
  const podia = /^\p{L}+$/u.test(servidor) && comandoDe(servidor) === undefined;
  return podia ? ` (queria dizer "${sugestaoDe(servidor)}"?)` : "";
}

function sugestaoDe(palavra: string): string {
  const escrita = semAcentos(palavra);
  return OUTRAS_PALAVRAS.get(escrita) ?? maisPerto(escrita, PALAVRAS).palavra;
}

/** `"Situação"` → `"situacao"`: os acentos são de quem escreve. */
function semAcentos(palavra: string): string {
  return chave(palavra).toLowerCase();
}

/** `"nome"`, `"10.0.0.30"`, `"nome:9100"`, `"[nome]"`, `"::1"`, `"[::1]"` ou `"[::1]:9100"`. */
function lerHost(texto: string): { host: string; porta?: number } {
  const colchetes = /^\[([^\]]*)\](?::(.*))?$/.exec(texto);
  const [host, porta] = colchetes
    ? [colchetes[1], colchetes[2]]
    : texto.split(":").length === 2
    ? texto.split(":")
    : [texto, undefined];
  const serve = host.includes(":") ? /^[0-9a-f:.]+(%[\w.-]+)?$/i.test(host) : /^[\p{L}\p{N}_.-]+$/u.test(host);
  if (!serve) throw new ErroDeUso(`"${texto}" não é comando nem endereço de servidor`);
  return { host, porta: porta === undefined ? undefined : lerPorta(porta) };
}

function lerPorta(texto: string): number {
  const porta = portaDe(texto);
  if (porta === undefined) throw new ErroDeUso(`porta inválida: ${texto}; use um número de 1 a 65535`);
  return porta;
}

function portaDe(texto: string): number | undefined {
  const porta = Number(texto);
  return /^\d{1,5}$/.test(texto) && porta >= 1 && porta <= 65535 ? porta : undefined;
}
