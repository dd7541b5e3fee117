/**
 * Todos os comandos contra o modelo ingênuo (`testes/modelo.ts`), em sequências ao acaso de pedidos e de relógio: um a um, pela
 * função pura, e em lotes, pela agenda. Sem nenhuma permissão.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { completa, type Ensaio, paraCada, type Passo, type Sequencia } from "../testes/ao_acaso.ts";
import { BalcaoDaAgenda, BalcaoPuro, codigoDeTeste, como, teste } from "../testes/balcao.ts";
import { Modelo } from "../testes/modelo.ts";
import { NINGUEM } from "../testes/modelo_promocoes.ts";
import type { Linha, Saida } from "../testes/modelo_dias.ts";
import type { Agendamento } from "./agendamento.ts";
import { ArmazemSqlite } from "../armazem/sqlite.ts";
import { ArmazemDeTeste, Livro } from "../testes/livro_de_teste.ts";
import { hora } from "./oferta.ts";
import type { Quem } from "./livro.ts";
import type { FeitoPeloTitular, Pedido, Resultado } from "./pedido.ts";
import { esperaAVez } from "./regras.ts";

// ------------------------------------------------------------------------------------------------------ o mesmo

/** `assertEquals`, mais depressa quando é o mesmo. */
function iguais(veio: unknown, esperado: unknown, oque: string): void {
  if (JSON.stringify(veio) !== JSON.stringify(esperado)) assertEquals(veio, esperado, oque);
}

/** Os campos por ordem alfabética, e em vez da pilha, de quem e de quando é cada passo. */
function semPilha({ pilha, ...um }: Agendamento): unknown {
  return emOrdem({ ...um, passos: pilha.map(({ papel, em }) => [papel, Date.parse(em)]) });
}

function semFotos({ fotos, ...um }: Linha): unknown {
  return emOrdem({ ...um, passos: fotos.map(({ papel, em }) => [papel, em]) });
}

function emOrdem(um: object): unknown {
  return Object.fromEntries(Object.entries(um).sort(([a], [b]) => a < b ? -1 : 1));
}

/** O que se compara de um resultado. As horas de todos juntas não dizem de quem são. */
function retrato(resultado: Resultado, pedido: Pedido): unknown {
  const separadas = pedido.comando === "VAGAS" && pedido.porProfissional === true;
  return {
    codigo: resultado.codigo,
    numero: "numero" in resultado ? resultado.numero : undefined,
    regra: "regra" in resultado ? resultado.regra : undefined,
    agendamentos: "agendamentos" in resultado ? resultado.agendamentos.map(semPilha) : undefined,
    vagas: "vagas" in resultado
      ? resultado.vagas.map(({ dia, especialidade, profissional, horas }) => [
        ...[dia.iso, dia.nome, especialidade.nome],
        separadas ? profissional?.nome ?? "" : "",
        horas,
      ])
      : undefined,
    posicao: "posicao" in resultado ? resultado.posicao : undefined,
    espera: "espera" in resultado ? emOrdem(resultado.espera) : undefined,
    fila: "fila" in resultado
      ? resultado.fila.map(({ espera, convite }) => [emOrdem(espera), convite && semPilha(convite)])
      : undefined,
    falta: "falta" in resultado ? resultado.falta : undefined,
    titular: "titular" in resultado ? retratoDoTitular(resultado.titular) : undefined,
  };
}

/** De uma data, ou de uma guarda, basta que a haja. */
function retratoDoTitular(titular: FeitoPeloTitular | undefined): string | undefined {
  if (titular === undefined) return undefined;
  if (!("recusa" in titular)) return JSON.stringify(titular);
  if (titular.recusa !== "de pé") return JSON.stringify({ recusa: titular.recusa });
  const numeros = (quais: readonly { readonly numero: number }[]): number[] => quais.map(({ numero }) => numero).sort();
  const { recusa, marcados, esperas } = titular;
  return JSON.stringify({ recusa, marcados: numeros(marcados), esperas: numeros(esperas) });
}

function retratoDoModelo(
  { agendamentos, espera, fila, codigo, numero, regra, vagas, posicao, falta, titular }: Saida,
): unknown {
  return {
    ...{ codigo, numero, regra },
    agendamentos: agendamentos?.map(semFotos),
    ...{ vagas, posicao },
    espera: espera && emOrdem(espera),
    fila: fila?.map(({ espera, convite }) => [emOrdem(espera), convite && semFotos(convite)]),
    ...{ falta, titular },
  };
}

