/**
 * Testes de `terminal/argumentos.ts`, todos puros.
 *
 * @module
 */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { type Chamada, lerChamada } from "./argumentos.ts";
import { type Inteira, INTEIRAS } from "./formas.ts";
import type { PedidoNoFio2 } from "../fio/clinica2.ts";
import { codificarPedido2, decodificarPedido2 } from "../fio/pedidos.ts";

const CPF = "52998224725";
const CPF_COM_ZERO = "01234567890";

function teste(nome: string, fn: () => void): void {
  Deno.test(nome, { permissions: "none" }, fn);
}

function enderecoDe(...args: string[]): string {
  const chamada = lerChamada(args);
  return "endereco" in chamada ? `${chamada.endereco.host} ${chamada.endereco.porta}` : erroDe(chamada);
}

function erroDe(chamada: Chamada): string {
  return chamada.tipo === "uso" ? chamada.mensagem : `não é erro: ${chamada.tipo}`;
}

teste("o servidor é localhost:9000, ou o que se diz antes do comando", () => {
  assertEquals(enderecoDe(), "localhost 9000");
  assertEquals(enderecoDe("vagas"), "localhost 9000");
  assertEquals(enderecoDe("10.0.0.30"), "10.0.0.30 9000");
  assertEquals(enderecoDe("10.0.0.30", "9100", "vagas"), "10.0.0.30 9100");
  assertEquals(enderecoDe("clinica.local", "vagas"), "clinica.local 9000");
  assertEquals(enderecoDe("clinica.local:9100"), "clinica.local 9100");
});

teste("um endereço IPv6 vale com e sem colchetes, e com porta", () => {
  assertEquals(enderecoDe("::1"), "::1 9000");
  assertEquals(enderecoDe("::1", "9100", "vagas"), "::1 9100");
  assertEquals(enderecoDe("[::1]"), "::1 9000");
  assertEquals(enderecoDe("[::1]:9100", "vagas"), "::1 9100");
  assertEquals(enderecoDe("fe80::1%eth0"), "fe80::1%eth0 9000");
});

teste("um endereço ou uma porta que não serve é dito", () => {
  for (const porta of ["0", "65536", "90a", "999999"]) {
    assertStringIncludes(enderecoDe("localhost", porta), `porta inválida: ${porta}`);
  }
  assertStringIncludes(enderecoDe("localhost:abc"), "porta inválida");
  assertStringIncludes(enderecoDe("localhost:9000", "9100"), "duas vezes");
  assertStringIncludes(enderecoDe("[::1"), "não é comando nem endereço");
  assertStringIncludes(enderecoDe("[]"), "não é comando nem endereço");
  assertStringIncludes(enderecoDe("maria da silva"), "não é comando nem endereço");
  assertStringIncludes(enderecoDe(""), "não é comando nem endereço");
});

teste("com uma porta depois, ou entre colchetes, uma palavra que parece um comando é o servidor", () => {
  for (const nome of ["agenda", "busca", "vagas1", "vagas", "buscar"]) {
    assertEquals(enderecoDe(nome, "9100"), `${nome} 9100`);
    assertEquals(enderecoDe(nome, "9100", "vagas"), `${nome} 9100`);
    assertEquals(enderecoDe(`${nome}:1`), `${nome} 1`);
    assertEquals(enderecoDe(`[${nome}]`), `${nome} 9000`);
    assertEquals(enderecoDe(`[${nome}]:9100`, "buscar", "--cpf", CPF), `${nome} 9100`);
    assertEquals(enderecoDe(`[${nome}]`, "9100"), `${nome} 9100`);
  }
  assertEquals(enderecoDe("[10.0.0.30]"), "10.0.0.30 9000");
});

