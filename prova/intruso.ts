/**
 * Os intrusos da prova: um processo que tenta entrar num servidor por um só caminho, tantas vezes quantas se lhe pedem, e conta
 * o que lhe responderam.
 *
 *     deno run -A prova/intruso.ts TAREFA_EM_JSON
 *
 * `prova/acesso.ts` os inicia, e é quem julga: daqui sai, em linhas JSON, quanto já se tentou e cada resposta diferente que
 * veio, com as vezes.
 *
 * @module
 */

import { deadline } from "@std/async";
import { ehDaRede, Fio } from "../testes/apoio.ts";
import { Sorteio } from "./bancada.ts";
import { Cano, escreve } from "./cano.ts";

/** O que se pede a um intruso. */
export type Tarefa = ComoSeTenta & {
  /** A porta do servidor. */
  readonly porta: number;
  /** A das suas escolhas. */
  readonly semente: number;
  /** Quantas tentativas. */
  readonly quantas: number;
};

/** Por onde se tenta. */
export type ComoSeTenta =
  /** Adivinha chaves; quem não é da casa pergunta, com cada uma, por alguém. */
  | { readonly tipo: "chaves"; readonly cpf: string; readonly certas: readonly string[]; readonly chave?: string }
  /** Com uma chave e o CPF de alguém, adivinha o código. */
  | { readonly tipo: "codigos"; readonly chave: string; readonly alvo: Alvo }
  /** Apertos de mãos TLS cortados e estragados; o que se gravou é o que um cliente mandou. */
  | { readonly tipo: "apertos"; readonly gravado: string; readonly certificado: string }
  /** O mesmo outra vez, sem mudar nada. */
  | { readonly tipo: "repeticoes"; readonly gravado: string }
  /** Linhas às claras, a quem fala TLS. */
  | { readonly tipo: "claros"; readonly linhas: readonly string[] }
  /** Bytes de TLS, a quem fala às claras. */
  | { readonly tipo: "cifrados"; readonly gravado: string };

/** De quem se quer o que não se deve ter. */
export interface Alvo {
  /** O CPF, que o intruso sabe. */
  readonly cpf: string;
  /** O código, de que se fazem os palpites que só quase acertam. */
  readonly codigo: string;
  /** O número do agendamento, que talvez saiba. */
  readonly numero: number;
  /** O que tem marcado. */
  readonly especialidade: string;
  /** Uma data em que o poderia mover. */
  readonly data: string;
  /** O dia da semana dela. */
  readonly dia: string;
}

/** O que um intruso fez. */
export interface Feito {
  /** As tentativas que acabaram. */
  tentativas: number;
  /** Cada resposta diferente, e quantas vezes veio. */
  respostas: { [resposta: string]: number };
}

/** Respostas diferentes que se guardam; um servidor em ordem dá bem menos. */
const RESPOSTAS_GUARDADAS = 100;

const feito: Feito = { tentativas: 0, respostas: {} };

function anota(resposta: string): void {
  const nova = !(resposta in feito.respostas);
  if (nova && Object.keys(feito.respostas).length >= RESPOSTAS_GUARDADAS) return;
  feito.respostas[resposta] = (feito.respostas[resposta] ?? 0) + 1;
}

/** Conexões ao mesmo tempo. */
const CONEXOES = 16;

/** Faz as tentativas, várias ao mesmo tempo; `uma` é uma conexão, com as suas escolhas, que diz quantas tiveram resposta. */
async function emConexoes(
  { quantas, semente, porConexao = 1 }: Pick<Tarefa, "quantas" | "semente"> & { porConexao?: number },
  uma: (sorteio: Sorteio, quantas: number, n: number) => Promise<number>,
): Promise<void> {
  let comecadas = 0;
  await Promise.all(Array.from({ length: CONEXOES }, async () => {
    while (comecadas < quantas) {
      const n = comecadas;
      const cabem = Math.min(porConexao, quantas - n);
      comecadas += cabem;
      const sorteio = new Sorteio(semente + n);
      for (let faltam = cabem; faltam > 0;) {
        const feitas = await uma(sorteio, faltam, n).catch((erro) => {
          if (!ehDaRede(erro)) throw erro;
          return 0;
        });
        feito.tentativas += feitas;
        // O que o servidor não quis não se tenta para sempre.
        faltam -= Math.max(1, feitas);
      }
    }
  }));
}

