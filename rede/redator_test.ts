/**
 * Testes do redator: o que guarda escrito é sempre o que escreveria de novo. Sem nenhuma permissão.
 *
 * @module
 */

import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { type Agendamento, nasce, type Papel } from "../clinica/agendamento.ts";
import { Clinica } from "../clinica/clinica.ts";
import type { Espera } from "../clinica/espera.ts";
import type { Ficha, Pendencias, Quem, Vista } from "../clinica/livro.ts";
import { Ocupacao, PorDia } from "../clinica/ocupacao.ts";
import { lerOferta, minutoDoDia } from "../clinica/oferta.ts";
import type { Resultado } from "../clinica/pedido.ts";
import { consultar } from "../clinica/regras.ts";
import configuracao from "../deno.json" with { type: "json" };
import { codificarResposta2, decodificarResposta2 } from "../fio/respostas.ts";
import { codificarResposta, decodificarResposta } from "../protocolo.ts";
import { Redator } from "./redator.ts";

function teste(name: string, fn: () => void): void {
  Deno.test({ name: `redator: ${name}`, permissions: "none", fn });
}

const QUEM: Quem = { origem: "10.0.0.7", cliente: "10.0.0.7:40312", papel: "gerente" };
const CEDO = Temporal.Instant.from("2026-11-30T07:00-03:00").epochMilliseconds;

const AGENDAMENTO: Agendamento = nasce({
  numero: 1,
  codigo: "7K3M9QXZ",
  cpf: "52998224725",
  nome: 'JOÃO "Ç" 𝒜',
  especialidade: "CLINICO GERAL",
  data: "2026-11-30",
  hora: "08:00",
  minutos: 30,
});

/** Um redator da clínica com esta configuração. */
function redatorDe(config?: unknown): Redator {
  return new Redator({ clinica: new Clinica(lerOferta(config)) });
}

/** Um livro de que só se vê a ocupação, a mesma instância, mudada no lugar, como na memória do servidor. */
class SoOcupacao implements Vista {
  soSegura = false;
  readonly dias = new PorDia<Ocupacao>();

  ocupacao(agenda: string, data: string): Ocupacao {
    let ocupacao = this.dias.get(agenda, data);
    if (ocupacao === undefined) this.dias.set(agenda, data, ocupacao = Ocupacao.vazia());
    return ocupacao;
  }

  ativosDe = (): readonly Agendamento[] => [];
  historiaDe = (): readonly Agendamento[] => [];
  periodo = (): readonly Agendamento[] => [];
  cancelados = (): readonly Agendamento[] => [];
  excecoes = (): readonly [] => [];
  contatoDe = (): undefined => undefined;
  ultimaSenha = (): number => 0;
  alguemEspera = (): boolean => false;
  esperaDe = (): undefined => undefined;
  esperasDe = (): readonly [] => [];
  fichaDe = (): Ficha => ({ acabadas: [] });
  conviteDe = (): undefined => undefined;
  fila = (): readonly [] => [];
  listaDeEspera = (): readonly [] => [];
  quantasAntes = (): number => 0;
  esperasDaOrigem = (): number => 0;
  novaEspera = (): number => 1;
  pendencias = (): Pendencias => ({ convites: [], esperas: [], faltas: [], velhas: false });
  tentativa = (): undefined => undefined;
  ultimoTique = (): string => "";
  novoNumero = (): number => 1;
  novaExcecao = (): number => 1;
}

teste("veste agendamentos com a data, o dia e o nome da clínica; o que a semana já não tem, pela chave", () => {
  const redator = redatorDe({ atendimentos: [{ especialidade: "Clínico Geral", dia: "segunda-feira" }] });
  const linha = redator.linha({ codigo: "OK-300", agendamentos: [AGENDAMENTO] });
  assertEquals(JSON.parse(linha), [
    "OK-300",
    ["AGEND", "52998224725", 'JOÃO "Ç" 𝒜', "Clínico Geral", "30/11/2026", "SEGUNDA-FEIRA", "08:00"],
  ]);
  const antiga = { ...AGENDAMENTO, especialidade: "PEDIATRA", data: "2019-02-28" };
  assertEquals(JSON.parse(redator.linha({ codigo: "OK-302", agendamentos: [antiga, AGENDAMENTO] }))[1].slice(3, 6), [
    "PEDIATRA",
    "28/02/2019",
    "QUINTA-FEIRA",
  ]);
});

