/**
 * O que se conta de quem não é da casa, visto de fora: no fio, onde um CPF do livro e um que lá não está se respondem byte a byte
 * o mesmo; depois de reiniciar; e em dois servidores de um livro.
 *
 * @module
 */

import { assertEquals, assertNotEquals } from "@std/assert";
import { Agenda } from "../agenda.ts";
import { ArmazemPostgres } from "../armazem/postgres.ts";
import {
  CODIGOS_POR_DIA,
  CODIGOS_POR_REDE,
  CONHECIDA_POR,
  JANELA_DAS_RECUSAS,
  JANELA_DOS_CODIGOS,
  RECUSAS_POR_DIA,
  RECUSAS_POR_REDE,
} from "../clinica/contar.ts";
import { lerOferta } from "../clinica/oferta.ts";
import type { Pedido } from "../clinica/pedido.ts";
import { confereContagens, type Tentada } from "../prova/historia/contagens.ts";
import seguranca from "../SEGURANCA.md" with { type: "text" };
import { cpfDeExemplo, Fio, Pasta, Servidor, testeComSistema } from "./apoio.ts";
import { codigoDeTeste, como } from "./balcao.ts";
import { type Cluster, clusterDoArquivo, testeComPostgres } from "./cluster.ts";

let cluster: Cluster;
clusterDoArquivo((novo) => cluster = novo);

const ERRADO = codigoDeTeste(9999);
const [CONHECIDO, OUTRO] = [1, 2].map(cpfDeExemplo);
const [DESCONHECIDO, MAIS_UM] = [71, 72].map(cpfDeExemplo);
const CLINICO = "CLINICO GERAL";

/** Um terminal de quem não trouxe chave, já em CLINICA/2. */
class Terminal implements Disposable {
  #fio: Fio;

  private constructor(fio: Fio) {
    this.#fio = fio;
  }

  static async liga(porta: number): Promise<Terminal> {
    const terminal = new Terminal(await Fio.saudado(porta));
    await terminal.linha("OLA", "CLINICA/2");
    return terminal;
  }

  /** A resposta, como veio. */
  async linha(...pedido: readonly unknown[]): Promise<string> {
    await this.#fio.manda(`${JSON.stringify(pedido)}\n`);
    return await this.#fio.linha() ?? "(fecha)";
  }

  /** Marca a primeira hora livre da semana; devolve o código, e o que se disse. */
  async marca(cpf: string): Promise<{ codigo: string; pedido: readonly unknown[] }> {
    const [, [data, dia]] = JSON.parse(await this.linha("VAGAS", CLINICO));
    const pedido = ["AGEND", cpf, "BIA", CLINICO, data, dia];
    const [ok, tupla] = JSON.parse(await this.linha(...pedido));
    assertEquals(ok, "OK-300");
    return { codigo: tupla[7].codigo, pedido };
  }

  [Symbol.dispose](): void {
    this.#fio[Symbol.dispose]();
  }
}

function daqui(pasta: Pasta): Promise<Servidor> {
  return Servidor.inicia({ pasta: pasta.caminho, args: ["--anonimo", "quiosque"] });
}

/** A resposta a um pedido só, numa conexão só dele. */
async function umaVez({ porta }: Servidor, ...pedido: readonly unknown[]): Promise<string> {
  using terminal = await Terminal.liga(porta);
  return await terminal.linha(...pedido);
}

/** O que se pode perguntar por um CPF, com um código ou sem ele. */
function perguntas(cpf: string, codigo?: string): readonly (readonly unknown[])[] {
  const opcoes = codigo === undefined ? [] : [{ codigo }];
  return [
    ["BUSCA", cpf, ...opcoes],
    ["CANCEL", cpf, ...opcoes],
    ["CANCEL", cpf, CLINICO, ...opcoes],
    ["SITUA", cpf, CLINICO, "CONFIRMADO", ...opcoes],
    ["DESISTE", cpf, CLINICO, ...opcoes],
    ["ACEITA", cpf, CLINICO, ...opcoes],
    ["RECUSA", cpf, CLINICO, ...opcoes],
  ];
}

