/**
 * A parte do contrato de `Armazem` que é das imagens: toda coluna entra e muda, a versão confere-se, mover é um passo só.
 * `contrato.ts` a registra.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type { Agendamento } from "../clinica/agendamento.ts";
import type { Armazem, Mudanca } from "../clinica/livro.ts";
import { cpfDeExemplo } from "./apoio.ts";
import {
  AGENDA,
  agendamento,
  alcance,
  ANA,
  ativosDe,
  type Com,
  desmarca,
  DIA,
  EM,
  grava,
  HORAS,
  livres,
  marca,
  muda,
  type Parte,
  tenta,
} from "./mudancas.ts";

/** Um agendamento que nada tem de costume. */
const CHEIO: Parte = {
  cpf: cpfDeExemplo(1),
  versao: 3,
  profissional: ANA,
  minutos: 20,
  situacao: "CHAMADO",
  encaixe: true,
  local: "Sala 2",
  motivo: "pediu | \"disse\" 'ontem'",
  nota: "alérgica\ta látex, 𝒜",
  email: "maria@exemplo.br",
  telefone: "+5561999990000",
  senha: "P001",
  prioridade: 3,
  chegouEm: "2026-11-30T10:50:00Z",
  chamadoEm: "2026-11-30T11:00:00Z",
  chamadas: 2,
  substitui: 7,
  espera: 9,
  pilha: [
    { papel: "balcao", em: "2026-11-30T10:50:00Z", antes: { situacao: "MARCADO", chegouEm: "" } },
    { papel: "profissional", em: "2026-11-30T11:00:00Z", antes: { situacao: "CHEGOU", chamadoEm: "", chamadas: 0 } },
  ],
};

/** Outro valor para cada coluna, um de cada vez. */
const TROCAS: { readonly [C in Exclude<keyof Agendamento, "numero" | "versao">]: Agendamento[C] } = {
  codigo: "0A1B2C3D",
  cpf: cpfDeExemplo(2),
  nome: "ANA LÚCIA",
  especialidade: "DERMATOLOGISTA",
  profissional: "",
  data: "2026-12-02",
  hora: "09:30",
  minutos: 45,
  encaixe: false,
  local: "",
  motivo: "",
  nota: "outra",
  email: "",
  telefone: "+5561988880000",
  senha: "P002",
  prioridade: 0,
  chegouEm: "2026-11-30T10:51:00Z",
  chamadoEm: "2026-11-30T11:01:00Z",
  chamadas: 3,
  substitui: 0,
  espera: 0,
  pilha: [],
  ativo: false,
  situacao: "ATENDIDO",
  terminouEm: "2026-11-30T11:20:00Z",
};

/** O que se insere e se atualiza por imagem. */
export function deImagens(com: Com): void {
  /** Exige que o agendamento esteja assim onde quer que se leia. */
  const esta = async (armazem: Armazem, esperado: Agendamento): Promise<void> => {
    const { cpf, data, ativo, numero } = esperado;
    await armazem.le(alcance, (vista) => {
      assertEquals(vista.historiaDe(cpf).filter((um) => um.numero === numero), [esperado]);
      assertEquals(vista.periodo([data, data]).filter((um) => um.numero === numero), [esperado]);
      assertEquals(vista.ativosDe(cpf), ativo ? [esperado] : []);
    });
    assertEquals((await armazem.lista(data)).filter((um) => um.numero === numero), [esperado]);
  };

  com("um agendamento entra com toda coluna, e cada uma muda por si", async (armazem) => {
    await grava(armazem, (vista) => [marca(vista, { cpf: cpfDeExemplo(9) }), marca(vista, CHEIO)]);
    const [{ numero }] = await ativosDe(armazem, 1);
    let agora = agendamento(numero, CHEIO);
    await esta(armazem, agora);
    for (const [coluna, valor] of Object.entries(TROCAS)) {
      const antes = agora;
      agora = { ...antes, [coluna]: valor, versao: antes.versao + 1 };
      await grava(armazem, () => [muda(antes, { [coluna]: valor })]);
      await esta(armazem, agora);
      if (antes.cpf !== agora.cpf) assertEquals(await ativosDe(armazem, 1), []);
    }
    assertEquals((await ativosDe(armazem, 9)).map(({ versao }) => versao), [1], "só a linha pedida mudou");
  });

  com("várias mudanças de um agendamento no mesmo lote ficam como a última", async (armazem) => {
    await grava(armazem, (vista) => [marca(vista, { cpf: cpfDeExemplo(1) })]);
    const [marcado] = await ativosDe(armazem, 1);
    const chegou = muda(marcado, { situacao: "CHEGOU", senha: "A001", chegouEm: EM });
    const chamado = muda(chegou.depois, { situacao: "CHAMADO", chamadas: 1, chamadoEm: EM });
    await grava(armazem, () => [chegou, chamado]);
    await esta(armazem, { ...chamado.depois, versao: 3 });
  });

  com("uma versão que já não é a gravada recusa o lote, e nada muda", async (armazem) => {
    await grava(armazem, (vista) => HORAS.map((hora, n) => marca(vista, { cpf: cpfDeExemplo(n), hora })));
    const marcados = await armazem.lista(DIA);
    const velho = { ...marcados[1], versao: 2 };
    const recusados: readonly Mudanca[][] = [
      [muda(velho, { nota: "tarde" })],
      [desmarca(velho)],
      [desmarca(marcados[0]), desmarca(velho), desmarca(marcados[2])],
      [muda(marcados[0], { situacao: "CHEGOU" }), muda(velho, { hora: "11:00" }, "REMARC")],
    ];
    for (const mudancas of recusados) {
      assertEquals(await tenta(armazem, () => mudancas), "recusado");
      assertEquals(await armazem.lista(DIA), marcados);
      assertEquals(await ativosDe(armazem, 0), [marcados[0]]);
      assertEquals(await livres(armazem), []);
    }
    await grava(armazem, () => marcados.map((marcado) => desmarca(marcado)));
    assertEquals(await livres(armazem), HORAS);
  });

  com("mover é um passo só: a hora de antes fica livre, a nova tomada, e uma fila anda", async (armazem) => {
    await grava(armazem, (vista) => HORAS.slice(0, 3).map((hora, n) => marca(vista, { cpf: cpfDeExemplo(n), hora })));
    const marcados = await armazem.lista(DIA);
    const move = (n: number, parte: Partial<Agendamento>): Mudanca => muda(marcados[n], parte, "REMARC");
    // Cada um para a hora que o anterior deixou.
    await grava(armazem, () => [
      move(0, { hora: "09:30", data: "2026-12-02" }),
      move(1, { hora: "08:00" }),
      move(2, { hora: "08:30" }),
    ]);
    assertEquals((await armazem.lista(DIA)).map(({ cpf, hora }) => [cpf, hora]), [
      [cpfDeExemplo(1), "08:00"],
      [cpfDeExemplo(2), "08:30"],
    ]);
    assertEquals(await livres(armazem), HORAS.slice(2));
    assertEquals(await livres(armazem, AGENDA, "2026-12-02"), ["08:00", "08:30", "09:00", "10:00"]);
    assertEquals((await ativosDe(armazem, 0)).map(({ data, hora, versao }) => [data, hora, versao]), [
      ["2026-12-02", "09:30", 2],
    ]);
    const [movido] = await ativosDe(armazem, 1);
    assertEquals(await tenta(armazem, () => [muda(movido, { hora: "08:30" }, "REMARC")]), "recusado");
  });
}
