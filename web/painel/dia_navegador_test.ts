/**
 * O dia do balcão num navegador de verdade: só com o teclado, a arrastar, sem script, dois balcões e um terminal ao mesmo tempo,
 * e a ligação que se perde.
 *
 * @module
 */

import { assertEquals, assertMatch } from "@std/assert";
import { ate, cpfDeExemplo } from "../../testes/apoio.ts";
import { as, ClinicaDeTeste, HOJE, quem, QUEM_ENTROU } from "../../testes/dia.ts";
import { acessivel, type ComoSeVe, Navegador, testeComNavegador, type Vista } from "../../testes/navegador.ts";

/** Registra um teste sobre uma clínica com três marcados, às dez e meia. */
function teste(nome: string, fn: (clinica: ClinicaDeTeste, navegador: Navegador) => Promise<void>): void {
  testeComNavegador(`dia no navegador: ${nome}`, async () => {
    await using clinica = await ClinicaDeTeste.abre({ agora: as("09:00"), entra: "balcao Balcão 1" });
    await clinica.marca(1, "11:00", { nome: "MARIA DA SILVA" });
    await clinica.marca(2, "11:30", { nome: `JOÃO "<B>" PEREIRA` });
    await clinica.marca(3, "11:20", { nome: "BIA", profissional: "Dr. Bruno Sá" });
    clinica.agora = as("10:30");
    const casa = clinica.serve();
    await using navegador = await Navegador.abre(casa);
    await fn(clinica, navegador);
    assertEquals(clinica.falhas, []);
  });
}

async function abre(navegador: Navegador, como: ComoSeVe = {}, nome?: string): Promise<Vista> {
  const vista = await navegador.janela(como);
  if (nome !== undefined) {
    await vista.pagina.setExtraHTTPHeaders({ [QUEM_ENTROU]: encodeURIComponent(nome), "accept-language": "pt" });
  }
  await navegador.vai(vista, `/painel?data=${HOJE}`);
  return vista;
}

function texto({ pagina }: Vista, seletor: string): Promise<string> {
  return pagina.$eval(seletor, (um) => (um.textContent ?? "").replace(/\s+/g, " ").trim()).catch(() => "");
}

function diz(vista: Vista, seletor: string, oque: RegExp): Promise<void> {
  return ate(async () => oque.test(await texto(vista, seletor)));
}

async function aperta({ pagina }: Vista, ...teclas: string[]): Promise<void> {
  for (const tecla of teclas) await pagina.keyboard.press(tecla as "Enter");
}

function foco({ pagina }: Vista): Promise<string> {
  return pagina.evaluate(
    "document.activeElement.id || document.activeElement.getAttribute('data-para') || document.activeElement.tagName",
  ) as Promise<string>;
}

