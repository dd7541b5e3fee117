/**
 * A casa: quem pode importar quem, e o que pode ficar no alto. Lê os imports de todos os módulos, de qualquer forma que
 * sejam escritos, e recusa o que vai contra o caminho, os círculos e o que aparece fora das salas.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { dirname, join } from "node:path/posix";
import configuracao from "../deno.json" with { type: "json" };
import { permitido, RAIZ } from "./apoio.ts";

// ------------------------------------------------------------------------------------------------------ o caminho

/** O que se entrega a quem usa; o resto prova-o, mede-o ou o empacota, e ele não conhece o resto. */
const PRODUTO = [
  ...["clinica/", "protocolo.ts", "fio/", "agenda.ts", "armazem/", "rede/", "acesso/", "web/", "terminal/"],
  "comandos/",
  ...["servidor.ts", "cliente.ts"],
];

/** Cada sala e o que ela conhece, além de si mesma. Uma sala é uma pasta ou um arquivo; vale o nome mais longo. */
const CAMINHO: Readonly<Record<string, readonly string[]>> = {
  "clinica/": [],
  "protocolo.ts": ["clinica/"],
  "fio/": ["clinica/", "protocolo.ts"],
  "agenda.ts": ["clinica/"],
  "armazem/": ["clinica/"],
  "rede/": ["clinica/", "protocolo.ts", "fio/", "agenda.ts"],
  "rede/baldes.ts": [],
  "acesso/": ["clinica/", "protocolo.ts", "agenda.ts", "rede/baldes.ts"],
  "web/": ["clinica/", "protocolo.ts", "fio/", "agenda.ts", "rede/", "acesso/"],
  "terminal/": ["clinica/", "protocolo.ts", "fio/", "comandos/argumentos.ts"],
  "comandos/": ["clinica/", "protocolo.ts", "fio/", "agenda.ts", "armazem/", "rede/", "acesso/"],
  // O que o cliente e o servidor dizem de um comando mal escrito; por aqui nada do servidor chega ao cliente.
  "comandos/argumentos.ts": ["clinica/"],
  "servidor.ts": ["clinica/", "protocolo.ts", "fio/", "agenda.ts", "armazem/", "rede/", "acesso/", "web/", "comandos/"],
  "cliente.ts": ["clinica/", "protocolo.ts", "fio/", "terminal/", "comandos/argumentos.ts"],
  "testes/": PRODUTO,
  "prova/": [...PRODUTO, "testes/"],
  "bench/": [...PRODUTO, "testes/", "prova/"],
  "ferramentas/": [...PRODUTO, "testes/"],
};

/** O que pode estar no alto além das salas; o que começa por ponto não conta, nem o que o `.gitignore` deixa de fora. */
const NO_ALTO = [
  ...["agenda_test.ts", "deno.json", "deno.lock", "clinica.exemplo.json", "clinica.completa.json", "docs/"],
  ...["README.md", "PROTOCOLO.md", "SEGURANCA.md", "LICENSE"],
];

/** Um import: quem importa e o quê, por caminhos a partir da raiz. */
type Import = readonly [de: string, para: string];

/** A sala de um módulo; um teste, onde quer que esteja, é de `_test.ts`, que conhece tudo. */
function salaDe(modulo: string): string | undefined {
  if (modulo.endsWith("_test.ts")) return "_test.ts";
  return Object.keys(CAMINHO).filter((sala) => modulo.startsWith(sala)).sort((a, b) => b.length - a.length)[0];
}

function podeImportar([de, para]: Import): boolean {
  const sala = salaDe(de);
  if (sala === undefined || para.endsWith("_test.ts")) return false;
  return sala === "_test.ts" || [sala, ...CAMINHO[sala]].some((conhecida) => para.startsWith(conhecida));
}

/** Os imports que vão contra o caminho, `"de → para"`. */
function contraOCaminho(imports: readonly Import[]): string[] {
  return imports.filter((um) => !podeImportar(um)).map((um) => um.join(" → "));
}

/** Os círculos de imports, cada um uma vez, `"a → b → a"`. */
function circulos(imports: readonly Import[]): string[] {
  const importados = Map.groupBy(imports, ([de]) => de);
  const vistos = new Set<string>();
  const achados: string[] = [];
  const visita = (modulo: string, atras: readonly string[]): void => {
    const onde = atras.indexOf(modulo);
    if (onde >= 0) achados.push([...atras.slice(onde), modulo].join(" → "));
    if (vistos.has(modulo)) return;
    vistos.add(modulo);
    for (const [, para] of importados.get(modulo) ?? []) visita(para, [...atras, modulo]);
  };
  for (const modulo of importados.keys()) visita(modulo, []);
  return achados;
}

// ------------------------------------------------------------------------------------------------------ a leitura

