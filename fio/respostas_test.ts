/**
 * Testes das respostas de CLINICA/2: cada código como o protocolo o escreve, e o que não é uma resposta. Sem nenhuma
 * permissão.
 *
 * @module
 */

import { assertEquals, assertStrictEquals } from "@std/assert";
import type { Codigo } from "../clinica/pedido.ts";
import { type NaFila2, type Resposta2, TEXTOS_2, type Tupla2 } from "./clinica2.ts";
import { codificarResposta2, decodificarResposta2 } from "./respostas.ts";

function teste(name: string, fn: () => void): void {
  Deno.test({ name: `respostas: ${name}`, permissions: "none", fn });
}

const TUPLA: Tupla2 = [
  ...["AGEND", "52998224725", "MARIA", "CLINICO GERAL", "30/11/2026", "SEGUNDA-FEIRA", "08:00"] as const,
  {
    ...{ numero: 1234, versao: 1, situacao: "MARCADO", profissional: "DRA. ANA LIMA", local: "Sala 2" },
    ...{ minutos: 30, encaixe: false },
  },
];
const NO_FIO = '["AGEND","52998224725","MARIA","CLINICO GERAL","30/11/2026","SEGUNDA-FEIRA","08:00",' +
  '{"numero":1234,"versao":1,"situacao":"MARCADO","profissional":"DRA. ANA LIMA","local":"Sala 2",' +
  '"minutos":30,"encaixe":false}]';

const CHEGADA: Tupla2 = [
  ...["AGEND", "52998224725", "MARIA", "NUTRICIONISTA", "04/12/2026", "SEXTA-FEIRA", "08:30"] as const,
  {
    ...{ numero: 1235, versao: 3, situacao: "CHAMADO", profissional: "", local: "", minutos: 30, encaixe: true },
    ...{ codigo: "7K3M9QXZ", senha: "P001", prioridade: 2, chegada: "07:50", chamadas: 1, motivo: "dor" },
    ...{ nota: "em jejum", email: "maria@exemplo.com", telefone: "+5511987654321" },
  },
];
const CHEGADA_NO_FIO = '["AGEND","52998224725","MARIA","NUTRICIONISTA","04/12/2026","SEXTA-FEIRA","08:30",' +
  '{"numero":1235,"versao":3,"situacao":"CHAMADO","profissional":"","local":"","minutos":30,"encaixe":true,' +
  '"codigo":"7K3M9QXZ","senha":"P001","prioridade":2,"chegada":"07:50","chamadas":1,"motivo":"dor",' +
  '"nota":"em jejum","email":"maria@exemplo.com","telefone":"+5511987654321"}]';

const CONVIDADA: NaFila2 = ["52998224725", "MARIA", "NUTRICIONISTA", 1, {
  ...{ profissional: "DRA. ANA LIMA", de: "30/11/2026", ate: "04/12/2026", turno: "TARDE", antecedencia: 240 },
  ...{ marca: true, prioridade: 2, motivo: "dor", email: "maria@exemplo.com", telefone: "+5511987654321" },
  ...{ desde: "23/11/2026 07:00", lapsos: 1 },
  convite: { data: "04/12/2026", horario: "13:30", profissional: "DRA. ANA LIMA", prazo: "30/11/2026 12:00" },
}];
const CONVIDADA_NO_FIO = '["52998224725","MARIA","NUTRICIONISTA",1,{"profissional":"DRA. ANA LIMA",' +
  '"de":"30/11/2026","ate":"04/12/2026","turno":"TARDE","antecedencia":240,"marca":true,"prioridade":2,' +
  '"motivo":"dor","email":"maria@exemplo.com","telefone":"+5511987654321","desde":"23/11/2026 07:00","lapsos":1,' +
  '"convite":{"data":"04/12/2026","horario":"13:30","profissional":"DRA. ANA LIMA","prazo":"30/11/2026 12:00"}}]';
const A_ESPERA: NaFila2 = ["39053344705", "ANA", "NUTRICIONISTA", 2, { desde: "23/11/2026 07:00", lapsos: 0 }];

const UMA = { agendamentos: [TUPLA] } as const;
const DUAS = { agendamentos: [CHEGADA, TUPLA] } as const;