// ---------------------------------------------------------------------------------------------------------- palpites

/** Palpites numa conexão, e os que vão de uma vez. */
const POR_CONEXAO = 500;
const DE_UMA_VEZ = 25;

/** Vários palpites numa conexão já aberta; devolve quantos tiveram resposta antes que o servidor a fechasse. */
async function palpita(fio: Fio, quantos: number, palpite: () => readonly string[]): Promise<number> {
  for (let feitos = 0; feitos < quantos;) {
    const palpites = Array.from({ length: Math.min(DE_UMA_VEZ, quantos - feitos) }, palpite);
    await fio.manda(palpites.flat().map((linha) => `${linha}\n`).join(""));
    for (const linhas of palpites) {
      for (const i of linhas.keys()) {
        const resposta = await fio.linha();
        // A quem pergunta demais responde-se uma vez, e fecha-se.
        if (resposta === undefined) return feitos + Math.min(i, 1);
        anota(resposta);
      }
      feitos++;
    }
  }
  return quantos;
}

/** A base 32 em que se escrevem chaves e códigos. */
const ALFABETO = [..."0123456789ABCDEFGHJKMNPQRSTVWXYZ"];

function aoAcaso(sorteio: Sorteio, letras: number): string {
  return Array.from({ length: letras }, () => sorteio.de(ALFABETO)).join("");
}

/** O mesmo texto com uma letra trocada, a mais ou a menos; nunca o mesmo. */
function quase(sorteio: Sorteio, certo: string): string {
  const onde = sorteio.inteiro(0, certo.length - 1);
  const outra = sorteio.de(ALFABETO.filter((letra) => letra !== certo[onde]));
  const como = sorteio.inteiro(0, 9);
  const fica = como === 0 ? "" : como === 1 ? certo[onde] + outra : outra;
  const texto = certo.slice(0, onde) + fica + certo.slice(onde + 1);
  return texto === certo ? quase(sorteio, certo) : texto;
}

async function adivinhaChaves(
  { porta, cpf, certas, chave: daCasa }: Extract<Tarefa, { tipo: "chaves" }>,
  sorteio: Sorteio,
  n: number,
): Promise<number> {
  using fio = await entra(porta, daCasa);
  return await palpita(fio, n, () => {
    const chave = sorteio.fracao() < 0.3 ? quase(sorteio, sorteio.de(certas)) : `clinica_${aoAcaso(sorteio, 40)}`;
    const ola = JSON.stringify(["OLA", "CLINICA/2", { chave }]);
    return daCasa === undefined ? [ola, JSON.stringify(["BUSCA", cpf])] : [ola];
  });
}

/** Uma conexão, de quem tem esta chave se a tem. */
async function entra(porta: number, chave?: string): Promise<Fio> {
  const fio = await Fio.saudado(porta);
  if (chave === undefined) return fio;
  await fio.manda(`${JSON.stringify(["OLA", "CLINICA/2", { chave }])}\n`);
  const resposta = await fio.linha();
  if (resposta?.startsWith('["OK-200"')) return fio;
  fio[Symbol.dispose]();
  throw new Deno.errors.ConnectionReset(`não se entrou: ${resposta}`);
}