function comparaLivros(livro: Livro, modelo: Modelo, oque: string): void {
  iguais(livro.linhas.map(semPilha), modelo.dias.linhas.map(semFotos), oque);
  iguais(livro.esperas.map(emOrdem), modelo.listas.esperas.map(emOrdem), oque);
  assertEquals(livro.tique, modelo.listas.tique, oque);
  assertEquals(livro.excecoes, modelo.dias.excecoes, oque);
  assertEquals(livro.titulares.map(({ ato, cpf, motivo }) => ({ ato, cpf, motivo })), modelo.titulares.feitos, oque);
  assertEquals(livro.contatos.toSorted(porCpf), modelo.contatos.toSorted(porCpf), oque);
}

function porCpf(a: { cpf: string }, b: { cpf: string }): number {
  return a.cpf < b.cpf ? -1 : 1;
}

/** O que se viu: quantas vezes cada comando deu cada código. */
class Vistos {
  #vezes = new Map<string, number>();

  conta({ comando, ...pedido }: Pedido, resultado: Resultado | undefined): void {
    const codigo = resultado?.codigo ?? "";
    const qual = "situacao" in pedido ? `SITUA ${pedido.situacao}` : comando;
    const regra = resultado !== undefined && "regra" in resultado ? resultado.regra : "";
    if ("ato" in pedido && resultado !== undefined && "titular" in resultado && resultado.titular !== undefined) {
      const { titular } = resultado;
      this.#soma(`${pedido.ato} ${"recusa" in titular ? titular.recusa : titular.feito > 0 ? "linhas" : "feito"}`);
    }
    for (const chave of [codigo, `${qual} ${codigo}`, `${qual} ${regra}`]) {
      this.#soma(chave);
    }
  }

  #soma(chave: string): void {
    this.#vezes.set(chave, (this.#vezes.get(chave) ?? 0) + 1);
  }

  /** Também o que aconteceu sem que ninguém o pedisse. */
  contaDoModelo({ listas }: Modelo): void {
    for (const visto of listas.vistos) this.#soma(visto);
  }

  /** Os esperados que não apareceram. */
  get ausentes(): string[] {
    return ESPERADOS.filter((chave) => !this.#vezes.has(chave));
  }
}

/**
 * Confere sequências até que cada esperado tenha aparecido: uma propriedade que nada viu nada prova. O que é raro pode não
 * calhar nas primeiras, e então correm mais.
 */
async function ateVerTudo(confere: (sequencia: Sequencia, vistos: Vistos) => void | Promise<void>): Promise<void> {
  const vistos = new Vistos();
  for (let volta = 0; volta === 0 || volta < VOLTAS && vistos.ausentes.length > 0; volta++) {
    await paraCada(SEQUENCIAS, (sequencia) => confere(sequencia, vistos));
  }
  assertEquals(vistos.ausentes, [], "não apareceram: a propriedade confere pouco");
}

/** Vezes `SEQUENCIAS` que se correm, no máximo; quase sempre basta uma. */
const VOLTAS = 20;

