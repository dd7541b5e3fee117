/**
 * Fotografa as páginas, numa segunda-feira de uma clínica de exemplo, para os documentos:
 *
 *     deno task retratos
 *
 * Escreve em `docs/retratos/`. Precisa do Chromium e do faketime, que põe o servidor à hora do exemplo.
 *
 * @module
 */

import { delay } from "@std/async";
import { cpfDeExemplo, Pasta, RAIZ, Servidor } from "../testes/apoio.ts";
import { type ComoSeVe, Navegador, retrata, type Vista } from "../testes/navegador.ts";
import { acontece, AGORA, COMECO, DATA, marca } from "./clinica_de_exemplo.ts";

const ONDE = `${RAIZ}/docs/retratos`;

/** O maior retrato, em bytes: quem abre o README não espera por ele. */
const BYTES = 150_000;

const FUSO = "America/Sao_Paulo";

/** A biblioteca, onde o Debian a põe. */
const FAKETIME = `/usr/lib/${Deno.build.arch}-linux-gnu/faketime/libfaketime.so.1`;

/** Acerta o relógio de quem segue o arquivo. */
function relogio(arquivo: string): (hora: string) => void {
  const [dia, mes, ano] = DATA.split("/");
  return (hora) => {
    const instante = Temporal.PlainDateTime.from(`${ano}-${mes}-${dia}T${hora}`).toZonedDateTime(FUSO);
    const segundos = Math.round((instante.epochMilliseconds - Date.now()) / 1000);
    Deno.writeTextFileSync(`${arquivo}.novo`, `${segundos < 0 ? "" : "+"}${segundos}s\n`);
    Deno.renameSync(`${arquivo}.novo`, arquivo);
  };
}

async function retratos(): Promise<void> {
  using pasta = new Pasta();
  const saoHoras = relogio(pasta.arquivo("relogio"));
  saoHoras(COMECO);
  Deno.copyFileSync(`${RAIZ}/clinica.completa.json`, pasta.arquivo("clinica.json"));
  await using servidor = await Servidor.inicia({
    pasta: pasta.caminho,
    diante: [
      ...["env", `LD_PRELOAD=${FAKETIME}`, `FAKETIME_TIMESTAMP_FILE=${pasta.arquivo("relogio")}`],
      ...["FAKETIME_NO_CACHE=1", "FAKETIME_DONT_FAKE_MONOTONIC=1", "DONT_FAKE_MONOTONIC=1"],
    ],
  });
  const casa = await servidor.paginas();
  const { codigo } = await servidor.registrou(({ evento }) => evento === "primeiro");
  await marca(servidor.porta);
  await using navegador = await Navegador.abre(casa);
  const mesa = await navegador.janela({ largura: 1280, altura: 860 });
  await navegador.vai(mesa, "/painel/entrar");
  const frase = "correto cavalo bateria grampo";
  await preenche(mesa, { codigo: String(codigo), quem: "ana@clinica", nome: "Ana Souza", frase, outra: frase });
  await acontece(servidor.porta, saoHoras);
  saoHoras(AGORA);
  await Deno.mkdir(ONDE, { recursive: true });
  await doPainel(navegador, mesa);
  await daTv(navegador);
  await doPaciente(navegador);
}

async function doPainel(navegador: Navegador, mesa: Vista): Promise<void> {
  for (
    const [nome, caminho] of [
      ["painel", "/painel"],
      ["semana", "/painel/semana"],
      ["espera", "/painel/espera"],
    ]
  ) {
    await navegador.vai(mesa, caminho);
    await guarda(mesa, nome);
  }
  await cria(navegador, mesa, "pessoa", { quem: "bia", nome: "Beatriz Nogueira", papel: "balcao" });
  await cria(navegador, mesa, "pessoa", { quem: "ana.lima", nome: "Dra. Ana Lima", profissional: "DRA. ANA LIMA" });
  await cria(navegador, mesa, "chave", { nome: "Balcão 1", papel: "balcao", primeira: "sim" });
  await navegador.vai(mesa, "/painel/acessos");
  await guarda(mesa, "acessos");
  const escuro = await navegador.aba(mesa, { altura: 860, escuro: true });
  await navegador.vai(escuro, "/painel");
  await guarda(escuro, "painel-escuro");
  const telefone = await navegador.aba(mesa, TELEFONE);
  await navegador.vai(telefone, "/painel");
  await guarda(telefone, "painel-telefone");
}

