/**
 * `/agendamento` por HTTP, sem porta: abrir com o código, cada ato, o que mudou entretanto, e o bilhete que acaba a meio.
 *
 * @module
 */

import { assertEquals, assertMatch, assertNotMatch, assertStringIncludes } from "@std/assert";
import {
  agend,
  ANA,
  BIA,
  cancel,
  CEDO,
  CLINICO,
  codigoDeTeste,
  EQUIPE,
  MINUTO,
  poe,
  SEGUNDA,
  situa,
} from "../../testes/balcao.ts";
import type { Pedido } from "../../clinica/pedido.ts";
import { testeComSistema } from "../../testes/apoio.ts";
import { Paginas, type Telefone } from "../../testes/telefone.ts";
import { enderecoDoCartao } from "./cartao.ts";

const SEGUINTE = "2026-12-07";

/** Marca na recepção, e devolve o código. */
async function marcado({ balcao }: Paginas, cpf = ANA, hora = "08:30", data = SEGUINTE): Promise<string> {
  return await codigoDe(balcao, agend(cpf, { horario: hora, data }));
}

async function codigoDe(balcao: Paginas["balcao"], pedido: Pedido): Promise<string> {
  const resultado = await balcao.pede(pedido);
  if (resultado.codigo !== "OK-300") throw new Error(resultado.codigo);
  return resultado.agendamentos[0].codigo;
}

async function abre(telefone: Telefone, codigo: string, cpf = ANA): Promise<Telefone> {
  await telefone.vai("/agendamento");
  return await telefone.toca("Ver", { cpf, codigo });
}

/** Quantas vezes se disse um código que já nada abre. */
function errados({ vistos }: Paginas): number {
  return vistos.filter(({ resultado }) => resultado.codigo === "ERRO-112").length;
}

function situacoes({ balcao }: Paginas): string[] {
  return balcao.livro.linhas.map(({ data, hora, situacao }) => `${data} ${hora} ${situacao}`);
}

testeComSistema("agendamento: abre-se com o CPF e o código como se escreverem, e sai-se", async () => {
  await using paginas = await Paginas.abre();
  const codigo = await marcado(paginas);
  const telefone = await abre(
    paginas.telefone(),
    ` ${codigo.slice(0, 4).toLowerCase()}-${codigo.slice(4)} `,
    "012.345.678-90",
  );
  assertEquals(telefone.codigo, 422);
  const escrito = `${ANA.slice(0, 3)}.${ANA.slice(3, 6)}.${ANA.slice(6, 9)}-${ANA.slice(9)}`;
  await abre(telefone, ` ${codigo.slice(0, 4).toLowerCase()}-${codigo.slice(4)} `, escrito);
  assertEquals([telefone.codigo, telefone.titulo], [200, "Seu agendamento"]);
  assertStringIncludes(telefone.texto, "segunda-feira, 7 de dezembro de 2026");
  for (const caminho of telefone.historia) assertNotMatch(caminho, new RegExp(`${ANA}|${codigo}`));
  await telefone.toca("Sair");
  assertEquals([telefone.caminho, telefone.cookies.size], ["/", 0]);
  await telefone.vai("/agendamento");
  assertEquals(telefone.titulo, "Ver meu agendamento");
});

testeComSistema("agendamento: um código errado responde o mesmo, haja ou não um agendamento", async () => {
  await using paginas = await Paginas.abre();
  await marcado(paginas);
  const ditas = [];
  for (const cpf of [ANA, BIA]) {
    const telefone = await abre(paginas.telefone(), "AAAA-AAAA", cpf);
    ditas.push([telefone.codigo, telefone.html.replaceAll(cpf, "X"), telefone.html.length, telefone.cookies.size]);
  }
  assertEquals(ditas[0], ditas[1]);
  const telefone = paginas.telefone();
  const codigos = [];
  for (let i = 0; i < 6; i++) codigos.push((await abre(telefone, "AAAA-AAAA")).codigo);
  assertEquals(codigos, [422, 422, 422, 422, 429, 429]);
});

