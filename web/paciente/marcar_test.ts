/**
 * `/marcar` por HTTP, sem porta: o caminho inteiro, o que se recusa, e um formulário mandado quantas vezes for.
 *
 * @module
 */

import { assert, assertEquals, assertMatch, assertNotMatch, assertStringIncludes } from "@std/assert";
import { LIMITES_DE_PEDIDOS } from "../../acesso/limites.ts";
import { agend, ANA, BIA, CINCO, CLINICO, em, EQUIPE, extra, fecha, poe, SEGUNDA } from "../../testes/balcao.ts";
import { ate, cpfDeExemplo, testeComSistema } from "../../testes/apoio.ts";
import { Paginas, type Preenchido, type Telefone } from "../../testes/telefone.ts";

const QUEM: Preenchido = { cpf: ANA, nome: "Ana Maria", telefone: "(11) 98765-4321", email: "ana@exemplo.com.br" };
const CONFIRMA = "Confirmar e marcar";

/** Até ao formulário do fim. */
async function ateAoFim(telefone: Telefone, hora = "08:30", especialidade = CLINICO): Promise<Telefone> {
  await telefone.vai("/");
  await telefone.toca("Marcar um atendimento");
  await telefone.toca(especialidade);
  await telefone.toca("30 de novembro");
  return await telefone.toca(hora);
}

function naAgenda({ balcao }: Paginas): string[] {
  return balcao.livro.linhas.map(({ data, hora, nome, situacao }) => `${data} ${hora} ${nome} ${situacao}`);
}

testeComSistema("marcar: o caminho inteiro, e nada de ninguém num endereço", async () => {
  await using paginas = await Paginas.abre();
  const telefone = await ateAoFim(paginas.telefone());
  assertEquals(telefone.titulo, "Quem vai ser atendido?");
  await telefone.toca(CONFIRMA, QUEM);
  assertEquals(naAgenda(paginas), [`${SEGUNDA} 08:30 ANA MARIA MARCADO`]);
  const [{ codigo, telefone: numero, email }] = paginas.balcao.livro.linhas;
  assertEquals([numero, email], ["+5511987654321", "ana@exemplo.com.br"]);
  assertEquals([telefone.codigo, telefone.caminho], [200, "/agendamento"]);
  for (const dito of ["Está marcado", "segunda-feira, 30 de novembro de 2026", "08:30", "ANA MARIA"]) {
    assertStringIncludes(telefone.texto, dito);
  }
  assertStringIncludes(telefone.texto, `${codigo.slice(0, 4)}-${codigo.slice(4)}`);
  for (const caminho of telefone.historia) assertNotMatch(caminho, new RegExp(`${ANA}|ana|${codigo}`, "i"));
  for (const valor of telefone.cookies.values()) assertNotMatch(valor, new RegExp(`${ANA}|${codigo}`));
  await telefone.vai("/agendamento");
  assertNotMatch(telefone.texto, /Está marcado/, "o recado diz-se uma vez");
  assertEquals(naAgenda(paginas).length, 1);
});

testeComSistema("marcar: o que está cheio não se oferece; sem horas, oferece-se a lista de espera", async () => {
  await using paginas = await Paginas.abre();
  const { balcao } = paginas;
  for (const [i, hora] of CINCO.entries()) {
    if (hora !== "09:00") poe(balcao, { cpf: cpfDeExemplo(20 + i), hora });
  }
  const telefone = await paginas.telefone().vai(`/marcar?especialidade=CLINICO+GERAL&data=${SEGUNDA}`);
  assertEquals([...telefone.texto.matchAll(/\d\d:\d\d/g)].map(String), ["09:00"]);
  await balcao.pede(agend(BIA, { horario: "09:00" }));
  await telefone.toca("09:00");
  assertStringIncludes(telefone.texto, "não tem mais horários livres");
  await balcao.pede(fecha({ data: SEGUNDA, ate: "2027-02-01", especialista: CLINICO }));
  await telefone.vai("/marcar?especialidade=CLINICO+GERAL");
  assertEquals(telefone.titulo, "Não há horários livres");
  await telefone.toca("Avise-me se vagar");
  assertEquals(telefone.titulo, "Avise-me se vagar");
});

