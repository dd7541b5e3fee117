/**
 * Testes do verificador: histórias impossíveis de cada tipo, que ele tem de recusar, possíveis, que tem de aceitar, e as
 * que um modelo do livro gera, inteiras e com um só estrago.
 *
 * @module
 */

import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { type Errado, type LinhaGravada, verifica } from "./clinica1.ts";
import { descreve, type Grade } from "./clinica1_passos.ts";
import { type Feito, Historia, nomeUnico, type Operacao } from "./registro.ts";
import type { PedidoNoFio, Resposta, Tupla, Vaga } from "../../protocolo.ts";

/** Registra um teste puro. */
function teste(nome: string, fn: () => void): void {
  Deno.test({ name: `historia: ${nome}`, permissions: "none", fn });
}

const DIA = { data: "30/11/2026", dia: "SEGUNDA-FEIRA" };
const GRADE: Grade = [
  { especialidade: "A", ...DIA, horarios: ["08:00", "08:30"] },
  { especialidade: "B", ...DIA, horarios: ["08:00", "08:30"] },
];

// ---------------------------------------------------------------------------------------------- histórias à mão

type Agend = PedidoNoFio & { comando: "AGEND" };

function agend(cpf: string, nome: string, especialista = "A", horario?: string): Agend {
  return { comando: "AGEND", cpf, nome, especialista, ...DIA, horario };
}

function tupla(cpf: string, nome: string, especialista = "A", horario = "08:00"): Tupla {
  return ["AGEND", cpf, nome, especialista, DIA.data, DIA.dia, horario];
}

/** A linha de uma tupla. */
function linha([, cpf, nome, especialidade, data, , hora]: Tupla, cancelada = false): LinhaGravada {
  return { cpf, nome, especialidade, data, hora, cancelada };
}

function op(conexao: number, [inicio, fim]: [number, number], feito: Feito, resposta?: Resposta): Operacao {
  return { conexao, inicio, fim, feito, resposta };
}

function ok(tupla: Tupla): Resposta {
  return { codigo: "OK-300", agendamentos: [tupla] };
}

function desmarcado(tupla: Tupla): Resposta {
  return { codigo: "OK-301", agendamentos: [tupla] };
}

function achou(...agendamentos: Tupla[]): Resposta {
  return { codigo: "OK-302", agendamentos };
}

function vagas(horarios: string[], especialidade = "A"): Resposta {
  const livres: Vaga[] = horarios.length === 0 ? [] : [[DIA.data, DIA.dia, especialidade, horarios]];
  return { codigo: "OK-304", vagas: livres };
}

const NADA: Resposta = { codigo: "ERRO-112" };
const BUSCA = (cpf: string): Feito => ({ comando: "BUSCA", cpf });
const VAGAS: Feito = { comando: "VAGAS", especialista: "A", data: DIA.data };
const T = tupla("1", "UM");

/** Os tipos de violação de uma história, sem repetição. */
function violacoes(operacoes: Operacao[], livro: LinhaGravada[]): Errado[] {
  const veredito = verifica(operacoes, { livro, grade: GRADE });
  assertEquals(veredito.indecisas, []);
  return [...new Set(veredito.violacoes.map(({ tipo }) => tipo))];
}