testeComSistema(
  "um CPF do livro e um que lá não está respondem-se byte a byte o mesmo, antes e depois do limite; e depois de reiniciar",
  async () => {
    using pasta = new Pasta();
    let certo = "";
    {
      await using servidor = await daqui(pasta);
      using terminal = await Terminal.liga(servidor.porta);
      certo = (await terminal.marca(CONHECIDO)).codigo;
      assertNotEquals(certo, undefined);
      const diz = async (cpf: string, codigo?: string): Promise<string[]> => {
        const linhas: string[] = [];
        for (const pergunta of perguntas(cpf, codigo)) linhas.push(await umaVez(servidor, ...pergunta));
        return linhas;
      };
      assertEquals(await diz(CONHECIDO), await diz(DESCONHECIDO), "sem código");
      assertEquals(await diz(CONHECIDO, "12"), await diz(DESCONHECIDO, "12"), "o que não é um código");
      const comErrado = await diz(CONHECIDO, ERRADO);
      assertEquals(comErrado, await diz(DESCONHECIDO, ERRADO), "um código errado, cinco vezes e mais duas");
      assertEquals(new Set(comErrado).size, 4, comErrado.join("\n"));
      assertEquals(await diz(CONHECIDO, certo), await diz(DESCONHECIDO, certo), "nem o certo se olha");
      assertEquals(await umaVez(servidor, "BUSCA", CONHECIDO, { codigo: certo }), comErrado[6]);
      // É a última linha da conexão, e o que foi atrás dela fica sem resposta.
      assertEquals(await terminal.linha("BUSCA", CONHECIDO, { codigo: certo }), comErrado[6]);
      assertEquals(await terminal.linha("PING"), "(fecha)");
      // Em CLINICA/1, que não diz códigos, também.
      using antigo = await Fio.saudado(servidor.porta);
      const emClinica1 = async (cpf: string): Promise<(string | undefined)[]> => {
        await antigo.manda(`["BUSCA","${cpf}"]\n["CANCEL","${cpf}"]\n["CANCEL","${cpf}","${CLINICO}"]\n`);
        return [await antigo.linha(), await antigo.linha(), await antigo.linha()];
      };
      assertEquals(await emClinica1(CONHECIDO), await emClinica1(DESCONHECIDO));
    }
    await using servidor = await daqui(pasta);
    using terminal = await Terminal.liga(servidor.porta);
    const depois = async (cpf: string): Promise<string> => await umaVez(servidor, "BUSCA", cpf, { codigo: certo });
    assertEquals(await depois(CONHECIDO), await depois(DESCONHECIDO));
    assertEquals(JSON.parse(await depois(CONHECIDO))[0], "ERRO-130", "o que se contou está no livro");
    const { codigo } = await terminal.marca(OUTRO);
    assertEquals(JSON.parse(await terminal.linha("BUSCA", OUTRO, { codigo }))[0], "OK-302");
  },
);

testeComSistema(
  "gastas as recusas de um endereço, marcar responde byte a byte o mesmo a um CPF do livro e a outro",
  async () => {
    using pasta = new Pasta();
    await using servidor = await daqui(pasta);
    using terminal = await Terminal.liga(servidor.porta);
    const { pedido } = await terminal.marca(CONHECIDO);
    const de = (cpf: string): readonly unknown[] => ["AGEND", cpf, ...pedido.slice(2)];
    const recusadas: string[] = [];
    for (let i = 0; i < 6; i++) recusadas.push(await umaVez(servidor, ...de(CONHECIDO)));
    assertEquals(recusadas.map((linha) => JSON.parse(linha)[0]), [
      ...new Array(3).fill("ERRO-116"),
      ...new Array(3).fill("ERRO-130"),
    ]);
    assertEquals(await umaVez(servidor, ...de(DESCONHECIDO)), recusadas[5]);
    assertEquals(await umaVez(servidor, "ESPERA", MAIS_UM, "CID", CLINICO), recusadas[5]);
    assertEquals(await umaVez(servidor, "ESPERA", CONHECIDO, "BIA", CLINICO), recusadas[5]);
  },
);

