/**
 * Testes do console: o que se conta das mudanças, das recusas, dos dias que mudaram e dos que ficaram fora da semana.
 *
 * @module
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import completa from "../clinica.completa.json" with { type: "json" };
import { agendaDe, type Agendamento, nasce } from "../clinica/agendamento.ts";
import { Calendario } from "../clinica/calendario.ts";
import { Clinica } from "../clinica/clinica.ts";
import type { Excecao } from "../clinica/excecao.ts";
import type { Alcance, Contato, DaExcecao, DoAgendamento, Intencao, Quem, Vista } from "../clinica/livro.ts";
import { DIAS_DA_SEMANA, lerOferta } from "../clinica/oferta.ts";
import type { PedidoLido } from "../fio/clinica2.ts";
import { dataNoFio } from "../protocolo.ts";
import { Console, type LivroDoConsole } from "./console.ts";
import { type Formato, Registro, type Volume } from "./registro.ts";

/** Registra um teste que não precisa de nada. */
function teste(nome: string, fn: () => Promise<void> | void): void {
  Deno.test({ name: `console: ${nome}`, permissions: "none", fn });
}

const SEGUNDA = "2026-11-30";
const CPF = "52998224725";

/** Um agendamento de segunda-feira, às 08:00 com o clínico geral, com as trocas dadas. */
function agendamento(trocas: Partial<Agendamento> = {}): Agendamento {
  return nasce({
    ...{ numero: 1, codigo: "C0D1G000", cpf: CPF, nome: "MARIA DA SILVA", especialidade: "CLINICO GERAL" },
    ...{ data: SEGUNDA, hora: "08:00", minutos: 30, ...trocas },
  });
}

/** Uma exceção que fecha a segunda-feira inteira, com as trocas dadas. */
function excecao(trocas: Partial<Excecao> = {}): Excecao {
  return {
    ...{ numero: 7, tipo: "FECHA", de: SEGUNDA, ate: SEGUNDA, inicio: 0, fim: 1440, especialidade: "" },
    ...{ profissional: "", vagas: 0, minutos: 0, local: "", encaixes: 0, motivo: "SEGREDO", revogada: false },
    ...trocas,
  };
}

/** Uma vista de que só se leem exceções. */
function soExcecoes(excecoes: readonly Excecao[]): Vista {
  const fora = (): never => {
    throw new Error("o console só lê exceções");
  };
  return {
    soSegura: false,
    ...{
      ativosDe: fora,
      historiaDe: fora,
      ocupacao: fora,
      periodo: fora,
      cancelados: fora,
      contatoDe: fora,
      ultimaSenha: fora,
    },
    ...{
      alguemEspera: fora,
      esperaDe: fora,
      esperasDe: fora,
      fichaDe: fora,
      conviteDe: fora,
      fila: fora,
      listaDeEspera: fora,
      quantasAntes: fora,
      esperasDaOrigem: fora,
      novaEspera: fora,
      pendencias: fora,
      ultimoTique: fora,
      tentativa: fora,
    },
    ...{ novoNumero: fora, novaExcecao: fora, excecoes: () => excecoes },
  };
}

/** Um livro que só tem o que se lhe deu. */
function livro(agendamentos: readonly Agendamento[], excecoes: readonly Excecao[] = []): LivroDoConsole {
  const dias = Map.groupBy(agendamentos, (um) => JSON.stringify([agendaDe(um), um.data]));
  return {
    le<R>(alcance: () => Alcance, consulta: (vista: Vista) => R): R {
      assertEquals(alcance().excecoes, "le");
      return consulta(soExcecoes(excecoes));
    },
    lista: (data, agenda) =>
      Promise.resolve(agendamentos.filter((um) => um.data === data && (agenda ?? agendaDe(um)) === agendaDe(um))),
    diasMarcados: () => Promise.resolve([...dias.keys()].map((dia) => JSON.parse(dia))),
  };
}

/** O que um console de teste contou, em JSON. */
interface Contado {
  noConsole: Console;
  /** Passa a valer outra semana. */
  adota(config: unknown): void;
  relogio: { agora: number };
  /** O que saiu, como saiu. */
  escrito(): Promise<string>;
  lido(): Promise<Record<string, unknown>[]>;
}

