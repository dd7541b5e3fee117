/**
 * O que custam os painéis abertos: quanto uma mudança demora até cada fluxo, a memória de um fluxo, e o que fica de quem se liga e
 * se vai. O centro de eventos está num processo só com um `Deno.serve` à frente; os navegadores são sockets deste.
 *
 *     deno run -A bench/fluxos.ts              500 fluxos, 100 mudanças por segundo, 10 s
 *     deno run -A bench/fluxos.ts 1000 100 20  mil fluxos, 20 s
 *
 * @module
 */

import { delay } from "@std/async";
import { NADA_DE_NOVO } from "../clinica/novidade.ts";
import { type Contas, Fluxo } from "../web/fluxo.ts";

const DIA = "2026-11-30";

/** Páginas que mostram coisas diferentes: três línguas e dois papéis. */
const CHAVES = 6;

/** O tamanho de um evento, em bytes: umas linhas da grelha de um dia. */
const FRAGMENTO = 2000;

/** Os que se ligam e se vão, e quantos de cada vez. */
const PASSAGEIROS = 10_000;
const DE_CADA_VEZ = 100;

/** O instante, em ms, que os dois processos comparam. */
function instante(): number {
  return performance.timeOrigin + performance.now();
}

// ------------------------------------------------------------------------------------------------------ o servidor

/** Serve fluxos, e muda tantas vezes por segundo quantas lhe pedem em `/muda`. */
function serve(): void {
  const fluxo = new Fluxo({ fluxos: 20_000, fluxosDeUm: 20_000 });
  const enche = "x".repeat(FRAGMENTO);
  let alarme: ReturnType<typeof setInterval> | undefined;
  const servidor = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: ({ port }) => console.log(port) },
    (request) => {
      const { pathname, searchParams } = new URL(request.url);
      switch (pathname) {
        case "/contas":
          return Response.json(fluxo.contas);
        case "/muda": {
          clearInterval(alarme);
          const porSegundo = Number(searchParams.get("por"));
          const entre = 20;
          if (porSegundo > 0) alarme = setInterval(() => muda(fluxo, porSegundo * entre / 1000), entre);
          return new Response();
        }
        case "/fecha":
          fluxo.fechaTodos();
          void servidor.shutdown();
          return new Response();
        default:
          return fluxo.resposta(request, {
            topicos: [`dia:${DIA}`],
            chave: searchParams.get("chave") ?? "",
            de: "bench",
            // Do mais antigo: é o que mais esperou.
            desenha: ({ agendamentos }) => ({ nome: "dia", dados: `${agendamentos[0]?.ato ?? "0"} ${enche}` }),
          });
      }
    },
  );
}

let devidas = 0;
let numero = 0;

/** Muda tantas vezes; o ato diz quando. */
function muda(fluxo: Fluxo, quantas: number): void {
  for (devidas += quantas; devidas >= 1; devidas--) {
    const um = { versao: 2, de: "MARCADO", para: "CHEGOU", datas: [DIA], autor: { papel: "balcao" } } as const;
    fluxo.mudou({ ...NADA_DE_NOVO, agendamentos: [{ numero: ++numero, ato: String(instante()), ...um }] });
  }
}

// ------------------------------------------------------------------------------------------------------ os navegadores

/** Um fluxo aberto; `aoReceber` recebe o instante da mudança mais antiga de cada evento. */
async function abre(porta: number, chave: number, aoReceber: (desde: number) => void): Promise<Deno.TcpConn> {
  const conexao = await Deno.connect({ hostname: "127.0.0.1", port: porta });
  await conexao.write(new TextEncoder().encode(`GET /?chave=${chave} HTTP/1.1\r\nHost: x\r\n\r\n`));
  void le(conexao, aoReceber);
  return conexao;
}

