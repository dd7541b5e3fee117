/**
 * As partes da prova em que o que se põe à prova é o livro: `corrida`, `historia`, `queda` e `disco`. Uma carga disputa
 * as mesmas horas, o processo morre ou o disco falha, e o que ficou gravado é conferido com o que os clientes viram.
 * `prova/prova.ts` as roda.
 *
 * @module
 */

import { delay } from "@std/async";
import { DatabaseSync } from "node:sqlite";
import { acompanha, cpfDeExemplo, ehDaRede, enche, Fio, type Oficina, Sabotagem, saidaDe } from "../testes/apoio.ts";
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
  soma,
  Sorteio,
} from "./bancada.ts";
import {
  agend,
  carrega,
  cifrasDe,
  ConexaoFechada,
  type Conferida,
  encerraEConfere,
  ESPECIALIDADES,
  leituraFinal,
  lerLivro,
  montaClinica,
  OPERACOES_POR_HISTORIA,
  pedeTudo,
  promessasDe,
} from "./carga.ts";
import type { Grade } from "./historia/clinica1_passos.ts";
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

const SEM_STRACE = "falta strace, ou o sistema não o deixa acompanhar um processo (apt install strace)";
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

// --------------------------------------------------------------------------------------------------------------- disco

const SEM_DISCO_CHEIO = "falta um modo de encher um disco: unshare com tmpfs, ou prlimit (apt install util-linux)";
const DISCO_CHEIO = "com o disco cheio, ERRO-131; com espaço, tudo volta sem reiniciar";
const FSYNC_FALHO = "com erros no fsync do commit, só a verdade; depois, tudo volta sem reiniciar";

/** A mesma carga, com o disco cheio e com erros no fsync do commit. */
export async function disco(contexto: Contexto): Promise<Conclusao> {
  const { ferramentas, segundos } = contexto;
  const podeEncher = ferramentas.tmpfs || ferramentas.prlimit;
  const cheio = podeEncher ? await discoCheio({ ...contexto, segundos: segundos / 2 }) : undefined;
  const falho = ferramentas.strace ? await fsyncFalho({ ...contexto, segundos: segundos / 2 }) : undefined;
  const feitas = [cheio, falho].filter((feita) => feita !== undefined);
  const conferidas = feitas.flatMap(({ conferidas }) => conferidas);
  return {
    promessas: feitas.length === 0
      ? [naoVerificada("um disco que falha não faz o servidor mentir", `${SEM_DISCO_CHEIO}; e ${SEM_STRACE}`)]
      : [
        ...promessasDe(conferidas),
        cheio?.promessa ?? naoVerificada(DISCO_CHEIO, SEM_DISCO_CHEIO),
        falho?.promessa ?? naoVerificada(FSYNC_FALHO, SEM_STRACE),
        promessa(
          "o livro está íntegro (integrity_check)",
          conferidas.every(({ integridade }) => integridade === "ok"),
          feitas.map(integridadeDeTodas).join("; "),
        ),
      ],
    cifras: {
      enchimentos: cheio?.falhas ?? 0,
      sabotagens: falho?.falhas ?? 0,
      erros131: recusasDoDisco(conferidas),
      ...cifrasDe(conferidas),
    },
  };
}

interface DiscoFeito {
  conferidas: readonly Conferida[];
  promessa: Promessa;
  /** Quantas vezes o disco falhou. */
  falhas: number;
}

function integridadeDeTodas({ conferidas }: DiscoFeito): string {
  return conferidas.find(({ integridade }) => integridade !== "ok")?.integridade ?? "ok";
}

function recusasDoDisco(conferidas: readonly Conferida[]): number {
  return soma(
    conferidas,
    ({ historia }) => historia.operacoes.filter(({ resposta }) => resposta?.codigo === "ERRO-131").length,
  );
}

const CLIENTES_DO_DISCO = 6;

/** O disco de mentira, em bytes: o livro e um WAL que cresceu tudo cabem; a reserva do WAL, com ele quase cheio, não. */
const TAMANHO_DO_DISCO = 24 * 1024 * 1024;

/** O que sobra do disco quando o servidor inicia, em bytes. */
const SOBRA = 768 * 1024;

