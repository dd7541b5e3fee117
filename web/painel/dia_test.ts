/**
 * O dia do balcão por HTTP, sobre um livro na memória: o que a página mostra a cada papel, o que cada formulário faz, e o que
 * se diz a quem chega em segundo.
 *
 * @module
 */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { Agendamento } from "../../clinica/agendamento.ts";
import { ate, cpfDeExemplo, permitido } from "../../testes/apoio.ts";
import { as, ClinicaDeTeste, HOJE, type OpcoesDaClinica, quem, SEMANA } from "../../testes/dia.ts";
import type { Resposta } from "./balcao.ts";

/** Registra um teste sobre uma clínica que começa vazia, às dez e meia. */
function teste(nome: string, fn: (clinica: ClinicaDeTeste) => Promise<void>, opcoes: OpcoesDaClinica = {}): void {
  // O estilo e os scripts leem-se do disco; o livro está na memória.
  const ignore = !permitido("read", "env", "net", "write");
  Deno.test({
    name: ignore ? `dia: ${nome} (ignorado: falta permissão; rode "deno test -A")` : `dia: ${nome}`,
    ignore,
    async fn(): Promise<void> {
      await using clinica = await ClinicaDeTeste.abre(opcoes);
      await fn(clinica);
      assertEquals(clinica.falhas, []);
    },
  });
}

const PAINEL = `/painel?data=${HOJE}`;

function de({ numero, data }: Agendamento): string {
  return `/painel/agendamento/${numero}?data=${data}`;
}

function acha(pagina: string, id: string): readonly [id: string, tag: string, inicio: number] {
  const achado = new RegExp(`<(\\w+)[^>]*\\bid="${id}"[^>]*>`).exec(pagina);
  return [id, achado?.[1] ?? "", achado === null ? 0 : achado.index + achado[0].length];
}

/** A célula ou a parte com este nome, como texto. */
function textoDe(pagina: string, id: string): string {
  const [, tag, inicio] = acha(pagina, id);
  if (tag === "") return "";
  const fim = pagina.slice(inicio).indexOf(`</${tag}>`);
  return pagina.slice(inicio, inicio + fim).replace(/<[^>]*>/g, " ").replace(/\s+/g, " ").trim();
}

async function pagina(clinica: ClinicaDeTeste, caminho = PAINEL, como?: string): Promise<string> {
  const resposta = await clinica.busca(caminho, { como });
  assertEquals(resposta.status, 200);
  return await resposta.text();
}

/** Manda como o script, e devolve o código e o que veio. */
async function age(
  clinica: ClinicaDeTeste,
  um: Agendamento,
  campos: Readonly<Record<string, string>>,
  como?: string,
): Promise<readonly [number, Resposta]> {
  const resposta = await clinica.manda(de(um), { versao: String(um.versao), ...campos }, { pedaco: true, como });
  return [resposta.status, await resposta.json()];
}

// ------------------------------------------------------------------------------------------------------ a página

teste(
  "uma grelha com quem atende em colunas, e cada um com a hora, o nome e a situação em palavra",
  async (clinica) => {
    const um = await clinica.marca(1, "11:00", { nome: "MARIA" });
    const encaixe = await clinica.marca(2, "11:10", { nome: "ENCAIXADA", encaixe: true });
    const escrita = await pagina(clinica);
    for (const nome of ["Enfermagem", "Dra. Ana Lima", "Dr. Bruno Sá", "Caio Prado"]) {
      assertStringIncludes(
        escrita,
        nome,
      );
    }
    assertEquals(textoDe(escrita, `n${um.numero}`), "11:00 MARIA marcado");
    assertMatch(textoDe(escrita, "c1-660"), /11:00 MARIA marcado 11:10 ENCAIXADA marcado encaixe/);
    assertMatch(textoDe(escrita, "c1-690"), /11:30 livre/);
    assertMatch(textoDe(escrita, "c1-480"), /08:00 sem ninguém/);
    assertStringIncludes(escrita, `id="n${encaixe.numero}"`);
    assertMatch(escrita, /th[^>]*class="hora agora d\d"/);
  },
);