teste("um livro com datas sem fim não cresce a memória, e as datas continuam certas", () => {
  const redator = redatorDe();
  let data = Temporal.PlainDate.from("1990-01-01");
  for (let i = 0; i < 5000; i++, data = data.add({ days: 1 })) {
    const linha = redator.linha({ codigo: "OK-301", agendamentos: [{ ...AGENDAMENTO, data: data.toString() }] });
    assertStrictEquals(JSON.parse(linha)[1][4], data.toString().split("-").reverse().join("/"));
  }
});

teste("a lista guardada é a que se escreveria de novo, em cada fio, para quaisquer mudanças e a qualquer hora", () => {
  const atendimentos = [
    { especialidade: "A", profissional: "Um", dia: "SEGUNDA-FEIRA" },
    { especialidade: "A", profissional: "Dois", dia: "SEGUNDA-FEIRA", inicio: "09:00" },
    { especialidade: "B", dia: "SEGUNDA-FEIRA" },
    { especialidade: "Ç", dia: "TERÇA-FEIRA" },
  ];
  const config = { semanas: 2, atendimentos };
  const arbPasso = fc.oneof(
    fc.record({
      faz: fc.constantFrom("toma" as const, "libera" as const),
      agenda: fc.constantFrom("P:UM", "P:DOIS", "E:A", "E:B", "E:C"),
      data: fc.constantFrom("2026-11-30", "2026-12-01", "2026-12-07", "2026-12-08"),
      hora: fc.constantFrom("08:00", "08:30", "09:00", "09:30", "10:00"),
    }),
    fc.record({ anda: fc.constantFrom(10, 30, 600, -30, 24 * 60) }),
    fc.record({ pede: fc.constantFrom(undefined, "A", "c"), porProfissional: fc.boolean() }),
  );
  let iguais = 0;
  let deAlguem = 0;
  fc.assert(
    fc.property(fc.array(arbPasso, { minLength: 5, maxLength: 40, size: "max" }), (passos) => {
      const clinica = new Clinica(lerOferta(config));
      const redator = new Redator({ clinica });
      const vista = new SoOcupacao();
      let agora = CEDO;
      let ultima = "";
      for (const passo of passos) {
        if ("anda" in passo) agora += passo.anda * 60_000;
        else if ("faz" in passo) vista.ocupacao(passo.agenda, passo.data)[passo.faz](minutoDoDia(passo.hora), 30);
        else {
          const { pede: especialista, porProfissional } = passo;
          const pergunta = (clinica: Clinica): Resultado =>
            consultar({ clinica, vista, agora, quem: QUEM, sorteia: () => "" }, {
              ...{ comando: "VAGAS", especialista, porProfissional },
            });
          const nova = new Clinica(lerOferta(config));
          const limpo = new Redator({ clinica: nova });
          let linha: string;
          if (porProfissional) {
            linha = redator.linha2(pergunta(clinica), QUEM);
            const limpa = limpo.veste2(pergunta(nova), QUEM);
            assertStrictEquals(linha, codificarResposta2(limpa));
            assertEquals(decodificarResposta2(linha.trimEnd()), limpa);
            if (/"(?:Um|Dois)"/.test(linha)) deAlguem++;
          } else {
            linha = redator.linha(pergunta(clinica));
            const limpa = limpo.veste(pergunta(nova));
            assertStrictEquals(linha, codificarResposta(limpa));
            assertEquals(decodificarResposta(linha.trimEnd()), limpa);
          }
          if (linha === ultima) iguais++;
          ultima = linha;
        }
      }
    }),
    { numRuns: 200 },
  );
  assert(iguais > 20 && deAlguem > 20, "quase nenhuma lista se repetiu, ou tinha alguém: a propriedade confere pouco");
});

// ------------------------------------------------------------------------------------------------------ CLINICA/2

const SALA = {
  atendimentos: [
    { especialidade: "Clínico Geral", profissional: "Dra. Ana Lima", local: "Sala 2", dia: "SEGUNDA-FEIRA" },
  ],
};

