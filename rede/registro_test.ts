/**
 * Testes do registro: o que cada evento diz, em texto e em JSON, o que nunca sai, a cota do que os terminais provocam, e um
 * console que demora ou que falha.
 *
 * @module
 */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { deadline } from "@std/async";
import { type Evento, type Eventos, iniciais, mascararCpf } from "./eventos.ts";
import { type Destino, type OpcoesDoRegistro, Registro } from "./registro.ts";

const CPF = "52998224725";
const NOME = "MARIA DA SILVA";

/** Um console na memória. `para` faz a próxima escrita esperar por `segue`; `quebra` faz todas falharem. */
class Console implements Destino {
  readonly escritas: string[] = [];
  #parado: PromiseWithResolvers<void> | undefined;
  #quebrado: Error | undefined;
  #cheio = 0;
  #porVez = Infinity;

  async write(bytes: Uint8Array): Promise<number> {
    if (this.#quebrado !== undefined) throw this.#quebrado;
    if (this.#cheio > 0) {
      this.#cheio--;
      throw new Deno.errors.WouldBlock("cheio");
    }
    await this.#parado?.promise;
    const parte = bytes.subarray(0, this.#porVez);
    this.escritas.push(new TextDecoder().decode(parte));
    return parte.length;
  }

  para(): void {
    this.#parado = Promise.withResolvers();
  }

  segue(): void {
    this.#parado?.resolve();
    this.#parado = undefined;
  }

  quebra(): void {
    this.#quebrado = new Deno.errors.BrokenPipe("o console foi-se");
  }

  conserta(): void {
    this.#quebrado = undefined;
  }

  /** As próximas escritas não aceitam nada: um cano que não bloqueia, cheio. */
  enche(vezes: number): void {
    this.#cheio = vezes;
  }

  aosPoucos(bytes: number): void {
    this.#porVez = bytes;
  }

  get texto(): string {
    return this.escritas.join("");
  }
}

function novo(
  opcoes: Partial<OpcoesDoRegistro> = {},
): { console: Console; registro: Registro } {
  const console = new Console();
  const registro = new Registro({
    formato: "texto",
    volume: "detalhado",
    fuso: "America/Sao_Paulo",
    destino: console,
    relogio: () => 0,
    ...opcoes,
  });
  return { console, registro };
}

/** Um exemplo de cada evento que se conta, com CPF e nome onde cabem. */
const EXEMPLOS: { [E in Exclude<Evento, "omitidas">]: Eventos[E] } = {
  andamento: { o_que: "30% do livro" },
  pronto: {
    clinica: "Clínica de Saúde",
    versao: "1.2.3",
    banco: "clinica.db",
    endereco: "0.0.0.0",
    porta: 9000,
    alcance: ["em outra máquina: deno run -A cliente.ts 10.0.0.30"],
    acesso: "quem alcança esta porta pode tudo",
  },
  paginas: { porta: 9080, enderecos: ["em outra máquina: http://10.0.0.30:9080/"] },
  primeiro: { endereco: "http://localhost:9080/painel/entrar", codigo: "ABCD-EFGH-JKMN-PQRS" },
  conectou: { cliente: "10.0.0.7:5000" },
  saiu: { cliente: "10.0.0.7:5000", pedidos: 1, motivo: "sem pedidos por tempo demais" },
  recusou: { cliente: "10.0.0.7:5000", motivo: "já há 1000 conexões (--conexoes)" },
  pedido: {
    cliente: "10.0.0.7:5000",
    comando: "AGEND",
    codigo: "OK-300",
    cpf: CPF,
    nome: NOME,
    especialista: "CLINICO GERAL",
    data: "30/11/2026",
    horario: "08:00",
  },
  promocao: {
    o_que: "convidou",
    numero: 12,
    cpf: CPF,
    nome: NOME,
    especialista: "CLINICO GERAL",
    data: "30/11/2026",
    horario: "10:00",
    prazo: "30/11/2026 08:00",
  },
  semana: { arquivo: "clinica.json", mudancas: ["semanas: 4 -> 6", "mais data fechada: 25/12/2026"] },
  dia: {
    data: "30/11/2026",
    dia: "SEGUNDA-FEIRA",
    especialista: "CLINICO GERAL",
    agendados: [{ horario: "08:00", cpf: CPF, nome: NOME, situacao: "MARCADO" }],
  },
  orfao: {
    ...{ data: "30/11/2026", horario: "08:00", especialista: "CLINICO GERAL", cpf: CPF, nome: NOME },
    razao: "semana",
  },
  falha: { o_que: "um lote não pôde ser gravado", causa: "database or disk is full" },
  aviso: { o_que: "uma resposta a VAGAS pode ter 2 MiB" },
  trilha: { o_que: "cabeças: diario:recepcao.9f3a12bc:12:0" },
  banco: { no_alcance: false, causa: "o banco está fora do alcance" },
  encerrando: { sinal: "SIGTERM", conexoes: 2 },
  encerrado: {},
};

function contaTudo(registro: Registro): void {
  registro.contaAndamento(EXEMPLOS.andamento.o_que);
  registro.conta("pronto", EXEMPLOS.pronto);
  registro.conta("paginas", EXEMPLOS.paginas);
  registro.conta("primeiro", EXEMPLOS.primeiro);
  registro.conta("conectou", EXEMPLOS.conectou);
  registro.conta("saiu", EXEMPLOS.saiu);
  registro.conta("recusou", EXEMPLOS.recusou);
  registro.conta("pedido", EXEMPLOS.pedido);
  registro.conta("promocao", EXEMPLOS.promocao);
  registro.conta("semana", EXEMPLOS.semana);
  registro.conta("dia", EXEMPLOS.dia);
  registro.conta("orfao", EXEMPLOS.orfao);
  registro.contaFalha(EXEMPLOS.falha.o_que, EXEMPLOS.falha.causa);
  registro.conta("aviso", EXEMPLOS.aviso);
  registro.conta("trilha", EXEMPLOS.trilha);
  registro.conta("banco", EXEMPLOS.banco);
  registro.conta("encerrando", EXEMPLOS.encerrando);
  registro.conta("encerrado", EXEMPLOS.encerrado);
}

/** Registra um teste que não precisa de nada. */
function teste(nome: string, fn: () => Promise<void> | void): void {
  Deno.test({ name: `registro: ${nome}`, permissions: "none", fn });
}

teste("o que outro programa diz ao servidor não manda no terminal, nem faz linhas", async () => {
  for (const formato of ["texto", "json"] as const) {
    const { console, registro } = novo({ formato });
    registro.conta("aviso", { o_que: "um\n\x1b[2Jdois\x9b" });
    registro.contaFalha("o banco", "ERRO\n12:00:00  tudo bem\x9b2J");
    registro.conta("banco", { no_alcance: false, causa: "x\n\x9b" });
    await registro.fecha();
    const linhas = console.texto.trimEnd().split("\n");
    assertEquals(linhas.length, 3, console.texto);
    for (const linha of linhas) assertStringIncludes(linha, "?");
    assert(!["\x1b", "\x9b"].some((controle) => console.texto.includes(controle)), console.texto);
  }
});

teste("um CPF perde as pontas e um nome fica nas iniciais", () => {
  assertEquals(mascararCpf(CPF), "***.982.247-**");
  assertEquals(iniciais(NOME), "M. D. S.");
  assertEquals(iniciais("ÉRICA"), "É.");
  assertEquals(iniciais("𝒜NA LIMA"), "𝒜. L.");
});

for (const formato of ["texto", "json"] as const) {
  teste(`nenhum evento em ${formato} mostra um CPF ou um nome inteiro`, async () => {
    const { console, registro } = novo({ formato });
    contaTudo(registro);
    await registro.fecha();
    for (const segredo of [CPF, "529.982.247-25", NOME, "MARIA", "SILVA"]) {
      assert(!console.texto.includes(segredo), `${segredo} apareceu:\n${console.texto}`);
    }
    assertEquals(console.texto.split("***.982.247-**").length - 1, 4, console.texto);
    assertEquals(console.texto.split("M. D. S.").length - 1, 4, console.texto);
  });
}

teste("em texto cada evento é uma frase com a hora da clínica", async () => {
  const { console, registro } = novo();
  contaTudo(registro);
  await registro.fecha();
  const linhas = console.texto.split("\n");
  assertStringIncludes(console.texto, "Clínica de Saúde 1.2.3: servidor no ar, porta 9000, livro clinica.db");
  assertStringIncludes(console.texto, "deno run -A cliente.ts 10.0.0.30");
  for (
    const frase of [
      "30% do livro",
      "10.0.0.7:5000 conectou",
      "10.0.0.7:5000 saiu depois de 1 pedido (sem pedidos por tempo demais)",
      "10.0.0.7:5000 recusado: já há 1000 conexões (--conexoes)",
      "10.0.0.7:5000 AGEND ***.982.247-** M. D. S. CLINICO GERAL 30/11/2026 08:00 -> OK-300",
      "lista de espera: convidou ***.982.247-** M. D. S. CLINICO GERAL 30/11/2026 10:00, até 30/11/2026 08:00",
      "CLINICO GERAL, SEGUNDA-FEIRA 30/11/2026: 1 agendado",
      "FALHA: um lote não pôde ser gravado (database or disk is full)",
      "ATENÇÃO: uma resposta a VAGAS pode ter 2 MiB",
      "SIGTERM: encerrando; 2 conexões abertas",
      "encerrado; o livro está fechado",
    ]
  ) {
    const linha = linhas.find((linha) => linha.endsWith(`  ${frase}`));
    assert(linha !== undefined, `falta "${frase}" em:\n${console.texto}`);
    assertMatch(linha, /^\d{2}:\d{2}:\d{2} {2}/);
  }
  assertMatch(console.texto, /ATENÇÃO: CLINICO GERAL 30\/11\/2026 08:00 \(\*{3}\.982\.247-\*{2} M\. D\. S\.\)/);
});

const DE_QUEM = {
  cliente: "10.0.0.7:5000",
  codigo: "OK-306",
  cpf: CPF,
  nome: NOME,
  especialista: "GERIATRIA",
} as const;
const COM_ANA = { ...DE_QUEM, profissional: "Dra. Ana", data: "30/11/2026", horario: "08:00" } as const;

for (
  const [campos, frase] of [
    [
      { ...COM_ANA, comando: "AGEND", encaixe: true },
      "AGEND ***.982.247-** M. D. S. GERIATRIA Dra. Ana 30/11/2026 08:00 ENCAIXE -> OK-306",
    ],
    [
      { ...COM_ANA, comando: "REMARC", numero: 4, de: { data: "07/12/2026", horario: "09:00" } },
      "REMARC ***.982.247-** M. D. S. GERIATRIA Dra. Ana 07/12/2026 09:00 -> 30/11/2026 08:00 -> OK-306",
    ],
    [
      { ...COM_ANA, comando: "SITUA", situacao: "CHEGOU", senha: "A001" },
      "SITUA ***.982.247-** M. D. S. GERIATRIA Dra. Ana 30/11/2026 08:00 CHEGOU A001 -> OK-306",
    ],
    [
      {
        cliente: "10.0.0.7:5000",
        comando: "FECHA",
        codigo: "OK-312",
        numero: 7,
        data: "24/12/2026",
        ate: "31/12/2026",
      },
      "FECHA 7 24/12/2026 a 31/12/2026 -> OK-312",
    ],
    [
      { cliente: "10.0.0.7:5000", comando: "FECHA", codigo: "ERRO-103", data: "24/12/2026", fim: "12:00" },
      "FECHA 24/12/2026 00:00-12:00 -> ERRO-103",
    ],
    [{
      ...{ cliente: "10.0.0.7:5000", comando: "EXTRA", codigo: "OK-313", numero: 8, especialista: "GERIATRIA" },
      ...{ profissional: "Dra. Ana", data: "24/12/2026", inicio: "08:00", fim: "09:00", vagas: 2, minutos: 30 },
    }, "EXTRA 8 GERIATRIA Dra. Ana 24/12/2026 08:00-09:00 2 x 30 min -> OK-313"],
  ] as const
) {
  teste(`em texto, ${frase}`, async () => {
    const { console, registro } = novo();
    registro.conta("pedido", campos);
    await registro.fecha();
    assertEquals(console.texto.slice("00:00:00  ".length), `10.0.0.7:5000 ${frase}\n`);
  });
}

teste("em texto, o que se dá e se tira a quem espera, e o que ninguém pediu", async () => {
  const { console, registro } = novo();
  const { prazo: _, ...marcou } = { ...EXEMPLOS.promocao, profissional: "Dra. Ana" };
  registro.conta("promocao", { ...marcou, o_que: "marcou" });
  registro.conta("promocao", { ...marcou, o_que: "moveu", de: { data: "07/12/2026", horario: "09:00" } });
  registro.conta("promocao", { ...marcou, o_que: "venceu" });
  registro.conta("pedido", { ...COM_ANA, cliente: undefined, comando: "SITUA", situacao: "FALTOU" });
  await registro.fecha();
  assertEquals(console.texto.replaceAll(/^\d\d:\d\d:\d\d {2}/gm, "").split("\n"), [
    "lista de espera: marcou ***.982.247-** M. D. S. CLINICO GERAL Dra. Ana 30/11/2026 10:00",
    "lista de espera: moveu ***.982.247-** M. D. S. CLINICO GERAL Dra. Ana 07/12/2026 09:00 -> 30/11/2026 10:00",
    "lista de espera: venceu o convite de ***.982.247-** M. D. S. CLINICO GERAL Dra. Ana 30/11/2026 10:00",
    "o próprio servidor SITUA ***.982.247-** M. D. S. GERIATRIA Dra. Ana 30/11/2026 08:00 FALTOU -> OK-306",
    "",
  ]);
});

teste("o que o próprio servidor faz também tem cota, e diz-se quanto ficou de fora", async () => {
  const { console, registro } = novo();
  for (let i = 0; i < 5000; i++) registro.conta("promocao", EXEMPLOS.promocao);
  await registro.fecha();
  assert(console.texto.length < 250_000);
  assertMatch(console.texto, / {2}mais [\d.]+ mudanças do próprio servidor não foram contadas\n/);
});

teste("em texto, a lista de um profissional diz o que não é de costume", async () => {
  const { console, registro } = novo();
  const um = { cpf: CPF, nome: NOME, especialista: "GERIATRIA" };
  registro.conta("dia", {
    ...{ data: "30/11/2026", dia: "SEGUNDA-FEIRA", profissional: "Dra. Ana" },
    agendados: [
      { ...um, horario: "08:00", situacao: "MARCADO", local: "Sala 1" },
      { ...um, horario: "08:10", situacao: "CHEGOU", local: "Sala 1", senha: "A001", encaixe: true },
    ],
  });
  registro.conta("dia", {
    ...{ data: "30/11/2026", dia: "SEGUNDA-FEIRA", profissional: "Dra. Ana" },
    agendados: [
      { ...um, horario: "08:00", situacao: "FALTOU" },
      { ...um, especialista: "CLINICO", horario: "09:00", situacao: "MARCADO" },
    ],
  });
  await registro.fecha();
  assertEquals(console.texto.replaceAll(/^\d\d:\d\d:\d\d {2}/gm, "").split("\n"), [
    "Dra. Ana, SEGUNDA-FEIRA 30/11/2026: 2 agendados",
    "            08:00  ***.982.247-**  M. D. S.  Sala 1",
    "            08:10  ***.982.247-**  M. D. S.  Sala 1  encaixe  A001  CHEGOU",
    "Dra. Ana, SEGUNDA-FEIRA 30/11/2026: 2 agendados",
    "            08:00  ***.982.247-**  M. D. S.  GERIATRIA  FALTOU",
    "            09:00  ***.982.247-**  M. D. S.  CLINICO",
    "",
  ]);
});

teste("em texto, uma semana nova e os que ficam de fora", async () => {
  const { console, registro } = novo();
  registro.conta("semana", EXEMPLOS.semana);
  registro.conta("semana", { arquivo: "outra.json", mudancas: [] });
  registro.conta("orfao", { ...EXEMPLOS.orfao, profissional: "Dra. Ana", razao: "fechado" });
  registro.conta("orfao", { ...EXEMPLOS.orfao, razao: "profissional" });
  await registro.fecha();
  assertEquals(console.texto.replaceAll(/^\d\d:\d\d:\d\d {2}/gm, "").split("\n"), [
    "clinica.json: outra semana passou a valer",
    "            semanas: 4 -> 6",
    "            mais data fechada: 25/12/2026",
    "outra.json: lido de novo; a semana é a mesma",
    "ATENÇÃO: CLINICO GERAL, Dra. Ana, 30/11/2026 08:00 (***.982.247-** M. D. S.) está marcado numa hora que se fechou; " +
    "avise o paciente",
    "ATENÇÃO: CLINICO GERAL 30/11/2026 08:00 (***.982.247-** M. D. S.) está marcado sem dizer com quem, e a " +
    "especialidade agora o diz; remarque-o",
    "",
  ]);
});

teste("a hora das linhas segue o fuso, também quando muda no mesmo segundo", async () => {
  const { console, registro } = novo();
  registro.conta("conectou", { cliente: "a" });
  registro.fuso = "Asia/Tokyo";
  registro.conta("conectou", { cliente: "b" });
  await registro.fecha();
  const [antes, depois] = console.texto.split("\n").map((linha) => Number(linha.slice(0, 2)));
  assertEquals((depois - antes + 24) % 24, 12);
});

teste("o que se conta já está escrito antes de voltar, e um console que falha não o impede", async () => {
  const { console, registro } = novo();
  const escritas: string[] = [];
  const destino: Destino = {
    write: (bytes) => console.write(bytes),
    writeSync(bytes): number {
      const alguns = bytes.subarray(0, 10);
      escritas.push(new TextDecoder().decode(alguns));
      return alguns.length;
    },
  };
  const sincrono = novo({ destino }).registro;
  sincrono.conta("conectou", { cliente: "antes" });
  sincrono.contaAndamento("30% do livro");
  assertMatch(escritas.join(""), /antes conectou\n.*30% do livro\n$/s);
  const semConsole = novo({
    destino: {
      ...destino,
      writeSync(): number {
        throw new Deno.errors.BrokenPipe("foi-se");
      },
    },
  }).registro;
  semConsole.contaAndamento("30% do livro");
  registro.contaAndamento("sem escrita síncrona, espera como as outras");
  await Promise.all([sincrono, semConsole, registro].map((um) => um.fecha()));
  assertMatch(console.texto, /espera como as outras/);
});

teste("em json cada evento é uma linha com a hora, o nome do evento e os campos", async () => {
  const { console, registro } = novo({ formato: "json" });
  contaTudo(registro);
  await registro.fecha();
  const linhas = console.texto.trimEnd().split("\n").map((linha) => JSON.parse(linha));
  assertEquals(linhas.map(({ evento }) => evento), Object.keys(EXEMPLOS));
  for (const { quando } of linhas) Temporal.Instant.from(quando);
  assertEquals(linhas[7].especialista, "CLINICO GERAL");
  const agendado = { horario: "08:00", cpf: "***.982.247-**", nome: "M. D. S.", situacao: "MARCADO" };
  assertEquals(linhas[10].agendados, [agendado]);
});

for (
  const [volume, esperados] of [
    ["detalhado", Object.keys(EXEMPLOS)],
    ["normal", Object.keys(EXEMPLOS)],
    ["quieto", [
      "andamento",
      "pronto",
      "paginas",
      "primeiro",
      "recusou",
      "semana",
      "orfao",
      "falha",
      "aviso",
      "trilha",
      "banco",
      "encerrando",
      "encerrado",
    ]],
  ] as const
) {
  teste(`o volume ${volume} conta ${esperados.join(", ")}`, async () => {
    const { console, registro } = novo({ formato: "json", volume });
    contaTudo(registro);
    await registro.fecha();
    assertEquals(console.texto.trimEnd().split("\n").map((linha) => JSON.parse(linha).evento), [...esperados]);
  });
}

teste("muitas linhas saem numa só escrita", async () => {
  const { console, registro } = novo();
  for (let i = 0; i < 100; i++) registro.conta("conectou", { cliente: `10.0.0.7:${5000 + i}` });
  assertEquals(console.escritas, [], "registrar não escreve na hora");
  await registro.fecha();
  assertEquals(console.escritas.length, 1);
  assertEquals(console.texto.trimEnd().split("\n").length, 100);
});

teste("um console que aceita poucos bytes por vez recebe tudo, na ordem", async () => {
  const { console, registro } = novo({ formato: "json" });
  console.aosPoucos(7);
  for (let i = 0; i < 5; i++) registro.conta("conectou", { cliente: `c${i}` });
  await registro.fecha();
  assertEquals(console.texto.trimEnd().split("\n").map((linha) => JSON.parse(linha).cliente), [
    "c0",
    "c1",
    "c2",
    "c3",
    "c4",
  ]);
});

teste("o que chega durante uma escrita sai na seguinte, na ordem", async () => {
  const { console, registro } = novo({ formato: "json" });
  console.para();
  const primeira = "x".repeat(64 * 1024);
  registro.conta("aviso", { o_que: primeira });
  registro.conta("aviso", { o_que: "segunda" });
  console.segue();
  await registro.fecha();
  assertEquals(console.escritas.length, 2);
  assertEquals(
    console.texto.trimEnd().split("\n").map((linha) => JSON.parse(linha).o_que),
    [primeira, "segunda"],
  );
});

teste("além de 4 MiB à espera, as linhas novas são contadas e descartadas", async () => {
  const { console, registro } = novo();
  console.para();
  const mega = "x".repeat(1024 * 1024);
  for (let i = 0; i < 12; i++) registro.conta("aviso", { o_que: mega });
  console.segue();
  await registro.fecha();
  const aviso = /\((\d+) linhas descartadas: o console não as lia\)/.exec(console.texto);
  const sairam = console.texto.split("ATENÇÃO: x").length - 1;
  assertEquals(sairam + Number(aviso?.[1]), 12, "o descarte tem de ser contado");
  assert(sairam >= 5 && sairam <= 6, `${sairam} linhas de 1 MiB saíram`);
});

teste("um console que falha não faz o registro lançar, nem rejeitar", async () => {
  const { console, registro } = novo();
  console.quebra();
  registro.conta("aviso", { o_que: "x".repeat(64 * 1024) });
  // Uma rejeição que ninguém trata apareceria nesta volta do laço de eventos.
  await new Promise((segue) => setTimeout(segue));
  registro.conta("conectou", { cliente: "de novo" });
  await registro.fecha();
  assertEquals(console.escritas, []);
});

teste("um console que ninguém lê não segura o fim", async () => {
  const { console, registro } = novo({ esperaDoFim: 10 });
  console.para();
  registro.conta("conectou", { cliente: "10.0.0.7:5000" });
  await deadline(registro.fecha(), 20_000);
  assertEquals(console.escritas, []);
  console.segue();
});

teste("o que um pedido recusado traz não manda no terminal de quem lê, nem o enche", async () => {
  const { console, registro } = novo();
  registro.conta("pedido", {
    cliente: "10.0.0.7:5000",
    comando: "AGEND",
    codigo: "ERRO-103",
    cpf: CPF,
    nome: NOME,
    especialista: "\x1b[2J\x07\u202eMEDICO\u0000\r\nfalso conectou" + "Z".repeat(5000),
    data: "\x9b31m30/11/2026",
  });
  await registro.fecha();
  assertEquals(console.texto.split("\n").length, 2, "uma linha só");
  assert(!/\p{C}/u.test(console.texto.trimEnd()), JSON.stringify(console.texto));
  assert(console.texto.length < 300);
  assertStringIncludes(console.texto, "MEDICO??");
  assertStringIncludes(console.texto, "-> ERRO-103");
});

for (const formato of ["texto", "json"] as const) {
  teste(`um CPF escrito no campo errado de um pedido recusado também sai mascarado em ${formato}`, async () => {
    const { console, registro } = novo({ formato });
    registro.conta("pedido", {
      cliente: "10.0.0.7:5000",
      comando: "AGEND",
      codigo: "ERRO-103",
      cpf: CPF,
      nome: "529.982.247-25",
      especialista: `MEDICO ${CPF}`,
      data: "529.982.247-25",
      horario: "529 982 247 25",
      profissional: `DRA. ${CPF}`,
      ate: CPF,
    });
    await registro.fecha();
    assert(!/529\D?982\D?247\D?25/.test(console.texto), console.texto);
  });
}

/** Uma recusa como um terminal hostil a provoca: o mais que cabe numa linha do fio. */
const RECUSA = {
  cliente: "10.0.0.7:5000",
  comando: "CANCEL",
  codigo: "ERRO-113",
  cpf: CPF,
  especialista: "\u3042\x1b".repeat(4000),
};

const MUDANCA = { ...EXEMPLOS.pedido, cliente: "10.0.0.8:6000" };

/** As linhas de um registro em JSON, como objetos. */
function lidas(console: Console): Record<string, unknown>[] {
  return console.texto.trimEnd().split("\n").map((linha) => JSON.parse(linha));
}

for (const formato of ["texto", "json"] as const) {
  teste(
    `o que os terminais provocam não passa de 250 000 bytes num segundo em ${formato}, e o resto é somado`,
    async () => {
      let agora = 0;
      const { console, registro } = novo({ formato, relogio: () => agora });
      const PASSOS = 100;
      let contadas = 0;
      for (let segundo = 0; segundo < 5; segundo++) {
        const antes = console.texto.length;
        for (let passo = 0; passo < PASSOS; passo++) {
          agora += 1000 / PASSOS;
          for (let i = 0; i < 20; i++) registro.conta("pedido", RECUSA);
          registro.conta("conectou", { cliente: "10.0.0.7:5000" });
          registro.conta("saiu", { cliente: "10.0.0.7:5000", pedidos: 1 });
          if (registro.cabeUmaLista) {
            const agendados = Array.from({ length: 20 }, () => EXEMPLOS.dia.agendados[0]);
            registro.conta("dia", { ...EXEMPLOS.dia, agendados });
          }
        }
        registro.confere();
        await registro.fecha();
        const bytes = new TextEncoder().encode(console.texto.slice(antes)).length;
        assert(bytes <= 250_000, `${bytes} bytes no segundo ${segundo}`);
        assert(segundo === 0 || bytes <= 140_000, `${bytes} bytes no segundo ${segundo}`);
        assert(bytes > 100_000, `${bytes} bytes no segundo ${segundo}: a cota sobra`);
      }
      if (formato === "json") {
        for (const { evento, recusas, idas_e_vindas } of lidas(console)) {
          if (evento === "omitidas") contadas += Number(recusas) + Number(idas_e_vindas ?? 0);
          else if (evento !== "dia") contadas++;
        }
        assertEquals(contadas, 5 * PASSOS * 22, "cada linha ou saiu ou foi somada");
      } else {
        assertMatch(console.texto, / {2}mais 1\.\d{3} recusas e \d+ idas e vindas de 10\.0\.0\.7 não foram contadas\n/);
      }
    },
  );
}

/** Os códigos de uma mudança feita. */
const DE_MUDANCA = [
  ...["OK-300", "OK-301", "OK-303", "OK-306", "OK-307", "OK-308", "OK-309", "OK-312", "OK-313", "OK-314"],
];

teste("nenhuma mudança confirmada fica de fora por causa de recusas", async () => {
  let agora = 0;
  const { console, registro } = novo({ formato: "json", relogio: () => agora });
  let mudancas = 0;
  for (agora = 0; agora < 5000; agora += 5) {
    for (let i = 0; i < 50; i++) registro.conta("pedido", RECUSA);
    registro.conta("pedido", { ...MUDANCA, codigo: DE_MUDANCA[mudancas++ % DE_MUDANCA.length] });
  }
  await registro.fecha();
  const contadas = lidas(console).filter(({ codigo }) => DE_MUDANCA.includes(String(codigo)));
  assertEquals(contadas.length, mudancas);
  assert(lidas(console).some(({ evento }) => evento === "omitidas"));
});

teste("mudanças demais para a cota também são somadas, por quem as pediu", async () => {
  const { console, registro } = novo();
  for (let i = 0; i < 3000; i++) registro.conta("pedido", MUDANCA);
  await registro.fecha();
  const sairam = console.texto.split("-> OK-300").length - 1;
  assert(sairam > 500, `${sairam}`);
  const somadas = / {2}mais (\d)\.(\d{3}) mudanças de 10\.0\.0\.8 não foram contadas\n$/.exec(console.texto);
  assertEquals(sairam + Number(`${somadas?.[1]}${somadas?.[2]}`), 3000);
});

teste("uma só que fica de fora é uma; com outras espécies, são várias", async () => {
  const { console, registro } = novo();
  while (!/recusa/.test(console.texto)) {
    registro.conta("pedido", RECUSA);
    await registro.fecha();
  }
  registro.conta("recusou", { cliente: "[2001:db8::1]:5000", motivo: "já há 1000 conexões" });
  registro.conta("pedido", { ...RECUSA, cliente: "[2001:db8::1]:5001" });
  registro.conta("pedido", { ...RECUSA, cliente: "[2001:db8::1]:5002", codigo: "OK-302" });
  await registro.fecha();
  assertMatch(console.texto, / {2}mais 1 recusa de 10\.0\.0\.7 não foi contada\n/);
  assertStringIncludes(
    console.texto,
    "  mais 1 recusa, 1 consulta e 1 ida ou vinda de [2001:db8::1] não foram contadas\n",
  );
});

teste("muitas origens são ditas vinte por segundo, e além de mil numa só conta", async () => {
  let agora = 0;
  const { console, registro } = novo({ formato: "json", relogio: () => agora });
  for (let i = 0; i < 5000; i++) registro.conta("conectou", { cliente: `10.0.${i >> 8}.${i & 255}:5000` });
  const omitidas = (): Record<string, unknown>[] => lidas(console).filter(({ evento }) => evento === "omitidas");
  agora += 1000;
  registro.confere();
  registro.conta("aviso", { o_que: "x".repeat(64 * 1024) });
  await new Promise((segue) => setTimeout(segue));
  assertEquals(omitidas().length, 20);
  await registro.fecha();
  assertEquals(omitidas().length, 1001);
  assertEquals(omitidas().at(-1)?.origem, "outros endereços");
  const somadas = omitidas().reduce((soma, { idas_e_vindas }) => soma + Number(idas_e_vindas), 0);
  assertEquals(somadas + lidas(console).filter(({ evento }) => evento === "conectou").length, 5000);
});

teste("da mesma falha sai uma linha por segundo, com quantas vezes mais", async () => {
  let agora = 0;
  const { console, registro } = novo({ relogio: () => agora });
  for (let i = 0; i < 1000; i++) {
    registro.contaFalha("um lote não pôde ser gravado", `disco cheio ${i}`);
    if (i % 100 === 0) registro.contaFalha("o livro não pôde ser lido", "disco ruim");
    agora += 3;
    if (i % 300 === 299) registro.confere();
  }
  await registro.fecha();
  const frases = console.texto.trimEnd().split("\n").map((linha) => linha.slice(10));
  assertEquals(frases, [
    "FALHA: um lote não pôde ser gravado (disco cheio 0)",
    "FALHA: o livro não pôde ser lido (disco ruim)",
    "FALHA: um lote não pôde ser gravado (disco cheio 334), e mais 333 vezes",
    "FALHA: o livro não pôde ser lido (disco ruim), e mais 3 vezes",
    "FALHA: um lote não pôde ser gravado (disco cheio 668), e mais 333 vezes",
    "FALHA: o livro não pôde ser lido (disco ruim), e mais 3 vezes",
    "FALHA: um lote não pôde ser gravado (disco cheio 999), e mais 330 vezes",
    "FALHA: o livro não pôde ser lido (disco ruim)",
  ]);
});

for (const formato of ["texto", "json"] as const) {
  teste(`o que um livro antigo guarda sai curto e inofensivo em ${formato}`, async () => {
    const { console, registro } = novo({ formato });
    const nome = "\u2028FALSO \u202eOUTRO \u3164 \x9bX" + " Y".repeat(300);
    const especialista = "CARDIO\u2029LOGIA\u200b" + "Z".repeat(1000);
    registro.conta("pedido", { ...MUDANCA, nome, especialista });
    registro.conta("dia", {
      ...EXEMPLOS.dia,
      especialista,
      agendados: [{ horario: "08:00", cpf: CPF, nome, situacao: "MARCADO" }],
    });
    registro.conta("orfao", { ...EXEMPLOS.orfao, especialista, nome });
    await registro.fecha();
    assertEquals(console.texto.split("\n").length, formato === "json" ? 4 : 5);
    assert(!/[\p{C}\u2028\u2029\u3164]/u.test(console.texto.replaceAll("\n", "")), JSON.stringify(console.texto));
    assertStringIncludes(console.texto, "CARDIO?LOGIA?ZZZ");
    assertStringIncludes(console.texto, "?. ?. ?. ?. Y.");
    for (const linha of console.texto.split("\n")) assert(linha.length < 700, linha);
  });
}

teste("um console que não lê o json recebe a conta do descarte também em json", async () => {
  const { console, registro } = novo({ formato: "json" });
  console.para();
  for (let i = 0; i < 12; i++) registro.conta("aviso", { o_que: "x".repeat(1024 * 1024) });
  console.segue();
  await registro.fecha();
  assertMatch(String(lidas(console).at(-1)?.o_que), /^\d+ linhas descartadas: o console não as lia$/);
});

teste("um cano que não bloqueia, cheio, espera-se: nenhuma linha se perde", async () => {
  const { console, registro } = novo();
  console.enche(3);
  for (let i = 0; i < 300; i++) registro.conta("orfao", { ...EXEMPLOS.orfao, horario: `${i}` });
  await registro.fecha();
  assertEquals(console.texto.trimEnd().split("\n").length, 300);
  for (const escrita of console.escritas) {
    assert(
      escrita.length <= 4096 && escrita.endsWith("\n"),
      "linhas inteiras, num pedaço que o cano aceita de uma vez",
    );
  }
});

for (const formato of ["texto", "json"] as const) {
  teste(
    `o que o console não recebeu é contado quando ele volta, e nenhuma linha sai colada a outra, em ${formato}`,
    async () => {
      const { console, registro } = novo({ formato });
      console.aosPoucos(30);
      registro.conta("orfao", EXEMPLOS.orfao);
      const quebra = console.write.bind(console);
      let escritas = 0;
      console.write = (bytes) => {
        if (++escritas === 2) console.quebra();
        return quebra(bytes);
      };
      await registro.fecha();
      console.conserta();
      console.write = quebra;
      registro.conta("conectou", EXEMPLOS.conectou);
      await registro.fecha();
      const linhas = console.texto.trimEnd().split("\n");
      assertEquals(linhas.length, 3, console.texto);
      assertMatch(linhas[1], /conectou/);
      assertMatch(linhas[2], /1 linhas descartadas/);
      if (formato === "json") { for (const linha of linhas.slice(1)) JSON.parse(linha); }
    },
  );
}
