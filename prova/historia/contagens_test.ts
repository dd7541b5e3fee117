/**
 * Testes de quem confere as contagens: uma história que pode ser passa, e cada mentira é apanhada. Sem nenhuma permissão.
 *
 * @module
 */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { confereContagens, type Tentada } from "./contagens.ts";

/** Tentadas uma a seguir à outra, um segundo cada. */
function seguidas(...respostas: readonly (string | undefined)[]): Tentada[] {
  return respostas.map((resposta, i) => ({
    ...{ cpf: "1", rede: "a", que: "código", resposta },
    ...{ inicio: i * 1000, fim: resposta === undefined ? Infinity : i * 1000 + 900 },
  }));
}

function vezes(quantas: number, resposta: string): string[] {
  return new Array(quantas).fill(resposta);
}

function teste(nome: string, fn: () => void): void {
  Deno.test({ name: `contagens: ${nome}`, permissions: "none", fn });
}

teste("o que pode ter acontecido passa", () => {
  assertEquals(confereContagens(seguidas(...vezes(5, "ERRO-112"), "ERRO-130", "ERRO-130")), []);
  assertEquals(confereContagens(seguidas(...vezes(4, "ERRO-113"), "OK-302", "ERRO-119", "ERRO-130")), []);
  // Um de que não veio resposta pode ter contado, ou não.
  for (const sexta of ["ERRO-112", "ERRO-130"]) {
    assertEquals(confereContagens(seguidas(...vezes(4, "ERRO-112"), undefined, sexta)), []);
  }
  // Dois ao mesmo tempo: um pode ter sido antes do outro.
  const juntas = seguidas(...vezes(5, "ERRO-112"), "ERRO-130").map((uma) => ({ ...uma, inicio: 0, fim: 10 }));
  assertEquals(confereContagens(juntas), []);
  // Passaram os quinze minutos, ou podem ter passado.
  const depois = seguidas(...vezes(6, "ERRO-112"));
  assertEquals(confereContagens([...depois.slice(0, 5), { ...depois[5], inicio: 1000, fim: 15 * 60_000 + 3901 }]), []);
});

teste("a sexta de um endereço, errada ou certa, é apanhada; e a centésima primeira de um CPF", () => {
  for (const sexta of ["ERRO-112", "OK-302"]) {
    const [violacao] = confereContagens(seguidas(...vezes(5, "ERRO-112"), sexta));
    assertStringIncludes(violacao, `15 minutos: 1 por a já tinha as 5, e teve ${sexta}`);
  }
  // Em menos de quinze minutos, por pouco que seja.
  const primeiras = seguidas(...vezes(6, "ERRO-112"));
  const [porPouco] = confereContagens([...primeiras.slice(0, 5), { ...primeiras[5], inicio: 890_000, fim: 899_999 }]);
  assertStringIncludes(porPouco, "1 por a já tinha as 5");
  const muitas = seguidas(...vezes(101, "ERRO-112")).map((uma, i) => ({ ...uma, rede: `rede ${Math.floor(i / 5)}` }));
  assertEquals(confereContagens(muitas.slice(0, 100)), []);
  assertStringIncludes(confereContagens(muitas).join(), "num dia: 1 já tinha as 100");
});

teste("a sexta recusa a um endereço, e a quarta a um CPF, são apanhadas; e o que depois delas se aceite", () => {
  const recusas = (quantas: number, cpf: (i: number) => string, rede: (i: number) => string): Tentada[] =>
    seguidas(...vezes(quantas, "ERRO-116")).map((uma, i) => ({ ...uma, que: "marcar", cpf: cpf(i), rede: rede(i) }));
  assertEquals(confereContagens(recusas(5, String, () => "a")), []);
  assertStringIncludes(confereContagens(recusas(6, String, () => "a")).join(), "numa hora: a já tinha as 5");
  assertEquals(confereContagens(recusas(3, () => "1", String)), []);
  assertStringIncludes(confereContagens(recusas(4, () => "1", String)).join(), "num dia: 1 já tinha as 3");
  const aceita = recusas(4, () => "1", String).map((uma, i) => i === 3 ? { ...uma, resposta: "OK-300" } : uma);
  assertStringIncludes(confereContagens(aceita).join(), "e teve OK-300");
  // A quarta, limitada, também conta ao endereço que a fez.
  const limitadas = recusas(5, () => "1", () => "b")
    .map((uma) => ({ ...uma, resposta: "ERRO-130", inicio: 10_000 + uma.inicio, fim: 10_000 + uma.fim }));
  const dela = { ...limitadas[4], cpf: "2", inicio: 50_000, fim: 50_001 };
  assertEquals(confereContagens([...recusas(3, () => "1", String), ...limitadas, dela]), []);
});

teste("um limite imposto a quem não o gastou é apanhado", () => {
  assertStringIncludes(confereContagens(seguidas("ERRO-130")).join(), "limitado sem ter gasto");
  assertStringIncludes(confereContagens(seguidas(...vezes(4, "ERRO-112"), "ERRO-130")).join(), "1 por a: limitado");
  const outra = seguidas(...vezes(5, "ERRO-112"), "ERRO-130").map((uma, i) => i === 5 ? { ...uma, rede: "b" } : uma);
  assertStringIncludes(confereContagens(outra).join(), "1 por b: limitado");
});