teste("só com o teclado: escolhe, chega, chama, atende, desfaz, cancela, muda e marca", async (clinica, navegador) => {
  const vista = await abre(navegador);
  await vista.pagina.focus("#n1");
  await aperta(vista, "ArrowDown");
  assertEquals(await foco(vista), "n2");
  await aperta(vista, "ArrowRight");
  assertMatch(await foco(vista), /^(n3|11:\d\d DR)/);
  await vista.pagina.focus("#n1");
  for (
    const [tecla, dito] of [["c", "A001: MARIA DA SILVA chegou"], ["h", "Chamando A001"], [
      "a",
      "atendimento concluído",
    ], ["d", "Desfeito"]]
  ) {
    await aperta(vista, tecla);
    await diz(vista, "#recado", new RegExp(dito));
    assertEquals(await foco(vista), "n1", "o foco não se perde");
  }
  // Cancelar pergunta o motivo, e o foco está onde se escreve.
  await vista.pagina.focus("#n2");
  await aperta(vista, "x");
  await diz(vista, "#escolhido", /Cancelar o agendamento de JOÃO/);
  await ate(async () => (await foco(vista)).includes("motivo"));
  await vista.pagina.keyboard.type("viajou");
  await aperta(vista, "Enter");
  await diz(vista, "#recado", /11:30: cancelado/);
  await diz(vista, "#riscados", /cancelado viajou/);
  // Continua-se da hora que ficou livre, e ninguém mais parece escolhido.
  await aperta(vista, "Escape");
  assertEquals(await foco(vista), "11:30 DRA. ANA LIMA");
  assertEquals(await vista.pagina.$$eval(".escolhido", (uns) => uns.length), 1);
  // Pegar, levar com as setas, largar.
  await vista.pagina.focus("#n3");
  await aperta(vista, "m");
  await diz(vista, "#recado", /BIA: escolha com as setas/);
  await aperta(vista, "ArrowDown", "Enter");
  await diz(vista, "#recado", /BIA, de 11:20 para 11:40 Mudar de volta/);
  assertEquals((await clinica.lista()).find(({ numero }) => numero === 3)?.hora, "11:40");
  // Marcar na hora que ficou livre.
  await vista.pagina.focus('[data-para="11:30 DRA. ANA LIMA"]');
  await aperta(vista, "Enter");
  await diz(vista, "#escolhido", /Marcar às 11:30/);
  await ate(async () => await foco(vista) === "marcar-cpf");
  await vista.pagina.keyboard.type("123");
  await aperta(vista, "Tab");
  await vista.pagina.keyboard.type("ana souza");
  await aperta(vista, "Enter");
  await diz(vista, "#escolhido", /O CPF não é válido/);
  // O que está errado está escolhido: escreve-se por cima.
  await vista.pagina.keyboard.type(cpfDeExemplo(9));
  await aperta(vista, "Enter");
  await diz(vista, "#recado", /ANA SOUZA, 11:30: marcado/);
  await acessivel(vista);
  vista.semQueixas();
});

teste("remarca-se só com o teclado, na página em que se escolhe a hora nova", async (clinica, navegador) => {
  const vista = await abre(navegador);
  const { pagina } = vista;
  await pagina.focus("#n3");
  await Promise.all([pagina.waitForNavigation(), aperta(vista, "r")]);
  await diz(vista, "main", /Mudar BIA/);
  assertEquals(await foco(vista), "n3", "começa-se de onde está");
  const aqui = async (): Promise<unknown> => await pagina.evaluate("document.activeElement.value");
  await pagina.focus('button[value="10:40 DR. BRUNO SA"]');
  const horas: unknown[] = [];
  for (let n = 0; n < 2; n++) {
    await aperta(vista, "ArrowDown");
    horas.push(await aqui());
  }
  assertEquals(horas, ["11:00 DR. BRUNO SA", undefined], "as setas seguem de onde se está, e passam por quem se muda");
  await aperta(vista, "ArrowDown");
  assertEquals(await aqui(), "11:40 DR. BRUNO SA");
  await clinica.situa((await clinica.lista())[0], "CHEGOU");
  await diz(vista, "#n1", /chegou/);
  assertEquals(await aqui(), "11:40 DR. BRUNO SA", "o que outro balcão faz não tira o foco donde está");
  await Promise.all([pagina.waitForNavigation(), aperta(vista, "Enter")]);
  await diz(vista, "#recado", /BIA.*11:40/);
  assertEquals((await clinica.lista()).find(({ numero }) => numero === 3)?.hora, "11:40");
  vista.semQueixas();
});

teste("arrasta-se para mudar, e muda-se de volta", async (clinica, navegador) => {
  const vista = await abre(navegador, { altura: 1400 });
  const { pagina } = vista;
  const meio = async (seletor: string): Promise<{ x: number; y: number }> =>
    await pagina.$eval(seletor, (um) => {
      const { x, y, width, height } = um.getBoundingClientRect();
      return { x: x + width / 2, y: y + height / 2 };
    });
  const [de, para] = [await meio("#n3"), await meio('[data-para="11:00 DR. BRUNO SA"]')];
  await pagina.mouse.move(de.x, de.y);
  await pagina.mouse.down();
  await pagina.mouse.move((de.x + para.x) / 2, (de.y + para.y) / 2, { steps: 5 });
  await pagina.mouse.move(para.x, para.y, { steps: 5 });
  await pagina.mouse.up();
  await diz(vista, "#recado", /BIA, de 11:20 para 11:00/);
  await pagina.click("#recado button");
  await diz(vista, "#recado", /BIA, de 11:00 para 11:20/);
  assertEquals((await clinica.lista()).find(({ numero }) => numero === 3)?.hora, "11:20");
  vista.semQueixas();
});

