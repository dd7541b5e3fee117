/**
 * A porta do painel por HTTP, sem rede: quem entra, com que recusa fica de fora, o que uma sessão abre e quando deixa de abrir, e
 * o que acontece ao que se escreveu quando ela acaba.
 *
 * @module
 */

import { assert, assertEquals, assertMatch, assertNotEquals, assertStringIncludes } from "@std/assert";
import { FRASE, NavegadorDeTeste, PainelDeTeste } from "../../testes/painel.ts";
import { testeComSistema } from "../../testes/apoio.ts";
import { novoSegredoDoTotp, resumoDoCodigo } from "../../acesso/segundo_fator.ts";
import { SESSAO_MAXIMA, SESSAO_PARADA } from "../../acesso/sessoes.ts";
import { ErroDoArmazem } from "../../clinica/livro.ts";
import { quemChega } from "./papeis.ts";

const MINUTO = 60_000;
/** O que as sessões lembram de uma ficha já não serve. */
const ESQUECIDO = 1000;

function teste(nome: string, fn: (painel: PainelDeTeste, navegador: NavegadorDeTeste) => Promise<void>): void {
  testeComSistema(`a porta do painel: ${nome}`, async () => {
    using painel = await PainelDeTeste.abre();
    await fn(painel, new NavegadorDeTeste(painel));
  });
}

/** O código de um pedido, e para onde manda. */
async function pede(
  navegador: NavegadorDeTeste,
  ...[caminho, mais]: Parameters<NavegadorDeTeste["pede"]>
): Promise<string> {
  const { status, headers } = await navegador.pede(caminho, mais);
  return [status, headers.get("location")].filter((um) => um !== null).join(" ");
}