teste("um nome escreve-se como texto, e o que não se vê, à vista", async (clinica) => {
  await clinica.marca(1, "11:00", { nome: `<SCRIPT>X("1")</SCRIPT> & 'B'` });
  const escrita = await pagina(clinica);
  assertEquals(escrita.includes("<SCRIPT>X"), false);
  assertStringIncludes(
    escrita,
    '<bdi class="nome">&lt;SCRIPT&gt;X(&quot;1&quot;)&lt;/SCRIPT&gt; &amp; &#39;B&#39;</bdi>',
  );
});

teste("sem sessão não se chega a nada, e nem ao fluxo", async (clinica) => {
  const um = await clinica.marca(1, "11:00");
  for (const caminho of [PAINEL, de(um), "/painel/marcar", "/painel/fluxo", `/painel/imprimir?data=${HOJE}`]) {
    const resposta = await clinica.busca(caminho, { como: "ninguem" });
    assertEquals([resposta.status, await resposta.text()], [401, ""]);
  }
});

teste("uma data que não é uma mostra hoje; a de um dia fechado ou sem ninguém diz-se", async (clinica) => {
  assertStringIncludes(await pagina(clinica, "/painel?data=2026-13-40"), "26\u00a0de\u00a0novembro de 2026");
  assertStringIncludes(await pagina(clinica, "/painel?data=2026-11-29"), "Neste dia não se atende ninguém.");
});

teste("nem o CPF, nem o código, nem o nome vão num endereço, e o código não está na grelha", async (clinica) => {
  const um = await clinica.marca(1, "11:00", { nome: "MARIA" });
  const escrita = await pagina(clinica);
  for (const [, endereco] of escrita.matchAll(/(?:href|action)="([^"]*)"/g)) {
    assertEquals([um.cpf, um.codigo, "MARIA"].filter((dito) => endereco.includes(dito)), [], endereco);
  }
  assertEquals(escrita.includes(um.codigo), false);
  const dele = await pagina(clinica, de(um));
  assertStringIncludes(dele, `${um.codigo.slice(0, 4)}-${um.codigo.slice(4)}`);
});

teste("ao lado, quem espera por ordem de chamar, as horas seguradas e quem ficou de fora", async (clinica) => {
  clinica.agora = as("08:05");
  const [cedo, tarde] = [
    await clinica.marca(1, "08:30", { nome: "CEDO" }),
    await clinica.marca(2, "09:00", { nome: "TARDE" }),
  ];
  const fora = await clinica.marca(3, "11:00", { nome: "DE FORA" });
  const daNutricao = { especialista: "Nutrição", profissional: "Caio Prado" } as const;
  const vaga = await clinica.marca(4, "13:30".replace("13:30", "12:45"), daNutricao);
  for (const hora of ["09:00", "09:45", "10:30", "11:15", "12:00"]) {
    await clinica.marca(10 + Number(hora.slice(0, 2)) * 2 + Number(hora.slice(3) === "45"), hora, daNutricao);
  }
  await clinica.situa(cedo, "CHEGOU");
  await clinica.pede({
    ...{ comando: "SITUA", cpf: tarde.cpf, especialista: "Clínico Geral", situacao: "CHEGOU", prioridade: 2 },
  }, quem("balcao"));
  await clinica.pede({
    comando: "FECHA",
    data: HOJE,
    inicio: 660,
    fim: 690,
    profissional: "Dra. Ana Lima",
    motivo: "reunião",
  });
  await clinica.pede({ comando: "ESPERA", cpf: cpfDeExemplo(90), nome: "ZULMIRA", especialista: "Nutrição" });
  await clinica.pede({ comando: "CANCEL", cpf: vaga.cpf, especialista: "Nutrição", motivo: "viajou" }, quem("balcao"));
  const escrita = await pagina(clinica);
  assertMatch(textoDe(escrita, "chamada"), /P001 TARDE legal há 0 min · Dra. Ana Lima Chamar : TARDE A001 CEDO/);
  assertMatch(textoDe(escrita, "convites"), /ZULMIRA 26\/11 12:45, Caio Prado responde até \d\d:\d\d telefonar/);
  assertMatch(textoDe(escrita, "defora"), /11:00 DE FORA fechou/);
  assertMatch(textoDe(escrita, "riscados"), /12:45 .* cancelado viajou Desfazer/);
  assertMatch(textoDe(escrita, "c1-660"), /fechado: reunião 11:00 DE FORA/);
  assertMatch(escrita, new RegExp(`id="c1-660"[^]*?class="fechada"[^]*?id="n${fora.numero}"`));
});