/** Histórias que não podem ter acontecido: o nome, a violação, as operações e o livro. */
const IMPOSSIVEIS: [nome: string, tipo: Errado, operacoes: Operacao[], livro: LinhaGravada[]][] = [
  ["uma confirmada que o livro não tem", "confirmado e não gravado", [op(1, [1, 2], agend("1", "UM"), ok(T))], []],
  ["uma confirmada que o livro tem noutra hora", "confirmado e não gravado", [
    op(1, [1, 2], agend("1", "UM"), ok(T)),
  ], [linha(tupla("1", "UM", "A", "08:30"))]],
  ["uma linha que ninguém pediu", "gravado sem pedido", [], [linha(T)]],
  ["um pedido gravado duas vezes", "gravado sem pedido", [op(1, [1, 2], agend("1", "UM"), ok(T))], [
    linha(T, true),
    linha(T),
  ]],
  ["um pedido sem resposta gravado com outra hora", "gravado sem pedido", [
    op(1, [1, Infinity], agend("1", "UM", "A", "08:30")),
  ], [linha(T)]],
  ["ERRO-131 do que aconteceu", "recusado e gravado", [
    op(1, [1, 2], agend("1", "UM"), { codigo: "ERRO-131" }),
  ], [linha(T)]],
  ["ERRO-110 do que aconteceu", "recusado e gravado", [
    op(1, [1, 2], agend("1", "UM"), { codigo: "ERRO-110" }),
  ], [linha(T)]],
  ["um cancelamento confirmado que se perdeu", "desmarcado e ainda gravado", [
    op(1, [1, 2], agend("1", "UM"), ok(T)),
    op(1, [3, 4], { comando: "CANCEL", cpf: "1" }, desmarcado(T)),
  ], [linha(T)]],
  ["uma linha cancelada sem pedido", "desmarcado sem pedido", [op(1, [1, 2], agend("1", "UM"), ok(T))], [
    linha(T, true),
  ]],
  ["uma linha cancelada por um pedido que teve ERRO-131", "desmarcado sem pedido", [
    op(1, [1, 2], agend("1", "UM"), ok(T)),
    op(1, [3, 4], { comando: "CANCEL", cpf: "1" }, { codigo: "ERRO-131" }),
  ], [linha(T, true)]],
  ["uma linha cancelada por um pedido de outra especialidade", "desmarcado sem pedido", [
    op(1, [1, 2], agend("1", "UM"), ok(T)),
    op(2, [3, Infinity], { comando: "CANCEL", cpf: "1", especialista: "B" }),
  ], [linha(T, true)]],
  ["a mesma desmarcada duas vezes", "desmarcado sem pedido", [
    op(1, [1, 2], agend("1", "UM"), ok(T)),
    op(1, [3, 4], { comando: "CANCEL", cpf: "1" }, desmarcado(T)),
    op(1, [5, 6], { comando: "CANCEL", cpf: "1" }, desmarcado(T)),
  ], [linha(T, true)]],
  ["uma leitura do que nunca foi pedido", "lido e não gravado", [op(1, [1, 2], BUSCA("1"), achou(T))], []],
  ["uma leitura do que o livro não tem", "lido e não gravado", [
    op(1, [1, Infinity], agend("1", "UM")),
    op(2, [2, 3], BUSCA("1"), achou(T)),
  ], []],
  ["a mesma hora de dois, ambos no livro", "dois donos", [
    op(1, [1, 2], agend("1", "UM"), ok(T)),
    op(2, [3, 4], agend("2", "DOIS"), ok(tupla("2", "DOIS"))),
  ], [linha(T), linha(tupla("2", "DOIS"))]],
  ["a mesma hora de dois por um tempo, embora um tenha desmarcado depois", "dois donos", [
    op(1, [1, 2], agend("1", "UM"), ok(T)),
    op(2, [3, 4], agend("2", "DOIS"), ok(tupla("2", "DOIS"))),
    op(1, [5, 6], { comando: "CANCEL", cpf: "1" }, desmarcado(T)),
  ], [linha(T, true), linha(tupla("2", "DOIS"))]],
  ["a mesma hora pedida ao mesmo tempo e dada a dois", "dois donos", [
    op(1, [1, 3], agend("1", "UM"), ok(T)),
    op(2, [2, 4], agend("2", "DOIS"), ok(tupla("2", "DOIS"))),
  ], [linha(T), linha(tupla("2", "DOIS"))]],
  ["um CPF com dois agendamentos numa especialidade", "dois donos", [
    op(1, [1, 2], agend("1", "UM"), ok(T)),
    op(2, [3, 4], agend("1", "DOIS"), ok(tupla("1", "DOIS", "A", "08:30"))),
  ], [linha(T), linha(tupla("1", "DOIS", "A", "08:30"))]],
  ["uma busca que não vê o que foi confirmado antes dela", "leitura sem ordem possível", [
    op(1, [1, 2], agend("1", "UM"), ok(T)),
    op(2, [3, 4], BUSCA("1"), NADA),
  ], [linha(T)]],
  ["uma busca que ainda vê o que foi desmarcado antes dela", "leitura sem ordem possível", [
    op(1, [1, 2], agend("1", "UM"), ok(T)),
    op(1, [3, 4], { comando: "CANCEL", cpf: "1" }, desmarcado(T)),
    op(2, [5, 6], BUSCA("1"), achou(T)),
  ], [linha(T, true)]],
  ["uma busca que vê o que só foi pedido depois dela", "leitura sem ordem possível", [
    op(2, [1, 2], BUSCA("1"), achou(T)),
    op(1, [3, 4], agend("1", "UM"), ok(T)),
  ], [linha(T)]],
  ["duas buscas, e a segunda vê o mais velho", "leitura sem ordem possível", [
    op(1, [1, Infinity], agend("1", "UM")),
    op(2, [2, 3], BUSCA("1"), achou(T)),
    op(3, [4, 5], BUSCA("1"), NADA),
  ], [linha(T)]],
  ["numa conexão, uma busca que não vê a marcação que vai à frente dela", "leitura sem ordem possível", [
    op(1, [1, 3], agend("1", "UM"), ok(T)),
    op(1, [2, 4], BUSCA("1"), NADA),
  ], [linha(T)]],
  ["vagas que mostram livre o que foi tomado antes", "leitura sem ordem possível", [
    op(1, [1, 2], agend("1", "UM"), ok(T)),
    op(2, [3, 4], VAGAS, vagas(["08:00", "08:30"])),
  ], [linha(T)]],
  ["vagas que não mostram o que está livre", "leitura sem ordem possível", [
    op(2, [1, 2], VAGAS, vagas(["08:30"])),
  ], []],
  ["ERRO-110 numa hora livre", "leitura sem ordem possível", [
    op(1, [1, 2], agend("1", "UM", "A", "08:00"), { codigo: "ERRO-110" }),
  ], []],
  ["sem dizer a hora, uma que não é a primeira livre", "leitura sem ordem possível", [
    op(1, [1, 2], agend("1", "UM"), ok(tupla("1", "UM", "A", "08:30"))),
  ], [linha(tupla("1", "UM", "A", "08:30"))]],
  ["ERRO-111 que mostra um agendamento já desmarcado", "leitura sem ordem possível", [
    op(1, [1, 2], agend("1", "UM"), ok(T)),
    op(1, [3, 4], { comando: "CANCEL", cpf: "1" }, desmarcado(T)),
    op(2, [5, 6], agend("1", "DOIS"), { codigo: "ERRO-111", agendamentos: [T] }),
  ], [linha(T, true)]],
  ["ERRO-113 de quem tem agendamento", "leitura sem ordem possível", [
    op(1, [1, 2], agend("1", "UM"), ok(T)),
    op(2, [3, 4], { comando: "CANCEL", cpf: "1" }, { codigo: "ERRO-113" }),
  ], [linha(T)]],
  ["a saudação oferece uma hora tomada", "leitura sem ordem possível", [
    op(1, [1, 2], agend("1", "UM"), ok(T)),
    op(2, [3, 4], { comando: "SAUDACAO" }, {
      codigo: "OK-200",
      primeiras: [[DIA.data, DIA.dia, "08:00", "A"], [DIA.data, DIA.dia, "08:00", "B"]],
    }),
  ], [linha(T)]],
  ["um pedido sem resposta que só teve efeito depois que o servidor morreu", "leitura sem ordem possível", [
    op(1, [1, 2], agend("1", "UM")),
    op(2, [3, 4], BUSCA("1"), NADA),
  ], [linha(T)]],
  ["um cancelamento sem resposta que acontece duas vezes", "leitura sem ordem possível", [
    op(1, [1, 2], agend("1", "UM"), ok(T)),
    op(2, [3, Infinity], { comando: "CANCEL", cpf: "1", especialista: "A" }),
    op(1, [4, 5], BUSCA("1"), NADA),
    op(1, [6, 7], agend("1", "DOIS"), ok(tupla("1", "DOIS"))),
    op(1, [8, 9], BUSCA("1"), NADA),
  ], [linha(T, true), linha(tupla("1", "DOIS"), true)]],
  ["uma resposta que é de outro pedido", "resposta imprópria", [
    op(1, [1, 2], BUSCA("1"), { codigo: "ERRO-110" }),
  ], []],
  ["uma confirmação com outro CPF", "resposta imprópria", [
    op(1, [1, 2], agend("1", "UM"), ok(tupla("2", "UM"))),
  ], [linha(tupla("2", "UM"))]],
];