/** Um que já chegou e foi chamado, com tudo o que pode ter. */
const CHAMADO: Agendamento = {
  ...AGENDAMENTO,
  ...{ versao: 4, profissional: "DRA. ANA LIMA", situacao: "CHAMADO", senha: "P001", prioridade: 2 },
  ...{ chegouEm: "2026-11-30T10:58:30Z", chamadoEm: "2026-11-30T11:01:00Z", chamadas: 1, motivo: "dor" },
  ...{ nota: "em jejum", email: "joao@exemplo.com", telefone: "+5511987654321" },
};

/** Os detalhes da primeira tupla de uma linha de CLINICA/2. */
function detalhes(linha: string): Record<string, unknown> {
  return JSON.parse(linha).find((valor: unknown) => Array.isArray(valor))[7];
}

teste(
  "em CLINICA/2 a tupla leva os detalhes, com os nomes e o local da clínica e a hora da chegada no fuso dela",
  () => {
    const linha = redatorDe(SALA).linha2({ codigo: "OK-306", agendamentos: [CHAMADO] }, QUEM);
    assertEquals(JSON.parse(linha), ["OK-306", [
      ...["AGEND", "52998224725", 'JOÃO "Ç" 𝒜', "Clínico Geral", "30/11/2026", "SEGUNDA-FEIRA", "08:00"],
      {
        ...{ numero: 1, versao: 4, situacao: "CHAMADO", profissional: "Dra. Ana Lima", local: "Sala 2", minutos: 30 },
        ...{ encaixe: false, codigo: "7K3M9QXZ", senha: "P001", prioridade: 2, chegada: "07:58", chamadas: 1 },
        ...{ motivo: "dor", nota: "em jejum", email: "joao@exemplo.com", telefone: "+5511987654321" },
      },
    ]]);
    const simples = redatorDe().linha2({ codigo: "OK-300", agendamentos: [AGENDAMENTO] }, QUEM);
    assertEquals(detalhes(simples), {
      ...{ numero: 1, versao: 1, situacao: "MARCADO", profissional: "", local: "", minutos: 30, encaixe: false },
      codigo: "7K3M9QXZ",
    });
    const semCodigo = { ...AGENDAMENTO, codigo: "" };
    assert(!("codigo" in detalhes(redatorDe().linha2({ codigo: "OK-300", agendamentos: [semCodigo] }, QUEM))));
  },
);

teste(
  "o código nunca vai em ERRO-111 nem no dia, e no resto vai para quem trata dele, quem marcou ou quem o disse",
  () => {
    const redator = redatorDe();
    const vai = (resultado: Resultado, papel: Papel, dito?: string): boolean =>
      "codigo" in detalhes(redator.linha2(resultado, { ...QUEM, papel }, dito));
    const uma = [CHAMADO] as const;
    const respostas: readonly [Resultado, boolean][] = [
      [{ codigo: "OK-300", agendamentos: uma }, true],
      [{ codigo: "OK-301", agendamentos: uma }, true],
      [{ codigo: "OK-302", agendamentos: uma }, true],
      [{ codigo: "OK-303", agendamentos: [CHAMADO, CHAMADO] }, true],
      [{ codigo: "OK-306", agendamentos: uma }, true],
      [{ codigo: "OK-310", agendamentos: uma }, false],
      [{ codigo: "OK-312", numero: 1, agendamentos: uma }, true],
      [{ codigo: "OK-314", numero: 1, agendamentos: uma }, true],
      [{ codigo: "OK-315", agendamentos: uma }, true],
      [{ codigo: "ERRO-111", agendamentos: uma }, false],
      [{ codigo: "ERRO-114", agendamentos: uma }, true],
      [{ codigo: "ERRO-115", agendamentos: uma }, true],
      [{ codigo: "ERRO-117", agendamentos: uma }, true],
    ];
    for (const [resultado, esperado] of respostas) {
      for (const papel of ["gerente", "balcao"] as const) {
        assertEquals(
          vai(resultado, papel),
          esperado,
          resultado.codigo,
        );
      }
      for (const papel of ["quiosque", "profissional", "anonimo"] as const) {
        assertEquals(vai(resultado, papel), resultado.codigo === "OK-300", `${resultado.codigo} a ${papel}`);
        assertEquals(vai(resultado, papel, "0UTR0000"), resultado.codigo === "OK-300", "disse outro");
        assertEquals(
          vai(resultado, papel, CHAMADO.codigo),
          esperado,
          `${resultado.codigo} a ${papel}, que disse o código`,
        );
      }
    }
  },
);

