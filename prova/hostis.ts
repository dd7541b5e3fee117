/**
 * A parte `hostis` da prova: clientes que se comportam mal, um tipo por processo (`prova/atacante.ts`), ao lado de uns poucos
 * honestos, que têm de ser atendidos como se estivessem sós. `prova/prova.ts` a roda.
 *
 * @module
 */

import { delay } from "@std/async";
import { cpfDeExemplo, Fio, PACIENCIA, picoDeMemoria } from "../testes/apoio.ts";
import {
  type Conclusao,
  type Contexto,
  cronometro,
  mil,
  naoVerificada,
  percentil,
  type Promessa,
  promessa,
  soma,
} from "./bancada.ts";
import { agend, lerLivro, montaClinica } from "./carga.ts";
import type { Contadores } from "./atacante.ts";
import { mensagem } from "../clinica/texto.ts";
import { limiteDeArquivos } from "../rede/ouvinte.ts";
import { Hostil } from "./processo_hostil.ts";
import type { PedidoNoFio, Resposta } from "../protocolo.ts";

/** Conexões paradas que se abrem, se os limites de arquivos deixarem. */
const OCIOSAS = 10_000;

/** Arquivos que sobram ao servidor além das ociosas: as dos outros hostis, as dos honestos e os dele. */
const FOLGA = 500;

/** O que um honesto espera por uma resposta, em 99 de 100 vezes, no pior dos períodos, em ms: menos do que se nota. */
const P99_MAXIMO = 250;

/** A memória que o servidor pode ocupar no pior momento, em MiB: com 10 000 conexões, uma máquina de 1 GiB chega. */
const MEMORIA_MAXIMA = 512;

const HONESTOS = 4;

/** O que se faz em cada período, e que parte do tempo ele tem. */
const PERIODOS: readonly {
  nome: string;
  parte: number;
  ataques: readonly (readonly [tipo: string, quantas: number])[];
}[] = [
  { nome: "sem ninguém", parte: 0.08, ataques: [] },
  {
    nome: "lixo, mutações, gotas e cortes",
    parte: 0.17,
    ataques: [["lixo", 6], ["mutadas", 4], ["gotas", 20], ["cortes", 4]],
  },
  { nome: "metades, surdas e paradas", parte: 0.4, ataques: [["metades", 50], ["surdas", 8], ["paradas", 4]] },
  { nome: "ociosas", parte: 0.2, ataques: [["ociosas", OCIOSAS]] },
  {
    nome: "todos juntos",
    parte: 0.15,
    ataques: [["lixo", 6], ["mutadas", 4], ["gotas", 20], ["cortes", 4], ["metades", 50], ["surdas", 8], [
      "paradas",
      4,
    ]],
  },
];