teste("quem atende vê só os seus, e só o que pode", async (clinica) => {
  const [dela, doOutro] = [
    await clinica.marca(1, "11:00", { nome: "DELA" }),
    await clinica.marca(2, "11:00", { nome: "DO OUTRO", profissional: "Dr. Bruno Sá" }),
  ];
  await clinica.situa(dela, "CHEGOU");
  const escrita = await pagina(clinica, PAINEL, "profissional");
  assertStringIncludes(escrita, "DELA");
  for (const negado of ["DO OUTRO", "Dr. Bruno Sá", "/painel/marcar", "Horas seguradas"]) {
    assertEquals(escrita.includes(negado), false, negado);
  }
  const pedaco = await (await clinica.busca(de(dela), { como: "profissional", headers: { "x-pedaco": "sim" } })).text();
  assertStringIncludes(pedaco, 'value="CHAMADO"');
  for (const negado of ["CANCELADO", "CORRIGE", "SAIU", "Ver a história", "/painel?data", dela.codigo.slice(4)]) {
    assertEquals(pedaco.includes(negado), false, negado);
  }
  assertEquals((await clinica.busca(de(doOutro), { como: "profissional" })).status, 404);
  assertEquals((await age(clinica, doOutro, { ato: "CHAMADO" }, "profissional"))[0], 404);
  const [status, { texto }] = await age(clinica, await clinica.situa(dela, "CHAMADO"), { ato: "SAIU" }, "profissional");
  assertEquals([status, texto], [409, "Isto faz a recepção. Quem atende chama, conclui e desfaz."]);
});

// ------------------------------------------------------------------------------------------------------ os atos

teste("sem script, um botão faz e volta ao dia, que o diz", async (clinica) => {
  const um = await clinica.marca(1, "11:00", { nome: "MARIA" });
  const resposta = await clinica.manda(de(um), { versao: "1", ato: "CHEGOU", prioridade: "3" });
  assertEquals(resposta.status, 303);
  const volta = resposta.headers.get("location") ?? "";
  assertEquals(volta, `/painel?data=${HOJE}&feito=CHEGOU&numero=${um.numero}#n${um.numero}`);
  assertStringIncludes(await pagina(clinica, volta.split("#")[0]), "P001: MARIA chegou, prioridade: mais de 80");
});

teste("cada ato do dia, com as palavras do terminal", async (clinica) => {
  let um = await clinica.marca(1, "11:00", { nome: "MARIA" });
  const passos: readonly (readonly [string, string])[] = [
    ["CONFIRMADO", "MARIA confirmou que vem"],
    ["CHEGOU", "A001: MARIA chegou"],
    ["CHAMADO", "Chamando A001: MARIA, Sala 1"],
    ["CHAMADO", "Chamando A001: MARIA, Sala 1, 2ª vez"],
    ["CHEGOU", "A001: MARIA volta a esperar"],
    ["CHAMADO", "Chamando A001: MARIA, Sala 1, 3ª vez"],
    ["ATENDIDO", "A001: MARIA, atendimento concluído"],
    ["DESFAZ", "Desfeito: A001: MARIA está como chamado"],
    ["SAIU", "A001: MARIA saiu antes do atendimento"],
  ];
  for (const [ato, dito] of passos) {
    const [status, { feito, texto, numero }] = await age(clinica, um, { ato });
    assertEquals([status, feito, texto, numero], [200, true, dito, um.numero]);
    um = { ...um, versao: um.versao + 1 };
  }
  const [status, { texto }] = await age(clinica, um, { ato: "ATENDIDO" });
  assertEquals([status, texto], [409, "MARIA está como saiu: daí não passa a atendido."]);
  const amanha = await clinica.marca(2, "08:00", { nome: "ANA", data: "2026-11-27", dia: "SEXTA-FEIRA" });
  const oferecido = await pagina(clinica, de(amanha));
  assertEquals(["CONFIRMADO", "CHEGOU", "FALTOU", "CANCELADO"].filter((ato) => oferecido.includes(`value="${ato}"`)), [
    ...["CONFIRMADO", "CANCELADO"],
  ]);
  assertEquals((await age(clinica, amanha, { ato: "CHEGOU" }))[1].texto, "ANA: chegou, só no próprio dia.");
});