function novo(
  { armazem = livro([]), config, volume = "normal", formato = "json" }: {
    armazem?: LivroDoConsole;
    config?: unknown;
    volume?: Volume;
    formato?: Formato;
  } = {},
): Contado {
  const oferta = lerOferta(config);
  const agenda = { clinica: new Clinica(oferta) };
  const relogio = { agora: 0 };
  let texto = "";
  const registro = new Registro({
    formato,
    volume,
    fuso: oferta.fuso,
    relogio: () => relogio.agora,
    destino: {
      write(bytes): Promise<number> {
        texto += new TextDecoder().decode(bytes);
        return Promise.resolve(bytes.length);
      },
    },
  });
  return {
    noConsole: new Console({ registro, armazem, agenda }),
    adota(config): void {
      agenda.clinica = new Clinica(lerOferta(config));
    },
    relogio,
    async escrito(): Promise<string> {
      await registro.fecha();
      return texto;
    },
    async lido(): Promise<Record<string, unknown>[]> {
      await registro.fecha();
      return texto.split("\n").filter((linha) => linha !== "").map((linha) => JSON.parse(linha));
    },
  };
}

const CLIENTE = "10.0.0.7:5000";
const QUEM: Quem = { origem: "10.0.0.7", cliente: CLIENTE, papel: "gerente" };

/** Uma mudança de um agendamento, feita por quem os testes têm. */
function mudanca(ato: Intencao, depois: Agendamento, antes?: Agendamento): DoAgendamento {
  return { sobre: "agendamento", ato, antes, depois, quem: QUEM };
}

/** A linha contada, sem a hora. */
function semHora({ quando: _, ...campos }: Record<string, unknown>): Record<string, unknown> {
  return campos;
}

teste("uma mudança gravada sai com o nome da especialidade e a data do fio, e a lista do dia sai uma vez", async () => {
  const config = { atendimentos: [{ especialidade: "Clínico Geral", dia: "SEGUNDA-FEIRA" }] };
  const { noConsole, lido } = novo({ config, armazem: livro([agendamento()]) });
  noConsole.mudou(mudanca("AGEND", agendamento()));
  noConsole.mudou(mudanca("CANCEL", agendamento({ hora: "08:30", situacao: "CANCELADO" }), agendamento()));
  noConsole.mudou(mudanca("ARQUIVA", agendamento({ hora: "09:00", ativo: false })));
  await noConsole.confere();
  await noConsole.confere();
  const linhas = await lido();
  assertEquals(linhas.map(({ evento, comando, codigo, horario }) => [evento, comando, codigo, horario]), [
    ["pedido", "AGEND", "OK-300", "08:00"],
    ["pedido", "CANCEL", "OK-301", "08:30"],
    ["dia", undefined, undefined, undefined],
  ]);
  assertEquals(semHora(linhas[0]), {
    evento: "pedido",
    cliente: CLIENTE,
    comando: "AGEND",
    codigo: "OK-300",
    numero: 1,
    cpf: "***.982.247-**",
    nome: "M. D. S.",
    especialista: "Clínico Geral",
    data: "30/11/2026",
    horario: "08:00",
  });
  assertEquals(semHora(linhas[2]), {
    evento: "dia",
    data: "30/11/2026",
    dia: "SEGUNDA-FEIRA",
    especialista: "Clínico Geral",
    agendados: [{ horario: "08:00", cpf: "***.982.247-**", nome: "M. D. S.", situacao: "MARCADO" }],
  });
});

/** O da clínica completa, com a Dra. Ana. */
function comAna(trocas: Partial<Agendamento> = {}): Agendamento {
  return agendamento({ profissional: "DRA. ANA LIMA", ...trocas });
}

const ANA = { especialista: "Clínico Geral", profissional: "Dra. Ana Lima" };

