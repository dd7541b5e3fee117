/**
 * Quem pode o quê, visto do fio: cada papel, cada pedido, sobre o seu e sobre o de outro, contra a tabela de `SEGURANCA.md`;
 * o que se responde a quem não pode; e as chaves que se criam e se revogam com servidores no ar.
 *
 * @module
 */

import { assert, assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { type Anonimo, Chaveiro } from "../acesso/chaveiro.ts";
import { novaChave, resumoDe } from "../acesso/segredo.ts";
import { Agenda } from "../agenda.ts";
import { ArmazemSqlite } from "../armazem/sqlite.ts";
import type { Papel } from "../clinica/agendamento.ts";
import type { PapelDeChave } from "../clinica/chave.ts";
import type { Quem } from "../clinica/livro.ts";
import { lerOferta } from "../clinica/oferta.ts";
import type { Pedido, PedidoDe, Resultado } from "../clinica/pedido.ts";
import { COMANDOS } from "../clinica/regras.ts";
import { decodificarPedido2 } from "../fio/pedidos.ts";
import { LACO } from "../rede/laco.ts";
import { Redator } from "../rede/redator.ts";
import { LIMITES, type Porteiro, Sessao } from "../rede/sessao.ts";
import seguranca from "../SEGURANCA.md" with { type: "text" };
import { cpfDeExemplo, Fio, Pasta, roda, type Saida, Servidor, testeComSistema } from "./apoio.ts";
import { codigoDeTeste, em, SEGUNDA } from "./balcao.ts";
import { type Cluster, clusterDoArquivo, testeComPostgres } from "./cluster.ts";
import { consulta } from "./livro_sqlite.ts";
import { SEM_LIMITES } from "./porteiro.ts";
import { conta, grava } from "./mudancas.ts";

let cluster: Cluster;
clusterDoArquivo((novo) => cluster = novo);

// ------------------------------------------------------------------------------------------------------ uma clínica

const CLINICO = "CLINICO";
const LIMA = "DRA. LIMA";
const DIA = "SEGUNDA-FEIRA";
const NA_SEGUNDA = "30/11/2026";
/** De onde vêm todas as conexões. */
const ORIGEM = "10.0.0.7";
const DEPOIS = "07/12/2026";

/** Dois profissionais no clínico, e uma especialidade sem nenhum. */
const SEMANA = {
  atendimentos: [
    { especialidade: CLINICO, dia: DIA, profissional: "Dra. Lima", vagas: 8 },
    { especialidade: CLINICO, dia: DIA, profissional: "Dr. Reis", vagas: 8 },
    { especialidade: "PEDIATRA", dia: DIA, vagas: 8 },
  ],
};

/** Um servidor neste processo, à hora que se quiser, com uma chave de cada papel; por ele passam conexões de verdade. */
class Clinica implements AsyncDisposable {
  agora = em(`${SEGUNDA}T07:30`);
  readonly porta: number;
  #porta = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  #armazem = ArmazemSqlite.abre(":memory:");
  #agenda: Agenda;
  #chaveiro!: Chaveiro;
  #chaves = new Map<Papel, string>();
  #sessoes: { readonly sessao: Sessao; readonly fim: Promise<void> }[] = [];

  private constructor(config: unknown) {
    this.porta = this.#porta.addr.port;
    let codigos = 0;
    this.#agenda = new Agenda({
      armazem: this.#armazem,
      oferta: lerOferta(config),
      relogio: () => this.agora,
      sorteia: () => codigoDeTeste(++codigos),
    });
  }

  static async abre({ anonimo, config = SEMANA }: { anonimo?: Anonimo; config?: unknown } = {}): Promise<Clinica> {
    const clinica = new Clinica(config);
    const papeis: readonly PapelDeChave[] = ["quiosque", "integracao", "profissional", "balcao", "gerente"];
    const chaves = papeis.map((papel, i) => {
      const texto = novaChave();
      clinica.#chaves.set(papel, texto);
      return {
        ...{ numero: i + 1, resumo: resumoDe(texto) ?? "", papel, nome: papel, ate: "", revogadaEm: "" },
        ...{ profissional: papel === "profissional" ? LIMA : "", criadaEm: "2026-11-23T10:00:00Z" },
      };
    });
    clinica.#chaves.set("paciente", "a página");
    clinica.#chaveiro = await Chaveiro.abre({ le: () => Promise.resolve(chaves), hoje: () => SEGUNDA, anonimo });
    clinica.#atende();
    return clinica;
  }

  async #atende(): Promise<void> {
    const porteiro: Porteiro = {
      // Ainda não há páginas: um paciente entra por aqui como há de entrar por elas.
      comChave: (texto, quem) =>
        texto === "a página" ? { ...quem, papel: "paciente" } : this.#chaveiro.comChave(texto, quem),
      agora: (quem) => this.#chaveiro.agora(quem),
    };
    const ambiente = {
      ...{ agenda: this.#agenda, redator: new Redator(this.#agenda), porteiro, relogio: () => 0 },
      ...{ limites: LIMITES, contador: SEM_LIMITES, laco: LACO, aoResponder: () => {} },
    };
    for await (const conexao of this.#porta) {
      const quem = this.#chaveiro.semChave({ origem: ORIGEM, cliente: `${ORIGEM}:40312` });
      const sessao = new Sessao(conexao, quem, ambiente);
      this.#sessoes.push({ sessao, fim: sessao.atende() });
    }
  }

  /** Faz o que for preciso antes, sem passar pelo fio. */
  async faz(pedido: Pedido, quem: Partial<Quem> = {}): Promise<Resultado> {
    const papel = pedido.comando === "TICK" ? "servidor" : "gerente";
    const [resultado] = await this.#agenda.atende([pedido], { origem: "", cliente: "", papel, ...quem }) ?? [];
    assert(resultado.codigo.startsWith("OK"), `${JSON.stringify(pedido)}: ${resultado.codigo}`);
    return resultado;
  }

  /** Esquece o que se contou a quem aqui entra e a estes CPFs: quantas recusas são demais vê-se noutro teste. */
  async perdoa(...cpfs: readonly string[]): Promise<void> {
    await grava(this.#armazem, () => [conta("", ORIGEM), ...cpfs.map((cpf) => conta(cpf, ""))]);
  }

  /** A chave deste papel. */
  chaveDe(papel: Papel): string {
    return this.#chaves.get(papel) ?? "";
  }

  /** Uma conexão que não se apresentou: fala CLINICA/1. */
  async chega(): Promise<{ readonly saudacao: string; readonly conversa: Conversa }> {
    const fio = await Fio.conecta(this.porta);
    return { saudacao: await fio.linha() ?? "", conversa: new Conversa(fio) };
  }

  /** Uma conexão de quem tem este papel, já apresentada; sem papel, a de quem não traz chave. */
  async entra(papel?: Papel): Promise<Conversa> {
    const fio = await Fio.saudado(this.porta);
    const chave = papel === undefined ? undefined : this.chaveDe(papel);
    const conversa = new Conversa(fio);
    const [ok, , { papel: veio }] = await conversa.pede("OLA", "CLINICA/2", ...chave === undefined ? [] : [{ chave }]);
    assertEquals([ok, veio], ["OK-200", papel ?? veio]);
    return conversa;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#porta.close();
    // Também as de um teste que falhou a meio.
    for (const { sessao } of this.#sessoes) sessao.corta();
    await Promise.all(this.#sessoes.map(({ fim }) => fim));
    await this.#chaveiro[Symbol.asyncDispose]();
    await this.#armazem[Symbol.asyncDispose]();
  }
}

/** O que se diz e se ouve num fio, por linhas. */
class Conversa implements Disposable {
  #fio: Fio;

  constructor(fio: Fio) {
    this.#fio = fio;
  }

  /** A resposta a um pedido, como veio. */
  async linha(...pedido: readonly unknown[]): Promise<string> {
    await this.#fio.manda(`${JSON.stringify(pedido)}\n`);
    return await this.#fio.linha() ?? "(fecha)";
  }

  /** As respostas ao que vai numa só escrita. */
  async linhas(...pedidos: readonly (readonly unknown[])[]): Promise<string[]> {
    await this.#fio.manda(pedidos.map((pedido) => `${JSON.stringify(pedido)}\n`).join(""));
    const linhas: string[] = [];
    while (linhas.length < pedidos.length) linhas.push(await this.#fio.linha() ?? "(fecha)");
    return linhas;
  }

  /** A resposta, lida. */
  // deno-lint-ignore no-explicit-any
  async pede(...pedido: readonly unknown[]): Promise<any[]> {
    return JSON.parse(await this.linha(...pedido));
  }

  /** O código da resposta. */
  async codigo(...pedido: readonly unknown[]): Promise<string> {
    return (await this.pede(...pedido))[0];
  }

  [Symbol.dispose](): void {
    this.#fio[Symbol.dispose]();
  }
}

// ------------------------------------------------------------------------------------------------------ a tabela

/** Alguém que tem um agendamento, ou espera por um, e o código. */
interface Alvo {
  readonly cpf: string;
  readonly codigo: string;
  readonly profissional: string;
}

/** O que se faz antes, do que é de um alvo. */
type Antes = (clinica: Clinica, alvo: Alvo, papel?: Papel) => Promise<unknown>;

/** Uma linha da tabela: o que se faz antes, e o que se pede. */
interface Linha {
  readonly comando: string;
  /** Prepara o que é de um alvo que já tem um agendamento, para o que este papel vai pedir. */
  readonly antes?: Antes;
  /** O que se pede dele, o comando à parte. */
  readonly pede: (cpf: string) => readonly unknown[];
  /** O que mais se diz. */
  readonly opcoes?: Record<string, unknown>;
  /** O que se responde quando nada há que se alcance; sem isso, não é um pedido sobre o que é de alguém. */
  readonly nada?: string;
  /** A lista de espera, e não um agendamento. */
  readonly espera?: true;
  /** À hora em que se pede. */
  readonly hora?: string;
}

const [DELA, DE_OUTRO, COM_CODIGO, CODIGO_ERRADO, NOVA] = [1, 2, 3, 4, 5].map(cpfDeExemplo);
const DIA_FECHADO = "2026-12-14";
const PRONTO = Promise.resolve();

function nele(cpf: string): readonly unknown[] {
  return [cpf, CLINICO];
}

/** Muda uma situação antes, como se quem atende o alvo, ou quem se diz, o fizesse. */
function situa(
  situacao: PedidoDe<"SITUA">["situacao"],
  papel: Papel = "gerente",
): (clinica: Clinica, alvo: Alvo) => Promise<unknown> {
  return (clinica: Clinica, { cpf, profissional }: Alvo): Promise<unknown> =>
    clinica.faz({ comando: "SITUA", cpf, especialista: CLINICO, situacao }, { papel, profissional });
}

async function chamado(clinica: Clinica, alvo: Alvo): Promise<void> {
  await situa("CHEGOU")(clinica, alvo);
  await situa("CHAMADO")(clinica, alvo);
}

function linhaDeSitua(situacao: PedidoDe<"SITUA">["situacao"], mais: Partial<Linha> = {}): Linha {
  return { comando: "SITUA", pede: (cpf) => [cpf, CLINICO, situacao], nada: "ERRO-113", ...mais };
}

const LINHAS: Readonly<Record<string, Linha>> = {
  "`OLA`": { comando: "OLA", pede: () => ["CLINICA/2"] },
  "`PING`": { comando: "PING", pede: () => [] },
  "`SAIR`": { comando: "SAIR", pede: () => [] },
  "`VAGAS`": { comando: "VAGAS", pede: () => [] },
  "`AGEND`": { comando: "AGEND", pede: (cpf) => [cpf, "BIA", "PEDIATRA", DEPOIS, DIA] },
  "`AGEND` com `encaixe`": {
    comando: "AGEND",
    pede: (cpf) => [cpf, "BIA", "PEDIATRA", DEPOIS, DIA, "08:10"],
    opcoes: { encaixe: true },
  },
  "`ESPERA`": { comando: "ESPERA", pede: (cpf) => [cpf, "BIA", "PEDIATRA"] },
  "`ESPERA` com `prioridade`": {
    comando: "ESPERA",
    pede: (cpf) => [cpf, "BIA", "PEDIATRA"],
    opcoes: { prioridade: 1 },
  },
  "`BUSCA`": { comando: "BUSCA", pede: (cpf) => [cpf], nada: "ERRO-112" },
  "`CANCEL`": { comando: "CANCEL", pede: nele, nada: "ERRO-113" },
  "`REMARC`": { comando: "REMARC", pede: (cpf) => [cpf, CLINICO, DEPOIS, DIA], nada: "ERRO-113" },
  "`SITUA` `CONFIRMADO`": linhaDeSitua("CONFIRMADO"),
  "`SITUA` `CHEGOU`": linhaDeSitua("CHEGOU"),
  "`SITUA` `CHEGOU` com `prioridade`": linhaDeSitua("CHEGOU", { opcoes: { prioridade: 1 } }),
  "`SITUA` `CHAMADO`": linhaDeSitua("CHAMADO", { antes: situa("CHEGOU") }),
  "`SITUA` `ATENDIDO`": linhaDeSitua("ATENDIDO", { antes: chamado }),
  "`SITUA` `DESFAZ`": linhaDeSitua("DESFAZ", {
    antes: async (clinica, alvo, papel) => {
      await situa("CHEGOU")(clinica, alvo);
      // Quem desfaz é quem fez.
      await situa("CHAMADO", papel === "profissional" || papel === "balcao" ? papel : "gerente")(clinica, alvo);
    },
  }),
  "`SITUA` `SAIU`": linhaDeSitua("SAIU", { antes: situa("CHEGOU") }),
  "`SITUA` `FALTOU`": linhaDeSitua("FALTOU", { hora: "12:30" }),
  "`SITUA` `CANCELADO`": linhaDeSitua("CANCELADO"),
  "`DESISTE`": { comando: "DESISTE", pede: nele, nada: "ERRO-119", espera: true },
  "`ACEITA`": { comando: "ACEITA", pede: nele, nada: "ERRO-119", espera: true },
  "`RECUSA`": { comando: "RECUSA", pede: nele, nada: "ERRO-119", espera: true },
  "`LISTA`": { comando: "LISTA", pede: () => [NA_SEGUNDA] },
  "`CORRIGE`": { comando: "CORRIGE", pede: nele, opcoes: { nota: "de muletas" }, nada: "ERRO-113" },
  "`FILA`": { comando: "FILA", pede: () => [CLINICO] },
  "`HISTORIA`": { comando: "HISTORIA", pede: (cpf) => [cpf] },
  "`FECHA`": { comando: "FECHA", pede: () => [DEPOIS] },
  "`EXTRA`": { comando: "EXTRA", pede: () => ["PEDIATRA", DEPOIS, "18:00", 2, 30] },
  "`REABRE`": {
    comando: "REABRE",
    antes: (clinica, { cpf }) => cpf === DELA ? clinica.faz({ comando: "FECHA", data: DIA_FECHADO }) : PRONTO,
    pede: () => [1],
  },
};

const COLUNAS: Readonly<Record<string, { readonly anonimo?: Anonimo; readonly papel?: Papel }>> = {
  "sem chave, `nada`": { anonimo: "nada" },
  "sem chave, `vagas`": {},
  "`quiosque`": { papel: "quiosque" },
  "`paciente`": { papel: "paciente" },
  "`integracao`": { papel: "integracao" },
  "`profissional`": { papel: "profissional" },
  "`balcao`": { papel: "balcao" },
  "`gerente`": { papel: "gerente" },
};

/** Quatro que têm um agendamento cada um: três com a Dra. Lima, e um com o Dr. Reis. */
async function agenda(clinica: Clinica, { antes }: Linha, papel: Papel | undefined): Promise<Alvo[]> {
  const alvos: Alvo[] = [];
  for (const cpf of [DELA, DE_OUTRO, COM_CODIGO, CODIGO_ERRADO]) {
    const profissional = cpf === DE_OUTRO ? "DR. REIS" : LIMA;
    const marcado = await clinica.faz(
      { comando: "AGEND", cpf, nome: "ANA", especialista: CLINICO, data: SEGUNDA, dia: DIA, profissional },
    );
    if (!("agendamentos" in marcado)) throw new Error("não se marcou");
    const alvo = { cpf, codigo: marcado.agendamentos[0].codigo, profissional };
    await antes?.(clinica, alvo, papel);
    alvos.push(alvo);
  }
  return alvos;
}

/** Quatro que esperam, e uma hora segurada para cada um. */
async function convida(clinica: Clinica): Promise<Alvo[]> {
  const outros = [6, 7, 8, 9].map(cpfDeExemplo);
  const especialista = CLINICO;
  const onde = { nome: "ANA", especialista, data: "2026-12-07", dia: DIA };
  for (const cpf of outros) await clinica.faz({ comando: "AGEND", cpf, ...onde });
  const alvos: Alvo[] = [];
  for (const cpf of [DELA, DE_OUTRO, COM_CODIGO, CODIGO_ERRADO]) {
    const entrou = await clinica.faz({ comando: "ESPERA", cpf, nome: "ANA", especialista });
    if (!("espera" in entrou)) throw new Error("não entrou");
    alvos.push({ cpf, codigo: entrou.espera.codigo, profissional: "" });
  }
  for (const cpf of outros) await clinica.faz({ comando: "CANCEL", cpf, especialista });
  return alvos;
}

/** O que o fio mostra que se pode: a célula da tabela. */
async function medida(linha: Linha, { anonimo, papel }: typeof COLUNAS[string]): Promise<string> {
  const { comando, pede, opcoes = {}, nada, espera, hora = "07:30" } = linha;
  await using clinica = await Clinica.abre({ anonimo });
  const alvos = espera ? await convida(clinica) : await agenda(clinica, linha, papel);
  clinica.agora = em(`${SEGUNDA}T${hora}`);
  using conversa = await clinica.entra(papel);
  if (nada === undefined) {
    const cpf = comando === "HISTORIA" ? DELA : NOVA;
    const resposta = await conversa.linha(comando, ...pede(cpf), ...Object.keys(opcoes).length === 0 ? [] : [opcoes]);
    const [codigo] = JSON.parse(resposta);
    if (codigo === "ERRO-120") return "—";
    assertMatch(codigo, /^OK/);
    if (comando !== "LISTA") return "tudo";
    assert(resposta.includes(DELA));
    return resposta.includes(DE_OUTRO) ? "tudo" : "seus";
  }
  const [dela, , comCodigo] = alvos;
  const codigos: string[] = [];
  // O código de outro agendamento, o de outro profissional, o de quem pede, e com o código.
  for (const [cpf, codigo] of [[CODIGO_ERRADO, dela.codigo], [DE_OUTRO], [DELA], [COM_CODIGO, comCodigo.codigo]]) {
    codigos.push(
      await conversa.codigo(comando, ...pede(cpf), { ...opcoes, ...codigo === undefined ? {} : { codigo } }),
    );
  }
  const veio = codigos.map((um) =>
    um === "ERRO-120" ? "negado" : um === nada ? "nada" : um.startsWith("OK") ? "OK" : um
  );
  const celula = CELULAS.get(veio.join(" "));
  if (celula === undefined) throw new Error(`${comando}: veio ${veio}`);
  return celula;
}

const CELULAS: ReadonlyMap<string, string> = new Map([
  ["negado negado negado negado", "—"],
  ["nada OK OK OK", "tudo"],
  ["nada nada nada OK", "código"],
  ["nada nada OK OK", "seus"],
]);

/** A tabela de `SEGURANCA.md`, linha por linha, as células à parte. */
function tabela(): string[][] {
  const depois = seguranca.slice(seguranca.indexOf("\n## Quem pode o quê\n"));
  const linhas = depois.split("\n");
  const inicio = linhas.findIndex((linha) => linha.startsWith("|"));
  const fim = linhas.findIndex((linha, i) => i > inicio && !linha.startsWith("|"));
  return linhas.slice(inicio, fim).map((linha) => linha.slice(1, -1).split("|").map((celula) => celula.trim()));
}

testeComSistema("acesso: cada papel pode, no fio, o que a tabela de SEGURANCA.md diz, e mais nada", async (t) => {
  const [[, ...colunas], , ...linhas] = tabela();
  assertEquals(colunas, Object.keys(COLUNAS));
  assertEquals(linhas.map(([nome]) => nome), Object.keys(LINHAS));
  const doFio = Object.keys(COMANDOS).filter((comando) => {
    const lido = decodificarPedido2(JSON.stringify([comando]));
    return "comando" in lido || lido.codigo !== "ERRO-101";
  });
  assertEquals(new Set(Object.values(LINHAS).map(({ comando }) => comando)), new Set(doFio));
  for (const [nome, ...celulas] of linhas) {
    await t.step(nome, async () => {
      const medidas: string[] = [];
      for (const coluna of Object.values(COLUNAS)) medidas.push(await medida(LINHAS[nome], coluna));
      assertEquals(celulas, medidas, nome);
    });
  }
});

// ------------------------------------------------------------------------------------------------------ o que se responde

const PRECISA = '["ERRO-101","COMANDO DESCONHECIDO: É PRECISO UMA CHAVE DE ACESSO"]';
const NEUTRA = '["ERRO-116","FORA DAS REGRAS DA CLÍNICA",""]';

function teste(nome: string, fn: () => Promise<void>): void {
  testeComSistema(`acesso: ${nome}`, fn);
}

/** Marca no clínico. */
function agend(cpf: string, horario = "08:00", mais: Partial<PedidoDe<"AGEND">> = {}): PedidoDe<"AGEND"> {
  return { comando: "AGEND", cpf, nome: "ANA", especialista: CLINICO, data: SEGUNDA, dia: DIA, horario, ...mais };
}

/** O código do que se marcou. */
async function marca(clinica: Clinica, pedido: PedidoDe<"AGEND">): Promise<string> {
  const marcado = await clinica.faz(pedido);
  return "agendamentos" in marcado ? marcado.agendamentos[0].codigo : "";
}

teste("a CLINICA/1 sem chave: a saudação de quem pode as vagas, ou vazia, e do resto que é preciso uma", async () => {
  for (const anonimo of ["nada", "vagas"] as const) {
    await using clinica = await Clinica.abre({ anonimo });
    const { saudacao, conversa } = await clinica.chega();
    using fio = conversa;
    const [, versao, vagas] = JSON.parse(saudacao);
    assertEquals([versao, vagas.length], ["CLINICA/1", anonimo === "nada" ? 0 : 2]);
    assertEquals(await fio.codigo("PING"), "OK-200");
    const pedido = await fio.linha("VAGAS");
    if (anonimo === "nada") assertEquals(pedido, PRECISA);
    else assertEquals(JSON.parse(pedido)[0], "OK-304");
    for (const negado of [["AGEND", DELA, "ANA", CLINICO, NA_SEGUNDA, DIA], ["BUSCA", DELA], ["CANCEL", DELA]]) {
      assertEquals(await fio.linha(...negado), PRECISA);
    }
    // O que não é de CLINICA/1 não existe, como sempre.
    assertEquals(await fio.linha("LISTA", NA_SEGUNDA), '["ERRO-101","COMANDO DESCONHECIDO"]');
    // E com uma chave, já se pode; o fio passa a ser CLINICA/2.
    assertEquals(await fio.codigo("SAIR"), "OK-201");
  }
});

teste("120 vem depois de 100 e 101 e antes de tudo o mais; a quem pode, o erro é o do pedido", async () => {
  await using clinica = await Clinica.abre();
  const casos: readonly (readonly [pedido: unknown[], aQuemNao: string, aQuemPode: string])[] = [
    [["AGEND", DELA], "ERRO-100", "ERRO-100"],
    [["AGEND", DELA, "ANA", CLINICO, NA_SEGUNDA, DIA, { sala: "2" }], "ERRO-100", "ERRO-100"],
    [["LISTA", NA_SEGUNDA, { ordem: "nenhuma" }], "ERRO-100", "ERRO-100"],
    [["OBSERVA", DELA], "ERRO-101", "ERRO-101"],
    [["TICK"], "ERRO-101", "ERRO-101"],
    [["AGEND", "11111111111", "ANA", CLINICO, NA_SEGUNDA, DIA], "ERRO-120", "ERRO-102"],
    [["AGEND", DELA, "", CLINICO, NA_SEGUNDA, DIA], "ERRO-120", "ERRO-104"],
    [["AGEND", DELA, "ANA", "ASTRÓLOGO", NA_SEGUNDA, DIA], "ERRO-120", "ERRO-103"],
    [["AGEND", DELA, "ANA", CLINICO, NA_SEGUNDA, DIA, "23:59"], "ERRO-120", "ERRO-105"],
    [["BUSCA", "11111111111"], "ERRO-120", "ERRO-102"],
    [["BUSCA", DELA], "ERRO-120", "ERRO-112"],
    [["CANCEL", DELA], "ERRO-120", "ERRO-113"],
    [["DESISTE", DELA, CLINICO], "ERRO-120", "ERRO-119"],
    [["EXTRA", "PEDIATRA", NA_SEGUNDA, "08:00", 2, 30], "ERRO-120", "ERRO-121"],
  ];
  using anonimo = await clinica.entra();
  using gerente = await clinica.entra("gerente");
  for (const [pedido, aQuemNao, aQuemPode] of casos) {
    assertEquals(await anonimo.codigo(...pedido), aQuemNao, JSON.stringify(pedido));
    assertEquals(await gerente.codigo(...pedido), aQuemPode, JSON.stringify(pedido));
  }
  // Em CLINICA/1, também.
  const { conversa } = await clinica.chega();
  using fio = conversa;
  assertEquals(await fio.codigo("AGEND", DELA), "ERRO-100");
  assertEquals(await fio.linha("BUSCA", "11111111111"), PRECISA);
  assertEquals(await fio.linha("AGEND", DELA, "", CLINICO, NA_SEGUNDA, DIA), PRECISA);
});

teste(
  "uma chave que não é de ninguém é 120 e nada muda; uma que é, vale em qualquer fio e troca-se por outra",
  async () => {
    await using clinica = await Clinica.abre();
    using fio = await clinica.entra("balcao");
    for (const chave of [novaChave(), "", "clinica_", "x".repeat(48)]) {
      assertEquals(await fio.linha("OLA", "CLINICA/2", { chave }), '["ERRO-120","ACESSO NEGADO"]');
    }
    assertEquals(await fio.codigo("LISTA", NA_SEGUNDA), "OK-310", "continua a ser quem era");
    assertEquals(await fio.codigo("OLA", "CLINICA/3"), "ERRO-101");
    const { conversa } = await clinica.chega();
    using outra = conversa;
    assertEquals(await outra.linha("OLA", "CLINICA/2", { chave: novaChave() }), '["ERRO-120","ACESSO NEGADO"]');
    assertEquals(await outra.linha("PING"), '["OK-200","CLINICA/1"]', "e continua a falar o que falava");
  },
);

teste("o que vai junto é, antes de um OLA, de quem se era, e depois dele, de quem se é", async () => {
  await using clinica = await Clinica.abre();
  const marcar = (cpf: string): unknown[] => ["AGEND", cpf, "ANA", CLINICO, NA_SEGUNDA, DIA];
  const ola = (papel: Papel): unknown[] => ["OLA", "CLINICA/2", { chave: clinica.chaveDe(papel) }];
  const { conversa } = await clinica.chega();
  using fio = conversa;
  const linhas = await fio.linhas(
    ...[marcar(DELA), ola("balcao"), marcar(DELA), ["FECHA", DEPOIS], ola("gerente"), ["FECHA", DEPOIS]],
    ...[ola("quiosque"), ["BUSCA", DELA], ["FECHA", DEPOIS]],
  );
  assertEquals(linhas[0], PRECISA);
  assertEquals(linhas.slice(1).map((linha) => JSON.parse(linha)[0]), [
    ...["OK-200", "OK-300", "ERRO-120", "OK-200", "OK-312", "OK-200", "ERRO-112", "ERRO-120"],
  ]);
});

teste("quem não é da casa tem uma só recusa do que contaria que alguém está no livro", async () => {
  const regras = { porCpf: 1, faltas: { quantas: 1, meses: 6 } };
  await using clinica = await Clinica.abre({ config: { ...SEMANA, regras } });
  await clinica.faz(agend(DELA, "08:30", { data: "2026-12-07" }));
  await clinica.faz({ comando: "ESPERA", cpf: DELA, nome: "ANA", especialista: CLINICO });
  await clinica.faz(agend(DE_OUTRO));
  clinica.agora = em(`${SEGUNDA}T12:30`);
  await clinica.faz({ comando: "SITUA", cpf: DE_OUTRO, especialista: CLINICO, situacao: "FALTOU" });
  const casos: readonly (readonly [pedido: unknown[], aCasa: string])[] = [
    [["AGEND", DELA, "ANA", CLINICO, DEPOIS, DIA], '["ERRO-111",'],
    [["ESPERA", DELA, "ANA", CLINICO], '["ERRO-118",'],
    [["AGEND", DELA, "ANA", "PEDIATRA", DEPOIS, DIA], '["ERRO-116","FORA DAS REGRAS DA CLÍNICA","porCpf"]'],
    [["AGEND", DE_OUTRO, "ANA", "PEDIATRA", DEPOIS, DIA], '["ERRO-116","FORA DAS REGRAS DA CLÍNICA","faltas"]'],
  ];
  using balcao = await clinica.entra("balcao");
  for (const papel of ["quiosque", "paciente"] as const) {
    using fio = await clinica.entra(papel);
    for (const [pedido, aCasa] of casos) {
      assertEquals(await fio.linha(...pedido), NEUTRA, `${papel}: ${JSON.stringify(pedido)}`);
      await clinica.perdoa(DELA, DE_OUTRO);
      assert((await balcao.linha(...pedido)).startsWith(aCasa), JSON.stringify(pedido));
    }
  }
});

teste("ESPERA num quiosque não diz, com um período e outro, quando é o que alguém tem marcado", async () => {
  await using clinica = await Clinica.abre();
  const dela = await marca(clinica, agend(DELA, "08:00", { data: "2026-12-07", profissional: LIMA }));
  await clinica.faz(agend(DE_OUTRO, "08:00", { profissional: LIMA }));
  await clinica.faz({ comando: "SITUA", cpf: DE_OUTRO, especialista: CLINICO, situacao: "CHEGOU" });
  using balcao = await clinica.entra("balcao");
  using quiosque = await clinica.entra("quiosque");
  const antes = { de: "14/12/2026" };
  assertEquals(await balcao.codigo("ESPERA", DELA, "ANA", CLINICO, antes), "ERRO-103", "não há mais cedo do que tem");
  for (const periodo of [antes, { de: DEPOIS, ate: DEPOIS }, { ate: DEPOIS }, { profissional: "Dr. Reis" }]) {
    assertEquals(await quiosque.codigo("ESPERA", NOVA, "ANA", CLINICO, periodo), "OK-307");
    await clinica.faz({ comando: "DESISTE", cpf: NOVA, especialista: CLINICO });
    for (const cpf of [DELA, DE_OUTRO]) {
      for (const mais of [{}, { codigo: codigoDeTeste(99) }]) {
        assertEquals(await quiosque.linha("ESPERA", cpf, "ANA", CLINICO, { ...periodo, ...mais }), NEUTRA);
        await clinica.perdoa(cpf);
      }
    }
  }
  // Quem sabe o código sabe quando é.
  assertEquals(await quiosque.codigo("ESPERA", DELA, "ANA", CLINICO, { ...antes, codigo: dela }), "ERRO-103");
  assertEquals(await quiosque.codigo("ESPERA", DELA, "ANA", CLINICO, { codigo: dela }), "OK-307");
  assertEquals(await quiosque.codigo("ESPERA", DELA, "ANA", CLINICO, { ate: "29/11/2026" }), "ERRO-103");
});

teste("em CLINICA/1 essa recusa é a de não haver vagas", async () => {
  await using clinica = await Clinica.abre({ anonimo: "quiosque" });
  await clinica.faz(agend(DELA));
  const { conversa } = await clinica.chega();
  using fio = conversa;
  assertEquals(await fio.codigo("AGEND", DELA, "ANA", CLINICO, DEPOIS, DIA), "ERRO-110");
  assertEquals(await fio.codigo("AGEND", NOVA, "BIA", CLINICO, DEPOIS, DIA), "OK-300");
  // Só com o código, que CLINICA/1 não sabe dizer.
  assertEquals(await fio.codigo("BUSCA", NOVA), "ERRO-112");
  assertEquals(await fio.codigo("CANCEL", NOVA), "ERRO-113");
});

teste("BUSCA com código acha só esse agendamento, e mostra o código a quem o disse", async () => {
  await using clinica = await Clinica.abre();
  const codigo = await marca(clinica, agend(DELA));
  await clinica.faz(agend(DELA, "08:00", { especialista: "PEDIATRA", data: "2026-12-07" }));
  using quiosque = await clinica.entra("quiosque");
  using balcao = await clinica.entra("balcao");
  for (const fio of [quiosque, balcao]) {
    const [ok, tupla, ...outras] = await fio.pede("BUSCA", DELA, { codigo });
    assertEquals([ok, tupla[3], tupla[7].codigo, outras], ["OK-302", CLINICO, codigo, []]);
    const comHifen = `${codigo.slice(0, 4)}-${codigo.slice(4).toLowerCase()}`;
    assertEquals(await fio.codigo("BUSCA", DELA, { codigo: comHifen }), "OK-302");
  }
  assertEquals((await balcao.pede("BUSCA", DELA)).length, 3);
  for (const errado of [codigoDeTeste(99), "", "1234", "!"]) {
    assertEquals(await quiosque.linha("BUSCA", DELA, { codigo: errado }), await quiosque.linha("BUSCA", NOVA));
  }
});

teste("CANCEL de quem tem dois, num quiosque, é do código: nunca se diz quais são", async () => {
  await using clinica = await Clinica.abre();
  await clinica.faz(agend(DELA));
  const codigo = await marca(clinica, agend(DELA, "08:00", { especialista: "PEDIATRA", data: "2026-12-07" }));
  using balcao = await clinica.entra("balcao");
  assertEquals(await balcao.codigo("CANCEL", DELA), "ERRO-114");
  using quiosque = await clinica.entra("quiosque");
  for (const mais of [[], [{ codigo: codigoDeTeste(99) }], [CLINICO], [CLINICO, { codigo }], [{ numero: 1 }]]) {
    assertEquals(await quiosque.linha("CANCEL", DELA, ...mais), await quiosque.linha("CANCEL", NOVA, ...mais));
  }
  const [ok, tupla] = await quiosque.pede("CANCEL", DELA, { codigo });
  assertEquals([ok, tupla[3]], ["OK-301", "PEDIATRA"]);
});

teste("a versão que já não é, e a situação que não deixa, só se dizem a quem deu o código", async () => {
  await using clinica = await Clinica.abre();
  const codigo = await marca(clinica, agend(DELA));
  using quiosque = await clinica.entra("quiosque");
  const pedidos = (mais: object): unknown[][] => [
    ["CANCEL", DELA, CLINICO, { versao: 7, ...mais }],
    ["REMARC", DELA, CLINICO, DEPOIS, DIA, { versao: 7, ...mais }],
    ["SITUA", DELA, CLINICO, "CONFIRMADO", { versao: 7, ...mais }],
  ];
  for (const mais of [{}, { codigo: codigoDeTeste(99) }, { numero: 1 }]) {
    for (const pedido of pedidos(mais)) assertEquals(await quiosque.codigo(...pedido), "ERRO-113");
  }
  for (const pedido of pedidos({ codigo })) {
    const [erro, , tupla] = await quiosque.pede(...pedido);
    assertEquals([erro, tupla[1], tupla[7].codigo], ["ERRO-117", DELA, codigo]);
  }
  assertEquals(await quiosque.codigo("SITUA", DELA, CLINICO, "CHEGOU", { codigo }), "OK-306");
  for (const pedido of [["CANCEL", DELA, CLINICO], ["SITUA", DELA, CLINICO, "CHEGOU"]]) {
    assertEquals(await quiosque.codigo(...pedido), "ERRO-113");
    assertEquals(await quiosque.codigo(...pedido, { codigo }), "ERRO-115");
  }
});

teste("uma hora segurada não se marca num quiosque só com o CPF; com o código, aceita-se", async () => {
  await using clinica = await Clinica.abre();
  const livre = { data: "2026-12-07", profissional: "Dra. Lima" };
  await clinica.faz(agend(DE_OUTRO, "08:00", livre));
  const entrou = await clinica.faz({ comando: "ESPERA", cpf: DELA, nome: "ANA", especialista: CLINICO });
  await clinica.faz({ comando: "CANCEL", cpf: DE_OUTRO, especialista: CLINICO });
  const hora = ["AGEND", DELA, "ANA", CLINICO, DEPOIS, DIA, "08:00", { profissional: "Dra. Lima" }];
  using quiosque = await clinica.entra("quiosque");
  assertEquals(await quiosque.codigo(...hora), "ERRO-110");
  for (const mais of [[], [{ codigo: codigoDeTeste(99) }]]) {
    for (const comando of ["ACEITA", "RECUSA", "DESISTE"]) {
      assertEquals(await quiosque.codigo(comando, DELA, CLINICO, ...mais), "ERRO-119");
    }
  }
  const codigo = "espera" in entrou ? entrou.espera.codigo : "";
  const [ok, tupla] = await quiosque.pede("ACEITA", DELA, CLINICO, { codigo });
  assertEquals([ok, tupla[6], tupla[7].codigo], ["OK-300", "08:00", codigo]);
  // A recepção marca-a em nome de quem foi convidado.
  await clinica.faz({ comando: "CANCEL", cpf: DELA, especialista: CLINICO });
  await clinica.faz(agend(DE_OUTRO, "08:00", livre));
  await clinica.faz({ comando: "ESPERA", cpf: DELA, nome: "ANA", especialista: CLINICO });
  await clinica.faz({ comando: "CANCEL", cpf: DE_OUTRO, especialista: CLINICO });
  using balcao = await clinica.entra("balcao");
  assertEquals(await balcao.codigo(...hora), "OK-300");
});

teste("um estranho que espera por alguém não lhe move, nem vê, o que ele venha a marcar", async () => {
  const livre = { data: "2026-12-07", profissional: LIMA };
  for (const marca of [true, false]) {
    await using clinica = await Clinica.abre();
    using quiosque = await clinica.entra("quiosque");
    using balcao = await clinica.entra("balcao");
    const horas = async (): Promise<string[]> => {
      const [codigo, ...tuplas] = await balcao.pede("BUSCA", DELA);
      return codigo === "OK-302" ? tuplas.map((uma) => uma[6]) : [];
    };
    for (const hora of ["08:00", "08:30"]) {
      await clinica.faz(agend(DE_OUTRO, hora, livre));
      const [, , { codigo }] = await quiosque.pede("ESPERA", DELA, "ANA", CLINICO, { marca });
      if (hora === "08:00") await clinica.faz(agend(DELA, "09:00", livre));
      await clinica.faz({ comando: "CANCEL", cpf: DE_OUTRO, especialista: CLINICO });
      // Com uma marcada fica onde está; sem nenhuma, a que vagou é dela.
      assertEquals(await horas(), hora === "08:00" ? ["09:00"] : marca ? ["08:30"] : []);
      if (hora === "08:00") {
        assertEquals(await quiosque.codigo("ACEITA", DELA, CLINICO, { codigo }), "ERRO-119");
        await clinica.faz({ comando: "CANCEL", cpf: DELA, especialista: CLINICO });
        await clinica.faz({ comando: "DESISTE", cpf: DELA, especialista: CLINICO });
      } else if (!marca) assertEquals(await quiosque.codigo("ACEITA", DELA, CLINICO, { codigo }), "OK-300");
    }
  }
});

teste("um convite que um estranho arranjou acaba quando a pessoa marca por si", async () => {
  await using clinica = await Clinica.abre();
  using quiosque = await clinica.entra("quiosque");
  const livre = { data: "2026-12-07", profissional: LIMA };
  await clinica.faz(agend(DE_OUTRO, "08:00", livre));
  const [, , { codigo }] = await quiosque.pede("ESPERA", DELA, "ANA", CLINICO);
  await clinica.faz({ comando: "CANCEL", cpf: DE_OUTRO, especialista: CLINICO });
  await clinica.faz(agend(DELA, "09:00", livre));
  assertEquals(await quiosque.codigo("ACEITA", DELA, CLINICO, { codigo }), "ERRO-119");
  assertEquals(await quiosque.codigo("AGEND", NOVA, "BIA", CLINICO, "07/12/2026", DIA, "08:00"), "OK-300");
});

teste("o código de uma espera não mostra o do agendamento que ela move", async () => {
  await using clinica = await Clinica.abre();
  const livre = { data: "2026-12-07", profissional: LIMA };
  const deAntes = await marca(clinica, agend(DELA, "09:00", livre));
  await clinica.faz(agend(DE_OUTRO, "08:00", livre));
  const entrou = await clinica.faz({ comando: "ESPERA", cpf: DELA, nome: "ANA", especialista: CLINICO });
  await clinica.faz({ comando: "CANCEL", cpf: DE_OUTRO, especialista: CLINICO });
  using quiosque = await clinica.entra("quiosque");
  const codigo = "espera" in entrou ? entrou.espera.codigo : "";
  const linha = await quiosque.linha("ACEITA", DELA, CLINICO, { codigo });
  assert(linha.startsWith('["OK-303",') && !linha.includes(deAntes), linha);
});

teste("um profissional vê e muda só os seus, e nunca um código", async () => {
  await using clinica = await Clinica.abre();
  const codigo = await marca(clinica, agend(DELA, "08:00", { profissional: LIMA, nota: "de muletas" }));
  const deOutro = await marca(clinica, agend(DE_OUTRO, "08:00", { profissional: "DR. REIS" }));
  await clinica.faz(agend(DELA, "08:30", { especialista: "PEDIATRA" }));
  for (const cpf of [DELA, DE_OUTRO]) {
    await clinica.faz({ comando: "SITUA", cpf, especialista: CLINICO, situacao: "CHEGOU" });
  }
  using fio = await clinica.entra("profissional");
  for (const mais of [{}, { profissional: "Dr. Reis" }, { especialista: "Pediatra" }]) {
    const [ok, ...tuplas] = await fio.pede("LISTA", NA_SEGUNDA, mais);
    assertEquals([ok, tuplas.map((uma) => uma[1])], ["OK-310", Object.keys(mais).length === 0 ? [DELA] : []]);
  }
  const busca = await fio.linha("BUSCA", DELA);
  const [, tupla, ...outras] = JSON.parse(busca);
  assertEquals([tupla[7].nota, tupla[7].senha, outras], ["de muletas", "A001", []]);
  assert(!busca.includes(codigo));
  assertEquals(await fio.codigo("BUSCA", DE_OUTRO), "ERRO-112");
  const feita = await fio.linha("SITUA", DELA, CLINICO, "CHAMADO", { local: "Sala 2" });
  assert(feita.startsWith('["OK-306",') && !feita.includes(codigo));
  for (const mais of [{}, { numero: 2 }, { codigo: deOutro }, { numero: 2, codigo: deOutro }]) {
    assertEquals(await fio.codigo("SITUA", DE_OUTRO, CLINICO, "CHAMADO", mais), "ERRO-113");
  }
  // Sem dizer qual, é o último dos seus, e não o de outro que mudou depois.
  await clinica.faz({ comando: "SITUA", cpf: DE_OUTRO, especialista: CLINICO, situacao: "CHAMADO" });
  assertEquals(await fio.codigo("SITUA", DELA, CLINICO, "DESFAZ"), "OK-306");
});

teste(
  "de dois no mesmo dia e na mesma especialidade, um profissional fala do seu, e um quiosque do que tem o código",
  async () => {
    await using clinica = await Clinica.abre();
    const meu = await marca(clinica, agend(DELA, "08:00", { profissional: LIMA }));
    const situa = (situacao: PedidoDe<"SITUA">["situacao"]): Promise<unknown> =>
      clinica.faz({ comando: "SITUA", cpf: DELA, especialista: CLINICO, situacao });
    for (const situacao of ["CHEGOU", "SAIU"] as const) await situa(situacao);
    const outro = await marca(clinica, agend(DELA, "08:30", { profissional: "DR. REIS" }));
    assertNotEquals(meu, outro);
    await situa("CHEGOU");
    using fio = await clinica.entra("profissional");
    const [erro, , tupla] = await fio.pede("SITUA", DELA, CLINICO, "CHAMADO");
    assertEquals([erro, tupla[6], tupla[7].situacao], ["ERRO-115", "08:00", "SAIU"]);
    using quiosque = await clinica.entra("quiosque");
    const [recusa, , dela] = await quiosque.pede("SITUA", DELA, CLINICO, "CONFIRMADO", { codigo: meu });
    assertEquals([recusa, dela[6]], ["ERRO-115", "08:00"]);
  },
);

// ------------------------------------------------------------------------------------------------------ com servidores no ar

/** `servidor.ts chave`, ao lado de um servidor. */
function chave(pasta: Pasta, banco: string, ...args: string[]): Promise<Saida> {
  return roda("servidor.ts", ["chave", ...args], { cwd: pasta.caminho, env: { CLINICA_BANCO: banco } });
}

async function cria(pasta: Pasta, banco: string, papel: string, ...mais: string[]): Promise<string> {
  const { stdout, stderr } = await chave(
    pasta,
    banco,
    "cria",
    "--papel",
    papel,
    "--nome",
    `o ${papel}`,
    "--sim",
    ...mais,
  );
  assertMatch(stdout, /^clinica_\w{40}\n$/, stderr);
  return stdout.trim();
}

async function entra(servidor: Servidor, texto: string): Promise<Conversa> {
  const conversa = new Conversa(await Fio.saudado(servidor.porta));
  // Um servidor obedece dentro de um segundo.
  for (let codigo = ""; codigo !== "OK-200";) codigo = await conversa.codigo("OLA", "CLINICA/2", { chave: texto });
  return conversa;
}

/** Os autores das mudanças do diário, como estão escritos. */
function autores(mudancas: readonly string[]): unknown[] {
  return mudancas.flatMap((linha) => JSON.parse(linha) as unknown[][]).map(([papel, quem]) => [papel, quem]);
}

const AMANHA = Temporal.Now.plainDateISO("America/Sao_Paulo").add({ days: 8 }).toString();

/** Pede a lista, e marca qualquer coisa. */
async function trabalha(fio: Conversa, cpf: string): Promise<string[]> {
  const [, ...vagas] = await fio.pede("VAGAS");
  const [data, dia, especialista] = vagas.at(-1) ?? [];
  return [
    await fio.codigo("LISTA", AMANHA.split("-").toReversed().join("/")),
    await fio.codigo("AGEND", cpf, "ANA", especialista, data, dia),
  ];
}

testeComSistema(
  "acesso: a primeira chave acaba com a porta aberta, a quem já cá estava também; revogada, corta",
  async () => {
    using pasta = new Pasta();
    const banco = pasta.arquivo("clinica.db");
    let texto: string;
    {
      await using servidor = await Servidor.inicia({ pasta: pasta.caminho });
      const pronto = servidor.log.find(({ evento }) => evento === "pronto");
      assertMatch(String(pronto?.acesso), /quem alcança esta porta pode tudo/);
      using aberta = new Conversa(await Fio.saudado(servidor.porta));
      assertEquals((await aberta.pede("OLA", "CLINICA/2"))[2].papel, "gerente");
      assertEquals(await trabalha(aberta, DE_OUTRO), ["OK-310", "OK-300"]);

      texto = await cria(pasta, banco, "balcao");
      await servidor.registrou(({ o_que }) => String(o_que).startsWith("1 chave vale"));
      assertEquals(await trabalha(aberta, NOVA), ["ERRO-120", "ERRO-120"]);
      using balcao = await entra(servidor, texto);
      assertEquals(await trabalha(balcao, DELA), ["OK-310", "OK-300"]);

      assertEquals((await chave(pasta, banco, "revoga", "1")).codigo, 0);
      const revogada = performance.now();
      const saiu = await servidor.registrou(({ evento, motivo }) =>
        evento === "saiu" && motivo === "a chave já não vale"
      );
      assert(saiu !== undefined && performance.now() - revogada < 5000);
      assertEquals(await balcao.linha("PING").catch(() => "(fecha)"), "(fecha)");
      assertEquals(await aberta.codigo("PING"), "OK-200", "a de quem não trouxe chave continua");
      for (const linha of servidor.linhas) assert(!linha.includes(texto) && !linha.includes(resumoDe(texto) ?? ""));
      const [[papel, quem], ...deChave] = autores(
        consulta(banco, "SELECT mudancas FROM diario ORDER BY id").map(({ mudancas }) => String(mudancas)),
      ) as [string, string][];
      assertEquals([papel, deChave], ["gerente", [["balcao", "k:1"]]]);
      assertMatch(quem, /^h:[0-9a-f]{16}$/);
    }
    // Reiniciar não a abre outra vez.
    await using servidor = await Servidor.inicia({ pasta: pasta.caminho });
    using depois = new Conversa(await Fio.saudado(servidor.porta));
    assertEquals((await depois.pede("OLA", "CLINICA/2"))[2].papel, "anonimo");
    assertEquals(await depois.codigo("OLA", "CLINICA/2", { chave: texto }), "ERRO-120");
  },
);

testeComSistema("acesso: --anonimo manda, com chaves ou sem elas, e o console di-lo", async () => {
  const casos = [["nada", "anonimo"], ["vagas", "anonimo"], ["quiosque", "quiosque"], ["tudo", "gerente"]];
  for (const [anonimo, papel] of casos) {
    using pasta = new Pasta();
    await using servidor = await Servidor.inicia({ pasta: pasta.caminho, args: ["--anonimo", anonimo] });
    using fio = new Conversa(await Fio.saudado(servidor.porta));
    assertEquals((await fio.pede("OLA", "CLINICA/2"))[2].papel, papel);
    assertMatch(String(servidor.log[0].acesso), /^nenhuma chave vale; /);
  }
});

testeComPostgres("acesso: uma chave feita num servidor vale em todos, e revogada num é cortada em todos", async () => {
  using pasta = new Pasta();
  const banco = await cluster.banco("acesso");
  const abre = (): Promise<Servidor> => Servidor.inicia({ pasta: pasta.caminho, env: { CLINICA_BANCO: banco } });
  await using um = await abre();
  await using outro = await abre();
  const texto = await cria(pasta, banco, "gerente");
  const fios: Conversa[] = [];
  for (const [i, servidor] of [um, outro].entries()) {
    const fio = await entra(servidor, texto);
    fios.push(fio);
    assertEquals(await trabalha(fio, cpfDeExemplo(20 + i)), ["OK-310", "OK-300"]);
    using anonimo = new Conversa(await Fio.saudado(servidor.porta));
    assertEquals(await anonimo.codigo("BUSCA", DELA), "ERRO-101");
  }
  assertEquals((await chave(pasta, banco, "revoga", "1")).codigo, 0);
  for (const [i, servidor] of [um, outro].entries()) {
    await servidor.registrou(({ evento, motivo }) => evento === "saiu" && motivo === "a chave já não vale");
    assertEquals(await fios[i].linha("PING").catch(() => "(fecha)"), "(fecha)");
    fios[i][Symbol.dispose]();
    using depois = new Conversa(await Fio.saudado(servidor.porta));
    assertEquals(await depois.codigo("OLA", "CLINICA/2", { chave: texto }), "ERRO-120");
  }
  const mudancas = await cluster.executa("SELECT mudancas FROM diario ORDER BY id", "acesso");
  assertEquals(autores(mudancas.map(([uma]) => uma ?? "")), [["gerente", "k:1"], ["gerente", "k:1"]]);
});
