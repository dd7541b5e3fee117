/**
 * A lista de espera como a prova a entende: uma entrada, a ordem delas, e a quem uma hora serve. As regras estão escritas aqui
 * outra vez, do modo mais curto, e não vêm do produto.
 *
 * @module
 */

import { type LinhaDeEspera, sobrepoe } from "./semana.ts";
import { minutoDe, podeMover } from "./tabela.ts";
import type { Imagem } from "./vidas.ts";

/** Como a clínica dá o que vaga. */
export interface RegrasDaEspera {
  /** Minutos que têm de faltar para o começo. */
  readonly antecedencia: number;
  /** Minutos que se tem para responder. */
  readonly prazo: number;
  /** O fuso das datas e horas. */
  readonly fuso: string;
  /** O que se pede a quem marca, se não está isento; 0 é desligado. */
  readonly daCasa: {
    /** Minutos que têm de faltar para o começo do que se marca. */
    readonly antecedencia: number;
    /** Minutos que têm de faltar para o começo do que se deixa. */
    readonly cancelamento: number;
    /** Agendamentos ativos de um CPF, no máximo. */
    readonly porCpf: number;
  };
  /** O relógio marca as faltas dos dias que passaram. */
  readonly faltaAutomatica: boolean;
}

/** O CPF de uma hora segurada para ninguém. */
export const PARA_NINGUEM = "00000000000";

/** Promoções numa transação, no máximo: daí em diante segura-se para ninguém, e continua-se noutra. */
export const PROMOCOES_MAXIMAS = 16;

/** O menor prazo que se dá, em minutos. */
const PRAZO_MINIMO = 15;

/** Lapsos que levam para o fim da lista. */
const LAPSOS_MAXIMOS = 3;

const MEIO_DIA = 12 * 60;

/** Uma hora que se pode dar. */
export type Hora = Pick<Imagem, "data" | "hora" | "especialidade" | "profissional"> & { readonly minutos: number };

/** Uma entrada num instante. */
export interface Entrada {
  /** O que dela não muda. */
  readonly linha: Omit<LinhaDeEspera, "versao" | "lapsos" | "ordem" | "convite" | "acabou">;
  /** A versão. */
  readonly versao: number;
  /** O que está segurado para ela; 0 se nada. */
  readonly convite: number;
  /** Já não está à espera. */
  readonly acabou: boolean;
  /** Convites que deixou vencer. */
  readonly lapsos: number;
  /** O lugar dentro da prioridade. */
  readonly ordem: number;
  /** As horas que deixou passar (`lugarDe`). */
  readonly passou: readonly string[];
}

/** Uma hora, como a guarda quem a deixou passar. */
export function lugarDe({ data, hora, profissional }: Pick<Hora, "data" | "hora" | "profissional">): string {
  return `${data} ${hora} ${profissional}`;
}

/** Primeiro a prioridade, e depois quem entrou antes. */
export function naOrdem(a: Entrada, b: Entrada): number {
  return b.linha.prioridade - a.linha.prioridade || a.ordem - b.ordem;
}

/** Deixa passar o que lhe estava segurado; o terceiro lapso leva-a para o fim, em que `ultima` é o maior lugar. */
export function passada(
  entrada: Entrada,
  { lugar, lapso, ultima }: { lugar: string; lapso: boolean; ultima: number },
): Entrada {
  const lapsos = entrada.lapsos + (lapso ? 1 : 0);
  const passou = [...entrada.passou, lugar];
  return lapsos < LAPSOS_MAXIMOS
    ? { ...entrada, convite: 0, passou, lapsos }
    : { ...entrada, convite: 0, passou, lapsos: 0, ordem: ultima };
}

/** Com que se vê se uma hora serve. */
export interface Cena {
  /** Que horas são, ms desde 1970. */
  readonly agora: number;
  /** Como a clínica dá o que vaga. */
  readonly regras: RegrasDaEspera;
  /** O que a pessoa tem marcado e não acabou, em qualquer especialidade. */
  readonly ativos: readonly Imagem[];
}

