/**
 * O que se faz a quem entra pelas páginas: criar, mudar a frase-senha e o segundo fator, retirar. Chamam-no `servidor.ts pessoa`
 * e a página dos acessos; cada face pergunta à sua maneira, diz por que não se fez, e escreve o ato na trilha.
 *
 * @module
 */

import { entra, type LivroDasPessoas, type Pessoa, type PessoaNova } from "../clinica/pessoa.ts";
import { contasDe } from "./atraso.ts";
import { novosCodigos, resumoDoCodigo } from "./segundo_fator.ts";

/** Por que um ato não se fez; nada mudou. */
export type Impedimento =
  /** Outra pessoa já se apresenta assim. */
  | "há outra"
  /** Ninguém se apresenta assim. */
  | "não há"
  | "retirou-se"
  /** Outro mudou-a ao mesmo tempo. */
  | "mudou"
  | "sem segundo fator";

/** O que não se fez. */
export interface Impedido {
  /** Por quê. */
  readonly impede: Impedimento;
}

/** A pessoa como fica, ou por que não se fez. */
export type Feito<Mais = unknown> = { readonly pessoa: Pessoa } & Mais | Impedido;

/** De quem é um ato, e quando. */
export interface AtoSobre {
  /** Como a pessoa se apresenta, na forma de `lerQuem`. */
  readonly quem: string;
  /** O instante (`"2026-11-23T10:00:00Z"`). */
  readonly em: string;
}

/** Uma pessoa como se mostra a quem gere: sem nada com que se entre. */
export interface PessoaMostrada extends Omit<Pessoa, "versao" | "resumo" | "passo" | "totp" | "recuperacao"> {
  /** Se ainda entra. */
  readonly entra: boolean;
  /** Se tem segundo fator. */
  readonly totp: boolean;
  /** Códigos de recuperação por usar. */
  readonly recuperacao: number;
}

/** Tira-lhe os segredos. */
export function semSegredos(pessoa: Pessoa): PessoaMostrada {
  const { versao: _versao, resumo: _resumo, passo: _passo, totp, recuperacao, ...resto } = pessoa;
  return { ...resto, entra: entra(pessoa), totp: totp !== "", recuperacao: recuperacao.length };
}

/** A pessoa que entra assim. */
export async function achaPessoa(livro: LivroDasPessoas, quem: string): Promise<Feito> {
  const chamadas = (await livro.todas()).filter((uma) => uma.quem === quem);
  const pessoa = chamadas.find(entra);
  if (pessoa !== undefined) return { pessoa };
  return { impede: chamadas.length > 0 ? "retirou-se" : "não há" };
}

/** Cria uma, com uma frase-senha já resumida (`argon2.ts`). */
export async function criaPessoa(livro: LivroDasPessoas, nova: PessoaNova): Promise<Feito> {
  const pessoa = await livro.cria(nova);
  return pessoa === undefined ? { impede: "há outra" } : { pessoa };
}

/** Muda-lhe a frase-senha; quem entrou com a de antes entra outra vez, e o que essa pessoa errou esquece-se. */
export async function trocaFrase(
  livro: LivroDasPessoas,
  { quem, em, resumo }: AtoSobre & Pick<Pessoa, "resumo">,
): Promise<Feito> {
  const feito = await muda(livro, { quem, em }, () => ({ resumo }));
  if ("impede" in feito) return feito;
  // Quem a trocou por a ter esquecido já errou o bastante.
  const { pessoa, ali } = contasDe(await livro.segredo(), { quem, endereco: "" });
  await livro.perdoa([pessoa.quem, ali.quem]);
  return feito;
}

/** Passa a entrar também com o código do aplicativo; o do `passo`, com que se provou que ele leu o segredo, já não serve. */
export async function ligaSegundoFator(
  livro: LivroDasPessoas,
  { totp, passo, ...sobre }: AtoSobre & Pick<Pessoa, "totp" | "passo">,
): Promise<Feito> {
  return await muda(livro, sobre, () => ({ totp, passo }));
}

/** Passa a entrar só com a frase-senha. */
export async function desligaSegundoFator(livro: LivroDasPessoas, sobre: AtoSobre): Promise<Feito> {
  return await muda(livro, sobre, ({ totp }) => totp === "" ? undefined : { totp: "", passo: 0, recuperacao: [] });
}

/** Dá-lhe códigos de recuperação, que só aqui se veem; os de antes já não servem. Quem entrou continua dentro. */
export async function daCodigos(
  livro: LivroDasPessoas,
  { quem }: Pick<AtoSobre, "quem">,
): Promise<Feito<{ readonly codigos: readonly string[] }>> {
  const achada = await achaPessoa(livro, quem);
  if ("impede" in achada) return achada;
  if (achada.pessoa.totp === "") return { impede: "sem segundo fator" };
  const codigos = novosCodigos();
  const feito = await grava(livro, { ...achada.pessoa, recuperacao: codigos.map(resumoDoCodigo) });
  return "impede" in feito ? feito : { ...feito, codigos };
}

/** Já não entra; o nome pode voltar a ser de alguém, o número não. */
export async function retiraPessoa(livro: LivroDasPessoas, { quem, em }: AtoSobre): Promise<Feito> {
  const achada = await achaPessoa(livro, quem);
  return "impede" in achada ? achada : await grava(livro, { ...achada.pessoa, retiradaEm: em });
}

/** Muda com que se entra; `como` não devolve nada a quem não tem segundo fator que se mude. */
async function muda(
  livro: LivroDasPessoas,
  { quem, em }: AtoSobre,
  como: (pessoa: Pessoa) => Partial<Pessoa> | undefined,
): Promise<Feito> {
  const achada = await achaPessoa(livro, quem);
  if ("impede" in achada) return achada;
  const parte = como(achada.pessoa);
  if (parte === undefined) return { impede: "sem segundo fator" };
  return await grava(livro, { ...achada.pessoa, ...parte, mudadaEm: depoisDe(achada.pessoa.mudadaEm, em) });
}

async function grava(livro: LivroDasPessoas, pessoa: Pessoa): Promise<Feito> {
  const depois = { ...pessoa, versao: pessoa.versao + 1 };
  return await livro.muda(depois) ? { pessoa: depois } : { impede: "mudou" };
}

/** Este instante, ou o primeiro depois do outro: duas mudanças no mesmo segundo não têm a mesma data, e as sessões vão por ela. */
function depoisDe(antes: string, em: string): string {
  const ultimo = Temporal.Instant.from(antes);
  return Temporal.Instant.compare(em, ultimo) > 0 ? em : ultimo.add({ milliseconds: 1 }).toString();
}
