/**
 * `servidor.ts pessoa cria|lista|senha|totp|recuperacao|retira`: as pessoas que entram pelas páginas, ao lado de um servidor em
 * funcionamento.
 *
 * @module
 */

import { resume } from "../acesso/argon2.ts";
import { sorteiaFrase } from "../acesso/frase.ts";
import {
  achaPessoa,
  criaPessoa,
  daCodigos,
  desligaSegundoFator,
  type Impedido,
  type Impedimento,
  ligaSegundoFator,
  type PessoaMostrada,
  retiraPessoa,
  semSegredos,
  trocaFrase,
} from "../acesso/pessoas.ts";
import { novoSegredoDoTotp, passoDoCodigo, uriDoTotp } from "../acesso/segundo_fator.ts";
import { ehPostgres } from "../armazem/postgres_endereco.ts";
import { abrePessoasDoPostgres } from "../armazem/postgres_pessoas.ts";
import { abrePessoasDoArquivo } from "../armazem/sqlite_pessoas.ts";
import { lerQuem, type LivroDasPessoas, PAPEIS_DE_PESSOA, type PapelDePessoa, type Pessoa } from "../clinica/pessoa.ts";
import { inofensivo, jsonInofensivo } from "../clinica/texto.ts";
import type { AtoDeComando } from "../clinica/trilha.ts";
import { instanteNoFio } from "../fio/clinica2.ts";
import { aceitaSo, type Argumentos, DO_LIVRO, ErroDeUso } from "./argumentos.ts";
import { lerClinica, lerNomeDe, lerProfissional } from "./de_quem.ts";
import { pedeFrase, perguntaCodigo } from "./frase_digitada.ts";
import { lerBanco } from "./opcoes.ts";
import { registra } from "./registra.ts";

/** Uma ação: as opções que aceita, além do livro, e o que faz. */
interface Acao {
  readonly aceita: readonly string[];
  /** Como fica na trilha. */
  readonly especie: AtoDeComando;
  /** Devolve o número da pessoa. */
  faz(argumentos: Argumentos, quem: string): Promise<number>;
}

const ACOES: ReadonlyMap<string, Acao> = new Map<string, Acao>([
  ["cria", { aceita: ["papel", "nome", "profissional", "sorteia"], especie: "PESSOA CRIA", faz: criar }],
  ["senha", { aceita: ["sorteia"], especie: "PESSOA SENHA", faz: trocar }],
  ["totp", {
    aceita: ["desliga"],
    especie: "PESSOA TOTP",
    faz: (argumentos, quem) => (argumentos.tem("desliga") ? desliga : liga)(argumentos, quem),
  }],
  ["recuperacao", { aceita: [], especie: "PESSOA RECUPERACAO", faz: recuperar }],
  ["retira", { aceita: [], especie: "PESSOA RETIRA", faz: retirar }],
]);

/** Cria, lista, muda ou retira. */
export async function tratarDePessoas(argumentos: Argumentos, palavras: readonly string[]): Promise<void> {
  const [nome = "", escrito, ...mais] = palavras;
  const acao = ACOES.get(nome);
  const ehLista = nome === "lista";
  if (acao === undefined && !ehLista) throw new ErroDeUso(`pessoa espera lista, ${[...ACOES.keys()].join(", ")}`);
  const aceita = acao?.aceita ?? ["json"];
  aceitaSo(argumentos, [...DO_LIVRO, ...aceita], `pessoa ${nome}`);
  if (acao === undefined) {
    if (escrito !== undefined) throw new ErroDeUso(`pessoa lista não espera mais nada; veio "${escrito}"`);
    return await listar(argumentos);
  }
  const quem = lerQuem(escrito ?? "");
  if (quem === undefined || mais.length > 0) {
    throw new ErroDeUso(`pessoa ${nome} espera como a pessoa se apresenta: pessoa ${nome} ana@clinica`);
  }
  const numero = await acao.faz(argumentos, quem);
  await registra(argumentos, { especie: acao.especie, numeros: [numero] });
}