for (
  const [feita, esperado] of [
    [mudanca("AGEND", comAna({ encaixe: true })), { ...ANA, comando: "AGEND", codigo: "OK-300", encaixe: true }],
    [mudanca("CORRIGE", comAna({ nota: "SEGREDO" }), comAna()), { ...ANA, comando: "CORRIGE", codigo: "OK-306" }],
    [mudanca("REMARC", comAna(), comAna({ data: "2026-12-07", hora: "13:30" })), {
      ...{ ...ANA, comando: "REMARC", codigo: "OK-303", de: { data: "07/12/2026", horario: "13:30" } },
    }],
    [mudanca("SITUA", comAna({ situacao: "CHEGOU", senha: "P003" }), comAna()), {
      ...{ ...ANA, comando: "SITUA", codigo: "OK-306", situacao: "CHEGOU", senha: "P003" },
    }],
    [mudanca("SITUA", comAna({ situacao: "CANCELADO", motivo: "SEGREDO" }), comAna()), {
      ...{ ...ANA, comando: "SITUA", codigo: "OK-306", situacao: "CANCELADO" },
    }],
    [mudanca("DESFAZ", comAna(), comAna({ situacao: "FALTOU" })), {
      ...{ ...ANA, comando: "DESFAZ", codigo: "OK-306", situacao: "MARCADO" },
    }],
  ] as const
) {
  teste(`um ${esperado.comando} sai com ${Object.keys(esperado).slice(2).join(", ")}`, async () => {
    const { noConsole, lido } = novo({ config: completa });
    noConsole.mudou(feita);
    const paciente = { cpf: "***.982.247-**", nome: "M. D. S.", data: "30/11/2026", horario: "08:00" };
    const [linha] = await lido();
    assertEquals(semHora(linha), { evento: "pedido", cliente: CLIENTE, numero: 1, ...paciente, ...esperado });
  });
}

for (
  const [ato, trocas, esperado] of [
    ["FECHA", {}, { codigo: "OK-312", data: "30/11/2026" }],
    ["FECHA", { ate: "2026-12-04", inicio: 720, especialidade: "NUTRICAO" }, {
      ...{ codigo: "OK-312", especialista: "Nutrição", data: "30/11/2026", ate: "04/12/2026" },
      ...{ inicio: "12:00", fim: "24:00" },
    }],
    ["EXTRA", {
      tipo: "EXTRA",
      ...{ especialidade: "GERIATRIA", profissional: "DRA. ANA LIMA", local: "Sala 1" },
      ...{ inicio: 840, fim: 960, vagas: 4, minutos: 30, encaixes: 2 },
    }, {
      ...{ codigo: "OK-313", especialista: "Geriatria", profissional: "Dra. Ana Lima", data: "30/11/2026" },
      ...{ inicio: "14:00", fim: "16:00", vagas: 4, minutos: 30 },
    }],
    ["REABRE", { revogada: true, profissional: "DR. BRUNO SA" }, {
      ...{ codigo: "OK-314", profissional: "Dr. Bruno Sá", data: "30/11/2026" },
    }],
  ] as const
) {
  teste(`um ${ato} sai com o número, as datas e quem: ${Object.keys(esperado).join(", ")}`, async () => {
    const { noConsole, lido } = novo({ config: completa });
    const feita: DaExcecao = { sobre: "excecao", ato, depois: excecao(trocas), quem: QUEM };
    noConsole.mudou(feita);
    await noConsole.confere();
    const linhas = await lido();
    assertEquals(linhas.map(semHora), [{ evento: "pedido", cliente: CLIENTE, comando: ato, numero: 7, ...esperado }]);
  });
}

teste("um contato que muda não se conta", async () => {
  const { noConsole, lido } = novo({ volume: "detalhado" });
  const depois: Contato = { cpf: CPF, email: "maria@exemplo.br", telefone: "+5511999999999" };
  noConsole.mudou({ sobre: "contato", ato: "CORRIGE", depois, quem: QUEM });
  await noConsole.confere();
  assertEquals(await lido(), []);
});