for (const [nome, tipo, operacoes, livro] of IMPOSSIVEIS) {
  teste(`impossível: ${nome}`, () => {
    const achadas = violacoes(operacoes, livro);
    assert(achadas.includes(tipo), `esperava "${tipo}"; veio ${achadas.join(", ") || "nada"}`);
  });
}

const POSSIVEIS: [nome: string, operacoes: Operacao[], livro: LinhaGravada[]][] = [
  ["nada", [], []],
  ["sem resposta, e nunca aconteceu", [op(1, [1, Infinity], agend("1", "UM"))], []],
  ["sem resposta, e aconteceu", [op(1, [1, Infinity], agend("1", "UM"))], [linha(T)]],
  ["sem resposta, e só teve efeito muito depois", [
    op(1, [1, Infinity], agend("1", "UM")),
    op(2, [2, 3], BUSCA("1"), NADA),
    op(2, [4, 5], VAGAS, vagas(["08:00", "08:30"])),
    op(2, [6, 7], BUSCA("1"), achou(T)),
    op(2, [8, 9], VAGAS, vagas(["08:30"])),
  ], [linha(T)]],
  ["sem resposta, visto por ERRO-111 e desmarcado", [
    op(1, [1, Infinity], agend("1", "UM")),
    op(2, [2, 3], agend("1", "DOIS"), { codigo: "ERRO-111", agendamentos: [T] }),
    op(2, [4, 5], { comando: "CANCEL", cpf: "1" }, desmarcado(T)),
    op(2, [6, 7], BUSCA("1"), NADA),
  ], [linha(T, true)]],
  ["um cancelamento sem resposta que só teve efeito muito depois", [
    op(1, [1, 2], agend("1", "UM"), ok(T)),
    op(1, [3, Infinity], { comando: "CANCEL", cpf: "1" }),
    op(2, [4, 5], BUSCA("1"), achou(T)),
    op(2, [6, 7], BUSCA("1"), NADA),
    op(2, [8, 9], agend("2", "DOIS"), ok(tupla("2", "DOIS"))),
  ], [linha(T, true), linha(tupla("2", "DOIS"))]],
  ["um cancelamento sem resposta que nunca aconteceu", [
    op(1, [1, 2], agend("1", "UM"), ok(T)),
    op(1, [3, 4], { comando: "CANCEL", cpf: "1" }),
    op(2, [5, 6], BUSCA("1"), achou(T)),
  ], [linha(T)]],
  ["dois cancelamentos sem resposta, e cada um desmarcou uma vez", [
    op(1, [1, 2], agend("1", "UM"), ok(T)),
    op(2, [3, Infinity], { comando: "CANCEL", cpf: "1", especialista: "A" }),
    op(3, [4, Infinity], { comando: "CANCEL", cpf: "1" }),
    op(1, [5, 6], BUSCA("1"), NADA),
    op(1, [7, 8], agend("1", "DOIS"), ok(tupla("1", "DOIS"))),
    op(1, [9, 10], BUSCA("1"), NADA),
  ], [linha(T, true), linha(tupla("1", "DOIS"), true)]],
  ["um cancelamento sem resposta, de antes da morte, deixa uma leitura de depois esperar por ele", [
    op(1, [1, 2], agend("1", "UM"), ok(T)),
    op(2, [3, 6], { comando: "CANCEL", cpf: "1" }),
    op(1, [4, 5], BUSCA("1"), achou(T)),
    op(1, [7, 8], BUSCA("1"), NADA),
  ], [linha(T, true)]],
  ["a mesma hora, de um e depois de outro", [
    op(1, [1, 2], agend("1", "UM"), ok(T)),
    op(1, [3, 6], { comando: "CANCEL", cpf: "1" }, desmarcado(T)),
    op(2, [4, 5], agend("2", "DOIS"), ok(tupla("2", "DOIS"))),
  ], [linha(T, true), linha(tupla("2", "DOIS"))]],
  ["leituras simultâneas a uma marcação, umas a veem e outras não", [
    op(1, [1, 10], agend("1", "UM"), ok(T)),
    op(2, [2, 3], BUSCA("1"), NADA),
    op(3, [4, 6], BUSCA("1"), NADA),
    op(2, [5, 7], BUSCA("1"), achou(T)),
    op(3, [8, 9], VAGAS, vagas(["08:30"])),
  ], [linha(T)]],
  ["em conexões diferentes, uma busca simultânea pode vir antes da marcação", [
    op(1, [1, 3], agend("1", "UM"), ok(T)),
    op(2, [2, 4], BUSCA("1"), NADA),
  ], [linha(T)]],
  ["disco cheio: consultas continuam, nada mudou", [
    op(1, [1, 2], agend("1", "UM"), { codigo: "ERRO-131" }),
    op(1, [3, 4], BUSCA("1"), NADA),
    op(1, [5, 6], BUSCA("1"), { codigo: "ERRO-131" }),
    op(1, [7, 8], { comando: "CANCEL", cpf: "1" }, { codigo: "ERRO-113" }),
  ], []],
  ["dois agendamentos em especialidades diferentes, e ERRO-114", [
    op(1, [1, 2], agend("1", "UM"), ok(T)),
    op(1, [3, 4], agend("1", "DOIS", "B"), ok(tupla("1", "DOIS", "B"))),
    op(1, [5, 6], { comando: "CANCEL", cpf: "1" }, {
      codigo: "ERRO-114",
      agendamentos: [T, tupla("1", "DOIS", "B")],
    }),
    op(1, [7, 8], { comando: "CANCEL", cpf: "1", especialista: "A" }, desmarcado(T)),
    op(1, [9, 10], { comando: "VAGAS" }, {
      codigo: "OK-304",
      vagas: [[DIA.data, DIA.dia, "A", ["08:00", "08:30"]], [DIA.data, DIA.dia, "B", ["08:30"]]],
    }),
    op(2, [11, 12], { comando: "SAUDACAO" }, {
      codigo: "OK-200",
      primeiras: [[DIA.data, DIA.dia, "08:00", "A"], [DIA.data, DIA.dia, "08:30", "B"]],
    }),
  ], [linha(T, true), linha(tupla("1", "DOIS", "B"))]],
];

