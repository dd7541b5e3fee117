/**
 * Testes do verificador do dia: o que o livro, o diário e as versões não podem ter, e ele tem de recusar.
 *
 * @module
 */

import { assert } from "@std/assert";
import { agend, BUSCA, CANCEL, Caso, CHEGADO, com, cpf, DEPOIS, FECHA, HOJE, move, situa, UM } from "./caso.ts";
import { nomeUnico } from "./registro.ts";
import type { ErradoNoDia } from "./vidas.ts";

const IMPOSSIVEIS: [nome: string, tipo: ErradoNoDia, caso: () => Caso][] = [
  // O livro e o diário.
  ["uma marcação confirmada que o livro não tem", "confirmado e não gravado", () => {
    const caso = new Caso(UM);
    caso.livro = { agendamentos: [], excecoes: [], diario: [], esperas: [] };
    return caso;
  }],
  ["um movimento confirmado que o livro não tem", "confirmado e não gravado", () => {
    const caso = new Caso(UM);
    const antes = caso.livro;
    caso.faz(move(DEPOIS));
    caso.livro = antes;
    return caso;
  }],
  ["um FECHA confirmado que o livro não tem", "confirmado e não gravado", () => {
    const caso = new Caso(UM);
    const antes = caso.livro;
    caso.faz(FECHA);
    caso.livro = antes;
    return caso;
  }],
  ["um REABRE confirmado de um FECHA que ainda vale", "confirmado e não gravado", () => {
    const caso = new Caso([FECHA]);
    return caso.ve({ comando: "REABRE", numero: 1 }, { codigo: "OK-314", numero: 1, vistos: [] });
  }],
  ["uma linha que ninguém pediu", "gravado sem pedido", () => {
    const caso = new Caso(UM);
    caso.historia.operacoes.length = 0;
    return caso;
  }],
  ["uma situação que ninguém pediu", "gravado sem pedido", () => {
    const caso = new Caso(CHEGADO);
    caso.historia.operacoes.pop();
    return caso;
  }],
  ["um FECHA que ninguém pediu", "gravado sem pedido", () => {
    const caso = new Caso([FECHA]);
    caso.historia.operacoes.pop();
    return caso;
  }],
  ["um REABRE que ninguém pediu", "gravado sem pedido", () => {
    const caso = new Caso([FECHA, { comando: "REABRE", numero: 1 }]);
    caso.historia.operacoes.pop();
    return caso;
  }],
  ["o mesmo REABRE confirmado a dois", "gravado sem pedido", () => {
    const caso = new Caso([FECHA, { comando: "REABRE", numero: 1 }]);
    return caso.ve({ comando: "REABRE", numero: 1 }, { codigo: "OK-314", numero: 1, vistos: [] });
  }],
  ["um movimento sem resposta que foi para outra data", "gravado sem pedido", () => {
    const caso = new Caso(UM);
    const movido = caso.faz(move(DEPOIS));
    caso.historia.operacoes.pop();
    return caso.perde({ ...move(HOJE), ...movido && {} }, false);
  }],
  ["um pedido sem resposta que teve dois efeitos", "gravado sem pedido", () => {
    const caso = new Caso([...CHEGADO, situa("CHAMADO"), situa("CHAMADO")]);
    const [umaVez] = caso.historia.operacoes.splice(-2);
    umaVez.fim = Infinity;
    delete umaVez.resposta;
    caso.historia.operacoes.push(umaVez);
    return caso;
  }],
  ["a mesma versão confirmada a dois", "gravado sem pedido", () => {
    const caso = new Caso([...UM, CANCEL]);
    return caso.ve(CANCEL, com("OK-301", caso.linha(1)));
  }],
  ["uma recusa do que aconteceu", "gravado sem pedido", () => {
    const caso = new Caso([...UM, CANCEL]);
    caso.historia.operacoes[1].resposta = com("ERRO-131");
    return caso;
  }],
  ["uma leitura do que o livro não tem", "lido e não gravado", () => {
    const caso = new Caso(UM);
    return caso.ve(BUSCA, com("OK-302", { ...caso.linha(1), numero: 2 }));
  }],
  ["uma versão que duas respostas mostram diferente", "uma versão com dois conteúdos", () => {
    const caso = new Caso(UM);
    return caso.ve(BUSCA, com("OK-302", { ...caso.linha(1), hora: "08:30" }));
  }],
  ["um conteúdo que o livro não tem", "uma versão com dois conteúdos", () => new Caso(UM).troca(1, { nota: "outra" })],
  ["o número fica, e o código muda", "situação fora da tabela", () => {
    const caso = new Caso([...UM, move(DEPOIS), CANCEL]);
    caso.historia.operacoes[2].resposta = com("OK-301", { ...caso.linha(1), codigo: "22222222" });
    return caso.troca(1, { codigo: "22222222" });
  }],
  ["uma mudança que o diário não conta", "diário infiel", () => {
    const caso = new Caso([...UM, CANCEL]);
    return caso.conta((linhas) => linhas.slice(0, 1));
  }],
  ["o diário fora de ordem", "diário infiel", () => {
    const caso = new Caso([...UM, CANCEL]);
    return caso.conta((linhas) => linhas.toReversed());
  }],
  ["o diário conta a mesma mudança duas vezes", "diário infiel", () => {
    const caso = new Caso(UM);
    return caso.conta((linhas) => [...linhas, ...linhas]);
  }],
  ["o diário conta um agendamento que não há", "diário infiel", () => {
    const caso = new Caso(UM);
    return caso.conta((linhas) => [...linhas, linhas[0].replace('"AGEND",1,', '"AGEND",7,')]);
  }],
  ["o diário conta um FECHA que não há", "diário infiel", () => {
    const caso = new Caso([FECHA]);
    return caso.conta((linhas) => [...linhas, linhas[0].replace('"FECHA",1,', '"FECHA",7,')]);
  }],
  ["o diário diz outro ato", "diário infiel", () => {
    const caso = new Caso([...UM, CANCEL]);
    return caso.conta((linhas) => linhas.map((linha) => linha.replace("CANCEL", "SITUA")));
  }],
  ["o diário diz que se veio de onde não se estava", "diário infiel", () => {
    const caso = new Caso([...UM, CANCEL]);
    return caso.conta((
      [nasce, ...linhas],
    ) => [nasce, ...linhas.map((linha) => linha.replace('"MARCADO ', '"CHEGOU '))]);
  }],
  ["o diário diz um nome", "diário infiel", () => {
    const caso = new Caso(UM);
    return caso.conta((linhas) => linhas.map((linha) => linha.replace("h:1", nomeUnico(1))));
  }],
  ["o diário não conta um FECHA", "diário infiel", () => {
    const caso = new Caso([FECHA]);
    return caso.conta(() => []);
  }],
  // As situações.
  ["atendido sem ter chegado", "situação fora da tabela", () =>
    new Caso([agend(1, { data: HOJE })])
      .forja(situa("ATENDIDO"), { ato: "SITUA", codigo: "OK-306", novo: { numero: 1, situacao: "ATENDIDO" } })],
  ["uma chegada noutro dia", "situação fora da tabela", () =>
    new Caso(UM)
      .forja(situa("CHEGOU"), {
        ato: "SITUA",
        codigo: "OK-306",
        novo: { numero: 1, situacao: "CHEGOU", senha: "A001" },
      })],
  [
    "uma falta antes da hora",
    "situação fora da tabela",
    () =>
      new Caso(UM).forja(situa("FALTOU"), { ato: "SITUA", codigo: "OK-306", novo: { numero: 1, situacao: "FALTOU" } }),
  ],
  ["um DESFAZ que não volta para onde se estava", "situação fora da tabela", () =>
    new Caso(CHEGADO)
      .forja(situa("DESFAZ"), { ato: "DESFAZ", codigo: "OK-306", novo: { numero: 1, situacao: "CONFIRMADO" } })],
  ["um DESFAZ do que não há o que desfazer", "situação fora da tabela", () =>
    new Caso([...CHEGADO, situa("DESFAZ")])
      .forja(situa("DESFAZ"), { ato: "DESFAZ", codigo: "OK-306", novo: { numero: 1, situacao: "MARCADO" } })],
  [
    "um DESFAZ do que um movimento esvaziou",
    "situação fora da tabela",
    () =>
      new Caso([...UM, situa("CONFIRMADO"), move(DEPOIS)])
        .forja(situa("DESFAZ"), { ato: "DESFAZ", codigo: "OK-306", novo: { numero: 1, situacao: "MARCADO" } }),
  ],
  [
    "um movimento de quem já chegou",
    "situação fora da tabela",
    () =>
      new Caso(CHEGADO).forja(move(DEPOIS, { hora: "08:00" }), {
        ...{ ato: "REMARC", codigo: "OK-303" },
        novo: { numero: 1, situacao: "MARCADO", data: DEPOIS, hora: "08:00", minutos: 30, senha: "" },
      }),
  ],
  [
    "um cancelamento de quem já chegou",
    "situação fora da tabela",
    () =>
      new Caso(CHEGADO).forja(CANCEL, { ato: "CANCEL", codigo: "OK-301", novo: { numero: 1, situacao: "CANCELADO" } }),
  ],
  ["uma chamada que não conta", "situação fora da tabela", () =>
    new Caso(CHEGADO)
      .forja(situa("CHAMADO"), {
        ato: "SITUA",
        codigo: "OK-306",
        novo: { numero: 1, situacao: "CHAMADO", chamadas: 0 },
      })],
  ["uma situação que muda a hora", "situação fora da tabela", () =>
    new Caso(UM).forja(situa("CONFIRMADO"), {
      ...{ ato: "SITUA", codigo: "OK-306" },
      novo: { numero: 1, situacao: "CONFIRMADO", hora: "08:30" },
    })],
  // Os lugares.
  [
    "a mesma hora de dois",
    "em dois lugares",
    () =>
      new Caso(UM).forja(agend(2, { hora: "08:00", profissional: "ANA" }), {
        ...{ ato: "AGEND", codigo: "OK-300" },
        novo: { numero: 2, cpf: cpf(2), nome: nomeUnico(2) },
      }),
  ],
  [
    "um profissional em dois lugares, em horas que só se sobrepõem, de especialidades diferentes",
    "em dois lugares",
    () =>
      new Caso(UM).forja(agend(2, { hora: "08:15", especialidade: "PEDIATRA" }), {
        ...{ ato: "AGEND", codigo: "OK-300" },
        novo: { numero: 2, cpf: cpf(2), nome: nomeUnico(2), hora: "08:15", especialidade: "PEDIATRA" },
      }),
  ],
  [
    "um movimento para a hora de outro",
    "em dois lugares",
    () =>
      new Caso([...UM, agend(2, { data: DEPOIS, profissional: "ANA" })]).forja(move(DEPOIS, { hora: "08:00" }), {
        ...{ ato: "REMARC", codigo: "OK-303" },
        novo: { numero: 1, data: DEPOIS },
      }),
  ],
  [
    "um movido que ainda tem a hora antiga quando outro a toma já a tinha perdido: não; mas antes do movimento, sim",
    "em dois lugares",
    () => {
      const caso = new Caso(UM).forja(agend(2, { hora: "08:00", profissional: "ANA" }), {
        ...{ ato: "AGEND", codigo: "OK-300" },
        novo: { numero: 2, cpf: cpf(2), nome: nomeUnico(2) },
      });
      return caso.forja(move(DEPOIS, { hora: "08:00" }), {
        ...{ ato: "REMARC", codigo: "OK-303" },
        novo: { numero: 1, data: DEPOIS },
      });
    },
  ],
  [
    "um CPF duas vezes na especialidade",
    "duas vezes na especialidade",
    () =>
      new Caso(UM).forja(agend(2, { cpf: cpf(1), hora: "08:30" }), {
        ...{ ato: "AGEND", codigo: "OK-300" },
        novo: { numero: 2, nome: nomeUnico(2), hora: "08:30" },
      }),
  ],
  [
    "um DESFAZ que dá um segundo ativo",
    "duas vezes na especialidade",
    () =>
      new Caso([...UM, CANCEL, agend(2, { cpf: cpf(1), data: DEPOIS })]).forja(situa("DESFAZ", { numero: 1 }), {
        ...{ ato: "DESFAZ", codigo: "OK-306" },
        novo: { numero: 1, situacao: "MARCADO" },
      }),
  ],
];

for (const [nome, tipo, caso] of IMPOSSIVEIS) {
  Deno.test(`dia: impossível: ${nome}`, { permissions: "none" }, () => {
    const achadas = caso().violacoes();
    assert(achadas.includes(tipo), `esperava "${tipo}"; veio ${achadas.join(", ") || "nada"}`);
  });
}
