/**
 * Testes do arquivo da semana: o que dele se lê, e quando uma mudança passa a valer, é recusada ou espera.
 *
 * @module
 */

import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { ErroDeConfiguracao } from "../clinica/conferencia.ts";
import { lerOferta, type Oferta } from "../clinica/oferta.ts";
import { lerArgumentos } from "./argumentos.ts";
import { type Achado, type ArquivoDaSemana, arquivoDaSemana, lerSemana, Vigia } from "./semana.ts";

function teste(nome: string, fn: () => Promise<void> | void): void {
  Deno.test({ name: `semana: ${nome}`, permissions: "none", fn });
}

const DE_COSTUME: ArquivoDaSemana = { caminho: "clinica.json", pedido: false };
const AUSENTE: Achado = { tipo: "ausente", razao: "não há" };

function com(texto: string): Achado {
  return { tipo: "conteudo", bytes: new TextEncoder().encode(texto) };
}

/** Um arquivo com a semana de costume em tantas semanas. */
function semanas(quantas: number): Achado {
  return com(JSON.stringify({ semanas: quantas }));
}

teste("o arquivo é o de --config, que tem de estar lá, ou clinica.json, se está", () => {
  assertEquals(arquivoDaSemana(lerArgumentos([])), DE_COSTUME);
  const pedido = arquivoDaSemana(lerArgumentos(["--config", "outra.json"]));
  assertEquals(pedido, { caminho: "outra.json", pedido: true });
  assertEquals(lerSemana(DE_COSTUME, AUSENTE), lerOferta());
  assertThrows(() => lerSemana(pedido, AUSENTE), ErroDeConfiguracao, "outra.json: não pôde ser lido (não há)");
  const ilegivel: Achado = { tipo: "ilegivel", razao: "é uma pasta" };
  assertThrows(
    () => lerSemana(DE_COSTUME, ilegivel),
    ErroDeConfiguracao,
    "clinica.json: não pôde ser lido (é uma pasta)",
  );
});

teste("o que não serve diz o arquivo, o campo e a razão", () => {
  assertEquals(lerSemana(DE_COSTUME, semanas(6)).semanas, 6);
  for (
    const [achado, ...partes] of [
      [com(""), "clinica.json: não é JSON"],
      [com('{"semanas":'), "clinica.json: não é JSON"],
      [com('{"semanas":0}'), "clinica.json: semanas: ", "1 a 53"],
      [{ tipo: "conteudo", bytes: new Uint8Array([0x7b, 0xff]) }, "clinica.json: não é UTF-8"],
    ] as const
  ) {
    const { message } = assertThrows(() => lerSemana(DE_COSTUME, achado), ErroDeConfiguracao);
    for (const parte of partes) assertStringIncludes(message, parte);
  }
});

/** Um vigia cujo arquivo é `disco.achado`, e o que ele fez. */
interface Vigiado {
  disco: { achado: Achado };
  feitos: string[];
  vigia: Vigia;
  /** Olha enquanto o arquivo é este, uma vez ou tantas. */
  olha(achado: Achado, vezes?: number): Promise<void>;
}

function vigiado(
  achado: Achado,
  { arquivo = DE_COSTUME, aoAdotar = () => {} }: {
    arquivo?: ArquivoDaSemana;
    aoAdotar?: (oferta: Oferta) => Promise<void> | void;
  } = {},
): Vigiado {
  const disco = { achado };
  const feitos: string[] = [];
  const vigia = new Vigia({
    ...{ arquivo, achado, olha: () => Promise.resolve(disco.achado) },
    aoRecusar: (razao) => feitos.push(razao),
    async aoAdotar(oferta): Promise<void> {
      feitos.push(`adota ${oferta.semanas}`);
      await aoAdotar(oferta);
    },
  });
  return {
    ...{ disco, feitos, vigia },
    async olha(achado, vezes = 1): Promise<void> {
      disco.achado = achado;
      for (let i = 0; i < vezes; i++) await vigia.confere();
    },
  };
}

