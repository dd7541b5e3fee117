/**
 * O que cada operação de CLINICA/1 diz de cada chave, um CPF ou um dia de uma especialidade: os passos cuja ordem
 * `procura` procura. `clinica1.ts` o chama.
 *
 * @module
 */

import type { Operacao } from "./registro.ts";
import type { Efeito, Estado, Passo } from "./procura.ts";
import type { Resposta, Tupla } from "../../protocolo.ts";

/** Um dia de uma especialidade e as suas horas, em ordem. */
export interface DiaDaGrade {
  /** A especialidade, como no fio. */
  readonly especialidade: string;
  /** `"dd/mm/aaaa"`. */
  readonly data: string;
  /** O nome do dia da semana. */
  readonly dia: string;
  /** As horas, `"HH:MM"`. */
  readonly horarios: readonly string[];
}

/** Os dias abertos em que a carga marca, em ordem de data. */
export type Grade = readonly DiaDaGrade[];

/** O que pode estar errado. */
export type TipoDeViolacao =
  | "resposta imprópria"
  | "confirmado e não gravado"
  | "gravado sem pedido"
  | "recusado e gravado"
  | "desmarcado e ainda gravado"
  | "desmarcado sem pedido"
  | "lido e não gravado"
  | "dois donos"
  | "leitura sem ordem possível";

/** Uma marcação que aconteceu: confirmada, ou gravada sem que a resposta chegasse. */
export interface Marcacao {
  /** O nome, só dela. */
  readonly nome: string;
  /** 11 dígitos. */
  readonly cpf: string;
  /** A especialidade, como no fio. */
  readonly especialidade: string;
  /** `"dd/mm/aaaa"`. */
  readonly data: string;
  /** `"HH:MM"`. */
  readonly hora: string;
  /** A operação que a pediu. */
  readonly operacao: Operacao;
  /** Até quando aconteceu. */
  ate: number;
  /** Quando deixou de valer, se deixou. */
  fim?: { inicio: number; fim: number; operacao?: Operacao };
}

/** O que das operações e do livro já se sabe. */
export interface Sabido {
  /** Os dias em que se marca. */
  readonly grade: Grade;
  /** As horas de cada um, por `chaveDoDia`. */
  readonly horarios: ReadonlyMap<string, readonly string[]>;
  /** As marcações que aconteceram, pelo nome. */
  readonly marcacoes: ReadonlyMap<string, Marcacao>;
}

/** Uma operação, em cada chave que ela toca. */
export function passosDe(operacao: Operacao, sabido: Sabido, poe: (chave: string, passo: Passo) => void): void {
  const { conexao, feito, resposta, inicio, fim } = operacao;
  const sua = { conexao, pedido: inicio, inicio, fim, opcional: false, descreve: () => descreve(operacao) };
  const le = (chave: string, serve: (estado: Estado) => boolean): void =>
    poe(chave, { ...sua, le: true, tenta: (estado) => serve(estado) ? "leitura" : undefined });
  const muda = (chave: string, tenta: (estado: Estado) => Efeito, ate = fim): void =>
    poe(chave, { ...sua, fim: ate, le: false, tenta });

  switch (feito.comando) {
    case "AGEND": {
      const { cpf, nome, especialista, horario } = feito;
      const dia = chaveDoDia({ especialidade: especialista, data: feito.data });
      const marcacao = sabido.marcacoes.get(nome);
      if (marcacao !== undefined) {
        const { hora, ate } = marcacao;
        const antes = horario === undefined ? antesDe(sabido, dia, hora) : [];
        muda(cpf, (estado) => estado.has(especialista) ? undefined : [especialista, nome], ate);
        muda(
          dia,
          (estado) => !estado.has(hora) && antes.every((outra) => estado.has(outra)) ? [hora, nome] : undefined,
          ate,
        );
      } else if (resposta?.codigo === "ERRO-110") {
        // ERRO-111 viria antes: o CPF não tinha nada nesta especialidade.
        le(cpf, (estado) => !estado.has(especialista));
        const todas = horario === undefined ? sabido.horarios.get(dia) ?? [] : [horario];
        le(dia, (estado) => todas.every((hora) => estado.has(hora)));
      } else if (resposta?.codigo === "ERRO-111") {
        const [[, , nome]] = resposta.agendamentos;
        le(cpf, (estado) => estado.get(especialista) === nome);
      }
      break;
    }
    case "BUSCA":
      if (resposta?.codigo === "OK-302") le(feito.cpf, iguala(resposta.agendamentos));
      if (resposta?.codigo === "ERRO-112") le(feito.cpf, (estado) => estado.size === 0);
      break;
    case "CANCEL": {
      const { cpf, especialista } = feito;
      if (resposta === undefined) {
        poe(cpf, {
          ...sua,
          opcional: true,
          le: false,
          tenta: (estado) => {
            const alvo = especialista ?? (estado.size === 1 ? [...estado.keys()][0] : undefined);
            return alvo !== undefined && estado.has(alvo) ? [alvo, undefined] : undefined;
          },
        });
      } else if (resposta.codigo === "OK-301") {
        const [[, , nome, especialidade, data, , hora]] = resposta.agendamentos;
        muda(cpf, (estado) => {
          if (especialista === undefined && estado.size !== 1) return undefined;
          return estado.get(especialidade) === nome ? [especialidade, undefined] : undefined;
        });
        muda(
          chaveDoDia({ especialidade, data }),
          (estado) => estado.get(hora) === nome ? [hora, undefined] : undefined,
        );
      } else if (resposta.codigo === "ERRO-113") {
        le(cpf, (estado) => especialista === undefined ? estado.size === 0 : !estado.has(especialista));
      } else if (resposta.codigo === "ERRO-114") {
        le(cpf, iguala(resposta.agendamentos));
      }
      break;
    }
    case "VAGAS": {
      if (resposta?.codigo !== "OK-304") break;
      const livres = new Map(resposta.vagas.map(([data, , especialidade, horas]) => [
        chaveDoDia({ especialidade, data }),
        horas,
      ]));
      for (const { especialidade, data, horarios } of sabido.grade) {
        if (feito.especialista !== undefined && feito.especialista !== especialidade) continue;
        if (feito.data !== undefined && feito.data !== data) continue;
        const chave = chaveDoDia({ especialidade, data });
        const livre = new Set(livres.get(chave));
        le(chave, (estado) => horarios.every((hora) => estado.has(hora) !== livre.has(hora)));
      }
      break;
    }
    case "SAUDACAO":
      if (resposta?.codigo === "OK-200") passosDaSaudacao(resposta.primeiras ?? [], sabido, le);
      break;
    case "PING":
    case "SAIR":
      break;
  }
  if (resposta?.codigo !== "OK-300" && resposta?.codigo !== "OK-301") {
    for (const [, , nome, especialidade, data, , hora] of tuplasDe(resposta)) {
      le(chaveDoDia({ especialidade, data }), (estado) => estado.get(hora) === nome);
    }
  }
}

