/**
 * Testes do que se conta de quem não é da casa: códigos errados e recusas, os limites, e quem eles não podem trancar. Sem nenhuma
 * permissão.
 *
 * @module
 */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { cpfDeExemplo } from "../testes/apoio.ts";
import {
  agend,
  ANA,
  type Balcao,
  BalcaoDaAgenda,
  BalcaoPuro,
  BIA,
  cancel,
  CLINICO,
  codigoDeTeste,
  como,
  DIA,
  em,
  MINUTO,
  poe,
  regra,
  remarc,
  SEGUNDA,
  situa,
  teste,
} from "../testes/balcao.ts";
import type { Papel } from "./agendamento.ts";
import { contasDe } from "./contar.ts";
import { NENHUM_ALCANCE, type Quem } from "./livro.ts";
import type { Pedido, PedidoDe } from "./pedido.ts";
import { consultar, esperaAVez } from "./regras.ts";
import { TENTATIVAS_APAGADAS } from "./tentativa.ts";

const CERTO = codigoDeTeste(1);
const ERRADO = codigoDeTeste(9999);
const [AQUI, ALI, LONGE] = ["10.0.0.7", "10.0.0.8", "2001:db8::1"].map((origem) => como("quiosque", origem));
/** Um CPF que não está no livro. */
const NINGUEM = cpfDeExemplo(77);
const PEDIATRA = "DERMATOLOGISTA";

/** O enésimo endereço, que nunca acertou nada. */
function estranho(n: number, papel: Papel = "quiosque"): Quem {
  return como(papel, `192.0.2.${n % 250}.${n}`);
}

function busca(cpf: string, codigo?: string): PedidoDe<"BUSCA"> {
  return { comando: "BUSCA", cpf, codigo };
}

function espera(cpf: string, especialista = CLINICO): PedidoDe<"ESPERA"> {
  return { comando: "ESPERA", cpf, nome: "X", especialista };
}

/** O código do que vem. */
async function veio(balcao: Balcao, pedido: Pedido, quem: Quem): Promise<string> {
  return (await balcao.pede(pedido, quem)).codigo;
}

/** Os códigos de quantas vezes o mesmo. */
async function vezes(balcao: Balcao, quantas: number, pedido: Pedido, quem: Quem = AQUI): Promise<string[]> {
  const vieram: string[] = [];
  for (let i = 0; i < quantas; i++) vieram.push(await veio(balcao, pedido, quem));
  return vieram;
}

async function comAna(balcao: Balcao): Promise<void> {
  assertEquals(await veio(balcao, agend(ANA, { data: "2026-12-07" }), como("gerente")), "OK-300");
}

// ------------------------------------------------------------------------------------------------------ os códigos

regra(
  "cinco códigos errados de um CPF por um endereço; depois nem o certo se olha, até passarem 15 minutos",
  async (balcao) => {
    await comAna(balcao);
    assertEquals(await vezes(balcao, 5, busca(ANA, ERRADO)), new Array(5).fill("ERRO-112"));
    balcao.agora += 14 * MINUTO;
    assertEquals(await veio(balcao, busca(ANA, CERTO), AQUI), "ERRO-130");
    assertEquals(await veio(balcao, busca(ANA, ERRADO), AQUI), "ERRO-130");
    // O que se recusou não conta: 15 minutos depois dos cinco, e não do último.
    balcao.agora += MINUTO;
    assertEquals(await veio(balcao, busca(ANA, CERTO), AQUI), "OK-302");
  },
);

regra("os cinco são dos últimos 15 minutos, e não de um quarto de hora contado pelo relógio", async (balcao) => {
  await comAna(balcao);
  assertEquals(await vezes(balcao, 1, busca(ANA, ERRADO)), ["ERRO-112"]);
  balcao.agora += 14 * MINUTO;
  assertEquals(await vezes(balcao, 5, busca(ANA, ERRADO)), [...new Array(4).fill("ERRO-112"), "ERRO-130"]);
  balcao.agora += MINUTO;
  assertEquals(await vezes(balcao, 2, busca(ANA, ERRADO)), ["ERRO-112", "ERRO-130"]);
});