teste("quem não é da casa não vê a senha, a chegada, o motivo, a nota nem o contato", () => {
  const redator = redatorDe();
  for (const papel of ["quiosque", "paciente", "integracao", "anonimo"] as const) {
    const vistos = detalhes(redator.linha2({ codigo: "OK-306", agendamentos: [CHAMADO] }, { ...QUEM, papel }));
    assertEquals(
      Object.keys(vistos),
      ["numero", "versao", "situacao", "profissional", "local", "minutos", "encaixe"],
      papel,
    );
  }
  const profissional = detalhes(redator.linha2({ codigo: "OK-306", agendamentos: [CHAMADO] }, {
    ...QUEM,
    papel: "profissional",
  }));
  assertEquals([profissional.senha, profissional.nota], ["P001", "em jejum"]);
});

const ESPERA: Espera = {
  ...{ numero: 12, versao: 3, codigo: "0G6WRTH2", cpf: "39053344705", nome: "ANA", especialidade: "CLINICO GERAL" },
  ...{ profissional: "DRA. ANA LIMA", de: "2026-11-30", ate: "2026-12-31", turno: "TARDE", antecedencia: 240 },
  ...{
    marca: true,
    move: true,
    prioridade: 2,
    motivo: "dor",
    isenta: true,
    email: "ana@exemplo.com",
    telefone: "+5511987654321",
  },
  ...{ origem: "10.0.0.7", lapsos: 1, ordem: 12, desde: "2026-11-29T02:58:30Z", convite: 1, passou: [] },
  terminouEm: "",
};
const CONVITE: Agendamento = {
  ...AGENDAMENTO,
  ...{ cpf: "39053344705", profissional: "DRA. ANA LIMA", situacao: "CONVIDADO", terminouEm: "2026-11-30T12:00:00Z" },
};

teste("quem entra na lista de espera recebe o lugar, o número e o código, seja quem for", () => {
  for (const papel of ["gerente", "quiosque", "paciente"] as const) {
    const linha = redatorDe().linha2({ codigo: "OK-307", posicao: 3, espera: ESPERA }, { ...QUEM, papel });
    assertStrictEquals(linha, '["OK-307",3,{"numero":12,"codigo":"0G6WRTH2"}]\n');
  }
});

teste("FILA diz o que cada um quer e o convite, nas datas e na hora da clínica; nunca o código", () => {
  const nua: Espera = {
    ...ESPERA,
    ...{ profissional: "", de: "", ate: "", turno: "", antecedencia: 0, marca: false, prioridade: 0, motivo: "" },
    ...{ email: "", telefone: "", lapsos: 0, convite: 0 },
  };
  const fila = [{ espera: ESPERA, convite: CONVITE }, { espera: nua, convite: undefined }];
  const linha = (papel: Papel): unknown[] =>
    JSON.parse(redatorDe(SALA).linha2({ codigo: "OK-311", fila }, { ...QUEM, papel }));
  const quem = ["39053344705", "ANA", "Clínico Geral"];
  const quer = {
    ...{ profissional: "Dra. Ana Lima", de: "30/11/2026", ate: "31/12/2026", turno: "TARDE", antecedencia: 240 },
    marca: true,
  };
  const desde = { desde: "28/11/2026 23:58", lapsos: 1 };
  const convite = {
    convite: { data: "30/11/2026", horario: "08:00", profissional: "Dra. Ana Lima", prazo: "30/11/2026 09:00" },
  };
  const daCasa = { prioridade: 2, motivo: "dor", email: "ana@exemplo.com", telefone: "+5511987654321" };
  const segunda = [...quem, 2, { desde: "28/11/2026 23:58", lapsos: 0 }];
  for (const papel of ["gerente", "balcao", "profissional"] as const) {
    assertEquals(linha(papel), [
      "OK-311",
      [...quem, 1, { ...quer, ...daCasa, ...desde, ...convite }],
      segunda,
    ]);
  }
  for (const papel of ["quiosque", "paciente", "anonimo", "integracao"] as const) {
    assertEquals(linha(papel), ["OK-311", [...quem, 1, { ...quer, ...desde, ...convite }], segunda]);
  }
  assertStrictEquals(redatorDe().linha2({ codigo: "OK-311", fila: [] }, QUEM), '["OK-311"]\n');
});