/** Uma resposta de cada código. */
const EXEMPLOS: { [C in Codigo]: [Resposta2, string] } = {
  "OK-200": [{ codigo: "OK-200" }, '["OK-200","CLINICA/2"]'],
  "OK-201": [{ codigo: "OK-201" }, '["OK-201","CONEXÃO ENCERRADA"]'],
  "OK-300": [{ codigo: "OK-300", ...UMA }, `["OK-300",${NO_FIO}]`],
  "OK-301": [{ codigo: "OK-301", ...UMA }, `["OK-301",${NO_FIO}]`],
  "OK-302": [{ codigo: "OK-302", ...DUAS }, `["OK-302",${CHEGADA_NO_FIO},${NO_FIO}]`],
  "OK-303": [{ codigo: "OK-303", ...DUAS }, `["OK-303",${CHEGADA_NO_FIO},${NO_FIO}]`],
  "OK-304": [
    { codigo: "OK-304", vagas: [["30/11/2026", "SEGUNDA-FEIRA", "CLINICO GERAL", ["08:00"], "DRA. ANA LIMA"]] },
    '["OK-304",["30/11/2026","SEGUNDA-FEIRA","CLINICO GERAL",["08:00"],"DRA. ANA LIMA"]]',
  ],
  "OK-306": [{ codigo: "OK-306", ...UMA }, `["OK-306",${NO_FIO}]`],
  "OK-307": [
    { codigo: "OK-307", posicao: 3, entrada: { numero: 12, codigo: "7K3M9QXZ" } },
    '["OK-307",3,{"numero":12,"codigo":"7K3M9QXZ"}]',
  ],
  "OK-308": [{ codigo: "OK-308" }, '["OK-308"]'],
  "OK-309": [{ codigo: "OK-309" }, '["OK-309"]'],
  "OK-310": [{ codigo: "OK-310", ...DUAS }, `["OK-310",${CHEGADA_NO_FIO},${NO_FIO}]`],
  "OK-311": [
    { codigo: "OK-311", fila: [CONVIDADA, A_ESPERA] },
    `["OK-311",${CONVIDADA_NO_FIO},["39053344705","ANA","NUTRICIONISTA",2,{"desde":"23/11/2026 07:00","lapsos":0}]]`,
  ],
  "OK-312": [{ codigo: "OK-312", numero: 3, ...UMA }, `["OK-312",3,${NO_FIO}]`],
  "OK-313": [{ codigo: "OK-313", numero: 4 }, '["OK-313",4]'],
  "OK-314": [{ codigo: "OK-314", numero: 4, ...DUAS }, `["OK-314",4,${CHEGADA_NO_FIO},${NO_FIO}]`],
  "OK-315": [{ codigo: "OK-315", agendamentos: [] }, '["OK-315"]'],
  "ERRO-100": [{ codigo: "ERRO-100" }, '["ERRO-100","MENSAGEM MALFORMADA"]'],
  "ERRO-101": [{ codigo: "ERRO-101" }, '["ERRO-101","COMANDO DESCONHECIDO"]'],
  "ERRO-102": [{ codigo: "ERRO-102" }, '["ERRO-102","CPF INVÁLIDO"]'],
  "ERRO-103": [{ codigo: "ERRO-103" }, '["ERRO-103","ATENDIMENTO INEXISTENTE"]'],
  "ERRO-104": [{ codigo: "ERRO-104" }, '["ERRO-104","NOME INVÁLIDO"]'],
  "ERRO-105": [{ codigo: "ERRO-105" }, '["ERRO-105","HORÁRIO INVÁLIDO"]'],
  "ERRO-110": [{ codigo: "ERRO-110" }, '["ERRO-110","NÃO HÁ VAGAS"]'],
  "ERRO-111": [
    { codigo: "ERRO-111", ...UMA },
    `["ERRO-111","CPF JÁ AGENDADO PARA AQUELA ESPECIALIDADE",${NO_FIO}]`,
  ],
  "ERRO-112": [{ codigo: "ERRO-112" }, '["ERRO-112","NENHUM AGENDAMENTO ENCONTRADO"]'],
  "ERRO-113": [{ codigo: "ERRO-113" }, '["ERRO-113","AGENDAMENTO INEXISTENTE, NADA FOI ALTERADO"]'],
  "ERRO-114": [
    { codigo: "ERRO-114", ...DUAS },
    `["ERRO-114","MAIS DE UM AGENDAMENTO: INFORME A ESPECIALIDADE",${CHEGADA_NO_FIO},${NO_FIO}]`,
  ],
  "ERRO-115": [{ codigo: "ERRO-115", ...UMA }, `["ERRO-115","SITUAÇÃO NÃO PERMITIDA",${NO_FIO}]`],
  "ERRO-116": [
    { codigo: "ERRO-116", regra: "cancelamento" },
    '["ERRO-116","FORA DAS REGRAS DA CLÍNICA","cancelamento"]',
  ],
  "ERRO-117": [{ codigo: "ERRO-117", ...UMA }, `["ERRO-117","O AGENDAMENTO MUDOU",${NO_FIO}]`],
  "ERRO-118": [{ codigo: "ERRO-118" }, '["ERRO-118","JÁ ESTÁ NA ESPERA"]'],
  "ERRO-119": [{ codigo: "ERRO-119" }, '["ERRO-119","NÃO ESTÁ NA ESPERA OU NÃO HÁ CONVITE"]'],
  "ERRO-120": [{ codigo: "ERRO-120" }, '["ERRO-120","ACESSO NEGADO"]'],
  "ERRO-121": [{ codigo: "ERRO-121" }, '["ERRO-121","JÁ HÁ ATENDIMENTO NESSE HORÁRIO"]'],
  "ERRO-130": [{ codigo: "ERRO-130" }, '["ERRO-130","SERVIDOR OCUPADO"]'],
  "ERRO-131": [{ codigo: "ERRO-131" }, '["ERRO-131","FALHA NO ARMAZENAMENTO, NADA FOI ALTERADO"]'],
};

