/**
 * Testes de `terminal/argumentos.ts`, todos puros.
 *
 * @module
 */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { type Chamada, lerChamada } from "./argumentos.ts";

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
  ];
  for (const [args, esperado] of erros) assertStringIncludes(erroDe(lerChamada(args)), esperado);
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
  assertStringIncludes(erroDe(lerChamada(["reabrir", "doze"])), '--numero espera um número; veio "doze"');
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
    '--numero espera um número; veio "1.5"',
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
