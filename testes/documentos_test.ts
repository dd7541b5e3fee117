/**
 * Os documentos dizem a verdade: as conversas de `PROTOCOLO.md` e os comandos de todos são executados, as tabelas
 * conferidas com o que o programa tem, as ligações seguidas; e nada está escrito duas vezes.
 *
 * As datas dos documentos são da semana de 30/11/2026. Aqui elas andam um número inteiro de semanas, de modo que aquela
 * segunda-feira seja a próxima depois de hoje e os dias da semana continuem certos; e o servidor começa com as demais
 * datas fechadas, para que as respostas não dependam do dia em que o teste roda.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { Agenda } from "../agenda.ts";
import { ArmazemSqlite } from "../armazem/sqlite.ts";
import { FILA_MOSTRADA } from "../clinica/livro.ts";
import { COMANDOS } from "../clinica/regras.ts";
import { TEXTOS_2 } from "../fio/clinica2.ts";
import {
  ANTECEDENCIA_MAXIMA,
  EMAIL_MAXIMO,
  LOCAL_MAXIMO,
  MINUTOS_DO_DIA,
  MOTIVO_MAXIMO,
  NOTA_MAXIMA,
} from "../fio/leitores.ts";
import { decodificarPedido2 } from "../fio/pedidos.ts";
import { decodificarResposta2 } from "../fio/respostas.ts";
import { LACO } from "../rede/laco.ts";
import { Redator } from "../rede/redator.ts";
import { alcance, grava, marca } from "./mudancas.ts";
import { PORTA_ABERTA, SEM_LIMITES } from "./porteiro.ts";
import type { PorteiroDaPorta } from "../rede/ouvinte.ts";
import { Fio, Pasta, permitido, RAIZ, roda, Servidor, testeComSistema } from "./apoio.ts";
import { lerChamada } from "../terminal/argumentos.ts";
import { NOMES_DE_COMANDO } from "../terminal/formas.ts";
import exemplo from "../clinica.exemplo.json" with { type: "json" };
import configuracao from "../deno.json" with { type: "json" };
import { lerOferta } from "../clinica/oferta.ts";
import protocolo from "../PROTOCOLO.md" with { type: "text" };
import { NOME_MAXIMO, TEXTO_MAXIMO } from "../clinica/texto.ts";
import { decodificarResposta, LINHA_MAXIMA, PORTA_PADRAO, TEXTOS } from "../protocolo.ts";
import desempenho from "../docs/DESEMPENHO.md" with { type: "text" };
import desenvolvimento from "../docs/DESENVOLVIMENTO.md" with { type: "text" };
import readmeEmIngles from "../docs/en/README.md" with { type: "text" };
import operacao from "../docs/OPERACAO.md" with { type: "text" };
import readme from "../README.md" with { type: "text" };
import { FRASES } from "../rede/eventos.ts";
import { LIMITES, Sessao } from "../rede/sessao.ts";
import seguranca from "../SEGURANCA.md" with { type: "text" };
import { cartaoDe } from "../terminal/telas.ts";

const PURO = { permissions: "none" } as const;

/** Os documentos, pelo caminho de cada um. */
const DOCUMENTOS: Readonly<Record<string, string>> = {
  "README.md": readme,
  "PROTOCOLO.md": protocolo,
  "SEGURANCA.md": seguranca,
  "docs/OPERACAO.md": operacao,
  "docs/DESENVOLVIMENTO.md": desenvolvimento,
  "docs/DESEMPENHO.md": desempenho,
  "docs/en/README.md": readmeEmIngles,
};

// ------------------------------------------------------------------------------------------------------ as datas

const SEGUNDA_DO_DOCUMENTO = Temporal.PlainDate.from("2026-11-30");
const { fuso, semanas } = lerOferta();

function hojeNaClinica(): Temporal.PlainDate {
  return Temporal.Now.plainDateISO(fuso);
}

/** A segunda-feira que faz as vezes da do documento: a primeira depois de hoje. */
function segundaDoTeste(): Temporal.PlainDate {
  const hoje = hojeNaClinica();
  return hoje.add({ days: 8 - hoje.dayOfWeek });
}

/** O texto do documento com as suas datas `dd/mm/aaaa` trazidas para agora. */
function comDatasDeAgora(texto: string, segunda: Temporal.PlainDate): string {
  const { days } = SEGUNDA_DO_DOCUMENTO.until(segunda);
  return texto.replace(/\b(\d{2})\/(\d{2})\/(\d{4})\b/g, (_, dia, mes, ano) => {
    const [a, m, d] = Temporal.PlainDate.from(`${ano}-${mes}-${dia}`).add({ days }).toString().split("-");
    return `${d}/${m}/${a}`;
  });
}

