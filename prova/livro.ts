/**
 * As partes da prova em que o que se põe à prova é o livro: `corrida`, `historia` e `queda`. Uma carga disputa as mesmas
 * horas, o processo morre, e o que ficou gravado é conferido com o que os clientes viram. `prova/prova.ts` as roda; o disco
 * que falha está em `prova/disco.ts`.
 *
 * @module
 */

import { delay } from "@std/async";
import { DatabaseSync } from "node:sqlite";
import { acompanha, cpfDeExemplo, Fio, type Oficina } from "../testes/apoio.ts";
import {
  CargaEmCurso,
  type Conclusao,
  type Contexto,
  cronometro,
  integridadeDe,
  mil,
  naoVerificada,
  type Promessa,
  promessa,
  Sorteio,
} from "./bancada.ts";
import {
  agend,
  carrega,
  cifrasDe,
  type Conferida,
  encerraEConfere,
  ESPECIALIDADES,
  lerLivro,
  montaClinica,
  OPERACOES_POR_HISTORIA,
  promessasDe,
} from "./carga.ts";
import { Historia } from "./historia/registro.ts";
import { codificarPedido, type PedidoNoFio, type Resposta, type Tupla } from "../protocolo.ts";

// ------------------------------------------------------------------------------------------------------------- corrida

const CORREDORES = 32;

/** Muitos pela última vaga, e pelo mesmo CPF. */
export async function corrida({ oficina, segundos, semente, avanca }: Contexto): Promise<Conclusao> {
  const pasta = oficina.pasta();
  const sorteio = new Sorteio(semente);
  // Uma vaga por dia: toda disputa é pela última.
  const grade = montaClinica(pasta, { vagas: 1, datas: 6 });
  await using servidor = await oficina.servidor({ pasta: pasta.caminho });
  const fios = await Promise.all(Array.from({ length: CORREDORES }, () => Fio.saudado(servidor.porta)));
  const falhas = { vaga: [] as string[], cpf: [] as string[] };
  const rodadas = { vaga: 0, cpf: 0 };
  try {
    const tempo = cronometro(segundos);
    while (!tempo.acabou() || rodadas.cpf === 0) {
      await disputaVaga();
      await disputaCpf();
      if (rodadas.vaga % 20 === 0) avanca(`${mil(rodadas.vaga + rodadas.cpf)} disputas de ${CORREDORES} clientes`);
    }
  } finally {
    for (const fio of fios) fio[Symbol.dispose]();
  }
  await servidor.encerra();
  const { livro, integridade } = lerLivro(pasta.arquivo("clinica.db"));
  const disputas = rodadas.vaga + rodadas.cpf;
  return {
    promessas: [
      promessa(
        "a última vaga de um dia tem exatamente um vencedor",
        falhas.vaga.length === 0,
        falhas.vaga[0] ?? `${mil(rodadas.vaga)} disputas de ${CORREDORES} clientes, metade delas sem dizer a hora`,
      ),
      promessa(
        "o mesmo CPF, pedido por muitos numa especialidade, fica com exatamente um agendamento",
        falhas.cpf.length === 0,
        falhas.cpf[0] ?? `${mil(rodadas.cpf)} disputas de ${CORREDORES} clientes por dias diferentes`,
      ),
      promessa(
        "o livro tem uma linha por disputa, nem uma a mais",
        livro.length === disputas && integridade === "ok",
        `${mil(livro.length)} linhas, ${mil(disputas)} disputas, integridade: ${integridade}`,
      ),
    ],
    cifras: { disputas, clientes: CORREDORES, linhas: livro.length },
  };

  /** Todos mandam antes que alguém leia; depois todos leem. */
  async function juntos(pedido: (n: number) => PedidoNoFio): Promise<Resposta[]> {
    await Promise.all(fios.map((fio, n) => fio.manda(codificarPedido(pedido(n)))));
    return await Promise.all(fios.map((fio) => fio.resposta()));
  }

  async function disputaVaga(): Promise<void> {
    rodadas.vaga++;
    const { especialidade, data, dia, horarios: [hora] } = sorteio.de(grade);
    const horario = rodadas.vaga % 2 === 0 ? hora : undefined;
    const respostas = await juntos((n) => agend({ cpf: cpfDeExemplo(n), especialidade, data, dia, horario }));
    const vencedores = vencedoresDe(respostas);
    const vencidos = respostas.filter(({ codigo }) => codigo === "ERRO-110").length;
    if (vencedores.length !== 1 || vencidos !== CORREDORES - 1) {
      falhas.vaga.push(`${especialidade} ${data} ${hora}: ${vencedores.length} vencedores e ${vencidos} ERRO-110`);
    }
    await limpa(vencedores);
  }

  async function disputaCpf(): Promise<void> {
    rodadas.cpf++;
    const cpf = cpfDeExemplo(CORREDORES + rodadas.cpf % 100);
    const especialidade = sorteio.de(ESPECIALIDADES);
    const dias = grade.filter((dia) => dia.especialidade === especialidade);
    const respostas = await juntos((n) => agend({ cpf, ...dias[n % dias.length] }));
    const vencedores = vencedoresDe(respostas);
    const vencidos = respostas.filter(({ codigo }) => codigo === "ERRO-111").length;
    if (vencedores.length !== 1 || vencidos !== CORREDORES - 1) {
      falhas.cpf.push(`${cpf} ${especialidade}: ${vencedores.length} vencedores e ${vencidos} ERRO-111`);
    }
    await limpa(vencedores);
  }

  async function limpa(vencedores: readonly Tupla[]): Promise<void> {
    for (const [, cpf, , especialista] of vencedores) await fios[0].pede({ comando: "CANCEL", cpf, especialista });
  }
}