testeComSistema("marcar: o que a antecedência da clínica não deixa marcar não se oferece", async () => {
  await using paginas = await Paginas.abre({ config: { regras: { antecedencia: 90 } } });
  const telefone = await paginas.telefone().vai(`/marcar?especialidade=CLINICO+GERAL&data=${SEGUNDA}`);
  assertEquals([...telefone.texto.matchAll(/\d\d:\d\d/g)].map(String), ["08:30", "09:00", "09:30", "10:00"]);
});

testeComSistema("marcar: com uma especialidade só, e um profissional só, não se pergunta qual", async () => {
  await using paginas = await Paginas.abre({ config: { atendimentos: [EQUIPE.atendimentos[0]] } });
  const telefone = await paginas.telefone().vai("/marcar");
  assertEquals(telefone.titulo, "Qual dia é melhor para você?");
});

testeComSistema("marcar: com quem se quer, ou com qualquer um", async () => {
  await using paginas = await Paginas.abre({ config: EQUIPE });
  const telefone = await paginas.telefone().vai("/marcar");
  await telefone.toca(CLINICO);
  assertEquals(telefone.titulo, "Com quem você quer marcar?");
  await telefone.toca("Dr. Reis");
  await telefone.toca("30 de novembro");
  await telefone.toca("08:00");
  await telefone.toca(CONFIRMA, QUEM);
  assertStringIncludes(telefone.texto, "Dr. Reis");
  assertEquals(paginas.balcao.livro.linhas.map(({ profissional }) => profissional), ["DR. REIS"]);
});

testeComSistema("marcar: a hora que se foi diz-se, e marca-se uma das três mais próximas", async () => {
  await using paginas = await Paginas.abre();
  const telefone = await ateAoFim(paginas.telefone(), "10:00");
  poe(paginas.balcao, { cpf: BIA, hora: "10:00" });
  await telefone.toca(CONFIRMA, QUEM);
  assertEquals([telefone.codigo, telefone.titulo], [409, "Escolha outro horário"]);
  const oferecidas = [...telefone.html.matchAll(/name="quando" value="([^"]*)"/g)].map(([, quando]) => quando);
  assertEquals(oferecidas, [`${SEGUNDA} 08:30`, `${SEGUNDA} 09:00`, `${SEGUNDA} 09:30`]);
  await telefone.toca("30 de novembro, às 09:00");
  assertEquals(naAgenda(paginas), [`${SEGUNDA} 10:00 BIA MARCADO`, `${SEGUNDA} 09:00 ANA MARIA MARCADO`]);
  assertEquals(paginas.balcao.livro.linhas[1].telefone, "+5511987654321");
});

testeComSistema("marcar: um formulário mandado outra vez, aqui ou noutro servidor, marca uma vez", async () => {
  await using paginas = await Paginas.abre();
  const outras = await Paginas.abre({ balcao: paginas.balcao });
  const telefone = await ateAoFim(paginas.telefone());
  const { acao, campos } = telefone.formulario(CONFIRMA);
  const [um, dois, tres] = [paginas.telefone(), paginas.telefone(), outras.telefone("203.0.113.8")];
  await Promise.all([um.manda(acao, { ...campos, ...QUEM }), dois.manda(acao, { ...campos, ...QUEM })]);
  paginas.balcao.agora = em(`${SEGUNDA}T07:30`);
  await tres.manda(acao, { ...campos, ...QUEM });
  assertEquals(naAgenda(paginas), [`${SEGUNDA} 08:30 ANA MARIA MARCADO`]);
  for (const visto of [dois, tres]) assertEquals([visto.codigo, visto.texto], [um.codigo, um.texto]);
  assertEquals(paginas.balcao.livro.tentativas.filter(({ cpf }) => cpf === ""), [], "nenhuma se conta como recusa");
  // Com o nome de outro, o mesmo formulário é outro pedido.
  await tres.manda(acao, { ...campos, ...QUEM, cpf: BIA, nome: "Bia" });
  assertEquals([tres.codigo, naAgenda(paginas).length], [409, 1]);
  await tres.toca("30 de novembro, às 09:00");
  const [deAna, deBia] = paginas.balcao.livro.linhas;
  assertEquals([deBia.nome, deBia.codigo === deAna.codigo], ["BIA", false]);
});

