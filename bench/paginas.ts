/**
 * O que custam as páginas: a lista de dias e o dia do balcão, marcar pelo formulário, e muitos painéis abertos enquanto a agenda
 * muda. Cada medida ao lado do que se lhe compara, na mesma corrida. Sozinho, escreve a tabela:
 *
 *     deno run -A bench/paginas.ts
 *
 * Quem não é da casa tem limites por endereço; a carga vem de muitos, que diz um intermediário de confiança.
 *
 * @module
 */

import { delay } from "@std/async";
import { cpfDeExemplo } from "../testes/apoio.ts";
import { novaVez } from "../web/paciente/vez.ts";
import { type Balcao, comBalcao, falaDois, MARCADOS, pede } from "./balcao.ts";
import type { MedicaoHttp, MedidaHttp } from "./gerador_http.ts";
import {
  comando,
  type Concorrente,
  DIAS_UTEIS,
  encerra,
  esperaPorta,
  type Extra,
  inicia,
  mediana,
  Medidor,
  memoria,
  ofertas,
  portaLivre,
  servidor,
} from "./medidor.ts";
import { noNavegador } from "./navegador.ts";
import { PaineisAbertos } from "./paineis.ts";

const RODADAS = 5;
const CINQUENTA = { conexoes: 50, emVoo: 1 };
const LISTA_DE_DIAS = "/marcar?especialidade=CLINICO+GERAL";

/** Formulários que se preparam por rodada: mais do que os que se mandam. */
const FORMULARIOS = 12_000;

/** Painéis abertos, e mudanças por segundo, por quanto tempo, em s. */
const PAINEIS = 500;
const MUDANCAS = 100;
const DURANTE = 10;

/** Painéis que se abrem e fecham, e quantos de cada vez. */
const PASSAGEIROS = 10_000;
const DE_CADA_VEZ = 100;

/** Com lugar para todos os que marcam: ninguém mede a espera por uma vaga. */
const SEMANA = {
  atendimentos: DIAS_UTEIS.flatMap((dia) => [
    { especialidade: "CLINICO GERAL", dia, inicio: "08:00", vagas: 8, minutos: 30 },
    ...Array.from({ length: 100 }, (_, i) => ({
      ...{ especialidade: `CLINICO ${i}`, dia, inicio: "08:00", vagas: 140, minutos: 5 },
    })),
  ]),
};

/** As medidas, com servidores seus. */
export async function dasPaginas(pasta: string, segundos: number): Promise<Extra[]> {
  return [...await doPaciente(pasta, segundos), ...await doBalcao(pasta, segundos)];
}

async function doPaciente(pasta: string, segundos: number): Promise<Extra[]> {
  const web = portaLivre();
  const banco = `${pasta}/paginas.db`;
  const args = ["--web", `${web}`, "--confia-no-proxy", "127.0.0.1"];
  const quem = await servidor(pasta, { banco, semana: SEMANA, args });
  // O mesmo, sem o intermediário, de que a outra porta espera um cabeçalho.
  const doFio = await servidor(pasta, { banco: `${pasta}/fio.db`, semana: SEMANA, args: ["--sem-web"] });
  try {
    await esperaPorta(web);
    return [await listaDeDias(pasta, web, segundos), await formularios({ web, doFio, segundos })];
  } finally {
    await encerra(quem);
    await encerra(doFio);
  }
}

interface OQueSePede {
  readonly ip?: string;
  readonly cookie?: string;
  readonly corpo?: string;
}

function pedidoHttp(caminho: string, { ip, cookie, corpo }: OQueSePede): string {
  return [
    `${corpo === undefined ? "GET" : "POST"} ${caminho} HTTP/1.1`,
    ...["host: localhost", "accept-encoding: gzip", "accept-language: pt-BR", "accept: text/html"],
    ...ip === undefined ? [] : [`x-forwarded-for: ${ip}`],
    ...cookie === undefined ? [] : [`cookie: ${cookie}`],
    ...corpo === undefined ? [] : [
      "content-type: application/x-www-form-urlencoded",
      `content-length: ${new TextEncoder().encode(corpo).length}`,
    ],
    "",
    corpo ?? "",
  ].join("\r\n");
}

/** Um endereço de muitos. */
function enderecoDe(i: number): string {
  return `10.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}`;
}

async function mede(medicao: MedicaoHttp): Promise<MedidaHttp> {
  const [programa, ...args] = comando("bench/gerador_http.ts");
  const processo = new Deno.Command(programa, { args, stdin: "piped", stdout: "piped", stderr: "inherit" }).spawn();
  const escrita = processo.stdin.getWriter();
  await escrita.write(new TextEncoder().encode(JSON.stringify(medicao)));
  await escrita.close();
  return JSON.parse(new TextDecoder().decode((await processo.output()).stdout));
}

