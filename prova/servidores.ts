/**
 * A parte `servidores` da prova: os atos do dia da clínica ao acaso em dois e em quatro servidores sobre um PostgreSQL, com um
 * morto e outro no lugar dele no meio; um `FECHA` num servidor enquanto noutros se marca; e a lista de espera por todos eles, com
 * relógios que não são os mesmos e um morto a meio de uma cadeia. `prova/prova.ts` a roda; sem
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
import { montaEspera, SalaDeEspera } from "./carga_espera.ts";
import {
  confereDia,
  type DiaConferido,
  leTudo,
  type OpcoesDaConferencia,
  OPERACOES_DO_DIA,
  promessasDoDia,
} from "./dia.ts";
import { ANDAR_MAXIMO, cifrasDaEspera, cortaCadeia, promessasDaEspera } from "./espera.ts";
import type { FeitoNoDia } from "./historia/feitos.ts";
import { RelogioAdiantado } from "./relogio.ts";
import { mensagem } from "../clinica/texto.ts";
import { ehDaRede, type Oficina, type Servidor } from "../testes/apoio.ts";
import { Cluster, FALTA } from "../testes/cluster.ts";

const SEMPRE = "um FECHA que um servidor confirmou, todos os outros o seguem no pedido seguinte";

/** Conexões ao mesmo tempo, em todos eles. */
const CLIENTES = 20;

