/**
 * `servidor.ts chave cria|lista|revoga`: as chaves com que os terminais entram, ao lado de um servidor em funcionamento, que
 * obedece dentro de um segundo.
 *
 * @module
 */

import { criaChave } from "../acesso/segredo.ts";
import { abreChavesDoPostgres } from "../armazem/postgres_chaves.ts";
import { ehPostgres } from "../armazem/postgres_endereco.ts";
import { abreChavesDoArquivo } from "../armazem/sqlite_chaves.ts";
import { ehData } from "../clinica/calendario.ts";
import {
  type ChaveMostrada,
  type LivroDasChaves,
  PAPEIS_DE_CHAVE,
  type PapelDeChave,
  semResumo,
} from "../clinica/chave.ts";
import type { Clinica } from "../clinica/clinica.ts";
import { inofensivo, jsonInofensivo } from "../clinica/texto.ts";
import { instanteNoFio } from "../fio/clinica2.ts";
import { dataNoFio, lerData } from "../protocolo.ts";
import { aceitaSo, type Argumentos, DO_LIVRO, ErroDeUso } from "./argumentos.ts";
import { lerClinica, lerNomeDe, lerProfissional } from "./de_quem.ts";
import { lerBanco } from "./opcoes.ts";
import { registra } from "./registra.ts";

/** Cria, lista ou revoga. */
export async function tratarDeChaves(argumentos: Argumentos, palavras: readonly string[]): Promise<void> {
  const [acao, ...resto] = palavras;
  const suas = acao === "cria" ? ["papel", "nome", "ate", "profissional", "sim", "json"] : ["json"];
  aceitaSo(argumentos, [...DO_LIVRO, ...suas], `chave ${acao ?? ""}`.trimEnd());
  switch (acao) {
    case "cria":
      semMais(resto, "cria");
      return await criar(argumentos);
    case "lista":
      semMais(resto, "lista");
      return await listar(argumentos);
    case "revoga":
      return await revogar(argumentos, resto);
    default:
      throw new ErroDeUso("chave espera cria, lista ou revoga NÚMERO");
  }
}

function semMais(resto: readonly string[], acao: string): void {
  if (resto.length > 0) throw new ErroDeUso(`chave ${acao} não espera mais nada; veio "${resto[0]}"`);
}

async function criar(argumentos: Argumentos): Promise<void> {
  const papel = lerPapel(argumentos.texto("papel"));
  const escrito = argumentos.texto("nome");
  if (escrito === undefined) throw new ErroDeUso('chave cria precisa de --nome "Balcão 1", para se saber de quem é');
  const nome = lerNomeDe(escrito);
  const clinica = await lerClinica(argumentos);
  const ate = lerAte(argumentos.texto("ate"), hojeNa(clinica));
  const profissional = lerProfissional(argumentos.texto("profissional"), papel, clinica);
  await using livro = await abre(argumentos);
  const primeira = (await livro.todas()).length === 0;
  if (primeira && !argumentos.tem("sim") && !confirma()) throw new ErroDeUso("nenhuma chave foi criada");
  const criadaEm = Temporal.Now.instant().round("second").toString();
  const { texto, chave: { numero } } = await criaChave(livro, { papel, nome, profissional, ate, criadaEm });
  await registra(argumentos, { especie: "CHAVE CRIA", numeros: [numero] });
  if (argumentos.tem("json")) {
    return console.log(JSON.stringify({ numero, chave: texto, papel, nome, profissional, ate }, null, 2));
  }
  console.log(texto);
  // Só a chave vai para stdout: pode ir direta para um arquivo.
  console.error(
    [
      `\nchave ${numero}, ${papel}, ${inofensivo(nome)}${ate === "" ? "" : `, até ${dataNoFio(ate)}`}`,
      "Guarde-a agora: não se mostra outra vez. No terminal dela: cliente.ts entra, ou CLINICA_CHAVE.",
      ...primeira ? ["A partir de agora, sem uma chave só se veem as horas livres (--anonimo muda isso)."] : [],
    ].join("\n"),
  );
}

