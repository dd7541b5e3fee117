/**
 * O texto compacto em que a memória guarda um agendamento ativo que não mudou desde que o livro se abriu: o SQLite
 * escreve-o, e aqui se lê. Só `memoria.ts` o usa.
 *
 * @module
 */

import type { Agendamento } from "../clinica/agendamento.ts";
import { lerPilha, lerSituacao } from "./tabelas.ts";

const FIM_DE_CAMPO = "\x1f";

/** O que `nasce` dá a um agendamento, e não se guarda. */
const DE_COSTUME = `
  (versao, encaixe, prioridade, chamadas, substitui, espera, local, motivo, nota, email, telefone, senha, chegou_em,
    chamado_em, terminou_em, pilha) = (1, 0, 0, 0, 0, 0, '', '', '', '', '', '', '', '', '', '[]') AND situacao = 'MARCADO'`;

/**
 * O texto de um agendamento ativo: o CPF, e depois `numero␟nome␟especialidade␟profissional␟data hora minutos␟codigo[…]`,
 * sem espaços. A lista, em JSON, que escapa os separadores, é o que não é de costume.
 */
export const CARREGADO = `
  format('%s%d${FIM_DE_CAMPO}%s${FIM_DE_CAMPO}%s${FIM_DE_CAMPO}%s${FIM_DE_CAMPO}%s%s%d${FIM_DE_CAMPO}%s',
    cpf, numero, nome, especialidade, profissional, data, hora, minutos, codigo) || CASE WHEN ${DE_COSTUME} THEN '' ELSE
    json_array(versao, encaixe, prioridade, chamadas, substitui, local, motivo, nota, email, telefone, senha, chegou_em,
      chamado_em, terminou_em, pilha, situacao, espera) END`;

/** A lista do que não é de costume. */
type Incomum = readonly [
  versao: number,
  encaixe: number,
  prioridade: number,
  chamadas: number,
  substitui: number,
  local: string,
  motivo: string,
  nota: string,
  email: string,
  telefone: string,
  senha: string,
  chegouEm: string,
  chamadoEm: string,
  terminouEm: string,
  pilha: string,
  situacao: string,
  espera: number,
];

const COMUM: Incomum = [1, 0, 0, 0, 0, "", "", "", "", "", "", "", "", "", "[]", "MARCADO", 0];

/** O agendamento que um texto diz, sem o CPF do começo. */
export function lerCarregado(cpf: string, carregado: string): Agendamento {
  const [numero, nome, especialidade, profissional, quando, codigo] = carregado.split(FIM_DE_CAMPO);
  const lista = codigo.indexOf("[");
  const incomum: Incomum = lista < 0 ? COMUM : JSON.parse(codigo.slice(lista));
  // Pelo índice, e não desfeita: uma busca lê-a sempre.
  return {
    numero: Number(numero),
    versao: incomum[0],
    codigo: lista < 0 ? codigo : codigo.slice(0, lista),
    cpf,
    nome,
    especialidade,
    profissional,
    data: quando.slice(0, 10),
    hora: quando.slice(10, 15),
    minutos: Number(quando.slice(15)),
    situacao: lerSituacao(incomum[15]),
    ativo: true,
    encaixe: incomum[1] === 1,
    local: incomum[5],
    motivo: incomum[6],
    nota: incomum[7],
    email: incomum[8],
    telefone: incomum[9],
    senha: incomum[10],
    prioridade: incomum[2],
    chegouEm: incomum[11],
    chamadoEm: incomum[12],
    chamadas: incomum[3],
    terminouEm: incomum[13],
    substitui: incomum[4],
    pilha: lerPilha(incomum[14], incomum[13]),
    espera: incomum[16],
  };
}
