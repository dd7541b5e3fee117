/**
 * Testes de quem atende o que `servidor.ts titular` deixa pedido, com uma caixa e uma agenda de mentira. Sem nenhuma permissão.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type { Pedido, Resultado } from "../clinica/pedido.ts";
import { ate } from "../testes/apoio.ts";
import { AtendeDeFora } from "./titular.ts";

const CPF = "52998224725";

Deno.test("de fora: toma antes de fazer, faz uma vez, responde depois de limpar", { permissions: "none" }, async () => {
  const feitos: string[] = [];
  let pendentes = [{ numero: 7, pedido: JSON.stringify({ ato: "ANONIMIZA", cpf: CPF, motivo: "pediu" }) }];
  const respostas = new Map<number, unknown>();
  {
    await using atende = new AtendeDeFora({
      caixa: {
        pendentes: () => pendentes,
        toma(numero): void {
          feitos.push(`toma ${numero}`);
          pendentes = pendentes.filter((um) => um.numero !== numero);
        },
        responde(numero, resposta): void {
          feitos.push(`responde ${numero}`);
          respostas.set(numero, JSON.parse(resposta));
        },
        esquece: () => void feitos.push("esquece"),
      },
      agenda: {
        atende(pedidos: readonly Pedido[]): Resultado[] {
          feitos.push(pedidos.map((um) => "ato" in um ? um.ato : um.comando).join());
          return pedidos.map(() => ({ codigo: "OK-200", titular: { feito: 3 } }));
        },
      },
      livro: { limpa: () => feitos.push("limpa") > 0 },
      aoFalhar: (causa) => feitos.push(String(causa)),
      intervalo: 1,
    });
    await ate(() => respostas.has(7));
    pendentes = [{ numero: 8, pedido: "isto não é um pedido" }];
    await ate(() => respostas.has(8));
    atende.confere();
  }
  assertEquals(feitos, [
    ...["esquece", "toma 7", "ANONIMIZA", "limpa", "responde 7"],
    ...["toma 8", "responde 8"],
  ]);
  assertEquals(Object(respostas.get(7)).titular, { feito: 3 });
  assertEquals(respostas.get(8), { erro: "o servidor não conhece o pedido" });
});

Deno.test(
  "de fora: o livro que não se grava é um erro que se responde, e nada se perde",
  { permissions: "none" },
  async () => {
    let resposta = "";
    let pendentes = [{ numero: 1, pedido: JSON.stringify({ ato: "GUARDA", cpf: CPF }) }];
    await using _atende = new AtendeDeFora({
      caixa: {
        pendentes: () => pendentes,
        toma: () => pendentes = [],
        responde: (_numero, escrita) => resposta = escrita,
        esquece(): void {},
      },
      agenda: { atende: () => Promise.resolve([{ codigo: "ERRO-131" } as const]) },
      livro: { limpa: () => true },
      aoFalhar(): void {},
      intervalo: 1,
    });
    await ate(() => resposta !== "");
    assertEquals(JSON.parse(resposta), { erro: "o livro não pôde ser gravado (ERRO-131); nada mudou" });
  },
);
