/**
 * Testes por propriedades dos pedidos e das respostas de CLINICA/2: o que se escreve lê-se igual, e nenhuma linha, por
 * hostil que seja, faz mais que ser recusada. Sem nenhuma permissão.
 *
 * @module
 */

import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import { escreveCodigo } from "../clinica/agendamento.ts";
import { hora } from "../clinica/oferta.ts";
import { lerNome } from "../clinica/texto.ts";
import { dataNoFio, LINHA_MAXIMA } from "../protocolo.ts";
import { cpfDeExemplo } from "../testes/apoio.ts";
import {
  type ComandoDoFio2,
  type Detalhes,
  type NaFila2,
  type PedidoLido,
  type PedidoNoFio2,
  type PedidoNoFio2De,
  type Resposta2,
  SITUACOES,
  TEXTOS_2,
  type Tupla2,
  type Vaga2,
} from "./clinica2.ts";
import { codificarPedido2, decodificarPedido2 } from "./pedidos.ts";
import { codificarResposta2, decodificarResposta2 } from "./respostas.ts";

function teste(name: string, fn: () => void): void {
  Deno.test({ name: `ida e volta: ${name}`, permissions: "none", fn });
}

// ------------------------------------------------------------------------------------------------------ pedidos

const arbCpf = fc.nat({ max: 1_000_000 }).map(cpfDeExemplo);
const arbNome = fc.string({ unit: fc.constantFrom(..."aÁeéßΐᾳi 中😀\u0301"), maxLength: 30 }).map(lerNome)
  .filter((nome) => nome !== undefined);
const arbProcurado = fc.string({ unit: "binary", maxLength: 12 }).filter((texto) => texto.isWellFormed());
const arbLivre = fc.string({ unit: fc.constantFrom(..."abÇé中😀"), maxLength: 60 });
const arbData = fc.date({ min: new Date("2000-01-01"), max: new Date("2099-12-31"), noInvalidDate: true })
  .map((data) => dataNoFio(data.toISOString().slice(0, 10)));
const arbHora = fc.nat({ max: 1439 }).map(hora);
const arbNumero = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
const arbQual = {
  numero: arbNumero,
  versao: arbNumero,
  codigo: fc.uint8Array({ minLength: 5, maxLength: 5 }).map((bytes) => escreveCodigo(bytes)),
};
const arbEntrada = { numero: arbQual.numero, codigo: arbQual.codigo };
const arbAvisos = {
  email: fc.constantFrom("", "a@b.co", "maria.silva@exemplo.com.br"),
  telefone: fc.constantFrom("", "+5511987654321", "+14155552671"),
};

/** Um pedido com as posições que têm de vir, e o resto ou não. */
function arb<C extends ComandoDoFio2>(
  comando: C,
  campos: { readonly [K in keyof PedidoNoFio2De<C>]?: fc.Arbitrary<unknown> },
  obrigatorios: readonly string[],
): fc.Arbitrary<PedidoNoFio2> {
  return fc.record(
    { comando: fc.constant(comando), ...campos },
    { requiredKeys: ["comando", ...obrigatorios] as never },
  ) as fc.Arbitrary<PedidoNoFio2>;
}

