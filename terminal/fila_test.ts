/**
 * Testes de `terminal/fila.ts` e `terminal/desenho_da_fila.ts`, todos puros: o que cada tecla e cada notícia fazem da lista de
 * espera na recepção, e como ela se mostra.
 *
 * @module
 */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { alturaDaLista } from "./desenho.ts";
import { desenhaFila } from "./desenho_da_fila.ts";
import type { Esperando } from "./espera.ts";
import {
  apertaNa,
  comAlturaNa,
  comecaFila,
  type EfeitoNaFila,
  escolhidoNa,
  type Fila,
  perdeRespostaNa,
  perdeServidorNa,
  recebeFila,
  recebeRespostaNa,
} from "./fila.ts";
import type { Tecla } from "./teclas.ts";
import { larguraDe } from "./telas.ts";
import { cpfDeExemplo } from "../testes/apoio.ts";

function teste(nome: string, fn: () => void): void {
  Deno.test(nome, { permissions: "none" }, fn);
}

const CONVITE = { data: "01/12/2026", horario: "08:00", profissional: "DRA. ANA LIMA", prazo: "25/11/2026 10:30" };

function esperando(posicao: number, mais: Partial<Esperando> = {}): Esperando {
  return {
    ...{ cpf: cpfDeExemplo(posicao), nome: `PESSOA ${posicao}`, especialista: "NUTRIÇÃO", posicao },
    ...{ desde: "24/11/2026 09:00", lapsos: 0 },
    ...mais,
  };
}

/** A primeira tem um convite e contato; a segunda, um convite sem contato; a terceira só espera. */
const TRES = [
  esperando(1, { convite: { ...CONVITE, horario: "08:30" }, telefone: "+5511987654321" }),
  esperando(2, { convite: CONVITE, turno: "MANHÃ" }),
  esperando(3, { ate: "20/12/2026", prioridade: 2 }),
];

const NOMES = ["NUTRIÇÃO", "PEDIATRIA"];

function filaCom(lista: readonly Esperando[] = TRES): Fila {
  return recebeFila(comAlturaNa(comecaFila(NOMES), 10), ["NUTRIÇÃO"], lista);
}

function apertando(fila: Fila, teclas: string): [Fila, EfeitoNaFila | undefined] {
  let efeito: EfeitoNaFila | undefined;
  for (const [, nome, texto = ""] of teclas.matchAll(/<(\w+)>|([^])/gu)) {
    const tecla = nome === undefined ? { tipo: "texto", texto } as const : { tipo: nome } as Tecla;
    [fila, efeito] = apertaNa(fila, tecla);
  }
  return [fila, efeito];
}

function linhasDe(fila: Fila, colunas = 80, linhas = 24): string[] {
  return desenhaFila(comAlturaNa(fila, alturaDaLista(linhas)), { colunas, linhas, hoje: "25/11/2026" })
    .map((linha) => linha.replace(new RegExp("\x1b\\[\\d+m", "g"), ""));
}

teste("cada ato tem uma tecla, e pergunta antes", () => {
  const fila = filaCom();
  assertEquals(apertando(fila, "a")[1], undefined);
  assertEquals(apertando(fila, "as")[1], { tipo: "ato", ato: { comando: "ACEITA", alvo: TRES[0] } });
  // Entre a tecla e a resposta, outro balcão tirou-a da lista: é dela que se trata, e não de quem ficou no lugar.
  const mudada = recebeFila(apertando(fila, "a")[0], ["NUTRIÇÃO"], [TRES[1]]);
  assertEquals(apertando(mudada, "s")[1], { tipo: "ato", ato: { comando: "ACEITA", alvo: TRES[0] } });
  assertEquals(apertando(fila, "r")[1], undefined);
  assertEquals(apertando(fila, "rs")[1], { tipo: "ato", ato: { comando: "RECUSA", alvo: TRES[0] } });
  assertEquals(apertando(fila, "rn")[1], undefined);
  assertEquals(apertando(fila, "<baixo><baixo>xs")[1], { tipo: "ato", ato: { comando: "DESISTE", alvo: TRES[2] } });
  assertEquals(apertando(fila, "n")[1], { tipo: "poe" });
  assertEquals(apertando(fila, "<esc>")[1], { tipo: "volta" });
});