teste(
  "a lista do dia é a de quem atende, com sala, situação, senha e encaixes; e um que se move muda dois dias",
  async () => {
    const outroDia = comAna({ data: "2026-12-02", hora: "08:45", especialidade: "GERIATRIA", minutos: 45, numero: 5 });
    const armazem = livro([
      comAna({ situacao: "CHEGOU", senha: "A001" }),
      comAna({ numero: 2, hora: "08:10", encaixe: true, situacao: "CONFIRMADO", local: "Triagem" }),
      comAna({ numero: 3, hora: "09:00", situacao: "CONVIDADO" }),
      agendamento({ numero: 4, profissional: "DR. BRUNO SA" }),
      outroDia,
    ]);
    const { noConsole, lido } = novo({ config: completa, armazem });
    noConsole.mudou(mudanca("REMARC", outroDia, comAna()));
    await noConsole.confere();
    const pessoa = { cpf: "***.982.247-**", nome: "M. D. S." };
    const daAna = { evento: "dia", profissional: "Dra. Ana Lima" };
    const clinico = { ...pessoa, especialista: "Clínico Geral" };
    assertEquals((await lido()).slice(1).map(semHora), [
      {
        ...daAna,
        data: "30/11/2026",
        dia: "SEGUNDA-FEIRA",
        agendados: [
          { horario: "08:00", ...clinico, situacao: "CHEGOU", local: "Sala 1", senha: "A001" },
          { horario: "08:10", ...clinico, situacao: "CONFIRMADO", local: "Triagem", encaixe: true },
        ],
      },
      {
        ...daAna,
        data: "02/12/2026",
        dia: "QUARTA-FEIRA",
        agendados: [{
          ...{ horario: "08:45", ...pessoa, situacao: "MARCADO", especialista: "Geriatria", local: "Sala 1" },
        }],
      },
    ]);
  },
);

const COM_SEGREDOS = { codigo: "SEGREDO", motivo: "SEGREDO", nota: "SEGREDO", email: "SEGREDO", telefone: "SEGREDO" };
const QUANDO = { data: "2026-11-30", dia: "SEGUNDA-FEIRA", horario: "08:00" };

/** Um pedido de cada comando, com tudo o que pode trazer, e os campos com que se conta se foi recusado ou é uma consulta. */
const PEDIDOS: readonly (readonly [pedido: PedidoLido, contados: Record<string, unknown>])[] = [
  [{
    ...{ comando: "AGEND", cpf: CPF, nome: "ANA LIMA", especialista: "X", profissional: "Y" },
    ...{ ...QUANDO, encaixe: true, ...COM_SEGREDOS },
  }, {
    ...{ cpf: "***.982.247-**", nome: "A. L.", especialista: "X", profissional: "Y", encaixe: true },
    ...{ data: "30/11/2026", dia: "SEGUNDA-FEIRA", horario: "08:00" },
  }],
  [{ comando: "REMARC", cpf: CPF, especialista: "X", ...QUANDO, ...COM_SEGREDOS }, {
    ...{ cpf: "***.982.247-**", especialista: "X", data: "30/11/2026", dia: "SEGUNDA-FEIRA", horario: "08:00" },
  }],
  [{ comando: "CANCEL", cpf: CPF, ...COM_SEGREDOS }, { cpf: "***.982.247-**" }],
  [{ comando: "CORRIGE", cpf: CPF, especialista: "X", nome: "ANA LIMA", numero: 3, ...COM_SEGREDOS }, {
    ...{ cpf: "***.982.247-**", especialista: "X", nome: "A. L.", numero: 3 },
  }],
  [{ comando: "SITUA", cpf: CPF, especialista: "X", situacao: "CHEGOU", local: "SEGREDO", ...COM_SEGREDOS }, {
    ...{ cpf: "***.982.247-**", especialista: "X", situacao: "CHEGOU" },
  }],
  [{ comando: "FECHA", data: "2026-11-30", ate: "2026-12-01", inicio: 60, especialista: "X", ...COM_SEGREDOS }, {
    ...{ data: "30/11/2026", ate: "01/12/2026", inicio: "01:00", especialista: "X" },
  }],
  [{ comando: "EXTRA", data: "2026-11-30", inicio: 480, vagas: 2, minutos: 30, especialista: "X", local: "SEGREDO" }, {
    ...{ data: "30/11/2026", inicio: "08:00", fim: "09:00", vagas: 2, minutos: 30, especialista: "X" },
  }],
  [{ comando: "REABRE", numero: 9 }, { numero: 9 }],
  [{
    ...{ comando: "ESPERA", cpf: CPF, nome: "ANA LIMA", especialista: "X", profissional: "Y", de: "2026-12-01" },
    ...COM_SEGREDOS,
  }, { cpf: "***.982.247-**", nome: "A. L.", especialista: "X", profissional: "Y" }],
  [{ comando: "DESISTE", cpf: CPF, especialista: "X", numero: 3, codigo: "SEGREDO" }, {
    ...{ cpf: "***.982.247-**", especialista: "X", numero: 3 },
  }],
  [{ comando: "ACEITA", cpf: CPF, especialista: "X", ...COM_SEGREDOS }, { cpf: "***.982.247-**", especialista: "X" }],
  [{ comando: "RECUSA", cpf: CPF, especialista: "X" }, { cpf: "***.982.247-**", especialista: "X" }],
  [{ comando: "FILA", especialista: "X" }, { especialista: "X" }],
  [{ comando: "BUSCA", cpf: CPF }, { cpf: "***.982.247-**" }],
  [{ comando: "HISTORIA", cpf: CPF }, { cpf: "***.982.247-**" }],
  [{ comando: "VAGAS", especialista: "X", data: "2026-11-30" }, { especialista: "X", data: "30/11/2026" }],
  [{ comando: "LISTA", data: "" }, {}],
  [{ comando: "OLA", chave: "SEGREDO" }, {}],
  [{ comando: "PING" }, {}],
];

