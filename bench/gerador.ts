/**
 * O gerador de carga: muitas conexões em laço fechado (cada uma só pede de novo quando tem a resposta), num processo
 * próprio. `bench.ts` o roda; escreve uma linha JSON em stdout.
 *
 *     deno run --allow-net bench/gerador.ts '{"porta":9000,"conexoes":50,"emVoo":1,"segundos":2,"carga":"busca",…}'
 *
 * @module
 */

import { delay } from "@std/async";
import { codificarPedido2 } from "../fio/pedidos.ts";
import { codificarPedido } from "../protocolo.ts";
import { cpfDeExemplo } from "../testes/apoio.ts";

/**
 * O que se pede: consultas, pares de marcar e desmarcar, dezoito consultas e um par, ou todas as vagas; e por CLINICA/2, mover
 * um agendamento de um dia para outro e de volta, ou a lista de um dia.
 */
export type Carga = "busca" | "par" | "misto" | "vagas" | CargaDoDois;

/** As cargas que falam CLINICA/2. */
export type CargaDoDois = "move" | "lista";

/** Se uma carga fala CLINICA/2. */
export function falaDois(carga: Carga): carga is CargaDoDois {
  return carga === "move" || carga === "lista";
}

/** Como se fala com quem responde: CLINICA/1, o eco, ou o Redis com os scripts de marcar e de desmarcar. */
export type Fala = "clinica" | "eco" | "redis";

/** Uma medição a fazer. */
export interface Medicao {
  /** Onde, em 127.0.0.1. */
  porta: number;
  /** Quantas conexões. */
  conexoes: number;
  /** Pedidos escritos juntos em cada conexão, antes de ler as respostas. */
  emVoo: number;
  /** Ms entre uma resposta e o pedido seguinte; nenhum, se ausente. */
  pausa?: number;
  /** Por quanto tempo. */
  segundos: number;
  /** O que se pede. */
  carga: Carga;
  /** Como se fala. */
  fala: Fala;
  /** `[especialista, "dd/mm/aaaa", dia]`, repartidos entre as conexões. */
  ofertas: readonly (readonly [string, string, string])[];
  /** Os SHA1 dos scripts de marcar e de desmarcar, para o Redis. */
  scripts: readonly [string, string];
  /** O que faz os CPFs de uma medição diferentes dos de outra. */
  semente: number;
}

/** O que se mediu; as latências são de uma ida e volta (`emVoo` pedidos), em ms. */
export interface Medida {
  /** Pedidos respondidos por segundo. */
  porSegundo: number;
  /** A metade não passou disto. */
  p50: number;
  /** Noventa e nove em cem não passaram disto. */
  p99: number;
  /** A pior. */
  maxima: number;
  /** Respostas de erro. */
  erros: number;
}

/** Os CPFs que há, de uma medição e das seguintes. */
const CPFS = 800_000_000;

/** Em `misto`, um par a cada dezoito consultas: 90 % de consultas. */
const CONSULTAS_POR_PAR = 18;

const LF = 0x0a;

/** Um pedido pronto para o fio, e quantas linhas a resposta tem. */
interface Pronto {
  texto: string;
  linhas: number;
}

function prontos({ fala, ofertas, scripts: [marca, desmarca] }: Medicao, dono: number): {
  busca: Pronto;
  agend: Pronto;
  cancel: Pronto;
  vagas: Pronto;
  lista: Pronto;
  move: readonly [ida: Pronto, volta: Pronto];
} {
  const seu = cpfDeExemplo(dono % CPFS);
  if (fala === "redis") {
    return {
      busca: { texto: `GET c:${seu}\r\n`, linhas: 1 },
      agend: { texto: `EVALSHA ${marca} 0 ${seu} CLIN MARIA\r\n`, linhas: 2 },
      cancel: { texto: `EVALSHA ${desmarca} 0 ${seu} CLIN\r\n`, linhas: 2 },
      vagas: { texto: "PING\r\n", linhas: 1 },
      lista: { texto: "PING\r\n", linhas: 1 },
      move: [{ texto: "PING\r\n", linhas: 1 }, { texto: "PING\r\n", linhas: 1 }],
    };
  }
  const [especialista, data, dia] = ofertas[dono % ofertas.length];
  const [, outraData, outroDia] = ofertas.find(([esta, outra]) => esta === especialista && outra !== data) ??
    ofertas[0];
  const movimento = (data: string, dia: string): Pronto =>
    pronto(codificarPedido2({ comando: "REMARC", cpf: seu, especialista, data, dia }));
  const pronto = (texto: string): Pronto => ({ texto, linhas: 1 });
  return {
    busca: pronto(codificarPedido({ comando: "BUSCA", cpf: seu })),
    agend: pronto(codificarPedido({ comando: "AGEND", cpf: seu, nome: "MARIA DA SILVA", especialista, data, dia })),
    cancel: pronto(codificarPedido({ comando: "CANCEL", cpf: seu })),
    vagas: pronto(codificarPedido({ comando: "VAGAS" })),
    lista: pronto(codificarPedido2({ comando: "LISTA", data })),
    move: [movimento(outraData, outroDia), movimento(data, dia)],
  };
}

