/**
 * As exceções do modelo. Ver `modelo.ts`.
 *
 * @module
 */

import type { Excecao } from "../clinica/excecao.ts";
import type { PedidoDe } from "../clinica/pedido.ts";
import {
  agenda,
  alcanca,
  CONTAM,
  type Dias,
  ESPERAM,
  hora,
  instante,
  type Linha,
  minutoDe,
  porHora,
  type Saida,
  simples,
} from "./modelo_dias.ts";

/** `FECHA`. */
export function fecha(dias: Dias, pedido: PedidoDe<"FECHA">, aoFechar: (uma: Excecao) => void): Saida {
  const { data, ate = data, inicio = 0, fim = 1440, motivo = "" } = pedido;
  const quem = deQuem(dias, pedido);
  if (quem === undefined || !podeExcetuar(dias, data) || !podeExcetuar(dias, ate)) return { codigo: "ERRO-103" };
  const nova = {
    ...{ ...quem, numero: 0, tipo: "FECHA" as const, de: data, ate, inicio, fim, vagas: 0, minutos: 0 },
    ...{ local: "", encaixes: 0, motivo, revogada: false },
  };
  const ja = aMesma(dias, nova);
  if (ja === undefined && dias.emVigor().length >= 500) return { codigo: "ERRO-103" };
  const uma = ja ?? acrescenta(dias, nova);
  dias.esquece();
  aoFechar(uma);
  return { codigo: "OK-312", numero: uma.numero, agendamentos: alcancados(dias, uma) };
}

/** `EXTRA`. */
export function extra(dias: Dias, pedido: PedidoDe<"EXTRA">): Saida {
  const { data, inicio, vagas, minutos, local = "", encaixes = 2 } = pedido;
  const quem = deQuem(dias, pedido);
  if (quem === undefined || !podeExcetuar(dias, data)) return { codigo: "ERRO-103" };
  const dela = dias.profissionais().filter((profissional) => dias.atende(profissional, quem.especialidade));
  const profissional = quem.profissional || (dela.length === 1 ? dela[0] : "");
  if (profissional === "" && dela.length > 0) return { codigo: "ERRO-103" };
  const fim = inicio + vagas * minutos;
  if (fim > 1440 || instante(data, hora(inicio)) + vagas * minutos * 60_000 <= dias.agora) {
    return { codigo: "ERRO-105" };
  }
  const nova = {
    ...{ especialidade: quem.especialidade, profissional, numero: 0, tipo: "EXTRA" as const, de: data, ate: data },
    ...{ inicio, fim, vagas, minutos, local, encaixes, motivo: "", revogada: false },
  };
  const ja = aMesma(dias, nova);
  if (ja !== undefined) return { codigo: "OK-313", numero: ja.numero };
  const oferece = dias.grade(data).get(agenda(nova))?.slice(inicio, fim).some((bloco) => bloco !== undefined);
  const encaixado = dias.linhas.some((um) =>
    um.encaixe && um.data === data && CONTAM.includes(um.situacao) && agenda(um) === agenda(nova) &&
    minutoDe(um.hora) < fim && minutoDe(um.hora) + um.minutos > inicio
  );
  if (oferece || encaixado || !dias.livre(data, nova, inicio, fim - inicio)) return { codigo: "ERRO-121" };
  if (dias.emVigor().length >= 500) return { codigo: "ERRO-103" };
  const { numero } = acrescenta(dias, nova);
  dias.esquece();
  return { codigo: "OK-313", numero };
}

/** `REABRE`. */
export function reabre(dias: Dias, { numero }: PedidoDe<"REABRE">): Saida {
  const uma = dias.emVigor().find((excecao) => excecao.numero === numero);
  if (uma === undefined) return { codigo: "ERRO-113" };
  uma.revogada = true;
  dias.esquece();
  const semAtendimento = alcancados(dias, uma).filter((linha) =>
    dias.grade(linha.data).get(agenda(linha))?.[minutoDe(linha.hora)]?.especialidade !== linha.especialidade
  );
  return { codigo: "OK-314", numero, agendamentos: semAtendimento };
}

/** Se um `FECHA` atinge o que voltaria, e os minutos dele não são, todos, de um mesmo atendimento. */
export function fechado(dias: Dias, linha: Linha): boolean {
  const inicio = minutoDe(linha.hora);
  const fim = inicio + (linha.encaixe ? 1 : linha.minutos);
  const atingido = dias.emVigor().some((uma) =>
    uma.tipo === "FECHA" && linha.data >= uma.de && linha.data <= uma.ate && alcanca(uma, linha) &&
    inicio < uma.fim && fim > uma.inicio
  );
  const [bloco, ...outros] = dias.grade(linha.data).get(agenda(linha))?.slice(inicio, fim) ?? [];
  return atingido &&
    (bloco?.especialidade !== linha.especialidade || outros.some((outro) => outro !== bloco));
}

function deQuem(
  dias: Dias,
  { especialista, profissional }: { especialista?: string; profissional?: string },
): { especialidade: string; profissional: string } | undefined {
  const [e, p] = [simples(especialista ?? ""), simples(profissional ?? "")];
  if (especialista !== undefined && !dias.especialidades().includes(e)) return undefined;
  if (profissional !== undefined && !dias.profissionais().includes(p)) return undefined;
  return e !== "" && p !== "" && !dias.atende(p, e) ? undefined : { especialidade: e, profissional: p };
}

function podeExcetuar(dias: Dias, data: string): boolean {
  const hoje = dias.hoje();
  return /^\d{4}-\d\d-\d\d$/.test(data) && data >= hoje && data <= `${Number(hoje.slice(0, 4)) + 2}${hoje.slice(4)}`;
}

/** De trás para a frente: se a mesma vem antes de uma que a contrarie, ainda vale. */
function aMesma(dias: Dias, nova: Excecao): Excecao | undefined {
  for (const uma of dias.emVigor().reverse()) {
    const juntas = uma.de <= nova.ate && uma.ate >= nova.de && uma.inicio < nova.fim && uma.fim > nova.inicio;
    if (uma.tipo !== nova.tipo && juntas && (alcanca(uma, nova) || alcanca(nova, uma))) return undefined;
    const campos = [
      "tipo",
      "de",
      "ate",
      "inicio",
      "fim",
      "especialidade",
      "profissional",
      "vagas",
      "minutos",
      "local",
      "encaixes",
    ] as const;
    if (campos.every((campo) => uma[campo] === nova[campo])) return uma;
  }
  return undefined;
}

function acrescenta(dias: Dias, excecao: Excecao): Excecao {
  const uma = { ...excecao, numero: dias.excecoes.length + 1 };
  dias.excecoes.push(uma);
  return uma;
}

function alcancados(dias: Dias, uma: Excecao): Linha[] {
  return porHora(
    dias.linhas.filter((linha) =>
      ESPERAM.includes(linha.situacao) && linha.data >= uma.de && linha.data <= uma.ate && alcanca(uma, linha) &&
      minutoDe(linha.hora) < uma.fim && minutoDe(linha.hora) + linha.minutos > uma.inicio
    ),
  );
}