testeComSistema("agendamento: confirma-se, chega-se no dia, e a senha mostra-se", async () => {
  await using paginas = await Paginas.abre();
  const codigo = await marcado(paginas, ANA, "08:30", SEGUNDA);
  const telefone = await abre(paginas.telefone(), codigo);
  await telefone.toca("Confirmar presença");
  assertStringIncludes(telefone.texto, "Presença confirmada. Até lá!");
  assertEquals(situacoes(paginas), [`${SEGUNDA} 08:30 CONFIRMADO`]);
  assertNotMatch(telefone.texto, /Confirmar presença/);
  await telefone.toca("Cheguei");
  assertEquals([telefone.titulo, situacoes(paginas)[0]], ["Já está na clínica?", `${SEGUNDA} 08:30 CONFIRMADO`]);
  await telefone.toca("Sim, cheguei");
  assertEquals(situacoes(paginas), [`${SEGUNDA} 08:30 CHEGOU`]);
  assertStringIncludes(telefone.texto, "Sua senha A001");
  assertNotMatch(telefone.texto, /Cancelar|Mudar|Cheguei/);
});

testeComSistema("agendamento: só se diz que se chegou no próprio dia", async () => {
  await using paginas = await Paginas.abre();
  const telefone = await abre(paginas.telefone(), await marcado(paginas));
  assertNotMatch(telefone.texto, /Cheguei/);
  await telefone.vai("/agendamento/chegar?numero=1");
  await telefone.toca("Sim, cheguei");
  assertStringIncludes(telefone.texto, "Não dá mais para fazer isso");
});

testeComSistema("agendamento: cancela-se depois de perguntar, e o código não se torna a dizer", async () => {
  await using paginas = await Paginas.abre();
  const telefone = await abre(paginas.telefone(), await marcado(paginas));
  await telefone.toca("Cancelar");
  assertEquals([telefone.titulo, situacoes(paginas)], ["Quer mesmo cancelar?", [`${SEGUINTE} 08:30 MARCADO`]]);
  await telefone.toca("Sim, cancelar");
  assertEquals(situacoes(paginas), [`${SEGUINTE} 08:30 CANCELADO`]);
  assertStringIncludes(telefone.texto, "foi cancelado");
  assertNotMatch(
    telefone.html,
    /<input\b[^>]*name="cpf"/,
    "a quem acabou de cancelar não se pede o código do que já não há",
  );
  const antes = paginas.vistos.length;
  await telefone.vai("/agendamento");
  assertEquals(paginas.vistos.length, antes);
  assertNotMatch(telefone.texto, /foi cancelado/);
  assertEquals(errados(paginas), 0);
});

testeComSistema("agendamento: muda-se de dia e hora, com quem se tinha, e o código fica", async () => {
  await using paginas = await Paginas.abre({ config: EQUIPE });
  const codigo = await codigoDe(
    paginas.balcao,
    agend(ANA, { horario: "08:00", data: SEGUNDA, profissional: "DR. REIS" }),
  );
  const telefone = await abre(paginas.telefone(), codigo);
  await telefone.toca("Mudar");
  assertStringIncludes(telefone.texto, "Ver os horários de todos os profissionais");
  await telefone.toca("7 de dezembro");
  await telefone.toca("09:00");
  assertEquals(telefone.titulo, "Mudar para este horário?");
  assertEquals(situacoes(paginas), [`${SEGUNDA} 08:00 MARCADO`]);
  await telefone.toca("Sim, mudar");
  assertStringIncludes(telefone.texto, "Mudado. O código continua o mesmo.");
  const [linha] = paginas.balcao.livro.linhas;
  assertEquals([linha.data, linha.hora, linha.profissional, linha.codigo], [SEGUINTE, "09:00", "DR. REIS", codigo]);
});

testeComSistema("agendamento: a hora para que se ia mudar foi-se; a que se tem fica", async () => {
  await using paginas = await Paginas.abre();
  const telefone = await abre(paginas.telefone(), await marcado(paginas));
  await telefone.toca("Mudar");
  await telefone.toca("30 de novembro");
  await telefone.toca("09:00");
  poe(paginas.balcao, { cpf: BIA, hora: "09:00" });
  await telefone.toca("Sim, mudar");
  assertEquals([telefone.codigo, telefone.titulo], [409, "Escolha outro horário"]);
  assertEquals(situacoes(paginas)[0], `${SEGUINTE} 08:30 MARCADO`);
  await telefone.toca("30 de novembro, às 08:30");
  assertEquals(situacoes(paginas)[0], `${SEGUNDA} 08:30 MARCADO`);
});

