/**
 * Testes de uma sessão com uma conexão de memória: a ordem das respostas, os prazos, os limites e o fim.
 *
 * @module
 */

import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { deadline } from "@std/async";
import { Agenda } from "../agenda.ts";
import type { Armazem, Desfecho, Quem } from "../clinica/livro.ts";
import { cpfDeExemplo, PACIENCIA } from "../testes/apoio.ts";
import { PORTA_ABERTA, SEM_LIMITES } from "../testes/porteiro.ts";
import { ArmazemSqlite } from "../armazem/sqlite.ts";
import { lerOferta } from "../clinica/oferta.ts";
import configuracao from "../deno.json" with { type: "json" };
import { codificarPedido2 } from "../fio/pedidos.ts";
import { decodificarResposta2 } from "../fio/respostas.ts";
import { codificarPedido, decodificarResposta, type PedidoNoFio } from "../protocolo.ts";
import { Laco } from "./laco.ts";
import { Redator } from "./redator.ts";
import { type Contador, LIMITES, type Limites, type Porteiro, Sessao, type Soquete } from "./sessao.ts";

/** Uma conexão na memória: o teste é o outro lado. */
class ConexaoFalsa implements Soquete {
  /** O que cada `write` aceitou. */
  readonly escritas: string[] = [];
  /** As linhas que a sessão escreveu. */
  linhas: string[] = [];
  escritaFechada = false;
  fechada = false;
  /** Bytes que `write` aceita por vez; com 0, não aceita nenhum e não acaba. */
  aceita = Infinity;
  /** O maior bloco que a sessão ofereceu para ler, em bytes. */
  maiorBloco = 0;
  #chegou: Uint8Array[] = [];
  #fim: Error | null | undefined;
  #quebraEscrita: Error | undefined;
  #texto = "";
  #decodificador = new TextDecoder();
  #lendo = false;
  #presa = false;
  #acorda: (() => void)[] = [];

  // O lado da sessão.

