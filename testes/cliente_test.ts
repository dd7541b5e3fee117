/**
 * Testes dos comandos do cliente, como processo. As partes dele, e o menu, testam-se em `terminal/`.
 *
 * @module
 */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { deadline } from "@std/async";
import { comandoDeno, comServidor, PACIENCIA, roda, type Saida, testeCom, testeComSistema } from "./apoio.ts";
import {
  ACHADO,
  ANTIGO,
  APRESENTADO,
  CPF,
  NADA,
  OCUPADO,
  portaSemNinguem,
  SAUDACAO,
  ServidorFalso,
  TUPLA,
  tuplaCom,
  vagasDe,
} from "./servidor_falso.ts";
import { SAIDA } from "../cliente.ts";
import { dataDoFio } from "../terminal/datas.ts";
import { NOMES_DE_COMANDO } from "../terminal/formas.ts";
import type { Resposta2, Tupla2 } from "../fio/clinica2.ts";
import { codificarResposta2 } from "../fio/respostas.ts";
import { codificarResposta, type Tupla, type Vaga } from "../protocolo.ts";

const CPF_COM_ZERO = "01234567890";

async function cliente(porta: number, ...args: string[]): Promise<Saida> {
  return await roda("cliente.ts", ["127.0.0.1", String(porta), ...args]);
}

const VAGAS = vagasDe();
const AGENDAR = ["agendar", "--cpf", CPF, "--nome", "Maria da Silva", "--especialista", "nutricionista"];

testeComSistema("agendar, buscar e cancelar saem com 0 e mostram um cartão ou uma tabela", async () => {
  await comServidor(async ({ porta }) => {
    const marcado = await cliente(porta, ...AGENDAR);
    assertEquals([marcado.codigo, marcado.stderr], [SAIDA.ok, ""]);
    for (const texto of ["Agendamento realizado", "MARIA DA SILVA", "529.982.247-25", "08:00", "sexta-feira"]) {
      assertStringIncludes(marcado.stdout, texto);
    }
    const busca = await cliente(porta, "buscar", "--cpf", "529.982.247-25");
    assertEquals(busca.codigo, SAIDA.ok);
    const [cabecalho, linha] = busca.stdout.split("\n");
    assertEquals(cabecalho.indexOf("PACIENTE"), linha.indexOf("MARIA DA SILVA"));
    const cancelado = await cliente(porta, "cancelar", "--cpf", CPF);
    assertEquals(cancelado.codigo, SAIDA.ok);
    assertStringIncludes(cancelado.stdout, "Agendamento cancelado");
  });
});

testeComSistema("--json escreve um objeto em stdout e nada em stderr, também para um ERRO", async () => {
  await comServidor(async ({ porta }) => {
    const vagas = JSON.parse((await cliente(porta, "vagas", "--especialista", "clínico geral", "--json")).stdout);
    assertEquals([vagas.codigo, vagas.vagas[0].dia, vagas.vagas[0].horarios.length], ["OK-304", "SEGUNDA-FEIRA", 5]);
    const { data } = vagas.vagas[1];
    const [dia, mes, ano] = data.split("/");
    const args = ["--cpf", CPF, "--nome", "Ana", "--especialista", "clinico geral", "--horario", "09:30", "--json"];
    const marcado = await cliente(porta, "agendar", "--data", `${ano}-${mes}-${dia}`, ...args);
    const lido = JSON.parse(marcado.stdout);
    const { codigo: segundoFator, numero } = lido.agendamentos[0];
    assertMatch(segundoFator, /^[0-9A-HJKMNP-TV-Z]{8}$/);
    const detalhes = {
      numero,
      versao: 1,
      situacao: "MARCADO",
      profissional: "",
      local: "",
      minutos: 30,
      encaixe: false,
    };
    assertEquals([marcado.codigo, lido], [SAIDA.ok, {
      codigo: "OK-300",
      texto: "AGENDAMENTO REALIZADO",
      agendamentos: [
        {
          ...{ cpf: CPF, nome: "ANA", especialista: "CLINICO GERAL", data, dia: "SEGUNDA-FEIRA", horario: "09:30" },
          ...{ ...detalhes, codigo: segundoFator },
        },
      ],
    }]);
    const outra = await cliente(porta, "agendar", ...args);
    assertEquals([outra.codigo, outra.stderr], [SAIDA.erro, ""]);
    const { codigo, agendamentos } = JSON.parse(outra.stdout);
    assertEquals([codigo, agendamentos[0].data], ["ERRO-111", data]);
    const filtradas = JSON.parse((await cliente(porta, "vagas", "--data", data, "--json")).stdout).vagas;
    assertEquals(filtradas.map((vaga: { horarios: string[] }) => vaga.horarios.length), [4]);
  });
});

