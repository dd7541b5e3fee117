/**
 * Um agendamento e uma linha de um PostgreSQL: o que dela se lê, e uma imagem em colunas, para escrever muitas numa
 * instrução. Usam-no `postgres_instrucoes.ts`, `postgres_vista.ts`, `postgres.ts` e `postgres_copia.ts`.
 *
 * @module
 */

import { agendaDe, type Agendamento, nasce } from "../clinica/agendamento.ts";
import { LINHAS_DE_UM_CPF } from "../clinica/livro.ts";
import { type Instrucao, textos, type Valor } from "./postgres_ligacao.ts";
import { COLUNAS, escrevePilha, lerPilha, lerSituacao, type Tipo } from "./tabelas.ts";

/** O tipo do PostgreSQL em que se manda um valor; ao gravar, é convertido no da coluna. */
export const NO_POSTGRES: { readonly [T in Tipo]: string } = { texto: "text", numero: "bigint", logico: "boolean" };

/** Uma coluna de muitas linhas, como o protocolo leva um array dela. */
export function array(tipo: Tipo, valores: readonly (string | number | boolean | null)[]): string {
  if (tipo === "texto") return textos(valores.map((valor) => valor === null ? null : String(valor)));
  return `{${valores.map((valor) => valor ?? "NULL").join(",")}}`;
}

// ------------------------------------------------------------------------------------------------------ a imagem

type Imagem = Exclude<keyof typeof COLUNAS.agendamento, "numero" | "criado_em" | "origem">;

/** O que cada coluna tem de um agendamento. */
const IMAGEM: { readonly [C in Imagem]: (agendamento: Agendamento) => string | number | boolean } = {
  versao: ({ versao }) => versao,
  codigo: ({ codigo }) => codigo,
  cpf: ({ cpf }) => cpf,
  nome: ({ nome }) => nome,
  especialidade: ({ especialidade }) => especialidade,
  profissional: ({ profissional }) => profissional,
  agenda: agendaDe,
  data: ({ data }) => data,
  hora: ({ hora }) => hora,
  minutos: ({ minutos }) => minutos,
  situacao: ({ situacao }) => situacao,
  ativo: ({ ativo }) => ativo,
  encaixe: ({ encaixe }) => encaixe,
  local: ({ local }) => local,
  motivo: ({ motivo }) => motivo,
  nota: ({ nota }) => nota,
  email: ({ email }) => email,
  telefone: ({ telefone }) => telefone,
  senha: ({ senha }) => senha,
  prioridade: ({ prioridade }) => prioridade,
  chegou_em: ({ chegouEm }) => chegouEm,
  chamado_em: ({ chamadoEm }) => chamadoEm,
  chamadas: ({ chamadas }) => chamadas,
  terminou_em: ({ terminouEm }) => terminouEm,
  substitui: ({ substitui }) => substitui,
  pilha: escrevePilha,
  espera: ({ espera }) => espera,
};

/** Uma coluna da imagem. */
export interface Coluna {
  /** Como se chama. */
  readonly nome: string;
  /** O que guarda. */
  readonly tipo: Tipo;
  /** O valor dela num agendamento. */
  readonly valor: (agendamento: Agendamento) => string | number | boolean;
  /** O valor de costume num que nasce; o das que não o têm não se usa. */
  readonly costume: string | number | boolean;
}

const SEM_NADA = { numero: 0, codigo: "", cpf: "", nome: "", especialidade: "", data: "", hora: "", minutos: 0 };

/** As colunas da imagem, em ordem. */
export const DA_IMAGEM: readonly Coluna[] = Object.entries(IMAGEM).map(([nome, valor]) => {
  const tipos: Readonly<Record<string, Tipo>> = COLUNAS.agendamento;
  return { nome, tipo: tipos[nome], valor, costume: valor(nasce(SEM_NADA)) };
});

// ------------------------------------------------------------------------------------------------------ o que se lê

/** O que se lê de um agendamento `a`, na ordem em que `lerAgendamento` o espera. */
export const CAMPOS: string = ["numero", ...DA_IMAGEM.map(({ nome }) => nome).filter((nome) => nome !== "agenda")]
  .map((nome) => `a.${nome}`).join(", ");

/** O agendamento de uma linha de `CAMPOS`. */
export function lerAgendamento(linha: readonly Valor[]): Agendamento {
  // Nenhuma coluna é nula.
  const texto = (n: number): string => linha[n] ?? "";
  return {
    numero: Number(linha[0]),
    versao: Number(linha[1]),
    codigo: texto(2),
    cpf: texto(3),
    nome: texto(4),
    especialidade: texto(5),
    profissional: texto(6),
    data: texto(7),
    hora: texto(8),
    minutos: Number(linha[9]),
    situacao: lerSituacao(texto(10)),
    ativo: linha[11] === "t",
    encaixe: linha[12] === "t",
    local: texto(13),
    motivo: texto(14),
    nota: texto(15),
    email: texto(16),
    telefone: texto(17),
    senha: texto(18),
    prioridade: Number(linha[19]),
    chegouEm: texto(20),
    chamadoEm: texto(21),
    chamadas: Number(linha[22]),
    terminouEm: texto(23),
    substitui: Number(linha[24]),
    pilha: lerPilha(texto(25), texto(23)),
    espera: Number(linha[26]),
  };
}

const CONTA = "a.situacao <> 'CANCELADO' AND a.situacao <> 'PASSOU'";

/** O que toma a sua hora: a condição do índice das vagas. */
export const NA_VAGA = `NOT a.encaixe AND ${CONTA}`;

/** O que conta sem tomar a hora: a condição do índice dos encaixes. */
export const ENCAIXADO = `a.encaixe AND ${CONTA}`;

/** Os que acabaram, dos CPFs de um parâmetro: os mais novos de cada um. */
export function acabados(cpfs: string): string {
  return `unnest(${cpfs}::text[]) AS pedido (cpf) CROSS JOIN LATERAL (
    SELECT * FROM agendamento WHERE NOT ativo AND agendamento.cpf = pedido.cpf
    ORDER BY numero DESC LIMIT ${LINHAS_DE_UM_CPF}) AS a`;
}

/** Os dias em que CPFs têm ou tiveram algo: nas agendas deles, e nas vizinhas, que disputam os mesmos minutos. */
export function diasDosQueVoltam(cpfs: string, vizinhas: string): string {
  return `SELECT DISTINCT dela.agenda, linha.data FROM (
      SELECT a.agenda, a.data FROM ${acabados(cpfs)}
      UNION ALL
      SELECT agenda, data FROM agendamento WHERE ativo AND cpf = ANY (${cpfs}::text[])
    ) AS linha CROSS JOIN LATERAL (
      SELECT linha.agenda UNION ALL SELECT unnest(${vizinhas}::text[])) AS dela (agenda)`;
}

/** Os agendamentos que contam numa data, ou só os de uma agenda; as linhas são para `lerAgendamento`. */
export function selecaoDoDia(data: string, agenda?: string): Instrucao {
  const parte = (condicao: string): string =>
    `SELECT * FROM agendamento AS a WHERE ${condicao} AND a.data = $1 AND a.agenda = coalesce($2, a.agenda)`;
  return {
    texto: `SELECT ${CAMPOS} FROM (${parte(NA_VAGA)} UNION ALL ${parte(ENCAIXADO)}) AS a
      ORDER BY a.agenda, a.hora, a.numero`,
    valores: [data, agenda ?? null],
  };
}