/** A primeira hora livre de uma especialidade diz que tudo o que vem antes está tomado. */
function passosDaSaudacao(
  primeiras: readonly (readonly [data: string, dia: string, hora: string, especialidade: string])[],
  sabido: Sabido,
  le: (chave: string, serve: (estado: Estado) => boolean) => void,
): void {
  for (const [especialidade, dias] of Map.groupBy(sabido.grade, (dia) => dia.especialidade)) {
    const primeira = primeiras.find(([, , , sua]) => sua === especialidade);
    // Uma data fora da grade não diz nada da grade.
    if (primeira !== undefined && !dias.some(({ data }) => data === primeira[0])) continue;
    for (const dia of dias) {
      const chegou = dia.data === primeira?.[0];
      const antes = chegou ? antesDe(sabido, chaveDoDia(dia), primeira[2]) : dia.horarios;
      le(
        chaveDoDia(dia),
        (estado) => antes.every((hora) => estado.has(hora)) && !(chegou && estado.has(primeira[2])),
      );
      if (chegou) break;
    }
  }
}

function antesDe({ horarios }: Sabido, dia: string, hora: string): readonly string[] {
  return (horarios.get(dia) ?? []).filter((outra) => outra < hora);
}

function iguala(tuplas: readonly Tupla[]): (estado: Estado) => boolean {
  return (estado) =>
    estado.size === tuplas.length &&
    tuplas.every(([, , nome, especialidade]) => estado.get(especialidade) === nome);
}

/** As tuplas de uma resposta. */
export function tuplasDe(resposta: Resposta | undefined): readonly Tupla[] {
  return resposta !== undefined && "agendamentos" in resposta ? resposta.agendamentos : [];
}

/** A chave de um dia de uma especialidade. */
export function chaveDoDia({ especialidade, data }: { especialidade: string; data: string }): string {
  return `${especialidade} ${data}`;
}

/** Uma operação em palavras: o pedido, a resposta, e de quando a quando. */
export function descreve({ conexao, inicio, fim, feito, resposta }: Operacao): string {
  const { comando, ...campos } = feito;
  const pedido = [comando, ...Object.values(campos).filter((campo) => campo !== undefined)].join(" ");
  const tuplas = tuplasDe(resposta).map(([, , nome, especialidade, data, , hora]) =>
    ` [${nome} ${especialidade} ${data} ${hora}]`
  );
  return `conexão ${conexao}, de ${inicio} a ${fim}: ${pedido} → ${resposta?.codigo ?? "sem resposta"}${
    tuplas.join("")
  }`;
}