const ARBITRARIOS: { readonly [C in ComandoDoFio2]: fc.Arbitrary<PedidoNoFio2> } = {
  AGEND: arb("AGEND", {
    cpf: arbCpf,
    nome: arbNome,
    especialista: arbProcurado,
    data: arbData,
    dia: arbProcurado,
    horario: arbProcurado,
    profissional: arbProcurado,
    encaixe: fc.boolean(),
    motivo: arbLivre,
    nota: arbLivre,
    ...arbAvisos,
  }, ["cpf", "nome", "especialista", "data", "dia"]),
  BUSCA: arb("BUSCA", { cpf: arbCpf, codigo: arbQual.codigo }, ["cpf"]),
  CANCEL: arb("CANCEL", { cpf: arbCpf, especialista: arbProcurado, ...arbQual, motivo: arbLivre }, ["cpf"]),
  VAGAS: fc.oneof(
    arb("VAGAS", { especialista: arbProcurado, data: arbData, profissional: arbProcurado }, ["especialista"]),
    arb("VAGAS", { profissional: arbProcurado }, []),
  ),
  REMARC: arb("REMARC", {
    cpf: arbCpf,
    especialista: arbProcurado,
    data: arbData,
    dia: arbProcurado,
    horario: arbHora,
    ...arbQual,
    profissional: arbProcurado,
    motivo: arbLivre,
  }, ["cpf", "especialista", "data", "dia"]),
  CORRIGE: arb("CORRIGE", {
    cpf: arbCpf,
    especialista: arbProcurado,
    ...arbQual,
    nome: arbNome,
    ...arbAvisos,
    nota: arbLivre,
  }, ["cpf", "especialista", "nota"]),
  SITUA: arb("SITUA", {
    cpf: arbCpf,
    especialista: arbProcurado,
    situacao: fc.constantFrom(...Object.keys(SITUACOES), "DESFAZ"),
    ...arbQual,
    prioridade: fc.nat({ max: 4 }),
    local: arbLivre,
    motivo: arbLivre,
  }, ["cpf", "especialista", "situacao"]),
  LISTA: arb("LISTA", {
    data: arbData,
    especialista: arbProcurado,
    profissional: arbProcurado,
    ordem: fc.constantFrom("hora", "chamada"),
  }, ["data"]),
  FECHA: arb("FECHA", {
    data: arbData,
    ate: fc.constant("31/12/2100"),
    inicio: fc.nat({ max: 719 }).map(hora),
    fim: fc.oneof(fc.constant("24:00"), fc.integer({ min: 720, max: 1439 }).map(hora)),
    especialista: arbProcurado,
    profissional: arbProcurado,
    motivo: arbLivre,
  }, ["data"]),
  EXTRA: arb("EXTRA", {
    especialista: arbProcurado,
    data: arbData,
    inicio: arbHora,
    vagas: fc.integer({ min: 1, max: 1440 }),
    minutos: fc.integer({ min: 1, max: 1440 }),
    profissional: arbProcurado,
    local: arbLivre,
    encaixes: fc.nat({ max: 100 }),
  }, ["especialista", "data", "inicio", "vagas", "minutos"]),
  REABRE: arb("REABRE", { numero: arbNumero }, ["numero"]),
  HISTORIA: arb("HISTORIA", { cpf: arbCpf }, ["cpf"]),
  ESPERA: arb("ESPERA", {
    cpf: arbCpf,
    nome: arbNome,
    especialista: arbProcurado,
    codigo: arbQual.codigo,
    profissional: arbProcurado,
    de: arbData,
    ate: fc.constant("31/12/2100"),
    turno: fc.constantFrom("MANHÃ", "TARDE"),
    antecedencia: fc.nat({ max: 366 * 1440 }),
    marca: fc.boolean(),
    prioridade: fc.nat({ max: 4 }),
    motivo: arbLivre,
    ...arbAvisos,
  }, ["cpf", "nome", "especialista"]),
  DESISTE: arb("DESISTE", { cpf: arbCpf, especialista: arbProcurado, ...arbEntrada }, ["cpf", "especialista"]),
  ACEITA: arb("ACEITA", { cpf: arbCpf, especialista: arbProcurado, ...arbEntrada, motivo: arbLivre }, [
    "cpf",
    "especialista",
  ]),
  RECUSA: arb("RECUSA", { cpf: arbCpf, especialista: arbProcurado, ...arbEntrada }, ["cpf", "especialista"]),
  FILA: arb("FILA", { especialista: arbProcurado }, ["especialista"]),
  OLA: arb("OLA", { chave: arbProcurado }, []),
  PING: arb("PING", {}, []),
  SAIR: arb("SAIR", {}, []),
};

/** Um pedido escrito, como se lê. */
function comoSeLe(pedido: PedidoNoFio2): unknown {
  const iso = (data: string): string => data.split("/").reverse().join("-");
  const minutos = (hora: string): number => Number(hora.slice(0, 2)) * 60 + Number(hora.slice(3));
  return {
    ...pedido,
    ...("data" in pedido && pedido.data !== undefined ? { data: iso(pedido.data) } : {}),
    ...("de" in pedido && pedido.de !== undefined ? { de: iso(pedido.de) } : {}),
    ...("ate" in pedido && pedido.ate !== undefined ? { ate: iso(pedido.ate) } : {}),
    ...("inicio" in pedido && pedido.inicio !== undefined ? { inicio: minutos(pedido.inicio) } : {}),
    ...("fim" in pedido && pedido.fim !== undefined ? { fim: minutos(pedido.fim) } : {}),
    ...(pedido.comando === "VAGAS" ? { porProfissional: true } : {}),
  };
}

