/**
 * A parte `servidores` da prova: os atos do dia da clínica ao acaso em dois e em quatro servidores sobre um PostgreSQL, com um
 * morto e outro no lugar dele no meio; e um `FECHA` num servidor enquanto noutros se marca. `prova/prova.ts` a roda; sem
 * PostgreSQL, diz o que não verificou.
 *
 * @module
 */

import { delay } from "@std/async";
import {
  CargaEmCurso,
  type Conclusao,
  type Contexto,
  cronometro,
  mil,
  naoVerificada,
  promessa,
  Sorteio,
} from "./bancada.ts";
import { Balcao, carregaDia, Conversa, montaDia } from "./carga_dia.ts";
import { cifrasDoDia, confereDia, type DiaConferido, leTudo, OPERACOES_DO_DIA, promessasDoDia } from "./dia.ts";
import type { FeitoNoDia } from "./historia/feitos.ts";
import { ehDaRede, type Oficina, type Servidor } from "../testes/apoio.ts";
import { Cluster, FALTA } from "../testes/cluster.ts";

const SEMPRE = "um FECHA que um servidor confirmou, todos os outros o seguem no pedido seguinte";

/** Conexões ao mesmo tempo, em todos eles. */
const CLIENTES = 20;

/** Os mesmos atos, em vários servidores. */
export async function servidores({ oficina, segundos, semente, avanca }: Contexto): Promise<Conclusao> {
  if (FALTA !== undefined) {
    return { promessas: [naoVerificada("o que um dia promete, vários servidores o cumprem", FALTA)], cifras: {} };
  }
  const sorteio = new Sorteio(semente);
  const tempo = cronometro(segundos);
  const cluster = await oficina.cuida(await Cluster.inicia());
  const conferidas: DiaConferido[] = [];
  const fechamentos = { feitos: 0, marcaram: [] as string[] };
  let mortos = 0;
  do {
    for (const quantos of [2, 4]) conferidas.push(await umLivro(quantos));
  } while (!tempo.acabou());
  await cluster[Symbol.asyncDispose]();
  return {
    promessas: [
      ...promessasDoDia(conferidas),
      promessa(
        SEMPRE,
        fechamentos.marcaram.length === 0,
        fechamentos.marcaram[0] ?? `${mil(fechamentos.feitos)} FECHA, cada um seguido de marcações nos outros`,
      ),
    ],
    cifras: { mortos, fechamentosSeguidos: fechamentos.feitos, ...cifrasDoDia(conferidas) },
  };

  async function umLivro(quantos: number): Promise<DiaConferido> {
    const pasta = oficina.pasta();
    const balcao = new Balcao(montaDia(pasta));
    const nome = `dia${conferidas.length}`;
    const args = ["--banco", await cluster.banco(nome)];
    await using frota = new Frota(oficina, { pasta: pasta.caminho, args });
    for (let i = 0; i < quantos; i++) await frota.mais();
    const carga = new CargaEmCurso((ate) =>
      carregaDia({
        ...{ portas: () => frota.portas, balcao, ate, sorteio: sorteio.filho() },
        clientes: CLIENTES,
      })
    );
    const { historia } = balcao;
    const desta = cronometro(segundos / 2);
    do {
      await delay(sorteio.inteiro(100, 300));
      await fechaEMarca(frota, balcao);
      await frota.menos(sorteio);
      mortos++;
      await delay(sorteio.inteiro(50, 200));
      await frota.mais();
      avanca(`${quantos} servidores, ${mil(mortos)} mortos, ${mil(historia.operacoes.length)} operações neste livro`);
    } while (!carga.acabou && historia.operacoes.length < OPERACOES_DO_DIA && !desta.acabou() && !tempo.acabou());
    await carga.para();
    for (const porta of frota.portas) await leTudo(porta, balcao);
    await frota.encerra();
    historia.morreu();
    await using sessao = await cluster.sessao(nome);
    return await confereDia(balcao, {
      consulta: async (sql) => {
        const [[linhas]] = await sessao.executa(`SELECT coalesce(json_agg(tudo), '[]') FROM (${sql}) tudo`);
        return JSON.parse(linhas ?? "[]");
      },
      avanca,
    });
  }

  /** Fecha um dia de uma especialidade num servidor; confirmado, ninguém mais o marca em nenhum outro. */
  async function fechaEMarca({ portas: [porta, ...outras] }: Frota, balcao: Balcao): Promise<void> {
    const { data, atende } = balcao.clinica.dias[balcao.clinica.dias.length - 1];
    const { especialidade } = sorteio.de(atende);
    try {
      using num = await Conversa.comeca(porta, balcao, { ensina: false });
      const [{ resposta }] = await num.pede([
        { comando: "FECHA", data, especialidade, motivo: `sem ${especialidade} ${++fechamentos.feitos}` },
      ]);
      if (resposta?.codigo !== "OK-312" || resposta.numero === undefined) return;
      await Promise.all(outras.map(async (outra) => {
        using noutro = await Conversa.comeca(outra, balcao, { ensina: false });
        const marca = (n: number): FeitoNoDia => ({
          ...{ comando: "AGEND", cpf: balcao.cpf(n), nome: balcao.historia.nome(), especialidade, data },
        });
        for (const { resposta } of await noutro.pede([1, 2, 3].map(marca))) {
          if (resposta?.codigo === "OK-300") fechamentos.marcaram.push(JSON.stringify(resposta.vistos[0]));
        }
      }));
      await num.pede([{ comando: "REABRE", numero: resposta.numero }]);
    } catch (erro) {
      if (!ehDaRede(erro)) throw erro;
    }
  }
}

/** Servidores sobre um livro só: entram, e morrem de repente. */
class Frota implements AsyncDisposable {
  #oficina: Oficina;
  #opcoes: { pasta: string; args: string[] };
  #dePe: Servidor[] = [];

  constructor(oficina: Oficina, opcoes: { pasta: string; args: string[] }) {
    this.#oficina = oficina;
    this.#opcoes = opcoes;
  }

  /** As portas dos que estão de pé. */
  get portas(): number[] {
    return this.#dePe.map(({ porta }) => porta);
  }

  /** Mais um. */
  async mais(): Promise<void> {
    this.#dePe.push(await this.#oficina.servidor(this.#opcoes));
  }

  /** Um morre. */
  async menos(sorteio: Sorteio): Promise<void> {
    const [vitima] = this.#dePe.splice(sorteio.inteiro(0, this.#dePe.length - 1), 1);
    await vitima.encerra("SIGKILL");
  }

  /** Todos acabam em ordem. */
  async encerra(): Promise<void> {
    for (const servidor of this.#dePe.splice(0)) await servidor.encerra();
  }

  /** Mata os que restam. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const servidor of this.#dePe.splice(0)) await servidor[Symbol.asyncDispose]();
  }
}