async function listaDeDias(pasta: string, web: number, segundos: number): Promise<Extra> {
  const pedidos = Array.from({ length: 2000 }, (_, i) => pedidoHttp(LISTA_DE_DIAS, { ip: enderecoDe(i) }));
  const carga = { conexoes: CINQUENTA.conexoes, segundos, pedidos, repete: true, codigo: 200 };
  const { bytes } = await mede({ ...carga, porta: web, segundos: 0.5 });
  const porta = portaLivre();
  const constante = inicia(comando("bench/pagina_constante.ts", [`${porta}`, `${bytes}`]), `${pasta}/constante.log`);
  try {
    await esperaPorta(porta);
    const nossas: MedidaHttp[] = [];
    const constantes: MedidaHttp[] = [];
    for (let i = 0; i < RODADAS; i++) {
      nossas.push(await mede({ ...carga, porta: web }));
      constantes.push(await mede({ ...carga, porta }));
    }
    return {
      medida: `/marcar, a lista de dias (${bytes} bytes comprimida), contra uma página constante do mesmo tamanho`,
      valor: contra(nossas, constantes.map(({ porSegundo }) => porSegundo)),
      meta: "≥ 0,60 x",
    };
  } finally {
    constante.kill();
    await constante.status;
  }
}

async function formularios({ web, doFio, segundos }: {
  readonly web: number;
  readonly doFio: Concorrente;
  readonly segundos: number;
}): Promise<Extra> {
  const dias = ofertas().filter(([especialidade]) => especialidade === "CLINICO GERAL");
  const datas = dias.map(([, data]) => data.split("/").reverse().join("-"));
  const medidor = new Medidor(segundos, undefined);
  const dosPares = dias.slice(-5).flatMap(([, data, dia]) =>
    Array.from({ length: 20 }, (_, i): [string, string, string] => [`CLINICO ${i}`, data, dia])
  );
  const nossas: MedidaHttp[] = [];
  const pares: number[] = [];
  let marcados = 0;
  for (let i = 0; i < RODADAS; i++) {
    const pedidos: string[] = [];
    for (let j = 0; j < FORMULARIOS; j++) {
      const n = marcados++;
      // Cada um a sua hora: por especialidade, por hora e por data, à roda.
      const minuto = 8 * 60 + Math.floor(n / 100) % 140 * 5;
      const corpo = new URLSearchParams({
        ...{ especialidade: `CLINICO ${n % 100}`, profissional: "", telefone: "", email: "" },
        quando: `${datas[Math.floor(n / 100 / 140)]} ${doisDigitos(minuto / 60)}:${doisDigitos(minuto % 60)}`,
        ...{ vez: novaVez(), cpf: cpfDeExemplo(n + 1), nome: "MARIA DA SILVA" },
      });
      pedidos.push(pedidoHttp("/marcar", { ip: enderecoDe(n), corpo: `${corpo}` }));
    }
    nossas.push(await mede({ conexoes: 50, segundos, pedidos, repete: false, codigo: 303, porta: web }));
    pares.push((await medidor.mede({ ...doFio, ofertas: dosPares }, "par", CINQUENTA)).porSegundo);
  }
  return {
    medida: "marcar pelo formulário, 50 conexões, contra os pares AGEND e CANCEL do fio",
    valor: contra(nossas, pares),
    meta: "≥ 0,35 x",
  };
}

function doisDigitos(numero: number): string {
  return String(Math.floor(numero)).padStart(2, "0");
}

// ------------------------------------------------------------------------------------------------------ o balcão

async function doBalcao(pasta: string, segundos: number): Promise<Extra[]> {
  // Um servidor para cada: a memória de fazer páginas esconderia a dos painéis abertos.
  return [
    ...await comBalcao(pasta, (balcao) => dias(balcao, segundos)),
    ...await comBalcao(pasta, (balcao) => paineis(balcao, segundos)),
    ...await comBalcao(pasta, noNavegador),
  ];
}

async function dias({ web, caminho, cookies }: Balcao, segundos: number): Promise<Extra[]> {
  const carga = { porta: web, conexoes: 50, segundos, repete: true, codigo: 200 };
  const uma = [pedidoHttp(caminho, { cookie: cookies[0] })];
  const todas = cookies.map((cookie) => pedidoHttp(caminho, { cookie }));
  const [iguais, diferentes]: MedidaHttp[][] = [[], []];
  await mede({ ...carga, segundos: 1, pedidos: uma });
  for (let i = 0; i < RODADAS; i++) {
    iguais.push(await mede({ ...carga, pedidos: uma }));
    diferentes.push(await mede({ ...carga, pedidos: todas }));
  }
  return [
    {
      medida: `/painel, um dia com ${MARCADOS} marcados (${iguais[0].bytes} bytes comprimida), sem que nada mude`,
      valor: so(iguais),
      meta: "≥ 1.500/s, p99 ≤ 60 ms",
    },
    { medida: "o mesmo, de pessoas diferentes, cada página feita de novo", valor: so(diferentes), meta: "≥ 300/s" },
  ];
}

