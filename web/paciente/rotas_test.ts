/**
 * As páginas do paciente onde quem não entrou não marca: o que dizem, e que nada fazem; e num servidor, o que cada `--anonimo` manda.
 *
 * @module
 */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { ANONIMOS } from "../../acesso/chaveiro.ts";
import { Pasta, Servidor, testeComSistema } from "../../testes/apoio.ts";
import { ANA, CLINICO, SEGUNDA } from "../../testes/balcao.ts";
import { Paginas } from "../../testes/telefone.ts";
import { LINGUAS, PALAVRAS } from "../palavras/palavras.ts";

testeComSistema("paciente: onde sem chave não se marca, todas as páginas o dizem, na língua de quem pede", async () => {
  await using paginas = await Paginas.abre({ abertaAoPublico: false });
  for (const lingua of LINGUAS) {
    const telefone = paginas.telefone();
    telefone.cookies.set("lingua", lingua);
    for (const caminho of ["/", "/marcar", "/marcar?especialidade=CLINICO", "/marcar/espera", "/agendamento"]) {
      await telefone.vai(caminho);
      assertEquals([telefone.titulo, telefone.codigo], [
        PALAVRAS[lingua].paciente.soNaRecepcao,
        caminho === "/" ? 200 : 403,
      ]);
      assertStringIncludes(telefone.texto, PALAVRAS[lingua].paciente.soNaRecepcaoExplica);
    }
  }
});

testeComSistema("paciente: onde sem chave não se marca, um formulário de antes também nada faz", async () => {
  await using aberta = await Paginas.abre();
  const antes = aberta.telefone();
  await antes.vai(`/marcar?${new URLSearchParams({ especialidade: CLINICO, data: SEGUNDA, hora: "08:30" })}`);
  const { acao, campos } = antes.formulario(PALAVRAS.pt.marcar.confirma);
  await using fechada = await Paginas.abre({ balcao: aberta.balcao, abertaAoPublico: false });
  const depois = await fechada.telefone().manda(acao, { ...campos, cpf: ANA, nome: "Ana" });
  assertEquals([depois.codigo, fechada.vistos, aberta.balcao.livro.linhas], [403, [], []]);
});

testeComSistema("paciente: o que se manda com --anonimo vale nas páginas; o painel e a tela continuam", async () => {
  const marcam = await Promise.all([undefined, ...ANONIMOS].map(async (anonimo) => {
    using pasta = new Pasta();
    await using servidor = await Servidor.inicia({
      pasta: pasta.caminho,
      args: anonimo === undefined ? [] : ["--anonimo", anonimo],
    });
    const casa = await servidor.paginas();
    const codigo = async (caminho: string): Promise<number> => {
      const resposta = await fetch(casa + caminho);
      await resposta.body?.cancel();
      return resposta.status;
    };
    assertEquals([await codigo("/painel/entrar"), await codigo("/tv")], [200, 200]);
    return [anonimo, await codigo("/"), await codigo("/marcar"), await codigo("/agendamento")];
  }));
  assertEquals(marcam, [
    [undefined, 200, 200, 200],
    ["nada", 200, 403, 403],
    ["vagas", 200, 403, 403],
    ["quiosque", 200, 200, 200],
    ["tudo", 200, 200, 200],
  ]);
});
