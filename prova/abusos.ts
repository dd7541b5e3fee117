/**
 * A parte `abusos` da prova: o que uma só linha, um só cliente, uma página da web ou um descuido de quem opera não podem
 * fazer ao servidor: linhas caras de ler, um console que enche o disco, um POST de um navegador, o mesmo livro por dois
 * nomes, um livro de zero bytes, um SIGHUP debaixo de `nohup`. `prova/prova.ts` a roda.
 *
 * @module
 */

import { deadline, delay } from "@std/async";
import {
  comandoDeno,
  cpfDeExemplo,
  ehDaRede,
  enche,
  Fio,
  leLinhas,
  mata,
  type Oficina,
  PACIENCIA,
  picoDeMemoria,
  Servidor,
} from "../testes/apoio.ts";
import { mensagem } from "../clinica/texto.ts";
import { decodificarResposta } from "../protocolo.ts";
import { type Conclusao, type Contexto, mil, naoVerificada, percentil, type Promessa, promessa } from "./bancada.ts";
import { agend, CLINICA_MEDIA, montaClinica } from "./carga.ts";
import type { Grade } from "./historia/clinica1_passos.ts";
import { Hostil } from "./processo_hostil.ts";

/** O que se tenta, um de cada vez, cada um com o seu servidor. */
const TENTATIVAS: readonly ((contexto: Contexto) => Promise<Promessa>)[] = [
  linhasCaras,
  respostasGrandes,
  consoleLimitado,
  navegador,
  doisNomes,
  livroVazio,
  nohup,
  consultasSemDisco,
];

/** Tenta tudo. Uma tentativa que não chega ao fim é uma promessa quebrada, e não leva as outras consigo. */
export async function abusos(contexto: Contexto): Promise<Conclusao> {
  const promessas: Promessa[] = [];
  for (const tenta of TENTATIVAS) {
    contexto.avanca(`${promessas.length} de ${TENTATIVAS.length} tentativas`);
    try {
      promessas.push(await tenta(contexto));
    } catch (causa) {
      promessas.push(promessa(`a tentativa ${tenta.name} chega ao fim`, false, mensagem(causa)));
    }
  }
  return { promessas, cifras: { tentativas: TENTATIVAS.length } };
}

// -------------------------------------------------------------------------------------------------------------- o fio

const CARAS = 10;

/** Quantas vezes mais se pode esperar ao lado de linhas caras que ao lado de outras do mesmo tamanho. */
const VEZES = 5;

/** Abaixo disto, em ms, uma espera é só o que a máquina faz. */
const PISO = 2;

/** A mediana, e não o p99: a relação vale em qualquer máquina, por mais ocupada. */
async function linhasCaras({ oficina, segundos }: Contexto): Promise<Promessa> {
  const pasta = oficina.pasta();
  montaClinica(pasta);
  await using servidor = await oficina.servidor({ pasta: pasta.caminho });
  const espera = async (tipo: string): Promise<number> => {
    await using hostil = new Hostil(oficina, { tipo, porta: servidor.porta, semente: 0, quantas: CARAS });
    await hostil.comecou();
    return percentil(await esperasDoHonesto(servidor.porta, segundos * 0.2), 0.5);
  };
  const comuns = await espera("letras-vagas");
  const caras = await espera("bomba-vagas");
  return promessa(
    "uma linha feita para custar custa o que custa outra do seu tamanho",
    caras <= VEZES * Math.max(comuns, PISO),
    `ao lado de ${CARAS} que as mandam um honesto espera ${mil(caras)} ms; de linhas comuns, ${
      mil(comuns)
    } ms (mediana)`,
  );
}

/** O que se espera ao lado de quem pede todas as vagas sem parar, em ms, e o que isso ocupa, em MiB. */
const P99_MAXIMO = 250;
const MEMORIA_MAXIMA = 512;

async function respostasGrandes({ oficina, segundos }: Contexto): Promise<Promessa> {
  const pasta = oficina.pasta();
  Deno.writeTextFileSync(pasta.arquivo("clinica.json"), JSON.stringify(CLINICA_MEDIA));
  await using servidor = await oficina.servidor({ pasta: pasta.caminho });
  const { porta, pid } = servidor;
  // Ler tanto ocupa um processador: com prioridade menor, o que se mede é o servidor.
  const diante = Deno.build.os === "windows" ? [] : ["nice"];
  await using hostil = new Hostil(oficina, { tipo: "cadeia-vagas", porta, semente: 0, quantas: CARAS, diante });
  await hostil.comecou();
  const p99 = percentil(await esperasDoHonesto(porta, segundos * 0.3));
  const pico = picoDeMemoria(pid) ?? 0;
  return promessa(
    `quem pede sem parar as maiores respostas não faz um honesto esperar mais de ${P99_MAXIMO} ms (p99)`,
    p99 <= P99_MAXIMO && pico <= MEMORIA_MAXIMA,
    `${CARAS} que pedem todas as vagas de uma clínica média: p99 ${mil(p99)} ms, pico de ${mil(pico)} MiB`,
    { medida: true },
  );
}

