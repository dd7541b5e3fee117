/**
 * O caminho do paciente num Chromium, num telefone de 360 px e só com o teclado: sem JavaScript, e com ele para o axe-core olhar
 * cada estado, nas três línguas.
 *
 * @module
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { cpfDeExemplo, Pasta, Servidor } from "../../testes/apoio.ts";
import {
  acessivel,
  type ComoSeVe,
  Navegador,
  type PaginaAberta,
  testeComNavegador,
  type Vista,
} from "../../testes/navegador.ts";

/** Elementos por que se passa até ao que se procura, no máximo. */
const TABS_MAXIMOS = 60;

/** Vai com Tab até a um elemento. */
async function foca(pagina: PaginaAberta, seletor: string): Promise<void> {
  for (let i = 0; i < TABS_MAXIMOS; i++) {
    await pagina.keyboard.press("Tab");
    if (await pagina.evaluate(`document.activeElement.matches(${JSON.stringify(seletor)})`)) return;
  }
  throw new Error(`o teclado não chega a ${seletor} em ${pagina.url()}`);
}

/** Vai até um elemento e segue-o. */
async function segue(pagina: PaginaAberta, seletor: string): Promise<void> {
  await foca(pagina, seletor);
  await Promise.all([pagina.waitForNavigation(), pagina.keyboard.press("Enter")]);
}

async function escreve(pagina: PaginaAberta, seletor: string, texto: string): Promise<void> {
  await foca(pagina, seletor);
  await pagina.keyboard.type(texto);
}

/** O que está em foco. */
async function emFoco(pagina: PaginaAberta): Promise<unknown> {
  return await pagina.evaluate("document.activeElement.id");
}

/** Do princípio ao fim, e `ve` olha cada estado. */
async function percorre(
  navegador: Navegador,
  vista: Vista,
  cpf: string,
  ve: (vista: Vista) => Promise<void>,
): Promise<void> {
  const { pagina } = vista;
  const vai = async (seletor: string): Promise<void> => {
    await segue(pagina, seletor);
    await ve(vista);
  };
  await navegador.vai(vista, "/");
  await ve(vista);
  await vai('main a[href="/marcar"]');
  await vai("main .caminho");
  await vai("main .caminho");
  await vai("main .horas a");
  await escreve(pagina, "#cpf", "111.111.111-11");
  await vai("main .botao");
  assertEquals(await emFoco(pagina), "cpf");
  await pagina.keyboard.down("Control");
  await pagina.keyboard.press("a");
  await pagina.keyboard.up("Control");
  await pagina.keyboard.type(cpf);
  await escreve(pagina, "#nome", "Maria da Conceição");
  await vai("main .botao");
  assertEquals(new URL(pagina.url()).pathname, "/agendamento");
  await vai('form[action="/agendamento/confirmar"] button');
  await vai('a[href^="/agendamento/mudar"]');
  await vai("main .caminho");
  await vai("main .horas a");
  await vai("main form .botao");
  await vai('a[href^="/marcar/espera"]');
  await pagina.goBack();
  await vai('a[href^="/agendamento/cancelar"]');
  await vai("main form .botao");
  assertEquals(await pagina.$eval("main .recado", (um) => um.textContent?.length !== 0), true);
  await vai('main a[href="/agendamento"]');
  await escreve(pagina, "#cpf", cpf);
  await escreve(pagina, "#codigo", "AAAA-AAAA");
  await vai("main form .botao");
  assertEquals(await emFoco(pagina), "codigo");
  vista.semQueixas();
}

async function cabe({ pagina }: Vista): Promise<void> {
  assert(await pagina.evaluate("document.documentElement.scrollWidth <= innerWidth"), `não cabe: ${pagina.url()}`);
}

const TELEFONE: ComoSeVe = { largura: 360, altura: 740 };

testeComNavegador("paciente: o caminho inteiro sem scripts, só com o teclado, a 360 px", async () => {
  using pasta = new Pasta();
  await using servidor = await Servidor.inicia({ pasta: pasta.caminho });
  await using navegador = await Navegador.abre(await servidor.paginas());
  const vista = await navegador.janela({ ...TELEFONE, semScript: true });
  await percorre(navegador, vista, cpfDeExemplo(1), cabe);
});

testeComNavegador("paciente: nas três línguas, e o axe-core não acha nada em estado nenhum", async () => {
  using pasta = new Pasta();
  await using servidor = await Servidor.inicia({ pasta: pasta.caminho });
  await using navegador = await Navegador.abre(await servidor.paginas());
  for (const [i, lingua] of ["pt-BR", "en", "es"].entries()) {
    const vista = await navegador.janela({ ...TELEFONE, lingua, escuro: lingua === "en" });
    await percorre(navegador, vista, cpfDeExemplo(10 + i), async (vista) => {
      await cabe(vista);
      // Noutra língua e com as mesmas cores não há nada que ele veja de novo.
      if (lingua !== "es") await acessivel(vista);
    });
  }
});

testeComNavegador(
  "paciente: um nome comprido não sai do cartão, nem parte o que ele é; e a 200 % tudo cabe",
  async () => {
    using pasta = new Pasta();
    const especialidade = "Otorrinolaringologia e Cirurgia Cervicofacial";
    const atendimentos = [{ especialidade, dia: "SEGUNDA-FEIRA", inicio: "08:00", vagas: 1, minutos: 30 }];
    Deno.writeTextFileSync(pasta.arquivo("clinica.json"), JSON.stringify({ atendimentos }));
    await using servidor = await Servidor.inicia({ pasta: pasta.caminho });
    await using navegador = await Navegador.abre(await servidor.paginas());
    const vista = await navegador.janela(TELEFONE);
    await navegador.vai(vista, `/marcar/espera?especialidade=${encodeURIComponent(especialidade)}`);
    const cabem = await vista.pagina.$$eval(".dados dt, .dados dd", (todos) =>
      todos.map((um) => {
        const [dele, dentro] = [um.getBoundingClientRect(), um.ownerDocument.createRange()];
        dentro.selectNodeContents(um);
        const linhas = new Set([...dentro.getClientRects()].map(({ top }) => top)).size;
        const cartao = um.closest(".escolhido")?.getBoundingClientRect().right ?? 0;
        return um.scrollWidth <= um.clientWidth && dele.right <= cartao && (um.tagName === "DD" || linhas === 1);
      }));
    assertEquals(cabem, [true, true]);
    // A 200 %, a largura é metade.
    await vista.pagina.setViewport({ width: 180, height: 370 });
    for (const caminho of ["/", "/marcar", `/marcar/espera?especialidade=${encodeURIComponent(especialidade)}`]) {
      await navegador.vai(vista, caminho);
      await cabe(vista);
    }
    vista.semQueixas();
  },
);

testeComNavegador("paciente: o QR preenche o formulário, não o manda, e não fica no endereço", async () => {
  using pasta = new Pasta();
  await using servidor = await Servidor.inicia({ pasta: pasta.caminho });
  await using navegador = await Navegador.abre(await servidor.paginas());
  const vista = await navegador.janela(TELEFONE);
  const cpf = cpfDeExemplo(3);
  await navegador.vai(vista, `/agendamento#${cpf}.AB12CD34`);
  assertMatch(vista.pagina.url(), /\/agendamento$/);
  const campos = await vista.pagina.$$eval("main input", (todos) => todos.map(({ value }) => value));
  assertEquals(campos, [cpf, "AB12CD34"]);
  vista.semQueixas();
});