async function adivinhaCodigos(
  { porta, chave, alvo }: Extract<Tarefa, { tipo: "codigos" }>,
  sorteio: Sorteio,
  n: number,
): Promise<number> {
  const { cpf, especialidade, numero, data, dia } = alvo;
  const atos: readonly (readonly string[])[] = [
    ["BUSCA", cpf],
    ["CANCEL", cpf, especialidade],
    ["REMARC", cpf, especialidade, data, dia],
    ["SITUA", cpf, especialidade, "CONFIRMADO"],
    ["SITUA", cpf, especialidade, "CHEGOU"],
    ["DESISTE", cpf, especialidade],
    ["ACEITA", cpf, especialidade],
    ["RECUSA", cpf, especialidade],
  ];
  using fio = await entra(porta, chave);
  return await palpita(fio, n, () => {
    const codigo = sorteio.fracao() < 0.3 ? quase(sorteio, alvo.codigo) : aoAcaso(sorteio, alvo.codigo.length);
    const ato = sorteio.de(atos);
    // `BUSCA` não o aceita: um pedido mal escrito não é um palpite.
    const comNumero = ato[0] !== "BUSCA" && sorteio.fracao() < 0.3 ? { numero } : {};
    return [JSON.stringify([...ato, { codigo, ...comNumero }])];
  });
}

// --------------------------------------------------------------------------------------------------------------- TLS

/** O que um cliente mandou, e quanto disso é o ClientHello. */
interface Gravado {
  readonly bytes: Uint8Array;
  readonly saudacao: number;
}

function leGravado(base64: string): Gravado {
  const bytes = Uint8Array.fromBase64(base64);
  return { bytes, saudacao: 5 + (bytes[3] << 8 | bytes[4]) };
}

/** O que se espera por uma resposta do servidor a meio de um aperto de mãos, em ms; pode não vir nenhuma. */
const ESPERA_A_MEIO = 200;

/** Lê um bloco, se vem; do que não é um registro de TLS, anota o texto. */
async function escuta(conn: Deno.TcpConn, espera = ESPERA_A_MEIO): Promise<boolean> {
  const bloco = new Uint8Array(16 * 1024);
  let lidos: number | null = null;
  try {
    lidos = await deadline(conn.read(bloco), espera);
  } catch (erro) {
    if (!(erro instanceof DOMException) && !ehDaRede(erro)) throw erro;
  }
  if (lidos === null) return false;
  // Os tipos de registro: mudança de cifra, alerta, aperto de mãos, dados.
  const ehTls = bloco[0] >= 0x14 && bloco[0] <= 0x17 && bloco[1] === 3;
  anota(ehTls ? "TLS" : new TextDecoder().decode(bloco.subarray(0, Math.min(lidos, 300))));
  return true;
}

/** Um byte de cada `estragos`, a partir de um ponto, passa a outro. */
function estraga(sorteio: Sorteio, { bytes, saudacao }: Gravado): Uint8Array {
  const copia = bytes.slice(0, saudacao);
  const desde = sorteio.inteiro(0, saudacao - 1);
  const aoMenosUm = sorteio.inteiro(desde, saudacao - 1);
  const quantos = sorteio.de([0, 0.01, 0.2, 1]);
  for (let i = desde; i < saudacao; i++) {
    if (i === aoMenosUm || sorteio.fracao() < quantos) copia[i] ^= sorteio.inteiro(1, 255);
  }
  return copia;
}

/** Um aperto de mãos que não acaba: cortado, ou com bytes trocados do ClientHello em diante. */
async function apertaEDesiste(porta: number, sorteio: Sorteio, gravado: Gravado): Promise<void> {
  const { bytes, saudacao } = gravado;
  using conn = await Deno.connect({ hostname: "127.0.0.1", port: porta });
  if (sorteio.fracao() < 0.5) {
    const corte = sorteio.inteiro(0, bytes.length - 1);
    await escreve(conn, bytes.subarray(0, Math.min(corte, saudacao)));
    if (corte < saudacao) return;
    await escuta(conn);
    await escreve(conn, bytes.subarray(saudacao, corte));
  } else {
    await escreve(conn, estraga(sorteio, gravado));
  }
  if (sorteio.fracao() < 0.5) await escuta(conn);
}

