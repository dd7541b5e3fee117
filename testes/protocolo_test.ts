/**
 * Testes do fio: o que se lê, o que se escreve e o corte de linhas, sem rede e sem nenhuma permissão.
 *
 * @module
 */

import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import type { Pedido } from "../clinica/pedido.ts";
import { lerNome, TEXTO_MAXIMO } from "../clinica/texto.ts";
import { cpfDeExemplo } from "./apoio.ts";
import {
  codificarPedido,
  codificarResposta,
  type Codigo,
  dataNoFio,
  decodificarPedido,
  decodificarResposta,
  ehHttp,
  Enquadrador,
  Ilegivel,
  LINHA_MAXIMA,
  type PedidoNoFio,
  type PrimeiraVaga,
  type Resposta,
  TEXTOS,
  type Tupla,
  type Vaga,
} from "../protocolo.ts";

const CPF = "52998224725";
const OUTRO_CPF = "11144477735";

function teste(name: string, fn: () => void): void {
  Deno.test({ name, permissions: "none", fn });
}

function agend(...resto: unknown[]): string {
  return JSON.stringify(["AGEND", ...resto]);
}

function recusado(linha: string, codigo: Codigo): void {
  assertEquals(decodificarPedido(linha), { codigo }, linha.slice(0, 200));
}

// Pedidos: o que se lê.

teste("cada comando é lido com os campos que pode ter, e só com eles", () => {
  const base = [CPF, "MARIA", "CLINICO GERAL", "30/11/2026", "SEGUNDA-FEIRA"];
  const lido = {
    comando: "AGEND" as const,
    cpf: CPF,
    nome: "MARIA",
    especialista: "CLINICO GERAL",
    data: "2026-11-30",
    dia: "SEGUNDA-FEIRA",
  };
  const cancel = { comando: "CANCEL" as const, cpf: CPF, chegado: true };
  assertEquals(decodificarPedido(agend(...base)), { ...lido, horario: undefined });
  assertEquals(decodificarPedido(agend(...base, "08:00")), { ...lido, horario: "08:00" });
  assertEquals(decodificarPedido(agend(...base, "")), { ...lido, horario: "" });
  assertEquals(decodificarPedido(`["BUSCA","${CPF}"]`), { comando: "BUSCA", cpf: CPF });
  assertEquals(decodificarPedido(`["CANCEL","${CPF}"]`), { ...cancel, especialista: undefined });
  assertEquals(decodificarPedido(`["CANCEL","${CPF}","X"]`), { ...cancel, especialista: "X" });
  assertEquals(decodificarPedido('["VAGAS"]'), { comando: "VAGAS", especialista: undefined, data: undefined });
  assertEquals(decodificarPedido('["VAGAS","X"]'), { comando: "VAGAS", especialista: "X", data: undefined });
  assertEquals(decodificarPedido('["VAGAS","X","30/11/2026"]'), {
    comando: "VAGAS",
    especialista: "X",
    data: "2026-11-30",
  });
  assertEquals(decodificarPedido('["PING"]'), { comando: "PING" });
  assertEquals(decodificarPedido('["SAIR"]'), { comando: "SAIR" });
});

teste("um número de campos que o comando não tem é ERRO-100", () => {
  const cabem: Record<string, number[]> = {
    AGEND: [5, 6],
    BUSCA: [1],
    CANCEL: [1, 2],
    VAGAS: [0, 1, 2],
    PING: [0],
    SAIR: [0],
  };
  for (const [comando, quantos] of Object.entries(cabem)) {
    for (let n = 0; n <= 9; n++) {
      const linha = JSON.stringify([comando, ...new Array(n).fill(CPF)]);
      const lido = decodificarPedido(linha);
      if (quantos.includes(n)) assert("comando" in lido, linha);
      else assertEquals(lido, { codigo: "ERRO-100" }, linha);
    }
  }
});

