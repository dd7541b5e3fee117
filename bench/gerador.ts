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
 * um agendamento de um dia para outro e de volta, a lista de um dia, ou desmarcar uma hora por que alguém espera e entrar na
 * fila por ela.
 */
export type Carga = "busca" | "par" | "misto" | "vagas" | CargaDoDois;

/** As cargas que falam CLINICA/2. */
export type CargaDoDois = "move" | "lista" | "promove";

/** Se uma carga fala CLINICA/2. */
export function falaDois(carga: Carga): carga is CargaDoDois {
  return carga === "move" || carga === "lista" || carga === "promove";
}

/** Como se fala com quem responde: CLINICA/1, o eco, ou o Redis com os scripts de marcar e de desmarcar. */
export type Fala = "clinica" | "eco" | "redis";

/** Uma medição a fazer. */
export interface Medicao {
  /** Onde, em 127.0.0.1. */
  porta: number;
  /** O certificado que atende por TLS, em PEM; às claras, se ausente. */
  certificado?: string;
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
  /** Em `promove`, de cada hora quem a tem e quem espera por ela, à vez. */
  filas?: readonly Fila[];
  /** Os SHA1 dos scripts de marcar e de desmarcar, para o Redis. */
  scripts: readonly [string, string];
  /** O que faz os CPFs de uma medição diferentes dos de outra. */
  semente: number;
}

/** Uma hora, e os que a querem: desmarca-a quem a tem, é do primeiro da fila, e quem a deixou vai para o fim. */
export interface Fila {
  /** De que especialidade. */
  especialista: string;
  /** `"dd/mm/aaaa"`. */
  data: string;
  /** De quem. */
  profissional: string;
  /** Os CPFs são os exemplos deste em diante. */
  desde: number;
  /** Quantos. */
  quantos: number;
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

/** O que se escreve de uma vez, e quantas linhas a resposta tem. */
interface Remessa {
  bytes: Uint8Array;
  linhas: number;
}

/** O ciclo de pedidos de uma conexão, cortado em remessas de `emVoo`. */
function remessas(medicao: Medicao, conexao: number): Remessa[] {
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
  const cortadas: Remessa[] = [];
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

/** De cada um da roda, à vez, desmarcar e voltar à fila; o primeiro é quem tem a hora, que a lista do dia diz. */
function rodaDe({ especialista, data, profissional, desde, quantos }: Fila, dia: string): Remessa[][] {
  const [, ...tuplas]: [string, ...unknown[]] = JSON.parse(dia);
  const tem = tuplas.find((tupla) => JSON.stringify(tupla).includes('"situacao":"MARCADO"'));
  const cpfs = Array.from({ length: quantos }, (_, i) => cpfDeExemplo(desde + i));
  const primeiro = cpfs.findIndex((cpf) => JSON.stringify(tem).includes(`"${cpf}"`));
  if (primeiro < 0) throw new Error(`ninguém da fila tem a hora: ${dia}`);
  const remessa = (texto: string): Remessa => ({ bytes: new TextEncoder().encode(texto), linhas: 1 });
  return [...cpfs.slice(primeiro), ...cpfs.slice(0, primeiro)].map((cpf) => [
    remessa(codificarPedido2({ comando: "CANCEL", cpf, especialista })),
    remessa(codificarPedido2({
      ...{ comando: "ESPERA", cpf, nome: "MARIA DA SILVA", especialista, profissional },
      ...{ de: data, ate: data, marca: true },
    })),
  ]);
}

/** Ao mesmo servidor, às claras ou por TLS. */
export async function conecta(
  { porta, certificado }: Pick<Medicao, "porta" | "certificado">,
): Promise<Deno.TcpConn | Deno.TlsConn> {
  if (certificado !== undefined) {
    return await Deno.connectTls({ hostname: "localhost", port: porta, caCerts: [certificado] });
  }
  const conexao = await Deno.connect({ hostname: "127.0.0.1", port: porta });
  conexao.setNoDelay(true);
  return conexao;
}

async function percorre(
  medicao: Medicao,
  numero: number,
  { larga, fim }: { larga: () => Promise<void>; fim: () => boolean },
): Promise<{ latencias: number[]; erros: number }> {
  using conexao = await conecta(medicao);
  const bloco = new Uint8Array(medicao.carga === "vagas" || medicao.carga === "lista" ? 256 * 1024 : 16 * 1024);
  const latencias: number[] = [];
  let erros = 0;
  if (medicao.fala === "clinica") await linhas(1);
  if (falaDois(medicao.carga)) {
    await manda(new TextEncoder().encode(codificarPedido2({ comando: "OLA" })));
    await linhas(1);
  }
  const espera = medicao.carga === "promove";
  const ciclo = espera ? await filas(numero) : remessas(medicao, numero);
  // Em `promove` a roda é longa, e quem vem depois acha onde ela vai: basta acabar o par.
  const volta = espera ? 2 : ciclo.length;
  // O que se move tem de estar marcado, e no fim deixa de estar.
  const seus = Array.from(
    { length: medicao.carga === "move" ? medicao.emVoo : 0 },
    (_, i) => prontos(medicao, medicao.semente + numero + i * medicao.conexoes),
  );
  for (const { agend } of seus) await umaVez(agend);
  await larga();
  // Uma volta ao menos: quem não foi atendido a tempo também é uma medida.
  for (let i = 0; i === 0 || !fim() || i % volta !== 0; i++) {
    const { bytes, linhas: esperadas } = ciclo[i % ciclo.length];
    const inicio = performance.now();
    await manda(bytes);
    await linhas(esperadas);
    latencias.push(performance.now() - inicio);
    if (medicao.pausa !== undefined) await delay(medicao.pausa);
  }
  for (const { cancel } of seus) await umaVez(cancel);
  return { latencias, erros };

  /** A roda das filas que são desta conexão, a partir de quem agora tem a hora de cada uma. */
  async function filas(numero: number): Promise<Remessa[]> {
    const minhas = (medicao.filas ?? []).filter((_, i) => i % medicao.conexoes === numero);
    const rodas: Remessa[][][] = [];
    for (const fila of minhas) {
      const { data, profissional } = fila;
      const dia = await pergunta(codificarPedido2({ comando: "LISTA", data, profissional }));
      rodas.push(rodaDe(fila, dia));
    }
    return Array.from({ length: rodas[0].length }, (_, i) => rodas.flatMap((roda) => roda[i])).flat();
  }

  /** A linha que responde a um pedido. */
  async function pergunta(pedido: string): Promise<string> {
    await manda(new TextEncoder().encode(pedido));
    let texto = "";
    while (!texto.endsWith("\n")) {
      const lidos = await conexao.read(bloco);
      if (lidos === null) throw new Error("o outro lado fechou a conexão");
      texto += new TextDecoder().decode(bloco.subarray(0, lidos));
    }
    return texto;
  }

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
  // O tempo conta desde que todas estão prontas.
  const largada = Promise.withResolvers<void>();
  let [prontas, inicio] = [0, 0];
  const larga = (): Promise<void> => {
    if (++prontas === medicao.conexoes) {
      inicio = performance.now();
      largada.resolve();
    }
    return largada.promise;
  };
  const fim = (): boolean => performance.now() - inicio >= medicao.segundos * 1000;
  const voltas = await Promise.all(
    Array.from({ length: medicao.conexoes }, (_, i) => percorre(medicao, i, { larga, fim })),
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
