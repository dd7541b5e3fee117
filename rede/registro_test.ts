/**
 * Testes do registro: o que cada evento diz, em texto e em JSON, o que nunca sai, e um console que demora ou que falha.
 *
 * @module
 */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { deadline } from "@std/async";
import {
  type Destino,
  type Evento,
  type Eventos,
  type Formato,
  iniciais,
  mascararCpf,
  Registro,
  type Volume,
} from "./registro.ts";

const CPF = "52998224725";
const NOME = "MARIA DA SILVA";

/** Um console na memória. `para` faz a próxima escrita esperar por `segue`; `quebra` faz todas falharem. */
class Console implements Destino {
  readonly escritas: string[] = [];
  #parado: PromiseWithResolvers<void> | undefined;
  #quebrado = false;
  #porVez = Infinity;

  async write(bytes: Uint8Array): Promise<number> {
    if (this.#quebrado) throw new Deno.errors.BrokenPipe("o console foi-se");
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
    this.#quebrado = true;
  }

  aosPoucos(bytes: number): void {
    this.#porVez = bytes;
  }

  get texto(): string {
    return this.escritas.join("");
  }
}

function novo(
  { formato = "texto", volume = "detalhado" }: { formato?: Formato; volume?: Volume } = {},
): { console: Console; registro: Registro } {
  const console = new Console();
  return { console, registro: new Registro({ formato, volume, fuso: "America/Sao_Paulo", destino: console }) };
}

/** Um exemplo de cada evento, com CPF e nome onde cabem. */
const EXEMPLOS: { [E in Evento]: Eventos[E] } = {
  pronto: {
    clinica: "Clínica de Saúde",
    versao: "1.2.3",
    banco: "clinica.db",
    endereco: "0.0.0.0",
    porta: 9000,
    alcance: ["em outra máquina: deno run -A cliente.ts 10.0.0.30"],
  },
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
  dia: {
    data: "30/11/2026",
    dia: "SEGUNDA-FEIRA",
    especialista: "CLINICO GERAL",
    agendados: [{ horario: "08:00", cpf: CPF, nome: NOME }],
  },
  orfao: { data: "30/11/2026", horario: "08:00", especialista: "CLINICO GERAL", cpf: CPF, nome: NOME },
  falha: { o_que: "um lote não pôde ser gravado", causa: "database or disk is full" },
  banco: { no_alcance: false, causa: "o banco está fora do alcance" },
  encerrando: { sinal: "SIGTERM", conexoes: 2 },
  encerrado: {},
};

function contaTudo(registro: Registro): void {
  registro.conta("pronto", EXEMPLOS.pronto);
  registro.conta("conectou", EXEMPLOS.conectou);
  registro.conta("saiu", EXEMPLOS.saiu);
  registro.conta("recusou", EXEMPLOS.recusou);
  registro.conta("pedido", EXEMPLOS.pedido);
  registro.conta("dia", EXEMPLOS.dia);
  registro.conta("orfao", EXEMPLOS.orfao);
  registro.conta("falha", EXEMPLOS.falha);
  registro.conta("banco", EXEMPLOS.banco);
  registro.conta("encerrando", EXEMPLOS.encerrando);
  registro.conta("encerrado", EXEMPLOS.encerrado);
}

/** Registra um teste que não precisa de nada. */
function teste(nome: string, fn: () => Promise<void> | void): void {
  Deno.test({ name: `registro: ${nome}`, permissions: "none", fn });
}

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
    assertEquals(console.texto.split("***.982.247-**").length - 1, 3, console.texto);
    assertEquals(console.texto.split("M. D. S.").length - 1, 3, console.texto);
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
      "10.0.0.7:5000 conectou",
      "10.0.0.7:5000 saiu depois de 1 pedido (sem pedidos por tempo demais)",
      "10.0.0.7:5000 recusado: já há 1000 conexões (--conexoes)",
      "10.0.0.7:5000 AGEND ***.982.247-** M. D. S. CLINICO GERAL 30/11/2026 08:00 -> OK-300",
      "CLINICO GERAL, SEGUNDA-FEIRA 30/11/2026: 1 agendado",
      "FALHA: um lote não pôde ser gravado (database or disk is full)",
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

teste("em json cada evento é uma linha com a hora, o nome do evento e os campos", async () => {
  const { console, registro } = novo({ formato: "json" });
  contaTudo(registro);
  await registro.fecha();
  const linhas = console.texto.trimEnd().split("\n").map((linha) => JSON.parse(linha));
  assertEquals(linhas.map(({ evento }) => evento), Object.keys(EXEMPLOS));
  for (const { quando } of linhas) Temporal.Instant.from(quando);
  assertEquals(linhas[4].especialista, "CLINICO GERAL");
  assertEquals(linhas[5].agendados, [{ horario: "08:00", cpf: "***.982.247-**", nome: "M. D. S." }]);
});

for (
  const [volume, esperados] of [
    ["detalhado", Object.keys(EXEMPLOS)],
    ["normal", Object.keys(EXEMPLOS)],
    ["quieto", ["pronto", "recusou", "orfao", "falha", "banco", "encerrando", "encerrado"]],
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
  registro.conta("conectou", { cliente: primeira });
  registro.conta("conectou", { cliente: "segunda" });
  console.segue();
  await registro.fecha();
  assertEquals(console.escritas.length, 2);
  assertEquals(
    console.texto.trimEnd().split("\n").map((linha) => JSON.parse(linha).cliente),
    [primeira, "segunda"],
  );
});

teste("além de 4 MiB à espera, as linhas novas são contadas e descartadas", async () => {
  const { console, registro } = novo();
  console.para();
  const mega = "x".repeat(1024 * 1024);
  for (let i = 0; i < 12; i++) registro.conta("conectou", { cliente: mega });
  console.segue();
  await registro.fecha();
  const aviso = /\((\d+) linhas descartadas: o console não as lia\)/.exec(console.texto);
  const sairam = console.texto.split(" conectou\n").length - 1;
  assertEquals(sairam + Number(aviso?.[1]), 12, "o descarte tem de ser contado");
  assert(sairam >= 5 && sairam <= 6, `${sairam} linhas de 1 MiB saíram`);
});

teste("um console que falha não faz o registro lançar, nem rejeitar", async () => {
  const { console, registro } = novo();
  console.quebra();
  registro.conta("conectou", { cliente: "x".repeat(64 * 1024) });
  // Uma rejeição que ninguém trata apareceria nesta volta do laço de eventos.
  await new Promise((segue) => setTimeout(segue));
  registro.conta("conectou", { cliente: "de novo" });
  await registro.fecha();
  assertEquals(console.escritas, []);
});

teste("um console que ninguém lê não segura o fim", async () => {
  const { console, registro } = novo();
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
    });
    await registro.fecha();
    assert(!/529\D?982\D?247\D?25/.test(console.texto), console.texto);
  });
}