teste("o que não é um array JSON de textos é ERRO-100", () => {
  const linhas = [
    ...["", " ", "\r", "oi", "PING", '"PING"', "null", "true", "42", "{}", '{"0":"PING"}', '{"__proto__":["PING"]}'],
    ...["[]", "[[]]", '[["PING"]]', "[1]", "[null]", '["BUSCA",52998224725]', '["BUSCA",null]', '["BUSCA",["1"]]'],
    ...['["PING"', '["PING"]]', '["PING",]', "['PING']", '["PING"]["PING"]', '["PING"] x', '["VAGAS",{}]', '["X",1]'],
    ...['\ufeff["PING"]', '\u00a0["PING"]', '["PI\tNG"]', '["\\x41"]', '["\\u12"]'],
  ];
  for (const linha of linhas) recusado(linha, "ERRO-100");
});

teste("espaços em volta e o CR antes do LF não atrapalham", () => {
  for (const linha of ['["PING"]\r', ' [ "PING" ] ', '\t["PING"]\t', '["\\u0050ING"]']) {
    assertEquals(decodificarPedido(linha), { comando: "PING" });
  }
});

teste("um JSON de 4000 níveis é ERRO-100, aberto ou fechado", () => {
  recusado("[".repeat(4000) + "]".repeat(4000), "ERRO-100");
  recusado("[".repeat(LINHA_MAXIMA - 1), "ERRO-100");
  recusado('["PING",' + '{"a":'.repeat(1300) + "1" + "}".repeat(1300) + "]", "ERRO-100");
});

teste("um surrogate sozinho, escrito por escape, é ERRO-100 em qualquer campo; um par é um caractere", () => {
  recusado(String.raw`["\ud800"]`, "ERRO-100");
  recusado(String.raw`["VAGAS","\udc00"]`, "ERRO-100");
  recusado(String.raw`["AGEND","${CPF}","A\ud83d","X","Y","Z"]`, "ERRO-100");
  recusado(String.raw`["\udc00\ud800","x"]`, "ERRO-100");
  assertEquals(decodificarPedido(String.raw`["VAGAS","\ud83d\ude00"]`), {
    comando: "VAGAS",
    especialista: "😀",
    data: undefined,
  });
});

teste("um comando que não existe é ERRO-101, REMARC incluído, com quaisquer campos", () => {
  const nomes = ["REMARC", "", "ping", "AGENDAR", "__proto__", "constructor", "toString", "PING ", "OK-200"];
  for (const nome of nomes) {
    recusado(JSON.stringify([nome]), "ERRO-101");
    recusado(JSON.stringify([nome, "a", "b", "c", "d", "e", "f", "g"]), "ERRO-101");
  }
});

teste("entre vários erros vale o primeiro de 100, 101, 102, 104", () => {
  const ruim = { cpf: "123", nome: "" };
  recusado('["REMARC",1]', "ERRO-100");
  recusado(agend(ruim.cpf, ruim.nome, "X", "Y"), "ERRO-100");
  recusado(agend(ruim.cpf, ruim.nome, "X", "Y", "Z", "W", "V"), "ERRO-100");
  recusado(`["REMARC","${ruim.cpf}"]`, "ERRO-101");
  recusado(agend(ruim.cpf, ruim.nome, "X", "Y", "Z"), "ERRO-102");
  recusado(agend(CPF, ruim.nome, "X", "Y", "Z", ""), "ERRO-104");
  recusado(`["BUSCA","${ruim.cpf}"]`, "ERRO-102");
  recusado(`["CANCEL","${ruim.cpf}","X"]`, "ERRO-102");
});

teste("uma data vira aaaa-mm-dd, exista ou não, e o que não é uma fica vazio", () => {
  const casos = {
    "30/11/2026": "2026-11-30",
    "99/99/9999": "9999-99-99",
    "2026-11-30": "",
    " 30/11/2026": "",
    "1/1/26": "",
  };
  for (const [escrita, data] of Object.entries({ ...casos, "30/11/2026\n": "", "٣٠/١١/٢٠٢٦": "", "": "" })) {
    assertEquals(decodificarPedido(JSON.stringify(["VAGAS", "X", escrita])), {
      comando: "VAGAS",
      especialista: "X",
      data,
    });
  }
  assertStrictEquals(dataNoFio("2026-11-30"), "30/11/2026");
  assertStrictEquals(dataNoFio("2027-01-02"), "02/01/2027");
});