teste(
  "do que fecha fica de fora também o encaixe que lhe entra, e só se remarca quem ainda se move",
  async (clinica) => {
    const comBruno = { profissional: "Dr. Bruno Sá", encaixe: true };
    await clinica.marca(1, "11:10", { nome: "ENTRA", ...comBruno });
    await clinica.marca(2, "11:00", { nome: "ACABA ANTES", ...comBruno });
    await clinica.situa(await clinica.marca(3, "11:30", { nome: "NA SALA" }), "CHEGOU", "CHAMADO");
    await clinica.pede({ comando: "FECHA", data: HOJE, inicio: 680, fim: 720 });
    const fora = textoDe(await pagina(clinica), "defora");
    assertMatch(fora, /Ficaram de fora \(2\)/);
    assertMatch(fora, /11:10 ENTRA fechou Remarcar : ENTRA/);
    assertMatch(fora, /11:30 A001 NA SALA fechou ?$/);
  },
);

teste("dois balcões no mesmo paciente: o segundo lê quem fez o quê, e nada se sobrepõe", async (clinica) => {
  const um = await clinica.marca(1, "11:00", { nome: "MARIA" });
  assertEquals((await age(clinica, um, { ato: "CHEGOU" }, "balcao Balcão 1"))[0], 200);
  const [status, { texto, painel }] = await age(clinica, um, {
    ...{ ato: "CORRIGE", nome: "MARIA DA SILVA", telefone: "(11) 98765-4321", email: "", nota: "cadeira de rodas" },
  }, "balcao Balcão 2");
  assertEquals([status, texto], [409, "Nada foi feito, o balcão mudou antes: MARIA está como chegou."]);
  // O que se escreveu continua no formulário, aberto.
  assertMatch(painel ?? "", /<details class="corrigir"[^>]*open/);
  assertStringIncludes(painel ?? "", 'value="cadeira de rodas"');
  assertStringIncludes(painel ?? "", 'value="MARIA DA SILVA"');
  const [agora] = await clinica.lista();
  assertEquals([agora.nome, agora.nota, agora.situacao], ["MARIA", "", "CHEGOU"]);
});

teste("quem já leu o que mudou repete, e vê antes o que ia apagar", async (clinica) => {
  const um = await clinica.marca(1, "11:00", { nome: "MARIA", nota: "traz exames" });
  await clinica.pede({
    ...{ comando: "CORRIGE", cpf: um.cpf, especialista: um.especialidade, numero: um.numero },
    ...{ nota: "traz exames e a filha", telefone: "+5511987654321" },
  });
  const campos = { ato: "CORRIGE", nome: "MARIA", telefone: "(11) 98765-4321", email: "", nota: "surda" };
  const [status, { painel = "" }] = await age(clinica, um, campos);
  assertEquals(status, 409);
  assertEquals(painel.match(/No livro está agora: [^<]*/g), ["No livro está agora: traz exames e a filha"]);
  const versoes = [...painel.matchAll(/name="versao" value="(\d+)"/g)].map(([, versao]) => Number(versao));
  assertEquals(new Set(versoes), new Set([um.versao + 1]), "de todos os formulários");
  assertEquals((await age(clinica, { ...um, versao: versoes[0] }, campos))[0], 200);
  assertEquals((await clinica.lista())[0].nota, "surda");
});

teste("quem se viu mudar diz-se pelo nome", async (clinica) => {
  const um = await clinica.marca(1, "11:00", { nome: "MARIA" });
  const desde = clinica.fluxo.agora();
  using leitor = new LeitorDoFluxo(await clinica.busca(`/painel/fluxo?data=${HOJE}&desde=${desde}`));
  await age(clinica, um, { ato: "CHEGOU" }, "gerente Helena");
  await leitor.evento("dia");
  const [, { texto }] = await age(clinica, um, { ato: "CANCELADO" });
  assertEquals(texto, "Nada foi feito, Helena mudou antes: MARIA está como chegou.");
});