/** As esperas de um honesto que consulta, ao menos cinco vezes, em ms. */
async function esperasDoHonesto(porta: number, segundos: number): Promise<number[]> {
  using fio = await Fio.saudado(porta);
  const prazo = performance.now() + segundos * 1000;
  const esperas: number[] = [];
  while (esperas.length < 5 || performance.now() < prazo) {
    const inicio = performance.now();
    await fio.pede({ comando: "BUSCA", cpf: cpfDeExemplo(0) });
    esperas.push(performance.now() - inicio);
    await delay(2);
  }
  return esperas;
}

/** O que um navegador manda a mais que a linha do pedido, num POST de uma página qualquer: menos de vinte linhas. */
const CABECALHOS = [
  "Connection: keep-alive",
  'sec-ch-ua-platform: "Windows"',
  "User-Agent: Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
  'sec-ch-ua: "Chromium";v="142", "Google Chrome";v="142", "Not_A Brand";v="99"',
  "Content-Type: text/plain;charset=UTF-8",
  "sec-ch-ua-mobile: ?0",
  "Accept: */*",
  "Origin: http://pagina.example",
  "Sec-Fetch-Site: cross-site",
  "Sec-Fetch-Mode: no-cors",
  "Sec-Fetch-Dest: empty",
  "Referer: http://pagina.example/",
  "Accept-Encoding: gzip, deflate",
  "Accept-Language: pt-BR,pt;q=0.9",
];

async function navegador({ oficina }: Contexto): Promise<Promessa> {
  const pasta = oficina.pasta();
  const [{ especialidade, data, dia }] = montaClinica(pasta);
  await using servidor = await oficina.servidor({ pasta: pasta.caminho });
  const { porta } = servidor;
  using fio = await Fio.saudado(porta);
  const cpf = cpfDeExemplo(0);
  await fio.pede(agend({ cpf, especialidade, data, dia }));
  const corpo = `["CANCEL","${cpf}"]\n`;
  const host = `127.0.0.1:${porta}`;
  const cabeca = `POST / HTTP/1.1\r\nHost: ${host}\r\n${
    CABECALHOS.join("\r\n")
  }\r\nContent-Length: ${corpo.length}\r\n\r\n`;
  const cortes = {
    "de uma vez": [cabeca + corpo],
    "o corpo à parte": [cabeca, corpo],
    "byte a byte": [...cabeca, corpo],
  };
  const falhas: string[] = [];
  for (const [corte, pedacos] of Object.entries(cortes)) {
    const respostas = await respostasA(porta, pedacos);
    if (respostas.join() !== "ERRO-100") falhas.push(`${corte}: ${respostas.join(" ")}`);
  }
  await fetch(`http://${host}/`, { method: "POST", body: corpo }).then((resposta) => resposta.body?.cancel(), () => {});
  const { codigo } = await fio.pede({ comando: "BUSCA", cpf });
  if (codigo !== "OK-302") falhas.push(`o corpo foi executado: a marcação teve ${codigo}`);
  return promessa(
    "um POST de um navegador tem um ERRO-100 e a conexão fechada, e nada do que traz é executado",
    falhas.length === 0,
    falhas.join("; ") || `${Object.keys(cortes).join(", ")}, e fetch`,
  );
}

/** Entre uma resposta e a seguinte, ou o fim, em ms. */
const ESPERA_DO_FECHO = 2000;

/** Manda os pedaços um a um e devolve os códigos do que vem depois da saudação, até que o servidor feche. */
async function respostasA(porta: number, pedacos: readonly string[]): Promise<string[]> {
  using fio = await Fio.saudado(porta);
  const codigos: string[] = [];
  try {
    for (const pedaco of pedacos) {
      await fio.manda(pedaco);
      if (pedaco.length === 1) await delay(0);
    }
  } catch (erro) {
    if (!ehDaRede(erro)) throw erro;
  }
  try {
    for (let linha; (linha = await deadline(fio.linha(), ESPERA_DO_FECHO)) !== undefined;) {
      codigos.push(decodificarResposta(linha)?.codigo ?? linha);
    }
  } catch (erro) {
    if (!ehDaRede(erro)) codigos.push("e continua aberta");
  }
  return codigos;
}