teste("um texto de mais de 1.000 unidades não é o de nada: o nome é ERRO-104, o resto vai vazio", () => {
  const longo = "É".repeat(TEXTO_MAXIMO + 1);
  recusado(agend(CPF, longo, "X", "Y", "Z"), "ERRO-104");
  recusado(agend("1", longo, "X", "Y", "Z"), "ERRO-102");
  const vazio = { comando: "AGEND", cpf: CPF, nome: "ANA", especialista: "", data: "", dia: "", horario: "" };
  assertEquals(decodificarPedido(agend(CPF, "Ana", longo, longo, longo, longo)), vazio);
  assertEquals(decodificarPedido(JSON.stringify(["CANCEL", CPF, longo])), {
    comando: "CANCEL",
    cpf: CPF,
    especialista: "",
    chegado: true,
  });
  assertEquals(decodificarPedido(JSON.stringify(["VAGAS", longo, longo])), {
    comando: "VAGAS",
    especialista: "",
    data: "",
  });
  const justo = "É".repeat(TEXTO_MAXIMO);
  assertEquals(decodificarPedido(JSON.stringify(["CANCEL", CPF, justo])), {
    comando: "CANCEL",
    cpf: CPF,
    especialista: justo,
    chegado: true,
  });
});

teste("a primeira linha de quem fala HTTP conhece-se, e nenhum pedido se parece com ela", () => {
  for (const linha of ["GET / HTTP/1.1\r", "POST /x?y HTTP/1.0", "PRI * HTTP/2.0\r", 'fOo /["PING"] HTTP/1.1\r']) {
    assert(ehHttp(linha), linha);
  }
  for (const linha of ['["PING"]', '["VAGAS","x HTTP/1.1"]', "", "\r", "Host: HTTP/1.1x"]) {
    assert(!ehHttp(linha), linha);
  }
});

teste("o que é da agenda passa como foi escrito", () => {
  const pedido = decodificarPedido(agend(CPF, "Ana", " clínico\u00a0geral ", "99/99/9999", "segunda", "8h"));
  assertEquals(pedido, {
    comando: "AGEND",
    cpf: CPF,
    nome: "ANA",
    especialista: " clínico\u00a0geral ",
    data: "9999-99-99",
    dia: "segunda",
    horario: "8h",
  });
});

const arbCpf = fc.nat({ max: 1_000_000 }).map(cpfDeExemplo);
const arbNome = fc.string({ unit: fc.constantFrom(..."aÁeéßΐᾳi 中😀\u0301\u0327"), maxLength: 30 }).map(lerNome)
  .filter((nome) => nome !== undefined);

// Respostas: o que se escreve.

const TUPLA: Tupla = ["AGEND", CPF, "MARIA", "CLINICO GERAL", "30/11/2026", "SEGUNDA-FEIRA", "08:00"];
const OUTRA: Tupla = ["AGEND", CPF, "MARIA", "NUTRICIONISTA", "04/12/2026", "SEXTA-FEIRA", "08:30"];
const NO_FIO = '["AGEND","52998224725","MARIA","CLINICO GERAL","30/11/2026","SEGUNDA-FEIRA","08:00"]';
const OUTRA_NO_FIO = '["AGEND","52998224725","MARIA","NUTRICIONISTA","04/12/2026","SEXTA-FEIRA","08:30"]';

