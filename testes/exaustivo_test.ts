/**
 * O que não compila: numa cópia da casa, acrescenta-se um comando ou uma espécie de mudança, ou muda-se o que a tabela
 * diz, e o compilador tem de recusar em cada lugar que teria de saber disso.
 *
 * @module
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Pasta, RAIZ, testeComSistema } from "./apoio.ts";

/** O que se copia: o núcleo, o fio, os armazéns, a rede, o acesso. */
const PASTAS = ["clinica", "fio", "armazem", "rede", "acesso"];
const SOLTOS = ["protocolo.ts", "agenda.ts", "deno.json", "deno.lock"];

/** O que se compila; quem escreve o que um lote fez, sem o que abre bancos, que leva muito mais tempo. */
const COMPILADOS = [
  ...["clinica/", "fio/", "rede/", "acesso/", "protocolo.ts", "agenda.ts"],
  ...["armazem/memoria.ts", "armazem/sqlite_escrita.ts", "armazem/postgres_instrucoes.ts"],
];

/** Uma troca num arquivo. */
type Troca = readonly [arquivo: string, onde: string, novo: string];

/** Trocas que se fazem juntas, e o que o compilador tem de acusar: o arquivo, e uma palavra do que diz dele. */
interface Caso {
  nome: string;
  trocas: readonly Troca[];
  acusa: readonly (readonly [arquivo: string, palavra: string])[];
}

