/**
 * O cliente da Clínica de Saúde: o menu para quem está diante de um terminal e os comandos para outros programas.
 *
 *     deno run -A cliente.ts                          # menu, servidor em localhost:9000
 *     deno run -A cliente.ts 10.0.0.30                # menu, servidor noutra máquina
 *     deno run -A cliente.ts buscar --cpf 529.982.247-25
 *     deno run -A cliente.ts 10.0.0.30 vagas --json
 *
 * Aqui estão a linha de comando e os comandos, que fazem um pedido e acabam; o menu está em `terminal/menu.ts`, que só se carrega
 * quando se mostra. Os dois falam com o servidor por `terminal/conexao.ts` e mostram o que ele diz com `terminal/telas.ts`. O cliente não
 * conhece as regras da clínica: o que existe, o que está livre e o que é permitido, quem diz é o servidor. `--help` traz
 * tudo o que aceita.
 *
 * @module
 */

import { delay } from "@std/async";
import { parseArgs } from "@std/cli/parse-args";
import {
  agendamentosDe,
  Conexao,
  destinoDe,
  type Endereco,
  escreverEndereco,
  esperaAntesDe,
  type PedidoDeMudanca,
  RespostaPerdida,
  SemConexao,
  ServidorOcupado,
} from "./terminal/conexao.ts";
import configuracao from "./deno.json" with { type: "json" };
import { lerCpf } from "./clinica/texto.ts";
import { PORTA_PADRAO, type Resposta, TEXTOS, type Tupla, type Vaga } from "./protocolo.ts";
import {
  agendamentoDe,
  cartaoDe,
  colunas,
  FRASES,
  INVISIVEIS,
  quebra,
  tabelaDeAgendamentos,
  tabelaDeVagas,
  visivel,
} from "./terminal/telas.ts";

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
  return texto.split("").map((unidade) => "\\u" + unidade.charCodeAt(0).toString(16).padStart(4, "0")).join("");
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

// ------------------------------------------------------------------------------------------------------ os comandos

/** Por quanto tempo um comando só procura saber o destino de um pedido sem resposta, em ms; um programa espera por ele. */
const PRAZO_DO_DESTINO = 10_000;

/** Quantas vezes `agendar` sem `--data` escolhe outra data quando a escolhida se enche no meio tempo. */
const TENTATIVAS_DE_DATA = 5;

/** Faz o pedido, escreve o resultado e devolve o código de saída. */
async function executa(endereco: Endereco, comando: Comando, { json }: { json: boolean }): Promise<number> {
  const interrupcao = new AbortController();
  // Uma consulta pode morrer calada; quem interrompe uma mudança precisa saber se ela pode ter acontecido.
  if (comando.nome === "agendar" || comando.nome === "cancelar") {
    Deno.addSignalListener("SIGINT", () => interrupcao.abort());
  }
  using conexao = new Conexao(endereco, { sinal: interrupcao.signal });
  let resposta: Resposta;
  try {
    resposta = await responde(conexao, comando);
  } catch (erro) {
    if (!(erro instanceof ServidorOcupado)) return explica(erro, conexao);
    resposta = { codigo: "ERRO-130" };
  }
  if (json) imprime(escreverJson(resposta, comando.nome));
  else mostra(resposta);
  return resposta.codigo.startsWith("OK") ? SAIDA.ok : SAIDA.erro;
}

/** Diz em stderr por que não houve resposta e devolve o código de saída. */
function explica(erro: unknown, { sinal }: Conexao): number {
  // O terminal acaba de ecoar ^C onde estava o cursor.
  if (sinal.aborted && Deno.stderr.isTerminal()) imprime("", Deno.stderr);
  if (erro instanceof DestinoAdverso) imprime(erro.message, Deno.stderr);
  else if (erro === sinal.reason) imprime("Interrompido; nada foi alterado.", Deno.stderr);
  else if (erro instanceof SemConexao) {
    imprime([`Sem conexão: ${erro.message}.`, "Confira o endereço e se o servidor está de pé."], Deno.stderr);
  } else throw erro;
  return sinal.aborted ? SAIDA.interrompido : SAIDA.semConexao;
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
  }
  const feito = pedido.comando === "AGEND" ? "marcado" : "desmarcado";
  const depois = await procura(conexao, pedido.cpf);
  if (depois === undefined) {
    const motivo = conexao.sinal.aborted
      ? "Interrompido antes da resposta"
      : "A resposta se perdeu e o servidor não voltou a tempo";
    const onde = escreverEndereco(conexao.endereco);
    throw new DestinoAdverso(
      `${motivo}: não se sabe se foi ${feito}.\n` +
        `Confira com: cliente.ts ${onde} buscar --cpf ${lerCpf(pedido.cpf) ?? pedido.cpf}`,
    );
  }
  const resposta = destinoDe(pedido, depois, { antes });
  if (resposta === undefined) throw new DestinoAdverso(`A resposta se perdeu: não foi ${feito}. Tente de novo.`);
  imprime("A resposta se perdeu; este é o resultado, conferido no servidor.", Deno.stderr);
  return resposta;
}

/** Os agendamentos do CPF, tentando até o prazo ou um Ctrl-C; `undefined` se não deu para saber. */
async function procura(conexao: Conexao, cpf: string): Promise<readonly Tupla[] | undefined> {
  const { sinal } = conexao;
  const fim = performance.now() + PRAZO_DO_DESTINO;
  for (let tentativa = 0; !sinal.aborted; tentativa++) {
    try {
      return agendamentosDe(await conexao.pede({ comando: "BUSCA", cpf }));
    } catch (erro) {
      if (!(erro instanceof SemConexao) && !sinal.aborted) throw erro;
    }
    const espera = esperaAntesDe(tentativa);
    if (performance.now() + espera > fim) return undefined;
    await delay(espera, { signal: sinal }).catch(() => {});
  }
  return undefined;
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
      imprime(fraseDe(resposta.codigo), Deno.stderr);
      return imprime(tabelaDeAgendamentos(resposta.agendamentos), Deno.stderr);
    default:
      return imprime(fraseDe(resposta.codigo), Deno.stderr);
  }
}

function fraseDe(codigo: keyof typeof FRASES): string[] {
  return quebra(`${codigo}: ${FRASES[codigo]}`, colunas());
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
      if (!Deno.stdin.isTerminal() || !Deno.stdout.isTerminal()) {
        imprime(["Erro: o menu precisa de um terminal; sem ele, diga o comando.", USO], Deno.stderr);
        return SAIDA.uso;
      }
      return await (await import("./terminal/menu.ts")).menu(chamada.endereco);
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