/** As linhas de código: um exemplo num comentário não importa nada. */
function semComentarios(codigo: string): string {
  return codigo.replace(/^\s*(?:\/\/|\/?\*).*$/gm, "");
}

/** O que um módulo importa desta casa: estático, dinâmico, de tipo, reexportado, ou o script de um processo ou worker. */
function importsDe(modulo: string, codigo: string): Import[] {
  const especificados = [
    ...semComentarios(codigo).matchAll(/\b(?:from|import)\s*\(?\s*(["'`])(\.[^"'`]+)\1/g),
    ...semComentarios(codigo).matchAll(/\bnew URL\(\s*(["'`])([^"'`]+\.ts)\1,\s*import\.meta\.url/g),
    ...semComentarios(codigo).matchAll(/\bimport\.meta\.resolve\(\s*(["'`])(\.[^"'`]+)\1/g),
  ];
  return especificados.map(([, , caminho]) => [modulo, join(dirname(modulo), caminho)]);
}

/** Verdadeiro se o módulo importa algo cujo nome só se sabe ao rodar. */
function importaAsEscuras(codigo: string): boolean {
  return /\bimport\s*\(\s*(?!["']|import\.meta\.resolve\(\s*["'])/.test(semComentarios(codigo));
}

/** Os arquivos de uma pasta e das de dentro, por caminhos a partir da raiz. */
function* arquivosEm(pasta: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(`${RAIZ}/${pasta}`)) {
    if (isDirectory) yield* arquivosEm(`${pasta}${name}/`);
    else yield `${pasta}${name}`;
  }
}

/** O que há no alto, as pastas com `/` no fim, sem o que não conta. */
function alto(): string[] {
  const ignorados = Deno.readTextFileSync(`${RAIZ}/.gitignore`).split("\n").filter((linha) => linha !== "");
  return [...Deno.readDirSync(RAIZ)]
    .map(({ name, isDirectory }) => isDirectory ? `${name}/` : name)
    .filter((nome) => !nome.startsWith("."))
    .filter((nome) => !ignorados.some((padrao) => `/${nome}`.endsWith(padrao.replace(/^\*/, ""))))
    .sort();
}

/** O código de todos os módulos da casa. */
function modulos(): [modulo: string, codigo: string][] {
  return alto()
    .flatMap((nome) => nome.endsWith("/") ? [...arquivosEm(nome)] : [nome])
    .filter((nome) => nome.endsWith(".ts"))
    .map((modulo) => [modulo, Deno.readTextFileSync(`${RAIZ}/${modulo}`)]);
}

/** Registra um teste que só lê a casa. */
function testeDaCasa(nome: string, fn: () => void): void {
  const ignore = !permitido("read");
  Deno.test({
    name: ignore ? `a casa: ${nome} (ignorado: falta permissão; rode "deno test -A")` : `a casa: ${nome}`,
    ignore,
    permissions: { read: true },
    fn,
  });
}

// ------------------------------------------------------------------------------------------------------ a casa

testeDaCasa("os imports vão num sentido só", () => {
  const lidos = modulos();
  const imports = lidos.flatMap(([modulo, codigo]) => importsDe(modulo, codigo));
  const daCasa = new Set(lidos.map(([modulo]) => modulo));
  // Os demais são textos e tabelas, que não importam nada.
  assertEquals(contraOCaminho(imports.filter(([, para]) => daCasa.has(para))), []);
  assertEquals(circulos(imports), []);
});

testeDaCasa("todo módulo está numa sala, e o produto não importa às escuras", () => {
  const lidos = modulos();
  assertEquals(lidos.map(([modulo]) => modulo).filter((modulo) => salaDe(modulo) === undefined), []);
  const doProduto = lidos.filter(([modulo]) => PRODUTO.includes(salaDe(modulo) ?? ""));
  assertEquals(doProduto.filter(([, codigo]) => importaAsEscuras(codigo)).map(([modulo]) => modulo), []);
});

testeDaCasa("no alto só há as salas e o que está na lista", () => {
  assertEquals(alto().filter((nome) => !(nome in CAMINHO) && !NO_ALTO.includes(nome)), []);
});

// ------------------------------------------------------------------------------------------------------ a própria regra

const PURO = { permissions: "none" } as const;

Deno.test("a casa: um atalho de deno.json não leva a um módulo daqui", PURO, () => {
  assertEquals(Object.values(configuracao.imports).filter((destino) => !/^(?:npm|jsr):/.test(destino)), []);
});

Deno.test("a casa: lê-se um import de qualquer forma", PURO, () => {
  const codigo = `
import "./a.ts";
import { b } from "../b.ts";
import type { c } from './c.ts';
import {
  d,
  type D,
} from "./d.ts";
import * as e from "./e.json" with { type: "json" };
export { f } from "./f.ts";
export * from "./g.ts";
let h: import("./h.ts").H;
const { i } = await import(
  "./i.ts"
);
await import(\`./j.ts\`);
new Worker(new URL("k.ts", import.meta.url), { type: "module" });
await import(import.meta.resolve("./l.ts"));
import { assert } from "@std/assert";
// import "./comentado.ts";
 * import { x } from "./num_exemplo.ts";
`;
  const lidos = importsDe("rede/x.ts", codigo).map(([, para]) => para).sort();
  assertEquals(lidos, ["b.ts", ...[..."acdefghijkl"].map((nome) => `rede/${nome}.${nome === "e" ? "json" : "ts"}`)]);
  assertEquals(["import(nome)", 'import("./" + x)', "import(`./j.ts`)", 'import("x")'].map(importaAsEscuras), [
    ...[true, false, true, false],
  ]);
  const resolvidos = ['import(import.meta.resolve("./l.ts"))', "import(import.meta.resolve(nome))"];
  assertEquals(resolvidos.map(importaAsEscuras), [false, true]);
});

Deno.test("a casa: um import contra o caminho é recusado", PURO, () => {
  const recusados: Import[] = [
    ["clinica/oferta.ts", "protocolo.ts"],
    ["clinica/regras.ts", "agenda.ts"],
    ["protocolo.ts", "agenda.ts"],
    ["protocolo.ts", "fio/clinica2.ts"],
    ["fio/pedidos.ts", "agenda.ts"],
    ["fio/respostas.ts", "rede/redator.ts"],
    ["agenda.ts", "fio/pedidos.ts"],
    ["armazem/sqlite.ts", "fio/pedidos.ts"],
    ["agenda.ts", "protocolo.ts"],
    ["agenda.ts", "armazem/sqlite.ts"],
    ["agenda.ts", "rede/laco.ts"],
    ["armazem/sqlite.ts", "protocolo.ts"],
    ["armazem/sqlite.ts", "rede/sessao.ts"],
    ["rede/sessao.ts", "armazem/sqlite.ts"],
    ["rede/sessao.ts", "servidor.ts"],
    ["terminal/menu.ts", "agenda.ts"],
    ["terminal/menu.ts", "cliente.ts"],
    ["terminal/argumentos.ts", "comandos/lista.ts"],
    ["comandos/lista.ts", "servidor.ts"],
    ["comandos/argumentos.ts", "armazem/sqlite.ts"],
    ["comandos/argumentos.ts", "comandos/lista.ts"],
    ["cliente.ts", "comandos/lista.ts"],
    ["cliente.ts", "agenda.ts"],
    ["servidor.ts", "terminal/telas.ts"],
    ["servidor.ts", "testes/apoio.ts"],
    ["rede/sessao.ts", "bench/gerador.ts"],
    ["testes/apoio.ts", "prova/historia/registro.ts"],
    ["prova/tempo.ts", "bench/gerador.ts"],
    ["agenda_test.ts", "rede/sessao_test.ts"],
    ["nova_sala/x.ts", "clinica/texto.ts"],
    ["solto.ts", "clinica/texto.ts"],
  ];
  assertEquals(contraOCaminho(recusados), recusados.map((um) => um.join(" → ")));
  const aceitos: Import[] = [
    ["clinica/oferta.ts", "clinica/texto.ts"],
    ["agenda.ts", "clinica/regras.ts"],
    ["fio/pedidos.ts", "protocolo.ts"],
    ["rede/sessao.ts", "fio/pedidos.ts"],
    ["terminal/conexao.ts", "fio/respostas.ts"],
    ["rede/sessao.ts", "agenda.ts"],
    ["comandos/lista.ts", "comandos/argumentos.ts"],
    ["cliente.ts", "comandos/argumentos.ts"],
    ["terminal/argumentos.ts", "comandos/argumentos.ts"],
    ["servidor.ts", "comandos/importar.ts"],
    ["agenda_test.ts", "testes/apoio.ts"],
    ["testes/varios_servidores_test.ts", "prova/historia/registro.ts"],
    ["bench/extras.ts", "servidor.ts"],
  ];
  assertEquals(contraOCaminho(aceitos), []);
});

Deno.test("a casa: um círculo é achado, também entre tipos e por um terceiro", PURO, () => {
  assertEquals(circulos([["a", "b"], ["b", "c"], ["a", "c"]]), []);
  assertEquals(circulos([["a", "b"], ["b", "a"]]), ["a → b → a"]);
  assertEquals(circulos([["x", "a"], ["a", "b"], ["b", "c"], ["c", "a"], ["c", "d"]]), ["a → b → c → a"]);
  assertEquals(circulos([["a", "a"]]), ["a → a"]);
});