/** O ciclo de pedidos de uma conexão, cortado em remessas de `emVoo`. */
function remessas(medicao: Medicao, conexao: number): { bytes: Uint8Array; linhas: number }[] {
  const { carga, emVoo, semente, conexoes } = medicao;
  const ciclo: Pronto[] = [];
  for (let i = 0; i < emVoo; i++) {
    // Cada posição em voo tem o seu CPF: um par não espera pelo outro.
    const { busca, agend, cancel, vagas, lista, move } = prontos(medicao, semente + conexao + i * conexoes);
    if (carga === "busca") ciclo.push(busca);
    else if (carga === "vagas") ciclo.push(vagas);
    else if (carga === "lista") ciclo.push(lista);
    else if (carga === "move") ciclo.push(...move);
    else if (carga === "par") ciclo.push(agend, cancel);
    else ciclo.push(...new Array<Pronto>(CONSULTAS_POR_PAR).fill(busca), agend, cancel);
  }
  const cortadas: { bytes: Uint8Array; linhas: number }[] = [];
  for (let i = 0; i < ciclo.length; i += emVoo) {
    const juntos = ciclo.slice(i, i + emVoo);
    cortadas.push({
      bytes: new TextEncoder().encode(juntos.map(({ texto }) => texto).join("")),
      linhas: juntos.reduce((soma, { linhas }) => soma + linhas, 0),
    });
  }
  return cortadas;
}

/** Um `ERRO-1xx` que não é o de quem não foi achado, ou um erro do Redis no começo de uma linha. */
function contaErros(texto: string, carga: Carga): number {
  return ehConsulta(carga) ? 0 : texto.match(/"ERRO-1(?!12)|^-(?:ERR|NOSCRIPT) /gm)?.length ?? 0;
}

function ehConsulta(carga: Carga): boolean {
  return carga === "busca" || carga === "vagas" || carga === "lista";
}

async function percorre(
  medicao: Medicao,
  numero: number,
  fim: () => boolean,
): Promise<{ latencias: number[]; erros: number }> {
  using conexao = await Deno.connect({ hostname: "127.0.0.1", port: medicao.porta });
  conexao.setNoDelay(true);
  const bloco = new Uint8Array(medicao.carga === "vagas" || medicao.carga === "lista" ? 256 * 1024 : 16 * 1024);
  const ciclo = remessas(medicao, numero);
  const latencias: number[] = [];
  let erros = 0;
  if (medicao.fala === "clinica") await linhas(1);
  if (falaDois(medicao.carga)) {
    await manda(new TextEncoder().encode(codificarPedido2({ comando: "OLA" })));
    await linhas(1);
  }
  // O que se move tem de estar marcado, e no fim deixa de estar.
  const seus = Array.from(
    { length: medicao.carga === "move" ? medicao.emVoo : 0 },
    (_, i) => prontos(medicao, medicao.semente + numero + i * medicao.conexoes),
  );
  for (const { agend } of seus) await umaVez(agend);
  // Uma volta ao menos: quem não foi atendido a tempo também é uma medida.
  for (let i = 0; i === 0 || !fim() || i % ciclo.length !== 0; i++) {
    const { bytes, linhas: esperadas } = ciclo[i % ciclo.length];
    const inicio = performance.now();
    await manda(bytes);
    await linhas(esperadas);
    latencias.push(performance.now() - inicio);
    if (medicao.pausa !== undefined) await delay(medicao.pausa);
  }
  for (const { cancel } of seus) await umaVez(cancel);
  return { latencias, erros };

  async function umaVez({ texto, linhas: esperadas }: Pronto): Promise<void> {
    await manda(new TextEncoder().encode(texto));
    await linhas(esperadas);
  }

  async function manda(bytes: Uint8Array): Promise<void> {
    for (let feito = 0; feito < bytes.length;) feito += await conexao.write(bytes.subarray(feito));
  }

  async function linhas(quantas: number): Promise<void> {
    while (quantas > 0) {
      const lidos = await conexao.read(bloco);
      if (lidos === null) throw new Error("o outro lado fechou a conexão");
      for (let i = 0; i < lidos; i++) if (bloco[i] === LF) quantas--;
      if (!ehConsulta(medicao.carga)) {
        erros += contaErros(new TextDecoder().decode(bloco.subarray(0, lidos)), medicao.carga);
      }
    }
  }
}

/** Faz a medição. */
export async function mede(medicao: Medicao): Promise<Medida> {
  const inicio = performance.now();
  const prazo = inicio + medicao.segundos * 1000;
  const voltas = await Promise.all(
    Array.from({ length: medicao.conexoes }, (_, i) => percorre(medicao, i, () => performance.now() >= prazo)),
  );
  const segundos = (performance.now() - inicio) / 1000;
  const latencias = Float64Array.from(voltas.flatMap((volta) => volta.latencias)).sort();
  return {
    porSegundo: latencias.length * medicao.emVoo / segundos,
    p50: latencias[Math.floor(latencias.length * 0.5)],
    p99: latencias[Math.floor(latencias.length * 0.99)],
    maxima: latencias[latencias.length - 1],
    erros: voltas.reduce((soma, { erros }) => soma + erros, 0),
  };
}

if (import.meta.main) console.log(JSON.stringify(await mede(JSON.parse(Deno.args[0]))));
