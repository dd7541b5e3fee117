/**
 * Testes do diário: diz o que se fez, e de ninguém. Sem nenhuma permissão.
 *
 * @module
 */

import { assertEquals, assertFalse } from "@std/assert";
import {
  agend,
  ANA,
  BalcaoPuro,
  cancel,
  CLINICO,
  codigoDeTeste,
  como,
  EQUIPE,
  fecha,
  remarc,
  situa,
  teste,
} from "../testes/balcao.ts";
import { escreveDiario } from "./diario.ts";
import type { Mudanca } from "./livro.ts";
import type { Pedido } from "./pedido.ts";

const SEGREDOS = {
  nome: "MARIA DA SILVA",
  motivo: "dor no peito",
  nota: "de muletas",
  email: "maria@x.br",
  telefone: "+5511999990000",
};

/** As mudanças de um dia com tudo o que não se pode dizer. */
function tudo(): Mudanca[] {
  const balcao = new BalcaoPuro(EQUIPE);
  const { motivo } = SEGREDOS;
  const pedidos: Pedido[] = [
    agend(ANA, { ...SEGREDOS, horario: "08:10", encaixe: true }),
    { comando: "CORRIGE", cpf: ANA, especialista: CLINICO, ...SEGREDOS, nota: "de bengala" },
    remarc(ANA, { horario: "08:30", motivo }),
    situa(ANA, "CHEGOU", { motivo }),
    situa(ANA, "DESFAZ"),
    fecha({ ate: "2026-12-04", profissional: "Dr. Reis", motivo }),
    { comando: "REABRE", numero: 1 },
    cancel(ANA, CLINICO, { motivo }),
  ];
  return pedidos.flatMap((pedido) => balcao.decide(pedido, { ...como("gerente"), origem: "10.0.0.7" }).mudancas);
}

teste("diz quem, o quê, de que linha e versão, de onde para onde", () => {
  const deDepois = "MARCADO 2026-11-30 08:30 P:DRA. LIMA";
  assertEquals(JSON.parse(escreveDiario(tudo(), ({ origem }) => `#${origem}`)), [
    ["gerente", "#10.0.0.7", [
      ["AGEND", 1, 1, "", "MARCADO ENCAIXE 2026-11-30 08:10 P:DRA. LIMA"],
      ["CORRIGE", 1, 2, "MARCADO", "MARCADO"],
      ["REMARC", 1, 3, "MARCADO ENCAIXE 2026-11-30 08:10 P:DRA. LIMA", deDepois],
      ["SITUA", 1, 4, "MARCADO", "CHEGOU"],
      ["DESFAZ", 1, 5, "CHEGOU", "MARCADO"],
      ["FECHA", 1, 0, "", "FECHA 2026-11-30 2026-12-04"],
      ["REABRE", 1, 0, "FECHA 2026-11-30 2026-12-04", "REABERTA 2026-11-30 2026-12-04"],
      ["CANCEL", 1, 6, "MARCADO", "CANCELADO"],
    ]],
  ]);
});

teste("nunca diz um CPF, um nome, um motivo, uma nota, um contato, um código ou um endereço", () => {
  const diario = escreveDiario(tudo(), () => "disfarce");
  for (const segredo of [ANA, ...Object.values(SEGREDOS), "de bengala", codigoDeTeste(1), "10.0.0.7", "balcão"]) {
    assertFalse(diario.includes(segredo), segredo);
  }
});

teste("um nome com o que o JSON escapa lê-se como está", () => {
  const especialidade = 'CLÍNICA "DA\\DOR"';
  const balcao = new BalcaoPuro({ atendimentos: [{ especialidade, dia: "SEGUNDA-FEIRA" }] });
  const { mudancas } = balcao.decide(agend(ANA, { especialista: especialidade }));
  assertEquals(JSON.parse(escreveDiario(mudancas, () => "#")), [
    ["gerente", "#", [["AGEND", 1, 1, "", 'MARCADO 2026-11-30 08:00 E:CLINICA "DA\\DOR"']]],
  ]);
});

teste("um lote sem mudanças não diz nada", () => {
  assertEquals(escreveDiario([], () => ""), "[]");
});