regra(
  "contam os códigos de todos os pedidos que o levam, juntos; e os de cada CPF e endereço à parte",
  async (balcao) => {
    await comAna(balcao);
    const comum = { especialista: CLINICO, codigo: ERRADO };
    const deles: readonly (readonly [Pedido, string])[] = [
      [busca(ANA, ERRADO), "ERRO-112"],
      [cancel(ANA, CLINICO, { codigo: ERRADO }), "ERRO-113"],
      [remarc(ANA, { codigo: ERRADO }), "ERRO-113"],
      [situa(ANA, "CONFIRMADO", { codigo: ERRADO }), "ERRO-113"],
      [{ comando: "DESISTE", cpf: ANA, ...comum }, "ERRO-119"],
      [{ comando: "ACEITA", cpf: ANA, ...comum }, "ERRO-130"],
      [{ comando: "RECUSA", cpf: ANA, ...comum }, "ERRO-130"],
    ];
    for (const [pedido, esperado] of deles) assertEquals(await veio(balcao, pedido, AQUI), esperado, pedido.comando);
    for (const [pedido] of deles) assertEquals(await veio(balcao, pedido, AQUI), "ERRO-130", pedido.comando);
    assertEquals(await veio(balcao, busca(BIA, ERRADO), AQUI), "ERRO-112", "outro CPF");
    assertEquals(await veio(balcao, busca(ANA, CERTO), ALI), "OK-302", "outro endereço");
  },
);

regra("uma casa com IPv6 conta como um endereço só, e um IPv4 escrito em IPv6 como o IPv4", async (balcao) => {
  await comAna(balcao);
  for (let i = 1; i <= 5; i++) {
    assertEquals(await veio(balcao, busca(ANA, ERRADO), como("quiosque", `2001:db8::${i}`)), "ERRO-112");
  }
  assertEquals(await veio(balcao, busca(ANA, CERTO), como("quiosque", "2001:db8:0:0:ffff::9")), "ERRO-130");
  assertEquals(await veio(balcao, busca(ANA, CERTO), como("quiosque", "2001:db8:0:1::1")), "OK-302");
  await vezes(balcao, 5, busca(ANA, ERRADO), como("quiosque", "::ffff:10.0.0.7"));
  assertEquals(await veio(balcao, busca(ANA, CERTO), AQUI), "ERRO-130");
});

regra("não conta um código que se não diz, um que o não é, nem um que se não chegou a olhar", async (balcao) => {
  await comAna(balcao);
  await vezes(balcao, 20, busca(ANA));
  await vezes(balcao, 20, busca(ANA, ""));
  await vezes(balcao, 20, remarc(ANA, { codigo: ERRADO, especialista: "NENHUMA" }));
  await vezes(balcao, 20, remarc(ANA, { codigo: ERRADO, horario: "03:00" }));
  assertEquals(balcao.livro.tentativas, []);
  assertEquals(await veio(balcao, busca(ANA, CERTO), AQUI), "OK-302");
});

regra("quem está na lista e ainda não tem convite disse o código certo", async (balcao) => {
  assertEquals(await veio(balcao, espera(ANA), AQUI), "OK-307");
  const comum = { cpf: ANA, especialista: CLINICO, codigo: CERTO };
  assertEquals(await vezes(balcao, 8, { comando: "ACEITA", ...comum }), new Array(8).fill("ERRO-119"));
  assertEquals(await veio(balcao, { comando: "DESISTE", ...comum }, AQUI), "OK-308");
});