/** Quem se comporta mal, ao lado de quem se comporta bem. */
export async function hostis({ oficina, segundos, semente, avanca }: Contexto): Promise<Conclusao> {
  const pasta = oficina.pasta();
  const grade = montaClinica(pasta, {
    especialidades: ["HONESTOS"],
    outros: [{ especialidade: "PLANTAO", inicio: "00:00", vagas: 90, minutos: 15 }],
    datas: 20,
  });
  const limite = limiteDeArquivos();
  const ociosas = Math.max(0, Math.min(OCIOSAS, Math.round(segundos * 500), (limite ?? 1024) - 2 * FOLGA));
  await using servidor = await oficina.servidor({
    pasta: pasta.caminho,
    args: ["--conexoes", String(ociosas + FOLGA)],
  });
  const { porta, pid } = servidor;

  let acabou = false;
  let tempos: number[] = [];
  /** O começo do pedido em curso de cada honesto: um que não acaba também é espera. */
  const emCurso: number[] = [];
  let erradas: string[] = [];
  const trabalho = Promise.all(Array.from({ length: HONESTOS }, (_, n) => honesto(n)));
  trabalho.catch(() => acabou = true);

  const periodos: { nome: string; p99: number }[] = [];
  let pedidos = 0;
  const contadores: Contadores[] = [];
  let abertas = 0;
  let metades: Esperadas | undefined;
  let surdas: Esperadas | undefined;
  let paradas = 0;
  try {
    for (const { nome, parte, ataques } of PERIODOS) {
      if (acabou) break;
      tempos = [];
      await using pilha = new AsyncDisposableStack();
      let tempo = cronometro(segundos * parte + PACIENCIA / 1000);
      const presentes = ataques.map(([tipo, quantas]) =>
        pilha.use(new Hostil(oficina, { tipo, porta, semente, quantas: tipo === "ociosas" ? ociosas : quantas }))
      );
      let congelado = Deno.build.os === "windows";
      let comecaram = false;
      while (!tempo.acabou() && !acabou) {
        await delay(100);
        if (!comecaram && presentes.every(({ ultimo }) => ultimo !== undefined)) {
          // Iniciar os processos hostis ocupa a máquina, e não é disso que se fala.
          comecaram = true;
          pedidos += tempos.length;
          tempos = [];
          tempo = cronometro(segundos * parte);
        }
        abertas = Math.max(
          abertas,
          ...presentes.map(({ tipo, ultimo }) => tipo === "ociosas" ? ultimo?.abertas ?? 0 : 0),
        );
        avanca(`${nome}: ${mil(tempos.length)} pedidos honestos, p99 ${ms(percentil(tempos))}`);
        if (congelado) continue;
        const parada = presentes.find(({ tipo, ultimo }) => tipo === "paradas" && (ultimo?.respostas ?? 0) > 0);
        if (parada === undefined) continue;
        parada.congela();
        paradas++;
        congelado = true;
      }
      pedidos += tempos.length;
      const agora = performance.now();
      periodos.push({ nome, p99: percentil([...tempos, ...emCurso.map((inicio) => agora - inicio)]) });
      for (const { tipo, ultimo } of presentes) {
        if (ultimo === undefined) continue;
        contadores.push(ultimo);
        if (tipo === "metades" && metades === undefined) metades = { ...ultimo, espera: tempo.passou() };
        if (tipo === "surdas" && surdas === undefined) surdas = { ...ultimo, espera: tempo.passou() };
      }
    }
  } finally {
    acabou = true;
    await trabalho.catch((erro) => erradas = [mensagem(erro), ...erradas]);
  }
  const pico = picoDeMemoria(pid);
  const { code } = await servidor.encerra();
  const falhas = servidor.log.filter(({ evento }) => evento === "falha").map(({ o_que, causa }) =>
    `${o_que}: ${causa}`
  );
  const { integridade } = lerLivro(pasta.arquivo("clinica.db"));
  const total = (campo: keyof Contadores): number => soma(contadores, (contador) => contador[campo]);
  const pior = periodos.reduce((pior, periodo) => periodo.p99 > pior.p99 ? periodo : pior);
  const improprias = total("improprias");
  return {
    promessas: [
      promessa(
        "o servidor continua no ar, sem uma falha, e encerra em ordem",
        code === 0 && falhas.length === 0 && integridade === "ok",
        falhas[0] ?? `${mil(total("conexoes"))} conexões hostis, ${mil(total("mandados"))} envios, saída ${code}`,
      ),
      promessa(
        "todo pedido honesto tem a resposta certa o tempo todo",
        erradas.length === 0 && pedidos > 0,
        erradas[0] ?? `${mil(pedidos)} pedidos de ${HONESTOS} clientes honestos`,
      ),
      promessa(
        "ao que é hostil responde CLINICA/1, e nada mais",
        improprias === 0,
        `${mil(total("respostas"))} respostas lidas pelos hostis, ${improprias} que não são respostas`,
      ),
      promessa(
        `os honestos esperam no máximo ${P99_MAXIMO} ms (p99) em cada período`,
        pior.p99 <= P99_MAXIMO,
        periodos.map(({ nome, p99 }) => `${nome} ${ms(p99)}`).join("; "),
        { medida: true },
      ),
      promessa(
        `${mil(ociosas)} conexões ociosas cabem ao lado das que trabalham`,
        abertas === ociosas,
        `${mil(abertas)} abertas${
          ociosas < OCIOSAS
            ? `; são menos que ${mil(OCIOSAS)} pelo limite de ${limite ?? "?"} arquivos ou pelo tempo`
            : ""
        }`,
        { medida: true },
      ),
      pico === undefined
        ? naoVerificada(`o servidor não passa de ${MEMORIA_MAXIMA} MiB`, "só o Linux mostra o pico de memória (/proc)")
        : promessa(`o servidor não passa de ${MEMORIA_MAXIMA} MiB`, pico <= MEMORIA_MAXIMA, `pico de ${mil(pico)} MiB`),
      ...prazos(metades, surdas),
    ],
    cifras: {
      pedidosHonestos: pedidos,
      p99Maximo: Math.round(pior.p99 * 10) / 10,
      picoDeMemoriaMiB: pico === undefined ? "?" : Math.round(pico),
      ociosas: abertas,
      conexoesHostis: total("conexoes"),
      fechadasPeloServidor: total("fechadas"),
      processosParados: paradas,
    },
  };

  /** Marca, procura, desmarca e olha as vagas, uma coisa por vez, medindo cada espera. */
  async function honesto(n: number): Promise<void> {
    using fio = await Fio.saudado(porta);
    const cpf = cpfDeExemplo(n);
    const { especialidade, data, dia } = grade[n];
    const voltas: [PedidoNoFio, Resposta["codigo"]][] = [
      [agend({ cpf, especialidade, data, dia }), "OK-300"],
      [{ comando: "BUSCA", cpf }, "OK-302"],
      [{ comando: "CANCEL", cpf }, "OK-301"],
      [{ comando: "VAGAS", especialista: especialidade, data }, "OK-304"],
    ];
    while (!acabou) {
      for (const [pedido, esperado] of voltas) {
        emCurso[n] = performance.now();
        const { codigo } = await fio.pede(pedido);
        tempos.push(performance.now() - emCurso[n]);
        if (codigo !== esperado) erradas.push(`${pedido.comando}: ${codigo} em vez de ${esperado}`);
      }
      await delay(5);
    }
  }
}

