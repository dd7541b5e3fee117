/**
 * Testes de `terminal/dia.ts` e `terminal/desenho.ts`, todos puros: o que cada tecla e cada notícia fazem do dia da recepção,
 * e como ele se mostra.
 *
 * @module
 */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { alturaDaLista, desenha } from "./desenho.ts";
import {
  aperta,
  type Ato,
  comAltura,
  comeca,
  type Dia,
  type Efeito,
  type Marcado,
  marcadoDe,
  perdeServidor,
  recebeLista,
  recebeResposta,
  tuplaDe,
  visiveis,
} from "./dia.ts";
import { SITUACOES } from "./frases.ts";
import type { Tecla } from "./teclas.ts";
import { larguraDe, situacaoPorExtenso } from "./telas.ts";
import type { Situacao } from "../clinica/agendamento.ts";
import { cpfDeExemplo } from "../testes/apoio.ts";

function teste(nome: string, fn: () => void): void {
  Deno.test(nome, { permissions: "none" }, fn);
}

const HOJE = "2026-11-25";

function marcado(numero: number, mais: Partial<Marcado> = {}): Marcado {
  return {
    ...{ numero, versao: 1, cpf: cpfDeExemplo(numero), nome: `PESSOA ${numero}`, especialista: "CLÍNICO GERAL" },
    ...{ data: "25/11/2026", dia: "QUARTA-FEIRA", horario: `08:${String(numero % 60).padStart(2, "0")}` },
    ...{ situacao: "MARCADO", profissional: "DRA. ANA LIMA", local: "Sala 1", minutos: 20, encaixe: false },
    ...mais,
  };
}

/** Um dia com tantos marcados, numerados desde 1, em dez linhas. */
function diaCom(quantos: number | readonly Marcado[]): Dia {
  const lista = typeof quantos === "number" ? Array.from({ length: quantos }, (_, i) => marcado(i + 1)) : quantos;
  return recebeLista(comAltura(comeca(HOJE), 10), HOJE, lista);
}

/** Aperta as teclas, nomes entre `<>` ou letras; devolve o dia e o último efeito. */
function apertando(dia: Dia, teclas: string): [Dia, Efeito | undefined] {
  let efeito: Efeito | undefined;
  for (const [, nome, texto = ""] of teclas.matchAll(/<(\w+)>|([^])/gu)) {
    const tecla = nome === undefined ? { tipo: "texto", texto } as const : { tipo: nome } as Tecla;
    [dia, efeito] = aperta(dia, tecla);
  }
  return [dia, efeito];
}

function atoDe(dia: Dia, teclas: string): Ato | undefined {
  const [, efeito] = apertando(dia, teclas);
  return efeito?.tipo === "ato" ? efeito.ato : undefined;
}

/** As linhas, sem cores. */
function linhasDe(dia: Dia, colunas = 80, linhas = 24): string[] {
  return desenha(comAltura(dia, alturaDaLista(linhas)), { colunas, linhas, agora: "08:10" })
    .map((linha) => linha.replace(new RegExp("\x1b\\[\\d+m", "g"), ""));
}

// ---------------------------------------------------------------------------------------------------- a escolha

teste("as setas andam pela lista sem sair dela, e a lista rola para mostrar o escolhido", () => {
  const dia = diaCom(30);
  assertEquals(dia.escolhido, 1);
  assertEquals(apertando(dia, "<cima>")[0].escolhido, 1);
  assertEquals(apertando(dia, "<baixo><baixo>")[0].escolhido, 3);
  const [noFim] = apertando(dia, "<fim>");
  assertEquals([noFim.escolhido, noFim.topo], [30, 20]);
  assertEquals(apertando(noFim, "<baixo>")[0].escolhido, 30);
  const [acima] = apertando(noFim, "<paginaAcima>");
  assertEquals([acima.escolhido, acima.topo], [21, 20]);
  assertEquals(apertando(acima, "<paginaAcima>")[0].topo, 11);
  assertEquals(apertando(noFim, "<inicio>")[0].topo, 0);
});

teste("ao abrir, a escolha começa em quem ainda se espera", () => {
  const lista = [marcado(1, { situacao: "ATENDIDO" }), marcado(2, { situacao: "FALTOU" }), marcado(3), marcado(4)];
  assertEquals(diaCom(lista).escolhido, 3);
  assertEquals(diaCom(lista.slice(0, 2)).escolhido, 1);
  assertEquals(diaCom([]).escolhido, undefined);
});