for (const [nome, operacoes, livro] of POSSIVEIS) {
  teste(`possível: ${nome}`, () => assertEquals(verifica(operacoes, { livro, grade: GRADE }).violacoes, []));
}

teste("com o orçamento gasto, a chave é indecisa, e não boa nem má", () => {
  const livro = Array.from({ length: 8 }, (_, n) => linha(tupla(`${n}`, nomeUnico(n + 1), "A", `0${n}:00`), true));
  const operacoes = livro.flatMap(({ cpf, nome, hora }, n) => {
    const marcada = tupla(cpf, nome, "A", hora);
    return [
      op(n, [n, 100 + n], agend(cpf, nome, "A", hora), ok(marcada)),
      op(n, [50 + n, 150 + n], { comando: "CANCEL", cpf }, desmarcado(marcada)),
    ];
  });
  // Uma leitura que nada explica: para a recusar é preciso tentar todas as ordens.
  const grade = [{ especialidade: "A", ...DIA, horarios: [...livro.map(({ hora }) => hora), "23:00"] }];
  const leitura = op(99, [49, 200], VAGAS, vagas(["00:00"]));
  const julga = (orcamento: number): unknown => {
    const { violacoes, indecisas } = verifica([...operacoes, leitura], { livro, grade, orcamento });
    return [violacoes.map(({ tipo }) => tipo), indecisas];
  };
  assertEquals(julga(50), [[], [`A ${DIA.data}`]]);
  assertEquals(julga(1_000_000), [["leitura sem ordem possível"], []]);
});

