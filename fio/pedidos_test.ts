/**
 * Testes dos pedidos de CLINICA/2: cada comando e cada opção, certos e errados. Sem nenhuma permissão.
 *
 * @module
 */

import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import type { Erro } from "../clinica/pedido.ts";
import { decodificarPedido, decodificarResposta } from "../protocolo.ts";
import { type ComandoDoFio2, type PedidoLido, type PedidoNoFio2De, SITUACOES, TEXTOS_2 } from "./clinica2.ts";
import { codificarPedido2, decodificarPedido2, lerOla } from "./pedidos.ts";

const CPF = "52998224725";

function teste(name: string, fn: () => void): void {
  Deno.test({ name: `pedidos: ${name}`, permissions: "none", fn });
}

/** Lê uma linha de tantos valores. */
function le(...valores: unknown[]): PedidoLido | Erro {
  return decodificarPedido2(JSON.stringify(valores));
}

// ------------------------------------------------------------------------------------------------------ os comandos

/** Um comando com tudo o que pode trazer: como se escreve, e o que dele se lê de outro modo. */
interface Exemplo<C extends ComandoDoFio2> {
  readonly pedido: PedidoNoFio2De<C>;
  readonly linha: string;
  readonly lido?: object;
  /** Quantas posições do fim podem faltar. */
  readonly podemFaltar?: number;
}

const E = { cpf: CPF, especialista: "E" };
const NA_DATA = { data: "30/11/2026", dia: "S", horario: "08:00" };
const LIDA = { data: "2026-11-30" };
const QUAL = { numero: 1234, versao: 2, codigo: "7K3M9QXZ" };
const QUAL_NO_FIO = '"numero":1234,"versao":2,"codigo":"7K3M9QXZ"';
const DA_ENTRADA = { numero: 12, codigo: "7K3M9QXZ" };
const DA_ENTRADA_NO_FIO = '"numero":12,"codigo":"7K3M9QXZ"';
const AVISOS = { email: "maria@exemplo.com", telefone: "+5511987654321" };
const AVISOS_NO_FIO = '"email":"maria@exemplo.com","telefone":"+5511987654321"';