/** Uma conexão de um cliente de verdade, cortada depois de tantos bytes do que ele manda. */
async function cortaDeVerdade(porta: number, certificado: string, corte: number): Promise<void> {
  let passam = corte;
  using cano = new Cano(porta, (bloco) => {
    const passa = bloco.subarray(0, passam);
    passam -= passa.length;
    return passa;
  });
  try {
    using fio = await Fio.porTls(cano.porta, certificado);
    while (await fio.linha() !== undefined) await fio.manda('["PING"]\n');
  } catch {
    // Cada cliente diz a seu modo que o cortaram.
  }
  await cano.fim;
}

/** Um em tantos dos apertos de mãos é de um cliente de verdade. */
const DE_VERDADE = 10;

async function apertos(tarefa: Extract<Tarefa, { tipo: "apertos" }>): Promise<void> {
  const { porta, certificado } = tarefa;
  const gravado = leGravado(tarefa.gravado);
  await emConexoes(tarefa, async (sorteio, _quantas, n) => {
    if (n % DE_VERDADE > 0) await apertaEDesiste(porta, sorteio, gravado);
    else await cortaDeVerdade(porta, certificado, sorteio.inteiro(1, gravado.bytes.length));
    return 1;
  });
}

async function repete(tarefa: Extract<Tarefa, { tipo: "repeticoes" }>): Promise<void> {
  const { bytes, saudacao } = leGravado(tarefa.gravado);
  await emConexoes(tarefa, async (_sorteio, _quantas, n) => {
    using conn = await Deno.connect({ hostname: "127.0.0.1", port: tarefa.porta });
    // Umas de uma vez, outras ao ritmo em que foram.
    const primeiro = n % 2 === 0 ? bytes.length : saudacao;
    await escreve(conn, bytes.subarray(0, primeiro));
    if (primeiro === saudacao) await escuta(conn);
    await escreve(conn, bytes.subarray(primeiro));
    while (await escuta(conn));
    return 1;
  });
}

async function falaAsClaras(tarefa: Extract<Tarefa, { tipo: "claros" }>): Promise<void> {
  await emConexoes(tarefa, async (_sorteio, _quantas, n) => {
    using conn = await Deno.connect({ hostname: "127.0.0.1", port: tarefa.porta });
    await escreve(conn, new TextEncoder().encode(tarefa.linhas[n % tarefa.linhas.length]));
    while (await escuta(conn));
    return 1;
  });
}

async function falaTls(tarefa: Extract<Tarefa, { tipo: "cifrados" }>): Promise<void> {
  const { bytes } = leGravado(tarefa.gravado);
  await emConexoes(tarefa, async (sorteio) => {
    using fio = await Fio.saudado(tarefa.porta);
    await fio.manda(bytes.subarray(0, sorteio.inteiro(1, bytes.length)));
    await fio.fechaEscrita();
    for (let linha; (linha = await fio.linha()) !== undefined;) anota(linha);
    return 1;
  });
}

async function tenta(tarefa: Tarefa): Promise<void> {
  switch (tarefa.tipo) {
    case "chaves":
      return await emConexoes(
        { ...tarefa, porConexao: POR_CONEXAO },
        (sorteio, n) => adivinhaChaves(tarefa, sorteio, n),
      );
    case "codigos":
      return await emConexoes(
        { ...tarefa, porConexao: POR_CONEXAO },
        (sorteio, n) => adivinhaCodigos(tarefa, sorteio, n),
      );
    case "apertos":
      return await apertos(tarefa);
    case "repeticoes":
      return await repete(tarefa);
    case "claros":
      return await falaAsClaras(tarefa);
    case "cifrados":
      return await falaTls(tarefa);
    default:
      tarefa satisfies never;
  }
}

if (import.meta.main) {
  setInterval(() => console.log(JSON.stringify(feito)), 500);
  await tenta(JSON.parse(Deno.args[0]));
  console.log(JSON.stringify(feito));
  Deno.exit(0);
}