/** Uma resposta de cada código, como a escreve o design do protocolo. */
const EXEMPLOS: { [C in Codigo]: [Resposta, string] } = {
  "OK-200": [{ codigo: "OK-200" }, '["OK-200","CLINICA/1"]'],
  "OK-201": [{ codigo: "OK-201" }, '["OK-201","CONEXÃO ENCERRADA"]'],
  "OK-300": [{ codigo: "OK-300", agendamentos: [TUPLA] }, `["OK-300",${NO_FIO}]`],
  "OK-301": [{ codigo: "OK-301", agendamentos: [TUPLA] }, `["OK-301",${NO_FIO}]`],
  "OK-302": [{ codigo: "OK-302", agendamentos: [TUPLA, OUTRA] }, `["OK-302",${NO_FIO},${OUTRA_NO_FIO}]`],
  "OK-304": [
    { codigo: "OK-304", vagas: [["30/11/2026", "SEGUNDA-FEIRA", "CLINICO GERAL", ["08:00", "08:30"]]] },
    '["OK-304",["30/11/2026","SEGUNDA-FEIRA","CLINICO GERAL",["08:00","08:30"]]]',
  ],
  "ERRO-100": [{ codigo: "ERRO-100" }, '["ERRO-100","MENSAGEM MALFORMADA"]'],
  "ERRO-101": [{ codigo: "ERRO-101" }, '["ERRO-101","COMANDO DESCONHECIDO"]'],
  "ERRO-102": [{ codigo: "ERRO-102" }, '["ERRO-102","CPF INVÁLIDO"]'],
  "ERRO-103": [{ codigo: "ERRO-103" }, '["ERRO-103","ATENDIMENTO INEXISTENTE"]'],
  "ERRO-104": [{ codigo: "ERRO-104" }, '["ERRO-104","NOME INVÁLIDO"]'],
  "ERRO-105": [{ codigo: "ERRO-105" }, '["ERRO-105","HORÁRIO INVÁLIDO"]'],
  "ERRO-110": [{ codigo: "ERRO-110" }, '["ERRO-110","NÃO HÁ VAGAS"]'],
  "ERRO-111": [
    { codigo: "ERRO-111", agendamentos: [TUPLA] },
    `["ERRO-111","CPF JÁ AGENDADO PARA AQUELA ESPECIALIDADE",${NO_FIO}]`,
  ],
  "ERRO-112": [{ codigo: "ERRO-112" }, '["ERRO-112","NENHUM AGENDAMENTO ENCONTRADO"]'],
  "ERRO-113": [{ codigo: "ERRO-113" }, '["ERRO-113","AGENDAMENTO INEXISTENTE, NADA FOI ALTERADO"]'],
  "ERRO-114": [
    { codigo: "ERRO-114", agendamentos: [TUPLA, OUTRA] },
    `["ERRO-114","MAIS DE UM AGENDAMENTO: INFORME A ESPECIALIDADE",${NO_FIO},${OUTRA_NO_FIO}]`,
  ],
  "ERRO-130": [{ codigo: "ERRO-130" }, '["ERRO-130","SERVIDOR OCUPADO"]'],
  "ERRO-131": [{ codigo: "ERRO-131" }, '["ERRO-131","FALHA NO ARMAZENAMENTO, NADA FOI ALTERADO"]'],
};

teste("cada código é escrito como o protocolo diz, com um LF no fim, e lido de volta", () => {
  assertEquals(Object.keys(EXEMPLOS).sort(), Object.keys(TEXTOS).sort());
  for (const [resposta, linha] of Object.values(EXEMPLOS)) {
    assertStrictEquals(codificarResposta(resposta), linha + "\n");
    // Um erro simples é escrito uma vez e guardado: o segundo tem de ser igual ao primeiro.
    assertStrictEquals(codificarResposta(resposta), linha + "\n");
    assertEquals(decodificarResposta(linha), resposta);
    assertEquals(decodificarResposta(linha + "\r"), resposta);
  }
});

teste("a saudação leva a versão e a primeira vaga de cada especialidade", () => {
  const saudacao: Resposta = {
    codigo: "OK-200",
    primeiras: [["30/11/2026", "SEGUNDA-FEIRA", "08:00", "CLINICO GERAL"]],
  };
  const linha = '["OK-200","CLINICA/1",[["30/11/2026","SEGUNDA-FEIRA","08:00","CLINICO GERAL"]]]';
  assertStrictEquals(codificarResposta(saudacao), linha + "\n");
  assertEquals(decodificarResposta(linha), saudacao);
  assertStrictEquals(codificarResposta({ codigo: "OK-200", primeiras: [] }), '["OK-200","CLINICA/1",[]]\n');
});

teste("sem vagas a resposta é só o código", () => {
  assertStrictEquals(codificarResposta({ codigo: "OK-304", vagas: [] }), '["OK-304"]\n');
  assertEquals(decodificarResposta('["OK-304"]'), { codigo: "OK-304", vagas: [] });
});