Deno.test({
  name: "SEGURANCA.md diz os números que valem",
  permissions: "none",
  fn: () => {
    const linhas = seguranca.split("\n").filter((linha) => /^\| (códigos errados|recusas ao marcar) /.test(linha))
      .map((linha) => linha.split("|").slice(1, 3).map((celula) => celula.trim()));
    const minutos = (ms: number): number => ms / 60_000;
    assertEquals(linhas, [
      ["códigos errados", `${CODIGOS_POR_REDE} em ${minutos(JANELA_DOS_CODIGOS)} minutos`],
      ["códigos errados", `${CODIGOS_POR_DIA} num dia`],
      ["recusas ao marcar", `${RECUSAS_POR_REDE} numa hora`],
      ["recusas ao marcar", `${RECUSAS_POR_DIA} num dia`],
    ]);
    assertEquals(minutos(JANELA_DAS_RECUSAS), 60);
    assertEquals(CONHECIDA_POR, 90 * 24 * 60 * 60_000);
  },
});

testeComPostgres("dois servidores de um livro contam numa conta só, peça quem pedir e por onde", async () => {
  const url = await cluster.banco("contagens");
  await using um = await ArmazemPostgres.abre(url);
  await using dois = await ArmazemPostgres.abre(url);
  const agendas = [um, dois].map((armazem) =>
    new Agenda({ armazem, oferta: lerOferta({ semanas: 8 }), relogio: Date.now })
  );
  const vistas: Tentada[] = [];
  /** Pede ao mesmo tempo, metade por cada servidor, em conexões diferentes. */
  const todos = async (
    quais: readonly (readonly [pedido: Pedido & { cpf: string }, origem: string])[],
  ): Promise<string[]> =>
    await Promise.all(quais.map(async ([pedido, origem], i) => {
      const inicio = performance.now();
      const [{ codigo: resposta }] = await agendas[i % 2].atende([pedido], como("quiosque", origem)) ?? [];
      const que = pedido.comando === "BUSCA" ? "código" : "marcar";
      vistas.push({ cpf: pedido.cpf, rede: origem, que, resposta, inicio, fim: performance.now() });
      return resposta;
    }));
  const quantas = (vieram: readonly string[], codigo: string): number => vieram.filter((um) => um === codigo).length;

  const [livres] = await agendas[0].atende([{ comando: "VAGAS", especialista: CLINICO }], como("gerente")) ?? [];
  if (!("vagas" in livres)) throw new Error(livres.codigo);
  const [{ dia }, { dia: seguinte }] = livres.vagas;
  const conhecidos = [1, 2, 3, 4, 5, 6, 7, 8].map(cpfDeExemplo);
  const agend = (cpf: string, { iso, nome } = dia): Pedido & { cpf: string } => ({
    ...{ comando: "AGEND", cpf, nome: "BIA", especialista: CLINICO, data: iso, dia: nome },
  });
  for (const [i, cpf] of conhecidos.entries()) {
    const [{ codigo }] = await agendas[0].atende([agend(cpf, i < 5 ? dia : seguinte)], como("gerente")) ?? [];
    assertEquals(codigo, "OK-300");
  }

  for (const cpf of [conhecidos[0], DESCONHECIDO]) {
    const errado: Pedido & { cpf: string } = { comando: "BUSCA", cpf, codigo: ERRADO };
    const vieram = await todos(Array.from({ length: 16 }, () => [errado, "10.0.0.7"] as const));
    assertEquals([quantas(vieram, "ERRO-112"), quantas(vieram, "ERRO-130")], [5, 11]);
    // Um estranho por muitos endereços: cem no dia, ao todo.
    const muitos = Array.from({ length: 120 }, (_, i) => [errado, `192.0.2.${i}`] as const);
    const deMuitos = await todos(muitos);
    assertEquals([quantas(deMuitos, "ERRO-112"), quantas(deMuitos, "ERRO-130")], [95, 25]);
  }

  // Cada servidor num dia: nada têm em comum senão o endereço.
  const recusadas = await todos(
    conhecidos.map((cpf, i) => [agend(cpf, i % 2 === 0 ? dia : seguinte), "10.0.0.9"] as const),
  );
  assertEquals([quantas(recusadas, "ERRO-116"), quantas(recusadas, "ERRO-130")], [5, 3]);
  const doMesmo = await todos(Array.from({ length: 12 }, (_, i) => [agend(conhecidos[0]), `198.51.100.${i}`] as const));
  const jaTinha = recusadas[0] === "ERRO-116" ? 1 : 0;
  assertEquals(quantas(doMesmo, "ERRO-116"), 3 - jaTinha);
  assertEquals(quantas(doMesmo, "ERRO-130"), 9 + jaTinha);
  assertEquals(confereContagens(vistas), []);
});
