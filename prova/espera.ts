/**
 * A parte `espera` da prova: a lista de espera, por muitas conexões sobre um livro em arquivo, com `kill -9` em qualquer ponto e no
 * meio das cadeias mais longas do que uma transação; e o que ela promete, conferido no fim com o livro e o diário.
 * `prova/prova.ts` a roda.
 *
 * Os prazos vencem porque cada servidor começa, sob `faketime`, mais tarde do que o anterior acabou: um quarto de hora para o
 * livro, um instante para quem espera. Sem `faketime` nenhum prazo vence, e isso é dito.
 *
 * @module
 */

import { delay } from "@std/async";
import { DatabaseSync } from "node:sqlite";
import {
  CargaEmCurso,
  type Conclusao,
  type Contexto,
  cronometro,
  integridadeDe,
  julga,
  mil,
  naoVerificada,
  type Promessa,
  promessa,
  type PromessaDaHistoria,
  soma,
  Sorteio,
} from "./bancada.ts";
import { carregaDia, Conversa } from "./carga_dia.ts";
import { montaEspera, PRAZO, SalaDeEspera } from "./carga_espera.ts";
import { type CifrasDoDia, cifrasDoDia, confereDia, type DiaConferido, promessasDoDia } from "./dia.ts";
import { RelogioAdiantado } from "./relogio.ts";
import { leDiario, type Registrada } from "./historia/diario.ts";
import { PARA_NINGUEM } from "./historia/espera.ts";
import type { FeitoNoDia } from "./historia/feitos.ts";
import type { ErradoNoDia } from "./historia/vidas.ts";
import { ehDaRede, type Servidor } from "../testes/apoio.ts";

/** Conexões ao mesmo tempo. */
const CLIENTES = 16;

/** Operações por história, no máximo. */
const OPERACOES = 5_000;

/** Minutos que o relógio pode andar num livro: do meio-dia até antes da meia-noite. */
export const ANDAR_MAXIMO = 9 * 60;

