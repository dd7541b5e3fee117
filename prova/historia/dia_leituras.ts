/**
 * As leituras do dia como passos: o que cada resposta de CLINICA/2 diz do que havia num CPF, numa data ou num agendamento que
 * mudou de data, quando foi dada; uma recusa também o diz. `dia_passos.ts` o chama.
 *
 * @module
 */

import { descreve, mudaUm, type OperacaoDoDia, type Visto } from "./feitos.ts";
import type { Estado, Passo } from "./procura.ts";
import { EXCECOES, type Mundo } from "./retrato.ts";
import { agendaDe, encaixavel, fecha, type LinhaDeExcecao, sobrepoe } from "./semana.ts";
import { ativo, horaDe, minutoDe, mostra, podeMover } from "./tabela.ts";
import type { Imagem, Vida, Viola } from "./vidas.ts";

/** De onde os passos saem. */
export interface Fonte {
  /** As operações. */
  readonly operacoes: readonly OperacaoDoDia[];
  /** As vidas, por número. */
  readonly vidas: ReadonlyMap<number, Vida>;
  /** As exceções que houve. */
  readonly excecoes: readonly LinhaDeExcecao[];
  /** As datas em que se marca. */
  readonly datas: readonly string[];
  /** Como se lê um estado. */
  readonly mundo: Mundo;
  /** Recebe o que está errado. */
  readonly viola: Viola;
  /** Em que lugar do diário está cada mudança (`dia.ts` diz como), se é por ele que se sabe a ordem; senão, procura-se uma. */
  readonly ordem?: ReadonlyMap<string, number>;
  /** Um servidor de cada vez: também as agendas de uma data seguem todas a mesma ordem. */
  readonly umSo?: boolean;
}

/** O que uma leitura mostrou: cada número na sua versão. */
export interface Mostrado {
  /** A leitura. */
  readonly passo: Passo;
  /** As versões que mostrou. */
  readonly vistos: readonly Pick<Visto, "numero" | "versao">[];
}

/** Uma chave da procura: os passos e o estado em que acaba. */
export interface Chave {
  /** Os passos. */
  readonly passos: Passo[];
  /** O que cada leitura mostrou, para saber que mudanças vieram depois dela. */
  readonly mostrados: Mostrado[];
  /** As mudanças, em que lugar do diário estão, e de que agendas são; sem elas, de todas. */
  readonly contadas: { passo: Passo & { depoisDe: Passo[] }; ordem: number; agendas?: readonly string[] }[];
  /** A mudança de cada versão: `"numero versao"`. */
  readonly mudancas: Map<string, Passo & { depoisDe: Passo[] }>;
  /** Como fica no livro. */
  readonly final: Estado;
}

/** Acha uma chave pelo nome, ou a começa. */
export type Acha = (nome: string) => Chave;

/** Quantos cancelados de uma data um `LISTA` mostra, no máximo: os de maior número. */
const CANCELADOS_DE_UM_DIA = 1000;

/** O nome da chave de uma data. */
export function doDia(data: string): string {
  return `dia ${data}`;
}

/** O nome da chave de um CPF. */
export function doCpf(cpf: string): string {
  return `CPF ${cpf}`;
}

/** O nome da chave de um agendamento que mudou de data. */
export const MOVIDO = "movido ";

/** As exceções que valem num estado. */
export function lidas(estado: Estado): number[] {
  const valem = estado.get(EXCECOES);
  return valem === undefined ? [] : valem.split(",").map(Number);
}

/** As vidas, por cada data em que estiveram. */
export function porData(vidas: ReadonlyMap<number, Vida>): Map<string, Vida[]> {
  const datas = new Map<string, Vida[]>();
  for (const vida of vidas.values()) {
    for (const data of new Set(vida.map(({ imagem }) => imagem.data))) {
      const outras = datas.get(data);
      if (outras === undefined) datas.set(data, [vida]);
      else outras.push(vida);
    }
  }
  return datas;
}

/** Mudou de data. */
export function mudouDeData(vida: Vida): boolean {
  return vida.some(({ imagem }) => imagem.data !== vida[0].imagem.data);
}