teste("entra-se, com um cookie que nenhum script lê, e sai-se, no livro e no navegador", async (painel, navegador) => {
  assertEquals(await pede(navegador, "/painel"), "303 /painel/entrar");
  assertEquals(await navegador.entra("ana"), "/painel");
  assertMatch(navegador.postos[0], /^painel=1\.[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax$/);
  const resposta = await navegador.pede("/painel");
  assertEquals([resposta.status, resposta.headers.get("cache-control")], [200, "no-store"]);
  assertStringIncludes(await resposta.text(), "ANA");
  assertEquals(await pede(navegador, "/painel/entrar"), "303 /painel", "quem já entrou não entra outra vez");
  const levado = navegador.cookies.get("painel") ?? "";
  assertEquals(await pede(navegador, "/painel/sair", { campos: {} }), "303 /painel/entrar");
  assertEquals([navegador.cookies.size, painel.sessoes.gravadas.size], [0, 0]);
  navegador.cookies.set("painel", levado);
  assertEquals(
    await pede(navegador, "/painel"),
    "303 /painel/entrar",
    "o que saiu não volta com o cookie que se guardou",
  );
  assertEquals(painel.trilha, ["p:1 PESSOA ENTRA 1", "p:1 PESSOA SAI 1"]);
});

teste("por TLS o cookie só vai por ele, e é só desta máquina", async () => {
  using painel = await PainelDeTeste.abre({ segura: true });
  const navegador = new NavegadorDeTeste(painel);
  assertEquals(await navegador.entra("ana"), "/painel");
  assertMatch(navegador.postos[0], /^__Host-painel=1\.[\w-]{43}; Path=\/; HttpOnly; Secure; SameSite=Lax$/);
  assertEquals(await pede(navegador, "/painel", { endereco: "10.0.0.7" }), "200");
  await navegador.pede("/painel/sair", { campos: {} });
  assertEquals(navegador.cookies.size, 0);
});

teste(
  "seja o que for que esteja errado, a recusa é a mesma, e a trilha diz de quem se tentou",
  async (painel, navegador) => {
    const [ana] = painel.pessoas.gravadas;
    painel.pessoas.gravadas[0] = {
      ...ana,
      totp: novoSegredoDoTotp(),
      recuperacao: [resumoDoCodigo("ABCD-EFGH-JKMN-PQRS")],
    };
    painel.pessoas.gravadas[2] = { ...painel.pessoas.gravadas[2], retiradaEm: "2026-11-02T10:00:00Z" };
    const recusas: string[] = [];
    for (
      const [quem, frase, codigo] of [
        ["ninguem", FRASE, ""],
        ["beto", "outra frase qualquer", ""],
        ["clara", FRASE, ""],
        ["ana", FRASE, ""],
        ["ana", FRASE, "000000"],
        ["<script>alert(1)</script>", FRASE, ""],
      ]
    ) {
      const resposta = await navegador.pede("/painel/entrar", { campos: { quem, frase, codigo } });
      assertEquals([resposta.status, resposta.headers.getSetCookie()], [422, []], quem);
      const dito = await resposta.text();
      assert(!dito.includes(FRASE) && !dito.includes("<script>alert"));
      recusas.push(dito.replace(/(id="quem" name="quem" type="text" value=)"[^"]*"/, "$1"));
    }
    assertEquals(new Set(recusas).size, 1);
    assertStringIncludes(recusas[0], "Não foi possível entrar.");
    assertEquals(painel.trilha, [0, 2, 0, 1, 1, 0].map((numero) => `ninguem PESSOA ERRA ${numero}`));
    painel.agora += 20 * MINUTO;
    assertEquals(
      await navegador.entra("ana", { codigo: "abcd efgh jkmn pqrs" }),
      "/painel",
      "o de recuperação, no mesmo campo",
    );
  },
);

teste("o que falta diz-se ao lado, e a frase-senha nunca volta", async (painel, navegador) => {
  const resposta = await navegador.pede("/painel/entrar", { campos: { quem: "", frase: "" } });
  const dito = await resposta.text();
  assertEquals(resposta.status, 422);
  assertStringIncludes(dito, 'href="#quem"');
  assertStringIncludes(dito, 'href="#frase"');
  const outra = await (await navegador.pede("/painel/entrar", { campos: { quem: 'a"b', frase: "" } })).text();
  assertStringIncludes(outra, 'value="a&quot;b"');
  assertEquals(painel.trilha, [], "nada disto se tentou");
});

teste("quem erra demais espera, e a página diz quanto", async (painel, navegador) => {
  for (let n = 0; n < 5; n++) assertEquals(await navegador.entra("ana", { frase: "outra frase qualquer" }), "422");
  const resposta = await navegador.pede("/painel/entrar", { campos: { quem: "ana", frase: FRASE } });
  assertEquals([resposta.status, resposta.headers.get("retry-after")], [429, "1"]);
  assertStringIncludes(await resposta.text(), "Espere um segundo");
  painel.agora += MINUTO;
  assertEquals(await navegador.entra("ana"), "/painel");
});

teste("com gente demais a entrar, nem se olha", async () => {
  using painel = await PainelDeTeste.abre({ lotacao: { aoMesmoTempo: 1, aEspera: 0 } });
  const todas = await Promise.all(Array.from({ length: 3 }, () => new NavegadorDeTeste(painel).entra("ana")));
  assertEquals(todas.sort(), ["/painel", "503", "503"]);
});

teste("numa ligação quem entrou é sempre o mesmo objeto, pelo qual a trilha soma", async (painel, navegador) => {
  await navegador.entra("ana");
  for (let i = 0; i < 3; i++) await navegador.pede("/painel");
  assertEquals([painel.quemViu.size, painel.visto.length], [1, 3]);
  const outro = new NavegadorDeTeste(painel);
  await outro.entra("beto");
  await outro.pede("/painel");
  assertEquals(painel.quemViu.size, 2);
});

teste("uma sessão posta por outro não é a de quem entra, e a de antes acaba", async (painel, navegador) => {
  const outro = new NavegadorDeTeste(painel);
  await outro.entra("beto");
  const fixa = outro.cookies.get("painel") ?? "";
  navegador.cookies.set("painel", fixa);
  assertEquals(await navegador.entra("ana"), "/painel");
  assertNotEquals(navegador.cookies.get("painel"), fixa);
  assertEquals(await pede(outro, "/painel"), "303 /painel/entrar");
  const daAna = navegador.cookies.get("painel") ?? "";
  for (const inventada of ["", "1.", `2.${"A".repeat(43)}`, daAna.slice(0, -1), `${daAna}A`, daAna.replace(".", "")]) {
    navegador.cookies.set("painel", inventada);
    assertEquals(await pede(navegador, "/painel"), "303 /painel/entrar", inventada);
  }
  // O número é só uma lembrança: com outro, a sessão é de quem é.
  navegador.cookies.set("painel", daAna.replace(/^1/, "2"));
  assertStringIncludes(await (await navegador.pede("/painel")).text(), "ANA");
});

teste("uma sessão acaba parada, no fim do dia, e quando a pessoa muda ou se retira", async (painel, navegador) => {
  const semEntrar = "303 /painel/entrar";
  await navegador.entra("beto");
  painel.agora += SESSAO_PARADA - MINUTO;
  assertEquals(await pede(navegador, "/painel"), "200");
  painel.agora += SESSAO_PARADA - MINUTO;
  // Uma página aberta, sem ninguém diante dela, não a faz durar.
  assertEquals(await pede(navegador, "/painel", { quer: "text/event-stream" }), "200");
  painel.agora += 2 * MINUTO;
  assertEquals(await pede(navegador, "/painel"), semEntrar);
  await navegador.entra("beto");
  const inicio = painel.agora;
  for (let hora = 0; hora < 11; hora++) {
    painel.agora += 60 * MINUTO;
    assertEquals(await pede(navegador, "/painel"), "200");
  }
  painel.agora = inicio + SESSAO_MAXIMA;
  assertEquals(await pede(navegador, "/painel"), semEntrar);
  for (const parte of [{ mudadaEm: "2026-11-30T11:00:00Z" }, { retiradaEm: "2026-11-30T11:00:00Z" }]) {
    await navegador.entra("beto");
    assertEquals(await pede(navegador, "/painel"), "200");
    painel.pessoas.gravadas[1] = { ...painel.pessoas.gravadas[1], ...parte };
    painel.agora += ESQUECIDO;
    assertEquals(await pede(navegador, "/painel"), semEntrar);
  }
});

teste("de outra origem nem se entra nem se sai", async (_painel, navegador) => {
  await navegador.entra("ana");
  const origens: Record<string, string>[] = [{ "sec-fetch-site": "cross-site" }, { origin: "http://outro" }, {
    origin: "null",
  }];
  for (const cabecalhos of origens) {
    assertEquals(await pede(navegador, "/painel/sair", { campos: {}, cabecalhos }), "403");
    const campos = { quem: "beto", frase: FRASE };
    assertEquals(await pede(navegador, "/painel/entrar", { campos, cabecalhos }), "403");
    assertEquals(await pede(navegador, "/painel/entrar/por-mandar", { campos, cabecalhos }), "403");
  }
  assertEquals(await pede(navegador, "/painel"), "200");
});

teste("às claras só se entra desta máquina, e a página diz porquê e o que fazer", async (painel, navegador) => {
  await navegador.entra("ana");
  const deFora = { endereco: "10.0.0.7" };
  for (const caminho of ["/painel", "/painel/entrar", "/painel/semana"]) {
    const resposta = await navegador.pede(caminho, deFora);
    assertEquals(resposta.status, 403, "nem com a sessão que se abriu aqui");
    const dito = await resposta.text();
    for (const parte of ["--certificado certificado.pem", "--painel-sem-tls", "localhost"]) {
      assertStringIncludes(dito, parte);
    }
  }
  const campos = { quem: "ana", frase: FRASE };
  assertEquals(await pede(navegador, "/painel/entrar", { campos, ...deFora }), "403");
  assertEquals(painel.trilha.length, 1);
  assertEquals((await navegador.pede("/", deFora)).status, 200);
  using deTodos = await PainelDeTeste.abre({ painelSemTls: true });
  const aberto = new NavegadorDeTeste(deTodos);
  assertEquals(await pede(aberto, "/painel/entrar", { campos, ...deFora }), "303 /painel");
  assertEquals(await pede(aberto, "/painel", deFora), "200");
});

teste("volta-se ao sítio a que se ia, e a mais nenhum", async (_painel, navegador) => {
  assertEquals(
    await pede(navegador, "/painel/semana?data=2026-12-01"),
    "303 /painel/entrar?volta=%2Fpainel%2Fsemana%3Fdata%3D2026-12-01",
  );
  assertEquals(await pede(navegador, "/painel/pacientes?nome=MARIA%20SILVA"), "303 /painel/entrar");
  const pagina = await (await navegador.pede("/painel/entrar?volta=%2Fpainel%2Fsemana")).text();
  assertStringIncludes(pagina, 'name="volta" value="/painel/semana"');
  for (
    const [volta, onde] of [
      ["/painel/semana?data=2026-12-01", "/painel/semana?data=2026-12-01"],
      ["/painel/agendamento/12?data=2026-12-01&de=semana", "/painel/agendamento/12?data=2026-12-01&de=semana"],
      ["//outro.com/painel", "/painel"],
      ["/\\outro.com", "/painel"],
      ["https://outro.com/painel", "/painel"],
      ["/painel/entrar", "/painel"],
      ["/painel/sair", "/painel"],
      ["/painel/../marcar", "/painel"],
      ["/painel/inventada", "/painel"],
      ["/painel\r\nset-cookie: x=y", "/painel"],
      ["/painel/pacientes?cpf=529.982.247-25", "/painel"],
      ["/painel/pacientes?cpf=52998224725", "/painel"],
      ["/painel/pacientes/52998224725", "/painel"],
      ["/marcar", "/painel"],
    ]
  ) {
    navegador.cookies.clear();
    assertEquals(await navegador.entra("ana", { volta }), onde, volta);
  }
});

teste("cada papel chega às suas partes, e a que ninguém disse não se alcança", async (painel) => {
  const partes = [
    "",
    "/agendamento/7",
    "/marcar",
    "/semana",
    "/espera",
    "/pacientes",
    "/configuracao",
    "/acessos",
    "/trilha",
    "/inventada",
  ];
  const chegam = async (quem: string): Promise<string> => {
    const navegador = new NavegadorDeTeste(painel);
    await navegador.entra(quem);
    const codigos = await Promise.all(partes.map(async (parte) => (await navegador.pede(`/painel${parte}`)).status));
    return codigos.map((codigo) => codigo === 403 ? "-" : "s").join("");
  };
  assertEquals(await chegam("ana"), "sssssssss-");
  assertEquals(await chegam("beto"), "ssssss----");
  assertEquals(await chegam("clara"), "ss--------");
  // Quem junta uma rota tem de dizer quem lhe chega.
  const rotas = painel.rotas.routes.map(({ path }) => path).filter((path) => /^\/painel(?!\/\*)/.test(path));
  assert(rotas.length > 5);
  assertEquals(rotas.filter((path) => quemChega(path) === undefined), []);
});

teste("sem o livro ninguém entra nem passa, e a página di-lo", async (painel, navegador) => {
  await navegador.entra("ana");
  painel.agora += ESQUECIDO;
  painel.sessoes.antes = () => Promise.reject(new ErroDoArmazem("o banco está fora do alcance"));
  assertEquals(await pede(navegador, "/painel"), "503");
  painel.pessoas.entretanto = () => {
    throw new ErroDoArmazem("o banco está fora do alcance");
  };
  const resposta = await new NavegadorDeTeste(painel).pede("/painel/entrar", { campos: { quem: "ana", frase: FRASE } });
  assertEquals([resposta.status, resposta.headers.getSetCookie()], [503, []]);
  assertStringIncludes(await resposta.text(), "fora do alcance");
});

// ------------------------------------------------------------------------------------------------------ o que ficou por mandar

const ESCRITO = { cpf: "529.982.247-25", nome: 'MARIA <b>"SÁ"', motivo: "dor", versao: "7" };

/** A sessão de quem entrou acaba, e só então manda o que escreveu. */
async function acabaAMeio(painel: PainelDeTeste, navegador: NavegadorDeTeste, quem: string): Promise<void> {
  await navegador.entra(quem);
  painel.agora += SESSAO_PARADA;
  assertEquals(await pede(navegador, "/painel/pacientes", { campos: ESCRITO }), "303 /painel/entrar");
}

teste("o que se escreveu guarda-se, mostra-se à mesma pessoa, e só ela o manda", async (painel, navegador) => {
  await acabaAMeio(painel, navegador, "beto");
  const guardado = navegador.cookies.get("por-mandar") ?? "";
  assert(
    guardado.length > 50 && !/529|MARIA/.test(atob(guardado.replaceAll("-", "+").replaceAll("_", "/"))),
    "cifrado",
  );
  assertStringIncludes(await (await navegador.pede("/painel/entrar")).text(), "acabou enquanto escrevia");
  assertEquals(await navegador.entra("beto"), "/painel/entrar/por-mandar");
  const pagina = await (await navegador.pede("/painel/entrar/por-mandar")).text();
  assertStringIncludes(pagina, "529.982.247-25");
  assertStringIncludes(pagina, "MARIA &lt;b&gt;&quot;SÁ&quot;");
  assertStringIncludes(pagina, 'type="hidden" name="versao" value="7"');
  assert(!/<dd>7</.test(pagina), "o que é do formulário, e não de quem escreveu, não se mostra");
  const sessao = navegador.cookies.get("painel") ?? "";
  navegador.cookies.delete("painel");
  assertEquals(await pede(navegador, "/painel/entrar/por-mandar", { campos: ESCRITO }), "303 /painel/entrar");
  assert(navegador.cookies.has("por-mandar"), "acabou outra vez: continua guardado");
  navegador.cookies.set("painel", sessao);
  // O navegador repete o formulário para onde ele ia.
  assertEquals(await pede(navegador, "/painel/entrar/por-mandar", { campos: ESCRITO }), "307 /painel/pacientes");
  assertEquals(navegador.cookies.has("por-mandar"), false);
  assertEquals(await pede(navegador, "/painel/entrar/por-mandar"), "303 /painel", "uma vez só");
});

teste(
  "quem não o quer deixa-o; a outra pessoa nem se mostra; e quem sai não o deixa para trás",
  async (painel, navegador) => {
    await acabaAMeio(painel, navegador, "beto");
    await navegador.entra("beto");
    assertEquals(await pede(navegador, "/painel/entrar/por-mandar", { campos: { deixa: "sim" } }), "303 /painel");
    assertEquals(navegador.cookies.has("por-mandar"), false);
    await acabaAMeio(painel, navegador, "beto");
    const dele = navegador.cookies.get("por-mandar") ?? "";
    assertEquals(await navegador.entra("ana"), "/painel");
    assertEquals(navegador.cookies.has("por-mandar"), false);
    navegador.cookies.set("por-mandar", dele);
    assertEquals(await pede(navegador, "/painel/entrar/por-mandar"), "303 /painel");
    navegador.cookies.set("por-mandar", dele);
    assertEquals(await pede(navegador, "/painel/entrar/por-mandar", { campos: ESCRITO }), "303 /painel");
    await acabaAMeio(painel, navegador, "beto");
    await navegador.pede("/painel/sair", { campos: {} });
    assertEquals(navegador.cookies.size, 0);
  },
);

teste(
  "o que não cabe mostra-se para se copiar, e nada se guarda do que veio de outra origem",
  async (painel, navegador) => {
    await navegador.entra("beto");
    painel.agora += SESSAO_PARADA;
    const nota = [...crypto.getRandomValues(new Uint8Array(4000))].map((byte) => String.fromCharCode(97 + byte % 26))
      .join("");
    const resposta = await navegador.pede("/painel/pacientes", { campos: { ...ESCRITO, nota } });
    assertEquals([resposta.status, navegador.cookies.has("por-mandar")], [401, false]);
    assertStringIncludes(await resposta.text(), nota);
    const deFora = { campos: ESCRITO, cabecalhos: { "sec-fetch-site": "cross-site" } };
    assertEquals(await pede(navegador, "/painel/pacientes", deFora), "403");
    assertEquals(navegador.cookies.has("por-mandar"), false);
  },
);

teste("a um script diz-se que a sessão acabou, e ele fica com o que se escreveu", async (painel, navegador) => {
  await navegador.entra("beto");
  painel.agora += SESSAO_PARADA;
  for (const quer of ["*/*", "application/json", "text/event-stream"]) {
    const resposta = await navegador.pede("/painel/pacientes", { campos: ESCRITO, quer });
    assertEquals([resposta.status, resposta.headers.get("www-authenticate")], [401, 'Sessao realm="painel"'], quer);
  }
  assertEquals(navegador.cookies.has("por-mandar"), false);
});

// ------------------------------------------------------------------------------------------------------ o primeiro acesso

const PRIMEIRO = "/painel/entrar/primeiro";

/** O que se escreve nele. */
function conta(painel: PainelDeTeste, mais: Record<string, string> = {}): Record<string, string> {
  const frase = "girafa martelo nuvem pedra";
  return { codigo: painel.codigo ?? "", quem: "Dora", nome: "Dora Lima", frase, outra: frase, ...mais };
}

teste("o primeiro acesso faz a conta de quem gere, e entra-se com ela; depois some", async () => {
  using painel = await PainelDeTeste.abre({ gente: [] });
  const navegador = new NavegadorDeTeste(painel);
  assertEquals(await pede(navegador, "/painel/entrar"), `303 ${PRIMEIRO}`);
  const pagina = await (await navegador.pede(PRIMEIRO)).text();
  assertMatch(pagina, /class="frase" translate="no">[a-z]+(?: [a-z]+){5}</);
  assert(!pagina.includes(painel.codigo ?? "?"), "o código só o console o diz");
  assertEquals(await pede(navegador, PRIMEIRO, { campos: conta(painel) }), "303 /painel");
  assertStringIncludes(await (await navegador.pede("/painel")).text(), "Dora Lima");
  assertEquals(painel.trilha, ["p:1 PESSOA CRIA 1", "p:1 PESSOA ENTRA 1"]);
  const outro = new NavegadorDeTeste(painel);
  assertEquals(await pede(outro, PRIMEIRO), "303 /painel/entrar");
  assertEquals(
    await pede(outro, PRIMEIRO, { campos: conta(painel, { quem: "eva" }) }),
    "422",
    "o código gasto já não serve",
  );
  assertEquals(painel.pessoas.gravadas.length, 1);
  assertEquals(await outro.entra("dora", { frase: "girafa martelo nuvem pedra" }), "/painel");
});

teste("o primeiro acesso diz ao lado o que não serve, guarda o resto, e nunca a frase-senha", async () => {
  using painel = await PainelDeTeste.abre({ gente: [["beto", "balcao"]] });
  const navegador = new NavegadorDeTeste(painel);
  const erra = async (mais: Record<string, string>): Promise<string> => {
    const resposta = await navegador.pede(PRIMEIRO, { campos: conta(painel, { sugestao: "a b c", ...mais }) });
    assertEquals(resposta.status, 422);
    const dito = await resposta.text();
    assertStringIncludes(dito, 'translate="no">a b c<');
    assert(!dito.includes("girafa martelo"));
    return /role="alert"[^]*?<\/div>/.exec(dito)?.[0].replace(/\s+/g, " ") ?? "";
  };
  assertStringIncludes(await erra({ codigo: " " }), 'href="#codigo"');
  assertStringIncludes(await erra({ quem: "" }), "Escreva o usuário.");
  assertStringIncludes(await erra({ quem: "dóra" }), "letras sem acento");
  assertStringIncludes(await erra({ quem: "beto" }), "Já há alguém");
  assertStringIncludes(await erra({ nome: "" }), "Escreva o seu nome");
  assertStringIncludes(await erra({ outra: "x" }), "não são iguais");
  assertStringIncludes(await erra({ frase: "curta", outra: "curta" }), "curta demais");
  const repete = "a".repeat(20);
  assertStringIncludes(await erra({ frase: repete, outra: repete }), "fácil de adivinhar");
  const longa = "ab ".repeat(100);
  assertStringIncludes(await erra({ frase: longa, outra: longa }), "até 256");
  // Tudo de uma vez, e não um de cada vez que se manda.
  const tudo = await erra({ codigo: "", quem: "dóra", nome: " ", frase: "curta", outra: "curta" });
  assertEquals([...tudo.matchAll(/href="#(\w+)"/g)].map(([, qual]) => qual), ["codigo", "quem", "nome", "frase"]);
  // Quem já tem conta entra; e da porta vai-se ao primeiro acesso.
  const porta = await (await navegador.pede("/painel/entrar")).text();
  assertStringIncludes(porta, `href="${PRIMEIRO}"`);
  assertEquals(await navegador.entra("beto"), "/painel");
});

teste("o código do primeiro acesso erra-se cinco vezes, vale uma hora, e só desta máquina", async () => {
  using painel = await PainelDeTeste.abre({ gente: [], painelSemTls: true });
  const navegador = new NavegadorDeTeste(painel);
  const campos = conta(painel);
  const deFora = { endereco: "10.0.0.7" };
  assertEquals(await pede(navegador, PRIMEIRO, deFora), "303 /painel/entrar");
  assertStringIncludes(await (await navegador.pede("/painel/entrar", deFora)).text(), "na própria máquina do servidor");
  for (let n = 0; n < 10; n++) assertEquals(await pede(navegador, PRIMEIRO, { campos, ...deFora }), "422");
  assertEquals(await pede(navegador, PRIMEIRO, { campos, cabecalhos: { origin: "http://outro" } }), "403");
  painel.passaUmaHora();
  while (painel.codigo === campos.codigo) await Promise.resolve();
  assertEquals(await pede(navegador, PRIMEIRO, { campos }), "422", "o de há uma hora");
  for (let n = 0; n < 4; n++) {
    assertEquals(await pede(navegador, PRIMEIRO, { campos: { ...campos, codigo: "ABCD-EFGH-JKMN-PQRS" } }), "422");
  }
  assertEquals(painel.codigo, undefined);
  assertEquals(await pede(navegador, PRIMEIRO), "303 /painel/entrar");
  assertEquals(painel.pessoas.gravadas, []);
  assertEquals(painel.trilha, Array.from({ length: 5 }, () => "ninguem PESSOA ERRA 0"));
});