function vencedoresDe(respostas: readonly Resposta[]): Tupla[] {
  return respostas.flatMap((resposta) => resposta.codigo === "OK-300" ? resposta.agendamentos : []);
}

// ------------------------------------------------------------------------------------------------------------ história

/** Carga ao acaso, e a história inteira conferida. */
export async function historia({ oficina, segundos, semente, avanca }: Contexto): Promise<Conclusao> {
  const sorteio = new Sorteio(semente);
  const tempo = cronometro(segundos);
  const conferidas: Conferida[] = [];
  do conferidas.push(await umaHistoria()); while (!tempo.acabou());
  return { promessas: promessasDe(conferidas), cifras: cifrasDe(conferidas) };

  async function umaHistoria(): Promise<Conferida> {
    const pasta = oficina.pasta();
    const grade = montaClinica(pasta);
    await using servidor = await oficina.servidor({ pasta: pasta.caminho });
    const historia = new Historia();
    const { operacoes } = historia;
    await carrega({
      porta: servidor.porta,
      historia,
      grade,
      sorteio: sorteio.filho(),
      clientes: 16,
      ate: (): boolean => {
        if (operacoes.length % 256 === 0) avanca(`${mil(operacoes.length)} operações de 16 clientes`);
        return tempo.acabou() || operacoes.length >= OPERACOES_POR_HISTORIA;
      },
    });
    return await encerraEConfere(servidor, { caminho: pasta.arquivo("clinica.db"), historia, grade, avanca });
  }
}

// --------------------------------------------------------------------------------------------------------------- queda

/** Livros que caem e voltam ao mesmo tempo: iniciar um servidor é quase só espera. */
const PISTAS = 2;