teste(
  "um motivo comprido demais, um telefone que não é um: ao lado do campo, e fica o que se escreveu",
  async (clinica) => {
    const um = await clinica.marca(1, "11:00");
    const resposta = await clinica.manda(de(um), {
      versao: "1",
      ato: "CORRIGE",
      nome: " ",
      telefone: "12",
      email: "x",
      nota: "n",
    });
    assertEquals(resposta.status, 409);
    const escrita = await resposta.text();
    for (const dito of ["O nome não serve", "O telefone não serve", "O e-mail não serve", "Há 3 problemas"]) {
      assertStringIncludes(escrita, dito);
    }
    assertMatch(escrita, /name="telefone"[^>]*value="12"[^]*?aria-invalid="true"/);
  },
);

teste("cancela-se com motivo, e desfaz-se", async (clinica) => {
  const um = await clinica.marca(1, "11:00", { nome: "MARIA" });
  await pagina(clinica);
  const [, { texto, troca }] = await age(clinica, um, { ato: "CANCELADO", motivo: "viajou" });
  assertEquals(texto, "MARIA, 11:00: cancelado");
  assertMatch(troca?.celulas["c1-660"] ?? "", /class="livre"/);
  const [status, desfeito] = await age(clinica, { ...um, versao: 2 }, { ato: "DESFAZ" });
  assertEquals([status, desfeito.texto], [200, "Desfeito: MARIA está como marcado"]);
});

teste("muda-se para uma hora livre, e a que deixa troca-se com ela", async (clinica) => {
  const um = await clinica.marca(1, "11:00", { nome: "MARIA" });
  await pagina(clinica);
  const [, { texto, troca }] = await age(clinica, um, { ato: "REMARC", dia: HOJE, para: "11:20 DR. BRUNO SA" });
  assertEquals(texto, "MARIA, de 11:00 para 11:20");
  assertEquals(Object.keys(troca?.celulas ?? {}).sort(), ["c1-660", "c2-680"]);
  assertMatch(troca?.celulas["c2-680"] ?? "", new RegExp(`id="n${um.numero}"`));
  const [status, cheio] = await age(clinica, { ...um, versao: 2 }, {
    ato: "REMARC",
    dia: HOJE,
    para: "10:00 DRA. ANA LIMA",
  });
  assertEquals([status, cheio.feito, cheio.texto], [
    409,
    false,
    "Essa hora não existe nesse dia, está fechada ou já começou.",
  ]);
});

teste("a escolher a hora nova, só as da mesma especialidade são botões, noutro dia também", async (clinica) => {
  const um = await clinica.marca(1, "11:00", { nome: "MARIA" });
  const escrita = await pagina(clinica, `/painel?data=2026-11-27&muda=${um.numero}&de=${HOJE}`);
  assertStringIncludes(escrita, "Mudar MARIA, de 26/11 11:00: escolha a hora nova.");
  assertMatch(escrita, /<button class="livre" name="para"\s+value="08:00 DRA. ANA LIMA"/);
  assertMatch(textoDe(escrita, "c3-540"), /09:00 livre/);
  assertEquals(/id="c3-540"[^]*?<button/.exec(escrita)?.[0].includes("</td>"), true, "a nutrição não serve");
  const resposta = await clinica.manda(de(um), {
    ato: "REMARC",
    versao: "1",
    dia: "2026-11-27",
    para: "08:00 DRA. ANA LIMA",
  });
  assertMatch(resposta.headers.get("location") ?? "", /^\/painel\?data=2026-11-27&/);
});

teste("quem outro levou para outro dia acha-se na história, e diz-se como está", async (clinica) => {
  const um = await clinica.marca(1, "11:00", { nome: "MARIA" });
  await pagina(clinica);
  await clinica.pede({
    ...{ comando: "REMARC", cpf: um.cpf, especialista: "Clínico Geral", data: "2026-11-27", dia: "SEXTA-FEIRA" },
    horario: "08:00",
  });
  const [status, { texto, data }] = await age(clinica, um, { ato: "CHEGOU" });
  assertEquals([status, texto, data], [
    409,
    "Nada foi feito, outro mudou antes: MARIA está como marcado.",
    "2026-11-27",
  ]);
});

