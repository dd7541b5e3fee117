/**
 * A linha de comando do cliente: o servidor, o comando e as opções, ou o que está errado neles.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import type { Endereco } from "./conexao.ts";
import { conferePeriodo } from "./datas.ts";
import {
  type Bandeira,
  BANDEIRAS,
  CHAVES,
  type ComandoDado,
  CONTATO,
  FORMAS,
  type Inteira,
  INTEIRAS,
  type NomeDeComando,
  NOMES_DE_COMANDO,
  QUAL,
  type SituacaoPedida,
  SITUACOES_PEDIDAS,
} from "./formas.ts";
import { LETRAS_DE_ENGANO, maisPerto } from "./parecidas.ts";
import { corta } from "./telas.ts";
import { ErroDeUso } from "../comandos/argumentos.ts";
import { chave } from "../clinica/texto.ts";
import {
  EMAIL,
  type Leitor,
  livre,
  LOCAL_MAXIMO,
  MINUTO,
  MINUTO_FINAL,
  MOTIVO_MAXIMO,
  NOTA_MAXIMA,
  TELEFONE,
} from "../fio/leitores.ts";
import { PORTA_PADRAO } from "../protocolo.ts";

/** As palavras do menu e as da recepção, para quem as escreve no lugar do comando. */
const OUTRAS_PALAVRAS: ReadonlyMap<string, NomeDeComando> = new Map([
  ["marcar", "agendar"],
  ["ver", "buscar"],
  ["desmarcar", "cancelar"],
  ["lista", "agenda"],
  ["dia", "agenda"],
  ["desfechar", "reabrir"],
]);

/** Como o servidor lê um texto que podia não entender, e o que se espera que ele seja. */
const ESPERADOS: { readonly [B in Bandeira]?: readonly [le: Leitor<unknown>, oque: string] } = {
  inicio: [MINUTO, "uma hora, como 08:00"],
  fim: [MINUTO_FINAL, "uma hora, como 12:30"],
  email: [EMAIL, "um endereço, como ana@exemplo.com"],
  telefone: [TELEFONE, "um número com o código de área, como (11) 98765-4321"],
  motivo: [livre(MOTIVO_MAXIMO), `um texto de até ${MOTIVO_MAXIMO} caracteres que se vejam`],
  nota: [livre(NOTA_MAXIMA), `um texto de até ${NOTA_MAXIMA} caracteres que se vejam`],
  local: [livre(LOCAL_MAXIMO), `um texto de até ${LOCAL_MAXIMO} caracteres que se vejam`],
};

/** Quantas colunas se repetem de um texto que não serve. */
const VISTO_MAXIMO = 40;

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
  /** As que se escreveram com um valor vazio, `--nota ""`, e não sem valor. */
  vazias: ReadonlySet<Bandeira>;
  encaixe: boolean;
  ajuda: boolean;
  json: boolean;
}