teste(
  "dois balcões e um terminal: cada um vê o que os outros fazem, e nada do que se escreve se perde",
  async (clinica, navegador) => {
    const [um, outro] = [await abre(navegador, {}, "balcao Balcão 1"), await abre(navegador, {}, "balcao Balcão 2")];
    // O segundo está a corrigir quando o primeiro, e depois um terminal, mudam o mesmo agendamento.
    await outro.pagina.focus("#n1");
    await aperta(outro, "Enter");
    await diz(outro, "#escolhido", /MARIA DA SILVA/);
    await outro.pagina.click("#escolhido details.corrigir summary");
    await outro.pagina.type("#CORRIGE-1-nota", "traz exames");
    await um.pagina.focus("#n1");
    await aperta(um, "c");
    await diz(um, "#n1", /chegou A001/);
    await diz(outro, "#n1", /chegou A001/);
    await diz(outro, "#escolhido", /Balcão 1 mudou este agendamento: agora é chegou/);
    assertEquals(
      await outro.pagina.$eval("#CORRIGE-1-nota", (campo) => (campo as { value?: string }).value ?? ""),
      "traz exames",
    );
    assertEquals(await foco(outro), "CORRIGE-1-nota");
    const aVista: unknown = await outro.pagina.evaluate(`
      const [aviso, lado] = [".mudou", ".lado"].map((um) => document.querySelector(um).getBoundingClientRect());
      aviso.top >= lado.top && aviso.bottom <= lado.bottom
    `);
    assertEquals(aVista, true, "quem já desceu no formulário vê o aviso");
    await aperta(outro, "Enter");
    await diz(outro, "#recado", /Nada foi feito, Balcão 1 mudou antes: MARIA DA SILVA está como chegou/);
    assertEquals(
      await outro.pagina.$eval("#CORRIGE-1-nota", (campo) => (campo as { value?: string }).value ?? ""),
      "traz exames",
    );
    const [maria] = await clinica.lista();
    await clinica.pede(
      { comando: "SITUA", cpf: maria.cpf, especialista: "CLINICO GERAL", situacao: "CHAMADO" },
      quem("balcao", "Terminal"),
    );
    for (const vista of [um, outro]) {
      await diz(vista, "#n1", /chamado A001/);
      await diz(vista, "#chamada", /MARIA DA SILVA chamado/);
      vista.semQueixas();
    }
  },
);

teste("sem script, cada um é um botão de um formulário", async (clinica, navegador) => {
  const vista = await abre(navegador, { semScript: true });
  const { pagina } = vista;
  const vai = async (seletor: string): Promise<void> => {
    await Promise.all([pagina.waitForNavigation(), pagina.click(seletor)]);
  };
  await vai("#n1");
  await vai('button[value="CHEGOU"]');
  assertMatch(await texto(vista, "#recado"), /A001: MARIA DA SILVA chegou/);
  await vai("#chamada .ato button");
  assertMatch(await texto(vista, "#recado"), /Chamando A001: MARIA DA SILVA, Sala 1/);
  await vai("#n3");
  await vai('[data-tecla="R"]');
  assertMatch(await texto(vista, "main"), /Mudar BIA/);
  await vai('button[value="11:40 DR. BRUNO SA"]');
  assertEquals((await clinica.lista()).find(({ numero }) => numero === 3)?.hora, "11:40");
  vista.semQueixas();
});