testeComSistema(
  "agendar sem --data toma a primeira data livre, e com --horario a primeira em que ele está livre",
  async () => {
    await comServidor(async ({ porta }) => {
      const vagas =
        JSON.parse((await cliente(porta, "vagas", "--especialista", "nutricionista", "--json")).stdout).vagas;
      const datas: string[] = vagas.map((vaga: { data: string }) => vaga.data);
      async function marca(cpf: string, ...mais: string[]): Promise<string> {
        const args = ["--cpf", cpf, "--nome", "Ana", "--especialista", "nutricionista", "--json", ...mais];
        const [agendamento] = JSON.parse((await cliente(porta, "agendar", ...args)).stdout).agendamentos;
        return `${agendamento.data} ${agendamento.horario}`;
      }
      const primeiro: string = vagas[0].horarios[0];
      assertEquals(await marca(CPF), `${datas[0]} ${primeiro}`);
      assertEquals(await marca(CPF_COM_ZERO, "--horario", primeiro), `${datas[1]} ${primeiro}`);
    });
  },
);

testeComSistema("o que o servidor recusa sai com 1 e uma frase em stderr", async () => {
  await comServidor(async ({ porta }) => {
    const casos: [string[], string][] = [
      [["buscar", "--cpf", "123"], "ERRO-102: O CPF não é válido"],
      [["buscar", "--cpf", CPF_COM_ZERO], "ERRO-112: Não há agendamento"],
      [["cancelar", "--cpf", CPF], "ERRO-113: Não há agendamento"],
      [["vagas", "--especialista", "dentista"], "ERRO-103: Esse atendimento não existe"],
      [["vagas", "--data", "ontem"], "ERRO-103: Esse atendimento não existe"],
      [[...AGENDAR, "--data", "31/02/2027"], "ERRO-103: Esse atendimento não existe"],
      [[...AGENDAR, "--horario", "03:15"], "ERRO-105: Esse horário não existe"],
    ];
    for (const [args, frase] of casos) {
      const { codigo, stdout, stderr } = await cliente(porta, ...args);
      assertEquals([codigo, stdout], [SAIDA.erro, ""], args.join(" "));
      assertStringIncludes(stderr, frase);
    }
    await cliente(porta, ...AGENDAR);
    const repetido = await cliente(porta, ...AGENDAR);
    assertEquals(repetido.codigo, SAIDA.erro);
    assertStringIncludes(repetido.stderr, "MARIA DA SILVA");
  });
});

testeComSistema("um CPF que começa por zero chega inteiro ao servidor", async () => {
  await using falso = new ServidorFalso([[SAUDACAO, NADA]]);
  assertEquals((await cliente(falso.porta, "buscar", "--cpf", CPF_COM_ZERO)).codigo, SAIDA.erro);
  assertEquals(falso.pedidos, [JSON.stringify(["BUSCA", CPF_COM_ZERO])]);
});

testeComSistema("comando errado, opção desconhecida e falta de opção saem com 2 e dizem o uso em stderr", async () => {
  for (const args of [["bsucar"], ["buscar"], ["buscar", "--cfp", CPF], ["localhost", "99999"], ["--json"]]) {
    const { codigo, stdout, stderr } = await roda("cliente.ts", args);
    assertEquals([codigo, stdout], [SAIDA.uso, ""], args.join(" "));
    assertMatch(stderr, /^Erro: .+\nUso: /);
  }
});