function separa(args: readonly string[]): Separados {
  const estranhas: string[] = [];
  const { vazias, outras } = tiraVazias(args);
  // Sem declarar tudo como texto, "01234567890" viraria o número 1234567890.
  const lidos: { _: string[] } & Record<string, unknown> = parseArgs(outras, {
    string: ["_", ...BANDEIRAS],
    boolean: CHAVES,
    alias: { h: "help" },
    unknown: (arg: string, nome?: string): boolean => {
      if (nome !== undefined) estranhas.push(arg);
      return nome === undefined;
    },
  });
  if (estranhas.length > 0) {
    const [nome] = estranhas[0].split("=");
    const perto = maisPerto(nome.replace(/^-+/, ""), [...BANDEIRAS, ...CHAVES]);
    const sugestao = perto.distancia <= LETRAS_DE_ENGANO ? `; queria dizer --${perto.palavra}?` : "";
    throw new ErroDeUso(`opção desconhecida: ${nome}${sugestao}`);
  }
  const bandeiras = new Map<Bandeira, string>([...vazias].map((nome) => [nome, ""]));
  for (const nome of BANDEIRAS) {
    const valor = lidos[nome];
    if (typeof valor === "string") bandeiras.set(nome, valor);
  }
  return {
    palavras: lidos._,
    bandeiras,
    vazias,
    encaixe: lidos.encaixe === true,
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

function interpreta({ palavras, bandeiras, vazias, encaixe, ajuda, json }: Separados): Chamada {
  if (ajuda) return { tipo: "ajuda" };
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
    // Depois de um comando é a versão de um agendamento, e falta-lhe o valor.
    if (bandeiras.get("versao") === "") return { tipo: "versao" };
    if (bandeiras.size === 0 && !encaixe && !json) {
      return { tipo: "menu", endereco, ...duvidaDoMenu(primeira, palavras.length) };
    }
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
  return { tipo: "comando", endereco, comando: montaComando(nome, bandeiras, { vazias, encaixe }), json };
}

/**
 * Se a primeira palavra é o servidor: um comando, mesmo mal escrito, não tem `:` nem colchetes, e depois dele não vem uma
 * porta, a não ser que o que ele leva seja um número.
 */
function ehServidor(primeira: string, segunda: string | undefined): boolean {
  if (pareceServidor(primeira)) return true;
  const comando = comandoDe(primeira);
  if (comando !== undefined && FORMAS[comando].posicoes[0] === "numero") return false;
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
  return /[:[]/.test(palavra) || maisPerto(semAcentos(palavra), NOMES_DE_COMANDO).distancia > LETRAS_DE_ENGANO;
}

function comandoDe(palavra: string): NomeDeComando | undefined {
  return NOMES_DE_COMANDO.find((comando) => comando === semAcentos(palavra));
}

/** Se o que se leu como servidor é só letras, podia ser um comando. */
function duvidaSobre(servidor: string): string {
  const podia = /^\p{L}+$/u.test(servidor) && comandoDe(servidor) === undefined;
  return podia ? ` (queria dizer "${sugestaoDe(servidor)}"?)` : "";
}

function sugestaoDe(palavra: string): string {
  const escrita = semAcentos(palavra);
  return OUTRAS_PALAVRAS.get(escrita) ?? maisPerto(escrita, NOMES_DE_COMANDO).palavra;
}

/** `"Situação"` → `"situacao"`: os acentos são de quem escreve. */
function semAcentos(palavra: string): string {
  return chave(palavra).toLowerCase();
}

function montaComando(
  nome: NomeDeComando,
  bandeiras: ReadonlyMap<Bandeira, string>,
  { vazias, encaixe }: Pick<Separados, "vazias" | "encaixe">,
): ComandoDado {
  const { obrigatorias, opcionais } = FORMAS[nome];
  const faltam = obrigatorias.filter((bandeira) => !bandeiras.has(bandeira));
  if (faltam.length > 0) throw new ErroDeUso(`${nome} precisa de ${faltam.map((f) => `--${f}`).join(", ")}`);
  for (const [bandeira, valor] of bandeiras) {
    if (![...obrigatorias, ...opcionais].includes(bandeira)) throw new ErroDeUso(`--${bandeira} não se usa em ${nome}`);
    const apaga = nome === "corrigir" && vazias.has(bandeira) && CONTATO.some((campo) => campo === bandeira);
    if (valor === "" && !apaga) throw new ErroDeUso(`falta o valor de --${bandeira}`);
    confereTexto(bandeira, valor);
  }
  if (encaixe && nome !== "agendar") throw new ErroDeUso(`--encaixe não se usa em ${nome}`);
  const texto = (bandeira: Bandeira): string => bandeiras.get(bandeira) ?? "";
  const talvez = <B extends Bandeira>(...nomes: B[]): { [K in B]?: string } => {
    const ditos: { [K in B]?: string } = {};
    for (const bandeira of nomes) if (bandeiras.has(bandeira)) ditos[bandeira] = bandeiras.get(bandeira);
    return ditos;
  };
  const inteiro = (bandeira: Inteira): number => lerInteiro(bandeira, texto(bandeira));
  const inteiros = <B extends Inteira>(...nomes: B[]): { [K in B]?: number } => {
    const ditos: { [K in B]?: number } = {};
    for (const bandeira of nomes) if (bandeiras.has(bandeira)) ditos[bandeira] = inteiro(bandeira);
    return ditos;
  };
  const cpf = texto("cpf");
  const especialista = texto("especialista");
  const data = texto("data");
  switch (nome) {
    case "agendar": {
      if (encaixe && !bandeiras.has("horario")) throw new ErroDeUso("um encaixe precisa de --horario: a que minuto");
      const mais = talvez("data", "horario", "profissional", "motivo", ...CONTATO);
      return { nome, cpf, paciente: texto("nome"), especialista, ...mais, ...(encaixe ? { encaixe } : {}) };
    }
    case "remarcar":
      return { nome, cpf, especialista, data, ...talvez("horario", "profissional", "motivo"), ...inteiros(...QUAL) };
    case "cancelar":
      return { nome, cpf, ...talvez("especialista", "motivo"), ...inteiros(...QUAL) };
    case "buscar":
    case "historia":
      return { nome, cpf };
    case "vagas":
      return { nome, ...talvez("especialista", "data", "profissional") };
    case "agenda":
      return { nome, ...talvez("data", "especialista", "profissional") };
    case "situacao": {
      const situacao = lerSituacao(texto("situacao"));
      return { nome, cpf, especialista, situacao, ...talvez("local", "motivo"), ...inteiros("prioridade", ...QUAL) };
    }
    case "corrigir": {
      const paciente = bandeiras.get("nome");
      const mais = talvez(...CONTATO);
      if (paciente === undefined && Object.keys(mais).length === 0) {
        throw new ErroDeUso("corrigir precisa do que corrigir: --nome, --email, --telefone ou --nota");
      }
      return {
        nome,
        cpf,
        especialista,
        ...(paciente === undefined ? {} : { paciente }),
        ...mais,
        ...inteiros(...QUAL),
      };
    }
    case "fechar": {
      const quando = talvez("ate", "inicio", "fim");
      if (quando.ate !== undefined) conferePeriodo(data, quando.ate);
      // Horas já conferidas comparam-se como textos.
      const { inicio = "00:00", fim = "24:00" } = quando;
      if (fim <= inicio) throw new ErroDeUso(`--fim ${fim} não é depois de --inicio ${inicio}`);
      return { nome, data, ...quando, ...talvez("especialista", "profissional", "motivo") };
    }
    case "extra": {
      const [vagas, minutos] = [inteiro("vagas"), inteiro("minutos")];
      const mais = { ...talvez("profissional", "local"), ...inteiros("encaixes") };
      return { nome, especialista, data, inicio: texto("inicio"), vagas, minutos, ...mais };
    }
    case "reabrir":
      return { nome, numero: inteiro("numero") };
  }
}

function lerInteiro(bandeira: Inteira, texto: string): number {
  const [menor, maior] = INTEIRAS[bandeira];
  const valor = /^\d{1,15}$/.test(texto) ? Number(texto) : NaN;
  if (valor >= menor && valor <= maior) return valor;
  const limites = maior === Infinity ? `${menor} em diante` : `${menor} a ${maior}`;
  throw new ErroDeUso(`--${bandeira} espera um número de ${limites}; veio "${texto}"`);
}

function confereTexto(bandeira: Bandeira, texto: string): void {
  const [le, oque] = ESPERADOS[bandeira] ?? [];
  // Um leitor devolve um objeto só para dizer o erro.
  if (typeof le?.(texto) === "object") {
    throw new ErroDeUso(`--${bandeira} espera ${oque}; veio "${corta(texto, VISTO_MAXIMO)}"`);
  }
}

function lerSituacao(texto: string): SituacaoPedida {
  const escrita = chave(texto);
  const achada = SITUACOES_PEDIDAS.find((situacao) => situacao === escrita);
  if (achada !== undefined) return achada;
  const aceitas = SITUACOES_PEDIDAS.map((situacao) => situacao.toLowerCase()).join(", ");
  throw new ErroDeUso(`"${texto}" não é uma situação; use ${aceitas}`);
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