/** Enche o disco e o esvazia debaixo de carga, num livro novo a cada vez. */
async function discoCheio(contexto: Contexto): Promise<DiscoFeito> {
  const { segundos, semente, ferramentas, avanca } = contexto;
  const sorteio = new Sorteio(semente);
  const tempo = cronometro(segundos);
  const conferidas: Conferida[] = [];
  let vezes = 0;
  const conta = (operacoes: number): void => avanca(`disco cheio ${++vezes} vezes, ${mil(operacoes)} operações`);
  do {
    if (ferramentas.tmpfs) conferidas.push(await numTmpfs(contexto, { sorteio: sorteio.filho(), conta }));
    if (ferramentas.prlimit) conferidas.push(await comPrlimit(contexto, { sorteio: sorteio.filho(), conta }));
  } while (!tempo.acabou());
  const recusas = recusasDoDisco(conferidas);
  const modos = [...ferramentas.tmpfs ? ["tmpfs"] : [], ...ferramentas.prlimit ? ["prlimit --fsize"] : []];
  return {
    conferidas,
    falhas: vezes,
    promessa: recusas === 0
      ? naoVerificada(DISCO_CHEIO, `o disco foi enchido ${vezes} vezes e nenhuma gravação caiu dentro delas`)
      : promessa(
        DISCO_CHEIO,
        true,
        `${modos.join(" e ")}: cheio ${vezes} vezes em ${conferidas.length} livros, ${mil(recusas)} ERRO-131`,
      ),
  };
}

interface OpcoesDoDiscoCheio {
  sorteio: Sorteio;
  /** Chamada a cada vez que o disco encheu e sarou. */
  conta: (operacoes: number) => void;
}

/** Um disco de verdade, pequeno, que só existe para o servidor e some com ele; daqui se chega a ele por /proc. */
async function numTmpfs(
  { oficina, avanca }: Contexto,
  { sorteio, conta }: OpcoesDoDiscoCheio,
): Promise<Conferida> {
  const pasta = oficina.pasta();
  const grade = montaClinica(pasta);
  const disco = pasta.arquivo("disco");
  Deno.mkdirSync(disco);
  const monta = `mount -t tmpfs -o size=${TAMANHO_DO_DISCO} none ${disco} && ` +
    `head -c ${TAMANHO_DO_DISCO - SOBRA} /dev/zero > ${disco}/enchimento && exec "$@"`;
  await using servidor = await oficina.servidor({
    pasta: pasta.caminho,
    args: ["--banco", `${disco}/clinica.db`],
    diante: ["unshare", "-rm", "sh", "-c", monta, "sh"],
  });
  const porDentro = `/proc/${servidor.pid}/root${disco}`;
  const historia = new Historia();
  const { porta } = servidor;
  const carga = new CargaEmCurso((ate) =>
    carrega({ porta, historia, grade, sorteio, clientes: CLIENTES_DO_DISCO, ate })
  );
  for (let vez = 0; vez < 3 && !carga.acabou; vez++) {
    if (vez > 0) enche(`${porDentro}/enchimento`);
    await delay(sorteio.inteiro(150, 400));
    Deno.removeSync(`${porDentro}/enchimento`);
    await mudaAlgo(porta, historia, grade);
    conta(historia.operacoes.length);
    await delay(sorteio.inteiro(20, 60));
  }
  await carga.para();
  const caminho = pasta.arquivo("copia.db");
  return await encerraEConfere(servidor, {
    ...{ caminho, historia, grade, avanca },
    antesDoFim: () => {
      for (const sufixo of ["", "-wal"]) Deno.copyFileSync(`${porDentro}/clinica.db${sufixo}`, caminho + sufixo);
    },
  });
}

/** O mesmo efeito num disco qualquer: um tamanho de arquivo além do qual o sistema não deixa escrever. */
async function comPrlimit(
  { oficina, avanca }: Contexto,
  { sorteio, conta }: OpcoesDoDiscoCheio,
): Promise<Conferida> {
  const pasta = oficina.pasta();
  const grade = montaClinica(pasta);
  const historia = new Historia();
  {
    await using servidor = await oficina.servidor({ pasta: pasta.caminho });
    const { porta, pid } = servidor;
    const carga = new CargaEmCurso((ate) =>
      carrega({ porta, historia, grade, sorteio, clientes: CLIENTES_DO_DISCO, ate })
    );
    for (let vez = 0; vez < 3 && !carga.acabou; vez++) {
      await delay(sorteio.inteiro(50, 150));
      await saidaDe("prlimit", "--pid", `${pid}`, `--fsize=${sorteio.inteiro(5, 100) * 8192}:`);
      await delay(sorteio.inteiro(150, 400));
      await saidaDe("prlimit", "--pid", `${pid}`, "--fsize=unlimited:");
      await mudaAlgo(porta, historia, grade);
      conta(historia.operacoes.length);
    }
    await carga.para();
    await pedeTudo(porta, historia, leituraFinal(grade));
    await servidor.encerra("SIGKILL");
    historia.morreu();
  }
  await using servidor = await oficina.servidor({ pasta: pasta.caminho });
  return await encerraEConfere(servidor, { caminho: pasta.arquivo("clinica.db"), historia, grade, avanca });
}