testeComSistema(
  "um período que só ao contrário se entende é erro de uso, sabido o que é amanhã, e nada se pede",
  async () => {
    await using falso = falso2({ codigo: "OK-312", numero: 1, agendamentos: [] });
    const { codigo, stdout, stderr } = await cliente(falso.porta, "fechar", "amanhã", "--ate", "hoje");
    assertEquals([codigo, stdout, falso.pedidos], [SAIDA.uso, "", []], stderr);
    assertMatch(stderr, /^Erro: o período acaba antes de começar: --ate \S+ é antes de --data \S+\nUso: /);
    const comPrioridade = await roda("cliente.ts", ["situacao", CPF, "nutricionista", "chegou", "--prioridade", "9"]);
    assertEquals(comPrioridade.codigo, SAIDA.uso);
  },
);

testeComSistema("sem terminal e sem comando mostra o uso e sai com 2, mesmo com entrada por ler", async () => {
  for (const entrada of ["", "1\n52998224725\n"]) {
    const { codigo, stderr } = await roda("cliente.ts", [], { entrada });
    assertEquals(codigo, SAIDA.uso);
    assertStringIncludes(stderr, "o menu precisa de um terminal");
  }
});

testeComSistema("um comando não lê a entrada", async () => {
  await using falso = new ServidorFalso([[SAUDACAO, ACHADO]]);
  const args = ["127.0.0.1", String(falso.porta), "buscar", "--cpf", CPF];
  const { codigo, stdout } = await roda("cliente.ts", args, { entrada: "x\n".repeat(1000) });
  assertEquals(codigo, SAIDA.ok);
  assertStringIncludes(stdout, "NUTRICIONISTA");
});

testeComSistema("--help e --versao saem com 0", async () => {
  const ajuda = await roda("cliente.ts", ["--help"]);
  assertEquals([ajuda.codigo, ajuda.stderr], [SAIDA.ok, ""]);
  for (const texto of [...NOMES_DE_COMANDO, "O paciente:", "A recepção:", "--json", "Exemplos", "Código de saída"]) {
    assertStringIncludes(ajuda.stdout, texto);
  }
  assertMatch((await roda("cliente.ts", ["--versao"])).stdout, /\d+\.\d+\.\d+\n$/);
});

testeComSistema("sem servidor sai com 3 e diz por quê, sem rastro de pilha", async () => {
  const port = portaSemNinguem();
  const { codigo, stdout, stderr } = await cliente(port, "vagas", "--json");
  assertEquals([codigo, stdout], [SAIDA.semConexao, ""]);
  assertStringIncludes(stderr, `nenhum servidor atende em 127.0.0.1:${port}`);
  assertEquals(/\bat .+:\d+:\d+/.test(stderr), false);
});

testeComSistema("servidor ocupado já ao conectar é um ERRO, e sai com 1", async () => {
  await using falso = new ServidorFalso([[OCUPADO]]);
  const { codigo, stdout } = await cliente(falso.porta, "buscar", "--cpf", CPF, "--json");
  assertEquals([codigo, JSON.parse(stdout).codigo], [SAIDA.erro, "ERRO-130"]);
});

testeComSistema("a quem pede demais diz-se quanto esperar, e sai com 1", async () => {
  for (const [segundos, diz] of [[12, "12 segundos"], [240, "4 minutos"]] as const) {
    const responde = (): string => codificarResposta2({ codigo: "ERRO-130", segundos });
    await using falso = new ServidorFalso(responde, { olas: [APRESENTADO] });
    const dito = await cliente(falso.porta, "buscar", "--cpf", CPF);
    assertEquals([dito.codigo, dito.stdout], [SAIDA.erro, ""]);
    const frase = dito.stderr.replaceAll("\n", " ");
    assertStringIncludes(frase, `ERRO-130: Houve pedidos demais deste terminal ou desta rede; este não foi feito.`);
    assertStringIncludes(frase, `Espere ${diz}, e repita-o.`);
    const { stdout } = await cliente(falso.porta, "buscar", "--cpf", CPF, "--json");
    assertEquals([JSON.parse(stdout).codigo, JSON.parse(stdout).segundos], ["ERRO-130", segundos]);
  }
});

