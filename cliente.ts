/**
 * O cliente da Clínica de Saúde: o menu para quem está diante de um terminal e os comandos para outros programas.
 *
 *     deno run -A cliente.ts                          # menu, servidor em localhost:9000
 *     deno run -A cliente.ts 10.0.0.30                # menu, servidor noutra máquina
 *     deno run -A cliente.ts buscar --cpf 529.982.247-25
 *     deno run -A cliente.ts 10.0.0.30 vagas --json
 *
 * Fala com o servidor por `conexao.ts`, na língua de `protocolo.ts`, e não conhece as regras da clínica: o que existe,
 * o que está livre e o que é permitido, quem diz é o servidor. `--help` traz tudo o que aceita.
 *
 * @module
 */

import { PassThrough } from "node:stream";
import process from "node:process";
import { delay as delaySemTipo } from "@std/async";
import { parseArgs as parseArgsSemTipo } from "@std/cli/parse-args";
import { Conexao, type Endereco, escreverEndereco, RespostaPerdida, SemConexao, ServidorOcupado } from "./conexao.ts";
import configuracao from "./deno.json" with { type: "json" };
import {
  chave,
  type Codigo,
  formatarCpf,
  lerCpf,
  lerNome,
  NOME_MAXIMO,
  type Pedido,
  PORTA_PADRAO,
  type PrimeiraVaga,
  type Resposta,
  TEXTOS,
  type Tupla,
  type Vaga,
} from "./protocolo.ts";

const AJUDA = `Clínica de Saúde: marca, mostra e desmarca atendimentos.

Uso:
  deno run -A cliente.ts [host] [porta]                      abre o menu, num terminal
  deno run -A cliente.ts [host] [porta] comando [opções]     faz um pedido e acaba

  host    nome ou endereço IP do servidor (sem ele, localhost); aceita ::1, [::1] e host:porta
  porta   de 1 a 65535 (sem ela, ${PORTA_PADRAO})

Comandos:
  agendar    marca um atendimento
               --cpf CPF  --nome NOME  --especialista ESPECIALIDADE
               [--data DATA]        sem ela, a primeira data livre
               [--horario HH:MM]    sem ele, o primeiro horário livre
  buscar     mostra os agendamentos de um CPF
               --cpf CPF
  cancelar   desmarca
               --cpf CPF
               [--especialista ESPECIALIDADE]    obrigatória quando há mais de um agendamento
  vagas      mostra os horários livres
               [--especialista ESPECIALIDADE]  [--data DATA]

Opções:
  --cpf            com ou sem pontos e hífen
  --data           dd/mm/aaaa ou aaaa-mm-dd; o dia da semana é calculado
  --json           escreve um objeto JSON em stdout, também quando o servidor recusa
  -h, --help       mostra esta ajuda
  --versao         mostra a versão

Exemplos:
  deno run -A cliente.ts
  deno run -A cliente.ts 10.0.0.30
  deno run -A cliente.ts vagas --especialista "clínico geral"
  deno run -A cliente.ts agendar --cpf 529.982.247-25 --nome "Ana Lima" \\
      --especialista nutricionista
  deno run -A cliente.ts agendar --cpf 529.982.247-25 --nome "Ana Lima" \\
      --especialista nutricionista --data 27/11/2026 --horario 09:30
  deno run -A cliente.ts 10.0.0.30 9100 buscar --cpf 52998224725 --json
  deno run -A cliente.ts "[::1]:9000" cancelar --cpf 52998224725 --especialista nutricionista

Código de saída:
  0  deu certo
  1  o servidor respondeu ERRO
  2  o comando foi escrito errado
  3  sem conexão, ou não se sabe se o pedido foi feito
  130  interrompido com Ctrl-C

No menu, as setas e Enter escolhem, Esc volta um passo e Ctrl-C sai. NO_COLOR tira as cores.`;

/** O que dizer diante de cada erro: o que houve e o que fazer. */
export const FRASES: { readonly [C in Extract<Codigo, `ERRO-${string}`>]: string } = {
  "ERRO-100": "O servidor não entendeu o pedido. Confira o que foi escrito; se persistir, atualize o cliente.",
  "ERRO-101": "O servidor não conhece este pedido. Ponha cliente e servidor na mesma versão.",
  "ERRO-102": "O CPF não é válido. Confira os 11 dígitos e escreva-o de novo.",
  "ERRO-103": "Esse atendimento não existe: a especialidade não atende nessa data, ou a data está fechada, já passou " +
    "ou ainda não abriu. Veja as vagas e escolha uma delas.",
  "ERRO-104":
    `O nome não serve. Escreva de 1 a ${NOME_MAXIMO} caracteres, sem quebras de linha nem sinais de controle.`,
  "ERRO-105": "Esse horário não existe nesse dia ou já começou. Escolha um dos horários livres.",
  "ERRO-110": "Não há mais vaga nesse dia ou horário. Escolha outro horário ou outra data.",
  "ERRO-111": "Este CPF já tem um agendamento nessa especialidade. Para mudá-lo, desmarque-o e marque outro.",
  "ERRO-112": "Não há agendamento ativo para este CPF. Confira o número ou marque um atendimento.",
  "ERRO-113": "Não há agendamento para desmarcar; nada foi alterado. Confira o CPF e a especialidade.",
  "ERRO-114": "Há mais de um agendamento para este CPF; nada foi alterado. Informe a especialidade a desmarcar.",
  "ERRO-130": "O servidor está ocupado. Espere um pouco e tente de novo.",
  "ERRO-131": "O servidor não conseguiu gravar; nada foi alterado. Tente de novo daqui a pouco e, se persistir, " +
    "avise quem cuida do servidor.",
};

/** Os códigos de saída do processo. */
export const SAIDA = { ok: 0, erro: 1, uso: 2, semConexao: 3, interrompido: 130 } as const;

const DIAS = [
  "SEGUNDA-FEIRA",
  "TERÇA-FEIRA",
  "QUARTA-FEIRA",
  "QUINTA-FEIRA",
  "SEXTA-FEIRA",
  "SÁBADO",
  "DOMINGO",
] as const;

// ---------------------------------------------------------------------------------------------- a linha de comando

const BANDEIRAS = ["cpf", "nome", "especialista", "data", "horario"] as const;
type Bandeira = typeof BANDEIRAS[number];

const COMANDOS = ["agendar", "buscar", "cancelar", "vagas"] as const;
type NomeDeComando = typeof COMANDOS[number];

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
export type Comando =
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
  | { readonly tipo: "menu"; readonly endereco: Endereco }
  | { readonly tipo: "comando"; readonly endereco: Endereco; readonly comando: Comando; readonly json: boolean };

class ErroDeUso extends Error {
  override name = "ErroDeUso";
}

