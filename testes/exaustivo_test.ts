/**
 * O que não compila: numa cópia da casa, acrescenta-se um comando ou uma espécie de mudança, ou muda-se o que a tabela
 * diz, e o compilador tem de recusar em cada lugar que teria de saber disso.
 *
 * @module
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Pasta, RAIZ, testeComSistema } from "./apoio.ts";

/** O que se compila: o núcleo, os armazéns, a rede. */
const PASTAS = ["clinica", "armazem", "rede"];
const SOLTOS = ["protocolo.ts", "agenda.ts", "deno.json", "deno.lock"];

/** Uma troca num arquivo, e os arquivos que o compilador tem de acusar. */
interface Caso {
  nome: string;
  arquivo?: string;
  onde?: string;
  troca?: string;
  acusa: readonly string[];
}

const CASOS: readonly Caso[] = [
  { nome: "a casa como está", acusa: [] },
  {
    nome: "um comando novo sem linha na tabela",
    arquivo: "clinica/pedido.ts",
    onde: "readonly PING: unknown;",
    troca: "readonly PING: unknown;\n  readonly REMARC: { readonly cpf: string };",
    acusa: ["clinica/regras.ts"],
  },
  {
    nome: "uma espécie nova de mudança",
    arquivo: "clinica/livro.ts",
    onde: '"marca" | "desmarca" | "arquiva"',
    troca: '"marca" | "desmarca" | "arquiva" | "move"',
    acusa: ["clinica/livro.ts", "agenda.ts", "rede/console.ts"],
  },
  {
    nome: "CANCEL entre os que só leem",
    arquivo: "clinica/regras.ts",
    onde: "  CANCEL: {\n    muda: true,",
    troca: "  CANCEL: {\n    muda: false,",
    acusa: ["clinica/regras.ts"],
  },
  {
    nome: "BUSCA que devolve uma mudança",
    arquivo: "clinica/regras.ts",
    onde: "responde: buscar,",
    troca: "responde: (estado, pedido) => desmarcar(estado, { ...pedido, comando: 'CANCEL' }),",
    acusa: ["clinica/regras.ts"],
  },
  {
    nome: "um código novo que o fio não sabe escrever",
    arquivo: "clinica/pedido.ts",
    onde: '  | "ERRO-131";',
    troca: '  | "ERRO-131"\n  | "ERRO-140";',
    acusa: ["protocolo.ts"],
  },
];

async function copia(destino: string): Promise<void> {
  for (const solto of SOLTOS) await Deno.copyFile(`${RAIZ}/${solto}`, `${destino}/${solto}`);
  for (const pasta of PASTAS) {
    await Deno.mkdir(`${destino}/${pasta}`);
    for await (const { name } of Deno.readDir(`${RAIZ}/${pasta}`)) {
      if (name.endsWith("_test.ts")) continue;
      await Deno.copyFile(`${RAIZ}/${pasta}/${name}`, `${destino}/${pasta}/${name}`);
    }
  }
}

/** Os arquivos que `deno check` acusa. */
async function acusados(pasta: string): Promise<string[]> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["check", "--config", "deno.json", ...SOLTOS.slice(0, 2), ...PASTAS.map((nome) => `${nome}/`)],
    cwd: pasta,
    env: { NO_COLOR: "1" },
  }).output();
  const texto = new TextDecoder().decode(stderr);
  const achados = [...texto.matchAll(/^\s+at file:\/\/\S*?\/([\w/]+\.ts):\d+:\d+$/gm)].map(([, caminho]) => caminho);
  const relativos = achados.map((caminho) =>
    caminho.split("/").slice(PASTAS.includes(caminho.split("/").at(-2) ?? "") ? -2 : -1).join("/")
  );
  assertEquals(success, relativos.length === 0, texto);
  return [...new Set(relativos)];
}

for (const { nome, arquivo, onde = "", troca = "", acusa } of CASOS) {
  testeComSistema(`não se esquece em silêncio: ${nome}${acusa.length > 0 ? " não compila" : " compila"}`, async () => {
    using pasta = new Pasta();
    await copia(pasta.caminho);
    if (arquivo !== undefined) {
      const antes = await Deno.readTextFile(pasta.arquivo(arquivo));
      assertStringIncludes(antes, onde, `${arquivo} mudou: acerte este teste`);
      await Deno.writeTextFile(pasta.arquivo(arquivo), antes.replace(onde, troca));
    }
    const achados = await acusados(pasta.caminho);
    for (const esperado of acusa) {
      assert(achados.includes(esperado), `${esperado} não foi acusado: ${achados.join(", ")}`);
    }
    assertEquals(achados.length > 0, acusa.length > 0);
  });
}