testeComSistema("marcar: uma vez inventada, de outra coisa ou vencida não estraga nada", async () => {
  await using paginas = await Paginas.abre();
  const telefone = await ateAoFim(paginas.telefone());
  const { acao, campos } = telefone.formulario(CONFIRMA);
  await telefone.manda(acao, { ...campos, ...QUEM, vez: "x".repeat(40) });
  assertEquals(naAgenda(paginas).length, 1);
  const outro = await paginas.telefone().manda(acao, {
    ...{ ...campos, ...QUEM, cpf: BIA, quando: `${SEGUNDA} 09:00` },
    vez: telefone.cookies.get("bilhete") ?? "",
  });
  assertEquals([outro.codigo, naAgenda(paginas).length], [200, 2]);
});

testeComSistema("marcar: o que não serve diz-se ao lado do campo, e o que se escreveu fica", async () => {
  await using paginas = await Paginas.abre();
  const telefone = await ateAoFim(paginas.telefone());
  const escrito = { cpf: "529.982.247-26", nome: '"><script>alert(1)</script>', telefone: "123", email: "ana@" };
  await telefone.toca(CONFIRMA, escrito);
  assertEquals(telefone.codigo, 422);
  assertStringIncludes(telefone.html, "<title>Erro: ");
  const { campos } = telefone.formulario(CONFIRMA);
  for (const [nome, valor] of Object.entries(escrito)) assertEquals(campos[nome], valor);
  assertNotMatch(telefone.html, /<script>alert/);
  const invalidos = [...telefone.html.matchAll(/<input id="(\w+)"[^>]*aria-invalid="true"/g)].map(([, id]) => id);
  assertEquals(invalidos, ["cpf", "telefone", "email"]);
  assertEquals([...telefone.html.matchAll(/autofocus/g)].length, 1);
  assertMatch(telefone.html, /<input id="cpf"[^>]*autofocus/);
  assertMatch(telefone.html, /aria-describedby="cpf-dica cpf-erro"/);
  assertEquals([...telefone.html.matchAll(/<li>\s*<a href="#(\w+)">/g)].map(([, id]) => id), invalidos);
  await telefone.toca(CONFIRMA, { ...escrito, cpf: "529.982.247-25", nome: " ", telefone: "", email: "" });
  assertStringIncludes(telefone.texto, "Escreva o seu nome.");
  await telefone.toca(CONFIRMA, { nome: "Ana" });
  assertEquals(naAgenda(paginas), [`${SEGUNDA} 08:30 ANA MARCADO`]);
});