/** Lê a linha de comando. Não lança: o que está errado volta como `uso`, com a frase a mostrar. */
export function lerArgumentos(args: readonly string[]): Chamada {
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
  const lidos: { _: string[] } & Record<string, unknown> = parseArgsSemTipo(args, {
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
  const primeira = resto[0];
  let host: string | undefined;
  let porta: number | undefined;
  if (primeira !== undefined && maisPerto(primeira.toLowerCase(), COMANDOS).distancia > LETRAS_DE_ENGANO) {
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
    if (bandeiras.size === 0 && !json) return { tipo: "menu", endereco };
    const lido = primeira === undefined
      ? ""
      : `; "${primeira}" foi lido como o servidor (queria dizer "${sugestaoDe(primeira)}"?)`;
    throw new ErroDeUso(`falta o comando: ${COMANDOS.join(", ")}${lido}`);
  }
  const nome = COMANDOS.find((comando) => comando === palavra.toLowerCase());
  if (nome === undefined) {
    throw new ErroDeUso(`comando desconhecido: ${palavra}; queria dizer "${sugestaoDe(palavra)}"?`);
  }
  if (resto.length > 0) {
    throw new ErroDeUso(`sobra na linha de comando: ${resto.join(" ")}; textos com espaço vão entre aspas`);
  }
  return { tipo: "comando", endereco, comando: montaComando(nome, bandeiras), json };
}

function montaComando(nome: NomeDeComando, bandeiras: ReadonlyMap<Bandeira, string>): Comando {
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

/** `"nome"`, `"10.0.0.30"`, `"nome:9100"`, `"::1"`, `"[::1]"` ou `"[::1]:9100"`. */
function lerHost(texto: string): { host: string; porta?: number } {
  const colchetes = /^\[([^\]]*)\](?::(.*))?$/.exec(texto);
  const [host, porta] = colchetes
    ? [colchetes[1], colchetes[2]]
    : texto.split(":").length === 2
    ? texto.split(":")
    : [texto, undefined];
  const serve = host.includes(":")
    ? /^[0-9a-f:.]+(%[\w.-]+)?$/i.test(host)
    : colchetes === null && /^[\p{L}\p{N}_.-]+$/u.test(host);
  if (!serve) throw new ErroDeUso(`"${texto}" não é comando nem endereço de servidor`);
  return { host, porta: porta === undefined ? undefined : lerPorta(porta) };
}

function lerPorta(texto: string): number {
  const porta = Number(texto);
  if (!/^\d{1,5}$/.test(texto) || porta < 1 || porta > 65535) {
    throw new ErroDeUso(`porta inválida: ${texto}; use um número de 1 a 65535`);
  }
  return porta;
}

function sugestaoDe(palavra: string): string {
  const escrita = palavra.toLowerCase();
  return DO_MENU.get(escrita) ?? maisPerto(escrita, COMANDOS).palavra;
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

/** Lê uma data `dd/mm/aaaa` ou `aaaa-mm-dd`; `undefined` se não está no calendário. */
export function lerData(texto: string): Temporal.PlainDate | undefined {
  const partes = /^(\d{1,2})\/(\d{1,2})\/(\d{4})$/.exec(texto) ?? /^(\d{4})-(\d{2})-(\d{2})$/.exec(texto);
  if (partes === null) return undefined;
  const [, a, b, c] = partes.map(Number);
  const [day, month, year] = texto.includes("/") ? [a, b, c] : [c, b, a];
  try {
    return Temporal.PlainDate.from({ year, month, day }, { overflow: "reject" });
  } catch {
    return undefined;
  }
}

/** A data e o dia da semana como vão no fio; uma data que não se lê vai como foi escrita, e o servidor a recusa. */
function dataDoFio(texto: string): { data: string; dia: string } {
  const data = lerData(texto);
  if (data === undefined) return { data: texto, dia: "" };
  const [ano, mes, dia] = data.toString().split("-");
  return { data: `${dia}/${mes}/${ano}`, dia: DIAS[data.dayOfWeek - 1] };
}

// ------------------------------------------------------------------------------------------------ a escrita na tela

/** Um agendamento como sai em JSON. */
export interface Agendamento {
  /** 11 dígitos. */
  cpf: string;
  /** Em maiúsculas, como a clínica o guardou. */
  nome: string;
  /** A especialidade. */
  especialista: string;
  /** `"dd/mm/aaaa"`. */
  data: string;
  /** `"SEGUNDA-FEIRA"` … `"DOMINGO"`. */
  dia: string;
  /** `"HH:MM"`. */
  horario: string;
}

function agendamentoDe([, cpf, nome, especialista, data, dia, horario]: Tupla): Agendamento {
  return { cpf, nome, especialista, data, dia, horario };
}

/** O objeto de `--json`, numa linha; `vagas` traz `vagas`, os outros comandos trazem `agendamentos`. */
export function escreverJson(resposta: Resposta, comando: Comando["nome"]): string {
  const { codigo } = resposta;
  const cabeca = { codigo, texto: TEXTOS[codigo] };
  const objeto = comando === "vagas"
    ? { ...cabeca, vagas: "vagas" in resposta ? resposta.vagas.map(vagaDe) : [] }
    : { ...cabeca, agendamentos: "agendamentos" in resposta ? resposta.agendamentos.map(agendamentoDe) : [] };
  // JSON só protege os controles até U+001F; os demais, que um terminal também obedece, vão escritos por extenso.
  return JSON.stringify(objeto).replace(INVISIVEIS, escapa);
}

function vagaDe([data, dia, especialista, horarios]: Vaga): Record<string, unknown> {
  return { data, dia, especialista, horarios };
}

function escapa(texto: string): string {
  return Array.from({ length: texto.length }, (_, i) => "\\u" + texto.charCodeAt(i).toString(16).padStart(4, "0"))
    .join("");
}

/** Controles, marcas que invertem o texto e quebras de linha: nada disso vai do servidor para o terminal. */
const INVISIVEIS = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\u2028\u2029]/gu;

/** O texto sem o que um terminal obedeceria em vez de mostrar. */
export function visivel(texto: string): string {
  return texto.replace(INVISIVEIS, "\uFFFD");
}

const LARGOS =
  /\p{Emoji_Presentation}|\p{Script=Han}|\p{Script=Hangul}|\p{Script=Hiragana}|\p{Script=Katakana}|[！-｠]/u;

/** Quantas colunas o texto ocupa: acentos soltos não ocupam nenhuma, ideogramas e emojis ocupam duas. */
export function larguraDe(texto: string): number {
  let largura = 0;
  for (const caractere of texto) largura += /\p{M}/u.test(caractere) ? 0 : LARGOS.test(caractere) ? 2 : 1;
  return largura;
}

function preenche(texto: string, largura: number): string {
  return texto + " ".repeat(Math.max(0, largura - larguraDe(texto)));
}

/** O texto, ou o começo dele com reticências se não cabe na largura. */
export function corta(texto: string, largura: number): string {
  if (larguraDe(texto) <= largura) return texto;
  let inicio = "";
  for (const caractere of texto) {
    if (larguraDe(inicio + caractere) >= largura) break;
    inicio += caractere;
  }
  return inicio + "…";
}

/** Quebra o texto entre palavras para caber na largura; uma palavra maior que ela é cortada. */
export function quebra(texto: string, largura: number): string[] {
  const linhas: string[] = [];
  let linha = "";
  for (const palavra of texto.split(" ")) {
    const junta = linha === "" ? palavra : `${linha} ${palavra}`;
    if (larguraDe(junta) <= largura) {
      linha = junta;
      continue;
    }
    if (linha !== "") linhas.push(linha);
    linha = "";
    for (const caractere of palavra) {
      if (larguraDe(linha + caractere) > largura && linha !== "") {
        linhas.push(linha);
        linha = "";
      }
      linha += caractere;
    }
  }
  return [...linhas, linha];
}

/** Uma tabela de colunas alinhadas, em linhas; a última coluna quebra para caber na largura. */
export function tabela(
  cabecalho: readonly string[],
  corpo: readonly (readonly string[])[],
  { largura = Infinity }: { largura?: number } = {},
): string[] {
  const linhas = [cabecalho, ...corpo].map((linha) => linha.map(visivel));
  const larguras = cabecalho.slice(0, -1).map((_, i) => Math.max(...linhas.map((linha) => larguraDe(linha[i]))));
  const margem = larguras.reduce((soma, coluna) => soma + coluna + 2, 0);
  return linhas.flatMap((linha) => {
    const frente = larguras.map((coluna, i) => preenche(linha[i], coluna) + "  ").join("");
    // Uma coluna estreita demais para ler não ajuda: melhor que o terminal quebre.
    const partes = quebra(linha[linha.length - 1], Math.max(largura - margem, 12));
    return partes.map((parte, i) => ((i === 0 ? frente : " ".repeat(margem)) + parte).trimEnd());
  });
}

/** Um cartão com moldura, em linhas. */
export function cartao(
  titulo: string,
  campos: readonly (readonly [rotulo: string, valor: string])[],
  { largura = Infinity }: { largura?: number } = {},
): string[] {
  const rotulos = Math.max(...campos.map(([rotulo]) => larguraDe(rotulo)));
  const linhas = campos.flatMap(([rotulo, valor]) =>
    quebra(visivel(valor), Math.max(largura - rotulos - 6, 12))
      .map((parte, i) => `${preenche(i === 0 ? rotulo : "", rotulos)}  ${parte}`)
  );
  const dentro = Math.max(larguraDe(titulo) + 2, ...linhas.map(larguraDe));
  return [
    `╭─ ${titulo} ${"─".repeat(dentro - larguraDe(titulo) - 1)}╮`,
    ...linhas.map((linha) => `│ ${preenche(linha, dentro)} │`),
    `╰${"─".repeat(dentro + 2)}╯`,
  ];
}

function cartaoDe(titulo: string, { cpf, nome, especialista, data, dia, horario }: Agendamento): string[] {
  return cartao(titulo, [
    ["Paciente", nome],
    ["CPF", cpfPorExtenso(cpf)],
    ["Especialidade", especialista],
    ["Data", `${data}, ${dia.toLowerCase()}`],
    ["Horário", horario],
  ], { largura: colunas() });
}

/** A quantas colunas se corta uma especialidade que divide a linha com outras colunas, num terminal. */
const LARGURA_DA_ESPECIALIDADE = 26;

function especialidadeCortada(especialista: string): string {
  return corta(visivel(especialista), Deno.stdout.isTerminal() ? LARGURA_DA_ESPECIALIDADE : Infinity);
}

function tabelaDeAgendamentos(tuplas: readonly Tupla[]): string[] {
  const corpo = tuplas.map(([, , nome, especialista, data, dia, horario]) => [
    data,
    dia.toLowerCase(),
    horario,
    especialidadeCortada(especialista),
    nome,
  ]);
  return comCabecalho(tabela(["DATA", "DIA", "HORÁRIO", "ESPECIALIDADE", "PACIENTE"], corpo, { largura: colunas() }));
}

function tabelaDeVagas(vagas: readonly Vaga[]): string[] {
  const corpo = vagas.map(([data, dia, especialista, horarios]) => [
    data,
    dia.toLowerCase(),
    especialidadeCortada(especialista),
    horarios.join(" "),
  ]);
  return comCabecalho(tabela(["DATA", "DIA", "ESPECIALIDADE", "HORÁRIOS LIVRES"], corpo, { largura: colunas() }));
}

function comCabecalho([cabecalho, ...corpo]: string[]): string[] {
  return [pinta("fraco", cabecalho), ...corpo];
}

function cpfPorExtenso(cpf: string): string {
  return lerCpf(cpf) === undefined ? cpf : formatarCpf(cpf);
}

const ESTILOS = {
  negrito: [1, 22],
  fraco: [2, 22],
  vermelho: [31, 39],
  verde: [32, 39],
  amarelo: [33, 39],
  ciano: [36, 39],
} as const;

const COLORIDO = !Deno.noColor && Deno.stdout.isTerminal();

function pinta(estilo: keyof typeof ESTILOS, texto: string): string {
  const [liga, desliga] = ESTILOS[estilo];
  return COLORIDO ? `\x1b[${liga}m${texto}\x1b[${desliga}m` : texto;
}

function colunas(): number {
  if (!Deno.stdout.isTerminal()) return Infinity;
  try {
    return Deno.consoleSize().columns || 80;
  } catch {
    return 80;
  }
}

/** Escreve as linhas em stdout ou stderr. Quem lia pode ter ido embora (`| head -1`): não há a quem dizer. */
function imprime(
  linhas: string | readonly string[],
  saida: typeof Deno.stdout | typeof Deno.stderr = Deno.stdout,
): void {
  const texto = typeof linhas === "string" ? linhas : linhas.join("\n");
  const bytes = new TextEncoder().encode(texto + "\n");
  try {
    for (let feito = 0; feito < bytes.length;) feito += saida.writeSync(bytes.subarray(feito));
  } catch (erro) {
    if (!(erro instanceof Deno.errors.BrokenPipe)) throw erro;
  }
}

// ---------------------------------------------------------------------------------------- o destino de um pedido

/** Um pedido que muda a agenda: se a resposta se perde, não se sabe se aconteceu. */
export type PedidoDeMudanca = Extract<Pedido, { comando: "AGEND" | "CANCEL" }>;

/**
 * O que houve com um pedido cuja resposta se perdeu, a julgar pelos agendamentos que há depois: a resposta que ele teve
 * ou teria, ou `undefined` se não aconteceu.
 *
 * @param antes Os agendamentos do CPF antes do pedido; um `CANCEL` não se julga sem eles.
 */
export function destinoDe(
  pedido: PedidoDeMudanca,
  depois: readonly Tupla[],
  { antes = [] }: { antes?: readonly Tupla[] } = {},
): Resposta | undefined {
  if (pedido.comando === "AGEND") {
    const achado = depois.find(([, , , especialista]) => chave(especialista) === chave(pedido.especialista));
    if (achado === undefined) return undefined;
    const [, , , , data, , horario] = achado;
    const pedida = data === pedido.data && (pedido.horario === undefined || horario === pedido.horario);
    return { codigo: pedida ? "OK-300" : "ERRO-111", agendamentos: [achado] };
  }
  const { especialista } = pedido;
  const alvos = antes.filter((tupla) => especialista === undefined || chave(tupla[3]) === chave(especialista));
  if (alvos.length === 0) return { codigo: "ERRO-113" };
  if (alvos.length > 1) return { codigo: "ERRO-114", agendamentos: alvos };
  const [alvo] = alvos;
  const ficou = depois.some((tupla) => [3, 4, 6].every((campo) => tupla[campo] === alvo[campo]));
  return ficou ? undefined : { codigo: "OK-301", agendamentos: [alvo] };
}

/** Os agendamentos que uma resposta a `BUSCA` traz; `undefined` se ela não os diz. */
function agendamentosDe(resposta: Resposta): readonly Tupla[] | undefined {
  if (resposta.codigo === "OK-302") return resposta.agendamentos;
  return resposta.codigo === "ERRO-112" ? [] : undefined;
}

const PRIMEIRA_ESPERA = 500;
/** Com o acaso de 25 % para mais, nunca mais que 10 s: quem espera diante da tela percebe a volta do servidor. */
const MAIOR_ESPERA = 8_000;

/**
 * Quanto esperar, em ms, antes de tentar de novo: dobra a cada tentativa. O acaso espalha os terminais, para que não
 * voltem todos no mesmo instante ao servidor que acabou de voltar.
 */
export function esperaAntesDe(tentativa: number, { sorteio = Math.random() }: { sorteio?: number } = {}): number {
  return Math.round(Math.min(PRIMEIRA_ESPERA * 2 ** tentativa, MAIOR_ESPERA) * (0.75 + sorteio / 2));
}

async function delay(ms: number, sinal?: AbortSignal): Promise<void> {
  await delaySemTipo(ms, { signal: sinal });
}

// ------------------------------------------------------------------------------------------------ um comando só

/** Por quanto tempo um comando só procura saber o destino de um pedido sem resposta, em ms; um programa espera por ele. */
const PRAZO_DO_DESTINO = 10_000;

/** Quantas vezes `agendar` sem `--data` escolhe outra data quando a escolhida se enche no meio tempo. */
const TENTATIVAS_DE_DATA = 5;

/** Faz o pedido, escreve o resultado e devolve o código de saída. */
async function executa(endereco: Endereco, comando: Comando, { json }: { json: boolean }): Promise<number> {
  using conexao = new Conexao(endereco);
  let resposta: Resposta;
  try {
    resposta = await responde(conexao, comando);
  } catch (erro) {
    if (erro instanceof ServidorOcupado) {
      resposta = { codigo: "ERRO-130" };
    } else if (erro instanceof SemConexao) {
      imprime([`Sem conexão: ${erro.message}.`, "Confira o endereço e se o servidor está de pé."], Deno.stderr);
      return SAIDA.semConexao;
    } else if (erro instanceof DestinoAdverso) {
      imprime(erro.message, Deno.stderr);
      return SAIDA.semConexao;
    } else {
      throw erro;
    }
  }
  if (json) imprime(escreverJson(resposta, comando.nome));
  else mostra(resposta);
  return resposta.codigo.startsWith("OK") ? SAIDA.ok : SAIDA.erro;
}

/** A resposta se perdeu, e o pedido não foi feito ou não se sabe; a mensagem diz qual. */
class DestinoAdverso extends Error {
  override name = "DestinoAdverso";
}

async function responde(conexao: Conexao, comando: Comando): Promise<Resposta> {
  switch (comando.nome) {
    case "agendar":
      return await agenda(conexao, comando);
    case "buscar":
      return await conexao.pede({ comando: "BUSCA", cpf: comando.cpf });
    case "cancelar": {
      const { cpf, especialista } = comando;
      // O que havia antes é o que permite saber, se a resposta se perder, se foi este pedido que desmarcou.
      const antes = agendamentosDe(await conexao.pede({ comando: "BUSCA", cpf }));
      return await pedeOuDescobre(conexao, { comando: "CANCEL", cpf, especialista }, { antes });
    }
    case "vagas": {
      const { especialista } = comando;
      const data = comando.data === undefined ? undefined : dataDoFio(comando.data).data;
      if (especialista !== undefined) return await conexao.pede({ comando: "VAGAS", especialista, data });
      // O fio só aceita data junto de especialidade; sem ela, a data se escolhe aqui, com o mesmo erro se não se lê.
      if (comando.data !== undefined && lerData(comando.data) === undefined) return { codigo: "ERRO-103" };
      const resposta = await conexao.pede({ comando: "VAGAS" });
      if (data === undefined || resposta.codigo !== "OK-304") return resposta;
      return { ...resposta, vagas: resposta.vagas.filter(([dela]) => dela === data) };
    }
  }
}

async function agenda(conexao: Conexao, comando: Extract<Comando, { nome: "agendar" }>): Promise<Resposta> {
  const { cpf, paciente: nome, especialista, horario } = comando;
  const pedido = { comando: "AGEND", cpf, nome, especialista, horario } as const;
  if (comando.data !== undefined) return await pedeOuDescobre(conexao, { ...pedido, ...dataDoFio(comando.data) });
  for (let tentativa = 1;; tentativa++) {
    const vagas = await conexao.pede({ comando: "VAGAS", especialista });
    if (vagas.codigo !== "OK-304") return vagas;
    const vaga = vagas.vagas.find(([, , , horarios]) => horario === undefined || horarios.includes(horario)) ??
      vagas.vagas[0];
    if (vaga === undefined) return { codigo: "ERRO-110" };
    const [data, dia] = vaga;
    const resposta = await pedeOuDescobre(conexao, { ...pedido, data, dia });
    if (resposta.codigo !== "ERRO-110" || tentativa === TENTATIVAS_DE_DATA) return resposta;
  }
}

/** Pede; se a resposta se perde, reconecta e descobre o que houve. */
async function pedeOuDescobre(
  conexao: Conexao,
  pedido: PedidoDeMudanca,
  { antes }: { antes?: readonly Tupla[] } = {},
): Promise<Resposta> {
  try {
    return await conexao.pede(pedido);
  } catch (erro) {
    if (!(erro instanceof RespostaPerdida)) throw erro;
    const feito = pedido.comando === "AGEND" ? "marcado" : "desmarcado";
    const depois = await procura(conexao, pedido.cpf);
    if (depois === undefined) {
      throw new DestinoAdverso(
        `A resposta se perdeu e o servidor não voltou a tempo: não se sabe se foi ${feito}.\n` +
          `Quando ele voltar, confira com: buscar --cpf ${pedido.cpf}`,
      );
    }
    const resposta = destinoDe(pedido, depois, { antes });
    if (resposta === undefined) throw new DestinoAdverso(`A resposta se perdeu: não foi ${feito}. Tente de novo.`);
    imprime("A resposta se perdeu; este é o resultado, conferido no servidor.", Deno.stderr);
    return resposta;
  }
}

/** Os agendamentos do CPF, tentando até o prazo; `undefined` se não deu para saber. */
async function procura(conexao: Conexao, cpf: string): Promise<readonly Tupla[] | undefined> {
  const fim = performance.now() + PRAZO_DO_DESTINO;
  for (let tentativa = 0;; tentativa++) {
    try {
      return agendamentosDe(await conexao.pede({ comando: "BUSCA", cpf }));
    } catch (erro) {
      if (!(erro instanceof SemConexao)) throw erro;
      const espera = esperaAntesDe(tentativa);
      if (performance.now() + espera > fim) return undefined;
      await delay(espera);
    }
  }
}

function mostra(resposta: Resposta): void {
  switch (resposta.codigo) {
    case "OK-300":
      return imprime(cartaoDe("Agendamento realizado", agendamentoDe(resposta.agendamentos[0])));
    case "OK-301":
      return imprime(cartaoDe("Agendamento cancelado", agendamentoDe(resposta.agendamentos[0])));
    case "OK-302":
      return imprime(tabelaDeAgendamentos(resposta.agendamentos));
    case "OK-304":
      return imprime(resposta.vagas.length === 0 ? "Não há horários livres." : tabelaDeVagas(resposta.vagas));
    case "OK-200":
    case "OK-201":
      return;
    case "ERRO-111":
    case "ERRO-114":
      imprime(`${resposta.codigo}: ${FRASES[resposta.codigo]}`, Deno.stderr);
      return imprime(tabelaDeAgendamentos(resposta.agendamentos), Deno.stderr);
    default:
      return imprime(`${resposta.codigo}: ${FRASES[resposta.codigo]}`, Deno.stderr);
  }
}

// -------------------------------------------------------------------------------------------------------- o menu

/** O que uma pergunta devolve quando a pessoa quer voltar um passo. */
const VOLTAR = Symbol("voltar");
type Voltar = typeof VOLTAR;

/** A pessoa cansou de esperar pelo servidor e voltou ao menu. */
class Desistencia extends Error {
  override name = "Desistencia";
}

/** O programa deve acabar já: Ctrl-C, um sinal ou o fim da entrada. */
class Interrupcao extends Error {
  override name = "Interrupcao";
  /** O código de saída. */
  readonly codigo: number;

  constructor(codigo: number) {
    super("interrompido");
    this.codigo = codigo;
  }
}

/**
 * Quanto se espera, em ms, para saber se um ESC é a tecla ou o começo de uma seta; numa rede lenta os bytes de uma seta
 * podem chegar separados.
 */
const ESPERA_DO_ESC = 50;

const CTRL_C = 0x03;
const CTRL_D = 0x04;
const CTRL_Z = 0x1a;
const ESC = 0x1b;

/** O que uma pergunta recebe para ler teclas e para ser interrompida. */
interface Contexto {
  input: PassThrough;
  signal: AbortSignal;
  clearPromptOnDone: boolean;
}

/**
 * O teclado, lido aqui do começo ao fim do menu, e não pela biblioteca de perguntas: assim Esc e Ctrl-C valem também
 * enquanto se espera pela rede, e o que se digita nessa hora nem aparece na tela nem responde à pergunta seguinte.
 */
class Teclado implements Disposable {
  #interrupcao = new AbortController();
  #aoVoltar: (() => void) | undefined;
  #entrada: PassThrough | undefined;
  #esc: ReturnType<typeof setTimeout> | undefined;
  #soltaSinais: () => void;

  constructor() {
    Deno.stdin.setRaw(true);
    const sinais: [Deno.Signal, number][] = Deno.build.os === "windows"
      ? [["SIGINT", 130]]
      : [["SIGINT", 130], ["SIGTERM", 143], ["SIGHUP", 129]];
    const ouvintes = sinais.map(([sinal, codigo]) => [sinal, (): void => this.interrompe(codigo)] as const);
    for (const [sinal, ouvinte] of ouvintes) process.on(sinal, ouvinte);
    this.#soltaSinais = () => ouvintes.forEach(([sinal, ouvinte]) => process.off(sinal, ouvinte));
    this.#le();
  }

  /** Abortado com uma `Interrupcao` quando o programa deve acabar. */
  get interrompido(): AbortSignal {
    return this.#interrupcao.signal;
  }

  /** Faz tudo o que espera parar, para que o programa acabe com este código. */
  interrompe(codigo: number): void {
    this.#interrupcao.abort(new Interrupcao(codigo));
  }

  /** Faz uma pergunta; Esc (e Ctrl-D) devolve `VOLTAR`, a menos que não haja para onde. */
  async pergunta<T>(
    faz: (contexto: Contexto) => Promise<T>,
    { raiz = false }: { raiz?: boolean } = {},
  ): Promise<T | Voltar> {
    const volta = new AbortController();
    const entrada = new PassThrough();
    this.#entrada = entrada;
    this.#aoVoltar = raiz ? undefined : () => volta.abort();
    try {
      const signal = AbortSignal.any([volta.signal, this.interrompido]);
      return await faz({ input: entrada, signal, clearPromptOnDone: true });
    } catch (erro) {
      this.interrompido.throwIfAborted();
      if (volta.signal.aborted) return VOLTAR;
      throw erro;
    } finally {
      this.#entrada = undefined;
      this.#aoVoltar = undefined;
      entrada.destroy();
    }
  }

  /** Um sinal que Esc aborta, enquanto não se desfaz dele. */
  desistencia(): { sinal: AbortSignal } & Disposable {
    const desiste = new AbortController();
    this.#aoVoltar = () => desiste.abort();
    return { sinal: desiste.signal, [Symbol.dispose]: () => this.#aoVoltar = undefined };
  }

  /** Devolve o terminal como estava. */
  [Symbol.dispose](): void {
    clearTimeout(this.#esc);
    this.#soltaSinais();
    try {
      Deno.stdin.setRaw(false);
    } catch {
      // o terminal já se foi
    }
  }

  async #le(): Promise<void> {
    const bloco = new Uint8Array(1024);
    try {
      for (let lidos; (lidos = await Deno.stdin.read(bloco)) !== null;) this.#recebe(bloco.slice(0, lidos));
    } catch {
      // terminal fechado: o mesmo que o fim da entrada
    }
    this.interrompe(SAIDA.ok);
  }

  #recebe(bloco: Uint8Array): void {
    if (bloco.includes(CTRL_C)) return this.interrompe(SAIDA.interrompido);
    let teclas = this.#esc === undefined ? bloco : new Uint8Array([ESC, ...bloco]);
    clearTimeout(this.#esc);
    this.#esc = undefined;
    if (teclas.includes(CTRL_D) || teclas.some(ehEscSolto)) {
      // O que se digitou junto com Esc era para a pergunta que ele desfez, se desfez alguma.
      if (this.#aoVoltar !== undefined) return this.#aoVoltar();
      teclas = teclas.filter((tecla, i) => tecla !== CTRL_D && !ehEscSolto(tecla, i, teclas));
    }
    if (teclas.at(-1) === ESC) {
      this.#esc = setTimeout(() => {
        this.#esc = undefined;
        this.#aoVoltar?.();
      }, ESPERA_DO_ESC);
      teclas = teclas.subarray(0, -1);
    }
    this.#entrega(teclas);
  }

  /** Ctrl-Z suspenderia o processo com o terminal em modo cru. */
  #entrega(teclas: Uint8Array): void {
    const aceitas = teclas.filter((tecla) => tecla !== CTRL_Z);
    if (aceitas.length > 0) this.#entrada?.write(aceitas);
  }
}

/** Um ESC que não começa uma seta nem outra tecla de função (`ESC [`, `ESC O`); o último do bloco ainda não se sabe. */
function ehEscSolto(tecla: number, i: number, teclas: Uint8Array): boolean {
  const seguinte = teclas[i + 1];
  return tecla === ESC && seguinte !== undefined && seguinte !== "[".charCodeAt(0) && seguinte !== "O".charCodeAt(0);
}

/** A tela do menu: o que se escreve entre as perguntas. */
class Tela {
  #passos = 0;
  #comTitulo = false;
  #emBranco = false;

  /** Escreve linhas que ficam. */
  diz(linhas: string | readonly string[]): void {
    this.#passos = 0;
    this.#comTitulo = false;
    this.#emBranco = (typeof linhas === "string" ? linhas : linhas.at(-1)) === "";
    this.#escreve((typeof linhas === "string" ? linhas : linhas.join("\n")) + "\n");
  }

  /** Escreve um cartão ou uma tabela, separado do que veio antes. */
  quadro(linhas: readonly string[]): void {
    this.separa();
    this.diz(linhas);
  }

  /** Separa o que vem do que veio por uma linha em branco, e só uma. */
  separa(): void {
    if (!this.#emBranco) this.diz("");
  }

  /** Escreve o título do que se vai fazer, que `desfaz` apaga como um passo. */
  titulo(texto: string): void {
    this.separa();
    this.diz(pinta("negrito", texto));
    this.#passos = 1;
    this.#comTitulo = true;
  }

  /** Escreve uma frase com uma marca à frente, quebrada para caber. */
  frase(marca: "ok" | "aviso" | "erro", texto: string): void {
    const sinal = { ok: pinta("verde", "✔"), aviso: pinta("amarelo", "!"), erro: pinta("vermelho", "✖") }[marca];
    const linhas = quebra(texto, this.largura - 3);
    this.diz(linhas.map((linha, i) => `${i === 0 ? sinal : " "} ${linha}`));
  }

  /** Escreve a escolha de um passo, numa linha que `desfaz` pode apagar. */
  passo(rotulo: string, valor: string): void {
    const linha = corta(visivel(valor), this.largura - 20);
    const [passos, comTitulo] = [this.#passos, this.#comTitulo];
    this.diz(`${pinta("verde", "✔")} ${preenche(rotulo, 14)} ${pinta("ciano", linha)}`);
    [this.#passos, this.#comTitulo] = [passos + 1, comTitulo];
  }

  /** Apaga o último passo ou o título, se nada foi escrito depois dele. */
  desfaz(): void {
    if (this.#passos === 0) return;
    this.#passos--;
    this.#emBranco = this.#passos === 0 && this.#comTitulo;
    this.#escreve("\x1b[1A\x1b[2K");
  }

  /** Mostra, na linha em que está o cursor, o que se espera; um texto vazio a limpa. */
  estado(texto: string): void {
    this.#escreve(`\r\x1b[2K${pinta("fraco", corta(texto, this.largura - 1))}`);
  }

  get largura(): number {
    return Math.max(colunas(), 40);
  }

  #escreve(texto: string): void {
    process.stdout.write(texto);
  }
}

/** O que o menu usa. */
interface Sessao {
  readonly conexao: Conexao;
  readonly teclado: Teclado;
  readonly tela: Tela;
  readonly perguntas: typeof import("@inquirer/prompts");
}

/** Conversa com quem está no terminal até que saia; devolve o código de saída. */
async function menu(endereco: Endereco): Promise<number> {
  using teclado = new Teclado();
  // Sem ouvinte, escrever num terminal que se fechou acabaria o programa com um erro.
  process.stdout.on("error", () => teclado.interrompe(SAIDA.ok));
  using conexao = new Conexao(endereco, { sinal: teclado.interrompido });
  const perguntas = await import("@inquirer/prompts");
  const sessao: Sessao = { conexao, teclado, perguntas, tela: new Tela() };
  try {
    await saudacao(sessao);
    while (await atende(sessao));
    sessao.tela.diz("Até logo!");
    return SAIDA.ok;
  } catch (erro) {
    if (!(erro instanceof Interrupcao)) throw erro;
    sessao.tela.estado("");
    return erro.codigo;
  }
}

async function saudacao(sessao: Sessao): Promise<void> {
  const { conexao, tela } = sessao;
  const servidor = `Servidor: ${escreverEndereco(conexao.endereco)}`;
  tela.diz(["", pinta("negrito", "Bem-vindo à Clínica de Saúde"), pinta("fraco", servidor), ""]);
  try {
    tela.diz(primeirasHoras(await insiste(sessao, () => conexao.conecta())));
  } catch (erro) {
    if (!(erro instanceof Desistencia)) throw erro;
  }
}

/** Quantas especialidades a saudação mostra: com o menu, cabem na tela de 24 linhas. */
const ESPECIALIDADES_NA_SAUDACAO = 8;

function primeirasHoras(primeiras: readonly PrimeiraVaga[]): string[] {
  if (primeiras.length === 0) return ["Nenhum horário livre nas próximas semanas.", ""];
  const corpo = primeiras.slice(0, ESPECIALIDADES_NA_SAUDACAO)
    .map(([data, dia, hora, especialista]) => [especialidadeCortada(especialista), dia.toLowerCase(), data, hora]);
  const [, ...linhas] = tabela(["", "", "", ""], corpo);
  const restam = primeiras.length - corpo.length;
  return [
    "Primeiros horários livres:",
    ...linhas.map((linha) => `  ${linha}`),
    ...(restam > 0 ? [pinta("fraco", `  e mais ${restam} especialidade${restam > 1 ? "s" : ""}`)] : []),
    "",
  ];
}

/** Uma volta do menu principal; `false` quando a pessoa escolhe sair. */
async function atende(sessao: Sessao): Promise<boolean> {
  const { teclado, perguntas, tela } = sessao;
  const escolha = await teclado.pergunta((contexto) =>
    perguntas.select({
      message: "O que deseja fazer?",
      choices: [
        { name: "Marcar um atendimento", value: marcar },
        { name: "Ver os agendamentos de um CPF", value: ver },
        { name: "Desmarcar um atendimento", value: desmarcar },
        { name: "Sair", value: undefined },
      ],
      theme: tema("↑↓ escolhe • Enter confirma • Ctrl-C sai"),
    }, contexto), { raiz: true });
  if (escolha === undefined || escolha === VOLTAR) return false;
  try {
    await escolha(sessao);
  } catch (erro) {
    if (!(erro instanceof Desistencia)) throw erro;
  }
  tela.separa();
  return true;
}

type Passo = "especialidade" | "data" | "horario" | "cpf" | "nome" | "confirmacao" | "fim";

/** Marca passo a passo; cada passo diz qual é o próximo, e voltar é ir ao anterior. */
async function marcar(sessao: Sessao): Promise<void> {
  sessao.tela.titulo("Marcar um atendimento");
  const rascunho: Agendamento = { cpf: "", nome: "", especialista: "", data: "", dia: "", horario: "" };
  for (let passo: Passo = "especialidade"; passo !== "fim";) {
    switch (passo) {
      case "especialidade":
        passo = await escolheEspecialidade(sessao, rascunho);
        break;
      case "data":
        passo = await escolheData(sessao, rascunho);
        break;
      case "horario":
        passo = await escolheHorario(sessao, rascunho);
        break;
      case "cpf":
        passo = await informaCpf(sessao, rascunho);
        break;
      case "nome":
        passo = await informaNome(sessao, rascunho);
        break;
      case "confirmacao":
        passo = await confirmaAgendamento(sessao, rascunho);
        break;
    }
  }
}

async function escolheEspecialidade(sessao: Sessao, rascunho: Agendamento): Promise<Passo> {
  const vagas = await consultaVagas(sessao, { comando: "VAGAS" });
  const porEspecialidade = Map.groupBy(vagas, ([, , especialista]) => especialista);
  if (porEspecialidade.size === 0) {
    sessao.tela.frase("aviso", "Não há horários livres nas próximas semanas. Tente de novo mais tarde.");
    return "fim";
  }
  const largura = Math.max(...[...porEspecialidade.keys()].map((nome) => larguraDe(especialidadeCortada(nome))));
  const opcoes = [...porEspecialidade].map(([nome, dela]) => {
    const livres = quantos(dela.reduce((soma, [, , , horarios]) => soma + horarios.length, 0));
    const [desde] = dela[0];
    return {
      name: `${preenche(especialidadeCortada(nome), largura)}  ${livres}, desde ${visivel(desde)}`,
      value: nome,
    };
  });
  const escolha = await escolhe(sessao, "Especialidade", opcoes, { padrao: rascunho.especialista });
  if (escolha === VOLTAR) return volta(sessao, "fim");
  rascunho.especialista = escolha;
  sessao.tela.passo("Especialidade", escolha);
  return "data";
}

async function escolheData(sessao: Sessao, rascunho: Agendamento): Promise<Passo> {
  const vagas = await consultaVagas(sessao, { comando: "VAGAS", especialista: rascunho.especialista });
  if (vagas.length === 0) {
    sessao.tela.frase("aviso", `Não há mais horários livres para ${visivel(rascunho.especialista)}. Escolha outra.`);
    return "especialidade";
  }
  const opcoes = vagas.map((vaga) => {
    const [data, dia, , horarios] = vaga;
    return { name: visivel(`${data}  ${dia.toLowerCase().padEnd(13)}  ${quantos(horarios.length)}`), value: vaga };
  });
  const padrao = vagas.find(([data]) => data === rascunho.data);
  const escolha = await escolhe(sessao, "Data", opcoes, { padrao });
  if (escolha === VOLTAR) return volta(sessao, "especialidade");
  [rascunho.data, rascunho.dia] = escolha;
  sessao.tela.passo("Data", `${rascunho.data}, ${rascunho.dia.toLowerCase()}`);
  return "horario";
}

async function escolheHorario(sessao: Sessao, rascunho: Agendamento): Promise<Passo> {
  const { especialista, data } = rascunho;
  const vagas = await consultaVagas(sessao, { comando: "VAGAS", especialista, data });
  const horarios = vagas.flatMap(([, , , livres]) => livres);
  if (horarios.length === 0) {
    sessao.tela.frase("aviso", `Não há mais horários livres em ${visivel(data)}. Escolha outra data.`);
    return "data";
  }
  const opcoes = horarios.map((horario) => ({ name: visivel(horario), value: horario }));
  const escolha = await escolhe(sessao, "Horário", opcoes, { padrao: rascunho.horario });
  if (escolha === VOLTAR) return volta(sessao, "data");
  rascunho.horario = escolha;
  sessao.tela.passo("Horário", escolha);
  return "cpf";
}

async function informaCpf(sessao: Sessao, rascunho: Agendamento): Promise<Passo> {
  const cpf = await perguntaCpf(sessao, rascunho.cpf);
  if (cpf === VOLTAR) return volta(sessao, "horario");
  rascunho.cpf = cpf;
  return "nome";
}

async function informaNome(sessao: Sessao, rascunho: Agendamento): Promise<Passo> {
  const { teclado, perguntas } = sessao;
  const nome = await teclado.pergunta((contexto) =>
    perguntas.input({
      message: `Nome do paciente ${DICA_DO_ESC}`,
      default: rascunho.nome,
      prefill: "editable",
      validate: (texto) => lerNome(texto) !== undefined || FRASES["ERRO-104"],
      theme: tema(),
    }, contexto)
  );
  if (nome === VOLTAR) return volta(sessao, "cpf");
  rascunho.nome = lerNome(nome) ?? nome;
  sessao.tela.passo("Paciente", rascunho.nome);
  return "confirmacao";
}

async function confirmaAgendamento(sessao: Sessao, rascunho: Agendamento): Promise<Passo> {
  const { tela } = sessao;
  const resumo = cartaoDe("Confira", rascunho);
  if (await confirma(sessao, resumo, { pergunta: "Confirma o agendamento?", padrao: true }) !== true) {
    return volta(sessao, "nome");
  }
  const resposta = await altera(sessao, { comando: "AGEND", ...rascunho });
  if (resposta === undefined) return "confirmacao";
  switch (resposta.codigo) {
    case "OK-300":
      tela.quadro(cartaoDe("Agendamento realizado", agendamentoDe(resposta.agendamentos[0])));
      return "fim";
    case "ERRO-111":
      recusa(sessao, resposta.codigo);
      tela.quadro(cartaoDe("Agendamento que já existe", agendamentoDe(resposta.agendamentos[0])));
      return "fim";
    default:
      recusa(sessao, resposta.codigo);
      return DEPOIS_DO_ERRO[resposta.codigo] ?? "fim";
  }
}
/** A que passo volta quem teve o agendamento recusado; o horário e a data se escolhem entre vagas novas. */
const DEPOIS_DO_ERRO: { readonly [C in Codigo]?: Passo } = {
  "ERRO-102": "cpf",
  "ERRO-103": "data",
  "ERRO-104": "nome",
  "ERRO-105": "horario",
  "ERRO-110": "horario",
  "ERRO-131": "confirmacao",
};

function quantos(livres: number): string {
  return livres === 1 ? " 1 horário livre" : `${String(livres).padStart(2)} horários livres`;
}

function volta(sessao: Sessao, passo: Passo): Passo {
  sessao.tela.desfaz();
  return passo;
}

async function ver(sessao: Sessao): Promise<void> {
  const { tela } = sessao;
  tela.titulo("Ver os agendamentos");
  const cpf = await perguntaCpf(sessao);
  if (cpf === VOLTAR) return tela.desfaz();
  const tuplas = await consultaAgendamentos(sessao, cpf);
  if (tuplas.length > 0) tela.quadro(tabelaDeAgendamentos(tuplas));
}

async function desmarcar(sessao: Sessao): Promise<void> {
  const { tela } = sessao;
  tela.titulo("Desmarcar um atendimento");
  for (let cpf: string | Voltar = ""; (cpf = await perguntaCpf(sessao, cpf)) !== VOLTAR;) {
    const tuplas = await consultaAgendamentos(sessao, cpf);
    if (tuplas.length === 0 || await desmarcaUma(sessao, tuplas) !== VOLTAR) return;
    tela.desfaz();
  }
  tela.desfaz();
}

/** Escolhe qual, quando há várias, confirma e desmarca. */
async function desmarcaUma(sessao: Sessao, tuplas: readonly Tupla[]): Promise<void | Voltar> {
  const { tela } = sessao;
  const linhas = tabela(
    ["", "", "", ""],
    tuplas.map(([, , , e, data, dia, hora]) => [data, dia.toLowerCase(), hora, e]),
  );
  const opcoes = tuplas.map((tupla, i) => ({ name: corta(linhas[i + 1], tela.largura - 4), value: tupla }));
  for (;;) {
    const alvo = tuplas.length === 1 ? tuplas[0] : await escolhe(sessao, "Qual deve ser desmarcado?", opcoes);
    if (alvo === VOLTAR) return VOLTAR;
    const [, cpf, , especialista] = alvo;
    const resumo = cartaoDe("Será desmarcado", agendamentoDe(alvo));
    for (;;) {
      if (await confirma(sessao, resumo, { pergunta: "Desmarca?", padrao: false }) !== true) break;
      const resposta = await altera(sessao, { comando: "CANCEL", cpf, especialista }, { antes: tuplas });
      if (resposta === undefined || resposta.codigo === "ERRO-131") {
        if (resposta) recusa(sessao, resposta.codigo);
        continue;
      }
      if (resposta.codigo === "OK-301") {
        tela.quadro(cartaoDe("Agendamento cancelado", agendamentoDe(resposta.agendamentos[0])));
      } else {
        recusa(sessao, resposta.codigo);
      }
      return;
    }
    if (tuplas.length === 1) return VOLTAR;
  }
}

async function perguntaCpf(sessao: Sessao, anterior = ""): Promise<string | Voltar> {
  const { teclado, perguntas, tela } = sessao;
  const texto = await teclado.pergunta((contexto) =>
    perguntas.input({
      message: `CPF do paciente ${DICA_DO_ESC}`,
      default: anterior === "" ? "" : cpfPorExtenso(anterior),
      prefill: "editable",
      transformer: (digitado) => pinta(corDoCpf(digitado), digitado),
      validate: (digitado) => lerCpf(digitado) !== undefined || FRASES["ERRO-102"],
      theme: tema(),
    }, contexto)
  );
  if (texto === VOLTAR) return VOLTAR;
  const cpf = lerCpf(texto) ?? texto;
  tela.passo("CPF", cpfPorExtenso(cpf));
  return cpf;
}

/** Enquanto se digita, verde diz que o CPF está certo e vermelho que já tem dígitos demais ou errados. */
function corDoCpf(digitado: string): "verde" | "vermelho" | "negrito" {
  if (lerCpf(digitado) !== undefined) return "verde";
  return digitado.replace(/\D/g, "").length < 11 ? "negrito" : "vermelho";
}

const DICA_DO_ESC = pinta("fraco", "(Esc volta)");

/** Quantas opções uma lista mostra de cada vez: com o que vem acima e abaixo dela, cabem em 24 linhas. */
const OPCOES_NA_TELA = 10;

async function escolhe<T>(
  { teclado, perguntas }: Sessao,
  message: string,
  opcoes: { name: string; value: T }[],
  { padrao }: { padrao?: T } = {},
): Promise<T | Voltar> {
  const choices: { name: string; value: T | Voltar }[] = [...opcoes, { name: "Voltar", value: VOLTAR }];
  const mais = choices.length > OPCOES_NA_TELA ? ` • ${opcoes.length} opções, há mais além destas` : "";
  const theme = tema(`↑↓ escolhe • Enter confirma • Esc volta${mais}`);
  return await teclado.pergunta((contexto) =>
    perguntas.select({ message, choices, default: padrao, pageSize: OPCOES_NA_TELA, loop: false, theme }, contexto)
  );
}

async function confirma(
  { teclado, perguntas }: Sessao,
  resumo: readonly string[],
  { pergunta, padrao }: { pergunta: string; padrao: boolean },
): Promise<boolean | Voltar> {
  const message = ["", ...resumo, `${pinta("ciano", "?")} ${pinta("negrito", pergunta)}`].join("\n");
  const theme = { ...tema(), prefix: { idle: "", done: "" } };
  return await teclado.pergunta((contexto) => perguntas.confirm({ message, default: padrao, theme }, contexto));
}

/** A biblioteca fala inglês e pinta à sua maneira; isto a põe na língua e nas cores da casa. */
function tema(dica = ""): {
  prefix: { idle: string; done: string };
  style: Record<"answer" | "message" | "error" | "highlight" | "defaultAnswer" | "help", (texto: string) => string> & {
    keysHelpTip: () => string;
  };
  keywords: { yes: string; no: string; error: () => string };
} {
  return {
    prefix: { idle: pinta("ciano", "?"), done: pinta("verde", "✔") },
    style: {
      answer: (texto) => pinta("ciano", texto),
      message: (texto) => texto.includes("\n") ? texto : pinta("negrito", texto),
      error: (texto) => pinta("vermelho", `✖ ${texto}`),
      highlight: (texto) => pinta("ciano", texto),
      defaultAnswer: (texto) => pinta("fraco", `(${texto})`),
      help: (texto) => pinta("fraco", texto),
      keysHelpTip: () => pinta("fraco", dica),
    },
    keywords: { yes: "Sim", no: "Não", error: () => "Responda s (sim) ou n (não)." },
  };
}

function recusa({ tela }: Sessao, codigo: Codigo): void {
  if (ehErro(codigo)) tela.frase("erro", `${FRASES[codigo]} (${codigo})`);
}

function ehErro(codigo: Codigo): codigo is keyof typeof FRASES {
  return codigo in FRASES;
}

async function consultaVagas(sessao: Sessao, pedido: Extract<Pedido, { comando: "VAGAS" }>): Promise<readonly Vaga[]> {
  const resposta = await insiste(sessao, () => sessao.conexao.pede(pedido));
  if (resposta.codigo === "OK-304") return resposta.vagas;
  // A especialidade pode ter saído da semana da clínica entre um passo e outro: para quem escolhe, não tem vaga.
  if (resposta.codigo === "ERRO-103") return [];
  recusa(sessao, resposta.codigo);
  throw new Desistencia();
}

/** Os agendamentos do CPF; se não há, diz por quê. */
async function consultaAgendamentos(sessao: Sessao, cpf: string): Promise<readonly Tupla[]> {
  const resposta = await insiste(sessao, () => sessao.conexao.pede({ comando: "BUSCA", cpf }));
  if (resposta.codigo === "OK-302") return resposta.agendamentos;
  recusa(sessao, resposta.codigo);
  return [];
}

/** Pede uma mudança. Se a resposta se perde, descobre o que houve; devolve `undefined` se não aconteceu. */
async function altera(
  sessao: Sessao,
  pedido: PedidoDeMudanca,
  { antes }: { antes?: readonly Tupla[] } = {},
): Promise<Resposta | undefined> {
  const { conexao, teclado, tela } = sessao;
  const ato = pedido.comando === "AGEND" ? "o agendamento" : "o cancelamento";
  const naoSeSabe = `Não se sabe se ${ato} foi feito. Confira em "Ver os agendamentos" antes de repetir.`;
  try {
    return await insiste(sessao, () => conexao.pede(pedido));
  } catch (erro) {
    if (!(erro instanceof RespostaPerdida)) throw erro;
  }
  if (teclado.interrompido.aborted) {
    tela.frase("aviso", naoSeSabe);
    throw teclado.interrompido.reason;
  }
  tela.frase("aviso", `A conexão caiu antes da resposta. Verificando se ${ato} foi feito…`);
  try {
    const depois = agendamentosDe(await insiste(sessao, () => conexao.pede({ comando: "BUSCA", cpf: pedido.cpf })));
    if (depois === undefined) throw new Desistencia();
    const resposta = destinoDe(pedido, depois, { antes });
    if (resposta === undefined) tela.frase("erro", `Não: ${ato} não foi feito. Confirme para tentar de novo.`);
    else if (!ehErro(resposta.codigo)) tela.frase("ok", `Sim: ${ato} foi feito.`);
    return resposta;
  } catch (erro) {
    if (erro instanceof Interrupcao || erro instanceof Desistencia) tela.frase("aviso", naoSeSabe);
    throw erro;
  }
}

/** Depois de quanto silêncio, em ms, se diz que se espera pelo servidor; antes disso só piscaria. */
const SILENCIO = 500;

/** Faz o que precisa do servidor, e de novo, a esperas crescentes, enquanto ele não atende. Esc desiste. */
async function insiste<T>(sessao: Sessao, acao: () => Promise<T>): Promise<T> {
  const { teclado, tela } = sessao;
  let dito = "";
  using espera = esperaAvisada(tela);
  try {
    return await acao();
  } catch (erro) {
    if (!(erro instanceof SemConexao)) throw erro;
    espera.para();
    tela.frase("erro", dito = fraseDe(erro));
  }
  using desistencia = teclado.desistencia();
  for (let tentativa = 0;; tentativa++) {
    const ms = esperaAntesDe(tentativa);
    tela.estado(`Nova tentativa em ${Math.ceil(ms / 1000)} s. Esc volta ao menu, Ctrl-C sai.`);
    await delay(ms, AbortSignal.any([desistencia.sinal, teclado.interrompido])).catch(() => {});
    tela.estado("");
    teclado.interrompido.throwIfAborted();
    if (desistencia.sinal.aborted) throw new Desistencia();
    try {
      const resultado = await acao();
      tela.frase("ok", "O servidor voltou.");
      return resultado;
    } catch (erro) {
      if (!(erro instanceof SemConexao)) throw erro;
      if (dito !== fraseDe(erro)) tela.frase("erro", dito = fraseDe(erro));
    }
  }
}

function fraseDe(erro: SemConexao): string {
  return erro instanceof ServidorOcupado ? FRASES["ERRO-130"] : `Sem conexão: ${erro.message}.`;
}

function esperaAvisada(tela: Tela): { para(): void } & Disposable {
  let avisado = false;
  const timer = setTimeout(() => {
    avisado = true;
    tela.estado("Aguardando o servidor…");
  }, SILENCIO);
  function para(): void {
    clearTimeout(timer);
    if (avisado) tela.estado("");
    avisado = false;
  }
  return { para, [Symbol.dispose]: para };
}

// ---------------------------------------------------------------------------------------------------------- o começo

async function main(args: readonly string[]): Promise<number> {
  const chamada = lerArgumentos(args);
  switch (chamada.tipo) {
    case "ajuda":
      imprime(AJUDA);
      return SAIDA.ok;
    case "versao":
      imprime(`cliente da Clínica de Saúde ${configuracao.version}`);
      return SAIDA.ok;
    case "uso":
      imprime([`Erro: ${visivel(chamada.mensagem)}`, USO], Deno.stderr);
      return SAIDA.uso;
    case "comando":
      return await executa(chamada.endereco, chamada.comando, chamada);
    case "menu":
      if (Deno.stdin.isTerminal() && Deno.stdout.isTerminal()) return await menu(chamada.endereco);
      imprime(["Erro: o menu precisa de um terminal; sem ele, diga o comando.", USO], Deno.stderr);
      return SAIDA.uso;
  }
}

const USO = `Uso: cliente.ts [host] [porta] [${COMANDOS.join("|")}] [opções]
Veja todas as opções e exemplos com --help.`;

async function protegido(args: readonly string[]): Promise<number> {
  try {
    return await main(args);
  } catch (erro) {
    imprime(`Erro inesperado: ${visivel(erro instanceof Error ? erro.message : String(erro))}`, Deno.stderr);
    return SAIDA.semConexao;
  }
}

if (import.meta.main) Deno.exit(await protegido(Deno.args));
