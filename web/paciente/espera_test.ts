/**
 * A lista de espera por HTTP, sem porta: entrar nela, o convite, e quem já tem uma hora e quer outra antes.
 *
 * @module
 */

import { assertEquals, assertMatch, assertNotMatch, assertStringIncludes } from "@std/assert";
import { agend, ANA, BIA, cancel, CEDO, CLINICO, EQUIPE, MINUTO, SEGUNDA } from "../../testes/balcao.ts";
import { cpfDeExemplo, testeComSistema } from "../../testes/apoio.ts";
import { DIA_SEGUINTE, enche, fila, tem } from "../../testes/espera.ts";
import { Paginas, type Preenchido } from "../../testes/telefone.ts";

const AQUI = "/marcar/espera?especialidade=CLINICO+GERAL";
const ENTRA = "Entrar na lista de espera";
const QUEM: Preenchido = { cpf: ANA, nome: "Ana" };

testeComSistema("espera: entra-se com o que serve, o que vaga segura-se, e aceita-se com o prazo à vista", async () => {
  await using paginas = await Paginas.abre();
  const { balcao } = paginas;
  enche(balcao, DIA_SEGUINTE, ["08:00"]);
  await balcao.pede(agend(BIA, { data: DIA_SEGUINTE, horario: "08:00" }));
  const telefone = await paginas.telefone().vai(AQUI);
  await telefone.toca(ENTRA, { ...QUEM, de: DIA_SEGUINTE, ate: DIA_SEGUINTE, turno: "MANHÃ", antecedencia: "1440" });
  assertEquals([telefone.caminho, fila(balcao)], ["/agendamento", ["ANA"]]);
  const [{ de, ate, turno, antecedencia, marca, codigo }] = balcao.livro.esperas;
  assertEquals([de, ate, turno, antecedencia, marca], [DIA_SEGUINTE, DIA_SEGUINTE, "MANHÃ", 1440, false]);
  assertStringIncludes(telefone.texto, "1º na lista de espera");
  assertStringIncludes(telefone.texto, `${codigo.slice(0, 4)}-${codigo.slice(4)}`);
  assertNotMatch(telefone.texto, /Quero este horário/);
  await balcao.pede(cancel(BIA));
  await telefone.vai("/agendamento");
  assertMatch(
    telefone.texto,
    /Responda até segunda-feira, 30 de novembro, às 09:00\. .*Quero este horário.*Seu código/,
  );
  await telefone.toca("Não quero");
  assertEquals(telefone.titulo, "Quer mesmo deixar passar este horário?");
  await telefone.vai("/agendamento");
  await telefone.toca("Quero este horário");
  assertStringIncludes(telefone.texto, "O horário é seu.");
  assertEquals(telefone.titulo, "Seu agendamento");
  assertEquals(tem(balcao).filter((um) => um.startsWith("ANA")), [`ANA ${DIA_SEGUINTE} 08:00 MARCADO`]);
  assertEquals(paginas.vistos.filter(({ resultado }) => resultado.codigo === "ERRO-112"), []);
});

testeComSistema("espera: recusar passa a hora ao seguinte, e sai-se da lista depois de perguntar", async () => {
  await using paginas = await Paginas.abre();
  const { balcao } = paginas;
  await balcao.pede(agend(BIA, { data: DIA_SEGUINTE, horario: "08:00" }));
  const telefone = await paginas.telefone().vai(AQUI);
  await telefone.toca(ENTRA, QUEM);
  await balcao.pede(cancel(BIA));
  await telefone.vai("/agendamento");
  await telefone.toca("Não quero");
  await telefone.toca("Sim, deixar passar");
  assertStringIncludes(telefone.texto, "Você continua na lista de espera.");
  assertEquals([tem(balcao), fila(balcao)], [[], ["ANA"]]);
  await telefone.toca("Sair da lista de espera");
  assertEquals(fila(balcao), ["ANA"]);
  await telefone.toca("Sim, sair da lista");
  assertStringIncludes(telefone.texto, "Você saiu da lista de espera.");
  assertEquals(fila(balcao), []);
});

