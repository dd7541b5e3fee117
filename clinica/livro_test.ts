/**
 * Testes do líquido de um lote. Sem nenhuma permissão.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { agend, ANA, BalcaoPuro, BIA, cancel, CEDO, fecha, remarc, situa, teste } from "../testes/balcao.ts";
import { type Mudanca, resume } from "./livro.ts";
import type { Pedido } from "./pedido.ts";

/** As mudanças de uns pedidos. */
function mudancas(balcao: BalcaoPuro, ...pedidos: Pedido[]): Mudanca[] {
  return pedidos.flatMap((pedido) => balcao.decide(pedido).mudancas);
}

teste("o que nasce e muda no mesmo lote entra como fica, por quem o pediu primeiro", () => {
  const balcao = new BalcaoPuro();
  const [nasceu, ...outras] = mudancas(balcao, agend(ANA), remarc(ANA, { horario: "09:00" }), cancel(ANA));
  const liquido = resume([{ ...nasceu, quem: { ...nasceu.quem, origem: "quiosque" } }, ...outras], CEDO);
  assertEquals(liquido, {
    quando: "2026-11-30T10:00:00Z",
    novos: [{ agendamento: balcao.livro.linha(1), origem: "quiosque" }],
    mudados: [],
    excecoes: [],
    contatos: [],
    senhas: [],
    esperas: [],
    tique: undefined,
    tentativas: [],
    poda: undefined,
    titulares: [],
  });
});

teste("a última senha dada fica, ainda que no mesmo lote a linha a perca", () => {
  const balcao = new BalcaoPuro();
  const feitas = mudancas(
    balcao,
    ...[agend(ANA), situa(ANA, "CHEGOU"), situa(ANA, "DESFAZ"), remarc(ANA, { horario: "09:00" })],
    ...[agend(BIA), situa(BIA, "CHEGOU")],
  );
  const data = balcao.livro.linha(1).data;
  assertEquals(resume(feitas, CEDO).senhas, [{ data, letra: "A", ultima: 2 }]);
  assertEquals(balcao.livro.linhas.map(({ senha }) => senha), ["", "A002"]);
});

teste("o que muda várias vezes vai do que está gravado ao que fica, pela ordem da última mudança", () => {
  const balcao = new BalcaoPuro();
  mudancas(balcao, agend(ANA), agend(BIA));
  const antes = balcao.livro.linhas;
  const feitas = mudancas(
    balcao,
    ...[remarc(ANA, { horario: "09:00" }), remarc(BIA, { horario: "08:00" }), situa(ANA, "CONFIRMADO")],
  );
  const { novos, mudados } = resume(feitas, CEDO);
  assertEquals(novos, []);
  assertEquals(mudados, [
    { antes: antes[1], depois: balcao.livro.linha(2) },
    { antes: antes[0], depois: balcao.livro.linha(1) },
  ]);
});

teste("de uma exceção e de um contato fica o último", () => {
  const balcao = new BalcaoPuro();
  const corrige: Pedido = { comando: "CORRIGE", cpf: ANA, especialista: "CLINICO GERAL", email: "b@x.br" };
  const feitas = mudancas(balcao, fecha({ data: "2026-12-07" }), agend(ANA, { email: "a@x.br" }), corrige);
  const { excecoes, contatos } = resume([...feitas, ...mudancas(balcao, { comando: "REABRE", numero: 1 })], CEDO);
  assertEquals(excecoes, balcao.livro.excecoes);
  assertEquals(excecoes.map(({ revogada }) => revogada), [true]);
  assertEquals(contatos, [{ cpf: ANA, email: "b@x.br", telefone: "" }]);
});