const EXEMPLOS: { readonly [C in ComandoDoFio2]: Exemplo<C> } = {
  AGEND: {
    pedido: {
      ...{ comando: "AGEND", nome: "MARIA", ...E, ...NA_DATA },
      ...{ profissional: "P", encaixe: true, motivo: "dor", ...AVISOS, nota: "" },
    },
    linha: `["AGEND","${CPF}","MARIA","E","30/11/2026","S","08:00",` +
      `{"profissional":"P","encaixe":true,"motivo":"dor",${AVISOS_NO_FIO},"nota":""}]`,
    lido: LIDA,
    podemFaltar: 1,
  },
  BUSCA: {
    pedido: { comando: "BUSCA", cpf: CPF, codigo: "7K3M9QXZ" },
    linha: `["BUSCA","${CPF}",{"codigo":"7K3M9QXZ"}]`,
  },
  CANCEL: {
    pedido: { comando: "CANCEL", ...E, ...QUAL, motivo: "viagem" },
    linha: `["CANCEL","${CPF}","E",{${QUAL_NO_FIO},"motivo":"viagem"}]`,
    podemFaltar: 1,
  },
  VAGAS: {
    pedido: { comando: "VAGAS", especialista: "E", data: "30/11/2026", profissional: "P" },
    linha: '["VAGAS","E","30/11/2026",{"profissional":"P"}]',
    lido: { ...LIDA, porProfissional: true },
    podemFaltar: 2,
  },
  REMARC: {
    pedido: { comando: "REMARC", ...E, ...NA_DATA, ...QUAL, profissional: "P", motivo: "viagem" },
    linha: `["REMARC","${CPF}","E","30/11/2026","S","08:00",{${QUAL_NO_FIO},"profissional":"P","motivo":"viagem"}]`,
    lido: LIDA,
    podemFaltar: 1,
  },
  CORRIGE: {
    pedido: { comando: "CORRIGE", ...E, ...QUAL, nome: "ANA", ...AVISOS, nota: "em jejum" },
    linha: `["CORRIGE","${CPF}","E",{${QUAL_NO_FIO},"nome":"ANA",${AVISOS_NO_FIO},"nota":"em jejum"}]`,
  },
  SITUA: {
    pedido: {
      ...{ comando: "SITUA", ...E, situacao: "CHEGOU", ...QUAL },
      ...{ prioridade: 2, local: "Sala 2", motivo: "de ambulância" },
    },
    linha: `["SITUA","${CPF}","E","CHEGOU",{${QUAL_NO_FIO},"prioridade":2,"local":"Sala 2","motivo":"de ambulância"}]`,
  },
  LISTA: {
    pedido: { comando: "LISTA", data: "30/11/2026", especialista: "E", profissional: "P", ordem: "chamada" },
    linha: '["LISTA","30/11/2026",{"especialista":"E","profissional":"P","ordem":"chamada"}]',
    lido: LIDA,
  },
  FECHA: {
    pedido: {
      ...{ comando: "FECHA", data: "30/11/2026", ate: "01/12/2026", inicio: "12:00", fim: "24:00" },
      ...{ especialista: "E", profissional: "P", motivo: "congresso" },
    },
    linha: '["FECHA","30/11/2026",{"ate":"01/12/2026","inicio":"12:00","fim":"24:00",' +
      '"especialista":"E","profissional":"P","motivo":"congresso"}]',
    lido: { ...LIDA, ate: "2026-12-01", inicio: 720, fim: 1440 },
  },
  EXTRA: {
    pedido: {
      ...{ comando: "EXTRA", especialista: "E", data: "30/11/2026", inicio: "08:00", vagas: 4, minutos: 30 },
      ...{ profissional: "P", local: "Sala 2", encaixes: 0 },
    },
    linha: '["EXTRA","E","30/11/2026","08:00",4,30,{"profissional":"P","local":"Sala 2","encaixes":0}]',
    lido: { ...LIDA, inicio: 480 },
  },
  REABRE: { pedido: { comando: "REABRE", numero: 12 }, linha: '["REABRE",12]' },
  HISTORIA: { pedido: { comando: "HISTORIA", cpf: CPF }, linha: `["HISTORIA","${CPF}"]` },
  ESPERA: {
    pedido: {
      ...{
        comando: "ESPERA",
        nome: "MARIA",
        ...E,
        codigo: DA_ENTRADA.codigo,
        profissional: "P",
        de: "30/11/2026",
        ate: "04/12/2026",
      },
      ...{ turno: "MANHÃ", antecedencia: 240, marca: true, prioridade: 2, motivo: "dor", ...AVISOS },
    },
    linha:
      `["ESPERA","${CPF}","MARIA","E",{"codigo":"${DA_ENTRADA.codigo}","profissional":"P","de":"30/11/2026","ate":"04/12/2026","turno":"MANHÃ",` +
      `"antecedencia":240,"marca":true,"prioridade":2,"motivo":"dor",${AVISOS_NO_FIO}}]`,
    lido: { de: "2026-11-30", ate: "2026-12-04" },
  },
  DESISTE: {
    pedido: { comando: "DESISTE", ...E, ...DA_ENTRADA },
    linha: `["DESISTE","${CPF}","E",{${DA_ENTRADA_NO_FIO}}]`,
  },
  ACEITA: {
    pedido: { comando: "ACEITA", ...E, ...DA_ENTRADA, motivo: "pediu a mãe" },
    linha: `["ACEITA","${CPF}","E",{${DA_ENTRADA_NO_FIO},"motivo":"pediu a mãe"}]`,
  },
  RECUSA: {
    pedido: { comando: "RECUSA", ...E, ...DA_ENTRADA },
    linha: `["RECUSA","${CPF}","E",{${DA_ENTRADA_NO_FIO}}]`,
  },
  FILA: { pedido: { comando: "FILA", especialista: "E" }, linha: '["FILA","E"]' },
  OLA: { pedido: { comando: "OLA", chave: "segredo" }, linha: '["OLA","CLINICA/2",{"chave":"segredo"}]' },
  PING: { pedido: { comando: "PING" }, linha: '["PING"]' },
  SAIR: { pedido: { comando: "SAIR" }, linha: '["SAIR"]' },
};

