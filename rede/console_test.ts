/**
 * Testes do console: o que se conta das mudanças, das recusas, dos dias que mudaram e dos que ficaram fora da semana.
 *
 * @module
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Agendamento } from "../clinica/livro.ts";
import { Calendario, DIAS_DA_SEMANA, lerOferta } from "../clinica/oferta.ts";
import { codificarResposta, dataNoFio, type Vaga } from "../protocolo.ts";
import { Console, type LivroDoConsole } from "./console.ts";
import { Registro, type Volume } from "./registro.ts";

/** Registra um teste que não precisa de nada. */
function teste(nome: string, fn: () => Promise<void> | void): void {
  Deno.test({ name: `console: ${nome}`, permissions: "none", fn });
}

const SEGUNDA = "2026-11-30";

/** Um agendamento de segunda-feira, às 08:00 com o clínico geral, com as trocas dadas. */
function agendamento(trocas: Partial<Agendamento> = {}): Agendamento {
  return {
    id: 1,
    cpf: "52998224725",
    nome: "MARIA DA SILVA",
    especialidade: "CLINICO GERAL",
    profissional: "",
    data: SEGUNDA,
    hora: "08:00",
    minutos: 30,
    ...trocas,
  };
}

/** Um livro que só tem o que se lhe deu. */
function livro(agendamentos: readonly Agendamento[]): LivroDoConsole {
  const dias = Map.groupBy(agendamentos, ({ especialidade, data }) => JSON.stringify([especialidade, data]));
  return {
    lista: (data, especialidade) =>
      Promise.resolve(
        agendamentos.filter((um) => um.data === data && (especialidade ?? um.especialidade) === um.especialidade),
      ),
    diasMarcados: () => Promise.resolve([...dias.keys()].map((dia) => JSON.parse(dia))),
  };
}

/** O que um console de teste contou, em JSON. */
interface Contado {
  noConsole: Console;
  relogio: { agora: number };
  lido(): Promise<Record<string, unknown>[]>;
}