testeComSistema("agendamento: o que mudou entretanto diz-se, e nada se faz por cima", async () => {
  await using paginas = await Paginas.abre();
  const telefone = await abre(paginas.telefone(), await marcado(paginas));
  const { acao, campos } = telefone.formulario("Confirmar presença");
  await paginas.balcao.pede({ comando: "CORRIGE", cpf: ANA, especialista: CLINICO, nome: "ANA DE OUTRO NOME" });
  await telefone.manda(acao, campos);
  assertStringIncludes(telefone.texto, "mudou nesse meio-tempo, e nada foi feito");
  assertStringIncludes(telefone.texto, "ANA DE OUTRO NOME");
  assertEquals(situacoes(paginas), [`${SEGUINTE} 08:30 MARCADO`]);
  await telefone.toca("Cancelar");
  await paginas.balcao.pede(situa(ANA, "CONFIRMADO"));
  await telefone.toca("Sim, cancelar");
  assertEquals(situacoes(paginas), [`${SEGUINTE} 08:30 CONFIRMADO`]);
  await telefone.toca("Mudar");
  await telefone.toca("30 de novembro");
  await telefone.toca("09:00");
  await paginas.balcao.pede({ comando: "CORRIGE", cpf: ANA, especialista: CLINICO, nome: "ANA" });
  await telefone.toca("Sim, mudar");
  assertStringIncludes(telefone.texto, "mudou nesse meio-tempo, e nada foi feito");
  assertEquals(situacoes(paginas), [`${SEGUINTE} 08:30 CONFIRMADO`]);
});

testeComSistema("agendamento: o que a recepção cancelou já não se abre, e o outro do mesmo CPF sim", async () => {
  await using paginas = await Paginas.abre();
  const telefone = await abre(paginas.telefone(), await marcado(paginas));
  const outro = await codigoDe(paginas.balcao, agend(ANA, { especialista: "NUTRICIONISTA", data: "2026-12-04" }));
  await telefone.toca("Ver", { cpf: ANA, codigo: outro });
  assertStringIncludes(telefone.texto, "segunda-feira, 7 de dezembro de 2026");
  assertStringIncludes(telefone.texto, "sexta-feira, 4 de dezembro de 2026");
  await paginas.balcao.pede(cancel(ANA, CLINICO));
  await telefone.vai("/agendamento/cancelar?numero=1");
  assertStringIncludes(telefone.texto, "já passou, ou foi desmarcado");
  await telefone.vai("/agendamento");
  assertNotMatch(telefone.texto, /7 de dezembro/);
  assertEquals(errados(paginas), 1, "o que já nada abre diz-se uma vez, que conta como errado");
});

testeComSistema("agendamento: o que as regras já não deixam não se oferece, e pedido recusa-se", async () => {
  await using paginas = await Paginas.abre({ config: { regras: { cancelamento: 2 * 24 * 60 } } });
  const codigo = await marcado(paginas, ANA, "08:30", SEGUNDA);
  const telefone = await abre(paginas.telefone(), codigo);
  assertNotMatch(telefone.texto, /Cancelar|Mudar/);
  assertStringIncludes(telefone.texto, "Não dá mais para mudar ou cancelar por aqui");
  for (const ato of ["cancelar", "mudar"]) {
    await telefone.manda(`/agendamento/${ato}`, { numero: "1", versao: "1", quando: `${SEGUINTE} 08:30` });
    assertStringIncludes(telefone.texto, "As regras da clínica não deixam mais");
  }
  assertEquals(situacoes(paginas), [`${SEGUNDA} 08:30 MARCADO`]);
});

testeComSistema("agendamento: o bilhete que acaba a meio não perde o que se escolheu", async () => {
  await using paginas = await Paginas.abre();
  const codigo = await marcado(paginas);
  const telefone = await abre(paginas.telefone(), codigo);
  await telefone.toca("Mudar");
  await telefone.toca("30 de novembro");
  await telefone.toca("09:30");
  paginas.balcao.agora = CEDO + 31 * MINUTO;
  await telefone.toca("Sim, mudar");
  assertEquals([telefone.titulo, situacoes(paginas)], ["Ver meu agendamento", [`${SEGUINTE} 08:30 MARCADO`]]);
  assertStringIncludes(telefone.texto, "O que você escolheu não se perdeu");
  await telefone.toca("Ver", { cpf: ANA, codigo: "AAAA-AAAA" });
  await telefone.toca("Ver", { codigo });
  assertEquals(telefone.titulo, "Mudar para este horário?");
  assertStringIncludes(telefone.texto, "09:30");
  await telefone.toca("Sim, mudar");
  assertEquals(situacoes(paginas), [`${SEGUNDA} 09:30 MARCADO`]);
});

