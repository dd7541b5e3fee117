/**
 * O que se vê sem procurar ordem nenhuma: do que com certeza valia num instante, ninguém estava em dois lugares, cada passagem
 * está na tabela, nada foi marcado no que estava fechado, cada senha é de um só, e toda resposta serve ao seu pedido.
 *
 * @module
 */

import { descreve, descreveVisto, type FeitoNoDia, type OperacaoDoDia, type Visto } from "./feitos.ts";
import { agendaDe, fecha, sobrepoe } from "./semana.ts";
import { type Agora, minutoDe, permite, podeMover, toma, voltaAContar } from "./tabela.ts";
import {
  autoresDe,
  estaAtivo,
  type Imagem,
  type LivroDoDia,
  mesmoLugar,
  vaiPara,
  type Versao,
  type Vida,
  type Vidas,
  type Viola,
} from "./vidas.ts";

/** Com que se confere. */
export interface OpcoesDasCertezas {
  /** O que se reconstruiu. */
  readonly vidas: Vidas;
  /** O livro, como ficou. */
  readonly livro: LivroDoDia;
  /** Quando é. */
  readonly agora: Agora;
  /** Recebe o que está errado. */
  readonly viola: Viola;
}

/** Confere tudo. */
export function confere(operacoes: readonly OperacaoDoDia[], opcoes: OpcoesDasCertezas): void {
  const { vidas: { vidas }, agora, viola } = opcoes;
  for (const operacao of operacoes) confereResposta(operacao, viola);
  for (const vida of vidas.values()) conferePassagens(vida, { agora, viola });
  confereLugares(vidas, viola);
  confereExcecoes(operacoes, opcoes);
  confereFechados(operacoes, opcoes);
  confereSenhas(vidas, viola);
}

// ------------------------------------------------------------------------------------------------------ as respostas

/** O que cada pedido pode ter por resposta, se é bem formado. */
const RESPOSTAS: { readonly [C in FeitoNoDia["comando"]]: readonly string[] } = {
  OLA: ["OK-200"],
  AGEND: ["OK-300", "ERRO-103", "ERRO-105", "ERRO-110", "ERRO-111"],
  REMARC: ["OK-303", "ERRO-103", "ERRO-105", "ERRO-110", "ERRO-113", "ERRO-115", "ERRO-117"],
  CANCEL: ["OK-301", "ERRO-113", "ERRO-115", "ERRO-117"],
  CORRIGE: ["OK-306", "ERRO-113", "ERRO-117"],
  SITUA: ["OK-306", "ERRO-113", "ERRO-115", "ERRO-117"],
  BUSCA: ["OK-302", "ERRO-112"],
  HISTORIA: ["OK-315"],
  LISTA: ["OK-310"],
  VAGAS: ["OK-304", "ERRO-103"],
  FECHA: ["OK-312"],
  EXTRA: ["OK-313", "ERRO-121"],
  REABRE: ["OK-314", "ERRO-113"],
  ESPERA: ["OK-307", "ERRO-103", "ERRO-116", "ERRO-118"],
  DESISTE: ["OK-308", "ERRO-119"],
  ACEITA: ["OK-300", "OK-303", "ERRO-116", "ERRO-119"],
  RECUSA: ["OK-309", "ERRO-119"],
  FILA: ["OK-311", "ERRO-103"],
};

function confereResposta(operacao: OperacaoDoDia, viola: Viola): void {
  const { feito, resposta } = operacao;
  if (resposta === undefined || resposta.codigo === "ERRO-131") return;
  const { codigo, vistos } = resposta;
  const deQuem = "cpf" in feito ? vistos.every(({ cpf }) => cpf === feito.cpf) : true;
  if (!RESPOSTAS[feito.comando].includes(codigo) || !deQuem || !serve(feito, codigo, vistos)) {
    viola("resposta imprópria", descreve(operacao));
  }
}