const ESPERADOS = [
  ...["AGEND OK-300", "AGEND ERRO-103", "AGEND ERRO-105", "AGEND ERRO-110", "AGEND ERRO-111"],
  ...["REMARC OK-303", "REMARC ERRO-103", "REMARC ERRO-105", "REMARC ERRO-110", "REMARC ERRO-113", "REMARC ERRO-115"],
  ...["CANCEL OK-301", "CANCEL ERRO-113", "CANCEL ERRO-114", "CANCEL ERRO-115", "CORRIGE OK-306", "CORRIGE ERRO-113"],
  ...["CONFIRMADO", "CHEGOU", "CHAMADO", "ATENDIDO", "SAIU", "FALTOU", "CANCELADO", "DESFAZ"].flatMap((situacao) => [
    `SITUA ${situacao} OK-306`,
    `SITUA ${situacao} ERRO-115`,
    `SITUA ${situacao} ERRO-113`,
  ]),
  ...["FECHA OK-312", "FECHA ERRO-103", "EXTRA OK-313", "EXTRA ERRO-103", "EXTRA ERRO-105", "EXTRA ERRO-121"],
  ...["REABRE OK-314", "REABRE ERRO-113", "ERRO-117"],
  ...[
    "ESPERA OK-307",
    "ESPERA ERRO-103",
    "ESPERA ERRO-111",
    "ESPERA ERRO-118",
    "ESPERA ERRO-120",
    "ESPERA porCpf",
    "ESPERA faltas",
  ],
  ...["BUSCA ERRO-130", "CANCEL ERRO-130", "SITUA CONFIRMADO ERRO-130", "ACEITA ERRO-130", "AGEND ERRO-130"],
  ...["ESPERA ERRO-130", "AGEND ", "contas esquecidas"],
  ...["ESPERA espera", "DESISTE OK-308", "DESISTE ERRO-119", "RECUSA OK-309", "RECUSA ERRO-119"],
  ...["ACEITA OK-300", "ACEITA OK-303", "ACEITA ERRO-119", "ACEITA porCpf"],
  ...["FILA OK-311", "FILA ERRO-103", "TICK OK-200", "PROSSEGUE OK-200"],
  ...["marcada", "movida", "convite", "movida, a 2ª da cadeia", "marcada, a 2ª da cadeia", "convite, a 2ª da cadeia"],
  ...["segurada para ninguém", "lapso", "o terceiro lapso", "dispensada", "deixada", "fechada enquanto segurada"],
  ...[
    "não o pode mover",
    "AGEND à hora segurada",
    "atendido enquanto esperava",
    "o último dia passou",
    "falta automática",
  ],
  ...["AGEND antecedencia", "AGEND porCpf", "AGEND faltas", "REMARC antecedencia", "REMARC cancelamento"],
  ...["EXPORTA feito", "EXPORTA nada", "RETIFICA linhas", "RETIFICA feito", "ANONIMIZA linhas", "ANONIMIZA de pé"],
  ...["ANONIMIZA prazo", "ANONIMIZA guarda", "ANONIMIZA nada", "GUARDA feito", "GUARDA guarda", "SOLTA feito"],
  ...["TITULAR ERRO-120", "CANCEL cancelamento", "SITUA CANCELADO cancelamento"],
  ...[
    "BUSCA OK-302",
    "BUSCA ERRO-112",
    "HISTORIA OK-315",
    "LISTA OK-310",
    "LISTA ERRO-103",
    "VAGAS OK-304",
    "VAGAS ERRO-103",
  ],
];

// ------------------------------------------------------------------------------------------------------ as propriedades

/** Cada propriedade leva uns cinco segundos numa máquina sossegada. */
const SEQUENCIAS = 200;

teste("um a um, para qualquer sequência, o núcleo e o modelo respondem o mesmo e deixam o mesmo livro", async () => {
  await ateVerTudo(({ config, inicio, passos }, vistos) => {
    const balcao = new BalcaoPuro(config, inicio);
    const modelo = new Modelo(config, codigoDeTeste);
    const versoes = new Map<number, number>();
    for (const passo of passos) {
      if ("anda" in passo) balcao.agora += passo.anda;
      else if ("semana" in passo) balcao.troca(modelo.dias.config = passo.semana);
      else {
        for (const ensaio of passo.conexoes.flat()) {
          const pedido = completa(ensaio, modelo);
          const quem = como(ensaio.papel, ensaio.origem);
          const { resultado } = balcao.decide(pedido, quem);
          const esperado = modelo.pede(pedido, balcao.agora, quem);
          iguais(retrato(resultado, pedido), retratoDoModelo(esperado), JSON.stringify(pedido));
          comparaLivros(balcao.livro, modelo, JSON.stringify(pedido));
          vistos.conta(pedido, resultado);
        }
        for (const { numero, versao } of balcao.livro.linhas) {
          assert((versoes.get(numero) ?? 0) <= versao, "uma versão só cresce");
          versoes.set(numero, versao);
        }
      }
    }
    vistos.contaDoModelo(modelo);
    assertEquals(balcao.livro.linhas.map(({ numero }) => numero), balcao.livro.linhas.map((_, i) => i + 1));
    ninguemEmDoisLugares(balcao.livro);
  });
});