/** Os pedidos da lista de espera ao acaso, num arquivo, com `kill -9` e prazos que vencem. */
export async function espera({ oficina, segundos, semente, ferramentas, avanca }: Contexto): Promise<Conclusao> {
  const sorteio = new Sorteio(semente);
  const tempo = cronometro(segundos);
  const { faketime } = ferramentas;
  const conferidas: DiaConferido[] = [];
  const integridades: string[] = [];
  let quedas = 0;
  let cortadas = 0;
  do conferidas.push(await umLivro()); while (!tempo.acabou());
  return {
    promessas: [
      ...promessasDaEspera(conferidas, faketime !== undefined),
      ...promessasDoDia(conferidas),
      promessa(
        "depois de cada kill -9 o servidor volta, e o livro está íntegro",
        integridades.every((resultado) => resultado === "ok"),
        integridades.find((resultado) => resultado !== "ok") ??
          `${mil(quedas)} vezes kill -9, ${mil(cortadas)} delas numa cadeia, ${
            mil(integridades.length)
          } integrity_check`,
      ),
    ],
    cifras: { quedas, cortadas, ...cifrasDaEspera(conferidas) },
  };

  async function umLivro(): Promise<DiaConferido> {
    const pasta = oficina.pasta();
    const clinica = montaEspera(pasta);
    const sala = new SalaDeEspera(clinica);
    const { balcao } = sala;
    const { historia } = balcao;
    const vivos: [de: number, a: number][] = [];
    const relogio = new RelogioAdiantado(oficina.pasta(), faketime);
    const cabeMais = (): boolean =>
      historia.operacoes.length < OPERACOES && !tempo.acabou() && relogio.minutos < ANDAR_MAXIMO;
    do {
      await comServidor(async (servidor) => {
        const { porta } = servidor;
        const carga = new CargaEmCurso((ate) =>
          carregaDia({
            ...{ portas: () => [porta], balcao, ate, sorteio: sorteio.filho(), clientes: CLIENTES },
            sorteia: (sorteio) => sala.sorteia(sorteio),
          })
        );
        await delay(sorteio.inteiro(100, 300));
        // De uma hora que salta o servidor desconfia, e não bate: o que agora vence fica por aceitar, ou por tratar.
        if (sorteio.fracao() < 0.7) {
          relogio.adianta(sorteio.inteiro(16, 20));
          await delay(sorteio.inteiro(150, 300));
        }
        const parada = carga.para();
        await servidor.encerra("SIGKILL");
        await parada;
        quedas++;
      });
      await comServidor(async (servidor) => await cortaCadeia(servidor, sala, sorteio));
      quedas++;
      cortadas++;
      avanca(`${mil(quedas)} vezes kill -9, ${mil(historia.operacoes.length)} operações neste livro`);
    } while (cabeMais());
    // O que já devia ter acabado acaba ao começar um, e o segundo já não o acha: os últimos, dois dias depois.
    await leem(relogio.anda ? 1 : 2, [...sala.soParaAmanha(), ...sala.leituraFinal()]);
    if (relogio.anda) {
      relogio.adiantaAte(2, "00:30", clinica.regras.fuso);
      await leem(2, sala.leituraDepois());
    }
    using db = new DatabaseSync(pasta.arquivo("clinica.db"));
    integridades.push(integridadeDe(db));
    return await confereDia(balcao, {
      consulta: (sql) => db.prepare(sql).all(),
      avanca,
      // Sem o relógio a andar, o segundo começa no mesmo minuto do primeiro, e não bate.
      espera: { umSo: true, regras: clinica.regras, vivos: relogio.anda ? vivos : [] },
    });

    /** Um servidor, e talvez outro depois, que acabam em ordem. */
    async function leem(quantos: number, leituras: readonly FeitoNoDia[]): Promise<void> {
      for (let i = 0; i < quantos; i++) {
        await comServidor(async (servidor, de) => {
          using conversa = await Conversa.comeca(servidor.porta, balcao, { ensina: false });
          await conversa.pede(leituras);
          if (conversa.acabou) throw new Error("o servidor fechou no meio da última leitura");
          await servidor.encerra();
          vivos.push([de, relogio.agora]);
        });
      }
    }

    /** Um servidor, minutos mais tarde do que o anterior; morre, de um modo ou de outro, antes do fim. */
    async function comServidor(faz: (servidor: Servidor, de: number) => Promise<void>): Promise<void> {
      relogio.adianta(sorteio.inteiro(2, 20));
      const de = relogio.agora;
      await using servidor = await oficina.servidor({ pasta: pasta.caminho, diante: relogio.segue });
      await faz(servidor, de);
      historia.morreu();
    }
  }
}

/** Abre de uma vez mais horas do que uma transação promove, cada uma com quem a espere, e mata o servidor a meio disso. */
export async function cortaCadeia(servidor: Servidor, sala: SalaDeEspera, sorteio: Sorteio): Promise<void> {
  const { antes, fecha } = sala.prepara();
  try {
    using conversa = await Conversa.comeca(servidor.porta, sala.balcao, { ensina: false });
    const [{ resposta }] = await conversa.pede([fecha]);
    await conversa.pede(antes);
    const reabre: FeitoNoDia[] = resposta?.numero === undefined ? [] : [{ comando: "REABRE", numero: resposta.numero }];
    const aberta = conversa.pede(reabre);
    const morre = async (): Promise<void> => {
      // A meio da primeira transação, ou assim que ela se confirmou e a segunda começa.
      if (sorteio.fracao() < 0.5) await delay(sorteio.inteiro(0, 12));
      else await aberta;
      await servidor.encerra("SIGKILL");
    };
    for (const fim of await Promise.allSettled([aberta, morre()])) {
      if (fim.status === "rejected") throw fim.reason;
    }
  } catch (erro) {
    if (!ehDaRede(erro)) throw erro;
  }
}

/** O que se viu em muitas histórias da lista de espera. */
export interface CifrasDaEspera extends CifrasDoDia {
  /** Entradas na lista. */
  entradas: number;
  /** Convites feitos. */
  convites: number;
  /** Dos quais, aceitos. */
  aceitos: number;
  /** Dos quais, depois do prazo, e antes que alguém o visse vencido. */
  aceitosTarde: number;
  /** Dos quais, vencidos. */
  vencidos: number;
  /** Marcados, ou movidos, logo. */
  promovidos: number;
  /** Atendidos enquanto esperavam. */
  atendidos: number;
  /** Recusas por uma regra da clínica. */
  foraDasRegras: number;
  /** Entradas a que as regras não valem. */
  isentas: number;
  /** Faltas que o relógio marcou. */
  faltas: number;
  /** Entradas que acabaram com o seu último dia. */
  acabadas: number;
  /** Horas seguradas para ninguém. */
  paraNinguem: number;
  /** Das quais, as que só outro servidor acabou de dar. */
  aMeio: number;
  /** Promoções na transação que mais fez. */
  maisLonga: number;
}