teste(
  "à largura de um telefone e de uma mesa, no claro e no escuro, tudo se lê e nada sai da página",
  async (clinica, navegador) => {
    const [maria] = await clinica.lista();
    await clinica.situa(maria, "CHEGOU");
    await clinica.pede({ comando: "FECHA", data: HOJE, inicio: 690, fim: 720 });
    for (const [largura, escuro] of [[360, false], [1280, true], [360, true], [1280, false]] as const) {
      const vista = await abre(navegador, { largura, escuro });
      for (const caminho of ["", `&muda=3&de=${HOJE}`]) {
        await navegador.vai(vista, `/painel?data=${HOJE}${caminho}`);
        await acessivel(vista);
        assertEquals(
          await vista.pagina.evaluate("document.documentElement.scrollWidth <= innerWidth"),
          true,
          `${largura} ${caminho}`,
        );
      }
      await navegador.vai(vista, `/painel?data=${HOJE}`);
      await vista.pagina.focus("#n3");
      await aperta(vista, "Enter");
      await diz(vista, "#escolhido", /BIA/);
      await acessivel(vista);
      for (const caminho of [`/painel/agendamento/3?data=${HOJE}`, `/painel/imprimir?data=${HOJE}`]) {
        await navegador.vai(vista, caminho);
        await acessivel(vista);
      }
      vista.semQueixas();
    }
  },
);

/** Um fio entre o navegador e as páginas, que se corta e se emenda. */
class Ponte implements Disposable {
  readonly #porta: number;
  #ouvinte: Deno.TcpListener;
  #conexoes = new Set<Deno.TcpConn>();

  constructor(porta: number) {
    this.#porta = porta;
    this.#ouvinte = this.#liga(0);
  }

  get endereco(): string {
    return `http://127.0.0.1:${this.#ouvinte.addr.port}`;
  }

  #liga(porta: number): Deno.TcpListener {
    const ouvinte = Deno.listen({ hostname: "127.0.0.1", port: porta });
    (async () => {
      for await (const de of ouvinte) this.#passa(de);
    })().catch(() => {});
    return ouvinte;
  }

  async #passa(de: Deno.TcpConn): Promise<void> {
    const para = await Deno.connect({ hostname: "127.0.0.1", port: this.#porta });
    this.#conexoes.add(de).add(para);
    await Promise.allSettled([de.readable.pipeTo(para.writable), para.readable.pipeTo(de.writable)]);
    this.#conexoes.delete(de);
    this.#conexoes.delete(para);
  }

  corta(): void {
    this.#ouvinte.close();
    for (const uma of this.#conexoes) {
      try {
        uma.close();
      } catch {
        // O outro lado já a fechou.
      }
    }
  }

  emenda(): void {
    const { port } = this.#ouvinte.addr;
    this.#ouvinte = this.#liga(port);
  }

  [Symbol.dispose](): void {
    this.corta();
  }
}

testeComNavegador(
  "dia no navegador: a ligação que se perde diz-se e repara-se, e o que mudou entretanto chega",
  async () => {
    await using clinica = await ClinicaDeTeste.abre({ agora: as("09:00"), entra: "balcao Balcão 1" });
    const um = await clinica.marca(1, "11:00", { nome: "MARIA DA SILVA" });
    using ponte = new Ponte(Number(new URL(clinica.serve()).port));
    await using navegador = await Navegador.abre(ponte.endereco);
    const vista = await abre(navegador);
    await diz(vista, "#n1", /marcado/);
    ponte.corta();
    await diz(vista, "#ligacao", /Sem ligação ao servidor/);
    await vista.pagina.focus("#n1");
    await aperta(vista, "c");
    await diz(vista, "#recado", /Não se sabe se foi feito/);
    await clinica.situa(um, "CHEGOU");
    ponte.emenda();
    await diz(vista, "#n1", /chegou A001/);
    await diz(vista, "#recado", /O servidor voltou/);
    assertEquals(await texto(vista, "#ligacao"), "");
  },
);

teste("a sessão que acaba a meio diz-se, e o que se escreveu fica", async (_, navegador) => {
  const vista = await abre(navegador);
  await vista.pagina.focus("#n1");
  await aperta(vista, "Enter");
  await diz(vista, "#escolhido", /MARIA DA SILVA/);
  await vista.pagina.click("#escolhido details.corrigir summary");
  await vista.pagina.type("#CORRIGE-1-nota", "traz exames");
  await vista.pagina.setExtraHTTPHeaders({ [QUEM_ENTROU]: "ninguem" });
  await aperta(vista, "Enter");
  await diz(vista, "#recado", /A sua sessão acabou.*Entrar/);
  assertEquals(
    await vista.pagina.$eval("#CORRIGE-1-nota", (campo) => (campo as { value?: string }).value ?? ""),
    "traz exames",
  );
});
