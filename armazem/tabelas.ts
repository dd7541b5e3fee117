/**
 * As tabelas de um livro, as mesmas em todos os armazéns: as colunas, na ordem de `LinhaDoLivro`, e o que se lê de volta
 * de uma que guarda JSON.
 *
 * Usam-no os armazéns, para copiar um livro e para ler um agendamento.
 *
 * @module
 */

import type { Agendamento, Passo, Situacao } from "../clinica/agendamento.ts";
import { type Chave, PAPEIS_DE_CHAVE } from "../clinica/chave.ts";
import type { Espera } from "../clinica/espera.ts";
import type { TabelaDoLivro } from "../clinica/livro.ts";
import { PAPEIS_DE_PESSOA, type Pessoa } from "../clinica/pessoa.ts";
import type { SessaoAchada } from "../clinica/sessao.ts";
import type { Tentativa } from "../clinica/tentativa.ts";

/** O que uma coluna guarda; um `logico` é 0 ou 1 numa `LinhaDoLivro`. */
export type Tipo = "texto" | "numero" | "logico";

/** As colunas de cada tabela, em ordem; as primeiras são a chave. */
export const COLUNAS = {
  agendamento: {
    numero: "numero",
    versao: "numero",
    codigo: "texto",
    cpf: "texto",
    nome: "texto",
    especialidade: "texto",
    profissional: "texto",
    agenda: "texto",
    data: "texto",
    hora: "texto",
    minutos: "numero",
    situacao: "texto",
    ativo: "logico",
    encaixe: "logico",
    local: "texto",
    motivo: "texto",
    nota: "texto",
    email: "texto",
    telefone: "texto",
    senha: "texto",
    prioridade: "numero",
    chegou_em: "texto",
    chamado_em: "texto",
    chamadas: "numero",
    terminou_em: "texto",
    substitui: "numero",
    pilha: "texto",
    criado_em: "texto",
    origem: "texto",
    espera: "numero",
  },
  excecao: {
    numero: "numero",
    tipo: "texto",
    de: "texto",
    ate: "texto",
    inicio: "numero",
    fim: "numero",
    especialidade: "texto",
    profissional: "texto",
    vagas: "numero",
    minutos: "numero",
    local: "texto",
    encaixes: "numero",
    motivo: "texto",
    revogada: "logico",
    criada_em: "texto",
  },
  contato: { cpf: "texto", email: "texto", telefone: "texto", mudou_em: "texto" },
  espera: {
    numero: "numero",
    versao: "numero",
    codigo: "texto",
    cpf: "texto",
    nome: "texto",
    especialidade: "texto",
    profissional: "texto",
    de: "texto",
    ate: "texto",
    turno: "texto",
    antecedencia: "numero",
    marca: "logico",
    prioridade: "numero",
    motivo: "texto",
    isenta: "logico",
    email: "texto",
    telefone: "texto",
    origem: "texto",
    lapsos: "numero",
    ordem: "numero",
    desde: "texto",
    convite: "numero",
    passou: "texto",
    terminou_em: "texto",
    move: "logico",
  },
  senha: { data: "texto", letra: "texto", ultima: "numero" },
  chave: {
    numero: "numero",
    resumo: "texto",
    papel: "texto",
    nome: "texto",
    profissional: "texto",
    ate: "texto",
    criada_em: "texto",
    revogada_em: "texto",
  },
  titular: { numero: "numero", quando: "texto", ato: "texto", pessoa: "texto", motivo: "texto" },
  pessoa: {
    numero: "numero",
    versao: "numero",
    quem: "texto",
    nome: "texto",
    papel: "texto",
    profissional: "texto",
    resumo: "texto",
    totp: "texto",
    passo: "numero",
    recuperacao: "texto",
    criada_em: "texto",
    mudada_em: "texto",
    retirada_em: "texto",
  },
  tentativa: {
    cpf: "texto",
    rede: "texto",
    recentes: "texto",
    dia: "texto",
    erros: "numero",
    recusas: "numero",
    acertou: "numero",
    ate: "numero",
  },
  diario: {
    id: "numero",
    lote: "texto",
    quando: "texto",
    mudancas: "texto",
    servidor: "texto",
    ordem: "numero",
    selo: "texto",
  },
  acesso: {
    id: "numero",
    quando: "texto",
    papel: "texto",
    quem: "texto",
    especie: "texto",
    cpf: "texto",
    numeros: "texto",
    vezes: "numero",
    servidor: "texto",
    ordem: "numero",
    selo: "texto",
  },
} as const satisfies { readonly [T in TabelaDoLivro]: Readonly<Record<string, Tipo>> };