/** Os números de muitas histórias da lista de espera. */
export function cifrasDaEspera(conferidas: readonly DiaConferido[]): CifrasDaEspera {
  const lotes = conferidas.flatMap((
    { livro: { diario } },
  ) => [...Map.groupBy(leDiario(diario), ({ lote }) => lote).values()]);
  const feitas = lotes.flat();
  const quantas = (ato: string, para: RegExp, de = /./): number =>
    feitas.filter((uma) => uma.sobre === "espera" && uma.ato === ato && para.test(uma.para) && de.test(uma.de)).length;
  const promove = lotes.map((lote) =>
    lote.filter(({ ato, sobre, para }) => ato === "PROMOVE" && sobre === "espera" && para !== "ESPERA").length
  );
  const atendidos = soma(lotes, atendidosDe);
  return {
    ...cifrasDoDia(conferidas),
    entradas: soma(conferidas, ({ livro }) => livro.esperas.length),
    convites: quantas("PROMOVE", /CONVITE/),
    aceitos: quantas("ACEITA", /FIM/),
    vencidos: quantas("VENCE", /^ESPERA$/),
    aceitosTarde: soma(conferidas, aceitosTardeDe),
    promovidos: quantas("PROMOVE", /FIM/) - atendidos,
    atendidos,
    foraDasRegras: soma(
      conferidas,
      ({ historia }) => historia.operacoes.filter(({ resposta }) => resposta?.codigo === "ERRO-116").length,
    ),
    isentas: soma(conferidas, ({ livro }) => livro.esperas.filter(({ isenta }) => isenta).length),
    faltas: feitas.filter(({ ato, papel }) => ato === "SITUA" && papel === "servidor").length,
    acabadas: quantas("VENCE", /FIM/),
    paraNinguem: soma(conferidas, ({ livro }) => livro.agendamentos.filter(({ cpf }) => cpf === PARA_NINGUEM).length),
    aMeio: soma(conferidas, aMeioDe),
    maisLonga: Math.max(0, ...promove),
  };
}

/** Entradas que acabaram, numa linha do diário, porque a pessoa foi atendida. */
function atendidosDe(lote: readonly Registrada[]): number {
  return lote.filter((uma, i) => {
    if (uma.sobre !== "espera" || uma.ato !== "PROMOVE" || uma.para !== "FIM") return false;
    // Se estava convidada, antes solta-se a hora.
    const antes = lote.slice(0, i).findLast(({ para }) => para !== "PASSOU");
    return antes?.ato === "SITUA" && antes.para === "ATENDIDO";
  }).length;
}

/** Convites aceitos mais tempo depois de feitos do que um prazo dura. */
function aceitosTardeDe({ livro: { diario } }: DiaConferido): number {
  const feitos = new Map<number, number>();
  let tarde = 0;
  for (const { sobre, ato, numero, para, de, lote } of leDiario(diario)) {
    const quando = Date.parse(diario[lote].quando);
    if (sobre !== "agendamento") continue;
    if (ato === "PROMOVE" && para.startsWith("CONVIDADO")) feitos.set(numero, quando);
    if (ato === "ACEITA" && de.startsWith("CONVIDADO") && quando > (feitos.get(numero) ?? quando) + PRAZO * UM_MINUTO) {
      tarde++;
    }
  }
  return tarde;
}

/** Horas seguradas para ninguém que o servidor que as segurou não deu, porque morreu. */
function aMeioDe({ livro: { agendamentos, diario } }: DiaConferido): number {
  const paraNinguem = new Set(agendamentos.flatMap(({ cpf, numero }) => cpf === PARA_NINGUEM ? [numero] : []));
  const vidas = Map.groupBy(
    leDiario(diario).filter(({ sobre, numero }) => sobre === "agendamento" && paraNinguem.has(numero)),
    ({ numero }) => numero,
  );
  return [...vidas.values()].filter(([{ lote }, fim]) =>
    fim !== undefined && Date.parse(diario[fim.lote].quando) - Date.parse(diario[lote].quando) > UM_MINUTO
  ).length;
}

