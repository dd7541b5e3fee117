/**
 * O que este terminal pode, pelo papel que o servidor lhe disse: o que o menu mostra, onde se pede o código, e o que se diz a
 * quem não pode. Quem decide é o servidor; a tabela é a mesma (`clinica/permissao.ts`), e um papel que ela não tem, de um
 * servidor mais novo, vê tudo e ouve dele o que não pode.
 *
 * @module
 */

import { type Endereco, escreverEndereco } from "./conexao.ts";
import type { NomeDeComando } from "./formas.ts";
import type { Papel } from "../clinica/agendamento.ts";
import type { Comando } from "../clinica/pedido.ts";
import { PERMISSOES } from "../clinica/permissao.ts";
import { inofensivo } from "../clinica/texto.ts";
import type { Apresentacao } from "../fio/clinica2.ts";
import { PORTA_PADRAO } from "../protocolo.ts";

/** O que de uma conexão se precisa saber. */
export interface Apresentada {
  /** Onde se liga. */
  readonly endereco: Endereco;
  /** O que o servidor disse. */
  readonly apresentacao: Apresentacao | undefined;
}

/** Cada papel, em palavras. */
const PALAVRAS: { readonly [P in Papel]: string } = {
  ninguem: "sem chave",
  anonimo: "sem chave",
  quiosque: "quiosque",
  paciente: "paciente",
  profissional: "quem atende",
  balcao: "balcão",
  gerente: "gerência",
  integracao: "integração",
  servidor: "o servidor",
};

function papelDe({ apresentacao }: Pick<Apresentada, "apresentacao">): Papel | undefined {
  const papel = apresentacao?.papel;
  return papel !== undefined && ehPapel(papel) ? papel : undefined;
}

function ehPapel(papel: string): papel is Papel {
  return Object.hasOwn(PALAVRAS, papel);
}

/** Falso se já se sabe que este terminal não pode o comando. */
export function pode(conexao: Pick<Apresentada, "apresentacao">, comando: Comando): boolean {
  const papel = papelDe(conexao);
  return papel === undefined || PERMISSOES[comando][papel] !== "nunca";
}

/** Verdadeiro se, para o comando, o servidor quer deste terminal também o código do agendamento. */
export function pedeCodigo(conexao: Pick<Apresentada, "apresentacao">, comando: Comando): boolean {
  const papel = papelDe(conexao);
  return papel !== undefined && PERMISSOES[comando][papel] === "codigo";
}

/** Verdadeiro se quem usa este terminal é quem atende: vê o seu dia, e mais nada. */
export function deQuemAtende(conexao: Pick<Apresentada, "apresentacao">): boolean {
  return papelDe(conexao) === "profissional";
}

/** Verdadeiro se o servidor tem chaves e este terminal entrou sem nenhuma: com uma podia mais. */
export function semChave({ apresentacao }: Pick<Apresentada, "apresentacao">): boolean {
  return apresentacao !== undefined && apresentacao.nome === "" && apresentacao.papel !== "gerente";
}

/** Quem se é para o servidor: `"Balcão 1 (balcão)"`; `""` se não se entrou com chave. */
export function quemE({ apresentacao }: Pick<Apresentada, "apresentacao">): string {
  if (apresentacao === undefined || apresentacao.nome === "") return "";
  const { nome, papel } = apresentacao;
  return inofensivo(`${nome} (${ehPapel(papel) ? PALAVRAS[papel] : papel})`);
}

/** O comando com que se guarda uma chave para um servidor: `"cliente.ts 10.0.0.30:9000 entra"`. */
export function comoEntrar({ host, porta }: Endereco): string {
  const onde = host === "localhost" && porta === PORTA_PADRAO ? "" : `${escreverEndereco({ host, porta })} `;
  return `cliente.ts ${onde}entra`;
}

/** O que cada comando do cliente pede ao servidor. */
export const PEDIDO_DO_COMANDO: { readonly [C in NomeDeComando]: Comando } = {
  agendar: "AGEND",
  remarcar: "REMARC",
  cancelar: "CANCEL",
  buscar: "BUSCA",
  vagas: "VAGAS",
  esperar: "ESPERA",
  desistir: "DESISTE",
  aceitar: "ACEITA",
  recusar: "RECUSA",
  fila: "FILA",
  agenda: "LISTA",
  situacao: "SITUA",
  corrigir: "CORRIGE",
  historia: "HISTORIA",
  fechar: "FECHA",
  extra: "EXTRA",
  reabrir: "REABRE",
};

/** Os papéis que se dizem a quem não pode, do que pode menos ao que pode mais. */
const DA_CASA = ["profissional", "balcao", "gerente"] as const;
const COMO_SE_DIZEM = { profissional: "quem atende", balcao: "o balcão", gerente: "a gerência" } as const;

/** O que se diz de um acesso negado: quem se é, quem pode, e o que fazer. */
export function porqueNao(conexao: Apresentada, comando?: Comando): string {
  const quem = quemE(conexao);
  if (quem === "") {
    return `É preciso uma chave: peça-a a quem cuida do servidor, e guarde-a com ${comoEntrar(conexao.endereco)}.`;
  }
  const podem = comando === undefined
    ? []
    : DA_CASA.filter((papel) => PERMISSOES[comando][papel] !== "nunca").map((papel) => COMO_SE_DIZEM[papel]);
  const deQuem = podem.length === 0 || comando !== undefined && pode(conexao, comando)
    ? ""
    : ` Quem pode: ${new Intl.ListFormat("pt-BR").format(podem)}.`;
  return `Este terminal entrou como ${quem}, que não pode isto.${deQuem}`;
}
