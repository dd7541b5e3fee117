/**
 * O que na parte `paginas` da prova se manda torto: pedidos com dois tamanhos, caminhos que querem sair de onde estão, corpos que
 * não acabam. `prova/paginas.ts` tenta-o.
 *
 * @module
 */

import { delay } from "@std/async";
import { picoDeMemoria } from "../testes/apoio.ts";
import { limiteDeArquivos } from "../rede/ouvinte.ts";
import { cronometro, mil, naoVerificada, type Promessa, promessa } from "./bancada.ts";
import { type Cena, terminal } from "./paginas_cena.ts";
import { escreve, leResposta, Ligacao } from "./visita.ts";

// ------------------------------------------------------------------------------------------------------ o que é torto

const ESCONDIDO = "GET /escondido HTTP/1.1\r\nHost: localhost\r\n\r\n";

/** Um corpo com dois tamanhos, ou com um que não se entende: o intermediário leria um, e o servidor outro. */
const CONTRABANDO: readonly string[] = [
  `Content-Length: ${ESCONDIDO.length + 5}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${ESCONDIDO}`,
  `Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n${ESCONDIDO}`,
  `Content-Length: 0\r\nContent-Length: ${ESCONDIDO.length}\r\n\r\n${ESCONDIDO}`,
  `Content-Length: 0, ${ESCONDIDO.length}\r\n\r\n${ESCONDIDO}`,
  `Content-Length: +${ESCONDIDO.length}\r\n\r\n${ESCONDIDO}`,
  `Content-Length : ${ESCONDIDO.length}\r\n\r\n${ESCONDIDO}`,
  `Transfer-Encoding: xchunked\r\n\r\n${ESCONDIDO}`,
  `Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n${ESCONDIDO}`,
  `Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n${ESCONDIDO}`,
  `X: a\r\n b\r\nContent-Length: 0\r\n\r\n${ESCONDIDO}`,
  `Host: outro\r\nContent-Length: 0\r\n\r\n${ESCONDIDO}`,
];

/** Um corpo com dois tamanhos. */
export async function contrabando({ porta }: Cena): Promise<Promessa> {
  const passaram: string[] = [];
  for (const resto of CONTRABANDO) {
    using ligacao = await Ligacao.abre(porta);
    await ligacao.manda(`POST /lingua HTTP/1.1\r\nHost: localhost\r\n${resto}`);
    const lido = await ligacao.ateOFim();
    const { estado } = leResposta(lido);
    if (lido.split("HTTP/1.1 ").length > 2 || ![0, 400].includes(estado)) {
      passaram.push(`${estado}: ${resto.slice(0, 50)}`);
    }
  }
  return promessa(
    "um pedido com dois tamanhos, ou um que não se entende, recusa-se inteiro, e o que leva escondido não se lê",
    passaram.length === 0,
    passaram[0] ?? `${CONTRABANDO.length} modos`,
  );
}

const TORTOS: readonly string[] = [
  ...["/../clinica.db", "/arquivos/../../servidor.ts", "/arquivos/..%2f..%2fdeno.json", "/arquivos/%2e%2e/casa.ts"],
  ...["/arquivos/estilo.css%00", "/%00", "//mal.exemplo/", "/\\mal.exemplo", "/painel/..;/x", "/PAINEL/../clinica.db"],
  ...[
    "http://mal.exemplo/clinica.db",
    "/%c0%ae%c0%ae/",
    "/%zz",
    "/marcar/%2e%2e%2fclinica.db",
    `/${"a/".repeat(3000)}`,
  ],
];

/** Um caminho que quer sair de onde está, ou um método que não há. */
export async function caminhosTortos({ visita }: Cena): Promise<Promessa> {
  const passaram: string[] = [];
  const confere = async (metodo: string, caminho: string): Promise<void> => {
    const { estado, corpo } = await visita.pede({ metodo, caminho });
    const leva = /SQLite format|"imports"|@module/.test(corpo);
    if (leva || estado === 200 || estado >= 500) passaram.push(`${metodo} ${caminho.slice(0, 40)}: ${estado}`);
  };
  for (const caminho of TORTOS) await confere("GET", caminho);
  for (const metodo of ["TRACE", "PUT", "DELETE", "PATCH", "BREW"]) await confere(metodo, "/marcar");
  return promessa(
    "um caminho torto ou um método que não há não dá nada do disco, nem um erro do servidor",
    passaram.length === 0,
    passaram[0] ?? `${TORTOS.length} caminhos, 5 métodos`,
  );
}

// ------------------------------------------------------------------------------------------------------ os que não acabam

/** Corpos que não acabam, se o tempo e o limite de arquivos deixarem; o tempo da prova inteira chega para todos. */
const SEM_FIM = 10_000;
const SEM_FIM_POR_SEGUNDO = 550;

/** A memória que o servidor pode ter no pior momento, em MiB: a de uma máquina de 1 GiB. */
const MEMORIA_MAXIMA = 640;

/** Os que não acabam, ao lado de honestos. */
export async function corposSemFim(cena: Cena): Promise<Promessa[]> {
  const { porta, servidor, visita, contexto: { segundos } } = cena;
  const quantos = Math.max(
    0,
    Math.min(SEM_FIM, Math.round(segundos * SEM_FIM_POR_SEGUNDO), (limiteDeArquivos() ?? 1024) - 500),
  );
  const cabeca = escreve({ caminho: "/marcar", campos: {} }).replace("Content-Length: 0", "Content-Length: 100000");
  const ligacoes: Ligacao[] = [];
  const fio = await terminal(servidor.porta, cena.endereco());
  let [honestos, erradas] = [0, ""];
  try {
    while (ligacoes.length < quantos) {
      await Promise.all(Array.from({ length: Math.min(50, quantos - ligacoes.length) }, async () => {
        const ligacao = await Ligacao.abre(porta);
        ligacoes.push(ligacao);
        await ligacao.manda(cabeca);
      }));
    }
    const tempo = cronometro(segundos * 0.3);
    do {
      // Metade manda um pouco de cada vez; a outra, tudo o que lhe deixam.
      await Promise.all(ligacoes.slice(0, 500).map((uma, n) => uma.manda(n % 2 === 0 ? "a" : "a".repeat(4096))));
      const { estado } = await visita.pede({ caminho: "/marcar", de: cena.endereco() });
      if (estado !== 200) erradas ||= `uma página honesta teve ${estado}`;
      await fio.manda('["VAGAS"]\n');
      const { codigo } = await fio.resposta();
      if (codigo !== "OK-304") erradas ||= `um terminal honesto teve ${codigo}`;
      honestos++;
      await delay(20);
    } while (!tempo.acabou());
  } finally {
    fio[Symbol.dispose]();
    for (const ligacao of ligacoes) ligacao[Symbol.dispose]();
  }
  const pico = picoDeMemoria(servidor.pid);
  const texto = `${mil(MEMORIA_MAXIMA)} MiB chegam`;
  return [
    promessa(
      "ao lado de corpos que não acabam, páginas e terminais continuam a ser atendidos",
      erradas === "" && honestos > 0,
      erradas || `${mil(quantos)} corpos sem fim, ${mil(honestos)} páginas e outras tantas consultas`,
    ),
    pico === undefined
      ? naoVerificada(texto, "só o Linux mostra o pico de memória (/proc)")
      : promessa(texto, pico <= MEMORIA_MAXIMA, `pico de ${mil(pico)} MiB`),
  ];
}