async function le(conexao: Deno.TcpConn, aoReceber: (desde: number) => void): Promise<void> {
  const bytes = new Uint8Array(16 * 1024);
  const texto = new TextDecoder();
  try {
    for (let lidos; (lidos = await conexao.read(bytes)) !== null;) {
      for (const [, desde] of texto.decode(bytes.subarray(0, lidos)).matchAll(/data: (\d+\.?\d*) x/g)) {
        if (desde !== "0") aoReceber(Number(desde));
      }
    }
  } catch {
    // foi-se
  }
}

async function rss(pid: number): Promise<number> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  return Number(/VmRSS:\s*(\d+)/.exec(status)?.[1]);
}

/** O que se mediu. */
interface Medida {
  readonly medida: string;
  readonly valor: string;
}

/** Mede tudo, por ordem. */
async function mede(fluxos: number, porSegundo: number, segundos: number): Promise<Medida[]> {
  const processo = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", import.meta.filename ?? "", "serve"],
    stdout: "piped",
  }).spawn();
  const leitor = processo.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const porta = Number((await leitor.read()).value);
  const pede = async (caminho: string): Promise<Response> => await fetch(`http://127.0.0.1:${porta}${caminho}`);
  const contas = async (): Promise<Contas> => await (await pede("/contas")).json();
  await contas();
  const antes = await rss(processo.pid);
  const demoras: number[] = [];
  const abertos: Deno.TcpConn[] = [];
  for (let i = 0; i < fluxos; i++) {
    abertos.push(await abre(porta, i % CHAVES, (desde) => demoras.push(instante() - desde)));
  }
  while ((await contas()).fluxos < fluxos) await delay(50);
  const parados = await rss(processo.pid);
  await (await pede(`/muda?por=${porSegundo}`)).body?.cancel();
  await delay(segundos * 1000);
  await (await pede("/muda?por=0")).body?.cancel();
  await delay(500);
  const servindo = await rss(processo.pid);
  demoras.sort((a, b) => a - b);
  const percentil = (p: number): string => `${Math.round(demoras[Math.floor(demoras.length * p)])} ms`;
  const { desenhados } = await contas();
  for (const conexao of abertos) conexao.close();
  while ((await contas()).fluxos > 0) await delay(50);
  const vazio = await rss(processo.pid);
  for (let i = 0; i < PASSAGEIROS; i += DE_CADA_VEZ) {
    const grupo = await Promise.all(Array.from({ length: DE_CADA_VEZ }, () => abre(porta, i % CHAVES, () => {})));
    while ((await contas()).fluxos < DE_CADA_VEZ) await delay(5);
    for (const conexao of grupo) conexao.close();
    while ((await contas()).fluxos > 0) await delay(5);
  }
  const fim = await contas();
  const depois = await rss(processo.pid);
  await pede("/fecha");
  const { code } = await processo.status;
  await leitor.cancel();
  const mb = (kb: number): string => `${(kb / 1024).toFixed(1)} MB`;
  return [
    {
      medida: `mudança → ${fluxos} fluxos, ${porSegundo} mudanças/s: mediana, p99, máximo`,
      valor: [0.5, 0.99].map(percentil).concat(`${Math.round(demoras[demoras.length - 1])} ms`).join(" · "),
    },
    { medida: "eventos recebidos, e desenhados", valor: `${demoras.length}, ${desenhados}` },
    {
      medida: "RSS por fluxo parado; a receber",
      valor: `${Math.round((parados - antes) / fluxos)} KB; ${Math.round((servindo - antes) / fluxos)} KB`,
    },
    { medida: "RSS: sem fluxos; com eles; sem eles outra vez", valor: [antes, servindo, vazio].map(mb).join(" → ") },
    { medida: `depois de ${PASSAGEIROS} ligar e desligar`, valor: `${mb(depois)}, ${JSON.stringify(fim)}` },
    { medida: "encerra", valor: `código ${code}` },
  ];
}

if (import.meta.main) {
  if (Deno.args[0] === "serve") serve();
  else {
    const [fluxos = 500, porSegundo = 100, segundos = 10] = Deno.args.map(Number);
    for (const { medida, valor } of await mede(fluxos, porSegundo, segundos)) console.log(`${medida}: ${valor}`);
  }
}