// ---------------------------------------------------------------------------------------------------------- o console

/** O que se escreve no console, no máximo, em bytes por segundo. */
const CONSOLE = 250_000;

/** Mudanças confirmadas, ao lado de quem só é recusado: nenhuma pode faltar no console. */
const MUDANCAS = 20;

async function consoleLimitado({ oficina, segundos }: Contexto): Promise<Promessa> {
  const pasta = oficina.pasta();
  const [{ especialidade, data, dia }] = montaClinica(pasta);
  await using servidor = await Servidor.inicia({
    pasta: pasta.caminho,
    aoNascer: (processo) => oficina.adota(processo),
  });
  const { porta, linhas, log } = servidor;
  let duracao = 0;
  {
    await using hostil = new Hostil(oficina, { tipo: "cadeia-cancel-longo", porta, semente: 0, quantas: 1 });
    const inicio = performance.now();
    await hostil.comecou();
    using fio = await Fio.saudado(porta);
    const cpf = cpfDeExemplo(0);
    for (let i = 0; i < MUDANCAS; i += 2) {
      await fio.pede(agend({ cpf, especialidade, data, dia }));
      await fio.pede({ comando: "CANCEL", cpf });
      await delay(segundos * 200 / MUDANCAS);
    }
    duracao = (performance.now() - inicio) / 1000;
  }
  await servidor.encerra();
  const bytes = linhas.reduce((total, linha) => total + linha.length + 1, 0);
  const contadas = log.filter(({ codigo }) => codigo === "OK-300" || codigo === "OK-301").length;
  return promessa(
    "o que um cliente provoca no console não passa de 0,25 MB/s, e nenhuma mudança falta nele",
    // Um segundo a mais: o que se junta antes do primeiro corte.
    bytes <= CONSOLE * (duracao + 1) && contadas === MUDANCAS,
    `${mil(bytes / 1e6)} MB em ${mil(duracao)} s; ${contadas} de ${MUDANCAS} mudanças contadas`,
  );
}

// ------------------------------------------------------------------------------------------------------------ o livro

const DOIS_NOMES = "o mesmo livro por outro nome (um hard link) é recusado enquanto um servidor o tem";

async function doisNomes({ oficina }: Contexto): Promise<Promessa> {
  const [pasta, outra] = [oficina.pasta(), oficina.pasta()];
  montaClinica(pasta);
  await using _servidor = await oficina.servidor({ pasta: pasta.caminho });
  try {
    Deno.linkSync(pasta.arquivo("clinica.db"), outra.arquivo("clinica.db"));
  } catch (causa) {
    return naoVerificada(DOIS_NOMES, `o sistema não faz hard links na pasta temporária (${mensagem(causa)})`);
  }
  const tentativa = await tentaIniciar(oficina, outra.caminho);
  return promessa(
    DOIS_NOMES,
    !tentativa.atendeu && tentativa.codigo !== 0,
    tentativa.atendeu ? "o segundo servidor atendeu" : tentativa.dito,
  );
}

async function livroVazio({ oficina }: Contexto): Promise<Promessa> {
  const pasta = oficina.pasta();
  const livro = pasta.arquivo("clinica.db");
  Deno.writeFileSync(livro, new Uint8Array());
  const tentativa = await tentaIniciar(oficina, pasta.caminho);
  const tamanho = Deno.statSync(livro).size;
  const querendo = tentativa.atendeu ? tentativa : await tentaIniciar(oficina, pasta.caminho, "--banco-novo");
  return promessa(
    "um livro de zero bytes é recusado, e fica como está, até que se diga --banco-novo",
    !tentativa.atendeu && tentativa.codigo !== 0 && tentativa.dito.includes("--banco-novo") && tamanho === 0 &&
      querendo.atendeu,
    tentativa.atendeu
      ? "o servidor atendeu com um livro vazio"
      : querendo.atendeu
      ? tentativa.dito
      : `com --banco-novo: ${querendo.dito}`,
  );
}

/** Como acabou uma tentativa de iniciar. */
type Tentativa = { readonly atendeu: true } | {
  readonly atendeu: false;
  readonly codigo: number;
  readonly dito: string;
};