const CASOS: readonly Caso[] = [
  { nome: "a casa como está compila", trocas: [], acusa: [] },
  {
    nome: "um comando, uma espécie de mudança, um efeito de um lote e um código novos não compilam",
    trocas: [
      [
        "clinica/pedido.ts",
        "readonly PING: unknown;",
        "readonly PING: unknown;\n  readonly OBSERVA: { readonly cpf: string };",
      ],
      [
        "clinica/livro.ts",
        "export type Mudanca = DoAgendamento |",
        'export interface DaObservacao extends Feita { readonly sobre: "observacao" }\n' +
        "export type Mudanca = DaObservacao | DoAgendamento |",
      ],
      [
        "clinica/livro.ts",
        "  readonly contatos: readonly Contato[];",
        "  readonly contatos: readonly Contato[];\n  readonly observacoes: readonly string[];",
      ],
      ["clinica/pedido.ts", '  | "ERRO-131";', '  | "ERRO-131"\n  | "ERRO-140";'],
    ],
    acusa: [
      ...["clinica/regras.ts", "clinica/permissao.ts", "fio/pedidos.ts", "rede/sessao.ts"].map((arquivo) =>
        [arquivo, "OBSERVA"] as const
      ),
      ...["clinica/livro.ts", "clinica/diario.ts", "clinica/promover.ts", "clinica/sobreposta.ts", "rede/console.ts"]
        .map((arquivo) => [arquivo, "never"] as const),
      ...["clinica/livro.ts", "armazem/memoria.ts", "armazem/sqlite_escrita.ts", "armazem/postgres_instrucoes.ts"]
        .map((arquivo) => [arquivo, "observacoes"] as const),
      ...["protocolo.ts", "fio/clinica2.ts"].map((arquivo) => [arquivo, "ERRO-140"] as const),
    ],
  },
  {
    nome: "um comando sem linha na tabela de quem pode o quê não compila",
    trocas: [["clinica/permissao.ts", "  FILA: DO_BALCAO,\n", ""]],
    acusa: [["clinica/permissao.ts", "FILA"]],
  },
  {
    nome: "um papel sem coluna, e que não se sabe o que vê, não compila",
    trocas: [["clinica/agendamento.ts", '"gerente" | "integracao")', '"gerente" | "integracao" | "estagiario")']],
    acusa: [["clinica/permissao.ts", "estagiario"], ["rede/redator.ts", "estagiario"]],
  },
  {
    nome: "uma situação que não se diz quem muda não compila",
    trocas: [["clinica/agendamento.ts", '| ("CONVIDADO" | "PASSOU")', '| ("CONVIDADO" | "PASSOU" | "ADIADO")']],
    acusa: [["clinica/permissao.ts", "ADIADO"]],
  },
  {
    nome: "uma permissão nova que não se diz até onde chega não compila",
    trocas: [["clinica/permissao.ts", '"codigo" | "atende";', '"codigo" | "atende" | "especialidade";']],
    acusa: [["clinica/permissao.ts", "boolean"]],
  },
  {
    nome: "uma palavra de --anonimo que não dá papel nenhum não compila",
    trocas: [["acesso/chaveiro.ts", '"quiosque" | "tudo";', '"quiosque" | "tudo" | "marca";']],
    acusa: [["acesso/chaveiro.ts", "marca"], ["acesso/quem_entra.ts", "marca"]],
  },
  {
    nome: "o que o servidor pede a si mesmo na tabela do fio não compila",
    trocas: [["fio/pedidos.ts", "  PING: { posicoes", "  TICK: { posicoes: [], campos: {} },\n  PING: { posicoes"]],
    acusa: [["fio/pedidos.ts", "TICK"]],
  },
  {
    nome: "uma sessão que lesse o que o servidor pede a si mesmo não compila",
    trocas: [[
      "fio/pedidos.ts",
      "return ehComando(partes.comando) ?",
      'if (partes.comando === "TICK") return { comando: "TICK" };\n  return ehComando(partes.comando) ?',
    ]],
    acusa: [["fio/pedidos.ts", "TICK"]],
  },
  {
    nome: "uma intenção nova que o console não conta não compila",
    trocas: [["clinica/livro.ts", '| "VENCE" | "TICK")', '| "VENCE" | "TICK" | "OBSERVA")']],
    acusa: [["rede/console.ts", "never"]],
  },
  {
    nome: "um campo de um pedido que o fio não sabe ler não compila",
    trocas: [[
      "clinica/pedido.ts",
      'readonly ordem?: "hora" | "chamada";',
      'readonly ordem?: "hora" | "chamada";\n    readonly sala?: string;',
    ]],
    acusa: [["fio/pedidos.ts", "sala"]],
  },
  {
    nome: "CANCEL entre os que só leem não compila",
    trocas: [["clinica/regras.ts", "  CANCEL: {\n    muda: true,", "  CANCEL: {\n    muda: false,"]],
    acusa: [["clinica/regras.ts", "CANCEL"]],
  },
  {
    nome: "BUSCA que devolve uma mudança não compila",
    trocas: [[
      "clinica/regras.ts",
      "responde: buscar,",
      "responde: (estado, pedido) => desmarcar(estado, { ...pedido, comando: 'CANCEL' }),",
    ]],
    acusa: [["clinica/regras.ts", "Decisao"]],
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

/** O que `deno check` diz: cada erro, com o arquivo em que está. */
async function acusados(pasta: string): Promise<{ arquivo: string; erro: string }[]> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["check", "--config", "deno.json", ...COMPILADOS],
    cwd: pasta,
    env: { NO_COLOR: "1" },
  }).output();
  const texto = new TextDecoder().decode(stderr);
  const real = await Deno.realPath(pasta);
  const achados = texto.split(/^(?=TS\d+ \[ERROR\])/m).flatMap((erro) => {
    const lugar = /^ +at file:\/\/(\S+?):\d+:\d+$/m.exec(erro);
    return lugar === null ? [] : [{ arquivo: lugar[1].slice(real.length + 1), erro }];
  });
  assertEquals(success, achados.length === 0, texto);
  return achados;
}

for (const { nome, trocas, acusa } of CASOS) {
  testeComSistema(`não se esquece em silêncio: ${nome}`, async () => {
    using pasta = new Pasta();
    await copia(pasta.caminho);
    for (const [arquivo, onde, novo] of trocas) {
      const antes = await Deno.readTextFile(pasta.arquivo(arquivo));
      assertStringIncludes(antes, onde, `${arquivo} mudou: acerte este teste`);
      await Deno.writeTextFile(pasta.arquivo(arquivo), antes.replace(onde, novo));
    }
    const achados = await acusados(pasta.caminho);
    for (const [esperado, palavra] of acusa) {
      assert(
        achados.some(({ arquivo, erro }) => arquivo === esperado && erro.includes(palavra)),
        `${esperado} não foi acusado de ${palavra}:\n${achados.map(({ erro }) => erro).join("\n")}`,
      );
    }
    assertEquals(achados.length > 0, acusa.length > 0);
  });
}