regra(
  "cem códigos errados de um CPF num dia, de onde quer que venham; quem já acertou tem a sua conta",
  async (balcao) => {
    await comAna(balcao);
    assertEquals(await veio(balcao, busca(ANA, CERTO), AQUI), "OK-302");
    for (const cpf of [ANA, NINGUEM]) {
      for (let i = 0; i < 20; i++) {
        assertEquals(await vezes(balcao, 5, busca(cpf, ERRADO), estranho(i)), new Array(5).fill("ERRO-112"));
      }
      // Conhecido ou não, responde-se o mesmo, com o código certo ou com outro.
      assertEquals(await vezes(balcao, 2, busca(cpf, ERRADO), estranho(99)), ["ERRO-130", "ERRO-130"]);
      assertEquals(await veio(balcao, busca(cpf, CERTO), estranho(99)), "ERRO-130");
    }
    // A quem acertou, um estranho não tranca; e o que ele erra não gasta a conta dos outros, nem eles a dele.
    assertEquals(await veio(balcao, busca(ANA, CERTO), AQUI), "OK-302");
    for (let i = 0; i < 20; i++) {
      assertEquals(await vezes(balcao, 5, busca(ANA, ERRADO)), new Array(5).fill("ERRO-112"));
      balcao.agora += 15 * MINUTO;
    }
    assertEquals(await veio(balcao, busca(ANA, CERTO), AQUI), "ERRO-130");
    // À meia-noite da clínica começa outra conta.
    balcao.agora = em("2026-12-01T00:00");
    assertEquals(await veio(balcao, busca(ANA, CERTO), AQUI), "OK-302");
    assertEquals(await veio(balcao, busca(ANA, CERTO), estranho(99)), "OK-302");
  },
  { agora: em(`${SEGUNDA}T01:00`) },
);

regra("o endereço que acertou é conhecido por 90 dias desde a última vez, e só desse CPF", async (balcao) => {
  await comAna(balcao);
  poe(balcao, { cpf: ANA, codigo: CERTO, data: "2027-06-01", especialidade: PEDIATRA });
  assertEquals(await veio(balcao, busca(ANA, CERTO), AQUI), "OK-302");
  const gasta = async (cpf: string): Promise<void> => {
    for (let i = 0; i < 20; i++) await vezes(balcao, 5, busca(cpf, ERRADO), estranho(i));
  };
  balcao.agora += 89 * DIA;
  await gasta(ANA);
  assertEquals(await veio(balcao, busca(ANA, CERTO), AQUI), "OK-302");
  assertEquals(await veio(balcao, busca(ANA, CERTO), ALI), "ERRO-130");
  await gasta(BIA);
  assertEquals(await veio(balcao, busca(BIA, ERRADO), AQUI), "ERRO-130");
  // Acertou há 89: outra vez noventa.
  balcao.agora += 89 * DIA;
  await gasta(ANA);
  assertEquals(await veio(balcao, busca(ANA, CERTO), AQUI), "OK-302");
  balcao.agora += 90 * DIA;
  await gasta(ANA);
  assertEquals(await veio(balcao, busca(ANA, ERRADO), AQUI), "ERRO-130");
});

regra("acertar não apaga os erros: quem tem um código de um CPF não adivinha os outros sem conta", async (balcao) => {
  await comAna(balcao);
  for (let i = 0; i < 5; i++) {
    assertEquals(await veio(balcao, busca(ANA, ERRADO), AQUI), "ERRO-112");
    if (i < 4) assertEquals(await veio(balcao, busca(ANA, CERTO), AQUI), "OK-302");
  }
  assertEquals(await veio(balcao, busca(ANA, CERTO), AQUI), "ERRO-130");
});

regra("um relógio que salta e volta não tranca ninguém até lá", async (balcao) => {
  await comAna(balcao);
  balcao.agora += 3 * DIA;
  await vezes(balcao, 5, busca(ANA, ERRADO));
  assertEquals(await veio(balcao, busca(ANA, CERTO), AQUI), "ERRO-130");
  balcao.agora -= 3 * DIA;
  assertEquals(await veio(balcao, busca(ANA, CERTO), AQUI), "OK-302");
});

// ------------------------------------------------------------------------------------------------------ as recusas

