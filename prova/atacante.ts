/**
 * Os hostis da prova: um processo que se comporta mal com um servidor, de um só modo, até ser morto.
 *
 *     deno run -A prova/atacante.ts TIPO PORTA SEMENTE QUANTAS
 *
 * `processo_hostil.ts` o inicia, um por tipo, e lê de seu stdout duas linhas JSON por segundo com o que já fez. O que cada
 * tipo faz está em `TIPOS`. A carga dos primeiros é limitada de propósito:
 * interessa o que o servidor faz com uma conexão má, não quantas por segundo esta máquina aguenta. Os que insistem numa
 * linha só (`LINHAS`) vão tão depressa quanto o servidor: os bytes estão prontos, e as respostas são lidas e esquecidas.
 *
 * @module
 */

import { delay } from "@std/async";
import fc from "fast-check";
import { ehDaRede } from "../testes/apoio.ts";
import { codificarPedido, decodificarResposta, Enquadrador, type PedidoNoFio } from "../protocolo.ts";

/** O que um hostil já fez; só os contadores que fazem sentido para o seu tipo andam. */
export interface Contadores {
  /** Conexões abertas desde o começo. */
  conexoes: number;
  /** Conexões abertas agora. */
  abertas: number;
  /** Conexões que o servidor fechou. */
  fechadas: number;
  /** Linhas ou blocos mandados. */
  mandados: number;
  /** Respostas lidas. */
  respostas: number;
  /** Linhas vindas do servidor que não são respostas de CLINICA/1. */
  improprias: number;
  /** O que a última conexão fechada pelo servidor durou, em ms. */
  duracao: number;
}

/** O que um tipo recebe. */
interface Ataque {
  porta: number;
  semente: number;
  quantas: number;
  contadores: Contadores;
}

/** Uma linha quase do tamanho máximo cujo nome é caro de normalizar: muitas marcas, fora da ordem canônica. */
const BOMBA = "\u0345".repeat(1990) + "\u0316".repeat(1990);

/** Em bytes, o mesmo que `BOMBA`, e nada que normalizar. */
const LETRAS = "A".repeat(new TextEncoder().encode(BOMBA).length);

const CPF_ALHEIO = "52998224725";

/** As linhas em que se insiste, pelo nome do tipo, uma por vez ou sem esperar pelas respostas. */
const LINHAS = {
  umaAUma: {
    "bomba-vagas": ["VAGAS", BOMBA],
    "bomba-cancel": ["CANCEL", CPF_ALHEIO, BOMBA],
    "bomba-agend": ["AGEND", CPF_ALHEIO, BOMBA, "PLANTAO", "30/11/2026", "SEGUNDA-FEIRA"],
    "letras-vagas": ["VAGAS", LETRAS],
  },
  emCadeia: {
    "cadeia-vagas": ["VAGAS"],
    "cadeia-cancel": ["CANCEL", CPF_ALHEIO],
    "cadeia-cancel-longo": ["CANCEL", CPF_ALHEIO, "A".repeat(8000)],
  },
} as const;

/** Cada tipo de hostil, pelo nome. */
const TIPOS: { readonly [nome: string]: (ataque: Ataque) => Promise<void> } = {
  lixo: (ataque) => emParalelo(ataque, 6, mandaLixo),
  mutadas: (ataque) => emParalelo(ataque, 4, mandaMutadas),
  gotas: (ataque) => emParalelo(ataque, 20, mandaAosPoucos),
  metades: (ataque) => emParalelo(ataque, ataque.quantas, mandaMetade),
  surdas: (ataque) => emParalelo(ataque, ataque.quantas, mandaSemLer),
  cortes: (ataque) => emParalelo(ataque, 4, mandaECorta),
  ociosas: abreECala,
  paradas: (ataque) => emParalelo(ataque, ataque.quantas, mandaELe),
  ...insiste(LINHAS.umaAUma, mandaUmaAUma),
  ...insiste(LINHAS.emCadeia, mandaEmCadeia),
};