/** Entre um servidor e o seguinte o relógio anda mais do que isto, em ms; um vivo continua logo. */
const UM_MINUTO = 60_000;

const SEGURADA: PromessaDaHistoria<ErradoNoDia, CifrasDaEspera> = {
  texto: "nenhuma hora fica segurada para sempre: cada uma acaba dentro do prazo e de dois TICK de um servidor vivo",
  tipos: ["hora segurada para sempre"],
  detalhe: ({ convites, vencidos, paraNinguem, aMeio }) =>
    `${mil(convites)} convites, ${mil(vencidos)} vencidos; ${mil(paraNinguem)} seguradas para ninguém, das quais ` +
    `${mil(aMeio)} só deu o servidor que veio depois de um morto`,
};

const DO_RELOGIO: PromessaDaHistoria<ErradoNoDia, CifrasDaEspera> = {
  texto: "passado o dia, o relógio marca as faltas e acaba as entradas que só o queriam a ele; antes, não",
  tipos: ["relógio infiel"],
  detalhe: ({ faltas, acabadas }) => `${mil(faltas)} faltas marcadas, ${mil(acabadas)} entradas acabadas`,
};

const PROMESSAS_DA_ESPERA: readonly PromessaDaHistoria<ErradoNoDia, CifrasDaEspera>[] = [
  {
    texto: "uma hora segurada só a toma quem foi convidado",
    tipos: ["hora segurada tomada por outro"],
    detalhe: ({ convites, aceitos, aceitosTarde }) =>
      `${mil(convites)} convites, ${mil(aceitos)} aceitos, ${mil(aceitosTarde)} deles depois do prazo`,
  },
  {
    texto: "uma hora que vaga é, na mesma transação, de quem a espera",
    tipos: ["vaga que não foi de quem a esperava"],
    detalhe: ({ convites, promovidos, consultas }) =>
      `${mil(convites)} convites e ${mil(promovidos)} promoções, entre ${mil(consultas)} consultas`,
  },
  {
    texto: "dá-se na ordem da lista, a quem serve, e só o que vagou",
    tipos: ["promoção fora da ordem", "promoção indevida"],
    detalhe: ({ entradas, maisLonga }) => `${mil(entradas)} entradas; numa transação, até ${mil(maisLonga)} promoções`,
  },
  {
    texto: "cada entrada tem um convite de cada vez, e quem foi promovido já não espera",
    tipos: ["convite a mais", "promovido e ainda à espera"],
    detalhe: ({ entradas, aceitos, promovidos, atendidos }) =>
      `${mil(entradas)} entradas, ${mil(aceitos)} aceitaram, ${mil(promovidos)} foram promovidas e ` +
      `${mil(atendidos)} atendidas`,
  },
  {
    texto:
      "as regras da clínica valem a quem espera: não se põe à espera, não se lhe dá nem aceita o que elas não deixam",
    tipos: ["fora das regras"],
    detalhe: ({ foraDasRegras, isentas }) =>
      `${mil(foraDasRegras)} recusas por uma regra; ${mil(isentas)} entradas a que não valem`,
  },
];

const COM_PRAZOS = [SEGURADA, DO_RELOGIO];

/** As promessas que uma história da lista de espera mostra, além das do dia; a dos prazos, só onde eles vencem. */
export function promessasDaEspera(conferidas: readonly DiaConferido[], vencem?: boolean): Promessa[] {
  const vereditos = conferidas.map(({ veredito }) => veredito);
  const cifras = cifrasDaEspera(conferidas);
  return [
    ...julga(PROMESSAS_DA_ESPERA, vereditos, cifras),
    ...vencem === undefined
      ? []
      : vencem
      ? julga(COM_PRAZOS, vereditos, cifras)
      : COM_PRAZOS.map(({ texto }) => naoVerificada(texto, "falta faketime (apt install faketime)")),
  ];
}