/** Se o que veio é o que se pediu. */
function serve(feito: FeitoNoDia, codigo: string, vistos: readonly Visto[]): boolean {
  const [visto, antes] = vistos;
  if ("especialidade" in feito && feito.especialidade !== undefined) {
    if (vistos.some(({ especialidade }) => especialidade !== feito.especialidade)) return false;
  }
  if (codigo === "ERRO-117") return "versao" in feito && visto?.versao !== feito.versao;
  if (!codigo.startsWith("OK-")) return codigo !== "ERRO-115" && codigo !== "ERRO-111" || vistos.length === 1;
  switch (feito.comando) {
    case "AGEND":
      return vistos.length === 1 && vaiPara(feito, visto) &&
        visto.situacao === "MARCADO" &&
        visto.encaixe === (feito.encaixe ?? false) && ehCodigo(visto.codigo) &&
        // A hora que lhe estava segurada já tinha número; e o nome, é o de quem se pôs à espera.
        (visto.versao === 1 ? visto.nome === feito.nome : feito.hora !== undefined && feito.encaixe !== true);
    case "REMARC":
      return vistos.length === 2 && vaiPara(feito, visto) && visto.numero === antes.numero && !visto.encaixe &&
        visto.codigo === antes.codigo && ehDoAlvo(feito, antes) &&
        (visto.versao === antes.versao || visto.situacao === "MARCADO" && visto.versao === antes.versao + 1);
    case "CANCEL":
      return vistos.length === 1 && visto.situacao === "CANCELADO" && ehDoAlvo(feito, visto, 1);
    case "CORRIGE":
      return vistos.length === 1 && (feito.nome ?? visto.nome) === visto.nome &&
        (feito.nota ?? visto.nota) === visto.nota && ehDoAlvo(feito, visto, 1);
    case "SITUA":
      return vistos.length === 1 && (feito.situacao === "DESFAZ" || feito.situacao === visto.situacao) &&
        (feito.prioridade ?? visto.prioridade) === visto.prioridade && (feito.local ?? visto.local) === visto.local &&
        (visto.situacao !== "CHEGOU" || /^[AP]\d{3,}$/.test(visto.senha ?? "")) && ehDoAlvo(feito, visto, 1);
    case "ACEITA":
      return vistos.every(({ encaixe, codigo }) => !encaixe && ehCodigo(codigo)) && visto.situacao === "MARCADO" &&
        (codigo === "OK-300" ? vistos.length === 1 : vistos.length === 2 && visto.numero === antes.numero &&
          visto.versao === antes.versao + 1 && `${visto.data} ${visto.hora}` < `${antes.data} ${antes.hora}`);
    default:
      return true;
  }
}

/** Oito caracteres da base 32 de Crockford. */
function ehCodigo(codigo: string | undefined): boolean {
  return /^[0-9A-HJKMNP-TV-Z]{8}$/.test(codigo ?? "");
}

/** Se é o de que se falou, com tantas versões a mais que a que se disse. */
function ehDoAlvo(feito: { numero?: number; versao?: number }, { numero, versao }: Visto, mais = 0): boolean {
  return (feito.numero ?? numero) === numero && (feito.versao ?? versao - mais) === versao - mais;
}

// ------------------------------------------------------------------------------------------------------ as passagens

/** De uma versão para a seguinte, só o que a tabela permite e o ato explica. */
function conferePassagens(vida: Vida, { agora, viola }: { agora: Agora; viola: Viola }): void {
  vida.forEach((versao, i) => {
    if (explica(versao, vida[i - 1], agora)) return;
    const de = i === 0 ? "" : `${descreveVisto(vida[i - 1].imagem)}, e depois `;
    const quem = versao.autor === undefined ? "" : `; ${descreve(versao.autor)}`;
    viola("situação fora da tabela", `${versao.ato}: ${de}${descreveVisto(versao.imagem)}${quem}`);
  });
}

function explica({ ato, doServidor, imagem }: Versao, anterior: Versao | undefined, agora: Agora): boolean {
  if (anterior === undefined) {
    return ato === "AGEND" && imagem.situacao === "MARCADO" ||
      ato === "PROMOVE" && (imagem.situacao === "MARCADO" || imagem.situacao === "CONVIDADO") && !imagem.encaixe;
  }
  const { imagem: antes, pilha } = anterior;
  if (antes.situacao === "CONVIDADO") return acaba(ato, imagem.situacao) && mesmoLugar(imagem, antes);
  const nomeFica = imagem.nome === undefined || antes.nome === undefined || imagem.nome === antes.nome;
  const codigoFica = imagem.codigo === undefined || antes.codigo === undefined || imagem.codigo === antes.codigo;
  if (!codigoFica || !nomeFica && ato !== "CORRIGE") return false;
  const { situacao } = antes;
  switch (ato) {
    case "REMARC":
    // Quem tinha outra mais tarde move-se para a que lhe deram, ou que aceitou.
    case "PROMOVE":
    case "ACEITA":
      return podeMover(situacao) && imagem.situacao === "MARCADO" && !imagem.encaixe;
    case "CANCEL":
      return imagem.situacao === "CANCELADO" && permite(situacao, "CANCELADO", { ...antes, agora }) &&
        mesmoLugar(imagem, antes);
    case "SITUA":
      // Em que dia o relógio o fez vê-se no diário (`lista.ts`).
      if (doServidor) return podeMover(situacao) && imagem.situacao === "FALTOU" && mesmoLugar(imagem, antes);
      return permite(situacao, imagem.situacao, { ...antes, agora }) && mesmoLugar(imagem, antes) &&
        conta(imagem, antes, imagem.situacao === "CHAMADO" ? 1 : 0);
    case "DESFAZ": {
      const topo = pilha.at(-1);
      return topo !== undefined && imagem.situacao === topo.situacao && mesmoLugar(imagem, antes) &&
        conta(imagem, topo, 0);
    }
    case "CORRIGE":
    // Que já tinha acabado, vê-se no diário (`lista.ts`).
    case "ARQUIVA":
      return imagem.situacao === situacao && mesmoLugar(imagem, antes);
    default:
      return false;
  }
}