teste("de quem não tem convite não se aceita nem se recusa nada", () => {
  const [fila, efeito] = apertando(filaCom(), "<fim>a");
  assertEquals([fila.recado?.texto, efeito], ["Não há hora segurada para PESSOA 3.", undefined]);
  assertEquals(apertando(filaCom(), "<fim>rs")[1], undefined);
});

teste(
  "C mostra os convites de todas as especialidades, e outra vez a lista; as setas para o lado, outra especialidade",
  () => {
    const [porLer, efeito] = apertando(filaCom(), "<fim>c");
    assertEquals([porLer.lista, efeito], [undefined, { tipo: "lista" }]);
    const noutra = esperando(1, { especialista: "PEDIATRIA", convite: CONVITE });
    const convites = recebeFila(porLer, NOMES, [...TRES, noutra]);
    assertEquals(escolhidoNa(convites)?.nome, "PESSOA 1");
    const tela = linhasDe(convites).join("\n");
    assertMatch(tela, /^Convites por responder +2 por telefonar · 3 convites/);
    assertMatch(tela, /PESSOA 1 +01\/12 08:00 .+ TELEFONAR +PEDIATRIA/);
    assertEquals(tela.includes("PESSOA 3"), false);
    // O mesmo CPF em duas listas é dois convites.
    const [ultimo, recusa] = apertando(convites, "<fim>rs");
    assertEquals(recusa, { tipo: "ato", ato: { comando: "RECUSA", alvo: noutra } });
    assertEquals(recebeFila(ultimo, ["NUTRIÇÃO"], TRES), ultimo, "a lista que já não se mostra");
    assertEquals(apertando(ultimo, "<direita>")[1], undefined);
    assertEquals(apertando(ultimo, "c")[0].soConvites, false);

    const [outra, muda] = apertando(filaCom(), "<direita>");
    assertEquals([outra.mostrada, outra.lista, muda], [1, undefined, { tipo: "lista" }]);
    assertEquals(recebeFila(outra, ["NUTRIÇÃO"], TRES).lista, undefined, "a lista da que já não se mostra");
    assertEquals(apertando(outra, "<direita>")[0].mostrada, 0);
  },
);

teste("abre-se na especialidade em que há a quem telefonar, ou um convite, ou alguém", () => {
  const nomes = ["A", "B", "C"];
  assertEquals(comecaFila(nomes, [[TRES[2]], [TRES[0]], [TRES[1]]]).mostrada, 2);
  assertEquals(comecaFila(nomes, [[TRES[2]], [TRES[0]], []]).mostrada, 1);
  assertEquals(comecaFila(nomes, [[], [TRES[2]], []]).mostrada, 1);
  assertEquals(comecaFila(nomes, [[], [], []]).mostrada, 0);
});

teste("a escolha segue a pessoa; se ela sai, é quem ficou no lugar", () => {
  const [fila] = apertando(filaCom(), "<baixo>");
  assertEquals(escolhidoNa(recebeFila(fila, ["NUTRIÇÃO"], [TRES[1], TRES[2]]))?.nome, "PESSOA 2");
  assertEquals(escolhidoNa(recebeFila(fila, ["NUTRIÇÃO"], [TRES[0], TRES[2]]))?.nome, "PESSOA 3");
  assertEquals(escolhidoNa(recebeFila(fila, ["NUTRIÇÃO"], [])), undefined);
});