teste("cada pedido é escrito como o protocolo diz, sem os campos que faltam", () => {
  const base = { comando: "AGEND" as const, cpf: CPF, nome: "MARIA", especialista: "E", data: "D", dia: "S" };
  const casos: [PedidoNoFio, string][] = [
    [base, `["AGEND","${CPF}","MARIA","E","D","S"]`],
    [{ ...base, horario: "08:00" }, `["AGEND","${CPF}","MARIA","E","D","S","08:00"]`],
    [{ ...base, horario: "" }, `["AGEND","${CPF}","MARIA","E","D","S",""]`],
    [{ comando: "BUSCA", cpf: CPF }, `["BUSCA","${CPF}"]`],
    [{ comando: "CANCEL", cpf: CPF }, `["CANCEL","${CPF}"]`],
    [{ comando: "CANCEL", cpf: CPF, especialista: "E" }, `["CANCEL","${CPF}","E"]`],
    [{ comando: "VAGAS" }, '["VAGAS"]'],
    [{ comando: "VAGAS", especialista: "E" }, '["VAGAS","E"]'],
    [{ comando: "VAGAS", especialista: "E", data: "D" }, '["VAGAS","E","D"]'],
    [{ comando: "PING" }, '["PING"]'],
    [{ comando: "SAIR" }, '["SAIR"]'],
  ];
  for (const [pedido, linha] of casos) assertStrictEquals(codificarPedido(pedido), linha + "\n");
});

const arbCampo = fc.string({ unit: "binary", maxLength: 12 });
const arbData = fc.oneof(arbCampo, fc.constantFrom("30/11/2026", "31/02/2027", "00/00/0000"));
const arbPedido: fc.Arbitrary<PedidoNoFio> = fc.oneof(
  fc.record({
    comando: fc.constant("AGEND" as const),
    cpf: arbCpf,
    nome: arbNome,
    especialista: arbCampo,
    data: arbData,
    dia: arbCampo,
    horario: fc.option(arbCampo, { nil: undefined }),
  }),
  fc.record({ comando: fc.constant("BUSCA" as const), cpf: arbCpf }),
  fc.record({
    comando: fc.constant("CANCEL" as const),
    cpf: arbCpf,
    especialista: fc.option(arbCampo, { nil: undefined }),
  }),
  fc.oneof(fc.array(arbCampo, { maxLength: 1 }), fc.tuple(arbCampo, arbData)).map(([especialista, data]) => ({
    comando: "VAGAS" as const,
    especialista,
    data,
  })),
  fc.constant({ comando: "PING" as const }),
  fc.constant({ comando: "SAIR" as const }),
);

const arbTupla: fc.Arbitrary<Tupla> = fc.tuple(
  fc.constant("AGEND" as const),
  arbCpf,
  arbNome,
  arbCampo,
  arbCampo,
  arbCampo,
  arbCampo,
);
const arbVaga: fc.Arbitrary<Vaga> = fc.tuple(arbCampo, arbCampo, arbCampo, fc.array(arbCampo));
const arbPrimeira: fc.Arbitrary<PrimeiraVaga> = fc.tuple(arbCampo, arbCampo, arbCampo, arbCampo);
const arbResposta: fc.Arbitrary<Resposta> = fc.oneof(
  fc.constantFrom(...Object.values(EXEMPLOS).map(([resposta]) => resposta)),
  fc.record({ codigo: fc.constant("OK-200" as const), primeiras: fc.array(arbPrimeira, { maxLength: 4 }) }),
  fc.record({
    codigo: fc.constantFrom("OK-300" as const, "OK-301" as const, "ERRO-111" as const),
    agendamentos: fc.tuple(arbTupla),
  }),
  fc.record({
    codigo: fc.constantFrom("OK-302" as const, "ERRO-114" as const),
    agendamentos: fc.array(arbTupla, { maxLength: 4 }),
  }),
  fc.record({ codigo: fc.constant("OK-304" as const), vagas: fc.array(arbVaga, { maxLength: 4 }) }),
);

/** O pedido como se lê do que dele se escreve. */
function comoSeLe(pedido: PedidoNoFio): Pedido {
  if (pedido.comando === "CANCEL") return { ...pedido, chegado: true };
  if (!("data" in pedido) || pedido.data === undefined) return pedido;
  return { ...pedido, data: /^\d\d\/\d\d\/\d{4}$/.test(pedido.data) ? pedido.data.split("/").reverse().join("-") : "" };
}