regra("cinco recusas a um endereço numa hora; depois não se olha, esteja o CPF no livro ou não", async (balcao) => {
  const conhecidos = [1, 2, 3, 4, 5, 6].map(cpfDeExemplo);
  for (const cpf of conhecidos) {
    assertEquals(
      await veio(balcao, agend(cpf, { data: "2026-12-07" }), como("gerente")),
      cpf === conhecidos[5] ? "ERRO-110" : "OK-300",
    );
  }
  for (const cpf of conhecidos.slice(0, 5)) assertEquals(await veio(balcao, agend(cpf), AQUI), "ERRO-116");
  const antes = balcao.livro.tentativas;
  for (const pedido of [agend(conhecidos[0]), agend(NINGUEM), espera(NINGUEM), espera(conhecidos[1])]) {
    assertEquals(await veio(balcao, pedido, AQUI), "ERRO-130", JSON.stringify(pedido));
  }
  assertEquals(balcao.livro.tentativas, antes, "o que se não olhou não conta, e não cresce");
  assertEquals(
    await veio(balcao, busca(conhecidos[0], codigoDeTeste(1)), AQUI),
    "OK-302",
    "tratar do que é seu, pode-se",
  );
  assertEquals(await veio(balcao, agend(NINGUEM), ALI), "OK-300");
  balcao.agora += 60 * MINUTO;
  assertEquals(await veio(balcao, agend(conhecidos[0]), AQUI), "ERRO-116");
});

regra(
  "três recusas a um CPF num dia; a quarta vez não se olha, e ao endereço conta como uma recusa",
  async (balcao) => {
    await comAna(balcao);
    const outra = { especialista: PEDIATRA, data: "2026-12-02" };
    for (let i = 1; i <= 3; i++) assertEquals(await veio(balcao, agend(ANA), estranho(i)), "ERRO-116");
    // A que seria recusada e a que seria aceita, de quem não disse nunca um código dela: nada mais se fica a saber.
    for (const pedido of [agend(ANA), agend(ANA, outra), espera(ANA), espera(ANA, PEDIATRA), agend(ANA)]) {
      assertEquals(await veio(balcao, pedido, ALI), "ERRO-130", JSON.stringify(pedido));
    }
    assertEquals(await veio(balcao, agend(NINGUEM), ALI), "ERRO-130", "foram cinco");
    balcao.agora += DIA;
    assertEquals(await veio(balcao, agend(ANA, { data: "2026-12-07" }), ALI), "ERRO-116");
  },
);

regra(
  "um estranho não tranca a quem sabe o código do que tem: com ele abre o seu endereço, e marca",
  async (balcao) => {
    await comAna(balcao);
    const outra = agend(ANA, { especialista: PEDIATRA, data: "2026-12-02" });
    for (let i = 1; i <= 3; i++) await veio(balcao, agend(ANA), estranho(i));
    assertEquals(await veio(balcao, outra, LONGE), "ERRO-130");
    assertEquals(await veio(balcao, busca(ANA, CERTO), LONGE), "OK-302");
    assertEquals(await veio(balcao, outra, LONGE), "OK-300");
    // A sua conta também tem três.
    assertEquals(await vezes(balcao, 4, agend(ANA), LONGE), ["ERRO-116", "ERRO-116", "ERRO-116", "ERRO-130"]);
    // E a casa nunca conta.
    assertEquals(await vezes(balcao, 8, agend(ANA), como("balcao")), new Array(8).fill("ERRO-111"));
  },
);

regra("a um CPF que não está no livro ninguém o pode trancar: só conta o que diz que está", async (balcao) => {
  for (let i = 0; i < 12; i++) {
    assertEquals(await veio(balcao, agend(NINGUEM, { especialista: "NENHUMA" }), AQUI), "ERRO-103");
    assertEquals(await veio(balcao, agend(NINGUEM, { horario: "03:00" }), AQUI), "ERRO-105");
  }
  assertEquals(balcao.livro.tentativas, []);
  assertEquals(await veio(balcao, agend(NINGUEM), AQUI), "OK-300");
});