/** O que uma resposta diz do que havia quando foi dada. */
export function leiturasDe(
  operacao: OperacaoDoDia,
  { vidas, datas, mundo, excecoes, vidasPorData }: Fonte & { vidasPorData: ReadonlyMap<string, Vida[]> },
  chave: Acha,
): void {
  const { conexao, inicio, fim, feito, resposta } = operacao;
  if (resposta === undefined) return;
  const { codigo, vistos } = resposta;
  const le = (nome: string, serve: (estado: Estado) => boolean, mostra = vistos): void => {
    const passo: Passo = {
      ...{ conexao, pedido: inicio, inicio, fim, opcional: false, le: true },
      tenta: (estado) => serve(estado) ? "leitura" : undefined,
      descreve: () => descreve(operacao),
    };
    const { passos, mostrados } = chave(nome);
    passos.push(passo);
    mostrados.push({ passo, vistos: mostra });
  };
  const noDia = (data: string, serve: (estado: Estado) => boolean, mostra = vistos): void => {
    if (datas.includes(data)) le(doDia(data), serve, mostra);
  };
  /** Cada um que mudou de data está numa só: nesta, se a resposta o mostra, e noutra, se não. */
  const nemDoisNemNenhum = (data: string, deve: (imagem: Imagem) => boolean): void => {
    for (const vida of vidasPorData.get(data)?.filter(mudouDeData) ?? []) {
      const { numero } = vida[0].imagem;
      const visto = vistos.find((visto) => visto.numero === numero);
      le(MOVIDO + numero, (estado) => {
        const imagem = vida[Number(estado.get(String(numero)) ?? 0) - 1]?.imagem;
        return visto === undefined
          ? imagem === undefined || imagem.data !== data || !deve(imagem)
          : imagem?.versao === visto.versao;
      });
    }
  };
  const eSao = (deve: (imagem: Imagem) => boolean) => (estado: Estado): boolean => {
    const devidos = [...mundo.quemEsta(estado)].filter(deve);
    return devidos.length === vistos.length &&
      vistos.every(({ numero, versao }) => estado.get(String(numero)) === String(versao));
  };

  switch (feito.comando) {
    case "BUSCA":
      if (codigo === "OK-302" || codigo === "ERRO-112") {
        le(doCpf(feito.cpf), eSao(({ situacao }) => ativo(situacao)));
      }
      break;
    case "HISTORIA":
      if (codigo === "OK-315") le(doCpf(feito.cpf), eSao(({ situacao }) => mostra(situacao)));
      break;
    case "LISTA": {
      if (codigo !== "OK-310") break;
      const deve = (imagem: Imagem): boolean =>
        mostra(imagem.situacao) && (feito.especialidade ?? imagem.especialidade) === imagem.especialidade &&
        (feito.profissional ?? imagem.profissional) === imagem.profissional;
      const certa = emOrdem(vistos, mundo) && vistos.every((visto) => visto.data === feito.data);
      noDia(feito.data, (estado) => {
        const cortados = [...mundo.quemEsta(estado)].filter(({ situacao }) => situacao === "CANCELADO")
          .sort((a, b) => b.numero - a.numero).slice(CANCELADOS_DE_UM_DIA);
        return certa && eSao((imagem) => deve(imagem) && !cortados.includes(imagem))(estado);
      });
      // De quem não se vê aqui quantos havia na data só se sabe se não podiam ser mais.
      const cortam = (vidasPorData.get(feito.data)?.length ?? 0) > CANCELADOS_DE_UM_DIA;
      nemDoisNemNenhum(feito.data, (imagem) => deve(imagem) && !(cortam && imagem.situacao === "CANCELADO"));
      break;
    }
    case "VAGAS":
      if (codigo !== "OK-304" && codigo !== "ERRO-103") break;
      noDia(feito.data, (estado) => {
        const livres = mundo.servem(feito.data, estado, feito).map((turno) =>
          mundo.livresDe(estado, turno).map((hora) => `${turno.profissional} ${horaDe(hora)}`)
        ).flat().sort();
        const vistas = (resposta.vagas ?? []).flatMap(({ profissional, horas }) =>
          horas.map((hora) => `${profissional} ${hora}`)
        ).sort();
        return livres.join() === vistas.join();
      });
      break;
    case "AGEND":
    case "REMARC":
      recusaDeHora(operacao, { mundo, noDia });
      break;
    case "FECHA":
      if (codigo !== "OK-312") break;
      for (const data of datas.filter((data) => data >= feito.data && data <= (feito.ate ?? feito.data))) {
        const fechada = {
          ...{ especialidade: feito.especialidade ?? "", profissional: feito.profissional ?? "" },
          ...{ inicio: minutoDe(feito.inicio ?? "00:00"), fim: minutoDe(feito.fim ?? "24:00") },
        };
        const atinge = (imagem: Imagem): boolean => {
          const minuto = minutoDe(imagem.hora);
          return ativo(imagem.situacao) && fecha(fechada, imagem) &&
            sobrepoe(minuto, minuto + (imagem.minutos ?? 1), fechada);
        };
        noDia(data, (estado) => lidas(estado).includes(resposta.numero ?? 0), []);
        // Agendamento a agendamento, e não como um retrato: quem só muda de situação não espera por um FECHA.
        for (const [{ imagem: { numero } }] of vidasPorData.get(data) ?? []) {
          const visto = vistos.find((visto) => visto.numero === numero);
          noDia(data, (estado) => {
            const imagem = mundo.qual(estado, numero);
            return visto === undefined ? imagem === undefined || !atinge(imagem) : imagem?.versao === visto.versao;
          }, visto === undefined ? [] : [visto]);
        }
      }
      break;
    case "EXTRA": {
      const inicio = minutoDe(feito.inicio);
      const fim = inicio + feito.vagas * feito.minutos;
      const extra = { ...feito, profissional: feito.profissional ?? "", inicio, fim };
      if (codigo === "ERRO-121") noDia(feito.data, (estado) => !cabeExtra(feito.data, extra, { estado, mundo }));
      if (codigo === "OK-313") noDia(feito.data, (estado) => lidas(estado).includes(resposta.numero ?? 0));
      break;
    }
    case "REABRE":
      if (codigo === "ERRO-113") {
        for (const { numero, de } of excecoes) {
          if (numero === feito.numero) noDia(de, (estado) => !lidas(estado).includes(numero));
        }
      }
      break;
    case "CANCEL":
    case "CORRIGE":
    case "SITUA":
    case "OLA":
    // O que se disse da lista de espera confere-se à parte, em `lista_leituras.ts`.
    case "ESPERA":
    case "DESISTE":
    case "ACEITA":
    case "RECUSA":
    case "FILA":
      break;
  }
  recusaDeAlvo(operacao, { vidas, mundo, le });
}