teste("uma palavra que tanto pode ser um comando como um servidor é o comando, e se diz como seria o servidor", () => {
  const chamada = lerChamada(["vagas"]);
  assertEquals("comando" in chamada && chamada.comando.nome, "vagas");
  for (const args of [["agend"], ["busca", "vagas"], ["busca", CPF], ["vagas1", "vagas"], ["busca", "99999"]]) {
    const erro = erroDe(lerChamada(args));
    assertStringIncludes(erro, "queria dizer");
    assertStringIncludes(erro, `Se "${args[0]}" é o servidor, escreva "${args[0]} 9000" ou "[${args[0]}]"`);
  }
  for (const servidor of ["vagas", "agenda"]) {
    assertStringIncludes(
      erroDe(lerChamada([servidor, "buscar"])),
      `Se "${servidor}" é o servidor, escreva "${servidor} 9000" ou "[${servidor}]"`,
    );
  }
  assertStringIncludes(erroDe(lerChamada(["vagas", CPF])), `sobra na linha de comando: ${CPF}`);
});

teste("um comando a até duas letras de um verdadeiro é engano, e recebe a sugestão", () => {
  const enganos = { bsucar: "buscar", agendr: "agendar", cancela: "cancelar", vaga: "vagas", VAGA: "vagas" };
  for (const [escrito, certo] of Object.entries(enganos)) {
    assertStringIncludes(erroDe(lerChamada([escrito])), `queria dizer "${certo}"`);
  }
  assertStringIncludes(
    erroDe(lerChamada(["10.0.0.30", "reservar"])),
    "comando desconhecido: reservar; queria dizer",
  );
  assertStringIncludes(erroDe(lerChamada(["marcar", "--cpf", CPF])), 'queria dizer "agendar"');
  assertStringIncludes(erroDe(lerChamada(["10.0.0.30", "lista"])), 'queria dizer "agenda"');
});

teste("opções: desconhecida, sem valor, a mais, a menos e fora do comando são erros de uso", () => {
  const erros: [string[], string][] = [
    [["buscar", "--cfp", CPF], "opção desconhecida: --cfp; queria dizer --cpf?"],
    [["buscar", "--constructor", "x"], "opção desconhecida: --constructor"],
    [["buscar", "--cpf"], "falta o valor de --cpf"],
    [["buscar"], "buscar precisa de --cpf"],
    [["agendar", "--cpf", CPF], "agendar precisa de --nome, --especialista"],
    [["buscar", "--cpf", CPF, "--data", "01/01/2027"], "--data não se usa em buscar"],
    [["buscar", "--cpf", CPF, "maria", "silva"], "sobra na linha de comando: maria silva"],
    [["--cpf", CPF], "falta o comando"],
    [["--json"], "falta o comando"],
    [["vagas", "--json=1"], '--json não leva valor: veio "--json=1"'],
  ];
  for (const [args, esperado] of erros) assertStringIncludes(erroDe(lerChamada(args)), esperado);
  assertEquals(erroDe(lerChamada(["vagas", "-5"])), "opção desconhecida: -5", "um número não é o engano de uma opção");
});

teste("um CPF que começa por zero fica inteiro", () => {
  for (const args of [["buscar", "--cpf", CPF_COM_ZERO], ["buscar", `--cpf=${CPF_COM_ZERO}`]]) {
    const chamada = lerChamada(args);
    assertEquals("comando" in chamada && chamada.comando, { nome: "buscar", cpf: CPF_COM_ZERO });
  }
});

teste("um comando com um número atrás abre o menu daquele servidor, e diz que podia não ser isso", () => {
  const duvidaDe = (...args: string[]): string => {
    const chamada = lerChamada(args);
    return chamada.tipo === "menu" ? chamada.duvida ?? "" : `não é o menu: ${chamada.tipo}`;
  };
  for (const nome of ["buscar", "agenda", "vagas1"]) assertStringIncludes(duvidaDe(nome, "9000"), `"${nome}" foi lido`);
  for (const args of [[], ["10.0.0.30", "9000"], ["balcao", "9000"], ["[agenda]", "9000"], ["agenda:9000"]]) {
    assertEquals(duvidaDe(...args), "", args.join(" "));
  }
});