// ------------------------------------------------------------------------------------------------------ quem paga

regra("a casa, e o livro em que nunca houve chave, não contam nem leem nada", async (balcao) => {
  await comAna(balcao);
  for (const papel of ["gerente", "balcao", "servidor"] as const) {
    assertEquals(await vezes(balcao, 8, busca(ANA, ERRADO), como(papel)), new Array(8).fill("ERRO-112"));
    assertEquals(await vezes(balcao, 8, agend(ANA), como(papel)), new Array(8).fill("ERRO-111"));
    for (const pedido of [busca(ANA, ERRADO), agend(ANA), espera(ANA)]) {
      assertEquals(contasDe(pedido, como(papel)), undefined);
    }
    assert(!esperaAVez(busca(ANA, CERTO), { papel }), "uma consulta continua a não esperar a vez");
  }
  assertEquals(balcao.livro.tentativas, []);
});

teste("o que se conta espera a vez; o que se não conta lê-se na hora, e uma consulta que se conte é um erro", () => {
  for (const papel of ["quiosque", "paciente"] as const) {
    assert(esperaAVez(busca(ANA, ERRADO), { papel }));
    assert(!esperaAVez(busca(ANA), { papel }));
    assert(!esperaAVez(busca(ANA, ""), { papel }));
  }
  assert(!esperaAVez(busca(ANA, ERRADO), { papel: "profissional" }));
  // Quem nada pode não faz esperar ninguém.
  assert(!esperaAVez(busca(ANA, ERRADO), { papel: "anonimo" }));
  const balcao = new BalcaoPuro();
  const { clinica, agora } = balcao;
  const estado = { clinica, agora, vista: balcao.livro.vista(NENHUM_ALCANCE), quem: AQUI, sorteia: () => "" };
  assertThrows(() => consultar(estado, busca(ANA, ERRADO)), TypeError, "BUSCA");
});

teste("vários pedidos de uma vez, por várias conexões, contam-se um a um", async () => {
  await using balcao = new BalcaoDaAgenda();
  await comAna(balcao);
  const conexoes = await Promise.all(
    [1, 2, 3].map(() => balcao.agenda.atende([busca(ANA, ERRADO), busca(ANA, ERRADO), busca(ANA, ERRADO)], AQUI)),
  );
  const codigos = conexoes.flatMap((resultados) => resultados?.map(({ codigo }) => codigo));
  assertEquals(codigos, [...new Array(5).fill("ERRO-112"), ...new Array(4).fill("ERRO-130")]);
});

regra("o relógio apaga, aos poucos, as contas que já nada dizem, e só essas", async (balcao) => {
  await comAna(balcao);
  const muitos = TENTATIVAS_APAGADAS + 20;
  for (let i = 0; i < muitos / 2; i++) await veio(balcao, busca(cpfDeExemplo(100 + i), ERRADO), AQUI);
  assertEquals(await veio(balcao, busca(ANA, CERTO), AQUI), "OK-302");
  assertEquals(balcao.livro.tentativas.length, muitos + 1, "uma do CPF por aqui, outra do dia dele");
  const bate = async (): Promise<string> => {
    const resultado = await balcao.pede({ comando: "TICK" });
    return "falta" in resultado && resultado.falta ? "falta" : "";
  };
  assertEquals(await bate(), "", "nada é velho");
  balcao.agora += 15 * MINUTO;
  assertEquals(await bate(), "falta", "as dos cinco últimos já nada dizem; as do dia, ainda");
  assertEquals(balcao.livro.tentativas.length, muitos / 2 + 1);
  balcao.agora += DIA;
  await bate();
  assertEquals(balcao.livro.tentativas.map(({ cpf }) => cpf), [ANA], "a de quem acertou fica");
  balcao.agora += 90 * DIA;
  await bate();
  assertEquals(balcao.livro.tentativas, []);
});
