/**
 * A tela da sala de espera num servidor e num navegador de verdade: o que mostra, o que nunca mostra, e o que aguenta.
 *
 * @module
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { DIAS_DA_SEMANA } from "../../clinica/oferta.ts";
import { ate, cpfDeExemplo, Fio, Pasta, Servidor, testeComSistema } from "../../testes/apoio.ts";
import { acessivel, Navegador, testeComNavegador, type Vista } from "../../testes/navegador.ts";

const FUSO = "America/Sao_Paulo";

/** O que em lado nenhum da tela pode estar, e um instante, que tem tantos algarismos como um CPF. */
const NUNCA = /MARIA|SOUZA|DERMATO|\d{11}|\d{3}\.\d{3}\.\d{3}/i;
const INSTANTE = /"(agora|em)":\d{13}|data-(agora|em)="\d{13}"/g;

function nadaDeNinguem(texto: string): void {
  assert(!NUNCA.test(texto.replace(INSTANTE, "")), texto);
}

const ATENDIMENTOS = DIAS_DA_SEMANA.map((dia) => ({
  ...{ especialidade: "Dermatologista", dia, inicio: "00:00", vagas: 48, minutos: 30, local: "Sala 1", encaixes: 100 },
}));

/** Uma clínica e o balcão dela. */
class Sala implements AsyncDisposable {
  #pilha = new AsyncDisposableStack();
  readonly pasta: Pasta = this.#pilha.use(new Pasta());
  servidor!: Servidor;
  #fio!: Fio;
  #quantos = 0;

  static async abre(config: object = {}): Promise<Sala> {
    const sala = new Sala();
    Deno.writeTextFileSync(
      sala.pasta.arquivo("clinica.json"),
      JSON.stringify({ nome: "Boa Vista", atendimentos: ATENDIMENTOS, ...config }),
    );
    await sala.inicia();
    return sala;
  }

  async inicia(args: string[] = []): Promise<void> {
    this.servidor = this.#pilha.use(await Servidor.inicia({ pasta: this.pasta.caminho, args }));
    this.#fio = this.#pilha.use(await Fio.saudado(this.servidor.porta));
    await this.pede("OLA", "CLINICA/2");
  }

