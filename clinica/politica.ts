/**
 * As regras que uma clínica põe a quem marca (`regras` em `clinica.json`), todas desligadas de costume: com que antecedência
 * se marca e se desmarca, quantos agendamentos tem um CPF, e quem faltou demais. A casa passa por cima delas com um motivo.
 *
 * `oferta.ts` as lê com o resto da configuração; se uma delas impede um ato, diz `impedimento.ts`.
 *
 * @module
 */

import { ErroDeConfiguracao, inteiro, mostra as mostraValor, objeto } from "./conferencia.ts";

/** As regras de uma clínica; 0 é desligada. */
export interface Regras {
  /** Minutos que têm de faltar para o começo, para se marcar. */
  readonly antecedencia: number;
  /** Minutos que têm de faltar para o começo, para se desmarcar ou mover. */
  readonly cancelamento: number;
  /** Agendamentos ativos de um CPF, no máximo, em todas as especialidades; as horas seguradas não contam. */
  readonly porCpf: number;
  /** Com tantas faltas nos últimos meses do calendário já não se marca; `undefined` é desligada. */
  readonly faltas: { readonly quantas: number; readonly meses: number } | undefined;
}

/** O nome de uma regra, como está na configuração e na resposta. */
export type Regra = keyof Regras;

/** Minutos de antecedência, no máximo: um ano. */
const ANTECEDENCIA_MAXIMA = 366 * 24 * 60;
const POR_CPF_MAXIMO = 1000;
const FALTAS_MAXIMAS = 1000;
const MESES_MAXIMOS = 120;

/**
 * Confere as regras, já lidas do JSON. Toda chave é opcional.
 *
 * @throws {ErroDeConfiguracao} com o campo e a razão.
 */
export function lerRegras(campo: string, valor: unknown): Regras {
  const regras = objeto(campo, valor, ["antecedencia", "cancelamento", "porCpf", "faltas"]);
  const minutos = (nome: Regra): number =>
    inteiro(`${campo}.${nome}`, regras[nome] ?? 0, { de: 0, ate: ANTECEDENCIA_MAXIMA });
  return {
    antecedencia: minutos("antecedencia"),
    cancelamento: minutos("cancelamento"),
    porCpf: inteiro(`${campo}.porCpf`, regras.porCpf ?? 0, { de: 0, ate: POR_CPF_MAXIMO }),
    faltas: regras.faltas === undefined ? undefined : lerFaltas(`${campo}.faltas`, regras.faltas),
  };
}

function lerFaltas(campo: string, valor: unknown): Regras["faltas"] {
  const { quantas, meses } = objeto(campo, valor, ["quantas", "meses"]);
  return {
    quantas: inteiro(`${campo}.quantas`, quantas, { de: 1, ate: FALTAS_MAXIMAS }),
    meses: inteiro(`${campo}.meses`, meses, { de: 1, ate: MESES_MAXIMOS }),
  };
}

/** Por quanto tempo se guarda o que é de uma pessoa. */
export interface Guarda {
  /** Meses do calendário, depois do último registro dela. */
  readonly meses: number;
}

/**
 * Vinte anos, o que a Lei 13.787/2018 manda para prontuários, contados do último registro; se uma agenda é um, diz o advogado
 * da clínica.
 */
export const GUARDA_PADRAO: Guarda = { meses: 240 };

/** Meses de guarda, no máximo: um século. */
const GUARDA_MAXIMA = 1200;

/**
 * Confere por quanto tempo se guarda, já lido do JSON.
 *
 * @throws {ErroDeConfiguracao} com o campo e a razão.
 */
export function lerGuarda(campo: string, valor: unknown): Guarda {
  const guarda: Record<string, unknown> = { ...GUARDA_PADRAO, ...objeto(campo, valor, Object.keys(GUARDA_PADRAO)) };
  return { meses: inteiro(`${campo}.meses`, guarda.meses, { de: 1, ate: GUARDA_MAXIMA }) };
}

/** O que a tela da sala de espera mostra de quem é chamado: a senha do dia, ou as iniciais do nome. */
export type MostraDaTv = "senha" | "iniciais";

const MOSTRAM: readonly MostraDaTv[] = ["senha", "iniciais"];

/** Como é a tela da sala de espera. */
export interface Tv {
  /** Como se diz quem é chamado. */
  readonly mostra: MostraDaTv;
}

/**
 * Confere como é a tela da sala de espera, já lida do JSON.
 *
 * @throws {ErroDeConfiguracao} com o campo e a razão.
 */
export function lerTv(campo: string, valor: unknown): Tv {
  const { mostra: escrito = "senha" } = objeto(campo, valor, ["mostra"]);
  const mostra = MOSTRAM.find((um) => um === escrito);
  if (mostra !== undefined) return { mostra };
  throw new ErroDeConfiguracao(`${campo}.mostra`, `esperava ${MOSTRAM.join(" ou ")}; veio ${mostraValor(escrito)}`);
}

/** Como se dá o que vaga a quem está na lista de espera. */
export interface ComoEsperar {
  /** Minutos que têm de faltar para o começo. */
  readonly antecedencia: number;
  /** Minutos que alguém tem para responder a um convite. */
  readonly prazo: number;
}

/** Quando não se diz. */
export const ESPERA_PADRAO: ComoEsperar = { antecedencia: 120, prazo: 120 };

/** O menor prazo que se dá a alguém, em minutos. */
export const PRAZO_MINIMO = 15;

/** Minutos de prazo, no máximo: uma semana. */
const PRAZO_MAXIMO = 7 * 24 * 60;

/**
 * Confere como se espera, já lido do JSON. Toda chave é opcional.
 *
 * @throws {ErroDeConfiguracao} com o campo e a razão.
 */
export function lerEspera(campo: string, valor: unknown): ComoEsperar {
  const espera: Record<string, unknown> = { ...ESPERA_PADRAO, ...objeto(campo, valor, Object.keys(ESPERA_PADRAO)) };
  return {
    antecedencia: inteiro(`${campo}.antecedencia`, espera.antecedencia, { de: 0, ate: ANTECEDENCIA_MAXIMA }),
    prazo: inteiro(`${campo}.prazo`, espera.prazo, { de: PRAZO_MINIMO, ate: PRAZO_MAXIMO }),
  };
}