teste("uma história em que um nome se repete não é uma história", () => {
  const operacoes = [op(1, [1, 2], agend("1", "UM")), op(1, [3, 4], agend("2", "UM"))];
  assertThrows(() => verifica(operacoes, { livro: [], grade: GRADE }), TypeError, "UM");
});

teste("uma operação em palavras diz o pedido, a resposta e quando", () => {
  assertEquals(
    descreve(op(7, [1, 2], agend("1", "UM"), ok(T))),
    "conexão 7, de 1 a 2: AGEND 1 UM A 30/11/2026 SEGUNDA-FEIRA → OK-300 [UM A 30/11/2026 08:00]",
  );
  assert(descreve(op(7, [1, Infinity], BUSCA("1"))).endsWith("BUSCA 1 → sem resposta"));
});

teste("nomes únicos não se repetem e só têm letras", () => {
  const nomes = Array.from({ length: 5000 }, (_, n) => nomeUnico(n + 1));
  assertEquals(new Set(nomes).size, nomes.length);
  for (const nome of nomes) assert(/^PACIENTE [A-Z]+$/.test(nome), nome);
});

// ---------------------------------------------------------------------------------------- histórias de um modelo

/** Um livro que faz o que se promete, do modo mais curto. */
class LivroModelo {
  readonly linhas: { -readonly [C in keyof LinhaGravada]: LinhaGravada[C] }[] = [];