/** O que vem nas posições e nas opções de um exemplo. */
function partesDe(linha: string): { posicoes: readonly unknown[]; opcoes: Readonly<Record<string, unknown>> } {
  const valores = JSON.parse(linha);
  const opcoes = typeof valores.at(-1) === "object" ? valores.pop() : {};
  return { posicoes: valores, opcoes };
}

teste("cada comando, com tudo o que pode trazer, é escrito como o protocolo diz e lido de volta", () => {
  for (const { pedido, linha, lido } of Object.values(EXEMPLOS)) {
    assertStrictEquals(codificarPedido2(pedido), linha + "\n");
    for (const escrita of [linha, ` ${linha}\r`]) {
      assertEquals<unknown>(decodificarPedido2(escrita), { ...pedido, ...lido });
    }
  }
});

teste("o que falta num pedido não se escreve", () => {
  const cancel = { comando: "CANCEL", cpf: CPF, especialista: undefined, motivo: undefined } as const;
  assertStrictEquals(codificarPedido2(cancel), `["CANCEL","${CPF}"]\n`);
  assertStrictEquals(codificarPedido2({ comando: "VAGAS", profissional: "P" }), '["VAGAS",{"profissional":"P"}]\n');
  assertStrictEquals(codificarPedido2({ comando: "OLA" }), '["OLA","CLINICA/2"]\n');
});

teste("as posições que têm de vir e as que podem faltar; as opções podem faltar todas, menos as de CORRIGE", () => {
  for (const { linha, podemFaltar = 0 } of Object.values(EXEMPLOS)) {
    const { posicoes, opcoes } = partesDe(linha);
    const obrigatorias = posicoes[0] === "CORRIGE" ? opcoes : {};
    for (let n = 1; n <= posicoes.length + 2; n++) {
      const escrita = [...posicoes, "a mais", "a mais"].slice(0, n);
      const cabe = n <= posicoes.length && n >= posicoes.length - podemFaltar;
      assertEquals("comando" in le(...escrita, obrigatorias), cabe, JSON.stringify(escrita));
      if (posicoes[0] !== "CORRIGE") assertEquals("comando" in le(...escrita), cabe);
      if (!cabe) assertEquals(le(...escrita, obrigatorias), { codigo: "ERRO-100" });
    }
  }
});

// ------------------------------------------------------------------------------------------------------ o que é recusado

/** O que não serve em cada opção, além do que é de outro tipo. */
const FORA: Readonly<Record<string, readonly unknown[]>> = {
  numero: [0, -1, 1.5, 2 ** 53, "1", ""],
  versao: [0, -1, 1.5, 2 ** 53, "1"],
  codigo: [1, true],
  profissional: [1, true],
  especialista: [1, false],
  encaixe: ["true", 0, 1],
  motivo: ["é".repeat(201), "a\u0007b", "a\u202eb", 1],
  nota: ["é".repeat(501), "a\u0000b", 1],
  local: ["é".repeat(61), "a\u001bb", 1],
  email: ["maria", "maria@exemplo", `${"a".repeat(250)}@b.co`, 1],
  telefone: ["98765-4321", "abc", 11987654321],
  prioridade: [-1, 5, 1.5, "1", true],
  ordem: ["HORA", "", "nome", 1],
  de: ["05/12/2026", "31/02/2027", "2026-12-01", "", 1],
  turno: ["", "NOITE", "MANHA E TARDE", "toString", 1, true],
  antecedencia: [-1, 366 * 24 * 60 + 1, 1.5, "60", true],
  marca: ["true", 0, 1],
  ate: ["29/11/2026", "31/02/2027", "2026-12-01", "", 1],
  inicio: ["8:00", "24:00", "", 480],
  fim: ["12:00", "11:59", "24:01", "", 1440],
  encaixes: [-1, 101, 1.5, "2"],
  chave: [1, true],
  nome: [1, true],
};