async function criar(argumentos: Argumentos, quem: string): Promise<number> {
  const papel = lerPapel(argumentos.texto("papel"));
  const nome = lerNomeDe(argumentos.texto("nome") ?? quem);
  const clinica = await lerClinica(argumentos);
  const profissional = lerProfissional(argumentos.texto("profissional"), papel, clinica);
  await using livro = await abre(argumentos);
  // Antes de se pedir a frase-senha; e outra vez ao gravar.
  if ("pessoa" in await achaPessoa(livro, quem)) throw impedido("há outra", quem);
  const { frase, resumo } = await novaFrase(argumentos, quem);
  const nova = { quem, nome, papel, profissional, resumo, criadaEm: agora() };
  const { numero } = exige(quem, await criaPessoa(livro, nova)).pessoa;
  mostra(frase, `pessoa ${numero}, ${papel}, ${inofensivo(nome)}, entra como ${quem}`);
  return numero;
}

async function trocar(argumentos: Argumentos, quem: string): Promise<number> {
  await using livro = await abre(argumentos);
  // Antes de se perguntar; e outra vez, que entretanto pode ter entrado.
  exige(quem, await achaPessoa(livro, quem));
  const { frase, resumo } = await novaFrase(argumentos, quem);
  const { pessoa } = exige(quem, await trocaFrase(livro, { quem, em: agora(), resumo }));
  mostra(frase, `${quem} tem outra frase-senha; quem entrou com a de antes entra outra vez`);
  return pessoa.numero;
}

async function liga(argumentos: Argumentos, quem: string): Promise<number> {
  const { oferta } = await lerClinica(argumentos);
  await using livro = await abre(argumentos);
  exige(quem, await achaPessoa(livro, quem));
  const totp = novoSegredoDoTotp();
  // O QR por último: num terminal de 24 linhas é o que fica à vista.
  console.log(`${totp.match(/.{4}/g)?.join(" ")}\n${await desenha(uriDoTotp(totp, { clinica: oferta.nome, quem }))}`);
  // Num terminal prova-se que o aplicativo o leu: ligado a meio, a pessoa ficava de fora.
  const passo = Deno.stdin.isTerminal() ? await perguntaPasso(totp) : 0;
  const { pessoa } = exige(quem, await ligaSegundoFator(livro, { quem, em: agora(), totp, passo }));
  console.error(`\n${quem} passa a entrar também com o código do aplicativo. Se o perde: pessoa recuperacao ${quem}`);
  return pessoa.numero;
}

/** Códigos que se podem errar. */
const ERROS_MAXIMOS = 3;

async function perguntaPasso(totp: string): Promise<number> {
  console.error("Leia o QR com o aplicativo, ou digite nele o segredo.");
  for (let erros = 0; erros < ERROS_MAXIMOS; erros++) {
    const passo = passoDoCodigo(totp, await perguntaCodigo(), Date.now());
    if (passo !== undefined) return passo;
    console.error("Não é esse. Se o aplicativo o leu bem, confira a hora desta máquina e a do telefone.");
  }
  throw new ErroDeUso("o segundo fator não se ligou; nada mudou");
}

async function desliga(argumentos: Argumentos, quem: string): Promise<number> {
  await using livro = await abre(argumentos);
  const { pessoa } = exige(quem, await desligaSegundoFator(livro, { quem, em: agora() }));
  console.log(`${quem} passa a entrar só com a frase-senha`);
  return pessoa.numero;
}

async function recuperar(argumentos: Argumentos, quem: string): Promise<number> {
  await using livro = await abre(argumentos);
  const { pessoa, codigos } = exige(quem, await daCodigos(livro, { quem }));
  mostra(codigos.join("\n"), "Cada um serve uma vez, no lugar do código do aplicativo; os de antes já não servem");
  return pessoa.numero;
}

async function retirar(argumentos: Argumentos, quem: string): Promise<number> {
  await using livro = await abre(argumentos);
  const { pessoa } = exige(quem, await retiraPessoa(livro, { quem, em: agora() }));
  console.log(`${quem} já não entra`);
  return pessoa.numero;
}

