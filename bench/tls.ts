/**
 * O que custa o TLS: as consultas por ele ao lado das mesmas às claras, no mesmo servidor, mil apertos de mãos, e uma conexão
 * parada. `extras.ts` o chama; sozinho, escreve a tabela:
 *
 *     deno run -A bench/tls.ts
 *
 * @module
 */

import { delay } from "@std/async";
import { fazCertificado } from "../comandos/certificado.ts";
import { conecta } from "./gerador.ts";
import {
  type Concorrente,
  encerra,
  esperaPorta,
  type Extra,
  mediana,
  Medidor,
  memoria,
  portaLivre,
  segundosDeCpu,
  servidor,
} from "./medidor.ts";

const RODADAS = 7;
const CINQUENTA = { conexoes: 50, emVoo: 1 };

/** Apertos de mãos que se medem, e quantos ao mesmo tempo. */
const APERTOS = 1000;
const AO_MESMO_TEMPO = 20;

/** Conexões que se abrem e calam, e quanto se espera até que o lixo de as abrir se recolha, em ms. */
const PARADAS = 1000;
const DESCANSO = 20_000;

/** As medidas, com um servidor seu. Nas duas o gerador é o do projeto: o externo não fala TLS. */
export async function doTls(pasta: string, segundos: number): Promise<Extra[]> {
  const medidor = new Medidor(segundos, undefined);
  const { certificado, chave } = await fazCertificado(["localhost"]);
  const [c, k] = [`${pasta}/c.pem`, `${pasta}/k.pem`];
  Deno.writeTextFileSync(c, certificado);
  Deno.writeTextFileSync(k, chave, { mode: 0o600 });
  const porta = portaLivre();
  const args = ["--certificado", c, "--chave-privada", k, "--tls-porta", `${porta}`, "--conexoes", `${PARADAS + 100}`];
  const claro = await servidor(pasta, { banco: `${pasta}/tls.db`, args });
  const cifrado: Concorrente = { ...claro, nome: "por TLS", porta, certificado };
  try {
    await esperaPorta(porta);
    // Primeiro, que a memória das outras medidas esconderia a desta.
    const ocupa = await parada(cifrado);
    const medidas = new Map(
      [claro, cifrado].map((quem) => [quem, { porSegundo: [] as number[], cpu: [] as number[] }]),
    );
    for (let i = 0; i < RODADAS; i++) {
      for (const [quem, suas] of medidas) {
        const antes = segundosDeCpu(claro.processo.pid);
        const { porSegundo } = await medidor.mede(quem, "busca", CINQUENTA);
        suas.porSegundo.push(porSegundo);
        suas.cpu.push((segundosDeCpu(claro.processo.pid) - antes) / (porSegundo * segundos) * 1e6);
      }
    }
    const [semTls, comTls] = [...medidas.values()].map(({ porSegundo, cpu }) => ({
      porSegundo: mediana(porSegundo),
      cpu: mediana(cpu),
    }));
    const razao = comTls.porSegundo / semTls.porSegundo;
    return [
      {
        medida: "consultas por TLS, 50 conexões, contra as mesmas às claras",
        valor: `${inteiro(comTls.porSegundo)}/s e ${inteiro(semTls.porSegundo)}/s (${razao.toFixed(2)} x); ` +
          `CPU ${comTls.cpu.toFixed(1)} e ${semTls.cpu.toFixed(1)} µs`,
        meta: "≥ 0,60 x",
      },
      {
        medida: `${APERTOS} apertos de mãos até a saudação, ${AO_MESMO_TEMPO} de cada vez`,
        valor: `${((await apertos(cifrado)) / 1000).toFixed(2)} s`,
        meta: "",
      },
      {
        medida: `memória por conexão TLS parada, ${PARADAS} delas`,
        valor: `${(ocupa / 1000).toFixed(0)} KB`,
        meta: "",
      },
    ];
  } finally {
    await encerra(claro);
  }
}

function inteiro(valor: number): string {
  return Math.round(valor).toLocaleString("pt-BR");
}

/** Mil apertos de mãos inteiros, cada um com a sua saudação, em ms. */
async function apertos(quem: Concorrente): Promise<number> {
  const comeco = performance.now();
  await Promise.all(Array.from({ length: AO_MESMO_TEMPO }, async () => {
    for (let i = 0; i < APERTOS / AO_MESMO_TEMPO; i++) {
      using conexao = await conecta(quem);
      await conexao.read(new Uint8Array(1024));
    }
  }));
  return performance.now() - comeco;
}

/** O que custa uma conexão saudada que cala, em bytes. */
async function parada(quem: Concorrente): Promise<number> {
  const antes = memoria(quem.processo.pid);
  const conexoes: Deno.Conn[] = [];
  try {
    for (let i = 0; i < PARADAS; i++) {
      const conexao = await conecta(quem);
      conexoes.push(conexao);
      await conexao.read(new Uint8Array(1024));
    }
    await delay(DESCANSO);
    return (memoria(quem.processo.pid) - antes) / PARADAS;
  } finally {
    for (const conexao of conexoes) conexao.close();
  }
}

if (import.meta.main) {
  const pasta = Deno.makeTempDirSync({ prefix: "clinica-" });
  try {
    for (const { medida, valor, meta } of await doTls(pasta, 1)) console.log(`${medida}: ${valor}  ${meta}`);
  } finally {
    Deno.removeSync(pasta, { recursive: true });
  }
}