  responde(feito: Feito): Resposta {
    switch (feito.comando) {
      case "AGEND": {
        const { cpf, nome, especialista: especialidade, data, horario } = feito;
        const ativo = this.#ativos(cpf).find((linha) => linha.especialidade === especialidade);
        if (ativo !== undefined) return { codigo: "ERRO-111", agendamentos: [emTupla(ativo)] };
        const livres = this.#livres(especialidade, data);
        const hora = horario === undefined ? livres[0] : livres.find((livre) => livre === horario);
        if (hora === undefined) return { codigo: "ERRO-110" };
        const linha = { cpf, nome, especialidade, data, hora, cancelada: false };
        this.linhas.push(linha);
        return ok(emTupla(linha));
      }
      case "CANCEL": {
        const achados = this.#ativos(feito.cpf)
          .filter(({ especialidade }) => feito.especialista === undefined || especialidade === feito.especialista);
        if (achados.length === 0) return { codigo: "ERRO-113" };
        if (achados.length > 1) return { codigo: "ERRO-114", agendamentos: achados.map(emTupla) };
        achados[0].cancelada = true;
        return desmarcado(emTupla(achados[0]));
      }
      case "BUSCA": {
        const achados = this.#ativos(feito.cpf);
        return achados.length === 0 ? NADA : achou(...achados.map(emTupla));
      }
      case "VAGAS":
        return {
          codigo: "OK-304",
          vagas: GRADE
            .filter(({ especialidade }) => feito.especialista === undefined || especialidade === feito.especialista)
            .map(({ especialidade, data, dia }): Vaga => [data, dia, especialidade, this.#livres(especialidade, data)])
            .filter(([, , , horas]) => horas.length > 0),
        };
      case "SAUDACAO":
        return {
          codigo: "OK-200",
          primeiras: GRADE.flatMap(({ especialidade, data, dia }) =>
            this.#livres(especialidade, data).slice(0, 1).map((hora) => [data, dia, hora, especialidade] as const)
          ),
        };
      default:
        return { codigo: "OK-200" };
    }
  }

  #ativos(cpf: string): this["linhas"] {
    return this.linhas.filter((linha) => linha.cpf === cpf && !linha.cancelada);
  }

  #livres(especialidade: string, data: string): string[] {
    const { horarios = [] } = GRADE.find((dia) => dia.especialidade === especialidade && dia.data === data) ?? {};
    return horarios.filter((hora) =>
      !this.linhas.some((linha) => linha.especialidade === especialidade && linha.hora === hora && !linha.cancelada)
    );
  }
}

function emTupla({ cpf, nome, especialidade, hora }: LinhaGravada): Tupla {
  return tupla(cpf, nome, especialidade, hora);
}

/** O que acontece num instante: um cliente pede, o livro executa o próximo pedido de uma conexão, ou a resposta chega. */
interface Acaso {
  cliente: number;
  oQue: "pede" | "executa" | "chega" | "cai";
  pedido: "AGEND" | "AGEND com hora" | "CANCEL" | "CANCEL tudo" | "BUSCA" | "VAGAS" | "SAUDACAO";
  cpf: number;
  dia: number;
  hora: number;
}

const ACASO: fc.Arbitrary<Acaso> = fc.record({
  cliente: fc.nat({ max: 3 }),
  oQue: fc.constantFrom("pede", "pede", "executa", "executa", "executa", "chega", "chega", "chega", "cai"),
  pedido: fc.constantFrom(
    "AGEND",
    "AGEND",
    "AGEND com hora",
    "AGEND com hora",
    "CANCEL",
    "CANCEL tudo",
    "BUSCA",
    "VAGAS",
    "SAUDACAO",
  ),
  cpf: fc.nat({ max: 2 }),
  dia: fc.nat({ max: 1 }),
  hora: fc.nat({ max: 1 }),
});

interface Acontecido {
  historia: Historia;
  livro: LinhaGravada[];
}