/** Uma pasta com um `clinica.json` em que só a semana dada está aberta. */
function pastaComUmaSemana(segunda: Temporal.PlainDate): Pasta {
  const pasta = new Pasta();
  const domingo = segunda.add({ days: 6 });
  const fechado: string[] = [];
  // Um dia a mais: a meia-noite pode passar durante o teste.
  for (let i = 0; i <= 7 * semanas; i++) {
    const data = hojeNaClinica().add({ days: i });
    const aberta = Temporal.PlainDate.compare(data, segunda) >= 0 && Temporal.PlainDate.compare(data, domingo) <= 0;
    if (!aberta) fechado.push(data.toString());
  }
  Deno.writeTextFileSync(pasta.arquivo("clinica.json"), JSON.stringify({ fechado }));
  return pasta;
}

// ------------------------------------------------------------------------------------------------------ o markdown

const BLOCO = /^```(.*)\n([^]*?)^```$/gm;

/** Os blocos cercados de um documento, com o que se segue às cercas. */
function blocos(documento: string): { tipo: string; linhas: string[] }[] {
  return [...documento.matchAll(BLOCO)]
    .map(([, tipo, corpo]) => ({ tipo, linhas: corpo.trimEnd().split("\n") }));
}

/** As células das linhas de tabela cuja primeira célula começa por código; a barra escapada não separa. */
function linhasDeTabela(documento: string): string[][] {
  return documento.split("\n")
    .filter((linha) => linha.startsWith("| `"))
    .map((linha) => linha.slice(1, -1).split(/(?<!\\)\|/).map((celula) => celula.trim()));
}

/** O texto de uma seção, do título até o título seguinte do mesmo nível ou de um acima. */
function secao(documento: string, titulo: string): string {
  const inicio = documento.indexOf(`\n${titulo}\n`);
  assert(inicio >= 0, `falta a seção "${titulo}"`);
  const nivel = titulo.indexOf(" ");
  const resto = documento.slice(inicio + titulo.length + 1);
  const fim = resto.search(new RegExp(`^#{1,${nivel}} `, "m"));
  return fim < 0 ? resto : resto.slice(0, fim);
}

// ------------------------------------------------------------------------------------------------------ PROTOCOLO.md

/**
 * Executa um bloco de conversa. Linhas `C:` seguidas vão numa só escrita; cada `S:` é a próxima linha que vem. Se o
 * bloco não começa pelo servidor, a saudação é lida e esquecida; e a conexão `apresentada` fala CLINICA/2.
 */
async function conversa(porta: number, linhas: readonly string[], { apresentada = false } = {}): Promise<void> {
  using fio = await Fio.conecta(porta);
  if (linhas[0].startsWith("C: ")) assertEquals((await fio.resposta()).codigo, "OK-200");
  if (apresentada) {
    await fio.manda('["OLA","CLINICA/2"]\n');
    assert((await fio.linha())?.startsWith('["OK-200","CLINICA/2",'));
  }
  let porMandar = "";
  for (const linha of linhas) {
    const dito = linha.slice(3);
    if (linha.startsWith("C: ")) {
      porMandar += `${dito}\n`;
      continue;
    }
    assert(linha.startsWith("S: "), `a linha não é C: nem S:, e sim ${linha}`);
    if (porMandar !== "") await fio.manda(porMandar);
    porMandar = "";
    assertEquals(await fio.linha(), dito === "(fecha)" ? undefined : dito);
  }
  assertEquals(porMandar, "", "o bloco acaba em pedidos sem resposta");
}

testeComSistema("as conversas de PROTOCOLO.md acontecem como estão escritas", async (t) => {
  const segunda = segundaDoTeste();
  using pasta = pastaComUmaSemana(segunda);
  await using servidor = await Servidor.inicia({ pasta: pasta.caminho });
  const conversas = blocos(comDatasDeAgora(protocolo, segunda)).filter(({ tipo }) => tipo === "clinica");
  assert(conversas.length >= 8, `só ${conversas.length} conversas em PROTOCOLO.md`);
  for (const [i, { linhas }] of conversas.entries()) {
    await t.step(`conversa ${i + 1}: ${linhas[0].slice(0, 60)}`, () => conversa(servidor.porta, linhas));
  }
});

/**
 * Os códigos que as conversas de CLINICA/2 dão a quem marca e a quem entra na lista de espera, na ordem. Gastam-nos também os
 * convites, que ninguém vê.
 */
const CODIGOS = [
  ...["7K3M9QXZ", "0G6WRTH2", "4ZB8N1PC", "D5V2YJ7M", "H3TQ5ZB1", "X8N2KD6V", "R5WF0J9C", "M1GY7PE4"],
  ...["A1A1A1A1", "T6QH4XD2", "D4D4D4D4"],
];

/** Um servidor nesta porta do processo, com a semana e o relógio que se quiser, de que só se ouve o que diz. */
class ClinicaParada implements AsyncDisposable {
  agora = 0;
  readonly porta: number;
  #porta = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  #armazem = ArmazemSqlite.abre(":memory:");
  #sessoes: Promise<void>[] = [];