teste("cada código é escrito como o protocolo diz, com um LF no fim, e lido de volta", () => {
  assertEquals(Object.keys(EXEMPLOS).sort(), Object.keys(TEXTOS_2).sort());
  for (const [resposta, linha] of Object.values(EXEMPLOS)) {
    assertStrictEquals(codificarResposta2(resposta), linha + "\n");
    for (const escrita of [linha, `${linha}\r`]) assertEquals(decodificarResposta2(escrita), resposta);
  }
});

teste("a resposta a OLA apresenta a clínica e quem pergunta", () => {
  const apresentacao = {
    ...{ clinica: "Clínica de Saúde", versao: "1.1.0", fuso: "America/Sao_Paulo" },
    ...{ papel: "balcao", nome: "Balcão 1" },
  };
  const linha = '["OK-200","CLINICA/2",{"clinica":"Clínica de Saúde","versao":"1.1.0","fuso":"America/Sao_Paulo",' +
    '"papel":"balcao","nome":"Balcão 1"}]';
  assertStrictEquals(codificarResposta2({ codigo: "OK-200", apresentacao }), linha + "\n");
  assertEquals(decodificarResposta2(linha), { codigo: "OK-200", apresentacao });
});

teste("um detalhe que falta não vai, e um que não se conhece não impede de ler", () => {
  const [inicio, detalhes] = [TUPLA.slice(0, 7), TUPLA[7]];
  const comFalta = [...inicio, { ...detalhes, codigo: undefined, senha: undefined }];
  assertStrictEquals(JSON.stringify(comFalta), NO_FIO);
  const lida = decodificarResposta2(`["OK-306",${NO_FIO.replace('{"numero"', '{"novidade":[1],"numero"')}]`);
  assertStrictEquals(lida?.codigo, "OK-306");
});

teste("o que não é uma resposta de CLINICA/2 não é lido como uma", () => {
  const sete = JSON.stringify(TUPLA.slice(0, 7));
  const linhas = [
    ...["", "oi", "null", "{}", "[]", "[200]", '["OK"]', '["OK-305"]', '["ERRO-122"]', '["__proto__"]', '["toString"]'],
    ...['["OK-200"]', '["OK-200","CLINICA/1"]', '["OK-200","CLINICA/2",[]]', '["OK-200","CLINICA/2",{}]'],
    ...['["OK-300"]', `["OK-300",${sete}]`, `["OK-300",${NO_FIO},${NO_FIO}]`, `["OK-303",${NO_FIO}]`],
    ...[`["OK-306",${NO_FIO.replace("MARCADO", "SUMIU")}]`, `["OK-306",${NO_FIO.replace("MARCADO", "toString")}]`],
    ...[`["OK-310",${NO_FIO.replace("1234", '"1234"')}]`, `["OK-310",${NO_FIO.replace("false", "0")}]`],
    ...[`["OK-302",${CHEGADA_NO_FIO.replace('"P001"', "1")}]`, `["OK-302",${NO_FIO},1]`],
    ...[`["OK-312",${NO_FIO}]`, `["OK-312","3",${NO_FIO}]`, '["OK-313"]', '["OK-313","4"]', '["OK-314",1.5]'],
    ...['["OK-307",3]', '["OK-307","3",{"numero":12,"codigo":"x"}]', '["OK-307",3,{"numero":12}]', '["OK-311",[]]'],
    ...[
      ['"TARDE"', '"NOITE"'],
      [',"prazo":"30/11/2026 12:00"', ""],
      [',"lapsos":1', ""],
      ['"desde":"23/11/2026 07:00",', ""],
      ['"marca":true', '"marca":1'],
      [",1,{", ',"1",{'],
      ["]", ",0]"],
    ].map(([um, outro]) => `["OK-311",${CONVIDADA_NO_FIO.replace(um, outro)}]`),
    ...['["OK-304",["a","b","c",["d"]]]', '["OK-304",["a","b","c",[1],"e"]]', '["OK-304",["a","b","c",[],"e","f"]]'],
    ...['["ERRO-115","x"]', `["ERRO-117",${NO_FIO}]`, '["ERRO-116","x"]', '["ERRO-114","x",[]]', "[["],
  ];
  for (const linha of linhas) assertStrictEquals(decodificarResposta2(linha), undefined, linha);
});