/** O comando que se lê, ou o erro. */
function comandoDe(...args: string[]): unknown {
  const chamada = lerChamada(args);
  return chamada.tipo === "comando" ? chamada.comando : erroDe(chamada);
}

teste("o que um comando leva pode vir sem nome, na ordem dele, ou por opções", () => {
  const chegou = { nome: "situacao", cpf: CPF, especialista: "clínico geral", situacao: "CHEGOU" };
  assertEquals(comandoDe("situacao", CPF, "clínico geral", "chegou"), chegou);
  assertEquals(comandoDe("situação", CPF, "--situacao", "Chegou", "clínico geral"), chegou);
  assertEquals(comandoDe("situacao", "--cpf", CPF, "--especialista", "clínico geral", "CHEGOU"), chegou);
  assertEquals(comandoDe("buscar", CPF), comandoDe("buscar", "--cpf", CPF));
  assertEquals(comandoDe("agenda"), { nome: "agenda" });
  assertEquals(comandoDe("agenda", "amanhã"), { nome: "agenda", data: "amanhã" });
  assertEquals(comandoDe("extra", "clínico geral", "24/12/2026", "18:00", "4", "30", "--local", "Sala 2"), {
    ...{ nome: "extra", especialista: "clínico geral", data: "24/12/2026", inicio: "18:00", vagas: 4, minutos: 30 },
    local: "Sala 2",
  });
  assertEquals(comandoDe("situacao", CPF), "situacao precisa de --especialista, --situacao");
});

teste("o número de reabrir não é a porta de um servidor", () => {
  assertEquals(comandoDe("reabrir", "12"), { nome: "reabrir", numero: 12 });
  assertEquals(enderecoDe("[reabrir]", "12"), "reabrir 12");
  assertStringIncludes(
    erroDe(lerChamada(["reabrir", "doze"])),
    '--numero espera um número de 1 em diante; veio "doze"',
  );
});

teste("uma situação que não há é dita, com as que há", () => {
  const erro = erroDe(lerChamada(["situacao", CPF, "nutricionista", "veio"]));
  assertStringIncludes(erro, '"veio" não é uma situação; use marcado, confirmado, chegou');
  assertStringIncludes(erro, "desfaz");
  assertStringIncludes(erroDe(lerChamada(["situacao", CPF, "nutricionista", "convidado"])), "não é uma situação");
});

teste("--versao é a do cliente sem comando, e a de um agendamento depois de um", () => {
  assertEquals(lerChamada(["--versao"]).tipo, "versao");
  assertEquals(lerChamada(["10.0.0.30", "--versao"]).tipo, "versao");
  assertEquals(comandoDe("cancelar", CPF, "--numero", "7", "--versao", "2"), {
    ...{ nome: "cancelar", cpf: CPF, numero: 7, versao: 2 },
  });
  assertEquals(comandoDe("cancelar", CPF, "--versao"), "falta o valor de --versao");
  assertStringIncludes(
    erroDe(lerChamada(["cancelar", CPF, "--numero", "1.5"])),
    '--numero espera um número de 1 em diante; veio "1.5"',
  );
});

teste("corrigir apaga com um valor vazio, e não com um que falta", () => {
  const apaga = { nome: "corrigir", cpf: CPF, especialista: "nutricionista", nota: "" };
  assertEquals(comandoDe("corrigir", CPF, "nutricionista", "--nota", ""), apaga);
  assertEquals(comandoDe("corrigir", CPF, "nutricionista", "--nota="), apaga);
  assertEquals(comandoDe("corrigir", CPF, "nutricionista", "--nota"), "falta o valor de --nota");
  assertEquals(comandoDe("corrigir", CPF, "nutricionista", "--nome", ""), "falta o valor de --nome");
  assertStringIncludes(erroDe(lerChamada(["corrigir", CPF, "nutricionista"])), "precisa do que corrigir");
  assertEquals(comandoDe("buscar", "--cpf", ""), "falta o valor de --cpf");
});