teste("uma opção que o comando não tem, de outro tipo ou fora do que pode é ERRO-100", () => {
  const conhecidas = new Set(Object.values(EXEMPLOS).flatMap(({ linha }) => Object.keys(partesDe(linha).opcoes)));
  assertEquals([...conhecidas].sort(), Object.keys(FORA).sort());
  const valores = Object.assign({}, ...Object.values(EXEMPLOS).map(({ linha }) => partesDe(linha).opcoes));
  for (const { linha } of Object.values(EXEMPLOS)) {
    const { posicoes, opcoes } = partesDe(linha);
    const recusa = (nome: string, valor: unknown): void => {
      const escrita = JSON.stringify([...posicoes, { ...opcoes, [nome]: valor }]);
      assertEquals(decodificarPedido2(escrita), { codigo: "ERRO-100" }, escrita);
    };
    for (const nome of Object.keys(opcoes)) {
      for (const valor of [...FORA[nome], null, [], {}, ["x"]]) recusa(nome, valor);
    }
    for (const nome of conhecidas) if (!(nome in opcoes)) recusa(nome, valores[nome]);
    for (const nome of ["", "Numero", "versão", "toString", "constructor", "chegado", "porProfissional", "comando"]) {
      recusa(nome, true);
    }
    // Um objeto escrito no programa não teria esta chave: `JSON.parse` faz dela uma como as outras.
    assertEquals(le(...posicoes, JSON.parse('{"__proto__":"x"}')), { codigo: "ERRO-100" });
    for (const nome of ["cpf", "data", "dia", "horario", "situacao", "vagas", "minutos"]) recusa(nome, "x");
  }
});

teste("um nome que não serve é ERRO-104, e um código que não é um vai vazio", () => {
  assertEquals(le("CORRIGE", CPF, "E", { nome: "" }), { codigo: "ERRO-104" });
  assertEquals(le("AGEND", CPF, "\u3164", "E", "30/11/2026", "S"), { codigo: "ERRO-104" });
  assertEquals(le("CANCEL", CPF, { codigo: "7k3m-9qxz" }), { comando: "CANCEL", cpf: CPF, codigo: "7K3M9QXZ" });
  assertEquals(le("CANCEL", CPF, { codigo: "não sei" }), { comando: "CANCEL", cpf: CPF, codigo: "" });
});

teste("CORRIGE sem nada a corrigir é ERRO-100, e o que apaga corrige", () => {
  for (const opcoes of [{}, { numero: 1 }, QUAL]) assertEquals(le("CORRIGE", CPF, "E", opcoes), { codigo: "ERRO-100" });
  for (const opcoes of [{ nota: "" }, { email: "" }, { telefone: "" }]) {
    assertEquals(le("CORRIGE", CPF, "E", opcoes), { comando: "CORRIGE", cpf: CPF, especialista: "E", ...opcoes });
  }
});

teste("FECHA: de depois de ate, e uma parte do dia que acaba antes de começar, são ERRO-100", () => {
  const data = "30/11/2026";
  for (const opcoes of [{}, { ate: data }, { ate: "01/12/2026" }, { inicio: "23:59" }, { fim: "00:01" }]) {
    assert("comando" in le("FECHA", data, opcoes), JSON.stringify(opcoes));
  }
  for (const opcoes of [{ ate: "29/11/2026" }, { fim: "00:00" }, { inicio: "09:00", fim: "09:00" }]) {
    assertEquals(le("FECHA", data, opcoes), { codigo: "ERRO-100" }, JSON.stringify(opcoes));
  }
  assertEquals(le("FECHA", "31/02/2026", { ate: "31/02/2026" }), { codigo: "ERRO-100" });
  // A data que não existe é da agenda, que diz ERRO-103.
  assertEquals(le("FECHA", "31/02/2026", { ate: data }), { comando: "FECHA", data: "2026-02-31", ate: "2026-11-30" });
});