async function listar(argumentos: Argumentos): Promise<void> {
  await using livro = await abre(argumentos);
  const pessoas = (await livro.todas()).map(semSegredos);
  if (argumentos.tem("json")) return console.log(jsonInofensivo(pessoas, 2));
  if (pessoas.length === 0) return console.log("Nenhuma pessoa.");
  const { oferta: { fuso } } = await lerClinica(argumentos);
  const linhas = pessoas.map((uma) => [
    String(uma.numero),
    uma.quem,
    uma.papel + (uma.profissional === "" ? "" : ` (${inofensivo(uma.profissional)})`),
    inofensivo(uma.nome),
    situacao(uma, fuso),
  ]);
  const larguras = [0, 1, 2, 3].map((i) => Math.max(...linhas.map((linha) => linha[i].length)));
  for (const linha of linhas) {
    console.log(linha.map((celula, i) => celula.padEnd(larguras[i] ?? 0)).join("  ").trimEnd());
  }
}

function situacao({ entra, totp, recuperacao, retiradaEm }: PessoaMostrada, fuso: string): string {
  if (!entra) return `retirada em ${instanteNoFio(retiradaEm, fuso)}`;
  if (!totp) return "entra com a frase-senha";
  return `entra com a frase-senha e o aplicativo; códigos de recuperação: ${recuperacao}`;
}

/** Uma frase-senha nova e o resumo dela; o texto só se se sorteou, para que se mostre. */
async function novaFrase(argumentos: Argumentos, quem: string): Promise<{ frase?: string; resumo: string }> {
  if (!argumentos.tem("sorteia")) return { resumo: await resume(await pedeFrase(quem)) };
  const frase = sorteiaFrase();
  return { frase, resumo: await resume(frase) };
}

/** Só o segredo vai para stdout: pode ir direto para um arquivo. */
function mostra(segredo: string | undefined, oQue: string): void {
  if (segredo === undefined) return console.log(oQue);
  console.log(segredo);
  console.error(`\n${oQue}.\nGuarde já o que está acima: não se mostra outra vez.`);
}

/** Um QR para um terminal: meio bloco por módulo, com as cores dele, que um terminal claro inverteria. */
async function desenha(uri: string): Promise<string> {
  const { renderUnicodeCompact } = await import("uqr");
  const linhas = renderUnicodeCompact(uri, { border: 4 }).split("\n");
  const [antes, depois] = Deno.stdout.isTerminal() ? ["\x1b[97;40m", "\x1b[0m"] : ["", ""];
  return linhas.map((linha) => antes + linha + depois).join("\n");
}

/** O que se diz do que não se fez. */
const IMPEDE: { readonly [I in Impedimento]: (quem: string) => string } = {
  "há outra": (quem) => `já há ${quem}; pessoa senha muda-lhe a frase-senha`,
  "não há": (quem) => `não há ${quem}; veja pessoa lista`,
  "retirou-se": (quem) => `${quem} já se retirou`,
  "mudou": (quem) => `${quem} mudou entretanto; nada se gravou, tente de novo`,
  "sem segundo fator": (quem) => `${quem} não tem segundo fator; liga-se com pessoa totp`,
};

function impedido(impede: Impedimento, quem: string): ErroDeUso {
  return new ErroDeUso(IMPEDE[impede](quem));
}

function exige<F extends { readonly pessoa: Pessoa }>(quem: string, feito: F | Impedido): F {
  if ("impede" in feito) throw impedido(feito.impede, quem);
  return feito;
}

async function abre(argumentos: Argumentos): Promise<LivroDasPessoas & AsyncDisposable> {
  const banco = lerBanco(argumentos);
  return ehPostgres(banco) ? await abrePessoasDoPostgres(banco) : abrePessoasDoArquivo(banco);
}

function lerPapel(escrito: string | undefined): PapelDePessoa {
  const papel = PAPEIS_DE_PESSOA.find((um) => um === escrito);
  if (papel !== undefined) return papel;
  const veio = escrito === undefined ? "" : `; veio "${escrito}"`;
  throw new ErroDeUso(`--papel espera um destes: ${PAPEIS_DE_PESSOA.join(", ")}${veio}`);
}

function agora(): string {
  return Temporal.Now.instant().round("second").toString();
}
