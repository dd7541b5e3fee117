/**
 * A cena da parte `acesso`: uma clínica no ar com as suas chaves e o seu certificado, uma paciente de que se quer saber, honestos
 * que trabalham, e os intrusos. Só `prova/acesso.ts` a monta.
 *
 * @module
 */

import { delay } from "@std/async";
import { DatabaseSync } from "node:sqlite";
import { comandoDeno, cpfDeExemplo, Fio, leLinhas, type Pasta, roda, type Servidor } from "../testes/apoio.ts";
import { criaChave } from "../testes/chaves.ts";
import type { PapelDeChave } from "../clinica/chave.ts";
import { mensagem } from "../clinica/texto.ts";
import { type Contexto, integridadeDe, mil, soma } from "./bancada.ts";
import { montaClinica } from "./carga.ts";
import type { Grade } from "./historia/clinica1_passos.ts";
import type { Alvo, ComoSeTenta, Feito } from "./intruso.ts";

/** A especialidade em que os outros pacientes enchem o livro. */
export const PACIENTES = "PACIENTES";

/** Aquelas em que os honestos marcam, e em que a vítima tem o que se quer saber. */
const [HONESTOS, VISADA] = ["HONESTOS", "VISADA"];

/** O primeiro dos CPFs de cada um. */
export const CPF_DE = {
  honestos: 0,
  vitima: 100,
  repetido: 101,
  conhecidos: 2_000,
  desconhecidos: 3_000,
  revogada: 10_000,
};

/** O que só ela e a casa sabem da vítima, e não pode estar em resposta nenhuma. */
const DELA = {
  nome: "MARIA VISADA DE SOUSA",
  telefone: "+5511987654321",
  email: "visada@example.org",
  nota: "alergica",
};

/** O nome de uma chave da cena. */
export type NomeDeChave = "balcao" | "quiosque" | "vencida" | "revogada" | "emUso" | typeof QUIOSQUES[number];

/** Quiosques em que ninguém adivinha, e bastantes para que nenhum peça demais. */
export const QUIOSQUES = ["quiosque1", "quiosque2", "quiosque3", "quiosque4"] as const;

/** As chaves da cena, e o papel de cada uma. */
const CHAVES: readonly (readonly [NomeDeChave, PapelDeChave])[] = [
  ["balcao", "balcao"],
  ["quiosque", "quiosque"],
  ["vencida", "balcao"],
  ["revogada", "gerente"],
  ["emUso", "balcao"],
  ...QUIOSQUES.map((nome) => [nome, "quiosque"] as const),
];

/** Uma chave, como quem a criou a conhece. */
type ChaveDaCena = Awaited<ReturnType<typeof criaChave>>;

/** Uma resposta, lida. */
export type Lida = readonly [codigo: string, ...resto: unknown[]];

/** Lê uma resposta. */
export function le(linha: string): Lida {
  const lida: unknown = JSON.parse(linha);
  if (!Array.isArray(lida) || typeof lida[0] !== "string") throw new Error(`não é uma resposta: ${linha}`);
  const [codigo, ...resto] = lida;
  return [codigo, ...resto];
}

/** Uma linha de pedido. */
export function linha(...pedido: readonly unknown[]): string {
  return `${JSON.stringify(pedido)}\n`;
}

/** Pede e espera a resposta. */
export async function pede(fio: Fio, ...pedido: readonly unknown[]): Promise<Lida> {
  await fio.manda(linha(...pedido));
  const resposta = await fio.linha();
  if (resposta === undefined) throw new Error(`o servidor fechou a conexão sem responder a ${pedido[0]}`);
  return le(resposta);
}

/** Pede o que tem de correr bem. */
export async function consegue(fio: Fio, ...pedido: readonly unknown[]): Promise<Lida> {
  const resposta = await pede(fio, ...pedido);
  if (!resposta[0].startsWith("OK-")) throw new Error(`${pedido[0]} teve ${resposta[0]}`);
  return resposta;
}