/** A primeira acaba com a porta aberta, e não se volta atrás. */
function confirma(): boolean {
  if (!Deno.stdin.isTerminal()) {
    throw new ErroDeUso(
      "a primeira chave acaba para sempre com a entrada sem chave; confirme com --sim, ou crie-a num terminal",
    );
  }
  return confirm(
    "É a primeira chave deste livro: os terminais que não trouxerem uma passam a ver só as horas livres. Criar?",
  );
}

async function listar(argumentos: Argumentos): Promise<void> {
  await using livro = await abre(argumentos);
  const clinica = await lerClinica(argumentos);
  const hoje = hojeNa(clinica);
  const chaves = (await livro.todas()).map((uma) => semResumo(uma, hoje));
  if (argumentos.tem("json")) return console.log(jsonInofensivo(chaves, 2));
  if (chaves.length === 0) return console.log("Nenhuma chave: quem alcança a porta do servidor pode tudo.");
  const linhas = chaves.map((uma) => [
    String(uma.numero),
    uma.papel + (uma.profissional === "" ? "" : ` (${inofensivo(uma.profissional)})`),
    inofensivo(uma.nome),
    situacao(uma, clinica),
  ]);
  const larguras = [0, 1, 2].map((i) => Math.max(...linhas.map((linha) => linha[i].length)));
  for (const linha of linhas) {
    console.log(linha.map((celula, i) => celula.padEnd(larguras[i] ?? 0)).join("  ").trimEnd());
  }
}

function situacao({ ate, revogadaEm, vale }: ChaveMostrada, { oferta: { fuso } }: Clinica): string {
  if (revogadaEm !== "") return `revogada em ${instanteNoFio(revogadaEm, fuso)}`;
  if (!vale) return `venceu em ${dataNoFio(ate)}`;
  return ate === "" ? "vale" : `vale até ${dataNoFio(ate)}`;
}

async function revogar(argumentos: Argumentos, resto: readonly string[]): Promise<void> {
  const [escrito] = resto;
  if (resto.length !== 1 || !/^\d{1,15}$/.test(escrito)) {
    throw new ErroDeUso("chave revoga espera o número de uma chave, que chave lista mostra");
  }
  await using livro = await abre(argumentos);
  const numero = Number(escrito);
  if (await livro.revoga(numero, Temporal.Now.instant().round("second").toString())) {
    await registra(argumentos, { especie: "CHAVE REVOGA", numeros: [numero] });
    return console.log(`chave ${numero} revogada; quem entrou com ela é desligado dentro de um segundo`);
  }
  const existe = (await livro.todas()).some((uma) => uma.numero === numero);
  throw new ErroDeUso(existe ? `a chave ${numero} já estava revogada` : `não há chave ${numero}; veja chave lista`);
}

async function abre(argumentos: Argumentos): Promise<LivroDasChaves & AsyncDisposable> {
  const banco = lerBanco(argumentos);
  return ehPostgres(banco) ? await abreChavesDoPostgres(banco) : abreChavesDoArquivo(banco);
}

function lerPapel(escrito: string | undefined): PapelDeChave {
  const papel = PAPEIS_DE_CHAVE.find((um) => um === escrito);
  if (papel !== undefined) return papel;
  const veio = escrito === undefined ? "" : `; veio "${escrito}"`;
  throw new ErroDeUso(`--papel espera um destes: ${PAPEIS_DE_CHAVE.join(", ")}${veio}`);
}

function lerAte(escrito: string | undefined, hoje: string): string {
  if (escrito === undefined) return "";
  const ate = lerData(escrito);
  if (!ehData(ate)) throw new ErroDeUso(`--ate espera uma data, dd/mm/aaaa; veio "${escrito}"`);
  if (ate < hoje) throw new ErroDeUso(`--ate ${escrito} já passou`);
  return ate;
}

function hojeNa({ calendario }: Clinica): string {
  return calendario.janela(Date.now()).hoje;
}