testeComSistema("agendar sem resposta reconecta, acha o agendamento e sai com 0", async () => {
  await using falso = new ServidorFalso([[SAUDACAO, VAGAS, ""], [OCUPADO], [SAUDACAO, ACHADO]]);
  const { codigo, stdout, stderr } = await cliente(falso.porta, ...AGENDAR, "--json");
  assertEquals([codigo, JSON.parse(stdout).codigo], [SAIDA.ok, "OK-300"]);
  assertStringIncludes(stderr, "A resposta se perdeu");
  assertEquals(falso.pedidos.map((pedido) => JSON.parse(pedido)[0]), ["VAGAS", "AGEND", "BUSCA"]);
});

testeComSistema("agendar sem resposta que não aconteceu diz que não foi marcado e sai com 3", async () => {
  await using falso = new ServidorFalso([[SAUDACAO, VAGAS, ""], [SAUDACAO, NADA]]);
  const { codigo, stdout, stderr } = await cliente(falso.porta, ...AGENDAR, "--json");
  assertEquals([codigo, stdout], [SAIDA.semConexao, ""]);
  assertStringIncludes(stderr, "não foi marcado");
});

testeComSistema("cancelar sem resposta se julga pelo que ficou", async () => {
  await using feito = new ServidorFalso([[SAUDACAO, ACHADO, ""], [SAUDACAO, NADA]]);
  const sim = await cliente(feito.porta, "cancelar", "--cpf", CPF);
  assertEquals(sim.codigo, SAIDA.ok);
  assertStringIncludes(sim.stdout, "Agendamento cancelado");
  await using desfeito = new ServidorFalso([[SAUDACAO, ACHADO, ""], [SAUDACAO, ACHADO]]);
  const nao = await cliente(desfeito.porta, "cancelar", "--cpf", CPF);
  assertEquals(nao.codigo, SAIDA.semConexao);
  assertStringIncludes(nao.stderr, "não foi desmarcado");
});

testeComSistema("Ctrl-C com a mudança a caminho sai com 130 e diz que não se sabe e como saber", async () => {
  for (
    const [roteiro, args, frase] of [
      [[SAUDACAO, VAGAS, "", ""], AGENDAR, "não se sabe se foi marcado"],
      [[SAUDACAO, ACHADO, "", ""], ["cancelar", "--cpf", CPF], "não se sabe se foi desmarcado"],
      [[SAUDACAO, "", ""], AGENDAR, "nada foi alterado"],
    ] as const
  ) {
    await using falso = new ServidorFalso([roteiro]);
    const [comando, ...antes] = [...comandoDeno("cliente.ts"), "127.0.0.1", String(falso.porta)];
    const processo = new Deno.Command(comando, { args: [...antes, ...args], stdout: "piped", stderr: "piped" }).spawn();
    await falso.recebeu(roteiro.length - 2);
    processo.kill("SIGINT");
    const { code, stdout, stderr } = await processo.output();
    const dito = new TextDecoder().decode(stderr);
    assertEquals([code, stdout.length], [SAIDA.interrompido, 0], dito);
    assertStringIncludes(dito, frase);
    const onde = `cliente.ts 127.0.0.1:${falso.porta} buscar --cpf ${CPF}`;
    assertEquals(dito.includes(onde), frase.startsWith("não se sabe"), dito);
  }
});

// ------------------------------------------------------------------------------------------------------ CLINICA/2

/** Um servidor de mentira que fala CLINICA/2 e responde isto, uma resposta por pedido. */
function falso2(...respostas: Resposta2[]): ServidorFalso {
  return new ServidorFalso([[SAUDACAO, ...respostas.map(codificarResposta2)]], { olas: [APRESENTADO] });
}

const HISTORIA = (...agendamentos: Tupla2[]): Resposta2 => ({ codigo: "OK-315", agendamentos });
const CHEGOU = tuplaCom({ versao: 2, situacao: "CHEGOU", senha: "A005", chegada: "07:58", chamadas: 0 });