/** Uma clínica no ar, e quem anda à volta dela. */
export class Cena {
  /** A pasta do livro. */
  readonly pasta: Pasta;
  /** O servidor. */
  readonly servidor: Servidor;
  /** O certificado dele, em PEM. */
  readonly certificado: string;
  /** Os dias em que se marca. */
  readonly dias: Grade;
  /** A vítima. */
  readonly alvo: Alvo;
  /** Um segundo endereço desta máquina em que o servidor atende, se o há: o de quem não tentou nada. */
  readonly outroEndereco: string | undefined;
  /** O que os honestos esperaram por cada resposta, em ms. */
  readonly esperas: number[] = [];
  /** As respostas que eles tiveram e não deviam. */
  readonly erradas: string[] = [];
  readonly #contexto: Contexto;
  readonly #chaves: ReadonlyMap<NomeDeChave, ChaveDaCena>;

  private constructor(
    contexto: Contexto,
    montada: Pick<Cena, "pasta" | "servidor" | "certificado" | "dias" | "alvo" | "outroEndereco">,
    chaves: ReadonlyMap<NomeDeChave, ChaveDaCena>,
  ) {
    this.#contexto = contexto;
    this.#chaves = chaves;
    this.pasta = montada.pasta;
    this.servidor = montada.servidor;
    this.certificado = montada.certificado;
    this.dias = montada.dias;
    this.alvo = montada.alvo;
    this.outroEndereco = montada.outroEndereco;
  }

  /** Monta-a; a oficina desfaz o que ela iniciou. */
  static async monta(contexto: Contexto): Promise<Cena> {
    const { oficina, avanca } = contexto;
    avanca("monta a clínica");
    const pasta = oficina.pasta();
    const plantao = { especialidade: PACIENTES, inicio: "00:00", vagas: 90, minutos: 15 };
    const grade = montaClinica(pasta, { especialidades: [HONESTOS, VISADA], outros: [plantao] });
    const dias = grade.filter(({ especialidade }) => especialidade === VISADA);
    const { codigo, stderr } = await roda("servidor.ts", ["certificado"], { cwd: pasta.caminho });
    if (codigo !== 0) throw new Error(stderr);
    const par = ["--certificado", "certificado.pem", "--chave-privada", "certificado.chave.pem"];
    const comIpv6 = temIpv6();
    const servidor = await oficina.servidor({
      pasta: pasta.caminho,
      endereco: comIpv6 ? "::" : "127.0.0.1",
      args: [...par, "--tls-porta", "0"],
    });
    const chaves = new Map<NomeDeChave, ChaveDaCena>();
    await Promise.all(CHAVES.map(async ([nome, papel]) => chaves.set(nome, await criaChave(pasta, papel, { nome }))));
    // O servidor diz que já as leu; perguntar-lho com uma que ainda não conhece gastava o que cabe a quem adivinha.
    await servidor.registrou(({ o_que }) => String(o_que).startsWith(`${CHAVES.length} chaves valem`));
    // `chave cria` não aceita um prazo que já passou; um que passe amanhã não cabe na prova.
    using livro = new DatabaseSync(pasta.arquivo("clinica.db"));
    livro.exec("PRAGMA busy_timeout = 5000; UPDATE chave SET ate = '2020-01-01' WHERE nome = 'vencida'");
    const certificado = Deno.readTextFileSync(pasta.arquivo("certificado.pem"));
    using balcao = await Fio.saudado(servidor.porta);
    await consegue(balcao, "OLA", "CLINICA/2", { chave: chaves.get("balcao")?.chave });
    const alvo = await marcaVitima(balcao, dias);
    const outroEndereco = comIpv6 ? "::1" : undefined;
    return new Cena(contexto, { pasta, servidor, certificado, dias, alvo, outroEndereco }, chaves);
  }

