/**
 * Testes do verificador do dia: o que as respostas não podem ter mostrado, e ele tem de recusar.
 *
 * @module
 */

import { assert } from "@std/assert";
import {
  agend,
  AMANHA,
  BUSCA,
  CANCEL,
  Caso,
  CHEGADO,
  com,
  cpf,
  DEPOIS,
  entreMovimento,
  EXTRA,
  FECHA,
  HOJE,
  lista,
  move,
  situa,
  UM,
} from "./caso.ts";
import { nomeUnico } from "./registro.ts";
import type { ErradoNoDia } from "./vidas.ts";

const IMPOSSIVEIS: [nome: string, tipo: ErradoNoDia, caso: () => Caso][] = [
  // Os movidos.
  [
    "um movido que uma lista mostra na data nova, e outra depois na antiga",
    "movido em duas horas ou em nenhuma",
    () =>
      entreMovimento((antes, depois) => [
        [lista(DEPOIS), com("OK-310", depois)],
        [lista(AMANHA), com("OK-310", antes)],
      ]),
  ],
  [
    "um movido que nenhuma das duas listas mostra, a antiga primeiro",
    "movido em duas horas ou em nenhuma",
    () => entreMovimento(() => [[lista(AMANHA), com("OK-310")], [lista(DEPOIS), com("OK-310")]]),
  ],
  [
    "um movido que a lista nova não mostra depois que uma busca o viu lá",
    "movido em duas horas ou em nenhuma",
    () => entreMovimento((_, depois) => [[BUSCA, com("OK-302", depois)], [lista(DEPOIS), com("OK-310")]]),
  ],
  // O fechado.
  [
    "uma marcação no que um FECHA fechou",
    "marcado no que estava fechado",
    () =>
      new Caso([...UM, FECHA]).forja(agend(2, { hora: "08:30", profissional: "ANA" }), {
        ...{ ato: "AGEND", codigo: "OK-300" },
        novo: { numero: 2, cpf: cpf(2), nome: nomeUnico(2), hora: "08:30" },
      }),
  ],
  [
    "um movimento para o que um FECHA fechou",
    "marcado no que estava fechado",
    () =>
      new Caso([...UM, { ...FECHA, data: DEPOIS, inicio: "08:15", fim: "08:20" }]).forja(
        move(DEPOIS, { hora: "08:00" }),
        {
          ...{ ato: "REMARC", codigo: "OK-303" },
          novo: { numero: 1, data: DEPOIS },
        },
      ),
  ],
  [
    "um DESFAZ para o que um FECHA fechou",
    "marcado no que estava fechado",
    () =>
      new Caso([...UM, CANCEL, FECHA]).forja(situa("DESFAZ", { numero: 1 }), {
        ...{ ato: "DESFAZ", codigo: "OK-306" },
        novo: { numero: 1, situacao: "MARCADO" },
      }),
  ],
  [
    "um DESFAZ para o que um FECHA fechou, e um EXTRA só reabriu em parte",
    "leitura sem ordem possível",
    () =>
      new Caso([...UM, CANCEL, FECHA, {
        ...EXTRA,
        especialidade: "CLINICO",
        profissional: "ANA",
        vagas: 1,
        minutos: 15,
      }])
        .forja(situa("DESFAZ", { numero: 1 }), {
          ...{ ato: "DESFAZ", codigo: "OK-306" },
          novo: { numero: 1, situacao: "MARCADO" },
        }),
  ],
  [
    "um encaixe no que um FECHA fechou",
    "marcado no que estava fechado",
    () =>
      new Caso([...UM, FECHA]).forja(agend(2, { hora: "08:40", encaixe: true }), {
        ...{ ato: "AGEND", codigo: "OK-300" },
        novo: { numero: 2, cpf: cpf(2), nome: nomeUnico(2), hora: "08:40", encaixe: true },
      }),
  ],
  // As senhas.
  [
    "uma senha dada a dois",
    "senha repetida",
    () =>
      new Caso([...CHEGADO, agend(2, { data: HOJE, hora: "09:45", encaixe: true })])
        .forja({ ...situa("CHEGOU"), cpf: cpf(2) }, {
          ...{ ato: "SITUA", codigo: "OK-306" },
          novo: { numero: 2, situacao: "CHEGOU", senha: "A001" },
        }),
  ],
  [
    "a senha de quem se moveu, dada a outro",
    "senha repetida",
    () =>
      new Caso([...CHEGADO, situa("DESFAZ"), move(AMANHA), agend(2, { data: HOJE, hora: "09:45", encaixe: true })])
        .forja({ ...situa("CHEGOU"), cpf: cpf(2) }, {
          ...{ ato: "SITUA", codigo: "OK-306" },
          novo: { numero: 2, situacao: "CHEGOU", senha: "A001" },
        }),
  ],
  // As respostas.
  ["a resposta de outro pedido", "resposta imprópria", () => new Caso().ve(BUSCA, com("OK-310"))],
  ["o agendamento de outro CPF", "resposta imprópria", () => {
    const caso = new Caso([...UM, agend(2)]);
    return caso.ve(BUSCA, com("OK-302", caso.linha(2)));
  }],
  ["uma marcação sem código", "resposta imprópria", () => {
    const caso = new Caso(UM);
    const { codigo: _codigo, ...sem } = caso.linha(1);
    caso.historia.operacoes[0].resposta = com("OK-300", sem);
    return caso;
  }],
  ["um encaixe que não é um", "resposta imprópria", () => {
    const caso = new Caso();
    caso.faz(agend(1, { hora: "08:00" }));
    Object.assign(caso.historia.operacoes[0].feito, { encaixe: true });
    return caso;
  }],
  ["ERRO-117 de quem disse a versão certa", "resposta imprópria", () => {
    const caso = new Caso(UM);
    return caso.ve({ ...CANCEL, versao: 1 }, com("ERRO-117", caso.linha(1)));
  }],
  ["uma chegada sem senha", "resposta imprópria", () => {
    const caso = new Caso(CHEGADO);
    caso.historia.operacoes[1].resposta = com("OK-306", { ...caso.linha(1), senha: undefined });
    return caso;
  }],
  // A ordem.
  ["uma busca que ainda vê onde se estava antes do movimento", "leitura sem ordem possível", () => {
    const caso = new Caso(UM);
    const antes = caso.linha(1);
    caso.faz(move(AMANHA, { hora: "08:30" }));
    return caso.ve(BUSCA, com("OK-302", antes));
  }],
  [
    "uma busca que não vê o que foi confirmado antes dela",
    "leitura sem ordem possível",
    () => new Caso(UM).ve(BUSCA, com("ERRO-112")),
  ],
  [
    "uma história que esquece o cancelado",
    "leitura sem ordem possível",
    () => new Caso([...UM, CANCEL]).ve({ comando: "HISTORIA", cpf: cpf(1) }, com("OK-315")),
  ],
  [
    "uma lista sem o que foi confirmado",
    "leitura sem ordem possível",
    () => new Caso(UM).ve(lista(AMANHA), com("OK-310")),
  ],
  ["uma lista fora de ordem", "leitura sem ordem possível", () => {
    const caso = new Caso([agend(1), agend(2)]);
    return caso.ve(lista(AMANHA), com("OK-310", caso.linha(2), caso.linha(1)));
  }],
  ["vagas que mostram livre o que foi tomado", "leitura sem ordem possível", () => {
    const caso = new Caso();
    const livres = caso.faz({ comando: "VAGAS", data: AMANHA, especialidade: "CLINICO" });
    caso.faz(agend(1));
    return caso.ve(livres.feito, livres.resposta ?? com("OK-304"));
  }],
  ["vagas que não veem um FECHA confirmado", "leitura sem ordem possível", () => {
    const caso = new Caso();
    const livres = caso.faz({ comando: "VAGAS", data: AMANHA, especialidade: "CLINICO" });
    caso.faz({ ...FECHA, inicio: "08:00", fim: "08:30" });
    return caso.ve(livres.feito, livres.resposta ?? com("OK-304"));
  }],
  [
    "sem dizer com quem, o que tem mais marcados",
    "leitura sem ordem possível",
    () =>
      new Caso([agend(1, { profissional: "ANA" })]).forja(agend(2, { hora: "08:30" }), {
        ...{ ato: "AGEND", codigo: "OK-300" },
        novo: { numero: 2, cpf: cpf(2), nome: nomeUnico(2), hora: "08:30", profissional: "ANA" },
      }),
  ],
  ["sem dizer a hora, uma que não é a primeira", "leitura sem ordem possível", () =>
    new Caso(UM).forja(agend(2), {
      ...{ ato: "AGEND", codigo: "OK-300" },
      novo: { numero: 2, cpf: cpf(2), nome: nomeUnico(2), hora: "08:30", profissional: "BIA" },
    })],
  ["uma hora que não há", "leitura sem ordem possível", () =>
    new Caso(UM).forja(agend(2, { hora: "08:45" }), {
      ...{ ato: "AGEND", codigo: "OK-300" },
      novo: { numero: 2, cpf: cpf(2), nome: nomeUnico(2), hora: "08:45", profissional: "BIA" },
    })],
  [
    "um movimento sem dizer com quem, que troca quem atende sem precisar",
    "leitura sem ordem possível",
    () =>
      new Caso(UM).forja(move(DEPOIS), {
        ...{ ato: "REMARC", codigo: "OK-303" },
        novo: { numero: 1, data: DEPOIS, profissional: "BIA" },
      }),
  ],
  [
    "um encaixe a mais do que cabe",
    "leitura sem ordem possível",
    () =>
      new Caso([...UM, agend(2, { hora: "08:10", encaixe: true, profissional: "ANA" })])
        .forja(agend(3, { hora: "08:20", encaixe: true, profissional: "ANA" }), {
          ...{ ato: "AGEND", codigo: "OK-300" },
          novo: { numero: 3, cpf: cpf(3), nome: nomeUnico(3), hora: "08:20", encaixe: true },
        }),
  ],
  [
    "um encaixe fora do atendimento",
    "leitura sem ordem possível",
    () =>
      new Caso(UM).forja(agend(2, { hora: "12:00", encaixe: true }), {
        ...{ ato: "AGEND", codigo: "OK-300" },
        novo: { numero: 2, cpf: cpf(2), nome: nomeUnico(2), hora: "12:00", encaixe: true },
      }),
  ],
  [
    "um DESFAZ para uma hora que já é de outro",
    "em dois lugares",
    () =>
      new Caso([...UM, CANCEL, agend(2, { profissional: "ANA", hora: "08:00" })])
        .forja(situa("DESFAZ", { numero: 1 }), {
          ...{ ato: "DESFAZ", codigo: "OK-306" },
          novo: { numero: 1, situacao: "MARCADO" },
        }),
  ],
  ["um FECHA que não diz quem ficou de fora", "leitura sem ordem possível", () => {
    const caso = new Caso([...UM, FECHA]);
    caso.historia.operacoes[1].resposta = { codigo: "OK-312", numero: 1, vistos: [] };
    return caso;
  }],
  [
    "um FECHA repetido que responde o número do que já se reabriu",
    "leitura sem ordem possível",
    () => new Caso([FECHA, { comando: "REABRE", numero: 1 }]).ve(FECHA, { codigo: "OK-312", numero: 1, vistos: [] }),
  ],
  [
    "um EXTRA repetido que responde o número do que já se desfez",
    "leitura sem ordem possível",
    () => new Caso([EXTRA, { comando: "REABRE", numero: 1 }]).ve(EXTRA, { codigo: "OK-313", numero: 1, vistos: [] }),
  ],
  ["um EXTRA por cima do que se atende", "leitura sem ordem possível", () => {
    const caso = new Caso([{ ...EXTRA }]);
    caso.livro = { ...caso.livro, excecoes: [{ ...caso.livro.excecoes[0], inicio: 500, fim: 560 }] };
    Object.assign(caso.historia.operacoes[0].feito, { inicio: "08:20" });
    return caso;
  }],
  ["ERRO-121 de um EXTRA que nada impede", "leitura sem ordem possível", () => new Caso(UM).ve(EXTRA, com("ERRO-121"))],
  ["ERRO-110 com uma hora livre", "leitura sem ordem possível", () => new Caso().ve(agend(1), com("ERRO-110"))],
  ["ERRO-110 a quem já tem agendamento", "leitura sem ordem possível", () => {
    const derma = { especialidade: "DERMA" };
    const caso = new Caso([agend(2, derma), agend(3, derma), agend(1, { ...derma, data: DEPOIS })]);
    return caso.ve(agend(4, { ...derma, cpf: cpf(1) }), com("ERRO-110"));
  }],
  ["ERRO-103 num dia aberto", "leitura sem ordem possível", () => new Caso().ve(agend(1), com("ERRO-103"))],
  [
    "ERRO-105 de uma hora que há",
    "leitura sem ordem possível",
    () => new Caso().ve(agend(1, { hora: "08:00" }), com("ERRO-105")),
  ],
  [
    "ERRO-110 de um encaixe que cabe",
    "leitura sem ordem possível",
    () => new Caso().ve(agend(1, { hora: "08:10", encaixe: true }), com("ERRO-110")),
  ],
  ["ERRO-111 que mostra um cancelado", "leitura sem ordem possível", () => {
    const caso = new Caso([...UM, CANCEL]);
    return caso.ve(agend(2, { cpf: cpf(1) }), com("ERRO-111", caso.linha(1)));
  }],
  ["ERRO-113 de quem tem agendamento", "leitura sem ordem possível", () => new Caso(UM).ve(CANCEL, com("ERRO-113"))],
  ["ERRO-115 do que a tabela permite", "leitura sem ordem possível", () => {
    const caso = new Caso(UM);
    return caso.ve(situa("CONFIRMADO"), com("ERRO-115", caso.linha(1)));
  }],
  ["ERRO-115 de um DESFAZ que nada impede", "leitura sem ordem possível", () => {
    const caso = new Caso(CHEGADO);
    return caso.ve(situa("DESFAZ"), com("ERRO-115", caso.linha(1)));
  }],
  ["ERRO-117 que mostra uma versão que já não há", "leitura sem ordem possível", () => {
    const caso = new Caso(UM);
    const antes = caso.linha(1);
    caso.faz(CANCEL);
    return caso.ve({ ...CANCEL, numero: 1, versao: 9 }, com("ERRO-117", antes));
  }],
  ["ERRO-121 onde nada se atende", "leitura sem ordem possível", () => new Caso().ve(EXTRA, com("ERRO-121"))],
  [
    "ERRO-113 a um REABRE do que vale",
    "leitura sem ordem possível",
    () => new Caso([FECHA]).ve({ comando: "REABRE", numero: 1 }, com("ERRO-113")),
  ],
  ["um pedido sem número que muda outro que não o que devia", "leitura sem ordem possível", () => {
    const caso = new Caso([...CHEGADO, situa("CHAMADO"), situa("ATENDIDO"), agend(2, { cpf: cpf(1), data: AMANHA })]);
    return caso.forja(situa("CONFIRMADO"), {
      ...{ ato: "SITUA", codigo: "OK-306" },
      novo: { numero: 2, situacao: "CONFIRMADO" },
    });
  }],
];

for (const [nome, tipo, caso] of IMPOSSIVEIS) {
  Deno.test(`dia: impossível: ${nome}`, { permissions: "none" }, () => {
    const achadas = caso().violacoes();
    assert(achadas.includes(tipo), `esperava "${tipo}"; veio ${achadas.join(", ") || "nada"}`);
  });
}