/** Quanto se espera que um servidor volte a gravar depois que o disco sarou, em ms. */
const ESPERA_DA_VOLTA = 10_000;

/** Marca e desmarca até que dê certo: o servidor voltou sozinho. */
async function mudaAlgo(porta: number, historia: Historia, grade: Grade): Promise<void> {
  const cpf = cpfDeExemplo(1000);
  const prazo = performance.now() + ESPERA_DA_VOLTA;
  for (let vez = 0; performance.now() < prazo; vez++) {
    const { especialidade, data, dia } = grade[vez % grade.length];
    try {
      const [, desmarcada] = await pedeTudo(porta, historia, [
        agend({ cpf, nome: historia.nome(), especialidade, data, dia }),
        { comando: "CANCEL", cpf, especialista: especialidade },
      ]);
      if (desmarcada.resposta?.codigo === "OK-301") return;
    } catch (erro) {
      if (!(erro instanceof ConexaoFechada) && !ehDaRede(erro)) throw erro;
      if (erro instanceof Deno.errors.ConnectionRefused) throw erro;
    }
    await delay(5);
  }
  throw new Error(`o disco sarou há ${ESPERA_DA_VOLTA / 1000} s e o servidor ainda não grava`);
}

/** Que chamadas de fsync falham, na linguagem do `strace`: a primeira, a segunda, uma sim e outra não, todas. */
const SABOTAGENS = ["1", "2", "1+2", "2+3", "1+"];

/**
 * Faz falhar os fsync do commit, muitas vezes, debaixo de carga. Umas vezes o disco sara e o servidor tem de voltar
 * sozinho; outras, um kill -9 no meio das falhas: o que um commit que falhou deixou no WAL pode valer ao reiniciar.
 */
async function fsyncFalho({ oficina, segundos, semente, avanca }: Contexto): Promise<DiscoFeito> {
  const pasta = oficina.pasta();
  const grade = montaClinica(pasta);
  const sorteio = new Sorteio(semente + 1);
  const historia = new Historia();
  const tempo = cronometro(segundos);
  let sabotagens = 0;
  let voltas = 0;
  let quedas = 0;
  let registradas = 0;
  do await ateCair(); while (!tempo.acabou() && historia.operacoes.length < OPERACOES_POR_HISTORIA);
  await using servidor = await oficina.servidor({ pasta: pasta.caminho });
  const caminho = pasta.arquivo("clinica.db");
  const conferida = await encerraEConfere(servidor, { caminho, historia, grade, avanca });
  return {
    conferidas: [conferida],
    falhas: sabotagens,
    promessa: promessa(
      FSYNC_FALHO,
      true,
      `EIO em ${sabotagens} períodos, ${mil(registradas)} lotes que falharam, ${voltas} voltas sem reiniciar, ` +
        `${quedas} kill -9 no meio das falhas`,
    ),
  };

  async function ateCair(): Promise<void> {
    await using servidor = await oficina.servidor({ pasta: pasta.caminho });
    const { porta, pid } = servidor;
    const carga = new CargaEmCurso((ate) =>
      carrega({ porta, historia, grade, sorteio, clientes: CLIENTES_DO_DISCO, ate })
    );
    while (!carga.acabou) {
      await delay(sorteio.inteiro(50, 150));
      // Para a queda, que nada mais grave depois do que falhou: o commit seguinte escreveria por cima.
      const cai = ++sabotagens % 3 === 0;
      await using sabotagem = await Sabotagem.comeca(pid, cai ? "1+" : sorteio.de(SABOTAGENS));
      await delay(sorteio.inteiro(20, 250));
      if (cai) {
        const parada = carga.para();
        await servidor.encerra("SIGKILL");
        await parada;
        quedas++;
      } else {
        await sabotagem[Symbol.asyncDispose]();
        await mudaAlgo(porta, historia, grade);
        voltas++;
      }
      avanca(`fsync com EIO ${sabotagens} vezes, ${mil(historia.operacoes.length)} operações`);
    }
    await carga.para();
    historia.morreu();
    registradas += servidor.log.filter(({ evento }) => evento === "falha").length;
  }
}