teste("a resposta a OLA diz a clínica e o papel de quem perguntou; a PING, só a versão", () => {
  const redator = redatorDe({ nome: "Boa Vista", fuso: "America/Manaus" });
  assertEquals(JSON.parse(redator.linha2({ codigo: "OK-200", apresenta: true }, { ...QUEM, papel: "balcao" })), [
    ...["OK-200", "CLINICA/2"],
    { clinica: "Boa Vista", versao: configuracao.version, fuso: "America/Manaus", papel: "balcao", nome: "" },
  ]);
  assertStrictEquals(redator.linha2({ codigo: "OK-200" }, QUEM), '["OK-200","CLINICA/2"]\n');
});

teste("quando a clínica passa a ser outra, os nomes, os locais, os dias e as horas são os dela", () => {
  const agenda = { clinica: new Clinica(lerOferta(SALA)) };
  const redator = new Redator(agenda);
  const antes = JSON.parse(redator.linha2({ codigo: "OK-302", agendamentos: [CHAMADO] }, QUEM))[1];
  agenda.clinica = new Clinica(lerOferta({
    fuso: "America/Manaus",
    atendimentos: [
      { especialidade: "CLÍNICO GERAL", profissional: "Dra. Ana LIMA", local: "Sala 5", dia: "segunda-feira" },
    ],
  }));
  const depois = JSON.parse(redator.linha2({ codigo: "OK-302", agendamentos: [CHAMADO] }, QUEM))[1];
  const diz = (tupla: (string & { [d: string]: string })[]): string[] => [
    ...[tupla[3], tupla[5], tupla[7].profissional, tupla[7].local, tupla[7].chegada],
  ];
  assertEquals(diz(antes), ["Clínico Geral", "SEGUNDA-FEIRA", "Dra. Ana Lima", "Sala 2", "07:58"]);
  assertEquals(diz(depois), ["CLÍNICO GERAL", "SEGUNDA-FEIRA", "Dra. Ana LIMA", "Sala 5", "06:58"]);
});

teste("CLINICA/1 só recebe os códigos dele", () => {
  const redator = redatorDe();
  const um = [AGENDAMENTO] as const;
  const trocados: readonly [Resultado, string][] = [
    [{ codigo: "ERRO-115", agendamentos: um }, "ERRO-113"],
    [{ codigo: "ERRO-116", regra: "antecedencia" }, "ERRO-110"],
    [{ codigo: "ERRO-117", agendamentos: um }, "ERRO-113"],
    [{ codigo: "ERRO-119" }, "ERRO-110"],
    [{ codigo: "ERRO-120" }, "ERRO-101"],
  ];
  for (const [resultado, codigo] of trocados) assertEquals(redator.veste(resultado), { codigo });
  const impossiveis: readonly Resultado[] = [
    { codigo: "OK-303", agendamentos: [AGENDAMENTO, AGENDAMENTO] },
    { codigo: "OK-306", agendamentos: um },
    { codigo: "OK-307", posicao: 1, espera: ESPERA },
    { codigo: "OK-308" },
    { codigo: "OK-309" },
    { codigo: "OK-310", agendamentos: um },
    { codigo: "OK-311", fila: [] },
    { codigo: "OK-312", numero: 1, agendamentos: um },
    { codigo: "OK-313", numero: 1 },
    { codigo: "OK-314", numero: 1, agendamentos: um },
    { codigo: "OK-315", agendamentos: um },
    { codigo: "ERRO-118" },
    { codigo: "ERRO-121" },
  ];
  for (const resultado of impossiveis) {
    assertThrows(() => redator.linha(resultado), TypeError, `${resultado.codigo} não responde`);
  }
});