/** Inicia um servidor que talvez se recuse; se atende, é morto. */
async function tentaIniciar(oficina: Oficina, cwd: string, ...args: string[]): Promise<Tentativa> {
  const [comando, ...resto] = [...comandoDeno("servidor.ts"), "--porta", "0", "--endereco", "127.0.0.1", ...args];
  const processo = new Deno.Command(comando, {
    args: [...resto, "--log", "json"],
    cwd,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  oficina.adota(processo);
  let atendeu = false;
  const dito: string[] = [];
  const lendo = Promise.all([
    leLinhas(processo.stdout, (linha) => {
      if (!linha.includes('"pronto"')) return;
      atendeu = true;
      mata(processo);
    }),
    leLinhas(processo.stderr, (linha) => dito.push(linha)),
  ]);
  const { code } = await deadline(processo.status, PACIENCIA);
  await lendo;
  return atendeu ? { atendeu } : { atendeu, codigo: code, dito: dito.join(" ") };
}

// --------------------------------------------------------------------------------------------------------- o processo

const NOHUP = "debaixo de nohup um SIGHUP não encerra o servidor, e SIGTERM o encerra em ordem";

/** Um servidor que obedecesse ao SIGHUP teria acabado neste tempo, em ms. */
const ESPERA_DO_SIGHUP = 1000;

async function nohup({ oficina }: Contexto): Promise<Promessa> {
  if (Deno.build.os === "windows") return naoVerificada(NOHUP, "o Windows não tem SIGHUP");
  const pasta = oficina.pasta();
  // O que `nohup` faz, sem o que ele diz.
  const diante = ["sh", "-c", 'trap "" HUP; exec "$@"', "sh"];
  await using servidor = await oficina.servidor({ pasta: pasta.caminho, diante });
  servidor.sinaliza("SIGHUP");
  const acabou = await deadline(servidor.acaba(), ESPERA_DO_SIGHUP).catch(() => undefined);
  if (acabou !== undefined) return promessa(NOHUP, false, `acabou com o SIGHUP, saída ${acabou.code}`);
  using fio = await Fio.saudado(servidor.porta);
  const { codigo } = await fio.pede({ comando: "PING" });
  const { code } = await servidor.encerra();
  return promessa(NOHUP, codigo === "OK-200" && code === 0, `PING teve ${codigo}; com SIGTERM, saída ${code}`);
}

const SEM_DISCO = "com o disco cheio do livro e do console as consultas são respondidas, em conexões velhas e novas";

async function consultasSemDisco({ oficina, ferramentas }: Contexto): Promise<Promessa> {
  if (!ferramentas.tmpfs) return naoVerificada(SEM_DISCO, "falta unshare com tmpfs (apt install util-linux)");
  const pasta = oficina.pasta();
  const grade = montaClinica(pasta);
  const disco = pasta.arquivo("disco");
  Deno.mkdirSync(disco);
  const monta = `mount -t tmpfs -o size=${16 * 1024 * 1024} none ${disco} && exec "$@"`;
  await using servidor = await oficina.servidor({
    pasta: pasta.caminho,
    args: ["--banco", `${disco}/clinica.db`],
    diante: ["unshare", "-rm", "sh", "-c", monta, "sh"],
  });
  using velha = await Fio.saudado(servidor.porta);
  const cpf = cpfDeExemplo(0);
  await velha.pede(agend({ cpf, ...grade[0] }));
  enche(`/proc/${servidor.pid}/root${disco}/enchimento`);
  // Até que uma gravação seja recusada: é então que se lê de um livro que falhou.
  for (let n = 1, codigo = ""; codigo !== "ERRO-131" && n < 200; n++) {
    ({ codigo } = await velha.pede(agend({ cpf: cpfDeExemplo(n), ...grade[n % grade.length] })));
  }
  using nova = await Fio.conecta(servidor.porta);
  const codigos: string[] = [(await nova.resposta()).codigo];
  for (const fio of [velha, nova]) codigos.push(...await consultas(fio, cpf, grade));
  const certos = "OK-200,OK-302,OK-304,OK-302,OK-304";
  return promessa(SEM_DISCO, codigos.join() === certos, codigos.join(" "));
}

async function consultas(fio: Fio, cpf: string, [{ especialidade, data }]: Grade): Promise<string[]> {
  const busca = await fio.pede({ comando: "BUSCA", cpf });
  const vagas = await fio.pede({ comando: "VAGAS", especialista: especialidade, data });
  return [busca.codigo, vagas.codigo];
}
