/**
 * A linha de comando do cliente: o servidor, o comando e as opções, ou o que está errado neles.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import type { Endereco } from "./conexao.ts";
import { ErroDeUso } from "../comandos/argumentos.ts";
import { PORTA_PADRAO } from "../protocolo.ts";

const BANDEIRAS = ["cpf", "nome", "especialista", "data", "horario"] as const;
type Bandeira = typeof BANDEIRAS[number];

/** Os comandos. */
export const NOMES_DE_COMANDO = ["agendar", "buscar", "cancelar", "vagas"] as const;
/** O nome de um comando. */
export type NomeDeComando = typeof NOMES_DE_COMANDO[number];

const OBRIGATORIAS: { readonly [C in NomeDeComando]: readonly Bandeira[] } = {
  agendar: ["cpf", "nome", "especialista"],
  buscar: ["cpf"],
  cancelar: ["cpf"],
  vagas: [],
};

const OPCIONAIS: { readonly [C in NomeDeComando]: readonly Bandeira[] } = {
  agendar: ["data", "horario"],
  buscar: [],
  cancelar: ["especialista"],
  vagas: ["especialista", "data"],
};

/** As palavras do menu, para quem as escreve no lugar do comando. */
const DO_MENU: ReadonlyMap<string, NomeDeComando> = new Map([
  ["marcar", "agendar"],
  ["ver", "buscar"],
  ["desmarcar", "cancelar"],
]);

/** A quantas letras de um comando uma palavra ainda é ele, mal escrito. */
const LETRAS_DE_ENGANO = 2;

/** Um comando da linha de comando, com o que ele precisa; os textos vão ao servidor como foram escritos. */
export type ComandoDado =
  | {
    readonly nome: "agendar";
    readonly cpf: string;
    readonly paciente: string;
    readonly especialista: string;
    readonly data?: string;
    readonly horario?: string;
  }
  | { readonly nome: "buscar"; readonly cpf: string }
  | { readonly nome: "cancelar"; readonly cpf: string; readonly especialista?: string }
  | { readonly nome: "vagas"; readonly especialista?: string; readonly data?: string };

/** O que a linha de comando pede. */
export type Chamada =
  | { readonly tipo: "ajuda" | "versao" }
  | { readonly tipo: "uso"; readonly mensagem: string }
  | { readonly tipo: "menu"; readonly endereco: Endereco; readonly duvida?: string }
  | { readonly tipo: "comando"; readonly endereco: Endereco; readonly comando: ComandoDado; readonly json: boolean };

/** Lê a linha de comando. Não lança: o que está errado volta como `uso`, com a frase a mostrar. */
export function lerChamada(args: readonly string[]): Chamada {
  try {
    return interpreta(separa(args));
  } catch (erro) {
    if (erro instanceof ErroDeUso) return { tipo: "uso", mensagem: erro.message };
    throw erro;
  }
}

interface Separados {
  palavras: string[];
  bandeiras: Map<Bandeira, string>;
  ajuda: boolean;
  versao: boolean;
  json: boolean;
}

function separa(args: readonly string[]): Separados {
  const estranhas: string[] = [];
  // Sem declarar tudo como texto, "01234567890" viraria o número 1234567890.
  const lidos: { _: string[] } & Record<string, unknown> = parseArgs(args, {
    string: ["_", ...BANDEIRAS],
    boolean: ["json", "help", "versao"],
    alias: { h: "help" },
    unknown: (arg: string, nome?: string): boolean => {
      if (nome !== undefined) estranhas.push(arg);
      return nome === undefined;
    },
  });
  if (estranhas.length > 0) {
    const [nome] = estranhas[0].split("=");
    const perto = maisPerto(nome.replace(/^-+/, ""), [...BANDEIRAS, "json", "help", "versao"]);
    const sugestao = perto.distancia <= LETRAS_DE_ENGANO ? `; queria dizer --${perto.palavra}?` : "";
    throw new ErroDeUso(`opção desconhecida: ${nome}${sugestao}`);
  }
  const bandeiras = new Map<Bandeira, string>();
  for (const nome of BANDEIRAS) {
    const valor = lidos[nome];
    if (typeof valor !== "string") continue;
    if (valor === "") throw new ErroDeUso(`falta o valor de --${nome}`);
    bandeiras.set(nome, valor);
  }
  return {
    palavras: lidos._,
    bandeiras,
    ajuda: lidos.help === true,
    versao: lidos.versao === true,
    json: lidos.json === true,
  };
}