/** Como acaba uma hora segurada: é aceita, ou passa; o código da entrada passa então para o agendamento. */
function acaba(ato: string, situacao: string): boolean {
  if (situacao === "MARCADO") return ato === "ACEITA";
  return situacao === "PASSOU" && ["ACEITA", "RECUSA", "DESISTE", "VENCE", "FECHA", "PROMOVE"].includes(ato);
}

function conta(depois: { chamadas?: number }, antes: { chamadas?: number }, mais: number): boolean {
  return depois.chamadas === undefined || antes.chamadas === undefined || depois.chamadas === antes.chamadas + mais;
}

// ------------------------------------------------------------------------------------------------------- os lugares

/** Um tempo em que algo valia com certeza. */
interface Certo {
  readonly versao: Versao;
  readonly de: number;
  readonly a: number;
}

/** Os tempos em que uma vida com certeza teve o mesmo, seguidos: de quando já valia até quando ainda não mudara. */
function certos(vida: Vida, qual: (imagem: Imagem) => string | undefined): Certo[] {
  const achados: Certo[] = [];
  for (let i = 0; i < vida.length;) {
    const tido = qual(vida[i].imagem);
    let j = i + 1;
    while (j < vida.length && qual(vida[j].imagem) === tido) j++;
    const certo = { versao: vida[i], de: vida[i].fim, a: vida[j]?.inicio ?? Infinity };
    if (tido !== undefined && certo.de < certo.a) achados.push(certo);
    i = j;
  }
  return achados;
}

function confereLugares(vidas: ReadonlyMap<number, Vida>, viola: Viola): void {
  const onde = (imagem: Imagem): string | undefined =>
    toma(imagem) ? `${imagem.data} ${agendaDe(imagem)} ${imagem.hora}` : undefined;
  const deQuem = (imagem: Imagem): string | undefined =>
    estaAtivo(imagem) ? `${imagem.cpf} ${imagem.especialidade}` : undefined;
  const todas = [...vidas.values()];
  const porDia = Map.groupBy(
    todas.flatMap((vida) => certos(vida, onde)),
    ({ versao: { imagem } }) => `${agendaDe(imagem)} ${imagem.data}`,
  );
  for (const [dia, grupo] of porDia) {
    juntos(grupo, (um, outro) => {
      if (minutosEmComum(um.versao.imagem, outro.versao.imagem)) {
        viola("em dois lugares", `${dia}: ${descreveFeitura(um.versao)} e ${descreveFeitura(outro.versao)}`);
      }
    });
  }
  const porPessoa = Map.groupBy(todas.flatMap((vida) => certos(vida, deQuem)), ({ versao }) => deQuem(versao.imagem));
  for (const [quem, grupo] of porPessoa) {
    juntos(grupo, (um, outro) => {
      const feituras = `${descreveFeitura(um.versao)} e ${descreveFeitura(outro.versao)}`;
      viola("duas vezes na especialidade", `${quem}: ${feituras}`);
    });
  }
}

/** Mostra cada dois que valeram ao mesmo tempo. */
function juntos(grupo: readonly Certo[], mostra: (um: Certo, outro: Certo) => void): void {
  const emOrdem = grupo.toSorted((a, b) => a.de - b.de);
  emOrdem.forEach((um, i) => {
    for (let j = i + 1; j < emOrdem.length && emOrdem[j].de < um.a; j++) mostra(um, emOrdem[j]);
  });
}

/** Dois agendamentos se sobrepõem; do que não se sabe quanto dura, só se sabe que começa. */
export function minutosEmComum(um: Imagem, outro: Imagem): boolean {
  const [inicio, comeco] = [minutoDe(um.hora), minutoDe(outro.hora)];
  return sobrepoe(inicio, inicio + (um.minutos ?? 1), { inicio: comeco, fim: comeco + (outro.minutos ?? 1) });
}

function descreveFeitura({ imagem, autor }: Versao): string {
  return autor === undefined ? descreveVisto(imagem) : `[${descreve(autor)}]`;
}

// ------------------------------------------------------------------------------------------------------- o fechado