teste("uma regra da clínica pede um motivo, e com ele passa", async (clinica) => {
  const um = await clinica.marca(1, "11:00", { nome: "MARIA" });
  const [status, { texto, painel }] = await age(clinica, um, { ato: "CANCELADO" });
  assertEquals([status, texto], [
    409,
    "A regra: falta pouco tempo para a hora marcada; já não se desmarca nem remarca.",
  ]);
  assertMatch(painel ?? "", /name="motivo"[^]*?aria-invalid="true"/);
  assertEquals((await age(clinica, um, { ato: "CANCELADO", motivo: "o médico adoeceu" }))[0], 200);
}, { semana: { ...SEMANA, regras: { cancelamento: 1440 } } });

teste("um formulário de outra origem não faz nada", async (clinica) => {
  const um = await clinica.marca(1, "11:00");
  const resposta = await clinica.busca(de(um), {
    ...{ method: "POST", body: new URLSearchParams({ ato: "CANCELADO", versao: "1" }) },
    headers: { "sec-fetch-site": "cross-site" },
  });
  assertEquals(resposta.status, 403);
  const lista = await clinica.lista();
  assertEquals(lista[0].situacao, "MARCADO");
});

// ------------------------------------------------------------------------------------------------------ marcar

const ONDE = `/painel/marcar?data=${HOJE}&especialidade=CLINICO+GERAL&profissional=DRA.+ANA+LIMA&hora=11%3A00`;

teste("marca-se numa hora livre; o mesmo formulário duas vezes marca uma", async (clinica) => {
  assertStringIncludes(await pagina(clinica, ONDE), "Marcar às 11:00");
  const campos = { cpf: cpfDeExemplo(1), nome: "maria da silva", telefone: "11987654321", email: "", nota: "" };
  for (let i = 0; i < 2; i++) {
    const resposta = await clinica.manda(ONDE, campos, { pedaco: true });
    const { feito, texto, data } = await resposta.json();
    assertEquals([resposta.status, feito, texto, data], [200, true, "MARIA DA SILVA, 11:00: marcado", HOJE]);
  }
  const lista = await clinica.lista();
  assertEquals(lista.map(({ hora, telefone }) => [hora, telefone]), [["11:00", "+5511987654321"]]);
});

teste("quem já tem um agendamento diz-se qual; uma hora que se foi, também", async (clinica) => {
  await clinica.marca(1, "11:30", { nome: "MARIA" });
  const repetido = await clinica.manda(ONDE, { cpf: cpfDeExemplo(1), nome: "MARIA" });
  assertEquals(repetido.status, 409);
  assertMatch(await repetido.text(), /Este CPF já tem um agendamento nesta especialidade: [^]*26\/11 11:30/);
  await clinica.marca(2, "11:00");
  const cheio = await clinica.manda(ONDE, { cpf: cpfDeExemplo(3), nome: "ANA" });
  assertStringIncludes(await cheio.text(), "Já não há vaga a essa hora");
  const errado = await clinica.manda(ONDE, { cpf: "123", nome: "" });
  assertMatch(await errado.text(), /O CPF não é válido[^]*O nome não serve/);
});

teste("encaixa-se num minuto do atendimento", async (clinica) => {
  const onde = `${ONDE}&encaixe=sim`;
  assertMatch(await pagina(clinica, onde), /<select[^]*Geriatria/);
  const campos = { cpf: cpfDeExemplo(1), nome: "MARIA", especialidade: "CLINICO GERAL" };
  const resposta = await clinica.manda(onde, { ...campos, as: "11:05" }, { pedaco: true });
  assertEquals((await resposta.json()).texto, "Encaixe às 11:05: MARIA");
  const errado = await clinica.manda(onde, { ...campos, as: "25:00" });
  assertStringIncludes(await errado.text(), "A hora não serve");
});

// ------------------------------------------------------------------------------------------------------ ao vivo

/** Lê eventos de um fluxo, um a um. */
class LeitorDoFluxo implements Disposable {
  #leitor: ReadableStreamDefaultReader<Uint8Array>;
  #texto = "";

  constructor({ body }: Response) {
    if (body === null) throw new Error("o fluxo não tem corpo");
    this.#leitor = body.getReader();
  }

