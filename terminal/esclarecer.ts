/**
 * O que se pergunta a mais ao servidor para que uma resposta se entenda, e só diante dela: quem atende num dia em que
 * ninguém está marcado, que profissionais há quando não se acha o que se escreveu, e se já está livre o que se espera; e, sem
 * perguntar, o que falta a um terminal que não pode tudo. É para pessoas; `--json` não o leva.
 *
 * @module
 */

import { dataPara, hojeNaClinica } from "./comandos.ts";
import type { Conexao } from "./conexao.ts";
import { lerData } from "./datas.ts";
import { livreQueServe, marcadoEm } from "./espera.ts";
import type { ComandoDado } from "./formas.ts";
import { ANOTE, NADA_COM_O_CODIGO } from "./frases.ts";
import { pedeCodigo, PEDIDO_DO_COMANDO, porqueNao } from "./papel.ts";
import { LETRAS_DE_ENGANO, maisPerto } from "./parecidas.ts";
import { colunas, comCabecalho, quebra, tabela } from "./telas.ts";
import { agendamentosEm, type Respondido, SemConexao, type VagaLida } from "./tubo.ts";
import type { Codigo } from "../clinica/pedido.ts";
import { chave, inofensivo } from "../clinica/texto.ts";

/** As linhas que esclarecem a resposta de um comando; nenhuma, se ela se basta ou o servidor já não atende. */
export async function esclarece(
  conexao: Conexao,
  comando: ComandoDado,
  resposta: Respondido,
): Promise<readonly string[]> {
  const pedido = PEDIDO_DO_COMANDO[comando.nome];
  if (resposta.codigo === "ERRO-120") return emLinhas(porqueNao(conexao, pedido));
  if (NAO_HA_TAL.includes(resposta.codigo) && pedeCodigo(conexao, pedido)) {
    const errado = "codigo" in comando && comando.codigo !== undefined;
    return emLinhas(errado ? NADA_COM_O_CODIGO : FALTA_O_CODIGO);
  }
  if (resposta.codigo === "OK-300" && pedeCodigo(conexao, "BUSCA")) return emLinhas(ANOTE);
  try {
    if (comando.nome === "agenda" && resposta.codigo === "OK-310" && agendamentosEm(resposta).length === 0) {
      return await diaVazio(conexao, comando);
    }
    if (comando.nome === "esperar" && resposta.codigo === "OK-307") return await jaLivre(conexao, comando);
    if (resposta.codigo === "ERRO-103" && "profissional" in comando && comando.profissional !== undefined) {
      return emLinhas(await quemHa(conexao, comando.profissional, comando.especialista));
    }
    if (resposta.codigo === "ERRO-103" && comando.nome === "extra") {
      return emLinhas(await faltaQuem(conexao, comando.especialista));
    }
    return [];
  } catch (erro) {
    // A resposta já veio; o que a esclarecia não faz falta.
    if (erro instanceof SemConexao || conexao.sinal.aborted) return [];
    throw erro;
  }
}

/** O que se responde também a quem não disse o código, ou disse outro. */
const NAO_HA_TAL: readonly Codigo[] = ["ERRO-112", "ERRO-113", "ERRO-119"];

const FALTA_O_CODIGO = "Neste terminal, além do CPF, é preciso o código que se recebeu ao marcar: --codigo ABCD-EFGH.";

function emLinhas(texto: string): string[] {
  return texto === "" ? [] : quebra(inofensivo(texto), colunas());
}

/** Quem entra na lista havendo hora livre que serve espera por outra. */
async function jaLivre(
  conexao: Conexao,
  { cpf, especialista, profissional, turno, antecedencia = 0, ...datas }: Extract<ComandoDado, { nome: "esperar" }>,
): Promise<readonly string[]> {
  const vagas = await conexao.pede({ comando: "VAGAS", especialista, profissional });
  // Onde a busca quer um código não se sabe o que há, nem se gasta uma tentativa.
  const marcados = pedeCodigo(conexao, "BUSCA") ? [] : agendamentosEm(await conexao.pede({ comando: "BUSCA", cpf }));
  const [de, ate] = await Promise.all(
    [datas.de, datas.ate].map(async (data) => data === undefined ? undefined : (await dataPara(conexao, data)).data),
  );
  if (vagas.codigo !== "OK-304") return [];
  const desde = Temporal.Now.zonedDateTimeISO(conexao.apresentacao?.fuso).add({ minutes: antecedencia });
  const livre = livreQueServe(vagas.vagas, { de, ate, turno }, {
    marcado: marcadoEm(marcados, especialista),
    naoAntes: desde.toPlainDateTime().toString({ smallestUnit: "minute" }).replace("T", " "),
  });
  return livre === undefined
    ? []
    : emLinhas(`Já há uma hora livre que serve, ${livre}: marque-a com agendar. Só se espera pelas que vagarem.`);
}

// ---------------------------------------------------------------------------------------------------- um dia vazio

async function diaVazio(
  conexao: Conexao,
  comando: Extract<ComandoDado, { nome: "agenda" }>,
): Promise<readonly string[]> {
  const { data: escrita = "hoje", especialista, profissional } = comando;
  const { data } = await dataPara(conexao, escrita);
  const vagas = await conexao.pede({ comando: "VAGAS", especialista, profissional });
  if (vagas.codigo === "ERRO-103") return emLinhas(`Ninguém marcado: "${especialista}" não está na semana da clínica.`);
  if (vagas.codigo !== "OK-304") return [];
  const livres = vagas.vagas.filter(([dela]) => dela === data);
  if (livres.length === 0) return emLinhas(semLivres(conexao, { data, vagas: vagas.vagas, comando }));
  const quantas = livres.reduce((soma, [, , , horarios]) => soma + horarios.length, 0);
  return [`Ninguém marcado. Horas livres: ${quantas}.`, ...tabelaDeLivres(livres)];
}