function insiste(
  linhas: { readonly [nome: string]: readonly string[] },
  manda: (ataque: Ataque, linha: Uint8Array) => Promise<void>,
): typeof TIPOS {
  return Object.fromEntries(
    Object.entries(linhas).map(([nome, campos]) => {
      const linha = new TextEncoder().encode(`${JSON.stringify(campos)}\n`);
      return [nome, (ataque) => emParalelo(ataque, ataque.quantas, () => manda(ataque, linha))];
    }),
  );
}

/** Entre uma conexão e a seguinte, em ms. */
const PAUSA = 5;

async function emParalelo(
  ataque: Ataque,
  quantas: number,
  uma: (ataque: Ataque, volta: number) => Promise<void>,
): Promise<void> {
  await Promise.all(Array.from({ length: quantas }, async (_, i) => {
    for (let volta = i;; volta += quantas) {
      try {
        await uma(ataque, volta);
      } catch (erro) {
        if (!ehEsperado(erro)) throw erro;
      }
      await delay(PAUSA);
    }
  }));
}

/** O mesmo que `ehDaRede`, e o que acontece a quem abre conexões demais. */
function ehEsperado(erro: unknown): boolean {
  return ehDaRede(erro) || erro instanceof Deno.errors.TimedOut || erro instanceof Deno.errors.AddrNotAvailable;
}

/** Uma conexão que conta a si mesma; fechar com respostas por ler é um RST. */
class ConexaoContada implements Disposable {
  readonly #conn: Deno.TcpConn;
  readonly #contadores: Contadores;
  readonly #desde = performance.now();
  #fechada = false;

  private constructor(conn: Deno.TcpConn, contadores: Contadores) {
    this.#conn = conn;
    this.#contadores = contadores;
    contadores.conexoes++;
    contadores.abertas++;
  }

  static async abre({ porta, contadores }: Ataque): Promise<ConexaoContada> {
    return new ConexaoContada(await Deno.connect({ hostname: "127.0.0.1", port: porta }), contadores);
  }

  async manda(dados: Uint8Array | string): Promise<void> {
    const bytes = typeof dados === "string" ? new TextEncoder().encode(dados) : dados;
    for (let feito = 0; feito < bytes.length;) feito += await this.#conn.write(bytes.subarray(feito));
    this.#contadores.mandados++;
  }

  /** Lê até que o servidor feche ou `basta`; confere que o que vem são respostas. */
  async le(basta: (lidas: number) => boolean): Promise<boolean> {
    const bloco = new Uint8Array(4096);
    const enquadrador = new Enquadrador(Infinity);
    for (let lidas = 0; !basta(lidas);) {
      const n = await this.#leBloco(bloco);
      if (n === null) return false;
      for (const linha of enquadrador.recebe(bloco.subarray(0, n))) {
        lidas++;
        this.#contadores.respostas++;
        if (typeof linha !== "string" || decodificarResposta(linha) === undefined) this.#contadores.improprias++;
      }
    }
    return true;
  }

  /** Lê tantas respostas, ou até que o servidor feche, sem olhar o que dizem. */
  async descarta(quantas: number, bloco: Uint8Array): Promise<boolean> {
    for (let faltam = quantas; faltam > 0;) {
      const n = await this.#leBloco(bloco);
      if (n === null) return false;
      const lidos = bloco.subarray(0, n);
      for (let fim = lidos.indexOf(LF); fim >= 0; fim = lidos.indexOf(LF, fim + 1)) {
        faltam--;
        this.#contadores.respostas++;
      }
    }
    return true;
  }

  async #leBloco(bloco: Uint8Array): Promise<number | null> {
    try {
      const n = await this.#conn.read(bloco);
      if (n === null) this.fechou();
      return n;
    } catch (erro) {
      this.fechou();
      throw erro;
    }
  }

  /** O servidor fechou esta conexão. */
  fechou(): void {
    this.#contadores.fechadas++;
    this.#contadores.duracao = Math.round(performance.now() - this.#desde);
  }

  async fechaEscrita(): Promise<void> {
    await this.#conn.closeWrite();
  }

  [Symbol.dispose](): void {
    if (this.#fechada) return;
    this.#fechada = true;
    this.#contadores.abertas--;
    this.#conn.close();
  }
}