  /** O próximo evento com este nome, e o que leva. */
  async evento(nome: string): Promise<string> {
    for (;;) {
      const fim = this.#texto.indexOf("\n\n");
      if (fim >= 0) {
        const um = this.#texto.slice(0, fim);
        this.#texto = this.#texto.slice(fim + 2);
        if (um.includes(`event: ${nome}`)) {
          return um.split("\n").filter((uma) => uma.startsWith("data: ")).map((uma) => uma.slice(6)).join("\n");
        }
        continue;
      }
      const { value, done } = await this.#leitor.read();
      if (done) throw new Error("o fluxo acabou");
      this.#texto += new TextDecoder().decode(value);
    }
  }

  [Symbol.dispose](): void {
    this.#leitor.cancel();
  }
}

teste("ao vivo vai só o que mudou, igual ao da página, e fica dito que se viu", async (clinica) => {
  const um = await clinica.marca(1, "11:00", { nome: "MARIA" });
  await clinica.marca(2, "11:30", { nome: "OUTRO" });
  const escrita = await pagina(clinica);
  const [, desde] = /data-desde="([^"]*)"/.exec(escrita) ?? [];
  using leitor = new LeitorDoFluxo(await clinica.busca(`/painel/fluxo?data=${HOJE}&desde=${desde}`));
  await leitor.evento("vivo");
  clinica.vistos.length = 0;
  await clinica.situa(um, "CHEGOU");
  const evento = JSON.parse(await leitor.evento("dia"));
  assertEquals(Object.keys(evento.celulas), ["c1-660"]);
  assertEquals(evento.mudaram, [[um.numero, 2, "chegou", "Balcão 1"]]);
  const depois = await pagina(clinica);
  assertStringIncludes(depois, evento.celulas["c1-660"]);
  assertStringIncludes(depois, evento.partes.chamada.html);
  assertEquals(/data-estrutura="([^"]*)"/.exec(depois)?.[1], evento.estrutura);
  assertEquals(evento.partes.defora.html, undefined);
  assert(clinica.vistos.some(([, comando, numeros]) => comando === "LISTA" && numeros.join() === String(um.numero)));
});

teste("uma exceção, que muda as linhas, pede a página inteira", async (clinica) => {
  const escrita = await pagina(clinica);
  const [, desde] = /data-desde="([^"]*)"/.exec(escrita) ?? [];
  using leitor = new LeitorDoFluxo(await clinica.busca(`/painel/fluxo?data=${HOJE}&desde=${desde}`));
  await clinica.pede({ comando: "FECHA", data: HOJE, inicio: 660, fim: 720 });
  assertEquals(JSON.parse(await leitor.evento("dia")), { inteira: true });
});

teste("uma página guardada vale enquanto nada muda no seu dia, e diz sempre que se viu", async (clinica) => {
  const um = await clinica.marca(1, "11:00", { nome: "MARIA" });
  const primeira = await pagina(clinica);
  clinica.vistos.length = 0;
  assertEquals(await pagina(clinica), primeira);
  assertEquals(clinica.vistos, [["balcao", "LISTA", [um.numero]]]);
  await clinica.situa(um, "CHEGOU");
  assertMatch(textoDe(await pagina(clinica), `n${um.numero}`), /chegou/);
  // A de outra pessoa não é a mesma.
  assertStringIncludes(await pagina(clinica, PAINEL, "balcao Balcão 2"), "Balcão 2");
  clinica.agora += 60_000;
  await ate(async () => (await pagina(clinica)).includes(`data-agora="${clinica.agora}"`));
});

teste("o dia imprime-se por quem atende", async (clinica) => {
  await clinica.marca(1, "11:00", { nome: "MARIA", nota: "cadeira de rodas" });
  const escrita = await pagina(clinica, `/painel/imprimir?data=${HOJE}`);
  assertMatch(escrita, /Dra\. Ana Lima[^]*11:00[^]*MARIA[^]*100\.000\.001-08[^]*marcado[^]*cadeira de rodas/);
});

teste("em inglês e em espanhol diz-se tudo nessa língua", async (clinica) => {
  await clinica.marca(1, "11:00");
  for (const [lingua, dito] of [["en", "booked"], ["es", "reservado"]]) {
    const resposta = await clinica.busca(PAINEL, { headers: { "accept-language": lingua } });
    assertStringIncludes(await resposta.text(), `>${dito}<`);
  }
});