teste("uma regra da clínica pede o motivo, e com ele aceita-se; um convite que se foi é dito", () => {
  const ato = { comando: "ACEITA", alvo: TRES[0] } as const;
  const recusada = recebeRespostaNa(filaCom(), ato, { codigo: "ERRO-116", regra: "porCpf" });
  assertEquals(recusada.modo.tipo, "motivo");
  assertEquals(apertando(recusada, "<enter>")[1], undefined);
  assertEquals(apertando(recusada, "febre<enter>")[1], { tipo: "ato", ato: { ...ato, motivo: "febre" } });
  const tarde = recebeRespostaNa(filaCom(), ato, { codigo: "ERRO-119" });
  assertStringIncludes(tarde.recado?.texto ?? "", "PESSOA 1 já não está na lista, ou já não há hora segurada");
  assertEquals(recebeRespostaNa(filaCom(), { ...ato, comando: "RECUSA" }, { codigo: "OK-309" }).recado?.marca, "ok");
});

teste("a resposta de um ato que se perde: a lista seguinte diz o que houve", () => {
  const [primeira, segunda, terceira] = TRES;
  const { convite: _, ...semConvite } = primeira;
  const visto = (comando: "ACEITA" | "RECUSA" | "DESISTE", lista: readonly Esperando[]): string => {
    const perdida = perdeServidorNa(perdeRespostaNa(filaCom(), { comando, alvo: primeira }), "Sem conexão.");
    const depois = recebeFila(perdida, ["NUTRIÇÃO"], lista);
    assertEquals(depois.perdido, undefined);
    return depois.recado?.texto ?? "";
  };
  for (const comando of ["ACEITA", "RECUSA", "DESISTE"] as const) {
    assertStringIncludes(visto(comando, TRES), "nada foi feito: PESSOA 1 está como estava");
  }
  assertEquals(visto("RECUSA", [semConvite, segunda, terceira]), "PESSOA 1 recusou; a hora é do seguinte");
  assertEquals(visto("DESISTE", [segunda, terceira]), "PESSOA 1 saiu da lista");
  assertStringIncludes(visto("ACEITA", [segunda, terceira]), "PESSOA 1: veja no dia se ficou marcado");
});

teste("a tela diz o convite, o prazo e a quem telefonar, em 60 e em 100 colunas", () => {
  for (const colunas of [60, 100]) {
    const linhas = linhasDe(filaCom(), colunas);
    assertMatch(linhas[0], /^À espera: NUTRIÇÃO \(1 de 2\) +1 por telefonar · 2 convites/);
    assertMatch(linhas[2], /^❯ 1º +PESSOA 1 +01\/12 08:30 +10:30 +\+55119/);
    assertMatch(linhas[3], /^ {2}2º +PESSOA 2 +01\/12 08:00 +10:30 +TELEFONAR/);
  }
  assertMatch(linhasDe(filaCom(), 100)[4], /PESSOA 3 +até 20\/12\/2026$/);
  const [segunda] = apertando(filaCom(), "<baixo>");
  const tela = linhasDe(segunda, 100).join("\n");
  assertStringIncludes(tela, "convite: 01/12/2026 08:00, DRA. ANA LIMA, até 10:30");
  assertStringIncludes(tela.replaceAll("\n", " "), "sem telefone nem e-mail: telefonar");
});

teste("a tela cabe em qualquer tamanho, com qualquer modo", () => {
  const nome = "MARIA DA CONCEIÇÃO DE ALBUQUERQUE E VASCONCELOS ".repeat(4);
  const cheia = filaCom(Array.from({ length: 200 }, (_, i) => esperando(i + 1, { nome, convite: CONVITE })));
  const filas = [cheia, filaCom([]), comecaFila([]), perdeServidorNa(cheia, "Sem conexão. ".repeat(20))];
  for (const fila of [...filas, ...["?", "r", "x", "c"].map((tecla) => apertando(cheia, tecla)[0])]) {
    for (const [colunas, linhas] of [[30, 8], [60, 24], [79, 24], [100, 30], [200, 60]]) {
      const tela = linhasDe(fila, colunas, linhas);
      assertEquals(tela.length, linhas);
      for (const linha of tela) assert(larguraDe(linha) <= colunas, `${colunas}: ${linha}`);
    }
  }
});