  /** O texto de uma chave. */
  chave(nome: NomeDeChave): string {
    return this.#daCena(nome).chave;
  }

  /** O número dela. */
  numero(nome: NomeDeChave): number {
    return this.#daCena(nome).numero;
  }

  #daCena(nome: NomeDeChave): ChaveDaCena {
    const chave = this.#chaves.get(nome);
    if (chave === undefined) throw new Error(`não há chave ${nome}`);
    return chave;
  }

  /** Uma conexão de quem tem esta chave. */
  async entra(nome: NomeDeChave, { tls = false, hostname }: { tls?: boolean; hostname?: string } = {}): Promise<Fio> {
    const { porta, portaTls } = this.servidor;
    const fio = tls ? await Fio.porTls(portaTls, this.certificado) : await Fio.conecta(porta, hostname);
    await fio.linha();
    await consegue(fio, "OLA", "CLINICA/2", { chave: this.chave(nome) });
    return fio;
  }

  /** Um intruso em processo próprio, até que acabe. */
  async intruso(porta: number, quantas: number, como: ComoSeTenta): Promise<Feito> {
    const { oficina, semente, avanca } = this.#contexto;
    const tarefa = JSON.stringify({ ...como, porta, semente, quantas });
    // Tentar tanto ocupa um processador: com prioridade menor, o que os honestos esperam é pelo servidor.
    const diante = Deno.build.os === "windows" ? [] : ["nice"];
    const [comando, ...args] = [...diante, ...comandoDeno("prova/intruso.ts"), tarefa];
    const processo = new Deno.Command(comando, { args, stdout: "piped", stderr: "inherit" }).spawn();
    oficina.adota(processo);
    let feito: Feito = { tentativas: 0, respostas: {} };
    await leLinhas(processo.stdout, (linha) => {
      feito = JSON.parse(linha);
      avanca(`${como.tipo}: ${mil(feito.tentativas)} tentativas`);
    });
    const { success } = await processo.status;
    if (!success) throw new Error(`o intruso ${como.tipo} não chegou ao fim`);
    return feito;
  }

  /** Faz isto com quem é honesto a trabalhar ao lado: por uma conexão de sempre, e por outras que começam, por TLS. */
  async comHonestos<T>(faz: () => Promise<T>): Promise<T> {
    let acabou = false;
    const trabalham = [0, 1].map(async (n) => {
      while (!acabou) {
        using fio = await this.#mede(() => this.entra("balcao", { tls: n === 1 }));
        for (let voltas = 0; !acabou && (n === 0 || voltas < 5); voltas++) await this.#honesto(fio, n);
      }
    });
    const caiu = Promise.all(trabalham).catch((erro) => this.erradas.push(`um honesto caiu: ${mensagem(erro)}`));
    try {
      return await faz();
    } finally {
      acabou = true;
      await caiu;
    }
  }

  /** Marca, procura, desmarca e olha as vagas, uma coisa por vez. */
  async #honesto(fio: Fio, n: number): Promise<void> {
    const cpf = cpfDeExemplo(CPF_DE.honestos + n);
    const { data, dia } = this.dias[n];
    const volta: [codigo: string, ...pedido: string[]][] = [
      ["OK-300", "AGEND", cpf, "HONESTO DA PROVA", HONESTOS, data, dia],
      ["OK-302", "BUSCA", cpf],
      ["OK-301", "CANCEL", cpf],
      ["OK-304", "VAGAS", HONESTOS, data],
    ];
    for (const [esperado, ...pedido] of volta) {
      const [codigo] = await this.#mede(() => pede(fio, ...pedido));
      if (codigo !== esperado) this.erradas.push(`${pedido[0]}: ${codigo} em vez de ${esperado}`);
    }
    await delay(5);
  }

  async #mede<T>(faz: () => Promise<T>): Promise<T> {
    const inicio = performance.now();
    try {
      return await faz();
    } finally {
      this.esperas.push(performance.now() - inicio);
    }
  }

  /** O que uma resposta tem que quem não entrou não podia ter: um código que não é de recusa, ou algo da vítima. */
  indevida(resposta: string, recusas: readonly string[]): string | undefined {
    const { codigo, cpf } = this.alvo;
    const dela = Object.values({ ...DELA, codigo, cpf }).find((segredo) => resposta.includes(segredo));
    if (dela !== undefined) return `veio "${dela}": ${resposta.slice(0, 200)}`;
    try {
      const [recusa, ...resto] = le(resposta);
      // Um texto; quem pediu demais ouve também quantos segundos espera.
      const soTexto = resto.length === 1 || recusa === "ERRO-130" && typeof resto[1] === "number" && resto.length === 2;
      if (recusas.includes(recusa) && soTexto) return undefined;
    } catch {
      // não é uma resposta
    }
    return `não é uma recusa: ${resposta.slice(0, 200)}`;
  }

  /** O que o livro tem, por SQL, ao lado do servidor. */
  consulta(sql: string): Record<string, unknown>[] {
    using livro = new DatabaseSync(this.pasta.arquivo("clinica.db"), { readOnly: true });
    return livro.prepare(sql).all();
  }

  /** O que `integrity_check` diz do livro. */
  integridade(): string {
    using livro = new DatabaseSync(this.pasta.arquivo("clinica.db"), { readOnly: true });
    return integridadeDe(livro);
  }
}