teste("um encaixe diz a que horas, e só agendar encaixa", () => {
  const quem = ["--cpf", CPF, "--nome", "Ana", "--especialista", "nutricionista", "--encaixe"];
  assertStringIncludes(erroDe(lerChamada(["agendar", ...quem])), "um encaixe precisa de --horario");
  assertEquals(comandoDe("agendar", ...quem, "--horario", "08:05"), {
    ...{ nome: "agendar", cpf: CPF, paciente: "Ana", especialista: "nutricionista", horario: "08:05", encaixe: true },
  });
  assertEquals(comandoDe("buscar", CPF, "--encaixe"), "--encaixe não se usa em buscar");
  assertStringIncludes(erroDe(lerChamada(["--encaixe"])), "falta o comando");
});

teste(
  "um período ao contrário, um texto que o servidor não entenderia e um número fora dos limites são erros de uso",
  () => {
    const extra = ["extra", "nutricionista", "24/12/2026", "18:00"];
    const erros: [string[], string][] = [
      [["fechar", "24/12/2026", "--ate", "2026-12-23"], "--ate 2026-12-23 é antes de --data 24/12/2026"],
      [["fechar", "hoje", "--ate", "31/02/2027"], '--ate espera uma data, como 24/12/2026; veio "31/02/2027"'],
      [["fechar", "hoje", "--inicio", "12:00", "--fim", "12:00"], "--fim 12:00 não é depois de --inicio 12:00"],
      [["fechar", "hoje", "--fim", "00:00"], "--fim 00:00 não é depois de --inicio 00:00"],
      [["fechar", "hoje", "--inicio", "24:00"], '--inicio espera uma hora, como 08:00; veio "24:00"'],
      [["fechar", "hoje", "--fim", "8:30"], '--fim espera uma hora, como 12:30; veio "8:30"'],
      [["extra", "nutricionista", "24/12/2026", "18h", "4", "30"], '--inicio espera uma hora, como 08:00; veio "18h"'],
      [[...extra, "0", "30"], '--vagas espera um número de 1 a 1440; veio "0"'],
      [[...extra, "4", "1441"], '--minutos espera um número de 1 a 1440; veio "1441"'],
      [[...extra, "4", "30", "--encaixes", "101"], '--encaixes espera um número de 0 a 100; veio "101"'],
      [["situacao", CPF, "nutricionista", "chegou", "--prioridade", "9"], "--prioridade espera um número de 0 a 4"],
      [
        ["corrigir", CPF, "nutricionista", "--email", "ana@"],
        '--email espera um endereço, como ana@exemplo.com; veio "ana@"',
      ],
      [
        ["corrigir", CPF, "nutricionista", "--telefone", "98765-4321"],
        "--telefone espera um número com o código de área",
      ],
      [
        ["corrigir", CPF, "nutricionista", "--nota", "x".repeat(501)],
        `500 caracteres que se vejam; veio "${"x".repeat(39)}…"`,
      ],
      [["cancelar", CPF, "--motivo", "x".repeat(201)], "--motivo espera um texto de até 200 caracteres"],
      [[...extra, "4", "30", "--local", "x".repeat(61)], "--local espera um texto de até 60 caracteres"],
      [["reabrir", "0"], '--numero espera um número de 1 em diante; veio "0"'],
    ];
    for (const [args, esperado] of erros) assertStringIncludes(erroDe(lerChamada(args)), esperado);
    assertEquals(comandoDe("fechar", "amanhã", "--ate", "hoje"), { nome: "fechar", data: "amanhã", ate: "hoje" });
    assertEquals(comandoDe("fechar", "hoje", "--inicio", "23:59", "--fim", "24:00"), {
      ...{ nome: "fechar", data: "hoje", inicio: "23:59", fim: "24:00" },
    });
  },
);