teste("a escolha segue o agendamento, e não a linha; se ele se foi, fica quem está na linha dele", () => {
  const [dia] = apertando(diaCom(5), "<baixo><baixo>");
  const antes = recebeLista(dia, HOJE, [marcado(9, { horario: "07:00" }), ...visiveis(dia)]);
  assertEquals(antes.escolhido, 3);
  assertEquals(recebeLista(dia, HOJE, visiveis(dia).filter(({ numero }) => numero !== 3)).escolhido, 4);
  assertEquals(recebeLista(dia, HOJE, visiveis(dia).slice(0, 2)).escolhido, 2);
});

teste("a lista de um dia de que já se saiu não se mostra neste", () => {
  const [outro, efeito] = apertando(diaCom(5), "<direita>");
  assertEquals([outro.data, outro.lista, efeito], ["2026-11-26", undefined, { tipo: "lista" }]);
  assertEquals(recebeLista(outro, HOJE, [marcado(1)]).lista, undefined);
  assertEquals(apertando(outro, "<esquerda>")[0].data, HOJE);
  assertEquals(apertando(outro, "<direita>t")[0].data, HOJE);
});

// ---------------------------------------------------------------------------------------------------- os atos

teste("cada tecla pede o seu ato, com o número e a versão de quem estava escolhido", () => {
  const dia = diaCom([marcado(1, { versao: 4 })]);
  const teclas = { c: "CHEGOU", h: "CHAMADO", a: "ATENDIDO", f: "FALTOU", s: "SAIU", o: "CONFIRMADO", d: "DESFAZ" };
  for (const [tecla, situacao] of Object.entries(teclas)) {
    for (const escrita of [tecla, tecla.toUpperCase()]) {
      const ato = atoDe(dia, escrita);
      assertEquals([ato?.situacao, ato?.alvo.numero, ato?.alvo.versao], [situacao, 1, 4], escrita);
    }
  }
  assertEquals(apertando(dia, "r")[1]?.tipo, "remarca");
  assertEquals(apertando(dia, "n")[1]?.tipo, "encaixa");
  assertEquals(apertando(dia, "<esc>")[1]?.tipo, "volta");
  assertEquals(apertando(dia, "l")[0].ordem, "chamada");
  assertEquals(apertando(dia, "e")[1]?.tipo, "espera");
  for (const tecla of "qw1 ç") assertEquals(apertando(dia, tecla), [dia, undefined], tecla);
});

teste("sem ninguém escolhido nenhum ato se pede, e isso é dito", () => {
  for (const tecla of "chafsodprx") {
    const [dia, efeito] = apertando(diaCom([]), tecla);
    assertEquals([dia.recado?.marca, efeito], ["aviso", undefined], tecla);
  }
  assertEquals(apertando(diaCom([]), "n")[1]?.tipo, "encaixa");
});

teste("chegar com prioridade pergunta qual; cancelar pergunta o motivo, e Esc desiste de ambos", () => {
  const dia = diaCom(3);
  assertEquals(atoDe(dia, "p3")?.prioridade, 3);
  assertEquals(atoDe(dia, "p3")?.situacao, "CHEGOU");
  assertEquals(apertando(dia, "p9")[0].modo.tipo, "prioridade");
  assertEquals(apertando(dia, "p<esc>")[0].modo.tipo, "lista");
  assertEquals(atoDe(dia, "xmãe ligol<apaga>u<enter>")?.motivo, "mãe ligou");
  assertEquals(atoDe(dia, "x<enter>"), { alvo: marcado(1), situacao: "CANCELADO" });
  assertEquals(apertando(dia, "xc<esc>"), [dia, undefined]);
});

teste("o que se digita fica quando a lista muda, e o ato é de quem estava escolhido ao começar", () => {
  const [digitando] = apertando(diaCom(5), "<baixo>xnão v");
  const depois = recebeLista(digitando, HOJE, [marcado(1), marcado(2, { versao: 2, situacao: "CHEGOU" }), marcado(3)]);
  const ato = atoDe(depois, "em<enter>");
  assertEquals([ato?.motivo, ato?.alvo.numero, ato?.alvo.versao], ["não vem", 2, 1]);
  const [filtrando] = apertando(diaCom(5), "/pesso");
  assertEquals(apertando(recebeLista(filtrando, HOJE, [marcado(1)]), "a")[0].filtro, "pessoa");
});

