/**
 * A parte do contrato de `Armazem` que é dos direitos de cada um sobre os seus dados: o que se anota, a guarda legal, e quem
 * deixa de ter nome. `contrato.ts` a registra.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type { Agendamento } from "../clinica/agendamento.ts";
import type { Alcance, Armazem, AtoDoTitular, DoTitular, Ficha } from "../clinica/livro.ts";
import { cpfDeExemplo } from "./apoio.ts";
import {
  acabado,
  ativosDe,
  type Com,
  comEspera,
  conta,
  contata,
  EM,
  entra,
  grava,
  marca,
  muda,
  mudaEspera,
  sai,
} from "./mudancas.ts";

const ANA = cpfDeExemplo(1);
const QUEM = "X0123456789";

/** Tudo o que é da lista de espera, e os CPFs de exemplo. */
const pede: () => Alcance = comEspera();

/** Por que redes se tentou. */
const REDES = ["10.0.0.7", "10.0.0.8"];

/** O mesmo, e as contas do que se tentou com dois deles. */
function comContas(): Alcance {
  return { ...pede(), tentativas: [ANA, cpfDeExemplo(2)].flatMap((cpf) => REDES.map((rede) => [cpf, rede] as const)) };
}

function titular(ato: AtoDoTitular, cpf: string, { motivo = "", pseudonimo = "" } = {}): DoTitular {
  return {
    ...{ sobre: "titular", ato, depois: { ato, cpf, motivo, pseudonimo } },
    quem: { origem: "", cliente: "na máquina", papel: "gerente" },
  };
}

/** O que se anota e se lê de uma pessoa. */
export function deTitulares(com: Com): void {
  const fichaDe = async (armazem: Armazem, cpf: string): Promise<Ficha> =>
    await armazem.le(pede, (vista) => vista.fichaDe(cpf));

  com("de quem nada se anotou não há guarda legal, nem entradas que acabaram", async (armazem) => {
    assertEquals(await fichaDe(armazem, ANA), { guarda: undefined, acabadas: [] });
    assertEquals(await armazem.le(pede, (vista) => vista.esperasDe(ANA)), []);
  });

  com("uma guarda legal vale até que se solte, e só a de quem é", async (armazem) => {
    await grava(armazem, () => [titular("GUARDA", ANA, { motivo: "processo 12" })], { pede });
    assertEquals((await fichaDe(armazem, ANA)).guarda, { motivo: "processo 12", desde: EM });
    assertEquals((await fichaDe(armazem, cpfDeExemplo(2))).guarda, undefined);
    await grava(armazem, () => [titular("EXPORTA", ANA)], { pede });
    assertEquals((await fichaDe(armazem, ANA)).guarda?.motivo, "processo 12", "outra coisa não a solta");
    await grava(armazem, () => [titular("SOLTA", ANA)], { pede });
    assertEquals((await fichaDe(armazem, ANA)).guarda, undefined);
    await grava(armazem, () => [titular("GUARDA", ANA)], { pede });
    assertEquals((await fichaDe(armazem, ANA)).guarda?.motivo, "");
  });

  com("as entradas de pé e as que acabaram, de uma pessoa em qualquer especialidade", async (armazem) => {
    await grava(armazem, (vista) => [
      entra(vista, { cpf: ANA }),
      entra(vista, { cpf: ANA, especialidade: "DERMATOLOGISTA" }),
      entra(vista, { cpf: cpfDeExemplo(2) }),
    ], { pede });
    const dePe = async (): Promise<string[]> =>
      await armazem.le(pede, (vista) => vista.esperasDe(ANA).map(({ especialidade }) => especialidade).sort());
    assertEquals(await dePe(), ["CLINICO GERAL", "DERMATOLOGISTA"]);
    const [uma] = await armazem.le(
      pede,
      (vista) => vista.esperasDe(ANA).filter((e) => e.especialidade !== "DERMATOLOGISTA"),
    );
    await grava(armazem, () => [sai(uma)], { pede });
    assertEquals(await dePe(), ["DERMATOLOGISTA"]);
    assertEquals((await fichaDe(armazem, ANA)).acabadas, [sai(uma).depois]);
    await grava(armazem, (vista) => [entra(vista, { cpf: ANA })], { pede });
    assertEquals((await fichaDe(armazem, ANA)).acabadas.map(({ numero }) => numero), [uma.numero]);
  });

  com("quem se anonimiza deixa de se achar pelo CPF, e quem o traz depois é outro", async (armazem) => {
    await grava(armazem, (vista) => [
      marca(vista, acabado(ANA, "ATENDIDO", { nota: "muletas" })),
      marca(vista, { cpf: ANA, hora: "09:00" }),
      marca(vista, { cpf: cpfDeExemplo(2), hora: "09:30" }),
      contata({ cpf: ANA, email: "ana@x.br", telefone: "" }),
      contata({ cpf: cpfDeExemplo(2), email: "bia@x.br", telefone: "" }),
      titular("EXPORTA", ANA),
      entra(vista, { cpf: ANA }),
      ...[ANA, cpfDeExemplo(2)].flatMap((cpf) => REDES.map((rede) => conta(cpf, rede, { erros: 1 }))),
    ], { pede: comContas });
    const [espera] = await armazem.le(pede, (vista) => vista.esperasDe(ANA));
    await grava(armazem, () => [sai(espera)], { pede });
    const linhas = await armazem.le(pede, (vista) => vista.historiaDe(ANA));
    const [acabada] = (await fichaDe(armazem, ANA)).acabadas;
    const semNome = (um: Agendamento): ReturnType<typeof muda> =>
      muda(um, { cpf: QUEM, nome: "ANONIMIZADO", ativo: false, nota: "" }, "ANONIMIZA");
    await grava(armazem, (vista) => [
      conta(ANA, REDES[0], { erros: 2 }),
      ...linhas.map(semNome),
      mudaEspera(acabada, { cpf: QUEM, nome: "ANONIMIZADO", origem: "" }, "ANONIMIZA"),
      titular("ANONIMIZA", ANA, { pseudonimo: QUEM }),
      // No mesmo lote, já é outra pessoa.
      marca(vista, { cpf: ANA, hora: "10:00" }),
      contata({ cpf: ANA, email: "", telefone: "+5561999990000" }),
      conta(ANA, REDES[1], { recusas: 1 }),
    ], { pede: comContas });
    const contas = await armazem.le(
      comContas,
      (vista) => [ANA, cpfDeExemplo(2)].flatMap((cpf) => REDES.map((rede) => vista.tentativa(cpf, rede))),
    );
    assertEquals(contas.map((uma) => uma && [uma.erros, uma.recusas]), [undefined, [0, 1], [1, 0], [1, 0]]);
    assertEquals((await ativosDe(armazem, 1)).map(({ hora }) => hora), ["10:00"]);
    await armazem.le(pede, (vista) => {
      assertEquals(vista.historiaDe(ANA).map(({ hora }) => hora), ["10:00"]);
      assertEquals(vista.contatoDe(ANA), { cpf: ANA, email: "", telefone: "+5561999990000" });
      assertEquals(vista.contatoDe(cpfDeExemplo(2))?.email, "bia@x.br");
      assertEquals(vista.fichaDe(ANA), { guarda: undefined, acabadas: [] });
    });
    assertEquals((await armazem.lista(linhas[0].data)).map(({ cpf, hora }) => [cpf, hora]), [
      [QUEM, "08:00"],
      [QUEM, "09:00"],
      [cpfDeExemplo(2), "09:30"],
      [ANA, "10:00"],
    ]);
  });
}