testeComSistema("os comandos de um servidor que fala CLINICA/2 pedem o que se escreveu, e saem com 0", async () => {
  const quem = [CPF, "nutricionista"];
  const casos: [string[], Resposta2[], unknown[], string][] = [
    [
      ["situacao", ...quem, "chegou", "--prioridade", "2"],
      [HISTORIA(tuplaCom()), { codigo: "OK-306", agendamentos: [CHEGOU] }],
      ["SITUA", ...quem, "CHEGOU", { prioridade: 2 }],
      "A005",
    ],
    [
      ["remarcar", ...quem, "--data", "2026-12-04", "--horario", "09:00", "--numero", "7", "--versao", "1"],
      [HISTORIA(tuplaCom()), { codigo: "OK-303", agendamentos: [tuplaCom({ versao: 2 }), tuplaCom()] }],
      ["REMARC", ...quem, "04/12/2026", "SEXTA-FEIRA", "09:00", { numero: 7, versao: 1 }],
      "Agendamento remarcado",
    ],
    [
      ["corrigir", ...quem, "--nota", ""],
      [HISTORIA(tuplaCom()), { codigo: "OK-306", agendamentos: [tuplaCom()] }],
      ["CORRIGE", ...quem, { nota: "" }],
      "Agendamento atualizado",
    ],
    [
      ["agendar", "--cpf", CPF, "--nome", "Ana", "--especialista", "nutricionista", "--data", "2026-11-27", "--encaixe"]
        .concat("--horario", "08:05", "--profissional", "Dra. Ana Lima", "--telefone", "(11) 98765-4321"),
      [{ codigo: "OK-300", agendamentos: [tuplaCom({ encaixe: true, codigo: "ABCD2345" })] }],
      ["AGEND", CPF, "Ana", "nutricionista", "27/11/2026", "SEXTA-FEIRA", "08:05", {
        ...{ profissional: "Dra. Ana Lima", encaixe: true, telefone: "(11) 98765-4321" },
      }],
      "ABCD-2345",
    ],
    [
      ["fechar", "24/12/2026", "--ate", "2026-12-25", "--inicio", "12:00", "--motivo", "véspera"],
      [{ codigo: "OK-312", numero: 3, agendamentos: [tuplaCom()] }],
      ["FECHA", "24/12/2026", { ate: "25/12/2026", inicio: "12:00", motivo: "véspera" }],
      "Exceção nº 3",
    ],
    [
      ["extra", "nutricionista", "24/12/2026", "18:00", "4", "30", "--encaixes", "1"],
      [{ codigo: "OK-313", numero: 4 }],
      ["EXTRA", "nutricionista", "24/12/2026", "18:00", 4, 30, { encaixes: 1 }],
      "Exceção nº 4",
    ],
    [["reabrir", "3"], [{ codigo: "OK-314", numero: 3, agendamentos: [] }], ["REABRE", 3], "Ninguém ficou de fora"],
    [["historia", CPF], [HISTORIA(CHEGOU)], ["HISTORIA", CPF], "chegou"],
  ];
  for (const [args, respostas, pedido, texto] of casos) {
    await using falso = falso2(...respostas);
    const { codigo, stdout, stderr } = await cliente(falso.porta, ...args);
    assertEquals([codigo, stderr], [SAIDA.ok, ""], args.join(" "));
    assertStringIncludes(stdout, texto);
    assertEquals(JSON.parse(falso.pedidos.at(-1) ?? ""), pedido);
  }
});

testeComSistema("agenda mostra o dia de cada profissional, a situação em palavras, e hoje se não se diz", async () => {
  const dia: Tupla2[] = [
    tuplaCom({ profissional: "DRA. ANA LIMA", local: "Sala 1", situacao: "CHAMADO", chamadas: 2, senha: "A001" }),
    tuplaCom({ profissional: "DRA. ANA LIMA", local: "Sala 1", situacao: "CANCELADO", encaixe: true }),
    tuplaCom(),
  ];
  const hoje = Temporal.Now.plainDateISO("America/Sao_Paulo");
  for (const [args, data] of [[[], hoje], [["hoje"], hoje], [["Amanhã"], hoje.add({ days: 1 })]] as const) {
    await using falso = falso2({ codigo: "OK-310", agendamentos: dia });
    const { codigo, stdout } = await cliente(falso.porta, "agenda", ...args);
    assertEquals(codigo, SAIDA.ok);
    const [ano, mes, diaDoMes] = data.toString().split("-");
    assertEquals(JSON.parse(falso.pedidos[0]), ["LISTA", `${diaDoMes}/${mes}/${ano}`]);
    assertMatch(stdout, /^DRA\. ANA LIMA, NUTRICIONISTA, Sala 1\nHORÁRIO +SITUAÇÃO +SENHA +CPF +PACIENTE\n/);
    assertMatch(stdout, /\n08:00 +chamado 2× +A001 .+\n08:00\+ +cancelado .+\n\nNUTRICIONISTA\n/);
    assertEquals(stdout.match(/(?!\n)\p{Cc}/u), null, "sem terminal não há cores");
  }
});