/** As tabelas, na ordem em que se copiam. */
export const TABELAS: readonly TabelaDoLivro[] = [
  "agendamento",
  "excecao",
  "contato",
  "espera",
  "senha",
  "chave",
  "pessoa",
  "tentativa",
  "titular",
  "diario",
  "acesso",
];

/** Uma coluna de uma tabela. */
export type DaTabela = readonly [nome: string, tipo: Tipo];

/** As colunas de uma tabela, em ordem. */
export function colunasDe(tabela: TabelaDoLivro): readonly DaTabela[] {
  const colunas: Readonly<Record<string, Tipo>> = COLUNAS[tabela];
  return Object.entries(colunas);
}

/** As da chave dela. */
export function chaveDe(tabela: TabelaDoLivro): readonly DaTabela[] {
  return colunasDe(tabela).slice(0, tabela === "senha" || tabela === "tentativa" ? 2 : 1);
}

/**
 * A chave de uma linha da tabela delas.
 *
 * @throws {TypeError} se o papel dela não é um.
 */
export function lerChave(linha: readonly unknown[]): Chave {
  const [numero, resumo, escrito, nome, profissional, ate, criadaEm, revogadaEm] = linha.map(String);
  const papel = PAPEIS_DE_CHAVE.find((um) => um === escrito);
  if (papel === undefined) throw new TypeError(`o livro tem um papel que não há: ${escrito}`);
  return { numero: Number(numero), resumo, papel, nome, profissional, ate, criadaEm, revogadaEm };
}

/** Todas as chaves, por número, para `lerChave`. */
export const CHAVES = `SELECT ${colunasDe("chave").map(([nome]) => nome).join(", ")} FROM chave ORDER BY numero`;

/**
 * A pessoa de uma linha da tabela delas.
 *
 * @throws {TypeError} se o papel dela não é um.
 */
export function lerPessoa(linha: readonly unknown[]): Pessoa {
  const [numero, versao, quem, nome, escrito, profissional, resumo, totp, passo, recuperacao, ...datas] = linha.map(
    String,
  );
  const papel = PAPEIS_DE_PESSOA.find((um) => um === escrito);
  if (papel === undefined) throw new TypeError(`o livro tem um papel de pessoa que não há: ${escrito}`);
  const [criadaEm, mudadaEm, retiradaEm] = datas;
  return {
    ...{ numero: Number(numero), versao: Number(versao), quem, nome, papel, profissional, resumo, totp },
    ...{ passo: Number(passo), recuperacao: JSON.parse(recuperacao), criadaEm, mudadaEm, retiradaEm },
  };
}

/** As colunas de uma pessoa, na ordem das da tabela. */
export function colunasDaPessoa(pessoa: Pessoa): (string | number)[] {
  const { numero, versao, quem, nome, papel, profissional, resumo, totp, passo, recuperacao, ...datas } = pessoa;
  const { criadaEm, mudadaEm, retiradaEm } = datas;
  return [numero, versao, quem, nome, papel, profissional, resumo, totp, passo, JSON.stringify(recuperacao)]
    .concat(criadaEm, mudadaEm, retiradaEm);
}

/** Todas as pessoas, por número, para `lerPessoa`. */
export const PESSOAS = `SELECT ${colunasDe("pessoa").map(([nome]) => nome).join(", ")} FROM pessoa ORDER BY numero`;

/** A condição de que nenhum gerente entra. */
export const SEM_GERENTE = "NOT EXISTS (SELECT 1 FROM pessoa WHERE papel = 'gerente' AND retirada_em = '')";

/** As colunas de uma sessão, que não vai com o livro que se importa: de um para outro, entra-se outra vez. */
export const DA_SESSAO = "resumo, pessoa, mudada_em, criada_em, vista_em, expira_em";

const COLUNAS_DA_SESSAO = DA_SESSAO.split(", ");

/** Uma sessão e a pessoa, para `lerSessaoAchada`; falta o resumo, que é o que se segue. */
export const SESSAO_ACHADA: string = `SELECT ${
  [...COLUNAS_DA_SESSAO.map((nome) => `s.${nome}`), ...colunasDe("pessoa").map(([nome]) => `p.${nome}`)].join(", ")
} FROM sessao AS s JOIN pessoa AS p ON p.numero = s.pessoa WHERE s.resumo =`;

/** A de uma linha delas. */
export function lerSessaoAchada(linha: readonly unknown[]): SessaoAchada {
  const [resumo, pessoa, mudadaEm, criadaEm, vistaEm, expiraEm] = linha.map(String);
  return {
    sessao: { resumo, pessoa: Number(pessoa), mudadaEm, criadaEm, vistaEm, expiraEm },
    pessoa: lerPessoa(linha.slice(COLUNAS_DA_SESSAO.length)),
  };
}

