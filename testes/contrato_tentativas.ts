/**
 * A parte do contrato de `Armazem` que é das contas do que se tentou. `contrato.ts` a registra.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import type { Alcance, Armazem, Pendencias } from "../clinica/livro.ts";
import { type ParDaTentativa, type Tentativa, TENTATIVAS_APAGADAS } from "../clinica/tentativa.ts";
import { JA } from "../clinica/promover.ts";
import { cpfDeExemplo } from "./apoio.ts";
import { alcance, type Com, comEspera, conta, DIA, EM, grava, marca, poda, QUANDO, tenta } from "./mudancas.ts";

const UM = cpfDeExemplo(1);
const V4 = "10.0.0.7";
const V6 = "2001:db8:0:1::/64";

/** De que contas se lê e se muda. */
function comContas(...tentativas: ParDaTentativa[]): () => Alcance {
  return () => ({ ...alcance(), tentativas });
}

/** As que há. */
async function leem(armazem: Armazem, ...pares: ParDaTentativa[]): Promise<(Tentativa | undefined)[]> {
  return await armazem.le(comContas(...pares), (vista) => pares.map(([cpf, rede]) => vista.tentativa(cpf, rede)));
}

async function velhas(armazem: Armazem, instante: string): Promise<boolean> {
  const quando = { instante, hoje: DIA, faltas: false };
  const pendencias = await armazem.le(comEspera(quando), (vista): Pendencias => vista.pendencias(quando));
  return pendencias.velhas;
}

/** As contas do que se tentou. */
export function deTentativas(com: Com): void {
  com("uma conta é a última que se gravou, de cada CPF por cada rede", async (armazem) => {
    const pares: ParDaTentativa[] = [[UM, V4], [UM, V6], [UM, ""], ["", V4]];
    assertEquals(await leem(armazem, ...pares), new Array(4).fill(undefined));
    const cheia: Partial<Tentativa> = {
      recentes: [QUANDO, QUANDO + 1, QUANDO + 59_999],
      ...{ dia: DIA, erros: 100, recusas: 3, acertou: QUANDO - 1, ate: QUANDO + 90 * 86_400_000 },
    };
    await grava(armazem, () => [conta(UM, V4, cheia), conta(UM, V6), conta("", V4, { recentes: [QUANDO] })], {
      pede: comContas(...pares),
    });
    assertEquals(await leem(armazem, ...pares), [
      conta(UM, V4, cheia).depois,
      conta(UM, V6).depois,
      undefined,
      conta("", V4, { recentes: [QUANDO] }).depois,
    ]);
    // Duas vezes no mesmo lote: fica a última.
    await grava(armazem, () => [conta(UM, V4), conta(UM, V4, { erros: 2 }), conta(UM, "", { recusas: 1 })], {
      pede: comContas(...pares),
    });
    assertEquals(await leem(armazem, ...pares), [
      conta(UM, V4, { erros: 2 }).depois,
      conta(UM, V6).depois,
      conta(UM, "", { recusas: 1 }).depois,
      conta("", V4, { recentes: [QUANDO] }).depois,
    ]);
  });

  com("uma conta vai com o lote: quem decide vê as de antes, e de um recusado nada fica", async (armazem) => {
    const pede = comContas([UM, V4], [UM, ""]);
    await grava(armazem, () => [conta(UM, V4, { erros: 1 })], { pede });
    await grava(armazem, (vista) => {
      assertEquals(vista.tentativa(UM, V4)?.erros, 1);
      assertEquals(vista.tentativa(UM, ""), undefined);
      return [marca(vista, { cpf: UM }), conta(UM, V4, { erros: 2 })];
    }, { pede });
    const desfecho = await tenta(
      armazem,
      (vista) => [conta(UM, V4, { erros: 3 }), marca(vista, { cpf: cpfDeExemplo(2) })],
      { pede },
    );
    assertEquals(desfecho, "recusado");
    assertEquals((await leem(armazem, [UM, V4])).map((uma) => uma?.erros), [2]);
  });

  com(
    "apagam-se, aos poucos, as que já nada dizem, as mais velhas primeiro; não as que se gravam no mesmo lote",
    async (armazem) => {
      const agora = Date.parse(EM);
      const muitas = TENTATIVAS_APAGADAS + 2;
      const redes = Array.from({ length: muitas }, (_, i) => `rede ${i}`);
      const pares = redes.map((rede): ParDaTentativa => ["", rede]);
      assert(!await velhas(armazem, EM));
      await grava(
        armazem,
        () => redes.map((rede, i) => conta("", rede, { recentes: [1], ate: agora - muitas + i + 1 })),
        { pede: comContas(...pares) },
      );
      const restam = async (): Promise<number[]> =>
        (await leem(armazem, ...pares)).flatMap((uma, i) => uma === undefined ? [] : [i]);
      assert(await velhas(armazem, EM), "até ao instante, inclusive");
      // Quem só quer o que se segurou para ninguém não as vê, ainda que no mesmo lote outro as veja.
      const soNinguem = { instante: JA, hoje: "", faltas: false };
      assert(!await velhas(armazem, JA));
      assert(!await armazem.le(comEspera(), (vista) => vista.pendencias(soNinguem).velhas));
      const pede = (): Alcance => ({ ...comEspera()(), tentativas: pares });
      await grava(armazem, () => [poda(agora - muitas)], { pede });
      assertEquals((await restam()).length, muitas, "nenhuma era tão velha");
      await grava(armazem, () => [poda(agora), conta("", redes[0], { recentes: [2], ate: agora + 1 })], { pede });
      assertEquals(await restam(), [0, muitas - 1]);
      assert(await velhas(armazem, EM));
      await grava(armazem, () => [poda(agora)], { pede });
      assertEquals(await restam(), [0]);
      assert(!await velhas(armazem, EM));
    },
  );
}