testeComSistema("um dia vazio e um nome que não se acha esclarecem-se para pessoas, e não em JSON", async () => {
  const { data, dia } = dataDoFio(Temporal.Now.plainDateISO("America/Sao_Paulo").add({ days: 1 }).toString());
  const livres: Resposta2 = { codigo: "OK-304", vagas: [[data, dia, "Clínico Geral", ["08:00"], "Dr. Bruno Sá"]] };
  const fechar = ["fechar", "amanhã", "--profissional", "dr bruno sa"];
  const casos: [string[], Resposta2, string][] = [
    [["agenda", "amanhã"], { codigo: "OK-310", agendamentos: [] }, "Ninguém marcado. Horas livres: 1.\nLIVRES "],
    [
      fechar,
      { codigo: "ERRO-103" },
      'escolha uma delas.\nNinguém com horas livres se chama "dr bruno sa". Há Dr. Bruno Sá.',
    ],
  ];
  for (const [args, resposta, dito] of casos) {
    await using falso = falso2(resposta, livres);
    const { stdout, stderr } = await cliente(falso.porta, ...args);
    assertStringIncludes(stdout + stderr, dito);
    await using emJson = falso2(resposta, livres);
    const { codigo } = JSON.parse((await cliente(emJson.porta, ...args, "--json")).stdout);
    assertEquals([codigo, emJson.pedidos.length], [resposta.codigo, 1]);
  }
});

testeComSistema("em CLINICA/2 o JSON traz os detalhes, o número de uma exceção e a regra", async () => {
  const detalhes = { numero: 7, versao: 1, situacao: "MARCADO", profissional: "", local: "", minutos: 30 };
  await using busca = falso2({ codigo: "OK-302", agendamentos: [tuplaCom()] });
  const { agendamentos } = JSON.parse((await cliente(busca.porta, "buscar", CPF, "--json")).stdout);
  assertEquals(agendamentos[0], {
    ...{ cpf: CPF, nome: "MARIA DA SILVA", especialista: "NUTRICIONISTA", data: "27/11/2026", dia: "SEXTA-FEIRA" },
    ...{ horario: "08:00", ...detalhes, encaixe: false },
  });
  await using fecha = falso2({ codigo: "OK-312", numero: 3, agendamentos: [] });
  assertEquals(JSON.parse((await cliente(fecha.porta, "fechar", "24/12/2026", "--json")).stdout), {
    ...{ codigo: "OK-312", texto: "FECHADO", numero: 3, agendamentos: [] },
  });
  await using regra = falso2({ codigo: "ERRO-116", regra: "antecedencia" });
  const { codigo, stdout } = await cliente(regra.porta, ...AGENDAR, "--data", "2026-11-27", "--json");
  assertEquals([codigo, JSON.parse(stdout).regra], [SAIDA.erro, "antecedencia"]);
});

testeComSistema("uma recusa de CLINICA/2 diz o que houve e mostra como o agendamento está", async () => {
  const casos: [Resposta2, string][] = [
    [{ codigo: "ERRO-117", agendamentos: [CHEGOU] }, "ERRO-117: Alguém mudou o agendamento antes"],
    [{ codigo: "ERRO-115", agendamentos: [CHEGOU] }, "ERRO-115: A situação em que o agendamento está"],
  ];
  for (const [resposta, frase] of casos) {
    await using falso = falso2(HISTORIA(tuplaCom()), resposta);
    const { codigo, stdout, stderr } = await cliente(falso.porta, "situacao", CPF, "nutricionista", "faltou");
    assertEquals([codigo, stdout], [SAIDA.erro, ""]);
    assertStringIncludes(stderr, frase);
    assertMatch(stderr, /Situação +chegou/);
  }
  for (
    const [regra, frase] of [["porCpf", "este CPF já tem tantos agendamentos"], ["outra", "A regra: outra."]] as const
  ) {
    await using falso = falso2({ codigo: "ERRO-116", regra });
    const { stderr } = await cliente(falso.porta, ...AGENDAR, "--data", "2026-11-27");
    assertStringIncludes(stderr, frase);
  }
  await using falso = falso2({ codigo: "ERRO-121" });
  const extra = ["extra", "nutricionista", "24/12/2026", "18:00", "4", "30"];
  assertStringIncludes((await cliente(falso.porta, ...extra)).stderr, "ERRO-121: Já há atendimento nesse horário");
});

