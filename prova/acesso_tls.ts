/**
 * O TLS da parte `acesso`: apertos de mãos cortados e estragados, sessões repetidas, e conversas na porta errada.
 * `prova/acesso.ts` as tenta.
 *
 * @module
 */

import { cpfDeExemplo, Fio } from "../testes/apoio.ts";
import { mil, type Promessa, promessa } from "./bancada.ts";
import { Cano } from "./cano.ts";
import { type Cena, consegue, contagem, CPF_DE, linha, PACIENTES, primeiraIndevida, tentou } from "./cena.ts";

/** Tudo o que um cliente manda numa sessão TLS em que marca alguém; a marcação já se desfez. */
async function grava(cena: Cena): Promise<string> {
  const cpf = cpfDeExemplo(CPF_DE.repetido);
  const [{ data, dia }] = cena.dias;
  const gravados: number[] = [];
  using cano = new Cano(cena.servidor.portaTls, (bloco) => {
    gravados.push(...bloco);
    return bloco;
  });
  {
    using fio = await Fio.porTls(cano.porta, cena.certificado);
    await fio.linha();
    await consegue(fio, "OLA", "CLINICA/2", { chave: cena.chave("balcao") });
    await consegue(fio, "AGEND", cpf, REPETIDA, PACIENTES, data, dia);
  }
  await cano.fim;
  using fio = await cena.entra("balcao");
  await consegue(fio, "CANCEL", cpf, PACIENTES);
  return new Uint8Array(gravados).toBase64();
}

const REPETIDA = "REPETIDA";

/** O que veio a quem não fala como a porta: um registro de TLS, como um alerta, e nenhuma linha. */
const SO_TLS = (resposta: string): boolean => resposta === "TLS";

/** Quantos, se o tempo deixar. */
const APERTOS = 10_000;

/** Apertos de mãos que não acabam. */
export async function apertos(cena: Cena, quanto: number): Promise<Promessa> {
  const gravado = await grava(cena);
  const quantas = Math.round(APERTOS * quanto);
  const { certificado, servidor: { portaTls } } = cena;
  const feito = await cena.comHonestos(() =>
    cena.intruso(portaTls, quantas, { tipo: "apertos", gravado, certificado })
  );
  const outra = Object.keys(feito.respostas).find((resposta) => !SO_TLS(resposta));
  return promessa(
    `${mil(quantas)} apertos de mãos TLS cortados ou estragados em qualquer ponto não fazem nada a ninguém`,
    outra === undefined && tentou(feito, quantas),
    outra ?? `${mil(feito.tentativas)} acabados a meio`,
  );
}

/** Sessões repetidas, e conversas em cada porta como se fosse a outra. */
const REPETICOES = 200;
const TROCADAS = 200;

/** O que se gravou de uma sessão, mandado outra vez. */
export async function repeticoes(cena: Cena, quanto: number): Promise<Promessa> {
  const gravado = await grava(cena);
  const quantas = Math.max(10, Math.round(REPETICOES * quanto));
  const antes = cena.consulta(`SELECT numero, versao FROM agendamento WHERE nome = '${REPETIDA}'`);
  const feito = await cena.intruso(cena.servidor.portaTls, quantas, { tipo: "repeticoes", gravado });
  const depois = cena.consulta(`SELECT numero, versao FROM agendamento WHERE nome = '${REPETIDA}'`);
  const outra = Object.keys(feito.respostas).find((resposta) => !SO_TLS(resposta));
  const igual = JSON.stringify(antes) === JSON.stringify(depois);
  return promessa(
    "uma sessão TLS gravada e repetida não faz outra vez o que fez",
    igual && outra === undefined && tentou(feito, quantas),
    igual ? outra ?? `${mil(quantas)} repetições de uma que marcou` : "o livro mudou",
  );
}

/** Conversas em cada porta como se fosse a outra. */
export async function trocados(cena: Cena, quanto: number): Promise<Promessa> {
  const { alvo: { cpf }, servidor: { porta, portaTls } } = cena;
  const gravado = await grava(cena);
  const quantas = Math.max(10, Math.round(TROCADAS * quanto));
  const entra = linha("OLA", "CLINICA/2", { chave: cena.chave("balcao") });
  const linhas = [
    entra + linha("BUSCA", cpf),
    linha("PING"),
    "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "\x16\x03\x01" + entra,
    "\0".repeat(3000),
  ];
  const [claros, cifrados] = await Promise.all([
    cena.intruso(portaTls, quantas, { tipo: "claros", linhas }),
    cena.intruso(porta, quantas, { tipo: "cifrados", gravado }),
  ]);
  const outra = Object.keys(claros.respostas).find((resposta) => !SO_TLS(resposta)) ??
    primeiraIndevida(cena, cifrados, ["ERRO-100", "ERRO-130"]);
  return promessa(
    "quem fala às claras na porta TLS, ou TLS na porta clara, não tem nada senão a recusa",
    outra === undefined && tentou(claros, quantas) && tentou(cifrados, quantas),
    outra ?? `${mil(quantas)} de cada: ${contagem(claros)}; ${contagem(cifrados)}`,
  );
}