testeComSistema("agendamento: só se volta a uma página destas", async () => {
  await using paginas = await Paginas.abre();
  const codigo = await marcado(paginas);
  for (const volta of ["//mal.exemplo/", "https://mal.exemplo/", "/painel", "/agendamento/../painel", "/marcar\\x"]) {
    const telefone = await paginas.telefone().manda("/agendamento", { cpf: ANA, codigo, volta });
    assertEquals(telefone.caminho, "/agendamento", volta);
  }
});

testeComSistema("agendamento: o de outro não se alcança pelo número, nem com um bilhete inventado", async () => {
  await using paginas = await Paginas.abre();
  const codigo = await marcado(paginas);
  await marcado(paginas, BIA, "09:00");
  const telefone = await abre(paginas.telefone(), codigo);
  for (const ato of ["confirmar", "cancelar", "chegar", "aceitar", "recusar", "desistir", "mudar"]) {
    await telefone.manda(`/agendamento/${ato}`, { numero: "2", versao: "1", quando: `${SEGUNDA} 08:00` });
    await telefone.vai(`/agendamento/${ato}?numero=2`);
    assertStringIncludes(telefone.texto, "já passou, ou foi desmarcado");
  }
  assertEquals((await telefone.vai("/agendamento/cartao.ics?numero=2")).codigo, 404);
  assertEquals(situacoes(paginas), [`${SEGUINTE} 08:30 MARCADO`, `${SEGUINTE} 09:00 MARCADO`]);
  const outro = paginas.telefone();
  const bilhete = telefone.cookies.get("bilhete") ?? "";
  for (const falso of ["", "x", bilhete.slice(0, -2), `${bilhete}A`, codigoDeTeste(1)]) {
    outro.cookies.set("bilhete", falso);
    assertEquals((await outro.vai("/agendamento")).titulo, "Ver meu agendamento", falso);
  }
  await telefone.manda("/agendamento/cancelar", { numero: "1", versao: "1" }, { "sec-fetch-site": "cross-site" });
  assertEquals(telefone.codigo, 403);
});

Deno.test("agendamento: o QR de quem atende por TLS leva lá por TLS", { permissions: "none" }, () => {
  const leva = (segura: boolean): string =>
    enderecoDoCartao({ segura }, "http://clinica.local:9080/agendamento?feito=1", { cpf: ANA, codigo: "ABCD1234" });
  assertEquals(leva(true), `https://clinica.local:9080/agendamento#${ANA}.ABCD1234`);
  assertEquals(leva(false), `http://clinica.local:9080/agendamento#${ANA}.ABCD1234`);
});

testeComSistema("agendamento: o QR leva a este cartão, e o evento de calendário tem a hora da clínica", async () => {
  await using paginas = await Paginas.abre({ config: EQUIPE });
  const codigo = await codigoDe(paginas.balcao, agend(ANA, { horario: "08:00" }));
  const telefone = await abre(paginas.telefone(), codigo);
  assertMatch(telefone.html, /<img src="data:image\/svg\+xml,%3Csvg /);
  await telefone.vai("/agendamento/cartao.ics?numero=1");
  assertMatch(telefone.html, /^DTSTART:20261130T110000Z\r$/m);
  assertMatch(telefone.html, /^DTEND:20261130T113000Z\r$/m);
  assertMatch(telefone.html, /^SEQUENCE:1\r$/m);
  assertNotMatch(telefone.html, new RegExp(`${ANA}|${codigo}`));
  const uid = /^UID:.*$/m.exec(telefone.html)?.[0];
  await paginas.balcao.pede(situa(ANA, "CONFIRMADO"));
  await telefone.vai("/agendamento/cartao.ics?numero=1");
  assertEquals(/^UID:.*$/m.exec(telefone.html)?.[0], uid);
  assertMatch(telefone.html, /^SEQUENCE:2\r$/m);
});