testeComSistema(
  "com um servidor antigo os comandos de antes funcionam, e os novos saem com 4 e dizem por quê",
  async () => {
    const novos = [
      ["agenda"],
      ["historia", CPF],
      ["situacao", CPF, "nutricionista", "chegou"],
      ["remarcar", CPF, "nutricionista", "--data", "04/12/2026"],
      ["fechar", "24/12/2026"],
      ["reabrir", "3"],
      [...AGENDAR, "--data", "27/11/2026", "--profissional", "Dra. Ana"],
    ];
    for (const args of novos) {
      await using falso = new ServidorFalso([[SAUDACAO, ANTIGO]]);
      const { codigo, stdout, stderr } = await cliente(falso.porta, ...args);
      assertEquals([codigo, stdout], [SAIDA.antigo, ""], args.join(" "));
      assertStringIncludes(stderr, "O servidor é de uma versão anterior");
    }
    await using falso = new ServidorFalso([[SAUDACAO, ANTIGO]]);
    const { codigo, stdout } = await cliente(falso.porta, "agenda", "--json");
    assertEquals([codigo, JSON.parse(stdout).codigo], [SAIDA.antigo, "ERRO-101"]);
  },
);

testeComSistema("situacao sem resposta se julga pela versão que ficou", async () => {
  const antes = codificarResposta2(HISTORIA(tuplaCom()));
  const args = ["situacao", CPF, "nutricionista", "chegou"];
  for (
    const [depois, esperado, frase] of [
      [CHEGOU, SAIDA.ok, "este é o resultado, conferido"],
      [tuplaCom(), SAIDA.semConexao, "não foi mudado"],
      [tuplaCom({ versao: 2, situacao: "FALTOU" }), SAIDA.erro, "ERRO-117"],
    ] as const
  ) {
    const roteiros = [[SAUDACAO, antes, ""], [SAUDACAO, codificarResposta2(HISTORIA(depois))]];
    await using falso = new ServidorFalso(roteiros, { olas: [APRESENTADO] });
    const { codigo, stderr } = await cliente(falso.porta, ...args);
    assertEquals(codigo, esperado, stderr);
    assertStringIncludes(stderr, frase);
  }
});

testeComSistema("fechar sem resposta se repete; de reabrir o que já não vale não se sabe quem o fez", async () => {
  const fechado = codificarResposta2({ codigo: "OK-312", numero: 3, agendamentos: [] });
  const naoHa = codificarResposta2({ codigo: "ERRO-113" });
  const casos = [
    { args: ["fechar", "24/12/2026"], resposta: fechado, saida: SAIDA.ok, dito: "foi repetido" },
    { args: ["reabrir", "3"], resposta: naoHa, saida: SAIDA.semConexao, dito: "a exceção nº 3 já não vale" },
  ];
  for (const { args, resposta, saida, dito } of casos) {
    await using falso = new ServidorFalso([[SAUDACAO, ""], [SAUDACAO, resposta]], { olas: [APRESENTADO] });
    const { codigo, stdout, stderr } = await cliente(falso.porta, ...args);
    assertEquals(codigo, saida, stderr);
    assertEquals(stdout.includes("nº 3"), saida === SAIDA.ok);
    assertStringIncludes(stderr, dito);
    assertEquals(falso.pedidos[1], falso.pedidos[0]);
  }
});