/** Os mesmos atos, em vários servidores. */
export async function servidores({ oficina, segundos, semente, ferramentas, avanca }: Contexto): Promise<Conclusao> {
  if (FALTA !== undefined) {
    return { promessas: [naoVerificada("o que um dia promete, vários servidores o cumprem", FALTA)], cifras: {} };
  }
  const sorteio = new Sorteio(semente);
  const tempo = cronometro(segundos);
  const relogio = new RelogioAdiantado(oficina.pasta(), ferramentas.faketime);
  let minutosDoBanco = relogio.minutos;
  const cluster = await oficina.cuida(await Cluster.inicia([], () => relogio.comDesvio(0)));
  const conferidas: DiaConferido[] = [];
  const esperas: DiaConferido[] = [];
  const fechamentos = { feitos: 0, marcaram: [] as string[] };
  let mortos = 0;
  try {
    do {
      for (const quantos of [2, 4]) {
        conferidas.push(await umLivro(quantos));
        esperas.push(await umaLista(quantos));
      }
    } while (!tempo.acabou());
  } catch (causa) {
    const { queda } = cluster;
    throw queda === undefined ? causa : new Error(`${mensagem(causa)}; o PostgreSQL caiu:\n${queda}`, { cause: causa });
  }
  await cluster[Symbol.asyncDispose]();
  return {
    promessas: [
      ...promessasDoDia([...conferidas, ...esperas]),
      ...promessasDaEspera(esperas, relogio.anda),
      promessa(
        SEMPRE,
        fechamentos.marcaram.length === 0,
        fechamentos.marcaram[0] ?? `${mil(fechamentos.feitos)} FECHA, cada um seguido de marcações nos outros`,
      ),
    ],
    cifras: { mortos, fechamentosSeguidos: fechamentos.feitos, ...cifrasDaEspera([...conferidas, ...esperas]) },
  };

  /** O banco só muda de hora parado (veja `RelogioAdiantado.segue`); nenhum servidor está de pé. */
  async function acertaBanco(): Promise<void> {
    if (minutosDoBanco === relogio.minutos) return;
    minutosDoBanco = relogio.minutos;
    await cluster.para();
    await cluster.sobe();
  }

  async function umLivro(quantos: number): Promise<DiaConferido> {
    relogio.acerta();
    await acertaBanco();
    const pasta = oficina.pasta();
    const balcao = new Balcao(montaDia(pasta));
    const nome = `dia${conferidas.length}`;
    const args = ["--banco", await cluster.banco(nome)];
    await using frota = new Frota(oficina, { pasta: pasta.caminho, args });
    await frota.mais(quantos);
    const carga = new CargaEmCurso((ate) =>
      carregaDia({
        ...{ portas: () => frota.portas, balcao, ate, sorteio: sorteio.filho() },
        clientes: CLIENTES,
      })
    );
    const { historia } = balcao;
    const desta = cronometro(segundos / 4);
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
    return await confere(nome, balcao);
  }

  /** A lista de espera: os mesmos clientes por todos os servidores, um morto a meio de uma cadeia, e prazos que vencem. */
  async function umaLista(quantos: number): Promise<DiaConferido> {
    relogio.acerta();
    await acertaBanco();
    const pasta = oficina.pasta();
    const clinica = montaEspera(pasta);
    const sala = new SalaDeEspera(clinica);
    const { balcao, balcao: { historia } } = sala;
    const nome = `lista${esperas.length}`;
    const vivos: [de: number, a: number][] = [];
    await using frota = new Frota(oficina, {
      ...{ pasta: pasta.caminho, args: ["--banco", await cluster.banco(nome)] },
      diante: () => relogio.comDesvio(sorteio.inteiro(0, FORA_DE_HORA)),
    });
    const desta = cronometro(segundos / 4);
    do await umaGeracao(); while (
      historia.operacoes.length < OPERACOES_DO_DIA && relogio.minutos < ANDAR_MAXIMO && !desta.acabou() &&
      !tempo.acabou()
    );
    // De quantos havia basta que um viva.
    await leem(relogio.anda ? 1 : 2, [...sala.soParaAmanha(), ...sala.leituraFinal()]);
    if (relogio.anda) {
      relogio.adiantaAte(2, "00:30", clinica.regras.fuso);
      await leem(2, sala.leituraDepois());
    }
    return await confere(nome, balcao, { umSo: false, regras: clinica.regras, vivos: relogio.anda ? vivos : [] });

    /** Todos sob carga, alguns mortos a meio de uma cadeia, e por fim todos de uma vez; os prazos do que seguravam vencem. */
    async function umaGeracao(): Promise<void> {
      await acertaBanco();
      await frota.mais(quantos);
      const carga = new CargaEmCurso((ate) =>
        carregaDia({
          ...{ portas: () => frota.portas, balcao, ate, sorteio: sorteio.filho(), clientes: CLIENTES },
          sorteia: (sorteio) => sala.sorteia(sorteio),
        })
      );
      for (let i = 0; i < MORTOS_POR_GERACAO && !carga.acabou; i++) {
        for (let j = 0; j < DISPUTAS; j++) await disputaLista(frota, sala, sorteio);
        await frota.semUm(sorteio, async (servidor) => await cortaCadeia(servidor, sala, sorteio));
        mortos++;
        await frota.mais();
        avanca(`lista em ${quantos} servidores, ${mil(mortos)} mortos, ${mil(historia.operacoes.length)} operações`);
      }
      const parada = carga.para();
      mortos += await frota.mata();
      await parada;
      historia.morreu();
      relogio.adianta(sorteio.inteiro(16, 20));
    }

    /** Um servidor, e talvez outro depois, que acabam em ordem. */
    async function leem(quantos: number, leituras: readonly FeitoNoDia[]): Promise<void> {
      for (let i = 0; i < quantos; i++) {
        relogio.adianta(sorteio.inteiro(2, 20));
        await acertaBanco();
        const de = relogio.agora;
        await frota.mais();
        using conversa = await Conversa.comeca(frota.portas[0], balcao, { ensina: false });
        await conversa.pede(leituras);
        if (conversa.acabou) throw new Error("o servidor fechou no meio da última leitura");
        await frota.encerra();
        historia.morreu();
        vivos.push([de, relogio.agora]);
      }
    }
  }

  /** Uma lista disputada por todos os servidores ao mesmo tempo. */
  async function disputaLista({ portas }: Frota, sala: SalaDeEspera, sorteio: Sorteio): Promise<void> {
    const { antes, juntos } = sala.disputa();
    const abre = (porta: number): Promise<Conversa> => Conversa.comeca(porta, sala.balcao, { ensina: false });
    using conversas = new DisposableStack();
    const uma = conversas.use(await abre(sorteio.de(portas)));
    await uma.pede(antes);
    for (const feitos of juntos) {
      // Metade num servidor e metade noutros: o que chega ao mesmo decide-se lá no mesmo lote.
      const um = sorteio.de(portas);
      const outros = portas.filter((porta) => porta !== um);
      const onde = (i: number): number => i < feitos.length / 2 ? um : sorteio.de(outros);
      const cada = await Promise.all(feitos.map((_, i) => abre(onde(i))));
      for (const conversa of cada) conversas.use(conversa);
      await Promise.all(cada.map((conversa, i) => conversa.pede([feitos[i]])));
    }
  }

  async function confere(nome: string, balcao: Balcao, espera?: OpcoesDaConferencia["espera"]): Promise<DiaConferido> {
    await using sessao = await cluster.sessao(nome);
    return await confereDia(balcao, {
      consulta: async (sql) => {
        const [[linhas]] = await sessao.executa(`SELECT coalesce(json_agg(tudo), '[]') FROM (${sql}) tudo`);
        return JSON.parse(linhas ?? "[]");
      },
      avanca,
      espera,
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

/** Servidores mortos a meio de uma cadeia, antes que o sejam todos; cada livro tem várias gerações, se há tempo. */
const MORTOS_POR_GERACAO = 1;

/** Disputas antes de cada um deles. */
const DISPUTAS = 3;

/** Segundos a que o relógio de um servidor pode estar do de outro. */
const FORA_DE_HORA = 30;

/** Como se inicia cada um. */
interface OpcoesDaFrota {
  readonly pasta: string;
  readonly args: string[];
  readonly diante?: () => string[];
}

/** Servidores sobre um livro só: entram, e morrem de repente. */
class Frota implements AsyncDisposable {
  #oficina: Oficina;
  #opcoes: OpcoesDaFrota;
  #dePe: Servidor[] = [];

  constructor(oficina: Oficina, opcoes: OpcoesDaFrota) {
    this.#oficina = oficina;
    this.#opcoes = opcoes;
  }

  /** As portas dos que estão de pé. */
  get portas(): number[] {
    return this.#dePe.map(({ porta }) => porta);
  }

  /** Mais um, ou mais estes, de uma vez. */
  async mais(quantos = 1): Promise<void> {
    const novo = (): Promise<Servidor> => this.#oficina.servidor({ ...this.#opcoes, diante: this.#opcoes.diante?.() });
    this.#dePe.push(...await Promise.all(Array.from({ length: quantos }, novo)));
  }

  /** Um morre. */
  async menos(sorteio: Sorteio): Promise<void> {
    const [vitima] = this.#dePe.splice(sorteio.inteiro(0, this.#dePe.length - 1), 1);
    await vitima.encerra("SIGKILL");
  }

  /** Um morre no meio de alguma coisa; enquanto ela dura, ainda atende quem já está ligado a ele. */
  async semUm(sorteio: Sorteio, ateMorrer: (servidor: Servidor) => Promise<void>): Promise<void> {
    const [vitima] = this.#dePe.splice(sorteio.inteiro(0, this.#dePe.length - 1), 1);
    try {
      await ateMorrer(vitima);
    } finally {
      await vitima.encerra("SIGKILL");
    }
  }

  /** Morrem todos, e diz-se quantos eram. */
  async mata(): Promise<number> {
    const todos = this.#dePe.splice(0);
    await Promise.all(todos.map((servidor) => servidor.encerra("SIGKILL")));
    return todos.length;
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