type Le = (qual: string, serve: (estado: Estado) => boolean) => void;

/** Uma hora que se recusou não havia, ou não estava livre. */
function recusaDeHora(
  { feito, resposta }: OperacaoDoDia,
  { mundo, noDia }: { mundo: Mundo; noDia: Le },
): void {
  if (feito.comando !== "AGEND" && feito.comando !== "REMARC") return;
  const { data, hora, cpf, especialidade } = feito;
  const servem = (estado: Estado): boolean => mundo.servem(data, estado, feito).length > 0;
  const encaixes = (estado: Estado): ReturnType<Mundo["encaixe"]> | undefined =>
    feito.comando === "AGEND" && feito.encaixe === true && hora !== undefined
      ? mundo.encaixe(data, estado, { ...feito, hora })
      : undefined;
  const tem = (estado: Estado): boolean => hora === undefined || mundo.temHora(data, estado, { ...feito, hora });
  switch (resposta?.codigo) {
    case "ERRO-103":
      return noDia(data, (estado) => !servem(estado));
    case "ERRO-105":
      return noDia(data, (estado) => servem(estado) && (encaixes(estado) ?? (tem(estado) ? "há" : "fora")) === "fora");
    case "ERRO-110":
      return noDia(data, (estado) => {
        const onde = encaixes(estado);
        if (onde !== undefined) return onde.length === 0;
        const movido = feito.comando === "AGEND"
          ? undefined
          : [...mundo.quemEsta(estado)].find((imagem) =>
            imagem.cpf === cpf && imagem.especialidade === especialidade && podeMover(imagem.situacao)
          );
        return servem(estado) && tem(estado) && mundo.escolhe(data, estado, { pedida: feito, movido }) === undefined;
      });
  }
}