teste("os limites dos números são os do fio", () => {
  const extra = {
    ...{ comando: "EXTRA", especialista: "nutricionista", data: "24/12/2026", inicio: "18:00" } as const,
    ...{ vagas: 4, minutos: 30 },
  };
  const situa = { comando: "SITUA", cpf: CPF, especialista: "nutricionista", situacao: "CHEGOU" } as const;
  const pedidos: { readonly [B in Inteira]: (valor: number) => PedidoNoFio2 } = {
    numero: (numero) => ({ comando: "REABRE", numero }),
    versao: (versao) => ({ ...situa, versao }),
    prioridade: (prioridade) => ({ ...situa, prioridade }),
    vagas: (vagas) => ({ ...extra, vagas }),
    minutos: (minutos) => ({ ...extra, minutos }),
    encaixes: (encaixes) => ({ ...extra, encaixes }),
    antecedencia: (antecedencia) => ({
      ...{ comando: "ESPERA", cpf: CPF, nome: "Ana", especialista: "nutricionista", antecedencia },
    }),
  };
  const conferem = (inteira: Inteira): void => {
    const [menor, maior] = INTEIRAS[inteira];
    const entende = (valor: number): boolean =>
      "comando" in decodificarPedido2(codificarPedido2(pedidos[inteira](valor)).trimEnd());
    assertEquals([menor - 1, menor].map(entende), [false, true], inteira);
    if (maior !== Infinity) assertEquals([maior, maior + 1].map(entende), [true, false], inteira);
  };
  conferem("numero");
  conferem("versao");
  conferem("prioridade");
  conferem("vagas");
  conferem("minutos");
  conferem("encaixes");
  conferem("antecedencia");
});

teste("esperar, desistir, aceitar, recusar e fila levam o que a lista de espera pede", () => {
  assertEquals(
    comandoDe("esperar", CPF, "nutricionista", "--nome", "Ana", "--turno", "manha", "--marca", "--de", "amanhã"),
    {
      ...{ nome: "esperar", cpf: CPF, paciente: "Ana", especialista: "nutricionista", de: "amanhã" },
      ...{ turno: "MANHÃ", marca: true },
    },
  );
  assertEquals(comandoDe("desistir", CPF, "nutricionista"), {
    nome: "desistir",
    cpf: CPF,
    especialista: "nutricionista",
  });
  assertEquals(comandoDe("aceitar", CPF, "nutricionista", "--motivo", "x"), {
    ...{ nome: "aceitar", cpf: CPF, especialista: "nutricionista", motivo: "x" },
  });
  assertEquals(comandoDe("desistir", CPF, "nutricionista", "--numero", "7", "--codigo", "abcd-efgh"), {
    ...{ nome: "desistir", cpf: CPF, especialista: "nutricionista", numero: 7, codigo: "abcd-efgh" },
  });
  assertEquals(comandoDe("cancelar", CPF, "--codigo", "ABCDEFGH"), { nome: "cancelar", cpf: CPF, codigo: "ABCDEFGH" });
  assertEquals(comandoDe("fila", "nutricionista"), { nome: "fila", especialista: "nutricionista" });
  const entra = ["esperar", CPF, "nutricionista", "--nome", "Ana"];
  assertEquals(comandoDe(...entra, "--codigo", "abcd-efgh"), {
    ...{ nome: "esperar", cpf: CPF, paciente: "Ana", especialista: "nutricionista", codigo: "abcd-efgh" },
  });
  const erros: [string[], string][] = [
    [["esperar", CPF, "nutricionista"], "esperar precisa de --nome"],
    [[...entra, "--turno", "noite"], '--turno espera manhã ou tarde; veio "noite"'],
    [[...entra, "--de", "32/12/2026"], "--de espera uma data"],
    [[...entra, "--de", "24/12/2026", "--ate", "23/12/2026"], "--ate 23/12/2026 é antes de --de 24/12/2026"],
    [[...entra, "--antecedencia", "527041"], "--antecedencia espera um número de 0 a 527040"],
    [[...entra, "--email", "x"], "--email espera um endereço"],
    [[...entra, "--encaixe"], "--encaixe não se usa em esperar"],
    [[...entra, "--marca=não"], '--marca não leva valor: veio "--marca=não"'],
    [["agenda", "--marca"], "--marca não se usa em agenda"],
    [["recusar", CPF, "nutricionista", "--motivo", "x"], "--motivo não se usa em recusar"],
    [["fila"], "fila precisa de --especialista"],
    [["aceitar", CPF, "nutricionista", "--versao", "2"], "--versao não se usa em aceitar"],
    [
      ["recusar", CPF, "nutricionista", "--codigo", "1234"],
      "--codigo espera oito letras e números, como ABCD-EFGH; veio",
    ],
    [[...entra, "--versao", "2"], "--versao não se usa em esperar"],
  ];
  for (const [args, esperado] of erros) assertStringIncludes(erroDe(lerChamada(args)), esperado);
});