teste("o que se escreve de um pedido se lê igual, numa linha só", () => {
  fc.assert(
    fc.property(arbPedido, (pedido) => {
      const linha = codificarPedido(pedido);
      assertStrictEquals(linha.indexOf("\n"), linha.length - 1);
      assertEquals(decodificarPedido(linha.slice(0, -1)), comoSeLe(pedido));
    }),
    { numRuns: 500 },
  );
});

teste("o que se escreve de uma resposta se lê igual, numa linha só", () => {
  fc.assert(
    fc.property(arbResposta, (resposta) => {
      const linha = codificarResposta(resposta);
      assertStrictEquals(linha.indexOf("\n"), linha.length - 1);
      assertEquals(decodificarResposta(linha.slice(0, -1)), resposta);
    }),
    { numRuns: 500 },
  );
});

teste("o que não é uma resposta de CLINICA/1 não é lido como uma", () => {
  const linhas = [
    ...["", "oi", "null", "{}", "[]", "[200]", '["OK"]', '["OK-999"]', '["__proto__"]', '["toString"]', '["ok-200"]'],
    ...['["OK-200"]', '["OK-200","CLINICA/2"]', '["OK-200","CLINICA/1",null]', '["OK-200","CLINICA/1",[["a","b"]]]'],
    ...['["OK-200","CLINICA/1",[[1,2,3,4]]]', '["OK-300"]', '["OK-300",[]]', '["OK-300","x"]', '["OK-302",[1]]'],
    ...[`["OK-300",${NO_FIO},${NO_FIO}]`, `["OK-300",${NO_FIO.replace("AGEND", "BUSCA")}]`, '["OK-301",null]'],
    ...[`["OK-302",${NO_FIO},1]`, '["OK-304",["a","b","c"]]', '["OK-304",["a","b","c","d"]]', '["OK-304",[1,2,3,[]]]'],
    ...['["OK-304",["a","b","c",[1]]]', '["ERRO-111","x"]', `["ERRO-111",1,${NO_FIO}]`, `["ERRO-111",${NO_FIO}]`],
    ...['["ERRO-114"]', '["ERRO-114","x",[]]', `["ERRO-114",${NO_FIO},${NO_FIO}]`],
  ];
  for (const linha of linhas) assertStrictEquals(decodificarResposta(linha), undefined, linha);
});

const arbLixo = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.json({ maxDepth: 3 }),
  fc.tuple(
    fc.constantFrom(...Object.keys(TEXTOS), "AGEND", "BUSCA", "CANCEL", "VAGAS", "x"),
    fc.array(fc.oneof(fc.jsonValue({ maxDepth: 2 }), arbTupla, arbVaga, fc.constant("CLINICA/1")), { maxLength: 3 }),
  ).map(([inicio, resto]) => JSON.stringify([inicio, ...resto])),
);

teste("qualquer linha é lida sem exceção, e o que dela se aceita se escreve e lê igual", () => {
  fc.assert(
    fc.property(arbLixo, (linha) => {
      const resposta = decodificarResposta(linha);
      if (resposta !== undefined) {
        assertEquals(decodificarResposta(codificarResposta(resposta).slice(0, -1)), resposta);
      }
      const pedido = decodificarPedido(linha);
      if (!("comando" in pedido)) return assert(pedido.codigo in TEXTOS);
      const noFio = "data" in pedido && pedido.data ? { ...pedido, data: dataNoFio(pedido.data) } : pedido;
      assertEquals(decodificarPedido(codificarPedido(noFio).slice(0, -1)), pedido);
    }),
    { numRuns: 1000 },
  );
});

// O corte de linhas.

const CODIFICADOR = new TextEncoder();

function bytes(texto: string): Uint8Array {
  return CODIFICADOR.encode(texto);
}

/** Entrega os bytes em blocos que acabam nos cortes dados, sempre no mesmo buffer, e junta as linhas. */
function emBlocos(
  enquadrador: Enquadrador,
  tudo: Uint8Array,
  cortes: Iterable<number>,
): (string | Ilegivel)[] {
  const buffer = new Uint8Array(tudo.length);
  const linhas: (string | Ilegivel)[] = [];
  let inicio = 0;
  for (const fim of [...cortes, tudo.length]) {
    const bloco = buffer.subarray(0, fim - inicio);
    bloco.set(tudo.subarray(inicio, fim));
    linhas.push(...enquadrador.recebe(bloco));
    buffer.fill(0x21);
    inicio = fim;
  }
  return linhas;
}