  async read(bloco: Uint8Array): Promise<number | null> {
    this.maiorBloco = Math.max(this.maiorBloco, bloco.length);
    for (;;) {
      if (this.fechada) throw new Deno.errors.Interrupted("a conexão foi fechada");
      const [primeiro] = this.#chegou;
      if (primeiro !== undefined) {
        const parte = primeiro.subarray(0, bloco.length);
        bloco.set(parte);
        if (parte.length === primeiro.length) this.#chegou.shift();
        else this.#chegou[0] = primeiro.subarray(parte.length);
        return parte.length;
      }
      if (this.#fim instanceof Error) throw this.#fim;
      if (this.#fim === null) return null;
      this.#lendo = true;
      this.#avisa();
      await this.#mudanca();
      this.#lendo = false;
    }
  }

  async write(bytes: Uint8Array): Promise<number> {
    if (this.fechada) throw new Deno.errors.BadResource("a conexão está fechada");
    if (this.#quebraEscrita !== undefined) throw this.#quebraEscrita;
    while (this.aceita === 0) {
      this.#presa = true;
      this.#avisa();
      await this.#mudanca();
      if (this.fechada) throw new Deno.errors.Interrupted("a conexão foi fechada");
    }
    const parte = bytes.slice(0, this.aceita);
    this.escritas.push(new TextDecoder().decode(parte));
    this.#texto += this.#decodificador.decode(parte, { stream: true });
    const linhas = this.#texto.split("\n");
    this.#texto = linhas.pop() ?? "";
    this.linhas.push(...linhas);
    this.#avisa();
    return parte.length;
  }

  // deno-lint-ignore require-await
  async closeWrite(): Promise<void> {
    if (this.fechada) throw new Deno.errors.BadResource("a conexão está fechada");
    this.escritaFechada = true;
    this.#avisa();
  }

  close(): void {
    if (this.fechada) throw new Deno.errors.BadResource("a conexão já estava fechada");
    this.fechada = true;
    this.#avisa();
  }

  // O lado do teste.

  /** Chega um bloco. */
  manda(dados: string | Uint8Array): void {
    this.#chegou.push(typeof dados === "string" ? new TextEncoder().encode(dados) : dados);
    this.#avisa();
  }

  /** O outro lado fecha. */
  acaba(): void {
    this.#fim = null;
    this.#avisa();
  }

  /** A leitura falha. */
  quebra(erro: Error): void {
    this.#fim = erro;
    this.#avisa();
  }

  /** As escritas falham. */
  quebraEscrita(erro: Error): void {
    this.#quebraEscrita = erro;
  }

  /** Volta a aceitar escritas. */
  segue(): void {
    this.aceita = Infinity;
    this.#avisa();
  }

  /** Espera até que a condição valha. */
  async ate(condicao: () => boolean): Promise<void> {
    while (!condicao()) await deadline(this.#mudanca(), PACIENCIA);
  }

  /** Espera até que a sessão tenha lido tudo e queira mais. */
  async lida(): Promise<void> {
    await this.ate(() => this.#lendo && this.#chegou.length === 0);
  }

  /** Espera até que a sessão esteja presa numa escrita que não acaba. */
  async presa(): Promise<void> {
    await this.ate(() => this.#presa);
  }

  #avisa(): void {
    for (const acorda of this.#acorda.splice(0)) acorda();
  }

  #mudanca(): Promise<void> {
    return new Promise((acorda) => this.#acorda.push(acorda));
  }
}

/** Um armazém de verdade na memória, cujos lotes o teste pode segurar ou trocar pelo desfecho que quiser. */
class ArmazemDeTeste implements Armazem {
  #armazem = ArmazemSqlite.abre(":memory:");
  /** Enquanto não resolve, nenhum lote acaba. */
  segura: Promise<void> | undefined;
  /** Chamada quando um lote chega. */
  aoChegar: () => void = () => {};
  /** Em vez de gravar. */
  desfecho: Exclude<Desfecho<never>, { tipo: "gravado" }> | undefined;
  /** O erro que toda leitura lança. */
  falha: Error | undefined;
  lotes = 0;

  async lote<R>(...[alcance, quando, decide]: Parameters<Armazem["lote"]>): Promise<Desfecho<R>> {
    this.lotes++;
    this.aoChegar();
    await this.segura;
    return this.desfecho ?? await this.#armazem.lote(alcance, quando, decide) as Desfecho<R>;
  }

  le<R>(...[alcance, consulta]: Parameters<Armazem["le"]>): R {
    if (this.falha !== undefined) throw this.falha;
    return this.#armazem.le(alcance, consulta) as R;
  }

  lista(data: string, especialidade?: string): ReturnType<Armazem["lista"]> {
    return this.#armazem.lista(data, especialidade);
  }

  diasMarcados(desde: string): ReturnType<Armazem["diasMarcados"]> {
    return this.#armazem.diasMarcados(desde);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#armazem[Symbol.asyncDispose]();
  }
}

/** Segunda-feira, 23/11/2026, às 07:00 em São Paulo. */
const AGORA = Temporal.ZonedDateTime.from("2026-11-23T07:00[America/Sao_Paulo]").epochMilliseconds;

const SEGUNDA = { especialista: "CLINICO GERAL", data: "30/11/2026", dia: "SEGUNDA-FEIRA" };

/** Uma sessão em andamento, e o mundo em volta dela. */
interface Cena extends AsyncDisposable {
  conexao: ConexaoFalsa;
  sessao: Sessao;
  armazem: ArmazemDeTeste;
  agenda: Agenda;
  /** Anda o relógio e faz a conferência. */
  passa(ms: number): void;
  /** A promessa de `atende`. */
  fim: Promise<void>;
  respondidos: [comando: string | undefined, codigo: string][];
}

interface OpcoesDaCena {
  limites?: Partial<Limites>;
  /** O que fazer antes que a sessão comece. */
  antes?: (conexao: ConexaoFalsa, armazem: ArmazemDeTeste) => void;
  /** Recusar em vez de atender. */
  recusa?: boolean;
  config?: unknown;
  /** Onde os trabalhos pesados esperam a vez. */
  laco?: Laco;
  contador?: Contador;
  porteiro?: Porteiro;
}

/** Um laço que não volta ao sistema: nada fica por acabar quando o teste acaba. */
const NA_HORA = new Laco({ cede: () => Promise.resolve() });

function monta(
  {
    limites = {},
    antes = () => {},
    recusa = false,
    config,
    laco = NA_HORA,
    contador = SEM_LIMITES,
    porteiro = PORTA_ABERTA,
  }: OpcoesDaCena = {},
): Cena {
  const conexao = new ConexaoFalsa();
  const armazem = new ArmazemDeTeste();
  const agenda = new Agenda({ armazem, oferta: lerOferta(config), relogio: () => AGORA });
  antes(conexao, armazem);
  let agora = 0;
  const respondidos: Cena["respondidos"] = [];
  const sessao = new Sessao(conexao, { origem: "10.0.0.7", cliente: "10.0.0.7:40312", papel: "gerente" }, {
    agenda,
    porteiro,
    contador,
    redator: new Redator(agenda),
    relogio: () => agora,
    limites: { ...LIMITES, ...limites },
    laco,
    aoResponder: (_quem, pedido, { codigo }) => respondidos.push([pedido?.comando, codigo]),
  });
  const fim = recusa ? sessao.recusa() : sessao.atende();
  fim.catch(() => {});
  return {
    conexao,
    sessao,
    armazem,
    agenda,
    fim,
    respondidos,
    passa(ms): void {
      agora += ms;
      sessao.confere();
    },
    async [Symbol.asyncDispose](): Promise<void> {
      sessao.corta();
      await fim.catch(() => {});
      await agenda.esvazia();
      await armazem[Symbol.asyncDispose]();
    },
  };
}

/** Uma sessão já saudada, à espera de um pedido; a saudação não fica em `linhas`. */
async function saudada(opcoes: OpcoesDaCena = {}): Promise<Cena> {
  const cena = monta(opcoes);
  await cena.conexao.lida();
  assertEquals(cena.conexao.linhas.length, 1);
  cena.conexao.linhas = [];
  cena.conexao.escritas.length = 0;
  return cena;
}

function agend(n: number, horario?: string): PedidoNoFio {
  return { comando: "AGEND", cpf: cpfDeExemplo(n), nome: "MARIA DA SILVA", ...SEGUNDA, horario };
}

function busca(n: number): PedidoNoFio {
  return { comando: "BUSCA", cpf: cpfDeExemplo(n) };
}

function codigos(linhas: readonly string[]): string[] {
  return linhas.map((linha) => decodificarResposta(linha)?.codigo ?? `?${linha}`);
}

const PING = '["PING"]\n';
const OK_200 = '["OK-200","CLINICA/1"]';
const ERRO_130 = '["ERRO-130","SERVIDOR OCUPADO"]';
const ERRO_100 = '["ERRO-100","MENSAGEM MALFORMADA"]';

/** Registra um teste que não precisa de nada. */
function teste(nome: string, fn: () => Promise<void>): void {
  Deno.test({ name: `sessão: ${nome}`, permissions: "none", fn });
}

teste("o servidor fala primeiro: a primeira hora livre de cada especialidade", async () => {
  await using cena = monta();
  await cena.conexao.lida();
  assertEquals(cena.conexao.linhas.map((linha) => JSON.parse(linha)), [["OK-200", "CLINICA/1", [
    ["23/11/2026", "SEGUNDA-FEIRA", "08:00", "CLINICO GERAL"],
    ["25/11/2026", "QUARTA-FEIRA", "08:00", "DERMATOLOGISTA"],
    ["27/11/2026", "SEXTA-FEIRA", "08:00", "NUTRICIONISTA"],
  ]]]);
});

teste("pedidos, consultas e erros de um bloco são respondidos na ordem, numa só escrita", async () => {
  await using cena = await saudada();
  const { conexao } = cena;
  conexao.manda(
    PING + "lixo\n" + codificarPedido(agend(1)) + codificarPedido(busca(1)) + '["NADA"]\n' +
      codificarPedido({ comando: "CANCEL", cpf: cpfDeExemplo(1) }) + codificarPedido(busca(1)),
  );
  await conexao.lida();
  const esperados = ["OK-200", "ERRO-100", "OK-300", "OK-302", "ERRO-101", "OK-301", "ERRO-112"];
  assertEquals(codigos(conexao.linhas), esperados);
  assertEquals(conexao.escritas.length, 1);
  assertEquals(cena.sessao.pedidos, esperados.length);
  assertEquals(cena.respondidos, [
    ["PING", "OK-200"],
    [undefined, "ERRO-100"],
    ["AGEND", "OK-300"],
    ["BUSCA", "OK-302"],
    [undefined, "ERRO-101"],
    ["CANCEL", "OK-301"],
    ["BUSCA", "ERRO-112"],
  ]);
});

teste("256 pedidos num bloco são um só lote, respondidos na ordem", async () => {
  await using cena = await saudada();
  const { conexao, armazem } = cena;
  const linhas = Array.from({ length: 256 }, (_, i) => codificarPedido(i === 0 ? agend(0) : busca(i % 2)));
  conexao.manda(linhas.join(""));
  await conexao.ate(() => conexao.linhas.length === 256);
  const esperados = Array.from({ length: 256 }, (_, i) => i === 0 ? "OK-300" : i % 2 === 0 ? "OK-302" : "ERRO-112");
  assertEquals(codigos(conexao.linhas), esperados);
  assertEquals(armazem.lotes, 1, "só as que mudam esperam um lote");
});

teste("1.000 pedidos de uma vez são respondidos na ordem, e nunca mais que 256 em voo", async () => {
  await using cena = await saudada();
  const { conexao } = cena;
  const maiores: number[] = [];
  const atende = cena.agenda.atende.bind(cena.agenda);
  cena.agenda.atende = (pedidos, quem) => {
    maiores.push(pedidos.length);
    return atende(pedidos, quem);
  };
  conexao.manda(Array.from({ length: 1000 }, (_, i) => i % 3 === 0 ? PING : codificarPedido(busca(i))).join(""));
  await conexao.ate(() => conexao.linhas.length === 1000);
  assertEquals(
    codigos(conexao.linhas),
    Array.from({ length: 1000 }, (_, i) => i % 3 === 0 ? "OK-200" : "ERRO-112"),
  );
  assert(Math.max(...maiores) <= 256, `${Math.max(...maiores)} de uma vez`);

  maiores.length = 0;
  conexao.linhas = [];
  conexao.manda(PING.repeat(900));
  await conexao.ate(() => conexao.linhas.length === 900);
  assertEquals(Math.max(...maiores), 256, "um bloco de 8 KiB tem mais de 256 PINGs");
});

teste("quem pede vai com os pedidos", async () => {
  await using cena = await saudada();
  const origens: Quem[] = [];
  const atende = cena.agenda.atende.bind(cena.agenda);
  cena.agenda.atende = (pedidos, quem) => {
    origens.push(quem);
    return atende(pedidos, quem);
  };
  cena.conexao.manda(codificarPedido(agend(1)));
  await cena.conexao.ate(() => cena.conexao.linhas.length === 1);
  assertEquals(origens, [{ origem: "10.0.0.7", cliente: "10.0.0.7:40312", papel: "gerente" }]);
});

teste("escritas de um byte por vez entregam as linhas inteiras", async () => {
  await using cena = monta({ antes: (conexao) => conexao.aceita = 1 });
  const { conexao } = cena;
  await conexao.lida();
  conexao.manda(codificarPedido(agend(1)) + "x\n");
  await conexao.ate(() => conexao.linhas.length === 3);
  assertEquals(codigos(conexao.linhas), ["OK-200", "OK-300", "ERRO-100"]);
  assert(conexao.escritas.every((escrita) => escrita.length <= 1));
});

teste("uma linha que chega byte a byte, partida no meio de um caractere, é uma linha só", async () => {
  await using cena = await saudada();
  const { conexao } = cena;
  const pedido: PedidoNoFio = { comando: "AGEND", cpf: cpfDeExemplo(1), nome: "JOSÉ 𝒜 ÇÃO", ...SEGUNDA };
  for (const byte of new TextEncoder().encode(codificarPedido(pedido))) {
    conexao.manda(Uint8Array.of(byte));
    await conexao.lida();
  }
  assertEquals(codigos(conexao.linhas), ["OK-300"]);
  assertStringIncludes(conexao.linhas[0], "JOSÉ 𝒜 ÇÃO");
});

teste("CR LF também acaba uma linha", async () => {
  await using cena = await saudada();
  cena.conexao.manda('["PING"]\r\n["PING"]\r\n');
  await cena.conexao.lida();
  assertEquals(cena.conexao.linhas, [OK_200, OK_200]);
});

teste("uma linha que não é UTF-8 é respondida e as outras do bloco também", async () => {
  await using cena = await saudada();
  const { conexao } = cena;
  conexao.manda(Uint8Array.of(...new TextEncoder().encode(PING), 0xff, 0x0a, ...new TextEncoder().encode(PING)));
  await conexao.lida();
  assertEquals(conexao.linhas, [OK_200, ERRO_100, OK_200]);
});

teste("o bloco de leitura cresce com quem manda muito e volta a ser pequeno", async () => {
  await using cena = await saudada();
  const { conexao } = cena;
  assertEquals(conexao.maiorBloco, 512);
  conexao.manda(PING.repeat(200));
  await conexao.ate(() => conexao.linhas.length === 200);
  await conexao.lida();
  assertEquals(conexao.maiorBloco, 8192);
  conexao.manda(PING);
  await conexao.ate(() => conexao.linhas.length === 201);
  conexao.maiorBloco = 0;
  conexao.manda(PING);
  await conexao.ate(() => conexao.linhas.length === 202);
  await conexao.lida();
  assertEquals(conexao.maiorBloco, 512);
});

teste("uma linha de 8.192 bytes, LF incluído, é lida", async () => {
  await using cena = await saudada();
  const { conexao } = cena;
  const linha = '["PING"]'.padEnd(8191) + "\n";
  conexao.manda(linha + PING);
  await conexao.lida();
  assertEquals(conexao.linhas, [OK_200, OK_200]);
});

for (const [forma, blocos] of [["de uma vez", 1], ["aos pedaços", 9], ["sem fim", 0]] as const) {
  teste(`uma linha longa demais, ${forma}, é respondida com ERRO-100 e a conexão fecha`, async () => {
    await using cena = await saudada();
    const { conexao } = cena;
    conexao.manda(PING);
    if (blocos === 0) { for (let i = 0; i < 20; i++) conexao.manda("x".repeat(1000)); }
    else for (let i = 0; i < blocos; i++) conexao.manda("x".repeat(9000 / blocos));
    if (blocos > 0) conexao.manda("\n");
    await conexao.ate(() => conexao.escritaFechada);
    conexao.manda(PING);
    await conexao.lida();
    assertEquals(conexao.linhas, [OK_200, ERRO_100]);
    conexao.acaba();
    await cena.fim;
    assert(conexao.fechada);
    assertEquals(cena.sessao.motivo, "linha longa demais");
  });
}

teste("vinte ERRO-100 seguidos fecham a conexão, e nada depois deles é respondido", async () => {
  await using cena = await saudada();
  const { conexao } = cena;
  conexao.manda("x\n".repeat(25) + PING);
  await conexao.ate(() => conexao.escritaFechada);
  assertEquals(conexao.linhas, new Array(20).fill(ERRO_100));
  assertEquals(cena.sessao.motivo, "mensagens malformadas demais");
});

/** O que o Chromium manda por `fetch(…, { method: "POST", mode: "no-cors" })`; o corpo é de quem escreveu a página. */
const POST = [
  "POST / HTTP/1.1",
  "Host: 10.0.0.30:9000",
  "Connection: keep-alive",
  "Content-Length: 26",
  'sec-ch-ua-platform: "Linux"',
  "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36",
  'sec-ch-ua: "Not:A-Brand";v="8", "Chromium";v="156"',
  "Content-Type: text/plain",
  "sec-ch-ua-mobile: ?0",
  "Accept: */*",
  "Origin: http://pagina.exemplo",
  "Sec-Fetch-Site: cross-site",
  "Sec-Fetch-Mode: no-cors",
  "Sec-Fetch-Dest: empty",
  "Referer: http://pagina.exemplo/",
  "Accept-Encoding: gzip, deflate, br, zstd",
  "Accept-Language: pt-BR,pt;q=0.9",
  "",
  `\n${codificarPedido({ comando: "CANCEL", cpf: cpfDeExemplo(1) })}`,
].join("\r\n");

teste(
  "um POST de um navegador é respondido com ERRO-100 e fechado, e o que traz não corre, seja qual for o corte",
  async () => {
    // Byte a byte, inteiro, e cortado em dois em cada lugar da primeira linha e do corpo.
    const cortes = [1, 2, 5, 14, 15, 16, 17, 18, 100, POST.length - 20, POST.length - 1];
    const comBytesCrus = [
      Uint8Array.of(...new TextEncoder().encode("POST /"), 0xff, 0xe9),
      POST.slice("POST /".length),
    ];
    const formas = [
      [POST],
      [...POST],
      comBytesCrus,
      ...cortes.map((corte) => [POST.slice(0, corte), POST.slice(corte)]),
    ];
    for (const blocos of formas) {
      await using cena = await saudada();
      const { conexao, armazem } = cena;
      for (const bloco of blocos) {
        conexao.manda(bloco);
        await conexao.lida();
      }
      await conexao.ate(() => conexao.escritaFechada);
      assertEquals(conexao.linhas, [ERRO_100]);
      assertEquals(armazem.lotes, 0);
      assertEquals(cena.sessao.motivo, "fala HTTP");
      assertEquals(cena.respondidos, [[undefined, "ERRO-100"]]);
    }
  },
);

teste("linhas vazias antes não escondem quem fala HTTP", async () => {
  await using cena = await saudada();
  cena.conexao.manda(`\r\n\n${POST}`);
  await cena.conexao.ate(() => cena.conexao.escritaFechada);
  assertEquals(cena.conexao.linhas, [ERRO_100, ERRO_100, ERRO_100]);
  assertEquals(cena.armazem.lotes, 0);
});

teste("só a primeira linha diz que é HTTP", async () => {
  await using cena = await saudada();
  cena.conexao.manda(`${PING}GET / HTTP/1.1\r\n${PING}`);
  await cena.conexao.lida();
  assertEquals(cena.conexao.linhas, [OK_200, ERRO_100, OK_200]);
});

teste("dezenove ERRO-100 e um pedido bom, muitas vezes, não fecham a conexão", async () => {
  await using cena = await saudada();
  const { conexao } = cena;
  for (let i = 0; i < 3; i++) {
    conexao.manda("x\n".repeat(19));
    conexao.manda(i === 1 ? '["NADA"]\n' : PING);
  }
  await conexao.ate(() => conexao.linhas.length === 60);
  await conexao.lida();
  assertEquals(codigos(conexao.linhas).filter((codigo) => codigo === "ERRO-100").length, 57);
  assert(!conexao.escritaFechada);
});

teste("uma linha que não se completa no prazo desde o primeiro byte é fechada com ERRO-130", async () => {
  await using cena = await saudada({ limites: { linha: 100, ociosa: 10_000 } });
  const { conexao } = cena;
  conexao.manda('["PI');
  await conexao.lida();
  cena.passa(60);
  conexao.manda("N");
  await conexao.lida();
  cena.passa(39);
  assertEquals(conexao.linhas, [], "ainda não venceu");
  cena.passa(1);
  await conexao.ate(() => conexao.escritaFechada);
  assertEquals(conexao.linhas, [ERRO_130]);
  assertEquals(cena.sessao.motivo, "linha incompleta por tempo demais");
  conexao.manda('G"]\n');
  await conexao.lida();
  assertEquals(conexao.linhas, [ERRO_130], "depois da última linha nada é respondido");
  conexao.acaba();
  await cena.fim;
});

teste("o prazo de uma linha recomeça a cada linha", async () => {
  await using cena = await saudada({ limites: { linha: 100, ociosa: 10_000 } });
  const { conexao } = cena;
  for (let i = 0; i < 5; i++) {
    conexao.manda(i === 0 ? '["PI' : 'NG"]\n["PI');
    await conexao.lida();
    cena.passa(80);
  }
  assertEquals(conexao.linhas, new Array(4).fill(OK_200));
  assert(!conexao.escritaFechada);
});

teste("sem pedidos pelo tempo ocioso, a conexão é fechada com ERRO-130", async () => {
  await using cena = await saudada({ limites: { ociosa: 1000 } });
  const { conexao } = cena;
  cena.passa(900);
  conexao.manda(PING);
  await conexao.lida();
  cena.passa(999);
  assertEquals(conexao.linhas, [OK_200]);
  cena.passa(1);
  await conexao.ate(() => conexao.escritaFechada);
  assertEquals(conexao.linhas, [OK_200, ERRO_130]);
  assertEquals(cena.sessao.motivo, "sem pedidos por tempo demais");
});

teste("um pedido que chega no instante do ERRO-130 não é executado nem respondido", async () => {
  await using cena = await saudada({ limites: { ociosa: 1000 } });
  const { conexao } = cena;
  // A leitura já tem o que devolver, mas a sessão ainda não correu.
  conexao.manda(codificarPedido(agend(1)));
  cena.passa(1000);
  await conexao.ate(() => conexao.escritaFechada);
  await conexao.lida();
  assertEquals(conexao.linhas, [ERRO_130]);
  assertEquals(cena.armazem.lotes, 0);
});

teste("depois do adeus, quem não fecha é fechado", async () => {
  await using cena = await saudada({ limites: { ociosa: 1000, despedida: 50 } });
  cena.passa(1000);
  await cena.conexao.ate(() => cena.conexao.escritaFechada);
  assert(!cena.conexao.fechada);
  cena.passa(50);
  await cena.fim;
  assert(cena.conexao.fechada);
});

teste("quem não lê as respostas é fechado no prazo de escrita", async () => {
  await using cena = await saudada({ limites: { escrita: 100 } });
  const { conexao } = cena;
  conexao.aceita = 0;
  conexao.manda(PING);
  await conexao.presa();
  cena.passa(99);
  assert(!conexao.fechada);
  cena.passa(1);
  await cena.fim;
  assert(conexao.fechada);
  assertEquals(cena.sessao.motivo, "não lê as respostas");
});

teste("quem não lê nem a saudação nem o ERRO-130 também é fechado", async () => {
  await using semSaudacao = monta({ limites: { escrita: 100 }, antes: (conexao) => conexao.aceita = 0 });
  await semSaudacao.conexao.presa();
  semSaudacao.passa(100);
  await semSaudacao.fim;
  assert(semSaudacao.conexao.fechada);

  await using semAdeus = await saudada({ limites: { ociosa: 1000, escrita: 100 } });
  semAdeus.conexao.aceita = 0;
  semAdeus.passa(1000);
  await semAdeus.conexao.presa();
  assert(!semAdeus.conexao.fechada);
  semAdeus.passa(100);
  await semAdeus.fim;
  assert(semAdeus.conexao.fechada);
});

teste("enquanto um lote é gravado não há prazo que feche a conexão", async () => {
  await using cena = await saudada();
  const { conexao, armazem } = cena;
  const gravado = Promise.withResolvers<void>();
  const chegou = Promise.withResolvers<void>();
  armazem.segura = gravado.promise;
  armazem.aoChegar = chegou.resolve;
  conexao.manda(codificarPedido(agend(1)));
  await chegou.promise;
  cena.passa(24 * 3600_000);
  assertEquals(conexao.linhas, []);
  assert(!conexao.fechada);
  gravado.resolve();
  await conexao.ate(() => conexao.linhas.length === 1);
  assertEquals(codigos(conexao.linhas), ["OK-300"]);
});

teste("nenhuma resposta de um grupo sai antes de o lote estar gravado", async () => {
  await using cena = await saudada();
  const { conexao, armazem } = cena;
  const gravado = Promise.withResolvers<void>();
  const chegou = Promise.withResolvers<void>();
  armazem.segura = gravado.promise;
  armazem.aoChegar = chegou.resolve;
  conexao.manda(codificarPedido(agend(1)) + PING);
  await chegou.promise;
  assertEquals(conexao.linhas, []);
  gravado.resolve();
  await conexao.ate(() => conexao.linhas.length === 2);
  assertEquals(codigos(conexao.linhas), ["OK-300", "OK-200"]);
});

teste("SAIR é respondido, a conexão fecha e as linhas seguintes são ignoradas", async () => {
  await using cena = await saudada();
  const { conexao, armazem } = cena;
  conexao.manda(PING + '["SAIR"]\n' + codificarPedido(agend(1)) + PING);
  await conexao.ate(() => conexao.escritaFechada);
  conexao.manda(codificarPedido(agend(2)));
  await conexao.lida();
  assertEquals(codigos(conexao.linhas), ["OK-200", "OK-201"]);
  assertEquals(armazem.lotes, 0);
  conexao.acaba();
  await cena.fim;
  assertEquals(cena.sessao.motivo, undefined, "foi o outro lado que quis");
});

teste("ERRO-130 é a última linha: o que veio atrás, no mesmo grupo ou depois, fica sem resposta", async () => {
  await using cena = await saudada();
  const { conexao } = cena;
  cena.agenda.atende =
    () => [{ codigo: "OK-200" }, { codigo: "ERRO-130" }, { codigo: "OK-200" }, { codigo: "ERRO-130" }];
  conexao.manda(PING.repeat(4));
  await conexao.ate(() => conexao.escritaFechada);
  conexao.manda(PING);
  await conexao.lida();
  assertEquals(codigos(conexao.linhas), ["OK-200", "ERRO-130"]);
  assertEquals(cena.respondidos.map(([, codigo]) => codigo), ["OK-200", "ERRO-130"]);
  conexao.acaba();
  await cena.fim;
  assertEquals(cena.sessao.motivo, "tentou demais");
});

teste("uma linha sem fim quando o outro lado fecha não é executada", async () => {
  await using cena = await saudada();
  const { conexao, armazem } = cena;
  conexao.manda(PING + codificarPedido(agend(1)).trimEnd());
  conexao.acaba();
  await cena.fim;
  assertEquals(conexao.linhas, [OK_200]);
  assertEquals(armazem.lotes, 0);
  assert(conexao.fechada);
});

teste("o outro lado fecha logo depois de pedir, e o que pediu é feito", async () => {
  await using cena = await saudada();
  const { conexao } = cena;
  conexao.manda(codificarPedido(agend(1)));
  conexao.acaba();
  await cena.fim;
  assertEquals(codigos(conexao.linhas), ["OK-300"]);
});

teste("encerrar à espera de um pedido, ou do resto de uma linha, fecha logo", async () => {
  await using espera = await saudada();
  espera.sessao.encerra();
  await espera.fim;
  assert(espera.conexao.fechada);
  assertEquals(espera.sessao.motivo, "servidor encerrado");

  await using metade = await saudada();
  metade.conexao.manda('["PI');
  await metade.conexao.lida();
  metade.sessao.encerra();
  await metade.fim;
  assertEquals(metade.conexao.linhas, []);
});

teste("encerrar durante uma gravação responde a tudo o que foi recebido, e a nada do que chega depois", async () => {
  await using cena = await saudada();
  const { conexao, armazem } = cena;
  const gravado = Promise.withResolvers<void>();
  const chegou = Promise.withResolvers<void>();
  armazem.segura = gravado.promise;
  armazem.aoChegar = chegou.resolve;
  conexao.manda(codificarPedido(agend(1)) + PING + '["VAGAS"]\n' + codificarPedido(busca(1)));
  await chegou.promise;
  cena.sessao.encerra();
  conexao.manda(codificarPedido(agend(2)));
  gravado.resolve();
  await conexao.ate(() => conexao.escritaFechada || conexao.fechada);
  assertEquals(codigos(conexao.linhas), ["OK-300", "OK-200", "OK-304", "OK-302"]);
  assert(conexao.escritaFechada, "fechar com bytes por ler seria um RST, que pode levar as respostas");
  conexao.acaba();
  await cena.fim;
  assertEquals(armazem.lotes, 1);
});

teste("encerrar durante a saudação fecha depois dela", async () => {
  await using cena = monta({ antes: (conexao) => conexao.aceita = 0 });
  await cena.conexao.presa();
  cena.sessao.encerra();
  assert(!cena.conexao.fechada);
  cena.conexao.segue();
  await deadline(cena.fim, PACIENCIA);
  assertEquals(codigos(cena.conexao.linhas), ["OK-200"]);
});

teste("cortar fecha já, mesmo no meio de uma escrita", async () => {
  await using cena = await saudada();
  cena.conexao.aceita = 0;
  cena.conexao.manda(PING);
  await cena.conexao.presa();
  cena.sessao.corta();
  await cena.fim;
  assert(cena.conexao.fechada);
});

teste("um desfecho incerto fecha sem resposta, e o que vinha depois não é executado", async () => {
  await using cena = await saudada({ limites: { emVoo: 2 } });
  const { conexao, armazem } = cena;
  armazem.desfecho = { tipo: "incerto", causa: new Error("EIO") };
  conexao.manda(
    codificarPedido(agend(1)) + PING + codificarPedido(agend(2)) + PING + codificarPedido(agend(3)) + PING,
  );
  await cena.fim;
  assertEquals(conexao.linhas, []);
  assert(conexao.fechada);
  assertEquals(armazem.lotes, 1);
  assertEquals(cena.sessao.motivo, "gravação de desfecho incerto");
});

teste("um lote que se sabe não gravado é ERRO-131, e a conexão continua", async () => {
  await using cena = await saudada();
  const { conexao, armazem } = cena;
  armazem.desfecho = { tipo: "nada", causa: new Error("disco cheio") };
  conexao.manda(PING + codificarPedido(agend(1)) + codificarPedido(busca(1)));
  await conexao.ate(() => conexao.linhas.length === 3);
  assertEquals(codigos(conexao.linhas), ["OK-200", "ERRO-131", "ERRO-112"]);
  armazem.desfecho = undefined;
  conexao.manda(codificarPedido(agend(1)));
  await conexao.ate(() => conexao.linhas.length === 4);
  assertEquals(codigos(conexao.linhas).at(-1), "OK-300");
});

teste("respostas acima do limite por enviar são enviadas antes de continuar", async () => {
  await using cena = await saudada({ limites: { porEnviar: 100 } });
  const { conexao } = cena;
  conexao.manda(PING.repeat(50));
  await conexao.ate(() => conexao.linhas.length === 50);
  assertEquals(conexao.linhas, new Array(50).fill(OK_200));
  assert(conexao.escritas.length > 1);
  for (const escrita of conexao.escritas) assert(escrita.length < 100 + OK_200.length + 1);
});

teste("quem não lê faz a sessão parar de executar, e não só de enviar", async () => {
  await using cena = await saudada({ limites: { porEnviar: 100 } });
  const { conexao } = cena;
  conexao.aceita = 0;
  conexao.manda('["VAGAS"]\n'.repeat(20));
  await conexao.presa();
  assertEquals(cena.respondidos.length, 1, "uma resposta grande por vez");
  conexao.segue();
  await conexao.ate(() => conexao.linhas.length === 20);
  assertEquals(codigos(conexao.linhas), new Array(20).fill("OK-304"));
});

teste("uma resposta sozinha pode ser maior que o limite por enviar", async () => {
  const dias = ["SEGUNDA-FEIRA", "TERÇA-FEIRA", "QUARTA-FEIRA", "QUINTA-FEIRA", "SEXTA-FEIRA", "SÁBADO", "DOMINGO"];
  const atendimentos = dias.map((dia) => ({ especialidade: "PLANTÃO", dia, inicio: "00:00", vagas: 288, minutos: 5 }));
  await using cena = await saudada({ config: { semanas: 53, atendimentos } });
  const { conexao } = cena;
  conexao.manda('["VAGAS"]\n' + PING);
  await conexao.ate(() => conexao.linhas.length === 2);
  assert(conexao.linhas[0].length > 2 * LIMITES.porEnviar, `${conexao.linhas[0].length}`);
  assertEquals(codigos(conexao.linhas), ["OK-304", "OK-200"]);
});

teste("recusada, a conexão recebe ERRO-130 no lugar da saudação, e o que manda é esquecido", async () => {
  await using cena = monta({ recusa: true });
  const { conexao } = cena;
  await conexao.ate(() => conexao.escritaFechada);
  conexao.manda(PING);
  await conexao.lida();
  assertEquals(conexao.linhas, [ERRO_130]);
  cena.passa(LIMITES.despedida);
  await cena.fim;
  assert(conexao.fechada);
});

teste("os erros da rede acabam a sessão sem que ela rejeite", async () => {
  const { ConnectionReset, BrokenPipe, ConnectionAborted, TimedOut } = Deno.errors;
  for (const Erro of [ConnectionReset, BrokenPipe, ConnectionAborted, TimedOut]) {
    await using leitura = await saudada();
    leitura.conexao.quebra(new Erro("o outro lado sumiu"));
    await leitura.fim;
    assert(leitura.conexao.fechada);

    await using escrita = await saudada();
    escrita.conexao.quebraEscrita(new Erro("o outro lado sumiu"));
    escrita.conexao.manda(PING);
    await escrita.fim;
    assert(escrita.conexao.fechada);

    await using adeus = await saudada({ limites: { ociosa: 1000 } });
    adeus.conexao.quebraEscrita(new Erro("o outro lado sumiu"));
    adeus.passa(1000);
    await adeus.fim;
    assert(adeus.conexao.fechada);
  }
});

teste("um erro do programa fecha a conexão e aparece", async () => {
  await using leitura = await saudada();
  leitura.conexao.quebra(new TypeError("defeito"));
  await assertRejects(() => leitura.fim, TypeError, "defeito");
  assert(leitura.conexao.fechada);
});

teste("com o livro fora do alcance a saudação é ERRO-131, e a conexão vale quando ele volta", async () => {
  await using cena = monta({ antes: (_, armazem) => armazem.falha = new RangeError("fora do alcance") });
  const { conexao, armazem } = cena;
  await conexao.lida();
  armazem.falha = undefined;
  conexao.manda(codificarPedido(agend(1)));
  await conexao.ate(() => conexao.linhas.length === 2);
  assertEquals(codigos(conexao.linhas), ["ERRO-131", "OK-300"]);
});

teste("quem dá muito que fazer espera a vez, uma lista por volta do laço, e quem pede pouco não espera", async () => {
  let agora = 0;
  let volta = (): void => {};
  const laco = new Laco({
    porVolta: 1,
    relogio: () => agora++,
    cede: () => new Promise((resolve) => volta = resolve),
  });
  await using pesada = await saudada({ laco });
  await using leve = await saudada({ laco });
  pesada.conexao.manda('["VAGAS"]\n'.repeat(5));
  for (let vistas = 1; vistas <= 5; vistas++) {
    await pesada.conexao.ate(() => pesada.conexao.linhas.length === vistas);
    leve.conexao.manda(codificarPedido(busca(1)));
    await leve.conexao.ate(() => leve.conexao.linhas.length === vistas);
    assertEquals(pesada.conexao.linhas.length, vistas, "a seguinte espera que o laço volte ao sistema");
    pesada.passa(LIMITES.ociosa);
    assert(!pesada.conexao.escritaFechada, "quem espera a vez não é quem não pede");
    volta();
  }
});

teste("uma conexão cortada enquanto espera a vez não executa o que pediu", async () => {
  let agora = 0;
  let volta = (): void => {};
  const laco = new Laco({ porVolta: 1, relogio: () => agora++, cede: () => new Promise((resolve) => volta = resolve) });
  await using cena = await saudada({ laco });
  cena.conexao.manda('["VAGAS"]\n'.repeat(2) + codificarPedido(agend(1)));
  await cena.conexao.ate(() => cena.conexao.linhas.length === 1);
  cena.sessao.corta();
  volta();
  await cena.fim;
  assertEquals(cena.armazem.lotes, 0);
});

teste("toda lista de vagas conta como trabalho, venha o que vier depois dela", async () => {
  for (const bloco of ['["VAGAS"]\n', `["VAGAS"]\n${PING}`, `${PING}["VAGAS"]\n`, `${PING}["VAGAS"]\n${PING}`]) {
    let comecados = 0;
    const laco = new Laco({ relogio: () => (comecados++, 0), cede: () => Promise.resolve() });
    await using cena = await saudada({ laco });
    const atende = cena.agenda.atende.bind(cena.agenda);
    let contados = 0;
    cena.agenda.atende = (pedidos, quem) => {
      const pesado = pedidos.some((pedido) => "comando" in pedido && pedido.comando === "VAGAS");
      assert(!pesado || comecados > contados, `${JSON.stringify(bloco)}: uma lista fora das contas`);
      contados = comecados;
      return atende(pedidos, quem);
    };
    cena.conexao.manda(bloco);
    await cena.conexao.ate(() => cena.conexao.linhas.length === bloco.split("\n").length - 1);
  }
});

// ------------------------------------------------------------------------------------------------------ CLINICA/2

const OLA = '["OLA","CLINICA/2"]\n';
const PRONTO_2 = '["OK-200","CLINICA/2"]';
const NEGADO = '["ERRO-120","ACESSO NEGADO"]';

/** Uma sessão saudada que já fala CLINICA/2. */
async function apresentada(opcoes: OpcoesDaCena = {}): Promise<Cena> {
  const cena = await saudada(opcoes);
  cena.conexao.manda(OLA);
  await cena.conexao.lida();
  assertEquals(decodificarResposta2(cena.conexao.linhas[0])?.codigo, "OK-200");
  cena.conexao.linhas = [];
  return cena;
}

function codigos2(linhas: readonly string[]): string[] {
  return linhas.map((linha) => decodificarResposta2(linha)?.codigo ?? `?${linha}`);
}

teste("um OLA muda o fio a partir da linha seguinte, também no mesmo bloco, e a ordem é a de sempre", async () => {
  const bloco = PING + codificarPedido(agend(1)) + codificarPedido(busca(1)) + OLA + PING + codificarPedido(busca(1)) +
    codificarPedido2({ comando: "CANCEL", cpf: cpfDeExemplo(1), versao: 1 }) + PING;
  for (const passo of [bloco.length, 1, 7]) {
    await using cena = await saudada();
    const { conexao } = cena;
    for (let i = 0; i < bloco.length; i += passo) conexao.manda(bloco.slice(i, i + passo));
    await conexao.ate(() => conexao.linhas.length === 8);
    const [ping, ok300, ok302, ola, ping2, ok302de2, ok301, fim] = conexao.linhas;
    assertEquals([ping, ping2, fim], [OK_200, PRONTO_2, PRONTO_2]);
    assertEquals(codigos([ok300, ok302]), ["OK-300", "OK-302"]);
    assertEquals(JSON.parse(ok302)[1].length, 7);
    assertEquals(JSON.parse(ola)[2], {
      ...{ clinica: "Clínica de Saúde", versao: configuracao.version, fuso: "America/Sao_Paulo" },
      ...{ papel: "gerente", nome: "" },
    });
    assertEquals(codigos2([ok302de2, ok301]), ["OK-302", "OK-301"]);
    assertEquals(JSON.parse(ok302de2)[1][7].situacao, "MARCADO");
    assertEquals(cena.respondidos.map(([comando]) => comando), [
      ...["PING", "AGEND", "BUSCA", "OLA", "PING", "BUSCA", "CANCEL", "PING"],
    ]);
  }
});

teste("antes do OLA nada do que é de CLINICA/2 se entende", async () => {
  await using cena = await saudada();
  const { conexao } = cena;
  const novos = [
    ...[`["REMARC","${cpfDeExemplo(1)}","X","30/11/2026","S"]`, '["LISTA","30/11/2026"]', '["FECHA","30/11/2026"]'],
    ...[`["SITUA","${cpfDeExemplo(1)}","X","CHEGOU"]`, `["HISTORIA","${cpfDeExemplo(1)}"]`, '["REABRE","1"]'],
    ...['["EXTRA","X","30/11/2026","08:00","1","30"]', `["CORRIGE","${cpfDeExemplo(1)}","X"]`, '["TICK"]'],
    ...[`["ESPERA","${cpfDeExemplo(1)}","Ana","CLINICO GERAL"]`, '["FILA","CLINICO GERAL"]', '["PROSSEGUE"]'],
    ...["DESISTE", "ACEITA", "RECUSA"].map((comando) => `["${comando}","${cpfDeExemplo(1)}","CLINICO GERAL"]`),
  ];
  conexao.manda(novos.join("\n") + '\n["PING",{}]\n["VAGAS",{"profissional":"x"}]\n' + PING);
  await conexao.ate(() => conexao.linhas.length === novos.length + 3);
  assertEquals(codigos(conexao.linhas), [...novos.map(() => "ERRO-101"), "ERRO-100", "ERRO-100", "OK-200"]);
  assertEquals(conexao.linhas.at(-1), OK_200);
});

teste(
  "depois do OLA a lista de espera entende-se, e o que o servidor pede a si mesmo continua a não se entender",
  async () => {
    await using cena = await apresentada();
    const { conexao } = cena;
    const cpf = cpfDeExemplo(1);
    const pedidos = [
      ...[`["ESPERA","${cpf}","Ana","CLINICO GERAL"]`, '["TICK"]', '["PROSSEGUE"]', '["FILA","CLINICO GERAL"]'],
      ...["ACEITA", "RECUSA", "DESISTE"].map((comando) => `["${comando}","${cpf}","CLINICO GERAL"]`),
    ];
    conexao.manda(`${pedidos.join("\n")}\n`);
    await conexao.ate(() => conexao.linhas.length === pedidos.length);
    assertEquals(codigos2(conexao.linhas), [
      ...["OK-307", "ERRO-101", "ERRO-101", "OK-311", "ERRO-119", "ERRO-119", "OK-308"],
    ]);
  },
);

teste("uma chave é recusada com ERRO-120 em qualquer fio, e não muda nada; outra versão é ERRO-101", async () => {
  const chave = '["OLA","CLINICA/2",{"chave":"segredo"}]\n';
  const outras = '["OLA","CLINICA/3"]\n["OLA"]\n';
  const desconhecido = '["ERRO-101","COMANDO DESCONHECIDO"]';
  await using cena = await saudada();
  const { conexao } = cena;
  conexao.manda(chave + outras + PING + OLA + chave + outras + PING + OLA + PING);
  await conexao.ate(() => conexao.linhas.length === 11);
  assertEquals(conexao.linhas.slice(0, 4), [NEGADO, desconhecido, desconhecido, OK_200], "como era");
  assertEquals(codigos2(conexao.linhas.slice(4, 5)), ["OK-200"]);
  assertEquals(conexao.linhas.slice(5, 9), [NEGADO, desconhecido, ERRO_100, PRONTO_2]);
  assertEquals(conexao.linhas.slice(9), [conexao.linhas[4], PRONTO_2], "um OLA pode repetir-se");
});

teste("com o livro fora do alcance o OLA é aceito, e o resto é ERRO-131", async () => {
  await using cena = await saudada();
  const { conexao, armazem } = cena;
  armazem.falha = new RangeError("fora do alcance");
  conexao.manda(OLA + PING + codificarPedido(busca(1)) + '["LISTA","30/11/2026"]\n');
  await conexao.ate(() => conexao.linhas.length === 4);
  assertEquals(codigos2(conexao.linhas), ["OK-200", "OK-200", "ERRO-131", "ERRO-131"]);
});

teste("depois do OLA os limites são os mesmos: o que não se lê, as malformadas seguidas, a linha longa", async () => {
  await using cena = await apresentada();
  const { conexao } = cena;
  conexao.manda(Uint8Array.from([0x5b, 0xff, 0x0a]));
  conexao.manda('["PING",{"x":1}]\n["FECHA","30/11/2026",{"ate":"29/11/2026"}]\n' + PING);
  await conexao.ate(() => conexao.linhas.length === 4);
  assertEquals(conexao.linhas, [ERRO_100, ERRO_100, ERRO_100, PRONTO_2]);
  conexao.manda("lixo\n".repeat(LIMITES.malformadas) + PING);
  await conexao.ate(() => conexao.escritaFechada);
  assertEquals(conexao.linhas.slice(4), new Array(LIMITES.malformadas).fill(ERRO_100));
  assertEquals(cena.sessao.motivo, "mensagens malformadas demais");

  await using longa = await apresentada();
  longa.conexao.manda(PING + "a".repeat(9000));
  await longa.conexao.ate(() => longa.conexao.escritaFechada);
  assertEquals(longa.conexao.linhas, [PRONTO_2, ERRO_100]);
});

teste("o dia, a história, a lista de espera e fechar contam como trabalho, um de cada vez, como as vagas", async () => {
  const cpf = cpfDeExemplo(1);
  const pesados = [
    '["LISTA","30/11/2026"]\n',
    `["HISTORIA","${cpf}"]\n`,
    '["FECHA","30/11/2026"]\n',
    '["VAGAS"]\n',
    '["FILA","CLINICO GERAL"]\n',
  ];
  for (const pesado of pesados) {
    let comecados = 0;
    const laco = new Laco({ relogio: () => (comecados++, 0), cede: () => Promise.resolve() });
    await using cena = await apresentada({ laco });
    const atende = cena.agenda.atende.bind(cena.agenda);
    const grupos: number[] = [];
    let contados = comecados;
    cena.agenda.atende = (pedidos, quem) => {
      grupos.push(pedidos.length);
      const soPing = pedidos.every((pedido) => "comando" in pedido && pedido.comando === "PING");
      assert(soPing || comecados > contados, `${pesado}: fora das contas`);
      contados = comecados;
      return atende(pedidos, quem);
    };
    cena.conexao.manda(pesado + PING + pesado + pesado + PING);
    await cena.conexao.ate(() => cena.conexao.linhas.length === 5);
    assertEquals(grupos, [1, 1, 1, 1, 1], pesado);
  }
});

/** Deixa passar tantos pedidos, e depois manda esperar; anota quem pediu o quê. */
function contador(deixa: number, contados: string[] = []): Contador {
  return {
    conta({ papel }, pedido): number {
      const chave = "chave" in pedido && pedido.chave !== undefined ? " com a chave" : "";
      contados.push(`${papel} ${"comando" in pedido ? pedido.comando : pedido.codigo}${chave}`);
      return contados.length > deixa ? 12 : 0;
    },
  };
}

const ESPERE = "SERVIDOR OCUPADO: PEDIDOS DEMAIS, ESPERE 12 SEGUNDOS";

teste(
  "a quem pede demais responde-se o que já pediu, e ERRO-130, que fecha; o que vem depois não se executa",
  async () => {
    const contados: string[] = [];
    await using cena = await saudada({ contador: contador(3, contados) });
    const { conexao } = cena;
    conexao.manda(PING + "lixo\n" + codificarPedido(busca(1)) + codificarPedido(agend(1)) + codificarPedido(agend(2)));
    await conexao.ate(() => conexao.escritaFechada);
    assertEquals(codigos(conexao.linhas), ["OK-200", "ERRO-100", "ERRO-112", "ERRO-130"]);
    assertEquals(conexao.linhas[3], `["ERRO-130","${ESPERE}"]`);
    assertEquals(contados, ["gerente PING", "gerente ERRO-100", "gerente BUSCA", "gerente AGEND"]);
    assertEquals([cena.sessao.motivo, cena.armazem.lotes], ["pedidos demais", 0]);
  },
);

teste("em CLINICA/2 o ERRO-130 de quem pede demais traz os segundos", async () => {
  await using cena = await saudada({ contador: contador(1) });
  cena.conexao.manda(OLA + PING + PING);
  await cena.conexao.ate(() => cena.conexao.escritaFechada);
  const [, ocupado, ...mais] = cena.conexao.linhas;
  assertEquals([ocupado, mais], [`["ERRO-130","${ESPERE}",12]`, []]);
  assertEquals(decodificarResposta2(ocupado), { codigo: "ERRO-130", segundos: 12 });
});

teste("conta-se cada pedido uma vez, também os que vão sós, e já como quem a chave diz", async () => {
  const contados: string[] = [];
  const comChave = (texto: string, quem: Quem): Quem | undefined =>
    texto === "c" ? { ...quem, papel: "balcao" } : undefined;
  const porteiro = { ...PORTA_ABERTA, comChave };
  await using cena = await saudada({ contador: contador(99, contados), porteiro });
  const ola = (chave: string): string => `["OLA","CLINICA/2",{"chave":"${chave}"}]\n`;
  cena.conexao.manda(PING + '["VAGAS"]\n' + PING + ola("x") + ola("c") + PING);
  await cena.conexao.ate(() => cena.conexao.linhas.length === 6);
  const gerente = ["gerente PING", "gerente VAGAS", "gerente PING", "gerente OLA com a chave"];
  assertEquals(contados, [...gerente, "balcao OLA", "balcao PING"]);
});