/** Se esta máquina tem um segundo endereço, de quem não tentou nada. */
function temIpv6(): boolean {
  try {
    Deno.listen({ hostname: "::1", port: 0 }).close();
    return true;
  } catch {
    return false;
  }
}

/** A vítima tem um agendamento, e espera por uma hora melhor. */
async function marcaVitima(balcao: Fio, dias: Grade): Promise<Alvo> {
  const cpf = cpfDeExemplo(CPF_DE.vitima);
  const { nome, ...mais } = DELA;
  // Do último dia, para que haja uma hora melhor por que esperar.
  const [outro, ...seguintes] = dias;
  const { data, dia } = seguintes.at(-1) ?? outro;
  const [, tupla] = await consegue(balcao, "AGEND", cpf, nome, VISADA, data, dia, mais);
  const { codigo, numero } = Object(Array.isArray(tupla) ? tupla[7] : undefined);
  if (typeof codigo !== "string" || typeof numero !== "number") throw new Error("a marcação não trouxe o código");
  await consegue(balcao, "ESPERA", cpf, nome, VISADA);
  return { cpf, codigo, numero, especialidade: VISADA, data: outro.data, dia: outro.dia };
}

// ------------------------------------------------------------------------------------------ o que um intruso fez

/** O que se responde a quem não entrou. */
export const RECUSAS: readonly string[] = ["ERRO-101", "ERRO-120", "ERRO-130"];

/** Verdadeiro se um intruso fez o que devia; uma porta que não responde não prova nada. */
export function tentou({ tentativas }: Feito, quantas: number): boolean {
  return tentativas >= quantas * 0.95;
}

/** A primeira resposta que um intruso não devia ter. */
export function primeiraIndevida(cena: Cena, { respostas }: Feito, recusas: readonly string[]): string | undefined {
  return Object.keys(respostas).map((resposta) => cena.indevida(resposta, recusas)).find((uma) => uma !== undefined);
}

/** Quantas vezes veio cada código de resposta. */
export function contagem({ respostas }: Feito): string {
  const porCodigo = Map.groupBy(
    Object.entries(respostas),
    ([resposta]) => /[A-Z]+-\d+/.exec(resposta)?.[0] ?? resposta,
  );
  return [...porCodigo].map(([codigo, vindas]) => `${mil(soma(vindas, ([, vezes]) => vezes))} ${codigo}`).join(", ") ||
    "nenhuma resposta";
}