testeComSistema("marcar: a quem já está no livro, seja porque for, diz-se a mesma frase", async () => {
  const config = {
    regras: { porCpf: 2, faltas: { quantas: 1, meses: 6 } },
    atendimentos: [
      ...EQUIPE.atendimentos.slice(0, 1),
      { especialidade: "PEDIATRA", dia: "SEGUNDA-FEIRA" },
      { especialidade: "NUTRICIONISTA", dia: "SEGUNDA-FEIRA" },
    ],
  };
  await using paginas = await Paginas.abre({ config });
  const { balcao } = paginas;
  const [jaTem, demais, faltou] = [cpfDeExemplo(11), cpfDeExemplo(12), cpfDeExemplo(13)];
  poe(balcao, { cpf: jaTem, hora: "08:00", profissional: "DRA. LIMA" });
  for (const especialidade of ["PEDIATRA", "NUTRICIONISTA"]) poe(balcao, { cpf: demais, hora: "08:00", especialidade });
  poe(balcao, { cpf: faltou, data: "2026-11-23", hora: "08:00", situacao: "FALTOU", ativo: false });
  const paginasDitas = [];
  for (const [i, cpf] of [jaTem, demais, faltou].entries()) {
    const telefone = await paginas.telefone(`203.0.113.${i + 1}`).vai(
      `/marcar?especialidade=CLINICO+GERAL&data=${SEGUNDA}&hora=08:30`,
    );
    await telefone.toca(CONFIRMA, { ...QUEM, cpf });
    paginasDitas.push([telefone.codigo, telefone.html.replaceAll(cpf, "").replace(/name="vez" value="[^"]*"/, "")]);
  }
  assertEquals(paginasDitas[0], paginasDitas[1]);
  assertEquals(paginasDitas[0], paginasDitas[2]);
  assertStringIncludes(String(paginasDitas[0][1]), "veja-o com o seu código");
  assertEquals(naAgenda(paginas).length, 4);
});

testeComSistema("marcar: quem pede demais espera, e diz-se-lhe quanto", async () => {
  await using paginas = await Paginas.abre();
  const telefone = await ateAoFim(paginas.telefone());
  await paginas.balcao.pede(agend(ANA));
  const { acao, campos } = telefone.formulario(CONFIRMA);
  const codigos: number[] = [];
  for (let i = 0; i < 7; i++) codigos.push((await telefone.manda(acao, { ...campos, ...QUEM })).codigo);
  assertEquals(codigos, [422, 422, 422, 429, 429, 429, 429]);
  assertStringIncludes(telefone.texto, "Espere 15 minutos");
});

testeComSistema("marcar: o que se estraga no endereço ou no formulário não parte nada", async () => {
  await using paginas = await Paginas.abre();
  await paginas.balcao.pede(extra(13 * 60));
  const telefone = paginas.telefone();
  for (
    const caminho of [
      "/marcar?especialidade=NADA",
      "/marcar?especialidade=CLINICO+GERAL&profissional=NADA&data=2026-99-99&hora=99:99",
      "/marcar?especialidade=CLINICO+GERAL&desde=x",
      `/marcar?especialidade=CLINICO+GERAL&data=${SEGUNDA}&hora=25:00`,
      "/marcar?especialidade=%00&especialidade=%F0",
    ]
  ) assertEquals((await telefone.vai(caminho)).codigo, 200, caminho);
  for (const quando of ["", "x", "2026-02-30 08:00", `${SEGUNDA} 24:00`]) {
    await telefone.manda("/marcar", { ...QUEM, especialidade: CLINICO, quando });
    assertEquals(telefone.caminho, "/marcar", quando);
  }
  await telefone.manda("/marcar", { ...QUEM, especialidade: CLINICO, quando: `${SEGUNDA} 08:10` });
  assertEquals(telefone.codigo, 409);
  await telefone.manda("/marcar", QUEM, { "sec-fetch-site": "cross-site" });
  assertEquals(telefone.codigo, 403);
  assert(naAgenda(paginas).length === 0);
});

testeComSistema("marcar: mudar de língua a meio fica onde se estava", async () => {
  await using paginas = await Paginas.abre();
  const telefone = await paginas.telefone().vai("/marcar?especialidade=CLINICO+GERAL");
  await telefone.toca("30 de novembro");
  const aqui = telefone.caminho;
  await telefone.manda("/lingua", { ...telefone.formulario("English").campos, lingua: "en" });
  assertEquals([telefone.caminho, telefone.titulo], [aqui, "At what time?"]);
  for (const volta of ["//mal.exemplo/?a", "/\\\\mal.exemplo", "https://mal.exemplo/?/", "/?a=<x>"]) {
    assertEquals((await telefone.manda("/lingua", { volta, lingua: "pt" })).caminho, "/", volta);
  }
});

testeComSistema("marcar: uma página guardada é a de agora, e na língua de cada um", async () => {
  await using paginas = await Paginas.abre({ config: { regras: { antecedencia: 60 } } });
  const { balcao } = paginas;
  const aqui = `/marcar?especialidade=CLINICO+GERAL&data=${SEGUNDA}`;
  const telefone = paginas.telefone();
  const horas = async (): Promise<string[]> => [...(await telefone.vai(aqui)).texto.matchAll(/\d\d:\d\d/g)].map(String);
  assertEquals([await horas(), await horas()], [[...CINCO], [...CINCO]]);
  const perguntas = (): number => paginas.vistos.filter(({ pedido }) => pedido.comando === "VAGAS").length;
  assertEquals(perguntas(), 1, "enquanto nada muda não se pergunta outra vez");
  await balcao.pede(agend(BIA, { horario: "09:00" }));
  assertEquals(await horas(), ["08:00", "08:30", "09:30", "10:00"]);
  await balcao.pede(agend(ANA, { especialista: "NUTRICIONISTA", data: "2026-12-04" }));
  assertEquals(
    [await horas(), perguntas()],
    [["08:00", "08:30", "09:30", "10:00"], 4],
    "depois vê-se se são as mesmas",
  );
  await ate(async () => {
    const antes = perguntas();
    await horas();
    return perguntas() === antes;
  });
  balcao.agora = em(`${SEGUNDA}T07:31`);
  assertEquals(await horas(), ["09:30", "10:00"]);
  telefone.cookies.set("lingua", "es");
  await telefone.vai(aqui);
  assertEquals(telefone.titulo, "¿A qué hora?");
  await telefone.vai("/");
  balcao.troca({ nome: "Outra clínica", regras: { antecedencia: 60 } });
  assertStringIncludes((await telefone.vai("/")).html, "Outra clínica");
  const feita = await paginas.pede(new Request(`http://clinica.local${aqui}`), "203.0.113.9");
  assertEquals(feita.headers.get("content-encoding"), null);
  const comprimida = { headers: { "accept-encoding": "gzip" } };
  for (let i = 0; i < 2; i++) {
    const resposta = await paginas.pede(new Request(`http://clinica.local${aqui}`, comprimida), "203.0.113.9");
    assertEquals([resposta.headers.get("content-encoding"), resposta.headers.get("cache-control")], [
      "gzip",
      "no-store",
    ]);
    await resposta.body?.cancel();
  }
  await feita.body?.cancel();
});

testeComSistema("marcar: um pedido igual a outro nem passa pelas rotas, enquanto a página é a mesma", async () => {
  await using paginas = await Paginas.abre();
  const { balcao } = paginas;
  const pede = async (headers: Record<string, string> = {}): Promise<[string, boolean]> => {
    const antes = paginas.depressa;
    const request = new Request(`http://clinica.local/marcar?especialidade=CLINICO+GERAL&data=${SEGUNDA}`, { headers });
    const texto = await (await paginas.pede(request, "203.0.113.7")).text();
    return [texto, paginas.depressa > antes];
  };
  /** A mesma três vezes: faz-se, dá-se a que se fez, e depois já se conhece o pedido. */
  const tres = async (headers?: Record<string, string>): Promise<string> => {
    const vezes = [await pede(headers), await pede(headers), await pede(headers)];
    assertEquals(vezes.map(([, depressa]) => depressa), [false, false, true]);
    assertEquals(new Set(vezes.map(([texto]) => texto)).size, 1);
    return vezes[0][0];
  };
  const antes = await tres();
  assertStringIncludes(antes, "09:00");
  assertStringIncludes(await tres({ "accept-language": "en" }), "At what time?");
  // Onde acaba um cabeçalho e começa o outro também conta.
  const outro = { "accept-encoding": "a", "accept-language": "b es" };
  assertEquals([(await pede(outro))[1], (await pede(outro))[1]], [false, true]);
  assertStringIncludes(await tres({ "accept-encoding": "a b", "accept-language": "es" }), "¿A qué hora?");
  const comCookie = { cookie: "lingua=es" };
  assertEquals([(await pede(comCookie))[1], (await pede(comCookie))[1]], [false, false]);
  await balcao.pede(agend(BIA, { horario: "09:00" }));
  const [depois, depressa] = await pede();
  assertEquals([depois.includes("09:00"), depressa], [false, false]);
  // O que mudou ainda se está a juntar; a seguir é outra que já se conhece.
  await ate(async () => (await pede())[1]);
  assertEquals((await pede())[0], depois);
  balcao.agora += 60_000;
  assertEquals([(await pede())[1], (await pede())[1]], [false, true], "ao minuto vê-se se ainda são as mesmas");
  balcao.troca({ nome: "Outra clínica" });
  assertStringIncludes(await tres(), "Outra clínica");
});

testeComSistema("marcar: uma página guardada conta como as outras a quem pede demais", async () => {
  await using paginas = await Paginas.abre();
  const telefone = paginas.telefone();
  const codigos = new Set<number>();
  for (let i = 0; i <= LIMITES_DE_PEDIDOS.lugar.fichas; i++) codigos.add((await telefone.vai("/marcar")).codigo);
  assertEquals([...codigos], [200, 429]);
});