async function paineis({ web, quem, cookies, caminho }: Balcao, segundos: number): Promise<Extra[]> {
  const fluxo = caminho.replace("/painel?", "/painel/fluxo?");
  const pedido = (i: number): string => pedidoHttp(fluxo, { cookie: cookies[i % cookies.length] });
  const medidor = new Medidor(segundos, undefined);
  const consultas = async (): Promise<number> => (await medidor.mede(quem, "busca", CINQUENTA)).porSegundo;
  const { pid } = quem.processo;
  const sem: number[] = [];
  // O que o servidor gasta a gravar e a desenhar para um só não é de painel nenhum.
  const um = await PaineisAbertos.abre(web, 1, pedido);
  await mudaDiante(um, { quem });
  um.fecha();
  await delay(2000);
  for (let i = 0; i < RODADAS; i++) sem.push(await consultas());
  const antes = memoria(pid);
  const abertos = await PaineisAbertos.abre(web, PAINEIS, pedido);
  const parados = memoria(pid);
  const com: number[] = [];
  for (let i = 0; i < RODADAS; i++) com.push(await consultas());
  const demoras = await mudaDiante(abertos, { quem });
  const servindo = memoria(pid);
  abertos.fecha();
  await delay(2000);
  const vazio = memoria(pid);
  for (let i = 0; i < PASSAGEIROS; i += DE_CADA_VEZ) {
    (await PaineisAbertos.abre(web, DE_CADA_VEZ, (j) => pedido(i + j))).fecha();
  }
  await delay(5000);
  const [razao, kb] = [mediana(com) / mediana(sem), (bytes: number): string => `${Math.round(bytes / 1024)} KB`];
  const mb = (bytes: number): string => `${Math.round(bytes / 1024 / 1024)} MB`;
  return [
    {
      medida: `de uma mudança a ${PAINEIS} painéis abertos, ${MUDANCAS} mudanças por segundo: mediana, p99, a pior`,
      valor: [0.5, 0.99, 1].map((um) => `${Math.round(demoras[Math.floor((demoras.length - 1) * um)])} ms`).join(", ") +
        ` (${inteiro(demoras.length)} vistas)`,
      meta: "p99 ≤ 300 ms",
    },
    {
      medida: `consultas dos terminais com ${PAINEIS} painéis abertos, contra as mesmas sem eles`,
      valor: `${inteiro(mediana(com))}/s e ${inteiro(mediana(sem))}/s (${razao.toFixed(2)} x)`,
      meta: "≥ 0,80 x",
    },
    {
      medida: "memória por painel aberto, parado e a receber",
      valor: `${kb((parados - antes) / PAINEIS)}, ${kb((servindo - antes) / PAINEIS)}`,
      meta: "≤ 130 KB",
    },
    {
      medida: `memória antes, depois de os fechar, e depois de ${inteiro(PASSAGEIROS)} se abrirem e fecharem`,
      valor: `${mb(antes)}, ${mb(vazio)}, ${mb(memoria(pid))}`,
      meta: "nada fica",
    },
  ];
}

/** Corrige nomes, à roda dos marcados, e quanto cada um demora a chegar a cada painel, em ms, por ordem. */
async function mudaDiante(abertos: PaineisAbertos, { quem }: Pick<Balcao, "quem">): Promise<number[]> {
  using fio = await falaDois(quem.porta);
  const comeco = performance.now();
  for (let i = 0; i < MUDANCAS * DURANTE; i++) {
    await pede(fio, ["CORRIGE", cpfDeExemplo(i % MARCADOS + 1), "CLINICO GERAL", { nome: `MUDANCA X${i}X` }]);
    abertos.espera(`X${i}X`);
    await delay(Math.max(0, comeco + (i + 1) * 1000 / MUDANCAS - performance.now()));
  }
  await delay(1500);
  return abertos.demoras.toSorted((a, b) => a - b);
}

// ------------------------------------------------------------------------------------------------------ o que se diz

function so(medidas: readonly MedidaHttp[]): string {
  return `${inteiro(mediana(medidas.map(({ porSegundo }) => porSegundo)))}/s; ${rabo(medidas)}`;
}

function contra(nossas: readonly MedidaHttp[], outras: readonly number[]): string {
  const [uma, outra] = [mediana(nossas.map(({ porSegundo }) => porSegundo)), mediana(outras)];
  return `${inteiro(uma)}/s e ${inteiro(outra)}/s (${(uma / outra).toFixed(2)} x); ${rabo(nossas)}`;
}

function rabo(medidas: readonly MedidaHttp[]): string {
  const erros = medidas.reduce((soma, { erros }) => soma + erros, 0);
  return `p99 ${mediana(medidas.map(({ p99 }) => p99)).toFixed(1)} ms${erros === 0 ? "" : `; ${erros} ERROS`}`;
}

function inteiro(valor: number): string {
  return Math.round(valor).toLocaleString("pt-BR");
}

if (import.meta.main) {
  const pasta = await Deno.makeTempDir({ prefix: "clinica-bench-" });
  try {
    for (const { medida, valor, meta } of await dasPaginas(pasta, 1.5)) console.log(`${medida}\n  ${valor}  [${meta}]`);
  } finally {
    await Deno.remove(pasta, { recursive: true });
  }
}