teste("um texto sem fim não passa do que o protocolo aceita", () => {
  const [dia] = apertando(diaCom(1), "x" + "é".repeat(500));
  assert(dia.modo.tipo === "motivo" && dia.modo.texto.length <= 120);
});

// ---------------------------------------------------------------------------------------------------- o filtro

teste("/ procura por nome, sem acentos nem caixa, e por CPF, com ou sem pontos", () => {
  const dia = diaCom([marcado(1, { nome: "JOSÉ" }), marcado(2, { nome: "ANA" }), marcado(3, { cpf: "52998224725" })]);
  const nomes = (teclas: string): number[] => visiveis(apertando(dia, teclas)[0]).map(({ numero }) => numero);
  assertEquals(nomes("/jose"), [1]);
  assertEquals(nomes("/529.982"), [3]);
  assertEquals(nomes("/52998224725"), [3]);
  assertEquals(nomes("/zzz"), []);
  assertEquals(nomes("/zzz<limpa>"), [1, 2, 3]);
  assertEquals(nomes("/ana<enter>"), [2]);
  assertEquals(atoDe(dia, "/ana<enter>c")?.alvo.numero, 2);
});

teste("Esc tira o filtro antes de sair, e a escolha fica", () => {
  const dia = diaCom(30);
  const [filtrado] = apertando(dia, "/pessoa 25<enter>");
  assertEquals(filtrado.escolhido, 25);
  const [sem, efeito] = apertando(filtrado, "<esc>");
  assertEquals([sem.filtro, sem.escolhido, efeito], ["", 25, undefined]);
  assert(sem.topo <= 24 && sem.topo + sem.altura > 24, "o escolhido está à vista");
  assertEquals(apertando(sem, "<esc>")[1]?.tipo, "volta");
});

// ---------------------------------------------------------------------------------------------------- o servidor

function respondido(situacao: Ato["situacao"], agora: Partial<Marcado>, codigo = "OK-306" as const): string {
  const alvo = marcado(1, { nome: "MARIA DA SILVA" });
  const agendamentos = [{ ...alvo, versao: 2, ...agora }];
  return recebeResposta(diaCom([alvo]), { alvo, situacao }, { codigo, agendamentos }).recado?.texto ?? "";
}

teste("diz-se o que acabou de acontecer", () => {
  const aqui = { senha: "A005", chamadas: 0 };
  assertEquals(respondido("CHEGOU", { situacao: "CHEGOU", ...aqui }), "A005: MARIA DA SILVA chegou");
  assertEquals(
    respondido("CHEGOU", { situacao: "CHEGOU", ...aqui, chamadas: 1 }),
    "A005: MARIA DA SILVA volta a esperar",
  );
  assertEquals(
    respondido("CHAMADO", { situacao: "CHAMADO", ...aqui, chamadas: 2 }),
    "Chamando A005: MARIA DA SILVA, Sala 1, 2ª vez",
  );
  assertEquals(respondido("FALTOU", { situacao: "FALTOU" }), "MARIA DA SILVA faltou");
  assertEquals(respondido("DESFAZ", { situacao: "MARCADO" }), "Desfeito: MARIA DA SILVA está como marcado");
});

teste("uma recusa mostra a situação de agora, na frase e na lista", () => {
  const alvo = marcado(1, { nome: "MARIA" });
  const agora = { ...alvo, versao: 2, situacao: "CHEGOU" as const };
  const ato: Ato = { alvo, situacao: "FALTOU" };
  const mudou = recebeResposta(diaCom([alvo]), ato, { codigo: "ERRO-117", agendamentos: [agora] });
  assertStringIncludes(mudou.recado?.texto ?? "", "outro mudou antes: MARIA está como chegou");
  assertEquals(mudou.lista, [agora]);
  const nao = recebeResposta(diaCom([alvo]), ato, { codigo: "ERRO-115", agendamentos: [agora] });
  assertStringIncludes(nao.recado?.texto ?? "", "daí não passa a faltou");
  const outraVez = recebeResposta(diaCom([agora]), { alvo: agora, situacao: "CHEGOU" }, {
    codigo: "ERRO-115",
    agendamentos: [agora],
  });
  assertEquals(outraVez.recado?.texto, "MARIA já está como chegou.");
  const cedo = recebeResposta(diaCom([alvo]), ato, { codigo: "ERRO-115", agendamentos: [alvo] });
  assertEquals(cedo.recado?.texto, "MARIA: faltou, só depois da hora marcada.");
  const cheio = recebeResposta(diaCom([alvo]), ato, { codigo: "ERRO-131", agendamentos: [] });
  assertStringIncludes(cheio.recado?.texto ?? "", "(ERRO-131)");
});

