/**
 * Testes da lista do dia: a ordem, o que se diz de cada um, e as formas. Como programa, está em `testes/servidor_test.ts`.
 *
 * @module
 */

import { assert, assertEquals, assertThrows } from "@std/assert";
import completa from "../clinica.completa.json" with { type: "json" };
import { type Agendamento, nasce } from "../clinica/agendamento.ts";
import { Clinica } from "../clinica/clinica.ts";
import { lerOferta } from "../clinica/oferta.ts";
import { ErroDeUso, lerArgumentos } from "./argumentos.ts";
import { emCsv, emTabela, linhasDa } from "./lista.ts";
import { EXCEL } from "../clinica/csv.ts";

function teste(nome: string, fn: () => void): void {
  Deno.test({ name: `lista: ${nome}`, permissions: "none", fn });
}

/** Um agendamento da segunda-feira 30/11/2026, às 08:00 com a Dra. Ana, com as trocas dadas. */
function um(trocas: Partial<Agendamento> = {}): Agendamento {
  return nasce({
    ...{ numero: 1, codigo: "C0D1G000", cpf: "52998224725", nome: "MARIA", especialidade: "CLINICO GERAL" },
    ...{ profissional: "DRA. ANA LIMA", data: "2026-11-30", hora: "08:00", minutos: 30, ...trocas },
  });
}

/** Por agenda, hora e número, como os armazéns a dão. */
const DIA = [
  um({ profissional: "", especialidade: "ACUPUNTURA", hora: "07:00", nome: "ZITA" }),
  um({ profissional: "DR. BRUNO SA", nome: "BIA" }),
  um({ profissional: "DR. QUE SAIU", nome: "ANTÔNIO" }),
  um({ situacao: "CHEGOU", senha: "A001", nome: "CAIO" }),
  um({ numero: 2, hora: "08:10", encaixe: true, nome: "DANI", local: "Triagem", espera: 7 }),
  um({ hora: "08:30", situacao: "CANCELADO", nome: "EVA" }),
  um({ hora: "09:00", situacao: "CONVIDADO", nome: "FIDEL" }),
  um({ hora: "09:30", situacao: "FALTOU", nome: "GIL" }),
];

const LINHAS = linhasDa(DIA, new Clinica(lerOferta(completa)));

teste("os profissionais vão na ordem da configuração, os que ela já não tem no fim, e quem não conta não vai", () => {
  assertEquals(LINHAS.map(({ nome }) => nome), ["CAIO", "DANI", "GIL", "BIA", "ZITA", "ANTÔNIO"]);
  assertEquals(LINHAS[1], {
    ...{ especialista: "Clínico Geral", horario: "08:10", nome: "DANI", cpf: "52998224725", numero: 2 },
    ...{ profissional: "Dra. Ana Lima", local: "Triagem", situacao: "MARCADO", senha: "", encaixe: true },
    espera: true,
  });
  assertEquals(LINHAS.map(({ local }) => local), ["Sala 1", "Triagem", "Sala 1", "Sala 2", "", ""]);
});

teste("na tabela, o que é de todos diz-se em cima, e o que é de costume não se diz", () => {
  assertEquals(emTabela("Clínica: SEGUNDA-FEIRA 30/11/2026", LINHAS).split("\n"), [
    "Clínica: SEGUNDA-FEIRA 30/11/2026",
    "",
    "Dra. Ana Lima, Clínico Geral (3)",
    "  [x] 08:00  529.982.247-25  CAIO  Sala 1  A001  CHEGOU",
    "  [ ] 08:10  529.982.247-25  DANI  Triagem  encaixe  da espera",
    "  [-] 09:30  529.982.247-25  GIL  Sala 1  FALTOU",
    "",
    "Dr. Bruno Sá, Clínico Geral, Sala 2 (1)",
    "  [ ] 08:00  529.982.247-25  BIA",
    "",
    "ACUPUNTURA (1)",
    "  [ ] 07:00  529.982.247-25  ZITA",
    "",
    "DR. QUE SAIU, Clínico Geral (1)",
    "  [ ] 08:00  529.982.247-25  ANTÔNIO",
  ]);
  assertEquals(emTabela("T", []), "T\n\nNinguém agendado.");
});

teste("quem atende duas especialidades no dia tem a de cada um ao lado", () => {
  const dois = [um(), um({ hora: "13:30", especialidade: "GERIATRIA", nome: "BIA" })];
  assertEquals(emTabela("T", linhasDa(dois, new Clinica(lerOferta(completa)))).split("\n").slice(2), [
    "Dra. Ana Lima (2)",
    "  [ ] 08:00  529.982.247-25  MARIA  Clínico Geral  Sala 1",
    "  [ ] 13:30  529.982.247-25  BIA  Geriatria",
  ]);
});

teste("em CSV, uma linha para cada um; para o Excel, com ponto e vírgula e a marca de ordem de bytes", () => {
  const cabeca = [
    "data",
    "especialista",
    "horario",
    "nome",
    "cpf",
    "profissional",
    "local",
    "situacao",
    "senha",
    "encaixe",
    "espera",
  ];
  const comum = emCsv("30/11/2026", LINHAS.slice(0, 2)).split("\r\n");
  assertEquals(comum, [
    cabeca.map((nome) => `"${nome}"`).join(","),
    '"30/11/2026","Clínico Geral","08:00","CAIO","529.982.247-25","Dra. Ana Lima","Sala 1","CHEGOU","A001","",""',
    '"30/11/2026","Clínico Geral","08:10","DANI","529.982.247-25","Dra. Ana Lima","Triagem","MARCADO","","sim","sim"',
  ]);
  const excel = emCsv("30/11/2026", LINHAS.slice(0, 2), EXCEL);
  assert(new TextEncoder().encode(excel).slice(0, 3).every((byte, i) => byte === [0xef, 0xbb, 0xbf][i]));
  assertEquals(excel.slice(1).split("\r\n"), comum.map((linha) => linha.replaceAll('","', '";"')));
  assertEquals(emCsv("x", [{ ...LINHAS[0], nome: '=1+"1"' }]).split("\r\n")[1].split(",")[3], `"'=1+""1"""`);
  // Também as que a planilha lê como as de ASCII.
  assertEquals(emCsv("x", [{ ...LINHAS[0], nome: "＝1+1" }]).split("\r\n")[1].split(",")[3], `"'＝1+1"`);
});

teste("--csv leva uma forma ou nenhuma, e não come a data", () => {
  const lidos = (...args: string[]): unknown[] => {
    const { palavras, tem, forma } = lerArgumentos(args);
    return [palavras, tem("csv"), forma("csv")];
  };
  assertEquals(lidos("lista", "--csv", "30/11/2026"), [["lista", "30/11/2026"], true, undefined]);
  assertEquals(lidos("lista", "--csv=excel", "30/11/2026"), [["lista", "30/11/2026"], true, "excel"]);
  assertEquals(lidos("lista"), [["lista"], false, undefined]);
  assertThrows(() => lerArgumentos(["lista", "--csv=ods"]), ErroDeUso, '--csv espera excel; veio "ods"');
  assertThrows(() => lerArgumentos(["lista", "--json=1"]), ErroDeUso, '--json não leva valor; veio "1"');
});