const LF = 0x0a;

const PARA_SEMPRE = (): boolean => false;

/** Bytes ao acaso, com e sem LF, às vezes mais que o limite de uma linha. */
async function mandaLixo(ataque: Ataque, volta: number): Promise<void> {
  const [bytes] = fc.sample(fc.uint8Array({ minLength: 1, maxLength: volta % 10 === 0 ? 20_000 : 600 }), {
    seed: ataque.semente + volta,
    numRuns: 1,
  });
  using conexao = await ConexaoContada.abre(ataque);
  await conexao.manda(bytes);
  await conexao.fechaEscrita();
  await conexao.le(PARA_SEMPRE);
}

/** Pedidos bons, que servem de ponto de partida às mutações; nenhum na especialidade dos honestos. */
const PEDIDO: fc.Arbitrary<PedidoNoFio> = fc.oneof(
  fc.record({
    comando: fc.constant("AGEND" as const),
    cpf: fc.constant(CPF_ALHEIO),
    nome: fc.string({ unit: "grapheme", maxLength: 140 }),
    especialista: fc.constantFrom("PLANTAO", "plantão", "OUTRA"),
    data: fc.constantFrom("30/11/2026", "31/02/2027", ""),
    dia: fc.constantFrom("SEGUNDA-FEIRA", "DOMINGO"),
  }),
  fc.record({ comando: fc.constant("BUSCA" as const), cpf: fc.string({ maxLength: 20 }) }),
  fc.record({ comando: fc.constant("CANCEL" as const), cpf: fc.constant(CPF_ALHEIO), especialista: fc.string() }),
  fc.record({ comando: fc.constant("VAGAS" as const), especialista: fc.string(), data: fc.string() }),
  fc.constant({ comando: "PING" as const }),
);

/** Um quadro com alguns bytes trocados, tirados, postos ou repetidos; o LF do fim fica. */
const BYTES_TROCADOS: fc.Arbitrary<Uint8Array> = fc.tuple(
  PEDIDO,
  fc.array(fc.record({ onde: fc.nat(), tira: fc.nat({ max: 3 }), poe: fc.uint8Array({ maxLength: 4 }) }), {
    maxLength: 3,
  }),
).map(([pedido, mutacoes]) => {
  const bytes = [...new TextEncoder().encode(codificarPedido(pedido))];
  for (const { onde, tira, poe } of mutacoes) bytes.splice(onde % bytes.length, tira, ...poe);
  return new Uint8Array([...bytes, 0x0a]);
});

/** Um quadro que é JSON, com campos a mais, a menos, ou que não são textos. */
const CAMPOS_TROCADOS: fc.Arbitrary<Uint8Array> = fc.tuple(
  fc.constantFrom("AGEND", "BUSCA", "CANCEL", "VAGAS", "PING", "REMARC"),
  fc.array(fc.oneof(fc.jsonValue(), fc.constantFrom(CPF_ALHEIO, "PLANTAO", "30/11/2026")), { maxLength: 7 }),
).map((campos) => new TextEncoder().encode(`${JSON.stringify(campos.flat())}\n`));

const QUADRO = fc.oneof(BYTES_TROCADOS, CAMPOS_TROCADOS);

async function mandaMutadas(ataque: Ataque, volta: number): Promise<void> {
  const quadros = fc.sample(QUADRO, { seed: ataque.semente + volta, numRuns: 12 });
  using conexao = await ConexaoContada.abre(ataque);
  for (const quadro of quadros) await conexao.manda(quadro);
  await conexao.fechaEscrita();
  await conexao.le(PARA_SEMPRE);
}

/** Um pedido bom, um byte por vez. */
async function mandaAosPoucos(ataque: Ataque): Promise<void> {
  using conexao = await ConexaoContada.abre(ataque);
  for (const byte of new TextEncoder().encode(`["BUSCA","${CPF_ALHEIO}"]\n`)) {
    await conexao.manda(new Uint8Array([byte]));
    await delay(20);
  }
  await conexao.le((lidas) => lidas >= 2);
}