teste("um ato sem resposta: a próxima lista diz se foi feito", () => {
  const alvo = marcado(1, { nome: "MARIA" });
  const perdido = perdeServidor(diaCom([alvo]), "Sem conexão.", { alvo, situacao: "CHEGOU" });
  assertStringIncludes(linhasDe(perdido).at(-2) ?? "", "✖ Sem conexão.");
  const recado = (agora: readonly Marcado[]): string => recebeLista(perdido, HOJE, agora).recado?.texto ?? "";
  assertEquals(recado([alvo]), "Não foi feito: MARIA. Aperte de novo.");
  assertEquals(recado([{ ...alvo, versao: 2, situacao: "CHEGOU", chamadas: 0 }]), "Foi feito: MARIA chegou");
  assertEquals(recado([{ ...alvo, versao: 2, situacao: "CANCELADO" }]), "MARIA mudou: agora é cancelado.");
  assertStringIncludes(recado([]), "já não está neste dia");
  const voltou = recebeLista(perdeServidor(diaCom(1), "Sem conexão."), HOJE, [alvo]);
  assertEquals([voltou.recado?.texto, voltou.semServidor], ["O servidor voltou.", undefined]);
});

teste("uma tupla do fio e o agendamento que dela se lê dizem o mesmo", () => {
  const um = marcado(1, { senha: "A001", chamadas: 2 });
  assertEquals(marcadoDe(tuplaDe(um)), um);
  const [comando, cpf, nome, especialista, data, dia, horario] = tuplaDe(um);
  assertEquals(marcadoDe([comando, cpf, nome, especialista, data, dia, horario]), undefined);
});

// ---------------------------------------------------------------------------------------------------- o desenho

teste("a tela tem sempre o tamanho que tem, com 0, 3 ou 500 na lista, em qualquer modo", () => {
  const nomes = ["MARIA APARECIDA ".repeat(9), "山田太郎", "JOSE\u0301", "A\x1b[2J\u202e"];
  const lista = Array.from({ length: 500 }, (_, i) => marcado(i + 1, { nome: nomes[i % 4], nota: "x ".repeat(200) }));
  for (const dia of [comeca(HOJE), diaCom([]), diaCom(lista.slice(0, 3)), diaCom(lista)]) {
    for (const teclas of ["", "<fim>", "?", "/zzz", "/ma", "p", "x" + "motivo ".repeat(20), "<direita>"]) {
      for (const [colunas, linhas] of [[80, 24], [40, 20], [132, 43], [20, 6], [40, 10]]) {
        const tela = linhasDe(apertando(dia, teclas)[0], colunas, linhas);
        assertEquals(tela.length, linhas, teclas);
        for (const linha of tela) assert(larguraDe(linha) <= colunas, `${colunas}: "${linha}"`);
        assertEquals(tela.join("").match(/[\p{Cc}\p{Cf}]/u), null);
      }
    }
  }
});

teste("em 80 colunas cada linha diz hora, senha, nome, CPF, situação, chegada, com quem e onde", () => {
  const um = marcado(5, {
    ...{ nome: "MARIA DA SILVA", cpf: "52998224725", senha: "A005", situacao: "CHEGOU", chegada: "07:58" },
    ...{ horario: "08:10", encaixe: true },
  });
  const tela = linhasDe(diaCom([um]));
  assertMatch(tela[0], /^quarta-feira, 25\/11\/2026 \(hoje\) +1 na sala · 0 por chegar/);
  assertMatch(tela[1], /^ {2}HORA +SENHA +PACIENTE +CPF +SITUAÇÃO +CHEGOU +COM QUEM +SALA/);
  assertMatch(tela[2], /^❯ 08:10\+ A005 +MARIA DA SILVA +529.{8,13} chegou +07:58 +DRA\. ANA L.+ Sala 1/);
  assertStringIncludes(tela.join("\n"), "529.982.247-25 · CLÍNICO GERAL · DRA. ANA LIMA");
});

teste("o título diz a quantos da lista de espera é preciso telefonar, antes do resto, e em que tecla estão", () => {
  const titulo = (dia: Dia, colunas: number): string => linhasDe({ ...dia, porTelefonar: 2 }, colunas)[0];
  assertMatch(titulo(diaCom([marcado(1)]), 80), /\(hoje\) +2 por telefonar \(E\) · 0 na sala · 1 por chegar$/);
  assertMatch(titulo(diaCom([marcado(1)]), 60), /\(hoje\) +2 por telefonar \(E\)$/);
  assertMatch(titulo(diaCom([]), 80), /\(hoje\) +2 por telefonar \(E\)$/);
  assertMatch(linhasDe({ ...diaCom([]), porTelefonar: 0 }, 80)[0], /\(hoje\) *$/);
});

