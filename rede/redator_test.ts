/**
 * Testes do redator: o que guarda escrito é sempre o que escreveria de novo. Sem nenhuma permissão.
 *
 * @module
 */

import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import { Clinica } from "../clinica/clinica.ts";
import type { Agendamento, Vista } from "../clinica/livro.ts";
import { Ocupacao, PorDia } from "../clinica/ocupacao.ts";
import { lerOferta, minutoDoDia } from "../clinica/oferta.ts";
import { consultar } from "../clinica/regras.ts";
import { codificarResposta, decodificarResposta } from "../protocolo.ts";
import { Redator } from "./redator.ts";

function teste(name: string, fn: () => void): void {
  Deno.test({ name: `redator: ${name}`, permissions: "none", fn });
}

const QUEM = { origem: "10.0.0.7", cliente: "10.0.0.7:40312" };
const CEDO = Temporal.Instant.from("2026-11-30T07:00-03:00").epochMilliseconds;

const AGENDAMENTO: Agendamento = {
  id: 1,
  cpf: "52998224725",
  nome: 'JOÃO "Ç" 𝒜',
  especialidade: "CLINICO GERAL",
  profissional: "",
  data: "2026-11-30",
  hora: "08:00",
  minutos: 30,
};

/** Um livro de que só se vê a ocupação, a mesma instância, mudada no lugar, como na memória do servidor. */
class SoOcupacao implements Vista {
  readonly dias = new PorDia<Ocupacao>();

  ativosDe(): readonly Agendamento[] {
    return [];
  }

  ocupacao(especialidade: string, data: string): Ocupacao {
    let ocupacao = this.dias.get(especialidade, data);
    if (ocupacao === undefined) this.dias.set(especialidade, data, ocupacao = Ocupacao.vazia());
    return ocupacao;
  }

  novoId(): number {
    return 1;
  }
}

teste("veste agendamentos com a data, o dia e o nome da clínica; o que a semana já não tem, pela chave", () => {
  const redator = new Redator(
    new Clinica(lerOferta({
      atendimentos: [{ especialidade: "Clínico Geral", dia: "segunda-feira" }],
    })),
  );
  const linha = redator.linha({ codigo: "OK-300", agendamentos: [AGENDAMENTO] });
  assertEquals(JSON.parse(linha), [
    "OK-300",
    ["AGEND", "52998224725", 'JOÃO "Ç" 𝒜', "Clínico Geral", "30/11/2026", "SEGUNDA-FEIRA", "08:00"],
  ]);
  const antiga = { ...AGENDAMENTO, especialidade: "PEDIATRA", data: "2019-02-28" };
  assertEquals(JSON.parse(redator.linha({ codigo: "OK-302", agendamentos: [antiga, AGENDAMENTO] }))[1].slice(3, 6), [
    "PEDIATRA",
    "28/02/2019",
    "QUINTA-FEIRA",
  ]);
});

teste("um livro com datas sem fim não cresce a memória, e as datas continuam certas", () => {
  const redator = new Redator(new Clinica(lerOferta()));
  let data = Temporal.PlainDate.from("1990-01-01");
  for (let i = 0; i < 2500; i++, data = data.add({ days: 1 })) {
    const linha = redator.linha({ codigo: "OK-301", agendamentos: [{ ...AGENDAMENTO, data: data.toString() }] });
    assertStrictEquals(JSON.parse(linha)[1][4], data.toString().split("-").reverse().join("/"));
  }
});

teste("a lista guardada é a que se escreveria de novo, para quaisquer mudanças e a qualquer hora", () => {
  const config = {
    semanas: 2,
    atendimentos: ["A", "B", "Ç"].map((especialidade) => ({ especialidade, dia: "segunda" })),
  };
  config.atendimentos.forEach((um, i) => um.dia = ["SEGUNDA-FEIRA", "SEGUNDA-FEIRA", "TERÇA-FEIRA"][i]);
  const arbPasso = fc.oneof(
    fc.record({
      faz: fc.constantFrom("toma" as const, "libera" as const),
      especialidade: fc.constantFrom("A", "B", "C"),
      data: fc.constantFrom("2026-11-30", "2026-12-01", "2026-12-07", "2026-12-08"),
      hora: fc.constantFrom("08:00", "08:30", "09:00", "09:30", "10:00"),
    }),
    fc.record({ anda: fc.constantFrom(10, 30, 600, -30, 24 * 60) }),
    fc.record({ pede: fc.constantFrom(undefined, "A", "c") }),
  );
  let iguais = 0;
  fc.assert(
    fc.property(fc.array(arbPasso, { minLength: 5, maxLength: 40, size: "max" }), (passos) => {
      const clinica = new Clinica(lerOferta(config));
      const redator = new Redator(clinica);
      const vista = new SoOcupacao();
      let agora = CEDO;
      let ultima = "";
      for (const passo of passos) {
        if ("anda" in passo) agora += passo.anda * 60_000;
        else if ("faz" in passo) {
          vista.ocupacao(passo.especialidade, passo.data)[passo.faz](minutoDoDia(passo.hora), 30);
        } else {
          const pedido = { comando: "VAGAS" as const, especialista: passo.pede };
          const linha = redator.linha(consultar({ clinica, vista, agora, quem: QUEM }, pedido));
          const nova = new Clinica(lerOferta(config));
          const limpa = new Redator(nova).veste(consultar({ clinica: nova, vista, agora, quem: QUEM }, pedido));
          assertStrictEquals(linha, codificarResposta(limpa));
          assertEquals(decodificarResposta(linha.trimEnd()), limpa);
          if (linha === ultima) iguais++;
          ultima = linha;
        }
      }
    }),
    { numRuns: 200 },
  );
  assert(iguais > 20, "quase nenhuma lista se repetiu: a propriedade confere pouco");
});