/** Cria nos acessos uma pessoa ou uma chave. */
async function cria(
  navegador: Navegador,
  mesa: Vista,
  oque: "pessoa" | "chave",
  campos: Readonly<Record<string, string>>,
): Promise<void> {
  const { pagina } = mesa;
  await navegador.vai(mesa, "/painel/acessos");
  const formulario = `form[action="/painel/acessos/${oque}"]`;
  await pagina.click(`details:has(${formulario}) summary`);
  for (const [nome, valor] of Object.entries(campos)) {
    const campo = `${formulario} [name="${nome}"]`;
    const tipo = await pagina.$eval(campo, (um) => um.getAttribute("type") ?? um.tagName);
    if (tipo === "SELECT") await pagina.select(campo, valor);
    else if (tipo === "checkbox") await pagina.click(campo);
    else await pagina.type(campo, valor);
  }
  await Promise.all([pagina.waitForNavigation(), pagina.click(`${formulario} button`)]);
}

async function daTv(navegador: Navegador): Promise<void> {
  const tv = await navegador.janela({ largura: 1280, altura: 720 });
  await navegador.vai(tv, "/tv");
  // Na sala já o ligaram.
  await tv.pagina.click(".som");
  await tv.pagina.waitForSelector(".som", { hidden: true });
  await guarda(tv, "tv");
}

const TELEFONE: ComoSeVe = { largura: 360, altura: 740 };

async function doPaciente(navegador: Navegador): Promise<void> {
  const telefone = await navegador.janela(TELEFONE);
  await navegador.vai(telefone, "/");
  await guarda(telefone, "inicio");
  await navegador.vai(telefone, "/marcar?especialidade=CLINICO+GERAL&profissional=DRA.+ANA+LIMA&data=2026-12-07");
  await ateAo(telefone, "main > :last-child");
  await guarda(telefone, "horas");
  await navegador.vai(
    telefone,
    "/marcar?especialidade=CLINICO+GERAL&profissional=DRA.+ANA+LIMA&data=2026-12-07&hora=09%3A30",
  );
  await preenche(telefone, { cpf: cpfDeExemplo(4321), nome: "Joana Prado", telefone: "(11) 98765-4321" });
  await ateAo(telefone, "main .botoes");
  await guarda(telefone, "cartao");
}

/** O que fica por baixo do que se quer mostrar, em px. */
const MARGEM = 20;

/** Dá à janela a altura que mostra tudo até ao fim de um elemento, e não um pedaço do que vem a seguir. */
async function ateAo({ pagina }: Vista, seletor: string): Promise<void> {
  const fim = await pagina.$eval(seletor, (um) => um.getBoundingClientRect().bottom);
  await pagina.setViewport({ width: TELEFONE.largura ?? 360, height: Math.ceil(fim) + MARGEM });
}

/** Preenche o formulário da página e manda-o. */
async function preenche({ pagina }: Vista, campos: Readonly<Record<string, string>>): Promise<void> {
  for (const [nome, valor] of Object.entries(campos)) await pagina.type(`main [name="${nome}"]`, valor);
  await Promise.all([pagina.waitForNavigation(), pagina.click("main form button:not([name])")]);
}

/** O que se mexe ao abrir uma página já parou, em ms. */
const SOSSEGO = 500;

async function guarda(vista: Vista, nome: string): Promise<void> {
  await delay(SOSSEGO);
  const arquivo = `${ONDE}/${nome}.webp`;
  await retrata(vista, arquivo);
  vista.semQueixas();
  const { size } = await Deno.stat(arquivo);
  if (size > BYTES) throw new Error(`${arquivo} tem ${size} bytes; no máximo ${BYTES}`);
  console.log(`${arquivo.slice(RAIZ.length + 1)}  ${Math.round(size / 1000)} KB`);
}

if (import.meta.main) {
  try {
    Deno.statSync(FAKETIME);
  } catch {
    console.error("retratos: falta o faketime; apt install faketime");
    Deno.exit(1);
  }
  await retratos();
}