testeComSistema("sem terminal não há cores, e controles do servidor saem visíveis", async () => {
  const maldosa: Tupla = ["AGEND", CPF, "\x1b[2JMARIA\x9b", "NUTRICIONISTA", "27/11/2026", "SEXTA-FEIRA", "08:00"];
  const resposta = codificarResposta({ codigo: "OK-302", agendamentos: [maldosa] });
  await using falso = new ServidorFalso([[SAUDACAO, resposta]]);
  const { stdout } = await cliente(falso.porta, "buscar", "--cpf", CPF);
  assertEquals(stdout.match(/(?!\n)\p{Cc}/u), null);
  assertStringIncludes(stdout, "\ufffd[2JMARIA\ufffd");
});

testeComSistema("quem lê só o começo da saída não causa erro", async () => {
  const muitas = Array.from({ length: 20_000 }, (): Tupla => TUPLA);
  await using falso = new ServidorFalso([[SAUDACAO, codificarResposta({ codigo: "OK-302", agendamentos: muitas })]]);
  const [comando, ...args] = [...comandoDeno("cliente.ts"), "127.0.0.1", String(falso.porta), "buscar", "--cpf", CPF];
  const processo = new Deno.Command(comando, { args, stdin: "null", stdout: "piped", stderr: "piped" }).spawn();
  await processo.stdout.cancel();
  const [{ code }, stderr] = await Promise.all([processo.status, new Response(processo.stderr).text()]);
  assertEquals([code, stderr], [SAIDA.ok, ""]);
});

testeComSistema("uma resposta enorme se mostra inteira: 200.000 linhas, uma delas com 100.000 horários", async () => {
  const vaga = (horarios: string[]): Vaga => ["27/11/2026", "SEXTA-FEIRA", "NUTRICIONISTA", horarios];
  const linhas = Array.from({ length: 200_000 }, () => vaga(["08:00"]));
  linhas[0] = vaga(Array.from({ length: 100_000 }, () => "08:30"));
  await using falso = new ServidorFalso([[SAUDACAO, vagasDe(linhas)]]);
  const { codigo, stdout, stderr } = await cliente(falso.porta, "vagas");
  assertEquals([codigo, stderr], [SAIDA.ok, ""]);
  const mostradas = stdout.trimEnd().split("\n");
  assertEquals(mostradas.length, 1 + linhas.length);
  assertEquals(mostradas[1].match(/08:30/g)?.length, 100_000);
});

/** Roda os argumentos com um stdout que não bloqueia e se lê devagar; repete o que leu e sai com o código que houve. */
const COM_SAIDA_LENTA = `
import os, subprocess, sys, time
le, escreve = os.pipe()
os.set_blocking(escreve, False)
processo = subprocess.Popen(sys.argv[1:], stdout=escreve)
os.close(escreve)
lido = b""
while True:
    time.sleep(0.001)
    bloco = os.read(le, 16384)
    if not bloco: break
    lido += bloco
sys.stdout.buffer.write(lido)
sys.exit(processo.wait())
`;

testeCom(
  "python3",
  ["-c", "import os; os.set_blocking(1, True)"],
  "um stdout que não bloqueia e está cheio se espera, sem perder um byte, também com --json",
  async () => {
    const [comando, cpf, , ...resto] = TUPLA;
    const agendamentos = Array.from(
      { length: 2000 },
      (_, i): Tupla => [comando, cpf, "MARIA ".repeat(i % 250), ...resto],
    );
    const resposta = codificarResposta({ codigo: "OK-302", agendamentos });
    for (const json of [[], ["--json"]]) {
      await using falso = new ServidorFalso([[SAUDACAO, resposta], [SAUDACAO, resposta]]);
      const args = ["127.0.0.1", String(falso.porta), "buscar", "--cpf", CPF, ...json];
      const inteira = await roda("cliente.ts", args);
      const lenta = new Deno.Command("python3", {
        args: ["-c", COM_SAIDA_LENTA, ...comandoDeno("cliente.ts"), ...args],
      });
      const { code, stdout, stderr } = await deadline(lenta.output(), PACIENCIA);
      assertEquals([code, new TextDecoder().decode(stderr)], [SAIDA.ok, ""]);
      assert(new TextDecoder().decode(stdout) === inteira.stdout);
    }
  },
);
