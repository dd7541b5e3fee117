/**
 * Testes do ouvinte com uma porta e conexões de memória: quantas entram, quem é recusado, os prazos e o fim. Com tempos de
 * poucos milissegundos; os do servidor são `TEMPOS` e `LIMITES`.
 *
 * @module
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { deadline, delay } from "@std/async";
import { Agenda } from "../agenda.ts";
import { ArmazemSqlite } from "../armazem/sqlite.ts";
import { lerOferta } from "../clinica/oferta.ts";
import { PACIENCIA } from "../testes/apoio.ts";
import { PORTA_ABERTA, SEM_LIMITES } from "../testes/porteiro.ts";
import { Console } from "./console.ts";
import { type Chegada, Ouvinte, type Porta, RECUSAS_MAXIMAS } from "./ouvinte.ts";
import { Registro } from "./registro.ts";
import { LIMITES, type Limites } from "./sessao.ts";

/** Uma conexão na memória: o teste é o outro lado. */
class ConexaoFalsa implements Chegada {
  readonly remoteAddr: { hostname: string; port: number };
  /** O que o servidor escreveu. */
  escrito = "";
  fechada = false;
  /** Enquanto é falso, o outro lado não lê. */
  aceita = true;
  /** Faz `setNoDelay` lançar. */
  sumiu = false;
  #chegou: Uint8Array[] = [];
  #acabou = false;
  #acorda: (() => void)[] = [];

  constructor(hostname: string) {
    this.remoteAddr = { hostname, port: 5000 };
  }