  constructor(config: unknown, porteiro: PorteiroDaPorta = PORTA_ABERTA) {
    this.porta = this.#porta.addr.port;
    const codigos = CODIGOS.values();
    const agenda = new Agenda({
      armazem: this.#armazem,
      oferta: lerOferta(config),
      relogio: () => this.agora,
      sorteia: () => codigos.next().value ?? "",
    });
    this.#atende(agenda, porteiro);
  }

  async #atende(agenda: Agenda, porteiro: PorteiroDaPorta): Promise<void> {
    const ambiente = {
      agenda,
      redator: new Redator(agenda),
      porteiro,
      contador: SEM_LIMITES,
      relogio: () => 0,
      limites: LIMITES,
      laco: LACO,
      aoResponder: () => {},
    };
    for await (const conexao of this.#porta) {
      const quem = porteiro.semChave({ origem: "10.0.0.7", cliente: "10.0.0.7:40312" });
      this.#sessoes.push(new Sessao(conexao, quem, ambiente).atende());
    }
  }

  /** Acerta o relógio, e as linhas pela versão que se serve. */
  acerta(hora: string, linhas: readonly string[]): string[] {
    this.agora = Temporal.PlainDateTime.from(`${SEGUNDA_DO_DOCUMENTO}T${hora}`).toZonedDateTime(fuso).epochMilliseconds;
    return linhas.map((linha) => linha.replace(/"versao":"[^"]+"/, `"versao":"${configuracao.version}"`));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#porta.close();
    await Promise.all(this.#sessoes);
    await this.#armazem[Symbol.asyncDispose]();
  }
}

testeComSistema(
  "as conversas de CLINICA/2 de PROTOCOLO.md acontecem como estão escritas, à hora que dizem",
  async (t) => {
    const doProtocolo = secao(protocolo, "## CLINICA/2");
    const [semana, ...outras] = blocos(doProtocolo).filter(({ tipo }) => tipo === "json");
    assertEquals(outras, []);
    await using clinica = new ClinicaParada(JSON.parse(semana.linhas.join("\n")));
    const conversas = blocos(doProtocolo).filter(({ tipo }) => tipo.startsWith("clinica2 "));
    assert(conversas.length >= 4, `só ${conversas.length} conversas de CLINICA/2`);
    for (const [i, { tipo, linhas }] of conversas.entries()) {
      const hora = tipo.slice("clinica2 ".length);
      assert(doProtocolo.includes(`Às ${hora}:\n\n\`\`\`${tipo}\n`), `não se diz que são ${hora}`);
      const daVersao = clinica.acerta(hora, linhas);
      await t.step(`conversa ${i + 1}, às ${hora}`, () => conversa(clinica.porta, daVersao, { apresentada: i > 0 }));
    }
  },
);

/** As chaves das conversas, e quem chega sem nenhuma. */
const COM_CHAVES: PorteiroDaPorta = {
  semChave: (quem) => ({ ...quem, papel: "anonimo" }),
  comChave: (texto, quem) => {
    switch (texto) {
      case "clinica_4ZB8N1PC":
        return { ...quem, papel: "quiosque", chave: 1, nome: "Entrada" };
      case "clinica_D5V2YJ7M":
        return { ...quem, papel: "balcao", chave: 2, nome: "Balcão 1" };
      default:
        return undefined;
    }
  },
  agora: (quem) => quem,
};

testeComSistema("as conversas de PROTOCOLO.md com chaves acontecem como estão escritas", async (t) => {
  const [semana] = blocos(secao(protocolo, "## CLINICA/2")).filter(({ tipo }) => tipo === "json");
  await using clinica = new ClinicaParada(JSON.parse(semana.linhas.join("\n")), COM_CHAVES);
  const conversas = blocos(secao(protocolo, "## As chaves")).filter(({ tipo }) => tipo.startsWith("chaves "));
  assertEquals(conversas.length, 2);
  for (const { tipo, linhas } of conversas) {
    const hora = tipo.slice("chaves ".length);
    await t.step(hora, () => conversa(clinica.porta, clinica.acerta(hora, linhas)));
  }
});

testeComSistema("um servidor cheio recebe como PROTOCOLO.md diz", async () => {
  using pasta = new Pasta();
  await using servidor = await Servidor.inicia({ pasta: pasta.caminho, args: ["--conexoes", "1"] });
  using _ocupante = await Fio.saudado(servidor.porta);
  const cheios = blocos(protocolo).filter(({ tipo }) => tipo === "clinica cheio");
  assertEquals(cheios.length, 1);
  await conversa(servidor.porta, cheios[0].linhas);
});

testeComSistema("os pedidos que PROTOCOLO.md manda com nc são respondidos", async () => {
  using pasta = new Pasta();
  await using servidor = await Servidor.inicia({ pasta: pasta.caminho });
  const linha = blocos(protocolo).find(({ tipo }) => tipo === "sh")?.linhas[0] ?? "";
  const [antes, depois] = linha.split(" | ");
  assertEquals(depois, `nc localhost ${PORTA_PADRAO}`);
  const { stdout } = await new Deno.Command("sh", { args: ["-c", antes] }).output();
  using fio = await Fio.saudado(servidor.porta);
  await fio.manda(stdout);
  assertEquals((await fio.resposta()).codigo, "OK-304");
  assertEquals((await fio.resposta()).codigo, "OK-201");
  assertEquals(await fio.linha(), undefined);
});

const PYTHON = permitido("run") ? achaPython() : undefined;

function achaPython(): string | undefined {
  return ["python3", "python"].find((nome) => {
    try {
      return new Deno.Command(nome, { args: ["-c", "import json, socket"], stderr: "null" }).outputSync().success;
    } catch {
      return false;
    }
  });
}

const EM_PYTHON = "o cliente em Python de PROTOCOLO.md marca e encontra o que marcou";

if (permitido("run") && PYTHON === undefined) Deno.test.ignore(`${EM_PYTHON} (ignorado: falta Python 3)`, () => {});
else testeComSistema(EM_PYTHON, () => marcaComPython(PYTHON ?? ""));

async function marcaComPython(python: string): Promise<void> {
  using pasta = new Pasta();
  await using servidor = await Servidor.inicia({ pasta: pasta.caminho });
  const codigo = blocos(protocolo).find(({ tipo }) => tipo === "python")?.linhas.join("\n") ?? "";
  assert(codigo.includes(`porta=${PORTA_PADRAO}`), "o exemplo não usa a porta padrão");
  const { stdout, stderr } = await new Deno.Command(python, {
    args: ["-c", codigo.replace(`porta=${PORTA_PADRAO}`, `porta=${servidor.porta}`).replace("localhost", "127.0.0.1")],
    env: { PYTHONIOENCODING: "utf-8" },
  }).output();
  assertEquals(new TextDecoder().decode(stderr), "");
  const [marcado, achado] = new TextDecoder().decode(stdout).trimEnd().split("\n");
  assert(marcado.startsWith("['OK-300', ['AGEND', '29537995593', 'BIA REIS', "), marcado);
  assertEquals(achado, marcado.replace("OK-300", "OK-302"));
}

Deno.test("PROTOCOLO.md tem os códigos e os textos do protocolo, todos e só eles", PURO, () => {
  const doDocumento = linhasDeTabela(secao(protocolo, "## Os códigos")).map(([codigo, texto]) => [
    codigo.replaceAll("`", ""),
    texto,
  ]);
  assertEquals(Object.fromEntries(doDocumento), TEXTOS);
  const doSegundo = linhasDeTabela(secao(protocolo, "### Os códigos de CLINICA/2")).map(([codigo, texto]) => [
    codigo.replaceAll("`", ""),
    texto,
  ]);
  assertEquals({ ...TEXTOS, ...Object.fromEntries(doSegundo) }, TEXTOS_2);
  assertEquals(doDocumento.length + doSegundo.length, Object.keys(TEXTOS_2).length);
  const citados = new Set(protocolo.match(/\b(?:OK|ERRO)-\d{3}\b/g));
  assertEquals([...citados].sort(), Object.keys(TEXTOS_2).sort());
});

Deno.test("PROTOCOLO.md diz, de cada pedido que muda o livro, o que fazer quando a resposta se perde", PURO, () => {
  // O que o servidor pede a si mesmo não é de nenhum fio.
  const doFio = (comando: string): boolean => {
    const lido = decodificarPedido2(JSON.stringify([comando]));
    return !("codigo" in lido) || lido.codigo !== "ERRO-101";
  };
  const mudam = Object.entries(COMANDOS).filter(([comando, { muda }]) => muda && doFio(comando)).map(([um]) => um);
  const ditos = linhasDeTabela(secao(protocolo, "### Quando a resposta se perdeu")).map(([pedido]) =>
    pedido.split("`")[1]
  );
  assertEquals([...new Set(ditos)].sort(), mudam.sort());
});

Deno.test("as respostas escritas em PROTOCOLO.md são lidas pelo cliente", PURO, () => {
  const respostas = blocos(protocolo)
    .flatMap(({ tipo, linhas }) =>
      tipo.startsWith("clinica")
        ? linhas.map((linha) => ({
          le: tipo.startsWith("clinica2") ? decodificarResposta2 : decodificarResposta,
          linha,
        }))
        : []
    )
    .filter(({ linha }) => linha.startsWith("S: ["));
  for (const { le, linha } of respostas) assert(le(linha.slice(3)) !== undefined, linha);
});

Deno.test("PROTOCOLO.md diz os limites que valem", PURO, () => {
  const mil = (n: number): string => n.toLocaleString("pt-BR");
  const esperados: [string, string][] = [
    ["uma linha de pedido", `${mil(LINHA_MAXIMA)} bytes`],
    ["um texto de um pedido", `${mil(TEXTO_MAXIMO)} unidades`],
    ["uma linha inteira", `${LIMITES.linha / 1000} s`],
    ["silêncio do cliente", `${LIMITES.ociosa / 60_000} min`],
    ["o cliente aceitar uma resposta", `${LIMITES.escrita / 1000} s`],
    ["`ERRO-100` seguidos", `${LIMITES.malformadas}`],
    ["pedidos em andamento", `${LIMITES.emVoo}`],
    ["respostas por enviar", `${LIMITES.porEnviar / 1024} KiB`],
  ];
  const linhas = secao(protocolo, "## Os limites").split("\n");
  for (const [oQue, quanto] of esperados) {
    const linha = linhas.find((linha) => linha.startsWith(`| ${oQue}`)) ?? "";
    assertEquals(linha.split("|")[2]?.trim(), quanto, oQue);
  }
  const corrido = protocolo.replace(/\s+/g, " ");
  assert(corrido.includes(`de 1 a ${NOME_MAXIMO} pontos de código`));
  assert(corrido.includes(`mais de ${mil(TEXTO_MAXIMO)} unidades de UTF-16`));
  assert(corrido.includes(`de até ${MOTIVO_MAXIMO}, ${NOTA_MAXIMA} e ${LOCAL_MAXIMO} caracteres`));
  assert(corrido.includes(`de até ${EMAIL_MAXIMO} caracteres`));
  assert(corrido.includes(`um inteiro, de 0 a ${mil(ANTECEDENCIA_MAXIMA)}: minutos`));
  assert(corrido.includes(`de 0 a ${mil(ANTECEDENCIA_MAXIMA)} (um ano)`));
  assert(corrido.includes(`os ${mil(FILA_MOSTRADA)} primeiros`));
  assert(corrido.includes(`VAGAS e MINUTOS de 1 a ${mil(MINUTOS_DO_DIA)}`));
});

// ------------------------------------------------------------------------------------------------------ clinica.json

Deno.test("clinica.exemplo.json é a semana embutida, e o README a mostra", PURO, () => {
  assertEquals(lerOferta(exemplo), lerOferta());
  const [mostrada, ...outras] = blocos(readme).filter(({ tipo }) => tipo === "json");
  assertEquals(outras, []);
  assertEquals(JSON.parse(mostrada.linhas.join("\n")), exemplo);
});

Deno.test("as regras e a espera que docs/OPERACAO.md mostra são de uma clinica.json que serve", PURO, () => {
  const [mostrada] = blocos(secao(operacao, "### A lista de espera")).filter(({ tipo }) => tipo === "jsonc");
  const { regras, espera, faltaAutomatica } = lerOferta(JSON.parse(mostrada.linhas.join("\n")));
  assertEquals([regras.antecedencia, espera, faltaAutomatica], [60, { antecedencia: 180, prazo: 240 }, true]);
});

// ------------------------------------------------------------------------------------------------------ as tabelas

/** As opções longas citadas num texto. */
function opcoes(texto: string): string[] {
  return [...new Set(texto.match(/(?<![\w-])--[a-z][a-z-]*/g))].sort();
}

testeComSistema("as opções que docs/OPERACAO.md documenta são as de --help", async () => {
  for (const [script, titulo] of [["servidor.ts", "## O servidor"], ["cliente.ts", "## O cliente"]]) {
    const { codigo, stdout } = await roda(script, ["--help"]);
    assertEquals(codigo, 0);
    const daTabela = linhasDeTabela(secao(operacao, titulo)).map(([opcao]) => opcao).join(" ");
    assertEquals(opcoes(daTabela), opcoes(stdout), `${script}, "${titulo}"`);
  }
});

/** Os arquivos da casa de um tipo, por caminho; o que o Git não guarda e as pastas escondidas ficam de fora. */
function arquivos(fim: string, pasta = ""): string[] {
  return [...Deno.readDirSync(`${RAIZ}/${pasta}`)].flatMap(({ name, isDirectory }) => {
    if (name.startsWith(".") || name === "node_modules" || name === "dist") return [];
    if (isDirectory) return arquivos(fim, `${pasta}${name}/`);
    return name.endsWith(fim) ? [`${pasta}${name}`] : [];
  }).sort();
}

testeComSistema("a tabela da casa em docs/DESENVOLVIMENTO.md tem todo arquivo .ts, e só os que existem", () => {
  const citados = linhasDeTabela(secao(desenvolvimento, "## A casa")).map(([arquivo]) => arquivo.replaceAll("`", ""));
  assertEquals(citados.filter((nome, i) => citados.indexOf(nome) !== i), [], "citados duas vezes");
  const casa = arquivos(".ts");
  assertEquals(citados.filter((nome) => !casa.includes(nome)), [], "citados que não existem");
  // O teste de um arquivo que está ao lado dele não se cita.
  const aoLado = (nome: string): boolean =>
    nome.endsWith("_test.ts") && casa.includes(nome.replace(/_test\.ts$/, ".ts"));
  assertEquals(casa.filter((nome) => !citados.includes(nome) && !aoLado(nome)), [], "não citados");
});

Deno.test("docs/OPERACAO.md diz todos os eventos do console, e só eles", PURO, () => {
  const daTabela = linhasDeTabela(secao(operacao, "### O console"))
    .flatMap(([nomes]) => [...nomes.matchAll(/`([^`]+)`/g)].map(([, nome]) => nome));
  assertEquals(daTabela.sort(), Object.keys(FRASES).sort());
});

Deno.test("a tabela de dependências de docs/DESENVOLVIMENTO.md é a de deno.json", PURO, () => {
  const daTabela = linhasDeTabela(secao(desenvolvimento, "## As dependências"))
    .filter(([, origem]) => origem.startsWith("`npm:"))
    .map(([nome, origem]) => [nome.replaceAll("`", ""), origem.replaceAll("`", "")]);
  assertEquals(Object.fromEntries(daTabela), configuracao.imports);
});

// ------------------------------------------------------------------------------------------------------ o conjunto

testeComSistema("os documentos são os que este teste confere, e cada um tem o tamanho que promete", () => {
  const escritos = arquivos(".md").filter((nome) => !nome.startsWith("testes/"));
  assertEquals(escritos, Object.keys(DOCUMENTOS).sort());
  for (const [nome, maximo] of [["README.md", 180], ["docs/en/README.md", 80]] as const) {
    const linhas = DOCUMENTOS[nome].trimEnd().split("\n").length;
    assert(linhas <= maximo, `${nome} tem ${linhas} linhas; no máximo ${maximo}`);
  }
});

/** O nome que o GitHub dá a um título, para que se aponte para ele. */
function ancora(titulo: string): string {
  return titulo.toLowerCase().replace(/[^\p{L}\p{N}\p{M} _-]/gu, "").replaceAll(" ", "-");
}

testeComSistema("as ligações entre os documentos levam a algum lugar", () => {
  for (const [nome, documento] of Object.entries(DOCUMENTOS)) {
    const pasta = nome.includes("/") ? nome.slice(0, nome.lastIndexOf("/") + 1) : "";
    const ligacoes = [...documento.replaceAll(BLOCO, "").matchAll(/\]\(([^)\s]+)\)/g)].map(([, destino]) => destino);
    for (const destino of ligacoes) {
      if (destino.startsWith("https://")) continue;
      const [caminho, titulo] = destino.split("#");
      const alvo = caminho === "" ? nome : new URL(`${pasta}${caminho}`, "file:///").pathname.slice(1);
      assert(existe(alvo), `${nome}: ${destino} não existe`);
      if (titulo === undefined) continue;
      const titulos = [...(DOCUMENTOS[alvo] ?? "").replaceAll(BLOCO, "").matchAll(/^#+ (.+)$/gm)];
      assert(titulos.some(([, texto]) => ancora(texto) === titulo), `${nome}: ${destino} não é um título de ${alvo}`);
    }
  }
});

function existe(caminho: string): boolean {
  try {
    return Deno.statSync(`${RAIZ}/${caminho}`).isFile;
  } catch {
    return false;
  }
}

/** O menor texto que, escrito em dois lugares, é repetição, em caracteres. */
const REPETICAO = 120;

/** As palavras de um texto, sem o que é do markdown. */
function palavrasDe(texto: string): string[] {
  return texto.replace(/\]\([^)]*\)/g, "").toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
}