/** As mesmas sequências em lotes, pela agenda, sobre um armazém; o livro confere-se, se se deixa ver. */
async function emLotes(abre: () => BalcaoDaAgenda["armazem"], confereLivro: boolean): Promise<void> {
  await ateVerTudo(async ({ config, inicio, passos }, vistos) => {
    await using balcao = new BalcaoDaAgenda(config, inicio, abre());
    const modelo = new Modelo(config, codigoDeTeste);
    for (const passo of passos.flatMap(semRelogio)) {
      if ("anda" in passo) balcao.agora += passo.anda;
      else if ("semana" in passo) balcao.troca(modelo.dias.config = passo.semana);
      else {
        // Os pedidos sabem-se todos antes de qualquer um ser respondido.
        const conexoes = passo.conexoes.map((ensaios) => ensaios.map((ensaio) => completa(ensaio, modelo)));
        const quem = (i: number): Quem => como(passo.conexoes[i][0].papel, passo.conexoes[i][0].origem);
        const atendidos = conexoes.map((pedidos, i) => balcao.agenda.atende(pedidos, quem(i)));
        // Só consultas: na hora, do que já estava gravado. O resto, num lote, na ordem de chegada.
        const esperados = new Map<number, unknown[]>();
        for (const consulta of [true, false]) {
          for (const [i, pedidos] of conexoes.entries()) {
            if (pedidos.some((pedido) => esperaAVez(pedido, quem(i))) === consulta) continue;
            esperados.set(
              i,
              pedidos.map((pedido) => retratoDoModelo(modelo.pede(pedido, balcao.agora, quem(i)))),
            );
          }
        }
        for (const [i, pedidos] of conexoes.entries()) {
          const resultados = await atendidos[i];
          balcao.castiga();
          const retratos = resultados?.map((resultado, j) => retrato(resultado, pedidos[j]));
          iguais(retratos, esperados.get(i), JSON.stringify(pedidos));
          pedidos.forEach((pedido, j) => vistos.conta(pedido, resultados?.[j]));
        }
        assertEquals(balcao.falhas, []);
        await prossegue(balcao, modelo);
        if (confereLivro) comparaLivros(balcao.livro, modelo, JSON.stringify(conexoes));
      }
    }
    vistos.contaDoModelo(modelo);
    for (const cpf of new Set(modelo.dias.linhas.map((linha) => linha.cpf))) {
      const pedido: Pedido = { comando: "HISTORIA", cpf };
      iguais(
        retrato(await balcao.pede(pedido), pedido),
        retratoDoModelo(modelo.pede(pedido, balcao.agora, como("gerente"))),
        cpf,
      );
    }
    ninguemEmDoisLugares(balcao.livro);
  });
}

/** O relógio vê o que está gravado, e não o que outros fazem no mesmo lote: pede-se à parte. */
function semRelogio(passo: Passo): readonly Passo[] {
  const relogio = ({ pedido: { comando } }: Ensaio): boolean => comando === "TICK" || comando === "PROSSEGUE";
  if (!("conexoes" in passo) || !passo.conexoes.flat().some(relogio)) return [passo];
  return passo.conexoes.flat().map((ensaio) => ({ conexoes: [[ensaio]] }));
}

/** O que uma transação cheia segurou para ninguém a agenda dá logo, por si; espera-se que acabe, sem que o relógio ande. */
async function prossegue({ agenda }: BalcaoDaAgenda, modelo: Modelo): Promise<void> {
  if (!modelo.listas.vistos.has("segurada para ninguém")) return;
  if (modelo.dias.linhas.some(({ cpf, situacao }) => cpf === NINGUEM && situacao === "CONVIDADO")) {
    while (modelo.pede({ comando: "PROSSEGUE", soNinguem: true }, modelo.dias.agora, como("servidor")).falta);
  }
  await agenda.esvazia();
}

teste("em lotes, pela agenda, o mesmo que um a um", () => emLotes(() => new ArmazemDeTeste(), true));

teste(
  "em lotes, sobre o SQLite, o mesmo que um a um",
  () => emLotes(() => Object.assign(ArmazemSqlite.abre(":memory:"), { livro: new Livro() }), false),
);

/** Nenhuma hora vendida duas vezes, nenhum profissional em dois lugares, nenhum CPF com dois ativos numa especialidade. */
function ninguemEmDoisLugares(livro: Livro): void {
  livro.confere();
  for (const data of new Set(livro.linhas.map((linha) => linha.data))) {
    for (let minuto = 0; minuto < 1440; minuto += 5) {
      const agora = hora(minuto);
      const acaba = ({ hora: inicio, minutos }: Agendamento): string =>
        hora(Number(inicio.slice(0, 2)) * 60 + Number(inicio.slice(3)) + minutos);
      const profissionais = livro.linhas
        .filter((um) => um.data === data && !um.encaixe && !["CANCELADO", "PASSOU"].includes(um.situacao))
        .filter((um) => um.hora <= agora && agora < acaba(um))
        .map(({ profissional, especialidade }) => profissional || `especialidade ${especialidade}`);
      assertEquals(profissionais.length, new Set(profissionais).size, `${data} ${agora}: ${profissionais}`);
    }
  }
}