/** O que um livro bom faria de tudo isso. */
function acontece(acasos: readonly Acaso[]): Acontecido {
  const historia = new Historia();
  const livro = new LivroModelo();
  const clientes = Array.from({ length: 4 }, () => ({
    conexao: historia.conexao(),
    porExecutar: [] as Operacao[],
    porChegar: [] as [Operacao, Resposta][],
  }));
  for (const { cliente, oQue, ...escolhas } of acasos) {
    const seu = clientes[cliente];
    if (oQue === "pede") {
      seu.porExecutar.push(historia.comeca(seu.conexao, escolhe(historia, escolhas)));
    } else if (oQue === "executa") {
      const operacao = seu.porExecutar.shift();
      if (operacao !== undefined) seu.porChegar.push([operacao, livro.responde(operacao.feito)]);
    } else if (oQue === "chega") {
      const chegada = seu.porChegar.shift();
      if (chegada !== undefined) historia.acaba(...chegada);
    } else {
      // A conexão cai: o que ela pediu ainda pode ser executado, e ninguém o saberá.
      seu.porChegar = [];
      for (const operacao of seu.porExecutar.splice(escolhas.hora)) {
        if (escolhas.dia === 0) livro.responde(operacao.feito);
      }
      seu.porExecutar = [];
      seu.conexao = historia.conexao();
    }
  }
  historia.morreu();
  return { historia, livro: livro.linhas };
}

function escolhe(historia: Historia, { pedido, cpf, dia, hora }: Omit<Acaso, "cliente" | "oQue">): Feito {
  const { especialidade, horarios } = GRADE[dia];
  switch (pedido) {
    case "AGEND":
      return agend(`${cpf}`, historia.nome(), especialidade);
    case "AGEND com hora":
      return agend(`${cpf}`, historia.nome(), especialidade, horarios[hora]);
    case "CANCEL":
      return { comando: "CANCEL", cpf: `${cpf}`, especialista: especialidade };
    case "CANCEL tudo":
      return { comando: "CANCEL", cpf: `${cpf}` };
    case "BUSCA":
      return BUSCA(`${cpf}`);
    case "VAGAS":
      return { comando: "VAGAS", especialista: hora === 0 ? especialidade : undefined };
    case "SAUDACAO":
      return { comando: "SAUDACAO" };
  }
}

const ACASOS = fc.array(ACASO, { minLength: 1, maxLength: 120, size: "max" });

teste("toda história de um livro bom é possível", () => {
  fc.assert(
    fc.property(ACASOS, (acasos) => {
      const { historia, livro } = acontece(acasos);
      const { violacoes, indecisas } = verifica(historia.operacoes, { livro, grade: GRADE });
      assertEquals([violacoes, indecisas], [[], []]);
    }),
    { numRuns: 400 },
  );
});

/** Estraga uma história boa de um modo só; `undefined` se ela não tem com quê. */
type Estrago = (acontecido: Acontecido) => Acontecido | undefined;