function novo(
  { armazem = livro([]), config, volume = "normal" }: {
    armazem?: LivroDoConsole;
    config?: unknown;
    volume?: Volume;
  } = {},
): Contado {
  const oferta = lerOferta(config);
  const relogio = { agora: 0 };
  let texto = "";
  const registro = new Registro({
    formato: "json",
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
    noConsole: new Console({ registro, armazem, oferta }),
    relogio,
    async lido(): Promise<Record<string, unknown>[]> {
      await registro.fecha();
      return texto.split("\n").filter((linha) => linha !== "").map((linha) => JSON.parse(linha));
    },
  };
}

const CLIENTE = "10.0.0.7:5000";
const QUEM = { origem: "10.0.0.7", cliente: CLIENTE };

teste("uma mudança gravada sai com o nome da especialidade e a data do fio, e a lista do dia sai uma vez", async () => {
  const config = { atendimentos: [{ especialidade: "Clínico Geral", dia: "SEGUNDA-FEIRA" }] };
  const { noConsole, lido } = novo({ config, armazem: livro([agendamento()]) });
  noConsole.mudou({ tipo: "marca", agendamento: agendamento(), quem: QUEM });
  noConsole.mudou({ tipo: "desmarca", agendamento: agendamento({ hora: "08:30" }), quem: QUEM });
  noConsole.mudou({ tipo: "arquiva", agendamento: agendamento({ hora: "09:00" }), quem: QUEM });
  await noConsole.confere();
  await noConsole.confere();
  const linhas = await lido();
  assertEquals(linhas.map(({ evento, comando, codigo, horario }) => [evento, comando, codigo, horario]), [
    ["pedido", "AGEND", "OK-300", "08:00"],
    ["pedido", "CANCEL", "OK-301", "08:30"],
    ["dia", undefined, undefined, undefined],
  ]);
  const { quando: _, ...pedido } = linhas[0];
  assertEquals(pedido, {
    evento: "pedido",
    cliente: CLIENTE,
    comando: "AGEND",
    codigo: "OK-300",
    cpf: "***.982.247-**",
    nome: "M. D. S.",
    especialista: "Clínico Geral",
    data: "30/11/2026",
    horario: "08:00",
  });
  const { quando: __, ...dia } = linhas[2];
  assertEquals(dia, {
    evento: "dia",
    data: "30/11/2026",
    dia: "SEGUNDA-FEIRA",
    especialista: "Clínico Geral",
    agendados: [{ horario: "08:00", cpf: "***.982.247-**", nome: "M. D. S." }],
  });
});

for (
  const [volume, esperados] of [
    ["quieto", []],
    ["normal", ["AGEND ERRO-110", "CANCEL ERRO-113"]],
    ["detalhado", ["AGEND ERRO-110", "CANCEL ERRO-113", "BUSCA OK-302", "? ERRO-100"]],
  ] as const
) {
  teste(`no volume ${volume}, das respostas que não mudam nada saem ${esperados.join(", ") || "nenhuma"}`, async () => {
    const { noConsole, lido } = novo({ volume });
    const cpf = "52998224725";
    const marcar = { comando: "AGEND", cpf, nome: "ANA", especialista: "X", data: "Y", dia: "Z" } as const;
    noConsole.respondeu(CLIENTE, marcar, "ERRO-110");
    noConsole.respondeu(CLIENTE, { comando: "CANCEL", cpf }, "ERRO-113");
    noConsole.respondeu(CLIENTE, { comando: "BUSCA", cpf }, "OK-302");
    noConsole.respondeu(CLIENTE, undefined, "ERRO-100");
    // Estas, conta-as `mudou`.
    noConsole.respondeu(CLIENTE, marcar, "OK-300");
    noConsole.respondeu(CLIENTE, { comando: "CANCEL", cpf }, "OK-301");
    assertEquals((await lido()).map(({ comando, codigo }) => `${comando} ${codigo}`), [...esperados]);
  });
}

teste("de muitos dias que mudaram saem cinco por segundo, dos mais antigos aos mais novos", async () => {
  const { noConsole, relogio, lido } = novo();
  const datas = Array.from({ length: 12 }, (_, i) => `2026-12-${10 + i}`);
  for (const data of datas) noConsole.mudou({ tipo: "desmarca", agendamento: agendamento({ data }), quem: QUEM });
  for (let segundo = 1; segundo <= 3; segundo++) {
    relogio.agora += 1000;
    await noConsole.confere();
    const dias = (await lido()).filter(({ evento }) => evento === "dia").map(({ data }) => data);
    assertEquals(dias, datas.slice(0, 5 * segundo).map((data) => `${data.slice(8)}/12/2026`));
  }
});

teste("listas de dias longas esperam pela cota, e nenhuma se perde", async () => {
  const datas = Array.from({ length: 5 }, (_, i) => `2026-12-${10 + i}`);
  const todos = datas.flatMap((data) => Array.from({ length: 1440 }, (_, id) => agendamento({ id, data })));
  const { noConsole, relogio, lido } = novo({ armazem: livro(todos) });
  for (const data of datas) noConsole.mudou({ tipo: "desmarca", agendamento: agendamento({ data }), quem: QUEM });
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
  noConsole.mudou({ tipo: "desmarca", agendamento: agendamento(), quem: QUEM });
  noConsole.mudou({ tipo: "desmarca", agendamento: agendamento({ data: "2026-12-07" }), quem: QUEM });
  await noConsole.confere();
  assertEquals((await lido()).slice(2).map(({ evento, causa }) => [evento, causa]), [
    ["falha", "disco ruim"],
    ["dia", undefined],
  ]);
});

teste("os agendamentos que a semana não comporta são nomeados, e os outros não", async () => {
  const { noConsole, lido } = novo({
    config: { fechado: ["2026-12-07"] },
    armazem: livro([
      agendamento({ hora: "08:30" }),
      agendamento({ hora: "08:15" }),
      agendamento({ hora: "09:00", minutos: 15 }),
      agendamento({ data: "2026-12-07" }),
      agendamento({ especialidade: "ORTOPEDISTA" }),
    ]),
  });
  await noConsole.contaOrfaos(SEGUNDA, new AbortController().signal);
  assertEquals((await lido()).map(({ especialista, data, horario }) => `${especialista} ${data} ${horario}`), [
    "CLINICO GERAL 30/11/2026 08:15",
    "CLINICO GERAL 30/11/2026 09:00",
    "CLINICO GERAL 07/12/2026 08:00",
    "ORTOPEDISTA 30/11/2026 08:00",
  ]);
});

/** A resposta a `VAGAS` com tudo livre, como iria no fio. */
function vagasNoFio(calendario: Calendario, agora: number): string {
  const vagas: Vaga[] = [];
  for (const { iso, nome, horarios } of calendario.janela(agora).dias.values()) {
    for (const { chave, nome: especialista } of calendario.oferta.especialidades) {
      const horas = horarios.get(chave)?.map(({ hora }) => hora);
      if (horas !== undefined) vagas.push([dataNoFio(iso), nome, especialista, horas]);
    }
  }
  return codificarResposta({ codigo: "OK-304", vagas });
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
    for (const config of [undefined, GRANDE]) {
      const { noConsole, lido } = novo({ config, volume: "quieto" });
      const calendario = new Calendario(lerOferta(config));
      const janela = calendario.janela(agora);
      const noFio = new TextEncoder().encode(vagasNoFio(calendario, agora)).length;
      assertEquals(noConsole.bytesDasVagas(janela), noFio);
      noConsole.avisaVagasGrandes(janela);
      const avisos = (await lido()).map(({ evento, o_que }) => `${evento}: ${o_que}`);
      if (config === undefined) assertEquals(avisos, []);
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
    noConsole.mudou({ tipo: "desmarca", agendamento: agendamento({ data }), quem: QUEM });
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