function interpreta({ palavras, bandeiras, ajuda, versao, json }: Separados): Chamada {
  if (ajuda) return { tipo: "ajuda" };
  if (versao) return { tipo: "versao" };
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
  const endereco: Endereco = { host: host ?? "localhost", porta: porta ?? PORTA_PADRAO };
  const palavra = resto.shift();
  if (palavra === undefined) {
    if (bandeiras.size === 0 && !json) return { tipo: "menu", endereco, ...duvidaDoMenu(primeira, palavras.length) };
    const lido = primeira === undefined ? "" : `; "${primeira}" foi lido como o servidor${duvidaSobre(primeira)}`;
    throw new ErroDeUso(`falta o comando: ${NOMES_DE_COMANDO.join(", ")}${lido}`);
  }
  const comoServidor = host === undefined
    ? ` Se "${palavra}" é o servidor, escreva "${palavra} ${PORTA_PADRAO}" ou "[${palavra}]"`
    : "";
  const nome = comandoDe(palavra);
  if (nome === undefined) {
    throw new ErroDeUso(`comando desconhecido: ${palavra}; queria dizer "${sugestaoDe(palavra)}"?${comoServidor}`);
  }
  if (resto.length > 0) {
    const sobra = resto.join(" ");
    const duvida = comandoDe(resto[0]) === undefined ? "" : `.${comoServidor}`;
    throw new ErroDeUso(`sobra na linha de comando: ${sobra}; textos com espaço vão entre aspas${duvida}`);
  }
  return { tipo: "comando", endereco, comando: montaComando(nome, bandeiras), json };
}

/**
 * Se a primeira palavra é o servidor: um comando, mesmo mal escrito, não tem `:` nem colchetes, e depois dele não vem uma
 * porta.
 */
function ehServidor(primeira: string, segunda: string | undefined): boolean {
  return pareceServidor(primeira) || (segunda !== undefined && portaDe(segunda) !== undefined);
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
  return /[:[]/.test(palavra) || maisPerto(palavra.toLowerCase(), NOMES_DE_COMANDO).distancia > LETRAS_DE_ENGANO;
}

function comandoDe(palavra: string): NomeDeComando | undefined {
  return NOMES_DE_COMANDO.find((comando) => comando === palavra.toLowerCase());
}

/** Se o que se leu como servidor é só letras, podia ser um comando. */
function duvidaSobre(servidor: string): string {
  const podia = /^\p{L}+$/u.test(servidor) && comandoDe(servidor) === undefined;
  return podia ? ` (queria dizer "${sugestaoDe(servidor)}"?)` : "";
}

function sugestaoDe(palavra: string): string {
  const escrita = palavra.toLowerCase();
  return DO_MENU.get(escrita) ?? maisPerto(escrita, NOMES_DE_COMANDO).palavra;
}

function montaComando(nome: NomeDeComando, bandeiras: ReadonlyMap<Bandeira, string>): ComandoDado {
  const faltam = OBRIGATORIAS[nome].filter((bandeira) => !bandeiras.has(bandeira));
  if (faltam.length > 0) throw new ErroDeUso(`${nome} precisa de ${faltam.map((f) => `--${f}`).join(", ")}`);
  for (const bandeira of bandeiras.keys()) {
    if (![...OBRIGATORIAS[nome], ...OPCIONAIS[nome]].includes(bandeira)) {
      throw new ErroDeUso(`--${bandeira} não se usa em ${nome}`);
    }
  }
  const cpf = bandeiras.get("cpf") ?? "";
  const especialista = bandeiras.get("especialista");
  const data = bandeiras.get("data");
  switch (nome) {
    case "agendar":
      return {
        nome,
        cpf,
        paciente: bandeiras.get("nome") ?? "",
        especialista: especialista ?? "",
        data,
        horario: bandeiras.get("horario"),
      };
    case "buscar":
      return { nome, cpf };
    case "cancelar":
      return { nome, cpf, especialista };
    case "vagas":
      return { nome, especialista, data };
  }
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

function maisPerto(palavra: string, candidatas: readonly string[]): { palavra: string; distancia: number } {
  return candidatas
    .map((candidata) => ({ palavra: candidata, distancia: distancia(palavra, candidata) }))
    .reduce((melhor, outra) => outra.distancia < melhor.distancia ? outra : melhor);
}

/** Distância de Levenshtein: quantas letras pôr, tirar ou trocar para ir de uma palavra à outra. */
function distancia(a: string, b: string): number {
  let linha = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const nova = [i];
    for (let j = 1; j <= b.length; j++) {
      nova.push(Math.min(nova[j - 1] + 1, linha[j] + 1, linha[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    linha = nova;
  }
  return linha[b.length];
}