/** Verdadeiro se a hora é do que a entrada quer, e pode ser dela. */
export function serve({ linha, convite, acabou, passou }: Entrada, hora: Hora, cena: Cena): boolean {
  const { agora, regras, ativos } = cena;
  const inicio = minutoDe(hora.hora);
  const quer = linha.especialidade === hora.especialidade &&
    (linha.profissional === "" || linha.profissional === hora.profissional) &&
    (linha.de === "" || linha.de <= hora.data) && (linha.ate === "" || hora.data <= linha.ate) &&
    (linha.turno === "" || (linha.turno === "MANHÃ") === (inicio < MEIO_DIA));
  if (!quer || acabou || convite !== 0 || passou.includes(lugarDe(hora))) return false;
  const ultimo = comeco(hora, regras.fuso) - minimo(linha, regras) * 60_000;
  if (ultimo < agora || !linha.marca && prazoDe(linha, hora, cena) === undefined) return false;
  const aqui = ativos.find(({ especialidade }) => especialidade === hora.especialidade);
  if (aqui !== undefined && (!podeMover(aqui.situacao) || !depoisDe(aqui, hora))) return false;
  if (!linha.isenta && impede(aqui, cena) !== undefined) return false;
  return !ativos.some((um) => {
    const dele = minutoDe(um.hora);
    return um !== aqui && um.data === hora.data &&
      sobrepoe(inicio, inicio + hora.minutos, { inicio: dele, fim: dele + (um.minutos ?? 1) });
  });
}

/** A regra da clínica que impede quem tem isto marcado, e na especialidade `aqui`, de ter mais um, ou de o mover. */
export function impede(
  aqui: Imagem | undefined,
  { agora, regras: { fuso, daCasa }, ativos }: Cena,
): "porCpf" | "cancelamento" | undefined {
  if (aqui === undefined) return daCasa.porCpf > 0 && ativos.length >= daCasa.porCpf ? "porCpf" : undefined;
  return comeco(aqui, fuso) - agora < daCasa.cancelamento * 60_000 ? "cancelamento" : undefined;
}

/** Até quando se espera pela resposta, ms desde 1970; nada, se não dá tempo. */
export function prazoDe(
  linha: Entrada["linha"],
  hora: Hora,
  { agora, regras }: Pick<Cena, "agora" | "regras">,
): number | undefined {
  const ate = Math.min(agora + regras.prazo * 60_000, comeco(hora, regras.fuso) - minimo(linha, regras) * 60_000);
  return ate - agora >= PRAZO_MINIMO * 60_000 ? ate : undefined;
}

function minimo({ antecedencia, isenta }: Entrada["linha"], regras: RegrasDaEspera): number {
  return Math.max(antecedencia, regras.antecedencia, isenta ? 0 : regras.daCasa.antecedencia);
}

/** Estritamente mais tarde. */
export function depoisDe(um: Pick<Hora, "data" | "hora">, outro: Pick<Hora, "data" | "hora">): boolean {
  return um.data > outro.data || um.data === outro.data && minutoDe(um.hora) > minutoDe(outro.hora);
}

/** A data que é num instante, `"aaaa-mm-dd"`. */
export function dataEm(instante: number, { fuso }: Pick<RegrasDaEspera, "fuso">): string {
  const minuto = Math.floor(instante / 60_000);
  const chave = `${minuto} ${fuso}`;
  let data = DATAS.get(chave);
  if (data === undefined) {
    data = Temporal.Instant.fromEpochMilliseconds(minuto * 60_000).toZonedDateTimeISO(fuso).toPlainDate().toString();
    DATAS.set(chave, data);
  }
  return data;
}

/** O mesmo se diz das datas. */
const DATAS = new Map<string, string>();

/** O instante em que uma hora começa, ms desde 1970. */
export function comeco({ data, hora }: Pick<Hora, "data" | "hora">, fuso: string): number {
  const escrito = `${data}T${hora}`;
  const chave = `${escrito} ${fuso}`;
  let instante = COMECOS.get(chave);
  if (instante === undefined) {
    instante = Temporal.PlainDateTime.from(escrito).toZonedDateTime(fuso).epochMilliseconds;
    COMECOS.set(chave, instante);
  }
  return instante;
}

/** As horas de uma história são poucas, e perguntadas muitas vezes. */
const COMECOS = new Map<string, number>();
