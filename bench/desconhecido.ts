/**
 * Se o tempo de uma consulta de quem não é da casa diz que um CPF está no livro: mil por um CPF que lá está e mil por um que não
 * está, alternadas, sem código, com um código errado, e passado o limite. A diferença das medianas não deve passar de 1 ms.
 *
 *     deno run -A bench/desconhecido.ts
 *
 * As conexões são de verdade, e o livro um arquivo. Sai com 1 se alguma passa.
 *
 * @module
 */

import { Agenda } from "../agenda.ts";
import { ArmazemSqlite } from "../armazem/sqlite.ts";
import { CODIGOS_POR_REDE } from "../clinica/contar.ts";
import { lerOferta } from "../clinica/oferta.ts";
import { LACO } from "../rede/laco.ts";
import { Redator } from "../rede/redator.ts";
import { LIMITES, Sessao } from "../rede/sessao.ts";
import { cpfDeExemplo, Fio, Pasta } from "../testes/apoio.ts";
import { codigoDeTeste, como } from "../testes/balcao.ts";
import { PORTA_ABERTA, SEM_LIMITES } from "../testes/porteiro.ts";
import { mediana } from "./medidor.ts";

/** De cada espécie, e a cada CPF quantas vezes: menos do que o limite. */
const CONSULTAS = 1000;
const POR_CPF = CODIGOS_POR_REDE - 1;
const CPFS = CONSULTAS / POR_CPF;

/** A diferença que se promete, no máximo, em ms. */
const MAXIMA = 1;

/** Cabem todos. */
const SEMANA = {
  semanas: 8,
  atendimentos: [{ especialidade: "CLINICO", dia: "SEGUNDA-FEIRA", inicio: "08:00", vagas: 96, minutos: 5 }],
};

/** O que se pergunta de um CPF, e se já se gastaram as contas dele. */
interface Caso {
  readonly nome: string;
  readonly pergunta: (cpf: string) => unknown[];
  readonly limitada?: boolean;
}

const COM_ERRADO = (cpf: string): unknown[] => ["BUSCA", cpf, { codigo: codigoDeTeste(999_999) }];
const CASOS: readonly Caso[] = [
  { nome: "sem código", pergunta: (cpf) => ["BUSCA", cpf] },
  { nome: "com um código errado", pergunta: COM_ERRADO },
  { nome: "passado o limite", pergunta: COM_ERRADO, limitada: true },
];

async function enche(agenda: Agenda, cpfs: readonly string[]): Promise<void> {
  const [livres] = await agenda.atende([{ comando: "VAGAS" }], como("gerente")) ?? [];
  if (!("vagas" in livres)) throw new Error(livres.codigo);
  const horas = livres.vagas.flatMap(({ dia, horas }) => horas.map((horario) => ({ dia, horario })));
  await agenda.atende(
    cpfs.map((cpf, i) => ({
      ...{ comando: "AGEND", cpf, nome: "BIA", especialista: "CLINICO", horario: horas[i].horario },
      ...{ data: horas[i].dia.iso, dia: horas[i].dia.nome },
    })),
    como("gerente"),
  );
}

/** Onde se atende, por conexões de verdade. */
class Porta implements Disposable {
  #porta = Deno.listen({ hostname: "127.0.0.1", port: 0 });

  constructor(agenda: Agenda) {
    const ambiente = {
      ...{ agenda, redator: new Redator(agenda), porteiro: PORTA_ABERTA, relogio: () => 0 },
      ...{ limites: LIMITES, contador: SEM_LIMITES, laco: LACO, aoResponder: () => {} },
    };
    this.#atende((conexao) => new Sessao(conexao, como("quiosque", "10.0.0.7"), ambiente));
  }

  async #atende(abre: (conexao: Deno.TcpConn) => Sessao): Promise<void> {
    for await (const conexao of this.#porta) abre(conexao).atende();
  }

  /** Uma conexão que já fala CLINICA/2. */
  async liga(): Promise<Fio> {
    const fio = await Fio.saudado(this.#porta.addr.port);
    await fio.manda('["OLA","CLINICA/2"]\n');
    await fio.linha();
    return fio;
  }

  [Symbol.dispose](): void {
    this.#porta.close();
  }
}

/** Quanto leva uma pergunta, em ms. */
async function mede(fio: Fio, pedido: unknown[]): Promise<number> {
  const inicio = performance.now();
  await fio.manda(`${JSON.stringify(pedido)}\n`);
  await fio.linha();
  return performance.now() - inicio;
}

/** As medianas dos que estão no livro e dos que não, um de cada vez; depois do limite, cada um numa conexão sua. */
async function alterna(
  porta: Porta,
  { pergunta, limitada = false }: Caso,
  pares: readonly (readonly [string, string])[],
): Promise<number[]> {
  const medidas: number[][] = [[], []];
  using comum = await porta.liga();
  for (let volta = 0; volta < POR_CPF; volta++) {
    for (const [i, par] of pares.entries()) {
      // Ora um, ora o outro primeiro.
      for (const qual of (i + volta) % 2 === 0 ? [0, 1] : [1, 0]) {
        using sua = limitada ? await porta.liga() : undefined;
        medidas[qual].push(await mede(sua ?? comum, pergunta(par[qual])));
      }
    }
  }
  return medidas.map(mediana);
}

if (import.meta.main) {
  using pasta = new Pasta();
  await using armazem = ArmazemSqlite.abre(pasta.arquivo("clinica.db"), { novo: true });
  const agenda = new Agenda({ armazem, oferta: lerOferta(SEMANA), relogio: Date.now });
  const pares = Array.from({ length: CPFS }, (_, i) => [cpfDeExemplo(i), cpfDeExemplo(CPFS + i)] as const);
  await enche(agenda, pares.map(([conhecido]) => conhecido));
  using porta = new Porta(agenda);
  using fio = await porta.liga();
  // Aquece com outros, que não gastam as contas destes.
  for (let i = 0; i < CONSULTAS; i++) await mede(fio, COM_ERRADO(cpfDeExemplo(4 * CPFS + i)));
  let passou = false;
  for (const caso of CASOS) {
    // O que falta para o limite.
    if (caso.limitada) { for (const cpf of pares.flat()) await mede(fio, COM_ERRADO(cpf)); }
    const [conhecido, desconhecido] = await alterna(porta, caso, pares);
    const diferenca = Math.abs(conhecido - desconhecido);
    passou ||= diferenca > MAXIMA;
    const ms = (medida: number): string => `${medida.toFixed(3)} ms`;
    console.log(`${caso.nome}: no livro ${ms(conhecido)}, fora dele ${ms(desconhecido)}; diferença ${ms(diferenca)}`);
  }
  if (passou) Deno.exitCode = 1;
}