/** Um pedido lido, como se escreve de novo. */
function comoSeEscreve(pedido: PedidoLido): PedidoNoFio2 {
  const data = (iso: string): string => iso === "" ? "" : dataNoFio(iso);
  switch (pedido.comando) {
    case "FECHA": {
      const { inicio, fim, ate, ...resto } = pedido;
      return {
        ...resto,
        data: data(pedido.data),
        ...(ate === undefined ? {} : { ate: data(ate) }),
        ...(inicio === undefined ? {} : { inicio: hora(inicio) }),
        ...(fim === undefined ? {} : { fim: hora(fim) }),
      };
    }
    case "ESPERA": {
      const { de, ate, ...resto } = pedido;
      return {
        ...resto,
        ...(de === undefined ? {} : { de: data(de) }),
        ...(ate === undefined ? {} : { ate: data(ate) }),
      };
    }
    case "EXTRA":
      return { ...pedido, data: data(pedido.data), inicio: hora(pedido.inicio) };
    case "AGEND":
    case "REMARC":
    case "LISTA":
      return { ...pedido, data: data(pedido.data) };
    case "VAGAS":
      return pedido.data === undefined ? pedido : { ...pedido, data: data(pedido.data) };
    default:
      return pedido;
  }
}

teste("o que se escreve de um pedido se lê igual, numa linha só, que cabe no limite", () => {
  for (const arbitrario of Object.values(ARBITRARIOS)) {
    fc.assert(
      fc.property(arbitrario, (pedido) => {
        const linha = codificarPedido2(pedido);
        assertStrictEquals(linha.indexOf("\n"), linha.length - 1);
        assert(new TextEncoder().encode(linha).length <= LINHA_MAXIMA);
        assertEquals(decodificarPedido2(linha.slice(0, -1)), comoSeLe(pedido));
      }),
      { numRuns: 200 },
    );
  }
});

/** Uma linha quase certa: uma de verdade, com um valor trocado, a mais ou a menos. */
const arbQuase = fc.tuple(
  fc.oneof(...Object.values(ARBITRARIOS)),
  fc.nat({ max: 9 }),
  fc.oneof(
    fc.jsonValue({ maxDepth: 1 }),
    fc.constantFrom("", "12", 1, 30, true, "30/11/2026", "08:30", "hora", "CHEGOU", "a@b.co", "CLINICA/2", "manha"),
  ),
  fc.constantFrom("troca", "tira", "acrescenta", "opção", "nada"),
).map(([pedido, onde, valor, oQue]) => {
  const valores = JSON.parse(codificarPedido2(pedido));
  const opcoes = valores.at(-1);
  if (oQue === "troca") valores[onde % valores.length] = valor;
  else if (oQue === "tira") valores.splice(onde % valores.length, 1);
  else if (oQue === "acrescenta") valores.splice(onde % valores.length + 1, 0, valor);
  else if (oQue === "opção" && typeof opcoes === "object") {
    opcoes[Object.keys(opcoes)[onde % Object.keys(opcoes).length]] = valor;
  }
  return JSON.stringify(valores);
});

const arbLixo = fc.oneof(fc.string({ unit: "binary" }), fc.json({ maxDepth: 3 }));

teste("qualquer linha é lida sem exceção, e o pedido que dela se aceita se escreve e lê igual", () => {
  let aceitas = 0;
  let recusadas = 0;
  fc.assert(
    fc.property(fc.oneof({ weight: 3, arbitrary: arbQuase }, { weight: 1, arbitrary: arbLixo }), (linha) => {
      const pedido = decodificarPedido2(linha);
      if (!("comando" in pedido)) {
        recusadas++;
        return assert(["ERRO-100", "ERRO-101", "ERRO-102", "ERRO-104"].includes(pedido.codigo));
      }
      aceitas++;
      assertEquals(decodificarPedido2(codificarPedido2(comoSeEscreve(pedido)).slice(0, -1)), pedido);
    }),
    { numRuns: 3000 },
  );
  assert(aceitas > 500 && recusadas > 500, `${aceitas} aceitas, ${recusadas} recusadas: a propriedade confere pouco`);
});

// ------------------------------------------------------------------------------------------------------ respostas

const arbTexto = fc.string({ unit: "binary", maxLength: 12 });
const arbDetalhes: fc.Arbitrary<Detalhes> = fc.record({
  numero: arbNumero,
  versao: arbNumero,
  situacao: fc.constantFrom("MARCADO", "CHEGOU", "CANCELADO"),
  profissional: arbTexto,
  local: arbTexto,
  minutos: fc.nat(),
  encaixe: fc.boolean(),
  codigo: arbTexto,
  senha: arbTexto,
  prioridade: fc.nat({ max: 4 }),
  chegada: arbHora,
  chamadas: fc.nat(),
  motivo: arbTexto,
  nota: arbTexto,
  email: arbTexto,
  telefone: arbTexto,
}, { requiredKeys: ["numero", "versao", "situacao", "profissional", "local", "minutos", "encaixe"] });
const arbTupla: fc.Arbitrary<Tupla2> = fc.tuple(
  fc.constant("AGEND" as const),
  ...[arbCpf, arbNome, arbTexto, arbData, arbTexto, arbHora] as const,
  arbDetalhes,
);
const arbVaga: fc.Arbitrary<Vaga2> = fc.tuple(arbTexto, arbTexto, arbTexto, fc.array(arbHora), arbTexto);
const arbTuplas = fc.array(arbTupla, { maxLength: 4 });