/** Os textos de um documento em que não se procura através de um fim: parágrafos, linhas de tabela; e os blocos inteiros. */
function textosDe(documento: string): { corrido: string[]; blocos: string[] } {
  const corrido = documento.replaceAll(BLOCO, "\n\n").replace(/^\|.*$/gm, "\n$&\n").split(/\n{2,}/);
  return { corrido, blocos: blocos(documento).map(({ linhas }) => linhas.join("\n")) };
}

/** Todo trecho de ao menos `REPETICAO` caracteres que começa numa palavra e acaba noutra, tão curto quanto possível. */
function* trechos(palavras: readonly string[]): Generator<string> {
  let fim = 0;
  let tamanho = -1;
  for (let inicio = 0; inicio < palavras.length; inicio++) {
    while (fim < palavras.length && tamanho < REPETICAO) tamanho += palavras[fim++].length + 1;
    if (tamanho < REPETICAO) return;
    yield palavras.slice(inicio, fim).join(" ");
    tamanho -= palavras[inicio].length + 1;
  }
}

/** O que está escrito em mais de um lugar dos documentos dados. */
function repetidos(documentos: Readonly<Record<string, string>>): string[] {
  const vistos = new Map<string, string>();
  const achados: string[] = [];
  for (const [nome, documento] of Object.entries(documentos)) {
    const { corrido, blocos } = textosDe(documento);
    // De um bloco de exemplo compara-se o todo: as conversas do protocolo têm linhas parecidas.
    const inteiros = blocos.map((bloco) => palavrasDe(bloco).join(" ")).filter((bloco) => bloco.length >= REPETICAO);
    for (const pedacos of [inteiros, ...corrido.map((texto) => [...trechos(palavrasDe(texto))])]) {
      // Um texto repetido acha-se em cada palavra; diz-se uma vez.
      const achado = pedacos.find((pedaco) => vistos.has(pedaco));
      if (achado !== undefined) achados.push(`em ${vistos.get(achado)} e em ${nome}: ${achado}`);
      for (const pedaco of pedacos) vistos.set(pedaco, nome);
    }
  }
  return achados;
}