/** As colunas da conta do que se tentou, para `lerTentativa`. */
export const DA_TENTATIVA: string = colunasDe("tentativa").map(([nome]) => nome).join(", ");

/** A conta de uma linha da tabela delas. */
export function lerTentativa(linha: readonly unknown[]): Tentativa {
  const [cpf, rede, recentes, dia, erros, recusas, acertou, ate] = linha.map(String);
  return {
    ...{ cpf, rede, recentes: recentes === "" ? [] : recentes.split(",").map(Number), dia },
    ...{ erros: Number(erros), recusas: Number(recusas), acertou: Number(acertou), ate: Number(ate) },
  };
}

/** Os valores de uma, na ordem das colunas. */
export function escreveTentativa(conta: Tentativa): (string | number)[] {
  const { cpf, rede, recentes, dia, erros, recusas, acertou, ate } = conta;
  return [cpf, rede, recentes.join(","), dia, erros, recusas, acertou, ate];
}

/** As situações, para as conferir no que se lê. */
export const SITUACOES: { readonly [S in Situacao]: S } = {
  MARCADO: "MARCADO",
  CONFIRMADO: "CONFIRMADO",
  CHEGOU: "CHEGOU",
  CHAMADO: "CHAMADO",
  ATENDIDO: "ATENDIDO",
  SAIU: "SAIU",
  FALTOU: "FALTOU",
  CANCELADO: "CANCELADO",
  CONVIDADO: "CONVIDADO",
  PASSOU: "PASSOU",
};

/**
 * A situação que uma coluna diz.
 *
 * @throws {TypeError} se não é uma.
 */
export function lerSituacao(escrita: string): Situacao {
  if (!ehSituacao(escrita)) throw new TypeError(`o livro tem uma situação que não há: ${escrita}`);
  return escrita;
}

function ehSituacao(escrita: string): escrita is Situacao {
  return Object.hasOwn(SITUACOES, escrita);
}

/** A coluna de uma pilha vazia. */
export const PILHA_VAZIA = "[]";

const SEM_PASSOS: readonly Passo[] = [];

/**
 * Um passo como a coluna o guarda: quem, quando, e o que mudou, como estava. O de quem acabou, que são quase todos, é só a
 * situação de que saiu, e sem o instante se é aquele em que terminou, que a linha já diz: um cancelado cresce pouco, e a
 * página em que está não se parte.
 */
type PassoEscrito = readonly [papel: Passo["papel"], em: string, antes: Situacao | Passo["antes"]];

/** A pilha como a coluna a guarda. */
export function escrevePilha({ pilha, terminouEm }: Pick<Agendamento, "pilha" | "terminouEm">): string {
  if (pilha.length === 0) return PILHA_VAZIA;
  return JSON.stringify(pilha.map(({ papel, em, antes }): PassoEscrito => {
    const acabou = soAcabou(antes);
    return acabou === undefined ? [papel, em, antes] : [papel, em === terminouEm ? "" : em, acabou];
  }));
}

/** A pilha que a coluna de um que terminou nesse instante guarda; só nós a escrevemos, sempre uma lista em JSON. */
export function lerPilha(escrita: string, terminouEm: string): readonly Passo[] {
  if (escrita === PILHA_VAZIA) return SEM_PASSOS;
  const passos: readonly PassoEscrito[] = JSON.parse(escrita);
  return passos.map(([papel, em, antes]) => ({
    papel,
    em: em === "" ? terminouEm : em,
    antes: typeof antes === "string" ? { situacao: antes, ativo: true, terminouEm: "" } : antes,
  }));
}

/** A situação de antes, se o passo só fez acabar: deixou de ser ativo, e disse quando. */
function soAcabou({ situacao, ativo, terminouEm, ...resto }: Passo["antes"]): Situacao | undefined {
  const so = ativo === true && terminouEm === "" && Object.keys(resto).length === 0;
  return so ? situacao : undefined;
}

/** As horas que uma entrada deixou passar, como a coluna as guarda. */
export function escrevePassou(passou: Espera["passou"]): string {
  return passou.length === 0 ? NENHUMA_PASSOU : JSON.stringify(passou);
}

/** As que a coluna guarda; só nós a escrevemos. */
export function lerPassou(escrita: string): Espera["passou"] {
  return escrita === NENHUMA_PASSOU ? NENHUMA : JSON.parse(escrita);
}

const NENHUMA_PASSOU = "[]";
const NENHUMA: Espera["passou"] = [];

/**
 * A parte do dia que uma coluna diz.
 *
 * @throws {TypeError} se não é uma.
 */
export function lerTurno(escrito: string): Espera["turno"] {
  if (escrito === "" || escrito === "MANHÃ" || escrito === "TARDE") return escrito;
  throw new TypeError(`o livro tem uma parte do dia que não há: ${escrito}`);
}