const SIMPLES = ["ERRO-100", "ERRO-113", "ERRO-118", "ERRO-119", "ERRO-120", "ERRO-121", "ERRO-131"] as const;
const arbFila: fc.Arbitrary<NaFila2> = fc.tuple(
  ...[arbCpf, arbNome, arbTexto, arbNumero] as const,
  fc.record({
    profissional: arbTexto,
    de: arbData,
    ate: arbData,
    turno: fc.constantFrom("MANHÃ", "TARDE"),
    antecedencia: fc.nat(),
    marca: fc.boolean(),
    prioridade: fc.nat({ max: 4 }),
    motivo: arbTexto,
    email: arbTexto,
    telefone: arbTexto,
    desde: arbTexto,
    lapsos: fc.nat(),
    convite: fc.record({ data: arbData, horario: arbHora, profissional: arbTexto, prazo: arbTexto }),
  }, { requiredKeys: ["desde", "lapsos"] }),
);

/** As respostas de cada código; as que só trazem o código não se repetem aqui. */
const arbResposta: fc.Arbitrary<Resposta2> = fc.oneof(
  fc.constantFrom("OK-200", "OK-201", "OK-308", "OK-309", ...SIMPLES).map((codigo) => ({
    codigo,
  })),
  fc.record({
    codigo: fc.constant("OK-200"),
    apresentacao: fc.record({ clinica: arbTexto, versao: arbTexto, fuso: arbTexto, papel: arbTexto, nome: arbTexto }),
  }),
  fc.record({
    codigo: fc.constantFrom("OK-300", "OK-301", "OK-306", "ERRO-111", "ERRO-115", "ERRO-117"),
    agendamentos: fc.tuple(arbTupla),
  }),
  fc.record({ codigo: fc.constantFrom("OK-302", "OK-310", "OK-315", "ERRO-114"), agendamentos: arbTuplas }),
  fc.record({ codigo: fc.constant("OK-303"), agendamentos: fc.tuple(arbTupla, arbTupla) }),
  fc.record({ codigo: fc.constant("OK-304"), vagas: fc.array(arbVaga, { maxLength: 4 }) }),
  fc.record({ codigo: fc.constantFrom("OK-312", "OK-314"), numero: arbNumero, agendamentos: arbTuplas }),
  fc.record({ codigo: fc.constant("OK-313"), numero: arbNumero }),
  fc.record({
    codigo: fc.constant("OK-307"),
    posicao: arbNumero,
    entrada: fc.record({ numero: arbNumero, codigo: arbTexto }),
  }),
  fc.record({ codigo: fc.constant("OK-311"), fila: fc.array(arbFila, { maxLength: 4 }) }),
  fc.record({ codigo: fc.constant("ERRO-116"), regra: arbTexto }),
);

teste("o que se escreve de uma resposta se lê igual, numa linha só", () => {
  fc.assert(
    fc.property(arbResposta, (resposta) => {
      const linha = codificarResposta2(resposta);
      assertStrictEquals(linha.indexOf("\n"), linha.length - 1);
      assertEquals(decodificarResposta2(linha.slice(0, -1)), resposta);
    }),
    { numRuns: 1000 },
  );
});

/** Uma resposta de verdade com um valor trocado, em qualquer profundidade. */
const arbQuaseResposta = fc.tuple(arbResposta, fc.nat({ max: 20 }), fc.oneof(fc.jsonValue({ maxDepth: 1 }), arbTupla))
  .map(([resposta, onde, valor]) => {
    let vistos = 0;
    const trocada = JSON.parse(codificarResposta2(resposta), (_, atual) => vistos++ === onde ? valor : atual);
    return JSON.stringify(trocada);
  });

teste("qualquer linha é lida sem exceção, e a resposta que dela se aceita se escreve e lê igual", () => {
  const codigos = Object.keys(TEXTOS_2);
  fc.assert(
    fc.property(fc.oneof(arbQuaseResposta, arbLixo), (linha) => {
      const resposta = decodificarResposta2(linha);
      if (resposta === undefined) return;
      assert(codigos.includes(resposta.codigo));
      assertEquals(decodificarResposta2(codificarResposta2(resposta).slice(0, -1)), resposta);
    }),
    { numRuns: 2000 },
  );
});