teste("em 40 colunas ficam a hora, a senha, o nome e a situação; o resto está embaixo, no escolhido", () => {
  const tela = linhasDe(diaCom([marcado(1, { nome: "MARIA DA SILVA", situacao: "CHAMADO", chamadas: 2 })]), 40, 20);
  assertEquals(tela[1].trim().split(/ +/), ["HORA", "SENHA", "PACIENTE", "SITUAÇÃO"]);
  assertMatch(tela[2], /MARIA DA SILVA chamado 2×/);
  assertStringIncludes(tela.slice(14).join(" "), "DRA. ANA LIMA");
});

teste("um nome comprido não tira o lugar a quem atende, e em 60 colunas ficam as teclas mais usadas", () => {
  const um = marcado(1, { nome: "MARIA APARECIDA DA CONCEIÇÃO ALBUQUERQUE" });
  assertMatch(linhasDe(diaCom([um]), 100)[2], /MARIA APARECIDA DA C.*… +\S+ marcado +DRA\. ANA LIMA Sala 1$/);
  assertEquals(
    linhasDe(diaCom([um]), 60).at(-1),
    "C chegou  H chama  A atendido  F faltou  D desfaz  ? mais",
  );
});

teste("um recado que não cabe numa linha toma duas, e a lista fica onde estava", () => {
  const dia = diaCom(30);
  const longo = { ...dia, recado: { marca: "erro", texto: "não se pode: ".repeat(5).trim() } } as const;
  const [curta, comprida] = [linhasDe(dia, 40, 20), linhasDe(longo, 40, 20)];
  assertEquals(comprida.slice(-3, -1), ["✖ não se pode: não se pode: não se pode:", "  não se pode: não se pode:"]);
  assertEquals(comprida.slice(0, -4), curta.slice(0, -4));
});

teste("sem cores, a situação está em palavras: cada uma com a sua", () => {
  const palavras = Object.keys(SITUACOES).map((situacao) =>
    situacaoPorExtenso(marcado(1, { situacao: situacao as Situacao }))
  );
  assertEquals(new Set(palavras).size, palavras.length);
});

teste("a mesma tela desenhada duas vezes é a mesma; um ato muda só a linha dele e as de embaixo", () => {
  const dia = diaCom(500);
  const antes = linhasDe(dia);
  assertEquals(linhasDe(dia), antes);
  const agora = marcado(1, { situacao: "CHEGOU", versao: 2, senha: "A001", chamadas: 0 });
  const depois = linhasDe(
    recebeResposta(dia, { alvo: marcado(1), situacao: "CHEGOU" }, { codigo: "OK-306", agendamentos: [agora] }),
  );
  const mudadas = depois.flatMap((linha, i) => linha === antes[i] ? [] : [i]);
  assert(mudadas.length <= 5 && mudadas.includes(2), mudadas.join());
});

teste("na tela de quem atende, as teclas da recepção não fazem nada, e a ajuda não as mostra", () => {
  const dia = recebeLista(comAltura(comeca(HOJE, { soAtende: true }), 10), HOJE, [marcado(1)]);
  for (const tecla of "cpsfoxrneCPSFOXRNE") {
    const [depois, efeito] = apertando(dia, tecla);
    assertEquals([depois.modo, efeito], [{ tipo: "lista" }, undefined], tecla);
    assertStringIncludes(depois.recado?.texto ?? "", "faz a recepção");
  }
  for (const [tecla, situacao] of [["h", "CHAMADO"], ["a", "ATENDIDO"], ["d", "DESFAZ"]]) {
    const [, efeito] = apertando(dia, tecla);
    assertEquals(efeito?.tipo === "ato" && efeito.ato.situacao, situacao);
  }
  const quadro = { colunas: 80, linhas: 24, agora: "08:00" };
  assertMatch(desenha(dia, quadro).join("\n"), /H chama {2}A atendido {2}D desfaz {2}\? mais/);
  const [ajuda] = apertando(dia, "?");
  assertEquals(/encaixa|lista de espera|faltou|cancela/.test(desenha(ajuda, quadro).join("\n")), false);
});