Deno.test("nada está escrito em dois lugares dos documentos", PURO, () => {
  const paragrafo = "O livro e as cópias têm nome e CPF de pacientes. Os arquivos são criados para um só usuário " +
    "do sistema (modo 0600); guarde as cópias com o mesmo cuidado.";
  assertEquals(repetidos({ a: `# Um\n\n${paragrafo}`, b: `- Antes disto, **${paragrafo.toUpperCase()}**` }).length, 1);
  assertEquals(repetidos({ a: paragrafo.slice(0, REPETICAO - 10), b: paragrafo.slice(0, REPETICAO - 10) }), []);
  assertEquals(repetidos(DOCUMENTOS), []);
});

testeComSistema("docs/cliente.svg mostra o que o cliente mostra", () => {
  const svg = Deno.readTextFileSync(`${RAIZ}/docs/cliente.svg`);
  const textos = [...svg.matchAll(/<text[^>]*>([^<]+)<\/text>/g)].map(([, texto]) => texto);
  const marcado = {
    ...{ cpf: "52998224725", nome: "MARIA DA SILVA", especialista: "CLINICO GERAL" },
    ...{ data: "30/11/2026", dia: "SEGUNDA-FEIRA", horario: "08:00", codigo: "7F3K9QXM" },
  };
  const titulo = "Agendamento realizado";
  const cartao = cartaoDe(titulo, marcado)
    .flatMap((linha) => linha.split(/ {2,}|[─│╭╮╰╯]/)).map((texto) => texto.trim()).filter((texto) => texto !== "");
  const inicio = textos.indexOf(titulo);
  assertEquals(textos.slice(inicio, inicio + cartao.length), cartao);
  // O resto são palavras do menu e as respostas, que o cartão repete.
  const fonte = ["menu", "marcar", "perguntas"].map((nome) => Deno.readTextFileSync(`${RAIZ}/terminal/${nome}.ts`))
    .join("\n");
  const servidor = `Servidor: localhost:${PORTA_PADRAO}`;
  const estranhos = textos.filter((texto) =>
    texto !== servidor && !cartao.includes(texto) && !fonte.includes(`"${texto}"`)
  );
  assertEquals(estranhos.filter((texto) => texto.length > 1), []);
});

