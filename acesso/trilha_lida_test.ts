/**
 * A trilha como se mostra: a ordem das duas tabelas, e uma página de cada vez. Sem nenhuma permissão.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import fc from "fast-check";
import type { LinhaDoLivro } from "../clinica/livro.ts";
import type { Entre, LivroDaTrilha, TabelaDaTrilha } from "../clinica/trilha.ts";
import { teste } from "../testes/balcao.ts";
import {
  type Cursor,
  entreDias,
  lePagina,
  LIDAS_POR_PAGINA,
  linhaDaTrilha,
  type Mostrada,
  porOrdem,
} from "./trilha_lida.ts";

const TUDO = {};

function escrito(segundo: number): string {
  return Temporal.Instant.fromEpochMilliseconds(1000 * segundo).toString();
}

/** Uma trilha com linhas a estes segundos, lida aos pedaços de `pedaco`. */
function trilha(diario: readonly number[], acesso: readonly number[], pedaco = 3): Pick<LivroDaTrilha, "pedacos"> {
  const linhas: { readonly [T in TabelaDaTrilha]: readonly LinhaDoLivro[] } = {
    diario: diario.map((segundo, i) => {
      const feitas = [["balcao", "p:1", [[`d${i}`, 1, 1, "", "MARCADO"], [`d${i}b`, 2, 1, "", "MARCADO"]]]];
      return [i + 1, "lote", escrito(segundo), JSON.stringify(feitas), "x", i + 1, "selo"];
    }),
    acesso: acesso.map((
      segundo,
      i,
    ) => [i + 1, escrito(segundo), "balcao", "p:1", `a${i}`, "", "", 1, "x", i + 1, "selo"]),
  };
  return {
    async *pedacos(tabela, { antesDe }: Entre = {}): AsyncGenerator<readonly LinhaDoLivro[]> {
      const todas = antesDe === undefined
        ? linhas[tabela]
        : linhas[tabela].filter(([id]) => Number(id) < antesDe).toReversed();
      for (let i = 0; i < todas.length; i += pedaco) yield await Promise.resolve(todas.slice(i, i + pedaco));
    },
  };
}

async function toda(livro: Pick<LivroDaTrilha, "pedacos">, desde?: Cursor): Promise<string[]> {
  const ditas: string[] = [];
  for await (const pedaco of porOrdem(livro, TUDO, desde)) {
    ditas.push(...pedaco.flatMap(({ mostradas }) => mostradas.map(({ o_que }) => o_que)));
  }
  return ditas;
}

/** Todas as páginas, uma a seguir à outra. */
async function aosPoucos(
  livro: Pick<LivroDaTrilha, "pedacos">,
  { quantas, serve = () => true }: { quantas: number; serve?: (linha: Mostrada) => boolean },
): Promise<string[][]> {
  const paginas: string[][] = [];
  let desde: Cursor | undefined;
  do {
    const { linhas, seguinte } = await lePagina(livro, { entre: TUDO, serve, desde, quantas });
    paginas.push(linhas.map(({ o_que }) => o_que));
    desde = seguinte;
  } while (desde !== undefined);
  return paginas;
}

teste("as duas tabelas vão pelo instante, e o que mudou antes do que se viu no mesmo segundo", async () => {
  assertEquals(await toda(trilha([1, 3, 3], [2, 3, 4])), ["d0", "d0b", "a0", "d1", "d1b", "d2", "d2b", "a1", "a2"]);
});

teste("às páginas, da mais nova à mais antiga, sem repetir nem saltar, de qualquer tamanho", async () => {
  const segundos = fc.array(fc.nat(20), { maxLength: 12 }).map((todos) => todos.sort((a, b) => a - b));
  await fc.assert(
    fc.asyncProperty(
      segundos,
      segundos,
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 1, max: 30 }),
      async (d, a, pedaco, quantas) => {
        const livro = trilha(d, a, pedaco);
        const linhas = await aosPoucos(livro, { quantas });
        // Uma linha do diário nunca se parte: as suas mudanças vão na ordem em que se fizeram.
        const aoContrario = (await toda(livro)).filter((o_que) => !o_que.endsWith("b")).toReversed()
          .flatMap((o_que) => o_que.startsWith("d") ? [o_que, `${o_que}b`] : [o_que]);
        assertEquals(linhas.flat(), aoContrario);
        assertEquals(linhas.slice(0, -1).every(({ length }) => length >= quantas && length <= quantas + 1), true);
      },
    ),
    { numRuns: 200 },
  );
});

teste("quem procura o que está longe não espera por tudo: a página vem vazia, e diz por onde se continua", async () => {
  const longe = Array.from({ length: LIDAS_POR_PAGINA + 5 }, (_, i) => i);
  const paginas = await aosPoucos(trilha([], longe, 1000), { quantas: 10, serve: ({ o_que }) => o_que === "a3" });
  assertEquals(paginas, [[], ["a3"]]);
});

teste("os dias são os da clínica, do começo de um ao fim do outro", () => {
  assertEquals(entreDias({ de: "2026-11-30", ate: "2026-11-30" }, "America/Sao_Paulo"), {
    de: "2026-11-30T03:00:00",
    ate: "2026-12-01T03:00:00",
  });
  assertEquals(entreDias({}, "America/Sao_Paulo"), { de: undefined, ate: undefined });
});

teste("uma linha tem todas as colunas, na ordem do CSV", async () => {
  for await (const [{ mostradas: [primeira] }] of porOrdem(trilha([1], []), TUDO)) {
    assertEquals(linhaDaTrilha(primeira), [
      ...["1970-01-01T00:00:01Z", "balcao", "p:1", "d0", "1", "", "MARCADO", "1", "", "diario 1 x"],
    ]);
  }
});