  async read(bloco: Uint8Array): Promise<number | null> {
    await this.ate(() => this.fechada || this.#acabou || this.#chegou.length > 0);
    if (this.fechada) throw new Deno.errors.Interrupted("a conexão foi fechada");
    const chegou = this.#chegou.shift();
    if (chegou === undefined) return null;
    bloco.set(chegou);
    return chegou.length;
  }

  async write(bytes: Uint8Array): Promise<number> {
    const texto = new TextDecoder().decode(bytes);
    await this.ate(() => this.fechada || this.aceita);
    if (this.fechada) throw new Deno.errors.Interrupted("a conexão foi fechada");
    this.escrito += texto;
    this.#avisa();
    return bytes.length;
  }

  closeWrite(): Promise<void> {
    return Promise.resolve();
  }

  close(): void {
    this.fechada = true;
    this.#avisa();
  }

  setNoDelay(): void {
    if (this.sumiu) throw new Deno.errors.NotConnected("o outro lado já se foi");
  }

  /** Chega uma linha. */
  manda(linha: string): void {
    this.#chegou.push(new TextEncoder().encode(linha + "\n"));
    this.#avisa();
  }

  /** O outro lado fecha. */
  acaba(): void {
    this.#acabou = true;
    this.#avisa();
  }

  /** Espera até que a condição valha. */
  async ate(condicao: () => boolean): Promise<void> {
    while (!condicao()) await deadline(new Promise<void>((acorda) => this.#acorda.push(acorda)), PACIENCIA);
  }

  #avisa(): void {
    for (const acorda of this.#acorda.splice(0)) acorda();
  }
}

/** Uma porta na memória. */
class PortaFalsa implements Porta {
  #aEspera = Promise.withResolvers<Chegada>();
  #fila: (Chegada | Error)[] = [];
  #pedida = false;

  accept(): Promise<Chegada> {
    const primeira = this.#fila.shift();
    if (primeira instanceof Error) return Promise.reject(primeira);
    if (primeira !== undefined) return Promise.resolve(primeira);
    this.#pedida = true;
    return this.#aEspera.promise;
  }

  close(): void {
    this.#aEspera.reject(new Deno.errors.BadResource("a porta foi fechada"));
  }

  /** Chega uma conexão, ou um `accept` que falha. */
  chega(conexao: Chegada | Error): void {
    if (!this.#pedida) {
      this.#fila.push(conexao);
      return;
    }
    this.#pedida = false;
    const { resolve, reject } = this.#aEspera;
    this.#aEspera = Promise.withResolvers();
    if (conexao instanceof Error) reject(conexao);
    else resolve(conexao);
  }
}

/** Um ouvinte em andamento, com um livro vazio na memória. */
class Casa implements AsyncDisposable {
  readonly porta = new PortaFalsa();
  readonly ouvinte: Ouvinte;
  readonly atendendo: Promise<void>;
  #armazem = ArmazemSqlite.abre(":memory:");
  #registro: Registro;
  #log = "";

  constructor(
    { conexoes = 1000, conexoesPorEndereco = 100, fim = 2000, limites = {} }: {
      conexoes?: number;
      conexoesPorEndereco?: number;
      fim?: number;
      limites?: Partial<Limites>;
    } = {},
  ) {
    const oferta = lerOferta();
    this.#registro = new Registro({
      formato: "json",
      volume: "normal",
      fuso: oferta.fuso,
      destino: {
        write: (bytes): Promise<number> => {
          this.#log += new TextDecoder().decode(bytes);
          return Promise.resolve(bytes.length);
        },
      },
    });
    const armazem = this.#armazem;
    const agenda = new Agenda({ armazem, oferta, relogio: Date.now });
    this.ouvinte = new Ouvinte({
      agenda,
      console: new Console({ registro: this.#registro, armazem, agenda }),
      porteiro: PORTA_ABERTA,
      contador: SEM_LIMITES,
      registro: this.#registro,
      conexoes,
      conexoesPorEndereco,
      limites: { ...LIMITES, ...limites },
      tempos: { conferencia: 5, accept: 1, chegada: 5, fim },
    });
    this.atendendo = this.ouvinte.atende(this.porta);
    this.atendendo.catch(() => {});
  }

  /** Chega uma conexão, e espera-se que ela leia alguma coisa ou seja fechada. */
  async conecta(hostname: string = "10.0.0.7"): Promise<ConexaoFalsa> {
    const conexao = new ConexaoFalsa(hostname);
    this.porta.chega(conexao);
    await conexao.ate(() => conexao.escrito !== "" || conexao.fechada);
    return conexao;
  }

  /** Os eventos contados até agora, `"evento motivo"`. */
  async contado(): Promise<string[]> {
    await this.#registro.fecha();
    return this.#log.split("\n").filter((linha) => linha !== "").map((linha) => JSON.parse(linha)).map((linha) =>
      `${linha.evento} ${linha.motivo ?? linha.o_que ?? ""}`.trimEnd()
    );
  }

  /** Encerra e espera o fim. */
  async encerra(): Promise<void> {
    this.ouvinte.encerra("SIGTERM");
    await deadline(this.atendendo, PACIENCIA);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.ouvinte.encerra("fim do teste");
    await this.atendendo;
    await this.#registro.fecha();
    await this.#armazem[Symbol.asyncDispose]();
  }
}

/** Registra um teste que não precisa de nada. */
function teste(nome: string, fn: () => Promise<void>): void {
  Deno.test({ name: `ouvinte: ${nome}`, permissions: "none", fn });
}

const OCUPADO = '["ERRO-130","SERVIDOR OCUPADO"]\n';

/** Se a conexão foi saudada. */
function entrou({ escrito }: ConexaoFalsa): boolean {
  return escrito.startsWith('["OK-200"');
}

/** O outro lado fecha, e o ouvinte já o sabe. */
async function sai(conexao: ConexaoFalsa): Promise<void> {
  conexao.acaba();
  await conexao.ate(() => conexao.fechada);
  await delay(0);
}

teste("além de --conexoes, ERRO-130; quem sai dá o lugar", async () => {
  await using casa = new Casa({ conexoes: 2 });
  const primeira = await casa.conecta();
  assert(entrou(primeira) && entrou(await casa.conecta()));
  assertEquals((await casa.conecta()).escrito, OCUPADO);
  await sai(primeira);
  assert(entrou(await casa.conecta()));
  assertEquals(await casa.contado(), [
    "conectou",
    "conectou",
    "recusou já há 2 conexões (--conexoes)",
    "saiu",
    "conectou",
  ]);
});

teste(
  "além de --conexoes-por-endereco, ERRO-130; outro endereço entra, e a própria máquina não tem limite",
  async () => {
    await using casa = new Casa({ conexoesPorEndereco: 2 });
    const primeira = await casa.conecta("10.0.0.7");
    assert(entrou(primeira) && entrou(await casa.conecta("10.0.0.7")));
    assertEquals((await casa.conecta("10.0.0.7")).escrito, OCUPADO);
    assert(entrou(await casa.conecta("10.0.0.8")));
    for (const aqui of ["127.0.0.1", "127.0.0.2", "::1", "::ffff:127.0.0.1"]) {
      for (let i = 0; i < 3; i++) assert(entrou(await casa.conecta(aqui)), aqui);
    }
    primeira.acaba();
    await primeira.ate(() => primeira.fechada);
    assert(entrou(await casa.conecta("10.0.0.7")));
    const recusas = (await casa.contado()).filter((evento) => evento.startsWith("recusou"));
    assertEquals(recusas, ["recusou já há 2 conexões deste endereço (--conexoes-por-endereco)"]);
  },
);

teste("de um IPv6 conta-se o /64, e um IPv4 escrito em IPv6 é o IPv4", async () => {
  await using casa = new Casa({ conexoesPorEndereco: 1 });
  assert(entrou(await casa.conecta("2001:db8:1:2::1")));
  assertEquals((await casa.conecta("2001:db8:1:2:aaaa::9")).escrito, OCUPADO);
  assert(entrou(await casa.conecta("2001:db8:1:3::1")));
  assert(entrou(await casa.conecta("::ffff:10.0.0.7")));
  assertEquals((await casa.conecta("10.0.0.7")).escrito, OCUPADO);
});

teste("recusas que ninguém lê não se acumulam: além de cem, fecham-se sem adeus", async () => {
  await using casa = new Casa({ conexoes: 1 });
  await casa.conecta();
  for (let i = 0; i < RECUSAS_MAXIMAS; i++) assertEquals((await casa.conecta()).escrito, OCUPADO);
  const demais = await casa.conecta();
  assertEquals([demais.escrito, demais.fechada], ["", true]);
});

teste("um accept que falha é contado, e o seguinte é tentado; o mesmo com quem some ao entrar", async () => {
  await using casa = new Casa();
  casa.porta.chega(new Error("arquivos abertos demais"));
  assert(entrou(await casa.conecta()));
  const sumida = new ConexaoFalsa("10.0.0.7");
  sumida.sumiu = true;
  casa.porta.chega(sumida);
  assert(entrou(await casa.conecta()));
  assertEquals([sumida.escrito, sumida.fechada], ["", true]);
  assertEquals(await casa.contado(), ["falha uma conexão não pôde ser aceita", "conectou", "conectou"]);
});

teste("quem liga e desliga antes de ser aceito não é uma falha", async () => {
  await using casa = new Casa();
  casa.porta.chega(new Deno.errors.NotConnected("o outro lado já se foi"));
  assert(entrou(await casa.conecta()));
  assertEquals(await casa.contado(), ["conectou"]);
});

teste("uma conexão sem pedidos é fechada pelo prazo, que se confere de tempos em tempos", async () => {
  await using casa = new Casa({ limites: { ociosa: 10, despedida: 10 } });
  const conexao = await casa.conecta();
  await conexao.ate(() => conexao.fechada);
  assert(conexao.escrito.endsWith(OCUPADO), conexao.escrito);
  // `saiu` conta-se depois de a conexão fechar.
  await delay(0);
  assertEquals(await casa.contado(), ["conectou", "saiu sem pedidos por tempo demais"]);
});

teste(
  "ao encerrar, o que já chegou é respondido, quem está parado é fechado e a recusa em curso é cortada",
  async () => {
    await using casa = new Casa({ conexoes: 2 });
    const parada = await casa.conecta();
    const ativa = await casa.conecta();
    const recusada = await casa.conecta();
    ativa.manda('["PING"]');
    await casa.encerra();
    assert(ativa.escrito.endsWith('["OK-200","CLINICA/1"]\n'), ativa.escrito);
    assertEquals([parada.fechada, ativa.fechada, recusada.fechada], [true, true, true]);
    assertEquals((await casa.contado()).slice(3), ["encerrando", "saiu servidor encerrado", "saiu servidor encerrado"]);
  },
);

teste("ao encerrar, quem não lê a resposta é esperado só por um tempo", async () => {
  await using casa = new Casa({ fim: 30 });
  const surda = await casa.conecta();
  surda.aceita = false;
  surda.manda('["VAGAS"]');
  await casa.encerra();
  assertEquals(surda.fechada, true);
});

teste("enquanto não há chaves, quem entra é gerente", async () => {
  await using casa = new Casa({});
  const conexao = await casa.conecta();
  conexao.manda('["OLA","CLINICA/2"]');
  await conexao.ate(() => conexao.escrito.includes("CLINICA/2"));
  assertStringIncludes(conexao.escrito, '"papel":"gerente"');
});