const MENSAGENS = ['["AGEND","João 😀 中","É"]', "", '["BUSCA"]', "ção"];

teste("uma mensagem cortada em qualquer ponto, ou em dois, dá as mesmas linhas", () => {
  const tudo = bytes(MENSAGENS.join("\n") + "\n");
  for (let a = 0; a <= tudo.length; a++) {
    for (let b = a; b <= tudo.length; b++) assertEquals(emBlocos(new Enquadrador(), tudo, [a, b]), MENSAGENS);
  }
});

teste("uma mensagem byte por byte dá as mesmas linhas, cada uma assim que acaba", () => {
  const enquadrador = new Enquadrador();
  const tudo = bytes(MENSAGENS.join("\n") + "\n");
  const linhas: unknown[] = [];
  for (const byte of tudo) {
    const novas = enquadrador.recebe(Uint8Array.of(byte));
    assertStrictEquals(novas.length, byte === 0x0a ? 1 : 0);
    assertStrictEquals(enquadrador.incompleta, byte !== 0x0a);
    linhas.push(...novas);
  }
  assertEquals(linhas, MENSAGENS);
});

teste("quaisquer linhas em quaisquer blocos dão as mesmas linhas", () => {
  const arbLinhas = fc.array(fc.string({ unit: "binary", maxLength: 12 }).filter((linha) => !linha.includes("\n")));
  fc.assert(
    fc.property(arbLinhas, fc.array(fc.nat()), fc.constantFrom(LINHA_MAXIMA, Infinity), (linhas, cortes, maxima) => {
      const tudo = bytes(linhas.map((linha) => linha + "\n").join(""));
      const ordenados = cortes.map((corte) => corte % (tudo.length + 1)).sort((a, b) => a - b);
      const enquadrador = new Enquadrador(maxima);
      assertEquals(emBlocos(enquadrador, tudo, ordenados), linhas);
      assert(!enquadrador.incompleta && !enquadrador.excedida);
    }),
    { numRuns: 500 },
  );
});

teste("muitas mensagens num bloco saem todas, na ordem", () => {
  const linhas = Array.from({ length: 5000 }, (_, i) => `["BUSCA","${i}"]`);
  assertEquals(new Enquadrador().recebe(bytes(linhas.join("\n") + "\n")), linhas);
});

teste("linhas que acabam em CR LF são os mesmos pedidos", () => {
  const linhas = new Enquadrador().recebe(bytes(`["PING"]\r\n["BUSCA","${OUTRO_CPF}"]\r\n`));
  assertEquals(linhas.map((linha) => decodificarPedido(String(linha))), [
    { comando: "PING" },
    { comando: "BUSCA", cpf: OUTRO_CPF },
  ]);
});

teste("o que fica sem LF no fim não é uma mensagem", () => {
  const enquadrador = new Enquadrador();
  assert(!enquadrador.incompleta);
  assertEquals(enquadrador.recebe(bytes('["PING"]\n["SAIR"]')), ['["PING"]']);
  assert(enquadrador.incompleta && !enquadrador.excedida);
  assertEquals(enquadrador.recebe(new Uint8Array(0)), []);
  assertEquals(enquadrador.recebe(bytes("\n")), ['["SAIR"]']);
  assert(!enquadrador.incompleta);
});

/** Uma linha de exatamente `tamanho` bytes, LF incluído. */
function linhaDe(tamanho: number, letra: string): string {
  const largura = bytes(letra).length;
  const letras = Math.floor((tamanho - 1) / largura);
  return "x".repeat(tamanho - 1 - letras * largura) + letra.repeat(letras) + "\n";
}

