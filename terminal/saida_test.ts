/**
 * Testes de `terminal/saida.ts`: o que se escreve em JSON, e uma saída que não aceita tudo de uma vez.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { escreverJson } from "./saida.ts";
import { inofensivo } from "../clinica/texto.ts";
import { CPF, TUPLA } from "../testes/servidor_falso.ts";

function teste(nome: string, fn: () => void): void {
  Deno.test(nome, { permissions: "none" }, fn);
}

teste("escreverJson() tem a forma prometida para cada comando, também nos erros", () => {
  const agendamento = {
    cpf: CPF,
    nome: "MARIA DA SILVA",
    especialista: "NUTRICIONISTA",
    data: "27/11/2026",
    dia: "SEXTA-FEIRA",
    horario: "08:00",
  };
  assertEquals(JSON.parse(escreverJson({ codigo: "OK-302", agendamentos: [TUPLA] }, "buscar")), {
    codigo: "OK-302",
    texto: "BUSCA FINALIZADA",
    agendamentos: [agendamento],
  });
  assertEquals(JSON.parse(escreverJson({ codigo: "ERRO-111", agendamentos: [TUPLA] }, "agendar")), {
    codigo: "ERRO-111",
    texto: "CPF JÁ AGENDADO PARA AQUELA ESPECIALIDADE",
    agendamentos: [agendamento],
  });
  assertEquals(JSON.parse(escreverJson({ codigo: "ERRO-112" }, "buscar")), {
    codigo: "ERRO-112",
    texto: "NENHUM AGENDAMENTO ENCONTRADO",
    agendamentos: [],
  });
  assertEquals(
    JSON.parse(
      escreverJson({ codigo: "OK-304", vagas: [["27/11/2026", "SEXTA-FEIRA", "NUTRICIONISTA", ["08:00"]]] }, "vagas"),
    ),
    {
      codigo: "OK-304",
      texto: "VAGAS",
      vagas: [{ data: "27/11/2026", dia: "SEXTA-FEIRA", especialista: "NUTRICIONISTA", horarios: ["08:00"] }],
    },
  );
  assertEquals(JSON.parse(escreverJson({ codigo: "ERRO-103" }, "vagas")).vagas, []);
});

teste("controles vindos do servidor vão escritos por extenso em JSON, que se lê igual", () => {
  const maldoso = "A\x1b[2JB\x9b31mC\u202eD\u{e0041}\nE\x07\x7f\u3164\u034f\u2028\u2800Ç";
  const linha = escreverJson(
    { codigo: "OK-302", agendamentos: [["AGEND", CPF, maldoso, "X", "27/11/2026", "SEXTA-FEIRA", "08:00"]] },
    "buscar",
  );
  assertEquals(inofensivo(linha), linha);
  assertEquals(linha.includes("Ç"), true, "o que se vê vai como é");
  assertEquals(JSON.parse(linha).agendamentos[0].nome, maldoso);
});