teste("ESPERA: de depois de ate é ERRO-100, ainda que falte só um dia; o turno lê-se sem caixa nem acento", () => {
  const espera = (opcoes: object): PedidoLido | Erro => le("ESPERA", CPF, "Ana", "E", opcoes);
  const lida = { comando: "ESPERA" as const, cpf: CPF, nome: "ANA", especialista: "E" };
  const dias = { de: "2026-12-01", ate: "2026-12-01" };
  assertEquals(espera({}), lida);
  assertEquals(espera({ de: "01/12/2026", ate: "01/12/2026" }), { ...lida, ...dias });
  assertEquals(espera({ de: "01/12/2026", ate: "30/11/2026" }), { codigo: "ERRO-100" });
  // Por data, e não por texto.
  assertEquals(espera({ de: "02/01/2027", ate: "01/02/2027" }), { ...lida, de: "2027-01-02", ate: "2027-02-01" });
  for (const turno of ["MANHÃ", "manhã", " Manha ", "MANHA\u0303"]) {
    assertEquals(espera({ turno }), { ...lida, turno: "MANHÃ" });
  }
  for (const turno of ["TARDE", "tarde"]) assertEquals(espera({ turno }), { ...lida, turno: "TARDE" });
});

teste("números em posições vêm em dígitos ou em JSON", () => {
  for (const numero of ["12", 12, "0012"]) assertEquals(le("REABRE", numero), { comando: "REABRE", numero: 12 });
  for (const numero of ["0", 0, "-1", 1.5, "", "x", true, "12 "]) {
    assertEquals(le("REABRE", numero), { codigo: "ERRO-100" }, JSON.stringify(numero));
  }
  const extra = (...resto: unknown[]): PedidoLido | Erro => le("EXTRA", "E", "30/11/2026", ...resto);
  const lido = { comando: "EXTRA" as const, especialista: "E", data: "2026-11-30", inicio: 480 };
  assertEquals(extra("08:00", "5", 30), { ...lido, vagas: 5, minutos: 30 });
  for (const [inicio, vagas, minutos] of [["8:00", 5, 30], ["08:00", 0, 30], ["08:00", 1441, 1], ["08:00", 5, "0"]]) {
    assertEquals(extra(inicio, vagas, minutos), { codigo: "ERRO-100" });
  }
});

teste("as situações são as do livro e DESFAZ, em maiúsculas; outra palavra é ERRO-100", () => {
  for (const situacao of [...Object.keys(SITUACOES), "DESFAZ"]) {
    assertEquals(le("SITUA", CPF, "E", situacao), { comando: "SITUA", cpf: CPF, especialista: "E", situacao });
  }
  for (const situacao of ["chegou", "CHEGOU ", "", "CHEGUEI", "toString", "__proto__", 1]) {
    assertEquals(le("SITUA", CPF, "E", situacao), { codigo: "ERRO-100" });
  }
});

teste("o que não é um array de textos, números e lógicos, com um objeto só no fim, é ERRO-100", () => {
  const linhas = [
    ...["", " ", "oi", '"PING"', "null", "{}", "[]", "[{}]", "[[]]", "[1]", "[null]", '["PING"', '["PING"]]'],
    ...['["PING",null]', '["PING",[]]', '["PING",{},{}]', '["VAGAS",{},"E"]', '["PING",{"a":null}]', "['PING']"],
    ...['["BUSCA",52998224725]', '["BUSCA",true]', '["VAGAS","E",1]', '["XYZ",null]', '["XYZ",{"a":{}}]'],
    ...[String.raw`["XYZ","\ud800"]`, String.raw`["CANCEL","${CPF}",{"motivo":"\udc00"}]`, '\ufeff["PING"]'],
    "[".repeat(4000) + "]".repeat(4000),
    '["PING",' + '{"a":'.repeat(1300) + "1" + "}".repeat(1300) + "]",
  ];
  for (const linha of linhas) assertEquals(decodificarPedido2(linha), { codigo: "ERRO-100" }, linha.slice(0, 80));
});