testeComSistema("espera: quem tem uma hora não diz outra vez quem é, e o que vaga muda-a", async () => {
  await using paginas = await Paginas.abre();
  const { balcao } = paginas;
  for (const [cpf, hora] of [[BIA, "08:00"], [ANA, "09:00"]]) {
    await balcao.pede(agend(cpf, { data: DIA_SEGUINTE, horario: hora }));
  }
  const codigo = balcao.livro.linhas[1].codigo;
  const telefone = await paginas.telefone().vai("/agendamento");
  await telefone.toca("Ver", { cpf: ANA, codigo });
  await telefone.toca("Avise-me se vagar");
  assertStringIncludes(telefone.texto, "Tem marcado segunda-feira, 7 de dezembro, às 09:00");
  assertNotMatch(telefone.html, /name="cpf"/);
  await telefone.toca(ENTRA, { marca: "" });
  assertEquals(balcao.livro.esperas.map(({ move, nome }) => [move, nome]), [[true, "ANA"]]);
  assertStringIncludes(telefone.texto, "1º na lista de espera");
  await balcao.pede(cancel(BIA));
  await telefone.vai("/agendamento");
  await telefone.toca("Quero este horário");
  assertEquals(tem(balcao), [`ANA ${DIA_SEGUINTE} 08:00 MARCADO`]);
  assertStringIncludes(telefone.texto, `${codigo.slice(0, 4)}-${codigo.slice(4)}`);
  await telefone.vai("/agendamento");
  assertEquals(paginas.vistos.filter(({ resultado }) => resultado.codigo === "ERRO-112"), []);
});

testeComSistema("espera: o bilhete que acaba a meio pergunta quem é, com o que serve como se escolheu", async () => {
  await using paginas = await Paginas.abre();
  const { balcao } = paginas;
  await balcao.pede(agend(ANA, { data: DIA_SEGUINTE, horario: "09:00" }));
  const [{ codigo }] = balcao.livro.linhas;
  const telefone = await paginas.telefone().vai("/agendamento");
  await telefone.toca("Ver", { cpf: ANA, codigo });
  await telefone.toca("Avise-me se vagar");
  balcao.agora = CEDO + 31 * MINUTO;
  await telefone.toca(ENTRA, { ate: DIA_SEGUINTE, marca: "sim" });
  assertEquals(telefone.codigo, 422);
  assertStringIncludes(telefone.texto, "O que você escolheu não se perdeu");
  assertEquals(telefone.formulario(ENTRA).campos.ate, DIA_SEGUINTE);
  await telefone.toca(ENTRA, { ...QUEM, codigo, marca: "sim" });
  assertEquals(balcao.livro.esperas.map(({ ate, marca, move }) => [ate, marca, move]), [[DIA_SEGUINTE, true, true]]);
});

testeComSistema("espera: mandada outra vez entra uma vez; a quem já lá está diz-se a frase de sempre", async () => {
  await using paginas = await Paginas.abre();
  const telefone = await paginas.telefone().vai(AQUI);
  const { acao, campos } = telefone.formulario(ENTRA);
  const outro = paginas.telefone();
  await Promise.all([telefone, outro].map((um) => um.manda(acao, { ...campos, ...QUEM })));
  assertEquals([fila(paginas.balcao), outro.texto], [["ANA"], telefone.texto]);
  const ditas = [];
  await paginas.balcao.pede(agend(BIA));
  for (const cpf of [ANA, BIA]) {
    await outro.vai(AQUI);
    await outro.toca(ENTRA, { cpf, nome: "Ninguém" });
    ditas.push([outro.codigo, outro.html.replaceAll(cpf, "").replace(/name="vez" value="[^"]*"/, "")]);
  }
  assertEquals(ditas[0], ditas[1]);
  assertStringIncludes(String(ditas[0][1]), "Não foi possível marcar por aqui com este CPF");
});

testeComSistema("espera: o que não serve diz-se ao lado, e o que se escreveu fica", async () => {
  await using paginas = await Paginas.abre({ config: EQUIPE });
  const telefone = await paginas.telefone().vai(AQUI);
  for (
    const [preenchido, dito] of [
      [{ de: "2026-13-01" }, "Escreva uma data que exista."],
      [{ de: DIA_SEGUINTE, ate: SEGUNDA }, "A última data é antes da primeira."],
      [{ de: "2026-12-01", ate: "2026-12-06" }, "não atende em nenhum horário assim"],
      [{ de: "", ate: "", turno: "TARDE" }, "não atende em nenhum horário assim"],
      [{ turno: "", profissional: "NINGUEM" }, "não atende em nenhum horário assim"],
      [{ cpf: "1" }, "Este CPF não existe"],
    ] as const
  ) {
    await telefone.toca(ENTRA, { ...QUEM, telefone: "11 98765-4321", ...preenchido });
    assertEquals(telefone.codigo, 422);
    assertStringIncludes(telefone.texto, dito);
    assertEquals(telefone.formulario(ENTRA).campos.telefone, "11 98765-4321");
  }
  assertEquals((await telefone.vai("/marcar/espera?especialidade=NADA")).caminho, "/marcar");
  for (let i = 0; i < 20; i++) {
    await paginas.balcao.pede(
      { comando: "ESPERA", cpf: cpfDeExemplo(100 + i), nome: "X", especialista: CLINICO },
      { origem: "203.0.113.7", cliente: "203.0.113.7:1", papel: "paciente" },
    );
  }
  await telefone.vai(AQUI);
  await telefone.toca(ENTRA, QUEM);
  assertStringIncludes(telefone.texto, "Não cabe mais ninguém");
});