/** Meia linha, e depois nada, até que o servidor desista. */
async function mandaMetade(ataque: Ataque): Promise<void> {
  using conexao = await ConexaoContada.abre(ataque);
  await conexao.manda('["BUSCA","529');
  await conexao.le(PARA_SEMPRE);
}

/** Pedidos de respostas grandes, sem ler nenhuma, até que o servidor feche. */
async function mandaSemLer(ataque: Ataque): Promise<void> {
  using conexao = await ConexaoContada.abre(ataque);
  try {
    for (;;) await conexao.manda('["VAGAS"]\n'.repeat(50));
  } catch (erro) {
    conexao.fechou();
    throw erro;
  }
}

/** Pedidos, e a conexão cortada no meio das respostas, ou no meio de uma linha. */
async function mandaECorta(ataque: Ataque, volta: number): Promise<void> {
  using conexao = await ConexaoContada.abre(ataque);
  await conexao.manda(`["VAGAS"]\n`.repeat(volta % 40 + 1) + (volta % 2 === 0 ? '["BUS' : ""));
  await conexao.le((lidas) => lidas >= volta % 3);
}

/** Pede e lê, como um cliente bom; é o que está num processo que a prova para com SIGSTOP. */
async function mandaELe(ataque: Ataque): Promise<void> {
  using conexao = await ConexaoContada.abre(ataque);
  await conexao.le((lidas) => lidas >= 1);
  for (;;) {
    await conexao.manda('["VAGAS"]\n'.repeat(20));
    if (!await conexao.le((lidas) => lidas >= 20)) return;
  }
}

/** A mesma linha outra vez assim que a anterior tem resposta. */
async function mandaUmaAUma(ataque: Ataque, linha: Uint8Array): Promise<void> {
  using conexao = await ConexaoContada.abre(ataque);
  const bloco = new Uint8Array(16 * 1024);
  // A primeira é a saudação.
  while (await conexao.descarta(1, bloco)) await conexao.manda(linha);
}

/** Bytes que se mandam de uma vez, e que se leem. */
const REMESSA = 64 * 1024;

/** A mesma linha sem parar; as respostas são lidas à medida que vêm. */
async function mandaEmCadeia(ataque: Ataque, linha: Uint8Array): Promise<void> {
  using conexao = await ConexaoContada.abre(ataque);
  const vezes = Math.ceil(REMESSA / linha.length);
  const remessa = new Uint8Array(linha.length * vezes);
  for (let i = 0; i < vezes; i++) remessa.set(linha, i * linha.length);
  const lendo = conexao.descarta(Infinity, new Uint8Array(4 * REMESSA)).catch(() => false);
  let aberta = true;
  lendo.then(() => aberta = false);
  while (aberta) await conexao.manda(remessa);
}

/** Conexões ao mesmo tempo a caminho, ao abrir muitas. */
const ABERTURAS = 64;

/** Muitas conexões que leem a saudação e calam; as que caem não voltam. */
async function abreECala(ataque: Ataque): Promise<void> {
  let faltam = ataque.quantas;
  await Promise.all(Array.from({ length: ABERTURAS }, async () => {
    while (faltam > 0) {
      faltam--;
      try {
        const conexao = await ConexaoContada.abre(ataque);
        await conexao.le((lidas) => lidas >= 1);
        conexao.le(PARA_SEMPRE).catch(() => {}).finally(() => conexao[Symbol.dispose]());
      } catch (erro) {
        if (!ehEsperado(erro)) throw erro;
      }
    }
  }));
  await delay(2 ** 31 - 1);
}

if (import.meta.main) {
  const [tipo, porta, semente, quantas] = Deno.args;
  const contadores: Contadores = {
    conexoes: 0,
    abertas: 0,
    fechadas: 0,
    mandados: 0,
    respostas: 0,
    improprias: 0,
    duracao: 0,
  };
  setInterval(() => console.log(JSON.stringify(contadores)), 500);
  await TIPOS[tipo]({ porta: Number(porta), semente: Number(semente), quantas: Number(quantas), contadores });
}