  async pede(...pedido: unknown[]): Promise<unknown[]> {
    await this.#fio.manda(`${JSON.stringify(pedido)}\n`);
    return JSON.parse(await this.#fio.linha() ?? "[]");
  }

  /** Alguém que chegou; diz o CPF. */
  async chega(nome = "Maria de Souza"): Promise<string> {
    const cpf = cpfDeExemplo(this.#quantos++);
    const hoje = Temporal.Now.plainDateISO(FUSO);
    const data = [hoje.day, hoje.month, hoje.year].map((n) => String(n).padStart(2, "0")).join("/");
    const dia = DIAS_DA_SEMANA[hoje.dayOfWeek - 1];
    const [marcou] = await this.pede("AGEND", cpf, nome, "Dermatologista", data, dia, "23:59", { encaixe: true });
    assertEquals(marcou, "OK-300");
    await this.situa(cpf, "CHEGOU");
    return cpf;
  }

  async situa(cpf: string, situacao: string, opcoes: object = {}): Promise<void> {
    const resposta = await this.pede("SITUA", cpf, "Dermatologista", situacao, opcoes);
    assertEquals(resposta[0], "OK-306", JSON.stringify(resposta));
  }

  async chama(cpf: string, local = ""): Promise<void> {
    await this.situa(cpf, "CHAMADO", local === "" ? {} : { local });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pilha[Symbol.asyncDispose]();
  }
}

/** O que a tela diz: a de agora, e as de antes. */
async function le({ pagina }: Vista): Promise<string[]> {
  return await pagina.$$eval(
    ".agora .chamada:not([hidden]), .antes:not([hidden]) li",
    (todas) => todas.map((uma) => [".quem", ".local"].map((qual) => uma.querySelector(qual)?.textContent).join(", ")),
  );
}

async function mostra(vista: Vista, esperadas: readonly string[]): Promise<void> {
  let vistas: string[] = [];
  await ate(async () => JSON.stringify(vistas = await le(vista)) === JSON.stringify(esperadas)).catch(() => {});
  assertEquals(vistas, esperadas);
}

testeComNavegador("tv: as cinco últimas, por ordem, no instante em que se chamam; e nunca um nome", async () => {
  await using sala = await Sala.abre();
  await using navegador = await Navegador.abre(await sala.servidor.paginas());
  const janela = await navegador.janela({ largura: 1280, altura: 720 });
  await navegador.vai(janela, "/tv");
  await mostra(janela, []);
  await acessivel(janela);
  const cpfs: string[] = [];
  for (let n = 0; n < 6; n++) cpfs.push(await sala.chega());
  for (const cpf of cpfs) await sala.chama(cpf);
  await mostra(janela, ["A006, Sala 1", "A005, Sala 1", "A004, Sala 1", "A003, Sala 1", "A002, Sala 1"]);
  await sala.chama(cpfs[2], "Consultório 9");
  await mostra(janela, ["A003, Consultório 9", "A006, Sala 1", "A005, Sala 1", "A004, Sala 1", "A002, Sala 1"]);
  await sala.situa(cpfs[2], "DESFAZ");
  await sala.situa(cpfs[2], "ATENDIDO");
  await mostra(janela, ["A006, Sala 1", "A005, Sala 1", "A004, Sala 1", "A003, Sala 1", "A002, Sala 1"]);
  nadaDeNinguem(await janela.pagina.content());
  for (const [largura, altura, escuro] of [[1920, 1080, true], [1280, 720, false], [360, 740, true]] as const) {
    const outra = await navegador.janela({ largura, altura, escuro });
    await navegador.vai(outra, "/tv");
    await mostra(outra, ["A006, Sala 1", "A005, Sala 1", "A004, Sala 1", "A003, Sala 1", "A002, Sala 1"]);
    assertEquals(await outra.pagina.evaluate("document.documentElement.scrollWidth <= innerWidth"), true);
    await acessivel(outra);
    outra.semQueixas();
  }
  janela.semQueixas();
});

testeComNavegador("tv: com iniciais, e outra coisa quando a configuração muda", async () => {
  await using sala = await Sala.abre({ tv: { mostra: "iniciais" } });
  await using navegador = await Navegador.abre(await sala.servidor.paginas());
  const janela = await navegador.janela({ semScript: true });
  await sala.chama(await sala.chega("Maria de Souza"));
  await navegador.vai(janela, "/tv");
  assertEquals(await le(janela), ["M. D. S., Sala 1"]);
  nadaDeNinguem(await janela.pagina.content());
  const comScript = await navegador.janela();
  await navegador.vai(comScript, "/tv");
  await mostra(comScript, ["M. D. S., Sala 1"]);
  await Deno.writeTextFile(
    sala.pasta.arquivo("clinica.json"),
    JSON.stringify({ nome: "Boa Vista", atendimentos: ATENDIMENTOS, tv: { mostra: "senha" } }),
  );
  await mostra(comScript, ["A001, Sala 1"]);
});

testeComNavegador(
  "tv: sobrevive a um reinício do servidor, e depois dele mostra o que se chamou entretanto",
  async () => {
    await using sala = await Sala.abre();
    const casa = await sala.servidor.paginas();
    await using navegador = await Navegador.abre(casa);
    const janela = await navegador.janela();
    await navegador.vai(janela, "/tv");
    await sala.chama(await sala.chega());
    await mostra(janela, ["A001, Sala 1"]);
    await sala.servidor.encerra("SIGKILL");
    await sala.inicia(["--web", new URL(casa).port]);
    await sala.chama(await sala.chega());
    await mostra(janela, ["A002, Sala 1", "A001, Sala 1"]);
    assertEquals(janela.queixas.filter((queixa) => !queixa.includes("ERR_")), []);
  },
);

testeComNavegador(
  "tv: nomes e salas compridos leem-se inteiros, e o aviso de que se perdeu a ligação não os tapa",
  async () => {
    await using sala = await Sala.abre({ tv: { mostra: "iniciais" } });
    await using navegador = await Navegador.abre(await sala.servidor.paginas());
    const janela = await navegador.janela({ largura: 1280, altura: 720 });
    await navegador.vai(janela, "/tv");
    for (let n = 0; n < 5; n++) {
      const cpf = await sala.chega("Maria das Graças de Souza Albuquerque Lima");
      await sala.chama(cpf, "Consultório de Otorrinolaringologia, Bloco B, 2º andar");
    }
    await ate(async () => (await le(janela)).length === 5);
    const cabe = (): Promise<unknown> =>
      janela.pagina.evaluate(`(() => {
      const fim = document.querySelector(".ligacao:not([hidden])")?.getBoundingClientRect().top ?? innerHeight;
      return [...document.querySelectorAll(".agora, .antes li")].every((caixa) => {
        const fora = caixa.getBoundingClientRect();
        return fora.bottom <= fim && [...caixa.querySelectorAll(".quem, .local")].every((parte) => {
          const { top, bottom, left, right } = parte.getBoundingClientRect();
          return parte.scrollWidth <= parte.clientWidth + 1 && top >= fora.top && bottom <= fora.bottom &&
            left >= fora.left && right <= fora.right;
        });
      });
    })()`);
    assertEquals(await cabe(), true);
    await sala.servidor.encerra("SIGKILL");
    await janela.pagina.waitForSelector(".ligacao:not([hidden])");
    assertEquals(await cabe(), true);
  },
);

testeComNavegador("tv: com o som ligado toca e diz, em português, a senha e a sala; e lembra-se", async () => {
  await using sala = await Sala.abre();
  await using navegador = await Navegador.abre(await sala.servidor.paginas());
  const janela = await navegador.janela();
  // A máquina não tem vozes nem quem as ouça: guarda-se o que se diria.
  await janela.pagina.evaluateOnNewDocument(`
    globalThis.ditas = [];
    Object.defineProperty(globalThis, "speechSynthesis", { value: {
      getVoices: () => [], cancel() {}, speak(dita) { ditas.push(dita.lang + ": " + dita.text); dita.onend?.(); },
    } });`);
  await navegador.vai(janela, "/tv");
  const cpf = await sala.chega();
  await sala.chama(cpf);
  await mostra(janela, ["A001, Sala 1"]);
  assertEquals(await janela.pagina.evaluate("ditas"), []);
  await janela.pagina.click(".som");
  await janela.pagina.waitForSelector(".som", { hidden: true });
  await sala.chama(cpf, "Sala 2");
  await ate(async () =>
    (await janela.pagina.evaluate<[], () => number>(() => Reflect.get(globalThis, "ditas").length)) > 0
  );
  assertEquals(await janela.pagina.evaluate("ditas"), ["pt-BR: A 1. Sala 2."]);
  assertEquals(await janela.pagina.evaluate("localStorage.getItem('tv.som')"), "sim");
  janela.semQueixas();
});

testeComNavegador("tv: à meia-noite as de ontem saem da tela", async () => {
  await using sala = await Sala.abre();
  await using navegador = await Navegador.abre(await sala.servidor.paginas());
  const janela = await navegador.janela();
  await sala.chama(await sala.chega());
  await navegador.vai(janela, "/tv");
  await mostra(janela, ["A001, Sala 1"]);
  await janela.pagina.evaluate("{ const agora = Date.now; Date.now = () => agora() + 24 * 3600_000; }");
  await mostra(janela, []);
});

testeComSistema("tv: só da rede da clínica e por um nome dela; e o que vai no fluxo não diz de quem é", async () => {
  await using sala = await Sala.abre();
  const { port } = new URL(await sala.servidor.paginas());
  await sala.chama(await sala.chega());
  const estado = async (host: string): Promise<string> => {
    using fio = await Fio.conecta(Number(port));
    await fio.manda(`GET /tv HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
    return await fio.linha() ?? "";
  };
  for (const host of [`localhost:${port}`, "127.0.0.1", "[::1]:80", "clinica", "clinica.local"]) {
    assertMatch(await estado(host), /^HTTP\/1.1 200/, host);
  }
  for (const host of ["mal.exemplo", "10.0.0.7.mal.exemplo", "local.mal"]) {
    assertMatch(await estado(host), /^HTTP\/1.1 403/, host);
  }
  using fio = await Fio.conecta(Number(port));
  await fio.manda("GET /tv/fluxo HTTP/1.1\r\nHost: localhost\r\n\r\n");
  let linha = "";
  while (!linha.startsWith("data: {")) {
    linha = await fio.linha() ?? "o fluxo acabou";
    nadaDeNinguem(linha);
    assert(linha !== "o fluxo acabou");
  }
  assertMatch(linha, /"quem":"A001","local":"Sala 1"/);
});