teste("entra e esquece são de um servidor, e não levam mais nada", () => {
  const endereco = { host: "10.0.0.30", porta: 9100 };
  for (const tipo of ["entra", "esquece"] as const) {
    assertEquals(lerChamada(["10.0.0.30", "9100", tipo]), { tipo, endereco });
    assertEquals(lerChamada([tipo]), { tipo, endereco: { host: "localhost", porta: 9000 } });
    for (const mais of [["vagas"], ["--json"], ["--cpf", CPF], ["--chave", "abcdefgh"], ["--encaixe"]]) {
      assertStringIncludes(erroDe(lerChamada([tipo, ...mais])), `${tipo} não leva mais nada`);
    }
  }
  assertStringIncludes(erroDe(lerChamada(["entrar"])), 'queria dizer "entra"?');
  assertEquals(enderecoDe("entrada"), "entrada 9000");
  assertEquals(enderecoDe("entra", "9100"), "entra 9100");
});

teste("esquece --certificado é do servidor por TLS, e --certificado não serve em mais nada", () => {
  const [host, tls] = ["10.0.0.30", {}];
  const esquecido = { tipo: "esquece", endereco: { host, porta: 9443, tls }, certificado: true } as const;
  assertEquals(lerChamada([host, "esquece", "--certificado"]), esquecido);
  assertEquals(lerChamada(["--certificado", `${host}:9443`, "esquece", "--tls"]), esquecido);
  for (
    const args of [["--certificado"], ["entra", "--certificado"], ["vagas", "--certificado"], [host, "--certificado"]]
  ) {
    assertStringIncludes(erroDe(lerChamada(args)), "--certificado só serve com esquece");
  }
  assertStringIncludes(erroDe(lerChamada(["esquece", "--certificado=x"])), "--certificado não leva valor");
  assertStringIncludes(erroDe(lerChamada(["vagas", "--tls=x"])), "--tls não leva valor");
});

teste("--chave vale no menu e em todo comando; sem valor é um engano", () => {
  assertEquals(lerChamada(["--chave", "abcdefgh"]), {
    ...{ tipo: "menu", endereco: { host: "localhost", porta: 9000 } },
    chave: "abcdefgh",
  });
  const chamada = lerChamada(["vagas", "--chave=abcdefgh"]);
  assertEquals("chave" in chamada && chamada.chave, "abcdefgh");
  for (const args of [["--chave"], ["vagas", "--chave"], ["vagas", "--chave="]]) {
    assertStringIncludes(erroDe(lerChamada(args)), "falta o valor de --chave");
  }
});

teste("uma chave solta na linha de comando não se lê como servidor, nem se repete", () => {
  const chave = "clinica_0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  for (const args of [[chave], ["entra", chave], ["10.0.0.30", chave], ["buscar", chave]]) {
    assertEquals(erroDe(lerChamada(args)).includes("0123456789"), false);
    assertStringIncludes(erroDe(lerChamada(args)), "não se escreve assim");
  }
});