/** A mesma carga, com `kill -9` em momentos ao acaso; e o fsync, visto de fora. */
export async function queda({ oficina, segundos, semente, ferramentas, avanca }: Contexto): Promise<Conclusao> {
  const sorteio = new Sorteio(semente);
  const tempo = cronometro(segundos);
  let quedas = 0;
  let reinicios = 0;
  const integridades: string[] = [];
  const conferidas = (await Promise.all(Array.from({ length: PISTAS }, () => pista(sorteio.filho())))).flat();
  integridades.push(...conferidas.map(({ integridade }) => integridade));
  return {
    promessas: [
      ...promessasDe(conferidas),
      promessa(
        "depois de cada kill -9 o servidor volta, e o livro está íntegro",
        integridades.every((resultado) => resultado === "ok"),
        integridades.find((resultado) => resultado !== "ok") ??
          `${mil(quedas)} vezes kill -9, ${mil(reinicios)} reinícios, ${mil(integridades.length)} integrity_check`,
      ),
      ferramentas.strace ? await fsyncAntesDaResposta(oficina) : naoVerificada(FSYNC_ANTES, SEM_STRACE),
    ],
    cifras: { quedas, reinicios, ...cifrasDe(conferidas) },
  };

  async function pista(sorteio: Sorteio): Promise<Conferida[]> {
    const conferidas: Conferida[] = [];
    do conferidas.push(await umLivro(sorteio)); while (!tempo.acabou());
    return conferidas;
  }

  async function umLivro(sorteio: Sorteio): Promise<Conferida> {
    const pasta = oficina.pasta();
    const grade = montaClinica(pasta);
    const caminho = pasta.arquivo("clinica.db");
    const historia = new Historia();
    for (
      let volta = 0;
      volta === 0 || (!tempo.acabou() && historia.operacoes.length < OPERACOES_POR_HISTORIA);
      volta++
    ) {
      await using servidor = await oficina.servidor({ pasta: pasta.caminho });
      if (volta > 0) reinicios++;
      if (volta % 5 === 1) {
        using db = new DatabaseSync(caminho);
        integridades.push(integridadeDe(db));
      }
      const { porta } = servidor;
      const carga = new CargaEmCurso((ate) =>
        carrega({ porta, historia, grade, sorteio: sorteio.filho(), clientes: 8, ate })
      );
      await delay(sorteio.inteiro(5, 150));
      const parada = carga.para();
      await servidor.encerra("SIGKILL");
      await parada;
      historia.morreu();
      quedas++;
      avanca(`${mil(quedas)} vezes kill -9, ${mil(historia.operacoes.length)} operações neste livro`);
    }
    await using servidor = await oficina.servidor({ pasta: pasta.caminho });
    reinicios++;
    return await encerraEConfere(servidor, { caminho, historia, grade, avanca });
  }
}

/** Por que o que precisa do `strace` não se verifica. */
export const SEM_STRACE = "falta strace, ou o sistema não o deixa acompanhar um processo (apt install strace)";
const FSYNC_ANTES = "o fsync do livro acaba antes que o primeiro byte da confirmação saia";

/** Mudanças acompanhadas com `strace`, uma por vez: cada uma tem de ter o seu fsync. */
const MUDANCAS_ACOMPANHADAS = 40;

async function fsyncAntesDaResposta(oficina: Oficina): Promise<Promessa> {
  const pasta = oficina.pasta();
  const [{ especialidade, data, dia }] = montaClinica(pasta);
  await using servidor = await oficina.servidor({ pasta: pasta.caminho });
  const saida = pasta.arquivo("strace.txt");
  const chamadas = "fsync,fdatasync,write,writev,sendto,sendmsg";
  const { strace, fim } = await acompanha(servidor.pid, ["-y", "-s", "16", "-e", `trace=${chamadas}`, "-o", saida]);
  oficina.adota(strace);
  {
    using fio = await Fio.saudado(servidor.porta);
    const cpf = cpfDeExemplo(0);
    for (let i = 0; i < MUDANCAS_ACOMPANHADAS; i += 2) {
      await fio.pede(agend({ cpf, especialidade, data, dia }));
      await fio.pede({ comando: "CANCEL", cpf });
    }
  }
  await servidor.encerra();
  await strace.status;
  await fim;
  const { respostas, semFsync } = leStrace(Deno.readTextFileSync(saida));
  return promessa(
    FSYNC_ANTES,
    respostas === MUDANCAS_ACOMPANHADAS && semFsync === 0,
    `${respostas} confirmações acompanhadas com strace, ${semFsync} sem um fsync acabado antes`,
  );
}

/** Conta as confirmações escritas em sockets, e as que não têm um fsync do livro acabado desde a anterior. */
export function leStrace(texto: string): { respostas: number; semFsync: number } {
  const emCurso = new Set<string>();
  let gravou = false;
  let respostas = 0;
  let semFsync = 0;
  for (const linha of texto.split("\n")) {
    const [, tid, resto] = /^(\d+) +(.*)/.exec(linha) ?? [];
    if (tid === undefined) continue;
    if (/^(fsync|fdatasync)\(/.test(resto) && /\.db(-wal)?>/.test(resto)) {
      if (resto.includes("<unfinished")) emCurso.add(tid);
      else if (/= 0$/.test(resto)) gravou = true;
    } else if (/^<\.\.\. (fsync|fdatasync) resumed>/.test(resto)) {
      if (emCurso.delete(tid) && /= 0$/.test(resto)) gravou = true;
    } else if (/\[\\"OK-30[01]\\"/.test(resto)) {
      respostas++;
      if (!gravou) semFsync++;
      gravou = false;
    }
  }
  return { respostas, semFsync };
}