const ESTRAGOS: [nome: string, tipos: Errado[], estrago: Estrago][] = [
  ["tirar do livro uma confirmada", ["confirmado e não gravado"], ({ historia, livro }) => {
    const vitima = livro.find(({ nome }) => confirmada(historia, nome));
    return vitima && { historia, livro: livro.filter((linha) => linha !== vitima) };
  }],
  ["pôr no livro o que ninguém pediu", ["gravado sem pedido"], ({ historia, livro }) => ({
    historia,
    livro: [...livro, linha(tupla("9", "NINGUÉM"))],
  })],
  ["gravar um recusado", ["recusado e gravado"], ({ historia, livro }) => {
    const recusada = historia.operacoes.find(({ feito, resposta }) =>
      feito.comando === "AGEND" && resposta?.codigo.startsWith("ERRO")
    );
    if (recusada?.feito.comando !== "AGEND") return undefined;
    const { cpf, nome, especialista } = recusada.feito;
    return { historia, livro: [...livro, linha(tupla(cpf, nome, especialista), true)] };
  }],
  ["esquecer um cancelamento confirmado", ["desmarcado e ainda gravado"], ({ historia, livro }) => {
    const vitima = livro.find(({ nome, cancelada }) => cancelada && desmarcacao(historia, nome) !== undefined);
    return vitima &&
      { historia, livro: livro.map((linha) => linha === vitima ? { ...linha, cancelada: false } : linha) };
  }],
  ["desmarcar sem que ninguém peça", ["desmarcado sem pedido"], ({ historia, livro }) => {
    const vitima = livro.find(({ cpf, cancelada }) =>
      !cancelada && !historia.operacoes.some(({ feito }) => feito.comando === "CANCEL" && feito.cpf === cpf)
    );
    return vitima &&
      { historia, livro: livro.map((linha) => linha === vitima ? { ...linha, cancelada: true } : linha) };
  }],
  ["dar a um segundo a hora de quem a tem", ["dois donos"], ({ historia, livro }) => {
    const dono = livro.find(({ nome, cancelada }) => !cancelada && confirmada(historia, nome));
    if (dono === undefined) return undefined;
    const nome = historia.nome();
    const segundo = tupla("9", nome, dono.especialidade, dono.hora);
    depois(historia, agend("9", nome, dono.especialidade, dono.hora), ok(segundo));
    return { historia, livro: [...livro, linha(segundo)] };
  }],
  ["não ver numa busca o que está confirmado", ["leitura sem ordem possível"], ({ historia, livro }) => {
    const dono = livro.find(({ nome, cancelada }) => !cancelada && confirmada(historia, nome));
    if (dono === undefined) return undefined;
    depois(historia, BUSCA(dono.cpf), NADA);
    return { historia, livro };
  }],
  ["ver numa busca o que foi desmarcado", ["leitura sem ordem possível"], ({ historia, livro }) => {
    const vitima = livro.find(({ nome }) => desmarcacao(historia, nome) !== undefined);
    if (vitima === undefined) return undefined;
    depois(historia, BUSCA(vitima.cpf), achou(emTupla(vitima)));
    return { historia, livro };
  }],
  ["mostrar livre uma hora tomada", ["leitura sem ordem possível"], ({ historia, livro }) => {
    const dono = livro.find(({ nome, cancelada }) => !cancelada && confirmada(historia, nome));
    if (dono === undefined) return undefined;
    const { especialidade, data } = dono;
    depois(historia, { comando: "VAGAS", especialista: especialidade, data }, vagas(["08:00", "08:30"], especialidade));
    return { historia, livro };
  }],
  [
    "trocar a resposta de uma busca pela do começo dos tempos",
    ["leitura sem ordem possível"],
    ({ historia, livro }) => {
      // Uma busca que viu algo confirmado antes de ela começar, e que nunca foi desmarcado.
      const busca = historia.operacoes.find(({ feito, resposta, inicio }) =>
        feito.comando === "BUSCA" && resposta?.codigo === "OK-302" &&
        resposta.agendamentos.some(([, , nome]) =>
          livro.some((linha) => linha.nome === nome && !linha.cancelada) &&
          historia.operacoes.some((outra) =>
            outra.feito.comando === "AGEND" && outra.feito.nome === nome && outra.resposta?.codigo === "OK-300" &&
            outra.fim < inicio
          )
        )
      );
      if (busca === undefined) return undefined;
      busca.resposta = NADA;
      return { historia, livro };
    },
  ],
];

function confirmada(historia: Historia, nome: string): boolean {
  return historia.operacoes.some(({ feito, resposta }) =>
    feito.comando === "AGEND" && feito.nome === nome && resposta?.codigo === "OK-300"
  );
}

function desmarcacao(historia: Historia, nome: string): Operacao | undefined {
  return historia.operacoes.find(({ resposta }) =>
    resposta?.codigo === "OK-301" && resposta.agendamentos[0][2] === nome
  );
}

/** Acrescenta uma operação que começa depois de tudo. */
function depois(historia: Historia, feito: Feito, resposta: Resposta): void {
  historia.acaba(historia.comeca(historia.conexao(), feito), resposta);
}

for (const [nome, tipos, estrago] of ESTRAGOS) {
  teste(`um estrago só é descoberto: ${nome}`, () => {
    let estragadas = 0;
    fc.assert(
      fc.property(ACASOS, (acasos) => {
        const estragada = estrago(acontece(acasos));
        if (estragada === undefined) return;
        estragadas++;
        const { violacoes } = verifica(estragada.historia.operacoes, { livro: estragada.livro, grade: GRADE });
        const achados = violacoes.map(({ tipo }) => tipo);
        assert(tipos.some((tipo) => achados.includes(tipo)), achados.join(", ") || "nada foi achado");
      }),
      { numRuns: 500 },
    );
    assert(estragadas >= 5, `só ${estragadas} histórias puderam ser estragadas`);
  });
}
