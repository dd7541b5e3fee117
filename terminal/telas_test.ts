/**
 * Testes de `terminal/telas.ts`, todos puros: medir, cortar e alinhar texto, e o que o menu escreve entre as perguntas.
 *
 * @module
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { O_QUE_QUER_DIZER } from "./frases.ts";
import { Tela } from "./tela.ts";
import { agendaDoDia, cartao, corta, larguraDe, quebra, tabela } from "./telas.ts";
import type { TuplaLida } from "./tubo.ts";
import { inofensivo } from "../clinica/texto.ts";
import { tuplaCom } from "../testes/servidor_falso.ts";

function teste(nome: string, fn: () => void): void {
  Deno.test(nome, { permissions: "none" }, fn);
}

teste("cada erro tem uma frase que diz o que fazer", () => {
  for (const [codigo, frase] of Object.entries(O_QUE_QUER_DIZER)) assertMatch(frase, /^[A-ZÀ-Ü].+[.;:].+\.$/su, codigo);
});

teste("tabelas e cartões ficam alinhados com acentos soltos, ideogramas e nomes longos", () => {
  assertEquals([larguraDe("João"), larguraDe("João".normalize("NFD")), larguraDe("山田"), larguraDe("🦷")], [
    4,
    4,
    4,
    2,
  ]);
  assertEquals(tabela(["A", "B"], [["José".normalize("NFD"), "x"], ["山田太", "y"]]), [
    "A       B",
    "José".normalize("NFD") + "    x",
    "山田太  y",
  ]);
  const nome = "MARIA ".repeat(20).trim();
  const linhas = cartao("Agendamento realizado", [["Paciente", nome], ["CPF", "x"]], { largura: 60 });
  assertEquals(new Set(linhas.map(larguraDe)).size, 1);
  assert(larguraDe(linhas[0]) <= 60);
  for (const linha of tabela(["DATA", "PACIENTE"], [["27/11/2026", nome]], { largura: 60 })) {
    assert(larguraDe(linha) <= 60);
  }
});

teste("o que não se vê vira um sinal que ocupa uma coluna, e a tabela fica alinhada", () => {
  for (const vazio of ["\u3164", "\u034f", "\u200b", "\u2028", "\u2800", "\u{e0041}"]) {
    const linhas = tabela(["PACIENTE", "B"], [[`A${vazio}NA`, "x"], ["ANA", "y"]]);
    assertEquals(linhas, ["PACIENTE  B", "A\ufffdNA      x", "ANA       y"]);
    assertEquals(new Set(cartao("Confira", [["Paciente", `A${vazio}`], ["CPF", "x"]]).map(larguraDe)).size, 1);
  }
});

teste("uma tabela que não cabe na largura quebra cada linha, e nada passa dela", () => {
  const linhas = [["27/11/2026", "sexta-feira", "08:00", "NUTRICIONISTA", "MARIA APARECIDA DA CONCEIÇÃO"]];
  assertEquals(tabela(["DATA", "DIA", "HORÁRIO", "ESPECIALIDADE", "PACIENTE"], linhas, { largura: 40 }), [
    "DATA  DIA  HORÁRIO  ESPECIALIDADE  PACI…",
    "27/11/2026  sexta-feira  08:00",
    "  NUTRICIONISTA  MARIA APARECIDA DA",
    "  CONCEIÇÃO",
  ]);
});

teste("numa tabela estreita as colunas juntam-se, e depois saem as dispensáveis, na ordem", () => {
  const linhas = [["27/11/2026", "sexta-feira", "08:00", "MARIA DA SILVA"]];
  const cabecalho = ["DATA", "DIA", "HORA", "PACIENTE"];
  const em = (largura: number): string[] => tabela(cabecalho, linhas, { largura, dispensaveis: ["DIA", "HORA"] });
  assertEquals(em(41), [
    "DATA       DIA         HORA  PACIENTE",
    "27/11/2026 sexta-feira 08:00 MARIA DA",
    "                             SILVA",
  ]);
  assertEquals(em(40), ["DATA        HORA   PACIENTE", "27/11/2026  08:00  MARIA DA SILVA"]);
  assertEquals(em(23), ["DATA       PACIENTE", "27/11/2026 MARIA DA", "           SILVA"]);
});

teste("numa tabela pinta-se cada linha do corpo, inteira, quebre ou não", () => {
  const cor = (linha: string, n: number): string => `${n}:${linha}`;
  const corpo = [["08:00", "MARIA APARECIDA DA CONCEIÇÃO"], ["08:30", "ANA"]];
  assertEquals(tabela(["HORA", "NOME"], corpo, { largura: 24, cor }), [
    "HORA   NOME",
    "0:08:00  MARIA APARECIDA",
    "0:       DA CONCEIÇÃO",
    "1:08:30  ANA",
  ]);
  assertEquals(tabela(["HORA", "NOME"], corpo, { largura: 16, cor }).slice(-2), ["0:  CONCEIÇÃO", "1:08:30  ANA"]);
});

teste("agendaDoDia() diz o local uma vez, se é um só, e de cada um se não é", () => {
  const em = (local: string): TuplaLida => tuplaCom({ profissional: "DRA. ANA", local });
  const [titulo, cabecalho] = agendaDoDia([em("Sala 1"), em("Sala 1")]);
  assertEquals([titulo.includes("Sala 1"), cabecalho.includes("LOCAL")], [true, false]);
  const [outro, colunas] = agendaDoDia([em("Sala 1"), em("Sala 2")]);
  assertEquals([outro.includes("Sala 1"), colunas.includes("LOCAL")], [false, true]);
});

teste("larguras de uma tabela de 200.000 linhas e de um cartão de 200.000 cabem na pilha", () => {
  assertEquals(tabela(["A", "B"], Array.from({ length: 200_000 }, () => ["x", "y"])).length, 200_001);
  assertEquals(cartao("T", [["R", "x ".repeat(1_200_000)]], { largura: 18 }).length > 200_000, true);
});

teste("quebra() não perde nem inventa letras", () => {
  const texto = "uma frase com umapalavraquenaocabe inteira";
  const linhas = quebra(texto, 10);
  assertEquals(linhas.join("").replaceAll(" ", ""), texto.replaceAll(" ", ""));
  assert(linhas.every((linha) => larguraDe(linha) <= 10));
  assertEquals(quebra("", 10), [""]);
});

teste("corta() põe reticências no que não cabe, e só nisso", () => {
  assertEquals([corta("agenda", 6), corta("agenda", 5), corta("山田太", 4)], ["agenda", "agen…", "山…"]);
});

teste("controles vindos do servidor não chegam ao terminal", () => {
  const maldoso = "A\x1b[2JB\x9b31mC\u202eD\u{e0041}\nE\x07";
  assertMatch(inofensivo(maldoso), /^[A-E\ufffd[\]0-9Jm]+$/u);
  const desenho = [...tabela([maldoso], [[maldoso]]), ...cartao("T", [["R", maldoso]])].join("");
  assertEquals(desenho.match(/[\p{Cc}\p{Cf}]/u), null);
});

/** O que uma tela escreve, sem cores; `UMA_ACIMA` apaga a linha de cima. */
function escrito(fn: (tela: Tela) => void): string {
  let texto = "";
  fn(new Tela((mais) => texto += mais.replace(new RegExp("\x1b\\[\\d+m", "g"), "")));
  return texto;
}
const UMA_ACIMA = "\x1b[1A\x1b[2K";

teste("Tela separa títulos e quadros do que veio antes por uma linha em branco, e só uma", () => {
  const texto = escrito((tela) => {
    tela.diz("a");
    tela.titulo("T");
    tela.separa();
    tela.separa();
    tela.quadro(["q"]);
  });
  assertEquals(texto, "a\n\nT\n\nq\n");
});

teste("Tela.desfaz() apaga os passos e o título, um por vez, e nada do que veio antes", () => {
  const texto = escrito((tela) => {
    tela.titulo("T");
    tela.passo("CPF", "x");
    for (let i = 0; i < 5; i++) tela.desfaz();
  });
  assertEquals(texto, `\nT\n✔ CPF            x\n${UMA_ACIMA.repeat(2)}`);
});

teste("Tela.desfaz() não apaga um passo se algo foi escrito depois dele", () => {
  const texto = escrito((tela) => {
    tela.passo("CPF", "x");
    tela.frase("erro", "não há");
    tela.desfaz();
  });
  assertEquals(texto.includes(UMA_ACIMA), false);
});