// ------------------------------------------------------------------------------------------------------ os comandos

const VERSAO_DO_DENO = "2.9.6";

/** Os comandos `deno …` e `npx -y deno@… …` dos blocos `sh`, sem comentários nem `> arquivo`, com as continuações juntas. */
function comandos(documento: string): string[] {
  return blocos(documento)
    .filter(({ tipo }) => tipo === "sh")
    .flatMap(({ linhas }) => linhas.join("\n").replaceAll("\\\n", " ").split("\n"))
    .map((linha) => linha.replace(/\s+[#>].*$/, "").replace(/\s+/g, " ").trim())
    .filter((linha) => /^(deno|npx -y deno@)/.test(linha));
}

/** As palavras de um comando, com as aspas duplas juntando. */
function palavras(comando: string): string[] {
  return [...comando.matchAll(/"([^"]*)"|(\S+)/g)].map(([, entreAspas, solta]) => entreAspas ?? solta);
}

/** Roda um comando que inicia o servidor, numa porta livre, até que diga que atende; depois o encerra. */
async function iniciaEEncerra(args: readonly string[], pasta: Pasta): Promise<void> {
  const semPorta = args.filter((arg, i) => arg !== "--porta" && args[i - 1] !== "--porta");
  await using servidor = await Servidor.inicia({ pasta: pasta.caminho, args: semPorta });
  if (Deno.build.os === "windows") return;
  assertEquals((await servidor.encerra("SIGTERM")).code, 0);
}

async function executa(comando: string, servidor: Servidor, pasta: Pasta): Promise<void> {
  const npx = `npx -y deno@${VERSAO_DO_DENO} `;
  if (comando.startsWith("npx")) assert(comando.startsWith(npx), `a versão do Deno não é a ${VERSAO_DO_DENO}`);
  const [, verbo, ...resto] = palavras(comando.replace(npx, "deno "));
  // Uma tarefa, ou os testes, rodados daqui rodariam este teste outra vez; e instalar mudaria o deno.lock.
  if (verbo === "task") {
    assert(Object.hasOwn(configuracao.tasks, resto[0]), `deno.json não tem a tarefa ${resto[0]}`);
    return;
  }
  if (verbo !== "run") {
    const conhecidos = ["install --frozen=false", "test", "test -A"];
    assert(conhecidos.includes([verbo, ...resto].join(" ")), "nenhum teste sabe executar este comando");
    return;
  }
  const [permissoes, script, ...args] = resto;
  assertEquals(permissoes, "-A");
  if (script === "cliente.ts") {
    const chamada = lerChamada(args);
    // As chaves de um terminal têm os seus testes.
    if (chamada.tipo === "menu" || chamada.tipo === "entra" || chamada.tipo === "esquece") return;
    assert(chamada.tipo === "comando", "o cliente não entende este comando");
    const doComando = args.slice(args.findIndex((arg) => NOMES_DE_COMANDO.some((nome) => nome === arg)));
    const { codigo, stderr } = await roda(script, ["127.0.0.1", String(servidor.porta), ...doComando]);
    assertEquals(codigo, 0, stderr);
    return;
  }
  assertEquals(script, "servidor.ts");
  if (["copia", "lista", "certificado", "trilha"].includes(args[0]) || args.includes("--help")) {
    const { codigo, stderr } = await roda(script, args, { cwd: pasta.caminho });
    assertEquals(codigo, 0, stderr);
    return;
  }
  if (args[0] === "chave" || args[0] === "pessoa") return await trataDeQuemEntra(args, pasta);
  if (args[0] === "titular") return await trataDeTitular(args, pasta);
  using outra = new Pasta();
  if (!args.includes("--certificado")) return await iniciaEEncerra(args, outra);
  // O que um comando de antes fez.
  for (const arquivo of ["certificado.pem", "certificado.chave.pem"]) {
    Deno.copyFileSync(pasta.arquivo(arquivo), outra.arquivo(arquivo));
  }
  await iniciaEEncerra([...args, "--tls-porta", "0"], outra);
}

/** Num livro à parte: no do servidor, a primeira chave acabava com o que os outros comandos podem. */
async function trataDeQuemEntra(args: readonly string[], pasta: Pasta): Promise<void> {
  const banco = pasta.arquivo("chaves.db");
  await ArmazemSqlite.abre(banco)[Symbol.asyncDispose]();
  const sim = args[0] === "chave" && args[1] === "cria" ? ["--sim"] : [];
  const { codigo, stderr } = await roda("servidor.ts", [...args, ...sim], {
    cwd: pasta.caminho,
    env: { CLINICA_BANCO: banco },
    entrada: "uma frase que só um teste usa",
  });
  assertEquals(codigo, 0, stderr);
}

/** Num livro à parte, em que está quem o documento diz. */
async function trataDeTitular(args: readonly string[], pasta: Pasta): Promise<void> {
  const banco = pasta.arquivo("titular.db");
  {
    await using armazem = ArmazemSqlite.abre(banco);
    const cpf = args[2].replace(/\D/g, "");
    if (armazem.le(alcance, (vista) => vista.ativosDe(cpf)).length === 0) {
      await grava(armazem, (vista) => [marca(vista, { cpf })]);
    }
  }
  const sim = args[1] === "anonimiza" ? ["--sim"] : [];
  const { codigo, stderr } = await roda("servidor.ts", [...args, ...sim], {
    cwd: pasta.caminho,
    env: { CLINICA_BANCO: banco },
  });
  assertEquals(codigo, 0, stderr);
}

for (const [nome, documento] of Object.entries(DOCUMENTOS).filter(([, documento]) => comandos(documento).length > 0)) {
  testeComSistema(`os comandos de ${nome} funcionam como estão escritos`, async (t) => {
    const segunda = segundaDoTeste();
    using pasta = pastaComUmaSemana(segunda);
    await using servidor = await Servidor.inicia({ pasta: pasta.caminho });
    for (const comando of comandos(comDatasDeAgora(documento, segunda))) {
      await t.step(comando, () => executa(comando, servidor, pasta));
    }
  });
}

Deno.test("o README tem os comandos com que se começa, e o dos testes, que o portão repete", PURO, () => {
  const escritos = comandos(readme);
  const npx = `npx -y deno@${VERSAO_DO_DENO}`;
  for (const comando of ["deno run -A servidor.ts", "deno run -A cliente.ts", "deno task test", `${npx} task test`]) {
    assert(escritos.includes(comando), `falta ${comando}`);
  }
  assertEquals(comandos(readmeEmIngles).filter((comando) => comando === `${npx} task test`).length, 1);
});

testeComSistema("a versão do Deno é a mesma em .ci/run, nos fluxos e nos README", () => {
  for (
    const [arquivo, forma] of [
      [".ci/run", /^readonly VERSAO=(\S+)$/gm],
      [".github/workflows/portao.yml", /deno-version: v(\S+)/g],
      [".github/workflows/lancamento.yml", /deno-version: v(\S+)/g],
      ["README.md", /deno@(\d[\d.]*\d)/g],
      ["docs/en/README.md", /deno@(\d[\d.]*\d)/g],
    ] as const
  ) {
    const versoes = [...Deno.readTextFileSync(`${RAIZ}/${arquivo}`).matchAll(forma)].map(([, versao]) => versao);
    assertEquals([...new Set(versoes)], [VERSAO_DO_DENO], arquivo);
  }
});