/** Quem atende num dia, e quantas horas livres tem: uma linha por especialidade e profissional. */
function tabelaDeLivres(vagas: readonly VagaLida[]): string[] {
  const corpo = vagas.map(([, , especialista, horarios, profissional = ""]) => [
    String(horarios.length),
    horarios[0],
    horarios[horarios.length - 1],
    profissional === "" ? especialista : `${profissional}, ${especialista}`,
  ]);
  return comCabecalho(tabela(["LIVRES", "PRIMEIRA", "ÚLTIMA", "QUEM ATENDE"], corpo, { largura: colunas() }));
}

/** De um dia sem ninguém e sem horas livres só se sabe que não se atende se há horas livres depois dele. */
function semLivres(
  conexao: Conexao,
  { data, vagas, comando }: {
    data: string;
    vagas: readonly VagaLida[];
    comando: Extract<ComandoDado, { nome: "agenda" }>;
  },
): string {
  const [dia, ultimo] = [data, vagas.at(-1)?.[0] ?? ""].map(lerData);
  if (dia === undefined) return "";
  const depoisDe = (outro: Temporal.PlainDate): number => Temporal.PlainDate.compare(dia, outro);
  const deHoje = depoisDe(hojeNaClinica(conexao));
  if (deHoje < 0) return "Ninguém esteve marcado neste dia.";
  if (deHoje === 0) return "Ninguém marcado: hoje não se atende, ou já se acabou de atender.";
  if (ultimo === undefined || depoisDe(ultimo) > 0) {
    return "Ninguém marcado: neste dia não se atende, ou ele ainda não se abriu.";
  }
  // Com uma especialidade, os minutos de quem a atende podem estar tomados por outra.
  if (comando.especialista !== undefined) return "Ninguém marcado, nem horas livres.";
  const quem = comando.profissional === undefined ? "não se atende" : `"${comando.profissional}" não atende`;
  return `Ninguém marcado: neste dia ${quem}.`;
}

// ---------------------------------------------------------------------------------------------------- quem há

/** Quantos nomes se dizem. */
const NOMES_DITOS = 12;

/** Quem há com horas livres, e quem se terá querido dizer; nada, se o que se escreveu é o nome de um deles. */
async function quemHa(conexao: Conexao, escrito: string, especialista: string | undefined): Promise<string> {
  const resposta = await conexao.pede({ comando: "VAGAS" });
  const nomes = resposta.codigo === "OK-304" ? nomesEm(resposta.vagas, especialista) : [];
  if (nomes.length === 0 || nomes.some((nome) => chave(nome) === chave(escrito))) return "";
  const parecido = parecidoCom(escrito, nomes);
  const sugestao = parecido === undefined ? "" : ` Queria dizer "${parecido}"?`;
  return `Ninguém com horas livres se chama "${escrito}". Há ${ditos(nomes)}.${sugestao}`;
}

function ditos(nomes: readonly string[]): string {
  const restam = nomes.length - NOMES_DITOS;
  return nomes.slice(0, NOMES_DITOS).join(", ") + (restam > 0 ? ` e mais ${restam}` : "");
}

/** Um atendimento a mais, numa especialidade de vários, tem de ser de um deles. */
async function faltaQuem(conexao: Conexao, especialista: string): Promise<string> {
  const resposta = await conexao.pede({ comando: "VAGAS", especialista });
  const nomes = resposta.codigo === "OK-304" ? nomesEm(resposta.vagas, especialista) : [];
  return nomes.length < 2 ? "" : `Diga de quem é, com --profissional. Há ${ditos(nomes)}.`;
}

/** Os profissionais da especialidade ou, se ninguém é dela, todos. */
function nomesEm(vagas: readonly VagaLida[], especialista: string | undefined): string[] {
  const nomesDe = (algumas: readonly VagaLida[]): string[] =>
    [...new Set(algumas.map(([, , , , profissional = ""]) => profissional))].filter((nome) => nome !== "");
  const procurada = especialista === undefined ? undefined : chave(especialista);
  const dela = nomesDe(vagas.filter(([, , nome]) => chave(nome) === procurada));
  return dela.length > 0 ? dela : nomesDe(vagas);
}

/** O único nome que contém o que se escreveu ou, se não há um só, o que está a poucas letras; sem contar a pontuação. */
function parecidoCom(escrito: string, nomes: readonly string[]): string | undefined {
  const procurado = soLetras(escrito);
  const contem = nomes.filter((nome) => procurado !== "" && ` ${soLetras(nome)} `.includes(` ${procurado} `));
  if (contem.length === 1) return contem[0];
  const perto = maisPerto(procurado, nomes.map(soLetras));
  return perto.distancia <= LETRAS_DE_ENGANO ? nomes.find((nome) => soLetras(nome) === perto.palavra) : undefined;
}

/** `"Dr. Bruno Sá"` → `"DR BRUNO SA"`. */
function soLetras(nome: string): string {
  return chave(nome.replace(/[^\p{L}\p{M}\p{N}]+/gu, " "));
}