teste("uma mudança vale na segunda olhada que a acha igual, uma vez", async () => {
  const { feitos, olha } = vigiado(semanas(4));
  await olha(semanas(4), 3);
  assertEquals(feitos, []);
  await olha(semanas(6));
  assertEquals(feitos, [], "quem escreve pode estar a meio");
  await olha(semanas(6), 5);
  assertEquals(feitos, ["adota 6"]);
  await olha(semanas(4), 2);
  assertEquals(feitos, ["adota 6", "adota 4"]);
});

teste("um arquivo a meio da escrita não é adotado nem gritado, por mais que demore a crescer", async () => {
  const { feitos, olha } = vigiado(semanas(4));
  for (const metade of ["", '{"sem', '{"semanas"', '{"semanas":5', '{"semanas":53']) await olha(com(metade));
  await olha(com('{"semanas":53}'));
  assertEquals(feitos, []);
  await olha(com('{"semanas":53}'));
  assertEquals(feitos, ["adota 53"]);
});

teste("uma que muda e volta atrás entre duas olhadas não é nada", async () => {
  const { feitos, olha } = vigiado(semanas(4));
  for (let i = 0; i < 4; i++) {
    await olha(semanas(6));
    await olha(semanas(4));
  }
  assertEquals(feitos, []);
});

teste("uma que não serve é recusada uma vez por conteúdo, e a boa que vem depois vale", async () => {
  const { feitos, olha } = vigiado(semanas(4));
  await olha(semanas(0), 5);
  await olha(com("{"), 5);
  assertEquals(feitos.length, 2);
  assertStringIncludes(
    feitos[0],
    "clinica.json: semanas: esperava um inteiro de 1 a 53; veio 0; a semana de antes continua",
  );
  assertStringIncludes(feitos[1], "clinica.json: não é JSON");
  await olha(semanas(4), 2);
  assertEquals(feitos.slice(2), ["adota 4"], "a de antes, de volta, é dita");
});

teste("um arquivo que aparece onde não havia vale; um que some não muda a semana, e é dito", async () => {
  const { feitos, olha } = vigiado(AUSENTE);
  await olha(AUSENTE, 3);
  assertEquals(feitos, []);
  await olha(semanas(6), 2);
  await olha(AUSENTE);
  assertEquals(feitos, ["adota 6"], "um editor apaga e põe outro no lugar");
  await olha(semanas(6), 2);
  await olha(AUSENTE, 4);
  assertEquals(feitos.slice(1), [
    "clinica.json: já não está lá; a semana de antes continua, e ao reiniciar vale a embutida",
  ]);
  await olha({ tipo: "ilegivel", razao: "sem permissão" }, 3);
  assertEquals(feitos.slice(2), [
    "clinica.json: não pôde ser lido (sem permissão); a semana de antes continua",
  ]);
  await olha(semanas(6), 2);
  assertEquals(feitos.slice(3), ["adota 6"]);
});

teste("o de --config que some: o servidor não reinicia sem ele", async () => {
  const { feitos, olha } = vigiado(semanas(4), { arquivo: { caminho: "outra.json", pedido: true } });
  await olha(AUSENTE, 3);
  assertEquals(feitos, ["outra.json: já não está lá; a semana de antes continua, e sem ele o servidor não reinicia"]);
});

teste("uma adoção que falha é tentada de novo até dar certo, ou até o arquivo mudar", async () => {
  let falhas = 2;
  const { feitos, olha } = vigiado(semanas(4), {
    aoAdotar: () => falhas-- > 0 ? Promise.reject(new Error("banco fora do alcance")) : undefined,
  });
  await olha(semanas(6), 6);
  assertEquals(feitos, ["adota 6", "adota 6", "adota 6"]);
});

teste("uma olhada que demora não se cruza com outra", async () => {
  const solta = Promise.withResolvers<Achado>();
  let olhadas = 0;
  const vigia = new Vigia({
    ...{ arquivo: DE_COSTUME, achado: semanas(4), aoAdotar: () => {}, aoRecusar: () => {} },
    olha(): Promise<Achado> {
      olhadas++;
      return solta.promise;
    },
  });
  const todas = [vigia.confere(), vigia.confere(), vigia.confere()];
  assertEquals(olhadas, 1);
  solta.resolve(semanas(4));
  await Promise.all(todas);
  await vigia.confere();
  assertEquals(olhadas, 2);
});