/** Cada exceção confirmada está no livro, e cada uma que está lá foi pedida. */
function confereExcecoes(operacoes: readonly OperacaoDoDia[], { livro, viola }: OpcoesDasCertezas): void {
  const excecoes = new Map(livro.excecoes.map((excecao) => [excecao.numero, excecao]));
  for (const operacao of operacoes) {
    const numero = operacao.resposta?.numero;
    const daLista = operacao.feito.comando === "ESPERA";
    if (numero !== undefined && !daLista && !excecoes.has(numero)) {
      viola("confirmado e não gravado", descreve(operacao));
    }
  }
  for (const excecao of excecoes.values()) {
    const { numero, tipo, revogada } = excecao;
    const { nascem, morrem } = autoresDe(excecao, operacoes);
    const reabriram = morrem.filter(({ resposta }) => resposta !== undefined);
    if (nascem.length === 0) viola("gravado sem pedido", `${tipo} ${numero}`);
    if (revogada && morrem.length === 0) viola("gravado sem pedido", `REABRE ${numero}`);
    if (!revogada && reabriram.length > 0) viola("confirmado e não gravado", descreve(reabriram[0]));
    if (reabriram.length > 1) viola("gravado sem pedido", `duas vezes: ${reabriram.map(descreve).join(" e ")}`);
  }
}

/** Nada se marca, nem se move, nem volta, para o que um `FECHA` reconhecido fechou, até que algo o abra. */
function confereFechados(operacoes: readonly OperacaoDoDia[], { vidas, livro, viola }: OpcoesDasCertezas): void {
  const marcadas = [...vidas.vidas.values()].flatMap((vida) =>
    vida.filter(({ ato, imagem }, i) =>
      ["AGEND", "REMARC"].includes(ato) || ["PROMOVE", "ACEITA"].includes(ato) && vaiParaOutro(imagem, vida[i - 1]) ||
      voltaAContar(vida[i - 1]?.imagem, imagem)
    )
  );
  for (const excecao of livro.excecoes.filter(({ tipo }) => tipo === "FECHA")) {
    const { nascem, morrem } = autoresDe(excecao, operacoes);
    const desde = Math.min(...nascem.filter(({ resposta }) => resposta !== undefined).map(({ fim }) => fim));
    const ateQuando = Math.min(...morrem.map(({ inicio }) => inicio));
    // Um atendimento extra posterior pode ter aberto outra vez parte do que se fechou: isso é da procura.
    const extras = livro.excecoes.filter(({ tipo, numero }) => tipo === "EXTRA" && numero > excecao.numero);
    for (const { imagem, inicio, fim, ato, autor } of marcadas) {
      const { data, hora, minutos = 1, encaixe } = imagem;
      const minuto = minutoDe(hora);
      if (inicio < desde || fim > ateQuando || data < excecao.de || data > excecao.ate) continue;
      if (!fecha(excecao, imagem) || !sobrepoe(minuto, minuto + (encaixe ? 1 : minutos), excecao)) continue;
      if (extras.some(({ de, ...extra }) => de === data && sobrepoe(minuto, minuto + minutos, extra))) continue;
      const quem = autor === undefined ? "" : `; ${descreve(autor)}`;
      viola(
        "marcado no que estava fechado",
        `${ato} de ${descreveVisto(imagem)} dentro do FECHA ${excecao.numero}${quem}`,
      );
    }
  }
}

/** Nasceu ali, ou foi movido para ali. */
function vaiParaOutro(imagem: Imagem, anterior: Versao | undefined): boolean {
  return anterior === undefined || !mesmoLugar(imagem, anterior.imagem);
}

// -------------------------------------------------------------------------------------------------------- as senhas

/** Num dia, cada senha dá-se uma só vez, ainda que quem a teve já não a tenha. */
function confereSenhas(vidas: ReadonlyMap<number, Vida>, viola: Viola): void {
  const dadas = [...vidas.values()].flatMap(senhasDadas);
  for (const [senha, [[, uma], ...outras]] of Map.groupBy(dadas, ([senha]) => senha)) {
    for (const [, outra] of outras) {
      viola("senha repetida", `${senha}: ${descreveFeitura(uma)} e ${descreveFeitura(outra)}`);
    }
  }
}

/** As senhas que um agendamento recebeu, e quando: quem a tem guarda-a, ainda que não se veja, até ser movido. */
function senhasDadas(vida: Vida): [senha: string, versao: Versao][] {
  const dadas: [string, Versao][] = [];
  let tida = "";
  for (const versao of vida) {
    if (versao.ato === "REMARC" || versao.ato === "PROMOVE" || versao.ato === "ACEITA") tida = "";
    const { data, senha = "" } = versao.imagem;
    if (senha === "" || senha === tida) continue;
    dadas.push([`${data} ${senha}`, versao]);
    tida = senha;
  }
  return dadas;
}