const DA_ESPERA = ["ESPERA", "DESISTE", "ACEITA", "RECUSA"];

teste("de um pedido que não mudou nada saem os campos que se podem contar, e nunca um segredo", async () => {
  const { noConsole, lido } = novo({ volume: "detalhado" });
  for (const [pedido] of PEDIDOS) noConsole.respondeu(CLIENTE, pedido, "ERRO-100");
  const linhas = (await lido()).map(semHora);
  assertEquals(
    linhas,
    PEDIDOS.map(([{ comando }, contados]) => ({
      ...{ evento: "pedido", cliente: CLIENTE, comando, codigo: "ERRO-100" },
      ...contados,
    })),
  );
  assert(!JSON.stringify(linhas).includes("SEGREDO"));
});

for (
  const [volume, esperados] of [
    ["quieto", []],
    ["normal", ["AGEND", "REMARC", "CANCEL", "CORRIGE", "SITUA", "FECHA", "EXTRA", "REABRE", ...DA_ESPERA]],
    ["detalhado", PEDIDOS.map(([{ comando }]) => comando)],
  ] as const
) {
  teste(`no volume ${volume}, das recusas saem as de ${esperados.join(", ") || "nenhum comando"}`, async () => {
    const { noConsole, lido } = novo({ volume });
    for (const [pedido] of PEDIDOS) noConsole.respondeu(CLIENTE, pedido, "ERRO-100");
    noConsole.respondeu(CLIENTE, undefined, "ERRO-100");
    // O que se fez, conta-o `mudou`.
    for (const [pedido] of PEDIDOS.slice(0, 12)) noConsole.respondeu(CLIENTE, pedido, "OK-306");
    const comandos = (await lido()).map(({ comando }) => comando);
    assertEquals(comandos, [...esperados, ...volume === "detalhado" ? ["?"] : []]);
  });
}

teste("com --quieto nenhuma lista é lida", async () => {
  const armazem = { ...livro([]), lista: () => Promise.reject(new Error("não se lê")) };
  const { noConsole, lido } = novo({ volume: "quieto", armazem });
  noConsole.mudou(mudanca("REMARC", agendamento(), agendamento({ data: "2026-12-07" })));
  await noConsole.confere();
  assertEquals(await lido(), []);
});

teste("um SITUA DESFAZ recusado conta-se como um DESFAZ", async () => {
  const { noConsole, lido } = novo();
  noConsole.respondeu(CLIENTE, { comando: "SITUA", cpf: CPF, especialista: "X", situacao: "DESFAZ" }, "ERRO-115");
  assertEquals((await lido()).map(({ comando, situacao }) => [comando, situacao]), [["DESFAZ", undefined]]);
});

teste("de muitos dias que mudaram saem cinco por segundo, dos mais antigos aos mais novos", async () => {
  const { noConsole, relogio, lido } = novo();
  const datas = Array.from({ length: 12 }, (_, i) => `2026-12-${10 + i}`);
  for (const data of datas) noConsole.mudou(mudanca("CANCEL", agendamento({ data })));
  for (let segundo = 1; segundo <= 3; segundo++) {
    relogio.agora += 1000;
    await noConsole.confere();
    const dias = (await lido()).filter(({ evento }) => evento === "dia").map(({ data }) => data);
    assertEquals(dias, datas.slice(0, 5 * segundo).map((data) => `${data.slice(8)}/12/2026`));
  }
});