teste("o que o servidor pede a si mesmo nunca se lê, nem o que não há: ERRO-101", () => {
  const nomes = ["TICK", "PROSSEGUE", "OBSERVA", "", "ping", "espera", "__proto__", "toString"];
  for (const nome of nomes) {
    for (const resto of [[], [CPF], [CPF, 1, true, { x: 1 }]]) assertEquals(le(nome, ...resto), { codigo: "ERRO-101" });
    assertEquals(decodificarPedido(JSON.stringify([nome])), { codigo: "ERRO-101" });
    assertEquals(lerOla(JSON.stringify([nome])), undefined);
  }
});

teste("entre vários erros vale o primeiro de 100, 101, 102, 104", () => {
  assertEquals(le("XYZ", "1", null), { codigo: "ERRO-100" });
  assertEquals(le("AGEND", "1", "", "E", "x", "y", { encaixe: 1 }), { codigo: "ERRO-100" });
  assertEquals(le("CORRIGE", "1", "E", { nome: "", nota: 1 }), { codigo: "ERRO-100" });
  assertEquals(le("AGEND", "1", "", "E", "x", "y"), { codigo: "ERRO-102" });
  assertEquals(le("CORRIGE", "1", "E", { nome: "" }), { codigo: "ERRO-102" });
  assertEquals(le("ESPERA", "1", "", "E", { turno: "NOITE" }), { codigo: "ERRO-100" });
  assertEquals(le("ESPERA", "1", "", "E", { turno: "TARDE" }), { codigo: "ERRO-102" });
  assertEquals(le("AGEND", CPF, "", "E", "x", "y"), { codigo: "ERRO-104" });
});

teste(
  "OLA é lido em qualquer fio; em CLINICA/2 outra versão é ERRO-101 e sem versão, ERRO-100; em CLINICA/1, como era",
  () => {
    const casos: [string, PedidoLido | Erro][] = [
      ['["OLA","CLINICA/2"]', { comando: "OLA" }],
      ['["OLA","CLINICA/2",{}]', { comando: "OLA" }],
      ['["OLA","CLINICA/2",{"chave":"x"}]', { comando: "OLA", chave: "x" }],
      ['["OLA","CLINICA/1"]', { codigo: "ERRO-101" }],
      ['["OLA","CLINICA/3",{"o que vier":1}]', { codigo: "ERRO-101" }],
      ['["OLA"]', { codigo: "ERRO-100" }],
      ['["OLA",2]', { codigo: "ERRO-100" }],
      ['["OLA","CLINICA/2","x"]', { codigo: "ERRO-100" }],
      ['["OLA","CLINICA/2",{"key":"x"}]', { codigo: "ERRO-100" }],
    ];
    for (const [linha, lido] of casos) {
      assertEquals(decodificarPedido2(linha), lido, linha);
      assertEquals(lerOla(linha), "codigo" in lido ? undefined : lido, linha);
    }
    for (const linha of ['["OLA"]', '["OLA",""]', '["OLA","CLINICA/3"]', '["OLA","CLINICA/2","x"]']) {
      assertEquals(decodificarPedido(linha), { codigo: "ERRO-101" }, linha);
    }
    for (const linha of ['["PING"]', "OLA", "[]", '["ola","CLINICA/2"]', "null"]) {
      assertEquals(lerOla(linha), undefined, linha);
    }
  },
);

teste("em CLINICA/1 todo comando novo é ERRO-101, ou ERRO-100 se traz o que não é texto, como sempre", () => {
  const deSempre = ["AGEND", "BUSCA", "CANCEL", "VAGAS", "PING", "SAIR"];
  for (const { linha } of Object.values(EXEMPLOS)) {
    const { posicoes: [comando, ...resto] } = partesDe(linha);
    if (deSempre.includes(String(comando))) continue;
    assertEquals(decodificarPedido(JSON.stringify([comando, ...resto.map(String)])), { codigo: "ERRO-101" });
    assertEquals(decodificarPedido(JSON.stringify([comando, {}])), { codigo: "ERRO-100" });
  }
  for (const codigo of Object.keys(TEXTOS_2)) {
    if (/^OK-(303|30[6-9]|31\d)|ERRO-(11[5-9]|12[01])$/.test(codigo)) {
      assertStrictEquals(decodificarResposta(JSON.stringify([codigo, "x"])), undefined, codigo);
    }
  }
});
