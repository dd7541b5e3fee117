/**
 * A parte `disco` da prova: a carga de CLINICA/1 com o disco cheio e com erros no fsync do commit, e o livro conferido com o que
 * os clientes viram. `prova/prova.ts` a roda.
 *
 * @module
 */

import { delay } from "@std/async";
import { cpfDeExemplo, ehDaRede, enche, Sabotagem, saidaDe } from "../testes/apoio.ts";
import {
  CargaEmCurso,
  type Conclusao,
  type Contexto,
  cronometro,
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
  leituraFinal,
  montaClinica,
  OPERACOES_POR_HISTORIA,
  pedeTudo,
  promessasDe,
} from "./carga.ts";
import type { Grade } from "./historia/clinica1_passos.ts";
import { Historia } from "./historia/registro.ts";
import { SEM_STRACE } from "./livro.ts";

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