teste("listas de dias longas esperam pela cota, e nenhuma se perde", async () => {
  const datas = Array.from({ length: 5 }, (_, i) => `2026-12-${10 + i}`);
  const todos = datas.flatMap((data) => Array.from({ length: 1440 }, (_, numero) => agendamento({ numero, data })));
  const { noConsole, relogio, lido } = novo({ armazem: livro(todos) });
  for (const data of datas) noConsole.mudou(mudanca("CANCEL", agendamento({ data })));
  let segundos = 0;
  const dias = async (): Promise<number> => (await lido()).filter(({ evento }) => evento === "dia").length;
  await noConsole.confere();
  assertEquals(await dias(), 1, "a primeira deixa o balde devendo");
  for (; await dias() < datas.length; segundos++) {
    assert(segundos < 60);
    relogio.agora += 1000;
    await noConsole.confere();
  }
  const bytes = JSON.stringify((await lido()).filter(({ evento }) => evento === "dia")).length;
  assert(bytes / segundos < 50_000, `${bytes} bytes em ${segundos} s`);
});

teste("uma lista que não pôde ser lida é uma falha, e as outras continuam", async () => {
  const armazem = livro([]);
  const { noConsole, lido } = novo({
    armazem: {
      ...armazem,
      lista: (data, ...resto) =>
        data === SEGUNDA ? Promise.reject(new Error("disco ruim")) : armazem.lista(data, ...resto),
    },
  });
  noConsole.mudou(mudanca("CANCEL", agendamento()));
  noConsole.mudou(mudanca("CANCEL", agendamento({ data: "2026-12-07" })));
  await noConsole.confere();
  assertEquals((await lido()).slice(2).map(({ evento, causa }) => [evento, causa]), [
    ["falha", "disco ruim"],
    ["dia", undefined],
  ]);
});

/** Os órfãos contados, `"especialista data hora razão"`. */
function orfaos(linhas: readonly Record<string, unknown>[]): string[] {
  return linhas.filter(({ evento }) => evento === "orfao")
    .map(({ especialista, data, horario, razao }) => `${especialista} ${data} ${horario} ${razao}`);
}

teste("os agendamentos que a semana não comporta são nomeados, e os outros não", async () => {
  const { noConsole, lido } = novo({
    config: { fechado: ["2026-12-07"] },
    armazem: livro([
      agendamento({ hora: "08:30" }),
      agendamento({ hora: "08:15" }),
      agendamento({ hora: "09:00", minutos: 15 }),
      agendamento({ hora: "10:29", encaixe: true }),
      agendamento({ hora: "10:30", encaixe: true }),
      agendamento({ hora: "11:00", situacao: "ATENDIDO" }),
      agendamento({ hora: "11:30", situacao: "CONVIDADO" }),
      agendamento({ data: "2026-12-07" }),
      agendamento({ especialidade: "ORTOPEDISTA" }),
    ]),
  });
  await noConsole.contaOrfaos(SEGUNDA, new AbortController().signal);
  assertEquals(orfaos(await lido()), [
    "CLINICO GERAL 30/11/2026 08:15 semana",
    "CLINICO GERAL 30/11/2026 09:00 semana",
    "CLINICO GERAL 30/11/2026 10:30 semana",
    "CLINICO GERAL 07/12/2026 08:00 semana",
    "ORTOPEDISTA 30/11/2026 08:00 semana",
  ]);
});

teste("uma hora que um EXTRA abriu não é órfã; uma que um FECHA fechou é, e diz-se por quê", async () => {
  const extra = excecao({
    ...{ numero: 8, tipo: "EXTRA", de: "2026-12-01", ate: "2026-12-01", especialidade: "CLINICO GERAL" },
    ...{ inicio: 600, fim: 660, vagas: 2, minutos: 30 },
  });
  const { noConsole, lido } = novo({
    armazem: livro([
      agendamento({ data: "2026-12-01", hora: "10:30" }),
      agendamento({ data: "2026-12-01", hora: "11:00" }),
      agendamento({ hora: "08:30" }),
      agendamento({ hora: "09:00" }),
    ], [excecao({ fim: 540 }), extra]),
  });
  await noConsole.contaOrfaos(SEGUNDA, new AbortController().signal);
  assertEquals(orfaos(await lido()), [
    "CLINICO GERAL 01/12/2026 11:00 semana",
    "CLINICO GERAL 30/11/2026 08:30 fechado",
  ]);
});