/** Um agendamento que se recusou a fazer o que se queria não havia, era outro, ou não podia. */
function recusaDeAlvo(
  { feito, resposta }: OperacaoDoDia,
  { vidas, mundo, le }: { vidas: ReadonlyMap<number, Vida>; mundo: Mundo; le: Le },
): void {
  if (feito.comando !== "AGEND" && !mudaUm(feito) || !resposta?.codigo.startsWith("ERRO-")) return;
  const { codigo, vistos: [visto] } = resposta;
  const { especialidade } = feito;
  const eVisto = (estado: Estado): boolean => estado.get(String(visto?.numero)) === String(visto?.versao);
  if (feito.comando === "AGEND") {
    if (codigo === "ERRO-110") le(doCpf(feito.cpf), (estado) => mundo.ativoEm(estado, especialidade) === undefined);
    if (codigo === "ERRO-111") {
      le(doCpf(feito.cpf), (estado) => eVisto(estado) && mundo.ativoEm(estado, especialidade)?.numero === visto.numero);
    }
    return;
  }
  const desfaz = feito.comando === "SITUA" && feito.situacao === "DESFAZ";
  const alvo = (estado: Estado): Imagem | undefined => {
    if (feito.numero === undefined) return mundo.alvo(estado, especialidade, { deHoje: feito.comando === "SITUA" });
    return [...mundo.quemEsta(estado)].find(({ numero }) => numero === feito.numero);
  };
  const pode = (imagem: Imagem): boolean => {
    switch (feito.comando) {
      case "REMARC":
        return podeMover(imagem.situacao);
      case "CANCEL":
        return mundo.permite(imagem, "CANCELADO");
      case "SITUA":
        return feito.situacao === "DESFAZ" ? sempreSeDesfaz(vidas, imagem) : mundo.permite(imagem, feito.situacao);
      case "CORRIGE":
        return true;
    }
  };
  le(doCpf(feito.cpf), (estado) => {
    const imagem = alvo(estado);
    const falado = desfaz && feito.numero === undefined || imagem?.numero === visto?.numero;
    switch (codigo) {
      case "ERRO-113":
        return desfaz && feito.numero === undefined || imagem === undefined;
      case "ERRO-117":
        return eVisto(estado) && falado;
      case "ERRO-115":
        return eVisto(estado) && falado && !pode(visto);
      case "ERRO-110":
        return imagem !== undefined && pode(imagem);
      default:
        return true;
    }
  });
}

/** Se desfazer não pode ser recusado: há o que, e o que volta não toma a hora nem o lugar de ninguém. */
function sempreSeDesfaz(vidas: ReadonlyMap<number, Vida>, { numero, versao, situacao }: Imagem): boolean {
  const topo = vidas.get(numero)?.[versao - 1]?.pilha.at(-1);
  return topo !== undefined && (ativo(situacao) || !ativo(topo.situacao));
}

/** Por hora, profissional na ordem da configuração e número. */
function emOrdem(vistos: readonly Visto[], mundo: Mundo): boolean {
  const vez = ({ hora, profissional, numero }: Visto): readonly number[] => [
    minutoDe(hora),
    mundo.lugarDe(profissional),
    numero,
  ];
  return vistos.every((visto, i) => {
    if (i === 0) return true;
    const [antes, agora] = [vez(vistos[i - 1]), vez(visto)];
    const qual = antes.findIndex((valor, j) => valor !== agora[j]);
    return qual >= 0 && antes[qual] < agora[qual];
  });
}

/** Um atendimento a mais não vem por cima de outro da mesma agenda, nem de quem já está nela. */
export function cabeExtra(
  data: string,
  extra: { especialidade: string; profissional: string; inicio: number; fim: number },
  { estado, mundo }: { estado: Estado; mundo: Mundo },
): boolean {
  const agenda = agendaDe(extra);
  const { inicio, fim } = extra;
  const turnos = mundo.turnos(data, estado).filter((turno) => turno.agenda === agenda);
  for (let minuto = inicio; minuto < fim; minuto++) {
    if (turnos.some((turno) => encaixavel(turno, horaDe(minuto)))) return false;
  }
  if (!mundo.livre(estado, { agenda, inicio, minutos: fim - inicio })) return false;
  return ![...mundo.quemEsta(estado)].some((imagem) =>
    imagem.encaixe && imagem.situacao !== "CANCELADO" && agendaDe(imagem) === agenda &&
    sobrepoe(inicio, fim, { inicio: minutoDe(imagem.hora), fim: minutoDe(imagem.hora) + (imagem.minutos ?? 1) })
  );
}