/** O que um tipo contou, e quantos segundos teve para isso. */
type Esperadas = Contadores & { readonly espera: number };

/** Um prazo de 10 s, mais o segundo entre uma conferência e a seguinte, mais uma folga para máquinas lentas, em s. */
const PRAZO_COM_FOLGA = 15;

/** Os prazos que levam tempo de verdade: os de 10 s cabem numa prova comprida; o de 5 min de silêncio, não. */
function prazos(metades: Esperadas | undefined, surdas: Esperadas | undefined): Promessa[] {
  return ([
    ["meia linha é fechada em 10 s", metades],
    ["quem não lê é fechado em 10 s", surdas],
  ] as const).map(([texto, contador]) => {
    if (contador === undefined || (contador.fechadas === 0 && contador.espera < PRAZO_COM_FOLGA)) {
      return naoVerificada(texto, "o período durou menos que o prazo; use mais --minutos");
    }
    const { fechadas, duracao, espera } = contador;
    return promessa(
      texto,
      duracao >= 9_000 && duracao <= PRAZO_COM_FOLGA * 1000,
      fechadas === 0
        ? `em ${mil(espera)} s nenhuma foi fechada`
        : `${mil(fechadas)} fechadas, a última ${mil(duracao / 1000)} s depois de aberta`,
      { medida: true },
    );
  });
}

function ms(tempo: number): string {
  return `${mil(tempo)} ms`;
}