teste(
  "com profissionais, é órfão o que está com quem já não atende a essa hora, e o de quando ninguém tinha nome",
  async () => {
    const { noConsole, lido } = novo({
      config: completa,
      armazem: livro([
        comAna(),
        comAna({ data: "2026-12-02" }),
        agendamento({ hora: "08:30" }),
        agendamento({ hora: "12:30" }),
        agendamento({ hora: "08:40", minutos: 20, profissional: "DR. BRUNO SA" }),
        agendamento({ hora: "09:00", profissional: "DR. QUE SAIU" }),
      ]),
    });
    await noConsole.contaOrfaos(SEGUNDA, new AbortController().signal);
    const linhas = await lido();
    assertEquals(orfaos(linhas), [
      "Clínico Geral 02/12/2026 08:00 semana",
      "Clínico Geral 30/11/2026 08:30 profissional",
      "Clínico Geral 30/11/2026 12:30 semana",
      "Clínico Geral 30/11/2026 09:00 semana",
    ]);
    assertEquals(linhas.map(({ profissional }) => profissional), [
      "Dra. Ana Lima",
      undefined,
      undefined,
      "DR. QUE SAIU",
    ]);
  },
);

const MEIO_DIA = Date.UTC(2026, 10, 30, 15);

teste("uma semana nova diz o que mudou e quem fica de fora; a mesma, que é a mesma", async () => {
  const { noConsole, adota, lido } = novo({
    volume: "quieto",
    armazem: livro([agendamento(), agendamento({ hora: "10:00" })]),
  });
  const antes = lerOferta();
  const menor = { semanas: 2, atendimentos: [{ especialidade: "Clinico Geral", dia: "SEGUNDA-FEIRA", vagas: 4 }] };
  adota(menor);
  await noConsole.adotou("clinica.json", antes, MEIO_DIA);
  const [semana, ...resto] = await lido();
  assertEquals([semana.evento, semana.arquivo], ["semana", "clinica.json"]);
  assertEquals(semana.mudancas, [
    "semanas: 4 -> 2",
    ...["mais especialidade: Clinico Geral", "menos especialidade: CLINICO GERAL"],
    ...["menos especialidade: DERMATOLOGISTA", "menos especialidade: NUTRICIONISTA"],
    "mais Clinico Geral, SEGUNDA-FEIRA: 08:00 a 10:00 de 30 em 30 min",
    "menos CLINICO GERAL, SEGUNDA-FEIRA: 08:00 a 10:30 de 30 em 30 min",
    "menos DERMATOLOGISTA, QUARTA-FEIRA: 08:00 a 10:30 de 30 em 30 min",
    "menos NUTRICIONISTA, SEXTA-FEIRA: 08:00 a 10:30 de 30 em 30 min",
  ]);
  assertEquals(orfaos(resto), ["Clinico Geral 30/11/2026 10:00 semana"]);
  await noConsole.adotou("clinica.json", lerOferta(menor), MEIO_DIA);
  const deNovo = (await lido()).slice(2);
  assertEquals(deNovo.map(({ evento, mudancas }) => [evento, mudancas]), [["semana", []]]);
});

teste("a hora do console é a do fuso da semana que passou a valer", async () => {
  const { noConsole, adota, escrito } = novo({ formato: "texto" });
  noConsole.respondeu(CLIENTE, { comando: "CANCEL", cpf: CPF }, "ERRO-113");
  adota({ fuso: "Asia/Tokyo" });
  await noConsole.adotou("clinica.json", lerOferta(), MEIO_DIA);
  const [antes, depois] = (await escrito()).split("\n").map((linha) => Number(linha.slice(0, 2)));
  assertEquals((depois - antes + 24) % 24, 12);
});

teste("de uma semana muito diferente dizem-se cem mudanças, e quantas mais há", async () => {
  const { noConsole, adota, lido } = novo();
  adota({
    fechado: Array.from({ length: 130 }, (_, i) => Temporal.PlainDate.from(SEGUNDA).add({ days: i }).toString()),
  });
  await noConsole.adotou("clinica.json", lerOferta(), MEIO_DIA);
  const [{ mudancas }] = await lido();
  if (!Array.isArray(mudancas)) throw new Error("veio outra coisa");
  assertEquals([mudancas.length, mudancas[99], mudancas[100]], [101, "mais data fechada: 09/03/2027", "e mais 30"]);
});