teste("uma linha de 8192 bytes com o LF passa e uma de 8193 não, inteira ou byte por byte", () => {
  assertStrictEquals(LINHA_MAXIMA, 8192);
  for (const letra of ["a", "é", "中", "😀"]) {
    const certa = bytes(linhaDe(8192, letra));
    const longa = bytes(linhaDe(8193, letra));
    assertEquals([certa.length, longa.length], [8192, 8193]);
    const esperada = [linhaDe(8192, letra).slice(0, -1)];
    for (const cortes of [[], [1], [4095], [8190], [8191], Array.from(certa.keys())]) {
      const aceita = new Enquadrador();
      assertEquals(emBlocos(aceita, certa, cortes), esperada);
      assert(!aceita.excedida && !aceita.incompleta);
      const recusa = new Enquadrador();
      assertEquals(emBlocos(recusa, longa, cortes), []);
      assert(recusa.excedida);
    }
  }
});

teste("uma linha longa demais é notada antes que acabe", () => {
  const enquadrador = new Enquadrador();
  enquadrador.recebe(new Uint8Array(8191).fill(0x61));
  assert(!enquadrador.excedida);
  enquadrador.recebe(new Uint8Array(1).fill(0x61));
  assert(enquadrador.excedida && !enquadrador.incompleta);
});

teste("as linhas boas antes de uma longa demais são entregues, e depois dela nada", () => {
  const tudo = bytes(`["PING"]\nção\n${"a".repeat(9000)}\n["SAIR"]\n`);
  for (const cortes of [[], [3], [10, 20], [9000], [9010], [...Array(200).keys()]]) {
    const enquadrador = new Enquadrador();
    assertEquals(emBlocos(enquadrador, tudo, cortes), ['["PING"]', "ção"]);
    assert(enquadrador.excedida);
    assertEquals(enquadrador.recebe(bytes('["PING"]\n')), []);
  }
  const semFim = new Enquadrador();
  assertEquals(semFim.recebe(bytes(`["PING"]\n${"a".repeat(9000)}`)), ['["PING"]']);
  assert(semFim.excedida);
});

teste("o limite é de cada linha, não do bloco nem da soma", () => {
  const linhas = [linhaDe(8192, "a"), linhaDe(8192, "é"), "\n", linhaDe(8192, "b")];
  const tudo = bytes(linhas.join(""));
  for (const cortes of [[], [5000, 10_000, 15_000, 20_000], [8191, 8192, 8193]]) {
    const enquadrador = new Enquadrador();
    assertEquals(emBlocos(enquadrador, tudo, cortes), linhas.map((linha) => linha.slice(0, -1)));
    assert(!enquadrador.excedida);
  }
});

teste("sem limite não há linha longa demais", () => {
  const enquadrador = new Enquadrador(Infinity);
  const tudo = bytes("é".repeat(100_000) + "\n");
  assertEquals(emBlocos(enquadrador, tudo, [1, 70_001, 150_000]), ["é".repeat(100_000)]);
  assert(!enquadrador.excedida);
});

function ilegivel(...ruins: number[]): Ilegivel {
  return new Ilegivel(new TextDecoder().decode(Uint8Array.from(ruins)));
}

teste("uma linha que não é UTF-8 é marcada e as outras não se perdem", () => {
  const ruins = [[0xff], [0xc3], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0x80], [
    0xf0,
    0x9f,
    0x98,
  ]];
  for (const ruim of ruins) {
    const tudo = Uint8Array.from([...bytes("um é\n"), ...ruim, 0x0a, ...bytes("dois 😀\n")]);
    for (let corte = 0; corte <= tudo.length; corte++) {
      assertEquals(emBlocos(new Enquadrador(), tudo, [corte]), ["um é", ilegivel(...ruim), "dois 😀"]);
    }
  }
});

teste("um caractere partido por um LF não se completa com a linha seguinte", () => {
  const tudo = Uint8Array.from([0xc3, 0x0a, 0xa9, 0x0a, 0x61, 0x0a]);
  assertEquals(new Enquadrador().recebe(tudo), [ilegivel(0xc3), ilegivel(0xa9), "a"]);
});

teste("a marca de ordem de bytes faz parte da linha", () => {
  assertEquals(new Enquadrador().recebe(bytes("\ufeffa\n\ufeffb\n")), ["\ufeffa", "\ufeffb"]);
});

teste("cada enquadrador tem o seu estado", () => {
  const [um, outro] = [new Enquadrador(), new Enquadrador()];
  um.recebe(bytes("um"));
  assertEquals(outro.recebe(bytes("outro\n")), ["outro"]);
  assertEquals(um.recebe(bytes("\n")), ["um"]);
});