teste("outra semana interrompe a procura da anterior, e o fim, a dela", async () => {
  const muitos = Array.from(
    { length: 50 },
    (_, i) => agendamento({ data: Temporal.PlainDate.from("2026-12-01").add({ days: i }).toString() }),
  );
  let listas = 0;
  const armazem = livro(muitos);
  const { noConsole, adota, lido } = novo({
    armazem: {
      ...armazem,
      lista(...onde): ReturnType<LivroDoConsole["lista"]> {
        listas++;
        return armazem.lista(...onde);
      },
    },
  });
  const janela = new Calendario(lerOferta()).janela(MEIO_DIA);
  const primeira = noConsole.contaSemana(janela);
  adota({ semanas: 2 });
  const segunda = noConsole.adotou("clinica.json", lerOferta(), MEIO_DIA);
  await Promise.all([noConsole.encerra(), primeira, segunda]);
  await lido();
  assert(listas < 10, `${listas} listas`);
});

/** A resposta a `VAGAS` com tudo livre, como iria em CLINICA/2. */
function vagasNoFio(calendario: Calendario, agora: number): string {
  const vagas: unknown[] = [];
  for (const { iso, nome, atendimentos } of calendario.janela(agora).dias.values()) {
    for (const { chave, nome: especialista } of calendario.oferta.especialidades) {
      for (const { horarios, profissional } of atendimentos.get(chave) ?? []) {
        const horas = horarios.map(({ hora }) => hora);
        vagas.push([dataNoFio(iso), nome, especialista, horas, profissional?.nome ?? ""]);
      }
    }
  }
  return `${JSON.stringify(["OK-304", ...vagas])}\n`;
}

const GRANDE = {
  semanas: 53,
  atendimentos: DIAS_DA_SEMANA.flatMap((dia) =>
    ["PLANTÃO", "URGÊNCIA"].map((especialidade) => ({ especialidade, dia, inicio: "00:00", vagas: 288, minutos: 5 }))
  ),
};

teste(
  "uma semana em que VAGAS passa de 1 MiB é avisada com o tamanho, que é o da resposta; a embutida não",
  async () => {
    const agora = Date.UTC(2026, 10, 25, 12);
    for (const config of [undefined, completa, GRANDE]) {
      const { noConsole, lido } = novo({ config, volume: "quieto" });
      const calendario = new Calendario(lerOferta(config));
      const janela = calendario.janela(agora);
      const noFio = new TextEncoder().encode(vagasNoFio(calendario, agora)).length;
      assertEquals(noConsole.bytesDasVagas(janela), noFio);
      noConsole.avisaVagasGrandes(janela);
      const avisos = (await lido()).map(({ evento, o_que }) => `${evento}: ${o_que}`);
      if (config !== GRANDE) assertEquals(avisos, []);
      else assertMatch(avisos.join("\n"), /^aviso: com esta semana uma resposta a VAGAS pode ter 1,7 MiB, /);
    }
  },
);

teste("com o banco lento nenhuma lista é lida duas vezes ao mesmo tempo, e a que falhou sai depois", async () => {
  const armazem = livro([]);
  const solta = Promise.withResolvers<void>();
  let lidas = 0;
  let falha = true;
  const { noConsole, lido } = novo({
    armazem: {
      ...armazem,
      async lista(...onde): ReturnType<LivroDoConsole["lista"]> {
        lidas++;
        await solta.promise;
        if (falha) throw new Error("lento demais");
        return armazem.lista(...onde);
      },
    },
  });
  for (const data of [SEGUNDA, "2026-12-07", "2026-12-14"]) {
    noConsole.mudou(mudanca("CANCEL", agendamento({ data })));
  }
  const conferencias = [noConsole.confere(), noConsole.confere(), noConsole.confere()];
  assertEquals(lidas, 1);
  solta.resolve();
  await Promise.all(conferencias);
  assertEquals(lidas, 3);
  falha = false;
  await noConsole.confere();
  assertEquals((await lido()).filter(({ evento }) => evento === "dia").length, 3);
});
